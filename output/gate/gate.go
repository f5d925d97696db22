// Package gate judges a finished run by the conditions that its experiment declares.
//
// A gate is an expression over measures at the horizon:
//
//	arm("pti_50").default_rate < 8%
//	diff("cooling_off").served_share > -5pp and diff("cooling_off").net_margin.value > 0
//	ratio("apr_24").leaks < 1.1
//	ratio("ban", "loose", 12).monthly_default_rate in [1.02, 1.4]
//
// arm gives a measure of an arm, diff its paired difference to the arm it is compared with and ratio its paired
// quotient; the name of a second arm compares with that one, a number takes the figure at the end of that month
// instead of the horizon. Each is an interval, the one that the report prints; .p95 is the quantile over paths of the
// measure or difference, .es99 its expected shortfall, and .value, .lo, .hi and .std_error pick one number. Shares are
// fractions and may be written as 8% or, for differences, 8pp; money is in whole units of the currency. There are + - * / ( ), the comparisons < <= > >= == !=, in [LOW, HIGH] with both
// ends included, and, or, not.
//
// A comparison holds when it is true anywhere inside the intervals, fails when it is true nowhere, and is
// undecided otherwise: more paths would decide it. Intervals on both sides are taken as independent, so compare
// an arm with its reference by diff, which is paired. A gate that looks at a measure without data fails.
package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Result of a gate.
type Result string

// The results of a gate.
const (
	Holds     Result = "holds"
	Fails     Result = "fails"
	Undecided Result = "undecided"
)

// Gate is a condition ready to be judged.
type Gate struct {
	data.Gate
	condition node
	figures   []figure // what it looks at, in the order of the text
}

// Compile checks gates against the arms and the horizon of a run. The error is a *data.Problems with everything
// found wrong; file is the experiment they were declared in.
func Compile(file string, gates []data.Gate, arms []data.Arm, months int) ([]Gate, error) {
	problems := &data.Problems{Cause: data.BadConfig}
	var out []Gate
	for i, g := range gates {
		c := compiler{arms: arms, months: months}
		condition, err := c.compile(g.Expect)
		if err != nil {
			path := fmt.Sprintf("gates[%d].expect", i)
			if g.Name != "" {
				path = fmt.Sprintf("gate %q", g.Name)
			}
			problems.List = append(problems.List, data.Problem{File: file, Line: g.Line, Col: g.Col, Path: path, Message: err.Error()})
			continue
		}
		out = append(out, Gate{g, condition, c.figures})
	}
	return out, problems.Err()
}

// Verdict is what the gates say about a run.
type Verdict struct {
	Passed    bool        `json:"passed"`    // every gate of level "error" holds
	Undecided bool        `json:"undecided"` // not passed only because of gates that more paths would decide
	Gates     []Judgement `json:"gates"`     // in the order of the experiment, then those against the baseline run
	Against   *Against    `json:"against,omitempty"`
}

// Judgement is what became of one gate.
type Judgement struct {
	Name   string `json:"name"`
	Expect string `json:"expect"`
	Level  string `json:"level"` // "error" or "warn"
	Result Result `json:"result"`
	Found  string `json:"found"` // the figures it looks at, in words
}

// Judge judges the gates of a run by its report.
func Judge(report *output.Report, gates []Gate) Verdict {
	v := Verdict{Passed: true, Gates: []Judgement{}}
	for _, g := range gates {
		j := Judgement{Name: g.Name, Expect: g.Expect, Level: g.Level, Result: g.condition(report).result()}
		var found []string
		for _, f := range g.figures {
			text, missing := f.words(report)
			if missing {
				j.Result = Fails
			}
			found = append(found, text)
		}
		j.Found = strings.Join(found, "; ")
		v.Add(j)
	}
	return v
}

// Add adds judgements. A run with several is undecided when none of level error fails and some are undecided.
func (v *Verdict) Add(list ...Judgement) {
	v.Gates = append(v.Gates, list...)
	failed := false
	for _, j := range list {
		if j.Level != "warn" && j.Result != Holds {
			failed = failed || j.Result == Fails
			v.Undecided = v.Passed || v.Undecided
			v.Passed = false
		}
	}
	if failed {
		v.Undecided = false
	}
}

