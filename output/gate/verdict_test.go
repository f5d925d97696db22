package gate

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Defaults 100, 110, 90, 100 of 1000 on four paths, 20 fewer in the other arm: quantiles by hand.
func TestTails(t *testing.T) {
	r := report(t)
	for _, c := range []struct {
		expect string
		want   Result
	}{
		{`arm("base").default_rate.p75.value == 10%`, Holds}, // third of four
		{`arm("base").default_rate.p76.value == 11%`, Holds},
		{`arm("base").default_rate.p95 < 50%`, Undecided}, // four paths give no interval
		{`diff("strict").default_rate.p99.value in [-2.01pp, -1.99pp]`, Holds},
		{`diff("strict", "base", 1).default_rate.p05.value in [-2.01pp, -1.99pp]`, Holds},
		{`arm("base").default_rate.es95 < 50%`, Undecided},
		{`arm("base").approval_rate.p95 < 50%`, Fails}, // no data
	} {
		gates, err := Compile("", []data.Gate{{Name: "g", Expect: c.expect, Level: "error"}}, r.Run.Arms, 1)
		if err != nil {
			t.Errorf("%s: %v", c.expect, err)
			continue
		}
		if v := Judge(r, gates); v.Gates[0].Result != c.want {
			t.Errorf("%s: %+v", c.expect, v.Gates[0])
		}
	}
	for expect, want := range map[string]string{
		`arm("base").default_rate.p9 < 1%`:                `unknown part "p9" of a figure`,
		`ratio("base").default_rate.p95 < 1`:              `ratio has no p95`,
		`arm("base").default_rate.p95.std_error < 1%`:     `p95 has no standard error`,
		`arm("base").default_rate.p95.value.value < 1%`:   `nothing may follow .value`,
		`arm("base").default_rate.p00 < 1%`:               `unknown part "p00"`,
		`arm("base").default_rate.es9x < 1%`:              `unknown part "es9x"`,
		`arm("base").default_rate.p95.p95 < arm("x").x.y`: `unknown part "p95"`,
	} {
		if _, err := Compile("", []data.Gate{{Expect: expect}}, r.Run.Arms, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", expect, err, want)
		}
	}
}

// A quantile's interval at 72 paths and more is the one of ranks, and decides.
func TestTailIntervals(t *testing.T) {
	r := &data.Results{Run: data.Run{Paths: 200, Replicate: 1, Months: 1, Arms: []data.Arm{{Name: "base"}}}, Counts: [][]int64{make([]int64, 200*2*int(data.NumCounters))}}
	for path := range 200 {
		r.Row(0, path, 0)[data.BorrowersCurrent] = 1000
		r.Row(0, path, 1)[data.Defaults] = int64(path)
	}
	gates, err := Compile("", []data.Gate{{Expect: `arm("base").default_rate.p95 < 20%`}, {Expect: `arm("base").default_rate.p95 < 17%`}, {Expect: `arm("base").default_rate.p95 < 19%`}}, r.Run.Arms, 1)
	if err != nil {
		t.Fatal(err)
	}
	v := Judge(output.Build(r, output.Options{}), gates)
	if v.Gates[0].Result != Holds || v.Gates[1].Result != Fails || v.Gates[2].Result != Undecided {
		t.Errorf("%+v", v.Gates)
	}
}

// hostile is a verdict of many gates with texts that a reader of XML or Markdown could stumble over.
func hostile(n int) Verdict {
	v := Verdict{Passed: true}
	for i := range n {
		v.Add(Judgement{Name: fmt.Sprintf("gate %d ]]> \x01 & <b> | 默认", i), Expect: strings.Repeat("arm(\"é\").x < 8% and ", 100),
			Level: []string{"error", "warn"}[i%2], Result: []Result{Holds, Fails, Undecided}[i%3], Found: strings.Repeat("|<x>\n\ufffe", 300)})
	}
	v.Against = &Against{Totals: slices.Repeat([]string{strings.Repeat("defaults of a ", 30)}, 500)}
	return v
}

