package html

import (
	"slices"
	"testing"

	"relend/data"
	"relend/output"
)

func TestAnchorTable(t *testing.T) {
	run := &data.Run{Segments: []string{"consumer", "gig"}}
	if anchorTable(&output.Report{Run: run}) != nil {
		t.Error("a table without offsets")
	}
	run.Anchoring = data.Anchoring{Method: "baseline", Arm: "base", Bands: []data.AnchorBand{
		{Segment: 1, Lowest: .01, Highest: .0255, Borrowers: 12345, PD: .02, Before: .018, After: .0200004, StandardError: .00012, Offset: .1234, Reached: true},
		{Lowest: .001, Highest: .001, Borrowers: 200, PD: .001, Before: .03, After: .02, Offset: -3},
	}}
	rows := anchorTable(&output.Report{Run: run})[0].Rows
	if want := []string{"gig, 1.00 to 2.55%", "12,345", "2.00", "1.80", "2.00", "0.012", "+0.123"}; !slices.Equal(rows[0], want) {
		t.Errorf("%q", rows[0])
	}
	if rows[1][6] != "−3.000 (out of reach)" {
		t.Errorf("%q", rows[1])
	}
}
