package scenarios

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"relend/data/document"
	"relend/sim/rule"
)

func TestLibrary(t *testing.T) {
	entries := Library()
	for _, want := range []Entry{
		{KindExperiment, "default", "Re-lending policies compared"},
		{KindPolicy, "all_granted", "Everything granted"},
		{KindRegulation, "apr_cap_4lpr", "Price ceiling of 4 x LPR"},
		{KindMacro, "severe", "Severe economy"},
	} {
		if !slices.Contains(entries, want) {
			t.Errorf("%v is not listed", want)
		}
	}
	for _, e := range entries {
		l := newLoader("")
		s := l.open(e.Kind, e.Name, nil)
		name := e.Name
		switch e.Kind {
		case KindPolicy:
			p := l.policy(s)
			name = p.Name
			if p.Description == "" || p.Source == "" {
				t.Errorf("the policy %s has no description or no source", name)
			}
		case KindRegulation:
			r := l.regulation(s)
			name = r.Name
			if name != noRegulation && (r.Reference == "" || r.Source == "" || r.Description == "" || len(r.Rules) == 0) {
				t.Errorf("the regulation %s lacks reference, source, description or rules", name)
			}
			if r.Scope > 0 && !strings.Contains(r.Source, "outside lenders") && !strings.Contains(r.Source, "All lenders") {
				t.Errorf("the regulation %s does not say where its scope comes from", name)
			}
		case KindMacro:
			m := l.macro(s)
			name = m.Name
			if name != baselineMacro && (len(m.Unemployment) != 36 || len(m.GDP) != 36 || len(m.LPR) != 36 || !strings.HasPrefix(m.Source, "assumption")) {
				t.Errorf("the macro path %s: %+v", name, m)
			}
		case KindStudy:
			s := l.study(s, Overrides{})
			if name = s.Name; len(s.Experiment.warnings) > 0 || s.Experiment.Portfolio.Synthetic == nil {
				t.Errorf("the study %s: warnings %q, or no artificial portfolio", name, s.Experiment.warnings)
			}
		default:
			if _, err := Load(e.Name, Overrides{}); err != nil {
				t.Error(err)
			}
		}
		if err := l.err(); err != nil {
			t.Error(err)
		}
		if name != e.Name || e.Title == "" || e.Title == e.Name {
			t.Errorf("the %s %s is called %q, %q", e.Kind, e.Name, name, e.Title)
		}
	}
}

// Schema lists the keys that are read: this text has each of them once, and nothing else.
func TestSchema(t *testing.T) {
	texts := map[Kind]string{
		KindExperiment: `
title: t
description: d
extends: default
portfolio: {synthetic: {recipe: consumer, borrowers: 1, seed: 1, term_days: 1 day, as_of: 2020-01-01, currency: EUR, scale: 0.1}, files: [f], mapping: m, as_of: 2024-01-01, currency: CNY, segments: [s], max_rejected: 1%}
lender: bank
grid: week
applicants: [{per_month: 1, arrival: even, segments: [s], pd: 5%, pd_spread: 0.5, product: annuity, term: 1 month, principal: 1, income: 1, external_loans: 0, dependence: 1%}]
horizon: 1 month
paths: 4
precision: [default_rate=±5bp@95%]
sample: all
seed: 1
design: plain
weighted_controls: false
anchor: baseline
factors: {link: probit, segments: [a, b], correlation: [[1, 0.3], [0.3, 1]], start: stationary}
engine: step
provisions: {method: ecl}
behaviour: {preset: default, set: {}, score: {auc_before: 70%, auc_after: 75%}}
policies: [default]
regulations: [none]
macros: [baseline]
arms:
  product: {policies: [default], regulations: [none], macros: [baseline]}
  list: [{name: n, title: t, policy: default, regulation: pti_30, macro: baseline, scope: 10%, behaviour: {}}]
baseline: n
measures: [par_30]
gates: [{name: n, expect: e, level: warn}]
tolerances: [default_rate=±10bp]
`,
		KindPolicy:     "{name: n, title: t, description: d, status: draft, source: s, extends: default, rules: {}}",
		KindRegulation: "{name: n, title: t, original_title: o, description: d, jurisdiction: XX, status: draft, reference: r, source: s, scope: 1%, rules: {}, amendments: [{from: 2026-01-01, title: t, status: draft, reference: r, source: s, rules: {max_ordinal: {max: 3}}}], not_modelled: [c]}",
		KindMacro:      "{name: n, title: t, status: draft, source: s, months: {unemployment: [0], gdp: [0], lpr: [0]}}",
		KindStudy: `
name: n
title: t
description: d
experiment: {}
market: {name: m, recipe: payday, term_days: 14 days}
reasons: {}
facts: [{what: w, source: s, mark: read, sign: e, size: e}]
charts: [{name: c, title: t, arms: [{arm: baseline, against: baseline}], measures: [par_30], first: 2 months}]
`,
	}
	for _, kind := range Kinds {
		root, problems := document.Parse("x.yaml", []byte(texts[kind]))
		if problems != nil {
			t.Fatal(problems)
		}
		var keys []string
		var walk func(n *document.Node)
		walk = func(n *document.Node) {
			for _, item := range n.Items() {
				if n.Kind == document.Map && !strings.HasPrefix(item.Path, "amendments[0].rules.") {
					keys = append(keys, regexp.MustCompile(`\[\d+\]`).ReplaceAllString(item.Path, "[]"))
				}
				walk(item)
			}
		}
		walk(root)
		var listed []string
		for _, k := range Schema(kind) {
			listed = append(listed, k.Path)
			if k.Value == "" || k.Meaning == "" {
				t.Errorf("%s: %s has no value or no meaning", kind, k.Path)
			}
		}
		if !slices.Equal(keys, listed) {
			t.Errorf("%s: the text has\n%s\nthe schema\n%s", kind, strings.Join(keys, "\n"), strings.Join(listed, "\n"))
		}
		l := newLoader("x.yaml")
		switch s := (source{"x.yaml", root}); kind {
		case KindExperiment:
			_, err := Parse("x.yaml", []byte(texts[kind]), Overrides{})
			if err == nil || err.Error() != "x.yaml:5:24: portfolio.synthetic: synthetic and files cannot both be given" {
				t.Error(err)
			}
		case KindPolicy:
			l.policy(s)
		case KindRegulation:
			l.regulation(s)
		case KindMacro:
			l.macro(s)
		case KindStudy:
			l.study(s, Overrides{})
		}
		if err := l.err(); err != nil {
			t.Error(err)
		}
	}
}

func TestRuleFields(t *testing.T) {
	var got []string
	for _, kind := range rule.Kinds {
		for _, f := range RuleFields(kind) {
			got = append(got, strings.Join([]string{kind.Name, f.Name, f.Unit, f.Range, f.Default}, " "))
		}
	}
	for _, want := range []string{
		"worst_delinquency look_back months 0 to 120 12 months",
		"top_up stack flag true or false false",
		"limit_ladder steps ratios 0.01 to 100 needed",
		"apr_cap max share 0% to 1000% needed",
		"exposure_cap amount money 0 to 1e+12 0",
		"leverage_cap multiple ratio 0.01 to 1000 needed",
		"funding_queue rank choice score or margin or hash score",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(got, "\n"))
		}
	}
}
