package selfcheck

import (
	"relend/data"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// quiet are parameters under which nothing happens but missed payments and delinquency: no factor, no frailty, no
// season, no demand, no prepayment, no outside loans, and covariates without effect.
func quiet() behaviour.Params {
	p := behaviour.Default()
	p.Rho, p.SigmaU, p.DemandSigma = 0, 0, 0
	p.Season = [3]float64{1, 0, 4}
	p.BPTI, p.BStack, p.BAPR, p.BLev = 0, 0, 0, 0
	p.Top, p.Re, p.Exit = [2]float64{}, [2]float64{}, [2]float64{}
	p.Prepay, p.OutsideBirth, p.OutsideDeath = 0, [2]float64{}, 0
	return p
}

// lending are quiet parameters under which every idle borrower asks at once, every offer is taken up and no loan is
// fraudulent.
func lending() behaviour.Params {
	p := quiet()
	p.Take = [4]float64{40, 0, 0, 0}
	p.Fraud, p.BustSlope, p.DepShare, p.Elasticity, p.RollGrowth = [2]float64{}, 0, 0, 0, 1
	p.Return, p.Re = [3]float64{1, 0, 1}, [2]float64{5, 5}
	return p
}

// alike is a book of n like borrowers who differ in their draws only.
func alike(n int, b data.Borrower, loans ...data.Loan) *data.Portfolio {
	p := &data.Portfolio{Currency: "CNY", Segments: []string{"all"}, HasPD: true}
	b.Weight = 1
	for i := range n {
		b.ID, b.First = uint64(i+1)<<20, uint32(len(p.Loans))
		p.Borrowers = append(p.Borrowers, b)
		p.Loans = append(p.Loans, loans...)
	}
	return p
}

// perpetual is a book of n like borrowers on interest-only loans that outlast every horizon.
func perpetual(n int, pd float64) *data.Portfolio {
	return alike(n, data.Borrower{Income: 5000 * data.Unit, PD12: pd, Ordinal: 1, Open: 1},
		data.Loan{Principal: 10000 * data.Unit, Balance: 10000 * data.Unit, APR: .2, Term: 600, Ordinal: 1, Product: data.InterestOnly})
}

// repaid is a book of n like borrowers whose loan of one month is repaid.
func repaid(n int) *data.Portfolio {
	return alike(n, data.Borrower{Income: 1e6 * data.Unit, PD12: .01, Ordinal: 1},
		data.Loan{Principal: 1000 * data.Unit, APR: .2, Term: 1, MonthsOnBook: 1, Ordinal: 1})
}

// ungraded takes the PDs away, so that the base hazard is that of the parameter risk.miss0.
func ungraded(p *data.Portfolio) *data.Portfolio {
	p.HasPD = false
	return p
}

// arm is one policy under a behaviour.
func arm(b behaviour.Params, policy ...rule.Rule) sim.Arm {
	return sim.Arm{Behaviour: b, Policy: policy}
}

// simulate runs arms with independent paths.
func (s *sheet) simulate(p *data.Portfolio, months, paths int, arms ...sim.Arm) (*data.Results, error) {
	return s.run(p, sim.Settings{Months: months, Paths: paths, Seed: 20240601, Design: factor.Plain}, arms...)
}

func (s *sheet) run(p *data.Portfolio, settings sim.Settings, arms ...sim.Arm) (*data.Results, error) {
	plan, err := sim.NewPlan(p, arms, settings)
	if err != nil {
		return nil, err
	}
	return plan.Run(s, 0, nil)
}

// total adds a counter of an arm up over the paths of a month.
func total(r *data.Results, arm, month int, c data.Counter) (sum int64) {
	for path := range r.Run.Paths {
		sum += r.Row(arm, path, data.Month(month))[c]
	}
	return sum
}

// soFar adds a flow up to and including a month.
func soFar(r *data.Results, arm, month int, c data.Counter) (sum int64) {
	for m := range month + 1 {
		sum += total(r, arm, m, c)
	}
	return sum
}
