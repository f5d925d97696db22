package selfcheck

import (
	"context"
	"fmt"
	"math"
	"slices"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// SliceName names the check of an ordinary run by Slice.
const SliceName = "a slice of the portfolio = its exact expectation"

// Slice compares engine and oracle on what an ordinary run is made of, in a fraction of a second: one borrower of the
// portfolio, copied many times, under an arm's behaviour, policy, law and macro path, without the systematic factor and
// without controls, over the first months of the horizon. The borrower is the current one whose PD is nearest the mean. Every counter of every
// month is compared; the check fails with a probability below 1e-6 when all is right. An error means that the comparison
// could not be made.
func Slice(ctx context.Context, p *data.Portfolio, a sim.Arm, settings sim.Settings) (data.Check, error) {
	s := &sheet{Context: ctx}
	if err := s.slice(p, a, settings); err != nil {
		return data.Check{}, err
	}
	r := s.rows[0]
	return data.Check{Name: SliceName, Holds: r.Holds, Result: r.What}, nil
}

const (
	slicePeople = 10000
	slicePaths  = 8
)

// sliceMonths is how far the oracle gets in a fraction of a second: states multiply with the steps, and a score that tells
// part of the frailty has to be averaged over.
func sliceMonths(a *sim.Arm, grid data.Grid) int {
	switch {
	case grid == data.Weekly:
		return 1
	case grid == data.HalfMonthly:
		return 3
	case a.Behaviour.ScoreGain > 0:
		return 4
	}
	return 6
}

func (s *sheet) slice(p *data.Portfolio, a sim.Arm, settings sim.Settings) error {
	at, ok := typical(p)
	if !ok {
		return fmt.Errorf("no borrower is current with at most %d open loans", rule.MaxOwn)
	}
	b := p.Borrowers[at]
	loans := p.Loans[b.First : b.First+uint32(b.Open)]
	months, grid := min(settings.Months, sliceMonths(&a, settings.Grid)), settings.Grid
	a.Behaviour.Rho = 0 // paths are independent borrowers then
	a.Policy, a.Law = withoutControls(a.Policy), withoutControls(a.Law)
	copies := alike(slicePeople, b, loans...)
	copies.Currency, copies.Segments, copies.HasPD, copies.AsOf = p.Currency, p.Segments, p.HasPD, p.AsOf

	engine := a
	engine.Behaviour.Miss0 *= 1 + s.Scale
	for i := range copies.Borrowers {
		copies.Borrowers[i].PD12 *= 1 + s.Scale
	}
	if s.Swap {
		engine.Behaviour.Roll, engine.Behaviour.Cure = a.Behaviour.Cure, a.Behaviour.Roll
	}
	r, err := s.run(copies, sim.Settings{Grid: grid, Months: months, Paths: slicePaths, Seed: settings.Seed, Design: factor.Plain}, engine)
	if err != nil {
		return err
	}

	hazard, pd := math.Log(a.Behaviour.Miss0), b.PD12
	if p.HasPD {
		segment, err := anchor.Solve(&a.Behaviour, grid, pd)
		if err != nil {
			return err
		}
		hazard = segment.LogHazard(pd)
	} else {
		pd = anchor.UnconditionalPD(&a.Behaviour, grid, hazard)
	}
	x, err := expect.Run(expect.Of(p, at, hazard, pd), expect.Arm{Behaviour: a.Behaviour, Policy: a.Policy, Law: a.Law, Scope: a.Scope},
		expect.Economy{Macro: a.Macro, Grid: grid, AsOf: p.AsOf, Segments: p.Segments}, months, expect.Options{Frailty: 7, Demand: 7, Threshold: 1e-7, MaxStates: 1 << 15})
	if err != nil {
		return err
	}
	const n = slicePeople * slicePaths
	figures, worst := 0, Row{P: 2}
	for m := range months + 1 {
		for c := range data.NumCounters {
			if x.Largest[m][c] == 0 && total(r, 0, m, c) == 0 {
				continue
			}
			figures++
			got := float64(total(r, 0, m, c))
			if q := Agree(got, n, x, m, c); q < worst.P {
				worst = Row{What: fmt.Sprintf("%v in month %d", c, m), Reference: n * x.Counters[m][c], Got: got, P: q}
			}
		}
	}
	q := min(1, worst.P*float64(figures))
	s.chance(fmt.Sprintf("%d copies of a borrower (PD %.3g %%), %s, %d figures against the oracle; farthest: %s, %.6g counted, %.6g expected (p %.2g)",
		n, 100*pd, span(months), figures, worst.What, worst.Got, worst.Reference, q), worst.Reference, worst.Got, q)
	return nil
}

// withoutControls leaves out the rules that look at the whole book: borrowers are independent without them. Nor does the
// oracle know a bureau that changes in time.
func withoutControls(rules []rule.Rule) []rule.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule.Rule) bool {
		return rule.Steers(r) || expect.Glass(r)
	})
}

func span(months int) string {
	if months == 1 {
		return "1 month"
	}
	return fmt.Sprintf("%d months", months)
}

// typical is the index of the current borrower whose PD is nearest the mean; of several, the one with the lowest ID.
func typical(p *data.Portfolio) (at int, ok bool) {
	mean := 0.
	for i := range p.Borrowers {
		mean += p.Borrowers[i].PD12 / float64(len(p.Borrowers))
	}
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		if b.Open == 0 || b.Open > rule.MaxOwn || b.Bucket > 0 {
			continue
		}
		best := &p.Borrowers[at]
		if d, least := math.Abs(b.PD12-mean), math.Abs(best.PD12-mean); !ok || d < least || d == least && b.ID < best.ID {
			at, ok = i, true
		}
	}
	return at, ok
}
