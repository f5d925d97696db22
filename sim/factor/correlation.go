package factor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Correlation is that of the innovations of the segments' factors, by its Cholesky root.
type Correlation struct{ root [][]float64 }

// NewCorrelation checks a correlation matrix of so many segments. It must be square, symmetric, 1 on the diagonal and
// positive definite.
func NewCorrelation(matrix [][]float64, segments int) (*Correlation, error) {
	if segments > MaxSegments {
		return nil, fmt.Errorf("%d segments share %d factors: a matrix of correlations is for at most %d segments", segments, MaxSegments, MaxSegments)
	}
	if len(matrix) != segments {
		return nil, fmt.Errorf("%d rows for %d segments", len(matrix), segments)
	}
	full := mat.NewSymDense(segments, nil)
	for i, row := range matrix {
		if len(row) != segments {
			return nil, fmt.Errorf("row %d has %d entries for %d segments", i+1, len(row), segments)
		}
		for j, c := range row {
			switch {
			case i == j && c != 1:
				return nil, fmt.Errorf("entry [%d,%d] is %v, 1 is needed on the diagonal", i+1, j+1, c)
			case !(math.Abs(c) <= 1):
				return nil, fmt.Errorf("entry [%d,%d] is %v, allowed -1 to 1", i+1, j+1, c)
			case j < i && c != matrix[j][i]:
				return nil, fmt.Errorf("entry [%d,%d] is %v and [%d,%d] is %v: the matrix must be symmetric", i+1, j+1, c, j+1, i+1, matrix[j][i])
			}
			if j >= i {
				full.SetSym(i, j, c)
			}
		}
	}
	var chol mat.Cholesky
	if ok := chol.Factorize(full); !ok || smallest(full) < 1e-10 {
		largest, at := 0., [2]int{}
		for i := range matrix {
			for j := range i {
				if math.Abs(matrix[i][j]) > largest {
					largest, at = math.Abs(matrix[i][j]), [2]int{i + 1, j + 1}
				}
			}
		}
		return nil, fmt.Errorf("no correlation matrix: its smallest eigenvalue is %.3g and must be above 0; the largest entry off the diagonal is [%d,%d] = %v", smallest(full), at[0], at[1], matrix[at[0]-1][at[1]-1])
	}
	var lower mat.TriDense
	chol.LTo(&lower)
	c := &Correlation{}
	for i := range segments {
		c.root = append(c.root, make([]float64, i+1))
		for j := range c.root[i] {
			c.root[i][j] = lower.At(i, j)
		}
	}
	return c, nil
}

// smallest is the smallest eigenvalue of a matrix.
func smallest(m mat.Symmetric) float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.NaN()
	}
	return eigen.Values(nil)[0]
}

// mix turns independent factors into correlated ones, step by step: the factors have one persistence, so that a mix
// of paths is the path of mixed innovations.
func (c *Correlation) mix(z [][]float64) {
	for t := range z[0] {
		for g := len(z) - 1; g >= 0; g-- { // from below: row g needs the rows above it unmixed
			sum := 0.
			for k, l := range c.root[g] {
				sum += float64(l * z[k][t])
			}
			z[g][t] = sum
		}
	}
}
