package estimate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
)

// build makes results whose counters are set by fill(arm, path, month, row); month 0 is the snapshot.
func build(arms, paths, replicate, months int, fill func(arm, path, month int, row []int64)) *data.Results {
	r := &data.Results{Run: data.Run{Paths: paths, Replicate: replicate, Months: months, Arms: make([]data.Arm, arms)}}
	for a := range arms {
		r.Counts = append(r.Counts, make([]int64, paths*(months+1)*counters))
		for p := range paths {
			for m := range months + 1 {
				fill(a, p, m, r.Row(a, p, data.Month(m)))
			}
		}
	}
	return r
}

func measure(t *testing.T, name string) data.Measure {
	m, ok := data.MeasureByName(name)
	if !ok {
		t.Fatalf("no measure %s", name)
	}
	return m
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*(1+math.Abs(b)) }

func TestRatioClosedForm(t *testing.T) {
	// Defaults 1, 2, 6 of 10, 20, 30 borrowers active at the start: R = 9/60, residuals (n - R d)/20.
	n, d := []int64{1, 2, 6}, []int64{10, 20, 30}
	r := build(1, 3, 1, 1, func(_, p, m int, row []int64) {
		if m == 0 {
			row[data.BorrowersCurrent] = d[p]
		} else {
			row[data.Defaults] = n[p]
		}
	})
	e := New(r, .95)
	figures, differences := e.All([]data.Measure{measure(t, "monthly_default_rate_active")})
	f := figures[0][0][1]
	squares := 0.0
	for i := range n {
		res := (float64(n[i]) - .15*float64(d[i])) / 20
		squares += res * res
	}
	se := math.Sqrt(squares / 2 / 3)
	const t2 = 4.302652729911275 // Student quantile .975 with 2 degrees of freedom
	if !near(f.Value, .15) || !near(f.SE, se) || math.Abs(f.Hi-.15-t2*se) > 1e-9 || math.Abs(f.Lo-.15+t2*se) > 1e-9 {
		t.Errorf("got %+v, want .15 with se %g", f, se)
	}
	if z := differences[0][0][1]; z != (Figure{}) || math.Signbit(z.Value) || math.Signbit(z.Lo) {
		t.Errorf("difference to itself is %+v, want exact zeros", z)
	}
	if !math.IsNaN(figures[0][0][0].Value) {
		t.Errorf("a monthly rate at month 0 is %v, want missing", figures[0][0][0])
	}
}

func TestReplicatesAreTheUnit(t *testing.T) {
	// Antithetic pairs that cancel exactly: no error although the paths differ.
	r := build(1, 8, 2, 1, func(_, p, m int, row []int64) {
		row[data.BorrowersCurrent] = 100
		row[data.Defaults] = int64(m) * (10 + int64(1-2*(p%2))*int64(p/2))
	})
	m := []data.Measure{measure(t, "monthly_default_rate"), measure(t, "originations")}
	paired, _ := New(r, .95).All(m)
	if f := paired[0][0][1]; f.Value != .1 || f.SE != 0 {
		t.Errorf("pairs: %+v, want .1 without error", f)
	}
	r.Run.Replicate = 1
	plain, _ := New(r, .95).All(m)
	if f := plain[0][0][1]; f.Value != .1 || f.SE == 0 {
		t.Errorf("plain: %+v, want an error bar", f)
	}
	r.Run.Replicate = 8
	single, _ := New(r, .95).All(m)
	if f := single[0][0][1]; f.Value != .1 || !math.IsNaN(f.SE) || !math.IsNaN(f.Lo) || f.Verdict() != Unknown {
		t.Errorf("one replicate: %+v, want a value without error bar", f)
	}
}

func TestEmptyDenominatorIsMissing(t *testing.T) {
	r := build(1, 4, 1, 2, func(_, _, _ int, _ []int64) {})
	figures, _ := New(r, .95).All(data.Measures())
	for i, m := range data.Measures() {
		f := figures[0][i][2]
		if m.Den.Window != data.None && !math.IsNaN(f.Value) {
			t.Errorf("%s of an empty book is %v, want missing", m.Name, f.Value)
		}
		if m.Den.Window == data.None && f.Value != 0 {
			t.Errorf("%s of an empty book is %v, want 0", m.Name, f.Value)
		}
	}
}

