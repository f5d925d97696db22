package output

import (
	"fmt"
	"math"

	"relend/data"
	"relend/sim/estimate"
)

// Attribution is the effect of a package of clauses on some measures, by clause.
type Attribution struct {
	Title     string // of the experiment
	Arm       string // title of the arm with the package
	Reference string // title of the arm without
	Currency  string
	Months    int
	Level     float64 // of every interval
	Clauses   []AttributedClause
	Measures  []AttributedMeasure
	Method    []string // sentences: what was computed from what
}

// AttributedClause is a clause of the package, in the order of the waterfall.
type AttributedClause struct {
	Name  string
	Title string
	With  string // what holds with it, in words
	Out   string // what holds without it
}

// AttributedMeasure is the effect on one measure at the horizon.
type AttributedMeasure struct {
	Measure   data.Measure
	Reference estimate.Figure   // without the package
	Arm       estimate.Figure   // with it
	Shares    []estimate.Figure // Shapley shares by clause, they add up to Whole
	Steps     []estimate.Figure // what each clause adds to those before it, they add up to Whole
	Whole     estimate.Figure
}

// Scale is the one for a measure's figures.
func (m *AttributedMeasure) Scale(currency string) Scale {
	largest := math.Max(math.Abs(m.Reference.Value), math.Abs(m.Arm.Value))
	for _, f := range append(append([]estimate.Figure(nil), m.Shares...), m.Steps...) {
		largest = math.Max(largest, math.Abs(f.Value))
	}
	return ScaleOf(m.Measure.Unit, currency, largest)
}

// Heading names a measure with the unit of its differences: "Default rate, pp".
func (m *AttributedMeasure) Heading(currency string) string {
	if unit := m.Scale(currency).DiffUnit; unit != "" {
		return m.Measure.Title + ", " + unit
	}
	return m.Measure.Title
}

// Answer is the effect in a sentence.
func (a *Attribution) Answer(m *AttributedMeasure) string {
	s := m.Scale(a.Currency)
	digits := s.DigitsOf(m.Whole)
	unit := func(u string) string {
		if u != "" {
			return " " + u
		}
		return ""
	}
	return fmt.Sprintf("%s after %s: %s%s without the package, %s%s with it, %s%s.", m.Measure.Title, Plural(a.Months, "month"),
		s.PlusMinus(m.Reference, s.DigitsOf(m.Reference)), unit(s.Unit), s.PlusMinus(m.Arm, s.DigitsOf(m.Arm)), unit(s.Unit),
		Change(s, m.Whole, digits), unit(s.DiffUnit))
}

// Change writes a difference with its sign and half of its interval, also where it cannot be told from zero.
func Change(s Scale, f estimate.Figure, digits int) string {
	text := Signed(f.Value*s.Factor, digits)
	if !math.IsNaN(f.SE) {
		text += " ±" + Number(f.Half()*s.Factor, digits)
	}
	return text
}
