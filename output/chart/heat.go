package chart

import (
	"fmt"
	"image/color"
	"math"

	"relend/output"
	"relend/sim/estimate"
)

// A heat is a grid of figures, each a cell shaded by its size with its number on it.
type heat struct {
	rows, columns []string
	cells         [][]estimate.Figure // [row][column], in the unit of the numbers
	most          float64             // that is shaded darkest
	digits        int
	halves        bool // write half the interval under each number
}

// shade goes from near white to dark blue in one hue, so that it reads in grey; letters are the fit for text on it. None of
// these colours changes with the reader's light or dark setting.
func shade(share float64) (fill, letters color.NRGBA) {
	share = math.Min(math.Max(share, 0), 1)
	at := func(pale, dark float64) uint8 { return uint8(pale + (dark-pale)*math.Pow(share, .7)) }
	fill, letters = color.NRGBA{at(0xF1, 0x08), at(0xF5, 0x3E), at(0xFA, 0x73), 255}, color.NRGBA{0x1A, 0x20, 0x26, 255}
	if share > .42 {
		letters = color.NRGBA{0xFD, 0xFD, 0xFD, 255}
	}
	return fill, letters
}

const heatRow, heatHalfRow = 20., 30.

func (h *heat) rowHeight() float64 {
	if h.halves {
		return heatHalfRow
	}
	return heatRow
}

// draw fills the body: names of rows at the left, of columns on top.
func (c *canvas) heat(h *heat, l, r, top, names float64) {
	w := (r - l - names) / float64(len(h.columns))
	label, centred := labelText, labelText
	label.align, centred.align = 1, .5
	for k, name := range h.columns {
		lines := wrap(name, w-4, centred)
		lines = lines[:min(len(lines), 2)]
		for i, line := range lines {
			c.text(l+names+(float64(k)+.5)*w, top-22+11*float64(len(lines)-1-i), line, centred)
		}
	}
	top -= 28
	for i, row := range h.rows {
		y := top - float64(i+1)*h.rowHeight()
		c.text(l+names-7, y+h.rowHeight()/2-3, fit(row, names-10, label), label)
		for k, f := range h.cells[i] {
			x := l + names + float64(k)*w
			if math.IsNaN(f.Value) {
				c.text(x+w/2, y+h.rowHeight()/2-3, "–", centred)
				continue
			}
			fill, letters := shade(f.Value / h.most)
			c.box(fill, x+.75, y+.75, x+w-.75, y+h.rowHeight()-.75)
			number := textStyle{size: 9, color: letters, align: .5}
			up := -3.
			if h.halves && !math.IsNaN(f.SE) {
				up = 2
				c.text(x+w/2, y+5, "±"+output.Number(f.Half(), h.digits), textStyle{size: 7.5, color: letters, align: .5})
			}
			c.text(x+w/2, y+h.rowHeight()/2+up, minus(output.Number(f.Value, h.digits)), number)
		}
	}
}

// rolls draws the roll-rate matrix of the arms, one panel an arm.
func rolls(b *book, g output.Group) *page {
	if len(b.Rolls) == 0 {
		return nil
	}
	arms, note := b.Choose(g, 6)
	columns := min(len(arms), 3)
	if len(arms) == 4 {
		columns = 2 // two and two rather than three and one
	}
	panels := (len(arms) + columns - 1) / columns
	maps := map[int]*heat{}
	for _, a := range arms {
		h := &heat{most: 100, digits: 1, halves: b.Replicates > 1}
		for _, m := range output.RollMoves {
			h.columns = append(h.columns, b.Say(m))
		}
		for _, s := range output.RollStates {
			h.rows = append(h.rows, b.Say(s))
			h.cells = append(h.cells, []estimate.Figure{estimate.Missing, estimate.Missing, estimate.Missing})
		}
		for _, x := range b.Rolls {
			if x.Arm == a {
				h.cells[x.State][x.Move] = percents(x.Rate)
			}
		}
		maps[a] = h
	}
	tall := 28 + heatRow*5
	if b.Replicates > 1 {
		tall = 28 + heatHalfRow*5
	}
	return &page{
		title:    b.Say("Where borrowers stand a month later"),
		subtitle: b.Say("Roll rates: %% of the borrower-months that begin in a state (rows: days past due) and end better (cured, repaid or refinanced), the same, or worse (the next state; from 90+ charged off). Mean over %s; ± half of the %s.", b.Count(b.Run.Months, "month"), b.Interval()),
		notes:    []string{note, b.Say("Current borrowers who repay and leave are counted under the same.")},
		caption:  b.Say("Heat maps of roll rates, one panel an arm: rows the state at the start of a month, columns better, same and worse."),
		height:   float64(panels)*(tall+18) + float64(panels-1)*16,
		body: func(c *canvas, l, bo, r, t float64) {
			tiles(len(arms), columns, l, bo, r, t, 24, 16, func(i int, left, bottom, right, top float64, _, _ bool) {
				c.text(left, top-9, fit(b.names[arms[i]], right-left, panelTitle), panelTitle)
				c.heat(maps[arms[i]], left, right, top-18, 52)
			})
		},
	}
}

func percents(f estimate.Figure) estimate.Figure {
	return estimate.Figure{Value: f.Value * 100, SE: f.SE * 100, Lo: f.Lo * 100, Hi: f.Hi * 100}
}

// classes draws the default rate by class of borrowers and arm.
func classes(b *book, g output.Group) *page {
	arms, note := b.Choose(g, 8)
	h := &heat{digits: 1, columns: b.namesOf(arms), halves: b.Replicates > 1}
	rows := map[string]int{}
	for _, s := range b.Segments {
		if s.Moving || s.Dimension == "ordinal" || math.IsNaN(s.DefaultRate.Value) {
			continue
		}
		k := -1
		for i, a := range arms {
			if a == s.Arm {
				k = i
			}
		}
		if k < 0 {
			continue
		}
		name := b.letters(b.Say(s.Class), s.Class)
		at, ok := rows[s.Dimension+" "+s.Class]
		if !ok {
			at = len(h.rows)
			rows[s.Dimension+" "+s.Class] = at
			h.rows = append(h.rows, fmt.Sprintf("%s (%s)", name, output.Number(s.Borrowers, 0)))
			h.cells = append(h.cells, make([]estimate.Figure, len(arms)))
			for i := range arms {
				h.cells[at][i] = estimate.Missing
			}
		}
		h.cells[at][k] = percents(s.DefaultRate)
		h.most = math.Max(h.most, s.DefaultRate.Value*100)
	}
	if len(h.rows) < 2 || h.most == 0 {
		return nil
	}
	if h.most < 10 {
		h.digits = 2
	}
	return &page{
		title:    b.Say("Default rate by class of borrowers"),
		subtitle: b.Say("After %s, %% of the initial borrowers of the class (their number in brackets); darker is higher. ± half of the %s.", b.Count(b.Run.Months, "month"), b.Interval()),
		notes:    []string{note},
		caption:  b.Say("Heat map of the default rate: rows classes of borrowers, columns arms."),
		height:   34 + h.rowHeight()*float64(len(h.rows)),
		body: func(c *canvas, l, bo, r, t float64) {
			c.heat(h, l, r, t, labelRoom(h.rows, 170))
		},
	}
}
