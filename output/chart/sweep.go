package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
	"relend/sim/sensitivity"
)

// SweepKinds are the charts of a sweep, in the order of its report.
var SweepKinds = []string{"tornado", "response", "heat", "sobol", "morris", "frontier", "box", "uncertainty"}

// study is a sweep while its charts are drawn.
type study struct {
	*output.Sweep
	figures  []Figure
	warnings []string
}

// AllSweep draws every figure of a sweep's report. A figure that cannot be drawn is left out and named in a warning.
func AllSweep(r *output.Sweep) (figures []Figure, warnings []string) {
	s := &study{Sweep: r}
	if r.Language == output.Chinese && !drawable(sample) {
		plain := *r // in English
		plain.Language = output.English
		s.Sweep = &plain
		s.warnings = append(s.warnings, r.Say("charts: no font with Chinese letters was found, so they are in English; --font FILE names one"))
	}
	responses, influences := r.Responses(), r.Influences()
	for o := range r.Outputs {
		for a := range r.Sweep.Arms {
			mine := slices.DeleteFunc(slices.Clone(responses), func(x output.Response) bool { return x.Output != o || x.Arm != a })
			s.draw("tornado", o, a, func() *page { return s.tornado(o, a, mine) })
			s.draw("response", o, a, func() *page { return s.response(o, a, mine) })
			for _, x := range influences {
				if x.Output == o && x.Arm == a {
					s.draw("sobol", o, a, func() *page { return s.sobol(x) })
					s.draw("morris", o, a, func() *page { return s.morris(x) })
				}
			}
		}
	}
	for _, h := range r.HeatMaps() {
		s.draw("heat", h.Output, h.Arm, func() *page { return s.heat(h) })
	}
	if f := r.BuildFrontier(); f != nil {
		s.draw("frontier", -1, 0, func() *page { return s.frontier(f) })
	}
	for _, d := range r.Discoveries() {
		s.draw(fmt.Sprintf("box-%d", d.Discovery+1), -1, d.Arm, func() *page { return s.found(d) })
	}
	list := r.Uncertainties()
	for o := range r.Outputs {
		s.draw("uncertainty", o, -1, func() *page { return s.uncertainty(o, list) })
	}
	slices.SortStableFunc(s.figures, func(a, b Figure) int {
		return cmp.Compare(slices.Index(SweepKinds, a.Kind), slices.Index(SweepKinds, b.Kind))
	})
	return s.figures, s.warnings
}

// draw adds a figure of an output (-1: of all) and an arm (-1: of all).
func (s *study) draw(kind string, output, arm int, make func() *page) {
	name := kind
	if output >= 0 {
		name += "-" + slug(s.Outputs[output].Name)
	}
	if len(s.Sweep.Arms) > 1 && arm >= 0 && kind != "frontier" {
		name += "-" + slug(s.Sweep.Arms[arm].Name)
	}
	defer func() {
		if broken := recover(); broken != nil {
			s.warnings = append(s.warnings, s.Say("chart %s: not drawn: %v", name, broken))
		}
	}()
	p := make()
	if p == nil {
		return
	}
	p.Language = s.Language
	if len(s.Sweep.Arms) > 1 && arm >= 0 && kind != "frontier" {
		p.title += " – " + s.Titled(s.Sweep.Arms[arm].Title)
	}
	f := Figure{Name: name, Kind: kind, Group: max(output, 0), Title: p.title, Caption: p.caption}
	if len(kind) > 3 && kind[:3] == "box" {
		f.Kind = "box"
	}
	var err error
	if f.SVG, f.PNG, err = p.render(); err != nil {
		panic(err)
	}
	s.figures = append(s.figures, f)
}

// slug makes a file name of the name of an output or arm.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
}

// words is a user's text, or a stand-in where the font lacks letters of it.
func words(text, otherwise string) string {
	if drawable(text) {
		return text
	}
	return otherwise
}

func (s *study) dimension(d int) string { return words(s.Dimensions[d].Title, s.Dimensions[d].Name) }

// unit is what stands after the numbers on an axis.
func (s *study) unit(o int) (factor float64, unit string) {
	scale := s.Scale(o)
	if scale.Unit == "" {
		return scale.Factor, ""
	}
	return scale.Factor, " " + scale.Unit
}

func (s *study) interval() string { return s.Say("%s interval", s.Percent()) }

