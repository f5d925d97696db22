package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"relend/data"
	"relend/data/rundir"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
)

// part is what --shard and --shard-by ask for; without them the whole run.
func (o *runOptions) part() (data.Shard, error) {
	by := slices.Index(data.AxisNames(), o.by)
	if by < 0 {
		return data.Shard{}, usage("--shard-by: paths or borrowers is needed, found %q%s", o.by, data.DidYouMean(o.by, data.AxisNames()))
	}
	if o.shard == "" {
		return data.Whole, nil
	}
	shard, err := data.ParseShard(o.shard, data.Axis(by))
	if err != nil {
		return shard, usage("--shard: %v", err)
	}
	return shard, nil
}

// divisible reports why an experiment cannot be run in parts.
func (o *runOptions) divisible(e *scenarios.Experiment) error {
	ps := &data.Problems{Cause: data.BadConfig}
	if o.shard == "" {
		return nil
	}
	if len(e.Precision) > 0 {
		ps.Add("precision", "%v: how many paths it takes is known only when the first ones are together: find it with relend plan and give --paths instead", e.Precision[0])
	}
	if e.Engine == scenarios.ExpectEngine {
		ps.Add("engine", "expect is not run in parts: allowed is step")
	}
	return ps.Err()
}

// suffix tells the directory of a part, --shard i/N, from that of the whole.
func suffix(shard string) string {
	if shard == "" {
		return ""
	}
	return ".part-" + strings.Replace(shard, "/", "-of-", 1)
}

// pathsOf is the number of paths that a shard simulates.
func pathsOf(plan *sim.Plan, s data.Shard) int {
	if s.By == data.ByBorrowers {
		return plan.Paths()
	}
	replicate := max(1, plan.Describe().Replicate)
	from, to := s.Range(plan.Paths() / replicate)
	return (to - from) * replicate
}

// checkMemoryOfPart refuses a part that would need more memory than there is.
func checkMemoryOfPart(available, need int64) error {
	ps := &data.Problems{Cause: data.BadConfig}
	if available > 0 && need > available {
		ps.Add("memory", "the part needs about %s, %s are available: choose more parts, fewer arms or a shorter horizon", size(need), size(available))
	}
	return ps.Err()
}

// writePart writes what a part has counted.
func (o *runOptions) writePart(ctx context.Context, env *environment, w *rundir.Writer, part *data.Partial, e *scenarios.Experiment, p *data.Portfolio, arms []sim.Arm, settings sim.Settings, borrowers int, manifest rundir.Manifest) error {
	slice, err := sliced(ctx, p, arms, settings)
	if err != nil {
		return err
	}
	resolved := e.Resolved()
	info := rundir.Part{Program: program + revision(), Experiment: digest(resolved), Portfolio: digest(contents(nil, p.Sources)), Borrowers: borrowers, Slice: slice}
	if o.streamed {
		info.Block = o.block
	}
	w.Stop = ctx.Err
	if err := errors.Join(w.Write(rundir.ExperimentFile, resolved), w.WritePart(info, part)); err != nil {
		return err
	}
	manifest.Finished = time.Now().Format(time.RFC3339)
	if err := w.Commit(manifest); err != nil {
		return err
	}
	if o.quiet {
		fmt.Fprintln(env.stdout, o.output)
		return nil
	}
	fmt.Fprintf(env.stdout, "part %d of %d by %v written: %s; relend merge makes the run of all of them\n", part.Shard.Part, part.Shard.Of, part.Shard.By, o.output)
	return nil
}

// covered says what a part is of.
func covered(p *rundir.Part) string {
	if p.Block > 0 {
		return fmt.Sprintf("its blocks of about %d rows on %s", p.Block, output.Plural(p.Run.Paths, "path"))
	}
	if p.By == data.ByBorrowers.String() {
		from, to := p.Shard().Range(p.Subjects)
		return fmt.Sprintf("borrowers %d to %d of %d on %s", from+1, to, p.Subjects, output.Plural(p.Run.Paths, "path"))
	}
	return fmt.Sprintf("paths %d to %d of %d", p.First+1, p.First+p.Paths, p.Run.Paths)
}
