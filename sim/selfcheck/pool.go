package selfcheck

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/anchor"
)

// vasicek compares standard deviation and quantiles of the default rate in the one-factor model, for a large pool and for
// finite ones.
func vasicek(s *sheet) error {
	type line struct {
		pd, rho, sd float64
		q           [4]float64
	}
	correlation := func(rho float64) float64 { return rho * (1 + s.Scale) }
	// (q - p)/sd at 90, 99, 99.9 and 99.99 %.
	for _, l := range []line{
		{.01, .1, .009626, [4]float64{1.188, 3.823, 7.012, 10.665}},
		{.01, .4, .027674, [4]float64{.548, 4.511, 11.041, 18.185}},
		{.001, .1, .001354, [4]float64{.979, 4.086, 8.834, 15.367}},
		{.001, .4, .005334, [4]float64{.117, 3.245, 13.177, 31.746}},
	} {
		sd := math.Sqrt(anchor.Variance(l.pd, correlation(l.rho)))
		cells := []cell{{"standard deviation", l.sd, sd, 6e-7}}
		for i, alpha := range []float64{.9, .99, .999, .9999} {
			cells = append(cells, cell{fmt.Sprintf("%g %%", 100*alpha), l.q[i], (anchor.LargePool(l.pd, correlation(l.rho), alpha) - l.pd) / sd, 6e-4})
		}
		s.table(fmt.Sprintf("large pool, PD %g %%, rho %g: standard deviations from the mean", 100*l.pd, l.rho), cells)
	}
	for _, l := range []line{
		{.02, .05, .011406, [4]float64{.01755, .04184, .05781, .08103}},
		{.03, .04, .014093, [4]float64{.02746, .05662, .07427, .09874}},
		{.05, .05, .023843, [4]float64{.04575, .09506, .12427, .16388}},
		{.05, .10, .034825, [4]float64{.04147, .11790, .16894, .24079}},
		{.10, .05, .040044, [4]float64{.09428, .17425, .21736, .27229}},
		{.20, .10, .090099, [4]float64{.18750, .36736, .45553, .55683}},
	} {
		cells := []cell{{"standard deviation", l.sd, math.Sqrt(anchor.Variance(l.pd, correlation(l.rho))), 6e-7}}
		for i, alpha := range []float64{.5, .95, .99, .999} {
			cells = append(cells, cell{fmt.Sprintf("%g %%", 100*alpha), l.q[i], anchor.LargePool(l.pd, correlation(l.rho), alpha), 6e-6})
		}
		s.table(fmt.Sprintf("large pool, PD %g %%, rho %g: default rate", 100*l.pd, l.rho), cells)
	}
	for _, l := range []struct {
		n            int
		pd, rho      float64
		mean, sd, p0 float64
		q            [4]int
	}{
		{100, .02, .05, 2, 1.80218, .206243, [4]int{2, 5, 8, 11}},
		{100, .05, .10, 5, 4.09348, .067161, [4]int{4, 13, 19, 27}},
		{500, .03, .04, 15, 8.00642, .000698, [4]int{14, 30, 40, 53}},
		{1000, .05, .05, 50, 24.80724, .000002, [4]int{46, 97, 127, 168}},
	} {
		law := finitePool(l.n, func(z float64) float64 { return conditionalPD(l.pd, correlation(l.rho), z) })
		mean, square := 0., 0.
		for k, p := range law {
			mean += p * float64(k)
			square += p * float64(k) * float64(k)
		}
		cells := []cell{{"mean", l.mean, mean, 1e-8}, {"standard deviation", l.sd, math.Sqrt(square - mean*mean), 6e-6}, {"no default", l.p0, law[0], 6e-7}}
		for i, alpha := range []float64{.5, .95, .99, .999} {
			k, sum := 0, law[0]
			for sum < alpha {
				k++
				sum += law[k]
			}
			cells = append(cells, cell{fmt.Sprintf("%g %%", 100*alpha), float64(l.q[i]), float64(k), .5})
		}
		s.table(fmt.Sprintf("pool of %d loans, PD %g %%, rho %g: defaults", l.n, 100*l.pd, l.rho), cells)
	}
	return nil
}

