package sim

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// biting are rules of every kind that bind somebody in book; an order of service changes nothing by itself.
func biting() []rule.Rule {
	return []rule.Rule{
		&rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, &rule.CoolingOff{AfterPayoff: 2, AfterOrigination: 3},
		&rule.SequencePause{Loans: 2, Pause: 2}, &rule.TopUp{}, &rule.MinRepaid{Share: .5}, &rule.ConcurrentLoans{Max: 1},
		&rule.MaxOrdinal{Max: 4}, &rule.CleanRepayments{Min: 2}, &rule.PlatformCap{Max: 2}, &rule.ScoreCutoff{MaxPD: .08},
		&rule.BorrowerBan{MinIncome: 8000 * data.Unit}, &rule.UseBan{Loans: rule.AllLoans}, &rule.RolloverCap{Max: 1},
		&rule.LoanCountCap{Max: 1, Window: 12}, &rule.MinimumTerm{Term: 12}, &rule.APRCap{Max: .2}, &rule.EffectiveRateCap{Max: .2},
		&rule.DailyRateCap{Max: .0005}, &rule.IndexedRateCap{Multiple: 4, Base: .045}, &rule.TotalCostCap{Max: .1},
		&rule.ExposureCap{IncomeMultiple: .05}, &rule.PTICap{Max: .1}, &rule.LimitLadder{Steps: []float64{.4}}, &rule.StepDown{Shares: []float64{.5}},
		&rule.ProductCap{Amount: 3000 * data.Unit}, &rule.DataSharing{Coverage: 1, Share: 1}, &rule.OutsideLending{Supply: .5, Max: 2},
		&rule.StopLending{Close: .03, Open: .02, Hold: 2}, &rule.SlowLending{From: .01, Until: .1},
		&rule.LeverageCap{Multiple: 4, EquityShare: .2}, &rule.FundingBudget{Share: .02}, &rule.GuaranteeCap{Share: .02},
		&rule.AverageRateCap{Max: .16, Window: 1}, &rule.DefaultFeeCap{Amount: 20 * data.Unit, Share: .5}, &rule.CollectionLimit{Cures: .5, Recoveries: .5},
	}
}

func after(months int) rule.Moment { return rule.Moment{Given: true, Months: months} }

func clause(r rule.Rule, conditions func(*rule.Clause)) *rule.Clause {
	c := &rule.Clause{Rule: r, Compliance: 1}
	conditions(c)
	return c
}

// open lends to everybody, and takes late fees.
func open(rules ...rule.Rule) Arm {
	a := arm("open")
	a.Behaviour.LateFee = 50
	a.Policy = append([]rule.Rule{&rule.DataSharing{}}, rules...)
	return a
}

// A rule of any kind that is in force from the snapshot on is the rule; one that begins in a later month leaves every
// month before as it is, and one that ended at the snapshot, begins after the horizon or is obeyed by nobody, all.
func TestRulesInTime(t *testing.T) {
	long(t)
	p, s := book(200), settings(12, 2)
	p.Segments = append(p.Segments, "nobody")
	p.AsOf = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	plain := mustRun(t, p, s, 2, open())
	if n := len(biting()); n != len(rule.Kinds)-1 {
		t.Errorf("%d kinds tested of %d", n, len(rule.Kinds))
	}
	for _, r := range biting() {
		name := r.Sentence("CNY")
		always := mustRun(t, p, s, 2, open(r))
		equal(t, name+" from the snapshot", always, 0, mustRun(t, p, s, 2, open(clause(r, func(c *rule.Clause) { c.From = after(0) }))), 0)
		if slices.Equal(always.Counts[0], plain.Counts[0]) {
			if _, sees := r.(*rule.DataSharing); !sees {
				t.Errorf("%s: binds nobody", name)
			}
		}
		later := mustRun(t, p, s, 2, open(clause(r, func(c *rule.Clause) { c.From = after(5) })))
		for path := range 2 {
			for m := range data.Month(13) {
				if same := slices.Equal(later.Row(0, path, m), plain.Row(0, path, m)); !same && m <= 5 {
					t.Errorf("%s from month 5 on: path %d month %d differs", name, path, m)
				}
			}
		}
		nobody := map[string]func(*rule.Clause){
			"after the horizon": func(c *rule.Clause) { c.From = after(12) },
			"before the snapshot": func(c *rule.Clause) {
				c.From, c.Until = rule.Moment{Given: true, Date: p.AsOf.AddDate(-2, 0, 0)}, rule.Moment{Given: true, Date: p.AsOf}
			},
		}
		_, terms := r.(rule.TermsRule)
		_, control := r.(rule.Control)
		if _, price := r.(*rule.APRCap); price || !terms && !control {
			nobody["obeyed by nobody"] = func(c *rule.Clause) { c.Compliance = 0 }
			nobody["very long loans"] = func(c *rule.Clause) { c.Perimeter.Term.Over.Months = 599 }
			nobody["very large loans"] = func(c *rule.Clause) { c.Perimeter.Amount.Over = 1e12 }
			nobody["a segment without borrowers"] = func(c *rule.Clause) { c.Perimeter.Segments = []string{"nobody"} }
		}
		for what, conditions := range nobody {
			equal(t, name+" "+what, plain, 0, mustRun(t, p, s, 2, open(clause(r, conditions))), 0)
		}
	}
}

