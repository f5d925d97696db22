// Package html writes the report: one self-contained HTML page (no script, no network, charts inline) and a
// Markdown summary for a CI system. Render is the entry point for everything a finished run leaves behind:
// tables, charts, report.html, report.md and the headline for the terminal.
package html
