package data

import "testing"

// Every step lies in one month, months have their steps side by side, and twelve months are a year of steps.
func TestGrid(t *testing.T) {
	for _, g := range []Grid{Monthly, HalfMonthly, Weekly} {
		if g.Steps(12) != g.PerYear() || g.Steps(0) != 0 || g.MonthOf(-1) != -1 {
			t.Errorf("%v: %d steps in a year", g, g.Steps(12))
		}
		ends := 0
		for step := range g.Steps(600) {
			month := g.MonthOf(step)
			if step < g.Steps(month) || step >= g.Steps(month+1) {
				t.Fatalf("%v: step %d is in month %d, which has steps %d to %d", g, step, month, g.Steps(month), g.Steps(month+1)-1)
			}
			if g.LastOfMonth(step) {
				ends++
				if step != g.Steps(month+1)-1 {
					t.Fatalf("%v: month %d ends with step %d", g, month, step)
				}
			}
		}
		if ends != 600 {
			t.Errorf("%v: %d months end", g, ends)
		}
		if back, err := ParseGrid(g.String()); err != nil || back != g {
			t.Errorf("%v: %v, %v", g, back, err)
		}
		for amount := range Money(100) {
			if got, want := float64(g.AMonth(amount)), float64(amount)/g.Step(); got < want-.5 || got > want+.5 {
				t.Errorf("%v: %v a step are %v a month", g, amount, got)
			}
		}
	}
	if _, err := ParseGrid("weak"); err == nil || err.Error() != `unknown grid "weak" (allowed: month, half, week), did you mean "week"?` {
		t.Error(err)
	}
}

func TestDurationsInSteps(t *testing.T) {
	for months, want := range map[int][3]int{0: {}, 1: {1, 2, 4}, 2: {2, 4, 9}, 3: {3, 6, 13}, 12: {12, 24, 52}, 36: {36, 72, 156}} {
		for i, g := range []Grid{Monthly, HalfMonthly, Weekly} {
			if got := g.FromMonths(months); got != want[i] {
				t.Errorf("%d months are %d steps of a %v, want %d", months, got, g, want[i])
			}
		}
	}
	type answer struct {
		steps int
		whole bool
	}
	for days, want := range map[int][3]answer{
		7: {{0, false}, {0, false}, {1, true}}, 14: {{0, false}, {1, false}, {2, true}}, 15: {{1, false}, {1, true}, {2, false}},
		30: {{1, true}, {2, true}, {4, true}}, 90: {{3, true}, {6, true}, {13, true}}, 28: {{1, false}, {2, false}, {4, true}},
	} {
		for i, g := range []Grid{Monthly, HalfMonthly, Weekly} {
			if steps, whole := g.FromDays(days); (answer{steps, whole}) != want[i] {
				t.Errorf("%d days are %d steps of a %v (whole: %v), want %v", days, steps, g, whole, want[i])
			}
		}
	}
	if a, b, c := Monthly.Age(2, 29), HalfMonthly.Age(2, 29), Weekly.Age(0, 13); a != 2 || b != 5 || c != 1 {
		t.Errorf("ages %d, %d, %d", a, b, c)
	}
}
