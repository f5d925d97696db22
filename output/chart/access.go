package chart

import (
	"fmt"
	"math"
	"slices"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// flows stacks, for each arm, the borrowers served (and in default) in it and in the reference, in one of them alone.
func flows(b *book, g output.Group) *page {
	if b.Access == nil {
		return nil
	}
	arms, note := b.Choose(g, 16)
	arms = slices.DeleteFunc(slices.Clone(arms), func(a int) bool { return a == g.Reference })
	if len(arms) == 0 {
		return nil
	}
	parts := map[[3]int]estimate.Figure{} // by arm, status and part
	longest := [2]float64{}
	for _, x := range b.Access.Flows {
		if x.Band != data.All || !slices.Contains(arms, x.Arm) {
			continue
		}
		for i, s := range output.FlowStatuses {
			if s.Status == x.Status {
				parts[[3]int{x.Arm, i, x.Part}] = x.Share
			}
		}
	}
	var words []string
	for _, a := range arms {
		for i := range longest {
			sum := 0.
			for part := range 3 {
				sum += parts[[3]int{a, i, part}].Value
			}
			longest[i] = math.Max(longest[i], sum)
		}
		words = append(words, b.Say("%s: %s %% served in the reference only, %s %% in the arm only", b.names[a],
			output.Number(parts[[3]int{a, 0, 1}].Value*100, 1), output.Number(parts[[3]int{a, 0, 2}].Value*100, 1)))
	}
	if longest[0] == 0 {
		return nil
	}
	fills := []entry{{b.Say("in both"), lineStyle{color: sky}}, {b.Say("in the reference only"), lineStyle{color: vermilion}}, {b.Say("in the arm only"), lineStyle{color: blue}}}
	p := &page{
		title: b.Say("Who gains and who loses access"),
		subtitle: b.Say("The same borrowers on the same paths under %s and under each arm, %% of borrowers within %s; the rest are served, or default, in neither. At the end of each bar: reference only and arm only. Whiskers: %s of these two.",
			b.names[g.Reference], b.Count(b.Run.Months, "month"), b.Interval()),
		notes:   []string{note},
		legend:  fills,
		caption: b.Say("Stacked bars by arm: borrowers served, and borrowers in default, in the arm and in the reference or in one alone. %s.", b.List(words, 8)),
		height:  float64(len(arms))*24 + 50,
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		const ends = 92.
		names := labelRoom(b.namesOf(arms), 150)
		tiles(2, 2, l+names, bo+24, r-ends, t-16, ends+14, 0, func(i int, left, bottom, right, top float64, _, _ bool) {
			p := panel{left, bottom, right, top, 0, longest[i], 0, float64(len(arms))}
			c.text(left, top+6, []string{c.Say("Served (at least one further loan)"), c.Say("In default (90 days past due)")}[i], panelTitle)
			at := ticks(0, longest[i], 3)
			centred := tickText
			centred.align = .5
			for k, text := range numbers(at, 100, " %", false) {
				c.line(gridLine, point{p.x(at[k]), p.bottom}, point{p.x(at[k]), p.top})
				c.text(p.x(at[k]), p.bottom-12, text, centred)
			}
			for k, a := range arms {
				y := p.top - (float64(k)+.5)*(p.top-p.bottom)/float64(len(arms))
				if i == 0 {
					label := labelText
					label.align = 1
					c.text(left-7, y-3, fit(b.names[a], names-10, label), label)
				}
				x := 0.
				for part := range 3 {
					f := parts[[3]int{a, i, part}]
					c.box(fills[part].sign.color, p.x(x), y-7, p.x(x+f.Value), y+7)
					x += f.Value
				}
				kept, lost, won := parts[[3]int{a, i, 0}].Value, parts[[3]int{a, i, 1}], parts[[3]int{a, i, 2}]
				c.whisker(p, shifted(lost, kept), y+3)
				c.whisker(p, shifted(won, kept+lost.Value), y-3)
				for _, end := range []float64{kept + lost.Hi, kept + lost.Value + won.Hi} { // no whisker meets the label
					if !math.IsNaN(end) {
						x = math.Max(x, end)
					}
				}
				c.text(p.x(x)+6, y-3, minus(output.Signed(-lost.Value*100, 2))+" / "+output.Signed(won.Value*100, 2), labelText)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.left, p.top})
		})
	}
	return p
}

