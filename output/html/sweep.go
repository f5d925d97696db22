package html

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"relend/output"
	"relend/output/chart"
	"relend/output/table"
	"relend/sim/estimate"
)

//go:embed sweep.gohtml
var sweepSource string

var sweepLayout = template.Must(template.Must(layout.Clone()).New("sweep").Parse(sweepSource))

// sweepView is what the template of a sweep shows.
type sweepView struct {
	*output.Sweep
	Style    template.CSS
	Facts    string
	Warnings []string
	Parts    []part
}

// part is a section of a sweep's report.
type part struct {
	ID, Title, Text string
	Figures         []figure
	Tables          []grid
}

// RenderSweep makes tables/*.csv, charts/*.svg, charts/*.png, report.html and report.md of a sweep. failures say which
// cells have failed and why. The same sweep gives the same bytes.
func RenderSweep(r *output.Sweep, failures []string) (files Files, warnings []string) {
	figures, warnings := chart.AllSweep(r)
	files = Files{Bytes: map[string][]byte{}, Tables: table.AllSweep(r)}
	for _, t := range files.Tables {
		files.Bytes["tables/"+t.Name+".csv"] = table.CSV(t.Columns)
	}
	for _, f := range figures {
		files.Bytes["charts/"+f.Name+".svg"] = append([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), f.SVG...)
		files.Bytes["charts/"+f.Name+".png"] = f.PNG
	}
	v := sweepView{Sweep: r, Style: template.CSS(style), Warnings: slices.Concat(r.Sweep.Warnings, warnings, failures), Facts: facts(r)}
	shown := map[string][]figure{}
	for _, f := range figures {
		shown[f.Kind] = append(shown[f.Kind], figure{f.Title, f.Caption, inline(f.SVG, f.Caption)})
	}
	for _, p := range []part{
		{"influence", r.Say("What moves the outputs"), influenceText(r), slices.Concat(shown["sobol"], shown["morris"], shown["tornado"]), influenceTables(r)},
		{"responses", r.Say("Response curves"), "", shown["response"], nil},
		{"together", r.Say("Two dimensions together"), "", shown["heat"], nil},
		{"frontier", r.Say("Efficient frontier"), "", shown["frontier"], frontierTable(r)},
		{"regret", r.Say("Regret"), r.Say("How much an alternative falls short of the best one of each world, by paired differences. A robust choice has a small largest regret."), nil, regretTables(r)},
		{"discovery", r.Say("Where it happens"), r.Say("Boxes of the patient rule induction method. A limit stays only where luck alone would hardly bring it; chance is that probability."), shown["box"], boxTables(r)},
		{"uncertainty", r.Say("Two bands"), "", shown["uncertainty"], uncertaintyTables(r)},
		{"design", r.Say("Design"), r.Say("Every cell, with all its parameters, its estimates and paired differences, is in tables/cells.csv and tables/cells.parquet. Intervals: %s, Student's t over replicates.", r.Percent()), nil, designTables(r)},
	} {
		if len(p.Figures)+len(p.Tables) > 0 {
			v.Parts = append(v.Parts, p)
		}
	}
	var b bytes.Buffer
	page := template.Must(sweepLayout.Clone()).Funcs(template.FuncMap{"say": r.Say})
	if err := page.Execute(&b, v); err != nil {
		panic(err) // the template does not fit its data
	}
	files.Bytes["report.html"] = b.Bytes()
	files.Bytes["report.md"] = sweepMarkdown(r, v)
	var text strings.Builder
	for _, s := range r.Answer {
		text.WriteString(s + "\n")
	}
	files.Headline = text.String()
	return files, warnings
}

func facts(r *output.Sweep) string {
	text := r.Say("%s, %s", r.Method, r.Say("%s, %s", r.Count(len(r.Points), "point"), r.Say("%s, %s", r.Count(len(r.Sweep.Arms), "arm"), r.Count(r.Paths, "path"))))
	if r.Excluded > 0 {
		text += r.Say("; %s excluded by the constraints", r.Count(r.Excluded, "point"))
	}
	return r.Say("%s.", text)
}

func influenceText(r *output.Sweep) string {
	switch r.Method {
	case "saltelli":
		return r.Say("Sobol's indices are shares of the variance that the dimensions cause over the design. A band that holds zero means that the index is not distinguishable from zero, however large or small the estimate is.")
	case "morris":
		return r.Say("Elementary effects are changes of the output over the whole range of one dimension, from many starting points.")
	}
	return ""
}

