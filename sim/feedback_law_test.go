package sim

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rule"
)

// trio is the exact law of three like borrowers with equal loans that never mature, and a lender who stops lending by
// rule and reopens: the 16 states of each borrower and the state of the rule, month by month, written from
// METHOD.md and not from the engine. Everybody depends on rolling his debt; every request is granted while lending is
// open and brings a shock while it is not. Its flags are wrong models.
type trio struct {
	miss, ask         float64 // hazards
	roll, cure        [3]float64
	shock, reputation float64 // multiplier, rise of the miss hazard
	close, open       float64
	hold              int

	sameMonth    bool // the rule sees the end of the month that it governs
	late         bool // the rule sees the book a month later than it should
	noHysteresis bool // lending reopens as soon as the share is not above close
	calm         bool // denials bring no shock
}

// A borrower's state: current with 0, 1 or 2 months of shock left; late by 1, 2, 3 buckets with the same; 90 days past
// due in the month 0, 1, 2 months ago; charged off.
const (
	bad     = 12
	off     = 15
	members = 16
)

type course struct {
	state int
	p     float64
}

// courses are what a month can do to a borrower.
func (x *trio) courses(s int, closed bool) []course {
	switch {
	case s == off:
		return []course{{off, 1}}
	case s >= bad:
		return []course{{s + 1, 1}}
	case s >= 3:
		k, shock := s/3, s%3
		leave := 1 - math.Exp(-x.roll[k-1]-x.cure[k-1])
		up := leave * x.roll[k-1] / (x.roll[k-1] + x.cure[k-1])
		further := s + 3
		if k == 3 {
			further = bad
		}
		return []course{{further, up}, {shock, leave - up}, {s, 1 - leave}}
	}
	hazard := x.miss
	if s > 0 {
		hazard *= x.shock
	}
	if closed {
		hazard *= 1 + x.reputation
	}
	miss, asks := 1-math.Exp(-hazard), 1-math.Exp(-x.ask)
	answered := 0 // granted: the shock is over
	if closed && !x.calm {
		answered = 2
	}
	return []course{{s + 3, miss}, {answered, (1 - miss) * asks}, {max(s-1, 0), (1 - miss) * (1 - asks)}}
}

// next is the rule's state after a month with a share: 0 open, 1 + months of calm when closed.
func (x *trio) next(rule int, share float64) int {
	switch {
	case x.noHysteresis:
		if share > x.close {
			return 1
		}
		return 0
	case rule == 0:
		if share > x.close {
			return 1
		}
		return 0
	case share >= x.open:
		return 1
	case rule == x.hold: // the last calm month
		return 0
	}
	return rule + 1
}

// share is the part of the three equal balances that is 90 or more days past due.
func share(states [3]int) float64 {
	overdue, owed := 0., 0.
	for _, s := range states {
		if s >= bad && s < off {
			overdue++
		}
		if s < off {
			owed++
		}
	}
	return overdue / max(owed, 1)
}

// law is the joint law of borrowers not current at the end and months closed: [borrowers][closed].
func (x *trio) law(months int) [4][]float64 {
	rules := x.hold + 1
	size := members * members * members * rules * (months + 1)
	at := func(s [3]int, rule, closed int) int {
		return (((s[0]*members+s[1])*members+s[2])*rules+rule)*(months+1) + closed
	}
	now, next := make([]float64, size), make([]float64, size)
	now[at([3]int{}, 0, 0)] = 1
	each := func(visit func(s [3]int, rule, closed int, p float64)) {
		for i, p := range now {
			if p == 0 {
				continue
			}
			closed, i := i%(months+1), i/(months+1)
			rule, i := i%rules, i/rules
			visit([3]int{i / members / members, i / members % members, i % members}, rule, closed, p)
		}
	}
	for range months {
		clear(next)
		each(func(s [3]int, rule, closed int, p float64) {
			move := func(shut bool) {
				var options [3][]course
				for i := range s {
					options[i] = x.courses(s[i], shut)
				}
				n := closed
				if shut {
					n++
				}
				for _, a := range options[0] {
					for _, b := range options[1] {
						for _, c := range options[2] {
							to := [3]int{a.state, b.state, c.state}
							end := share(to)
							after := x.next(rule, end)
							if x.late {
								after = x.next(rule, share(s))
							}
							if x.sameMonth && (after > 0) != shut {
								continue // belongs to the other door
							}
							next[at(to, after, n)] += p * a.p * b.p * c.p
						}
					}
				}
			}
			if x.sameMonth { // who defaults does not depend on the door
				move(true)
				move(false)
			} else {
				move(rule > 0)
			}
		})
		now, next = next, now
	}
	var out [4][]float64
	for d := range out {
		out[d] = make([]float64, months+1)
	}
	each(func(s [3]int, _, closed int, p float64) {
		d := 0
		for i := range s {
			if s[i] >= 3 {
				d++
			}
		}
		out[d][closed] += p
	})
	return out
}

