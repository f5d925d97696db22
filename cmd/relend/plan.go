package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
	"relend/sim/selfcheck"
)

// planOptions are the choices of `relend plan`: those of a run that change what it costs.
type planOptions struct {
	experiment string
	scenarios.Overrides
	workers int
	json    bool
}

func newPlanCommand(env *environment) *cobra.Command {
	o := planOptions{experiment: defaultExperiment}
	var seed uint64
	c := &cobra.Command{
		Use:   "plan [EXPERIMENT]",
		Short: "Estimate what a run will take, and how precise it will be, without running it",
		Long: "Simulates a pilot of a few paths and prints the time and the memory that `relend run` with the same flags will\n" +
			"take on this machine, the error bars it will reach, and the paths that each --precision asks for. Nothing is\n" +
			"written.",
		Example: "  relend plan\n" +
			"  relend plan my-experiment.yaml -p loans.parquet --paths 1024 --workers 8\n" +
			"  relend plan --precision 'diff:default_rate=±2bp@95%' --json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			if c.Flags().Changed("workers") && o.workers < 1 {
				return usage("--workers: 1 or more is needed, found %d", o.workers)
			}
			if err := overridden(c, &o.Overrides, seed); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	override(c, &o.Overrides, &seed)
	f := c.Flags()
	f.StringVar(&o.Engine, "engine", "", "step or expect (default: the experiment's)")
	f.StringArrayVar(&o.Precision, "precision", nil, "error bar to reach, such as default_rate=±5bp@95%; repeat for several")
	f.StringVar(&o.Sample, "sample", "", "borrowers that each path simulates: all, auto or a number (default: the experiment's)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate (default: one per processor)")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return c
}

// forecast is what a run will take. Times are of the wall clock of this machine.
type forecast struct {
	Borrowers int             `json:"borrowers"`
	Sample    int             `json:"sample"` // borrowers that each path simulates; 0: all
	Arms      int             `json:"arms"`
	Months    int             `json:"months"`
	Paths     int             `json:"paths"`
	Workers   int             `json:"workers"`
	Pilot     pilotCost       `json:"pilot"`
	Seconds   costs           `json:"seconds"`
	Memory    int64           `json:"memory_bytes"`
	Available int64           `json:"available_bytes"` // 0: unknown
	Sharing   data.Sharing    `json:"sharing,omitzero"`
	ErrorBars []expectedHalf  `json:"error_bars"`
	Precision []precisionPlan `json:"precision"`
	why       string
}

type pilotCost struct {
	Paths   int     `json:"paths"`
	Seconds float64 `json:"seconds"`
}

// costs are the parts of a run's time.
type costs struct {
	Load     float64 `json:"load"` // read and prepare, calibration included
	Simulate float64 `json:"simulate"`
	Report   float64 `json:"report"` // checks, tables and charts
}

func (c costs) all() float64 { return c.Load + c.Simulate + c.Report }

// expectedHalf is half of a 95 % interval at the horizon with the experiment's paths, in the arm where it is widest.
type expectedHalf struct {
	Measure    string  `json:"measure"`
	Difference bool    `json:"difference"`
	Arm        string  `json:"arm"`
	Half       float64 `json:"half"`
	text       string
}

// precisionPlan is what a contract asks for: paths in all, with the 95 % interval that the pilot's variance leaves.
type precisionPlan struct {
	Contract string  `json:"contract"`
	Arm      string  `json:"arm"`
	Paths    int     `json:"paths"`
	Least    int     `json:"paths_least"`
	Most     int     `json:"paths_most"`
	Seconds  float64 `json:"seconds"` // of a run with that many
}

// A pilot lasts at least so long, where the run has paths enough, and has so many replicates.
const (
	pilotTime       = 2 * time.Second
	pilotReplicates = 8
)

// trial is an experiment that is ready to run, with what its first paths tell of it.
type trial struct {
	forecast
	experiment *scenarios.Experiment
	portfolio  *data.Portfolio
	arms       []sim.Arm
	settings   sim.Settings
	plan       *sim.Plan
	results    *data.Results // of the pilot
}

