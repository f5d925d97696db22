// Package rule decides who may take another loan, how much and at what price. A lender's policy and the law
// are made of the same rules.
//
// A Rule is a plain struct whose fields are its parameters, with one sentence for reports. It does one or more
// of four things: a Check denies an application, a Limit leaves room for an amount, a Terms rule changes
// the terms under which the lender works (price cap, top-up, what a bureau shows), and a Control looks at the whole
// book and stops or rations the lending of a month (control.go). Kinds lists the kinds of
// rules by the name they have in YAML; a new kind is one file here and one line there. Compile turns the rules
// of a policy and of the law into a Book, and Book.Decide judges one Application. Rules only ever narrow: a set
// of rules never grants what one of them alone would deny.
//
// Durations of a rule are in months, some in days; an Application has them in steps of the grid. Compile turns the
// former into the latter (Timed).
package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
	"relend/sim/contract"
)

// Application is what lender and law may look at when a borrower asks for a further loan. All of it is known
// to the lender: outside loans only as far as a bureau shows them.
type Application struct {
	Now        int        // step in which he asks
	Idle       bool       // no own loan is open
	Gap        int        // steps since the last payoff, while idle
	Since      int        // steps since the last origination
	SinceLate  [3]int     // steps since last 1+, 30+, 60+ days past due; Never if not
	NewOrdinal int        // ordinal the loan would have
	Clean      int        // own loans repaid without a missed payment, in a row
	Taken      uint64     // bit i: a loan was granted here i steps ago; see Took
	Sequence   int        // loans in a row up to the last one, each taken within 30 days of the payoff of the one before
	Continues  bool       // the new loan would belong to that row
	First      data.Money // principal of the first loan of the row
	RollOvers  int        // refinancings in a row up to now
	Own        int        // open own loans
	Refinance  bool       // granting would close the newest open loan
	Product    data.Product
	Term       int        // steps
	Segment    uint8      // index into Portfolio.Segments
	Obedience  float64    // in [0, 1): rules obeyed for a larger share of borrowers bind this one
	Income     data.Money // monthly
	PD         float64    // 12-month probability of default seen

	NewestPrincipal  data.Money // newest open loan, 0 while idle
	NewestBalance    data.Money
	NewestInstalment data.Money
	OwnBalance       data.Money // all open own loans
	OwnInstalments   data.Money // monthly, all open own loans
	Outside          int        // outside loans that a bureau shows
	OutsideBalance   data.Money // taken for each of them
	OutsideInstal    data.Money // monthly, for each of them

	Asked     data.Money // amount asked for, whole currency units
	Base      data.Money // principal of the newest loan at the snapshot: the ladder's unit
	Step      int        // step of the ladder the loan would be on
	BreakEven float64    // APR at which the lender earns its costs without a fee, +Inf if none
	APR       float64    // APR offered
	Burden    float64    // monthly instalment per unit of principal at that APR
	Fee       contract.Fee
	PerYear   int // steps in a year, where there is a fee
}

// MaxOwn is the number of open own loans that a borrower's state can hold.
const MaxOwn = 4

// MostSteps is the number of steps that an Application looks back for loans granted.
const MostSteps = 64

// Took adds to Application.Taken a loan granted so many steps ago. A step has one bit: of several loans granted in one, each
// further one counts in the nearest step before it that has none.
func Took(taken uint64, ago int) uint64 {
	if ago >= MostSteps {
		return taken
	}
	return taken | (taken + 1<<ago) // the carry finds the free bit
}

// Never is a SinceLate that no look-back reaches.
const Never = 1 << 20

// Decision is the answer to an application.
type Decision struct {
	Granted   bool
	Reason    data.Reason // why not, when not granted
	ByLaw     bool        // the rule that denied is a law's
	Amount    data.Money  // offered, whole currency units
	APR       float64     // offered: the price posted, or less where a cap binds a loan of that amount
	Refinance bool        // the newest open loan is closed by the new one
}

// Field describes one parameter of a rule for reading and documentation.
type Field struct {
	Name     string
	Unit     string // "share", "ratio", "months", "days", "money", "count", "flag", "ratios" or "choice"
	Meaning  string
	Required bool
	Min, Max float64  // allowed range, in the unit of the field (shares as fractions)
	Choices  []string // of a choice
	// Value points at the field of the rule: *float64 (share, ratio), *int (months, days, count), *data.Money,
	// *bool (flag), *[]float64 (ratios) or *string (choice).
	Value any
}