// junit.xml is what Jenkins and Surefire read: known elements and attributes in their order, counts that are right, no
// character that XML does not know. The same verdict gives the same bytes.
func TestJUnit(t *testing.T) {
	v := hostile(12)
	raw := v.JUnit("Title & <more>", []data.Check{{Name: "ledger", Result: "holds", Holds: true}, {Name: "slice", Result: "is off"}})
	if !bytes.Equal(raw, v.JUnit("Title & <more>", []data.Check{{Name: "ledger", Result: "holds", Holds: true}, {Name: "slice", Result: "is off"}})) {
		t.Error("the same verdict gives other bytes")
	}
	allowed := map[string][]string{"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"skipped", "error", "failure", "system-out"}}
	attributes := map[string][]string{
		"testsuites": {"name", "time", "tests", "failures", "errors"}, "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
		"testcase": {"name", "classname", "time"}, "failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message"},
	}
	var open []string
	found := map[string]int{}
	last := -1
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			if len(open) > 0 {
				place := slices.Index(allowed[open[len(open)-1]], name)
				if place < 0 {
					t.Errorf("%s inside %v", name, open)
				}
				if open[len(open)-1] == "testcase" && place <= last {
					t.Errorf("%s comes after what it should precede", name)
				}
				last = place
			}
			if name == "testcase" {
				last = -1
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes[name], a.Name.Local) {
					t.Errorf("%s has the attribute %s", name, a.Name.Local)
				}
			}
			found[name]++
			open = append(open, name)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	// Of 12: of level error numbers 0, 2, 4 .. hold, are undecided, fail in turn, two of each; of level warn 4 do not hold.
	if found["testcase"] != 14 || found["failure"] != 3 || found["error"] != 2 || found["skipped"] != 4 {
		t.Errorf("found %v", found)
	}
	var suites junitSuites
	if err := xml.Unmarshal(raw, &struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    *int     `xml:"tests,attr"`
		Failures *int     `xml:"failures,attr"`
		Errors   *int     `xml:"errors,attr"`
	}{Tests: &suites.Tests, Failures: &suites.Failures, Errors: &suites.Errors}); err != nil || suites.Tests != 14 || suites.Failures != 3 || suites.Errors != 2 {
		t.Errorf("%v, %+v", err, suites)
	}
}

// However many gates there are, report.md stays below the megabyte that summaries of CI systems take; what fails is shown.
func TestMarkdownSize(t *testing.T) {
	v := hostile(20000)
	text := v.Markdown(&data.Run{Title: strings.Repeat("long ", 10000)})
	if len(text) > 1<<20 || !bytes.Contains(text, []byte("19,800 gates more in verdict.json")) || !bytes.Contains(text, []byte("| fails |")) || bytes.Contains(text, []byte("| holds |")) {
		t.Errorf("%d bytes", len(text))
	}
	v = hostile(3)
	v.Against.Moves = []Move{{Before: known(math.NaN()), After: known(1)}}
	if raw := v.JSON(); !json.Valid(raw) || !bytes.Contains(raw, []byte(`"before": null`)) {
		t.Error("not JSON")
	}
}

// counted is a run of two arms whose defaults on 4 paths of 1000 borrowers are given.
func counted(seed uint64, defaults ...int64) *data.Results {
	r := &data.Results{Run: data.Run{Seed: seed, Currency: "CNY", Paths: len(defaults), Replicate: 1, Months: 1, Arms: []data.Arm{{Name: "base"}, {Name: "strict"}}}}
	for arm := range 2 {
		r.Counts = append(r.Counts, make([]int64, len(defaults)*2*int(data.NumCounters)))
		for path, n := range defaults {
			r.Row(arm, path, 0)[data.BorrowersCurrent] = 1000
			r.Row(arm, path, 1)[data.Defaults] = n - 20*int64(arm)
		}
	}
	return r
}

