package expect

import (
	"math"
	"math/bits"
	"slices"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/rule"
)

// run is one computation: constants, the states reached so far and what they gave.
type run struct {
	b       *Borrower
	p       *behaviour.Params // in steps
	grid    data.Grid
	dt      float64 // months in a step
	year    float64 // steps in a year
	parts   int     // of a delinquency bucket
	book    *rule.Book
	looks   looks
	options Options
	months  int

	base                              data.Money // principal of the newest loan at the snapshot
	outsideInstalment, outsideBalance data.Money
	atSnapshot                        float64 // linear predictor at which the base hazard holds
	carried                           float64 // the part of it at the snapshot that is not the price
	sigma                             float64 // loading of the factor on the log miss hazard
	nodes                             []node
	economy                           []weather // by step
	recovered                         []float64 // share of all recoveries paid after 1, 2, ... steps
	firstYear                         float64   // mean of the unscaled season over the first 12 months

	loans   []loan // by number; 0 is none
	numbers map[loan]int32
	offers  map[product]offer
	obeys   []float64 // by class of borrowers, the Obedience of one

	line      contract.Line
	fee       contract.Fee
	prospects *prospects // of the borrower's grade

	now, next layer
	flows     []flow
	cell      int                          // of the events at hand, see Expectation.Cells
	sums      [data.NumCounters]data.Money // scratch of commit, all zero between calls
	lanes     [5][]float64                 // scratch of live: probabilities of a state's lanes by node
	result    *Expectation
}

// layer is the law of the state at the end of a month: mass by state and quadrature node.
type layer struct {
	at     map[state]int32
	states []state
	mass   []float64 // [state * nodes + node]
}

// empty leaves the room that it has.
func (l *layer) empty() {
	clear(l.at)
	l.states, l.mass = l.states[:0], l.mass[:0]
}

// doubled is a slice with room for n more, of twice the length where there is none: layers become large, and append alone would
// copy them again and again.
func doubled[E any](x []E, n int) []E {
	if cap(x)-len(x) >= n {
		return x
	}
	return slices.Grow(x, max(n, len(x)))
}

// flow is an amount of a counter in one course of events.
type flow struct {
	counter data.Counter
	cell    int
	amount  data.Money
}

func newRun(b *Borrower, a *Arm, e *Economy, months int, o Options, s seen) *run {
	p := inSteps(a.Behaviour, e.Grid)
	r := &run{
		b: b, p: p, options: o, months: months, base: b.Loans[0].Principal,
		grid: e.Grid, dt: 12 / float64(e.Grid.PerYear()), year: float64(e.Grid.PerYear()), parts: e.Grid.SubStates(),
		outsideInstalment: nearest(p.OutsideInstalment * float64(data.Unit)),
		outsideBalance:    nearest(p.OutsideBalance * float64(data.Unit)),
		book: rule.Compile(a.Policy, a.Law, rule.Terms{
			APRCap: math.Inf(1), TopUp: true, Stack: true, Share: p.Share,
			Scope: a.Scope, Open: 1, Outside: int(p.OutsideMax), Bureau: rule.Bureau{Coverage: p.Coverage}, Conduct: rule.Unbound, Setting: e.setting(),
		}, nearest(p.AmountMin*float64(data.Unit))),
		looks:   lookedAt(e.Grid, a.Policy, a.Law),
		nodes:   nodes(p, o.Frailty, o.Demand, s),
		loans:   make([]loan, 1),
		numbers: map[loan]int32{},
		offers:  map[product]offer{},

		result: &Expectation{States: make([]int, months+1)},
	}
	if p.AddedDebt < 1 {
		r.looks.granted = -never // whether the newest loan is one of the projection
	}
	for range months + 1 {
		r.result.Counters = append(r.result.Counters, make([]float64, data.NumCounters))
		r.result.Squares = append(r.result.Squares, make([]float64, data.NumCounters))
		r.result.Largest = append(r.result.Largest, make([]float64, data.NumCounters))
	}
	r.prospects = r.outlook(a.Behaviour)
	for i := range r.lanes {
		r.lanes[i] = make([]float64, len(r.nodes))
	}
	r.sigma = e.Sigma
	if r.options.MaxStates == 0 {
		r.options.MaxStates = min(mostStates, mostMasses/len(r.nodes))
	}
	r.forecast(e)
	sum, weight := 0., 1.
	for range int(p.RecoveryMonths) {
		sum += weight
		weight *= p.RecoveryDecay
		r.recovered = append(r.recovered, sum)
	}
	for i := range r.recovered {
		r.recovered[i] /= sum
	}
	for age := range e.Grid.PerYear() {
		r.firstYear += r.rawSeason(age) / r.year
	}
	r.line = contract.Line{
		Minimum: r.p.LineMinimum, Floor: nearest(r.p.LineFloor * r.dt * float64(data.Unit)), Draw: r.p.LineDraw, First: r.p.LineFirst, Conversion: r.p.LineConversion,
	}
	r.fee = contract.Fee{Share: p.FeeShare, Amount: nearest(p.FeeAmount * float64(data.Unit))}
	r.start()
	return r
}

