package expect_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// from and until are moments so many months after the snapshot.
func after(months int) rule.Moment { return rule.Moment{Given: true, Months: months} }

// clause is a rule with conditions, obeyed for all.
func clause(r rule.Rule, conditions func(*rule.Clause)) *rule.Clause {
	c := &rule.Clause{Rule: r, Compliance: 1}
	conditions(c)
	return c
}

// laws are arms with rules about the past, with dates, perimeters and compliance, and with caps on the price by the
// kind of loan. unit is the principal of the borrower's loan.
func laws(unit data.Money) []expect.Arm {
	return []expect.Arm{
		{Policy: standard(), Law: []rule.Rule{&rule.LoanCountCap{Max: 2, Window: 5}, clause(&rule.BorrowerBan{MinIncome: 20000 * data.Unit}, func(c *rule.Clause) { c.Compliance = .2 })}, Scope: .5},
		{Policy: standard(&rule.RolloverCap{Max: 1})},
		{Policy: []rule.Rule{&rule.TopUp{}, &rule.SequencePause{Loans: 2, Pause: 2}}},
		{Policy: []rule.Rule{&rule.TopUp{Stack: true}, &rule.StepDown{Shares: []float64{1.1, .5, .3}}, &rule.SequencePause{Loans: 4, Pause: 1}}},
		{Policy: []rule.Rule{&rule.TopUp{Allowed: true, Stack: true}, &rule.SequencePause{Loans: 3, Pause: 1}, &rule.RolloverCap{Max: 2}, &rule.LoanCountCap{Max: 3, Window: 8}}},
		{Policy: standard(), Law: []rule.Rule{
			clause(&rule.APRCap{Max: .3}, func(c *rule.Clause) { c.Until, c.Keeps = after(3), true }),
			clause(&rule.APRCap{Max: .18}, func(c *rule.Clause) { c.From, c.Grandfather = after(3), true }),
		}},
		{Policy: standard(), Law: []rule.Rule{
			&rule.PlatformCap{Max: 4},
			clause(&rule.PlatformCap{Max: 2}, func(c *rule.Clause) { c.From, c.Until, c.Compliance = after(2), after(6), .6 }),
			clause(&rule.APRCap{Max: .2}, func(c *rule.Clause) { c.Compliance = .3 }),
		}},
		{Policy: []rule.Rule{&rule.TopUp{Allowed: true, Stack: true}, &rule.ConcurrentLoans{Max: 3}}, Law: []rule.Rule{
			clause(&rule.UseBan{Loans: rule.OwnLoans}, func(c *rule.Clause) { c.From = after(3) }),
			clause(&rule.UseBan{Loans: rule.OutsideLoans}, func(c *rule.Clause) { c.Compliance = .5; c.Perimeter.Segments = []string{"all"} }),
		}},
		{Policy: []rule.Rule{&rule.TopUp{Allowed: true}, &rule.ExposureCap{Amount: unit * 7 / 4}}, Law: []rule.Rule{ // tiers, and a loan cut to a dearer one
			clause(&rule.APRCap{Max: .3}, func(c *rule.Clause) { c.Perimeter.Amount.UpTo = unit }),
			clause(&rule.APRCap{Max: .2}, func(c *rule.Clause) { c.Perimeter.Amount = rule.Range{Over: unit, UpTo: unit * 5 / 4} }),
			clause(&rule.APRCap{Max: .16}, func(c *rule.Clause) { c.Perimeter.Amount.Over = unit * 5 / 4 }),
			clause(&rule.CoolingOff{AfterOrigination: 3}, func(c *rule.Clause) { c.Perimeter.Amount.Over = unit * 9 / 8 }),
		}},
		{Policy: standard(&rule.PTICap{Max: .25, Debts: rule.NewDebts}, &rule.ExposureCap{Amount: unit * 2, Debts: rule.OwnDebts}, clause(&rule.PTICap{Max: .3}, func(c *rule.Clause) { c.Perimeter.Debt.Over = unit })),
			Law: []rule.Rule{clause(&rule.ProductCap{Amount: unit / 2}, func(c *rule.Clause) {
				c.From, c.Perimeter.Term.UpTo, c.Perimeter.Products = after(4), rule.Duration{Months: 11}, []data.Product{data.Annuity, data.Bullet}
			})}},
		{Policy: standard(), Law: []rule.Rule{&rule.IndexedRateCap{Multiple: 4, Base: .05, Deviation: .01}, &rule.EffectiveRateCap{Max: .25}}},
		{Policy: standard(), Law: []rule.Rule{&rule.TotalCostCap{Max: .06}, &rule.DailyRateCap{Max: .0006}}},
		{Policy: standard(), Law: []rule.Rule{
			clause(&rule.OutsideLending{Supply: .3, Max: 2}, func(c *rule.Clause) { c.From, c.Until = after(2), after(5) }),
			clause(&rule.MinimumTerm{Term: 8}, func(c *rule.Clause) { c.From = after(4) }),
			clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = after(6) }),
		}},
		{Policy: standard(), Law: []rule.Rule{
			clause(&rule.DefaultFeeCap{Amount: 12 * data.Unit, Share: .2}, func(c *rule.Clause) { c.From = after(2) }),
			clause(&rule.DefaultFeeCap{Share: .01, Amount: 1e9 * data.Unit}, func(c *rule.Clause) { c.From = after(5) }),
			clause(&rule.CollectionLimit{Cures: .6, Recoveries: .7}, func(c *rule.Clause) { c.From = after(3) }),
		}},
	}
}

