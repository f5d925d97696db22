package rule

import (
	"math/bits"
	"reflect"
	"slices"

	"relend/data"
)

// Bench is books of the same terms that judge an application together: a rule that several of them hold is asked once. The
// decisions are those of each Book.
type Bench struct {
	Books  uint64 // bit i: book i of the list that Benches was given
	books  []*Book
	first  *Book // of the bench
	checks []common[Check]
	limits []common[Limit]
}

// common is a check or limit with the books that hold it, and its place in each of them.
type common[R any] struct {
	bound[R]
	books uint64
	at    []int
}

// Verdict is a decision with the books that come to it.
type Verdict struct {
	Decision
	Books uint64
	cause []int // by book, the second result of Book.Judge; nil: after is it
	after int
}

// Cause is what has decided in a book of the verdict: the second result of its Judge.
func (v *Verdict) Cause(book int) int {
	if v.cause == nil {
		return v.after
	}
	return v.cause[book] + v.after
}

// Benches seats up to 64 books. A book whose terms or prices change in time, or that holds rules for loans of some amounts
// only, has a bench of its own.
func Benches(books []*Book) (list []Bench) {
	for i, b := range books {
		at := slices.IndexFunc(list, func(g Bench) bool { return g.first.joins(b) })
		if at < 0 {
			at = len(list)
			list = append(list, Bench{books: books, first: b})
		}
		g := &list[at]
		g.Books |= 1 << i
		g.checks = seat(g.checks, b.checks, i, len(books))
		g.limits = seat(g.limits, b.limits, i, len(books))
	}
	return list
}

// joins reports whether two books may sit on one bench.
func (b *Book) joins(o *Book) bool {
	x, y := &b.Terms, &o.Terms
	return b.eras == nil && o.eras == nil && !b.ranged && !o.ranged && b.AmountMin == o.AmountMin &&
		x.TopUp == y.TopUp && x.Stack == y.Stack && x.Share == y.Share && x.Scope == y.Scope && x.Open == y.Open &&
		x.Outside == y.Outside && x.Bureau == y.Bureau
}

// seat takes in the checks or limits of a book. The order of the list is that of every book in it: what two books hold in
// another order than a third is there twice.
func seat[R interface{ Reason() data.Reason }](list []common[R], own []bound[R], book, books int) []common[R] {
	from := 0
	for _, x := range own {
		at := from + slices.IndexFunc(list[from:], func(c common[R]) bool {
			return c.law == x.law && reflect.DeepEqual(c.rule, x.rule) && reflect.DeepEqual(c.when, x.when)
		})
		if at < from {
			for at = from; at < len(list) && list[at].rule.Reason() <= x.rule.Reason(); {
				at++
			}
			list = slices.Insert(list, at, common[R]{bound: x, at: make([]int, books)})
		}
		list[at].books |= 1 << book
		list[at].at[book] = x.at
		from = at + 1
	}
	return list
}

// Terms are those of step t.
func (g *Bench) Terms(t int) *Terms { return g.first.At(t) }

// Judge adds to a list the decisions on an application in some books of the bench. With a hearing there must be one book.
func (g *Bench) Judge(a *Application, books uint64, h *Hearing, list []Verdict) []Verdict {
	if books&(books-1) == 0 {
		d, cause := g.books[bits.TrailingZeros64(books)].Judge(a, h)
		return append(list, Verdict{Decision: d, Books: books, after: cause})
	}
	a.Refinance = !a.Idle && g.first.Terms.TopUp
	for i := range g.checks {
		c := &g.checks[i]
		against := books & c.books
		if against == 0 || !c.when.binds(a) || c.rule.Allows(a) {
			continue
		}
		list = append(list, Verdict{Decision{Reason: c.rule.Reason(), ByLaw: c.law}, against, c.at, 0})
		if books &^= against; books == 0 {
			return list
		}
	}
	small := a.tooSmall(a.Asked, g.first.AmountMin)
	if k := g.first.inherent(a, &g.first.Terms, small, true, nil); k >= 0 {
		return g.same(Decision{Reason: Inherent[k].Reason}, books, k, list)
	}
	return g.offer(a, books, small, list)
}

// same adds a decision of some books that what is inherent has led to, by its place in Inherent.
func (g *Bench) same(d Decision, books uint64, k int, list []Verdict) []Verdict {
	for ; books != 0; books &= books - 1 {
		i := bits.TrailingZeros64(books)
		list = append(list, Verdict{Decision: d, Books: 1 << i, after: len(g.books[i].rules) + k})
	}
	return list
}

// offer is what the limits make of an application that no check denies.
func (g *Bench) offer(a *Application, books uint64, small bool, list []Verdict) []Verdict {
	kept := a.kept()
	var least [64]data.Money // by book, where a limit cuts
	var by [64]int           // the first limit that leaves so little
	cut := uint64(0)
	for k := range g.limits {
		l := &g.limits[k]
		bound := books & l.books
		if bound == 0 || !l.when.binds(a) {
			continue
		}
		room := max(l.rule.Room(a, kept), 0)
		if room >= a.Asked {
			continue
		}
		for ; bound != 0; bound &= bound - 1 {
			if i := bits.TrailingZeros64(bound); cut>>i&1 == 0 || room < least[i] {
				least[i], by[i] = room, k
				cut |= 1 << i
			}
		}
	}
	granted := Decision{Granted: true, Amount: a.Asked, APR: a.APR, Refinance: a.Refinance}
	if whole := books &^ cut; whole != 0 {
		switch {
		case small:
			list = g.same(Decision{Reason: data.DeniedAmount}, whole, tooSmall, list)
		default:
			list = append(list, Verdict{Decision: granted, Books: whole, after: nobody})
		}
	}
	for cut != 0 {
		first := bits.TrailingZeros64(cut)
		l, group := &g.limits[by[first]], uint64(0)
		for rest := cut & l.books; rest != 0; rest &= rest - 1 {
			if i := bits.TrailingZeros64(rest); by[i] == by[first] {
				group |= 1 << i
			}
		}
		cut &^= group
		d := granted
		if d.Amount = least[first] - least[first]%data.Unit; a.tooSmall(d.Amount, g.first.AmountMin) {
			d = Decision{Reason: l.rule.Reason(), ByLaw: l.law}
		}
		list = append(list, Verdict{d, group, l.at, 0})
	}
	return list
}
