package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rule"
)

// door are settings with applicants of several kinds.
func door(months, paths int) Settings {
	s := settings(months, paths)
	none, half := 0, .5
	product := data.EqualPrincipal
	s.Applicants = []Applicants{
		{Count: 3.5},
		{Share: .02, Poisson: true, Segments: []string{"gig"}, PD: .08, Spread: .7, Product: &product, Term: 9, Principal: 400000, Income: 600000, Outside: &none, Dependence: &half},
	}
	return s
}

// What holds of borrowers holds of applicants: arms together count what each counts alone, workers do not matter, and
// every run passes its audit.
func TestApplicantsTogetherAndAlone(t *testing.T) {
	p, s := samePD(book(120)), door(24, 4)
	arms := manyArms()
	arms = append(arms, arm("score", &rule.ScoreCutoff{MaxPD: .07}))
	together := mustRun(t, p, s, 2, arms...)
	for i := range arms {
		alone := mustRun(t, p, s, 1, arms[i])
		equal(t, arms[i].Name, together, i, alone, 0)
	}
	rich, poor := arm("rich", &rule.FundingBudget{Amount: 1e12}), arm("poor", &rule.FundingBudget{Amount: 100000 * data.Unit})
	steered := mustRun(t, p, s, 2, arms[0], rich, poor)
	equal(t, "a budget that suffices", steered, 0, steered, 1)
	if slices.Equal(steered.Counts[0], steered.Counts[2]) {
		t.Error("a budget does not bind applicants")
	}
	for _, c := range together.Run.Checks {
		if strings.Contains(c.Name, "over all states") && !strings.Contains(c.Name, "applicants who have come") {
			t.Errorf("check %q", c.Name)
		}
	}
}

// The borrowers of the snapshot go their way as if nobody came: counts with applicants less those without are the
// same however the snapshot is weighted, and the applicants of a run with more of them are those of one with fewer
// and others.
func TestApplicantsChangeNobody(t *testing.T) {
	p := samePD(book(60))
	arms := manyArms()[:6]
	none, few := settings(18, 2), settings(18, 2)
	few.Applicants = []Applicants{{Count: 2}}
	without, with := mustRun(t, p, none, 1, arms...), mustRun(t, p, few, 1, arms...)
	thrice := *p
	thrice.Borrowers = slices.Clone(p.Borrowers)
	for i := range thrice.Borrowers {
		thrice.Borrowers[i].Weight = 3
	}
	more := mustRun(t, &thrice, few, 1, arms...)
	for a := range arms {
		for k := range with.Counts[a] {
			// 3 x snapshot + applicants = 2 x snapshot more than snapshot + applicants
			if more.Counts[a][k]-with.Counts[a][k] != 2*without.Counts[a][k] {
				t.Fatalf("arm %s: the borrowers of the snapshot count differently with applicants", arms[a].Name)
			}
		}
	}

	ids := func(n float64) map[uint64]bool {
		s := none
		s.Applicants = []Applicants{{Count: n}}
		plan, err := NewPlan(p, arms[:1], s)
		if err != nil {
			t.Fatal(err)
		}
		set := map[uint64]bool{}
		for _, b := range plan.applicants {
			set[b.id] = true
		}
		return set
	}
	small, large := ids(2), ids(5)
	if len(small) != 36 || len(large) != 90 {
		t.Errorf("%d and %d applicants, want 36 and 90", len(small), len(large))
	}
	for id := range small {
		if !large[id] {
			t.Fatal("more applicants are other ones")
		}
	}
}

// Applicants whose PD is drawn above the highest of data have that one, and the plan says how many they are.
func TestApplicantsAtTheHighestPD(t *testing.T) {
	for _, c := range []struct{ pd, spread float64 }{{.9, 1.5}, {data.MaxPD12, 0}, {.05, .5}} {
		s := settings(12, 2)
		s.Applicants = []Applicants{{Count: 20, PD: c.pd, Spread: c.spread}, {Count: 5}}
		plan, err := NewPlan(samePD(book(60)), []Arm{arm("base")}, s)
		if err != nil {
			t.Fatal(err)
		}
		highest := 0
		for _, a := range plan.applicants {
			if a.pd == data.MaxPD12 {
				highest++
			}
			if a.pd > data.MaxPD12 {
				t.Errorf("a PD of %v", a.pd)
			}
		}
		want := ""
		if c.spread > 1 {
			want = fmt.Sprintf("%d of 300 applicants (%.2f%%) were drawn with a PD above 99%%, the highest there is: they have that one", highest, float64(highest)/3)
			// The hazard ln 10 of the median is to be doubled.
			if far := distuv.UnitNormal.Survival(math.Ln2 / c.spread); math.Abs(float64(highest)-240*far) > 5*math.Sqrt(240*far*(1-far)) {
				t.Errorf("%d of 240 at the highest PD, %.1f are expected", highest, 240*far)
			}
		}
		said := slices.ContainsFunc(plan.warnings, func(w string) bool { return strings.Contains(w, "were drawn") })
		if said != (want != "") || said && !slices.Contains(plan.warnings, want) {
			t.Errorf("PD %v, spread %v: want %q, found %q", c.pd, c.spread, want, plan.warnings)
		}
	}
}

