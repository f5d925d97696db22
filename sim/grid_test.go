package sim

import (
	"errors"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/rule"
)

// On finer grids, too, arms that travel together count what each counts alone, for any number of workers, and a
// shorter run is the beginning of a longer one. Every run is audited month by month.
func TestGridsTogetherEqualsAlone(t *testing.T) {
	p := book(120)
	for i := range p.Borrowers {
		if b := &p.Borrowers[i]; b.Bucket > 0 {
			b.DaysLate = 30*b.Bucket - uint8(1+i%29)
		}
	}
	arms := manyArms()[:6]
	arms = append(arms, arm("days", &rule.CoolingOff{AfterPayoffDays: 14}))
	for _, grid := range []data.Grid{data.HalfMonthly, data.Weekly} {
		s := settings(9, 2)
		s.Grid = grid
		together := mustRun(t, p, s, 2, arms...)
		for i := range arms {
			equal(t, grid.String()+" "+arms[i].Name, together, i, mustRun(t, p, s, 1, arms[i]), 0)
		}
		s.Months = 4
		short := mustRun(t, p, s, 1, arms...)
		for m := range data.Month(5) {
			a, b := short.Row(1, 1, m), together.Row(1, 1, m)
			for c := range a {
				if a[c] != b[c] {
					t.Errorf("%v, month %d, %v: %d in a short run, %d in a long one", grid, m, data.Counter(c), a[c], b[c])
				}
			}
		}
	}
}

// Renewals are a part of the grants and follow closings; grids coarser than 14 days count neither.
func TestRenewalsAreCounted(t *testing.T) {
	p := book(400)
	p.Currency = "CNY"
	for i := range p.Loans {
		l := &p.Loans[i]
		l.Product, l.Term, l.TermDays, l.MonthsOnBook, l.Days = data.Bullet, 1, 14, 0, uint8(i%14)
	}
	for i := range p.Borrowers {
		p.Borrowers[i].Bucket = 0
	}
	a := Arm{Arm: data.Arm{Name: "open"}, Behaviour: quiet()}
	a.Behaviour.Re, a.Behaviour.Acquisition = [2]float64{3, 3}, 0
	waits := a
	waits.Name, waits.Policy = "waits", []rule.Rule{&rule.CoolingOff{AfterPayoffDays: 14}}
	s := settings(6, 2)
	s.Grid = data.Weekly
	r := mustRun(t, p, s, 1, a, waits)
	sum := func(arm int, c data.Counter) (n int64) {
		for m := range data.Month(7) {
			n += r.Row(arm, 0, m)[c]
		}
		return n
	}
	renewed, granted, closed := sum(0, data.Renewals14), sum(0, data.Granted), sum(0, data.Closings14)
	if renewed == 0 || renewed > granted || closed != sum(0, data.LoansRepaid) || renewed*3 < closed {
		t.Errorf("%d renewals in 14 days, %d grants, %d loans closed", renewed, granted, closed)
	}
	if n := sum(1, data.Renewals14); n != 0 || sum(1, data.Granted) == 0 {
		t.Errorf("%d renewals within 14 days under a cooling-off of 14 days, %d grants", n, sum(1, data.Granted))
	}
	s.Grid = data.Monthly
	for i := range p.Loans {
		p.Loans[i].TermDays = 30
	}
	r = mustRun(t, p, s, 1, a)
	if sum(0, data.Renewals14) != 0 || sum(0, data.Closings14) != 0 || sum(0, data.Granted) == 0 {
		t.Error("a monthly grid tells renewals within 14 days")
	}
}

// A term or a delay that a grid cannot hold is refused, with the grid that can.
func TestTooCoarseGrids(t *testing.T) {
	p := book(20)
	for i := range p.Loans {
		p.Loans[i].TermDays = 14
	}
	for grid, want := range map[data.Grid]string{
		data.Monthly:     "grid: 20 loans have a term that is not a whole number of steps of 30 days, the first one 14 days (the grid is month",
		data.HalfMonthly: "not a whole number of steps of 15 days",
		data.Weekly:      "",
	} {
		s := settings(3, 2)
		s.Grid = grid
		q := *p
		q.Loans = q.Loans[:20]
		q.Borrowers = nil
		for _, b := range p.Borrowers {
			if int(b.First)+max(1, int(b.Open)) <= 20 {
				q.Borrowers = append(q.Borrowers, b)
			}
		}
		_, err := NewPlan(&q, []Arm{arm("base")}, s)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", grid, err)
		}
	}
	_, err := NewPlan(book(5), []Arm{arm("base", &rule.CoolingOff{AfterPayoffDays: 14})}, settings(3, 2))
	var ps *data.Problems
	if !errors.As(err, &ps) || !strings.Contains(err.Error(), "after_payoff_days of 14 days cannot be told from 0 on the grid month, allowed 15 days or more") {
		t.Errorf("a cooling-off of 14 days on the monthly grid: %v", err)
	}
	hot := arm("hot")
	hot.Behaviour.Re[1] = 6
	if _, err := NewPlan(book(5), []Arm{hot}, settings(3, 2)); err == nil || !strings.Contains(err.Error(), "behaviour.demand.re_1: 6 is out of range, allowed 0 to 5") {
		t.Errorf("a hazard above 5: %v", err)
	}
}
