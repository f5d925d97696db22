package rule

import (
	"fmt"
	"strings"

	"relend/data"
)

// StepDown limits the loans of a sequence (SequencePause) to falling shares of its first loan, so that the principal is paid
// down from loan to loan. The sequence that runs at the snapshot began with the last loan.
type StepDown struct {
	Shares []float64 // of the second loan, the third, ...; the last one holds on
}

func (r *StepDown) Fields() []Field {
	return []Field{{Name: "shares", Unit: "ratios", Meaning: "largest second, third, ... loan of a sequence as a multiple of its first; the last one holds on", Required: true, Max: 10, Value: &r.Shares}}
}

// Check refuses steps that do not exist or go up.
func (r *StepDown) Check() error {
	if len(r.Shares) == 0 {
		return fmt.Errorf("shares is empty; leave the rule out for no limit")
	}
	for i := 1; i < len(r.Shares); i++ {
		if r.Shares[i] > r.Shares[i-1] {
			return fmt.Errorf("shares go up from %v to %v; they may stay level or fall", r.Shares[i-1], r.Shares[i])
		}
	}
	return nil
}

func (r *StepDown) Reason() data.Reason { return data.DeniedLadder }

func (r *StepDown) Room(a *Application, _ Kept) data.Money {
	if !a.Continues {
		return 1e15
	}
	return data.Money(float64(a.First) * r.Shares[min(max(a.Sequence, 1), len(r.Shares))-1])
}

func (r *StepDown) Sentence(string) string {
	shares := make([]string, len(r.Shares))
	for i, s := range r.Shares {
		shares[i] = percent(s)
	}
	return fmt.Sprintf("In a sequence of loans, each within 30 days of the last, the second and later ones are at most %s of the first.", strings.Join(shares, ", "))
}
