package factor

import (
	"math"
	"slices"
	"strings"
	"testing"

	"relend/sim/rng"
)

// The factors are standard normal at every step, persist by phi, and two segments correlate by w squared, in every
// design without weights: each within 5 standard errors over 40,000 independent paths (false alarm below 1e-6 each; designs spread their
// paths, so that less is left to chance). A persistence of phi + .05 is rejected, and a variance 10 % too low.
func TestLaw(t *testing.T) {
	const n, steps = 40000, 6
	law := Law{Phi: .9, Global: .8}
	for design := range Importance {
		t.Run(design.String(), func(t *testing.T) {
			var mean, square, first, lag, cross float64
			for path := range n {
				f := Draw(1, path, design, law, 2, steps)
				mean += f[0][5] / n
				square += f[0][5] * f[0][5] / n
				first += f[1][0] * f[1][0] / n
				lag += f[0][5] * f[0][4] / n
				cross += f[0][5] * f[1][5] / n
			}
			se := 1 / math.Sqrt(n)
			for name, z := range map[string]float64{
				"mean": mean / se, "variance": (square - 1) / (math.Sqrt2 * se), "variance of the first step": (first - 1) / (math.Sqrt2 * se),
				"persistence": (lag - .9) / (math.Sqrt(1+.81) * se), "correlation of segments": (cross - .64) / (math.Sqrt(1+.41) * se),
			} {
				if math.Abs(z) > 5 {
					t.Errorf("%s is off by %.1f standard errors", name, z)
				}
			}
			if z := (lag - .95) / (math.Sqrt(1+.9) * se); math.Abs(z) < 5 {
				t.Error("a persistence of .95 goes unnoticed")
			}
			if z := (square - .9) / (math.Sqrt2 * se); math.Abs(z) < 5 {
				t.Error("a variance of .9 goes unnoticed")
			}
		})
	}
}

