package sim

import (
	"relend/data"
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

// threshold is the least coarse draw that rules out that a lane with total hazard h, at least 0, fires: the comparison of
// mayFire in whole numbers.
func threshold(h float64) uint32 {
	steps := h * rng.CoarseSteps
	if steps >= rng.CoarseSteps {
		return rng.CoarseSteps
	}
	least := uint32(int32(steps))
	if float64(least) < steps {
		least++
	}
	return least
}

// passIdle is pass for a borrower without an own loan.
func (l *life) passIdle(t, end int) int {
	last := int16(len(l.model.returning) - 1)
	ask, _ := l.demandHazards(l.gap) // it falls with the gap
	demand, outside := threshold(ask+l.leave), threshold(l.birth+l.death*float64(l.outside))
	words, steps, debts := l.fate.months[:end], l.economy.steps[:end], l.debts()
	for ; t < end; t++ {
		word := words[t]
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
		if step := &steps[t]; step.last {
			row := counters(l.rows, int(step.month))
			debts.count(row)
			row[data.BorrowersIdle] += l.weight
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
	words, steps, debts := l.fate.months[:end], l.economy.steps[:end], l.debts()
	stand := m.setAside.Stand(l.overdue, l.risen)
	shares, stage := m.setAside.Shares(l.table[0], loan.Term, stand), m.setAside.Stage(stand)
	for ; t < end; t++ {
		word, step := words[t], &steps[t]
		if rng.Coarse(word, rng.Outside) < outside ||
			rng.Coarse(word, rng.Risk) < risk && mayFire(word, rng.Risk, l.missHazard(t)+l.prepay) ||
			rng.Coarse(word, rng.Demand) < demand && float64(l.age) >= m.TopMinAge {
			break
		}
		cash, open := loan.Regular(&m.line)
		if !open {
			break
		}
		row := counters(l.rows, int(step.month))
		l.expects(row, t, l.missHazard(t))
		l.age++
		l.receive(row, cash)
		switch {
		case !step.last:
		case l.bureau.Lag > 0: // his risk may rise with news of old loans
			l.countStocks(row, t)
		default:
			debts.count(row)
			row[data.BorrowersCurrent] += l.weight
			row[data.BalanceCurrent] += l.weight * int64(loan.Balance)
			l.setsAside(row, stage, loan.Balance, float64(loan.Balance)*float64(shares[loan.Remaining]))
		}
	}
	return t
}
