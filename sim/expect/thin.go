package expect

import (
	"cmp"
	"math"
	"slices"

	"relend/sim/rng"
)

// thin leaves so many states, or fewer, at the end of step t and changes no expectation: with c such that the states
// heavier than c and the mass of the others over c make up that number, the heavier ones stay, and of the others some
// stay with mass c, each with a probability of its mass over c (Fearnhead and Clifford 2003, On-line inference for
// hidden Markov models via particle filters). The draw is systematic in the order in which the states were reached,
// so that states of one descent stand for each other, and the whole probability is kept.
func (r *run) thin(most, t int) {
	l, k := &r.next, len(r.nodes)
	if len(l.states) <= most {
		return
	}
	weights := make([]float64, len(l.states))
	for i := range weights {
		weights[i] = total(l.mass[i*k : i*k+k])
	}
	bound := level(weights, most)
	at := rng.Uniform(r.options.Draws.Block(rng.Thin, t)[0])
	rest := layer{states: make([]state, 0, most+1), mass: make([]float64, 0, (most+1)*k)}
	order, keys := make([]int32, len(weights)), make([]uint64, len(weights))
	for i := range order {
		order[i], keys[i] = int32(i), r.kind(&l.states[i])
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(keys[a], keys[b]) })
	for _, i := range order {
		w := weights[i]
		scale := 1.
		if w < bound {
			at -= w / bound
			if at > 0 {
				continue
			}
			at++
			scale = bound / w
		}
		rest.states = append(rest.states, l.states[i])
		for _, m := range l.mass[int(i)*k : int(i)*k+k] {
			rest.mass = append(rest.mass, m*scale)
		}
	}
	r.result.Thinned += len(l.states) - len(rest.states)
	l.states, l.mass = append(l.states[:0], rest.states...), append(l.mass[:0], rest.mass...)
}

// level is the c at which the weights of at least c count one each and the others their share of c, most in all.
func level(weights []float64, most int) float64 {
	sorted := slices.Clone(weights)
	slices.Sort(sorted)
	light := 0.
	for i, w := range sorted {
		light += w
		heavy := len(sorted) - i - 1
		if heavy >= most {
			continue
		}
		c := light / float64(most-heavy)
		if i+1 == len(sorted) || sorted[i+1] >= c {
			return c
		}
	}
	return math.Inf(1) // not reached: the last weight returns
}

// kind puts states in an order in which neighbours have like futures.
func (r *run) kind(s *state) (key uint64) {
	add := func(v int, bits int) { key = key<<bits | uint64(min(max(v, 0), 1<<bits-1)) }
	flag := func(b bool) {
		v := 0
		if b {
			v = 1
		}
		add(v, 1)
	}
	add(int(s.mode), 3)
	flag(s.dependent)
	add(int(s.outside), 3)
	add(int(s.shock), 2)
	if s.mode == idle {
		add(int(s.gap), 3)
		add(0, 7)
	} else {
		n := r.newest(s)
		add(int(n.age), 4)
		add(int(n.Remaining), 4)
		add(s.count(), 2)
	}
	flag(s.served)
	flag(s.applied)
	add(int(s.ladder), 3)
	add(int(s.ordinal), 3)
	return key
}
