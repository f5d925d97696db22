package contract

import (
	"math"

	"relend/data"
)

// Costs are what a lender must earn back from a loan.
type Costs struct {
	Funding     float64 // a year, of balance
	Operating   float64 // a year, of balance
	Acquisition float64 // of principal
	Recovery    float64 // share of the balance recovered after default
	RecoveryLag float64 // steps from default to recovery
	Grid        data.Grid
}

// maxAPR bounds the search: beyond it a price is none.
const maxAPR = 10

// BreakEven is the nominal annual rate at which a loan of n instalments, one a step, earns its costs when the
// borrower's 12-month probability of default is pd, at a constant hazard and without prepayment; +Inf where no
// rate up to 1,000 % does. It solves
//
//	sum_k v^k (S_{k-1}(1-q) pay_k - operating/m S_{k-1} B_{k-1}) + v^(k+lag) S_{k-1} q rec B_{k-1} = 1 + acquisition
//
// with m steps a year, v = 1/(1+funding/m), q = 1-exp(-h), h = -ln(1-pd)/m and S_k = (1-q)^k. A
// revolving line is priced as if its balance stood still over its term. (model.md §8.1, §22 item 5.)
func BreakEven(product data.Product, n int, pd float64, c Costs) float64 {
	if value(product, n, pd, c, maxAPR) < 0 {
		return math.Inf(1)
	}
	lo, hi := 0., float64(maxAPR)
	if value(product, n, pd, c, lo) >= 0 {
		return 0
	}
	for hi-lo > 1e-12 {
		if mid := (lo + hi) / 2; value(product, n, pd, c, mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// value is the net present value of a unit of principal at an annual rate.
func value(product data.Product, n int, pd float64, c Costs, apr float64) float64 {
	year := float64(c.Grid.PerYear())
	r, v := apr/year, 1/(1+c.Funding/year)
	q := -math.Expm1(math.Log1p(-pd) / year)
	recovered := q * c.Recovery * math.Pow(v, c.RecoveryLag)
	instalment, part := AnnuityFactor(r, n), 1/float64(n)
	balance, alive, discount, sum := 1., 1., 1., 0.
	for k := 1; k <= n; k++ {
		discount *= v
		pay, left := 0., balance
		switch product {
		case data.Annuity:
			pay = instalment
			left = balance*(1+r) - instalment
		case data.EqualPrincipal:
			pay = part + balance*r
			left = balance - part
		case data.InterestOnly, data.Revolving:
			pay = balance * r
		}
		if k == n {
			left = 0
			switch product {
			case data.InterestOnly, data.Revolving:
				pay = balance * (1 + r)
			case data.Bullet:
				pay = balance * (1 + r*float64(n))
			}
		}
		sum += discount * alive * ((1-q)*pay - c.Operating/year*balance + recovered*balance)
		balance, alive = left, alive*(1-q)
	}
	return sum - 1 - c.Acquisition
}
