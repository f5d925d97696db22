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

// rate finds the rows of the open loans, and whether the borrower's risk has risen: whether the lender sees so many
// more outside loans than when the newest loan was granted.
func (l *life) rate() (s setAside) {
	for i := range l.n {
		s.table[i] = l.model.setAside.Row(l.grade, l.loans[i].Term)
	}
	if rise := int(l.model.RiskRise); int(l.outside) >= int(l.began)+rise {
		s.risen = l.fate.visible(int(l.outside), l.shown) >= l.fate.visible(int(l.began), l.shown)+rise
	}
	return s
}

// provide counts what is set aside for a borrower who is not in default, and returns his balance.
func (l *life) provide(row *row) (balance data.Money) {
	t, sum := l.model.setAside, 0.
	s := t.Stand(l.overdue, l.risen)
	for i := range l.n {
		loan := &l.loans[i]
		balance += loan.Balance
		sum += float64(float64(loan.Balance) * t.Share(l.table[i], loan.Term, loan.Remaining, s))
	}
	stage := t.Stage(s)
	row[data.Provision(stage)] += l.weight * roundEven(sum)
	if stage == 2 {
		row[data.BalanceStage2] += l.weight * int64(balance)
	}
	return balance
}

// roundEven rounds half to even below 2^51: the sum with 1.5 x 2^52 has no bits behind the point.
func roundEven(x float64) int64 {
	const magic = 3 << 51
	return int64((x + magic) - magic)
}
