package sim

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/provision"
	"relend/sim/rule"
)

// Paths returns the number of paths of the plan.
func (p *Plan) Paths() int { return p.settings.Paths }

// BorrowerMonths is the nominal work of a run: borrowers simulated on a path x paths x months x arms, months after a borrower's exit
// or default included.
func (p *Plan) BorrowerMonths() int64 {
	return int64(p.Simulated()) * int64(p.settings.Paths) * int64(p.settings.Months) * int64(len(p.arms))
}

// Memory estimates the bytes that a run with that many workers holds at its peak, the portfolio included.
func (p *Plan) Memory(workers int) int64 { return p.MemoryOf(workers, data.Whole) }

// MemoryOf is Memory for a shard of the run: of reading the portfolio or of simulating it, whichever takes more.
func (p *Plan) MemoryOf(workers int, shard data.Shard) int64 {
	reading := p.portfolio.Intake.Rows * data.RowBytes
	if p.settings.Census != nil { // of a block: who reads it counts that
		reading = 0
	}
	held := p.held()
	return max(reading, held+held/10+p.counting(workers, shard)) // a tenth for garbage
}

// held is the bytes of the portfolio and what the plan knows beside it.
func (p *Plan) held() int64 {
	const borrower, loan, instalment, predictor, band, merged, comes = 40, 32, 8, 12, 1, 250, 64
	n := int64(p.Borrowers())
	sum := n*(borrower+band) + int64(len(p.applicants))*comes + int64(len(p.instalment))*(loan+instalment) + int64(len(p.merges))*merged + 4*int64(len(p.order)) + 2*int64(len(p.riskOf)) + int64(len(p.odd))
	models := map[*model]bool{}
	for _, f := range p.families {
		models[f.model] = true
	}
	for m := range models {
		sum += n*predictor + 16*int64(len(m.grades)+len(m.prices))
	}
	if s := p.likely; s != nil {
		sum += 4*int64(len(s.order)) + 8*int64(len(s.upto))
	}
	return sum
}

// counting is the bytes of all that is counted, and of borrowers who are followed side by side.
func (p *Plan) counting(workers int, shard data.Shard) int64 {
	block := int64(p.settings.Months+1) * int64(data.NumCounters) * 8
	arms, singles := int64(0), int64(len(p.cells))
	for i := range p.families {
		arms += int64(len(p.families[i].arms))
	}
	margins := int64(len(newCells(p.cells, 0).cells))
	sum := int64(0)
	if p.steered() {
		sum += int64(workers) * int64(p.Borrowers()) * (perFollowed + perMarks*int64(len(p.families)))
	}
	sets := 0
	for i := range p.families {
		n := len(p.families[i].arms)
		sets += 1<<min(n, 20) - 1 - n // of two arms and more
	}
	paths, shared := int64(p.settings.Paths), int64(min(sets, p.mostShared()))
	if shard.By == data.ByBorrowers {
		sum += arms * int64(p.Units(data.ByPaths)) * singles * block
	} else {
		from, to := shard.Range(p.settings.Paths)
		paths = int64(to - from)
	}
	if p.settings.Pooled {
		return sum + arms*paths*block + int64(workers)*(arms+shared)*singles*block
	}
	run, ledger := data.Run{Paths: p.settings.Paths, Replicate: p.settings.Design.Replicate(), Months: p.settings.Months, Bands: p.scored}, int64(0)
	for a, as := range p.as {
		if as != a {
			continue
		}
		ledger += int64(p.settings.Months*len(p.arms[a].Clauses)) * (int64(run.Batches()) + int64(workers)) * int64(data.NumBites) * 8
		if p.kept() {
			ledger += int64(run.AccessSize()) * (int64(run.Hearings()) + int64(workers)) * 8
		}
	}
	return sum + ledger + arms*(paths+min(paths, halvedPaths))*block + arms*margins*block*4 + int64(workers)*(2*arms+shared)*singles*block
}

// Run simulates all paths on the given number of workers (0 = one per processor). progress, if not nil, is
// called from time to time with the number of paths done; never from two goroutines at once. The results do
// not depend on workers. It returns the context's error when cancelled, an *InvariantError when a check of the
// ledger fails, and any other error for a defect of the program.
func (p *Plan) Run(ctx context.Context, workers int, progress func(done, total int)) (*data.Results, error) {
	whole, err := p.RunShard(ctx, data.Whole, workers, progress)
	if err != nil {
		return nil, err
	}
	return Results(whole), nil
}

