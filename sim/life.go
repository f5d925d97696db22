package sim

import (
	"math"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/rng"
	"relend/sim/rule"
)

// economy is what a path's factor means for one segment in one family.
type economy struct {
	months []behaviour.Multipliers
	factor []float64 // the segment's systematic factor
	sigma  float64   // its loading on the log miss hazard
}

// rates are the hazards of a borrower as long as nothing happens to him.
type rates struct {
	miss, prepay float64 // miss before seasoning and economy
	birth, death float64 // of outside loans
	ask, leave   float64 // ask before its shape over age or gap
	reliefEnds   int16   // age at which the honeymoon of a roll-over ends and miss must be computed anew; -1 never
}

// life is one borrower on one path in one arm. Its methods move the state through the months and count what
// happens; the only question it asks the outside is Book.Decide on an application.
type life struct {
	state
	rates
	stale bool // rates no longer fit the state

	plan     *Plan
	model    *model
	book     *rule.Book
	economy  *economy
	tally    *tally
	borrower *borrower
	graded   *graded
	fate     *fate

	weight    int64
	rows      []int64 // the tally of the cell the borrower is in
	demand    float64 // his multiplier of asking
	frailty   float64 // his shift of the log miss hazard
	breakEven float64 // for the present product and tenor
	offer     float64 // the APR posted to him
}

// begin sets a life to the snapshot.
func (l *life) begin() {
	l.state = l.plan.start(l.borrower, l.fate, l.model)
	m := l.model
	l.weight = l.borrower.weight
	u := l.fate.frailty
	e := float64(m.DemandCorr*u) + math.Sqrt(1-m.DemandCorr*m.DemandCorr)*l.fate.demand
	l.frailty = float64(m.SigmaU*u) - float64(m.SigmaU*m.SigmaU)/2
	l.demand = math.Exp(float64(m.DemandSigma*e) - float64(m.DemandSigma*m.DemandSigma)/2)
	l.reprice()
	l.refresh()
	l.rows = l.cell(l.ordinal)
	l.countStocks(l.row(-1))
}

// live runs the months and stops early once nothing can happen any more.
func (l *life) live(months int) {
	for t := 0; t < months && l.mode != gone; t++ {
		l.month(t)
	}
}

// month is one step, in the order of events of model.md §9.
func (l *life) month(t int) {
	shocked := l.shock
	switch l.mode {
	case late:
		l.lateMonth(t)
	case current:
		l.currentMonth(t, shocked)
	case idle:
		l.idleMonth(t, shocked)
	}
	if l.mode == gone {
		return
	}
	if l.stale {
		l.refresh()
	}
	l.countStocks(l.row(t))
}

// row holds the counters of the month that step t ends; row(-1) those of the snapshot.
func (l *life) row(t int) *row { return counters(l.rows, t) }

// cell returns the tally of the borrower's present product and an ordinal.
func (l *life) cell(ordinal uint8) []int64 {
	first := l.plan.cellAt[int(l.borrower.segment)*data.NumProducts+int(l.product)]
	return l.tally.cell(int(first) + data.OrdinalClass(ordinal))
}

// countStocks adds the borrower to the stocks at the end of a month.
func (l *life) countStocks(row *row) {
	w := l.weight
	row[data.OutsideLoans] += w * int64(l.outside)
	if l.mode == idle {
		row[data.BorrowersIdle] += w
		return
	}
	balance := int64(0)
	for i := range l.n {
		balance += int64(l.loans[i].Balance)
	}
	row[data.BorrowersCurrent+data.Counter(l.bucket)] += w
	row[data.BalanceCurrent+data.Counter(l.bucket)] += w * balance
}

// receive counts cash from a loan.
func (l *life) receive(row *row, c contract.Cash) {
	row[data.InterestReceived] += l.weight * int64(c.Interest)
	row[data.PrincipalRepaid] += l.weight * int64(c.Principal)
}

