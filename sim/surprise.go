package sim

import (
	"relend/data"
	"relend/sim/behaviour"
)

// The counter Surprise is a martingale: in every step it adds by how much a borrower's chance to default has moved beyond
// what was to be expected at the start of the step, so that its mean is 0. It is nearly the luck in the defaults of a
// path, which estimates therefore need not contain (package estimate). The chance looked at is that of the arrears that
// he is in, 0 of one who pays, as if the economy stayed what it is; any other function of his state would do for the mean.

// failing writes the chances to default, some time, of one who is 1, 2, ... steps late, n steps in each bucket, under a chain.
func failing(out []float64, chain *behaviour.Chain, n int) []float64 {
	further := 1.
	for i := len(out) - 1; i >= 0; i-- {
		if k := &chain[i/n]; k.Either > 0 {
			further *= k.Roll / k.Either
		} else {
			further = 0
		}
		out[i] = further
	}
	return out
}

// chances are those to default of one who enters each bucket in a mean economy.
func (m *model) chances(n int) [3]float64 {
	chain := m.Chain(behaviour.Multipliers{Miss: 1, Roll: 1, Cure: 1}, n)
	v := failing(make([]float64, 3*n), &chain, n)
	return [3]float64{v[0], v[n], v[2*n]}
}

// failing is the chance of one who is so many steps late after step t: 1 where that is default.
func (l *life) failing(t, late int) float64 {
	if fails := l.economy.steps[t].fails; late <= len(fails) {
		return fails[late-1]
	}
	return 1
}

// surprised counts a move of the chance.
func (l *life) surprised(row *row, by float64) {
	row[data.Surprise] += l.weight * roundEven(by*data.SurpriseUnit)
}

// expects counts what was to be expected of a borrower who pays in step t, with the hazard of a miss given.
func (l *life) expects(row *row, t int, miss float64) {
	var chance float64
	if miss+l.prepay <= behaviour.NearMost { // to less than the unit of the counter
		chance, _ = behaviour.NearPick(miss, l.prepay)
	} else {
		chance, _ = behaviour.Pick(miss, l.prepay)
	}
	l.surprised(row, -chance*l.failing(t, 1))
}

// resolved counts what step t has done to a late borrower.
func (l *life) resolved(row *row, t int, outcome behaviour.LateOutcome) {
	k, late := &l.chances(t)[l.bucket-1], int(l.overdue)
	further, same, now := l.failing(t, late+1), l.failing(t, late), 0.
	switch outcome {
	case behaviour.Roll:
		now = further
	case behaviour.Stay:
		now = same
	}
	l.surprised(row, now-float64(k.Roll*further)-float64((1-k.Either)*same))
}
