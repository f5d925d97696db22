package sensitivity

import (
	"math/bits"

	"relend/sim/rng"
)

// Streams of random numbers by what they are for.
const (
	cubeStream uint32 = iota + 1
	shiftStream
	haltonStream
	pathStream
	bootStream
)

// source is a sequence of random numbers that depends on a seed, a stream and an index alone.
type source struct {
	seed          uint64
	stream, index uint32
	next          uint32
}

// bits32 returns the next 32 random bits.
func (s *source) bits32() uint32 {
	b := rng.Philox(s.next>>2, s.stream, s.index, 0x73656e73, uint32(s.seed), uint32(s.seed>>32))
	v := b[s.next&3]
	s.next++
	return v
}

// uniform returns the next number strictly inside (0,1).
func (s *source) uniform() float64 { return rng.Uniform52(s.bits32(), s.bits32()) }

// below returns a whole number from 0 to n-1, each as likely as the others to within 2^-32.
func (s *source) below(n int) int { return int(uint64(s.bits32()) * uint64(n) >> 32) }

func (s *source) permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := s.below(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}

func points(n, k int) [][]float64 {
	all := make([]float64, n*k)
	out := make([][]float64, n)
	for i := range out {
		out[i] = all[i*k : (i+1)*k : (i+1)*k]
	}
	return out
}

// LatinHypercube returns n points of the k-dimensional cube with one point in each of the n equal slices of every
// coordinate (McKay, Beckman, Conover 1979). The design of 2n points begins with the n points of the smaller one: the odd part
// of n is drawn at once, and each doubling fills the slices that are still empty.
func LatinHypercube(n, k int, seed uint64) [][]float64 {
	out := points(n, k)
	if n == 0 {
		return out
	}
	first := n >> bits.TrailingZeros(uint(n))
	for j := range k {
		s := &source{seed: seed, stream: cubeStream, index: uint32(j)}
		for i, slice := range s.permutation(first) {
			out[i][j] = (float64(slice) + s.uniform()) / float64(first)
		}
		for have := first; have < n; have *= 2 {
			size := 2 * have
			taken := make([]bool, size)
			for i := range have {
				taken[min(int(out[i][j]*float64(size)), size-1)] = true
			}
			var empty []int
			for slice, t := range taken {
				if !t {
					empty = append(empty, slice)
				}
			}
			for i, at := range s.permutation(have) {
				out[have+i][j] = (float64(empty[at]) + s.uniform()) / float64(size)
			}
		}
	}
	return out
}

// MaxSobol is the largest number of coordinates of a Sobol sequence.
const MaxSobol = 40

