package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
)

// Spans estimates measures of flows to date over spans of months instead: both sums run over months from..to of each span,
// mean stocks over the starts of these months. It returns figures and paired differences, [arm][measure][span].
func (e *Estimator) Spans(measures []data.Measure, spans [][2]int) (figures, differences [][][]Figure) {
	arms := e.results.Run.Arms
	ratios := make([][]ratio, len(arms))
	for a := range arms {
		ratios[a] = e.spans(a, measures, spans)
	}
	figures, differences = make([][][]Figure, len(arms)), make([][][]Figure, len(arms))
	for a, arm := range arms {
		for m := range measures {
			var own, gap []Figure
			for s := range spans {
				at := m*len(spans) + s
				own, gap = append(own, ratios[a][at].figure(e.t)), append(gap, difference(ratios[a][at], ratios[arm.Reference][at], e.t))
			}
			figures[a], differences[a] = append(figures[a], own), append(differences[a], gap)
		}
	}
	return figures, differences
}

func (e *Estimator) spans(arm int, measures []data.Measure, spans [][2]int) []ratio {
	size := e.results.Run.Paths / e.Replicates
	n, d := make([][]float64, len(measures)*len(spans)), make([][]float64, len(measures)*len(spans))
	for i := range n {
		n[i], d[i] = make([]float64, e.Replicates), make([]float64, e.Replicates)
	}
	series := make([]float64, e.months)
	for path := range e.results.Run.Paths {
		rows, replicate, weight := e.rows(arm, path), path/size, e.results.Weight(path)/float64(size)
		add := func(into [][]float64, m int, sum data.Sum) {
			e.series(series, rows, sum)
			for s, span := range spans {
				into[m*len(spans)+s][replicate] += weight * over(series, sum.Window, span)
			}
		}
		for m, measure := range measures {
			add(n, m, measure.Num)
			add(d, m, measure.Den)
		}
	}
	out := make([]ratio, len(n))
	for i := range out {
		out[i] = newRatio(n[i], d[i])
	}
	return out
}

// over turns a series to date into that of a span of months.
func over(series []float64, window data.Window, span [2]int) float64 {
	before, last := series[span[0]-1], series[span[1]]
	switch window {
	case data.ToDate:
		return last - before
	case data.MeanStart:
		sum := last * float64(span[1])
		if span[0] > 1 {
			sum -= before * float64(span[0]-1)
		}
		return sum / float64(span[1]-span[0]+1)
	}
	return last
}

// Exceedance is the share of paths on which a sample lies above a value, with its exact binomial interval (Clopper and
// Pearson 1934), which takes the paths as independent and holds at the level or more. Where paths have weights the share is
// weighted and has no interval.
func (e *Estimator) Exceedance(s Sample, value float64) Figure {
	n, above := len(s.Values), 0
	if s.Weights != nil || n == 0 {
		f := Missing
		if n > 0 {
			_, f.Value = s.Beyond(value)
		}
		return f
	}
	for _, v := range s.Values {
		if v > value {
			above++
		}
	}
	k, all, tail := float64(above), float64(n), (1-e.Level)/2
	f := Figure{Value: k / all, SE: math.Sqrt(k / all * (1 - k/all) / all), Lo: 0, Hi: 1}
	if above > 0 {
		f.Lo = distuv.Beta{Alpha: k, Beta: all - k + 1}.Quantile(tail)
	}
	if above < n {
		f.Hi = distuv.Beta{Alpha: k + 1, Beta: all - k}.Quantile(1 - tail)
	}
	return f
}
