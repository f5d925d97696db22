package rule

import (
	"fmt"

	"relend/data"
)

// TotalCostCap limits the interest of a loan over its life, paid as agreed, to a share of the amount lent.
type TotalCostCap struct {
	noCheck
	Max  float64
	year year
}

func (r *TotalCostCap) Fields() []Field {
	return []Field{{Name: "max", Unit: "share", Meaning: "highest interest over the life of a loan that is paid as agreed, of the amount lent", Required: true, Max: 10, Value: &r.Max}}
}

func (r *TotalCostCap) On(grid data.Grid) Rule {
	return &TotalCostCap{Max: r.Max, year: year(grid.PerYear())}
}

func (r *TotalCostCap) Fits(data.Grid) error { return nil }

func (r *TotalCostCap) Reason() data.Reason { return data.DeniedCost }

func (r *TotalCostCap) Most(a *Application) float64 {
	return highest(r.Max, func(apr float64) float64 { return interest(a.Product, a.Term, apr, r.year.steps()) })
}

func (r *TotalCostCap) Allows(a *Application) bool { return a.BreakEven <= r.Most(a) }

func (r *TotalCostCap) Sentence(string) string {
	return fmt.Sprintf("Over its life a loan costs at most %s of the amount lent; who cannot be served at that price is refused.", percent(r.Max))
}
