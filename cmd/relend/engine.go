package main

import (
	"context"

	"relend/data"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/expect"
	"relend/sim/provision"
)

// compute runs a plan with the engine that the experiment names.
func compute(ctx context.Context, engine string, plan *sim.Plan, p *data.Portfolio, arms []sim.Arm, grid data.Grid, provisions provision.Method, workers int, progress func(done, total int)) (*data.Results, error) {
	if engine == scenarios.ExpectEngine {
		return expectation(plan, p, arms, grid, provisions).Do(ctx, workers, progress)
	}
	return plan.Run(ctx, workers, progress)
}

// expectation is what package expect computes for a plan.
func expectation(plan *sim.Plan, p *data.Portfolio, arms []sim.Arm, grid data.Grid, provisions provision.Method) *expect.Job {
	j := &expect.Job{Run: plan.Describe(), Hazard: plan.LogHazard, Cells: plan.Cells(), Provisions: provisions}
	for _, s := range plan.Subjects() {
		b := expect.Of(p, s.Index, 0, s.PD)
		b.PD, b.Open, b.Loans = s.PD, min(b.Open, len(s.Loans)), s.Loans
		j.People = append(j.People, expect.Person{ID: p.Borrowers[s.Index].ID, Weight: int64(p.Borrowers[s.Index].Weight), Borrower: b})
	}
	for _, a := range arms {
		j.Arms = append(j.Arms, expect.Arm{Behaviour: a.Behaviour, Policy: a.Policy, Law: a.Law, Scope: a.Scope})
	}
	j.Economy = func(arm, path int) []expect.Economy {
		factors, loadings := plan.Economy(arm, path)
		economies := make([]expect.Economy, len(loadings))
		for g := range economies {
			economies[g] = expect.Economy{Sigma: loadings[g], Factor: factors[g], Macro: arms[arm].Macro, Grid: grid}
		}
		return economies
	}
	return j
}