func (o *planOptions) run(ctx context.Context, env *environment) error {
	t, err := o.try(ctx, env)
	if err != nil {
		return err
	}
	f, replicate := &t.forecast, max(1, t.results.Run.Replicate)
	if f.Seconds.Report, err = reporting(ctx, t.results, t.portfolio, t.arms, t.settings); err != nil {
		return err
	}
	if err := f.bars(t.results, t.arms, replicate); err != nil {
		return err
	}
	if err := f.contracts(t.results, t.arms, t.experiment.Precision, replicate, f.Pilot.Seconds/float64(f.Pilot.Paths)); err != nil {
		return err
	}
	if o.json {
		text, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "%s\n", text)
		return err
	}
	introduce(env, t.experiment, t.portfolio, t.arms)
	f.print(env.stdout, &t.results.Run)
	return nil
}

// try prepares the experiment and simulates its pilot.
func (o *planOptions) try(ctx context.Context, env *environment) (*trial, error) {
	started := time.Now()
	e, err := scenarios.Load(o.experiment, o.Overrides)
	if err != nil {
		return nil, err
	}
	if err := checkGates(experimentFile(o.experiment), e); err != nil {
		return nil, err
	}
	portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) })
	if err != nil {
		return nil, err
	}
	arms, settings, err := e.Arms(portfolio.Currency, portfolio.Segments)
	if err != nil {
		return nil, err
	}
	plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(portfolio, arms, settings) })
	if err != nil {
		return nil, err
	}
	workers := cmp.Or(o.workers, runtime.GOMAXPROCS(0))
	plan, why, err := settle(ctx, e, plan, arms, workers)
	if err != nil {
		return nil, err
	}
	f := forecast{Borrowers: plan.Borrowers(), Sample: plan.Describe().Sample, Arms: len(arms), Months: settings.Months, Paths: settings.Paths, Workers: workers,
		Memory: resident(plan.Memory(workers), memoryOfPath(len(arms), settings.Months)*int64(settings.Paths)), Available: env.memory(), ErrorBars: []expectedHalf{}, Precision: []precisionPlan{}, why: why}
	f.Seconds.Load = time.Since(started).Seconds()

	replicate := max(1, plan.Describe().Replicate)
	results, took, err := pilot(ctx, settings.Paths, max(pilotReplicates, 2*workers)*replicate, replicate, func(paths int) (*data.Results, error) {
		some, err := plan.With(paths, f.Sample)
		if err != nil {
			return nil, err
		}
		return compute(ctx, e.Engine, some, portfolio, arms, settings, workers, nil)
	})
	if err != nil {
		return nil, err
	}
	f.Pilot = pilotCost{results.Run.Paths, took.Seconds()}
	f.Seconds.Simulate = took.Seconds() / float64(results.Run.Paths) * float64(f.Paths)
	f.Sharing = results.Run.Sharing
	return &trial{f, e, portfolio, arms, settings, plan, results}, nil
}

// pilot simulates the first paths of a run, more of them until it has lasted long enough to be timed.
func pilot(ctx context.Context, all, paths, replicate int, simulate func(paths int) (*data.Results, error)) (*data.Results, time.Duration, error) {
	for {
		paths = min(paths, all)
		began := time.Now()
		results, err := simulate(paths)
		took := time.Since(began)
		if err != nil || took >= pilotTime || paths == all {
			return results, took, errors.Join(err, ctx.Err())
		}
		more := 1.2 * pilotTime.Seconds() / took.Seconds()
		paths = min(all, int(math.Ceil(float64(paths)*min(more, 64)/float64(replicate)))*replicate)
	}
}

