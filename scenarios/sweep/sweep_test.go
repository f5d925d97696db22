package sweep

import (
	"fmt"
	"strings"
	"testing"

	"relend/data"
	"relend/scenarios"
)

const small = `
title: Pause and burden
base: quick
dimensions:
  pause: {path: policies.default.rules.cooling_off.after_payoff, values: [none, 1 month, 3 months]}
  burden: {path: policies.default.rules.payment_to_income_cap.max, range: {from: 30%, to: 70%, steps: 3}}
outputs: [default_rate, diff:default_rate@6, served_share]
`

func parse(t *testing.T, text string) *Study {
	t.Helper()
	s, err := Parse("x.yaml", []byte(strings.TrimPrefix(text, "\n")), scenarios.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cells(t *testing.T, text string) *Cells {
	t.Helper()
	c, err := parse(t, text).Cells("CNY", []string{"consumer"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func keysOf(c *Cells) map[string]bool {
	keys := map[string]bool{}
	for _, x := range c.Sweep.Cells {
		keys[x.Key] = true
	}
	return keys
}

func TestGrid(t *testing.T) {
	c := cells(t, small)
	if len(c.Points) != 9 || len(c.Sweep.Cells) != 10 || c.Base[0] != 9 || len(c.worlds) != 1 {
		t.Fatalf("%d points, %d cells, base %v, %d worlds", len(c.Points), len(c.Sweep.Cells), c.Base, len(c.worlds))
	}
	if got := fmt.Sprint(c.Points[4].Values, c.Values(c.Sweep.Cells[9])); got != "[1 month 50%] [none none]" {
		t.Error(got)
	}
	if c.Sweep.Cells[9].Key != c.Sweep.Cells[9].Reference || len(keysOf(c)) != 10 {
		t.Error("the base is the reference of its world")
	}
	runs := c.Runs(func(string) bool { return true }, 256)
	if len(runs) != 1 || len(runs[0].Keys) != 9 || runs[0].Families() != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	arms, settings, err := runs[0].Arms("CNY", []string{"consumer"})
	if err != nil || len(arms) != 10 || settings.Baseline != 0 || settings.Months != 12 {
		t.Fatal(len(arms), settings, err)
	}
	if got := fmt.Sprint(arms[9].Rules); !strings.Contains(got, "3 months") || !strings.Contains(got, "70") {
		t.Error(got)
	}
	if runs = c.Runs(func(string) bool { return true }, 4); len(runs) != 3 {
		t.Errorf("%d runs of at most 4 arms", len(runs))
	}
	if runs = c.Runs(func(k string) bool { return k == c.Base_() }, 4); len(runs) != 1 || len(runs[0].Keys) != 0 {
		t.Errorf("the reference alone: %+v", runs)
	}
}

func (c *Cells) Base_() string { return c.Sweep.Cells[c.Base[0]].Key }

// TestKeys: what is cosmetic changes no key, what determines results changes it.
func TestKeys(t *testing.T) {
	keys := keysOf(cells(t, small))
	shared := func(text string) int {
		n := 0
		for k := range keysOf(cells(t, text)) {
			if keys[k] {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name, old, new string
		shared         int
	}{
		{"title", "title: Pause and burden", "title: Other words\ndescription: of the same", 10},
		{"names", "pause:", "rest:", 10},
		{"order and comments", "values: [none, 1 month, 3 months]}", "values: [3 months, none, 1 month]} # all", 10},
		{"another measure at the same months", "served_share]", "served_share, par_30]", 10},
		{"one value more", "3 months]", "3 months, 6 months]", 10},
		{"equal values", "from: 30%, to: 70%", "from: 0.3, to: 0.7", 10},
		{"another month", "@6", "@7", 0},
		{"another base", "base: quick", "base: default", 0},
		{"another value", "1 month, ", "2 months, ", 7},
	} {
		if n := shared(strings.Replace(small, c.old, c.new, 1)); n != c.shared {
			t.Errorf("%s: %d keys stay, want %d", c.name, n, c.shared)
		}
	}
	base := parse(t, small)
	for name, inputs := range map[string]Inputs{"a file": {"loans.parquet": "ab"}} {
		c, err := base.Cells("CNY", []string{"consumer"}, inputs)
		if err != nil {
			t.Fatal(err)
		}
		for k := range keysOf(c) {
			if keys[k] {
				t.Errorf("%s changes nothing", name)
			}
		}
	}
}

// TestWorlds: behaviour, macro, portfolio and law are dimensions too, and only some of them part the runs.
func TestWorlds(t *testing.T) {
	c := cells(t, `
base: default
arms: [baseline, apr_cap]
dimensions:
  cap: {path: regulations.apr_cap_4lpr_2020.rules.apr_cap.max, values: [15%, 24%]}
  severity: {path: macros.baseline.months.unemployment, values: [[0, 1, 2], [0, 2, 4]]}
uncertain:
  ask: {path: behaviour.set.dependence.share, range: {from: 10%, to: 30%}}
  people: {path: portfolio.synthetic.borrowers, range: {from: 1000, to: 3000}, whole: true}
uncertainty: {method: sobol, points: 4, seed: 3}
`)
	if len(c.Points) != 16 || len(c.Sweep.Cells) != 34 || len(c.worlds) != 5 {
		t.Fatalf("%d points, %d cells, %d worlds", len(c.Points), len(c.Sweep.Cells), len(c.worlds))
	}
	for _, r := range c.Runs(func(string) bool { return true }, 256) {
		if n := len(r.Keys); n != 6 && n != 1 || n == 6 && r.Families() != 2 {
			t.Errorf("%d cells in %d families", n, r.Families())
		}
	}
	if c.Dimensions[1].Ordered || !c.Dimensions[2].Scenario || c.Dimensions[2].Unit != "%" || c.Points[5].World != 1 {
		t.Errorf("%+v", c.Dimensions)
	}
}

func TestDesigns(t *testing.T) {
	const two = `
base: quick
dimensions:
  pause: {path: policies.*.rules.cooling_off.after_payoff, range: {from: 1 month, to: 12 months}}
  burden: {path: [policies.default.rules.payment_to_income_cap.max, regulations.none.rules.payment_to_income_cap.max], range: {from: 30%, to: 70%}}
  shocks: {path: behaviour.set.shock.mult, times: true, log_range: {from: 0.5, to: 2}}
`
	for design, points := range map[string]int{
		"{method: grid}": 125, "{method: oat}": 15, "{method: lhs, points: 10}": 10, "{method: sobol, points: 8}": 8, "{method: halton, points: 9, seed: 4}": 9,
		"{method: saltelli, blocks: 4}": 20, "{method: morris, trajectories: 3, levels: 6}": 12,
		"{method: list, points: [{pause: 2 months}, {burden: 50%, shocks: 1}]}": 2,
	} {
		p, _, _, err := parse(t, two+"design: "+design+"\n").points()
		if err != nil || len(p) != points {
			t.Errorf("%s: %d points, %v", design, len(p), err)
		}
		linked := strings.Contains(design, "saltelli") || strings.Contains(design, "morris")
		if err == nil && (p[0].Unit != nil) != linked {
			t.Errorf("%s: coordinates %v", design, p[0].Unit)
		}
	}
	if c := cells(t, two+"design: {method: oat}\nconstraints: ['pause == \"none\" or pause <= 12 or burden <= 40%']\n"); c.Excluded != 0 {
		t.Errorf("%d excluded", c.Excluded)
	}
	s := parse(t, strings.Replace(small, "outputs", "constraints: ['pause == \"none\" or pause <= 1 or burden > 40%']\noutputs", 1))
	if p, _, excluded, err := s.points(); err != nil || len(p) != 8 || excluded != 1 {
		t.Errorf("%d points, %d excluded, %v", len(p), excluded, err)
	}
}

// TestErrors: all problems at once, where they are, with what is allowed.
func TestErrors(t *testing.T) {
	for text, wants := range map[string][]string{
		"title: x\n":    {"x.yaml:1:1: base: the key is missing"},
		"base: quick\n": {"there is nothing to vary"},
		"base: quikc\ndimensions: {a: {path: horizon, values: [6 months]}}\n": {`did you mean "quick"`},
		"base: quick\ndimensions:\n  a: {path: policies.defualt.rules.cooling_off.after_payoff, values: [1 month]}\n  b: {path: policies.default.rules.coling_off.after_payoff, values: [1 month]}\n  c: {path: behaviour.set.factor.rhoo, range: {from: 0.1, to: 0.2}}\n": {
			`x.yaml:3:13: dimensions.a.path: the field policies.defualt.rules.cooling_off.after_payoff cannot be varied: there is no "defualt" in policies; there is default, did you mean "default"?`,
			`unknown key "coling_off", did you mean "cooling_off"?`, `unknown key "factor.rhoo"`},
		"base: quick\ndimensions:\n  a: {path: policies.default.rules.cooling_off.after_payoff, values: [1, 2]}\n": {"2 has no unit: write 2 months"},
		"base: quick\ndimensions:\n  a: {path: portfolio.mapping, values: [ppdai]}\n  b: {path: portfolio, values: [{files: [a.parquet]}, {files: [b.parquet]}]}\n  c: {path: portfolio.files, values: [[a.parquet], [b.parquet]]}\n": {
			"x.yaml:3:13: dimensions.a.path: the field portfolio.mapping cannot be varied: the cells of a sweep share the portfolio's files",
			"the field portfolio cannot be varied: the cells", "the field portfolio.files cannot be varied: the cells of a sweep share the portfolio's files; run a sweep for each, with -p"},
		"base: quick\ndimensions: {a: {path: titel, values: [x]}}\n":                                                                                            {`an experiment has no "titel", did you mean "title"?`},
		"base: quick\ndimensions: {a: {path: seed, values: []}}\n":                                                                                              {"the list is empty"},
		"base: quick\ndimensions: {a: {path: seed, values: [1], range: {from: 1, to: 2}}}\n":                                                                    {"give one of values, range"},
		"base: quick\ndimensions: {a: {path: seed, range: {from: 3, to: 2}}}\n":                                                                                 {"from must lie below to"},
		"base: quick\ndimensions: {a: {path: seed, values: [1, 2]}}\nconstraints: [b < 3]\n":                                                                    {"is not a condition on the dimensions: unknown name b"},
		"base: quick\ndimensions: {a: {path: seed, values: [1, 2]}}\ndesign: {method: gird}\n":                                                                  {`did you mean "grid"`},
		"base: quick\ndimensions: {a: {path: seed, values: [1, 2]}}\noutputs: [default_rat, default_rate@99]\n":                                                 {`did you mean "default_rate"`, "is not a month from 1 to the horizon 12"},
		"base: quick\ndimensions: {a: {path: behaviour.set.shock.mult, distribution: {normal: {mean: 1, sd: 0}}}}\n":                                            {"sd must be above 0"},
		"base: quick\ndimensions: {a: {path: behaviour.set.shock.mult, distribution: {normal: {mean: 1, sd: 1}}}}\ndesign: {method: morris, trajectories: 4}\n": {"cut its distribution off with min and max"},
		"base: quick\ndimensions: {a: {path: seed, values: [1, 2]}}\ndesign: {method: list, points: []}\n":                                                      {"the design is empty"},
		"base: quick\narms: [nobody]\ndimensions: {a: {path: seed, values: [1, 2]}}\n":                                                                          {`the base has no arm "nobody"`},
		"base: quick\ndimensions: {a: {path: seed, values: [1, 2]}}\ndiscover: [{output: par_30, above: 30}]\n":                                                 {"par_30 is a share: write 30%"},
	} {
		_, err := Parse("x.yaml", []byte(text), scenarios.Overrides{})
		if err == nil {
			t.Errorf("accepted:\n%s", text)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s\nwant %s\ngot  %v", text, want, err)
			}
		}
	}
	for text, want := range map[string]string{
		"base: quick\ndimensions: {a: {path: policies.default.rules.cooling_off.after_payoff, values: [1 month]}}\nconstraints: [a > 1]\n":                                                  "the design is empty: the constraints leave none of its 1 points",
		"base: quick\ndimensions: {a: {path: policies.default.rules.cooling_off.after_payoff, values: [1 month]}}\ndesign: {method: list, points: [{a: 2 months}]}\nconstraints: [a < 2]\n": "the point cannot be: a < 2 does not hold",
		"base: quick\ndimensions: {a: {path: policies.default.rules.cooling_off.after_payoff, values: [3, 1 month, 99999 months]}}\n":                                                       "the cell a=3 cannot be",
	} {
		_, err := parse(t, text).Cells("CNY", []string{"consumer"}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nwant %s\ngot  %v", text, want, err)
		}
	}
}

func TestOutputs(t *testing.T) {
	o, err := ParseOutput("diff:net_margin@6", 12)
	if err != nil || o != (data.Output{Name: "diff:net_margin@6", Measure: "net_margin", Month: 6, Difference: true}) {
		t.Error(o, err)
	}
	for text, want := range map[string]float64{"5%": .05, "-30pp": -.3, "20 bp": .002, "0.5": .5} {
		if v, err := Threshold(text, data.Output{Measure: "default_rate"}); err != nil || v != want {
			t.Errorf("%s: %v, %v", text, v, err)
		}
	}
	if v, err := Threshold("1000", data.Output{Measure: "net_margin"}); err != nil || v != 100_000 {
		t.Error(v, err)
	}
}

// TestUnits: parts of a sweep are made of all cells, each once, cells of a world side by side, none more than travel together; and of
// nothing that a machine or a directory decides.
func TestUnits(t *testing.T) {
	c := cells(t, `
base: quick
arms: [baseline, no_top_up]
dimensions:
  leak: {path: behaviour.set.leak.rate, values: [0%, 20%]}
  burden: {path: policies.*.rules.payment_to_income_cap.max, range: {from: 20%, to: 80%, steps: 35}}
outputs: [default_rate]
`)
	world := map[string]int{}
	for i, cell := range c.Sweep.Cells {
		world[cell.Key], world[cell.Reference] = c.places[i].world, c.places[i].world
	}
	seen := map[string]bool{}
	units := c.Units()
	for _, unit := range units {
		if len(unit) >= FamilyArms || len(unit) < FamilyArms/3 && len(unit) > 3 {
			t.Errorf("a unit of %d cells", len(unit))
		}
		for _, key := range unit {
			if seen[key] || world[key] != world[unit[0]] {
				t.Errorf("cell %s is there twice, or with those of another world", key)
			}
			seen[key] = true
		}
	}
	if keys := c.Keys(); len(seen) != len(keys) || len(units) < 5 {
		t.Errorf("%d units with %d of %d cells", len(units), len(seen), len(keys))
	}
}
