package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/mapping"
	"relend/data/rundir"
	"relend/data/synth"
	"relend/output"
	"relend/output/table"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
	"relend/sim/factor"
)

func newBenchCommand(env *environment) *cobra.Command {
	b := bench{progress: env.stderr, report: benchReport{Program: program + revision(), Platform: platform, Go: runtime.Version(), Borrowers: 20000, Workers: runtime.GOMAXPROCS(0)}}
	asJSON := false
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure speed, memory and time to precision on this machine",
		Long: "Runs the arms of the library's experiment ten_policies on a synthetic portfolio and prints a table: throughput,\n" +
			"what arms cost together and one by one, memory, reading and drawing, and the time to a precision. Times are\n" +
			"medians. A control total, the sum of all counts, is the same on every machine with the same version of relend.",
		Example: "  relend bench\n  relend bench --borrowers 100000 --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if b.report.Borrowers < 100 || b.report.Borrowers > synth.MaxBorrowers {
				return usage("--borrowers: a number from 100 to %d is needed, found %d", synth.MaxBorrowers, b.report.Borrowers)
			}
			if err := b.run(c.Context()); err != nil {
				return err
			}
			if asJSON {
				text, err := json.MarshalIndent(b.report, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintf(env.stdout, "%s\n", text)
				return nil
			}
			fmt.Fprint(env.stdout, b.report.sheet().Terminal(width(env.stdout)))
			fmt.Fprintf(env.stdout, "\n(*) each arm's default rate at the horizon to a standard error of 0.2 %% of itself, each difference to a tenth of itself or 1 bp\n%s, %s, %s; %s, %s\n", b.report.Program, b.report.Go, b.report.Platform,
				output.Plural(b.report.Borrowers, "borrower"), output.Plural(b.report.Workers, "processor"))
			return nil
		},
	}
	c.Flags().IntVar(&b.report.Borrowers, "borrowers", b.report.Borrowers, "borrowers of the synthetic portfolio")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

type benchReport struct {
	Program   string     `json:"program"`
	Platform  string     `json:"platform"`
	Go        string     `json:"go"`
	Borrowers int        `json:"borrowers"`
	Workers   int        `json:"workers"`
	Rows      []benchRow `json:"rows"`
}

