package rule

import (
	"fmt"
	"math"

	"relend/data"
)

// EffectiveRateCap is a ceiling on the annual rate with interest on interest: the internal rate of return of the loan
// as agreed. A loan that is paid in steps of the grid at a nominal rate r has (1+r/m)^m - 1 with m steps a year, one
// with all due after n steps (1+r n/m)^(m/n) - 1.
type EffectiveRateCap struct {
	noCheck
	caps
	Max  float64
	Fees string
	year year
}

func (r *EffectiveRateCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest effective annual rate of a new loan", Required: true, Max: 1000, Value: &r.Max},
		feesField(&r.Fees),
	}
}

func (r *EffectiveRateCap) On(grid data.Grid) Rule {
	return &EffectiveRateCap{Max: r.Max, Fees: r.Fees, year: year(grid.PerYear())}
}

func (r *EffectiveRateCap) Fits(data.Grid) error { return nil }

func (r *EffectiveRateCap) Most(a *Application) float64 {
	m, n := r.year.steps(), 1.
	if a.Product == data.Bullet {
		n = float64(a.Term)
	}
	return a.beneath(math.Expm1(math.Log1p(r.Max)*n/m)*m/n, r.Fees)
}

func (r *EffectiveRateCap) Allows(a *Application) bool { return a.affords(r.Most(a)) }

func (r *EffectiveRateCap) Sentence(string) string {
	return fmt.Sprintf("New loans cost at most %s a year with interest on interest%s; who cannot be served at that price is refused.", percent(r.Max), withFees(r.Fees))
}
