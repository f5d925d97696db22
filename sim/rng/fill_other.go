//go:build !amd64

package rng

const wide = 0

func fill([]uint32, *Block, uint32, uint32) {}
