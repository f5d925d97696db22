package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"relend/data"
	"relend/data/document"
	"relend/data/parquet"
)

// LoadOptions name a tape and how to read it.
type LoadOptions struct {
	Patterns    []string  // files, directories, glob patterns; together one portfolio
	Mapping     string    // example name or file; "" = the tape is canonical
	AsOf        time.Time // snapshot date; zero = that of the mapping, if any
	Currency    string    // ISO 4217; "" = that of the mapping, or CNY
	Segments    []string  // allowed segments; nil = any
	MaxRejected float64   // largest share of rows that may be rejected
	Limits      parquet.Limits
}

const defaultCurrency = "CNY"

// prepare opens the mapping and the footers of all files.
func prepare(opts LoadOptions) (*loader, error) {
	m, err := Open(opts.Mapping)
	if err != nil {
		return nil, err
	}
	paths, err := parquet.Expand(opts.Patterns)
	if err != nil {
		return nil, err
	}
	l := &loader{m: m, problems: &data.Problems{Cause: data.BadData}}
	l.opts = data.BuilderOptions{Currency: opts.Currency, AsOf: opts.AsOf, Segments: opts.Segments, MaxRejected: opts.MaxRejected}
	l.assumptions = slices.Clone(m.Assumptions)
	switch {
	case opts.Currency != "" && m.Currency != "" && opts.Currency != m.Currency:
		return nil, &data.Problems{Cause: data.BadConfig, List: []data.Problem{{File: m.currency.File, Line: m.currency.Line, Col: m.currency.Col, Path: "currency",
			Message: fmt.Sprintf("the mapping is in %s, %s is asked for; amounts are not converted", m.Currency, opts.Currency)}}}
	case opts.Currency == "" && m.Currency != "":
		l.opts.Currency = m.Currency
	case opts.Currency == "":
		l.opts.Currency = defaultCurrency
		l.assumptions = append(l.assumptions, data.Assumption{Name: "currency", Value: defaultCurrency, Reason: "neither the tape nor the user names one", Origin: "portfolio schema"})
	}
	if opts.AsOf.IsZero() {
		l.opts.AsOf = m.AsOf
	}
	if len(paths) > math.MaxUint16 {
		l.problems.Add("", "%d files; at most %d are read", len(paths), math.MaxUint16)
		return nil, l.problems
	}

	// All footers first, so that all missing columns are named before the long work begins.
	for _, path := range paths {
		t := &tape{name: filepath.Base(path), path: path}
		l.tapes = append(l.tapes, t)
		err := t.open(opts.Limits, func() error {
			l.opts.Rows += t.file.Rows()
			l.bind(t)
			return nil
		})
		l.collect(err)
	}
	return l, l.problems.Err()
}

// Load reads a tape into a portfolio. The error is *data.Problems for everything that is wrong with the files,
// the mapping or the rows; it lists all that could be found before reading had to stop.
func Load(ctx context.Context, opts LoadOptions) (*data.Portfolio, error) {
	l, err := prepare(opts)
	if err != nil {
		return nil, err
	}
	b := data.NewBuilder(l.opts)
	sources, err := l.read(ctx, opts.Limits, true, place{}, func() *data.Builder { return b }, func(place) error { return nil })
	if err != nil {
		return nil, err
	}
	p, err := b.Finish()
	if err != nil {
		return nil, err
	}
	p.Sources, p.Assumptions = sources, append(l.assumptions, p.Assumptions...)
	return p, nil
}

// Blocks is a tape that need not fit into memory: its borrowers are read in blocks of about Rows rows, in the order of the
// files, as portfolios of their own; the rows of a borrower lie side by side in one file.
type Blocks struct {
	Load LoadOptions
	Rows int

	ends []end // of all blocks but the last
}

// end is where a block of a tape ends: with the batch of which a row of a file is the last one, less the rows of the borrower
// who came last, the first of whose rows is where to begin with the next block.
type end struct{ last, next place }

// place is a row of a tape.
type place struct {
	file int
	row  int64 // counted from 1
}

