package table

import (
	"relend/data"
	"relend/output"
)

// Shifts is one row per measure, arm and run that is compared with the first one: both figures with their intervals, and
// the change. Shares are fractions, amounts whole units of currency. The column draws says whether the runs drew the "same"
// random numbers or "other" ones.
func Shifts(c *output.Comparison) []Column {
	b := newBuilder("measure unit arm title run month before before_lo before_hi after after_lo after_hi change change_std_error change_lo change_hi level draws verdict",
		"sssssifffffffffffss")
	for _, s := range c.Shifts {
		m := c.Measures[s.Measure]
		unit, divisor := m.Unit.String(), 1.
		if m.Unit == data.Amount {
			unit, divisor = c.Currency, float64(data.Unit)
		}
		draws := "other"
		if s.Paired {
			draws = "same"
		}
		before, after, change := scaled(s.Before, divisor), scaled(s.After, divisor), scaled(s.Change, divisor)
		b.add(m.Name, unit, s.Arm, s.Title, c.Runs[s.Run], c.Month, before.Value, before.Lo, before.Hi, after.Value, after.Lo, after.Hi,
			change.Value, change.SE, change.Lo, change.Hi, c.Level, draws, string(change.Verdict()))
	}
	return b.columns
}
