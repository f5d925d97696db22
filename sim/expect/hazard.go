package expect

import (
	"math"

	"relend/data"
)

// The hazards of a step, from the state at its start (METHOD.md §5), written out once more.

// rawSeason is the seasoning of the miss hazard at an age, not yet scaled to a mean of 1 over the first year.
func (r *run) rawSeason(age int) float64 {
	m := float64(age+1) * r.dt
	return r.p.Season[0] + r.p.Season[1]*m/r.p.Season[2]*math.Exp(1-m/r.p.Season[2])
}

// predictor is the linear predictor of the log miss hazard.
func (r *run) predictor(pti float64, outside, ordinal uint8, apr, size float64) float64 {
	eta := r.p.BPTI*(math.Min(pti, r.p.PTIMax)-r.p.PTIRef) + r.p.BStack*math.Min(float64(outside), 6) + r.p.BAPR*(apr-r.p.APRRef) + r.p.BLev*math.Log(size)
	if ordinal > 1 {
		eta += r.p.BOrd[min(int(ordinal), 5)-2]
	}
	return eta
}

// burden is payment to income with so many outside loans.
func (r *run) burden(paying data.Money, outside uint8) float64 {
	return (float64(paying) + float64(outside)*float64(r.outsideInstalment)) / float64(r.b.Income)
}

// miss is the hazard of a missed payment, without frailty.
func (r *run) miss(s *state, t int) float64 {
	newest := r.newest(s)
	apr := newest.Rate * r.year
	now := r.predictor(r.burden(s.paying, s.outside), s.outside, s.ordinal, apr, float64(newest.Principal)/float64(r.base))
	if s.ordinal > 1 && s.granted >= 0 {
		now = r.p.AddedDebt*now + (1-r.p.AddedDebt)*(r.carried+r.p.BAPR*(apr-r.p.APRRef))
	}
	log := r.b.Hazard + r.b.Shift - r.atSnapshot + now
	log += r.p.EducationMiss * r.p.Education
	l := r.dt * math.Exp(log) * r.rawSeason(int(newest.age)) / r.firstYear * r.economy[t].miss
	if s.shock > 0 {
		l *= r.p.ShockMult
	}
	if s.dependent && rolledOver(newest) && newest.age < int16(r.p.ReliefMonths) {
		l *= r.p.ReliefMult
	}
	return l
}

// prepay is the hazard of repaying all loans early.
func (r *run) prepay(s *state, t int) float64 {
	newest := r.newest(s)
	l := r.p.Prepay
	if newest.Rate*r.year-r.offer(s, newest, t).allIn > r.p.PrepayGap {
		l *= 1 + r.p.PrepayRefi
	}
	return l
}

// demand returns the hazards of asking and of leaving, without heterogeneity.
func (r *run) demand(s *state, t int) (ask, leave float64) {
	d := 0
	if s.dependent {
		d = 1
	}
	price := func(o offer) float64 {
		if r.p.Elasticity == 0 {
			return 1
		}
		return math.Exp(-r.p.Elasticity * (o.allIn - r.p.APRRef))
	}
	if s.mode == current {
		newest := r.newest(s)
		if newest.age < int16(r.p.TopMinAge) {
			return 0, 0
		}
		return r.p.Top[d] * r.unlearned(d) * price(r.offer(s, newest, t)), 0
	}
	last := &r.loans[s.last]
	ask = r.p.Re[d] * (r.p.Return[0] + r.p.Return[1]*math.Exp(-float64(s.gap)*r.dt/r.p.Return[2])) * price(r.offer(s, last, t))
	if s.gap >= r.steps(1) {
		leave = r.p.Exit[d]
	}
	return ask, leave
}

// outside returns the hazards of an outside loan opened and closed.
func (r *run) outside(s *state, t int) (birth, death float64) {
	d := 0
	if s.dependent {
		d = 1
	}
	terms := r.book.At(t)
	if int(s.outside) < terms.Outside {
		birth = r.p.OutsideBirth[d] * r.unlearned(d) * terms.Open
	}
	return birth, r.p.OutsideDeath * float64(s.outside)
}

// unlearned is the part of outside borrowing and topping up that education leaves to who does (1) and to who does not
// (0) depend on rolling the debt.
func (r *run) unlearned(dependent int) float64 {
	return 1 - float64(dependent)*r.p.EducationRollover*r.p.Education
}

// race returns the probabilities that the first and that the second of two competing causes fires in a step.
func race(a, b float64) (first, second float64) {
	if a+b == 0 {
		return 0, 0
	}
	p := -math.Expm1(-(a + b))
	return p * a / (a + b), p * b / (a + b)
}

// weather holds the multipliers of a step's economy.
type weather struct {
	miss, roll, cure float64
	factor           float64
}

func (r *run) forecast(e *Economy) {
	r.economy = make([]weather, r.grid.Steps(r.months))
	for t := range r.economy {
		w := &r.economy[t]
		if e.Sigma != 0 {
			w.factor = e.Factor[t]
		}
		unemployment, gdp, lpr := e.Macro.At(r.month(t) - 1)
		shift := r.p.MacroUnemployment*unemployment + r.p.MacroGDP*gdp + r.p.MacroLPR*lpr
		m := func(scale float64) float64 {
			return math.Exp(scale*e.Sigma*w.factor - scale*e.Sigma*scale*e.Sigma/2)
		}
		w.miss, w.roll, w.cure = math.Exp(shift)*m(1), m(r.p.RollScale), m(r.p.CureScale)
		if e.Miss != nil {
			w.miss = math.Exp(shift) * e.Miss[t]
		}
	}
}
