package rule

// CollectionLimit restrains how lenders collect: failed debits that end the right to debit, hours, calls and visits. What it
// leaves of cures and recoveries is an assumption of whoever writes the rule.
type CollectionLimit struct {
	noCheck
	Cures      float64
	Recoveries float64
}

func (r *CollectionLimit) Fields() []Field {
	return []Field{
		{Name: "cures", Unit: "share", Meaning: "chance that a late borrower is cured in a month, relative to collection without the limit", Max: 1, Value: &r.Cures},
		{Name: "recoveries", Unit: "share", Meaning: "cash after default, relative to collection without the limit", Max: 1, Value: &r.Recoveries},
	}
}

func (r *CollectionLimit) Apply(t *Terms) {
	t.Cures = min(t.Cures, r.Cures)
	t.Recoveries = min(t.Recoveries, r.Recoveries)
}

func (r *CollectionLimit) Sentence(string) string {
	return "Collection is limited: " + percent(r.Cures) + " of cures and " + percent(r.Recoveries) + " of recoveries are left."
}
