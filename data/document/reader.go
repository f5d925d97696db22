package document

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"relend/data"
)

// Reader takes typed values out of nodes and collects what is wrong with them. Every method accepts a nil
// node, which stands for a key that is absent (and, where needed, already reported): it returns the zero value
// and adds nothing. The same holds after a problem, so that a whole file can be read in one pass.
type Reader struct {
	Problems data.Problems
	name     string
}

// NewReader returns a reader whose problems without a position carry the file name.
func NewReader(name string) *Reader {
	return &Reader{name: name, Problems: data.Problems{Cause: data.BadConfig}}
}

// Err returns all problems as one error, or nil when none of them is an error.
func (r *Reader) Err() error { return r.Problems.Err() }

// Errorf adds an error at a node (nil: at the file).
func (r *Reader) Errorf(n *Node, format string, args ...any) { r.add(data.Error, n, format, args) }

// Warnf adds a warning at a node (nil: at the file).
func (r *Reader) Warnf(n *Node, format string, args ...any) { r.add(data.Warning, n, format, args) }

func (r *Reader) add(s data.Severity, n *Node, format string, args []any) {
	p := data.Problem{Severity: s, File: r.name, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		if n.File != "" {
			p.File = n.File
		}
		p.Line, p.Col, p.Path = n.Line, n.Col, n.Path
	}
	r.Problems.List = append(r.Problems.List, p)
}

// Fields reads the keys of one map.
type Fields struct {
	r    *Reader
	node *Node
	seen []string
}

// Map opens a node that must be a map. Call Close when all keys have been asked for.
func (r *Reader) Map(n *Node) *Fields {
	if n != nil && n.Kind != Map {
		r.Errorf(n, "a map of keys is needed here, found %s", describe(n))
		n = nil
	}
	return &Fields{r: r, node: n}
}

// Node returns the map itself, nil when there is none.
func (f *Fields) Node() *Node { return f.node }

// Get returns the value of an optional key, nil when it is absent. A key with nothing after it is an error.
func (f *Fields) Get(key string) *Node {
	f.seen = append(f.seen, key)
	if f.node == nil {
		return nil
	}
	n := f.node.Get(key)
	if n != nil && n.Kind == Empty {
		f.r.Errorf(n, "the value is empty; give one or remove the key")
		return nil
	}
	return n
}

// Need returns the value of a key and reports its absence.
func (f *Fields) Need(key string) *Node {
	n := f.Get(key)
	if f.node != nil && f.node.Get(key) == nil {
		at := *f.node
		at.Path = join(at.Path, key)
		f.r.Errorf(&at, "the key is missing")
	}
	return n
}

// Close reports the keys that nobody asked for.
func (f *Fields) Close() {
	if f.node == nil {
		return
	}
	for _, k := range f.node.keys {
		if !slices.Contains(f.seen, k.text) {
			f.r.Errorf(k, "unknown key %q%s", k.text, hint(k.text, f.seen))
		}
	}
}

// hint returns ", did you mean …?", or the list of what is allowed when nothing is near.
func hint(word string, allowed []string) string {
	if near := data.DidYouMean(word, allowed); near != "" {
		return near
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(allowed)))
	return " (allowed: " + strings.Join(sorted, ", ") + ")"
}

// List returns the elements of a node that must be a list.
func (r *Reader) List(n *Node) []*Node {
	if n == nil {
		return nil
	}
	if n.Kind != List {
		r.Errorf(n, "a list is needed here, found %s", describe(n))
		return nil
	}
	return n.items
}

// Text returns the text of a scalar; it may not be empty.
func (r *Reader) Text(n *Node) string {
	s, _ := r.scalar(n, "a text")
	return s
}

// Texts returns the texts of a list, or of a single scalar.
func (r *Reader) Texts(n *Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind == Scalar {
		return []string{r.Text(n)}
	}
	var out []string
	for _, item := range r.List(n) {
		out = append(out, r.Text(item))
	}
	return out
}

// OneOf returns a word that must be one of those allowed, "" otherwise.
func (r *Reader) OneOf(n *Node, allowed ...string) string {
	s, ok := r.scalar(n, "one of "+strings.Join(allowed, ", "))
	if !ok {
		return ""
	}
	if !slices.Contains(allowed, s) {
		r.Errorf(n, "unknown value %q%s", s, hint(s, allowed))
		return ""
	}
	return s
}

