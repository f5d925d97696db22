// Package rng gives every random decision its own number: a pure function of (seed, path, borrower, index,
// purpose). There is no state, so no stream can lose step, whatever the policies do; two arms that leave a
// borrower in the same state draw the same future for him.
//
// The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): 128 bits per call from a 128-bit counter and a 64-bit key.
package rng

// Purpose separates the draws of different decisions.
type Purpose uint32

const (
	Quiet    Purpose = 0  // coarse lane draws, four months a block (see Lane)
	Refine   Purpose = 1  // fine lane draws of one month, when a lane may fire
	Initial  Purpose = 2  // frailty, demand effect, dependence
	Decide   Purpose = 3  // of one month: leak, take-up, shock exit, entry into dependence
	Sequence Purpose = 4  // of one loan ordinal: first-payment fraud
	Visible  Purpose = 5  // of one outside slot: is it visible to the bureau
	Factor   Purpose = 6  // innovations of the systematic factors (borrower = factor index)
	Score    Purpose = 7  // what is wrong with a lender's new data
	Control  Purpose = 8  // of one month: place in a queue drawn by lot, chance of being turned away
	Arrive   Purpose = 9  // applicants: how many, who they are
	Obey     Purpose = 10 // which rules bind a borrower that are not obeyed for all
	Sample   Purpose = 11 // who stands for a stratum of borrowers (borrower = its index)
	Order    Purpose = 12 // orders of the clauses of a package (borrower = number of the order)
	Mistake  Purpose = 13 // of one outside slot: is it missing from the file; and is there a loan too many
)

// Thin is the purpose of the draws, one a month, that say which light states of an expectation stay (package expect).
const Thin Purpose = 15

const (
	mul0, mul1   = 0xD2511F53, 0xCD9E8D57
	weyl0, weyl1 = 0x9E3779B9, 0xBB67AE85
)

// Block is 128 random bits.
type Block [4]uint32

// Philox returns the block of a counter under a key (ten rounds).
func Philox(c0, c1, c2, c3, k0, k1 uint32) Block {
	for range 10 {
		p0, p1 := uint64(mul0)*uint64(c0), uint64(mul1)*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += weyl0
		k1 += weyl1
	}
	return Block{c0, c1, c2, c3}
}

// Stream draws for one borrower on one path.
type Stream struct {
	Seed     uint64
	Borrower uint64 // Borrower.ID, or the index of a factor
	Path     uint32
}

// Block returns the draws of a purpose and index (a month, an ordinal, a slot; below 2^24).
func (s Stream) Block(p Purpose, index int) Block { return s.at(Place(p, index)) }

// Place is where a stream has the block of a purpose and index.
func Place(p Purpose, index int) uint32 { return uint32(p)<<24 | uint32(index) }

func (s Stream) at(place uint32) Block {
	return Philox(uint32(s.Borrower), uint32(s.Borrower>>32), s.Path, place, uint32(s.Seed), uint32(s.Seed>>32))
}

// Fill draws the blocks of some places into words, four each: as many at a time as the processor can.
func (s Stream) Fill(words, places []uint32) {
	n := len(places) / wide * wide
	if n > 0 {
		fill(words[:4*n], places[:n], &Block{uint32(s.Borrower), uint32(s.Borrower >> 32), s.Path}, uint32(s.Seed), uint32(s.Seed>>32))
	}
	for ; n < len(places); n++ {
		*(*Block)(words[4*n:]) = s.at(places[n])
	}
}

// Uniform turns 32 bits into a number strictly inside (0,1), in steps of 2^-32.
func Uniform(w uint32) float64 { return (float64(w) + .5) * (1. / (1 << 32)) }

// Uniform52 turns 64 bits into a number strictly inside (0,1), in steps of 2^-52.
func Uniform52(hi, lo uint32) float64 {
	return (float64(uint64(hi)<<20|uint64(lo)>>12) + .5) * (1. / (1 << 52))
}

// Lane is one of the three independent chances of a month.
type Lane uint

const (
	Risk    Lane = iota // miss, prepay; roll, cure while late
	Outside             // open, close an outside loan
	Demand              // ask, leave
)

// coarseBits is how much of a lane's uniform the quiet block gives: enough to rule out that a lane fires in
// all but about 2^-10 of the quiet months, little enough that one block serves four months of three lanes.
const coarseBits = 10

// CoarseSteps is the number of steps of the coarse draw: a lane with total hazard L cannot fire when its
// coarse draw is at least L*CoarseSteps, since 1-exp(-L) <= L.
const CoarseSteps = 1 << coarseBits

// Coarse returns the coarse draw of a lane, 0..CoarseSteps-1.
func Coarse(word uint32, lane Lane) uint32 {
	return word >> (coarseBits * lane) & (CoarseSteps - 1)
}

// Fine returns a lane's uniform in (0,1): the coarse draw of its month's word continued by the month's Refine
// block, 42 bits in all.
func Fine(word uint32, refine *Block, lane Lane) float64 {
	return (float64(Coarse(word, lane)) + Uniform(refine[lane])) * (1. / CoarseSteps)
}
