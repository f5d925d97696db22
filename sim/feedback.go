package sim

import (
	"cmp"
	"context"
	"math"
	"slices"

	"relend/data"
	"relend/sim/rng"
	"relend/sim/rule"
)

// helm is an arm whose rules include controls, which look at the whole book at the end of every month, or limits with a
// quota of it. It runs all borrowers of a path step by step, apart from the other arms (model.md §10).
type helm struct {
	at       int // index in family.arms
	controls []rule.Bound
	soft     *rule.Softness // nil without soft limits
	queue    *rule.FundingQueue

	// What follows belongs to one path; a worker steers a copy.
	turn    int // borrower whose step it is
	memory  []rule.Memory
	leaves  []rule.Leave // of each control, for the month
	stop    *rule.Bound  // control that stops all lending in the month, nil if none
	slow    *rule.Bound  // control that leaves the least chance of being looked at
	approve float64      // that chance
	short   *rule.Bound  // control that leaves the least cash, nil if none limits it
	cash    data.Money   // that cash, less what the month has taken; negative once nobody further is served
	means   []average    // limits on the average rate
	months  []business   // what has been lent, by month, the present one last
	waiting []petition   // offers of the step that must wait for each other
}

// average is a limit on the average rate of new loans and what it leaves.
type average struct {
	by     *rule.Bound
	rate   float64
	allIn  bool    // of loans with their fees
	margin float64 // interest a year by which what was lent lies below it
	closed bool    // no loan above it is granted any more this month
}

// business is what is lent in a month.
type business struct {
	rule.Business
	beyond []data.Money // by soft limit: the part that goes beyond it
}

// newHelm returns nil for an arm whose rules look at single borrowers only.
func newHelm(a *Arm, where rule.Setting, compile func(policy, law []rule.Rule) *rule.Book) *helm {
	if !rule.Steered(a.Policy, a.Law) {
		return nil
	}
	return &helm{controls: rule.Controls(a.Policy, a.Law, &where), soft: rule.Soften(a.Policy, a.Law, compile), queue: rule.QueueOf(a.Policy, a.Law)}
}

// petition is an offer that waits for its turn.
type petition struct {
	key      float64 // served from the lowest
	borrower uint64
	at       int // in the crowd
	wasIdle  bool
	offer    rule.Decision
	allIn    float64       // annual rate of the offer with the fee
	broken   uint64        // soft limits beyond which the offer goes, by bit
	instead  rule.Decision // what is decided where their quotas do not reach
}

// crowd holds the lives of all borrowers in one arm, with what each needs to go on in the next step.
type crowd struct {
	lives   []life
	people  []person
	who     []borrower
	words   []rng.Block // coarse lane draws of four steps
	waiting []petition  // room for the queue
}

// perFollowed bounds the bytes of a borrower in a crowd, a place in the queue included.
const perFollowed = 840

func newCrowd(borrowers int) crowd {
	return crowd{lives: make([]life, borrowers), people: make([]person, borrowers), who: make([]borrower, borrowers), words: make([]rng.Block, borrowers)}
}

// steered reports whether some arm has controls.
func (p *Plan) steered() bool {
	return slices.ContainsFunc(p.families, func(f family) bool { return len(f.helms) > 0 })
}

