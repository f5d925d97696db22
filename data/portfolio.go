package data

import (
	"fmt"
	"time"
)

// Product is the way a loan is repaid.
type Product uint8

const (
	Annuity        Product = iota // equal instalments of interest and principal
	EqualPrincipal                // equal parts of principal plus interest on the balance
	InterestOnly                  // interest each month, principal at the end
	Bullet                        // principal and interest in one payment at the end
	Revolving                     // a line that is drawn and repaid anew; Principal is its limit
	NumProducts    = 5
)

var productNames = [NumProducts]string{"annuity", "equal_principal", "interest_only", "bullet", "revolving"}

func (p Product) String() string { return productNames[p] }

// ProductNames lists the names accepted in the column product, in the order of the constants.
func ProductNames() []string { return productNames[:] }

// ParseProduct returns the product of a name.
func ParseProduct(name string) (Product, error) {
	for i, n := range productNames {
		if n == name {
			return Product(i), nil
		}
	}
	return 0, fmt.Errorf("unknown product %q (allowed: annuity, equal_principal, interest_only, bullet, revolving)%s", name, DidYouMean(name, productNames[:]))
}

// Loan is one row of the portfolio.
type Loan struct {
	Principal    Money   // amount first lent, above 0; of a revolving line its limit
	Balance      Money   // principal still owed at the as-of date, 0 or more; 0 means the loan is over
	APR          float64 // nominal annual rate as a fraction, 0 or more
	Term         int16   // contractual months, 1 or more; rounded up where TermDays is given
	MonthsOnBook int16   // whole months since origination, 0 or more; may exceed Term when late
	Days         uint8   // days since origination beyond the whole months, 0 to 30; 0 where the tape does not say
	TermDays     uint8   // contractual days of a short loan, 0 where the term is in months
	Ordinal      uint8   // 1 = the borrower's first loan with this lender, capped at 255
	Product      Product
}

// Borrower is one borrower and where its loans lie.
type Borrower struct {
	ID       uint64  // first 8 bytes of the SHA-256 of the borrower key: the name of all its random draws
	Income   Money   // monthly income, above 0
	PD12     float64 // 12-month probability of default of today's grade, in (0,1); 0 = not given
	First    uint32  // Loans[First] is the newest row: the newest open loan or, with Open = 0, the last loan repaid
	Open     uint16  // number of open loans, Loans[First : First+Open], newest first
	Gap      uint8   // months since the last payoff, at most 60; 0 with an open loan
	DaysLate uint8   // worst days past due, 0 to 89; 0 also where only Bucket is known
	Weight   uint32  // how many like borrowers this one stands for, 1 or more
	Segment  uint8   // index into Portfolio.Segments
	External uint8   // loans with other lenders
	Bucket   uint8   // worst days past due: 0 current, 1 = 1-29, 2 = 30-59, 3 = 60-89 days
	Ordinal  uint8   // highest ordinal of its rows
}

// Portfolio is a loan tape in canonical form: rows checked, borrowers who already defaulted set aside, order
// independent of the order of the rows in the files. It is read-only once built.
type Portfolio struct {
	Currency    string     // ISO 4217 code, such as "CNY"
	AsOf        time.Time  // snapshot date (UTC midnight); zero when the tape does not say
	Segments    []string   // names, sorted; at most 255
	Borrowers   []Borrower // by segment, then by ID
	Loans       []Loan
	HasPD       bool // whether PD12 was given
	Intake      Intake
	Assumptions []Assumption // what the mapping had to assume
	Sources     []Source
}

// Source is one file that the portfolio was read from.
type Source struct {
	Name   string `json:"name"`   // base name, no directory
	SHA256 string `json:"sha256"` // of the file's bytes
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
}

// Assumption is a figure that somebody had to choose because no data gave it.
type Assumption struct {
	Name   string `json:"name"`  // what is assumed, such as "risk.b_pti" or "column income_monthly"
	Value  string `json:"value"` // with its unit
	Reason string `json:"reason"`
	Origin string `json:"origin"` // "mapping ppdai", "behaviour default", "experiment"
}

// Finding is a kind of row-level observation, counted, with examples.
type Finding struct {
	Severity Severity  `json:"severity"` // Error: the row was rejected
	Code     string    `json:"code"`     // stable identifier, such as "negative_balance"
	Column   string    `json:"column"`
	Message  string    `json:"message"` // what is wrong and what is allowed
	Count    int64     `json:"count"`   // rows (or borrowers, where the message says so)
	Examples []Example `json:"examples"`
}

// Example is one row that shows a Finding.
type Example struct {
	File  string `json:"file"`
	Row   int64  `json:"row"` // 1-based row in that file
	Value string `json:"value"`
}

// Intake is the account of what became of the rows: Rows = Loans + Repaid + Rejected + Excluded loans.
type Intake struct {
	Rows              int64     `json:"rows"`               // rows read
	Loans             int64     `json:"loans"`              // rows that became open loans
	Repaid            int64     `json:"repaid"`             // rows with balance 0
	Rejected          int64     `json:"rejected"`           // rows dropped for an Error finding
	Borrowers         int64     `json:"borrowers"`          // borrowers projected, unweighted
	WeightedBorrowers int64     `json:"weighted_borrowers"` // sum of weights
	Balance           Money     `json:"balance"`            // open balance, weighted
	ExcludedBorrowers int64     `json:"excluded_borrowers"` // already 90 or more days past due at the as-of date
	ExcludedLoans     int64     `json:"excluded_loans"`
	ExcludedBalance   Money     `json:"excluded_balance"` // weighted
	Findings          []Finding `json:"findings"`
}
