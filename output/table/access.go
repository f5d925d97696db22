package table

import (
	"relend/data"
	"relend/output"
)

// AccessTable is one row per arm, score band and figure.
func AccessTable(r *output.Report) []Column {
	b := newBuilder("arm title macro band pd_lowest pd_highest borrowers figure unit definition value std_error lo hi level diff diff_std_error diff_lo diff_hi", "sssifffsssfffffffff")
	if r.Access == nil {
		return b.columns
	}
	for _, x := range r.Access.Figures {
		arm, band := r.Run.Arms[x.Arm], r.Run.Bands[x.Band]
		unit, factor := unitOf(r, data.Measure{Unit: x.Unit})
		f, d := scaled(x.Figure, factor), scaled(x.Change, factor)
		b.add(arm.Name, arm.Title, arm.Macro, x.Band+1, band.Lowest, band.Highest, r.Access.Bands[x.Band], x.Name, unit, x.Definition,
			f.Value, f.SE, f.Lo, f.Hi, r.Level, d.Value, d.SE, d.Lo, d.Hi)
	}
	return b.columns
}

// Flows is one row per arm, score band, status and part.
func Flows(r *output.Report) []Column {
	b := newBuilder("arm title macro reference band status part borrowers share share_std_error share_lo share_hi default_rate_reference default_rate_reference_lo default_rate_reference_hi default_rate default_rate_lo default_rate_hi "+
		"leaked_share_reference leaked_share_reference_lo leaked_share_reference_hi leaked_share leaked_share_lo leaked_share_hi level", "ssssissffffffffffffffffff")
	if r.Access == nil {
		return b.columns
	}
	for _, x := range r.Access.Flows {
		arm, status := r.Run.Arms[x.Arm], ""
		for _, s := range output.FlowStatuses {
			if s.Status == x.Status {
				status = s.Name
			}
		}
		row := []any{arm.Name, arm.Title, arm.Macro, r.Run.Arms[x.Reference].Name, x.Band + 1, status, output.FlowParts[x.Part],
			x.Borrowers.Value, x.Share.Value, x.Share.SE, x.Share.Lo, x.Share.Hi}
		for _, pair := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
			f := x.Failed[pair[1]]
			if pair[0] == 1 {
				f = x.Left[pair[1]]
			}
			row = append(row, f.Value, f.Lo, f.Hi)
		}
		b.add(append(row, r.Level)...)
	}
	return b.columns
}

// Borrowing is one row per arm, spread and class.
func Borrowing(r *output.Report) []Column {
	b := newBuilder("arm title macro spread definition class number count share share_std_error share_lo share_hi level diff diff_std_error diff_lo diff_hi", "ssssssiffffffffff")
	if r.Access == nil {
		return b.columns
	}
	for _, x := range r.Access.Spreads {
		arm, s := r.Run.Arms[x.Arm], &data.Spreads[x.Spread]
		b.add(arm.Name, arm.Title, arm.Macro, s.Name, s.Of, s.Classes[x.Class], x.Class+1, x.Count.Value, x.Share.Value, x.Share.SE, x.Share.Lo, x.Share.Hi, r.Level,
			x.Change.Value, x.Change.SE, x.Change.Lo, x.Change.Hi)
	}
	return b.columns
}

// Vintages is one row per arm, cohort and month on book.
func Vintages(r *output.Report) []Column {
	b := newBuilder("arm title macro cohort from_month to_month loans months_on_book default_share std_error lo hi level", "sssiiififffff")
	if r.Access == nil {
		return b.columns
	}
	for _, x := range r.Access.Vintages {
		arm := r.Run.Arms[x.Arm]
		for k, f := range x.Curve {
			b.add(arm.Name, arm.Title, arm.Macro, x.Cohort, x.From, x.To, x.Loans.Value, k, f.Value, f.SE, f.Lo, f.Hi, r.Level)
		}
	}
	return b.columns
}
