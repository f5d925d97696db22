package mapping

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"relend/data"
	"relend/data/parquet"
)

// canonical is a small good tape.
func canonical(rows int) []parquet.Column {
	c := []parquet.Column{{Name: "loan_id", Ints: []int64{}}, {Name: "borrower_id", Strings: []string{}}, {Name: "balance", Floats: []float64{}},
		{Name: "principal", Floats: []float64{}}, {Name: "apr", Floats: []float64{}}, {Name: "term_months", Ints: []int64{}},
		{Name: "months_on_book", Ints: []int64{}}, {Name: "income_monthly", Floats: []float64{}}, {Name: "dpd", Ints: []int64{}},
		{Name: "pd12", Floats: []float64{}}, {Name: "segment", Strings: []string{}}}
	for i := range rows {
		c[0].Ints = append(c[0].Ints, int64(i))
		c[1].Strings = append(c[1].Strings, fmt.Sprint("b", i/2))
		c[2].Floats = append(c[2].Floats, float64(100+i))
		c[3].Floats = append(c[3].Floats, 1000)
		c[4].Floats = append(c[4].Floats, 0.24)
		c[5].Ints = append(c[5].Ints, 12)
		c[6].Ints = append(c[6].Ints, int64(i%12))
		c[7].Floats = append(c[7].Floats, 5000)
		c[8].Ints = append(c[8].Ints, 0)
		c[9].Floats = append(c[9].Floats, 0.05)
		c[10].Strings = append(c[10].Strings, "salaried")
	}
	return c
}

