package provision

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"relend/data"
	"relend/sim/behaviour"
)

// months of the PD of stage 1.
const months = 12

// Defaults returns the probabilities of default within twelve months, and before the loan is repaid, of a loan of so
// many instalments, one a step, to a borrower of a log base hazard (per month): [left][overdue] by the instalments
// left, 0 to term, and the steps that he is overdue now, 0 to three buckets.
//
// The economy is at its mean, the loan is as old as its schedule says, and it ends with its schedule, in default, or
// repaid early; there are no further loans and covariates stand as they are. Frailty is integrated as it is among all
// borrowers of a grade. Instalments follow the contract (METHOD.md §6): a late borrower who stays pays one, but never
// the last, and one who is cured pays all that are due.
func Defaults(p *behaviour.Params, grid data.Grid, logHazard float64, term int) (year, life [][]float64) {
	on := p.On(grid)
	c := &chances{parts: grid.SubStates(), chain: on.Chain(behaviour.Multipliers{Miss: 1, Roll: 1, Cure: 1}, grid.SubStates())}
	season := on.Seasoning(term, grid.Step())
	c.miss, c.either = make([]float64, term+1), make([]float64, term+1)
	year, life = c.table(), c.table()
	now, next, whole := c.table(), c.table(), c.table()
	shift, weight := frailty(p.SigmaU)
	for j := range shift {
		theta := grid.Step() * math.Exp(logHazard+shift[j])
		for n := 1; n <= term; n++ {
			c.miss[n], c.either[n] = behaviour.Pick(theta*season[term-n], on.Prepay)
		}
		for n := range now {
			clear(now[n])
		}
		for range grid.Steps(months) {
			for n := 1; n <= term; n++ {
				c.step(next[n], now[n], now, now[max(1, n-1)], n)
			}
			now, next = next, now
		}
		c.lifetime(whole)
		for n := range year {
			for o := range year[n] {
				year[n][o] += weight[j] * now[n][o]
				life[n][o] += weight[j] * whole[n][o]
			}
		}
	}
	return year, life
}

// chances are what a step does to a borrower at one hazard.
type chances struct {
	parts        int // of a bucket
	chain        behaviour.Chain
	miss, either []float64 // by instalments left: a missed payment; that or the loan repaid early
}

// table has room for a probability by instalments left and steps overdue.
func (c *chances) table() [][]float64 {
	t := make([][]float64, len(c.miss))
	for n := range t {
		t[n] = make([]float64, 3*c.parts+1)
	}
	return t
}

// step fills to, the probabilities of default with n instalments left, from those a step later: same with n left,
// after where payments were made, and stay with the instalment paid that one pays who stays as late as he is.
func (c *chances) step(to, same []float64, after [][]float64, stay []float64, n int) {
	for o := 3 * c.parts; o >= 1; o-- { // from the latest on, for same may be to
		p, further := &c.chain[(o-1)/c.parts], 1.
		if o < 3*c.parts {
			further = same[o+1]
		}
		to[o] = p.Roll*further + (p.Either-p.Roll)*after[max(0, n-o-1)][0] + (1-p.Either)*stay[o]
	}
	to[0] = c.miss[n]*same[1] + (1-c.either[n])*after[n-1][0]
}

// lifetime solves for the probabilities of default before the loan ends, instalment by instalment.
func (c *chances) lifetime(v [][]float64) {
	further := 1.
	for o := 3 * c.parts; o >= 1; o-- { // before the last instalment he may stay for any number of steps
		if p := &c.chain[(o-1)/c.parts]; p.Either > 0 {
			further *= p.Roll / p.Either
		} else {
			further = 0
		}
		v[1][o] = further
	}
	v[1][0] = c.miss[1] * v[1][1]
	for n := 2; n < len(v); n++ {
		c.step(v[n], v[n], v, v[n-1], n)
	}
}

// frailty returns nodes and weights of the shift that frailty makes to the log hazard.
func frailty(sigma float64) (shift, weight []float64) {
	if sigma == 0 {
		return []float64{0}, []float64{1}
	}
	nodes := 16 + 16*int(sigma)
	shift, weight = make([]float64, nodes), make([]float64, nodes)
	quad.Hermite{}.FixedLocations(shift, weight, math.Inf(-1), math.Inf(1)) // for the weight exp(-x^2)
	for i := range shift {
		shift[i] = sigma*math.Sqrt2*shift[i] - sigma*sigma/2
		weight[i] /= math.Sqrt(math.Pi)
	}
	return shift, weight
}
