package rule

import (
	"math"
	"reflect"
	"slices"

	"relend/data"
)

// Book is a compiled set of rules.
type Book struct {
	Terms     Terms // of the first era; those of a step are At's
	AmountMin data.Money
	eras      []era // nil where Terms hold throughout
	checks    []bound[Check]
	limits    []bound[Limit]
	prices    []bound[Price] // that depend on the loan or on the time
	shares    []float64      // below 1, in order: for how large a part of borrowers rules are obeyed
	ranged    bool           // some rule depends on the amount granted
	rules     []Rule         // as they were given, policy before law
}

// era is a stretch of steps in which the terms, and the prices of all that is offered, stay as they are.
type era struct {
	from  int // step
	terms Terms
}

type bound[R any] struct {
	rule R
	law  bool
	when *condition
	at   int // of a check, limit or price: its place in Book.rules
}

// Compile makes a Book from the rules of a policy and of the law. base holds the terms before any rule.
// Checks run in the order of data.Reason whatever the order of the arguments, policy before law.
func Compile(policy, law []Rule, base Terms, amountMin data.Money) *Book {
	b := &Book{Terms: base, AmountMin: amountMin, rules: slices.Concat(policy, law)}
	var changing []bound[TermsRule]
	turns := []int{0}
	for i, rules := range [][]Rule{policy, law} {
		for k, r := range rules {
			at := k + i*len(policy)
			var when *condition
			if c, ok := r.(*Clause); ok {
				r, when = c.Rule, c.condition(&base.Setting)
				b.ranged = b.ranged || when.ranged
				if when.share < 1 {
					b.shares = append(b.shares, when.share)
				}
			}
			if t, ok := r.(Timed); ok {
				r = t.On(base.Grid)
			}
			if x, ok := r.(*IndexedRateCap); ok {
				r = x.follow(base.LPR, base.Grid)
				for month := 1; month < len(base.LPR); month++ {
					turns = append(turns, base.Grid.Steps(month))
				}
			}
			if cap, ok := r.(*APRCap); ok && (when != nil || cap.Fees == FeesIncluded) {
				r = &loanCap{APRCap: *cap}
			}
			if t, ok := r.(TermsRule); ok {
				if when == nil {
					t.Apply(&b.Terms)
				} else {
					changing = append(changing, bound[TermsRule]{rule: t, law: i == 1, when: when})
				}
			}
			if p, ok := r.(Price); ok {
				b.prices = append(b.prices, bound[Price]{p, i == 1, when, at})
			}
			if c, ok := r.(Check); ok && when != nil && when.ranged {
				b.limits = insert(b.limits, bound[Limit]{bar{c, c}, i == 1, when, at})
			} else if ok {
				b.checks = insert(b.checks, bound[Check]{c, i == 1, when, at})
			}
			if l, ok := r.(Limit); ok {
				b.limits = insert(b.limits, bound[Limit]{l, i == 1, when, at})
			}
		}
	}
	slices.Sort(b.shares)
	b.shares = slices.Compact(b.shares)
	for _, c := range changing {
		turns = append(turns, c.when.from, c.when.until)
	}
	for _, p := range b.prices {
		if p.when != nil {
			turns = append(turns, p.when.from, p.when.until)
		}
	}
	slices.Sort(turns)
	for _, t := range slices.Compact(turns) {
		if t < 0 || t == forever {
			continue
		}
		e := era{t, b.Terms}
		for _, c := range changing {
			if c.when.now(t) {
				c.rule.Apply(&e.terms)
			}
		}
		e.terms.Coverage = min(e.terms.Coverage, 1-e.terms.withheld)
		b.eras = append(b.eras, e)
	}
	b.Terms = b.eras[0].terms
	if len(b.eras) == 1 && len(b.prices) == 0 {
		b.eras = nil
	}
	return b
}

// loanCap is an APR cap under conditions, or one that counts the fee.
type loanCap struct{ APRCap }

func (r *loanCap) Most(a *Application) float64 { return a.beneath(r.Max, r.Fees) }

