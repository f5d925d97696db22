package rule

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
	"relend/data"
	"relend/sim/contract"
)

// Whatever the application, a tighter limit never grants more: for each kind that has a limit, and for each condition.
func TestTighteningNeverGrantsMore(t *testing.T) {
	kinds := map[string]func(x float64) Rule{ // tighter as x rises from 0 to 1
		"worst_delinquency":            func(x float64) Rule { return &WorstDelinquency{MaxDays: 29, LookBack: int(24 * x)} },
		"cooling_off":                  func(x float64) Rule { return &CoolingOff{AfterPayoff: int(12 * x), AfterOrigination: int(20 * x)} },
		"sequence_pause":               func(x float64) Rule { return &SequencePause{Loans: 7 - int(6*x), Pause: 1 + int(6*x)} },
		"min_repaid":                   func(x float64) Rule { return &MinRepaid{Share: x} },
		"concurrent_loans":             func(x float64) Rule { return &ConcurrentLoans{Max: 4 - int(3*x)} },
		"max_ordinal":                  func(x float64) Rule { return &MaxOrdinal{Max: 9 - int(8*x)} },
		"clean_repayments":             func(x float64) Rule { return &CleanRepayments{Min: int(6 * x)} },
		"platform_cap":                 func(x float64) Rule { return &PlatformCap{Max: 7 - int(6*x)} },
		"score_cutoff":                 func(x float64) Rule { return &ScoreCutoff{MaxPD: .3 * (1 - x)} },
		"borrower_ban":                 func(x float64) Rule { return &BorrowerBan{MinIncome: data.Money(20000*x) * data.Unit} },
		"rollover_cap":                 func(x float64) Rule { return &RolloverCap{Max: 7 - int(7*x)} },
		"loan_count_cap":               func(x float64) Rule { return &LoanCountCap{Max: 9 - int(8*x), Window: 1 + int(30*x)} },
		"minimum_term":                 func(x float64) Rule { return &MinimumTerm{Term: int(24 * x)} },
		"apr_cap":                      func(x float64) Rule { return &APRCap{Max: .4 * (1 - x)} },
		"effective_rate_cap":           func(x float64) Rule { return &EffectiveRateCap{Max: .4 * (1 - x)} },
		"daily_rate_cap":               func(x float64) Rule { return &DailyRateCap{Max: .001 * (1 - x)} },
		"indexed_rate_cap":             func(x float64) Rule { return &IndexedRateCap{Multiple: 10 * (1 - x), Base: .04} },
		"total_cost_cap":               func(x float64) Rule { return &TotalCostCap{Max: .4 * (1 - x)} },
		"exposure_cap":                 func(x float64) Rule { return &ExposureCap{Amount: data.Money(1+20000*(1-x)) * data.Unit} },
		"payment_to_income_cap":        func(x float64) Rule { return &PTICap{Max: .5 * (1 - x)} },
		"total_cost_cap monthly":       func(x float64) Rule { return &TotalCostCap{Max: .05, Monthly: .02 * (1 - x)} },
		"exposure_cap equity":          func(x float64) Rule { return &ExposureCap{EquityShare: .1 * (1 - x), Equity: 100000 * data.Unit} },
		"payment_to_income_cap stress": func(x float64) Rule { return &PTICap{Max: .3, Stress: .2 * x} },
		"payment_to_income_cap income": func(x float64) Rule { return &PTICap{Max: .3, Income: 1.01 - x} },
		"limit_ladder":                 func(x float64) Rule { return &LimitLadder{Steps: []float64{2.01 - 2*x}} },
		"step_down":                    func(x float64) Rule { return &StepDown{Shares: []float64{1.2 - x, 1.1 - x}} },
		"product_cap":                  func(x float64) Rule { return &ProductCap{Amount: data.Money(1+20000*(1-x)) * data.Unit} },
	}
	conditions := map[string]func(x float64, c *Clause){
		"earlier": func(x float64, c *Clause) { c.From = Moment{Given: true, Months: 12 - int(12*x)} },
		"later":   func(x float64, c *Clause) { c.Until = Moment{Given: true, Months: int(12 * x)} },
		"obeyed":  func(x float64, c *Clause) { c.Compliance = x },
		"smaller": func(x float64, c *Clause) { c.Perimeter.Amount.Over = data.Money(12000*(1-x)) * data.Unit },
		"larger":  func(x float64, c *Clause) { c.Perimeter.Amount.UpTo = data.Money(1+12000*x) * data.Unit },
		"shorter": func(x float64, c *Clause) { c.Perimeter.Term.Over.Months = int(24 * (1 - x)) },
	}
	rapid.Check(t, func(t *rapid.T) {
		a := fine()
		if rapid.Bool().Draw(t, "idle") {
			a.Idle, a.Own, a.NewestPrincipal, a.NewestBalance, a.NewestInstalment, a.OwnBalance, a.OwnInstalments = true, 0, 0, 0, 0, 0, 0
		}
		a.Gap, a.Since, a.SinceLate[1] = rapid.IntRange(0, 12).Draw(t, "gap"), rapid.IntRange(0, 24).Draw(t, "since"), rapid.IntRange(0, 24).Draw(t, "late")
		a.Outside, a.Clean, a.Now = rapid.IntRange(0, 6).Draw(t, "outside"), rapid.IntRange(0, 6).Draw(t, "clean"), rapid.IntRange(0, 11).Draw(t, "now")
		a.Term, a.Obedience = rapid.IntRange(1, 24).Draw(t, "term"), rapid.Float64Range(0, .999).Draw(t, "obedience")
		a.Taken, a.Sequence, a.RollOvers = rapid.Uint64Range(0, 255).Draw(t, "taken"), rapid.IntRange(0, 6).Draw(t, "sequence"), rapid.IntRange(0, 6).Draw(t, "roll-overs")
		a.NewOrdinal, a.PD, a.BreakEven = rapid.IntRange(1, 9).Draw(t, "ordinal"), rapid.Float64Range(.01, .3).Draw(t, "pd"), rapid.Float64Range(0, .4).Draw(t, "price")
		a.Burden = contract.Burden(a.Product, a.APR/12, a.Term, nil)
		x, y := rapid.Float64Range(0, .99).Draw(t, "loose"), rapid.Float64Range(0, .99).Draw(t, "tight")
		loose, tight := min(x, y), max(x, y)
		compare := func(what string, rule func(x float64) Rule) {
			wider, narrower := Compile([]Rule{rule(loose)}, nil, wide(), 500*data.Unit).Decide(&a), Compile([]Rule{rule(tight)}, nil, wide(), 500*data.Unit).Decide(&a)
			if narrower.Granted && (!wider.Granted || narrower.Amount > wider.Amount || narrower.APR > wider.APR+1e-15 && narrower.Amount == wider.Amount) {
				t.Fatalf("%s: %+v at %v, %+v at %v", what, narrower, tight, wider, loose)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(kinds)) {
			kind := kinds[k]
			compare(k, kind)
			for name, change := range conditions {
				compare(k+" "+name, func(x float64) Rule {
					c := &Clause{Rule: kind(.7), Compliance: 1}
					change(x, c)
					return c
				})
			}
		}
	})
}

// A loan that limits leave inside a dearer tier is offered at that tier's cap, and one that a limit of large loans would
// deny is offered just below them.
func TestPerimeterOfAmounts(t *testing.T) {
	a := fine() // asks for 7,500 at 19 %, break-even 17 %
	tier := &Clause{Rule: &APRCap{Max: .18}, Compliance: 1, Perimeter: Perimeter{Amount: Range{UpTo: 5000 * data.Unit}}}
	for _, c := range []struct {
		rules []Rule
		want  Decision
	}{
		{[]Rule{tier}, Decision{Granted: true, Amount: 7500 * data.Unit, APR: .19, Refinance: true}},
		{[]Rule{tier, &ProductCap{Amount: 5000 * data.Unit}}, Decision{Granted: true, Amount: 5000 * data.Unit, APR: .18, Refinance: true}},
		{[]Rule{tier, &ProductCap{Amount: 5001 * data.Unit}}, Decision{Granted: true, Amount: 5001 * data.Unit, APR: .19, Refinance: true}},
		{[]Rule{&Clause{Rule: &APRCap{Max: .16}, Compliance: 1, Perimeter: Perimeter{Amount: Range{UpTo: 5000 * data.Unit}}}, &ProductCap{Amount: 5000 * data.Unit}},
			Decision{Reason: data.DeniedPrice}},
		{[]Rule{&Clause{Rule: &BorrowerBan{Everyone: true}, Compliance: 1, Perimeter: Perimeter{Amount: Range{Over: 4000 * data.Unit}}}},
			Decision{Granted: true, Amount: 4000 * data.Unit, APR: .19, Refinance: true}},
		{[]Rule{&Clause{Rule: &PTICap{Max: .08}, Compliance: 1, Perimeter: Perimeter{Debt: Range{Over: 9000 * data.Unit}}}},
			Decision{Granted: true, Amount: 4000 * data.Unit, APR: .19, Refinance: true}}, // 9,000 less 5,000 owed elsewhere
	} {
		if got := Compile(c.rules, nil, wide(), 500*data.Unit).Decide(&a); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.rules[0].Sentence("CNY"), got, c.want)
		}
	}
}

