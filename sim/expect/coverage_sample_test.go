package expect_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim"
	"relend/sim/estimate"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// V25 with a sample of a quarter of the borrowers on each path: the 95 % intervals of levels and paired differences
// contain the oracle's value as often as they should. Intervals half as wide, as if all the borrowers had been
// simulated and there were no factor, do not pass.
func TestCoverageOfSamples(t *testing.T) {
	const runs, paths, people, sampled, months, references = 200, 16, 200, 50, 8, 128
	measures := covered()
	arms := []expect.Arm{
		{Policy: standard()},
		{Policy: standard(&rule.TopUp{}, &rule.CoolingOff{AfterPayoff: 2, AfterOrigination: 4})},
	}
	borrower := someone(rand.New(rand.NewPCG(25, 25)), 1, 0, func() data.Product { return data.Annuity })
	borrower.PD = .15
	for _, rho := range []float64{0, .08} {
		t.Run(fmt.Sprint("rho ", rho), func(t *testing.T) {
			if rho > 0 && testing.Short() {
				t.Skip("half a minute")
			}
			params := lively(rand.New(rand.NewPCG(5, 5)))
			params.Rho = rho
			values, _ := oracle(t, borrower, params, arms, measures, people, months, references)
			inside := coverage{}
			var kinds []string
			for run := range runs {
				results := portfolioOf(t, borrower, people, params, arms, sim.Settings{Months: months, Paths: paths, Seed: uint64(3000 + run), Design: factor.Antithetic, Sample: sampled})
				figures, differences := estimate.New(results, .95).All(measures)
				for m, measure := range measures {
					level, difference := figures[0][m][months], differences[1][m][months]
					inside.add(measure.Name, level.Lo, level.Hi, values[0][m])
					inside.add(measure.Name+", difference", difference.Lo, difference.Hi, values[1][m]-values[0][m])
					half := (level.Hi - level.Lo) / 4 // of four times as many borrowers
					inside.add("wrong "+measure.Name, level.Value-half, level.Value+half, values[0][m])
					if run == 0 {
						kinds = append(kinds, measure.Name, measure.Name+", difference")
					}
				}
			}
			for _, kind := range kinds {
				if !inside.right(kind, runs, len(kinds)) {
					t.Errorf("%s: %d of %d intervals contain the oracle's value", kind, inside[kind], runs)
				}
			}
			if inside.right("wrong default_rate", runs, len(kinds)) {
				t.Errorf("intervals as for all borrowers pass with %d of %d", inside["wrong default_rate"], runs)
			}
			t.Log(inside)
		})
	}
}

// Without a factor all of a standard error is the borrowers'; with a strong one most is the economy's, and the part of
// the borrowers stays about what it was. The whole taken for the borrowers' does not pass there.
func TestParts(t *testing.T) {
	const people, months = 2000, 8
	m := covered()[0]
	borrower := someone(rand.New(rand.NewPCG(25, 25)), 1, 0, func() data.Product { return data.Annuity })
	borrower.PD = .15
	parts := func(rho float64) estimate.Parts {
		params := lively(rand.New(rand.NewPCG(5, 5)))
		params.Rho = rho
		results := portfolioOf(t, borrower, people, params, []expect.Arm{{Policy: standard()}}, sim.Settings{Months: months, Paths: 64, Seed: 8, Design: factor.Plain})
		p, ok := estimate.New(results, .95).Parts(0, -1, m, months)
		if !ok {
			t.Fatal("no parts")
		}
		return p
	}
	none, strong := parts(0), parts(.15)
	near := func(x float64) bool { return x > .6*none.SE && x < 1.7*none.SE } // of 64 paths: six standard errors
	if none.Borrowers < .6*none.SE || !near(strong.Borrowers) || near(strong.SE) || strong.Economy < .9*strong.SE {
		t.Errorf("without a factor %+v, with one %+v", none, strong)
	}
}
