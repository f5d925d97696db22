package scenarios

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"relend/data"
	"relend/data/document"
	"relend/sim/rule"
)

// maxDays and maxMonths bound the times of a clause.
const (
	maxDays   = 3650
	maxMonths = 600
)

// ClauseFields documents the keys that every kind of rule has beside its own parameters.
func ClauseFields() []RuleField {
	return []RuleField{
		{"from", "date or months", "", "always", "day from which the rule holds, such as 2026-01-01, or time after the snapshot such as 6 months; the step of the grid that begins nearest to it is the first"},
		{"until", "date or months", "", "for good", "day on which it holds no longer (sunset); after from"},
		{"grandfather", "flag", "true or false", "false", "who has a running loan granted before from is not bound while it runs; what the rule replaces binds him still"},
		{"compliance", "share", "0% to 100%", "100%", "share of borrowers for whom it is obeyed, drawn once for each"},
		{"quota.share", "share", "0% to 100%", "hard limit", "share of what is lent, by amount, that may go beyond the limit: a soft limit"},
		{"quota.window", "months", "1 to 120", "1 month", "moving window of the quota, the present month included"},
		{"code", "text", "", "", "reason code: the article, or the number in the lender's own list; values with different codes stand side by side and are counted apart"},
		{"perimeter.lenders", "list", strings.Join(rule.Lenders, ", "), "all", "kinds of lenders that it binds; one who does not say what he is (lender, of an experiment) is bound"},
		{"perimeter.except_lenders", "list", "the same", "none", "kinds of lenders that it does not bind"},
		{"perimeter.products", "list", strings.Join(data.ProductNames(), ", "), "all", "products that it binds"},
		{"perimeter.segments", "list of texts", "", "all", "segments of borrowers whom it binds"},
		{"perimeter.except_segments", "list of texts", "", "none", "segments of borrowers whom it does not bind"},
		{"perimeter.amount.over, up_to", "money", "", "all", "loans that it binds: above the first amount, up to and with the second"},
		{"perimeter.debt.over, up_to", "money", "", "all", "the same for what the borrower owes after the grant, as far as the bureau shows; not for caps on the price"},
		{"perimeter.term.over, up_to", "months or days", "", "all", "the same for the term of the loan"},
	}
}

// named reports whether a rule has a parameter of its own of that name (slow_lending has from and until).
func named(r rule.Rule, name string) bool { return slices.Contains(fieldNames(r), name) }

// clause reads what a rule has beside its parameters, and returns the rule with it.
func (l *loader) clause(f *document.Fields, out *Rule) {
	c := &rule.Clause{Rule: out.Rule, Compliance: 1}
	get := func(name string) *document.Node {
		if named(out.Rule, name) {
			return nil
		}
		return f.Get(name)
	}
	c.From, c.Until = l.since, l.moment(get("until"))
	if at := get("from"); at != nil {
		c.From = l.moment(at)
	}
	c.Grandfather = l.r.Bool(get("grandfather"))
	if at := get("compliance"); at != nil {
		c.Compliance = l.r.Ratio(at, 0, 1)
	}
	if at := get("quota"); at != nil {
		g := l.r.Map(at)
		c.Quota = &rule.Quota{Share: l.r.Ratio(g.Need("share"), 0, 1), Window: 1}
		if m := g.Get("window"); m != nil {
			c.Quota.Window = l.r.Months(m, 1, 120)
		}
		g.Close()
	}
	c.Code = l.text(get("code"))
	if at := get("perimeter"); at != nil {
		c.Perimeter = l.perimeter(at, out)
	}
	if !reflect.DeepEqual(c, &rule.Clause{Rule: out.Rule, Compliance: 1}) {
		out.Rule = c
	}
}

func (l *loader) moment(n *document.Node) (m rule.Moment) {
	if n == nil {
		return m
	}
	m.Given = true
	if strings.Contains(n.Text(), "month") || strings.Contains(n.Text(), "year") {
		m.Months = l.r.Months(n, 0, maxMonths)
		return m
	}
	before := len(l.r.Problems.List)
	m.Date = l.r.Date(n)
	if l.failed(before) {
		last := &l.r.Problems.List[len(l.r.Problems.List)-1]
		last.Message = strings.Replace(last.Message, "a date such as 2017-08-13", "a date such as 2026-01-01 or a time after the snapshot such as 6 months", 1)
		return rule.Moment{}
	}
	return m
}

