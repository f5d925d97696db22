package expect_test

import (
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/expect"
)

// TestEngineAgreesOnAddedDebt replays without half of the debt that further loans add. The comparison rejects a replay with
// all of it and with none.
func TestEngineAgreesOnAddedDebt(t *testing.T) {
	c := &trial{
		name: "added debt", params: lively(rand.New(rand.NewPCG(7, 8))), months: 6, people: 40000, paths: 4, seed: 37,
		borrower: expect.Borrower{Income: 500000, PD: .15, Outside: 1, Ordinal: 1, Open: 1, Loans: []data.Loan{
			{Principal: 400000, Balance: 150000, APR: .2, Term: 3, MonthsOnBook: 2, Ordinal: 1},
		}},
		arms: []expect.Arm{{Policy: standard()}}, options: expect.Options{Threshold: 1e-8},
	}
	p := &c.params
	p.BPTI, p.BStack, p.BLev, p.BOrd = 4, .4, .8, [4]float64{.6, .6, .6, .6}
	p.Re, p.Top, p.OutsideBirth = [2]float64{1.5, 2}, [2]float64{.3, .5}, [2]float64{.15, .3}
	p.AddedDebt = .5
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
	if bad := check(func(*behaviour.Params) {}); len(bad) > 0 {
		t.Errorf("engine and oracle disagree: %v", bad)
	}
	for name, wrong := range map[string]func(*behaviour.Params){
		"all of it":  func(p *behaviour.Params) { p.AddedDebt = 1 },
		"none of it": func(p *behaviour.Params) { p.AddedDebt = 0 },
	} {
		if len(check(wrong)) == 0 {
			t.Errorf("accepted: %s", name)
		}
	}
}
