package estimate

import (
	"math"
	"testing"

	"relend/data"
)

// two runs with defaults per path of 100 borrowers.
func twoRuns(seeds [2]uint64, defaults [2][]int64) (list [2]*Estimator) {
	for i := range list {
		r := build(1, len(defaults[i]), 1, 1, func(_, p, m int, row []int64) {
			if m == 0 {
				row[data.BorrowersCurrent] = 100
			} else {
				row[data.Defaults] = defaults[i][p]
			}
		})
		r.Run.Seed = seeds[i]
		list[i] = New(r, .95)
	}
	return list
}

// The difference of two runs by hand: 1, 2, 6 and 2, 4, 6 defaults of 100. Paired: differences .01, .02, 0, mean .01, variance
// 1e-4. Independent: variances 7e-4 and 4e-4, over 3 paths each.
func TestCombine(t *testing.T) {
	m := measure(t, "default_rate")
	change := func(seeds [2]uint64) Sum {
		e := twoRuns(seeds, [2][]int64{{1, 2, 6}, {2, 4, 6}})
		return Combine(m, Term{e[0], 0, -1, 1, -1}, Term{e[1], 0, -1, 1, 1})
	}
	paired := change([2]uint64{7, 7})
	if !near(paired.Value, .01) || !near(paired.SE, math.Sqrt(1e-4/3)) || !near(paired.Freedom, 2) || !paired.Paired {
		t.Errorf("paired: %+v", paired)
	}
	apart := change([2]uint64{7, 8})
	a, b := 7e-4/3, 4e-4/3
	if !near(apart.Value, .01) || !near(apart.SE, math.Sqrt(a+b)) || !near(apart.Freedom, (a+b)*(a+b)/(a*a/2+b*b/2)) || apart.Paired {
		t.Errorf("independent: %+v", apart)
	}
	if f := paired.Figure(.95); !near(f.Hi-f.Value, 4.302652729911275*paired.SE) {
		t.Errorf("interval: %+v", f)
	}
}

// A run against itself differs by exactly 0, also where its terms are weighed.
func TestCombineCancels(t *testing.T) {
	m := measure(t, "default_rate")
	e := twoRuns([2]uint64{1, 1}, [2][]int64{{1, 2, 7}, {1, 2, 7}})
	third := 1. / 3
	c := Combine(m, Term{e[0], 0, -1, 1, -third}, Term{e[1], 0, -1, 1, third})
	if f := c.Figure(.99); c.Value != 0 || c.SE != 0 || f.Lo != 0 || f.Hi != 0 || f.Verdict() != Identical {
		t.Errorf("%+v, %+v", c, f)
	}
	// One term is what All says.
	figures, _ := e[0].All([]data.Measure{m})
	if got, want := Combine(m, Term{e[0], 0, -1, 1, 1}).Figure(.95), figures[0][0][1]; !near(got.Value, want.Value) || !near(got.SE, want.SE) || !near(got.Hi, want.Hi) {
		t.Errorf("%+v, want %+v", got, want)
	}
	// Nothing to divide by, one path only.
	if f := Combine(measure(t, "approval_rate"), Term{e[0], 0, -1, 1, 1}).Figure(.95); !math.IsNaN(f.Value) {
		t.Errorf("no data: %+v", f)
	}
	one := twoRuns([2]uint64{1, 1}, [2][]int64{{3}, {5}})
	if f := Combine(m, Term{one[0], 0, -1, 1, -1}, Term{one[1], 0, -1, 1, 1}).Figure(.95); !near(f.Value, .02) || !math.IsNaN(f.SE) {
		t.Errorf("one path: %+v", f)
	}
}
