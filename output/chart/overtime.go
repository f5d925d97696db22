package chart

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"relend/output"
	"relend/sim/estimate"
)

// split takes a series of figures apart.
func split(series []estimate.Figure) (value, lo, hi []float64) {
	for _, f := range series {
		value, lo, hi = append(value, f.Value), append(lo, f.Lo), append(hi, f.Hi)
	}
	return
}

// last is the last value that is there.
func last(values []float64) float64 {
	for i := len(values) - 1; i >= 0; i-- {
		if !math.IsNaN(values[i]) {
			return values[i]
		}
	}
	return math.NaN()
}

// compare draws the cumulative default rate of the arms that matter, with intervals, named at their ends.
func compare(b *book, g output.Group) *page {
	arms, note := b.Choose(g, len(styles))
	style := b.styleOf(arms)
	var all [][]float64
	for _, a := range arms {
		v, _, hi := split(b.Series(a, "default_rate"))
		all = append(all, v, hi)
	}
	_, top := reach(all...)
	digits := b.endDigits(arms)
	return &page{
		title:    b.Say("Default rates over time"),
		subtitle: b.Say("Borrowers who reached 90 days past due so far, % of initial borrowers.") + b.Say(" Bands: %s of the mean over %s; arms share their paths, so differences are sharper than bands suggest.", b.Interval(), b.Count(b.Run.Paths, "path")),
		notes:    []string{note},
		caption:  b.Say("Lines of the cumulative default rate by month. At the end: %s.", b.endings(arms, "default_rate")),
		height:   300,
		body: func(c *canvas, l, bo, r, t float64) {
			names := make([]string, len(arms))
			ends := make([]float64, len(arms))
			for i, a := range arms {
				v, _, _ := split(b.Series(a, "default_rate"))
				ends[i] = last(v)
				names[i] = fmt.Sprintf("%s %% %s", output.Number(ends[i]*100, digits), b.names[a])
			}
			room := labelRoom(names, 200)
			top := math.Max(top*1.04, 1e-5)
			at := ticks(0, top, 5)
			marks := numbers(at, 100, " %", false)
			p := panel{l + tickRoom(marks), bo + 30, r - room, t, 0, float64(b.Run.Months), 0, top}
			c.horizontal(p, at, marks)
			for i := len(arms) - 1; i >= 0; i-- {
				_, lo, hi := split(b.Series(arms[i], "default_rate"))
				c.band(p, faded(style[arms[i]].color, .13), lo, hi)
			}
			for i := len(arms) - 1; i >= 0; i-- {
				v, _, _ := split(b.Series(arms[i], "default_rate"))
				c.curve(p, style[arms[i]], v)
			}
			c.months(p, true)
			c.endLabels(p, names, ends, colours(style, arms), room)
		},
	}
}

func labelRoom(names []string, most float64) float64 {
	room := 0.0
	for _, n := range names {
		room = math.Max(room, width(n, labelText))
	}
	return math.Min(room+17, most)
}

// endDigits are the digits of the arms' default rates at the horizon.
func (b *book) endDigits(arms []int) int {
	var figures []estimate.Figure
	for _, a := range arms {
		figures = append(figures, b.At(a, "default_rate"))
	}
	return min(b.Scale(b.Index("default_rate")).Column(figures), 2)
}

// endings words the values at the horizon.
func (b *book) endings(arms []int, measure string) string {
	var list []string
	s := b.Scale(b.Index(measure))
	for _, a := range arms {
		f := b.At(a, measure)
		list = append(list, b.names[a]+" "+s.Value(f, s.DigitsOf(f))+" "+s.Unit)
	}
	return b.List(list, 13)
}

