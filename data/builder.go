package data

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is one value of a canonical column. Of a date the number is days since 1970-01-01.
type Value struct {
	Null   bool
	Number float64
	Text   []byte // of keys and words; the builder keeps no reference to it
}

// Row is one row of a tape in canonical form. Values of columns that BuilderOptions.Present does not name are
// ignored.
type Row struct {
	File   int   // as returned by Builder.File
	Number int64 // 1-based row in that file
	Values [NumColumns]Value
}

// BuilderOptions say what the rows mean and how strict to be with them.
type BuilderOptions struct {
	Currency    string // ISO 4217
	AsOf        time.Time
	Present     [NumColumns]bool // columns that the tape has
	Segments    []string         // allowed segments; nil = any
	MaxRejected float64          // largest share of rows that may be rejected, 0 to 1
	Rows        int64            // about how many rows will come, to reserve memory; 0 = unknown

	// Block is set where the rows are some of a tape: Finish then does not judge their share of rejected rows, nor that
	// none is left, but leaves it to Intake.Judge once the blocks are together.
	Block bool
	Seen  func(loan uint64) // if set, is told the hash of the loan id of each row that Add takes in
}

// Builder makes a Portfolio out of rows in any order. Every row is checked by itself in Add, and with the other
// rows of its borrower in Finish. It keeps 80 bytes a row.
type Builder struct {
	opts     BuilderOptions
	files    []string
	parts    [numParts][]record // by the first bits of the borrower's hash, so that they can be let go of one by one
	last     uint64             // borrower of the row that came last
	read     int64
	rejected int64
	findings map[string]*Finding
	segments map[string]uint8
	names    []string // of segments, by index
	crowd    bool     // more than MaxSegments segments
	asOf     int64    // days since 1970-01-01
}

const (
	partBits = 6
	numParts = 1 << partBits
)

// RowBytes bounds what reading a row takes at its peak, garbage included, beside what files of any length take.
const RowBytes = 92

// record is an accepted row, its keys reduced to hashes.
type record struct {
	borrower, loan             uint64
	principal, balance, income Money
	apr, pd                    float64
	weight                     uint32
	row                        uint32 // for examples
	file                       uint16
	term, age                  int16
	check                      [3]uint8 // further bytes of the borrower key's hash
	dpd                        uint8    // at most DefaultDPD, from which on it makes no difference
	ordinal, external, segment uint8    // ordinal 0 = not given
	days, termDays             uint8    // beyond age; 0 = the term is in months
	product                    Product
}

// NewBuilder starts a portfolio.
func NewBuilder(opts BuilderOptions) *Builder {
	b := &Builder{opts: opts, findings: map[string]*Finding{}, segments: map[string]uint8{}}
	if !opts.AsOf.IsZero() {
		b.asOf = DayOf(opts.AsOf)
	}
	const reserved = 1 << 24 // a damaged file may claim any number
	each := float64(min(max(opts.Rows, 0), reserved)) / numParts
	b.reserve(int(each + 4*math.Sqrt(each))) // hashes spread them evenly
	return b
}

// reserve makes room for so many rows in each part.
func (b *Builder) reserve(each int) {
	for i := range b.parts {
		b.parts[i] = make([]record, 0, each)
	}
}

// DayOf counts the days from 1970-01-01 to the day of t in UTC.
func DayOf(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / 86400)) }

// File announces a file and returns its number for Row.File. The name is what examples show.
func (b *Builder) File(name string) int {
	b.files = append(b.files, name)
	return len(b.files) - 1
}

// Exclude counts a row that a mapping leaves out on purpose; it is no part of the portfolio.
func (b *Builder) Exclude(row *Row, value, reason string) {
	b.note(Warning, "filtered", "", "rows left out by the mapping: "+reason, row.File, row.Number, value)
}

// Warn counts a warning about a row, such as a missing value that the mapping replaced.
func (b *Builder) Warn(row *Row, code string, column ColumnID, message, value string) {
	b.note(Warning, code, column.String(), message, row.File, row.Number, value)
}

