package estimate

import "relend/data"

// The counter Surprise is the luck that a path's borrowers had with their arrears. Its mean is 0 whatever the model is
// (package sim), so that means of defaults to date may be taken of defaults less a multiple of it (a control variate:
// Glasserman, "Monte Carlo Methods in Financial Engineering", 2004, 4.1). The multiple that leaves least is the covariance
// of both over the variance of Surprise. A borrower in default has had a surprise of about 1; one who is late of his
// chance to default, and no default yet. So it is about D/(D + sum of L v²) with D defaults to date, L borrowers late, by
// bucket, and v their chance (Run.Chances). In the first months, in which it is below leastShare, the late would add more
// to differences between arms than is taken from them, and defaults are taken as they are.

const leastShare = .75

// shares are the multiples of all arms, by month, those of the baseline arm.
func (e *Estimator) shares() []float64 {
	run, out := &e.results.Run, make([]float64, e.months)
	if run.Chances == [3]float64{} { // not counted
		return out
	}
	failed, late := make([]float64, e.months), make([]float64, e.months)
	for path := range run.Paths {
		rows, weight, sum := e.rows(run.Baseline, path), e.results.Weight(path), 0.
		for t := range out {
			row := rows[t*counters:]
			sum += float64(row[data.Defaults])
			failed[t] += weight * sum
			for k, v := range run.Chances {
				late[t] += weight * float64(v*v) * float64(row[data.BorrowersD1+data.Counter(k)])
			}
		}
	}
	for t := range out {
		if share := failed[t] / (failed[t] + late[t]); failed[t] > 0 && share >= leastShare {
			out[t] = share
		}
	}
	return out
}

// fair is series for means over paths: with Luck, luck is taken out.
func (e *Estimator) fair(out []float64, rows []int64, s data.Sum) {
	e.series(out, rows, s)
	if !s.Luck {
		return
	}
	luck := int64(0)
	for t := range out {
		luck += rows[t*counters+int(data.Surprise)]
		out[t] -= float64(e.share[t] * e.results.Run.Whole(float64(luck)/data.SurpriseUnit))
	}
}
