package main

import (
	"context"
	"fmt"
	"math"

	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
)

// Of the pilot that chooses a sample.
const (
	pilotPaths  = 64
	pilotSample = 2000
)

// wish is a figure whose error bar matters: a measure of an arm at the horizon, or its difference to its reference.
type wish struct {
	arm, reference int // reference -1: the level
	measure        data.Measure
	precision      *scenarios.Precision // that its error bar is to reach; nil: as narrow as can be
}

// choose finds how many borrowers each path is to simulate so that error bars as narrow cost least, from a pilot of few
// paths and borrowers: with the variances E of the economy and B of one borrower, and paths that cost as much as C
// borrowers beside theirs, the cost of a variance v is (E + B/n)(C + n)/v, least at n = sqrt(B C/E). Of several wishes
// the one decides that costs most: with precisions at what they ask for, else beside its own least. It returns 0 for
// all, and the sentence that says why.
func choose(ctx context.Context, plan *sim.Plan, wishes []wish, workers int) (sampled int, why string, err error) {
	all := plan.Borrowers()
	switch {
	case plan.Steered():
		return 0, "sample: all borrowers, since some arms have rules that watch the whole book", nil
	case all <= pilotSample:
		return 0, "sample: all borrowers, who are few", nil
	}
	replicate := max(1, plan.Describe().Replicate)
	paths := (pilotPaths + replicate - 1) / replicate * replicate
	pilot, err := plan.With(paths, pilotSample)
	if err != nil {
		return 0, "", err
	}
	results, err := pilot.Run(ctx, workers, nil)
	if err != nil {
		return 0, "", err
	}
	e := estimate.New(results, .95)
	fixed := plan.Cost()
	least := func(economy, borrower float64) float64 {
		if economy == 0 {
			return float64(all)
		}
		return max(2, min(float64(all), math.Sqrt(borrower*fixed/economy)))
	}
	cost := func(economy, borrower, n float64) float64 { return (economy + borrower/n) * (fixed + n) }
	type variances struct{ economy, borrower, unit float64 } // unit: the cost that others are held against
	var list []variances
	for _, w := range wishes {
		if p, ok := e.Parts(w.arm, w.reference, w.measure, results.Run.Months); ok && p.SE > 0 {
			economy, borrowers := p.OnePath()
			v := variances{economy: economy, borrower: borrowers * pilotSample}
			v.unit = cost(v.economy, v.borrower, least(v.economy, v.borrower))
			if w.precision != nil {
				v.unit = square(w.precision.HalfOf(p.Value) / estimate.Student(math.MaxInt32, w.precision.Level))
			}
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return 0, "sample: all borrowers, since the pilot saw no variance", nil
	}
	best, lowest := float64(all), math.Inf(1)
	for n := 100.; n < float64(all)*1.05; n *= 1.05 {
		n := math.Round(min(n, float64(all)))
		worst := 0.
		for _, v := range list {
			worst = max(worst, cost(v.economy, v.borrower, n)/v.unit)
		}
		if worst < lowest {
			best, lowest = n, worst
		}
	}
	if best > .8*float64(all) {
		return 0, "sample: all borrowers, who are not many more than a path needs", nil
	}
	share := 0.
	for _, v := range list {
		share = max(share, v.borrower/best/(v.economy+v.borrower/best))
	}
	return int(best), fmt.Sprintf("sample: a pilot of %s with %s finds %s a path to cost least for the same error bars; of their variance the borrowers make up to %.0f%%",
		output.Plural(paths, "path"), output.Plural(pilotSample, "borrower"), output.Plural(int(best), "borrower"), 100*share), nil
}

// errorParts splits the standard errors of the default rates and of their differences.
func errorParts(results *data.Results) (list []data.ErrorParts) {
	e := estimate.New(results, .95)
	for _, w := range wished(results.Run.Arms) {
		if p, ok := e.Parts(w.arm, w.reference, w.measure, results.Run.Months); ok {
			list = append(list, data.ErrorParts{Measure: w.measure.Name, Arm: w.arm, Difference: w.reference >= 0,
				StandardError: p.SE, Economy: p.Economy, Borrowers: p.Borrowers})
		}
	}
	return list
}

// wished are the default rate of every arm and its difference to its reference.
func wished(arms []data.Arm) []wish {
	m, _ := data.MeasureByName("default_rate")
	var list []wish
	for a := range arms {
		list = append(list, wish{arm: a, reference: -1, measure: m})
		if r := arms[a].Reference; r != a {
			list = append(list, wish{arm: a, reference: r, measure: m})
		}
	}
	return list
}

// settle gives a plan the sample that the experiment asks for, and writes the number of "auto" into the experiment.
func settle(ctx context.Context, e *scenarios.Experiment, plan *sim.Plan, arms []sim.Arm, workers int) (*sim.Plan, string, error) {
	if e.Sample != scenarios.SampleAuto {
		return plan, "", nil
	}
	sampled, why, err := choose(ctx, plan, wishes(e.Precision, arms), workers)
	if err != nil {
		return nil, "", err
	}
	e.Sample = sampled
	plan, err = plan.With(plan.Paths(), sampled)
	return plan, why, err
}

// widened is the warning of a run with a sample: what it does to spreads and quantiles over paths.
func widened(results *data.Results, all int) string {
	run := &results.Run
	if run.Sample == 0 {
		return ""
	}
	text := fmt.Sprintf("each path simulates %s of %s, drawn anew: means and their error bars are sound, but spreads over paths, VaR and expected shortfall contain the chance of the draw and are too wide",
		output.Number(float64(run.Sample), 0), output.Plural(all, "borrower"))
	for _, name := range []string{"default_rate", "loss_rate"} {
		m, _ := data.MeasureByName(name)
		if p, ok := estimate.New(results, .95).Parts(run.Baseline, -1, m, run.Months); ok {
			_, borrowers := p.OnePath()
			values := estimate.New(results, .95).Paths(run.Baseline, m)[run.Months]
			total := variance(values)
			if narrow := total - borrowers*(1-float64(run.Sample)/float64(all)); narrow > 0 && total > 0 {
				text += fmt.Sprintf("; of %s the standard deviation over paths by about %.1f%%", name, 100*(math.Sqrt(total/narrow)-1))
			} else {
				text += fmt.Sprintf("; of %s the draw is most of the spread", name)
			}
		}
	}
	return text + ". For them simulate all (--sample all)"
}

func variance(values []float64) float64 {
	sum, squares := 0., 0.
	for _, v := range values {
		sum += v
	}
	for _, v := range values {
		squares += (v - sum/float64(len(values))) * (v - sum/float64(len(values)))
	}
	return squares / max(1, float64(len(values)-1))
}
