package rule

import (
	"fmt"

	"relend/data"
)

// PTICap limits monthly instalments after the grant, own and visible outside loans together, as a share of
// income.
type PTICap struct {
	noCheck
	Max float64
}

func (r *PTICap) Fields() []Field {
	return []Field{{Name: "max", Unit: "share", Meaning: "highest share of income that goes into instalments, own and visible outside loans together", Required: true, Max: 5, Value: &r.Max}}
}

func (r *PTICap) Reason() data.Reason { return data.DeniedPTI }

func (r *PTICap) Room(a *Application, kept Kept) data.Money {
	free := r.Max*float64(a.Income) - float64(kept.Instalments) - float64(data.Money(a.Outside)*a.OutsideInstal)
	if free <= 0 {
		return 0
	}
	return data.Money(min(free/a.Burden, 1e15))
}

func (r *PTICap) Sentence(string) string {
	return fmt.Sprintf("Instalments of all visible loans may take at most %s of income.", percent(r.Max))
}
