package expect

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rng"
	"relend/sim/rule"
)

// seen is what the lender's score tells of the frailty: its law given the score.
type seen struct {
	mean   float64
	hidden float64 // standard deviation of what is left
}

var unseen = seen{0, 1}

// overScores averages over the score w = sqrt(q) u + sqrt(1-q) n of a lender who sees a share q of the variance of the
// log hazard. What he does jumps where the PD seen crosses a cut-off or the price a cap, so the score's range is cut
// there, and into pieces short enough for a few Gauss-Legendre nodes each.
func overScores(b *Borrower, a *Arm, e *Economy, months int, o Options) (*Expectation, error) {
	const most, longest, nodes = 6.5, 2.2, 6
	p := &a.Behaviour
	q := p.ScoreGain
	spread := p.SigmaU * math.Sqrt(q)
	pd := func(w float64) float64 {
		return 1 - math.Exp(math.Log1p(-b.PD)*math.Exp(spread*w-spread*spread/2))
	}
	var sum *Expectation
	cuts := append(jumps(b, a, e.Grid, func(above func(pd float64) bool) float64 {
		lo, hi := -most, most
		for hi-lo > 1e-13 {
			if mid := (lo + hi) / 2; above(pd(mid)) {
				hi = mid
			} else {
				lo = mid
			}
		}
		return hi
	}), -most, most)
	slices.Sort(cuts)
	x, weight := make([]float64, nodes), make([]float64, nodes)
	for i := range cuts[1:] {
		pieces := int(math.Ceil((cuts[i+1] - cuts[i]) / longest))
		for j := range pieces {
			lo := cuts[i] + (cuts[i+1]-cuts[i])*float64(j)/float64(pieces)
			hi := cuts[i] + (cuts[i+1]-cuts[i])*float64(j+1)/float64(pieces)
			if hi-lo < 1e-9 {
				continue
			}
			quad.Legendre{}.FixedLocations(x, weight, lo, hi)
			for k, w := range x {
				known := *b
				known.PD = pd(w)
				one, err := project(&known, a, e, months, o, seen{math.Sqrt(q) * w, math.Sqrt(1 - q)})
				if err != nil {
					return nil, err
				}
				sum = sum.plus(one, weight[k]*distuv.UnitNormal.Prob(w))
			}
		}
	}
	return sum, nil
}

// atScore draws a score in place of the average over all: thin has draws anyhow.
func atScore(b *Borrower, a *Arm, e *Economy, months int, o Options) (*Expectation, error) {
	q, known := a.Behaviour.ScoreGain, *b
	w := distuv.UnitNormal.Quantile(rng.Uniform(o.Draws.Block(rng.Thin, 1<<20)[1]))
	spread := a.Behaviour.SigmaU * math.Sqrt(q)
	known.PD = 1 - math.Exp(math.Log1p(-b.PD)*math.Exp(spread*w-spread*spread/2))
	return project(&known, a, e, months, o, seen{math.Sqrt(q) * w, math.Sqrt(1 - q)})
}

// jumps returns the scores at which a decision or a price may jump or bend; first finds the lowest one for which a
// condition holds that rises with the PD seen.
func jumps(b *Borrower, a *Arm, grid data.Grid, first func(above func(pd float64) bool) float64) (list []float64) {
	p := inSteps(a.Behaviour, grid)
	apr, others := math.Inf(1), []float64(nil)
	var prices []rule.Price
	for _, rules := range [][]rule.Rule{a.Policy, a.Law} {
		for _, r := range rules {
			_, clause := r.(*rule.Clause)
			r = rule.Bare(r)
			if timed, ok := r.(rule.Timed); ok {
				r = timed.On(grid)
			}
			switch r := r.(type) {
			case *rule.ScoreCutoff:
				list = append(list, first(func(pd float64) bool { return pd > r.MaxPD }))
			case *rule.APRCap:
				if clause {
					others = append(others, r.Max)
				} else {
					apr = math.Min(apr, r.Max)
				}
			case rule.Price:
				prices = append(prices, r)
			}
		}
	}
	costs := contract.Costs{
		Funding: p.Funding, Operating: p.Operating, Acquisition: p.Acquisition, Recovery: p.RecoveryMean, RecoveryLag: p.PriceRecoveryLag, Grid: grid,
	}
	asked := map[product]bool{}
	for i := range b.Loans {
		good := product{product: b.Loans[i].Product, tenor: term(grid, &b.Loans[i])}
		if asked[good] {
			continue
		}
		asked[good] = true
		at := func(price float64) {
			list = append(list, first(func(pd float64) bool { return contract.BreakEven(good.product, int(good.tenor), pd, costs) > price }))
		}
		caps := append(slices.Clone(others), apr)
		for _, r := range prices {
			caps = append(caps, r.Most(&rule.Application{Product: good.product, Term: int(good.tenor)}))
		}
		for _, apr := range caps {
			at(math.Min(apr, 10))
			at(apr - p.Margin)
		}
		for _, l := range b.Loans {
			at(l.APR - p.PrepayGap - p.Margin)
		}
	}
	return list
}

// plus adds another expectation with a weight. The sum may be nil.
func (x *Expectation) plus(other *Expectation, weight float64) *Expectation {
	if x == nil {
		x = &Expectation{States: make([]int, len(other.States))}
		for range other.Counters {
			x.Counters = append(x.Counters, make([]float64, data.NumCounters))
			x.Squares = append(x.Squares, make([]float64, data.NumCounters))
			x.Largest = append(x.Largest, make([]float64, data.NumCounters))
		}
	}
	for m := range x.Counters {
		for c := range x.Counters[m] {
			x.Counters[m][c] += weight * other.Counters[m][c]
			x.Squares[m][c] += weight * other.Squares[m][c]
			x.Largest[m][c] = math.Max(x.Largest[m][c], other.Largest[m][c])
		}
		x.States[m] = max(x.States[m], other.States[m])
	}
	x.Dropped += weight * other.Dropped
	return x
}