// Apply does nothing: the cap does not hold for all loans.
func (r *loanCap) Apply(*Terms) {}

// bar is a check that binds loans of some amounts only: it leaves no room for them.
type bar struct {
	Rule
	check Check
}

func (r bar) Reason() data.Reason { return r.check.Reason() }

func (r bar) Room(a *Application, _ Kept) data.Money {
	if r.check.Allows(a) {
		return math.MaxInt64
	}
	return 0
}

// At returns the terms of step t.
func (b *Book) At(t int) *Terms {
	if b.eras == nil {
		return &b.Terms
	}
	return &b.eras[b.Era(t)].terms
}

// Varies reports whether terms depend on the time, or prices on more than the lender's costs and one cap for all.
func (b *Book) Varies() bool { return b.eras != nil }

// Era is the number of the era of step t, 0 the first.
func (b *Book) Era(t int) int {
	at := 0
	for at+1 < len(b.eras) && b.eras[at+1].from <= t {
		at++
	}
	return at
}

// Start is the first step of an era.
func (b *Book) Start(era int) int {
	if b.eras == nil {
		return 0
	}
	return b.eras[era].from
}

// Next is the first step of the era after that of step t; the largest number where there is none.
func (b *Book) Next(t int) int {
	if at := b.Era(t) + 1; at < len(b.eras) {
		return b.eras[at].from
	}
	return forever
}

// Cap is the highest nominal annual rate that may be posted to who would ask for a loan: +Inf without a cap.
func (b *Book) Cap(a *Application) float64 {
	most := b.At(a.Now).APRCap
	for i := range b.prices {
		p := &b.prices[i]
		if !p.when.binds(a) {
			continue
		}
		if in, _ := p.when.inside(a, Kept{}, a.Asked); in {
			most = min(most, p.rule.Most(a))
		}
	}
	return most
}

// Shares lists the shares below 1 for which rules are obeyed, in order: two borrowers whose Obedience lies between the
// same two of them are bound by the same rules.
func (b *Book) Shares() []float64 { return b.shares }

// Alike reports whether two books give borrowers the same terms and prices, whatever they decide.
func (b *Book) Alike(o *Book) bool {
	return reflect.DeepEqual(b.eras, o.eras) && reflect.DeepEqual(b.prices, o.prices) && b.Terms.APRCap == o.Terms.APRCap &&
		b.Terms.Open == o.Terms.Open && b.Terms.Outside == o.Terms.Outside && b.Terms.Bureau == o.Terms.Bureau && b.Terms.Conduct == o.Terms.Conduct
}

// insert keeps the list ordered by reason; equal reasons stay in the order of arrival.
func insert[R interface{ Reason() data.Reason }](list []bound[R], x bound[R]) []bound[R] {
	at := len(list)
	for at > 0 && list[at-1].rule.Reason() > x.rule.Reason() {
		at--
	}
	list = append(list, x)
	copy(list[at+1:], list[at:])
	list[at] = x
	return list
}

// Decide judges an application: the first check that fails gives the reason; otherwise the amount is the
// largest up to what is asked that every limit allows, in whole currency units; an amount below AmountMin, or
// below the balance to be refinanced, is a denial by the limit that left the least room. Where no rule caps the
// price, a borrower without a break-even price is denied all the same. (Order: model.md §22
// item 39; top-up before min_repaid as in §8.1.) A limit that binds loans of some amounts only allows the others.
func (b *Book) Decide(a *Application) Decision {
	d, _ := b.Judge(a, nil)
	return d
}

// Cause is the rule that gives the decision on an application, as it was given to Compile: of a denial the rule that
// denies, of an offer of less than is asked the one that leaves the least room. It is nil where no rule decides by
// itself: what is asked is granted, or the terms or the bounds of the model are in the way.
func (b *Book) Cause(a *Application) Rule {
	if _, cause := b.Judge(a, nil); cause >= 0 && cause < len(b.rules) {
		return b.rules[cause]
	}
	return nil
}

