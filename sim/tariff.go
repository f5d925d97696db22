package sim

import (
	"fmt"
	"math"
	"slices"

	"relend/data"
	"relend/sim/rng"
	"relend/sim/rule"
)

// Terms that change in time, and prices that depend on the loan.

// through runs the steps from t up to the one before end, one era of the terms after the other.
func (l *life) through(t, end int) {
	for l.tariff != nil && l.mode != gone {
		if era := l.tariff.Era(t); era != l.era {
			l.era = era
			miss, relief, stale := l.miss, l.reliefEnds, l.stale
			l.refresh()
			l.miss, l.reliefEnds, l.stale = miss, relief, stale // burdens are those of the borrower's last event
		}
		next := l.tariff.Next(t)
		if next >= end {
			break
		}
		l.live(t, next)
		t = next
	}
	l.live(t, end)
}

// look reads the terms of the era, and the cap on the price of the loan that the borrower would ask for.
func (l *life) look() {
	start := l.tariff.Start(l.era)
	t := l.tariff.At(start)
	a := rule.Application{
		Now: start, Product: l.product, Term: int(l.tenor), Segment: l.borrower.segment, Obedience: l.obedience,
		Idle: l.n == 0, Since: start - int(l.origin) - 1, Asked: l.asks(l.nextStep()), Fee: l.model.fee, PerYear: l.worker.plan.settings.Grid.PerYear(),
	}
	l.supply, l.most, l.bureau, l.conduct, l.cap = t.Open, uint8(t.Outside), &t.Bureau, &t.Conduct, l.tariff.Cap(&a)
}

// asks is the amount asked for on a step of the ladder.
func (l *life) asks(step int) data.Money {
	asked := data.Money(float64(l.borrower.base) * l.model.growth[step])
	return asked - asked%data.Unit
}

// obey draws which rules bind a borrower that are not obeyed for all.
func (f *fate) obey() float64 { return rng.Uniform(f.Block(rng.Obey, 0)[0]) }

// tariffOf is a book whose terms a life has to look up as it goes on, else nil.
func tariffOf(b *rule.Book) *rule.Book {
	if b.Varies() {
		return b
	}
	return nil
}

// setting is where and when the rules of a plan's arms apply.
func (p *Plan) setting(a *Arm) rule.Setting {
	return setting(p.portfolio, p.settings.Grid, a)
}

func setting(portfolio *data.Portfolio, grid data.Grid, a *Arm) rule.Setting {
	return rule.Setting{Grid: grid, AsOf: portfolio.AsOf, Segments: portfolio.Segments, LPR: a.Macro.LPR}
}

// unlimited are the terms before any rule.
func (m *model) unlimited(a *Arm, s rule.Setting) rule.Terms {
	return rule.Terms{
		APRCap: math.Inf(1), TopUp: true, Stack: true, Share: m.Share,
		Scope: a.Scope, Open: 1, Outside: int(m.OutsideMax), Setting: s,
		Bureau:  rule.Bureau{Coverage: m.Coverage, Lag: int(m.Lag), Missed: m.Missed, Mistaken: m.Mistaken},
		Conduct: rule.Unbound,
	}
}

// warnOfRules names the segments that rules bind and the portfolio does not hold, and the rules that are never in force.
func (p *Plan) warnOfRules() {
	var seen []string
	warn := func(what, format string, args ...any) {
		if !slices.Contains(seen, what) {
			seen = append(seen, what)
			p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
		}
	}
	for i := range p.arms {
		a := &p.arms[i]
		where := p.setting(a)
		for _, r := range slices.Concat(a.Policy, a.Law) {
			for _, name := range rule.Strangers(r, &where) {
				warn(name, "arm %s: a rule binds the segment %q only, which the portfolio does not hold: nobody in it is bound", a.Name, name)
			}
			if rule.Void(r, &where) {
				sentence := r.Sentence(p.portfolio.Currency)
				warn(sentence, "arm %s: no step of the grid (%d days) lies between from and until of a rule, which is never in force: %s", a.Name, where.Grid.Days(), sentence)
			}
		}
	}
}
