package rule

import (
	"fmt"

	"relend/data"
	"relend/sim/contract"
)

// PTICap limits monthly instalments after the grant as a share of income: of own and visible outside loans together, of own
// loans, or of the new loan alone.
type PTICap struct {
	noCheck
	Max    float64
	Debts  string
	Income float64 // share of the portfolio's income that counts; 0: all of it
	Stress float64 // added to the annual rate at which the new loan is tested
	year   year
}

// Which debts a limit counts beside the new loan.
const (
	AllDebts = "all"
	OwnDebts = "own"
	NewDebts = "new"
)

func (r *PTICap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest share of income that goes into instalments", Required: true, Max: 5, Value: &r.Max},
		{Name: "debts", Unit: "choice", Meaning: "whose instalments count: all = own and visible outside loans together, own = those of this lender, new = of the new loan alone", Choices: []string{AllDebts, OwnDebts, NewDebts}, Value: &r.Debts},
		{Name: "income_share", Unit: "share", Meaning: "share of the portfolio's income that counts: below 100% where the law takes net income and the portfolio holds gross", Min: .01, Max: 2, Value: &r.Income},
		{Name: "stress", Unit: "share", Meaning: "added to the annual rate of the new loan for the test alone", Max: .2, Value: &r.Stress},
	}
}

func (r *PTICap) On(grid data.Grid) Rule {
	out := *r
	out.year = year(grid.PerYear())
	return &out
}

func (r *PTICap) Fits(data.Grid) error { return nil }

func (r *PTICap) Reason() data.Reason { return data.DeniedPTI }

func (r *PTICap) Room(a *Application, kept Kept) data.Money {
	free := r.Max * orAll(r.Income) * float64(a.Income)
	if r.Debts != NewDebts {
		free -= float64(kept.Instalments)
	}
	if r.Debts != NewDebts && r.Debts != OwnDebts {
		free -= float64(data.Money(a.Outside) * a.OutsideInstal)
	}
	if free <= 0 {
		return 0
	}
	return data.Money(min(free/r.burden(a), 1e15))
}

// burden is the monthly instalment per unit lent at the rate of the test. Of a line it is the least payment, which does
// not depend on the rate as long as it covers the interest.
func (r *PTICap) burden(a *Application) float64 {
	if r.Stress == 0 || a.Product == data.Revolving {
		return a.Burden
	}
	steps := r.year.steps()
	return steps / 12 * contract.Burden(a.Product, (a.APR+r.Stress)/steps, a.Term, nil)
}

func (r *PTICap) Sentence(string) string {
	of := map[string]string{OwnDebts: "all loans of this lender", NewDebts: "a new loan"}[r.Debts]
	if of == "" {
		of = "all visible loans"
	}
	income, tested := "income", ""
	if share := orAll(r.Income); share != 1 {
		income = "what counts of income, " + percent(share) + " of it"
	}
	if r.Stress > 0 {
		tested = fmt.Sprintf(", those of the new loan at %s a year more than it costs", percent(r.Stress))
	}
	return fmt.Sprintf("Instalments of %s may take at most %s of %s%s.", of, percent(r.Max), income, tested)
}
