package rule

import (
	"fmt"

	"relend/data"
)

// ConcurrentLoans limits the own loans a borrower may have open after the grant.
type ConcurrentLoans struct {
	noCheck
	Max int
}

func (r *ConcurrentLoans) Fields() []Field {
	return []Field{{Name: "max", Unit: "count", Meaning: "open loans with this lender, the new one included", Required: true, Min: 1, Max: 4, Value: &r.Max}}
}

func (r *ConcurrentLoans) Reason() data.Reason { return data.DeniedConcurrent }

func (r *ConcurrentLoans) Allows(a *Application) bool {
	own := a.Own
	if a.Idle || !a.Refinance {
		own++
	}
	return own <= r.Max
}

func (r *ConcurrentLoans) Sentence(string) string {
	if r.Max == 1 {
		return "At most one open loan with this lender."
	}
	return fmt.Sprintf("At most %d open loans with this lender.", r.Max)
}
