package data

import "slices"

// Unit of a measure, which decides how it is shown.
type MeasureUnit uint8

const (
	Share  MeasureUnit = iota // fraction; shown in %, differences in percentage points
	Amount                    // minor units; shown in whole currency units
	Count                     // borrowers, loans or events
	Mean                      // plain number per borrower
)

func (u MeasureUnit) String() string { return [...]string{"share", "amount", "count", "mean"}[u] }

// Window says over which months a sum of counters is taken for the measure of month m.
type Window uint8

const (
	None       Window = iota // no denominator
	InMonth                  // flows of month m; of a stock its change
	ToDate                   // flows of months 1..m; of a stock its change
	AtEnd                    // stocks at the end of month m
	AtStart                  // stocks at the end of month m-1
	AtSnapshot               // stocks of month 0
	MeanStart                // mean over months 1..m of the stocks at their start
	SumStart                 // sum over months 1..m of the stocks at their start
	FirstYear                // flows of months 1..m, at most of the first 12
)

// Term is one counter with its sign or factor.
type Term struct {
	Counter Counter
	Factor  float64
}

// Sum is a weighted sum of counters over a window. Cost terms, in fractions a year of the balance at the
// start of each month, are subtracted where Margin is set.
type Sum struct {
	Window Window
	Terms  []Term
	Joined bool // add the applicants who joined in months 1..m (counter Joined)
	Margin bool // subtract funding, operating and acquisition costs (Run.Costs)
	Debt   bool // multiply by the balance taken for one outside loan (Run.Costs)
	Luck   bool // of defaults to date: means over paths leave luck out that the counter Surprise knows (package sim/estimate)
}

// Better says which direction of a measure is good for the lender's borrowers and book.
type Better int8

const (
	Lower   Better = -1
	Neither Better = 0
	Higher  Better = 1
)

// Measure is a figure that reports show: a sum of counters or the ratio of two. Over paths a ratio is
// estimated as the ratio of the means, with the standard error of its linearisation (package sim/estimate).
type Measure struct {
	Name       string
	Title      string
	Definition string // numerator and denominator in words
	Unit       MeasureUnit
	Better     Better
	Num        Sum
	Den        Sum // Window None: the measure is the numerator itself
}

var (
	activeBorrowers  = plus(BorrowersCurrent, BorrowersD1, BorrowersD2, BorrowersD3)
	initialBorrowers = plus(BorrowersCurrent, BorrowersD1, BorrowersD2, BorrowersD3, BorrowersIdle)
	balance          = plus(BalanceCurrent, BalanceD1, BalanceD2, BalanceD3, BalanceDefault)
	withLoan         = plus(BorrowersCurrent, BorrowersD1, BorrowersD2, BorrowersD3, BorrowersDefault)
	provisions       = plus(Provision1, Provision2, Provision3)
	followed         = plus(BorrowersCurrent, BorrowersD1, BorrowersD2, BorrowersD3, BorrowersIdle)
)

// BalanceTerms is the open balance as a sum of counters.
func BalanceTerms() []Term { return balance }

func plus(counters ...Counter) []Term {
	terms := make([]Term, len(counters))
	for i, c := range counters {
		terms[i] = Term{c, 1}
	}
	return terms
}

func denials() []Term {
	var terms []Term
	for r := range Reason(NumReasons) {
		terms = append(terms, Term{Denied(r), 1})
	}
	return terms
}

func ratio(numWindow Window, num []Term, denWindow Window, den []Term) (n, d Sum) {
	return Sum{Window: numWindow, Terms: num}, Sum{Window: denWindow, Terms: den}
}

// Measures lists every measure, each defined once. "Initial borrowers" are those projected from the snapshot:
// current, up to 89 days past due, or idle, and, from their first loan on, the applicants of a run that has some;
// "active" are those with an open loan not in default.
func Measures() []Measure { return measures }

// MeasureByName returns the measure of that name.
func MeasureByName(name string) (Measure, bool) {
	for _, m := range measures {
		if m.Name == name {
			return m, true
		}
	}
	return Measure{}, false
}

// MeasureNames lists the names in order.
func MeasureNames() []string {
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = m.Name
	}
	return names
}

