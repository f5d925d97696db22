package sim

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"

	"relend/data"
	"relend/sim/factor"
)

// access counts on the paths noted, in every arm, who is served and what becomes of him: the ledger of access (package data).
type access struct {
	plan    *Plan
	run     *data.Run
	places  eventPlaces
	where   []place   // by arm
	partner []int     // by arm: the arm that its borrowers are compared with
	marks   []marks   // by family; where arms have controls by borrower and family
	bands   []uint8   // by subject of the path
	last    int       // band that is gone through last
	paths   [][]int64 // by arm: the entries of the path; nil for arms that are not simulated themselves
	before  []spans   // by arm: of the bands that are done
	now     []spans
	cell    spans
}

// marks are the arms of a family in which a borrower has come so far on the path.
type marks struct{ asked, served, left, failed armSet }

const perMarks = 32 // bytes

// place is an arm's family and its bit there.
type place struct {
	family  int
	bit     armSet
	steered bool
}

// spans are the sums of rows of months that are kept by band.
type spans [data.NumSpans]row

// eventPlaces are where the entries that events count lie in a tally's events.
type eventPlaces struct {
	spreads                               [data.NumSpreads]int
	loans, defaults, further, size, stage int // stage: entries of a cohort's defaults
}

// kept reports whether the plan's runs keep a ledger of access: single arms are told apart, and paths count alike.
func (p *Plan) kept() bool { return !p.settings.Pooled && p.settings.Design != factor.Importance }

func newAccess(p *Plan, run *data.Run) *access {
	x := &access{plan: p, run: run, places: placesOf(run), where: make([]place, len(p.arms)), marks: make([]marks, len(p.families)), bands: make([]uint8, p.Simulated()),
		paths: make([][]int64, len(p.arms)), before: make([]spans, len(p.arms)), now: make([]spans, len(p.arms))}
	if p.steered() {
		x.marks = make([]marks, len(p.families)*p.Borrowers())
	}
	for f := range p.families {
		family := &p.families[f]
		for i, arm := range family.arms {
			x.where[arm] = place{family: f, bit: 1 << i}
			x.paths[arm] = make([]int64, run.AccessSize())
		}
		for _, h := range family.helms {
			x.where[family.arms[h.at]].steered = true
		}
	}
	for a := range p.arms { // under another economy there is nobody to compare with
		own, other := p.as[a], p.as[p.arms[a].Reference]
		if !sameMacro(&p.arms[own].Macro, &p.arms[other].Macro) {
			other = own
		}
		x.partner = append(x.partner, other)
	}
	return x
}

func sameMacro(a, b *factor.Macro) bool {
	return slices.Equal(a.Unemployment, b.Unemployment) && slices.Equal(a.GDP, b.GDP) && slices.Equal(a.LPR, b.LPR)
}

func placesOf(run *data.Run) (at eventPlaces) {
	first := run.AccessEvents()
	for i := range at.spreads {
		at.spreads[i] = run.AccessSpread(i) - first
	}
	at.loans, at.defaults, at.further = run.AccessLoans(0)-first, run.AccessDefaults(0, 0)-first, run.AccessFurther()-first
	at.size, at.stage = run.AccessSize()-first, run.Months+1
	return at
}

// marksOf are those of borrower i in family f, nil where nobody counts.
func (w *worker) marksOf(f, i int) *marks {
	if !w.noted {
		return nil
	}
	return &w.access.of(i)[f]
}

// of returns the marks of borrower i by family.
func (x *access) of(i int) []marks {
	n := len(x.plan.families)
	if len(x.marks) == n {
		return x.marks
	}
	return x.marks[i*n : (i+1)*n]
}

// begin finds the band of every subject of a path, and says how many bands there are to go through.
func (x *access) begin(w *worker, path int) int {
	p := x.plan
	for i := w.from; i < w.to; i++ {
		who := i
		if p.sample != nil {
			who, _ = p.sample.pick(p.settings.Seed, path, i)
		}
		x.bands[i] = p.bandOf[who]
	}
	clear(x.before)
	return len(p.scored)
}

