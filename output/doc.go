// Package output builds the report of a finished run as data: estimates of every measure, the sentences that
// answer the question, the arms that matter, and the series behind each chart. It works from data.Results alone,
// so that a report can be redrawn years later from the run directory.
//
// Build makes the Report; output/table, output/chart and output/html render it, and html.Render does all of it
// at once. README.md in this folder says how to read what comes out.
package output
