package expect_test

import (
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/expect"
)

// Under education, and where the oldest loan is repaid early beside others, engine and oracle agree; the comparison
// rejects each effect of education left out, and the prepayment of all loans.
func TestEngineAgreesOnEducationAndPrepayment(t *testing.T) {
	loan := func(principal data.Money, term, age int16) data.Loan {
		return data.Loan{Principal: principal, Balance: principal * 2 / 3, APR: .2, Term: term, MonthsOnBook: age, Ordinal: 3}
	}
	c := &trial{
		name: "education", params: lively(rand.New(rand.NewPCG(5, 6))), months: 6, people: 50000, paths: 4, seed: 31,
		borrower: expect.Borrower{Income: 700000, PD: .15, Outside: 1, Ordinal: 3, Open: 3, Loans: []data.Loan{
			loan(400000, 8, 2), loan(300000, 6, 3), loan(200000, 6, 4),
		}},
		arms: []expect.Arm{{Policy: standard()}}, options: expect.Options{Threshold: 1e-8},
	}
	p := &c.params
	p.Education, p.EducationMiss, p.EducationRollover = .8, -.4, .5
	p.PrepayScope, p.Prepay, p.OutsideBirth, p.DepShare = 1, .1, [2]float64{.1, .3}, .5
	sums, e := c.simulate(t)
	check := func(change func(*behaviour.Params)) []figure {
		a := c.arms[0]
		change(&a.Behaviour)
		x, err := expect.Run(c.borrower, a, e, c.months, c.options)
		if err != nil {
			t.Fatal(err)
		}
		return rejected(compare(c.name, sums[0], float64(c.people*c.paths), x))
	}
	for _, f := range check(func(*behaviour.Params) {}) {
		t.Errorf("the right model: %v", f)
	}
	for name, wrong := range map[string]func(*behaviour.Params){
		"missed payments as before":    func(p *behaviour.Params) { p.EducationMiss = 0 },
		"rolling as before":            func(p *behaviour.Params) { p.EducationRollover = 0 },
		"only outside loans as before": func(p *behaviour.Params) { p.OutsideBirth[1] /= .6 },
		"only top-ups as before":       func(p *behaviour.Params) { p.Top[1] /= .6 },
		"all loans repaid early":       func(p *behaviour.Params) { p.PrepayScope = 0 },
	} {
		if bad := check(wrong); len(bad) == 0 {
			t.Errorf("%s: goes unnoticed", name)
		} else {
			t.Logf("%s: %d figures, worst %v", name, len(bad), bad[0])
		}
	}
}
