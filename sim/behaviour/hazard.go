package behaviour

import "math"

// Covariates are what the miss hazard of a borrower depends on besides his grade.
type Covariates struct {
	PTI     float64 // instalments of own and outside loans over income
	Outside int     // open outside loans
	Ordinal int     // of the newest loan, 1 = first
	APR     float64 // of the newest open loan
	Size    float64 // log of its principal over the loan at the snapshot
}

// Eta is the linear predictor of the log miss hazard (model.md §6.1). The engine uses it relative to its value
// at the snapshot, so that a grade's PD is that of the borrower as he stands.
func (p *Params) Eta(c Covariates) float64 {
	eta := float64(p.BPTI*(min(c.PTI, p.PTIMax)-p.PTIRef)) +
		float64(p.BStack*float64(min(c.Outside, 6))) +
		float64(p.BAPR*(c.APR-p.APRRef)) +
		float64(p.BLev*c.Size)
	if c.Ordinal >= 2 {
		eta += p.BOrd[min(c.Ordinal, 5)-2]
	}
	return eta
}

// Educated returns the parameters with what education takes from the outside loans and top-ups of rollover dependent
// borrowers (model.md §11, §22 item 63).
func (p Params) Educated() Params {
	left := 1 - float64(p.EducationRollover*p.Education)
	p.OutsideBirth[1] *= left
	p.Top[1] *= left
	return p
}

// Seasoning tabulates the multiplier of the miss hazard for ages 0..n-1 in steps of stepMonths months:
// s0 + s1 (m/s2) exp(1-m/s2) with m the age at the end of the step, over its mean in the first 12 months.
func (p *Params) Seasoning(n int, stepMonths float64) []float64 {
	raw := func(age int) float64 {
		m := float64(age+1) * stepMonths / p.Season[2]
		return p.Season[0] + p.Season[1]*m*math.Exp(1-m)
	}
	year := int(math.Round(12 / stepMonths))
	mean := 0.
	for age := range year {
		mean += raw(age) / float64(year)
	}
	table := make([]float64, n)
	for age := range table {
		table[age] = quantise(raw(age) / mean)
	}
	return table
}

// Returning tabulates the multiplier of the hazard of asking again for gaps 0..n-1 since payoff.
func (p *Params) Returning(n int, stepMonths float64) []float64 {
	table := make([]float64, n)
	for gap := range table {
		table[gap] = quantise(p.Return[0] + p.Return[1]*math.Exp(-float64(gap)*stepMonths/p.Return[2]))
	}
	return table
}

// Multipliers of the hazards in one month that the economy gives.
type Multipliers struct{ Miss, Roll, Cure float64 }

// Multipliers turns a systematic factor of unit variance, its loading sigma on the log miss hazard and a macro
// shift of that hazard into multipliers. Each has mean 1 under the stationary factor when shift is 0.
func (p *Params) Multipliers(factor, sigma, shift float64) Multipliers {
	m := func(loading, shift float64) float64 {
		return quantise(math.Exp(shift + float64(loading*factor) - float64(loading*loading)/2))
	}
	return Multipliers{m(sigma, shift), m(sigma*p.RollScale, 0), m(sigma*p.CureScale, 0)}
}

// MacroShift is the shift of the log miss hazard for macro variables in standard deviations.
func (p *Params) MacroShift(unemployment, gdp, lpr float64) float64 {
	return float64(p.MacroUnemployment*unemployment) + float64(p.MacroGDP*gdp) + float64(p.MacroLPR*lpr)
}

// LateOutcome is what a step does to a late borrower.
type LateOutcome uint8

const (
	Stay LateOutcome = iota // pays one instalment
	Roll                    // pays nothing, one part of a bucket further
	Cure                    // pays all arrears
)

// Chain holds the chances of a late borrower in one step, by bucket; they are the same in all parts of a bucket.
type Chain [3]struct{ Roll, Either float64 } // one part further; further or cure

