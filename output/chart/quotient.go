package chart

import (
	"math"

	"relend/output"
	"relend/sim/estimate"
)

// Quotient asks for a chart of how many times larger measures are in some arms than in others, month by month.
type Quotient struct {
	Name     string // file name without extension
	Title    string
	Lines    []Pair
	Measures []string // a panel each
	First    int      // month in which the lines begin
}

// Pair is a line: the quotient of one arm's measure and another's.
type Pair struct{ Arm, Against int }

// Draw draws the chart. The first line has its interval as a band; with all of them nothing could be seen.
func (q Quotient) Draw(r *output.Report) (*Figure, error) {
	b := newBook(r)
	p := b.quotients(q)
	f := &Figure{Name: q.Name, Kind: "quotient", Title: p.title, Caption: p.caption}
	var err error
	f.SVG, f.PNG, err = p.render()
	return f, err
}

func (b *book) quotients(q Quotient) *page {
	series := make([][][]estimate.Figure, len(q.Measures))
	lo, hi := 1., 1.
	var titles []string
	for i, name := range q.Measures {
		measure := b.Measures[b.Index(name)]
		titles = append(titles, measure.Title)
		for _, pair := range q.Lines {
			_, s := b.Pair(pair.Arm, pair.Against, name)
			for m := range s {
				if m < q.First {
					s[m] = estimate.Missing
				}
			}
			series[i] = append(series[i], s)
			value, _, _ := split(s)
			below, above := reach(value)
			lo, hi = math.Min(lo, below), math.Max(hi, above)
		}
		_, low, high := split(series[i][0])
		below, above := reach(low, high)
		lo, hi = math.Min(lo, below), math.Max(hi, above)
	}
	lo, hi = widen(lo, hi, .03)
	p := &page{
		title:    q.Title,
		subtitle: "How many times as high as without, month by month; 1 is no difference. Band: " + b.Interval() + " of the first line, paired path by path over " + b.Count(b.Run.Paths, "path") + ".",
		caption:  "A panel for each of " + b.List(titles, 6) + ": the quotient of each arm and the one it is compared with, by month.",
		height:   250,
		body: func(c *canvas, l, bo, r, t float64) {
			at := ticks(lo, hi, 7)
			marks := numbers(at, 1, "", false)
			tiles(len(series), len(series), l+tickRoom(marks), bo+30, r-4, t-14, 16, 0, func(i int, left, bottom, right, top float64, first, _ bool) {
				p := panel{left, bottom, right, top, 0, float64(b.Run.Months), lo, hi}
				c.text(left, top+7, fit(titles[i], right-left, panelTitle), panelTitle)
				names := marks
				if !first {
					names = nil
				}
				c.horizontal(p, at, names)
				c.line(lineStyle{ink, nil, 1}, point{p.left, p.y(1)}, point{p.right, p.y(1)})
				for k := len(q.Lines) - 1; k >= 0; k-- {
					value, low, high := split(series[i][k])
					if k == 0 {
						c.band(p, faded(styles[1].color, .2), low, high)
					}
					c.curve(p, styles[1+k%(len(styles)-1)], value)
				}
				c.months(p, i == len(series)/2)
			})
		},
	}
	for k, pair := range q.Lines {
		p.legend = append(p.legend, entry{fit(b.names[pair.Arm], 280, labelText), styles[1+k%(len(styles)-1)]})
	}
	return p
}
