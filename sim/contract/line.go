package contract

import "relend/data"

// Line is how the lender's revolving lines are drawn and repaid; shares are those of a step. (model.md §5.)
//
// A line is a Loan of the product data.Revolving: its principal is the limit, its balance what is drawn. Each step that is
// paid on time the interest and what the least payment leaves of it go to the lender, then a share of what is free is
// drawn anew. While the borrower is late nothing is drawn. The last instalment of its term repays it.
type Line struct {
	Minimum    float64    // least payment, as a share of the balance
	Floor      data.Money // and at least this
	Draw       float64    // drawn of what is free
	First      float64    // share of a new line drawn at once
	Conversion float64    // drawn of what is free on the way to default
}

// least is the payment due in a step on a balance.
func (n *Line) least(balance data.Money) data.Money {
	return max(n.Floor, round(n.Minimum*float64(balance)))
}

// Opening is what is drawn at once on a new line: a share of it, and at least the line that it replaces.
func (n *Line) Opening(limit, replaced data.Money) data.Money {
	return min(limit, max(replaced, round(n.First*float64(limit))))
}

// draw draws a share of what is free, if anything is.
func (l *Loan) draw(share float64) data.Money {
	drawn := round(share * float64(max(0, l.Principal-l.Balance)))
	l.Balance += drawn
	return drawn
}

// Convert draws what a borrower takes out of a line before he defaults, and returns it; 0 of other loans.
func (l *Loan) Convert(n *Line) data.Money {
	if l.Product != data.Revolving {
		return 0
	}
	return l.draw(n.Conversion)
}
