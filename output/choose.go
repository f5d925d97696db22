package output

import (
	"cmp"
	"slices"

	"relend/sim/estimate"
)

// Choose picks at most n arms of a group that matter, in the order of the run: the reference first, then arms
// that no other beats, then the rest, each by default rate, lowest first. The note says what was left out; it is
// empty when nothing was.
func (r *Report) Choose(g Group, n int) (arms []int, note string) {
	if len(g.Arms) <= n {
		return g.Arms, ""
	}
	others := slices.Clone(g.Arms[1:])
	slices.SortStableFunc(others, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(r.Dominated[a], 0), min(r.Dominated[b], 0)),
			cmp.Compare(r.At(a, "default_rate").Value, r.At(b, "default_rate").Value))
	})
	arms = append([]int{g.Reference}, others[:n-1]...)
	slices.Sort(arms[1:])
	return arms, r.Say("%d of %d arms shown: the baseline, arms that no other beats, then the lowest default rates. All are in the tables.", n, len(g.Arms))
}

// Stretch is a run of months in which a difference is told from zero on the same side.
type Stretch struct {
	From, To int
	Side     estimate.Verdict
}

// Stretches finds the runs of at least three months in which the difference of a monthly measure is told from
// zero: single months do so by chance at this many months.
func Stretches(differences []estimate.Figure) []Stretch {
	const least = 3
	var out []Stretch
	for m := 1; m < len(differences); {
		side, to := differences[m].Verdict(), m
		for to+1 < len(differences) && differences[to+1].Verdict() == side {
			to++
		}
		if (side == estimate.Below || side == estimate.Above) && to-m+1 >= least {
			out = append(out, Stretch{m, to, side})
		}
		m = to + 1
	}
	return out
}
