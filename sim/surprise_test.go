package sim

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/estimate"
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

// Intervals of default rates without luck hold the truth as often as they say, level and difference, over 200 seeds; the
// truth is the mean of all rates with their luck, so that it would show if what is taken out were not 0 in the mean.
// They are narrower, and half of them do not pass the same bounds (binomial, one part in a million).
func TestLuckTakenOutCovers(t *testing.T) {
	const seeds, months = 200, 24
	people, arms := book(150), []Arm{manyArms()[0], manyArms()[3]}
	fair, _ := data.MeasureByName("default_rate")
	lucky := fair
	lucky.Num.Luck = false
	type pair struct{ fair, lucky estimate.Figure }
	var figures [2][]pair // level of the baseline, difference of the other arm
	for seed := range seeds {
		s := settings(months, 24)
		s.Seed, s.Design = uint64(seed)+1, factor.Antithetic
		plan, err := NewPlan(people, arms, s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := plan.Run(context.Background(), 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		levels, differences := estimate.New(r, .95).All([]data.Measure{fair, lucky})
		figures[0] = append(figures[0], pair{levels[0][0][months], levels[0][1][months]})
		figures[1] = append(figures[1], pair{differences[1][0][months], differences[1][1][months]})
	}
	for k, name := range []string{"level", "difference"} {
		truth, narrower := 0., 0.
		for _, f := range figures[k] {
			truth += f.lucky.Value / seeds
			narrower += f.fair.SE / f.lucky.SE / seeds
		}
		hits, half := 0, 0
		for _, f := range figures[k] {
			if math.Abs(f.fair.Value-truth) <= f.fair.Half() {
				hits++
			}
			if math.Abs(f.fair.Value-truth) <= f.fair.Half()/2 {
				half++
			}
		}
		law := distuv.Binomial{N: seeds, P: .95}
		if law.CDF(float64(hits)) < 1e-6 || narrower > .95 {
			t.Errorf("%s: %d of %d intervals hold the truth, %.2f times as wide", name, hits, seeds, narrower)
		}
		if law.CDF(float64(half)) > 1e-6 {
			t.Errorf("%s: half intervals hold the truth %d times of %d", name, half, seeds)
		}
		t.Logf("%s: %d of %d, %.2f times as wide; half as wide %d", name, hits, seeds, narrower, half)
	}
}