// Rule is one rule with its parameters.
type Rule interface {
	// Fields lists the parameters, pointing into the rule, with their defaults filled in.
	Fields() []Field
	// Check returns what is wrong with the parameters taken together, or nil.
	Check() error
	// Sentence says the rule in one sentence for a reader of the report, money in the given currency.
	Sentence(currency string) string
}

// Check is a rule that denies applications.
type Check interface {
	Rule
	Reason() data.Reason
	Allows(a *Application) bool
}

// Limit is a rule that leaves room for an amount.
type Limit interface {
	Rule
	Reason() data.Reason
	// Room is the largest principal the rule allows, 0 or more. kept is what the borrower goes on owing and
	// paying besides the new loan.
	Room(a *Application, kept Kept) data.Money
}

// Kept is what a borrower keeps when the new loan is granted: own loans that are not refinanced.
type Kept struct {
	Balance     data.Money
	Instalments data.Money // monthly
}

// TermsRule is a rule that changes the lender's terms.
type TermsRule interface {
	Rule
	Apply(t *Terms)
}

// Timed is a rule with durations.
type Timed interface {
	Rule
	// On returns the rule with its durations in steps of a grid.
	On(grid data.Grid) Rule
	// Fits returns an error for a duration that the grid is too coarse for, or that is longer than what an application knows.
	Fits(grid data.Grid) error
}

// Terms are the conditions under which all applications of an arm are judged.
type Terms struct {
	APRCap   float64 // lowest cap in force, +Inf if none
	TopUp    bool    // a running loan may be refinanced into a larger one
	Stack    bool    // a further loan beside a running one is allowed
	Share    float64 // share of outside lenders who see our denials and deny as well
	Scope    float64 // share of outside lenders bound by the law: they deny whom the law denies here
	Open     float64 // supply of outside loans relative to normal, 0 = closed
	Outside  int     // outside loans a borrower can have
	withheld float64 // of outside loans, from the bureau
	Bureau
	Conduct
	Setting
}

// Bureau is what a lender sees of the loans of others. The zero value shows none.
type Bureau struct {
	Coverage float64 // chance that an outside loan is reported to it
	Lag      int     // steps from the opening or closing of a loan until it shows, 0 to MostLag
	Missed   float64 // chance that a loan reported is missing from the borrower's file
	Mistaken float64 // chance that his file shows one loan that is not his
}

// Conduct is how lenders may treat borrowers who are late. Unbound sets no bounds.
type Conduct struct {
	FeeShare   float64 // highest fee for a missed instalment, as a share of it
	Fee        float64 // and in whole currency units
	Cures      float64 // chance that a late borrower is cured in a step, relative to normal
	Recoveries float64 // cash after default, relative to normal
}

// Unbound is conduct without rules.
var Unbound = Conduct{math.Inf(1), math.Inf(1), 1, 1}

// MostLag is the largest lag that a borrower's state can hold, in steps; it covers three months on every grid.
const MostLag = 15

// Kind is one kind of rule.
type Kind struct {
	Name  string // in YAML
	Title string
	New   func() Rule // with defaults
}