// start places the mass on the states at the snapshot (model.md §22 items 9-12).
func (r *run) start() {
	b := r.b
	s := state{
		granted: -r.age(&b.Loans[0]) - 1, lateStep: [3]int16{never, never, never},
		mode: mode(b.Bucket), ordinal: b.Ordinal, outside: min(b.Outside, uint8(r.p.OutsideMax)),
	}
	s.began = r.beginning(s.outside)
	for k := range b.Bucket {
		s.lateStep[k] = -1
	}
	if b.Bucket == 0 && b.Ordinal > 0 {
		s.clean = min(b.Ordinal-1, mostClean)
	}
	due := 0 // steps overdue
	if b.Bucket > 0 {
		s.part = uint8((max(int(b.DaysLate), 30*int(b.Bucket)-30) - 30*int(b.Bucket) + 30) * r.parts / 30)
		due = (int(b.Bucket)-1)*r.parts + int(s.part) + 1
	}
	for i := range b.Loans[:b.Open] {
		row := &b.Loans[i]
		remaining := max(1, due, int(term(r.grid, row)-r.age(row))+due)
		l := loan{Loan: contract.Resume(row.Product, row.Principal, row.Balance, row.APR, max(int(term(r.grid, row)), remaining), remaining, r.dt), age: r.age(row), tenor: term(r.grid, row)}
		for range due {
			l.Accrue()
			l.Flags |= contract.Dirty
		}
		s.own[b.Open-1-i] = r.number(l)
	}
	apr := b.Loans[0].APR
	if b.Open == 0 {
		row := &b.Loans[0]
		s.mode, s.gap = idle, r.steps(min(float64(b.Gap), mostGap))
		s.last = r.number(loan{Loan: contract.Loan{Principal: row.Principal, Product: row.Product}, tenor: term(r.grid, row)})
		apr = r.p.APRRef
	}
	s.paying = r.instalments(&s)
	if b.Ordinal == 0 {
		s.mode = waiting
	}
	r.carried = r.predictor(r.burden(s.paying, s.outside), s.outside, s.ordinal, r.p.APRRef, 1)
	if b.Ungraded || b.Ordinal == 0 {
		r.atSnapshot = r.predictor(r.p.PTIRef, 0, 1, r.p.APRRef, 1)
	} else {
		r.atSnapshot = r.predictor(r.burden(s.paying, s.outside), s.outside, s.ordinal, apr, 1)
	}

	r.now.at, r.next.at = map[state]int32{}, map[state]int32{}
	mass := r.lanes[0]
	for i, n := range r.nodes {
		mass[i] = n.weight
	}
	r.past(&s)
	r.obeys = append([]float64{0}, r.book.Shares()...)
	for class, from := range r.obeys {
		to := 1.
		if class+1 < len(r.obeys) {
			to = r.obeys[class+1]
		}
		s.obeys = uint8(class)
		for i, share := range [2]float64{1 - r.p.DepShare, r.p.DepShare} {
			s.dependent = i == 1
			r.reach(s, -1, mass, share*(to-from))
		}
	}
	r.stocks(0)
}

