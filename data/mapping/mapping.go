// Package mapping turns foreign loan tapes into the canonical portfolio. A mapping is a YAML file that says for
// each canonical column where its values come from: a column of the tape with its unit, a table of values, the
// time to the as-of date, arithmetic of columns, or a constant. Whatever it makes up carries its reason, which
// travels with the portfolio as an assumption. The grammar is in data/SCHEMA.md.
//
// Load reads a tape through a mapping, or as it is when none is named.
package mapping

import (
	"embed"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"relend/data"
	"relend/data/document"
)

//go:embed examples/*.yaml
var examples embed.FS

// Mapping is a checked mapping file. The zero value is the identity.
type Mapping struct {
	Name        string
	Title       string
	Currency    string
	AsOf        time.Time
	Assumptions []data.Assumption

	derived  []*source
	exclude  []*filter
	loans    []*loan // what one row of the tape becomes; empty for the identity
	currency *document.Node
}

// loan is one row of the portfolio made of a row of the tape.
type loan struct {
	when    *filter // nil = always
	sources [data.NumColumns]*source
}

// source says where the values of one column come from.
type source struct {
	node     *document.Node
	target   data.ColumnID // of a canonical column
	name     string        // of the column made
	op       string        // column, constant, row_number, months_since, days_since, sum, difference, product, ratio
	operands []operand
	constant value
	base     float64 // of the logarithm to undo; 0 = none
	scale    float64
	offset   float64
	unit     string
	values   map[string]value
	keys     []string // of values, as written and in order
	lenient  bool     // values not in the table count as missing
	missing  *value   // stands for missing values
	shown    string   // missing, as written
	prefix   string
}

// operand is a column of the tape, a derived column, or a number.
type operand struct {
	column string
	number float64
}

// filter picks rows by the value of one column.
type filter struct {
	node   *document.Node
	column string
	equal  []string
	below  *document.Node
	above  *document.Node
	absent bool
	reason string
}

// Examples lists the names of the mappings that come with the program.
func Examples() []string {
	entries, _ := examples.ReadDir("examples")
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Open reads a mapping: "" is the identity, a bare name that of an example, anything else a file.
func Open(name string) (*Mapping, error) {
	if name == "" {
		return &Mapping{}, nil
	}
	if slices.Contains(Examples(), name) {
		text, err := examples.ReadFile(path.Join("examples", name+".yaml"))
		if err != nil {
			return nil, err
		}
		return Parse(name+".yaml", text)
	}
	problem := func(format string, args ...any) error {
		return &data.Problems{Cause: data.BadConfig, List: []data.Problem{{File: name, Message: fmt.Sprintf(format, args...)}}}
	}
	file, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil, problem("no such mapping file, and no example of this name (examples: %s)%s", strings.Join(Examples(), ", "), data.DidYouMean(name, Examples()))
	}
	if err != nil {
		return nil, problem("the mapping cannot be opened: %v", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, document.MaxBytes+1))
	if err != nil {
		return nil, problem("the mapping cannot be read: %v", err)
	}
	return Parse(name, text)
}

// Parse reads the text of a mapping and reports all its problems.
func Parse(name string, text []byte) (*Mapping, error) {
	root, problems := document.Parse(name, text)
	if problems != nil {
		return nil, problems
	}
	p := &reading{Reader: document.NewReader(name), m: &Mapping{Name: strings.TrimSuffix(path.Base(name), ".yaml")}}
	p.mapping(root)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return p.m, nil
}

type reading struct {
	*document.Reader
	m    *Mapping
	what string // of a loan, for the names of assumptions: "" or " of the further loan"
}

