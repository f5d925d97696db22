package rule

import (
	"fmt"

	"relend/data"
)

// AverageRateCap limits the average annual rate of the loans granted within a moving window of months, weighted by amount:
// a limit on the lender's new business as a whole. A loan above it is granted as long as cheaper ones make up for it; those
// of a step that lie at or below it come first.
type AverageRateCap struct {
	noCheck
	Max    float64
	Window int // months
	Fees   string
}

func (r *AverageRateCap) Fields() []Field {
	return []Field{
		{Name: "max", Unit: "share", Meaning: "highest average nominal annual rate of new loans, weighted by amount", Required: true, Max: 10, Value: &r.Max},
		{Name: "window", Unit: "months", Meaning: "months over which the average is taken, the present one included", Min: 1, Max: 120, Value: &r.Window},
		feesField(&r.Fees),
	}
}

func (r *AverageRateCap) Reason() data.Reason { return data.DeniedPrice }

func (r *AverageRateCap) Govern(l *Ledger, m *Memory) Leave {
	rated := l.Rated
	if r.Fees == FeesIncluded {
		rated = l.AllIn
	}
	m.Margins = append(m.Margins, r.Max*float64(l.Lent)-rated)
	if past := len(m.Margins) - (r.Window - 1); past > 0 {
		m.Margins = append(m.Margins[:0], m.Margins[past:]...)
	}
	leave := everything()
	leave.Average, leave.AllIn = r.Max, r.Fees == FeesIncluded
	for _, margin := range m.Margins {
		leave.Margin += margin
	}
	return leave
}

func (r *AverageRateCap) Sentence(string) string {
	span := "a month"
	if r.Window > 1 {
		span = "any " + months(r.Window) + " in a row"
	}
	return fmt.Sprintf("The new loans of %s cost at most %s a year on average, weighted by amount%s; dearer ones are granted as far as cheaper ones make up for them.", span, percent(r.Max), withFees(r.Fees))
}
