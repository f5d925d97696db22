package data

// Counter names one integer that the engine counts per arm, path and month, weighted by borrower weight.
// Stocks are taken at the end of the month, flows sum over the month; money counters are in minor units.
// Month 0 holds the stocks of the snapshot and no flows.
type Counter uint8

const (
	// What changes in every month of every borrower comes first: two cache lines of a row.
	BorrowersCurrent Counter = iota // with an open loan, not past due
	BorrowersD1                     // 1-29 days past due
	BorrowersD2                     // 30-59
	BorrowersD3                     // 60-89
	BalanceCurrent                  // principal owed, by the borrower's state
	BalanceD1                       //
	BalanceD2                       //
	BalanceD3                       //
	BorrowersIdle                   // no open loan, may return
	OutsideLoans                    // open loans with other lenders of current, late and idle borrowers
	InterestReceived                // flow: interest received in cash
	PrincipalRepaid                 // flow: all principal received or refinanced, before charge-off
	Provision1                      // set aside for loans in stage 1, 2 and 3
	Provision2                      //
	Provision3                      //
	Surprise                        // flow, in units of 1/SurpriseUnit borrower: by how much the chance ever to default in the present arrears, were the economy to stay as it is, moved in each step beyond what was to be expected of it; its mean is 0

	// The other stocks.
	BorrowersDefault // 90 or more days past due, not yet charged off
	BorrowersOff     // charged off
	BorrowersExited  // left for good
	BalanceDefault   // principal owed by borrowers in default
	BalanceRepeat    // part of all balances owed by borrowers whose newest loan is a repeat loan (ordinal 2 or more)
	BorrowersRepeat  // part of the borrowers with an open loan not in default whose newest loan is a repeat loan
	OwingTwo         // current, late and idle borrowers who owe to two lenders or more, this one included
	OwingFive        // the same with five or more
	BalanceStage2    // part of the balances of borrowers not in default that is in stage 2

	// Flows of borrowers and events.
	Misses            // current -> 1-29 days past due
	Entered30         // reached 30 days past due
	Entered60         // reached 60 days past due
	Defaults          // reached 90 days past due
	Cures             // late -> current or repaid
	Prepayments       // borrowers who repaid early, all loans or the oldest
	LoansRepaid       // loans repaid by schedule, prepayment or cure (refinanced ones not counted)
	Exits             // left for good
	OutsideOpened     // outside loans opened by the external lane (leaks not counted)
	OutsideClosed     //
	Applications      // requests judged
	Granted           // offers taken up = further loans
	NotTakenUp        // offers refused by the borrower
	TopUps            // part of Granted to a borrower with an open loan (refinance or stack)
	FirstApplications // borrowers applying for the first time in the projection, applicants included
	FirstGrants       // borrowers granted for the first time in the projection
	Leaks             // denied and found an outside loan
	ShocksStarted     // denied, rollover dependent, no money found elsewhere
	ShocksRenewed     //
	Deleveraged       // left rollover dependence
	FirstPaymentFraud // granted loans that will never be paid
	LendingStopped    // borrowers of the snapshot with an open loan or idle, in a month in which all lending is stopped
	GrantedTenth      // part of Granted whose loan is the borrower's tenth
	GrantedTenthOn    // part of Granted whose loan is the borrower's tenth or a later one
	Arrivals          // applicants who came and asked for a first loan
	Joined            // part of Granted: first loans, which applicants took up
	DefaultsRepeat    // part of Defaults whose newest loan is a repeat loan

	// Flows of money.
	Entered30Balance     // principal of borrowers who reached 30 days past due
	Entered60Balance     //
	DefaultBalance       // principal of borrowers who reached 90 days past due
	DefaultExposure      // the same plus accrued interest (EAD)
	Disbursed            // full principal of new loans, of lines what is drawn at once
	TopUpDisbursed       // part of Disbursed to a borrower with an open loan
	Refinanced           // part of Disbursed that closed an old loan
	PreChargeOffRecovery // part of PrincipalRepaid received between default and charge-off
	Drawn                // drawn on revolving lines after they were granted, at default included
	ChargedOff           // gross charge-off: principal written off
	Recoveries           // cash received after charge-off
	RequestedAmount      // amount asked for in Applications

	// Flows of loans that follow each other, counted on grids with steps of at most 14 days.
	Closings14 // loans repaid or refinanced
	Renewals14 // part of Granted within 14 days of the payoff of the last loan, refinances included

	firstDenial // Denied(reason) follows
	NumCounters = firstDenial + Counter(NumReasons)
)

// Denied is the counter of denials for a reason. Denials over all reasons plus Granted plus NotTakenUp equal
// Applications.
func Denied(r Reason) Counter { return firstDenial + Counter(r) }

