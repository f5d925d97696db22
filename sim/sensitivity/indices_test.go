package sensitivity

import (
	"fmt"
	"math"
	"testing"
)

func answers(design [][]float64, f func([]float64) float64) []float64 {
	out := make([]float64, len(design))
	for i, x := range design {
		out[i] = f(x)
	}
	return out
}

// ishigami is Ishigami and Homma's function of three uniforms, a = 7, b = 0.1.
func ishigami(u []float64) float64 {
	x := func(i int) float64 { return math.Pi * (2*u[i] - 1) }
	return math.Sin(x(0)) + 7*math.Pow(math.Sin(x(1)), 2) + .1*math.Pow(x(2), 4)*math.Sin(x(0))
}

// gFunction is Sobol's product of (|4u-2| + a)/(1 + a).
func gFunction(a ...float64) func([]float64) float64 {
	return func(u []float64) float64 {
		y := 1.
		for i, v := range u {
			y *= (math.Abs(4*v-2) + a[i]) / (1 + a[i])
		}
		return y
	}
}

// known are the indices in closed form.
func ishigamiIndices() (first, total []float64) {
	const a, b = 7, .1
	pi4 := math.Pow(math.Pi, 4)
	v1, v2, v13 := .5*math.Pow(1+b*pi4/5, 2), a*a/8., b*b*pi4*pi4*8/225
	v := v1 + v2 + v13
	return []float64{v1 / v, v2 / v, 0}, []float64{(v1 + v13) / v, v2 / v, v13 / v}
}

func gIndices(a ...float64) (first, total []float64) {
	all := 1.
	for _, x := range a {
		all *= 1 + 1/(3*(1+x)*(1+x))
	}
	for _, x := range a {
		own := 1 / (3 * (1 + x) * (1 + x))
		first = append(first, own/(all-1))
		total = append(total, own*all/(1+own)/(all-1))
	}
	return first, total
}

// TestSobolIndices holds the indices to closed forms at the level 1-1e-6. The wrong model, the closed form of a smaller b, must be
// outside.
func TestSobolIndices(t *testing.T) {
	const n = 4096
	g := []float64{0, 1, 4.5, 9}
	ishigamiFirst, ishigamiTotal := ishigamiIndices()
	gFirst, gTotal := gIndices(g...)
	for _, c := range []struct {
		name         string
		f            func([]float64) float64
		first, total []float64
	}{{"Ishigami", ishigami, ishigamiFirst, ishigamiTotal}, {"Sobol g", gFunction(g...), gFirst, gTotal}} {
		k := len(c.first)
		y := answers(SaltelliPoints(n, k, 1), c.f)
		indices, blocks := SobolIndices(y, k, 1-1e-6, 1)
		if blocks != n {
			t.Errorf("%s: %d blocks of %d", c.name, blocks, n)
		}
		for i, x := range indices {
			for _, b := range []struct {
				name  string
				band  Band
				known float64
			}{{"first", x.First, c.first[i]}, {"total", x.Total, c.total[i]}} {
				// percentiles of 1000 resamples end at about 3.3 standard errors: 1.5 times that is beyond 1e-6
				half := .75 * (b.band.Hi - b.band.Lo)
				if math.Abs(b.band.Value-b.known) > half || half > .15 {
					t.Errorf("%s x%d %s: %.4f ±%.4f, known %.4f", c.name, i+1, b.name, b.band.Value, half, b.known)
				}
			}
		}
	}
	y := answers(SaltelliPoints(n, 3, 1), ishigami)
	indices, _ := SobolIndices(y, 3, .95, 1)
	if !indices[2].First.Zero() || indices[2].Total.Zero() {
		t.Errorf("x3 acts through an interaction only: first %+v, total %+v", indices[2].First, indices[2].Total)
	}
	if wrong := .3139 * .5; indices[0].First.Lo < wrong {
		t.Errorf("a first index of %.3f is not rejected: %+v", wrong, indices[0].First)
	}
	wide, _ := SobolIndices(y, 3, .99, 1)
	if w, n := wide[0].First, indices[0].First; w.Hi-w.Lo <= n.Hi-n.Lo {
		t.Error("the level does not widen the band")
	}
	y[0] = math.NaN()
	if _, blocks := SobolIndices(y, 3, .95, 1); blocks != n-1 {
		t.Errorf("%d blocks with one answer missing", blocks)
	}
	flat, _ := SobolIndices(make([]float64, 50), 3, .95, 1)
	if !math.IsNaN(flat[0].First.Value) || !flat[0].First.Zero() {
		t.Errorf("a constant has no indices: %+v", flat[0])
	}
}

