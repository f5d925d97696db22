package rule

import (
	"math"
	"slices"

	"relend/data"
)

// Control is a rule that looks at the lender's whole book: what it sees at the end of a month decides what it
// leaves for the next one, for every applicant alike. It couples the borrowers of a path (model.md §10).
type Control interface {
	Rule
	Reason() data.Reason
	// Govern is called at the snapshot and at the end of every month, in order; the memory is the control's own on
	// one path, zero at the snapshot.
	Govern(l *Ledger, m *Memory) Leave
}

// Ledger is the book at the end of a month, money of all borrowers together.
type Ledger struct {
	Balance data.Money // principal owed, not charged off
	Overdue data.Money // part of it owed by borrowers 90 or more days past due
	Income  data.Money // net income of the month; 0 at the snapshot
	Lost    data.Money // charged off in the month, less recoveries; 0 at the snapshot
	Business
}

// Business is what is lent in a month.
type Business struct {
	Lent  data.Money // principal of new loans
	Rated float64    // the same, each times its nominal annual rate
	AllIn float64    // the same, each times its annual rate with the fee
}

// overdue is the share of the balance 90 or more days past due, 0 without a balance.
func (l *Ledger) overdue() float64 {
	if l.Balance <= 0 {
		return 0
	}
	return float64(l.Overdue) / float64(l.Balance)
}

// Memory is what a control carries from month to month. Each kind uses its own part.
type Memory struct {
	Started         bool
	Closed          bool       // lending is stopped
	Calm            int        // months in a row that speak for lending again
	Equity          data.Money // own funds; may be negative
	Budget          data.Money // new cash of a month
	Portfolio, Lost data.Money // lent under a guarantee, and claimed
	Margins         []float64  // of the months of a window: interest a year that lies below what is allowed
}

// Leave is what a control leaves for a month.
type Leave struct {
	Closed  bool       // no lending at all
	Approve float64    // chance that an application is looked at
	Cash    data.Money // new cash that may be lent, 0 or more
	Average float64    // highest average rate of new loans
	AllIn   bool       // that counts their fees
	Margin  float64    // interest a year by which earlier ones lie below it
}

// everything is the leave of a control that does not bind.
func everything() Leave { return Leave{Approve: 1, Cash: math.MaxInt64, Average: math.Inf(1)} }

// Bound is a control in force.
type Bound struct {
	Control
	Law  bool // imposed by law
	At   int  // place among the rules, policy before law
	when *condition
}

// Holds reports whether the control is in force in step t.
func (b *Bound) Holds(t int) bool { return b.when.now(t) }

// Controls lists the controls of a policy and of the law, policy first.
func Controls(policy, law []Rule, s *Setting) []Bound {
	var out []Bound
	for i, rules := range [][]Rule{policy, law} {
		for k, r := range rules {
			if c, ok := Bare(r).(Control); ok {
				x := Bound{Control: c, Law: i == 1, At: k + i*len(policy)}
				if clause, ok := r.(*Clause); ok {
					x.when = clause.condition(s)
				}
				out = append(out, x)
			}
		}
	}
	return out
}

// Steers reports whether a rule looks at the whole book, or has a quota of it.
func Steers(r Rule) bool {
	_, control := Bare(r).(Control)
	return control || quotaOf(r) != nil
}

// Steered reports whether rules look at the whole book.
func Steered(policy, law []Rule) bool {
	return slices.ContainsFunc(policy, Steers) || slices.ContainsFunc(law, Steers)
}

// QueueOf returns the order of service: the law's before the policy's, before the default.
func QueueOf(policy, law []Rule) *FundingQueue {
	queue := newFundingQueue()
	for _, rules := range [][]Rule{policy, law} {
		for _, r := range rules {
			if q, ok := Bare(r).(*FundingQueue); ok {
				queue = q
			}
		}
	}
	return queue
}
