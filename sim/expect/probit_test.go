package expect_test

import (
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/expect"
	"relend/sim/factor"
)

// Under the probit link engine and oracle agree, given the multipliers; those of the lognormal link are rejected.
func TestEngineAgreesOnProbit(t *testing.T) {
	c := &trial{
		name: "probit", params: lively(rand.New(rand.NewPCG(6, 6))), months: 8, people: 100000, paths: 1, seed: 13, link: factor.Probit,
		borrower: expect.Borrower{Income: 600000, PD: .15, Outside: 1, Ordinal: 2, Open: 1, Loans: []data.Loan{{
			Principal: 500000, Balance: 400000, APR: .2, Term: 9, MonthsOnBook: 2, Ordinal: 2,
		}}},
		arms: []expect.Arm{{Policy: standard()}}, options: expect.Options{Threshold: 1e-8},
	}
	c.params.Rho, c.params.Phi = .4, .9
	sums, e := c.simulate(t)
	check := func(e expect.Economy) []figure {
		x, err := expect.Run(c.borrower, c.arms[0], e, c.months, c.options)
		if err != nil {
			t.Fatal(err)
		}
		return rejected(compare(c.name, sums[0], float64(c.people*c.paths), x))
	}
	for _, f := range check(e) {
		t.Errorf("the right model: %v", f)
	}
	e.Miss = nil
	if len(check(e)) == 0 {
		t.Error("the lognormal link goes unnoticed")
	}
}
