package chart

import (
	"cmp"
	"math"
	"slices"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// biting are the rules of an arm that would have bound applications enough to be seen, those that decide most first.
func (b *book) biting(arm int) (rules []output.RuleBite) {
	const least = .0005 // of all applications
	for _, x := range b.Rules[arm] {
		if x.Total.Shares[data.WouldBind].Value >= least {
			rules = append(rules, x)
		}
	}
	slices.SortStableFunc(rules, func(x, y output.RuleBite) int {
		return cmp.Or(cmp.Compare(y.Total.Counts[data.Decided].Value, x.Total.Counts[data.Decided].Value),
			cmp.Compare(y.Total.Counts[data.WouldBind].Value, x.Total.Counts[data.WouldBind].Value))
	})
	return rules
}

// rules sets, for each rule of an arm, the applications that it would have bound against those that it decided.
func rules(b *book, g output.Group) *page {
	const mostRules, lane = 7, 15.
	if b.Rules == nil {
		return nil
	}
	arms, note := b.Choose(g, 8)
	lists, longest, most, labels := make([][]output.RuleBite, len(arms)), 0., 0, []string{}
	var words []string
	left := ""
	for i, a := range arms {
		if lists[i] = b.biting(a); len(lists[i]) > mostRules {
			lists[i], left = lists[i][:mostRules], b.Say("At most %d rules of an arm are shown, those that decide most; all are in the tables.", mostRules)
		}
		for k := range lists[i] {
			x := &lists[i][k]
			longest = math.Max(longest, x.Total.Shares[data.WouldBind].Value)
			if hi := x.Total.Shares[data.WouldBind].Hi; !math.IsNaN(hi) {
				longest = math.Max(longest, hi)
			}
			labels = append(labels, x.ShortName(b.Language, b.Rules[a]))
		}
		most = max(most, len(lists[i]))
		if len(lists[i]) > 0 {
			x := &lists[i][0]
			words = append(words, b.Say("%s: %s %s %% of applications", b.names[a], x.ShortName(b.Language, b.Rules[a]), output.Number(x.Total.Shares[data.Decided].Value*100, 1)))
		}
	}
	if most == 0 {
		return nil
	}
	columns := min(len(arms), 2)
	rows := (len(arms) + columns - 1) / columns
	names := labelRoom(labels, 118)
	p := &page{
		title: b.Say("What each rule does"),
		subtitle: b.Say("Applications within %s, %% of all of the arm: that the rule would by itself have denied or cut (pale), and that it denied as the first one that did (dark; these add up to all denials). Whiskers: %s. At the right: amount refused or cut, %% of the amount asked for.",
			b.Count(b.Run.Months, "month"), b.Interval()),
		notes:   []string{note, left},
		legend:  []entry{{b.Say("would have bound"), lineStyle{color: faded(blue, .28)}}, {b.Say("decided"), lineStyle{color: blue}}},
		caption: b.Say("Bars by rule, one panel an arm: share of applications that it would have bound and that it decided. Decides most in %s.", b.List(words, 8)),
		height:  float64(rows)*(float64(most)*lane+46) + 10,
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		tiles(len(arms), columns, l+names, bo+24, r-32, t-14, names+44, 46, func(i int, left, bottom, right, top float64, _, _ bool) {
			p := panel{left, bottom, right, top, 0, longest * 1.02, 0, 1}
			c.text(left-names+6, top+7, fit(b.names[arms[i]], right-left+names, panelTitle), panelTitle)
			p.bottom = top - lane*float64(max(len(lists[i]), 1))
			across := ticks(0, p.x1, 3)
			centred := tickText
			centred.align = .5
			for k, text := range numbers(across, 100, " %", false) {
				c.line(gridLine, point{p.x(across[k]), p.bottom}, point{p.x(across[k]), p.top})
				c.text(p.x(across[k]), p.bottom-11, text, centred)
			}
			label := labelText
			label.align = 1
			if len(lists[i]) == 0 {
				c.text(left+4, top-lane/2-3, c.Say("no rule binds"), tickText)
			}
			for k := range lists[i] {
				x, y := &lists[i][k].Total, top-lane*(float64(k)+.5)
				c.text(left-6, y-3, fit(lists[i][k].ShortName(b.Language, b.Rules[arms[i]]), names-10, label), label)
				c.box(faded(blue, .28), p.x(0), y-5, p.x(x.Shares[data.WouldBind].Value), y+5)
				c.box(blue, p.x(0), y-5, p.x(x.Shares[data.Decided].Value), y+5)
				c.whisker(p, x.Shares[data.WouldBind], y+2.2)
				c.whisker(p, x.Shares[data.Decided], y-2.2)
				lost := (x.Shares[data.Refused].Value + x.Shares[data.Cut].Value) * 100
				c.text(right+5, y-3, output.Number(lost, 1)+" %", labelText)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.left, p.top})
		})
	}
	return p
}