// TestCoverage: the bands of Ishigami's indices hold them about as often as they say. 200 designs of 512 blocks; a
// band of half the width is rejected.
func TestCoverage(t *testing.T) {
	first, total := ishigamiIndices()
	inside, narrow, all := 0, 0, 0
	for seed := range uint64(60) {
		indices, _ := SobolIndices(answers(SaltelliPoints(512, 3, seed), ishigami), 3, .95, seed)
		for i, x := range indices {
			for _, c := range []struct {
				b     Band
				known float64
			}{{x.First, first[i]}, {x.Total, total[i]}} {
				all++
				if c.known >= c.b.Lo && c.known <= c.b.Hi {
					inside++
				}
				if math.Abs(c.known-c.b.Value) < (c.b.Hi-c.b.Lo)/64 {
					narrow++
				}
			}
		}
	}
	// The sequence is more even than chance, so the bands err on the safe side.
	if share := float64(inside) / float64(all); share < .9 {
		t.Errorf("%.3f of the bands at 95 %% hold the index", share)
	}
	if share := float64(narrow) / float64(all); share > .8 {
		t.Errorf("even a thirty-second of the band holds it in %.3f: the check cannot fail", share)
	}
}

// TestSobolHalf compares the forecast with the bands of an additive function.
func TestSobolHalf(t *testing.T) {
	for _, k := range []int{2, 5, 10} {
		const n = 1024
		y := answers(SaltelliPoints(n, k, 3), func(x []float64) (y float64) {
			for _, v := range x {
				y += v
			}
			return y
		})
		indices, _ := SobolIndices(y, k, .95, 3)
		mean := 0.
		for _, x := range indices {
			mean += (x.First.Hi - x.First.Lo) / 2 / float64(k)
		}
		if half := SobolHalf(n, k, .95); math.Abs(mean/half-1) > .25 {
			t.Errorf("%d parameters: forecast ±%.4f, bands ±%.4f", k, half, mean)
		}
	}
	if n := SobolBlocks(5, .95); n != 64 || SobolHalf(n, 5, .95) >= .2 || SobolHalf(n/2, 5, .95) < .2 {
		t.Errorf("%d blocks for five parameters", n)
	}
}

func TestElementaryEffects(t *testing.T) {
	linear := func(x []float64) float64 { return 3*x[0] - 2*x[1] + 0*x[2] }
	design := Trajectories(20, 3, 4, 7)
	effects := ElementaryEffects(design, answers(design, linear), .95, 1)
	for j, want := range []float64{3, -2, 0} {
		e := effects[j]
		if math.Abs(e.Mean.Value-want) > 1e-12 || math.Abs(e.Size.Value-math.Abs(want)) > 1e-12 || e.Sigma > 1e-12 {
			t.Errorf("x%d: %+v, want %v", j+1, e, want)
		}
	}

	// Sobol's g with four levels: the size of each effect in x_i is 4/(1+a_i) times the rest, 2/3 of which is lost on
	// the way from 0 to 2/3. By hand over the grid: |u-1/2| is 1/2 or 1/6, so an effect of x_i is (|4u-2| changes by 4/3)/(2/3)/(1+a_i)
	// = 2/(1+a_i) times the product of the others, whose mean over the levels is (4/3+a)/(1+a).
	a := []float64{0, 1, 4.5, 9}
	design = Trajectories(2000, 4, 4, 7)
	effects = ElementaryEffects(design, answers(design, gFunction(a...)), 1-1e-6, 1)
	for j := range a {
		want := 2 / (1 + a[j])
		for i, v := range a {
			if i != j {
				want *= (4./3 + v) / (1 + v)
			}
		}
		if b := effects[j].Size; math.Abs(b.Value-want) > .75*(b.Hi-b.Lo) || b.Hi-b.Lo > .2*want {
			t.Errorf("g, x%d: size %+v, known %.4f", j+1, b, want)
		}
	}
	// Ishigami: x3 acts only through an interaction, so its effects cancel and spread.
	design = Trajectories(500, 3, 4, 7)
	effects = ElementaryEffects(design, answers(design, ishigami), .95, 1)
	if e := effects[2]; !e.Mean.Zero() || !(e.Size.Lo > 1) || !(e.Sigma > 1) {
		t.Errorf("Ishigami x3: %+v", e)
	}
	if e := effects[0]; !(e.Sigma > 1) {
		t.Errorf("Ishigami x1 interacts: %+v", e)
	}
	missing := answers(design, ishigami)
	missing[1] = math.NaN()
	for j, e := range ElementaryEffects(design, missing, .95, 1) {
		if math.IsNaN(e.Size.Value) || math.IsNaN(e.Sigma) {
			t.Errorf("x%d: one answer missing loses all", j+1)
		}
	}
}

