package expect

import (
	"math"

	"relend/data"
	"relend/sim/contract"
)

// The order of events in a month: METHOD.md §6.

// late passes step t of a late borrower: roll, cure or stay, and nothing else.
func (r *run) late(from *state, t int, mass []float64) {
	bucket := int(from.mode)
	due := (bucket-1)*r.parts + int(from.part) + 1 // instalments overdue
	curing := r.p.Cure[bucket-1] * r.economy[t].cure
	roll, cure := race(r.further(r.p.Roll[bucket-1]*r.economy[t].roll, curing), curing)
	if r.newest(from).Flags&contract.Fraud != 0 {
		roll, cure = 1, 0
	}

	cure *= r.book.At(t).Cures

	s := *from
	r.each(&s, r.unpaid(t))
	if int(from.part) < r.parts-1 {
		s.part++
		s.isLate(t)
		r.commit(&s, t, mass, roll)
	} else if bucket == 3 {
		r.fail(&s, t, mass, roll)
	} else {
		balance := r.balance(&s)
		if bucket == 1 {
			r.add(data.Entered30, 1)
			r.add(data.Entered30Balance, balance)
		} else {
			r.add(data.Entered60, 1)
			r.add(data.Entered60Balance, balance)
		}
		s.mode, s.part = s.mode+1, 0
		s.isLate(t)
		r.commit(&s, t, mass, roll)
	}
	r.flows = r.flows[:0]

	s = *from
	s.mode, s.part = current, 0
	closed, _, cash := r.each(&s, func(l *loan) contract.Cash { return l.Cure(due, &r.line) })
	r.add(data.Cures, 1)
	r.received(closed, cash)
	r.commit(&s, t, mass, cure)
	r.flows = r.flows[:0]

	s = *from
	_, _, cash = r.each(&s, func(l *loan) contract.Cash { return l.Stay(&r.line) })
	r.received(0, cash)
	s.isLate(t)
	r.commit(&s, t, mass, 1-roll-cure)
	r.flows = r.flows[:0]
}

// unpaid is a missed instalment in step t: interest and the late fee are owed.
func (r *run) unpaid(t int) func(l *loan) contract.Cash {
	terms := r.book.At(t)
	return func(l *loan) contract.Cash {
		l.Accrue()
		due := float64(l.Burden(&r.line))
		fee := math.Min(r.p.LateFee*float64(data.Unit)+r.p.LateFeeShare*due, terms.Fee*float64(data.Unit))
		if terms.FeeShare < math.MaxFloat64 {
			fee = math.Min(fee, terms.FeeShare*due)
		}
		l.Accrued += nearest(fee)
		return contract.Cash{}
	}
}

// isLate remembers that step t ended in the bucket of the mode.
func (s *state) isLate(t int) {
	for k := range s.mode {
		s.lateStep[k] = int16(t)
	}
}

func (r *run) received(closed int, cash contract.Cash) {
	r.add(data.LoansRepaid, data.Money(closed))
	r.closing(closed)
	r.add(data.PrincipalRepaid, cash.Principal)
	r.add(data.InterestReceived, cash.Interest)
	r.add(data.Drawn, cash.Drawn)
}

// The lanes of a current or idle borrower, apart from outside loans.
const (
	misses = iota
	prepays
	asks
	leaves
	quiet // none of these
)

// opening is what later events of a step need to know of its start.
type opening struct {
	t       int
	wasIdle bool
	shock   int16
	gap     int16
	event   bool // an outside loan was opened or closed
}

