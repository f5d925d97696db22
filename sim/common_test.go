package sim

import (
	"math"
	"os"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Common random numbers: the variance over paths of the difference that a change makes to the cumulative default rate,
// against that of two runs with draws of their own, for eight changes. The prototypes' ratios (one product, 4,000
// borrowers) are in the table; the test demands a tenth of each, less where fewer borrowers leave more chance to each
// path, and at least 3. With draws of their own the ratio is 1: that is the wrong model, and the test must reject it for
// every change.
func TestCommonRandomNumbers(t *testing.T) {
	long(t)
	borrowers, paths := 1000, 60
	if os.Getenv("RELEND_SLOW") != "" {
		borrowers, paths = 4000, 200
	}
	p := book(borrowers)
	p.HasPD = false
	base := func(rules ...rule.Rule) Arm {
		a := Arm{Arm: data.Arm{Name: "arm"}, Behaviour: behaviour.AllGranted(), Policy: []rule.Rule{
			&rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, &rule.ConcurrentLoans{Max: 3}, &rule.MaxOrdinal{Max: 15},
		}}
		a.Policy = append(a.Policy, rules...)
		return a
	}
	noTopUp, outside, cap60 := &rule.TopUp{}, &rule.OutsideLending{Supply: 1, Max: 3}, &rule.PTICap{Max: .6}
	hazard, leak := base(), base(noTopUp)
	hazard.Behaviour.Miss0 *= 1.05
	leak.Behaviour.Leak = .4
	changes := []struct {
		name      string
		arm       Arm
		reference int // arm that it is compared with
		prototype float64
	}{
		{"none", base(), 0, 0},
		{"no top-up", base(noTopUp), 0, 89},
		{"leak .35 to .40 without top-up", leak, 1, 2569},
		{"base hazard x 1.05", hazard, 0, 557},
		{"payment-to-income cap .60", base(cap60), 0, 938},
		{"at most 3 outside loans", base(outside), 0, 2229},
		{"cooling-off 1 month", base(&rule.CoolingOff{AfterPayoff: 1}), 0, 171},
		{"cooling-off 3 months", base(&rule.CoolingOff{AfterPayoff: 3}), 0, 37},
		{"all tightened", base(noTopUp, cap60, outside, &rule.CoolingOff{AfterPayoff: 3}), 0, 23},
	}
	var arms []Arm
	for _, c := range changes {
		arms = append(arms, c.arm)
	}
	s := settings(36, paths)
	s.Design = factor.Plain
	r := mustRun(t, p, s, 2, arms...)
	s.Seed++
	other := mustRun(t, p, s, 2, arms...)

	rates := func(r *data.Results, arm int) []float64 {
		out := make([]float64, paths)
		for path := range out {
			for m := range data.Month(37) {
				out[path] += float64(r.Row(arm, path, m)[data.Defaults]) / float64(borrowers)
			}
		}
		return out
	}
	moments := func(a, b []float64) (mean, sd float64) {
		squares := 0.
		for i := range a {
			mean += (a[i] - b[i]) / float64(paths)
		}
		for i := range a {
			d := a[i] - b[i] - mean
			squares += d * d
		}
		return mean, math.Sqrt(squares / float64(paths-1))
	}
	t.Logf("%d paths, %d borrowers, default rate after 36 months", paths, borrowers)
	t.Log("| change | difference | sd of it, own draws | sd of it, common draws | variance ratio | prototype |")
	for i, c := range changes[1:] {
		mean, common := moments(rates(r, i+1), rates(r, c.reference))
		_, own := moments(rates(r, i+1), rates(other, c.reference))
		ratio := own * own / (common * common)
		t.Logf("| %s | %+.2f %% | %.2f %% | %.3f %% | %.0f | %.0f |", c.name, 100*mean, 100*own, 100*common, ratio, c.prototype)
		least := max(3, c.prototype/10*float64(borrowers)/4000)
		if ratio < least {
			t.Errorf("%s: a ratio of %.0f, at least %.0f expected", c.name, ratio, least)
		}
		if _, again := moments(rates(other, i+1), rates(r, c.reference)); own*own/(again*again) >= least {
			t.Errorf("%s: draws of their own pass for common ones", c.name)
		}
	}
}
