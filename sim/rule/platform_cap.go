package rule

import (
	"fmt"

	"relend/data"
)

// PlatformCap limits the lenders a borrower may owe at once, as far as a bureau shows them. This lender counts
// as one whether or not a loan is open.
type PlatformCap struct {
	noCheck
	Max int
}

func (r *PlatformCap) Fields() []Field {
	return []Field{{Name: "max", Unit: "count", Meaning: "lenders at once, this one included", Required: true, Min: 1, Max: 16, Value: &r.Max}}
}

func (r *PlatformCap) Reason() data.Reason { return data.DeniedPlatforms }

func (r *PlatformCap) Allows(a *Application) bool { return a.Outside+1 <= r.Max }

func (r *PlatformCap) Sentence(string) string {
	return fmt.Sprintf("A borrower may owe at most %d lenders at once, as far as the bureau shows.", r.Max)
}
