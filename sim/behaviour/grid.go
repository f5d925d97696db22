package behaviour

import (
	"math"

	"relend/data"
)

// On returns the parameters in steps of a grid: hazards per month become hazards per step, whole months become
// steps, and what persists or decays from month to month does so from step to step. Figures in fractions of a
// month and rates a year stay as they are. On the monthly grid nothing changes. (model.md §22 item 75.)
func (p Params) On(grid data.Grid) Params {
	if grid == data.Monthly {
		return p
	}
	step := grid.Step()
	for _, d := range registry {
		switch field := d.field(&p); {
		case d.Unit == "per month":
			*field *= step
		case d.Unit == "months" && d.Integer:
			*field = float64(grid.FromMonths(int(*field)))
		}
	}
	p.Phi = math.Pow(p.Phi, step)
	p.RecoveryDecay = math.Pow(p.RecoveryDecay, step)
	return p
}

// advance is the hazard of going on to the next of n parts of a delinquency bucket, given the hazards of rolling
// on from the whole and of curing. Who goes on n times before he is cured rolls with the same probability as in
// the undivided bucket: (advance/(advance+cure))^n = roll/(roll+cure). (model.md §22 item 76.)
func advance(roll, cure float64, n int) float64 {
	switch {
	case n == 1 || roll == 0:
		return roll
	case cure == 0:
		return roll * float64(n) // the limit: all roll
	}
	return cure / math.Expm1(math.Log1p(cure/roll)/float64(n))
}
