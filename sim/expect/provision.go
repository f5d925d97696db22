package expect

import (
	"math"
	"sync"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/provision"
)

// Provisions, written out once more from METHOD.md.

// prospect is a loan whose chances of default are asked for.
type prospect struct {
	term, remaining int16
	due             uint8 // instalments overdue
	lifetime        bool  // until it ends, else within twelve months
}

// rating is the borrower's log hazard on the lender's scale of twenty grades per unit, from -16 to 6.
func (r *run) rating() float64 {
	h := math.Max(-16, math.Min(6, r.b.Hazard))
	return math.Round((h+16)*20)/20 - 16
}

// chance of default of a prospect: the probability is pushed forward month by month, by instalments left and
// overdue, for every node of frailty.
func (r *run) chance(q prospect) float64 {
	r.prospects.Lock()
	p, ok := r.prospects.known[q]
	r.prospects.Unlock()
	if ok {
		return p
	}
	u, weight := []float64{0}, []float64{1}
	if r.p.SigmaU > 0 {
		u, weight = hermite(16 + 16*int(r.p.SigmaU))
	}
	sum := 0.
	for i := range u {
		sum += weight[i] * r.failing(q, math.Exp(r.rating()+r.p.SigmaU*u[i]-r.p.SigmaU*r.p.SigmaU/2))
	}
	r.prospects.Lock()
	r.prospects.known[q] = sum
	r.prospects.Unlock()
	return sum
}

// prospects are the chances known so far of a grade.
type prospects struct {
	sync.Mutex
	known map[prospect]float64
}

// graded are the prospects of the latest grades: many borrowers share one.
var graded = struct {
	sync.Mutex
	at map[grade]*prospects
}{at: map[grade]*prospects{}}

type grade struct {
	behaviour.Params
	grid   data.Grid
	rating float64
}

// outlook returns the prospects of the borrower's grade.
func (r *run) outlook(p behaviour.Params) *prospects {
	key := grade{p, r.grid, r.rating()}
	graded.Lock()
	defer graded.Unlock()
	if graded.at[key] == nil {
		if len(graded.at) >= 1024 {
			clear(graded.at)
		}
		graded.at[key] = &prospects{known: map[prospect]float64{}}
	}
	return graded.at[key]
}

// failing is the chance at a base hazard a month.
func (r *run) failing(q prospect, theta float64) (failed float64) {
	steps, latest := int(r.year), 3*r.parts
	if q.lifetime {
		steps = 1000000
	}
	var rolls, cures [3]float64
	for k := range rolls {
		rolls[k], cures[k] = race(r.further(r.p.Roll[k], r.p.Cure[k]), r.p.Cure[k])
	}
	row := latest + 1
	law, next := make([]float64, (int(q.remaining)+1)*row), make([]float64, (int(q.remaining)+1)*row)
	law[int(q.remaining)*row+int(q.due)] = 1
	for t := range steps {
		// Of those instalments that have fallen due a borrower has left as many unpaid as he is overdue.
		low := max(1, int(q.remaining)-t-int(q.due))
		high := min(low+latest, int(q.remaining))
		clear(next[(low-1)*row : (high+1)*row])
		alive := 0.
		for n := low; n <= high; n++ {
			to := func(left, due int, p float64) {
				if left > 0 {
					next[left*row+due] += p
					alive += p
				}
			}
			if p := law[n*row]; p > 0 {
				missed, repaid := race(theta*r.dt*r.rawSeason(int(q.term)-n)/r.firstYear, r.p.Prepay)
				to(n, 1, p*missed)
				to(n-1, 0, p*(1-missed-repaid))
			}
			for due := 1; due <= latest; due++ {
				p := law[n*row+due]
				if p == 0 {
					continue
				}
				bucket := (due + r.parts - 1) / r.parts
				roll, cure := rolls[bucket-1], cures[bucket-1]
				if due == latest {
					failed += p * roll
				} else {
					to(n, due+1, p*roll)
				}
				to(n-min(due+1, n), 0, p*cure)
				to(max(n-1, 1), due, p*(1-roll-cure))
			}
		}
		law, next = next, law
		if alive < 1e-14 {
			break
		}
	}
	return failed
}

// provide counts what is set aside for a borrower with open loans, with probability p.
func (r *run) provide(month int, s *state, p float64) {
	bucket, balance := int(s.mode), r.balance(s)
	due := 0
	if bucket > 0 {
		due = (bucket-1)*r.parts + int(s.part) + 1
	}
	if r.options.Provisions == provision.FiveClass { // shares are of single precision, like those below
		if bucket == 0 {
			r.record(month, data.Provision1, p, nearest(float64(float32(.015))*float64(balance)))
		} else {
			r.record(month, data.Provision2, p, nearest(float64(float32(.02))*float64(balance)))
			r.record(month, data.BalanceStage2, p, balance)
		}
		return
	}
	second := 1.
	if bucket < 2 {
		second = r.risen(s)
	}
	for i, q := range [2]float64{1 - second, second} {
		if q == 0 {
			continue
		}
		set := 0.
		for _, n := range s.own[:s.count()] {
			l := &r.loans[n]
			share := float32(r.chance(prospect{l.Term, l.Remaining, uint8(due), i == 1}) * (1 - r.p.RecoveryMean))
			set += float64(share) * float64(l.Balance)
		}
		r.record(month, data.Provision1+data.Counter(i), p*q, nearest(set))
	}
	r.record(month, data.BalanceStage2, p*second, balance)
}

// risen is the chance that the lender sees so many more outside loans than when the newest loan was granted. A slot
// whose visibility no decision has settled is visible with the probability of the bureau's coverage.
func (r *run) risen(s *state) float64 {
	need := int(r.p.RiskRise)
	if int(s.outside)-int(s.began) < need {
		return 0
	}
	law := make([]float64, need+1) // by the number visible, the last entry for that or more
	law[0] = 1
	for slot := s.began; slot < s.outside; slot++ {
		p := r.book.Terms.Coverage
		if slot < s.drawn {
			p = float64(s.seen >> slot & 1)
		}
		law[need] += law[need-1] * p
		for k := need - 1; k > 0; k-- {
			law[k] = law[k]*(1-p) + law[k-1]*p
		}
		law[0] *= 1 - p
	}
	return law[need]
}

// never mattering: outside loans at the grant from which no rise can be seen.
const anyNumber = 255

// beginning is what a state has to remember of the outside loans at a grant.
func (r *run) beginning(outside uint8) uint8 {
	if r.options.Provisions != provision.ECL || int(outside)+int(r.p.RiskRise) > max(r.book.Terms.Outside, int(r.p.OutsideMax)) {
		return anyNumber
	}
	return outside
}

// provideFailed counts what is set aside in a month for a borrower who defaulted so many steps ago.
func (r *run) provideFailed(month int, p float64, owed, exposure data.Money, since int) {
	share := .25
	switch {
	case r.options.Provisions == provision.ECL:
		left := 1.
		if since > len(r.recovered) {
			left = 0
		} else if since > 0 {
			left -= r.recovered[since-1]
		}
		back := nearest(float64(exposure) * r.p.RecoveryMean * left)
		r.record(month, data.Provision3, p, max(0, owed-back))
		return
	case 90+since*r.grid.Days() >= 360:
		share = 1
	case 90+since*r.grid.Days() >= 270:
		share = .5
	}
	r.record(month, data.Provision3, p, nearest(share*float64(owed)))
}
