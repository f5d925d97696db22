package anchor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// LargePool is the alpha-quantile of the default rate of a large pool of loans with probability of default pd and asset
// correlation rho (Vasicek, Loan Portfolio Value, Risk, December 2002):
//
//	Phi((PhiInv(pd) + sqrt(rho) PhiInv(alpha)) / sqrt(1-rho))
func LargePool(pd, rho, alpha float64) float64 {
	n := distuv.UnitNormal
	return n.CDF((n.Quantile(pd) + math.Sqrt(rho)*n.Quantile(alpha)) / math.Sqrt(1-rho))
}

// Asset correlations of the Basel framework's retail formulas (BCBS, International Convergence of Capital Measurement
// and Capital Standards, June 2006, paragraphs 328-330), for comparison with factor.rho. Correlations estimated from
// default rates are usually far lower: these are set for capital.
const (
	MortgageCorrelation  = .15
	RevolvingCorrelation = .04
)

// RetailCorrelation is the asset correlation of other retail exposures: .16 falling to .03 as pd rises.
func RetailCorrelation(pd float64) float64 {
	e := math.Expm1(-35*pd) / math.Expm1(-35)
	return .03*e + .16*(1-e)
}

// RiskWeight is the Basel risk weight of a retail exposure that is not in default, as a share of the exposure: 12.5
// times the loss beyond the expected one at a confidence of 99.9 %.
func RiskWeight(pd, rho, lgd float64) float64 {
	return 12.5 * lgd * (LargePool(pd, rho, .999) - pd)
}
