package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/parquet"
	"relend/data/sweepdir"
	"relend/output"
	"relend/output/html"
	"relend/output/table"
)

func newSweepCollect(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "collect DIR",
		Short: "Write one tidy table of all cells of a sweep, as CSV and Parquet",
		Long: "Writes tables/cells.csv and tables/cells.parquet: one row per cell and output with every parameter, the estimate,\n" +
			"its interval and the paired difference to the base cell. The bytes do not depend on the order in which cells were\n" +
			"run, nor on interruptions. Cells without results have rows with the status missing; the exit code is then 9.",
		Example: "  relend sweep collect runs/sweep-pause",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, r, err := gather(args[0], output.English)
			if err != nil {
				return err
			}
			columns := table.SweepCells(r)
			if err := collect(dir, columns); err != nil {
				return err
			}
			fmt.Fprintln(env.stdout, filepath.Join(args[0], "tables", "cells.csv"))
			return lacking(dir, r)
		},
	}
}

func newSweepReport(env *environment) *cobra.Command {
	o := drawOptions{}
	c := &cobra.Command{
		Use:     "report DIR",
		Short:   "Write tables, charts and a report of a sweep",
		Example: "  relend sweep report runs/sweep-pause\n  relend sweep report runs/sweep-pause --lang zh",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			dir, r, err := gather(args[0], o.language)
			if err != nil {
				return err
			}
			if err := collect(dir, table.SweepCells(r)); err != nil {
				return err
			}
			files, _ := html.RenderSweep(r, failures(dir, r))
			var names []string
			for name := range files.Bytes {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				if err := dir.Write(name, files.Bytes[name]); err != nil {
					return err
				}
			}
			fmt.Fprint(env.stdout, files.Headline)
			fmt.Fprintln(env.stdout, filepath.Join(args[0], "report.html"))
			return lacking(dir, r)
		},
	}
	o.languageFlags(c)
	return c
}

// gather reads a sweep with its finished cells, for a report in a language.
func gather(path string, in output.Language) (*sweepdir.Dir, *output.Sweep, error) {
	dir, err := sweepdir.Open(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := dir.Sweep()
	if err != nil {
		return nil, nil, err
	}
	if s.Share != nil {
		problems := &data.Problems{Cause: data.BadData}
		problems.Add("", "%s is part %d of %d of a sweep: relend merge makes the sweep of all its parts", path, s.Share.Part, s.Share.Of)
		return nil, nil, problems
	}
	r, err := output.BuildSweep(s, in, func(key string) ([]data.Sums, error) {
		if !dir.Has(key) {
			return nil, nil
		}
		return dir.Cell(key)
	})
	return dir, r, err
}

func collect(dir *sweepdir.Dir, columns []table.Column) error {
	list := make([]parquet.Column, len(columns))
	for i, c := range columns {
		list[i] = parquet.Column(c)
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, list, parquet.Options{}); err != nil {
		return err
	}
	if err := dir.Write("tables/cells.parquet", b.Bytes()); err != nil {
		return err
	}
	return dir.Write("tables/cells.csv", table.CSV(columns))
}

// failures say which cells have failed and why, those with the same reason together.
func failures(dir *sweepdir.Dir, r *output.Sweep) (out []string) {
	byReason := map[string][]string{}
	var reasons []string
	for _, i := range r.Missing {
		reason := dir.Failure(r.Cells[i].Key)
		if reason == "" {
			if reason = dir.Failure(r.Cells[i].Reference); reason == "" {
				continue
			}
		}
		reason, _, _ = strings.Cut(reason, "\n")
		if byReason[reason] == nil {
			reasons = append(reasons, reason)
		}
		byReason[reason] = append(byReason[reason], settingText(r.Sweep, r.Cells[i]))
	}
	for _, reason := range reasons {
		out = append(out, r.Failed(reason, byReason[reason]))
	}
	return out
}

// lacking is the error of a sweep with cells missing.
func lacking(dir *sweepdir.Dir, r *output.Sweep) error {
	missing, failed := 0, 0
	keys := r.Keys()
	for _, key := range keys {
		if !dir.Has(key) {
			if missing++; dir.Failure(key) != "" {
				failed++
			}
		}
	}
	if missing == 0 {
		return nil
	}
	return &partialError{failed, missing, len(keys)}
}
