package html

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"

	"relend/data"
	"relend/output"
	"relend/output/chart"
	"relend/output/table"
	"relend/sim/estimate"
)

//go:embed report.gohtml
var source string

//go:embed report.css
var style string

var layout = template.Must(template.New("report").Funcs(template.FuncMap{
	"number": func(v int64) string { return output.Number(float64(v), 0) },
	"minus":  minus,
	"upper":  func(s string) string { return strings.ToUpper(s[:min(len(s), 1)]) + s[min(len(s), 1):] },
}).Parse(source))

// view is what the template shows.
type view struct {
	*output.Report
	Style     template.CSS
	Legend    string
	Headlines []headline
	Lead      *figure
	Figures   map[string][]figure // by kind
	Losses    []grid
	Late      []grid
	Refusals  []grid
	Bites     []grid
	Access    []grid
	Segments  []grid
	Measures  []grid
	Arms      []data.Arm
	Balance   string
	Excluded  string
	Changed   []data.Parameter
	Unchanged []data.Parameter
	Months    string
	Paths     string
	Defined   []data.Measure
	Anchored  []grid
	Settled   []grid
	Sharing   string
	Weighing  string
}

type figure struct {
	Title, Caption string
	SVG            template.HTML
}

// headline is a headline table with the class of each difference.
type headline struct {
	table.Headline
	Name string
	Rows []headRow
}

type headRow struct {
	table.HeadRow
	Cells []headCell
}

type headCell struct {
	table.HeadCell
	Class string // "good", "bad" or ""
	Key   string // see LookUp

	DiffKey string // "" in the row of the reference, which shows no difference
}

// grid is a table of text: the first column names the rows.
type grid struct {
	Caption string
	Columns []string
	Rows    [][]string
	keys    [][]string // of the cells, see LookUp; nil: none
}

// Key is that of a cell, "" without.
func (g grid) Key(row, column int) string {
	if g.keys == nil || column == 0 {
		return ""
	}
	return g.keys[row][column-1]
}

func (g *grid) add(cells ...string) { g.Rows = append(g.Rows, cells) }

// page renders report.html.
func page(r *output.Report, figures []chart.Figure) []byte {
	run := r.Run
	v := view{Report: r, Style: template.CSS(style), Legend: table.Legend(r), Figures: map[string][]figure{}, Arms: run.Arms,
		Balance: output.Money(float64(run.Intake.Balance), run.Currency), Excluded: output.Money(float64(run.Intake.ExcludedBalance), run.Currency),
		Months: output.Plural(run.Months, "month"), Paths: output.Plural(run.Paths, "path"), Defined: r.Measures, Anchored: append(loadingTable(run), anchorTable(run)...)}
	lead := slices.IndexFunc(figures, func(f chart.Figure) bool { return f.Kind == "difference" })
	if lead < 0 {
		lead = slices.IndexFunc(figures, func(f chart.Figure) bool { return f.Kind == "compare" })
	}
	for i, f := range figures {
		shown := figure{f.Title, f.Caption, inline(f.SVG, f.Caption)}
		if i == lead {
			v.Lead = &shown
			continue
		}
		v.Figures[f.Kind] = append(v.Figures[f.Kind], shown)
	}
	for _, h := range table.Headlines(r, math.MaxInt) {
		v.Headlines = append(v.Headlines, classed(r, h))
	}
	for _, g := range r.Groups {
		v.Losses = append(v.Losses, lossTable(r, g))
		v.Late = append(v.Late, measureTable(r, g, "After "+v.Months, "rate_30", "rate_60", "rate_90", "par_30", "par_60", "par_90", "gross_charge_off_rate", "net_charge_off_rate"))
		v.Refusals = append(v.Refusals, refusalTable(r, g))
		v.Access = append(v.Access, measureTable(r, g, "Risk and access after "+v.Months, accessMeasures...))
		v.Bites = append(v.Bites, biteTables(r, g)...)
		v.Segments = append(v.Segments, segmentTables(r, g)...)
		v.Settled = slices.Concat(v.Settled, settledTables(r, g), partsTable(r, g), beyondTable(r, g))
		var names []string
		for _, m := range r.Measures {
			names = append(names, m.Name)
		}
		v.Measures = append(v.Measures, measureTable(r, g, "All measures after "+v.Months, names...))
	}
	v.Sharing, v.Weighing = output.Sharing(run), output.Weighing(run)
	for _, p := range run.Parameters {
		if p.Value != p.Default {
			v.Changed = append(v.Changed, p)
		} else {
			v.Unchanged = append(v.Unchanged, p)
		}
	}
	var b bytes.Buffer
	if err := layout.Execute(&b, v); err != nil {
		panic(err) // the template and the view are compiled together
	}
	return b.Bytes()
}

