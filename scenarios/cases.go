package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"relend/data"
	"relend/data/document"
	"relend/sim/contract"
	"relend/sim/rule"
)

// Law is a regulation with the cases that show its limits.
type Law struct {
	Regulation
	Cases    []Case
	Warnings []string

	grid   data.Grid
	reader *document.Reader
}

// Case is a request for a loan, or the fee asked for a missed instalment, and what the law says to it.
type Case struct {
	What   string
	On     time.Time
	Expect string // "granted", "reduced to N" (whole units of currency) or "refused by KIND"

	ask     rule.Application
	fee     float64    // asked for a missed instalment, whole units of currency
	missed  data.Money // the instalment; 0 in a request for a loan
	lender  string     // of rule.Lenders, "" for one whom all rules bind
	segment string
	topUp   bool
	newest  time.Time // grant of the newest running loan, zero where none runs
	at      *document.Node
}

// LoadLaw reads the regulation of that name in the library, or from that path, and the cases beside it. The error is a
// *data.Problems with everything found wrong.
func LoadLaw(nameOrPath string) (*Law, error) {
	l := newLoader(nameOrPath)
	law := &Law{Regulation: l.regulation(l.open(KindRegulation, nameOrPath, nil)), reader: l.r}
	if l.err() == nil {
		l.cases(law, nameOrPath)
	}
	law.Warnings = l.r.Problems.Warnings()
	return law, l.err()
}

// cases reads the file of cases beside a law, if there is one.
func (l *loader) cases(law *Law, nameOrPath string) {
	file := embedded + KindRegulation.Plural() + "/" + nameOrPath + casesSuffix
	var text []byte
	var err error
	if isPath(nameOrPath) {
		file = strings.TrimSuffix(strings.TrimSuffix(nameOrPath, ".yml"), ".yaml") + casesSuffix
		text, err = readFile(file)
	} else {
		text, err = library.ReadFile(strings.TrimSuffix(libraryFiles(KindRegulation)[nameOrPath], ".yaml") + casesSuffix)
	}
	if err != nil {
		if slices.ContainsFunc(law.Rules, func(r Rule) bool { return judges(r.Rule) }) {
			l.r.Warnf(nil, "no cases can be read in %s: nobody has shown what each limit does", file)
		}
		return
	}
	f := l.r.Map(l.parse(file, text))
	if at := f.Get("grid"); at != nil {
		if law.grid, err = data.ParseGrid(l.r.Text(at)); err != nil {
			l.r.Errorf(at, "%v", err)
		}
	}
	list := f.Need("cases")
	for _, n := range l.r.List(list) {
		law.Cases = append(law.Cases, l.oneCase(n, law))
	}
	f.Close()
	for _, r := range law.Rules {
		for _, err := range rule.Fits(r.Rule, &rule.Setting{Grid: law.grid, AsOf: time.Unix(0, 0)}) {
			if c, ok := r.Rule.(*rule.Clause); !ok || len(c.Perimeter.Segments) == 0 {
				l.r.Errorf(list, "grid %v: %v", law.grid, err)
			}
		}
	}
}

func (l *loader) oneCase(n *document.Node, law *Law) (c Case) {
	f := l.r.Map(n)
	c.What = l.paragraph(f.Need("what"))
	c.On = l.r.Date(f.Need("on"))
	c.ask = rule.Application{Idle: true, Gap: rule.Never, Since: rule.Never, Clean: rule.Never, NewOrdinal: 1}
	for k := range c.ask.SinceLate {
		c.ask.SinceLate[k] = rule.Never
	}
	if at := f.Get("lender"); at != nil {
		c.lender = l.r.OneOf(at, rule.Lenders...)
	}
	if at := f.Get("late"); at != nil {
		l.late(&c, at, law)
	} else {
		l.loan(&c, f.Need("loan"), law)
		if at := f.Get("borrower"); at != nil {
			l.borrower(&c, at, law)
		}
	}
	c.at = f.Need("expect")
	c.Expect = l.expectation(c.at, law)
	f.Close()
	return c
}

