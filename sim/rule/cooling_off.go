package rule

import (
	"fmt"

	"relend/data"
)

// CoolingOff denies a borrower who comes back too soon after paying off a loan, or too soon after taking one.
type CoolingOff struct {
	noCheck
	AfterPayoff      int // steps; binds borrowers without an open loan
	AfterOrigination int // steps; binds everyone
}

func (r *CoolingOff) Fields() []Field {
	return []Field{
		{Name: "after_payoff", Unit: "months", Meaning: "months that must pass after the last loan was paid off", Max: 120, Value: &r.AfterPayoff},
		{Name: "after_origination", Unit: "months", Meaning: "months that must pass after the last loan was granted", Max: 120, Value: &r.AfterOrigination},
	}
}

func (r *CoolingOff) Reason() data.Reason { return data.DeniedCoolingOff }

func (r *CoolingOff) Allows(a *Application) bool {
	return !(a.Idle && a.Gap < r.AfterPayoff) && a.Since >= r.AfterOrigination
}

func (r *CoolingOff) Sentence(string) string {
	switch {
	case r.AfterPayoff == 0 && r.AfterOrigination == 0:
		return "No cooling-off."
	case r.AfterOrigination == 0:
		return fmt.Sprintf("No further loan within %s of paying off the last one.", months(r.AfterPayoff))
	case r.AfterPayoff == 0:
		return fmt.Sprintf("No further loan within %s of the last one being granted.", months(r.AfterOrigination))
	}
	return fmt.Sprintf("No further loan within %s of paying off the last one, nor within %s of its being granted.", months(r.AfterPayoff), months(r.AfterOrigination))
}
