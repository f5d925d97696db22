package behaviour

import "math"

// Seen is the shift of the log hazard that a lender with new data sees in a borrower with frailty u, where n is what
// is wrong with the data (both standard normal): sigma sqrt(q) w - sigma^2 q/2 with w = sqrt(q) u + sqrt(1-q) n and q
// the score gain. The mean of the true hazard given what is seen is what is seen. (model.md §4.)
func (p *Params) Seen(u, n float64) float64 {
	q := p.ScoreGain
	w := float64(math.Sqrt(q)*u) + float64(math.Sqrt(1-q)*n)
	return float64(p.SigmaU*math.Sqrt(q)*w) - float64(p.SigmaU*p.SigmaU*q)/2
}

// ShiftedPD is the PD whose hazard -ln(1-PD) is that of pd times exp(shift).
func ShiftedPD(pd, shift float64) float64 { return -math.Expm1(math.Exp(shift) * math.Log1p(-pd)) }

// AUC is the area under the ROC curve of a score whose log hazard has standard deviation s, and KS its largest
// distance between the two distributions, for small PDs and normal log hazards: defaulters are the same law moved by
// s^2.
func AUC(s float64) float64 { return (1 + math.Erf(s/2)) / 2 }

// KS is the Kolmogorov-Smirnov distance that goes with AUC.
func KS(s float64) float64 { return math.Erf(s / (2 * math.Sqrt2)) }

// Gain is the score gain that lifts the area under the ROC curve from before to after, given the frailty: the share of
// sigma_u^2 that the spread of the log hazard seen gains. It is outside 0 to 1 where no score gain does it.
func (p *Params) Gain(before, after float64) float64 {
	s0, s1 := spread(before), spread(after)
	return (s1*s1 - s0*s0) / (p.SigmaU * p.SigmaU)
}

// spread is the inverse of AUC.
func spread(auc float64) float64 { return 2 * math.Erfinv(2*auc-1) }

// BestAUC is the area that perfect information reaches from an area before.
func (p *Params) BestAUC(before float64) float64 {
	return AUC(math.Hypot(spread(before), p.SigmaU))
}
