package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
)

// Batches turn counts that are kept by batch (data.Run.Batches) into figures: batches are independent and of about the
// same size, so a mean over paths is a ratio of sums over batches, with the standard error of its linearisation.
type Batches struct {
	Paths   []float64 // in each batch
	Heard   []float64 // of these (data.Run.Heard)
	results *data.Results
	level   float64
	t       []float64 // Student's quantiles for means of so many; 0: not computed yet
}

// Batches prepares the figures of a run's batches.
func (e *Estimator) Batches() *Batches {
	run := &e.results.Run
	b := &Batches{Paths: make([]float64, run.Batches()), Heard: make([]float64, run.Batches()), results: e.results, level: e.Level, t: make([]float64, run.Batches()+1)}
	for path := range run.Paths {
		b.Paths[run.BatchOf(path)]++
		if run.Heard(path) {
			b.Heard[run.BatchOf(path)]++
		}
	}
	return b
}

// Counts sums a counter of an arm over months from..to of the paths of each batch, and of those heard, without weights.
func (b *Batches) Counts(arm, from, to int, counter data.Counter) (all, heard []float64) {
	run := &b.results.Run
	all, heard = make([]float64, len(b.Paths)), make([]float64, len(b.Paths))
	for path := range run.Paths {
		sum := int64(0)
		for m := from; m <= to; m++ {
			sum += b.results.Row(arm, path, data.Month(m))[counter]
		}
		all[run.BatchOf(path)] += float64(sum)
		if run.Heard(path) {
			heard[run.BatchOf(path)] += float64(sum)
		}
	}
	return all, heard
}

// Ratio is n/d over sums by batch, those without d left out; missing where d is 0.
func (b *Batches) Ratio(n, d []float64) Figure {
	var x, y []float64
	for i := range d {
		if d[i] != 0 {
			x, y = append(x, n[i]), append(y, d[i])
		}
	}
	if len(x) == 0 {
		return Missing
	}
	return newRatio(x, y).figure(b.student(len(x)))
}

// Difference is n/d less m/e, over the same batches.
func (b *Batches) Difference(n, d, m, e []float64) Figure {
	return difference(newRatio(n, d), newRatio(m, e), b.student(len(n)))
}

// student is the quantile of Student's law for a mean of n; NaN for one.
func (b *Batches) student(n int) float64 {
	if n < 2 {
		return math.NaN()
	}
	if b.t[n] == 0 {
		b.t[n] = distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(.5 + b.level/2)
	}
	return b.t[n]
}
