package sim

import (
	"slices"
	"strings"
	"testing"

	"relend/data"
)

// An identity matrix changes nothing, to the unit; a correlation and a given start change results, and the latter is
// said. A bad start is refused.
func TestFactorSettings(t *testing.T) {
	p := book(300)
	s := settings(12, 2)
	plain := mustRun(t, p, s, 1, arm("base"))
	s.Correlation = [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	equal(t, "identity", plain, 0, mustRun(t, p, s, 1, arm("base")), 0)
	s.Correlation[0][1], s.Correlation[1][0] = .9, .9
	if slices.Equal(plain.Counts[0], mustRun(t, p, s, 1, arm("base")).Counts[0]) {
		t.Error("a correlation changes nothing")
	}

	s = settings(12, 2)
	z := 2.
	s.Start = &z
	bad := mustRun(t, p, s, 1, arm("base"))
	misses := func(r *data.Results) (n int64) {
		for path := range 2 {
			for m := range data.Month(13) {
				n += r.Row(0, path, m)[data.Misses]
			}
		}
		return n
	}
	if misses(bad) < misses(plain)*11/10 {
		t.Errorf("%d misses from a bad start, %d without", misses(bad), misses(plain))
	}
	if !slices.ContainsFunc(bad.Run.Warnings, func(w string) bool {
		return strings.Contains(w, "starts at a factor of 2: the mean multiplier of the miss hazard is not 1 but 1.")
	}) {
		t.Errorf("%q", bad.Run.Warnings)
	}
	z = 7
	s.Correlation = [][]float64{{1}}
	_, err := NewPlan(p, []Arm{arm("base")}, s)
	if err == nil || !strings.Contains(err.Error(), "factors.start: 7 is out of range") || !strings.Contains(err.Error(), "1 rows for 3 segments") {
		t.Error(err)
	}
}