// steer simulates all borrowers of a path in the arm of a helm.
func (w *worker) steer(ctx context.Context, path, f int, arm *helm) error {
	p := w.plan
	family, grid := &p.families[f], p.settings.Grid
	m, book, y := family.model, family.books[arm.at], w.tallies[family.arms[arm.at]]
	h := *arm
	h.memory, h.leaves, h.waiting, h.means, h.months = make([]rule.Memory, len(h.controls)), make([]rule.Leave, len(h.controls)), w.crowd.waiting[:0], nil, nil
	economies := w.economies[f]
	if m.RepK > 0 { // the miss hazard will depend on the arm
		economies = slices.Clone(economies)
		for g := range economies {
			economies[g].steps = slices.Clone(economies[g].steps)
		}
	}
	for i := range w.crowd.who {
		b := &w.crowd.who[i]
		p.meet(i, b)
		w.fate.turn(p.settings.Seed, b.id, path)
		initial, more := w.fate.Block(rng.Initial, 0), w.fate.Block(rng.Initial, 1)
		w.fate.begin(&initial, &more)
		person, l := &w.crowd.people[i], &w.crowd.lives[i]
		w.meet(person, b, f, i)
		person.economy, person.helm = &economies[b.risk], &h
		*l = life{person: person, terms: termsOf(book)}
		w.join(l, 1<<h.at)
		start := p.start(b, &w.fate, m)
		l.begin(&start)
		w.sharing.Branches++
	}
	for t := range p.steps() {
		month := grid.MonthOf(t)
		if grid.MonthOf(t-1) < month {
			ledger := y.ledger(month-1, m)
			ledger.Business = h.turnPage()
			h.govern(ledger, t)
			if h.stop != nil {
				y.stopped(month)
			}
		}
		if h.stop != nil && m.RepK > 0 {
			for g := range economies {
				if economies[g].steps != nil {
					economies[g].steps[t].miss *= 1 + m.RepK
				}
			}
		}
		for i := range w.crowd.lives {
			if i&0xFFF == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if h.turn = i; w.crowd.lives[i].mode != gone {
				w.turnTo(path, i, t).through(t, t+1)
			}
		}
		h.serve(w, path, t)
	}
	for i := range w.crowd.lives {
		w.crowd.lives[i].notesEnd()
	}
	w.crowd.waiting = h.waiting
	return nil
}

// termsOf are what a book offers before a borrower's product and tenor are known.
func termsOf(b *rule.Book) terms {
	t := &b.Terms
	return terms{cap: t.APRCap, supply: t.Open, most: uint8(t.Outside), bureau: &t.Bureau, conduct: &t.Conduct, tariff: tariffOf(b)}
}

// turnTo returns life i of the crowd with the fate its borrower's in step t.
func (w *worker) turnTo(path, i, t int) *life {
	w.fate.turn(w.plan.settings.Seed, w.crowd.who[i].id, path)
	if t%len(w.crowd.words[i]) == 0 {
		w.crowd.words[i] = w.fate.Block(rng.Quiet, t/len(w.crowd.words[i]))
	}
	w.fate.months[t] = w.crowd.words[i][t%len(w.crowd.words[i])]
	return &w.crowd.lives[i]
}

// ledger is the book at the end of a month, -1 for the snapshot, when all borrowers have been counted up to it. Net
// income is that of the measure net_margin: cash only. A change of provisions would be subtracted here, from the
// counters of both months.
func (y *tally) ledger(month int, m *model) rule.Ledger {
	var now, before row
	for at := 0; at < len(y.counts); at += y.block {
		cell := y.counts[at : at+y.block]
		for c, v := range counters(cell, month) {
			now[c] += v
		}
		if month >= 0 {
			for c, v := range counters(cell, month-1) {
				before[c] += v
			}
		}
	}
	l := rule.Ledger{Balance: data.Money(balance(&now)), Overdue: data.Money(now[data.BalanceDefault])}
	if month >= 0 {
		l.Lost = data.Money(now[data.ChargedOff] - now[data.Recoveries])
		cost := float64((m.Funding+m.Operating)/12*float64(balance(&before))) + float64(m.Acquisition*float64(now[data.Disbursed]))
		l.Income = data.Money(now[data.InterestReceived] + now[data.Recoveries] - now[data.ChargedOff] - int64(math.RoundToEven(cost)))
	}
	return l
}

// stopped counts a month without lending for every borrower of the snapshot.
func (y *tally) stopped(month int) {
	for at := 0; at < len(y.counts); at += y.block {
		cell := y.counts[at : at+y.block]
		first := counters(cell, -1)
		for _, c := range []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersIdle} {
			counters(cell, month)[data.LendingStopped] += first[c]
		}
	}
}

