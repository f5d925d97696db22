package expect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/expect"
	"relend/sim/rng"
)

// seldom is the false-alarm probability of the comparisons below, each shared out among its figures.
const seldom = 1e-6

// apart returns how unlikely a mean of values is as far from want, by Student's t.
func apart(values []float64, want float64) float64 {
	n := float64(len(values))
	mean, squares := 0., 0.
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	se := math.Sqrt(squares / (n - 1) / n)
	if se < 1e-12*math.Abs(want) {
		if math.Abs(mean-want) <= 1e-9*math.Abs(want) {
			return 1
		}
		return 0
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: n - 1}.CDF(-math.Abs(mean-want)/se)
}

// Keeping few states changes no expectation and loses no probability; dropping the light ones instead is rejected.
func TestThin(t *testing.T) {
	const months, draws = 10, 300
	r := rand.New(rand.NewPCG(1, 1))
	b := someone(r, 1, 0, func() data.Product { return data.Annuity })
	b.Hazard = -3
	a := policies()[2]
	a.Behaviour = lively(r)
	whole := mustRun(t, b, a, months, expect.Options{Threshold: 1e-9})
	counters := []data.Counter{data.BorrowersCurrent, data.BalanceCurrent, data.BorrowersIdle, data.OutsideLoans, data.Defaults, data.Granted,
		data.Disbursed, data.Cures, data.ShocksStarted, data.InterestReceived}
	samples := map[data.Counter][]float64{}
	for draw := range draws {
		x := mustRun(t, b, a, months, expect.Options{Most: 32, Draws: rng.Stream{Seed: 1, Path: uint32(draw)}})
		if x.Thinned == 0 {
			t.Fatal("nothing to draw for")
		}
		people := 0.
		for _, c := range []data.Counter{
			data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersIdle,
			data.BorrowersDefault, data.BorrowersOff, data.BorrowersExited,
		} {
			people += x.Counters[months][c]
		}
		if math.Abs(people-1) > 1e-12 {
			t.Fatalf("probability %v is left", people)
		}
		for _, c := range counters {
			samples[c] = append(samples[c], x.Counters[months][c])
		}
	}
	dropping := mustRun(t, b, a, months, expect.Options{Threshold: 1e-3})
	noticed := false
	for _, c := range counters {
		limit := seldom / float64(len(counters))
		if p := apart(samples[c], whole.Counters[months][c]); p < limit {
			t.Errorf("%v: %v on average, want %v, p %.1e", c, mean(samples[c]), whole.Counters[months][c], p)
		}
		noticed = noticed || apart(samples[c], dropping.Counters[months][c]) < limit
	}
	if !noticed {
		t.Error("dropping light states goes unnoticed")
	}

	few := mustRun(t, b, a, months, expect.Options{Most: 1 << 20})
	all := mustRun(t, b, a, months, expect.Options{})
	for m := range all.Counters {
		for c := range all.Counters[m] {
			if few.Counters[m][c] != all.Counters[m][c] {
				t.Fatalf("month %d, %v: where there is room for all states, nothing changes", m, data.Counter(c))
			}
		}
	}
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}

// The quadrature of a job is right to half a percent.
func TestCoarseQuadrature(t *testing.T) {
	b := endless(.05)
	b.Hazard = math.Log(.01)
	b.Loans[0].Term, b.Loans[0].Product = 6, data.Annuity
	a := expect.Arm{Behaviour: behaviour.Default(), Policy: standard()}
	a.Behaviour.Rho = 0
	coarse := mustRun(t, b, a, 18, expect.Options{Frailty: 5, Demand: 5, Threshold: 1e-8})
	fine := mustRun(t, b, a, 18, expect.Options{Threshold: 1e-8})
	for c := range data.NumCounters {
		got, want := 0., 0.
		for m := range fine.Counters {
			got += coarse.Counters[m][c]
			want += fine.Counters[m][c]
		}
		if want > 1e-4 && math.Abs(got/want-1) > .005 {
			t.Errorf("%v: %v, want %v (%+.2f %%)", c, got, want, 100*(got/want-1))
		}
	}
}
