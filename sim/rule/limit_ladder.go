package rule

import (
	"fmt"
	"strings"

	"relend/data"
)

// LimitLadder limits the size of a further loan to a multiple of the borrower's loan at the snapshot, by the
// step of the ladder he has reached.
type LimitLadder struct {
	Steps []float64 // multiple for step 0, 1, 2, ...; the last one holds for all later steps
}

func (r *LimitLadder) Fields() []Field {
	return []Field{{Name: "steps", Unit: "ratios", Meaning: "limit as a multiple of the loan at the snapshot, for step 0, 1, 2, ...; the last one holds on", Required: true, Min: .01, Max: 100, Value: &r.Steps}}
}

// Check refuses a ladder without steps or one that goes down.
func (r *LimitLadder) Check() error {
	if len(r.Steps) == 0 {
		return fmt.Errorf("steps is empty; leave the rule out for no limit")
	}
	for i := 1; i < len(r.Steps); i++ {
		if r.Steps[i] < r.Steps[i-1] {
			return fmt.Errorf("steps go down from %v to %v; a ladder may stay level or rise", r.Steps[i-1], r.Steps[i])
		}
	}
	return nil
}

func (r *LimitLadder) Reason() data.Reason { return data.DeniedLadder }

func (r *LimitLadder) Room(a *Application, _ Kept) data.Money {
	return data.Money(float64(a.Base) * r.Steps[min(a.Step, len(r.Steps)-1)])
}

func (r *LimitLadder) Sentence(string) string {
	steps := make([]string, len(r.Steps))
	for i, s := range r.Steps {
		steps[i] = fmt.Sprintf("%.4g", s)
	}
	return fmt.Sprintf("Limits rise by steps of %s times the loan at the snapshot.", strings.Join(steps, ", "))
}
