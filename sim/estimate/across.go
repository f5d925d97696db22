package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
)

// Term is a measure of an arm of a run at a month, with the factor by which it enters a sum over runs.
type Term struct {
	Run       *Estimator
	Arm       int
	Reference int // of the paired difference to another arm of the same run; negative: the level
	Month     int
	Factor    float64
}

// Sum is a sum of figures of several runs.
type Sum struct {
	Value, SE float64 // NaN where a figure is missing; SE alone with one replicate
	Freedom   float64 // degrees of freedom of SE
	Paired    bool    // all runs share their draws
}

// Shares reports whether two runs drew the same random numbers on every path: same seed, design, paths and replicates. Their
// replicates are then one observation together, whatever else differs; borrowers who are in both meet the same economy
// with the same luck.
func Shares(a, b *data.Run) bool {
	return a.Seed == b.Seed && a.Design == b.Design && a.Paths == b.Paths && a.Replicate == b.Replicate
}

// Combine sums figures of a measure over runs. Runs that share their draws are paired by replicate, others taken as
// independent, with the degrees of freedom of Welch and Satterthwaite (Satterthwaite, Biometrics Bulletin 2, 1946). Runs of
// one seed but different numbers of paths are taken as independent too: what they have in common makes the interval too
// wide rather than too narrow where the figures move together.
func Combine(measure data.Measure, terms ...Term) Sum {
	// What is added and what is taken away are summed apart, so that equal terms cancel to exactly 0.
	type group struct {
		run       *data.Run
		residuals [2][]float64
	}
	var c Sum
	var groups []group
	var values [2]float64
	for _, t := range terms {
		value, residuals := t.residuals(measure)
		side, weight := 0, t.Factor
		if t.Factor < 0 {
			side, weight = 1, -t.Factor
		}
		values[side] += float64(weight * value)
		at := -1
		for i, g := range groups {
			if Shares(g.run, &t.Run.results.Run) {
				at = i
			}
		}
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{&t.Run.results.Run, [2][]float64{make([]float64, len(residuals)), make([]float64, len(residuals))}})
		}
		for i, r := range residuals {
			groups[at].residuals[side][i] += float64(weight * r)
		}
	}
	c.Value = values[0] - values[1]
	c.Paired = len(groups) == 1
	variance, welch := 0., 0.
	for _, g := range groups {
		n := len(g.residuals[0])
		f := figure(0, n, 0, func(i int) float64 { return g.residuals[0][i] - g.residuals[1][i] })
		v := float64(f.SE * f.SE)
		variance += v
		welch += float64(v*v) / float64(n-1)
	}
	c.SE, c.Freedom = math.Sqrt(variance), float64(variance*variance)/welch
	return c
}

// residuals returns the figure and what each replicate adds to its error.
func (t Term) residuals(measure data.Measure) (value float64, residuals []float64) {
	list := []data.Measure{measure}
	own := t.Run.ratios(t.Arm, list)[t.Month]
	residuals = make([]float64, len(own.n))
	if own.missing() {
		return math.NaN(), residuals
	}
	value = own.value
	for i := range residuals {
		residuals[i] = own.residual(i)
	}
	if t.Reference < 0 {
		return value, residuals
	}
	other := t.Run.ratios(t.Reference, list)[t.Month]
	if other.missing() {
		return math.NaN(), residuals
	}
	for i := range residuals {
		residuals[i] -= other.residual(i)
	}
	return value - other.value, residuals
}

// Figure gives the sum its interval at a level.
func (c Sum) Figure(level float64) Figure {
	switch {
	case math.IsNaN(c.Value):
		return Missing
	case math.IsNaN(c.SE):
		return Figure{c.Value, math.NaN(), math.NaN(), math.NaN()}
	case c.SE == 0:
		return Figure{c.Value, 0, c.Value, c.Value}
	}
	half := distuv.StudentsT{Sigma: 1, Nu: c.Freedom}.Quantile(.5+level/2) * c.SE
	return Figure{c.Value, c.SE, c.Value - half, c.Value + half}
}
