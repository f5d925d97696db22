package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// long skips a test that takes seconds where a short run is asked for, as under the race detector.
func long(t *testing.T) {
	if testing.Short() {
		t.Skip("long test")
	}
}

func TestStateIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(state{}); n > 264 {
		t.Errorf("a state takes %d bytes, at most 264 are meant to be copied when arms part", n)
	}
}

// The first 12 months of a 24-month run are the 12-month run.
func TestPrefix(t *testing.T) {
	p, arms := book(300), manyArms()[:6]
	short, long := mustRun(t, p, settings(12, 4), 2, arms...), mustRun(t, p, settings(24, 4), 2, arms...)
	for a := range arms {
		for path := range 4 {
			for m := range data.Month(13) {
				if !slices.Equal(short.Row(a, path, m), long.Row(a, path, m)) {
					t.Fatalf("arm %s path %d month %d differs", arms[a].Name, path, m)
				}
			}
		}
	}
}

// only returns the portfolio of the borrowers for which keep is true.
func only(p *data.Portfolio, keep func(i int) bool) *data.Portfolio {
	q := *p
	q.Borrowers = nil
	for i, b := range p.Borrowers {
		if keep(i) {
			q.Borrowers = append(q.Borrowers, b)
		}
	}
	return &q
}

// samePD gives all borrowers one PD, so that leaving some out does not change the anchoring of the others.
func samePD(p *data.Portfolio) *data.Portfolio {
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = .06
	}
	return p
}

// Borrowers do not touch each other: the counts of a book are the sums over its parts, path by path, in every
// arm. So a rule that changes one borrower's history changes no other's.
func TestBorrowersAdd(t *testing.T) {
	long(t)
	p, arms := samePD(book(60)), manyArms()
	whole := mustRun(t, p, settings(24, 2), 1, arms...)
	sum := make([][]int64, len(arms))
	for a := range sum {
		sum[a] = make([]int64, len(whole.Counts[a]))
	}
	for i := range p.Borrowers {
		one := mustRun(t, only(p, func(j int) bool { return i == j }), settings(24, 2), 1, arms...)
		for a := range sum {
			for k, v := range one.Counts[a] {
				sum[a][k] += v
			}
		}
	}
	for a := range arms {
		if !slices.Equal(sum[a], whole.Counts[a]) {
			t.Errorf("arm %s: the counts of single borrowers do not add up to those of the book", arms[a].Name)
		}
	}
}

// A borrower of weight 3 counts three times, and the order of borrowers does not matter.
func TestWeightAndOrder(t *testing.T) {
	p, arms := samePD(book(50)), manyArms()[:4]
	one := mustRun(t, p, settings(24, 2), 1, arms...)
	q := *p
	q.Borrowers = slices.Clone(p.Borrowers)
	slices.Reverse(q.Borrowers)
	for i := range q.Borrowers {
		q.Borrowers[i].Weight = 3
	}
	three := mustRun(t, &q, settings(24, 2), 1, arms...)
	for a := range arms {
		for k, v := range one.Counts[a] {
			if three.Counts[a][k] != 3*v {
				t.Fatalf("arm %s: %d, want 3 x %d", arms[a].Name, three.Counts[a][k], v)
			}
		}
	}
}

// Cells and margins add up to the totals, in sums and for replicates of one path in squares.
func TestCellsAddUp(t *testing.T) {
	r := mustRun(t, book(200), settings(18, 2), 1, arm("base"))
	block := len(r.Cells[0][0].Sum)
	total, all := make([]int64, block), data.CellSums{}
	for _, c := range r.Cells[0] {
		if c.Cell == (data.Cell{Segment: data.All, Product: data.All, Ordinal: data.All}) {
			all = c
		} else if c.Cell.Segment != data.All && c.Cell.Product != data.All {
			for k, v := range c.Sum {
				total[k] += v
			}
		}
	}
	if !slices.Equal(total, all.Sum) {
		t.Error("single cells do not add up to the margin over everything")
	}
	for m := range data.Month(19) {
		for c := range data.NumCounters {
			want := int64(0)
			for path := range 2 {
				for to := range m + 1 {
					if !c.IsStock() || to == m {
						want += r.Row(0, path, to)[c]
					}
				}
			}
			k := int(m)*int(data.NumCounters) + int(c)
			if all.Sum[k] != want {
				t.Fatalf("month %d %v: cell sum %d, paths give %d", m, c, all.Sum[k], want)
			}
			if f := float64(want) * float64(want); all.Squares[k] > f*(1+1e-12) || all.Squares[k] < f*(1-1e-12) {
				t.Fatalf("month %d %v: square %v, want %v", m, c, all.Squares[k], f)
			}
		}
	}
}