// lawful are trials of these arms: a running loan, one that is repaid, several loans of several products, and weeks.
func lawful(people int) (list []*trial) {
	for i, open := range []int{1, 0, 3} {
		r := rand.New(rand.NewPCG(uint64(i), 77))
		b := someone(r, open, 0, func() data.Product { return data.Annuity })
		if open == 3 {
			b = someone(r, open, 0, func() data.Product { return data.Product(r.IntN(data.NumProducts)) })
			b.Loans[1].MonthsOnBook = b.Loans[0].MonthsOnBook // two of one month
		}
		b.PD = .04
		c := &trial{
			name: fmt.Sprint("law, loans open: ", open), borrower: b, params: lively(r), arms: laws(b.Loans[0].Principal), months: 8,
			people: people, paths: 1, seed: uint64(40 + i), options: expect.Options{Threshold: 1e-9},
			macro: factor.Macro{LPR: []float64{0, 0, 1, 1, -1, 2}},
		}
		c.params.LateFee, c.params.LateFeeShare = 10, .05
		c.params.Margin, c.params.Re, c.params.Top = .05, [2]float64{1.2, 1.6}, [2]float64{.3, .5}
		list = append(list, c)
	}
	return list
}

// Engine and oracle agree under every kind of rule with its conditions, over 6 months, with RELEND_SLOW=1 over 8.
func TestEngineAgreesOnLaw(t *testing.T) {
	var family []figure
	for _, c := range lawful(12000) {
		if !slow { // what the oracle takes grows fast with the months
			c.months = 6
		}
		family = append(family, c.compare(t)...)
	}
	report(t, family)
	for _, reason := range []data.Reason{
		data.DeniedWindow, data.DeniedBorrower, data.DeniedRollOvers, data.DeniedCoolingOff, data.DeniedUse, data.DeniedPrice, data.DeniedCost,
		data.DeniedTerm, data.DeniedPlatforms, data.DeniedPTI, data.DeniedProductCap,
	} {
		n := 0.
		for _, f := range family {
			if strings.HasSuffix(f.what, ": "+data.Denied(reason).String()) {
				n += f.got
			}
		}
		if n == 0 {
			t.Errorf("nobody is denied for %v", reason)
		}
	}
}

// Laws that are wrong by little are rejected.
func TestWrongLawsAreRejected(t *testing.T) {
	for name, arm := range map[string][2][]rule.Rule{
		"a window a month longer":   {{&rule.LoanCountCap{Max: 1, Window: 5}}, {&rule.LoanCountCap{Max: 1, Window: 6}}},
		"a longer sequence":         {{&rule.TopUp{}, &rule.SequencePause{Loans: 2, Pause: 2}}, {&rule.TopUp{}, &rule.SequencePause{Loans: 3, Pause: 2}}},
		"a step less":               {{&rule.StepDown{Shares: []float64{1.05, .9}}}, {&rule.StepDown{Shares: []float64{1.05}}}},
		"one roll-over more":        {{&rule.TopUp{Allowed: true}, &rule.RolloverCap{Max: 1}}, {&rule.TopUp{Allowed: true}, &rule.RolloverCap{Max: 2}}},
		"a month later":             {{clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = after(3) })}, {clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = after(4) })}},
		"obeyed a little less":      {{clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = after(0) }), clause(&rule.CoolingOff{AfterPayoff: 3}, func(c *rule.Clause) { c.Compliance = .6 })}, {clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = after(0) }), clause(&rule.CoolingOff{AfterPayoff: 3}, func(c *rule.Clause) { c.Compliance = .5 })}},
		"without its grandfather":   {{clause(&rule.UseBan{Loans: rule.OwnLoans}, func(c *rule.Clause) { c.From, c.Grandfather = after(2), true })}, {clause(&rule.UseBan{Loans: rule.OwnLoans}, func(c *rule.Clause) { c.From = after(2) })}},
		"the index one month later": {{clause(&rule.IndexedRateCap{Multiple: 4, Base: .05, Deviation: .01}, func(*rule.Clause) {})}, {&rule.IndexedRateCap{Multiple: 4, Base: .052, Deviation: .01}}},
	} {
		c := lawful(12000)[0]
		c.arms = []expect.Arm{{Policy: arm[0]}}
		sums, e := c.simulate(t)
		for i, rules := range arm {
			x, err := expect.Run(c.borrower, expect.Arm{Behaviour: c.params, Policy: rules}, e, c.months, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if bad := rejected(compare(name, sums[0], float64(c.people*c.paths), x)); (len(bad) > 0) != (i == 1) {
				t.Errorf("%s: %v", name, bad)
			}
		}
	}
}

