package output

import (
	"math"
	"slices"

	"relend/data"
	"relend/sim/estimate"
)

// Comparison sets finished runs side by side: the figures of the arms that they have in common, each with its change from
// the first run.
type Comparison struct {
	Runs     []string // how they are called, the first is compared with
	Currency string
	Month    int // the last that all runs have
	Level    float64
	Measures []data.Measure
	Shifts   []Shift // by measure, arm and run
}

// Shift is a measure of an arm in the first run and in a later one.
type Shift struct {
	Measure int    // index into Measures
	Arm     string // by which it is known in both
	Title   string
	Run     int // index into Runs
	Before  estimate.Figure
	After   estimate.Figure
	Change  estimate.Figure
	Paired  bool // both runs drew the same random numbers
}

// Compare compares runs with the first of them. Arms are the same when their names are.
func Compare(names []string, runs []*data.Results, measures []data.Measure, level float64) *Comparison {
	first := &runs[0].Run
	c := &Comparison{Runs: names, Currency: first.Currency, Month: math.MaxInt, Level: level, Measures: measures}
	var estimators []*estimate.Estimator
	for _, r := range runs {
		c.Month = min(c.Month, r.Run.Months)
		estimators = append(estimators, estimate.New(r, level))
	}
	for m, measure := range measures {
		for a, arm := range first.Arms {
			before := estimate.Term{Run: estimators[0], Arm: a, Reference: -1, Month: c.Month, Factor: 1}
			for i := 1; i < len(runs); i++ {
				b := slices.IndexFunc(runs[i].Run.Arms, func(x data.Arm) bool { return x.Name == arm.Name })
				if b < 0 {
					continue
				}
				after := estimate.Term{Run: estimators[i], Arm: b, Reference: -1, Month: c.Month, Factor: 1}
				s := Shift{Measure: m, Arm: arm.Name, Title: arm.Title, Run: i,
					Before: estimate.Combine(measure, before).Figure(level), After: estimate.Combine(measure, after).Figure(level)}
				if s.Title == "" {
					s.Title = s.Arm
				}
				taken := before
				taken.Factor = -1
				change := estimate.Combine(measure, after, taken)
				s.Change, s.Paired = change.Figure(level), change.Paired
				c.Shifts = append(c.Shifts, s)
			}
		}
	}
	return c
}

// Of returns the shifts of a measure.
func (c *Comparison) Of(measure int) (list []Shift) {
	for _, s := range c.Shifts {
		if s.Measure == measure {
			list = append(list, s)
		}
	}
	return list
}

// Scale is the scale that suits a measure in all runs.
func (c *Comparison) Scale(measure int) Scale {
	largest := 0.
	for _, s := range c.Of(measure) {
		for _, f := range []estimate.Figure{s.Before, s.After} {
			if math.Abs(f.Value) > largest {
				largest = math.Abs(f.Value)
			}
		}
	}
	return ScaleOf(c.Measures[measure].Unit, c.Currency, largest)
}
