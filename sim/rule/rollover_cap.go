package rule

import (
	"fmt"

	"relend/data"
)

// RolloverCap limits how many times in a row a borrower's debt is refinanced without having been paid off in between.
// Refinancing before the snapshot is not known and does not count.
type RolloverCap struct {
	noCheck
	Max int
}

func (r *RolloverCap) Fields() []Field {
	return []Field{{Name: "max", Unit: "count", Meaning: "roll-overs in a row, 0 for none", Required: true, Max: 50, Value: &r.Max}}
}

func (r *RolloverCap) Reason() data.Reason { return data.DeniedRollOvers }

func (r *RolloverCap) Allows(a *Application) bool { return !a.Refinance || a.RollOvers < r.Max }

func (r *RolloverCap) Sentence(string) string {
	if r.Max == 0 {
		return "A running loan may not be rolled over."
	}
	return fmt.Sprintf("A debt may be rolled over at most %s before it is paid off.", times(r.Max))
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
