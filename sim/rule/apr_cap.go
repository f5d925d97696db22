package rule

import (
	"fmt"

	"relend/data"
)

// APRCap is a ceiling on the annual rate. Borrowers whose break-even price lies above it are rationed; the
// others pay no more than the cap.
type APRCap struct {
	noCheck
	Max  float64 // nominal annual rate, a fraction
	Fees string
}

func (r *APRCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest nominal annual rate of a new loan", Required: true, Max: 10, Value: &r.Max},
		feesField(&r.Fees),
	}
}

func (r *APRCap) Apply(t *Terms) { t.APRCap = min(t.APRCap, r.Max) }

func (r *APRCap) Reason() data.Reason { return data.DeniedPrice }

func (r *APRCap) Allows(a *Application) bool { return a.affords(a.beneath(r.Max, r.Fees)) }

func (r *APRCap) Sentence(string) string {
	return fmt.Sprintf("New loans cost at most %s a year%s; who cannot be served at that price is refused.", percent(r.Max), withFees(r.Fees))
}
