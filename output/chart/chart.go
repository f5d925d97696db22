package chart

import (
	"fmt"
	"image/color"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"gonum.org/v1/plot/vg"

	"relend/output"
)

// Figure is one drawn chart.
type Figure struct {
	Name    string // file name without extension
	Kind    string // one of the Kinds
	Group   int    // index into Report.Groups
	Title   string
	Caption string // what it shows, in words, for readers who cannot see it
	SVG     []byte // one <svg> element, fonts by name
	PNG     []byte // 150 dpi
	PDF     []byte // letters as outlines; nil unless the report asks for it
}

// Kinds are the charts, in the order of the report.
var Kinds = []string{"frontier", "frontier_loss", "compare", "difference", "relative", "margin", "fan", "loss", "exceedance", "delinquency", "rolls", "states", "denials", "rules", "rules_monthly", "flows", "access", "borrowing", "vintages", "classes", "influence", "convergence"}

var drawers = map[string]func(b *book, g output.Group) *page{
	"frontier": frontier, "frontier_loss": lossFrontier, "compare": compare, "difference": differences, "relative": relative,
	"fan": fans, "loss": losses, "delinquency": delinquency, "states": states, "denials": denials, "rules": rules, "rules_monthly": rulesMonthly, "convergence": convergence,
	"margin": bridge, "exceedance": exceedance, "rolls": rolls, "flows": flows, "access": access, "borrowing": borrowing, "vintages": vintages, "classes": classes, "influence": influences,
}

// page is a chart before it is drawn.
type page struct {
	output.Language
	title, subtitle string
	notes           []string // under the chart
	caption         string
	legend          []entry
	height          float64                                           // of the body
	body            func(c *canvas, left, bottom, right, top float64) // nil: nothing to draw
}

// entry is one sign of a legend: a line, or a filled box where it has no width.
type entry struct {
	name string
	sign lineStyle
}

// book holds what all charts of a report share.
type book struct {
	*output.Report
	names []string // of arms, in letters the font has
	noted bool     // some arm is shown by its key
	plain bool     // in English for want of a font
}

func newBook(r *output.Report) *book {
	b := &book{Report: r}
	if r.Language == output.Chinese && !drawable(sample) {
		plain := *r // in English
		plain.Language = output.English
		b.Report, b.plain = &plain, true
	}
	for a, arm := range r.Run.Arms {
		name := b.Title(a)
		if !drawable(name) {
			name, b.noted = arm.Name, true
		}
		b.names = append(b.names, name)
	}
	return b
}

// letters is a text, or another one where the font lacks letters of it.
func (b *book) letters(text, otherwise string) string {
	if drawable(text) {
		return text
	}
	return otherwise
}

// All draws every figure of the report on as many goroutines as there are processors. A figure that cannot be drawn is left out and named
// in a warning.
func All(r *output.Report) (figures []Figure, warnings []string) {
	b := newBook(r)
	if b.plain {
		warnings = append(warnings, r.Say("charts: no font with Chinese letters was found, so they are in English; --font FILE names one"))
	}
	if b.noted {
		warnings = append(warnings, b.Say("charts: the font lacks letters of some arm titles; those arms are shown by their key"))
	}
	type job struct {
		kind  string
		group int
	}
	var jobs []job
	if r.Run.Months > 0 {
		for _, kind := range Kinds {
			for g := range r.Groups {
				jobs = append(jobs, job{kind, g})
			}
		}
	}
	drawn, failed := make([]*Figure, len(jobs)), make([]error, len(jobs))
	var workers sync.WaitGroup
	var taken atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := taken.Add(1) - 1; int(i) < len(jobs); i = taken.Add(1) - 1 {
				drawn[i], failed[i] = b.draw(jobs[i].kind, jobs[i].group)
			}
		})
	}
	workers.Wait()
	for i, f := range drawn {
		if failed[i] != nil {
			warnings = append(warnings, b.Say("chart %s: not drawn: %v", b.file(jobs[i].kind, jobs[i].group), failed[i]))
		} else if f != nil {
			figures = append(figures, *f)
		}
	}
	return figures, warnings
}

// draw makes one figure; nil without an error where there is nothing to show.
func (b *book) draw(kind string, group int) (f *Figure, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("%v", p)
		}
	}()
	p := drawers[kind](b, b.Groups[group])
	if p == nil {
		return nil, nil
	}
	p.Language = b.Language
	if len(b.Groups) > 1 {
		p.title += b.Say(" – macro path %s", b.macro(group))
	}
	if b.Replicates < 2 {
		p.notes = append(p.notes, b.Say("One independent replicate: there are no intervals."))
	}
	if b.noted {
		p.notes = append(p.notes, b.Say("The font lacks letters of some arm titles: those arms are shown by their key."))
	}
	f = &Figure{Name: b.file(kind, group), Kind: kind, Group: group, Title: p.title, Caption: p.caption}
	if f.SVG, f.PNG, err = p.render(); err == nil && b.PDF {
		f.PDF, err = portable(p.Language, pageWidth, p.size(), p.draw)
	}
	return f, err
}

