package rule

import (
	"fmt"
	"math"

	"relend/data"
)

// IndexedRateCap is a ceiling on the annual rate at a multiple of the loan prime rate, which moves with the macro path
// from month to month.
type IndexedRateCap struct {
	noCheck
	caps
	Multiple  float64
	Base      float64 // loan prime rate at its baseline
	Deviation float64 // of it, by one standard deviation of the macro path
	Fees      string
	path      []float64
	grid      data.Grid
}

func (r *IndexedRateCap) Fields() []Field {
	return []Field{
		{Name: "multiple", Unit: "ratio", Meaning: "highest nominal annual rate of a new loan as a multiple of the loan prime rate", Required: true, Max: 100, Value: &r.Multiple},
		{Name: "lpr", Unit: "share", Meaning: "loan prime rate where the macro path is 0", Required: true, Max: 1, Value: &r.Base},
		{Name: "lpr_deviation", Unit: "share", Meaning: "by how much it is higher where the macro path is 1, a standard deviation", Max: .2, Value: &r.Deviation},
		feesField(&r.Fees),
	}
}

// follow returns the rule with the path of the loan prime rate by month, in standard deviations.
func (r *IndexedRateCap) follow(path []float64, grid data.Grid) *IndexedRateCap {
	out := *r
	out.path, out.grid = path, grid
	return &out
}

func (r *IndexedRateCap) Most(a *Application) float64 {
	z := 0.
	if n := len(r.path); n > 0 {
		z = r.path[min(max(r.grid.MonthOf(a.Now), 0), n-1)]
	}
	return a.beneath(math.Max(0, r.Multiple*(r.Base+float64(r.Deviation*z))), r.Fees)
}

func (r *IndexedRateCap) Allows(a *Application) bool { return a.affords(r.Most(a)) }

func (r *IndexedRateCap) Sentence(string) string {
	return fmt.Sprintf("New loans cost at most %.6g times the loan prime rate of the month (%s, %s where it stands at its baseline)%s; who cannot be served at that price is refused.",
		r.Multiple, percent(r.Multiple*r.Base), percent(r.Base), withFees(r.Fees))
}