func (p *reading) mapping(root *document.Node) {
	f := p.Map(root)
	p.m.Title = p.Text(f.Need("title"))
	f.Get("description")
	p.m.currency = f.Need("currency")
	p.m.Currency = p.Reader.Currency(p.m.currency)
	if n := f.Get("as_of"); n != nil {
		p.m.AsOf = p.Date(n)
	}
	for _, item := range p.List(f.Get("assumptions")) {
		a := p.Map(item)
		p.m.Assumptions = append(p.m.Assumptions, data.Assumption{
			Name: p.Text(a.Need("name")), Value: p.Text(a.Need("value")), Reason: p.Text(a.Need("reason")), Origin: "mapping " + p.m.Name})
		a.Close()
	}
	if n := f.Get("derive"); n != nil && p.Map(n).Node() != nil {
		for i, name := range n.Keys() {
			if slices.Contains(data.ColumnNames(), name) {
				p.Errorf(n.Key(name), "%q is the name of a canonical column; a derived column needs another", name)
			}
			p.m.derived = append(p.m.derived, p.source(n.Items()[i], name, data.NumColumns))
		}
	}
	for _, item := range p.List(f.Get("exclude")) {
		p.m.exclude = append(p.m.exclude, p.filter(item, true))
	}
	first := &loan{}
	if n := f.Need("columns"); n != nil {
		p.columns(n, first)
		for i, s := range first.sources {
			if s == nil && data.Schema()[i].Required {
				p.Errorf(n, "the canonical column %s is missing", data.ColumnID(i))
			}
		}
		for i := range data.NumColumns {
			if other, ok := i.Alternative(); ok && i < other && first.sources[i] == nil && first.sources[other] == nil {
				p.Errorf(n, "one of the canonical columns %v and %v is needed", i, other)
			}
		}
	}
	p.m.loans = append(p.m.loans, first)
	for _, item := range p.List(f.Get("also")) {
		more := &loan{sources: first.sources}
		a := p.Map(item)
		p.what = " of the further loan"
		more.when = p.filter(a.Need("when"), false)
		if n := a.Need("columns"); n != nil {
			p.columns(n, more)
			if more.sources[data.LoanID] == first.sources[data.LoanID] {
				p.Errorf(n, "a further loan of the same row needs a loan_id of its own, for instance with a prefix")
			}
		}
		a.Close()
		p.m.loans = append(p.m.loans, more)
	}
	f.Close()
}

func (p *reading) columns(n *document.Node, l *loan) {
	if p.Map(n).Node() == nil {
		return
	}
	for i, name := range n.Keys() {
		id, ok := data.ColumnByName(name)
		if !ok {
			p.Errorf(n.Key(name), "%q is no canonical column%s; `relend schema portfolio` lists them", name, data.DidYouMean(name, data.ColumnNames()))
			continue
		}
		l.sources[id] = p.source(n.Items()[i], name, id)
	}
}

var operations = []string{"column", "constant", "row_number", "months_since", "days_since", "sum", "difference", "product", "ratio"}

