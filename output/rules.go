package output

import (
	"slices"

	"relend/data"
	"relend/sim/estimate"
)

// RuleBite is what one clause of an arm has done: means over paths.
type RuleBite struct {
	Arm, Number int // Number is its place among the arm's clauses
	Clause      *data.Clause
	Total       Bite
	Months      []Bite // month m in [m-1], flows of the month
}

// Bite is a clause's part of the applications of some months.
type Bite struct {
	Counts [data.NumBites]estimate.Figure // mean over paths; money in minor units
	Shares [data.NumBites]estimate.Figure // of all applications of the arm; of money, of the amount asked for in them
	Change estimate.Figure                // share Decided less that of the same clause in the arm's reference; missing where that has none
}

// rules estimates what each clause of every arm does; nil where the run kept no ledger, or nobody applied: the
// file of such a ledger is empty as well.
func (r *Report) rules() [][]RuleBite {
	counted := func(n int64) bool { return n != 0 }
	if !slices.ContainsFunc(r.results.Ledger, func(arm []int64) bool { return slices.ContainsFunc(arm, counted) }) {
		return nil
	}
	run, batches := r.Run, r.estimator.Batches()
	bases := make([][][data.NumBites][]float64, len(run.Arms)) // denominators by month, the last one of all
	for a := range run.Arms {
		for m := range run.Months + 1 {
			from, to := m+1, m+1
			if m == run.Months {
				from, to = 1, run.Months
			}
			applications, heard := batches.Counts(a, from, to, data.Applications)
			requested, _ := batches.Counts(a, from, to, data.RequestedAmount)
			bases[a] = append(bases[a], [data.NumBites][]float64{data.Asked: heard, data.WouldBind: heard, data.Decided: applications,
				data.Reduced: applications, data.Refused: requested, data.Cut: requested})
		}
	}
	out := make([][]RuleBite, len(run.Arms))
	for a := range run.Arms {
		arm := &run.Arms[a]
		for i := range arm.Clauses {
			if arm.Clauses[i].Reason == "" { // denies nobody
				continue
			}
			twin := twinOf(run, a, i)
			one := RuleBite{Arm: a, Number: i, Clause: &arm.Clauses[i]}
			bite := func(m, from, to int) (b Bite) {
				sums := r.bites(a, i, from, to)
				for k := range b.Counts {
					paths := batches.Paths
					if k := data.Bite(k); k == data.Asked || k == data.WouldBind {
						paths = batches.Heard
					}
					b.Counts[k], b.Shares[k] = batches.Ratio(sums[k], paths), batches.Ratio(sums[k], bases[a][m][k])
				}
				b.Change = estimate.Missing
				if twin >= 0 {
					b.Change = batches.Difference(sums[data.Decided], bases[a][m][data.Decided], r.bites(arm.Reference, twin, from, to)[data.Decided], bases[arm.Reference][m][data.Decided])
				}
				return b
			}
			for m := 1; m <= run.Months; m++ {
				one.Months = append(one.Months, bite(m-1, m, m))
			}
			one.Total = bite(run.Months, 1, run.Months)
			out[a] = append(out[a], one)
		}
	}
	return out
}

// twinOf is the clause of an arm's reference that says the same as clause i, negative for none.
func twinOf(run *data.Run, arm, i int) int {
	c := &run.Arms[arm].Clauses[i]
	for k := range run.Arms[run.Arms[arm].Reference].Clauses {
		if o := &run.Arms[run.Arms[arm].Reference].Clauses[k]; o.Name == c.Name && o.Law == c.Law && o.Sentence == c.Sentence {
			return k
		}
	}
	return -1
}

// bites sums what the ledger counts of a clause over months, by Bite and batch.
func (r *Report) bites(arm, clause, from, to int) (sums [data.NumBites][]float64) {
	for k := range sums {
		sums[k] = make([]float64, r.Run.Batches())
	}
	for batch := range r.Run.Batches() {
		for m := from; m <= to; m++ {
			for k, v := range r.results.Bites(arm, batch, data.Month(m), clause) {
				sums[k][batch] += float64(v)
			}
		}
	}
	return sums
}

// ShortName names a clause in a chart: its kind, and whether it is the law's. Where an arm has several that would be
// called the same, they are numbered in the order of the arm.
func (b *RuleBite) ShortName(l Language, among []RuleBite) string {
	name := func(o *RuleBite) string {
		if o.Clause.Law {
			return l.Say("%s (law)", l.Recorded(o.Clause.Name))
		}
		return l.Recorded(o.Clause.Name)
	}
	own, twins, at := name(b), 0, 0
	for i := range among {
		if o := &among[i]; name(o) == own {
			if twins++; o.Number == b.Number {
				at = twins
			}
		}
	}
	if twins > 1 {
		return own + " #" + Number(float64(at), 0)
	}
	return own
}
