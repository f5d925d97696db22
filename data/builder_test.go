package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var asOf = time.Date(2024, 6, 30, 0, 0, 0, 0, time.UTC)

// tape builds rows for tests: all columns present, sensible values unless changed.
type tape struct {
	opts BuilderOptions
	rows []Row
}

func newTape() *tape {
	t := &tape{opts: BuilderOptions{Currency: "CNY", AsOf: asOf}}
	for c := range NumColumns {
		t.opts.Present[c] = c != OriginationDate
	}
	return t
}

func (t *tape) add(loan, borrower string, change func(v *[NumColumns]Value)) *tape {
	r := Row{Number: int64(len(t.rows) + 1)}
	n := func(v float64) Value { return Value{Number: v} }
	r.Values = [NumColumns]Value{
		LoanID: {Text: []byte(loan)}, BorrowerID: {Text: []byte(borrower)}, BalanceOpen: n(500), PrincipalLent: n(1000), APR: n(0.24),
		TermMonths: n(12), MonthsOnBook: n(6), DaysOnBook: {Null: true}, DaysPastDue: n(0), IncomeMonthly: n(5000), PD12: n(0.05), SegmentName: {Text: []byte("a")},
		ProductName: {Text: []byte("annuity")}, OrdinalNumber: n(1), ExternalLoans: n(0), WeightCount: n(1),
	}
	if change != nil {
		change(&r.Values)
	}
	t.rows = append(t.rows, r)
	return t
}

func (t *tape) build() (*Portfolio, error) {
	b := NewBuilder(t.opts)
	b.File("tape.parquet")
	for i := range t.rows {
		b.Add(&t.rows[i])
	}
	return b.Finish()
}

func set(c ColumnID, v float64) func(*[NumColumns]Value) {
	return func(values *[NumColumns]Value) { values[c] = Value{Number: v} }
}

func word(c ColumnID, s string) func(*[NumColumns]Value) {
	return func(values *[NumColumns]Value) { values[c] = Value{Text: []byte(s)} }
}

func TestBadRows(t *testing.T) {
	null := func(c ColumnID) func(*[NumColumns]Value) {
		return func(values *[NumColumns]Value) { values[c] = Value{Null: true} }
	}
	for _, c := range []struct {
		name   string
		change func(*[NumColumns]Value)
		want   string
	}{
		{"negative balance", set(BalanceOpen, -1), "column balance: the balance must be 0 or more; 1 case, for example tape.parquet row 2: -1"},
		{"null balance", null(BalanceOpen), "column balance: the value is missing (null); 1 case, for example tape.parquet row 2: null"},
		{"null key", null(BorrowerID), "column borrower_id: the value is missing (null)"},
		{"empty key", word(LoanID, ""), "column loan_id: the value is missing (empty text)"},
		{"principal 0", set(PrincipalLent, 0), "column principal: the principal must be above 0"},
		{"huge principal", set(PrincipalLent, 1e13), "column principal: the amount must be at most 1e12"},
		{"APR 24", set(APR, 24), "column apr: the rate must be 0 to 10, as a fraction: 24 would mean 2400 %, 24 % is 0.24; 1 case, for example tape.parquet row 2: 24"},
		{"APR below 0", set(APR, -0.1), "column apr: the rate must be 0 to 10"},
		{"NaN", set(APR, math.NaN()), "column apr: the value is not a finite number; 1 case, for example tape.parquet row 2: NaN"},
		{"infinite", set(BalanceOpen, math.Inf(1)), "column balance: the value is not a finite number; 1 case, for example tape.parquet row 2: +Inf"},
		{"term 0", set(TermMonths, 0), "column term_months: the value must be 1 to 600"},
		{"term a fraction", set(TermMonths, 3.7), "column term_months: the value must be a whole number; 1 case, for example tape.parquet row 2: 3.7"},
		{"age below 0", set(MonthsOnBook, -1), "column months_on_book: the value must be 0 to 1200"},
		{"dpd below 0", set(DaysPastDue, -1), "column dpd: the value must be 0 to 3650"},
		{"dpd above the range", set(DaysPastDue, 4000), "column dpd: the value must be 0 to 3650"},
		{"income 0", set(IncomeMonthly, 0), "column income_monthly: the income must be above 0; 1 case, for example tape.parquet row 2: 0"},
		{"PD 0", set(PD12, 0), "column pd12: the probability must be above 0 and at most 0.99"},
		{"PD 1", set(PD12, 1), "column pd12: the probability must be above 0 and at most 0.99"},
		{"null PD", null(PD12), "column pd12: the value is missing (null)"},
		{"product", word(ProductName, "anuity"), `column product: unknown product (allowed: annuity, equal_principal, interest_only, bullet, revolving); 1 case, for example tape.parquet row 2: "anuity", did you mean "annuity"?`},
		{"segment", word(SegmentName, "salarid"), `column segment: unknown segment (allowed: a, salaried); 1 case, for example tape.parquet row 2: "salarid", did you mean "salaried"?`},
		{"ordinal 0", set(OrdinalNumber, 0), "column ordinal: the value must be 1 or more"},
		{"external loans", set(ExternalLoans, 300), "column external_loans: the value must be 0 to 255"},
		{"weight 0", set(WeightCount, 0), "column weight: the value must be 1 to 1000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tape := newTape()
			tape.opts.Segments = []string{"a", "salaried"}
			tape.add("1", "x", nil).add("2", "y", c.change)
			p, err := tape.build()
			problems, ok := err.(*Problems)
			if !ok || problems.Cause != BadData || p != nil {
				t.Fatalf("want problems of the data, found %v", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q in\n%s", c.want, err)
			}
			if !strings.Contains(err.Error(), "1 of 2 rows rejected (50%); at most 0% may be") {
				t.Errorf("no share of rejected rows in\n%s", err)
			}
			tape.opts.MaxRejected = 0.5
			p, err = tape.build()
			if err != nil || p.Intake.Rejected != 1 || p.Intake.Borrowers != 1 || len(p.Intake.Findings) != 1 {
				t.Errorf("half of the rows may be rejected, found %v %v", p, err)
			}
		})
	}
}

