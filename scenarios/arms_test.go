package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

func TestDefaultExperiment(t *testing.T) {
	e, err := Load("default", Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	arms, settings, err := e.Arms("CNY", []string{"any"})
	if err != nil {
		t.Fatal(err)
	}
	if settings.Months != 36 || settings.Paths != 128 || settings.Seed != 20240601 || settings.Design != factor.Antithetic || settings.Baseline != 0 || settings.Grid != data.Monthly {
		t.Errorf("settings %+v", settings)
	}
	if *e.Portfolio.Synthetic != (Synthetic{Recipe: "consumer", Borrowers: 20000, Seed: 20240601}) || len(e.Warnings("CNY")) != 0 {
		t.Errorf("portfolio %+v, warnings %v", e.Portfolio, e.Warnings("CNY"))
	}
	var got []string
	for _, a := range arms {
		got = append(got, fmt.Sprintf("%s %s %s %s %d %d/%d", a.Name, a.Arm.Policy, a.Regulation, a.Arm.Macro, a.Reference, len(a.Policy), len(a.Law)))
	}
	want := []string{
		"baseline default none baseline 0 8/0",
		"cooling_off_3 cooling_off_3 none baseline 0 9/0",
		"no_top_up no_top_up none baseline 0 8/0",
		"clean_2 clean_2 none baseline 0 9/0",
		"pti_50 pti_50 none baseline 0 9/0",
		"apr_cap default apr_cap_4lpr_2020 baseline 0 8/1",
		"baseline.adverse default none adverse 0 8/0",
		"cooling_off_3.adverse cooling_off_3 none adverse 6 9/0",
		"no_top_up.adverse no_top_up none adverse 6 8/0",
		"clean_2.adverse clean_2 none adverse 6 9/0",
		"pti_50.adverse pti_50 none adverse 6 9/0",
		"apr_cap.adverse default apr_cap_4lpr_2020 adverse 6 8/1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	law := arms[5]
	if law.Scope != .5 || law.Law[0].(*rule.APRCap).Max != .154 || law.Behaviour != behaviour.Default() {
		t.Errorf("got %+v", law)
	}
	if n := len(law.Rules); law.Rules[n-3] != "By law: New loans cost at most 15.4% a year; who cannot be served at that price is refused." ||
		law.Rules[n-1] != "The law binds 50% of outside lenders as well." || law.Rules[n-4] != "No single loan above 200000 CNY." {
		t.Errorf("rules %q", law.Rules)
	}
	if u, g, r := arms[6].Macro.At(11); u != 2 || g != -1.6 || r != -1 {
		t.Errorf("adverse in month 12: %v %v %v", u, g, r)
	}
}

// The library's policy "default" is the one of the model.
func TestDefaultPolicy(t *testing.T) {
	e := mustParse(t, "title: t")
	want := []rule.Rule{
		&rule.WorstDelinquency{MaxDays: 29, LookBack: 12},
		&rule.TopUp{Allowed: true},
		&rule.MinRepaid{Share: .3},
		&rule.ConcurrentLoans{Max: 3},
		&rule.MaxOrdinal{Max: 15},
		&rule.APRCap{Max: .24, Fees: rule.FeesExcluded},
		&rule.LimitLadder{Steps: []float64{1, 1.2, 1.5, 1.8, 2.2}},
		&rule.ProductCap{Amount: 200_000 * data.Unit},
	}
	for i, r := range e.Policies[0].Rules {
		if got, want := fmt.Sprintf("%T %+v", r.Rule, r.Rule), fmt.Sprintf("%T %+v", want[i], want[i]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if len(e.Policies[0].Rules) != len(want) {
		t.Errorf("%d rules", len(e.Policies[0].Rules))
	}
}

func TestReferences(t *testing.T) {
	e := mustParse(t, `
portfolio: {synthetic: {}}
policies: [default, tight]
macros: [baseline, adverse, severe]
arms:
  product: {macros: [baseline, adverse]}
  list:
    - {name: twin}
    - {name: severe_tight, policy: tight, macro: severe}
    - {name: frightened, macro: adverse, behaviour: {set: {shock.mult: 8}}}
    - {name: adverse_twin, macro: adverse}
    - {name: same, behaviour: {set: {shock.mult: 4}}}
baseline: tight
`)
	arms, settings, err := e.Arms("CNY", nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range arms {
		got = append(got, a.Name+"->"+arms[a.Reference].Name)
	}
	want := "baseline->tight tight->tight twin->tight same->tight baseline.adverse->tight.adverse tight.adverse->tight " +
		"frightened->tight.adverse adverse_twin->tight.adverse severe_tight->tight"
	if strings.Join(got, " ") != want || settings.Baseline != 1 {
		t.Errorf("got %s, baseline %d", got, settings.Baseline)
	}
	i := slices.IndexFunc(arms, func(a sim.Arm) bool { return a.Name == "frightened" })
	if r := arms[i].Rules; r[len(r)-1] != "Behaviour: shock.mult is 8 instead of 4." || arms[i].Behaviour.ShockMult != 8 || arms[0].Behaviour.ShockMult != 4 {
		t.Errorf("got %q", r)
	}
	if got := arms[i].Title; got != "Baseline / Adverse economy (frightened)" {
		t.Errorf("title %s", got)
	}
	if e.Entries[3].Behaviour != nil {
		t.Error("an arm that sets what holds anyway differs")
	}
	if a := e.Assumptions("CNY"); !slices.ContainsFunc(a, func(a data.Assumption) bool {
		return a == data.Assumption{Name: "shock.mult in arm frightened", Value: "8", Reason: lookup(t, "shock.mult").Meaning, Origin: "experiment"}
	}) {
		t.Errorf("the behaviour of an arm is not among the assumptions")
	}
}

// An arm is compared with one whose law binds as many outside lenders as the baseline's, and its own scope is an assumption.
func TestScopeOfArms(t *testing.T) {
	e := mustParse(t, `
portfolio: {synthetic: {}}
regulations: [{name: cap, scope: 50%, rules: {platform_cap: {max: 4}}}]
macros: [baseline, severe]
arms:
  list:
    - {name: act, regulation: cap}
    - {name: same, regulation: cap, scope: 50%, macro: severe}
    - {name: all_bad, regulation: cap, macro: severe, scope: 100%}
    - {name: bad, regulation: cap, macro: severe}
baseline: act
`)
	for _, order := range [][]string{{"act", "same", "all_bad", "bad"}, {"act", "all_bad", "same", "bad"}} {
		slices.SortFunc(e.Entries, func(a, b Entered) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
		arms, _, err := e.Arms("CNY", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range arms {
			want := "same"
			if a.Name == "act" || a.Name == "same" {
				want = "act"
			}
			if got := arms[a.Reference].Name; got != want {
				t.Errorf("%v: %s is compared with %s, want %s", order, a.Name, got, want)
			}
		}
	}
	var got []string
	for _, a := range e.Assumptions("CNY") {
		if strings.HasPrefix(a.Name, "regulation cap: scope") {
			got = append(got, a.Name+" "+a.Value)
		}
	}
	if want := "regulation cap: scope 50%|regulation cap: scope in arm all_bad 100%|regulation cap: scope in arm same 50%"; strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
}

func TestSegmentsAndCurrency(t *testing.T) {
	e := mustParse(t, "portfolio:\n  files: [a.parquet]\n  segments: [micro, salaried]\nregulations: [none, exposure_200k]\n"+
		"arms: {product: {}, list: [{name: x, behaviour: {set: {outside.instalment: 90 EUR}}}]}")
	if _, _, err := e.Arms("", []string{"micro"}); err != nil {
		t.Error(err)
	}
	_, _, err := e.Arms("USD", []string{"micro", "salared", "other"})
	want := strings.Join([]string{
		`e.yaml:3:13: portfolio.segments: the portfolio holds the segment "salared", which is not in segments, did you mean "salaried"?`,
		`e.yaml:3:13: portfolio.segments: the portfolio holds the segment "other", which is not in segments (allowed: micro, salaried)`,
		`library:regulations/exposure_200k.yaml:14:26: rules.exposure_cap.amount: the amount is in CNY, the portfolio in USD; amounts are not converted`,
		`e.yaml:5:76: arms.list[0].behaviour.set.outside.instalment: the amount is in EUR, the portfolio in USD; amounts are not converted`}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestWarnings(t *testing.T) {
	e := mustParse(t, "policies: [default, tight]\narms: {list: [{name: a}]}\nbehaviour: {set: {amount.min: 60 USD, outside.instalment: 90}}")
	want := []string{
		"e.yaml: warning: no portfolio is given: a synthetic one of 20000 borrowers is used",
		"e.yaml: warning: the policy tight is used by no arm",
		"outside.balance is left at 5000 USD, a figure chosen for CNY; set it under behaviour for a portfolio in USD",
	}
	if got := e.Warnings("USD"); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if got := e.Warnings("CNY"); !slices.Equal(got, want[:2]) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func lookup(t *testing.T, name string) behaviour.Parameter {
	t.Helper()
	d, ok := behaviour.Lookup(name)
	if !ok {
		t.Fatalf("no parameter %s", name)
	}
	return d
}

func TestParametersAndAssumptions(t *testing.T) {
	e := mustParse(t, "behaviour: {preset: all_granted, set: {leak.rate: 2000 bp, season.s2: 2.5 months, outside.instalment: 650.5 CNY}}\n"+
		"macros: [adverse]\nregulations: [data_sharing_full]")
	params := e.Parameters("CNY")
	if len(params) != len(behaviour.Registry()) {
		t.Fatalf("%d parameters", len(params))
	}
	find := func(name string) data.Parameter {
		return params[slices.IndexFunc(params, func(p data.Parameter) bool { return p.Name == name })]
	}
	for name, want := range map[string][2]string{"leak.rate": {"20%", "35%"}, "season.s2": {"2.5 months", "4 months"},
		"outside.instalment": {"650.5 CNY", "650 CNY"}, "relief.months": {"0 months", "2 months"}, "risk.b_pti": {"3", "3"}} {
		if p := find(name); p.Value != want[0] || p.Default != want[1] || p.Unit != lookup(t, name).Unit || p.Meaning == "" || p.Source == "" {
			t.Errorf("got %+v", p)
		}
	}
	assumptions := map[string]data.Assumption{}
	for _, a := range e.Assumptions("CNY") {
		assumptions[a.Name] = a
	}
	for name, want := range map[string]string{"leak.rate": "experiment", "take_up.k0": "preset all_granted", "shock.mult": "behaviour default",
		"macro adverse": "experiment", "regulation data_sharing_full: scope": "experiment"} {
		if a, ok := assumptions[name]; !ok || a.Origin != want || a.Reason == "" || a.Value == "" {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	for _, d := range behaviour.Registry() {
		if _, ok := assumptions[d.Name]; strings.HasPrefix(d.Source, "assumption") && !ok {
			t.Errorf("the assumption %s is not listed", d.Name)
		}
	}
	if got := assumptions["macro adverse"].Value; got != "unemployment rate +2 sd at most, GDP growth -2 sd at most, loan prime rate -1 sd at most" {
		t.Error(got)
	}
}

// Areas under the ROC curve set the score gain of the experiment or of an arm; the nearest of several holds, and the
// resolved form has the gain.
func TestScoreAsAUC(t *testing.T) {
	text := `
behaviour: {set: {risk.sigma_u: 0.8}, score: {auc_before: 70%, auc_after: 74%}}
arms:
  list:
    - {name: data}
    - {name: more, behaviour: {score: {auc_before: 70%, auc_after: 76%}}}
    - {name: none, behaviour: {set: {score.gain: 0%}}}
baseline: none
`
	e, err := Parse("e.yaml", []byte(text), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("e.yaml", e.Resolved(), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Experiment{e, again} {
		arms, _, err := e.Arms("CNY", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &arms[0].Behaviour
		if want := p.Gain(.70, .74); p.ScoreGain != want || want <= 0 || want >= 1 {
			t.Errorf("score gain %v, want %v", p.ScoreGain, want)
		}
		if got, want := arms[1].Behaviour.ScoreGain, p.Gain(.70, .76); got != want {
			t.Errorf("score gain of the arm %v, want %v", got, want)
		}
		if arms[2].Behaviour.ScoreGain != 0 {
			t.Error("the arm's own score gain does not hold")
		}
	}
}

// The matrix of correlations is read in the order of its own list of segments and handed on in the portfolio's.
func TestFactors(t *testing.T) {
	e := mustParse(t, "factors: {segments: [b, a, c], correlation: [[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]], start: -1.5}")
	_, s, err := e.Arms("CNY", []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Correlation, *s.Start); got != "[[1 0.1 0.3] [0.1 1 0.2] [0.3 0.2 1]] -1.5" {
		t.Error(got)
	}
	_, _, err = e.Arms("CNY", []string{"a", "d"})
	if err == nil || !strings.Contains(err.Error(), `holds the segment "d", which is not in the matrix`) {
		t.Error(err)
	}
	_, _, err = e.Arms("CNY", []string{"a", "b"})
	if err == nil || !strings.Contains(err.Error(), `has the segment "c", which the portfolio does not hold`) {
		t.Error(err)
	}
}