// live passes step t of a current or idle borrower.
func (r *run) live(from *state, t int, mass []float64) {
	r.risksAndDemand(from, t, mass)
	before := opening{t: t, wasIdle: from.mode == idle, shock: from.shock, gap: from.gap}

	birth, death := race(r.outside(from, t))
	r.afterOutside(*from, before, 1-birth-death)

	before.event = true
	s := *from
	s.outside--
	r.add(data.OutsideClosed, 1)
	if death > 0 {
		r.afterOutside(s, before, death)
	}
	r.flows = r.flows[:0]

	s = *from
	s.outside++
	r.add(data.OutsideOpened, 1)
	entry := 0.
	if !s.dependent && r.burden(s.paying, s.outside) > r.p.DepPTI && float64(s.outside) >= r.p.DepX {
		entry = r.p.DepEntry
	}
	if birth > 0 {
		r.afterOutside(s, before, birth*(1-entry))
		s.dependent = true
		r.afterOutside(s, before, birth*entry)
	}
	r.flows = r.flows[:0]
}

// risksAndDemand splits the mass over the outcomes of the risk and the demand lane, by node.
func (r *run) risksAndDemand(s *state, t int, mass []float64) {
	ask, leave := r.demand(s, t)
	miss, prepay, marked := 0., 0., false
	if s.mode == current {
		miss, prepay = r.miss(s, t), r.prepay(s, t)
		marked = r.newest(s).Flags&contract.Fraud != 0
	}
	for i, n := range r.nodes {
		missed, prepaid := race(miss*math.Exp(n.miss), prepay)
		if marked {
			missed, prepaid = 1, 0
		}
		asked, left := race(ask*n.ask, leave)
		rest := mass[i] * (1 - missed - prepaid)
		r.lanes[misses][i] = mass[i] * missed
		r.lanes[prepays][i] = mass[i] * prepaid
		r.lanes[asks][i] = rest * asked
		r.lanes[leaves][i] = rest * left
		r.lanes[quiet][i] = rest * (1 - asked - left)
	}
}

// afterOutside goes on after the external lane, which had probability p.
func (r *run) afterOutside(from state, before opening, p float64) {
	if p == 0 {
		return
	}
	t, mark := before.t, len(r.flows)
	pay := from
	if !before.wasIdle {
		s := from
		r.each(&s, func(l *loan) contract.Cash {
			l.Flags |= contract.Dirty
			return r.unpaid(t)(l)
		})
		s.mode, s.clean = late1, 0
		s.isLate(t)
		r.settle(&s, before)
		r.add(data.Misses, 1)
		r.commit(&s, t, r.lanes[misses], p)
		r.flows = r.flows[:mark]

		s = from
		oldest := from.own[0]
		closed, clean, cash := r.each(&s, func(l *loan) contract.Cash {
			if r.p.PrepayScope == 0 || oldest != 0 {
				oldest = 0
				return l.Prepay()
			}
			l.age++
			return l.Pay(&r.line)
		})
		s.clean = min(s.clean+uint8(clean), mostClean)
		r.add(data.Prepayments, 1)
		r.received(closed, cash)
		r.commit(&s, t, r.lanes[prepays], p)
		r.flows = r.flows[:mark]

		closed, clean, cash = r.each(&pay, func(l *loan) contract.Cash {
			l.age++
			return l.Pay(&r.line)
		})
		pay.clean = min(pay.clean+uint8(clean), mostClean)
		r.received(closed, cash)
	}
	r.finish(pay, before, false, r.lanes[quiet], p)
	r.ask(pay, before, p)
	r.leave(t, r.lanes[leaves], p)
	r.flows = r.flows[:mark]
}

// leave counts a borrower who leaves for good in step t.
func (r *run) leave(t int, mass []float64, p float64) {
	mark := len(r.flows)
	r.add(data.Exits, 1)
	r.commit(nil, t, mass, p)
	left := total(mass) * p
	for m := r.month(t); m <= r.months; m++ {
		r.record(m, data.BorrowersExited, left, 1)
	}
	r.flows = r.flows[:mark]
}

// door passes step t of an applicant: he waits outside, or comes in and asks.
func (r *run) door(s *state, t int, mass []float64) {
	if t < r.b.Arrives {
		r.reach(*s, t, mass, 1)
		return
	}
	copy(r.lanes[asks], mass)
	in := *s
	in.mode = idle
	r.add(data.Arrivals, 1)
	r.ask(in, opening{t: t, wasIdle: true}, 1)
	r.flows = r.flows[:0]
}

