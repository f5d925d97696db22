package rule

import (
	"fmt"

	"relend/data"
)

// WorstDelinquency denies a borrower who was more than MaxDays days past due within the last LookBack months.
type WorstDelinquency struct {
	MaxDays  int // 0, 29 or 59: the longest lateness that is forgiven
	LookBack int // months; steps in a Book
}

func (r *WorstDelinquency) Fields() []Field {
	return []Field{
		{Name: "max_days", Unit: "days", Meaning: "longest lateness that is forgiven: 0, 29 or 59 days", Max: 59, Value: &r.MaxDays},
		{Name: "look_back", Unit: "months", Meaning: "how far back lateness counts", Max: 120, Value: &r.LookBack},
	}
}

// Check admits the bounds of the delinquency buckets only: a bound inside a bucket could not be told apart.
func (r *WorstDelinquency) Check() error {
	if r.MaxDays != 0 && r.MaxDays != 29 && r.MaxDays != 59 {
		return fmt.Errorf("max_days %d is not the end of a delinquency bucket (allowed: 0, 29, 59 days)", r.MaxDays)
	}
	return nil
}

func (r *WorstDelinquency) On(grid data.Grid) Rule {
	return &WorstDelinquency{MaxDays: r.MaxDays, LookBack: grid.FromMonths(r.LookBack)}
}

func (r *WorstDelinquency) Fits(data.Grid) error { return nil }

func (r *WorstDelinquency) Reason() data.Reason { return data.DeniedHistory }

func (r *WorstDelinquency) Allows(a *Application) bool {
	return a.SinceLate[(r.MaxDays+1)/30] > r.LookBack
}

func (r *WorstDelinquency) Sentence(string) string {
	return fmt.Sprintf("No further loan to a borrower more than %d days past due within the last %s.", r.MaxDays, months(r.LookBack))
}