// Chain tabulates the chain of delinquency in a step's economy, each bucket divided into n parts (model.md §6.2,
// §22 item 76). The hazards are those of a step.
func (p *Params) Chain(m Multipliers, n int) (c Chain) {
	for k := range c {
		roll, cure := p.Roll[k]*m.Roll, p.Cure[k]*m.Cure
		c[k].Roll, c[k].Either = Pick(advance(roll, cure, n), cure)
	}
	return c
}

// Weaker is the chain with a share of the chances of cure. What is taken from them is added to those of staying as late.
func (c Chain) Weaker(share float64) Chain {
	for k := range c {
		c[k].Either = c[k].Roll + float64(share*(c[k].Either-c[k].Roll))
	}
	return c
}

// Late resolves a step of a borrower in bucket 1..3 with uniform u.
func (c *Chain) Late(bucket int, u float64) LateOutcome {
	switch k := &c[bucket-1]; {
	case u < k.Roll:
		return Roll
	case u < k.Either:
		return Cure
	}
	return Stay
}

// Pick returns the probabilities that the first, and that either, of two competing causes with hazards a and b
// fires in a step: p a/(a+b) and p, with p = 1-exp(-(a+b)).
func Pick(a, b float64) (first, either float64) {
	sum := a + b
	if sum <= 0 {
		return 0, 0
	}
	p := -math.Expm1(-sum)
	return float64(p * (a / sum)), p
}

// NearPick is Pick without the exponential, to within PickError, where the hazards add up to at most NearMost.
func NearPick(a, b float64) (first, either float64) {
	x := a + b
	x2 := float64(x * x)
	low := (1 - float64(x*(1./2))) + float64(x2*(1./6-float64(x*(1./24))))
	high := (1./120 - float64(x*(1./720))) + float64(x2*(1./5040-float64(x*(1./40320))))
	mean := low + float64(float64(x2*x2)*high) // of exp(-y) over y in (0, x), to eight terms
	return float64(a * mean), float64(x * mean)
}

const (
	NearMost  = .5   // hazard
	PickError = 6e-9 // bounds the error of NearPick: x^9/9! at NearMost and what rounding adds
)

// TakeUp is the probability that an offer is accepted. offered is the amount over the amount asked, hazard the
// borrower's log base hazard relative to that of Miss0.
func (p *Params) TakeUp(apr, offered, hazard float64) float64 {
	z := p.Take[0] - float64(p.Take[1]*(apr-p.APRRef)) + float64(p.Take[3]*hazard)
	if offered != 1 {
		z += float64(p.Take[2] * math.Log(offered))
	}
	return 1 / (1 + Exp(-z))
}

// NeverPaid is the probability that a loan of an ordinal is never paid, where it is so many times as large as the
// newest loan before: malicious delinquency, and from the second loan on bust-out after a jump in the limit.
func (p *Params) NeverPaid(ordinal int, jump float64) float64 {
	if ordinal == 1 {
		return p.FraudFirst
	}
	chance := p.Fraud[min(ordinal, 3)-2]
	if jump > 1 && p.BustSlope > 0 {
		chance += p.BustSlope * math.Log(jump)
	}
	return chance
}

// RecoveryFraction is the share of the exposure recovered when the factor over the year before default was on
// average bar, with loading sigma: bad times, low recovery.
func (p *Params) RecoveryFraction(sigma, bar float64) float64 {
	return max(0, min(1, p.RecoveryMean*Exp(-p.RecoveryCyclicality*sigma*bar)))
}

// RecoveryCurve is the cumulative share of recoveries paid after 1, 2, ... steps.
func (p *Params) RecoveryCurve() []float64 {
	n := int(p.RecoveryMonths)
	curve := make([]float64, n)
	sum, weight := 0., 1.
	for i := range curve {
		sum += weight
		curve[i] = sum
		weight *= p.RecoveryDecay
	}
	for i := range curve {
		curve[i] /= sum
	}
	curve[n-1] = 1
	return curve
}

// quantise drops the last bits of a table entry, which may differ between processor architectures.
func quantise(x float64) float64 {
	const scale = 1 << 40
	if x > 1<<12 {
		return x
	}
	return math.RoundToEven(x*scale) / scale
}
