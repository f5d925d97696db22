package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"relend/data"
	"relend/data/synth"
	"relend/sim/behaviour"
	"relend/sim/provision"
	"relend/sim/rng"
	"relend/sim/rule"
)

// Shortcuts leave every count as it is without them; those that bound the hazard of a miss wrongly do not.
func TestShortcuts(t *testing.T) {
	spec := synth.Default()
	spec.Borrowers = 300
	lines, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range lines.Loans {
		if i%7 == 0 {
			lines.Loans[i].Product = data.Revolving
		}
	}
	run := func(plan *Plan) *data.Results {
		r, err := plan.Run(context.Background(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	equal := func(a, b *data.Results) bool {
		for arm := range a.Counts {
			if !slices.Equal(a.Counts[arm], b.Counts[arm]) || !slices.Equal(a.Halves[arm], b.Halves[arm]) {
				return false
			}
			for c := range a.Cells[arm] {
				if !slices.Equal(a.Cells[arm][c].Sum, b.Cells[arm][c].Sum) {
					return false
				}
			}
		}
		return true
	}
	r := rand.New(rand.NewPCG(4, 5))
	for i := range 6 {
		arms := []Arm{arm("a"), arm("stack", &rule.TopUp{Allowed: true, Stack: true}), arm("wait", &rule.CoolingOff{AfterPayoff: 3}),
			arm("stop", &rule.StopLending{Close: .02, Open: .01, Hold: 2})}
		for _, p := range behaviour.Registry() {
			if r.IntN(4) > 0 || p.Integer {
				continue
			}
			factor := math.Exp(r.NormFloat64() / 2)
			for k := range arms {
				b := &arms[k].Behaviour
				p.Set(b, max(p.Min, min(p.Max, p.Value(b)*factor)))
			}
		}
		s := settings(20, 2)
		s.Grid, s.Provisions = data.Grid(i%3), provision.Method(i/3)
		for k := range arms {
			arms[k].Behaviour.RiskRise = float64(1 + i%3)
			arms[k].Behaviour.ScoreGain = .5 * float64(i/2%2)
		}
		tape := lines
		if i%2 == 0 {
			tape = book(300)
		}
		t.Run(fmt.Sprint(i, s.Grid), func(t *testing.T) {
			plan, err := NewPlan(tape, arms, s)
			if err != nil {
				t.Fatal(err)
			}
			short := run(plan)
			plan.plain = true
			long := run(plan)
			if !equal(short, long) {
				t.Error("shortcuts change the counts")
			}
			plan.plain = false
			clear(plan.families[0].model.hump)
			if equal(run(plan), long) {
				t.Error("steps in which a payment may be missed were passed over, and nothing has changed")
			}
		})
	}
}

// A threshold in whole numbers is the comparison of mayFire.
func TestThreshold(t *testing.T) {
	for i := range 4 * rng.CoarseSteps {
		for _, h := range []float64{0, float64(i) / 2 / rng.CoarseSteps, math.Nextafter(float64(i)/rng.CoarseSteps, 9), math.Nextafter(float64(i)/rng.CoarseSteps, 0)} {
			for _, c := range []uint32{0, uint32(i) % rng.CoarseSteps, rng.CoarseSteps - 1} {
				if got := c < threshold(h); got != mayFire(c, rng.Risk, h) {
					t.Fatalf("coarse draw %d, hazard %v: %v", c, h, got)
				}
			}
		}
	}
}
