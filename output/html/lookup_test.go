package html

import (
	"regexp"
	"strings"
	"testing"

	"relend/output"
)

// Every keyed number of a report is found in its table; a digit changed in the report or a figure in the table is not
// what it was.
func TestLookUp(t *testing.T) {
	results := sample(policies, []string{"baseline", "adverse"}, 8, 3)
	files, _ := Render(results, output.Options{})
	page, summary := files.Bytes["report.html"], files.Bytes["tables/summary.csv"]
	found, wrong := LookUp(page, summary, results.Run.Months)
	if found < 100 || len(wrong) > 0 {
		t.Fatalf("%d found, wrong: %q", found, wrong)
	}
	digit := regexp.MustCompile(`data-key="[^"]*">[−0-9,.]*([1-9])`)
	at := digit.FindAllSubmatchIndex(page, -1)
	for _, m := range at[:min(len(at), 40)] {
		changed := append([]byte{}, page...)
		changed[m[2]] = '1' + (changed[m[2]]-'1'+1)%9
		if _, wrong := LookUp(changed, summary, results.Run.Months); len(wrong) != 1 {
			t.Errorf("%s with another digit: %q", page[m[0]:m[1]], wrong)
		}
	}
	missing := strings.Replace(string(summary), "default_rate,", "other_rate,", -1)
	if _, wrong := LookUp(page, []byte(missing), results.Run.Months); len(wrong) == 0 || !strings.Contains(wrong[0], "has no such row") {
		t.Errorf("a measure that is not in the table: %q", wrong)
	}
	if _, wrong := LookUp(page, []byte("no table"), results.Run.Months); len(wrong) != 1 {
		t.Errorf("no table: %q", wrong)
	}
}
