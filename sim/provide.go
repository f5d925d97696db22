package sim

import (
	"relend/data"
	"relend/sim/provision"
	"relend/sim/rule"
)

// setAside is what the provisions of a borrower depend on besides the instalments left and the bucket.
type setAside struct {
	table [rule.MaxOwn]provision.Row // of each open loan
	risen bool                       // his risk, since the newest loan was granted
}

// rate finds the rows of the open loans, and whether the borrower's risk has risen.
func (l *life) rate() (s setAside) {
	for i := range l.n {
		s.table[i] = l.model.setAside.Row(l.grade, l.loans[i].Term)
	}
	s.risen = l.bureau.Lag == 0 && l.rises(l.outside) // late news come without an event of the borrower
	return s
}

// rises reports whether the lender sees so many more outside loans, of those known to the bureau, than when the newest
// loan was granted.
func (l *life) rises(known uint8) bool {
	rise := int(l.model.RiskRise)
	return int(known) >= int(l.began)+rise && l.fate.shows(int(known), l.bureau) >= l.fate.shows(int(l.began), l.bureau)+rise
}

// provide counts what is set aside for a borrower who is not in default after step t, and returns his balance.
func (l *life) provide(row *row, t int) (balance data.Money) {
	if l.bureau.Lag > 0 {
		l.risen = l.rises(l.reported(t, l.bureau.Lag))
	}
	table, sum := l.model.setAside, 0.
	s := table.Stand(l.overdue, l.risen)
	for i := range l.n {
		loan := &l.loans[i]
		balance += loan.Balance
		sum += float64(float64(loan.Balance) * table.Share(l.table[i], loan.Term, loan.Remaining, s))
	}
	l.setsAside(row, table.Stage(s), balance, sum)
	return balance
}

// setsAside counts what is set aside in a stage for a balance.
func (l *life) setsAside(row *row, stage int, balance data.Money, sum float64) {
	row[data.Provision(stage)] += l.weight * roundEven(sum)
	if stage == 2 {
		row[data.BalanceStage2] += l.weight * int64(balance)
	}
}

// roundEven rounds half to even below 2^51: the sum with 1.5 x 2^52 has no bits behind the point.
func roundEven(x float64) int64 {
	const magic = 3 << 51
	return int64((x + magic) - magic)
}