// dates are arms with rules that change in time and with the loan.
func datedArms() []Arm {
	steps := func(kind func(max float64) rule.Rule, values ...float64) (list []rule.Rule) {
		for i, v := range values {
			list = append(list, clause(kind(v), func(c *rule.Clause) {
				c.From = after(3 * i)
				if i+1 < len(values) {
					c.Until = after(3*i + 3)
				}
			}))
		}
		return list
	}
	apr := func(max float64) rule.Rule { return &rule.APRCap{Max: max} }
	law := func(name string, rules ...rule.Rule) Arm {
		a := arm(name)
		a.Law, a.Scope = rules, .5
		return a
	}
	tiers := law("tiers",
		clause(apr(.3), func(c *rule.Clause) { c.Perimeter.Amount.UpTo = 5000 * data.Unit }),
		clause(apr(.2), func(c *rule.Clause) { c.Perimeter.Amount.Over, c.Compliance = 5000*data.Unit, .7 }),
		&rule.ExposureCap{Amount: 8000 * data.Unit})
	stop := law("stop", append(steps(apr, .24, .18), clause(&rule.StopLending{Close: .03, Open: .02, Hold: 2}, func(c *rule.Clause) { c.From = after(4) }))...)
	return []Arm{
		law("none"), law("path", steps(apr, .24, .2, .16)...), law("path again", steps(apr, .24, .2, .16)...), tiers, stop,
		law("lenders", steps(func(max float64) rule.Rule { return &rule.PlatformCap{Max: int(max)} }, 4, 3, 2)...),
		law("outside", clause(&rule.OutsideLending{Supply: .2, Max: 2}, func(c *rule.Clause) { c.From = after(4) }), clause(&rule.DataSharing{Coverage: .95}, func(c *rule.Clause) { c.From = after(6) })),
		law("grandfather", clause(&rule.UseBan{Loans: rule.OwnLoans}, func(c *rule.Clause) { c.From, c.Grandfather = after(3), true }), &rule.LoanCountCap{Max: 2, Window: 6}),
	}
}

// Arms with rules that change in time travel together and come out as alone, on every grid and for any number of workers.
func TestDatedArmsTogetherEqualAlone(t *testing.T) {
	p, arms := book(150), datedArms()
	for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
		s := settings(10, 2)
		s.Grid = grid
		s.Applicants = []Applicants{{Count: 5}}
		together := mustRun(t, p, s, 2, arms...)
		equal(t, "one worker", together, 1, mustRun(t, p, s, 1, arms...), 1)
		for i, a := range arms {
			equal(t, a.Name, together, i, mustRun(t, p, s, 2, a), 0)
		}
		equal(t, "twins", together, 1, together, 2)
		for i := range arms {
			if i != 1 && i != 2 && slices.Equal(together.Counts[i], together.Counts[1]) {
				t.Errorf("%v: %s is as the path of caps", grid, arms[i].Name)
			}
		}
	}
}

// A date is the step that begins nearest to it.
func TestDatesAreSteps(t *testing.T) {
	day := func(text string) rule.Moment {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return rule.Moment{Given: true, Date: d}
	}
	p, s := book(150), settings(9, 2)
	p.AsOf, _ = time.Parse(time.DateOnly, "2025-12-31")
	run := func(m rule.Moment) []int64 {
		return mustRun(t, p, s, 1, open(clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = m }))).Counts[0]
	}
	for date, months := range map[string]int{"2026-01-01": 0, "2026-04-01": 3, "2026-04-30": 4, "2026-07-01": 6} {
		if !slices.Equal(run(day(date)), run(after(months))) {
			t.Errorf("%s is not %d months after the snapshot", date, months)
		}
	}
	if slices.Equal(run(day("2026-04-01")), run(after(4))) {
		t.Error("a month later is the same")
	}
	p.AsOf = time.Time{}
	if _, err := NewPlan(p, []Arm{open(clause(&rule.TopUp{}, func(c *rule.Clause) { c.From = day("2026-04-01") }))}, s); err == nil {
		t.Error("a date without a date of the snapshot passes")
	}
}