// Read gives all blocks to each and finds where they end. seen is told the hash of the loan id of each row. It returns what
// is common to all blocks, with the hashes of the files.
func (t *Blocks) Read(ctx context.Context, seen func(loan uint64), each func(*data.Portfolio) error) (*data.Portfolio, error) {
	l, err := t.prepare()
	if err != nil {
		return nil, err
	}
	l.opts.Seen = seen
	b := data.NewBuilder(l.opts)
	common := &data.Portfolio{}
	finish := func(b *data.Builder) error {
		p, err := b.Finish()
		if err != nil {
			return err
		}
		common.Currency, common.AsOf, common.HasPD, common.Assumptions = p.Currency, p.AsOf, p.HasPD, append(slices.Clone(l.assumptions), p.Assumptions...)
		return each(p)
	}
	t.ends = nil
	common.Sources, err = l.read(ctx, t.Load.Limits, true, place{}, func() *data.Builder { return b }, func(last place) error {
		if b.Held() < t.Rows {
			return nil
		}
		done := b
		b = done.Cut()
		file, row := b.Oldest()
		t.ends = append(t.ends, end{last, place{file, row}})
		return finish(done)
	})
	if err == nil {
		err = finish(b)
	}
	return common, err
}

// Count is the number of blocks, once Read has found it.
func (t *Blocks) Count() int { return len(t.ends) + 1 }

// Again gives blocks from, ..., to-1 to each, the same ones as Read did. Row groups that hold none of their rows are not read.
func (t *Blocks) Again(ctx context.Context, from, to int, each func(*data.Portfolio) error) error {
	l, err := t.prepare()
	if err != nil {
		return err
	}
	b := data.NewBuilder(l.opts)
	at, begin := from, place{}
	if from > 0 { // with the end of the block before
		at, begin = from-1, t.ends[from-1].next
	}
	enough := errors.New("all blocks are read")
	finish := func(b *data.Builder) error {
		if at++; at <= from {
			return nil
		}
		p, err := b.Finish()
		if err == nil {
			err = each(p)
		}
		if err == nil && at == to {
			err = enough
		}
		return err
	}
	_, err = l.read(ctx, t.Load.Limits, false, begin, func() *data.Builder { return b }, func(last place) error {
		if at == len(t.ends) || last != t.ends[at].last {
			return nil
		}
		done := b
		b = done.Cut()
		return finish(done)
	})
	if err == nil {
		err = finish(b)
	}
	if err == enough {
		return nil
	}
	return err
}

func (t *Blocks) prepare() (*loader, error) {
	l, err := prepare(t.Load)
	if err == nil {
		l.opts.Block, l.opts.Rows = true, min(l.opts.Rows, int64(t.Rows))
	}
	return l, err
}

// read streams all files from a place on through the builder of the moment; after each batch it calls between with the
// last row.
func (l *loader) read(ctx context.Context, limits parquet.Limits, hash bool, from place, b func() *data.Builder, between func(last place) error) (sources []data.Source, err error) {
	for i, t := range l.tapes {
		if i < from.file {
			b().File(t.name) // files keep their numbers
			continue
		}
		err := t.open(limits, func() error {
			if hash {
				source, err := t.file.Source(ctx)
				if err != nil {
					return err
				}
				sources = append(sources, source)
			}
			first := int64(0)
			if i == from.file {
				first = max(from.row-1, 0)
			}
			return t.read(ctx, first, b, func(row int64) error { return between(place{i, row}) })
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(sources, func(x, y data.Source) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.SHA256, y.SHA256))
	})
	return sources, nil
}

type loader struct {
	m        *Mapping
	opts     data.BuilderOptions
	problems *data.Problems

	tapes       []*tape
	assumptions []data.Assumption
}

// collect keeps the problems of opening a file.
func (l *loader) collect(err error) {
	var ps *data.Problems
	switch {
	case errors.As(err, &ps):
		l.problems.List = append(l.problems.List, ps.List...)
	case err != nil:
		l.problems.Add("", "%v", err)
	}
}

// tape is one file with the mapping bound to its columns.
type tape struct {
	file    *parquet.File
	name    string
	path    string
	columns []string // read from the file, then derived: the slots of a row
	width   int      // how many of them are read
	derived []*bound
	exclude []*boundFilter
	loans   []*boundLoan
	ignored []string
}

// open opens the file while f runs. A tape may have more files than a process may hold open.
func (t *tape) open(limits parquet.Limits, f func() error) (err error) {
	if t.file, err = parquet.Open(t.path, limits); err != nil {
		return err
	}
	defer t.file.Close()
	return f()
}

