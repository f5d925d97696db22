package selfcheck

import (
	"fmt"
	"math"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/expect"
	"relend/sim/rule"
)

// lively are parameters under which all that can happen happens often, a different set for each number. There is no
// factor and borrowers are alike, so that the paths of a run are independent borrowers.
func lively(set uint64) behaviour.Params {
	p, u := behaviour.Default(), uniforms(1000+set)
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*u() }
	pair := func(lo, hi float64) [2]float64 { return [2]float64{between(lo, hi), between(lo, hi)} }
	count := func(lo, n float64) float64 { return lo + math.Floor(n*u()) }
	p.Rho, p.SigmaU, p.DemandSigma = 0, 0, 0
	p.Miss0 = between(.12, .2)
	p.Prepay, p.PrepayRefi = between(.01, .06), between(0, 3)
	p.Roll = [3]float64{between(.9, 1.2), between(1.2, 2), between(1.5, 3)}
	p.Cure = [3]float64{between(.3, .6), between(.2, .5), between(.1, .3)}
	p.Top, p.Re, p.Exit = pair(.1, .5), pair(.3, .8), pair(.02, .2)
	p.TopMinAge = count(0, 3)
	p.Fraud, p.BustSlope = pair(.01, .1), between(0, .1)
	p.Take = [4]float64{between(.5, 2.5), between(0, 8), between(0, 2), between(-.3, .5)}
	p.DepShare, p.DepEntry, p.DepPTI, p.DepX = between(.3, .7), between(.1, .6), between(.1, .5), count(1, 2)
	p.RollGrowth, p.LevMax = between(1, 1.5), count(1, 4)
	p.ReliefMult, p.ReliefMonths = between(.3, 1.2), count(0, 4)
	p.ShockMult, p.ShockMonths, p.ShockExit = between(1.5, 4), count(1, 4), between(.2, .8)
	p.Leak = between(.2, .7)
	p.OutsideBirth, p.OutsideDeath = pair(.03, .3), between(.02, .2)
	p.OutsideMax, p.Coverage = count(3, 3), between(.3, .9)
	p.RecoveryMean, p.RecoveryMonths, p.ChargeOffMonths = between(.1, .6), count(2, 8), count(0, 4)
	p.BOrd = [4]float64{between(-.3, .3), between(-.3, .3), between(-.3, .3), between(-.3, .3)}
	p.BPTI, p.BStack, p.BLev, p.BAPR = between(.5, 3), between(0, .3), between(0, .5), between(0, 3)
	return p
}

// agreement compares every counter of every month of the engine with the oracle, over sets of random parameters and
// three policies each.
func agreement(s *sheet) error {
	const sets, people, paths, months = 4, 40000, 8, 6
	for set := range uint64(sets) {
		p := lively(set)
		arms := []expect.Arm{
			{Behaviour: p, Policy: defaultRules(&rule.APRCap{Max: .36})},
			{Behaviour: p, Policy: defaultRules(&rule.TopUp{}, &rule.CoolingOff{AfterPayoff: 1, AfterOrigination: 3}, &rule.PlatformCap{Max: 2})},
			{Behaviour: p, Policy: []rule.Rule{&rule.TopUp{Stack: true}, &rule.CleanRepayments{Min: 1}}, Law: []rule.Rule{&rule.PTICap{Max: .6}}, Scope: .6},
		}
		u := uniforms(2000 + set)
		loan := data.Loan{
			Principal: 5000 * data.Unit, Balance: data.Money(2000+3000*u()) * data.Unit, APR: .12 + .16*u(), Term: int16(4 + 4*u()),
			MonthsOnBook: int16(3 * u()), Ordinal: uint8(1 + 3*u()),
		}
		b := data.Borrower{Income: 6000 * data.Unit, PD12: .5, Ordinal: loan.Ordinal, Open: 1, External: uint8(3 * u())}

		// What the engine is given departs from what the oracle is.
		wrong, shifted := p, loan
		wrong.Miss0 *= 1 + s.Scale
		if s.Swap {
			wrong.Roll, wrong.Cure = wrong.Cure, wrong.Roll
		}
		shifted.MonthsOnBook += int16(s.Shift)
		shifted.Term += int16(s.Shift)
		engine := make([]sim.Arm, len(arms))
		for i, a := range arms {
			engine[i] = sim.Arm{Behaviour: wrong, Policy: a.Policy, Law: a.Law, Scope: a.Scope}
		}
		r, err := s.simulate(ungraded(alike(people, b, shifted)), months, paths, engine...)
		if err != nil {
			return err
		}
		hazard := math.Log(p.Miss0)
		right := expect.Of(ungraded(alike(1, b, loan)), 0, hazard, anchor.UnconditionalPD(&p, data.Monthly, hazard))
		var worst Row
		figures := 0
		for i, a := range arms {
			x, err := expect.Run(right, a, expect.Economy{}, months, expect.Options{Threshold: 1e-9})
			if err != nil {
				return err
			}
			for m := range months + 1 {
				for c := range data.NumCounters {
					got, mean := float64(total(r, i, m, c)), x.Counters[m][c]
					figures++
					if p := Agree(got, people*paths, x, m, c); worst.What == "" || p < worst.P {
						worst = Row{What: fmt.Sprintf("policy %d, month %d, %v", i+1, m, c), Reference: mean, Got: got / (people * paths), P: p}
					}
				}
			}
		}
		s.chance(fmt.Sprintf("engine and oracle, parameter set %d, %d figures, worst: %s", set+1, figures, worst.What), worst.Reference, worst.Got, min(1, worst.P*float64(figures)))
	}
	return nil
}

