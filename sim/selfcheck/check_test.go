package selfcheck

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// Every row of every check holds, and each turns red under a model that is wrong by little; each wrong model turns a row
// red.
func TestChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for a minute")
	}
	ids := map[string]bool{}
	for _, c := range Checks() {
		t.Run(c.ID, func(t *testing.T) {
			if c.ID == "V25" && os.Getenv("RELEND_SLOW") == "" { // TestCoverage of package expect asks the same of fewer designs
				t.Skip("RELEND_SLOW is not set")
			}
			if ids[c.ID] || c.Title == "" || c.Source == "" || len(c.Wrong) == 0 {
				t.Fatalf("an id twice, or without title, source or wrong model: %+v", c)
			}
			ids[c.ID] = true
			begun := time.Now()
			rows, err := c.Run(t.Context(), Departure{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if !r.Holds {
					t.Errorf("%+v", r)
				}
			}
			t.Logf("%d rows in %v", len(rows), time.Since(begun))
			caught := make([]bool, len(rows))
			for _, w := range c.Wrong {
				wrong, err := c.Run(t.Context(), w.Departure)
				if err != nil {
					t.Fatal(err)
				}
				if len(wrong) != len(rows) {
					t.Fatalf("%s: %d rows, %d when right", w.Name, len(wrong), len(rows))
				}
				noticed := 0
				for i, r := range wrong {
					if !r.Holds {
						noticed++
						caught[i] = true
					}
				}
				if noticed == 0 {
					t.Errorf("%s: goes unnoticed", w.Name)
				}
				t.Logf("%s: %d of %d rows red", w.Name, noticed, len(rows))
			}
			for i, r := range rows {
				if !caught[i] {
					t.Errorf("no wrong model turns this row red: %s", r.What)
				}
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range Checks() {
		if c.ID != "V4" {
			continue
		}
		if _, err := c.Run(ctx, Departure{}); err == nil || !strings.Contains(err.Error(), "V4 Defaults are binomial") {
			t.Errorf("%v", err)
		}
	}
}
