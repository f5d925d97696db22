package rule

import (
	"fmt"

	"relend/data"
)

// SlowLending turns away a part of all applications at random that rises with the part of the balance 90 or more
// days past due: none up to From, all from Until on.
type SlowLending struct {
	From, Until float64
}

func (r *SlowLending) Fields() []Field {
	return []Field{
		{Name: "from", Unit: "share", Meaning: "part of the balance 90 or more days past due up to which nobody is turned away", Max: 1, Value: &r.From},
		{Name: "until", Unit: "share", Meaning: "the part from which everybody is turned away; in between the chance rises in a straight line", Max: 1, Value: &r.Until},
	}
}

// Check refuses a range that does not rise.
func (r *SlowLending) Check() error {
	if r.Until <= r.From {
		return fmt.Errorf("until %s is not above from %s", percent(r.Until), percent(r.From))
	}
	return nil
}

func (r *SlowLending) Reason() data.Reason { return data.DeniedStopped }

func (r *SlowLending) Govern(l *Ledger, _ *Memory) Leave {
	leave := everything()
	leave.Approve = max(0, min(1, (r.Until-l.overdue())/(r.Until-r.From)))
	return leave
}

func (r *SlowLending) Sentence(string) string {
	return fmt.Sprintf("Applications are turned away at random while more than %s of the balance is 90 or more days past due, all of them from %s on.",
		percent(r.From), percent(r.Until))
}
