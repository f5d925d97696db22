package sensitivity

import (
	"math"
	"slices"
)

// Band is an estimate with the interval in which it lies at the level asked for.
type Band struct{ Value, Lo, Hi float64 }

// Zero says that the estimate cannot be told from 0.
func (b Band) Zero() bool { return !(b.Lo > 0) && !(b.Hi < 0) }

// resamples of a bootstrap.
const resamples = 1000

// bootstrap bands a statistic of n independent rows: statistic gets the rows that are drawn, with repetition, and fills a
// value for each of out. The bands are percentiles.
func bootstrap(n, out int, level float64, seed uint64, statistic func(rows []int, into []float64)) []Band {
	rows, values := make([]int, n), make([]float64, out)
	for i := range rows {
		rows[i] = i
	}
	statistic(rows, values)
	bands := make([]Band, out)
	for i, v := range values {
		bands[i].Value = v
	}
	drawn := make([][]float64, out)
	s := &source{seed: seed, stream: bootStream}
	for range resamples {
		for i := range rows {
			rows[i] = s.below(n)
		}
		statistic(rows, values)
		for i, v := range values {
			drawn[i] = append(drawn[i], v)
		}
	}
	for i := range bands {
		bands[i].Lo, bands[i].Hi = middle(drawn[i], level)
	}
	return bands
}

// middle returns the values between which the share level of all lies.
func middle(values []float64, level float64) (lo, hi float64) {
	return Quantile(values, (1-level)/2), Quantile(values, (1+level)/2)
}

// SaltelliPoints returns n blocks of k+2 points each (A. Saltelli et al., Comput. Phys. Commun. 181 (2010), 259-270): a
// point a, then for every coordinate a with that coordinate of a second point b, then b. The pairs are a Sobol sequence in 2k
// coordinates, k at most MaxSobol/2, so a design of more blocks begins with one of fewer.
func SaltelliPoints(n, k int, seed uint64) [][]float64 {
	out := points(n*(k+2), k)
	for i, pair := range Sobol(n, 2*k, seed) {
		block := out[i*(k+2) : (i+1)*(k+2)]
		for j := range block {
			copy(block[j], pair[:k])
		}
		for j := range k {
			block[1+j][j] = pair[k+j]
		}
		copy(block[k+1], pair[k:])
	}
	return out
}

// Index is what one parameter explains of the variance of the answers: First alone (the expected share by which the variance
// falls when it is known), Total with all its interactions (the share that is left when all others are known).
type Index struct{ First, Total Band }

// SobolIndices estimates the indices of k parameters from the answers at SaltelliPoints, in their order: First as in
// Saltelli (2010), Total as in Jansen (1999). Blocks with a missing (NaN) answer are left out; blocks says how many remain. The bands
// are bootstrapped over blocks, so they hold for any function, and an estimate may lie outside 0..1 by chance, as its band
// then shows. Without variance all is NaN.
func SobolIndices(answers []float64, k int, level float64, seed uint64) (indices []Index, blocks int) {
	var rows [][]float64
	for at := 0; at+k+2 <= len(answers); at += k + 2 {
		row := answers[at : at+k+2]
		if !slices.ContainsFunc(row, math.IsNaN) {
			rows = append(rows, row)
		}
	}
	bands := bootstrap(len(rows), 2*k, level, seed, func(drawn []int, into []float64) {
		n := float64(len(drawn))
		var sum, squares float64
		for _, i := range drawn {
			a, b := rows[i][0], rows[i][k+1]
			sum += a + b
		}
		centre := sum / (2 * n)
		for _, i := range drawn {
			a, b := rows[i][0]-centre, rows[i][k+1]-centre
			squares += a*a + b*b
		}
		variance := squares / (2 * n)
		for j := range k {
			var first, total float64
			for _, i := range drawn {
				a, mixed, b := rows[i][0], rows[i][1+j], rows[i][k+1]-centre
				first += b * (mixed - a)
				total += (a - mixed) * (a - mixed)
			}
			into[j], into[k+j] = first/n/variance, total/(2*n)/variance
		}
	})
	indices = make([]Index, k)
	for j := range indices {
		indices[j] = Index{bands[j], bands[k+j]}
	}
	return indices, len(rows)
}

