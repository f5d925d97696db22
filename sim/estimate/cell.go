package estimate

import "relend/data"

// Sums gives numerators and denominators of the measures of an arm at the given months by replicate, weights included: what
// Of, Difference and Linear need, and all that has to be kept of a run for them. The order is measures times
// months.
func (e *Estimator) Sums(arm int, measures []data.Measure, months []int) (out []data.Sums) {
	all := e.ratios(arm, measures)
	for m, measure := range measures {
		for _, month := range months {
			r := all[m*e.months+month]
			out = append(out, data.Sums{Measure: measure.Name, Month: month, Num: r.n, Den: r.d})
		}
	}
	return out
}

// Of estimates a measure from its sums.
func Of(s data.Sums, level float64) Figure {
	return newRatio(s.Num, s.Den).figure(Student(len(s.Num), level))
}

// Difference is a - b over the same replicates; missing where they have not as many.
func Difference(a, b data.Sums, level float64) Figure {
	if len(a.Num) != len(b.Num) {
		return Missing
	}
	return difference(newRatio(a.Num, a.Den), newRatio(b.Num, b.Den), Student(len(a.Num), level))
}

// Linear is a sum of measures with the given factors over the same replicates, such as the mean over cells or a difference of
// differences; missing where one of them is or they have not as many.
func Linear(sums []data.Sums, factors []float64, level float64) Figure {
	if len(sums) == 0 {
		return Missing
	}
	n := len(sums[0].Num)
	ratios := make([]ratio, len(sums))
	for i, s := range sums {
		ratios[i] = newRatio(s.Num, s.Den)
		if ratios[i].missing() || len(s.Num) != n {
			return Missing
		}
	}
	// What is added and what is taken away are summed apart, so that equal terms cancel to exactly 0.
	apart := func(term func(r *ratio) float64) float64 {
		var sides [2]float64
		for i, f := range factors {
			if f < 0 {
				sides[1] -= float64(f * term(&ratios[i]))
			} else {
				sides[0] += float64(f * term(&ratios[i]))
			}
		}
		return sides[0] - sides[1]
	}
	value := apart(func(r *ratio) float64 { return r.value })
	return figure(value, n, Student(n, level), func(k int) float64 {
		return apart(func(r *ratio) float64 { return r.residual(k) })
	})
}
