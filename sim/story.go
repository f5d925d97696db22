package sim

import (
	"context"
	"math"
	"slices"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rule"
)

// Story is what one borrower lives through on one path in one arm.
type Story struct {
	Arm    int
	Months []Month // 0 is the snapshot; stocks at the end of a month, flows in it

	steps []standing // after each step, the snapshot first
}

// Month is a month of a story. Before an applicant has come it is empty.
type Month struct {
	// Counts are the borrower's part of the counters of a run, as if he stood for himself alone: they add up, over the
	// borrowers with their weights, to those of the path.
	Counts   [data.NumCounters]int64
	Requests []Request

	Loans     []contract.Loan // open own loans at the end of the month, oldest first; rates and terms in steps; none after a default
	Burden    float64         // payment to income at the end of the month, own and outside loans; NaN once he has left or defaulted
	Outside   int             // open loans with other lenders at the end of the month
	Shock     bool            // a shock is on
	Dependent bool            // on rolling the debt
}

// Request is an application for a loan and what came of it.
type Request struct {
	Step      int // in which he applied
	Asked     data.Money
	Decision  rule.Decision
	Cause     rule.Rule // rule that denied, or that left the least room; nil where none did by itself
	TakenUp   bool      // an offer was
	Elsewhere bool      // denied, he found a loan with another lender
	Shocked   bool      // denied, he depended on the loan
	Term      int       // steps
	Ordinal   int       // that the loan has or would have had
}

// standing is all that the future of a borrower depends on, with how often he has applied and what came of it in the
// step.
type standing struct {
	state
	applied int
	outcome outcome
}

// story listens to the life of one borrower (Follower).
type story struct {
	id       uint64         // of the borrower
	governed map[int]ruling // in an arm with controls: the decisions about him, by step; else nil
	requests []Request
	outcome  outcome
}

// ruling is a decision with the rule that gave it.
type ruling struct {
	decision rule.Decision
	cause    rule.Rule
}

// judged takes in a decision about an application and returns the one that holds: under controls that of the whole
// book.
func (s *story) judged(l *life, t, i int, a *rule.Application, d rule.Decision) rule.Decision {
	if l.borrower.id != s.id {
		return d
	}
	r, known := s.governed[t]
	if !known {
		r = ruling{d, l.family.books[i].Cause(a)}
		if h := l.helm; h != nil {
			if by := h.control(d.Reason); by != nil && !d.Granted {
				r.cause = by
			} else if d.Granted && d.Amount == a.Asked { // an exception from a soft limit
				r.cause = nil
			}
			s.governed[t] = r
			return d
		}
	}
	s.requests = append(s.requests, Request{
		Step: t, Asked: a.Asked, Decision: r.decision, Cause: r.cause, Term: int(l.tenor), Ordinal: a.NewOrdinal,
	})
	return r.decision
}

// control is the one that gives a reason this month, nil for a reason of the book.
func (h *helm) control(reason data.Reason) rule.Rule {
	for _, c := range []*rule.Bound{h.stop, h.slow, h.short} {
		if c != nil && c.Reason() == reason {
			return c.Control
		}
	}
	for _, m := range h.means {
		if m.by.Reason() == reason {
			return m.by.Control
		}
	}
	return nil
}

// came takes in what came of the last application that was judged.
func (s *story) came(l *life, o outcome) {
	if l.borrower.id != s.id || l.helm != nil {
		return
	}
	r := &s.requests[len(s.requests)-1]
	r.TakenUp, r.Elsewhere, r.Shocked = o.kind == granted, o.kind == leaked, o.kind == shocked
	s.outcome = o
}

// Follower tells the stories of one borrower. It keeps room for a path and is not for two goroutines at once.
type Follower struct {
	worker *worker
	at     int // in the plan
}

// Follow returns a follower of the borrower of that ID, nil where the plan has none.
func (p *Plan) Follow(id uint64) *Follower {
	for at, b := range p.all() {
		if b.id == id {
			return &Follower{newWorker(p), at}
		}
	}
	return nil
}

