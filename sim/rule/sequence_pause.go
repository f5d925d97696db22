package rule

import (
	"errors"
	"fmt"

	"relend/data"
)

// SequencePause asks for a pause after so many loans in a sequence: a loan belongs to the sequence of the one before when
// it is taken less than 30 days after that one was paid off, or while it runs (12 CFR 1041, 2017). Of the time before
// the snapshot the last loan is known.
type SequencePause struct {
	Loans     int
	Pause     int // months, steps in a Book
	PauseDays int // 0 in a Book
}

func (r *SequencePause) Fields() []Field {
	return []Field{
		{Name: "loans", Unit: "count", Meaning: "loans of a sequence after which the pause is due, and after each further one of it", Required: true, Min: 1, Max: 60, Value: &r.Loans},
		{Name: "pause", Unit: "months", Meaning: "months that must pass after the payoff before the next loan", Max: data.MaxGap, Value: &r.Pause},
		{Name: "pause_days", Unit: "days", Meaning: "days on top of the months; rounded to steps of the grid", Max: 365, Value: &r.PauseDays},
	}
}

// Check asks for a pause.
func (r *SequencePause) Check() error {
	if r.Pause == 0 && r.PauseDays == 0 {
		return fmt.Errorf("needs a pause, pause_days or both, each above 0")
	}
	return nil
}

func (r *SequencePause) On(grid data.Grid) Rule {
	return &SequencePause{Loans: r.Loans, Pause: stepsOf(grid, r.Pause, r.PauseDays)}
}

func (r *SequencePause) Fits(grid data.Grid) error {
	return errors.Join(tooShort(grid, "sequence_pause: pause_days", r.PauseDays), tooLong(grid, "sequence_pause: pause", r.Pause, r.PauseDays))
}

func (r *SequencePause) Reason() data.Reason { return data.DeniedCoolingOff }

func (r *SequencePause) Allows(a *Application) bool {
	return a.Sequence < r.Loans || a.Idle && a.Gap >= r.Pause
}

func (r *SequencePause) Sentence(string) string {
	return fmt.Sprintf("After %d loans in a row, each within 30 days of the last, no further loan for %s after the payoff.", r.Loans, span(r.Pause, r.PauseDays))
}