// check returns the first check that denies an application, negative for none; the hearing notes all.
func (b *Book) check(a *Application, h *Hearing) int {
	first := -1
	for i := range b.checks {
		c := &b.checks[i]
		if c.when != nil && !c.when.binds(a) {
			continue
		}
		against := !c.rule.Allows(a)
		if against && first < 0 {
			if first = i; h == nil {
				return first
			}
		}
		if h != nil {
			h.note(c.at, c.when, against)
		}
	}
	return first
}

// Judge returns the decision on an application and its cause: the place, among the rules given to Compile, policy before
// law, and after them Inherent, of what denies, or of what leaves the least room for an offer of less than is asked;
// negative where all that is asked is offered. With a hearing it goes on after the first rule that denies and asks all
// others as well.
func (b *Book) Judge(a *Application, h *Hearing) (d Decision, cause int) {
	terms := b.At(a.Now)
	refinance := !a.Idle && terms.TopUp
	a.Refinance = refinance
	cause = nobody
	if first := b.check(a, h); first >= 0 {
		c := &b.checks[first]
		if d, cause = (Decision{Reason: c.rule.Reason(), ByLaw: c.law}), c.at; h == nil {
			return d, cause
		}
	}
	small := a.tooSmall(a.Asked, b.AmountMin)
	if !a.Idle && !refinance || small || math.IsInf(a.BreakEven, 1) {
		if k := b.inherent(a, terms, small, cause == nobody, h); k >= 0 && cause == nobody {
			d, cause = Decision{Reason: Inherent[k].Reason}, len(b.rules)+k
		}
		if cause != nobody && h == nil {
			return d, cause
		}
	}
	kept := a.kept()
	amount, reason, byLaw, by := a.Asked, data.DeniedAmount, false, len(b.rules)+tooSmall
	for again := true; again; {
		least := amount
		for i := range b.limits {
			l := &b.limits[i]
			below := data.Money(0)
			if l.when != nil {
				if !l.when.binds(a) {
					continue
				}
				var in bool
				if in, below = l.when.inside(a, kept, amount); !in {
					continue
				}
			}
			room := max(l.rule.Room(a, kept), below)
			if b.ranged {
				room -= room % data.Unit
			}
			if h != nil && (amount == a.Asked || room < least && !h.knows(l.at)) {
				h.note(l.at, l.when, room < amount)
			}
			if room < least {
				least, reason, byLaw, by = room, l.rule.Reason(), l.law, l.at
			}
		}
		again = b.ranged && least < amount && cause == nobody // a smaller loan may be inside another perimeter
		amount = least
	}
	if cause != nobody {
		return d, cause
	}
	amount -= amount % data.Unit
	if a.tooSmall(amount, b.AmountMin) {
		return Decision{Reason: reason, ByLaw: byLaw}, by
	}
	apr := a.APR
	heavier := amount < a.Asked && a.Fee.Amount > 0 // an amount kept is a larger part of a smaller loan
	for i := range b.prices {
		p := &b.prices[i]
		if (heavier || p.when != nil && p.when.ranged) && p.when.binds(a) {
			if in, _ := p.when.inside(a, kept, amount); in {
				offered := *a
				offered.Asked = amount
				most := p.rule.Most(&offered)
				if most < 0 {
					return Decision{Reason: p.rule.Reason(), ByLaw: p.law}, p.at
				}
				apr = min(apr, most)
			}
		}
	}
	if amount == a.Asked {
		by = nobody
	}
	return Decision{Granted: true, Amount: amount, APR: apr, Refinance: refinance}, by
}

// tooSmall reports whether an amount is nothing, below the smallest loan, or does not pay for the balance that it replaces.
func (a *Application) tooSmall(amount, least data.Money) bool {
	return amount <= 0 || amount < least || a.Refinance && amount-a.Fee.Of(amount) < a.NewestBalance
}

// kept is what the borrower keeps besides the new loan.
func (a *Application) kept() Kept {
	kept := Kept{Balance: a.OwnBalance, Instalments: a.OwnInstalments}
	if a.Refinance {
		kept.Balance -= a.NewestBalance
		kept.Instalments -= a.NewestInstalment
	}
	return kept
}