// notesGrant counts a loan granted in step t, the newest in the life's slots: to a borrower without another one or not, who
// was idle at the start of the step or not.
func (l *life) notesGrant(t int, idle, wasIdle bool) {
	if l.marks == nil {
		return
	}
	l.marks.served |= l.arms
	x, month := l.worker.access, l.month(t)
	l.granted[l.n-1] = int16(month)
	x.count(l, data.AtBurden, burdenClass(l.burden()))
	x.count(l, data.AtLenders, min(int(l.outside), 5))
	again := 1
	switch {
	case l.ordinal == 1:
		again = 0
	case idle && !wasIdle:
		again = 2
	case idle:
		again = 2 + pauseClass(l.worker.plan.settings.Grid.MonthOf(int(l.gap)+1))
	}
	x.count(l, data.AtReborrow, again)
	l.tally.events[x.places.loans+x.run.CohortOf(month)] += l.weight
}

// count adds the borrower to a class of a spread.
func (x *access) count(l *life, spread, class int) {
	l.tally.events[x.places.spreads[spread]+class] += l.weight
}

// burdenClass is the class of a payment-to-income ratio.
func burdenClass(ratio float64) int {
	return sort.Search(7, func(k int) bool { return ratio < [...]float64{.1, .2, .3, .4, .5, .75, 1}[k] })
}

// pauseClass is 0 for the month of the payoff, then 1, 2, 3, 4 to 6, 7 to 12, and 6 for more.
func pauseClass(months int) int {
	switch {
	case months <= 3:
		return months
	case months <= 6:
		return 4
	case months <= 12:
		return 5
	}
	return 6
}

// notesDefault counts a default in step t with all loans of the borrower.
func (l *life) notesDefault(t int) {
	if l.marks == nil {
		return
	}
	l.marks.failed |= l.arms
	x, month := l.worker.access, l.month(t)
	at := &x.places
	for _, granted := range l.granted[:l.n] {
		l.tally.events[at.defaults+x.run.CohortOf(int(granted))*at.stage+month-int(granted)] += l.weight
	}
	l.tally.events[at.further] += l.weight * int64(l.n-1)
}

// notesEnd counts a life that is over, with the loans that it had at the snapshot.
func (l *life) notesEnd() {
	if l.marks == nil || l.ordinal == 0 {
		return
	}
	x, class := l.worker.access, int(l.sequence)-1
	switch {
	case l.sequence >= 10:
		class = 5
	case l.sequence >= 7:
		class = 4
	case l.sequence >= 4:
		class = 3
	}
	x.count(l, data.AtSequence, class)
	l.tally.events[x.places.loans] += l.weight * int64(l.borrower.open)
}

// cross sets what has become of borrower i in every arm against the arm that it is compared with.
func (x *access) cross(i int, weight int64) {
	m, band := x.of(i), int(x.plan.bandOf[i])
	for a, entries := range x.paths {
		if entries != nil {
			entries[x.run.AccessFlow(band, x.status(m, x.partner[a]), x.status(m, a))] += weight
		}
	}
	clear(m)
}

func (x *access) status(m []marks, arm int) (s data.Status) {
	at := x.where[arm]
	has := &m[at.family]
	for _, mark := range [...]struct {
		arms armSet
		bit  data.Status
	}{{has.asked, data.HasAsked}, {has.served, data.WasServed}, {has.left, data.HasLeft}, {has.failed, data.HasFailed}} {
		if mark.arms&at.bit != 0 {
			s |= mark.bit
		}
	}
	return s
}

