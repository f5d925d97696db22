package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relend/data"
	"relend/sim"
)

// folder makes a temporary working directory with the given files.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mustParse(t *testing.T, text string) *Experiment {
	t.Helper()
	e, err := Parse("e.yaml", []byte(text), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestMessages(t *testing.T) {
	const rule = "policies: [{name: p, rules: {%}}]\n"
	within := func(text string) string { return strings.Replace(rule, "%", text, 1) }
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"unknown key", "horizn: 36 months", []string{`e.yaml:1:1: unknown key "horizn", did you mean "horizon"?`}},
		{"unknown key with no near one", "colour: red", []string{`e.yaml:1:1: unknown key "colour" (allowed: anchor, applicants, arms, baseline, behaviour, description, design, engine, extends, factors, gates, grid, horizon, lender, macros, measures, paths, policies, portfolio, precision, provisions, regulations, sample, seed, title, tolerances, weighted_controls)`}},
		{"unit missing", "horizon: 36", []string{`e.yaml:1:10: horizon: 36 has no unit: write 36 months`}},
		{"wrong unit", "horizon: 36 days", []string{`e.yaml:1:10: horizon: unit "days" is not allowed here: a time such as 3 months or 2 years is needed, found "36 days"`}},
		{"horizon out of range", "horizon: 60 years", []string{`e.yaml:1:10: horizon: 60 years is outside the range 1 to 600 months`}},
		{"fraction", "paths: 3.7", []string{`e.yaml:1:8: paths: a whole number is needed here, found the fraction 3.7`}},
		{"odd paths", "paths: 7", []string{`e.yaml:1:8: paths: antithetic paths come in groups of 2: 7 is not a multiple, 8 is`}},
		{"too few paths", "paths: 2", []string{`e.yaml:1:8: paths: 2 is too few for error bars: the design antithetic needs at least 4`}},
		{"too many paths", "paths: 20000000", []string{`e.yaml:1:8: paths: 20000000 is outside the range 1 to 16777216`}},
		{"negative seed", "seed: -1", []string{`e.yaml:1:7: seed: -1 is outside the range 0 to 9223372036854775807`}},
		{"unknown anchor", "anchor: base", []string{`e.yaml:1:9: anchor: unknown value "base" (allowed: baseline, structural)`}},
		{"indefinite correlation", "factors: {segments: [a, b, c], correlation: [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]}",
			[]string{`e.yaml:1:45: factors.correlation: no correlation matrix: its smallest eigenvalue is -0.8 and must be above 0; the largest entry off the diagonal is [2,1] = 0.9`}},
		{"correlation of nothing", "factors: {correlation: [[1]], start: 9}", []string{
			`e.yaml:1:10: factors: segments and correlation go together: the rows of the matrix are the segments in their order`,
			`e.yaml:1:38: factors.start: 9 is outside the range -5 to 5`}},
		{"unknown provisions", "provisions: {method: cecl}", []string{`e.yaml:1:22: provisions.method: unknown value "cecl", did you mean "ecl"?`}},
		{"provisions without a method", "provisions: {}", []string{`e.yaml:1:13: provisions.method: the key is missing`}},
		{"unknown design", "design: antithetical", []string{`e.yaml:1:9: design: unknown value "antithetical", did you mean "antithetic"?`}},
		{"empty value", "title:", []string{`e.yaml:1:1: title: the value is empty; give one or remove the key`}},
		{"two lines of title", "title: \"a\\nb\"", []string{`e.yaml:1:8: title: a text in one line is needed here, found 2 lines`}},
		{"anchor", "title: &a x", []string{`e.yaml:1:8: title: anchors (&), aliases (*) and merge keys (<<) are not read; write the value out`}},
		{"two documents", "title: x\n---\ntitle: y", []string{`e.yaml:2:1: a second document begins here; a file holds one document`}},
		{"key twice", "title: x\ntitle: y", []string{`e.yaml:2:1: title: the key is given twice, first in line 1`}},
		{"not a map", "- title", []string{`e.yaml:1:1: a map of keys is needed here, found a list`}},
		{"no text", "", []string{`e.yaml: the file is empty`}},

		{"unknown rule", within("cooling_of: {after_payoff: 3 months}"), []string{`e.yaml:1:30: policies[0].rules: unknown key "cooling_of", did you mean "cooling_off"?`}},
		{"unknown parameter of a rule", within("max_ordinal: {max: 3, mx: 1}"), []string{`e.yaml:1:52: policies[0].rules.max_ordinal: unknown key "mx", did you mean "max"?`}},
		{"parameter missing", within("max_ordinal: {}"), []string{`e.yaml:1:43: policies[0].rules.max_ordinal.max: the key is missing`}},
		{"rule without parameters", within("cooling_off: {}"), []string{`e.yaml:1:43: policies[0].rules.cooling_off: the rule has no parameters; give at least one (allowed: after_payoff, after_origination, after_payoff_days, after_origination_days)`}},
		{"rule that is not a map", within("max_ordinal: 3"), []string{`e.yaml:1:43: policies[0].rules.max_ordinal: a map of keys is needed here, found "3"`}},
		{"share as 24", within("apr_cap: {max: 24}"), []string{`e.yaml:1:45: policies[0].rules.apr_cap.max: the bare number 24 is above 1: write 24% or 0.24`}},
		{"share out of range", within("min_repaid: {share: 130%}"), []string{`e.yaml:1:50: policies[0].rules.min_repaid.share: 130% is outside the range 0% to 100%`}},
		{"count out of range", within("platform_cap: {max: 0}"), []string{`e.yaml:1:50: policies[0].rules.platform_cap.max: 0 is outside the range 1 to 16`}},
		{"fraction of a month", within("cooling_off: {after_payoff: 1.5 months}"), []string{`e.yaml:1:58: policies[0].rules.cooling_off.after_payoff: 1.5 months is not a whole number of months`}},
		{"joint condition of a rule", within("worst_delinquency: {max_days: 30 days}"), []string{`e.yaml:1:49: policies[0].rules.worst_delinquency: max_days 30 is not the end of a delinquency bucket (allowed: 0, 29, 59 days)`}},
		{"unit of money", within("product_cap: {amount: 5 yuan}"), []string{`e.yaml:1:52: policies[0].rules.product_cap.amount: unit "yuan" is not allowed here: an amount of money such as 5000 CNY is needed, found "5 yuan"`}},
		{"flag", within("top_up: {allowed: yes}"), []string{`e.yaml:1:48: policies[0].rules.top_up.allowed: true or false is needed here, found "yes"`}},
		{"nothing to remove", within("top_up: none"), []string{`e.yaml:1:38: policies[0].rules.top_up: nothing to remove: no rule top_up is inherited`}},
		{"policy without rules", "policies: [{name: p}]", []string{`e.yaml:1:12: policies[0].rules: the key is missing`}},
		{"policy without a name", "policies: [{rules: {}}]", []string{`e.yaml:1:12: policies[0].name: the key is missing`}},
		{"bad name", "policies: [{name: a b, rules: {}}]", []string{`e.yaml:1:19: policies[0].name: "a b" is not a name: letters, digits, _ and -, at most 64`}},
		{"two policies of a name", "policies: [default, {name: default, rules: {}}]", []string{`e.yaml:1:21: policies[1]: there are two policies named "default"`}},
		{"unknown policy", "policies: [cooling_of_3]", []string{`e.yaml:1:12: policies[0]: unknown policy "cooling_of_3", did you mean "cooling_off_3"?`}},
		{"missing file", "policies: [lost/p.yaml]", []string{`e.yaml:1:12: policies[0]: lost/p.yaml cannot be read: no such file or directory`}},
		{"missing file with a sign", "policies: [./%d.yaml]", []string{`e.yaml:1:12: policies[0]: %d.yaml cannot be read: no such file or directory`}},
		{"no policies", "policies: []", []string{`e.yaml:1:11: policies: the list has 0 entries; 1 to 256 are allowed`}},
		{"a regulation extends nothing", "regulations: [{name: r, extends: none, rules: {}}]", []string{`e.yaml:1:25: regulations[0]: unknown key "extends" (allowed: amendments, description, jurisdiction, name, not_modelled, original_title, reference, rules, scope, source, status, title)`}},
		{"standing", "regulations: [{name: r, status: in force, rules: {}}]", []string{`e.yaml:1:33: regulations[0].status: unknown value "in force", did you mean "in_force"?`}},
		{"scope", "regulations: [{name: r, scope: 2, rules: {}}]", []string{`e.yaml:1:32: regulations[0].scope: the bare number 2 is above 1: write 2% or 0.02`}},
		{"macro without a source", "macros: [{name: m, months: {gdp: [1]}}]", []string{`e.yaml:1:10: macros[0]: a macro path needs a source: where it comes from, or "assumption" and why`}},
		{"macro out of range", "macros: [{name: m, source: s, months: {gdp: [11]}}]", []string{`e.yaml:1:46: macros[0].months.gdp[0]: 11 is outside the range -10 to 10`}},
		{"unknown variable", "macros: [{name: m, source: s, months: {gpd: [1]}}]", []string{`e.yaml:1:40: macros[0].months: unknown key "gpd", did you mean "gdp"?`}},

		{"unknown parameter", "behaviour: {set: {leak.rat: 20%}}", []string{`e.yaml:1:19: behaviour.set: unknown key "leak.rat", did you mean "leak.rate"?`}},
		{"parameter out of range", "behaviour: {set: {roll.growth: 4}}", []string{`e.yaml:1:32: behaviour.set.roll.growth: 4 is outside the range 1 to 3`}},
		{"parameter as a fraction of a month", "behaviour: {set: {shock.months: 1.5 months}}", []string{`e.yaml:1:33: behaviour.set.shock.months: 1.5 months is not a whole number of months`}},
		{"time without unit", "behaviour: {set: {season.s2: 3}}", []string{`e.yaml:1:30: behaviour.set.season.s2: a time such as 4 months or 2.5 months is needed here, found "3"`}},
		{"unit where none belongs", "behaviour: {set: {risk.b_pti: 3%}}", []string{`e.yaml:1:31: behaviour.set.risk.b_pti: a number in plain decimal notation is needed here, found "3%"`}},
		{"preset", "behaviour: {preset: all_grant}", []string{`e.yaml:1:21: behaviour.preset: unknown value "all_grant", did you mean "all_granted"?`}},
		{"AUC beyond the frailty", "behaviour: {score: {auc_before: 0.7, auc_after: 0.8}}", []string{`e.yaml:1:20: behaviour.score: an AUC from 0.7 to 0.8 is a target that the frailty cannot give: with risk.sigma_u 0.6 the AUC after can be 0.7 to 0.75`}},
		{"AUC that falls", "arms: {list: [{name: a, behaviour: {score: {auc_before: 0.7, auc_after: 0.6}}}]}", []string{`e.yaml:1:44: arms.list[0].behaviour.score: an AUC from 0.7 to 0.6 is a target that the frailty cannot give: with risk.sigma_u 0.6 the AUC after can be 0.7 to 0.75`}},
		{"AUC below a coin", "behaviour: {score: {auc_before: 40%}}", []string{`e.yaml:1:20: behaviour.score.auc_after: the key is missing`, `e.yaml:1:33: behaviour.score.auc_before: 40% is outside the range 50% to 99.9%`}},
		{"score gain twice", "behaviour: {set: {score.gain: 50%}, score: {auc_before: 0.7, auc_after: 0.72}}", []string{`e.yaml:1:44: behaviour.score: score and score.gain cannot both be given`}},
		{"costs of an arm", "arms: {list: [{name: a, behaviour: {set: {price.funding: 5%}}}]}", []string{`e.yaml:1:58: arms.list[0].behaviour.set.price.funding: price.funding holds for the whole run; set it under the experiment's behaviour`}},

		{"no arms", "arms: {}", []string{`e.yaml:1:7: arms: there are no arms; give a product, a list or both`}},
		{"arm without a name", "arms: {list: [{policy: default}]}", []string{`e.yaml:1:15: arms.list[0].name: the key is missing`}},
		{"arm with a blank in its name", "arms: {list: [{name: a b}]}", []string{`e.yaml:1:22: arms.list[0].name: "a b" is not a name: letters, digits, _, - and ., at most 64`}},
		{"two arms of a name", "arms: {product: {}, list: [{name: baseline, macro: adverse}]}", []string{`e.yaml:1:28: arms.list[0]: there are two arms named "baseline"; the other one is policy default, regulation none, macro baseline`}},
		{"two arms of a product of a name", "policies: [default, pti_50]\nregulations: [none, pti_50]", []string{`e.yaml: the product has two arms named "pti_50" (policy pti_50, regulation none, macro baseline; policy default, regulation pti_50, macro baseline); give one of them in arms.list under another name`}},
		{"arm with an unknown policy", "arms: {list: [{name: a, policy: no_topup}]}", []string{`e.yaml:1:33: arms.list[0].policy: unknown policy "no_topup", did you mean "no_top_up"?`}},
		{"policy twice in a product", "arms: {product: {policies: [tight, tight]}}", []string{`e.yaml:1:36: arms.product.policies[1]: the policy tight is listed twice`}},
		{"baseline", "baseline: basline", []string{`e.yaml:1:11: baseline: the baseline "basline" is not an arm, did you mean "baseline"?`}},
		{"measure", "measures: [default_rats]", []string{`e.yaml:1:12: measures[0]: unknown measure "default_rats", did you mean "default_rate"?`}},
		{"measure twice", "measures: [par_30, par_30]", []string{`e.yaml:1:20: measures[1]: the measure par_30 is listed twice`}},
		{"no measures", "measures: []", []string{`e.yaml:1:11: measures: the list is empty; name at least one measure`}},
		{"gate", "gates: [{name: g, level: fatal}, {name: g, expect: x}]", []string{
			`e.yaml:1:9: gates[0].expect: the key is missing`,
			`e.yaml:1:26: gates[0].level: unknown value "fatal" (allowed: error, warn)`,
			`e.yaml:1:34: gates[1]: there are two gates named "g"`}},

		{"portfolio of both kinds", "portfolio: {synthetic: {}, files: [a.parquet]}", []string{`e.yaml:1:24: portfolio.synthetic: synthetic and files cannot both be given`}},
		{"no files", "portfolio: {files: []}", []string{`e.yaml:1:20: portfolio.files: the list is empty; name at least one file`}},
		{"mapping of nothing", "portfolio: {synthetic: {}, mapping: ppdai}", []string{`e.yaml:1:37: portfolio.mapping: goes with portfolio files, and there are none`}},
		{"applicants without a number", "applicants: [{pd: 5%}, {per_month: 0}, {per_month: 3 months}]", []string{
			`e.yaml:1:14: applicants[0].per_month: the key is missing`,
			`e.yaml:1:36: applicants[1].per_month: a number of people above 0, or a share of the borrowers at the snapshot such as 2%, is needed here, found "0"`,
			`e.yaml:1:52: applicants[2].per_month: a number of people above 0, or a share of the borrowers at the snapshot such as 2%, is needed here, found "3 months"`}},
		{"applicants and expected values", "engine: expect\napplicants: [{per_month: 5}]", []string{
			`e.yaml:2:13: applicants: the engine expect computes the borrowers of the snapshot only; with applicants use step`}},
		{"applicants out of range", "applicants: [{per_month: 2%, arrival: poison, pd_spread: 0.4, term: 700 months, external_loans: 999}]", []string{
			`e.yaml:1:39: applicants[0].arrival: unknown value "poison", did you mean "poisson"?`,
			`e.yaml:1:58: applicants[0].pd_spread: goes with pd, the median around which applicants are spread`,
			`e.yaml:1:69: applicants[0].term: 700 months is outside the range 1 to 600 months`,
			`e.yaml:1:97: applicants[0].external_loans: 999 is outside the range 0 to 255`}},
		{"applicants' amounts in another currency", "portfolio: {files: [a], currency: USD}\napplicants: [{per_month: 1, income: 900 EUR}]", []string{
			`e.yaml:2:37: applicants[0].income: the amount is in EUR, the portfolio in USD; amounts are not converted`}},
		{"date", "portfolio: {files: [a], as_of: 31.12.2024}", []string{`e.yaml:1:32: portfolio.as_of: a date such as 2017-08-13 is needed here, found "31.12.2024"`}},
		{"currency", "portfolio: {files: [a], currency: yuan}", []string{`e.yaml:1:35: portfolio.currency: "yuan" is not a currency code such as CNY`}},
		{"segment twice", "portfolio: {files: [a], segments: [x, x]}", []string{`e.yaml:1:39: portfolio.segments[1]: the segment "x" is listed twice`}},
		{"rejected", "portfolio: {files: [a], max_rejected: 5}", []string{`e.yaml:1:39: portfolio.max_rejected: the bare number 5 is above 1: write 5% or 0.05`}},
		{"amounts in another currency", "portfolio: {files: [a], currency: USD}\nregulations: [exposure_200k]\nbehaviour: {set: {amount.min: 500 EUR}}", []string{
			`e.yaml:3:31: behaviour.set.amount.min: the amount is in EUR, the portfolio in USD; amounts are not converted`,
			`library:regulations/exposure_200k.yaml:14:26: rules.exposure_cap.amount: the amount is in CNY, the portfolio in USD; amounts are not converted`}},

		{"all at once", "paths: 3.7\nhorizon: 1 days\nbaseline: x\nmeasures: [y]", []string{
			`e.yaml:1:8: paths: a whole number is needed here, found the fraction 3.7`,
			`e.yaml:2:10: horizon: unit "days" is not allowed here: a time such as 3 months or 2 years is needed, found "1 days"`,
			`e.yaml:3:11: baseline: the baseline "x" is not an arm (allowed: baseline)`,
			`e.yaml:4:12: measures[0]: unknown measure "y"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("e.yaml", []byte(c.text), Overrides{})
			var problems *data.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			if problems.Cause != data.BadConfig {
				t.Errorf("cause %v", problems.Cause)
			}
			if got, want := err.Error(), strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTooManyArms(t *testing.T) {
	var list []string
	for i := range sim.MaxArms + 1 {
		list = append(list, fmt.Sprintf("{name: a%d}", i))
	}
	inline := func(kind string, n int, rest string) string {
		out := kind + ":\n"
		for i := range n {
			out += fmt.Sprintf("  - {name: %c%d, %s}\n", kind[0], i, rest)
		}
		return out
	}
	product := inline("policies", 9, "rules: {}") + inline("regulations", 6, "rules: {}") + inline("macros", 5, "months: {}")
	for text, want := range map[string]string{
		product: "9 policies x 6 regulations x 5 macro paths are 270 arms, at most 256",
		"arms: {list: [" + strings.Join(list, ", ") + "]}":                            "257 arms are too many, at most 256",
		"arms: {product: {}, list: [" + strings.Join(list[:sim.MaxArms], ", ") + "]}": "257 arms are too many, at most 256",
		inline("policies", sim.MaxArms+1, "rules: {}"):                                "the list has 257 entries; 1 to 256 are allowed",
	} {
		if _, err := Parse("e.yaml", []byte(text), Overrides{}); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if e := mustParse(t, "arms: {list: ["+strings.Join(list[:sim.MaxArms], ", ")+"]}"); len(e.Entries) != sim.MaxArms {
		t.Errorf("%d arms", len(e.Entries))
	}
}

func TestExtends(t *testing.T) {
	folder(t, map[string]string{
		"top.yaml": "title: Top\ndescription: The top.\nhorizon: 12 months\npaths: 64\npolicies: [default, rules/mine.yaml]\n" +
			"behaviour: {preset: all_granted, set: {leak.rate: 10%, shock.mult: 5}}\nmeasures: [par_30]\n",
		"rules/mine.yaml": "name: mine\nextends: base.yaml\nrules: {max_ordinal: {max: 4}, min_repaid: none}\n",
		"rules/base.yaml": "name: base\nextends: default\nrules: {cooling_off: {after_payoff: 2 months, after_origination: 3 months}}\n",
		"sub/low.yaml":    "extends: ../top.yaml\nhorizon: 2 years\nbehaviour: {set: {leak.rate: 20%}}\nmacros: [adverse]\n",
	})
	e, err := Load("sub/low.yaml", Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Title != "low" || e.Description != "" || e.Months != 24 || e.Paths != 64 || len(e.Measures) != 1 {
		t.Errorf("got %+v", e)
	}
	if p := e.Behaviour.Params; p.Leak != .2 || p.ShockMult != 5 || p.ReliefMult != 1 || e.Behaviour.Preset != "all_granted" {
		t.Errorf("behaviour %+v", p)
	}
	var names []string
	for _, a := range e.Entries {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, " "); got != "baseline.adverse mine.adverse" {
		t.Errorf("arms %s", got)
	}
	var kinds []string
	for _, r := range e.Policies[1].Rules {
		kinds = append(kinds, r.Kind)
	}
	if got := strings.Join(kinds, " "); got != "worst_delinquency cooling_off top_up concurrent_loans max_ordinal apr_cap limit_ladder product_cap" {
		t.Errorf("rules %s", got)
	}
	if got := e.Policies[1].Rules[4].Rule.Sentence("CNY"); !strings.Contains(got, "4 loans") {
		t.Errorf("rule %s", got)
	}
	if e.Policies[1].Title != "mine" {
		t.Errorf("title %s", e.Policies[1].Title)
	}
}

// A rule that replaces an inherited one does not keep the inherited parameters.
func TestRuleReplacesWhole(t *testing.T) {
	folder(t, map[string]string{
		"a.yaml": "name: a\nrules: {cooling_off: {after_payoff: 2 months, after_origination: 3 months}}\n",
		"e.yaml": "policies: [{name: b, extends: a.yaml, rules: {cooling_off: {after_payoff: 5 months}}}]\n",
	})
	e, err := Load("e.yaml", Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Policies[0].Rules[0].Rule.Sentence(""); got != "No further loan within 5 months of paying off the last one." {
		t.Error(got)
	}
}

func TestCircles(t *testing.T) {
	folder(t, map[string]string{
		"a.yaml":     "extends: sub/b.yaml\n",
		"sub/b.yaml": "extends: ../c.yaml\n",
		"c.yaml":     "extends: ./a.yaml\n",
		"self.yaml":  "extends: self.yaml\n",
		"p.yaml":     "name: p\nextends: q.yaml\nrules: {}\n",
		"q.yaml":     "name: q\nextends: p.yaml\nrules: {}\n",
		"e.yaml":     "policies: [p.yaml]\n",
	})
	if err := os.Symlink(".", "loop"); err == nil {
		if err := os.WriteFile("d.yaml", []byte("extends: loop/d.yaml\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load("d.yaml", Overrides{}); err == nil || !strings.HasSuffix(err.Error(), "more than 16 files extend each other") {
			t.Errorf("got %v", err)
		}
	}
	for file, want := range map[string]string{
		"a.yaml":    "c.yaml:1:10: extends: extends goes in a circle: a.yaml -> sub/b.yaml -> c.yaml -> a.yaml",
		"self.yaml": "self.yaml:1:10: extends: extends goes in a circle: self.yaml -> self.yaml",
		"e.yaml":    "q.yaml:2:10: extends: extends goes in a circle: p.yaml -> q.yaml -> p.yaml",
	} {
		if _, err := Load(file, Overrides{}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestLoadOfNothing(t *testing.T) {
	folder(t, map[string]string{"big.yaml": "title: " + strings.Repeat("x", 1<<20)})
	for name, want := range map[string]string{
		"defaul":      `unknown experiment "defaul", did you mean "default"?`,
		"zzz":         `unknown experiment "zzz": the library has bureau_lag, cn_24_to_12, default, feedback, id_steps, in_lender_cap, jp_third_of_income, kr_dsr, quick, rollover, ten_policies, uk_price_cap, us_fl; a file is named by its path, such as ./zzz.yaml`,
		"lost.yaml":   `lost.yaml: cannot be read: no such file or directory`,
		"../":         `..: cannot be read: not a regular file`,
		"/dev/zero":   `/dev/zero: cannot be read: not a regular file`,
		"./big.yaml":  `big.yaml: the file has 1048577 bytes; at most 1048576 are read`,
		"./lost.yaml": `lost.yaml: cannot be read: no such file or directory`,
	} {
		if _, err := Load(name, Overrides{}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestOverrides(t *testing.T) {
	seed := uint64(9)
	folder(t, map[string]string{"sub/e.yaml": "paths: 3.5\nhorizon: 7 days\nportfolio: {files: [t/*.parquet], mapping: m.yaml, segments: [x]}\n"})
	e, err := Load("sub/e.yaml", Overrides{Horizon: 6, Paths: 8, Seed: &seed, Files: []string{"other.parquet"}, AsOf: "2024-01-31", Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Portfolio
	if e.Months != 6 || e.Paths != 8 || e.Seed != 9 || p.Files[0] != "other.parquet" || p.Mapping != filepath.Join("sub", "m.yaml") ||
		p.AsOf != "2024-01-31" || p.Currency != "EUR" || p.Segments[0] != "x" || p.Synthetic != nil {
		t.Errorf("got %+v", e)
	}
	if e, err = Load("default", Overrides{Files: []string{"a.parquet"}, Mapping: "ppdai"}); err != nil || e.Portfolio.Synthetic != nil || e.Portfolio.Mapping != "ppdai" {
		t.Errorf("got %+v, %v", e, err)
	}
	huge := uint64(1 << 63)
	_, err = Load("default", Overrides{Horizon: -1, Paths: 3, Seed: &huge, Mapping: "m.yaml", AsOf: "today", Currency: "euro"})
	want := strings.Join([]string{
		`--as-of: a date such as 2017-08-13 is needed here, found "today"`,
		`--currency: "euro" is not a currency code such as CNY`,
		`--mapping: goes with portfolio files, and there are none`,
		`--as-of: goes with portfolio files, and there are none`,
		`--currency: goes with portfolio files, and there are none`,
		`--horizon: -1 is outside the range 1 to 600 months`,
		`--seed: 9223372036854775808 is too large, at most 9223372036854775807`,
		`--paths: antithetic paths come in groups of 2: 3 is not a multiple, 4 is`}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if e, err := Parse("e.yaml", []byte("portfolio: {files: [a, /b/c]}"), Overrides{}); err != nil || e.Portfolio.Files[0] != "a" || e.Portfolio.Files[1] != "/b/c" {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestKindOfFile(t *testing.T) {
	folder(t, map[string]string{"typo.yaml": "name: x\nextends: default\nrulez: {}\n"})
	if kind, _, _, err := CheckFile("typo.yaml"); kind != KindPolicy || err == nil {
		t.Errorf("got %s, %v", kind, err)
	}
	for _, e := range Library() {
		text, err := Text(e.Kind, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("x.yaml", text, 0o644); err != nil {
			t.Fatal(err)
		}
		if kind, _, _, err := CheckFile("x.yaml"); kind != e.Kind || err != nil {
			t.Errorf("%s %s: taken for %s, %v", e.Kind, e.Name, kind, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range Library() {
		text, _ := Text(e.Kind, e.Name)
		f.Add(text)
	}
	f.Add([]byte("extends: default\narms: {list: [{name: a, behaviour: {set: {leak.rate: 5 bp}}}]}"))
	f.Add([]byte("portfolio: {files: x}\nbehaviour: {preset: all_granted, set: {season.s2: 1.5 months, amount.min: 7 EUR}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Parse("e.yaml", text, Overrides{})
		if err != nil {
			return
		}
		arms, settings, err := e.Arms("CNY", nil)
		if err == nil && (len(arms) == 0 || len(arms) > sim.MaxArms || settings.Baseline < 0 || settings.Paths%settings.Design.Replicate() != 0) {
			t.Errorf("%d arms, settings %+v", len(arms), settings)
		}
		again, err := Parse("e.yaml", e.Resolved(), Overrides{})
		if err != nil {
			t.Fatalf("the resolved form does not load: %v\n%s", err, e.Resolved())
		}
		if string(again.Resolved()) != string(e.Resolved()) {
			t.Errorf("the resolved form changes:\n%s\n%s", e.Resolved(), again.Resolved())
		}
	})
}
