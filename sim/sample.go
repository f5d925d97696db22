package sim

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sort"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rng"
)

// sample is the borrowers that each path simulates, in place of all: one of each stratum, drawn anew on every path
// with a probability that is his share of the stratum's weight, and counted with the weight of the whole stratum. So
// counts stay integers, ledgers and the number of borrowers hold exactly, and every count is unbiased. The strata are
// runs of about equal length of the borrowers in the order of likeness: segment, state, PD band, balance. They are
// drawn from independently, not with one start for all, so no period of the order can fall in step with them.
type sample struct {
	order     []uint32 // borrowers of the snapshot, then applicants
	upto      []int64  // weight of all before each in order, and of all; nil where everybody counts once
	snapshot  int      // borrowers of the snapshot
	size      int      // strata
	residents int      // of the snapshot
}

// newSample orders the borrowers. Without strata yet.
func (p *Plan) newSample() *sample {
	s, keys, weighted := &sample{order: make([]uint32, p.Borrowers()), snapshot: p.residents()}, make([]uint64, p.Borrowers()), false
	for i, b := range p.all() {
		s.order[i], keys[i] = uint32(i), p.likeness(b)
		weighted = weighted || b.weight != 1
	}
	slices.SortFunc(s.order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(a, b))
	})
	if weighted {
		s.upto = make([]int64, len(s.order)+1)
		for k, i := range s.order {
			s.upto[k+1] = s.upto[k] + p.weight(int(i))
		}
	}
	return s
}

// before is the weight of all before place k in order.
func (s *sample) before(k int) int64 {
	if s.upto == nil {
		return int64(k)
	}
	return s.upto[k]
}

// likeness is a number that is near for borrowers who are alike: applicants come after all others, those of a segment,
// a state and a quarter octave of PD are together, by balance, up and down in turn from band to band.
func (p *Plan) likeness(b *borrower) uint64 {
	const most = 1<<36 - 1
	state, amount := uint64(b.bucket), data.Money(0)
	switch {
	case b.applicant != nil:
		state, amount = 1<<10|uint64(b.applicant.step), b.base
	case b.open == 0:
		state = 1 << 9
	}
	var room slots
	for _, l := range p.open(b, &room) {
		amount += l.Balance
	}
	band := uint64(0)
	if b.pd > 0 {
		band = uint64(max(0, min(255, 255+math.Floor(4*math.Log2(b.pd)))))
	}
	fine := uint64(max(0, min(amount, most)))
	if band%2 == 1 {
		fine = most - fine
	}
	var later uint64
	if b.applicant != nil {
		later = 1
	}
	return later<<63 | uint64(b.segment)<<55 | (state&(1<<11-1))<<44 | band<<36 | fine
}

// sized returns the sample with that many strata, shared out between the borrowers of the snapshot and applicants;
// nil for as many as there are borrowers.
func (s *sample) sized(size int) *sample {
	if size >= len(s.order) {
		return nil
	}
	t := *s
	t.size = size
	t.residents = size
	if came := len(s.order) - s.snapshot; came > 0 {
		t.residents = min(s.snapshot, max(1, size-came, min(size-1, int(math.Round(float64(size)*float64(s.snapshot)/float64(len(s.order)))))))
	}
	return &t
}

// stratum returns the places in order of a stratum: from, and one past it.
func (s *sample) stratum(j int) (from, to int) {
	if j < s.residents {
		return j * s.snapshot / s.residents, (j + 1) * s.snapshot / s.residents
	}
	j, came, strata := j-s.residents, len(s.order)-s.snapshot, s.size-s.residents
	return s.snapshot + j*came/strata, s.snapshot + (j+1)*came/strata
}

// pick returns the borrower of a stratum on a path and the weight with which he counts there.
func (s *sample) pick(seed uint64, path, j int) (borrower int, weight int64) {
	from, to := s.stratum(j)
	weight = s.before(to) - s.before(from)
	if to-from == 1 {
		return int(s.order[from]), weight
	}
	words := rng.Stream{Seed: seed, Borrower: uint64(j), Path: uint32(path)}.Block(rng.Sample, 0)
	at, _ := bits.Mul64(uint64(words[0])<<32|uint64(words[1]), uint64(weight))
	k := from + sort.Search(to-from-1, func(k int) bool { return s.before(from+k+1)-s.before(from) > int64(at) })
	return int(s.order[k]), weight
}

// checkSample reports why a sample cannot be drawn.
func checkSample(ps *data.Problems, p *Plan) {
	size := p.settings.Sample
	if size == 0 || size >= p.Borrowers() {
		return
	}
	if p.settings.Design == factor.Importance {
		ps.Add("sample", "the design importance is for quantiles over paths, which a sample of %d of %d borrowers widens: simulate all (sample: all)", size, p.Borrowers())
	}
	least := 2
	if len(p.applicants) > 0 {
		least = 4
	}
	if size < least {
		ps.Add("sample", "%d borrowers on a path are too few, allowed %d or more", size, least)
	}
	for _, f := range p.families {
		for _, h := range f.helms {
			ps.Add("sample", "arm %s has rules that watch the whole book, which a sample of %d of %d borrowers would move by chance: simulate all (sample: all)",
				p.arms[f.arms[h.at]].Name, size, p.Borrowers())
		}
	}
}

