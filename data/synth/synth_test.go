package synth

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/data/parquet"
)

func generate(t *testing.T, borrowers int, seed uint64) *data.Portfolio {
	t.Helper()
	s := Default()
	s.Borrowers, s.Seed = borrowers, seed
	p, err := Generate(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSameForEver: the embedded portfolio may only change on purpose, because the results of the first run do.
func TestSameForEver(t *testing.T) {
	p := generate(t, 20_000, 1)
	h := sha256.New()
	byID, loans := slices.Clone(p.Borrowers), []data.Loan(nil)
	slices.SortFunc(byID, func(a, b data.Borrower) int { return cmp.Compare(a.ID, b.ID) })
	for i := range byID {
		w := &byID[i]
		own := p.Loans[w.First : w.First+uint32(max(w.Open, 1))]
		w.First = uint32(len(loans))
		loans = append(loans, own...)
	}
	for _, rows := range []any{byID, loans} {
		if err := binary.Write(h, binary.LittleEndian, rows); err != nil {
			t.Fatal(err)
		}
	}
	const golden = "4bd0b1a0fa964359c382988704b1e40cfa12abc73ff725e61b23b9be6ebe1cf3"
	if got := hex.EncodeToString(h.Sum(nil)); got != golden {
		t.Errorf("the default portfolio changed: %s, not %s", got, golden)
	}
	if p.Intake.Balance.String() != "135051555.18" || p.Intake.Loans != 20151 || len(p.Borrowers) != 20_000 || len(p.Intake.Findings) != 0 {
		t.Errorf("the default portfolio changed: %+v", p.Intake)
	}
	if again := generate(t, 20_000, 1); !reflect.DeepEqual(p, again) {
		t.Error("two portfolios of one seed differ")
	}
	if other := generate(t, 20_000, 2); reflect.DeepEqual(p.Borrowers, other.Borrowers) {
		t.Error("the seed has no effect")
	}
}

// TestPrefix: a borrower does not depend on the size of the portfolio.
func TestPrefix(t *testing.T) {
	large := map[uint64]data.Borrower{}
	big, small := generate(t, 3000, 5), generate(t, 1000, 5)
	for _, w := range big.Borrowers {
		large[w.ID] = w
	}
	for _, w := range small.Borrowers {
		v, ok := large[w.ID]
		if !ok || !reflect.DeepEqual(big.Loans[v.First], small.Loans[w.First]) {
			t.Fatal("a borrower of the small portfolio is another one in the large portfolio")
		}
		if v.First, w.First = 0, 0; v != w {
			t.Fatalf("borrower %+v became %+v", w, v)
		}
	}
}

// TestTermInDays: loans of 14 days, their ages spread over the term, those of late borrowers longer ago; in the file too.
func TestTermInDays(t *testing.T) {
	s := Default()
	s.Borrowers, s.TermDays = 2000, 14
	p, err := Generate(s)
	if err != nil {
		t.Fatal(err)
	}
	var ages [14]int
	for _, w := range p.Borrowers {
		for _, l := range p.Loans[w.First : w.First+uint32(w.Open)] {
			if l.TermDays != 14 || l.Term != 1 || l.Product != data.Bullet || l.Balance != l.Principal {
				t.Fatalf("%+v", l)
			}
			if days := 30*int(l.MonthsOnBook) + int(l.Days); w.Bucket == 0 {
				ages[days]++
			} else if w.Open == 1 && (days < 14+int(w.DaysLate)-1 || w.DaysLate == 0) {
				t.Errorf("%d days late after %d days", w.DaysLate, days)
			}
		}
	}
	for age, n := range ages {
		if n < 80 || n > 220 { // 140 expected
			t.Errorf("%d loans of age %d", n, age)
		}
	}
}

// TestFileIsTheSame: the written tape, read back as any tape is, is the generated portfolio.
func TestFileIsTheSame(t *testing.T) {
	s := Default()
	s.Borrowers = 2000
	p, err := Generate(s)
	if err != nil {
		t.Fatal(err)
	}
	var b, again bytes.Buffer
	if err := WriteParquet(s, &b); err != nil {
		t.Fatal(err)
	}
	if err := WriteParquet(s, &again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("two files of one seed differ: %v", err)
	}
	path := filepath.Join(t.TempDir(), "tape.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.Open(path, parquet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	balance := 0.0
	err = f.Read(context.Background(), []string{"balance"}, func(b *parquet.Batch) error {
		for _, v := range b.Columns[0].Floats {
			balance += v
		}
		return nil
	})
	if err != nil || f.Rows() != p.Intake.Rows || math.Abs(balance-p.Intake.Balance.Major()) > 0.01 {
		t.Errorf("%d rows with %.2f, generated %d with %s: %v", f.Rows(), balance, p.Intake.Rows, p.Intake.Balance, err)
	}
	for i, c := range f.Columns() {
		if _, ok := data.ColumnByName(c.Name); !ok {
			t.Errorf("column %d, %q, is not canonical", i, c.Name)
		}
	}
}

// TestTrueParameters compares the portfolio with its recipe. The bounds are 5 standard errors of the law, so
// that a wrong share, median or slope is noticed.
func TestTrueParameters(t *testing.T) {
	s := Default()
	const n = 20_000
	p := generate(t, n, 11)
	near := func(what string, got, want, sd float64, size int) {
		t.Helper()
		if bound := 5 * sd / math.Sqrt(float64(size)); math.Abs(got-want) > bound {
			t.Errorf("%s: %.4f, the recipe says %.4f within %.4f", what, got, want, bound)
		}
	}
	share := func(what string, count, size int, want float64) {
		t.Helper()
		near(what, float64(count)/float64(size), want, math.Sqrt(want*(1-want)), size)
	}
	index := map[string]int{}
	for i, name := range p.Segments {
		index[name] = i
	}
	idle, second := 0, 0
	for _, w := range p.Borrowers {
		if w.Open == 0 {
			idle++
		}
		if w.Open == 2 {
			second++
		}
	}
	share("idle", idle, n, s.Idle)
	share("second loan", second, n-idle, s.SecondLoan)
	for _, g := range s.Segments {
		size, income, pd := 0, 0.0, 0.0
		for _, w := range p.Borrowers {
			if int(w.Segment) == index[g.Name] {
				size++
				income += math.Log(w.Income.Major())
				pd += math.Log(w.PD12)
			}
		}
		share(g.Name, size, n, g.Share)
		near("log income of "+g.Name, income/float64(size), math.Log(g.IncomeMedian), g.IncomeSigma, size)
		// The PD is cut at its bounds, at least 2.5 sigmas away: allow for their pull.
		near("log PD of "+g.Name, pd/float64(size), math.Log(g.PDMedian), g.PDSigma+0.02*math.Sqrt(float64(size)), size)
	}
	for _, w := range p.Borrowers {
		if w.PD12 < PDMin || w.PD12 > PDMax || int(w.External) > s.ExternalMax || int(w.Ordinal) > s.MaxOrdinal {
			t.Fatalf("out of bounds: %+v", w)
		}
	}
	for _, l := range p.Loans {
		if l.APR < s.APRMin || l.APR > s.APRMax || l.Balance > l.Principal {
			t.Fatalf("out of bounds: %+v", l)
		}
	}
}

func TestTruth(t *testing.T) {
	text := Default().Truth()
	for _, want := range []string{"seed: 1\n", "borrowers: 20000\n", "  - name: gig worker\n    share: 0.3\n", "as_of: 2025-12-31\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestBadRecipe(t *testing.T) {
	s := Default()
	s.Borrowers, s.Products[0], s.Segments[1].Share = 0, 0.5, 0.9
	_, err := Generate(s)
	for _, want := range []string{"borrowers: 0 is outside the range 1 to 1000000000", "products: the shares sum to 0.64, not 1", "segments: the shares sum to 1.6, not 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, found %v", want, err)
		}
	}
}