// TestDesigns: exact properties of every design.
func TestDesigns(t *testing.T) {
	for _, n := range []int{1, 7, 12, 96} {
		design := LatinHypercube(n, 5, 42)
		for j := range 5 {
			seen := make([]bool, n)
			for _, x := range design {
				seen[int(x[j]*float64(n))] = true
			}
			for slice, s := range seen {
				if !s {
					t.Fatalf("hypercube of %d: slice %d of coordinate %d is empty", n, slice, j)
				}
			}
		}
		for i, x := range LatinHypercube(2*n, 5, 42)[:n] {
			if fmt.Sprint(x) != fmt.Sprint(design[i]) {
				t.Fatalf("hypercube of %d: doubling moves point %d", n, i)
			}
		}
	}
	const n = 256
	design := Sobol(n, MaxSobol, 9)
	for j := range MaxSobol {
		seen := make([]bool, n)
		for _, x := range design {
			seen[int(x[j]*n)] = true
		}
		for slice, s := range seen {
			if !s {
				t.Fatalf("Sobol: interval %d of coordinate %d is empty", slice, j)
			}
		}
	}
	// Coordinates 1 and 2 are a (0,8,2)-net: every elementary rectangle of area 1/256 holds one point.
	for a := 0; a <= 8; a++ {
		seen := map[[2]int]bool{}
		for _, x := range design {
			seen[[2]int{int(x[0] * float64(int(1)<<a)), int(x[1] * float64(int(1)<<(8-a)))}] = true
		}
		if len(seen) != n {
			t.Errorf("Sobol: %d of %d rectangles of 2^-%d x 2^-%d hold a point", len(seen), n, a, 8-a)
		}
	}
	for j, d := range directions {
		if len(d.first) != int(d.degree) || !primitive(d.degree, d.inner) {
			t.Errorf("coordinate %d: %+v is not a primitive polynomial with its numbers", j+2, d)
		}
		for i, m := range d.first {
			if m%2 == 0 || m >= 2<<i {
				t.Errorf("coordinate %d: direction number %d is %d", j+2, i+1, m)
			}
		}
	}
	for name, f := range map[string]func(int, int, uint64) [][]float64{"Sobol": Sobol, "Halton": Halton, "Saltelli": func(n, k int, s uint64) [][]float64 { return SaltelliPoints(n, k, s) }} {
		long, short, other := f(64, 6, 5), f(16, 6, 5), f(16, 6, 6)
		same := 0
		for i, x := range short {
			for j, v := range x {
				if v <= 0 || v >= 1 || v != long[i][j] {
					t.Fatalf("%s: point %d is %v, in the longer design %v", name, i, x, long[i])
				}
				if v == other[i][j] {
					same++
				}
			}
		}
		if same > 0 {
			t.Errorf("%s: %d coordinates do not depend on the seed", name, same)
		}
	}
	// The mean of a product over 1024 points of Halton is much nearer than chance, which is off by .018 in the mean.
	sum := 0.
	for _, x := range Halton(1024, 4, 5) {
		sum += 16 * x[0] * x[1] * x[2] * x[3] / 1024
	}
	if math.Abs(sum-1) > .01 {
		t.Errorf("Halton: mean %.4f of 1", sum)
	}
}

// primitive says whether a polynomial over two elements has the largest order.
func primitive(degree, inner uint32) bool {
	polynomial := 1<<degree | inner<<1 | 1
	x, order := uint32(1), 0
	for {
		x <<= 1
		if x>>degree&1 == 1 {
			x ^= polynomial
		}
		order++
		if x == 1 {
			return order == 1<<degree-1
		}
		if order > 1<<degree {
			return false
		}
	}
}
