package chart

import (
	"bytes"
	"strings"
	"testing"
)

func TestQuotient(t *testing.T) {
	r := report(6, "Base", "Other", "Third")
	q := Quotient{Name: "q", Title: "Other against base", First: 2, Measures: []string{"monthly_default_rate", "monthly_default_rate_active"},
		Lines: []Pair{{1, 0}, {2, 0}}}
	f, err := q.Draw(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Other against base", ">Third<", ">Monthly default rate per active borrower<", ">months after the snapshot<", ">1.20<"} {
		if !bytes.Contains(f.SVG, []byte(want)) {
			t.Errorf("no %q in the chart", want)
		}
	}
	if f.Name != "q" || !strings.Contains(f.Caption, "Monthly default rate and Monthly default rate per active borrower") || len(f.PNG) == 0 {
		t.Errorf("%q, caption %q", f.Name, f.Caption)
	}
	later := q
	later.First = 4
	if g, _ := later.Draw(r); bytes.Equal(g.SVG, f.SVG) {
		t.Error("the first month makes no difference")
	}
	if g, _ := q.Draw(r); !bytes.Equal(g.SVG, f.SVG) || !bytes.Equal(g.PNG, f.PNG) {
		t.Error("other bytes the second time")
	}
}