// directions are the degree and the inner coefficients of the primitive polynomials of coordinates 2 to 40 and their first
// direction numbers (S. Joe and F. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J.
// Sci. Comput. 30 (2008), 2635-2654, set 6.21201).
var directions = [MaxSobol - 1]struct {
	degree, inner uint32
	first         []uint32
}{
	{1, 0, []uint32{1}}, {2, 1, []uint32{1, 3}}, {3, 1, []uint32{1, 3, 1}}, {3, 2, []uint32{1, 1, 1}},
	{4, 1, []uint32{1, 1, 3, 3}}, {4, 4, []uint32{1, 3, 5, 13}}, {5, 2, []uint32{1, 1, 5, 5, 17}},
	{5, 4, []uint32{1, 1, 5, 5, 5}}, {5, 7, []uint32{1, 1, 7, 11, 19}}, {5, 11, []uint32{1, 1, 5, 1, 1}},
	{5, 13, []uint32{1, 1, 1, 3, 11}}, {5, 14, []uint32{1, 3, 5, 5, 31}}, {6, 1, []uint32{1, 3, 3, 9, 7, 49}},
	{6, 13, []uint32{1, 1, 1, 15, 21, 21}}, {6, 16, []uint32{1, 3, 1, 13, 27, 49}}, {6, 19, []uint32{1, 1, 1, 15, 7, 5}},
	{6, 22, []uint32{1, 3, 1, 15, 13, 25}}, {6, 25, []uint32{1, 1, 5, 5, 19, 61}}, {7, 1, []uint32{1, 3, 7, 11, 23, 15, 103}},
	{7, 4, []uint32{1, 3, 7, 13, 13, 15, 69}}, {7, 7, []uint32{1, 1, 3, 13, 7, 35, 63}}, {7, 8, []uint32{1, 3, 5, 9, 1, 25, 53}},
	{7, 14, []uint32{1, 3, 1, 13, 9, 35, 107}}, {7, 19, []uint32{1, 3, 1, 5, 27, 61, 31}}, {7, 21, []uint32{1, 1, 5, 11, 19, 41, 61}},
	{7, 28, []uint32{1, 3, 5, 3, 3, 13, 69}}, {7, 31, []uint32{1, 1, 7, 13, 1, 19, 1}}, {7, 32, []uint32{1, 3, 7, 5, 13, 19, 59}},
	{7, 37, []uint32{1, 1, 3, 9, 25, 29, 41}}, {7, 41, []uint32{1, 3, 5, 13, 23, 1, 55}}, {7, 42, []uint32{1, 3, 7, 3, 13, 59, 17}},
	{7, 50, []uint32{1, 3, 1, 3, 5, 53, 69}}, {7, 55, []uint32{1, 1, 5, 5, 23, 33, 13}}, {7, 56, []uint32{1, 1, 7, 7, 1, 61, 123}},
	{7, 59, []uint32{1, 1, 7, 9, 13, 61, 49}}, {7, 62, []uint32{1, 3, 3, 5, 3, 55, 33}},
	{8, 14, []uint32{1, 3, 1, 15, 31, 13, 49, 245}}, {8, 21, []uint32{1, 3, 5, 15, 31, 59, 63, 97}},
	{8, 22, []uint32{1, 3, 1, 11, 11, 11, 77, 249}},
}

// columns are the 32 direction numbers of a coordinate, as fractions of 2^32.
func columns(coordinate int) (v [32]uint32) {
	if coordinate == 0 { // van der Corput
		for i := range v {
			v[i] = 1 << (31 - i)
		}
		return v
	}
	d := &directions[coordinate-1]
	s := int(d.degree)
	for i := range v {
		if i < s {
			v[i] = d.first[i] << (31 - i)
			continue
		}
		v[i] = v[i-s] ^ v[i-s]>>s
		for k := 1; k < s; k++ {
			if d.inner>>(s-1-k)&1 == 1 {
				v[i] ^= v[i-k]
			}
		}
	}
	return v
}

// Sobol returns the first n points of Sobol's sequence in k coordinates, at most MaxSobol, shifted digit by digit by random bits
// of the seed, which leaves every elementary interval with its share of points and makes the mean over the points unbiased. A
// longer sequence begins with a shorter one; powers of two are the natural lengths.
func Sobol(n, k int, seed uint64) [][]float64 {
	out := points(n, k)
	for j := range k {
		v := columns(j)
		x := (&source{seed: seed, stream: shiftStream, index: uint32(j)}).bits32()
		for i := range out {
			out[i][j] = (float64(x) + .5) / (1 << 32)
			x ^= v[bits.TrailingZeros32(^uint32(i))]
		}
	}
	return out
}

// Halton returns the first n points of Halton's sequence in k coordinates: the digits of the index, in the base of the
// coordinate's prime, mirrored at the point, each after a random permutation of the seed (Owen 2017). A longer sequence begins with
// a shorter one.
func Halton(n, k int, seed uint64) [][]float64 {
	out := points(n, k)
	base := 1
	for j := range k {
		base = nextPrime(base)
		s := &source{seed: seed, stream: haltonStream, index: uint32(j)}
		var digits [][]int // permutations by place
		for weight := 1.; weight > 1e-16; weight /= float64(base) {
			digits = append(digits, s.permutation(base))
		}
		for i := range out {
			x, weight, rest := 0., 1., i
			for _, p := range digits {
				weight /= float64(base)
				x += float64(p[rest%base]) * weight
				rest /= base
			}
			out[i][j] = min(max(x, 1e-12), 1-1e-12)
		}
	}
	return out
}

func nextPrime(after int) int {
	for p := after + 1; ; p++ {
		prime := true
		for d := 2; d*d <= p; d++ {
			prime = prime && p%d != 0
		}
		if prime {
			return p
		}
	}
}