// endBand counts a band as the difference that it has made to the counts of the path in every arm.
func (x *access) endBand(w *worker, band int) {
	clear(x.now)
	var y spans
	for arm, t := range w.tallies {
		if t != nil {
			x.raw(t, &y)
			x.now[arm].add(&y, 1)
		}
	}
	for set, t := range w.shared {
		x.raw(t, &y)
		for i, arm := range set.family.arms {
			if set.arms>>i&1 == 1 {
				x.now[arm].add(&y, 1)
			}
		}
	}
	for arm := range x.now {
		if x.paths[arm] != nil {
			x.book(arm, band, &x.now[arm], 1)
			x.book(arm, band, &x.before[arm], -1)
		}
	}
	x.now, x.before = x.before, x.now
}

// book adds spans, times a factor, to a band of an arm.
func (x *access) book(arm, band int, y *spans, factor int64) {
	to := x.paths[arm][x.run.AccessSpan(band, 0):]
	for s := range y {
		for c, v := range y[s] {
			to[s*int(data.NumCounters)+c] += factor * v
		}
	}
}

func (y *spans) add(o *spans, factor int64) {
	for s := range y {
		for c, v := range o[s] {
			y[s][c] += factor * v
		}
	}
}

// of sums the rows of a block.
func (y *spans) of(block []int64, months int) {
	*y = spans{*counters(block, -1), {}, {}, *counters(block, months-1)}
	first := min(12, months)
	for t := range first {
		sum(y[data.YearOne][:], counters(block, t)[:])
	}
	y[data.AllMonths] = y[data.YearOne]
	for t := first; t < months; t++ {
		sum(y[data.AllMonths][:], counters(block, t)[:])
	}
}

// raw sums the cells of an open tally, as closeRows will close them.
func (x *access) raw(t *tally, y *spans) {
	*y = spans{}
	months := x.run.Months
	for i, kind := range x.plan.cells {
		if !t.used(i) {
			continue
		}
		block, s := t.counts[i*t.block:(i+1)*t.block], &x.cell
		s.of(block, months)
		for _, c := range [...]data.Counter{data.BorrowersOff, data.BorrowersExited} {
			for k := range s {
				s[k][c] = 0
			}
			stock := int64(0)
			for m := range months + 1 {
				stock += block[m*int(data.NumCounters)+int(c)]
				switch {
				case m == 0:
					s[data.Snapshot][c] = stock
				case m <= 12:
					s[data.YearOne][c] += stock
				}
				if m > 0 {
					s[data.AllMonths][c] += stock
				}
			}
			s[data.Horizon][c] = stock
		}
		if kind.Ordinal > 0 {
			for k := range s {
				r := &s[k]
				r[data.BalanceRepeat], r[data.BorrowersRepeat], r[data.DefaultsRepeat] = repeats(r)
			}
		}
		y.add(s, 1)
	}
}

// close ends an arm's path: the last band is what the others leave of the totals.
func (x *access) close(w *worker, arm, path int, totals []int64) error {
	copy(x.paths[arm][x.run.AccessEvents():], w.tallies[arm].events)
	clear(w.tallies[arm].events)
	var all spans
	all.of(totals, x.run.Months)
	if !x.where[arm].steered {
		x.book(arm, x.last, &all, 1)
		x.book(arm, x.last, &x.before[arm], -1)
	}
	return x.audit(arm, path, &all, w.population)
}

