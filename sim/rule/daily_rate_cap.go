package rule

import (
	"fmt"

	"relend/data"
	"relend/sim/contract"
)

// DailyRateCap is a ceiling on the interest of a day on the principal owed. A year has 365 days. Where fees are included, the
// fee counts as interest spread over the principal owed in all steps of the loan as agreed.
type DailyRateCap struct {
	noCheck
	caps
	Max  float64
	Fees string
	year year
}

func (r *DailyRateCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest interest of a day, of the principal owed", Required: true, Max: .03, Value: &r.Max},
		feesField(&r.Fees),
	}
}

func (r *DailyRateCap) On(grid data.Grid) Rule {
	return &DailyRateCap{Max: r.Max, Fees: r.Fees, year: year(grid.PerYear())}
}

func (r *DailyRateCap) Fits(data.Grid) error { return nil }

func (r *DailyRateCap) Most(a *Application) float64 {
	if r.Fees != FeesIncluded || a.Fee == (contract.Fee{}) {
		return 365 * r.Max
	}
	steps, part := r.year.steps(), a.Fee.Part(a.Asked)
	return highest(365*r.Max, func(apr float64) float64 { return apr + part*steps/owed(a.Product, a.Term, apr, steps) })
}

func (r *DailyRateCap) Allows(a *Application) bool { return a.affords(r.Most(a)) }

func (r *DailyRateCap) Sentence(string) string {
	return fmt.Sprintf("New loans cost at most %s of the principal owed a day (%s a year)%s; who cannot be served at that price is refused.", percent(r.Max), percent(365*r.Max), withFees(r.Fees))
}
