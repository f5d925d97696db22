package html

import (
	"fmt"
	"net/url"
	"slices"

	"relend/data"
	"relend/output"
)

// from names the cell of a table that a number comes from, as Trace reads it: TABLE?COLUMN=VALUE&...#COLUMN, for a number
// with half its interval of columns that end in _lo and _hi, or are lo and hi.
func from(table, column string, row ...string) string {
	q := url.Values{}
	for i := 0; i < len(row); i += 2 {
		q.Set(row[i], row[i+1])
	}
	return table + "?" + q.Encode() + "#" + column
}

// marginTable is the income statement: a row a line, a column an arm.
func marginTable(r *output.Report, g output.Group) []grid {
	arms, note := r.Choose(g, mostColumns)
	scale := r.Scale(r.Index("interest_income"))
	t := grid{Caption: caption(r, g, r.Say("Income statement to the horizon, %s", scale.Unit), note), Columns: []string{r.Say("Line")}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	for i, item := range output.MarginItems {
		cells, keys := []string{r.Say(output.MarginTitles[i])}, []string{}
		for _, a := range arms {
			for _, x := range r.Margins {
				if x.Arm == a && x.Item == item {
					cells = append(cells, minus(scale.PlusMinus(x.Amount, scale.DigitsOf(x.Amount))))
					keys = append(keys, from("margin", "amount", "arm", r.Run.Arms[a].Name, "item", item))
				}
			}
		}
		t.add(cells...)
		t.from = append(t.from, keys)
	}
	if len(t.Rows[0]) == 1 {
		return nil
	}
	return []grid{t}
}

// lossRateTables have a row a measure and year, a column an arm.
func lossRateTables(r *output.Report, g output.Group) []grid {
	arms, note := r.Choose(g, mostColumns)
	t := grid{Caption: caption(r, g, r.Say("Loss rates by year of the projection, % of the mean balance at the start of its months, not annualised"), note), Columns: []string{r.Say("Rate and months")}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	share := output.ScaleOf(data.Share, "", 1)
	for i, name := range output.LossRates {
		for _, span := range r.Years() {
			cells, keys := []string{r.Say("%s, months %d to %d", r.Say(output.LossRateTitles[i]), span[0], span[1])}, []string{}
			for _, a := range arms {
				for _, x := range r.LossRates {
					if x.Arm == a && x.Measure == name && x.From == span[0] {
						cells = append(cells, minus(share.PlusMinus(x.Figure, share.DigitsOf(x.Figure))))
						keys = append(keys, from("loss_rates", "rate", "arm", r.Run.Arms[a].Name, "measure", name, "from_month", fmt.Sprint(x.From)))
					}
				}
			}
			t.add(cells...)
			t.from = append(t.from, keys)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []grid{t}
}

// stageTables have a row an arm: balance and coverage by stage at the horizon.
func stageTables(r *output.Report, g output.Group) []grid {
	if r.Run.Months == 0 {
		return nil
	}
	t := grid{Caption: caption(r, g, r.Say("Stages of expected credit loss after %s: share of the balance and provisions per balance of the stage, %%", r.Count(r.Run.Months, "month")), ""),
		Columns: []string{r.Say("Arm")}}
	for stage := range 3 {
		t.Columns = append(t.Columns, r.Say("Stage %d, share", stage+1), r.Say("Stage %d, coverage", stage+1))
	}
	share := output.ScaleOf(data.Share, "", 1)
	for _, a := range g.Arms {
		cells, keys := []string{r.Title(a)}, []string{}
		for _, x := range r.ByStage {
			if x.Arm != a || x.Month != r.Run.Months {
				continue
			}
			key := func(column string) string {
				return from("stages", column, "arm", r.Run.Arms[a].Name, "month", fmt.Sprint(x.Month), "stage", fmt.Sprint(x.Stage))
			}
			cells = append(cells, minus(share.PlusMinus(x.Share, share.DigitsOf(x.Share))), minus(share.PlusMinus(x.Coverage, share.DigitsOf(x.Coverage))))
			keys = append(keys, key("share"), key("coverage"))
		}
		t.add(cells...)
		t.from = append(t.from, keys)
	}
	return []grid{t}
}

// partTables have a row a class: what it adds to the whole of the reference arm.
func partTables(r *output.Report, g output.Group) (out []grid) {
	share := output.ScaleOf(data.Share, "", 1)
	for _, dimension := range []string{"segment", "product", "ordinal"} {
		t := grid{Caption: caption(r, g, r.Say("What each %s adds to %s, %% of the whole", r.Say(dimensionTitles[dimension]), r.Title(g.Reference)), r.Say("Columns add up to 100. The loss rate adds up to that of the whole: net credit loss of the class per balance of the whole portfolio at the snapshot.")),
			Columns: []string{r.Say("Class"), r.Say("Borrowers")}}
		for _, title := range output.ContributedTitles {
			t.Columns = append(t.Columns, r.Say("%s %%", r.Say(title)))
		}
		t.Columns = append(t.Columns, r.Say("loss rate, %"))
		for _, x := range r.Parts {
			if x.Arm != g.Reference || x.Dimension != dimension {
				continue
			}
			cells, keys := []string{r.Say(x.Class), output.Number(x.Borrowers, 0)}, []string{""}
			for i, s := range x.Shares {
				cells = append(cells, minus(output.Number(s*100, 1)))
				keys = append(keys, from("contributions", "share", "arm", r.Run.Arms[x.Arm].Name, "dimension", dimension, "class", x.Class, "part", output.Contributed[i]))
			}
			cells = append(cells, minus(share.PlusMinus(x.Rate, share.DigitsOf(x.Rate))))
			t.add(cells...)
			t.from = append(t.from, append(keys, ""))
		}
		if len(t.Rows) > 1 {
			out = append(out, t)
		}
	}
	return out
}

var dimensionTitles = map[string]string{"segment": "segment", "product": "product", "ordinal": "loan ordinal"}

// spreadTable has a row a dimension and part, a column an arm: the effective number of classes.
func spreadTable(r *output.Report, g output.Group) []grid {
	arms, note := r.Choose(g, mostColumns)
	t := grid{Caption: caption(r, g, r.Say("Concentration: sum of squared shares of the classes (Herfindahl-Hirschman), %"), r.Say("100 where one class has all. Intervals are at least as wide as they ought to be.")+" "+note), Columns: []string{r.Say("Dimension and part")}}
	for _, a := range arms {
		t.Columns = append(t.Columns, r.Title(a))
	}
	share := output.ScaleOf(data.Share, "", 1)
	for _, dimension := range []string{"segment", "product", "ordinal"} {
		for part, title := range output.ContributedTitles {
			cells, keys := []string{r.Say("%s by %s", r.Say(title), r.Say(dimensionTitles[dimension]))}, []string{}
			for _, a := range arms {
				at := slices.IndexFunc(r.Spread, func(x output.Concentration) bool {
					return x.Arm == a && x.Dimension == dimension && x.Part == part && x.Classes > 1
				})
				if at < 0 {
					cells, keys = append(cells, "–"), append(keys, "")
					continue
				}
				cells = append(cells, minus(share.PlusMinus(r.Spread[at].Index, share.DigitsOf(r.Spread[at].Index))))
				keys = append(keys, from("concentration", "index", "arm", r.Run.Arms[a].Name, "dimension", dimension, "part", output.Contributed[part]))
			}
			if slices.ContainsFunc(keys, func(k string) bool { return k != "" }) {
				t.add(cells...)
				t.from = append(t.from, keys)
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []grid{t}
}

// methods says how the run was computed, from the run alone.
func methods(r *output.Report) []string {
	run := r.Run
	out := []string{
		r.Say("Each borrower lives month by month: pays, misses, cures, prepays, defaults when 90 days past due, asks for another loan and is judged by the rules of the arm, here and at other lenders. sim/METHOD.md has the equations."),
		r.Say("All arms live through the same %s: every random number belongs to a borrower, a month and a purpose, so an arm equal to the baseline differs from it by exactly 0 and differences are paired.", r.Count(run.Paths, "path")),
		r.Say("Over paths a measure with a denominator is the ratio of the means; its standard error is that of the linearised ratio over %d independent replicates, its interval uses Student's t.", r.Replicates),
	}
	if run.Chances != [3]float64{} {
		out = append(out, r.Say("Means and differences of the default rate, and of that per active borrower, leave out luck: in every step the simulation knows how many defaults were to be expected, and what goes beyond has mean 0 and is taken out. Medians, bands and quantiles over paths, monthly rates and rates of segments are of defaults as counted, so parts add up to the whole within error bars."))
	}
	if run.Design != "" {
		out = append(out, r.Say("Design of the paths: %s.", r.Say(run.Design)))
	}
	if run.Sample > 0 {
		out = append(out, r.Say("Each path simulates %d borrowers drawn anew from the portfolio.", run.Sample))
	}
	switch run.Anchoring.Method {
	case "baseline":
		out = append(out, r.Say("Log hazards were shifted by one offset for each segment and PD band, so that default rates of 12 months in the arm %s are the portfolio's own PDs; the same offsets hold in all arms.", run.Anchoring.Arm))
	case "structural":
		out = append(out, r.Say("The portfolio's PDs became hazards by the structure of the model alone, without offsets."))
	}
	out = append(out,
		r.Say("Costs a year: funding %s and operating %s of the balance; acquisition %s of each new principal; one outside loan counts as a balance of %s.",
			output.Percent(run.Costs.Funding), output.Percent(run.Costs.Operating), output.Percent(run.Costs.Acquisition), output.Money(float64(run.Costs.OutsideBalance), run.Currency)),
		r.Say("Error bars speak of the simulation, not of the assumptions: compare arms rather than trust levels."))
	return out
}

// mostInfluential is the largest number of parameters in the table of influence.
const mostInfluential = 25

// influenceTable ranks the assumed parameters; none where the run made no pass over them.
func influenceTable(r *output.Report) []grid {
	list := r.Influential()
	if len(list) == 0 {
		return nil
	}
	share := output.ScaleOf(data.Share, "", 1)
	t := grid{Caption: r.Say("Assumed parameters by influence: each halved and doubled, alone, on %s; change of the difference in the default rate of the arm that it moves most, pp", r.Count(r.Run.Influence.Paths, "path")),
		Columns: []string{r.Say("Parameter"), r.Say("Value"), r.Say("Halved"), r.Say("Doubled"), r.Say("Arms that change places")}}
	for _, x := range list[:min(len(list), mostInfluential)] {
		cells, swaps := []string{x.Parameter.Name, x.Parameter.Value}, []string{}
		for _, end := range x.Ends {
			if end.Value == "" {
				cells = append(cells, r.Say("outside its range"))
				continue
			}
			cells = append(cells, r.Say("%s (to %s, %s)", minus(share.PlusMinus(end.Change, share.DigitsOf(end.Change))), end.Value, r.Title(end.Arm)))
			for _, pair := range end.Swaps {
				if text := r.Say("%s and %s", r.Title(pair[0]), r.Title(pair[1])); !slices.Contains(swaps, text) {
					swaps = append(swaps, text)
				}
			}
		}
		t.add(append(cells, r.List(swaps, 4))...)
	}
	return []grid{t}
}
