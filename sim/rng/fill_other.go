//go:build !amd64

package rng

const wide = 1 << 30 // no such instructions

func fill(_, _ []uint32, _ *Block, _, _ uint32) {}
