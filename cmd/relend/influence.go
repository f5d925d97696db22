package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"relend/data"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/estimate"
)

// The pass is cheap: it asks how far an assumption moves what arms change, not for its last digit.
const (
	influencePaths  = 32
	influenceSample = 2000
)

// influence halves and doubles every assumed parameter, one at a time, and says what that does to the differences between arms.
func influence(ctx context.Context, e *scenarios.Experiment, p *data.Portfolio, arms []sim.Arm, settings sim.Settings, workers int) (*data.Influence, error) {
	size := settings.Design.Replicate()
	settings.Paths = min(settings.Paths, max(influencePaths/size, 1)*size)
	if settings.Sample == 0 || settings.Sample > influenceSample {
		settings.Sample = influenceSample
	}
	if _, err := sim.NewPlan(p, arms, settings); err != nil { // rules that watch the whole book allow no sample
		settings.Sample = 0
	}
	run := func(arms []sim.Arm) (*ranking, error) {
		plan, err := sim.NewPlan(p, arms, settings)
		if err != nil {
			return nil, err
		}
		results, err := plan.Run(ctx, workers, nil)
		if err != nil {
			return nil, err
		}
		return rank(results), nil
	}
	base, err := run(arms)
	if err != nil {
		return nil, err
	}
	out := &data.Influence{Paths: settings.Paths, Replicates: settings.Paths / size, Sample: base.sample}
	for _, d := range behaviour.Registry() {
		if !strings.HasPrefix(d.Source, "assumption") {
			continue
		}
		tried := false
		for _, factor := range []float64{.5, 2} {
			changed, ok := scaled(arms, d, factor)
			if !ok {
				continue
			}
			other, err := run(changed)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil { // a value that its neighbours do not allow
				continue
			}
			tried = true
			value := e.Behaviour.Params
			d.Set(&value, d.Value(&value)*factor)
			out.Parameters = append(out.Parameters, data.Influential{Parameter: d.Name, Factor: factor,
				Value: scenarios.Shown(d, &value, p.Currency), Shifts: other.shifts(base, size), Swaps: other.swaps(base)})
		}
		if !tried {
			out.Left = append(out.Left, d.Name)
		}
	}
	return out, nil
}

// scaled multiplies a parameter in all arms; false where that changes nothing or leaves its range.
func scaled(arms []sim.Arm, d behaviour.Parameter, factor float64) ([]sim.Arm, bool) {
	out, some := slices.Clone(arms), false
	for i := range out {
		before := d.Value(&out[i].Behaviour)
		after := before * factor
		if after < d.Min || after > d.Max || d.Integer && after != math.Trunc(after) {
			return nil, false
		}
		some = some || after != before
		d.Set(&out[i].Behaviour, after)
		if out[i].Behaviour.Check().Err() != nil {
			return nil, false
		}
	}
	return out, some
}

// ranking is what a run of the pass says of the default rate at the horizon.
type ranking struct {
	run    *data.Run
	sample int
	rates  [][]float64         // by arm and path
	pairs  [][]estimate.Figure // a less b
}

func rank(results *data.Results) *ranking {
	measure, _ := data.MeasureByName("default_rate")
	estimator := estimate.New(results, .95)
	r := &ranking{run: &results.Run, sample: results.Run.Sample, pairs: estimator.Differences(measure, results.Run.Months)}
	for a := range results.Run.Arms {
		r.rates = append(r.rates, estimator.Paths(a, measure)[results.Run.Months])
	}
	return r
}

// shifts compares every arm's difference to its reference with that of the base, path by path.
func (r *ranking) shifts(base *ranking, size int) (out []data.Shift) {
	for a, arm := range r.run.Arms {
		replicates := make([]float64, len(r.rates[a])/size)
		for path := range r.rates[a] {
			own, old := r.rates[a][path]-r.rates[arm.Reference][path], base.rates[a][path]-base.rates[arm.Reference][path]
			replicates[path/size] += (own - old) / float64(size)
		}
		n, mean, squares := float64(len(replicates)), 0., 0.
		for _, v := range replicates {
			mean += v / n
		}
		for _, v := range replicates {
			squares += float64((v - mean) * (v - mean))
		}
		s := data.Shift{Value: mean}
		if n > 1 {
			s.StandardError = math.Sqrt(squares / (n - 1) / n)
		}
		out = append(out, s)
	}
	return out
}

// swaps are the pairs whose order was told and is told to be the other one now.
func (r *ranking) swaps(base *ranking) (out [][2]int) {
	for a := range r.pairs {
		for b := a + 1; b < len(r.pairs); b++ {
			before, now := base.pairs[a][b].Verdict(), r.pairs[a][b].Verdict()
			turned := before == estimate.Below && now == estimate.Above || before == estimate.Above && now == estimate.Below
			if turned && r.run.Arms[a].Macro == r.run.Arms[b].Macro {
				out = append(out, [2]int{a, b})
			}
		}
	}
	return out
}

// influenceNote says in a line how long the pass is.
func influenceNote(arms []sim.Arm) string {
	n := 0
	for _, d := range behaviour.Registry() {
		if strings.HasPrefix(d.Source, "assumption") {
			n++
		}
	}
	return fmt.Sprintf("influence: %d assumed parameters of %d arms, each halved and doubled on %d paths", n, len(arms), influencePaths)
}
