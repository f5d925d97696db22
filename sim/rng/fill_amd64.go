package rng

import "golang.org/x/sys/cpu"

// wide is the number of blocks that fill draws at a time; a very large one where this processor has no such instructions. (A
// variable for the test that compares both ways.)
var wide = func() int {
	if cpu.X86.HasAVX2 {
		return 4
	}
	return 1 << 30
}()

// fill draws the blocks of places, a multiple of wide; the stream holds the first three words of its counters.
func fill(words, places []uint32, stream *Block, k0, k1 uint32) {
	fillAVX2(&words[0], len(places)/wide, &places[0], stream, k0, k1)
}

//go:noescape
func fillAVX2(words *uint32, groups int, places *uint32, stream *Block, k0, k1 uint32)