// step pushes the law of the state from the start to the end of step t.
func (r *run) step(t int) error {
	r.now, r.next = r.next, r.now
	r.next.empty()
	k := len(r.nodes)
	for i := range r.now.states {
		s, mass := &r.now.states[i], r.now.mass[i*k:i*k+k]
		if r.options.Threshold > 0 {
			if p := total(mass); p < r.options.Threshold {
				r.result.Dropped += p
				continue
			}
		}
		r.within(s)
		switch {
		case s.mode == waiting:
			r.door(s, t, mass)
		case s.mode >= late1 && s.mode <= late3:
			r.late(s, t, mass)
		default:
			r.live(s, t, mass)
		}
		if len(r.next.states) > r.options.MaxStates {
			return tooMany(r.month(t), r.options.MaxStates)
		}
	}
	if r.ends(t) {
		r.stocks(r.month(t))
	}
	if r.options.Most > 0 {
		r.thin(r.options.Most, t)
	}
	return nil
}

// add notes an amount in the course of events at hand. To take it back, cut r.flows.
func (r *run) add(c data.Counter, amount data.Money) {
	if amount != 0 {
		r.flows = append(r.flows, flow{c, r.cell, amount})
	}
}

// commit ends a course of events of step t that has probability mass x p by node: it counts its flows and moves the
// mass to the state that it ends in, none for a borrower who has left or defaulted.
func (r *run) commit(s *state, t int, mass []float64, p float64) {
	all := total(mass) * p
	if all == 0 {
		return
	}
	for _, f := range r.flows {
		r.sums[f.counter] += f.amount
		r.tally(r.month(t), f.cell, f.counter, all*float64(f.amount))
	}
	for _, f := range r.flows {
		if sum := r.sums[f.counter]; sum != 0 {
			r.moments(r.month(t), f.counter, all, float64(sum))
			r.sums[f.counter] = 0
		}
	}
	if s != nil {
		r.reach(*s, t, mass, p)
	}
}

// reach adds mass x p to a state at the end of step t.
func (r *run) reach(s state, t int, mass []float64, p float64) {
	if p == 0 {
		return
	}
	r.looks.forget(&s, t)
	k, l := len(r.nodes), &r.next
	i, ok := l.at[s]
	if !ok {
		i = int32(len(l.states))
		l.at[s] = i
		l.states, l.mass = append(doubled(l.states, 1), s), append(doubled(l.mass, k), make([]float64, k)...)
	}
	to := l.mass[int(i)*k : int(i)*k+k]
	for j, m := range mass {
		to[j] += m * p
	}
}

// record adds an amount of probability p to a counter, and to its cell.
func (r *run) record(month int, c data.Counter, p float64, amount data.Money) {
	if p == 0 || amount == 0 {
		return
	}
	r.tally(month, r.cell, c, p*float64(amount))
	r.moments(month, c, p, float64(amount))
}

// cellOf is the cell of a product and an ordinal.
func cellOf(p data.Product, ordinal int) int {
	return int(p)*data.NumOrdinalClasses + data.OrdinalClass(uint8(min(ordinal, 255)))
}

// within sets the cell to that of a borrower's newest or last loan.
func (r *run) within(s *state) {
	n := s.last
	if s.mode != idle && s.mode != waiting {
		n = s.own[s.count()-1]
	}
	r.cell = cellOf(r.loans[n].Product, max(1, int(s.ordinal)))
}

func (r *run) tally(month, cell int, c data.Counter, x float64) {
	at := &r.result.Cells[cell]
	if *at == nil {
		*at = make([]float64, (r.months+1)*int(data.NumCounters))
	}
	(*at)[month*int(data.NumCounters)+int(c)] += x
}

func (r *run) moments(month int, c data.Counter, p, x float64) {
	r.result.Counters[month][c] += p * x
	r.result.Squares[month][c] += p * x * x
	r.result.Largest[month][c] = max(r.result.Largest[month][c], x)
}

