package gate

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
)

// report is a run of two arms, 1000 borrowers and 4 paths. Defaults: base 100, 110, 90, 100 (mean 10 %, interval
// 8.7 % to 11.3 %), strict 20 fewer on every path (difference exactly -2 %); nobody applies.
func report(t *testing.T) *output.Report {
	t.Helper()
	r := &data.Results{Run: data.Run{Currency: "CNY", Paths: 4, Replicate: 1, Months: 1,
		Arms: []data.Arm{{Name: "base"}, {Name: "strict"}}}}
	for arm := range 2 {
		r.Counts = append(r.Counts, make([]int64, 4*2*int(data.NumCounters)))
		for path, defaults := range []int64{100, 110, 90, 100} {
			r.Row(arm, path, 0)[data.BorrowersCurrent] = 1000
			r.Row(arm, path, 1)[data.Defaults] = defaults - 20*int64(arm)
			r.Row(arm, path, 1)[data.InterestReceived] = 5_000_00
		}
	}
	return output.Build(r, output.Options{})
}

func TestJudge(t *testing.T) {
	r := report(t)
	for _, c := range []struct {
		expect string
		want   Result
	}{
		{`arm("base").default_rate < 12%`, Holds},
		{`arm("base").default_rate < 0.12`, Holds},
		{`arm("base").default_rate < 8%`, Fails},
		{`arm("base").default_rate < 10.5%`, Undecided},
		{`arm("base").default_rate.value < 10.5%`, Holds},
		{`arm("base").default_rate.value <= 10%`, Holds},
		{`arm("base").default_rate.value < 10 %`, Fails},
		{`arm("base").default_rate.hi < 10.5%`, Fails},
		{`arm("base").default_rate.lo < 10.5%`, Holds},
		{`arm("base").default_rate.std_error < 1pp`, Holds},
		{`diff("strict").default_rate < -1.9pp`, Holds},
		{`diff("strict").default_rate < -2.1pp`, Fails},
		{`diff("base").default_rate == 0`, Holds},
		{`diff("strict", "base").default_rate < -1.9pp`, Holds},
		{`diff("base", "strict").default_rate in [1.9pp, 2.1pp]`, Holds},
		{`diff("base", "strict").default_rate in [2.1pp, 3pp]`, Fails},
		{`arm("base").default_rate in [9%, 10.5%]`, Undecided},
		{`arm("base").default_rate.value in [9%, 10%]`, Holds},
		{`not (arm("base").default_rate in [1%, 2%])`, Holds},
		{`ratio("strict").default_rate in [0.77, 0.83]`, Holds}, // .8, intervals .7961 to .8039 with 20 fewer of 90, 100, 100, 110
		{`ratio("strict", "base", 1).default_rate.value in [0.799, 0.801]`, Holds},
		{`ratio("base", "strict").default_rate in [1.24, 1.26]`, Undecided},
		{`ratio("base", "base").default_rate == 1`, Holds},
		{`ratio("strict", 0).default_rate > 0`, Fails}, // 0 by 0: no data
		{`arm("base", 0).default_rate == 0`, Holds},
		{`arm("base", 1).default_rate.value == 10%`, Holds},
		{`diff("base").default_rate != 0`, Fails},
		{`diff("base").default_rate >= 0 and diff("base").default_rate <= 0`, Holds},
		{`arm("strict").default_rate < arm("base").default_rate`, Undecided}, // not paired
		{`arm("strict").default_rate < 1.5 * arm("base").default_rate`, Holds},
		{`arm("strict").default_rate / arm("base").default_rate > 2`, Fails},
		{`-arm("base").default_rate > -12%`, Holds},
		{`arm("base").default_rate - arm("base").default_rate < 5%`, Holds},
		{`arm("base").default_rate > 9% and arm("base").default_rate < 10.5%`, Undecided},
		{`arm("base").default_rate > 10.9% and arm("base").default_rate < 9.1%`, Undecided},
		{`arm("base").default_rate > 20% and arm("base").default_rate < 10.5%`, Fails},
		{`arm("base").default_rate > 20% or arm("base").default_rate < 12%`, Holds},
		{`arm("base").default_rate > 20% || arm("base").default_rate < 10.5%`, Undecided},
		{`not (arm("base").default_rate < 8%)`, Holds},
		{`!(arm("base").default_rate < 10.5%)`, Undecided},
		{`arm("base").interest_income == 5000`, Holds},                  // whole units of currency
		{`arm("base").leaks / arm("base").originations > 0`, Undecided}, // 0 by 0,
		{`arm("base").approval_rate < 50%`, Fails},                      // no applications: no data
		{`not (arm("base").approval_rate > 50%)`, Fails},
		{`arm("base")["default_rate"] < 12%`, Holds},
	} {
		gates, err := Compile("", []data.Gate{{Name: "g", Expect: c.expect, Level: "error"}}, r.Run.Arms, 1)
		if err != nil {
			t.Errorf("%s: %v", c.expect, err)
			continue
		}
		v := Judge(r, gates)
		if v.Gates[0].Result != c.want || v.Passed != (c.want == Holds) || v.Undecided != (c.want == Undecided) {
			t.Errorf("%s: %+v, want %s", c.expect, v, c.want)
		}
	}
}

