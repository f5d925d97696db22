package sim

import (
	"math"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/provision"
	"relend/sim/rng"
	"relend/sim/rule"
)

// economy is what a path's factor means for one segment in one family.
type economy struct {
	steps  []climate
	factor []float64 // the segment's systematic factor, by step
	sigma  float64   // its loading on the log miss hazard
	worst  float64   // largest multiplier of the miss hazard
}

// climate is one step of an economy.
type climate struct {
	miss  float64 // multiplier of the miss hazard
	chain behaviour.Chain
	fails []float64 // chances to default of one so many steps late (surprise.go)
	month int16     // to which the step belongs
	last  bool      // step of the month
}

// rates are the hazards of a borrower as long as nothing happens to him.
type rates struct {
	miss, prepay float64 // miss before seasoning and economy
	birth, death float64 // of outside loans; death of each
	ask, leave   float64 // ask before its shape over age or gap
	setAside             // for open loans
	reliefEnds   int16   // age at which the honeymoon of a roll-over ends and miss must be computed anew; -1 never
	stale        bool    // they no longer fit the state
}

// life is one borrower on one path in the arms that have not parted yet. Its methods move the state through the
// months and count what happens; the only question asked outside is Book.Decide on an application (apply.go).
// It is a plain value: parting copies it.
type life struct {
	state
	rates
	arms  armSet
	tally *tally  // of the set of arms
	rows  []int64 // the tally of the cell the borrower is in
	terms
	*person
}

// person is what the lives of one borrower on one path in one family have in common.
type person struct {
	worker   *worker
	family   *family
	model    *model
	economy  *economy
	borrower *borrower
	graded   graded
	fate     *fate
	weight   int64
	frailty  float64 // shift of the log miss hazard
	pd       float64 // as the lender sees it
	demand   float64 // multiplier of asking
	helm     *helm   // of an arm with controls, else nil
	grade    provision.Grade
	marks    *marks // nil where the ledger of access is not kept

	obedience float64 // rules obeyed for a larger share of borrowers bind him
}

// terms are what arms of one class offer a borrower for his present product and tenor.
type terms struct {
	cap       float64 // on the APR
	supply    float64 // of outside loans
	most      uint8   // outside loans
	bureau    *rule.Bureau
	conduct   *rule.Conduct
	breakEven float64
	offer     float64    // the APR posted
	allIn     float64    // the same with the fee
	price     float64    // multiplier of asking at that price
	burdenOf  float64    // instalment of a step per unit of a new loan, 0 = not yet computed
	tariff    *rule.Book // where terms change in time or with the loan, else nil
	era       int        // of the tariff
	size      float64    // log of the newest principal over the loan at the snapshot
}

// begin sets a life to the snapshot.
func (l *life) begin(s *state) {
	l.state = *s
	l.reprice()
	l.refresh()
	l.rows = l.cell(l.ordinal, -1)
	if l.mode != fresh {
		l.countStocks(counters(l.rows, -1), -1)
	}
}

// live runs the steps from t up to the one before end and stops early once nothing can happen any more.
func (l *life) live(t, end int) {
	watch := l.worker.watch
	arms, from := l.arms, t
	for ; l.mode != gone; t++ {
		if l.arms != arms { // a decision in the step before has parted them
			l.worker.walked(l.family, arms, t-from)
			arms, from = l.arms, t
		}
		if t = l.pass(t, end); t >= end {
			break
		}
		if watch != nil {
			watch.see(l, t)
		}
		switch l.mode {
		case current:
			l.currentMonth(t)
		case idle:
			l.idleMonth(t)
		case late:
			l.lateMonth(t)
		case fresh:
			if t == l.borrower.arrives() {
				l.row(t)[data.Arrivals] += l.weight
				l.apply(t, true)
			}
		}
	}
	l.worker.walked(l.family, arms, t-from)
}

// end closes step t: hazards follow the state; at the end of a month stocks are counted.
func (l *life) end(t int) {
	if l.stale {
		l.refresh()
	}
	if l.economy.steps[t].last {
		l.countStocks(l.row(t), t)
	}
}

