package factor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/sim/rng"
)

// MaxSegments is the number of segment factors; further segments share them.
const MaxSegments = 8

// Law is the law of the factors: each is a stationary AR(1) with unit variance.
type Law struct {
	Phi    float64 // persistence per step
	Global float64 // loading of a segment's factor on the global one
}

// Draw returns the factor of each segment on one path, by step: w Z0 + sqrt(1-w^2) Zg. The snapshot's value is
// drawn from the stationary law. On the odd path of an antithetic pair every draw has the opposite sign.
func Draw(seed uint64, path int, design Design, law Law, segments, steps int) [][]float64 {
	sign := 1.
	if design == Antithetic && path%2 == 1 {
		sign, path = -1, path-1
	}
	global := ar1(rng.Stream{Seed: seed, Borrower: 0, Path: uint32(path)}, law.Phi, sign, steps)
	own := math.Sqrt(1 - law.Global*law.Global)
	out := make([][]float64, segments)
	for g := range out {
		if g >= MaxSegments {
			out[g] = out[g%MaxSegments]
			continue
		}
		z := ar1(rng.Stream{Seed: seed, Borrower: uint64(g + 1), Path: uint32(path)}, law.Phi, sign, steps)
		for t := range z {
			z[t] = float64(law.Global*global[t]) + float64(own*z[t])
		}
		out[g] = z
	}
	return out
}

// ar1 draws Z_t = phi Z_{t-1} + sqrt(1-phi^2) e_t for t = 0.., with Z_{-1} standard normal.
func ar1(s rng.Stream, phi, sign float64, steps int) []float64 {
	innovation := math.Sqrt(1 - phi*phi)
	z := sign * normal(s, 0)
	path := make([]float64, steps)
	for t := range path {
		z = float64(phi*z) + float64(innovation*sign*normal(s, t+1))
		path[t] = z
	}
	return path
}

func normal(s rng.Stream, index int) float64 {
	b := s.Block(rng.Factor, index)
	return distuv.UnitNormal.Quantile(rng.Uniform52(b[0], b[1]))
}
