package scenarios

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"relend/sim"
)

func loadPackage(t *testing.T, text, arm, against string) (*Package, []sim.Arm, error) {
	t.Helper()
	e := mustParse(t, text)
	arms, _, err := e.Arms("CNY", nil)
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string) int {
		return slices.IndexFunc(arms, func(a sim.Arm) bool { return a.Name == name })
	}
	p, err := e.Package(arms, find(arm), find(against), "CNY")
	return p, arms, err
}

const packaged = `
title: Packages
portfolio:
  synthetic: {borrowers: 100}
policies:
  - default
  - name: tight
    extends: default
    rules:
      max_ordinal: {max: 4}
      cooling_off: {after_payoff: 2 months}
      min_repaid: none
      apr_cap: [{max: 24%}, {max: 18%, from: 6 months}]
regulations:
  - none
  - {name: mild, rules: {platform_cap: {max: 4}}, scope: 20%}
  - {name: strict, rules: {platform_cap: {max: 3}, exposure_cap: {amount: 9000 CNY}}, scope: 80%}
macros: [baseline, adverse]
arms:
  product: {}
  list:
    - {name: calm, behaviour: {set: {leak.rate: 1%}}}
`

// A package with all its clauses is the arm, with none the other one; each clause exchanges the rules of its kind.
func TestPackage(t *testing.T) {
	same := func(a, b sim.Arm) bool {
		return reflect.DeepEqual(a.Policy, b.Policy) && reflect.DeepEqual(a.Law, b.Law) && a.Scope == b.Scope && a.Behaviour == b.Behaviour
	}
	for _, c := range []struct {
		arm, against string
		clauses      string
	}{
		{"tight", "baseline", "max_ordinal cooling_off apr_cap min_repaid"},
		{"tight.strict", "baseline", "max_ordinal cooling_off apr_cap min_repaid law.platform_cap law.exposure_cap"},
		{"strict", "mild", "law.platform_cap law.exposure_cap law.scope"},
		{"strict", "baseline", "law.platform_cap law.exposure_cap"},
		{"baseline", "strict", "law.platform_cap law.exposure_cap"},
		{"tight.strict.adverse", "strict.adverse", "max_ordinal cooling_off apr_cap min_repaid"},
	} {
		p, arms, err := loadPackage(t, packaged, c.arm, c.against)
		if err != nil {
			t.Fatal(err)
		}
		named := func(name string) sim.Arm {
			return arms[slices.IndexFunc(arms, func(a sim.Arm) bool { return a.Name == name })]
		}
		names := p.Names()
		sorted := slices.Sorted(slices.Values(names))
		if want := slices.Sorted(slices.Values(strings.Fields(c.clauses))); !slices.Equal(sorted, want) {
			t.Fatalf("%s against %s: clauses %v", c.arm, c.against, names)
		}
		if c.against == "baseline" && c.arm == "tight" && strings.Join(names[1:], " ") != "max_ordinal cooling_off apr_cap" {
			t.Errorf("not in the order written: %v", names) // what is taken away is written nowhere and comes first
		}
		if !same(p.Arm(names), named(c.arm)) || !same(p.Arm(nil), named(c.against)) {
			t.Errorf("%s against %s: all clauses or none are another arm", c.arm, c.against)
		}
		for i, name := range names {
			without := slices.Delete(slices.Clone(names), i, i+1)
			if same(p.Arm(without), p.Arm(names)) {
				t.Errorf("%s: without %s nothing changes", c.arm, name)
			}
		}
	}
	p, _, err := loadPackage(t, packaged, "tight", "baseline")
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Clauses[1]; c.In[0] != "At most 4 loans in a borrower's history with this lender." || c.Out[0] != "At most 15 loans in a borrower's history with this lender." {
		t.Errorf("clause %+v", c)
	}
}

func TestPackagesThatAreNone(t *testing.T) {
	for _, c := range []struct{ arm, against, want string }{
		{"calm", "baseline", "differs from baseline in how borrowers behave"},
		{"baseline.adverse", "baseline", "only the rules of a policy or a law can be attributed, so the two arms need one macro path"},
		{"baseline", "baseline", "has the same rules as baseline"},
	} {
		if _, _, err := loadPackage(t, packaged, c.arm, c.against); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s against %s: %v, want %q", c.arm, c.against, err, c.want)
		}
	}
}
