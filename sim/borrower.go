package sim

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/rule"
)

// A plan reads the portfolio in place: it adds what takes long to find, and puts a borrower and his loans together when his
// turn comes. That takes a hundredth of the time of a path of his, and a copy would double the memory.

// borrower is a borrower's constants and his state at the snapshot.
type borrower struct {
	id      uint64
	income  data.Money
	pd      float64    // of the portfolio; 0 where it has none
	base    data.Money // principal of the newest loan at the snapshot
	weight  int64
	first   uint32 // index of his rows in the portfolio
	risk    uint16 // index into Plan.risks
	rows    uint8  // of them, as far back as rules look
	open    uint8
	merged  bool // some of his loans are one
	segment uint8
	outside uint8
	bucket  uint8
	overdue uint8 // steps
	ordinal uint8
	clean   uint8
	product data.Product // of the newest or last loan
	gap     int16        // steps since the last payoff
	tenor   int16        // steps
	age     int16        // steps on book of the newest open loan
	origin  int16        // step of the last origination, negative

	applicant *applicant // nil for a borrower of the snapshot
}

// Borrowers is the number of borrowers and applicants of the plan.
func (p *Plan) Borrowers() int { return p.residents() + len(p.applicants) }

// residents is the number of borrowers of the snapshot; applicants come after them.
func (p *Plan) residents() int { return len(p.portfolio.Borrowers) }

// row is borrower i of the snapshot in the portfolio.
func (p *Plan) row(i int) *data.Borrower { return &p.portfolio.Borrowers[p.index(i)] }

// index is the place of that row.
func (p *Plan) index(i int) int {
	if p.order == nil {
		return i
	}
	return int(p.order[i])
}

// borrower returns borrower i.
func (p *Plan) borrower(i int) (b borrower) {
	p.meet(i, &b)
	return b
}

// meet makes b borrower i.
func (p *Plan) meet(i int, b *borrower) {
	if came := i - p.residents(); came >= 0 {
		*b = p.applicants[came].borrower
		b.applicant = &p.applicants[came]
	} else {
		row, grid := p.row(i), p.settings.Grid
		newest := &p.portfolio.Loans[row.First]
		age := age(newest, grid)
		b.id, b.income, b.pd, b.base, b.weight = row.ID, row.Income, row.PD12, newest.Principal, int64(row.Weight)
		b.first, b.open, b.merged = row.First, uint8(min(row.Open, rule.MaxOwn)), row.Open > rule.MaxOwn
		b.rows = uint8(min(max(row.Open, 1), rule.MostSteps))
		b.segment, b.outside, b.bucket, b.overdue, b.ordinal = row.Segment, row.External, row.Bucket, overdue(row, grid), row.Ordinal
		b.product, b.tenor, b.age, b.origin = newest.Product, tenor(newest, grid), age, -age-1
		b.gap, b.clean, b.applicant = int16(grid.FromMonths(int(row.Gap))), 0, nil
		if row.Bucket == 0 && row.Ordinal > 0 {
			b.clean = min(row.Ordinal-1, maxClean)
		}
	}
	b.risk = uint16(b.segment)
	if p.riskOf != nil {
		b.risk = p.riskOf[i]
	}
}

// weight is that of borrower i.
func (p *Plan) weight(i int) int64 {
	if i >= p.residents() {
		return p.applicants[i-p.residents()].weight
	}
	return int64(p.row(i).Weight)
}

// all goes through the borrowers of the plan, applicants last, each in the place of the one before.
func (p *Plan) all() iter.Seq2[int, *borrower] {
	return func(yield func(int, *borrower) bool) {
		var b borrower
		for i := range p.Borrowers() {
			if p.meet(i, &b); !yield(i, &b) {
				return
			}
		}
	}
}

// slots is room for the open loans of a borrower.
type slots = [rule.MaxOwn]contract.Loan

// open returns the open loans of a borrower at the snapshot, oldest first, in the room given.
func (p *Plan) open(b *borrower, room *slots) []contract.Loan {
	loans := room[:b.open]
	if b.merged {
		copy(loans, p.merges[b.first])
		return loans
	}
	for i := range loans {
		p.resume(b, len(loans)-1-i, &loans[i])
	}
	return loans
}

// resume turns a row of a borrower, counted from the newest, into a running loan l: the schedule is amortised anew from the
// balance (model.md §22 item 9), arrears are as many steps' interest (item 50f). It is contract.Resume with the instalment
// looked up.
func (p *Plan) resume(b *borrower, i int, l *contract.Loan) {
	at, grid := b.first+uint32(i), p.settings.Grid
	row := &p.portfolio.Loans[at]
	age := age(row, grid)
	l.Principal, l.Balance, l.Accrued, l.Instalment, l.Rate = row.Principal, row.Balance, 0, p.instalment[at], row.APR/12*p.step
	l.Term, l.Remaining = runs(tenor(row, grid), age, b.overdue)
	l.Origin, l.Product, l.Flags = -age-1, row.Product, 0
	if b.overdue > 0 {
		l.Flags = contract.Dirty
		for range b.overdue {
			l.Accrue()
		}
	}
}

