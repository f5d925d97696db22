package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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

//go:embed report.js
var script string

// contentPolicy lets the page load nothing and run nothing but its own script.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(script))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

var layout = template.Must(template.New("report").Funcs(template.FuncMap{
	"number": func(v int64) string { return output.Number(float64(v), 0) },
	"minus":  minus,
	"spans":  output.Spans,
	"upper": func(s string) string {
		first, size := utf8.DecodeRuneInString(s)
		return strings.ToUpper(string(first)) + s[size:]
	},
	"say": output.English.Say, "recorded": output.English.Recorded, "titled": output.English.Titled, "regulation": output.English.Regulation, // replaced by those of the report
}).Parse(source))

// view is what the template shows.
type view struct {
	*output.Report
	Style       template.CSS
	Script      template.JS
	Policy      string
	Fingerprint string
	Setting     string
	Projected   string
	Contents    []entry
	Legend      string
	Headlines   []headline
	Lead        *figure
	Figures     map[string][]figure // by kind
	Margin      []grid
	Losses      []grid
	LossRates   []grid
	ByStage     []grid
	Late        []grid
	Refusals    []grid
	Bites       []grid
	Flows       []grid
	Bands       []grid
	Access      []grid
	Relending   []grid
	Segments    []grid
	Parts       []grid
	Spread      []grid
	Influence   []grid
	Measures    []grid
	Arms        []data.Arm
	Changed     []data.Parameter
	Unchanged   []data.Parameter
	Months      string
	Paths       string
	Defined     []data.Measure
	Anchored    []grid
	Settled     []grid
	Methods     []string
	Sharing     string
	Weighing    string
}

// entry is one of the contents.
type entry struct{ ID, Title string }

// contents are the sections, in order.
var contents = [][2]string{{"answer", "Answer"}, {"price", "What each policy buys and costs"}, {"time", "Default rates over time"}, {"losses", "Losses"}, {"late", "Delinquency"},
	{"refused", "Who is refused and why"}, {"rules", "What each rule does"}, {"served", "Who is served"}, {"relending", "Re-lending and debt"}, {"segments", "Segments"}, {"measures", "All measures"}, {"arms", "Arms"}, {"intake", "Portfolio"},
	{"assumptions", "Assumptions"}, {"checks", "Checks"}, {"precision", "Precision"}, {"method", "How it was computed"}, {"reproduce", "How to reproduce"}, {"definitions", "Definitions"}}

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
	from    [][]string // of the cells, see Trace; nil: none
}

// Key is that of a cell, "" without.
func (g grid) Key(row, column int) string { return cellOf(g.keys, row, column) }

// From says which cell of a table a cell's number comes from, "" without.
func (g grid) From(row, column int) string { return cellOf(g.from, row, column) }

// cellOf reads what belongs to a cell; the first column has nothing.
func cellOf(list [][]string, row, column int) string {
	if row >= len(list) || column == 0 || column > len(list[row]) {
		return ""
	}
	return list[row][column-1]
}

func (g *grid) add(cells ...string) { g.Rows = append(g.Rows, cells) }