// So are wrong limits on fees and collection, among borrowers who are often late.
func TestWrongConductIsRejected(t *testing.T) {
	for name, law := range map[string][2]rule.Rule{
		"a fee that is twice as high": {&rule.DefaultFeeCap{Share: .2, Amount: 1e9 * data.Unit}, &rule.DefaultFeeCap{Share: .4, Amount: 1e9 * data.Unit}},
		"cured a little more":         {&rule.CollectionLimit{Cures: .6, Recoveries: 1}, &rule.CollectionLimit{Cures: .65, Recoveries: 1}},
		"recovered a little more":     {&rule.CollectionLimit{Cures: 1, Recoveries: .6}, &rule.CollectionLimit{Cures: 1, Recoveries: .75}},
	} {
		c := lawful(100000)[0]
		c.borrower.PD, c.params.LateFeeShare = .6, 2
		c.arms = []expect.Arm{{Law: []rule.Rule{law[0]}}}
		sums, e := c.simulate(t)
		for i, r := range law {
			x, err := expect.Run(c.borrower, expect.Arm{Behaviour: c.params, Law: []rule.Rule{r}}, e, c.months, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if bad := rejected(compare(name, sums[0], float64(c.people*c.paths), x)); (len(bad) > 0) != (i == 1) {
				t.Errorf("%s: %v", name, bad)
			}
		}
	}
}

// charged are arms whose lender takes a fee, under caps that count it and caps that do not. unit is the principal of the
// borrower's loan.
func charged(unit data.Money) []expect.Arm {
	in := rule.FeesIncluded
	return []expect.Arm{
		{Policy: standard()},
		{Policy: standard(), Law: []rule.Rule{&rule.APRCap{Max: .2}}},
		{Policy: standard(), Law: []rule.Rule{&rule.APRCap{Max: .3, Fees: in}, clause(&rule.EffectiveRateCap{Max: .3, Fees: in}, func(c *rule.Clause) { c.From = after(3) })}},
		{Policy: standard(&rule.ExposureCap{Amount: unit * 11 / 10}), Law: []rule.Rule{&rule.TotalCostCap{Max: .2, Fees: in}, &rule.DailyRateCap{Max: .0012, Fees: in}}},
		{Policy: standard(), Law: []rule.Rule{&rule.IndexedRateCap{Multiple: 6, Base: .05, Deviation: .01, Fees: in}}},
	}
}

// Engine and oracle agree where lenders take fees, as a share and as an amount; the oracle has all-in rates of its own.
func TestEngineAgreesOnFees(t *testing.T) {
	var family []figure
	for _, c := range lawful(4000)[:2] {
		c.arms, c.months = charged(c.borrower.Loans[0].Principal), 4
		c.params.FeeShare, c.params.FeeAmount = .03, 40
		c.params.LateFee, c.params.LateFeeShare = 0, 0
		family = append(family, c.compare(t)...)
	}
	report(t, family)
}

// An oracle that leaves the fee out, or takes one that is half as high again, is rejected.
func TestWrongFeesAreRejected(t *testing.T) {
	c := lawful(12000)[0]
	c.arms, c.months = []expect.Arm{{Policy: standard(), Law: []rule.Rule{&rule.APRCap{Max: .3, Fees: rule.FeesIncluded}}}}, 5
	c.params.FeeShare, c.params.FeeAmount = .03, 40
	sums, e := c.simulate(t)
	for name, change := range map[string]func(p *behaviour.Params){
		"":                    func(*behaviour.Params) {},
		"no fee":              func(p *behaviour.Params) { p.FeeShare, p.FeeAmount = 0, 0 },
		"a share half higher": func(p *behaviour.Params) { p.FeeShare *= 1.5 },
		"no amount":           func(p *behaviour.Params) { p.FeeAmount = 0 },
	} {
		arm := c.arms[0]
		arm.Behaviour = c.params
		change(&arm.Behaviour)
		x, err := expect.Run(c.borrower, arm, e, c.months, c.options)
		if err != nil {
			t.Fatal(err)
		}
		if bad := rejected(compare(name, sums[0], float64(c.people*c.paths), x)); (len(bad) > 0) != (name != "") {
			t.Errorf("%q: %v", name, bad)
		}
	}
}

// With a score gain a fee is refused by name.
func TestFeeAndScoreGain(t *testing.T) {
	c := lawful(1)[0]
	c.params.FeeShare, c.params.ScoreGain = .03, .5
	_, e := c.simulate(t)
	if _, err := expect.Run(c.borrower, expect.Arm{Behaviour: c.params}, e, 2, c.options); err == nil || !strings.Contains(err.Error(), "fee.share") {
		t.Errorf("not refused: %v", err)
	}
}
