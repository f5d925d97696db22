package scenarios

import (
	"reflect"
	"strings"
	"testing"

	"relend/data"
	"relend/sim"
)

// Every key of a stream arrives in the settings of the run, is written in the resolved form, and is reported.
func TestApplicants(t *testing.T) {
	text := `
applicants:
  - {per_month: 2.3%, pd: 8%, pd_spread: 0.8, principal: 5000 CNY, term: 9 months, product: bullet, income: 6000.50}
  - {per_month: 25.5, arrival: poisson, segments: [gig, micro], external_loans: 0, dependence: 10%}
`
	e, err := Parse("e.yaml", []byte(text), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("e.yaml", e.Resolved(), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	bullet, none, tenth := data.Bullet, 0, .1
	want := []sim.Applicants{
		{Share: .023, PD: .08, Spread: .8, Principal: 500000, Term: 9, Product: &bullet, Income: 600050},
		{Count: 25.5, Poisson: true, Segments: []string{"gig", "micro"}, Outside: &none, Dependence: &tenth},
	}
	for _, e := range []*Experiment{e, again} {
		_, settings, err := e.Arms("CNY", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(settings.Applicants, want) {
			t.Errorf("got %+v", settings.Applicants)
		}
	}
	shown := ""
	for _, a := range e.Assumptions("CNY") {
		if strings.HasPrefix(a.Name, "applicants") {
			shown += a.Name + ": " + a.Value + "\n"
		}
	}
	if want := "applicants[0]: per_month 2.3%; arrival even; pd 8%; pd_spread 0.8; product bullet; term 9 months; principal 5000 CNY; income 6000.5\n" +
		"applicants[1]: per_month 25.5; arrival poisson; segments gig, micro; external_loans 0; dependence 10%\n"; shown != want {
		t.Errorf("got\n%s", shown)
	}
}
