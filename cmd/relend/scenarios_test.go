package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// relend runs a command line.
func relend(arguments ...string) (code int, stdout, stderr string) {
	var out, complaints bytes.Buffer
	code = run(context.Background(), arguments, &out, &complaints)
	return code, out.String(), complaints.String()
}

func TestScenariosCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"good.yaml":   "title: Good\nextends: default\nhorizon: 1 year\n",
		"policy.yaml": "name: p\nextends: default\nrules: {max_ordinal: {max: 4}}\n",
		"loose.yaml":  "title: Loose\n",
		"bad.yaml":    "title: Bad\nhorizn: 1 year\npaths: 3.5\nextends: default\n",
		"worse.yaml":  "name: p\nrules: {cooling_of: {}}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		arguments      string
		code           int
		stdout, stderr string // parts of them; "" for nothing at all
	}{
		{"list", exitOK, "\n  default             Re-lending policies compared\n", ""},
		{"list macros", exitOK, "macros\n  adverse   Adverse economy\n  baseline  Baseline economy\n  severe    Severe economy\n", ""},
		{"list macro", exitUsage, "", `relend: unknown kind "macro" (allowed: experiments, policies, regulations, macros, studies), did you mean "macros"?`},
		{"show macro/baseline", exitOK, "name: baseline\ntitle: Baseline economy\nmonths: {}\n", ""},
		{"show apr_cap_4lpr", exitOK, "apr_cap: {max: 12%}", ""},
		{"show default", exitConfig, "", `"default" is the name of several; write experiment/default or policy/default`},
		{"show no_topup", exitConfig, "", `the library has no "no_topup", did you mean "no_top_up"?; see: relend scenarios list`},
		{"show policy/no_topup", exitConfig, "", `did you mean "policy/no_top_up"?`},
		{"show -r quick", exitOK, "paths: 32\nseed: 20240601\ndesign: antithetic\n", ""},
		{"show -r experiment/quick", exitOK, "horizon: 12 months\npaths: 32\n", ""},
		{"show -r good.yaml", exitOK, "title: Good\nportfolio:\n  synthetic:\n    recipe: consumer\n    borrowers: 20000\n    seed: 20240601\n  max_rejected: 1%\ngrid: month\nhorizon: 12 months\n", ""},
		{"show -r bad.yaml", exitConfig, "", "bad.yaml:2:1: unknown key \"horizn\""},
		{"show", exitUsage, "", "accepts 1 arg"},
		{"check good.yaml policy.yaml", exitOK, "good.yaml: experiment, no problems\npolicy.yaml: policy, no problems\n", ""},
		{"check loose.yaml", exitOK, "loose.yaml: experiment, no problems\n", "loose.yaml: warning: no portfolio is given: a synthetic one of 20000 borrowers is used\n"},
		{"check bad.yaml good.yaml worse.yaml", exitConfig, "good.yaml: experiment, no problems\n", "bad.yaml:2:1: unknown key \"horizn\", did you mean \"horizon\"?\n" +
			"bad.yaml:3:8: paths: a whole number is needed here, found the fraction 3.5\n" +
			"worse.yaml:2:9: rules: unknown key \"cooling_of\", did you mean \"cooling_off\"?\nrelend: 3 problems\n"},
		{"check lost.yaml", exitConfig, "", "lost.yaml: cannot be read: no such file or directory\n"},
		{"check", exitUsage, "", "requires at least 1 arg"},
	} {
		code, stdout, stderr := relend(append([]string{"scenarios"}, strings.Fields(c.arguments)...)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("scenarios %s: exit code %d\nstdout:\n%s\nstderr:\n%s", c.arguments, code, stdout, stderr)
		}
	}
}

func TestExperimentSchema(t *testing.T) {
	text := experimentSchemaText()
	for _, want := range []string{"EXPERIMENT\n", "POLICY\n", "REGULATION\n", "MACRO\n", "STUDY\n", "portfolio.max_rejected", "months.unemployment", "arms.list[].behaviour"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
