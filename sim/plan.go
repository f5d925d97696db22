package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/contract"
	"relend/sim/factor"
	"relend/sim/provision"
	"relend/sim/rule"
)

// Arm is one policy under one law and one macro path.
type Arm struct {
	data.Arm
	Behaviour behaviour.Params
	Policy    []rule.Rule // the lender's own rules
	Law       []rule.Rule // rules imposed by regulation
	Scope     float64     // share of outside lenders bound by the law
	Macro     factor.Macro
}

// Settings are the choices of a run that are not part of an arm.
type Settings struct {
	Months   int // horizon, 1 to MaxMonths
	Paths    int // a multiple of Design.Replicate(), at most MaxPaths
	Seed     uint64
	Design   factor.Design
	Baseline int // index of the baseline arm
	Sample   int // borrowers that each path simulates, drawn anew on each; 0 or more than there are: all
	Grid     data.Grid
	Anchor   Anchor

	Link        factor.Link
	Correlation [][]float64 // of the innovations of the segments' factors, by segment; nil: independent
	Start       *float64    // systematic factor of every segment at the snapshot; nil: drawn from its stationary law

	// Pooled keeps the counts of all borrowers together and nothing else: results without cells and halves, in less time and
	// memory where there are many arms.
	Pooled bool

	// WeightedControls lets arms whose controls watch the whole book run under the design importance.
	WeightedControls bool

	Provisions provision.Method
	// Census is of the portfolio of which this one is a block; nil: it is the whole.
	Census *Census

	// Applicants come after the snapshot, the same ones in every arm.
	Applicants []Applicants
}

// Limits of a run.
const (
	MaxMonths = 600
	MaxPaths  = 1 << 24
	MaxArms   = 256
	MaxStart  = 5.
)

// Plan is a checked run, ready to start. It is read-only and may be run more than once.
type Plan struct {
	settings   Settings
	arms       []Arm
	as         []int // by arm: the arm that is simulated for it, the first one equal to it but for its names
	families   []family
	order      []uint32                   // borrowers of the portfolio in that of the plan, applicants apart; nil: as they are
	merges     map[uint32][]contract.Loan // open loans of borrowers some of whose loans were merged, by borrower.first
	riskOf     []uint16                   // by borrower: index into risks; nil: his segment
	segments   []string
	cells      []data.Cell // single cells that can occur
	cellAt     [256 * data.NumProducts]int32
	warnings   []string
	portfolio  *data.Portfolio // read all the time
	instalment []data.Money    // by loan of the portfolio, as contract.Resume finds it
	step       float64         // of the grid, in months
	correlated *factor.Correlation
	risks      []risk
	anchored   data.Anchoring
	population int64 // sum of weights, applicants apart
	applicants []applicant
	sample     *sample // nil: all borrowers
	likely     *sample // the order from which samples of any size are drawn; nil until one is
	merged     merged
	odd        []bool // with a census, by borrower: belongs to the second half
	scored     []data.ScoreBand
	bandOf     []uint8 // by borrower: index into scored
	plain      bool    // no shortcuts (quiet.go, race.go): for tests, which compare
}

// family is a group of arms that share behaviour and macro path: they travel together until a decision parts
// them. It has at most 64 arms, one bit each in an armSet.
type family struct {
	model   *model
	macro   factor.Macro
	arms    []int   // indices into Plan.arms
	stands  []int64 // by arm of the family: the arms equal to it, itself included
	books   []*rule.Book
	benches []rule.Bench
	classes []class // of the arms that travel together
	helms   []helm  // of the arms with controls, which travel alone
	partial bool    // some rule is not obeyed for all borrowers
}

// armSet is a set of the arms of one family, bit i for family.arms[i].
type armSet uint64

// class is the arms of a family whose terms give borrowers the same hazards: only decisions can part them.
type class struct {
	tariff  *rule.Book // where terms change in time or with the loan, else nil
	cap     float64    // APR cap
	supply  float64    // of outside loans
	outside int        // outside loans a borrower can have
	bureau  rule.Bureau
	conduct rule.Conduct
	arms    armSet
}

// model is what one set of behaviour parameters, in steps of the grid, makes of the portfolio.
type model struct {
	behaviour.Params
	season    []float64 // by age
	hump      []float64 // largest season from an age on
	returning []float64 // by gap
	recovery  []float64 // cumulative share by steps since default
	growth    []float64 // amount asked over the loan at the snapshot, by step
	costs     contract.Costs
	fee       contract.Fee
	line      contract.Line
	segments  []*anchor.Segment    // by risk
	eta       []float64            // by borrower: graded.eta
	grades    []grade              // that occur
	gradeOf   []uint32             // by borrower: index into grades
	unscored  float64              // PD of every borrower where the portfolio has none; else 0
	prices    []priced             // of open loans whose product or tenor is not that of the borrower, in the order of loans
	curves    map[good]*priceCurve // with a score gain: the lender's prices over the PD that he sees
	setAside  *provision.Table

	outsideInstalment, outsideBalance data.Money
	logMiss0                          float64

	step    float64 // of the grid, in months
	year    float64 // of the grid, in steps
	parts   uint8   // of a delinquency bucket
	leaving int16   // gap from which an idle borrower may leave
	soon    int16   // steps in 14 days: renewals are counted where there is one
}

// risk is a class of borrowers whom the economy moves alike: a segment, or under the probit link a PD band of one.
type risk struct {
	segment int
	pd      float64 // mean, under the probit link
}

// pd is a borrower's PD as the lender sees it, without the score gain.
func (m *model) pd(b *borrower) float64 { return cmp.Or(m.unscored, b.pd) }

// priced is the break-even APR of an open loan: number loan-first of a borrower's, oldest first.
type priced struct {
	loan uint32
	apr  float64
}

// graded is what a model makes of one borrower.
type graded struct {
	grade
	eta float64 // linear predictor at the snapshot, less the offset of his PD band
}

// grade is what he has in common with others of his PD, risk, product and tenor: tapes give a PD per grade, not per borrower.
type grade struct {
	hazard    float64 // log base hazard
	breakEven float64 // APR for the usual product and tenor
}

// graded returns that of borrower i.
func (m *model) graded(i int) graded { return graded{m.grades[m.gradeOf[i]], m.eta[i]} }

// NewPlan checks the arms and settings and prepares every borrower. It reports all problems at once.
func NewPlan(portfolio *data.Portfolio, arms []Arm, settings Settings) (*Plan, error) {
	ps := &data.Problems{Cause: data.BadConfig}
	if settings.Months < 1 || settings.Months > MaxMonths {
		ps.Add("horizon", "%d months is out of range, allowed 1 to %d", settings.Months, MaxMonths)
	}
	checkPaths(ps, &settings)
	if len(arms) < 1 || len(arms) > MaxArms {
		ps.Add("arms", "%d arms, allowed 1 to %d", len(arms), MaxArms)
	}
	if settings.Baseline < 0 || settings.Baseline >= len(arms) {
		ps.Add("baseline", "index %d is not one of the %d arms", settings.Baseline, len(arms))
	}
	var correlated *factor.Correlation
	if settings.Correlation != nil {
		var err error
		if correlated, err = factor.NewCorrelation(settings.Correlation, len(portfolio.Segments)); err != nil {
			ps.Add("factors.correlation", "%v", err)
		}
	}
	if z := settings.Start; z != nil && !(math.Abs(*z) <= MaxStart) {
		ps.Add("factors.start", "%v is out of range, allowed %v to %v standard deviations", *z, -MaxStart, MaxStart)
	}
	for i := range arms {
		for _, p := range arms[i].Behaviour.Check().List {
			p.Path = "arm " + arms[i].Name + ": " + p.Path
			ps.List = append(ps.List, p)
		}
		where := setting(portfolio, settings.Grid, &arms[i])
		for _, r := range slices.Concat(arms[i].Policy, arms[i].Law) {
			for _, err := range rule.Fits(r, &where) {
				ps.Add("arm "+arms[i].Name, "%v", err)
			}
		}
	}
	checkApplicants(ps, portfolio, &settings)
	if err := ps.Err(); err != nil {
		return nil, err
	}

	arms = slices.Clone(arms)
	for i := range arms {
		arms[i].Clauses = clauses(&arms[i], portfolio.Currency)
	}
	p := &Plan{settings: settings, arms: arms, segments: portfolio.Segments, portfolio: portfolio, correlated: correlated}
	if err := p.load(portfolio); err != nil {
		return nil, err
	}
	p.score()
	models := map[behaviour.Params]*model{}
	for i := range arms {
		a := &arms[i]
		m := models[a.Behaviour]
		if m == nil {
			var err error
			if m, err = p.newModel(a.Behaviour); err != nil {
				ps.Add("arm "+a.Name, "%v", err)
				return nil, ps
			}
			models[a.Behaviour] = m
		}
		f := p.family(m, a.Macro)
		if p.as = append(p.as, f.twin(arms, i)); p.as[i] != i {
			f.stands[slices.Index(f.arms, p.as[i])]++
			continue
		}
		compile := func(policy, law []rule.Rule) *rule.Book {
			return rule.Compile(policy, law, m.unlimited(a, p.setting(a)), money(m.AmountMin))
		}
		f.join(i, compile(a.Policy, a.Law), newHelm(a, p.setting(a), compile))
	}
	for i := range p.families {
		f := &p.families[i]
		f.benches = rule.Benches(f.books)
	}
	p.checkWeights(ps)
	if settings.Census != nil {
		checkCensus(ps, p)
	}
	if p.drawFrom(ps); ps.Err() != nil {
		return nil, ps
	}
	p.warnOfStart()
	p.warnOfRules()
	p.anchored.Method = Structural.String()
	p.anchored.Segments = p.loadings()
	if settings.Anchor == Baseline && portfolio.HasPD {
		p.anchorToBaseline()
	}
	return p, nil
}

// loadings lists how strongly the economy moves each segment in the baseline arm.
func (p *Plan) loadings() (out []data.AnchorSegment) {
	for _, f := range p.families {
		if !slices.Contains(f.arms, p.as[p.settings.Baseline]) {
			continue
		}
		for i, s := range f.model.segments {
			g := p.risks[i].segment
			if s != nil && (i == 0 || p.risks[i-1].segment != g) {
				out = append(out, data.AnchorSegment{Segment: g, Rho: s.Rho, Sigma: s.Sigma, Asset: s.Asset})
			}
		}
	}
	return out
}

// warnOfStart says what a given start of the economy does to the mean of the baseline arm's multipliers, which is 1 under the
// stationary law.
func (p *Plan) warnOfStart() {
	if p.settings.Start == nil {
		return
	}
	m, by := p.model(p.settings.Baseline), "by segment"
	if p.riskOf != nil {
		by += " and PD band"
	}
	mean := func(month float64) string {
		least, most := math.Inf(1), 0.
		for _, s := range m.segments {
			if s != nil && s.Sigma > 0 {
				x := s.MeanMiss(&m.Params, *p.settings.Start, math.Pow(m.Phi, month/m.step))
				least, most = min(least, x), max(most, x)
			}
		}
		low, high := fmt.Sprintf("%.2f", least), fmt.Sprintf("%.2f", most)
		if low == high {
			return low
		}
		return low + " to " + high
	}
	if m.Rho > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("the economy starts at a factor of %v: in the baseline arm the mean multiplier of the miss hazard %s is not 1 but %s in month 1, %s in month 12 and %s in month 24",
			*p.settings.Start, by, mean(1), mean(12), mean(24)))
	}
}

// family returns the family of a model and macro path that has room, a new one if need be.
func (p *Plan) family(m *model, macro factor.Macro) *family {
	for i := range p.families {
		f := &p.families[i]
		if f.model == m && len(f.arms) < 64 && slices.Equal(f.macro.Unemployment, macro.Unemployment) &&
			slices.Equal(f.macro.GDP, macro.GDP) && slices.Equal(f.macro.LPR, macro.LPR) {
			return f
		}
	}
	p.families = append(p.families, family{model: m, macro: macro})
	return &p.families[len(p.families)-1]
}

// twin returns the arm of the family that has the same rules as arm i, i itself where there is none. Behaviour and macro
// path are those of the family.
func (f *family) twin(arms []Arm, i int) int {
	for _, other := range f.arms {
		if a, b := &arms[i], &arms[other]; a.Scope == b.Scope && reflect.DeepEqual(a.Policy, b.Policy) && reflect.DeepEqual(a.Law, b.Law) {
			return other
		}
	}
	return i
}

// join adds an arm with its book, and its helm where it has controls or soft limits.
func (f *family) join(arm int, book *rule.Book, steered *helm) {
	bit := armSet(1) << len(f.arms)
	f.arms = append(f.arms, arm)
	f.stands = append(f.stands, 1)
	f.books = append(f.books, book)
	f.partial = f.partial || len(book.Shares()) > 0
	if steered != nil {
		steered.at = len(f.arms) - 1
		f.helms = append(f.helms, *steered)
		return
	}
	t := &book.Terms
	for i := range f.classes {
		c := &f.classes[i]
		if c.tariff != nil && c.tariff.Alike(book) || c.tariff == nil && !book.Varies() &&
			c.cap == t.APRCap && c.supply == t.Open && c.outside == t.Outside && c.bureau == t.Bureau && c.conduct == t.Conduct {
			c.arms |= bit
			return
		}
	}
	f.classes = append(f.classes, class{tariffOf(book), t.APRCap, t.Open, t.Outside, t.Bureau, t.Conduct, bit})
}

// load reads what is added to the portfolio.
func (p *Plan) load(portfolio *data.Portfolio) error {
	if len(portfolio.Borrowers) == 0 {
		return &data.Problems{Cause: data.BadData, List: []data.Problem{{Message: "the portfolio has no borrowers to project"}}}
	}
	grid := p.settings.Grid
	if err := termsFit(portfolio.Loans, grid); err != nil {
		return err
	}
	p.portfolio, p.order, p.step = portfolio, ordered(portfolio), grid.Step()
	p.instalment, p.merges = make([]data.Money, len(portfolio.Loans)), map[uint32][]contract.Loan{}
	for i := range p.cellAt {
		p.cellAt[i] = -1
	}
	census := p.settings.Census
	if census != nil {
		for _, c := range census.cells {
			p.addCell(c.segment, c.product)
		}
	}
	for i := range p.residents() {
		b := p.borrower(i)
		p.schedule(&b, int(p.row(i).Open))
		p.population += b.weight
		p.addCell(b.segment, b.product)
		for _, l := range p.open(&b, new(slots)) {
			p.addCell(b.segment, l.Product)
		}
	}
	if census == nil {
		p.warnings = p.merged.warnings(p.warnings)
	}
	p.admit()
	p.rank()
	return nil
}

// ordered returns the indices of the borrowers of a portfolio in the order of a plan: by segment, so that neighbours share
// a few result cells, and as they come; nil where they are in it.
func ordered(portfolio *data.Portfolio) []uint32 {
	if slices.IsSortedFunc(portfolio.Borrowers, func(a, b data.Borrower) int { return cmp.Compare(a.Segment, b.Segment) }) {
		return nil
	}
	var place [1 << 8]int // of the next borrower of a segment
	for i := range portfolio.Borrowers {
		if next := int(portfolio.Borrowers[i].Segment) + 1; next < len(place) {
			place[next]++
		}
	}
	for g := range place[1:] {
		place[g+1] += place[g]
	}
	order := make([]uint32, len(portfolio.Borrowers))
	for i := range portfolio.Borrowers {
		at := &place[portfolio.Borrowers[i].Segment]
		order[*at] = uint32(i)
		*at++
	}
	return order
}

// rank finds every borrower's risk.
func (p *Plan) rank() {
	if p.settings.Link != factor.Probit || !p.portfolio.HasPD {
		for g := range p.segments {
			p.risks = append(p.risks, risk{segment: g})
		}
		return
	}
	riskOf, bands := make([]uint16, p.Borrowers()), p.bands()
	for _, b := range bands {
		for _, i := range b.members {
			riskOf[i] = uint16(len(p.risks))
		}
		p.risks = append(p.risks, risk{b.Segment, b.PD})
	}
	for k := range p.applicants {
		riskOf[p.residents()+k] = uint16(bandFor(bands, &p.applicants[k].borrower))
	}
	p.riskOf = riskOf
}

func (p *Plan) addCell(segment uint8, product data.Product) {
	at := &p.cellAt[int(segment)*data.NumProducts+int(product)]
	if *at >= 0 {
		return
	}
	cell := data.Cell{Segment: int(segment), Product: int(product)}
	if p.settings.Pooled {
		if cell.Segment, cell.Product = data.All, data.All; len(p.cells) > 0 {
			*at = 0
			return
		}
	}
	*at = int32(len(p.cells))
	for cell.Ordinal = range data.NumOrdinalClasses {
		p.cells = append(p.cells, cell)
	}
}

// newModel anchors every segment and grades every borrower.
func (p *Plan) newModel(params behaviour.Params) (*model, error) {
	grid := p.settings.Grid
	m := &model{Params: params.Educated().On(grid), step: grid.Step(), year: float64(grid.PerYear())}
	m.parts, m.leaving, m.soon = uint8(grid.SubStates()), int16(grid.FromMonths(1)), int16(14/grid.Days())
	oldest := 0
	var room slots
	for _, b := range p.all() {
		oldest = max(oldest, int(b.age))
		for _, l := range p.open(b, &room) {
			oldest = max(oldest, -int(l.Origin))
		}
	}
	m.season = m.Seasoning(oldest+max(p.steps(), grid.Steps(pilotMonths))+2, m.step)
	m.hump = slices.Clone(m.season)
	for age := len(m.hump) - 2; age >= 0; age-- {
		m.hump[age] = max(m.hump[age], m.hump[age+1])
	}
	m.returning = m.Returning(grid.FromMonths(data.MaxGap)+1, m.step)
	m.recovery = m.RecoveryCurve()
	m.growth = make([]float64, int(m.LevMax)+1)
	for i := range m.growth {
		m.growth[i] = math.Pow(m.RollGrowth, float64(i))
	}
	m.costs = contract.Costs{Funding: m.Funding, Operating: m.Operating, Acquisition: m.Acquisition, Recovery: m.RecoveryMean, RecoveryLag: m.PriceRecoveryLag, Grid: grid}

	m.line = contract.Line{Minimum: m.LineMinimum, Floor: money(m.LineFloor * m.step), Draw: m.LineDraw, First: m.LineFirst, Conversion: m.LineConversion}
	m.outsideInstalment, m.outsideBalance = money(m.OutsideInstalment), money(m.OutsideBalance)
	m.logMiss0 = math.Log(params.Miss0)
	m.fee = contract.Fee{Share: m.FeeShare, Amount: money(m.FeeAmount)}

	unscored := m.logMiss0
	if !p.portfolio.HasPD {
		m.unscored = anchor.UnconditionalPD(&params, grid, unscored)
	}
	sums, counts := make([]float64, len(p.segments)), make([]float64, len(p.segments))
	for _, b := range p.all() {
		if b.applicant == nil { // applicants do not move the anchoring of those who are there
			sums[b.segment] += m.pd(b)
			counts[b.segment]++
		}
	}
	if c := p.settings.Census; c != nil {
		c.totals(m, sums, counts)
	}
	m.segments = make([]*anchor.Segment, len(p.risks))
	errs := make([]error, len(p.risks))
	var tasks []func()
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, r := range p.risks {
		g := r.segment
		if counts[g] == 0 {
			continue
		}
		tasks = append(tasks, func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			mean := sums[g] / counts[g]
			if p.settings.Link == factor.Probit {
				m.segments[i], errs[i] = anchor.SolveCell(&params, grid, mean, cmp.Or(r.pd, mean))
			} else {
				m.segments[i], errs[i] = anchor.Solve(&params, grid, mean)
			}
			if errs[i] != nil {
				errs[i] = fmt.Errorf("segment %q: %w", p.segments[g], errs[i])
			}
		})
	}
	data.Beside(tasks...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	m.setAside = provision.NewTable(p.settings.Provisions, &params, grid)
	p.grade(m, unscored)
	beyond := excess{outside: int(m.OutsideMax)} // where there is a census, it counts them all
	for i, b := range p.all() {
		grade := provision.GradeOf(m.graded(i).hazard)
		if most := m.segments[b.risk].Most(); p.portfolio.HasPD && b.pd > most {
			beyond.risky, beyond.pd = beyond.risky+1, most
		}
		if int(b.outside) > beyond.outside {
			beyond.crowded++
		}
		m.setAside.Add(grade, b.tenor)
		for _, l := range p.open(b, &room) {
			m.setAside.Add(grade, l.Term)
		}
	}
	if p.settings.Census == nil {
		p.warnings = beyond.warnings(p.warnings)
	}
	if m.ScoreGain > 0 {
		p.seePrices(m)
	}
	return m, nil
}

// grade finds the hazard and the prices of every borrower.
func (p *Plan) grade(m *model, unscored float64) {
	first := p.gradesOf(m)
	m.grades = make([]grade, len(first))
	sideBySide(len(first), func(k int) {
		b, g := p.borrower(int(first[k])), &m.grades[k]
		g.hazard = unscored
		if p.portfolio.HasPD {
			g.hazard = m.segments[b.risk].LogHazard(b.pd)
		}
		g.breakEven = contract.BreakEven(b.product, int(b.tenor), m.pd(&b), m.costs)
	})
	var mu sync.Mutex
	m.eta = make([]float64, p.Borrowers())
	sideBySide(p.Borrowers(), func(i int) {
		b, room := p.borrower(i), slots{}
		if p.portfolio.HasPD && b.applicant == nil {
			m.eta[i] = m.Eta(p.snapshot(&b, m))
		} // else, and for applicants, the base hazard is that of the reference covariates, where Eta is 0
		for j, l := range p.open(&b, &room) {
			if l.Product != b.product || l.Term != b.tenor {
				price := priced{b.first + uint32(j), contract.BreakEven(l.Product, int(l.Term), m.pd(&b), m.costs)}
				mu.Lock()
				m.prices = append(m.prices, price)
				mu.Unlock()
			}
		}
	})
	slices.SortFunc(m.prices, func(a, b priced) int { return cmp.Compare(a.loan, b.loan) })
	m.prices = slices.Clip(m.prices)
}

// gradesOf finds the grade of every borrower, and returns the first borrower of each. Of very many grades some are there more
// than once.
func (p *Plan) gradesOf(m *model) (first []uint32) {
	type key struct {
		pd      float64
		risk    uint16
		product data.Product
		tenor   int16
	}
	known := map[key]uint32{}
	m.gradeOf = make([]uint32, p.Borrowers())
	for i, b := range p.all() {
		k := key{b.pd, b.risk, b.product, b.tenor}
		at, ok := known[k]
		if !ok {
			at = uint32(len(first))
			first = append(first, uint32(i))
			if len(known) < 1<<16 {
				known[k] = at
			}
		}
		m.gradeOf[i] = at
	}
	return first
}

// sideBySide calls f for 0, ..., n-1, in blocks on all processors.
func sideBySide(n int, f func(i int)) {
	const block = 1 << 12
	var next atomic.Int64
	data.Beside(slices.Repeat([]func(){func() {
		for from := int(next.Add(block)) - block; from < n; from = int(next.Add(block)) - block {
			for i := from; i < min(from+block, n); i++ {
				f(i)
			}
		}
	}}, runtime.GOMAXPROCS(0))...)
}

// money turns whole currency units into Money.
func money(units float64) data.Money { return data.Money(math.RoundToEven(units * float64(data.Unit))) }
