package sim

import (
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/estimate"
	"relend/sim/factor"
	"relend/sim/rule"
)

// weightsLeftOut and wrongSign are what the tests of weights must reject: no weights, and those of paths that would be
// drawn from good times.
func weightsLeftOut(float64) float64 { return 1 }
func wrongSign(w float64) float64 {
	const shift = 3.
	return 2 / (1 + math.Exp(-shift*shift)*w/(2-w))
}
func asDrawn(w float64) float64 { return w }

// weighed is results whose paths have weights and no counts.
func weighed(weights []float64) *data.Results {
	return &data.Results{Run: data.Run{Paths: len(weights), Replicate: 2, Arms: make([]data.Arm, 1)},
		Counts: [][]int64{make([]int64, len(weights)*int(data.NumCounters))}, Weights: weights}
}

// Intervals of weighted quantiles and expected shortfalls over runs with fresh seeds. The loss of a path is Vasicek's of one
// period, PD 5 % and rho 15 %, with the mean factor of the months and, for a fifth of the variance, a shock that the
// design knows nothing of; its law is known. At 1,600 paths, of which a plain run would have 1.6 beyond the 99.9 %
// quantile, every interval must cover as often as it says at least, one that is missing for want of paths not counted as covering, within a binomial bound at 1e-6. Weights left out and
// weights of the wrong sign must not.
func TestWeightedTails(t *testing.T) {
	const runs, paths, months, phi, level = 120, 1600, 12, .9, .95
	variance := 0.
	for i := range months {
		for j := range months {
			variance += math.Pow(phi, math.Abs(float64(i-j)))
		}
	}
	normal := distuv.UnitNormal
	loss := func(x float64) float64 { return normal.CDF((normal.Quantile(.05) + math.Sqrt(.15)*x) / math.Sqrt(.85)) }
	shortfall := func(p float64) (mean float64) { // of the loss beyond its p-quantile
		const n = 20000
		for i := range n {
			mean += loss(normal.Quantile(p+(1-p)*(float64(i)+.5)/n)) / n
		}
		return mean
	}
	levels := []float64{.05, .5, .99, .999}
	var quantiles, shortfalls [4]float64
	for i, p := range levels {
		quantiles[i], shortfalls[i] = loss(normal.Quantile(p)), shortfall(p)
	}
	var losses, drawn [runs][]float64
	for run := range runs {
		law := factor.Law{Phi: phi, Global: .8}
		for path := range paths {
			sum := 0.
			for _, z := range factor.Draw(uint64(run), path, factor.Importance, law, 1, months)[0] {
				sum += z
			}
			own := factor.Draw(uint64(runs+run), path, factor.Plain, factor.Law{}, 1, 1)[0][0]
			losses[run] = append(losses[run], loss(math.Sqrt(.8/variance)*sum+math.Sqrt(.2)*own))
			drawn[run] = append(drawn[run], factor.Weight(uint64(run), path, factor.Importance, law, 1, months))
		}
	}
	for _, c := range []struct {
		name  string
		weigh func(float64) float64
		right bool
	}{{"as drawn", asDrawn, true}, {"left out", weightsLeftOut, false}, {"of the wrong sign", wrongSign, false}} {
		var covered, worse [4]int
		missing := 0
		for run, values := range losses {
			weights := make([]float64, paths)
			for path, w := range drawn[run] {
				weights[path] = c.weigh(w)
			}
			e := estimate.New(weighed(weights), level)
			s := e.Sample(values)
			for i, p := range levels {
				q := e.AtRisk(s, p)
				if q.Lo <= quantiles[i] && quantiles[i] <= q.Hi {
					covered[i]++
				}
				if q.Needs > 0 {
					missing++
				}
				es := e.Shortfall(values, p)
				if es.Lo <= shortfalls[i] && shortfalls[i] <= es.Hi {
					worse[i]++
				}
			}
		}
		for i, p := range levels {
			right := func(n int) bool { return distuv.Binomial{N: runs, P: level}.CDF(float64(n)) > 1e-6 }
			t.Logf("weights %s: quantile %v covered %d times of %d, expected shortfall %d", c.name, p, covered[i], runs, worse[i])
			if c.right && missing > runs/20 {
				t.Errorf("%d intervals of quantiles are missing", missing)
			}
			if right(covered[i]) != c.right || right(worse[i]) != c.right {
				t.Errorf("weights %s: %d and %d of %d intervals at %v hold the truth", c.name, covered[i], worse[i], runs, p)
			}
		}
	}
}