func TestPairedDifference(t *testing.T) {
	// Arm 1 is arm 0 plus 3 on every path: the difference has no error although both arms have one.
	rng := rand.New(rand.NewPCG(1, 2))
	base := make([]int64, 40)
	for i := range base {
		base[i] = rng.Int64N(50)
	}
	r := build(3, 40, 2, 1, func(a, p, m int, row []int64) {
		row[data.BorrowersCurrent] = 1000
		row[data.Defaults] = int64(m) * (base[p] + []int64{0, 3, 0}[a])
	})
	figures, differences := New(r, .95).All([]data.Measure{measure(t, "default_rate")})
	if f := differences[1][0][1]; !near(f.Value, .003) || f.SE > 1e-15 || f.Verdict() != Above {
		t.Errorf("shifted arm: %+v, want .003 without error", f)
	}
	if f := figures[1][0][1]; f.SE == 0 {
		t.Errorf("the arm itself has no error: %+v", f)
	}
	if f := differences[2][0][1]; f != (Figure{}) || f.Verdict() != Identical {
		t.Errorf("equal arm: %+v, want exact zeros", f)
	}
}

func TestMarginAndWindows(t *testing.T) {
	r := build(1, 1, 1, 2, func(_, _, m int, row []int64) {
		row[data.BalanceCurrent] = []int64{1200, 2400, 0}[m]
		row[data.OutsideLoans] = 7
		row[data.Provision1] = []int64{60, 50, 90}[m]
		if m > 0 {
			row[data.InterestReceived], row[data.Disbursed] = 100, 1000
			row[data.ChargedOff], row[data.Recoveries] = 30, 5
		}
	})
	r.Run.Costs = data.Costs{Funding: .06, Operating: .06, Acquisition: .02, OutsideBalance: 500000}
	get := func(name string, month int) float64 {
		figures, _ := New(r, .95).All([]data.Measure{measure(t, name)})
		return figures[0][0][month].Value
	}
	for _, c := range []struct {
		name  string
		month int
		want  float64
	}{
		{"net_margin", 1, 100 + 5 - 30 - .01*1200 - 20},
		{"net_margin", 2, 2*(100+5-30-20) - .01*3600},
		{"net_margin_rate", 2, (2*(100+5-30-20) - .01*3600) / 1800},
		{"loss_rate", 2, 50.0 / 1200},
		{"net_charge_off_rate", 2, 50.0 / 1800},
		{"external_debt", 0, 3500000},
		{"net_margin", 0, 0},
		{"provisions", 2, 90},
		{"impairment", 1, 30 - 5 - 10}, // the change of a stock
		{"impairment", 2, 2*(30-5) + 30},
		{"net_margin_provisioned", 2, 2*(100+5-30-20) - .01*3600 - 30},
	} {
		if got := get(c.name, c.month); !near(got, c.want) {
			t.Errorf("%s at month %d is %v, want %v", c.name, c.month, got, c.want)
		}
	}
}

// Applicants count among the initial borrowers from their first loan on.
func TestJoined(t *testing.T) {
	r := build(1, 2, 1, 3, func(_, p, m int, row []int64) {
		row[data.BorrowersCurrent] = 100
		if m > 0 {
			row[data.Defaults], row[data.Joined] = 4, 10
		}
	})
	figures, _ := New(r, .95).All([]data.Measure{measure(t, "default_rate"), measure(t, "monthly_default_rate")})
	for month, want := range []float64{0, 4. / 110, 8. / 120, 12. / 130} {
		if got := figures[0][0][month].Value; !near(got, want) {
			t.Errorf("month %d: default rate %v, want %v", month, got, want)
		}
		if got := figures[0][1][month].Value; month > 0 && !near(got, 4/(100+10*float64(month))) {
			t.Errorf("month %d: monthly default rate %v", month, got)
		}
	}
}