// settle takes the borrower's instalments anew if an outside loan came or went.
func (r *run) settle(s *state, before opening) {
	if before.event && s.mode != idle {
		s.paying = r.instalments(s)
	}
}

// finish ends a month: the months since payoff, and a running shock unless the application touched it.
func (r *run) finish(s state, before opening, touched bool, mass []float64, p float64) {
	if s.ordinal == 0 { // an applicant who got no loan
		r.leave(before.t, mass, p)
		return
	}
	r.settle(&s, before)
	if before.wasIdle && s.mode == idle {
		s.gap = min(s.gap+1, r.steps(mostGap))
	}
	if before.shock == 0 || touched {
		r.commit(&s, before.t, mass, p)
		return
	}
	s.shock--
	exit := 0.
	if s.shock == 0 && s.dependent {
		exit = r.p.ShockExit
	}
	r.commit(&s, before.t, mass, p*(1-exit))
	if exit > 0 {
		mark := len(r.flows)
		s.dependent = false
		r.add(data.Deleveraged, 1)
		r.commit(&s, before.t, mass, p*exit)
		r.flows = r.flows[:mark]
	}
}

// fail counts the default of a borrower in step t and all that follows from it.
func (r *run) fail(s *state, t int, mass []float64, p float64) {
	balance, exposure := data.Money(0), data.Money(0)
	for _, n := range s.own[:s.count()] {
		l := r.loans[n]
		if l.Product == data.Revolving { // what is free is drawn in part before default
			more := nearest(r.p.LineConversion * math.Max(0, float64(l.Principal-l.Balance)))
			l.Balance += more
			r.add(data.Drawn, more)
		}
		balance += l.Balance
		exposure += l.Balance + l.Owed()
	}
	r.add(data.Defaults, 1)
	if s.ordinal >= 2 {
		r.add(data.DefaultsRepeat, 1)
	}
	r.add(data.DefaultBalance, balance)
	r.add(data.DefaultExposure, exposure)
	r.commit(nil, t, mass, p)

	p *= total(mass)
	share := r.p.FraudRecovery
	if r.newest(s).Flags&contract.Fraud == 0 {
		mean := 0.
		first := max(0, t-int(r.year)+1)
		for _, w := range r.economy[first : t+1] {
			mean += w.factor / float64(t+1-first)
		}
		share = math.Max(0, math.Min(1, r.p.RecoveryMean*math.Exp(-r.p.RecoveryCyclicality*r.sigma*mean)))
	}
	share *= r.book.At(t).Recoveries
	paid, off := data.Money(0), false
	for step := t; step < len(r.economy); step++ {
		month, cash := r.month(step), data.Money(0)
		if j := step - t - 1; j >= 0 && j < len(r.recovered) {
			cash = nearest(float64(exposure)*share*r.recovered[j]) - paid
			paid += cash
		}
		if off {
			r.record(month, data.Recoveries, p, cash)
		} else {
			principal := min(cash, balance)
			balance -= principal
			r.record(month, data.PrincipalRepaid, p, principal)
			r.record(month, data.PreChargeOffRecovery, p, principal)
			r.record(month, data.InterestReceived, p, cash-principal)
			if step == t+int(r.p.ChargeOffMonths) {
				r.record(month, data.ChargedOff, p, balance)
				balance, off = 0, true
			}
		}
		if !r.ends(step) {
			continue
		}
		stock := data.BorrowersDefault
		if off {
			stock = data.BorrowersOff
		}
		r.record(month, stock, p, 1)
		r.record(month, data.BalanceDefault, p, balance)
		if !off {
			r.provideFailed(month, p, balance, exposure, step-t)
		}
		if s.ordinal >= 2 {
			r.record(month, data.BalanceRepeat, p, balance)
		}
	}
}