// conditionalPD is the PD given the factor z; high z is good.
func conditionalPD(pd, rho, z float64) float64 {
	return distuv.UnitNormal.CDF((distuv.UnitNormal.Quantile(pd) - math.Sqrt(rho)*z) / math.Sqrt(1-rho))
}

// finitePool is the law of the number of defaults of n loans that are independent given a standard normal factor.
func finitePool(n int, pd func(z float64) float64) []float64 {
	const nodes = 600
	z, w := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(z, w, -9, 9)
	law := make([]float64, n+1)
	all, _ := math.Lgamma(float64(n + 1))
	ways := make([]float64, n+1)
	for k := range ways {
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		ways[k] = all - a - b
	}
	for i := range z {
		p := pd(z[i])
		bad, good := math.Log(p), math.Log1p(-p)
		for k := range law {
			law[k] += w[i] * distuv.UnitNormal.Prob(z[i]) * math.Exp(ways[k]+float64(k)*bad+float64(n-k)*good)
		}
	}
	return law
}

// basel compares the retail risk weights of Basel II, Annex 5.
func basel(s *sheet) error {
	pds := []float64{.03, .10, .25, .50, .75, 1, 1.5, 2, 2.5, 5, 10, 20}
	for _, column := range []struct {
		name    string
		rho     func(float64) float64
		lgd     float64
		weights []float64
	}{
		{"other retail, LGD 45 %", anchor.RetailCorrelation, .45, []float64{4.45, 11.16, 21.15, 32.36, 40.10, 45.77, 53.37, 57.99, 60.90, 66.42, 75.54, 100.28}},
		{"other retail, LGD 85 %", anchor.RetailCorrelation, .85, []float64{8.41, 21.08, 39.96, 61.13, 75.74, 86.46, 100.81, 109.53, 115.03, 125.45, 142.69, 189.41}},
		{"revolving, LGD 45 %", constant(anchor.RevolvingCorrelation), .45, []float64{.98, 2.71, 5.76, 10.04, 13.80, 17.22, 23.40, 28.92, 33.98, 54.74, 83.89, 117.99}},
		{"revolving, LGD 85 %", constant(anchor.RevolvingCorrelation), .85, []float64{1.85, 5.12, 10.88, 18.97, 26.06, 32.53, 44.19, 54.63, 64.18, 103.41, 158.47, 222.86}},
		{"mortgage, LGD 45 %", constant(anchor.MortgageCorrelation), .45, []float64{5: 56.40}},
	} {
		var cells []cell
		for i, want := range column.weights {
			if pd := pds[i] / 100; want > 0 {
				cells = append(cells, cell{fmt.Sprintf("PD %g %%", pds[i]), want, 100 * anchor.RiskWeight(pd, column.rho(pd)*(1+s.Scale), column.lgd), .0101})
			}
		}
		s.table("risk weight in %, "+column.name, cells)
	}
	return nil
}

func constant(x float64) func(float64) float64 { return func(float64) float64 { return x } }

// lognormalPool runs pools of one month under the factor: missed payments of each path are those of a finite pool with
// conditional probability 1-exp(-L exp(sigma z - sigma^2/2)).
func lognormalPool(s *sheet) error {
	const n, paths, hazard = 500, 6000, .06
	b := quiet()
	b.Rho, b.Miss0 = .05, hazard
	segment, err := anchor.Solve(&b, data.Monthly, anchor.UnconditionalPD(&b, data.Monthly, math.Log(hazard)))
	if err != nil {
		return err
	}
	b.Miss0 *= 1 + s.Scale
	r, err := s.simulate(ungraded(perpetual(n, .05)), 1, paths, arm(b))
	if err != nil {
		return err
	}
	misses := make([]int64, paths)
	for path := range misses {
		misses[path] = r.Row(0, path, 1)[data.Misses]
	}
	slices.Sort(misses)
	shift := -segment.Sigma * segment.Sigma / 2
	if s.Swap {
		shift = 0
	}
	law := finitePool(n, func(z float64) float64 { return -math.Expm1(-hazard * math.Exp(segment.Sigma*z+shift)) })
	for k := 1; k <= n; k++ {
		law[k] += law[k-1]
	}
	s.law(fmt.Sprintf("law of missed payments over %d pools of %d loans, sigma %.3f", paths, n, segment.Sigma), misses, func(k int64) float64 {
		if k < 0 {
			return 0
		}
		return law[k]
	})
	return nil
}

