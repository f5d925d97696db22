package factor

import (
	"math"
	"testing"
)

// Over pairs the weighted moments of the factors are those of their law: a weight of 1 in the mean, mean 0, variance 1,
// persistence phi; each within 5 standard errors over 20,000 pairs. So they are in an arm of another persistence whose
// paths are shifted along the baseline's direction. Weights left out and weights of the wrong sign are rejected, and no
// weight is above 2.
func TestImportance(t *testing.T) {
	const pairs, steps = 20000, 12
	main := Law{Phi: .9, Global: .8}
	start := .5
	for name, law := range map[string]Law{"its own direction": main, "the baseline's": {Phi: .5, Global: .3, Main: &main},
		"a start": {Phi: .9, Global: .8, Start: &start}} {
		worst := func(weigh func(w float64) float64) (worst float64) {
			moments := func(f [][]float64) [6]float64 {
				x, y, z := f[0][steps-1], f[0][steps-2], f[1][0]
				if law.Start != nil { // standardised
					at := func(v float64, t int) float64 {
						left := math.Pow(law.Phi, float64(t))
						return (v - start*left) / math.Sqrt(1-left*left)
					}
					x, y, z = at(x, steps), at(y, steps-1), at(z, 1)
				}
				return [6]float64{1, x, x * x, z, z * z, x * y}
			}
			want := [6]float64{1, 0, 1, 0, 1, law.Phi}
			if law.Start != nil {
				want[5] *= math.Sqrt((1 - math.Pow(law.Phi, 2*(steps-1))) / (1 - math.Pow(law.Phi, 2*steps)))
			}
			var sum, squares [6]float64
			for pair := range pairs {
				var mean [6]float64
				for path := 2 * pair; path < 2*pair+2; path++ {
					w := weigh(Weight(1, path, Importance, law, 2, steps))
					for i, v := range moments(Draw(1, path, Importance, law, 2, steps)) {
						mean[i] += w * v / 2
					}
				}
				for i, v := range mean {
					sum[i] += (v - want[i]) / pairs
					squares[i] += (v - want[i]) * (v - want[i]) / pairs
				}
			}
			for i := range sum {
				if squares[i] > 0 {
					worst = max(worst, math.Abs(sum[i])/math.Sqrt((squares[i]-sum[i]*sum[i])/pairs))
				}
			}
			return worst
		}
		if z := worst(func(w float64) float64 {
			if w > 2 {
				t.Fatalf("weight %v", w)
			}
			return w
		}); z > 5 {
			t.Errorf("%s: off by %.1f standard errors", name, z)
		}
		if z := worst(func(float64) float64 { return 1 }); z < 5 {
			t.Errorf("%s: weights left out go unnoticed", name)
		}
		if z := worst(func(w float64) float64 { along := math.Log(2/w-1)/shift + shift/2; return ratio(-along) }); z < 5 {
			t.Errorf("%s: weights of the wrong sign go unnoticed", name)
		}
	}
	if w := Weight(1, 1, Antithetic, main, 2, steps); w != 1 {
		t.Errorf("weight %v of an antithetic path", w)
	}
}

// The two laws that a pair draws from make weights of mean 1: by the trapezoidal rule to 1e-9.
func TestMeanWeight(t *testing.T) {
	const h = 1. / 64
	mean := 0.
	for i := range 2*64*12 + 1 {
		x := -12 + float64(i)*h + shift/2
		density := (math.Exp(-x*x/2) + math.Exp(-(x-shift)*(x-shift)/2)) / 2 / math.Sqrt(2*math.Pi)
		mean += h * density * ratio(x)
	}
	if math.Abs(mean-1) > 1e-9 {
		t.Errorf("mean weight %v", mean)
	}
}