func TestPathsAgreeWithAll(t *testing.T) {
	r := random(2, 6, 1, 4)
	e := New(r, .9)
	for i := range r.Counts {
		for at := int(data.Joined); at < len(r.Counts[i]); at += counters {
			r.Counts[i][at] = 0
		}
	}
	m := measure(t, "default_rate") // constant denominator: the ratio of means is the mean of ratios
	figures, _ := e.All([]data.Measure{m})
	for month, values := range e.Paths(1, m) {
		if f := figures[1][0][month]; !near(mean(values), f.Value) {
			t.Errorf("month %d: mean over paths %v, estimate %v", month, mean(values), f.Value)
		}
	}
	d := e.Differences(m, 4)
	_, differences := e.All([]data.Measure{m})
	if d[1][0] != differences[1][0][4] {
		t.Errorf("Differences %v, All %v", d[1][0], differences[1][0][4])
	}
}

// random fills every counter with noise over a fixed number of borrowers.
func random(arms, paths, replicate, months int) *data.Results {
	rng := rand.New(rand.NewPCG(3, 4))
	return build(arms, paths, replicate, months, func(_, _, m int, row []int64) {
		for c := range row {
			if m > 0 || data.Counter(c).IsStock() {
				row[c] = rng.Int64N(1000)
			}
		}
		if m == 0 {
			for c := range row {
				if data.Counter(c).IsStock() {
					row[c] = 1000
				}
			}
		}
	})
}

// TestCoverage simulates skewed ratios and counts how often the interval holds the truth. The count is binomial;
// the bounds are exact at 1e-6. The naive variants must fail the same check: paths taken as independent within
// pairs, and arms taken as independent in a difference.
func TestCoverage(t *testing.T) {
	const (
		trials, pairs = 1500, 40
		level         = .95
	)
	m := measure(t, "monthly_default_rate_active")
	truth := [2]float64{10.0 / 100, 12.0 / 100}
	inside := map[string]int{}
	rng := rand.New(rand.NewPCG(5, 6))
	for range trials {
		z := make([]float64, 2*pairs)
		for i := range z {
			z[i] = rng.NormFloat64()
			if i%2 == 1 {
				z[i] = z[i-1] // pairs that move together: the replicate, not the path, is the unit
			}
		}
		noise := make([]float64, 4*pairs)
		for i := range noise {
			noise[i] = rng.NormFloat64()
		}
		r := build(2, 2*pairs, 2, 1, func(a, p, month int, row []int64) {
			if month == 0 {
				row[data.BorrowersCurrent] = int64(100000 + 10000*z[p])
				return
			}
			shared := math.Exp(.2*z[p] - .02)
			row[data.Defaults] = int64(float64(10000+2000*a) * (shared + .02*noise[a*2*pairs+p]))
		})
		// E[n]/E[d] = truth because exp is compensated and noise has mean 0.
		e := New(r, level)
		f, d := e.All([]data.Measure{m})
		count := func(name string, f Figure, truth float64) {
			if f.Lo <= truth && truth <= f.Hi {
				inside[name]++
			}
		}
		count("ratio", f[0][0][1], truth[0])
		count("difference", d[1][0][1], truth[1]-truth[0])
		r.Run.Replicate = 1
		naive, _ := New(r, level).All([]data.Measure{m})
		count("wrong: paths", naive[0][0][1], truth[0])
		se := math.Hypot(f[0][0][1].SE, f[1][0][1].SE)
		count("wrong: unpaired", e.Interval(d[1][0][1].Value, se), truth[1]-truth[0])
	}
	// The linearised interval may miss its level by a point in samples of 40; allow .935 to .965.
	accept := func(hits int) bool {
		low := distuv.Binomial{N: trials, P: .935}.CDF(float64(hits))
		high := 1 - distuv.Binomial{N: trials, P: .965}.CDF(float64(hits-1))
		return low > 5e-7 && high > 5e-7
	}
	for name, hits := range inside {
		if wrong := name[:5] == "wrong"; accept(hits) == wrong {
			t.Errorf("%s: interval held the truth %d times of %d", name, hits, trials)
		}
	}
}