// Kinds lists the kinds of rules: those that judge an application in the order in which it meets them, those that
// change terms, and those that look at the whole book.
var Kinds = []Kind{
	{"worst_delinquency", "No recent delinquency", func() Rule { return &WorstDelinquency{MaxDays: 29, LookBack: 12} }},
	{"cooling_off", "Cooling-off", func() Rule { return &CoolingOff{} }},
	{"sequence_pause", "Pause after a sequence", func() Rule { return &SequencePause{} }},
	{"top_up", "Top-up", func() Rule { return &TopUp{} }},
	{"min_repaid", "Minimum share repaid", func() Rule { return &MinRepaid{} }},
	{"concurrent_loans", "Concurrent loans", func() Rule { return &ConcurrentLoans{} }},
	{"max_ordinal", "Loan-count limit", func() Rule { return &MaxOrdinal{} }},
	{"clean_repayments", "Clean repayments", func() Rule { return &CleanRepayments{} }},
	{"platform_cap", "Platform cap", func() Rule { return &PlatformCap{} }},
	{"score_cutoff", "Score cut-off", func() Rule { return &ScoreCutoff{} }},
	{"borrower_ban", "Borrower ban", func() Rule { return &BorrowerBan{} }},
	{"use_ban", "Use ban", func() Rule { return &UseBan{Loans: OwnLoans} }},
	{"rollover_cap", "Roll-over cap", func() Rule { return &RolloverCap{} }},
	{"loan_count_cap", "Loans within a time", func() Rule { return &LoanCountCap{Window: 12} }},
	{"minimum_term", "Minimum term", func() Rule { return &MinimumTerm{} }},
	{"apr_cap", "APR cap", func() Rule { return &APRCap{Fees: FeesExcluded} }},
	{"effective_rate_cap", "Effective-rate cap", func() Rule { return &EffectiveRateCap{Fees: FeesExcluded} }},
	{"daily_rate_cap", "Daily-rate cap", func() Rule { return &DailyRateCap{Fees: FeesExcluded} }},
	{"indexed_rate_cap", "Cap at a multiple of the LPR", func() Rule { return &IndexedRateCap{Fees: FeesExcluded} }},
	{"total_cost_cap", "Total-cost cap", func() Rule { return &TotalCostCap{Fees: FeesExcluded} }},
	{"exposure_cap", "Exposure cap", func() Rule { return &ExposureCap{Debts: AllDebts} }},
	{"payment_to_income_cap", "Payment-to-income cap", func() Rule { return &PTICap{Debts: AllDebts, Income: 1} }},
	{"limit_ladder", "Limit ladder", func() Rule { return &LimitLadder{} }},
	{"step_down", "Step-down", func() Rule { return &StepDown{} }},
	{"product_cap", "Product cap", func() Rule { return &ProductCap{} }},
	{"data_sharing", "Data sharing", func() Rule { return newDataSharing() }},
	{"default_fee_cap", "Cap on late fees", func() Rule { return &DefaultFeeCap{Amount: mostFee, Share: mostFeeShare} }},
	{"collection_limit", "Limit on collection", func() Rule { return &CollectionLimit{Cures: 1, Recoveries: 1} }},
	{"outside_lending", "Outside lending", func() Rule { return &OutsideLending{Supply: 1, Max: maxOutside} }},
	{"stop_lending", "Stop of lending", func() Rule { return &StopLending{Close: .06, Open: .05, Hold: 2} }},
	{"slow_lending", "Slowing of lending", func() Rule { return &SlowLending{From: .04, Until: .06} }},
	{"leverage_cap", "Leverage cap", func() Rule { return &LeverageCap{RiskWeight: 1, OwnShare: 1} }},
	{"guarantee_cap", "Cap on guarantees", func() Rule { return &GuaranteeCap{} }},
	{"average_rate_cap", "Average-rate cap", func() Rule { return &AverageRateCap{Window: 1, Fees: FeesExcluded} }},
	{"funding_budget", "Funding budget", func() Rule { return &FundingBudget{} }},
	{"funding_queue", "Order of service", func() Rule { return newFundingQueue() }},
}

// KindNames lists the names of the kinds in order.
func KindNames() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// KindByName returns the kind of that name.
func KindByName(name string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

func months(n int) string {
	if n == 1 {
		return "1 month"
	}
	return fmt.Sprintf("%d months", n)
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// stepsOf is a duration of months and days in steps.
func stepsOf(grid data.Grid, months, days int) int {
	steps, _ := grid.FromDays(days)
	return grid.FromMonths(months) + steps
}

// tooShort returns an error for a delay in days that is less than half a step: it would not be there.
func tooShort(grid data.Grid, name string, days int) error {
	if steps, _ := grid.FromDays(days); days > 0 && steps == 0 {
		return fmt.Errorf("%s of %d days cannot be told from 0 on the grid %v, allowed %d days or more; a finer grid (half, week) can tell it", name, days, grid, (grid.Days()+1)/2)
	}
	return nil
}

// tooLong returns an error for a time since the payoff beyond the longest one that is told apart: it would never end.
func tooLong(grid data.Grid, name string, months, days int) error {
	if stepsOf(grid, months, days) > grid.FromMonths(data.MaxGap) {
		return fmt.Errorf("%s of %s is too long, allowed %d months, days included: of a longer time since the payoff no more is known", name, span(months, days), data.MaxGap)
	}
	return nil
}

func percent(x float64) string { return fmt.Sprintf("%.6g%%", x*100) }

func amount(m data.Money, currency string) string {
	return strings.TrimSuffix(m.String(), ".00") + " " + currency
}

// noCheck is embedded by rules whose parameters have no joint condition.
type noCheck struct{}

func (noCheck) Check() error { return nil }