// defaultRates is the default rate of every path of an arm.
func defaultRates(r *data.Results, arm, borrowers int) []float64 {
	out := make([]float64, r.Run.Paths)
	for path := range out {
		for m := range data.Month(r.Run.Months + 1) {
			out[path] += float64(r.Row(arm, path, m)[data.Defaults]) / float64(borrowers)
		}
	}
	return out
}

// The engine under the design importance agrees with plain paths: the default rate and its paired difference within 5
// standard errors, and the 99 % and 99.9 % quantiles with those of a plain run of five times the paths, in that the 99.9999 %
// intervals meet. Without weights, and with those of the wrong sign, all but the difference are rejected.
func TestImportance(t *testing.T) {
	long(t)
	const months, borrowers, paths = 12, 200, 3000
	p := book(borrowers)
	arms := []Arm{arm("base", &rule.TopUp{Allowed: true}), arm("pause", &rule.TopUp{Allowed: true}, &rule.CoolingOff{AfterPayoff: 3})}
	s := Settings{Months: months, Paths: 5 * paths, Seed: 5, Design: factor.Plain}
	plain := mustRun(t, p, s, 0, arms...)
	s.Paths, s.Design, s.Seed = paths, factor.Importance, 6
	drawn := mustRun(t, p, s, 0, arms...)
	if n := drawn.Run.Effective; n < .4*paths || n > .7*paths || len(drawn.Cells[0]) > 0 {
		t.Errorf("%v effective paths of %d, %d cells", n, paths, len(drawn.Cells[0]))
	}
	m, _ := data.MeasureByName("default_rate")
	for _, c := range []struct {
		name  string
		weigh func(float64) float64
		right bool
	}{{"as drawn", asDrawn, true}, {"left out", weightsLeftOut, false}, {"of the wrong sign", wrongSign, false}} {
		other := *drawn
		other.Weights = nil
		for _, w := range drawn.Weights {
			other.Weights = append(other.Weights, c.weigh(w))
		}
		one, two := estimate.New(plain, .999999), estimate.New(&other, .999999)
		a, gapA := one.All([]data.Measure{m})
		b, gapB := two.All([]data.Measure{m})
		apart := func(a, b estimate.Figure) float64 { return math.Abs(a.Value-b.Value) / math.Hypot(a.SE, b.SE) }
		if z := apart(a[0][0][months], b[0][0][months]); z < 5 != c.right {
			t.Errorf("weights %s: default rates are %.1f standard errors apart", c.name, z)
		}
		if z := apart(gapA[1][0][months], gapB[1][0][months]); c.right && z > 5 {
			t.Errorf("differences are %.1f standard errors apart", z)
		}
		for _, level := range []float64{.99, .999} {
			x := one.AtRisk(one.Sample(defaultRates(plain, 0, borrowers)), level)
			y := two.AtRisk(two.Sample(defaultRates(drawn, 0, borrowers)), level)
			t.Logf("weights %s: quantile %v: %.4f (%.4f to %.4f), plain %.4f (%.4f to %.4f)", c.name, level, y.Value, y.Lo, y.Hi, x.Value, x.Lo, x.Hi)
			if meet := x.Lo <= y.Hi && y.Lo <= x.Hi; meet != c.right {
				t.Errorf("weights %s: quantile %v from %v to %v, plain from %v to %v", c.name, level, y.Lo, y.Hi, x.Lo, x.Hi)
			}
		}
	}
}

