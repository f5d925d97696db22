package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/mapping"
	"relend/data/parquet"
	"relend/data/rundir"
	"relend/data/synth"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/selfcheck"
)

// runOptions are the choices of `relend run` beside the experiment.
type runOptions struct {
	experiment string // name or path
	scenarios.Overrides
	output   string // "" = a name made of what determines the results
	force    bool
	workers  int  // 0 = one per processor
	most     caps // of a precision
	shard    string
	by       string // axis of the shard
	streamed bool
	block    int // rows of a block
	progress progressMode
	quiet    bool
	drawing  drawOptions
	assumed  bool // pass over the assumed parameters
}

// defaultExperiment runs when none is named.
const defaultExperiment = "default"

func newRunCommand(env *environment) *cobra.Command {
	o := runOptions{experiment: defaultExperiment, progress: "auto", by: data.ByPaths.String()}
	var seed uint64
	c := &cobra.Command{
		Use:   "run [EXPERIMENT]",
		Short: "Run an experiment on a portfolio and write tables, charts and a report",
		Long: "Runs an experiment: a YAML file, or the name of one in the library (relend scenarios list). Without an\n" +
			"argument it runs the default experiment on a synthetic portfolio. The results go to a new directory,\n" +
			"whole or not at all; the same experiment, portfolio and seed give the same bytes on any machine and for\n" +
			"any number of workers.",
		Example: "  relend run\n" +
			"  relend run -p loans.parquet\n" +
			"  relend run my-experiment.yaml -p 'tapes/*.parquet' --mapping prosper --as-of 2014-03-11 -o runs/prosper\n" +
			"  relend run quick --paths 64 --seed 7 --quiet\n" +
			"  relend run quick --shard 2/8 -o parts/2",
		Args: func(_ *cobra.Command, args []string) error {
			if i := slices.IndexFunc(args, func(a string) bool { return strings.HasSuffix(a, ".parquet") }); i >= 0 {
				return fmt.Errorf("%s is a portfolio, not an experiment: give each file its own -p, or quote a pattern so that the shell leaves it alone (-p 'tapes/*.parquet')", args[i])
			}
			return cobra.MaximumNArgs(1)(nil, args)
		},
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			if c.Flags().Changed("workers") && o.workers < 1 {
				return usage("--workers: 1 or more is needed, found %d", o.workers)
			}
			switch {
			case o.block < 1:
				return usage("--block-rows: 1 or more is needed, found %d", o.block)
			case !o.streamed && c.Flags().Changed("block-rows"):
				return usage("--block-rows goes with --stream")
			case o.shard == "" && c.Flags().Changed("shard-by"):
				return usage("--shard-by goes with --shard")
			case o.shard != "" && slices.ContainsFunc(drawFlags, c.Flags().Changed):
				return usage("--%s are about the report, which relend merge writes of all parts: give them there", strings.Join(drawFlags, ", --"))
			case o.assumed && (o.streamed || o.shard != ""):
				return usage("--influence runs the whole experiment many times: it goes neither with --stream nor with --shard")
			case o.streamed && o.shard != "" && o.by == data.ByPaths.String():
				return usage("--stream goes with --shard by borrowers: give --shard-by borrowers")
			}
			if err := overridden(c, &o.Overrides, seed); err != nil {
				return err
			}
			if err := o.drawing.check(); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	override(c, &o.Overrides, &seed)
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "directory to write (default runs/EXPERIMENT-HASH)")
	f.BoolVar(&o.force, "force", false, "replace an existing run directory")
	f.StringVar(&o.Engine, "engine", "", "step simulates every borrower, expect computes expected values (default: the experiment's)")
	f.StringArrayVar(&o.Precision, "precision", nil, "error bar to reach, such as default_rate=±5bp@95% or diff:default_rate=±2bp@95%; repeat for several")
	f.IntVar(&o.most.paths, "max-paths", 0, "most paths that a precision may take")
	f.DurationVar(&o.most.time, "max-time", 0, "most time that a precision may take, such as 90s or 10m")
	f.StringVar(&o.Sample, "sample", "", "borrowers that each path simulates, drawn anew: all, auto or a number (default: the experiment's)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
	f.StringVar(&o.shard, "shard", "", "run part i of N only, such as 2/8, and write what it counted for relend merge")
	f.StringVar(&o.by, "shard-by", o.by, "what --shard divides: paths or borrowers")
	f.BoolVar(&o.streamed, "stream", false, "read the portfolio in blocks, for one that does not fit into memory; its rows are side by side by borrower; --shard-by borrowers divides blocks")
	f.IntVar(&o.block, "block-rows", 1_000_000, "rows of a block of --stream; no result depends on it, but parts must agree")
	f.Var(&o.progress, "progress", "auto, plain or off")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the run directory only")
	f.BoolVar(&o.assumed, "influence", false, "halve and double each assumed parameter too, and rank them by what that does to the arms")
	o.drawing.flags(c)
	for flag, completion := range map[string][]string{"engine": scenarios.Engines(), "progress": progressModes, "shard-by": data.AxisNames()} {
		// Fails only for a flag that does not exist.
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(completion, cobra.ShellCompDirectiveDefault))
	}
	return c
}

