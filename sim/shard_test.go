package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/factor"
)

// Shards by paths and by borrowers, in whatever order they are added, are the run to the last bit: counts, halves, sums of
// squares, what arms shared, weights, samples and applicants.
func TestShardsAreTheRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		arms   int
	}{
		{"antithetic", func(*Settings) {}, 6},
		{"more paths than are halved", func(s *Settings) { s.Paths, s.Months = 2*halvedPaths+2, 3 }, 2},
		{"importance", func(s *Settings) { s.Design = factor.Importance }, 2},
		{"sample", func(s *Settings) { s.Sample = 41 }, 3},
		{"applicants", func(s *Settings) { s.Applicants = []Applicants{{Count: 5, Poisson: true}} }, 3},
		{"sample with applicants", func(s *Settings) { s.Applicants, s.Sample = []Applicants{{Share: .05}}, 50 }, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settings(12, 12)
			c.change(&s)
			arms := manyArms()[:c.arms]
			arms = append(arms, arms[1]) // the same under another name
			arms[c.arms].Name = "twin"
			plan, err := NewPlan(book(150), arms, s)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := plan.Run(context.Background(), 2, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, by := range []data.Axis{data.ByPaths, data.ByBorrowers} {
				for _, of := range []int{2, 3, 5} {
					parts := make([]*data.Partial, of)
					for i := range parts {
						if parts[i], err = plan.RunShard(context.Background(), data.Shard{Part: i + 1, Of: of, By: by}, 2, nil); err != nil {
							t.Fatal(err)
						}
					}
					if by == data.ByBorrowers {
						rand.New(rand.NewPCG(uint64(of), 1)).Shuffle(of, func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
					}
					for _, p := range parts[1:] {
						Merge(parts[0], p)
					}
					if got := Results(parts[0]); !reflect.DeepEqual(got, whole) {
						t.Errorf("%d parts by %v differ from the run", of, by)
					}
				}
			}
		})
	}
}

// A run that paths are added to is the run that had them all at once, whatever its ledgers hold.
func TestExtend(t *testing.T) {
	for _, c := range []struct {
		name       string
		few, paths int
		sample     int
		design     factor.Design
	}{
		{"pairs", 4, 12, 0, factor.Antithetic},
		{"sampled", 4, 60, 40, factor.Antithetic},
		{"beyond the batches", 20, 90, 30, factor.Plain},
		{"lattice", 32, 64, 20, factor.Lattice},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settings(6, c.paths)
			s.Design, s.Sample = c.design, c.sample
			plan, err := NewPlan(book(150), manyArms()[:3], s)
			if err != nil {
				t.Fatal(err)
			}
			want, err := plan.Run(context.Background(), 2, nil)
			if err != nil {
				t.Fatal(err)
			}
			some, err := plan.With(c.few, c.sample)
			if err != nil {
				t.Fatal(err)
			}
			counted, err := some.RunShard(context.Background(), data.Whole, 2, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := plan.Extend(context.Background(), counted, 1, nil); err != nil {
				t.Fatal(err)
			}
			if got := Results(counted); !reflect.DeepEqual(got, want) {
				t.Error("differs from the run")
			}
		})
	}
}

// Squares of parts by borrowers do not add up: the wrong way to merge them is told from the right one.
func TestSquaresOfShardsDoNotAddUp(t *testing.T) {
	plan, err := NewPlan(book(150), manyArms()[:1], settings(12, 12))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := plan.Run(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	current := func(r *data.Results) float64 {
		at := slices.IndexFunc(r.Cells[0], func(c data.CellSums) bool {
			return c.Cell == data.Cell{Segment: data.All, Product: data.All, Ordinal: data.All}
		})
		return r.Cells[0][at].Squares[data.BorrowersCurrent]
	}
	sum := 0.
	for i := range 2 {
		part, err := plan.RunShard(context.Background(), data.Shard{Part: i + 1, Of: 2, By: data.ByBorrowers}, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum += current(Results(part))
	}
	if at := current(whole); at <= sum {
		t.Errorf("squares of the run %v, of its parts together %v: more is expected", at, sum)
	}
}

func TestShardsThatCannotBe(t *testing.T) {
	plan, err := NewPlan(book(30), manyArms()[:2], settings(6, 8))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shard data.Shard
		want  string
	}{
		{data.Shard{Part: 1, Of: 5}, "5 parts, but there are 4 independent replicates of paths: allowed at most 4 parts"},
		{data.Shard{Part: 1, Of: 31, By: data.ByBorrowers}, "31 parts, but there are 30 borrowers"},
		{data.Shard{Part: 4, Of: 3}, "4 of 3, allowed 1 to 3"},
	} {
		if err := plan.CheckShard(c.shard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.shard, err, c.want)
		}
	}
	if err := plan.CheckShard(data.Shard{Part: 4, Of: 4}); err != nil {
		t.Error(err)
	}
	arms := append(manyArms()[:1], steeredArms()[0])
	if plan, err = NewPlan(book(30), arms, settings(6, 8)); err != nil {
		t.Fatal(err)
	}
	if err := plan.CheckShard(data.Shard{Part: 1, Of: 2, By: data.ByBorrowers}); err == nil || !strings.Contains(err.Error(), "watch the whole book") {
		t.Errorf("controls by borrowers: %v", err)
	}
	if err := plan.CheckShard(data.Shard{Part: 1, Of: 2}); err != nil {
		t.Errorf("controls by paths: %v", err)
	}
	for _, text := range []string{"", "2", "0/3", "4/3", "a/b", "1/0", "-1/2", "1/2/3"} {
		if s, err := data.ParseShard(text, data.ByPaths); err == nil {
			t.Errorf("%q is read as %v", text, s)
		}
	}
	if s, err := data.ParseShard("2/3", data.ByBorrowers); err != nil || fmt.Sprint(s) != "2/3 by borrowers" {
		t.Errorf("2/3: %v, %v", s, err)
	}
}
