package expect_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/expect"
	"relend/sim/rule"
)

// endless is a borrower on a loan that outlasts every horizon.
func endless(pd float64) expect.Borrower {
	return expect.Borrower{Income: 500000, PD: pd, Ordinal: 1, Open: 1, Loans: []data.Loan{{
		Principal: 1000000, Balance: 1000000, APR: .2, Term: 600, Ordinal: 1, Product: data.InterestOnly,
	}}}
}

// still are parameters under which nothing happens but missed payments and delinquency.
func still() behaviour.Params {
	p := behaviour.Default()
	p.Rho, p.SigmaU, p.DemandSigma = 0, 0, 0
	p.Season = [3]float64{1, 0, 4}
	p.Top, p.Re, p.Exit, p.OutsideBirth = [2]float64{}, [2]float64{}, [2]float64{}, [2]float64{}
	p.Prepay, p.OutsideDeath = 0, 0
	return p
}

func mustRun(t testing.TB, b expect.Borrower, a expect.Arm, months int, o expect.Options) *expect.Expectation {
	t.Helper()
	x, err := expect.Run(b, a, expect.Economy{}, months, o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// V5: without demand the states follow the powers of the chain's matrix, from every bucket.
func TestPowersOfTheChain(t *testing.T) {
	p := still()
	const hazard = .03
	var chain [5][5]float64 // current, three buckets, default
	chain[0][1] = 1 - math.Exp(-hazard)
	chain[0][0] = math.Exp(-hazard)
	chain[4][4] = 1
	for k := range 3 {
		sum := p.Roll[k] + p.Cure[k]
		moves := 1 - math.Exp(-sum)
		chain[k+1][k+2] = moves * p.Roll[k] / sum
		chain[k+1][0] = moves * p.Cure[k] / sum
		chain[k+1][k+1] = math.Exp(-sum)
	}
	for bucket := range uint8(4) {
		b := endless(.05)
		b.Hazard, b.Bucket = math.Log(hazard), bucket
		x := mustRun(t, b, expect.Arm{Behaviour: p}, 24, expect.Options{})
		var law [5]float64
		law[bucket] = 1
		for m := range 25 {
			c := x.Counters[m]
			got := [5]float64{c[data.BorrowersCurrent], c[data.BorrowersD1], c[data.BorrowersD2], c[data.BorrowersD3], c[data.BorrowersDefault] + c[data.BorrowersOff]}
			for i := range got {
				if math.Abs(got[i]-law[i]) > 1e-12 {
					t.Fatalf("from bucket %d, month %d, state %d: %v, want %v", bucket, m, i, got[i], law[i])
				}
			}
			var next [5]float64
			for i := range law {
				for j := range next {
					next[j] += law[i] * chain[i][j]
				}
			}
			law = next
		}
	}
}

// V12: the anchored hazard gives the PD back within a year, frailty integrated; a hazard off by 1 % does not.
func TestAnchoredPD(t *testing.T) {
	p := still()
	p.SigmaU = .6
	for _, pd := range []float64{.005, .05, .1, .2, .4} {
		segment, err := anchor.Solve(&p, data.Monthly, .05)
		if err != nil {
			t.Fatal(err)
		}
		b := endless(pd)
		year := func() (defaults float64) {
			x := mustRun(t, b, expect.Arm{Behaviour: p}, 12, expect.Options{Frailty: 40})
			for m := range x.Counters {
				defaults += x.Counters[m][data.Defaults]
			}
			return defaults
		}
		b.Hazard = segment.LogHazard(pd)
		if got := year(); math.Abs(got-pd) > 1e-6 {
			t.Errorf("PD %v comes out as %v", pd, got)
		}
		b.Hazard += .01
		if got := year(); math.Abs(got-pd) < 1e-5 {
			t.Errorf("PD %v: a wrong hazard goes unnoticed", pd)
		}
	}
}

// V10: loans of one month, asked for with chance q in every idle month and always granted: the grants obey the renewal
// equation. A loan granted in month m is repaid in month m+1, and the next one can be asked for in month m+2.
func TestRenewals(t *testing.T) {
	const q = .8
	p := behaviour.AllGranted()
	p.Rho, p.SigmaU, p.DemandSigma, p.Elasticity, p.DepShare, p.Prepay, p.BustSlope, p.RollGrowth = 0, 0, 0, 0, 0, 0, 0, 1
	p.Fraud, p.OutsideBirth, p.OutsideDeath, p.Top, p.Exit = [2]float64{}, [2]float64{}, 0, [2]float64{}, [2]float64{}
	p.Return, p.Re[0] = [3]float64{1, 0, 1}, -math.Log(1-q)
	b := expect.Borrower{Income: 1e9, PD: .01, Hazard: -40, Ordinal: 1, Loans: []data.Loan{{Principal: 100000, APR: .2, Term: 1, MonthsOnBook: 1, Ordinal: 1}}}
	x := mustRun(t, b, expect.Arm{Behaviour: p}, 10, expect.Options{})
	var granted [12]float64
	idle := 1. // at the start of the month
	for m := 1; m <= 10; m++ {
		granted[m] = idle * q
		idle += granted[m-1] - granted[m]
		if got := x.Counters[m][data.Granted]; math.Abs(got-granted[m]) > 1e-12 {
			t.Errorf("month %d: %v grants, want %v", m, got, granted[m])
		}
	}
}

// The counters of an expectation obey the identities that the engine audits, and money is conserved.
func TestIdentities(t *testing.T) {
	for _, c := range trials(1, 1) {
		b, arms := c.borrower, c.arms
		b.Hazard = -3
		for i, a := range arms {
			a.Behaviour = c.params
			x, err := expect.Run(b, a, expect.Economy{}, 6, expect.Options{Frailty: 3, Demand: 3})
			if err != nil {
				t.Fatal(err)
			}
			balance := func(n []float64) float64 {
				return n[data.BalanceCurrent] + n[data.BalanceD1] + n[data.BalanceD2] + n[data.BalanceD3] + n[data.BalanceDefault]
			}
			for m := 1; m <= 6; m++ {
				n, before := x.Counters[m], x.Counters[m-1]
				people := 0.
				for _, k := range []data.Counter{
					data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersIdle,
					data.BorrowersDefault, data.BorrowersOff, data.BorrowersExited,
				} {
					people += n[k]
				}
				decided := n[data.Granted] + n[data.NotTakenUp]
				for r := range data.NumReasons {
					decided += n[data.Denied(data.Reason(r))]
				}
				near := func(what string, got, want float64) {
					if math.Abs(got-want) > 1e-10*max(1, math.Abs(want)) {
						t.Errorf("%s, arm %d, month %d: %s %v, want %v", c.name, i, m, what, got, want)
					}
				}
				near("borrowers", people, 1)
				near("decided", decided, n[data.Applications])
				near("balance", balance(n), balance(before)+n[data.Disbursed]+n[data.Drawn]-n[data.PrincipalRepaid]-n[data.ChargedOff])
				for k := range data.NumCounters {
					if n[k] < 0 || x.Squares[m][k] < n[k]*n[k]*(1-1e-9) || n[k] > x.Largest[m][k]*(1+1e-9) {
						t.Errorf("%s, arm %d, month %d: moments of %v: %v, %v, largest %v", c.name, i, m, k, n[k], x.Squares[m][k], x.Largest[m][k])
					}
				}
			}
		}
	}
}

// What a threshold drops is counted, and bounds the error.
func TestThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := someone(r, 1, 0, func() data.Product { return data.Annuity })
	b.Hazard = -3
	a := policies()[0]
	a.Behaviour = lively(r)
	whole := mustRun(t, b, a, 8, expect.Options{})
	part := mustRun(t, b, a, 8, expect.Options{Threshold: 1e-6})
	if whole.Dropped != 0 || part.Dropped == 0 || part.Dropped > .05 || part.States[8] >= whole.States[8] {
		t.Fatalf("dropped %v and %v, states %v and %v", whole.Dropped, part.Dropped, whole.States, part.States)
	}
	for m := range whole.Counters {
		for _, c := range []data.Counter{data.BorrowersCurrent, data.Misses, data.Defaults, data.Granted, data.Leaks} {
			if d := whole.Counters[m][c] - part.Counters[m][c]; d < -1e-12 || d > part.Dropped {
				t.Errorf("month %d %v: off by %v, dropped %v", m, c, d, part.Dropped)
			}
		}
	}
}

// A rule that the oracle does not know may look at anything: nothing is forgotten, and nothing changes.
func TestUnknownRule(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := someone(r, 1, 0, func() data.Product { return data.Annuity })
	b.Hazard = -3
	a := policies()[3]
	a.Behaviour = lively(r)
	known := mustRun(t, b, a, 6, expect.Options{})
	a.Policy = append(a.Policy, harmless{&rule.TopUp{Allowed: true}})
	unknown := mustRun(t, b, a, 6, expect.Options{})
	if unknown.States[6] <= known.States[6] {
		t.Errorf("states %v and %v", known.States, unknown.States)
	}
	for m := range known.Counters {
		for c := range known.Counters[m] {
			if x, y := known.Counters[m][c], unknown.Counters[m][c]; math.Abs(x-y) > 1e-10*max(1, x) {
				t.Errorf("month %d %v: %v and %v", m, data.Counter(c), x, y)
			}
		}
	}
}

// harmless is a rule of a kind of its own.
type harmless struct{ rule.Rule }

// More nodes change nothing that matters.
func TestQuadrature(t *testing.T) {
	b := endless(.05)
	b.Hazard = math.Log(.01)
	b.Loans[0].Term, b.Loans[0].Product = 3, data.Annuity
	a := expect.Arm{Behaviour: behaviour.Default(), Policy: standard()}
	a.Behaviour.Rho = 0
	usual := mustRun(t, b, a, 6, expect.Options{Threshold: 1e-12})
	fine := mustRun(t, b, a, 6, expect.Options{Frailty: 21, Demand: 31, Threshold: 1e-12})
	coarse := mustRun(t, b, a, 6, expect.Options{Frailty: 2, Demand: 2, Threshold: 1e-12})
	worst := func(x *expect.Expectation) (worst float64) {
		for m := range fine.Counters {
			for c, want := range fine.Counters[m] {
				if want > 1e-5 {
					worst = max(worst, math.Abs(x.Counters[m][c]/want-1))
				}
			}
		}
		return worst
	}
	if w := worst(usual); w > 1e-5 {
		t.Errorf("the usual nodes are off by %v", w)
	}
	if w := worst(coarse); w < 1e-3 {
		t.Errorf("two nodes are off by %v only: the test sees nothing", w)
	}
}

func TestRefused(t *testing.T) {
	b := endless(.05)
	b.Hazard = -4
	good := expect.Arm{Behaviour: behaviour.Default()}
	for want, run := range map[string]func() error{
		"horizon: 0 months": func() error { _, err := expect.Run(b, good, expect.Economy{}, 0, expect.Options{}); return err },
		"income 0.00 is not above 0": func() error {
			b := b
			b.Income = 0
			_, err := expect.Run(b, good, expect.Economy{}, 1, expect.Options{})
			return err
		},
		"probability of default 1 is out of range": func() error {
			b := b
			b.PD = 1
			_, err := expect.Run(b, good, expect.Economy{}, 1, expect.Options{})
			return err
		},
		"1 loans of which 2 open": func() error {
			b := b
			b.Open = 2
			_, err := expect.Run(b, good, expect.Economy{}, 1, expect.Options{})
			return err
		},
		"bucket 4 is out of range": func() error {
			b := b
			b.Bucket = 4
			_, err := expect.Run(b, good, expect.Economy{}, 1, expect.Options{})
			return err
		},
		"the factor has 0 steps, 3 are needed": func() error {
			_, err := expect.Run(b, good, expect.Economy{Sigma: .2}, 3, expect.Options{})
			return err
		},
		"behaviour.leak.rate: 2 is out of range": func() error {
			a := good
			a.Behaviour.Leak = 2
			_, err := expect.Run(b, a, expect.Economy{}, 3, expect.Options{})
			return err
		},
		"its rules look at the lender's whole book": func() error {
			a := good
			a.Law = []rule.Rule{&rule.StopLending{Close: .06, Open: .05, Hold: 2}}
			_, err := expect.Run(b, a, expect.Economy{}, 3, expect.Options{})
			return err
		},
		"more than 5 states": func() error {
			_, err := expect.Run(b, good, expect.Economy{}, 12, expect.Options{MaxStates: 5})
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// A late or wrong bureau is refused, each of the three ways, unless a law takes it away.
func TestBlurredBureausAreRefused(t *testing.T) {
	b := endless(.05)
	b.Hazard = -4
	for _, blur := range []func(*behaviour.Params){
		func(p *behaviour.Params) { p.Lag = 1 }, func(p *behaviour.Params) { p.Missed = .1 }, func(p *behaviour.Params) { p.Mistaken = .1 },
	} {
		a := expect.Arm{Behaviour: behaviour.Default()}
		blur(&a.Behaviour)
		if _, err := expect.Run(b, a, expect.Economy{}, 2, expect.Options{}); err == nil || !strings.Contains(err.Error(), "the bureau shows loans late or wrongly") {
			t.Errorf("want a refusal, got %v", err)
		}
		a.Law = []rule.Rule{&rule.DataSharing{}}
		if _, err := expect.Run(b, a, expect.Economy{}, 2, expect.Options{}); err != nil {
			t.Error(err)
		}
	}
}