// experimentNames completes the name of an experiment.
func experimentNames(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	for _, e := range scenarios.Library() {
		if e.Kind == scenarios.KindExperiment {
			names = append(names, e.Name+"\t"+e.Title)
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

// override gives a command the flags that change an experiment and name its portfolio.
func override(c *cobra.Command, o *scenarios.Overrides, seed *uint64) {
	f := c.Flags()
	f.StringArrayVarP(&o.Files, "portfolio", "p", nil, "Parquet file, directory or quoted pattern; repeat for several")
	f.StringVar(&o.Mapping, "mapping", "", "mapping of foreign columns: a file or one of "+strings.Join(mapping.Examples(), ", "))
	f.StringVar(&o.AsOf, "as-of", "", "snapshot date of the portfolio, such as 2024-06-30")
	f.StringVar(&o.Currency, "currency", "", "currency of the portfolio, such as CNY")
	f.IntVar(&o.Paths, "paths", 0, "number of paths (default: the experiment's)")
	f.IntVar(&o.Horizon, "horizon", 0, "months to project (default: the experiment's)")
	f.Uint64Var(seed, "seed", 0, "seed of the paths (default: the experiment's)")
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("mapping", cobra.FixedCompletions(mapping.Examples(), cobra.ShellCompDirectiveDefault))
}

// overridden checks what was given of the flags of override.
func overridden(c *cobra.Command, o *scenarios.Overrides, seed uint64) error {
	if c.Flags().Changed("seed") {
		o.Seed = &seed
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"paths", o.Paths}, {"horizon", o.Horizon}} {
		if c.Flags().Changed(f.name) && f.value < 1 {
			return usage("--%s: 1 or more is needed, found %d", f.name, f.value)
		}
	}
	return nil
}

func (o *runOptions) run(ctx context.Context, env *environment) error {
	started := time.Now()
	shard, err := o.part()
	if err != nil {
		return err
	}
	e, err := scenarios.Load(o.experiment, o.Overrides)
	if err != nil {
		return err
	}
	if err := checkGates(experimentFile(o.experiment), e); err != nil {
		return err
	}
	if err := o.most.check(e.Paths, len(e.Precision) > 0); err != nil {
		return err
	}
	if err := o.divisible(e); err != nil {
		return err
	}
	var w *rundir.Writer
	if o.output != "" { // before the long work
		if w, err = rundir.Create(o.output, o.force); err != nil {
			return err
		}
		defer w.Abort()
	}
	if o.streamed {
		return o.stream(ctx, env, w, e, shard, started)
	}
	portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) })
	if err != nil {
		return err
	}
	arms, settings, err := e.Arms(portfolio.Currency, portfolio.Segments)
	if err != nil {
		return err
	}
	inputs, err := o.inputs(e, portfolio)
	if err != nil {
		return err
	}
	if w == nil {
		if w, err = o.create(e, inputs, portfolio.Sources, suffix(o.shard)); err != nil {
			return err
		}
		defer w.Abort()
	}
	plan, err := interruptible(ctx, func() (*sim.Plan, error) {
		return sparing(len(portfolio.Loans), func() (*sim.Plan, error) { return sim.NewPlan(portfolio, arms, settings) })
	})
	if err != nil {
		return err
	}
	if o.assumed && plan.Weights() != nil {
		return usage("--influence compares means over paths that count alike; it does not go with the design importance")
	}
	workers := o.processors()
	plan, why, err := settle(ctx, e, plan, arms, workers)
	if err != nil {
		return err
	}
	if err := plan.CheckShard(shard); err != nil {
		return err
	}
	perPath := memoryOfPath(len(arms), settings.Months)
	if o.shard != "" {
		err = checkMemoryOfPart(env.memory(), resident(plan.MemoryOf(workers, shard), 0))
	} else {
		err = checkMemory(env.memory(), resident(plan.Memory(workers), perPath*int64(settings.Paths)), perPath, settings.Paths)
	}
	if err != nil {
		return err
	}
	if !o.quiet {
		introduce(env, e, portfolio, arms)
		if why != "" {
			fmt.Fprintf(env.stdout, "%s\n\n", why)
		}
	}

	mode := o.progress
	if o.quiet {
		mode = "off"
	}
	manifest := o.manifest(env, started, workers, settings.Seed, inputs)
	if o.shard != "" {
		bar := newProgress(mode, env.stderr, pathsOf(plan, shard), time.Now)
		part, err := plan.RunShard(ctx, shard, workers, bar.show)
		bar.stop()
		if err != nil {
			return err
		}
		o.describe(&part.Run, e, portfolio)
		return o.writePart(ctx, env, w, part, e, portfolio, arms, settings, plan.Borrowers(), manifest)
	}
	var counted *data.Partial // what a precision adds paths to
	simulate := func(plan *sim.Plan) (results *data.Results, err error) {
		done := 0
		if counted != nil {
			done = counted.Paths
		}
		bar := newProgress(mode, env.stderr, plan.Paths()-done, time.Now)
		defer bar.stop()
		switch {
		case e.Engine == scenarios.ExpectEngine:
			return compute(ctx, e.Engine, plan, portfolio, arms, settings, workers, bar.show)
		case counted == nil:
			counted, err = plan.RunShard(ctx, data.Whole, workers, bar.show)
		default:
			err = plan.Extend(ctx, counted, workers, bar.show)
		}
		if err != nil {
			return nil, err
		}
		return sim.Results(counted), nil
	}
	var results *data.Results
	reached := &outcome{}
	if len(e.Precision) > 0 {
		fit := fitting(env.memory(), resident(plan.Memory(workers), perPath*int64(settings.Paths)), perPath, settings.Paths)
		results, reached, err = extend(plan, arms, e.Precision, o.most, fit, simulate)
	} else {
		results, err = simulate(plan)
	}
	if err != nil {
		return err
	}
	e.Paths, e.Precision = results.Run.Paths, nil // what repeats the run to the byte
	results.Run.Checks = append(results.Run.Checks, reached.checks...)
	results.Run.Warnings = append(results.Run.Warnings, reached.notes...)
	o.describe(&results.Run, e, portfolio)
	slice, err := sliced(ctx, portfolio, arms, settings)
	if err != nil {
		return err
	}
	conclude(results, plan.Borrowers(), slice)
	if o.assumed {
		if !o.quiet {
			fmt.Fprintln(env.stdout, influenceNote(arms))
		}
		if results.Run.Influence, err = influence(ctx, e, portfolio, arms, settings, workers); err != nil {
			return err
		}
	}
	return o.write(ctx, env, w, results, e.Resolved(), manifest, reached.more)
}

