package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/output/chart"
	"relend/output/table"
	"relend/sim/estimate"
)

// compareOptions are the choices of `relend compare`.
type compareOptions struct {
	measures []string
	level    string
	output   string
}

func newCompareCommand(env *environment) *cobra.Command {
	o := compareOptions{level: "95%"}
	c := &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Set finished runs side by side: which inputs differ, and what changed",
		Long: "Compares finished runs with the first of them: says which inputs differ (portfolio, experiment with its policies and\n" +
			"laws, program), and shows the measures of the arms that they have in common with their changes. Runs that drew\n" +
			"the same random numbers (same seed, design and paths) are compared path by path, others as independent. With -o\n" +
			"it writes comparison.csv, comparison.md and a chart.",
		Example: "  relend compare runs/before runs/after\n  relend compare runs/a runs/b runs/c --measures default_rate,served_share -o comparison",
		Args:    cobra.MinimumNArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), env, args) },
	}
	f := c.Flags()
	f.StringSliceVar(&o.measures, "measures", nil, "measures to compare (default: the headline of the first run)")
	f.StringVar(&o.level, "level", o.level, "of the intervals, 50% to 99.99%")
	f.StringVarP(&o.output, "output", "o", "", "directory to write to")
	return c
}

// parseLevel reads a level such as 95% or 0.95.
func parseLevel(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	one := 1.
	if percent {
		one = 100
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= .5*one && v <= .9999*one) {
		return 0, usage("--level: 50%% to 99.99%% is needed, found %q", text)
	}
	return v / one, nil
}

