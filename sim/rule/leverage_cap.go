package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
)

// LeverageCap limits the balance to a multiple of the lender's equity: new cash of a month is at most what is
// missing to it at the start. Equity earns the net income of every month; nothing is paid out or in.
type LeverageCap struct {
	Multiple    float64
	EquityShare float64    // of the balance at the snapshot
	Equity      data.Money // added to it
}

func (r *LeverageCap) Fields() []Field {
	return []Field{
		{Name: "multiple", Unit: "ratio", Meaning: "highest balance as a multiple of equity", Required: true, Min: .01, Max: 1000, Value: &r.Multiple},
		{Name: "equity_share", Unit: "share", Meaning: "equity at the snapshot as a share of the balance then", Max: 10, Value: &r.EquityShare},
		{Name: "equity", Unit: "money", Meaning: "equity at the snapshot, added to equity_share", Max: 1e12, Value: &r.Equity},
	}
}

// Check asks for equity.
func (r *LeverageCap) Check() error {
	if r.Equity == 0 && r.EquityShare == 0 {
		return fmt.Errorf("needs an equity, an equity_share or both, each above 0")
	}
	return nil
}

func (r *LeverageCap) Reason() data.Reason { return data.DeniedLeverage }

func (r *LeverageCap) Govern(l *Ledger, m *Memory) Leave {
	if !m.Started {
		m.Started, m.Equity = true, r.Equity+data.Money(math.RoundToEven(r.EquityShare*float64(l.Balance)))
	}
	m.Equity += l.Income
	leave := everything()
	leave.Cash = data.Money(min(max(r.Multiple*float64(m.Equity)-float64(l.Balance), 0), 1e18))
	return leave
}

func (r *LeverageCap) Sentence(currency string) string {
	var parts []string
	if r.EquityShare > 0 {
		parts = append(parts, percent(r.EquityShare)+" of the first balance")
	}
	if r.Equity > 0 {
		parts = append(parts, amount(r.Equity, currency))
	}
	return fmt.Sprintf("New cash is lent only as long as the balance stays within %.6g times the lender's equity, at first %s.", r.Multiple, strings.Join(parts, " and "))
}
