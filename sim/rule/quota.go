package rule

import (
	"fmt"
	"slices"
)

// Quota makes a limit soft: loans that it would refuse or reduce are granted as exceptions, as long as they take at most a
// share of all that is lent within a moving window of months, by amount.
type Quota struct {
	Share  float64
	Window int // months, the present one included; 0 is 1
}

// Months is the length of the window.
func (q *Quota) Months() int { return max(1, q.Window) }

func (q *Quota) sentence() string {
	span := "a month"
	if n := q.Months(); n > 1 {
		span = "any " + months(n) + " in a row"
	}
	return fmt.Sprintf("up to %s of what is lent in %s may go beyond it", percent(q.Share), span)
}

// Soft is a limit with a quota, and the book of all hard rules with it.
type Soft struct {
	Quota
	Book *Book
}

// Softness is what an arm with soft limits needs beside its book: Hard holds its rules without a quota.
type Softness struct {
	Hard  *Book
	Rules []Soft
}

// Soften returns nil where no rule has a quota.
func Soften(policy, law []Rule, compile func(policy, law []Rule) *Book) *Softness {
	hard := func(rules []Rule, but Rule) []Rule {
		return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r != but && quotaOf(r) != nil })
	}
	var out *Softness
	for _, r := range slices.Concat(policy, law) {
		if q := quotaOf(r); q != nil {
			if out == nil {
				out = &Softness{Hard: compile(hard(policy, nil), hard(law, nil))}
			}
			out.Rules = append(out.Rules, Soft{*q, compile(hard(policy, r), hard(law, r))})
		}
	}
	return out
}

func quotaOf(r Rule) *Quota {
	if c, ok := r.(*Clause); ok {
		return c.Quota
	}
	return nil
}

// less reports whether a decision gives less than another one.
func (d *Decision) less(o *Decision) bool {
	return o.Granted && (!d.Granted || d.Amount < o.Amount)
}

// Exception returns what the hard rules alone would grant beyond a decision on an application, and the soft ones, by bit,
// that stand in the way; 0 where it is no more.
func (s *Softness) Exception(a *Application, d Decision) (more Decision, broken uint64) {
	if more = s.Hard.Decide(a); !d.less(&more) {
		return d, 0
	}
	for i := range s.Rules {
		if with := s.Rules[i].Book.Decide(a); with.less(&more) {
			broken |= 1 << i
		}
	}
	return more, broken
}
