package output_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

var (
	word   = regexp.MustCompile(`[A-Za-z]{3,}`)
	number = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
)

// inChinese fails where a text has no Chinese one of the same numbers, or one with English words that are no names.
func inChinese(t interface{ Errorf(string, ...any) }, text string, names ...string) {
	got := output.Chinese.Recorded(text)
	numbers := func(s string) []string {
		found := number.FindAllString(s, -1)
		slices.Sort(found)
		return found
	}
	if !slices.Equal(numbers(got), numbers(text)) {
		t.Errorf("%q has other numbers than %q", got, text)
	}
	bare := got
	for _, name := range append(names, "CNY", "LPR", "GDP", "APR", "CFPB", "Data Point: Payday Lending", "logit", "prepay.gap", "late_fee.amount", "relend burden") {
		bare = strings.ReplaceAll(bare, name, "")
	}
	if found := word.FindAllString(bare, -1); found != nil || got == text {
		t.Errorf("%q: %q is left of %q", got, found, text)
	}
	if output.English.Recorded(text) != text {
		t.Errorf("%q is another text in English", text)
	}
}

// anyRule draws a rule of a kind that may be so.
func anyRule(t *rapid.T, k rule.Kind) rule.Rule {
	r := k.New()
	for _, f := range r.Fields() {
		if !f.Required && rapid.Bool().Draw(t, f.Name+" by default") {
			continue
		}
		switch v := f.Value.(type) {
		case *float64:
			*v = rapid.OneOf(rapid.Float64Range(f.Min, f.Max), rapid.SampledFrom([]float64{f.Min, f.Max, min(max(.5, f.Min), f.Max)})).Draw(t, f.Name)
		case *int:
			*v = rapid.IntRange(int(f.Min), int(f.Max)).Draw(t, f.Name)
		case *data.Money:
			*v = data.Money(rapid.Int64Range(0, 1e12).Draw(t, f.Name))
		case *bool:
			*v = rapid.Bool().Draw(t, f.Name)
		case *[]float64:
			*v = rapid.SliceOfN(rapid.Float64Range(f.Min, f.Max), 1, 4).Draw(t, f.Name)
			slices.SortFunc(*v, func(a, b float64) int { return int(b - a) })
		case *string:
			*v = rapid.SampledFrom(f.Choices).Draw(t, f.Name)
		}
	}
	return r
}

// anyConditions draws conditions of a rule.
func anyConditions(t *rapid.T, r rule.Rule) rule.Rule {
	some := func(label string) bool { return rapid.Bool().Draw(t, label) }
	moment := func(label string) rule.Moment {
		m := rapid.SampledFrom([]rule.Moment{{}, {Given: true, Months: 1}, {Given: true, Months: 18}, {Given: true, Date: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}).Draw(t, label)
		return m
	}
	amounts := func(label string) rule.Range {
		return rapid.SampledFrom([]rule.Range{{}, {Over: 50_00}, {UpTo: 99_99}, {Over: 100_00, UpTo: 200_000_00}}).Draw(t, label)
	}
	durations := func(label string) rule.Span {
		list := []rule.Duration{{}, {Months: 1}, {Days: 1}, {Months: 3, Days: 2}, {Days: 45}}
		return rule.Span{Over: rapid.SampledFrom(list).Draw(t, label), UpTo: rapid.SampledFrom(list).Draw(t, label)}
	}
	names := func(label string, from []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 3, func(s string) string { return s }).Draw(t, label)
	}
	c := &rule.Clause{Rule: r, From: moment("from"), Until: moment("until"), Grandfather: some("grandfather"), Compliance: rapid.SampledFrom([]float64{1, .5, .925}).Draw(t, "compliance"),
		Code: rapid.SampledFrom([]string{"", "5", "7 (2); 8"}).Draw(t, "code"),
		Perimeter: rule.Perimeter{Lenders: names("lenders", rule.Lenders), Others: names("others", rule.Lenders), Segments: names("segments", []string{"salaried", "X1", "y, 2"}),
			Except: names("except", []string{"salaried", "X1"}), Amount: amounts("amount"), Debt: amounts("debt"), Term: durations("term")}}
	for p := range data.Product(data.NumProducts) {
		if some("product " + p.String()) {
			c.Perimeter.Products = append(c.Perimeter.Products, p)
		}
	}
	if some("quota") {
		c.Quota = &rule.Quota{Share: .15, Window: rapid.IntRange(0, 3).Draw(t, "window")}
	}
	return c
}

// Every kind of rule says itself in Chinese, whatever its parameters and conditions, in the table of arms and in that of rules.
func TestRulesInChinese(t *testing.T) {
	for _, k := range rule.Kinds {
		inChinese(t, k.Name)
		rapid.Check(t, func(t *rapid.T) {
			r := anyRule(t, k)
			if r.Check() != nil {
				return
			}
			inChinese(t, r.Sentence("CNY"))
			inChinese(t, "By law (self regulation): "+anyConditions(t, r).Sentence("CNY"))
		})
	}
	for _, x := range rule.Inherent {
		inChinese(t, x.Sentence)
		inChinese(t, x.Name)
	}
}

// So does every rule of the library's policies and laws, and the library's titles are translated.
func TestLibraryInChinese(t *testing.T) {
	said := 0
	for _, x := range scenarios.Library() {
		if x.Title == "" {
			t.Errorf("%s %s has no title", x.Kind, x.Name)
		}
		if got := output.Chinese.Titled(x.Title); got == x.Title && word.MatchString(x.Title) {
			t.Errorf("%s %s: %q is not translated", x.Kind, x.Name, x.Title)
		}
		var list string
		switch x.Kind {
		case scenarios.KindPolicy:
			list = "policies: [" + x.Name + "]"
		case scenarios.KindRegulation:
			list = "regulations: [" + x.Name + "]"
		default:
			continue
		}
		e, err := scenarios.Parse("e.yaml", []byte(list+"\n"), scenarios.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		var rules []scenarios.Rule
		for _, p := range e.Policies {
			rules = append(rules, p.Rules...)
		}
		for _, l := range e.Regulations {
			rules = append(rules, l.Rules...)
		}
		for _, r := range rules {
			var names []string
			if c, ok := r.Rule.(*rule.Clause); ok {
				names = append(slices.Concat(c.Perimeter.Segments, c.Perimeter.Except), c.Code)
			}
			inChinese(t, r.Rule.Sentence("CNY"), names...)
			said++
		}
	}
	if said < 80 {
		t.Errorf("only %d rules", said)
	}
}

// Parameters are explained in Chinese.
func TestParametersInChinese(t *testing.T) {
	for _, p := range behaviour.Registry() {
		for _, text := range []string{p.Unit, p.Meaning, p.Source, p.Meaning + ": " + p.Source} {
			inChinese(t, text)
		}
	}
}

// A text of another wording stays as it is, however long it is and however many ways there are to split it.
func TestOtherWording(t *testing.T) {
	for _, text := range []string{"No single loan above the moon.", "No further loan within a while of paying off the last one.", "New loans cost at most 24% a year.", "Loans to friends only (from 3 months after the snapshot).",
		"No single loan above 200000 CNY (on Sundays).", "assumption of mine", "12 months and a day", "", ".", "; ; ;", " or ", strings.Repeat("a, b; c and d or e: ", 60) + "f (g)."} {
		if got := output.Chinese.Recorded(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