// reporting times what follows the simulation.
func reporting(ctx context.Context, results *data.Results, p *data.Portfolio, arms []sim.Arm, settings sim.Settings) (float64, error) {
	began := time.Now()
	if _, err := selfcheck.Slice(ctx, p, arms[settings.Baseline], settings); ctx.Err() != nil {
		return 0, err
	} // a portfolio without a slice is no reason not to plan
	if _, err := interruptible(ctx, func() (drawing, error) { return draw(results, drawOptions{}, 0) }); err != nil {
		return 0, err
	}
	return time.Since(began).Seconds(), nil
}

// bars expects the error bars of the default rate and of its differences.
func (f *forecast) bars(results *data.Results, arms []sim.Arm, replicate int) error {
	for _, difference := range []bool{false, true} {
		if difference && len(arms) < 2 || results.Run.Paths < 2*replicate {
			continue
		}
		p := scenarios.Precision{Measure: "default_rate", Difference: difference, Half: 1, Level: .95}
		list, err := needs(results, arms, []scenarios.Precision{p})
		if err != nil {
			return err
		}
		half := list[0].spread / math.Sqrt(float64(f.Paths)/float64(replicate))
		f.ErrorBars = append(f.ErrorBars, expectedHalf{p.Measure, difference, list[0].arm, half, halfWidth(p, half)})
	}
	return nil
}

// contracts finds the paths that each precision asks for. They go with a variance, which
// a pilot knows within a range.
func (f *forecast) contracts(results *data.Results, arms []sim.Arm, list []scenarios.Precision, replicate int, perPath float64) error {
	if len(list) == 0 {
		return nil
	}
	contracts, err := needs(results, arms, list)
	if err != nil {
		return err
	}
	lo, hi := estimate.VarianceRange(results.Run.Paths/replicate, .95)
	for _, c := range contracts {
		paths := func(times float64) int {
			return max(f.Paths, int(min(math.Ceil(c.replicates()*times), math.MaxInt32/float64(replicate)))*replicate)
		}
		p := precisionPlan{Contract: c.String(), Arm: c.arm, Paths: paths(1), Least: paths(lo), Most: paths(hi)}
		p.Seconds = f.Seconds.Load + f.Seconds.Report + perPath*float64(p.Paths)
		f.Precision = append(f.Precision, p)
	}
	return nil
}

func (f *forecast) print(out io.Writer, run *data.Run) {
	if f.why != "" {
		fmt.Fprintf(out, "%s\n", f.why)
	}
	fmt.Fprintf(out, "pilot: %s in %v, %s\n", output.Plural(f.Pilot.Paths, "path"), roundTime(f.Pilot.Seconds), output.Plural(f.Workers, "worker"))
	fmt.Fprintf(out, "time: about %v, of which %v to load and prepare, %v to simulate %s, %v for checks, tables and charts\n",
		roundTime(f.Seconds.all()), roundTime(f.Seconds.Load), roundTime(f.Seconds.Simulate), output.Plural(f.Paths, "path"), roundTime(f.Seconds.Report))
	available := ""
	if f.Available > 0 {
		available = fmt.Sprintf("; %s are available", size(f.Available))
		if f.Memory > f.Available {
			available += ": the run would be refused"
		}
	}
	fmt.Fprintf(out, "memory: about %s%s\n", size(f.Memory), available)
	if line := output.English.Sharing(run); line != "" {
		fmt.Fprintf(out, "sharing: %s\n", line)
	}
	for _, b := range f.ErrorBars {
		name := b.Measure
		if b.Difference {
			name = "diff:" + name
		}
		fmt.Fprintf(out, "error bar: %s about ±%s@95%% with %s (widest: arm %s)\n", name, b.text, output.Plural(f.Paths, "path"), b.Arm)
	}
	for _, p := range f.Precision {
		fmt.Fprintf(out, "precision %s: about %s (%s to %s), %v in all (arm %s)\n", p.Contract, output.Plural(p.Paths, "path"),
			output.Number(float64(p.Least), 0), output.Number(float64(p.Most), 0), roundTime(p.Seconds), p.Arm)
	}
}
