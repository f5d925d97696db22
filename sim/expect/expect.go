package expect

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/integrate/quad"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/provision"
	"relend/sim/rng"
	"relend/sim/rule"
)

// Borrower is one borrower at the snapshot, or a class of like borrowers.
type Borrower struct {
	Income   data.Money  // monthly, above 0
	PD       float64     // 12-month probability of default as the lender sees it, in (0,1)
	Hazard   float64     // log base hazard of a missed payment per month
	Shift    float64     // added to the log miss hazard alone, by anchoring to the default rates of an arm
	Ungraded bool        // the base hazard holds at the reference covariates, not at the borrower's own at the snapshot
	Segment  uint8       // index of the segment
	Outside  uint8       // loans with other lenders
	Bucket   uint8       // 0 current, 1 = 1-29, 2 = 30-59, 3 = 60-89 days past due
	DaysLate uint8       // days past due, 0 where only the bucket is known
	Ordinal  uint8       // of the newest loan, 1 = first
	Arrives  int         // an applicant, with Ordinal 0 and Open 0: step in which he asks for his first loan, like the one in Loans
	Gap      uint8       // months since the last payoff, with no open loan
	Open     int         // number of open loans, 0 to rule.MaxOwn
	Loans    []data.Loan // open loans, newest first; with Open = 0 the last loan repaid
}

// Of returns borrower i of a portfolio, given his log base hazard and, where the portfolio has no PD, the PD that it
// means.
func Of(p *data.Portfolio, i int, hazard, pd float64) Borrower {
	b := &p.Borrowers[i]
	if p.HasPD {
		pd = b.PD12
	}
	return Borrower{
		Income: b.Income, PD: pd, Hazard: hazard, Ungraded: !p.HasPD, Segment: b.Segment, Outside: b.External,
		Bucket: b.Bucket, DaysLate: b.DaysLate, Ordinal: b.Ordinal, Gap: b.Gap, Open: int(b.Open),
		Loans: p.Loans[b.First : b.First+uint32(max(b.Open, 1))],
	}
}

// Arm is one policy under one law, with the behaviour that meets it.
type Arm struct {
	Behaviour behaviour.Params
	Policy    []rule.Rule // the lender's own rules
	Law       []rule.Rule // rules imposed by regulation
	Scope     float64     // share of outside lenders bound by the law
}

// Economy is the path of the economy as the borrower's segment meets it.
type Economy struct {
	Sigma  float64   // loading of the factor on the log miss hazard
	Factor []float64 // the segment's factor by step of the grid; needed with Sigma above 0
	Miss   []float64 // multiplier of the miss hazard by step under another link than the lognormal, without Macro
	Macro  factor.Macro
	Grid   data.Grid // of time

	AsOf     time.Time // the snapshot, where rules have dates
	Segments []string  // of the portfolio, where the perimeter of a rule names some
}

// Options choose between exactness and cost. The zero value is exact up to the quadrature.
type Options struct {
	Frailty   int        // nodes over the frailty; 0 = 9 (relative error below 1e-7 at a frailty of .6), and 1 where behaviour has none
	Demand    int        // nodes over the heterogeneity of demand; 0 = 15 (below 1e-5 at .8), likewise
	Threshold float64    // states of a smaller probability are dropped at the end of a month, and counted in Dropped
	MaxStates int        // refuse to hold more states than this; 0 = what needs about 1 GiB
	Most      int        // states kept at the end of a month, above 0: light ones are drawn for, without bias; 0 = all
	Draws     rng.Stream // names the draws that Most needs

	Provisions provision.Method
}

// Expectation is the result of Run. Entries are [month][counter], month 0 the snapshot; flows are those of the month.
type Expectation struct {
	Counters [][]float64                                          // expectation
	Squares  [][]float64                                          // expectation of the square, per borrower; of flows on grids finer than a month an upper bound
	Largest  [][]float64                                          // largest value that has a probability above 0; likewise
	States   []int                                                // distinct states of living borrowers at the end of each month
	Cells    [data.NumProducts * data.NumOrdinalClasses][]float64 // Counters by product x ordinal class, each [month*NumCounters + counter]; nil where nothing is
	Thinned  int                                                  // states drawn for and not kept, in all steps
	Dropped  float64                                              // probability of the states dropped for being below the threshold
}

// By default at most so many states are held, and so many masses of state and node.
const (
	mostStates = 4 << 20
	mostMasses = 1 << 26
)