func TestRanks(t *testing.T) {
	// Textbook values: the median of 10 lies between the 2nd and the 9th with .9785.
	lo, hi, level, ok := Ranks(10, .5, .95)
	if !ok || lo != 2 || hi != 9 || math.Abs(level-.978515625) > 1e-9 {
		t.Errorf("median of 10: ranks %d, %d at %v", lo, hi, level)
	}
	for _, c := range []struct {
		p    float64
		want int
	}{{.5, 6}, {.95, 72}, {.05, 72}, {.99, 368}, {.999, 3688}} {
		if got := PathsFor(c.p, .95); got != c.want {
			t.Errorf("paths for %v: %d, want %d", c.p, got, c.want)
		}
		if _, _, _, ok := Ranks(c.want-1, c.p, .95); ok {
			t.Errorf("p=%v: an interval with one path too few", c.p)
		}
		lo, hi, level, ok := Ranks(c.want, c.p, .95)
		if !ok || lo < 1 || hi > c.want || lo >= hi || level < .95 {
			t.Errorf("p=%v: ranks %d, %d at %v with just enough paths", c.p, lo, hi, level)
		}
	}
}

// TestRankCoverage checks the quantile's interval on lognormal samples against the exact confidence, which a
// rank shifted by five must not reach.
func TestRankCoverage(t *testing.T) {
	const trials, n, p = 4000, 200, .95
	lo, hi, level, _ := Ranks(n, p, .95)
	truth := math.Exp(1.6448536269514722)
	rng := rand.New(rand.NewPCG(7, 8))
	right, wrong := 0, 0
	x := make([]float64, n)
	for range trials {
		for i := range x {
			x[i] = math.Exp(rng.NormFloat64())
		}
		s := Sorted(x)
		if s[lo-1] <= truth && truth <= s[hi-1] {
			right++
		}
		if s[lo-6] <= truth && truth <= s[hi-6] {
			wrong++
		}
	}
	b := distuv.Binomial{N: trials, P: level}
	accept := func(hits int) bool {
		return b.CDF(float64(hits)) > 5e-7 && 1-b.CDF(float64(hits-1)) > 5e-7
	}
	if !accept(right) || accept(wrong) {
		t.Errorf("held the truth %d (shifted ranks: %d) times of %d at %v", right, wrong, trials, level)
	}
}

func TestTails(t *testing.T) {
	r := build(1, 1000, 2, 0, func(_, _, _ int, _ []int64) {})
	e := New(r, .95)
	values := make([]float64, 1000)
	for i := range values {
		values[(i*7)%1000] = float64(i + 1) // 1..1000, shuffled
	}
	sample := e.Sample(values)
	if v := e.AtRisk(sample, .95); v.Value != 950 || v.Needs != 0 || v.Lo >= 950 || v.Hi <= 950 || v.Level < .95 {
		t.Errorf("VaR 95 of 1..1000: %+v", v)
	}
	if v := e.Shortfall(values, .95); !near(v.Value, 975.5) || v.Needs != 0 || !(v.Lo < 975.5 && 975.5 < v.Hi) {
		t.Errorf("ES 95 of 1..1000: %+v, want 975.5", v)
	}
	gaps := make([]float64, 2000) // every other path without a value, in replicates of twice the size
	uneven := slices.Clone(values)
	for i, v := range values {
		gaps[2*i], gaps[2*i+1] = v, math.NaN()
		if i%3 == 0 || i < 100 {
			uneven[i] = math.NaN()
		}
	}
	if v, want := New(build(1, 2000, 4, 0, func(_, _, _ int, _ []int64) {}), .95).Shortfall(gaps, .95), e.Shortfall(values, .95); v != want {
		t.Errorf("ES 95 with as many paths that have no value: %+v, want %+v", v, want)
	}
	weighted := *r
	weighted.Weights = slices.Repeat([]float64{1}, 1000)
	if v, want := e.Shortfall(uneven, .95), New(&weighted, .95).Shortfall(uneven, .95); !near(v.Value, want.Value) || !(v.Hi > v.Value) {
		t.Errorf("ES 95 where paths have no value: %+v, with weights of 1 %+v", v, want)
	}
	if v := e.AtRisk(sample, .999); v.Value != 999 || v.Needs != 3688 || !math.IsNaN(v.Hi) {
		t.Errorf("VaR 99.9 of 1000 paths: %+v, want a value and no interval", v)
	}
	if v := e.AtRisk(Sample{Values: sample.Values[:99]}, .99); !math.IsNaN(v.Value) || v.Needs != 100 {
		t.Errorf("VaR 99 of 99 paths: %+v, want none", v)
	}
	if v := Quantile(nil, .5); !math.IsNaN(v) {
		t.Errorf("quantile of nothing is %v", v)
	}
	if got := Sorted([]float64{2, math.NaN(), 1}); len(got) != 2 || got[0] != 1 {
		t.Errorf("Sorted kept a missing value: %v", got)
	}
}

