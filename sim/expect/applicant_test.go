package expect_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Of applicants, so many a month, engine and oracle agree; the comparison rejects one who comes a month later, fraud of
// second loans, a hazard of 15 % more, and somebody who is no applicant but has repaid a first loan.
func TestEngineAgreesOnApplicants(t *testing.T) {
	const months, monthly, paths = 7, 5000, 6
	params := lively(rand.New(rand.NewPCG(6, 7)))
	params.FraudFirst = .15
	who := expect.Borrower{Income: 500000, PD: .12, Outside: 2, Loans: []data.Loan{{Principal: 300000, APR: .2, Term: 3}}}
	arms := []expect.Arm{
		{Policy: standard()},
		{Policy: standard(&rule.CoolingOff{AfterPayoff: 1, AfterOrigination: 2}, &rule.CleanRepayments{Min: 1}, &rule.TopUp{})},
		{Policy: standard(&rule.PlatformCap{Max: 2})},
		{Policy: standard(), Law: []rule.Rule{&rule.PTICap{Max: .35}}, Scope: .5},
		{Policy: standard(&rule.ScoreCutoff{MaxPD: .1})},
	}
	segment, err := anchor.Solve(&params, data.Monthly, who.PD)
	if err != nil {
		t.Fatal(err)
	}
	who.Hazard = segment.LogHazard(who.PD)

	// The engine's applicants are like the one borrower of its book, who is taken out again.
	book := &data.Portfolio{
		Currency: "CNY", Segments: []string{"all"}, HasPD: true, Loans: []data.Loan{{Principal: 300000, APR: .2, Term: 3, MonthsOnBook: 3, Ordinal: 1}},
		Borrowers: []data.Borrower{{ID: 1, Income: who.Income, PD12: who.PD, Weight: 1, External: who.Outside, Ordinal: 1}},
	}
	var list []sim.Arm
	for i := range arms {
		arms[i].Behaviour = params
		list = append(list, sim.Arm{Arm: data.Arm{Name: fmt.Sprint("arm ", i)}, Behaviour: params, Policy: arms[i].Policy, Law: arms[i].Law, Scope: arms[i].Scope})
	}
	run := func(applicants ...sim.Applicants) *data.Results {
		plan, err := sim.NewPlan(book, list, sim.Settings{Months: months, Paths: paths, Seed: 5, Design: factor.Plain, Applicants: applicants})
		if err != nil {
			t.Fatal(err)
		}
		results, err := plan.Run(context.Background(), 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	with, without := run(sim.Applicants{Count: monthly}), run()
	sums := make([][][]int64, len(arms))
	for i := range arms {
		for m := range months + 1 {
			sum := make([]int64, data.NumCounters)
			for path := range paths {
				for k := range sum {
					sum[k] += with.Row(i, path, data.Month(m))[k] - without.Row(i, path, data.Month(m))[k]
				}
			}
			sums[i] = append(sums[i], sum)
		}
	}

	// Somebody of any month is the mean over the months of arrival.
	check := func(change func(*expect.Arm, *expect.Borrower)) []figure {
		var family []figure
		for i := range arms {
			mean := &expect.Expectation{}
			for range months + 1 {
				mean.Counters = append(mean.Counters, make([]float64, data.NumCounters))
				mean.Squares = append(mean.Squares, make([]float64, data.NumCounters))
				mean.Largest = append(mean.Largest, make([]float64, data.NumCounters))
			}
			for step := range months {
				a, b := arms[i], who
				b.Arrives = step
				change(&a, &b)
				x, err := expect.Run(b, a, expect.Economy{}, months, expect.Options{Threshold: 1e-8})
				if err != nil {
					t.Fatal(err)
				}
				for m := range x.Counters {
					for c := range x.Counters[m] {
						mean.Counters[m][c] += x.Counters[m][c] / months
						mean.Squares[m][c] += x.Squares[m][c] / months
						mean.Largest[m][c] = math.Max(mean.Largest[m][c], x.Largest[m][c])
					}
				}
				mean.Dropped += x.Dropped / months
			}
			family = append(family, compare(fmt.Sprint("arm ", i), sums[i], months*monthly*paths, mean)...)
		}
		return rejected(family)
	}
	bad := check(func(*expect.Arm, *expect.Borrower) {})
	for _, f := range bad[:min(len(bad), 20)] {
		t.Errorf("the right model: %v", f)
	}
	for name, wrong := range map[string]func(*expect.Arm, *expect.Borrower){
		"comes a month later":       func(_ *expect.Arm, b *expect.Borrower) { b.Arrives++ },
		"fraud of a second loan":    func(a *expect.Arm, _ *expect.Borrower) { a.Behaviour.FraudFirst = a.Behaviour.Fraud[0] },
		"hazard 15 % too high":      func(_ *expect.Arm, b *expect.Borrower) { b.Hazard += math.Log(1.15) },
		"a borrower who has repaid": func(_ *expect.Arm, b *expect.Borrower) { b.Ordinal, b.Arrives = 1, 0 },
	} {
		if bad := check(wrong); len(bad) == 0 {
			t.Errorf("%s: goes unnoticed", name)
		} else {
			t.Logf("%s: %d figures, worst %v", name, len(bad), bad[0])
		}
	}
}
