package rule

import (
	"math"

	"relend/data"
)

// Cause is the rule that gave a Book's decision on an application, as it was written: of a denial the rule that denied,
// of an offer of less than was asked the one that left the least room. It is nil where no rule decided by itself: what
// was asked was granted, or the terms, the bounds of the model or a control were in the way.
func Cause(policy, law []Rule, grid data.Grid, a *Application, d Decision) Rule {
	sides := [][]Rule{policy, law}
	if !d.Granted {
		sides = sides[:1]
		if d.ByLaw {
			sides = [][]Rule{law}
		}
	} else if d.Amount == a.Asked {
		return nil
	}
	kept := Kept{Balance: a.OwnBalance, Instalments: a.OwnInstalments}
	if a.Refinance {
		kept.Balance -= a.NewestBalance
		kept.Instalments -= a.NewestInstalment
	}
	var narrowest Rule
	least := data.Money(math.MaxInt64)
	for _, rules := range sides {
		for _, written := range rules {
			r := written
			if t, ok := r.(Timed); ok {
				r = t.On(grid)
			}
			if by, ok := r.(interface{ Reason() data.Reason }); !d.Granted && (!ok || by.Reason() != d.Reason) {
				continue
			}
			switch r := r.(type) {
			case Check:
				if !d.Granted && !r.Allows(a) {
					return written
				}
			case Limit:
				if room := r.Room(a, kept); room < least {
					narrowest, least = written, room
				}
			}
		}
	}
	return narrowest
}
