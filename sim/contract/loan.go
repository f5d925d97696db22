// Package contract holds the cash flows of a loan, exact in integers.
//
// A Loan is a plain value, a revolving line (line.go) too. Open makes a new one, Resume one that is already running; Pay,
// Prepay, Accrue, Stay and Cure move it through one step and return what was received. Interest of a step is the balance times the
// step's rate, rounded half to even to the minor unit; the last instalment closes the balance exactly.
// (model.md §5 and §22 items 9, 17, 51, 65.)
//
// BreakEven (price.go) is the annual rate at which such a loan earns its costs.
package contract

import (
	"math"

	"relend/data"
)

// Loan is an open loan. The zero value is no loan.
type Loan struct {
	Principal  data.Money   // first lent; of a line the limit
	Balance    data.Money   // principal owed, due or not
	Accrued    data.Money   // interest accrued and unpaid while late
	Instalment data.Money   // annuity: interest and principal of a step; equal principal: principal of a step; else 0
	Rate       float64      // interest per step
	Term       int16        // steps
	Remaining  int16        // instalments left, at least 1 while open
	Origin     int16        // step in which it was granted, negative before the snapshot, put off by the months in which its age stood still
	Product    data.Product //
	Flags      Flags        //
}

// Flags mark what a loan has been through.
type Flags uint8

const (
	Dirty    Flags = 1 << iota // a payment was missed
	RollOver                   // granted to a borrower with a running loan
	Fraud                      // will never be paid
)

// Cash is what a lender receives from a loan in a step, and what is drawn on a line.
type Cash struct {
	Interest, Principal data.Money
	Drawn               data.Money // at the end of the step
	Closed              bool       // the loan is repaid
}

// Open returns a new loan. apr is the nominal annual rate, term the number of steps (at least 1), stepMonths
// the length of a step in months, burden what Burden returns for them: callers who open many like loans compute
// it once.
func Open(product data.Product, principal data.Money, apr float64, term int, stepMonths, burden float64) Loan {
	l := Loan{Principal: principal, Balance: principal, Rate: apr / 12 * stepMonths, Term: int16(term), Remaining: int16(term), Product: product}
	switch product {
	case data.Annuity:
		l.Instalment = round(float64(principal) * burden)
	case data.EqualPrincipal:
		l.Instalment = round(float64(principal) / float64(term))
	}
	return l
}

// Resume returns a running loan whose schedule is amortised anew from its balance over the remaining
// instalments.
func Resume(product data.Product, principal, balance data.Money, apr float64, term, remaining int, stepMonths float64) Loan {
	l := Open(product, balance, apr, remaining, stepMonths, AnnuityFactor(apr/12*stepMonths, remaining))
	l.Principal, l.Term = principal, int16(term)
	return l
}

// AnnuityFactor is the instalment per unit of principal: r/(1-(1+r)^-n), and 1/n at r = 0.
func AnnuityFactor(r float64, n int) float64 {
	if r == 0 {
		return 1 / float64(n)
	}
	return r / -math.Expm1(-float64(n)*math.Log1p(r))
}

// Burden is the payment to income numerator of a loan per step and unit of principal: the instalment of an
// annuity, the first instalment of equal principal, the mean payment where all or most is due at the end, and the least
// payment on a line that is fully drawn.
func Burden(product data.Product, r float64, n int, line *Line) float64 {
	switch product {
	case data.Revolving:
		return max(line.Minimum, r)
	case data.Annuity:
		return AnnuityFactor(r, n)
	case data.EqualPrincipal:
		return 1/float64(n) + r
	}
	return (1 + r*float64(n)) / float64(n)
}

// Burden is the loan's own payment to income numerator per step, taken from its present balance where the
// schedule is not level.
func (l *Loan) Burden(line *Line) data.Money {
	switch l.Product {
	case data.Revolving:
		return round(float64(l.Principal) * Burden(l.Product, l.Rate, 0, line))
	case data.Annuity:
		return l.Instalment
	case data.EqualPrincipal:
		return l.Instalment + l.interest()
	}
	return round(float64(l.Balance) * Burden(l.Product, l.Rate, int(l.Term), line))
}

// interest of one step on the balance.
func (l *Loan) interest() data.Money { return round(float64(l.Balance) * l.Rate) }

