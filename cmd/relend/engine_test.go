package main

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/data/synth"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/expect"
	"relend/sim/factor"
)

// small is a plan of a small portfolio in the arms of the experiment quick, the first one twice.
func small(t *testing.T, borrowers, paths int) (*sim.Plan, *expect.Job) {
	t.Helper()
	spec := synth.Default()
	spec.Borrowers = borrowers
	p, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	p.Borrowers[3].Weight = 3
	e, err := scenarios.Load("quick", scenarios.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	arms, _, err := e.Arms(p.Currency, p.Segments)
	if err != nil {
		t.Fatal(err)
	}
	arms = append(arms[:2:2], arms[0])
	arms[2].Name = "copy"
	settings := sim.Settings{Months: 6, Paths: paths, Seed: 3, Design: factor.Plain, Anchor: sim.Baseline}
	plan, err := sim.NewPlan(p, arms, settings)
	if err != nil {
		t.Fatal(err)
	}
	j := expectation(plan, p, arms, settings)
	j.States = 20 * 32 * paths * 6 // 20 borrowers
	return plan, j
}

func do(t *testing.T, j *expect.Job, workers int) *data.Results {
	t.Helper()
	r, err := j.Do(context.Background(), workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The results of the expectation do not depend on workers; equal arms differ by nothing; other seeds and arms do.
func TestExpectationIsReproducible(t *testing.T) {
	for _, borrowers := range []int{12, 90} { // all of them, and samples
		_, j := small(t, borrowers, 6)
		one := do(t, j, 1)
		if three := do(t, j, 3); !reflect.DeepEqual(one, three) {
			t.Error("the number of workers changes the results")
		}
		if !slices.Equal(one.Counts[0], one.Counts[2]) || !reflect.DeepEqual(one.Cells[0], one.Cells[2]) {
			t.Error("equal arms differ")
		}
		if slices.Equal(one.Counts[0], one.Counts[1]) {
			t.Error("other arms do not differ")
		}
		if sampled := strings.Contains(one.Run.Warnings[len(one.Run.Warnings)-1], "sample"); sampled != (borrowers == 90) {
			t.Errorf("of %d borrowers: %v", borrowers, one.Run.Warnings)
		}
		// What is kept by cell adds up to what is kept by path.
		for _, cell := range one.Cells[0] {
			if cell.Cell != (data.Cell{Segment: data.All, Product: data.All, Ordinal: data.All}) {
				continue
			}
			var sum [data.NumCounters]float64
			for path := range one.Run.Paths {
				for m := 1; m <= one.Run.Months; m++ {
					for c, v := range one.Row(0, path, data.Month(m)) {
						if !data.Counter(c).IsStock() || m == one.Run.Months {
							sum[c] += float64(v)
						}
					}
				}
			}
			for c, want := range sum {
				if got := float64(cell.Sum[one.Run.Months*int(data.NumCounters)+c]); math.Abs(got-want) > float64(one.Run.Paths) {
					t.Errorf("%v: %v by cell, %v by path", data.Counter(c), got, want)
				}
			}
		}
		whole := one.Run.Whole(float64(one.Row(0, 2, 0)[data.BorrowersCurrent] + one.Row(0, 2, 0)[data.BorrowersIdle] +
			one.Row(0, 2, 0)[data.BorrowersD1] + one.Row(0, 2, 0)[data.BorrowersD2] + one.Row(0, 2, 0)[data.BorrowersD3]))
		if math.Abs(whole-float64(borrowers+2)) > .01 {
			t.Errorf("%v borrowers of weight %d", whole, borrowers+2)
		}
	}
}

// On each path of the economy the simulation scatters about the expectation: over the paths the mean difference of every
// counter to date is zero by Student's t with a false alarm of 1e-6 for all of them. A hazard
// that is two fifths too high is rejected.
func TestEnginesAgree(t *testing.T) {
	for _, borrowers := range []int{20, 150} {
		plan, j := small(t, borrowers, 40)
		j.Arms, j.Run.Arms = j.Arms[:2], j.Run.Arms[:2]
		step, err := plan.Run(context.Background(), 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		right := do(t, j, 0)
		if name, p := unlikely(step, right); p < 1e-6 {
			t.Errorf("%d borrowers: %s, p %.1e", borrowers, name, p)
		}
		if borrowers == 20 {
			continue
		}
		grade := j.Grade
		j.Grade = func(arm, i int, b *expect.Borrower) {
			grade(arm, i, b)
			b.Shift += math.Log(1.4)
		}
		if name, p := unlikely(step, do(t, j, 0)); p > 1e-6 {
			t.Errorf("%d borrowers: a wrong hazard goes unnoticed, %s, p %.1e", borrowers, name, p)
		}
	}
}

// unlikely returns the least likely difference of two results, its probability times the number of comparisons.
func unlikely(step, expectation *data.Results) (name string, worst float64) {
	worst, tests := 1., 0.
	months, paths := step.Run.Months, step.Run.Paths
	for arm := range 2 {
		for c := range data.NumCounters {
			d, square, events := 0., 0., 0.
			for path := range paths {
				x, y := 0., 0.
				for m := range months + 1 {
					if m == months || !c.IsStock() {
						x += float64(step.Row(arm, path, data.Month(m))[c])
						y += expectation.Run.Whole(float64(expectation.Row(arm, path, data.Month(m))[c]))
					}
				}
				d += x - y
				square += (x - y) * (x - y)
				if x > 0 {
					events++
				}
			}
			if events < float64(paths)/2 { // too few for Student's law
				continue
			}
			tests++
			n := float64(paths)
			mean := d / n
			se := math.Sqrt((square/n - mean*mean) / (n - 1))
			if p := 2 * (distuv.StudentsT{Sigma: 1, Nu: n - 1}).CDF(-math.Abs(mean)/se); p < worst {
				name, worst = c.String(), p
			}
		}
	}
	return name, worst * tests
}