// Reject counts a row as read and rejected for a reason that the builder cannot see.
func (b *Builder) Reject(row *Row, code string, column ColumnID, message, value string) {
	b.read++
	b.rejected++
	b.note(Error, code, column.String(), message, row.File, row.Number, value)
}

const maxExamples = 5

func (b *Builder) note(severity Severity, code, column, message string, file int, row int64, value string) {
	key := code + "\x00" + column + "\x00" + message
	f := b.findings[key]
	if f == nil {
		f = &Finding{Severity: severity, Code: code, Column: column, Message: message}
		b.findings[key] = f
	}
	f.Count++
	// The first rows by file and number are kept, so that the order of the files does not matter.
	e := Example{File: b.files[file], Row: row, Value: value}
	at, _ := slices.BinarySearchFunc(f.Examples, e, func(x, y Example) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Row, y.Row))
	})
	if at < maxExamples {
		f.Examples = slices.Insert(f.Examples, at, e)
		f.Examples = f.Examples[:min(len(f.Examples), maxExamples)]
	}
}

// check takes the values of one row and remembers whether any was refused.
type check struct {
	b   *Builder
	row *Row
	bad bool
}

func (c *check) reject(code string, column ColumnID, message, value string) {
	c.bad = true
	c.b.note(Error, code, column.String(), message, c.row.File, c.row.Number, value)
}

// has tells whether a column has a value; a null is reported, as an error where one is needed.
func (c *check) has(column ColumnID, needed bool) bool {
	if !c.b.opts.Present[column] {
		return false
	}
	if !c.row.Values[column].Null {
		return true
	}
	switch {
	case needed:
		c.reject("null_"+column.String(), column, "the value is missing (null)", "null")
	case schema[column].Default != "":
		c.b.note(Warning, "default_"+column.String(), column.String(), "the value is missing (null); the default is used: "+schema[column].Default,
			c.row.File, c.row.Number, "null")
	}
	return false
}

// number takes a finite number.
func (c *check) number(column ColumnID, needed bool) (float64, bool) {
	if !c.has(column, needed) {
		return 0, false
	}
	v := c.row.Values[column].Number
	if math.IsNaN(v) || math.IsInf(v, 0) {
		c.reject("not_finite_"+column.String(), column, "the value is not a finite number", show(v))
		return 0, false
	}
	return v, true
}

func (c *check) integer(column ColumnID, needed bool, lo, hi float64) (int64, bool) {
	v, ok := c.number(column, needed)
	if !ok {
		return 0, false
	}
	if v != math.Trunc(v) {
		c.reject("not_whole_"+column.String(), column, "the value must be a whole number", show(v))
		return 0, false
	}
	if v < lo || v > hi {
		c.reject(column.String()+"_out_of_range", column, fmt.Sprintf("the value must be %s", schema[column].Range), show(v))
		return 0, false
	}
	return int64(v), true
}

// money takes an amount of at least the given one, which keeps it far from the end of Money.
func (c *check) money(column ColumnID, least Money, code, message string) Money {
	v, ok := c.number(column, true)
	switch {
	case !ok:
		return 0
	case math.Abs(v) > MaxAmount:
		c.reject(column.String()+"_too_large", column, "the amount must be at most 1e12", show(v))
		return 0
	}
	amount := Money(math.RoundToEven(v * float64(Unit)))
	if amount < least {
		c.reject(code, column, message, show(v))
	}
	return amount
}

func (c *check) key(column ColumnID) (hash [sha256.Size]byte) {
	if !c.has(column, true) {
		return hash
	}
	text := c.row.Values[column].Text
	if len(text) == 0 {
		c.reject("null_"+column.String(), column, "the value is missing (empty text)", "")
		return hash
	}
	return sha256.Sum256(text)
}

// IDOf is the ID of the borrower whose key is that text: a key of whole numbers is written in digits.
func IDOf(key string) uint64 {
	hash := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(hash[:])
}

