package contract

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
	"relend/data"
)

// still is a line on which nothing but interest moves.
var still Line

func open(product data.Product, principal data.Money, apr float64, term int) Loan {
	return Open(product, principal, apr, term, 1, Burden(product, apr/12, term, &still))
}

// run pays a loan on schedule and returns its cash flows.
func run(l Loan) (flows []Cash) {
	for l.Remaining > 0 {
		flows = append(flows, l.Pay(&still))
	}
	return flows
}

// A loan of 10,000.00 at 12 % nominal over 12 months is the textbook case: instalment 888.49 (888.4879), first
// interest 100.00, first principal 788.49.
func TestTextbookSchedules(t *testing.T) {
	const p = 10000_00
	flows := run(open(data.Annuity, p, .12, 12))
	if len(flows) != 12 || flows[0] != (Cash{Interest: 100_00, Principal: 788_49}) {
		t.Errorf("annuity: %v", flows)
	}
	if last := flows[11]; last.Interest+last.Principal != 888_47 || !last.Closed {
		t.Errorf("annuity: last payment %v, want 888.47 after rounding", last)
	}
	flows = run(open(data.EqualPrincipal, p, .12, 12))
	if flows[0] != (Cash{Interest: 100_00, Principal: 833_33}) || flows[11] != (Cash{Interest: 8_33, Principal: 833_37, Closed: true}) {
		t.Errorf("equal principal: %v", flows)
	}
	flows = run(open(data.InterestOnly, p, .12, 12))
	if flows[4] != (Cash{Interest: 100_00}) || flows[11] != (Cash{Interest: 100_00, Principal: p, Closed: true}) {
		t.Errorf("interest only: %v", flows)
	}
	flows = run(open(data.Bullet, p, .12, 3))
	if flows[0] != (Cash{}) || flows[2] != (Cash{Interest: 300_00, Principal: p, Closed: true}) {
		t.Errorf("bullet: %v", flows)
	}
	flows = run(open(data.Annuity, 100_00, 0, 3))
	if flows[0].Principal != 33_33 || flows[2].Principal != 33_34 || flows[0].Interest != 0 {
		t.Errorf("zero rate: %v", flows)
	}
}

// Whatever the loan, the principal parts add up to the principal, and discounting the payments at the rate per
// step gives the principal back up to rounding: the internal rate of return is the APR.
func TestScheduleIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		product := data.Product(rapid.IntRange(0, data.NumProducts-1).Draw(t, "product"))
		p := data.Money(rapid.Int64Range(100_00, 1_000_000_00).Draw(t, "principal"))
		apr := rapid.Float64Range(0, 3).Draw(t, "apr")
		n := rapid.IntRange(1, 60).Draw(t, "term")
		flows := run(open(product, p, apr, n))
		if len(flows) > n {
			t.Fatalf("%d payments, want at most %d", len(flows), n)
		}
		var principal data.Money
		present, discount := 0., 1.
		for _, f := range flows {
			principal += f.Principal
			discount /= 1 + apr/12
			present += discount * float64(f.Principal+f.Interest)
		}
		if principal != p {
			t.Fatalf("principal repaid %v, lent %v", principal, p)
		}
		if product == data.Bullet { // simple interest: compare with its own formula
			present = float64(flows[len(flows)-1].Interest+p) / (1 + apr/12*float64(n))
		}
		if math.Abs(present-float64(p)) > float64(n)+1 {
			t.Fatalf("present value %.2f, principal %v", present, p)
		}
	})
}

