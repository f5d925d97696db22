package rule

import (
	"math"

	"relend/data"
	"relend/sim/contract"
)

// Price is a rule that caps the annual rate of a loan by what kind of loan it is, or by the time. Borrowers whose
// break-even price lies above what the cap leaves for interest and fee are rationed; the others pay no more than it.
type Price interface {
	Check
	// Most is the highest nominal annual rate of the loan asked for, below 0 where its fee alone is too much.
	Most(a *Application) float64
}

// Whether a cap on the price counts the fee for a new loan.
const (
	FeesIncluded = "included"
	FeesExcluded = "excluded"
)

func feesField(value *string) Field {
	return Field{Name: "fees", Unit: "choice", Meaning: "whether the fee for a new loan counts in what it costs", Choices: []string{FeesExcluded, FeesIncluded}, Value: value}
}

// withFees is what a sentence adds about the fee.
func withFees(fees string) string {
	if fees == FeesIncluded {
		return ", the fee included"
	}
	return ""
}

// AllIn is the annual rate that the borrower pays for a loan of an amount at an APR, with the fee.
func (a *Application) AllIn(amount data.Money, apr float64) float64 {
	if a.Fee == (contract.Fee{}) {
		return apr
	}
	return contract.AllIn(a.Product, a.Term, apr, a.Fee.Part(amount), a.PerYear)
}

// beneath is the nominal annual rate of the loan asked for under a ceiling.
func (a *Application) beneath(ceiling float64, fees string) float64 {
	if fees != FeesIncluded || a.Fee == (contract.Fee{}) {
		return ceiling
	}
	return contract.Beneath(a.Product, a.Term, ceiling, a.Fee.Part(a.Asked), a.PerYear)
}

// affords reports whether the lender earns its costs where the rate is at most so high: what it takes as a fee it need not
// take as interest.
func (a *Application) affords(most float64) bool {
	return most >= 0 && a.BreakEven <= a.AllIn(a.Asked, most)
}

// year is the number of steps in a year of a rule in a Book; 12 before it is in one.
type year float64

func (y year) steps() float64 {
	if y == 0 {
		return 12
	}
	return float64(y)
}

// highest is the highest annual rate up to 1,000 % at which a cost that rises with the rate stays within a limit, below 0
// where none does.
func highest(limit float64, cost func(apr float64) float64) float64 {
	lo, hi := 0., 10.
	switch {
	case cost(hi) <= limit:
		return hi
	case cost(lo) > limit:
		return -1
	}
	for hi-lo > 1e-12 {
		if mid := (lo + hi) / 2; cost(mid) > limit {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// interest is what a loan that is paid as agreed costs over its life per unit lent, at a nominal annual rate.
func interest(product data.Product, n int, apr, year float64) float64 {
	r, m := apr/year, float64(n)
	switch {
	case product == data.Annuity && r > 0:
		return m*r/-math.Expm1(-m*math.Log1p(r)) - 1
	case product == data.EqualPrincipal:
		return r * (m + 1) / 2
	case product == data.Annuity:
		return 0
	}
	return r * m
}

// owed is the principal owed in all steps together of a loan that is paid as agreed, per unit lent, at a nominal annual rate.
func owed(product data.Product, n int, apr, year float64) float64 {
	m := float64(n)
	switch {
	case product == data.Annuity && apr > 1e-6:
		return interest(product, n, apr, year) * year / apr
	case product == data.Annuity || product == data.EqualPrincipal:
		return (m + 1) / 2
	}
	return m
}

// caps is embedded by price rules that deny with the reason of a price.
type caps struct{}

func (caps) Reason() data.Reason { return data.DeniedPrice }
