package factor

import "math"

// shift is how far the odd paths of the design Importance are moved along the main direction, in standard deviations of
// what lies along it: into bad times, about its 99.9 % quantile, where the paths are that decide the tail.
const shift = 3.

// Weight returns the likelihood ratio of a path of the design Importance; of the other designs it is 1. With f the law of
// the economy and g the law shifted by m along the main direction, where W is the draw, a pair has one path of each and
// both weigh f/((f+g)/2) = 2/(1 + exp(m W - m²/2)) (the balance heuristic: Veach and Guibas 1995; Owen and Zhou 2000).
// The mean of a pair's weights has the expectation 1, no weight is above 2, and a weighted mean over pairs is unbiased.
func Weight(seed uint64, path int, design Design, law Law, segments, steps int) float64 {
	if design != Importance {
		return 1
	}
	d, draws := draw(seed, path, design, &law, segments, steps)
	return ratio(d.along(draws, 0))
}

// ratio is the weight of a path by what lies along the main direction.
func ratio(along float64) float64 { return 2 / (1 + math.Exp(shift*along-shift*shift/2)) }