func shifted(f estimate.Figure, by float64) estimate.Figure {
	f.Value, f.Lo, f.Hi = f.Value+by, f.Lo+by, f.Hi+by
	return f
}

// bandFigures are what the chart of access shows by score band.
var bandFigures = []string{"served_share", "approval_rate", "default_rate", "net_margin_rate"}

// access draws figures by score band, one panel a figure, one line an arm.
func access(b *book, g output.Group) *page {
	if b.Access == nil || len(b.Run.Bands) < 2 {
		return nil
	}
	arms, note := b.Choose(g, 6)
	figures := map[string]map[int][]estimate.Figure{}
	titles := map[string]string{}
	for _, x := range b.Access.Figures {
		if !slices.Contains(bandFigures, x.Name) || !slices.Contains(arms, x.Arm) {
			continue
		}
		titles[x.Name] = x.Title
		if figures[x.Name] == nil {
			figures[x.Name] = map[int][]estimate.Figure{}
		}
		figures[x.Name][x.Arm] = append(figures[x.Name][x.Arm], x.Figure)
	}
	arms = slices.DeleteFunc(slices.Clone(arms), func(a int) bool { return figures["served_share"][a] == nil })
	if len(arms) == 0 {
		return nil
	}
	style := b.styleOf(arms)
	var words []string
	for _, a := range arms {
		f := figures["served_share"][a]
		words = append(words, b.Say("%s serves %s %% of the lowest and %s %% of the highest band", b.names[a], output.Number(f[0].Value*100, 0), output.Number(f[residents(b)-1].Value*100, 0)))
	}
	p := &page{
		title: b.Say("Access by score band"),
		subtitle: b.Say("Borrowers by their PD at the snapshot (%%, fixed in all arms), within %s. Served and default: %% of the band's borrowers; approval: %% of its applications; margin: %% of its mean balance. Whiskers: %s.",
			b.Count(b.Run.Months, "month"), b.Interval()),
		notes:   []string{note},
		caption: b.Say("Lines by score band, one panel a figure: borrowers served, approval rate, default rate and net margin rate of each arm. %s.", b.List(words, 6)),
		height:  400,
	}
	if len(arms) < len(g.Arms) && note == "" {
		p.notes = append(p.notes, b.Say("Arms whose rules watch the whole book are not told by band."))
	}
	for _, a := range arms {
		p.legend = append(p.legend, entry{fit(b.names[a], 220, labelText), style[a]})
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		tiles(len(bandFigures), 2, l+38, bo+22, r-4, t-14, 52, 44, func(i int, left, bottom, right, top float64, _, _ bool) {
			name := bandFigures[i]
			lo, hi := 0., 0.
			for _, a := range arms {
				v, low, high := split(figures[name][a])
				least, most := reach(v, low, high)
				lo, hi = math.Min(lo, least), math.Max(hi, most)
			}
			if hi == lo {
				hi = lo + .01
			}
			p := panel{left, bottom, right, top, 0, float64(len(b.Run.Bands)), lo, hi * 1.03}
			c.text(left, top+7, c.Say(titles[name]), panelTitle)
			at := ticks(p.y0, p.y1, 4)
			c.horizontal(p, at, numbers(at, 100, " %", false))
			if lo < 0 {
				c.line(axisLine, point{p.left, p.y(0)}, point{p.right, p.y(0)})
			}
			centred := tickText
			centred.align = .5
			for band := range b.Run.Bands {
				c.text(p.x(float64(band)+.5), p.bottom-12, fit(bandLabel(b, band), (right-left)/p.x1-2, centred), centred)
			}
			for k, a := range arms {
				shift := .5 + .09*(float64(k)-float64(len(arms)-1)/2)
				var run []point
				for band, f := range figures[name][a] {
					if math.IsNaN(f.Value) {
						continue
					}
					x := p.x(float64(band) + shift)
					if !math.IsNaN(f.Lo) {
						c.line(lineStyle{style[a].color, nil, 1}, point{x, p.y(math.Max(f.Lo, p.y0))}, point{x, p.y(math.Min(f.Hi, p.y1))})
					}
					if band < residents(b) {
						run = append(run, point{x, p.y(f.Value)})
					}
					c.dot(x, p.y(f.Value), 1.8, style[a].color, style[a].color)
				}
				s := style[a]
				s.width = 1
				c.line(s, run...)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
		})
	}
	return p
}

// residents is the number of bands of borrowers of the snapshot.
func residents(b *book) int {
	n := len(b.Run.Bands)
	if b.Run.Bands[n-1].Applicants {
		n--
	}
	return n
}

func bandLabel(b *book, band int) string {
	x := b.Run.Bands[band]
	if x.Applicants {
		return b.Say("applicants")
	}
	digits := 1
	if x.Highest < .1 {
		digits = 2
	}
	lowest, highest := output.Number(x.Lowest*100, digits), output.Number(x.Highest*100, digits)
	if lowest == highest {
		return highest
	}
	return lowest + "–" + highest
}

// borrowing draws the spreads as grouped bars, one panel a spread.
func borrowing(b *book, g output.Group) *page {
	if b.Access == nil {
		return nil
	}
	arms, note := b.Choose(g, 5)
	shares := map[[2]int][]estimate.Figure{} // by spread and arm
	some := false
	for _, x := range b.Access.Spreads {
		if slices.Contains(arms, x.Arm) {
			shares[[2]int{x.Spread, x.Arm}] = append(shares[[2]int{x.Spread, x.Arm}], x.Share)
			some = some || x.Share.Value > 0
		}
	}
	if !some {
		return nil
	}
	style := b.styleOf(arms)
	var words []string
	for _, a := range arms {
		words = append(words, b.Say("%s %s %%", b.names[a], output.Number(shares[[2]int{data.AtReborrow, a}][1].Value*100, 0)))
	}
	p := &page{
		title: b.Say("How borrowers borrow again"),
		subtitle: b.Say("Further loans granted within %s, %% of all of the arm; of sequences, %% of borrowers. Payment to income counts all own and outside loans. Whiskers: %s.",
			b.Count(b.Run.Months, "month"), b.Interval()),
		notes:   []string{note},
		caption: b.Say("Grouped bars, one panel a distribution: payment to income, time to the next loan, lenders and length of the last loan sequence. Loans beside a running one: %s.", b.List(words, 5)),
		height:  4*104 + 40,
	}
	for _, a := range arms {
		p.legend = append(p.legend, entry{fit(b.names[a], 220, labelText), lineStyle{color: style[a].color}})
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		tiles(len(data.Spreads), 1, l+38, bo+24, r-4, t-14, 0, 46, func(i int, left, bottom, right, top float64, _, _ bool) {
			classes, first, hi := data.Spreads[i].Classes, 0, 0.
			if i == data.AtReborrow && residents(b) == len(b.Run.Bands) {
				first = 1 // nobody has a first loan
			}
			classes = classes[first:]
			for _, a := range arms {
				v, _, high := split(shares[[2]int{i, a}])
				_, most := reach(v, high)
				hi = math.Max(hi, most)
			}
			p := panel{left, bottom, right, top, 0, float64(len(classes)), 0, math.Max(hi, .01) * 1.03}
			c.text(left, top+7, c.Say(data.Spreads[i].Title), panelTitle)
			at := ticks(0, p.y1, 3)
			c.horizontal(p, at, numbers(at, 100, " %", false))
			centred := tickText
			centred.align = .5
			each := .8 / float64(len(arms))
			for k, class := range classes {
				for n, line := range wrap(c.Say(class), (right-left)/p.x1-3, centred) {
					c.text(p.x(float64(k)+.5), p.bottom-11-9.5*float64(n), line, centred)
				}
				for j, a := range arms {
					f := shares[[2]int{i, a}][first+k]
					if math.IsNaN(f.Value) {
						continue
					}
					x := float64(k) + .1 + each*float64(j)
					c.box(style[a].color, p.x(x)+.4, p.bottom, p.x(x+each)-.4, p.y(f.Value))
					if f.Hi > f.Lo {
						middle := p.x(x + each/2)
						c.line(lineStyle{grey, nil, .9}, point{middle, p.y(math.Max(f.Lo, 0))}, point{middle, p.y(math.Min(f.Hi, p.y1))})
					}
				}
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
		})
	}
	return p
}

// vintages draws the share of loans in default by months on book, one panel an arm, one curve a cohort.
func vintages(b *book, g output.Group) *page {
	const most, shortest = 5, 6
	if b.Access == nil || b.Run.Months < shortest {
		return nil
	}
	arms, note := b.Choose(g, 6)
	curves := map[int][]output.Vintage{}
	var cohorts []int // that are long enough to be seen
	for _, x := range b.Access.Vintages {
		if slices.Contains(arms, x.Arm) {
			curves[x.Arm] = append(curves[x.Arm], x)
		}
		if x.Arm == arms[0] && len(x.Curve) > shortest && x.Loans.Value > 0 {
			cohorts = append(cohorts, x.Cohort)
		}
	}
	if len(cohorts) == 0 {
		return nil
	}
	shown := cohorts[:1]
	if n := min(len(cohorts), most); n > 1 {
		shown = nil
		for k := range n {
			shown = append(shown, cohorts[k*(len(cohorts)-1)/(n-1)])
		}
	}
	top, longest := 0., 0
	for _, a := range arms {
		for _, k := range shown {
			v, _, up := split(curves[a][k].Curve)
			if len(v) > 0 {
				_, most := reach(v)
				_, hi := reach(v, up)
				top = math.Max(top, math.Min(hi, 1.5*most)) // of a cohort of few loans the band would dwarf the curves
			}
			longest = max(longest, len(v)-1)
		}
	}
	if top == 0 || longest < 1 {
		return nil
	}
	var words []string
	for _, a := range arms {
		if x := curves[a][shown[len(shown)-1]]; len(x.Curve) > 0 {
			words = append(words, b.Say("%s %s %%", b.names[a], output.Number(x.Curve[len(x.Curve)-1].Value*100, 1)))
		}
	}
	columns := min(len(arms), 3)
	if len(arms) == 4 {
		columns = 2
	}
	rows := (len(arms) + columns - 1) / columns
	p := &page{
		title:    b.Say("Vintages"),
		subtitle: b.Say("Loans in default so far, %% of the loans of the cohort, by months since they were granted; for the book, since the snapshot. A curve ends where the youngest loans of its cohort are not seen so long. Bands: %s.", b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Curves by months on book, one panel an arm: share of the loans of a cohort in default. At the end of the youngest cohort shown: %s.", b.List(words, 6)),
		height:   panelsHeight(rows, columns),
	}
	if columns < 3 {
		p.height = float64(rows)*180 + 30
	}
	for i, k := range shown {
		name := b.Say("book at the snapshot")
		if k > 0 {
			name = b.Say("granted in months %d to %d", curves[arms[0]][k].From, curves[arms[0]][k].To)
		}
		p.legend = append(p.legend, entry{name, styles[i]})
	}
	if len(shown) < len(cohorts) {
		p.notes = append(p.notes, b.Say("%d of %d cohorts shown; all are in the tables.", len(shown), len(cohorts)))
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		at := ticks(0, top, 4)
		tiles(len(arms), columns, l+tickRoom(numbers(at, 100, " %", false)), bo+30, r-6, t-14, 20, 40, func(i int, left, bottom, right, edge float64, first, lowest bool) {
			p := panel{left, bottom, right, edge, 0, float64(longest), 0, top * 1.05}
			c.text(left, edge+7, fit(b.names[arms[i]], right-left, panelTitle), panelTitle)
			var names []string
			if first {
				names = numbers(at, 100, " %", false)
			}
			c.horizontal(p, at, names)
			for k, cohort := range shown {
				v, lo, hi := split(curves[arms[i]][cohort].Curve)
				for m := range lo {
					lo[m], hi[m] = math.Max(lo[m], 0), math.Min(hi[m], p.y1)
				}
				c.band(p, faded(styles[k].color, .15), lo, hi)
				c.curve(p, styles[k], v)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
			centred := tickText
			centred.align = .5
			for _, m := range monthTicks(longest, right-left) {
				c.text(p.x(m), p.bottom-12, fmt.Sprint(int(m)), centred)
			}
			if lowest {
				c.text((left+right)/2, p.bottom-24, c.Say("months on book"), centred)
			}
		})
	}
	return p
}
