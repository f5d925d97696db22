package gate

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Against is what became of a run since an earlier one, the baseline run.
type Against struct {
	Data          []string    `json:"data_changed"`          // what differs in the portfolio, in words
	Configuration []string    `json:"configuration_changed"` // what differs in the experiment and may move results
	Presentation  []string    `json:"presentation_changed"`  // what differs in the experiment and moves none
	Program       []string    `json:"program_changed"`       // what differs in the program
	ModelChanged  bool        `json:"model_changed"`         // data and configuration are the same, the results are not
	Identical     bool        `json:"identical"`             // the results are the same to the bit
	Totals        []string    `json:"totals_changed"`        // control totals that differ, in words
	Level         float64     `json:"level"`                 // at which chance alone moves no measure out of its band
	Moves         []Move      `json:"moves"`
	Causes        []Causation `json:"causes,omitempty"` // of the moves, where they were asked for
	Notes         []string    `json:"notes,omitempty"`  // on the causes
}

// Move is how far a measure of an arm has come since the baseline run. Shares are fractions, amounts minor units.
type Move struct {
	Measure    string   `json:"measure"`
	Arm        string   `json:"arm"`
	Difference bool     `json:"difference"` // of the arm to its reference
	Before     *float64 `json:"before"`     // null: no data
	After      *float64 `json:"after"`
	Change     *float64 `json:"change"`
	Noise      *float64 `json:"noise"` // half width of the band in which chance alone keeps the change
	Tolerance  *float64 `json:"tolerance"`
	Paired     bool     `json:"paired"` // both runs drew the same random numbers
	Result     Result   `json:"result"`
}

// Words say in a line what changed.
func (a *Against) Words() string {
	var changed []string
	if a.ModelChanged {
		changed = append(changed, "model changed")
	}
	for _, c := range []struct {
		name string
		list []string
	}{{"data changed", a.Data}, {"configuration changed", a.Configuration}, {"program changed", a.Program}} {
		if len(c.list) > 0 {
			changed = append(changed, c.name)
		}
	}
	if len(changed) == 0 {
		changed = append(changed, "nothing changed")
	}
	if a.Identical {
		changed = append(changed, "the results are identical")
	}
	return strings.Join(changed, ", ")
}

// Compare judges a run against an earlier one. Results of the same inputs must be the same to the bit: a difference is a
// change of the model, judged at modelLevel ("error" or "warn"). And no measure may have moved further than its tolerance and
// further than chance moves it. At the given level chance moves none of them out of its band, since each band leaves out
// its share of the rest (Bonferroni); so false alarms are at most 1-level. Where a band is wider than the tolerance the
// gate is undecided, because a move of twice the tolerance could go unseen; where it is not, such a move is found with
// a probability above the level. What differs in the inputs is in against, which takes the rest.
func Compare(before, after *data.Results, against *Against, tolerances []data.Tolerance, level float64, modelLevel string) []Judgement {
	against.Totals = totals(before, after)
	against.Identical = len(against.Totals) == 0
	against.ModelChanged = len(against.Data)+len(against.Configuration) == 0 && !against.Identical
	against.Level = level
	against.Moves = []Move{}
	out := []Judgement{against.model(modelLevel)}

	type asked struct {
		tolerance data.Tolerance
		arm       string
	}
	var list []asked
	present := 0
	for _, t := range tolerances {
		for a, arm := range before.Run.Arms {
			if !t.Difference || arm.Reference != a {
				list = append(list, asked{t, arm.Name})
				if armOf(&after.Run, arm.Name) >= 0 {
					present++
				}
			}
		}
	}
	m := mover{before: estimate.New(before, .95), after: estimate.New(after, .95), runs: [2]*data.Run{&before.Run, &after.Run},
		level: 1 - (1-level)/math.Max(1, float64(present))}
	for _, l := range list {
		j := Judgement{Name: named(l.tolerance.Measure.Name, l.arm, l.tolerance.Difference), Level: "error", Result: Fails, Found: "the run has no such arm, the baseline run has",
			Expect: "within " + l.tolerance.String() + " of the baseline run, or of what chance does"}
		if armOf(&after.Run, l.arm) >= 0 {
			move, found := m.move(l.tolerance, l.arm)
			against.Moves = append(against.Moves, move)
			j.Result, j.Found = move.Result, found
		}
		out = append(out, j)
	}
	return out
}

func named(measure, arm string, difference bool) string {
	if difference {
		measure = "diff:" + measure
	}
	return measure + " of " + arm
}

func armOf(run *data.Run, name string) int {
	return slices.IndexFunc(run.Arms, func(a data.Arm) bool { return a.Name == name })
}

// model judges that the same inputs gave the same results.
func (a *Against) model(level string) Judgement {
	j := Judgement{Name: "same model", Expect: "identical inputs give identical results", Level: level, Result: Holds, Found: a.Words()}
	switch {
	case a.ModelChanged:
		j.Result = Fails
		j.Found += ": " + output.List(a.Totals, 5)
	case len(a.Data)+len(a.Configuration) > 0:
		j.Found = "not asked of other inputs: " + j.Found
	}
	return j
}

