package scenarios

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"relend/data"
	"relend/data/document"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/provision"
	"relend/sim/rule"
)

// TestMain fixes what rapid draws, unless the command line says otherwise.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// differ returns the first lines in which two texts differ, or "".
func differ(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: got %s, want %s", i+1, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d lines, want %d", len(a), len(b))
	}
	return ""
}

// content is everything an experiment says, without where it was written.
func content(t interface{ Fatal(...any) }, e *Experiment) string {
	c := *e
	if len(c.Gates) == 0 {
		c.Gates = nil
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "[]", "null") // an empty list is no list
}

func TestResolvedLibrary(t *testing.T) {
	for _, name := range libraryNames(KindExperiment) {
		e, err := Load(name, Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("experiment.yaml", e.Resolved(), Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		if d := differ(content(t, again), content(t, e)); d != "" {
			t.Errorf("%s loads differently: %s", name, d)
		}
		if d := differ(string(again.Resolved()), string(e.Resolved())); d != "" {
			t.Errorf("%s is written differently: %s", name, d)
		}
	}
}

// The resolved form of a portfolio in files names no folder.
func TestResolvedNamesNoPlace(t *testing.T) {
	e, err := Load("default", Overrides{Files: []string{"/secret/place/a.parquet", "../secret/*.parquet"}, Mapping: "secret/m.yaml", AsOf: "2024-02-29", Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	text := string(e.Resolved())
	if strings.Contains(text, "secret") || !strings.Contains(text, "  files:\n    - a.parquet\n    - \"*.parquet\"\n  mapping: m.yaml\n  as_of: \"2024-02-29\"\n  currency: EUR\n  max_rejected: 1%\n") {
		t.Errorf("got\n%s", text)
	}
	if _, err := Parse("experiment.yaml", []byte(text), Overrides{}); err != nil {
		t.Error(err)
	}
}

// drawn is a value of a rule's parameter or a behaviour parameter, as text.
func drawn(t *rapid.T, label, unit string, integer bool, lo, hi float64) string {
	switch unit {
	case "share":
		if lo > 0 {
			lo *= 1 + 1e-9
		}
		v := rapid.Float64Range(lo, hi).Draw(t, label)
		if v <= 1 && rapid.Bool().Draw(t, label+" bare") {
			return shortest(v)
		}
		return shortest(max(lo, min(hi*100, v*100)*(1-1e-12))) + "%"
	case "money":
		return fmt.Sprintf("%d.%02d%s", rapid.Int64Range(0, int64(hi)-1).Draw(t, label), rapid.IntRange(0, 99).Draw(t, label+" cents"),
			rapid.SampledFrom([]string{"", " CNY", " EUR"}).Draw(t, label+" currency"))
	case "days":
		return rapid.SampledFrom([]string{"0 days", "29 days", "59 days"}).Draw(t, label)
	case "flag":
		return fmt.Sprint(rapid.Bool().Draw(t, label))
	case "ratios":
		var steps []string
		v := lo
		for range rapid.IntRange(1, 5).Draw(t, label) {
			v = rapid.Float64Range(v, hi).Draw(t, label)
			steps = append(steps, shortest(v))
		}
		return "[" + strings.Join(steps, ", ") + "]"
	}
	suffix := ""
	if unit == "months" {
		suffix = " months"
	}
	if integer {
		return fmt.Sprint(rapid.IntRange(int(lo), int(hi)).Draw(t, label)) + suffix
	}
	return shortest(rapid.Float64Range(lo, hi).Draw(t, label)) + suffix
}

func drawnRules(t *rapid.T, label string) string {
	var rules []string
	for _, kind := range rule.Kinds {
		if !rapid.Bool().Draw(t, label+kind.Name) {
			continue
		}
		var fields []string
		for _, f := range kind.New().Fields() {
			if f.Unit == "choice" {
				fields = append(fields, f.Name+": "+rapid.SampledFrom(f.Choices).Draw(t, label+kind.Name+f.Name))
				continue
			}
			lo, hi := allowed(kind.Name, f)
			if kind.Name == "exposure_cap" && f.Name == "equity" { // in the currency of the amount
				fields = append(fields, "equity: 5000000")
				continue
			}
			if kind.Name == "step_down" {
				fields = append(fields, f.Name+": [1, 0.66, 0.33]")
				continue
			}
			fields = append(fields, f.Name+": "+drawn(t, label+kind.Name+f.Name, f.Unit, f.Unit != "ratio", lo, hi))
		}
		conditions := ""
		if form := kind.New(); form.Check() == nil || len(fields) > 0 {
			conditions = drawnConditions(t, label+kind.Name, form)
		}
		one := "{" + strings.Join(append(fields, conditions), ", ") + "}"
		if conditions == "" {
			one = "{" + strings.Join(fields, ", ") + "}"
		} else if strings.Contains(conditions, "from: 2") && !strings.Contains(conditions, "until") && rapid.Bool().Draw(t, label+kind.Name+" again") {
			one = "[" + one + ", " + strings.Replace(one, "from: 2", "from: 3", 1) + "]"
		}
		rules = append(rules, kind.Name+": "+one)
	}
	return "{" + strings.Join(rules, ", ") + "}"
}

// drawnConditions are some that a rule may have.
func drawnConditions(t *rapid.T, label string, r rule.Rule) string {
	if _, ok := r.(*rule.FundingQueue); ok || named(r, "from") || rapid.Bool().Draw(t, label+" plain") {
		return ""
	}
	forms := []string{"code: art. 3 (2)", "perimeter: {lenders: [bank, microloan]}", "from: 2026-07-01", "until: 2027-01-01", "from: 2 months, until: 1 year"}
	_, terms := r.(rule.TermsRule)
	_, control := r.(rule.Control)
	if _, price := r.(*rule.APRCap); price || !terms && !control {
		forms = append(forms, "from: 2025-02-28, grandfather: true, compliance: 87.5%", "compliance: 0.3")
	}
	switch r.(type) {
	case *rule.MinimumTerm, *rule.ProductCap: // whose own limit may leave nothing to bind in a perimeter
	default:
		if _, price := r.(*rule.APRCap); !price && (terms || control) {
			break
		}
		forms = append(forms, "from: 2026-07-01, perimeter: {products: [annuity, bullet], segments: [a, b c], amount: {over: 12.5, up_to: 5000}, term: {over: 3 months, up_to: 400 days}}",
			"perimeter: {term: {up_to: 1 year}}")
	}
	if _, price := r.(rule.Price); !price && !terms && !control {
		forms = append(forms, "quota: {share: 12.5%, window: 3 months}")
	}
	return rapid.SampledFrom(forms).Draw(t, label+" conditions")
}

// allowed is the range in which the parameters of a kind may be drawn apart from each other: caps stay above 0,
// what has to be the lower one of two stays below the other.
func allowed(kind string, f rule.Field) (lo, hi float64) {
	const middle = .25
	switch kind + "." + f.Name {
	case "stop_lending.close", "slow_lending.until":
		return middle, f.Max
	case "data_sharing.coverage", "data_sharing.withheld": // together at most all
		return f.Min, .5
	case "stop_lending.open", "slow_lending.from":
		return f.Min, middle / 2
	}
	switch kind {
	case "exposure_cap", "leverage_cap", "funding_budget":
		return max(f.Min, .01), f.Max
	case "sequence_pause", "minimum_term":
		return max(f.Min, 1), f.Max
	}
	return f.Min, f.Max
}

func drawnBehaviour(t *rapid.T, label string, without []string) string {
	var set []string
	for _, d := range behaviour.Registry() {
		if d.Name == "fee.amount" { // has to leave something of amount.min
			continue
		}
		if !slices.Contains(without, d.Name) && rapid.IntRange(0, 9).Draw(t, label+d.Name) == 0 {
			set = append(set, d.Name+": "+drawn(t, label+d.Name+" value", d.Unit, d.Integer, d.Min, d.Max))
		}
	}
	return fmt.Sprintf("{preset: %s, set: {%s}}", rapid.SampledFrom(presets).Draw(t, label+"preset"), strings.Join(set, ", "))
}

func TestResolvedRoundTrip(t *testing.T) {
	quoted := func(t *rapid.T, label string) string { // any text in one line, quoted for YAML
		s := rapid.StringMatching(`[ -~äß中文€]{1,20}`).Draw(t, label)
		return strings.TrimSuffix(string(document.Marshal(document.NewList(document.NewText("x" + s)))[2:]), "\n")
	}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		fmt.Fprintf(&b, "title: %s\ndescription: %s\n", quoted(t, "title"), quoted(t, "description"))
		if rapid.Bool().Draw(t, "files") {
			fmt.Fprintf(&b, "portfolio: {files: [%s], segments: [a, %s], max_rejected: %s}\n", quoted(t, "file"), quoted(t, "segment"), drawn(t, "rejected", "share", false, 0, 1))
		} else {
			fmt.Fprintf(&b, "portfolio: {synthetic: {borrowers: %d, seed: %d, term_days: %d days, as_of: 2020-02-29, currency: JPY, scale: 20.5}}\n", rapid.IntRange(1, MaxBorrowers).Draw(t, "borrowers"), rapid.Int64Min(0).Draw(t, "portfolio seed"), rapid.IntRange(1, data.MaxTermDays).Draw(t, "term"))
		}
		fmt.Fprintf(&b, "horizon: %d months\npaths: %d\nseed: %d\n", rapid.IntRange(1, 120).Draw(t, "horizon"), 16*rapid.IntRange(2, 120).Draw(t, "paths"), rapid.Int64Min(0).Draw(t, "seed"))
		fmt.Fprintf(&b, "grid: %s\n", rapid.SampledFrom(data.GridNames()).Draw(t, "grid"))
		fmt.Fprintf(&b, "anchor: %s\n", rapid.SampledFrom([]string{"structural", "baseline"}).Draw(t, "anchor"))
		if rapid.Bool().Draw(t, "factors") {
			b.WriteString("factors: {link: probit, segments: [a, b], correlation: [[1, -0.3], [-0.3, 1]], start: -1.5}\n")
		}
		design := rapid.SampledFrom(factor.DesignNames()).Draw(t, "design")
		fmt.Fprintf(&b, "design: %s\n", design)
		if design == factor.Importance.String() {
			fmt.Fprintf(&b, "weighted_controls: %v\n", rapid.Bool().Draw(t, "weighted"))
		}
		fmt.Fprintf(&b, "engine: %s\n", rapid.SampledFrom(Engines()).Draw(t, "engine"))
		fmt.Fprintf(&b, "provisions: {method: %s}\n", rapid.SampledFrom(provision.MethodNames()).Draw(t, "provisions"))
		fmt.Fprintf(&b, "behaviour: %s\n", drawnBehaviour(t, "b", nil))
		fmt.Fprintf(&b, "policies: [tight, {name: p, title: %s, rules: %s}]\n", quoted(t, "policy"), drawnRules(t, "p"))
		fmt.Fprintf(&b, "regulations: [none, {name: r, scope: %s, rules: %s}]\n", drawn(t, "scope", "share", false, 0, 1), drawnRules(t, "r"))
		fmt.Fprintf(&b, "macros: [severe, {name: m, source: %s, months: {gdp: [%s]}}]\n", quoted(t, "source"), shortest(rapid.Float64Range(-10, 10).Draw(t, "gdp")))
		fmt.Fprintf(&b, "arms: {product: {}, list: [{name: a.b, macro: baseline, policy: default, behaviour: %s}]}\n", drawnBehaviour(t, "a", runWide))
		fmt.Fprintf(&b, "baseline: tight.severe\nmeasures: [%s]\n", rapid.SampledFrom(data.MeasureNames()).Draw(t, "measure"))
		fmt.Fprintf(&b, "gates: [{name: %s, expect: %s, level: warn}]\n", quoted(t, "gate"), quoted(t, "expect"))
		fmt.Fprintf(&b, "tolerances: [diff:default_rate=±%sbp, \"leaks = +-2%%\"]\n", shortest(rapid.Float64Range(1e-3, 1e3).Draw(t, "tolerance")))

		e, err := Parse("e.yaml", []byte(b.String()), Overrides{})
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		again, err := Parse("e.yaml", e.Resolved(), Overrides{})
		if err != nil {
			t.Fatalf("%v\n%s", err, e.Resolved())
		}
		if len(e.Portfolio.Files) > 0 { // the resolved form names files without their folders
			e.Portfolio.Files = again.Portfolio.Files
		}
		if d := differ(content(t, again), content(t, e)); d != "" {
			t.Fatalf("loads differently: %s\n%s", d, b.String())
		}
		if d := differ(string(again.Resolved()), string(e.Resolved())); d != "" {
			t.Fatalf("is written differently: %s\n%s", d, b.String())
		}
	})
}

// Every float that can be read as a ratio is written so that it is read back.
func TestRatioRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Float64Range(0, 1000).Draw(t, "n")
		for _, text := range []string{shortest(n) + "%", shortest(n*100) + " bp", shortest(n / 1000)} {
			r := document.NewReader("")
			v := r.Ratio(document.NewValue(text), -10, 10)
			if got := r.Ratio(ratio(v), -10, 10); got != v || r.Err() != nil {
				t.Fatalf("%s: %v is written %s and read as %v: %v", text, v, ratio(v).Text(), got, r.Err())
			}
		}
	})
}
