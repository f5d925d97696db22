package selfcheck

import (
	"fmt"
	"math"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/estimate"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// coverage runs a small experiment again and again with fresh seeds, in every sampling design: its 95 % intervals, of a
// level and of a paired difference, cover the oracle's mean over the economy as often as they say, and all designs
// estimate the same.
func coverage(s *sheet) error {
	const runs, borrowers, months, factorPaths = 200, 60, 8, 2000
	level := .95 * (1 - s.Scale)
	b := lending()
	b.Miss0, b.Rho, b.Re, b.Leak, b.BStack = .06, .03, [2]float64{.6, .6}, .5, .3
	b.Roll = [3]float64{2, 2, 2}
	policies := [][]rule.Rule{nil, {&rule.CoolingOff{AfterPayoff: 2}}}
	hazard := math.Log(b.Miss0)
	pd := anchor.UnconditionalPD(&b, data.Monthly, hazard)
	segment, err := anchor.Solve(&b, data.Monthly, pd)
	if err != nil {
		return err
	}
	measure, _ := data.MeasureByName("default_rate")
	var want [2]float64 // the rate without cooling-off, and its difference with it
	for path := range factorPaths {
		if s.Err() != nil {
			return s.Err()
		}
		e := expect.Economy{Sigma: segment.Sigma, Factor: factor.Draw(99, path, factor.Antithetic, factor.Law{Phi: b.Phi, Global: b.WGlobal}, 1, months)[0]}
		var rate [2]float64
		for i, policy := range policies {
			x, err := expect.Run(expect.Of(ungraded(repaid(1)), 0, hazard, pd), expect.Arm{Behaviour: b, Policy: policy}, e, months, expect.Options{})
			if err != nil {
				return err
			}
			for m := range x.Counters {
				rate[i] += x.Counters[m][data.Defaults]
			}
		}
		want[0] += rate[0] / factorPaths
		want[1] += (rate[1] - rate[0]) / factorPaths
	}

	names := [2]string{"default rate", "paired difference"}
	var reference [2]estimate.Figure
	for i, name := range factor.DesignNames() {
		design, err := factor.ParseDesign(name)
		if err != nil {
			return err
		}
		replicates := max(4, 48/design.Replicate())
		b := b
		if design != factor.Plain {
			b.Miss0 *= 1 + float64(s.Shift)/5
		}
		arms := []sim.Arm{arm(b, policies[0]...), arm(b, policies[1]...)}
		var covered [2]int64
		var means [2][]float64
		for run := range uint64(runs) {
			r, err := s.run(ungraded(repaid(borrowers)), sim.Settings{Months: months, Paths: replicates * design.Replicate(), Seed: 7919*run + uint64(i), Design: design}, arms...)
			if err != nil {
				return err
			}
			r.Run.Arms[1].Reference = 0
			figures, differences := estimate.New(r, level).All([]data.Measure{measure})
			for k, f := range []estimate.Figure{figures[0][0][months], differences[1][0][months]} {
				means[k] = append(means[k], f.Value)
				if f.Lo <= want[k] && want[k] <= f.Hi {
					covered[k]++
				}
			}
		}
		for k := range names {
			pooled := pool(means[k])
			if design == factor.Plain {
				reference[k] = pooled
			} else {
				s.id = "V27"
				s.normal(fmt.Sprintf("engine: %s, %s paths against plain ones", names[k], name), reference[k].Value, pooled.Value, math.Hypot(reference[k].SE, pooled.SE))
			}
			s.id = "V25"
			s.binomial(fmt.Sprintf("engine: 95 %% intervals of the %s that cover the oracle's, %s, %d runs", names[k], name, runs), covered[k], runs, .95)
		}
	}
	return nil
}

// pool is the mean of independent estimates with its standard error.
func pool(x []float64) estimate.Figure {
	mean, squares, n := 0., 0., float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return estimate.Figure{Value: mean, SE: math.Sqrt(squares / (n - 1) / n)}
}
