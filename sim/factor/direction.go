package factor

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/sim/rng"
)

// points are the paths of a replicate that is stratified or a lattice.
const points = 16

// generator is the generating vector of the rank-1 lattice of 8 points: all odd, so that each coordinate alone runs
// through all eighths.
var generator = [...]float64{1, 3, 5, 7}

// directions are orthonormal directions in the space of a path's normal draws along which results differ most: products
// of a mix of the global and the segments' processes with a profile of their draws over time. The first is the gradient
// of the sum over all steps of the mean factor of the segments.
type directions struct {
	mixes, profiles [][]float64
	order           [][2]int // mix and profile of each direction, the most important first
}

func newDirections(law *Law, processes, steps int) *directions {
	d := &directions{}
	first := make([]float64, processes)
	first[0] = law.Global
	own := math.Sqrt(1 - law.Global*law.Global)
	for g := 1; g < processes; g++ {
		if law.Correlation == nil {
			first[g] = own / float64(processes-1)
			continue
		}
		for h := range law.Correlation.root[g-1] {
			first[h+1] += own * law.Correlation.root[g-1][h] / float64(processes-1)
		}
	}
	d.mixes = orthonormal(append([][]float64{first}, units(processes)...))
	var profiles [][]float64
	for power := range 3 { // level, slope and curvature over the horizon
		profile := make([]float64, steps+1)
		sum := 0. // gradient of sum_t w_t Z_t on the innovation of step t, from the last one back
		for t := steps - 1; t >= 0; t-- {
			sum = math.Pow((float64(t)+.5)/float64(steps)-.5, float64(power)) + law.Phi*sum
			profile[t+1] = math.Sqrt(1-law.Phi*law.Phi) * sum
		}
		if law.Start == nil {
			profile[0] = law.Phi * sum
		}
		profiles = append(profiles, profile)
	}
	d.profiles = orthonormal(profiles)
	for _, at := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {0, 2}} {
		if at[0] < len(d.mixes) && at[1] < len(d.profiles) {
			d.order = append(d.order, at)
		}
	}
	return d
}

// steer moves a path's draws, by process and step, along the first of the directions to the quantiles that a design
// gives them; across these directions they stay as they are.
func (d *directions) steer(draws [][]float64, quantiles []float64) {
	for i, q := range quantiles {
		d.move(draws, i, distuv.UnitNormal.Quantile(q)-d.along(draws, i))
	}
}

// along is what lies along direction i.
func (d *directions) along(draws [][]float64, i int) (sum float64) {
	mix, profile := d.mixes[d.order[i][0]], d.profiles[d.order[i][1]]
	for k, m := range mix {
		for t, p := range profile {
			sum += float64(float64(m*p) * draws[k][t])
		}
	}
	return sum
}

// move adds to the draws along direction i.
func (d *directions) move(draws [][]float64, i int, by float64) {
	mix, profile := d.mixes[d.order[i][0]], d.profiles[d.order[i][1]]
	for k, m := range mix {
		for t, p := range profile {
			draws[k][t] += float64(float64(m*p) * by)
		}
	}
}

// quantiles are those of the first path of a pair in the directions: in the main one a random point of the path's own
// sixteenth below the middle, or in all of them a point of a lattice with a random shift.
func (d *directions) quantiles(seed uint64, path int, design Design) []float64 {
	s := rng.Stream{Seed: seed, Borrower: MaxSegments + 1, Path: uint32(path)}
	at := path % points
	if design == Stratified {
		b := s.Block(rng.Factor, 0)
		return []float64{(float64(at/2) + rng.Uniform52(b[0], b[1])) / points}
	}
	s.Path -= uint32(at) // one shift for all paths of a replicate
	out := make([]float64, len(d.order))
	for i := range out {
		b := s.Block(rng.Factor, i)
		_, u := math.Modf(float64(at/2)*generator[i]/(points/2) + rng.Uniform52(b[0], b[1]))
		out[i] = max(u, 0x1p-53)
	}
	return out
}

// orthonormal makes vectors orthogonal to those before them and of length 1, and leaves out what depends on these.
func orthonormal(vectors [][]float64) (out [][]float64) {
	for _, v := range vectors {
		v = append([]float64(nil), v...)
		whole := dot(v, v)
		for range 2 { // twice is enough for the last bits
			for _, u := range out {
				along := dot(u, v)
				for i := range v {
					v[i] -= float64(along * u[i])
				}
			}
		}
		length := math.Sqrt(dot(v, v))
		if length <= 1e-6*math.Sqrt(whole) {
			continue
		}
		for i := range v {
			v[i] /= length
		}
		out = append(out, v)
	}
	return out
}

func units(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
		out[i][i] = 1
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}
