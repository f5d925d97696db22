package chart

import (
	"image/color"
	"math"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// bridge draws how each arm's net margin comes about from the reference's: a waterfall an arm, one bar a line of the income
// statement, each with its interval.
func bridge(b *book, g output.Group) *page {
	if len(g.Arms) < 2 || len(b.Margins) == 0 {
		return nil
	}
	all, note := b.Choose(g, 7)
	arms := all[1:]
	const lines = 7 // to the net margin
	changes := map[int][]estimate.Figure{}
	var reached [][]float64
	for _, a := range arms {
		sum := 0.
		ends := []float64{0}
		for _, x := range b.Margins {
			if x.Arm != a || len(changes[a]) == lines {
				continue
			}
			d := x.Change
			changes[a] = append(changes[a], d)
			if x.Item == "net_margin" {
				ends = append(ends, d.Lo, d.Hi)
				continue
			}
			ends = append(ends, sum+d.Lo, sum+d.Value, sum+d.Hi)
			sum += d.Value
		}
		reached = append(reached, ends)
	}
	lo, hi := reach(reached...)
	if lo == hi {
		return nil
	}
	lo, hi = widen(lo, hi, .05)
	scale := output.ScaleOf(data.Amount, b.Run.Currency, math.Max(math.Abs(lo), math.Abs(hi)))
	names := make([]string, lines)
	for i := range names {
		names[i] = b.Say(output.MarginTitles[i])
	}
	columns := min(len(arms), 2)
	panels := (len(arms) + columns - 1) / columns
	const row = 15.
	var words []string
	for _, a := range arms {
		text, half := scale.Difference(changes[a][lines-1], scale.Decimals)
		words = append(words, b.names[a]+" "+text+" "+half)
	}
	return &page{
		title:    b.Say("What each arm buys and costs: net margin against %s", b.names[g.Reference]),
		subtitle: b.Say("Paired differences after %s, %s: each line of the income statement moves the margin on from where the line above left it. Whiskers: %s of the line alone.", b.Count(b.Run.Months, "month"), scale.Unit, b.Interval()),
		notes:    []string{note},
		legend:   []entry{{b.Say("raises the margin"), lineStyle{color: blue}}, {b.Say("lowers it"), lineStyle{color: orange}}, {b.Say("Net margin"), lineStyle{color: ink}}},
		caption:  b.Say("Waterfalls of the change in net margin, one panel an arm. Net margin: %s.", b.List(words, 8)),
		height:   float64(panels)*(row*lines+18+26) - 4,
		body: func(c *canvas, l, bo, r, t float64) {
			room := labelRoom(names, 130)
			at := ticks(lo, hi, 4)
			marks := numbers(at, scale.Factor, "", true)
			tiles(len(arms), columns, l+room, bo+14, r-6, t, 14, 26, func(i int, left, bottom, right, top float64, first, _ bool) {
				c.text(left, top-9, fit(b.names[arms[i]], right-left, panelTitle), panelTitle)
				p := panel{left, bottom, right, top - 18, lo, hi, lines, 0}
				centred, label := tickText, labelText
				centred.align, label.align = .5, 1
				for k, v := range at {
					c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
					c.text(p.x(v), p.bottom-11, marks[k], centred)
				}
				c.line(lineStyle{ink, nil, 1}, point{p.x(0), p.bottom}, point{p.x(0), p.top})
				sum := 0.
				for k, d := range changes[arms[i]] {
					y := p.y(float64(k) + .5)
					if first {
						c.text(left-7, y-3, fit(names[k], room-8, label), label)
					}
					from, fill := sum, blue
					if k == lines-1 {
						from, fill = 0, ink
					} else if d.Value < 0 {
						fill = orange
					}
					c.waterfall(p, from, d, y, fill)
					if k < lines-1 {
						sum += d.Value
						c.line(lineStyle{axis, nil, .6}, point{p.x(sum), y + 5}, point{p.x(sum), p.y(float64(k)+1.5) - 5})
					}
				}
			})
		},
	}
}

// waterfall draws a step from a level on, with its whisker.
func (c *canvas) waterfall(p panel, from float64, d estimate.Figure, y float64, fill color.NRGBA) {
	c.box(faded(fill, .85), p.x(math.Min(from, from+d.Value)), y-5, math.Max(p.x(math.Max(from, from+d.Value)), p.x(math.Min(from, from+d.Value))+.8), y+5)
	if !math.IsNaN(d.SE) {
		c.line(lineStyle{grey, nil, 1.1}, point{p.x(from + d.Lo), y}, point{p.x(from + d.Hi), y})
	}
}

// exceedance draws the share of paths on which the credit loss lies above each level, one line an arm, with exact bands.
func exceedance(b *book, g output.Group) *page {
	const leastPaths = 10
	if b.Run.Paths < leastPaths {
		return nil
	}
	arms, note := b.Choose(g, 5)
	style := b.styleOf(arms)
	curves := map[int][]output.Exceedance{}
	for _, x := range b.Exceedances {
		if x.Measure == output.LossMeasures[0] {
			curves[x.Arm] = append(curves[x.Arm], x)
		}
	}
	first := curves[arms[0]]
	if len(first) == 0 {
		return nil
	}
	lo, hi := first[0].Level, first[len(first)-1].Level
	paths, months := b.Count(b.Run.Paths, "path"), b.Count(b.Run.Months, "month")
	subtitle := b.Say("Share of %s on which the credit loss after %s (%% of the balance at the snapshot) lies above the level. Bands: exact binomial %s.", paths, months, b.Interval())
	if b.Run.Effective > 0 { // paths have weights
		subtitle = b.Say("Weighted share of %s on which the credit loss after %s (%% of the balance at the snapshot) lies above the level; no interval.", paths, months)
	}
	p := &page{
		title:    b.Say("How likely a loss beyond a level is"),
		subtitle: subtitle,
		notes:    []string{note},
		caption:  b.Say("Falling lines, one an arm: the share of paths on which the credit loss exceeds the level on the axis."),
		height:   250,
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(0, 1, 5)
			marks := numbers(at, 100, " %", false)
			p := panel{l + tickRoom(marks), bo + 34, r - 12, t - 2, lo, hi, 0, 1}
			c.horizontal(p, at, marks)
			across := ticks(lo, hi, 7)
			centred := tickText
			centred.align = .5
			for i, text := range numbers(across, 100, " %", false) {
				c.text(p.x(across[i]), p.bottom-12, text, centred)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
			c.text((p.left+p.right)/2, p.bottom-26, b.Say("credit loss"), centred)
			for _, bands := range []bool{true, false} {
				for i := len(arms) - 1; i >= 0; i-- {
					var line, up, down []point
					for _, x := range curves[arms[i]] {
						line = append(line, point{p.x(x.Level), p.y(x.Share.Value)})
						if !math.IsNaN(x.Share.Lo) {
							up, down = append(up, point{p.x(x.Level), p.y(x.Share.Hi)}), append([]point{{p.x(x.Level), p.y(x.Share.Lo)}}, down...)
						}
					}
					if bands && len(up) > 1 {
						c.area(faded(style[arms[i]].color, .10), append(up, down...)...)
					} else if !bands {
						c.line(style[arms[i]], line...)
					}
				}
			}
		},
	}
	for _, a := range arms {
		p.legend = append(p.legend, entry{fit(b.names[a], 220, labelText), style[a]})
	}
	return p
}
