package sim

import (
	"fmt"

	"relend/data"
)

// steps is the number of steps of the run.
func (p *Plan) steps() int { return p.settings.Grid.Steps(p.settings.Months) }

// tenor is the contractual term of a row in steps.
func tenor(row *data.Loan, grid data.Grid) int16 {
	if row.TermDays > 0 {
		steps, _ := grid.FromDays(int(row.TermDays))
		return int16(steps)
	}
	return int16(grid.FromMonths(int(row.Term)))
}

// age is the number of whole steps since a row's loan began.
func age(row *data.Loan, grid data.Grid) int16 {
	return int16(grid.Age(int(row.MonthsOnBook), int(row.Days)))
}

// overdue is the number of steps that a borrower's payments are late at the snapshot: that of his days past due, or
// where only the bucket is known that of its first days.
func overdue(b *data.Borrower, grid data.Grid) uint8 {
	if b.Bucket == 0 {
		return 0
	}
	days := max(int(b.DaysLate), 30*int(b.Bucket)-30)
	return uint8(days*grid.SubStates()/30 + 1)
}

// termsFit refuses loans whose term in days is not a whole number of steps, at least one.
func termsFit(loans []data.Loan, grid data.Grid) error {
	bad, first := 0, 0
	for i := range loans {
		if steps, whole := grid.FromDays(int(loans[i].TermDays)); loans[i].TermDays > 0 && (!whole || steps < 1) {
			if bad++; bad == 1 {
				first = int(loans[i].TermDays)
			}
		}
	}
	if bad == 0 {
		return nil
	}
	return &data.Problems{Cause: data.BadConfig, List: []data.Problem{{Path: "grid", Message: fmt.Sprintf(
		"%d loans have a term that is not a whole number of steps of %d days, the first one %d days (the grid is %v; allowed: month, half, week)",
		bad, grid.Days(), first, grid)}}}
}