// source reads where a column comes from; target is NumColumns for a derived column.
func (p *reading) source(n *document.Node, name string, target data.ColumnID) *source {
	s := &source{node: n, name: name, target: target, scale: 1}
	if n.Kind == document.Scalar { // short for {column: …}
		s.op, s.operands = "column", []operand{{column: p.Text(n)}}
		return s
	}
	f := p.Map(n)
	if f.Node() == nil {
		return s
	}
	for _, op := range operations {
		arg := f.Get(op)
		if arg == nil {
			continue
		}
		if s.op != "" {
			p.Errorf(arg, "%s and %s exclude each other", s.op, op)
			continue
		}
		s.op = op
		switch op {
		case "column", "months_since", "days_since":
			s.operands = []operand{{column: p.Text(arg)}}
		case "constant":
			s.constant = p.constant(arg, target)
		case "row_number":
			if !p.Bool(arg) {
				p.Errorf(arg, "row_number can only be true")
			}
		default:
			s.operands = p.operands(arg)
		}
	}
	if s.op == "" && n.Get(operations[0]) == nil {
		p.Errorf(n, "one of %s is needed", strings.Join(operations, ", "))
	}
	if u := f.Get("log"); u != nil {
		s.base = map[string]float64{"e": math.E, "10": 10, "2": 2}[p.OneOf(u, "e", "10", "2")]
	}
	if u := f.Get("scale"); u != nil {
		s.scale = p.Float(u, -1e12, 1e12)
	}
	if u := f.Get("offset"); u != nil {
		s.offset = p.Float(u, -1e12, 1e12)
	}
	if u := f.Get("unit"); u != nil {
		s.unit = p.unit(u, target)
	}
	if u := f.Get("values"); u != nil && p.Map(u).Node() != nil {
		s.values = map[string]value{}
		for i, key := range u.Keys() {
			s.values[key] = p.constant(u.Items()[i], target)
			s.keys = append(s.keys, key)
		}
		if len(s.keys) == 0 {
			p.Errorf(u, "the table of values is empty")
		}
	}
	if u := f.Get("unlisted"); u != nil {
		s.lenient = p.OneOf(u, "error", "missing") == "missing"
		if s.values == nil {
			p.Errorf(u, "unlisted goes with values")
		}
	}
	if u := f.Get("when_missing"); u != nil {
		v := p.constant(u, target)
		s.missing, s.shown = &v, u.Text()
	}
	if u := f.Get("prefix"); u != nil {
		s.prefix = p.Text(u)
		if target != data.LoanID && target != data.BorrowerID {
			p.Errorf(u, "only loan_id and borrower_id take a prefix")
		}
	}
	if s.values != nil && (s.base != 0 || s.unit != "" || n.Get("scale") != nil || n.Get("offset") != nil) {
		p.Errorf(n, "a table of values excludes log, scale, offset and unit")
	}
	reason := f.Get("assume")
	text := p.Text(reason)
	invents := ""
	switch {
	case s.op == "constant":
		invents = "a constant"
	case s.missing != nil:
		invents = "when_missing"
	case s.values != nil && (target == data.PD12 || target == data.IncomeMonthly):
		invents = "a table of values for " + name
	}
	switch {
	case reason != nil:
		p.m.Assumptions = append(p.m.Assumptions, data.Assumption{Name: "column " + name + p.what, Value: s.describe(n), Reason: text, Origin: "mapping " + p.m.Name})
	case invents != "":
		p.Errorf(n, "%s invents a figure: give its reason with assume:", invents)
	}
	f.Close()
	return s
}

func (p *reading) operands(n *document.Node) []operand {
	items := p.List(n)
	if n.Kind == document.List && len(items) < 2 {
		p.Errorf(n, "at least two columns or numbers are needed")
	}
	var out []operand
	for _, item := range items {
		if _, err := strconv.ParseFloat(item.Text(), 64); err == nil && !item.Quoted {
			out = append(out, operand{number: p.Float(item, -1e15, 1e15)})
			continue
		}
		out = append(out, operand{column: p.Text(item)})
	}
	return out
}

// constant reads a value in the unit of its canonical column; of a derived column it is a number.
func (p *reading) constant(n *document.Node, target data.ColumnID) value {
	number := func(v float64) value { return value{kind: float, number: v} }
	switch target {
	case data.BalanceOpen, data.PrincipalLent, data.IncomeMonthly:
		return number(p.Money(n, p.m.Currency).Major())
	case data.APR:
		return number(p.Ratio(n, 0, data.MaxAPR))
	case data.PD12:
		return number(p.Ratio(n, 1e-9, data.MaxPD12))
	case data.TermMonths:
		return number(float64(p.Months(n, 1, data.MaxTerm)))
	case data.MonthsOnBook:
		return number(float64(p.Months(n, 0, data.MaxMonthsOnBook)))
	case data.DaysPastDue:
		return number(float64(p.Days(n, 0, data.MaxDPD)))
	case data.TermDays:
		return number(float64(p.Days(n, 1, data.MaxTermDays)))
	case data.DaysOnBook:
		return number(float64(p.Days(n, 0, data.MaxDaysOnBook)))
	case data.OrdinalNumber:
		return number(float64(p.Int(n, 1, math.MaxUint8)))
	case data.ExternalLoans:
		return number(float64(p.Int(n, 0, data.MaxExternal)))
	case data.WeightCount:
		return number(float64(p.Int(n, 1, data.MaxWeight)))
	case data.OriginationDate:
		return value{kind: date, number: float64(data.DayOf(p.Date(n)))}
	case data.ProductName:
		return value{kind: text, text: []byte(p.OneOf(n, data.ProductNames()...))}
	case data.SegmentName:
		return value{kind: text, text: []byte(p.Text(n))}
	case data.LoanID, data.BorrowerID:
		p.Errorf(n, "a key cannot be a constant")
		return value{}
	}
	return number(p.Float(n, -1e15, 1e15))
}

