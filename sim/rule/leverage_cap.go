package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
)

// LeverageCap limits the balance to a multiple of the lender's equity: new cash of a month is at most what is
// missing to it at the start. Equity earns the net income of every month; nothing is paid out or in. Of joint loans the
// lender's own share counts, in balance and income; a risk weight makes the balance count for more or less.
type LeverageCap struct {
	Multiple    float64
	EquityShare float64    // of the balance at the snapshot
	Equity      data.Money // added to it
	RiskWeight  float64    // 0: 1
	OwnShare    float64    // 0: 1
}

func (r *LeverageCap) Fields() []Field {
	return []Field{
		{Name: "multiple", Unit: "ratio", Meaning: "highest balance as a multiple of equity", Required: true, Min: .01, Max: 1000, Value: &r.Multiple},
		{Name: "equity_share", Unit: "share", Meaning: "equity at the snapshot as a share of the balance then", Max: 10, Value: &r.EquityShare},
		{Name: "equity", Unit: "money", Meaning: "equity at the snapshot, added to equity_share", Max: 1e12, Value: &r.Equity},
		{Name: "risk_weight", Unit: "share", Meaning: "for how much of itself the balance counts", Min: .01, Max: 12.5, Value: &r.RiskWeight},
		{Name: "own_share", Unit: "share", Meaning: "the lender's own share of every loan, the rest being a partner's", Min: .01, Max: 1, Value: &r.OwnShare},
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
	own, weight := orAll(r.OwnShare), orAll(r.RiskWeight)
	m.Equity += data.Money(math.RoundToEven(own * float64(l.Income)))
	leave := everything()
	leave.Cash = data.Money(min(max(r.Multiple*float64(m.Equity)/(own*weight)-float64(l.Balance), 0), 1e18))
	return leave
}

// orAll is a share, all of it where none is given.
func orAll(share float64) float64 {
	if share == 0 {
		return 1
	}
	return share
}

func (r *LeverageCap) Sentence(currency string) string {
	var parts []string
	if r.EquityShare > 0 {
		parts = append(parts, percent(r.EquityShare)+" of the first balance")
	}
	if r.Equity > 0 {
		parts = append(parts, amount(r.Equity, currency))
	}
	balance := "balance"
	if own := orAll(r.OwnShare); own < 1 {
		balance = "lender's share of the balance (" + percent(own) + ")"
	}
	if weight := orAll(r.RiskWeight); weight != 1 {
		balance += " at a risk weight of " + percent(weight)
	}
	return fmt.Sprintf("New cash is lent only as long as the %s stays within %.6g times the lender's equity, at first %s.", balance, r.Multiple, strings.Join(parts, " and "))
}