// A rule that is never in force is named once, however many arms hold it, and changes nothing.
func TestNeverInForce(t *testing.T) {
	p := book(20)
	p.AsOf = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	law := clause(&rule.BorrowerBan{Everyone: true}, func(c *rule.Clause) {
		c.From, c.Until = rule.Moment{Given: true, Date: p.AsOf.AddDate(0, 3, 1)}, rule.Moment{Given: true, Date: p.AsOf.AddDate(0, 3, 8)}
	})
	plan, err := NewPlan(p, []Arm{open(), open(law), open(law)}, settings(8, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := "arm open: no step of the grid (30 days) lies between from and until of a rule, which is never in force: No loan at all (from 2026-04-01; until 2026-04-08)."
	if !slices.Equal(plan.warnings, []string{want}) {
		t.Errorf("warnings %q", plan.warnings)
	}
	r, err := plan.Run(context.Background(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "never in force", r, 0, r, 1)
}

// Of borrowers with one fate, so many obey as compliance says: the applications of the first month that are denied for a
// rule that bars everyone.
func TestCompliance(t *testing.T) {
	p, s := book(3000), settings(2, 2)
	r := mustRun(t, p, s, 2, open(clause(&rule.BorrowerBan{Everyone: true}, func(c *rule.Clause) { c.Compliance = .3 })))
	asked, denied := 0., 0.
	for path := range 2 {
		for m := range data.Month(3) {
			asked += float64(r.Row(0, path, m)[data.Applications])
			denied += float64(r.Row(0, path, m)[data.Denied(data.DeniedBorrower)])
		}
	}
	if share := denied / asked; share < .25 || share > .35 || asked < 400 {
		t.Errorf("%v of %v applications are denied, 30%% expected", share, asked)
	}
}

// At the snapshot each loan that is open counts, also of several granted in one month and of more than a state holds: who has as
// many within the window as the cap allows is refused, who has one less is not.
func TestLoanCountAtTheSnapshot(t *testing.T) {
	for _, ages := range [][]int16{{2}, {2, 2}, {0, 0, 0}, {1, 2, 3, 4, 5, 6}, {1, 1, 1, 1, 1, 1, 1}} {
		p := &data.Portfolio{Currency: "CNY", Segments: []string{"all"}, HasPD: true}
		const people = 200
		for i := range people {
			p.Borrowers = append(p.Borrowers, data.Borrower{ID: uint64(i + 1), Income: 5e6 * data.Unit, Weight: 1, PD12: .02, First: uint32(len(p.Loans)), Open: uint16(len(ages)), Ordinal: uint8(len(ages))})
			for _, age := range ages {
				p.Loans = append(p.Loans, data.Loan{Principal: 1000 * data.Unit, Balance: 1000 * data.Unit, APR: .2, Term: 30, MonthsOnBook: age, Ordinal: 1})
			}
		}
		s := settings(2, 2)
		s.Anchor = Structural
		eager := behaviour.Default()
		eager.Top, eager.TopMinAge = [2]float64{.5, .5}, 0
		var arms []Arm
		for most := 1; most <= len(ages)+1; most++ {
			arms = append(arms, Arm{Arm: data.Arm{Name: fmt.Sprint(most)}, Behaviour: eager, Policy: []rule.Rule{
				&rule.TopUp{Allowed: true}, &rule.LoanCountCap{Max: most, Window: 12},
			}})
		}
		r := mustRun(t, p, s, 1, arms...)
		for i := range arms {
			granted, refused := int64(0), int64(0)
			for path := range r.Run.Paths {
				row := r.Row(i, path, 1)
				granted, refused = granted+row[data.TopUps], refused+row[data.Denied(data.DeniedWindow)]
			}
			if full := i < len(ages); full != (granted == 0) || full != (refused > 0) {
				t.Errorf("loans of %v months, %s allowed: %d granted, %d refused", ages, arms[i].Name, granted, refused)
			}
		}
	}
}
