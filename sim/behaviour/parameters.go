package behaviour

import (
	"fmt"

	"relend/data"
)

// Params are the behaviour parameters of one run: how borrowers miss, recover, ask, leave and find money
// elsewhere, and what lending costs. Hazards are per month. Registry documents each; Default returns the
// defaults; Check finds what is out of range.
type Params struct {
	Rho, Phi, WGlobal    float64
	RollScale, CureScale float64
	MacroUnemployment    float64
	MacroGDP, MacroLPR   float64

	Miss0, SigmaU         float64
	BPTI, PTIRef, PTIMax  float64
	BStack                float64
	BOrd                  [4]float64 // ordinal 2, 3, 4, 5 and more
	BAPR, APRRef          float64
	AddedDebt             float64
	BLev                  float64
	Season                [3]float64
	Prepay, PrepayRefi    float64
	PrepayGap             float64
	Roll, Cure            [3]float64 // from 1-29, 30-59, 60-89 days past due
	FraudFirst            float64
	Fraud                 [2]float64 // ordinal 2, 3 and more
	FraudRecovery         float64
	BustSlope             float64
	Top, Re, Exit         [2]float64 // not dependent, dependent
	Return                [3]float64 // shape of Re over the months since payoff: level, extra, decay
	TopMinAge             float64
	Elasticity            float64
	DemandSigma           float64
	DemandCorr            float64
	Take                  [4]float64
	DepShare, DepEntry    float64
	DepPTI, DepX          float64
	RollGrowth, LevMax    float64
	ReliefMult            float64
	ReliefMonths          float64
	ShockMult             float64
	ShockMonths           float64
	ShockExit             float64
	Leak                  float64
	OutsideBirth          [2]float64
	OutsideDeath          float64
	OutsideInstalment     float64 // whole currency units a month
	OutsideBalance        float64 // whole currency units
	OutsideMax            float64
	Coverage, Share       float64
	Lag                   float64
	Missed, Mistaken      float64
	LateFee, LateFeeShare float64 // whole currency units; of the instalment
	RecoveryMean          float64
	RecoveryCyclicality   float64
	RecoveryDecay         float64
	RecoveryMonths        float64
	ChargeOffMonths       float64
	Funding, Acquisition  float64
	Operating, Margin     float64
	PriceRecoveryLag      float64
	AmountMin             float64
	FeeAmount, FeeShare   float64 // of a new loan: whole currency units; of the amount
	ScoreGain             float64
	Education             float64
	EducationMiss         float64
	EducationRollover     float64
	PrepayScope           float64 // 0 all own loans, 1 the oldest
	RepK                  float64
	RiskRise              float64
	LineMinimum           float64
	LineFloor             float64 // whole currency units
	LineDraw, LineFirst   float64
	LineConversion        float64
}

// Parameter documents one parameter.
type Parameter struct {
	Name    string // as written in YAML
	Unit    string // "share", "per month", "months", "ratio", "money", "count" or "coefficient"
	Default float64
	Min     float64
	Max     float64
	Integer bool
	Meaning string
	Source  string // "assumption" when nobody measured it, else where the value was seen
	field   func(*Params) *float64
}

// Value returns the parameter's value in p.
func (d Parameter) Value(p *Params) float64 { return *d.field(p) }

// Set stores a value without checking it; call Check afterwards.
func (d Parameter) Set(p *Params, v float64) { *d.field(p) = v }

// Registry lists every parameter in the order of the model.
func Registry() []Parameter { return registry }

// Lookup returns the parameter of that name.
func Lookup(name string) (Parameter, bool) {
	for _, d := range registry {
		if d.Name == name {
			return d, true
		}
	}
	return Parameter{}, false
}

// Names lists the parameter names in order.
func Names() []string {
	names := make([]string, len(registry))
	for i, d := range registry {
		names[i] = d.Name
	}
	return names
}

// Default returns the default parameters.
func Default() Params {
	var p Params
	for _, d := range registry {
		d.Set(&p, d.Default)
	}
	return p
}

// AllGranted returns the preset of the rollover-denial experiment: no honeymoon after a roll-over and every
// offer taken up. It goes with the policy preset of the same name.
func AllGranted() Params {
	p := Default()
	p.ReliefMult, p.ReliefMonths = 1, 0
	p.Take = [4]float64{40, 0, 0, 0}
	return p
}