// differences draws the paired difference of the cumulative default rate to the reference.
func differences(b *book, g output.Group) *page {
	arms, note := b.Choose(g, len(styles))
	if len(arms) < 2 {
		return nil
	}
	style := b.styleOf(arms)
	arms = arms[1:]
	all := [][]float64{{0}}
	for _, a := range arms {
		v, lo, hi := split(b.DifferenceSeries(a, "default_rate"))
		all = append(all, v, lo, hi)
	}
	lo, hi := reach(all...)
	lo, hi = widen(lo, hi, .05)
	var list []string
	s := b.Scale(b.Index("default_rate"))
	var final []estimate.Figure
	for _, a := range arms {
		final = append(final, b.DifferenceAt(a, "default_rate"))
	}
	digits := s.Column(final)
	for i, a := range arms {
		text, half := s.Difference(final[i], digits)
		list = append(list, strings.TrimSpace(b.names[a]+" "+text+" "+half))
	}
	return &page{
		title:    b.Say("What each arm changes: default rate against %s", b.names[g.Reference]),
		subtitle: b.Say("Paired difference of the cumulative default rate, percentage points of initial borrowers. Bands: %s; below zero is better.", b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Lines of the difference in the cumulative default rate to %s by month, in percentage points. At the end: %s.", b.names[g.Reference], b.List(list, 13)),
		height:   280,
		body: func(c *canvas, l, bo, r, t float64) {
			names, ends := make([]string, len(arms)), make([]float64, len(arms))
			for i, a := range arms {
				v, _, _ := split(b.DifferenceSeries(a, "default_rate"))
				ends[i] = last(v)
				text, _ := s.Difference(final[i], digits)
				names[i] = minus(text) + "  " + b.names[a]
			}
			room := labelRoom(names, 210)
			at := ticks(lo, hi, 6)
			marks := numbers(at, 100, "", true)
			p := panel{l + tickRoom(marks), bo + 30, r - room, t, 0, float64(b.Run.Months), lo, hi}
			c.horizontal(p, at, marks)
			c.line(lineStyle{ink, nil, 1}, point{p.left, p.y(0)}, point{p.right, p.y(0)})
			for i := len(arms) - 1; i >= 0; i-- {
				_, lo, hi := split(b.DifferenceSeries(arms[i], "default_rate"))
				c.band(p, faded(style[arms[i]].color, .2), lo, hi)
			}
			for i := len(arms) - 1; i >= 0; i-- {
				v, _, _ := split(b.DifferenceSeries(arms[i], "default_rate"))
				c.curve(p, style[arms[i]], v)
			}
			c.months(p, true)
			names, ends = append(names, b.names[g.Reference]), append(ends, 0)
			c.endLabels(p, names, ends, append(colours(style, arms), ink), room)
		},
	}
}

// relative draws monthly default rates against the reference in the three denominators: whether refusals bring
// defaults forward, and whether a lower rate is fewer defaults or only a larger book.
func relative(b *book, g output.Group) *page {
	const most, leastMonths = 6, 3
	arms, note := b.Choose(g, most)
	if len(arms) < 2 || b.Run.Months < leastMonths {
		return nil
	}
	style := b.styleOf(arms)
	arms = arms[1:]
	measures := []struct{ name, title string }{{"monthly_default_rate", b.Say("per initial borrower")},
		{"monthly_default_rate_active", b.Say("per active borrower")}, {"monthly_default_rate_balance", b.Say("per balance")}}
	change := func(a int, measure string) (all, clear []float64) {
		d, v := b.DifferenceSeries(a, measure), b.Series(g.Reference, measure)
		for m := range d {
			x := math.NaN()
			if v[m].Value > 0 {
				x = d[m].Value / v[m].Value
			}
			all, clear = append(all, x), append(clear, math.NaN())
			if side := d[m].Verdict(); side == estimate.Below || side == estimate.Above || side == estimate.Identical {
				clear[m] = x
			}
		}
		return
	}
	values := [][]float64{{0}}
	for _, m := range measures {
		for _, a := range arms {
			v, _ := change(a, m.name)
			values = append(values, v)
		}
	}
	lo, hi := reach(values...)
	lo, hi = widen(lo, hi, .05)
	p := &page{
		title:    b.Say("Monthly defaults against %s", b.names[g.Reference]),
		subtitle: b.Say("Borrowers (or principal) reaching 90 days past due in the month, %% above or below %s. Pale where the %s of the difference contains zero.", b.names[g.Reference], b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Three panels of lines by month: the monthly default rate of each arm relative to %s, per initial borrower, per active borrower and per balance.", b.names[g.Reference]),
		height:   230,
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(lo, hi, 6)
			tiles(len(measures), 3, l+tickRoom(numbers(at, 100, " %", true)), bo+30, r-4, t-14, 16, 0, func(i int, left, bottom, right, top float64, first, _ bool) {
				p := panel{left, bottom, right, top, 0, float64(b.Run.Months), lo, hi}
				c.text(left, top+7, measures[i].title, panelTitle)
				var names []string
				if first {
					names = numbers(at, 100, " %", true)
				}
				c.horizontal(p, at, names)
				c.line(lineStyle{ink, nil, 1}, point{p.left, p.y(0)}, point{p.right, p.y(0)})
				for k := len(arms) - 1; k >= 0; k-- {
					s := style[arms[k]]
					all, clear := change(arms[k], measures[i].name)
					pale := s
					pale.color = faded(s.color, .35)
					c.curve(p, pale, all)
					c.curve(p, s, clear)
				}
				c.months(p, i == 1)
			})
		},
	}
	for _, a := range arms {
		p.legend = append(p.legend, entry{fit(b.names[a], 220, labelText), style[a]})
	}
	return p
}

// fans draws the spread over paths of the cumulative default rate, one panel an arm.
func fans(b *book, g output.Group) *page {
	arms, note := b.Choose(g, 9)
	columns := min(len(arms), 3)
	if len(arms) == 4 {
		columns = 2 // two and two rather than three and one
	}
	rows := (len(arms) + columns - 1) / columns
	top := 0.0
	for _, a := range arms {
		for _, q := range b.Fans[a] {
			_, hi := reach(q)
			top = math.Max(top, hi)
		}
	}
	quantile := func(a, k int) []float64 {
		var out []float64
		for _, q := range b.Fans[a] {
			out = append(out, q[k])
		}
		return out
	}
	reference := quantile(g.Reference, 2)
	digits := min(b.endDigits(arms), 1)
	if top < .01 {
		digits = 2
	}
	legend := []entry{{b.Say("median of the arm"), lineStyle{blue, nil, 2}}}
	if len(arms) > 1 {
		legend = append(legend, entry{b.Say("median of %s", b.names[g.Reference]), lineStyle{ink, dashesReference, 1}})
	}
	return &page{
		title:    b.Say("How uncertain the default rate is"),
		subtitle: b.Say("Borrowers who reached 90 days past due so far, % of initial borrowers.") + b.Say(" Spread over %s of the economy (not the error of the mean): line the median, dark band the middle half, light band 5 %% to 95 %%.", b.Count(b.Run.Paths, "path")),
		notes:    []string{note},
		legend:   legend,
		caption:  b.Say("One panel an arm: median, middle half and 5 to 95 %% of the cumulative default rate over %s by month.", b.Count(b.Run.Paths, "path")),
		height:   panelsHeight(rows, columns),
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(0, top, 4)
			tiles(len(arms), columns, l+tickRoom(numbers(at, 100, " %", false)), bo+30, r-22, t-14, 30, 40, func(i int, left, bottom, right, topEdge float64, first, lowest bool) {
				p := panel{left, bottom, right, topEdge, 0, float64(b.Run.Months), 0, math.Max(top*1.03, 1e-5)}
				a := arms[i]
				c.text(left, topEdge+7, fit(b.names[a], right-left, panelTitle), panelTitle)
				var names []string
				if first {
					names = numbers(at, 100, " %", false)
				}
				c.horizontal(p, at, names)
				c.band(p, faded(blue, .16), quantile(a, 0), quantile(a, 4))
				c.band(p, faded(blue, .30), quantile(a, 1), quantile(a, 3))
				if a != g.Reference {
					c.curve(p, lineStyle{ink, dashesReference, 1}, reference)
				}
				median := quantile(a, 2)
				c.curve(p, lineStyle{blue, nil, 2}, median)
				label := labelText
				c.text(right+3, p.y(last(median))-3, output.Number(last(median)*100, digits), label)
				c.months(p, lowest)
			})
		},
	}
}

