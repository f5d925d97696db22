package factor

import (
	"math"
	"testing"
)

// The factors are standard normal at every step, persist by phi, and two segments correlate by w squared: each
// within 5 standard errors over 20,000 paths (false alarm below 1e-6 each). A persistence of phi + .05 is rejected.
func TestLaw(t *testing.T) {
	const n, steps = 20000, 6
	law := Law{Phi: .9, Global: .8}
	var mean, square, lag, cross float64
	for path := range n {
		f := Draw(1, path, Plain, law, 2, steps)
		mean += f[0][5] / n
		square += f[0][5] * f[0][5] / n
		lag += f[0][5] * f[0][4] / n
		cross += f[0][5] * f[1][5] / n
	}
	se := 1 / math.Sqrt(n)
	for name, z := range map[string]float64{
		"mean": mean / se, "variance": (square - 1) / (math.Sqrt2 * se),
		"persistence": (lag - .9) / (math.Sqrt(1+.81) * se), "correlation of segments": (cross - .64) / (math.Sqrt(1+.41) * se),
	} {
		if math.Abs(z) > 5 {
			t.Errorf("%s is off by %.1f standard errors", name, z)
		}
	}
	if z := (lag - .95) / (math.Sqrt(1+.9) * se); math.Abs(z) < 5 {
		t.Error("a persistence of .95 goes unnoticed")
	}
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
