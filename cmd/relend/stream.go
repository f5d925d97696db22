package main

import (
	"context"
	"fmt"
	"time"

	"relend/data"
	"relend/data/mapping"
	"relend/data/parquet"
	"relend/data/rundir"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
)

// perRow bounds the bytes of a row of a block while it is read.
const perRow = 200

// stream runs an experiment, or a shard of it by borrowers, on a portfolio that does not fit into memory, block by block. A
// shard takes the census of all blocks itself, and then reads its own.
func (o *runOptions) stream(ctx context.Context, env *environment, w *rundir.Writer, e *scenarios.Experiment, shard data.Shard, started time.Time) error {
	ps := &data.Problems{Cause: data.BadConfig}
	if e.Portfolio.Synthetic != nil {
		ps.Add("portfolio", "a synthetic portfolio is made in memory: write it with relend portfolio synth and give the file with -p")
	}
	if len(e.Precision) > 0 {
		ps.Add("precision", "%v: not with --stream: find the paths with relend plan on a part of the portfolio and give --paths", e.Precision[0])
	}
	if e.Engine == scenarios.ExpectEngine {
		ps.Add("engine", "expect needs all borrowers at once: allowed with --stream is step")
	}
	if e.Sample == scenarios.SampleAuto {
		ps.Add("sample", "auto is found by a pilot on all borrowers: allowed with --stream is all")
	}
	if err := ps.Err(); err != nil {
		return err
	}
	load, err := tapeOf(e.Portfolio)
	if err != nil {
		return err
	}
	load.MaxRejected = 1 // of a block; Close judges all of them
	rows, err := rowsOf(load)
	if err != nil {
		return err
	}
	if need, available := resident(sim.CensusBytes*rows+perRow*int64(o.block), 0), env.memory(); available > 0 && need > available {
		ps.Add("memory", "a stream of %d rows in blocks of %d needs about %s, %s are available: choose smaller blocks (--block-rows), or fewer rows", rows, o.block, size(need), size(available))
		return ps
	}
	say := func(format string, args ...any) {
		if !o.quiet {
			fmt.Fprintf(env.stdout, format+"\n", args...)
		}
	}

	census := sim.NewCensus(e.Grid)
	tape, sizes := &mapping.Blocks{Load: load, Rows: o.block}, []int(nil)
	common, err := tape.Read(ctx, census.Seen, func(block *data.Portfolio) error {
		sizes = append(sizes, len(block.Borrowers))
		return census.Count(block)
	})
	if err != nil {
		return err
	}
	if err := heeding(ctx, func() error { return census.Close(e.Portfolio.MaxRejected) }); err != nil {
		return err
	}
	if shard.Of > tape.Count() {
		ps.Add("shard", "%d parts, but the tape has %s of about %d rows: allowed at most that many parts; choose fewer, or smaller blocks (--block-rows)", shard.Of, output.Plural(tape.Count(), "block"), max(o.block, parquet.BatchRows))
		return ps
	}
	from, to := shard.Range(tape.Count())
	borrowers := 0
	for _, n := range sizes[from:to] {
		borrowers += n
	}
	if borrowers == 0 {
		ps.Add("shard", "part %d of %d holds no borrower to simulate: choose fewer parts", shard.Part, shard.Of)
		return ps
	}
	common.Segments, common.Intake = census.Segments(), census.Intake
	arms, settings, err := e.Arms(common.Currency, common.Segments)
	if err != nil {
		return err
	}
	inputs, err := o.inputs(e, common)
	if err != nil {
		return err
	}
	if w == nil {
		if w, err = o.create(e, inputs, common.Sources, suffix(o.shard)); err != nil {
			return err
		}
		defer w.Abort()
	}
	if !o.quiet {
		introduce(env, e, common, arms)
	}
	chosen := func(block *data.Portfolio) error {
		census.Choose(block)
		return nil
	}
	if err := tape.Again(ctx, 0, tape.Count(), chosen); err != nil {
		return err
	}
	if err := heeding(ctx, func() error { return census.Anchor(common, arms, settings) }); err != nil {
		return err
	}

	workers := o.processors()
	mode := o.progress
	if o.quiet {
		mode = "off"
	}
	bar := newProgressOf("borrowers", mode, env.stderr, borrowers, time.Now)
	defer bar.stop()
	var whole *data.Partial
	all, done := data.Shard{Part: 1, Of: 1, By: data.ByBorrowers}, 0
	err = tape.Again(ctx, from, to, func(block *data.Portfolio) error {
		if len(block.Borrowers) == 0 {
			return nil
		}
		plan, err := interruptible(ctx, func() (*sim.Plan, error) { return census.Plan(common, block, arms, settings) })
		if err != nil {
			return err
		}
		if whole == nil {
			need := resident(plan.MemoryOf(workers, all), 0) + sim.CensusBytes*census.Intake.Borrowers + perRow*int64(o.block)
			say("streamed: %s in blocks of about %s rows, memory about %s", output.Plural(int(rows), "row"), output.Number(float64(o.block), 0), size(need))
			if err := checkMemoryOfPart(env.memory(), need); err != nil {
				return err
			}
		}
		part, err := plan.RunShard(ctx, all, workers, nil)
		if err != nil {
			return err
		}
		if done += len(block.Borrowers); bar.show != nil {
			bar.show(done, borrowers)
		}
		if whole == nil {
			whole = part
			return nil
		}
		sim.Merge(whole, part)
		return nil
	})
	if err != nil {
		return err
	}
	whole.Run.Warnings = census.Warnings(whole.Run.Warnings)
	o.describe(&whole.Run, e, common)
	manifest := o.manifest(env, started, workers, settings.Seed, inputs)
	if o.shard != "" {
		whole.Shard, whole.Subjects = shard, int(census.Intake.Borrowers)
		return o.writePart(ctx, env, w, whole, e, census.Typical(common), arms, settings, whole.Subjects, manifest)
	}
	results := sim.Results(whole)
	slice, err := sliced(ctx, census.Typical(common), arms, settings)
	if err != nil {
		return err
	}
	conclude(results, int(census.Intake.Borrowers), slice)
	return o.write(ctx, env, w, results, e.Resolved(), manifest, "")
}

// heeding is interruptible for what returns no value.
func heeding(ctx context.Context, f func() error) error {
	_, err := interruptible(ctx, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// rowsOf adds up the rows that the footers of a tape state.
func rowsOf(load mapping.LoadOptions) (rows int64, err error) {
	files, err := parquet.Expand(load.Patterns)
	if err != nil {
		return 0, err
	}
	for _, path := range files {
		f, err := parquet.Open(path, load.Limits)
		if err != nil {
			return 0, err
		}
		rows += f.Rows()
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
	return rows, nil
}
