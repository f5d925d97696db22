package rule

import (
	"fmt"

	"relend/data"
)

// ScoreCutoff denies borrowers whose 12-month probability of default, as the lender sees it, is above MaxPD.
type ScoreCutoff struct {
	noCheck
	MaxPD float64
}

func (r *ScoreCutoff) Fields() []Field {
	return []Field{{Name: "max_pd", Unit: "share", Meaning: "highest 12-month probability of default that is lent to", Required: true, Max: 1, Value: &r.MaxPD}}
}

func (r *ScoreCutoff) Reason() data.Reason { return data.DeniedScore }

func (r *ScoreCutoff) Allows(a *Application) bool { return a.PD <= r.MaxPD }

func (r *ScoreCutoff) Sentence(string) string {
	return fmt.Sprintf("No further loan to a borrower with a 12-month probability of default above %s.", percent(r.MaxPD))
}
