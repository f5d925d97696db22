package main

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"relend/data"
)

const clauses = `title: Clauses
portfolio:
  synthetic: {borrowers: 150, seed: 7}
paths: 8
horizon: 12 months
anchor: structural
policies:
  - default
  - name: tight
    extends: default
    rules:
      max_ordinal: {max: 3}
      cooling_off: {after_payoff: 2 months}
      apr_cap: {max: 18%}
  - name: tighter
    extends: default
    rules:
      apr_cap: {max: 20%}
      max_ordinal: {max: 4}
      cooling_off: {after_payoff: 2 months}
      min_repaid: {share: 50%}
      clean_repayments: {min: 1}
      payment_to_income_cap: {max: 60%}
      exposure_cap: {amount: 30000 CNY}
      score_cutoff: {max_pd: 12%}
      platform_cap: {max: 4}
      rollover_cap: {max: 2}
measures: [default_rate, served_share, net_margin]
`

// attributed reads attribution.csv: [measure method clause].
func attributed(t *testing.T, dir string) (values map[[3]string]float64, rows [][]string) {
	t.Helper()
	f, err := os.Open(dir + "/attribution.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err = csv.NewReader(f).ReadAll(); err != nil {
		t.Fatal(err)
	}
	values = map[[3]string]float64{}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[5], 64)
		if err != nil {
			t.Fatal(err)
		}
		values[[3]string{r[0], r[2], r[4]}] = v
	}
	return values, rows
}

func attribute(t *testing.T, args ...string) string {
	t.Helper()
	code, told, complaints := relend(append([]string{"attribute", "clauses.yaml", "--quiet"}, args...)...)
	if code != exitOK || complaints != "" {
		t.Fatalf("attribute %v: exit code %d: %s", args, code, complaints)
	}
	return strings.TrimSpace(told)
}

// sumsUp requires that parts add up to the whole to the last bit, forwards and backwards.
func sumsUp(t *testing.T, rows [][]string) {
	t.Helper()
	for _, method := range []string{"shapley", "sequential"} {
		for _, measure := range []string{"default_rate", "served_share", "net_margin"} {
			var parts []float64
			whole := math.NaN()
			for _, r := range rows {
				if v, _ := strconv.ParseFloat(r[5], 64); r[0] == measure && r[2] == method && r[4] == "all" {
					whole = v
				} else if r[0] == measure && r[2] == method {
					parts = append(parts, v)
				}
			}
			for range 2 {
				sum := 0.
				for _, v := range parts {
					sum += v
				}
				if sum != whole || len(parts) == 0 {
					t.Errorf("%s of %s: the parts %v add up to %v, not %v", method, measure, parts, sum, whole)
				}
				slices.Reverse(parts)
			}
		}
	}
}

// Shares add up to what `relend run` finds for the arm, to the last bit; the order of the clauses changes no byte of them
// and changes the waterfall, whose first step is what the clause does alone; any number of workers gives the same bytes.
func TestAttribute(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("clauses.yaml", []byte(clauses), 0o644); err != nil {
		t.Fatal(err)
	}
	values, rows := attributed(t, attribute(t, "--arm", "tight", "--workers", "1"))
	sumsUp(t, rows)
	if code, _, complaints := relend("run", "clauses.yaml", "-q", "-o", "out"); code != exitOK {
		t.Fatal(complaints)
	}
	f, err := os.Open("out/tables/summary.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	summary, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range summary {
		if r[0] == "tight" && r[8] == "12" && (r[6] == "default_rate" || r[6] == "served_share") {
			found++
			if diff, _ := strconv.ParseFloat(r[14], 64); diff != values[[3]string{r[6], "shapley", "all"}] || diff == 0 {
				t.Errorf("%s: a run finds %v, the shares add up to %v", r[6], diff, values[[3]string{r[6], "shapley", "all"}])
			}
		}
	}
	if found != 2 {
		t.Errorf("%d differences in %v", found, summary[0])
	}

	other, turned := attributed(t, attribute(t, "--arm", "tight", "--order", "apr_cap,cooling_off,max_ordinal", "--workers", "3"))
	sumsUp(t, turned)
	changed := false
	for key, v := range values {
		if key[1] != "sequential" && other[key] != v {
			t.Errorf("%v is %v in another order, not %v", key, other[key], v)
		}
		changed = changed || key[1] == "sequential" && other[key] != v
	}
	if !changed {
		t.Error("the waterfall does not depend on the order")
	}
	figures := func(rows [][]string) (out []string) {
		for _, r := range rows {
			if r[2] == "shapley" {
				r[3] = "" // its place in the waterfall
				out = append(out, strings.Join(r, ","))
			}
		}
		slices.Sort(out)
		return out
	}
	if a, b := figures(rows), figures(turned); !slices.Equal(a, b) {
		t.Errorf("in another order the table is\n%s\nnot\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
}

// More clauses than have all their coalitions taken are sampled; a sample is another estimate of the same shares.
func TestAttributeSampled(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("clauses.yaml", []byte(clauses), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := attribute(t, "--arm", "tighter", "--orders", "6", "-o", "sampled")
	_, rows := attributed(t, dir)
	sumsUp(t, rows)
	page, err := os.ReadFile(dir + "/attribution.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "from 6 orders drawn in pairs with their reverse") || !strings.Contains(string(page), "![Waterfall") {
		t.Errorf("%s", page)
	}
	for _, kind := range []string{"svg", "png"} {
		if info, err := os.Stat(dir + "/charts/waterfall_default_rate." + kind); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", kind, err)
		}
	}
	exact, _ := attributed(t, attribute(t, "--arm", "tight"))
	sampled, rows := attributed(t, attribute(t, "--arm", "tight", "--orders", "64"))
	for _, r := range rows {
		if key := [3]string{r[0], r[2], r[4]}; r[2] == "shapley" {
			se, _ := strconv.ParseFloat(r[6], 64)
			if d := math.Abs(sampled[key] - exact[key]); d > 6*se {
				t.Errorf("%v: sampled %v ±%v, exact %v", key, sampled[key], se, exact[key])
			}
		}
	}
}

func TestAttributeMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("clauses.yaml", []byte(clauses), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "--arm: the name of an arm is needed"},
		{"--arm tihgt", exitUsage, `the experiment has no arm "tihgt", did you mean "tight"?`},
		{"--arm baseline", exitUsage, "--arm: baseline is what arms are compared with"},
		{"--arm tight --against thight", exitUsage, `--against: the experiment has no arm "thight", did you mean "tight"?`},
		{"--arm tight --against tight", exitUsage, "--arm: tight is what arms are compared with"},
		{"--arm tight --measure defaultrate,served_share", exitUsage, `unknown measure "defaultrate", did you mean "default_rate"?`},
		{"--arm tight --measure leaks,leaks", exitUsage, "the measure leaks is named twice"},
		{"--arm tight --order apr_cap,cooling_off", exitUsage, "--order: each clause is needed once: max_ordinal, cooling_off and apr_cap"},
		{"--arm tight --orders 3", exitUsage, "--orders: an even number from 4 to 4096 is needed, found 3"},
		{"--arm tight --workers 0", exitUsage, "--workers: 1 or more is needed"},
	} {
		code, _, complaints := relend(append([]string{"attribute", "clauses.yaml"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(complaints, c.want) {
			t.Errorf("attribute %s: exit code %d, want %d: %s", c.args, code, c.code, complaints)
		}
	}
	if left, _ := os.ReadDir("."); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	if _, ok := data.MeasureByName("leaks"); !ok {
		t.Error("no measure leaks")
	}
}
