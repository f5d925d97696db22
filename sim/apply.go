package sim

import (
	"math"
	"math/bits"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rng"
	"relend/sim/rule"
)

// outcome is what comes of an application, as far as the borrower's state is concerned: why he was denied makes
// no difference to him, nor whether he was, where he would not have taken up the offer.
type outcome struct {
	kind      outcomeKind
	refinance bool
	amount    data.Money // granted
	apr       float64    // of the loan granted
}

type outcomeKind uint8

const (
	nothing outcomeKind = iota // denied without consequence, or offered and not taken up
	leaked                     // denied, found an outside loan
	shocked                    // denied, rollover dependent, found no money
	granted
)

// apply judges a request for a further loan in step t in every arm of the life and concludes the step. Where
// the arms come to different outcomes, the life is copied and each part goes on with its own arms: this one with
// those of the first arm, the others wait on the worker's list.
func (l *life) apply(t int, wasIdle bool) {
	if l.helm != nil {
		l.applySteered(t, wasIdle)
		return
	}
	w := l.worker
	a := &w.application
	l.applyFor(a, t)
	l.judge(t, a)
	for ; w.ends != 0; w.ends &= w.ends - 1 {
		end := bits.TrailingZeros32(w.ends)
		l.fail(t, ending(end), w.ended[end])
		w.ended[end] = 0
	}

	mine := w.branch(l.arms)
	if mine.arms != l.arms {
		for rest := l.arms &^ mine.arms; rest != 0; {
			other := w.branch(rest)
			rest &^= other.arms
			w.part(l, t, wasIdle, a, other.outcome, other.arms)
		}
		if !w.room(l.family, mine.arms) {
			one := mine.arms & -mine.arms
			w.part(l, t, wasIdle, a, mine.outcome, mine.arms&^one)
			mine.arms = one
		}
		w.rejoin(l, mine.arms, t)
	}
	l.carry(t, wasIdle, a, mine.outcome)
}

// branch is an outcome with the arms that come to it.
type branch struct {
	outcome
	arms armSet
}

// branch returns that of the first of some arms.
func (w *worker) branch(arms armSet) *branch {
	for i := range w.branches {
		if w.branches[i].arms&arms&-arms != 0 {
			return &w.branches[i]
		}
	}
	panic("an arm without an outcome")
}

// judge finds the branches of an application in step t, and the arms that deny it by reason. Arms whose books are on one bench
// are judged together, but one by one where every rule is heard or a story is told.
func (l *life) judge(t int, a *rule.Application) {
	w := l.worker
	w.branches = w.branches[:0]
	var bureau *rule.Bureau
	var hearing *rule.Hearing
	if w.heard {
		hearing = &w.hearing
	}
	for k := range l.family.benches {
		bench := &l.family.benches[k]
		arms := uint64(l.arms) & bench.Books
		if arms == 0 {
			continue
		}
		terms := bench.Terms(t)
		if bureau == nil || *bureau != terms.Bureau {
			bureau = &terms.Bureau
			a.Outside = l.fate.shows(int(l.reported(t, bureau.Lag)), bureau)
		}
		for arms != 0 {
			set := arms
			if w.heard || w.story != nil {
				set &= -set
				w.hearing.Clear()
			}
			arms &^= set
			w.verdicts = bench.Judge(a, set, hearing, w.verdicts[:0])
			for i := range w.verdicts {
				v := &w.verdicts[i]
				w.bitten(l, t, a, v)
				if w.story != nil {
					v.Decision = l.judged(t, bits.TrailingZeros64(v.Books), a, v.Decision)
				}
				o := l.comes(t, a, v.Decision, terms)
				if end, ended := ends(v.Decision, o); ended {
					w.ended[end] |= armSet(v.Books)
					w.ends |= 1 << end
				}
				w.reach(o, armSet(v.Books))
			}
		}
	}
}

// reach notes that arms come to an outcome.
func (w *worker) reach(o outcome, arms armSet) {
	for i := range w.branches {
		if w.branches[i].outcome == o {
			w.branches[i].arms |= arms
			return
		}
	}
	w.branches = append(w.branches, branch{o, arms})
}

// judged shows a decision in arm i to the story, if there is one.
func (l *life) judged(t, i int, a *rule.Application, d rule.Decision) rule.Decision {
	if s := l.worker.story; s != nil {
		return s.judged(l, t, i, a, d)
	}
	return d
}

// ending is how an application ends without a loan: by denial for a reason or, last, with an offer that is not taken up.
type ending uint8

const declined = ending(data.NumReasons)

func (e ending) counter() data.Counter {
	if e == declined {
		return data.NotTakenUp
	}
	return data.Denied(data.Reason(e))
}

