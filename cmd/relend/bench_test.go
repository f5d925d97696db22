package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// Control totals do not depend on the machine's pace nor on workers, and arms together count what one alone counts
// and more. Times are not tested.
func TestBench(t *testing.T) {
	measure := func() benchReport {
		var text strings.Builder
		if code := run(context.Background(), []string{"bench", "--borrowers", "100", "--json"}, &text, io.Discard); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		var r benchReport
		if err := json.Unmarshal([]byte(text.String()), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, second := measure(), measure()
	controls := map[string]int64{}
	for i, row := range first.Rows {
		if row.Control != second.Rows[i].Control || row.What != second.Rows[i].What {
			t.Errorf("%s: control total %d, then %d", row.What, row.Control, second.Rows[i].Control)
		}
		if row.Unit == "million borrower-months a second" && (row.Control == 0 || !(row.Seconds > 0) || !(row.Value > 0)) {
			t.Errorf("%+v", row)
		}
		controls[row.What] = row.Control
	}
	one, twins := controls["engine, one arm, one worker"], controls["engine, an arm and its twin, one worker"]
	if one == 0 || twins != 2*one || controls["engine, 11 arms together, one worker"] <= twins {
		t.Errorf("control totals %v", controls)
	}
}
