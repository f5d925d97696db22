package expect

import (
	"math"

	"relend/data"
	"relend/sim/behaviour"
)

// Grids finer than a month (METHOD.md §12), written out once more.

// inSteps turns parameters of months into those of steps.
func inSteps(p behaviour.Params, grid data.Grid) *behaviour.Params {
	dt := 12 / float64(grid.PerYear())
	for _, hazard := range []*float64{
		&p.Prepay, &p.Roll[0], &p.Roll[1], &p.Roll[2], &p.Cure[0], &p.Cure[1], &p.Cure[2], &p.Top[0], &p.Top[1], &p.Re[0], &p.Re[1],
		&p.Exit[0], &p.Exit[1], &p.OutsideBirth[0], &p.OutsideBirth[1], &p.OutsideDeath,
	} {
		*hazard *= dt
	}
	for _, duration := range []*float64{
		&p.TopMinAge, &p.ReliefMonths, &p.ShockMonths, &p.RecoveryMonths, &p.ChargeOffMonths, &p.PriceRecoveryLag,
	} {
		*duration = math.Round(*duration / dt)
	}
	p.RecoveryDecay = math.Pow(p.RecoveryDecay, dt)
	return &p
}

// month is the number of the month in which step t lies, 1 the first after the snapshot.
func (r *run) month(t int) int { return int(math.Floor(float64(t)*12/r.year+1e-9)) + 1 }

// ends reports whether step t is the last one of its month.
func (r *run) ends(t int) bool { return r.month(t) != r.month(t+1) }

// bound turns the squares of flows, which were taken step by step, into bounds of those of a month of n steps:
// (a+b+...)^2 <= n (a^2+b^2+...).
func (r *run) bound() {
	for month := 1; month <= r.months; month++ {
		n := float64(r.grid.Steps(month) - r.grid.Steps(month-1))
		for c := range data.NumCounters {
			if !c.IsStock() {
				r.result.Squares[month][c] *= n
				r.result.Largest[month][c] *= n
			}
		}
	}
}

// steps is a duration in months in steps.
func (r *run) steps(months float64) int16 { return int16(math.Round(months / r.dt)) }

// age is the number of steps for which a loan of the snapshot has run.
func (r *run) age(row *data.Loan) int16 {
	n := r.steps(float64(row.MonthsOnBook))
	if r.dt < 1 {
		n += int16(row.Days) / int16(r.grid.Days())
	}
	return n
}

// term is the contractual term of a loan of the snapshot in steps.
func term(grid data.Grid, row *data.Loan) int16 {
	months := float64(row.Term)
	if days := int(row.TermDays); days%30 != 0 {
		return int16(days / grid.Days())
	} else if days > 0 {
		months = float64(days / 30)
	}
	return int16(math.Round(months * float64(grid.PerYear()) / 12))
}

// further is the hazard of going on to the next part of a bucket from which roll and cure compete: of those who leave
// the bucket the same share leaves upwards as if it had one part.
func (r *run) further(roll, cure float64) float64 {
	if cure == 0 {
		return roll * float64(r.parts)
	}
	x := math.Pow(roll/(roll+cure), 1/float64(r.parts))
	return cure * x / (1 - x)
}

// closing counts loans that are repaid or refinanced, where renewals within 14 days can be told.
func (r *run) closing(n int) {
	if r.grid.Days() <= 14 {
		r.add(data.Closings14, data.Money(n))
	}
}

// renewal counts a grant in step t that follows the payoff of the last loan, or its refinancing, by at most 14 days.
// The payoff must lie in the projection.
func (r *run) renewal(t int, s *state, before *opening, refinance bool) {
	steps := 0
	if before.wasIdle {
		steps = int(before.gap) + 1
	}
	follows := refinance || s.mode == idle && steps*r.grid.Days() <= 14 && steps <= t
	if r.grid.Days() <= 14 && follows && s.ordinal > 0 {
		r.add(data.Renewals14, 1)
	}
}