// bind resolves the mapping against the columns of a file.
func (l *loader) bind(t *tape) {
	m := l.m
	if len(m.loans) == 0 {
		m = l.identity(t)
	}
	fields := map[string]parquet.Field{}
	var names []string
	for _, f := range t.file.Columns() {
		fields[f.Name] = f
		names = append(names, f.Name)
	}
	kinds := map[string]parquet.Kind{} // of all columns that can be named
	for name, f := range fields {
		kinds[name] = f.Kind
	}
	for _, s := range m.derived {
		if _, ok := fields[s.name]; ok {
			l.fail(t, s.node, "the tape has a column %q already; give the derived column another name", s.name)
		}
		kinds[s.name] = parquet.Float
	}

	// The columns that the mapping uses, each once, in the order of first use.
	before, absent := len(l.problems.List), false
	use := func(name string, node *document.Node) {
		f, ok := fields[name]
		_, derived := kinds[name]
		switch {
		case !ok && derived:
		case !ok:
			l.fail(t, node, "the tape has no column %q%s", name, data.DidYouMean(name, names))
			absent = true
		case f.Kind == parquet.Unreadable:
			l.fail(t, node, "the column %q has the type %s, which is not read", name, f.Type)
		case !slices.Contains(t.columns, name):
			t.columns = append(t.columns, name)
		}
	}
	each := func(visit func(s *source)) {
		for _, s := range m.derived {
			visit(s)
		}
		for i, loan := range m.loans {
			for c, s := range loan.sources {
				if s != nil && (i == 0 || s != m.loans[0].sources[c]) {
					visit(s)
				}
			}
		}
	}
	each(func(s *source) {
		for _, o := range s.operands {
			if o.column != "" {
				use(o.column, s.node)
			}
		}
	})
	filters := slices.Clone(m.exclude)
	for _, loan := range m.loans {
		if loan.when != nil {
			filters = append(filters, loan.when)
		}
	}
	for _, f := range filters {
		use(f.column, f.node)
	}
	each(func(s *source) {
		l.checkType(t, s, kinds)
		if l.opts.AsOf.IsZero() && (s.target == data.OriginationDate || s.op == "months_since" || s.op == "days_since") {
			l.fail(t, s.node, "column %s: the as-of date of the tape is needed: give --as-of, or as_of in a mapping", s.name)
		}
	})
	if found := l.problems.List[before:]; len(found) > 0 {
		slices.SortStableFunc(found, func(x, y data.Problem) int { return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Col, y.Col)) })
		if absent {
			l.problems.List = append(l.problems.List, data.Problem{File: t.path, Message: "the tape has the columns " + strings.Join(names, ", ")})
		}
		return
	}

	t.width = len(t.columns)
	slot := func(name string) int { return slices.Index(t.columns, name) }
	for _, s := range m.derived {
		for _, o := range s.operands {
			if o.column != "" && slot(o.column) < 0 {
				l.fail(t, s.node, "the derived column %q is defined further down; a derived column may use those above it", o.column)
			}
		}
		t.derived = append(t.derived, l.bindSource(s, slot))
		t.columns = append(t.columns, s.name)
	}
	for _, f := range m.exclude {
		t.exclude = append(t.exclude, l.bindFilter(t, f, slot(f.column), kinds[f.column]))
	}
	for _, loan := range m.loans {
		bl := &boundLoan{}
		if loan.when != nil {
			bl.when = l.bindFilter(t, loan.when, slot(loan.when.column), kinds[loan.when.column])
		}
		for c, s := range loan.sources {
			if s != nil {
				bl.sources[c] = l.bindSource(s, slot)
				l.opts.Present[c] = true
			}
		}
		t.loans = append(t.loans, bl)
	}
}

// fail reports a problem of a mapping with a file; without a node it is one of the file itself.
func (l *loader) fail(t *tape, node *document.Node, format string, args ...any) {
	p := data.Problem{File: t.path, Message: fmt.Sprintf(format, args...)}
	if node != nil && node.File != "" {
		p.File, p.Line, p.Col, p.Path = node.File, node.Line, node.Col, node.Path
		p.Message += " (tape " + t.name + ")"
	}
	l.problems.List = append(l.problems.List, p)
}

