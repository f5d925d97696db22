package sim

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// scores is a book of perpetual loans whose log 12-month hazards are normal with the given spread, around a small PD.
func scores(n int, spread float64) *data.Portfolio {
	p := perpetual(n)
	for i := range p.Borrowers {
		z := distuv.UnitNormal.Quantile((float64(i) + .5) / float64(n))
		p.Borrowers[i].PD12 = behaviour.ShiftedPD(.005, spread*z)
	}
	return p
}

// V13: the mean of the true hazard given the hazard seen is the hazard seen, in every tenth of the hazards seen (four
// standard errors); so it is not where the lender reads the data without the compensator, or where they say nothing
// about this borrower. Discrimination is that of the formula, before and after, within .01.
func TestScoreGain(t *testing.T) {
	long(t)
	const borrowers, paths, months = 4000, 200, 12
	b := quiet()
	b.SigmaU, b.ScoreGain = 1, .5
	a := arm("seen")
	a.Behaviour = b
	plan, err := NewPlan(scores(borrowers, .75), []Arm{a}, settings(months, paths))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(plan.warnings, func(w string) bool { return strings.Contains(w, "AUC from 0.7") && strings.Contains(w, "KS from") }) {
		t.Errorf("warnings: %q", plan.warnings)
	}
	type person struct {
		grade, seen, truth float64 // log hazards
		defaulted          bool
	}
	var people []person
	w := newWorker(plan)
	for path := range paths {
		w.economies = plan.economies(path)
		for i, b := range plan.all() {
			w.borrower(path, i)
			who := person{
				grade: math.Log(-math.Log1p(-b.pd)), seen: math.Log(-math.Log1p(-w.person.pd)),
			}
			who.truth = who.grade + w.person.frailty
			cell := w.tallies[0].cell(int(plan.cellAt[int(b.segment)*data.NumProducts+int(b.product)]), -1)
			for s := range months {
				who.defaulted = who.defaulted || counters(cell, s)[data.Defaults] > 0
			}
			clear(cell)
			people = append(people, who)
		}
	}

	// rejects reports whether the mean ratio of true to seen hazard is not 1 in some tenth.
	rejects := func(seen func(i int) float64) bool {
		type point struct{ seen, ratio float64 }
		points := make([]point, len(people))
		for i, who := range people {
			points[i] = point{seen(i), math.Exp(who.truth - seen(i))}
		}
		slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.seen, b.seen) })
		for tenth := range 10 {
			some := points[tenth*len(points)/10 : (tenth+1)*len(points)/10]
			sum, squares, n := 0., 0., float64(len(some))
			for _, p := range some {
				sum, squares = sum+p.ratio, squares+p.ratio*p.ratio
			}
			mean := sum / n
			if math.Abs(mean-1) > 4*math.Sqrt((squares/n-mean*mean)/n) {
				return true
			}
		}
		return false
	}
	if rejects(func(i int) float64 { return people[i].seen }) {
		t.Error("the mean true hazard given the hazard seen is not the hazard seen")
	}
	if !rejects(func(i int) float64 { return people[i].seen + b.SigmaU*b.SigmaU*b.ScoreGain/2 }) {
		t.Error("a missing compensator goes unnoticed")
	}
	if !rejects(func(i int) float64 { // of the borrower's next path
		j := (i + borrowers) % len(people)
		return people[i].grade + people[j].seen - people[j].grade
	}) {
		t.Error("data redrawn apart from the borrower go unnoticed")
	}

	auc := func(score func(person) float64) float64 {
		sorted := slices.Clone(people)
		slices.SortFunc(sorted, func(a, b person) int { return cmp.Compare(score(a), score(b)) })
		ranks, bad := 0., 0.
		for rank, who := range sorted {
			if who.defaulted {
				ranks += float64(rank) + .5
				bad++
			}
		}
		good := float64(len(sorted)) - bad
		return (ranks - bad*bad/2) / (bad * good)
	}
	for name, c := range map[string]struct {
		score  func(person) float64
		spread float64
	}{
		"before": {func(p person) float64 { return p.grade }, .75},
		"after":  {func(p person) float64 { return p.seen }, math.Hypot(.75, math.Sqrt(.5))},
		"truth":  {func(p person) float64 { return p.truth }, math.Hypot(.75, 1)},
	} {
		if got, want := auc(c.score), behaviour.AUC(c.spread); math.Abs(got-want) > .01 {
			t.Errorf("%s: AUC %.4f, want %.4f", name, got, want)
		}
	}
	if got := auc(func(p person) float64 { return p.seen }); math.Abs(got-behaviour.AUC(math.Hypot(.75, 1))) < .01 {
		t.Error("perfect information is not told from a gain of a half")
	}
}

// What is wrong with the data is the same at every application of a path: whom the cut-off denies once it denies
// always. Drawn anew, as it is from path to path, it would not.
func TestScoreStands(t *testing.T) {
	const borrowers, paths, months = 150, 6, 36
	a := arm("seen", &rule.ScoreCutoff{MaxPD: .06})
	a.Behaviour.ScoreGain = .4
	plan, err := NewPlan(samePD(book(borrowers)), []Arm{a}, settings(months, paths))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(plan)
	changed := 0
	for i := range borrowers {
		var ever [2]bool // passed the cut-off, did not
		for path := range paths {
			w.economies = plan.economies(path)
			w.borrower(path, i)
			passed, denied := int64(0), int64(0)
			for _, y := range w.tallies {
				for c := range plan.cells {
					for s := range months {
						r := counters(y.cell(c, -1), s)
						passed += r[data.Granted] + r[data.NotTakenUp]
						denied += r[data.Denied(data.DeniedScore)]
					}
				}
				clear(y.counts)
			}
			if passed > 0 && denied > 0 {
				t.Fatalf("borrower %d path %d: %d offers and %d denials by score", i, path, passed, denied)
			}
			ever[0], ever[1] = ever[0] || passed > 0, ever[1] || denied > 0
		}
		if ever[0] && ever[1] {
			changed++
		}
	}
	if changed < borrowers/4 {
		t.Errorf("only %d borrowers are seen differently on different paths", changed)
	}
}

// A lender who sees nothing more decides as before, to the unit; one who sees more at the same cut-off lends to others.
func TestScoreGainMatters(t *testing.T) {
	p := samePD(book(200))
	grade, more := arm("grade", &rule.ScoreCutoff{MaxPD: .07}), arm("more", &rule.ScoreCutoff{MaxPD: .07})
	blind := grade
	blind.Behaviour.SigmaU, blind.Behaviour.ScoreGain = 0, .5
	more.Behaviour.ScoreGain = .5
	r := mustRun(t, p, settings(24, 2), 1, grade, more)
	if slices.Equal(r.Counts[0], r.Counts[1]) {
		t.Error("the gain changes nothing")
	}
	still := blind
	still.Behaviour.ScoreGain = 0
	r = mustRun(t, p, settings(24, 2), 1, blind, still)
	equal(t, "nothing to see", r, 0, r, 1)
}