// Late borrowers: whatever the sequence of missed, stayed, cured and paid steps, principal received and balance
// add up to what was lent, interest received and accrued is never negative, and a loan that is always cured ends.
func TestDelinquency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		product := data.Product(rapid.IntRange(0, data.NumProducts-1).Draw(t, "product"))
		p := data.Money(rapid.Int64Range(100_00, 100_000_00).Draw(t, "principal"))
		l := open(product, p, rapid.Float64Range(0, 1).Draw(t, "apr"), rapid.IntRange(1, 24).Draw(t, "term"))
		var received data.Money
		late := 0
		for step := 0; l.Remaining > 0 && step < 300; step++ {
			var c Cash
			switch action := rapid.IntRange(0, 2).Draw(t, "action"); {
			case late == 0 && action == 0 || late > 0 && late < 3 && action == 0:
				l.Accrue()
				late++
			case late == 0:
				c = l.Pay(&still)
			case action == 1:
				c = l.Stay(&still)
			default:
				c = l.Cure(late, &still)
				late = 0
				if l.Accrued != 0 {
					t.Fatalf("cured with %v accrued", l.Accrued)
				}
			}
			received += c.Principal
			if c.Interest < 0 || c.Principal < 0 || l.Accrued < 0 || received+l.Balance != p {
				t.Fatalf("cash %+v, loan %+v, received %v of %v", c, l, received, p)
			}
		}
		if late == 0 && l.Remaining > 0 {
			t.Fatal("a loan paid for 300 steps is still open")
		}
	})
}

// Two months late on the textbook annuity, then cured: two months' interest accrued, three instalments paid.
func TestCureByHand(t *testing.T) {
	l := open(data.Annuity, 10000_00, .12, 12)
	l.Accrue()
	l.Accrue()
	if l.Accrued != 200_00 {
		t.Fatalf("accrued %v", l.Accrued)
	}
	if c := l.Cure(2, &still); c != (Cash{Interest: 300_00, Principal: 3*888_49 - 300_00}) || l.Remaining != 9 {
		t.Errorf("cure: %+v, %+v", c, l)
	}
	l = open(data.Annuity, 10000_00, .12, 12)
	l.Accrue()
	if c := l.Stay(&still); c != (Cash{Interest: 200_00, Principal: 688_49}) || l.Remaining != 11 {
		t.Errorf("stay: %+v, %+v", c, l)
	}
}

// Break-even table of model.md §8.1: annuity, funding 6 %, recovery 25 % after 4 months, acquisition 2 %,
// operating 3 %.
func TestBreakEvenTable(t *testing.T) {
	c := Costs{Funding: .06, Operating: .03, Acquisition: .02, Recovery: .25, RecoveryLag: 4}
	for pd, row := range map[float64][3]string{
		.02: {"17.44", "14.27", "12.50"},
		.05: {"19.85", "16.68", "14.91"},
		.10: {"24.07", "20.89", "19.11"},
		.15: {"28.54", "25.35", "23.57"},
	} {
		for i, n := range []int{6, 12, 24} {
			apr := BreakEven(data.Annuity, n, pd, c)
			if got := fmt.Sprintf("%.2f", apr*100); got != row[i] {
				t.Errorf("PD %v, %d months: %s %%, want %s %%", pd, n, got, row[i])
			}
			if v := value(data.Annuity, n, pd, c, apr); math.Abs(v) > 1e-9 {
				t.Errorf("PD %v, %d months: value at break-even %v", pd, n, v)
			}
		}
	}
	if apr := BreakEven(data.Annuity, 1, .9999, c); !math.IsInf(apr, 1) {
		t.Errorf("a borrower sure to default has a price: %v", apr)
	}
}

// A dearer borrower costs more, for every product.
func TestBreakEvenMonotone(t *testing.T) {
	c := Costs{Funding: .06, Operating: .03, Acquisition: .02, Recovery: .25, RecoveryLag: 4}
	for product := range data.Product(data.NumProducts) {
		last := 0.
		for _, pd := range []float64{.001, .01, .05, .1, .2, .4} {
			apr := BreakEven(product, 12, pd, c)
			if apr <= last {
				t.Errorf("%v: break-even %v at PD %v, %v before", product, apr, pd, last)
			}
			last = apr
		}
	}
}
