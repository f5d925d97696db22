// Attribution shares the effect of a package of clauses out to its clauses.
//
// A coalition is a set of clauses that are in force; its Worth is a measure of the arm with these clauses. Shapley gives
// each clause the mean of what it adds over all orders in which the clauses could come into force (Shapley, A value for
// n-person games, 1953): the only shares that add up to the whole, give equal clauses equal shares, a clause that never
// matters nothing, and do not depend on the order written. Sampled takes the mean over a sample of orders, for packages
// whose coalitions are too many, and Sequential is the waterfall of one order.
//
// Shares add up to the effect to the last bit. They are computed in rationals, which hold every float exactly, and are
// rounded to one binary grid so coarse that no sum of them rounds: the parts that rounding cuts off are given back, one
// unit each, to the shares that lost most (apportion). Intervals are those of paired differences over the replicates of a
// run: all coalitions live on the same paths.
package sensitivity

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"relend/sim/estimate"
)

// MostExact is the largest number of clauses whose coalitions Shapley takes all.
const MostExact = 8

// Coalition is a set of clauses, bit i for clause i.
type Coalition uint64

// With is the coalition with clause i.
func (c Coalition) With(i int) Coalition { return c | 1<<i }

// All is the coalition of k clauses.
func All(k int) Coalition { return 1<<k - 1 }

// Worth gives a measure of the arm with the clauses of a coalition and no others. All of them have the same replicates.
type Worth func(Coalition) estimate.Ratio

// Attribution is the effect of a package, all its clauses against none, by clause.
type Attribution struct {
	Parts []estimate.Figure // by clause; they add up to Whole.Value exactly, in any order
	Whole estimate.Figure   // the difference of the two worths, rounded as floats are
}

// Shapley attributes an effect over all coalitions of k clauses. Figures are missing where the measure of a coalition is.
func Shapley(k int, worth Worth, level float64) Attribution {
	weights := make([]*big.Rat, k) // by the clauses before: s! (k-1-s)! / k!
	for s := range k {
		weights[s] = new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(int64(k)), new(big.Int).Binomial(int64(k-1), int64(s))))
	}
	var terms [][]term
	for i := range k {
		var list []term
		for c := range All(k) + 1 {
			if c&(1<<i) == 0 {
				list = append(list, newTerm(c.With(i), c, weights[bits.OnesCount64(uint64(c))]))
			}
		}
		terms = append(terms, list)
	}
	return attribute(terms, All(k), worth, level, nil)
}

// Sequential gives each clause what it adds to those before it in an order: the steps of a waterfall, by clause.
func Sequential(order []int, worth Worth, level float64) Attribution {
	terms := make([][]term, len(order))
	before := Coalition(0)
	for _, i := range order {
		terms[i] = []term{newTerm(before.With(i), before, big.NewRat(1, 1))}
		before = before.With(i)
	}
	return attribute(terms, All(len(order)), worth, level, nil)
}

// Sampled attributes an effect over a sample of orders: pairs of an order and its reverse, as Orders draws them. The
// interval contains the chance of the sample: to the variance over replicates comes that of the mean over pairs, taken
// from their spread. Since that spread holds some of the noise of the paths, too, the sum is rather too large than
// too small. Student's t has the degrees of freedom of the smaller of the two samples.
func Sampled(orders [][]int, worth Worth, level float64) Attribution {
	k := len(orders[0])
	weight := big.NewRat(1, int64(len(orders)))
	terms := make([][]term, k)
	added := make([][]float64, k) // by clause and pair
	for n, order := range orders {
		before := Coalition(0)
		for _, i := range order {
			terms[i] = append(terms[i], newTerm(before.With(i), before, weight))
			if n%2 == 0 {
				added[i] = append(added[i], 0)
			}
			added[i][n/2] += (worth(before.With(i)).Value() - worth(before).Value()) / 2
			before = before.With(i)
		}
	}
	return attribute(terms, All(k), worth, level, added)
}