// In a replicate of 16 paths each path has its own sixteenth of the main direction, if stratified, and the lattice has
// one pair in each eighth of every direction. Directions are orthonormal, and what lies across them is as it was drawn.
func TestDirections(t *testing.T) {
	c, err := NewCorrelation([][]float64{{1, .5, 0}, {.5, 1, -.3}, {0, -.3, 1}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	still := 0.
	for _, law := range []Law{{Phi: .9, Global: .8}, {Phi: 0, Global: 0, Correlation: c}, {Phi: .99, Global: 1, Start: &still}} {
		const processes, steps = 4, 24
		d := newDirections(&law, processes, steps)
		for _, vectors := range [][][]float64{d.mixes, d.profiles} {
			for i, u := range vectors {
				for j, v := range vectors {
					want := 0.
					if i == j {
						want = 1
					}
					if math.Abs(dot(u, v)-want) > 1e-12 {
						t.Errorf("%+v: product %v of directions %d and %d", law, dot(u, v), i, j)
					}
				}
			}
		}
		along := func(draws [][]float64, at [2]int) (sum float64) {
			for k, m := range d.mixes[at[0]] {
				sum += m * dot(d.profiles[at[1]], draws[k])
			}
			return sum
		}
		for _, design := range []Design{Stratified, Lattice} {
			parts := make([][points]int, len(d.order))
			for path := 32; path < 48; path += 2 {
				draws := make([][]float64, processes)
				for k := range draws {
					draws[k] = normals(rng.Stream{Seed: 5, Borrower: uint64(k), Path: uint32(path)}, steps)
				}
				before := norm(draws)
				for _, at := range d.order {
					before -= along(draws, at) * along(draws, at)
				}
				q := d.quantiles(5, path, design)
				d.steer(draws, q)
				after := norm(draws)
				for i, at := range d.order {
					a := along(draws, at)
					after -= a * a
					u := math.Erfc(-a/math.Sqrt2) / 2
					parts[i][int(u*points)]++
					parts[i][int((1-u)*points)]++ // its mirror
					if i < len(q) && math.Abs(u-q[i]) > 1e-9 {
						t.Fatalf("quantile %v in direction %d, want %v", u, i, q[i])
					}
				}
				if math.Abs(after-before) > 1e-9*before {
					t.Errorf("across the directions the square length is %v, it was %v", after, before)
				}
			}
			for i, p := range parts {
				for k := 0; k < points; k += 2 {
					switch {
					case design == Stratified && i == 0 && (p[k] != 1 || p[k+1] != 1), design == Lattice && p[k]+p[k+1] != 2:
						t.Errorf("%v, direction %d: %v paths by sixteenth", design, i, p)
					}
				}
			}
		}
	}
}

func norm(draws [][]float64) (sum float64) {
	for _, d := range draws {
		sum += dot(d, d)
	}
	return sum
}

// The odd path mirrors the even one; more months or segments change nothing that was there.
func TestAntithetic(t *testing.T) {
	law := Law{Phi: .9, Global: .8}
	even, odd := Draw(7, 4, Antithetic, law, 3, 10), Draw(7, 5, Antithetic, law, 3, 10)
	longer := Draw(7, 4, Antithetic, law, 10, 20)
	for g := range even {
		for s := range even[g] {
			if even[g][s] != -odd[g][s] {
				t.Fatal("not mirrored")
			}
			if even[g][s] != longer[g][s] {
				t.Fatal("a longer draw differs at its start")
			}
		}
	}
	if &longer[9][0] != &longer[1][0] {
		t.Error("the tenth segment does not share the second one's factor")
	}
}

func TestMacro(t *testing.T) {
	m := Macro{Unemployment: []float64{0, 1, 2}, GDP: nil, LPR: []float64{3}}
	if u, g, l := m.At(9); u != 2 || g != 0 || l != 3 {
		t.Errorf("%v %v %v", u, g, l)
	}
}

func TestParseDesign(t *testing.T) {
	if d, err := ParseDesign("antithetic"); err != nil || d != Antithetic || d.Replicate() != 2 {
		t.Error(d, err)
	}
	if _, err := ParseDesign("antitetic"); err == nil {
		t.Error("accepted")
	}
}

// Segments' factors correlate by w^2 + (1-w^2) C, at the first step as later; z within 5 over 20,000 paths. Independent
// factors are rejected. The identity changes nothing, to the bit.
func TestCorrelation(t *testing.T) {
	matrix := [][]float64{{1, .3, -.5}, {.3, 1, .2}, {-.5, .2, 1}}
	c, err := NewCorrelation(matrix, 3)
	if err != nil {
		t.Fatal(err)
	}
	const n, steps, w = 20000, 4, .5
	worst := func(law Law) (worst float64) {
		var sums [steps][3][3]float64
		for path := range n {
			f := Draw(3, path, Plain, law, 3, steps)
			for s := range steps {
				for g := range f {
					for h := range f {
						sums[s][g][h] += f[g][s] * f[h][s] / n
					}
				}
			}
		}
		for s := range steps {
			for g := range matrix {
				for h := range matrix {
					want := float64(w*w) + (1-w*w)*matrix[g][h]
					worst = max(worst, math.Abs(sums[s][g][h]-want)*math.Sqrt(n/(1+want*want)))
				}
			}
		}
		return worst
	}
	if z := worst(Law{Phi: .9, Global: w, Correlation: c}); z > 5 {
		t.Errorf("off by %.1f standard errors", z)
	}
	if z := worst(Law{Phi: .9, Global: w}); z < 5 {
		t.Error("independent factors go unnoticed")
	}

	identity, err := NewCorrelation([][]float64{{1, 0}, {0, 1}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	with, without := Draw(3, 5, Plain, Law{Phi: .9, Global: w, Correlation: identity}, 2, 9), Draw(3, 5, Plain, Law{Phi: .9, Global: w}, 2, 9)
	for g := range with {
		if !slices.Equal(with[g], without[g]) {
			t.Error("the identity changes the factors")
		}
	}
}

func TestBadCorrelation(t *testing.T) {
	for _, c := range []struct {
		matrix   [][]float64
		segments int
		want     string
	}{
		{[][]float64{{1, .9, -.9}, {.9, 1, .9}, {-.9, .9, 1}}, 3, "smallest eigenvalue is -0.8 and must be above 0; the largest entry off the diagonal is [2,1] = 0.9"},
		{[][]float64{{1, 1}, {1, 1}}, 2, "smallest eigenvalue is"},
		{[][]float64{{1, .5}, {.5, 1}}, 3, "2 rows for 3 segments"},
		{[][]float64{{1, .5}, {.5}}, 2, "row 2 has 1 entries for 2 segments"},
		{[][]float64{{1, .5}, {.4, 1}}, 2, "entry [2,1] is 0.4 and [1,2] is 0.5: the matrix must be symmetric"},
		{[][]float64{{1, 1.5}, {1.5, 1}}, 2, "entry [1,2] is 1.5, allowed -1 to 1"},
		{[][]float64{{2}}, 1, "entry [1,1] is 2, 1 is needed on the diagonal"},
		{make([][]float64, 9), 9, "at most 8 segments"},
	} {
		if _, err := NewCorrelation(c.matrix, c.segments); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// From a given start z the factor of step t is normal with mean phi^(t+1) z and variance 1-phi^(2(t+1)), in every
// segment; the two paths of an antithetic pair lie at equal distances from that mean.
func TestStart(t *testing.T) {
	const n, steps, start = 20000, 3, 2.
	z := start
	law := Law{Phi: .9, Global: .8, Start: &z}
	var mean, square [steps]float64
	for path := range n {
		f := Draw(4, path, Plain, law, 2, steps)
		for s := range steps {
			mean[s] += f[1][s] / n
			square[s] += f[1][s] * f[1][s] / n
		}
	}
	for s := range steps {
		left := math.Pow(.9, float64(s+1))
		v := 1 - left*left
		if z := (mean[s] - start*left) / math.Sqrt(v/n); math.Abs(z) > 5 {
			t.Errorf("step %d: mean %v, %.1f standard errors off", s, mean[s], z)
		}
		if z := ((square[s]-mean[s]*mean[s])/v - 1) / math.Sqrt(2./n); math.Abs(z) > 5 {
			t.Errorf("step %d: variance off by %.1f standard errors", s, z)
		}
		even, odd := Draw(4, 6, Antithetic, law, 2, steps), Draw(4, 7, Antithetic, law, 2, steps)
		if math.Abs((even[0][s]+odd[0][s])/2-start*left) > 1e-12 {
			t.Errorf("step %d: the pair is not centred", s)
		}
	}
}

// V1: the probability of a month under the probit link has Vasicek's quantiles (PD 5 %, rho 4 %; 2 %, 10 %; 10 %, 2 %;
// model.md §18), its mean is the PD, and Loading is the slope of ln M at 0.
func TestVasicek(t *testing.T) {
	for _, c := range []struct {
		pd, rho float64
		want    [4]float64 // 50, 90, 99, 99.9 %
	}{
		{.02, .10, [4]float64{.015200, .041136, .082357, .128237}},
		{.05, .04, [4]float64{.046598, .078216, .114313, .147324}},
		{.10, .02, [4]float64{.097736, .133180, .167968, .196802}},
	} {
		hazard := -math.Log(1 - c.pd)
		v := NewVasicek(hazard, c.rho)
		for i, z := range []float64{0, 1.2815515655, 2.3263478740, 3.0902323062} {
			if got := 1 - math.Exp(-hazard*v.At(z)); math.Abs(got-c.want[i]) > 1e-6 {
				t.Errorf("PD %v, rho %v: quantile %v, want %v", c.pd, c.rho, got, c.want[i])
			}
		}
		mean := 0.
		const h = .001
		for z := -9.; z < 9; z += h {
			mean += h * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * (1 - math.Exp(-hazard*v.At(z)))
		}
		if math.Abs(mean-c.pd) > 1e-9 {
			t.Errorf("mean %v", mean)
		}
		if slope := math.Log(v.At(1e-5)/v.At(-1e-5)) / 2e-5; math.Abs(slope/v.Loading()-1) > 1e-6 {
			t.Errorf("slope %v, loading %v", slope, v.Loading())
		}
	}
	if m := NewVasicek(.01, .1).At(30); !(m > 1000) || math.IsInf(m, 1) {
		t.Errorf("far out: %v", m)
	}
}