// Agree bounds the probability that a counter of a month, summed over n independent borrowers, is as far from the
// oracle's expectation as got. One that is 0 or 1 for a borrower has a binomial sum; for the others, money among them,
// Bernstein's inequality bounds the tails from the second moment and the largest value, so that the bound holds whatever
// the law. Mass that the oracle dropped may have been there.
func Agree(got, n float64, x *expect.Expectation, month int, c data.Counter) float64 {
	mean, square, largest := x.Counters[month][c], x.Squares[month][c], x.Largest[month][c]
	if c == data.Surprise && month > 0 {
		// The oracle does not follow it: its mean is 0. The chance that it moves by lies between 0 and 1, and moves of those who
		// begin the month late or become so.
		square, largest = x.Counters[month][data.Misses], data.SurpriseUnit
		for _, late := range []data.Counter{data.BorrowersD1, data.BorrowersD2, data.BorrowersD3} {
			square += x.Counters[month-1][late]
		}
		square *= data.SurpriseUnit * data.SurpriseUnit
	}
	slack := n * x.Dropped * max(1, largest)
	distance := math.Abs(got-n*mean) - slack - 1e-9*n*mean
	switch variance := square - mean*mean; {
	case largest == 0 && x.Dropped == 0:
		return indicator(got == 0)
	case distance <= 0:
		return 1
	case largest <= 1:
		toward := math.Copysign(min(math.Ceil(slack), math.Abs(got-n*mean)), n*mean-got)
		return binomialP(int64(got+toward), int64(n), min(1, mean))
	case variance < 1e-12*square:
		return 0 // no chance is in it
	default:
		return min(1, 2*math.Exp(-distance*distance/2/(n*variance+largest*distance/3)))
	}
}

// rollover: a ban of top-ups first raises monthly defaults and later lowers them; without the shock of a denial it never
// raises them by more than 3 %. Without factor, everything is granted and taken up, as in the prototypes.
func rollover(s *sheet) error {
	const months, paths, perAge = 60, 40, 800
	b := behaviour.AllGranted()
	b.Rho = 0
	calm := b
	calm.ShockMult = 1
	if s.Swap {
		b, calm = calm, b
	}
	book := &data.Portfolio{Currency: "CNY", Segments: []string{"all"}}
	for age := range int16(12) {
		l := data.Loan{Principal: 10000 * data.Unit, APR: .24, Term: 12, MonthsOnBook: age, Ordinal: 1}
		l.Balance = data.Money(float64(l.Principal) * (1 - float64(age)/12))
		part := alike(perAge, data.Borrower{Income: 6000 * data.Unit, Ordinal: 1, Open: 1}, l)
		for i := range part.Borrowers {
			c := part.Borrowers[i]
			c.ID, c.First = c.ID+uint64(age), uint32(len(book.Loans))
			book.Borrowers = append(book.Borrowers, c)
			book.Loans = append(book.Loans, l)
		}
	}
	granted := []rule.Rule{&rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, &rule.TopUp{Allowed: true}, &rule.ConcurrentLoans{Max: 3}, &rule.MaxOrdinal{Max: 15}}
	banned := append([]rule.Rule{&rule.TopUp{}}, granted...)
	if s.Shift != 0 {
		granted, banned = banned, granted
	}
	r, err := s.simulate(book, months, paths, arm(b, granted...), arm(b, banned...), arm(calm, granted...), arm(calm, banned...))
	if err != nil {
		return err
	}
	// Ratio of the defaults of a quarter under the ban to those without, by month of its end.
	ratio := func(arm, end int) (ratio, se float64) {
		var base, other, squares float64
		defaults := func(arm, path int) (n float64) {
			for m := end - 2; m <= end; m++ {
				n += float64(r.Row(arm, path, data.Month(m))[data.Defaults])
			}
			return n
		}
		for path := range paths {
			base += defaults(arm, path)
			other += defaults(arm+1, path)
		}
		ratio = other / base
		for path := range paths {
			e := defaults(arm+1, path) - ratio*defaults(arm, path)
			squares += e * e
		}
		return ratio, math.Sqrt(squares*paths/(paths-1)) / base
	}
	peak := func(arm int) (end int, top, se float64) {
		for m := 9; m <= months; m += 3 {
			if q, e := ratio(arm, m); q > top {
				end, top, se = m, q, e
			}
		}
		return end, top, se
	}
	end, top, se := peak(0)
	s.least(fmt.Sprintf("engine: largest ratio of quarterly defaults, ban of top-ups to none (month %d), above", end), 1, top, se, 1)
	late, se := ratio(0, 48)
	s.least("engine: the same ratio in the quarter to month 48, below", 1, late, se, -1)
	end, top, se = peak(2)
	// A single quarter may lie above by chance: as far as its error bar reaches.
	z := 4.9
	s.exact(fmt.Sprintf("engine: largest ratio without shock (month %d), less its sampling error, at most 1.03", end), min(1.03, top-z*se), top-z*se, 0)
	return nil
}
