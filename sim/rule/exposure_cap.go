package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
)

// ExposureCap limits what a borrower may owe after the grant, own loans and visible outside loans together or own loans
// alone: the smaller of an amount and a multiple of yearly income.
type ExposureCap struct {
	Amount         data.Money // 0: no absolute limit
	IncomeMultiple float64    // of yearly income; 0: no relative limit
	Debts          string     // AllDebts or OwnDebts
}

func (r *ExposureCap) Fields() []Field {
	return []Field{
		{Name: "amount", Unit: "money", Meaning: "highest debt", Max: 1e12, Value: &r.Amount},
		{Name: "income_multiple", Unit: "share", Meaning: "highest debt as a share of yearly income; the smaller of the two limits binds", Max: 100, Value: &r.IncomeMultiple},
		{Name: "debts", Unit: "choice", Meaning: "which debts count: all = own and visible outside loans together, own = those of this lender", Choices: []string{AllDebts, OwnDebts}, Value: &r.Debts},
	}
}

func (r *ExposureCap) Check() error {
	if r.Amount == 0 && r.IncomeMultiple == 0 {
		return fmt.Errorf("needs an amount, an income_multiple or both, each above 0")
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
	if r.Debts == OwnDebts {
		return fmt.Sprintf("A borrower may owe this lender at most %s.", strings.Join(parts, " or "))
	}
	return fmt.Sprintf("A borrower may owe at most %s in all, as far as the bureau shows.", strings.Join(parts, " or "))
}
