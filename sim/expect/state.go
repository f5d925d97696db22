package expect

import (
	"relend/data"
	"relend/sim/contract"
)

// mode of a borrower who can still move. Who has defaulted or left moves no more: what follows is counted at once.
type mode uint8

const (
	current mode = iota
	late1        // 1-29 days past due; late1+k-1 is bucket k
	late2
	late3
	idle
	waiting // an applicant who has not come yet
)

// state is all that the future of a borrower depends on. Equal states merge.
type state struct {
	own       [4]int32   // open loans, oldest first, as numbers of run.loans; 0 is none
	last      int32      // idle: the last loan: product, tenor and principal
	paying    data.Money // instalments of own loans as of the borrower's last event (§22 item 33)
	granted   int16      // step of the last origination
	lateStep  [3]int16   // last step that ended in bucket 1, 2, 3 or beyond
	seen      uint16     // bit j: outside loan slot j is visible, of the first drawn slots
	opening   data.Money // principal of the first loan of the sequence
	taken     uint64     // bit i: a loan was granted i steps before the step to come
	drawn     uint8      // slots whose visibility is known
	mode      mode
	part      uint8 // of the delinquency bucket, from 0
	ordinal   uint8
	gap       int16
	shock     int16
	outside   uint8
	began     uint8 // outside loans when the newest loan was granted, as far as a rise since then can matter
	ladder    uint8
	clean     uint8
	sequence  uint8 // loans in a row, each within a month of the last
	rolled    uint8 // refinancings in a row
	obeys     uint8 // class of borrowers by the rules that are obeyed for them
	dependent bool
	applied   bool
	served    bool
}

// loan is an open loan of a borrower.
type loan struct {
	contract.Loan
	age   int16 // months on book, late months not counted
	tenor int16 // contractual
}

// long ago: a step that no look-back reaches.
const never = -10000

// caps of the state (model.md §22).
const (
	mostGap   = 60 // months
	mostClean = 15
)

// number returns the number of a loan.
func (r *run) number(l loan) int32 {
	n, ok := r.numbers[l]
	if !ok {
		n = int32(len(r.loans))
		r.loans = append(r.loans, l)
		r.numbers[l] = n
	}
	return n
}

// count is the number of open loans.
func (s *state) count() int {
	n := 0
	for n < len(s.own) && s.own[n] != 0 {
		n++
	}
	return n
}

// newest is the newest open loan.
func (r *run) newest(s *state) *loan { return &r.loans[s.own[s.count()-1]] }

// instalments of all open loans at their present balances, a month.
func (r *run) instalments(s *state) (sum data.Money) {
	for _, n := range s.own[:s.count()] {
		sum += r.loans[n].Burden(&r.line)
	}
	return r.grid.AMonth(sum)
}

func (r *run) balance(s *state) (sum data.Money) {
	for _, n := range s.own[:s.count()] {
		sum += r.loans[n].Balance
	}
	return sum
}

// each applies a month to every open loan, keeps those that stay open and returns how many closed, how many of those
// without a missed payment, and what was received. If none is left the borrower is idle.
func (r *run) each(s *state, step func(*loan) contract.Cash) (closed, clean int, cash contract.Cash) {
	open := s.count()
	last := *r.newest(s)
	own := s.own
	s.own = [4]int32{}
	left := 0
	for _, n := range own[:open] {
		l := r.loans[n]
		dirty := l.Flags&contract.Dirty != 0
		c := step(&l)
		cash.Interest += c.Interest
		cash.Principal += c.Principal
		cash.Drawn += c.Drawn
		if c.Closed {
			closed++
			if !dirty {
				clean++
			}
			continue
		}
		s.own[left] = r.number(l)
		left++
	}
	if left == 0 {
		s.mode, s.gap, s.began, s.last = idle, 0, anyNumber, r.number(loan{Loan: contract.Loan{Principal: last.Principal, Product: last.Product}, tenor: last.tenor})
	}
	if closed > 0 {
		s.paying = r.instalments(s)
	}
	return closed, clean, cash
}
