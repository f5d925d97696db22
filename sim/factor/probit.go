package factor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Link is how the systematic factor moves the hazard of a missed payment.
type Link uint8

const (
	LogNormal Link = iota // the multiplier is lognormal, the same for all borrowers of a segment
	Probit                // the probability of a risk cell in a step is that of Vasicek's one-factor model
)

var linkNames = []string{"lognormal", "probit"}

func (l Link) String() string { return linkNames[l] }

// LinkNames lists the links by name; the index is the Link.
func LinkNames() []string { return linkNames }

// Vasicek gives the multipliers M(z) of a hazard L under which 1-exp(-L M(z)) is Vasicek's conditional probability
// Phi((k + sqrt(rho) z)/sqrt(1-rho)), k = PhiInv(1-exp(-L)): high z are bad times. The mean probability over z is
// 1-exp(-L).
type Vasicek struct{ hazard, threshold, slope float64 }

// NewVasicek returns the multipliers of a hazard above 0 for an asset correlation in [0,1).
func NewVasicek(hazard, rho float64) Vasicek {
	d := math.Sqrt(1 - rho)
	return Vasicek{hazard, distuv.UnitNormal.Quantile(-math.Expm1(-hazard)) / d, math.Sqrt(rho) / d}
}

// At is M(z).
func (p Vasicek) At(z float64) float64 { return cumulative(p.threshold+p.slope*z) / p.hazard }

// Loading is the slope of ln M at z = 0: the loading of the lognormal link nearest to it.
func (p Vasicek) Loading() float64 {
	return p.slope * distuv.UnitNormal.Prob(p.threshold) / distuv.UnitNormal.CDF(-p.threshold) / cumulative(p.threshold)
}

// cumulative is -ln(1-Phi(x)).
func cumulative(x float64) float64 {
	if x < 0 {
		return -math.Log1p(-math.Erfc(-x/math.Sqrt2) / 2)
	}
	return -math.Log(math.Erfc(x/math.Sqrt2) / 2)
}