// create starts a run directory under a name of what determines the results.
func (o *runOptions) create(e *scenarios.Experiment, inputs []rundir.Input, sources []data.Source, suffix string) (*rundir.Writer, error) {
	determines := fmt.Appendf(e.Resolved(), "caps %d %v, influence %t\n", o.most.paths, o.most.time, o.assumed)
	o.output = filepath.Join("runs", o.name()+"-"+fingerprint(determines, inputs, sources)+suffix)
	return rundir.Create(o.output, o.force)
}

// processors is the number of goroutines that simulate.
func (o *runOptions) processors() int { return cmp.Or(o.workers, runtime.GOMAXPROCS(0)) }

// manifest says where a run comes from.
func (o *runOptions) manifest(env *environment, started time.Time, workers int, seed uint64, inputs []rundir.Input) rundir.Manifest {
	host, _ := os.Hostname() // a machine without a name writes an empty one
	return rundir.Manifest{
		Program: program + revision(), Drawn: program + revision(), Build: build(), Redrawn: build(), Go: runtime.Version(), Platform: platform, Host: host,
		Started: started.Format(time.RFC3339), Command: append([]string{"relend"}, env.arguments...), Workers: workers, Seed: seed, Inputs: inputs,
	}
}

// sliced compares a slice of the portfolio with its exact expectation; a check without a name says why there is none.
func sliced(ctx context.Context, p *data.Portfolio, arms []sim.Arm, settings sim.Settings) (data.Check, error) {
	slice, err := selfcheck.Slice(ctx, p, arms[settings.Baseline], settings)
	switch {
	case ctx.Err() != nil:
		return data.Check{}, ctx.Err()
	case err != nil:
		return data.Check{Result: err.Error()}, nil
	}
	return slice, nil
}