// BenchmarkAll measures all figures of a run of 13 arms, 36 months and 256 paths.
func BenchmarkAll(b *testing.B) {
	r := random(13, 256, 2, 36)
	for b.Loop() {
		New(r, .95).All(data.Measures())
	}
}

func TestBrokenResultsPanic(t *testing.T) {
	r := random(2, 4, 2, 2)
	r.Run.Arms[1].Reference = 2
	defer func() {
		if recover() == nil {
			t.Error("results with a reference out of range were accepted")
		}
	}()
	New(r, .95)
}

// A quotient is an ordinary ratio where the two arms share their denominator, has no error where the arms move
// together, and is missing where the other arm has nothing.
func TestQuotient(t *testing.T) {
	base := []int64{100, 110, 90, 104}
	other := []int64{80, 99, 72, 91}
	r := build(4, 4, 1, 1, func(a, p, m int, row []int64) {
		row[data.BorrowersCurrent] = 1000
		row[data.Defaults] = int64(m) * []int64{other[p], base[p], 2 * base[p], 0}[a]
		row[data.Applications], row[data.Granted] = int64(m)*base[p], int64(m)*other[p]
	})
	e := New(r, .95)
	_, quotients := e.Pair(0, 1, measure(t, "default_rate"))
	figures, _ := e.All([]data.Measure{measure(t, "take_up_rate"), measure(t, "approval_rate")})
	want := figures[0][1][1] // granted per application: the same numbers, as one ratio
	if f := quotients[1]; !near(f.Value, want.Value) || !near(f.SE, want.SE) || !near(f.Hi, want.Hi) || f.SE == 0 {
		t.Errorf("got %+v, want %+v", f, want)
	}
	if _, q := e.Pair(2, 1, measure(t, "default_rate")); !near(q[1].Value, 2) || q[1].SE > 1e-15 {
		t.Errorf("twice as much on every path: %+v", q[1])
	}
	if _, q := e.Pair(1, 3, measure(t, "default_rate")); !math.IsNaN(q[1].Value) {
		t.Errorf("against nothing: %+v", q[1])
	}
	differences, _ := e.Pair(2, 1, measure(t, "default_rate"))
	if f := e.Differences(measure(t, "default_rate"), 1)[2][1]; differences[1] != f {
		t.Errorf("difference %+v, want %+v", differences[1], f)
	}
}

// Table values of chi-squared with 9 degrees of freedom: 2.700 and 19.023.
func TestVarianceRange(t *testing.T) {
	lo, hi := VarianceRange(10, .95)
	if math.Abs(lo-9/19.023) > 1e-4 || math.Abs(hi-9/2.7004) > 1e-4 {
		t.Errorf("%g to %g", lo, hi)
	}
}