// stocks counts the living at the end of a month.
func (r *run) stocks(month int) {
	people := [...]data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersIdle}
	owed := [...]data.Counter{data.BalanceCurrent, data.BalanceD1, data.BalanceD2, data.BalanceD3}
	k := len(r.nodes)
	for i := range r.next.states {
		s, p := &r.next.states[i], total(r.next.mass[i*k:i*k+k])
		if s.mode == waiting {
			continue
		}
		r.within(s)
		r.record(month, people[s.mode], p, 1)
		r.record(month, data.OutsideLoans, p, data.Money(s.outside))
		creditors := int(s.outside)
		if s.mode != idle {
			creditors++
		}
		if creditors > 1 {
			r.record(month, data.OwingTwo, p, 1)
		}
		if creditors > 4 {
			r.record(month, data.OwingFive, p, 1)
		}
		if s.mode != idle {
			balance := r.balance(s)
			r.record(month, owed[s.mode], p, balance)
			r.provide(month, s, p)
			if s.ordinal >= 2 {
				r.record(month, data.BalanceRepeat, p, balance)
				r.record(month, data.BorrowersRepeat, p, 1)
			}
		}
	}
	r.result.States[month] = len(r.next.states)
}

// looks says what the rules in force can see of a borrower's history, so that the rest need not be kept apart.
type looks struct {
	back             [3]int // steps for which lateness of 1, 2, 3 buckets matters
	clean            int    // clean repayments beyond which no rule asks
	granted          int    // steps after an origination for which it matters
	taken            int    // steps for which originations are counted
	sequence, rolled uint8  // beyond which no rule asks
	opening          bool   // the first loan of a sequence matters
}

func lookedAt(grid data.Grid, sets ...[]rule.Rule) (l looks) {
	for _, rules := range sets {
		for _, r := range rules {
			if c, ok := r.(*rule.Clause); ok && c.Grandfather {
				l.granted = -never
			}
			r = rule.Bare(r)
			if timed, ok := r.(rule.Timed); ok {
				r = timed.On(grid)
			}
			switch r := r.(type) {
			case *rule.WorstDelinquency:
				k := (r.MaxDays + 1) / 30
				l.back[k] = max(l.back[k], r.LookBack+1)
			case *rule.CleanRepayments:
				l.clean = max(l.clean, r.Min)
			case *rule.CoolingOff:
				l.granted = max(l.granted, r.AfterOrigination)
			case *rule.LoanCountCap:
				l.taken = max(l.taken, r.Window)
			case *rule.SequencePause:
				l.sequence = max(l.sequence, uint8(r.Loans))
			case *rule.StepDown:
				l.sequence, l.opening = max(l.sequence, uint8(min(len(r.Shares), 255))), true
			case *rule.RolloverCap:
				l.rolled = max(l.rolled, uint8(r.Max))
			case *rule.BorrowerBan, *rule.UseBan, *rule.MinimumTerm, *rule.EffectiveRateCap, *rule.DailyRateCap, *rule.IndexedRateCap, *rule.TotalCostCap,
				*rule.TopUp, *rule.MinRepaid, *rule.ConcurrentLoans, *rule.MaxOrdinal, *rule.PlatformCap, *rule.ScoreCutoff, *rule.APRCap,
				*rule.ExposureCap, *rule.PTICap, *rule.LimitLadder, *rule.ProductCap, *rule.DataSharing, *rule.OutsideLending, *rule.FundingQueue:
			default: // a rule that may look at anything
				return looks{back: [3]int{never * -1, never * -1, never * -1}, clean: mostClean, granted: never * -1, taken: 64, sequence: 255, rolled: 255, opening: true}
			}
		}
	}
	return l
}

// forget drops from a state at the end of step t what no rule will see in step t+1 or later.
func (l *looks) forget(s *state, t int) {
	for k := range s.lateStep {
		if t+1-int(s.lateStep[k]) >= l.back[k] {
			s.lateStep[k] = never
		}
	}
	s.clean = min(s.clean, uint8(l.clean))
	if t-int(s.granted) >= l.granted {
		s.granted = never
	}
	s.taken = s.taken << 1 & (1<<l.taken - 1)
	if !l.opening {
		s.opening = 0
	}
	s.sequence, s.rolled = min(s.sequence, l.sequence), min(s.rolled, l.rolled)
}

// nearest rounds half to even.
func nearest(x float64) data.Money { return data.Money(math.RoundToEven(x)) }

func total(mass []float64) (sum float64) {
	for _, m := range mass {
		sum += m
	}
	return sum
}

// visible is the number of outside loans that a bureau shows, of the slots whose visibility is known.
func (s *state) visible() int {
	return bits.OnesCount16(s.seen & (1<<min(s.outside, s.drawn) - 1))
}
