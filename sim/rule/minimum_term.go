package rule

import (
	"fmt"

	"relend/data"
)

// MinimumTerm denies loans that run shorter. A further loan has the term of the last one, so borrowers of shorter loans
// are left out for good: a lender who offers longer ones instead is another market, and another portfolio.
type MinimumTerm struct {
	Term     int // months, steps in a Book
	TermDays int // 0 in a Book
}

func (r *MinimumTerm) Fields() []Field {
	return []Field{
		{Name: "term", Unit: "months", Meaning: "shortest term", Max: 360, Value: &r.Term},
		{Name: "term_days", Unit: "days", Meaning: "days on top of the months; rounded to steps of the grid", Max: 365, Value: &r.TermDays},
	}
}

// Check asks for a term.
func (r *MinimumTerm) Check() error {
	if r.Term == 0 && r.TermDays == 0 {
		return fmt.Errorf("needs a term, term_days or both, each above 0")
	}
	return nil
}

func (r *MinimumTerm) On(grid data.Grid) Rule {
	return &MinimumTerm{Term: stepsOf(grid, r.Term, r.TermDays)}
}

func (r *MinimumTerm) Fits(grid data.Grid) error {
	return tooShort(grid, "minimum_term: term_days", r.TermDays)
}

func (r *MinimumTerm) Reason() data.Reason { return data.DeniedTerm }

func (r *MinimumTerm) Allows(a *Application) bool { return a.Term >= r.Term }

func (r *MinimumTerm) Sentence(string) string {
	return fmt.Sprintf("No loan with a term below %s.", span(r.Term, r.TermDays))
}
