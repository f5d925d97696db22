package rng

import (
	"math"
	"testing"
)

// Known-answer vectors of the Random123 distribution.
func TestKnownAnswers(t *testing.T) {
	const ones = 0xffffffff
	for _, c := range []struct {
		in   [6]uint32
		want Block
	}{
		{[6]uint32{}, Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[6]uint32{ones, ones, ones, ones, ones, ones}, Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[6]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0}, Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Philox(c.in[0], c.in[1], c.in[2], c.in[3], c.in[4], c.in[5]); got != c.want {
			t.Errorf("Philox(%x) = %x, want %x", c.in, got, c.want)
		}
	}
}

// The first draws of each purpose may never change without a "Results change" entry in the changelog.
func TestGoldenStreams(t *testing.T) {
	s := Stream{Seed: 20240601, Borrower: 0x0123456789abcdef, Path: 3}
	golden := map[Purpose]Block{
		Quiet:    {0x6e63025f, 0x151ded94, 0x6f6327af, 0xff8229ed},
		Refine:   {0xb3e80da8, 0x4ab4d998, 0xe65b37b7, 0xc2d890d4},
		Initial:  {0x0dbe8308, 0x28254836, 0x2b514087, 0xaa05a9ff},
		Decide:   {0xc5890afb, 0xb531d467, 0xb4009868, 0x997a7c94},
		Sequence: {0xec0541c3, 0xc331fbb6, 0x2a7f6267, 0x43bb4347},
		Visible:  {0x6cdd4fbc, 0xce11ad2b, 0x88b4ca21, 0x452422b9},
		Factor:   {0x833cf44a, 0xfcbff6ba, 0xabc85908, 0xa15be747},
	}
	for p, want := range golden {
		if got := s.Block(p, 7); got != want {
			t.Errorf("purpose %d: %#x, want %#x", p, got, want)
		}
	}
}

// Every part of the key must matter.
func TestKeyed(t *testing.T) {
	base := Stream{Seed: 1, Borrower: 2, Path: 3}
	others := map[string]Block{
		"seed":     Stream{Seed: 1 + 1<<40, Borrower: 2, Path: 3}.Block(Quiet, 4),
		"borrower": Stream{Seed: 1, Borrower: 2 + 1<<40, Path: 3}.Block(Quiet, 4),
		"path":     Stream{Seed: 1, Borrower: 2, Path: 4}.Block(Quiet, 4),
		"month":    base.Block(Quiet, 5),
		"purpose":  base.Block(Refine, 4),
	}
	for name, b := range others {
		if b == base.Block(Quiet, 4) {
			t.Errorf("the draw does not depend on the %s", name)
		}
	}
}

// A lane's uniform must lie inside the step that its coarse draw names, or the quiet test would be wrong, and
// its mean and variance must be those of a uniform (6 standard errors, false alarm below 1e-8 each).
func TestLane(t *testing.T) {
	const n = 200000
	var sum, squares [3]float64
	s := Stream{Seed: 5, Borrower: 11, Path: 2}
	for m := range n {
		word := s.Block(Quiet, m/4)[m%4]
		refine := s.Block(Refine, m)
		for lane := Risk; lane <= Demand; lane++ {
			u := Fine(word, &refine, lane)
			if c := Coarse(word, lane); u < float64(c)/CoarseSteps || u >= float64(c+1)/CoarseSteps {
				t.Fatalf("month %d lane %d: %v outside step %d", m, lane, u, c)
			}
			sum[lane] += u - .5
			squares[lane] += (u - .5) * (u - .5)
		}
	}
	for lane := range sum {
		if z := sum[lane] / n * math.Sqrt(12*n); math.Abs(z) > 6 {
			t.Errorf("lane %d: mean off by %.1f standard errors", lane, z)
		}
		if z := (squares[lane]/n - 1./12) * math.Sqrt(180*n); math.Abs(z) > 6 {
			t.Errorf("lane %d: variance off by %.1f standard errors", lane, z)
		}
	}
}

func TestUniformOpen(t *testing.T) {
	if u := Uniform(0); u <= 0 {
		t.Error(u)
	}
	if u := Uniform(math.MaxUint32); u >= 1 {
		t.Error(u)
	}
	if u := Uniform52(math.MaxUint32, math.MaxUint32); u >= 1 {
		t.Error(u)
	}
}

func BenchmarkPhilox(b *testing.B) {
	s := Stream{Seed: 1, Borrower: 2, Path: 3}
	var x uint32
	for i := range b.N {
		x ^= s.Block(Quiet, i&0xffff)[0]
	}
	sink = x
}

var sink uint32

// The blocks that wide instructions draw are those of the plain way, of any places.
func TestFill(t *testing.T) {
	for n := range 30 {
		s := Stream{Seed: 0x0123456789abcdef + uint64(n), Borrower: 0xfedcba9876543210 - uint64(n), Path: uint32(n)}
		places, words := make([]uint32, n), make([]uint32, 4*n)
		for i := range places {
			places[i] = Place(Purpose(i%7), i*i*12345)
		}
		s.Fill(words, places)
		for i := range places {
			if got, want := Block(words[4*i:]), s.Block(Purpose(i%7), i*i*12345); got != want {
				t.Fatalf("%d blocks: %d is %#x, want %#x", n, i, got, want)
			}
		}
	}
}

func BenchmarkFill(b *testing.B) {
	var places [12]uint32
	var words [4 * len(places)]uint32
	for i := range places {
		places[i] = Place(Quiet, i)
	}
	s := Stream{Seed: 1, Borrower: 2, Path: 3}
	for range b.N {
		s.Fill(words[:], places[:])
		s.Path++
	}
	sink = words[35]
}
