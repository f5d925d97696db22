package sim

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"relend/data"
	"relend/sim/rng"
	"relend/sim/rule"
)

// The estimate of memory covers what a borrower of a steered arm takes.
func TestCrowdIsCounted(t *testing.T) {
	n := unsafe.Sizeof(life{}) + unsafe.Sizeof(person{}) + unsafe.Sizeof(rng.Block{}) + unsafe.Sizeof(petition{})
	if n > perFollowed || n < perFollowed-100 {
		t.Errorf("a borrower takes %d bytes, the estimate is %d", n, perFollowed)
	}
}

// Controls that never bind leave every count as it is without them, to the unit.
func TestControlsThatNeverBind(t *testing.T) {
	p := book(300)
	plain := mustRun(t, p, settings(24, 2), 1, arm("base"))
	for i, rules := range [][]rule.Rule{
		{&rule.StopLending{Close: 1, Open: 1, Hold: 1}}, {&rule.SlowLending{From: .99, Until: 1}},
		{&rule.LeverageCap{Multiple: 1000, EquityShare: 10}}, {&rule.FundingBudget{Share: 100}},
		{&rule.FundingBudget{Amount: 1e12 * data.Unit}, &rule.FundingQueue{Rank: rule.ByLot, Fill: rule.Stop}},
		{&rule.FundingQueue{Rank: rule.ByMargin, Fill: rule.Skip}},
	} {
		bound := arm("bound", rules...)
		bound.Behaviour.RepK = 3
		equal(t, fmt.Sprint("controls ", i), plain, 0, mustRun(t, p, settings(24, 2), 1, arm("base"), bound), 1)
	}
}

// steeredArms are arms whose controls bind, several at once in some.
func steeredArms() []Arm {
	stop := arm("stop", &rule.StopLending{Close: .02, Open: .01, Hold: 2})
	stop.Behaviour.RepK = 1
	law := arm("law", &rule.FundingBudget{Share: .03}, &rule.SlowLending{From: 0, Until: .05})
	law.Law, law.Scope = []rule.Rule{&rule.LeverageCap{Multiple: 5, EquityShare: .2}, &rule.FundingQueue{Rank: rule.ByLot, Fill: rule.Skip}}, .5
	return []Arm{
		stop, law, arm("leverage", &rule.LeverageCap{Multiple: 4, EquityShare: .25}),
		arm("budget", &rule.FundingBudget{Share: .02}, &rule.FundingQueue{Rank: rule.ByMargin, Fill: rule.Skip}),
		arm("amount", &rule.FundingBudget{Amount: 20000 * data.Unit}),
	}
}

// Steered arms count the same beside others and alone, on any number of workers and in any order of borrowers; a
// borrower of weight 3 counts three times.
func TestSteeredArmsAreDetermined(t *testing.T) {
	p := samePD(book(200))
	arms := append(manyArms()[:3], steeredArms()...)
	one := mustRun(t, p, settings(24, 6), 1, arms...)
	many := mustRun(t, p, settings(24, 6), 7, arms...)
	reversed := *p
	reversed.Borrowers = slices.Clone(p.Borrowers)
	slices.Reverse(reversed.Borrowers)
	back := mustRun(t, &reversed, settings(24, 6), 2, arms...)
	for i := range arms {
		equal(t, arms[i].Name+" on 7 workers", one, i, many, i)
		if !slices.Equal(one.Counts[i], back.Counts[i]) {
			t.Errorf("%s: the order of borrowers matters", arms[i].Name)
		}
		equal(t, arms[i].Name+" alone", one, i, mustRun(t, p, settings(24, 6), 1, arms[i]), 0)
	}
	for i := range reversed.Borrowers {
		reversed.Borrowers[i].Weight = 3
	}
	arms = arms[:len(arms)-1] // an amount does not grow with the book
	three := mustRun(t, &reversed, settings(24, 6), 2, arms...)
	for i := range arms {
		for k, v := range one.Counts[i] {
			if three.Counts[i][k] != 3*v {
				t.Fatalf("%s: %d, want 3 x %d", arms[i].Name, three.Counts[i][k], v)
			}
		}
	}
	for i, reason := range []data.Reason{data.DeniedStopped, data.DeniedLeverage, data.DeniedLeverage, data.DeniedBudget, data.DeniedBudget} {
		denied := int64(0)
		for m := range data.Month(25) {
			denied += one.Row(3+i, 0, m)[data.Denied(reason)]
		}
		if denied == 0 {
			t.Errorf("%s: nobody is denied for %v", steeredArms()[i].Name, reason)
		}
	}
}