func TestFutureOrigination(t *testing.T) {
	tape := newTape()
	tape.opts.Present[MonthsOnBook], tape.opts.Present[OriginationDate] = false, true
	day := float64(DayOf(asOf))
	tape.add("1", "x", set(OriginationDate, day+1)).add("2", "y", set(OriginationDate, day))
	_, err := tape.build()
	want := "column origination_date: the date lies after the as-of date 2024-06-30; 1 case, for example tape.parquet row 1: 2024-07-01"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("want %q, found %v", want, err)
	}
	tape.rows = nil
	for i, c := range []struct {
		date string
		age  int16
	}{{"2024-06-30", 0}, {"2024-05-31", 0}, {"2024-05-30", 1}, {"2023-06-30", 12}, {"2020-02-29", 52}} {
		d, _ := time.Parse(time.DateOnly, c.date)
		tape.rows = nil
		p, err := tape.add(fmt.Sprint(i), "x", set(OriginationDate, float64(DayOf(d)))).build()
		if err != nil || p.Loans[0].MonthsOnBook != c.age {
			t.Errorf("%s: want age %d, found %v %v", c.date, c.age, p, err)
		}
	}
}

// A term in days stands in for one in months, row by row; days on book, or the day of disbursement, tell the days beyond
// the whole months; days past due are kept.
func TestTermInDays(t *testing.T) {
	null := Value{Null: true}
	tape := newTape()
	tape.add("1", "x", func(v *[NumColumns]Value) {
		v[TermMonths], v[TermDays], v[MonthsOnBook], v[DaysOnBook], v[DaysPastDue] = null, Value{Number: 45}, Value{Number: 1}, Value{Number: 52}, Value{Number: 7}
	})
	tape.add("2", "y", func(v *[NumColumns]Value) { v[TermDays], v[DaysOnBook] = null, null })
	tape.add("3", "z", func(v *[NumColumns]Value) { // repaid 96 days ago
		v[TermMonths], v[TermDays], v[MonthsOnBook], v[DaysOnBook], v[BalanceOpen] = null, Value{Number: 14}, Value{Number: 3}, Value{Number: 110}, Value{}
	})
	p, err := tape.build()
	if err != nil {
		t.Fatal(err)
	}
	want := map[int16]Loan{2: {TermDays: 45, MonthsOnBook: 1, Days: 22}, 12: {MonthsOnBook: 6}, 1: {TermDays: 14, MonthsOnBook: 3, Days: 19}}
	for _, l := range p.Loans {
		if w := want[l.Term]; l.TermDays != w.TermDays || l.MonthsOnBook != w.MonthsOnBook || l.Days != w.Days {
			t.Errorf("%+v", l)
		}
	}
	for _, b := range p.Borrowers {
		if l := p.Loans[b.First]; (b.DaysLate == 7) != (l.TermDays == 45) || (b.Gap == 3) != (l.TermDays == 14) {
			t.Errorf("%+v", b)
		}
	}
	tape.add("4", "w", func(v *[NumColumns]Value) { v[TermMonths], v[TermDays] = null, Value{Number: 181} })
	if _, err = tape.build(); err == nil || !strings.Contains(err.Error(), "column term_days: the value must be 1 to 180; 1 case, for example tape.parquet row 4: 181") {
		t.Error(err)
	}
	tape.opts.Present[TermMonths], tape.opts.Present[TermDays] = false, false
	if _, err = tape.build(); err == nil || !strings.Contains(err.Error(), "column term_months: the column is missing, and so is term_days") {
		t.Error(err)
	}

	tape = newTape()
	tape.opts.Present[MonthsOnBook], tape.opts.Present[DaysOnBook], tape.opts.Present[OriginationDate] = false, false, true
	p, err = tape.add("1", "x", set(OriginationDate, float64(DayOf(asOf)-45))).build()
	if err != nil || p.Loans[0].MonthsOnBook != 1 || p.Loans[0].Days != 14 { // from 16 May
		t.Errorf("%+v %v", p.Loans, err)
	}
}

