package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"relend/data/synth"
)

func TestLawCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	const head = "jurisdiction: XX\nstatus: draft\nreference: r\nsource: s\n"
	for name, text := range map[string]string{
		"good.yaml":       "name: good\n" + head + "rules: {product_cap: {amount: 500 EUR}}\n",
		"good.cases.yaml": "cases: [{what: w, on: 2026-01-01, loan: {amount: 500}, expect: granted}, {what: w, on: 2026-01-01, loan: {amount: 400}, expect: granted}, {what: w, on: 2026-01-01, loan: {amount: 600}, expect: reduced to 500}, {what: w, on: 2026-01-01, loan: {amount: 700}, expect: reduced to 500}]\n",
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
		{"list", exitOK, "\njp-mlba                JP            in_force         -           apr_cap, exposure_cap\n", ""},
		{"list", exitOK, "\nus-cfpb-2017-exempt    US            unverified       ", ""},
		{"show jp-mlba", exitOK, "  APR cap: New loans cost at most 15% a year; who cannot be served at that price is refused (from 2010-06-18; lenders of the kind bank are not bound; loans above 999999 JPY).\n", ""},
		{"show jp-mlba", exitOK, "\nNot modelled\n  income has to be proved\n", ""},
		{"show kr-rate --on 2021-07-06", exitOK, "Rules\n  APR cap: New loans cost at most 24% a year; who cannot be served at that price is refused.\n", ""},
		{"show kr-rate --on 2021-07-07", exitOK, "Rules\n  APR cap: New loans cost at most 20% a year; who cannot be served at that price is refused.\n", ""},
		{"show uk-2014-conc --on 2014-06-30", exitOK, "Rules\n  None is in force.\n", ""},
		{"show jp-mlba --on 2010-06-17", exitOK, "Rules\n  APR cap: New loans cost at most 29.2% a year; who cannot be served at that price is refused (lenders of the kind bank are not bound).\n\nNot", ""},
		{"show cn-2020-4lpr", exitOK, "\nAmendments\n  2021-01-01; Licensed lenders are not bound; unverified; Supreme People's Court, reply of December 2020; from memory, not read\n", "the figures of the amendment of 2021-01-01 to cn-2020-4lpr are unverified"},
		{"diff us-il-2021 us-co-2018 --lender bank", exitUsage, "", "go with a portfolio (-p)"},
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
		{"check good.yaml good.cases.yaml uk-2015-hcstc", exitOK, "good.yaml: 1 rule, 4 cases, no problems\nuk-2015-hcstc: 3 rules, 16 cases, no problems\n", ""},
		{"check thin.yaml", exitOK, "thin.yaml: 1 rule, 1 case, no problems\n", "thin.yaml: warning: no case is decided by product_cap, 2 are needed: No single loan above 500 EUR.\n"},
		{"check bad.yaml good.yaml", exitConfig, "good.yaml: 1 rule, 4 cases, no problems\n", `bad.cases.yaml:1:71: cases[0].expect: "Too much" expects "granted", the rules say "reduced to 500": No single loan above 500 EUR.`},
		{"check lost.yaml", exitConfig, "", "lost.yaml: cannot be read: no such file or directory\n"},
	} {
		code, stdout, stderr := relend(append([]string{"law"}, strings.Fields(c.arguments)...)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("law %s: exit code %d\nstdout:\n%s\nstderr:\n%s", c.arguments, code, stdout, stderr)
		}
	}
}

