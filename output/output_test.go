package output

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/estimate"
)

// book makes results of arms that differ in defaults and grants a month, of 1000 borrowers on every path.
func book(months, paths int, arms []data.Arm, defaults func(arm, path, month int) int64, grants func(arm int) int64) *data.Results {
	r := &data.Results{Run: data.Run{Title: "t", Currency: "CNY", Arms: arms, Months: months, Paths: paths, Replicate: 1}}
	for a := range arms {
		r.Counts = append(r.Counts, make([]int64, paths*(months+1)*int(data.NumCounters)))
		for p := range paths {
			for m := range months + 1 {
				row := r.Row(a, p, data.Month(m))
				row[data.BorrowersCurrent], row[data.BalanceCurrent] = 1000, 100_000_000
				if m > 0 {
					row[data.Defaults], row[data.FirstGrants], row[data.Applications] = defaults(a, p, m), grants(a), 100
					row[data.Denied(data.DeniedScore)] = 100 - grants(a)
				}
			}
		}
	}
	return r
}

func arms(names ...string) []data.Arm {
	var out []data.Arm
	for _, n := range names {
		out = append(out, data.Arm{Name: n, Title: n, Macro: "baseline"})
	}
	return out
}

func noise(path, month int) int64 {
	return rand.New(rand.NewPCG(uint64(path), uint64(month))).Int64N(5)
}

func TestAnswer(t *testing.T) {
	r := book(12, 40, arms("Base", "Good", "Bad", "Twin", "Unclear"), func(a, p, m int) int64 {
		switch a {
		case 1: // more at first, fewer later
			return 12 + noise(p, m) + map[bool]int64{true: 3, false: -5}[m <= 4]
		case 2:
			return 15 + noise(p, m)
		case 4:
			return 10 + noise(p+1000, m) + 2
		}
		return 12 + noise(p, m)
	}, func(a int) int64 { return []int64{30, 20, 25, 30, 30}[a] })
	report := Build(r, Options{})
	text := strings.Join(report.Answer, "\n")
	for _, want := range []string{
		"Good lowers the default rate most: ", "instead of ", "Beside that: borrowers served -12.0", "rises with Bad",
		"Cannot be told apart from Base in the default rate: Unclear.", "Same defaults as Base on every path: Twin.",
		"Base beats Bad", "Good (above in months 1-4, below in months 5-12)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("answer lacks %q:\n%s", want, text)
		}
	}
	if report.Dominated[2] != 0 || report.Dominated[1] != -1 || report.Dominated[0] != -1 {
		t.Errorf("dominated: %v", report.Dominated)
	}
	if d := report.DifferenceAt(3, "default_rate"); d != (estimate.Figure{}) {
		t.Errorf("twin differs by %v", d)
	}
	if got := report.Denials[1]; len(got) != 1 || got[0].Reason != data.DeniedScore || got[0].Count != 80*12 || got[0].Share.Value != .8 {
		t.Errorf("denials: %+v", got)
	}
}

func TestAnswerWithoutErrorBars(t *testing.T) {
	r := book(3, 1, arms("Base", "Other"), func(a, _, _ int) int64 { return int64(10 - a) }, func(int) int64 { return 1 })
	report := Build(r, Options{})
	text := strings.Join(append(report.Answer, report.Warnings...), "\n")
	for _, want := range []string{"3.00 %", "no difference can be told from chance", "only 1 independent replicate:"} {
		if !strings.Contains(text, want) {
			t.Errorf("one path lacks %q:\n%s", want, text)
		}
	}
	if empty := Build(book(0, 1, arms("Base"), nil, nil), Options{}); !strings.Contains(empty.Answer[0], "no months") {
		t.Errorf("no months: %v", empty.Answer)
	}
}

