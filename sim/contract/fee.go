package contract

import (
	"math"

	"relend/data"
)

// Fee is what a lender keeps of a new loan when it is paid out: the borrower owes all of the principal and receives that
// much less. The zero value is no fee.
type Fee struct {
	Share  float64    // of the principal
	Amount data.Money // beside it
}

// Of is the fee on a principal, rounded half to even.
func (f Fee) Of(principal data.Money) data.Money {
	return f.Amount + round(f.Share*float64(principal))
}

// Part is the fee as a part of a principal above 0.
func (f Fee) Part(principal data.Money) float64 {
	if f.Amount == 0 {
		return f.Share
	}
	return f.Share + float64(f.Amount)/float64(principal)
}

// AllIn is the nominal annual rate that a loan of n instalments costs when a part of it is kept as a fee: the internal
// rate of return, by the step, of what is paid as agreed for what is received, times the steps of a year. Where all is due
// at the end it is simple interest, as the loan's own rate is. It is apr without a fee, and otherwise at most 1,000 %
// or apr, whichever is more.
func AllIn(product data.Product, n int, apr, part float64, perYear int) float64 {
	year := float64(perYear)
	lo, hi := apr, max(apr, maxAPR)
	switch {
	case part == 0:
		return apr
	case part >= 1:
		return hi
	case product == data.Bullet:
		term := float64(n) / year
		return min(hi, ((1+apr*term)/(1-part)-1)/term)
	}
	for hi-lo > 1e-12 {
		mid := (lo + hi) / 2
		if principal, interest := present(product, n, apr/year, mid/year); principal+float64(apr/year*interest) > 1-part {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// Beneath is the nominal annual rate at which AllIn is a given rate; below 0 where the fee alone costs more.
func Beneath(product data.Product, n int, allIn, part float64, perYear int) float64 {
	year := float64(perYear)
	switch {
	case part == 0:
		return allIn
	case product == data.Bullet:
		term := float64(n) / year
		return ((1-part)*(1+allIn*term) - 1) / term
	case product != data.Annuity:
		principal, interest := present(product, n, 0, allIn/year)
		return (1 - part - principal) / interest * year
	}
	instalment := (1 - part) * AnnuityFactor(allIn/year, n)
	if instalment*float64(n) < 1 {
		return -1
	}
	lo, hi := 0., allIn
	for hi-lo > 1e-12 {
		if mid := (lo + hi) / 2; AnnuityFactor(mid/year, n) > instalment {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// present is the present value, at a rate x of a step, of the principal of a unit lent at a rate r, paid as agreed in n
// steps, and of its interest over r. Where all is due at the end it is not defined.
func present(product data.Product, n int, r, x float64) (principal, interest float64) {
	annuity := 1 / AnnuityFactor(x, n) // present value of 1 a step
	switch product {
	case data.EqualPrincipal:
		v := 1.
		for k := range n {
			v /= 1 + x
			interest += v * float64(n-k) / float64(n)
		}
		return annuity / float64(n), interest
	case data.Annuity: // interest and principal of it cannot be told apart so simply
		return AnnuityFactor(r, n) * annuity, 0
	}
	return math.Pow(1+x, -float64(n)), annuity
}