// What a rule replaces goes on to bind a running loan that the new value leaves alone.
func TestGrandfather(t *testing.T) {
	old := &Clause{Rule: &RolloverCap{Max: 2}, Compliance: 1, Until: Moment{Given: true, Months: 6}, Keeps: true}
	young := &Clause{Rule: &RolloverCap{}, Compliance: 1, From: Moment{Given: true, Months: 6}, Grandfather: true}
	book := Compile(nil, []Rule{old, young}, wide(), 0)
	for _, c := range []struct {
		now, since, rolled int
		granted            bool
	}{
		{5, 1, 1, true}, {5, 1, 2, false}, // the old value
		{7, 1, 1, true}, {7, 1, 2, false}, // a loan of month 5: still the old one
		{8, 1, 0, false}, // a loan of month 6: the new one
	} {
		a := fine()
		a.Now, a.Since, a.RollOvers = c.now, c.since, c.rolled
		if d := book.Decide(&a); d.Granted != c.granted {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

func TestClauseSentence(t *testing.T) {
	c := &Clause{
		Rule: &APRCap{Max: .24}, From: Moment{Given: true, Months: 6}, Grandfather: true, Compliance: .9,
		Perimeter: Perimeter{Products: []data.Product{data.Annuity}, Amount: Range{Over: 100 * data.Unit, UpTo: 200 * data.Unit}, Term: Span{UpTo: Duration{Months: 6}}},
	}
	const want = "New loans cost at most 24% a year; who cannot be served at that price is refused (from 6 months after the snapshot; loans of the product annuity only; " +
		"loans above 100 CNY up to 200 CNY; terms up to 6 months; borrowers with a loan granted before are not bound while it runs; obeyed for 90% of borrowers)."
	if got := c.Sentence("CNY"); got != want {
		t.Error(got)
	}
}
