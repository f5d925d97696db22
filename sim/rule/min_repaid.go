package rule

import (
	"fmt"

	"relend/data"
)

// MinRepaid denies a borrower with a running loan of which too little is repaid.
type MinRepaid struct {
	noCheck
	Share float64 // of the newest loan's principal
}

func (r *MinRepaid) Fields() []Field {
	return []Field{{Name: "share", Unit: "share", Meaning: "part of the newest running loan that must be repaid", Required: true, Max: 1, Value: &r.Share}}
}

func (r *MinRepaid) Reason() data.Reason { return data.DeniedMinRepaid }

func (r *MinRepaid) Allows(a *Application) bool {
	return a.Idle || float64(a.NewestPrincipal-a.NewestBalance) >= r.Share*float64(a.NewestPrincipal)
}

func (r *MinRepaid) Sentence(string) string {
	return fmt.Sprintf("At least %s of a running loan must be repaid before more is lent.", percent(r.Share))
}
