package selfcheck

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/expect"
	"relend/sim/factor"
)

// defaultsAreBinomial: without factor and demand defaults within a year are independent draws of the input PD. The
// sample rejects a hazard that is off by 2 %: n >= (4.9+3.1)^2 p(1-p)/(.02 p)^2 for p = 5 %, alarm 1e-6, power 99.9 %,
// is 3.0 million.
func defaultsAreBinomial(s *sheet) error {
	const borrowers, paths, pd = 20000, 160, .05
	r, err := s.simulate(perpetual(borrowers, 1-math.Pow(1-pd, 1+s.Scale)), 12, paths, arm(quiet()))
	if err != nil {
		return err
	}
	s.binomial("engine: share of 3.2 million borrower-years in default, PD 5 %", soFar(r, 0, 12, data.Defaults), borrowers*paths, pd)
	return nil
}

// transition is the matrix of a month without demand, over current, three buckets and default.
func transition(p *behaviour.Params, hazard float64) (m [5][5]float64) {
	m[0][1], m[0][0], m[4][4] = -math.Expm1(-hazard), math.Exp(-hazard), 1
	for k := range 3 {
		both := p.Roll[k] + p.Cure[k]
		moves := -math.Expm1(-both)
		m[k+1][k+2], m[k+1][0], m[k+1][k+1] = moves*p.Roll[k]/both, moves*p.Cure[k]/both, 1-moves
	}
	return m
}

// chainPowers compares the states of perpetual loans with the powers of the chain's matrix.
func chainPowers(s *sheet) error {
	const hazard, months, borrowers, paths = .03, 24, 10000, 40
	names := [5]string{"current", "1-29", "30-59", "60-89", "default"}
	p := quiet()
	p.Miss0 = hazard
	matrix := transition(&p, hazard)
	p.Miss0 *= 1 + s.Scale
	if s.Swap {
		p.Roll, p.Cure = p.Cure, p.Roll
	}
	states := func(c func(data.Counter) float64) [5]float64 {
		return [5]float64{c(data.BorrowersCurrent), c(data.BorrowersD1), c(data.BorrowersD2), c(data.BorrowersD3), c(data.BorrowersDefault) + c(data.BorrowersOff)}
	}
	var cells []cell
	for bucket := range uint8(4) {
		book := ungraded(perpetual(1, .05))
		book.Borrowers[0].Bucket = bucket
		x, err := expect.Run(expect.Of(book, 0, math.Log(p.Miss0), .05), expect.Arm{Behaviour: p}, expect.Economy{}, months, expect.Options{})
		if err != nil {
			return err
		}
		law := [5]float64{}
		law[bucket] = 1
		for m := range months + 1 {
			for i, got := range states(func(c data.Counter) float64 { return x.Counters[m][c] }) {
				cells = append(cells, cell{fmt.Sprintf("month %d from %s, %s", m, names[bucket], names[i]), law[i], got, 1e-12})
			}
			law = after(law, matrix)
		}
	}
	s.table("oracle: states", cells)

	r, err := s.simulate(ungraded(perpetual(borrowers, .05)), months, paths, arm(p))
	if err != nil {
		return err
	}
	var shares []share
	law := [5]float64{1}
	for m := 1; m <= months; m++ {
		law = after(law, matrix)
		for i, got := range states(func(c data.Counter) float64 { return float64(total(r, 0, m, c)) }) {
			shares = append(shares, share{fmt.Sprintf("month %d, %s", m, names[i]), int64(got), law[i]})
		}
	}
	s.binomials("engine: states", shares, borrowers*paths)
	return nil
}

// after is the law of the state a month later.
func after(law [5]float64, matrix [5][5]float64) (next [5]float64) {
	for i := range law {
		for j := range next {
			next[j] += law[i] * matrix[i][j]
		}
	}
	return next
}

