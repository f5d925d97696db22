package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/factor"
)

// An identity matrix changes nothing, to the unit; a correlation and a given start change results, and the latter is
// said. A bad start is refused.
func TestFactorSettings(t *testing.T) {
	p := book(300)
	s := settings(12, 2)
	plain := mustRun(t, p, s, 1, arm("base"))
	s.Correlation = [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	equal(t, "identity", plain, 0, mustRun(t, p, s, 1, arm("base")), 0)
	s.Correlation[0][1], s.Correlation[1][0] = .9, .9
	if slices.Equal(plain.Counts[0], mustRun(t, p, s, 1, arm("base")).Counts[0]) {
		t.Error("a correlation changes nothing")
	}

	s = settings(12, 2)
	z := 2.
	s.Start = &z
	bad := mustRun(t, p, s, 1, arm("base"))
	misses := func(r *data.Results) (n int64) {
		for path := range 2 {
			for m := range data.Month(13) {
				n += r.Row(0, path, m)[data.Misses]
			}
		}
		return n
	}
	if misses(bad) < misses(plain)*11/10 {
		t.Errorf("%d misses from a bad start, %d without", misses(bad), misses(plain))
	}
	if !slices.ContainsFunc(bad.Run.Warnings, func(w string) bool {
		return strings.Contains(w, "starts at a factor of 2: in the baseline arm the mean multiplier of the miss hazard by segment is not 1 but 1.")
	}) {
		t.Errorf("%q", bad.Run.Warnings)
	}
	z = 7
	s.Correlation = [][]float64{{1}}
	_, err := NewPlan(p, []Arm{arm("base")}, s)
	if err == nil || !strings.Contains(err.Error(), "factors.start: 7 is out of range") || !strings.Contains(err.Error(), "1 rows for 3 segments") {
		t.Error(err)
	}
}

// The multipliers that the warning states are those of the baseline arm's economies, the lowest and the highest over segments
// and PD bands (4.9 standard errors). Under the probit link those of the lognormal one are rejected.
func TestStartIsSaid(t *testing.T) {
	const paths = 1024
	p := book(60)
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = []float64{.01, .05, .25}[p.Borrowers[i].Segment]
	}
	other, base := arm("other"), arm("base")
	other.Behaviour.Rho, base.Behaviour.Rho = 0, .12
	start := 3.5
	s := settings(12, paths)
	s.Start, s.Baseline = &start, 1
	under := func(link factor.Link) *Plan {
		s.Link = link
		plan, err := NewPlan(p, []Arm{other, base}, s)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	off := func(plan, of *Plan) (worst float64) { // what one plan says from what is seen in another, in standard errors
		at := slices.IndexFunc(plan.warnings, func(w string) bool { return strings.Contains(w, "the economy starts") })
		if at < 0 {
			t.Fatalf("warnings %q", plan.warnings)
		}
		_, figures, _ := strings.Cut(plan.warnings[at], "is not 1 but ")
		var said [2][2]float64
		if _, err := fmt.Sscanf(figures, "%f to %f in month 1, %f to %f in month 12", &said[0][0], &said[0][1], &said[1][0], &said[1][1]); err != nil {
			t.Fatalf("%q: %v", figures, err)
		}
		for k, step := range []int{0, 11} {
			sum, squares := make([]float64, len(of.risks)), make([]float64, len(of.risks))
			for path := range paths {
				for g, e := range of.economies(path)[1] {
					sum[g] += e.steps[step].miss / paths
					squares[g] += e.steps[step].miss * e.steps[step].miss / paths
				}
			}
			for end, at := range []int{slices.Index(sum, slices.Min(sum)), slices.Index(sum, slices.Max(sum))} {
				se := math.Sqrt((squares[at] - sum[at]*sum[at]) / paths)
				worst = max(worst, (math.Abs(said[k][end]-sum[at])-.005)/se) // two digits are said
			}
		}
		return worst
	}
	lognormal, probit := under(factor.LogNormal), under(factor.Probit)
	for _, plan := range []*Plan{lognormal, probit} {
		if z := off(plan, plan); z > 4.9 {
			t.Errorf("%v: %.1f standard errors", plan.settings.Link, z)
		}
	}
	if z := off(lognormal, probit); z < 4.9 {
		t.Errorf("multipliers of the lognormal link go unnoticed: %.1f standard errors", z)
	}
}