// tornado draws how far each dimension moves an output, the largest on top.
func (s *study) tornado(o, arm int, list []output.Response) *page {
	const most, row = 20, 24.
	if len(list) == 0 {
		return nil
	}
	var notes []string
	if len(list) > most {
		notes = append(notes, s.Say("%d of %d dimensions are shown, those that move it most.", most, len(list)))
		list = list[:most]
	}
	type end struct {
		figure estimate.Figure
		text   string
	}
	ends := make([][2]end, len(list))
	lo, hi := 0., 0.
	for i, x := range list {
		levels := slices.Clone(x.Levels)
		slices.SortStableFunc(levels, func(a, b output.ResponseLevel) int { return cmp.Compare(a.Change.Value, b.Change.Value) })
		for k, l := range []output.ResponseLevel{levels[0], levels[len(levels)-1]} {
			ends[i][k] = end{l.Change, words(l.Short, "?")}
			for _, v := range []float64{l.Change.Value, l.Change.Lo, l.Change.Hi} {
				if !math.IsNaN(v) {
					lo, hi = math.Min(lo, v), math.Max(hi, v)
				}
			}
		}
	}
	subtitle := s.Say("Change against the mean over the design when one dimension goes to the value written at the end of the bar, the others averaged over the design. Thin lines: %s.", s.interval())
	if s.Method == "oat" {
		subtitle = s.Say("Change against the base when one dimension goes to the value written at the end of the bar, the others at the base. Thin lines: %s.", s.interval())
	}
	factor, unit := s.unit(o)
	if s.Measure(o).Unit == data.Share {
		unit = " pp"
	}
	var told []string
	for _, x := range list {
		told = append(told, s.dimension(x.Dimension))
	}
	lo, hi = widen(lo, hi, .22)
	return &page{
		title:    s.Say("What moves it: %s", s.OutputTitle(o)),
		subtitle: subtitle,
		notes:    notes,
		caption:  s.Say("Tornado chart, the largest effect on top: %s.", s.List(told, 6)),
		height:   float64(len(list))*row + 40,
		body: func(c *canvas, l, b, r, t float64) {
			room := 0.
			for _, x := range list {
				room = math.Max(room, width(s.dimension(x.Dimension), labelText))
			}
			room = math.Min(room, 170)
			p := panel{l + room + 12, b + 24, r - 10, t, lo, hi, 0, 1}
			across := ticks(lo, hi, 6)
			marks := numbers(across, factor, "", true)
			for i, v := range across {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				centred := tickText
				centred.align = .5
				c.text(p.x(v), p.bottom-12, marks[i]+unit, centred)
			}
			c.line(axisLine, point{p.x(0), p.bottom}, point{p.x(0), p.top})
			for i, x := range list {
				y := p.top - (float64(i)+.5)*row
				right := labelText
				right.align = 1
				c.text(p.left-8, y-3, fit(s.dimension(x.Dimension), room, labelText), right)
				for k, e := range ends[i] {
					fill := blue
					if k == 1 {
						fill = vermilion
					}
					if math.IsNaN(e.figure.Value) {
						continue
					}
					c.box(faded(fill, .75), p.x(0), y-7, p.x(e.figure.Value), y+7)
					if !math.IsNaN(e.figure.Lo) {
						c.line(lineStyle{ink, nil, .9}, point{p.x(e.figure.Lo), y}, point{p.x(e.figure.Hi), y})
					}
				}
				low, high := 0., 0. // names stand outside both bars and their intervals
				for _, e := range ends[i] {
					for _, v := range []float64{e.figure.Value, e.figure.Lo, e.figure.Hi} {
						if !math.IsNaN(v) {
							low, high = math.Min(low, v), math.Max(high, v)
						}
					}
				}
				name := textStyle{size: 8.5, color: grey}
				c.text(p.x(high)+4, y-3, fit(ends[i][1].text, 110, name), name)
				name.align = 1
				c.text(p.x(low)-4, y-3, fit(ends[i][0].text, 110, name), name)
			}
		},
	}
}

