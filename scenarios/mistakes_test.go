package scenarios

import (
	"os"
	"strings"
	"testing"
)

// mistakes are those of a law, each with the message that it gives, in the order of the lines.
var mistakes = []struct{ line, message string }{
	{"name: bad law", `1:7: name: "bad law" is not a name: letters, digits, _ and -, at most 64`},
	{"jurisdiction: ZZ", `2:15: jurisdiction: unknown jurisdiction "ZZ": a country's two letters by ISO 3166, such as CN, UK for the United Kingdom, EU, or XX for one made up; a part of it follows a dash, such as US-FL`},
	{"status: in_force", "3:9: status: a law that is in force needs a reference; only a hypothetical one may go without"},
	{"source: somewhere", ""},
	{"origin: here", `5:1: unknown key "origin" (allowed: amendments, description, jurisdiction, name, not_modelled, original_title, reference, rules, scope, source, status, title)`},
	{"rules:", ""},
	{"  aprcap: {max: 24%}", `7:3: rules: unknown key "aprcap", did you mean "apr_cap"?`},
	{"  apr_cap: [{max: 24%, until: 2027-01-01}, {max: 20%, from: 2026-01-01}]", "8:44: rules.apr_cap[1]: overlaps the value of apr_cap in line 8, which holds until 2027-01-01: this one begins on 2026-01-01"},
	{"  daily_rate_cap: {max: 0.3%, from: 2026-01-01, until: 2026-01-01}", "9:19: rules.daily_rate_cap: until 2026-01-01 does not come after from 2026-01-01"},
	{"  exposure_cap: {amount: 24%}", `10:26: rules.exposure_cap.amount: unit "%" is not allowed here: an amount of money such as 5000 CNY is needed, found "24%"`},
	{"  cooling_off: {after_payof: 1 month}", `11:17: rules.cooling_off: unknown key "after_payof", did you mean "after_payoff"?`},
	{"  product_cap: {amount: 500 EUR, perimeter: {amount: {up_to: 400 EUR}}}", "12:16: rules.product_cap: perimeter: no loan of up to 400.00 is above the cap of 500.00; nothing is bound"},
	{"  minimum_term: {term: 6 months, perimeter: {term: {over: 8 months}}}", "13:17: rules.minimum_term: perimeter: every term above 8 months is long enough; nothing is bound"},
	{"  platform_cap: {max: 3, perimeter: {lenders: [bnak]}}", `14:48: rules.platform_cap.perimeter.lenders[0]: unknown value "bnak", did you mean "bank"?`},
	{"  use_ban: {loans: own, perimeter: {segments: [a], except_segments: [a]}}", "15:12: rules.use_ban: perimeter: a segment is both in segments and in except_segments"},
	{"  total_cost_cap: {max: 100%, quota: {share: 10%}}", "16:19: rules.total_cost_cap: a quota softens limits on single loans; a cap on the price has none (average_rate_cap limits the average), nor has a rule for all borrowers alike"},
	{"  payment_to_income_cap: {max: 40%, perimeter: {debt: {over: 10 EUR, up_to: 5 EUR}}}", "17:26: rules.payment_to_income_cap: perimeter: up_to does not lie above over; nothing is inside"},
	{"  rollover_cap: {max: 2, perimeter: {lenders: bank, except_lenders: bank}}", "18:17: rules.rollover_cap: perimeter: a kind of lender is both in lenders and in except_lenders"},
	{"  loan_count_cap: {max: 2, window: 12 months, quota: {share: 10%, window: 2 days}}", `19:75: rules.loan_count_cap.quota.window: unit "days" is not allowed here: a time such as 3 months or 2 years is needed, found "2 days"`},
	{"amendments: [{from: 2027-01-01, rules: {min_repaid: none}}]", "20:13: amendments: the amendment of 2027-01-01 ends min_repaid, which is not in force then"},
}

// All mistakes of a law are reported at once, each with line and column; alone in an otherwise good law each gives the same
// message.
func TestMistakesOfALaw(t *testing.T) {
	t.Chdir(t.TempDir())
	var lines, want []string
	for _, m := range mistakes {
		lines = append(lines, m.line)
		if m.message != "" {
			want = append(want, "law.yaml:"+m.message)
		}
	}
	if err := os.WriteFile("law.yaml", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := LoadLaw("law.yaml")
	if err == nil {
		t.Fatal("no mistake is seen")
	}
	got := strings.Split(err.Error(), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}

	good := []string{"name: law", "jurisdiction: XX", "status: hypothetical", "rules: {max_ordinal: {max: 3}}"}
	if err := os.WriteFile("good.yaml", []byte(strings.Join(good, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadLaw("good.yaml"); err != nil {
		t.Error(err)
	}
	for _, m := range mistakes {
		if !strings.HasPrefix(m.line, "  ") || m.message == "" {
			continue
		}
		text := append(append([]string{}, good[:3]...), "", "", "rules:", m.line)
		if err := os.WriteFile("alone.yaml", []byte(strings.Join(text, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, column, _ := strings.Cut(m.message, ":") // the line is another one, and the message may name it
		column, message, _ := strings.Cut(column, ":")
		_, err := LoadLaw("alone.yaml")
		if err == nil || !strings.HasPrefix(err.Error(), "alone.yaml:7:"+column+":") || !strings.HasSuffix(err.Error(), strings.ReplaceAll(message, "in line 8", "in line 7")) {
			t.Errorf("%s alone: %v", m.line, err)
		}
	}
}

// Figures that nobody has read are marked wherever they are used: as a warning of the experiment, which its report shows, and
// beside each rule.
func TestUnverifiedIsShown(t *testing.T) {
	e, err := Parse("e.yaml", []byte(`
portfolio: {synthetic: {borrowers: 10}}
policies: [{name: p, status: unverified, rules: {max_ordinal: {max: 9}}}]
regulations: [none, us-cfpb-2017-exempt@2020-01-01, cn-2020-4lpr]
macros: [baseline, {name: m, status: unverified, source: from memory, months: {gdp: [-1]}}]
`), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	warnings := strings.Join(e.Warnings("CNY"), "\n")
	for _, of := range []string{"policy p", "us-cfpb-2017-exempt", "the amendment of 2021-01-01 to cn-2020-4lpr", "macro path m"} {
		if !strings.Contains(warnings, of+" are unverified: nobody has read them where they come from") {
			t.Errorf("no warning of %s in\n%s", of, warnings)
		}
	}
	arms, _, err := e.Arms("", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range arms {
		for i, want := range []string{"Unverified: At most 9 loans", "By law (unverified): ", "The law: "} {
			if rules := strings.Join(a.Rules, "\n"); !strings.Contains(rules, want) && (i == 0 || a.Regulation != noRegulation) {
				t.Errorf("%s: no %q in\n%s", a.Name, want, rules)
			}
		}
	}
}

// A law for another kind of lender leaves an arm without rules of law, so that it is the baseline, and says so.
func TestLawForOthers(t *testing.T) {
	for lender, want := range map[string]int{"bank": 0, "consumer_finance": 0, "microloan": 2} {
		e, err := Parse("e.yaml", []byte("portfolio: {synthetic: {borrowers: 10}}\nlender: "+lender+"\nregulations: [cn-2025-xd-cost]\n"), Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		arms, _, err := e.Arms("CNY", nil)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Contains(strings.Join(arms[0].Rules, "\n"), "2 of its 2 rules bind other kinds of lenders only")
		if len(arms[0].Law) != want || said != (want == 0) {
			t.Errorf("%s: %d rules of law\n%s", lender, len(arms[0].Law), strings.Join(arms[0].Rules, "\n"))
		}
	}
}
