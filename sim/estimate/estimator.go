package estimate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
)

const counters = int(data.NumCounters)

// Estimator reads the counts of one run.
type Estimator struct {
	Level      float64 // of every interval, such as .95
	Replicates int     // independent observations
	results    *data.Results
	months     int     // 0..Months
	t          float64 // Student quantile; NaN with one replicate
	share      []float64
}

// New prepares the estimates of a run at a level in (0,1). It panics where the results contradict themselves
// (counts that do not fit arms, paths and months), which no complete run directory does.
func New(results *data.Results, level float64) *Estimator {
	run := &results.Run
	size := max(run.Replicate, 1)
	if level <= 0 || level >= 1 || run.Paths < 1 || run.Paths%size != 0 || len(results.Counts) != len(run.Arms) {
		panic(fmt.Sprintf("estimate: level %g, %d paths in replicates of %d, counts of %d arms for %d arms",
			level, run.Paths, size, len(results.Counts), len(run.Arms)))
	}
	if w := results.Weights; w != nil && len(w) != run.Paths {
		panic(fmt.Sprintf("estimate: %d weights for %d paths", len(w), run.Paths))
	}
	for a, arm := range run.Arms {
		if want := run.Paths * (run.Months + 1) * counters; len(results.Counts[a]) != want || arm.Reference < 0 || arm.Reference >= len(run.Arms) {
			panic(fmt.Sprintf("estimate: arm %q has %d counts, not %d, or no reference", arm.Name, len(results.Counts[a]), want))
		}
	}
	e := &Estimator{Level: level, Replicates: run.Paths / size, results: results, months: run.Months + 1}
	e.t = Student(e.Replicates, level)
	e.share = e.shares()
	return e
}

// Interval turns a value and its standard error over replicates into a figure.
func (e *Estimator) Interval(value, se float64) Figure {
	return Figure{value, se, value - e.t*se, value + e.t*se}
}

// PathsPerReplicate is the number of paths that make one independent observation.
func (e *Estimator) PathsPerReplicate() int { return e.results.Run.Paths / e.Replicates }

// VarianceRange returns between which multiples of a sample variance of n normal observations, 2 or more, the variance
// itself lies at a level (chi-squared of n-1 degrees of freedom).
func VarianceRange(n int, level float64) (lo, hi float64) {
	law := distuv.ChiSquared{K: float64(n - 1)}
	return law.K / law.Quantile(.5+level/2), law.K / law.Quantile(.5-level/2)
}

// All estimates the measures of every arm and its paired difference to its reference, both as
// [arm][measure][month], months 0..Months.
func (e *Estimator) All(measures []data.Measure) (figures, differences [][][]Figure) {
	arms := e.results.Run.Arms
	figures, differences = make([][][]Figure, len(arms)), make([][][]Figure, len(arms))
	references := map[int][]ratio{} // few: one a macro path
	for _, arm := range arms {
		if references[arm.Reference] == nil {
			references[arm.Reference] = e.ratios(arm.Reference, measures)
		}
	}
	for a, arm := range arms {
		own := references[a]
		if own == nil {
			own = e.ratios(a, measures)
		}
		reference := references[arm.Reference]
		figures[a], differences[a] = make([][]Figure, len(measures)), make([][]Figure, len(measures))
		for m := range measures {
			figures[a][m], differences[a][m] = make([]Figure, e.months), make([]Figure, e.months)
			for t := range e.months {
				at := m*e.months + t
				figures[a][m][t] = own[at].figure(e.t)
				differences[a][m][t] = difference(own[at], reference[at], e.t)
			}
		}
	}
	return figures, differences
}

// Differences estimates one measure at one month for every pair of arms: [a][b] is a - b.
func (e *Estimator) Differences(measure data.Measure, month int) [][]Figure {
	arms := len(e.results.Run.Arms)
	one := make([]ratio, arms)
	for a := range one {
		one[a] = e.ratios(a, []data.Measure{measure})[month]
	}
	out := make([][]Figure, arms)
	for a := range out {
		out[a] = make([]Figure, arms)
		for b := range out[a] {
			out[a][b] = difference(one[a], one[b], e.t)
		}
	}
	return out
}

// Pair compares a measure of two arms over months 0..Months: a - b, and a / b where b is not 0, both over the
// same replicates.
func (e *Estimator) Pair(a, b int, measure data.Measure) (differences, quotients []Figure) {
	one, other := e.ratios(a, []data.Measure{measure}), e.ratios(b, []data.Measure{measure})
	for t := range e.months {
		differences = append(differences, difference(one[t], other[t], e.t))
		quotients = append(quotients, quotient(one[t], other[t], e.t))
	}
	return differences, quotients
}

// Ratios are the measures of one arm at a month, to be combined with those of other arms.
func (e *Estimator) Ratios(arm int, measures []data.Measure, month int) []Ratio {
	all := e.ratios(arm, measures)
	out := make([]Ratio, len(measures))
	for m := range out {
		r := all[m*e.months+month]
		r.n, r.d = slices.Clone(r.n), slices.Clone(r.d) // the other months need not be kept
		out[m] = Ratio{r}
	}
	return out
}

