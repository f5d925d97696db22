package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output/table"
	"relend/scenarios"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

func newSchemaCommand(env *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "schema",
		Short: "Describe the files that relend reads and writes and the measures that it reports",
	}
	for _, s := range []struct {
		name, short string
		text        func() string
	}{
		{"portfolio", "Columns of a loan tape: types, units, ranges", portfolioSchemaText},
		{"experiment", "Keys of experiments, policies, regulations and macro paths", experimentSchemaText},
		{"rules", "Rules of policies and regulations with their parameters", rulesSchemaText},
		{"parameters", "Behaviour parameters: meaning, unit, default, source", parametersSchemaText},
		{"ledger", "Ledger of rules: files and tables that say what each rule does", ledgerSchemaText},
		{"measures", "Measures: definition, unit and denominator", measuresSchemaText},
		{"tables", "Tables of a run: what a row is, and every column", tablesSchemaText},
	} {
		c.AddCommand(&cobra.Command{
			Use:     s.name,
			Short:   s.short,
			Example: "  relend schema " + s.name,
			Args:    cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := fmt.Fprint(env.stdout, s.text())
				return err
			},
		})
	}
	return c
}

// measuresSchemaText lists every measure with its definition, unit and denominator.
func measuresSchemaText() string {
	var b strings.Builder
	b.WriteString("Shares are shown in %, their differences in percentage points; amounts in whole units of the currency.\n" +
		"\"So far\" counts from the month after the snapshot; an initial borrower is projected from the snapshot:\n" +
		"current, up to 89 days past due, or idle, or an applicant from his first loan on; an active one has an open loan that is not in default.\n" +
		"Counters that are stocks (provisions) enter sums over months by their change.\n\n")
	rows := [][]string{{"measure", "unit", "better", "numerator per denominator", "in counters"}}
	for _, m := range data.Measures() {
		better := map[data.Better]string{data.Lower: "lower", data.Higher: "higher", data.Neither: "-"}[m.Better]
		rows = append(rows, []string{m.Name, m.Unit.String(), better, m.Definition, formula(m)})
	}
	writeRows(&b, rows)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// tablesSchemaText lists every table of a run with its columns.
func tablesSchemaText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Every run writes these tables as tables/NAME.csv and tables/NAME.parquet, and this list as tables/schema.json\n"+
		"(version %d of the layout). They are tidy: one row per thing, a missing number is an empty cell (CSV) or NaN (Parquet).\n\n", table.SchemaVersion)
	for _, t := range table.Schemas() {
		fmt.Fprintf(&b, "%s\n    %s\n", t.Name, t.About)
		rows := [][]string{{"    column", "type", "meaning"}}
		for _, c := range t.Columns {
			rows = append(rows, []string{"    " + c.Name, c.Type, c.Meaning})
		}
		writeRows(&b, rows)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// formula writes a measure in the counters of results/paths.parquet.
func formula(m data.Measure) string {
	text := sum(m.Num)
	if m.Den.Window != data.None {
		text += " / " + sum(m.Den)
	}
	return text
}

var windows = map[data.Window]string{
	data.InMonth: "in the month", data.ToDate: "so far", data.AtEnd: "at the end of the month", data.AtStart: "at the start of the month",
	data.AtSnapshot: "at the snapshot", data.MeanStart: "mean over the months so far, at their start",
	data.SumStart: "sum over the months so far, at their start", data.FirstYear: "so far, first 12 months only",
}

func sum(s data.Sum) string {
	var b strings.Builder
	b.WriteString("(")
	for i, t := range s.Terms {
		switch {
		case t.Factor < 0:
			b.WriteString(" - ")
		case i > 0:
			b.WriteString(" + ")
		}
		b.WriteString(t.Counter.String())
	}
	if s.Margin {
		b.WriteString(" - costs")
	}
	if s.Debt {
		b.WriteString(" x outside.balance")
	}
	text := strings.Replace(b.String(), "( - ", "(-", 1) + "; " + windows[s.Window] + ")"
	if s.Joined {
		text += " + (" + data.Joined.String() + "; " + windows[data.ToDate] + ")"
	}
	return text
}

func rulesSchemaText() string {
	var b strings.Builder
	for _, kind := range rule.Kinds {
		fmt.Fprintf(&b, "%s: %s\n", kind.Name, kind.Title)
		rows := [][]string{{"  parameter", "unit", "range", "default", "meaning"}}
		for _, f := range scenarios.RuleFields(kind) {
			rows = append(rows, []string{"  " + f.Name, f.Unit, f.Range, f.Default, f.Meaning})
		}
		writeRows(&b, rows)
	}
	b.WriteString("any kind\n")
	rows := [][]string{{"  condition", "unit", "range", "default", "meaning"}}
	for _, f := range scenarios.ClauseFields() {
		rows = append(rows, []string{"  " + f.Name, f.Unit, f.Range, f.Default, f.Meaning})
	}
	writeRows(&b, rows)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func parametersSchemaText() string {
	var b strings.Builder
	writeRows(&b, parameterRows())
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// parameterRows is the table of behaviour parameters, with its head.
func parameterRows() [][]string {
	rows := [][]string{{"parameter", "unit", "range", "default", "meaning", "source"}}
	for _, d := range behaviour.Registry() {
		rows = append(rows, []string{d.Name, d.Unit, scenarios.ParameterRange(d), d.Format(d.Default), d.Meaning, d.Source})
	}
	return rows
}
