package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/mapping"
	"relend/data/rundir"
	"relend/data/sweepdir"
	"relend/output"
	"relend/scenarios"
	"relend/scenarios/sweep"
	"relend/sim"
	"relend/sim/estimate"
	"relend/sim/sensitivity"
)

func newSweepCommand(env *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Run an experiment for many values of its parameters, and say what they do",
		Long: "A sweep file names a base experiment, the fields that vary and a design (scenarios/sweep/README.md). Finished\n" +
			"cells are kept in a directory and never run twice: an interrupted or killed sweep goes on with the same command,\n" +
			"and a larger design adds to a smaller one.",
	}
	c.AddCommand(newSweepPlan(env), newSweepRun(env), newSweepStatus(env), newSweepCollect(env), newSweepReport(env))
	return c
}

// sweepOptions are the choices of the commands that read a sweep file.
type sweepOptions struct {
	file, output string
	scenarios.Overrides
	workers  int
	shard    string
	part     data.Shard
	failFast bool
	quiet    bool
	progress progressMode
}

func (o *sweepOptions) register(c *cobra.Command, seed *uint64) {
	override(c, &o.Overrides, seed)
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "sweep directory (default runs/sweep-FILE)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
}

func (o *sweepOptions) read(c *cobra.Command, args []string, seed uint64) error {
	o.file = args[0]
	if o.shard != "" {
		var err error
		if o.part, err = data.ParseShard(o.shard, data.ByPaths); err != nil {
			return usage("--shard: %v", err)
		}
	}
	if o.output == "" {
		base := filepath.Base(o.file)
		o.output = filepath.Join("runs", "sweep-"+strings.TrimSuffix(base, filepath.Ext(base))+suffix(o.shard))
	}
	if c.Flags().Changed("workers") && o.workers < 1 {
		return usage("--workers: 1 or more is needed, found %d", o.workers)
	}
	o.workers = cmp.Or(o.workers, runtime.GOMAXPROCS(0))
	return overridden(c, &o.Overrides, seed)
}

func newSweepPlan(env *environment) *cobra.Command {
	o := sweepOptions{}
	var seed uint64
	c := &cobra.Command{
		Use:   "plan SWEEP",
		Short: "Say what a sweep will take, and how precise it will be, without running it",
		Long: "Prints the cells, the runs that simulate them together, the time and memory on this machine by a short pilot,\n" +
			"and the error bars to expect. Nothing is written.",
		Example: "  relend sweep plan sweep.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.read(c, args, seed); err != nil {
				return err
			}
			return o.plan(c.Context(), env)
		},
	}
	o.register(c, &seed)
	return c
}

func newSweepRun(env *environment) *cobra.Command {
	o := sweepOptions{progress: "auto"}
	var seed uint64
	c := &cobra.Command{
		Use:   "run SWEEP",
		Short: "Run the cells of a sweep that are not finished yet",
		Long: "Runs every cell whose results the sweep directory lacks. A cell is known by the hash of what determines it: editing\n" +
			"titles, names or comments runs nothing again, a changed input does. A cell that fails is noted and stops no other\n" +
			"one; the exit code is then 9, and the same command tries it again. With --shard it runs a part of the cells, families\n" +
			"whole; relend merge makes the sweep of all parts.",
		Example: "  relend sweep run sweep.yaml\n  relend sweep run sweep.yaml -p loans.parquet -o runs/pause\n  relend sweep run sweep.yaml --shard 2/8 -o parts/2",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.read(c, args, seed); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	o.register(c, &seed)
	f := c.Flags()
	f.StringVar(&o.shard, "shard", "", "run part i of N only, such as 2/8, in a directory of its own, for relend merge")
	f.BoolVar(&o.failFast, "fail-fast", false, "stop at the first cell that fails")
	f.Var(&o.progress, "progress", "auto, plain or off")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the sweep directory only")
	return c
}

// sweepJob is a sweep that is ready to run.
type sweepJob struct {
	cells     *sweep.Cells
	study     *sweep.Study
	portfolio *data.Portfolio // of the base
	other     *data.Portfolio // of the last run whose portfolio is another one
	otherKey  string
	measures  []data.Measure // that results are kept of
	workers   int
	available int64
}

func (o *sweepOptions) job(ctx context.Context, env *environment) (*sweepJob, error) {
	study, err := sweep.Load(o.file, o.Overrides)
	if err != nil {
		return nil, err
	}
	j := &sweepJob{study: study, measures: data.Measures(), workers: o.workers, available: env.memory()}
	if j.portfolio, err = interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, study.Base.Portfolio) }); err != nil {
		return nil, err
	}
	inputs := sweep.Inputs{}
	if study.Base.Portfolio.Synthetic == nil {
		for _, s := range j.portfolio.Sources {
			inputs[s.Name+" "+s.SHA256[:8]] = s.SHA256
		}
		if m := study.Base.Portfolio.Mapping; m != "" {
			inputs["mapping"] = m
			if !slices.Contains(mapping.Examples(), m) {
				in, err := rundir.HashFile(m)
				if err != nil {
					return nil, err
				}
				inputs["mapping"] = in.SHA256
			}
		}
	}
	j.cells, err = study.Cells(j.portfolio.Currency, j.portfolio.Segments, inputs)
	if err == nil {
		j.cells.Program = program
	}
	return j, err
}

