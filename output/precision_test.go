package output

import (
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
	if got := Sharing(run); got != want {
		t.Errorf("got %q", got)
	}
	run.Arms = run.Arms[:1]
	if got := Sharing(run); got != "" {
		t.Errorf("one arm: %q", got)
	}
}
