package rule

import (
	"fmt"
	"strings"

	"relend/data"
)

// DataSharing sets what a credit bureau shows: how many outside loans the lender sees, how late and how wrongly, and how
// many outside lenders see its denials. Only what is withheld makes less visible than it was, and a rule that asks for
// more does not bring it back.
type DataSharing struct {
	Coverage float64
	Share    float64
	Lag      int // months, steps in a Book
	LagDays  int // 0: no bound
	Missed   float64
	Mistaken float64
	Withheld float64
}

// maxLag is the longest lag of a bureau in months.
const maxLag = 3

func newDataSharing() *DataSharing { return &DataSharing{Lag: maxLag, Missed: 1, Mistaken: 1} }

func (r *DataSharing) Fields() []Field {
	return []Field{
		{Name: "coverage", Unit: "share", Meaning: "least chance that an outside loan is reported", Max: 1, Value: &r.Coverage},
		{Name: "share", Unit: "share", Meaning: "least share of outside lenders who see this lender's denials and deny as well", Max: 1, Value: &r.Share},
		{Name: "lag", Unit: "months", Meaning: "longest time until the opening or closing of an outside loan shows", Max: maxLag, Value: &r.Lag},
		{Name: "lag_days", Unit: "days", Meaning: "the same in days, rounded to steps of the grid; the shorter of the two holds, 0 is no bound", Max: 90, Value: &r.LagDays},
		{Name: "missed", Unit: "share", Meaning: "highest chance that a loan reported is missing from the borrower's file", Max: 1, Value: &r.Missed},
		{Name: "mistaken", Unit: "share", Meaning: "highest chance that a borrower's file shows one loan that is not his", Max: 1, Value: &r.Mistaken},
		{Name: "withheld", Unit: "share", Meaning: "least share of outside loans that lenders may not report: the chance of being reported is at most what it leaves", Max: 1, Value: &r.Withheld},
	}
}

func (r *DataSharing) Check() error {
	if r.Coverage > 1-r.Withheld {
		return fmt.Errorf("coverage of at least %s and %s withheld contradict each other", percent(r.Coverage), percent(r.Withheld))
	}
	return nil
}

func (r *DataSharing) On(grid data.Grid) Rule {
	out := *r
	out.Lag, out.LagDays = grid.FromMonths(r.Lag), 0
	if r.LagDays > 0 {
		out.Lag = min(out.Lag, stepsOf(grid, 0, r.LagDays))
	}
	return &out
}

func (r *DataSharing) Fits(grid data.Grid) error {
	return tooShort(grid, "data_sharing: lag_days", r.LagDays)
}

func (r *DataSharing) Apply(t *Terms) {
	t.Coverage = max(t.Coverage, r.Coverage)
	t.Share = max(t.Share, r.Share)
	t.Lag = min(t.Lag, r.Lag)
	t.Missed = min(t.Missed, r.Missed)
	t.Mistaken = min(t.Mistaken, r.Mistaken)
	t.withheld = max(t.withheld, r.Withheld)
}

func (r *DataSharing) Sentence(string) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	none := newDataSharing()
	faster, righter := r.Lag < none.Lag || r.LagDays > 0, r.Missed < none.Missed || r.Mistaken < none.Mistaken
	if r.Coverage > 0 || r.Share > 0 || !faster && !righter && r.Withheld == 0 {
		add("the bureau shows at least %s of outside loans", percent(r.Coverage))
		add("at least %s of outside lenders see denials here and deny as well", percent(r.Share))
	}
	switch {
	case r.Lag == 0:
		add("loans show at once")
	case r.LagDays > 0 && r.Lag == maxLag:
		add("loans show after at most %s", days(r.LagDays))
	case r.LagDays > 0:
		add("loans show after at most %s or %s", months(r.Lag), days(r.LagDays))
	case faster:
		add("loans show after at most %s", months(r.Lag))
	}
	if r.Missed < none.Missed {
		add("at most %s of loans reported are missing from files", percent(r.Missed))
	}
	if r.Mistaken < none.Mistaken {
		add("at most %s of files show a loan too many", percent(r.Mistaken))
	}
	switch {
	case r.Withheld == 1:
		add("no outside loan may be reported")
	case r.Withheld > 0:
		add("at least %s of outside loans may not be reported", percent(r.Withheld))
	}
	text := strings.Join(parts, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}