// panelsHeight is the height of small multiples; few get more room.
func panelsHeight(rows, columns int) float64 {
	if columns < 3 {
		return 260
	}
	return float64(rows)*153 + 18
}

var dashesReference = styles[2].dashes

// stateFills go with output.StateCounters, worst first.
var stateFills = [...]color.NRGBA{{0x4A, 0x1A, 0x00, 255}, {0xA8, 0x3F, 0x00, 255}, {0xE0, 0x7B, 0x1F, 255}, {0xF2, 0xA8, 0x3B, 255},
	{0xF8, 0xD0, 0x7A, 255}, {0x56, 0xA0, 0xD3, 255}, {0xC3, 0xDD, 0xF0, 255}, {0xD9, 0xDD, 0xE1, 255}}

// delinquency stacks the shares of borrowers past due and not charged off over months.
func delinquency(b *book, g output.Group) *page {
	return stack(b, g, 1, 5, b.Say("Borrowers past due"),
		b.Say("Initial borrowers past due at the end of each month, %% (mean over %s). Those 90 or more days past due leave when they are charged off.", b.Count(b.Run.Paths, "path")))
}

// states stacks the shares of borrowers in all states.
func states(b *book, g output.Group) *page {
	return stack(b, g, 0, len(stateFills), b.Say("Where borrowers stand"),
		b.Say("Initial borrowers by state at the end of each month, %% (mean over %s).", b.Count(b.Run.Paths, "path")))
}