// checkWeights reports arms that go with no weights of paths. Their weights are right, but what controls do may make the
// tail come from elsewhere than the bad times that are drawn more often.
func (p *Plan) checkWeights(ps *data.Problems) {
	if p.settings.Design != factor.Importance || p.settings.WeightedControls {
		return
	}
	for _, f := range p.families {
		for _, h := range f.helms {
			ps.Add("design", "arm %s has rules that watch the whole book and may turn bad times into good ones, so that importance draws the wrong paths: antithetic, plain, stratified and lattice are allowed, or ask for it (weighted_controls: true)",
				p.arms[f.arms[h.at]].Name)
		}
	}
}

// Simulated is the number of borrowers that each path simulates.
func (p *Plan) Simulated() int {
	if p.sample == nil {
		return p.Borrowers()
	}
	return p.sample.size
}

// Steered reports whether some arm has rules that watch the whole book; no sample can be drawn then.
func (p *Plan) Steered() bool { return p.steered() }

// With returns the plan with another number of paths and borrowers on each path (0: all). What has been computed of
// the borrowers is shared.
func (p *Plan) With(paths, sampled int) (*Plan, error) {
	q := *p
	q.settings.Paths, q.settings.Sample = paths, sampled
	q.warnings = slices.Clone(p.warnings)
	ps := &data.Problems{Cause: data.BadConfig}
	checkPaths(ps, &q.settings)
	q.drawFrom(ps)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return &q, nil
}

// drawFrom prepares the sample of the settings.
func (p *Plan) drawFrom(ps *data.Problems) {
	p.sample = nil
	if checkSample(ps, p); ps.Err() != nil || p.settings.Sample == 0 || p.settings.Sample >= p.Borrowers() {
		return
	}
	if p.likely == nil {
		p.likely = p.newSample()
	}
	p.sample = p.likely.sized(p.settings.Sample)
}

// checkPaths reports a number of paths that cannot be.
func checkPaths(ps *data.Problems, s *Settings) {
	replicate := s.Design.Replicate()
	if s.Paths < 1 || s.Paths > MaxPaths {
		ps.Add("paths", "%d is out of range, allowed 1 to %d", s.Paths, MaxPaths)
	} else if s.Paths%replicate != 0 {
		ps.Add("paths", "%d is not a multiple of %d, which the %v design needs", s.Paths, replicate, s.Design)
	}
}

// halvedPaths is the number of first paths whose two halves of the borrowers are told apart.
const halvedPaths = 64

// subject simulates the i-th borrower of a path: of all, or of its sample.
func (w *worker) subject(path, i int) {
	p := w.plan
	if p.sample == nil {
		w.borrower(path, i)
		return
	}
	who, weight := p.sample.pick(p.settings.Seed, path, i)
	w.weight = weight
	w.borrower(path, who)
}

// second reports whether the i-th subject belongs to the second half: every other one of the whole book.
func (p *Plan) second(i int) bool {
	if p.odd != nil {
		return p.odd[i]
	}
	return i%2 == 1
}

// halve notes what the first half of a path's borrowers count in every arm, those with controls apart.
func (w *worker) halve(path int) {
	p := w.plan
	half := func(arm int) []int64 { return w.totals(path, w.halves[arm]) }
	for a, y := range w.tallies {
		if y != nil {
			w.raw(y)
			copy(half(a), w.scratch)
		}
	}
	for set, shared := range w.shared {
		w.raw(shared)
		for i, arm := range set.family.arms {
			if set.arms>>i&1 == 1 {
				sum(half(arm), w.scratch)
			}
		}
	}
	for a, y := range w.tallies { // as closeRows does
		if y == nil {
			continue
		}
		var off, exited int64
		for t := -1; t < p.settings.Months; t++ {
			r := counters(half(a), t)
			off += r[data.BorrowersOff]
			exited += r[data.BorrowersExited]
			r[data.BorrowersOff], r[data.BorrowersExited] = off, exited
		}
	}
}

// raw adds the cells of an open tally up into the scratch, with the balance of repeat loans.
func (w *worker) raw(y *tally) {
	clear(w.scratch)
	for i, kind := range w.plan.cells {
		rows := y.counted(i)
		sum(w.scratch[y.first[i]:], rows)
		if kind.Ordinal == 0 {
			continue
		}
		for to := w.scratch[y.first[i]:]; len(rows) > 0; rows, to = rows[data.NumCounters:], to[data.NumCounters:] {
			owed, borrowers, defaults := repeats((*row)(rows))
			to[data.BalanceRepeat] += owed
			to[data.BorrowersRepeat] += borrowers
			to[data.DefaultsRepeat] += defaults
		}
	}
}

// Cost is the work of a path beside that of its borrowers, in borrowers: what the counts of all arms, cells and months
// take, over what one borrower does. It is a formula and not a measurement, so that what is chosen by it does not
// depend on the machine; its four constants were measured once (25 ns an entry of a cell, 150 ns one of all cells for files
// and figures, 85 ns a step, .3 of it for each more arm) and enter by their square root only.
func (p *Plan) Cost() float64 {
	const entry, written, step, more = 25., 150., 85., .3
	arms, block := float64(len(p.arms)), float64(p.settings.Months+1)*float64(data.NumCounters)
	return arms * block * (float64(len(p.cells))*entry + written) / (float64(p.steps()) * step * (1 + more*(arms-1)))
}