// earned is a bullet loan's interest for n scheduled steps, due at the end.
func (l *Loan) earned(n int16) data.Money {
	return round(float64(l.Balance) * l.Rate * float64(n))
}

// part is the principal in n instalments when interest has to be paid first.
func (l *Loan) part(n int16, interest data.Money, line *Line) data.Money {
	switch l.Product {
	case data.Revolving:
		return min(max(0, data.Money(n)*line.least(l.Balance)-interest), l.Balance)
	case data.Annuity:
		return max(0, data.Money(n)*l.Instalment-interest)
	case data.EqualPrincipal:
		return data.Money(n) * l.Instalment
	}
	return 0
}

// Pay makes the scheduled payment of a step of a loan that is not late.
func (l *Loan) Pay(line *Line) Cash {
	c, open := l.Regular(line)
	switch {
	case open:
		return c
	case l.Product == data.Bullet:
		return l.close(l.earned(l.Term))
	}
	return l.close(l.interest())
}

// Regular is Pay where that leaves the loan open. Where it would repay the loan, nothing is paid yet.
func (l *Loan) Regular(line *Line) (c Cash, open bool) {
	if l.Remaining == 1 {
		return c, false
	}
	if l.Product != data.Bullet {
		c.Interest = l.interest()
		c.Principal = l.part(1, c.Interest, line)
		if c.Principal >= l.Balance {
			return Cash{}, false
		}
		l.Balance -= c.Principal
	}
	l.Remaining--
	if l.Product == data.Revolving {
		c.Drawn = l.draw(line.Draw)
	}
	return c, true
}

// close pays the balance and the interest given.
func (l *Loan) close(interest data.Money) Cash {
	c := Cash{Interest: interest, Principal: l.Balance, Closed: true}
	*l = Loan{}
	return c
}

// Prepay pays the balance and the interest of the step, in place of the scheduled payment. There is no penalty.
func (l *Loan) Prepay() Cash {
	if l.Product == data.Bullet {
		return l.close(l.earned(l.Term - l.Remaining + 1))
	}
	return l.close(l.interest())
}

// Replace closes the loan out of a new one, after the step's scheduled payment.
func (l *Loan) Replace() Cash { return l.close(l.Owed()) }

// Owed is the interest earned by the lender and not yet received.
func (l *Loan) Owed() data.Money {
	if l.Product == data.Bullet {
		return l.Accrued + l.earned(l.Term-l.Remaining)
	}
	return l.Accrued
}

// Accrue passes a step in which nothing is paid: a missed payment, or a further one.
func (l *Loan) Accrue() { l.Accrued += l.interest() }

// Stay passes a step of a late borrower who pays exactly one instalment and stays as late as before: interest
// accrued first, the rest principal. A payment that would close the loan pays the accrued interest only.
func (l *Loan) Stay(line *Line) Cash {
	l.Accrue()
	c := Cash{Interest: l.Accrued}
	part := l.part(1, l.Accrued, line)
	if l.Product == data.Annuity {
		c.Interest = min(l.Accrued, l.Instalment) // arrears of several steps can exceed one instalment
	}
	if l.Remaining > 1 && part < l.Balance {
		c.Principal = part
		l.Balance -= part
		l.Remaining--
	} else {
		c.Interest = l.Accrued
	}
	l.Accrued -= c.Interest
	return c
}

// Cure passes a step in which a borrower who is overdue by the given number of instalments pays them and the
// one now due: accrued interest first, the rest principal.
func (l *Loan) Cure(overdue int, line *Line) Cash {
	l.Accrue()
	n := min(int16(overdue)+1, l.Remaining)
	if l.Product == data.Bullet {
		if n == l.Remaining {
			return l.close(l.Accrued + l.earned(l.Term))
		}
	} else if part := l.part(n, l.Accrued, line); n == l.Remaining || part >= l.Balance {
		return l.close(l.Accrued)
	}
	c := Cash{Interest: l.Accrued, Principal: l.part(n, l.Accrued, line)}
	l.Accrued = 0
	l.Balance -= c.Principal
	l.Remaining -= n
	return c
}

// round rounds half to even. The sum with 1.5 x 2^52 leaves no bits behind the point for numbers below 2^51.
func round(x float64) data.Money {
	const magic = 3 << 51
	return data.Money((x + magic) - magic)
}
