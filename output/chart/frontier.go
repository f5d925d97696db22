package chart

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"relend/output"
	"relend/sim/estimate"
)

// aims says in words what the frontiers set against access.
var aims = map[string]struct{ title, risk, axis string }{
	"default_rate": {"Access against risk", "default rate (% of initial borrowers, up is worse)", "default rate"},
	"loss_rate":    {"Access against loss", "credit loss (principal charged off less recoveries, % of the balance at the snapshot, up is worse)", "credit loss"},
}

// frontier sets default rate against borrowers served: one point an arm.
func frontier(b *book, g output.Group) *page { return b.frontier(&b.Frontiers[0], g) }

// lossFrontier sets credit loss against borrowers served.
func lossFrontier(b *book, g output.Group) *page { return b.frontier(&b.Frontiers[1], g) }

// spot is an arm on a frontier.
type spot struct {
	arm  int
	x, y estimate.Figure
	fill color.NRGBA
	ring color.NRGBA
}

func (b *book) frontier(f *output.Frontier, g output.Group) *page {
	if len(g.Arms) < 2 {
		return nil
	}
	const mostNamed = 12
	named, note := b.Choose(g, mostNamed)
	if note != "" {
		note = b.Say("All %d arms are drawn; %d are named: the baseline, arms that no other beats, then the lowest default rates.", len(g.Arms), len(named))
	}
	var spots []spot
	var xs, ys [][]float64
	for _, a := range g.Arms {
		s := spot{a, b.At(a, f.Access), b.At(a, f.Risk), blue, blue}
		if math.IsNaN(s.x.Value) || math.IsNaN(s.y.Value) {
			continue
		}
		if a == g.Reference {
			s.fill, s.ring = ink, ink
		}
		switch {
		case f.Beaten[a] >= 0:
			s.fill = white
			if a != g.Reference {
				s.ring = grey
			}
		case f.Doubtful[a] >= 0:
			s.fill = color.NRGBA{0xC4, 0xCA, 0xD0, 255}
			if a != g.Reference {
				s.ring = grey
			}
		}
		spots, xs, ys = append(spots, s), append(xs, []float64{s.x.Value, s.x.Lo, s.x.Hi}), append(ys, []float64{s.y.Value, s.y.Lo, s.y.Hi})
	}
	if len(spots) == 0 {
		return nil
	}
	x0, x1 := reach(xs...)
	y0, y1 := reach(ys...)
	x0, x1 = widen(x0, x1, .10)
	y0, y1 = widen(y0, y1, .10)
	var free []int
	if b.Replicates > 1 {
		free = b.Free(f, g)
	}
	words := aims[f.Risk]
	return &page{
		title: b.Say(words.title),
		subtitle: b.Say("After %s: %s against borrowers served with a further loan (%% of initial borrowers, right is better). Bars: %s.",
			b.Count(b.Run.Months, "month"), b.Say(words.risk), b.Interval()),
		notes:   []string{b.Say("Scales do not start at zero. Hollow: beaten, another arm is better in one aim and better or equal in the other. Pale: another arm is better in one aim, and no gain in the other can be told. Both are judged by the intervals of paired differences, which are sharper than the bars."), note},
		caption: b.Say("Scatter of %s against share of borrowers served, one point an arm. Neither beaten nor in doubt: %s.", b.Say(words.axis), b.List(b.namesOf(free), 12)),
		height:  330,
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(y0, y1, 6)
			marks := numbers(at, 100, " %", false)
			p := panel{l + 12 + tickRoom(marks), bo + 34, r - 12, t - 4, x0, x1, y0, y1}
			c.horizontal(p, at, marks)
			across := ticks(x0, x1, 7)
			names := numbers(across, 100, " %", false)
			centred := tickText
			centred.align = .5
			for i, v := range across {
				c.line(gridLine, point{p.x(v), p.bottom}, point{p.x(v), p.top})
				c.text(p.x(v), p.bottom-12, names[i], centred)
			}
			c.line(axisLine, point{p.left, p.bottom}, point{p.right, p.bottom})
			c.text((p.left+p.right)/2, p.bottom-26, b.Say("borrowers served"), centred)
			c.vertical(l+7, (p.bottom+p.top)/2, b.Say(words.axis), tickText)
			var front []point
			for _, a := range free {
				front = append(front, point{p.x(b.At(a, f.Access).Value), p.y(b.At(a, f.Risk).Value)})
			}
			c.line(lineStyle{faded(blue, .5), []vg.Length{4, 3}, 1}, front...)
			taken := c.spots(p, spots, between(front))
			for _, s := range spots {
				if slices.Contains(named, s.arm) {
					taken = c.name(p, p.x(s.x.Value), p.y(s.y.Value), b.names[s.arm], s.ring, s.arm == g.Reference, taken)
				}
			}
		},
	}
}