// portfolioOf loads the portfolio of a world.
func (j *sweepJob) portfolioOf(ctx context.Context, p scenarios.Portfolio) (*data.Portfolio, error) {
	key := func(p scenarios.Portfolio) string {
		s := fmt.Sprint(p.Files, p.Mapping, p.AsOf, p.Currency, p.Segments, p.MaxRejected)
		if p.Synthetic != nil {
			s += fmt.Sprint(*p.Synthetic)
		}
		return s
	}
	switch k := key(p); k {
	case key(j.study.Base.Portfolio):
		return j.portfolio, nil
	case j.otherKey:
		return j.other, nil
	default:
		loaded, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, p) })
		if err == nil {
			j.other, j.otherKey = loaded, k
		}
		return loaded, err
	}
}

// prepare makes the plan of a run.
func (j *sweepJob) prepare(ctx context.Context, r *sweep.Run) (*sim.Plan, *data.Portfolio, []sim.Arm, sim.Settings, error) {
	p, err := j.portfolioOf(ctx, r.Experiment.Portfolio)
	if err != nil {
		return nil, nil, nil, sim.Settings{}, err
	}
	arms, settings, err := r.Arms(p.Currency, p.Segments)
	if err != nil {
		return nil, nil, nil, settings, err
	}
	plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(p, arms, settings) })
	return plan, p, arms, settings, err
}

// mostArms is the number of arms of a run: as many as fit into half of the memory.
func (j *sweepJob) mostArms() int {
	if j.available == 0 {
		return sweep.MostArms
	}
	e := j.study.Base
	perArm := 2 * memoryOfPath(1, e.Months) * int64(e.Paths) // the halves of a portfolio are counted apart
	return int(max(2, min(sweep.MostArms, j.available/2/perArm)))
}

// simulate runs the cells of a run and hands over the results of each, the reference first.
func (j *sweepJob) simulate(ctx context.Context, r *sweep.Run, progress func(done, total int), keep func(key string, sums []data.Sums) error) error {
	plan, p, arms, settings, err := j.prepare(ctx, r)
	if err != nil {
		return err
	}
	perPath := memoryOfPath(len(arms), settings.Months)
	if err := checkMemory(j.available, resident(plan.Memory(j.workers), perPath*int64(settings.Paths)), perPath, settings.Paths); err != nil {
		return err
	}
	results, err := compute(ctx, r.Experiment.Engine, plan, p, arms, settings, j.workers, progress)
	if err != nil {
		return err
	}
	e := estimate.New(results, j.study.Level)
	months := j.study.Months()
	for i, key := range append([]string{r.Reference}, r.Keys...) {
		if err := keep(key, e.Sums(i, j.measures, months)); err != nil {
			return err
		}
	}
	return nil
}

// partialError says that a sweep ended with cells missing.
type partialError struct{ failed, missing, cells int }

func (e *partialError) Error() string {
	text := fmt.Sprintf("%d of %s failed", e.failed, output.Plural(e.cells, "cell"))
	if rest := e.missing - e.failed; rest > 0 {
		text += fmt.Sprintf(", %d were not run", rest)
	}
	return text + "; relend sweep status says why"
}

// keptError is an interruption that loses nothing but the cells, or parts, that were running.
type keptError struct {
	done, of int
	noun     string
	next     string // the command that goes on
}

