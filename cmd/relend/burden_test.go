package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

const repeated = `title: Repeated
portfolio:
  synthetic: {borrowers: 300, seed: 7}
paths: 8
horizon: 12 months
anchor: structural
policies: [default, clean_1]
`

// The difference of repeat borrowers is split in two, and without an effect of the burden its part is exactly 0.
func TestBurden(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("repeated.yaml", repeated)
	write("light.yaml", repeated+"behaviour: {set: {risk.b_pti: 0, risk.b_stack: 0, risk.b_lev: 0}}\n")
	write("heavy.yaml", repeated+"behaviour: {set: {risk.b_pti: 6, risk.b_lev: 2}}\n")
	added := regexp.MustCompile(`added debt +(\S+)`)
	for _, c := range []struct {
		args string
		zero bool
	}{{"light.yaml", true}, {"light.yaml --arm clean_1", true}, {"heavy.yaml", false}, {"heavy.yaml --arm clean_1 --workers 3", false}} {
		code, told, complaints := relend(append([]string{"burden", "--progress", "off"}, strings.Fields(c.args)...)...)
		m := added.FindStringSubmatch(told)
		if code != exitOK || complaints != "" || m == nil || (m[1] == "0") != c.zero {
			t.Errorf("burden %s: exit code %d: %s%s", c.args, code, complaints, told)
		}
	}
	code, page, complaints := relend("burden", "repeated.yaml", "--markdown", "--progress", "off")
	if code != exitOK || !strings.HasPrefix(page, "# Baseline: repeat borrowers after 12 months\n") || !strings.Contains(page, "| who they are | ") {
		t.Errorf("exit code %d: %s%s", code, complaints, page)
	}
	write("door.yaml", repeated+"applicants: [{per_month: 10, principal: 3000 CNY, term: 6 months}]\n")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"repeated.yaml --arm clean1", exitUsage, `the experiment has no arm "clean1", did you mean "clean_1"?`},
		{"repeated.yaml --workers 0", exitUsage, "--workers: 1 or more is needed"},
		{"door.yaml", exitConfig, "of an applicant no loan is known when he is graded"},
	} {
		code, _, complaints := relend(append([]string{"burden"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(complaints, c.want) {
			t.Errorf("burden %s: exit code %d, want %d: %s", c.args, code, c.code, complaints)
		}
	}
}
