package chart

import (
	"math"

	"relend/output"
	"relend/sim/estimate"
)

// convergence draws how the default rate, and its difference to the reference, settled with the number of paths.
func convergence(b *book, g output.Group) *page {
	if len(b.Stages) < 2 {
		return nil
	}
	arms, note := b.Choose(g, len(styles))
	style := b.styleOf(arms)
	parts := []struct {
		title  string
		arms   []int
		signed bool
		unit   string
		figure func(s output.Stage, arm int) estimate.Figure
	}{
		{b.Say("Default rate"), arms, false, " %", func(s output.Stage, a int) estimate.Figure { return s.Figures[a] }},
		{b.Say("Difference to %s", b.names[g.Reference]), arms[1:], true, " pp", func(s output.Stage, a int) estimate.Figure { return s.Differences[a] }},
	}
	if len(arms) < 2 {
		parts = parts[:1]
	}
	p := &page{
		title:    b.Say("How the figures settled"),
		subtitle: b.Say("Default rate after %s by the first paths of the run. Bands: %s.", b.Count(b.Run.Months, "month"), b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Default rate of each arm, and its difference to the reference, from a growing number of paths, with intervals that narrow. At the end: %s.", b.endings(arms, "default_rate")),
		height:   250,
		body: func(c *canvas, l, bo, r, t float64) {
			tiles(len(parts), len(parts), l, bo+30, r-8, t-14, 22, 0, func(i int, left, bottom, right, top float64, _, _ bool) {
				part := parts[i]
				var series [][]estimate.Figure
				var all [][]float64
				for _, a := range part.arms {
					var s []estimate.Figure
					for _, stage := range b.Stages {
						s = append(s, part.figure(stage, a))
					}
					_, lo, hi := split(s)
					series, all = append(series, s), append(all, lo, hi)
				}
				if part.signed {
					all = append(all, []float64{0})
				}
				lo, hi := reach(all...)
				lo, hi = widen(lo, hi, .05)
				at := ticks(lo, hi, 6)
				marks := numbers(at, 100, part.unit, part.signed)
				p := panel{left + tickRoom(marks), bottom, right - 14, top, 0, float64(len(b.Stages) - 1), lo, hi}
				c.text(left, top+7, fit(part.title, right-left, panelTitle), panelTitle)
				c.horizontal(p, at, marks)
				if part.signed {
					c.line(lineStyle{ink, nil, 1}, point{p.left, p.y(0)}, point{p.right, p.y(0)})
				}
				for k := len(series) - 1; k >= 0; k-- {
					value, low, high := split(series[k])
					if math.IsNaN(last(value)) {
						continue
					}
					s := style[part.arms[k]]
					c.band(p, faded(s.color, .13), low, high)
					c.curve(p, s, value)
				}
				c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
				centred := tickText
				centred.align = .5
				for k, stage := range b.Stages {
					c.text(p.x(float64(k)), p.bottom-12, output.Number(float64(stage.Paths), 0), centred)
				}
				c.text((p.left+p.right)/2, p.bottom-26, b.Say("paths"), centred)
			})
		},
	}
	for _, a := range arms {
		p.legend = append(p.legend, entry{fit(b.names[a], 280, labelText), style[a]})
	}
	return p
}
