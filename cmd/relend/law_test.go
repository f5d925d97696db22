package main

import (
	"os"
	"strings"
	"testing"
)

func TestLawCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	const head = "jurisdiction: XX\nstatus: draft\nreference: r\nsource: s\n"
	for name, text := range map[string]string{
		"good.yaml":       "name: good\n" + head + "rules: {product_cap: {amount: 500 EUR}}\n",
		"good.cases.yaml": "cases: [{what: w, on: 2026-01-01, loan: {amount: 500}, expect: granted}, {what: w, on: 2026-01-01, loan: {amount: 600}, expect: reduced to 500}]\n",
		"thin.yaml":       "name: thin\n" + head + "rules: {product_cap: {amount: 500 EUR}}\n",
		"thin.cases.yaml": "cases: [{what: w, on: 2026-01-01, loan: {amount: 500}, expect: granted}]\n",
		"bare.yaml":       "name: bare\n" + head + "rules: {product_cap: {amount: 400 EUR, from: 2026-01-01, perimeter: {products: [bullet]}}}\n",
		"bad.yaml":        "name: bad\n" + head + "rules: {product_cap: {amount: 500 EUR}}\n",
		"bad.cases.yaml":  "cases: [{what: Too much, on: 2026-01-01, loan: {amount: 600}, expect: granted}]\n",
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
		{"list", exitOK, "\njp-mlba                JP            in_force         2010-06-18  apr_cap, exposure_cap\n", ""},
		{"list", exitOK, "\nus-cfpb-2017-exempt    US            unverified       ", ""},
		{"show jp-mlba", exitOK, "  APR cap: New loans cost at most 15% a year; who cannot be served at that price is refused (from 2010-06-18; loans above 999999 JPY).\n", ""},
		{"show jp-mlba", exitOK, "\nNot modelled\n  income has to be proved\n", ""},
		{"show kr-rate --on 2021-07-06", exitOK, "Rules\n  APR cap: New loans cost at most 24% a year; who cannot be served at that price is refused.\n", ""},
		{"show kr-rate --on 2021-07-07", exitOK, "Rules\n  APR cap: New loans cost at most 20% a year; who cannot be served at that price is refused.\n", ""},
		{"show jp-mlba --on 2010-06-17", exitOK, "Rules\n  None is in force.\n", ""},
		{"show au-sacc-90d --on 2020-01-01", exitOK, "status        unverified\n", "the figures of au-sacc-90d are unverified"},
		{"show kr-rate --on soon", exitUsage, "", `relend: "soon" is not a day such as 2026-01-01`},
		{"show kr-rat", exitConfig, "", `unknown regulation "kr-rat", did you mean "kr-rate"?`},
		{"diff kr-rate@2019-01-01 kr-rate@2022-01-01", exitOK, "+ kr-rate on 2022-01-01: Korea, 27.9%, 24%, 20% (in_force)\n\nAPR cap\n  - New loans cost at most 24%", ""},
		{"diff kr-rate@2019-01-01 kr-rate@2022-01-01", exitOK, "    max: 24% -> 20%\n", ""},
		{"diff in-mfin@2025-03-31 in-mfin@2025-04-01", exitOK, "\n\nPlatform cap\n  - A borrower may owe at most 4 lenders", ""},
		{"diff jp-mlba@2011-01-01 jp-mlba@2020-01-01", exitOK, "\nNo rule differs.\n", ""},
		{"diff good.yaml bare.yaml", exitOK, "    amount: 500 EUR -> 400 EUR\n    from: none -> 2026-01-01\n    perimeter.products: none -> bullet\n", "warning: no cases can be read in bare.cases.yaml"},
		{"diff good.yaml uk-2014-conc", exitOK, "\nRoll-over cap\n  + A debt may be rolled over at most twice", ""},
		{"diff good.yaml", exitUsage, "", "accepts 2 arg"},
		{"check good.yaml good.cases.yaml uk-2015-hcstc", exitOK, "good.yaml: 1 rule, 2 cases, no problems\nuk-2015-hcstc: 2 rules, 5 cases, no problems\n", ""},
		{"check thin.yaml", exitOK, "thin.yaml: 1 rule, 1 case, no problems\n", "thin.yaml: warning: no case is decided by product_cap: No single loan above 500 EUR.\n"},
		{"check bad.yaml good.yaml", exitConfig, "good.yaml: 1 rule, 2 cases, no problems\n", `bad.cases.yaml:1:71: cases[0].expect: "Too much" expects "granted", the rules say "reduced to 500": No single loan above 500 EUR.`},
		{"check lost.yaml", exitConfig, "", "lost.yaml: cannot be read: no such file or directory\n"},
	} {
		code, stdout, stderr := relend(append([]string{"law"}, strings.Fields(c.arguments)...)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("law %s: exit code %d\nstdout:\n%s\nstderr:\n%s", c.arguments, code, stdout, stderr)
		}
	}
}
