package sim

import (
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/provision"
	"relend/sim/rule"
)

func anchored(t *testing.T, p *data.Portfolio, s Settings, arms ...Arm) *Plan {
	t.Helper()
	s.Anchor = Baseline
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// V12: on fresh paths every band of the baseline arm shows its mean PD within 12 months, with frailty, factor, further
// loans, fraud, prepayment and late borrowers as they are: z within 4.9 (alpha 1e-6 each), and the book as a whole. The
// wrong models, PDs taken structurally and a hazard 8 % too high, must be rejected.
func TestBaselineShowsPDs(t *testing.T) {
	long(t)
	const paths = 512
	p := book(2000)
	for i := range p.Borrowers {
		if i%4 != 0 {
			p.Borrowers[i].Bucket = 0
		}
	}
	s := settings(pilotMonths, paths)
	s.Seed = 42
	plan := anchored(t, p, s, arm("base"))
	bands := plan.bands()
	if len(bands) < 9 || slices.ContainsFunc(plan.anchored.Bands, func(b data.AnchorBand) bool { return !b.Reached }) {
		t.Fatalf("%+v", plan.anchored.Bands)
	}
	worst := func(change float64) (each, whole float64) {
		m := plan.families[0].model
		for i := range m.grades {
			m.grades[i].hazard += change
			defer func() { m.grades[i].hazard -= change }()
		}
		var room slots
		for i, b := range plan.all() {
			m.setAside.Add(provision.GradeOf(m.graded(i).hazard), b.tenor)
			for _, l := range plan.open(b, &room) {
				m.setAside.Add(provision.GradeOf(m.graded(i).hazard), l.Term)
			}
		}
		return fromPDs(plan, bands)
	}
	if each, whole := worst(0); each > 4.9 || whole > 4.9 {
		t.Errorf("a band is %.1f standard errors from its PD, the book %.1f", each, whole)
	}
	if _, whole := worst(math.Log(1.08)); whole < 4.9 {
		t.Errorf("a hazard 8 %% too high goes unnoticed: %.1f standard errors", whole)
	}
	m := plan.families[0].model
	for b := range bands {
		for _, i := range bands[b].members {
			m.eta[i] += plan.anchored.Bands[b].Offset
		}
	}
	if each, _ := worst(0); each < 4.9 {
		t.Errorf("structural PDs go unnoticed: %.1f standard errors", each)
	}
}

// fromPDs runs a plan and says how many standard errors the band that is farthest from its PD is away from it, and the book.
func fromPDs(plan *Plan, bands []band) (each, whole float64) {
	pairs := plan.settings.Paths / 2
	w := newWorker(plan)
	rates := make([][]float64, len(bands)+1) // by pair of paths; the book last
	for b := range rates {
		rates[b] = make([]float64, pairs)
	}
	seen, people := int64(0), float64(plan.Borrowers())
	for path := range 2 * pairs {
		w.economies = plan.economies(path)
		for b := range bands {
			for _, i := range bands[b].members {
				w.borrower(path, int(i))
			}
			defaults := -seen
			for at := int(data.Defaults); at < len(w.tallies[0].counts); at += int(data.NumCounters) {
				defaults += w.tallies[0].counts[at]
			}
			seen += defaults
			rates[b][path/2] += float64(defaults) / float64(2*bands[b].Borrowers)
			rates[len(bands)][path/2] += float64(defaults) / (2 * people)
		}
	}
	meanPD, pilot := 0., 0.
	for b := range rates {
		mean, squares, n := 0., 0., float64(pairs)
		for _, x := range rates[b] {
			mean += x / n
		}
		for _, x := range rates[b] {
			squares += (x - mean) * (x - mean)
		}
		se2 := squares / (n - 1) / n
		if b == len(bands) {
			whole = math.Abs(mean-meanPD) / math.Sqrt(se2+pilot)
			continue
		}
		band := &plan.anchored.Bands[b]
		share := float64(band.Borrowers) / people
		meanPD += share * band.PD
		pilot += share * share * band.StandardError * band.StandardError
		each = max(each, math.Abs(mean-band.PD)/math.Sqrt(se2+band.StandardError*band.StandardError))
	}
	return each, whole
}

// So it is under a limit on collection that begins within the year. The wrong model, in which the pilot reckons throughout
// with the cures of the first month, must be rejected.
func TestBaselineShowsPDsUnderDatedLimit(t *testing.T) {
	long(t)
	p := samePD(book(200))
	for i := range p.Borrowers {
		p.Borrowers[i].Segment, p.Borrowers[i].Bucket = 0, 0
	}
	a := arm("base")
	a.Law = []rule.Rule{&rule.Clause{
		Rule: &rule.CollectionLimit{Cures: .2, Recoveries: 1}, From: rule.Moment{Given: true, Months: 3}, Compliance: 1,
	}}
	plan := anchored(t, p, settings(pilotMonths, 128), a)
	bands := plan.bands()
	if each, _ := fromPDs(plan, bands); each > 4.9 {
		t.Errorf("a band is %.1f standard errors from its PD", each)
	}
	pilot, weathers := plan.pilot()
	dated := pilot.families[0].books[0]
	first := rule.Compile(nil, nil, dated.Terms, dated.AmountMin)
	for i := range weathers {
		weathers[i] = newWeather(weathers[i].economies, pilot.settings.Grid.SubStates(), first)
	}
	w := newWorker(pilot)
	for i := range bands {
		w.solve(&bands[i], weathers, workOf(len(bands)))
	}
	if each, _ := fromPDs(plan, bands); each < 4.9 {
		t.Errorf("cures of the first month throughout go unnoticed: %.1f standard errors", each)
	}
}

// The offsets depend on the portfolio and the baseline arm alone: not on seed, horizon, processors, the order of
// borrowers, or other arms, which take them as they are.
func TestOffsetsDependOnBaselineAlone(t *testing.T) {
	p := samePD(book(300))
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = .04 + .02*float64(i%2)
	}
	want := anchored(t, p, settings(12, 2), arm("base")).anchored
	if len(want.Bands) != 3 || want.Arm != "base" || want.Method != "baseline" {
		t.Fatalf("%+v", want)
	}
	check := func(what string, plan *Plan) {
		t.Helper()
		if !reflect.DeepEqual(plan.anchored, want) {
			t.Errorf("%s changes the offsets:\n%+v\n%+v", what, plan.anchored, want)
		}
	}
	other := settings(3, 4)
	other.Seed = 99
	check("seed and horizon", anchored(t, p, other, arm("base")))

	reversed := *p
	reversed.Borrowers = slices.Clone(p.Borrowers)
	slices.Reverse(reversed.Borrowers)
	check("the order of borrowers", anchored(t, &reversed, settings(12, 2), arm("base")))

	shocked := arm("shocked")
	shocked.Behaviour.ShockMult = 9
	shocked.Macro.Unemployment = []float64{2}
	last := settings(12, 2)
	last.Baseline = 1
	plan := anchored(t, p, last, shocked, arm("base"))
	check("another arm", plan)
	structural, err := NewPlan(p, []Arm{shocked}, settings(12, 2))
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Borrowers {
		b := &want.Bands[slices.IndexFunc(want.Bands, func(b data.AnchorBand) bool { return b.Segment == int(plan.row(i).Segment) })]
		if got := structural.families[0].model.eta[i] - plan.families[0].model.eta[i]; math.Abs(got-b.Offset) > 1e-12 {
			t.Fatalf("the other arm's hazards are shifted by %v, the baseline's by %v", got, b.Offset)
		}
	}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	check("the number of processors", anchored(t, p, settings(12, 2), arm("base")))
}