// Tell tells the borrower's story on a path in an arm: the same as in a run of the whole plan. In an arm with controls
// the whole book is simulated first, for the decisions about him; then he lives under them alone.
func (f *Follower) Tell(ctx context.Context, path, arm int) (*Story, error) {
	w, p := f.worker, f.worker.plan
	out := &Story{Arm: arm, Months: make([]Month, p.settings.Months+1)}
	arm = p.as[arm]
	y := w.tallies[arm]
	p.meet(f.at, &w.who)
	b := &w.who
	clear(y.counts)
	w.story = &story{id: b.id}
	w.economies = p.economies(path)
	at := slices.IndexFunc(p.families, func(f family) bool { return slices.Contains(f.arms, arm) })
	family := &p.families[at]
	i := slices.Index(family.arms, arm)

	var h *helm
	if at := slices.IndexFunc(family.helms, func(h helm) bool { return h.at == i }); at >= 0 {
		h = &family.helms[at]
	}
	var stopped []int
	if h != nil {
		w.story.governed = map[int]ruling{}
		if err := w.steer(ctx, path, at, h); err != nil {
			return nil, err
		}
		for m := range p.settings.Months {
			if y.sum(m, data.LendingStopped) > 0 {
				stopped = append(stopped, m)
			}
		}
		clear(y.counts)
	}
	w.fate.draw(p.settings.Seed, b.id, path)
	w.meet(&w.person, b, at, f.at)
	if h != nil {
		w.person.economy = w.crowd.people[f.at].economy // a stop of lending may have changed it
	}

	l := life{person: &w.person, terms: termsOf(family.books[i])}
	w.join(&l, 1<<i)
	start := p.start(b, &w.fate, family.model)
	l.begin(&start)
	out.see(&l, -1)
	for t := range p.steps() {
		if t >= b.arrives() {
			l.through(t, t+1)
		}
		out.see(&l, t)
	}
	if h != nil && l.state != w.crowd.lives[f.at].state {
		return nil, &InvariantError{"a borrower alone, under the decisions of the book, lives otherwise than in it"}
	}
	for _, m := range stopped {
		y.stopped(m)
	}
	clear(w.scratch)
	for i, kind := range p.cells {
		closeRows(y.counted(i), kind.Ordinal > 0)
		sum(w.scratch[y.first[i]:], y.counted(i))
	}
	population := b.weight
	if b.applicant != nil {
		population = 0
	}
	if err := audit(p.arms[arm].Name, path, w.scratch, population); err != nil {
		return nil, err
	}
	for m := range out.Months {
		for c, v := range counters(w.scratch, m-1) {
			out.Months[m].Counts[c] = v / b.weight
		}
	}
	for _, r := range w.story.requests {
		m := &out.Months[p.settings.Grid.MonthOf(r.Step)+1]
		m.Requests = append(m.Requests, r)
	}
	return out, nil
}

// sum adds a counter of a month up over the cells.
func (y *tally) sum(month int, c data.Counter) (sum int64) {
	for at := 0; at < len(y.counts); at += y.block {
		sum += counters(y.counts[at:at+y.block], month)[c]
	}
	return sum
}

// see takes in where the borrower stands after step t.
func (s *Story) see(l *life, t int) {
	told := l.worker.story
	s.steps = append(s.steps, standing{l.state, len(told.requests), told.outcome})
	told.outcome = outcome{}
	m := &s.Months[l.worker.plan.settings.Grid.MonthOf(t)+1]
	m.Loans, m.Burden, m.Outside, m.Shock, m.Dependent = nil, math.NaN(), 0, false, false
	if l.mode != gone && l.mode != fresh {
		m.Loans, m.Burden = slices.Clone(l.loans[:l.n]), l.burden()
		m.Outside, m.Shock, m.Dependent = int(l.outside), l.shock > 0, l.dependent
	}
}

// Parting is the month in which two stories of a borrower on one path begin to differ: in his state or in what came of
// an application, though not in why he was denied. 0 is the snapshot, where the arms give him another start. The second
// result is false where he lives the same life in both.
func Parting(a, b *Story, grid data.Grid) (month int, parted bool) {
	for k := range a.steps {
		if a.steps[k] != b.steps[k] {
			return grid.MonthOf(k-1) + 1, true
		}
	}
	return 0, false
}

// Part finds the first path on which a borrower's lives in two arms part, and tells it; without one it tells the first
// path, and found is false.
func (f *Follower) Part(ctx context.Context, a, b int) (path int, stories [2]*Story, found bool, err error) {
	p := f.worker.plan
	var first [2]*Story
	for path := range p.settings.Paths {
		if err := ctx.Err(); err != nil {
			return 0, stories, false, err
		}
		for i, arm := range []int{a, b} {
			if stories[i], err = f.Tell(ctx, path, arm); err != nil {
				return 0, stories, false, err
			}
		}
		if _, found := Parting(stories[0], stories[1], p.settings.Grid); found {
			return path, stories, true, nil
		}
		if path == 0 {
			first = stories
		}
	}
	return 0, first, false, nil
}