// The audit that every run passes catches a broken ledger.
func TestAuditCatches(t *testing.T) {
	r := mustRun(t, book(100), settings(12, 2), 1, arm("base"))
	population := int64(100)
	block := 13 * int(data.NumCounters)
	good := r.Counts[0][:block]
	if err := audit("base", 0, good, population); err != nil {
		t.Fatal(err)
	}
	if name := r.Run.Checks[0].Name; name != "opening balance + disbursed + drawn - repaid - charged off = closing balance" {
		t.Errorf("the check is called %q", name)
	}
	for _, c := range []data.Counter{data.BalanceD1, data.Disbursed, data.Drawn, data.PrincipalRepaid, data.ChargedOff, data.BorrowersIdle, data.Applications, data.Denied(data.DeniedPrice)} {
		bad := slices.Clone(good)
		counters(bad, 6)[c]++
		var broken *InvariantError
		if err := audit("base", 0, bad, population); !errors.As(err, &broken) {
			t.Errorf("one too many %v goes unnoticed", c)
		}
	}
	for stage, most := range map[int]data.Counter{2: data.BalanceStage2, 3: data.BalanceDefault} {
		bad := slices.Clone(good)
		row := counters(bad, 6)
		row[data.Provision(stage)] = row[most] + 1
		if audit("base", 0, bad, population) == nil {
			t.Errorf("provisions of stage %d beyond its balance go unnoticed", stage)
		}
	}
}

