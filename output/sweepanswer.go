package output

import (
	"math"
	"strings"

	"relend/sim/estimate"
)

// answer says what the first output does, most important first.
func (r *Sweep) answer() (out []string) {
	const o = 0
	if n := len(r.Missing); n > 0 {
		out = append(out, r.Sentence(r.Say("%s of %s have no results: everything below is about the others", Number(float64(n), 0), r.Count(len(r.Cells), "cell"))))
	}
	for a, arm := range r.Sweep.Arms {
		name := ""
		if len(r.Sweep.Arms) > 1 {
			name = r.Say("%s: ", r.Titled(arm.Title))
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
		text := r.Say("%s%s lies between %s (%s) and %s (%s)", name, r.OutputTitle(o), r.Text(o, r.Figures[lo][o]), r.setting(lo), r.Text(o, r.Figures[hi][o]), r.setting(hi))
		if base := r.Figures[r.Base[a]][o]; !math.IsNaN(base.Value) {
			text += r.Say("; in the base it is %s", r.Text(o, base))
		}
		out = append(out, r.Sentence(text))
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
			text += r.Say(", ")
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
				return []string{r.Sentence(name + r.Say("no dimension can be told to matter: more blocks would tell"))}
			}
			return []string{r.Sentence(r.Say("%s%s matters most: its total index is %s", name, d, r.Index(b)))}
		}
		return []string{r.Sentence(r.Say("%s%s moves it most", name, d))}
	}
	for _, x := range r.Responses() {
		if x.Arm == arm && x.Output == 0 {
			first, last := x.Levels[0], x.Levels[len(x.Levels)-1]
			return []string{r.Sentence(r.Say("%s%s moves it most: %s at %s, %s at %s", name, r.Dimensions[x.Dimension].Title,
				r.Text(0, estimate.Figure(first.Mean)), first.Text, r.Text(0, last.Mean), last.Text))}
		}
	}
	return nil
}

// Failed says which cells failed for a reason.
func (r *Sweep) Failed(reason string, settings []string) string {
	return r.Say("failed (%s): %s", reason, r.List(settings, 5))
}

// Named writes the title of an alternative in the language: what it says of its arm, which stands first.
func (r *Sweep) Named(title string) string {
	for _, arm := range r.Sweep.Arms {
		if rest, ok := strings.CutPrefix(title, arm.Title+", "); ok {
			return r.Titled(arm.Title) + r.Say(", %s", rest)
		}
		if title == arm.Title {
			return r.Titled(title)
		}
	}
	return title
}