func influenceTables(r *output.Sweep) (tables []grid) {
	for _, x := range r.Influences() {
		caption := r.OutputTitle(x.Output) + armSuffix(r, x.Arm)
		if x.Sobol != nil {
			g := grid{Caption: caption, Columns: []string{r.Say("Dimension"), r.Say("First index"), r.Say("Total index")}}
			for _, d := range x.Order {
				g.add(r.Dimensions[d].Title, r.Index(x.Sobol[d].First), r.Index(x.Sobol[d].Total))
			}
			tables = append(tables, g)
			continue
		}
		s := r.Scale(x.Output)
		g := grid{Caption: caption + r.Say(", %s", or(s.DiffUnit, r.Say("number"))), Columns: []string{r.Say("Dimension"), "mu*", r.Say("band"), "sigma"}}
		for _, d := range x.Order {
			e := x.Morris[d]
			digits := s.Digits((e.Size.Hi - e.Size.Lo) / 4)
			number := func(v float64) string { return output.Number(v*s.Factor, digits) }
			g.add(r.Dimensions[d].Title, number(e.Size.Value), r.Say("%s to %s", number(e.Size.Lo), number(e.Size.Hi)), number(e.Sigma))
		}
		tables = append(tables, g)
	}
	return tables
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func armSuffix(r *output.Sweep, arm int) string {
	if len(r.Sweep.Arms) < 2 {
		return ""
	}
	return r.Say(", %s", r.Titled(r.Sweep.Arms[arm].Title))
}

func frontierTable(r *output.Sweep) []grid {
	f := r.BuildFrontier()
	if f == nil {
		return nil
	}
	dominated := 0
	for _, by := range f.Dominated {
		if by >= 0 {
			dominated++
		}
	}
	g := grid{Caption: r.Say("On the frontier: %d of %s; %d are dominated, distinguishably", len(f.Front), r.Count(len(f.Alternatives), "alternative"), dominated),
		Columns: []string{r.Say("Alternative"), r.OutputTitle(f.X), r.OutputTitle(f.Y)}}
	for _, a := range f.Front {
		g.add(r.Named(f.Alternatives[a].Title), r.Text(f.X, f.Points[a][0]), r.Text(f.Y, f.Points[a][1]))
	}
	return []grid{g}
}

// mostRows of a table in the report; the CSV has all.
const mostRows = 20

func regretTables(r *output.Sweep) (tables []grid) {
	for _, x := range r.Regrets() {
		s := r.Scale(x.Output)
		g := grid{Caption: r.Say("Regret in %s, %s, smallest largest regret first", r.OutputTitle(x.Output), or(s.DiffUnit, r.Say("number"))),
			Columns: []string{r.Say("Alternative"), r.Say("Largest regret"), r.Say("in world"), r.Say("Mean regret")}}
		few := len(x.Worlds) <= 4
		if few {
			g.Columns = append(g.Columns, x.Worlds...)
		}
		for i, row := range x.Rows {
			if i == mostRows {
				g.Caption += r.Say("; %d of %d alternatives", mostRows, len(x.Rows))
				break
			}
			most := row.Regrets[row.Largest]
			digits := s.DigitsOf(most)
			cells := []string{r.Named(row.Title), plusMinus(r.Language, s, most, digits), x.Worlds[row.Largest], output.Number(row.Mean*s.Factor, digits)}
			if few {
				for _, f := range row.Regrets {
					cells = append(cells, plusMinus(r.Language, s, f, digits))
				}
			}
			g.add(cells...)
		}
		tables = append(tables, g)
	}
	return tables
}

// plusMinus writes a regret; that of the best alternative is 0 without an error.
func plusMinus(in output.Language, s output.Scale, f estimate.Figure, digits int) string {
	if f.Value == 0 && f.SE == 0 {
		return in.Say("0, the best")
	}
	return s.PlusMinus(f, digits)
}

func boxTables(r *output.Sweep) (tables []grid) {
	for _, x := range r.Discoveries() {
		q := r.Discover[x.Discovery]
		s := r.Scale(q.Output)
		what := r.Say("%s below %s", r.OutputTitle(q.Output), s.Plain(q.Threshold))
		if q.Above {
			what = r.Say("%s above %s", r.OutputTitle(q.Output), s.Plain(q.Threshold))
		}
		what += armSuffix(r, x.Arm)
		if x.Box == nil {
			why := r.Say("no part of the space stands out")
			switch x.Hits {
			case 0:
				why = r.Say("it happens nowhere in the design")
			case x.Cells:
				why = r.Say("it happens everywhere in the design")
			}
			tables = append(tables, grid{Caption: r.Say("%s: %d of %s; %s", what, x.Hits, r.Count(x.Cells, "cell"), why)})
			continue
		}
		g := grid{Caption: r.Say("%s: in the box %d of %s (%s %%), which is %s %% of all; overall %s %%", what, x.Box.Hits, r.Count(x.Box.Points, "cell"),
			output.Number(100*x.Box.Density, 0), output.Number(100*x.Box.Coverage, 0), output.Number(100*x.Box.Overall, 0)), Columns: []string{r.Say("Dimension"), r.Say("Limit"), r.Say("Chance")}}
		for d, l := range x.Box.Limits {
			if l.Set() {
				chance := r.Say("below 0.001")
				if l.Chance >= .001 {
					chance = output.Number(l.Chance, 3)
				}
				g.add(r.Dimensions[d].Title, r.LimitText(r.Language, d, l), chance)
			}
		}
		tables = append(tables, g)
	}
	return tables
}

func uncertaintyTables(r *output.Sweep) (tables []grid) {
	list := r.Uncertainties()
	for o := range r.Outputs {
		s := r.Scale(o)
		g := grid{Caption: r.OutputTitle(o) + r.Say(", %s", or(s.Unit, r.Say("number"))), Columns: []string{r.Say("Alternative"), r.Say("Mean over the parameters"), r.Say("± given the parameters"), r.Say("%s over the parameters", r.Percent())}}
		for _, u := range list {
			if u.Output != o {
				continue
			}
			if len(g.Rows) == mostRows {
				g.Caption += r.Say("; the first %d alternatives", mostRows)
				break
			}
			digits := s.DigitsOf(u.Mean)
			number := func(v float64) string { return output.Number(v*s.Factor, digits) }
			g.add(r.Named(u.Title), s.PlusMinus(u.Mean, digits), number(u.Given), r.Say("%s to %s", number(u.Lo), number(u.Hi)))
		}
		if len(g.Rows) > 0 {
			tables = append(tables, g)
		}
	}
	return tables
}

func designTables(r *output.Sweep) []grid {
	g := grid{Caption: r.Say("Dimensions"), Columns: []string{r.Say("Dimension"), r.Say("Field"), r.Say("Values"), r.Say("Base"), r.Say("Role")}}
	for d, x := range r.Dimensions {
		levels := r.LevelsOf(d)
		values := strings.Join(levels, ", ")
		if len(levels) > 12 {
			values = r.Say("%d values from %s to %s", len(levels), levels[0], levels[len(levels)-1])
		}
		role := r.Say("chosen")
		switch {
		case x.Uncertain:
			role = r.Say("uncertain")
		case x.Scenario:
			role = r.Say("scenario")
		}
		g.add(x.Title, strings.Join(x.Paths, ", "), values, x.Base, role)
	}
	b := grid{Caption: r.Say("The base"), Columns: []string{r.Say("Output")}}
	for _, a := range r.Sweep.Arms {
		b.Columns = append(b.Columns, r.Titled(a.Title))
	}
	for o := range r.Outputs {
		row := []string{r.OutputTitle(o)}
		for a := range r.Sweep.Arms {
			if f := r.Figures[r.Base[a]][o]; math.IsNaN(f.Value) {
				row = append(row, "–")
			} else {
				row = append(row, r.Text(o, f))
			}
		}
		b.add(row...)
	}
	inputs := grid{Caption: r.Say("Inputs"), Columns: []string{r.Say("File"), "SHA-256"}}
	var names []string
	for name := range r.Inputs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		inputs.add(name, r.Inputs[name])
	}
	if len(names) == 0 {
		return []grid{g, b}
	}
	return []grid{g, b, inputs}
}