func TestOnePathDecidesNothingButValues(t *testing.T) {
	full := report(t)
	r := &data.Results{Run: *full.Run, Counts: [][]int64{make([]int64, 2*int(data.NumCounters)), make([]int64, 2*int(data.NumCounters))}}
	r.Run.Paths = 1
	r.Row(0, 0, 0)[data.BorrowersCurrent], r.Row(1, 0, 0)[data.BorrowersCurrent] = 10, 10
	one := output.Build(r, output.Options{})
	gates, err := Compile("", []data.Gate{{Expect: `arm("base").default_rate < 50%`}, {Expect: `arm("base").default_rate.value < 50%`}}, r.Run.Arms, 1)
	if err != nil {
		t.Fatal(err)
	}
	v := Judge(one, gates)
	if v.Gates[0].Result != Undecided || v.Gates[1].Result != Holds {
		t.Errorf("got %+v", v)
	}
}

func TestVerdictLevels(t *testing.T) {
	r := report(t)
	judge := func(gates ...data.Gate) Verdict {
		compiled, err := Compile("", gates, r.Run.Arms, 1)
		if err != nil {
			t.Fatal(err)
		}
		return Judge(r, compiled)
	}
	holds := data.Gate{Name: "holds", Expect: `arm("base").default_rate < 12%`, Level: "error"}
	fails := data.Gate{Name: "fails", Expect: `arm("base").default_rate < 8%`, Level: "error"}
	undecided := data.Gate{Name: "undecided", Expect: `arm("base").default_rate < 10.5%`, Level: "error"}
	warn := fails
	warn.Level = "warn"
	for i, c := range []struct {
		v                 Verdict
		passed, undecided bool
	}{
		{judge(), true, false}, {judge(holds, warn), true, false}, {judge(holds, undecided), false, true},
		{judge(undecided, fails), false, false}, {judge(fails), false, false},
	} {
		if c.v.Passed != c.passed || c.v.Undecided != c.undecided {
			t.Errorf("case %d: %+v", i, c.v)
		}
	}
	var back Verdict
	v := judge(holds, undecided)
	if err := json.Unmarshal(v.JSON(), &back); err != nil || len(back.Gates) != 2 || back.Gates[1] != v.Gates[1] {
		t.Errorf("JSON round trip: %v, %+v", err, back)
	}
	if found := v.Gates[0].Found; found != `arm("base").default_rate = 10.00 % (95 % interval 8.70 to 11.30)` {
		t.Errorf("found: %s", found)
	}
	if !strings.Contains(string(judge().JSON()), `"gates": []`) {
		t.Errorf("no gates: %s", judge().JSON())
	}
}