// ratios holds the samples of one arm: [measure*months + month].
func (e *Estimator) ratios(arm int, measures []data.Measure) []ratio {
	size := e.results.Run.Paths / e.Replicates
	cells := len(measures) * e.months
	n, d := make([]float64, cells*e.Replicates), make([]float64, cells*e.Replicates)
	series := make([]float64, e.months)
	for path := range e.results.Run.Paths {
		rows, replicate, weight := e.rows(arm, path), path/size, e.results.Weight(path)
		add := func(into []float64, m int, s data.Sum) {
			e.fair(series, rows, s)
			for t, v := range series {
				into[(m*e.months+t)*e.Replicates+replicate] += weight * v / float64(size)
			}
		}
		for m, measure := range measures {
			add(n, m, measure.Num)
			add(d, m, measure.Den)
		}
	}
	out := make([]ratio, cells)
	for i := range out {
		from, to := i*e.Replicates, (i+1)*e.Replicates
		out[i] = newRatio(n[from:to], d[from:to])
	}
	return out
}

// Paths gives a measure on each single path, [month][path]; NaN where its denominator is empty.
func (e *Estimator) Paths(arm int, measure data.Measure) [][]float64 {
	out := make([][]float64, e.months)
	for t := range out {
		out[t] = make([]float64, e.results.Run.Paths)
	}
	n, d := make([]float64, e.months), make([]float64, e.months)
	for path := range e.results.Run.Paths {
		rows := e.rows(arm, path)
		e.series(n, rows, measure.Num)
		e.series(d, rows, measure.Den)
		for t := range out {
			out[t][path] = math.NaN()
			if d[t] != 0 {
				out[t][path] = n[t] / d[t]
			}
		}
	}
	return out
}

// rows is the block of one path: months times counters.
func (e *Estimator) rows(arm, path int) []int64 {
	size := e.months * counters
	return e.results.Counts[arm][path*size : (path+1)*size]
}

// series writes the sum for months 0..Months of one path; NaN where the window holds no month. Without a
// window it is 1: a measure without denominator is a ratio to one.
func (e *Estimator) series(out []float64, rows []int64, s data.Sum) {
	so := 0.0
	for m := range out {
		switch s.Window {
		case data.None:
			out[m] = 1
		case data.InMonth:
			out[m] = math.NaN()
			if m > 0 {
				out[m] = e.month(rows, m, s) - e.carried(rows, m, s)
			}
		case data.ToDate:
			if m > 0 {
				so += e.month(rows, m, s) - e.carried(rows, m, s)
			}
			out[m] = so
		case data.AtEnd:
			out[m] = e.month(rows, m, s)
		case data.AtStart:
			out[m] = math.NaN()
			if m > 0 {
				out[m] = e.month(rows, m-1, s)
			}
		case data.AtSnapshot:
			if s.Joined {
				so += float64(rows[m*counters+int(data.Joined)]) // none in month 0
			}
			out[m] = e.month(rows, 0, s) + so
		case data.FirstYear:
			if m > 0 && m <= 12 {
				so += e.month(rows, m, s) - e.carried(rows, m, s)
			}
			out[m] = so
		case data.MeanStart, data.SumStart:
			out[m] = math.NaN()
			if m > 0 {
				so += e.month(rows, m-1, s)
				out[m] = so
			}
			if s.Window == data.MeanStart {
				out[m] /= float64(m)
			}
		}
	}
}

// carried is what stocks among the terms of flows already were at the start of month m: only their change counts.
func (e *Estimator) carried(rows []int64, m int, s data.Sum) (v float64) {
	for _, t := range s.Terms {
		if t.Counter.IsStock() {
			v += float64(t.Factor * float64(rows[(m-1)*counters+int(t.Counter)]))
		}
	}
	return e.results.Run.Whole(v)
}

// month is the weighted sum of counters in month m. A margin is charged with a twelfth of the yearly funding
// and operating cost of the balance at the start of the month, and the acquisition cost of what was disbursed.
func (e *Estimator) month(rows []int64, m int, s data.Sum) float64 {
	row := rows[m*counters : (m+1)*counters]
	v := 0.0
	for _, t := range s.Terms {
		v += float64(t.Factor * float64(row[t.Counter]))
	}
	costs := &e.results.Run.Costs
	if s.Debt {
		v *= float64(costs.OutsideBalance)
	}
	if s.Margin && m > 0 {
		var balance int64
		for _, t := range data.BalanceTerms() {
			balance += rows[(m-1)*counters+int(t.Counter)]
		}
		v -= float64((costs.Funding + costs.Operating) / 12 * float64(balance))
		v -= float64(costs.Acquisition * float64(row[data.Disbursed]))
	}
	return e.results.Run.Whole(v)
}
