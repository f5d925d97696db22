package sim

import (
	"math"

	"relend/sim/rng"
)

// Most steps of most lives are quiet: no lane fires, and what happens is what the schedule says. pass goes through a
// run of them at once. Each word of coarse draws is held against whole numbers that bound the hazards of the whole
// run; only where one is undercut are the hazards of the step computed, as in the plain step. A step that may not be
// quiet is left to the plain step, which draws again and decides.
// In a Plan set plain all steps are plain; the counts are the same.

// pass goes through the quiet steps from t on, up to end, and returns the first one that may not be quiet.
func (l *life) pass(t, end int) int {
	w := l.worker
	if w.plain || w.watch != nil || w.story != nil || l.helm != nil || l.shock > 0 { // these go step by step, and controls raise hazards above their bounds
		return t
	}
	switch {
	case l.mode == idle:
		return l.passIdle(t, end)
	case l.mode == current && l.n == 1 && !l.fraudulent():
		return l.passCurrent(t, end)
	}
	return t
}

// threshold is the least coarse draw that rules out that a lane with total hazard h fires: the comparison of mayFire in
// whole numbers.
func threshold(h float64) uint32 { return uint32(math.Ceil(min(h, 1) * rng.CoarseSteps)) }

// passIdle is pass for a borrower without an own loan.
func (l *life) passIdle(t, end int) int {
	last := int16(len(l.model.returning) - 1)
	ask, _ := l.demandHazards(l.gap) // it falls with the gap
	demand, outside := threshold(ask+l.leave), threshold(l.birth+l.death*float64(l.outside))
	for ; t < end; t++ {
		word := l.fate.months[t]
		if rng.Coarse(word, rng.Outside) < outside {
			break
		}
		if rng.Coarse(word, rng.Demand) < demand {
			ask, leave := l.demandHazards(l.gap)
			if mayFire(word, rng.Demand, ask+leave) {
				break
			}
			demand = threshold(ask + l.leave)
		}
		l.gap = min(l.gap+1, last)
		if l.economy.steps[t].last {
			l.countStocks(l.row(t), t)
		}
	}
	return t
}

// passCurrent is pass for a borrower who pays one loan.
func (l *life) passCurrent(t, end int) int {
	m, loan := l.model, &l.loans[0]
	if l.reliefEnds >= 0 {
		end = min(end, t+int(l.reliefEnds-l.age))
	}
	risk := threshold(l.miss*m.hump[l.age]*l.economy.worst + l.prepay)
	demand, outside := threshold(l.ask), threshold(l.birth+l.death*float64(l.outside))
	for ; t < end; t++ {
		word := l.fate.months[t]
		if rng.Coarse(word, rng.Outside) < outside ||
			rng.Coarse(word, rng.Risk) < risk && mayFire(word, rng.Risk, l.missHazard(t)+l.prepay) ||
			rng.Coarse(word, rng.Demand) < demand && float64(l.age) >= m.TopMinAge {
			break
		}
		cash, open := loan.Regular(&m.line)
		if !open {
			break
		}
		row := l.row(t)
		l.expects(row, t, l.missHazard(t))
		l.age++
		l.receive(row, cash)
		if l.economy.steps[t].last {
			l.countStocks(row, t)
		}
	}
	return t
}
