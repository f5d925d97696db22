package table

import (
	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Attribution is the table of one measure: a row for each clause in the order of the waterfall, and the whole.
func Attribution(a *output.Attribution, m *output.AttributedMeasure) Sheet {
	s := m.Scale(a.Currency)
	sheet := Sheet{Columns: []SheetColumn{{Title: "Clause"}, {Title: "Shapley share", Figures: true}, {Title: "In order", Figures: true}, {Title: "With it; without it", Wrapped: true}}}
	digits := s.Column(append(append([]estimate.Figure{m.Whole}, m.Shares...), m.Steps...))
	row := func(name string, share, step estimate.Figure, words string) {
		sheet.Rows = append(sheet.Rows, []string{name, output.Change(s, share, digits), output.Change(s, step, digits), words})
	}
	for i, c := range a.Clauses {
		row(c.Name, m.Shares[i], m.Steps[i], c.With+" Without: "+c.Out)
	}
	row("all", m.Whole, m.Whole, a.Arm+" against "+a.Reference)
	return sheet
}

// AttributionColumns is the tidy table of all measures: one row for each measure, clause and method, and one for the whole.
// Values are in the measure's own unit (shares as fractions, money in minor units) and add up to the whole to the last bit.
func AttributionColumns(a *output.Attribution) []Column {
	b := newBuilder("measure unit method place clause value std_error lo hi level", "sssisfffff")
	for i := range a.Measures {
		m := &a.Measures[i]
		unit := m.Measure.Unit.String()
		if m.Measure.Unit == data.Amount {
			unit = "minor " + a.Currency
		}
		put := func(method string, place int, clause string, f estimate.Figure) {
			b.add(m.Measure.Name, unit, method, place, clause, f.Value, f.SE, f.Lo, f.Hi, a.Level)
		}
		put("level", 0, "none", m.Reference)
		put("level", len(a.Clauses), "all", m.Arm)
		for _, method := range []struct {
			name  string
			parts []estimate.Figure
		}{{"shapley", m.Shares}, {"sequential", m.Steps}} {
			for k, c := range a.Clauses {
				put(method.name, k+1, c.Name, method.parts[k])
			}
			put(method.name, len(a.Clauses)+1, "all", m.Whole)
		}
	}
	return b.columns
}
