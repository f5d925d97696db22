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

// Draw returns the factor of each segment on one path, by step: w Z0 + sqrt(1-w^2) Zg. On the odd path of a
// pair, in all designs but the plain one, every draw has the opposite sign, a given start the same.
func Draw(seed uint64, path int, design Design, law Law, segments, steps int) [][]float64 {
	sign := 1.
	if design != Plain && path%2 == 1 {
		sign, path = -1, path-1
	}
	draws := make([][]float64, 1+min(segments, MaxSegments)) // the global process and the segments' own
	for k := range draws {
		draws[k] = normals(rng.Stream{Seed: seed, Borrower: uint64(k), Path: uint32(path)}, steps)
	}
	if design == Stratified || design == Lattice {
		d := newDirections(&law, len(draws), steps)
		d.steer(draws, d.quantiles(seed, path, design))
	}
	for _, process := range draws {
		for t := range process {
			process[t] *= sign
		}
	}
	global := ar1(draws[0], &law)
	out := make([][]float64, segments)
	for g := range min(segments, MaxSegments) {
		out[g] = ar1(draws[g+1], &law)
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

// normals are the draws of one process: its start, then the innovation of each step.
func normals(s rng.Stream, steps int) []float64 {
	draws := make([]float64, steps+1)
	for i := range draws {
		b := s.Block(rng.Factor, i)
		draws[i] = distuv.UnitNormal.Quantile(rng.Uniform52(b[0], b[1]))
	}
	return draws
}

// ar1 is Z_t = phi Z_{t-1} + sqrt(1-phi^2) e_t for t = 0.., with Z_{-1} the first draw, or 0 where the start is given:
// Draw adds what is left of it.
func ar1(draws []float64, law *Law) []float64 {
	innovation := math.Sqrt(1 - law.Phi*law.Phi)
	z := draws[0]
	if law.Start != nil {
		z = 0
	}
	path := draws[1:]
	for t, e := range path {
		z = float64(law.Phi*z) + float64(innovation*e)
		path[t] = z
	}
	return path
}
