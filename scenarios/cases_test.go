package scenarios

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"relend/sim/rule"
)

// TestLaws reads every law of the library: its cases come out as written, they show both sides of each of its limits, and its
// versions are its first text and each amendment. What lies in the folder of a jurisdiction says where it comes from and
// since when it holds.
func TestLaws(t *testing.T) {
	laws, cases := 0, 0
	for name, file := range libraryFiles(KindRegulation) {
		law, err := LoadLaw(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := law.Try(); err != nil {
			t.Error(err)
		}
		for _, missing := range law.Untested() {
			t.Errorf("%s: %s", name, missing)
		}
		if len(law.Cases) == 0 && slices.ContainsFunc(law.Rules, func(r Rule) bool { return judges(r.Rule) }) {
			t.Errorf("%s has no cases", name)
		}
		replay(t, &law.Regulation)
		folder := path.Base(path.Dir(file))
		if folder == KindRegulation.Plural() {
			continue
		}
		laws++
		if country, _, _ := strings.Cut(law.Jurisdiction, "-"); country != strings.ToUpper(folder) || !strings.HasPrefix(name, folder+"-") {
			t.Errorf("%s lies in the folder %s and is of %s", name, folder, law.Jurisdiction)
		}
		if law.Original == "" || law.Status == "hypothetical" || (law.Status == unverified) != strings.Contains(law.Source, "from memory") {
			t.Errorf("%s: original title %q, status %s, source %q", name, law.Original, law.Status, law.Source)
		}
		for _, r := range law.Rules {
			if c, ok := r.Rule.(*rule.Clause); (!ok || !c.From.Given) && !strings.Contains(law.Description, "not known to us") {
				t.Errorf("%s: %s is not dated", name, r.Kind)
			}
		}
		cases += len(law.Cases)
	}
	err := fs.WalkDir(library, "library", func(file string, _ fs.DirEntry, err error) error {
		if law, ok := strings.CutSuffix(file, casesSuffix); ok && libraryFiles(KindRegulation)[path.Base(law)] != law+".yaml" {
			t.Errorf("%s lies beside no law", file)
		}
		return err
	})
	if err != nil || laws < 35 || cases < 2*laws {
		t.Errorf("%d laws, %d cases, %v", laws, cases, err)
	}
}

// replay expects a law as it stands on the day of each amendment to be the text before with the amendment in it, and on the
// day before the first one the first text.
func replay(t *testing.T, law *Regulation) {
	t.Helper()
	days, texts := law.Versions()
	for i := range texts {
		last := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
		if i+1 < len(texts) {
			last = days[i+1].AddDate(0, 0, -1)
		}
		for _, day := range []time.Time{days[i], last} {
			if day.IsZero() {
				continue
			}
			if d := Differences(law.On(day), texts[i].On(day)); len(d) > 0 {
				t.Errorf("%s on %s is not its text of then: %+v", law.Name, day.Format(time.DateOnly), d)
			}
		}
	}
}

const caseLaw = `name: law
jurisdiction: XX
status: draft
reference: r
source: s
rules:
  apr_cap:
    - {max: 24%, from: 2026-01-01}
    - {max: 18%, from: 2026-07-01, grandfather: true}
  cooling_off: {after_payoff: 1 month}
  sequence_pause: {loans: 2, pause: 2 months}
  loan_count_cap: {max: 3, window: 12 months}
  payment_to_income_cap: {max: 50%}
  worst_delinquency: {max_days: 59 days, look_back: 0 months}
  platform_cap: {max: 2}
`

// loadCases reads caseLaw with cases.
func loadCases(t *testing.T, cases string) (*Law, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{"law.yaml": caseLaw, "law.cases.yaml": cases} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return LoadLaw("law.yaml")
}

// Each case comes out as the text of its rules says, worked out by hand.
func TestCases(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"the day before the first value", "on: 2025-12-31, loan: {amount: 1000, apr: 90%}, borrower: {income: 9000}", "granted"},
		{"the day of it", "on: 2026-01-01, loan: {amount: 1000, apr: 24.1%}, borrower: {income: 9000}", "refused by apr_cap"},
		{"the day before the second", "on: 2026-06-30, loan: {amount: 1000, apr: 24%}, borrower: {income: 9000}", "granted"},
		{"the second", "on: 2026-07-01, loan: {amount: 1000, apr: 24%}, borrower: {income: 9000}", "refused by apr_cap"},
		{"a loan granted the day before it runs on", "on: 2026-09-01, loan: {amount: 1000, apr: 24%}, borrower: {income: 9000, owes: 100, loans: [{granted: 2026-06-30}]}", "granted"},
		{"what it replaces still binds him", "on: 2026-09-01, loan: {amount: 1000, apr: 25%}, borrower: {income: 9000, owes: 100, loans: [{granted: 2026-06-30}]}", "refused by apr_cap"},
		{"one granted on the day is bound", "on: 2026-09-01, loan: {amount: 1000, apr: 24%}, borrower: {income: 9000, owes: 100, loans: [{granted: 2026-07-01}]}", "refused by apr_cap"},
		{"a day short of a month", "on: 2026-03-14, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2025-01-01, repaid: 2026-02-15}]}", "refused by cooling_off"},
		{"a month", "on: 2026-03-15, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2025-01-01, repaid: 2026-02-15}]}", "granted"},
		{"two in a row, a month later", "on: 2026-03-15, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2024-01-01, repaid: 2024-12-15}, {granted: 2025-01-01, repaid: 2026-02-15}]}", "refused by sequence_pause"},
		{"two with 30 days between them", "on: 2026-03-15, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2024-01-01, repaid: 2024-12-02}, {granted: 2025-01-01, repaid: 2026-02-15}]}", "granted"},
		{"the third loan within a year", "on: 2026-12-15, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2026-01-16, repaid: 2026-02-01}, {granted: 2026-06-01, repaid: 2026-07-01}]}", "granted"},
		{"the fourth", "on: 2026-12-15, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2026-01-16, repaid: 2026-02-01}, {granted: 2026-04-01, repaid: 2026-05-01}, {granted: 2026-07-01, repaid: 2026-08-01}]}", "refused by loan_count_cap"},
		{"the fourth when the first is a year old", "on: 2027-01-16, loan: {amount: 1000}, borrower: {income: 9000, loans: [{granted: 2026-01-16, repaid: 2026-02-01}, {granted: 2026-04-01, repaid: 2026-05-01}, {granted: 2026-07-01, repaid: 2026-08-01}]}", "granted"},
		{"half of an income of 100 pays 600 in a year", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 100}", "reduced to 600"},
		{"less what is paid elsewhere", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 100, outside_loans: 1, outside_pays: 20}", "reduced to 360"},
		{"59 days late", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 9000, days_past_due: 59}", "granted"},
		{"60 days late", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 9000, days_past_due: 60}", "refused by worst_delinquency"},
		{"a second lender", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 9000, outside_loans: 1}", "granted"},
		{"a third", "on: 2025-01-01, loan: {amount: 1000}, borrower: {income: 9000, outside_loans: 2}", "refused by platform_cap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			law, err := loadCases(t, "cases: [{what: w, "+c.text+", expect: "+c.want+"}]")
			if err != nil {
				t.Fatal(err)
			}
			if err := law.Try(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is wrong with a file of cases is said with its place, and so is a case that comes out otherwise.
func TestCaseMessages(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1, aprr: 1%}, expect: granted}]", `law.cases.yaml:1:53: cases[0].loan: unknown key "aprr", did you mean "apr"?`},
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1}, expect: refused by apr_cpa}]", `law.cases.yaml:1:62: cases[0].expect: the law has no rule "apr_cpa", did you mean "apr_cap"?`},
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1}, expect: maybe}]", `law.cases.yaml:1:62: cases[0].expect: found "maybe"; a case expects "granted", "reduced to N" or "refused by KIND"`},
		{"grid: day\ncases: []", `law.cases.yaml:1:7: grid: unknown grid "day" (allowed: month, half, week)`},
		{"cases: [{what: w, loan: {amount: 1}, expect: granted}]", `law.cases.yaml:1:9: cases[0].on: the key is missing`},
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1}, borrower: {owes: 5}, expect: granted}]", `law.cases.yaml:1:64: cases[0].borrower: owes and pays are those of running loans: give one under loans, without repaid`},
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1, term: 14 days}, expect: granted}]", `law.cases.yaml:1:59: cases[0].loan.term: a term of 14 days is nothing on the grid month; a finer grid (half, week) can tell it`},
		{"cases: [{what: w, on: 2026-01-01, loan: {amount: 1}, borrower: {loans: [{granted: 2026-01-02}]}, expect: granted}]", `law.cases.yaml:1:83: cases[0].borrower.loans[0].granted: loans are listed from the oldest to the newest, none after the day of the case`},
		{"cases: [{what: A dear loan, on: 2026-01-01, loan: {amount: 1, apr: 30%}, borrower: {income: 9}, expect: granted}]", `law.cases.yaml:1:105: cases[0].expect: "A dear loan" expects "granted", the rules say "refused by apr_cap": New loans cost at most 24% a year; who cannot be served at that price is refused (from 2026-01-01; until 2026-07-01).`},
	} {
		law, err := loadCases(t, c.text)
		if err == nil {
			err = law.Try()
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("got\n%v\nwant\n%s", err, c.want)
		}
	}
}

// A limit without a case on either side is noticed.
func TestUntested(t *testing.T) {
	law, err := loadCases(t, "cases: [{what: w, on: 2026-01-01, loan: {amount: 1, apr: 30%}, expect: refused by apr_cap}, {what: w, on: 2026-07-01, loan: {amount: 1}, borrower: {income: 9}, expect: granted}]")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(law.Untested(), "\n")
	for _, want := range []string{
		"no case is granted within apr_cap, 2 are needed: New loans cost at most 24%",
		"only one case is decided by apr_cap, 2 are needed: New loans cost at most 24%",
		"no case is decided by apr_cap, 2 are needed: New loans cost at most 18%",
		"no case is decided by platform_cap",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, wrong := range []string{"no case is decided by apr_cap, 2 are needed: New loans cost at most 24%", "no case is granted within apr_cap, 2 are needed: New loans cost at most 18%"} {
		if strings.Contains(got, wrong) {
			t.Errorf("%q is said", wrong)
		}
	}
}
