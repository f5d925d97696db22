package rule

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"relend/data"
)

func wide() Terms {
	return Terms{APRCap: math.Inf(1), TopUp: true, Stack: true, Bureau: Bureau{Coverage: .5}, Conduct: Unbound, Open: 1, Outside: 15}
}

// fine is an application that every rule in the tests allows.
func fine() Application {
	return Application{
		Gap: 6, Since: 9, SinceLate: [3]int{Never, Never, Never}, NewOrdinal: 3, Clean: 2, Own: 1, Income: 8000 * data.Unit, PD: .05,
		NewestPrincipal: 6000 * data.Unit, NewestBalance: 3000 * data.Unit, NewestInstalment: 550 * data.Unit,
		OwnBalance: 3000 * data.Unit, OwnInstalments: 550 * data.Unit, Outside: 1, OutsideBalance: 5000 * data.Unit, OutsideInstal: 650 * data.Unit,
		Asked: 7500 * data.Unit, Base: 6000 * data.Unit, Step: 1, Sequence: 2, Continues: true, First: 10000 * data.Unit, BreakEven: .17, APR: .19, Burden: .0926,
	}
}

// Both sides of every limit.
func TestChecks(t *testing.T) {
	idle := func(a *Application) { a.Idle, a.Own = true, 0 }
	for _, c := range []struct {
		name   string
		rule   Rule
		change func(*Application)
		denied bool
		reason data.Reason
	}{
		{"late 12 months ago", &WorstDelinquency{29, 12}, func(a *Application) { a.SinceLate[1] = 12 }, true, data.DeniedHistory},
		{"late 13 months ago", &WorstDelinquency{29, 12}, func(a *Application) { a.SinceLate[1] = 13 }, false, 0},
		{"10 days late is forgiven", &WorstDelinquency{29, 12}, func(a *Application) { a.SinceLate[0] = 1 }, false, 0},
		{"10 days late is not", &WorstDelinquency{0, 12}, func(a *Application) { a.SinceLate[0] = 1 }, true, data.DeniedHistory},
		{"2 months after payoff", &CoolingOff{AfterPayoff: 3}, func(a *Application) { idle(a); a.Gap = 2 }, true, data.DeniedCoolingOff},
		{"3 months after payoff", &CoolingOff{AfterPayoff: 3}, func(a *Application) { idle(a); a.Gap = 3 }, false, 0},
		{"a running loan is no payoff", &CoolingOff{AfterPayoff: 3}, func(a *Application) { a.Gap = 0 }, false, 0},
		{"5 months after origination", &CoolingOff{AfterOrigination: 6}, func(a *Application) { a.Since = 5 }, true, data.DeniedCoolingOff},
		{"6 months after origination", &CoolingOff{AfterOrigination: 6}, func(a *Application) { a.Since = 6 }, false, 0},
		{"top-up banned", &TopUp{}, func(*Application) {}, true, data.DeniedTopUp},
		{"a top-up ban does not bind repeat loans", &TopUp{}, idle, false, 0},
		{"half repaid", &MinRepaid{Share: .5}, func(*Application) {}, false, 0},
		{"less than 51 % repaid", &MinRepaid{Share: .51}, func(*Application) {}, true, data.DeniedMinRepaid},
		{"a refinance adds no loan", &ConcurrentLoans{Max: 1}, func(*Application) {}, false, 0},
		{"a second loan after payoff", &ConcurrentLoans{Max: 1}, idle, false, 0},
		{"third loan", &MaxOrdinal{Max: 3}, func(*Application) {}, false, 0},
		{"third loan of two", &MaxOrdinal{Max: 2}, func(*Application) {}, true, data.DeniedOrdinal},
		{"two clean", &CleanRepayments{Min: 2}, func(*Application) {}, false, 0},
		{"two clean of three", &CleanRepayments{Min: 3}, func(*Application) {}, true, data.DeniedClean},
		{"two lenders", &PlatformCap{Max: 2}, func(*Application) {}, false, 0},
		{"two lenders of one", &PlatformCap{Max: 1}, func(*Application) {}, true, data.DeniedPlatforms},
		{"PD at the cut-off", &ScoreCutoff{MaxPD: .05}, func(*Application) {}, false, 0},
		{"PD above it", &ScoreCutoff{MaxPD: .049}, func(*Application) {}, true, data.DeniedScore},
		{"second loan of a sequence of three", &SequencePause{Loans: 3, Pause: 2}, func(a *Application) { a.Sequence = 2 }, false, 0},
		{"third one, running", &SequencePause{Loans: 3, Pause: 2}, func(a *Application) { a.Sequence = 3 }, true, data.DeniedCoolingOff},
		{"third one, a month after payoff", &SequencePause{Loans: 3, Pause: 2}, func(a *Application) { idle(a); a.Sequence, a.Gap = 3, 1 }, true, data.DeniedCoolingOff},
		{"third one, two months after", &SequencePause{Loans: 3, Pause: 2}, func(a *Application) { idle(a); a.Sequence, a.Gap = 3, 2 }, false, 0},
		{"income at the bar", &BorrowerBan{MinIncome: 8000 * data.Unit}, func(*Application) {}, false, 0},
		{"income below it", &BorrowerBan{MinIncome: 8000*data.Unit + 1}, func(*Application) {}, true, data.DeniedBorrower},
		{"everyone", &BorrowerBan{Everyone: true}, func(*Application) {}, true, data.DeniedBorrower},
		{"refinancing is a use", &UseBan{Loans: OwnLoans}, func(*Application) {}, true, data.DeniedUse},
		{"a repeat loan is none", &UseBan{Loans: OwnLoans}, idle, false, 0},
		{"owing others", &UseBan{Loans: OutsideLoans}, idle, true, data.DeniedUse},
		{"owing nobody", &UseBan{Loans: AllLoans}, func(a *Application) { idle(a); a.Outside = 0 }, false, 0},
		{"second roll-over", &RolloverCap{Max: 2}, func(a *Application) { a.RollOvers = 1 }, false, 0},
		{"third roll-over", &RolloverCap{Max: 2}, func(a *Application) { a.RollOvers = 2 }, true, data.DeniedRollOvers},
		{"a repeat loan is no roll-over", &RolloverCap{}, func(a *Application) { idle(a); a.RollOvers = 9 }, false, 0},
		{"eight loans in twelve months", &LoanCountCap{Max: 8, Window: 12}, func(a *Application) { a.Taken = 0b111111101 | 1<<12 }, true, data.DeniedWindow},
		{"the eighth 12 months ago", &LoanCountCap{Max: 8, Window: 12}, func(a *Application) { a.Taken = 0b1111111 | 1<<12 }, false, 0},
		{"the eighth 11 months ago", &LoanCountCap{Max: 8, Window: 12}, func(a *Application) { a.Taken = 0b1111111 | 1<<11 }, true, data.DeniedWindow},
		{"the second of a month", &LoanCountCap{Max: 3, Window: 12}, func(a *Application) { a.Taken = Took(Took(Took(0, 1), 1), 11) }, true, data.DeniedWindow},
		{"a window of all steps", &LoanCountCap{Max: 2, Window: 64}, func(a *Application) { a.Taken = 1<<63 | 1 }, true, data.DeniedWindow},
		{"term at the shortest", &MinimumTerm{Term: 6}, func(a *Application) { a.Term = 6 }, false, 0},
		{"term below it", &MinimumTerm{Term: 6}, func(a *Application) { a.Term = 5 }, true, data.DeniedTerm},
		{"daily rate at the cap", &DailyRateCap{Max: .17 / 365}, func(*Application) {}, false, 0},
		{"daily rate above it", &DailyRateCap{Max: .1699 / 365}, func(*Application) {}, true, data.DeniedPrice},
		{"effective rate at the cap", &EffectiveRateCap{Max: .18390}, func(a *Application) { a.Term = 12 }, false, 0}, // (1+.17/12)^12 = 1.183892
		{"effective rate above it", &EffectiveRateCap{Max: .18388}, func(a *Application) { a.Term = 12 }, true, data.DeniedPrice},
		{"of a bullet loan of 6 months", &EffectiveRateCap{Max: .17723}, func(a *Application) { a.Term, a.Product = 6, data.Bullet }, false, 0}, // 1.085^2 = 1.177225
		{"of a bullet loan above it", &EffectiveRateCap{Max: .17722}, func(a *Application) { a.Term, a.Product = 6, data.Bullet }, true, data.DeniedPrice},
		{"four times the index", &IndexedRateCap{Multiple: 4, Base: .0425}, func(*Application) {}, false, 0},
		{"above it", &IndexedRateCap{Multiple: 4, Base: .0424}, func(*Application) {}, true, data.DeniedPrice},
		{"total cost at the cap", &TotalCostCap{Max: .0945}, func(a *Application) { a.Term = 12 }, false, 0}, // 12 instalments of 0.0912048 at 17%: .094457
		{"total cost above it", &TotalCostCap{Max: .0944}, func(a *Application) { a.Term = 12 }, true, data.DeniedCost},
		{"total cost of a bullet loan", &TotalCostCap{Max: .0850001}, func(a *Application) { a.Term, a.Product = 6, data.Bullet }, false, 0},
		{"break-even at the cap", &APRCap{Max: .17}, func(*Application) {}, false, 0},
		{"break-even above it", &APRCap{Max: .169}, func(*Application) {}, true, data.DeniedPrice},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := fine()
			c.change(&a)
			for _, law := range []bool{false, true} {
				var policy, laws []Rule
				if law {
					laws = []Rule{c.rule}
				} else {
					policy = []Rule{c.rule}
				}
				d := Compile(policy, laws, wide(), 500*data.Unit).Decide(&a)
				if d.Granted == c.denied || c.denied && (d.Reason != c.reason || d.ByLaw != law) {
					t.Errorf("law %v: %+v", law, d)
				}
			}
		})
	}
}