// Add checks a row and takes it in; what is wrong with it becomes a finding.
func (b *Builder) Add(row *Row) {
	b.read++
	c := &check{b: b, row: row}
	r := record{file: uint16(row.File), row: uint32(row.Number), weight: 1}

	loan, borrower := c.key(LoanID), c.key(BorrowerID)
	r.loan, r.borrower = binary.BigEndian.Uint64(loan[:]), binary.BigEndian.Uint64(borrower[:])
	r.check = [3]uint8(borrower[8:])

	r.balance = c.money(BalanceOpen, 0, "negative_balance", "the balance must be 0 or more")
	r.principal = c.money(PrincipalLent, 1, "principal_not_positive", "the principal must be above 0")
	r.income = c.money(IncomeMonthly, 1, "income_not_positive", "the income must be above 0")
	if apr, ok := c.number(APR, true); ok {
		if apr < 0 || apr > MaxAPR {
			c.reject("apr_out_of_range", APR, "the rate must be 0 to 10, as a fraction: 24 would mean 2400 %, 24 % is 0.24", show(apr))
		}
		r.apr = apr
	}
	r.term, r.termDays = c.term()
	r.age, r.days = c.age()
	dpd, _ := c.integer(DaysPastDue, false, 0, MaxDPD)
	r.dpd = uint8(min(dpd, DefaultDPD))
	if pd, ok := c.number(PD12, true); ok {
		if pd <= 0 || pd > MaxPD12 {
			c.reject("pd12_out_of_range", PD12, "the probability must be above 0 and at most 0.99; 0 and 1 are not probabilities of anybody", show(pd))
		}
		r.pd = pd
	}
	r.segment = c.segment()
	if c.has(ProductName, false) {
		text := string(row.Values[ProductName].Text)
		product, err := ParseProduct(text)
		if err != nil {
			c.reject("unknown_product", ProductName, "unknown product (allowed: "+schema[ProductName].Range+")", strconv.Quote(text)+DidYouMean(text, productNames[:]))
		}
		r.product = product
	}
	if v, ok := c.integer(OrdinalNumber, false, 1, 1e9); ok {
		if v > math.MaxUint8 {
			b.note(Warning, "ordinal_capped", OrdinalNumber.String(), "ordinals above 255 count as 255", row.File, row.Number, show(float64(v)))
		}
		r.ordinal = uint8(min(v, math.MaxUint8))
	}
	if v, ok := c.integer(ExternalLoans, false, 0, MaxExternal); ok {
		r.external = uint8(v)
	}
	if v, ok := c.integer(WeightCount, false, 1, MaxWeight); ok {
		r.weight = uint32(v)
	}
	if c.bad {
		b.rejected++
		return
	}
	switch {
	case r.balance == 0 && r.dpd > 0 && r.dpd < DefaultDPD:
		b.note(Warning, "repaid_but_late", DaysPastDue.String(), "a loan without a balance has days past due; they are ignored", row.File, row.Number, strconv.FormatInt(dpd, 10))
		r.dpd = 0
	case r.age == 0 && dpd > int64(r.days):
		b.note(Warning, "new_but_late", DaysPastDue.String(), "a loan of age 0 has days past due; taken as it is", row.File, row.Number, strconv.FormatInt(dpd, 10))
	}
	part := &b.parts[r.borrower>>(64-partBits)]
	*part, b.last = append(*part, r), r.borrower
	if b.opts.Seen != nil {
		b.opts.Seen(r.loan)
	}
}

// term returns the contractual term in months and, where it is given in days, in days; the months are then rounded
// up.
func (c *check) term() (months int16, days uint8) {
	if c.b.opts.Present[TermMonths] && (!c.row.Values[TermMonths].Null || !c.b.opts.Present[TermDays]) {
		v, _ := c.integer(TermMonths, true, 1, MaxTerm)
		return int16(v), 0
	}
	v, _ := c.integer(TermDays, true, 1, MaxTermDays)
	return int16((v + 29) / 30), uint8(v)
}