// Days on book that no calendar gives for the months on book are noted; those that one gives are not.
func TestAgesContradict(t *testing.T) {
	tape := newTape()
	for day, to := DayOf(time.Date(2020, 1, 31, 0, 0, 0, 0, time.UTC)), DayOf(asOf); day <= to; day++ {
		tape.add(fmt.Sprint(day), fmt.Sprint(day), func(v *[NumColumns]Value) {
			v[MonthsOnBook], v[DaysOnBook] = Value{Number: float64(MonthsBetween(day, to))}, Value{Number: float64(to - day)}
		})
	}
	p, err := tape.build()
	if err != nil || len(p.Intake.Findings) != 0 {
		t.Errorf("calendar: %v %+v", err, p.Intake.Findings)
	}
	tape = newTape()
	for i, c := range []struct{ months, days float64 }{{12, 40}, {12, 361}, {12, 362}, {12, 398}, {12, 399}, {0, 33}, {0, 34}} {
		tape.add(fmt.Sprint(i), fmt.Sprint(i), func(v *[NumColumns]Value) {
			v[MonthsOnBook], v[DaysOnBook] = Value{Number: c.months}, Value{Number: c.days}
		})
	}
	p, err = tape.build()
	if err != nil || len(p.Intake.Findings) != 1 {
		t.Fatalf("%v %+v", err, p)
	}
	want := []Example{{"tape.parquet", 1, "40 days, 12 months"}, {"tape.parquet", 2, "361 days, 12 months"}, {"tape.parquet", 5, "399 days, 12 months"}, {"tape.parquet", 7, "34 days, 0 months"}}
	if f := p.Intake.Findings[0]; f.Code != "ages_contradict" || f.Severity != Warning || f.Count != 4 || !slices.Equal(f.Examples, want) {
		t.Errorf("%+v", f)
	}
}

// A loan in days that was repaid generations ago: he is idle for longer than anybody asks.
func TestGapOfAnOldLoan(t *testing.T) {
	for _, age := range []float64{1092, 1093, MaxMonthsOnBook} { // 30 times 1,093 is beyond 16 bits
		p, err := newTape().add("1", "x", func(v *[NumColumns]Value) {
			v[TermMonths], v[TermDays], v[MonthsOnBook], v[DaysOnBook], v[BalanceOpen] = Value{Null: true}, Value{Number: 14}, Value{Number: age}, Value{Null: true}, Value{}
		}).build()
		if err != nil || p.Borrowers[0].Gap != MaxGap {
			t.Errorf("%v months: %+v %v", age, p, err)
		}
	}
}

