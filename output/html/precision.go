package html

import (
	"math"

	"relend/data"
	"relend/output"
)

// settledTables show how the default rate and its differences settled with the number of paths.
func settledTables(r *output.Report, g output.Group) []grid {
	if len(r.Stages) < 2 {
		return nil
	}
	arms, note := r.Choose(g, mostColumns)
	s, months := r.Scale(r.Index("default_rate")), r.Count(r.Run.Months, "month")
	level := grid{Caption: caption(r, g, r.Say("Default rate after %s by the first paths of the run, %%", months), note), Columns: []string{r.Say("Arm")}}
	differences := grid{Caption: caption(r, g, r.Say("Its paired difference to %s by the first paths of the run, pp", r.Title(g.Reference)), note), Columns: []string{r.Say("Arm")}}
	for _, stage := range r.Stages {
		level.Columns = append(level.Columns, r.Count(stage.Paths, "path"))
	}
	differences.Columns = level.Columns
	last := r.Stages[len(r.Stages)-1]
	for _, a := range arms {
		cells, gaps := []string{r.Title(a)}, []string{r.Title(a)}
		digits, fine := s.DigitsOf(last.Figures[a]), s.DigitsOf(last.Differences[a])
		for _, stage := range r.Stages {
			cells = append(cells, minus(s.PlusMinus(stage.Figures[a], digits)))
			gaps = append(gaps, minus(s.PlusMinus(stage.Differences[a], fine)))
		}
		level.add(cells...)
		if a != g.Reference {
			differences.add(gaps...)
		}
	}
	if len(differences.Rows) == 0 {
		return []grid{level}
	}
	return []grid{level, differences}
}

// partsTable shows where standard errors come from; none where the run did not keep halves of its borrowers apart.
func partsTable(r *output.Report, g output.Group) []grid {
	t := grid{Caption: caption(r, g, r.Say("Where the standard error comes from, after %s", r.Count(r.Run.Months, "month")), ""),
		Columns: []string{r.Say("Figure"), r.Say("Standard error pp"), r.Say("from the economy pp"), r.Say("from the borrowers' chances pp"), r.Say("borrowers' share of the variance %")}}
	arms, _ := r.Choose(g, mostColumns)
	for _, a := range arms {
		for _, p := range r.Run.ErrorParts {
			m, known := data.MeasureByName(p.Measure)
			if p.Arm != a || !known {
				continue
			}
			name := r.Say(m.Title) + r.Say(", %s", r.Title(a))
			if p.Difference {
				name += r.Say(", difference")
			}
			pp := func(v float64) string { return output.Number(100*v, 4) }
			share := math.NaN()
			if p.StandardError > 0 {
				share = 100 * p.Borrowers * p.Borrowers / (p.StandardError * p.StandardError)
			}
			t.add(name, pp(p.StandardError), pp(p.Economy), pp(p.Borrowers), output.Number(share, 1))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []grid{t}
}

// beyondTable shows on how many paths the tail of the credit loss rests; none where paths have no weights.
func beyondTable(r *output.Report, g output.Group) []grid {
	if r.Run.Effective == 0 {
		return nil
	}
	t := grid{Caption: caption(r, g, r.Say("Effective number of paths with a credit loss beyond its value at risk"), "")}
	t.Columns = []string{r.Say("Arm")}
	plain := []string{r.Say("as many paths without weights")}
	for _, p := range output.TailLevels {
		t.Columns = append(t.Columns, "VaR "+output.Percent(p))
		plain = append(plain, output.Number((1-p)*float64(r.Run.Paths), 1))
	}
	arms, _ := r.Choose(g, mostColumns)
	for _, a := range arms {
		cells, loss := []string{r.Title(a)}, r.Losses[a][0]
		for _, at := range loss.AtRisk {
			effective, _ := loss.Sample.Beyond(at.Value)
			cells = append(cells, output.Number(effective, 1))
		}
		t.add(cells...)
	}
	t.add(plain...)
	return []grid{t}
}
