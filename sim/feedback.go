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

// helm is an arm whose rules include controls, which look at the whole book at the end of every month. It runs all
// borrowers of a path step by step, apart from the other arms (model.md §10).
type helm struct {
	at       int // index in family.arms
	controls []rule.Bound
	queue    *rule.FundingQueue

	// What follows belongs to one path; a worker steers a copy.
	turn    int // borrower whose step it is
	memory  []rule.Memory
	stop    *rule.Bound // control that stops all lending in the month, nil if none
	slow    *rule.Bound // control that leaves the least chance of being looked at
	approve float64     // that chance
	short   *rule.Bound // control that leaves the least cash, nil if none limits it
	cash    data.Money  // that cash, less what the month has taken; negative once nobody further is served
	waiting []petition  // offers of the step that must be paid from that cash
}

// petition is an offer that waits for its turn.
type petition struct {
	key      float64 // served from the lowest
	borrower uint64
	at       int // in the crowd
	wasIdle  bool
	offer    rule.Decision
	cash     data.Money // new cash that it takes, weight included
}

// crowd holds the lives of all borrowers in one arm, with what each needs to go on in the next step.
type crowd struct {
	lives   []life
	people  []person
	words   []rng.Block // coarse lane draws of four steps
	waiting []petition  // room for the queue
}

// perFollowed bounds the bytes of a borrower in a crowd, a place in the queue included.
const perFollowed = 704

func newCrowd(borrowers int) crowd {
	return crowd{lives: make([]life, borrowers), people: make([]person, borrowers), words: make([]rng.Block, borrowers)}
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
	h.memory, h.waiting = make([]rule.Memory, len(h.controls)), w.crowd.waiting[:0]
	economies := w.economies[f]
	if m.RepK > 0 { // the miss hazard will depend on the arm
		economies = slices.Clone(economies)
		for g := range economies {
			economies[g].steps = slices.Clone(economies[g].steps)
		}
	}
	for i := range p.borrowers {
		b := &p.borrowers[i]
		w.fate.turn(p.settings.Seed, b.id, path)
		w.fate.begin()
		person, l := &w.crowd.people[i], &w.crowd.lives[i]
		w.meet(person, f, i)
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
			h.govern(y.ledger(month-1, m), t)
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
	w.crowd.waiting = h.waiting
	return nil
}

// termsOf are what a book offers before a borrower's product and tenor are known.
func termsOf(b *rule.Book) terms {
	t := &b.Terms
	return terms{cap: t.APRCap, supply: t.Open, most: uint8(t.Outside), shown: t.Coverage, tariff: tariffOf(b)}
}

// turnTo returns life i of the crowd with the fate its borrower's in step t.
func (w *worker) turnTo(path, i, t int) *life {
	w.fate.turn(w.plan.settings.Seed, w.plan.borrowers[i].id, path)
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

// govern takes from the controls what they leave for the month after a ledger's, which begins with step t.
func (h *helm) govern(l rule.Ledger, t int) {
	h.stop, h.slow, h.short, h.approve, h.cash = nil, nil, nil, 1, math.MaxInt64
	for i := range h.controls {
		c := &h.controls[i]
		leave := c.Govern(&l, &h.memory[i]) // also before it is in force: it remembers the snapshot
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
	}
}

// applySteered judges a request for a further loan under the controls of the arm and concludes the step; where cash
// is limited and the lender would make an offer, both wait until everybody's step has come to this point.
func (l *life) applySteered(t int, wasIdle bool) {
	h, a := l.helm, &l.worker.application
	l.applyFor(a, t)
	book := l.family.books[h.at]
	terms := book.At(t)
	a.Outside = l.fate.visible(int(l.outside), terms.Coverage)
	var d rule.Decision
	switch {
	case h.stop != nil:
		d = denial(h.stop)
	case h.slow != nil && rng.Uniform(l.fate.Block(rng.Control, t)[chanceDraw]) >= h.approve:
		d = denial(h.slow)
	default:
		d = book.Decide(a)
		if d.Granted && h.short != nil {
			h.wait(l, t, wasIdle, a, d)
			return
		}
	}
	l.carry(t, wasIdle, a, l.outcome(t, h.at, a, d, terms))
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
func (h *helm) wait(l *life, t int, wasIdle bool, a *rule.Application, offer rule.Decision) {
	replaced := data.Money(0)
	if offer.Refinance {
		replaced = a.NewestBalance
	}
	x := petition{borrower: l.borrower.id, at: h.turn, wasIdle: wasIdle, offer: offer}
	x.cash = data.Money(l.weight) * (l.lent(offer.Amount, replaced) - replaced)
	switch h.queue.Rank {
	case rule.ByScore:
		x.key = a.PD
	case rule.ByMargin:
		x.key = a.BreakEven - a.APR
	case rule.ByLot:
		x.key = rng.Uniform(l.fate.Block(rng.Control, t)[lotDraw])
	}
	h.waiting = append(h.waiting, x)
}

// serve goes through the queue of step t: whole offers, in order, as long as the cash reaches. What a borrower
// does not take up is left for the next one.
func (h *helm) serve(w *worker, path, t int) {
	slices.SortFunc(h.waiting, func(a, b petition) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.borrower, b.borrower))
	})
	for i := range h.waiting {
		x := &h.waiting[i]
		l, a, d := w.turnTo(path, x.at, t), &w.application, x.offer
		l.applyFor(a, t)
		if x.cash > h.cash {
			d = denial(h.short)
			if h.queue.Fill == rule.Stop {
				h.cash = -1
			}
		}
		o := l.outcome(t, h.at, a, d, l.family.books[h.at].At(t))
		if o.kind == granted {
			h.cash -= x.cash
		}
		l.carry(t, x.wasIdle, a, o)
	}
	h.waiting = h.waiting[:0]
}
