package html

import (
	"fmt"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// share is how shares are shown.
var share = output.ScaleOf(data.Share, "", 1)

func percent(f estimate.Figure) string { return minus(share.PlusMinus(f, share.DigitsOf(f))) }

// flowTables say what becomes of borrowers who are served in the reference or in the arm alone, a row an arm.
func flowTables(r *output.Report, g output.Group) (out []grid) {
	if r.Access == nil || len(g.Arms) < 2 {
		return nil
	}
	arms, note := r.Choose(g, 16)
	t := grid{Columns: []string{r.Say("Arm"), r.Say("Served in the reference only, %"), r.Say("of them in default there, %"), r.Say("in default in the arm, %"), r.Say("borrowed elsewhere instead, %"),
		r.Say("Served in the arm only, %"), r.Say("of them in default in the arm, %"), r.Say("in default in the reference, %"), r.Say("In default in the reference only, %"), r.Say("In default in the arm only, %")},
		Caption: caption(r, g, r.Say("Borrowers served or in default in the reference or the arm alone, %% of all borrowers within %s", r.Count(r.Run.Months, "month")), note)}
	for _, a := range arms {
		if a == g.Reference {
			continue
		}
		var cells, froms []string
		add := func(x *output.Flow, f estimate.Figure, status, column string) {
			cells = append(cells, percent(f))
			froms = append(froms, from("flows", column, "arm", r.Run.Arms[a].Name, "band", "0", "status", status, "part", output.FlowParts[x.Part]))
		}
		for i := range r.Access.Flows {
			x := &r.Access.Flows[i]
			if x.Arm != a || x.Band != data.All || x.Part != 1 && x.Part != 2 {
				continue
			}
			if x.Status == data.HasFailed {
				add(x, x.Share, "default", "share")
				continue
			}
			add(x, x.Share, "served", "share")
			there, here := [2]string{"default_rate_reference", "default_rate"}, x.Part-1
			add(x, x.Failed[here], "served", there[here])
			add(x, x.Failed[1-here], "served", there[1-here])
			if x.Part == 1 {
				add(x, x.Left[1], "served", "leaked_share")
			}
		}
		t.add(append([]string{r.Title(a)}, cells...)...)
		t.from = append(t.from, froms)
	}
	return []grid{t}
}

// bandTables have a row a figure, a column a score band, one table an arm.
func bandTables(r *output.Report, g output.Group) (out []grid) {
	if r.Access == nil {
		return nil
	}
	arms, note := r.Choose(g, mostColumns)
	for _, a := range arms {
		t := grid{Columns: []string{r.Say("Measure")}, Caption: caption(r, g, r.Say("%s by score band, within %s", r.Title(a), r.Count(r.Run.Months, "month")), note)}
		borrowers := []string{r.Say("Borrowers")}
		for band := range r.Run.Bands {
			t.Columns = append(t.Columns, r.BandName(band))
			borrowers = append(borrowers, output.Number(r.Access.Bands[band], 0))
		}
		t.add(borrowers...)
		t.from = append(t.from, nil)
		for _, m := range output.AccessMeasures() {
			var figures []estimate.Figure
			largest, some := 0., false
			for _, x := range r.Access.Figures {
				if x.Arm == a && x.Name == m.Name {
					figures = append(figures, x.Figure)
					largest, some = max(largest, x.Figure.Value, -x.Figure.Value), some || x.Figure.Value != 0
				}
			}
			if !some {
				continue
			}
			s := output.ScaleOf(m.Unit, r.Run.Currency, largest)
			title := r.Say(m.Title)
			if s.Unit != "" {
				title += r.Say(", %s", s.Unit)
			}
			cells, froms := []string{title}, []string{}
			for band, f := range figures {
				cells = append(cells, minus(s.PlusMinus(f, s.DigitsOf(f))))
				froms = append(froms, from("access", "value", "arm", r.Run.Arms[a].Name, "band", fmt.Sprint(band+1), "figure", m.Name))
			}
			t.add(cells...)
			t.from = append(t.from, froms)
		}
		if len(t.Rows) == 1 {
			t.Rows, t.Caption = nil, r.Say("%s: not told by score band, since its rules watch the whole book", r.Title(a))
		}
		out = append(out, t)
	}
	return out
}