// The engine's joint law of borrowers not current and months closed is the exact one (V15): chi-square at alpha. The same test
// rejects a rule that sees the month it governs, one that sees the book a month late, one without hysteresis, one
// that holds a month less, denials without a shock, and a reputation that does nothing.
func TestStopOfLendingHasItsExactLaw(t *testing.T) {
	const months, paths, seeds = 12, 8000, 3
	b := quiet()
	b.BPTI, b.BStack, b.BAPR, b.BLev, b.BOrd = 0, 0, 0, 0, [4]float64{}
	b.DepShare, b.Top, b.TopMinAge, b.Elasticity, b.DemandSigma = 1, [2]float64{0, .6}, 0, 0, 0
	b.RollGrowth, b.Take, b.ReliefMult, b.Leak = 1, [4]float64{40, 0, 0, 0}, 1, 0
	b.ShockMult, b.ShockMonths, b.ShockExit = 4, 2, 0
	b.Fraud, b.BustSlope, b.RecoveryMean, b.RepK = [2]float64{}, 0, 0, 1
	b.Roll = [3]float64{1, 1.3, 2.4}
	p := perpetual(3)
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = .4
		l := &p.Loans[p.Borrowers[i].First]
		l.Principal, l.Balance, l.APR = 500000, 500000, .2
	}
	stop := rule.StopLending{Close: .4, Open: .35, Hold: 2}
	a := Arm{Behaviour: b, Policy: []rule.Rule{&stop}}
	a.Name = "stop"

	var seen [4][months + 1]float64
	s := settings(months, paths)
	s.Design = factor.Plain
	plan, err := NewPlan(p, []Arm{a}, s)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range seeds {
		s.Seed = uint64(seed)
		r := mustRun(t, p, s, 2, a)
		for path := range paths {
			closed := int64(0)
			for m := range data.Month(months + 1) {
				closed += r.Row(0, path, m)[data.LendingStopped]
			}
			seen[3-r.Row(0, path, months)[data.BorrowersCurrent]][closed/3]++
		}
	}

	right := trio{
		miss: math.Exp(plan.families[0].model.graded(0).hazard), ask: .6, roll: b.Roll, cure: b.Cure, shock: b.ShockMult,
		reputation: b.RepK, close: stop.Close, open: stop.Open, hold: stop.Hold,
	}
	pValue := func(x trio) float64 {
		const n = paths * seeds
		sum, cells, rest, restSeen := 0., 0, 0., 0.
		for d, row := range x.law(months) {
			for m, p := range row {
				if p*n < 5 {
					rest, restSeen = rest+p*n, restSeen+seen[d][m]
					continue
				}
				sum += (seen[d][m] - p*n) * (seen[d][m] - p*n) / (p * n)
				cells++
			}
		}
		if rest > 0 {
			sum += (restSeen - rest) * (restSeen - rest) / rest
			cells++
		}
		return distuv.ChiSquared{K: float64(cells - 1)}.Survival(sum)
	}
	if p := pValue(right); p < alpha {
		t.Errorf("p-value %.3g", p)
	}
	for name, change := range map[string]func(*trio){
		"the rule sees the month it governs":        func(x *trio) { x.sameMonth = true },
		"the rule sees the book a month late":       func(x *trio) { x.late = true },
		"no hysteresis":                             func(x *trio) { x.noHysteresis = true },
		"the rule holds one month less":             func(x *trio) { x.hold = 1 },
		"denials bring no shock":                    func(x *trio) { x.calm = true },
		"the reputation of the lender is no matter": func(x *trio) { x.reputation = 0 },
	} {
		x := right
		change(&x)
		if p := pValue(x); p >= alpha {
			t.Errorf("%s goes unnoticed: p-value %.3g", name, p)
		}
	}
}

// A guarantee is used up: on each path lending stops from the month after the one in which losses reach the cover, taken anew from the
// counts, goes on as without the rule until then, and a cover of another size stops elsewhere.
func TestGuaranteeIsUsedUp(t *testing.T) {
	const share, months, paths = .03, 30, 6
	p := book(400)
	open := arm("open")
	open.Behaviour.LineFirst = 1 // what is lent is disbursed
	capped := open
	capped.Name, capped.Law = "capped", []rule.Rule{&rule.GuaranteeCap{Share: share}}
	r := mustRun(t, p, settings(months, paths), 2, open, capped)
	stops, wrong := 0, 0
	for path := range paths {
		at := func(arm, month int, c data.Counter) int64 {
			return r.Counts[arm][(path*(months+1)+month)*int(data.NumCounters)+int(c)]
		}
		portfolio, lost := int64(0), int64(0)
		for _, c := range []data.Counter{data.BalanceCurrent, data.BalanceD1, data.BalanceD2, data.BalanceD3, data.BalanceDefault} {
			portfolio += at(1, 0, c)
		}
		stopped := false
		for month := 1; month <= months; month++ {
			closed := float64(lost) >= share*float64(portfolio)
			if closed != (at(1, month, data.LendingStopped) > 0) || closed && at(1, month, data.Granted) > 0 {
				t.Fatalf("path %d, month %d: losses %d of %d, %d loans granted", path, month, lost, portfolio, at(1, month, data.Granted))
			}
			if (float64(lost) >= 1.2*share*float64(portfolio)) != (at(1, month, data.LendingStopped) > 0) {
				wrong++
			}
			stopped = stopped || closed
			for c := range data.NumCounters {
				if !stopped && c != data.LendingStopped && at(0, month, c) != at(1, month, c) {
					t.Fatalf("path %d, month %d, %v: %d, without the rule %d", path, month, c, at(1, month, c), at(0, month, c))
				}
			}
			portfolio += at(1, month, data.Disbursed)
			lost += at(1, month, data.ChargedOff) - at(1, month, data.Recoveries)
		}
		if stopped {
			stops++
		}
	}
	if stops == 0 || wrong == 0 {
		t.Errorf("lending stops on %d paths of %d; a cover a fifth larger is told apart in %d months", stops, paths, wrong)
	}
}
