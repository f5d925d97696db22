package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"relend/data"
	"relend/output"
)

// losses draws the distribution of the credit loss over paths, with the figures a risk manager asks for.
func losses(b *book, g output.Group) *page {
	const most, leastPaths = 6, 10
	if b.Run.Paths < leastPaths {
		return nil
	}
	arms, note := b.Choose(g, most)
	var all [][]float64
	for _, a := range arms {
		all = append(all, b.Losses[a][0].Sample.Values)
	}
	lo, hi := reach(all...)
	if len(slices.Concat(all...)) == 0 || hi <= lo { // no spread to show
		return nil
	}
	edges := ticks(lo, hi, 24)
	step := (hi - lo) / 24
	if len(edges) > 1 {
		step = edges[1] - edges[0]
	}
	first := math.Floor(lo/step) * step
	bins := int(math.Floor((hi-first)/step)) + 1
	tallest := 0.
	counts := make([][]float64, len(arms))
	for i, s := range all {
		counts[i] = make([]float64, bins)
		weights := b.Losses[arms[i]][0].Sample.Weights
		for j, v := range s {
			k, w := min(max(int((v-first)/step), 0), bins-1), 1.
			if weights != nil {
				w = weights[j]
			}
			counts[i][k] += w
			tallest = max(tallest, counts[i][k])
		}
	}
	columns := min(len(arms), 2)
	rows := (len(arms) + columns - 1) / columns
	x1 := first + float64(bins)*step
	panelWidth := (pageWidth - 2*margin - 34 - 34*float64(columns-1)) / float64(columns)
	for _, a := range arms { // room for the name right of the last mark
		for _, m := range marksOf(b.Language, b.Losses[a][0]) {
			x1 = math.Max(x1, first+(m.value-first)*panelWidth/(panelWidth-6-width(m.text, markText)))
		}
	}
	var words []string
	for _, a := range arms {
		words = append(words, b.Say("%s mean %s %%", b.names[a], output.Number(b.Losses[a][0].Mean.Value*100, 1)))
	}
	notes := []string{note}
	if t := b.Losses[arms[0]][0].AtRisk; math.IsNaN(t[1].Value) {
		notes = append(notes, b.Say("VaR 99 %% needs at least %d paths and is not shown.", t[1].Needs))
	} else if t[1].Needs > 0 {
		notes = append(notes, b.Say("VaR 99 %% rests on very few paths: an interval for it takes %d.", t[1].Needs))
	}
	height := b.Say("number of paths")
	if b.Run.Effective > 0 {
		height = b.Say("weight of the paths, out")
	}
	return &page{
		title:    b.Say("How large losses may get"),
		subtitle: b.Say("Credit loss after %s: principal charged off less recoveries, %% of the balance at the snapshot. Height: %s of %s. VaR: exceeded on 5 %% (1 %%) of paths; ES: mean of those paths.", b.Count(b.Run.Months, "month"), height, output.Number(float64(b.Run.Paths), 0)),
		notes:    notes,
		caption:  b.Say("Histograms of the credit loss over paths, one panel an arm, with mean, value at risk and expected shortfall. %s.", b.List(words, 6)),
		height:   math.Max(float64(rows)*150+14, 220),
		body: func(c *canvas, l, bo, r, t float64) {
			tiles(len(arms), columns, l+26, bo+24, r-8, t-14, 34, 36, func(i int, left, bottom, right, top float64, _, lowest bool) {
				a := arms[i]
				const lane = 10.5
				p := panel{left, bottom, right, top - lane*4 - 4, first, x1, 0, tallest}
				c.text(left, top+7, fit(b.names[a], right-left, panelTitle), panelTitle)
				at := slices.DeleteFunc(ticks(0, p.y1, 3), func(v float64) bool { return v != math.Trunc(v) })
				c.horizontal(p, at, numbers(at, 1, "", false))
				for k, n := range counts[i] {
					if n > 0 {
						v := first + float64(k)*step
						c.box(faded(blue, .55), p.x(v)+.4, p.bottom, p.x(v+step)-.4, p.y(n))
					}
				}
				c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
				across := ticks(p.x0, p.x1, 5)
				names := numbers(across, 100, " %", false)
				centred := tickText
				centred.align = .5
				for k, v := range across {
					c.text(p.x(v), p.bottom-12, names[k], centred)
				}
				for k, m := range marksOf(b.Language, b.Losses[a][0]) {
					x, y := p.x(m.value), top-lane*float64(k+1)+1 // a lane each, the leftmost highest: no name meets a line
					c.line(m.sign, point{x, p.bottom}, point{x, y + 7})
					label := markText
					label.color = darker(m.sign.color)
					c.text(x+4, y, m.text, label)
				}
			})
		},
	}
}

var markText = textStyle{size: 8.5}

// mark is a figure of a distribution, drawn as a vertical line.
type mark struct {
	text  string
	value float64
	sign  lineStyle
}

