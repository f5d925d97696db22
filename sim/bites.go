package sim

import (
	"fmt"
	"math/bits"
	"slices"

	"relend/data"
	"relend/sim/rng"
	"relend/sim/rule"
)

// clauses lists what the ledger of refusals counts in an arm: its rules in order, then what is inherent.
func clauses(a *Arm, currency string) (list []data.Clause) {
	for i, rules := range [][]rule.Rule{a.Policy, a.Law} {
		for _, r := range rules {
			c := data.Clause{Name: rule.KindOf(r).Name, Of: []string{a.Arm.Policy, a.Regulation}[i], Law: i == 1, Sentence: r.Sentence(currency)}
			if reason, ok := rule.Reason(r); ok {
				c.Reason = reason.String()
			}
			list = append(list, c)
		}
	}
	for _, x := range rule.Inherent {
		list = append(list, data.Clause{Name: x.Name, Reason: x.Reason.String(), Sentence: x.Sentence})
	}
	return list
}

// bites counts what the clauses of one arm do on one path.
type bites struct {
	clauses int
	always  []int // clauses that every application asks
	// Counts lie at month*clauses + clause. What a clause would have bound beside the one that was the cause is counted
	// apart: most applications that are bound touch one row.
	causes []ruled
	others []int64 // would have bound, not as the cause
	asked  []int64 // of clauses that not every application asks
}

// ruled is what a clause has done as the cause of decisions.
type ruled struct{ decided, refused, reduced, cut int64 }

func newBites(a *Arm, months int) *bites {
	b := &bites{clauses: len(a.Clauses)}
	b.causes, b.others, b.asked = make([]ruled, months*b.clauses), make([]int64, months*b.clauses), make([]int64, months*b.clauses)
	for i, r := range slices.Concat(a.Policy, a.Law) {
		if a.Clauses[i].Reason != "" && !rule.Conditional(r) {
			b.always = append(b.always, i)
		}
	}
	for i := len(a.Policy) + len(a.Law); i < len(a.Clauses); i++ {
		b.always = append(b.always, i)
	}
	return b
}

// judge lets a book judge an application, in full on paths where every rule is heard.
func (w *worker) judge(book *rule.Book, a *rule.Application) (rule.Decision, int) {
	if !w.heard {
		return book.Judge(a, nil)
	}
	w.hearing.Clear()
	return book.Judge(a, &w.hearing)
}

// bitten counts what an application in step t has come to in the arms of a verdict.
func (w *worker) bitten(l *life, t int, a *rule.Application, v *rule.Verdict) {
	if w.bites == nil {
		return
	}
	for arms := v.Books; arms != 0; arms &= arms - 1 {
		i := bits.TrailingZeros64(arms)
		w.bite(l, t, i, a, v.Decision, v.Cause(i))
	}
}

// bite counts in arm i what an application in step t, and its hearing, has come to.
func (w *worker) bite(l *life, t, i int, a *rule.Application, d rule.Decision, cause int) {
	if w.bites == nil {
		return
	}
	b := w.bites[l.family.arms[i]]
	month := l.month(t) * b.clauses
	if w.heard {
		for _, at := range w.hearing.Within {
			b.asked[month+at] += l.weight
		}
		for _, at := range w.hearing.Bound {
			if at != cause {
				b.others[month+at] += l.weight
			}
		}
	}
	if cause < 0 {
		return
	}
	n := &b.causes[month+cause]
	if d.Granted {
		n.reduced += l.weight
		n.cut += l.weight * int64(a.Asked-d.Amount)
	} else {
		n.decided += l.weight
		n.refused += l.weight * int64(a.Asked)
	}
}

// bite counts an application in step t under controls. cause is the book's; by is the control that has denied it, nil
// where none has.
func (h *helm) bite(l *life, t int, a *rule.Application, d rule.Decision, cause int, by *rule.Bound) {
	w := l.worker
	if by != nil {
		if w.heard && cause >= 0 && !slices.Contains(w.hearing.Bound, cause) {
			w.hearing.Bound = append(w.hearing.Bound, cause)
		}
		cause = by.At
	}
	if w.heard {
		for k := range h.controls {
			c, leave := &h.controls[k], &h.leaves[k]
			if !c.Holds(t) {
				continue
			}
			w.hearing.Within = append(w.hearing.Within, c.At)
			if leave.Closed || leave.Approve < 1 && rng.Uniform(l.fate.Block(rng.Control, t)[chanceDraw]) >= leave.Approve {
				w.hearing.Bound = append(w.hearing.Bound, c.At)
			}
		}
	}
	w.bite(l, t, h.at, a, d, cause)
}

// of returns the counts of a row; what would have bound is known where every rule was heard.
func (b *bites) of(row int, heard bool) [data.NumBites]int64 {
	c := &b.causes[row]
	n := [data.NumBites]int64{data.Decided: c.decided, data.Refused: c.refused, data.Reduced: c.reduced, data.Cut: c.cut}
	if heard {
		n[data.Asked], n[data.WouldBind] = b.asked[row], b.others[row]+c.decided+c.reduced
	}
	return n
}

// close fills in what every application asks, and checks that the denials of the clauses are those of the totals, by
// reason.
func (b *bites) close(arm *Arm, path int, totals []int64, heard bool) error {
	var decided [data.NumReasons]int64
	reasons := make([]data.Reason, b.clauses)
	for i, c := range arm.Clauses {
		reasons[i], _ = data.ReasonByName(c.Reason)
	}
	for month := range len(b.causes) / b.clauses {
		r := counters(totals, month)
		for _, i := range b.always {
			b.asked[month*b.clauses+i] = r[data.Applications]
		}
		clear(decided[:])
		for i := range b.clauses {
			n := b.of(month*b.clauses+i, heard)
			decided[reasons[i]] += n[data.Decided]
			if n[data.WouldBind] > n[data.Asked] {
				return &InvariantError{fmt.Sprintf("arm %s, path %d, month %d: rule %s would bind %d applications of %d that asked it",
					arm.Name, path, month+1, arm.Clauses[i].Name, n[data.WouldBind], n[data.Asked])}
			}
		}
		for reason, n := range decided {
			if denied := r[data.Denied(data.Reason(reason))]; n != denied {
				return &InvariantError{fmt.Sprintf("arm %s, path %d, month %d: denials by rules for the reason %v: %d is not %d", arm.Name, path, month+1, data.Reason(reason), n, denied)}
			}
		}
	}
	return nil
}

// add adds the counts of a path to its batch and empties them.
func (b *bites) add(ledger []int64, batch int, heard bool) {
	at := ledger[batch*data.NumBites*len(b.causes):]
	for i := range b.causes {
		for k, n := range b.of(i, heard) {
			at[i*data.NumBites+k] += n
		}
	}
	clear(b.causes)
	clear(b.others)
	clear(b.asked)
}
