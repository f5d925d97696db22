package output

import (
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
)

// served makes results with a ledger of access of two bands and noise everywhere.
func served() *data.Results {
	r := book(12, 40, arms("Base", "Other"), func(_, _, _ int) int64 { return 1 }, func(int) int64 { return 1 })
	r.Run.Bands = []data.ScoreBand{{Lowest: .01, Highest: .02, Borrowers: 900}, {Lowest: .03, Highest: .2, Borrowers: 5}, {Lowest: .3, Highest: .4, Borrowers: 300}}
	rng := rand.New(rand.NewPCG(5, 6))
	for range r.Run.Arms {
		list := make([]int64, r.Run.Hearings()*r.Run.AccessSize())
		for i := range list {
			list[i] = rng.Int64N(50)
		}
		r.Access = append(r.Access, list)
	}
	return r
}

// Parts of flows and classes of spreads add up to 1, flows of bands to those of all; a curve never falls, and ends where
// the youngest loan of its cohort does.
func TestAccessAddsUp(t *testing.T) {
	r := Build(served(), Options{})
	flows, borrowers := map[[3]int]float64{}, map[[3]int]float64{}
	for _, x := range r.Access.Flows {
		flows[[3]int{x.Arm, x.Band, int(x.Status)}] += x.Share.Value
		if x.Band == data.All {
			borrowers[[3]int{x.Arm, int(x.Status), x.Part}] -= x.Borrowers.Value
		} else {
			borrowers[[3]int{x.Arm, int(x.Status), x.Part}] += x.Borrowers.Value
		}
		if x.Status == data.HasFailed && (x.Failed[0].Value != [4]float64{1, 1, 0, 0}[x.Part] || x.Failed[1].Value != [4]float64{1, 0, 1, 0}[x.Part]) {
			t.Errorf("defaults of part %s: %v", FlowParts[x.Part], x.Failed)
		}
	}
	for k, sum := range flows {
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%v: shares of %v", k, sum)
		}
	}
	for k, difference := range borrowers {
		if math.Abs(difference) > 1e-9 {
			t.Errorf("%v: bands and all differ by %v borrowers", k, difference)
		}
	}
	spreads := map[[2]int]float64{}
	for _, x := range r.Access.Spreads {
		spreads[[2]int{x.Arm, x.Spread}] += x.Share.Value
		if x.Arm == 0 && (x.Change.Value != 0 || x.Change.SE != 0) {
			t.Errorf("the reference differs from itself by %v", x.Change)
		}
	}
	for k, sum := range spreads {
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%v: classes of %v", k, sum)
		}
	}
	for _, v := range r.Access.Vintages {
		if want := r.Run.Months + 1 - v.To; len(v.Curve) != want {
			t.Errorf("cohort %d: %d months, want %d", v.Cohort, len(v.Curve), want)
		}
		for k := range v.Curve[1:] {
			if v.Curve[k+1].Value < v.Curve[k].Value {
				t.Errorf("cohort %d falls in month %d", v.Cohort, k+1)
			}
		}
	}
}

// Every reason is in one group, so the groups add up to all denials.
func TestReasonGroups(t *testing.T) {
	seen := map[data.Reason]int{}
	for _, g := range ReasonGroups {
		for _, reason := range g.Reasons {
			seen[reason]++
		}
	}
	for reason := range data.Reason(data.NumReasons) {
		if seen[reason] != 1 {
			t.Errorf("%v is in %d groups", reason, seen[reason])
		}
	}
}

// A band of few borrowers is hidden with the next smallest one, in access and flows; the whole arm stays.
func TestSmallBandsAreHidden(t *testing.T) {
	results := served()
	for a := range results.Access {
		for h := range results.Run.Hearings() {
			for joint := range data.NumStatus * data.NumStatus {
				results.AccessOf(a, h)[results.Run.AccessFlow(1, 0, 0)+joint] = 0
			}
			results.AccessOf(a, h)[results.Run.AccessFlow(1, data.HasAsked, data.HasAsked)] = 3
		}
	}
	hidden := func(r *Report) (bands [3]bool) {
		for _, x := range r.Access.Figures {
			bands[x.Band] = bands[x.Band] || math.IsNaN(x.Figure.Value)
		}
		for _, x := range r.Access.Flows {
			if x.Band == data.All && math.IsNaN(x.Share.Value) || x.Band != data.All && math.IsNaN(x.Share.Value) != bands[x.Band] {
				t.Errorf("flows of band %d: %v", x.Band, x.Share)
			}
		}
		return bands
	}
	if got := hidden(Build(results, Options{})); got != [3]bool{} {
		t.Errorf("hidden without being asked: %v", got)
	}
	got := hidden(Build(results, Options{MinCell: 10}))
	if !got[1] || got[0] == got[2] {
		t.Errorf("hidden bands %v", got)
	}
}