// sweepMarkdown is the summary for a CI system.
func sweepMarkdown(r *output.Sweep, v sweepView) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", table.Escape(cut(r.Say(r.Title))))
	for _, s := range r.Answer {
		fmt.Fprintf(&b, "- %s\n", table.Escape(cut(s)))
	}
	fmt.Fprintf(&b, "\n%s\n", v.Facts)
	for _, p := range v.Parts {
		for _, g := range p.Tables {
			sheet := table.Sheet{Rows: g.Rows}
			for _, c := range g.Columns {
				sheet.Columns = append(sheet.Columns, table.SheetColumn{Title: c})
			}
			fmt.Fprintf(&b, "\n## %s\n\n", table.Escape(g.Caption))
			if len(g.Rows) > 0 {
				b.WriteString(sheet.Markdown())
			}
		}
	}
	if len(v.Warnings) > 0 {
		fmt.Fprintf(&b, "\n## %s\n\n", r.Say("Warnings"))
		for i, w := range v.Warnings {
			if i == mostRows {
				fmt.Fprintf(&b, "- %s\n", r.Say("and %s more in report.html", output.Number(float64(len(v.Warnings)-mostRows), 0)))
				break
			}
			fmt.Fprintf(&b, "- %s\n", table.Escape(cut(w)))
		}
	}
	return []byte(b.String())
}
