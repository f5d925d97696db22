package sim

import (
	"math"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rng"
	"relend/sim/rule"
)

// apply judges a request for a further loan in step t and carries out the answer. It reports whether a shock was
// set, renewed or cleared.
func (l *life) apply(t int) (shockSet bool) {
	a := l.application(t)
	// What an application leads to counts in the cell of the loan asked for.
	next := min(l.ordinal, math.MaxUint8-1) + 1
	rows := l.cell(next)
	row := counters(rows, t)
	row[data.Applications] += l.weight
	row[data.RequestedAmount] += l.weight * int64(a.Asked)
	if !l.applied {
		l.applied = true
		row[data.FirstApplications] += l.weight
	}
	switch d := l.book.Decide(&a); {
	case !d.Granted:
		row[data.Denied(d.Reason)] += l.weight
		shockSet = l.denied(t, row, d)
	case l.decision(t, takeUpDraw) >= l.model.TakeUp(a.APR, float64(d.Amount)/float64(a.Asked), l.graded.hazard):
		row[data.NotTakenUp] += l.weight
	default:
		l.grant(t, row, &a, d)
		l.ordinal, l.rows = next, rows
		return true
	}
	return shockSet
}

// application describes the borrower as lender and law see him.
func (l *life) application(t int) rule.Application {
	m := l.model
	a := rule.Application{
		Idle: l.n == 0, Gap: int(l.gap), Since: t - int(l.origin) - 1, NewOrdinal: int(l.ordinal) + 1,
		Clean: int(l.clean), Own: int(l.n), Segment: l.borrower.segment, Income: l.borrower.income, PD: l.borrower.pd,
		Outside: l.fate.visible(int(l.outside), l.book.Terms.Coverage), OutsideBalance: money(m.OutsideBalance),
		OutsideInstal: money(m.OutsideInstalment), Base: l.borrower.base, Step: l.nextStep(),
		BreakEven: l.breakEven, APR: l.offer, Burden: contract.Burden(l.product, l.offer/12, int(l.tenor)),
	}
	for k, at := range l.lateAt {
		a.SinceLate[k] = rule.Never
		if at != never {
			a.SinceLate[k] = t - int(at)
		}
	}
	if l.n > 0 {
		newest := &l.loans[l.n-1]
		a.NewestPrincipal, a.NewestBalance = newest.Principal, newest.Balance
		a.OwnBalance = l.balance()
		a.OwnInstalments, a.NewestInstalment = l.instalments()
	}
	asked := data.Money(float64(l.borrower.base) * m.growth[a.Step])
	a.Asked = asked - asked%data.Unit
	return a
}

// nextStep is the step of the ladder that the next loan would be on: dependent borrowers climb with every loan,
// the others with every third (model.md §22 item 3).
func (l *life) nextStep() int {
	if l.dependent || (int(l.ordinal)+1)%3 == 0 {
		return min(int(l.step)+1, int(l.model.LevMax))
	}
	return int(l.step)
}

// denied lets a borrower who was refused look for money elsewhere; one who depends on it and finds none is
// shocked (model.md §8.2, §22 items 14, 28, 29, 62).
func (l *life) denied(t int, row *row, d rule.Decision) (shockSet bool) {
	terms := &l.book.Terms
	leak := l.model.Leak * (1 - terms.Share)
	if d.ByLaw {
		leak *= 1 - terms.Scope
	}
	if int(l.outside) >= terms.Outside || terms.Open == 0 {
		leak = 0
	}
	if l.decision(t, leakDraw) < leak {
		row[data.Leaks] += l.weight
		l.outside++
		l.stale = true
		return false
	}
	if !l.dependent || l.n == 0 || l.model.ShockMonths == 0 {
		return false
	}
	if l.shock == 0 {
		row[data.ShocksStarted] += l.weight
	} else {
		row[data.ShocksRenewed] += l.weight
	}
	l.shock = uint8(l.model.ShockMonths)
	l.stale = true
	return true
}

// grant books a loan that was offered and taken up.
func (l *life) grant(t int, row *row, a *rule.Application, d rule.Decision) {
	w := l.weight
	loan := contract.Open(l.product, d.Amount, a.APR, int(l.tenor), 1)
	loan.Origin = int16(t)
	if !a.Idle {
		loan.Flags |= contract.RollOver
		row[data.TopUps] += w
		row[data.TopUpDisbursed] += w * int64(d.Amount)
	}
	if d.Refinance {
		l.n--
		c := l.loans[l.n].Replace()
		l.receive(row, c)
		row[data.Refinanced] += w * int64(c.Principal)
	}
	m := l.model
	fraud := m.Fraud[min(a.NewOrdinal, 3)-1] + m.BustSlope*max(0, math.Log(float64(d.Amount)/float64(l.principal)))
	if rng.Uniform(l.fate.Block(rng.Sequence, a.NewOrdinal)[0]) < fraud {
		loan.Flags |= contract.Fraud
		row[data.FirstPaymentFraud] += w
	}
	row[data.Granted] += w
	row[data.Disbursed] += w * int64(d.Amount)
	if !l.served {
		l.served = true
		row[data.FirstGrants] += w
	}
	l.loans[l.n] = loan
	l.n++
	l.step = uint8(a.Step)
	l.principal = d.Amount
	l.origin = int16(t)
	l.mode, l.age, l.gap, l.shock = current, 0, 0, 0
	l.stale = true
}
