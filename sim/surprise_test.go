package sim

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/factor"
)

// The counter Surprise has mean 0 in every arm, month to date and design, and what it expects is what happens: with a
// hazard 2 % higher in what is expected the same check rejects it. (Normal law of means over paths, one part in a
// million over all figures.)
func TestSurpriseIsFair(t *testing.T) {
	const paths, months = 400, 24
	s := settings(months, paths)
	s.Design = factor.Plain
	arms := manyArms()[:4]
	plan, err := NewPlan(book(1500), arms, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(context.Background(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	least := func(higher float64) float64 {
		lowest := 1.
		for a := range arms {
			for _, month := range []int{1, 6, 12, months} {
				sum, squares := 0., 0.
				for path := range paths {
					luck, failed := 0., 0.
					for m := 1; m <= month; m++ {
						row := r.Row(a, path, data.Month(m))
						luck += float64(row[data.Surprise]) / data.SurpriseUnit
						failed += float64(row[data.Defaults])
					}
					luck -= higher * (failed - luck) // what was expected: defaults less surprise, less who is still late
					sum, squares = sum+luck, squares+luck*luck
				}
				mean := sum / paths
				se := math.Sqrt((squares/paths - mean*mean) / (paths - 1))
				if se > 0 {
					lowest = min(lowest, 2*distuv.UnitNormal.CDF(-math.Abs(mean)/se)*float64(4*len(arms)))
				}
			}
		}
		return lowest
	}
	if p := least(0); p < 1e-6 {
		t.Errorf("surprise is not 0 in the mean: p %.1e", p)
	}
	if p := least(.02); p > 1e-6 {
		t.Errorf("a hazard 2 %% higher is not rejected: p %.1e", p)
	}
	t.Logf("right: p %.2g; a hazard 2 %% higher: p %.1e", least(0), least(.02))
}