// Check reports every parameter outside its range, each by name, value and range.
func (p *Params) Check() *data.Problems {
	ps := &data.Problems{Cause: data.BadConfig}
	for _, d := range registry {
		v := d.Value(p)
		switch {
		case !(v >= d.Min && v <= d.Max):
			ps.Add("behaviour."+d.Name, "%v is out of range, allowed %v to %v (%s)", v, d.Min, d.Max, d.Unit)
		case d.Integer && v != float64(int(v)):
			ps.Add("behaviour."+d.Name, "%v is not a whole number (%s)", v, d.Unit)
		}
	}
	if p.FeeAmount > 0 && p.FeeAmount >= (1-p.FeeShare)*p.AmountMin {
		ps.Add("behaviour.fee.amount", "with fee.share of %v%% it takes all of the smallest loan, amount.min of %v; a fee has to leave something of every loan", p.FeeShare*100, p.AmountMin)
	}
	return ps
}

const (
	assumed = "assumption"
	memory  = "assumption (order of magnitude from the literature)"
)

var registry = []Parameter{
	{"factor.rho", "share", .02, 0, .5, false, "12-month asset correlation of default within a segment, converted to the factor's loading on the hazards", memory, func(p *Params) *float64 { return &p.Rho }},
	{"factor.phi", "coefficient", .90, 0, .999, false, "monthly persistence of the systematic factors", assumed, func(p *Params) *float64 { return &p.Phi }},
	{"factor.w_global", "coefficient", .8, 0, 1, false, "loading of a segment's factor on the global one", assumed, func(p *Params) *float64 { return &p.WGlobal }},
	{"factor.roll_scale", "ratio", .5, 0, 2, false, "factor loading of the roll rates relative to the miss hazard", assumed, func(p *Params) *float64 { return &p.RollScale }},
	{"factor.cure_scale", "ratio", -.25, -2, 0, false, "factor loading of the cure rates relative to the miss hazard", assumed, func(p *Params) *float64 { return &p.CureScale }},
	{"macro.unemployment", "coefficient", .25, -2, 2, false, "change of the log miss hazard per standard deviation of unemployment", assumed, func(p *Params) *float64 { return &p.MacroUnemployment }},
	{"macro.gdp", "coefficient", -.15, -2, 2, false, "change of the log miss hazard per standard deviation of GDP growth", assumed, func(p *Params) *float64 { return &p.MacroGDP }},
	{"macro.lpr", "coefficient", .05, -2, 2, false, "change of the log miss hazard per standard deviation of the loan prime rate", assumed, func(p *Params) *float64 { return &p.MacroLPR }},

	{"risk.miss0", "per month", .020, 1e-12, 5, false, "base hazard of a missed payment where the portfolio gives no PD; in every portfolio the base hazard at which take_up.k3 has no effect", assumed, func(p *Params) *float64 { return &p.Miss0 }},
	{"risk.sigma_u", "coefficient", .6, 0, 3, false, "standard deviation of the log hazard between borrowers of one grade (frailty)", assumed, func(p *Params) *float64 { return &p.SigmaU }},
	{"risk.b_pti", "coefficient", 3.0, 0, 10, false, "log miss hazard per 1.0 of payment to income", assumed, func(p *Params) *float64 { return &p.BPTI }},
	{"risk.pti_ref", "share", .20, 0, 2, false, "payment to income at which its effect is zero, where the snapshot gives none", assumed, func(p *Params) *float64 { return &p.PTIRef }},
	{"risk.pti_max", "share", 1.2, 0, 5, false, "payment to income beyond which the hazard rises no further", assumed, func(p *Params) *float64 { return &p.PTIMax }},
	{"risk.b_stack", "coefficient", .12, 0, 2, false, "log miss hazard per outside loan, up to six", "assumption (one web source suggests .17)", func(p *Params) *float64 { return &p.BStack }},
	{"risk.b_ord_2", "coefficient", 0, -2, 2, false, "causal log-hazard effect of the second loan beyond selection", assumed, func(p *Params) *float64 { return &p.BOrd[0] }},
	{"risk.b_ord_3", "coefficient", 0, -2, 2, false, "causal log-hazard effect of the third loan beyond selection", assumed, func(p *Params) *float64 { return &p.BOrd[1] }},
	{"risk.b_ord_4", "coefficient", 0, -2, 2, false, "causal log-hazard effect of the fourth loan beyond selection", assumed, func(p *Params) *float64 { return &p.BOrd[2] }},
	{"risk.b_ord_5", "coefficient", 0, -2, 2, false, "causal log-hazard effect of the fifth and later loans beyond selection", assumed, func(p *Params) *float64 { return &p.BOrd[3] }},
	{"risk.b_apr", "coefficient", .5, -5, 10, false, "log miss hazard per 1.0 of APR beyond what the instalment explains", assumed, func(p *Params) *float64 { return &p.BAPR }},
	{"risk.apr_ref", "share", .24, 0, 10, false, "APR at which its effects on hazard, demand and take-up are zero", assumed, func(p *Params) *float64 { return &p.APRRef }},
	{"risk.b_lev", "coefficient", .15, -2, 5, false, "log miss hazard per log of loan size relative to the first one", assumed, func(p *Params) *float64 { return &p.BLev }},
	{"risk.added_debt", "share", 1, 0, 1, false, "part of what further loans granted in the projection add to the burden (payment to income, outside loans, number and size of loans) that acts on the miss hazard; below 100% a replay without their debt", "the model; relend burden sets 0%", func(p *Params) *float64 { return &p.AddedDebt }},
	{"season.s0", "ratio", .4, 0, 5, false, "seasoning: level of the hazard curve over months on book", assumed, func(p *Params) *float64 { return &p.Season[0] }},
	{"season.s1", "ratio", .85, 0, 5, false, "seasoning: height of the hump of the hazard curve", assumed, func(p *Params) *float64 { return &p.Season[1] }},
	{"season.s2", "months", 4, .25, 60, false, "seasoning: month on book of the hump's peak", assumed, func(p *Params) *float64 { return &p.Season[2] }},
	{"prepay.rate", "per month", .02, 0, 5, false, "hazard of repaying all loans early", assumed, func(p *Params) *float64 { return &p.Prepay }},
	{"prepay.refi", "ratio", 1, 0, 20, false, "rise of the hazard of repaying early while the loan's APR lies above the market by more than prepay.gap", assumed, func(p *Params) *float64 { return &p.PrepayRefi }},
	{"prepay.gap", "share", .02, 0, 1, false, "distance from the market's APR at which refinancing pays", assumed, func(p *Params) *float64 { return &p.PrepayGap }},

	{"delinquency.roll_1", "per month", .45, 0, 5, false, "hazard of rolling on from 1-29 days past due", assumed, func(p *Params) *float64 { return &p.Roll[0] }},
	{"delinquency.roll_2", "per month", 1.3, 0, 5, false, "hazard of rolling on from 30-59 days past due", assumed, func(p *Params) *float64 { return &p.Roll[1] }},
	{"delinquency.roll_3", "per month", 2.4, 0, 5, false, "hazard of rolling on from 60-89 days past due, into default", assumed, func(p *Params) *float64 { return &p.Roll[2] }},
	{"delinquency.cure_1", "per month", 1.35, 0, 5, false, "hazard of curing from 1-29 days past due", assumed, func(p *Params) *float64 { return &p.Cure[0] }},
	{"delinquency.cure_2", "per month", .65, 0, 5, false, "hazard of curing from 30-59 days past due", assumed, func(p *Params) *float64 { return &p.Cure[1] }},
	{"delinquency.cure_3", "per month", .35, 0, 5, false, "hazard of curing from 60-89 days past due", assumed, func(p *Params) *float64 { return &p.Cure[2] }},

	{"late_fee.amount", "money", 0, 0, 1e9, false, "fee for each instalment of a loan that is missed", "assumption (no fee: only arrears accrue interest)", func(p *Params) *float64 { return &p.LateFee }},
	{"late_fee.share", "share", 0, 0, 5, false, "fee for each instalment of a loan that is missed, as a share of it, beside late_fee.amount", "assumption (no fee: only arrears accrue interest)", func(p *Params) *float64 { return &p.LateFeeShare }},

	{"fee.amount", "money", 0, 0, 1e9, false, "fee for a new loan, kept when it is paid out", "assumption (no fee)", func(p *Params) *float64 { return &p.FeeAmount }},
	{"fee.share", "share", 0, 0, .9, false, "fee for a new loan as a share of the amount granted, beside fee.amount", "assumption (no fee)", func(p *Params) *float64 { return &p.FeeShare }},

	{"fraud.p_1", "share", .008, 0, 1, false, "chance that the first loan of an applicant is never paid (malicious delinquency)", assumed, func(p *Params) *float64 { return &p.FraudFirst }},
	{"fraud.p_2", "share", .002, 0, 1, false, "chance that a second loan is never paid (first-payment default)", assumed, func(p *Params) *float64 { return &p.Fraud[0] }},
	{"fraud.p_3", "share", .001, 0, 1, false, "chance that a third or later loan is never paid", assumed, func(p *Params) *float64 { return &p.Fraud[1] }},
	{"fraud.recovery", "share", .02, 0, 1, false, "recovery on a loan that was never paid", assumed, func(p *Params) *float64 { return &p.FraudRecovery }},
	{"fraud.bust_slope", "coefficient", .002, 0, 1, false, "rise of the chance that a loan is never paid per log of the jump in loan size", assumed, func(p *Params) *float64 { return &p.BustSlope }},

	{"demand.top_0", "per month", .02, 0, 5, false, "hazard of asking for money while a loan runs, borrower not rollover dependent", assumed, func(p *Params) *float64 { return &p.Top[0] }},
	{"demand.top_1", "per month", .22, 0, 5, false, "hazard of asking for money while a loan runs, rollover dependent borrower", assumed, func(p *Params) *float64 { return &p.Top[1] }},
	{"demand.top_min_age", "months", 2, 0, 60, true, "months on book before which nobody asks for more", assumed, func(p *Params) *float64 { return &p.TopMinAge }},
	{"demand.re_0", "per month", .12, 0, 5, false, "hazard of asking again after payoff, not dependent", assumed, func(p *Params) *float64 { return &p.Re[0] }},
	{"demand.re_1", "per month", .50, 0, 5, false, "hazard of asking again after payoff, rollover dependent", assumed, func(p *Params) *float64 { return &p.Re[1] }},
	{"demand.return_level", "ratio", .5, 0, 10, false, "asking again: multiplier long after payoff", assumed, func(p *Params) *float64 { return &p.Return[0] }},
	{"demand.return_extra", "ratio", 1.5, 0, 10, false, "asking again: what is added to the multiplier at payoff", assumed, func(p *Params) *float64 { return &p.Return[1] }},
	{"demand.return_decay", "months", 2, .1, 60, false, "asking again: months in which the addition falls to 1/e", assumed, func(p *Params) *float64 { return &p.Return[2] }},
	{"demand.exit_0", "per month", .05, 0, 5, false, "hazard of leaving for good after payoff, not dependent", assumed, func(p *Params) *float64 { return &p.Exit[0] }},
	{"demand.exit_1", "per month", .015, 0, 5, false, "hazard of leaving for good after payoff, rollover dependent", assumed, func(p *Params) *float64 { return &p.Exit[1] }},
	{"demand.elasticity", "coefficient", 2, 0, 50, false, "fall of the log hazard of asking per 1.0 of APR offered", assumed, func(p *Params) *float64 { return &p.Elasticity }},
	{"demand.sigma", "coefficient", .8, 0, 3, false, "standard deviation of the log hazard of asking between borrowers", "assumption (one renewal rate for all cannot reproduce the sequences in CFPB Data Point: Payday Lending, 2014)", func(p *Params) *float64 { return &p.DemandSigma }},
	{"demand.corr", "coefficient", .2, -1, 1, false, "correlation of a borrower's hazard of asking with his frailty", assumed, func(p *Params) *float64 { return &p.DemandCorr }},
	{"take_up.k0", "coefficient", 1.5, -50, 50, false, "take-up of an offer: level of the logit", assumed, func(p *Params) *float64 { return &p.Take[0] }},
	{"take_up.k1", "coefficient", 4, 0, 100, false, "take-up of an offer: fall of the logit per 1.0 of APR above the reference", assumed, func(p *Params) *float64 { return &p.Take[1] }},
	{"take_up.k2", "coefficient", .8, 0, 50, false, "take-up of an offer: rise of the logit per log of amount offered over amount asked", assumed, func(p *Params) *float64 { return &p.Take[2] }},
	{"take_up.k3", "coefficient", .2, -10, 10, false, "take-up of an offer: rise of the logit per log of the borrower's base hazard (adverse selection)", assumed, func(p *Params) *float64 { return &p.Take[3] }},

	{"dependence.share", "share", .20, 0, 1, false, "share of borrowers who depend on rolling their debt", assumed, func(p *Params) *float64 { return &p.DepShare }},
	{"dependence.entry", "share", .05, 0, 1, false, "chance of becoming dependent at an outside loan under a heavy burden", assumed, func(p *Params) *float64 { return &p.DepEntry }},
	{"dependence.pti", "share", .5, 0, 5, false, "payment to income from which a borrower can become dependent", assumed, func(p *Params) *float64 { return &p.DepPTI }},
	{"dependence.outside", "count", 2, 0, 15, true, "outside loans from which a borrower can become dependent", assumed, func(p *Params) *float64 { return &p.DepX }},
	{"roll.growth", "ratio", 1.25, 1, 3, false, "growth of the amount asked per step of the limit ladder", assumed, func(p *Params) *float64 { return &p.RollGrowth }},
	{"roll.max_steps", "count", 8, 0, 30, true, "steps of the ladder after which the amount asked grows no further", assumed, func(p *Params) *float64 { return &p.LevMax }},
	{"relief.mult", "ratio", .6, 0, 5, false, "miss hazard of a dependent borrower just after a roll-over, relative", assumed, func(p *Params) *float64 { return &p.ReliefMult }},
	{"relief.months", "months", 2, 0, 60, true, "how long the relief of a roll-over lasts", assumed, func(p *Params) *float64 { return &p.ReliefMonths }},
	{"shock.mult", "ratio", 4, 0, 50, false, "miss hazard of a dependent borrower who was denied and found no money, relative", assumed, func(p *Params) *float64 { return &p.ShockMult }},
	{"shock.months", "months", 3, 0, 60, true, "how long the shock of a denial lasts", assumed, func(p *Params) *float64 { return &p.ShockMonths }},
	{"shock.exit", "share", .7, 0, 1, false, "chance of leaving dependence after surviving the shock", assumed, func(p *Params) *float64 { return &p.ShockExit }},
	{"leak.rate", "share", .35, 0, 1, false, "chance that a denied applicant finds an outside loan", assumed, func(p *Params) *float64 { return &p.Leak }},
	{"outside.birth_0", "per month", .012, 0, 5, false, "hazard of opening an outside loan, not dependent", assumed, func(p *Params) *float64 { return &p.OutsideBirth[0] }},
	{"outside.birth_1", "per month", .045, 0, 5, false, "hazard of opening an outside loan, rollover dependent", assumed, func(p *Params) *float64 { return &p.OutsideBirth[1] }},
	{"outside.death", "per month", .06, 0, 5, false, "hazard of closing an outside loan, each", assumed, func(p *Params) *float64 { return &p.OutsideDeath }},
	{"outside.instalment", "money", 650, 0, 1e9, false, "monthly instalment of an outside loan", assumed, func(p *Params) *float64 { return &p.OutsideInstalment }},
	{"outside.balance", "money", 5000, 0, 1e12, false, "balance of an outside loan", assumed, func(p *Params) *float64 { return &p.OutsideBalance }},
	{"outside.max", "count", 6, 0, 15, true, "outside loans a borrower can have", assumed, func(p *Params) *float64 { return &p.OutsideMax }},
	{"bureau.coverage", "share", .7, 0, 1, false, "chance that an outside loan is visible to the lender", assumed, func(p *Params) *float64 { return &p.Coverage }},
	{"bureau.share", "share", 0, 0, 1, false, "share of outside lenders who see this lender's denials and deny as well", assumed, func(p *Params) *float64 { return &p.Share }},
	{"bureau.lag", "months", 0, 0, 3, true, "time until the opening or closing of an outside loan shows", assumed, func(p *Params) *float64 { return &p.Lag }},
	{"bureau.missed", "share", 0, 0, 1, false, "chance that an outside loan reported to the bureau is missing from the borrower's file", assumed, func(p *Params) *float64 { return &p.Missed }},
	{"bureau.mistaken", "share", 0, 0, 1, false, "chance that a borrower's file shows one outside loan that is not his", assumed, func(p *Params) *float64 { return &p.Mistaken }},

	{"recovery.mean", "share", .25, 0, 1, false, "recovery of the exposure of an unsecured default", memory, func(p *Params) *float64 { return &p.RecoveryMean }},
	{"recovery.cyclicality", "coefficient", .3, 0, 10, false, "fall of the log recovery per unit of the factor's effect on the log hazard", memory, func(p *Params) *float64 { return &p.RecoveryCyclicality }},
	{"recovery.decay", "ratio", .88, .01, 1, false, "each month's recovery payment relative to the month before", memory, func(p *Params) *float64 { return &p.RecoveryDecay }},
	{"recovery.months", "months", 24, 1, 60, true, "months over which recoveries are paid", memory, func(p *Params) *float64 { return &p.RecoveryMonths }},
	{"recovery.charge_off", "months", 3, 0, 24, true, "months from default to charge-off (3 = 180 days past due)", memory, func(p *Params) *float64 { return &p.ChargeOffMonths }},
	{"price.funding", "share", .06, 0, 1, false, "cost of funds a year", assumed, func(p *Params) *float64 { return &p.Funding }},
	{"price.acquisition", "share", .02, 0, 1, false, "cost of a new loan, of principal", assumed, func(p *Params) *float64 { return &p.Acquisition }},
	{"price.operating", "share", .03, 0, 1, false, "operating cost a year, of balance", assumed, func(p *Params) *float64 { return &p.Operating }},
	{"price.margin", "share", .02, -1, 1, false, "target margin on top of the break-even APR", assumed, func(p *Params) *float64 { return &p.Margin }},
	{"price.recovery_lag", "months", 4, 0, 60, true, "months from default to recovery in the break-even price", assumed, func(p *Params) *float64 { return &p.PriceRecoveryLag }},
	{"score.gain", "share", 0, 0, 1, false, "share of the variance of the log hazard between borrowers of one grade that new data reveal to the lender: 0 the grade is all he sees, 1 he sees the hazard", assumed, func(p *Params) *float64 { return &p.ScoreGain }},
	{"education.level", "share", 0, 0, 1, false, "reach of borrower education, from the snapshot on", assumed, func(p *Params) *float64 { return &p.Education }},
	{"education.b", "coefficient", -.10, -2, 2, false, "change of the log miss hazard at full education", assumed, func(p *Params) *float64 { return &p.EducationMiss }},
	{"education.rollover", "share", .3, 0, 1, false, "share of outside loans and top-ups that rollover dependent borrowers do without at full education", assumed, func(p *Params) *float64 { return &p.EducationRollover }},
	{"prepay.scope", "count", 0, 0, 1, true, "what is repaid early by a borrower with several loans: 0 all of them, 1 the oldest", assumed, func(p *Params) *float64 { return &p.PrepayScope }},
	{"amount.min", "money", 500, 0, 1e12, false, "smallest loan that is granted", assumed, func(p *Params) *float64 { return &p.AmountMin }},

	{"line.minimum", "per month", .05, 0, 1, false, "least payment on a revolving line, as a share of its balance", assumed, func(p *Params) *float64 { return &p.LineMinimum }},
	{"line.floor", "money", 0, 0, 1e9, false, "least payment on a revolving line a month, as an amount", assumed, func(p *Params) *float64 { return &p.LineFloor }},
	{"line.draw", "per month", .05, 0, 1, false, "part of what is free of a revolving line that is drawn in a month without arrears", assumed, func(p *Params) *float64 { return &p.LineDraw }},
	{"line.first", "share", .5, 0, 1, false, "share of a new revolving line that is drawn at once", assumed, func(p *Params) *float64 { return &p.LineFirst }},
	{"line.conversion", "share", .5, 0, 1, false, "part of what is free of a revolving line that is drawn on the way to default (CCF)", assumed, func(p *Params) *float64 { return &p.LineConversion }},
	{"rep.k", "ratio", 0, 0, 50, false, "rise of the miss hazard while the lender has stopped lending: who expects nothing further has less to lose", assumed, func(p *Params) *float64 { return &p.RepK }},
	{"provision.outside_rise", "count", 3, 1, 15, true, "visible outside loans more than when the loan was granted from which a borrower's risk counts as risen (stage 2)", assumed, func(p *Params) *float64 { return &p.RiskRise }},
}

// Format writes a value of the parameter as it is written in YAML.
func (d Parameter) Format(v float64) string {
	switch d.Unit {
	case "share":
		return fmt.Sprintf("%s%%", trim(v*100))
	case "months":
		return trim(v) + " months"
	}
	return trim(v)
}

func trim(v float64) string { return fmt.Sprintf("%.10g", v) }