var measures = func() []Measure {
	var ms []Measure
	add := func(name, title, definition string, unit MeasureUnit, better Better, num, den Sum) {
		ms = append(ms, Measure{name, title, definition, unit, better, num, den})
	}
	rate := func(name, title, definition string, better Better, nw Window, num []Term, dw Window, den []Term) {
		n, d := ratio(nw, num, dw, den)
		add(name, title, definition, Share, better, n, d)
	}
	perBorrower := func(name, title, definition string, better Better, nw Window, num []Term) {
		n, d := ratio(nw, num, AtSnapshot, initialBorrowers)
		d.Joined = true
		add(name, title, definition, Share, better, n, d)
	}
	level := func(name, title, definition string, unit MeasureUnit, better Better, w Window, terms []Term) {
		add(name, title, definition, unit, better, Sum{Window: w, Terms: terms}, Sum{})
	}

	perBorrower("default_rate", "Default rate", "borrowers who reached 90 days past due so far, per initial borrower", Lower,
		ToDate, plus(Defaults))
	ms[len(ms)-1].Num.Luck = true
	rate("default_rate_active", "Default rate per active borrower", "borrowers who reached 90 days past due so far, per mean number of active borrowers at the start of each month", Lower,
		ToDate, plus(Defaults), MeanStart, activeBorrowers)
	ms[len(ms)-1].Num.Luck = true
	rate("default_rate_balance", "Default rate by balance", "principal that reached 90 days past due so far, per mean balance at the start of each month", Lower,
		ToDate, plus(DefaultBalance), MeanStart, balance)
	perBorrower("monthly_default_rate", "Monthly default rate", "borrowers who reached 90 days past due in the month, per initial borrower", Lower,
		InMonth, plus(Defaults))
	rate("monthly_default_rate_active", "Monthly default rate per active borrower", "borrowers who reached 90 days past due in the month, per borrower active at its start", Lower,
		InMonth, plus(Defaults), AtStart, activeBorrowers)
	rate("monthly_default_rate_balance", "Monthly default rate by balance", "principal that reached 90 days past due in the month, per balance at its start", Lower,
		InMonth, plus(DefaultBalance), AtStart, balance)

	rate("monthly_miss_rate", "Monthly missed payments", "borrowers who became past due in the month, per borrower current at its start", Lower,
		InMonth, plus(Misses), AtStart, plus(BorrowersCurrent))

	rate("rate_30", "30+ days past due", "borrowers 30 or more days past due and not charged off, per borrower with an open loan", Lower,
		AtEnd, plus(BorrowersD2, BorrowersD3, BorrowersDefault), AtEnd, withLoan)
	rate("rate_60", "60+ days past due", "borrowers 60 or more days past due and not charged off, per borrower with an open loan", Lower,
		AtEnd, plus(BorrowersD3, BorrowersDefault), AtEnd, withLoan)
	rate("rate_90", "90+ days past due", "borrowers 90 or more days past due and not charged off, per borrower with an open loan", Lower,
		AtEnd, plus(BorrowersDefault), AtEnd, withLoan)
	rate("par_30", "Balance 30+ days past due", "balance 30 or more days past due and not charged off, per balance (PAR30)", Lower,
		AtEnd, plus(BalanceD2, BalanceD3, BalanceDefault), AtEnd, balance)
	rate("par_60", "Balance 60+ days past due", "balance 60 or more days past due and not charged off, per balance", Lower,
		AtEnd, plus(BalanceD3, BalanceDefault), AtEnd, balance)
	rate("par_90", "Balance 90+ days past due", "balance 90 or more days past due and not charged off, per balance", Lower,
		AtEnd, plus(BalanceDefault), AtEnd, balance)

	rate("gross_charge_off_rate", "Gross charge-off rate", "principal charged off so far, per mean balance at the start of each month", Lower,
		ToDate, plus(ChargedOff), MeanStart, balance)
	netLoss := []Term{{ChargedOff, 1}, {Recoveries, -1}}
	rate("net_charge_off_rate", "Net charge-off rate", "principal charged off less later recoveries so far, per mean balance at the start of each month", Lower,
		ToDate, netLoss, MeanStart, balance)
	rate("loss_rate", "Credit loss", "principal charged off less later recoveries so far, per balance at the snapshot", Lower,
		ToDate, netLoss, AtSnapshot, balance)

	level("originations", "Further loans", "further loans granted and taken up so far", Count, Higher, ToDate, plus(Granted))
	level("originations_amount", "Re-lending volume", "principal of further loans so far; of revolving lines what is drawn at once", Amount, Higher, ToDate, plus(Disbursed))
	level("line_draws", "Draws on lines", "drawn on revolving lines after they were granted so far", Amount, Neither, ToDate, plus(Drawn))
	rate("top_up_share", "Share of top-ups", "further loans to a borrower with an open loan, per further loan so far", Neither,
		ToDate, plus(TopUps), ToDate, plus(Granted))
	rate("renewed_14_share", "Loans renewed within 14 days", "further loans within 14 days of the payoff of the last loan, refinances included, per loan repaid or refinanced so far; counted on the weekly grid only", Neither,
		ToDate, plus(Renewals14), ToDate, plus(Closings14))
	rate("tenth_loan_share", "Borrowers with a tenth loan", "borrowers granted their tenth loan so far, per initial borrower; where all begin with their first loan, the share of sequences that reach ten", Neither,
		ToDate, plus(GrantedTenth), AtSnapshot, initialBorrowers)
	level("long_sequence_loans", "Loans in long sequences", "loans so far of borrowers who reached their tenth, the nine before it included; where all begin with their first loan", Count, Neither,
		ToDate, []Term{{GrantedTenthOn, 1}, {GrantedTenth, 9}})
	first := append(slices.Clone(activeBorrowers), Term{BorrowersRepeat, -1})
	rate("default_rate_first", "Default rate of first loans", "borrowers with their first loan who reached 90 days past due so far, per mean number of active borrowers with their first loan at the start of each month", Lower,
		ToDate, []Term{{Defaults, 1}, {DefaultsRepeat, -1}}, MeanStart, first)
	rate("default_rate_repeat", "Default rate of repeat loans", "borrowers with their second or a later loan who reached 90 days past due so far, per mean number of active borrowers with such a loan at the start of each month", Lower,
		ToDate, plus(DefaultsRepeat), MeanStart, plus(BorrowersRepeat))
	rate("repeat_share", "Share of re-loans", "balance owed by borrowers whose newest loan is their second or later, per balance", Neither,
		AtEnd, plus(BalanceRepeat), AtEnd, balance)
	rate("approval_rate", "Approval rate", "applications that got an offer, per application so far", Higher,
		ToDate, plus(Granted, NotTakenUp), ToDate, plus(Applications))
	rate("take_up_rate", "Take-up rate", "offers taken up, per offer so far", Neither,
		ToDate, plus(Granted), ToDate, plus(Granted, NotTakenUp))
	for r := range Reason(NumReasons) {
		rate("denied_"+r.String(), "Denied: "+r.Title(), "applications denied for this reason first, per application so far", Neither,
			ToDate, plus(Denied(r)), ToDate, plus(Applications))
	}
	perBorrower("served_share", "Borrowers served", "borrowers with at least one further loan so far, per initial borrower", Higher,
		ToDate, plus(FirstGrants))
	level("borrowers_served", "Borrowers served", "borrowers with at least one further loan so far", Count, Higher, ToDate, plus(FirstGrants))
	rate("turned_away_share", "Applicants never served", "borrowers who applied and never got a further loan so far, per borrower who applied", Lower,
		ToDate, []Term{{FirstApplications, 1}, {FirstGrants, -1}}, ToDate, plus(FirstApplications))
	rate("unserved_12_share", "Never served in 12 months", "borrowers who applied in the first 12 months and got no further loan in them, per borrower who applied in them", Lower,
		FirstYear, []Term{{FirstApplications, 1}, {FirstGrants, -1}}, FirstYear, plus(FirstApplications))
	level("arrivals", "Applicants", "applicants who asked for a first loan so far", Count, Neither, ToDate, plus(Arrivals))
	rate("joined_share", "Applicants lent to", "applicants who took up a first loan, per applicant so far", Higher,
		ToDate, plus(Joined), ToDate, plus(Arrivals))
	level("leaks", "Leaks to outside lenders", "denied applications followed by an outside loan so far", Count, Lower, ToDate, plus(Leaks))
	rate("leak_share", "Denied applicants who leave the perimeter", "denied applications followed by a loan from an outside lender so far, per denied application", Lower,
		ToDate, plus(Leaks), ToDate, denials())
	add("months_stopped", "Months without lending", "months so far in which a control of the lender's book stopped all lending, on average over paths", Mean, Neither,
		Sum{Window: ToDate, Terms: plus(LendingStopped)}, Sum{Window: AtSnapshot, Terms: initialBorrowers})
	level("shocks", "Liquidity shocks", "denied rollover-dependent borrowers who found no money so far", Count, Lower, ToDate, plus(ShocksStarted))
	rate("outside_loans_mean", "Outside loans per borrower", "open outside loans, per current, late or idle borrower", Lower,
		AtEnd, plus(OutsideLoans), AtEnd, followed)
	rate("owing_two_share", "Owing to two lenders or more", "borrowers who owe to two lenders or more, this one included, per current, late or idle borrower", Lower,
		AtEnd, plus(OwingTwo), AtEnd, followed)
	rate("owing_five_share", "Owing to five lenders or more", "borrowers who owe to five lenders or more, this one included, per current, late or idle borrower", Lower,
		AtEnd, plus(OwingFive), AtEnd, followed)
	level("owing_five", "Owing to five lenders or more", "borrowers who owe to five lenders or more, this one included", Count, Lower, AtEnd, plus(OwingFive))
	level("outside_loans", "Outside loans", "open loans with other lenders", Count, Lower, AtEnd, plus(OutsideLoans))
	add("external_debt", "External debt", "debt to other lenders of current, late and idle borrowers, at the assumed balance of an outside loan", Amount, Lower,
		Sum{Window: AtEnd, Terms: plus(OutsideLoans), Debt: true}, Sum{})
	level("active_borrowers", "Active borrowers", "borrowers with an open loan, not in default", Count, Higher, AtEnd, activeBorrowers)
	level("balance", "Balance", "principal owed, not charged off", Amount, Higher, AtEnd, balance)
	level("interest_income", "Interest income", "interest received in cash so far", Amount, Higher, ToDate, plus(InterestReceived))
	rate("borrower_cost_rate", "Cost to the borrower", "interest received in cash so far, per balance at the start of each month, a year", Lower,
		ToDate, []Term{{InterestReceived, 12}}, SumStart, balance)
	margin := []Term{{InterestReceived, 1}, {Recoveries, 1}, {ChargedOff, -1}}
	add("net_margin", "Net margin", "interest and recoveries less charge-offs, funding, operating and acquisition cost so far", Amount, Higher,
		Sum{Window: ToDate, Terms: margin, Margin: true}, Sum{})
	add("net_margin_rate", "Net margin rate", "net margin so far, per mean balance at the start of each month", Share, Higher,
		Sum{Window: ToDate, Terms: margin, Margin: true}, Sum{Window: MeanStart, Terms: balance})

	level("provisions", "Provisions", "set aside for losses on loans not charged off", Amount, Neither, AtEnd, provisions)
	rate("provision_coverage", "Provision coverage", "set aside for losses, per balance", Neither, AtEnd, provisions, AtEnd, balance)
	rate("npl_coverage", "Coverage of bad loans", "set aside for losses, per balance 90 or more days past due and not charged off", Neither,
		AtEnd, provisions, AtEnd, plus(BalanceDefault))
	rate("stage_2_share", "Balance in stage 2", "balance of borrowers not in default who are 30 or more days past due or whose risk has risen (five_class: any days past due), per balance; stage 3 is par_90", Lower,
		AtEnd, plus(BalanceStage2), AtEnd, balance)
	charge := append([]Term{{ChargedOff, 1}, {Recoveries, -1}}, provisions...)
	level("impairment", "Impairment charge", "rise of provisions since the snapshot plus charge-offs less later recoveries so far", Amount, Lower, ToDate, charge)
	after := append([]Term{{Provision1, -1}, {Provision2, -1}, {Provision3, -1}}, margin...)
	add("net_margin_provisioned", "Net margin after provisions", "net margin less the rise of provisions since the snapshot, so far", Amount, Higher,
		Sum{Window: ToDate, Terms: after, Margin: true}, Sum{})
	add("net_margin_provisioned_rate", "Net margin rate after provisions", "net margin less the rise of provisions since the snapshot, so far, per mean balance at the start of each month", Share, Higher,
		Sum{Window: ToDate, Terms: after, Margin: true}, Sum{Window: MeanStart, Terms: balance})
	return ms
}()
