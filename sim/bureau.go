package sim

import (
	"relend/sim/rng"
	"relend/sim/rule"
)

// What a bureau shows of the loans that a borrower has with other lenders.

// everywhere is the history of a number of outside loans that has never changed.
func everywhere(outside uint8) uint64 { return uint64(outside) * 0x1111111111111111 }

// owes changes the number of outside loans in step t.
func (s *state) owes(t int, outside uint8) {
	switch ago := t - int(s.moved); {
	case ago > rule.MostLag:
		s.lately = everywhere(s.outside)
	case ago > 0:
		s.lately = s.lately<<(4*ago) | everywhere(s.outside)&(1<<(4*ago)-1)
	}
	s.lately = s.lately&^0xF | uint64(outside)
	s.outside, s.moved = outside, int16(t)
}

// reported is the number of outside loans of which a bureau with a lag may know in step t: those that were open at the end
// of the step that lies so far back. Before the snapshot their number was that of the snapshot.
func (s *state) reported(t, lag int) uint8 {
	ago := lag - (t - int(s.moved))
	if lag == 0 || ago <= 0 {
		return s.outside
	}
	return uint8(s.lately >> (4 * min(ago, rule.MostLag)) & 0xF)
}

// shows counts what is in a borrower's file of the outside loans in slots 1..n. Which slots are reported and which are
// missing all the same is drawn once for the whole path, and so is whether the file has a loan too many: more coverage
// never shows less, more that is missed never more.
func (f *fate) shows(n int, b *rule.Bureau) int {
	count := 0
	for at := 0; at < n; at += 4 {
		var wrong rng.Block
		if b.Missed > 0 {
			wrong = f.Block(rng.Mistake, at/4)
		}
		for j, w := range f.once(&f.slots[at/4], rng.Visible, at/4) {
			if at+j < n && rng.Uniform(w) < b.Coverage && rng.Uniform(wrong[j]) >= b.Missed {
				count++
			}
		}
	}
	const tooMany = 4 // the block after those of the slots
	if b.Mistaken > 0 && rng.Uniform(f.Block(rng.Mistake, tooMany)[0]) < b.Mistaken {
		count++
	}
	return count
}
