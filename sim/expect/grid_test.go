package expect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// onGrids are comparisons of engine and oracle on the half-month and the weekly grid: an instalment loan, a late
// borrower, a loan of 14 days, and one who is between loans.
func onGrids(people int) (list []*trial) {
	r := rand.New(rand.NewPCG(8, 8))
	annuity := func() data.Product { return data.Annuity }
	add := func(grid data.Grid, months int, name string, b expect.Borrower) *trial {
		c := &trial{
			name: grid.String() + ", " + name, borrower: b, params: lively(r), arms: policies()[:4], grid: grid, months: months,
			people: people, paths: 1, seed: uint64(len(list)) + 20, options: expect.Options{Threshold: 1e-8},
		}
		list = append(list, c)
		return c
	}
	for _, g := range []struct {
		grid   data.Grid
		months int
	}{{data.HalfMonthly, 4}, {data.Weekly, 2}} {
		b := someone(r, 1, 0, annuity)
		add(g.grid, g.months, "one loan", b).macro = factor.Macro{Unemployment: []float64{0, 2, -1}}
		b.Bucket, b.DaysLate = 1, 17
		add(g.grid, g.months, "late", b)
		b.Bucket, b.DaysLate = 3, 71
		c := add(g.grid, g.months, "very late", b)
		c.params.Rho, c.params.ChargeOffMonths, c.params.Cure[2] = .03, 1, 0
		b = someone(r, 0, 0, annuity)
		add(g.grid, g.months, "repaid", b)
	}
	short := expect.Borrower{Income: 500000, PD: .1, Ordinal: 2, Open: 1, Loans: []data.Loan{{
		Principal: 150000, Balance: 150000, APR: .35, Term: 1, TermDays: 14, Days: 8, Ordinal: 2, Product: data.Bullet,
	}}}
	c := add(data.Weekly, 2, "14 days", short)
	c.arms = []expect.Arm{
		{Policy: []rule.Rule{&rule.TopUp{Allowed: true}}},
		{Policy: []rule.Rule{&rule.TopUp{}, &rule.CoolingOff{AfterPayoffDays: 14}, &rule.WorstDelinquency{LookBack: 1}}},
	}
	return list
}

// Engine and oracle agree on grids finer than a month.
func TestEngineAgreesOnGrids(t *testing.T) {
	people := 30000
	if slow {
		people *= 10
	}
	var family []figure
	for _, c := range onGrids(people) {
		family = append(family, c.compare(t)...)
	}
	report(t, family)
}

// The comparison has power on the weekly grid: models that forget it somewhere are rejected.
func TestWrongGridsAreRejected(t *testing.T) {
	c := &trial{
		name: "power", params: lively(rand.New(rand.NewPCG(4, 4))), grid: data.Weekly, months: 3, people: 100000, paths: 4, seed: 31,
		borrower: expect.Borrower{Income: 600000, PD: .25, Bucket: 2, DaysLate: 40, Outside: 2, Ordinal: 2, Open: 1, Loans: []data.Loan{{
			Principal: 500000, Balance: 250000, APR: .2, Term: 1, TermDays: 14, Ordinal: 2, Product: data.Bullet,
		}}},
		arms:    []expect.Arm{{Policy: []rule.Rule{&rule.TopUp{}, &rule.CoolingOff{AfterPayoffDays: 14}}}},
		options: expect.Options{Threshold: 1e-8},
	}
	p := &c.params
	p.ShockMonths, p.TopMinAge, p.ChargeOffMonths = 1, 0, 1
	sums, economy := c.simulate(t)
	check := func(b expect.Borrower, a expect.Arm, e expect.Economy) []figure {
		x, err := expect.Run(b, a, e, c.months, c.options)
		if err != nil {
			t.Fatal(err)
		}
		return rejected(compare("", sums[0], float64(c.people*c.paths), x))
	}
	for _, f := range check(c.borrower, c.arms[0], economy) {
		t.Errorf("the right model: %v", f)
	}
	const weeks = 52. / 12
	for name, wrong := range map[string]func(*expect.Borrower, *expect.Arm, *expect.Economy){
		"miss hazard not scaled":     func(b *expect.Borrower, _ *expect.Arm, _ *expect.Economy) { b.Hazard += math.Log(weeks) },
		"demand not scaled":          func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) { a.Behaviour.Re[0] *= weeks },
		"curing not scaled":          func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) { a.Behaviour.Cure[1] *= weeks },
		"outside loans not scaled":   func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) { a.Behaviour.OutsideBirth[0] *= weeks },
		"part of the bucket earlier": func(b *expect.Borrower, _ *expect.Arm, _ *expect.Economy) { b.DaysLate -= 8 },
		"part of the bucket later":   func(b *expect.Borrower, _ *expect.Arm, _ *expect.Economy) { b.DaysLate += 8 },
		"half months": func(b *expect.Borrower, a *expect.Arm, e *expect.Economy) {
			e.Grid = data.HalfMonthly
		},
		"a week more": func(b *expect.Borrower, _ *expect.Arm, _ *expect.Economy) {
			b.Loans = []data.Loan{b.Loans[0]}
			b.Loans[0].TermDays = 21
		},
		"cooling-off a week shorter": func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) {
			a.Policy = []rule.Rule{&rule.TopUp{}, &rule.CoolingOff{AfterPayoffDays: 7}}
		},
		"charge-off a month later":  func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) { a.Behaviour.ChargeOffMonths++ },
		"recoveries a month longer": func(_ *expect.Borrower, a *expect.Arm, _ *expect.Economy) { a.Behaviour.RecoveryMonths++ },
	} {
		b, a, e := c.borrower, c.arms[0], economy
		wrong(&b, &a, &e)
		bad := check(b, a, e)
		if len(bad) == 0 {
			t.Errorf("%s: goes unnoticed", name)
			continue
		}
		t.Logf("%s: %d figures, worst %v", name, len(bad), bad[0])
	}
}

