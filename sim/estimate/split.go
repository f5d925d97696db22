package estimate

import (
	"math"

	"relend/data"
)

// Parts is a standard error split by where it comes from: Economy² + Borrowers² = SE².
type Parts struct {
	Value     float64 // of the figure
	SE        float64
	Economy   float64 // from the paths of the economy: only more paths make it smaller
	Borrowers float64 // from the chances of the borrowers, and from who is drawn where a path has a sample of them
	Paths     int     // over which both are taken
}

// OnePath returns the variances of one path: of the economy, a mean over a replicate taken for each of its paths, and
// of the borrowers.
func (p Parts) OnePath() (economy, borrowers float64) {
	n := float64(p.Paths)
	return p.Economy * p.Economy * n, p.Borrowers * p.Borrowers * n
}

// Parts splits the standard error of a measure of an arm at a month, or of its difference to the arm of reference where
// that is not negative. Given the economy of a path, its borrowers are independent: the two halves of them differ only
// by their chances, so the variance of the difference of the halves is that of their sum. ok is false without halves:
// results read from files, arms whose rules watch the whole book, fewer than two replicates.
func (e *Estimator) Parts(arm, reference int, measure data.Measure, month int) (p Parts, ok bool) {
	if len(e.results.Halves) == 0 || e.Replicates < 2 {
		return p, false
	}
	whole, figure := e.gaps(arm, measure, month)
	if reference >= 0 {
		other, _ := e.gaps(reference, measure, month)
		if len(other) != len(whole) {
			return p, false
		}
		for i := range whole {
			whole[i] -= other[i]
		}
		figure = e.Differences(measure, month)[arm][reference]
	}
	if len(whole) < 2 || math.IsNaN(figure.SE) {
		return p, false
	}
	centre, squares := mean(whole), 0.
	for _, g := range whole {
		squares += (g - centre) * (g - centre)
	}
	p.Value, p.SE, p.Paths = figure.Value, figure.SE, e.results.Run.Paths
	p.Borrowers = min(p.SE, math.Sqrt(squares/float64(len(whole)-1)/float64(p.Paths)))
	p.Economy = math.Sqrt(max(0, p.SE*p.SE-p.Borrowers*p.Borrowers))
	return p, true
}

// gaps returns by path how far the first half's residual is from the second's, and the figure; none where the halves
// were not counted.
func (e *Estimator) gaps(arm int, measure data.Measure, month int) ([]float64, Figure) {
	r := e.ratios(arm, []data.Measure{measure})[month]
	size := e.months * counters
	paths := len(e.results.Halves[arm]) / size
	var out []float64
	series := make([]float64, e.months)
	at := func(rows []int64, s data.Sum) float64 {
		e.fair(series, rows, s)
		return series[month]
	}
	for path := range paths {
		half := e.results.Halves[arm][path*size : (path+1)*size]
		people := int64(0)
		for c := data.BorrowersCurrent; c <= data.BorrowersExited; c++ {
			people += half[c]
		}
		if people == 0 {
			return nil, Figure{}
		}
		rows := e.rows(arm, path)
		residual := func(rows []int64) float64 {
			return (at(rows, measure.Num) - r.value*at(rows, measure.Den)) / r.meanD
		}
		out = append(out, e.results.Weight(path)*(2*residual(half)-residual(rows)))
	}
	return out, r.figure(e.t)
}
