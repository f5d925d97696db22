package output

import (
	"math"
	"strconv"
	"strings"

	"relend/data"
	"relend/sim/estimate"
)

// Scale turns a measure's figures into numbers for people: shares in per cent (differences in percentage
// points), money in a readable multiple of the currency, counts with thousands separators.
type Scale struct {
	Factor   float64 // shown = figure * Factor
	Unit     string  // of values, such as "%" or "m CNY"; empty for plain counts
	DiffUnit string  // of differences
	Decimals int     // digits after the point where there is no error bar
}

// ScaleOf picks the scale of a unit for figures up to the given size (in the measure's own unit).
func ScaleOf(unit data.MeasureUnit, currency string, largest float64) Scale {
	switch unit {
	case data.Share:
		return Scale{100, "%", "pp", 2}
	case data.Mean:
		return Scale{1, "", "", 3}
	}
	s := Scale{Factor: 1}
	if unit == data.Amount {
		s = Scale{1 / float64(data.Unit), currency, currency, 0}
	}
	largest = math.Abs(largest) * s.Factor
	for _, step := range []struct {
		from, factor float64
		name         string
	}{{1e9, 1e-9, "bn"}, {1e6, 1e-6, "m"}, {1e4, 1e-3, "k"}} {
		if unit == data.Amount && largest >= step.from {
			s.Factor *= step.factor
			s.Unit = step.name + " " + currency
			s.DiffUnit = s.Unit
			s.Decimals = 1
			break
		}
	}
	return s
}

// Digits is the number of digits after the point that shows two significant digits of the standard error, or
// the scale's own where there is no error bar.
func (s Scale) Digits(se float64) int {
	se *= s.Factor
	if !(se > 0) || math.IsInf(se, 0) {
		return s.Decimals
	}
	text := strconv.FormatFloat(se, 'e', 1, 64) // rounds first: .0996 counts as .10
	exponent, _ := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	return min(max(1-exponent, 0), 6)
}

// DigitsOf is Digits for one figure, kept to four significant digits of its value.
func (s Scale) DigitsOf(f estimate.Figure) int { return s.readable(s.Digits(f.SE), f.Value) }

// Column picks one number of digits for a column of figures: the one most of them ask for, kept to four
// significant digits of the largest.
func (s Scale) Column(figures []estimate.Figure) int {
	var votes [8]int
	largest := 0.0
	for _, f := range figures {
		if f.SE > 0 {
			votes[s.Digits(f.SE)]++
		}
		largest = math.Max(largest, math.Abs(f.Value))
	}
	best := s.Decimals
	for digits, n := range votes {
		if n > 0 && (votes[best] == 0 || n >= votes[best]) {
			best = digits
		}
	}
	return s.readable(best, largest)
}

// readable cuts digits to four significant ones of the value.
func (s Scale) readable(digits int, value float64) int {
	value = math.Abs(value * s.Factor)
	if !(value > 0) {
		return digits
	}
	return min(digits, max(3-int(math.Floor(math.Log10(value))), 0))
}

// Value writes the figure without its unit, "–" where it is missing.
func (s Scale) Value(f estimate.Figure, digits int) string { return Number(f.Value*s.Factor, digits) }

// PlusMinus writes the value with half the width of its interval: "12.31 ±0.21".
func (s Scale) PlusMinus(f estimate.Figure, digits int) string {
	if math.IsNaN(f.SE) {
		return s.Value(f, digits)
	}
	return s.Value(f, digits) + " ±" + Number(f.Half()*s.Factor, digits)
}

// Interval writes the interval: "12.10 to 12.52".
func (s Scale) Interval(f estimate.Figure, digits int) string {
	if math.IsNaN(f.Lo) {
		return ""
	}
	return Number(f.Lo*s.Factor, digits) + " to " + Number(f.Hi*s.Factor, digits)
}

// Difference writes a difference with its sign, "~" where it cannot be told from zero and "=" where both arms
// agree on every path; half is half the width of its interval, "" where there is nothing to add.
func (s Scale) Difference(f estimate.Figure, digits int) (text, half string) {
	switch v := f.Verdict(); {
	case v == estimate.Unclear || v == estimate.Identical:
		return string(v), ""
	case math.IsNaN(f.SE):
		return Signed(f.Value*s.Factor, digits), ""
	}
	if s.DigitsOf(f) > digits+1 { // a sharp difference in a coarse column
		digits++
	}
	return Signed(f.Value*s.Factor, digits), "±" + Number(f.Half()*s.Factor, digits)
}

// Number writes v with the given digits after the point and thousands separators; "–" for NaN, never "-0".
func Number(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	text := strconv.FormatFloat(math.Abs(v), 'f', digits, 64)
	whole, rest, _ := strings.Cut(text, ".")
	var b strings.Builder
	if v < 0 && strings.Trim(text, "0.") != "" {
		b.WriteByte('-')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if rest != "" {
		b.WriteString("." + rest)
	}
	return b.String()
}

// Signed is Number with a plus before positive values.
func Signed(v float64, digits int) string {
	text := Number(v, digits)
	if v > 0 && strings.Trim(text, "0.,") != "" {
		text = "+" + text
	}
	return text
}

// Money writes an amount in a readable scale with three significant digits or so: "12.3 m CNY".
func Money(minor float64, currency string) string {
	s := ScaleOf(data.Amount, currency, minor)
	return Number(minor*s.Factor, s.Decimals) + " " + s.Unit
}

// Plural writes a count with its noun: "1 arm", "2 arms".
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(float64(n), 0) + " " + noun
}

// List joins names with commas and a last "and", naming at most limit of them.
func List(names []string, limit int) string {
	if len(names) > limit {
		rest := len(names) - limit
		names = append(names[:limit:limit], Number(float64(rest), 0)+" more")
	}
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
