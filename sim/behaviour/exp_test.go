package behaviour

import (
	"math"
	"testing"
)

func TestExp(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 700, -700, 709, -745, 1e300, -1e300, math.Inf(1), math.Inf(-1)} {
		if got, want := Exp(x), math.Exp(x); math.Abs(got-want) > 1e-15*want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	if Exp(0) != 1 || !math.IsNaN(Exp(math.NaN())) {
		t.Error("exp of 0 is not 1, or of no number is one")
	}
	worst := 0.
	for i := range 1 << 20 {
		x := (float64(i)/(1<<19) - 1) * 30
		worst = max(worst, math.Abs(Exp(x)/math.Exp(x)-1))
	}
	if worst > 0x1p-51 { // math.Exp may be off by a unit as well
		t.Errorf("off by %v of the value", worst)
	}
}

func BenchmarkExp(b *testing.B) {
	sum := 0.
	for i := range b.N {
		sum += Exp(float64(i&1023)/64 - 8)
	}
	sink = sum
}

func BenchmarkMathExp(b *testing.B) {
	sum := 0.
	for i := range b.N {
		sum += math.Exp(float64(i&1023)/64 - 8)
	}
	sink = sum
}

var sink float64
