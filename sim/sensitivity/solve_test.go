package sensitivity

import (
	"errors"
	"math"
	"testing"
)

func certain(f func(float64) float64, half float64, asked *int) func([]float64) ([]Answer, error) {
	return func(xs []float64) (out []Answer, _ error) {
		for _, x := range xs {
			*asked++
			out = append(out, Answer{x, f(x), f(x) - half, f(x) + half})
		}
		return out, nil
	}
}

// TestSolve: answers without noise, in both directions and on whole numbers.
func TestSolve(t *testing.T) {
	falling := func(x float64) float64 { return 10 - x }
	rising := func(x float64) float64 { return x*x - 4 }
	hump := func(x float64) float64 { return 5 - (x-5)*(x-5) }
	for _, c := range []struct {
		name           string
		q              Question
		f              func(float64) float64
		half           float64
		outcome        Outcome
		x, first, last float64
		again          bool
	}{
		{"smallest below", Question{Lo: 0, Hi: 12, Target: 4, Tolerance: .01}, falling, .5, Found, 6, 5.5, 6.5, false},
		{"largest below", Question{Lo: 0, Hi: 12, Target: 0, Tolerance: .01, Down: true}, rising, 0, Found, 2, 2, 2, false},
		{"smallest above", Question{Lo: 0, Hi: 12, Target: 5, Tolerance: .01, Above: true}, rising, 0, Found, 3, 3, 3, false},
		{"largest above", Question{Lo: 0, Hi: 12, Target: 4, Tolerance: .01, Above: true, Down: true}, falling, .5, Found, 6, 6.5, 5.5, false},
		{"whole", Question{Lo: 0, Hi: 12, Target: 4.2, Whole: true}, falling, 1.1, Found, 6, 5, 7, false},
		{"already", Question{Lo: 0, Hi: 12, Target: 11, Tolerance: .01}, falling, .5, Already, 0, math.NaN(), 0, false},
		{"nowhere", Question{Lo: 0, Hi: 12, Target: -3, Tolerance: .01}, falling, .5, Nowhere, math.NaN(), math.NaN(), math.NaN(), false},
		{"unclear", Question{Lo: 0, Hi: 12, Target: -2.2, Tolerance: .01}, falling, .5, Unclear, math.NaN(), 11.7, math.NaN(), false},
		{"open end", Question{Lo: 0, Hi: 12, Target: -1.8, Tolerance: .01}, falling, .5, Found, 11.8, 11.3, math.NaN(), false},
		{"again", Question{Lo: 0, Hi: 12, Target: 1, Tolerance: .01, Above: true}, hump, 0, Found, 3, 3, 3, true},
	} {
		asked := 0
		r, err := Solve(c.q, certain(c.f, c.half, &asked))
		same := func(a, b float64) bool { return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= .011 }
		if err != nil || r.Outcome != c.outcome || !same(r.X, c.x) || !same(r.First, c.first) || !same(r.Last, c.last) || math.IsNaN(r.Again) == c.again {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
		if asked > 80 || asked != len(r.Answers) {
			t.Errorf("%s: asked %d times for %d answers", c.name, asked, len(r.Answers))
		}
	}
	broken := errors.New("broken")
	if _, err := Solve(Question{Hi: 1, Tolerance: .1}, func([]float64) ([]Answer, error) { return nil, broken }); err != broken {
		t.Errorf("the error is lost: %v", err)
	}
}

// TestSolveCovers plants a root and estimates the curve with noise that all its points share in part: the interval at
// 90 % holds the root in 90 % of 2000 seeds, to within a binomial chance of 1e-6; half the interval does not.
func TestSolveCovers(t *testing.T) {
	const seeds, root = 2000, 3.7
	f := func(x float64) float64 { return math.Exp(-x / 5) }
	target := f(root)
	inside, narrow := 0, 0
	for seed := range uint64(seeds) {
		s := &source{seed: seed, stream: 99}
		gauss := func() float64 {
			return math.Sqrt(-2*math.Log(s.uniform())) * math.Cos(2*math.Pi*s.uniform())
		}
		common, slope := .01*gauss(), .004*gauss()
		r, err := Solve(Question{Lo: 0, Hi: 10, Target: target, Tolerance: .005}, func(xs []float64) (out []Answer, _ error) {
			for _, x := range xs {
				v, half := f(x)+common+slope*(x-5), 1.6449*math.Hypot(.01, .004*(x-5))
				out = append(out, Answer{x, v, v - half, v + half})
			}
			return out, nil
		})
		if err != nil || r.Outcome != Found {
			t.Fatalf("%+v, %v", r, err)
		}
		if root >= r.First && root <= r.Last {
			inside++
		}
		if math.Abs(root-r.X) < (r.Last-r.First)/4 {
			narrow++
		}
	}
	limit := 4.9 * math.Sqrt(seeds*.9*.1)
	if math.Abs(float64(inside)-.9*seeds) > limit {
		t.Errorf("%d of %d intervals at 90 %% hold the root", inside, seeds)
	}
	if math.Abs(float64(narrow)-.9*seeds) <= limit {
		t.Errorf("half the interval holds it in %d: the check cannot fail", narrow)
	}
}

// TestPeel plants a box in five parameters, one of them without order, and lets a twentieth of the labels be wrong.
func TestPeel(t *testing.T) {
	x := LatinHypercube(1000, 5, 3)
	hit := make([]bool, len(x))
	s := &source{seed: 3, stream: 98}
	for i := range x {
		x[i][4] = math.Floor(3 * x[i][4])
		hit[i] = x[i][0] > .6 && x[i][2] < .5 && x[i][4] != 1
		if s.uniform() < .05 {
			hit[i] = !hit[i]
		}
	}
	box := Peel(x, hit, []bool{false, false, false, false, true}, .999)
	if box == nil {
		t.Fatal("no box")
	}
	l := box.Limits
	if math.Abs(l[0].Lo-.6) > .03 || !math.IsInf(l[0].Hi, 1) || math.Abs(l[2].Hi-.5) > .03 || !math.IsInf(l[2].Lo, -1) ||
		l[1].Set() || l[3].Set() || len(l[4].Without) != 1 || l[4].Without[0] != 1 {
		t.Errorf("%+v", box)
	}
	if box.Density < .9 || box.Coverage < .7 || box.Points == 0 || box.Hits > box.Points || box.Density < 3*box.Overall {
		t.Errorf("%+v", box)
	}

	// Hits by lot have no box.
	for i := range hit {
		hit[i] = s.uniform() < .2
	}
	if box := Peel(x, hit, []bool{false, false, false, false, true}, 1-1e-6); box != nil {
		t.Errorf("hits by lot: %+v", box)
	}
	// On a grid whole levels are peeled off.
	var grid [][]float64
	hit = nil
	for a := range 8 {
		for b := range 8 {
			grid, hit = append(grid, []float64{float64(a), float64(b)}), append(hit, a >= 5 && b <= 3)
		}
	}
	box = Peel(grid, hit, []bool{false, false}, .95)
	if box == nil || box.Limits[0].Lo != 5 || box.Limits[1].Hi != 3 || box.Density != 1 || box.Coverage != 1 || box.Limits[0].Chance > .05 {
		t.Errorf("grid: %+v", box)
	}
	if Peel(grid, make([]bool, 64), []bool{false, false}, .95) != nil {
		t.Error("a box without hits")
	}
}