// response draws an output along each dimension.
func (s *study) response(o, arm int, list []output.Response) *page {
	const most = 9
	if len(list) == 0 {
		return nil
	}
	var notes []string
	if len(list) > most {
		notes = append(notes, s.Say("%d of %d dimensions are shown, those that move it most.", most, len(list)))
		list = list[:most]
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	spread := false
	for _, x := range list {
		for _, l := range x.Levels {
			for _, v := range []float64{l.Mean.Value, l.Mean.Lo, l.Mean.Hi, l.Low, l.Top} {
				if !math.IsNaN(v) {
					lo, hi = math.Min(lo, v), math.Max(hi, v)
				}
			}
			spread = spread || l.Top > l.Low
		}
	}
	lo, hi = widen(lo, hi, .06)
	base := s.Figures[s.Base[arm]][o]
	factor, unit := s.unit(o)
	columns := min(len(list), 3)
	rows := (len(list) + columns - 1) / columns
	subtitle := s.Say("Dark band: %s of the mean.", s.interval())
	if spread {
		subtitle += s.Say(" Light band: from the smallest to the largest cell, over the other dimensions.")
	}
	legend := []entry{{s.Say("mean over the other dimensions"), lineStyle{blue, nil, 2}}}
	if s.Method == "oat" {
		legend[0].name = s.Say("the other dimensions at the base")
	}
	if !math.IsNaN(base.Value) {
		legend = append(legend, entry{s.Say("base"), lineStyle{grey, []vg.Length{4, 3}, 1}})
	}
	var told []string
	for _, x := range list {
		told = append(told, s.dimension(x.Dimension))
	}
	return &page{
		title: s.Say("Response: %s", s.OutputTitle(o)), subtitle: subtitle, notes: notes, legend: legend,
		caption: s.Say("Response curves, one panel a dimension: %s.", s.List(told, 9)),
		height:  float64(rows) * 168,
		body: func(c *canvas, l, b, r, t float64) {
			at := ticks(lo, hi, 4)
			marks := numbers(at, factor, unit, false)
			tiles(len(list), columns, l+tickRoom(marks), b+34, r-6, t-10, 26, 56, func(i int, left, bottom, right, top float64, first, _ bool) {
				x := list[i]
				n := len(x.Levels)
				c.text(left, top+4, fit(s.dimension(x.Dimension), right-left, panelTitle), panelTitle)
				place := make([]float64, n)
				even := !s.Dimensions[x.Dimension].Ordered
				for k, v := range x.Levels {
					place[k] = v.Place
					even = even || math.IsInf(v.Place, 0)
				}
				if even {
					for k := range place {
						place[k] = float64(k)
					}
				}
				x0, x1 := place[0], place[n-1]
				x0, x1 = widen(x0, x1, .04)
				p := panel{left, bottom, right, top - 4, x0, x1, lo, hi}
				if first {
					c.horizontal(p, at, marks)
				} else {
					c.horizontal(p, at, nil)
				}
				if !math.IsNaN(base.Value) {
					c.line(lineStyle{grey, []vg.Length{4, 3}, 1}, point{p.left, p.y(base.Value)}, point{p.right, p.y(base.Value)})
				}
				strip := func(fill color.NRGBA, low, high func(output.ResponseLevel) float64) {
					var up, down []point
					for k, v := range x.Levels {
						if math.IsNaN(low(v)) || math.IsNaN(high(v)) {
							return
						}
						up, down = append(up, point{p.x(place[k]), p.y(high(v))}), append(down, point{p.x(place[k]), p.y(low(v))})
					}
					slices.Reverse(down)
					c.area(fill, append(up, down...)...)
				}
				strip(faded(blue, .12), func(v output.ResponseLevel) float64 { return v.Low }, func(v output.ResponseLevel) float64 { return v.Top })
				strip(faded(blue, .35), func(v output.ResponseLevel) float64 { return v.Mean.Lo }, func(v output.ResponseLevel) float64 { return v.Mean.Hi })
				var line []point
				for k, v := range x.Levels {
					if !math.IsNaN(v.Mean.Value) {
						line = append(line, point{p.x(place[k]), p.y(v.Mean.Value)})
					}
				}
				c.line(lineStyle{blue, nil, 2}, line...)
				for _, q := range line {
					c.dot(q.x, q.y, 1.8, blue, blue)
				}
				c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
				s.axis(c, p, x, place)
			})
		},
	}
}

// axis names the levels under a panel, as many as there is room for.
func (s *study) axis(c *canvas, p panel, x output.Response, place []float64) {
	t := tickText
	t.size, t.align = 8, .5
	last := math.Inf(-1)
	for k, v := range x.Levels {
		text := fit(words(v.Short, "?"), math.Max(40, (p.right-p.left)/float64(min(len(x.Levels), 4))), t)
		half := width(text, t) / 2
		at := math.Min(math.Max(p.x(place[k]), p.left-8+half), p.right+8-half)
		if at-half < last+5 {
			continue
		}
		c.text(at, p.bottom-12, text, t)
		last = at + half
	}
}

const mostNamed = 12

// heat draws a mean over two dimensions as coloured cells.
func (s *study) heat(h output.Heat) *page {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, row := range h.Values {
		for _, f := range row {
			if !math.IsNaN(f.Value) {
				lo, hi = math.Min(lo, f.Value), math.Max(hi, f.Value)
			}
		}
	}
	if !(hi > lo) {
		return nil
	}
	scale := s.Scale(h.Output)
	factor, unit := s.unit(h.Output)
	var figures []estimate.Figure
	for _, row := range h.Values {
		figures = append(figures, row...)
	}
	digits := scale.Column(figures)
	others := ""
	if len(s.Dimensions) > 2 {
		others = s.Say(", mean over the other dimensions")
	}
	height := math.Max(150, float64(len(h.Rows))*34) + 50
	return &page{
		title:    s.Say("Together: %s", s.OutputTitle(h.Output)),
		subtitle: s.Say("%s across, %s up%s. Empty: no cell there.", s.dimension(h.Across), s.dimension(h.Up), others),
		caption:  s.Say("Heat map of %s over %s and %s, from %s to %s.", s.OutputTitle(h.Output), s.dimension(h.Across), s.dimension(h.Up), output.Number(lo*factor, digits), output.Number(hi*factor, digits)),
		height:   height,
		body: func(c *canvas, l, b, r, t float64) {
			room := 0.
			for _, text := range h.Rows {
				room = math.Max(room, width(words(text, "?"), tickText))
			}
			room = math.Min(room, 130)
			left, bottom, right := l+room+26, b+36, r-84
			w, tall := (right-left)/float64(len(h.Columns)), (t-bottom)/float64(len(h.Rows))
			for i, row := range h.Values {
				y := bottom + float64(i)*tall
				name := tickText
				name.align = 1
				c.text(left-6, y+tall/2-3, fit(words(h.Rows[i], "?"), room, tickText), name)
				for k, f := range row {
					x := left + float64(k)*w
					if math.IsNaN(f.Value) {
						c.line(lineStyle{grid, nil, .6}, point{x, y}, point{x + w, y}, point{x + w, y + tall}, point{x, y + tall}, point{x, y})
						continue
					}
					fill, letters := shade((f.Value - lo) / (hi - lo))
					c.box(fill, x+.5, y+.5, x+w-.5, y+tall-.5)
					text := textStyle{size: 8.5, color: letters, align: .5}
					if figure := scale.Value(f, digits); width(figure, text) < w-4 && tall > 10 {
						c.text(x+w/2, y+tall/2-3, figure, text)
					}
				}
			}
			name := tickText
			name.align = .5
			last := math.Inf(-1)
			for k, text := range h.Columns {
				text = fit(words(text, "?"), math.Max(w, 50), tickText)
				at, half := left+(float64(k)+.5)*w, width(text, tickText)/2
				if at-half > last+4 {
					c.text(at, bottom-13, text, name)
					last = at + half
				}
			}
			c.text((left+right)/2, bottom-29, s.dimension(h.Across), name)
			c.vertical(l+8, (bottom+t)/2, s.dimension(h.Up), tickText)
			const steps = 64
			x := right + 16
			for k := range steps {
				y := bottom + (t-bottom)*float64(k)/steps
				fill, _ := shade((float64(k) + .5) / steps)
				c.box(fill, x, y, x+11, y+(t-bottom)/steps+.4)
			}
			marks := ticks(lo, hi, 5)
			names := numbers(marks, factor, unit, false)
			for k, v := range marks {
				c.text(x+15, bottom+(t-bottom)*(v-lo)/(hi-lo)-3, names[k], tickText)
			}
		},
	}
}

// sobol draws first and total indices with their bands; those that cannot be told from zero are hollow.
func (s *study) sobol(x output.Influence) *page {
	if x.Sobol == nil {
		return nil
	}
	const most, row = 20, 30.
	order := x.Order[:min(len(x.Order), most)]
	hi := .1
	var told []string
	for _, d := range order {
		for _, b := range []sensitivity.Band{x.Sobol[d].First, x.Sobol[d].Total} {
			if math.IsNaN(b.Value) {
				return nil
			}
			hi = math.Max(hi, b.Hi)
		}
		told = append(told, fmt.Sprintf("%s %s", s.dimension(d), s.Index(x.Sobol[d].Total)))
	}
	return &page{
		title:    s.Say("What explains it: %s", s.OutputTitle(x.Output)),
		subtitle: s.Say("Shares of the variance over the design. First: the dimension alone. Total: with all its interactions. Bars: %s, bootstrapped over %s.", s.interval(), s.Count(x.Blocks, "block")),
		notes:    []string{s.Say("Hollow: not distinguishable from zero.")},
		legend:   []entry{{s.Say("total"), lineStyle{color: blue}}, {s.Say("first"), lineStyle{color: orange}}},
		caption:  s.Say("Sobol indices by dimension; total: %s.", s.List(told, 8)),
		height:   float64(len(order))*row + 34,
		body: func(c *canvas, l, b, r, t float64) {
			room := 0.
			for _, d := range order {
				room = math.Max(room, width(s.dimension(d), labelText))
			}
			room = math.Min(room, 170)
			p := panel{l + room + 12, b + 22, r - 10, t, 0, hi * 1.03, 0, 1}
			at := ticks(0, p.x1, 6)
			names := numbers(at, 1, "", false)
			for i, v := range at {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				centred := tickText
				centred.align = .5
				c.text(p.x(v), p.bottom-12, names[i], centred)
			}
			for i, d := range order {
				y := p.top - (float64(i)+.5)*row
				right := labelText
				right.align = 1
				c.text(p.left-8, y-3, fit(s.dimension(d), room, labelText), right)
				for k, band := range []sensitivity.Band{x.Sobol[d].Total, x.Sobol[d].First} {
					fill, base := []color.NRGBA{blue, orange}[k], y+1-float64(k)*11
					end := p.x(math.Max(band.Value, 0))
					if band.Zero() {
						c.line(lineStyle{fill, nil, 1}, point{p.left, base}, point{end, base}, point{end, base + 9}, point{p.left, base + 9}, point{p.left, base})
					} else {
						c.box(faded(fill, .8), p.left, base, end, base+9)
					}
					c.line(lineStyle{ink, nil, 1}, point{p.x(math.Max(band.Lo, 0)), base + 4.5}, point{p.x(math.Max(band.Hi, 0)), base + 4.5})
				}
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.left, p.top})
		},
	}
}

