package output

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"relend/data"
	"relend/sim/estimate"
	"relend/sim/sensitivity"
)

// Alternative is one choice: an arm with a setting of all dimensions that are chosen, over all worlds that it may meet.
type Alternative struct {
	Title string
	Short string // values alone
	Cells []int  // by world; -1 where it has none
}

// Alternatives lists the choices in the order of the design.
func (r *Sweep) Alternatives() (out []Alternative) {
	at := map[string]int{}
	worlds := r.Worlds()
	for i, c := range r.Cells {
		if c.Point < 0 {
			continue
		}
		key := fmt.Sprint(c.Arm)
		for d, v := range r.Values(c) {
			if !r.Dimensions[d].Scenario {
				key += "\x00" + v
			}
		}
		if _, known := at[key]; !known {
			at[key] = len(out)
			a := Alternative{Title: r.Setting(i, func(d data.SweepDimension) bool { return !d.Scenario }), Cells: make([]int, worlds)}
			var values []string
			if len(r.Sweep.Arms) > 1 {
				values = append(values, r.Sweep.Arms[c.Arm].Title)
			}
			for d, v := range r.Values(c) {
				if !r.Dimensions[d].Scenario {
					values = append(values, v)
				}
			}
			a.Short = strings.Join(values, " / ")
			for w := range a.Cells {
				a.Cells[w] = -1
			}
			out = append(out, a)
		}
		out[at[key]].Cells[r.Points[c.Point].World] = i
	}
	return out
}

// Worlds is the number of settings of what is not chosen.
func (r *Sweep) Worlds() int {
	n := 0
	for _, p := range r.Points {
		n = max(n, p.World+1)
	}
	return n
}

func (a *Alternative) cells() (out []int) {
	for _, c := range a.Cells {
		if c >= 0 {
			out = append(out, c)
		}
	}
	return out
}

// SweepFrontier sets two outputs against each other, each a mean over the worlds.
type SweepFrontier struct {
	X, Y         int // outputs
	Alternatives []Alternative
	Points       [][2]estimate.Figure
	Dominated    []int // by alternative: one that is distinguishably better in one output and not worse in the other; -1 none
	Front        []int // not beaten by any other, by their estimates, in the order of X
}

// BuildFrontier is nil where the sweep names no two outputs or has fewer than two alternatives.
func (r *Sweep) BuildFrontier() *SweepFrontier {
	if len(r.Sweep.Frontier) != 2 || r.Method == "saltelli" || r.Method == "morris" {
		return nil
	}
	f := &SweepFrontier{X: r.Sweep.Frontier[0], Y: r.Sweep.Frontier[1]}
	for _, a := range r.Alternatives() {
		x, y := r.Mean(a.cells(), nil, f.X), r.Mean(a.cells(), nil, f.Y)
		if !math.IsNaN(x.Value) && !math.IsNaN(y.Value) {
			f.Alternatives, f.Points = append(f.Alternatives, a), append(f.Points, [2]estimate.Figure{x, y})
		}
	}
	if len(f.Alternatives) < 2 {
		return nil
	}
	outputs := [2]int{f.X, f.Y}
	// gain of b over a in one output, positive where better
	gain := func(b, a, k int) float64 {
		return float64(r.Better(outputs[k])) * (f.Points[b][k].Value - f.Points[a][k].Value)
	}
	for a := range f.Alternatives {
		beaten := false
		for b := range f.Alternatives {
			beaten = beaten || gain(b, a, 0) >= 0 && gain(b, a, 1) >= 0 && (gain(b, a, 0) > 0 || gain(b, a, 1) > 0)
		}
		if !beaten {
			f.Front = append(f.Front, a)
		}
	}
	slices.SortStableFunc(f.Front, func(a, b int) int { return cmp.Compare(f.Points[a][0].Value, f.Points[b][0].Value) })
	f.Dominated = make([]int, len(f.Alternatives))
	for a := range f.Alternatives {
		f.Dominated[a] = -1
		for _, b := range f.Front { // what any other beats, one of these beats as well
			if a == b || gain(b, a, 0) < 0 || gain(b, a, 1) < 0 {
				continue
			}
			for k, o := range outputs {
				d := r.Mean(f.Alternatives[b].cells(), f.Alternatives[a].cells(), o)
				if v := d.Verdict(); gain(b, a, k) > 0 && (v == estimate.Above || v == estimate.Below) {
					f.Dominated[a] = b
				}
			}
		}
	}
	return f
}

