package sim

import (
	"os"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/estimate"
	"relend/sim/factor"
	"relend/sim/rule"
)

// The variance of what a run of 128 paths estimates, plain against each design, over independent runs: of the mean default
// rate, of its paired difference and of its 99 % quantile over paths, after 18 months. 1,000
// borrowers: their own luck, which many borrowers average out and no design can touch, is in it. Every design without weights must halve
// the variance of the level at least; independent paths would have ratios of 1.
func TestDesigns(t *testing.T) {
	if os.Getenv("RELEND_SLOW") == "" {
		t.Skip("RELEND_SLOW is not set")
	}
	const runs, paths, months = 160, 128, 18
	p := book(1000)
	arms := []Arm{arm("base", &rule.TopUp{Allowed: true}), arm("pause", &rule.TopUp{Allowed: true}, &rule.CoolingOff{AfterPayoff: 3})}
	variances := func(design factor.Design) (out [3]float64) {
		var seen [3][]float64
		for run := range runs {
			s := Settings{Months: months, Paths: paths, Seed: uint64(100 + run), Design: design}
			r := mustRun(t, p, s, 0, arms...)
			var rates [2][]float64
			for a := range arms {
				rates[a] = make([]float64, paths)
				for path := range paths {
					for m := range data.Month(months + 1) {
						rates[a][path] += float64(r.Row(a, path, m)[data.Defaults]) / float64(len(p.Borrowers))
					}
				}
			}
			seen[0] = append(seen[0], mean(rates[0]))
			seen[1] = append(seen[1], mean(rates[1])-mean(rates[0]))
			slices.Sort(rates[0])
			seen[2] = append(seen[2], estimate.Quantile(rates[0], .99))
		}
		for i, x := range seen {
			centre := mean(x)
			for _, v := range x {
				out[i] += (v - centre) * (v - centre) / (runs - 1)
			}
		}
		return out
	}
	plain := variances(factor.Plain)
	t.Logf("| design | level | paired difference | 99 %% quantile |")
	for _, name := range factor.DesignNames()[1:] {
		design, err := factor.ParseDesign(name)
		if err != nil {
			t.Fatal(err)
		}
		if design == factor.Importance { // TestTailDesigns
			continue
		}
		v := variances(design)
		t.Logf("| %s | %.1f | %.1f | %.1f |", name, plain[0]/v[0], plain[1]/v[1], plain[2]/v[2])
		if plain[0]/v[0] < 2 {
			t.Errorf("%s: the variance of the default rate is not halved", name)
		}
	}
}

func mean(x []float64) (sum float64) {
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}
