package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/rundir"
	"relend/sim"
)

func newMergeCommand(env *environment) *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "merge -o DIR PART...",
		Short: "Make a run, or a sweep, of its parts",
		Long: "Adds up the parts that relend run --shard wrote and writes the run, with tables, charts and report: the same\n" +
			"bytes as those of the run that was not divided (manifest.json apart, which knows clock and host). The parts must\n" +
			"be of one experiment, portfolio and version of the program, each there once and none missing.\n\n" +
			"Likewise the parts that relend sweep run --shard wrote make the sweep directory that one process would have made.",
		Example: "  relend run quick --shard 1/2 -o parts/1\n  relend run quick --shard 2/2 -o parts/2\n  relend merge -o runs/quick parts/1 parts/2\n" +
			"  relend merge -o runs/sweep-pause runs/sweep-pause.part-*",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, dirs []string) error {
			if o.output == "" {
				return usage("%s: -o DIR is needed", c.CommandPath())
			}
			if err := o.drawing.check(); err != nil {
				return err
			}
			if slices.ContainsFunc(dirs, isSweep) {
				if err := fitsSweep(c.Flags()); err != nil {
					return err
				}
				return mergeSweeps(c.Context(), env, o.output, dirs, o.quiet)
			}
			return o.merge(c.Context(), env, dirs)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "directory to write")
	f.BoolVar(&o.force, "force", false, "replace an existing run directory")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the run directory only")
	o.drawing.flags(c)
	return c
}

func (o *runOptions) merge(ctx context.Context, env *environment, dirs []string) error {
	started := time.Now()
	w, err := rundir.Create(o.output, o.force)
	if err != nil {
		return err
	}
	defer w.Abort()
	parts, err := interruptible(ctx, func() ([]*rundir.Part, error) { return openParts(dirs) })
	if err != nil {
		return err
	}
	results, err := interruptible(ctx, func() (*data.Results, error) { return addUp(ctx, parts) })
	if err != nil {
		return err
	}
	experiment, err := parts[0].ExperimentText()
	if err != nil {
		return err
	}
	conclude(results, parts[0].Borrowers, parts[0].Slice)
	workers := 0
	for _, p := range parts {
		workers = max(workers, p.Manifest.Workers)
	}
	manifest := o.manifest(env, started, workers, parts[0].Run.Seed, parts[0].Manifest.Inputs)
	manifest.Program = parts[0].Program
	return o.write(ctx, env, w, results, experiment, manifest, "")
}

// openParts opens parts and checks that they make a run: they come back in their order.
func openParts(dirs []string) ([]*rundir.Part, error) {
	ps := &data.Problems{Cause: data.BadData}
	add := func(dir, format string, args ...any) {
		ps.List = append(ps.List, data.Problem{File: dir, Message: fmt.Sprintf(format, args...)})
	}
	var parts []*rundir.Part
	for _, dir := range dirs {
		p, err := rundir.OpenPart(dir)
		var problems *data.Problems
		switch {
		case errors.As(err, &problems):
			ps.List = append(ps.List, problems.List...)
		case err != nil:
			add(dir, "cannot be read: %v", err)
		default:
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil, ps
	}
	first := parts[0]
	of := map[int]*rundir.Part{}
	for _, p := range parts {
		if differences := p.Belongs(first); len(differences) > 0 {
			add(p.Dir, "is not a part of the same run as %s: %s", first.Dir, strings.Join(differences, "; "))
		} else if twin := of[p.Part]; twin != nil {
			add(p.Dir, "is part %d of %d (%s), and so is %s: give one of them", p.Part, p.Of, covered(p), twin.Dir)
		} else {
			of[p.Part] = p
			if from, to := p.Shard().Range(p.Run.Paths / p.Run.Replicate); p.Shard().By == data.ByPaths && (p.First != from*p.Run.Replicate || p.First+p.Paths != to*p.Run.Replicate) {
				add(p.Dir, "covers %s, which is not what part %d of %d is", covered(p), p.Part, p.Of)
			}
		}
	}
	var missing []string
	for i := 1; i <= first.Of; i++ {
		if of[i] == nil {
			missing = append(missing, fmt.Sprint(i))
		}
	}
	if n := len(missing); n > 0 {
		const shown = 20
		more := ""
		if n > shown {
			more = fmt.Sprintf(" and %d more", n-shown)
		}
		ps.Add("", "of %d parts by %s these are missing: %s%s", first.Of, first.By, strings.Join(missing[:min(n, shown)], ", "), more)
	}
	slices.SortFunc(parts, func(a, b *rundir.Part) int { return a.Part - b.Part })
	return parts, ps.Err()
}

// addUp makes the results of a run of all its parts, one in memory beside their sum.
func addUp(ctx context.Context, parts []*rundir.Part) (*data.Results, error) {
	var whole *data.Partial
	for _, p := range parts {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		part, err := p.Read(sim.BlankSums)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			whole = part
		} else {
			sim.Merge(whole, part)
		}
	}
	return sim.Results(whole), nil
}
