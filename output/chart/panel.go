package chart

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"relend/output"
)

// panel is a plot area with its two scales.
type panel struct {
	left, bottom, right, top float64 // in points
	x0, x1, y0, y1           float64 // in data
}

func (p panel) x(v float64) float64 { return p.left + (v-p.x0)/(p.x1-p.x0)*(p.right-p.left) }
func (p panel) y(v float64) float64 { return p.bottom + (v-p.y0)/(p.y1-p.y0)*(p.top-p.bottom) }

var (
	tickText  = textStyle{size: 9, color: grey}
	labelText = textStyle{size: 9, color: ink}
	gridLine  = lineStyle{grid, nil, .6}
	axisLine  = lineStyle{axis, nil, .75}
)

// ticks are steps of 1, 2, 2.5 or 5 times a power of ten inside lo..hi, about n of them.
func ticks(lo, hi float64, n int) []float64 {
	if !(hi > lo) || n < 1 {
		return []float64{lo}
	}
	raw := (hi - lo) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, f := range []float64{1, 2, 2.5, 5} {
		if f*power >= raw*.78 {
			step = f * power
			break
		}
	}
	var out []float64
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9; i++ {
		out = append(out, i*step+0) // never -0
	}
	return out
}

// monthTicks are whole months.
func monthTicks(months int, room float64) []float64 {
	step := 1
	for _, step = range []int{1, 3, 6, 12, 24, 60, 120} {
		if float64(months)/float64(step)*20 <= room {
			break
		}
	}
	var out []float64
	for m := 0; m <= months; m += step {
		out = append(out, float64(m))
	}
	return out
}

// numbers writes ticks with the digits their step needs, times a factor and with a unit after each.
func numbers(values []float64, factor float64, unit string, signed bool) []string {
	digits := 0
	for ; digits < 6; digits++ {
		exact := true
		for _, v := range values {
			scaled := v * factor * math.Pow(10, float64(digits))
			exact = exact && math.Abs(scaled-math.Round(scaled)) < 1e-6*math.Max(1, math.Abs(scaled))
		}
		if exact {
			break
		}
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = minus(output.Number(v*factor, digits)) + unit
		if signed && v > 0 {
			out[i] = "+" + out[i]
		}
	}
	return out
}

// minus writes the typographic sign.
func minus(s string) string {
	if s != "" && s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}

// horizontal draws the horizontal grid with its labels at the left; with names off the labels are left out.
func (c *canvas) horizontal(p panel, at []float64, names []string) {
	for i, v := range at {
		c.line(gridLine, point{p.left, p.y(v)}, point{p.right, p.y(v)})
		if names != nil {
			t := tickText
			t.align = 1
			c.text(p.left-5, p.y(v)-3, names[i], t)
		}
	}
}

// tickRoom is the width that tick labels take left of a panel.
func tickRoom(names []string) float64 {
	room := 0.0
	for _, n := range names {
		room = math.Max(room, width(n, tickText))
	}
	return room + 6
}

// months draws the month axis; the last panel of a column names it.
func (c *canvas) months(p panel, named bool) {
	c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
	at := monthTicks(int(p.x1), p.right-p.left)
	for _, v := range at {
		t := tickText
		t.align = .5
		c.text(p.x(v), p.bottom-12, strconv.Itoa(int(v)), t)
	}
	if named {
		t := tickText
		t.align = .5
		c.text((p.left+p.right)/2, p.bottom-24, c.Say("months after the snapshot"), t)
	}
}

// curve draws y over months, broken where it is missing.
func (c *canvas) curve(p panel, s lineStyle, y []float64) {
	var run []point
	for m, v := range y {
		if math.IsNaN(v) {
			c.line(s, run...)
			run = nil
			continue
		}
		run = append(run, point{p.x(float64(m)), p.y(v)})
	}
	c.line(s, run...)
}

// band fills between two curves, where both exist.
func (c *canvas) band(p panel, fill color.NRGBA, lo, hi []float64) {
	var up, down []point
	flush := func() {
		if len(up) > 1 {
			slices.Reverse(down)
			c.area(fill, append(up, down...)...)
		}
		up, down = nil, nil
	}
	for m := range lo {
		if math.IsNaN(lo[m]) || math.IsNaN(hi[m]) {
			flush()
			continue
		}
		up = append(up, point{p.x(float64(m)), p.y(hi[m])})
		down = append(down, point{p.x(float64(m)), p.y(lo[m])})
	}
	flush()
}

// spread moves labels apart to at least gap, inside lo..hi, keeping their order and staying as close to where
// they belong as that allows.
func spread(at []float64, gap, lo, hi float64) []float64 {
	n := len(at)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case at[a] < at[b]:
			return -1
		case at[a] > at[b]:
			return 1
		}
		return 0
	})
	// Pool neighbours: after taking off i*gap the best positions are the monotone regression.
	type block struct{ sum, n float64 }
	var blocks []block
	for i, k := range order {
		blocks = append(blocks, block{at[k] - float64(i)*gap, 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/a.n <= b.sum/b.n {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.sum + b.sum, a.n + b.n})
		}
	}
	out := make([]float64, n)
	i := 0
	for _, b := range blocks {
		for range int(b.n) {
			v := math.Min(math.Max(b.sum/b.n, lo), math.Max(hi-float64(n-1)*gap, lo))
			out[order[i]] = v + float64(i)*gap
			i++
		}
	}
	return out
}

// endLabels names lines at the right edge of a panel, moved apart, each joined to its line's end.
func (c *canvas) endLabels(p panel, names []string, ends []float64, colours []color.NRGBA, room float64) {
	at := make([]float64, len(ends))
	for i, v := range ends {
		at[i] = p.y(v)
	}
	t := labelText
	for i, y := range spread(at, 12, p.bottom, p.top) {
		if math.IsNaN(ends[i]) {
			continue
		}
		c.line(lineStyle{faded(colours[i], .6), nil, .6}, point{p.right + 1, at[i]}, point{p.right + 12, y})
		t.color = darker(colours[i])
		c.text(p.right+15, y-3, fit(names[i], room-15, t), t)
	}
}

// darker makes a colour fit for text on white.
func darker(k color.NRGBA) color.NRGBA {
	brightness := .299*float64(k.R) + .587*float64(k.G) + .114*float64(k.B)
	if brightness < 110 {
		return k
	}
	f := 110 / brightness
	return color.NRGBA{uint8(float64(k.R) * f), uint8(float64(k.G) * f), uint8(float64(k.B) * f), 255}
}

// reach is the smallest and largest of the values that are there.
func reach(series ...[]float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, v := range s {
			if !math.IsNaN(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	if lo > hi {
		return 0, 1
	}
	return lo, hi
}

// widen gives lo..hi some room, and a height where it has none.
func widen(lo, hi, share float64) (float64, float64) {
	room := (hi - lo) * share
	if room == 0 {
		room = math.Max(math.Abs(hi)*.1, 1e-4)
	}
	return lo - room, hi + room
}
