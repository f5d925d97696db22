package rule

import (
	"fmt"
	"math"

	"relend/data"
)

// TotalCostCap limits the interest of a loan over its life, paid as agreed, to a share of the amount lent, and a share of it
// for every month begun.
type TotalCostCap struct {
	noCheck
	Max     float64
	Monthly float64
	year    year
}

func (r *TotalCostCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest interest over the life of a loan that is paid as agreed, of the amount lent", Required: true, Max: 10, Value: &r.Max},
		{Name: "monthly", Unit: "share", Meaning: "added to it for every month of the term, begun or whole", Max: 1, Value: &r.Monthly},
	}
}

func (r *TotalCostCap) On(grid data.Grid) Rule {
	return &TotalCostCap{Max: r.Max, Monthly: r.Monthly, year: year(grid.PerYear())}
}

func (r *TotalCostCap) Fits(data.Grid) error { return nil }

func (r *TotalCostCap) Reason() data.Reason { return data.DeniedCost }

func (r *TotalCostCap) Most(a *Application) float64 {
	limit := r.Max
	if r.Monthly > 0 {
		limit += r.Monthly * math.Ceil(float64(a.Term)*12/r.year.steps())
	}
	return highest(limit, func(apr float64) float64 { return interest(a.Product, a.Term, apr, r.year.steps()) })
}

func (r *TotalCostCap) Allows(a *Application) bool { return a.BreakEven <= r.Most(a) }

func (r *TotalCostCap) Sentence(string) string {
	limit := percent(r.Max)
	if r.Monthly > 0 {
		limit += " and " + percent(r.Monthly) + " a month"
	}
	return fmt.Sprintf("Over its life a loan costs at most %s of the amount lent; who cannot be served at that price is refused.", limit)
}