// Provision is the counter of what is set aside in stage 1, 2 or 3.
func Provision(stage int) Counter { return Provision1 + Counter(stage-1) }

var counterNames = [firstDenial]string{
	"borrowers_current", "borrowers_d1", "borrowers_d2", "borrowers_d3", "balance_current", "balance_d1", "balance_d2",
	"balance_d3", "borrowers_idle", "outside_loans", "interest_received", "principal_repaid",
	"provision_1", "provision_2", "provision_3", "surprise",
	"borrowers_default", "borrowers_off", "borrowers_exited", "balance_default", "balance_repeat", "borrowers_repeat", "owing_two", "owing_five",
	"balance_stage_2",
	"misses", "entered_30", "entered_60", "defaults", "cures", "prepayments", "loans_repaid", "exits",
	"outside_opened", "outside_closed", "applications", "granted", "not_taken_up", "top_ups",
	"first_applications", "first_grants", "leaks", "shocks_started", "shocks_renewed", "deleveraged",
	"first_payment_fraud", "lending_stopped", "granted_tenth", "granted_tenth_on", "arrivals", "joined", "defaults_repeat",
	"entered_30_balance", "entered_60_balance", "default_balance", "default_exposure", "disbursed",
	"top_up_disbursed", "refinanced", "pre_charge_off_recovery", "drawn", "charged_off", "recoveries", "requested_amount",
	"closings_14", "renewals_14",
}

// String returns the counter's column name in the results files.
func (c Counter) String() string {
	if c < firstDenial {
		return counterNames[c]
	}
	return "denied_" + Reason(c-firstDenial).String()
}

// IsStock reports whether the counter is taken at the end of the month (true) or sums over it (false).
func (c Counter) IsStock() bool {
	return c <= BalanceStage2 && c != InterestReceived && c != PrincipalRepaid && c != Surprise
}

// SurpriseUnit is what the counter Surprise counts a borrower as.
const SurpriseUnit = 1 << 24

// Reason is why an application was denied: a stop of lending, the first rule that failed, in the order of the
// constants, the amount rule that left the least room, or last the leverage cap or the budget.
type Reason uint8

const (
	DeniedHistory    Reason = iota // worst delinquency within the look-back
	DeniedCoolingOff               // too soon after payoff or origination
	DeniedTopUp                    // neither top-up nor stacking is allowed
	DeniedMinRepaid                // too little of the running loan repaid
	DeniedConcurrent               // too many own loans at once
	DeniedOrdinal                  // too many loans in the history with this lender
	DeniedClean                    // too few clean repayments
	DeniedPlatforms                // too many lenders at once
	DeniedScore                    // probability of default above the cut-off
	DeniedPrice                    // break-even price above the cap: rationed
	DeniedExposure                 // no room under the exposure cap
	DeniedPTI                      // no room under the payment-to-income cap
	DeniedLadder                   // limit ladder below what is needed
	DeniedProductCap               // product cap below what is needed
	DeniedAmount                   // below the smallest loan
	DeniedStopped                  // the lender has stopped lending, or slows it
	DeniedLeverage                 // no room under the leverage cap
	DeniedBudget                   // no room in the month's budget
	DeniedBorrower                 // a borrower who may not be lent to
	DeniedUse                      // a loan that would repay a loan
	DeniedRollOvers                // too many roll-overs in a row
	DeniedWindow                   // too many loans within a time
	DeniedTerm                     // term too short
	DeniedCost                     // cannot be served within the cap on total cost
	NumReasons       = int(DeniedCost) + 1
)

var reasonNames = [NumReasons]string{
	"history", "cooling_off", "top_up", "min_repaid", "concurrent_loans", "ordinal", "clean_repayments",
	"platform_cap", "score", "price", "exposure_cap", "payment_to_income", "limit_ladder", "product_cap", "amount",
	"lending_stopped", "leverage", "budget", "borrower_ban", "use_ban", "roll_overs", "loan_window", "minimum_term", "total_cost",
}

var reasonTitles = [NumReasons]string{
	"late in the look-back", "cooling-off", "no top-up", "too little repaid", "concurrent loans", "loan-count limit",
	"clean repayments", "platform cap", "score cut-off", "price above cap", "exposure cap", "payment to income",
	"limit ladder", "product cap", "amount too small",
	"lending stopped", "leverage cap", "budget spent", "borrower barred", "loan to repay a loan", "roll-overs in a row",
	"loans within a time", "term too short", "total cost above cap",
}

func (r Reason) String() string { return reasonNames[r] }

// ReasonByName returns the reason of that name.
func ReasonByName(name string) (Reason, bool) {
	for r, n := range reasonNames {
		if n == name {
			return Reason(r), true
		}
	}
	return 0, false
}

// Title is the reason in words for tables and charts.
func (r Reason) Title() string { return reasonTitles[r] }
