package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/mapping"
	"relend/data/synth"
)

func newPortfolioCommand(env *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "portfolio",
		Short: "Check, profile and make loan tapes",
	}
	c.AddCommand(newPortfolioCheck(env), newPortfolioProfile(env), newPortfolioSynth(env))
	return c
}

// tapeFlags are the flags that say how to read a tape.
type tapeFlags struct {
	mapping.LoadOptions
	asOf string
}

func (t *tapeFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.Mapping, "mapping", "", "mapping of foreign columns: a file or one of "+strings.Join(mapping.Examples(), ", "))
	f.StringVar(&t.asOf, "as-of", "", "snapshot date of the tape, such as 2024-06-30")
	f.StringVar(&t.Currency, "currency", "", "currency of the tape, such as CNY")
	f.StringSliceVar(&t.Segments, "segments", nil, "the segments that may occur (default: any)")
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("mapping", cobra.FixedCompletions(mapping.Examples(), cobra.ShellCompDirectiveDefault))
}

func (t *tapeFlags) load(ctx context.Context, files []string, maxRejected float64) (*data.Portfolio, error) {
	t.Patterns, t.MaxRejected = files, maxRejected
	if t.asOf != "" {
		day, err := time.Parse(time.DateOnly, t.asOf)
		if err != nil {
			return nil, usage("--as-of: a date such as 2024-06-30 is needed, found %q", t.asOf)
		}
		t.AsOf = day
	}
	return interruptible(ctx, func() (*data.Portfolio, error) { return mapping.Load(ctx, t.LoadOptions) })
}

func newPortfolioCheck(env *environment) *cobra.Command {
	var tape tapeFlags
	c := &cobra.Command{
		Use:     "check FILE...",
		Short:   "List what is wrong with a loan tape, with counts and example rows",
		Long:    "Reads a tape (files, directories or quoted patterns) and lists its problems: errors, whose rows a run would\nreject, and warnings. Ends with exit code 4 when there are errors.",
		Example: "  relend portfolio check tape.parquet\n  relend portfolio check 'tapes/*.parquet' --mapping ppdai",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			p, err := tape.load(c.Context(), files, 1)
			if err != nil {
				return err
			}
			writeFindings(env.stdout, p)
			if n := p.Intake.Rejected; n > 0 {
				problems := &data.Problems{Cause: data.BadData}
				problems.Add("", "%d of %d rows have errors", n, p.Intake.Rows)
				return problems
			}
			return nil
		},
	}
	tape.register(c)
	return c
}

func writeFindings(w io.Writer, p *data.Portfolio) {
	in := p.Intake
	fmt.Fprintf(w, "%d rows: %d open loans, %d without a balance, %d rejected, %d of borrowers already in default\n",
		in.Rows, in.Loans, in.Repaid, in.Rejected, in.ExcludedLoans)
	if len(in.Findings) == 0 {
		fmt.Fprintln(w, "nothing to report")
	}
	for _, f := range in.Findings {
		column := ""
		if f.Column != "" {
			column = "column " + f.Column + ": "
		}
		fmt.Fprintf(w, "\n%-7s %9d x  %s%s\n", f.Severity, f.Count, column, f.Message)
		for _, e := range f.Examples {
			if e.Row > 0 {
				fmt.Fprintf(w, "%21s%s row %d: %s\n", "", e.File, e.Row, e.Value)
			} else {
				fmt.Fprintf(w, "%21s%s\n", "", e.File)
			}
		}
	}
	if len(p.Assumptions) > 0 {
		fmt.Fprintln(w, "\nassumptions:")
		for _, a := range p.Assumptions {
			fmt.Fprintf(w, "  %s = %s\n      %s (%s)\n", a.Name, a.Value, a.Reason, a.Origin)
		}
	}
}

// checkRejected refuses what is no share of rows.
func checkRejected(share float64) error {
	if !(share >= 0 && share <= 1) {
		return usage("--max-rejected: a share from 0 to 1 is needed, found %g", share)
	}
	return nil
}

