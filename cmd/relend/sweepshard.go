package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"relend/data"
	"relend/data/sweepdir"
	"relend/output"
)

// share leaves the job the cells of a part.
func (j *sweepJob) share(shard data.Shard) error {
	units := j.cells.Units()
	if n := len(units); shard.Of > n {
		ps := &data.Problems{Cause: data.BadConfig}
		ps.Add("shard", "%d parts, but the sweep has %s of cells that travel together: allowed at most %s", shard.Of, output.Plural(n, "group"), output.Plural(n, "part"))
		return ps
	}
	from, to := shard.Range(len(units))
	j.cells.Share = &data.SweepShare{Part: shard.Part, Of: shard.Of, Keys: slices.Concat(units[from:to]...)}
	return nil
}

// sameShare refuses to put a part of a sweep into the directory of another part, or of the whole.
func sameShare(dir *sweepdir.Dir, path string, share *data.SweepShare) error {
	if !dir.Begun() {
		return nil
	}
	there, err := dir.Sweep()
	if err != nil {
		return err
	}
	if here, there := shareText(share), shareText(there.Share); here != there {
		return usage("%s holds %s, not %s: choose another place with -o", path, there, here)
	}
	return nil
}

func shareText(s *data.SweepShare) string {
	if s == nil {
		return "a whole sweep"
	}
	return fmt.Sprintf("part %d of %d", s.Part, s.Of)
}

// isSweep says whether a directory is one of a sweep.
func isSweep(path string) bool {
	_, err := sweepdir.Open(path)
	return err == nil
}

// fitsSweep refuses flags that are about runs.
func fitsSweep(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != "output" && f.Name != "quiet" {
			err = usage("--%s is for the parts of a run: those of a sweep make a sweep directory, which relend sweep report draws", f.Name)
		}
	})
	return err
}

// sweepPart is the directory of a part of a sweep.
type sweepPart struct {
	path string
	dir  *sweepdir.Dir
	*data.Sweep
}

// mergeSweeps makes the directory of a sweep of those of its parts. What it consists of is written last: without it, the
// same command begins again.
func mergeSweeps(ctx context.Context, env *environment, to string, paths []string, quiet bool) error {
	parts, err := openSweepParts(paths)
	if err != nil {
		return err
	}
	dir, err := sweepdir.Create(to)
	if err != nil {
		return err
	}
	defer dir.Close()
	if dir.Begun() {
		return usage("sweep directory %s exists already: choose another place with -o", to)
	}
	whole := *parts[0].Sweep
	whole.Share = nil
	failed, cells := 0, len(whole.Keys())
	for _, p := range parts {
		for _, key := range p.Share.Keys {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !p.dir.Has(key) {
				failed++
				if err := dir.Fail(key, p.dir.Failure(key)); err != nil {
					return err
				}
				continue
			}
			sums, err := p.dir.Cell(key)
			if err != nil {
				return err
			}
			if err := dir.WriteCell(key, sums); err != nil {
				return err
			}
		}
	}
	if err := dir.WriteSweep(&whole); err != nil {
		return err
	}
	if quiet {
		fmt.Fprintln(env.stdout, to)
	} else {
		fmt.Fprintf(env.stdout, "%s: %s of %s; next: relend sweep report %s\n", to, output.Plural(cells, "cell"), output.Plural(len(parts), "part"), quote(to))
	}
	if failed > 0 {
		return &partialError{failed, failed, cells}
	}
	return nil
}

// openSweepParts opens parts and checks that they make a sweep: that they are of one, each there once, none missing, and that
// each has done its cells.
func openSweepParts(paths []string) ([]*sweepPart, error) {
	ps := &data.Problems{Cause: data.BadData}
	add := func(path, format string, args ...any) {
		ps.List = append(ps.List, data.Problem{File: path, Message: fmt.Sprintf(format, args...)})
	}
	var parts []*sweepPart
	for _, path := range paths {
		p, err := openSweepPart(path)
		var problems *data.Problems
		switch {
		case errors.As(err, &problems):
			ps.List = append(ps.List, problems.List...)
		case err != nil:
			add(path, "cannot be read: %v", err)
		default:
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil, ps
	}
	first := parts[0]
	of := map[int]*sweepPart{}
	for _, p := range parts {
		if differences := p.belongs(first); len(differences) > 0 {
			add(p.path, "is not a part of the same sweep as %s: %s", first.path, strings.Join(differences, "; "))
			continue
		}
		if twin := of[p.Share.Part]; twin != nil {
			add(p.path, "is part %d of %d, and so is %s: give one of them", p.Share.Part, p.Share.Of, twin.path)
			continue
		}
		of[p.Share.Part] = p
		if n := p.left(); n > 0 {
			add(p.path, "part %d of %d is not finished, %d of %s were not run: the command that began it goes on", p.Share.Part, p.Share.Of, n, output.Plural(len(p.Share.Keys), "cell"))
		}
	}
	var missing []int
	for i := 1; i <= first.Share.Of; i++ {
		if of[i] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		ps.Add("", "of %d parts these are missing: %s", first.Share.Of, ranges(missing))
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return parts, covering(parts)
}

func openSweepPart(path string) (*sweepPart, error) {
	dir, err := sweepdir.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := dir.Sweep()
	if err == nil && s.Share == nil {
		ps := &data.Problems{Cause: data.BadData}
		ps.List = append(ps.List, data.Problem{File: path, Message: "is a whole sweep, not a part of one"})
		err = ps
	}
	return &sweepPart{path, dir, s}, err
}

// left counts the cells that are neither finished nor have failed.
func (p *sweepPart) left() (n int) {
	for _, key := range p.Share.Keys {
		if !p.dir.Has(key) && p.dir.Failure(key) == "" {
			n++
		}
	}
	return n
}

// belongs lists in what a part is not one of the same sweep as another.
func (p *sweepPart) belongs(other *sweepPart) (differences []string) {
	for _, c := range []struct {
		name      string
		one, here any
	}{
		{"version of the program", other.Program, p.Program},
		{"number of parts", other.Share.Of, p.Share.Of},
		{"files", fmt.Sprint(other.Inputs), fmt.Sprint(p.Inputs)},
	} {
		if c.one != c.here {
			differences = append(differences, fmt.Sprintf("%s %v, there %v", c.name, c.here, c.one))
		}
	}
	whole := func(s data.Sweep) string {
		s.Share = nil
		text, _ := json.Marshal(s) // plain values
		return string(text)
	}
	if len(differences) == 0 && whole(*p.Sweep) != whole(*other.Sweep) {
		differences = append(differences, "cells, seed or words differ")
	}
	return differences
}

// covering checks that the cells of the parts are those of the sweep, each once.
func covering(parts []*sweepPart) error {
	whole := *parts[0].Sweep
	whole.Share = nil
	var have []string
	for _, p := range parts {
		have = append(have, p.Share.Keys...)
	}
	want := whole.Keys()
	slices.Sort(have)
	slices.Sort(want)
	if slices.Equal(have, want) {
		return nil
	}
	ps := &data.Problems{Cause: data.BadData}
	ps.Add("", "the parts contradict themselves: their cells are not those of the sweep, each once; run them again")
	return ps
}