// whisker draws the interval of a figure across a panel.
func (c *canvas) whisker(p panel, f estimate.Figure, y float64) {
	if math.IsNaN(f.Lo) || f.Hi == f.Lo {
		return
	}
	c.line(lineStyle{ink, nil, .9}, point{p.x(math.Max(f.Lo, p.x0)), y}, point{p.x(f.Hi), y})
}

// rulesMonthly draws which rules decide by month, one panel an arm.
func rulesMonthly(b *book, g output.Group) *page {
	if b.Rules == nil || b.Run.Months < 3 {
		return nil
	}
	arms, note := b.Choose(g, 6)
	// The rules that decide most in some arm, in colours that hold in every panel.
	peak, order := map[string]float64{}, []string{}
	for _, a := range arms {
		for _, x := range b.Rules[a] {
			share := x.Total.Shares[data.Decided].Value
			if !(share > 0) {
				continue
			}
			name := x.ShortName(b.Language, b.Rules[a])
			if peak[name] == 0 {
				order = append(order, name)
			}
			peak[name] = math.Max(peak[name], share)
		}
	}
	slices.SortStableFunc(order, func(x, y string) int { return cmp.Compare(peak[y], peak[x]) })
	shown := order[:min(len(order), len(styles))]
	if len(shown) == 0 {
		return nil
	}
	series := make([]map[string][]estimate.Figure, len(arms))
	top := 0.
	for i, a := range arms {
		series[i] = map[string][]estimate.Figure{}
		for _, x := range b.Rules[a] {
			name := x.ShortName(b.Language, b.Rules[a])
			if !slices.Contains(shown, name) || x.Total.Counts[data.Decided].Value == 0 {
				continue
			}
			list := []estimate.Figure{estimate.Missing} // no flows at the snapshot
			for _, m := range x.Months {
				list = append(list, m.Shares[data.Decided])
			}
			series[i][name] = list
			v, _, _ := split(list)
			_, hi := reach(v)
			top = math.Max(top, hi)
		}
	}
	columns := min(len(arms), 3)
	if len(arms) == 4 {
		columns = 2 // two and two rather than three and one
	}
	rows := (len(arms) + columns - 1) / columns
	p := &page{
		title:    b.Say("Which rule decides, month by month"),
		subtitle: b.Say("Applications of the month that a rule denied as the first one that did, %% of all of the month. Bands: %s.", b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Lines by month, one panel an arm: share of applications that each rule denied first. Rules: %s.", b.List(shown, 7)),
		height:   panelsHeight(rows, columns),
	}
	if len(order) > len(shown) {
		p.notes = append(p.notes, b.Say("%d more rules, which decide less in every arm shown, are in the tables.", len(order)-len(shown)))
	}
	for k, name := range shown {
		p.legend = append(p.legend, entry{fit(name, 220, labelText), styles[k]})
	}
	p.body = func(c *canvas, l, bo, r, t float64) {
		at := ticks(0, top, 4)
		tiles(len(arms), columns, l+tickRoom(numbers(at, 100, " %", false)), bo+30, r-6, t-14, 20, 40, func(i int, left, bottom, right, topEdge float64, first, lowest bool) {
			p := panel{left, bottom, right, topEdge, 0, float64(b.Run.Months), 0, top * 1.05}
			c.text(left, topEdge+7, fit(b.names[arms[i]], right-left, panelTitle), panelTitle)
			var names []string
			if first {
				names = numbers(at, 100, " %", false)
			}
			c.horizontal(p, at, names)
			for k, name := range shown {
				v, lo, hi := split(series[i][name]) // empty where the rule decides nothing
				for m := range lo {
					lo[m], hi[m] = math.Max(lo[m], 0), math.Min(hi[m], p.y1)
				}
				c.band(p, faded(styles[k].color, .15), lo, hi)
				c.curve(p, styles[k], v)
			}
			c.months(p, lowest)
		})
	}
	return p
}
