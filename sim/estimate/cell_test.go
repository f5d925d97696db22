package estimate

import (
	"math"
	"testing"

	"relend/data"
)

// TestLinear: sums of cells give what the estimator gives, and equal terms cancel to exactly 0, whatever their order.
func TestLinear(t *testing.T) {
	s := func(scale float64) data.Sums {
		var x data.Sums
		for i := range 20 {
			x.Num, x.Den = append(x.Num, scale*(1+math.Sin(float64(i)))), append(x.Den, 3+math.Cos(float64(i)))
		}
		return x
	}
	a, b := s(.1), s(.37)
	if d, l := Difference(a, b, .95), Linear([]data.Sums{a, b}, []float64{1, -1}, .95); math.Abs(d.Value-l.Value) > 1e-15 || math.Abs(d.SE-l.SE) > 1e-15 {
		t.Errorf("%+v, %+v", d, l)
	}
	if f, l := Of(a, .95), Linear([]data.Sums{a, a, a}, []float64{1. / 3, 1. / 3, 1. / 3}, .95); math.Abs(f.Value-l.Value) > 1e-15 || math.Abs(f.Half()-l.Half()) > 1e-14 {
		t.Errorf("%+v, %+v", f, l)
	}
	if z := Linear([]data.Sums{a, b, a, b}, []float64{1, -1, -1, 1}, .95); z.Value != 0 || z.SE != 0 || z.Verdict() != Identical {
		t.Errorf("the difference of equal differences is %+v", z)
	}
	if wide := Of(a, .99); wide.Half() <= Of(a, .95).Half() {
		t.Error("the level does not widen the interval")
	}
	short := data.Sums{Num: a.Num[:10], Den: a.Den[:10]}
	if x := Difference(a, short, .95); !math.IsNaN(x.Value) {
		t.Errorf("cells of other paths have the difference %+v", x)
	}
}