// identity is the mapping of a file that is canonical already.
func (l *loader) identity(t *tape) *Mapping {
	first := &loan{}
	var names, missing []string
	for _, f := range t.file.Columns() {
		names = append(names, f.Name)
		if id, ok := data.ColumnByName(f.Name); ok {
			first.sources[id] = &source{name: f.Name, target: id, op: "column", scale: 1, operands: []operand{{column: f.Name}}}
		}
	}
	for i, c := range data.Schema() {
		absent := first.sources[i] == nil
		if other, ok := data.ColumnID(i).Alternative(); ok && data.ColumnID(i) < other && absent && first.sources[other] == nil {
			missing = append(missing, c.Name+" or "+other.String())
		}
		if c.Required && absent {
			entry := c.Name
			if near := data.Nearest(c.Name, names); near != "" && len(c.Name) > 4 {
				entry += fmt.Sprintf(" (is it %q?)", near)
			}
			missing = append(missing, entry)
		}
	}
	if len(missing) > 0 {
		l.problems.List = append(l.problems.List, data.Problem{File: t.path, Message: fmt.Sprintf(
			"required columns are missing: %s; the file has %s; use --mapping to read a tape with other names (examples: %s)",
			strings.Join(missing, ", "), strings.Join(names, ", "), strings.Join(Examples(), ", "))})
	}
	for _, name := range names {
		if _, ok := data.ColumnByName(name); ok {
			continue
		}
		if near := data.Nearest(name, data.ColumnNames()); near != "" {
			if id, _ := data.ColumnByName(near); first.sources[id] == nil {
				t.ignored = append(t.ignored, fmt.Sprintf("the column %q is not read, did you mean %q?", name, near))
			}
		}
	}
	return &Mapping{loans: []*loan{first}}
}

// checkType compares the types of the columns that a source reads with what it makes of them.
func (l *loader) checkType(t *tape, s *source, kinds map[string]parquet.Kind) {
	for _, o := range s.operands {
		kind, known := kinds[o.column]
		if o.column == "" || !known || kind == parquet.Unreadable {
			continue
		}
		numeric := kind == parquet.Int || kind == parquet.Float
		want := ""
		switch {
		case s.op == "months_since" || s.op == "days_since":
			if kind != parquet.Date {
				want = "a date"
			}
		case s.values != nil:
			// any value can be looked up
		case s.op != "column" || s.target == data.NumColumns || s.base != 0:
			if !numeric {
				want = "a number"
			}
		case s.target == data.LoanID || s.target == data.BorrowerID:
			if kind != parquet.Text && !numeric {
				want = "a text or whole number"
			}
		case s.target == data.OriginationDate:
			if kind != parquet.Date {
				want = "a date"
			}
		case s.target == data.SegmentName:
			if kind != parquet.Text && kind != parquet.Int {
				want = "a text"
			}
		case s.target == data.ProductName:
			if kind != parquet.Text {
				want = "a text"
			}
		case !numeric:
			want = "a number"
		}
		if want != "" {
			l.fail(t, s.node, "column %s: %s is needed, the column %q has the type %s", s.name, want, o.column, l.typeOf(t, o.column))
		}
	}
}

func (l *loader) typeOf(t *tape, name string) string {
	for _, f := range t.file.Columns() {
		if f.Name == name {
			return f.Type
		}
	}
	return "number (derived)"
}

// read streams the file through the mapping into the builder of the moment, without its first rows.
func (t *tape) read(ctx context.Context, first int64, builder func() *data.Builder, between func(row int64) error) error {
	b := builder()
	file := b.File(t.name)
	slots := make([]value, len(t.columns))
	row := &data.Row{File: file}
	e := &evaluator{slots: slots}
	for _, warning := range t.ignored {
		b.Warn(row, "ignored_column", data.NumColumns, warning, "")
	}
	return t.file.ReadFrom(ctx, first, t.columns[:t.width], func(batch *parquet.Batch) error {
		b := builder()
	rows:
		for i := int(max(first-batch.First, 0)); i < batch.Rows; i++ {
			for c := range batch.Columns {
				slots[c] = valueOf(&batch.Columns[c], i)
			}
			row.Number = batch.First + int64(i) + 1
			e.row = row.Number
			for d, s := range t.derived {
				v, ok := e.take(b, row, s)
				if !ok {
					continue rows
				}
				slots[t.width+d] = v
			}
			for _, f := range t.exclude {
				if f.matches(slots[f.slot]) {
					b.Exclude(row, f.column+" = "+slots[f.slot].String(), f.reason)
					continue rows
				}
			}
			for _, loan := range t.loans {
				if loan.when == nil || loan.when.matches(slots[loan.when.slot]) {
					loan.add(e, b, row)
				}
			}
		}
		return between(batch.First + int64(batch.Rows))
	})
}

