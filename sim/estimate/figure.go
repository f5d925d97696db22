package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Figure is an estimate. NaN marks what is missing: all four where the denominator is empty, all but Value
// where there is only one replicate.
type Figure struct {
	Value  float64
	SE     float64 // standard error of Value over replicates
	Lo, Hi float64 // interval at the estimator's level
}

// Missing is the figure of an empty denominator.
var Missing = Figure{math.NaN(), math.NaN(), math.NaN(), math.NaN()}

// Verdict says what the data allow to say about a difference.
type Verdict string

const (
	Unknown   Verdict = ""       // missing, or no error bar
	Identical Verdict = "="      // the same on every path
	Unclear   Verdict = "~"      // the interval contains zero: cannot be told from zero
	Below     Verdict = "lower"  // the interval lies below zero
	Above     Verdict = "higher" // the interval lies above zero
)

// Verdict judges a difference by its interval.
func (f Figure) Verdict() Verdict {
	switch {
	case math.IsNaN(f.Value) || math.IsNaN(f.SE):
		return Unknown
	case f.Value == 0 && f.SE == 0:
		return Identical
	case f.Hi < 0:
		return Below
	case f.Lo > 0:
		return Above
	}
	return Unclear
}

// Half is half the width of the interval: the figure after ±.
func (f Figure) Half() float64 { return (f.Hi - f.Lo) / 2 }

// ratio holds one measure of one arm and month over replicates: numerators, denominators and their means.
type ratio struct {
	n, d           []float64
	meanN, meanD   float64
	value, inverse float64 // meanN/meanD and 1/meanD²
}

func newRatio(n, d []float64) ratio {
	r := ratio{n: n, d: d, meanN: mean(n), meanD: mean(d)}
	r.value = r.meanN / r.meanD
	r.inverse = 1 / float64(r.meanD*r.meanD)
	return r
}

// missing reports an empty or undefined denominator.
func (r ratio) missing() bool { return r.meanD == 0 || math.IsNaN(r.meanD) || math.IsNaN(r.meanN) }

// residual is what replicate i adds to the error of the ratio, (n_i - R d_i)/mean(d), written so that it is
// exactly 0 where numerator and denominator are constant.
func (r ratio) residual(i int) float64 {
	return (float64(r.n[i]*r.meanD) - float64(r.meanN*r.d[i])) * r.inverse
}

// figure builds an estimate from its value and one residual per replicate; t is the Student quantile.
func figure(value float64, replicates int, t float64, residual func(int) float64) Figure {
	value += 0 // no negative zero
	if replicates < 2 {
		return Figure{value, math.NaN(), math.NaN(), math.NaN()}
	}
	var sum, squares float64
	for i := range replicates {
		sum += residual(i)
	}
	centre := sum / float64(replicates)
	for i := range replicates {
		e := residual(i) - centre
		squares += float64(e * e)
	}
	se := math.Sqrt(squares / float64(replicates-1) / float64(replicates))
	half := t * se
	return Figure{value, se, value - half, value + half}
}

func (r ratio) figure(t float64) Figure {
	if r.missing() {
		return Missing
	}
	return figure(r.value, len(r.n), t, r.residual)
}

// difference is a - b over the same replicates.
func difference(a, b ratio, t float64) Figure {
	if a.missing() || b.missing() {
		return Missing
	}
	return figure(a.value-b.value, len(a.n), t, func(i int) float64 { return a.residual(i) - b.residual(i) })
}

// quotient is a / b over the same replicates; missing where b is 0.
func quotient(a, b ratio, t float64) Figure {
	if a.missing() || b.missing() || b.value == 0 {
		return Missing
	}
	value := a.value / b.value
	return figure(value, len(a.n), t, func(i int) float64 { return (a.residual(i) - float64(value*b.residual(i))) / b.value })
}

// Ratio is a measure of one arm in one month over the replicates of a run, to be combined with others of the same
// replicates, also from another run over the same paths.
type Ratio struct{ ratio }

// Value is the estimate.
func (r Ratio) Value() float64 { return r.value }

// Missing reports an empty denominator.
func (r Ratio) Missing() bool { return r.missing() }

// Replicates is the number of independent observations.
func (r Ratio) Replicates() int { return len(r.n) }

// Residual is what replicate i adds to the error of the value.
func (r Ratio) Residual(i int) float64 { return r.residual(i) }

// Figure is the estimate with its interval at a level.
func (r Ratio) Figure(level float64) Figure { return r.figure(Student(len(r.n), level)) }

// Combined is the figure of a linear combination of ratios over the same replicates: its value, and for each replicate
// the combination of their residuals.
func Combined(value float64, replicates int, level float64, residual func(replicate int) float64) Figure {
	return figure(value, replicates, Student(replicates, level), residual)
}

// Student is the two-sided quantile of Student's t for the mean of n observations; NaN of fewer than two.
func Student(n int, level float64) float64 {
	if n < 2 {
		return math.NaN()
	}
	return distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(.5 + level/2)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