// Coalitions lists the coalitions that orders pass through, none and all included, ascending.
func Coalitions(orders [][]int) []Coalition {
	list := []Coalition{0}
	for _, order := range orders {
		c := Coalition(0)
		for _, i := range order {
			c = c.With(i)
			list = append(list, c)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// term is a difference of two worths with its weight in a part.
type term struct {
	with, without Coalition
	weight        *big.Rat
	near          float64 // the weight as a float, for errors
}

func newTerm(with, without Coalition, weight *big.Rat) term {
	near, _ := weight.Float64()
	return term{with, without, weight, near}
}

// attribute adds the terms of each clause up. added, if there are pairs of orders, is what each pair gives.
func attribute(terms [][]term, all Coalition, worth Worth, level float64, added [][]float64) Attribution {
	k := len(terms)
	out := Attribution{Parts: make([]estimate.Figure, k)}
	replicates := worth(0).Replicates()
	for _, list := range terms {
		for _, t := range list {
			if worth(t.with).Missing() || worth(t.without).Missing() {
				for i := range out.Parts {
					out.Parts[i] = estimate.Missing
				}
				out.Whole = estimate.Missing
				return out
			}
		}
	}
	parts := make([]*big.Rat, k)
	for i, list := range terms {
		parts[i] = new(big.Rat)
		for _, t := range list {
			d := new(big.Rat).Sub(exact(worth(t.with)), exact(worth(t.without)))
			parts[i].Add(parts[i], d.Mul(d, t.weight))
		}
	}
	values, whole := apportion(parts)
	for i, list := range terms {
		out.Parts[i] = estimate.Combined(values[i], replicates, level, func(n int) float64 {
			sum := 0.
			for _, t := range list {
				sum += float64(t.near * (worth(t.with).Residual(n) - worth(t.without).Residual(n)))
			}
			return sum
		})
		if added != nil {
			out.Parts[i] = widened(out.Parts[i], added[i], replicates, level)
		}
	}
	out.Whole = estimate.Combined(whole, replicates, level, func(n int) float64 { return worth(all).Residual(n) - worth(0).Residual(n) })
	return out
}

func exact(r estimate.Ratio) *big.Rat { return new(big.Rat).SetFloat64(r.Value()) }

// widened adds the variance of a mean over pairs of orders to a figure.
func widened(f estimate.Figure, pairs []float64, replicates int, level float64) estimate.Figure {
	n := float64(len(pairs))
	mean, squares := 0., 0.
	for _, v := range pairs {
		mean += v / n
	}
	for _, v := range pairs {
		squares += float64((v - mean) * (v - mean))
	}
	f.SE = math.Sqrt(float64(f.SE*f.SE) + squares/(n-1)/n)
	half := estimate.Student(min(len(pairs), replicates), level) * f.SE
	f.Lo, f.Hi = f.Value-half, f.Value+half
	return f
}

// apportion rounds rationals to multiples of a power of two, so that they and all their sums are floats without rounding,
// and whole is their sum. What rounding down takes away is given back, one unit each, to those that lost most, of these to
// the largest; so equal parts may differ by one unit, and a part that is 0 stays 0.
func apportion(parts []*big.Rat) (values []float64, whole float64) {
	size := new(big.Rat)
	for _, p := range parts {
		size.Add(size, new(big.Rat).Abs(p))
	}
	values = make([]float64, len(parts))
	largest, _ := size.Float64()
	if largest == 0 {
		return values, 0
	}
	const most = 1 << 53 // up to it every integer is a float
	for unit := math.Ldexp(1, math.Ilogb(largest)+1-53); ; unit *= 2 {
		counts := divided(parts, unit)
		sum, total := int64(0), int64(0)
		for i, n := range counts {
			values[i] = float64(n) * unit
			total += n
			sum += max(n, -n)
		}
		if sum <= most {
			return values, float64(total) * unit
		}
	}
}

// divided gives each part its whole number of units.
func divided(parts []*big.Rat, unit float64) []int64 {
	scale := new(big.Rat).Inv(new(big.Rat).SetFloat64(unit))
	counts, order := make([]int64, len(parts)), make([]int, len(parts))
	lost, whole, left := make([]*big.Rat, len(parts)), new(big.Rat), int64(0)
	for i, p := range parts {
		x := new(big.Rat).Mul(p, scale)
		down := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: down, as the denominator is positive
		counts[i], order[i] = down.Int64(), i
		lost[i] = x.Sub(x, new(big.Rat).SetInt(down))
		whole.Add(whole, p)
		left -= counts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(lost[b].Cmp(lost[a]), parts[b].Cmp(parts[a]))
	})
	near, _ := whole.Float64() // the difference of two floats, rounded as floats are
	left += int64(math.RoundToEven(near / unit))
	for _, i := range order[:left] {
		counts[i]++
	}
	return counts
}
