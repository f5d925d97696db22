package output

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"relend/data"
	"relend/sim/estimate"
)

// Sweep is a parameter study as its report tells it.
type Sweep struct {
	Language
	*data.Sweep
	Figures     [][]estimate.Figure // [cell][output]; missing where the cell is
	Differences [][]estimate.Figure // to the base cell of the same arm, paired where the cells share their paths
	Missing     []int               // cells without results
	Answer      []string

	own, reference [][]data.Sums // [cell][output]; reference only of outputs that are differences
	influences     []Influence
	responses      []Response
}

// BuildSweep estimates every output of every cell, for a report in a language. read returns the results of a cell by its key, nil when it is not
// finished.
func BuildSweep(s *data.Sweep, in Language, read func(key string) ([]data.Sums, error)) (*Sweep, error) {
	r := &Sweep{Language: in, Sweep: s}
	kept := map[string][]data.Sums{} // of references, which many cells share
	wanted := func(key string, keep bool) ([]data.Sums, error) {
		if sums, known := kept[key]; known {
			return sums, nil
		}
		all, err := read(key)
		if err != nil || all == nil {
			return nil, err
		}
		sums := make([]data.Sums, len(s.Outputs))
		for i, o := range s.Outputs {
			if at := slices.IndexFunc(all, func(x data.Sums) bool { return x.Measure == o.Measure && x.Month == o.Month }); at >= 0 {
				sums[i] = data.Sums{Measure: o.Measure, Month: o.Month, Num: slices.Clone(all[at].Num), Den: slices.Clone(all[at].Den)}
			}
		}
		if keep {
			kept[key] = sums
		}
		return sums, nil
	}
	for i, c := range s.Cells {
		reference, err := wanted(c.Reference, true)
		if err != nil {
			return nil, err
		}
		own, err := wanted(c.Key, false)
		if err != nil {
			return nil, err
		}
		if own == nil || reference == nil {
			r.Missing = append(r.Missing, i)
			own, reference = nil, nil
		}
		r.own, r.reference = append(r.own, own), append(r.reference, reference)
	}
	for i, c := range s.Cells {
		figures, differences := make([]estimate.Figure, len(s.Outputs)), make([]estimate.Figure, len(s.Outputs))
		for o := range s.Outputs {
			figures[o] = r.Mean([]int{i}, nil, o)
			differences[o] = r.Mean([]int{i}, []int{s.Base[c.Arm]}, o)
		}
		r.Figures, r.Differences = append(r.Figures, figures), append(r.Differences, differences)
	}
	r.influences, r.responses = r.influence(), r.respond()
	r.Answer = r.answer()
	return r, nil
}

// Mean is the mean of an output over some cells, less its mean over others; missing where one of them is, or where they do
// not share their paths.
func (r *Sweep) Mean(cells, minus []int, output int) estimate.Figure {
	var sums []data.Sums
	var factors []float64
	for side, list := range [][]int{cells, minus} {
		for _, c := range list {
			if r.own[c] == nil {
				return estimate.Missing
			}
			f := float64(1-2*side) / float64(len(list))
			sums, factors = append(sums, r.own[c][output]), append(factors, f)
			if r.Outputs[output].Difference {
				sums, factors = append(sums, r.reference[c][output]), append(factors, -f)
			}
		}
	}
	return estimate.Linear(sums, factors, r.Level)
}

// Measure is that of an output.
func (r *Sweep) Measure(output int) data.Measure {
	m, _ := data.MeasureByName(r.Outputs[output].Measure)
	return m
}

// Scale shows an output's figures.
func (r *Sweep) Scale(output int) Scale {
	largest := 0.
	for _, f := range r.Figures {
		if v := math.Abs(f[output].Value); v > largest {
			largest = v
		}
	}
	s := ScaleOf(r.Measure(output).Unit, r.Currency, largest)
	if r.Outputs[output].Difference {
		s.Unit = s.DiffUnit
	}
	return s
}

// OutputTitle names an output in words.
func (r *Sweep) OutputTitle(output int) string {
	o := r.Outputs[output]
	text := r.Say(r.Measure(output).Title)
	if o.Difference {
		text += r.Say(", difference to the baseline")
	}
	if o.Month != r.Months {
		text += r.Say(" at month %s", Number(float64(o.Month), 0))
	}
	return text
}

// Better says which direction of an output is good.
func (r *Sweep) Better(output int) data.Better { return r.Measure(output).Better }

// Of lists the cells of an arm at the points of the design.
func (r *Sweep) Of(arm int) (cells []int) {
	for i, c := range r.Cells {
		if c.Arm == arm && c.Point >= 0 {
			cells = append(cells, i)
		}
	}
	return cells
}

// Value is the setting of a dimension in a cell.
func (r *Sweep) Value(cell, dimension int) string { return r.Values(r.Cells[cell])[dimension] }

// Setting names what a cell sets of some dimensions.
func (r *Sweep) Setting(cell int, wanted func(d data.SweepDimension) bool) string {
	var parts []string
	if len(r.Sweep.Arms) > 1 {
		parts = append(parts, r.Sweep.Arms[r.Cells[cell].Arm].Title)
	}
	for i, d := range r.Dimensions {
		if wanted(d) {
			parts = append(parts, d.Title+" "+r.Value(cell, i))
		}
	}
	if len(parts) == 0 {
		return "the base"
	}
	return strings.Join(parts, ", ")
}

// Place is where a value lies on the axis of its dimension: the number of an ordered one, with none below all others, the index
// among the values that occur otherwise.
func (r *Sweep) Place(dimension int, value string) float64 {
	if r.Dimensions[dimension].Ordered {
		if v, _, ok := data.ParseQuantity(value); ok {
			return v
		}
		return math.Inf(-1)
	}
	return float64(slices.Index(r.LevelsOf(dimension), value))
}

// LevelsOf lists the values of a dimension that occur at the points of the design, in order.
func (r *Sweep) LevelsOf(dimension int) (levels []string) {
	seen := map[string]bool{}
	for _, listed := range r.Dimensions[dimension].Levels {
		for _, p := range r.Points {
			if p.Values[dimension] == listed && !seen[listed] {
				seen[listed] = true
				levels = append(levels, listed)
			}
		}
	}
	for _, p := range r.Points {
		if v := p.Values[dimension]; !seen[v] {
			seen[v] = true
			levels = append(levels, v)
		}
	}
	if r.Dimensions[dimension].Ordered {
		slices.SortStableFunc(levels, func(a, b string) int {
			x, y := r.Place(dimension, a), r.Place(dimension, b)
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
	return levels
}

// Text writes a figure of an output with its interval and unit.
func (r *Sweep) Text(output int, f estimate.Figure) string {
	s := r.Scale(output)
	return strings.TrimSpace(s.PlusMinus(f, s.DigitsOf(f)) + " " + s.Unit)
}

// Percent writes the level of the intervals.
func (r *Sweep) Percent() string { return strconv.FormatFloat(100*r.Level, 'g', 6, 64) + " %" }

// Plain writes a value of the scale with its unit and no more digits than it has.
func (s Scale) Plain(v float64) string {
	return strings.TrimSpace(strconv.FormatFloat(v*s.Factor, 'g', 10, 64) + " " + s.Unit)
}