// ends says how a decision and what comes of it end an application, if they do so without a loan.
func ends(d rule.Decision, o outcome) (ending, bool) {
	if d.Granted {
		return declined, o.kind != granted
	}
	return ending(d.Reason), true
}

// fail counts applications that have ended without a loan in some arms in step t: together where these arms have a tally of
// their own, or one is to be had without taking it from lives.
func (l *life) fail(t int, e ending, arms armSet) {
	w, cell, month := l.worker, l.cellIndex(nextOrdinal(l.ordinal)), l.month(t)
	count := func(y *tally) { counters(y.cell(cell, month), month)[e.counter()] += l.weight }
	switch {
	case arms == l.arms:
		count(l.tally)
		return
	case w.plan.settings.Pooled && w.room(l.family, arms):
		count(w.tallyOf(l.family, arms))
		return
	}
	for ; arms != 0; arms &= arms - 1 {
		count(w.tallies[l.family.arms[bits.TrailingZeros64(uint64(arms))]])
	}
}

// applyFor describes the borrower as lender and law see him, apart from outside loans.
func (l *life) applyFor(a *rule.Application, t int) {
	m := l.model
	if l.moves() {
		l.reprice() // the step of the ladder may have changed within this step
	}
	if l.burdenOf == 0 {
		l.burdenOf = contract.Burden(l.product, l.offer/m.year, int(l.tenor), &m.line)
	}
	step := l.nextStep()
	*a = rule.Application{} // field by field, without a copy
	a.Now, a.Product, a.Term, a.Segment, a.Obedience = t, l.product, int(l.tenor), l.borrower.segment, l.obedience
	a.Idle, a.Gap, a.Since, a.NewOrdinal = l.n == 0, int(l.gap), t-int(l.origin)-1, int(l.ordinal)+1
	a.Clean, a.Own, a.Income, a.PD = int(l.clean), int(l.n), l.borrower.income, l.pd
	a.OutsideBalance, a.OutsideInstal = m.outsideBalance, m.outsideInstalment
	a.Asked, a.Base, a.Step = l.asks(step), l.borrower.base, step
	a.BreakEven, a.APR, a.Burden = l.breakEven, l.offer, l.burdenOf/m.step
	a.Fee, a.PerYear = m.fee, l.worker.plan.settings.Grid.PerYear()
	l.history(a, t, m.leaving)
	if l.ordinal == 0 { // who has no past here cannot be refused for it
		a.Gap, a.Since, a.Clean = rule.Never, rule.Never, rule.Never
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
		a.OwnInstalments, a.NewestInstalment = l.instalments(), l.worker.plan.settings.Grid.AMonth(newest.Burden(&m.line))
	}
}

// nextStep is the step of the ladder that the next loan would be on: dependent borrowers climb with every loan,
// the others with every third (model.md §22 item 3).
func (l *life) nextStep() int {
	if l.ordinal == 0 {
		return 0
	}
	if l.dependent || (int(l.ordinal)+1)%3 == 0 {
		return min(int(l.step)+1, int(l.model.LevMax))
	}
	return int(l.step)
}

// outcome says what comes of a decision in arm i, and counts an end without a loan.
func (l *life) outcome(t, i int, a *rule.Application, d rule.Decision, terms *rule.Terms) outcome {
	d = l.judged(t, i, a, d)
	o := l.comes(t, a, d, terms)
	if end, ended := ends(d, o); ended {
		l.fail(t, end, 1<<i)
	}
	return o
}

// comes says what comes of a decision. A denied borrower looks for money elsewhere; one who depends on it and finds none is
// shocked (model.md §8.2, §22 items 14, 28, 29, 62).
func (l *life) comes(t int, a *rule.Application, d rule.Decision, terms *rule.Terms) outcome {
	if d.Granted {
		offered := 1.
		if d.Amount != a.Asked {
			offered = float64(d.Amount) / float64(a.Asked)
		}
		if l.fate.decision(t, takeUpDraw) >= l.model.TakeUp(a.AllIn(d.Amount, d.APR), offered, l.graded.hazard-l.model.logMiss0) {
			return outcome{kind: nothing}
		}
		return outcome{kind: granted, refinance: d.Refinance, amount: d.Amount, apr: d.APR}
	}
	leak := l.model.Leak * (1 - terms.Share)
	if d.ByLaw {
		leak *= 1 - terms.Scope
	}
	switch {
	case int(l.outside) < terms.Outside && terms.Open > 0 && l.fate.decision(t, leakDraw) < leak:
		return outcome{kind: leaked}
	case l.dependent && l.n > 0 && l.model.ShockMonths > 0:
		return outcome{kind: shocked}
	}
	return outcome{kind: nothing}
}