func (e *keptError) Error() string {
	return fmt.Sprintf("interrupted with %d of %s finished; they are kept, and %s goes on", e.done, output.Plural(e.of, e.noun), e.next)
}

// diskError is a failure to keep results: no cell's fault, and a reason to stop.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

func (o *sweepOptions) run(ctx context.Context, env *environment) error {
	started := time.Now()
	j, err := o.job(ctx, env)
	if err != nil {
		return err
	}
	if o.shard != "" {
		if err := j.share(o.part); err != nil {
			return err
		}
	}
	dir, err := sweepdir.Create(o.output)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := sameShare(dir, o.output, j.cells.Share); err != nil {
		return err
	}
	if err := dir.WriteSweep(&j.cells.Sweep); err != nil {
		return err
	}
	keys := j.cells.Keys()
	left := map[string]bool{}
	for _, k := range keys {
		left[k] = !dir.Has(k)
	}
	count := func() (done int) {
		for _, k := range keys {
			if dir.Has(k) {
				done++
			}
		}
		return done
	}
	before := count()
	runs := j.cells.Runs(func(key string) bool { return left[key] }, j.mostArms())
	if !o.quiet {
		fmt.Fprintf(env.stdout, "sweep: %s, %d finished before; %s to simulate the rest\n", output.Plural(len(keys), "cell"), before, output.Plural(len(runs), "run"))
	}
	failed := 0
	work := 0
	for i := range runs {
		work += (len(runs[i].Keys) + 1) * runs[i].Experiment.Paths
	}
	mode := o.progress
	if o.quiet {
		mode = "off"
	}
	bar := newProgress(mode, env.stderr, max(work, 1), time.Now)
	defer bar.stop()
	done := 0
	for i := range runs {
		r := &runs[i]
		show := func(paths, _ int) {
			if bar.show != nil {
				bar.show(done+paths*(len(r.Keys)+1), work)
			}
		}
		n, err := j.attempt(ctx, r, dir, left, show)
		if err != nil {
			return interruptedAt(ctx, err, count(), len(keys))
		}
		if failed += n; failed > 0 && o.failFast {
			break
		}
		done += (len(r.Keys) + 1) * r.Experiment.Paths
	}
	bar.stop()
	missing := len(keys) - count()
	if o.quiet {
		fmt.Fprintln(env.stdout, o.output)
	} else {
		next := "sweep report " + quote(o.output)
		if o.shard != "" {
			next = "merge, with the other parts"
		}
		fmt.Fprintf(env.stdout, "%s: %d cells finished in %v; next: relend %s\n", o.output, len(keys)-missing-before, roundTime(time.Since(started).Seconds()), next)
	}
	if missing > 0 {
		return &partialError{failed, missing, len(keys)}
	}
	return nil
}

func interruptedAt(ctx context.Context, err error, done, cells int) error {
	if ctx.Err() != nil {
		return &keptError{done, cells, "cell", "the same command"}
	}
	if _, ok := errors.AsType[diskError](err); ok {
		return fmt.Errorf("%w; %d of %s are finished and kept, and the same command goes on", err, done, output.Plural(cells, "cell"))
	}
	return err
}

// attempt simulates a run and keeps its cells. Where it fails, each cell is tried alone, so that only those fail that have to. It
// returns the number of cells that failed; the error is an interruption or a disk that takes no more.
func (j *sweepJob) attempt(ctx context.Context, r *sweep.Run, dir *sweepdir.Dir, left map[string]bool, show func(done, total int)) (failed int, err error) {
	err = j.simulate(ctx, r, show, func(key string, sums []data.Sums) error {
		if !left[key] {
			return nil
		}
		if err := dir.WriteCell(key, sums); err != nil {
			return diskError{err}
		}
		left[key] = false
		return nil
	})
	var disk diskError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &disk), ctx.Err() != nil:
		return 0, err
	case len(r.Keys) > 1:
		for i := range r.Keys {
			alone := r.Alone(i)
			n, err := j.attempt(ctx, &alone, dir, left, func(int, int) {})
			if failed += n; err != nil {
				return failed, err
			}
		}
		return failed, nil
	}
	key := r.Reference
	if len(r.Keys) == 1 {
		key = r.Keys[0]
	}
	return 1, dir.Fail(key, err.Error())
}