// Arms that watch the whole book and samples do not go with weights, the former unless asked for.
func TestImportanceRefused(t *testing.T) {
	p := book(60)
	s := settings(3, 4)
	s.Design, s.Sample = factor.Importance, 10
	_, err := NewPlan(p, []Arm{arm("base"), arm("queue", &rule.FundingBudget{Amount: 1e6})}, s)
	for _, want := range []string{"design: arm queue has rules that watch the whole book", "weighted_controls: true", "sample: the design importance is for quantiles"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	s.Sample, s.WeightedControls = 0, true
	if r := mustRun(t, p, s, 1, arm("base"), arm("queue", &rule.FundingBudget{Amount: 1e6})); len(r.Weights) != 4 {
		t.Errorf("%d weights", len(r.Weights))
	}
}

// Squared errors of what 1,000 paths estimate of the tail of the default rate after 18 months, plain over importance, over
// runs with fresh seeds, against all runs of importance together (at 99.9 %, those of plain paths together are a tenth as
// precise; the two must agree within 5 % of their value). Importance must at least halve that of the 99.9 % quantile and
// shortfall, and of its 95 % intervals no fewer than a binomial bound at 1e-6 allows may miss.
func TestTailDesigns(t *testing.T) {
	if os.Getenv("RELEND_SLOW") == "" {
		t.Skip("RELEND_SLOW is not set")
	}
	const runs, paths, months, borrowers = 100, 1000, 18, 1000
	p := book(borrowers)
	m, _ := data.MeasureByName("default_rate")
	tails := func(r *data.Results, values []float64) [4]estimate.Tail {
		e := estimate.New(r, .95)
		figures, _ := e.All([]data.Measure{m})
		f, sample := figures[0][0][r.Run.Months], e.Sample(values)
		return [4]estimate.Tail{{Value: f.Value, Lo: f.Lo, Hi: f.Hi}, e.AtRisk(sample, .99), e.AtRisk(sample, .999), e.Shortfall(values, .999)}
	}
	designs := []factor.Design{factor.Plain, factor.Importance}
	var found [2][runs][4]estimate.Tail
	var truth [2][4]estimate.Tail
	for i, design := range designs {
		pooled := &data.Results{Run: data.Run{Paths: runs * paths, Replicate: design.Replicate(), Arms: make([]data.Arm, 1)}}
		var all []float64
		for run := range runs {
			r := mustRun(t, p, Settings{Months: months, Paths: paths, Seed: uint64(100 + run), Design: design}, 0, arm("base", &rule.TopUp{Allowed: true}))
			values := defaultRates(r, 0, borrowers)
			found[i][run] = tails(r, values)
			all, pooled.Weights = append(all, values...), append(pooled.Weights, r.Weights...)
		}
		pooled.Counts = [][]int64{make([]int64, len(all)*int(data.NumCounters))}
		truth[i] = tails(pooled, all)
		truth[i][0].Value = 0
		for run := range runs {
			truth[i][0].Value += found[i][run][0].Value / runs
		}
	}
	t.Log("| of 1,000 paths | squared error, plain over importance | 95 % intervals given in 100 runs | that hold the value of all runs |")
	for k, name := range []string{"mean", "99 % quantile", "99.9 % quantile", "99.9 % expected shortfall"} {
		want := truth[1][k].Value
		if math.Abs(truth[0][k].Value/want-1) > .05 {
			t.Errorf("%s: %v by importance, %v by plain paths", name, want, truth[0][k].Value)
		}
		var square [2]float64
		given, hold := 0, 0
		for run := range runs {
			for i := range designs {
				square[i] += (found[i][run][k].Value - want) * (found[i][run][k].Value - want)
			}
			if f := found[1][run][k]; f.Needs == 0 {
				given++
				if f.Lo <= want && want <= f.Hi {
					hold++
				}
			}
		}
		t.Logf("| %s | %.1f | %d | %d |", name, square[0]/square[1], given, hold)
		if k >= 2 && square[0] < 2*square[1] {
			t.Errorf("%s: the squared error is not halved", name)
		}
		if (distuv.Binomial{N: float64(given), P: .95}).CDF(float64(hold)) < 1e-6 {
			t.Errorf("%s: %d of %d intervals hold %v", name, hold, given, want)
		}
	}
}
