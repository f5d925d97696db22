package selfcheck

import (
	"fmt"
	"math"

	"relend/data"
	"relend/sim/contract"
)

// schedules compares the cash flows of the products with textbook schedules and their internal rate of return with the
// APR.
func schedules(s *sheet) error {
	const n, apr = 12, .12
	lent := data.Money(10000 * data.Unit)
	open := func(product data.Product, rate float64, n int) []contract.Cash {
		p := lent + data.Money(s.Shift)
		rate *= 1 + s.Scale
		l := contract.Open(product, p, rate, n, 1, contract.Burden(product, rate/12, n, nil))
		var flows []contract.Cash
		for l.Remaining > 0 {
			flows = append(flows, l.Pay(nil))
		}
		return flows
	}
	for _, c := range []struct {
		product data.Product
		n       int
		first   float64 // payment of the first month and of the last, in minor units
		last    float64
		irr     float64 // nominal annual, of the exact payments
	}{
		{data.Annuity, n, 88849, 88847, apr},
		{data.EqualPrincipal, n, 83333 + 10000, 83337 + 833, apr},
		{data.InterestOnly, n, 10000, 1010000, apr},
		{data.Bullet, 3, 0, 1030000, 12 * (math.Cbrt(1.03) - 1)},
	} {
		flows := open(c.product, apr, c.n)
		repaid, worth := data.Money(0), func(rate float64) (sum float64) {
			for k, f := range flows {
				sum += float64(f.Principal+f.Interest) * math.Pow(1+rate/12, -float64(k+1))
			}
			return sum
		}
		for _, f := range flows {
			repaid += f.Principal
		}
		pays := func(k int) float64 { return float64(flows[k].Principal + flows[k].Interest) }
		s.table(fmt.Sprintf("%v, 10,000.00 at 12 %% over %d months", c.product, c.n), []cell{
			{"first payment", c.first, pays(0), .5}, {"last payment", c.last, pays(len(flows) - 1), .5},
			{"principal repaid", float64(lent), float64(repaid), .5}, {"payments", float64(c.n), float64(len(flows)), .5},
		})
		s.exact(fmt.Sprintf("%v: internal rate of return", c.product), c.irr, falling(worth, float64(lent)), 5e-6)
	}
	flows := open(data.Annuity, 0, 3)
	s.table("annuity at 0 % over 3 months", []cell{
		{"first principal", 333333, float64(flows[0].Principal), .5}, {"last principal", 333334, float64(flows[2].Principal), .5}, {"interest", 0, float64(flows[0].Interest), .5},
	})
	return nil
}

// falling finds where a falling function of a rate takes a value.
func falling(f func(float64) float64, value float64) float64 {
	lo, hi := -.9, 20.
	for hi-lo > 1e-13 {
		if mid := (lo + hi) / 2; f(mid) > value {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// runOff: without misses and demand the engine's balance is that of the schedules, and nothing is lent.
func runOff(s *sheet) error {
	const borrowers, term, apr = 100, 12, .12
	lent := data.Money(10000 * data.Unit)
	p := quiet()
	p.Miss0 = 1e-12
	p.Top = [2]float64{s.Scale, s.Scale}
	for _, c := range []struct {
		product data.Product
		balance func(k int) float64
	}{
		{data.Annuity, func(k int) float64 {
			q := math.Pow(1+apr/12, float64(k))
			return float64(lent)*q - contract.AnnuityFactor(apr/12, term)*float64(lent)*(q-1)/(apr/12)
		}},
		{data.EqualPrincipal, func(k int) float64 { return float64(lent) * (1 - float64(k)/term) }},
		{data.InterestOnly, func(k int) float64 { return float64(lent) * indicator(k < term) }},
	} {
		book := ungraded(alike(borrowers, data.Borrower{Income: 5000 * data.Unit, Ordinal: 1, Open: 1},
			data.Loan{Principal: lent, Balance: lent, APR: apr, Term: term - int16(s.Shift), Ordinal: 1, Product: c.product}))
		r, err := s.simulate(book, term+1, 1, arm(p))
		if err != nil {
			return err
		}
		var cells []cell
		for k := range term + 1 {
			// Each payment is rounded to the minor unit, and its error earns interest.
			cells = append(cells, cell{fmt.Sprintf("month %d", k), c.balance(k), float64(total(r, 0, k, data.BalanceCurrent)) / borrowers, .6 * float64(k+1)})
		}
		s.table(fmt.Sprintf("engine: balance of %v against its closed form", c.product), cells)
		s.exact(fmt.Sprintf("engine: further loans, %v", c.product), 0, float64(soFar(r, 0, term+1, data.Granted)), 0)
	}
	return nil
}

// breakEven compares break-even prices with their table and with the net present value that they should give.
func breakEven(s *sheet) error {
	costs := contract.Costs{Funding: .06, Operating: .03, Acquisition: .02, Recovery: .25, RecoveryLag: 4}
	priced := costs
	priced.Recovery *= 1 + s.Scale
	for _, c := range []struct {
		pd  float64
		apr [3]float64
	}{
		{.02, [3]float64{17.44, 14.27, 12.50}}, {.05, [3]float64{19.85, 16.68, 14.91}},
		{.10, [3]float64{24.07, 20.89, 19.11}}, {.15, [3]float64{28.54, 25.35, 23.57}},
	} {
		var table, values []cell
		for i, n := range []int{6, 12, 24} {
			apr := contract.BreakEven(data.Annuity, n, c.pd, priced)
			at := fmt.Sprintf("%d months", n)
			table = append(table, cell{at, c.apr[i], 100 * apr, .0051})
			values = append(values, cell{at, 0, netPresentValue(apr, n, c.pd, costs), 1e-9})
		}
		s.table(fmt.Sprintf("break-even APR in %%, PD %g %%", 100*c.pd), table)
		s.table(fmt.Sprintf("net present value at break-even, PD %g %%", 100*c.pd), values)
	}
	return nil
}

// netPresentValue of a unit lent as an annuity, in closed form for each month (model.md §8.1).
func netPresentValue(apr float64, n int, pd float64, c contract.Costs) float64 {
	r, v, stays := apr/12, 1/(1+c.Funding/12), math.Pow(1-pd, 1./12)
	instalment := r / (1 - math.Pow(1+r, -float64(n)))
	sum := -1 - c.Acquisition
	for k := 1; k <= n; k++ {
		q := math.Pow(1+r, float64(k-1))
		balance, alive, discount := q-instalment*(q-1)/r, math.Pow(stays, float64(k-1)), math.Pow(v, float64(k))
		sum += discount * alive * (stays*instalment - c.Operating/12*balance)
		sum += discount * math.Pow(v, c.RecoveryLag) * alive * (1 - stays) * c.Recovery * balance
	}
	return sum
}