func TestNothingLeft(t *testing.T) {
	if _, err := newTape().build(); err == nil || !strings.Contains(err.Error(), "the portfolio has no rows") {
		t.Errorf("no rows: %v", err)
	}
	_, err := newTape().add("1", "x", set(DaysPastDue, 400)).build()
	if err == nil || !strings.Contains(err.Error(), "no borrower is left: 1 rows read, 0 rejected, 1 borrowers already in default") {
		t.Errorf("only defaulted borrowers: %v", err)
	}
	tape := newTape()
	tape.opts.Present[APR] = false
	if _, err := tape.add("1", "x", nil).build(); err == nil || !strings.Contains(err.Error(), "column apr: the column is missing") {
		t.Errorf("missing column: %v", err)
	}
}

func TestDuplicateLoans(t *testing.T) {
	tape := newTape().add("7", "x", nil).add("7", "y", nil).add("8", "z", nil)
	_, err := tape.build()
	want := "column loan_id: the loan id occurs more than once; all its rows are rejected; 2 cases, for example tape.parquet row 1: balance 500.00; row 2: balance 500.00"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want %q, found %v", want, err)
	}
}

func TestGrouping(t *testing.T) {
	tape := newTape()
	tape.opts.Present[OrdinalNumber] = false
	both := func(changes ...func(*[NumColumns]Value)) func(*[NumColumns]Value) {
		return func(v *[NumColumns]Value) {
			for _, c := range changes {
				c(v)
			}
		}
	}
	// x: three rows, the oldest repaid; facts disagree.
	tape.add("1", "x", both(set(MonthsOnBook, 9), set(DaysPastDue, 31), set(PD12, 0.2), set(IncomeMonthly, 100)))
	tape.add("2", "x", both(set(MonthsOnBook, 2), set(ExternalLoans, 3), set(WeightCount, 4)))
	tape.add("3", "x", both(set(MonthsOnBook, 30), set(BalanceOpen, 0), word(SegmentName, "b")))
	// y: idle, 18 months old with a term of 12.
	tape.add("4", "y", both(set(MonthsOnBook, 18), set(BalanceOpen, 0)))
	// z: defaulted, weight 2.
	tape.add("5", "z", both(set(DaysPastDue, 90), set(WeightCount, 2)))
	p, err := tape.build()
	if err != nil {
		t.Fatal(err)
	}
	in := p.Intake
	if in.Rows != 5 || in.Loans != 2 || in.Repaid != 2 || in.ExcludedLoans != 1 || in.Rows != in.Loans+in.Repaid+in.Rejected+in.ExcludedLoans {
		t.Errorf("rows do not add up: %+v", in)
	}
	if in.Borrowers != 2 || in.WeightedBorrowers != 5 || in.Balance != 4000*Unit || in.ExcludedBorrowers != 1 || in.ExcludedBalance != 1000*Unit {
		t.Errorf("totals: %+v", in)
	}
	x, y := p.Borrowers[0], p.Borrowers[1]
	if x.Open == 0 {
		x, y = y, x
	}
	if x.Open != 2 || x.Bucket != 2 || x.PD12 != 0.2 || x.External != 3 || x.Weight != 4 || x.Income != 5000*Unit || x.Ordinal != 3 || x.Gap != 0 {
		t.Errorf("borrower with loans: %+v", x)
	}
	if l := p.Loans[x.First : x.First+2]; l[0].MonthsOnBook != 2 || l[0].Ordinal != 3 || l[1].MonthsOnBook != 9 || l[1].Ordinal != 2 {
		t.Errorf("loans newest first: %+v", l)
	}
	if y.Open != 0 || y.Gap != 6 || p.Loans[y.First].MonthsOnBook != 18 {
		t.Errorf("idle borrower: %+v", y)
	}
	if !slices.Equal(p.Segments, []string{"a"}) {
		t.Errorf("segments without borrowers stay: %v", p.Segments)
	}
	var codes []string
	for _, f := range in.Findings {
		codes = append(codes, f.Code)
	}
	if want := []string{"external_loans_disagree", "incomes_disagree", "pd12_disagree", "segments_disagree", "weights_disagree"}; !slices.Equal(codes, want) {
		t.Errorf("want %v, found %v", want, codes)
	}
}

func TestBuckets(t *testing.T) {
	for dpd, want := range map[float64]uint8{0: 0, 1: 1, 29: 1, 30: 2, 59: 2, 60: 3, 89: 3} {
		p, err := newTape().add("1", "x", set(DaysPastDue, dpd)).build()
		if err != nil || p.Borrowers[0].Bucket != want {
			t.Errorf("dpd %v: want bucket %d, found %v %v", dpd, want, p, err)
		}
	}
}

