package rule

import (
	"errors"
	"fmt"

	"relend/data"
)

// CoolingOff denies a borrower who comes back too soon after paying off a loan, or too soon after taking one.
// Months and days add up.
type CoolingOff struct {
	noCheck
	AfterPayoff          int // months, steps in a Book; binds borrowers without an open loan
	AfterOrigination     int // months, steps in a Book; binds everyone
	AfterPayoffDays      int // 0 in a Book
	AfterOriginationDays int // 0 in a Book
}

func (r *CoolingOff) Fields() []Field {
	return []Field{
		{Name: "after_payoff", Unit: "months", Meaning: "months that must pass after the last loan was paid off", Max: data.MaxGap, Value: &r.AfterPayoff},
		{Name: "after_origination", Unit: "months", Meaning: "months that must pass after the last loan was granted", Max: 120, Value: &r.AfterOrigination},
		{Name: "after_payoff_days", Unit: "days", Meaning: "days that must pass after the last loan was paid off, on top of the months; rounded to steps of the grid", Max: 365, Value: &r.AfterPayoffDays},
		{Name: "after_origination_days", Unit: "days", Meaning: "days that must pass after the last loan was granted, on top of the months; rounded to steps of the grid", Max: 365, Value: &r.AfterOriginationDays},
	}
}

func (r *CoolingOff) On(grid data.Grid) Rule {
	return &CoolingOff{
		AfterPayoff:      stepsOf(grid, r.AfterPayoff, r.AfterPayoffDays),
		AfterOrigination: stepsOf(grid, r.AfterOrigination, r.AfterOriginationDays),
	}
}

func (r *CoolingOff) Fits(grid data.Grid) error {
	return errors.Join(tooShort(grid, "cooling_off: after_payoff_days", r.AfterPayoffDays),
		tooLong(grid, "cooling_off: after_payoff", r.AfterPayoff, r.AfterPayoffDays),
		tooShort(grid, "cooling_off: after_origination_days", r.AfterOriginationDays))
}

func (r *CoolingOff) Reason() data.Reason { return data.DeniedCoolingOff }

func (r *CoolingOff) Allows(a *Application) bool {
	return !(a.Idle && a.Gap < r.AfterPayoff) && a.Since >= r.AfterOrigination
}

func (r *CoolingOff) Sentence(string) string {
	payoff, origination := span(r.AfterPayoff, r.AfterPayoffDays), span(r.AfterOrigination, r.AfterOriginationDays)
	switch {
	case payoff == "" && origination == "":
		return "No cooling-off."
	case origination == "":
		return fmt.Sprintf("No further loan within %s of paying off the last one.", payoff)
	case payoff == "":
		return fmt.Sprintf("No further loan within %s of the last one being granted.", origination)
	}
	return fmt.Sprintf("No further loan within %s of paying off the last one, nor within %s of its being granted.", payoff, origination)
}

// span words a duration of months and days, "" for none.
func span(m, d int) string {
	switch {
	case d == 0 && m == 0:
		return ""
	case d == 0:
		return months(m)
	case m == 0:
		return days(d)
	}
	return months(m) + " and " + days(d)
}