// lateMonth draws the chain of delinquency. Demand, outside loans, age and shock stand still.
func (l *life) lateMonth(t int) {
	row := l.row(t)
	outcome := behaviour.Roll
	if !l.fraudulent() {
		u := l.fate.Lane(l.fate.months[t], t, rng.Risk)
		outcome = l.model.Late(int(l.bucket), l.economy.months[t], u)
	}
	switch outcome {
	case behaviour.Roll:
		l.accrue()
		l.bucket++
		if l.bucket > 3 {
			l.defaults(t)
			return
		}
		balance := l.weight * int64(l.balance())
		if l.bucket == 2 {
			row[data.Entered30] += l.weight
			row[data.Entered30Balance] += balance
		} else {
			row[data.Entered60] += l.weight
			row[data.Entered60Balance] += balance
		}
	case behaviour.Stay:
		for i := range l.n {
			l.receive(row, l.loans[i].Stay())
		}
	case behaviour.Cure:
		overdue := int(l.bucket)
		row[data.Cures] += l.weight
		l.bucket = 0
		l.mode = current
		l.pay(t, func(loan *contract.Loan) contract.Cash { return loan.Cure(overdue) })
		l.stale = true
		return
	}
	l.markLate(t)
}

func (l *life) markLate(t int) {
	for k := range l.bucket {
		l.lateAt[k] = int16(t)
	}
}

func (l *life) accrue() {
	for i := range l.n {
		l.loans[i].Accrue()
	}
}

func (l *life) balance() (sum data.Money) {
	for i := range l.n {
		sum += l.loans[i].Balance
	}
	return sum
}

// fraudulent reports whether the newest loan will never be paid.
func (l *life) fraudulent() bool { return l.loans[l.n-1].Flags&contract.Fraud != 0 }

// pay lets every open loan make a payment and drops those that it closes; the last one gone leaves the borrower
// idle.
func (l *life) pay(t int, payment func(*contract.Loan) contract.Cash) {
	row := l.row(t)
	keep := uint8(0)
	for i := range l.n {
		dirty := l.loans[i].Flags&contract.Dirty != 0
		c := payment(&l.loans[i])
		l.receive(row, c)
		if !c.Closed {
			l.loans[keep] = l.loans[i]
			keep++
			continue
		}
		row[data.LoansRepaid] += l.weight
		if !dirty {
			l.clean = min(l.clean+1, maxClean)
		}
	}
	if keep != l.n {
		l.closed(t, keep)
	}
}

// closed puts the state in order after loans were repaid: n are left.
func (l *life) closed(t int, n uint8) {
	for i := n; i < l.n; i++ {
		l.loans[i] = contract.Loan{}
	}
	l.n = n
	l.stale = true
	if n == 0 {
		l.mode, l.gap, l.age = idle, 0, 0
		return
	}
	newest := &l.loans[n-1]
	l.age = int16(t) - newest.Origin // at the start of the next step
	l.principal = newest.Principal
	if newest.Product != l.product || newest.Term != l.tenor {
		l.product, l.tenor = newest.Product, newest.Term
		l.reprice()
		l.rows = l.cell(l.ordinal)
	}
}

func pay(loan *contract.Loan) contract.Cash    { return loan.Pay() }
func prepay(loan *contract.Loan) contract.Cash { return loan.Prepay() }

// currentMonth is a month of a borrower with an open loan who is not late.
func (l *life) currentMonth(t int, shocked uint8) {
	if l.age == l.reliefEnds {
		l.refresh()
	}
	word := l.fate.months[t]
	miss := l.miss * l.model.season[l.age] * l.economy.months[t].Miss
	asks := int(l.age) >= int(l.model.TopMinAge) && mayFire(word, rng.Demand, l.ask)
	l.outsideLane(t, word)

	if l.fraudulent() {
		l.misses(t)
		return
	}
	if mayFire(word, rng.Risk, miss+l.prepay) {
		u := l.fate.Lane(word, t, rng.Risk)
		switch first, either := behaviour.Pick(miss, l.prepay); {
		case u < first:
			l.misses(t)
			return
		case u < either:
			l.row(t)[data.Prepayments] += l.weight
			l.pay(t, prepay)
			return
		}
	}

	l.age++
	l.pay(t, pay)

	if asks {
		first, _ := behaviour.Pick(l.ask, 0)
		asks = l.fate.Lane(word, t, rng.Demand) < first
	}
	renewed := asks && l.apply(t)
	l.endShock(t, shocked, renewed)
}