// turnPage begins a month and returns what was lent in the one before.
func (h *helm) turnPage() (before rule.Business) {
	if n := len(h.months); n > 0 {
		before = h.months[n-1].Business
	}
	next := business{}
	if h.soft != nil {
		next.beyond = make([]data.Money, len(h.soft.Rules))
	}
	h.months = append(h.months, next)
	return before
}

// govern takes from the controls what they leave for the month after a ledger's, which begins with step t.
func (h *helm) govern(l rule.Ledger, t int) {
	h.stop, h.slow, h.short, h.approve, h.cash, h.means = nil, nil, nil, 1, math.MaxInt64, h.means[:0]
	for i := range h.controls {
		c := &h.controls[i]
		leave := c.Govern(&l, &h.memory[i]) // also before it is in force: it remembers the snapshot
		h.leaves[i] = leave
		if !c.Holds(t) {
			continue
		}
		if leave.Closed && h.stop == nil {
			h.stop = c
		}
		if leave.Approve < h.approve {
			h.slow, h.approve = c, leave.Approve
		}
		if leave.Cash < h.cash {
			h.short, h.cash = c, leave.Cash
		}
		if !math.IsInf(leave.Average, 1) {
			h.means = append(h.means, average{by: c, rate: leave.Average, allIn: leave.AllIn, margin: leave.Margin})
		}
	}
}

// applySteered judges a request for a further loan under the controls of the arm and concludes the step; where cash
// is limited and the lender would make an offer, both wait until everybody's step has come to this point.
func (l *life) applySteered(t int, wasIdle bool) {
	h, a := l.helm, &l.worker.application
	l.applyFor(a, t)
	book := l.family.books[h.at]
	terms := book.At(t)
	a.Outside = l.fate.shows(int(l.reported(t, terms.Lag)), &terms.Bureau)
	d, cause := l.worker.judge(book, a)
	by := h.stop
	if by == nil && h.slow != nil && rng.Uniform(l.fate.Block(rng.Control, t)[chanceDraw]) >= h.approve {
		by = h.slow
	}
	if by != nil {
		d = denial(by)
	} else {
		x := petition{borrower: l.borrower.id, at: h.turn, wasIdle: wasIdle, offer: d}
		if h.soft != nil {
			x.instead = d
			x.offer, x.broken = h.soft.Exception(a, d)
		}
		x.allIn = a.AllIn(x.offer.Amount, x.offer.APR)
		if x.offer.Granted && (h.short != nil || x.broken != 0 || h.dear(&x)) {
			h.wait(l, t, a, x)
			return
		}
	}
	h.bite(l, t, a, d, cause, by)
	o := l.outcome(t, h.at, a, d, terms)
	h.book(l, o, 0)
	l.carry(t, wasIdle, a, o)
}

// dear reports whether the rate of an offer lies above a limit on the average.
func (h *helm) dear(x *petition) bool {
	return slices.ContainsFunc(h.means, func(m average) bool { return m.of(x.offer.APR, x.allIn) > m.rate })
}

// of is the rate that the limit counts.
func (m *average) of(apr, allIn float64) float64 {
	if m.allIn {
		return allIn
	}
	return apr
}

// book takes in what came of an offer that goes beyond soft limits, by bit.
func (h *helm) book(l *life, o outcome, broken uint64) {
	if o.kind != granted {
		return
	}
	now := &h.months[len(h.months)-1]
	lent := data.Money(l.weight) * o.amount
	now.Lent += lent
	allIn := l.withFee(o.apr, o.amount)
	now.Rated += float64(lent) * o.apr
	now.AllIn += float64(lent) * allIn
	for i := range h.means {
		m := &h.means[i]
		m.margin += float64(lent) * (m.rate - m.of(o.apr, allIn))
	}
	for i := range now.beyond {
		if broken>>i&1 != 0 {
			now.beyond[i] += lent
		}
	}
}

// exceeded is a limit on the average rate that an offer would break, nil where there is none.
func (h *helm) exceeded(l *life, d *rule.Decision) *average {
	if !d.Granted {
		return nil
	}
	for i := range h.means {
		m := &h.means[i]
		if rate := m.of(d.APR, l.withFee(d.APR, d.Amount)); rate > m.rate && (m.closed || m.margin < float64(data.Money(l.weight)*d.Amount)*(rate-m.rate)) {
			return m
		}
	}
	return nil
}