// runs is the term of a loan and what is left of it, in steps, where payments are so many steps late.
func runs(tenor, age int16, overdue uint8) (term, remaining int16) {
	remaining = max(1, int16(overdue), tenor-age+int16(overdue))
	return max(tenor, remaining), remaining
}

// schedule finds the instalments of a borrower's open loans, and merges loans beyond what a state holds.
func (p *Plan) schedule(b *borrower, open int) {
	grid := p.settings.Grid
	for i := range open {
		at := b.first + uint32(i)
		row := &p.portfolio.Loans[at]
		term, remaining := runs(tenor(row, grid), age(row, grid), b.overdue)
		p.instalment[at] = contract.Resume(row.Product, row.Principal, row.Balance, row.APR, int(term), int(remaining), p.step).Instalment
	}
	if !b.merged {
		return
	}
	loans := make([]contract.Loan, open)
	for i := range loans {
		p.resume(b, open-1-i, &loans[i])
	}
	p.merges[b.first] = p.merged.into(loans, grid)
}

// merged counts borrowers with more open loans than a state holds: the three largest balances stay, the rest
// become one loan (model.md §22 item 53).
type merged struct {
	borrowers, loans int64
	before, after    data.Money
}

func (m *merged) into(open []contract.Loan, grid data.Grid) []contract.Loan {
	m.borrowers++
	order := make([]int, len(open))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(open[b].Balance, open[a].Balance) })
	small := order[rule.MaxOwn-1:]
	slices.Sort(small)
	sum := contract.Loan{Product: data.Annuity, Origin: open[small[0]].Origin}
	weighted := 0.
	instalments := data.Money(0)
	for _, i := range small {
		l := &open[i]
		m.loans++
		m.before += l.Balance
		sum.Balance += l.Balance
		sum.Principal += l.Principal
		sum.Accrued += l.Accrued
		sum.Flags |= l.Flags
		sum.Origin = max(sum.Origin, l.Origin)
		instalments += max(l.Burden(&contract.Line{}), 1)
		weighted += l.Rate * float64(l.Balance)
	}
	rate := weighted / float64(sum.Balance)
	remaining, year := 1, float64(grid.PerYear())
	for remaining < grid.FromMonths(data.MaxTerm) && contract.AnnuityFactor(rate, remaining)*float64(sum.Balance) > float64(instalments) {
		remaining++
	}
	one := contract.Resume(data.Annuity, sum.Principal, sum.Balance, rate*year, remaining, remaining, grid.Step())
	one.Accrued, one.Flags, one.Origin = sum.Accrued, sum.Flags, sum.Origin
	m.after += one.Balance
	kept := []contract.Loan{one}
	for i := range open {
		if !slices.Contains(small, i) {
			kept = append(kept, open[i])
		}
	}
	return kept
}

func (m *merged) add(o *merged) {
	m.borrowers += o.borrowers
	m.loans += o.loans
	m.before += o.before
	m.after += o.after
}

func (m *merged) warnings(list []string) []string {
	if m.borrowers == 0 {
		return list
	}
	return append(list, fmt.Sprintf("%d borrowers have more than %d open loans: their %d smallest loans were merged into one loan each (balance before %v, after %v)",
		m.borrowers, rule.MaxOwn, m.loans, m.before, m.after))
}

// snapshot returns the covariates at which a borrower's PD holds (model.md §22 item 2).
func (p *Plan) snapshot(b *borrower, m *model) behaviour.Covariates {
	var room slots
	own, apr := data.Money(0), m.APRRef
	for _, l := range p.open(b, &room) {
		own += l.Burden(&m.line)
		apr = l.Rate * m.year // the last one is the newest
	}
	own = p.settings.Grid.AMonth(own)
	outside := min(int(b.outside), int(m.OutsideMax))
	return behaviour.Covariates{
		PTI:     (float64(own) + float64(outside)*float64(m.outsideInstalment)) / float64(b.income),
		Outside: outside, Ordinal: int(b.ordinal), APR: apr,
	}
}

// breakEven is the break-even APR of a borrower's open loans of a product and a tenor, which are not those of his newest one;
// usual where he has none such.
func (p *Plan) breakEven(b *borrower, m *model, product data.Product, tenor int16, usual float64) float64 {
	var room slots
	for i, l := range p.open(b, &room) {
		if l.Product != product || l.Term != tenor {
			continue
		}
		at, found := slices.BinarySearchFunc(m.prices, b.first+uint32(i), func(x priced, loan uint32) int { return cmp.Compare(x.loan, loan) })
		if found {
			usual = m.prices[at].apr
		}
	}
	return usual
}
