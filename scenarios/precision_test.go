package scenarios

import (
	"math"
	"strings"
	"testing"

	"relend/sim/factor"
)

func TestParsePrecision(t *testing.T) {
	for _, c := range []struct {
		text, measure string
		difference    bool
		half, level   float64
	}{
		{"default_rate=±5bp@95%", "default_rate", false, 5e-4, .95},
		{"diff:default_rate = +- 0.02pp @ 99%", "default_rate", true, 2e-4, .99},
		{"net_margin=±1000", "net_margin", false, 1e5, .95},
		{"originations=±12.5@90%", "originations", false, 12.5, .9},
		{"diff:default_rate=±20%rel|2bp@90%", "default_rate", true, 2e-4, .9},
		{"diff:default_rate=±20%rel|2bp@90%", "default_rate", true, 2e-4, .9},
		{"diff:default_rate=±2bp|20%rel@90%", "default_rate", true, 2e-4, .9},
	} {
		p, wrong := ParsePrecision(c.text)
		if wrong != "" || p.Measure != c.measure || p.Difference != c.difference || math.Abs(p.Half/c.half-1) > 1e-12 || math.Abs(p.Level-c.level) > 1e-12 {
			t.Errorf("%s: %+v %s", c.text, p, wrong)
		}
		if again, wrong := ParsePrecision(p.String()); wrong != "" || again != p {
			t.Errorf("%s: %v reads as %+v %s", c.text, p, again, wrong)
		}
	}
	for text, want := range map[string][2]float64{ // widths for figures of -.0001 and .5
		"default_rate=±0.4%rel":      {4e-7, 2e-3},
		"default_rate=±20%rel|2bp":   {2e-4, .1},
		"diff:net_margin=±3|10%rel":  {300, 300},
		"net_margin=±1%rel|2%rel|2":  {200, 200},
		"diff:default_rate=±1bp|2bp": {2e-4, 2e-4},
	} {
		p, wrong := ParsePrecision(text)
		if got := [2]float64{p.HalfOf(-.0001), p.HalfOf(.5)}; wrong != "" || math.Abs(got[0]/want[0]-1) > 1e-12 || math.Abs(got[1]/want[1]-1) > 1e-12 {
			t.Errorf("%s: %v %s, want %v", text, got, wrong, want)
		}
	}
	for text, want := range map[string]string{
		"default_rate":            "is needed, such as",
		"defalt_rate=±5bp":        `did you mean "default_rate"`,
		"dif:default_rate=±5bp":   `did you mean "diff"`,
		"default_rate=5bp":        "begins with ± or +-",
		"default_rate=±5":         "bp or pp",
		"default_rate=±-5bp":      "not a number above 0",
		"default_rate=±5bp@95":    "not one of 50% to 99.99%",
		"default_rate=±5bp@100%":  "not one of 50% to 99.99%",
		"net_margin=±0":           "not a number above 0",
		"default_rate=±NaNbp@95%": "not a number above 0",
		"default_rate=±0%rel":     "not a share of the figure above 0%",
		"default_rate=±x%rel|1bp": "not a share of the figure above 0%",
		"default_rate=±1%":        "such as 0.5%rel",
		"default_rate=±1%rel|":    "bp or pp",
	} {
		if _, wrong := ParsePrecision(text); !strings.Contains(wrong, want) {
			t.Errorf("%s: %q, want %q", text, wrong, want)
		}
	}
}

func TestSampleAndPrecisionKeys(t *testing.T) {
	e, err := Parse("e.yaml", []byte("sample: 500\nprecision: [default_rate=±5bp@95%]\n"), Overrides{})
	if err != nil || e.Sample != 500 || len(e.Precision) != 1 {
		t.Fatalf("%+v %v", e, err)
	}
	again, err := Parse("e.yaml", e.Resolved(), Overrides{})
	if err != nil || again.Sample != 500 || again.Precision[0] != e.Precision[0] {
		t.Errorf("resolved: %+v %v", again, err)
	}
	weighted, err := Parse("e.yaml", []byte("design: importance\nweighted_controls: true\n"), Overrides{})
	if err != nil || weighted.Design != factor.Importance || !weighted.Weighted {
		t.Fatalf("%+v %v", weighted, err)
	}
	if again, err := Parse("e.yaml", weighted.Resolved(), Overrides{}); err != nil || !again.Weighted {
		t.Errorf("resolved: %+v %v", again, err)
	}
	for _, o := range []Overrides{{Sample: "auto"}, {Precision: []string{"loss_rate=±1pp"}}} {
		if _, err := Parse("e.yaml", []byte("design: importance\n"), o); err == nil || !strings.Contains(err.Error(), "the design importance is for") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	over, err := Parse("e.yaml", []byte("sample: 500\nprecision: [default_rate=±5bp@95%]\n"), Overrides{Sample: "auto", Precision: []string{"loss_rate=±1pp"}})
	if err != nil || over.Sample != SampleAuto || over.Precision[0].Measure != "loss_rate" {
		t.Errorf("overridden: %+v %v", over, err)
	}
	for text, want := range map[string]string{
		"sample: al":                 `did you mean "all"`,
		"sample: 1":                  "at least 2",
		"sample: 50\nengine: expect": "goes with the engine step",

		"design: importance\nsample: 50":                     "e.yaml:2:9: sample: 50: the design importance is for quantiles over paths",
		"design: importance\nprecision: [default_rate=±5bp]": "e.yaml:2:12: precision: default_rate=±5bp@95%: the design importance is for tails",
		"design: lattice\nweighted_controls: true":           "e.yaml:2:20: weighted_controls: only the design importance weighs paths; this one is lattice",
		"design: importance\nweighted_controls: perhaps":     "true or false is needed",
		"design: importance\npaths: 7":                       "importance paths come in groups of 2",
	} {
		if _, err := Parse("e.yaml", []byte(text), Overrides{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
