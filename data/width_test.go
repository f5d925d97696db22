package data

import (
	"strings"
	"testing"
)

func TestParseTolerance(t *testing.T) {
	for text, want := range map[string]struct {
		half     float64
		diff     bool
		relative bool
	}{
		"default_rate=±10bp":         {1e-3, false, false},
		"diff:default_rate = +-.5pp": {.005, true, false},
		"net_margin=±1000":           {100000, false, false},
		"originations_amount=±2%":    {.02, false, true},
		"leaks=±5":                   {5, false, false},
	} {
		got, wrong := ParseTolerance(text)
		if wrong != "" || got.Half != want.half || got.Difference != want.diff || got.Relative != want.relative {
			t.Errorf("%s: %+v %s", text, got, wrong)
			continue
		}
		if again, wrong := ParseTolerance(got.String()); wrong != "" || again.String() != got.String() {
			t.Errorf("%s is written %s: %s", text, got, wrong)
		}
	}
	for text, want := range map[string]string{
		"default_rate":         "[diff:]MEASURE=±WIDTH is needed",
		"defalt_rate=±1bp":     `did you mean "default_rate"?`,
		"dif:default_rate=±1":  `did you mean "diff"?`,
		"default_rate=1bp":     "the width begins with ±",
		"default_rate=±1%":     "is written in bp or pp",
		"default_rate=±0bp":    "is not a number above 0",
		"leaks=±120%":          "at most 100%",
		"leaks=±x":             "is not a number above 0",
		"originations=±infbp":  "is not a number above 0",
		"diff:leaks=±-1":       "is not a number above 0",
		"originations=±NaN":    "is not a number above 0",
		"originations=±1e999%": "is not above 0%",
	} {
		if _, wrong := ParseTolerance(text); !strings.Contains(wrong, want) {
			t.Errorf("%s: %q, want %q", text, wrong, want)
		}
	}
}
