package data

import "fmt"

// Grid is the grid of time of a run: months, half months or weeks, 12, 24 or 52 steps a year. Step t covers the
// time from t to t+1; results are kept by month whatever the grid. The zero value is the monthly grid.
type Grid uint8

const (
	Monthly Grid = iota
	HalfMonthly
	Weekly
)

var grids = [...]struct {
	name               string
	perYear, days, sub int
}{
	Monthly:     {"month", 12, 30, 1},
	HalfMonthly: {"half", 24, 15, 2},
	Weekly:      {"week", 52, 7, 4},
}

// GridNames lists the names of the grids in the order of the constants.
func GridNames() []string {
	names := make([]string, len(grids))
	for i, g := range grids {
		names[i] = g.name
	}
	return names
}

// ParseGrid returns the grid of a name.
func ParseGrid(name string) (Grid, error) {
	for i, g := range grids {
		if g.name == name {
			return Grid(i), nil
		}
	}
	return 0, fmt.Errorf("unknown grid %q (allowed: month, half, week)%s", name, DidYouMean(name, GridNames()))
}

// String is the name of the grid in an experiment.
func (g Grid) String() string { return grids[g].name }

// PerYear is the number of steps in a year.
func (g Grid) PerYear() int { return grids[g].perYear }

// Step is the length of a step in months.
func (g Grid) Step() float64 { return 12 / float64(grids[g].perYear) }

// Days is the length of a step in days where a term or a delay is given in days: a month counts as 30.
func (g Grid) Days() int { return grids[g].days }

// SubStates is the number of steps that a delinquency bucket of 30 days is divided into.
func (g Grid) SubStates() int { return grids[g].sub }

// Steps is the number of steps whose month is below the given one.
func (g Grid) Steps(months int) int { return (months*grids[g].perYear + 11) / 12 }

// MonthOf is the month that a step belongs to: that in which it begins. The step before the snapshot, -1, belongs
// to month -1.
func (g Grid) MonthOf(step int) int {
	if step < 0 {
		return -1
	}
	return step * 12 / grids[g].perYear
}

// LastOfMonth reports whether a step is the last one of its month, at whose end stocks are taken.
func (g Grid) LastOfMonth(step int) bool { return g.MonthOf(step+1) > g.MonthOf(step) }

// FromMonths is a duration of whole months in steps, rounded (52 n/12 has no half steps to break).
func (g Grid) FromMonths(months int) int {
	if g == Monthly {
		return months
	}
	return (months*grids[g].perYear + 6) / 12
}

// FromDays is a duration in days in steps, and whether it is a whole number of them. Multiples of 30 days are
// whole months.
func (g Grid) FromDays(days int) (steps int, whole bool) {
	if days%30 == 0 {
		return g.FromMonths(days / 30), true
	}
	d := grids[g].days
	return (days + d/2) / d, days%d == 0
}

// Age is the number of whole steps in so many months and, beyond them, days.
func (g Grid) Age(months, days int) int {
	if g == Monthly {
		return months
	}
	return g.FromMonths(months) + days/grids[g].days
}

// AMonth turns an amount paid every step into one a month.
func (g Grid) AMonth(m Money) Money { return (m*Money(grids[g].perYear) + 6) / 12 }