func (o *compareOptions) run(ctx context.Context, env *environment, dirs []string) error {
	level, err := parseLevel(o.level)
	if err != nil {
		return err
	}
	for _, name := range o.measures {
		if _, ok := data.MeasureByName(name); !ok {
			return usage("--measures: unknown measure %q%s", name, data.DidYouMean(name, data.MeasureNames()))
		}
	}
	var runs []*finished
	var results []*data.Results
	for _, dir := range dirs {
		f, err := openFinished(dir)
		if err != nil {
			return err
		}
		runs, results = append(runs, f), append(results, f.results)
		if len(runs) > 1 {
			if err := comparable(runs[0], f); err != nil {
				return err
			}
		}
	}
	names := o.measures
	if len(names) == 0 {
		names = results[0].Run.Headline
	}
	var measures []data.Measure
	for _, name := range names {
		if m, ok := data.MeasureByName(name); ok { // a later version may have others
			measures = append(measures, m)
		}
	}
	type drawn struct {
		comparison *output.Comparison
		figure     *chart.Figure
	}
	d, err := interruptible(ctx, func() (d drawn, err error) {
		d.comparison = output.Compare(called(dirs), results, measures, level)
		if o.output != "" {
			d.figure, err = chart.Shifts(d.comparison)
		}
		return d, err
	})
	if err != nil {
		return err
	}
	notes := differences(runs, d.comparison)
	sheet := comparisonSheet(d.comparison)
	for _, note := range notes {
		fmt.Fprintln(env.stdout, note)
	}
	fmt.Fprintf(env.stdout, "\n%s\n%s\n", sheet.Terminal(cmp.Or(width(env.stdout), 120)), legend(d.comparison))
	if o.output == "" {
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Change from %s\n\n", table.Escape(d.comparison.Runs[0]))
	for _, note := range notes {
		fmt.Fprintf(&text, "- %s\n", table.Escape(note))
	}
	text.WriteString("\n" + sheet.Markdown() + "\n" + legend(d.comparison) + "\n")
	files := map[string][]byte{"comparison.csv": table.CSV(table.Shifts(d.comparison)), "comparison.md": []byte(text.String())}
	if d.figure != nil {
		files["comparison.svg"], files["comparison.png"] = d.figure.SVG, d.figure.PNG
	}
	for name, content := range files {
		if err := writeArtefact(o.output, name, content); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.stdout, "\ncomparison: %s\n", filepath.Join(o.output, "comparison.md"))
	return nil
}

// called names runs by the last parts of their directories, as many as tell them apart.
func called(dirs []string) []string {
	names := make([]string, len(dirs))
	for depth := 1; depth < 32; depth++ {
		seen := map[string]bool{}
		for i, dir := range dirs {
			parts := strings.Split(filepath.ToSlash(filepath.Clean(dir)), "/")
			names[i] = strings.Join(parts[max(0, len(parts)-depth):], "/")
			seen[names[i]] = true
		}
		if len(seen) == len(dirs) {
			return names
		}
	}
	for i := range names { // a run compared with itself
		names[i] = fmt.Sprintf("%s (%d)", names[i], i+1)
	}
	return names
}

// differences says what differs in the inputs of each run, and how it is compared.
func differences(runs []*finished, c *output.Comparison) (notes []string) {
	first := &runs[0].results.Run
	for i, f := range runs[1:] {
		a := changes(runs[0], f)
		name := c.Runs[i+1]
		if len(a.Data)+len(a.Configuration)+len(a.Presentation)+len(a.Program) == 0 {
			notes = append(notes, name+": the same inputs and program as "+c.Runs[0])
		}
		for _, part := range []struct {
			what string
			list []string
		}{{"data", a.Data}, {"configuration", a.Configuration}, {"presentation", a.Presentation}, {"program", a.Program}} {
			if len(part.list) > 0 {
				notes = append(notes, fmt.Sprintf("%s: %s differs: %s", name, part.what, output.List(part.list, 6)))
			}
		}
		run := &f.results.Run
		if estimate.Shares(first, run) {
			notes = append(notes, name+": the same draws, compared path by path")
		} else {
			notes = append(notes, fmt.Sprintf("%s: other draws (seed %d, %s, design %s; here seed %d, %s, %s), taken as independent", name,
				first.Seed, output.Plural(first.Paths, "path"), first.Design, run.Seed, output.Plural(run.Paths, "path"), run.Design))
		}
		if run.Months != first.Months {
			notes = append(notes, fmt.Sprintf("%s: %s, not %d: compared after %d", name, output.Plural(run.Months, "month"), first.Months, c.Month))
		}
		for _, arms := range []struct {
			has, lacks *data.Run
			where      string
		}{{first, run, c.Runs[0]}, {run, first, name}} {
			var only []string
			for _, arm := range arms.has.Arms {
				if armIndex(arms.lacks, arm.Name) < 0 {
					only = append(only, arm.Name)
				}
			}
			if len(only) > 0 {
				notes = append(notes, fmt.Sprintf("%s: only in %s: %s", name, arms.where, output.List(only, 12)))
			}
		}
	}
	return notes
}

func armIndex(run *data.Run, name string) int {
	for i, a := range run.Arms {
		if a.Name == name {
			return i
		}
	}
	return -1
}

// legend says what the figures of a comparison are.
func legend(c *output.Comparison) string {
	return fmt.Sprintf("After %s; ± is half of the %.6g %% interval, ~ cannot be told from zero, = equal on every path", output.Plural(c.Month, "month"), 100*c.Level)
}

// comparisonSheet has a row a measure, arm and run.
func comparisonSheet(c *output.Comparison) table.Sheet {
	sheet := table.Sheet{Columns: []table.SheetColumn{{Title: "Measure"}, {Title: "Arm"}, {Title: c.Runs[0], Figures: true}}}
	several := len(c.Runs) > 2
	if several {
		sheet.Columns = append(sheet.Columns, table.SheetColumn{Title: "Run"}, table.SheetColumn{Title: "there", Figures: true})
	} else {
		sheet.Columns = append(sheet.Columns, table.SheetColumn{Title: c.Runs[1], Figures: true})
	}
	sheet.Columns = append(sheet.Columns, table.SheetColumn{Title: "Change", Figures: true})
	last := -1
	for _, x := range c.Shifts {
		s := c.Scale(x.Measure)
		title := ""
		if x.Measure != last {
			title, last = c.Measures[x.Measure].Title, x.Measure
			if s.Unit != "" {
				title += ", " + s.Unit
			}
			if s.DiffUnit != s.Unit {
				title += " (change in " + s.DiffUnit + ")"
			}
		}
		change, half := s.Difference(x.Change, s.DigitsOf(x.Change))
		if math.IsNaN(x.Change.Value) {
			change = "–"
		}
		row := []string{title, x.Title, s.PlusMinus(x.Before, s.DigitsOf(x.Before))}
		if several {
			row = append(row, c.Runs[x.Run])
		}
		sheet.Rows = append(sheet.Rows, append(row, s.PlusMinus(x.After, s.DigitsOf(x.After)), strings.TrimSpace(change+" "+half)))
	}
	return sheet
}
