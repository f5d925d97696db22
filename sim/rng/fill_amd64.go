package rng

import "golang.org/x/sys/cpu"

// wide is the number of words that fill writes at a time; 0 where this processor has no such instructions. (A variable for
// the test that compares both ways.)
var wide = func() int {
	if cpu.X86.HasAVX2 {
		return 16
	}
	return 0
}()

// fill writes the blocks of a counter and of those that follow it in its last word.
func fill(words []uint32, counter *Block, k0, k1 uint32) {
	fillAVX2(&words[0], len(words)/wide, counter, k0, k1)
}

//go:noescape
func fillAVX2(words *uint32, groups int, counter *Block, k0, k1 uint32)