// Regret is how much an alternative falls short of the best one of each world.
type Regret struct {
	Output int
	Rows   []RegretRow // smallest largest regret first
	Worlds []string
}

// RegretRow is one alternative.
type RegretRow struct {
	Title   string
	Regrets []estimate.Figure // by world, 0 or more, against the best of it, paired
	Largest int               // world of the largest regret
	Mean    float64
}

// Regrets compares alternatives over worlds, for each output of which one direction is better.
func (r *Sweep) Regrets() (out []Regret) {
	worlds := r.Worlds()
	alternatives := slices.DeleteFunc(r.Alternatives(), func(a Alternative) bool { return slices.Contains(a.Cells, -1) })
	if worlds < 2 || len(alternatives) < 2 || r.Method == "saltelli" || r.Method == "morris" {
		return nil
	}
	names := make([]string, worlds)
	for w := range names {
		names[w] = r.world(alternatives[0].Cells[w])
	}
	for o := range r.Outputs {
		better := float64(r.Better(o))
		if better == 0 {
			continue
		}
		x := Regret{Output: o, Worlds: names}
		best := make([]int, worlds)
		for w := range best {
			best[w] = -1
			for i, a := range alternatives {
				v := r.Figures[a.Cells[w]][o].Value
				if !math.IsNaN(v) && (best[w] < 0 || better*v > better*r.Figures[alternatives[best[w]].Cells[w]][o].Value) {
					best[w] = i
				}
			}
		}
		if slices.Contains(best, -1) {
			continue
		}
		for _, a := range alternatives {
			row := RegretRow{Title: a.Title}
			whole := true
			for w, c := range a.Cells {
				b := alternatives[best[w]].Cells[w]
				f := r.Mean([]int{b}, []int{c}, o)
				if better < 0 {
					f = r.Mean([]int{c}, []int{b}, o)
				}
				whole = whole && !math.IsNaN(f.Value)
				row.Regrets = append(row.Regrets, f)
				row.Mean += f.Value / float64(worlds)
				if f.Value > row.Regrets[row.Largest].Value {
					row.Largest = w
				}
			}
			if whole {
				x.Rows = append(x.Rows, row)
			}
		}
		slices.SortStableFunc(x.Rows, func(a, b RegretRow) int {
			return cmp.Compare(a.Regrets[a.Largest].Value, b.Regrets[b.Largest].Value)
		})
		out = append(out, x)
	}
	return out
}

// world names the world of a cell.
func (r *Sweep) world(cell int) string {
	text := ""
	for i, d := range r.Dimensions {
		if d.Scenario {
			if text != "" {
				text += ", "
			}
			text += d.Title + " " + r.Value(cell, i)
		}
	}
	return text
}

// Uncertainty is an output of an alternative with its two bands.
type Uncertainty struct {
	Title    string
	Output   int
	Mean     estimate.Figure // over the parameters, with the simulation's interval
	Given    float64         // half of the simulation's interval given the parameters, mean over them
	Lo, Hi   float64         // between which the middle part of the level lies over the parameters
	Settings int
}

// Uncertainties are those of every alternative and output where something is uncertain.
func (r *Sweep) Uncertainties() (out []Uncertainty) {
	if !slices.ContainsFunc(r.Dimensions, func(d data.SweepDimension) bool { return d.Uncertain }) {
		return nil
	}
	for _, a := range r.Alternatives() {
		for o := range r.Outputs {
			u := Uncertainty{Title: a.Title, Output: o}
			var values []float64
			var cells []int
			for _, c := range a.cells() {
				if f := r.Figures[c][o]; !math.IsNaN(f.Value) {
					values, cells = append(values, f.Value), append(cells, c)
					u.Given += f.Half()
				}
			}
			if len(cells) == 0 {
				continue
			}
			u.Settings, u.Given = len(cells), u.Given/float64(len(cells))
			u.Mean = r.Mean(cells, nil, o)
			u.Lo, u.Hi = sensitivity.Quantile(values, (1-r.Level)/2), sensitivity.Quantile(values, (1+r.Level)/2)
			out = append(out, u)
		}
	}
	return out
}
