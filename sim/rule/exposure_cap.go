package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
)

// ExposureCap limits what a borrower may owe after the grant, own loans and visible outside loans together or own loans
// alone: the smallest of an amount, a multiple of yearly income and a share of the lender's equity at the snapshot.
type ExposureCap struct {
	Amount         data.Money // 0: no absolute limit
	IncomeMultiple float64    // of yearly income; 0: no relative limit
	EquityShare    float64    // of the lender's equity; 0: no such limit
	Equity         data.Money // the lender's net assets at the snapshot, which the portfolio does not tell
	Debts          string     // AllDebts or OwnDebts
}

func (r *ExposureCap) Fields() []Field {
	return []Field{
		{Name: "amount", Unit: "money", Meaning: "highest debt", Max: 1e12, Value: &r.Amount},
		{Name: "income_multiple", Unit: "share", Meaning: "highest debt as a share of yearly income; the smaller of the two limits binds", Max: 100, Value: &r.IncomeMultiple},
		{Name: "equity_share", Unit: "share", Meaning: "highest debt as a share of the lender's equity; goes with equity", Max: 1, Value: &r.EquityShare},
		{Name: "equity", Unit: "money", Meaning: "the lender's equity (net assets) at the snapshot", Max: 1e15, Value: &r.Equity},
		{Name: "debts", Unit: "choice", Meaning: "which debts count: all = own and visible outside loans together, own = those of this lender", Choices: []string{AllDebts, OwnDebts}, Value: &r.Debts},
	}
}

func (r *ExposureCap) Check() error {
	switch {
	case (r.EquityShare == 0) != (r.Equity == 0):
		return fmt.Errorf("equity_share and equity go together: a share of the equity, and how much that is")
	case r.Amount == 0 && r.IncomeMultiple == 0 && r.EquityShare == 0:
		return fmt.Errorf("needs an amount, an income_multiple or an equity_share, above 0")
	}
	return nil
}

func (r *ExposureCap) Reason() data.Reason { return data.DeniedExposure }

func (r *ExposureCap) Room(a *Application, kept Kept) data.Money {
	limit := data.Money(math.MaxInt64)
	if r.Amount > 0 {
		limit = r.Amount
	}
	if r.IncomeMultiple > 0 {
		limit = min(limit, data.Money(r.IncomeMultiple*12*float64(a.Income)))
	}
	if r.EquityShare > 0 {
		limit = min(limit, data.Money(r.EquityShare*float64(r.Equity)))
	}
	if r.Debts != OwnDebts {
		limit -= data.Money(a.Outside) * a.OutsideBalance
	}
	return max(0, limit-kept.Balance)
}

func (r *ExposureCap) Sentence(currency string) string {
	var parts []string
	if r.Amount > 0 {
		parts = append(parts, amount(r.Amount, currency))
	}
	if r.IncomeMultiple > 0 {
		parts = append(parts, percent(r.IncomeMultiple)+" of yearly income")
	}
	if r.EquityShare > 0 {
		parts = append(parts, fmt.Sprintf("%s of the lender's equity of %s", percent(r.EquityShare), amount(r.Equity, currency)))
	}
	if r.Debts == OwnDebts {
		return fmt.Sprintf("A borrower may owe this lender at most %s.", strings.Join(parts, " or "))
	}
	return fmt.Sprintf("A borrower may owe at most %s in all, as far as the bureau shows.", strings.Join(parts, " or "))
}
