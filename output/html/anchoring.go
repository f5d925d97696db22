package html

import (
	"fmt"

	"relend/output"
)

// loadingTable shows how strongly the economy moves the segments.
func loadingTable(r *output.Report) []grid {
	run := r.Run
	if len(run.Anchoring.Segments) == 0 {
		return nil
	}
	g := grid{Caption: r.Say("How strongly the economy moves missed payments in the baseline arm"),
		Columns: []string{r.Say("Segment"), r.Say("Asset correlation of the 12-month PD %"), r.Say("Loading of the log hazard of a miss"), r.Say("Asset correlation of misses in a step (probit link) %")}}
	for _, s := range run.Anchoring.Segments {
		asset := r.Say("lognormal link")
		if s.Asset > 0 {
			asset = fmt.Sprintf("%.2f", 100*s.Asset)
		}
		g.add(r.Say(run.Segments[s.Segment]), fmt.Sprintf("%.2f", 100*s.Rho), fmt.Sprintf("%.3f", s.Sigma), asset)
	}
	return []grid{g}
}

// anchorTable shows the offsets by which the PDs of the portfolio were anchored; none without offsets.
func anchorTable(r *output.Report) []grid {
	run := r.Run
	a := &run.Anchoring
	if len(a.Bands) == 0 {
		return nil
	}
	g := grid{
		Caption: r.Say("Log hazards are shifted by one offset for each segment and PD band, so that the default rate of 12 months in the arm %s is the band's mean PD", a.Arm),
		Columns: []string{r.Say("Segment, PD"), r.Say("Borrowers"), r.Say("Mean PD %"), r.Say("Default rate before %"), r.Say("and with the offset %"), r.Say("± standard error"), r.Say("Offset")},
	}
	percent := func(v float64, digits int) string { return fmt.Sprintf("%.*f", digits, 100*v) }
	for _, b := range a.Bands {
		offset := fmt.Sprintf("%+.3f", b.Offset)
		if !b.Reached {
			offset += r.Say(" (out of reach)")
		}
		g.add(r.Say("%s, %s to %s%%", r.Say(run.Segments[b.Segment]), percent(b.Lowest, 2), percent(b.Highest, 2)),
			output.Number(float64(b.Borrowers), 0), percent(b.PD, 2), percent(b.Before, 2), percent(b.After, 2), percent(b.StandardError, 3), minus(offset))
	}
	return []grid{g}
}
