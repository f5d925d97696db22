package main

import (
	"context"
	"reflect"
	"testing"

	"relend/data"
	"relend/data/synth"
	"relend/scenarios"
	"relend/scenarios/sweep"
)

// TestSweepTogetherEqualsAlone: cells of policies, laws and macro paths in runs of many arms have the sums of each cell alone.
func TestSweepTogetherEqualsAlone(t *testing.T) {
	study, err := sweep.Parse("x.yaml", []byte(`
base: quick
dimensions:
  pause: {path: policies.default.rules.cooling_off.after_payoff, values: [none, 3 months]}
  cap: {path: regulations.none.rules.apr_cap.max, values: [16%, 30%]}
  economy: {path: arms.list.*.macro, values: [baseline, severe]}
outputs: [default_rate, net_margin@6]
`), scenarios.Overrides{Paths: 8})
	if err != nil {
		t.Fatal(err)
	}
	spec := synth.Default()
	spec.Borrowers = 150
	p, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	j := &sweepJob{study: study, portfolio: p, measures: data.Measures(), workers: 2}
	if j.cells, err = study.Cells(p.Currency, p.Segments, nil); err != nil {
		t.Fatal(err)
	}
	results := func(most int) map[string][]data.Sums {
		out := map[string][]data.Sums{}
		runs := j.cells.Runs(func(string) bool { return true }, most)
		for i := range runs {
			if err := j.simulate(context.Background(), &runs[i], nil, func(key string, sums []data.Sums) error {
				if known := out[key]; known != nil && !reflect.DeepEqual(known, sums) {
					t.Errorf("the reference differs from run to run")
				}
				out[key] = sums
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	together, alone := results(sweep.MostArms), results(2)
	if len(together) != 9 || !reflect.DeepEqual(together, alone) {
		t.Errorf("%d cells together, %d alone, or they differ", len(together), len(alone))
	}
}
