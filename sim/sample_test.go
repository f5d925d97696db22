package sim

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// weighted is a portfolio in which some borrowers stand for several.
func weighted(n int) *data.Portfolio {
	p := book(n)
	for i := range p.Borrowers {
		p.Borrowers[i].Weight = uint32(1 + i%3)
	}
	return p
}

// A sample of everyone is everyone, to the byte; so is a larger one.
func TestSampleOfAll(t *testing.T) {
	p, s := weighted(300), settings(12, 4)
	s.Applicants = []Applicants{{Count: 10}}
	arms := manyArms()[:4]
	all := mustRun(t, p, s, 2, arms...)
	for _, size := range []int{len(p.Borrowers) + 120, 1 << 20} {
		s.Sample = size
		if r := mustRun(t, p, s, 1, arms...); !reflect.DeepEqual(r, all) {
			t.Errorf("a sample of %d of 420 is not all of them", size)
		}
	}
	// The strata of one borrower each, by way of the sample.
	s.Sample = 420
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	one := plan.newSample()
	one.size, one.residents = len(one.order), one.snapshot
	plan.sample = one
	r, err := plan.Run(context.Background(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for a := range arms {
		equal(t, "strata of one", r, a, all, a)
	}
}

// The strata cover everyone once, and every borrower is drawn with a probability that is his weight over that with
// which he counts: checked by the chi-squared of all draws, which equal chances whatever the weights do not pass.
func TestSampleChances(t *testing.T) {
	const paths = 4000
	s := settings(1, 2)
	s.Sample = 50
	plan, err := NewPlan(weighted(403), []Arm{arm("base")}, s)
	if err != nil {
		t.Fatal(err)
	}
	x, drawn := plan.sample, make([]int, 403)
	covered, next := int64(0), 0
	for j := range x.size {
		from, to := x.stratum(j)
		if from != next || to-from < 8 || to-from > 9 {
			t.Fatalf("stratum %d is %d to %d", j, from, to)
		}
		next = to
		for path := range paths {
			who, weight := x.pick(s.Seed, path, j)
			drawn[who]++
			if path == 0 {
				covered += weight
			}
		}
	}
	if next != 403 || covered != plan.population {
		t.Errorf("strata cover %d borrowers and a weight of %d, not 403 and %d", next, covered, plan.population)
	}
	squares := func(chance func(j, k int) float64) (sum float64) {
		for j := range x.size {
			from, to := x.stratum(j)
			for k := from; k < to; k++ {
				want := paths * chance(j, k)
				d := float64(drawn[x.order[k]]) - want
				sum += d * d / want
			}
		}
		return sum
	}
	limit := distuv.ChiSquared{K: 403 - 50}.Quantile(1 - 1e-6)
	if got := squares(func(j, k int) float64 {
		from, to := x.stratum(j)
		return float64(x.before(k+1)-x.before(k)) / float64(x.before(to)-x.before(from))
	}); got > limit {
		t.Errorf("chi-squared %v, limit %v", got, limit)
	}
	if got := squares(func(j, k int) float64 { from, to := x.stratum(j); return 1 / float64(to-from) }); got <= limit {
		t.Errorf("equal chances pass with %v", got)
	}
}

// The mean of every counter over many paths with a sample is that of all borrowers, in every month of two arms and in
// their difference, within what the paths' own differences allow (t at 1e-6 over all). Counts without the weights of
// the strata must not pass, nor the same borrowers on every path.
func TestSampleUnbiased(t *testing.T) {
	const paths, months = 600, 8
	p := weighted(400)
	s := settings(months, paths)
	arms := []Arm{arm("base"), arm("cool", &rule.CoolingOff{AfterPayoff: 3}, &rule.TopUp{})}
	for i := range arms {
		arms[i].Behaviour = behaviour.AllGranted()
	}
	all := mustRun(t, p, s, 0, arms...)
	s.Sample = 60
	sampled := mustRun(t, p, s, 0, arms...)
	worst := func(scale float64) float64 {
		highest := 0.
		for m := range data.Month(months + 1) {
			for c := range data.NumCounters {
				var sum, squares, fourths [3]float64
				for path := 0; path < paths; path += 2 {
					var d [3]float64
					for a := range arms {
						for k := range 2 {
							d[a] += scale*float64(sampled.Row(a, path+k, m)[c]) - float64(all.Row(a, path+k, m)[c])
						}
					}
					d[2] = d[1] - d[0]
					for i := range d {
						sum[i], squares[i], fourths[i] = sum[i]+d[i], squares[i]+d[i]*d[i], fourths[i]+d[i]*d[i]*d[i]*d[i]
					}
				}
				const n = paths / 2
				for i := range sum {
					// Means of events that are too rare are not normal: a kurtosis below 20.
					if v := squares[i]/n - sum[i]/n*sum[i]/n; v > 0 && fourths[i]/n < 20*v*v {
						highest = max(highest, math.Abs(sum[i])/n/math.Sqrt(v/n))
					}
				}
			}
		}
		return highest
	}
	comparisons := float64(3 * (months + 1) * int(data.NumCounters))
	limit := distuv.StudentsT{Sigma: 1, Nu: paths/2 - 1}.Quantile(1 - 1e-6/2/comparisons)
	if got := worst(1); got > limit {
		t.Errorf("largest t is %.2f, limit %.2f", got, limit)
	}
	if got := worst(60. / 400); got <= limit {
		t.Errorf("without the weights of the strata the largest t is %.2f and passes", got)
	}
}

// Results with a sample do not depend on workers, differ from path to path in who is drawn, and are not those of all.
func TestSampleWorkers(t *testing.T) {
	p, s := book(500), settings(12, 140)
	s.Sample = 100
	one, three := mustRun(t, p, s, 1, manyArms()[:6]...), mustRun(t, p, s, 3, manyArms()[:6]...)
	if !reflect.DeepEqual(one, three) {
		t.Error("one and three workers give other results")
	}
	if one.Run.Sample != 100 {
		t.Errorf("the run says a sample of %d", one.Run.Sample)
	}
	balances := map[int64]bool{}
	for path := range 140 {
		balances[balance((*row)(one.Row(0, path, 0)))] = true
	}
	if len(balances) < 100 {
		t.Errorf("140 paths draw only %d samples", len(balances))
	}
}

// A sample and rules that watch the whole book do not go together, and too small a sample is refused.
func TestSampleRefused(t *testing.T) {
	s := settings(6, 2)
	s.Sample = 50
	_, err := NewPlan(book(200), []Arm{arm("base"), arm("stop", &rule.StopLending{Close: .04, Open: .03, Hold: 2})}, s)
	if err == nil || !strings.Contains(err.Error(), "arm stop has rules that watch the whole book") {
		t.Errorf("got %v", err)
	}
	s.Sample = 1
	if _, err = NewPlan(book(200), []Arm{arm("base")}, s); err == nil || !strings.Contains(err.Error(), "1 borrowers on a path are too few") {
		t.Errorf("got %v", err)
	}
}

// The halves of a path's borrowers are counted apart: never more than the path, and the same for any workers.
func TestHalves(t *testing.T) {
	for _, size := range []int{0, 80} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := settings(12, 4)
			s.Sample = size
			r := mustRun(t, book(300), s, 2, manyArms()[:5]...)
			for a := range r.Halves {
				for i, v := range r.Halves[a] {
					if c := data.Counter(i % int(data.NumCounters)); c != data.Surprise && (v < 0 || v > r.Counts[a][i]) {
						t.Fatalf("arm %d: %d of %d", a, v, r.Counts[a][i])
					}
				}
				at := int(data.NumCounters)*12 + int(data.BorrowersCurrent)
				if v, all := r.Halves[a][at], r.Counts[a][at]; float64(v) < .4*float64(all) || float64(v) > .6*float64(all) {
					t.Errorf("arm %d: half of %d current borrowers is %d", a, all, v)
				}
			}
		})
	}
}

// A half counts what a run of its borrowers alone counts.
func TestHalfIsARun(t *testing.T) {
	p, s := book(200), settings(12, 2)
	arms := manyArms()[:6]
	whole := mustRun(t, p, s, 1, arms...)
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	even := newWorker(plan)
	even.economies = plan.economies(1)
	for i := 0; i < 200; i += 2 {
		even.borrower(1, i)
	}
	counts := make([][]int64, len(arms))
	for a := range counts {
		counts[a] = make([]int64, 2*len(even.scratch))
	}
	even.settle(1, counts)
	for a := range arms {
		if got := whole.Halves[a][len(even.scratch):]; !reflect.DeepEqual(got, even.totals(1, counts[plan.as[a]])) {
			t.Errorf("arm %s: the half of path 1 counts otherwise alone", arms[a].Name)
		}
	}
}