func save(t testing.TB, path string, columns []parquet.Column) string {
	t.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, columns, parquet.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(opts LoadOptions) (*data.Portfolio, error) { return Load(context.Background(), opts) }

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	all := canonical(1000)
	save(t, filepath.Join(dir, "all.parquet"), all)
	p, err := load(LoadOptions{Patterns: []string{filepath.Join(dir, "all.parquet")}, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Intake.Loans != 1000 || p.Intake.Borrowers != 500 || p.Intake.Balance != 599500*data.Unit || !p.HasPD || len(p.Intake.Findings) != 0 {
		t.Errorf("portfolio: %+v", p.Intake)
	}
	if s := p.Sources; len(s) != 1 || s[0].Name != "all.parquet" || s[0].Rows != 1000 || len(s[0].SHA256) != 64 {
		t.Errorf("sources: %+v", s)
	}
	var assumed []string
	for _, a := range p.Assumptions {
		assumed = append(assumed, a.Name)
	}
	if got := strings.Join(assumed, ", "); got != "column product, column ordinal, column external_loans" {
		t.Errorf("assumptions: %s", got)
	}

	// The same rows in other files and another order, the key as text instead of a number.
	first, second := canonical(1000), canonical(1000)
	for i := range all {
		for _, half := range []struct {
			c    *parquet.Column
			keep func(int) bool
		}{{&first[i], func(row int) bool { return row%3 == 0 }}, {&second[i], func(row int) bool { return row%3 != 0 }}} {
			ints, floats, words := half.c.Ints, half.c.Floats, half.c.Strings
			*half.c = parquet.Column{Name: half.c.Name}
			for row := 999; row >= 0; row-- {
				if !half.keep(row) {
					continue
				}
				switch {
				case i == 0:
					half.c.Strings = append(half.c.Strings, fmt.Sprint(row))
				case ints != nil:
					half.c.Ints = append(half.c.Ints, ints[row])
				case floats != nil:
					half.c.Floats = append(half.c.Floats, floats[row])
				default:
					half.c.Strings = append(half.c.Strings, words[row])
				}
			}
		}
	}
	sub := filepath.Join(dir, "parts")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(sub, "z.parquet"), first)
	save(t, filepath.Join(sub, "a.parquet"), second)
	q, err := load(LoadOptions{Patterns: []string{sub}, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	q.Sources = p.Sources
	if !reflect.DeepEqual(p, q) {
		t.Error("the portfolio depends on how its rows are spread over files")
	}
}

func TestBadTapes(t *testing.T) {
	dir := t.TempDir()
	column := func(c []parquet.Column, name string) *parquet.Column {
		for i := range c {
			if c[i].Name == name {
				return &c[i]
			}
		}
		t.Fatal(name)
		return nil
	}
	for _, c := range []struct {
		name   string
		change func(c []parquet.Column) []parquet.Column
		opts   LoadOptions
		want   string
	}{
		{"zero rows", func([]parquet.Column) []parquet.Column { return canonical(0) }, LoadOptions{}, "the portfolio has no rows"},
		{"missing columns", func(c []parquet.Column) []parquet.Column { c[2].Name = "balanc"; return append(c[:4:4], c[5:]...) }, LoadOptions{},
			`tape.parquet: required columns are missing: balance (is it "balanc"?), apr; the file has loan_id, borrower_id, balanc, principal, term_months, months_on_book, income_monthly, dpd, pd12, segment; use --mapping to read a tape with other names (examples: bondora, ppdai, prosper, sba)`},
		{"no term", func(c []parquet.Column) []parquet.Column { return append(c[:5:5], c[6:]...) }, LoadOptions{}, "required columns are missing: term_months or term_days"},
		{"no age", func(c []parquet.Column) []parquet.Column { return append(c[:6:6], c[7:]...) }, LoadOptions{}, "required columns are missing: months_on_book or origination_date"},
		{"wrong type", func(c []parquet.Column) []parquet.Column {
			c[4] = parquet.Column{Name: "apr", Strings: c[1].Strings}
			return c
		}, LoadOptions{},
			`column apr: a number is needed, the column "apr" has the type STRING (BYTE_ARRAY)`},
		{"wrong type of a date", func(c []parquet.Column) []parquet.Column { c[6].Name = "origination_date"; return c }, LoadOptions{},
			`column origination_date: a date is needed, the column "origination_date" has the type INT64`},
		{"no as-of date", func(c []parquet.Column) []parquet.Column { c[6].Name = "origination_date"; return c }, LoadOptions{},
			"column origination_date: the as-of date of the tape is needed: give --as-of, or as_of in a mapping"},
		{"null", func(c []parquet.Column) []parquet.Column {
			column(c, "income_monthly").Floats[3] = math.NaN()
			return c
		}, LoadOptions{},
			"column income_monthly: the value is missing (null); 1 case, for example tape.parquet row 4: null"},
		{"negative balance", func(c []parquet.Column) []parquet.Column { column(c, "balance").Floats[0] = -5; return c }, LoadOptions{},
			"column balance: the balance must be 0 or more; 1 case, for example tape.parquet row 1: -5"},
		{"PD 1", func(c []parquet.Column) []parquet.Column { column(c, "pd12").Floats[0] = 1; return c }, LoadOptions{}, "column pd12: the probability must be above 0 and at most 0.99"},
		{"APR 24", func(c []parquet.Column) []parquet.Column { column(c, "apr").Floats[0] = 24; return c }, LoadOptions{}, "24 would mean 2400 %"},
		{"duplicate", func(c []parquet.Column) []parquet.Column { column(c, "loan_id").Ints[0] = 1; return c }, LoadOptions{}, "column loan_id: the loan id occurs more than once"},
		{"income 0", func(c []parquet.Column) []parquet.Column { column(c, "income_monthly").Floats[0] = 0; return c }, LoadOptions{}, "the income must be above 0"},
		{"infinite", func(c []parquet.Column) []parquet.Column { column(c, "balance").Floats[0] = math.Inf(1); return c }, LoadOptions{}, "column balance: the value is not a finite number"},
		{"dpd 400", func(c []parquet.Column) []parquet.Column {
			for i := range c[8].Ints {
				c[8].Ints[i] = 400
			}
			return c
		}, LoadOptions{}, "no borrower is left: 10 rows read, 0 rejected, 5 borrowers already in default"},
		{"segment", nil, LoadOptions{Segments: []string{"salary", "gig"}}, `column segment: unknown segment (allowed: salary, gig); 10 cases, for example tape.parquet row 1: "salaried", did you mean "salary"?`},
		{"float key", func(c []parquet.Column) []parquet.Column {
			c[0] = parquet.Column{Name: "loan_id", Floats: c[2].Floats}
			c[0].Floats[0] = 1.5
			return c
		}, LoadOptions{},
			"column loan_id: a key must be a text or a whole number that its type holds exactly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			columns := canonical(10)
			if c.change != nil {
				columns = c.change(columns)
			}
			c.opts.Patterns = []string{save(t, filepath.Join(dir, "tape.parquet"), columns)}
			_, err := load(c.opts)
			var problems *data.Problems
			if !errors.As(err, &problems) || problems.Cause != data.BadData || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, found %v", c.want, err)
			}
		})
	}
	_, err := load(LoadOptions{Patterns: []string{filepath.Join(dir, "tap.parquet"), dir + "/*.csv"}})
	for _, want := range []string{`tap.parquet: no such file or directory, did you mean "tape.parquet"?`, "*.csv: no file matches this pattern"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, found %v", want, err)
		}
	}
}