// boundLoan is a loan with its sources bound to the slots of a row.
type boundLoan struct {
	when    *boundFilter
	sources [data.NumColumns]*bound
}

func (l *boundLoan) add(e *evaluator, b *data.Builder, row *data.Row) {
	e.keys = e.keys[:0]
	for c, s := range l.sources {
		id := data.ColumnID(c)
		if s == nil {
			row.Values[c] = data.Value{Null: true} // other files of the tape have this column
			continue
		}
		v, ok := e.take(b, row, s)
		if !ok {
			return
		}
		if (id == data.LoanID || id == data.BorrowerID) && v.kind == float {
			if math.IsNaN(v.number) {
				v = value{}
			} else if v.number != math.Trunc(v.number) || math.Abs(v.number) >= 1<<53 {
				b.Reject(row, "inexact_"+s.name, id, "a key must be a text or a whole number that its type holds exactly", v.String())
				return
			}
		}
		row.Values[c] = e.canonical(v, id, s)
	}
	b.Add(row)
}

// canonical turns a value into the form of a canonical column.
func (e *evaluator) canonical(v value, target data.ColumnID, s *bound) data.Value {
	switch {
	case v.kind == null:
		return data.Value{Null: true}
	case target == data.LoanID || target == data.BorrowerID || target == data.SegmentName || target == data.ProductName:
		start := len(e.keys)
		e.keys = v.append(append(e.keys, s.prefix...))
		return data.Value{Text: e.keys[start:]}
	}
	return data.Value{Number: v.number}
}

// evaluator computes sources on the slots of one row.
type evaluator struct {
	slots []value
	row   int64
	keys  []byte // texts made for the row
	word  []byte // scratch of look-ups
}

// take computes a source, puts its constant where the value is missing, and rejects the row, returning false,
// where a table lacks the value.
func (e *evaluator) take(b *data.Builder, row *data.Row, s *bound) (value, bool) {
	v, bad := e.eval(s)
	what := ""
	if s.target == data.NumColumns {
		what = "derived column " + s.name + ": "
	}
	if bad != "" {
		b.Reject(row, "unlisted_"+s.name, s.target, what+"the value is not in the mapping's table ("+strings.Join(s.keys, ", ")+")", bad)
		return v, false
	}
	if v.kind == null && s.missing != nil {
		v = *s.missing
		b.Warn(row, "replaced_"+s.name, s.target, what+"the value is missing; the mapping puts "+s.shown, "null")
	}
	return v, true
}

// bound is a source whose operands are slots.
type bound struct {
	*source
	slots   []int     // -1: the number at the same place
	numbers []float64 // nil when all operands are columns
	factor  float64   // of the unit
	asOf    float64   // days since 1970-01-01
}

func (l *loader) bindSource(s *source, slot func(string) int) *bound {
	b := &bound{source: s, factor: 1, asOf: float64(data.DayOf(l.opts.AsOf))}
	for i, o := range s.operands {
		if o.column == "" {
			if b.numbers == nil {
				b.numbers = make([]float64, len(s.operands))
			}
			b.numbers[i] = o.number
			b.slots = append(b.slots, -1)
			continue
		}
		b.slots = append(b.slots, slot(o.column))
	}
	table := factors
	switch s.target {
	case data.DaysPastDue, data.TermDays, data.DaysOnBook:
		table = dayFactors
	}
	if f, ok := table[s.unit]; ok {
		b.factor = f
	}
	return b
}

// eval returns the value of a source, null when one of its operands is; bad is the value that its table lacks.
func (e *evaluator) eval(s *bound) (v value, bad string) {
	switch s.op {
	case "constant":
		return s.constant, ""
	case "row_number":
		return value{kind: integer, whole: e.row, number: float64(e.row)}, ""
	case "column":
		v = e.slots[s.slots[0]]
	case "months_since", "days_since":
		if v = e.slots[s.slots[0]]; v.kind != null {
			v = value{kind: float, number: s.asOf - v.number}
			if s.op == "months_since" {
				v.number = float64(monthsBetween(int64(s.asOf-v.number), int64(s.asOf)))
			}
		}
	default:
		v = e.arithmetic(s)
	}
	if v.kind == null {
		return v, ""
	}
	if s.values != nil {
		e.word = v.append(e.word[:0])
		found, ok := s.values[string(e.word)]
		switch {
		case ok:
			return found, ""
		case s.lenient:
			return value{}, ""
		}
		return value{}, strconv.Quote(string(e.word))
	}
	if s.base != 0 || s.scale != 1 || s.offset != 0 || s.factor != 1 {
		x := v.number
		switch s.base {
		case 0:
		case math.E:
			x = math.Exp(x)
		default:
			x = math.Pow(s.base, x)
		}
		x = (x*s.scale + s.offset) * s.factor
		switch s.unit {
		case "days", "weeks":
			switch s.target {
			case data.MonthsOnBook:
				x = math.Floor(x + 1e-9)
			case data.TermMonths:
				x = math.RoundToEven(x)
			}
		}
		v = value{kind: float, number: x}
	}
	return v, ""
}

