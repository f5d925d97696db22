package rule

import (
	"fmt"
	"math"
	"strings"

	"relend/data"
)

// FundingBudget limits the new cash lent in a month: principal paid out less balances refinanced.
type FundingBudget struct {
	Amount data.Money // 0: no absolute limit
	Share  float64    // of the balance at the snapshot; 0: no relative limit
}

func (r *FundingBudget) Fields() []Field {
	return []Field{
		{Name: "amount", Unit: "money", Meaning: "highest new cash in a month: principal paid out less balances refinanced", Max: 1e12, Value: &r.Amount},
		{Name: "share", Unit: "share", Meaning: "highest new cash in a month as a share of the balance at the snapshot; the smaller of the two limits binds", Max: 100, Value: &r.Share},
	}
}

// Check asks for a limit.
func (r *FundingBudget) Check() error {
	if r.Amount == 0 && r.Share == 0 {
		return fmt.Errorf("needs an amount, a share or both, each above 0; to lend nothing use stop_lending")
	}
	return nil
}

func (r *FundingBudget) Reason() data.Reason { return data.DeniedBudget }

func (r *FundingBudget) Govern(l *Ledger, m *Memory) Leave {
	if !m.Started {
		m.Started, m.Budget = true, math.MaxInt64
		if r.Amount > 0 {
			m.Budget = r.Amount
		}
		if r.Share > 0 {
			m.Budget = min(m.Budget, data.Money(math.RoundToEven(r.Share*float64(l.Balance))))
		}
	}
	leave := everything()
	leave.Cash = m.Budget
	return leave
}

func (r *FundingBudget) Sentence(currency string) string {
	var parts []string
	if r.Amount > 0 {
		parts = append(parts, amount(r.Amount, currency))
	}
	if r.Share > 0 {
		parts = append(parts, percent(r.Share)+" of the first balance")
	}
	return fmt.Sprintf("At most %s of new cash is lent in a month.", strings.Join(parts, " or "))
}