// TestOrder: the portfolio is the same whatever the order of the rows.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tape := newTape()
	tape.opts.MaxRejected = 1
	for i := range 500 {
		tape.add(fmt.Sprint(i), fmt.Sprint(r.IntN(200)), func(v *[NumColumns]Value) {
			v[MonthsOnBook].Number = float64(r.IntN(4))
			v[OrdinalNumber].Number = float64(1 + r.IntN(3))
			v[BalanceOpen].Number = float64(r.IntN(3))
			v[DaysPastDue].Number = float64(r.IntN(100))
			v[PD12].Number = float64(1+r.IntN(3)) / 10
			v[SegmentName].Text = []byte(fmt.Sprint("s", r.IntN(5)))
			v[APR].Number = float64(r.IntN(12))
		})
	}
	want, err := tape.build()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		r.Shuffle(len(tape.rows), func(i, j int) { tape.rows[i], tape.rows[j] = tape.rows[j], tape.rows[i] })
		got, err := tape.build()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatal("the portfolio depends on the order of the rows")
		}
	}
}

func TestTooManySegments(t *testing.T) {
	tape := newTape()
	for i := range MaxSegments + 1 {
		tape.add(fmt.Sprint(i), fmt.Sprint(i), word(SegmentName, fmt.Sprint("s", i)))
	}
	if _, err := tape.build(); err == nil || !strings.Contains(err.Error(), "more than 255 different segments") {
		t.Errorf("found %v", err)
	}
	tape.rows = tape.rows[:MaxSegments]
	if p, err := tape.build(); err != nil || len(p.Segments) != MaxSegments {
		t.Errorf("255 segments: %v", err)
	}
}

func TestTotalsDoNotOverflow(t *testing.T) {
	tape := newTape()
	big := func(v *[NumColumns]Value) { v[BalanceOpen].Number, v[WeightCount].Number = 1e12, 1e6 }
	if _, err := tape.add("1", "x", big).build(); err == nil || !strings.Contains(err.Error(), "the portfolio is too large") {
		t.Errorf("found %v", err)
	}
}

func TestMoneyRounding(t *testing.T) {
	for v, want := range map[float64]Money{0.125: 12, 0.375: 38, 1234.56: 123456, 0.29: 29, 1e12: 1e14} {
		p, err := newTape().add("1", "x", set(PrincipalLent, v)).build()
		if err != nil || p.Loans[0].Principal != want {
			t.Errorf("%v: want %d, found %v %v", v, want, p, err)
		}
	}
}

func TestSchemaDocument(t *testing.T) {
	text, err := os.ReadFile("SCHEMA.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), SchemaTable()) {
		t.Errorf("SCHEMA.md lacks the table of the schema; it should hold\n%s", SchemaTable())
	}
}

func TestProfileAddsUp(t *testing.T) {
	tape := newTape()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		tape.add(fmt.Sprint(i), fmt.Sprint(r.IntN(200)), func(v *[NumColumns]Value) {
			v[BalanceOpen].Number = float64(r.IntN(1000))
			v[MonthsOnBook].Number = float64(r.IntN(30))
			v[DaysPastDue].Number = float64(r.IntN(95))
			v[SegmentName].Text = []byte(fmt.Sprint("s", i%3))
			v[ProductName].Text = []byte(productNames[i%4])
		})
	}
	p, err := tape.build()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range Profile(p) {
		for _, row := range table.Rows {
			if len(row) != len(table.Header) {
				t.Errorf("%s: row %v has not the columns %v", table.Title, row, table.Header)
			}
		}
		if !strings.HasPrefix(table.Title, "by ") {
			continue
		}
		loans, cents := int64(0), Money(0)
		for _, row := range table.Rows {
			var n, whole, rest int64
			fmt.Sscan(row[2], &n)
			fmt.Sscanf(row[3], "%d.%d", &whole, &rest)
			loans, cents = loans+n, cents+Money(whole*100+rest)
		}
		if loans != p.Intake.Loans || cents != p.Intake.Balance {
			t.Errorf("%s: %d loans, %s; the portfolio has %d, %s", table.Title, loans, cents, p.Intake.Loans, p.Intake.Balance)
		}
	}
}