func TestGroups(t *testing.T) {
	list := []data.Arm{{Name: "a.x", Title: "A, x", Macro: "x"}, {Name: "b.y", Title: "B / Bad times", Macro: "y", Reference: 2}, {Name: "a.y", Title: "A / Bad times", Macro: "y"}, {Name: "b.x", Title: "B, x", Macro: "x"}}
	r := book(6, 20, list, func(a, p, m int) int64 { return 10 + int64(a) + noise(p, m) }, func(int) int64 { return 5 })
	report := Build(r, Options{Level: .9})
	if len(report.Groups) != 2 || report.Groups[1].Reference != 2 || report.Groups[1].Arms[0] != 2 || report.Groups[0].Reference != 0 {
		t.Fatalf("groups: %+v", report.Groups)
	}
	if report.Title(0) != "A" || report.Title(2) != "A" || report.Title(3) != "B" {
		t.Errorf("titles: %q %q %q", report.Title(0), report.Title(2), report.Title(3))
	}
	if report.Interval() != "90 % interval" {
		t.Errorf("interval: %q", report.Interval())
	}
	if last := report.Answer[len(report.Answer)-1]; !strings.Contains(last, "against macro path x") {
		t.Errorf("the second macro path is not compared with the first: %q", last)
	}
}

func TestChoose(t *testing.T) {
	names := make([]string, 30)
	for i := range names {
		names[i] = string(rune('a'+i%26)) + strings.Repeat("x", i/26)
	}
	r := book(3, 8, arms(names...), func(a, p, m int) int64 { return int64(40-a) + noise(p, m) }, func(a int) int64 { return int64(60 - a) })
	report := Build(r, Options{})
	got, note := report.Choose(report.Groups[0], 5)
	if len(got) != 5 || got[0] != 0 || got[4] != 29 || !strings.HasPrefix(note, "5 of 30 arms shown") {
		t.Errorf("chose %v, %q", got, note)
	}
	if all, note := report.Choose(report.Groups[0], 30); len(all) != 30 || note != "" {
		t.Errorf("chose %d of 30, %q", len(all), note)
	}
}

func TestStretches(t *testing.T) {
	above, below, unclear := estimate.Figure{Value: 1, SE: .1, Lo: .8, Hi: 1.2}, estimate.Figure{Value: -1, SE: .1, Lo: -1.2, Hi: -.8}, estimate.Figure{Value: .1, SE: 1, Lo: -2, Hi: 2}
	got := Stretches([]estimate.Figure{estimate.Missing, above, above, above, unclear, below, below, unclear, below, below, below, below})
	want := []Stretch{{1, 3, estimate.Above}, {8, 11, estimate.Below}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("stretches %v, want %v: two months are chance", got, want)
	}
}

func TestSegments(t *testing.T) {
	// Three replicates with 2, 4 and 6 defaults of 100 borrowers each.
	r := book(1, 3, arms("Base"), func(int, int, int) int64 { return 0 }, func(int) int64 { return 0 })
	r.Run.Segments = []string{"s"}
	cell := func(c data.Cell, moved int64) data.CellSums {
		n := int(data.NumCounters)
		s := data.CellSums{Cell: c, Sum: make([]int64, 2*n), Squares: make([]float64, 2*n)}
		s.Sum[data.BorrowersCurrent], s.Sum[n+int(data.BorrowersCurrent)] = 300, 288+moved
		s.Sum[n+int(data.BorrowersOff)] = 12
		s.Sum[n+int(data.Defaults)], s.Squares[n+int(data.Defaults)] = 12, 4+16+36
		s.Sum[data.BalanceCurrent], s.Sum[n+int(data.BalanceCurrent)] = 900, 600
		return s
	}
	r.Cells = [][]data.CellSums{{cell(data.Cell{Segment: 0, Product: data.All, Ordinal: data.All}, 0),
		cell(data.Cell{Segment: 0, Product: 0, Ordinal: 0}, 0),
		cell(data.Cell{Segment: data.All, Product: data.All, Ordinal: 2}, 5)}}
	rows := Build(r, Options{}).Segments
	if len(rows) != 2 {
		t.Fatalf("rows: %+v", rows)
	}
	s := rows[0]
	if se := math.Sqrt(4.0/3) / 100; s.Class != "s" || s.Borrowers != 100 || s.DefaultRate.Value != .04 || math.Abs(s.DefaultRate.SE-se) > 1e-12 || s.BalanceStart != 300 || s.Balance != 200 {
		t.Errorf("segment: %+v, want .04 with se %g", s, se)
	}
	if o := rows[1]; o.Class != "3-5" || !o.Moving || o.DefaultRate.Value != .04 || !math.IsNaN(o.DefaultRate.SE) || !math.IsNaN(o.Served.Value) {
		t.Errorf("moving class: %+v, want a rate per active borrower without interval", o)
	}
}