// audit checks that what is known of the borrowers one by one is what the counters say, in all and by band, and that loans
// and defaults are all there.
func (x *access) audit(arm, path int, all *spans, population int64) error {
	name, entries := x.plan.arms[arm].Name, x.paths[arm]
	fail := func(what string, left, right int64) error {
		return &InvariantError{fmt.Sprintf("arm %s, path %d: %s: %d is not %d", name, path, what, left, right)}
	}
	for _, s := range [...]struct {
		bit     data.Status
		counter data.Counter
	}{{data.HasAsked, data.FirstApplications}, {data.WasServed, data.FirstGrants}, {data.HasFailed, data.Defaults}} {
		whole := int64(0)
		for band := range x.plan.scored {
			n := int64(0)
			for joint := range data.NumStatus * data.NumStatus {
				if own := data.Status(joint % data.NumStatus); own&s.bit != 0 {
					n += entries[x.run.AccessFlow(band, 0, 0)+joint]
				}
			}
			whole += n
			if want := entries[x.run.AccessSpan(band, data.AllMonths)+int(s.counter)]; n != want && !x.where[arm].steered {
				return fail(fmt.Sprintf("borrowers of score band %d one by one = %v", band+1, s.counter), n, want)
			}
		}
		if want := all[data.AllMonths][s.counter]; whole != want {
			return fail(fmt.Sprintf("borrowers one by one = %v", s.counter), whole, want)
		}
	}
	entry := func(from, n int) (sum int64) {
		for _, v := range entries[from : from+n] {
			sum += v
		}
		return sum
	}
	granted := all[data.AllMonths][data.Granted]
	for k, spread := range data.Spreads[:data.AtSequence] {
		if n := entry(x.run.AccessSpread(k), len(spread.Classes)); n != granted {
			return fail("loans by "+spread.Name+" = granted", n, granted)
		}
	}
	if n := entry(x.run.AccessLoans(1), x.run.Cohorts()-1); n != granted {
		return fail("loans of all cohorts = granted", n, granted)
	}
	if n := entry(x.run.AccessSpread(data.AtSequence), len(data.Spreads[data.AtSequence].Classes)); n != population+all[data.AllMonths][data.Joined] {
		return fail("borrowers by sequence = borrowers of the snapshot + joined", n, population+all[data.AllMonths][data.Joined])
	}
	defaults := entry(x.run.AccessDefaults(0, 0), x.run.Cohorts()*(x.run.Months+1)) - entries[x.run.AccessFurther()]
	if want := all[data.AllMonths][data.Defaults]; defaults != want {
		return fail("loans in default, one a borrower = defaults", defaults, want)
	}
	return nil
}

// add adds the entries of a path to its batch's and empties them.
func (x *access) add(arm int, ledger []int64, hearing int) {
	entries := x.paths[arm]
	sum(ledger[hearing*len(entries):(hearing+1)*len(entries)], entries)
	clear(entries)
}

// score finds the band of every borrower.
func (p *Plan) score() {
	if !p.kept() {
		return
	}
	switch c := p.settings.Census; {
	case c != nil:
		p.scored = slices.Clone(c.scored)
	case !p.portfolio.HasPD:
		p.scored = []data.ScoreBand{{Borrowers: p.population}}
	default:
		people := p.portfolio.Borrowers
		order := make([]uint32, len(people))
		for i := range order {
			order[i] = uint32(i)
		}
		slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(people[a].PD12, people[b].PD12) })
		p.scored = scoreBands(func(yield func(float64, int64) bool) {
			for _, i := range order {
				if !yield(people[i].PD12, int64(people[i].Weight)) {
					return
				}
			}
		}, p.population)
	}
	p.bandOf = make([]uint8, p.Borrowers())
	for i := range p.residents() {
		pd := p.row(i).PD12
		p.bandOf[i] = uint8(sort.Search(len(p.scored)-1, func(k int) bool { return p.scored[k].Highest >= pd }))
	}
	if len(p.applicants) > 0 {
		for i := p.residents(); i < len(p.bandOf); i++ {
			p.bandOf[i] = uint8(len(p.scored))
		}
		p.scored = append(p.scored, data.ScoreBand{Applicants: true})
	}
}

// scoreBands divides borrowers, who come in the order of their PDs with their weights, into bands of about the same
// weight. Equal PDs are never parted, so there may be fewer bands.
func scoreBands(people iter.Seq2[float64, int64], total int64) (bands []data.ScoreBand) {
	done, until := int64(0), int64(0) // fifths at which the last band is full
	for pd, weight := range people {
		if fifths := done * data.MostScoreBands / total; fifths >= until && (len(bands) == 0 || pd != bands[len(bands)-1].Highest) {
			bands, until = append(bands, data.ScoreBand{Lowest: pd}), fifths+1
		}
		b := &bands[len(bands)-1]
		b.Highest = pd
		b.Borrowers += weight
		done += weight
	}
	return bands
}
