package table

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Sheet is a table of texts.
type Sheet struct {
	Columns []SheetColumn
	Rows    [][]string
}

// SheetColumn is a column of a sheet: of figures, which are right-aligned, of words, or of sentences, which share the
// room that the others leave and are wrapped.
type SheetColumn struct {
	Title            string
	Figures, Wrapped bool
}

// Terminal writes the sheet for a terminal of the given width.
func (s Sheet) Terminal(width int) string {
	room, wrapped := width, 0
	for k, c := range s.Columns {
		if c.Wrapped {
			wrapped++
			room -= gap
			continue
		}
		widest := text.StringWidth(c.Title)
		for _, row := range s.Rows {
			widest = max(widest, text.StringWidth(row[k]))
		}
		room -= widest + gap
	}
	const least = 20
	t := s.writer(func(cell string) string { return cell }, max(room/max(wrapped, 1), least))
	t.SetStyle(plain)
	var b strings.Builder
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// Markdown writes the sheet in Markdown.
func (s Sheet) Markdown() string {
	return s.writer(func(cell string) string { return strings.ReplaceAll(Escape(cell), `\|`, "|") }, 0).RenderMarkdown() + "\n" // the renderer escapes bars itself
}

// writer fills a table; sentences are wrapped at a width above 0.
func (s Sheet) writer(written func(string) string, wrap int) table.Writer {
	t := table.NewWriter()
	var configs []table.ColumnConfig
	fill := func(cells []string) (row table.Row) {
		for _, cell := range cells {
			row = append(row, written(cell))
		}
		return row
	}
	var titles []string
	for k, c := range s.Columns {
		titles = append(titles, c.Title)
		config := table.ColumnConfig{Number: k + 1}
		if c.Figures {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		if c.Wrapped && wrap > 0 {
			config.WidthMax, config.WidthMaxEnforcer = wrap, text.WrapSoft
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(fill(titles))
	for _, row := range s.Rows {
		t.AppendRow(fill(row))
	}
	return t
}