// age returns the whole months since origination and the days beyond them, as far as they are known.
func (c *check) age() (months int16, days uint8) {
	const (
		month = 365.25 / 12
		slack = 3 // days by which months of the calendar may be shorter or longer than as many average ones
	)
	months, days = c.months()
	if v, ok := c.integer(DaysOnBook, false, 0, MaxDaysOnBook); ok {
		beyond := float64(v) - math.Floor(float64(months)*month)
		if !c.bad && (beyond < -slack || beyond > 30+slack) {
			c.b.note(Warning, "ages_contradict", DaysOnBook.String(), "days on book are not those of the months on book; the months are taken, with 0 or 30 days beyond them",
				c.row.File, c.row.Number, fmt.Sprintf("%d days, %d months", v, months))
		}
		days = uint8(max(0, min(30, beyond)))
	}
	return months, days
}

func (c *check) months() (months int16, days uint8) {
	if c.b.opts.Present[MonthsOnBook] && (!c.row.Values[MonthsOnBook].Null || !c.b.opts.Present[OriginationDate]) {
		v, _ := c.integer(MonthsOnBook, true, 0, MaxMonthsOnBook)
		return int16(v), 0
	}
	day, ok := c.number(OriginationDate, true)
	if !ok {
		return 0, 0
	}
	if math.Abs(day) > 1e6 {
		c.reject("origination_date_out_of_range", OriginationDate, "the date is thousands of years away", show(day)+" days since 1970")
		return 0, 0
	}
	if day > float64(c.b.asOf) {
		c.reject("future_origination", OriginationDate, "the date lies after the as-of date "+c.b.opts.AsOf.Format(time.DateOnly), dateText(day))
		return 0, 0
	}
	whole := MonthsBetween(int64(day), c.b.asOf)
	if whole > MaxMonthsOnBook {
		c.reject("origination_date_out_of_range", OriginationDate, "the date lies more than 1200 months before the as-of date", dateText(day))
		return 0, 0
	}
	since := DayOf(time.Unix(int64(day)*86400, 0).UTC().AddDate(0, whole, 0))
	return int16(whole), uint8(max(0, min(30, c.b.asOf-since)))
}

// MonthsBetween counts the whole calendar months from one day to a later one (days since 1970-01-01).
func MonthsBetween(from, to int64) int {
	a, z := time.Unix(from*86400, 0).UTC(), time.Unix(to*86400, 0).UTC()
	months := 12*(z.Year()-a.Year()) + int(z.Month()) - int(a.Month())
	if z.Day() < a.Day() {
		months--
	}
	return months
}

func dateText(day float64) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

func (c *check) segment() uint8 {
	name := schema[SegmentName].Default
	if c.has(SegmentName, false) {
		name = string(c.row.Values[SegmentName].Text)
	}
	if i, ok := c.b.segments[name]; ok {
		return i
	}
	switch allowed := c.b.opts.Segments; {
	case name == "" || len(name) > 100 || !utf8.ValidString(name):
		c.reject("bad_segment", SegmentName, "a segment's name must be UTF-8 text of 1 to 100 bytes", strconv.Quote(name[:min(len(name), 100)]))
		return 0
	case allowed != nil && !slices.Contains(allowed, name):
		c.reject("unknown_segment", SegmentName, "unknown segment (allowed: "+strings.Join(allowed, ", ")+")", strconv.Quote(name)+DidYouMean(name, allowed))
		return 0
	case len(c.b.names) == MaxSegments:
		c.b.crowd = true
		return 0
	}
	i := uint8(len(c.b.names))
	c.b.segments[name] = i
	c.b.names = append(c.b.names, name)
	return i
}

