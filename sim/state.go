package sim

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/contract"
	"relend/sim/rng"
	"relend/sim/rule"
)

// mode is what a borrower is doing.
type mode uint8

const (
	idle    mode = iota // no own loan, may return
	current             // an open loan, not past due
	late                // 1 to 89 days past due
	gone                // defaulted, charged off or left for good: nothing can happen any more
	fresh               // an applicant who has not arrived yet
)

// How far a borrower has come in the projection.
const (
	asked  = iota + 1 // he has applied
	served            // he has been granted a loan
)

// Cap of a small counter in the state.
const maxClean = 15

// state is one borrower at one moment: a plain value, copied by assignment.
type state struct {
	loans     [rule.MaxOwn]contract.Loan // open ones in [0:n), oldest first
	principal data.Money                 // of the newest open loan or, when idle, of the last one
	origin    int16                      // step of the last origination
	moved     int16                      // step in which the number of outside loans last changed, -1 the snapshot
	tenor     int16                      // of the newest or last loan
	age       int16                      // steps on book of the newest open loan, not counting late ones
	first     data.Money                 // principal of the first loan of the sequence
	taken     uint64                     // bit i: a loan was granted i steps before the last origination
	lately    uint64                     // outside loans open at the end of step moved - i, in bits 4i to 4i+3
	granted   [rule.MaxOwn]int16         // by open loan: month in which it was granted, -1 before the snapshot; kept on paths heard
	lateAt    [3]int16                   // last step that ended 1+, 30+, 60+ days past due
	product   data.Product               // of the newest or last loan
	mode      mode
	n         uint8 // open own loans
	bucket    uint8 // 1..3 while late
	overdue   uint8 // steps that payments are late
	ordinal   uint8 // of the newest loan
	gap       int16 // steps since the last payoff while idle
	shock     int16 // remaining steps
	outside   uint8 // open outside loans
	began     uint8 // outside loans that the bureau knew when the newest loan was granted, or at the snapshot
	step      uint8 // of the limit ladder
	clean     uint8 // loans repaid in a row without a missed payment
	sequence  uint8 // loans in a row, each taken within a month of the payoff of the one before
	rollOvers uint8 // refinancings in a row
	dependent bool  // on rolling the debt
	reached   uint8 // in the projection: 0, asked or served
}

// never is a lateAt from which no look-back counts.
const never = math.MinInt16

// fate is everything random about a borrower on a path that does not depend on the arm.
type fate struct {
	rng.Stream
	words     []uint32 // of the blocks that every borrower needs, drawn together
	places    []uint32 // of these blocks
	months    []uint32 // of words: coarse lane draws, by step
	frailty   float64  // standard normal
	demand    float64  // standard normal, independent of frailty
	dependent float64  // uniform

	// Blocks that some arm has asked for, so that the next one need not draw them again.
	drawing   uint32     // the current borrower and path
	fine      []stamped  // by step, of rng.Refine
	decisions []stamped  // by step, of rng.Decide
	slots     [4]stamped // of rng.Visible
}

// stamped is a block with the drawing it belongs to.
type stamped struct {
	rng.Block
	drawing uint32
}

// opening are the blocks that every borrower needs beside those of his months, in the order of draw.
var opening = [...]struct {
	purpose rng.Purpose
	index   int
}{{rng.Initial, 0}, {rng.Initial, 1}, {rng.Visible, 0}}

func newFate(steps int) fate {
	f := fate{fine: make([]stamped, steps), decisions: make([]stamped, steps)}
	for k := 0; 4*k < steps || (k+len(opening))%4 != 0; k++ { // whole groups of four: they are drawn at a time
		f.places = append(f.places, rng.Place(rng.Quiet, k))
	}
	for _, o := range opening {
		f.places = append(f.places, rng.Place(o.purpose, o.index))
	}
	f.words = make([]uint32, 4*len(f.places))
	f.months = f.words[:steps]
	return f
}

// draw fills the fate of a borrower on a path.
func (f *fate) draw(seed uint64, borrower uint64, path int) {
	f.turn(seed, borrower, path)
	f.Fill(f.words, f.places)
	last := f.words[len(f.words)-4*len(opening):]
	f.begin((*rng.Block)(last), (*rng.Block)(last[4:]))
	f.slots[0] = stamped{rng.Block(last[8:]), f.drawing}
}

// turn gives the fate to a borrower on a path, without the draws of his months and of his start.
func (f *fate) turn(seed uint64, borrower uint64, path int) {
	if f.drawing++; f.drawing == 0 { // after 2^32 drawings old stamps would look new
		*f = newFate(len(f.months))
		f.drawing = 1
	}
	f.Stream = rng.Stream{Seed: seed, Borrower: borrower, Path: uint32(path)}
}

// begin takes what a borrower starts with from the blocks of rng.Initial.
func (f *fate) begin(b, c *rng.Block) {
	f.frailty = distuv.UnitNormal.Quantile(rng.Uniform52(b[0], b[1]))
	f.demand = distuv.UnitNormal.Quantile(rng.Uniform52(b[2], b[3]))
	f.dependent = rng.Uniform(c[0])
}

func (f *fate) once(s *stamped, p rng.Purpose, index int) *rng.Block {
	if s.drawing != f.drawing {
		s.Block, s.drawing = f.Block(p, index), f.drawing
	}
	return &s.Block
}

// lane returns the uniform of a lane in step t.
func (f *fate) lane(t int, lane rng.Lane) float64 {
	return rng.Fine(f.months[t], f.once(&f.fine[t], rng.Refine, t), lane)
}

// decision returns one of the four uniforms of the decisions of step t.
func (f *fate) decision(t, draw int) float64 {
	return rng.Uniform(f.once(&f.decisions[t], rng.Decide, t)[draw])
}

// start returns a borrower's state at the snapshot (model.md §22 items 10-12).
func (p *Plan) start(b *borrower, f *fate, m *model) state {
	s := state{
		principal: b.base, origin: b.origin, tenor: b.tenor, product: b.product, n: b.open, bucket: b.bucket, overdue: b.overdue,
		ordinal: b.ordinal, gap: b.gap, outside: min(b.outside, uint8(m.OutsideMax)), clean: b.clean,
		lateAt: [3]int16{never, never, never}, granted: [rule.MaxOwn]int16{-1, -1, -1, -1}, dependent: f.dependent < b.dependence(m),
	}
	s.began, s.moved, s.lately = s.outside, -1, everywhere(s.outside)
	p.open(b, &s.loans)
	p.remember(b, &s)
	switch {
	case b.applicant != nil:
		s.mode = fresh
	case b.bucket > 0:
		s.mode, s.age = late, b.age
		for k := range b.bucket {
			s.lateAt[k] = -1
		}
	case b.open > 0:
		s.mode, s.age = current, b.age
	}
	return s
}
