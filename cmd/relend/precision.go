package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
)

// enough is the number of first replicates from which Student's t takes a sixth more paths than a known variance would.
const enough = 16

// precisionName begins the names of the checks that say what became of a precision contract.
const precisionName = "precision "

// caps are the most that a precision may take; 0 is no cap.
type caps struct {
	paths int
	time  time.Duration
}

// contract is a precision that was asked for, by the rule of Stein ("A two-sample test for a linear hypothesis whose
// power is independent of the variance", Annals of Mathematical Statistics 16, 1945): the sample variance s² of the
// R first replicates alone decides how many there are in all, N >= (t s/h)² with Student's t of R-1 degrees of
// freedom. The mean over N then lies within h of the truth with at least the level, whatever the variance is, since s²
// says nothing of the mean. It holds for several contracts together, each at its own level. A width that is a share of the
// figure is that of the figure of the R first.
type contract struct {
	scenarios.Precision
	arm    string  // that needs most
	spread float64 // t s of that arm: half of the interval is spread/sqrt(replicates)
	half   float64 // to be reached in that arm
	needs  int     // replicates
}

// replicates is (t s/h)².
func (c *contract) replicates() float64 {
	if c.spread == 0 {
		return 0
	}
	return square(c.spread / c.half)
}

// needs estimates every contract from the first replicates.
func needs(first *data.Results, arms []sim.Arm, list []scenarios.Precision) (out []contract, err error) {
	for _, p := range list {
		e := estimate.New(first, p.Level)
		m, _ := data.MeasureByName(p.Measure)
		figures, differences := e.All([]data.Measure{m})
		c := contract{Precision: p, needs: e.Replicates}
		seen, most := false, -1.
		for a := range arms {
			f := figures[a][0][first.Run.Months]
			if p.Difference {
				if arms[a].Reference == a {
					continue
				}
				f = differences[a][0][first.Run.Months]
			}
			if math.IsNaN(f.SE) {
				continue
			}
			seen = true
			own := contract{arm: arms[a].Name, spread: (f.Hi - f.Value) * math.Sqrt(float64(e.Replicates)), half: p.HalfOf(f.Value)}
			if n := own.replicates(); n >= most {
				most, c.arm, c.spread, c.half = n, own.arm, own.spread, own.half
			}
		}
		if !seen {
			ps := &data.Problems{Cause: data.BadConfig}
			ps.Add("precision", "%v: no arm has such a figure at the horizon", p)
			return nil, ps
		}
		c.needs = max(c.needs, int(min(math.Ceil(most), math.MaxInt32)))
		out = append(out, c)
	}
	return out, nil
}

// outcome is what became of the contracts of a run.
type outcome struct {
	checks []data.Check
	more   string // what the precision would take that was not reached; "" when all was
	least  int    // paths
	notes  []string
}

