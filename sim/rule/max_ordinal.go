package rule

import (
	"fmt"

	"relend/data"
)

// MaxOrdinal limits how many loans a borrower may have had, the new one included.
type MaxOrdinal struct {
	noCheck
	Max int
}

func (r *MaxOrdinal) Fields() []Field {
	return []Field{{Name: "max", Unit: "count", Meaning: "loans in a borrower's history with this lender, the new one included", Required: true, Min: 1, Max: 255, Value: &r.Max}}
}

func (r *MaxOrdinal) Reason() data.Reason { return data.DeniedOrdinal }

func (r *MaxOrdinal) Allows(a *Application) bool { return a.NewOrdinal <= r.Max }

func (r *MaxOrdinal) Sentence(string) string {
	return fmt.Sprintf("At most %d loans in a borrower's history with this lender.", r.Max)
}