func TestStackingAddsALoan(t *testing.T) {
	a := fine()
	b := Compile([]Rule{&TopUp{Stack: true}, &ConcurrentLoans{Max: 1}}, nil, wide(), 0)
	if d := b.Decide(&a); d.Granted || d.Reason != data.DeniedConcurrent {
		t.Errorf("%+v", d)
	}
	// Policy leaves only stacking open, the law only refinancing.
	b = Compile([]Rule{&TopUp{Stack: true}}, []Rule{&TopUp{Allowed: true}}, wide(), 0)
	if d := b.Decide(&a); d.Granted || d.Reason != data.DeniedTopUp {
		t.Errorf("%+v", d)
	}
}

// Amounts by hand: the borrower keeps nothing beside the refinanced loan but one outside loan (5,000 balance, 650
// a month).
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		rule   Rule
		amount data.Money // 0: denied
		reason data.Reason
	}{
		{&ExposureCap{Amount: 11000 * data.Unit}, 6000 * data.Unit, 0},
		{&ExposureCap{Amount: 7999 * data.Unit}, 0, data.DeniedExposure},                   // 2,999 do not cover the 3,000 to be refinanced
		{&ExposureCap{IncomeMultiple: .1}, 4600 * data.Unit, 0},                            // a tenth of 96,000
		{&ExposureCap{Amount: 11000 * data.Unit, IncomeMultiple: .1}, 4600 * data.Unit, 0}, // the smaller one
		{&PTICap{Max: .15}, 5939 * data.Unit, 0},                                           // (1,200 - 650)/.0926 = 5,939.5
		{&PTICap{Max: .08}, 0, data.DeniedPTI},
		{&PTICap{Max: .3, Income: .5}, 5939 * data.Unit, 0},                    // half of income, twice the share
		{&PTICap{Max: .08, Debts: NewDebts, Stress: .12}, 6531 * data.Unit, 0}, // 640/.097980, the factor of 12 months at 31 %
		{&ExposureCap{EquityShare: .1, Equity: 70000 * data.Unit, Debts: OwnDebts}, 7000 * data.Unit, 0},
		{&PTICap{Max: .08, Debts: OwnDebts}, 6911 * data.Unit, 0}, // 640/.0926 = 6,911.4
		{&PTICap{Max: .07, Debts: NewDebts}, 6047 * data.Unit, 0}, // 560/.0926 = 6,047.5
		{&ExposureCap{Amount: 5500 * data.Unit, Debts: OwnDebts}, 5500 * data.Unit, 0},
		{&ExposureCap{Amount: 2500 * data.Unit, Debts: OwnDebts}, 0, data.DeniedExposure},
		{&LimitLadder{Steps: []float64{1, 1.2}}, 7200 * data.Unit, 0},
		{&LimitLadder{Steps: []float64{.4}}, 0, data.DeniedLadder},
		{&StepDown{Shares: []float64{.66, .5, .33}}, 5000 * data.Unit, 0}, // half of 10,000 for the third loan
		{&StepDown{Shares: []float64{.2}}, 0, data.DeniedLadder},
		{&ProductCap{Amount: 5000 * data.Unit}, 5000 * data.Unit, 0},
		{&ProductCap{Amount: 1000 * data.Unit}, 0, data.DeniedProductCap},
	} {
		a := fine()
		a.Term = 12
		d := Compile([]Rule{c.rule}, nil, wide(), 500*data.Unit).Decide(&a)
		if d.Granted != (c.amount > 0) || d.Amount != c.amount || !d.Granted && d.Reason != c.reason || d.Granted && !d.Refinance {
			t.Errorf("%s: %+v, want %v", c.rule.Sentence("CNY"), d, c.amount)
		}
	}
	a := fine()
	a.Asked = 400 * data.Unit
	a.Idle = true
	if d := Compile(nil, nil, wide(), 500*data.Unit).Decide(&a); d.Granted || d.Reason != data.DeniedAmount {
		t.Errorf("below the smallest loan: %+v", d)
	}
}

