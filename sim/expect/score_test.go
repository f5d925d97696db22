package expect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/expect"
	"relend/sim/rule"
)

// scored is a comparison in which the lender sees half of what borrowers of one grade differ in.
func scored(people int) *trial {
	c := &trial{
		name: "score gain", params: lively(rand.New(rand.NewPCG(3, 8))), months: 5, people: people, paths: 4, seed: 21,
		borrower: expect.Borrower{Income: 600000, PD: .12, Outside: 1, Ordinal: 2, Open: 1, Loans: []data.Loan{{
			Principal: 500000, Balance: 300000, APR: .24, Term: 6, MonthsOnBook: 3, Ordinal: 2,
		}}},
		arms: []expect.Arm{
			{Policy: standard(&rule.ScoreCutoff{MaxPD: .11})},
			{Policy: standard(&rule.TopUp{}, &rule.APRCap{Max: .26})},
		},
		options: expect.Options{Threshold: 1e-7, Frailty: 5, Demand: 5},
	}
	c.params.SigmaU, c.params.DemandSigma, c.params.DemandCorr, c.params.ScoreGain = .7, .4, .3, .5
	c.params.OutsideBirth, c.params.TopMinAge, c.params.Prepay, c.params.Elasticity = [2]float64{.05, .1}, 0, .05, 3
	return c
}

// With a score gain engine and oracle agree; the same comparison rejects a lender who sees a little more, one who sees
// the grade, and a frailty that the score says nothing about.
func TestEngineAgreesOnScores(t *testing.T) {
	c := scored(40000)
	sums, e := c.simulate(t)
	check := func(change func(*expect.Arm, *expect.Borrower)) (bad []figure) {
		var family []figure
		for i, a := range c.arms {
			b := c.borrower
			change(&a, &b)
			x, err := expect.Run(b, a, e, c.months, c.options)
			if err != nil {
				t.Fatal(err)
			}
			family = append(family, compare(c.name, sums[i], float64(c.people*c.paths), x)...)
		}
		return rejected(family)
	}
	for _, f := range check(func(*expect.Arm, *expect.Borrower) {}) {
		t.Errorf("the right model: %v", f)
	}
	for name, wrong := range map[string]func(*expect.Arm, *expect.Borrower){
		"a gain of .6":                    func(a *expect.Arm, _ *expect.Borrower) { a.Behaviour.ScoreGain = .6 },
		"the grade is all he sees":        func(a *expect.Arm, _ *expect.Borrower) { a.Behaviour.ScoreGain = 0 },
		"compensator of the gain missing": func(a *expect.Arm, b *expect.Borrower) { b.PD = 1 - math.Pow(1-b.PD, math.Exp(.7*.7*.5/2)) },
	} {
		if bad := check(wrong); len(bad) == 0 {
			t.Errorf("%s: goes unnoticed", name)
		} else {
			t.Logf("%s: %d figures, worst %v", name, len(bad), bad[0])
		}
	}
}