func TestMisspeltColumnIsShown(t *testing.T) {
	columns := canonical(4)
	columns[10].Name = "segmnt"
	p, err := load(LoadOptions{Patterns: []string{save(t, filepath.Join(t.TempDir(), "t.parquet"), columns)}})
	if err != nil || len(p.Intake.Findings) != 1 || p.Intake.Findings[0].Message != `the column "segmnt" is not read, did you mean "segment"?` {
		t.Errorf("found %v %+v", err, p)
	}
}

const rest = `
columns:
  loan_id: id
  borrower_id: id
  balance: lent
  principal: lent
  apr: {column: rate, unit: percent}
  term_months: {column: days, unit: days}
  months_on_book: {constant: 0 months, assume: new}
  income_monthly: {column: log_income, log: e, offset: -1}
`

// TestOperations runs every operation on a small tape.
func TestOperations(t *testing.T) {
	dir := t.TempDir()
	tape := save(t, filepath.Join(dir, "t.parquet"), []parquet.Column{
		{Name: "id", Ints: []int64{1, 2, 3, 4}}, {Name: "lent", Floats: []float64{1000, 2000, 3000, 4000}}, {Name: "paid", Floats: []float64{250, math.NaN(), 1500, 4000}},
		{Name: "rate", Floats: []float64{24, 12, 0, 36}}, {Name: "days", Ints: []int64{90, 183, 365, 730}}, {Name: "log_income", Floats: []float64{math.Log(5001), math.Log(101), 8, 8}},
		{Name: "grade", Strings: []string{"A", "B", "C", "A"}}, {Name: "flag", Ints: []int64{0, 0, 0, 1}}, {Name: "old", Floats: []float64{0, 500, 0, 0}},
	})
	mapping := filepath.Join(dir, "m.yaml")
	text := `title: test
currency: EUR
as_of: 2024-06-30
derive:
  owed: {difference: [lent, paid]}
  half: {ratio: [lent, 2]}
  settled: {column: paid, when_missing: 3, assume: few}
exclude:
  - {column: flag, equal: 1, reason: sold}
columns:
  loan_id: {column: id, prefix: L}
  borrower_id: id
  balance: {column: owed, when_missing: 7 EUR, assume: no record}
  principal: {sum: [half, half]}
  apr: {column: rate, unit: percent}
  term_months: {column: days, unit: days}
  months_on_book: {column: days, unit: days, scale: 0.1}
  income_monthly: {column: log_income, log: e, offset: -1}
  pd12: {column: grade, values: {A: 2%, B: 50 bp, C: 0.1}, assume: study}
  segment: {column: grade, values: {A: good, B: good, C: bad}}
also:
  - when: {column: old, above: 0}
    columns: {loan_id: {column: id, prefix: old-}, balance: old, principal: {product: [old, 3]}, months_on_book: {constant: 5 months, assume: guess}}
`
	if err := os.WriteFile(mapping, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := load(LoadOptions{Patterns: []string{tape}, Mapping: mapping})
	if err != nil {
		t.Fatal(err)
	}
	found := map[data.Money]string{}
	for _, w := range p.Borrowers {
		for _, l := range p.Loans[w.First : w.First+uint32(w.Open)] {
			found[l.Principal/data.Unit] = fmt.Sprintf("%s %.4f %d %d; %s %.4f %s", l.Balance, l.APR, l.Term, l.MonthsOnBook, w.Income, w.PD12, p.Segments[w.Segment])
		}
	}
	want := map[data.Money]string{ // a tenth of 365 days is an age of 1 month, of 183 days of 0
		1000: "750.00 0.2400 3 0; 5000.00 0.0200 good",
		2000: "7.00 0.1200 6 0; 100.00 0.0050 good",
		3000: "1500.00 0.0000 12 1; 2979.96 0.1000 bad",
		1500: "500.00 0.1200 6 5; 100.00 0.0050 good",
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("want %v, found %v", want, found)
	}
	if p.Currency != "EUR" || p.Intake.Loans != 4 || p.Intake.Borrowers != 3 {
		t.Errorf("portfolio: %s %+v", p.Currency, p.Intake)
	}
	codes := map[string]int64{}
	for _, f := range p.Intake.Findings {
		codes[f.Code] = f.Count
	}
	if !reflect.DeepEqual(codes, map[string]int64{"filtered": 1, "replaced_balance": 1, "replaced_settled": 1}) {
		t.Errorf("findings: %v", codes)
	}
	var assumed []string
	for _, a := range p.Assumptions[1:4] {
		assumed = append(assumed, a.Name+" = "+a.Value+": "+a.Reason+" ("+a.Origin+")")
	}
	wanted := []string{"column balance = owed, missing = 7 EUR: no record (mapping m)",
		"column pd12 = grade by A = 2%, B = 50 bp, C = 0.1: study (mapping m)", "column months_on_book of the further loan = 5 months: guess (mapping m)"}
	if !reflect.DeepEqual(assumed, wanted) {
		t.Errorf("assumptions: want %q, found %q", wanted, assumed)
	}

	// A value outside the table rejects its row.
	if err := os.WriteFile(mapping, []byte(strings.Replace(text, ", C: 0.1", "", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = load(LoadOptions{Patterns: []string{tape}, Mapping: mapping})
	if err == nil || !strings.Contains(err.Error(), `column pd12: the value is not in the mapping's table (A, B); 1 case, for example t.parquet row 3: "C"`) {
		t.Errorf("unlisted value: %v", err)
	}
	if _, err = load(LoadOptions{Patterns: []string{tape}, Mapping: mapping, Currency: "CNY"}); err == nil || !strings.Contains(err.Error(), "m.yaml:2:11: currency: the mapping is in EUR, CNY is asked for") {
		t.Errorf("currency: %v", err)
	}
	if err := os.WriteFile(mapping, []byte(strings.NewReplacer("column: grade", "column: grad", "column: flag", "column: grade", "equal: 1", "above: 1").Replace(text)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = load(LoadOptions{Patterns: []string{tape}, Mapping: mapping})
	for _, want := range []string{`m.yaml:19:9: columns.pd12: the tape has no column "grad", did you mean "grade"? (tape t.parquet)`, "t.parquet: the tape has the columns id, lent, paid"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, found %v", want, err)
		}
	}
}

// Columns in days take days, weeks and months of 30 days.
func TestUnitsOfDays(t *testing.T) {
	dir := t.TempDir()
	tape := save(t, filepath.Join(dir, "t.parquet"), []parquet.Column{
		{Name: "id", Ints: []int64{1}}, {Name: "lent", Floats: []float64{1000}}, {Name: "age", Ints: []int64{0}}, {Name: "two", Ints: []int64{2}},
	})
	for unit, days := range map[string]uint8{"days": 2, "weeks": 14, "months": 60} {
		// A row of a month or more on book: its age is 1 month, and the days beyond are those above 30.
		months := days / 31
		mapping := filepath.Join(dir, unit+".yaml")
		text := fmt.Sprintf("title: t\ncurrency: CNY\ncolumns:\n  loan_id: id\n  borrower_id: id\n  balance: lent\n  principal: lent\n"+
			"  apr: {constant: 24%%, assume: x}\n  income_monthly: {constant: 5000 CNY, assume: x}\n  months_on_book: {column: age, offset: %d}\n"+
			"  dpd: {column: two, unit: %[2]s}\n  term_days: {column: two, unit: %[2]s}\n  days_on_book: {column: two, unit: %[2]s}\n", months, unit)
		if err := os.WriteFile(mapping, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := load(LoadOptions{Patterns: []string{tape}, Mapping: mapping})
		if err != nil {
			t.Errorf("%s: %v", unit, err)
			continue
		}
		if l, w := p.Loans[0], p.Borrowers[0]; l.TermDays != days || l.Days != days-30*months || w.DaysLate != days {
			t.Errorf("%s: want %d days, found %+v of %+v", unit, days, l, w)
		}
	}
}

func TestBadMappings(t *testing.T) {
	head := "title: t\ncurrency: CNY\n"
	for text, want := range map[string]string{
		"title: t\n": "m.yaml:1:1: currency: the key is missing",
		head:         "m.yaml:1:1: columns: the key is missing",
		head + strings.Replace(rest, "loan_id: id", "loan_i: id", 1):                                     `m.yaml:5:3: columns: "loan_i" is no canonical column, did you mean "loan_id"?`,
		head + strings.Replace(rest, "  loan_id: id\n", "", 1):                                           "m.yaml:5:3: columns: the canonical column loan_id is missing",
		head + strings.Replace(rest, "months_on_book: {constant: 0 months, assume: new}", "dpd: d", 1):   "one of the canonical columns months_on_book and origination_date is needed",
		head + strings.Replace(rest, ", assume: new", "", 1):                                             "columns.months_on_book: a constant invents a figure: give its reason with assume:",
		head + strings.Replace(rest, "balance: lent", "balance: {column: lent, when_missing: 0 CNY}", 1): "columns.balance: when_missing invents a figure",
		head + rest + "  pd12: {column: g, values: {A: 2%}}\n":                                           "columns.pd12: a table of values for pd12 invents a figure",
		head + rest + "  pd12: {column: g, values: {A: 2}, assume: x}\n":                                 "columns.pd12.values.A: the bare number 2 is above 1: write 2% or 0.02",
		head + rest + "  pd12: {column: g, values: {A: 0%}, assume: x}\n":                                "columns.pd12.values.A: 0% is outside the range",
		head + rest + "  pd12: {column: g, values: {A: 2%, A: 3%}, assume: x}\n":                         "columns.pd12.values.A: the key is given twice",
		head + rest + "  segment: {column: g, row_number: true}\n":                                       "columns.segment.row_number: column and row_number exclude each other",
		head + rest + "  segment: {unit: percent}\n":                                                     "columns.segment: one of column, constant, row_number",
		head + rest + "  weight: {column: w, unit: percent}\n":                                           "columns.weight.unit: this column takes no unit; use scale",
		head + rest + "  product: {constant: anuity, assume: x}\n":                                       `unknown value "anuity", did you mean "annuity"?`,
		head + rest + "  dpd: {column: d, unit: percent}\n":                                              `unknown value "percent" (allowed: days, months, weeks)`,
		head + rest + "  dpd: {colum: d}\n":                                                              `columns.dpd: unknown key "colum", did you mean "column"?`,
		head + rest + "  dpd: {sum: [a]}\n":                                                              "columns.dpd.sum: at least two columns or numbers are needed",
		head + rest + "  dpd: {column: d, prefix: x}\n":                                                  "only loan_id and borrower_id take a prefix",
		head + rest + "  segment: {column: s, unlisted: error}\n":                                        "unlisted goes with values",
		head + rest + "exclude:\n  - {column: s, equal: 1, below: 2, reason: x}\n":                       "exclude[0]: exactly one of equal, below, above and missing is needed, found 2",
		head + rest + "exclude:\n  - {column: s, equal: 1}\n":                                            "exclude[0].reason: the key is missing",
		head + rest + "also:\n  - {when: {column: a, above: 0}, columns: {balance: b}}\n":                "a further loan of the same row needs a loan_id of its own",
		head + rest + "derive:\n  apr: {sum: [a, b]}\n":                                                  `"apr" is the name of a canonical column; a derived column needs another`,
		head + strings.Replace(rest, "principal: lent", "principal: {constant: 5 EUR, assume: x}", 1):    "columns.principal.constant: the amount is in EUR, the portfolio in CNY",
		head + strings.Replace(rest, "borrower_id: id", "borrower_id: {constant: 5, assume: x}", 1):      "columns.borrower_id.constant: a key cannot be a constant",
		head + "columns: 3\n": "m.yaml:3:10: columns: a map of keys is needed here, found \"3\"",
	} {
		_, err := Parse("m.yaml", []byte(text))
		var problems *data.Problems
		if !errors.As(err, &problems) || problems.Cause != data.BadConfig || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\nwant %q\nfound %v", text, want, err)
		}
	}
	if _, err := Parse("m.yaml", []byte(head+rest)); err != nil {
		t.Errorf("a good mapping: %v", err)
	}
	if _, err := Open("ppday"); err == nil || !strings.Contains(err.Error(), `no such mapping file, and no example of this name (examples: bondora, ppdai, prosper, sba), did you mean "ppdai"?`) {
		t.Errorf("unknown mapping: %v", err)
	}
}

func TestExamples(t *testing.T) {
	for _, name := range Examples() {
		if _, err := Open(name); err != nil {
			t.Error(err)
		}
	}
}

// TestTapes reads the four foreign tapes and compares their control totals.
func TestTapes(t *testing.T) {
	for mapping, c := range map[string]struct {
		file                            string
		rows, loans, repaid, borrowers  int64
		excluded, segments, assumptions int64
		balance                         string
	}{
		"ppdai":   {"ppdai_listings_2017", 221089, 221089, 0, 152935, 0, 4, 12, "1177998431.51"},
		"bondora": {"bondora_bfh", 32314, 32314, 0, 32314, 0, 2, 8, "72279486.00"},
		"prosper": {"prosper_sample", 2340, 1463, 867, 2309, 10, 4, 8, "13107077.39"},
		"sba":     {"sba_case", 1003, 1003, 0, 1003, 0, 2, 10, "295522202.73"},
	} {
		t.Run(mapping, func(t *testing.T) {
			path := filepath.Join("..", "..", "..", "shared", "data", c.file+".parquet")
			if _, err := os.Stat(path); err != nil {
				t.Skip("the tape is not here: ", path)
			}
			p, err := load(LoadOptions{Patterns: []string{path}, Mapping: mapping})
			if err != nil {
				t.Fatal(err)
			}
			in := p.Intake
			if in.Rows != c.rows || in.Loans != c.loans || in.Repaid != c.repaid || in.Borrowers != c.borrowers || in.Rejected != 0 ||
				in.ExcludedBorrowers != c.excluded || in.Balance.String() != c.balance || in.Rows != in.Loans+in.Repaid+in.ExcludedLoans {
				t.Errorf("want %+v, found %+v", c, in)
			}
			if len(p.Segments) != int(c.segments) || len(p.Assumptions) < int(c.assumptions) || !p.HasPD {
				t.Errorf("segments %v, %d assumptions", p.Segments, len(p.Assumptions))
			}
		})
	}
}

// FuzzParse: whatever the text, there is a mapping or a list of problems.
func FuzzParse(f *testing.F) {
	for _, name := range Examples() {
		text, err := examples.ReadFile("examples/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("title: t\ncurrency: CNY\n" + rest))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse("m.yaml", text)
		var problems *data.Problems
		if err == nil && len(m.loans) == 0 || err != nil && !errors.As(err, &problems) {
			t.Fatalf("%v %v", m, err)
		}
	})
}

// Blocks that are read again, some of them alone, are those of the first reading: with borrowers at the edges, rows that are
// refused, several row groups and files. Row groups that hold none of their rows are not looked at.
func TestBlocksAgain(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for k := range 3 {
		c := canonical(1000)
		for i := range c[0].Ints {
			c[0].Ints[i] += int64(1000 * k)
			c[1].Strings[i] = fmt.Sprint("b", k, "-", i/7*2+i%2) // the rows of two borrowers change about
		}
		c[2].Floats[10*k] = -1
		var b bytes.Buffer
		w, err := parquet.NewWriter(&b, c, parquet.Options{})
		for from := 0; from < 1000 && err == nil; from += 100 {
			group := make([]parquet.Column, len(c))
			for i, col := range c {
				group[i] = parquet.Column{Name: col.Name}
				switch {
				case col.Ints != nil:
					group[i].Ints = col.Ints[from : from+100]
				case col.Floats != nil:
					group[i].Floats = col.Floats[from : from+100]
				default:
					group[i].Strings = col.Strings[from : from+100]
				}
			}
			err = w.WriteGroup(group)
		}
		files = append(files, filepath.Join(dir, fmt.Sprint(k, ".parquet")))
		if err := errors.Join(err, w.Close(), os.WriteFile(files[k], b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, rows := range []int{1, 150, 400, 5000} {
		tape := &Blocks{Load: LoadOptions{Patterns: files, Currency: "CNY", MaxRejected: 1}, Rows: rows}
		var all []*data.Portfolio
		keep := func(to *[]*data.Portfolio) func(*data.Portfolio) error {
			return func(p *data.Portfolio) error {
				p.Intake = data.Intake{} // of the rows that were read
				*to = append(*to, p)
				return nil
			}
		}
		if _, err := tape.Read(context.Background(), func(uint64) {}, keep(&all)); err != nil {
			t.Fatal(err)
		}
		if len(all) != tape.Count() || (rows < 1000) != (len(all) > 3) {
			t.Fatalf("%d blocks of %d rows, %d were read", tape.Count(), rows, len(all))
		}
		for from := range all {
			for to := from + 1; to <= len(all); to += 1 + len(all)/4 {
				var some []*data.Portfolio
				if err := tape.Again(context.Background(), from, to, keep(&some)); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(some, all[from:to]) {
					t.Errorf("blocks %d to %d of %d rows are others when read alone", from, to-1, rows)
				}
			}
		}
	}

	tape := &Blocks{Load: LoadOptions{Patterns: files, Currency: "CNY", MaxRejected: 1}, Rows: 400}
	ignore := func(*data.Portfolio) error { return nil }
	if _, err := tape.Read(context.Background(), nil, ignore); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 3000), 100); err != nil { // within the first row group
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tape.Again(context.Background(), 1, 2, ignore); err != nil {
		t.Errorf("a row group without its rows was read: %v", err)
	}
	if err := tape.Again(context.Background(), 0, 1, ignore); err == nil {
		t.Error("a damaged row group was read")
	}
}