// benchRow is one measured thing.
type benchRow struct {
	What    string  `json:"what"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Seconds float64 `json:"seconds"` // median; 0: not timed
	Control int64   `json:"control"` // sum of all counts; 0: none
}

func (r *benchReport) sheet() table.Sheet {
	s := table.Sheet{Columns: []table.SheetColumn{{Title: "what"}, {Title: "value", Figures: true}, {Title: "unit"}, {Title: "seconds", Figures: true}, {Title: "control total", Figures: true}}}
	for _, row := range r.Rows {
		seconds, control := "", ""
		if row.Seconds > 0 {
			seconds = output.Number(row.Seconds, 2)
		}
		if row.Control != 0 {
			control = output.Number(float64(row.Control), 0)
		}
		digits := max(0, 2-int(math.Floor(math.Log10(max(row.Value, 1e-9)))))
		s.Rows = append(s.Rows, []string{row.What, output.Number(row.Value, min(digits, 4)), row.Unit, seconds, control})
	}
	return s
}

// bench measures and keeps what several rows need.
type bench struct {
	progress  io.Writer
	report    benchReport
	portfolio *data.Portfolio
	arms      []sim.Arm
	settings  sim.Settings
}

const (
	benchRepeats = 3
	benchPaths   = 16 // of the engine's rows
	spreadPaths  = 64 // of the runs whose spreads are compared

	benchTape  = "tape.parquet"
	benchLeast = 10000 // borrowers for a precision: with fewer it takes very many paths
)

// benchContracts are the precision (*): standard errors of .2 % of a default rate, of a tenth of a difference or 1 bp.
var benchContracts = []string{"default_rate=±0.392%rel@95%", "diff:default_rate=±19.6%rel|1.96bp@95%"}

func (b *bench) run(ctx context.Context) error {
	warm := synth.Default()
	warm.Borrowers = b.report.Borrowers
	if err := synth.WriteParquet(warm, io.Discard); err != nil { // the compressor stays
		return err
	}
	dir, err := os.MkdirTemp("", "relend-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	before := heap()
	if err := b.read(ctx, filepath.Join(dir, benchTape)); err != nil {
		return err
	}
	e, err := scenarios.Load("ten_policies", scenarios.Overrides{Paths: benchPaths})
	if err != nil {
		return err
	}
	if b.arms, b.settings, err = e.Arms(b.portfolio.Currency, b.portfolio.Segments); err != nil {
		return err
	}
	b.settings.Anchor = sim.Structural // no pilot: the engine alone is timed

	plan, _, err := b.plan(benchPaths, b.settings.Design, b.arms[0])
	if err != nil {
		return err
	}
	b.add("portfolio and plan, a borrower", (heap()-before)/float64(plan.Borrowers()), "bytes", 0, 0)
	one, err := b.engine(ctx, "engine, one arm, one worker", 1, b.arms[0])
	if err != nil {
		return err
	}
	if all := b.report.Workers; all > 1 {
		several, err := b.engine(ctx, fmt.Sprintf("engine, one arm, %d workers", all), all, b.arms[0])
		if err != nil {
			return err
		}
		b.add("speed-up by workers", one/several, "times", 0, 0)
	}
	equal, err := b.engine(ctx, "engine, an arm and its twin, one worker", 1, b.arms[0], b.arms[0])
	if err != nil {
		return err
	}
	b.add("cost of a twin", 100*(equal/one-1), "% of one arm", 0, 0)
	together, err := b.engine(ctx, fmt.Sprintf("engine, %d arms together, one worker", len(b.arms)), 1, b.arms...)
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("cost of %d arms together", len(b.arms)), together/one, "times one arm", 0, 0)
	if err := b.spreads(ctx, one, together); err != nil {
		return err
	}
	if b.report.Borrowers < benchLeast {
		return nil
	}
	return b.precision(ctx, dir)
}

func (b *bench) add(what string, value float64, unit string, seconds float64, control int64) {
	b.report.Rows = append(b.report.Rows, benchRow{what, value, unit, seconds, control})
	fmt.Fprintf(b.progress, "measured: %s\n", what)
}

// timed returns the median time of several calls.
func timed(ctx context.Context, times int, f func() error) (float64, error) {
	var took []float64
	for range times {
		runtime.GC()
		began := time.Now()
		if err := cmp.Or(f(), ctx.Err()); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began).Seconds())
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// read times reading a tape of the portfolio from Parquet.
func (b *bench) read(ctx context.Context, file string) error {
	spec := synth.Default()
	spec.Borrowers = b.report.Borrowers
	var tape bytes.Buffer
	if err := synth.WriteParquet(spec, &tape); err != nil {
		return err
	}
	if err := os.WriteFile(file, tape.Bytes(), 0o600); err != nil {
		return err
	}
	took, err := timed(ctx, benchRepeats, func() (err error) {
		b.portfolio, err = mapping.Load(ctx, mapping.LoadOptions{Patterns: []string{file}})
		return err
	})
	if err != nil {
		return err
	}
	b.add("reading Parquet", float64(b.portfolio.Intake.Rows)/took/1e6, "million rows a second", took, b.portfolio.Intake.Rows)
	return nil
}

// plan prepares a run of some arms, the first of which is the baseline.
func (b *bench) plan(paths int, design factor.Design, arms ...sim.Arm) (*sim.Plan, []sim.Arm, error) {
	own := slices.Clone(arms)
	for i := range own {
		own[i].Reference = 0
		own[i].Name = fmt.Sprintf("%d_%s", i, own[i].Name) // a twin has a name of its own
	}
	s := b.settings
	s.Baseline, s.Paths, s.Design = 0, paths, design
	plan, err := sim.NewPlan(b.portfolio, own, s)
	return plan, own, err
}

// engine times a simulation and returns its seconds.
func (b *bench) engine(ctx context.Context, what string, workers int, arms ...sim.Arm) (float64, error) {
	plan, _, err := b.plan(benchPaths, b.settings.Design, arms...)
	if err != nil {
		return 0, err
	}
	var results *data.Results
	took, err := timed(ctx, benchRepeats, func() (err error) {
		results, err = plan.Run(ctx, workers, nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	b.add(what, float64(plan.BorrowerMonths())/took/1e6, "million borrower-months a second", took, control(results))
	if workers == 1 && len(arms) == len(b.arms) {
		s := &results.Run.Sharing
		b.add("histories of a borrower and path, all arms", float64(s.Branches)/float64(s.BorrowerPaths), "histories", 0, 0)
	}
	return took, nil
}

// heap is the bytes in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// control is the control total.
func control(r *data.Results) (sum int64) {
	for _, counts := range r.Counts {
		for _, v := range counts {
			sum += v
		}
	}
	return sum
}

// spreads compares the time that an error bar of a difference takes with that of the plain design and arms of their own
// draws, and times tables, charts and report.
func (b *bench) spreads(ctx context.Context, one, together float64) error {
	m, _ := data.MeasureByName("default_rate")
	month := b.settings.Months
	run := func(design factor.Design) (*data.Results, *estimate.Estimator, error) {
		plan, _, err := b.plan(spreadPaths, design, b.arms...)
		if err != nil {
			return nil, nil, err
		}
		results, err := plan.Run(ctx, b.report.Workers, nil)
		if err != nil {
			return nil, nil, err
		}
		return results, estimate.New(results, .95), nil
	}
	results, paired, err := run(b.settings.Design)
	if err != nil {
		return err
	}
	counted, _, err := run(factor.Plain)
	if err != nil {
		return err
	}
	counted.Run.Chances = [3]float64{} // luck is left in
	independent := estimate.New(counted, .95)
	_, differences := paired.All([]data.Measure{m})
	levels, _ := independent.All([]data.Measure{m})
	logs := 0.
	for a := range differences[1:] {
		logs += math.Log((square(levels[a+1][0][month].SE) + square(levels[0][0][month].SE)) / square(differences[a+1][0][month].SE))
	}
	variance := math.Exp(logs / float64(len(levels)-1))
	b.add("variance of a difference, plain and independent over paired", variance, "times", 0, 0)
	b.add("time to an error bar of it, plain one by one over together", variance*one*float64(len(b.arms))/together, "times", 0, 0)
	drawing, err := timed(ctx, 1, func() error {
		_, err := draw(results, drawOptions{}, 0)
		return err
	})
	if err != nil {
		return err
	}
	b.add("tables, charts and report", drawing, "seconds", drawing, 0)
	return nil
}

// precision times the program itself, from the tape in a directory to the report, at a precision.
func (b *bench) precision(ctx context.Context, dir string) error {
	to := filepath.Join(dir, "run")
	arguments := []string{"run", "ten_policies", "-p", filepath.Join(dir, benchTape), "-o", to, "--sample", "auto", "--quiet"}
	for _, c := range benchContracts {
		arguments = append(arguments, "--precision", c)
	}
	var said bytes.Buffer
	took, err := timed(ctx, 1, func() error {
		if code := run(ctx, arguments, io.Discard, &said); code != 0 {
			return fmt.Errorf("relend run ended with exit code %d: %s", code, said.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, results, err := rundir.Open(to)
	if err != nil {
		return err
	}
	simulated := cmp.Or(results.Run.Sample, b.report.Borrowers)
	b.add("paths to precision (*)", float64(results.Run.Paths), "paths", 0, control(results))
	b.add("borrowers simulated on each of them", float64(simulated), "borrowers", 0, 0)
	b.add("time to precision (*), from Parquet to report", took, "seconds", took, 0)
	return nil
}

func square(x float64) float64 { return x * x }
