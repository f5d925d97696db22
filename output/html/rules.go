package html

import (
	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// biteTables have a row a rule that would have bound some application, one table an arm.
func biteTables(r *output.Report, g output.Group) (out []grid) {
	if r.Rules == nil {
		return nil
	}
	arms, note := r.Choose(g, mostColumns)
	for _, a := range arms {
		t := grid{Columns: []string{r.Say("Rule"), r.Say("Of"), r.Say("Asked"), r.Say("Would bind, %"), r.Say("Decides, %"), r.Say("Δ to the reference, pp"), r.Say("Amount refused, %"), r.Say("Amount cut, %"), r.Say("Amount refused or cut")}}
		for _, x := range r.Rules[a] {
			if n := &x.Total; n.Counts[data.WouldBind].Value > 0 {
				change := "–"
				if a != g.Reference && x.Total.Change.Verdict() != estimate.Unknown {
					text, half := share.Difference(n.Change, share.DigitsOf(n.Change))
					change = minus(text + " " + half)
				}
				of := x.Clause.Of
				if x.Clause.Law {
					of = r.Say("law %s", of)
				}
				if of == "" {
					of = r.Say("inherent")
				}
				t.add(r.Recorded(x.Clause.Sentence), of, percent(n.Shares[data.Asked]), percent(n.Shares[data.WouldBind]), percent(n.Shares[data.Decided]), change,
					percent(n.Shares[data.Refused]), percent(n.Shares[data.Cut]), output.Money(n.Counts[data.Refused].Value+n.Counts[data.Cut].Value, r.Run.Currency))
			}
		}
		t.Caption = caption(r, g, r.Say("%s: %% of all applications, or of the amount asked for in them, in %s", r.Title(a), r.Count(r.Run.Months, "month")), note)
		if len(t.Rows) == 0 {
			t.Caption += r.Say(": no rule would have bound")
		}
		out = append(out, t)
	}
	return out
}