// Bool returns true or false.
func (r *Reader) Bool(n *Node) bool {
	s, ok := r.scalar(n, "true or false")
	if ok && (n.Quoted || s != "true" && s != "false") {
		r.Errorf(n, "true or false is needed here, found %s", describe(n))
	}
	return ok && s == "true"
}

// Int returns a whole number from lo to hi.
func (r *Reader) Int(n *Node, lo, hi int64) int64 {
	const want = "a whole number"
	s, ok := r.scalar(n, want)
	if !ok {
		return 0
	}
	v, ok := r.number(n, s, want, n.Quoted)
	if !ok {
		return 0
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		if v != math.Trunc(v) {
			r.Errorf(n, "a whole number is needed here, found the fraction %s", s)
			return 0
		}
		if math.Abs(v) > 1<<53 {
			r.Errorf(n, "%s is too large", s)
			return 0
		}
		i = int64(v)
	}
	if i < lo || i > hi {
		r.Errorf(n, "%d is outside the range %d to %d", i, lo, hi)
		return 0
	}
	return i
}

// Float returns a number without a unit from lo to hi.
func (r *Reader) Float(n *Node, lo, hi float64) float64 {
	const want = "a number"
	s, ok := r.scalar(n, want)
	if !ok {
		return 0
	}
	v, ok := r.number(n, s, want, n.Quoted)
	if ok && (v < lo || v > hi) {
		r.Errorf(n, "%s is outside the range %s to %s", s, short(lo), short(hi))
		return 0
	}
	return v
}

// Ratio returns a fraction from lo to hi. It is written with a unit (24%, 50 bp) or as a bare number from
// -1 to 1; a larger bare number is refused, because nobody can tell 24 from 2400%.
func (r *Reader) Ratio(n *Node, lo, hi float64) float64 {
	const want = "a ratio such as 24%, 50 bp or 0.24"
	v, unit, ok := r.quantity(n, want)
	if !ok {
		return 0
	}
	switch unit {
	case "%":
		v /= 100
	case "bp":
		v /= 10_000
	case "":
		if math.Abs(v) > 1 {
			r.Errorf(n, "the bare number %s is above 1: write %s%% or %s", n.text, n.text, short(v/100))
			return 0
		}
	default:
		r.unit(n, unit, want)
		return 0
	}
	if v < lo || v > hi {
		r.Errorf(n, "%s is outside the range %s%% to %s%%", n.text, short(lo*100), short(hi*100))
		return 0
	}
	return v
}

// Months returns a whole number of months from lo to hi, written "3 months", "1 month" or "2 years". Only 0
// needs no unit.
func (r *Reader) Months(n *Node, lo, hi int) int {
	return r.span(n, "a time such as 3 months or 2 years", map[string]int{"month": 1, "months": 1, "year": 12, "years": 12}, "months", lo, hi)
}

// Days returns a whole number of days from lo to hi, written "30 days" or "2 weeks". Only 0 needs no unit.
func (r *Reader) Days(n *Node, lo, hi int) int {
	return r.span(n, "a time such as 30 days or 2 weeks", map[string]int{"day": 1, "days": 1, "week": 7, "weeks": 7}, "days", lo, hi)
}

func (r *Reader) span(n *Node, want string, units map[string]int, base string, lo, hi int) int {
	v, unit, ok := r.quantity(n, want)
	if !ok {
		return 0
	}
	size := units[unit]
	switch {
	case unit == "" && v != 0:
		r.Errorf(n, "%s has no unit: write %s %s", n.text, n.text, base)
		return 0
	case unit != "" && size == 0:
		r.unit(n, unit, want)
		return 0
	}
	v *= float64(size)
	if v != math.Trunc(v) {
		r.Errorf(n, "%s is not a whole number of %s", n.text, base)
		return 0
	}
	if v < float64(lo) || v > float64(hi) {
		r.Errorf(n, "%s is outside the range %d to %d %s", n.text, lo, hi, base)
		return 0
	}
	return int(v)
}

