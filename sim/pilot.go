package sim

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Anchor says what the PDs of a portfolio are held to.
type Anchor uint8

const (
	// Structural reads a PD as that of a borrower whose loan never matures and who takes no other (package anchor).
	Structural Anchor = iota
	// Baseline shifts, on top of that, the log hazards of each segment and PD band by one offset, so that the baseline
	// arm's mean default rate of the first 12 months is the band's mean PD.
	Baseline
)

var anchorNames = []string{"structural", "baseline"}

func (a Anchor) String() string { return anchorNames[a] }

// AnchorNames lists the anchors by name; the index is the Anchor.
func AnchorNames() []string { return anchorNames }

// The pilot that solves for the offsets: the engine itself, on factor paths and draws of its own, so that the offsets
// depend neither on the user's seed nor on the horizon.
const (
	pilotMonths = 12
	pilotSeed   = 0x70696c6f74

	pilotBands    = 10  // of equal numbers of borrowers by PD in a segment, at most
	pilotBandSize = 200 // borrowers in a band, at least: a segment with fewer has one band

	pilotWork  = 1 << 14 // borrower-paths per band, about
	pilotEach  = 8       // paths per borrower, at least
	pilotTotal = 1 << 21 // over all bands, about
	pilotPaths = 4096    // factor paths, fewer in portfolios of more than 8 risks

	pilotTolerance = .1 // on the default rate, in standard errors of the pilot
	pilotMost      = 3. // size of the largest offset: a twentieth or twenty times the hazard
)

// band is the borrowers of a segment whose PDs lie next to each other.
type band struct {
	data.AnchorBand
	members []uint32  // indices of borrowers by PD; those of a block where there is a census
	size    int       // of the band
	tried   []float64 // changes of the offset, in their order
}

// bands divides the borrowers of the snapshot. Equal PDs are never parted, and the order of rows makes no difference.
func (p *Plan) bands() []band {
	if c := p.settings.Census; c != nil {
		return c.bandsWith(p)
	}
	var out []band
	for from := 0; from < p.residents(); {
		segment, to := p.row(from).Segment, from
		for to < p.residents() && p.row(to).Segment == segment {
			to++
		}
		members := make([]uint32, to-from)
		for k := range members {
			members[k] = uint32(from + k)
		}
		from = to
		p.byPD(members)
		for _, n := range bandSizes(len(members), func(i int) float64 { return p.row(int(members[i])).PD12 }) {
			out = append(out, band{AnchorBand: data.AnchorBand{Segment: int(segment)}, members: slices.Clip(members[:n]), size: n})
			members = members[n:]
		}
	}
	for i := range out {
		b := &out[i]
		who := func(i int) *data.Borrower { return p.row(int(b.members[i])) }
		b.average(func(i int) (float64, int64) { return who(i).PD12, int64(who(i).Weight) })
		b.Lowest, b.Highest = who(0).PD12, who(len(b.members)-1).PD12
	}
	return out
}

// byPD sorts borrowers.
func (p *Plan) byPD(members []uint32) {
	slices.SortFunc(members, func(a, b uint32) int {
		x, y := p.row(int(a)), p.row(int(b))
		return cmp.Or(cmp.Compare(x.PD12, y.PD12), cmp.Compare(x.ID, y.ID))
	})
}

// bandSizes divides the borrowers of a segment, in the order of their PDs.
func bandSizes(all int, pd func(i int) float64) (sizes []int) {
	from := 0
	for left := pilotBands; from < all; left = max(left-1, 1) {
		n := min(max((all-from)/left, pilotBandSize), all-from)
		for from+n < all && pd(from+n) == pd(from+n-1) {
			n++
		}
		if n < pilotBandSize && len(sizes) > 0 {
			sizes[len(sizes)-1] += n
		} else {
			sizes = append(sizes, n)
		}
		from += n
	}
	return sizes
}

// average finds the number and the mean PD of the band's borrowers.
func (b *band) average(of func(i int) (pd float64, weight int64)) {
	sum, weight := 0., int64(0)
	for i := range b.size {
		pd, w := of(i)
		sum += pd * float64(w)
		weight += w
	}
	b.Borrowers, b.PD = weight, sum/float64(weight)
}

// place is that of the j-th of n borrowers who stand for a band, at equal steps in the order of PDs.
func (b *band) place(j, n int) int { return (2*j + 1) * b.size / (2 * n) }

// workOf is the pilot's borrower-paths for each of some bands.
func workOf(bands int) int { return max(1<<11, min(pilotWork, pilotTotal/bands)) }