// between covers a line with small boxes, to keep names off it.
func between(line []point) (taken []rect) {
	for i := 1; i < len(line); i++ {
		for k := range 24 {
			f := float64(k) / 24
			x, y := line[i-1].x+(line[i].x-line[i-1].x)*f, line[i-1].y+(line[i].y-line[i-1].y)*f
			taken = append(taken, rect{x - 1, y - 1, x + 1, y + 1})
		}
	}
	return taken
}

// spots draws points with their error bars and adds what they take to what is taken.
func (c *canvas) spots(p panel, spots []spot, taken []rect) []rect {
	for _, s := range spots {
		bar := lineStyle{faded(s.ring, .55), nil, 1.1}
		px, py := p.x(s.x.Value), p.y(s.y.Value)
		if !math.IsNaN(s.x.Lo) {
			c.line(bar, point{p.x(s.x.Lo), py}, point{p.x(s.x.Hi), py})
			taken = append(taken, rect{p.x(s.x.Lo), py - 1, p.x(s.x.Hi), py + 1})
		}
		if !math.IsNaN(s.y.Lo) {
			c.line(bar, point{px, p.y(s.y.Lo)}, point{px, p.y(s.y.Hi)})
			taken = append(taken, rect{px - 1, p.y(s.y.Lo), px + 1, p.y(s.y.Hi)})
		}
		c.dot(px, py, 3.6, s.fill, s.ring)
		taken = append(taken, rect{px - 5, py - 5, px + 5, py + 5})
	}
	return taken
}

type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) meets(o rect) bool { return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1 }

// name writes a label near a point where it meets nothing, with a thin line to the point where it had to go
// far. It returns what is taken now. A label without room is left out: better none than a heap.
func (c *canvas) name(p panel, x, y float64, name string, k color.NRGBA, bold bool, taken []rect) []rect {
	t := textStyle{size: 9, color: darker(k), bold: bold}
	name = fit(name, 200, t)
	w := width(name, t)
	for _, distance := range []float64{8, 14, 22, 32, 44, 58, 76, 98, 124} {
		for _, turn := range []float64{0, .5, -.5, 1, -1, 1.5, -1.5, 2, -2, 2.6, -2.6, 3.14} {
			dx, dy := math.Cos(turn)*distance, math.Sin(turn)*distance
			left := x + dx - w*(1-math.Cos(turn))/2
			box := rect{left - 1, y + dy - 5, left + w + 1, y + dy + 6}
			if box.x0 < p.left || box.x1 > p.right || box.y0 < p.bottom+1 || box.y1 > p.top ||
				slices.ContainsFunc(taken, box.meets) {
				continue
			}
			if distance > 14 {
				near := point{math.Min(math.Max(x, box.x0), box.x1), math.Min(math.Max(y, box.y0+2), box.y1-2)}
				c.line(lineStyle{faded(k, .5), nil, .6}, point{x, y}, near)
			}
			c.text(left, y+dy-3, name, t)
			return append(taken, box)
		}
	}
	return taken
}
