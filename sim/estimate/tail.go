package estimate

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Tail is a quantile, or the mean beyond one, of the distribution of a measure over paths.
type Tail struct {
	P      float64 // the quantile's probability
	Value  float64 // NaN where there are too few paths even for a value
	Lo, Hi float64 // interval; NaN where there are too few paths
	Level  float64 // confidence the interval really has; 0 without interval
	Needs  int     // paths needed for the interval (for the value where that is missing); 0 with an interval
}

// Quantile is the smallest value that at least a share p of the sorted values does not exceed; NaN of none.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[rank(len(sorted), p)-1]
}

func rank(n int, p float64) int { return min(max(int(math.Ceil(float64(n)*p-1e-9)), 1), n) }

// Sorted returns the values in ascending order, without the missing ones.
func Sorted(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	sort.Float64s(out)
	return out
}

// Ranks gives the order statistics lo and hi (1-based) of n independent values between which the p-quantile
// lies with at least the level, whatever the distribution, and the confidence they really have: the chance that
// a binomial count falls into lo..hi-1. It is false where n is too small; PathsFor says how many it takes.
func Ranks(n int, p, level float64) (lo, hi int, actual float64, ok bool) {
	if n < PathsFor(p, level) {
		return 0, 0, 0, false
	}
	tail := (1 - level) / 2
	below := distuv.Binomial{N: float64(n), P: p}
	lo = sort.Search(n, func(k int) bool { return below.CDF(float64(k)) > tail })        // P(X < lo) <= tail
	hi = sort.Search(n, func(k int) bool { return 1-below.CDF(float64(k)) <= tail }) + 1 // P(X >= hi) <= tail
	return lo, hi, below.CDF(float64(hi-1)) - below.CDF(float64(lo-1)), true
}

// PathsFor is the least number of paths with a two-sided rank interval for the p-quantile: both p^n and
// (1-p)^n must be at most half of what the level leaves.
func PathsFor(p, level float64) int {
	far := math.Max(p, 1-p)
	return int(math.Ceil(math.Log((1-level)/2)/math.Log(far) - 1e-9))
}

// Quantile is the p-quantile over paths with its rank interval. The ranks take the paths as independent;
// antithetic pairs make the interval wider than it need be where the measure rises or falls with the factors.
func (e *Estimator) Quantile(s Sample, p float64) Tail {
	if s.Weights != nil {
		return e.weighted(s, p)
	}
	sorted := s.Values
	n := len(sorted)
	t := Tail{P: p, Value: Quantile(sorted, p), Lo: math.NaN(), Hi: math.NaN()}
	lo, hi, level, ok := Ranks(n, p, e.Level)
	if !ok {
		t.Needs = PathsFor(p, e.Level)
		return t
	}
	t.Lo, t.Hi, t.Level = sorted[lo-1], sorted[hi-1], level
	return t
}

// AtRisk is the Quantile of a loss, value at risk; it is missing where no path is expected beyond it.
func (e *Estimator) AtRisk(s Sample, p float64) Tail {
	if s.Weights != nil {
		t := e.weighted(s, p)
		if above, _ := s.Beyond(t.Value); above < 1 {
			t.Value = math.NaN()
		}
		return t
	}
	if least := int(math.Ceil(1/(1-p) - 1e-9)); len(s.Values) < least {
		return Tail{P: p, Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Needs: least}
	}
	return e.Quantile(s, p)
}

// tailPaths is the least number of paths beyond the quantile for which Shortfall gives an interval.
const tailPaths = 10

// Shortfall is the expected shortfall: the mean of the worst 1-p of the paths that have a value. No distribution-free interval
// exists for it; this one is linearised, with residuals averaged over each replicate, and asks for ten paths in
// the tail. Values are in path order.
func (e *Estimator) Shortfall(values []float64, p float64) Tail {
	if e.results.Weights != nil {
		return e.weightedShortfall(values, p)
	}
	s := e.Sample(values)
	t := e.AtRisk(s, p)
	t.Lo, t.Hi, t.Level = math.NaN(), math.NaN(), 0
	if math.IsNaN(t.Value) {
		return t
	}
	at, size := t.Value, len(values)/e.Replicates
	excess, valid := make([]float64, e.Replicates), make([]float64, e.Replicates)
	for path, v := range values {
		if v > at {
			excess[path/size] += (v - at) / (1 - p) / float64(size)
		}
		if !math.IsNaN(v) {
			valid[path/size]++
		}
	}
	for i := range valid {
		valid[i] /= float64(size)
	}
	r := newRatio(excess, valid)
	f := figure(at+r.value, e.Replicates, e.t, func(i int) float64 { // r.residual but for a constant, which would round
		return (excess[i] - float64(r.value*(valid[i]-r.meanD))) / r.meanD
	})
	t.Value, t.Needs = f.Value, 0
	if need := int(math.Ceil(tailPaths/(1-p) - 1e-9)); len(s.Values) < need || math.IsNaN(f.SE) {
		t.Needs = need
		return t
	}
	t.Lo, t.Hi, t.Level = f.Lo, f.Hi, e.Level
	return t
}
