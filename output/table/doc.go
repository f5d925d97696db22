// Package table renders the tables of a report: tidy columns for CSV and Parquet files (Summary, Distribution,
// Denials, Segments) and the headline table for a terminal or in Markdown.
package table