// mover measures moves between two runs.
type mover struct {
	before, after *estimate.Estimator
	runs          [2]*data.Run
	level         float64 // of one band
}

// shift is the change of a measure of an arm at the last month that both runs have.
func (m *mover) shift(measure data.Measure, difference bool, arm string) (before, after estimate.Figure, change estimate.Sum) {
	month := min(m.runs[0].Months, m.runs[1].Months)
	var terms []estimate.Term
	for i, e := range []*estimate.Estimator{m.before, m.after} {
		t := estimate.Term{Run: e, Arm: armOf(m.runs[i], arm), Reference: -1, Month: month, Factor: float64(2*i - 1)}
		if difference {
			t.Reference = m.runs[i].Arms[t.Arm].Reference
		}
		terms = append(terms, t)
	}
	level := func(t estimate.Term) estimate.Figure {
		t.Factor = 1
		return estimate.Combine(measure, t).Figure(m.level)
	}
	return level(terms[0]), level(terms[1]), estimate.Combine(measure, terms...)
}

// move judges one measure of one arm, and says in words what was found.
func (m *mover) move(t data.Tolerance, arm string) (Move, string) {
	before, after, change := m.shift(t.Measure, t.Difference, arm)
	band := change.Figure(m.level)
	half := t.Half
	if t.Relative {
		half *= math.Abs(before.Value)
	}
	out := Move{Measure: t.Measure.Name, Arm: arm, Difference: t.Difference, Before: known(before.Value), After: known(after.Value),
		Change: known(band.Value), Noise: known(band.Half()), Tolerance: known(half), Paired: change.Paired, Result: Holds}
	if math.IsNaN(band.Value) {
		out.Result = Fails
		return out, "no data in " + map[bool]string{true: "the baseline run", false: "the run"}[math.IsNaN(before.Value)]
	}
	noise := band.Half()
	s := output.ScaleOf(t.Measure.Unit, m.runs[1].Currency, math.Max(math.Abs(before.Value), math.Abs(after.Value)))
	digits := s.Digits(band.SE)
	unit := s.Unit
	if t.Difference {
		unit = s.DiffUnit
	}
	kind := "independent draws"
	if change.Paired {
		kind = "the same draws"
	}
	found := fmt.Sprintf("%s → %s: %s, chance ±%s (%s), tolerance ±%s", strings.TrimSpace(s.Value(before, digits)), strings.TrimSpace(s.Value(after, digits)+" "+unit),
		strings.TrimSpace(output.Signed(band.Value*s.Factor, digits)+" "+s.DiffUnit), output.Number(noise*s.Factor, digits), kind, output.Number(half*s.Factor, max(digits, s.Decimals)))
	switch far := math.Abs(band.Value); {
	case far > half && far > noise:
		out.Result = Fails
	case noise <= half: // then far is at most half
	case math.IsNaN(noise):
		out.Result = Undecided
		found += "; one replicate has no error bar, more paths are needed"
	default:
		out.Result = Undecided
		found += fmt.Sprintf("; about %s times the paths would decide", output.Number(math.Ceil(noise/half*noise/half), 0))
	}
	return out, found
}

// known is a number for JSON, which has no NaN.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// totals names the control totals, sums of a counter over all paths and months of an arm, that differ between two
// runs; empty where all results are the same to the bit.
func totals(before, after *data.Results) []string {
	out := []string{}
	a, b := &before.Run, &after.Run
	if a.Paths != b.Paths || a.Months != b.Months || len(a.Arms) != len(b.Arms) || a.Scale != b.Scale {
		return append(out, fmt.Sprintf("%s, %s, %s → %s, %s, %s", output.Plural(len(a.Arms), "arm"), output.Plural(a.Paths, "path"), output.Plural(a.Months, "month"),
			output.Plural(len(b.Arms), "arm"), output.Plural(b.Paths, "path"), output.Plural(b.Months, "month")))
	}
	for i, arm := range a.Arms {
		if arm.Name != b.Arms[i].Name {
			out = append(out, fmt.Sprintf("arm %s → %s", arm.Name, b.Arms[i].Name))
			continue
		}
		for c := range data.NumCounters {
			var sums [2]int64
			same := true
			for at := int(c); at < len(before.Counts[i]); at += int(data.NumCounters) {
				x, y := before.Counts[i][at], after.Counts[i][at]
				sums[0], sums[1], same = sums[0]+x, sums[1]+y, same && x == y
			}
			switch {
			case sums[0] != sums[1]:
				out = append(out, fmt.Sprintf("%s of %s %s → %s", c, arm.Name, output.Number(float64(sums[0]), 0), output.Number(float64(sums[1]), 0)))
			case !same:
				out = append(out, fmt.Sprintf("%s of %s by path and month, not in all", c, arm.Name))
			}
		}
	}
	if !slices.Equal(before.Weights, after.Weights) {
		out = append(out, "weights of the paths")
	}
	if len(out) == 0 && !reflect.DeepEqual(before.Cells, after.Cells) {
		out = append(out, "results by segment, product and ordinal class")
	}
	return out
}