// What laws do to a portfolio today, in words and numbers.
func TestLawBites(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, stderr := relend("portfolio", "synth", "--borrowers", "500", "--seed", "7", "-o", "loans.parquet"); code != exitOK {
		t.Fatal(stderr)
	}
	multiple, tape := synth.Multiple(), new(bytes.Buffer)
	multiple.Borrowers = 500
	if err := errors.Join(synth.WriteParquet(multiple, tape), os.WriteFile("multiple.parquet", tape.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arguments string
		code      int
		parts     []string
	}{
		{"diff cn-2025-9 cn-2025-xd-cost@2028-01-01 -p loans.parquet --as-of 2025-12-31 --lender microloan", exitOK, []string{
			"Static bite on 2025-12-31\n  500 borrowers owe 3,272,557 CNY. ", " A loan elsewhere is taken to owe 5,000 CNY and to pay 650 CNY a month (assumptions).\n",
			"(lenders of the kind bank or platform only).\n      binds other kinds of lenders only\n",
			"+ cn-2025-xd-cost on 2028-01-01\n  Cap at a multiple of the LPR: ", "of 500 borrowers, refuses 500 (all), who owe 3,272,557 CNY", " (all of their balance); 0 CNY of 5,", "asked for is granted (0.00%)\n"}},
		{"diff cn-2025-20pct exposure_200k -p loans.parquet --as-of 2025-12-31", exitOK, []string{"borrowers owe ", " in loans granted within its window, at ", "% on average: within the cap\n", "      binds none of 500 borrowers\n"}},
		{"diff cn-2025-9 cn-2025-20pct -p loans.parquet --as-of 2025-12-31", exitOK, []string{"- cn-2025-9\n", "      binds none of 500 borrowers\n", "% on average: "}},
		{"diff cn-2025-9 cn-2025-20pct -p loans.parquet --as-of 2025-12-31 --fee-share 0.2", exitOK, []string{" The lender keeps 20% of it as a fee.", "of 500 borrowers, refuses 500 (all)", "% on average: above the cap\n"}},
		{"diff cn-2025-9 cn-2025-20pct -p loans.parquet --as-of 2025-12-31 --fee-share 1", exitUsage, []string{"--fee-share: 1 is out of range, allowed 0 to 0.9"}},
		{"diff us-il-2021 us-fl -p loans.parquet --as-of 2025-12-31", exitConfig, []string{"us-fl: the amounts of product_cap are in USD, the portfolio is in CNY; amounts are not converted"}},
		{"diff cn-2025-9 cn-2025-20pct -p multiple.parquet --as-of 2025-12-31", exitOK, []string{"CNY a month (assumptions). 16 borrowers have more than 6 loans elsewhere, of which a run counts 6 (outside.max); here all count.\n"}},
		{"diff us-il-2021 us-sd-2016 -p loans.parquet", exitUsage, []string{"give it with --as-of, or the laws as A@DATE and B@DATE"}},
		{"diff us-il-2021@2022-01-01 us-sd-2016@2010-01-01 -p loans.parquet", exitOK, []string{"\nStatic bite\n", "      binds none of 500 borrowers\n", "  No rule is in force.\n"}},
		{"diff us-il-2021 us-sd-2016 -p lost.parquet", exitData, nil},
		{"diff us-il-2021 us-sd-2016 -p loans.parquet --as-of 2025-12-31 --lender banc", exitUsage, []string{`unknown kind of lender "banc"`, `did you mean "bank"?`}},
	} {
		code, stdout, stderr := relend(append([]string{"law"}, strings.Fields(c.arguments)...)...)
		for _, part := range c.parts {
			if !strings.Contains(stdout+stderr, part) {
				t.Errorf("law %s: no %q in\n%s%s", c.arguments, part, stdout, stderr)
			}
		}
		if code != c.code {
			t.Errorf("law %s: exit code %d\n%s%s", c.arguments, code, stdout, stderr)
		}
	}
}

// The worked example of scenarios/README.md runs: its files and its commands, one after the other.
func TestWorkedExample(t *testing.T) {
	text, err := os.ReadFile("../../scenarios/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## One example from end to end")
	section, _, _ = strings.Cut(section, "\n## ")
	t.Chdir(t.TempDir())
	if code, _, stderr := relend("portfolio", "synth", "--borrowers", "500", "--seed", "7", "-o", "shop.parquet"); code != exitOK {
		t.Fatal(stderr)
	}
	for _, block := range strings.Split(section, "```yaml\n# ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		body, _, _ := strings.Cut(rest, "```")
		if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for line := range strings.Lines(section) {
		command, ok := strings.CutPrefix(line, "    relend ")
		if !ok {
			continue
		}
		ran++
		if code, stdout, stderr := relend(strings.Fields(command)...); code != exitOK || stdout == "" || strings.Contains(stderr, "no case") {
			t.Errorf("relend %s: exit code %d\n%s%s", strings.TrimSpace(command), code, stdout, stderr)
		}
	}
	if report, err := os.ReadFile("runs/little_loans/report.md"); ran < 4 || err != nil || !strings.Contains(string(report), "The act, obeyed by all") {
		t.Errorf("%d commands; %v\n%s", ran, err, report)
	}
}
