package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/parquet"
	"relend/data/rundir"
	"relend/output"
	"relend/output/chart"
	"relend/output/gate"
	"relend/output/html"
	"relend/sim/selfcheck"
)

func newReportCommand(env *environment) *cobra.Command {
	quiet, o := false, drawOptions{}
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Draw the tables, charts and reports of a finished run again",
		Long: "Draws tables, charts, report.html, report.md, verdict.json and junit.xml again from the results in a run directory,\n" +
			"without simulating. The same version of relend draws the same bytes.",
		Example: "  relend report runs/default-0123abcd\n  relend report runs/default-0123abcd --lang zh --min-cell 10",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			_, results, err := rundir.Open(args[0])
			if err != nil {
				return err
			}
			drawn, err := interruptible(c.Context(), func() (drawing, error) { return draw(results, o, width(env.stdout)) })
			if err != nil {
				return err
			}
			w, err := rundir.Redraw(args[0])
			if err != nil {
				return err
			}
			defer w.Abort()
			if err := drawn.write(w); err != nil {
				return err
			}
			if err := c.Context().Err(); err != nil {
				return err
			}
			if err := w.Commit(rundir.Manifest{Drawn: program + revision(), Redrawn: build(), Drawing: o.choices()}); err != nil {
				return err
			}
			if !quiet {
				drawn.print(env, args[0])
			}
			return drawn.err()
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing")
	o.flags(c)
	return c
}

// drawOptions are the choices of a drawing.
type drawOptions struct {
	lang    string // "" is English
	font    string // a file; "": the usual places
	pdf     bool
	minCell int

	language output.Language
}

var drawFlags = []string{"lang", "font", "pdf", "min-cell"}

// flags gives a command the flags of a drawing.
func (o *drawOptions) flags(c *cobra.Command) {
	o.languageFlags(c)
	f := c.Flags()
	f.BoolVar(&o.pdf, "pdf", false, "write charts as PDF too")
	f.IntVar(&o.minCell, "min-cell", 0, "hide results of classes with fewer borrowers than this")
}

// languageFlags are those of them that choose words and letters.
func (o *drawOptions) languageFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.lang, "lang", "en", "language of the report: en or zh; the figures are the same")
	f.StringVar(&o.font, "font", "", "font file for letters that the built-in font lacks, such as Chinese (default: one of the usual places)")
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(output.LanguageNames(), cobra.ShellCompDirectiveDefault))
}

// choices describes the drawing for the manifest; nil where nothing was chosen and the built-in font had all letters.
func (o *drawOptions) choices() *rundir.Drawing {
	d := rundir.Drawing{Language: o.language.String(), MinCell: o.minCell, PDF: o.pdf, Font: chart.FontUsed()}
	if d == (rundir.Drawing{Language: output.English.String()}) {
		return nil
	}
	return &d
}

// chosen are the options that a manifest describes, with the font of this machine.
func chosen(d *rundir.Drawing) (o drawOptions, err error) {
	if d != nil {
		o = drawOptions{lang: d.Language, minCell: d.MinCell, pdf: d.PDF}
	}
	return o, o.check()
}

// check reads what was given.
func (o *drawOptions) check() (err error) {
	if o.lang != "" {
		if o.language, err = output.ParseLanguage(o.lang); err != nil {
			return usage("--lang: %v%s", err, data.DidYouMean(o.lang, output.LanguageNames()))
		}
	}
	if o.minCell < 0 {
		return usage("--min-cell: 0 or more is needed, found %d", o.minCell)
	}
	if o.font != "" {
		if err := chart.UseFont(o.font); err != nil {
			return usage("--font: %v", err)
		}
	}
	return nil
}

// drawing is all that is drawn from the results of a run.
type drawing struct {
	run      *data.Run
	files    html.Files
	warnings []string
	verdict  gate.Verdict
	lang     output.Language
}

func draw(results *data.Results, o drawOptions, width int) (drawing, error) {
	d := drawing{run: &results.Run, lang: o.language}
	gates, err := gate.Compile("", results.Run.Gates, results.Run.Arms, results.Run.Months)
	if err != nil {
		return d, err
	}
	var report *output.Report
	if len(gates) > 0 {
		report = output.Build(results, output.Options{})
	}
	d.verdict = gate.Judge(report, gates)
	d.files, d.warnings = html.Render(results, output.Options{Gates: d.verdict.Rows(), Language: o.language, MinCell: o.minCell, PDF: o.pdf, Width: width})
	return d, nil
}