// page renders report.html.
func page(r *output.Report, figures []chart.Figure) []byte {
	run := r.Run
	v := view{Report: r, Style: template.CSS(style), Script: template.JS(script), Policy: contentPolicy, Fingerprint: fingerprint(run), Legend: table.Legend(r), Figures: map[string][]figure{}, Arms: run.Arms,
		Months: r.Count(run.Months, "month"), Paths: r.Count(run.Paths, "path"), Defined: r.Measures, Methods: methods(r), Anchored: append(loadingTable(r), anchorTable(r)...)}
	v.Setting, v.Projected = setting(r), projected(r)
	for _, c := range contents {
		v.Contents = append(v.Contents, entry{c[0], r.Say(c[1])})
	}
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
		v.Margin = append(v.Margin, marginTable(r, g)...)
		v.LossRates, v.ByStage = append(v.LossRates, lossRateTables(r, g)...), append(v.ByStage, stageTables(r, g)...)
		v.Relending = append(v.Relending, measureTable(r, g, r.Say("After %s", v.Months), "originations", "originations_amount", "top_up_share", "repeat_share", "tenth_loan_share", "long_sequence_loans",
			"renewed_14_share", "approval_rate", "take_up_rate", "served_share", "turned_away_share", "leaks", "shocks", "outside_loans_mean", "owing_two_share", "owing_five_share", "external_debt"))
		v.Parts, v.Spread = append(v.Parts, partTables(r, g)...), append(v.Spread, spreadTable(r, g)...)
		v.Losses = append(v.Losses, lossTable(r, g))
		v.Late = append(v.Late, measureTable(r, g, r.Say("After %s", v.Months), "rate_30", "rate_60", "rate_90", "par_30", "par_60", "par_90", "gross_charge_off_rate", "net_charge_off_rate"))
		v.Refusals = append(v.Refusals, refusalTable(r, g))
		v.Access = append(v.Access, measureTable(r, g, r.Say("Risk and access after %s", v.Months), accessMeasures...))
		v.Bites = append(v.Bites, biteTables(r, g)...)
		v.Flows, v.Bands = append(v.Flows, flowTables(r, g)...), append(v.Bands, bandTables(r, g)...)
		v.Segments = append(v.Segments, segmentTables(r, g)...)
		v.Settled = slices.Concat(v.Settled, settledTables(r, g), partsTable(r, g), beyondTable(r, g))
		var names []string
		for _, m := range r.Measures {
			names = append(names, m.Name)
		}
		v.Measures = append(v.Measures, measureTable(r, g, r.Say("All measures after %s", v.Months), names...))
	}
	v.Influence = influenceTable(r)
	v.Sharing, v.Weighing = r.Sharing(run), r.Weighing(run)
	for _, p := range run.Parameters {
		if p.Value != p.Default {
			v.Changed = append(v.Changed, p)
		} else {
			v.Unchanged = append(v.Unchanged, p)
		}
	}
	var b bytes.Buffer
	page := template.Must(layout.Clone()).Funcs(template.FuncMap{"say": r.Say, "recorded": r.Recorded, "titled": r.Titled, "regulation": r.Regulation})
	if err := page.Execute(&b, v); err != nil {
		panic(err) // the template and the view are compiled together
	}
	return b.Bytes()
}