func newPortfolioProfile(env *environment) *cobra.Command {
	var tape tapeFlags
	maxRejected := 0.0
	c := &cobra.Command{
		Use:     "profile FILE...",
		Short:   "Print control totals, exposure and distributions of a loan tape",
		Example: "  relend portfolio profile tape.parquet\n  relend portfolio profile tapes/ --mapping our-mapping.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if err := checkRejected(maxRejected); err != nil {
				return err
			}
			p, err := tape.load(c.Context(), files, maxRejected)
			if err != nil {
				return err
			}
			for _, t := range data.Profile(p) {
				fmt.Fprintln(env.stdout, strings.ToUpper(t.Title))
				writeRows(env.stdout, alignRight(append([][]string{t.Header}, t.Rows...)))
			}
			return nil
		},
	}
	tape.register(c)
	c.Flags().Float64Var(&maxRejected, "max-rejected", 0, "largest share of rows that may be rejected, 0 to 1")
	return c
}

// alignRight pads all columns but the first, which hold numbers, on their left.
func alignRight(rows [][]string) [][]string {
	for c := 1; c < len(rows[0]); c++ {
		widest := 0
		for _, row := range rows {
			widest = max(widest, len(row[c]))
		}
		for _, row := range rows {
			row[c] = fmt.Sprintf("%*s", widest, row[c])
		}
	}
	return rows
}

func newPortfolioSynth(env *environment) *cobra.Command {
	spec := synth.Default()
	output, force := "", false
	c := &cobra.Command{
		Use:   "synth -o FILE.parquet",
		Short: "Write an artificial loan tape with known parameters",
		Long: "Writes a seeded artificial loan tape as Parquet, and beside it, as FILE.truth.yaml, the parameters that it was\n" +
			"made with. A larger tape of the same seed begins with the smaller one.",
		Example: "  relend portfolio synth --borrowers 100000 --seed 7 -o tape.parquet",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output == "" {
				return usage("%s: -o FILE.parquet is needed", c.CommandPath())
			}
			if spec.Borrowers < 1 || spec.Borrowers > synth.MaxBorrowers {
				return usage("--borrowers: a number from 1 to %d is needed, found %d", synth.MaxBorrowers, spec.Borrowers)
			}
			if spec.TermDays < 0 || spec.TermDays > data.MaxTermDays {
				return usage("--term-days: a number from 1 to %d is needed, found %d", data.MaxTermDays, spec.TermDays)
			}
			truth := strings.TrimSuffix(output, filepath.Ext(output)) + ".truth.yaml"
			for _, path := range []string{output, truth} {
				if _, err := os.Lstat(path); !force && !errors.Is(err, fs.ErrNotExist) {
					return usage("%s exists; --force replaces it", path)
				}
			}
			err := writeWhole(truth, func(w io.Writer) error {
				_, err := io.WriteString(w, spec.Truth())
				return err
			})
			if err == nil {
				err = writeWhole(output, func(w io.Writer) error {
					return synth.WriteParquet(spec, cancelled{c.Context(), w})
				})
				if err != nil {
					_ = os.Remove(truth) // describes nothing without its tape
				}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(env.stdout, "%d borrowers written to %s, their parameters to %s\n", spec.Borrowers, output, truth)
			return nil
		},
	}
	f := c.Flags()
	f.StringVarP(&output, "output", "o", "", "file to write")
	f.IntVar(&spec.Borrowers, "borrowers", spec.Borrowers, "number of borrowers")
	f.Uint64Var(&spec.Seed, "seed", spec.Seed, "seed of the draws")
	f.IntVar(&spec.TermDays, "term-days", 0, "make bullet loans of so many days in place of loans of months")
	f.BoolVar(&force, "force", false, "replace existing files")
	return c
}

// cancelled is a writer that fails once its context is done.
type cancelled struct {
	ctx context.Context
	io.Writer
}

func (c cancelled) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Writer.Write(p)
}

// writeWhole writes a file under a temporary name in its directory and renames it when it is whole.
func writeWhole(path string, fill func(io.Writer) error) (err error) {
	defer func() {
		var named *fs.PathError // its name is the temporary one
		if errors.As(err, &named) {
			err = named.Err
		}
		if err != nil {
			err = fmt.Errorf("cannot write %s: %w", path, err)
		}
	}()
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	b := bufio.NewWriterSize(f, 1<<20)
	if err = fill(b); err != nil {
		return err
	}
	if err = b.Flush(); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
