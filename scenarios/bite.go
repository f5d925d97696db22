package scenarios

import (
	"math"
	"slices"
	"time"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/rule"
)

// Bite is what a rule does to a portfolio today, before anybody adapts: every borrower asks for a loan like the last one, at
// the rate of it, in place of the running one where one runs, and the rule alone decides.
type Bite struct {
	Rule     *Rule      // nil: all rules of the law together
	Bound    Held       // inside the perimeter and in force
	Refused  Held       // of them
	Reduced  Held       // of them: less is granted than asked
	Asked    data.Money // by those whom it binds
	Granted  data.Money // of it
	Whole    bool       // it looks at the whole book or at information: it decides on no single request
	Average  float64    // of an average-rate cap: the average rate of the running loans granted within its window, by balance; NaN without any
	NewLoans Held       // those loans
}

// Held are borrowers and what they owe.
type Held struct {
	Borrowers int64
	Balance   data.Money
}

func (h *Held) add(b *data.Borrower, balance data.Money) {
	h.Borrowers += int64(b.Weight)
	h.Balance += data.Money(b.Weight) * balance
}

// Population is the whole of a portfolio.
func Population(p *data.Portfolio) (all Held) {
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		all.add(b, owed(p, b))
	}
	return all
}

func owed(p *data.Portfolio, b *data.Borrower) (sum data.Money) {
	for _, l := range p.Loans[b.First : b.First+uint32(b.Open)] {
		sum += l.Balance
	}
	return sum
}