// survival: a constant hazard on a loan without maturity leaves exp(-L t) current; two causes share the rest by their
// hazards.
func survival(s *sheet) error {
	const miss, prepay, months, borrowers, paths = .03, .02, 36, 5000, 60
	p := quiet()
	p.Cure = [3]float64{}
	p.Miss0, p.Prepay, p.PrepayRefi = miss*(1+s.Scale), prepay, 0
	if s.Swap {
		p.Miss0, p.Prepay = prepay, miss
	}
	r, err := s.simulate(ungraded(perpetual(borrowers, .05)), months, paths, arm(p))
	if err != nil {
		return err
	}
	const n = borrowers * paths
	var survive, causes []share
	var misses, prepayments int64
	for m := 1; m <= months; m++ {
		misses += total(r, 0, m, data.Misses)
		prepayments += total(r, 0, m, data.Prepayments)
		gone := -math.Expm1(-(miss + prepay) * float64(m))
		survive = append(survive, share{fmt.Sprintf("month %d", m), total(r, 0, m, data.BorrowersCurrent), 1 - gone})
		causes = append(causes, share{fmt.Sprintf("missed by month %d", m), misses, gone * miss / (miss + prepay)},
			share{fmt.Sprintf("prepaid by month %d", m), prepayments, gone * prepay / (miss + prepay)})
	}
	if s.id == "V6" {
		s.binomials("engine: share still current against exp(-L t)", survive, n)
	} else {
		s.binomials("engine: cumulative incidence against (L_a/L)(1-exp(-L t))", causes, n)
	}
	return nil
}

// grids: with constant hazards and one lane the chance to be current still is exp(-L t) on every grid, where its steps end
// with a month: 13 weeks are three.
func grids(s *sheet) error {
	const hazard, months, borrowers, paths = .04, 24, 2000, 20
	p := quiet()
	p.Cure, p.Miss0 = [3]float64{}, hazard*(1+s.Scale)
	for _, name := range data.GridNames() {
		grid, err := data.ParseGrid(name)
		if err != nil {
			return err
		}
		x, err := expect.Run(expect.Of(ungraded(perpetual(1, .05)), 0, math.Log(p.Miss0), .05), expect.Arm{Behaviour: p}, expect.Economy{Grid: grid}, months, expect.Options{})
		if err != nil {
			return err
		}
		r, err := s.run(ungraded(perpetual(borrowers, .05)), sim.Settings{Grid: grid, Months: months, Paths: paths, Seed: 16, Design: factor.Plain}, arm(p))
		if err != nil {
			return err
		}
		var cells []cell
		var shares []share
		for m := 3; m <= months; m += 3 {
			at, want := fmt.Sprintf("month %d", m), math.Exp(-hazard*float64(m))
			cells = append(cells, cell{at, want, x.Counters[m][data.BorrowersCurrent], 1e-12})
			shares = append(shares, share{at, total(r, 0, m, data.BorrowersCurrent), want})
		}
		s.table(fmt.Sprintf("oracle: share still current, step of a %s", name), cells)
		s.binomials(fmt.Sprintf("engine: share still current, step of a %s", name), shares, borrowers*paths)
	}
	return nil
}

// renewals: loans of one month, asked for with probability q at the payoff and never later: the k-th further loan comes
// in month 2k-1, with probability q^k.
func renewals(s *sheet) error {
	const q, borrowers, paths, k = .8, 20000, 10, 9
	p := lending()
	p.Return = [3]float64{0, 10, .1}
	p.Re[0] = -math.Log(1-q*(1+s.Scale)) / 10
	p.Exit = [2]float64{5, 5}
	p.Miss0 = 1e-12
	r, err := s.simulate(ungraded(repaid(borrowers)), 2*k-1, paths, arm(p))
	if err != nil {
		return err
	}
	const n = borrowers * paths
	// Who is idle for a month leaves; that he asks instead has a probability below 2e-5, far below the sampling error.
	var shares []share
	for i := 1; i <= k; i++ {
		shares = append(shares, share{fmt.Sprintf("loan %d", i+1), total(r, 0, 2*i-1, data.Granted), math.Pow(q, float64(i))})
	}
	s.binomials("engine: share of borrowers with k loans, geometric with q = .8", shares, n)
	s.binomial("engine: 10 and more loans, .8^9 = .1342", total(r, 0, 2*k-1, data.Granted), n, math.Pow(q, k))
	return nil
}

