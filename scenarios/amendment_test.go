package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const amendedLaw = `
name: law
jurisdiction: XX
status: in_force
reference: Act 1
source: assumption (made up)
rules:
  apr_cap: {max: 30%}
  platform_cap: {max: 5, from: 2020-01-01}
  product_cap: {amount: 900 EUR, from: 2020-01-01, until: 2030-01-01}
amendments:
`

var amending = []string{
	"  - {from: 2021-03-01, title: Cheaper, rules: {apr_cap: {max: 24%}, payment_to_income_cap: {max: 50%, until: 2024-01-01}}}\n",
	"  - {from: 2022-07-01, rules: {platform_cap: none, apr_cap: [{max: 20%, perimeter: {term: {up_to: 6 months}}}, {max: 18%, perimeter: {term: {over: 6 months}}}]}}\n",
	"  - {from: 2023-01-01, status: unverified, rules: {payment_to_income_cap: {max: 40%, grandfather: true}, product_cap: {amount: 500 EUR}}}\n",
}

// The order in which amendments are written makes no difference, and each day's law is the first text with the amendments
// up to that day in it: a date means from that day on.
func TestAmendments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "regulations:\n- " + strings.ReplaceAll(strings.TrimSpace(amendedLaw+strings.Join(rapid.Permutation(amending).Draw(t, "order"), "")), "\n", "\n  ") + "\n"
		e, err := Parse("e.yaml", []byte(text), Overrides{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		law := &e.Regulations[0]
		for _, c := range []struct{ day, want string }{
			{"2019-12-31", "apr 30%"},
			{"2020-01-01", "5 lenders, apr 30%, 900"},
			{"2021-02-28", "5 lenders, apr 30%, 900"},
			{"2021-03-01", "5 lenders, apr 24%, pti 50%, 900"},
			{"2022-06-30", "5 lenders, apr 24%, pti 50%, 900"},
			{"2022-07-01", "apr 20%, apr 18%, pti 50%, 900"},
			{"2023-01-01", "apr 20%, apr 18%, pti 40%, 500"},
			{"2024-01-01", "apr 20%, apr 18%, pti 40%, 500"},
			{"2031-01-01", "apr 20%, apr 18%, pti 40%, 500"},
		} {
			day, _ := time.Parse(time.DateOnly, c.day)
			if got := short(law.On(day)); got != c.want {
				t.Fatalf("on %s: %s, want %s\n%s", c.day, got, c.want, text)
			}
		}
		again, err := Parse("again.yaml", e.Resolved(), Overrides{})
		if err != nil || string(again.Resolved()) != string(e.Resolved()) {
			t.Fatalf("the resolved form is read otherwise: %v\n%s", err, e.Resolved())
		}
		if got := sentences(Policy{}, *law, "", "EUR"); !strings.HasPrefix(got[len(got)-2], "By law (unverified): No single loan above 500 EUR") {
			t.Fatalf("%q", got)
		}
	})
}

// short says a law in a few words.
func short(law *Regulation) string {
	var parts []string
	for _, r := range law.Rules {
		n := clauseNode(r)
		switch r.Kind {
		case "apr_cap":
			parts = append(parts, "apr "+leaf(n, "max"))
		case "platform_cap":
			parts = append(parts, leaf(n, "max")+" lenders")
		case "payment_to_income_cap":
			parts = append(parts, "pti "+leaf(n, "max"))
		case "product_cap":
			parts = append(parts, strings.TrimSuffix(leaf(n, "amount"), " EUR"))
		}
	}
	return strings.Join(parts, ", ")
}

// What is wrong with an amendment is said with its place.
func TestAmendmentMessages(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[{rules: {apr_cap: {max: 20%}}}]", "amendments[0].from: the key is missing"},
		{"[{from: 2021-01-01}]", "amendments[0].rules: the key is missing"},
		{"[{from: 2021-01-01, rules: {}}]", "amendments[0].rules: the amendment changes no rule; name a kind with its new values, or none"},
		{"[{from: 2021-01-01, rules: {apr_cap: {max: 20%, from: 2020-01-01}}}]", "amendments[0].rules.apr_cap: a rule of the amendment begins on 2020-01-01, before the amendment of 2021-01-01"},
		{"[{from: 2021-01-01, rules: {min_repaid: none}}]", "amendments: the amendment of 2021-01-01 ends min_repaid, which is not in force then"},
		{"[{from: 2021-01-01, rules: {apr_cap: none}}, {from: 2021-01-01, rules: {apr_cap: {max: 20%}}}]", "amendments[1]: another amendment (line 1) is of the same day; write them as one"},
		{"[{from: 2021-01-01, rules: {platform_cap: {max: 3}}}]", "amendments: platform_cap is timed in months after the snapshot: what an amendment of 2021-01-01 replaces cannot be told"},
		{"[]", "amendments: the list is empty; give an amendment or remove the key"},
		{"[{from: soon, rules: {apr_cap: none}}]", `amendments[0].from: a date such as 2017-08-13 is needed here, found "soon"`},
	} {
		_, err := Parse("e.yaml", []byte("regulations: [{name: r, rules: {apr_cap: {max: 30%}, platform_cap: {max: 5, from: 6 months}}, amendments: "+c.text+"}]"), Overrides{})
		if err == nil || !strings.HasSuffix(err.Error(), "regulations[0]."+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got\n%v\nwant\n%s", c.text, err, fmt.Sprint("regulations[0].", c.want))
		}
	}
}
