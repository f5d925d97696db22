package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relend/data/parquet"
)

// portfolio runs a subcommand of portfolio and returns its exit code and output.
func portfolio(arguments ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), append([]string{"portfolio"}, arguments...), &out, &err)
	return code, out.String(), err.String()
}

func TestPortfolioCommands(t *testing.T) {
	dir := t.TempDir()
	tape, truth := filepath.Join(dir, "tape.parquet"), filepath.Join(dir, "tape.truth.yaml")
	bad := filepath.Join(dir, "bad.parquet")
	columns := []parquet.Column{
		{Name: "loan_id", Ints: []int64{1, 2, 3}}, {Name: "borrower_id", Strings: []string{"a", "b", "c"}}, {Name: "balance", Floats: []float64{10, -1, 30}},
		{Name: "principal", Floats: []float64{100, 100, 100}}, {Name: "apr", Floats: []float64{0.24, 24, 0.24}}, {Name: "term_months", Ints: []int64{12, 12, 12}},
		{Name: "months_on_book", Ints: []int64{1, 2, 3}}, {Name: "income_monthly", Floats: []float64{5000, 5000, 5000}},
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, columns, parquet.Options{}); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	for path, content := range map[string][]byte{bad: b.Bytes(), filepath.Join(dir, "cut.parquet"): b.Bytes()[:b.Len()/2], filepath.Join(dir, "text.parquet"): []byte("a,b\n1,2\n3,4\n"),
		filepath.Join(empty, "readme.txt"): nil, filepath.Join(dir, "m.yaml"): []byte("title: x\n")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		arguments []string
		code      int
		want      string // in stdout and stderr together
	}{
		{[]string{"synth", "--borrowers", "500", "-o", tape}, exitOK, "500 borrowers written to " + tape + ", their parameters to " + truth},
		{[]string{"synth", "--borrowers", "500", "-o", tape}, exitUsage, "exists; --force replaces it"},
		{[]string{"synth", "--borrowers", "400", "-o", tape, "--force"}, exitOK, "400 borrowers written"},
		{[]string{"synth"}, exitUsage, "relend portfolio synth: -o FILE.parquet is needed"},
		{[]string{"synth", "-o", tape, "--borrowers", "0"}, exitUsage, "--borrowers: a number from 1 to"},
		{[]string{"synth", "-o", filepath.Join(dir, "none", "t.parquet")}, exitInternal, "t.truth.yaml: no such file or directory"},
		{[]string{"check", tape}, exitOK, "nothing to report"},
		{[]string{"check", tape}, exitOK, "currency = CNY\n      neither the tape nor the user names one"},
		{[]string{"check", bad}, exitData, "error           1 x  column apr: the rate must be 0 to 10, as a fraction: 24 would mean 2400 %, 24 % is 0.24\n                     bad.parquet row 2: 24"},
		{[]string{"check", bad}, exitData, "1 of 3 rows have errors"},
		{[]string{"profile", bad}, exitData, "1 of 3 rows rejected (33.3%); at most 0% may be"},
		{[]string{"profile", bad, "--max-rejected", "0.5"}, exitOK, "rows rejected"},
		{[]string{"profile", bad, "--max-rejected", "50"}, exitUsage, "--max-rejected: a share from 0 to 1 is needed, found 50"},
		{[]string{"profile", tape}, exitOK, "BY DELINQUENCY"},
		{[]string{"check", tape, "--as-of", "30.6.2024"}, exitUsage, `--as-of: a date such as 2024-06-30 is needed, found "30.6.2024"`},
		{[]string{"check", tape, "--segments", "salaried"}, exitData, "unknown segment (allowed: salaried)"},
		{[]string{"check", filepath.Join(dir, "tap.parquet")}, exitData, `no such file or directory, did you mean "tape.parquet"?`},
		{[]string{"check", empty}, exitData, "the directory holds no .parquet file (1 other files)"},
		{[]string{"check", filepath.Join(dir, "text.parquet")}, exitData, "not a Parquet file"},
		{[]string{"check", filepath.Join(dir, "cut.parquet")}, exitData, "the file is truncated"},
		{[]string{"check", tape, "--mapping", filepath.Join(dir, "m.yaml")}, exitConfig, "m.yaml:1:1: columns: the key is missing"},
		{[]string{"check", tape, "--mapping", "sba"}, exitData, `sba.yaml:15:8: derive.age: the tape has no column "DisbursementDate" (tape tape.parquet)`},
		{[]string{"check"}, exitUsage, "requires at least 1 arg"},
	} {
		code, stdout, stderr := portfolio(c.arguments...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: want code %d and %q, found %d\n%s%s", c.arguments, c.code, c.want, code, stdout, stderr)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestSynthInterrupted: nothing is left of a tape whose writing was interrupted.
func TestSynthInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"portfolio", "synth", "--borrowers", "1000", "-o", filepath.Join(dir, "t.parquet")}, &out, &errs)
	left, _ := os.ReadDir(dir)
	if code != exitInterrupted || len(left) > 0 {
		t.Errorf("exit code %d, left %v: %s", code, left, errs.String())
	}
}

func TestPortfolioSchema(t *testing.T) {
	for _, want := range []string{"apr\n    number; fraction per year; 0 to 10; needed\n", "dpd\n    integer; days; 0 to 3650; default 0\n", "months_on_book\n    integer; months; 0 to 1200; one of"} {
		if !strings.Contains(portfolioSchemaText(), want) {
			t.Errorf("no %q in\n%s", want, portfolioSchemaText())
		}
	}
}
