package sim

import (
	"math"

	"gonum.org/v1/gonum/interp"

	"relend/data"
	"relend/sim/contract"
)

// priceCurve is contract.BreakEven of one product and tenor over all PDs: tabulated over the log of the 12-month hazard
// -ln(1-PD) and joined by a monotone cubic. Its error is below 1e-6 for APRs up to 100 % and below .02 for those up to
// 1,000 %, where the curve steepens without bound.
type priceCurve struct {
	smooth   interp.FritschButland
	last     float64 // log hazard beyond which the price is beyond, the last of the table
	beyond   float64 // +Inf, or the last price where some price is enough for everybody
	cheapest float64 // price of the first entry, about that of a borrower who never defaults
}

const (
	curveFirst = -16.     // log hazard of a PD of 1e-7
	curveMost  = 3.5      // beyond, a PD of 1 - 4e-15
	curveStep  = 1. / 64. // between entries
)

// newPriceCurve tabulates the break-even APRs of a loan of n instalments.
func newPriceCurve(product data.Product, n int, c contract.Costs) *priceCurve {
	price := func(y float64) float64 { return contract.BreakEven(product, n, -math.Expm1(-math.Exp(y)), c) }
	p := &priceCurve{last: curveMost, beyond: price(curveMost), cheapest: price(curveFirst)}
	if math.IsInf(p.cheapest, 1) {
		p.last = curveFirst
		return p
	}
	if math.IsInf(p.beyond, 1) {
		lo, hi := curveFirst, curveMost
		for hi-lo > 1e-12 {
			if mid := (lo + hi) / 2; math.IsInf(price(mid), 1) {
				hi = mid
			} else {
				lo = mid
			}
		}
		p.last = lo
	}
	entries := max(3, int(math.Ceil((p.last-curveFirst)/curveStep))+1)
	at, prices := make([]float64, entries), make([]float64, entries)
	for i := range at {
		at[i] = curveFirst + (p.last-curveFirst)*float64(i)/float64(entries-1)
		prices[i] = price(at[i])
	}
	if err := p.smooth.Fit(at, prices); err != nil {
		panic(err) // only for fewer than two entries
	}
	return p
}

// at is the break-even APR at a log 12-month hazard, ln(-ln(1-PD)).
func (p *priceCurve) at(logHazard float64) float64 {
	switch {
	case logHazard > p.last:
		return p.beyond
	case logHazard <= curveFirst:
		return p.cheapest
	}
	return p.smooth.Predict(logHazard)
}