// V16: with constant hazards and one lane the chance to be current still is exp(-hazard x months) on every grid, where
// its steps end with a month's end.
func TestSurvivalOnGrids(t *testing.T) {
	const hazard, months = .04, 24
	p := still()
	p.Roll, p.Cure = [3]float64{}, [3]float64{}
	b := endless(.05)
	b.Hazard = math.Log(hazard)
	for _, grid := range []data.Grid{data.Monthly, data.HalfMonthly, data.Weekly} {
		x, err := expect.Run(b, expect.Arm{Behaviour: p}, expect.Economy{Grid: grid}, months, expect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for m := 3; m <= months; m += 3 { // 13 weeks are three months
			if got, want := x.Counters[m][data.BorrowersCurrent], math.Exp(-hazard*float64(m)); math.Abs(got-want) > 1e-12 {
				t.Errorf("%v, month %d: %v, want %v", grid, m, got, want)
			}
		}
	}
}

// From the first days of a bucket as many go on to the next one, and as many are cured, on every grid: roll/(roll+cure)
// of section 6.2, and all of them where nobody is cured.
func TestBucketsOnGrids(t *testing.T) {
	for bucket := range uint8(3) {
		for _, cure := range []float64{.35, 1.35, 0} {
			p := still()
			p.Cure[bucket] = cure
			want := p.Roll[bucket] / (p.Roll[bucket] + cure)
			b := endless(.05)
			b.Hazard, b.Bucket = math.Inf(-1), bucket+1
			for _, grid := range []data.Grid{data.Monthly, data.HalfMonthly, data.Weekly} {
				const months = 240
				x, err := expect.Run(b, expect.Arm{Behaviour: p}, expect.Economy{Grid: grid}, months, expect.Options{Threshold: 1e-14})
				if err != nil {
					t.Fatal(err)
				}
				further := 0.
				for m := range x.Counters {
					further += x.Counters[m][[]data.Counter{data.Entered30, data.Entered60, data.Defaults}[bucket]]
				}
				if math.Abs(further-want) > 1e-9 {
					t.Errorf("%v, bucket %d, cure %v: %v go on, want %v", grid, bucket+1, cure, further, want)
				}
			}
		}
	}
}

// V12 on finer grids: the anchored hazard gives the PD back within a year, frailty integrated. The hazard of the
// monthly grid does not.
func TestAnchoredPDOnGrids(t *testing.T) {
	p := still()
	p.SigmaU = .6
	for _, grid := range []data.Grid{data.HalfMonthly, data.Weekly} {
		for _, pd := range []float64{.01, .08, .25} {
			b := endless(pd)
			for _, anchored := range []data.Grid{grid, data.Monthly} {
				if anchored != grid && pd != .08 {
					continue // one PD shows that the wrong grid is noticed
				}
				segment, err := anchor.Solve(&p, anchored, .05)
				if err != nil {
					t.Fatal(err)
				}
				b.Hazard = segment.LogHazard(pd)
				x, err := expect.Run(b, expect.Arm{Behaviour: p}, expect.Economy{Grid: grid}, 12, expect.Options{Frailty: 40, Threshold: 1e-13})
				if err != nil {
					t.Fatal(err)
				}
				defaults := 0.
				for m := range x.Counters {
					defaults += x.Counters[m][data.Defaults]
				}
				if off := math.Abs(defaults - pd); (off > 1e-6) == (anchored == grid) {
					t.Errorf("grid %v, anchored on %v: PD %v comes out as %v", grid, anchored, pd, defaults)
				}
			}
		}
	}
}