// anchorToBaseline finds the offset of every band under the baseline arm and shifts the hazards of all models by it.
func (p *Plan) anchorToBaseline() {
	bands := p.bands()
	first := p.model(p.as[p.settings.Baseline])
	if c := p.settings.Census; c != nil && c.anchored {
		for i := range bands {
			for _, j := range bands[i].members {
				for _, change := range bands[i].tried { // in the steps of the pilot, which round
					first.eta[j] -= change
				}
			}
		}
	} else {
		p.solve(bands)
		if c != nil {
			for i := range bands {
				c.bands[i].AnchorBand, c.bands[i].tried = bands[i].AnchorBand, bands[i].tried
			}
		}
	}

	shift := map[*model]bool{first: true} // it has its offsets
	p.anchored.Method, p.anchored.Arm = Baseline.String(), p.arms[p.settings.Baseline].Name
	for f := range p.families {
		m := p.families[f].model
		for i := range bands {
			for _, j := range bands[i].members {
				if !shift[m] {
					m.eta[j] -= bands[i].Offset
				}
			}
		}
		shift[m] = true
	}
	p.shiftApplicants(bands, slices.Collect(maps.Keys(shift)))
	for i := range bands {
		b := &bands[i].AnchorBand
		p.anchored.Bands = append(p.anchored.Bands, *b)
		if !b.Reached {
			p.warnings = append(p.warnings, fmt.Sprintf("segment %q, PD %.2f%% to %.2f%% (%d borrowers): no hazard from a twentieth to twenty times the structural one gives the mean PD %.2f%% in the baseline arm; with the nearest the default rate of 12 months is %.2f%%",
				p.segments[b.Segment], 100*b.Lowest, 100*b.Highest, b.Borrowers, 100*b.PD, 100*b.After))
		}
	}
}

// solve finds the offsets of the bands and leaves them in the hazards of the baseline arm's model.
func (p *Plan) solve(bands []band) {
	pilot, weathers := p.pilot()
	work := workOf(len(bands))
	var next atomic.Int64
	data.Beside(slices.Repeat([]func(){func() {
		w := newWorker(pilot)
		for i := int(next.Add(1)) - 1; i < len(bands); i = int(next.Add(1)) - 1 {
			w.solve(&bands[i], weathers, work)
		}
	}}, min(runtime.GOMAXPROCS(0), len(bands)))...)
}

// shiftApplicants gives each applicant the offset of the borrowers of his segment with PDs like his, so that a PD means
// the same for both.
func (p *Plan) shiftApplicants(bands []band, models []*model) {
	for k := range p.applicants {
		offset := bands[bandFor(bands, &p.applicants[k].borrower)].Offset
		for _, m := range models {
			m.eta[p.residents()+k] -= offset
		}
	}
}

// bandFor is the band of the borrowers with PDs like an applicant's: of those of his segment the last that begins no higher
// than his, else the first.
func bandFor(bands []band, applicant *borrower) int {
	at := -1
	for i := range bands {
		if b := &bands[i]; b.Segment == int(applicant.segment) && (at < 0 || b.Lowest <= applicant.pd) {
			at = i
		}
	}
	return at
}

// pilot is the plan of the baseline arm alone over 12 months, with the tabulated economies of its paths.
func (p *Plan) pilot() (*Plan, []weather) {
	q := *p
	q.correlated = nil // a segment's rates do not depend on the others
	q.settings = Settings{
		Months: pilotMonths, Seed: pilotSeed, Design: factor.Antithetic, Grid: p.settings.Grid,
		Paths: max(64, min(pilotPaths, pilotPaths*factor.MaxSegments/len(p.risks))&^1),
	}
	q.arms, q.as = p.arms[p.settings.Baseline:p.settings.Baseline+1], []int{0}
	for i := range p.families {
		f := &p.families[i]
		if at := slices.Index(f.arms, p.as[p.settings.Baseline]); at >= 0 {
			alone := family{model: f.model, macro: f.macro}
			alone.join(0, f.books[at], nil) // without controls and quotas, which look at the whole book
			alone.benches = rule.Benches(alone.books)
			q.families = []family{alone}
		}
	}
	weathers := make([]weather, q.settings.Paths)
	for path := range weathers {
		weathers[path] = newWeather(q.economies(path), q.settings.Grid.SubStates(), q.families[0].books[0])
	}
	return &q, weathers
}

// weather is a path's economies with what they mean for the late.
type weather struct {
	economies [][]economy
	lost      []lost // by risk
}

// lost is the chance of a borrower so many steps overdue (index overdue-1) at the start of a step to default before
// the year is out without ever being cured.
type lost [][]float64