// colours of the charts that change with the reader's light or dark setting; report.css gives their values.
var themed = strings.NewReplacer("#222B33", "var(--ink)", "#212A32", "var(--ink)", "#212A33", "var(--ink)",
	"#5B6670", "var(--grey)", "#5A666F", "var(--grey)", "#A9B2BA", "var(--axis)", "#E3E6EA", "var(--grid)", "#FFFFFF", "var(--card)",
	"#0072B2", "var(--blue)", "#0071B1", "var(--blue)", "#C55600", "var(--vermilion)", "#9C6B00", "var(--orange)",
	"#945879", "var(--purple)", "#3B7DA2", "var(--sky)", "#4A1A00", "var(--off)")

// inline prepares a drawing of ours for the page.
func inline(svg []byte, caption string) template.HTML {
	label := template.HTMLEscapeString(caption)
	return template.HTML(strings.Replace(themed.Replace(string(svg)), "<svg ", `<svg role="img" aria-label="`+label+`" `, 1))
}

func classed(r *output.Report, h table.Headline) headline {
	out := headline{Headline: h, Name: groupName(r, h.Macro)}
	for _, row := range h.Rows {
		shown := headRow{HeadRow: row}
		for i, c := range row.Cells {
			class := ""
			if better := h.Columns[i].Better; better != data.Neither {
				switch c.Verdict {
				case estimate.Above:
					class = map[bool]string{true: "good", false: "bad"}[better == data.Higher]
				case estimate.Below:
					class = map[bool]string{true: "good", false: "bad"}[better == data.Lower]
				}
			}
			cell := headCell{HeadCell: c, Class: class, Key: key(r, row.Arm, r.Headline[i])}
			if !row.Reference {
				cell.DiffKey = cell.Key + "/diff"
			}
			shown.Cells = append(shown.Cells, cell)
		}
		out.Rows = append(out.Rows, shown)
	}
	return out
}

// groupName names a macro path in captions; empty where there is only one.
func groupName(r *output.Report, macro string) string {
	if len(r.Groups) < 2 {
		return ""
	}
	return "macro path " + macro
}

func caption(r *output.Report, g output.Group, text, note string) string {
	if name := groupName(r, g.Macro); name != "" {
		text += ", " + name
	}
	if note != "" {
		text += ". " + note
	}
	return text
}

// accessMeasures are what an arm does to those who ask for loans and to the lender, beside the risk that it takes.
var accessMeasures = []string{"default_rate", "loss_rate", "served_share", "borrowers_served", "unserved_12_share", "turned_away_share", "approval_rate",
	"originations", "originations_amount", "leaks", "leak_share", "shocks", "borrower_cost_rate", "interest_income", "net_margin", "net_margin_rate"}

// mostColumns is the largest number of arms side by side in a table.
const mostColumns = 8

