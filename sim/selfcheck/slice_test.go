package selfcheck

import (
	"strings"
	"testing"
	"time"

	"relend/data"
	"relend/data/synth"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// The slice of an ordinary run holds, with and without PDs, and rejects an engine that is wrong.
func TestSlice(t *testing.T) {
	spec := synth.Default()
	spec.Borrowers = 500
	p, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	a := arm(behaviour.Default(), defaultRules(&rule.CoolingOff{AfterPayoff: 1}, &rule.StopLending{Close: .001})...)
	a.Macro = factor.Macro{Unemployment: []float64{0, 1, 2}}
	settings := sim.Settings{Months: 36, Seed: 1}
	check, err := Slice(t.Context(), p, a, settings)
	if err != nil || !check.Holds || !strings.Contains(check.Result, "80000 copies of a borrower (PD ") || check.Name != SliceName {
		t.Errorf("%+v, %v", check, err)
	}
	t.Log(check.Result)
	begun := time.Now()
	again, err := Slice(t.Context(), p, a, settings)
	if err != nil || again != check {
		t.Errorf("%+v the second time, %v", again, err)
	}
	t.Log(time.Since(begun))
	for name, d := range map[string]Departure{"roll and cure swapped": {Swap: true}, "hazard 15 % too high": {Scale: .15}} {
		s := &sheet{Context: t.Context(), Departure: d}
		if err := s.slice(p, a, settings); err != nil || s.rows[0].Holds {
			t.Errorf("%s goes unnoticed: %v", name, err)
		}
	}
	without := *p
	without.HasPD = false
	if check, err := Slice(t.Context(), &without, a, sim.Settings{Months: 3, Seed: 2}); err != nil || !check.Holds || !strings.Contains(check.Result, ", 3 months, ") {
		t.Errorf("%+v, %v", check, err)
	}
	lawful := a
	day := func(months int) rule.Moment { return rule.Moment{Given: true, Date: p.AsOf.AddDate(0, months, 1)} }
	lawful.Law = []rule.Rule{
		&rule.Clause{Rule: &rule.APRCap{Max: .2}, From: day(2), Compliance: .7},
		&rule.Clause{Rule: &rule.BorrowerBan{Everyone: true}, From: day(4), Compliance: 1, Perimeter: rule.Perimeter{Segments: p.Segments}},
		&rule.Clause{Rule: &rule.DataSharing{Coverage: 1}, From: day(3), Compliance: 1}, // left out
	}
	informed := a
	informed.Behaviour.ScoreGain = .4
	for _, c := range []struct {
		name string
		arm  sim.Arm
		grid data.Grid
	}{{"a law in time", lawful, data.Monthly}, {"half months", a, data.HalfMonthly}, {"weeks", a, data.Weekly}, {"score gain", informed, data.Monthly}} {
		begun := time.Now()
		check, err := Slice(t.Context(), p, c.arm, sim.Settings{Grid: c.grid, Months: 12, Seed: 3})
		if err != nil || !check.Holds {
			t.Errorf("%s: %+v, %v", c.name, check, err)
		}
		t.Log(c.name, time.Since(begun), check.Result)
	}
	if _, err := Slice(t.Context(), &data.Portfolio{}, a, settings); err == nil {
		t.Error("a slice of nothing")
	}
}
