package factor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/sim/rng"
)

// MaxSegments is the number of segment factors; further segments share them.
const MaxSegments = 8

// Law is the law of the factors: each is an AR(1) with unit stationary variance.
type Law struct {
	Phi         float64      // persistence per step
	Global      float64      // loading of a segment's factor on the global one
	Correlation *Correlation // of the segments' own factors; nil: independent
	Start       *float64     // factor of every segment at the snapshot; nil: drawn from the stationary law
}

// Draw returns the factor of each segment on one path, by step: w Z0 + sqrt(1-w^2) Zg. On the odd path of an
// antithetic pair every draw has the opposite sign, a given start the same.
func Draw(seed uint64, path int, design Design, law Law, segments, steps int) [][]float64 {
	sign := 1.
	if design == Antithetic && path%2 == 1 {
		sign, path = -1, path-1
	}
	draw := func(k int) []float64 {
		return ar1(rng.Stream{Seed: seed, Borrower: uint64(k), Path: uint32(path)}, &law, sign, steps)
	}
	global := draw(0)
	out := make([][]float64, segments)
	for g := range min(segments, MaxSegments) {
		out[g] = draw(g + 1)
	}
	if law.Correlation != nil {
		law.Correlation.mix(out)
	}
	own, still := math.Sqrt(1-law.Global*law.Global), 0.
	for t := range steps {
		if law.Start != nil {
			still = *law.Start * math.Pow(law.Phi, float64(t+1))
		}
		for g := range min(segments, MaxSegments) {
			out[g][t] = float64(law.Global*global[t]) + float64(own*out[g][t]) + still
		}
	}
	for g := MaxSegments; g < segments; g++ {
		out[g] = out[g%MaxSegments]
	}
	return out
}

// ar1 draws Z_t = phi Z_{t-1} + sqrt(1-phi^2) e_t for t = 0.., with Z_{-1} standard normal, or 0 where the start is
// given: Draw adds what is left of it.
func ar1(s rng.Stream, law *Law, sign float64, steps int) []float64 {
	innovation := math.Sqrt(1 - law.Phi*law.Phi)
	z := 0.
	if law.Start == nil {
		z = sign * normal(s, 0)
	}
	path := make([]float64, steps)
	for t := range path {
		z = float64(law.Phi*z) + float64(innovation*sign*normal(s, t+1))
		path[t] = z
	}
	return path
}

func normal(s rng.Stream, index int) float64 {
	b := s.Block(rng.Factor, index)
	return distuv.UnitNormal.Quantile(rng.Uniform52(b[0], b[1]))
}
