package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"relend/data"
)

// Clause is a rule with the qualities that all kinds have in common: when it holds, whom and what it binds, and how far
// it is obeyed. The zero value of each binds always and everybody.
type Clause struct {
	Rule
	From, Until Moment // it holds from From on and no longer at Until
	Grandfather bool   // a request while a loan runs that was granted before From is not bound
	Keeps       bool   // it goes on to bind requests while a loan runs that was granted before Until: what follows it has Grandfather
	Compliance  float64
	Quota       *Quota // nil: a hard limit
	Code        string // reason code: the article, or the number in the lender's own list; "" for that of the kind
	Perimeter   Perimeter
}

// Moment is a point in time: a date, or so many months after the snapshot. The zero value is none.
type Moment struct {
	Given  bool
	Date   time.Time // zero: Months counts
	Months int
}

// Perimeter says what a rule binds. Empty lists and zeros bind all.
type Perimeter struct {
	Lenders  []string // of Lenders; a lender of no stated kind is bound
	Others   []string // of Lenders, whom it does not bind
	Products []data.Product
	Segments []string
	Except   []string // segments that it does not bind
	Amount   Range    // of the loan granted
	Debt     Range    // own and visible outside debt after the grant
	Term     Span
}

// Lenders are the kinds of lenders that laws tell apart: banks, consumer-finance companies, microloan companies, platforms
// that arrange loans between others (peer to peer), payday lenders, non-bank finance companies and money lenders, and
// private lenders without a licence.
var Lenders = []string{"bank", "consumer_finance", "microloan", "platform", "payday", "finance_company", "private"}

// Addresses reports whether a rule is meant for a kind of lender, "" for one of no stated kind, whom all rules bind.
func Addresses(r Rule, lender string) bool {
	c, ok := r.(*Clause)
	return !ok || lender == "" || (len(c.Perimeter.Lenders) == 0 || slices.Contains(c.Perimeter.Lenders, lender)) && !slices.Contains(c.Perimeter.Others, lender)
}

// Range is the amounts above Over up to and with UpTo.
type Range struct {
	Over, UpTo data.Money // 0: no bound
}

// Span is the terms longer than Over up to and with UpTo.
type Span struct {
	Over, UpTo Duration // zero: no bound
}

// Duration is a time in months and days, which add up.
type Duration struct{ Months, Days int }

func (d Duration) steps(grid data.Grid) int { return stepsOf(grid, d.Months, d.Days) }

// Bare returns a rule without the conditions under which it holds.
func Bare(r Rule) Rule {
	if c, ok := r.(*Clause); ok {
		return c.Rule
	}
	return r
}

// Setting is where and when rules are applied.
type Setting struct {
	Grid     data.Grid
	AsOf     time.Time // the snapshot; zero where it has no date
	Segments []string  // of the portfolio
	LPR      []float64 // loan prime rate of the macro path by month, in standard deviations; the last one holds on
}

// step is the step of the grid that begins nearest to a moment.
func (s *Setting) step(m Moment) int {
	if m.Date.IsZero() {
		return s.Grid.FromMonths(m.Months)
	}
	days := m.Date.Sub(s.AsOf).Hours() / 24
	return int(math.Round(days * float64(s.Grid.PerYear()) / 365.25))
}

// dated is a rule that may have dates and nothing else: it changes what all borrowers meet alike.
func dated(r Rule) bool {
	switch r.(type) {
	case TermsRule:
		_, price := r.(*APRCap)
		return !price
	case Control:
		return true
	}
	return false
}

// soft reports whether a rule may have a quota: it decides on single loans, but not on their price.
func soft(r Rule) bool {
	switch r.(type) {
	case Price, TermsRule:
		return false
	case Check, Limit:
		return true
	}
	return false
}

