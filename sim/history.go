package sim

import (
	"math"

	"relend/data"
	"relend/sim/rule"
)

// What a borrower has taken before, as far as rules ask for it.

// remember takes up the originations of a borrower at the snapshot: of the loans that are still open, those that were merged
// included, and of the last one, of which a sequence begins.
func (p *Plan) remember(b *borrower, s *state) {
	if s.ordinal == 0 {
		return
	}
	s.taken, s.sequence, s.first = 1, 1, s.principal
	for at := b.first + 1; at < b.first+uint32(b.rows); at++ {
		ago := age(&p.portfolio.Loans[at], p.settings.Grid) - b.age
		s.taken = rule.Took(s.taken, int(max(0, ago))) // within a month the order of the rows is not that of the days
	}
}

// takes notes a loan granted in step t to a borrower who was idle for so many steps, or whose newest loan it replaces or
// joins.
func (s *state) takes(t int, idle, refinance, continues bool, amount data.Money) {
	if ago := t - int(s.origin); s.ordinal > 0 && ago < rule.MostSteps {
		s.taken = s.taken<<ago | 1
	} else {
		s.taken = 1
	}
	switch {
	case !continues:
		s.sequence, s.first = 1, amount
	case s.sequence < math.MaxUint8:
		s.sequence++
	}
	switch {
	case idle:
		s.rollOvers = 0
	case refinance && s.rollOvers < math.MaxUint8:
		s.rollOvers++
	}
}

// history describes it to the rules in step t; month is the number of steps after a payoff that end a sequence.
func (s *state) history(a *rule.Application, t int, month int16) {
	if ago := t - int(s.origin); s.ordinal > 0 && ago < rule.MostSteps {
		a.Taken = s.taken << ago
	}
	a.Sequence, a.RollOvers = int(s.sequence), int(s.rollOvers)
	a.Continues, a.First = s.ordinal > 0 && (s.n > 0 || s.gap < month), s.first
}