// Run computes the expectation of every counter for the borrower in the arm, given the economy. It reports invalid
// input, and an error where the states outgrow the options.
func Run(b Borrower, a Arm, e Economy, months int, o Options) (*Expectation, error) {
	ps := &data.Problems{Cause: data.BadConfig}
	if months < 1 {
		ps.Add("horizon", "%d months is out of range, allowed 1 or more", months)
	}
	if b.Income <= 0 {
		ps.Add("borrower", "income %v is not above 0", b.Income)
	}
	if !(b.PD > 0 && b.PD < 1) {
		ps.Add("borrower", "probability of default %v is out of range, allowed between 0 and 1", b.PD)
	}
	if math.IsNaN(b.Hazard) || math.IsInf(b.Hazard, 1) {
		ps.Add("borrower", "log hazard %v is not a number", b.Hazard)
	}
	if b.Open < 0 || b.Open > rule.MaxOwn || len(b.Loans) != max(b.Open, 1) {
		ps.Add("borrower", "%d loans of which %d open, allowed 1 to %d, all open or one repaid", len(b.Loans), b.Open, rule.MaxOwn)
	}
	if b.Bucket > 3 || b.Bucket > 0 && b.Open == 0 {
		ps.Add("borrower", "delinquency bucket %d is out of range, allowed 0 to 3, and 0 without an open loan", b.Bucket)
	}
	if b.Arrives < 0 || b.Ordinal == 0 && b.Open > 0 || b.Ordinal > 0 && b.Arrives > 0 {
		ps.Add("borrower", "ordinal %d, %d open loans, arriving in step %d: an applicant has neither loan nor ordinal", b.Ordinal, b.Open, b.Arrives)
	}
	if e.Miss != nil && len(e.Miss) < e.Grid.Steps(months) {
		ps.Add("economy", "the multiplier has %d steps, %d are needed", len(e.Miss), e.Grid.Steps(months))
	}
	if e.Sigma != 0 && len(e.Factor) < e.Grid.Steps(months) {
		ps.Add("economy", "the factor has %d steps, %d are needed", len(e.Factor), e.Grid.Steps(months))
	}
	if o.Frailty < 0 || o.Demand < 0 || o.Threshold < 0 || o.MaxStates < 0 {
		ps.Add("options", "negative: %+v", o)
	}
	if rule.Steered(a.Policy, a.Law) {
		ps.Add("arm", "its rules look at the lender's whole book, so borrowers are not independent and one borrower has no exact expectation: take such rules out (stop_lending, slow_lending, leverage_cap, funding_budget) or simulate")
	}
	if slices.ContainsFunc(slices.Concat(a.Policy, a.Law), Glass) {
		ps.Add("arm", "a rule changes what the bureau shows in time (data_sharing from or until a date): simulate")
	}
	if blurred(&a) {
		ps.Add("arm", "the bureau shows loans late or wrongly (bureau.lag, bureau.missed, bureau.mistaken), of which expectations know nothing: simulate")
	}
	if p := &a.Behaviour; p.ScoreGain > 0 && p.FeeAmount+p.FeeShare > 0 {
		ps.Add("arm", "a fee for new loans together with a score gain (fee.amount, fee.share, score.gain): where decisions jump in the score is not known here: simulate")
	}
	ps.List = append(ps.List, a.Behaviour.Check().List...)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	if a.Behaviour.ScoreGain > 0 && a.Behaviour.SigmaU > 0 {
		if o.Most > 0 {
			return atScore(&b, &a, &e, months, o)
		}
		return overScores(&b, &a, &e, months, o)
	}
	return project(&b, &a, &e, months, o, unseen)
}

// project computes the expectation given what the lender sees.
func project(b *Borrower, a *Arm, e *Economy, months int, o Options, s seen) (*Expectation, error) {
	r := newRun(b, a, e, months, o, s)
	for t := range e.Grid.Steps(months) {
		if err := r.step(t); err != nil {
			return nil, err
		}
	}
	r.bound()
	return r.result, nil
}

// node is a point of the quadrature over what borrowers of one grade differ in.
type node struct {
	weight float64
	miss   float64 // log of the multiplier of the miss hazard
	ask    float64 // multiplier of the hazard of asking
}

// nodes returns the joint nodes of frailty u, given what is seen of it, and demand effect e = corr u + sqrt(1-corr^2) n.
func nodes(p *behaviour.Params, frailty, demand int, s seen) []node {
	pick := func(n, usual int, sigma float64) int {
		switch {
		case sigma == 0:
			return 1
		case n == 0:
			return usual
		}
		return n
	}
	own := math.Sqrt(1 - p.DemandCorr*p.DemandCorr)
	u, wu := hermite(pick(frailty, 9, s.hidden*max(p.SigmaU, p.DemandSigma*math.Abs(p.DemandCorr))))
	n, wn := hermite(pick(demand, 15, p.DemandSigma*own))
	var list []node
	for i := range u {
		u[i] = s.mean + s.hidden*u[i]
		for j := range n {
			e := p.DemandCorr*u[i] + own*n[j]
			list = append(list, node{
				weight: wu[i] * wn[j],
				miss:   p.SigmaU*u[i] - p.SigmaU*p.SigmaU/2,
				ask:    math.Exp(p.DemandSigma*e - p.DemandSigma*p.DemandSigma/2),
			})
		}
	}
	return list
}

// hermite returns nodes and weights of the expectation under the standard normal law.
func hermite(n int) (x, w []float64) {
	if n == 1 {
		return []float64{0}, []float64{1}
	}
	x, w = make([]float64, n), make([]float64, n)
	quad.Hermite{}.FixedLocations(x, w, math.Inf(-1), math.Inf(1)) // for the weight exp(-x^2)
	for i := range x {
		x[i] *= math.Sqrt2
		w[i] /= math.Sqrt(math.Pi)
	}
	return x, w
}

// tooMany says what to do when the states outgrow memory.
func tooMany(month, states int) error {
	return fmt.Errorf("more than %d states in month %d: shorten the horizon, take fewer nodes, or set a threshold below which states are dropped and counted", states, month)
}