// simulate runs the replicates from, ..., to-1 into a partial, on the workers that begin makes. done takes each replicate
// in, before its worker goes on.
func (p *Plan) simulate(ctx context.Context, workers, from, to int, begin func() *worker, y *data.Partial, done func(w *worker, unit int), end func(w *worker)) error {
	replicate, run := p.settings.Design.Replicate(), &y.Run
	var mu sync.Mutex
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, to-from) {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					cancel(fmt.Errorf("defect in the simulation: %v\n%s", v, debug.Stack()))
				}
			}()
			w := begin()
			for {
				unit := from + int(next.Add(1)) - 1
				if unit >= to || ctx.Err() != nil {
					end(w)
					return
				}
				for i := range replicate {
					path := unit*replicate + i
					w.heard, w.noted = w.bites != nil && run.Heard(path), w.access != nil && run.Noted(path)
					if err := w.path(ctx, path, y.Counts); err != nil {
						cancel(err)
						return
					}
					mu.Lock()
					for a, b := range w.bites {
						if b != nil {
							b.add(y.Ledger[a], run.BatchOf(path), w.heard)
							if w.noted {
								w.access.add(a, y.Access[a], run.HearingOf(path))
							}
						}
					}
					mu.Unlock()
				}
				done(w, unit)
				for _, replicate := range w.replicates {
					if replicate == nil {
						continue
					}
					for i := range p.cells {
						replicate.clear(i)
					}
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// worker runs whole paths.
type worker struct {
	plan        *Plan
	fate        fate
	who         borrower
	person      person
	waiting     []parted
	application rule.Application
	verdicts    []rule.Verdict
	branches    []branch
	ended       [declined + 1]armSet // by how an application ends without a loan; empty between applications
	ends        uint32               // of them, bit by bit: those in which it does for some arm
	shared      map[setOf]*tally     // of sets of two and more arms
	spare       []*tally             // for more of them
	tallies     []*tally             // of single arms, nil for those that are not simulated themselves
	replicates  []*tally             // likewise
	scratch     []int64
	into        [][]int64   // room in the tallies of some arms
	economies   [][]economy // per family and risk
	crowd       crowd
	watch       *watch    // in the pilot
	access      *access   // nil where nobody asks
	halves      [][]int64 // by arm, of the first paths; nil where nobody asks
	bites       []*bites  // by arm, of the path; nil where nobody asks, and for arms that are not simulated themselves
	noted       bool      // the ledger of access is kept, on this path
	heard       bool      // every rule is, on this path
	hearing     rule.Hearing
	weight      int64  // with which a borrower counts who stands for a stratum; 0: his own
	story       *story // of the borrower who is followed
	plain       bool   // as in Plan
	sharing     data.Sharing
	from, to    int   // subjects of a path that it simulates
	population  int64 // their weights, without applicants
	first       int   // path with which counts and halves begin
}

var _ [31 - declined]struct{} // worker.ends has a bit for each

// setOf names a set of arms of a family.
type setOf struct {
	family *family
	arms   armSet
}

// parted is a life that has left another one and waits for its turn.
type parted struct {
	life life
	from int // next step
}

func newWorker(p *Plan) *worker {
	w := &worker{plan: p, plain: p.plain, shared: map[setOf]*tally{}, to: p.Simulated(), population: p.population}
	w.fate = newFate(p.steps())
	w.tallies, w.replicates = make([]*tally, len(p.arms)), make([]*tally, len(p.arms))
	for _, a := range p.as {
		if w.tallies[a] == nil {
			w.tallies[a] = newTally(len(p.cells), p.settings.Months)
			if !p.settings.Pooled {
				w.replicates[a] = newTally(len(p.cells), p.settings.Months)
			}
		}
	}
	w.scratch = make([]int64, (p.settings.Months+1)*int(data.NumCounters))
	if p.steered() {
		w.crowd = newCrowd(p.Borrowers())
	}
	return w
}

// path simulates every borrower on one path in every arm.
func (w *worker) path(ctx context.Context, path int, counts [][]int64) error {
	const blockOfBorrowers = 256
	p := w.plan
	w.economies = p.economies(path)
	w.sharing.BorrowerPaths += int64(w.to - w.from)
	stride := 1
	if w.halves != nil && path < halvedPaths {
		stride = 2 // the two halves one after the other
	}
	bands := 1
	if w.noted {
		bands = w.access.begin(w, path) // one after the other too
	}
	for half := range stride {
		for turn := range bands {
			band := turn
			if half == 1 { // backwards: the band that is last in the first half goes on
				band = bands - 1 - turn
			}
			for i := w.from; i < w.to; i++ {
				if i%blockOfBorrowers == 0 && ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if (stride == 1 || p.second(i) == (half == 1)) && (bands == 1 || w.access.bands[i] == uint8(band)) {
					w.subject(path, i)
				}
			}
			if turn < bands-1 {
				w.access.endBand(w, band)
			} else if w.noted {
				w.access.last = band
			}
		}
		if stride == 2 && half == 0 {
			w.halve(path)
		}
	}
	for f := range p.families {
		for i := range p.families[f].helms {
			if err := w.steer(ctx, path, f, &p.families[f].helms[i]); err != nil {
				return err
			}
		}
	}
	if w.noted && p.steered() {
		for i := w.from; i < w.to; i++ {
			w.access.cross(i, p.weight(i))
		}
	}
	w.settle(path, counts)
	for arm, as := range p.as {
		if as != arm {
			continue
		}
		totals := w.totals(path, counts[arm])
		if err := audit(p.arms[arm].Name, path, totals, w.population); err != nil {
			return err
		}
		if w.noted {
			if err := w.access.close(w, arm, path, totals); err != nil {
				return err
			}
		}
		if w.bites == nil {
			continue
		}
		if err := w.bites[arm].close(&p.arms[arm], path, totals, w.heard); err != nil {
			return err
		}
	}
	return nil
}

// totals is the part of an arm's counts that belongs to a path.
func (w *worker) totals(path int, counts []int64) []int64 {
	path -= w.first
	return counts[path*len(w.scratch) : (path+1)*len(w.scratch)]
}

// settle closes a path: what sets of arms have counted goes to each of their arms, an arm's cells to its replicate, and
// their totals to the results. One cell after the other, so that what is added stays in the cache.
func (w *worker) settle(path int, counts [][]int64) {
	p := w.plan
	for i, kind := range p.cells {
		for set, shared := range w.shared {
			if !shared.used(i) {
				continue
			}
			w.into = w.into[:0]
			for rest := set.arms; rest != 0; rest &= rest - 1 {
				arm := set.family.arms[bits.TrailingZeros64(uint64(rest))]
				w.into = append(w.into, w.tallies[arm].room(shared, i))
			}
			pour(w.into, shared.counted(i))
			shared.first[i] = shared.block
		}
		for arm, y := range w.tallies {
			if y == nil || !y.used(i) {
				continue
			}
			rows := y.counted(i)
			closeRows(rows, kind.Ordinal > 0)
			sum(w.totals(path, counts[arm])[y.first[i]:], rows)
			if replicate := w.replicates[arm]; replicate != nil {
				sum(replicate.room(y, i), rows)
			}
			y.clear(i)
		}
	}
	for set, shared := range w.shared {
		if w.noted {
			for rest := set.arms; rest != 0; rest &= rest - 1 {
				sum(w.tallies[set.family.arms[bits.TrailingZeros64(uint64(rest))]].events, shared.events)
			}
			clear(shared.events)
		}
		w.spare = append(w.spare, shared)
	}
	clear(w.shared) // which sets are shared depends on the path alone
}

// borrower simulates one borrower on one path in every arm, with the same draws.
func (w *worker) borrower(path, i int) {
	p := w.plan
	p.meet(i, &w.who)
	b := &w.who
	w.fate.draw(p.settings.Seed, b.id, path)
	steps := p.steps()
	for f := range p.families {
		family := &p.families[f]
		m := family.model
		w.meet(&w.person, b, f, i)
		start := p.start(b, &w.fate, m)
		var done armSet
		for c := range family.classes {
			class := &family.classes[c]
			if class.arms&done != 0 {
				continue
			}
			l := life{person: &w.person, terms: terms{cap: class.cap, supply: class.supply, most: uint8(class.outside), bureau: &class.bureau, conduct: &class.conduct, tariff: class.tariff}}
			w.join(&l, family.alike(c, &w.person.graded, m.Margin, b.open > 1))
			done |= l.arms
			l.begin(&start)
			w.sharing.Branches++
			l.through(b.arrives(), steps)
			l.notesEnd()
			for n := len(w.waiting); n > 0; n = len(w.waiting) {
				next := w.waiting[n-1]
				w.waiting = w.waiting[:n-1]
				w.sharing.Branches++
				next.life.through(next.from, steps)
				next.life.notesEnd()
			}
		}
	}
	if w.noted && !p.steered() {
		w.access.cross(i, cmp.Or(w.weight, b.weight))
	}
}

// walked counts n steps of a history that a set of arms of a family shared.
func (w *worker) walked(f *family, arms armSet, n int) {
	standing := int64(0)
	for rest := arms; rest != 0; rest &= rest - 1 {
		standing += f.stands[bits.TrailingZeros64(uint64(rest))]
	}
	steps := int64(n) * standing
	w.sharing.Steps += int64(n)
	w.sharing.ArmSteps += steps
	if bits.OnesCount64(uint64(arms)) == len(f.arms) {
		w.sharing.Common += steps
	}
}

// meet makes a person borrower i, who is b, in family f; the fate is his.
func (w *worker) meet(who *person, b *borrower, f, i int) {
	family := &w.plan.families[f]
	m := family.model
	u := w.fate.frailty
	e := float64(m.DemandCorr*u) + math.Sqrt(1-m.DemandCorr*m.DemandCorr)*w.fate.demand
	*who = person{
		worker: w, family: family, model: m, economy: &w.economies[f][b.risk], borrower: b,
		fate: &w.fate, weight: cmp.Or(w.weight, b.weight), pd: m.pd(b),
		frailty: float64(m.SigmaU*u) - float64(m.SigmaU*m.SigmaU)/2,
		demand:  behaviour.Exp(float64(m.DemandSigma*e) - float64(m.DemandSigma*m.DemandSigma)/2),
		marks:   w.marksOf(f, i),
	}
	who.graded.grade, who.graded.eta = m.grades[m.gradeOf[i]], m.eta[i]
	who.grade = provision.GradeOf(who.graded.hazard)
	if m.ScoreGain > 0 {
		who.see()
	}
	if family.partial {
		who.obedience = w.fate.obey()
	}
}

// alike returns the arms of class c and of the later ones that offer a borrower the same terms: those whose cap
// makes no difference to his price. A borrower whose product or tenor can change may meet another price later,
// so his classes stay apart.
func (f *family) alike(c int, g *graded, margin float64, mixed bool) armSet {
	first := &f.classes[c]
	set := first.arms
	for i := c + 1; i < len(f.classes) && !mixed; i++ {
		other := &f.classes[i]
		if first.tariff == nil && other.tariff == nil && other.supply == first.supply && other.outside == first.outside && other.bureau == first.bureau && other.conduct == first.conduct &&
			posted(g.breakEven, margin, other.cap) == posted(g.breakEven, margin, first.cap) {
			set |= other.arms
		}
	}
	return set
}

// mostShared bounds the tallies of shared sets that a worker keeps on a path; a set beyond it is split up. (A variable for
// the test that runs out of them.) Pooled tallies are smaller, and there are more arms: pooledShared times as many.
var mostShared = 96

const pooledShared = 10

func (p *Plan) mostShared() int {
	if p.settings.Pooled {
		return mostShared * pooledShared
	}
	return mostShared
}

// join gives a life a set of arms and its tally. The tally cell follows at begin.
func (w *worker) join(l *life, arms armSet) { l.arms, l.tally = arms, w.tallyOf(l.family, arms) }

// rejoin is join for a life in step t.
func (w *worker) rejoin(l *life, arms armSet, t int) {
	w.join(l, arms)
	l.rows = l.cell(l.ordinal, l.month(t))
}

// tallyOf returns the tally of a set of arms.
func (w *worker) tallyOf(f *family, arms armSet) *tally {
	if arms&(arms-1) == 0 {
		return w.tallies[f.arms[bits.TrailingZeros64(uint64(arms))]]
	}
	set := setOf{f, arms}
	t := w.shared[set]
	if t == nil {
		if n := len(w.spare); n > 0 {
			t, w.spare = w.spare[n-1], w.spare[:n-1]
		} else {
			t = newTally(len(w.plan.cells), w.plan.settings.Months)
			w.hear(t)
		}
		w.shared[set] = t
	}
	return t
}

// hear gives a tally room for what the ledger of access counts at events, where it is kept.
func (w *worker) hear(t *tally) {
	if w.access != nil {
		t.events = make([]int64, w.access.places.size)
	}
}

// room reports whether a set of arms has or may get a tally.
func (w *worker) room(f *family, arms armSet) bool {
	return arms&(arms-1) == 0 || len(w.shared) < w.plan.mostShared() || w.shared[setOf{f, arms}] != nil
}

// part copies a life for the arms that came to another outcome in step t, concludes the step for them and puts
// the copy on the waiting list. Arms for whose set there is no tally left go on one by one.
func (w *worker) part(l *life, t int, wasIdle bool, a *rule.Application, o outcome, arms armSet) {
	for arms != 0 {
		group := arms
		if !w.room(l.family, group) {
			group = arms & -arms
		}
		arms &^= group
		if len(w.waiting) == cap(w.waiting) {
			w.waiting = slices.Grow(w.waiting, 1)
		}
		w.waiting = w.waiting[:len(w.waiting)+1] // in place: a life is large
		waits := &w.waiting[len(w.waiting)-1]
		waits.life, waits.from = *l, t+1
		next := &waits.life
		w.rejoin(next, group, t)
		next.carry(t, wasIdle, a, o)
	}
}

// economies tabulates a path's factors and multipliers per family and segment.
func (p *Plan) economies(path int) [][]economy {
	grid := p.settings.Grid
	out := make([][]economy, len(p.families))
	for i := range p.families {
		m, macro := p.families[i].model, &p.families[i].macro
		draws := p.factors(m, path)
		out[i] = make([]economy, len(p.risks))
		for g := range out[i] {
			if m.segments[g] == nil {
				continue
			}
			e := &out[i][g]
			e.sigma, e.factor = m.segments[g].Sigma, draws[p.risks[g].segment]
			e.steps = make([]climate, len(e.factor))
			states := 3 * grid.SubStates()
			fails := make([]float64, states*len(e.steps))
			for t, z := range e.factor {
				month := grid.MonthOf(t)
				x := m.segments[g].Multipliers(&m.Params, z, m.MacroShift(macro.At(month)))
				e.worst = max(e.worst, x.Miss)
				chain := m.Chain(x, grid.SubStates())
				e.steps[t] = climate{x.Miss, chain, failing(fails[t*states:(t+1)*states:(t+1)*states], &chain, grid.SubStates()), int16(month), grid.LastOfMonth(t)}
			}
		}
	}
	return out
}

// Describe fills what the plan knows of the run's description.
func (p *Plan) Describe() data.Run {
	s := &p.settings
	base := &p.arms[s.Baseline].Behaviour
	r := data.Run{
		Format: data.RunFormat, Currency: p.portfolio.Currency, Seed: s.Seed, Paths: s.Paths,
		Replicate: s.Design.Replicate(), Design: s.Design.String(), Months: s.Months, Baseline: s.Baseline,
		Anchoring: p.anchored, Bands: p.scored, Segments: p.segments, Intake: p.portfolio.Intake, Sources: p.portfolio.Sources,
		Warnings: append([]string(nil), p.warnings...),
		Costs:    data.Costs{Funding: base.Funding, Operating: base.Operating, Acquisition: base.Acquisition, OutsideBalance: money(base.OutsideBalance)},
	}
	if !p.portfolio.AsOf.IsZero() {
		r.AsOf = p.portfolio.AsOf.Format("2006-01-02")
	}
	if p.sample != nil {
		r.Sample = p.sample.size
	}
	r.Chances = p.model(s.Baseline).chances(s.Grid.SubStates())
	for i := range p.arms {
		r.Arms = append(r.Arms, p.arms[i].Arm)
	}
	population := "borrowers over all states = borrowers at the snapshot"
	if len(p.applicants) > 0 {
		population += " + applicants who have come"
	}
	checked := int64(len(p.arms)) * int64(s.Paths) * int64(s.Months+1)
	for _, name := range []string{
		flows + " = closing balance",
		population,
		"granted + not taken up + denied = applications",
		"denials decided by each rule = denials, by reason",
		"provisions of a stage are at most its balance",
	} {
		r.Checks = append(r.Checks, data.Check{Name: name, Result: fmt.Sprintf("holds to the unit in all %d months of all arms and paths", checked), Holds: true})
	}
	return r
}