// unit reads the unit of a tape's column. Times become months of 365.25/12 days, or days where the canonical column is in days.
func (p *reading) unit(n *document.Node, target data.ColumnID) string {
	switch target {
	case data.APR, data.PD12:
		return p.OneOf(n, "fraction", "percent", "basis_points")
	case data.TermMonths, data.MonthsOnBook:
		return p.OneOf(n, "months", "days", "weeks", "years")
	case data.DaysPastDue, data.TermDays, data.DaysOnBook:
		return p.OneOf(n, "days", "weeks", "months")
	}
	p.Errorf(n, "this column takes no unit; use scale")
	return ""
}

const daysPerMonth = 365.25 / 12

// factors are by unit of the tape: to fractions and to months; dayFactors to days, for dpd, term_days and days_on_book.
var (
	factors    = map[string]float64{"percent": 0.01, "basis_points": 0.0001, "days": 1 / daysPerMonth, "weeks": 7 / daysPerMonth, "years": 12}
	dayFactors = map[string]float64{"weeks": 7, "months": 30}
)

func (p *reading) filter(n *document.Node, reasoned bool) *filter {
	s := &filter{node: n}
	f := p.Map(n)
	s.column = p.Text(f.Need("column"))
	tests := 0
	if u := f.Get("equal"); u != nil {
		s.equal = p.Texts(u)
		tests++
	}
	bound := func(key string) *document.Node {
		u := f.Get(key)
		if u == nil {
			return nil
		}
		tests++
		if _, err := time.Parse(time.DateOnly, u.Text()); err != nil {
			p.Float(u, -1e15, 1e15)
		}
		return u
	}
	s.below, s.above = bound("below"), bound("above")
	if u := f.Get("missing"); u != nil {
		tests++
		if s.absent = p.Bool(u); !s.absent {
			p.Errorf(u, "missing can only be true")
		}
	}
	if f.Node() != nil && tests != 1 {
		p.Errorf(n, "exactly one of equal, below, above and missing is needed, found %d", tests)
	}
	if reasoned {
		s.reason = p.Text(f.Need("reason"))
	}
	f.Close()
	return s
}

// describe words what an assumption is about.
func (s *source) describe(n *document.Node) string {
	var parts []string
	switch {
	case s.op == "constant":
		parts = append(parts, n.Get("constant").Text())
	case s.op == "row_number":
		parts = append(parts, "number of the row")
	case s.op != "":
		var names []string
		for _, o := range s.operands {
			if o.column == "" {
				names = append(names, strconv.FormatFloat(o.number, 'g', -1, 64))
			} else {
				names = append(names, o.column)
			}
		}
		if s.op == "column" {
			parts = append(parts, names...)
		} else {
			parts = append(parts, strings.ReplaceAll(s.op, "_", " ")+" of "+strings.Join(names, ", "))
		}
	}
	if u := n.Get("scale"); u != nil {
		parts = append(parts, "times "+u.Text())
	}
	if u := n.Get("offset"); u != nil {
		parts = append(parts, "plus "+u.Text())
	}
	for i, k := range s.keys {
		entry := k + " = " + n.Get("values").Items()[i].Text()
		if i == 0 {
			entry = "by " + entry
			if len(parts) > 0 {
				parts[len(parts)-1] += " " + entry
				continue
			}
		}
		parts = append(parts, entry)
	}
	if s.missing != nil {
		parts = append(parts, "missing = "+s.shown)
	}
	return strings.Join(parts, ", ")
}
