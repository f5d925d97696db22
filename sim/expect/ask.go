package expect

import (
	"math"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rule"
)

// product is what a price depends on for one borrower.
type product struct {
	product data.Product
	tenor   int16
	cap     float64
	asked   data.Money // where the fee is an amount
}

// offer is the lender's price for a product.
type offer struct {
	breakEven, apr float64
	allIn          float64 // the APR with the fee
	burden         float64 // instalment of a step per unit of principal
}

// offer is what is posted in step t to a borrower for a loan like another.
func (r *run) offer(s *state, like *loan, t int) offer {
	p, tenor := like.Product, like.tenor
	asked := r.asked(r.ladder(s))
	key := product{product: p, tenor: tenor, cap: r.cap(s, like, t)}
	if r.fee.Amount > 0 {
		key.asked = asked
	}
	o, ok := r.offers[key]
	if !ok {
		o.breakEven = contract.BreakEven(p, int(tenor), r.b.PD, contract.Costs{
			Funding: r.p.Funding, Operating: r.p.Operating, Acquisition: r.p.Acquisition,
			Recovery: r.p.RecoveryMean, RecoveryLag: r.p.PriceRecoveryLag, Grid: r.grid,
		})
		o.apr = math.Max(math.Min(o.breakEven+r.p.Margin, key.cap), 0)
		o.allIn = r.withFee(p, int(tenor), o.apr, asked)
		o.burden = contract.Burden(p, o.apr/r.year, int(tenor), &r.line)
		r.offers[key] = o
	}
	return o
}

// withFee is the annual rate that a loan of an amount costs at an APR with the fee: a rate of a step at which what is paid
// as agreed is worth what is received.
func (r *run) withFee(product data.Product, n int, apr float64, amount data.Money) float64 {
	rate, received := apr/r.year, 1-r.fee.Share-float64(r.fee.Amount)/float64(amount)
	if received == 1 {
		return apr
	}
	worth := func(x float64) (sum float64) {
		owed, v := 1., 1.
		for k := range n {
			v /= 1 + x
			principal := 0.
			switch {
			case k == n-1:
				principal = owed
			case product == data.Annuity:
				principal = contract.AnnuityFactor(rate, n) - owed*rate
			case product == data.EqualPrincipal:
				principal = 1 / float64(n)
			}
			sum += v * (owed*rate + principal)
			owed -= principal
		}
		return sum
	}
	if product == data.Bullet { // simple interest
		return math.Min(math.Max(apr, 10), ((1+rate*float64(n))/received-1)/float64(n)*r.year)
	}
	lo, hi := rate, math.Max(apr, 10)/r.year
	for range 60 {
		if x := (lo + hi) / 2; worth(x) > received {
			lo = x
		} else {
			hi = x
		}
	}
	return hi * r.year
}

func rolledOver(l *loan) bool { return l.Flags&contract.RollOver != 0 }

// ask judges the application of a borrower in the state after the month's payments.
func (r *run) ask(s state, before opening, p float64) {
	if total(r.lanes[asks]) == 0 {
		return
	}
	mark, cell := len(r.flows), r.cell
	defer func() { r.flows, r.cell = r.flows[:mark], cell }()

	a := rule.Application{
		Idle: s.mode == idle, Gap: int(s.gap), Since: before.t - int(s.granted) - 1,
		NewOrdinal: int(s.ordinal) + 1, Clean: int(s.clean), Own: s.count(), Segment: r.b.Segment,
		Income: r.b.Income, PD: r.b.PD,
		OwnBalance: r.balance(&s), OwnInstalments: r.instalments(&s),
		OutsideBalance: r.outsideBalance, OutsideInstal: r.outsideInstalment, Base: r.base,
	}
	if s.ordinal == 0 { // no rule about what was can hit him
		a.Gap, a.Since, a.Clean = math.MaxInt32, math.MaxInt32, math.MaxInt32
	}
	for k, step := range s.lateStep {
		a.SinceLate[k] = rule.Never
		if step != never {
			a.SinceLate[k] = before.t - int(step)
		}
	}
	like := &r.loans[s.last]
	if s.mode == current {
		like = r.newest(&s)
		a.NewestPrincipal, a.NewestBalance, a.NewestInstalment = like.Principal, like.Balance, r.grid.AMonth(like.Burden(&r.line))
	}
	step := r.ladder(&s)
	a.Step = int(step)
	a.Asked = r.asked(step)
	a.Now, a.Product, a.Term, a.Obedience = before.t, like.Product, int(like.tenor), r.obeys[s.obeys]
	a.Taken, a.Sequence, a.RollOvers = s.taken, int(s.sequence), int(s.rolled)
	a.Continues, a.First = !r.begins(&s), s.opening
	o := r.offer(&s, like, before.t)
	a.BreakEven, a.APR, a.Burden = o.breakEven, o.apr, o.burden/r.dt
	a.Fee, a.PerYear = r.fee, r.grid.PerYear()

	r.cell = cellOf(like.Product, a.NewOrdinal) // of the loan asked for
	r.add(data.Applications, 1)
	r.add(data.RequestedAmount, a.Asked)
	if !s.applied {
		r.add(data.FirstApplications, 1)
		s.applied = true
	}

	// Whether a slot is visible is settled only when a decision turns on it.
	unknown := 0
	if s.outside > s.drawn {
		unknown = int(s.outside - s.drawn)
	}
	shown := s.visible()
	decide := func(visible int) rule.Decision {
		b := a
		b.Outside = visible
		return r.book.Decide(&b)
	}
	first, turns := decide(shown), false
	for more := range unknown {
		turns = turns || decide(shown+more+1) != first
	}
	if !turns {
		r.answer(s, before, &a, like, first, p)
		return
	}
	s.drawn = s.outside
	known := s.outside - uint8(unknown)
	for pattern := range uint16(1) << unknown {
		b, q := s, p
		b.seen |= pattern << known
		for j := range unknown {
			if pattern>>j&1 == 1 {
				q *= r.book.At(before.t).Coverage
			} else {
				q *= 1 - r.book.At(before.t).Coverage
			}
		}
		if q > 0 {
			r.answer(b, before, &a, like, decide(b.visible()), q)
		}
	}
}

