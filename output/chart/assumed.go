package chart

import (
	"image/color"
	"math"

	"relend/output"
	"relend/sim/estimate"
)

// influences draws a tornado: how far each assumed parameter, halved and doubled, moves the difference that it moves most.
func influences(b *book, g output.Group) *page {
	const most, row = 15, 18.
	if g.Reference != b.Groups[0].Reference { // one pass over all arms
		return nil
	}
	list := b.Influential()
	list = list[:min(len(list), most)]
	lo, hi := 0., 0.
	var names []string
	for _, x := range list {
		names = append(names, x.Parameter.Name)
		for _, end := range x.Ends {
			if end.Value != "" {
				lo, hi = math.Min(lo, end.Change.Value), math.Max(hi, end.Change.Value)
				if !math.IsNaN(end.Change.Lo) {
					lo, hi = math.Min(lo, end.Change.Lo), math.Max(hi, end.Change.Hi)
				}
			}
		}
	}
	if lo == hi {
		return nil
	}
	lo, hi = widen(lo, hi, .06)
	pass := b.Run.Influence
	return &page{
		title: b.Say("Which assumptions matter"),
		subtitle: b.Say("Each assumed parameter halved and doubled, alone: change of the difference to the reference in the default rate, percentage points, of the arm that it moves most. Whiskers: %s over %s. At the right: pairs of arms that change places.",
			b.Interval(), b.Count(pass.Paths, "path")),
		legend:  []entry{{b.Say("halved"), lineStyle{color: orange}}, {b.Say("doubled"), lineStyle{color: blue}}},
		caption: b.Say("Tornado of assumed parameters, the most influential first: %s.", b.List(names, 15)),
		height:  row*float64(len(list)) + 30,
		body: func(c *canvas, l, bo, r, t float64) {
			room := labelRoom(names, 190)
			p := panel{l + room, bo + 24, r - 40, t, lo, hi, float64(len(list)), 0}
			at := ticks(lo, hi, 6)
			centred, label := tickText, labelText
			centred.align, label.align = .5, 1
			for i, text := range numbers(at, 100, "", true) {
				c.line(gridLine, point{p.x(at[i]), p.bottom}, point{p.x(at[i]), p.top})
				c.text(p.x(at[i]), p.bottom-12, text, centred)
			}
			for i, x := range list {
				y := p.y(float64(i) + .5)
				c.text(p.left-7, y-3, fit(names[i], room-8, label), label)
				swaps := 0
				for side, end := range x.Ends {
					if end.Value != "" {
						c.half(p, y+3.5-7*float64(side), end.Change, []color.NRGBA{orange, blue}[side])
						swaps = max(swaps, len(end.Swaps))
					}
				}
				if swaps > 0 {
					c.text(p.right+8, y-3, output.Number(float64(swaps), 0), labelText)
				}
			}
			c.line(lineStyle{ink, nil, 1}, point{p.x(0), p.bottom}, point{p.x(0), p.top})
		},
	}
}

// half draws one of the two bars of a row.
func (c *canvas) half(p panel, y float64, f estimate.Figure, fill color.NRGBA) {
	c.box(faded(fill, .85), p.x(math.Min(0, f.Value)), y-3, math.Max(p.x(math.Max(0, f.Value)), p.x(math.Min(0, f.Value))+.6), y+3)
	if !math.IsNaN(f.Lo) {
		c.line(lineStyle{grey, nil, .9}, point{p.x(f.Lo), y}, point{p.x(f.Hi), y})
	}
}