// selection: of borrowers with lognormal frailty those who repaid k loans are the better ones. Loans of one month, each
// followed by the next one; the published table is that of a hazard L per loan.
func selection(s *sheet) error {
	const loans, borrowers, paths = 6, 20000, 12
	for _, c := range []struct {
		sigma, hazard float64
		table         [loans]float64
	}{
		{.6, .05, [loans]float64{.0483, .0473, .0464, .0456, .0448, .0440}},
		{.8, .12, [loans]float64{.1080, .0997, .0932, .0879, .0834, .0796}},
		{1, .12, [loans]float64{.1044, .0919, .0835, .0771, .0720, .0677}},
	} {
		survivors := func(k int, sigma float64) float64 { // after k loans
			return quad.Fixed(func(u float64) float64 {
				return distuv.UnitNormal.Prob(u) * math.Exp(-float64(k)*c.hazard*math.Exp(sigma*u-sigma*sigma/2))
			}, -10, 10, 400, quad.Legendre{}, 0)
		}
		var cells []cell
		for k, want := range c.table {
			sigma := c.sigma * (1 + s.Scale)
			cells = append(cells, cell{fmt.Sprintf("loan %d", k+1), want, 1 - survivors(k+1, sigma)/survivors(k, sigma), 6e-5})
		}
		s.table(fmt.Sprintf("quadrature: PD of the k-th loan, sigma_u %g, L %g", c.sigma, c.hazard), cells)

		p := lending()
		p.SigmaU, p.Miss0 = c.sigma*(1+s.Scale), c.hazard
		p.Return = [3]float64{0, 10, .1}
		p.Cure = [3]float64{}
		r, err := s.simulate(ungraded(repaid(borrowers)), 2*loans, paths, arm(p))
		if err != nil {
			return err
		}
		var shares []share
		for k := range loans {
			// A loan granted in month 2k+1 is due in month 2k+2.
			shares = append(shares, share{fmt.Sprintf("loan %d", k+1), total(r, 0, 2*k+2, data.Misses), survivors(k, c.sigma) - survivors(k+1, c.sigma)})
		}
		s.binomials(fmt.Sprintf("engine: first missed at the k-th loan, sigma_u %g, L %g", c.sigma, c.hazard), shares, borrowers*paths)
	}
	return nil
}

// anchoredPD: the anchored hazard gives the PD back within a year, frailty integrated.
func anchoredPD(s *sheet) error {
	p := quiet()
	p.SigmaU = .6
	segment, err := anchor.Solve(&p, data.Monthly, .05)
	if err != nil {
		return err
	}
	for _, pd := range []float64{.005, .02, .05, .1, .2, .3} {
		book := perpetual(1, pd)
		x, err := expect.Run(expect.Of(book, 0, segment.LogHazard(pd)+math.Log1p(s.Scale), pd), expect.Arm{Behaviour: p}, expect.Economy{}, 12, expect.Options{Frailty: 40})
		if err != nil {
			return err
		}
		got := 0.
		for m := range x.Counters {
			got += x.Counters[m][data.Defaults]
		}
		s.exact(fmt.Sprintf("oracle: defaults within a year at PD %g %%", 100*pd), pd, got, 1e-6)
	}
	return nil
}

// factorMoments: with the factor on, mean and variance over paths of the 12-month default rate are those of the PD and
// the asset correlation asked for.
func factorMoments(s *sheet) error {
	const borrowers, paths, pd, rho = 600, 4000, .05, .02
	p := quiet()
	p.SigmaU, p.Rho = .6, rho*(1+float64(s.Shift)/2)
	r, err := s.simulate(perpetual(borrowers, pd*(1+s.Scale)), 12, paths, arm(p))
	if err != nil {
		return err
	}
	sum, squares := 0., 0.
	for path := range paths {
		k := 0.
		for m := range data.Month(13) {
			k += float64(r.Row(0, path, m)[data.Defaults])
		}
		sum += k / borrowers
		squares += k * (k - 1) / (borrowers * (borrowers - 1)) // unbiased for the square of the conditional PD
	}
	mean, variance := sum/paths, anchor.Variance(pd, rho)
	noise := variance + pd*(1-pd)/borrowers
	s.normal("engine: mean default rate over paths, PD 5 %", pd, mean, math.Sqrt(noise/paths))
	// The standard error of a variance from n paths of a right-skewed law is about the variance times sqrt(3.5/n).
	got := squares/paths - mean*mean
	s.normal("engine: standard deviation over paths without binomial noise, rho 2 %", math.Sqrt(variance), math.Sqrt(max(0, got)), noise/(2*math.Sqrt(variance))*math.Sqrt(3.5/paths))
	return nil
}
