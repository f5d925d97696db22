package output

import (
	"math"
	"strings"
	"testing"

	"relend/data"
)

// The last stage is the run itself, and stages are whole replicates of its first paths.
func TestStages(t *testing.T) {
	r := Build(book(6, 48, arms("base", "other"), func(arm, path, month int) int64 { return 20 - 3*int64(arm) + noise(path, month) }, func(int) int64 { return 50 }), Options{})
	if len(r.Stages) == 0 {
		t.Fatal("no stage")
	}
	m, last := r.Index("default_rate"), r.Stages[len(r.Stages)-1]
	for a := range r.Run.Arms {
		if last.Figures[a] != r.Figures[a][m][r.Run.Months] || last.Differences[a] != r.Differences[a][m][r.Run.Months] {
			t.Errorf("arm %d: the last stage is %+v, the run %+v", a, last.Figures[a], r.Figures[a][m][r.Run.Months])
		}
	}
	for i, s := range r.Stages {
		if s.Paths%r.Run.Replicate != 0 || i > 0 && s.Paths <= r.Stages[i-1].Paths {
			t.Errorf("stage %d has %d paths in replicates of %d", i, s.Paths, r.Run.Replicate)
		}
	}
}

func TestSharingSentence(t *testing.T) {
	run := &data.Run{Arms: make([]data.Arm, 3), Sharing: data.Sharing{BorrowerPaths: 100, Branches: 150, Steps: 1000, ArmSteps: 2500, Common: 500}}
	want := "3 arms took 1.50 histories a borrower and path; a simulated month served 2.50 arms in the mean; 20% of their months were simulated once for all arms of the same behaviour and economy"
	if got := English.Sharing(run); got != want {
		t.Errorf("got %q", got)
	}
	run.Arms = run.Arms[:1]
	if got := English.Sharing(run); got != "" {
		t.Errorf("one arm: %q", got)
	}
}

// Paths of weights 2 and 0 make the report of the weighted ones alone: figures, spreads, states and the last stage. The
// terminal and the report name the effective sample size; without weights there is none.
func TestWeights(t *testing.T) {
	all := func(keep func(path int) bool) *data.Results {
		b := book(6, 48, arms("base", "other"), func(arm, path, month int) int64 { return 20 - 3*int64(arm) + noise(path, month) }, func(int) int64 { return 50 })
		if keep == nil {
			return b
		}
		var weights []float64
		for path := range b.Run.Paths {
			weights = append(weights, 0)
			if keep(path) {
				weights[path] = 2
			}
		}
		b.Weigh(weights)
		return b
	}
	half := all(nil)
	half.Run.Paths /= 2
	size := len(half.Counts[0]) / 2
	for a := range half.Counts {
		half.Counts[a] = half.Counts[a][:size]
	}
	half.Halves = nil
	whole := all(func(path int) bool { return path < half.Run.Paths })
	want, got := Build(half, Options{}), Build(whole, Options{})
	m, end := want.Index("default_rate"), want.Run.Months
	near := func(what string, a, b float64) {
		t.Helper()
		if math.Abs(a-b) > 1e-12*(1+math.Abs(b)) {
			t.Errorf("%s: %v, without weights %v", what, a, b)
		}
	}
	for a := range want.Run.Arms {
		near("rate", got.Figures[a][m][end].Value, want.Figures[a][m][end].Value)
		near("difference", got.Differences[a][m][end].Value, want.Differences[a][m][end].Value)
		near("last stage", got.Stages[len(got.Stages)-1].Figures[a].Value, want.Figures[a][m][end].Value)
		for i := range FanLevels {
			near("fan", got.Fans[a][end][i], want.Fans[a][end][i])
			near("quantile", got.Losses[a][1].Quantiles[i].Value, want.Losses[a][1].Quantiles[i].Value)
		}
		for i, d := range want.Denials[a] {
			near("denials", got.Denials[a][i].Count, d.Count)
		}
		for i, v := range want.States(a)[end] {
			near("states", got.States(a)[end][i], v)
		}
	}
	if line := English.Weighing(got.Run); got.Run.Effective != 24 || !strings.Contains(line, "48 paths") || !strings.Contains(line, "count as 24 (effective sample size)") {
		t.Errorf("%v: %q", got.Run.Effective, line)
	}
	if line := English.Weighing(want.Run); line != "" {
		t.Errorf("without weights: %q", line)
	}
}