func (l *loader) loan(c *Case, n *document.Node, law *Law) {
	f, a := l.r.Map(n), &c.ask
	a.Asked = l.money(f.Need("amount"), law)
	if a.Asked%data.Unit != 0 {
		l.r.Errorf(n, "the amount asked for has to be in whole units of currency")
	}
	a.Base = a.Asked
	a.Term = law.grid.FromMonths(12)
	if at := f.Get("term"); at != nil {
		d := l.duration(at)
		steps, _ := law.grid.FromDays(d.Days)
		if a.Term = law.grid.FromMonths(d.Months) + steps; a.Term == 0 {
			l.r.Errorf(at, "a term of %s is nothing on the grid %v; a finer grid (half, week) can tell it", at.Text(), law.grid)
			a.Term = 1
		}
	}
	if at := f.Get("apr"); at != nil {
		a.APR = l.r.Ratio(at, 0, 100)
	}
	a.Fee.Amount = l.money(f.Get("fee"), law)
	if at := f.Get("fee_share"); at != nil {
		a.Fee.Share = l.r.Ratio(at, 0, 1)
	}
	if a.Asked > 0 && a.Fee.Of(a.Asked) >= a.Asked {
		l.r.Errorf(n, "the fee takes all of the loan")
	}
	if at := f.Get("product"); at != nil {
		product, err := data.ParseProduct(l.r.Text(at))
		if err != nil {
			l.r.Errorf(at, "%v", err)
		}
		a.Product = product
	}
	c.topUp = l.r.Bool(f.Get("top_up"))
	f.Close()
	a.PerYear = law.grid.PerYear()
	a.BreakEven = a.AllIn(a.Asked, a.APR)
	a.Burden = contract.Burden(a.Product, a.APR/float64(law.grid.PerYear()), a.Term, &contract.Line{}) / law.grid.Step()
}

// late reads a missed instalment and the fee asked for it.
func (l *loader) late(c *Case, n *document.Node, law *Law) {
	f := l.r.Map(n)
	at := f.Need("missed")
	c.missed, c.fee = l.money(at, law), l.money(f.Need("fee"), law).Major()
	if at != nil && c.missed == 0 {
		l.r.Errorf(at, "an instalment of 0 cannot be missed")
	}
	f.Close()
}

func (l *loader) borrower(c *Case, n *document.Node, law *Law) {
	f, a := l.r.Map(n), &c.ask
	a.Income = l.money(f.Get("income"), law)
	a.OwnBalance, a.OwnInstalments = l.money(f.Get("owes"), law), l.money(f.Get("pays"), law)
	if at := f.Get("outside_loans"); at != nil {
		a.Outside = int(l.r.Int(at, 0, 15))
	}
	a.OutsideBalance, a.OutsideInstal = l.money(f.Get("outside_balance"), law), l.money(f.Get("outside_pays"), law)
	if at := f.Get("days_past_due"); at != nil {
		days := l.r.Int(at, 0, maxDays)
		for k, from := range [...]int64{1, 30, 60} {
			if days >= from {
				a.SinceLate[k] = 0
			}
		}
	}
	if at := f.Get("segment"); at != nil {
		c.segment = l.text(at)
	}
	if at := f.Get("loans"); at != nil {
		l.past(c, at, law)
	}
	f.Close()
	switch {
	case a.Idle && (a.OwnBalance > 0 || a.OwnInstalments > 0):
		l.r.Errorf(n, "owes and pays are those of running loans: give one under loans, without repaid")
	case c.topUp && a.Own != 1:
		l.r.Errorf(n, "a top_up replaces the one running loan; %d run", a.Own)
	}
	if c.topUp {
		a.NewestBalance, a.NewestInstalment = a.OwnBalance, a.OwnInstalments
	}
}

// past reads the loans that a borrower has had from this lender, the oldest first. A loan belongs to the sequence of the one
// before when less than 30 days lie between its grant and that one's payoff (rule.SequencePause).
func (l *loader) past(c *Case, n *document.Node, law *Law) {
	a := &c.ask
	var before, repaid time.Time
	running := false // the loan before
	for i, item := range l.r.List(n) {
		f := l.r.Map(item)
		at := f.Need("granted")
		granted := l.r.Date(at)
		principal := l.money(f.Get("amount"), law)
		renewed := l.r.Bool(f.Get("renewal"))
		payoff := f.Get("repaid")
		f.Close()
		if granted.Before(before) || granted.After(c.On) {
			l.r.Errorf(at, "loans are listed from the oldest to the newest, none after the day of the case")
			return
		}
		switch {
		case i == 0 || !renewed && !running && granted.Sub(repaid) >= 30*24*time.Hour:
			a.Sequence, a.First = 1, principal
		default:
			a.Sequence++
		}
		if renewed {
			a.RollOvers++
		} else if !running {
			a.RollOvers = 0
		}
		age := law.age(granted, c.On)
		a.Taken = rule.Took(a.Taken, age)
		a.Since = age
		if running = payoff == nil; running {
			a.Own++
			a.Idle, c.newest = false, granted
		} else {
			day := l.r.Date(payoff)
			if day.Before(granted) || day.After(c.On) {
				l.r.Errorf(payoff, "repaid lies between the grant and the day of the case")
			}
			if day.After(repaid) {
				repaid = day
			}
		}
		a.NewOrdinal++
		before = granted
	}
	if a.Own > rule.MaxOwn {
		l.r.Errorf(n, "%d running loans, at most %d can be told apart", a.Own, rule.MaxOwn)
	}
	if a.Idle && !repaid.IsZero() {
		a.Gap = law.age(repaid, c.On)
	}
	a.Continues = a.NewOrdinal > 1 && (!a.Idle || c.On.Sub(repaid) < 30*24*time.Hour)
}