// row holds the counters of the month of step t.
func (l *life) row(t int) *row { return counters(l.rows, l.month(t)) }

func (l *life) month(t int) int { return int(l.economy.steps[t].month) }

// cell returns the tally of the borrower's present product and an ordinal, for counting from a month on.
func (l *life) cell(ordinal uint8, month int) []int64 {
	return l.tally.cell(l.cellIndex(ordinal), month)
}

func (l *life) cellIndex(ordinal uint8) int {
	first := l.worker.plan.cellAt[int(l.borrower.segment)*data.NumProducts+int(l.product)]
	return int(first) + data.OrdinalClass(ordinal)
}

// debts is what a borrower who is not in default adds to the stocks of debts with other lenders.
type debts struct{ loans, two, five int64 }

func (l *life) debts() (d debts) {
	d.loans = l.weight * int64(l.outside)
	lenders := l.outside
	if l.mode != idle {
		lenders++
	}
	if lenders >= 2 {
		d.two = l.weight
	}
	if lenders >= 5 {
		d.five = l.weight
	}
	return d
}

func (d *debts) count(row *row) {
	row[data.OutsideLoans] += d.loans
	if d.two != 0 {
		row[data.OwingTwo] += d.two
		row[data.OwingFive] += d.five
	}
}

// countStocks adds the borrower to the stocks at the end of a month, which ends with step t.
func (l *life) countStocks(row *row, t int) {
	d := l.debts()
	d.count(row)
	if l.mode == idle {
		row[data.BorrowersIdle] += l.weight
		return
	}
	balance := l.provide(row, t)
	row[data.BorrowersCurrent+data.Counter(l.bucket)] += l.weight
	row[data.BalanceCurrent+data.Counter(l.bucket)] += l.weight * int64(balance)
}

// receive counts cash from a loan.
func (l *life) receive(row *row, c contract.Cash) {
	row[data.InterestReceived] += l.weight * int64(c.Interest)
	row[data.PrincipalRepaid] += l.weight * int64(c.Principal)
	if c.Drawn > 0 {
		row[data.Drawn] += l.weight * int64(c.Drawn)
	}
}

// currentMonth is a month of a borrower with an open loan who is not late. Hazards are those of the start of the
// step; the order of events is that of model.md §9.
func (l *life) currentMonth(t int) {
	if l.age == l.reliefEnds {
		l.refresh()
	}
	m := l.model
	word := l.fate.months[t]
	miss := l.missHazard(t)
	risk := mayFire(word, rng.Risk, miss+l.prepay)
	asks := mayFire(word, rng.Demand, l.ask) && float64(l.age) >= m.TopMinAge
	l.outsideLane(t, word)

	if l.fraudulent() {
		l.misses(t)
		return
	}
	l.expects(l.row(t), t, miss)
	if risk {
		switch l.race(t, rng.Risk, miss, l.prepay) {
		case first:
			l.surprised(l.row(t), l.failing(t, 1))
			l.misses(t)
			return
		case second:
			l.prepays(t)
			return
		}
	}

	l.age++
	row, closed := l.row(t), false
	for i := range l.n {
		flags := l.loans[i].Flags
		c := l.loans[i].Pay(&l.model.line)
		l.paid(row, flags, c)
		closed = closed || c.Closed
	}
	if closed {
		l.drop(t)
	}
	if asks && l.race(t, rng.Demand, l.ask, 0) == first {
		l.apply(t, false)
		return
	}
	l.conclude(t, false, false)
}

// missHazard is the hazard of a missed payment in step t.
func (l *life) missHazard(t int) float64 {
	return l.miss * l.model.season[l.age] * l.economy.steps[t].miss
}

// idleMonth is a month of a borrower without an own loan.
func (l *life) idleMonth(t int) {
	word := l.fate.months[t]
	ask, leave := l.demandHazards(l.gap)
	acts := mayFire(word, rng.Demand, ask+leave)
	l.outsideLane(t, word)
	if acts {
		switch l.race(t, rng.Demand, ask, leave) {
		case first:
			l.apply(t, true)
			return
		case second:
			l.leaves(l.row(t))
			return
		}
	}
	l.conclude(t, true, false)
}