// A path allocates its tables of the economy and nothing per borrower or month.
func TestNoAllocationPerBorrower(t *testing.T) {
	allocations := func(borrowers int) float64 {
		plan, err := NewPlan(book(borrowers), manyArms()[:8], settings(24, 2))
		if err != nil {
			t.Fatal(err)
		}
		w := newWorker(plan)
		counts := make([][]int64, 8)
		for a := range counts {
			counts[a] = make([]int64, 2*len(w.scratch))
		}
		return testing.AllocsPerRun(5, func() {
			for a := range counts {
				clear(counts[a])
			}
			if err := w.path(context.Background(), 0, counts); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := allocations(200), allocations(2000)
	if many > few+2 {
		t.Errorf("%v allocations with 200 borrowers, %v with 2,000", few, many)
	}
}

// Where the portfolio has no PD, each arm's own behaviour gives the PD that its lender sees: an arm that is run beside
// one of another behaviour is as when run alone.
func TestUnscoredArmsKeepTheirPDs(t *testing.T) {
	p := book(300)
	p.HasPD = false
	a, b := arm("low", &rule.ScoreCutoff{MaxPD: .06}), arm("high", &rule.ScoreCutoff{MaxPD: .06})
	b.Behaviour.Miss0 *= 3
	s := settings(12, 4)
	together := mustRun(t, p, s, 2, a, b)
	for i, one := range []Arm{a, b} {
		if alone := mustRun(t, p, s, 2, one); !slices.Equal(alone.Counts[0], together.Counts[i]) {
			t.Errorf("arm %s differs beside another", one.Name)
		}
	}
}

// Where the portfolio has PDs, risk.miss0 is the base hazard from which take_up.k3 counts and nothing else.
func TestReferenceOfTakeUp(t *testing.T) {
	p, s := book(300), settings(12, 2)
	run := func(k3, miss0 float64) []int64 {
		a := arm("base")
		a.Behaviour.Take[3], a.Behaviour.Miss0 = k3, miss0
		return mustRun(t, p, s, 2, a).Counts[0]
	}
	if !slices.Equal(run(0, 1e-12), run(0, .02)) {
		t.Error("without take_up.k3 risk.miss0 matters")
	}
	if slices.Equal(run(.2, 1e-12), run(.2, .02)) {
		t.Error("with take_up.k3 risk.miss0 does not matter")
	}
}

// Every behaviour parameter changes what happens in an arm where it can: none is read and ignored.
func TestEveryParameterMatters(t *testing.T) {
	long(t)
	p := book(600)
	base := arm("base", &rule.TopUp{Allowed: true})
	base.Behaviour.BOrd = [4]float64{.1, .1, .1, .1}
	base.Behaviour.Share = .1
	base.Behaviour.DepPTI, base.Behaviour.DepX, base.Behaviour.DepEntry = .3, 2, .8
	base.Behaviour.Fraud, base.Behaviour.BustSlope = [2]float64{.1, .1}, .3
	base.Behaviour.AmountMin = 1500
	base.Behaviour.FeeAmount, base.Behaviour.FeeShare = 1, .001
	base.Behaviour.Education = .5
	base.Macro.Unemployment, base.Macro.GDP, base.Macro.LPR = []float64{1}, []float64{-1}, []float64{1}
	base.Policy = append(base.Policy, &rule.PlatformCap{Max: 3}, &rule.ExposureCap{Amount: 30000 * data.Unit}, &rule.PTICap{Max: .6})
	without := book(600)
	without.HasPD = false
	var controls []rule.Rule
	s := settings(30, 2)
	s.Applicants = []Applicants{{Count: 20}}
	run := func(portfolio *data.Portfolio, change func(*behaviour.Params)) *data.Results {
		a := base
		a.Policy = append(slices.Clone(a.Policy), controls...)
		change(&a.Behaviour)
		return mustRun(t, portfolio, s, 2, a)
	}
	nothing := func(*behaviour.Params) {}
	reference, unscored := run(p, nothing), run(without, nothing)
	for _, d := range behaviour.Registry() {
		t.Run(d.Name, func(t *testing.T) {
			portfolio, want := p, reference
			if d.Name == "risk.miss0" || d.Name == "risk.pti_ref" {
				portfolio, want = without, unscored
			}
			if controls = nil; d.Name == "rep.k" { // matters while lending is stopped only
				controls = []rule.Rule{&rule.StopLending{Close: .02, Open: .01, Hold: 2}}
				want = run(p, nothing)
			}
			other := d.Max
			if v := d.Value(&base.Behaviour); v > d.Min {
				other = max(d.Min, v*.6)
			} else if d.Unit == "coefficient" {
				other = .3
			}
			if d.Integer {
				other = float64(int(other))
			}
			changed := run(portfolio, func(b *behaviour.Params) { d.Set(b, other) })
			// Costs act through the margin, in the report, and through the price.
			if slices.Equal(want.Counts[0], changed.Counts[0]) && want.Run.Costs == changed.Run.Costs {
				t.Errorf("%s: %v and %v give the same counts", d.Name, d.Value(&base.Behaviour), other)
			}
		})
	}
}

// Every kind of rule denies with its own reason, or changes terms.
func TestEveryRuleBites(t *testing.T) {
	long(t)
	p := book(500)
	open := Arm{Arm: data.Arm{Name: "open"}, Behaviour: behaviour.Default()}
	open.Behaviour.LateFeeShare = .1
	reference := mustRun(t, p, settings(30, 2), 1, open)
	for _, c := range []struct {
		kind   string
		rule   rule.Rule
		reason int
	}{
		{"worst_delinquency", &rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, int(data.DeniedHistory)},
		{"cooling_off", &rule.CoolingOff{AfterPayoff: 2, AfterOrigination: 3}, int(data.DeniedCoolingOff)},
		{"top_up", &rule.TopUp{}, int(data.DeniedTopUp)},
		{"min_repaid", &rule.MinRepaid{Share: .5}, int(data.DeniedMinRepaid)},
		{"concurrent_loans", &rule.ConcurrentLoans{Max: 1}, int(data.DeniedConcurrent)},
		{"max_ordinal", &rule.MaxOrdinal{Max: 4}, int(data.DeniedOrdinal)},
		{"clean_repayments", &rule.CleanRepayments{Min: 2}, int(data.DeniedClean)},
		{"platform_cap", &rule.PlatformCap{Max: 2}, int(data.DeniedPlatforms)},
		{"score_cutoff", &rule.ScoreCutoff{MaxPD: .08}, int(data.DeniedScore)},
		{"apr_cap", &rule.APRCap{Max: .2}, int(data.DeniedPrice)},
		{"exposure_cap", &rule.ExposureCap{IncomeMultiple: .05}, int(data.DeniedExposure)},
		{"payment_to_income_cap", &rule.PTICap{Max: .1}, int(data.DeniedPTI)},
		{"limit_ladder", &rule.LimitLadder{Steps: []float64{.4}}, int(data.DeniedLadder)},
		{"product_cap", &rule.ProductCap{Amount: 3000 * data.Unit}, int(data.DeniedProductCap)},
		{"data_sharing", &rule.DataSharing{Coverage: 1, Share: 1}, -1},
		{"outside_lending", &rule.OutsideLending{Supply: .5, Max: 2}, -1},
		{"stop_lending", &rule.StopLending{Close: .03, Open: .02, Hold: 2}, int(data.DeniedStopped)},
		{"slow_lending", &rule.SlowLending{From: .01, Until: .1}, int(data.DeniedStopped)},
		{"leverage_cap", &rule.LeverageCap{Multiple: 4, EquityShare: .2}, int(data.DeniedLeverage)},
		{"guarantee_cap", &rule.GuaranteeCap{Share: .01}, int(data.DeniedStopped)},
		{"funding_budget", &rule.FundingBudget{Share: .02}, int(data.DeniedBudget)},
		{"average_rate_cap", &rule.AverageRateCap{Max: .16, Window: 1}, int(data.DeniedPrice)},
		{"default_fee_cap", &rule.DefaultFeeCap{Amount: 1e9 * data.Unit, Share: .05}, -1},
		{"collection_limit", &rule.CollectionLimit{Cures: .9, Recoveries: 1}, -1},
		{"collection_limit", &rule.CollectionLimit{Cures: 1, Recoveries: .9}, -1},
		{"step_down", &rule.StepDown{Shares: []float64{.3}}, int(data.DeniedLadder)},
		{"sequence_pause", &rule.SequencePause{Loans: 2, Pause: 2}, int(data.DeniedCoolingOff)},
		{"borrower_ban", &rule.BorrowerBan{MinIncome: 8000 * data.Unit}, int(data.DeniedBorrower)},
		{"use_ban", &rule.UseBan{Loans: rule.AllLoans}, int(data.DeniedUse)},
		{"rollover_cap", &rule.RolloverCap{Max: 1}, int(data.DeniedRollOvers)},
		{"loan_count_cap", &rule.LoanCountCap{Max: 1, Window: 12}, int(data.DeniedWindow)},
		{"minimum_term", &rule.MinimumTerm{Term: 12}, int(data.DeniedTerm)},
		{"effective_rate_cap", &rule.EffectiveRateCap{Max: .2}, int(data.DeniedPrice)},
		{"daily_rate_cap", &rule.DailyRateCap{Max: .0005}, int(data.DeniedPrice)},
		{"indexed_rate_cap", &rule.IndexedRateCap{Multiple: 4, Base: .045}, int(data.DeniedPrice)},
		{"total_cost_cap", &rule.TotalCostCap{Max: .1}, int(data.DeniedCost)},
	} {
		t.Run(c.kind, func(t *testing.T) {
			for _, law := range []bool{false, true} {
				a := open
				if law {
					a.Law = []rule.Rule{c.rule}
				} else {
					a.Policy = []rule.Rule{c.rule}
				}
				r := mustRun(t, p, settings(30, 2), 1, a)
				denied := int64(0)
				for m := range data.Month(31) {
					if c.reason >= 0 {
						denied += r.Row(0, 0, m)[data.Denied(data.Reason(c.reason))]
					}
				}
				if c.reason >= 0 && denied == 0 {
					t.Errorf("law %v: never the reason of a denial", law)
				}
				if c.kind != "data_sharing" && slices.Equal(r.Counts[0], reference.Counts[0]) {
					t.Errorf("law %v: changes nothing", law)
				}
			}
		})
	}
	if len(rule.Kinds) != 36 { // funding_queue orders what others deny: TestServingOrder
		t.Errorf("%d kinds of rules, 35 tested here", len(rule.Kinds))
	}
}

// What nobody can reach binds nobody: the counts equal those without the rule, to the unit.
func TestRulesThatBindNobody(t *testing.T) {
	p := book(300)
	plain := mustRun(t, p, settings(24, 2), 1, arm("base"))
	for i, r := range []rule.Rule{
		&rule.CoolingOff{}, &rule.CleanRepayments{}, &rule.PlatformCap{Max: 16}, &rule.ScoreCutoff{MaxPD: 1},
		&rule.APRCap{Max: .3}, &rule.ExposureCap{Amount: 1e12}, &rule.PTICap{Max: 5}, &rule.ProductCap{Amount: 1e12},
		&rule.OutsideLending{Supply: 1, Max: 15}, &rule.MaxOrdinal{Max: 255},
		&rule.SequencePause{Loans: 60, Pause: 1}, &rule.StepDown{Shares: []float64{10}}, &rule.BorrowerBan{}, &rule.BorrowerBan{MinIncome: 1},
		&rule.RolloverCap{Max: 50}, &rule.LoanCountCap{Max: 60, Window: 60}, &rule.MinimumTerm{Term: 1}, &rule.EffectiveRateCap{Max: 1000},
		&rule.ExposureCap{EquityShare: 1, Equity: 1e12}, &rule.PTICap{Max: 5, Stress: .2, Income: 2}, &rule.TotalCostCap{Max: 5, Monthly: 1},
		clause(&rule.BorrowerBan{Everyone: true}, func(c *rule.Clause) { c.Perimeter.Except = p.Segments }),
		clause(&rule.BorrowerBan{Everyone: true}, func(c *rule.Clause) { c.Perimeter.Segments = []string{"nobody"} }),
		&rule.DailyRateCap{Max: .03}, &rule.IndexedRateCap{Multiple: 100, Base: 1, Deviation: .01}, &rule.TotalCostCap{Max: 10},
	} {
		equal(t, fmt.Sprint(i, " ", r.Sentence("CNY")), plain, 0, mustRun(t, p, settings(24, 2), 1, arm("base", r)), 0)
	}
}

func TestCancel(t *testing.T) {
	plan, err := NewPlan(book(5000), manyArms(), settings(60, 1000))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err = plan.Run(ctx, 2, func(done, total int) { calls++; cancel() })
	if !errors.Is(err, context.Canceled) || calls > 3 {
		t.Errorf("error %v after %d reports", err, calls)
	}
}

func TestBadPlans(t *testing.T) {
	a := arm("base")
	a.Behaviour.Leak, a.Behaviour.ShockMonths = 1.5, 2.5
	_, err := NewPlan(book(10), []Arm{a}, Settings{Months: 0, Paths: 3, Design: 1, Baseline: 4})
	var ps *data.Problems
	if !errors.As(err, &ps) || ps.Cause != data.BadConfig || len(ps.List) != 5 {
		t.Fatalf("want five problems at once, got %v", err)
	}
	if _, err = NewPlan(&data.Portfolio{}, []Arm{arm("base")}, settings(12, 2)); !errors.As(err, &ps) || ps.Cause != data.BadData {
		t.Errorf("an empty portfolio: %v", err)
	}
}

// Borrowers with more open loans than a state holds keep the three largest; the rest become one, and no money is
// lost.
func TestMerge(t *testing.T) {
	p := book(400)
	plan, err := NewPlan(p, []Arm{arm("base")}, settings(12, 2))
	if err != nil {
		t.Fatal(err)
	}
	var before, after data.Money
	for _, b := range p.Borrowers {
		for _, l := range p.Loans[b.First : b.First+uint32(b.Open)] {
			before += l.Balance
		}
	}
	merged := 0
	var room slots
	for _, b := range plan.all() {
		loans := plan.open(b, &room)
		for j := range loans {
			after += loans[j].Balance
			if j > 0 && loans[j].Origin < loans[j-1].Origin && j > 1 {
				t.Error("loans are not ordered oldest first")
			}
		}
		if len(loans) > rule.MaxOwn {
			t.Errorf("%d loans", len(loans))
		}
		if len(loans) == rule.MaxOwn {
			merged++
		}
	}
	if before != after || merged == 0 || len(plan.warnings) != 1 {
		t.Errorf("balance %v before, %v after, %d borrowers with full slots, warnings %q", before, after, merged, plan.warnings)
	}
}

// A loan on which a payment was missed is not clean when it is repaid by a cure.
func TestCuredLoanIsDirty(t *testing.T) {
	b := quiet()
	b.Re, b.Return, b.DemandSigma = [2]float64{5, 5}, [3]float64{10, 0, 2}, 0 // everybody asks as soon as he may
	b.Cure = [3]float64{5, 5, 5}
	b.Roll = [3]float64{}
	p := book(200)
	for i := range p.Borrowers {
		borrower := &p.Borrowers[i]
		borrower.Open, borrower.Bucket, borrower.Ordinal, borrower.Gap = 1, 1, 1, 0
		l := &p.Loans[borrower.First]
		l.Product, l.Term, l.MonthsOnBook, l.Balance = data.Annuity, 6, 6, l.Principal/6
	}
	a := arm("clean", &rule.CleanRepayments{Min: 1})
	a.Policy[0] = &rule.WorstDelinquency{MaxDays: 59, LookBack: 12}
	a.Behaviour = b
	r := mustRun(t, p, settings(6, 2), 1, a)
	var cured, repaid, denied, granted int64
	for m := range data.Month(7) {
		row := r.Row(0, 0, m)
		cured, repaid = cured+row[data.Cures], repaid+row[data.LoansRepaid]
		denied, granted = denied+row[data.Denied(data.DeniedClean)], granted+row[data.Granted]
	}
	if cured < 190 || repaid < 190 || denied == 0 || granted != 0 {
		t.Errorf("%d cured, %d loans repaid, %d denied for want of a clean loan, %d granted", cured, repaid, denied, granted)
	}
}

// Of two loans that began in one month the newest closes first: the next loan is like the one that is left.
func TestNewestOfOneMonth(t *testing.T) {
	b := quiet()
	b.Top, b.TopMinAge, b.DemandSigma = [2]float64{5, 5}, 3, 0
	b.DepShare = 0
	b.Take = [4]float64{40, 0, 0, 0}
	p := book(50)
	p.Loans = nil
	for i := range p.Borrowers {
		borrower := &p.Borrowers[i]
		borrower.Open, borrower.Bucket, borrower.PD12, borrower.First = 2, 0, .001, uint32(len(p.Loans))
		loan := data.Loan{Principal: 500000, Balance: 500000, APR: .2, Term: 2, Ordinal: 2}
		older := loan
		older.Term, older.Product = 10, data.EqualPrincipal
		p.Loans = append(p.Loans, loan, older)
	}
	a := Arm{Arm: data.Arm{Name: "open"}, Behaviour: b}
	r := mustRun(t, p, settings(4, 2), 1, a)
	for _, c := range r.Cells[0] {
		if c.Cell.Product == int(data.Annuity) && c.Cell.Segment == data.All {
			if n := c.Sum[4*int(data.NumCounters)+int(data.Granted)]; n != 0 {
				t.Errorf("%d further loans repeat the loan that is repaid", n)
			}
		}
		if c.Cell.Product == int(data.EqualPrincipal) && c.Cell.Segment == data.All {
			if n := c.Sum[4*int(data.NumCounters)+int(data.Granted)]; n < 80 {
				t.Errorf("%d further loans repeat the loan that is left", n)
			}
		}
	}
}

// A PD that the delinquency chain cannot give is counted and shown, not passed over.
func TestPDBeyondTheChain(t *testing.T) {
	p := book(50)
	p.Borrowers[3].PD12, p.Borrowers[7].PD12 = .8, .9
	plan, err := NewPlan(p, []Arm{arm("base")}, settings(6, 2))
	if err != nil {
		t.Fatal(err)
	}
	shown := slices.ContainsFunc(plan.warnings, func(w string) bool { return strings.Contains(w, "2 borrowers have a PD above") })
	if !shown {
		t.Errorf("warnings %q", plan.warnings)
	}
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = .8
	}
	if _, err := NewPlan(p, []Arm{arm("base")}, settings(6, 2)); err == nil || !strings.Contains(err.Error(), "more than the delinquency chain can give") {
		t.Errorf("a book beyond the chain: %v", err)
	}
}

// A path simulated alone counts what it counts among all others: in every design, with a sample, with arms that watch the
// whole book.
func TestReplay(t *testing.T) {
	p, arms := book(120), manyArms()
	steered := append(arms[:3:3], arm("stop", &rule.StopLending{Close: .02, Open: .01, Hold: 2}))
	for _, c := range []struct {
		name string
		s    Settings
	}{{"controls", settings(12, 32)}, {"lattice", settings(12, 32)}, {"sample", settings(12, 32)}} {
		chosen := arms
		switch c.name {
		case "controls":
			chosen = steered
		case "lattice":
			c.s.Design = factor.Lattice
		case "sample":
			c.s.Sample = 40
			chosen = arms[:4]
		}
		plan, err := NewPlan(p, chosen, c.s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := plan.Run(context.Background(), 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		paths := []int{31, 0, 17}
		again, err := plan.Replay(context.Background(), paths)
		if err != nil {
			t.Fatal(err)
		}
		size := len(again[0][0])
		for a := range chosen {
			for i, path := range paths {
				if !slices.Equal(again[a][i], r.Counts[a][path*size:(path+1)*size]) {
					t.Errorf("%s: arm %s path %d differs", c.name, chosen[a].Name, path)
				}
			}
		}
	}
}

// Where nobody looks at the price a fee of 1 % changes nothing but what the lender receives: in every month of every path
// exactly 1 % of what is disbursed in it.
func TestFeeIsIncome(t *testing.T) {
	p := book(300)
	without := arm("none")
	without.Policy = []rule.Rule{&rule.TopUp{Stack: true}, &rule.ConcurrentLoans{Max: 3}}
	without.Behaviour.Elasticity, without.Behaviour.Take[1], without.Behaviour.PrepayRefi, without.Behaviour.LineFirst = 0, 0, 0, 1
	with := without
	with.Name, with.Behaviour.FeeShare = "fee", .01
	r := mustRun(t, p, settings(24, 4), 2, without, with)
	paid := int64(0)
	for at := 0; at < len(r.Counts[0]); at += int(data.NumCounters) {
		a, b := r.Counts[0][at:at+int(data.NumCounters)], r.Counts[1][at:at+int(data.NumCounters)]
		for c := range data.NumCounters {
			want := a[c]
			if c == data.InterestReceived {
				want += a[data.Disbursed] / 100
				paid += a[data.Disbursed] / 100
			}
			if b[c] != want {
				t.Fatalf("row %d, %v: %d with the fee, want %d", at/int(data.NumCounters), c, b[c], want)
			}
		}
	}
	if paid == 0 {
		t.Error("no fee was paid")
	}
	with.Behaviour.Take[1], with.Behaviour.Elasticity = 4, 2
	without.Behaviour.Take[1], without.Behaviour.Elasticity = 4, 2
	r = mustRun(t, p, settings(24, 4), 2, without, with)
	var granted [2]int64
	for a := range granted {
		for at := 0; at < len(r.Counts[a]); at += int(data.NumCounters) {
			granted[a] += r.Counts[a][at+int(data.Granted)]
		}
	}
	if granted[1] >= granted[0] {
		t.Errorf("%d loans with the fee, %d without: borrowers see what it costs", granted[1], granted[0])
	}
}