// conclude adds to a run's description what its counts say of it.
func conclude(results *data.Results, borrowers int, slice data.Check) {
	run := &results.Run
	run.ErrorParts = errorParts(results)
	if text := widened(results, borrowers); text != "" {
		run.Warnings = append(run.Warnings, text)
	}
	if slice.Name == "" {
		run.Warnings = append(run.Warnings, "no slice of the portfolio was compared with its exact expectation: "+slice.Result)
	} else {
		run.Checks = append(run.Checks, slice)
	}
}

// write draws the report and writes the run; short is what a precision would still take.
func (o *runOptions) write(ctx context.Context, env *environment, w *rundir.Writer, results *data.Results, experiment []byte, manifest rundir.Manifest, short string) error {
	if results.Run.Intake.Loans >= large {
		debug.FreeOSMemory() // portfolio and plan are no longer needed, what is drawn may take their place
	}
	w.Stop = ctx.Err
	var drawn drawing
	var failed, unwritten error
	data.Beside(
		func() {
			drawn, failed = interruptible(ctx, func() (drawing, error) { return draw(results, o.drawing, width(env.stdout)) })
		},
		func() { unwritten = errors.Join(w.Write(rundir.ExperimentFile, experiment), w.WriteResults(results)) },
	)
	if err := cmp.Or(failed, unwritten); err != nil {
		return err
	}
	if err := drawn.write(w); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	manifest.Drawing, manifest.Finished = o.drawing.choices(), time.Now().Format(time.RFC3339)
	if err := w.Commit(manifest); err != nil {
		return err
	}
	if o.quiet {
		fmt.Fprintln(env.stdout, o.output)
	} else {
		drawn.print(env, o.output)
	}
	if err := drawn.err(); err != nil || short == "" {
		return err
	}
	return &precisionError{short}
}

// experimentFile is an experiment's file for messages, "" for one of the library.
func experimentFile(name string) string {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return name
	}
	return ""
}

// name is the experiment's name without folder and extension.
func (o *runOptions) name() string {
	base := filepath.Base(o.experiment)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// describe adds to a run's description what the plan does not know.
func (o *runOptions) describe(run *data.Run, e *scenarios.Experiment, p *data.Portfolio) {
	run.Program = program
	run.Title, run.Description = e.Title, e.Description
	run.Headline, run.Gates = e.Measures, e.Gates
	for _, t := range e.Tolerances {
		run.Tolerances = append(run.Tolerances, t.String())
	}
	run.Parameters = e.Parameters(p.Currency)
	run.Assumptions = append(slices.Clone(p.Assumptions), e.Assumptions(p.Currency)...)
	run.Warnings = slices.Concat(intakeWarnings(p), e.Warnings(p.Currency), run.Warnings)
	run.Reproduce = reproduce(e.Portfolio)
}

// intakeWarnings words what was found in the rows of the portfolio.
func intakeWarnings(p *data.Portfolio) []string {
	var out []string
	for _, f := range p.Intake.Findings {
		problem := f.Problem()
		problem.Severity = data.Error // the report has its own word for a warning
		out = append(out, problem.String())
	}
	return out
}

// reproduce is the command that repeats a run from its directory, without places of this machine.
func reproduce(p scenarios.Portfolio) string {
	words := []string{"relend", "run", rundir.ExperimentFile}
	for _, f := range p.Files {
		words = append(words, "-p", quote(filepath.Base(f)))
	}
	if p.Mapping != "" {
		words = append(words, "--mapping", quote(filepath.Base(p.Mapping)))
	}
	return strings.Join(words, " ")
}

// quote makes one word of a text for a shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./+,:@%=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func loadPortfolio(ctx context.Context, p scenarios.Portfolio) (*data.Portfolio, error) {
	if p.Synthetic != nil {
		spec := p.Synthetic.Spec()
		return sparing(spec.Borrowers, func() (*data.Portfolio, error) { return synth.Generate(spec) })
	}
	load, err := tapeOf(p)
	if err != nil {
		return nil, err
	}
	return sparing(large, func() (*data.Portfolio, error) { return mapping.Load(ctx, load) }) // its size is not known yet
}