// morris sets the spread of the elementary effects against their mean size.
func (s *study) morris(x output.Influence) *page {
	if x.Morris == nil {
		return nil
	}
	factor, unit := s.unit(x.Output)
	if s.Measure(x.Output).Unit == data.Share {
		unit = " pp"
	}
	x1, y1 := 0., 0.
	for _, e := range x.Morris {
		if math.IsNaN(e.Size.Value) {
			return nil
		}
		x1, y1 = math.Max(x1, e.Size.Hi), math.Max(y1, e.Sigma)
	}
	if x1 == 0 {
		return nil
	}
	y1 = math.Max(y1, x1*.2) * 1.12
	x1 *= 1.15
	var told []string
	for _, d := range x.Order {
		told = append(told, s.dimension(d))
	}
	return &page{
		title:    s.Say("What moves it: %s", s.OutputTitle(x.Output)),
		subtitle: s.Say("Elementary effects over the whole range of a dimension. Right: larger (mean size, mu*). Up: depends more on the others or is curved (standard deviation, sigma). Bars: %s.", s.interval()),
		caption:  s.Say("Morris chart, mu* against sigma, by mu*: %s.", s.List(told, 8)),
		height:   320,
		body: func(c *canvas, l, b, r, t float64) {
			up := ticks(0, y1, 5)
			marks := numbers(up, factor, unit, false)
			p := panel{l + 14 + tickRoom(marks), b + 34, r - 12, t - 4, 0, x1, 0, y1}
			c.horizontal(p, up, marks)
			across := ticks(0, x1, 6)
			names := numbers(across, factor, unit, false)
			centred := tickText
			centred.align = .5
			for i, v := range across {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				c.text(p.x(v), p.bottom-12, names[i], centred)
			}
			c.line(axisLine, point{p.left, p.top}, point{p.left, p.bottom}, point{p.right, p.bottom})
			c.text((p.left+p.right)/2, p.bottom-26, s.Say("mean size of the effect (mu*)"), centred)
			c.vertical(l+7, (p.bottom+p.top)/2, s.Say("standard deviation (sigma)"), tickText)
			reach := math.Min(x1, y1)
			c.line(lineStyle{axis, []vg.Length{3, 3}, .8}, point{p.x(0), p.y(0)}, point{p.x(reach), p.y(reach)})
			var taken []rect
			for _, e := range x.Morris {
				at := point{p.x(e.Size.Value), p.y(e.Sigma)}
				c.line(lineStyle{faded(blue, .5), nil, 1.1}, point{p.x(e.Size.Lo), at.y}, point{p.x(e.Size.Hi), at.y})
				c.dot(at.x, at.y, 3.4, blue, blue)
				taken = append(taken, rect{at.x - 5, at.y - 5, at.x + 5, at.y + 5}, rect{p.x(e.Size.Lo), at.y - 1, p.x(e.Size.Hi), at.y + 1})
			}
			for _, d := range x.Order {
				e := x.Morris[d]
				taken = c.name(p, p.x(e.Size.Value), p.y(e.Sigma), s.dimension(d), blue, false, taken)
			}
		},
	}
}

