// Package sim runs a plan: every arm over the same paths.
//
// NewPlan checks a portfolio and its arms and prepares each borrower's constants; Plan.Run simulates all paths
// on several workers and returns integer counts. The order of events inside a month, the draws and the
// equations are in METHOD.md beside this file.
package sim

// ResultsVersion is raised whenever the same plan may give other counts than before, so that results of another version are not
// taken for current ones.
const ResultsVersion = 1