// extend runs the experiment's paths, and then as many as its contracts need and the caps allow. The second time run is
// given the same plan with more paths.
func extend(plan *sim.Plan, arms []sim.Arm, list []scenarios.Precision, most caps, fit int, run func(*sim.Plan) (*data.Results, error)) (*data.Results, *outcome, error) {
	started := time.Now()
	results, err := run(plan)
	if err != nil {
		return nil, nil, err
	}
	spent := time.Since(started)
	replicate := max(1, results.Run.Replicate)
	contracts, err := needs(results, arms, list)
	if err != nil {
		return nil, nil, err
	}
	first := results.Run.Paths
	o := &outcome{}
	for _, c := range contracts {
		o.least = max(o.least, c.needs*replicate)
	}
	paths, why := o.least, ""
	limit := func(n int, reason string) {
		if n = max(first, n/replicate*replicate); n < paths {
			paths, why = n, reason
		}
	}
	if most.paths > 0 {
		limit(most.paths, fmt.Sprintf("--max-paths %d", most.paths))
	}
	if fit > 0 {
		limit(fit, "the available memory")
	}
	limit(sim.MaxPaths, "the most paths of a run")
	if most.time > 0 {
		left := (most.time - spent).Seconds() * .9 / spent.Seconds()
		limit(int(max(0, min(left*float64(first), math.MaxInt32))), fmt.Sprintf("--max-time %v", most.time))
	}
	if paths > first {
		sampled := results.Run.Sample
		results = nil
		if plan, err = plan.With(paths, sampled); err != nil {
			return nil, nil, err
		}
		if results, err = run(plan); err != nil {
			return nil, nil, err
		}
	}
	if r := first / replicate; r < enough && paths > first {
		level := contracts[0].Level
		o.notes = append(o.notes, fmt.Sprintf("the first %d paths are %d replicates of the design, which say little of a variance: Student's t asks for %.1f times the paths that a known one would; with more of them (--paths %d) the precision may take fewer in all",
			first, r, square(estimate.Student(r, level)/estimate.Student(math.MaxInt32, level)), enough*replicate))
	}
	var short []string
	for _, c := range contracts {
		n := paths / replicate
		reached := c.spread / math.Sqrt(float64(n))
		unit := halfWidth(c.Precision, reached)
		check := data.Check{Name: precisionName + c.String(), Holds: n >= c.needs,
			Result: fmt.Sprintf("±%s with %s (hardest: arm %s; by the variance of the first %d paths)", unit, output.Plural(paths, "path"), c.arm, first)}
		if !check.Holds {
			check.Result += fmt.Sprintf("; %s needed, stopped by %s", output.Plural(c.needs*replicate, "path"), why)
			short = append(short, fmt.Sprintf("%v: ±%s reached, %d paths needed", c.Precision, unit, c.needs*replicate))
		}
		o.checks = append(o.checks, check)
	}
	if len(short) > 0 {
		o.more = fmt.Sprintf("%s; stopped at %d paths by %s; all of it takes about %v with --paths %d", strings.Join(short, "; "), paths, why,
			roundTime(spent.Seconds()*float64(o.least)/float64(first)), o.least)
	}
	if strings.HasPrefix(why, "--max-time") {
		o.notes = append(o.notes, fmt.Sprintf("the number of paths, %d, was set by a limit of time and differs from machine to machine; this run repeats with --paths %d", paths, paths))
	}
	return results, o, nil
}

// halfWidth writes half of an interval in the unit of its contract.
func halfWidth(p scenarios.Precision, half float64) string {
	m, _ := data.MeasureByName(p.Measure)
	switch m.Unit {
	case data.Share:
		return fmt.Sprintf("%.3gbp", half*1e4)
	case data.Amount:
		return fmt.Sprintf("%.4g", half/float64(data.Unit))
	}
	return fmt.Sprintf("%.3g", half)
}

func roundTime(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}

// precisionError says that a run is written whose error bars are wider than asked for.
type precisionError struct{ more string }

func (e *precisionError) Error() string { return "the precision is not reached: " + e.more }

// fitting is the number of paths for which there is memory; 0 where nothing is known.
func fitting(available, need, perPath int64, paths int) int {
	if available == 0 || perPath == 0 {
		return 0
	}
	return int(max(int64(paths), min(int64(paths)+(available-need)/perPath-1, sim.MaxPaths)))
}

// wishes are what a sample is chosen for: the contracts of the experiment, without any the default rates.
func wishes(list []scenarios.Precision, arms []sim.Arm) []wish {
	var out []wish
	for i := range list {
		p := &list[i]
		m, _ := data.MeasureByName(p.Measure)
		for a := range arms {
			switch r := arms[a].Reference; {
			case !p.Difference:
				out = append(out, wish{a, -1, m, p})
			case r != a:
				out = append(out, wish{a, r, m, p})
			}
		}
	}
	if len(out) == 0 {
		out = wished(describe(arms))
	}
	return slices.Clip(out)
}

// check reports caps that do not fit the paths of the experiment, from which a precision is estimated.
func (c *caps) check(paths int, asked bool) error {
	switch {
	case !asked && (c.paths > 0 || c.time > 0):
		return usage("--max-paths and --max-time limit what a precision takes: they go with --precision")
	case c.paths < 0 || c.time < 0:
		return usage("--max-paths and --max-time: above 0 is needed")
	case cmp.Or(c.paths, paths) < paths:
		return usage("--max-paths: %d is below the %d paths from which the precision is estimated (--paths)", c.paths, paths)
	}
	return nil
}
