package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relend/output/gate"
	"relend/scenarios"
)

// Every study of the library loads, plans, and its facts compile against its arms.
func TestStudiesCompile(t *testing.T) {
	for _, name := range scenarios.StudyNames() {
		s, err := scenarios.LoadStudy(name, scenarios.Overrides{})
		if err != nil {
			t.Error(err)
			continue
		}
		plans, err := plansOf(context.Background(), s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		described := plans[0].described
		for _, p := range plans[1:] {
			described = append(described, p.described...)
		}
		if _, err := gate.Compile(name, s.Gates(), described, s.Experiment.Months); err != nil {
			t.Error(err)
		}
	}
}

// What the library's studies reproduce and what they do not. A verdict that changes is a result that changes. The two
// longest studies are run with RELEND_SLOW=1 only.
func TestVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the studies")
	}
	names := scenarios.StudyNames()
	if os.Getenv("RELEND_SLOW") == "" && !*update {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "rollover_denial" || n == "jp_third" })
	}
	golden := filepath.Join("testdata", "verdicts.golden")
	dir := t.TempDir()
	code, stdout, stderr := relend(append([]string{"studies", "run", "--json", "-o", dir}, names...)...)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var results struct{ Studies []studyResult }
	if err := json.Unmarshal([]byte(stdout), &results); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range results.Studies {
		for _, f := range s.Facts {
			fmt.Fprintf(&b, "%-16s %-14s %s\n", s.Name, f.Verdict, f.What)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for line := range strings.Lines(string(all)) {
		if name, _, _ := strings.Cut(line, " "); slices.Contains(names, name) {
			want.WriteString(line)
		} else if !slices.Contains(scenarios.StudyNames(), name) {
			t.Errorf("a verdict of no study: %s", line)
		}
	}
	if b.String() != want.String() {
		t.Errorf("verdicts changed (-update writes them anew):\n%s\nwant\n%s", b.String(), want.String())
	}
	files := []string{"studies.json", "studies.md"}
	if slices.Contains(names, "rollover_denial") {
		files = append(files, "rollover_denial.svg", "rollover_denial.png")
	}
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s is not there or empty: %v", name, err)
		}
	}
}

// A tiny study: a ban on further loans ends further loans (reproduced), does not raise them (not reproduced), and
// ends them with a magnitude that is out of reach (direction only).
const tinyStudy = `
name: tiny
title: No further loans
description: A test.
experiment:
  portfolio: {synthetic: {borrowers: 60, seed: 1}}
  horizon: 6 months
  paths: 8
  policies:
    - default
    - {name: none_at_all, extends: default, rules: {max_ordinal: {max: 1}}}
  arms: {product: {}}
market: {name: other, recipe: cash_loan}
facts:
  - {what: Further loans end, source: the rule, mark: derived, sign: 'ratio("none_at_all").originations < 1', size: 'arm("none_at_all").originations == 0'}
  - {what: They rise, source: nobody, mark: memory, sign: 'diff("none_at_all").originations > 0'}
  - {what: They fall by a little, source: nobody, mark: memory, sign: 'diff("none_at_all").originations < 0', size: 'ratio("none_at_all").originations > 0.9'}
  - {what: On the other market they end as well, source: the rule, mark: derived, sign: 'diff("other.none_at_all").originations < 0', size: 'arm("other.none_at_all").originations == 0'}
  - {what: Defaults are exactly a tenth, source: nobody, mark: memory, sign: 'arm("baseline").default_rate == 10%'}
charts:
  - {name: tiny, title: Tiny, arms: [{arm: none_at_all, against: baseline}], measures: [balance, active_borrowers]}
`

func TestStudiesCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("tiny.yaml", []byte(tinyStudy), 0o644); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		code           int
		stdout, stderr string
	}
	before := map[string]outcome{} // of commands that write nothing
	for _, c := range []struct {
		arguments      string
		code           int
		stdout, stderr string // parts of them; "" for nothing at all
	}{
		{"list", exitOK, "  rollover_denial ", ""},
		{"run tiny.yaml", exitOK, "tiny: No further loans\n" +
			"  reproduced      Further loans end\n" +
			"                  direction holds: ratio(\"none_at_all\").originations < 1\n" +
			"                    found ratio(\"none_at_all\").originations = 0.000 (95 % interval 0.000 to 0.000)\n", ""},
		{"run tiny.yaml", exitOK, "  not reproduced  They rise\n", ""},
		{"run tiny.yaml", exitOK, "  direction only  They fall by a little\n", ""},
		{"run tiny.yaml", exitOK, "  reproduced      On the other market they end as well\n", ""},
		{"run tiny.yaml -o out", exitOK, "2 of 5 facts reproduced\n", ""},
		{"run tiny.yaml -o out", exitUsage, "", "out holds the results of an earlier run; --force replaces them"},
		{"run tiny.yaml -o out --force", exitOK, "source (memory): nobody", ""},
		{"run tiny.yaml --strict", exitGate, "tiny:", "relend: 2 of 5 facts are reproduced\n"},
		{"run tiny.yaml --json", exitOK, `"verdict": "direction only"`, ""},
		{"run tiny.yaml --paths 1", exitConfig, "", "--paths: antithetic paths come in groups of 2"},
		{"run tiny_", exitConfig, "", `unknown study "tiny_"`},
		{"run rollover_denail", exitConfig, "", `did you mean "rollover_denial"?`},
		{"list more", exitUsage, "", "unknown command"},
		{"show", exitUsage, "", `relend studies has no command "show"`},
	} {
		told, known := before[c.arguments]
		if !known {
			told.code, told.stdout, told.stderr = relend(append([]string{"studies"}, strings.Fields(c.arguments)...)...)
		}
		if !strings.Contains(c.arguments, "-o") {
			before[c.arguments] = told
		}
		code, stdout, stderr := told.code, told.stdout, told.stderr
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("studies %s: exit code %d\nstdout:\n%s\nstderr:\n%s", c.arguments, code, stdout, stderr)
		}
	}
	page, err := os.ReadFile("out/studies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 5 facts reproduced", "| They rise | **not reproduced** |", "![A panel for each of Balance and Active borrowers", "(tiny.png)", "(from memory, not confirmed)"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
	for _, name := range []string{"out/tiny.svg", "out/tiny.png"} {
		if info, err := os.Stat(name); err != nil || info.Size() < 1000 {
			t.Errorf("%s is not there or empty: %v", name, err)
		}
	}
	first, err := os.ReadFile("out/studies.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, stdout, _ := relend("studies", "run", "tiny.yaml", "--json", "--workers", "1"); stdout != string(first) {
		t.Error("another number of workers gives another result")
	}
}
