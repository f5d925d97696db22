package scenarios

import (
	"slices"
	"strings"
	"testing"
)

const study = `
name: s
title: A study
description: What it is about.
experiment:
  portfolio: {synthetic: {borrowers: 10}}
  behaviour: {set: {leak.rate: 20%}}
  arms:
    list:
      - {name: a}
      - {name: b, behaviour: {set: {shock.mult: 1}}}
reasons:
  leak.rate: assumption
  shock.mult: the switch
facts:
  - {what: It rises, source: nobody, mark: memory, sign: diff("b").default_rate > 0, size: ratio("b").default_rate > 2}
  - {what: It falls, source: nobody, mark: read, sign: diff("b").par_30 < 0}
charts:
  - {name: c, title: Over time, arms: [{arm: b, against: a}], measures: [monthly_default_rate]}
`

func parseStudy(text string) (*Study, error) {
	l := newLoader("s.yaml")
	s := l.study(source{"s.yaml", l.parse("s.yaml", []byte(text))}, Overrides{})
	return s, l.err()
}

func TestStudy(t *testing.T) {
	s, err := parseStudy(study)
	if err != nil {
		t.Fatal(err)
	}
	var gates []string
	for _, g := range s.Gates() {
		gates = append(gates, g.Name+" "+g.Expect)
	}
	want := []string{`facts[0].sign diff("b").default_rate > 0`, `facts[0].size ratio("b").default_rate > 2`, `facts[1].sign diff("b").par_30 < 0`}
	if !slices.Equal(gates, want) {
		t.Errorf("gates %q", gates)
	}
	if s.Experiment.Title != "A study" || s.Experiment.Description != s.Description || s.Market != nil ||
		!slices.Equal(s.Reasons, []Reason{{"shock.mult", "the switch"}, {"leak.rate", "assumption"}}) {
		t.Errorf("%+v", s)
	}
	if c := s.Charts[0]; c.Name != "c" || c.Arms[0] != "b" || c.Against[0] != "a" || c.First != 1 {
		t.Errorf("chart %+v", c)
	}
}

// No parameter may be set without a reason, and no reason may stand alone: so that nothing is tuned in silence.
func TestStudyProblems(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"  shock.mult: the switch\n", "", "s.yaml:11:37: experiment.arms.list[1].behaviour.set: a study says where its parameters come from: give shock.mult under reasons"},
		{"leak.rate: assumption", "leak.rate: assumption\n  shock.exit: no", "reasons.shock.exit: shock.exit is not set in this study"},
		{"mark: memory", "mark: memry", `facts[0].mark: unknown value "memry", did you mean "memory"?`},
		{"arm: b, against", "arm: d, against", `"d" is not an arm`},
		{", sign: diff(\"b\").par_30 < 0", "", "facts[1].sign: the key is missing"},
		{"title: A study\n", "", "title: the key is missing"},
		{"{borrowers: 10}", "{borrowers: 10, recipe: pay}", `unknown value "pay"`},
		{"reasons:", "market: {name: m}\nreasons:", "market: is the experiment's own; give recipe, term_days or both"},
		{"portfolio: {synthetic: {borrowers: 10}}", "portfolio: {files: [x]}", ""},
	} {
		text := strings.Replace(study, c.from, c.to, 1)
		if _, err := parseStudy(text); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q instead of %q:\n got %v\nwant %s", c.to, c.from, err, c.want)
		}
	}
}
