package rule

import (
	"math"

	"relend/data"
)

// Price is a rule that caps the annual rate of a loan by what kind of loan it is, or by the time. Borrowers whose
// break-even price lies above the cap are rationed; the others pay no more than it.
type Price interface {
	Check
	// Most is the highest nominal annual rate of the loan asked for.
	Most(a *Application) float64
}

// year is the number of steps in a year of a rule in a Book; 12 before it is in one.
type year float64

func (y year) steps() float64 {
	if y == 0 {
		return 12
	}
	return float64(y)
}

// highest is the highest annual rate up to 1,000 % at which a cost that rises with the rate stays within a limit.
func highest(limit float64, cost func(apr float64) float64) float64 {
	lo, hi := 0., 10.
	if cost(hi) <= limit {
		return hi
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

// caps is embedded by price rules that deny with the reason of a price.
type caps struct{}

func (caps) Reason() data.Reason { return data.DeniedPrice }
