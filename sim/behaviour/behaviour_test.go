package behaviour

import (
	"math"
	"strings"
	"testing"
)

func TestRegistry(t *testing.T) {
	p := Default()
	if err := p.Check().Err(); err != nil {
		t.Error(err)
	}
	g := AllGranted()
	if err := g.Check().Err(); err != nil {
		t.Error(err)
	}
	names, fields := map[string]bool{}, map[*float64]string{}
	for _, d := range Registry() {
		if names[d.Name] || d.Meaning == "" || d.Unit == "" || d.Source == "" || d.Min > d.Max {
			t.Errorf("%s: twice, or not documented", d.Name)
		}
		names[d.Name] = true
		field := d.field(&p)
		if other := fields[field]; other != "" {
			t.Errorf("%s and %s share a field", d.Name, other)
		}
		fields[field] = d.Name
	}
	if p.Miss0 = 0; p.Check().Err() == nil || p.TakeUp(p.APRRef, 1, math.Log(.02/p.Miss0)) < 1 { // it would make everybody take up
		t.Error("risk.miss0 may be 0")
	}
	if p.Miss0 = 1e-12; p.Check().Err() != nil || p.TakeUp(p.APRRef, 1, math.Log(.02/p.Miss0)) > .999 {
		t.Error("risk.miss0 may not be small")
	}
	p = Default()
	p.Leak, p.ShockMonths = 1.2, 2.5
	if err := p.Check().Err(); err == nil || !strings.Contains(err.Error(), "behaviour.leak.rate: 1.2 is out of range, allowed 0 to 1") ||
		!strings.Contains(err.Error(), "behaviour.shock.months: 2.5 is not a whole number") {
		t.Errorf("got %v", err)
	}
	p.Leak = math.NaN()
	if p.Check().Err() == nil {
		t.Error("NaN passes")
	}
}

func TestSeasoning(t *testing.T) {
	p := Default()
	table := p.Seasoning(60, 1)
	mean, peak := 0., 0
	for age, s := range table[:12] {
		mean += s / 12
		if s > table[peak] {
			peak = age
		}
	}
	if math.Abs(mean-1) > 1e-11 || peak != 3 {
		t.Errorf("mean of the first year %v, peak at age %d", mean, peak)
	}
	p.Season[1] = 0
	for _, s := range p.Seasoning(30, 1) {
		if s != 1 {
			t.Fatalf("flat season: %v", s)
		}
	}
}

// Monthly chances of the default chain (model.md §6.2): roll .21/.57/.82, cure .63/.29/.12, and 14.5 % of missed
// payments end in default when nobody stays for ever.
func TestChain(t *testing.T) {
	p := Default()
	c := p.Chain(Multipliers{1, 1, 1}, 1)
	ends := 1.
	for k, want := range [3][2]float64{{.21, .63}, {.57, .29}, {.82, .12}} {
		if roll, cure := c[k].Roll, c[k].Either-c[k].Roll; math.Abs(roll-want[0]) > .005 || math.Abs(cure-want[1]) > .005 {
			t.Errorf("bucket %d: roll %.3f cure %.3f", k+1, roll, cure)
		}
		ends *= c[k].Roll / c[k].Either
	}
	if math.Abs(ends-.145) > .0015 {
		t.Errorf("%.4f of missed payments end in default", ends)
	}
	if c.Late(1, 0) != Roll || c.Late(1, .5) != Cure || c.Late(1, .99) != Stay {
		t.Error("order of outcomes is not roll, cure, stay")
	}
}

// The multipliers have mean 1 over a standard normal factor.
func TestMultipliers(t *testing.T) {
	p := Default()
	var sum Multipliers
	const h = .001
	for z := -9.; z < 9; z += h {
		w := h * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		m := p.Multipliers(z, .4, 0)
		sum.Miss += w * m.Miss
		sum.Roll += w * m.Roll
		sum.Cure += w * m.Cure
	}
	for _, m := range []float64{sum.Miss, sum.Roll, sum.Cure} {
		if math.Abs(m-1) > 1e-9 {
			t.Errorf("mean %v", m)
		}
	}
	if bad := p.Multipliers(2, .4, 0); !(bad.Miss > bad.Roll && bad.Roll > 1 && bad.Cure < 1) {
		t.Errorf("a bad month: %+v", bad)
	}
}

