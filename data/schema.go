package data

import (
	"fmt"
	"strings"
)

// ColumnType is the form a canonical column takes in a file.
type ColumnType string

const (
	KeyColumn     ColumnType = "text or integer" // names something; 123 and "123" are the same key
	MoneyColumn   ColumnType = "money"           // any number type, in whole units of the portfolio's currency
	NumberColumn  ColumnType = "number"          // any number type
	IntegerColumn ColumnType = "integer"         // any number type with whole values
	DateColumn    ColumnType = "date"            // a date or timestamp (UTC)
	WordColumn    ColumnType = "text"
)

// Column documents one column of the canonical loan tape.
type Column struct {
	Name     string
	Type     ColumnType
	Unit     string
	Range    string
	Meaning  string
	Required bool
	Default  string // of an absent column or a null; "" when there is none
}

// ColumnID is a canonical column: its place in Schema and in Row.Values.
type ColumnID int

const (
	LoanID ColumnID = iota
	BorrowerID
	BalanceOpen
	PrincipalLent
	APR
	TermMonths
	TermDays
	MonthsOnBook
	OriginationDate
	DaysOnBook
	DaysPastDue
	IncomeMonthly
	PD12
	SegmentName
	ProductName
	OrdinalNumber
	ExternalLoans
	WeightCount
	NumColumns
)

// Ranges of the canonical columns.
const (
	MaxAmount       = 1e12 // whole units of currency, of a balance, a principal or an income
	MaxAPR          = 10
	MaxTerm         = 600
	MaxTermDays     = 180
	MaxMonthsOnBook = 1200
	MaxDaysOnBook   = 36525
	MaxDPD          = 3650
	DefaultDPD      = 90 // days past due from which a borrower counts as defaulted
	MaxPD12         = 0.99
	MaxSegments     = 255
	MaxExternal     = 255
	MaxWeight       = 1_000_000
	MaxGap          = 60 // months since the payoff that are told apart: longer ones count as so many, and no rule asks for more
)

var schema = [NumColumns]Column{
	LoanID:          {"loan_id", KeyColumn, "", "unique", "the loan; one row is one loan", true, ""},
	BorrowerID:      {"borrower_id", KeyColumn, "", "", "the borrower; rows with the same key are one person", true, ""},
	BalanceOpen:     {"balance", MoneyColumn, "currency", "0 or more", "principal still owed at the as-of date; 0 = the loan is over and tells only when the borrower was last seen", true, ""},
	PrincipalLent:   {"principal", MoneyColumn, "currency", "above 0", "amount first lent", true, ""},
	APR:             {"apr", NumberColumn, "fraction per year", "0 to 10", "nominal annual rate; 0.24 is 24 %, and 24 would mean 2400 %", true, ""},
	TermMonths:      {"term_months", IntegerColumn, "months", "1 to 600", "contractual term; this column or term_days is needed", false, ""},
	TermDays:        {"term_days", IntegerColumn, "days", "1 to 180", "contractual term of a short loan, used where term_months is absent or null; it must be a whole number of steps of the run's grid", false, ""},
	MonthsOnBook:    {"months_on_book", IntegerColumn, "months", "0 to 1200", "whole months since origination; may exceed the term of a late loan; this column or origination_date is needed", false, ""},
	OriginationDate: {"origination_date", DateColumn, "", "not after the as-of date", "day of disbursement, used where months_on_book is absent or null; needs the as-of date", false, ""},
	DaysOnBook:      {"days_on_book", IntegerColumn, "days", "0 to 36525", "days since origination, which tell grids finer than a month what the whole months leave open", false, ""},
	DaysPastDue:     {"dpd", IntegerColumn, "days", "0 to 3650", "days past due; a borrower with 90 or more on any row has already defaulted: left out of the projection and counted", false, "0"},
	IncomeMonthly:   {"income_monthly", MoneyColumn, "currency per month", "above 0", "income of the borrower", true, ""},
	PD12:            {"pd12", NumberColumn, "fraction", "above 0, at most 0.99", "12-month probability of default of today's grade; when the column is there every row needs it", false, ""},
	SegmentName:     {"segment", WordColumn, "", "at most 255 different", "part of the book with its own parameters and its own line in the report", false, "all"},
	ProductName:     {"product", WordColumn, "", strings.Join(productNames[:], ", "), "way of repayment; of a revolving line `principal` is the limit, `balance` what is drawn and `term_months` how long it is granted for", false, "annuity"},
	OrdinalNumber:   {"ordinal", IntegerColumn, "", "1 or more", "1 = the borrower's first loan with this lender; above 255 counts as 255", false, "rank of the row among the borrower's rows by age, oldest = 1"},
	ExternalLoans:   {"external_loans", IntegerColumn, "loans", "0 to 255", "open loans with other lenders", false, "0"},
	WeightCount:     {"weight", IntegerColumn, "borrowers", "1 to 1000000", "how many like borrowers the row's borrower stands for", false, "1"},
}

// Alternative returns the column that may stand in for one of which each row needs one of the two.
func (c ColumnID) Alternative() (ColumnID, bool) {
	switch c {
	case TermMonths:
		return TermDays, true
	case TermDays:
		return TermMonths, true
	case MonthsOnBook:
		return OriginationDate, true
	case OriginationDate:
		return MonthsOnBook, true
	}
	return 0, false
}

// Schema lists the canonical columns in the order of ColumnID.
func Schema() []Column { return schema[:] }

// String returns the name of the column, "" for NumColumns.
func (c ColumnID) String() string {
	if c >= NumColumns {
		return ""
	}
	return schema[c].Name
}

// ColumnNames lists the names of the canonical columns.
func ColumnNames() []string {
	names := make([]string, NumColumns)
	for i, c := range schema {
		names[i] = c.Name
	}
	return names
}

// ColumnByName finds a canonical column.
func ColumnByName(name string) (ColumnID, bool) {
	for i, c := range schema {
		if c.Name == name {
			return ColumnID(i), true
		}
	}
	return 0, false
}

// SchemaTable writes the schema as a Markdown table, the one of SCHEMA.md.
func SchemaTable() string {
	var b strings.Builder
	b.WriteString("| column | type | unit | range | needed | meaning |\n|---|---|---|---|---|---|\n")
	for i, c := range schema {
		needed := "yes"
		_, either := ColumnID(i).Alternative()
		switch {
		case either:
			needed = "one of the two"
		case c.Default != "":
			needed = "no: " + c.Default
		case !c.Required:
			needed = "no"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Name, c.Type, c.Unit, c.Range, needed, c.Meaning)
	}
	return b.String()
}
