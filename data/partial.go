package data

import (
	"fmt"
	"strconv"
	"strings"
)

// Axis says what the work of a run is divided by.
type Axis uint8

const (
	ByPaths     Axis = iota // a shard is all borrowers on some of the paths
	ByBorrowers             // a shard is some of the borrowers on all paths
)

var axisNames = []string{"paths", "borrowers"}

func (a Axis) String() string { return axisNames[a] }

// AxisNames lists the axes by name; the index is the Axis.
func AxisNames() []string { return axisNames }

// Shard is one of the equal parts that the work of a run is divided into.
type Shard struct {
	Part int // 1 to Of
	Of   int
	By   Axis
}

// Whole is the shard that is all of a run.
var Whole = Shard{Part: 1, Of: 1}

// ParseShard reads "i/N".
func ParseShard(text string, by Axis) (Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	part, err := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err != nil || err2 != nil || part < 1 || part > of {
		return Shard{}, fmt.Errorf("i/N with i from 1 to N is needed, such as 2/8, found %q", text)
	}
	return Shard{part, of, by}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d by %v", s.Part, s.Of, s.By) }

// Range returns what the shard covers of n units of work: from, and one past it.
func (s Shard) Range(n int) (from, to int) {
	at := func(i int) int { return int(int64(i) * int64(n) / int64(s.Of)) }
	return at(s.Part - 1), at(s.Part)
}

// Partial is what a shard of a run has counted. All counts are exact integers, so that partials of all shards make up the
// run, in whatever order they are added.
type Partial struct {
	Shard    Shard
	Run      Run // of the whole run; its Sharing is that of the shard
	As       []int
	Subjects int // borrowers, or strata of a sample, that a path of the whole run simulates
	Cells    []Cell

	First   int       // path
	Paths   int       // from First
	Counts  [][]int64 // per arm, as in Results, of these paths; nil for an arm that is the same as another (As)
	Halves  [][]int64 // likewise, of those of these paths whose halves are told apart
	Weights []float64 // of these paths, nil where each counts 1
	Ledger  [][]int64 // per arm, as in Results, of what the shard has counted; nil for an arm that is the same as another
	Access  [][]int64 // likewise; nil where paths have weights

	// By paths: the sums over the replicates of each of Cells and of their margins, per arm.
	Sums [][]ExactSums
	// By borrowers: each of Cells on each replicate, per arm and replicate: [(cell*(Months+1) + month)*NumCounters + counter],
	// flows to date, since squares of parts do not add up to the square of their sum.
	Replicates [][][]int64
}

// ExactSums are the sums of CellSums with the squares in whole numbers of 128 bits.
type ExactSums struct {
	Cell         Cell
	Sum          []int64
	Upper, Lower []uint64 // of the squares
}
