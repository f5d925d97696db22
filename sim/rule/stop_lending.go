package rule

import (
	"fmt"

	"relend/data"
)

// StopLending closes all lending, top-up and repeat, while too much of the balance is 90 or more days past due, and
// reopens it only when the share has been below a lower bound for some months in a row.
type StopLending struct {
	Close float64
	Open  float64
	Hold  int // months
}

func (r *StopLending) Fields() []Field {
	return []Field{
		{Name: "close", Unit: "share", Meaning: "part of the balance 90 or more days past due, not charged off, above which all lending stops", Max: 1, Value: &r.Close},
		{Name: "open", Unit: "share", Meaning: "the part below which lending may begin again, at most close", Max: 1, Value: &r.Open},
		{Name: "hold", Unit: "months", Meaning: "months in a row below open before lending begins again", Min: 1, Max: 120, Value: &r.Hold},
	}
}

// Check refuses a door that opens above where it closes.
func (r *StopLending) Check() error {
	if r.Open > r.Close {
		return fmt.Errorf("open %s is above close %s; lending would begin again while it has to stop", percent(r.Open), percent(r.Close))
	}
	return nil
}

func (r *StopLending) Reason() data.Reason { return data.DeniedStopped }

func (r *StopLending) Govern(l *Ledger, m *Memory) Leave {
	switch share := l.overdue(); {
	case !m.Closed:
		m.Closed, m.Calm = share > r.Close, 0
	case share >= r.Open:
		m.Calm = 0
	default:
		m.Calm++
		m.Closed = m.Calm < r.Hold
	}
	leave := everything()
	leave.Closed = m.Closed
	return leave
}

func (r *StopLending) Sentence(string) string {
	return fmt.Sprintf("All lending stops while more than %s of the balance is 90 or more days past due, and begins again after %s in a row below %s.",
		percent(r.Close), months(r.Hold), percent(r.Open))
}
