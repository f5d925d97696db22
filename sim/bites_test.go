package sim

import (
	"reflect"
	"slices"
	"testing"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rule"
)

// ledgerOf sums what a run counts of a clause of an arm.
func ledgerOf(r *data.Results, arm, clause int) (sum [data.NumBites]int64) {
	for batch := range r.Run.Batches() {
		for m := 1; m <= r.Run.Months; m++ {
			for k, n := range r.Bites(arm, batch, data.Month(m), clause) {
				sum[k] += n
			}
		}
	}
	return sum
}

func total(r *data.Results, arm int, heard bool, counters ...data.Counter) (sum int64) {
	for path := range r.Run.Paths {
		for m := range r.Run.Months + 1 {
			for _, c := range counters {
				if !heard || r.Run.Heard(path) {
					sum += r.Row(arm, path, data.Month(m))[c]
				}
			}
		}
	}
	return sum
}

// ledgerArms are arms whose rules overlap, by the lender and by law, with controls too.
func ledgerArms() []Arm {
	law := arm("law", &rule.CoolingOff{AfterPayoff: 3}, &rule.ExposureCap{Amount: 9000 * data.Unit})
	law.Law, law.Scope = []rule.Rule{
		&rule.CoolingOff{AfterPayoff: 6},
		clause(&rule.PTICap{Max: .2}, func(c *rule.Clause) { c.From, c.Compliance = after(4), .6 }),
		clause(&rule.ExposureCap{Amount: 5000 * data.Unit}, func(c *rule.Clause) { c.Perimeter.Amount.UpTo = 20000 * data.Unit }),
	}, .5
	steered := arm("steered", &rule.CleanRepayments{Min: 2}, &rule.StopLending{Close: .02, Open: .01, Hold: 1}, &rule.SlowLending{From: .001, Until: .1},
		&rule.FundingBudget{Share: .01})
	both := arm("ways", &rule.TopUp{Stack: true})
	soft := arm("soft", clause(&rule.PTICap{Max: .1}, func(c *rule.Clause) { c.Quota = &rule.Quota{Share: .2} }), &rule.AverageRateCap{Max: .2, Window: 2})
	return append(manyArms(), law, steered, both, soft)
}

// What rules decide adds up to the denials, in every month, whatever the reasons; every clause is asked by every
// application unless it has conditions; and the ledger of arms together, for any number of workers, is that of each alone.
func TestLedger(t *testing.T) {
	p, s, arms := book(120), settings(10, 40), ledgerArms()
	s.Applicants, s.Design = []Applicants{{Count: 5}}, factor.Plain
	r := mustRun(t, p, s, 2, arms...)
	if other := mustRun(t, p, s, 1, arms...); !reflect.DeepEqual(other.Ledger, r.Ledger) {
		t.Error("one worker counts otherwise than two")
	}
	decisive := map[string]bool{}
	for a := range arms {
		if a%4 == 0 || a >= len(arms)-4 {
			if alone := mustRun(t, p, s, 2, arms[a]); !slices.Equal(alone.Ledger[0], r.Ledger[a]) {
				t.Errorf("%s: the ledger of the arm alone is another one", arms[a].Name)
			}
		}
		var denied []data.Counter
		for reason := range data.Reason(data.NumReasons) {
			denied = append(denied, data.Denied(reason))
		}
		decided, asked := int64(0), total(r, a, true, data.Applications)
		for i, c := range r.Run.Arms[a].Clauses {
			n := ledgerOf(r, a, i)
			decided += n[data.Decided]
			decisive[c.Name] = decisive[c.Name] || n[data.Decided] > 0
			all := c.Reason != "" && (i >= len(arms[a].Policy)+len(arms[a].Law) || !rule.Conditional(slices.Concat(arms[a].Policy, arms[a].Law)[i]))
			if all && n[data.Asked] != asked || n[data.Asked] > asked || n[data.WouldBind] > n[data.Asked] || c.Reason == "" && n != [data.NumBites]int64{} {
				t.Errorf("%s: %s: %d of %d applications asked, %v", arms[a].Name, c.Name, n[data.Asked], asked, n)
			}
		}
		if want := total(r, a, false, denied...); decided != want {
			t.Errorf("%s: rules decide %d denials of %d", arms[a].Name, decided, want)
		}
	}
	for _, name := range []string{"cooling_off", "payment_to_income_cap", "exposure_cap", "stop_lending", "slow_lending", "funding_budget", "apr_cap", "top_up", "min_repaid", "average_rate_cap", "ways_combined"} {
		if !decisive[name] {
			t.Errorf("%s never decides: the test sees nothing of it", name)
		}
	}
}

