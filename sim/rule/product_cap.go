package rule

import (
	"fmt"

	"relend/data"
)

// ProductCap limits the principal of one loan.
type ProductCap struct {
	noCheck
	Amount data.Money
}

func (r *ProductCap) Fields() []Field {
	return []Field{{Name: "amount", Unit: "money", Meaning: "largest loan", Required: true, Max: 1e12, Value: &r.Amount}}
}

func (r *ProductCap) Reason() data.Reason { return data.DeniedProductCap }

func (r *ProductCap) Room(*Application, Kept) data.Money { return r.Amount }

func (r *ProductCap) Sentence(currency string) string {
	return fmt.Sprintf("No single loan above %s.", amount(r.Amount, currency))
}