// Where a limit leaves nothing, nothing is granted, be there a smallest loan or not: alone and with another book.
func TestNoLoanOfNothing(t *testing.T) {
	full := &ExposureCap{Amount: 8000 * data.Unit} // 3,000 are owed here and 5,000 elsewhere
	for _, c := range []struct {
		rule   Rule
		reason data.Reason
	}{
		{full, data.DeniedExposure},
		{&PTICap{Max: .08}, data.DeniedPTI},
		{&Clause{Rule: &BorrowerBan{Everyone: true}, Perimeter: Perimeter{Amount: Range{UpTo: 9000 * data.Unit}}, Compliance: 1}, data.DeniedBorrower},
	} {
		a := fine()
		terms := wide()
		terms.TopUp = false // a further loan that replaces none
		book := Compile([]Rule{c.rule}, nil, terms, 0)
		if d := book.Decide(&a); d.Granted || d.Reason != c.reason {
			t.Errorf("%s: %+v", c.rule.Sentence("CNY"), d)
		}
		if a = fine(); Compile(nil, nil, terms, 0).Decide(&a) != (Decision{Granted: true, Amount: a.Asked, APR: a.APR}) {
			t.Errorf("without the rule not all is granted")
		}
	}
	terms, a := wide(), fine()
	terms.TopUp = false
	books := []*Book{Compile([]Rule{full}, nil, terms, 0), Compile([]Rule{full, &ConcurrentLoans{Max: 4}}, nil, terms, 0)}
	for _, bench := range Benches(books) {
		for _, v := range bench.Judge(&a, bench.Books, nil, nil) {
			if v.Granted || v.Reason != data.DeniedExposure {
				t.Errorf("on a bench: %+v", v.Decision)
			}
		}
	}
	if a.Asked = 0; Compile(nil, nil, terms, 0).Decide(&a).Granted {
		t.Error("who asks for nothing is granted it")
	}
}