func (e *evaluator) arithmetic(s *bound) value {
	var x float64
	for i, at := range s.slots {
		var y float64
		if at < 0 {
			y = s.numbers[i]
		} else if e.slots[at].kind == null {
			return value{}
		} else {
			y = e.slots[at].number
		}
		switch {
		case i == 0:
			x = y
		case s.op == "sum":
			x += y
		case s.op == "difference":
			x -= y
		case s.op == "product":
			x *= y
		default:
			x /= y
		}
	}
	return value{kind: float, number: x}
}

// monthsBetween is data.MonthsBetween for days in either order.
func monthsBetween(from, to int64) int {
	if from > to {
		return -data.MonthsBetween(to, from)
	}
	return data.MonthsBetween(from, to)
}

// kind is what a value is.
type kind uint8

const (
	null kind = iota
	float
	integer
	text
	boolean
	date
)

// value is one value of a tape.
type value struct {
	kind   kind
	number float64 // of float, integer and date (days since 1970-01-01); 1 for true
	whole  int64   // of integer, exactly
	text   []byte
}

func valueOf(v *parquet.Vector, row int) value {
	if v.IsNull(row) {
		return value{}
	}
	switch v.Kind {
	case parquet.Int:
		return value{kind: integer, whole: v.Ints[row], number: float64(v.Ints[row])}
	case parquet.Date:
		return value{kind: date, number: float64(v.Ints[row])}
	case parquet.Text:
		return value{kind: text, text: v.Texts[row]}
	case parquet.Bool:
		if v.Bools[row] {
			return value{kind: boolean, number: 1}
		}
		return value{kind: boolean}
	}
	return value{kind: float, number: v.Floats[row]}
}

// append writes a value as the key of a table, a name or an example: 3 and 3.0 are both "3".
func (v value) append(to []byte) []byte {
	switch v.kind {
	case integer:
		return strconv.AppendInt(to, v.whole, 10)
	case float:
		if v.number == math.Trunc(v.number) && math.Abs(v.number) < 1<<53 {
			return strconv.AppendInt(to, int64(v.number), 10)
		}
		return strconv.AppendFloat(to, v.number, 'g', -1, 64)
	case text:
		return append(to, v.text...)
	case boolean:
		return strconv.AppendBool(to, v.number == 1)
	case date:
		return time.Unix(int64(v.number)*86400, 0).UTC().AppendFormat(to, time.DateOnly)
	}
	return append(to, "null"...)
}

func (v value) String() string { return string(v.append(nil)) }

// boundFilter is a filter on a slot.
type boundFilter struct {
	*filter
	slot            int
	low, high       float64
	hasLow, hasHigh bool
}

func (l *loader) bindFilter(t *tape, f *filter, slot int, k parquet.Kind) *boundFilter {
	b := &boundFilter{filter: f, slot: slot}
	limit := func(n *document.Node) (float64, bool) {
		if n == nil {
			return 0, false
		}
		day, err := time.Parse(time.DateOnly, n.Text())
		if (err == nil) != (k == parquet.Date) || k == parquet.Text || k == parquet.Bool {
			l.fail(t, n, "the column %q has the type %s; %s cannot be compared with it", f.column, l.typeOf(t, f.column), n.Text())
			return 0, false
		}
		if err == nil {
			return float64(data.DayOf(day)), true
		}
		v, _ := strconv.ParseFloat(n.Text(), 64)
		return v, true
	}
	b.high, b.hasHigh = limit(f.below)
	b.low, b.hasLow = limit(f.above)
	return b
}

func (f *boundFilter) matches(v value) bool {
	switch {
	case f.absent:
		return v.kind == null
	case v.kind == null:
		return false
	case f.hasHigh:
		return v.number < f.high
	case f.hasLow:
		return v.number > f.low
	}
	return slices.Contains(f.equal, v.String())
}