// demandHazards are those of asking and of leaving in a step of an idle borrower.
func (l *life) demandHazards(gap int16) (ask, leave float64) {
	if gap >= l.model.leaving {
		leave = l.leave
	}
	return l.ask * l.model.returning[gap], leave
}

// leaves ends a life without default, in the month of a row.
func (l *life) leaves(row *row) {
	row[data.Exits] += l.weight
	row[data.BorrowersExited] += l.weight
	l.mode = gone
}

// conclude ends a step in which the borrower was not late: a shock that was on at its start and was not set anew
// in it runs down, and at its end a dependent borrower may leave dependence (model.md §22 item 13).
func (l *life) conclude(t int, wasIdle, shockSet bool) {
	if l.shock > 0 && !shockSet {
		l.shock--
		if l.shock == 0 {
			l.stale = true
			if l.dependent && l.fate.decision(t, exitDraw) < l.model.ShockExit {
				l.dependent = false
				l.row(t)[data.Deleveraged] += l.weight
			}
		}
	}
	if wasIdle && l.mode == idle {
		l.gap = min(l.gap+1, int16(len(l.model.returning)-1))
	}
	l.end(t)
}

// lateMonth draws the chain of delinquency. Demand, outside loans, age and shock stand still.
func (l *life) lateMonth(t int) {
	l.standStill()
	outcome := behaviour.Roll
	row := l.row(t)
	if !l.fraudulent() {
		outcome = l.chain(t)
		l.resolved(row, t, outcome)
	}
	switch outcome {
	case behaviour.Roll:
		l.accrue()
		if l.overdue++; l.overdue <= l.bucket*l.model.parts {
			break
		}
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
			l.receive(row, l.loans[i].Stay(&l.model.line))
		}
	case behaviour.Cure:
		overdue := int(l.overdue)
		row[data.Cures] += l.weight
		l.mode, l.bucket, l.overdue, l.stale = current, 0, 0, true
		for i := range l.n {
			flags := l.loans[i].Flags
			l.paid(row, flags, l.loans[i].Cure(overdue, &l.model.line))
		}
		l.drop(t)
	}
	l.markLate(t)
	l.end(t)
}

func (l *life) markLate(t int) {
	for k := range l.bucket {
		l.lateAt[k] = int16(t)
	}
}

// standStill keeps the age of every loan where it was in a step that begins or ends late (model.md §22 item 20).
func (l *life) standStill() {
	for i := range l.n {
		l.loans[i].Origin++
	}
}

