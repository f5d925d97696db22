package rule

import (
	"fmt"
	"math/bits"

	"relend/data"
)

// LoanCountCap limits the loans that a borrower is granted within any stretch of time of a given length, the new one
// included. Of the time before the snapshot the loans that were still open at it are known.
type LoanCountCap struct {
	noCheck
	Max    int
	Window int // months, steps in a Book
}

func (r *LoanCountCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "count", Meaning: "loans with this lender within the window, the new one included", Required: true, Min: 1, Max: 60, Value: &r.Max},
		{Name: "window", Unit: "months", Meaning: "length of the moving window; at most 14 months on the weekly grid, 32 on the half-month", Min: 1, Max: 60, Value: &r.Window},
	}
}

func (r *LoanCountCap) On(grid data.Grid) Rule {
	return &LoanCountCap{Max: r.Max, Window: grid.FromMonths(r.Window)}
}

func (r *LoanCountCap) Fits(grid data.Grid) error {
	if n := grid.FromMonths(r.Window); n > MostSteps {
		return fmt.Errorf("loan_count_cap: window of %s is %d steps of the grid %v, allowed up to %d steps", months(r.Window), n, grid, MostSteps)
	}
	return nil
}

func (r *LoanCountCap) Reason() data.Reason { return data.DeniedWindow }

func (r *LoanCountCap) Allows(a *Application) bool {
	return bits.OnesCount64(a.Taken&(1<<r.Window-1)) < r.Max
}

func (r *LoanCountCap) Sentence(string) string {
	return fmt.Sprintf("At most %d loans to a borrower within any %s.", r.Max, months(r.Window))
}
