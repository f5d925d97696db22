package sim

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/factor"
)

// alpha is the two-sided false-alarm probability of each chance test. The seeds are fixed: a pass is a pass until
// a stream changes.
const alpha = 1e-6

// unlikely reports whether k successes of n lie in either tail of the exact binomial law with probability p.
func unlikely(k, n int64, p float64) bool {
	law := distuv.Binomial{N: float64(n), P: p}
	below := law.CDF(float64(k))
	above := 1.
	if k > 0 {
		above = 1 - law.CDF(float64(k-1))
	}
	return below < alpha/2 || above < alpha/2
}

// quiet are parameters under which nothing happens but missed payments and delinquency: no factor, no frailty, no
// season, no demand, no prepayment, no outside loans.
func quiet() behaviour.Params {
	p := behaviour.Default()
	p.Rho, p.SigmaU = 0, 0
	p.Season = [3]float64{1, 0, 4}
	p.Top, p.Re, p.Exit = [2]float64{}, [2]float64{}, [2]float64{}
	p.Prepay, p.OutsideBirth, p.OutsideDeath = 0, [2]float64{}, 0
	return p
}

// perpetual is a book of n like borrowers of PD 5 % on loans that outlast every horizon.
func perpetual(n int) *data.Portfolio {
	p := samePD(book(n))
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		b.PD12, b.Segment, b.Bucket, b.Open, b.Gap = .05, 0, 0, 1, 0
		p.Loans[b.First].Term, p.Loans[b.First].MonthsOnBook = 600, 0
		p.Loans[b.First].Balance = p.Loans[b.First].Principal
		p.Loans[b.First].Product = data.InterestOnly
	}
	return p
}

// Without factor and demand defaults are independent draws of the input PD: twelve months on, their number is
// binomial. The sample is large enough to reject a hazard that is off by 2 %: 3.2 million borrower-paths,
// n >= (4.9+3.1)^2 p(1-p)/(.02 p)^2 for p = 5 %, alpha 1e-6, power 99.9 %, is 3.0 million.
func TestBinomial(t *testing.T) {
	long(t)
	const borrowers, paths = 20000, 160
	count := func(b behaviour.Params, scale float64) int64 {
		p := perpetual(borrowers)
		for i := range p.Borrowers {
			// a hazard that is off by a factor
			p.Borrowers[i].PD12 = 1 - math.Pow(1-.05, scale)
		}
		a := arm("base")
		a.Behaviour = b
		s := settings(12, paths)
		s.Design = factor.Plain
		r := mustRun(t, p, s, 2, a)
		defaults := int64(0)
		for path := range paths {
			for m := range data.Month(13) {
				defaults += r.Row(0, path, m)[data.Defaults]
			}
		}
		return defaults
	}
	if k := count(quiet(), 1); unlikely(k, borrowers*paths, .05) {
		t.Errorf("%d defaults of %d: not binomial with PD 5 %%", k, borrowers*paths)
	}
	if k := count(quiet(), 1.02); !unlikely(k, borrowers*paths, .05) {
		t.Errorf("%d defaults of %d: a hazard 2 %% too high goes unnoticed", k, borrowers*paths)
	}
}

// Without demand the states of perpetual loans follow the powers of the chain's matrix, month by month. The wrong
// model has cure and roll swapped.
func TestChainMatrix(t *testing.T) {
	long(t)
	const borrowers, paths, months = 5000, 40, 12
	b := quiet()
	a := arm("base")
	a.Behaviour = b
	s := settings(months, paths)
	r := mustRun(t, perpetual(borrowers), s, 2, a)

	plan, err := NewPlan(perpetual(1), []Arm{a}, s)
	if err != nil {
		t.Fatal(err)
	}
	theta := math.Exp(plan.families[0].model.graded[0].hazard)
	wrong := func(roll, cure [3]float64) (rejected bool) {
		v := [5]float64{1}
		for m := data.Month(1); m <= months; m++ {
			miss := 1 - math.Exp(-theta)
			next := [5]float64{v[0] * (1 - miss), v[0] * miss, 0, 0, v[4]}
			for k := 1; k <= 3; k++ {
				leave := 1 - math.Exp(-roll[k-1]-cure[k-1])
				up := leave * roll[k-1] / (roll[k-1] + cure[k-1])
				next[k] += v[k] * (1 - leave)
				next[k+1] += v[k] * up
				next[0] += v[k] * (leave - up)
			}
			v = next
			var seen [5]int64
			for path := range paths {
				row := r.Row(0, path, m)
				for k := range 4 {
					seen[k] += row[data.BorrowersCurrent+data.Counter(k)]
				}
				seen[4] += row[data.BorrowersDefault] + row[data.BorrowersOff]
			}
			for k := range seen {
				if v[k] > 0 && unlikely(seen[k], borrowers*paths, v[k]) || v[k] == 0 && seen[k] > 0 {
					rejected = true
				}
			}
		}
		return rejected
	}
	if wrong(b.Roll, b.Cure) {
		t.Error("the states do not follow the powers of the matrix")
	}
	if !wrong(b.Cure, b.Roll) {
		t.Error("roll and cure swapped go unnoticed")
	}
}

// With the factor on, the mean 12-month default rate of perpetual loans is still the input PD, and its standard
// deviation over paths that of the asset correlation asked for (model.md §22 item 1a): sd^2 = Phi2(k,k;rho) - PD^2
// plus binomial noise. t tests at alpha; the wrong model reads rho as 2.5 %.
func TestFactorCalibration(t *testing.T) {
	long(t)
	const borrowers, paths = 2000, 4000
	b := quiet()
	b.Rho, b.SigmaU = .02, .6
	a := arm("base")
	a.Behaviour = b
	s := settings(12, paths)
	s.Design = factor.Plain
	r := mustRun(t, perpetual(borrowers), s, 2, a)
	sum, squares := 0., 0.
	for path := range paths {
		k := 0.
		for m := range data.Month(13) {
			k += float64(r.Row(0, path, m)[data.Defaults])
		}
		sum += k / borrowers
		squares += k * (k - 1) / (borrowers * (borrowers - 1)) // unbiased for the square of the conditional PD
	}
	mean := sum / paths
	const sd = .0147 // of the path's rate, with binomial noise
	if z := (mean - .05) / (sd / math.Sqrt(paths)); math.Abs(z) > 4.9 {
		t.Errorf("mean default rate %.5f, %.1f standard errors from the PD", mean, z)
	}
	variance := squares/paths - mean*mean
	within := func(rho float64) bool {
		// sd of a variance from n paths of a right-skewed law: about variance * sqrt(3.5/n)
		want := anchor.Variance(.05, rho)
		return math.Abs(variance/want-1) < 4.9*math.Sqrt(3.5/paths)
	}
	if !within(.02) {
		t.Errorf("variance over paths %.3g, want %.3g", variance, anchor.Variance(.05, .02))
	}
	if within(.025) {
		t.Error("an asset correlation of 2.5 % goes unnoticed")
	}
}