// A set of rules never grants what one of them alone denies, nor more than one of them alone allows, and the order
// in which rules are listed changes nothing.
func TestRulesOnlyNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rules []Rule
		for _, k := range Kinds {
			if rapid.Bool().Draw(t, k.Name) {
				r := arbitrary(t, k)
				if !dated(r) && k.Name != "funding_queue" && rapid.Bool().Draw(t, k.Name+" conditions") {
					r = conditioned(t, r)
				}
				rules = append(rules, r)
			}
		}
		a := fine()
		base := wide()
		base.TopUp = rapid.Bool().Draw(t, "refinance") // with both ways open, a rule that closes one opens the other
		base.Stack = !base.TopUp
		a.Idle = rapid.Bool().Draw(t, "idle")
		if a.Idle {
			a.Own, a.NewestPrincipal, a.NewestBalance, a.NewestInstalment, a.OwnBalance, a.OwnInstalments = 0, 0, 0, 0, 0, 0
		}
		a.Gap, a.Since = rapid.IntRange(0, 12).Draw(t, "gap"), rapid.IntRange(0, 24).Draw(t, "since")
		a.Outside, a.Clean = rapid.IntRange(0, 6).Draw(t, "outside"), rapid.IntRange(0, 6).Draw(t, "clean")
		a.PD = rapid.Float64Range(.001, .3).Draw(t, "pd")
		a.Now, a.Term, a.Obedience = rapid.IntRange(0, 12).Draw(t, "now"), rapid.IntRange(1, 24).Draw(t, "term"), rapid.Float64Range(0, .999).Draw(t, "obedience")
		a.Taken, a.Sequence, a.RollOvers = rapid.Uint64().Draw(t, "taken"), rapid.IntRange(0, 6).Draw(t, "sequence"), rapid.IntRange(0, 6).Draw(t, "roll-overs")
		all := Compile(rules, nil, base, 500*data.Unit).Decide(&a)
		for _, r := range rules {
			one := Compile([]Rule{r}, nil, base, 500*data.Unit).Decide(&a)
			if all.Granted && (!one.Granted || all.Amount > one.Amount) {
				t.Fatalf("together %+v, alone %+v: %s", all, one, r.Sentence("CNY"))
			}
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		if shuffled := Compile(rules, nil, base, 500*data.Unit).Decide(&a); shuffled != all {
			t.Fatalf("%+v in one order, %+v in another", all, shuffled)
		}
	})
}

// conditioned puts conditions on a rule.
func conditioned(t *rapid.T, r Rule) Rule {
	money := func(label string) data.Money {
		return data.Money(rapid.Int64Range(0, 12000).Draw(t, label)) * data.Unit
	}
	c := &Clause{Rule: r, Compliance: rapid.SampledFrom([]float64{1, .5}).Draw(t, "compliance")}
	if rapid.Bool().Draw(t, "dated") {
		c.From = Moment{Given: true, Months: rapid.IntRange(0, 9).Draw(t, "from")}
		c.Grandfather = rapid.Bool().Draw(t, "grandfather")
	}
	if rapid.Bool().Draw(t, "amounts") {
		c.Perimeter.Amount.Over = money("over")
		c.Perimeter.Amount.UpTo = c.Perimeter.Amount.Over + money("up to")
	}
	if _, price := r.(Price); !price && !isAPRCap(r) && rapid.Bool().Draw(t, "debts") {
		c.Perimeter.Debt.Over = money("debt")
	}
	if rapid.Bool().Draw(t, "terms") {
		c.Perimeter.Term.Over.Months = rapid.IntRange(0, 12).Draw(t, "term over")
	}
	return c
}