// stack stacks states from..to-1, one panel an arm.
func stack(b *book, g output.Group, from, to int, title, subtitle string) *page {
	arms, note := b.Choose(g, 6)
	columns := min(len(arms), 3)
	if len(arms) == 4 {
		columns = 2 // two and two rather than three and one
	}
	rows := (len(arms) + columns - 1) / columns
	layers := make([][][]float64, len(arms)) // [arm][state-from][month], cumulated
	highest := 0.0
	for i, a := range arms {
		shares := b.States(a)
		layers[i] = [][]float64{make([]float64, len(shares))}
		for s := from; s < to; s++ {
			layer := make([]float64, len(shares))
			for m := range shares {
				layer[m] = layers[i][s-from][m] + shares[m][s]
				highest = math.Max(highest, layer[m])
			}
			layers[i] = append(layers[i], layer)
		}
	}
	highest = math.Min(math.Max(highest, 1e-4), 1)
	p := &page{
		title: title, subtitle: subtitle,
		notes:   []string{note},
		height:  panelsHeight(rows, columns),
		caption: b.Say("Stacked areas of the share of borrowers by month, one panel an arm, from the bottom: %s.", b.List(b.states(from, to), 9)),
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(0, highest, 4)
			tiles(len(arms), columns, l+tickRoom(numbers(at, 100, " %", false)), bo+30, r-6, t-14, 20, 40, func(i int, left, bottom, right, top float64, first, lowest bool) {
				p := panel{left, bottom, right, top, 0, float64(b.Run.Months), 0, highest}
				c.text(left, top+7, fit(b.names[arms[i]], right-left, panelTitle), panelTitle)
				var names []string
				if first {
					names = numbers(at, 100, " %", false)
				}
				c.horizontal(p, at, names)
				for k := 1; k < len(layers[i]); k++ {
					c.band(p, stateFills[from+k-1], layers[i][k-1], layers[i][k])
				}
				for _, v := range at { // the grid again, over the areas
					c.line(lineStyle{faded(white, .45), nil, .5}, point{p.left, p.y(v)}, point{p.right, p.y(v)})
				}
				c.months(p, lowest)
			})
		},
	}
	for s := to - 1; s >= from; s-- {
		p.legend = append(p.legend, entry{b.Say(output.StateTitles[s]), lineStyle{color: stateFills[s]}})
	}
	return p
}

// states names the states from..to-1.
func (b *book) states(from, to int) (names []string) {
	for _, title := range output.StateTitles[from:to] {
		names = append(names, b.Say(title))
	}
	return names
}
