package anchor

import (
	"math"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
)

// Under the probit link the segment's 12-month PD has the variance of the correlation asked for, the hazard of a PD gives
// it back in every cell, and the loading nearest to it is that of the lognormal link within a tenth.
func TestProbit(t *testing.T) {
	p := behaviour.Default()
	lognormal, err := Solve(&p, data.Monthly, .05)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{&p, data.Monthly, 12}
	for _, pd := range []float64{.02, .05, .15} {
		s, err := SolveCell(&p, data.Monthly, .05, pd)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(s.Sigma/lognormal.Sigma-1) > .1 || s.Asset <= 0 || s.Asset >= p.Rho {
			t.Errorf("loading %.4f, asset correlation of a month %.4f; lognormal %.4f", s.Sigma, s.Asset, lognormal.Sigma)
		}
		x, w := hermite()
		mean, a := 0., s.LogHazard(pd)
		set := multipliers(m, factorSet(p.Phi, 12), s)
		for i := range set {
			c := newChain(m, set[i])
			for j := range x {
				mean += w[j] * c.pd(math.Exp(a+p.SigmaU*x[j]-p.SigmaU*p.SigmaU/2)) / float64(len(set))
			}
		}
		if math.Abs(mean-pd) > 1e-6 {
			t.Errorf("mean PD %v, want %v", mean, pd)
		}
		if pd != .05 {
			continue
		}
		log, err := unconditional(m, pd)
		if err != nil {
			t.Fatal(err)
		}
		v := variance(m, factorSet(p.Phi, 12), log, s)
		if want := Variance(pd, p.Rho); math.Abs(v/want-1) > 1e-6 {
			t.Errorf("variance %v, want %v", v, want)
		}
		if want := Variance(pd, p.Rho*1.02); math.Abs(v/want-1) < 1e-3 {
			t.Error("a correlation 2 % higher goes unnoticed")
		}
	}
}