// accrue passes a step in which nothing is paid.
func (l *life) accrue() {
	m := l.model
	for i := range l.n {
		loan := &l.loans[i]
		loan.Accrue()
		if m.LateFee+m.LateFeeShare > 0 {
			loan.Accrued += l.conduct.LateFee(m.LateFee, m.LateFeeShare, loan.Burden(&m.line))
		}
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

// paid counts a payment of a loan that had the given flags before it.
func (l *life) paid(row *row, flags contract.Flags, c contract.Cash) {
	l.receive(row, c)
	if c.Closed {
		row[data.LoansRepaid] += l.weight
		if l.model.soon > 0 {
			row[data.Closings14] += l.weight
		}
		if flags&contract.Dirty == 0 {
			l.clean = min(l.clean+1, maxClean)
		}
	}
}

// drop takes repaid loans out of the slots; with none left the borrower is idle.
func (l *life) drop(t int) {
	newestOpen := l.loans[l.n-1].Remaining > 0
	keep := uint8(0)
	for i := range l.n {
		if l.loans[i].Remaining > 0 {
			l.loans[keep], l.granted[keep] = l.loans[i], l.granted[i]
			keep++
		}
	}
	if keep == l.n {
		return
	}
	l.n = keep
	l.stale = true
	if keep == 0 {
		l.mode, l.gap, l.age = idle, 0, 0
		return
	}
	if newestOpen {
		return
	}
	newest := &l.loans[keep-1]
	l.age = int16(t) - newest.Origin // at the start of the next step
	l.principal, l.product, l.tenor = newest.Principal, newest.Product, newest.Term
	l.reprice()
	l.rows = l.cell(l.ordinal, l.month(t))
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
	switch l.race(t, rng.Outside, l.birth, death) {
	case first:
		l.owes(t, l.outside+1)
		l.stale = true
		l.row(t)[data.OutsideOpened] += l.weight
		if !l.dependent && float64(l.outside) >= l.model.DepX && l.burden() >= l.model.DepPTI &&
			l.fate.decision(t, entryDraw) < l.model.DepEntry {
			l.dependent = true
		}
	case second:
		l.owes(t, l.outside-1)
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

// misses starts a delinquency; the step ends.
func (l *life) misses(t int) {
	for i := range l.n {
		l.loans[i].Flags |= contract.Dirty
	}
	l.standStill()
	l.accrue()
	l.mode, l.bucket, l.overdue, l.clean = late, 1, 1, 0
	l.row(t)[data.Misses] += l.weight
	l.markLate(t)
	l.end(t)
}

// prepays repays all loans early or, with scope 1, the oldest one, beside which the others are paid as scheduled; the
// step ends.
func (l *life) prepays(t int) {
	row, early := l.row(t), l.n
	row[data.Prepayments] += l.weight
	if l.model.PrepayScope == 1 {
		early = 1
		l.age++
	}
	for i := range l.n {
		flags := l.loans[i].Flags // a repaid loan has none any more
		if i < early {
			l.paid(row, flags, l.loans[i].Prepay())
		} else {
			l.paid(row, flags, l.loans[i].Pay(&l.model.line))
		}
	}
	l.drop(t)
	l.end(t)
}

// defaults ends a life at 90 days past due. Recoveries depend on nothing that happens later, so all their cash
// is counted here (model.md §7, §22 items 48, 49).
func (l *life) defaults(t int) {
	m, w, row := l.model, l.weight, l.row(t)
	for i := range l.n {
		row[data.Drawn] += w * int64(l.loans[i].Convert(&m.line))
	}
	balance, exposure := l.balance(), data.Money(0)
	for i := range l.n {
		exposure += l.loans[i].Balance + l.loans[i].Owed()
	}
	share := m.FraudRecovery
	if !l.fraudulent() {
		bar, from := 0., max(0, t+1-int(m.year))
		for _, z := range l.economy.factor[from : t+1] {
			bar += z
		}
		share = m.RecoveryFraction(l.economy.sigma, bar/float64(t+1-from))
	}
	share *= l.conduct.Recoveries
	l.notesDefault(t)
	row[data.Defaults] += w
	row[data.DefaultBalance] += w * int64(balance)
	row[data.DefaultExposure] += w * int64(exposure)

	chargeOff := t + int(m.ChargeOffMonths)
	paid, owed := data.Money(0), balance
	last := min(len(l.economy.steps)-1, max(chargeOff, t+len(m.recovery)))
	for s := t; s <= last; s++ {
		row, stock := l.row(s), w
		if !l.economy.steps[s].last {
			stock = 0
		}
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
			row[data.BorrowersDefault] += stock
			row[data.BalanceDefault] += stock * int64(owed)
			if stock > 0 {
				row[data.Provision3] += stock * int64(m.setAside.Failed(owed, exposure, s-t))
			}
		case s == chargeOff:
			row[data.ChargedOff] += w * int64(owed)
			row[data.BorrowersOff] += w
		}
	}
	l.mode = gone
}

// burden is payment to income: instalments of own and outside loans over income.
func (l *life) burden() float64 {
	return (float64(l.instalments()) + float64(l.outside)*float64(l.model.outsideInstalment)) / float64(l.borrower.income)
}

// instalments sums those of all own loans, a month.
func (l *life) instalments() (sum data.Money) {
	for i := range l.n {
		sum += l.loans[i].Burden(&l.model.line)
	}
	return l.worker.plan.settings.Grid.AMonth(sum)
}

// refresh computes the hazards from the state.
func (l *life) refresh() {
	if l.moves() {
		l.reprice()
	}
	m, kind := l.model, 0
	if l.dependent {
		kind = 1
	}
	l.rates = rates{death: m.OutsideDeath, reliefEnds: -1}
	if l.outside < l.most {
		l.birth = m.OutsideBirth[kind] * l.supply
	}
	if l.n == 0 {
		l.ask, l.leave = m.Re[kind]*l.price, m.Exit[kind]
		return
	}
	l.setAside = l.rate()
	newest := &l.loans[l.n-1]
	apr := newest.Rate * m.year
	l.ask = m.Top[kind] * l.price
	l.prepay = m.Prepay
	if apr-l.allIn > m.PrepayGap {
		l.prepay *= 1 + m.PrepayRefi
	}
	eta := m.Eta(behaviour.Covariates{PTI: l.burden(), Outside: int(l.outside), Ordinal: int(l.ordinal), APR: apr, Size: l.size})
	if m.AddedDebt < 1 && l.ordinal > 1 && l.origin >= 0 {
		eta = l.lighter(eta, apr)
	}
	l.miss = m.step * behaviour.Exp(l.graded.hazard+l.frailty+(eta-l.graded.eta)+float64(m.EducationMiss*m.Education))
	if l.shock > 0 {
		l.miss *= m.ShockMult
	}
	if l.dependent && newest.Flags&contract.RollOver != 0 && float64(l.age) < m.ReliefMonths {
		l.miss *= m.ReliefMult
		l.reliefEnds = int16(m.ReliefMonths)
	}
}

// lighter is the linear predictor with a part of what a further loan adds: the burden of the snapshot and that part of
// the change since.
func (l *life) lighter(eta, apr float64) float64 {
	c := l.worker.plan.snapshot(l.borrower, l.model)
	c.APR = apr
	before := l.model.Eta(c)
	return before + float64(l.model.AddedDebt*(eta-before))
}

// reprice finds the offer for the present product and tenor, and the size of the newest loan.
func (l *life) reprice() {
	m := l.model
	l.breakEven = l.graded.breakEven
	if l.product != l.borrower.product || l.tenor != l.borrower.tenor {
		if m.curves != nil {
			l.breakEven = m.seenPrice(l.product, l.tenor, l.pd)
		} else {
			l.breakEven = l.worker.plan.breakEven(l.borrower, m, l.product, l.tenor, l.breakEven)
		}
	}
	if l.tariff != nil {
		l.look()
	}
	l.offer = posted(l.breakEven, m.Margin, l.cap)
	l.burdenOf, l.allIn = 0, l.offer
	if m.fee != (contract.Fee{}) {
		l.allIn = l.withFee(l.offer, l.asks(l.nextStep()))
	}
	l.price = l.demand * behaviour.Exp(-m.Elasticity*(l.allIn-m.APRRef))
	l.resize()
}

// withFee is the annual rate that a loan of an amount costs at an APR with the fee.
func (l *life) withFee(apr float64, amount data.Money) float64 {
	return contract.AllIn(l.product, int(l.tenor), apr, l.model.fee.Part(amount), l.worker.plan.settings.Grid.PerYear())
}

// moves reports whether the price may change with more than product and tenor: the amount asked for, or the time.
func (l *life) moves() bool { return l.tariff != nil || l.model.fee.Amount > 0 }

func (l *life) resize() {
	l.size = 0
	if l.principal != l.borrower.base {
		l.size = math.Log(float64(l.principal) / float64(l.borrower.base))
	}
}

// posted is the APR that a lender posts: break-even and margin, not below 0, not above the cap. Borrowers without
// a break-even price are denied, but they see a price and ask.
func posted(breakEven, margin, cap float64) float64 {
	const most = 10
	return max(min(breakEven+margin, cap, most), 0)
}