// asked is the amount asked for on a step of the ladder.
func (r *run) asked(step uint8) data.Money {
	return data.Money(math.Floor(float64(r.base)*math.Pow(r.p.RollGrowth, float64(step))/float64(data.Unit))) * data.Unit
}

// answer goes on from a decision on an application for a loan like another.
func (r *run) answer(s state, before opening, a *rule.Application, like *loan, d rule.Decision, p float64) {
	mark := len(r.flows)
	defer func() { r.flows = r.flows[:mark] }()
	mass := r.lanes[asks]
	if !d.Granted {
		r.add(data.Denied(d.Reason), 1)
		r.denied(s, before, d.ByLaw, mass, p)
		return
	}

	logit := r.p.Take[0] - r.p.Take[1]*(r.withFee(like.Product, int(like.tenor), d.APR, d.Amount)-r.p.APRRef) + r.p.Take[2]*math.Log(float64(d.Amount)/float64(a.Asked)) + r.p.Take[3]*(r.b.Hazard-math.Log(r.p.Miss0))
	take := 1 / (1 + math.Exp(-logit))
	r.add(data.NotTakenUp, 1)
	r.finish(s, before, false, mass, p*(1-take))
	r.flows = r.flows[:mark]

	r.add(data.Granted, 1)
	if a.NewOrdinal > 9 {
		r.add(data.GrantedTenthOn, 1)
	}
	if a.NewOrdinal == 10 {
		r.add(data.GrantedTenth, 1)
	}
	if !s.served {
		r.add(data.FirstGrants, 1)
		s.served = true
	}
	l := loan{Loan: contract.Open(like.Product, d.Amount, d.APR, int(like.tenor), r.dt, contract.Burden(like.Product, d.APR/r.year, int(like.tenor), &r.line)), tenor: like.tenor}
	if s.mode == current {
		l.Flags |= contract.RollOver
		r.add(data.TopUps, 1)
	}
	replaced := data.Money(0)
	if d.Refinance {
		old := *r.newest(&s)
		replaced = old.Balance
		s.own[s.count()-1] = 0
		cash := old.Replace()
		r.add(data.Refinanced, cash.Principal)
		r.received(0, cash)
		r.closing(1)
	}
	if l.Product == data.Revolving { // drawn at once: a share, or what the replaced line owed
		l.Balance = nearest(r.p.LineFirst * float64(d.Amount))
		l.Balance = max(l.Balance, min(replaced, d.Amount))
	}
	r.add(data.Disbursed, l.Balance)
	r.add(data.InterestReceived, r.fee.Amount+nearest(r.fee.Share*float64(d.Amount)))
	if s.mode == current {
		r.add(data.TopUpDisbursed, l.Balance)
	}
	r.renewal(before.t, &s, &before, d.Refinance)
	r.takes(&s, d.Refinance, d.Amount)
	s.mode, s.gap, s.last = current, 0, 0
	s.ordinal = uint8(min(a.NewOrdinal, 255))
	s.ladder, s.shock, s.granted, s.began = uint8(a.Step), 0, int16(before.t), r.beginning(s.outside)
	fraud := r.p.FraudFirst
	if a.NewOrdinal > 1 {
		fraud = math.Min(1, r.p.Fraud[min(a.NewOrdinal, 3)-2]+r.p.BustSlope*math.Max(0, math.Log(float64(d.Amount)/float64(like.Principal))))
	} else {
		r.add(data.Joined, 1)
	}
	open := s.count()
	for marked, q := range []float64{1 - fraud, fraud} {
		if marked == 1 {
			l.Flags |= contract.Fraud
			r.add(data.FirstPaymentFraud, 1)
		}
		s.own[open] = r.number(l)
		s.paying = r.instalments(&s)
		r.finish(s, before, true, mass, p*take*q)
	}
}

// denied goes on after a denial: money found elsewhere, or a shock for who lives by rolling his debt.
func (r *run) denied(s state, before opening, byLaw bool, mass []float64, p float64) {
	t := r.book.At(before.t)
	leak := 0.
	if int(s.outside) < t.Outside && t.Open > 0 {
		leak = r.p.Leak * (1 - t.Share)
		if byLaw {
			leak *= 1 - t.Scope
		}
	}
	mark := len(r.flows)
	if leak > 0 {
		found, after := s, before
		found.outside++
		after.event = true
		r.add(data.Leaks, 1)
		r.finish(found, after, false, mass, p*leak)
		r.flows = r.flows[:mark]
	}
	shocked := s.dependent && s.mode == current && r.p.ShockMonths > 0
	if shocked {
		if before.shock == 0 {
			r.add(data.ShocksStarted, 1)
		} else {
			r.add(data.ShocksRenewed, 1)
		}
		s.shock = int16(r.p.ShockMonths)
	}
	r.finish(s, before, shocked, mass, p*(1-leak))
	r.flows = r.flows[:mark]
}
