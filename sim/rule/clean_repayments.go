package rule

import (
	"fmt"

	"relend/data"
)

// CleanRepayments asks for loans repaid in a row without a missed payment.
type CleanRepayments struct {
	noCheck
	Min int
}

func (r *CleanRepayments) Fields() []Field {
	return []Field{{Name: "min", Unit: "count", Meaning: "loans repaid in a row without a missed payment", Required: true, Max: 15, Value: &r.Min}}
}

func (r *CleanRepayments) Reason() data.Reason { return data.DeniedClean }

func (r *CleanRepayments) Allows(a *Application) bool { return a.Clean >= r.Min }

func (r *CleanRepayments) Sentence(string) string {
	if r.Min == 1 {
		return "The last loan must have been repaid without a missed payment."
	}
	return fmt.Sprintf("The last %d loans must have been repaid without a missed payment.", r.Min)
}
