package provision

import (
	"testing"

	"relend/data"
	"relend/sim/behaviour"
)

// BenchmarkAdd measures what one grade costs when a plan is made.
func BenchmarkAdd(b *testing.B) {
	p := behaviour.Default()
	for _, c := range []struct {
		grid data.Grid
		term int16
	}{{data.Monthly, 12}, {data.Monthly, 36}, {data.Weekly, 52}} {
		b.Run(c.grid.String()+" "+data.Money(c.term*100).String(), func(b *testing.B) {
			for range b.N {
				NewTable(ECL, &p, c.grid).Add(GradeOf(-4), c.term)
			}
		})
	}
}