func TestHeadlineOfUnknownMeasure(t *testing.T) {
	r := book(2, 2, arms("Base"), func(int, int, int) int64 { return 1 }, func(int) int64 { return 1 })
	r.Run.Headline = []string{"default_rat", "leaks"}
	report := Build(r, Options{})
	if len(report.Headline) != 1 || !strings.Contains(strings.Join(report.Warnings, "\n"), `did you mean "default_rate"?`) {
		t.Errorf("headline %v, warnings %q", report.Headline, report.Warnings)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(1234567.891, 2), "1,234,567.89"}, {Number(-0.001, 2), "0.00"}, {Number(-1234, 0), "-1,234"}, {Number(999, 0), "999"},
		{Number(math.NaN(), 2), "–"}, {Signed(.5, 1), "+0.5"}, {Signed(.001, 1), "0.0"}, {Signed(-2, 0), "-2"},
		{Money(12_345_678_900, "CNY"), "123.5 m CNY"}, {Money(99_900, "CNY"), "999 CNY"}, {Money(2_500_000_000_000, "EUR"), "25.0 bn EUR"},
		{Percent(.95), "95 %"}, {Percent(.999), "99.9 %"}, {Plural(1, "arm"), "1 arm"}, {Plural(2000, "path"), "2,000 paths"},
		{List(nil, 3), "none"}, {List([]string{"a"}, 3), "a"}, {List([]string{"a", "b"}, 3), "a and b"},
		{List([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDigitsFollowTheErrorBar(t *testing.T) {
	share := ScaleOf(data.Share, "", 1)
	for _, c := range []struct {
		se   float64
		want int
	}{{.0021, 2}, {.00021, 3}, {.00996, 1}, {.0099, 2}, {.21, 0}, {0, 2}, {math.NaN(), 2}} {
		if got := share.Digits(c.se); got != c.want {
			t.Errorf("standard error %v %%: %d digits, want %d", c.se*100, got, c.want)
		}
	}
	f := estimate.Figure{Value: .123456, SE: .00107, Lo: .12136, Hi: .12555}
	if got := share.PlusMinus(f, share.DigitsOf(f)); got != "12.35 ±0.21" {
		t.Errorf("got %q", got)
	}
	text, half := share.Difference(estimate.Figure{Value: -.0129, SE: .0006, Lo: -.0141, Hi: -.0117}, 2)
	if text != "-1.29" || half != "±0.12" {
		t.Errorf("difference %q %q", text, half)
	}
	if text, half := share.Difference(estimate.Figure{Value: .001, SE: .01, Lo: -.02, Hi: .02}, 2); text != "~" || half != "" {
		t.Errorf("unclear difference %q %q", text, half)
	}
}

// A ledger in which nothing was counted is shown as none: it is written as an empty file and reads back as none.
func TestEmptyLedger(t *testing.T) {
	r := book(3, 4, arms("Base"), func(_, _, _ int) int64 { return 1 }, func(int) int64 { return 1 })
	r.Run.Arms[0].Clauses = []data.Clause{{Name: "top_up", Reason: "top_up"}}
	r.Ledger = [][]int64{make([]int64, 4*3*data.NumBites)}
	if got := Build(r, Options{}).Rules; got != nil {
		t.Errorf("rules of an empty ledger: %+v", got)
	}
	r.Bites(0, 1, 2, 0)[data.Asked], r.Bites(0, 1, 2, 0)[data.Decided] = 100, 5
	got := Build(r, Options{}).Rules
	if len(got) != 1 || len(got[0]) != 1 || got[0][0].Total.Counts[data.Decided].Value != 1.25 || got[0][0].Total.Shares[data.Decided].Value != 5./1200 {
		t.Errorf("rules: %+v", got)
	}
}
