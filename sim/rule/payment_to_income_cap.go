package rule

import (
	"fmt"

	"relend/data"
)

// PTICap limits monthly instalments after the grant as a share of income: of own and visible outside loans together, of own
// loans, or of the new loan alone.
type PTICap struct {
	noCheck
	Max   float64
	Debts string
}

// Which debts a limit counts beside the new loan.
const (
	AllDebts = "all"
	OwnDebts = "own"
	NewDebts = "new"
)

func (r *PTICap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest share of income that goes into instalments", Required: true, Max: 5, Value: &r.Max},
		{Name: "debts", Unit: "choice", Meaning: "whose instalments count: all = own and visible outside loans together, own = those of this lender, new = of the new loan alone", Choices: []string{AllDebts, OwnDebts, NewDebts}, Value: &r.Debts},
	}
}

func (r *PTICap) Reason() data.Reason { return data.DeniedPTI }

func (r *PTICap) Room(a *Application, kept Kept) data.Money {
	free := r.Max * float64(a.Income)
	if r.Debts != NewDebts {
		free -= float64(kept.Instalments)
	}
	if r.Debts != NewDebts && r.Debts != OwnDebts {
		free -= float64(data.Money(a.Outside) * a.OutsideInstal)
	}
	if free <= 0 {
		return 0
	}
	return data.Money(min(free/a.Burden, 1e15))
}

func (r *PTICap) Sentence(string) string {
	of := map[string]string{OwnDebts: "all loans of this lender", NewDebts: "a new loan"}[r.Debts]
	if of == "" {
		of = "all visible loans"
	}
	return fmt.Sprintf("Instalments of %s may take at most %s of income.", of, percent(r.Max))
}