// Bites says what each rule of a law, as it stands on a day, does to a portfolio, and at the end what all do together. lender
// is the kind of the lender, "" where it is not stated; params says what a loan elsewhere owes and pays, and which fee the lender keeps. The error is a
// *data.Problems: an amount in another currency than the portfolio's, or a delay that the portfolio's grid cannot tell.
func (r *Regulation) Bites(p *data.Portfolio, day time.Time, lender string, params *behaviour.Params) ([]Bite, error) {
	law, grid := r.On(day), gridOf(p)
	setting := rule.Setting{Grid: grid, AsOf: day, Segments: p.Segments}
	problems := &data.Problems{Cause: data.BadConfig}
	var all []rule.Rule
	var bites []Bite
	var books, probes []*rule.Book
	compile := func(rules []rule.Rule) *rule.Book {
		return rule.Compile(nil, rules, rule.Terms{APRCap: math.Inf(1), TopUp: true, Stack: true, Open: 1, Bureau: rule.Bureau{Coverage: 1}, Conduct: rule.Unbound, Setting: setting}, data.Unit)
	}
	for i := range law.Rules {
		x := &law.Rules[i]
		if x.Currency != "" && p.Currency != "" && x.Currency != p.Currency {
			problems.Add(r.Name, "the amounts of %s are in %s, the portfolio is in %s; amounts are not converted", x.Kind, x.Currency, p.Currency)
		}
		for _, err := range rule.Fits(x.Rule, &setting) {
			problems.Add(r.Name, "%v", err)
		}
		b := Bite{Rule: x, Whole: !judges(x.Rule) || !rule.Addresses(x.Rule, lender)}
		bites = append(bites, b)
		var alone []rule.Rule
		if rule.Addresses(x.Rule, lender) {
			alone = []rule.Rule{x.Rule}
		}
		all = append(all, alone...)
		books, probes = append(books, compile(alone)), append(probes, compile(barred(alone)))
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	together := Bite{}
	book := compile(all)
	for i := range p.Borrowers {
		borrower := &p.Borrowers[i]
		ask, balance := request(p, borrower, grid, params), owed(p, borrower)
		for j := range bites {
			if b := &bites[j]; !b.Whole && refuses(probes[j], ask) {
				b.see(borrower, balance, books[j], ask)
			}
		}
		together.see(borrower, balance, book, ask)
	}
	for i := range bites {
		if cap, ok := rule.Bare(bites[i].Rule.Rule).(*rule.AverageRateCap); ok {
			fee := 0.
			if cap.Fees == rule.FeesIncluded {
				fee = params.FeeShare
			}
			bites[i].average(p, cap.Window, grid, fee)
		}
	}
	return append(bites, together), nil
}

// gridOf is the coarsest grid that can tell the terms of a portfolio.
func gridOf(p *data.Portfolio) data.Grid {
	if slices.ContainsFunc(p.Loans, func(l data.Loan) bool { return l.TermDays > 0 }) {
		return data.Weekly
	}
	return data.Monthly
}

// barred are rules that refuse everybody whom the given ones bind.
func barred(rules []rule.Rule) (out []rule.Rule) {
	for _, r := range rules {
		bar := rule.Rule(&rule.BorrowerBan{Everyone: true})
		if c, ok := r.(*rule.Clause); ok {
			conditions := *c
			conditions.Rule = bar
			bar = &conditions
		}
		out = append(out, bar)
	}
	return out
}

func refuses(book *rule.Book, ask rule.Application) bool {
	d := book.Decide(&ask)
	return !d.Granted || d.Amount < ask.Asked
}

// see takes in a request of a borrower.
func (b *Bite) see(borrower *data.Borrower, balance data.Money, book *rule.Book, ask rule.Application) {
	d := book.Decide(&ask)
	b.Bound.add(borrower, balance)
	weight := data.Money(borrower.Weight)
	b.Asked += weight * ask.Asked
	switch {
	case !d.Granted:
		b.Refused.add(borrower, balance)
		return
	case d.Amount < ask.Asked:
		b.Reduced.add(borrower, balance)
	}
	b.Granted += weight * d.Amount
}

// average takes the average rate of the loans granted within so many months, with a fee of a share of each.
func (b *Bite) average(p *data.Portfolio, months int, grid data.Grid, fee float64) {
	sum, total := 0., 0.
	for i := range p.Borrowers {
		borrower := &p.Borrowers[i]
		young := data.Money(0)
		for _, l := range p.Loans[borrower.First : borrower.First+uint32(borrower.Open)] {
			if int(l.MonthsOnBook) < months {
				young += l.Balance
				sum += float64(borrower.Weight) * float64(l.Balance) * contract.AllIn(l.Product, steps(&l, grid), l.APR, fee, grid.PerYear())
				total += float64(borrower.Weight) * float64(l.Balance)
			}
		}
		if young > 0 {
			b.NewLoans.add(borrower, young)
		}
	}
	b.Average = sum / total
}

// steps is the term of a loan.
func steps(l *data.Loan, grid data.Grid) int {
	if days, _ := grid.FromDays(int(l.TermDays)); days > 0 {
		return days
	}
	return max(1, grid.FromMonths(int(l.Term)))
}

// request is a borrower's application for a loan like the last one.
func request(p *data.Portfolio, b *data.Borrower, grid data.Grid, params *behaviour.Params) rule.Application {
	newest := &p.Loans[b.First]
	a := rule.Application{
		Idle: b.Open == 0, Gap: rule.Never, Since: grid.Age(int(newest.MonthsOnBook), int(newest.Days)), NewOrdinal: min(int(b.Ordinal), math.MaxUint8-1) + 1,
		Own: min(int(b.Open), rule.MaxOwn), Segment: b.Segment, Income: b.Income, PD: b.PD12, Product: newest.Product,
		Asked: newest.Principal - newest.Principal%data.Unit, Base: newest.Principal, BreakEven: newest.APR, APR: newest.APR,
		Sequence: 1, First: newest.Principal, NewestPrincipal: newest.Principal,
		Outside: int(b.External), OutsideBalance: units(params.OutsideBalance), OutsideInstal: units(params.OutsideInstalment),
	}
	a.Term, a.Fee, a.PerYear = steps(newest, grid), contract.Fee{Share: params.FeeShare}, grid.PerYear()
	a.BreakEven = a.AllIn(a.Asked, a.APR)
	if a.Idle {
		a.Gap = grid.FromMonths(int(b.Gap))
	}
	a.Continues = !a.Idle || a.Gap < grid.FromMonths(1)
	if b.Bucket == 0 {
		a.Clean = max(0, int(b.Ordinal)-1)
	}
	for k := range a.SinceLate {
		if a.SinceLate[k] = rule.Never; int(b.Bucket) > k {
			a.SinceLate[k] = 0
		}
	}
	line := contract.Line{Minimum: params.LineMinimum * grid.Step()}
	burden := func(l *data.Loan, term int) float64 {
		return contract.Burden(l.Product, l.APR/float64(grid.PerYear()), term, &line) / grid.Step()
	}
	a.Burden = burden(newest, a.Term)
	for i, l := range p.Loans[b.First : b.First+uint32(b.Open)] {
		of := l.Balance
		if l.Product == data.Annuity || l.Product == data.Revolving { // whose instalment is level
			of = l.Principal
		}
		pays := data.Money(math.RoundToEven(float64(of) * burden(&l, max(1, grid.FromMonths(int(l.Term))))))
		a.OwnBalance += l.Balance
		a.OwnInstalments += pays
		if i == 0 {
			a.NewestBalance, a.NewestInstalment = l.Balance, pays
		}
		a.Taken = rule.Took(a.Taken, grid.Age(int(l.MonthsOnBook), int(l.Days)))
	}
	if a.Fee.Share > 0 { // what the fee lacks for the balance of a young loan comes from elsewhere
		a.NewestBalance = min(a.NewestBalance, a.Asked-a.Fee.Of(a.Asked))
	}
	return a
}

func units(x float64) data.Money { return data.Money(math.RoundToEven(x * float64(data.Unit))) }
