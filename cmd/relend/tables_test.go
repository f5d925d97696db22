package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"relend/data"
	"relend/data/rundir"
	"relend/output"
	"relend/output/table"
	"relend/sim"
	"relend/sim/behaviour"
)

// once is a directory that several tests look at; what a test changes, it copies first.
func once(fill func(dir string) error) func(*testing.T) string {
	made := sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "relend-test-")
		if err == nil {
			shared = append(shared, dir)
			err = fill(dir)
		}
		return dir, err
	})
	return func(t *testing.T) string {
		t.Helper()
		dir, err := made()
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
}

// shared are the directories of once. Tests that ask for one do not run side by side.
var shared []string

// quick is a directory with a run of the quick experiment on a few paths.
var quick = once(func(dir string) error {
	if code, _, complaints := relend("run", "quick", "--quiet", "--paths", "8", "-o", filepath.Join(dir, "run")); code != exitOK {
		return fmt.Errorf("exit code %d: %s", code, complaints)
	}
	return nil
})

// TestTablesAddUp checks the identities of the tables on a run of the engine: they hold whatever was drawn.
func TestTablesAddUp(t *testing.T) {
	dir := filepath.Join(quick(t), "run")
	_, results, err := rundir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := output.Build(results, output.Options{})
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	total := func(arm int, counter data.Counter) (sum float64) {
		for path := range r.Run.Paths {
			for m := 1; m <= r.Run.Months; m++ {
				sum += float64(results.Row(arm, path, data.Month(m))[counter])
			}
		}
		return sum
	}
	starts := func(arm int, counter data.Counter) (sum float64) {
		for path := range r.Run.Paths {
			for m := range r.Run.Months {
				sum += float64(results.Row(arm, path, data.Month(m))[counter])
			}
		}
		return sum
	}
	for a, arm := range r.Run.Arms {
		states, cured := map[int]float64{}, 0.
		for _, x := range r.Rolls {
			if x.Arm != a {
				continue
			}
			states[x.State] += x.Rate.Value
			if output.RollMoves[x.Move] == "better" {
				if x.Rate.Value < 0 {
					t.Errorf("%s: rate of cures from %s is %v", arm.Name, output.RollStates[x.State], x.Rate.Value)
				}
				cured += x.Rate.Value * starts(a, data.BorrowersD1+data.Counter(x.State-1))
			}
		}
		for state, sum := range states {
			near(arm.Name+": moves from "+output.RollStates[state], sum, 1)
		}
		near(arm.Name+": cures, counted and by the stocks", cured, total(a, data.Cures))
		amounts := map[string]float64{}
		for _, x := range r.Margins {
			if x.Arm == a {
				amounts[x.Item] = x.Amount.Value
			}
		}
		net := 0.
		for _, item := range output.MarginItems[:6] {
			net += amounts[item]
		}
		near(arm.Name+": net margin", net, amounts["net_margin"])
		near(arm.Name+": the same of the summary", net, r.At(a, "net_margin").Value)
		near(arm.Name+": after provisions", net+amounts["provisions"], amounts["net_margin_provisioned"])
		for _, dimension := range []string{"segment", "product", "ordinal"} {
			var sums [5]float64
			rate := 0.
			for _, x := range r.Parts {
				if x.Arm == a && x.Dimension == dimension {
					rate += x.Rate.Value
					for i, f := range x.Parts {
						sums[i] += f.Value
					}
				}
			}
			near(arm.Name+": loss rate by "+dimension, rate, r.At(a, "loss_rate").Value)
			near(arm.Name+": defaults by "+dimension, sums[2]*float64(r.Run.Paths), total(a, data.Defaults))
			near(arm.Name+": balance by "+dimension, sums[1], r.At(a, "balance").Value)
		}
		for _, x := range r.ByStage {
			if x.Arm == a && x.Month == r.Run.Months && x.Stage == 3 {
				near(arm.Name+": stage 3", x.Share.Value, r.At(a, "par_90").Value)
			}
		}
		year := 0
		for _, x := range r.LossRates {
			if x.Arm == a && x.Measure == "net_charge_off_rate" {
				year++
				near(arm.Name+": loss rate of the first year", x.Figure.Value, r.Series(a, "net_charge_off_rate")[x.To].Value)
			}
		}
		if year != 1 {
			t.Errorf("%s: %d years of 12 months", arm.Name, year)
		}
	}

	// Every column of every table is documented, in the run directory too, and has the type that is stated.
	var schema struct {
		Version int
		Tables  []table.Schema
	}
	raw, err := os.ReadFile(filepath.Join(dir, "tables", "schema.json"))
	if err != nil || json.Unmarshal(raw, &schema) != nil || schema.Version != table.SchemaVersion {
		t.Fatalf("schema.json: %v, version %d", err, schema.Version)
	}
	text := tablesSchemaText()
	for i, written := range table.All(r) {
		s := schema.Tables[i]
		if s.Name != written.Name || len(s.About) < 20 || len(s.Columns) != len(written.Columns) || !strings.Contains(text, "\n"+s.Name+"\n") {
			t.Errorf("table %s: the schema has %+v", written.Name, s)
			continue
		}
		for k, c := range written.Columns {
			kind := map[bool]string{c.Ints != nil: "integer", c.Floats != nil: "number", c.Strings != nil: "text"}[true]
			if d := s.Columns[k]; d.Name != c.Name || d.Type != kind || d.Meaning == "" {
				t.Errorf("table %s, column %s (%s): the schema has %+v", written.Name, c.Name, kind, d)
			}
		}
		for _, end := range []string{".csv", ".parquet"} {
			if _, err := os.Stat(filepath.Join(dir, "tables", written.Name+end)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(schema.Tables) != len(table.Kinds) || !slices.IsSortedFunc(r.Years(), func(a, b [2]int) int { return a[0] - b[0] }) {
		t.Errorf("%d tables documented, %d written", len(schema.Tables), len(table.Kinds))
	}
}

// A pass over assumptions compares runs path by path: one with itself moves nothing, one with fewer defaults in an arm by just
// those, and arms that change places are named.
func TestInfluence(t *testing.T) {
	_, results, err := rundir.Open(filepath.Join(quick(t), "run"))
	if err != nil {
		t.Fatal(err)
	}
	base := rank(results)
	for a, s := range base.shifts(base, results.Run.Replicate) {
		if s != (data.Shift{}) {
			t.Errorf("arm %d moves by %+v against itself", a, s)
		}
	}
	if swaps := base.swaps(base); swaps != nil {
		t.Errorf("arms change places: %v", swaps)
	}
	for path := range results.Run.Paths {
		for m := 1; m <= results.Run.Months; m++ { // no top-up, told to be above the cooling-off, falls below it
			row := results.Row(2, path, data.Month(m))
			row[data.Defaults] /= 4
		}
	}
	other := rank(results)
	shifts := other.shifts(base, results.Run.Replicate)
	if shifts[0] != (data.Shift{}) || shifts[1] != (data.Shift{}) || !(shifts[2].Value < -.01) || !(shifts[2].StandardError > 0) {
		t.Errorf("shifts %+v", shifts)
	}
	if swaps := other.swaps(base); !slices.Contains(swaps, [2]int{1, 2}) {
		t.Errorf("swaps %v", swaps)
	}
	for _, name := range []string{"factor.rho", "delinquency.cure_1"} {
		d, _ := behaviour.Lookup(name)
		arms := []sim.Arm{{Behaviour: behaviour.Default()}}
		half, ok := scaled(arms, d, .5)
		if !ok || d.Value(&half[0].Behaviour) != d.Default/2 || d.Value(&arms[0].Behaviour) != d.Default {
			t.Errorf("%s halved: %v", name, ok)
		}
		if _, ok := scaled(arms, d, 1e9); ok {
			t.Errorf("%s leaves its range", name)
		}
	}
}
