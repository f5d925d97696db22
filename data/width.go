package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseWidth reads how far a figure of the measure may lie from another one, above 0: of a share in bp or pp (1pp =
// 100bp), of an amount in whole units of currency, else a plain number. It returns the width in the measure's own unit,
// and what is wrong with it, "" for nothing.
func (m Measure) ParseWidth(text string) (width float64, wrong string) {
	factor, number := 1., text
	switch m.Unit {
	case Share:
		switch {
		case strings.HasSuffix(text, "bp"):
			factor, number = 1e-4, strings.TrimSuffix(text, "bp")
		case strings.HasSuffix(text, "pp"):
			factor, number = 1e-2, strings.TrimSuffix(text, "pp")
		default:
			return 0, fmt.Sprintf("the width of %s, a share, is written in bp or pp (1pp = 100bp), found %q", m.Name, text)
		}
	case Amount:
		factor = float64(Unit)
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Sprintf("the width %q is not a number above 0", text)
	}
	return v * factor, ""
}

// ParseBand takes "[diff:]MEASURE=±WIDTH" apart, without blanks; form says how it is written where it is not. The width
// is returned as text, for ParseWidth.
func ParseBand(text, form string) (m Measure, difference bool, width, wrong string) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return m, false, "", form
	}
	if before, after, found := strings.Cut(name, ":"); found {
		if before != "diff" {
			return m, false, "", "unknown kind " + strconv.Quote(before) + ", only diff: is known" + DidYouMean(before, []string{"diff"})
		}
		name, difference = after, true
	}
	if m, ok = MeasureByName(name); !ok {
		return m, false, "", "unknown measure " + strconv.Quote(name) + DidYouMean(name, MeasureNames())
	}
	if width, ok = strings.CutPrefix(rest, "±"); !ok {
		return m, false, "", "the width begins with ± or +-: " + form
	}
	return m, difference, width, ""
}

// Tolerance is how far a measure of every arm may move from its figure in an earlier run.
type Tolerance struct {
	Measure    Measure
	Difference bool    // of every arm to its reference, in place of the level
	Half       float64 // in the measure's own unit, or a fraction of the earlier figure
	Relative   bool    // Half is such a fraction
	text       string
}

// String is the tolerance as it is written, without blanks.
func (t Tolerance) String() string { return t.text }

const toleranceForm = "[diff:]MEASURE=±WIDTH is needed, such as default_rate=±10bp, diff:served_share=±0.5pp or originations_amount=±2%"

// ParseTolerance reads one tolerance; wrong says what is wrong with it, "" for nothing. A width in % is relative to the
// earlier figure; a share has none, since it could be taken for percentage points.
func ParseTolerance(text string) (t Tolerance, wrong string) {
	t.text = strings.ReplaceAll(strings.Join(strings.Fields(text), ""), "+-", "±")
	m, difference, width, wrong := ParseBand(t.text, toleranceForm)
	if wrong != "" {
		return t, wrong
	}
	t.Measure, t.Difference = m, difference
	percent, relative := strings.CutSuffix(width, "%")
	if !relative || m.Unit == Share {
		t.Half, wrong = m.ParseWidth(width)
		return t, wrong
	}
	v, err := strconv.ParseFloat(percent, 64)
	if err != nil || !(v > 0 && v <= 100) {
		return t, fmt.Sprintf("the width %q is not above 0%% and at most 100%%", width)
	}
	t.Half, t.Relative = v/100, true
	return t, ""
}