// tapeOf names the tape of a portfolio.
func tapeOf(p scenarios.Portfolio) (mapping.LoadOptions, error) {
	load := mapping.LoadOptions{Patterns: p.Files, Mapping: p.Mapping, Currency: p.Currency, Segments: p.Segments, MaxRejected: p.MaxRejected}
	if p.AsOf == "" {
		return load, nil
	}
	var err error
	load.AsOf, err = time.Parse(time.DateOnly, p.AsOf)
	return load, err
}

// interruptible returns when f does or the context ends, whichever is first; f then goes on unheard until the
// process ends.
func interruptible[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
		panic any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			done <- o
		}()
		o.value, o.err = f()
	}()
	select {
	case o := <-done:
		if o.panic != nil {
			panic(o.panic)
		}
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// inputs lists the files that a run reads.
func (o *runOptions) inputs(e *scenarios.Experiment, p *data.Portfolio) ([]rundir.Input, error) {
	var paths []string
	if file := experimentFile(o.experiment); file != "" {
		paths = append(paths, file)
	}
	if m := e.Portfolio.Mapping; m != "" && !slices.Contains(mapping.Examples(), m) {
		paths = append(paths, m)
	}
	inputs := []rundir.Input{}
	for _, path := range paths {
		in, err := rundir.HashFile(path)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	if e.Portfolio.Synthetic != nil {
		return inputs, nil
	}
	files, err := parquet.Expand(e.Portfolio.Files)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		// The reader has hashed them; only of files with the same name it is not clear which is which.
		var same []data.Source
		for _, s := range p.Sources {
			if s.Name == filepath.Base(path) {
				same = append(same, s)
			}
		}
		in := rundir.Input{Path: path}
		if len(same) == 1 {
			in.SHA256, in.Bytes = same[0].SHA256, same[0].Bytes
		} else if in, err = rundir.HashFile(path); err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

// fingerprint is a short hash of what determines the results: the resolved experiment with what the command line adds, the
// contents of the files and the version of the program.
func fingerprint(determines []byte, inputs []rundir.Input, sources []data.Source) string {
	return digest(append([]byte(program+"\n"), determines...), contents(inputs, sources))[:8]
}

// contents lists the hashes of what a run reads.
func contents(inputs []rundir.Input, sources []data.Source) []byte {
	var list strings.Builder
	for _, in := range inputs {
		fmt.Fprintln(&list, in.SHA256)
	}
	for _, s := range sources {
		fmt.Fprintln(&list, s.Name, s.SHA256)
	}
	return []byte(list.String())
}

// digest is the SHA-256 of some lines.
func digest(texts ...[]byte) string {
	h := sha256.New()
	h.Write(bytes.Join(texts, []byte("\n")))
	return hex.EncodeToString(h.Sum(nil))
}

func describe(arms []sim.Arm) []data.Arm {
	out := make([]data.Arm, len(arms))
	for i, a := range arms {
		out[i] = a.Arm
	}
	return out
}

// introduce says what is about to run.
func introduce(env *environment, e *scenarios.Experiment, p *data.Portfolio, arms []sim.Arm) {
	in := &p.Intake
	count := func(n int64, noun string) string { return output.Plural(int(n), noun) }
	fmt.Fprintf(env.stdout, "portfolio: %s with %s, balance %s; %s rejected, %s already in default set aside\n",
		count(in.Borrowers, "borrower"), count(in.Loans, "open loan"), output.Money(float64(in.Balance), p.Currency),
		count(in.Rejected, "row"), count(in.ExcludedBorrowers, "borrower"))
	steps := ""
	if e.Grid != data.Monthly {
		steps = " in " + output.Plural(e.Grid.Steps(e.Months), "step") + " (grid: " + e.Grid.String() + ")"
	}
	fmt.Fprintf(env.stdout, "run: %s, %s, %s%s, seed %d\n\n", output.Plural(len(arms), "arm"),
		output.Plural(e.Paths, "path"), output.Plural(e.Months, "month"), steps, e.Seed)
}
