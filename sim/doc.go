// Package sim runs a plan: every arm over the same paths.
//
// NewPlan checks a portfolio and its arms and prepares each borrower's constants; Plan.Run simulates all paths
// on several workers and returns integer counts. The order of events inside a month, the draws and the
// equations are in METHOD.md beside this file.
package sim