func TestPick(t *testing.T) {
	if a, b := Pick(0, 0); a != 0 || b != 0 {
		t.Error("no hazard fires")
	}
	first, either := Pick(.2, .3)
	if math.Abs(either-(1-math.Exp(-.5))) > 1e-15 || math.Abs(first/either-.4) > 1e-15 {
		t.Errorf("%v of %v", first, either)
	}
}

func TestRecovery(t *testing.T) {
	p := Default()
	curve := p.RecoveryCurve()
	if len(curve) != 24 || curve[23] != 1 || math.Abs((curve[1]-curve[0])/curve[0]-.88) > 1e-12 {
		t.Errorf("%v", curve)
	}
	if p.RecoveryFraction(.4, 1) >= p.RecoveryFraction(.4, 0) || p.RecoveryFraction(.4, 0) != .25 || p.RecoveryFraction(5, -9) > 1 {
		t.Error("recovery does not fall in bad times, or leaves its range")
	}
}

func TestTakeUp(t *testing.T) {
	p := Default()
	base := p.TakeUp(p.APRRef, 1, 0)
	if math.Abs(base-1/(1+math.Exp(-1.5))) > 1e-15 {
		t.Error(base)
	}
	if p.TakeUp(.3, 1, 0) >= base || p.TakeUp(.24, .5, 0) >= base || p.TakeUp(.24, 1, 1) <= base {
		t.Error("take-up does not fall with price, rise with amount and with risk")
	}
}

func TestEta(t *testing.T) {
	p := Default()
	if e := p.Eta(Covariates{PTI: p.PTIRef, Ordinal: 1, APR: p.APRRef}); e != 0 {
		t.Errorf("at the reference: %v", e)
	}
	p.BOrd = [4]float64{.1, .2, .3, .4}
	e := p.Eta(Covariates{PTI: 5, Outside: 9, Ordinal: 8, APR: .34, Size: 2})
	if want := 3*(1.2-.2) + .12*6 + .4 + .5*.1 + .15*2; math.Abs(e-want) > 1e-12 {
		t.Errorf("%v, want %v", e, want)
	}
}

// V13 by quadrature: given what is seen, the mean of the true hazard is what is seen, exactly; and AUC and gain are
// inverse to each other.
func TestSeenIsTheMean(t *testing.T) {
	p := Default()
	for _, q := range []float64{0, .3, .8, 1} {
		p.SigmaU, p.ScoreGain = .9, q
		for _, w := range []float64{-2, 0, 1.5} {
			// u = sqrt(q) w + sqrt(1-q) z, n = sqrt(1-q) w - sqrt(q) z give the same w for every z.
			mean, seen := 0., 0.
			const step = 1. / 16
			for z := -12.; z <= 12; z += step {
				u, n := math.Sqrt(q)*w+math.Sqrt(1-q)*z, math.Sqrt(1-q)*w-math.Sqrt(q)*z
				mean += step * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * math.Exp(p.SigmaU*u-p.SigmaU*p.SigmaU/2)
				seen = math.Exp(p.Seen(u, n))
			}
			if math.Abs(mean/seen-1) > 1e-12 {
				t.Errorf("gain %v, w %v: mean %v, seen %v", q, w, mean, seen)
			}
			if off := seen * math.Exp(p.SigmaU*p.SigmaU*q/2); q > 0 && math.Abs(mean/off-1) < 1e-3 {
				t.Errorf("gain %v: a missing compensator goes unnoticed", q)
			}
		}
	}
	// Model.md §4: standard deviations .742, .954, 1.19 give AUC .70, .75, .80.
	for s, want := range map[float64]float64{.742: .700, .954: .750, 1.190: .800} {
		if math.Abs(AUC(s)-want) > 5e-4 {
			t.Errorf("AUC(%v) = %v, want %v", s, AUC(s), want)
		}
	}
	p.SigmaU = .6
	if q := p.Gain(.70, .73); math.Abs(AUC(math.Sqrt(.742*.742+q*.36))-.73) > 5e-4 || q <= 0 || q >= 1 {
		t.Errorf("gain %v", q)
	}
	if best := p.BestAUC(.70); math.Abs(p.Gain(.70, best)-1) > 1e-9 {
		t.Errorf("best AUC %v", best)
	}
}
