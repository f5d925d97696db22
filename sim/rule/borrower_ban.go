package rule

import (
	"fmt"

	"relend/data"
)

// BorrowerBan bars those whose income is too low, or everyone whom it binds: its perimeter then says whom (students as a
// segment, say). Those in arrears are WorstDelinquency's.
type BorrowerBan struct {
	noCheck
	MinIncome data.Money // monthly; 0: no such bar
	Everyone  bool
}

func (r *BorrowerBan) Fields() []Field {
	return []Field{
		{Name: "min_income", Unit: "money", Meaning: "monthly income below which nobody may be lent to", Max: 1e12, Value: &r.MinIncome},
		{Name: "everyone", Unit: "flag", Meaning: "everyone in the perimeter is barred, whatever the income", Value: &r.Everyone},
	}
}

func (r *BorrowerBan) Reason() data.Reason { return data.DeniedBorrower }

func (r *BorrowerBan) Allows(a *Application) bool { return !r.Everyone && a.Income >= r.MinIncome }

func (r *BorrowerBan) Sentence(currency string) string {
	if r.Everyone {
		return "No loan at all."
	}
	return fmt.Sprintf("No loan to a borrower with a monthly income below %s.", amount(r.MinIncome, currency))
}
