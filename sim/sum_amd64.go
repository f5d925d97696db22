package sim

import "golang.org/x/sys/cpu"

// vectors is whether this processor adds four numbers at a time. (A variable for the test that compares both ways.)
var vectors = cpu.X86.HasAVX2

//go:noescape
func sumAVX2(dst, src *int64, lines int)