// frontier sets two outputs against each other, one point an alternative.
func (s *study) frontier(f *output.SweepFrontier) *page {
	var xs, ys [][]float64
	for _, p := range f.Points {
		xs, ys = append(xs, []float64{p[0].Value, p[0].Lo, p[0].Hi}), append(ys, []float64{p[1].Value, p[1].Lo, p[1].Hi})
	}
	x0, x1 := reach(xs...)
	y0, y1 := reach(ys...)
	x0, x1 = widen(x0, x1, .10)
	y0, y1 = widen(y0, y1, .10)
	fx, ux := s.unit(f.X)
	fy, uy := s.unit(f.Y)
	good := func(o int, more, less string) string {
		if s.Better(o) == data.Higher {
			return more
		}
		return less
	}
	note := ""
	const mostNames = 10
	named := f.Front
	if len(named) > mostNames {
		note = s.Say("%d of the %d alternatives on the frontier are named.", mostNames, len(named))
		named = nil
		for i := range mostNames {
			named = append(named, f.Front[i*(len(f.Front)-1)/(mostNames-1)])
		}
	}
	var told []string
	for _, a := range named {
		told = append(told, s.Named(f.Alternatives[a].Title))
	}
	worlds := ""
	if s.Worlds() > 1 {
		worlds = s.Say(" Means over %s.", s.Count(s.Worlds(), "world"))
	}
	bars := len(f.Points) <= 60
	legend := []entry{{s.Say("on the frontier"), lineStyle{color: blue}}, {s.Say("beaten, within the error"), lineStyle{color: axis}}, {s.Say("hollow: dominated, distinguishably"), lineStyle{color: grid}}}
	return &page{
		title: s.Say("Efficient frontier"),
		subtitle: s.Say("%s (up, %s is better) against %s (right, %s is better).%s", s.OutputTitle(f.Y), good(f.Y, s.Say("more"), s.Say("less")),
			s.OutputTitle(f.X), good(f.X, s.Say("more"), s.Say("less")), worlds+s.key()),
		notes:   []string{s.Say("Scales do not start at zero. Dominated: an alternative on the frontier is better in one by a paired difference that can be told from zero, and no worse in the other."), note},
		legend:  legend,
		caption: s.Say("Scatter of %s, with the frontier: %s.", s.Count(len(f.Points), "alternative"), s.List(told, 12)),
		height:  340,
		body: func(c *canvas, l, b, r, t float64) {
			up := ticks(y0, y1, 6)
			marks := numbers(up, fy, uy, false)
			p := panel{l + 12 + tickRoom(marks), b + 34, r - 12, t - 4, x0, x1, y0, y1}
			c.horizontal(p, up, marks)
			across := ticks(x0, x1, 7)
			names := numbers(across, fx, ux, false)
			centred := tickText
			centred.align = .5
			for i, v := range across {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				c.text(p.x(v), p.bottom-12, names[i], centred)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
			c.text((p.left+p.right)/2, p.bottom-26, fit(s.OutputTitle(f.X), p.right-p.left, tickText), centred)
			c.vertical(l+7, (p.bottom+p.top)/2, fit(s.OutputTitle(f.Y), p.top-p.bottom, tickText), tickText)
			place := func(a int) point { return point{p.x(f.Points[a][0].Value), p.y(f.Points[a][1].Value)} }
			var taken []rect
			on := map[int]bool{}
			var line []point
			for _, a := range f.Front {
				on[a] = true
				line = append(line, place(a))
			}
			c.line(lineStyle{faded(blue, .5), []vg.Length{4, 3}, 1}, line...)
			for a := range f.Alternatives {
				at, k, fill := place(a), axis, axis
				switch {
				case on[a]:
					k, fill = blue, blue
				case f.Dominated[a] >= 0:
					fill = white
				}
				if q := f.Points[a]; bars && !math.IsNaN(q[0].Lo) {
					c.line(lineStyle{faded(k, .6), nil, .9}, point{p.x(q[0].Lo), at.y}, point{p.x(q[0].Hi), at.y})
					c.line(lineStyle{faded(k, .6), nil, .9}, point{at.x, p.y(q[1].Lo)}, point{at.x, p.y(q[1].Hi)})
				}
				c.dot(at.x, at.y, 2.8, fill, k)
				taken = append(taken, rect{at.x - 4, at.y - 4, at.x + 4, at.y + 4})
			}
			for _, a := range named {
				at := place(a)
				taken = c.name(p, at.x, at.y, words(f.Alternatives[a].Short, fmt.Sprint(a)), blue, false, taken)
			}
		},
	}
}

// key says what the names of alternatives are made of.
func (s *study) key() string {
	var names []string
	for i, d := range s.Dimensions {
		if !d.Scenario {
			names = append(names, s.dimension(i))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return s.Say(" Names: %s.", strings.Join(names, " / "))
}

// found draws the two tightest limits of a box with all cells.
func (s *study) found(f output.Found) *page {
	if f.Box == nil {
		return nil
	}
	var limited []int
	for d, l := range f.Box.Limits {
		if l.Set() {
			limited = append(limited, d)
		}
	}
	slices.SortStableFunc(limited, func(a, b int) int { return cmp.Compare(f.Box.Limits[a].Chance, f.Box.Limits[b].Chance) })
	q := s.Discover[f.Discovery]
	scale := s.Scale(q.Output)
	threshold := scale.Plain(q.Threshold)
	where, side := s.Say("Where %s lies below %s", s.OutputTitle(q.Output), threshold), s.Say("below %s", threshold)
	if q.Above {
		where, side = s.Say("Where %s lies above %s", s.OutputTitle(q.Output), threshold), s.Say("above %s", threshold)
	}
	x := limited[0]
	y := x
	if len(limited) > 1 {
		y = limited[1]
	} else {
		for d := range s.Dimensions {
			if d != x {
				y = d
				break
			}
		}
	}
	if x == y {
		return nil
	}
	places := func(d int) ([]float64, []string) {
		levels := s.LevelsOf(d)
		even := len(levels) <= mostNamed
		var at []float64
		for _, text := range levels {
			v := s.Place(d, text)
			even = even || math.IsInf(v, 0)
			at = append(at, v)
		}
		if even {
			for i := range at {
				at[i] = float64(i)
			}
		}
		return at, levels
	}
	px, nx := places(x)
	py, ny := places(y)
	at := func(d int, p []float64, levels []string, cell int) float64 {
		return p[slices.Index(levels, s.Value(cell, d))]
	}
	var limits []string
	for _, d := range limited {
		limits = append(limits, s.dimension(d)+" "+s.LimitText(s.Language, d, f.Box.Limits[d]))
	}
	return &page{
		title: where,
		subtitle: s.Say("%s. Inside: %d of %s (%s %%); that is %s %% of all such cells. Overall: %s %%.", s.List(limits, 4), f.Box.Hits, s.Count(f.Box.Points, "cell"),
			output.Number(100*f.Box.Density, 0), output.Number(100*f.Box.Coverage, 0), output.Number(100*f.Box.Overall, 0)),
		legend:  []entry{{side, lineStyle{color: vermilion}}, {s.Say("not"), lineStyle{color: axis}}, {s.Say("the box"), lineStyle{blue, nil, 1.6}}},
		caption: s.Say("Box found by the patient rule induction method: %s.", s.List(limits, 6)),
		height:  310,
		body: func(c *canvas, l, b, r, t float64) {
			x0, x1 := widen(px[0], px[len(px)-1], .06)
			y0, y1 := widen(py[0], py[len(py)-1], .06)
			room := 0.
			for _, text := range ny {
				room = math.Max(room, width(words(text, "?"), tickText))
			}
			p := panel{l + 24 + math.Min(room, 110), b + 34, r - 12, t - 4, x0, x1, y0, y1}
			inside := []float64{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
			for _, cell := range s.Of(f.Arm) {
				v := s.Figures[cell][q.Output].Value
				if math.IsNaN(v) {
					continue
				}
				u, w := at(x, px, nx, cell), at(y, py, ny, cell)
				if s.holds(f.Box, x, cell) && s.holds(f.Box, y, cell) {
					inside = []float64{math.Min(inside[0], u), math.Max(inside[1], u), math.Min(inside[2], w), math.Max(inside[3], w)}
				}
				k := axis
				if v > q.Threshold == q.Above && v != q.Threshold {
					k = vermilion
				}
				c.dot(p.x(u), p.y(w), 2.6, faded(k, .7), k)
			}
			gap := 7.
			left, right, low, high := p.x(inside[0])-gap, p.x(inside[1])+gap, p.y(inside[2])-gap, p.y(inside[3])+gap
			c.line(lineStyle{blue, nil, 1.6}, point{left, low}, point{right, low}, point{right, high}, point{left, high}, point{left, low})
			c.line(axisLine, point{p.left, p.top}, point{p.left, p.bottom}, point{p.right, p.bottom})
			centred := tickText
			centred.align = .5
			c.text((p.left+p.right)/2, p.bottom-27, s.dimension(x), centred)
			c.vertical(l+7, (p.bottom+p.top)/2, s.dimension(y), tickText)
			last := math.Inf(-1)
			for i, text := range nx {
				text = words(text, "?")
				if half := width(text, tickText) / 2; p.x(px[i])-half > last+6 {
					c.text(p.x(px[i]), p.bottom-12, text, centred)
					last = p.x(px[i]) + half
				}
			}
			names := tickText
			names.align = 1
			last = math.Inf(-1)
			for i, text := range ny {
				if p.y(py[i]) > last+12 {
					c.text(p.left-5, p.y(py[i])-3, fit(words(text, "?"), 110, tickText), names)
					last = p.y(py[i])
				}
			}
		},
	}
}

// uncertainty draws both bands of every alternative.
func (s *study) uncertainty(o int, all []output.Uncertainty) *page {
	const most, row = 24, 22.
	list := slices.DeleteFunc(slices.Clone(all), func(u output.Uncertainty) bool { return u.Output != o })
	if len(list) == 0 {
		return nil
	}
	var notes []string
	if len(list) > most {
		notes = append(notes, s.Say("%d of %d alternatives are shown, the first of the design.", most, len(list)))
		list = list[:most]
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, u := range list {
		lo = math.Min(lo, math.Min(u.Lo, u.Mean.Value-u.Given))
		hi = math.Max(hi, math.Max(u.Hi, u.Mean.Value+u.Given))
	}
	lo, hi = widen(lo, hi, .05)
	factor, unit := s.unit(o)
	return &page{
		title: s.Say("Two bands: %s", s.OutputTitle(o)),
		subtitle: s.Say("Dot: mean over %s of what is uncertain. Dark: %s of the simulation, given the parameters; more paths make it narrower. Light: between which %s of the settings lie; only knowledge makes it narrower.",
			s.Count(list[0].Settings, "setting"), s.interval(), s.Percent()),
		notes:   notes,
		caption: s.Say("Two uncertainty bands of %s for %s.", s.OutputTitle(o), s.Count(len(list), "alternative")),
		height:  float64(len(list))*row + 34,
		body: func(c *canvas, l, b, r, t float64) {
			room := 0.
			for _, u := range list {
				room = math.Max(room, width(words(s.Named(u.Title), "?"), labelText))
			}
			room = math.Min(room, 220)
			p := panel{l + room + 12, b + 22, r - 10, t, lo, hi, 0, 1}
			at := ticks(lo, hi, 6)
			names := numbers(at, factor, unit, false)
			for i, v := range at {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				centred := tickText
				centred.align = .5
				c.text(p.x(v), p.bottom-12, names[i], centred)
			}
			for i, u := range list {
				y := p.top - (float64(i)+.5)*row
				right := labelText
				right.align = 1
				c.text(p.left-8, y-3, fit(words(s.Named(u.Title), "?"), room, labelText), right)
				c.box(faded(blue, .2), p.x(u.Lo), y-6, p.x(u.Hi), y+6)
				if !math.IsNaN(u.Given) {
					c.box(faded(blue, .6), p.x(u.Mean.Value-u.Given), y-3, p.x(u.Mean.Value+u.Given), y+3)
				}
				c.dot(p.x(u.Mean.Value), y, 2.6, ink, white)
			}
		},
	}
}

// holds says whether a cell satisfies one limit of a box.
func (s *study) holds(box *sensitivity.Box, dimension, cell int) bool {
	v := math.Max(s.Place(dimension, s.Value(cell, dimension)), -math.MaxFloat64)
	l := box.Limits[dimension]
	return v >= l.Lo && v <= l.Hi && !slices.Contains(l.Without, v)
}