// plan says what a sweep will take.
func (o *sweepOptions) plan(ctx context.Context, env *environment) error {
	j, err := o.job(ctx, env)
	if err != nil {
		return err
	}
	s, out := &j.cells.Sweep, env.stdout
	keys := s.Keys()
	have := func(string) bool { return false }
	if dir, err := sweepdir.Open(o.output); err == nil {
		have = dir.Has
	}
	left := 0
	for _, k := range keys {
		if !have(k) {
			left++
		}
	}
	all := j.cells.Runs(func(string) bool { return true }, j.mostArms())
	runs := j.cells.Runs(func(k string) bool { return !have(k) }, j.mostArms())
	families := 0
	for i := range all {
		families += all[i].Families()
	}
	fmt.Fprintf(out, "design: %s, %s", s.Method, output.Plural(len(s.Points), "point"))
	if s.Excluded > 0 {
		fmt.Fprintf(out, " (%d more excluded by the constraints)", s.Excluded)
	}
	fmt.Fprintf(out, " x %s\n", output.Plural(len(s.Arms), "arm"))
	fmt.Fprintf(out, "cells: %d different ones, base and references included; %d finished in %s, %d to run\n", len(keys), len(keys)-left, o.output, left)
	fmt.Fprintf(out, "families: %d, of cells that differ only in what arms may differ in; they travel together in %s; --shard makes at most %s\n", families, output.Plural(len(all), "run"), output.Plural(len(j.cells.Units()), "part"))
	if text := sobolAdvice(s); text != "" {
		fmt.Fprintln(out, text)
	}
	if len(runs) == 0 {
		fmt.Fprintln(out, "nothing is left to run")
		return nil
	}
	return j.forecast(ctx, out, runs)
}

// sobolAdvice compares the bands of indices with the indices that they are for.
func sobolAdvice(s *data.Sweep) string {
	if s.Method != sweep.Saltelli {
		return ""
	}
	k := len(s.Dimensions)
	half := sensitivity.SobolHalf(s.Size, k, s.Level)
	text := fmt.Sprintf("Sobol indices: bands of about ±%.2f with %d blocks, if the %d dimensions matter alike, %.2f each", half, s.Size, k, 1/float64(k))
	if need := sensitivity.SobolBlocks(k, s.Level); half >= 1/float64(k) {
		text = "warning: " + text + fmt.Sprintf("; the bands are wider than the indices: take %d blocks or more (%d points), or a Morris design", need, need*(k+2))
	}
	return text
}

// forecast simulates a few paths of the largest run and of a reference alone, and says what all runs will take.
func (j *sweepJob) forecast(ctx context.Context, out io.Writer, runs []sweep.Run) error {
	largest := &runs[0]
	for i := range runs {
		if len(runs[i].Keys) > len(largest.Keys) {
			largest = &runs[i]
		}
	}
	began := time.Now()
	plan, p, arms, settings, err := j.prepare(ctx, largest)
	if err != nil {
		return err
	}
	prepared := time.Since(began).Seconds()
	replicate := max(1, plan.Describe().Replicate)
	least := max(pilotReplicates, 2*j.workers) * replicate
	measure := func(plan *sim.Plan, arms []sim.Arm) (*data.Results, float64, error) {
		results, took, err := pilot(ctx, settings.Paths, least, replicate, func(paths int) (*data.Results, error) {
			some, err := plan.With(paths, plan.Describe().Sample)
			if err != nil {
				return nil, err
			}
			return compute(ctx, largest.Experiment.Engine, some, p, arms, settings, j.workers, nil)
		})
		if err != nil {
			return nil, 0, err
		}
		return results, took.Seconds() / float64(results.Run.Paths), nil
	}
	results, together, err := measure(plan, arms)
	if err != nil {
		return err
	}
	alone := together
	if len(arms) > 1 {
		one, err := sim.NewPlan(p, arms[:1], settings)
		if err != nil {
			return err
		}
		if _, alone, err = measure(one, arms[:1]); err != nil {
			return err
		}
	}
	perArm := (together - alone) / max(1, float64(len(arms)-1))
	seconds, single, memory := 0., 0., int64(0)
	for i := range runs {
		n, paths := float64(len(runs[i].Keys)), float64(runs[i].Experiment.Paths)
		seconds += prepared + paths*(alone+n*perArm)
		single += (n + 1) * (prepared + paths*alone)
	}
	memory = resident(plan.Memory(j.workers), memoryOfPath(len(arms), settings.Months)*int64(settings.Paths))
	fmt.Fprintf(out, "pilot: %s of %s in one run\n", output.Plural(results.Run.Paths, "path"), output.Plural(len(arms), "arm"))
	fmt.Fprintf(out, "time: about %v, with %s; cell by cell it would be about %v\n", roundTime(seconds), output.Plural(j.workers, "worker"), roundTime(single))
	available := ""
	if j.available > 0 {
		available = fmt.Sprintf("; %s are available", size(j.available))
	}
	fmt.Fprintf(out, "memory: about %s%s\n", size(memory), available)
	return j.expectations(out, results, settings, replicate)
}