// Each verdict on a move, by a case whose figures are known: the change is exact on every path, or its noise is wide.
func TestMoves(t *testing.T) {
	before := counted(1, 100, 110, 90, 100)
	for _, c := range []struct {
		name      string
		after     *data.Results
		tolerance string
		want      Result
	}{
		{"the same to the bit", counted(1, 100, 110, 90, 100), "default_rate=±1bp", Holds},
		{"1 pp more on every path, tolerance 0.5 pp", counted(1, 110, 120, 100, 110), "default_rate=±0.5pp", Fails},
		{"1 pp more on every path, tolerance 1.5 pp", counted(1, 110, 120, 100, 110), "default_rate=±1.5pp", Holds},
		{"1 pp more in the mean, chance far beyond the tolerance", counted(1, 60, 170, 140, 70), "default_rate=±0.5pp", Undecided},
		{"the differences of arms are the same", counted(1, 110, 120, 100, 110), "diff:default_rate=±1bp", Holds},
		{"independent draws are wider than paired ones", counted(2, 110, 120, 100, 110), "default_rate=±0.5pp", Undecided},
		{"no data", counted(1, 100, 110, 90, 100), "approval_rate=±1pp", Fails},
	} {
		a := &Against{}
		if before.Run.Seed != c.after.Run.Seed {
			a.Configuration = []string{"seed"}
		}
		got := Compare(before, c.after, a, tolerances(t, c.tolerance), .99, "warn")
		if last := got[len(got)-1]; last.Result != c.want || last.Found == "" {
			t.Errorf("%s: %+v", c.name, last)
		}
		identical := slices.Equal(before.Counts[0], c.after.Counts[0])
		if a.Identical != identical || a.ModelChanged != (!identical && before.Run.Seed == c.after.Run.Seed) {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	gone := counted(1, 100, 110, 90, 100)
	gone.Run.Arms = []data.Arm{{Name: "base"}, {Name: "other"}}
	got := Compare(before, gone, &Against{Configuration: []string{"arms"}}, tolerances(t, "default_rate=±1bp"), .99, "error")
	if last := got[len(got)-1]; last.Result != Fails || !strings.Contains(last.Found, "no such arm") {
		t.Errorf("an arm that is gone: %+v", last)
	}
}

// The parts of a change add up to it, as numbers and as they are shown, in whatever order the causes can be swapped.
func TestSplit(t *testing.T) {
	at := func(defaults ...int64) *data.Results { return counted(1, defaults...) }
	corners := map[Corner]*data.Results{
		0: at(100, 110, 90, 103), NewData: at(111, 115, 99, 120), NewConfiguration: at(90, 101, 95, 93), NewProgram: at(101, 110, 91, 103),
		NewData | NewConfiguration: at(120, 113, 104, 117), NewData | NewProgram: at(112, 118, 99, 121),
		NewConfiguration | NewProgram: at(93, 104, 98, 94), Later: at(125, 119, 107, 121),
	}
	every := func(Corner) bool { return true }
	all := []Corner{NewData, NewConfiguration, NewProgram}
	without := func(missing ...Corner) func(Corner) bool {
		return func(c Corner) bool {
			return c == 0 || c == Later || !slices.ContainsFunc(missing, func(m Corner) bool { return c == m })
		}
	}
	for _, c := range []struct {
		name   string
		has    func(Corner) bool
		causes []Corner
		orders int
	}{
		{"all can be run", every, all, 6},
		{"no old program", func(c Corner) bool { return c == 0 || c&NewProgram != 0 }, all, 2},
		{"no old portfolio, no old program", without(NewData, NewConfiguration, NewProgram, NewData|NewConfiguration, NewConfiguration|NewProgram), []Corner{NewData | NewProgram, NewConfiguration}, 1},
		{"nothing between", without(NewData, NewConfiguration, NewProgram, NewData|NewConfiguration, NewConfiguration|NewProgram, NewData|NewProgram), []Corner{Later}, 1},
	} {
		causes := Separable(all, c.has)
		if orders := Orders(causes, c.has); !slices.Equal(causes, c.causes) || len(orders) != c.orders {
			t.Errorf("%s: causes %v, orders %v", c.name, causes, orders)
		}
		there := map[Corner]*data.Results{}
		for at, r := range corners {
			if c.has(at) {
				there[at] = r
			}
		}
		split := Split(there, causes, tolerances(t, "default_rate=±1bp", "diff:default_rate=±1bp"))
		if len(split) != 3 { // two arms, one of which has a difference
			t.Fatalf("%s: %d changes", c.name, len(split))
		}
		for _, one := range split {
			sum := 0.
			for _, p := range one.Parts {
				sum += *p.Value
			}
			if math.Abs(sum-*one.Whole.Value) > 1e-15 {
				t.Errorf("%s: %v, parts sum to %v", c.name, one, sum)
			}
		}
	}
	// Two causes by hand: data does 10 or 26 more, configuration 4 or 20, by what is swapped first.
	two := map[Corner]*data.Results{0: at(100, 100), NewData: at(110, 110), NewConfiguration: at(104, 104), NewData | NewConfiguration: at(130, 130)}
	split := Split(two, []Corner{NewData, NewConfiguration}, tolerances(t, "default_rate=±1bp"))
	if p := split[0].Parts; math.Abs(*p[0].Value-.018) > 1e-15 || math.Abs(*p[1].Value-.012) > 1e-15 || *p[0].Half > 1e-15 {
		t.Errorf("data %v, configuration %v", *p[0].Value, *p[1].Value)
	}
	if shown := shares(1, []estimate.Figure{{Value: .3333}, {Value: .3333}, {Value: .3334}}, 1, 2); shown[0]+shown[1]+shown[2] != 1 {
		t.Errorf("as shown they sum to %v", shown)
	}
}