// idleMonth is a month of a borrower without an own loan.
func (l *life) idleMonth(t int, shocked uint8) {
	word := l.fate.months[t]
	ask, leave := l.ask*l.model.returning[l.gap], 0.
	if l.gap >= 1 {
		leave = l.leave
	}
	acts := mayFire(word, rng.Demand, ask+leave)
	l.outsideLane(t, word)
	renewed := false
	if acts {
		u := l.fate.Lane(word, t, rng.Demand)
		switch first, either := behaviour.Pick(ask, leave); {
		case u < first:
			renewed = l.apply(t)
		case u < either:
			row := l.row(t)
			row[data.Exits] += l.weight
			row[data.BorrowersExited] += l.weight
			l.mode = gone
			return
		}
	}
	l.endShock(t, shocked, renewed)
	if l.mode == idle {
		l.gap = min(l.gap+1, maxGap)
	}
}

// mayFire rules out in one comparison that a lane with total hazard h fires: 1-exp(-h) <= h.
func mayFire(word uint32, lane rng.Lane, h float64) bool {
	return float64(rng.Coarse(word, lane)) < h*rng.CoarseSteps
}

// outsideLane opens or closes a loan with another lender.
func (l *life) outsideLane(t int, word uint32) {
	death := l.death * float64(l.outside)
	if !mayFire(word, rng.Outside, l.birth+death) {
		return
	}
	u := l.fate.Lane(word, t, rng.Outside)
	switch first, either := behaviour.Pick(l.birth, death); {
	case u < first:
		l.outside++
		l.stale = true
		l.row(t)[data.OutsideOpened] += l.weight
		if !l.dependent && int(l.outside) >= int(l.model.DepX) && l.burden() >= l.model.DepPTI &&
			l.decision(t, entryDraw) < l.model.DepEntry {
			l.dependent = true
		}
	case u < either:
		l.outside--
		l.stale = true
		l.row(t)[data.OutsideClosed] += l.weight
	}
}

// The draws of a month's decisions, one word each.
const (
	leakDraw = iota
	takeUpDraw
	exitDraw
	entryDraw
)

func (l *life) decision(t, draw int) float64 {
	return rng.Uniform(l.fate.Block(rng.Decide, t)[draw])
}

// misses starts a delinquency; the step ends.
func (l *life) misses(t int) {
	for i := range l.n {
		l.loans[i].Flags |= contract.Dirty
	}
	l.accrue()
	l.mode, l.bucket, l.clean = late, 1, 0
	l.row(t)[data.Misses] += l.weight
	l.markLate(t)
}

// endShock runs a shock down that was on at the start of the step and was not set anew in it; at its end a
// dependent borrower may leave dependence (model.md §22 item 13).
func (l *life) endShock(t int, before uint8, renewed bool) {
	if before == 0 || renewed || l.shock == 0 {
		return
	}
	l.shock--
	if l.shock > 0 {
		return
	}
	l.stale = true
	if l.dependent && l.decision(t, exitDraw) < l.model.ShockExit {
		l.dependent = false
		l.row(t)[data.Deleveraged] += l.weight
	}
}