func (l *loader) perimeter(n *document.Node, out *Rule) (p rule.Perimeter) {
	f := l.r.Map(n)
	if at := f.Get("lenders"); at != nil {
		p.Lenders = l.lenders(at)
	}
	if at := f.Get("except_lenders"); at != nil {
		p.Others = l.lenders(at)
	}
	if at := f.Get("products"); at != nil {
		for _, name := range l.r.Texts(at) {
			product, err := data.ParseProduct(name)
			if err != nil {
				l.r.Errorf(at, "%v", err)
			} else {
				p.Products = append(p.Products, product)
			}
		}
	}
	if at := f.Get("segments"); at != nil {
		p.Segments = l.r.Texts(at)
	}
	if at := f.Get("except_segments"); at != nil {
		p.Except = l.r.Texts(at)
	}
	p.Amount, p.Debt = l.amounts(f.Get("amount"), out), l.amounts(f.Get("debt"), out)
	if at := f.Get("term"); at != nil {
		g := l.r.Map(at)
		p.Term = rule.Span{Over: l.duration(g.Get("over")), UpTo: l.duration(g.Get("up_to"))}
		g.Close()
	}
	f.Close()
	if f.Node() != nil && len(f.Node().Keys()) == 0 {
		l.r.Errorf(n, "the perimeter is empty; leave it out for a rule that binds all")
	}
	return p
}

// lenders reads kinds of lenders.
func (l *loader) lenders(n *document.Node) (kinds []string) {
	items := []*document.Node{n}
	if n.Kind == document.List {
		items = n.Items()
	}
	for _, item := range items {
		kinds = append(kinds, l.r.OneOf(item, rule.Lenders...))
	}
	return kinds
}

func (l *loader) amounts(n *document.Node, out *Rule) (r rule.Range) {
	if n == nil {
		return r
	}
	f := l.r.Map(n)
	for _, end := range []struct {
		name  string
		value *data.Money
	}{{"over", &r.Over}, {"up_to", &r.UpTo}} {
		at := f.Get(end.name)
		if at == nil {
			continue
		}
		v, code := l.amount(at, 0, data.MaxAmount)
		*end.value = data.Money(v * float64(data.Unit))
		if end.value == &r.UpTo && v == 0 {
			l.r.Errorf(at, "nothing lies up to 0; leave up_to out for no bound")
		}
		l.currency(at, code, out)
	}
	f.Close()
	return r
}

// currency notes the currency of an amount of a rule.
func (l *loader) currency(n *document.Node, code string, out *Rule) {
	switch {
	case code == "":
	case out.Currency != "" && out.Currency != code:
		l.r.Errorf(n, "the amount is in %s, another one of the rule in %s; amounts are not converted", code, out.Currency)
	default:
		out.Currency, out.at = code, n
	}
}

func (l *loader) duration(n *document.Node) (d rule.Duration) {
	switch {
	case n == nil:
	case strings.Contains(n.Text(), "day") || strings.Contains(n.Text(), "week"):
		d.Days = l.r.Days(n, 0, maxDays)
	default:
		d.Months = l.r.Months(n, 0, maxMonths)
	}
	return d
}

// succession puts the values of one kind in order of time: a value holds until another one begins for the same loans and
// debts.
// nodes are where they are written.
func (l *loader) succession(kind string, rules []Rule, nodes []*document.Node) []Rule {
	type entry struct {
		Rule
		clause *rule.Clause
		node   *document.Node
	}
	var list []entry
	for i, r := range rules {
		c, ok := r.Rule.(*rule.Clause)
		if !ok {
			c = &rule.Clause{Rule: r.Rule, Compliance: 1}
		}
		list = append(list, entry{r, c, nodes[i]})
	}
	start := func(c *rule.Clause) (order int64) {
		switch {
		case !c.From.Given:
			return -1 << 62
		case c.From.Date.IsZero():
			return int64(c.From.Months)
		}
		return c.From.Date.Unix()
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		switch x, y := start(a.clause), start(b.clause); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			a, b := list[i].clause, list[j].clause
			if !reflect.DeepEqual(a.Perimeter, b.Perimeter) || a.Code != b.Code || choices(a.Rule) != choices(b.Rule) {
				continue
			}
			if mixed(a, b) {
				l.r.Errorf(list[j].node, "one value of %s is dated, the other one so many months after the snapshot: which comes first cannot be told", kind)
				break
			}
			switch {
			case start(a) == start(b):
				l.r.Errorf(list[j].node, "two values of %s hold for the same loans from the same day (the other one: line %d)", kind, list[i].node.Line)
			case !a.Until.Given:
				a.Until = b.From
			case b.From.Before(a.Until):
				l.r.Errorf(list[j].node, "overlaps the value of %s in line %d, which holds until %v: this one begins on %v", kind, list[i].node.Line, a.Until, b.From)
			}
			a.Keeps = a.Until == b.From && b.Grandfather
			break
		}
	}
	out := make([]Rule, len(list))
	for i := range list {
		out[i] = list[i].Rule
		if !reflect.DeepEqual(list[i].clause, &rule.Clause{Rule: list[i].clause.Rule, Compliance: 1}) {
			out[i].Rule = list[i].clause
		}
	}
	return out
}

