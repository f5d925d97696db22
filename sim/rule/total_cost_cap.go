package rule

import (
	"fmt"
	"math"

	"relend/data"
)

// TotalCostCap limits the interest of a loan over its life, paid as agreed, to a share of the amount lent, and a share of it
// for every month begun, and an amount; where fees are included, interest and fee together.
type TotalCostCap struct {
	noCheck
	Max     float64
	Monthly float64
	Amount  data.Money
	Fees    string
	year    year
}

func (r *TotalCostCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest interest over the life of a loan that is paid as agreed, of the amount lent", Required: true, Max: 10, Value: &r.Max},
		{Name: "monthly", Unit: "share", Meaning: "added to it for every month of the term, begun or whole", Max: 1, Value: &r.Monthly},
		{Name: "amount", Unit: "money", Meaning: "added to it whatever the amount lent", Max: 1e12, Value: &r.Amount},
		feesField(&r.Fees),
	}
}

func (r *TotalCostCap) On(grid data.Grid) Rule {
	out := *r
	out.year = year(grid.PerYear())
	return &out
}

func (r *TotalCostCap) Fits(data.Grid) error { return nil }

func (r *TotalCostCap) Reason() data.Reason { return data.DeniedCost }

func (r *TotalCostCap) Most(a *Application) float64 {
	limit := r.Max
	if r.Monthly > 0 {
		limit += r.Monthly * math.Ceil(float64(a.Term)*12/r.year.steps())
	}
	if r.Amount > 0 {
		limit += float64(r.Amount) / float64(a.Asked)
	}
	if r.Fees == FeesIncluded {
		limit -= a.Fee.Part(a.Asked)
	}
	return highest(limit, func(apr float64) float64 { return interest(a.Product, a.Term, apr, r.year.steps()) })
}

func (r *TotalCostCap) Allows(a *Application) bool { return a.affords(r.Most(a)) }

func (r *TotalCostCap) Sentence(currency string) string {
	limit := percent(r.Max)
	if r.Monthly > 0 {
		limit += " and " + percent(r.Monthly) + " a month"
	}
	limit += " of the amount lent"
	if r.Amount > 0 {
		limit += " and " + amount(r.Amount, currency)
	}
	return fmt.Sprintf("Over its life a loan costs at most %s%s; who cannot be served at that price is refused.", limit, withFees(r.Fees))
}
