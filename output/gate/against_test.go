package gate

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/data/synth"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
)

// small is a small experiment whose seed changes.
type small struct {
	portfolio *data.Portfolio
	arms      []sim.Arm
	settings  sim.Settings
}

// newSmall makes one whose borrowers have times the PDs of the first.
func newSmall(t *testing.T, times float64) small {
	t.Helper()
	spec, _ := synth.Recipe("consumer")
	spec.Borrowers, spec.Seed = 40, 5
	p, err := synth.Generate(spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 *= times
	}
	e, err := scenarios.Parse("e.yaml", []byte("horizon: 6 months\npaths: 64\nanchor: structural\npolicies: [default, cooling_off_3]\n"), scenarios.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	s := small{portfolio: p}
	if s.arms, s.settings, err = e.Arms(p.Currency, p.Segments); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s small) run(t *testing.T, seed uint64) *data.Results {
	t.Helper()
	s.settings.Seed = seed
	plan, err := sim.NewPlan(s.portfolio, s.arms, s.settings)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(context.Background(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tolerances(t *testing.T, texts ...string) (list []data.Tolerance) {
	t.Helper()
	for _, text := range texts {
		one, wrong := data.ParseTolerance(text)
		if wrong != "" {
			t.Fatal(wrong)
		}
		list = append(list, one)
	}
	return list
}

// reruns is the number of re-runs: 100, and 400 where time does not matter.
func reruns() int {
	if os.Getenv("RELEND_SLOW") != "" {
		return 400
	}
	return 100
}

// failed tells whether a gate against a baseline run fails.
func failed(before, after *data.Results, list []data.Tolerance, level float64) bool {
	a := &Against{Configuration: []string{"seed"}}
	return slices.ContainsFunc(Compare(before, after, a, list, level, "error"), func(j Judgement) bool { return j.Result == Fails })
}

// Over 400 re-runs with fresh seeds, each against a baseline run of its own, the gate raises no more false alarms than
// its level states. One whose bands take no share of the level raises more, and is told from it.
func TestFalseAlarms(t *testing.T) {
	reruns, level := reruns(), .95
	s := newSmall(t, 1)
	// So narrow that chance alone decides.
	list := tolerances(t, "default_rate=±0.001bp", "served_share=±0.001bp", "originations_amount=±0.001%", "diff:served_share=±0.001bp",
		"loss_rate=±0.001bp", "net_margin_rate=±0.001bp", "approval_rate=±0.001bp", "par_30=±0.001bp")
	alarms, naive := 0, 0
	for i := range reruns {
		before, after := s.run(t, uint64(2*i)), s.run(t, uint64(2*i+1))
		if failed(before, after, list, level) {
			alarms++
		}
		if slices.ContainsFunc(list, func(one data.Tolerance) bool { return failed(before, after, []data.Tolerance{one}, level) }) {
			naive++
		}
	}
	t.Logf("%d false alarms in %d re-runs at level %v; without shares of the level %d", alarms, reruns, level, naive)
	law := distuv.Binomial{N: float64(reruns), P: 1 - level}
	if p := 1 - law.CDF(float64(alarms-1)); p < 1e-6 {
		t.Errorf("%d false alarms (p %.2g)", alarms, p)
	}
	if p := 1 - law.CDF(float64(naive-1)); p > 1e-6 {
		t.Errorf("the wrong gate raises %d false alarms only (p %.2g)", naive, p)
	}
}

// A true shift of twice the tolerance is found in at least 95 % of the re-runs, where chance stays within the tolerance.
func TestPower(t *testing.T) {
	reruns, sure := reruns(), .99
	old, moved := newSmall(t, 1), newSmall(t, 4)
	// What the shift truly is, from many more paths.
	long := func(s small) float64 {
		s.settings.Paths = 1 << 12
		return level(t, s.run(t, 77), "baseline", "default_rate")
	}
	shift := long(moved) - long(old)
	list := tolerances(t, fmt.Sprintf("default_rate=±%.4fbp", shift/2*1e4))
	found := 0
	for i := range reruns {
		if failed(old.run(t, uint64(2*i)), moved.run(t, uint64(2*i+1)), list, sure) {
			found++
		}
	}
	t.Logf("a shift of %.3f pp, twice the tolerance, found in %d of %d", 100*shift, found, reruns)
	if found < reruns*95/100 {
		t.Errorf("found in %d of %d", found, reruns)
	}
}

func level(t *testing.T, r *data.Results, arm, measure string) float64 {
	t.Helper()
	m, ok := data.MeasureByName(measure)
	at := armOf(&r.Run, arm)
	if !ok || at < 0 {
		t.Fatalf("no %s of %s", measure, arm)
	}
	return estimate.Combine(m, estimate.Term{Run: estimate.New(r, .95), Arm: at, Reference: -1, Month: r.Run.Months, Factor: 1}).Value
}