// JSON writes the verdict as a file.
func (v Verdict) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil { // strings and booleans always encode
		panic(err)
	}
	return b.Bytes()
}

// Rows are the judgements as a report shows them.
func (v Verdict) Rows() []output.GateVerdict {
	var rows []output.GateVerdict
	for _, j := range v.Gates {
		rows = append(rows, output.GateVerdict{Name: j.Name, Expression: j.Expect, Level: j.Level, Verdict: string(j.Result), Found: j.Found})
	}
	return rows
}

// call is how a figure comes from its arm.
type call string

const (
	armCall   call = "arm"   // the measure itself
	diffCall  call = "diff"  // its difference to another arm
	ratioCall call = "ratio" // its quotient by that of another arm
)

var callNames = []string{string(armCall), string(diffCall), string(ratioCall)}

// figure is a measure of an arm, or its comparison with another arm.
type figure struct {
	call    call
	text    string // the call as it is written in short: diff("strict", "base", 12)
	arm     int
	other   int // compared with; -1: the arm's reference
	month   int // -1: the horizon
	measure data.Measure
	tail    tail
}

// tail is a part of the distribution over paths in place of the mean; of p 0, none.
type tail struct {
	p         float64
	shortfall bool // the mean beyond the quantile
	name      string
}

func (t tail) String() string { return t.name }

var tailName = regexp.MustCompile(`^(p|es)([0-9]{2,6})$`)

// tailOf reads p95, p999 (99.9 %) or es99.
func tailOf(name string) (t tail, ok bool) {
	m := tailName.FindStringSubmatch(name)
	if m == nil {
		return t, false
	}
	p, err := strconv.ParseFloat("0."+m[2], 64)
	return tail{p, m[1] == "es", name}, err == nil && p > 0
}

// of returns the figure, and how many paths it takes where there are too few for an interval.
func (f figure) of(r *output.Report) (v estimate.Figure, needs int) {
	month := f.month
	if month < 0 {
		month = r.Run.Months
	}
	other := f.other
	if other < 0 && f.call != armCall {
		other = r.Run.Arms[f.arm].Reference
	}
	switch {
	case f.tail.p > 0:
		t := r.Tail(f.arm, other, f.measure.Name, month, f.tail.p, f.tail.shortfall)
		return estimate.Figure{Value: t.Value, SE: math.NaN(), Lo: t.Lo, Hi: t.Hi}, t.Needs
	case f.call == armCall:
		return r.Series(f.arm, f.measure.Name)[month], 0
	case f.call == diffCall && f.other < 0:
		return r.DifferenceSeries(f.arm, f.measure.Name)[month], 0
	}
	differences, quotients := r.Pair(f.arm, other, f.measure.Name)
	if f.call == diffCall {
		return differences[month], 0
	}
	return quotients[month], 0
}

// words writes the figure with its interval, and says whether it has no data.
func (f figure) words(r *output.Report) (text string, missing bool) {
	v, needs := f.of(r)
	name := f.text + "." + f.measure.Name
	if f.tail.p > 0 {
		name += "." + f.tail.name
	}
	switch {
	case math.IsNaN(v.Value) && needs > 0:
		return fmt.Sprintf("%s needs %s", name, output.Plural(needs, "path")), false
	case math.IsNaN(v.Value):
		return name + " has no data", true
	}
	s := output.ScaleOf(f.measure.Unit, r.Run.Currency, v.Value)
	unit := s.Unit
	switch f.call {
	case diffCall:
		unit = s.DiffUnit
	case ratioCall:
		s, unit = output.ScaleOf(data.Mean, "", v.Value), ""
	}
	digits := s.DigitsOf(v)
	text = fmt.Sprintf("%s = %s", name, strings.TrimSpace(s.Value(v, digits)+" "+unit))
	switch interval := s.Interval(v, digits); {
	case interval != "":
		text += fmt.Sprintf(" (%s %s)", r.Interval(), interval)
	case needs > 0:
		text += fmt.Sprintf(" (no interval: it needs %s)", output.Plural(needs, "path"))
	default:
		text += " (no interval)"
	}
	return text, false
}