func nextOrdinal(o uint8) uint8 { return min(o, math.MaxUint8-1) + 1 }

// carry carries an outcome out and concludes the step.
func (l *life) carry(t int, wasIdle bool, a *rule.Application, o outcome) {
	if s := l.worker.story; s != nil {
		s.came(l, o)
	}
	rows := l.cell(nextOrdinal(l.ordinal), l.month(t)) // of the loan asked for: what an application leads to counts there
	row, w := counters(rows, l.month(t)), l.weight
	row[data.Applications] += w
	row[data.RequestedAmount] += w * int64(a.Asked)
	if l.marks != nil {
		l.marks.asked |= l.arms
		if o.kind == leaked {
			l.marks.left |= l.arms
		}
	}
	if l.reached < asked {
		l.reached = asked
		row[data.FirstApplications] += w
	}
	shockSet := false
	switch o.kind {
	case leaked:
		row[data.Leaks] += w
		l.owes(t, l.outside+1)
		l.stale = true
	case shocked:
		if l.shock == 0 {
			row[data.ShocksStarted] += w
		} else {
			row[data.ShocksRenewed] += w
		}
		l.shock = int16(l.model.ShockMonths)
		l.stale, shockSet = true, true
	case granted:
		l.grant(t, wasIdle, row, a, o)
		l.rows = rows
		shockSet = true // cleared: no exit draw
	}
	if l.ordinal == 0 { // an applicant without a loan goes elsewhere
		l.leaves(row)
		return
	}
	l.conclude(t, wasIdle, shockSet)
}

// lent is what a granted amount puts into the borrower's hands at once, the balance that it replaces included.
func (l *life) lent(amount, replaced data.Money) data.Money {
	if l.product == data.Revolving {
		return l.model.line.Opening(amount, replaced)
	}
	return amount
}

// grant books a loan that was offered and taken up.
func (l *life) grant(t int, wasIdle bool, row *row, a *rule.Application, o outcome) {
	m, w := l.model, l.weight
	burden := l.burdenOf
	if o.apr != a.APR { // a cap binds a loan of that amount
		burden = contract.Burden(l.product, o.apr/m.year, int(l.tenor), &m.line)
	}
	loan := contract.Open(l.product, o.amount, o.apr, int(l.tenor), m.step, burden)
	loan.Origin = int16(t)
	if !a.Idle {
		loan.Flags |= contract.RollOver
		row[data.TopUps] += w
	}
	replaced := data.Money(0)
	if o.refinance {
		l.n--
		c := l.loans[l.n].Replace()
		replaced = c.Principal
		l.receive(row, c)
		row[data.Refinanced] += w * int64(c.Principal)
		if m.soon > 0 {
			row[data.Closings14] += w
		}
	}
	if m.soon > 0 && a.NewOrdinal > 1 && (o.refinance || a.Idle && (!wasIdle || l.gap < min(m.soon, int16(t)))) { // paid off in the projection
		row[data.Renewals14] += w
	}
	fraud := m.NeverPaid(a.NewOrdinal, float64(o.amount)/float64(l.principal))
	if rng.Uniform(l.fate.Block(rng.Sequence, a.NewOrdinal)[0]) < fraud {
		loan.Flags |= contract.Fraud
		row[data.FirstPaymentFraud] += w
	}
	row[data.Granted] += w
	if a.NewOrdinal >= 10 {
		row[data.GrantedTenthOn] += w
		if a.NewOrdinal == 10 {
			row[data.GrantedTenth] += w
		}
	}
	if a.NewOrdinal == 1 {
		row[data.Joined] += w
	}
	loan.Balance = l.lent(o.amount, replaced)
	row[data.Disbursed] += w * int64(loan.Balance)
	row[data.InterestReceived] += w * int64(m.fee.Of(o.amount))
	if !a.Idle {
		row[data.TopUpDisbursed] += w * int64(loan.Balance)
	}
	if l.reached < served {
		l.reached = served
		row[data.FirstGrants] += w
	}
	l.loans[l.n] = loan
	l.n++
	l.takes(t, a.Idle, o.refinance, a.Continues, o.amount)
	l.ordinal = nextOrdinal(l.ordinal)
	l.step = uint8(a.Step)
	l.principal = o.amount
	l.resize()
	l.origin = int16(t)
	l.notesGrant(t, a.Idle, wasIdle)
	l.mode, l.age, l.gap, l.shock = current, 0, 0, 0
	l.began = l.reported(t, l.bureau.Lag)
	l.stale = true
}