// The cause of a denial, or of an offer of less than is asked, is one of the rules, of the side that decided. Alone it
// decides the same, and without it the decision is another one, as long as no rule depends on the amount, which others
// change. A grant of all that is asked has none.
func TestCause(t *testing.T) {
	caused := 0
	rapid.Check(t, func(t *rapid.T) {
		conditions := rapid.Bool().Draw(t, "conditions")
		var sides [2][]Rule // policy and law
		for _, k := range Kinds {
			if rapid.IntRange(0, 3).Draw(t, k.Name) > 0 {
				continue
			}
			r := arbitrary(t, k)
			if conditions && !dated(r) && k.Name != "funding_queue" {
				r = conditioned(t, r)
			}
			side := rapid.IntRange(0, 1).Draw(t, k.Name+" of")
			sides[side] = append(sides[side], r)
		}
		a := fine()
		a.Gap, a.Since = rapid.IntRange(0, 40).Draw(t, "gap"), rapid.IntRange(0, 40).Draw(t, "since")
		a.Outside, a.Clean = rapid.IntRange(0, 6).Draw(t, "outside"), rapid.IntRange(0, 6).Draw(t, "clean")
		a.Now, a.Term = rapid.IntRange(0, 12).Draw(t, "now"), 12
		terms := wide()
		terms.Grid = data.Grid(rapid.IntRange(0, 2).Draw(t, "grid"))
		book := Compile(sides[0], sides[1], terms, 500*data.Unit)
		d, cause := book.Decide(&a), book.Cause(&a)
		if cause == nil {
			if d.Granted && d.Amount != a.Asked || !d.Granted && d.Reason != data.DeniedTopUp && d.Reason != data.DeniedAmount {
				t.Fatalf("%+v without a cause", d)
			}
			return
		}
		caused++
		side := 0
		if slices.Contains(sides[1], cause) {
			side = 1
		}
		by, _ := Bare(cause).(interface{ Reason() data.Reason })
		switch {
		case !slices.Contains(sides[side], cause) || by == nil:
			t.Fatalf("%+v by a rule that is not there", d)
		case d.Granted && d.Amount == a.Asked, !d.Granted && (d.ByLaw != (side == 1) || by.Reason() != d.Reason):
			t.Fatalf("%+v is not of %s", d, cause.Sentence("CNY"))
		}
		if conditions || !book.Terms.TopUp { // without a ban of top-ups it would be another loan
			return
		}
		decide := func(policy, law []Rule) Decision {
			other := Compile(policy, law, terms, 500*data.Unit).Decide(&a)
			other.APR = d.APR
			return other
		}
		alone, rest := sides, sides
		alone[side], alone[1-side] = []Rule{cause}, nil
		if only := decide(alone[0], alone[1]); only != d {
			t.Fatalf("%+v, alone %+v: %s", d, only, cause.Sentence("CNY"))
		}
		rest[side] = slices.DeleteFunc(slices.Clone(sides[side]), func(r Rule) bool { return r == cause })
		if without := decide(rest[0], rest[1]); without == d && !slices.ContainsFunc(rest[side], func(r Rule) bool {
			also, ok := r.(interface{ Reason() data.Reason }) // several kinds cap the price
			return ok && also.Reason() == by.Reason()
		}) {
			t.Fatalf("%+v, the same without %s", d, cause.Sentence("CNY"))
		}
	})
	if caused == 0 {
		t.Error("no rule ever decided")
	}
}

// arbitrary returns a rule of a kind with parameters drawn from their ranges.
func arbitrary(t *rapid.T, k Kind) Rule {
	r := k.New()
	for _, f := range r.Fields() {
		lo, hi := f.Min, f.Max
		switch v := f.Value.(type) {
		case *float64:
			*v = rapid.Float64Range(lo, min(hi, 1)).Draw(t, f.Name)
		case *int:
			*v = rapid.IntRange(int(lo), int(min(hi, 20))).Draw(t, f.Name)
		case *data.Money:
			*v = data.Money(rapid.Int64Range(1, 20000_00).Draw(t, f.Name))
		case *bool:
			*v = rapid.Bool().Draw(t, f.Name)
		case *[]float64:
			*v = []float64{.5, 1, 2}
		case *string:
			*v = rapid.SampledFrom(f.Choices).Draw(t, f.Name)
		}
	}
	if s, ok := r.(*StepDown); ok {
		s.Shares = []float64{1, .66, .33}
	}
	if w, ok := r.(*WorstDelinquency); ok {
		w.MaxDays = []int{0, 29, 59}[w.MaxDays%3]
	}
	return r
}

// Every kind is documented and says itself in a sentence.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds {
		if seen[k.Name] {
			t.Errorf("%s twice", k.Name)
		}
		seen[k.Name] = true
		if len(k.New().Fields()) == 0 {
			t.Errorf("%s has no fields", k.Name)
		}
		for _, f := range k.New().Fields() {
			if f.Name == "" || f.Meaning == "" || f.Unit == "" || f.Value == nil || f.Unit != "flag" && f.Unit != "choice" && f.Max <= f.Min || (f.Unit == "choice") != (len(f.Choices) > 1) {
				t.Errorf("%s.%s is not documented: %+v", k.Name, f.Name, f)
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			if s := arbitrary(t, k).Sentence("CNY"); !strings.HasSuffix(s, ".") {
				t.Fatalf("%s: %q is no sentence", k.Name, s)
			}
		})
	}
}

