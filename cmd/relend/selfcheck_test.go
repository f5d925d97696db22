package main

import (
	"bytes"
	"strings"
	"testing"

	"relend/sim/selfcheck"
)

// What fails is shown as such, in the table and as JSON.
func TestWriteCheck(t *testing.T) {
	check := selfcheck.Check{ID: "V0", Title: "A check", Source: "a table", Wrong: []selfcheck.Wrong{{Name: "off by one"}}}
	rows := []selfcheck.Row{
		{ID: "V0", What: "first", Reference: 1, Got: 1.25, Error: .25, Tolerance: .5, Holds: true},
		{ID: "V0", What: "second", Reference: 1, Got: 3, Error: 2, P: 1e-9, FalseAlarm: 1e-6},
	}
	var out bytes.Buffer
	writeCheck(&out, check, rows)
	for _, want := range []string{"A check (a table)\n", "holds ", " 1.25 ", " first\n", "FAILS ", "p 1e-09, not < 1e-06  second\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	report := selfcheckReport{Holds: true}
	report.add(check, rows[:1])
	if !report.Holds || report.Checks[0].Rejects[0] != "off by one" {
		t.Errorf("%+v", report)
	}
	report.add(check, rows)
	if report.Holds || len(report.Checks) != 2 {
		t.Errorf("%+v", report)
	}
}