// macro is the group's macro path in letters the font has.
func (b *book) macro(group int) string {
	if name := b.Groups[group].Macro; drawable(name) {
		return name
	}
	return fmt.Sprint(group + 1)
}

// file is the figure's file name: the kind and, where there are several, the macro path.
func (b *book) file(kind string, group int) string {
	if len(b.Groups) == 1 {
		return kind
	}
	slug := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, b.Groups[group].Macro)
	if slug == "" || slug != b.Groups[group].Macro {
		slug = strings.TrimSuffix(fmt.Sprintf("%d-%s", group+1, slug), "-")
	}
	return kind + "-" + slug
}

const (
	pageWidth = 640.0
	margin    = 16.0
)

var (
	titleText    = textStyle{size: 13, bold: true, color: ink}
	subtitleText = textStyle{size: 9.5, color: grey}
	noteText     = textStyle{size: 8.5, color: grey}
	panelTitle   = textStyle{size: 9.5, bold: true, color: ink}
)

// layout is a page's texts, broken into lines.
type layout struct {
	title, subtitle, notes []string
	legend                 [][]entry
}

func (p *page) layout() (l layout) {
	room := pageWidth - 2*margin
	l.title, l.subtitle, l.legend = wrap(p.title, room, titleText), wrap(p.subtitle, room, subtitleText), p.legendRows(room)
	for _, n := range p.notes {
		l.notes = append(l.notes, wrap(n, room, noteText)...)
	}
	return l
}

// size is the page's height in points.
func (p *page) size() float64 {
	l := p.layout()
	return margin + 16*float64(len(l.title)) + 13*float64(len(l.subtitle)) + 15*float64(len(l.legend)) + 12 + p.height + 11*float64(len(l.notes)) + margin
}

func (p *page) render() (svg, image []byte, err error) {
	return render(p.Language, pageWidth, p.size(), p.draw)
}

// draw lays the page out from top to bottom: title, subtitle, legend, body, notes.
func (p *page) draw(c *canvas) {
	l := p.layout()
	y := c.h - margin + 3
	for _, line := range l.title {
		y -= 16
		c.text(margin, y+2, line, titleText)
	}
	for _, line := range l.subtitle {
		y -= 13
		c.text(margin, y, line, subtitleText)
	}
	for _, row := range l.legend {
		y -= 15
		x := margin
		for _, e := range row {
			x = c.sign(x, y, e)
		}
	}
	y -= 12
	p.body(c, margin, y-p.height, pageWidth-margin, y)
	for i, line := range l.notes {
		c.text(margin, margin+11*float64(len(l.notes)-1-i)-3, line, noteText)
	}
}

func (e entry) indent() float64 {
	if e.sign.width > 0 {
		return 24
	}
	return 17
}

func (e entry) width() float64 { return e.indent() + width(e.name, labelText) + 16 }

func (p *page) legendRows(room float64) (rows [][]entry) {
	used := 0.0
	for _, e := range p.legend {
		if len(rows) == 0 || used+e.width() > room+16 {
			rows, used = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += e.width()
	}
	return rows
}

// sign draws a legend entry and returns where the next begins.
func (c *canvas) sign(x, y float64, e entry) float64 {
	if e.sign.width > 0 {
		c.line(e.sign, point{x, y + 3}, point{x + 19, y + 3})
	} else {
		c.box(e.sign.color, x, y-1, x+12, y+8)
	}
	c.text(x+e.indent(), y, e.name, labelText)
	return x + e.width()
}

// styleOf gives arms their line: the reference the first, the others in the order of the group, the same in
// every chart that can show them all.
func (b *book) styleOf(shown []int) map[int]lineStyle {
	out := map[int]lineStyle{}
	for i, a := range shown {
		s := styles[0]
		if i > 0 {
			s = styles[1+(i-1)%(len(styles)-1)]
			if i >= len(styles) { // a second round: other dashes
				s.dashes = []vg.Length{vg.Length(1 + i), 3, 1, 3}
			}
		}
		out[a] = s
	}
	return out
}

func colours(styles map[int]lineStyle, arms []int) []color.NRGBA {
	out := make([]color.NRGBA, len(arms))
	for i, a := range arms {
		out[i] = styles[a].color
	}
	return out
}

func (b *book) namesOf(arms []int) []string {
	out := make([]string, len(arms))
	for i, a := range arms {
		out[i] = b.names[a]
	}
	return out
}

// tiles cuts the body into n panels, column by column count, and calls draw for each; last says whether the
// panel is the lowest of its column.
func tiles(n, columns int, left, bottom, right, top, gapX, gapY float64, draw func(i int, left, bottom, right, top float64, first, last bool)) {
	rows := (n + columns - 1) / columns
	w := (right - left - gapX*float64(columns-1)) / float64(columns)
	h := (top - bottom - gapY*float64(rows-1)) / float64(rows)
	for i := range n {
		row, column := i/columns, i%columns
		l, t := left+float64(column)*(w+gapX), top-float64(row)*(h+gapY)
		draw(i, l, t-h, l+w, t, column == 0, i+columns >= n)
	}
}
