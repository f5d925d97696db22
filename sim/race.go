package sim

import (
	"relend/sim/behaviour"
	"relend/sim/rng"
)

// The coarse draw of a lane leaves its uniform an interval of 2^-10. Where the whole interval lies on one side of every
// chance, it has decided, and the fine draw is not made; nine times out of ten or more it has. The answers are always
// those of the fine draw.

// cause is which of two competing causes has fired.
type cause uint8

const (
	neither cause = iota
	first
	second
)

// race says whether in step t, with the uniform of a lane, one of two causes with hazards a and b fires.
func (l *life) race(t int, lane rng.Lane, a, b float64) cause {
	if a+b <= behaviour.NearMost && !l.worker.plain {
		from, to := l.fate.between(t, lane)
		one, either := behaviour.NearPick(a, b)
		if c := fired(from-behaviour.PickError, one, either); c == fired(to+behaviour.PickError, one, either) {
			return c
		}
	}
	one, either := behaviour.Pick(a, b)
	return fired(l.fate.lane(t, lane), one, either)
}

func fired(u, one, either float64) cause {
	switch {
	case u < one:
		return first
	case u < either:
		return second
	}
	return neither
}

// chain says what step t does to a late borrower.
func (l *life) chain(t int) behaviour.LateOutcome {
	chain, bucket := l.chances(t), int(l.bucket)
	if !l.worker.plain {
		from, to := l.fate.between(t, rng.Risk)
		if o := chain.Late(bucket, from); o == chain.Late(bucket, to) {
			return o
		}
	}
	return chain.Late(bucket, l.fate.lane(t, rng.Risk))
}

// chances are those of a late borrower in step t.
func (l *life) chances(t int) *behaviour.Chain {
	chain := &l.economy.steps[t].chain
	if l.conduct.Cures < 1 {
		weaker := chain.Weaker(l.conduct.Cures)
		chain = &weaker
	}
	return chain
}

// between returns the ends of the interval in which the uniform of a lane in step t lies, itself not one of them.
func (f *fate) between(t int, lane rng.Lane) (from, to float64) {
	c := float64(rng.Coarse(f.months[t], lane))
	return c * (1. / rng.CoarseSteps), (c + 1) * (1. / rng.CoarseSteps)
}