// Days and months of a cooling-off add up, in steps of the grid; a grid too coarse for the days says so.
func TestCoolingOffInDays(t *testing.T) {
	r := &CoolingOff{AfterPayoff: 1, AfterPayoffDays: 14, AfterOriginationDays: 30}
	for grid, want := range map[data.Grid]CoolingOff{
		data.HalfMonthly: {AfterPayoff: 3, AfterOrigination: 2},
		data.Weekly:      {AfterPayoff: 6, AfterOrigination: 4},
	} {
		if got := *r.On(grid).(*CoolingOff); got != want {
			t.Errorf("on the grid %v: %+v, want %+v", grid, got, want)
		}
		if err := r.Fits(grid); err != nil {
			t.Errorf("on the grid %v: %v", grid, err)
		}
	}
	if err := r.Fits(data.Monthly); err == nil {
		t.Error("14 days pass on the monthly grid")
	}
	if s := r.Sentence("CNY"); s != "No further loan within 1 month and 14 days of paying off the last one, nor within 30 days of its being granted." {
		t.Error(s)
	}
	look := &WorstDelinquency{MaxDays: 29, LookBack: 12}
	book := Compile([]Rule{look, r}, nil, Terms{Setting: Setting{Grid: data.Weekly}, APRCap: 1}, 0)
	a := Application{Idle: true, Gap: 6, Since: 4, SinceLate: [3]int{Never, 53, Never}, Asked: 1000 * data.Unit, APR: .2}
	if d := book.Decide(&a); !d.Granted {
		t.Errorf("denied: %v", d.Reason)
	}
	a.Gap = 5
	if d := book.Decide(&a); d.Granted || d.Reason != data.DeniedCoolingOff {
		t.Errorf("a week too early: %+v", d)
	}
	a.Gap, a.SinceLate[1] = 6, 52
	if d := book.Decide(&a); d.Granted || d.Reason != data.DeniedHistory {
		t.Errorf("late 52 weeks ago: %+v", d)
	}
}

// A time since the payoff may be as long as the state can tell and no longer, months and days together, on any grid: a longer
// one would never end.
func TestLongestPause(t *testing.T) {
	for _, grid := range []data.Grid{data.Monthly, data.HalfMonthly, data.Weekly} {
		for months := 48; months <= data.MaxGap; months++ {
			for _, days := range []int{0, 30 * (data.MaxGap - months), 30*(data.MaxGap-months) + 2*grid.Days()} { // a step may be lost to rounding
				for _, r := range []Timed{&CoolingOff{AfterPayoff: months, AfterPayoffDays: days}, &SequencePause{Loans: 1, Pause: months, PauseDays: days}} {
					fits := 30*months+days <= 30*data.MaxGap
					if err := r.Fits(grid); (err == nil) != fits || !fits && !strings.Contains(err.Error(), "allowed 60 months, days included") {
						t.Errorf("%d months and %d days on the grid %v: %v", months, days, grid, err)
					}
					if book := Compile([]Rule{r}, nil, Terms{Setting: Setting{Grid: grid}, APRCap: 1}, 0); fits {
						a := Application{Idle: true, Gap: grid.FromMonths(data.MaxGap), Sequence: 1, Asked: 1000 * data.Unit, APR: .2}
						if !book.Decide(&a).Granted {
							t.Errorf("%d months and %d days on the grid %v never end", months, days, grid)
						}
					}
				}
			}
		}
	}
	for _, r := range []Rule{&CoolingOff{}, &SequencePause{}} {
		for _, f := range r.Fields() {
			if f.Unit == "months" && f.Name != "after_origination" && f.Max != data.MaxGap {
				t.Errorf("%s: up to %v months", f.Name, f.Max)
			}
		}
	}
}