// Fits returns what is wrong with a rule in a setting, one error for each problem.
func Fits(r Rule, s *Setting) (errs []error) {
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if timed, ok := Bare(r).(Timed); ok {
		if err := timed.Fits(s.Grid); err != nil {
			errs = append(errs, err)
		}
	}
	c, ok := r.(*Clause)
	if !ok {
		return errs
	}
	for _, m := range []Moment{c.From, c.Until} {
		if m.Given && !m.Date.IsZero() && s.AsOf.IsZero() {
			add("the rule is dated %s, but the portfolio's snapshot has no date: give portfolio.as_of, or a time after the snapshot such as 6 months", m.Date.Format(time.DateOnly))
			break
		}
	}
	for _, name := range Strangers(r, s) {
		if near := data.DidYouMean(name, s.Segments); near != "" {
			add("the perimeter of a rule names the segment %q, which the portfolio does not hold%s", name, near)
		}
	}
	for _, d := range []Duration{c.Perimeter.Term.Over, c.Perimeter.Term.UpTo} {
		if err := tooShort(s.Grid, "perimeter: term", d.Days); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// Strangers lists the segments that a rule's perimeter names and the portfolio does not hold: none of them is bound.
func Strangers(r Rule, s *Setting) (names []string) {
	if c, ok := r.(*Clause); ok {
		for _, name := range c.Perimeter.Segments {
			if !slices.Contains(s.Segments, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Void reports whether a rule is never in force, as no step of the grid lies between its dates: they round to one step, or
// where one is a date and the other a time after the snapshot, they are in the wrong order.
func Void(r Rule, s *Setting) bool {
	c, ok := r.(*Clause)
	return ok && c.From.Given && c.Until.Given && !c.Keeps && s.step(c.From) >= s.step(c.Until)
}

// Check returns what is wrong with a clause whatever the portfolio.
func (c *Clause) Check() error {
	if err := c.Rule.Check(); err != nil {
		return err
	}
	p := &c.Perimeter
	inner := len(p.Products) > 0 || len(p.Segments) > 0 || len(p.Except) > 0 || p.Amount != (Range{}) || p.Debt != (Range{}) || p.Term != (Span{}) || c.Compliance < 1
	_, queue := c.Rule.(*FundingQueue)
	switch {
	case queue:
		return fmt.Errorf("an order of service holds for the whole run and has no conditions")
	case c.From.Given && c.Until.Given && !c.From.Before(c.Until):
		return fmt.Errorf("until %v does not come after from %v", c.Until, c.From)
	case c.Grandfather && !c.From.Given:
		return fmt.Errorf("grandfather needs from: what was granted before it is not bound")
	case c.Compliance < 0 || c.Compliance > 1:
		return fmt.Errorf("compliance %v is out of range, allowed 0%% to 100%%", c.Compliance)
	case dated(c.Rule) && (inner || c.Grandfather):
		return fmt.Errorf("the rule holds for all borrowers alike: it may be dated (from, until), but has neither perimeter nor compliance nor grandfather")
	case c.Quota != nil && !soft(c.Rule):
		return fmt.Errorf("a quota softens limits on single loans; a cap on the price has none (average_rate_cap limits the average), nor has a rule for all borrowers alike")
	case shared(p.Segments, p.Except):
		return fmt.Errorf("perimeter: a segment is both in segments and in except_segments")
	case shared(p.Lenders, p.Others):
		return fmt.Errorf("perimeter: a kind of lender is both in lenders and in except_lenders")
	case p.Amount.UpTo > 0 && p.Amount.UpTo <= p.Amount.Over, p.Debt.UpTo > 0 && p.Debt.UpTo <= p.Debt.Over:
		return fmt.Errorf("perimeter: up_to does not lie above over; nothing is inside")
	case p.Term.UpTo != (Duration{}) && p.Term.UpTo.days() <= p.Term.Over.days():
		return fmt.Errorf("perimeter: term: up_to does not lie above over; nothing is inside")
	}
	switch r := c.Rule.(type) {
	case *ProductCap:
		if p.Amount.UpTo > 0 && p.Amount.UpTo <= r.Amount {
			return fmt.Errorf("perimeter: no loan of up to %s is above the cap of %s; nothing is bound", p.Amount.UpTo, r.Amount)
		}
	case *MinimumTerm:
		if over := p.Term.Over.days(); over > 0 && over >= (Duration{r.Term, r.TermDays}).days() {
			return fmt.Errorf("perimeter: every term above %s is long enough; nothing is bound", span(p.Term.Over.Months, p.Term.Over.Days))
		}
	}
	if _, price := c.Rule.(Price); (price || isAPRCap(c.Rule)) && p.Debt != (Range{}) {
		return fmt.Errorf("perimeter: a cap on the price cannot depend on the debt, which changes every month")
	}
	return nil
}

func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

func isAPRCap(r Rule) bool {
	_, ok := r.(*APRCap)
	return ok
}

func (d Duration) days() int { return 30*d.Months + d.Days }

// Before compares two moments; a date and a number of months cannot be told apart before the snapshot is known.
func (m Moment) Before(o Moment) bool {
	switch {
	case m.Date.IsZero() && o.Date.IsZero():
		return m.Months < o.Months
	case m.Date.IsZero() || o.Date.IsZero():
		return true
	}
	return m.Date.Before(o.Date)
}

func (m Moment) String() string {
	if m.Date.IsZero() {
		return months(m.Months) + " after the snapshot"
	}
	return m.Date.Format(time.DateOnly)
}

// Sentence says the rule with its conditions.
func (c *Clause) Sentence(currency string) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if c.From.Given {
		add("from %v", c.From)
	}
	if c.Until.Given {
		add("until %v", c.Until)
	}
	p := &c.Perimeter
	if len(p.Lenders) > 0 {
		add("lenders of the kind %s only", strings.Join(p.Lenders, " or "))
	}
	if len(p.Others) > 0 {
		add("lenders of the kind %s are not bound", strings.Join(p.Others, " or "))
	}
	if len(p.Products) > 0 {
		var names []string
		for _, x := range p.Products {
			names = append(names, x.String())
		}
		add("loans of the product %s only", strings.Join(names, " or "))
	}
	if len(p.Segments) > 0 {
		add("borrowers of %s only", strings.Join(p.Segments, ", "))
	}
	if len(p.Except) > 0 {
		add("borrowers of %s are not bound", strings.Join(p.Except, ", "))
	}
	between := func(what, over, upTo string) {
		switch {
		case over != "" && upTo != "":
			add("%s above %s up to %s", what, over, upTo)
		case over != "":
			add("%s above %s", what, over)
		case upTo != "":
			add("%s up to %s", what, upTo)
		}
	}
	bound := func(m data.Money) string {
		if m == 0 {
			return ""
		}
		return amount(m, currency)
	}
	between("loans", bound(p.Amount.Over), bound(p.Amount.UpTo))
	between("debt after the grant", bound(p.Debt.Over), bound(p.Debt.UpTo))
	between("terms", span(p.Term.Over.Months, p.Term.Over.Days), span(p.Term.UpTo.Months, p.Term.UpTo.Days))
	if c.Grandfather {
		add("borrowers with a loan granted before are not bound while it runs")
	}
	if c.Compliance < 1 {
		add("obeyed for %s of borrowers", percent(c.Compliance))
	}
	if c.Quota != nil {
		add("%s", c.Quota.sentence())
	}
	if c.Code != "" {
		add("code %s", c.Code)
	}
	sentence := c.Rule.Sentence(currency)
	if len(parts) == 0 {
		return sentence
	}
	return strings.TrimSuffix(sentence, ".") + " (" + strings.Join(parts, "; ") + ")."
}

// condition is when and for whom a rule of a Book holds, nil for always and everybody.
type condition struct {
	from, until int // steps
	old         int // a running loan granted before this step is not bound
	keep        int // one granted before this step is bound even after until
	share       float64
	products    [data.NumProducts]bool
	segments    []bool // nil: all
	over, upTo  int    // steps of the term
	amount      Range
	debt        Range
	ranged      bool // it depends on the amount granted
}

const forever = math.MaxInt

// condition returns what a clause means in a setting.
func (c *Clause) condition(s *Setting) *condition {
	p := &c.Perimeter
	out := &condition{from: -forever, until: forever, old: -forever, keep: -forever, share: c.Compliance, over: -1, upTo: forever, amount: p.Amount, debt: p.Debt}
	if c.From.Given {
		out.from = s.step(c.From)
		if c.Grandfather {
			out.old = out.from
		}
	}
	if c.Until.Given {
		out.until = s.step(c.Until)
		if c.Keeps {
			out.keep = out.until
		}
	}
	for i := range out.products {
		out.products[i] = len(p.Products) == 0 || slices.Contains(p.Products, data.Product(i))
	}
	if len(p.Segments)+len(p.Except) > 0 {
		out.segments = make([]bool, 256)
		for i, name := range s.Segments {
			out.segments[i] = (len(p.Segments) == 0 || slices.Contains(p.Segments, name)) && !slices.Contains(p.Except, name)
		}
	}
	if d := p.Term.Over; d != (Duration{}) {
		out.over = d.steps(s.Grid)
	}
	if d := p.Term.UpTo; d != (Duration{}) {
		out.upTo = d.steps(s.Grid)
	}
	if out.amount.UpTo == 0 {
		out.amount.UpTo = math.MaxInt64
	}
	if out.debt.UpTo == 0 {
		out.debt.UpTo = math.MaxInt64
	}
	out.ranged = p.Amount != (Range{}) || p.Debt != (Range{})
	return out
}

// now reports whether the rule holds in step t.
func (c *condition) now(t int) bool { return c == nil || t >= c.from && t < c.until }

// binds reports whether the rule binds an application, whatever the amount granted.
func (c *condition) binds(a *Application) bool {
	return c == nil || (c.now(a.Now) || a.Now >= c.until && a.granted() < c.keep) && a.Obedience < c.share && c.products[a.Product] && (c.segments == nil || c.segments[a.Segment]) &&
		a.Term > c.over && a.Term <= c.upTo && a.granted() >= c.old
}

// granted is the step in which the running loan was granted, the largest number where none runs.
func (a *Application) granted() int {
	if a.Idle {
		return forever
	}
	return a.Now - a.Since - 1
}

// inside returns whether the rule binds a loan of an amount, and the largest amount below that it does not bind.
func (c *condition) inside(a *Application, kept Kept, amount data.Money) (bound bool, below data.Money) {
	if c == nil || !c.ranged {
		return true, 0
	}
	owed := kept.Balance + data.Money(a.Outside)*a.OutsideBalance
	below = max(c.amount.Over, c.debt.Over-owed, 0)
	return amount > below && amount <= c.amount.UpTo && owed+amount <= c.debt.UpTo, below
}
