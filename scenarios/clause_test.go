package scenarios

import (
	"slices"
	"strings"
	"testing"

	"relend/sim/rule"
)

// sentencesOf reads a regulation with the given rules and returns what they say.
func sentencesOf(t *testing.T, rules string) []string {
	t.Helper()
	e, err := Parse("e.yaml", []byte("regulations: [{name: r, rules: "+rules+"}]\n"), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range e.Regulations[0].Rules {
		out = append(out, r.Rule.Sentence("CNY"))
	}
	return out
}

// Values of a kind follow each other by date, in whatever order they are written; an end that is written stays; other
// perimeters and choices stand side by side.
func TestSuccession(t *testing.T) {
	for _, c := range []struct {
		rules string
		want  []string
	}{
		{"{platform_cap: [{max: 3, from: 2025-01-01}, {max: 2, from: 2026-06-15}, {max: 4}]}", []string{
			"at most 4 lenders at once, as far as the bureau shows (until 2025-01-01).",
			"at most 3 lenders at once, as far as the bureau shows (from 2025-01-01; until 2026-06-15).",
			"at most 2 lenders at once, as far as the bureau shows (from 2026-06-15).",
		}},
		{"{platform_cap: [{max: 4, until: 3 months}, {max: 3, from: 1 year}]}", []string{"(until 3 months after the snapshot).", "(from 12 months after the snapshot)."}},
		{"{apr_cap: [{max: 20%, perimeter: {amount: {up_to: 99999}}}, {max: 18%, perimeter: {amount: {over: 99999, up_to: 999999}}}, {max: 15%, perimeter: {amount: {over: 999999}}}]}", []string{
			"(loans up to 99999 CNY).", "(loans above 99999 CNY up to 999999 CNY).", "(loans above 999999 CNY).",
		}},
		{"{exposure_cap: [{amount: 1000000, debts: all}, {amount: 200000, debts: own}]}", []string{"in all, as far as the bureau shows.", "owe this lender at most 200000 CNY."}},
	} {
		got := sentencesOf(t, c.rules)
		if len(got) != len(c.want) || slices.ContainsFunc([]int{0, 1}, func(i int) bool { return !strings.HasSuffix(got[i], c.want[i]) }) {
			t.Errorf("%s: %q", c.rules, got)
		}
	}
}

// What a value with a grandfather clause replaces goes on for those who are left alone.
func TestReplacedValuesKeepOldLoans(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "false": false} {
		e, err := Parse("e.yaml", []byte("policies: [{name: p, rules: {rollover_cap: [{max: 2}, {max: 0, from: 6 months, grandfather: "+text+"}]}}]\n"), Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("e.yaml", e.Resolved(), Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []*Experiment{e, again} {
			if c, ok := x.Policies[0].Rules[0].Rule.(*rule.Clause); !ok || c.Keeps != want {
				t.Errorf("grandfather %s: %+v", text, c)
			}
		}
	}
}

// Every condition is documented and read.
func TestClauseFields(t *testing.T) {
	text := "{apr_cap: {max: 20%, from: 1 month, until: 2 months, grandfather: true, compliance: 50%, quota: {share: 5%, window: 2 months}, code: art. 1, perimeter: {lenders: bank, except_lenders: platform, products: annuity, segments: [a], except_segments: [b], amount: {over: 1, up_to: 2}, debt: {over: 1, up_to: 2}, term: {over: 1 month, up_to: 90 days}}}}"
	_, err := Parse("e.yaml", []byte("regulations: [{name: r, rules: "+text+"}]\n"), Overrides{})
	if err == nil || !strings.Contains(err.Error(), "a quota softens limits on single loans") || strings.Contains(err.Error(), "unknown") {
		t.Errorf("%v", err)
	}
	for _, f := range ClauseFields() {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(f.Name, "perimeter."), "quota."), ".")
		if !strings.Contains(text, name+":") || f.Meaning == "" || f.Unit == "" {
			t.Errorf("%+v", f)
		}
	}
}
