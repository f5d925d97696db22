package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	code, told, complaints := relend("explain", "--borrower", "5", "quick", "--arms", "baseline,no_top_up")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	for _, want := range []string{
		"Borrower 5: segment salaried, income 8,370 CNY a month", "Path 0, the same fate in both arms: A is Baseline, B is No top-up.",
		"The lives part in month 1;", "B: asks for 22,375 and is denied: no top-up (No further loan while one is running)", "they part",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is missing in\n%s", want, told)
		}
	}
	if n := strings.Count(told, "they part"); n != 1 {
		t.Errorf("the lives part %d times", n)
	}
	code, written, complaints := relend("explain", "--borrower", "5", "quick", "--arms", "baseline,no_top_up", "--path", "0", "--markdown")
	if code != exitOK || !strings.HasPrefix(written, "# Borrower 5 in two arms\n") || !strings.Contains(written, "| Month | A: Baseline | B: No top-up |") {
		t.Errorf("exit code %d: %s%s", code, complaints, written)
	}
	rows := regexp.MustCompile(`(?m)^\| +(\d+) \|`).FindAllStringSubmatch(written, -1)
	if len(rows) < 13 || rows[0][1] != "0" || rows[12][1] != "12" {
		t.Errorf("the months are missing in\n%s", written)
	}
	code, told, complaints = relend("explain", "--borrower", "5", "quick", "--arms", "baseline,baseline", "--paths", "4")
	if code != exitOK || !strings.Contains(told, "On none of the 4 paths do the lives part") {
		t.Errorf("an arm and itself: exit code %d: %s%s", code, complaints, told)
	}
}

// A control of the whole book decides about a single borrower as in a run.
func TestExplainUnderControls(t *testing.T) {
	code, told, complaints := relend("explain", "--borrower", "5", "feedback", "--arms", "baseline,budget_4", "--paths", "4", "--horizon", "12")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	if !strings.Contains(told, "Path ") || !strings.Contains(told, "B: ") {
		t.Error(told)
	}
}

func TestExplainMistakes(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "--borrower: the key of a borrower is needed"},
		{"--borrower 5 --path -2", exitUsage, "--path: 0 or more is needed, found -2"},
		{"--borrower 5 --arms baseline", exitUsage, "--arms: the names of two arms are needed, found 1"},
		{"--borrower 5 quick", exitUsage, "--arms: the experiment has 3 arms, name two of them: baseline, cooling_off_3 and no_top_up"},
		{"--borrower 5 quick --arms baseline,no_topup", exitUsage, `the experiment has no arm "no_topup", did you mean "no_top_up"?`},
		{"--borrower 5 quick --path 4 --paths 4 --arms baseline,no_top_up", exitUsage, "the paths 0 to 3, found 4"},
		{"--borrower 5 quick --paths 0", exitUsage, "--paths: 1 or more is needed, found 0"},
		{"--borrower nobody quick --arms baseline,no_top_up", exitData, `none of the 1,000 borrowers to project has the key "nobody"`},
	} {
		code, _, complaints := relend(append([]string{"explain"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(complaints, c.want) {
			t.Errorf("explain %s: exit code %d, want %d: %s", c.args, code, c.code, complaints)
		}
	}
}