// A rule is never in force where its dates round to one step of the grid, or are in the wrong order.
func TestVoid(t *testing.T) {
	date := func(month time.Month, day int) Moment {
		return Moment{Given: true, Date: time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)}
	}
	after := func(months int) Moment { return Moment{Given: true, Months: months} }
	for _, c := range []struct {
		name        string
		grid        data.Grid
		from, until Moment
		keeps, void bool
	}{
		{"a week on the monthly grid", data.Monthly, date(3, 1), date(3, 8), false, true},
		{"a week on the weekly grid", data.Weekly, date(3, 1), date(3, 8), false, false},
		{"a month", data.Monthly, date(3, 1), date(4, 1), false, false},
		{"from a date on, until a month before it", data.Monthly, date(7, 1), after(5), false, true},
		{"from a month on, until a date before it", data.Monthly, after(5), date(3, 1), false, true},
		{"from a date on, until a month after it", data.Monthly, date(3, 1), after(5), false, false},
		{"it goes on to bind running loans", data.Monthly, date(3, 1), date(3, 8), true, false},
		{"without an end", data.Monthly, date(3, 1), Moment{}, false, false},
		{"without a beginning", data.Monthly, Moment{}, date(3, 1), false, false},
	} {
		law := &Clause{Rule: &BorrowerBan{Everyone: true}, From: c.from, Until: c.until, Keeps: c.keeps, Compliance: 1}
		where := &Setting{Grid: c.grid, AsOf: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)}
		if err := law.Check(); err != nil || len(Fits(law, where)) > 0 {
			t.Errorf("%s: refused: %v, %v", c.name, err, Fits(law, where))
		}
		if got := Void(law, where); got != c.void {
			t.Errorf("%s: never in force: %v", c.name, got)
		}
		book, binds := Compile(nil, []Rule{law}, Terms{APRCap: 1, Setting: *where}, 0), false
		for now := range 120 {
			a := Application{Idle: true, Now: now, Asked: 1000 * data.Unit, APR: .2}
			binds = binds || !book.Decide(&a).Granted
		}
		if !c.keeps && binds == c.void {
			t.Errorf("%s: it binds: %v", c.name, binds)
		}
	}
}

// An addressed lender is bound, another one not, and one of no stated kind by all.
func TestAddresses(t *testing.T) {
	banks := &Clause{Rule: &APRCap{Max: .2}, Compliance: 1, Perimeter: Perimeter{Lenders: []string{"bank"}}}
	others := &Clause{Rule: &APRCap{Max: .2}, Compliance: 1, Perimeter: Perimeter{Others: []string{"bank"}}}
	for _, c := range []struct {
		rule   Rule
		lender string
		want   bool
	}{
		{banks, "bank", true}, {banks, "microloan", false}, {banks, "", true},
		{others, "bank", false}, {others, "microloan", true}, {others, "", true}, {&APRCap{Max: .2}, "bank", true},
	} {
		if got := Addresses(c.rule, c.lender); got != c.want {
			t.Errorf("%s for %q: %v", c.rule.Sentence("CNY"), c.lender, got)
		}
	}
}

// A cost of 20 % and 4 % a month begun, by hand; a risk weight and an own share divide the multiple.
func TestPartsOfALimit(t *testing.T) {
	for _, c := range []struct {
		term  int
		limit float64
	}{{1, .24}, {6, .44}, {12, .68}} {
		r := &TotalCostCap{Max: .2, Monthly: .04}
		a := Application{Product: data.Bullet, Term: c.term}
		if got := r.Most(&a) * float64(c.term) / 12; math.Abs(got-c.limit) > 1e-9 {
			t.Errorf("%d months cost %v, want %v", c.term, got, c.limit)
		}
		week := r.On(data.Weekly).(*TotalCostCap)
		a.Term = 5 // 5 weeks: a second month is begun
		if got := week.Most(&a) * 5 / 52; math.Abs(got-.28) > 1e-9 {
			t.Errorf("5 weeks cost %v, want .28", got)
		}
	}
	l := &Ledger{Balance: 800 * data.Unit}
	for _, c := range []struct {
		rule *LeverageCap
		cash data.Money
	}{
		{&LeverageCap{Multiple: 5, Equity: 200 * data.Unit}, 200 * data.Unit},
		{&LeverageCap{Multiple: 5, Equity: 200 * data.Unit, RiskWeight: 1.25}, 0},
		{&LeverageCap{Multiple: 5, Equity: 200 * data.Unit, OwnShare: .5}, 1200 * data.Unit},
		{&LeverageCap{Multiple: 5, Equity: 200 * data.Unit, OwnShare: .5, RiskWeight: 2}, 200 * data.Unit},
	} {
		if got := c.rule.Govern(l, &Memory{}).Cash; got != c.cash {
			t.Errorf("%s: %v, want %v", c.rule.Sentence("CNY"), got, c.cash)
		}
	}
}