// The anchoring of the snapshot's borrowers in the baseline knows nothing of who comes; who comes has the offset and,
// under the probit link, the risk cell of borrowers like him: both those of the last band that begins no higher than his PD, also
// where the mean of the one below is nearer.
func TestApplicantsDoNotMoveTheAnchor(t *testing.T) {
	long(t)
	s := settings(6, 2)
	s.Link = factor.Probit
	p := book(600)
	for i := range p.Borrowers {
		b, x := &p.Borrowers[i], float64(i)/600
		b.Segment, b.PD12 = uint8(i%3/2), []float64{.01 + .02*x, .04 + .16*x, .05 + .1*x}[i%3]
	}
	plan := func(anchor Anchor, applicants ...Applicants) *Plan {
		s.Anchor, s.Applicants = anchor, applicants
		plan, err := NewPlan(p, []Arm{arm("base")}, s)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	coming := Applicants{Count: 40, PD: .08, Spread: .8}
	without, with, structural := plan(Baseline), plan(Baseline, coming), plan(Structural, coming)
	if !slices.Equal(with.anchored.Bands, without.anchored.Bands) {
		t.Errorf("bands %+v, without applicants %+v", with.anchored.Bands, without.anchored.Bands)
	}
	first := with.residents()
	if first != 600 || len(with.applicants) < 200 {
		t.Fatalf("%d borrowers, %d applicants", first, len(with.applicants))
	}
	for j := first; j < with.Borrowers(); j++ {
		b := with.borrower(j)
		offset := structural.families[0].model.eta[j] - with.families[0].model.eta[j]
		want := 2 // the second segment has one band, the first has two
		if b.segment == 0 {
			want = 0
			if b.pd >= with.anchored.Bands[1].Lowest {
				want = 1
			}
		}
		if band := &with.anchored.Bands[want]; int(b.risk) != want || math.Abs(band.Offset-offset) > 1e-12 {
			t.Fatalf("applicant %d of segment %d and PD %v has an offset of %v and the risk of band %d, want those of %d: %+v",
				j-first, b.segment, b.pd, offset, b.risk, want, with.anchored.Bands)
		}
	}
}

// A cut-off on the hazard seen lets in the share of a normal law that it should, with and without a score gain
// (binomial, alpha); the wrong law leaves the score gain out. What each is granted is the product's principal, and his
// loan is never paid with the probability of a first loan.
func TestDoor(t *testing.T) {
	const months, perMonth, paths, cut, median, spread = 4, 500, 20, .07, .06, .8
	a := arm("door")
	a.Policy = []rule.Rule{&rule.ScoreCutoff{MaxPD: cut}, &rule.MaxOrdinal{Max: 1}}
	a.Behaviour.Take, a.Behaviour.FraudFirst = [4]float64{40, 0, 0, 0}, .05
	s := settings(months, paths)
	annuity := data.Annuity
	s.Applicants = []Applicants{{Count: perMonth, PD: median, Spread: spread, Principal: 700000, Product: &annuity}}
	open := a
	open.Policy = a.Policy[1:]
	better := a
	better.Behaviour.ScoreGain = .6
	r := mustRun(t, samePD(book(20)), s, 2, a, open, better)
	total := func(arm int, c data.Counter) (sum int64) {
		for path := range paths {
			for m := range data.Month(months + 1) {
				sum += r.Row(arm, path, m)[c]
			}
		}
		return sum
	}
	for i := range 3 {
		if n := total(i, data.Arrivals); n != months*perMonth*paths {
			t.Errorf("%d arrivals", n)
		}
		if joined := total(i, data.Joined); joined != total(i, data.Granted) || total(i, data.Disbursed) != joined*700000 {
			t.Errorf("arm %d: %d joined, %d granted, %d lent", i, joined, total(i, data.Granted), total(i, data.Disbursed))
		}
		if unlikely(total(i, data.FirstPaymentFraud), total(i, data.Joined), .05) {
			t.Errorf("arm %d: %d of %d first loans are never paid", i, total(i, data.FirstPaymentFraud), total(i, data.Joined))
		}
	}
	if n := total(1, data.Joined); n != total(1, data.Arrivals) {
		t.Errorf("the open door lets in %d", n)
	}
	room := math.Log(math.Log1p(-cut) / math.Log1p(-median))
	// Applicants are the same on every path, so without a gain their number is that of one draw.
	if k := total(0, data.Joined); k%paths != 0 || unlikely(k/paths, months*perMonth, distuv.UnitNormal.CDF(room/spread)) {
		t.Errorf("%d of %d pass the cut-off", k/paths, months*perMonth)
	}
	hidden := .6 * .36
	seen := distuv.UnitNormal.CDF((room + hidden/2) / math.Hypot(spread, math.Sqrt(hidden)))
	z := func(p float64) float64 { // the spread of the grades does not average out over paths, that of the data does
		return (float64(total(2, data.Joined))/(months*perMonth*paths) - p) / math.Sqrt(p*(1-p)/(months*perMonth))
	}
	if math.Abs(z(seen)) > 4.9 {
		t.Errorf("with a score gain %v of standard errors off", z(seen))
	}
}

// Loosening a cut-off lets in worse risks by itself: the defaults of those who joined, per joined, rise from arm to arm.
// With grades that mean nothing, all alike, they do not.
func TestLooseningWorsensTheMix(t *testing.T) {
	long(t)
	const months, paths = 18, 10
	var arms []Arm
	for _, cut := range []float64{0, .05, .09, .16, 1} {
		a := arm("cut")
		a.Policy = []rule.Rule{&rule.ScoreCutoff{MaxPD: cut}, &rule.MaxOrdinal{Max: 1}}
		arms = append(arms, a)
	}
	rates := func(spread float64) (list []float64) {
		s := settings(months, paths)
		s.Applicants = []Applicants{{Count: 200, PD: .04, Spread: spread}}
		r := mustRun(t, book(100), s, 2, arms...)
		sum := func(arm int, c data.Counter) (n float64) {
			for path := range paths {
				for m := range data.Month(months + 1) {
					n += float64(r.Row(arm, path, m)[c])
				}
			}
			return n
		}
		for i := 1; i < len(arms); i++ { // nobody joins in the first: its defaults are those of the snapshot
			list = append(list, (sum(i, data.Defaults)-sum(0, data.Defaults))/sum(i, data.Joined))
		}
		return list
	}
	mixed := rates(.9)
	for i := range mixed[1:] {
		if mixed[i+1] < mixed[i]*1.05 {
			t.Errorf("default rates of those who joined, by cut-off: %v", mixed)
		}
	}
	if same := rates(1e-9); same[0] != same[3] {
		t.Errorf("without a spread: %v", same)
	}
	t.Logf("default rates by cut-off 5, 9, 16, 100 %%: %.4f", mixed)
}

func TestPoisson(t *testing.T) {
	for _, mean := range []float64{.3, 4, 2000} {
		law := distuv.Poisson{Lambda: mean}
		for _, u := range []float64{1e-9, .1, .5, .99, 1 - 1e-9} {
			k := poisson(mean, u)
			if law.CDF(float64(k)) < u || k > 0 && law.CDF(float64(k-1)) >= u {
				t.Errorf("quantile %v of a mean of %v: %d", u, mean, k)
			}
		}
	}
	s := settings(60, 2)
	s.Applicants = []Applicants{{Count: 30, Poisson: true}}
	plan, err := NewPlan(book(10), []Arm{arm("base")}, s)
	if err != nil {
		t.Fatal(err)
	}
	var by [60]float64
	for _, a := range plan.applicants {
		by[a.step]++
	}
	mean, squares := 0., 0.
	for _, n := range by {
		mean, squares = mean+n/60, squares+n*n/60
	}
	if variance := squares - mean*mean; math.Abs(mean-30) > 4.9*math.Sqrt(.5) || variance < 10 || variance > 60 {
		t.Errorf("mean %v, variance %v", mean, squares-mean*mean)
	}
}

// All that is wrong with the applicants is said at once.
func TestApplicantsAreChecked(t *testing.T) {
	p := book(10)
	p.HasPD = false
	s := settings(12, 2)
	far, often := 300, 1.5
	s.Applicants = []Applicants{{Segments: []string{"consumr"}, PD: .05}, {Count: 1, Spread: .5, Term: 700, Outside: &far, Dependence: &often}, {Count: 1e9}}
	_, err := NewPlan(p, []Arm{arm("base")}, s)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"applicants[0].per_month: a number or a share", `applicants[0].segments: the portfolio has no segment "consumr", did you mean "consumer"?`,
		"applicants[0].pd: the portfolio gives no probability of default", "applicants[1].pd_spread: goes with pd", "applicants[1].term: 700 is out of range, allowed 0 to 600",
		"applicants[1].external_loans: 300 is out of range", "applicants[1].dependence: 1.5 is out of range, allowed 0 to 1", "are too many, at most 10000000",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}