func show(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Finish groups the rows by borrower and returns the portfolio, which does not depend on the order of the rows
// or files. The error is *Problems with Cause BadData, listing every finding, when the share of rejected rows
// exceeds MaxRejected, or when nothing is left.
func (b *Builder) Finish() (*Portfolio, error) {
	problems := &Problems{Cause: BadData}
	if b.crowd {
		problems.Add("column segment", "more than %d different segments: a segment is a class of borrowers, not a name", MaxSegments)
	}
	for i, c := range schema {
		other, either := ColumnID(i).Alternative()
		switch {
		case b.opts.Present[i]:
		case c.Required:
			problems.Add("column "+c.Name, "the column is missing")
		case either && ColumnID(i) < other && !b.opts.Present[other]:
			problems.Add("column "+c.Name, "the column is missing, and so is %v", other)
		}
	}
	b.dropDuplicates()
	p := &Portfolio{Currency: b.opts.Currency, AsOf: b.opts.AsOf, HasPD: b.opts.Present[PD12]}
	p.Intake.Rows, p.Intake.Rejected = b.read, b.rejected
	p.Segments = slices.Sorted(slices.Values(b.names))
	place := make([]uint8, len(b.names))
	for i, name := range b.names {
		at, _ := slices.BinarySearch(p.Segments, name)
		place[i] = uint8(at)
	}
	fits := p.group(b, place, problems)
	p.trimSegments()
	p.Intake.Findings = b.sorted()
	if !fits {
		problems.Add("", "the portfolio is too large: balances times weights above 9e16, more than 4 billion loans, or a borrower with more than 65535 of them")
	}
	if !b.opts.Block {
		p.Intake.Judge(problems, b.opts.MaxRejected)
	}
	if len(problems.List) > 0 {
		for _, f := range p.Intake.Findings {
			problems.List = append(problems.List, f.Problem())
		}
		return nil, problems
	}
	for _, id := range []ColumnID{DaysPastDue, ProductName, OrdinalNumber, ExternalLoans} {
		if c := schema[id]; !b.opts.Present[id] {
			p.Assumptions = append(p.Assumptions, Assumption{Name: "column " + c.Name, Value: c.Default, Reason: "the tape has no such column; default of the schema", Origin: "portfolio schema"})
		}
	}
	return p, nil
}

// Problem words a finding with its count and examples.
func (f Finding) Problem() Problem {
	message := f.Message
	if f.Count == 1 {
		message += "; 1 case"
	} else {
		message += fmt.Sprintf("; %d cases", f.Count)
	}
	file := ""
	for i, e := range f.Examples {
		switch {
		case i == 0:
			message += ", for example "
		default:
			message += "; "
		}
		if e.File != file {
			file = e.File
			message += file + " "
		}
		if e.Row > 0 {
			message += fmt.Sprintf("row %d: %s", e.Row, e.Value)
		}
	}
	path := ""
	if f.Column != "" {
		path = "column " + f.Column
	}
	return Problem{Severity: f.Severity, Path: path, Message: message}
}

// dropDuplicates rejects every row whose loan id occurs twice: which of them is right cannot be known.
func (b *Builder) dropDuplicates() {
	twice := map[uint64]bool{}
	const together = 3 // first bits of the hashes that are sorted together: an eighth of them at a time
	hashes := make([]uint64, 0, b.Held()>>together*9/8)
	for first := range uint64(1 << together) {
		hashes = hashes[:0]
		for _, part := range b.parts {
			for i := range part {
				if loan := part[i].loan; loan>>(64-together) == first {
					hashes = append(hashes, loan)
				}
			}
		}
		slices.Sort(hashes)
		for i := 1; i < len(hashes); i++ {
			if hashes[i] == hashes[i-1] {
				twice[hashes[i]] = true
			}
		}
	}
	if len(twice) == 0 {
		return
	}
	for k, part := range b.parts {
		b.parts[k] = slices.DeleteFunc(part, func(r record) bool {
			if twice[r.loan] {
				b.rejected++
				b.note(Error, "duplicate_loan_id", LoanID.String(), "the loan id occurs more than once; all its rows are rejected", int(r.file), int64(r.row), "balance "+r.balance.String())
			}
			return twice[r.loan]
		})
	}
}

func (b *Builder) at(r record) string { return fmt.Sprintf("%s row %d", b.files[r.file], r.row) }

func (b *Builder) sorted() []Finding {
	out := make([]Finding, 0, len(b.findings))
	for _, f := range b.findings {
		out = append(out, *f)
	}
	slices.SortFunc(out, sortFindings)
	return out
}

func sortFindings(x, y Finding) int {
	return cmp.Or(cmp.Compare(x.Severity, y.Severity), cmp.Compare(x.Column, y.Column), cmp.Compare(x.Code, y.Code), cmp.Compare(x.Message, y.Message))
}

// spot is where the next borrower of a segment and his loans go.
type spot struct{ borrower, loan int }

// group turns the rows into borrowers with their loans, ordered by segment and ID, and takes them from the builder. It
// returns false when a total overflows.
func (p *Portfolio) group(b *Builder, place []uint8, problems *Problems) bool {
	spots, held := make([]spot, len(place)), 0
	for _, part := range b.parts {
		held += len(part)
		slices.SortFunc(part, func(x, y record) int {
			return cmp.Or(
				cmp.Compare(x.borrower, y.borrower),
				cmp.Compare(x.age, y.age), // newest first
				cmp.Compare(y.ordinal, x.ordinal),
				cmp.Compare(x.loan, y.loan))
		})
		for rows := range borrowersOf(part) {
			if loans := projected(rows); loans > 0 {
				next := &spots[place[rows[0].segment]]
				next.borrower, next.loan = next.borrower+1, next.loan+loans
			}
		}
	}
	all := spot{}
	for g, n := range spots {
		spots[g] = all
		all.borrower, all.loan = all.borrower+n.borrower, all.loan+n.loan
	}
	if all.loan > math.MaxUint32 {
		return false
	}
	const many = 1 << 18 // rows for which it is worth while to return memory
	if held > many {
		debug.FreeOSMemory()
	}
	p.Borrowers, p.Loans = make([]Borrower, all.borrower), make([]Loan, all.loan)
	fits := true
	for k := range b.parts {
		for rows := range borrowersOf(b.parts[k]) {
			if slices.ContainsFunc(rows, func(r record) bool { return r.check != rows[0].check }) {
				problems.Add("column borrower_id", "two different keys share a hash of 64 bits (%s); change one of them", b.at(rows[0]))
				continue
			}
			fits = p.add(b, rows, place, &spots[place[rows[0].segment]]) && fits
		}
		b.parts[k] = nil
		if held > many && (k+1)%(numParts/8) == 0 {
			debug.FreeOSMemory() // or rows and portfolio would be held together, twice what either takes
		}
	}
	return fits
}

// borrowersOf divides sorted rows.
func borrowersOf(rows []record) iter.Seq[[]record] {
	return func(yield func([]record) bool) {
		for from := 0; from < len(rows); {
			to := from + 1
			for to < len(rows) && rows[to].borrower == rows[from].borrower {
				to++
			}
			if !yield(rows[from:to]) {
				return
			}
			from = to
		}
	}
}

// projected is the number of a borrower's rows that stay: the open loans, or the last one repaid; 0 where he is already in
// default.
func projected(rows []record) int {
	open := 0
	for i := range rows {
		if rows[i].dpd >= DefaultDPD {
			return 0
		}
		if rows[i].balance > 0 {
			open++
		}
	}
	return max(open, 1)
}

// add takes one borrower's rows, newest first, into the portfolio at a spot, which moves on. It returns false when a total
// overflows.
func (p *Portfolio) add(b *Builder, rows []record, place []uint8, at *spot) bool {
	newest := rows[0]
	differs := func(code string, column ColumnID, what string, same func(r record) bool, value func(r record) string) {
		if len(rows) == 1 {
			return
		}
		if i := slices.IndexFunc(rows, func(r record) bool { return !same(r) }); i >= 0 {
			b.note(Warning, code, column.String(), "rows of one borrower disagree; "+what+" is taken (borrowers counted)",
				int(rows[i].file), int64(rows[i].row), value(rows[i])+" and "+value(newest))
		}
	}
	differs("segments_disagree", SegmentName, "that of the newest row", func(r record) bool { return r.segment == newest.segment }, func(r record) string { return b.names[r.segment] })
	differs("incomes_disagree", IncomeMonthly, "that of the newest row", func(r record) bool { return r.income == newest.income }, func(r record) string { return r.income.String() })
	differs("weights_disagree", WeightCount, "that of the newest row", func(r record) bool { return r.weight == newest.weight }, func(r record) string { return strconv.Itoa(int(r.weight)) })
	differs("pd12_disagree", PD12, "the largest", func(r record) bool { return r.pd == newest.pd }, func(r record) string { return show(r.pd) })
	differs("external_loans_disagree", ExternalLoans, "the largest", func(r record) bool { return r.external == newest.external }, func(r record) string { return strconv.Itoa(int(r.external)) })

	who := Borrower{ID: newest.borrower, Income: newest.income, Weight: newest.weight, Segment: place[newest.segment], First: uint32(at.loan)}
	dpd, open, balance := uint8(0), 0, Money(0)
	for i, r := range rows {
		if r.ordinal == 0 {
			rows[i].ordinal = uint8(min(len(rows)-i, math.MaxUint8))
		}
		dpd = max(dpd, r.dpd)
		who.PD12, who.External, who.Ordinal = max(who.PD12, r.pd), max(who.External, r.external), max(who.Ordinal, rows[i].ordinal)
		if r.balance > 0 {
			open++
			balance += r.balance
		}
	}
	in := &p.Intake
	in.Repaid += int64(len(rows) - open)
	if balance > math.MaxInt64/Money(who.Weight) || open > math.MaxUint16 {
		return false
	}
	weighted, total := balance*Money(who.Weight), &in.Balance
	if dpd >= DefaultDPD {
		in.ExcludedBorrowers++
		in.ExcludedLoans += int64(open)
		total = &in.ExcludedBalance
	}
	if *total > math.MaxInt64-weighted {
		return false
	}
	*total += weighted
	if dpd >= DefaultDPD {
		return true
	}
	if dpd > 0 {
		who.Bucket, who.DaysLate = 1+dpd/30, dpd
	}
	who.Open = uint16(open)
	for _, r := range rows {
		if r.balance > 0 || open == 0 {
			p.Loans[at.loan] = Loan{Principal: r.principal, Balance: r.balance, APR: r.apr, Term: r.term, MonthsOnBook: r.age, Days: r.days, TermDays: r.termDays, Ordinal: r.ordinal, Product: r.product}
			at.loan++
		}
		if open == 0 {
			who.Gap = uint8(min(MaxGap, max(0, r.age-r.term)))
			if r.termDays > 0 {
				who.Gap = uint8(min(MaxGap, max(0, (30*int(r.age)+int(r.days)-int(r.termDays))/30)))
			}
			break
		}
	}
	in.Loans += int64(open)
	in.Borrowers++
	in.WeightedBorrowers += int64(who.Weight)
	p.Borrowers[at.borrower] = who
	at.borrower++
	return true
}

// trimSegments drops the names of segments that no borrower is in.
func (p *Portfolio) trimSegments() {
	used := make([]bool, len(p.Segments))
	for _, w := range p.Borrowers {
		used[w.Segment] = true
	}
	place, names := make([]uint8, len(used)), []string(nil)
	for i, u := range used {
		place[i] = uint8(len(names))
		if u {
			names = append(names, p.Segments[i])
		}
	}
	p.Segments = names
	for i := range p.Borrowers {
		p.Borrowers[i].Segment = place[p.Borrowers[i].Segment]
	}
}
