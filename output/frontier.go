package output

import (
	"cmp"
	"slices"

	"relend/sim/estimate"
)

// Frontier sets a risk, of which less is better, against access, of which more is better, and says which arms of a group
// another one beats. It goes by paired differences, which are sharper than the error bars of the arms.
type Frontier struct {
	Risk, Access string // measures
	// Beaten is, per arm, an arm of its group that is better in one aim and better or equal on every path in the other,
	// beyond the interval of the difference; -1 none.
	Beaten []int
	// Doubtful is, per arm that none beats, one that is better in one aim while the other aim cannot be told apart: what it
	// gives up buys no gain that can be told; -1 none.
	Doubtful []int
}

// FrontierAims are the aims that are set against each other, the main ones first.
var FrontierAims = [][2]string{{"default_rate", "served_share"}, {"loss_rate", "served_share"}}

func (r *Report) frontier(e *estimate.Estimator, risk, access string) Frontier {
	f := Frontier{risk, access, make([]int, len(r.Run.Arms)), make([]int, len(r.Run.Arms))}
	risks, accesses := e.Differences(r.Measures[r.Index(risk)], r.Run.Months), e.Differences(r.Measures[r.Index(access)], r.Run.Months)
	for a := range r.Run.Arms {
		f.Beaten[a], f.Doubtful[a] = -1, -1
	}
	for _, g := range r.Groups {
		for _, a := range g.Arms {
			beaten, doubtful := 0., 0. // by how much, in both aims together
			for _, b := range g.Arms {
				x, y := risks[b][a], accesses[b][a] // b less a
				gain := y.Value - x.Value
				told := x.Verdict() == estimate.Below || y.Verdict() == estimate.Above
				switch least := min(merit(x.Verdict(), estimate.Below), merit(y.Verdict(), estimate.Above)); {
				case told && least == equal && gain > beaten:
					beaten, f.Beaten[a] = gain, b
				case told && least == unclear && gain > doubtful:
					doubtful, f.Doubtful[a] = gain, b
				}
			}
			if f.Beaten[a] >= 0 {
				f.Doubtful[a] = -1
			}
		}
	}
	return f
}

const (
	worse = iota
	unclear
	equal // or better
)

// merit says how a difference stands whose good side is given.
func merit(v, good estimate.Verdict) int {
	switch v {
	case good, estimate.Identical:
		return equal
	case estimate.Unclear:
		return unclear
	}
	return worse
}

// Free lists the arms of a group that no other beats or makes doubtful, by access.
func (r *Report) Free(f *Frontier, g Group) []int {
	free := slices.DeleteFunc(slices.Clone(g.Arms), func(a int) bool { return f.Beaten[a] >= 0 || f.Doubtful[a] >= 0 })
	slices.SortStableFunc(free, func(a, b int) int { return cmp.Compare(r.At(a, f.Access).Value, r.At(b, f.Access).Value) })
	return free
}
