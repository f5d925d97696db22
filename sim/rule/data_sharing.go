package rule

import "fmt"

// DataSharing sets what a credit bureau shows: how many outside loans the lender sees, and how many outside
// lenders see its denials. It never makes less visible than it was.
type DataSharing struct {
	noCheck
	Coverage float64
	Share    float64
}

func (r *DataSharing) Fields() []Field {
	return []Field{
		{Name: "coverage", Unit: "share", Meaning: "chance that an outside loan is visible to the lender", Required: true, Max: 1, Value: &r.Coverage},
		{Name: "share", Unit: "share", Meaning: "share of outside lenders who see this lender's denials and deny as well", Max: 1, Value: &r.Share},
	}
}

func (r *DataSharing) Apply(t *Terms) {
	t.Coverage = max(t.Coverage, r.Coverage)
	t.Share = max(t.Share, r.Share)
}

func (r *DataSharing) Sentence(string) string {
	return fmt.Sprintf("The bureau shows at least %s of outside loans; at least %s of outside lenders see denials here and deny as well.", percent(r.Coverage), percent(r.Share))
}
