package factor

import (
	"fmt"

	"relend/data"
)

// Design is a way of drawing the factor paths of a run.
type Design uint8

const (
	Plain      Design = iota // every path independent
	Antithetic               // path 2k+1 mirrors path 2k: what one draws up the other draws down
)

var designNames = []string{"plain", "antithetic"}

func (d Design) String() string { return designNames[d] }

// DesignNames lists the designs by name.
func DesignNames() []string { return designNames }

// ParseDesign returns the design of that name.
func ParseDesign(name string) (Design, error) {
	for i, n := range designNames {
		if n == name {
			return Design(i), nil
		}
	}
	return 0, fmt.Errorf("unknown design %q (allowed: plain, antithetic)%s", name, data.DidYouMean(name, designNames))
}

// Replicate is the number of paths of one independent replicate, the unit of standard errors.
func (d Design) Replicate() int {
	if d == Antithetic {
		return 2
	}
	return 1
}