// The 25 obligors of CreditRisk+ (Credit Suisse First Boston 1997, appendix B): exposures and ratings, and each
// rating's PD in per mille.
var (
	obligors = [25]int64{
		358475, 1089819, 1799710, 1933116, 2317327, 2410929, 2652184, 2957685, 3137989, 3204044, 4727724, 4830517, 4912097,
		4928989, 5042312, 5320364, 5435457, 5517586, 5764596, 5847845, 6466533, 6480322, 7727651, 15410906, 20238895,
	}
	ratings = "HHFGGGHGDDADDHFEDCECHHBFE"
	ratedPD = map[byte]float64{'A': .015, 'B': .016, 'C': .03, 'D': .05, 'E': .075, 'F': .10, 'G': .15, 'H': .30}
)

// lossUnit is the unit in which losses of the obligors are convolved.
const lossUnit = 1000

// obligorLaw is the exact law of a year's loss where each obligor defaults once or not, independently: mean, standard
// deviation and cumulative probabilities by unit.
func obligorLaw(scale float64) (mean, sd float64, law []float64) {
	law = []float64{1}
	variance := 0.
	for i, exposure := range obligors {
		pd, e := ratedPD[ratings[i]]*(1+scale), float64(exposure)
		mean += pd * e
		variance += pd * (1 - pd) * e * e
		v := int(math.Round(e / lossUnit))
		next := make([]float64, len(law)+v)
		for k, q := range law {
			next[k] += q * (1 - pd)
			next[k+v] += q * pd
		}
		law = next
	}
	for k := 1; k < len(law); k++ {
		law[k] += law[k-1]
	}
	return mean, math.Sqrt(variance), law
}

// obligorLosses compares the exact law with its figures, and a year of the engine without a common factor with the law.
func obligorLosses(s *sheet) error {
	mean, sd, law := obligorLaw(s.Scale)
	s.exact("convolution: mean", 14221863, mean, 1)
	s.exact("convolution: standard deviation", 9585321, sd, 1)
	for _, q := range []struct{ alpha, loss float64 }{{.5, 12412000}, {.95, 32956000}, {.99, 42800000}, {.995, 46781000}, {.999, 54639000}} {
		s.exact(fmt.Sprintf("convolution: %g %% quantile", 100*q.alpha), q.loss, lossUnit*float64(firstAt(law, q.alpha)), 2*lossUnit)
	}

	const paths = 12000
	p := perpetual(len(obligors), .05)
	for i, exposure := range obligors {
		loan := &p.Loans[p.Borrowers[i].First]
		loan.Balance = data.Money(exposure) * data.Unit
		loan.Principal = loan.Balance
		p.Borrowers[i].PD12 = ratedPD[ratings[i]] * (1 + s.Scale)
	}
	r, err := s.simulate(p, 12, paths, arm(quiet()))
	if err != nil {
		return err
	}
	losses, sum := make([]int64, paths), 0.
	for path := range losses {
		for m := range data.Month(13) {
			losses[path] += r.Row(0, path, m)[data.DefaultBalance] / int64(data.Unit)
		}
		sum += float64(losses[path])
	}
	mean, sd, law = obligorLaw(0)
	s.normal(fmt.Sprintf("engine: mean loss over %d paths", paths), mean, sum/paths, sd/math.Sqrt(paths))
	for _, alpha := range []float64{.5, .95, .99} {
		k, below := firstAt(law, alpha), int64(0)
		for _, loss := range losses {
			below += int64(indicator(loss <= int64(k)*lossUnit+lossUnit/2))
		}
		s.binomial(fmt.Sprintf("engine: paths up to the %g %% quantile", 100*alpha), below, paths, law[k])
	}
	return nil
}

// firstAt is the first index at which a cumulative law reaches alpha.
func firstAt(cumulative []float64, alpha float64) int {
	k, _ := slices.BinarySearch(cumulative, alpha)
	return k
}