// MaxMoney is the largest amount that a document may state, in whole units of currency.
const MaxMoney = 1e12

// Money returns an amount from 0 to MaxMoney, written with its currency ("200000 CNY") and at most two
// decimals. With currency "" any three-letter code will do. Only 0 needs no currency.
func (r *Reader) Money(n *Node, currency string) data.Money {
	example := currency
	if example == "" {
		example = "CNY"
	}
	want := "an amount of money such as 5000 " + example
	v, unit, ok := r.quantity(n, want)
	switch {
	case !ok:
		return 0
	case unit == "" && v != 0:
		r.Errorf(n, "%s has no currency: write %s %s", n.text, n.text, example)
		return 0
	case unit != "" && !currencyCode.MatchString(unit):
		r.unit(n, unit, want)
		return 0
	case unit != "" && currency != "" && unit != currency:
		r.Errorf(n, "the amount is in %s, the portfolio in %s; amounts are not converted", unit, currency)
		return 0
	case v < 0 || v > MaxMoney:
		r.Errorf(n, "%s is outside the range 0 to %s", n.text, short(MaxMoney))
		return 0
	}
	minor := math.RoundToEven(v * float64(data.Unit))
	if math.Abs(v*float64(data.Unit)-minor) > 1e-6*math.Max(1, minor*1e-9) {
		r.Errorf(n, "%s has more than two decimals", n.text)
		return 0
	}
	return data.Money(minor)
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// Currency returns an ISO 4217 code.
func (r *Reader) Currency(n *Node) string {
	s, ok := r.scalar(n, "a currency code such as CNY")
	if ok && !currencyCode.MatchString(s) {
		r.Errorf(n, "%q is not a currency code such as CNY", s)
		return ""
	}
	return s
}

// Date returns midnight UTC of a day written 2017-08-13.
func (r *Reader) Date(n *Node) time.Time {
	const want = "a date such as 2017-08-13"
	s, ok := r.scalar(n, want)
	if !ok {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		r.Errorf(n, "%s is needed here, found %s", want, describe(n))
	}
	return day
}

// Quantity returns a number and its unit ("" when there is none), for callers with units of their own.
func (r *Reader) Quantity(n *Node) (value float64, unit string, ok bool) {
	return r.quantity(n, "a number with its unit")
}

func (r *Reader) scalar(n *Node, want string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != Scalar || n.text == "" {
		r.Errorf(n, "%s is needed here, found %s", want, describe(n))
		return "", false
	}
	return n.text, true
}

var (
	number = regexp.MustCompile(`^[-+]?[0-9.][0-9_xXa-fA-FeE.+-]*$`) // whatever some reader may take for a number
	strict = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	parts  = regexp.MustCompile(`^([-+.0-9][^ %a-zA-Z]*(?:[eE][-+]?[0-9]+)?) ?(%|[a-zA-Z]+)?$`)
)

func (r *Reader) number(n *Node, s, want string, quoted bool) (float64, bool) {
	if quoted {
		r.Errorf(n, "%s is needed here, found a text in quotes %q", want, s)
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if !strict.MatchString(s) || err != nil {
		r.Errorf(n, "%s in plain decimal notation is needed here, found %q", want, s)
		return 0, false
	}
	return v, true
}

func (r *Reader) quantity(n *Node, want string) (float64, string, bool) {
	s, ok := r.scalar(n, want)
	if !ok {
		return 0, "", false
	}
	m := parts.FindStringSubmatch(s)
	if m == nil {
		r.Errorf(n, "%s is needed here, found %q", want, s)
		return 0, "", false
	}
	v, ok := r.number(n, m[1], want, false)
	return v, m[2], ok
}

func (r *Reader) unit(n *Node, unit, want string) {
	r.Errorf(n, "unit %q is not allowed here: %s is needed, found %q", unit, want, n.text)
}

func describe(n *Node) string {
	switch {
	case n.Kind == Scalar && n.text == "":
		return "an empty text"
	case n.Kind == Scalar && n.Quoted:
		return fmt.Sprintf("the text %q", n.text)
	case n.Kind == Scalar:
		return strconv.Quote(n.text)
	case n.Kind == Empty:
		return "nothing"
	}
	return n.Kind.String()
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }
