// Package anchor turns input PDs into base hazards (structural anchoring, model.md §22 items 1, 1a, 46).
//
// A 12-month PD is read as the probability to reach 90 days past due within twelve months of a borrower who is
// current today on a loan that never matures, with his covariates as they stand, without prepayment, further
// loans, fraud or shocks, averaged over frailty and over the stationary systematic factor. Solve finds for a
// segment the factor's loading sigma at which that PD varies as an asset correlation rho demands, and then the
// log base hazard of each PD.
package anchor

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/interp"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
)

const (
	months = 12 // of the PD

	// The fixed set of factor paths over which means and variances are taken: the same for every run, so that
	// the anchoring does not depend on the user's seed.
	setPaths = 4096
	setSeed  = 0x72656c656e64

	frailtyNodes = 64

	// The table of PD over log hazard.
	tablePoints = 512
	stride      = 8 // of the knots: means over 4,096 paths at every point would take seconds, and are smooth
	logMin      = -16.
	logMax      = 6.
)

// MaxPD is the largest PD that is solved for.
const MaxPD = .99

// Segment is the anchoring of one segment.
type Segment struct {
	Sigma float64 // loading of the factor on the log miss hazard
	Rho   float64 // asset correlation that the 12-month PD then has: the one asked for, up to the solver's tolerance
	Asset float64 // with the probit link: asset correlation of the misses of a step; else 0
	link  factor.Vasicek
	logit []float64
}

// Multipliers are those of the hazards at a factor z and a macro shift of the log miss hazard.
func (s *Segment) Multipliers(p *behaviour.Params, z, shift float64) behaviour.Multipliers {
	if s.Asset == 0 {
		return p.Multipliers(z, s.Sigma, shift)
	}
	x := p.Multipliers(z, s.Sigma, 0)
	x.Miss = s.link.At(z) * math.Exp(shift)
	return x
}

// MeanMiss is the mean multiplier of the miss hazard, without macro, while a share left of a factor's value at the start is
// left: the factor is then normal with mean left z and variance 1-left².
func (s *Segment) MeanMiss(p *behaviour.Params, start, left float64) float64 {
	own := math.Sqrt(1 - left*left)
	return quad.Fixed(func(x float64) float64 {
		return s.Multipliers(p, float64(left*start)+float64(own*x), 0).Miss * distuv.UnitNormal.Prob(x)
	}, -12, 12, 400, quad.Legendre{}, 0)
}

// Solve anchors a segment whose borrowers have mean PD meanPD, on the chain of a grid: hazards stay per month, and
// the PDs come out on that grid. It takes some tenths of a second the first time (on the weekly grid a second or
// two); as arms, plans and sweeps ask for the same segments again, the latest answers are remembered.
func Solve(p *behaviour.Params, grid data.Grid, meanPD float64) (*Segment, error) {
	return recall(p, grid, meanPD, 0, solve)
}

// SolveCell anchors a risk cell of mean PD cellPD in such a segment under the probit link: at the hazard of the cell's
// PD the probability of a miss in a step is Vasicek's, with the asset correlation at which the 12-month PD of the
// segment's mean has the correlation rho. The hazards of the late follow as in the lognormal link nearest to that.
func SolveCell(p *behaviour.Params, grid data.Grid, meanPD, cellPD float64) (*Segment, error) {
	if p.Rho == 0 {
		return Solve(p, grid, meanPD)
	}
	return recall(p, grid, meanPD, cellPD, func(m *model, meanPD float64) (*Segment, error) {
		whole, err := recall(p, grid, meanPD, -1, solveProbit)
		if err != nil {
			return nil, err
		}
		if !(cellPD > 0 && cellPD <= MaxPD) {
			return nil, fmt.Errorf("mean PD %v of a cell is out of range, allowed above 0 to %v", cellPD, MaxPD)
		}
		table := frailtyMean(m, curve(m, nil, &Segment{}))
		s := &Segment{Sigma: whole.Sigma, Rho: whole.Rho, Asset: whole.Asset}
		s.link = factor.NewVasicek(math.Exp(invert(table, min(cellPD, most(table))))*grid.Step(), s.Asset)
		s.logit = frailtyMean(m, curve(m, factorSet(m.Phi, m.steps), s))
		return s, nil
	})
}

// solveProbit finds the asset correlation of a step under the probit link.
func solveProbit(p *model, meanPD float64) (*Segment, error) {
	a, err := unconditional(p, meanPD)
	if err != nil {
		return nil, err
	}
	factors, target := factorSet(p.Phi, p.steps), Variance(meanPD, p.Rho)
	at := func(odds float64) *Segment { // the root of rho/(1-rho) is to the probit what sigma is to the lognormal
		s := &Segment{Rho: p.Rho, Asset: odds * odds / (1 + odds*odds)}
		s.link = factor.NewVasicek(math.Exp(a)*p.grid.Step(), s.Asset)
		s.Sigma = s.link.Loading()
		return s
	}
	odds, ok := secant(func(odds float64) float64 { return math.Log(variance(p, factors, a, at(odds)) / target) }, .1)
	if !ok {
		return nil, fmt.Errorf("behaviour.factor.rho: no correlation of a step's misses gives an asset correlation of %v at a mean PD of %.4g; lower it", p.Rho, meanPD)
	}
	return at(odds), nil
}

// recall returns an answer, solving for it where it is not remembered.
func recall(p *behaviour.Params, grid data.Grid, meanPD, cell float64, solve func(*model, float64) (*Segment, error)) (*Segment, error) {
	key := question{p.Rho, p.Phi, p.RollScale, p.CureScale, p.SigmaU, p.Roll, p.Cure, grid, meanPD, cell}
	remembered.Lock()
	s := remembered.answers[key]
	remembered.Unlock()
	if s != nil {
		return s, nil
	}
	on := p.On(grid)
	s, err := solve(&model{Params: &on, grid: grid, steps: grid.Steps(months)}, meanPD)
	if err != nil {
		return nil, err
	}
	remembered.Lock()
	defer remembered.Unlock()
	if len(remembered.answers) >= 1024 {
		clear(remembered.answers)
	}
	remembered.answers[key] = s
	return s, nil
}

// question holds all that an answer depends on.
type question struct {
	rho, phi, rollScale, cureScale, sigmaU float64
	roll, cure                             [3]float64
	grid                                   data.Grid
	meanPD                                 float64
	cell                                   float64 // PD of a cell under the probit link, -1 for its segment, 0 for the lognormal link
}

var remembered = struct {
	sync.Mutex
	answers map[question]*Segment
}{answers: map[question]*Segment{}}

// model is what a PD is computed with: parameters in steps of the grid.
type model struct {
	*behaviour.Params
	grid  data.Grid
	steps int // of the 12 months
}

func solve(p *model, meanPD float64) (*Segment, error) {
	if !(meanPD > 0 && meanPD <= MaxPD) {
		return nil, fmt.Errorf("mean PD %v is out of range, allowed above 0 to %v", meanPD, MaxPD)
	}
	s := &Segment{}
	var factors [][]float64
	if p.Rho > 0 {
		factors = factorSet(p.Phi, p.steps)
		target := Variance(meanPD, p.Rho)
		a, err := unconditional(p, meanPD)
		if err != nil {
			return nil, err
		}
		sigma, ok := secant(func(sigma float64) float64 {
			return math.Log(variance(p, factors, a, &Segment{Sigma: sigma}) / target)
		}, .2)
		if !ok {
			return nil, fmt.Errorf("behaviour.factor.rho: no factor loading gives an asset correlation of %v at a mean PD of %.4g; lower it", p.Rho, meanPD)
		}
		s.Sigma = sigma
		s.Rho = p.Rho
	}
	s.logit = frailtyMean(p, curve(p, factors, s))
	return s, nil
}

// unconditional is the log hazard of a mean PD with the factor switched off.
func unconditional(p *model, meanPD float64) (float64, error) {
	table := frailtyMean(p, curve(p, nil, &Segment{}))
	if meanPD >= most(table) {
		return 0, fmt.Errorf("a mean PD of %.4g is more than the delinquency chain can give (%.4g within 12 months); raise the roll rates or check the PDs", meanPD, most(table))
	}
	return invert(table, meanPD), nil
}

// LogHazard returns the log base hazard of a 12-month PD above 0; that of Most where the PD lies above it.
func (s *Segment) LogHazard(pd float64) float64 { return invert(s.logit, min(pd, s.Most())) }

// Most is the highest 12-month PD that a borrower can have: even one who misses every payment he can may be cured
// again by the chain of delinquency.
func (s *Segment) Most() float64 { return most(s.logit) }

func most(table []float64) float64 { return expit(table[len(table)-1]) }

// PD is the 12-month PD of a log base hazard, the inverse of LogHazard.
func (s *Segment) PD(logHazard float64) float64 { return expit(interpolate(s.logit, logHazard)) }

// UnconditionalPD is the 12-month PD of a log base hazard with the factor switched off: what a base hazard that was
// given instead of a PD means.
func UnconditionalPD(p *behaviour.Params, grid data.Grid, logHazard float64) float64 {
	on := p.On(grid)
	m := &model{Params: &on, grid: grid, steps: grid.Steps(months)}
	return expit(interpolate(frailtyMean(m, curve(m, nil, &Segment{})), logHazard))
}

// Variance is the variance of the conditional PD of a Gaussian one-factor model with asset correlation rho:
// Phi2(k,k;rho) - PD^2 with k = PhiInv(PD).
func Variance(pd, rho float64) float64 {
	k := distuv.UnitNormal.Quantile(pd)
	square := quad.Fixed(func(z float64) float64 {
		c := distuv.UnitNormal.CDF((k - math.Sqrt(rho)*z) / math.Sqrt(1-rho))
		return c * c * distuv.UnitNormal.Prob(z)
	}, -12, 12, 400, quad.Legendre{}, 0)
	return square - pd*pd
}

// factorSet draws the fixed set of factor paths.
func factorSet(phi float64, steps int) [][]float64 {
	set := make([][]float64, setPaths)
	for i := range set {
		set[i] = factor.Draw(setSeed, i, factor.Antithetic, factor.Law{Phi: phi, Global: 1}, 1, steps)[0]
	}
	return set
}

// multipliers of the hazards along the fixed set of factor paths.
func multipliers(p *model, factors [][]float64, s *Segment) [][]behaviour.Multipliers {
	if s.Sigma == 0 {
		path := make([]behaviour.Multipliers, p.steps)
		for t := range path {
			path[t] = behaviour.Multipliers{Miss: 1, Roll: 1, Cure: 1}
		}
		return [][]behaviour.Multipliers{path}
	}
	set := make([][]behaviour.Multipliers, len(factors))
	for i := range set {
		set[i] = make([]behaviour.Multipliers, p.steps)
		for t, z := range factors[i] {
			set[i][t] = s.Multipliers(p.Params, z, 0)
		}
	}
	return set
}

// chain holds the probabilities of the delinquency states along one factor path, apart from the miss itself.
type chain struct {
	parts int       // of each bucket
	miss  []float64 // hazard of a step at a monthly hazard of 1
	late  [][3]rates
}

type rates struct{ roll, cure, stay float64 }

func newChain(p *model, path []behaviour.Multipliers) *chain {
	c := &chain{p.grid.SubStates(), make([]float64, len(path)), make([][3]rates, len(path))}
	for t, x := range path {
		c.miss[t] = x.Miss * p.grid.Step()
		for k, b := range p.Chain(x, c.parts) {
			c.late[t][k] = rates{b.Roll, b.Either - b.Roll, 1 - b.Roll - (b.Either - b.Roll)}
		}
	}
	return c
}

// pd is the probability of default within the year at a monthly hazard of theta.
func (c *chain) pd(theta float64) float64 {
	if c.parts == 1 {
		return c.undivided(theta)
	}
	current, dead := 1., 0.
	var late [12]float64 // mass by steps overdue, less one
	for t := range c.miss {
		in := current * fires(theta*c.miss[t])
		current -= in
		for k := range 3 {
			q, part := &c.late[t][k], late[k*c.parts:(k+1)*c.parts]
			for j, mass := range part {
				part[j] = mass*q.stay + in
				in = mass * q.roll
				current += mass * q.cure
			}
		}
		dead += in
	}
	return dead
}

// undivided is pd where each bucket is one state.
func (c *chain) undivided(theta float64) float64 {
	current, d1, d2, d3, dead := 1., 0., 0., 0., 0.
	for t := range c.miss {
		miss := current * fires(theta*c.miss[t])
		q := &c.late[t]
		dead += d3 * q[2].roll
		cured := d1*q[0].cure + d2*q[1].cure + d3*q[2].cure
		d3 = d3*q[2].stay + d2*q[1].roll
		d2 = d2*q[1].stay + d1*q[0].roll
		d1 = d1*q[0].stay + miss
		current += cured - miss
	}
	return dead
}

// fires is 1-exp(-h). Written so because Expm1 takes most of the time otherwise; the error stays below 1e-12.
func fires(h float64) float64 {
	if h < 1e-3 {
		return h * (1 - h/2*(1-h/3*(1-h/4)))
	}
	return 1 - math.Exp(-h)
}

// curve gives the logit of the mean PD over factor paths, without frailty, at every stride-th table point.
func curve(p *model, factors [][]float64, s *Segment) []float64 {
	set := multipliers(p, factors, s)
	knots, hazards := make([]float64, tablePoints/stride+1), make([]float64, tablePoints/stride+1)
	for k := range hazards {
		hazards[k] = math.Exp(point(k * stride))
	}
	for i := range set {
		c := newChain(p, set[i])
		for k, h := range hazards {
			knots[k] += c.pd(h)
		}
	}
	for k := range knots {
		knots[k] = logit(knots[k] / float64(len(set)))
	}
	return knots
}

// frailtyMean averages a curve over the mean-one lognormal frailty and returns the logit of the PD at every
// table point.
func frailtyMean(p *model, knots []float64) []float64 {
	x, w := hermite()
	at := make([]float64, len(knots))
	for k := range at {
		at[k] = point(k * stride)
	}
	var smooth interp.NotAKnotCubic
	if err := smooth.Fit(at, knots); err != nil {
		panic(err) // only for fewer than three knots
	}
	table := make([]float64, tablePoints)
	for i := range table {
		a, pd := point(i), 0.
		for j := range x {
			pd += w[j] * expit(smooth.Predict(a+p.SigmaU*x[j]-p.SigmaU*p.SigmaU/2))
		}
		table[i] = logit(pd)
	}
	return table
}

// variance over factor paths of the PD at log hazard a, averaged over frailty.
func variance(p *model, factors [][]float64, a float64, s *Segment) float64 {
	const nodes = 15 // converged to 1e-9 for a frailty of .6
	x, w, hazards := make([]float64, nodes), make([]float64, nodes), make([]float64, nodes)
	hermiteNodes(x, w)
	for j := range x {
		hazards[j] = math.Exp(a + p.SigmaU*x[j] - p.SigmaU*p.SigmaU/2)
	}
	set := multipliers(p, factors, s)
	sum, squares := 0., 0.
	for i := range set {
		c, pd := newChain(p, set[i]), 0.
		for j, h := range hazards {
			pd += w[j] * c.pd(h)
		}
		sum += pd
		squares += pd * pd
	}
	n := float64(len(set))
	return squares/n - (sum/n)*(sum/n)
}

func hermite() (x, w []float64) {
	x, w = make([]float64, frailtyNodes), make([]float64, frailtyNodes)
	hermiteNodes(x, w)
	return x, w
}

// hermiteNodes fills nodes and weights of the expectation under the standard normal law; gonum's rule has the
// weight exp(-x^2).
func hermiteNodes(x, w []float64) {
	quad.Hermite{}.FixedLocations(x, w, math.Inf(-1), math.Inf(1))
	for i := range x {
		x[i] *= math.Sqrt2
		w[i] /= math.Sqrt(math.Pi)
	}
}

// point is the log hazard at index i of a table.
func point(i int) float64 { return logMin + (logMax-logMin)*float64(i)/tablePoints }

// interpolate evaluates a table over [logMin, logMax] at x by cubic Hermite interpolation with the slopes of
// Fritsch and Carlson, which keeps a rising table rising; beyond the ends it goes on straight.
func interpolate(table []float64, x float64) float64 {
	n := len(table)
	at := (x - logMin) / (logMax - logMin) * float64(tablePoints)
	i := max(0, min(n-2, int(math.Floor(at))))
	u := at - float64(i)
	left, right := slope(table, i), slope(table, i+1)
	if u < 0 {
		return table[0] + u*left
	}
	if u > 1 {
		return table[n-1] + (u-1)*right
	}
	u2 := u * u
	u3 := u2 * u
	return table[i]*(1-3*u2+2*u3) + table[i+1]*(3*u2-2*u3) + left*(u-2*u2+u3) + right*(u3-u2)
}

func slope(table []float64, i int) float64 {
	switch {
	case i == 0:
		return table[1] - table[0]
	case i == len(table)-1:
		return table[i] - table[i-1]
	}
	before, after := table[i]-table[i-1], table[i+1]-table[i]
	if before*after <= 0 {
		return 0
	}
	mean := (before + after) / 2
	return math.Copysign(min(math.Abs(mean), 3*min(math.Abs(before), math.Abs(after))), mean)
}

// invert finds the log hazard whose PD in the table is pd.
func invert(table []float64, pd float64) float64 {
	target := logit(pd)
	return root(func(a float64) float64 { return interpolate(table, a) - target }, logMin-40, logMax+40)
}

// secant finds the positive root of f to 1e-9, from a first guess. f should behave like 2 ln(x) plus a constant, as
// the log of a variance does in the loading: then a handful of evaluations is enough. It gives up beyond 8.
func secant(f func(float64) float64, x float64) (float64, bool) {
	fx, slope := f(x), 2.
	for range 60 {
		next := x * math.Exp(-fx/slope)
		if math.Abs(next-x) < 1e-9 {
			return next, true
		}
		if !(next < 8) {
			return 0, false
		}
		fn := f(next)
		if s := (fn - fx) / math.Log(next/x); s > .1 {
			slope = s
		}
		x, fx = next, fn
	}
	return 0, false
}

// root bisects an increasing function to 1e-12.
func root(f func(float64) float64, lo, hi float64) float64 {
	for hi-lo > 1e-12 {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if f(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

func logit(p float64) float64 { return math.Log(p) - math.Log1p(-p) }
func expit(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
