package expect

import (
	"slices"

	"relend/data"
	"relend/sim/rule"
)

// What rules ask of a borrower's past, and the terms of a step (METHOD.md §7), written out once more.

// past takes up the loans of the snapshot: those still open, and the last one.
func (r *run) past(s *state) {
	if s.ordinal == 0 {
		return
	}
	s.sequence, s.opening = 1, r.b.Loans[0].Principal
	newest := r.age(&r.b.Loans[0])
	for i := range r.b.Loans {
		ago := max(newest, r.age(&r.b.Loans[i])) // before the step -1
		for ago < 64 && s.taken>>ago&1 == 1 {    // the second of a step counts a step earlier
			ago++
		}
		if ago < 64 {
			s.taken |= 1 << ago
		}
	}
}

// takes notes that a loan is granted in the step at hand, before the state has it.
func (r *run) takes(s *state, refinance bool, amount data.Money) {
	s.taken |= 1
	if r.begins(s) {
		s.sequence, s.opening = 0, amount
	}
	s.sequence = min(s.sequence, 254) + 1
	if s.mode == idle {
		s.rolled = 0
	} else if refinance {
		s.rolled = min(s.rolled, 254) + 1
	}
}

// begins reports whether the next loan would begin a sequence.
func (r *run) begins(s *state) bool { return s.ordinal == 0 || s.mode == idle && s.gap >= r.steps(1) }

// ladder is the step of the ladder that a borrower's next loan would be on.
func (r *run) ladder(s *state) uint8 {
	if s.ordinal > 0 && (s.dependent || (int(s.ordinal)+1)%3 == 0) {
		return min(s.ladder+1, uint8(r.p.LevMax))
	}
	return s.ladder
}

// cap is the highest rate posted in step t to a borrower for a loan like another.
func (r *run) cap(s *state, like *loan, t int) float64 {
	return r.book.Cap(&rule.Application{
		Now: t, Product: like.Product, Term: int(like.tenor), Segment: r.b.Segment, Obedience: r.obeys[s.obeys], Idle: s.mode == idle,
		Since: t - int(s.granted) - 1, Asked: r.asked(r.ladder(s)), Fee: r.fee, PerYear: r.grid.PerYear(),
	})
}

// setting is where and when the rules apply.
func (e *Economy) setting() rule.Setting {
	return rule.Setting{Grid: e.Grid, AsOf: e.AsOf, Segments: e.Segments, LPR: e.Macro.LPR}
}

// blurred reports that the bureau of an arm shows loans late or wrongly.
func blurred(a *Arm) bool {
	p := &a.Behaviour
	t := rule.Terms{Bureau: rule.Bureau{Lag: int(p.Lag), Missed: p.Missed, Mistaken: p.Mistaken}}
	for _, r := range slices.Concat(a.Policy, a.Law) {
		if sharing, ok := r.(*rule.DataSharing); ok {
			sharing.Apply(&t)
		}
	}
	return t.Lag > 0 || t.Missed > 0 || t.Mistaken > 0
}

// Glass reports whether a rule makes the bureau show more or less from some time on. A Run refuses it.
func Glass(r rule.Rule) bool {
	_, sharing := rule.Bare(r).(*rule.DataSharing)
	return sharing && rule.Bare(r) != r
}
