package sim

import (
	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Arm is one policy under one law and one macro path.
type Arm struct {
	data.Arm
	Behaviour behaviour.Params
	Policy    []rule.Rule // the lender's own rules
	Law       []rule.Rule // rules imposed by regulation
	Scope     float64     // share of outside lenders bound by the law
	Macro     factor.Macro
}

// Settings are the choices of a run that are not part of an arm.
type Settings struct {
	Months   int // horizon, 1 or more
	Paths    int // a multiple of Design.Replicate()
	Seed     uint64
	Design   factor.Design
	Baseline int // index of the baseline arm
}