// choices are the words chosen in a rule, such as the debts that it counts: rules that differ in them limit different
// things and bind side by side.
func choices(r rule.Rule) (words string) {
	for _, f := range r.Fields() {
		if word, ok := f.Value.(*string); ok {
			words += *word + " "
		}
	}
	return words
}

// mixed reports whether the times of two clauses are written in two ways.
func mixed(a, b *rule.Clause) bool {
	dates, months := false, false
	for _, m := range []rule.Moment{a.From, a.Until, b.From, b.Until} {
		dates, months = dates || m.Given && !m.Date.IsZero(), months || m.Given && m.Date.IsZero()
	}
	return dates && months
}

// clauseNode writes a rule with its conditions.
func clauseNode(r Rule) *document.Node {
	fields := document.NewMap()
	for _, f := range rule.Bare(r.Rule).Fields() {
		fields.Set(f.Name, written(f, r.Currency))
	}
	c, ok := r.Rule.(*rule.Clause)
	if !ok {
		return fields
	}
	for _, m := range []struct {
		name string
		rule.Moment
	}{{"from", c.From}, {"until", c.Until}} {
		switch {
		case !m.Given:
		case m.Date.IsZero():
			fields.Set(m.name, months(float64(m.Months)))
		default:
			fields.Set(m.name, document.NewText(m.Date.Format(time.DateOnly)))
		}
	}
	if c.Grandfather {
		fields.Set("grandfather", document.NewValue("true"))
	}
	if c.Compliance < 1 {
		fields.Set("compliance", ratio(c.Compliance))
	}
	if q := c.Quota; q != nil {
		fields.Set("quota", document.NewMap().Set("share", ratio(q.Share)).Set("window", months(float64(q.Months()))))
	}
	text(fields, "code", c.Code)
	perimeter := document.NewMap()
	if p := c.Perimeter.Lenders; len(p) > 0 {
		perimeter.Set("lenders", textList(p))
	}
	if p := c.Perimeter.Others; len(p) > 0 {
		perimeter.Set("except_lenders", textList(p))
	}
	if p := c.Perimeter.Products; len(p) > 0 {
		var names []string
		for _, x := range p {
			names = append(names, x.String())
		}
		perimeter.Set("products", textList(names))
	}
	if p := c.Perimeter.Segments; len(p) > 0 {
		perimeter.Set("segments", textList(p))
	}
	if p := c.Perimeter.Except; len(p) > 0 {
		perimeter.Set("except_segments", textList(p))
	}
	for _, x := range []struct {
		name string
		rule.Range
	}{{"amount", c.Perimeter.Amount}, {"debt", c.Perimeter.Debt}} {
		ends := document.NewMap()
		if x.Over > 0 {
			ends.Set("over", amount(x.Over.Major(), r.Currency))
		}
		if x.UpTo > 0 {
			ends.Set("up_to", amount(x.UpTo.Major(), r.Currency))
		}
		if len(ends.Keys()) > 0 {
			perimeter.Set(x.name, ends)
		}
	}
	ends := document.NewMap()
	for _, x := range []struct {
		name string
		rule.Duration
	}{{"over", c.Perimeter.Term.Over}, {"up_to", c.Perimeter.Term.UpTo}} {
		switch {
		case x.Days > 0:
			ends.Set(x.name, document.NewValue(strconv.Itoa(x.Days)+" days"))
		case x.Months > 0:
			ends.Set(x.name, months(float64(x.Months)))
		}
	}
	if len(ends.Keys()) > 0 {
		perimeter.Set("term", ends)
	}
	if len(perimeter.Keys()) > 0 {
		fields.Set("perimeter", perimeter)
	}
	return fields
}

// rulesNode writes rules by kind: one as a map, several of a kind as a list.
func rulesNode(rules []Rule) *document.Node {
	m := document.NewMap()
	for i := 0; i < len(rules); {
		j := i + 1
		for j < len(rules) && rules[j].Kind == rules[i].Kind {
			j++
		}
		if j == i+1 {
			m.Set(rules[i].Kind, clauseNode(rules[i]))
		} else {
			var list []*document.Node
			for _, r := range rules[i:j] {
				list = append(list, clauseNode(r))
			}
			m.Set(rules[i].Kind, document.NewList(list...))
		}
		i = j
	}
	return m
}