// expectations says how wide the error bars of the outputs will be, where they are widest among the arms of the pilot.
func (j *sweepJob) expectations(out io.Writer, results *data.Results, settings sim.Settings, replicate int) error {
	if results.Run.Paths < 2*replicate {
		return nil
	}
	e := estimate.New(results, j.study.Level)
	shrink := math.Sqrt(float64(results.Run.Paths) / float64(settings.Paths))
	for _, o := range j.study.Outputs {
		m, _ := data.MeasureByName(o.Measure)
		level, difference, largest := 0., 0., 0.
		reference := e.Sums(0, []data.Measure{m}, []int{o.Month})[0]
		for a := range results.Run.Arms {
			s := e.Sums(a, []data.Measure{m}, []int{o.Month})[0]
			own, d := estimate.Of(s, j.study.Level), estimate.Difference(s, reference, j.study.Level)
			largest = max(largest, math.Abs(own.Value))
			level, difference = max(level, own.Half()), max(difference, d.Half())
		}
		scale := output.ScaleOf(m.Unit, j.cells.Currency, largest)
		text := func(half float64, unit string) string {
			half *= shrink
			return strings.TrimSpace("±" + output.Number(half*scale.Factor, scale.Digits(half)) + " " + unit)
		}
		if !o.Difference {
			fmt.Fprintf(out, "error bar: %s about %s, its difference to the base %s\n", o.Name, text(level, scale.Unit), text(difference, scale.DiffUnit))
		} else {
			fmt.Fprintf(out, "error bar: %s about %s\n", o.Name, text(difference, scale.DiffUnit))
		}
	}
	return nil
}

func newSweepStatus(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:     "status DIR",
		Short:   "Say how far a sweep is, and which cells have failed",
		Example: "  relend sweep status runs/sweep-pause",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := sweepdir.Open(args[0])
			if err != nil {
				return err
			}
			s, err := dir.Sweep()
			if err != nil {
				return err
			}
			return status(env.stdout, dir, s)
		},
	}
}

func status(out io.Writer, dir *sweepdir.Dir, s *data.Sweep) error {
	keys := s.Keys()
	done, failed := 0, 0
	reason := map[string]string{}
	for _, k := range keys {
		if dir.Has(k) {
			done++
		} else if text := dir.Failure(k); text != "" {
			failed++
			reason[k] = text
		}
	}
	title := s.Title
	if s.Share != nil {
		title = fmt.Sprintf("%s, part %d of %d", title, s.Share.Part, s.Share.Of)
	}
	fmt.Fprintf(out, "%s: %d of %s finished, %d failed, %d to run", title, done, output.Plural(len(keys), "cell"), failed, len(keys)-done-failed)
	if dir.Running() {
		fmt.Fprint(out, "; a process is at work")
	}
	fmt.Fprintln(out)
	const most = 20
	shown := 0
	for i, c := range s.Cells {
		text := reason[c.Key]
		if text == "" {
			text = reason[c.Reference]
		}
		if text == "" {
			continue
		}
		if shown++; shown > most {
			fmt.Fprintln(out, "and more")
			break
		}
		first, _, _ := strings.Cut(text, "\n")
		fmt.Fprintf(out, "cell %d, %s: %s\n", i, settingText(s, c), first)
	}
	return nil
}

// settingText writes what makes a cell.
func settingText(s *data.Sweep, c data.SweepCell) string {
	parts := []string{"arm " + s.Arms[c.Arm].Name}
	for i, v := range s.Values(c) {
		parts = append(parts, s.Dimensions[i].Name+" "+v)
	}
	return strings.Join(parts, ", ")
}
