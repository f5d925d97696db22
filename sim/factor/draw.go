package factor

import (
	"cmp"
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
	Main        *Law         // whose main direction the design Importance shifts paths along; nil: this one's
}

// Draw returns the factor of each segment on one path, by step: w Z0 + sqrt(1-w^2) Zg. On the odd path of a
// pair, in the mirrored designs, every draw has the opposite sign, a given start the same.
func Draw(seed uint64, path int, design Design, law Law, segments, steps int) [][]float64 {
	_, draws := draw(seed, path, design, &law, segments, steps)
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

// draw returns the standard normal draws of a path by process, the global one and the segments' own, as its design moves
// them, and the directions of a design that has some.
func draw(seed uint64, path int, design Design, law *Law, segments, steps int) (d *directions, draws [][]float64) {
	at, sign := path, 1.
	if design.mirrored() && path%2 == 1 {
		at, sign = path-1, -1
	}
	draws = make([][]float64, 1+min(segments, MaxSegments))
	for k := range draws {
		draws[k] = normals(rng.Stream{Seed: seed, Borrower: uint64(k), Path: uint32(at)}, steps)
	}
	switch design {
	case Stratified, Lattice:
		d = newDirections(law, len(draws), steps)
		d.steer(draws, d.quantiles(seed, at, design))
	case Importance:
		d = newDirections(cmp.Or(law.Main, law), len(draws), steps)
		if path%2 == 1 {
			d.move(draws, 0, shift)
		}
	}
	for _, process := range draws {
		for t := range process {
			process[t] *= sign
		}
	}
	return d, draws
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
