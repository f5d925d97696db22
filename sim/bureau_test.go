package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/provision"
	"relend/sim/rule"
)

// What the state keeps of the number of outside loans is what a list of all steps says, for every lag.
func TestReportedLoans(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	for range 200 {
		s := state{outside: uint8(r.IntN(16)), moved: -1}
		s.lately = everywhere(s.outside)
		list := []uint8{s.outside} // at the end of step i-1
		at := func(t int) uint8 { return list[max(0, min(t+1, len(list)-1))] }
		busy := r.IntN(12) + 2
		for step := range 60 {
			for r.IntN(busy) == 0 {
				s.owes(step, uint8(r.IntN(16)))
			}
			list = append(list, s.outside)
			for lag := range rule.MostLag + 1 {
				if got, want := s.reported(step, lag), at(step-lag); got != want {
					t.Fatalf("step %d, lag %d: %d, want %d of %v", step, lag, got, want, list)
				}
			}
		}
	}
}

// More coverage never shows less, more that is missed never more, and a mistaken file has one loan too many. How many of
// eight loans are shown is binomial with coverage x (1 - missed), within five standard errors, which the coverage alone is not.
func TestShows(t *testing.T) {
	f := newFate(1)
	sum, tooMany := 0, 0
	const n, slots = 5000, 8
	for i := range uint64(n) {
		f.turn(7, i, 0)
		last := slots + 1
		for _, missed := range []float64{0, .1, .2, .5, 1} {
			got := f.shows(slots, &rule.Bureau{Coverage: .7, Missed: missed})
			if got > last || got < f.shows(slots, &rule.Bureau{Coverage: .6, Missed: missed}) || got < f.shows(slots-1, &rule.Bureau{Coverage: .7, Missed: missed}) {
				t.Fatalf("borrower %d shows %d where %v are missed, %d before", i, got, missed, last)
			}
			last = got
			if missed == .2 {
				sum += got
				wrong := f.shows(slots, &rule.Bureau{Coverage: .7, Missed: missed, Mistaken: .1})
				if wrong != got && wrong != got+1 {
					t.Fatalf("borrower %d shows %d and, mistaken, %d", i, got, wrong)
				}
				tooMany += wrong - got
			}
		}
		if last != 0 {
			t.Fatalf("borrower %d shows %d where all are missed", i, last)
		}
	}
	off := func(sum int, trials, p float64) float64 {
		return math.Abs(float64(sum)-trials*p) / math.Sqrt(trials*p*(1-p))
	}
	if off(sum, n*slots, .7*.8) > 5 || off(sum, n*slots, .7) < 5 || off(tooMany, n, .1) > 5 {
		t.Errorf("%d of %d shown, %d of %d mistaken", sum, n*slots, tooMany, n)
	}
}

// lagged is an arm whose bureau is late and wrong, of borrowers who come to other lenders often.
func lagged(name string, lag, missed, mistaken float64, rules ...rule.Rule) Arm {
	a := arm(name, rules...)
	a.Behaviour.OutsideBirth = [2]float64{.1, .2}
	a.Behaviour.Coverage, a.Behaviour.Lag, a.Behaviour.Missed, a.Behaviour.Mistaken = 1, lag, missed, mistaken
	return a
}

// aboveCap counts the grants to borrowers who owe too many lenders with it, and all grants, in the stories of a book.
func aboveCap(t *testing.T, a Arm, grid data.Grid, most int) (above, grants int) {
	s := settings(18, 2)
	s.Grid = grid
	plan, err := NewPlan(book(60), []Arm{a}, s)
	if err != nil {
		t.Fatal(err)
	}
	f := plan.Follow(plan.row(0).ID)
	for i := range plan.Borrowers() {
		f.at = i
		for path := range 2 {
			story, err := f.Tell(t.Context(), path, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range story.Months {
				for _, r := range m.Requests {
					if !r.TakenUp {
						continue
					}
					grants++
					if int(story.steps[r.Step+1].outside)+1 > most { // a grant changes no outside loan
						above++
					}
				}
			}
		}
	}
	return above, grants
}

// With full coverage, no lag and no error a platform cap keeps every grant within it, also where a file shows a loan too
// many; with a lag, a loan missed or a loan not reported it does not.
func TestPlatformCapHolds(t *testing.T) {
	const most = 3
	cap := &rule.PlatformCap{Max: most}
	sharing := &rule.DataSharing{Coverage: 1}
	dark := lagged("not reported", 0, 0, 0, cap)
	dark.Behaviour.Coverage = .7
	for _, c := range []struct {
		arm   Arm
		holds bool
	}{
		{lagged("at once", 0, 0, 0, cap), true}, {lagged("mistaken", 0, 0, .3, cap), true},
		{lagged("by law", 2, .3, 0, cap, sharing), true},
		{lagged("late", 2, 0, 0, cap), false}, {lagged("missed", 0, .3, 0, cap), false}, {dark, false},
	} {
		for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
			if grid == data.Weekly && c.arm.Behaviour.Lag == 0 {
				continue
			}
			above, grants := aboveCap(t, c.arm, grid, most)
			if grants < 20 || c.holds != (above == 0) {
				t.Errorf("%s on the grid %v: %d of %d grants above the cap", c.arm.Name, grid, above, grants)
			}
		}
	}
}

