// Package gate judges a finished run by the conditions that its experiment declares.
//
// A gate is an expression over measures at the horizon:
//
//	arm("pti_50").default_rate < 8%
//	diff("cooling_off").served_share > -5pp and diff("cooling_off").net_margin.value > 0
//	arm("apr_24").leaks < 1.1 * arm("baseline").leaks
//
// arm gives a measure of an arm, diff its paired difference to the arm it is compared with. Each is an interval,
// the one that the report prints; .value, .lo, .hi and .std_error pick one number out of it. Shares are
// fractions and may be written as 8% or, for differences, 8pp; money is in whole units of the currency. There
// are + - * / ( ), the comparisons < <= > >= == !=, and, or, not.
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

// Compile checks gates against the arms of a run. The error is a *data.Problems with everything found wrong; file
// is the experiment they were declared in.
func Compile(file string, gates []data.Gate, arms []data.Arm) ([]Gate, error) {
	problems := &data.Problems{Cause: data.BadConfig}
	var out []Gate
	for i, g := range gates {
		c := compiler{arms: arms}
		condition, err := c.compile(g.Expect)
		if err != nil {
			path := fmt.Sprintf("gates[%d].expect", i)
			if g.Name != "" {
				path = fmt.Sprintf("gate %q", g.Name)
			}
			problems.List = append(problems.List, data.Problem{File: file, Path: path, Message: err.Error()})
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
	Gates     []Judgement `json:"gates"`     // in the order of the experiment
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
	failed := false
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
		v.Gates = append(v.Gates, j)
		if j.Level != "warn" && j.Result != Holds {
			v.Passed = false
			failed = failed || j.Result == Fails
		}
	}
	v.Undecided = !v.Passed && !failed
	return v
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

// figure is a measure of an arm, or its difference to the arm's reference.
type figure struct {
	arm        int
	name       string // of the arm
	measure    data.Measure
	difference bool
}

func (f figure) of(r *output.Report) estimate.Figure {
	if f.difference {
		return r.DifferenceAt(f.arm, f.measure.Name)
	}
	return r.At(f.arm, f.measure.Name)
}

// words writes the figure with its interval, and says whether it has no data.
func (f figure) words(r *output.Report) (text string, missing bool) {
	v := f.of(r)
	call, unit := "arm", func(s output.Scale) string { return s.Unit }
	if f.difference {
		call, unit = "diff", func(s output.Scale) string { return s.DiffUnit }
	}
	name := fmt.Sprintf("%s(%q).%s", call, f.name, f.measure.Name)
	if math.IsNaN(v.Value) {
		return name + " has no data", true
	}
	s := output.ScaleOf(f.measure.Unit, r.Run.Currency, v.Value)
	digits := s.DigitsOf(v)
	text = fmt.Sprintf("%s = %s", name, strings.TrimSpace(s.Value(v, digits)+" "+unit(s)))
	if interval := s.Interval(v, digits); interval != "" {
		text += fmt.Sprintf(" (%s %s)", r.Interval(), interval)
	} else {
		text += " (no interval)"
	}
	return text, false
}
