package sim

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/sim/estimate"
	"relend/sim/factor"
)

// The rank interval of a quantile takes paths as independent. In every design it covers the quantile of a loss that rises
// with the factor, here the sum over the months, whose law is known, at least as often as it says, within a binomial bound
// at 1e-6. Of a loss that good and bad times raise alike mirrored paths are two of one kind: the same bound rejects
// antithetic pairs there.
func TestRanks(t *testing.T) {
	const runs, paths, months, phi = 200, 384, 18, .9
	variance := 0.
	for i := range months {
		for j := range months {
			variance += math.Pow(phi, math.Abs(float64(i-j)))
		}
	}
	sd := math.Sqrt(variance)
	quantiles := []float64{.5, .95, .99}
	for _, name := range factor.DesignNames() {
		design, err := factor.ParseDesign(name)
		if err != nil {
			t.Fatal(err)
		}
		if design == factor.Importance { // TestWeightedTails
			continue
		}
		rising, even := make([]int, len(quantiles)), make([]int, len(quantiles))
		for run := range runs {
			sums, sizes := make([]float64, paths), make([]float64, paths)
			for path := range paths {
				for _, z := range factor.Draw(uint64(run), path, design, factor.Law{Phi: phi, Global: .8}, 1, months)[0] {
					sums[path] += z
				}
				sizes[path] = math.Abs(sums[path])
			}
			slices.Sort(sums)
			slices.Sort(sizes)
			for i, p := range quantiles {
				lo, hi, _, _ := estimate.Ranks(paths, p, .95)
				within := func(sorted []float64, quantile float64) int {
					if sorted[lo-1] <= quantile && quantile <= sorted[hi-1] {
						return 1
					}
					return 0
				}
				rising[i] += within(sums, sd*distuv.UnitNormal.Quantile(p))
				even[i] += within(sizes, sd*distuv.UnitNormal.Quantile((1+p)/2))
			}
		}
		for i, p := range quantiles {
			_, _, level, ok := estimate.Ranks(paths, p, .95)
			if !ok {
				t.Fatalf("%d paths are too few for the quantile %v", paths, p)
			}
			right := func(inside int) bool {
				return distuv.Binomial{N: runs, P: level}.CDF(float64(inside)) > 1e-6
			}
			t.Logf("%s, quantile %v: %d of %d, said %.3f; of an even loss %d", name, p, rising[i], runs, level, even[i])
			if !right(rising[i]) {
				t.Errorf("%s: %d of %d intervals contain the quantile %v", name, rising[i], runs, p)
			}
			if design == factor.Antithetic && right(even[i]) {
				t.Errorf("quantile %v: mirrored paths of an even loss go unnoticed with %d of %d", p, even[i], runs)
			}
		}
	}
}
