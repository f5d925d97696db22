package contract

import (
	"math"
	"testing"

	"pgregory.net/rapid"
	"relend/data"
)

// Figures that can be checked by hand: 95 received and 105 due after a month; 5 % of interest on top of a tenth kept, over
// a year; interest of 1 a month for a year on 97 received; two instalments.
func TestAllIn(t *testing.T) {
	for _, c := range []struct {
		what            string
		product         data.Product
		n               int
		apr, part, year float64
		allIn           float64
	}{
		{"95 received, 105 due after a month", data.Bullet, 1, .60, .05, 12, 12 * (105./95 - 1)},
		{"90 received, 105 due after a year", data.Bullet, 12, .05, .10, 12, 105./90 - 1},
		{"one instalment is the same whatever the product", data.Annuity, 1, .60, .05, 12, 12 * (105./95 - 1)},
		{"of equal principal, too", data.EqualPrincipal, 1, .60, .05, 12, 12 * (105./95 - 1)},
		{"and of interest only", data.InterestOnly, 1, .60, .05, 12, 12 * (105./95 - 1)},
		// 100 in two instalments of 50 for 93 received: 93 x^2 = 50 x + 50.
		{"two instalments without interest", data.Annuity, 2, 0, .07, 12, 12 * ((50+math.Sqrt(50*50+4*93*50))/(2*93) - 1)},
		// 2 % a step on 100, 96 received: 96 x^2 = 2 x + 102.
		{"interest only over two steps", data.InterestOnly, 2, .24, .04, 12, 12 * ((2+math.Sqrt(4+4*96*102))/(2*96) - 1)},
		// 2 % a step on 100 in equal parts of 50: 52 and 51 for 96.
		{"equal principal over two steps", data.EqualPrincipal, 2, .24, .04, 12, 12 * ((52+math.Sqrt(52*52+4*96*51))/(2*96) - 1)},
		{"in weeks", data.InterestOnly, 1, .52, .01, 52, 52 * (101./99 - 1)},
		{"no fee", data.Annuity, 12, .24, 0, 12, .24},
	} {
		if got := AllIn(c.product, c.n, c.apr, c.part, int(c.year)); math.Abs(got-c.allIn) > 1e-11 {
			t.Errorf("%s: %.12f, want %.12f", c.what, got, c.allIn)
		}
	}
	if got := AllIn(data.Annuity, 12, .24, 1, 12); got != maxAPR {
		t.Errorf("a fee that takes all: %v", got)
	}
	if f := (Fee{.03, 20 * data.Unit}); f.Of(1000*data.Unit) != 50*data.Unit || math.Abs(f.Part(1000*data.Unit)-.05) > 1e-15 {
		t.Errorf("3%% and 20 of 1,000: %v, %v", f.Of(1000*data.Unit), f.Part(1000*data.Unit))
	}
}

// Beneath undoes AllIn, a fee makes every loan dearer, and a loan whose flows are discounted at its all-in rate is worth what is
// received.
func TestFeeIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		product := data.Product(rapid.IntRange(0, data.NumProducts-1).Draw(t, "product"))
		n, year := rapid.IntRange(1, 60).Draw(t, "n"), rapid.SampledFrom([]int{12, 24, 52}).Draw(t, "year")
		apr, part := rapid.Float64Range(0, 2).Draw(t, "apr"), rapid.Float64Range(.001, .3).Draw(t, "part")
		all := AllIn(product, n, apr, part, year)
		if all >= maxAPR {
			return
		}
		if back := Beneath(product, n, all, part, year); all <= apr || math.Abs(back-apr) > 1e-9 {
			t.Fatalf("%v over %d of %d a year: %v with %v is %v, back %v", product, n, year, apr, part, all, back)
		}
		x, v, worth, line := all/float64(year), 1., 0., Line{}
		if product == data.Bullet {
			v = math.Pow(1+x, float64(n)) / (1 + x*float64(n)) // simple interest
		}
		const principal = 1e12
		loan := Open(product, principal, apr, n, 12/float64(year), Burden(product, apr/float64(year), n, &line))
		for range n {
			v /= 1 + x
			c := loan.Pay(&line)
			worth += v * float64(c.Interest+c.Principal)
		}
		if math.Abs(worth/principal-(1-part)) > 1e-9 {
			t.Fatalf("%v over %d of %d a year: worth %v, received %v", product, n, year, worth/principal, 1-part)
		}
	})
}

// A fee above what the ceiling allows over the life leaves no rate.
func TestFeeAboveTheCeiling(t *testing.T) {
	for product := range data.Product(data.NumProducts) {
		if got := Beneath(product, 12, .10, .3, 12); got >= 0 {
			t.Errorf("%v: %v", product, got)
		}
	}
}
