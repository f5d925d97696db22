package sim

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/rule"
)

func softly(r rule.Rule, share float64, window int) rule.Rule {
	return &rule.Clause{Rule: r, Compliance: 1, Quota: &rule.Quota{Share: share, Window: window}}
}

// A quota of nothing is the hard limit, one of everything no limit, to the unit (but for the first of several reasons); and so is an average that nobody can pass
// or that no loan reaches.
func TestQuotaBounds(t *testing.T) {
	p := book(250)
	limits := []rule.Rule{&rule.PTICap{Max: .12}, &rule.ProductCap{Amount: 4000 * data.Unit}, &rule.PlatformCap{Max: 2}}
	plain := mustRun(t, p, settings(18, 2), 1, arm("base"))
	for i, r := range limits {
		hard := mustRun(t, p, settings(18, 2), 1, arm("hard", r))
		if equals(hard, plain) {
			t.Errorf("%s changes nothing", r.Sentence("CNY"))
		}
		for _, window := range []int{1, 6} {
			equal(t, fmt.Sprint("none of limit ", i), hard, 0, mustRun(t, p, settings(18, 2), 1, arm("soft", softly(r, 0, window))), 0)
			if i < 2 {
				equal(t, fmt.Sprint("all of limit ", i), plain, 0, mustRun(t, p, settings(18, 2), 1, arm("soft", softly(r, 1, window))), 0)
			}
		}
	}
	equal(t, "an average of 1000 %", plain, 0, mustRun(t, p, settings(18, 2), 1, arm("mean", &rule.AverageRateCap{Max: 10, Window: 1})), 0)
}

func equals(a, b *data.Results) bool {
	for m := range data.Month(19) {
		if a.Row(0, 0, m)[data.Disbursed] != b.Row(0, 0, m)[data.Disbursed] {
			return false
		}
	}
	return true
}

// grants are all loans that an arm grants on the first path, by month.
func grants(t *testing.T, p *data.Portfolio, s Settings, a Arm) (byMonth [][]rule.Decision) {
	t.Helper()
	plan, err := NewPlan(p, []Arm{a}, s)
	if err != nil {
		t.Fatal(err)
	}
	byMonth = make([][]rule.Decision, s.Months)
	for i := range p.Borrowers {
		story, err := plan.Follow(p.Borrowers[i].ID).Tell(context.Background(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for m := range story.Months {
			for _, r := range story.Months[m].Requests {
				if r.TakenUp {
					byMonth[m-1] = append(byMonth[m-1], r.Decision)
				}
			}
		}
	}
	return byMonth
}

// Seen from outside, loan by loan: where a loan above the average rate, or an exception, is granted, the window that ends with
// the month keeps to the average or quota; and both are used. Without the rules it does not.
func TestAveragesAndQuotasHold(t *testing.T) {
	p := book(300)
	const limit, average, quota = 12000, .185, .5
	for _, window := range []int{1, 4} {
		for _, bound := range []bool{true, false} {
			a := arm("free")
			if bound {
				a = arm("bound", &rule.AverageRateCap{Max: average, Window: window}, softly(&rule.ProductCap{Amount: limit * data.Unit}, quota, window))
			}
			months := grants(t, p, settings(12, 2), a)
			dear, over, broken := 0, 0, 0
			for m := range months {
				lent, interest, beyond := 0., 0., 0.
				for _, month := range months[max(0, m-window+1) : m+1] {
					for _, d := range month {
						lent += d.Amount.Major()
						interest += d.Amount.Major() * d.APR
						if d.Amount.Major() > limit {
							beyond += d.Amount.Major()
						}
					}
				}
				isDear := func(d rule.Decision) bool { return d.APR > average }
				isOver := func(d rule.Decision) bool { return d.Amount.Major() > limit }
				if slices.ContainsFunc(months[m], isDear) {
					dear++
					if interest > average*lent*(1+1e-12) {
						broken++
					}
				}
				if slices.ContainsFunc(months[m], isOver) {
					over++
					if beyond > quota*lent*(1+1e-12) {
						broken++
					}
				}
			}
			if dear == 0 || over == 0 || bound == (broken > 0) {
				t.Errorf("window %d, bound %v: loans above the average in %d months, exceptions in %d, broken %d times", window, bound, dear, over, broken)
			}
			t.Logf("window %d, bound %v: %d, %d, %d", window, bound, dear, over, broken)
		}
	}
}