func newWeather(economies [][]economy, parts int, book *rule.Book) weather {
	w := weather{economies, make([]lost, len(economies[0]))}
	for g := range w.lost {
		steps := economies[0][g].steps
		table := make(lost, len(steps)+1)
		for t := range table {
			table[t] = make([]float64, len(behaviour.Chain{})*parts)
		}
		for t := len(steps) - 1; t >= 0; t-- {
			now, next := table[t], table[t+1]
			chain := steps[t].chain.Weaker(book.At(t).Cures)
			for k := range now {
				c, further := &chain[k/parts], 1.
				if k+1 < len(now) {
					further = next[k+1]
				}
				now[k] = c.Roll*further + (1-c.Either)*next[k]
			}
		}
		w.lost[g] = table
	}
	return w
}

// watch adds up, along the life of a borrower, the chances of his defaults: in each step that he is current the
// chance of a miss times that of never being cured from it before the year is out. Each default has one last miss, so
// the expectation is that of the number of defaults, and varies far less than their number.
type watch struct {
	lost    []lost
	chances float64
}

// see takes in a life at the start of step t.
func (w *watch) see(l *life, t int) {
	lost := w.lost[l.borrower.risk]
	switch {
	case l.mode == late && t == 0:
		w.chances += lost[0][l.overdue-1]
	case l.mode == current && l.fraudulent():
		if steps := len(lost) - 1; t+len(lost[0]) < steps {
			w.chances++
		}
	case l.mode == current:
		if l.age == l.reliefEnds {
			l.refresh()
		}
		if chance := lost[t+1][0]; chance > 0 {
			miss, _ := behaviour.Pick(l.missHazard(t), l.prepay)
			w.chances += miss * chance
		}
	}
}

// solve finds a band's offset by the secant method on the log of its default rate, and leaves it in the hazards of
// the band's borrowers.
func (w *worker) solve(b *band, weathers []weather, work int) {
	p := w.plan
	m := p.families[0].model
	applied := 0.
	at := func(offset float64) (logRate, se float64) {
		for _, i := range b.members {
			m.eta[i] -= offset - applied
		}
		b.tried = append(b.tried, offset-applied)
		applied = offset
		rate, se := w.rate(b, weathers, work)
		b.Offset, b.After, b.StandardError = offset, rate*b.PD, se*b.PD
		return math.Log(rate), se / rate
	}
	lo, hi := -pilotMost, pilotMost
	x, slope := 0., .9
	fx, se := at(x)
	b.Before = b.After
	for range 20 {
		if math.Abs(fx) < pilotTolerance*se {
			b.Reached = true
			return
		}
		if fx > 0 {
			hi = x
		} else {
			lo = x
		}
		if hi-lo < 1e-9 { // at an end of the range, or at a jump
			return
		}
		next := max(lo, min(hi, x-fx/slope))
		var fn float64
		fn, se = at(next)
		if s := (fn - fx) / (next - x); s > .02 {
			slope = s
		}
		x, fx = next, fn
	}
}

// rate is the mean 12-month default rate of a band over its mean PD, with its standard error. A band larger than the
// work allows is sampled at equal steps in the order of PDs. Every borrower lives through his own stretch of the
// factor paths; what the pair of paths has in common is in the error, differences between borrowers only as far as
// they are sampled.
func (w *worker) rate(b *band, weathers []weather, work int) (rate, se float64) {
	p := w.plan
	n := min(b.size, work/pilotEach)
	each := min(work/n&^1, len(weathers))
	common, own := make([]float64, len(weathers)/2), make([]float64, each/2)
	w.watch = &watch{}
	sum, of, between := 0., 0., 0.
	for j := range n {
		at := b.place(j, n)
		if len(b.members) < b.size {
			at = j // with a census they are the ones
		}
		i := int(b.members[at])
		pd, weight := p.row(i).PD12, float64(p.row(i).Weight)
		mean := 0.
		for k := range own {
			own[k] = 0
			for mirror := range 2 {
				path := (j*each + 2*k + mirror) % len(weathers)
				w.economies = weathers[path].economies
				*w.watch = watch{lost: weathers[path].lost}
				w.borrower(path, i)
				own[k] += weight * w.watch.chances
			}
			mean += own[k] / float64(len(own))
		}
		for k := range own {
			common[(j*each/2+k)%len(common)] += own[k] - mean
		}
		sum += mean / 2
		of += weight * pd
		between += (mean/2 - weight*pd) * (mean/2 - weight*pd)
	}
	pairs, squares := float64(len(own)), 0.
	for _, d := range common {
		squares += d * d
	}
	variance := squares/(4*pairs*(pairs-1)) + between*(1-float64(n)/float64(b.size))
	return sum / of, math.Sqrt(variance) / of
}
