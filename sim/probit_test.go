package sim

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/factor"
)

// Under the probit link the misses of the first month in a pool of like borrowers are those of Vasicek's one-factor
// model: the law of their number, exact by quadrature over the factor, by a chi-square test at alpha 1e-6 over 8,000
// paths. The same correlation halved, and the lognormal link of the same variance at the mean, are told apart.
func TestProbitPool(t *testing.T) {
	long(t)
	const borrowers, paths = 100, 8000
	b := quiet()
	b.Rho = .10
	a := arm("base")
	a.Behaviour = b
	s := settings(1, paths)
	s.Design, s.Link = factor.Plain, factor.Probit
	plan, err := NewPlan(perpetual(borrowers), []Arm{a}, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(t.Context(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	const most = 15 // and more
	var seen [most + 1]float64
	for path := range paths {
		seen[min(most, r.Row(0, path, 1)[data.Misses])]++
	}
	m := plan.families[0].model
	hazard, asset := math.Exp(m.graded(0).hazard), m.segments[0].Asset
	if asset < .02 || asset > .3 {
		t.Fatalf("asset correlation of a month %v", asset)
	}
	chi := func(conditional func(z float64) float64) float64 {
		sum, left := 0., 1.
		for k := range most {
			p := quad.Fixed(func(z float64) float64 {
				return distuv.Binomial{N: borrowers, P: conditional(z)}.Prob(float64(k)) * distuv.UnitNormal.Prob(z)
			}, -9, 9, 300, quad.Legendre{}, 0)
			left -= p
			sum += (seen[k] - paths*p) * (seen[k] - paths*p) / (paths * p)
		}
		return sum + (seen[most]-paths*left)*(seen[most]-paths*left)/(paths*left)
	}
	vasicek := func(rho float64) func(float64) float64 {
		k := distuv.UnitNormal.Quantile(1 - math.Exp(-hazard))
		return func(z float64) float64 { return distuv.UnitNormal.CDF((k + math.Sqrt(rho)*z) / math.Sqrt(1-rho)) }
	}
	critical := distuv.ChiSquared{K: most}.Quantile(1 - 1e-6)
	if x := chi(vasicek(asset)); x > critical {
		t.Errorf("chi-square %.1f, at most %.1f", x, critical)
	}
	if x := chi(vasicek(asset / 2)); x < critical {
		t.Errorf("half the correlation goes unnoticed: %.1f", x)
	}
	sigma := m.segments[0].Sigma
	if x := chi(func(z float64) float64 { return 1 - math.Exp(-hazard*math.Exp(1.3*sigma*z-1.3*sigma*1.3*sigma/2)) }); x < critical {
		t.Errorf("a lognormal multiplier of 1.3 times the loading goes unnoticed: %.1f", x)
	}
}
