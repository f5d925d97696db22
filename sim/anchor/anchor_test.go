package anchor

import (
	"math"
	"testing"

	"relend/data"
	"relend/sim/behaviour"
)

// Without factor and frailty a small PD is the hazard times the nine months in which a miss can still become a
// default, times the chance that it does: the chain by hand.
func TestChainByHand(t *testing.T) {
	p := behaviour.Default()
	p.Rho, p.SigmaU = 0, 0
	s, err := Solve(&p, data.Monthly, .05)
	if err != nil {
		t.Fatal(err)
	}
	theta := math.Exp(s.LogHazard(.05))
	// powers of the 5 x 5 matrix
	v := [5]float64{1}
	for range 12 {
		miss := 1 - math.Exp(-theta)
		next := [5]float64{v[0] * (1 - miss), v[0] * miss, 0, 0, v[4]}
		for k := 1; k <= 3; k++ {
			r, c := p.Roll[k-1], p.Cure[k-1]
			leave := 1 - math.Exp(-r-c)
			next[k] += v[k] * (1 - leave)
			next[k+1] += v[k] * leave * r / (r + c)
			next[0] += v[k] * leave * c / (r + c)
		}
		v = next
	}
	if math.Abs(v[4]-.05) > 1e-6 {
		t.Errorf("matrix power gives PD %.8f for the hazard of 5 %%", v[4])
	}
}

// PD and LogHazard are inverse, and the ratio of hazard to PD is that of model.md §22 item 1 (sigma_u .6, no
// factor): -ln(1-PD)/exp(a) = 1.223, 1.133, 1.022, .912 at 1, 5, 10, 15 %.
func TestRatios(t *testing.T) {
	p := behaviour.Default()
	p.Rho = 0
	s, err := Solve(&p, data.Monthly, .05)
	if err != nil {
		t.Fatal(err)
	}
	for pd, want := range map[float64]float64{.01: 1.223, .05: 1.133, .10: 1.022, .15: .912} {
		a := s.LogHazard(pd)
		if got := -math.Log1p(-pd) / math.Exp(a); math.Abs(got-want) > 6e-4 {
			t.Errorf("PD %v: ratio %.4f, want %.3f", pd, got, want)
		}
		if back := s.PD(a); math.Abs(back-pd) > 1e-9 {
			t.Errorf("PD %v comes back as %v", pd, back)
		}
	}
}

// rho 2 % at PD 5 %: the loading is .187, not the .360 that reads the miss hazard as the default hazard
// (model.md §22 item 1a).
func TestSigma(t *testing.T) {
	p := behaviour.Default()
	s, err := Solve(&p, data.Monthly, .05)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Sigma-.187) > .004 {
		t.Errorf("sigma %.4f, want .187", s.Sigma)
	}
	a, m := s.LogHazard(.05), &model{&p, data.Monthly, 12}
	if v, want := variance(m, factorSet(p.Phi, 12), invert(frailtyMean(m, curve(m, nil, &Segment{})), .05), s), Variance(.05, .02); math.Abs(v/want-1) > 1e-7 {
		t.Errorf("variance %v, want %v", v, want)
	}
	// The mean over the set at the solved hazard, with the exact nodes in place of the table.
	set, mean := multipliers(m, factorSet(p.Phi, 12), s), 0.
	x, w := hermite()
	for i := range set {
		c := newChain(m, set[i])
		for j := range x {
			mean += w[j] * c.pd(math.Exp(a+p.SigmaU*x[j]-p.SigmaU*p.SigmaU/2)) / float64(len(set))
		}
	}
	if math.Abs(mean-.05) > 1e-6 {
		t.Errorf("mean PD %.8f, want .05", mean)
	}
}

// Published in model.md §18 V1 through the standard deviation of regulation.md §3.1: PD 2 %, rho 5 %: .011406.
func TestVariance(t *testing.T) {
	for _, c := range []struct{ pd, rho, sd float64 }{{.02, .05, .011406}, {.05, .10, .034825}, {.20, .10, .090099}, {.01, .4, .027674}} {
		if sd := math.Sqrt(Variance(c.pd, c.rho)); math.Abs(sd-c.sd) > 5e-7 {
			t.Errorf("PD %v rho %v: sd %.6f, want %.6f", c.pd, c.rho, sd, c.sd)
		}
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, grid := range []data.Grid{data.Monthly, data.HalfMonthly, data.Weekly} {
		b.Run(grid.String(), func(b *testing.B) {
			p := behaviour.Default().On(grid)
			for range b.N {
				if _, err := solve(&model{&p, grid, grid.Steps(months)}, .05); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