// defaults ends a life at 90 days past due. Recoveries depend on nothing that happens later, so all their cash
// is counted here (model.md §7, §22 items 48, 49).
func (l *life) defaults(t int) {
	m := l.model
	balance, exposure := l.balance(), data.Money(0)
	for i := range l.n {
		exposure += l.loans[i].Balance + l.loans[i].Owed()
	}
	share := m.FraudRecovery
	if !l.fraudulent() {
		bar, from := 0., max(0, t-11)
		for _, z := range l.economy.factor[from : t+1] {
			bar += z
		}
		share = m.RecoveryFraction(l.economy.sigma, bar/float64(t+1-from))
	}
	w := l.weight
	row := l.row(t)
	row[data.Defaults] += w
	row[data.DefaultBalance] += w * int64(balance)
	row[data.DefaultExposure] += w * int64(exposure)

	chargeOff := t + int(m.ChargeOffMonths)
	paid, owed := data.Money(0), balance
	for s, last := t, l.plan.settings.Months-1; s <= last; s++ {
		row := l.row(s)
		if since := s - t; since >= 1 && since <= len(m.recovery) {
			cash := data.Money(math.RoundToEven(float64(exposure)*share*m.recovery[since-1])) - paid
			paid += cash
			if s <= chargeOff {
				principal := min(cash, owed)
				owed -= principal
				row[data.PrincipalRepaid] += w * int64(principal)
				row[data.PreChargeOffRecovery] += w * int64(principal)
				row[data.InterestReceived] += w * int64(cash-principal)
			} else {
				row[data.Recoveries] += w * int64(cash)
			}
		}
		switch {
		case s < chargeOff:
			row[data.BorrowersDefault] += w
			row[data.BalanceDefault] += w * int64(owed)
		case s == chargeOff:
			row[data.ChargedOff] += w * int64(owed)
			row[data.BorrowersOff] += w
		}
	}
	l.mode = gone
}

// burden is payment to income: instalments of own and outside loans over income.
func (l *life) burden() float64 {
	own, _ := l.instalments()
	return (float64(own) + float64(l.outside)*float64(money(l.model.OutsideInstalment))) / float64(l.borrower.income)
}

// instalments sums those of all own loans, and gives that of the newest.
func (l *life) instalments() (sum, newest data.Money) {
	for i := range l.n {
		newest = l.loans[i].Burden()
		sum += newest
	}
	return sum, newest
}

// refresh computes the hazards from the state.
func (l *life) refresh() {
	l.stale = false
	m, type1 := l.model, 0
	if l.dependent {
		type1 = 1
	}
	l.birth = 0
	if int(l.outside) < l.book.Terms.Outside {
		l.birth = m.OutsideBirth[type1] * l.book.Terms.Open
	}
	l.death = m.OutsideDeath
	price := l.demand * math.Exp(-m.Elasticity*(l.offer-m.APRRef))
	l.reliefEnds = -1
	if l.n == 0 {
		l.ask, l.leave = m.Re[type1]*price, m.Exit[type1]
		return
	}
	newest := &l.loans[l.n-1]
	apr := newest.Rate * 12
	l.ask = m.Top[type1] * price
	l.prepay = m.Prepay
	if apr-l.offer > m.PrepayGap {
		l.prepay *= 1 + m.PrepayRefi
	}
	eta := m.Eta(behaviour.Covariates{
		PTI: l.burden(), Outside: int(l.outside), Ordinal: int(l.ordinal), APR: apr,
		Size: math.Log(float64(newest.Principal) / float64(l.borrower.base)),
	})
	l.miss = math.Exp(l.graded.hazard + l.frailty + (eta - l.graded.eta))
	if l.shock > 0 {
		l.miss *= m.ShockMult
	}
	if l.dependent && newest.Flags&contract.RollOver != 0 && float64(l.age) < m.ReliefMonths {
		l.miss *= m.ReliefMult
		l.reliefEnds = int16(m.ReliefMonths)
	}
}

// reprice finds the price for the present product and tenor.
func (l *life) reprice() {
	m := l.model
	l.breakEven = l.graded.breakEven
	if l.product != l.borrower.product || l.tenor != l.borrower.tenor {
		l.breakEven = contract.BreakEven(l.product, int(l.tenor), l.borrower.pd, m.costs)
	}
	l.offer = min(max(l.breakEven+m.Margin, 0), l.book.Terms.APRCap, maxOffer)
}

// maxOffer is the APR posted to borrowers who have no break-even price where no cap is in force: they are
// denied, but they ask.
const maxOffer = 10
