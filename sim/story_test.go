package sim

import (
	"math"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/rule"
)

// tell tells the stories of all borrowers on a path in an arm and adds up their counts.
func tell(t *testing.T, plan *Plan, path, arm int) (sum []int64) {
	t.Helper()
	sum = make([]int64, (plan.settings.Months+1)*int(data.NumCounters))
	f := plan.Follow(plan.row(0).ID)
	for i, b := range plan.all() {
		f.at = i
		story, err := f.Tell(t.Context(), path, arm)
		if err != nil {
			t.Fatal(err)
		}
		for m := range story.Months {
			month := &story.Months[m]
			for c, v := range month.Counts {
				sum[m*int(data.NumCounters)+c] += v * b.weight
			}
			addsUp(t, plan, m, month)
		}
	}
	return sum
}

// addsUp compares what a month tells with its counts.
func addsUp(t *testing.T, plan *Plan, m int, month *Month) {
	t.Helper()
	told := *month
	told.Counts = month.Counts
	put := func(c data.Counter, v int64) { told.Counts[c] = v }
	var asked, granted, refused, leaks, shocks, topUps, requested int64
	var denied [data.NumReasons]int64
	for _, r := range month.Requests {
		asked++
		requested += int64(r.Asked)
		switch {
		case r.TakenUp:
			granted++
			if r.Decision.Refinance {
				topUps++
			}
		case r.Decision.Granted:
			refused++
		default:
			denied[r.Decision.Reason]++
			switch by, ok := rule.Bare(r.Cause).(interface{ Reason() data.Reason }); {
			case ok && by.Reason() != r.Decision.Reason:
				t.Fatalf("month %d: denied for %v by a rule that denies for %v", m, r.Decision.Reason, by.Reason())
			case !ok && r.Decision.Reason != data.DeniedConcurrent && r.Decision.Reason != data.DeniedPrice && r.Decision.Reason != data.DeniedAmount:
				t.Fatalf("month %d: denied for %v by no rule", m, r.Decision.Reason)
			}
		}
		if r.Elsewhere {
			leaks++
		}
		if r.Shocked {
			shocks++
		}
	}
	put(data.Applications, asked)
	put(data.RequestedAmount, requested)
	put(data.Granted, granted)
	put(data.NotTakenUp, refused)
	put(data.Leaks, leaks)
	for reason, n := range denied {
		put(data.Denied(data.Reason(reason)), n)
	}
	if m > 0 && shocks != month.Counts[data.ShocksStarted]+month.Counts[data.ShocksRenewed] {
		t.Fatalf("month %d: %d shocks are told", m, shocks)
	}
	if topUps > month.Counts[data.TopUps] {
		t.Fatalf("month %d: %d refinancings are told, %d top-ups counted", m, topUps, month.Counts[data.TopUps])
	}
	owed := int64(0)
	for _, l := range month.Loans {
		owed += int64(l.Balance)
	}
	put(data.BalanceCurrent, owed-month.Counts[data.BalanceD1]-month.Counts[data.BalanceD2]-month.Counts[data.BalanceD3])
	put(data.OutsideLoans, int64(month.Outside))
	for c, v := range told.Counts {
		if v != month.Counts[c] {
			t.Fatalf("month %d: %v is told to be %d, counted %d", m, data.Counter(c), v, month.Counts[c])
		}
	}
	if month.Counts[data.BorrowersIdle] > 0 != (len(month.Loans) == 0 && !math.IsNaN(month.Burden)) {
		t.Fatalf("month %d: idle with %d loans and a burden of %v", m, len(month.Loans), month.Burden)
	}
}

