package behaviour

import (
	"math"
	"testing"
)

// NearPick keeps its promise, and would not with half of it at the end of its range.
func TestNearPick(t *testing.T) {
	worst := 0.
	for i := range 501 {
		for j := range 501 - i {
			a, b := float64(i)/1000, float64(j)/1000
			x, y := Pick(a, b)
			u, v := NearPick(a, b)
			worst = max(worst, math.Abs(x-u), math.Abs(y-v))
		}
	}
	if worst > PickError || worst < PickError/2 {
		t.Errorf("error %.3g, promised %.3g", worst, PickError)
	}
}
