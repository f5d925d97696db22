package factor

import (
	"fmt"
	"strings"

	"relend/data"
)

// Design is a way of drawing the factor paths of a run.
type Design uint8

const (
	Plain      Design = iota // every path independent
	Antithetic               // path 2k+1 mirrors path 2k: what one draws up the other draws down
	Stratified               // antithetic, and each of 16 paths has its own sixteenth of the law of the main direction (direction.go)
	Lattice                  // antithetic, and the first halves of 8 pairs are a randomly shifted lattice in the main directions
	Importance               // for tails: every other path is drawn from bad times, and all have a weight (importance.go)
)

var designNames = []string{"plain", "antithetic", "stratified", "lattice", "importance"}

func (d Design) String() string { return designNames[d] }

// DesignNames lists the designs by name; the index is the Design.
func DesignNames() []string { return designNames }

// ParseDesign returns the design of that name.
func ParseDesign(name string) (Design, error) {
	for i, n := range designNames {
		if n == name {
			return Design(i), nil
		}
	}
	return 0, fmt.Errorf("unknown design %q (allowed: %s)%s", name, strings.Join(designNames, ", "), data.DidYouMean(name, designNames))
}

// mirrored reports whether the odd paths have the opposite draws of the even ones.
func (d Design) mirrored() bool { return d == Antithetic || d == Stratified || d == Lattice }

// Replicate is the number of paths of one independent replicate, the unit of standard errors.
func (d Design) Replicate() int {
	switch d {
	case Antithetic, Importance:
		return 2
	case Stratified, Lattice:
		return points
	}
	return 1
}
