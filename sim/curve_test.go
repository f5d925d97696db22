package sim

import (
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
	"relend/sim/contract"
)

// The curve is the break-even price within the error that it states, rises with the PD, and ends where prices do.
func TestPriceCurve(t *testing.T) {
	usual := contract.Costs{Funding: .06, Operating: .03, Acquisition: .02, Recovery: .25, RecoveryLag: 4}
	generous := usual
	generous.Recovery = 1
	r := rand.New(rand.NewPCG(3, 5))
	for _, costs := range []contract.Costs{usual, generous, {}} {
		for product := range data.Product(data.NumProducts) {
			for _, n := range []int{1, 6, 12, 36} {
				curve, low, high := newPriceCurve(product, n, costs), 0., 0.
				before, lastY := 0., -20.
				for y := -20.; y < 4; y += .1 * r.Float64() {
					got := curve.at(y)
					if got < before {
						t.Errorf("%v over %d: the price falls between %v and %v", product, n, lastY, y)
					}
					before, lastY = got, y
					want := contract.BreakEven(product, n, -math.Expm1(-math.Exp(min(y, curveMost))), costs)
					switch {
					case math.IsInf(want, 1) || math.IsInf(got, 1):
						if got != want && math.Abs(y-curve.last) > 1e-9 {
							t.Errorf("%v over %d at %v: %v, want %v", product, n, y, got, want)
						}
					case want <= 1:
						low = max(low, math.Abs(got-want))
					default:
						high = max(high, math.Abs(got-want))
					}
				}
				if low > 1e-6 || high > .02 {
					t.Errorf("%v over %d: off by %.2g up to 100 %%, by %.2g above", product, n, low, high)
				}
			}
		}
	}
}
