package scenarios

import (
	"math"
	"testing"
	"time"

	"relend/data"
	"relend/data/synth"
	"relend/sim/behaviour"
)

// What a rule does today is counted by hand: prices above a cap, amounts above a cap, instalments above a share of income, debts
// above a limit, borrowers who are late, and the average rate of the young loans.
func TestBites(t *testing.T) {
	spec := synth.Default()
	spec.Borrowers, spec.Seed = 2000, 5
	p, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	text := `regulations: [{name: law, rules: {
  apr_cap: [{max: 20%, from: 2020-01-01}, {max: 1%, from: 2200-01-01}],
  product_cap: {amount: 3000 CNY, perimeter: {segments: [gig worker]}},
  exposure_cap: {amount: 12000 CNY, debts: own},
  platform_cap: {max: 2},
  worst_delinquency: {max_days: 29 days, look_back: 0 months},
  average_rate_cap: {max: 21%, window: 3 months},
  use_ban: {loans: own, perimeter: {lenders: [bank]}}}}]`
	e, err := Parse("e.yaml", []byte(text), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	law, params := &e.Regulations[0], behaviour.Default()
	bites, err := law.Bites(p, p.AsOf, "microloan", &params)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Bite{}
	for _, b := range bites[:len(bites)-1] {
		got[b.Rule.Kind] = b
	}
	want := map[string]Bite{}
	count := func(kind string, b *data.Borrower, bound, refused, reduced bool) {
		x := want[kind]
		for _, c := range []struct {
			held *Held
			in   bool
		}{{&x.Bound, bound}, {&x.Refused, bound && refused}, {&x.Reduced, bound && reduced}} {
			if c.in {
				c.held.add(b, owed(p, b))
			}
		}
		want[kind] = x
	}
	rated, young := 0., 0.
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		l := &p.Loans[b.First]
		kept, replaced := owed(p, b), data.Money(0)
		if b.Open > 0 {
			replaced = l.Balance
		}
		kept -= replaced
		count("apr_cap", b, true, l.APR > .2, false)
		capped := l.Principal > 3000*data.Unit
		count("product_cap", b, p.Segments[b.Segment] == "gig worker", capped && 3000*data.Unit < replaced, capped && 3000*data.Unit >= replaced)
		room := max(0, 12000*data.Unit-kept)
		room -= room % data.Unit
		asked := l.Principal - l.Principal%data.Unit
		count("exposure_cap", b, true, room < asked && (room < replaced || room < data.Unit), room < asked && room >= replaced && room >= data.Unit)
		count("platform_cap", b, true, b.External >= 2, false)
		count("worst_delinquency", b, true, b.Bucket >= 2, false)
		for _, l := range p.Loans[b.First : b.First+uint32(b.Open)] {
			if l.MonthsOnBook < 3 {
				rated += float64(l.Balance) * l.APR
				young += float64(l.Balance)
			}
		}
	}
	for kind, w := range want {
		g := got[kind]
		if g.Bound != w.Bound || g.Refused != w.Refused || g.Reduced != w.Reduced || w.Refused.Borrowers+w.Reduced.Borrowers == 0 || g.Whole {
			t.Errorf("%s: %+v %+v %+v, want %+v %+v %+v", kind, g.Bound, g.Refused, g.Reduced, w.Bound, w.Refused, w.Reduced)
		}
	}
	if g := got["average_rate_cap"]; !g.Whole || math.Abs(g.Average-rated/young) > 1e-12 || g.NewLoans.Balance != data.Money(young) {
		t.Errorf("%+v, want an average of %v", g, rated/young)
	}
	if g := got["use_ban"]; g.Bound.Borrowers != 0 || !g.Whole {
		t.Errorf("a rule for banks binds a microloan company: %+v", g)
	}
	all := bites[len(bites)-1]
	for kind, g := range got {
		if all.Refused.Borrowers < g.Refused.Borrowers || all.Granted > g.Granted && g.Bound == Population(p) {
			t.Errorf("all rules together are wider than %s: %+v, %+v", kind, all, g)
		}
	}
	if all.Bound != Population(p) || all.Asked == 0 {
		t.Errorf("%+v", all)
	}
	if early, err := law.Bites(p, time.Date(2019, 12, 31, 0, 0, 0, 0, time.UTC), "", &params); err != nil || len(early) != len(bites)-1 {
		t.Errorf("before its first day a rule still bites: %d rules, %v", len(early), err)
	}
	p.Currency = "USD"
	if _, err := law.Bites(p, p.AsOf, "", &params); err == nil {
		t.Error("amounts in CNY are put to loans in USD")
	}
}
