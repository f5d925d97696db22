package output

import (
	"fmt"
	"math"

	"relend/sim/estimate"
)

// answer says what the first output does, most important first.
func (r *Sweep) answer() (out []string) {
	const o = 0
	if n := len(r.Missing); n > 0 {
		out = append(out, English.Sentence(fmt.Sprintf("%d of %s have no results: everything below is about the others", n, Plural(len(r.Cells), "cell"))))
	}
	for a, arm := range r.Sweep.Arms {
		name := ""
		if len(r.Sweep.Arms) > 1 {
			name = arm.Title + ": "
		}
		lo, hi := -1, -1
		for _, c := range r.Of(a) {
			v := r.Figures[c][o].Value
			if math.IsNaN(v) {
				continue
			}
			if lo < 0 || v < r.Figures[lo][o].Value {
				lo = c
			}
			if hi < 0 || v > r.Figures[hi][o].Value {
				hi = c
			}
		}
		if lo < 0 {
			continue
		}
		text := fmt.Sprintf("%s%s lies between %s (%s) and %s (%s)", name, r.OutputTitle(o), r.Text(o, r.Figures[lo][o]), r.setting(lo), r.Text(o, r.Figures[hi][o]), r.setting(hi))
		if base := r.Figures[r.Base[a]][o]; !math.IsNaN(base.Value) {
			text += "; in the base it is " + r.Text(o, base)
		}
		out = append(out, English.Sentence(text))
		out = append(out, r.mover(a, name)...)
	}
	return out
}

// setting names a cell without its arm.
func (r *Sweep) setting(cell int) string {
	text := ""
	for i, v := range r.Values(r.Cells[cell]) {
		if v == r.Dimensions[i].Base && r.Method == "oat" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += r.Dimensions[i].Title + " " + v
	}
	return text
}

// mover names the dimension that matters most to the first output.
func (r *Sweep) mover(arm int, name string) []string {
	for _, x := range r.Influences() {
		if x.Arm != arm || x.Output != 0 {
			continue
		}
		d := r.Dimensions[x.Order[0]].Title
		if x.Sobol != nil {
			b := x.Sobol[x.Order[0]].Total
			if math.IsNaN(b.Value) || b.Zero() {
				return []string{English.Sentence(name + "no dimension can be told to matter: more blocks would tell")}
			}
			return []string{English.Sentence(fmt.Sprintf("%s%s matters most: its total index is %s", name, d, Index(b)))}
		}
		return []string{English.Sentence(fmt.Sprintf("%s%s moves it most", name, d))}
	}
	for _, x := range r.Responses() {
		if x.Arm == arm && x.Output == 0 {
			first, last := x.Levels[0], x.Levels[len(x.Levels)-1]
			return []string{English.Sentence(fmt.Sprintf("%s%s moves it most: %s at %s, %s at %s", name, r.Dimensions[x.Dimension].Title,
				r.Text(0, estimate.Figure(first.Mean)), first.Text, r.Text(0, last.Mean), last.Text))}
		}
	}
	return nil
}