// marksOf are the marks of a distribution that there are, by value.
func marksOf(in output.Language, l output.Loss) []mark {
	var out []mark
	for _, m := range []mark{{in.Say("mean"), l.Mean.Value, lineStyle{ink, nil, 1.2}},
		{"VaR 95", l.AtRisk[0].Value, lineStyle{orange, dashesReference, 1.4}},
		{"ES 95", l.Shortfall[0].Value, lineStyle{vermilion, styles[3].dashes, 1.4}},
		{"VaR 99", l.AtRisk[1].Value, lineStyle{purple, dashesReference, 1.4}}} {
		if !math.IsNaN(m.value) {
			m.text += " " + output.Number(m.value*100, 1) + " %"
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b mark) int { return cmp.Compare(a.value, b.value) })
	return out
}

// denials stacks the reasons of refusal, one bar an arm.
func denials(b *book, g output.Group) *page {
	arms, note := b.Choose(g, 16)
	peak := map[data.Reason]float64{} // largest count under any arm: an arm's own rule must not end in "other"
	longest := 0.0
	for _, a := range arms {
		sum := 0.0
		for _, d := range b.Denials[a] {
			peak[d.Reason] = math.Max(peak[d.Reason], d.Count)
			sum += d.Count
		}
		longest = math.Max(longest, sum)
	}
	if longest == 0 {
		return nil
	}
	var reasons []data.Reason
	for k := range data.Reason(data.NumReasons) {
		if peak[k] > 0 {
			reasons = append(reasons, k)
		}
	}
	slices.SortStableFunc(reasons, func(i, j data.Reason) int { return cmp.Compare(peak[j], peak[i]) })
	fills := []color.NRGBA{blue, orange, green, vermilion, sky, purple, {0x8C, 0x7A, 0x4D, 255},
		{0x4B, 0x2E, 0x83, 255}, {0xD8, 0xCB, 0x3A, 255}, {0x5B, 0x66, 0x70, 255}}
	rest := color.NRGBA{0xCC, 0xD1, 0xD6, 255}
	shown := reasons[:min(len(reasons), len(fills))]
	p := &page{
		title:    b.Say("Who is refused and why"),
		subtitle: b.Say("Applications denied within %s by the first rule that failed, mean over %s. At the end of each bar: number and share of applications.", b.Count(b.Run.Months, "month"), b.Count(b.Run.Paths, "path")),
		notes:    []string{note},
		height:   float64(len(arms))*22 + 34,
	}
	var words []string
	for _, a := range arms {
		sum, share := 0.0, 0.0
		for _, d := range b.Denials[a] {
			sum, share = sum+d.Count, share+d.Share.Value
		}
		words = append(words, b.Say("%s %s (%s %%)", b.names[a], output.Number(sum, 0), output.Number(share*100, 0)))
	}
	p.caption = b.Say("Stacked bars of denied applications by reason, one an arm. Totals: %s.", b.List(words, 16))
	for i, k := range shown {
		p.legend = append(p.legend, entry{b.Say(k.Title()), lineStyle{color: fills[i]}})
	}
	if len(reasons) > len(shown) {
		p.legend = append(p.legend, entry{b.Say("other"), lineStyle{color: rest}})
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		names := labelRoom(b.namesOf(arms), 190)
		p := panel{l + names, bo + 24, r - 84, t, 0, longest, 0, float64(len(arms))}
		at := ticks(0, longest, 5)
		centred := tickText
		centred.align = .5
		for i, text := range numbers(at, 1, "", false) {
			c.line(gridLine, point{p.x(at[i]), p.bottom}, point{p.x(at[i]), p.top})
			c.text(p.x(at[i]), p.bottom-12, text, centred)
		}
		for i, a := range arms {
			y := p.top - (float64(i)+.5)*(p.top-p.bottom)/float64(len(arms))
			label := labelText
			label.align = 1
			c.text(p.left-7, y-3, fit(b.names[a], names-10, label), label)
			x, sum, share, others := 0.0, 0.0, 0.0, 0.0
			count := map[data.Reason]float64{}
			for _, d := range b.Denials[a] {
				count[d.Reason] = d.Count
				sum, share = sum+d.Count, share+d.Share.Value
				if !slices.Contains(shown, d.Reason) {
					others += d.Count
				}
			}
			bar := func(n float64, k color.NRGBA) {
				if n > 0 {
					c.box(k, p.x(x), y-7, p.x(x+n), y+7)
					if x > 0 {
						c.line(lineStyle{white, nil, .7}, point{p.x(x), y - 7}, point{p.x(x), y + 7})
					}
					x += n
				}
			}
			for k, reason := range shown {
				bar(count[reason], fills[k])
			}
			bar(others, rest)
			c.text(p.x(sum)+5, y-3, output.Number(sum, 0)+" ("+output.Number(share*100, 0)+" %)", labelText)
		}
		c.line(axisLine, point{p.left, p.bottom}, point{p.left, p.top})
	}
	return p
}
