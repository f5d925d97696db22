package output

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/sim/estimate"
)

// Response is what an output does along one dimension, the others at the base or averaged over the design.
type Response struct {
	Arm, Output, Dimension int
	Levels                 []ResponseLevel
	Swing                  float64 // from the lowest to the highest level
}

// ResponseLevel is one value of the dimension, or a range of neighbouring ones.
type ResponseLevel struct {
	Text     string
	Short    string // where there is little room
	Place    float64
	Cells    int
	Mean     estimate.Figure // with the simulation's interval; of a range also from the other dimensions
	Change   estimate.Figure // against the base one at a time, otherwise against the mean over the design
	Low, Top float64         // smallest and largest estimate among the cells
}

// mostLevels is the number of values that are told one by one; more are put together in as many groups as mostGroups.
const (
	mostLevels = 24
	mostGroups = 8
)

// Responses are those of all dimensions, arms and outputs, except of designs that have better ways (Morris). The largest
// swing of each arm and output comes first.
func (r *Sweep) Responses() []Response { return r.responses }

func (r *Sweep) respond() (out []Response) {
	if r.Method == "morris" || r.Method == "list" && len(r.Points) < 2 {
		return nil
	}
	for o := range r.Outputs {
		for a := range r.Sweep.Arms {
			var list []Response
			for d := range r.Dimensions {
				if x := r.response(a, o, d); len(x.Levels) > 1 {
					list = append(list, x)
				}
			}
			slices.SortStableFunc(list, func(x, y Response) int { return cmp.Compare(y.Swing, x.Swing) })
			out = append(out, list...)
		}
	}
	return out
}

func (r *Sweep) response(arm, output, dimension int) Response {
	x := Response{Arm: arm, Output: output, Dimension: dimension}
	single := r.Method == "oat"
	var cells []int
	for _, c := range r.Of(arm) {
		if !math.IsNaN(r.Figures[c][output].Value) && (!single || r.alone(c, dimension)) {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 {
		return x
	}
	against := cells
	if single {
		against = []int{r.Base[arm]}
		if text := r.Dimensions[dimension].Base; !slices.ContainsFunc(cells, func(c int) bool { return r.Value(c, dimension) == text }) {
			cells = append(cells, r.Base[arm])
		}
	}
	groups := map[string][]int{}
	for _, c := range cells {
		groups[r.Value(c, dimension)] = append(groups[r.Value(c, dimension)], c)
	}
	order := make([]string, 0, len(groups))
	for text := range groups {
		order = append(order, text)
	}
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Place(dimension, a), r.Place(dimension, b)), cmp.Compare(a, b))
	})
	if len(order) > mostLevels {
		x.Levels = r.ranges(cells, against, output, dimension)
	} else {
		for _, text := range order {
			x.Levels = append(x.Levels, r.level(groups[text], against, output, text, r.Place(dimension, text)))
		}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range x.Levels {
		lo, hi = math.Min(lo, l.Mean.Value), math.Max(hi, l.Mean.Value)
	}
	x.Swing = hi - lo
	return x
}

// alone says whether a cell differs from the base in no dimension but one.
func (r *Sweep) alone(cell, dimension int) bool {
	for i, v := range r.Values(r.Cells[cell]) {
		if i != dimension && v != r.Dimensions[i].Base {
			return false
		}
	}
	return true
}

func (r *Sweep) level(cells, against []int, output int, text string, place float64) ResponseLevel {
	l := ResponseLevel{Text: text, Short: text, Place: place, Cells: len(cells), Mean: r.Mean(cells, nil, output), Change: r.Mean(cells, against, output)}
	l.Low, l.Top = math.Inf(1), math.Inf(-1)
	for _, c := range cells {
		l.Low, l.Top = math.Min(l.Low, r.Figures[c][output].Value), math.Max(l.Top, r.Figures[c][output].Value)
	}
	return l
}

// ranges groups neighbouring values into parts of as many cells. The other dimensions differ from cell to cell, so the interval
// joins Student's over the cells, for what these do, with the simulation's, which all cells share.
func (r *Sweep) ranges(cells, against []int, output, dimension int) (out []ResponseLevel) {
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b int) int {
		return cmp.Compare(r.Place(dimension, r.Value(a, dimension)), r.Place(dimension, r.Value(b, dimension)))
	})
	overall := 0.
	for _, c := range against {
		overall += r.Figures[c][output].Value / float64(len(against))
	}
	for g := range mostGroups {
		part := sorted[g*len(sorted)/mostGroups : (g+1)*len(sorted)/mostGroups]
		if len(part) < 2 {
			continue
		}
		first, last := r.Value(part[0], dimension), r.Value(part[len(part)-1], dimension)
		l := r.level(part, against, output, first+" to "+last, (r.Place(dimension, first)+r.Place(dimension, last))/2)
		n, sum, squares := float64(len(part)), 0., 0.
		for _, c := range part {
			sum += r.Figures[c][output].Value
		}
		for _, c := range part {
			e := r.Figures[c][output].Value - sum/n
			squares += e * e
		}
		middle := part[len(part)/2]
		l.Short = r.Value(middle, dimension)
		design := math.Sqrt(squares/(n-1)/n) * distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(.5+r.Level/2)
		l.Mean = around(sum/n, design, l.Mean)
		l.Change = around(sum/n-overall, design, l.Change)
		out = append(out, l)
	}
	return out
}

// around is a value whose interval joins that of the design with that of the simulation.
func around(value, design float64, simulated estimate.Figure) estimate.Figure {
	half := math.Hypot(design, simulated.Half())
	return estimate.Figure{Value: value, SE: simulated.SE * half / simulated.Half(), Lo: value - half, Hi: value + half}
}

// Heat is a mean over the design by two dimensions.
type Heat struct {
	Arm, Output   int
	Across, Up    int // dimensions
	Columns, Rows []string
	Values        [][]estimate.Figure // [row][column]
}

// HeatMaps are those of a grid over the two dimensions that move an output most, for each arm and output.
func (r *Sweep) HeatMaps() (out []Heat) {
	if r.Method != "grid" {
		return nil
	}
	responses := r.Responses()
	for o := range r.Outputs {
		for a := range r.Sweep.Arms {
			var most, worlds []int // what is chosen comes first
			for _, x := range responses {
				switch d := r.Dimensions[x.Dimension]; {
				case x.Arm != a || x.Output != o || len(x.Levels) > mostLevels || d.Uncertain:
				case d.Scenario:
					worlds = append(worlds, x.Dimension)
				default:
					most = append(most, x.Dimension)
				}
			}
			most = append(most, worlds...)
			if len(most) < 2 {
				continue
			}
			slices.Sort(most[:2])
			h := Heat{Arm: a, Output: o, Across: most[0], Up: most[1], Columns: r.LevelsOf(most[0]), Rows: r.LevelsOf(most[1])}
			cells := r.Of(a)
			for _, up := range h.Rows {
				var row []estimate.Figure
				for _, across := range h.Columns {
					var part []int
					for _, c := range cells {
						if r.Value(c, h.Across) == across && r.Value(c, h.Up) == up {
							part = append(part, c)
						}
					}
					row = append(row, r.Mean(part, nil, o))
				}
				h.Values = append(h.Values, row)
			}
			out = append(out, h)
		}
	}
	return out
}