// age is the number of whole steps of the grid between two days.
func (law *Law) age(from, to time.Time) int {
	months := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month())
	if from.AddDate(0, months, 0).After(to) {
		months--
	}
	return law.grid.Age(months, int(to.Sub(from.AddDate(0, months, 0)).Hours()/24))
}

// money reads an amount in the law's currency.
func (l *loader) money(n *document.Node, law *Law) data.Money {
	if n == nil {
		return 0
	}
	v, code := l.amount(n, 0, data.MaxAmount)
	if own := law.Currency(); code != "" && own != "" && code != own {
		l.r.Errorf(n, "the amount is in %s, the law's are in %s; amounts are not converted", code, own)
	}
	return data.Money(math.RoundToEven(v * float64(data.Unit)))
}

// Currency is that of the first amount of the law, "" where it has none.
func (r *Regulation) Currency() string {
	for _, x := range r.Rules {
		if x.Currency != "" {
			return x.Currency
		}
	}
	return ""
}

var (
	reduced = regexp.MustCompile(`^reduced to [1-9][0-9]*$`)
	refused = regexp.MustCompile(`^refused by ([a-z_]+)$`)
)

func (l *loader) expectation(n *document.Node, law *Law) string {
	s := l.text(n)
	switch m := refused.FindStringSubmatch(s); {
	case n == nil || s == "granted" || reduced.MatchString(s):
	case m != nil:
		if kinds := law.Kinds(); !slices.Contains(kinds, m[1]) {
			l.r.Errorf(n, "the law has no rule %q%s", m[1], hint(m[1], kinds))
		}
	default:
		l.r.Errorf(n, `found %q; a case expects "granted", "reduced to N" or "refused by KIND"`, s)
	}
	return s
}

// Kinds lists the kinds of rules of a law, in the order of rule.Kinds.
func (r *Regulation) Kinds() (names []string) {
	for _, x := range r.Rules {
		if !slices.Contains(names, x.Kind) {
			names = append(names, x.Kind)
		}
	}
	return names
}

// Try puts every case to the law as a run would judge it, and returns the cases that come out otherwise as a *data.Problems,
// nil where there is none.
func (law *Law) Try() error {
	out := &data.Problems{Cause: data.BadConfig}
	for i := range law.Cases {
		c := &law.Cases[i]
		if got, decisive := law.judge(c); got != c.Expect {
			says := ""
			if decisive >= 0 {
				says = ": " + law.Rules[decisive].Rule.Sentence(law.Rules[decisive].Currency)
			}
			out.List = append(out.List, data.Problem{Severity: data.Error, File: c.at.File, Line: c.at.Line, Col: c.at.Col, Path: c.at.Path,
				Message: fmt.Sprintf("%q expects %q, the rules say %q%s", c.What, c.Expect, got, says)})
		}
	}
	return out.Err()
}

// judge returns what the rules say to a case, and the index of the rule that decides, -1 for none.
func (law *Law) judge(c *Case) (answer string, decisive int) {
	rules := make([]rule.Rule, len(law.Rules))
	for i, r := range law.Rules {
		if rule.Addresses(r.Rule, c.lender) {
			rules[i] = c.today(r.Rule)
		}
	}
	book, a := law.book(c, slices.DeleteFunc(slices.Clone(rules), func(r rule.Rule) bool { return r == nil }))
	if c.missed > 0 {
		return law.fee(c, book, rules)
	}
	d := book.Decide(&a)
	decisive = -1
	if cause := book.Cause(&a); cause != nil {
		decisive = slices.Index(rules, cause)
	}
	switch {
	case !d.Granted && decisive < 0:
		return "refused for the reason " + d.Reason.String(), -1
	case !d.Granted:
		return "refused by " + law.Rules[decisive].Kind, decisive
	case d.Amount < a.Asked:
		return fmt.Sprintf("reduced to %d", d.Amount/data.Unit), decisive
	}
	return "granted", -1
}

