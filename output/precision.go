package output

import (
	"relend/data"
	"relend/sim/estimate"
)

// Stage is what a run's first paths alone would have given: the default rate at the horizon and its difference to the
// arm's reference, by arm.
type Stage struct {
	Paths                int
	Figures, Differences []estimate.Figure
}

// converge estimates the default rate from an eighth, a quarter, half and all of the paths, in whole replicates and from
// two of them on.
func (r *Report) converge() {
	measure := []data.Measure{r.Measures[r.Index("default_rate")]}
	run, block := r.Run, (r.Run.Months+1)*int(data.NumCounters)
	for part := 8; part >= 1; part /= 2 {
		replicates := r.Replicates / part
		if replicates < 2 {
			continue
		}
		paths := run.Paths / r.Replicates * replicates
		first := &data.Results{Run: *run}
		first.Run.Paths = paths
		for _, counts := range r.results.Counts {
			first.Counts = append(first.Counts, counts[:paths*block])
		}
		if w := r.results.Weights; w != nil {
			first.Weights = w[:paths]
		}
		figures, differences := estimate.New(first, r.Level).All(measure)
		s := Stage{Paths: paths}
		for a := range figures {
			s.Figures = append(s.Figures, figures[a][0][run.Months])
			s.Differences = append(s.Differences, differences[a][0][run.Months])
		}
		r.Stages = append(r.Stages, s)
	}
}

// Weighing says in a sentence what weights do to a run's paths; "" where they have none.
func (l Language) Weighing(run *data.Run) string {
	if run.Effective == 0 {
		return ""
	}
	return l.Say("%s, every other one drawn from bad times, are weighted to the law of the economy; for means they count as %s (effective sample size), and results by segment are not kept",
		l.Count(run.Paths, "path"), Number(run.Effective, 0))
}

// Sharing says in a sentence what arms had in common; "" with one arm, and where nobody counted.
func (l Language) Sharing(run *data.Run) string {
	s := &run.Sharing
	if len(run.Arms) < 2 || s.BorrowerPaths == 0 || s.Steps == 0 {
		return ""
	}
	return l.Say("%s took %.2f histories a borrower and path; a simulated month served %.2f arms in the mean; %.0f%% of their months were simulated once for all arms of the same behaviour and economy",
		l.Count(len(run.Arms), "arm"), float64(s.Branches)/float64(s.BorrowerPaths), float64(s.ArmSteps)/float64(s.Steps), 100*float64(s.Common)/float64(s.ArmSteps))
}
