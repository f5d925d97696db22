package main

import (
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
	"relend/output/table"
)

// The columns that schema ledger describes are those of the tables.
func TestLedgerSchema(t *testing.T) {
	r := &data.Results{Run: data.Run{Months: 1, Paths: 2, Replicate: 1, Arms: []data.Arm{{Name: "a"}}}, Counts: [][]int64{make([]int64, 4*int(data.NumCounters))}}
	report := output.Build(r, output.Options{})
	for _, f := range ledgerFiles {
		if !strings.HasPrefix(f.name, "tables/") {
			continue
		}
		var described, written []string
		for _, c := range f.columns {
			described = append(described, c[0])
		}
		for _, x := range table.All(report) {
			if "tables/"+x.Name == f.name {
				for _, c := range x.Columns {
					written = append(written, c.Name)
				}
			}
		}
		if !slices.Equal(described, written) {
			t.Errorf("%s: described %q, written %q", f.name, described, written)
		}
	}
	for i, c := range bites() {
		if c[2] == "" || c[0] != data.Bite(i).String() {
			t.Errorf("column %d: %q", i, c)
		}
	}
}