// fee is judge for the fee for a missed instalment.
func (law *Law) fee(c *Case, book *rule.Book, rules []rule.Rule) (answer string, decisive int) {
	allowed := book.At(0).LateFee(c.fee, 0, c.missed)
	if allowed >= data.Money(math.RoundToEven(c.fee*float64(data.Unit))) {
		return "granted", -1
	}
	decisive = slices.IndexFunc(rules, func(r rule.Rule) bool {
		_, ok := rule.Bare(r).(*rule.DefaultFeeCap)
		return r != nil && ok
	})
	return fmt.Sprintf("reduced to %d", allowed/data.Unit), decisive
}

// book compiles rules for the day of a case. The price asked for, with the fee, is the lowest at which the lender would lend, what the
// borrower owes elsewhere is seen, and nothing else stands in the way.
func (law *Law) book(c *Case, rules []rule.Rule) (*rule.Book, rule.Application) {
	a := c.ask
	segments := []string{c.segment}
	for _, r := range rules {
		if clause, ok := r.(*rule.Clause); ok {
			segments = slices.Concat(segments, clause.Perimeter.Segments, clause.Perimeter.Except)
		}
	}
	return rule.Compile(nil, rules, rule.Terms{
		APRCap: math.Inf(1), TopUp: c.topUp, Stack: true, Open: 1, Bureau: rule.Bureau{Coverage: 1}, Conduct: rule.Unbound,
		Setting: rule.Setting{Grid: law.grid, AsOf: c.On, Segments: segments},
	}, data.Unit), a
}

// ages lies beyond all loans and laws.
const ages = 200 // years

// today returns a rule whose dates fall on the steps of a grid without rounding: days up to the grant of the running loan
// lie long ago, days after it up to the day of the case on that day, and later ones far ahead.
func (c *Case) today(r rule.Rule) rule.Rule {
	written, ok := r.(*rule.Clause)
	if !ok {
		return r
	}
	clause := *written
	for _, m := range []*rule.Moment{&clause.From, &clause.Until} {
		switch {
		case m.Date.IsZero():
		case !m.Date.After(c.newest):
			m.Date = c.On.AddDate(-ages, 0, 0)
		case m.Date.After(c.On):
			m.Date = c.On.AddDate(ages, 0, 0)
		default:
			m.Date = c.On
		}
	}
	return &clause
}

// bothSides is the number of cases that are to show each side of a limit.
const bothSides = 2

// Untested lists the rules for which the cases do not show both sides: two that the rule refuses or reduces, and two that it
// binds and that are granted; of a ban for everyone in its perimeter, two outside. Rules that judge no single request
// (information, the whole book) need none.
func (law *Law) Untested() (missing []string) {
	decided, passed := make([]int, len(law.Rules)), make([]int, len(law.Rules))
	for i := range law.Cases {
		c := &law.Cases[i]
		answer, decisive := law.judge(c)
		if decisive >= 0 {
			decided[decisive]++
		}
		for j, r := range law.Rules {
			ban, _ := rule.Bare(r.Rule).(*rule.BorrowerBan)
			if answer == "granted" && law.binds(c, j) != (ban != nil && ban.Everyone) {
				passed[j]++
			}
		}
	}
	for i, r := range law.Rules {
		if !judges(r.Rule) {
			continue
		}
		sentence := r.Rule.Sentence(r.Currency)
		if decided[i] < bothSides {
			missing = append(missing, fmt.Sprintf("%s decided by %s, %d are needed: %s", counted(decided[i]), r.Kind, bothSides, sentence))
		}
		if passed[i] < bothSides {
			missing = append(missing, fmt.Sprintf("%s granted within %s, %d are needed: %s", counted(passed[i]), r.Kind, bothSides, sentence))
		}
	}
	return missing
}

func counted(n int) string {
	if n == 0 {
		return "no case is"
	}
	return "only one case is"
}

// judges reports whether a rule decides on single requests.
func judges(r rule.Rule) bool {
	_, check := rule.Bare(r).(rule.Check)
	_, limit := rule.Bare(r).(rule.Limit)
	return check || limit
}

// binds reports whether a rule is in force for a case: a bar for everyone under its conditions would be felt.
func (law *Law) binds(c *Case, i int) bool {
	if !rule.Addresses(law.Rules[i].Rule, c.lender) {
		return false
	}
	bar := &rule.BorrowerBan{Everyone: true}
	probe := rule.Rule(bar)
	if clause, ok := c.today(law.Rules[i].Rule).(*rule.Clause); ok {
		conditions := *clause
		conditions.Rule = bar
		probe = &conditions
	}
	book, a := law.book(c, []rule.Rule{probe})
	d := book.Decide(&a)
	return !d.Granted || d.Amount < a.Asked
}