// Two rules with one reason are told apart: the lender's own pause comes first, so the longer one of the law decides what
// it leaves, and binds all that the shorter one does.
func TestLedgerTellsRulesApart(t *testing.T) {
	a := arm("law", &rule.CoolingOff{AfterPayoff: 2})
	a.Arm.Policy, a.Regulation = "strict", "pause"
	a.Law = []rule.Rule{&rule.CoolingOff{AfterPayoff: 5}}
	r := mustRun(t, book(400), settings(12, 8), 2, a)
	own, law := len(defaultPolicy()), len(defaultPolicy())+1
	if c := r.Run.Arms[0].Clauses; c[own].Of != "strict" || c[own].Law || c[law].Of != "pause" || !c[law].Law || c[own].Reason != c[law].Reason {
		t.Fatalf("clauses %+v and %+v", c[own], c[law])
	}
	x, y := ledgerOf(r, 0, own), ledgerOf(r, 0, law)
	if x[data.Decided] == 0 || y[data.Decided] == 0 || x[data.Decided]+y[data.Decided] != total(r, 0, false, data.Denied(data.DeniedCoolingOff)) {
		t.Errorf("the lender's pause decides %d, the law's %d", x[data.Decided], y[data.Decided])
	}
	if y[data.WouldBind] <= x[data.WouldBind] || y[data.WouldBind] < y[data.Decided]+x[data.WouldBind] { // all 4 replicates are heard
		t.Errorf("the law's pause binds %d applications, the lender's %d", y[data.WouldBind], x[data.WouldBind])
	}
}

// A limit that cuts: amounts asked for are refused, cut or offered. With nobody to refuse and offers that are always taken
// up, what is cut is what is asked for less what is lent.
func TestLedgerOfMoney(t *testing.T) {
	a := open(&rule.ExposureCap{Amount: 1500 * data.Unit, Debts: rule.OwnDebts})
	a.Behaviour.Take, a.Behaviour.AmountMin = [4]float64{40}, 1
	p := book(300)
	for i := range p.Loans {
		p.Loans[i].Product = data.Annuity
	}
	r := mustRun(t, p, settings(12, 8), 2, a)
	refused, cut := int64(0), int64(0)
	for i := range r.Run.Arms[0].Clauses {
		n := ledgerOf(r, 0, i)
		refused, cut = refused+n[data.Refused], cut+n[data.Cut]
	}
	if n := ledgerOf(r, 0, 1); n[data.Reduced] == 0 || n[data.Cut] != cut || n[data.Refused] == 0 {
		t.Errorf("the cap on exposure: %v", n)
	}
	if total(r, 0, false, data.NotTakenUp) == 0 {
		if lent, asked := total(r, 0, false, data.Disbursed), total(r, 0, false, data.RequestedAmount); asked != refused+cut+lent {
			t.Errorf("asked for %d: refused %d, cut %d, lent %d", asked, refused, cut, lent)
		}
	} else {
		t.Error("some offers were not taken up")
	}
}

// A run that breaks the law of the ledger is refused, with the month and the reason.
func TestLedgerAudit(t *testing.T) {
	a := arm("x", &rule.CoolingOff{AfterPayoff: 2})
	a.Clauses = clauses(&a, "CNY")
	at := len(defaultPolicy())
	totals := make([]int64, 3*int(data.NumCounters))
	counters(totals, 1)[data.Denied(data.DeniedCoolingOff)], counters(totals, 1)[data.Applications] = 2, 3
	b := newBites(&a, 2)
	b.causes[b.clauses+at].decided = 2
	if err := b.close(&a, 0, totals, true); err != nil {
		t.Errorf("a ledger that adds up: %v", err)
	}
	b.causes[b.clauses+at].decided = 1
	if err := b.close(&a, 0, totals, true); err == nil {
		t.Error("a denial without a rule passes")
	}
	b.causes[b.clauses+at].decided, b.others[b.clauses+at] = 2, 2
	if err := b.close(&a, 0, totals, true); err == nil {
		t.Error("a rule that binds more applications than there are passes")
	}
}
