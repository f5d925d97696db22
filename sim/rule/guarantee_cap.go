package rule

import (
	"fmt"

	"relend/data"
)

// GuaranteeCap limits what a guarantor may cover of the losses on a portfolio whose partner lends no longer than its losses are
// covered: all lending stops once balances charged off, less what was recovered of them, reach a share of the balance at the
// snapshot and of all that was lent since. It begins again only where recoveries bring them below.
type GuaranteeCap struct {
	noCheck
	Share float64
}

func (r *GuaranteeCap) Fields() []Field {
	return []Field{{Name: "share", Unit: "share", Meaning: "highest cover of losses, of the balance at the snapshot and all that was lent since; 0 forbids guarantees, and so the lending that rests on them", Required: true, Max: 1, Value: &r.Share}}
}

func (r *GuaranteeCap) Reason() data.Reason { return data.DeniedStopped }

func (r *GuaranteeCap) Govern(l *Ledger, m *Memory) Leave {
	if !m.Started {
		m.Started, m.Portfolio = true, l.Balance
	}
	m.Portfolio += l.Lent
	m.Lost += l.Lost
	leave := everything()
	leave.Closed = float64(m.Lost) >= r.Share*float64(m.Portfolio)
	return leave
}

func (r *GuaranteeCap) Sentence(string) string {
	return fmt.Sprintf("A guarantor covers losses of at most %s of what was owed at first and has been lent since; lending stops when that is used up.", percent(r.Share))
}