// What is told of all borrowers adds up to what a run counts, in every month and for every counter: arms that travel
// together, arms with other behaviour, arms with controls; months and weeks; rules in time; weights and applicants. Told on another
// path it does not.
func TestStoriesAddUp(t *testing.T) {
	for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
		p := book(16)
		for i := range p.Borrowers {
			p.Borrowers[i].Weight = uint32(1 + i%3)
		}
		s := settings(15, 2)
		s.Grid = grid
		s.Applicants = []Applicants{{Count: .5}}
		both := arm("stop and slow", &rule.StopLending{Close: .02, Open: .01, Hold: 2}, &rule.SlowLending{From: 0, Until: .05})
		later := func(r rule.Rule) rule.Rule {
			return &rule.Clause{Rule: r, From: rule.Moment{Given: true, Months: 5}, Compliance: 1}
		}
		half := &rule.Clause{Rule: &rule.PTICap{Max: .3}, Compliance: .5, Perimeter: rule.Perimeter{Amount: rule.Range{Over: 5000 * data.Unit}}}
		arms := append(append(manyArms(), steeredArms()...), both,
			arm("in time", later(&rule.APRCap{Max: .16}), later(&rule.OutsideLending{Max: 15}), half),
			arm("steered in time", later(&rule.APRCap{Max: .16}), later(&rule.FundingBudget{Share: .02}), half))
		r := mustRun(t, p, s, 1, arms...)
		plan, err := NewPlan(p, arms, s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range arms {
			block := (s.Months + 1) * int(data.NumCounters)
			counted := r.Counts[i][block : 2*block]
			for k, v := range tell(t, plan, 1, i) {
				if v != counted[k] {
					t.Fatalf("grid %v, %s, month %d, %v: told %d, counted %d", grid, arms[i].Name, k/int(data.NumCounters), data.Counter(k%int(data.NumCounters)), v, counted[k])
				}
			}
		}
		other, differ := tell(t, plan, 0, 0), false
		for k, v := range other {
			differ = differ || v != r.Counts[0][len(other)+k]
		}
		if !differ {
			t.Error("stories of another path pass for those of this one")
		}
	}
}

// A run of one borrower counts what is told of him in a book of many (of one PD: loadings are anchored to the mean).
func TestStoryIsThatOfOneBorrower(t *testing.T) {
	p, arms, s := samePD(book(60)), manyArms()[:4], settings(24, 2)
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Borrowers[:20] {
		alone := *p
		alone.Borrowers = p.Borrowers[i : i+1]
		r := mustRun(t, &alone, s, 1, arms...)
		f := plan.Follow(p.Borrowers[i].ID)
		for a := range arms {
			story, err := f.Tell(t.Context(), 1, a)
			if err != nil {
				t.Fatal(err)
			}
			for m := range story.Months {
				if counted := r.Row(a, 1, data.Month(m)); !slices.Equal(story.Months[m].Counts[:], counted) {
					t.Fatalf("borrower %d, %s, month %d: told %v, counted %v", i, arms[a].Name, m, story.Months[m].Counts, counted)
				}
			}
		}
	}
	if plan.Follow(1) != nil {
		t.Error("a borrower who is not there is followed")
	}
}

// Until two stories part they are the same but for the reasons of denials; from a parting on they are not the same
// story. Arms with the same rules never part, and the first path is told.
func TestParting(t *testing.T) {
	p := book(40)
	arms := append(manyArms(), steeredArms()[0])
	plan, err := NewPlan(p, arms, settings(24, 8))
	if err != nil {
		t.Fatal(err)
	}
	parted, whole := 0, 0
	for i := range p.Borrowers {
		f := plan.Follow(p.Borrowers[i].ID)
		if path, stories, found, err := f.Part(t.Context(), 0, 1); err != nil || found || path != 0 || stories[0] == nil || stories[1].Arm != 1 {
			t.Fatalf("equal arms: path %d, parted %t, %v", path, found, err)
		}
		for other := 2; other < len(arms); other += 5 {
			path, stories, found, err := f.Part(t.Context(), 0, other)
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				whole++
				continue
			}
			parted++
			at, _ := Parting(stories[0], stories[1], data.Monthly)
			for m := range at {
				if a, b := sansReasons(&stories[0].Months[m]), sansReasons(&stories[1].Months[m]); a != b {
					t.Fatalf("%s, path %d: parted in month %d, but month %d differs", arms[other].Name, path, at, m)
				}
			}
			for earlier := range path {
				a, _ := f.Tell(t.Context(), earlier, 0)
				b, _ := f.Tell(t.Context(), earlier, other)
				if _, found := Parting(a, b, data.Monthly); found {
					t.Fatalf("%s: parted on path %d, but already on %d", arms[other].Name, path, earlier)
				}
			}
		}
	}
	if parted < 20 || whole == 0 {
		t.Errorf("%d lives part, %d do not: too few to tell", parted, whole)
	}
}

// sansReasons are the counts of a month with all denials in one.
func sansReasons(m *Month) (counts row) {
	counts = m.Counts
	counts[data.Surprise] = 0 // a cap on the price changes chances before it changes what happens
	for reason := range data.Reason(data.NumReasons) {
		if reason > 0 {
			counts[data.Denied(0)] += counts[data.Denied(reason)]
			counts[data.Denied(reason)] = 0
		}
	}
	return counts
}
