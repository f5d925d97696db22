package chart

import (
	"math"

	"relend/output"
	"relend/sim/estimate"
)

// Waterfall draws how the clauses of a package lead from one arm to the other, for one measure: on the left by their
// Shapley shares, on the right one after the other in the order written.
func Waterfall(a *output.Attribution, m *output.AttributedMeasure) (*Figure, error) {
	p := waterfall(a, m)
	f := &Figure{Name: "waterfall_" + m.Measure.Name, Kind: "waterfall", Title: p.title, Caption: p.caption}
	var err error
	f.SVG, f.PNG, err = p.render()
	return f, err
}

// span is a bar of a waterfall.
type span struct {
	from, to float64
	lo, hi   float64 // of its end
}

// spans stacks parts on a start.
func spans(start float64, parts []estimate.Figure) (out []span) {
	for _, f := range parts {
		out = append(out, span{start, start + f.Value, start + f.Lo, start + f.Hi})
		start += f.Value
	}
	return out
}

func waterfall(a *output.Attribution, m *output.AttributedMeasure) *page {
	s := m.Scale(a.Currency)
	named := func(title, key string) string {
		if drawable(title) {
			return title
		}
		return key
	}
	rows := []string{"without the package"}
	for _, c := range a.Clauses {
		rows = append(rows, named(c.Title, c.Name))
	}
	rows = append(rows, "with the package")
	panels := []struct {
		title string
		parts []estimate.Figure
	}{{"Shapley shares", m.Shares}, {"In the order written", m.Steps}}

	var ends []float64
	for _, part := range panels {
		for _, b := range spans(m.Reference.Value, part.parts) {
			ends = append(ends, b.from, b.to, b.lo, b.hi)
		}
	}
	ends = append(ends, m.Reference.Lo, m.Reference.Hi, m.Arm.Lo, m.Arm.Hi, m.Reference.Value, m.Arm.Value)
	lo, hi := reach(ends)
	lo, hi = widen(lo, hi, .05)
	unit := ""
	if s.Unit != "" {
		unit = " " + s.Unit
	}
	const lane = 22.0
	return &page{
		title: m.Measure.Title + ": what each clause does",
		subtitle: "After " + output.Plural(a.Months, "month") + ", from " + named(a.Reference, "the arm compared with") + " to " + named(a.Arm, "the arm") +
			". Bars: what a clause adds; thin lines: " + output.Number(100*a.Level, 0) + " % interval of it, drawn at the bar's end.",
		notes:   []string{"The scale does not start at zero. Shapley shares do not depend on the order; the steps on the right do."},
		caption: "Waterfall from the arm without the package to the arm with it, by clause: Shapley shares beside the order written. " + a.Answer(m),
		legend:  []entry{{"lowers the measure", lineStyle{color: blue}}, {"raises it", lineStyle{color: vermilion}}},
		height:  lane*float64(len(rows)) + 44,
		body: func(c *canvas, l, bo, r, t float64) {
			room := 0.0
			for _, name := range rows {
				room = math.Max(room, width(name, labelText))
			}
			room = math.Min(room, 170)
			at := ticks(lo, hi, 4)
			marks := numbers(at, s.Factor, unit, false)
			tiles(len(panels), len(panels), l+room+8, bo+18, r-14, t-16, 24, 0, func(i int, left, bottom, right, top float64, first, _ bool) {
				p := panel{left, bottom, right, top, lo, hi, 0, float64(len(rows))}
				c.text(left, top+6, panels[i].title, panelTitle)
				centred := tickText
				centred.align = .5
				for k, v := range at {
					c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
					c.text(p.x(v), p.bottom-12, marks[k], centred)
				}
				bars := spans(m.Reference.Value, panels[i].parts)
				for k := range rows {
					y := p.y(float64(len(rows)-k) - .5)
					if first {
						c.text(l, y-3, fit(rows[k], room, labelText), labelText)
					}
					switch k {
					case 0:
						c.level(p, y, m.Reference)
					case len(rows) - 1:
						c.level(p, y, m.Arm)
					default:
						c.step(p, y, bars[k-1])
					}
					if k < len(rows)-1 { // to where the next bar begins
						x := p.x(m.Reference.Value)
						if k > 0 {
							x = p.x(bars[k-1].to)
						}
						c.line(lineStyle{axis, dashesReference, .6}, point{x, y}, point{x, y - lane})
					}
				}
			})
		},
	}
}

// level draws an arm's own figure.
func (c *canvas) level(p panel, y float64, f estimate.Figure) {
	if !math.IsNaN(f.Lo) {
		c.line(lineStyle{ink, nil, 1}, point{p.x(f.Lo), y}, point{p.x(f.Hi), y})
	}
	c.dot(p.x(f.Value), y, 3.2, ink, ink)
}

// step draws what a clause adds.
func (c *canvas) step(p panel, y float64, b span) {
	k := blue
	if b.to > b.from {
		k = vermilion
	}
	const half = 6
	c.box(faded(k, .75), p.x(math.Min(b.from, b.to)), y-half, p.x(math.Max(b.from, b.to))+.4, y+half)
	if !math.IsNaN(b.lo) && b.hi > b.lo {
		c.line(lineStyle{ink, nil, 1}, point{p.x(b.lo), y}, point{p.x(b.hi), y})
		for _, end := range []float64{b.lo, b.hi} {
			c.line(lineStyle{ink, nil, 1}, point{p.x(end), y - 3}, point{p.x(end), y + 3})
		}
	}
}