// What data_sharing says is what it does: bounds that are not given are none, days and months the shorter.
func TestDataSharing(t *testing.T) {
	for _, c := range []struct {
		rule     DataSharing
		want     Bureau
		sentence string
	}{
		{DataSharing{Coverage: .9, Lag: 3, Missed: 1, Mistaken: 1}, Bureau{.9, 2, .2, .1},
			"The bureau shows at least 90% of outside loans; at least 0% of outside lenders see denials here and deny as well."},
		{DataSharing{Lag: 1, Missed: 1, Mistaken: 1}, Bureau{.5, 1, .2, .1}, "Loans show after at most 1 month."},
		{DataSharing{Lag: 3, LagDays: 30, Missed: 1, Mistaken: 1}, Bureau{.5, 1, .2, .1}, "Loans show after at most 30 days."},
		{DataSharing{Lag: 1, LagDays: 60, Missed: 1, Mistaken: 1}, Bureau{.5, 1, .2, .1}, "Loans show after at most 1 month or 60 days."},
		{DataSharing{Missed: .05, Mistaken: 0}, Bureau{.5, 0, .05, 0},
			"Loans show at once; at most 5% of loans reported are missing from files; at most 0% of files show a loan too many."},
	} {
		terms := Terms{Bureau: Bureau{.5, 2, .2, .1}}
		c.rule.On(data.Monthly).(*DataSharing).Apply(&terms)
		if terms.Bureau != c.want || c.rule.Sentence("CNY") != c.sentence {
			t.Errorf("%+v gives %+v and says %q", c.rule, terms.Bureau, c.rule.Sentence("CNY"))
		}
	}
	if err := (&DataSharing{LagDays: 5}).Fits(data.Monthly); err == nil {
		t.Error("5 days on a grid of months")
	}
	if longest := data.Weekly.FromMonths(maxLag); longest > MostLag {
		t.Errorf("%d steps do not fit", longest)
	}
}

// A rule is bound exactly where, alone, it denies or cuts; a hearing changes no decision; and the cause is among the bound.
func TestHearing(t *testing.T) {
	several := 0
	rapid.Check(t, func(t *rapid.T) {
		var rules []Rule
		for _, k := range Kinds {
			if k.Name != "top_up" && rapid.IntRange(0, 2).Draw(t, k.Name) == 0 { // without top-ups it would be another loan
				r := arbitrary(t, k)
				if rapid.Bool().Draw(t, "dated") && !dated(r) && k.Name != "funding_queue" {
					r = &Clause{Rule: r, From: Moment{Given: true, Months: rapid.IntRange(0, 12).Draw(t, "from")}, Compliance: 1}
				}
				rules = append(rules, r)
			}
		}
		a := fine()
		a.Gap, a.Since, a.Idle = rapid.IntRange(0, 40).Draw(t, "gap"), rapid.IntRange(0, 40).Draw(t, "since"), rapid.Bool().Draw(t, "idle")
		a.Outside, a.Clean, a.Now, a.Term = rapid.IntRange(0, 6).Draw(t, "outside"), rapid.IntRange(0, 6).Draw(t, "clean"), 6, 12
		terms, h := wide(), &Hearing{Bound: []int{7}}
		book := Compile(rules, nil, terms, 500*data.Unit)
		h.Clear()
		d, cause := book.Judge(&a, h)
		if d != book.Decide(&a) {
			t.Fatalf("heard %+v, decided %+v", d, book.Decide(&a))
		}
		if cause >= 0 && !slices.Contains(h.Bound, cause) {
			t.Fatalf("the cause %d is not among the bound %v", cause, h.Bound)
		}
		for i, r := range rules {
			alone := Compile([]Rule{r}, nil, terms, 500*data.Unit).Decide(&a)
			against := !alone.Granted || alone.Amount < a.Asked
			if bound := slices.Contains(h.Bound, i); bound != against {
				t.Fatalf("%s: alone %+v, bound in %v", r.Sentence("CNY"), alone, h.Bound)
			}
		}
		if len(h.Bound) > 1 {
			several++
		}
	})
	if several == 0 {
		t.Error("never more than one rule was bound")
	}
}

// What is withheld bounds coverage, whichever rule comes first and for as long as it holds; a rule that asks for both is
// wrong.
func TestWithheld(t *testing.T) {
	more, less := &DataSharing{Coverage: 1}, &DataSharing{Withheld: .7}
	for _, rules := range [][]Rule{{more, less}, {less, more}} {
		if got := Compile(rules, nil, wide(), 0).Terms.Coverage; math.Abs(got-.3) > 1e-15 {
			t.Errorf("coverage %v where 70%% are withheld", got)
		}
	}
	for month, want := range []float64{.5, .5, 0, 0, .5} {
		c := &Clause{Rule: &DataSharing{Withheld: 1}, Compliance: 1, From: Moment{Given: true, Months: 2}, Until: Moment{Given: true, Months: 4}}
		if got := Compile(nil, []Rule{c}, wide(), 0).At(month).Coverage; got != want {
			t.Errorf("month %d: coverage %v, want %v", month, got, want)
		}
	}
	if err := (&DataSharing{Coverage: .5, Withheld: .6}).Check(); err == nil {
		t.Error("a contradiction passes")
	}
}

// Each loan granted has a bit of its own, at its step or in the nearest one before it, in whatever order they are told; those
// beyond the last bit are lost.
func TestTook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 70), 0, 80).Draw(t, "steps")
		var taken, want uint64
		for _, ago := range steps {
			taken = Took(taken, ago)
		}
		slices.Sort(steps)
		for _, ago := range steps {
			for ago < MostSteps && want>>ago&1 == 1 {
				ago++
			}
			if ago < MostSteps {
				want |= 1 << ago
			}
		}
		if taken != want {
			t.Errorf("%v: %b, want %b", steps, taken, want)
		}
	})
}