// Every decision under a platform cap is that of a second teller, who looks up how many outside loans there were a lag ago.
func TestLaggedDecisions(t *testing.T) {
	for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
		for _, lag := range []int{0, 1, 3} {
			s := settings(24, 2)
			s.Grid = grid
			plan, err := NewPlan(book(60), []Arm{lagged("late", float64(lag), 0, 0, &rule.PlatformCap{Max: 2})}, s)
			if err != nil {
				t.Fatal(err)
			}
			granted, denied, other := 0, 0, 0
			f := plan.Follow(plan.row(0).ID)
			for i := range plan.Borrowers() {
				f.at = i
				story, err := f.Tell(t.Context(), 1, 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range story.Months {
					for _, r := range m.Requests {
						known := int(story.steps[max(0, r.Step+1-grid.FromMonths(lag))].outside)
						if lag == 0 && r.Elsewhere {
							known--
						}
						switch {
						case r.Decision.Granted && known+1 <= 2:
							granted++
						case !r.Decision.Granted && r.Decision.Reason == data.DeniedPlatforms && known+1 > 2:
							denied++
						case !r.Decision.Granted && r.Decision.Reason != data.DeniedPlatforms:
							other++
						default:
							t.Fatalf("grid %v, lag %d: %+v with %d known", grid, lag, r, known)
						}
					}
				}
			}
			if granted < 15 || denied < 15 {
				t.Errorf("grid %v, lag %d: %d granted, %d denied for it, %d for other reasons", grid, lag, granted, denied, other)
			}
		}
	}
}

// Arms whose laws make a late and wrong bureau faster and better live together as they do alone, in months and weeks, with
// provisions, with controls, and when quiet steps are not passed over; a law that takes lag and error away leaves what
// would be without them.
func TestBureausTogetherEqualAlone(t *testing.T) {
	law := func(name string, r *rule.DataSharing, rules ...rule.Rule) Arm {
		return lagged(name, 3, .3, .2, append([]rule.Rule{r, &rule.PlatformCap{Max: 3}, &rule.PTICap{Max: .5}}, rules...)...)
	}
	all := rule.DataSharing{Lag: 3, Missed: 1, Mistaken: 1}
	faster, righter, later := all, all, all
	faster.Lag, righter.Missed, righter.Mistaken, later.LagDays = 1, 0, 0, 30
	arms := []Arm{
		law("as it is", &all), law("faster", &faster), law("righter", &righter), law("at once", &rule.DataSharing{}), law("days", &later),
		law("in time", &rule.DataSharing{Lag: 3, Missed: 1, Mistaken: 1}, &rule.Clause{Rule: &rule.DataSharing{}, From: rule.Moment{Given: true, Months: 6}, Compliance: 1}),
		law("steered", &faster, &rule.FundingBudget{Share: .05}),
	}
	clean := lagged("clean", 0, 0, 0, &rule.PlatformCap{Max: 3}, &rule.PTICap{Max: .5})
	for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
		s := settings(14, 4)
		s.Grid, s.Provisions = grid, provision.ECL
		together := mustRun(t, book(150), s, 2, append(arms, clean)...)
		for i := range arms {
			equal(t, arms[i].Name, together, i, mustRun(t, book(150), s, 1, arms[i]), 0)
		}
		equal(t, "a law against lag and error", together, 3, together, len(arms))
		for i := range 3 {
			if a, b := sumOf(together, i, data.Granted), sumOf(together, i+1, data.Granted); a == b {
				t.Errorf("grid %v: %d loans granted in the arms %s and %s", grid, a, arms[i].Name, arms[i+1].Name)
			}
		}
		plan, err := NewPlan(book(150), arms, s)
		if err != nil {
			t.Fatal(err)
		}
		plan.plain = true
		plain, err := plan.Run(t.Context(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range arms {
			equal(t, arms[i].Name+" in plain steps", together, i, plain, i)
		}
	}
}

func sumOf(r *data.Results, arm int, c data.Counter) (sum int64) {
	for path := range r.Run.Paths {
		for m := range r.Run.Months + 1 {
			sum += r.Row(arm, path, data.Month(m))[c]
		}
	}
	return sum
}

// Where all outside loans are withheld from some month on, a platform cap that holds since refuses nobody; before it does. With
// nothing to see from the start a lender lends as where the bureau shows nothing, to the unit.
func TestReportingShutOff(t *testing.T) {
	p := book(300)
	blind := arm("blind", &rule.PlatformCap{Max: 1})
	blind.Behaviour.Coverage = 0
	shut := arm("shut", &rule.PlatformCap{Max: 1})
	shut.Law = []rule.Rule{&rule.DataSharing{Withheld: 1, Lag: 3, Missed: 1, Mistaken: 1}}
	later := shut
	later.Name, later.Law = "later", []rule.Rule{clause(shut.Law[0], func(c *rule.Clause) { c.From = rule.Moment{Given: true, Months: 6} })}
	r := mustRun(t, p, settings(18, 2), 2, blind, shut, later)
	if !slices.Equal(r.Counts[0], r.Counts[1]) {
		t.Error("a bureau without reports is not one that shows nothing")
	}
	before := int64(0)
	for at := 0; at < len(r.Counts[2]); at += int(data.NumCounters) {
		denied := r.Counts[2][at+int(data.Denied(data.DeniedPlatforms))]
		if month := at / int(data.NumCounters) % 19; month <= 6 {
			before += denied
		} else if denied > 0 {
			t.Errorf("month %d: %d refused for loans that nobody reports", month, denied)
		}
	}
	if before == 0 {
		t.Error("the cap never bound")
	}
}
