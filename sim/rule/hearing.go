package rule

import (
	"math"
	"reflect"
	"slices"

	"relend/data"
)

// Hearing is what every rule of a book says to an application, also after the decision has fallen. Rules are known by
// their places, as in Book.Judge.
type Hearing struct {
	// Bound lists what would by itself have denied the application or cut the amount, and what cuts the smaller loan that
	// other limits leave, if it binds loans of some amounts only. A cap on the price counts where it denies, not where it
	// lowers a price.
	Bound []int
	// Within lists the rules with conditions, such as dates or a perimeter, that hold for the application. Rules without
	// are asked by every application, and so is what is inherent.
	Within []int
}

// Clear empties a hearing for the next application; its room is kept.
func (h *Hearing) Clear() { h.Bound, h.Within = h.Bound[:0], h.Within[:0] }

// nobody is the cause of an offer of all that is asked.
const nobody = -1

// Inherent is what denies applications where no rule does it by itself.
var Inherent = [...]struct {
	Name, Sentence string
	Reason         data.Reason
}{
	noWay:    {"ways_combined", "A further loan beside a running one, or in its place: each rule leaves one way open, together none.", data.DeniedTopUp},
	noSlot:   {"loan_slots", "At most 4 open loans with this lender: a bound of the model.", data.DeniedConcurrent},
	noPrice:  {"break_even", "Who cannot be served at any price is refused.", data.DeniedPrice},
	tooSmall: {"amount_min", "No loan below the smallest one, nor below the balance that it replaces.", data.DeniedAmount},
}

const (
	noWay = iota
	noSlot
	noPrice
	tooSmall
)

// inherent returns the first of Inherent that is against an application, apart from the smallest loan, which comes after
// all limits; negative for none. That no way is left counts only where no rule has closed the last one (open).
func (b *Book) inherent(a *Application, terms *Terms, small, open bool, h *Hearing) int {
	first := nobody
	for k, no := range [...]bool{
		noWay:    open && !a.Idle && !terms.TopUp && !terms.Stack,
		noSlot:   !a.Idle && !terms.TopUp && a.Own >= MaxOwn,
		noPrice:  math.IsInf(a.BreakEven, 1),
		tooSmall: small,
	} {
		if no {
			if first == nobody && k != tooSmall {
				first = k
			}
			h.note(len(b.rules)+k, nil, true)
		}
	}
	return first
}

// knows reports whether the hearing has found a rule that holds for the application.
func (h *Hearing) knows(at int) bool { return slices.Contains(h.Within, at) }

// note takes in what a rule, or what is inherent, says to an application that it binds; without a hearing, nothing.
func (h *Hearing) note(at int, when *condition, against bool) {
	if h == nil {
		return
	}
	if when != nil {
		h.Within = append(h.Within, at)
	}
	if against {
		h.Bound = append(h.Bound, at)
	}
}

// Place is that of a rule in the book, as it was given to Compile; negative where it is not there.
func (b *Book) Place(r Rule) int { return slices.Index(b.rules, r) }

// Reason is the one for which a rule denies applications; ok is false for a rule that denies none.
func Reason(r Rule) (reason data.Reason, ok bool) {
	by, ok := Bare(r).(interface{ Reason() data.Reason })
	if !ok {
		return 0, false
	}
	return by.Reason(), true
}

// KindOf is the kind of a rule.
func KindOf(r Rule) Kind {
	for _, k := range Kinds {
		if reflect.TypeOf(k.New()) == reflect.TypeOf(Bare(r)) {
			return k
		}
	}
	return Kind{}
}

// Conditional reports whether a rule asks only some applications: one with conditions, or a control.
func Conditional(r Rule) bool {
	_, clause := r.(*Clause)
	_, control := r.(Control)
	return clause || control
}