func TestCompileErrors(t *testing.T) {
	arms := []data.Arm{{Name: "baseline"}, {Name: "pti_50"}}
	for expect, want := range map[string]string{
		``:                                                 `is empty`,
		`arm("pti_5").default_rate < 8%`:                   `column 5 of "arm(\"pti_5\").default_rate < 8%": unknown arm "pti_5" (arms: baseline and pti_50), did you mean "pti_50"?`,
		`arm("pti_50").defalt_rate < 8%`:                   `column 15 of "arm(\"pti_50\").defalt_rate < 8%": unknown measure "defalt_rate", did you mean "default_rate"?`,
		`1% < arm("pti_50").defalt_rate`:                   `column 20 of`,
		`arms("pti_50").default_rate < 8%`:                 `did you mean "arm"?`,
		`arm("pti_50", 2).default_rate < 8%`:               `month 2 is outside the run: 0 to 1`,
		`arm("pti_50", "baseline").default_rate < 8%`:      `arm takes the name of one arm in quotes, such as arm("baseline"), and perhaps a month`,
		`diff("pti_50", 1, "baseline").default_rate < 8%`:  `perhaps that of the arm to compare with`,
		`ratio(1).default_rate < 8`:                        `ratio takes the name`,
		`ratio("pti_50").leaks in [1]`:                     `wanted a band such as in [2%, 5%]`,
		`arm("pti_50").default_rate in [1, 12]`:            `which is above 1: write 12% for a share`,
		`arm().default_rate < 8%`:                          `takes the name of one arm in quotes`,
		`arm("pti_50") < 8%`:                               `which measure of "pti_50"?`,
		`default_rate < 8%`:                                `a measure needs an arm: write arm("baseline").default_rate`,
		`arm("pti_50").default_rate`:                       `this is a share, not a condition`,
		`arm("pti_50").default_rate < 8`:                   `which is above 1: write 8% for a share`,
		`arm("pti_50").default_rate.mean < 8%`:             `unknown part "mean" of a figure (allowed: value, lo, hi, std_error; a quantile over paths such as p95, an expected shortfall such as es99)`,
		`arm("pti_50").default_rate < arm("pti_50").leaks`: `"<" puts a share beside a count`,
		`arm("pti_50").leaks * arm("pti_50").leaks < 8`:    `multiplies a count with a count`,
		`arm("pti_50").leaks / arm("pti_50").balance < 8`:  `divides a count by an amount of money`,
		`arm("pti_50").leaks / 0 < 8`:                      `divides by 0`,
		`arm("pti_50").leaks ** 2 < 8`:                     `operator "**" has no place in a gate`,
		`arm("pti_50").leaks and 1 < 2`:                    `"and" joins conditions, this is a count`,
		`(1 < 2) < 3`:                                      `wants numbers, not conditions`,
		`not arm("pti_50").leaks`:                          `wants a condition, this is a count`,
		`arm("pti_50").leaks < `:                           `unexpected token`,
		`arm("pti_50".leaks < 8`:                           `unexpected token`,
		`len("x") < 3`:                                     `has no place in a gate`,
		`let x = 1; x < 2`:                                 `has no place in a gate`,
		strings.Repeat("(", 5000):                          `at most 1000 are allowed`,
	} {
		_, err := Compile("e.yaml", []data.Gate{{Name: "g", Expect: expect}}, arms, 1)
		var problems *data.Problems
		if !errors.As(err, &problems) || problems.Cause != data.BadConfig || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), `e.yaml: gate "g": `) {
			t.Errorf("%s:\n got %v\nwant %s", expect, err, want)
		}
	}
	_, err := Compile("", []data.Gate{{Expect: "1"}, {Expect: "2"}}, arms, 1)
	if err == nil || !strings.Contains(err.Error(), "gates[0].expect") || !strings.Contains(err.Error(), "gates[1].expect") {
		t.Errorf("all problems at once: %v", err)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`arm("a").default_rate < 8% and not (diff("a").leaks.lo > 3 * 2.5)`)
	f.Add(`8%% < 1..2 ? "x" : [1, {"a": nil}]`)
	f.Add("arm(\"é\")\n.默认 < .5pp")
	arms := []data.Arm{{Name: "a"}}
	r := &data.Results{Run: data.Run{Paths: 2, Replicate: 1, Arms: arms}, Counts: [][]int64{make([]int64, 2*int(data.NumCounters))}}
	built := output.Build(r, output.Options{})
	f.Fuzz(func(t *testing.T, expect string) {
		gates, err := Compile("", []data.Gate{{Expect: expect}}, arms, 1)
		if err == nil {
			Judge(built, gates)
		}
	})
}