// With offsets, a copy of the baseline arm is still equal to it to the unit, under any number of workers.
func TestAnchoredTwin(t *testing.T) {
	plan := anchored(t, book(120), settings(18, 4), arm("base"), arm("twin"))
	one, err := plan.Run(t.Context(), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "twin", one, 0, one, 1)
	two, err := plan.Run(t.Context(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "workers", one, 0, two, 0)
	if len(one.Run.Anchoring.Bands) == 0 {
		t.Error("the run's description does not hold the offsets")
	}
}

// Bands are of equal size, never too small, and do not part equal PDs.
func TestBands(t *testing.T) {
	sizes := func(n int, pd func(i int) float64) (out []int) {
		p := perpetual(n)
		for i := range p.Borrowers {
			p.Borrowers[i].PD12 = pd(i)
		}
		plan := &Plan{}
		if err := plan.load(p); err != nil {
			t.Fatal(err)
		}
		seen := map[float64]int{}
		for k, b := range plan.bands() {
			out = append(out, len(b.members))
			for _, i := range b.members {
				if in, ok := seen[plan.row(int(i)).PD12]; ok && in != k {
					t.Error("equal PDs in two bands")
				}
				seen[plan.row(int(i)).PD12] = k
			}
		}
		return out
	}
	spread := func(i int) float64 { return .01 + 1e-5*float64(i) }
	for _, c := range []struct {
		n    int
		pd   func(int) float64
		want []int
	}{
		{3000, spread, []int{300, 300, 300, 300, 300, 300, 300, 300, 300, 300}},
		{199, spread, []int{199}},
		{700, spread, []int{200, 200, 300}},
		{1000, func(int) float64 { return .05 }, []int{1000}},
		{1300, func(i int) float64 { return []float64{.01, .02, .2}[min(i/450, 2)] }, []int{450, 450, 400}},
		{1000, func(i int) float64 { return []float64{.01, .02, .2}[min(i/450, 2)] }, []int{450, 550}},
	} {
		if got := sizes(c.n, c.pd); !slices.Equal(got, c.want) {
			t.Errorf("%d borrowers: bands of %v, want %v", c.n, got, c.want)
		}
	}
}

// A PD that no hazard gives is approached as far as the range goes, and shown: late borrowers alone default more often
// than a PD of .1 %. A portfolio without PDs has nothing to anchor.
func TestUnreachableBand(t *testing.T) {
	p := book(200)
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = .001
	}
	plan := anchored(t, p, settings(12, 2), arm("base"))
	for _, b := range plan.anchored.Bands {
		if b.Reached || b.Offset != -pilotMost || b.After < 2*b.PD || b.After > b.Before {
			t.Errorf("%+v", b)
		}
	}
	if !slices.ContainsFunc(plan.warnings, func(w string) bool {
		return strings.Contains(w, `segment "gig", PD 0.10% to 0.10% (`) && strings.Contains(w, "no hazard")
	}) {
		t.Errorf("warnings %q", plan.warnings)
	}
	p.HasPD = false
	if plan := anchored(t, p, settings(12, 2), arm("base")); len(plan.anchored.Bands) > 0 || plan.anchored.Method != "structural" {
		t.Errorf("without PDs: %+v", plan.anchored)
	}
}
