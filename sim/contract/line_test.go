package contract

import (
	"testing"

	"pgregory.net/rapid"
	"relend/data"
)

// A line of 10,000.00, 6,000.00 drawn, at 24 % a year: interest 120.00, least payment 5 % = 300.00, so 180.00 of principal;
// then a tenth of what is free, 4,180.00, is drawn.
func TestLineByHand(t *testing.T) {
	line := &Line{Minimum: .05, Floor: 50_00, Draw: .1, Conversion: .5}
	l := Resume(data.Revolving, 10000_00, 6000_00, .24, 12, 12, 1)
	if c := l.Pay(line); c != (Cash{Interest: 120_00, Principal: 180_00, Drawn: 418_00}) || l.Balance != 6238_00 {
		t.Errorf("paid %+v, owes %v", c, l.Balance)
	}
	if b := l.Burden(line); b != 500_00 {
		t.Errorf("burden %v, want the least payment on the limit", b)
	}
	// One month late: nothing is drawn; then two least payments of 311.90, of which 249.52 is interest.
	l.Accrue()
	if c := l.Cure(1, line); c != (Cash{Interest: 249_52, Principal: 374_28}) || l.Balance != 5863_72 {
		t.Errorf("cured %+v, owes %v", c, l.Balance)
	}
	if drawn := l.Convert(line); drawn != 2068_14 || l.Balance != 7931_86 {
		t.Errorf("drew %v before default, owes %v", drawn, l.Balance)
	}
	for _, c := range []struct{ replaced, want data.Money }{{0, 3000_00}, {4000_00, 4000_00}, {20000_00, 10000_00}} {
		if got := (&Line{First: .3}).Opening(10000_00, c.replaced); got != c.want {
			t.Errorf("a new line that replaces %v: %v drawn, want %v", c.replaced, got, c.want)
		}
	}
}

// A line that is never drawn again is paid off: at a rate of 0 its balance after k months is (1-m)^k of the first, down to
// where the floor repays it. One of which everything free is drawn stays at its limit. Whatever happens, the balance
// never leaves 0 to the limit, and what was drawn less what was repaid is what is owed.
func TestLineIdentities(t *testing.T) {
	l := Resume(data.Revolving, 1_000_000_00, 1_000_000_00, 0, 60, 60, 1)
	want := 1_000_000_00.
	for range 20 {
		l.Pay(&Line{Minimum: .1})
		if want *= .9; l.Balance < data.Money(want)-5 || l.Balance > data.Money(want)+5 {
			t.Fatalf("owes %v, want %v", l.Balance, want)
		}
	}
	l = Resume(data.Revolving, 500_00, 500_00, 0, 60, 60, 1)
	for k := 1; k <= 5; k++ {
		if c := l.Pay(&Line{Minimum: .1, Floor: 100_00}); c.Closed != (k == 5) {
			t.Fatalf("payment %d of 5: %+v", k, c)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0, 1)
		line := &Line{share.Draw(t, "minimum"), data.Money(rapid.IntRange(0, 500_00).Draw(t, "floor")), share.Draw(t, "draw"), 0, share.Draw(t, "conversion")}
		limit := data.Money(rapid.IntRange(1_00, 20000_00).Draw(t, "limit"))
		owed := data.Money(rapid.Int64Range(1, int64(limit)).Draw(t, "owed"))
		l := Resume(data.Revolving, limit, owed, rapid.Float64Range(0, 3).Draw(t, "apr"), 12, 12, 1)
		for late := 0; l.Remaining > 0 && late < 4; {
			var c Cash
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				l.Accrue()
				late++
			case 1:
				if late == 0 {
					c = l.Pay(line)
				} else {
					c = l.Stay(line)
				}
			case 2:
				c = l.Cure(late, line)
				late = 0
			}
			if owed += c.Drawn - c.Principal; owed != l.Balance || l.Balance < 0 || l.Balance > limit || c.Interest < 0 || c.Drawn < 0 {
				t.Fatalf("%+v: owes %v of %v, drawn less repaid %v", c, l.Balance, limit, owed)
			}
			if line.Draw == 1 && late == 0 && !c.Closed && c.Drawn > 0 && l.Balance != limit {
				t.Fatalf("owes %v, all of %v was to be drawn", l.Balance, limit)
			}
		}
	})
}
