package behaviour

import (
	"math"
	"testing"

	"relend/data"
)

// On a finer grid hazards shrink with the step and whole months become steps, each parameter by its unit; nothing else
// changes but what persists or decays by the month. On the monthly grid nothing changes at all.
func TestOn(t *testing.T) {
	p := Default()
	if p.On(data.Monthly) != p {
		t.Error("the monthly grid changes parameters")
	}
	for grid, perMonth := range map[data.Grid]float64{data.HalfMonthly: 2, data.Weekly: 52. / 12} {
		q := p.On(grid)
		for _, d := range Registry() {
			v, got := d.Value(&p), d.Value(&q)
			want := v
			switch {
			case d.Unit == "per month":
				want = v / perMonth
			case d.Unit == "months" && d.Integer:
				want = math.Round(v * perMonth)
			case d.Name == "factor.phi" || d.Name == "recovery.decay":
				want = math.Pow(v, 1/perMonth)
			}
			if math.Abs(got-want) > 1e-12 {
				t.Errorf("%s on the grid %v: %v, want %v", d.Name, grid, got, want)
			}
		}
	}
}

// Of the borrowers who leave a bucket the same part rolls on, whatever the number of parts that the bucket has.
func TestPartsOfABucket(t *testing.T) {
	p := Default()
	p.Cure[1] = 0
	for _, n := range []int{1, 2, 4} {
		for k, c := range p.Chain(Multipliers{1, 1.3, .8}, n) {
			roll, cure := p.Roll[k]*1.3, p.Cure[k]*.8
			if got, want := math.Pow(c.Roll/c.Either, float64(n)), roll/(roll+cure); math.Abs(got-want) > 1e-12 {
				t.Errorf("%d parts, bucket %d: %v roll on, want %v", n, k+1, got, want)
			}
		}
	}
	if a, b := advance(.5, 1e-13, 4), advance(.5, 0, 4); math.Abs(a-b) > 1e-9 || b != 2 {
		t.Errorf("hardly any cure gives %v, none %v", a, b)
	}
	if advance(0, 1, 4) != 0 {
		t.Error("who does not roll goes on")
	}
}
