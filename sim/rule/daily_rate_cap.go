package rule

import "fmt"

// DailyRateCap is a ceiling on the interest of a day on the principal owed. A year has 365 days.
type DailyRateCap struct {
	noCheck
	caps
	Max float64
}

func (r *DailyRateCap) Fields() []Field {
	return []Field{{Name: "max", Unit: "share", Meaning: "highest interest of a day, of the principal owed", Required: true, Max: .03, Value: &r.Max}}
}

func (r *DailyRateCap) Most(*Application) float64 { return 365 * r.Max }

func (r *DailyRateCap) Allows(a *Application) bool { return a.BreakEven <= r.Most(a) }

func (r *DailyRateCap) Sentence(string) string {
	return fmt.Sprintf("New loans cost at most %s of the principal owed a day (%s a year); who cannot be served at that price is refused.", percent(r.Max), percent(365*r.Max))
}