// write adds the drawn files to a run directory.
func (d *drawing) write(w *rundir.Writer) error {
	files, err := d.all()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.Write(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// all are the drawn files by name: every table as CSV and as Parquet.
func (d *drawing) all() (map[string][]byte, error) {
	files := maps.Clone(d.files.Bytes)
	written, failed := make([]bytes.Buffer, len(d.files.Tables)), make([]error, len(d.files.Tables))
	var tables []func()
	for at, t := range d.files.Tables {
		tables = append(tables, func() {
			columns := make([]parquet.Column, len(t.Columns))
			for i, c := range t.Columns {
				columns[i] = parquet.Column{Name: c.Name, Ints: c.Ints, Floats: c.Floats, Strings: c.Strings}
			}
			failed[at] = parquet.Write(&written[at], columns, parquet.Options{})
		})
	}
	data.Beside(tables...)
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	for at, t := range d.files.Tables {
		files["tables/"+t.Name+".parquet"] = written[at].Bytes()
	}
	files["verdict.json"] = d.verdict.JSON()
	files["junit.xml"] = d.verdict.JUnit(d.run.Title, d.run.Checks)
	return files, nil
}

// shownWarnings is how many warnings are printed, without examples; all are in the report.
const shownWarnings = 5

// print writes the headline, what was checked, and where the report lies.
func (d *drawing) print(env *environment, dir string) {
	fmt.Fprintln(env.stdout, strings.TrimRight(d.files.Headline, "\n"))
	fmt.Fprintln(env.stdout)
	fmt.Fprintln(env.stdout, checks(d.run.Checks))
	if line := anchored(&d.run.Anchoring); line != "" {
		fmt.Fprintln(env.stdout, line)
	}
	if line := d.lang.Weighing(d.run); line != "" {
		fmt.Fprintln(env.stdout, "weights: "+line)
	}
	if line := d.lang.Sharing(d.run); line != "" {
		fmt.Fprintln(env.stdout, "sharing: "+line)
	}
	for _, g := range d.verdict.Gates {
		fmt.Fprintf(env.stdout, "gate %s (%s): %s: %s; found %s\n", g.Name, g.Level, g.Result, g.Expect, g.Found)
	}
	warnings := slices.Concat(d.run.Warnings, d.warnings)
	for _, text := range warnings[:min(len(warnings), shownWarnings)] {
		text, _, _ = strings.Cut(text, ", for example ")
		fmt.Fprintf(env.stdout, "warning: %s\n", text)
	}
	if more := len(warnings) - shownWarnings; more > 0 {
		fmt.Fprintf(env.stdout, "warning: %d more, all in the report\n", more)
	}
	fmt.Fprintf(env.stdout, "report: %s\n", filepath.Join(dir, "report.html"))
}

// checks says in a line or two what the run verified about itself.
func checks(list []data.Check) string {
	var broken, lines []string
	laws := 0
	for _, c := range list {
		switch {
		case !c.Holds && strings.HasPrefix(c.Name, precisionName):
			lines = append(lines, c.Name+" not reached: "+c.Result)
		case !c.Holds:
			broken = append(broken, c.Name+": "+c.Result)
		case c.Name == selfcheck.SliceName:
			lines = append(lines, "slice: "+c.Result)
		case strings.HasPrefix(c.Name, precisionName):
			lines = append(lines, c.Name+": "+c.Result)
		default:
			laws++
		}
	}
	if len(broken) > 0 {
		return "checks: " + strings.Join(broken, "; ")
	}
	return strings.Join(append([]string{fmt.Sprintf("checks: all %d hold in every month of every arm and path", laws)}, lines...), "\n")
}

// anchored says in a line how the hazards were anchored; "" where no offset was.
func anchored(a *data.Anchoring) string {
	if len(a.Bands) == 0 {
		return ""
	}
	borrowers, pd, before, after := 0., 0., 0., 0.
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, b := range a.Bands {
		n := float64(b.Borrowers)
		borrowers, pd, before, after = borrowers+n, pd+n*b.PD, before+n*b.Before, after+n*b.After
		lowest, highest = min(lowest, b.Offset), max(highest, b.Offset)
	}
	return fmt.Sprintf("anchored: default rate of 12 months in %s %.2f%%, mean PD %.2f%%; without the offsets of %s (%+.2f to %+.2f on the log hazard) %.2f%%",
		a.Arm, 100*after/borrowers, 100*pd/borrowers, output.Plural(len(a.Bands), "PD band"), lowest, highest, 100*before/borrowers)
}

// err is what a finished run deserves: nil unless a gate of level error does not hold.
func (d *drawing) err() error {
	if d.verdict.Passed {
		return nil
	}
	return &gateError{d.verdict}
}