// within reports whether the quotas of the soft limits beyond which an offer goes reach for it.
func (h *helm) within(l *life, x *petition) bool {
	lent := data.Money(l.weight) * x.offer.Amount
	for i := range h.soft.Rules {
		if x.broken>>i&1 == 0 {
			continue
		}
		q := &h.soft.Rules[i].Quota
		all, beyond := lent, lent
		for _, month := range h.months[max(0, len(h.months)-q.Months()):] {
			all, beyond = all+month.Lent, beyond+month.beyond[i]
		}
		if float64(beyond) > q.Share*float64(all) {
			return false
		}
	}
	return true
}

func denial(by *rule.Bound) rule.Decision {
	return rule.Decision{Reason: by.Reason(), ByLaw: by.Law}
}

// The draws of a month's controls, one word each.
const (
	lotDraw = iota
	chanceDraw
)

// wait puts an offer into the queue of the step.
func (h *helm) wait(l *life, t int, a *rule.Application, x petition) {
	switch h.queue.Rank {
	case rule.ByScore:
		x.key = a.PD
	case rule.ByMargin:
		x.key = a.BreakEven - a.AllIn(a.Asked, a.APR)
	case rule.ByLot:
		x.key = rng.Uniform(l.fate.Block(rng.Control, t)[lotDraw])
	}
	h.waiting = append(h.waiting, x)
}

// turns is the order in which offers are served, those first that make room for the others: loans below every limit on
// the average rate, dearer ones, exceptions from soft limits.
func (h *helm) turns(x *petition) int {
	switch {
	case x.broken != 0:
		return 2
	case h.dear(x):
		return 1
	}
	return 0
}

// serve goes through the queue of step t: whole offers, in order, as long as cash, margin and quotas reach. What a
// borrower does not take up is left for the next one.
func (h *helm) serve(w *worker, path, t int) {
	slices.SortFunc(h.waiting, func(a, b petition) int {
		return cmp.Or(cmp.Compare(h.turns(&a), h.turns(&b)), cmp.Compare(a.key, b.key), cmp.Compare(a.borrower, b.borrower))
	})
	for i := range h.waiting {
		x := &h.waiting[i]
		l, a := w.turnTo(path, x.at, t), &w.application
		l.applyFor(a, t)
		book := l.family.books[h.at]
		terms := book.At(t)
		a.Outside = l.fate.shows(int(l.reported(t, terms.Lag)), &terms.Bureau)
		_, cause := w.judge(book, a) // as before, for the hearing
		if x.broken != 0 && !h.within(l, x) {
			x.offer, x.broken = x.instead, 0
		}
		if x.broken != 0 { // soft limits give way
			cause = book.Place(h.soft.Hard.Cause(a))
		}
		d, cash := x.offer, l.cash(a, &x.offer)
		var by *rule.Bound
		if m := h.exceeded(l, &d); m != nil {
			by, d = m.by, denial(m.by)
			m.closed = h.queue.Fill == rule.Stop
		} else if d.Granted && cash > h.cash {
			by, d = h.short, denial(h.short)
			if h.queue.Fill == rule.Stop {
				h.cash = -1
			}
		}
		h.bite(l, t, a, d, cause, by)
		o := l.outcome(t, h.at, a, d, terms)
		if o.kind == granted {
			h.cash -= cash
			h.book(l, o, x.broken)
		}
		l.carry(t, x.wasIdle, a, o)
	}
	h.waiting = h.waiting[:0]
}

// cash is the new cash that an offer takes, the borrower's weight included.
func (l *life) cash(a *rule.Application, offer *rule.Decision) data.Money {
	replaced := data.Money(0)
	if offer.Refinance {
		replaced = a.NewestBalance
	}
	return data.Money(l.weight) * (l.lent(offer.Amount, replaced) - replaced)
}