// fingerprint is a short hash of what was run, to which every number of the page belongs.
func fingerprint(run *data.Run) string {
	raw, err := json.Marshal(run)
	if err != nil {
		panic(err) // a plain value
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}

// setting says in a line what was run.
func setting(r *output.Report) string {
	run := r.Run
	text := r.Say("%s borrowers", output.Number(float64(run.Intake.WeightedBorrowers), 0))
	if run.AsOf != "" {
		text += r.Say(" as of %s", run.AsOf)
	}
	text += r.Say(", %s, %s, %s", r.Count(len(run.Arms), "arm"), r.Count(run.Months, "month"), r.Count(run.Paths, "path"))
	if run.Design != "" {
		text += r.Say(" (%s)", r.Say(run.Design))
	}
	return text + r.Say(", seed %d.", run.Seed)
}

// projected says who is projected and who is not.
func projected(r *output.Report) string {
	in := &r.Run.Intake
	text := r.Say("%s borrowers are projected", output.Number(float64(in.Borrowers), 0))
	if in.Borrowers != in.WeightedBorrowers {
		text += r.Say(", standing for %s by their weights", output.Number(float64(in.WeightedBorrowers), 0))
	}
	return text + r.Say(", with a balance of %s. %s borrowers with %s had defaulted before the snapshot and are left out.", output.Money(float64(in.Balance), r.Run.Currency),
		output.Number(float64(in.ExcludedBorrowers), 0), output.Money(float64(in.ExcludedBalance), r.Run.Currency))
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
	return r.Say("macro path %s", macro)
}

func caption(r *output.Report, g output.Group, text, note string) string {
	if name := groupName(r, g.Macro); name != "" {
		text += r.Say(", %s", name)
	}
	if note != "" {
		text += r.Say(". %s", note)
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
	t := grid{Caption: caption(r, g, text, note), Columns: []string{r.Say("Measure")}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	for _, name := range names {
		m := r.Index(name)
		s := r.Scale(m)
		title := r.Say(r.Measures[m].Title)
		if s.Unit != "" {
			title += r.Say(", %s", s.Unit)
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
	t := grid{Caption: caption(r, g, r.Say("Credit loss after %s over paths, %% of the balance at the snapshot", r.Count(r.Run.Months, "month")), r.Say("Needs n: an interval takes n paths.")),
		Columns: []string{r.Say("Arm"), r.Say("Mean"), r.Say("Median")}}
	for _, p := range output.TailLevels {
		t.Columns = append(t.Columns, r.Say("VaR")+" "+output.Percent(p), r.Say("ES")+" "+output.Percent(p))
	}
	for _, a := range g.Arms {
		l := r.Losses[a][0]
		s := r.Scale(r.Index(l.Measure))
		cells := []string{r.Title(a), s.PlusMinus(l.Mean, s.DigitsOf(l.Mean)), tail(r.Language, l.Quantiles[2])}
		for i := range output.TailLevels {
			cells = append(cells, tail(r.Language, l.AtRisk[i]), tail(r.Language, l.Shortfall[i]))
		}
		for i := range cells[1:] {
			cells[i+1] = minus(cells[i+1])
		}
		t.add(cells...)
	}
	return t
}

// tail writes a value with its interval, or the paths it takes.
func tail(in output.Language, t estimate.Tail) string {
	switch {
	case math.IsNaN(t.Value):
		return in.Say("needs %s paths", output.Number(float64(t.Needs), 0))
	case t.Needs > 0:
		return output.Number(t.Value*100, 1) + in.Say(" (needs %s)", output.Number(float64(t.Needs), 0))
	}
	return in.Say("%s (%s to %s)", output.Number(t.Value*100, 1), minus(output.Number(t.Lo*100, 1)), output.Number(t.Hi*100, 1))
}

// refusalTable has a row a reason, a column an arm: share of applications.
func refusalTable(r *output.Report, g output.Group) grid {
	arms, note := r.Choose(g, mostColumns)
	t := grid{Caption: caption(r, g, r.Say("Denials by first failing rule, %% of applications in %s", r.Count(r.Run.Months, "month")), note), Columns: []string{r.Say("Reason")}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	share := output.ScaleOf(data.Share, "", 1)
	for reason := range data.Reason(data.NumReasons) {
		cells, any := []string{r.Say(reason.Title())}, false
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
		t.Caption += r.Say(": no application was denied")
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
			base, some := r.Say("% of the initial borrowers of the row"), false
			if rows[classes[0]][g.Reference].Moving {
				base = r.Say("% of the mean number of active borrowers of the row (borrowers move between the rows, hence no interval)")
			}
			t := grid{Caption: caption(r, g, r.Say("%s by %s, %s", r.Say(kind.text), r.Say(dimension.title), base), note),
				Columns: []string{r.Say("Class"), r.Say("Borrowers"), r.Say("Balance at the snapshot")}}
			for _, a := range arms {
				t.Columns = append(t.Columns, r.Title(a))
			}
			for _, class := range classes {
				first := rows[class][g.Reference]
				cells := []string{r.Say(class), output.Number(first.Borrowers, 0), output.Money(first.BalanceStart, r.Run.Currency)}
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

var negative = regexp.MustCompile(`(^|[ (（])-([0-9])`)

// minus writes the typographic sign in front of negative numbers.
func minus(s string) string { return negative.ReplaceAllString(s, "$1−$2") }