// measureTable has a row a measure, a column an arm.
func measureTable(r *output.Report, g output.Group, text string, names ...string) grid {
	arms, note := r.Choose(g, mostColumns)
	t := grid{Caption: caption(r, g, text, note), Columns: []string{"Measure"}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	for _, name := range names {
		m := r.Index(name)
		s := r.Scale(m)
		title := r.Measures[m].Title
		if s.Unit != "" {
			title += ", " + s.Unit
		}
		var figures []estimate.Figure
		for _, a := range arms {
			figures = append(figures, r.At(a, name))
		}
		digits, cells, keys := s.Column(figures), []string{title}, []string{}
		for i, f := range figures {
			cells = append(cells, minus(s.PlusMinus(f, digits)))
			keys = append(keys, key(r, arms[i], m))
		}
		t.add(cells...)
		t.keys = append(t.keys, keys)
	}
	return t
}

// lossTable has a row an arm: mean, value at risk and expected shortfall of the credit loss.
func lossTable(r *output.Report, g output.Group) grid {
	t := grid{Caption: caption(r, g, "Credit loss after "+output.Plural(r.Run.Months, "month")+" over paths, % of the balance at the snapshot", "Needs n: an interval takes n paths."),
		Columns: []string{"Arm", "Mean", "Median"}}
	for _, p := range output.TailLevels {
		t.Columns = append(t.Columns, "VaR "+output.Percent(p), "ES "+output.Percent(p))
	}
	for _, a := range g.Arms {
		l := r.Losses[a][0]
		s := r.Scale(r.Index(l.Measure))
		cells := []string{r.Title(a), s.PlusMinus(l.Mean, s.DigitsOf(l.Mean)), tail(l.Quantiles[2])}
		for i := range output.TailLevels {
			cells = append(cells, tail(l.AtRisk[i]), tail(l.Shortfall[i]))
		}
		for i := range cells[1:] {
			cells[i+1] = minus(cells[i+1])
		}
		t.add(cells...)
	}
	return t
}

// tail writes a value with its interval, or the paths it takes.
func tail(t estimate.Tail) string {
	switch {
	case math.IsNaN(t.Value):
		return fmt.Sprintf("needs %s paths", output.Number(float64(t.Needs), 0))
	case t.Needs > 0:
		return output.Number(t.Value*100, 1) + fmt.Sprintf(" (needs %s)", output.Number(float64(t.Needs), 0))
	}
	return fmt.Sprintf("%s (%s to %s)", output.Number(t.Value*100, 1), minus(output.Number(t.Lo*100, 1)), output.Number(t.Hi*100, 1))
}

// refusalTable has a row a reason, a column an arm: share of applications.
func refusalTable(r *output.Report, g output.Group) grid {
	arms, note := r.Choose(g, mostColumns)
	t := grid{Caption: caption(r, g, "Denials by first failing rule, % of applications in "+output.Plural(r.Run.Months, "month"), note), Columns: []string{"Reason"}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	share := output.ScaleOf(data.Share, "", 1)
	for reason := range data.Reason(data.NumReasons) {
		cells, any := []string{reason.Title()}, false
		for _, a := range arms {
			cell := "0"
			for _, d := range r.Denials[a] {
				if d.Reason == reason {
					cell, any = minus(share.PlusMinus(d.Share, share.DigitsOf(d.Share))), true
				}
			}
			cells = append(cells, cell)
		}
		if any {
			t.add(cells...)
		}
	}
	if len(t.Rows) == 0 {
		t.Caption += ": no application was denied"
	}
	return t
}

// segmentTables have a row a class of borrowers, a column an arm: cumulative default rate and share served.
func segmentTables(r *output.Report, g output.Group) []grid {
	arms, note := r.Choose(g, mostColumns)
	var out []grid
	for _, dimension := range []struct{ name, title string }{{"segment", "segment"}, {"ordinal", "loan ordinal"}, {"product", "product"}} {
		var classes []string
		rows := map[string]map[int]output.SegmentRow{}
		for _, s := range r.Segments {
			if s.Dimension != dimension.name {
				continue
			}
			if rows[s.Class] == nil {
				rows[s.Class] = map[int]output.SegmentRow{}
				classes = append(classes, s.Class)
			}
			rows[s.Class][s.Arm] = s
		}
		if len(classes) < 2 {
			continue
		}
		for _, kind := range []struct {
			text   string
			figure func(output.SegmentRow) estimate.Figure
		}{{"Default rate", func(s output.SegmentRow) estimate.Figure { return s.DefaultRate }},
			{"Borrowers served", func(s output.SegmentRow) estimate.Figure { return s.Served }}} {
			base, some := "% of the initial borrowers of the row", false
			if rows[classes[0]][g.Reference].Moving {
				base = "% of the mean number of active borrowers of the row (borrowers move between the rows, hence no interval)"
			}
			t := grid{Caption: caption(r, g, kind.text+" by "+dimension.title+", "+base, note),
				Columns: []string{"Class", "Borrowers", "Balance at the snapshot"}}
			for _, a := range arms {
				t.Columns = append(t.Columns, r.Title(a))
			}
			for _, class := range classes {
				first := rows[class][g.Reference]
				cells := []string{class, output.Number(first.Borrowers, 0), output.Money(first.BalanceStart, r.Run.Currency)}
				share := output.ScaleOf(data.Share, "", 1)
				for _, a := range arms {
					s, ok := rows[class][a]
					if !ok {
						cells = append(cells, "–")
						continue
					}
					f := kind.figure(s)
					some = some || !math.IsNaN(f.Value)
					cells = append(cells, minus(share.PlusMinus(f, share.DigitsOf(f))))
				}
				t.add(cells...)
			}
			if some {
				out = append(out, t)
			}
		}
	}
	return out
}

var negative = regexp.MustCompile(`(^|[ (])-([0-9])`)

// minus writes the typographic sign in front of negative numbers.
func minus(s string) string { return negative.ReplaceAllString(s, "$1−$2") }
