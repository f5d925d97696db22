package sim

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rule"
)

// sumAccess adds up the ledger of access of an arm.
func sumAccess(r *data.Results, arm int) []int64 {
	out := make([]int64, r.Run.AccessSize())
	for h := range r.Run.Hearings() {
		sum(out, r.AccessOf(arm, h))
	}
	return out
}

// notedSpans are the spans of an arm's counters on the paths noted.
func notedSpans(r *data.Results, arm int) (out spans) {
	block := (r.Run.Months + 1) * int(data.NumCounters)
	for path := range r.Run.Paths {
		if r.Run.Noted(path) {
			var y spans
			y.of(r.Counts[arm][path*block:(path+1)*block], r.Run.Months)
			out.add(&y, 1)
		}
	}
	return out
}

// The bands of every counter add up to it, flows to the borrowers, loans by any class to the loans granted: with weights,
// applicants, arms under controls, and sets of arms for which no tally is left.
// Nothing depends on the workers or on the arms that travel along.
func TestAccess(t *testing.T) {
	defer func(n int) { mostShared = n }(mostShared)
	mostShared = 5
	for _, grid := range []data.Grid{data.Monthly, data.Weekly} {
		p, s, arms := book(60), settings(13, 10), slices.Delete(ledgerArms(), 5, 13)
		if grid == data.Weekly {
			arms, s.Paths = arms[:6], 6
		} else {
			s.Design = factor.Plain
		}
		s.Grid, s.Applicants = grid, []Applicants{{Count: 5}}
		for i := range p.Borrowers {
			p.Borrowers[i].Weight = uint32(1 + i%3)
		}
		plan, err := NewPlan(p, arms, s)
		if err != nil {
			t.Fatal(err)
		}
		with := func(workers int) *data.Results {
			r, err := plan.Run(context.Background(), workers, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := with(2)
		if other := with(7); !reflect.DeepEqual(other.Access, r.Access) {
			t.Error("seven workers count otherwise than two")
		}
		noted := int64(0)
		for path := range s.Paths {
			if r.Run.Noted(path) {
				noted++
			}
		}
		if n := len(r.Run.Bands); n != data.MostScoreBands+1 || !r.Run.Bands[n-1].Applicants {
			t.Fatalf("bands %+v", r.Run.Bands)
		}
		for a := range arms {
			got, all, steered := sumAccess(r, a), notedSpans(r, a), newHelm(&arms[a], plan.setting(&arms[a]), func(_, _ []rule.Rule) *rule.Book { return nil }) != nil
			var sums spans
			borrowers := int64(0)
			for band, b := range r.Run.Bands {
				for s := range sums {
					sum(sums[s][:], got[r.Run.AccessSpan(band, data.Span(s)):][:data.NumCounters])
				}
				flows := got[r.Run.AccessFlow(band, 0, 0):][:data.NumStatus*data.NumStatus]
				n := int64(0)
				for joint, k := range flows {
					n += k
					if reference, own := joint/data.NumStatus, joint%data.NumStatus; reference != own && k != 0 && (a == 0 || arms[a].Name == "copy") {
						t.Errorf("%s, which is the baseline, differs from it for %d borrowers", arms[a].Name, k)
					}
				}
				if want := b.Borrowers * noted; !b.Applicants && n != want {
					t.Errorf("%s, band %d: flows of %d borrowers, %d are there", arms[a].Name, band, n, want)
				}
				borrowers += n
			}
			if steered != (sums == spans{}) || !steered && sums != all {
				t.Errorf("%s: the bands do not add up to the counters", arms[a].Name)
			}
			if want := plan.weigh(0, plan.Borrowers())*noted + all[data.AllMonths][data.Arrivals]; borrowers != want {
				t.Errorf("%s: flows of %d borrowers, %d are there", arms[a].Name, borrowers, want)
			}
			if a == len(arms)-1 {
				alone := sumAccess(mustRun(t, p, s, 2, arms[a]), 0)
				if from := r.Run.AccessSpan(0, 0); !slices.Equal(alone[from:], got[from:]) {
					t.Errorf("%s: the arm alone counts otherwise", arms[a].Name)
				}
			}
		}
	}
}

// Where every segment has a PD of its own the bands are the segments, which the cells of the results count by another way.
// Bands by the number of the row are told from them.
func TestBandsAreSegments(t *testing.T) {
	p := book(300)
	for i := range p.Borrowers {
		p.Borrowers[i].PD12 = []float64{.08, .02, .05}[p.Borrowers[i].Segment]
	}
	s := settings(15, 12)
	s.Design = factor.Plain
	plan, err := NewPlan(p, manyArms()[:7], s)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []bool{false, true} {
		if wrong {
			for i := range plan.bandOf {
				plan.bandOf[i] = uint8(i % 3)
			}
		}
		r, err := plan.Run(context.Background(), 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		same := true
		for a := range plan.arms {
			got := sumAccess(r, a)
			for _, c := range r.Cells[a] {
				if c.Cell.Segment == data.All || c.Cell.Product != data.All || c.Cell.Ordinal != data.All {
					continue
				}
				band := []int{2, 0, 1}[c.Cell.Segment]
				for counter := range data.NumCounters {
					span := data.AllMonths
					if counter.IsStock() {
						span = data.Horizon
					}
					if counter != data.BalanceRepeat && counter != data.BorrowersRepeat && counter != data.DefaultsRepeat { // closed by cell
						same = same && got[r.Run.AccessSpan(band, span)+int(counter)] == c.Sum[s.Months*int(data.NumCounters)+int(counter)]
					}
				}
			}
		}
		if same == wrong {
			t.Errorf("wrong bands %v: bands are the segments: %v", wrong, same)
		}
	}
}

// A ledger that contradicts the counters is refused: a borrower crossed twice, in another band, a loan or a default too many.
func TestAccessAudit(t *testing.T) {
	plan, err := NewPlan(book(150), manyArms()[:3], settings(12, 12))
	if err != nil {
		t.Fatal(err)
	}
	run := plan.Describe()
	y := plan.blank(data.Whole, 0, 12, false)
	w := newWorker(plan)
	w.access, w.noted = newAccess(plan, &run), true
	w.hear(w.tallies[0])
	w.hear(w.tallies[2]) // the other arm is the same as the first
	if err := w.path(context.Background(), 0, y.Counts); err != nil {
		t.Fatal(err)
	}
	var all spans
	all.of(w.totals(0, y.Counts[2]), run.Months)
	x := w.access
	served := run.AccessFlow(1, data.HasAsked|data.WasServed, data.HasAsked|data.WasServed)
	if x.paths[2][served] == 0 {
		t.Fatal("nobody is served: the test sees nothing")
	}
	for _, c := range []struct {
		want  string
		spoil func(entries []int64)
	}{
		{"", func([]int64) {}},
		{"score band 2 one by one = first_applications", func(e []int64) { e[served] *= 2 }},
		{"score band 2 one by one", func(e []int64) { e[served]--; e[run.AccessFlow(2, 3, 3)]++ }},
		{"loans by lenders", func(e []int64) { e[run.AccessSpread(data.AtLenders)]++ }},
		{"loans of all cohorts", func(e []int64) { e[run.AccessLoans(2)]-- }},
		{"loans in default", func(e []int64) { e[run.AccessDefaults(0, 5)]++ }},
		{"loans in default", func(e []int64) { e[run.AccessFurther()]++ }},
		{"borrowers by sequence", func(e []int64) { e[run.AccessSpread(data.AtSequence)+3]++ }},
	} {
		kept := slices.Clone(x.paths[2])
		c.spoil(x.paths[2])
		err := x.audit(2, 0, &all, w.population)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.want, err)
		}
		x.paths[2] = kept
	}
}

// Bands hold about a fifth of the weight each, equal PDs together, however the rows lie.
func TestScoreBands(t *testing.T) {
	for _, c := range []struct {
		pds     []float64
		weights []int64
		want    string
	}{
		{[]float64{.1, .2, .3, .4, .5}, []int64{1, 1, 1, 1, 1}, "0.1-0.1:1 0.2-0.2:1 0.3-0.3:1 0.4-0.4:1 0.5-0.5:1"},
		{[]float64{.1, .1, .1, .1, .5}, []int64{1, 1, 1, 1, 1}, "0.1-0.1:4 0.5-0.5:1"},
		{[]float64{.1, .2, .3, .4}, []int64{1, 1, 1, 97}, "0.1-0.4:100"},
		{[]float64{.1, .2, .3, .4}, []int64{97, 1, 1, 1}, "0.1-0.1:97 0.2-0.4:3"},
		{[]float64{.2}, []int64{math.MaxInt64 / 1000}, fmt.Sprint("0.2-0.2:", math.MaxInt64/1000)},
	} {
		total := int64(0)
		for _, w := range c.weights {
			total += w
		}
		var got []string
		for _, b := range scoreBands(func(yield func(float64, int64) bool) {
			for i, pd := range c.pds {
				if !yield(pd, c.weights[i]) {
					return
				}
			}
		}, total) {
			got = append(got, fmt.Sprintf("%v-%v:%d", b.Lowest, b.Highest, b.Borrowers))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v: %s, want %s", c.pds, text, c.want)
		}
	}
}

// What is held only where paths count alike: weighted and pooled runs keep no ledger of access.
func TestAccessIsNotKept(t *testing.T) {
	for what, change := range map[string]func(*Settings){"weights": func(s *Settings) { s.Design = factor.Importance }, "pooled": func(s *Settings) { s.Pooled = true }} {
		s := settings(6, 8)
		change(&s)
		if r := mustRun(t, book(40), s, 2, manyArms()[:2]...); r.Access != nil || r.Run.Bands != nil {
			t.Errorf("%s: a ledger of %d arms", what, len(r.Access))
		}
	}
}
