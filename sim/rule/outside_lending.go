package rule

import "fmt"

// OutsideLending changes what other lenders supply: a crackdown on abusive lending, or lenders leaving.
type OutsideLending struct {
	noCheck
	Supply float64 // relative to normal; 0 = closed
	Max    int     // outside loans a borrower can have
}

// maxOutside is the largest number of outside loans a borrower's state can hold.
const maxOutside = 15

func (r *OutsideLending) Fields() []Field {
	return []Field{
		{Name: "supply", Unit: "share", Meaning: "openings of outside loans relative to normal; 0 closes outside lenders, denied applicants included", Max: 1, Value: &r.Supply},
		{Name: "max_loans", Unit: "count", Meaning: "outside loans a borrower can have", Max: maxOutside, Value: &r.Max},
	}
}

func (r *OutsideLending) Apply(t *Terms) {
	t.Open = min(t.Open, r.Supply)
	t.Outside = min(t.Outside, r.Max)
}

func (r *OutsideLending) Sentence(string) string {
	if r.Supply == 0 {
		return "Outside lenders are closed."
	}
	if r.Max < maxOutside {
		return fmt.Sprintf("Outside lenders supply %s of the normal number of loans, at most %d to a borrower.", percent(r.Supply), r.Max)
	}
	return fmt.Sprintf("Outside lenders supply %s of the normal number of loans.", percent(r.Supply))
}
