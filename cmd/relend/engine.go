package main

import (
	"context"

	"relend/data"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/expect"
)

// compute runs a plan with the engine that the experiment names.
func compute(ctx context.Context, engine string, plan *sim.Plan, p *data.Portfolio, arms []sim.Arm, s sim.Settings, workers int, progress func(done, total int)) (*data.Results, error) {
	if engine == scenarios.ExpectEngine {
		results, err := expectation(plan, p, arms, s).Do(ctx, workers, progress)
		if err == nil {
			results.Weigh(plan.Weights())
		}
		return results, err
	}
	return plan.Run(ctx, workers, progress)
}

// expectation is what package expect computes for a plan.
func expectation(plan *sim.Plan, p *data.Portfolio, arms []sim.Arm, s sim.Settings) *expect.Job {
	j := &expect.Job{Run: plan.Describe(), Cells: plan.Cells(), Provisions: s.Provisions}
	j.Grade = func(arm, person int, b *expect.Borrower) {
		r := plan.Risk(arm, person)
		b.PD, b.Hazard, b.Shift = r.PD, r.Hazard, r.Shift
	}
	for _, one := range plan.Subjects() {
		b, row := expect.Of(p, one.Index, 0, 0), &p.Borrowers[one.Index]
		b.Open, b.Loans = min(b.Open, len(one.Loans)), one.Loans
		j.People = append(j.People, expect.Person{Economy: one.Economy, ID: row.ID, Weight: int64(row.Weight), Borrower: b})
	}
	for _, a := range arms {
		j.Arms = append(j.Arms, expect.Arm{Behaviour: a.Behaviour, Policy: a.Policy, Law: a.Law, Scope: a.Scope})
	}
	j.Economy = func(arm, path int) []expect.Economy {
		var economies []expect.Economy
		for _, e := range plan.Economies(arm, path) {
			economies = append(economies, expect.Economy{Sigma: e.Sigma, Factor: e.Factor, Miss: e.Miss, Macro: arms[arm].Macro, Grid: s.Grid, AsOf: p.AsOf, Segments: p.Segments})
		}
		return economies
	}
	return j
}
