package chart

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Shifts draws a comparison of runs: a panel a measure, a row an arm and run, the change from the first run with its
// interval. It returns no figure where there is nothing to draw.
func Shifts(c *output.Comparison) (f *Figure, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("%v", p)
		}
	}()
	p := shifts(c)
	if p == nil {
		return nil, nil
	}
	f = &Figure{Name: "comparison", Kind: "comparison", Title: p.title, Caption: p.caption}
	f.SVG, f.PNG, err = p.render()
	return f, err
}

func shifts(c *output.Comparison) *page {
	const rowHeight, columns, mostRows = 15., 2, 40
	var rows []output.Shift // of the first measure: the same in all
	if len(c.Measures) > 0 {
		rows = c.Of(0)
	}
	if len(rows) == 0 {
		return nil
	}
	p := &page{title: "Change from " + c.Runs[0], subtitle: fmt.Sprintf("After %s, with %s intervals. Filled: told from zero, blue for the better and orange for the worse; hollow: not told from zero.",
		output.Plural(c.Month, "month"), output.Percent(c.Level))}
	if left := len(rows) - mostRows; left > 0 {
		rows = rows[:mostRows]
		p.notes = append(p.notes, fmt.Sprintf("%s of %d shown; all are in the table.", output.Plural(mostRows, "row"), mostRows+left))
	}
	var labels []string
	for _, s := range rows {
		name := s.Title
		if !drawable(name) {
			name = s.Arm
		}
		if len(c.Runs) > 2 {
			name += " · " + c.Runs[s.Run]
		}
		labels = append(labels, name)
	}
	left := 0.
	for _, l := range labels {
		left = math.Max(left, math.Min(width(l, labelText), 190))
	}
	p.caption = fmt.Sprintf("Change of %s from %s to %s, one panel a measure.", output.Plural(len(c.Measures), "measure"), c.Runs[0], output.List(c.Runs[1:], 8))
	tall := float64(len(rows))*rowHeight + 44
	lines := (len(c.Measures) + columns - 1) / columns
	p.height = tall*float64(lines) + 12*float64(lines-1)
	p.body = func(canvas *canvas, l, b, r, t float64) {
		tiles(len(c.Measures), columns, l+left+8, b, r, t, 26, 12, func(i int, l, b, r, t float64, first, _ bool) {
			shiftPanel(canvas, c, i, len(rows), panel{left: l, bottom: b + 22, right: r, top: t - 18}, first, labels)
		})
	}
	return p
}

// shiftPanel draws one measure.
func shiftPanel(canvas *canvas, c *output.Comparison, measure, rows int, p panel, named bool, labels []string) {
	s := c.Scale(measure)
	list := c.Of(measure)[:rows]
	ends := []float64{0}
	for _, x := range list {
		ends = append(ends, x.Change.Value*s.Factor, x.Change.Lo*s.Factor, x.Change.Hi*s.Factor)
	}
	lo, hi := reach(ends)
	p.x0, p.x1 = widen(lo, hi, .06)
	p.y0, p.y1 = float64(rows)-.5, -.5
	title := c.Measures[measure].Title
	if s.DiffUnit != "" {
		title += canvas.Say(", %s", s.DiffUnit)
	}
	canvas.text(p.left, p.top+6, fit(title, p.right-p.left, panelTitle), panelTitle)
	at := ticks(p.x0, p.x1, 5)
	centred := tickText
	centred.align = .5
	for i, name := range numbers(at, 1, "", true) {
		canvas.line(gridLine, point{p.x(at[i]), p.bottom}, point{p.x(at[i]), p.top})
		canvas.text(p.x(at[i]), p.bottom-12, name, centred)
	}
	canvas.line(lineStyle{axis, []vg.Length{3, 2}, 1}, point{p.x(0), p.bottom}, point{p.x(0), p.top})
	right := labelText
	right.align = 1
	for i, x := range list {
		y := p.y(float64(i))
		if named {
			canvas.text(p.left-8, y-3, fit(labels[i], 190, right), right)
		}
		if math.IsNaN(x.Change.Value) {
			canvas.text((p.left+p.right)/2, y-3, "no data", centred)
			continue
		}
		k, fill := shiftColour(c.Measures[measure].Better, x.Change.Verdict())
		if !math.IsNaN(x.Change.Lo) {
			canvas.line(lineStyle{k, nil, 1.6}, point{p.x(x.Change.Lo * s.Factor), y}, point{p.x(x.Change.Hi * s.Factor), y})
		}
		canvas.dot(p.x(x.Change.Value*s.Factor), y, 3, fill, k)
	}
}

// shiftColour is that of a change: blue for the better, vermilion for the worse, ink where neither is; hollow grey where it
// is not told from zero.
func shiftColour(better data.Better, v estimate.Verdict) (line, fill color.NRGBA) {
	side := data.Lower
	switch v {
	case estimate.Above:
		side = data.Higher
	case estimate.Below:
	default:
		return grey, white
	}
	switch better {
	case data.Neither:
		return ink, ink
	case side:
		return blue, blue
	}
	return vermilion, vermilion
}