// SobolHalf is about half of the interval of a first index with n blocks when k parameters share the variance of an additive
// function equally: the standard error is sqrt(2 T/n), T = 1/k being the total index.
func SobolHalf(n, k int, level float64) float64 {
	return normal(level) * math.Sqrt(2/(float64(n)*float64(k)))
}

// SobolBlocks is the number of blocks, a power of two, from which on that band is narrower than the index itself.
func SobolBlocks(k int, level float64) int {
	n := 1
	for SobolHalf(n, k, level) >= 1/float64(k) {
		n *= 2
	}
	return n
}

// normal is the quantile of the standard normal law that bounds its middle part of the given level.
func normal(level float64) float64 { return math.Sqrt2 * math.Erfinv(level) }

// Trajectories returns n paths of k+1 points through a grid of the given even number of levels (M. Morris, Technometrics 33 (1991),
// 161-174): each step changes one coordinate, in random order, by levels/(2(levels-1)). More paths begin with fewer.
func Trajectories(n, k, levels int, seed uint64) [][]float64 {
	out := points(n*(k+1), k)
	jump := float64(levels) / float64(2*(levels-1))
	for i := range n {
		s := &source{seed: seed, stream: pathStream, index: uint32(i)}
		path := out[i*(k+1) : (i+1)*(k+1)]
		step := make([]float64, k)
		for j := range k {
			low := float64(s.below(levels/2)) / float64(levels-1)
			if path[0][j], step[j] = low, jump; s.below(2) == 1 {
				path[0][j], step[j] = low+jump, -jump
			}
		}
		for m, j := range s.permutation(k) {
			copy(path[m+1], path[m])
			path[m+1][j] += step[j]
		}
	}
	return out
}

// Effect is what the paths say of one parameter: the mean of its elementary effects (answer over change of coordinate), the mean of
// their sizes, and their standard deviation, which is large where the effect depends on the other parameters or on the place.
type Effect struct {
	Mean  Band // mu
	Size  Band // mu*
	Sigma float64
}

// ElementaryEffects estimates the effects of k parameters from points and answers of Trajectories, in their order. A step
// to or from a missing (NaN) answer is left out. Bands are bootstrapped over paths.
func ElementaryEffects(design [][]float64, answers []float64, level float64, seed uint64) []Effect {
	if len(design) == 0 {
		return nil
	}
	k := len(design[0])
	n := len(design) / (k + 1)
	effects := points(n, k)
	for i := range n {
		for j := range k {
			effects[i][j] = math.NaN()
		}
		for m := range k {
			from, to := i*(k+1)+m, i*(k+1)+m+1
			for j := range k {
				if change := design[to][j] - design[from][j]; change != 0 {
					effects[i][j] = (answers[to] - answers[from]) / change
				}
			}
		}
	}
	out := make([]Effect, k)
	bands := bootstrap(n, 2*k, level, seed, func(drawn []int, into []float64) {
		for j := range k {
			var sum, sizes, count float64
			for _, i := range drawn {
				if e := effects[i][j]; !math.IsNaN(e) {
					sum, sizes, count = sum+e, sizes+math.Abs(e), count+1
				}
			}
			into[j], into[k+j] = sum/count, sizes/count
		}
	})
	for j := range out {
		out[j] = Effect{Mean: bands[j], Size: bands[k+j]}
		var squares, count float64
		for i := range n {
			if e := effects[i][j]; !math.IsNaN(e) {
				squares, count = squares+(e-bands[j].Value)*(e-bands[j].Value), count+1
			}
		}
		out[j].Sigma = math.Sqrt(squares / (count - 1))
	}
	return out
}
