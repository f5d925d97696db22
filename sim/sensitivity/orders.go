package sensitivity

import (
	"slices"

	"relend/sim/rng"
)

// Orders draws so many pairs of an order of k clauses and its reverse, which differ most in who comes early. A pair
// depends on the seed and its number alone, so that more of them leave the earlier ones as they are.
func Orders(k, pairs int, seed uint64) [][]int {
	var out [][]int
	for n := range pairs {
		order := make([]int, k)
		for i := range order {
			order[i] = i
		}
		s := rng.Stream{Seed: seed, Borrower: uint64(n)}
		for i := k - 1; i > 0; i-- { // Fisher and Yates
			b := s.Block(rng.Order, i)
			j := int(rng.Uniform52(b[0], b[1]) * float64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		back := slices.Clone(order)
		slices.Reverse(back)
		out = append(out, order, back)
	}
	return out
}
