package table

import (
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Headline is the headline table under one macro path: rows are arms, columns the headline measures at the
// horizon, each with its difference to the reference arm.
type Headline struct {
	Macro   string
	Note    string // what the macro path itself does to the reference arm; "" for the first path
	Left    string // which arms were left out; "" where none were
	Columns []HeadColumn
	Rows    []HeadRow
}

// HeadColumn is one measure.
type HeadColumn struct {
	Title, Unit, DiffUnit, Definition string
	Better                            data.Better
}

// HeadRow is one arm.
type HeadRow struct {
	Arm       int
	Title     string
	Reference bool
	Beaten    string // title of the arm that beats it, "" where none does
	Cells     []HeadCell
}

// HeadCell is one figure in the column's unit.
type HeadCell struct {
	Value    string
	Half     string // "±" and half its interval, or ""
	Diff     string // "~" cannot be told from zero, "=" equal on every path, "" for the reference
	DiffHalf string
	Verdict  estimate.Verdict
}

// Headlines builds the headline tables, one per macro path, of at most the given number of arms each.
func Headlines(r *output.Report, most int) []Headline {
	var out []Headline
	for i, g := range r.Groups {
		h := Headline{Macro: g.Macro}
		g.Arms, h.Left = r.Choose(g, most)
		if i > 0 {
			h.Note = note(r, g)
		}
		for _, m := range r.Headline {
			s := r.Scale(m)
			h.Columns = append(h.Columns, HeadColumn{r.Say(r.Measures[m].Title), s.Unit, s.DiffUnit, r.Say(r.Measures[m].Definition), r.Measures[m].Better})
		}
		for _, a := range g.Arms {
			row := HeadRow{Arm: a, Title: r.Title(a), Reference: a == g.Reference}
			if b := r.Dominated[a]; b >= 0 {
				row.Beaten = r.Title(b)
			}
			h.Rows = append(h.Rows, row)
		}
		for _, m := range r.Headline {
			s := r.Scale(m)
			var values, differences []estimate.Figure
			for _, a := range g.Arms {
				values = append(values, r.Figures[a][m][r.Run.Months])
				if a != g.Reference {
					differences = append(differences, r.Differences[a][m][r.Run.Months])
				}
			}
			digits, diffDigits := s.Column(values), s.Column(differences)
			for i, a := range g.Arms {
				cell := HeadCell{Value: s.Value(values[i], digits)}
				if !math.IsNaN(values[i].SE) {
					cell.Half = "±" + output.Number(values[i].Half()*s.Factor, digits)
				}
				if a != g.Reference {
					d := r.Differences[a][m][r.Run.Months]
					cell.Diff, cell.DiffHalf = s.Difference(d, diffDigits)
					cell.Verdict = d.Verdict()
				}
				h.Rows[i].Cells = append(h.Rows[i].Cells, cell)
			}
		}
		out = append(out, h)
	}
	return out
}

// note says what a macro path does to the reference arm.
func note(r *output.Report, g output.Group) string {
	arm := r.Run.Arms[g.Reference]
	if arm.Reference == g.Reference || len(r.Headline) == 0 {
		return ""
	}
	m := r.Headline[0]
	s, d := r.Scale(m), r.Differences[g.Reference][m][r.Run.Months]
	text, half := s.Difference(d, s.DigitsOf(d))
	return r.Say("%s against macro path %s: %s %s", r.Title(g.Reference), r.Run.Arms[arm.Reference].Macro,
		strings.ToLower(r.Say(r.Measures[m].Title)), strings.Join(strings.Fields(text+" "+s.DiffUnit+" "+half), " "))
}

// mostRows is the largest number of arms in a terminal or Markdown table: a CI summary takes 60 kB.
const mostRows = 40

// Legend explains the signs of the headline table.
func Legend(r *output.Report) string {
	return r.Say("After %s. ± half of the %s (%s). Differences are paired with the first arm over the same paths: ~ cannot be told from zero, = equal on every path.",
		r.Count(r.Run.Months, "month"), r.Interval(), r.Count(r.Run.Paths, "path"))
}

// Terminal writes the headline for a terminal of the given width: the answer, one table per macro path, the
// legend. Measures that do not fit side by side go into a second table.
func Terminal(r *output.Report, width int) string {
	var b strings.Builder
	b.WriteString(r.Say(r.Run.Title) + "\n")
	for _, s := range r.Answer {
		b.WriteString(indent(text.WrapSoft(s, width-2)))
	}
	for _, h := range Headlines(r, mostRows) {
		b.WriteString("\n")
		if len(r.Groups) > 1 || h.Macro != "" {
			b.WriteString(text.WrapSoft(strings.TrimSuffix(r.Say("Macro path %s. ", h.Macro)+h.Note, " "), width) + "\n")
		}
		for from := 0; from < len(h.Columns); {
			to := len(h.Columns)
			rendered := h.render(from, to, width)
			for to > from+1 && widest(rendered) > width {
				to--
				rendered = h.render(from, to, width)
			}
			b.WriteString(rendered + "\n")
			from = to
		}
		if h.Left != "" {
			b.WriteString(text.WrapSoft(h.Left, width) + "\n")
		}
	}
	b.WriteString("\n" + text.WrapSoft(Legend(r)+r.Say(" Figures without ± have theirs in the report."), width) + "\n")
	for _, m := range r.Headline {
		b.WriteString(text.WrapSoft(r.Say("%s: %s.", r.Say(r.Measures[m].Title), r.Say(r.Measures[m].Definition)), width) + "\n")
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n") + "\n"
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}

func widest(s string) int {
	most := 0
	for line := range strings.Lines(s) {
		most = max(most, text.StringWidth(strings.TrimRight(line, " \n")))
	}
	return most
}

// render draws columns from..to-1: with every half interval and long titles where that fits, else with the half
// intervals of the first measure only and the titles of arms wrapped.
func (h Headline) render(from, to, width int) string {
	drawn := h.draw(from, to, 40, true)
	for _, title := range []int{26, 18} {
		if widest(drawn) <= width {
			break
		}
		drawn = h.draw(from, to, title, false)
	}
	return drawn
}

func (h Headline) draw(from, to, titleWidth int, halves bool) string {
	units := table.Row{""}
	rows := make([]table.Row, len(h.Rows))
	for k, row := range h.Rows {
		rows[k] = table.Row{text.Snip(row.Title, 2*titleWidth, "…")}
	}
	configs := []table.ColumnConfig{{Number: 1, WidthMax: titleWidth, WidthMaxEnforcer: text.WrapSoft}}
	const titleLines = 3
	var titles [titleLines]strings.Builder // right-aligned over the two columns of a measure, lowest line last
	for i, c := range h.Columns[from:to] {
		units = append(units, c.Unit, strings.TrimSpace("Δ "+c.DiffUnit))
		var wide [2]int
		for k := range h.Rows {
			cell := h.Rows[k].Cells[from+i]
			if halves || from+i == 0 {
				cell.Value, cell.Diff = cell.Value+" "+cell.Half, cell.Diff+" "+cell.DiffHalf
			}
			rows[k] = append(rows[k], strings.TrimSpace(cell.Value), strings.TrimSpace(cell.Diff))
		}
		for _, row := range append(rows, units) {
			for k := range wide {
				wide[k] = max(wide[k], text.StringWidth(row[1+2*i+k].(string)))
			}
		}
		lines := strings.Split(text.WrapSoft(c.Title, 12), "\n")
		if extra := len(lines) - titleLines; extra > 0 {
			lines = append(lines[:titleLines-1], strings.Join(lines[titleLines-1:], " "))
		}
		for k := range lines {
			lines[k] = strings.TrimSpace(lines[k])
			wide[0] = max(wide[0], text.StringWidth(lines[k])-gap-wide[1])
		}
		for k := range titles {
			line := ""
			if at := k - (titleLines - len(lines)); at >= 0 {
				line = lines[at]
			}
			titles[k].WriteString(text.AlignRight.Apply(line, wide[0]+gap+wide[1]) + strings.Repeat(" ", gap))
		}
		for k := range wide {
			configs = append(configs, table.ColumnConfig{Number: 2 + 2*i + k, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: wide[k]})
		}
	}
	t := table.NewWriter()
	t.SetStyle(plain)
	t.SetColumnConfigs(configs)
	t.AppendHeader(units)
	t.AppendRows(rows)
	body := t.Render()
	var b strings.Builder
	first, _, _ := strings.Cut(body, "\n")
	for k := range titles {
		if line := titles[k].String(); strings.TrimSpace(line) != "" {
			b.WriteString(strings.Repeat(" ", max(text.StringWidth(first)-text.StringWidth(line), 0)) + line + "\n")
		}
	}
	return b.String() + body
}

// gap is the number of blanks between columns.
const gap = 2

var plain = func() table.Style {
	s := table.StyleDefault
	s.Name = "plain"
	s.Box = table.StyleBoxLight
	s.Box.PaddingLeft, s.Box.PaddingRight = "", strings.Repeat(" ", gap)
	s.Options = table.Options{SeparateHeader: true}
	s.Format = table.FormatOptions{}
	return s
}()

// Markdown writes the headline tables in Markdown, one per macro path.
func Markdown(r *output.Report) string {
	var b strings.Builder
	for _, h := range Headlines(r, mostRows) {
		if len(r.Groups) > 1 {
			b.WriteString("**" + Escape(r.Say("Macro path %s", h.Macro)) + "**")
			if h.Note != "" {
				b.WriteString(" – " + Escape(h.Note))
			}
			b.WriteString("\n\n")
		}
		t := table.NewWriter()
		header := table.Row{r.Say("Arm")}
		var configs []table.ColumnConfig
		for i, c := range h.Columns {
			unit := ""
			if c.Unit != "" {
				unit = r.Say(", %s", c.Unit)
			}
			header = append(header, c.Title+unit, strings.TrimSpace("Δ "+c.DiffUnit))
			for k := range 2 {
				configs = append(configs, table.ColumnConfig{Number: 2 + 2*i + k, Align: text.AlignRight})
			}
		}
		t.SetColumnConfigs(configs)
		t.AppendHeader(header)
		for _, row := range h.Rows {
			cells := table.Row{strings.ReplaceAll(Escape(row.Title), `\|`, "|")} // the renderer escapes bars itself
			for _, c := range row.Cells {
				cells = append(cells, strings.TrimSpace(c.Value+" "+c.Half), strings.TrimSpace(c.Diff+" "+c.DiffHalf))
			}
			t.AppendRow(cells)
		}
		b.WriteString(t.RenderMarkdown() + "\n\n")
		if h.Left != "" {
			b.WriteString(h.Left + "\n\n")
		}
	}
	b.WriteString(Legend(r) + "\n")
	return b.String()
}

// Escape makes user text harmless in Markdown.
func Escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "|", "\\|", "#", "\\#", "\n", " ").Replace(s)
}
