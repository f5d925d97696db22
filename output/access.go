package output

import (
	"math"
	"slices"

	"relend/data"
	"relend/sim/estimate"
)

// Access says who is served in every arm and what becomes of whom. Its figures are means over the paths noted
// (data.Run.Noted) with intervals from their spread; nil where the run kept no ledger of access.
type Access struct {
	Bands    []float64 // borrowers of each score band of the run, applicants who have come included; missing where hidden
	Figures  []AccessFigure
	Flows    []Flow
	Spreads  []SpreadClass
	Vintages []Vintage
}

// AccessFigure is a figure of a score band. Arms whose rules watch the whole book have none.
type AccessFigure struct {
	Arm, Band               int
	Name, Title, Definition string
	Unit                    data.MeasureUnit
	Figure, Change          estimate.Figure // Change: paired difference to the same band in the arm's reference
}

// Flow is the borrowers of a band who are served, or default, in the reference and the arm, in one of them or in neither.
type Flow struct {
	Arm, Reference int // Reference is the arm itself where it is compared with none under its macro path
	Band           int // data.All: all
	Status         data.Status
	Part           int             // index into FlowParts
	Borrowers      estimate.Figure // mean over paths
	Share          estimate.Figure // of the band's borrowers; the parts add up to 1
	Failed, Left   [2]estimate.Figure
	// Of the part's borrowers: who default, and who were denied and borrowed elsewhere, in the reference and in the arm.
}

// FlowParts are the parts into which a status divides borrowers.
var FlowParts = [4]string{"both", "reference_only", "arm_only", "neither"}

// FlowStatuses are the statuses that flows are about, with their names.
var FlowStatuses = []struct {
	Status data.Status
	Name   string
}{{data.WasServed, "served"}, {data.HasFailed, "default"}}

// SpreadClass is the share of a class in a spread.
type SpreadClass struct {
	Arm, Spread, Class   int
	Count, Share, Change estimate.Figure // Count: mean over paths; Change: paired difference of the share to the arm's reference
}

// Vintage is what becomes of the loans of a cohort. Curve[k] is the share of them in default within k months on book, as
// far as all of them are seen so long.
type Vintage struct {
	Arm, Cohort int
	From, To    int // months of the projection in which they were granted; both 0 for the open loans of the snapshot
	Loans       estimate.Figure
	Curve       []estimate.Figure
}

// ReasonGroup gathers reasons of denial that look at the same thing.
type ReasonGroup struct {
	Name, Title string
	Reasons     []data.Reason
}

// ReasonGroups are all reasons, each in one group.
var ReasonGroups = []ReasonGroup{
	{"denied_conduct", "Denied: past conduct", []data.Reason{data.DeniedHistory, data.DeniedClean}},
	{"denied_risk", "Denied: risk and price", []data.Reason{data.DeniedScore, data.DeniedPrice, data.DeniedCost, data.DeniedTerm, data.DeniedBorrower}},
	{"denied_debt", "Denied: amount and debt", []data.Reason{data.DeniedPlatforms, data.DeniedExposure, data.DeniedPTI, data.DeniedLadder, data.DeniedProductCap, data.DeniedAmount}},
	{"denied_pace", "Denied: too soon or too many loans", []data.Reason{data.DeniedCoolingOff, data.DeniedTopUp, data.DeniedMinRepaid, data.DeniedConcurrent, data.DeniedOrdinal, data.DeniedRollOvers, data.DeniedWindow, data.DeniedUse}},
	{"denied_book", "Denied: limits of the whole book", []data.Reason{data.DeniedStopped, data.DeniedLeverage, data.DeniedBudget}},
}

// accessMeasures are the measures that are told by score band.
var accessMeasures = []string{"served_share", "unserved_12_share", "approval_rate", "originations", "originations_amount", "leaks", "leak_share",
	"default_rate", "borrower_cost_rate", "interest_income", "net_margin", "net_margin_rate"}

// AccessMeasures are what the ledger of access tells by score band.
func AccessMeasures() (list []data.Measure) {
	sum := func(w data.Window, counters ...data.Counter) (s data.Sum) {
		s.Window = w
		for _, c := range counters {
			s.Terms = append(s.Terms, data.Term{Counter: c, Factor: 1})
		}
		return s
	}
	served, _ := data.MeasureByName("served_share")
	list = append(list, data.Measure{Name: "applied_share", Title: "Borrowers who applied", Definition: "borrowers who applied for a further loan so far, per initial borrower",
		Num: sum(data.ToDate, data.FirstApplications), Den: served.Den})
	for _, name := range accessMeasures {
		m, _ := data.MeasureByName(name)
		list = append(list, m)
	}
	for _, g := range ReasonGroups {
		var denied []data.Counter
		for _, reason := range g.Reasons {
			denied = append(denied, data.Denied(reason))
		}
		list = append(list, data.Measure{Name: g.Name, Title: g.Title, Definition: "applications denied for such a reason first, per application so far", Better: data.Neither,
			Num: sum(data.ToDate, denied...), Den: sum(data.ToDate, data.Applications)})
	}
	return list
}

// access estimates the ledger of access.
func (r *Report) access() *Access {
	if r.results.Access == nil {
		return nil
	}
	x, l := &Access{}, newListening(r)
	for band := range r.Run.Bands {
		x.Bands = append(x.Bands, l.Ratio(l.flows(0, band, func(_, _ data.Status) bool { return true }), l.paths).Value)
	}
	measures := AccessMeasures()
	for a, arm := range r.Run.Arms {
		for band := range r.Run.Bands {
			if l.controlled(a) {
				continue
			}
			for _, m := range measures {
				f := AccessFigure{Arm: a, Band: band, Name: m.Name, Title: m.Title, Definition: m.Definition, Unit: m.Unit, Change: estimate.Missing}
				n, d := l.measure(a, band, m)
				f.Figure = l.Ratio(n, d)
				if !l.controlled(arm.Reference) {
					rn, rd := l.measure(arm.Reference, band, m)
					f.Change = l.Difference(n, d, rn, rd)
				}
				x.Figures = append(x.Figures, f)
			}
		}
		for band := data.All; band < len(r.Run.Bands); band++ {
			x.Flows = append(x.Flows, l.flow(a, band)...)
		}
		x.Spreads = append(x.Spreads, l.spreads(a)...)
		for cohort := range r.Run.Cohorts() {
			x.Vintages = append(x.Vintages, l.vintage(a, cohort))
		}
	}
	return x
}

// listening reads the ledger of access by batch.
type listening struct {
	*Report
	*estimate.Batches
	paths []float64 // noted in each
}

func newListening(r *Report) *listening {
	l := &listening{Report: r, Batches: r.estimator.Batches()}
	l.paths = make([]float64, r.Run.Hearings())
	for path := range r.Run.Paths {
		if r.Run.Noted(path) {
			l.paths[r.Run.HearingOf(path)]++
		}
	}
	return l
}

// entries adds up some entries of an arm by batch.
func (l *listening) entries(arm int, at ...int) []float64 {
	out := make([]float64, len(l.paths))
	for h := range out {
		counts, sum := l.results.AccessOf(arm, h), int64(0)
		for _, i := range at {
			sum += counts[i]
		}
		out[h] = float64(sum)
	}
	return out
}

// controlled reports whether an arm's counters are not told apart by band, since its rules watch the whole book.
func (l *listening) controlled(arm int) bool {
	for h := range l.paths {
		counts := l.results.AccessOf(arm, h)[l.Run.AccessSpan(0, 0):l.Run.AccessEvents()]
		if slices.ContainsFunc(counts, func(n int64) bool { return n != 0 }) {
			return false
		}
	}
	return true
}

// measure is numerator and denominator of a measure in a band at the horizon.
func (l *listening) measure(arm, band int, m data.Measure) (n, d []float64) {
	n, d = make([]float64, len(l.paths)), l.paths
	if m.Den.Window != data.None {
		d = make([]float64, len(l.paths))
	}
	for h := range l.paths {
		counts := l.results.AccessOf(arm, h)
		n[h] = l.sum(counts, band, m.Num)
		if m.Den.Window != data.None {
			d[h] = l.sum(counts, band, m.Den)
		}
	}
	return n, d
}

// sum reads a sum of counters at the horizon off the spans of a band.
func (l *listening) sum(counts []int64, band int, s data.Sum) (v float64) {
	span := func(c data.Counter, of data.Span) float64 { return float64(counts[l.Run.AccessSpan(band, of)+int(c)]) }
	starts := func(c data.Counter) float64 {
		return span(c, data.Snapshot) + span(c, data.AllMonths) - span(c, data.Horizon)
	}
	for _, t := range s.Terms {
		c, of := t.Counter, 0.
		switch s.Window {
		case data.ToDate:
			if of = span(c, data.AllMonths); c.IsStock() {
				of = span(c, data.Horizon) - span(c, data.Snapshot)
			}
		case data.FirstYear:
			of = span(c, data.YearOne)
		case data.AtSnapshot:
			of = span(c, data.Snapshot)
		case data.AtEnd:
			of = span(c, data.Horizon)
		case data.SumStart:
			of = starts(c)
		case data.MeanStart:
			of = starts(c) / float64(l.Run.Months)
		default:
			panic("output: a window that no measure by band has")
		}
		v += float64(t.Factor * of)
	}
	if s.Joined {
		v += span(data.Joined, data.AllMonths)
	}
	if s.Margin {
		costs := &l.Run.Costs
		for _, t := range data.BalanceTerms() {
			v -= float64((costs.Funding + costs.Operating) / 12 * starts(t.Counter))
		}
		v -= float64(costs.Acquisition * span(data.Disbursed, data.AllMonths))
	}
	return v
}

// flows adds up the borrowers of a band whose statuses in the reference and in the arm are such.
func (l *listening) flows(arm, band int, such func(reference, own data.Status) bool) []float64 {
	var at []int
	for b := range l.Run.Bands {
		if band != data.All && b != band {
			continue
		}
		for joint := range data.NumStatus * data.NumStatus {
			if reference, own := data.Status(joint/data.NumStatus), data.Status(joint%data.NumStatus); such(reference, own) {
				at = append(at, l.Run.AccessFlow(b, reference, own))
			}
		}
	}
	return l.entries(arm, at...)
}

func (l *listening) flow(arm, band int) (out []Flow) {
	reference := l.Run.Arms[arm].Reference
	if l.Run.Arms[reference].Macro != l.Run.Arms[arm].Macro {
		reference = arm
	}
	all := l.flows(arm, band, func(_, _ data.Status) bool { return true })
	for _, s := range FlowStatuses {
		for part := range FlowParts {
			of := func(also func(reference, own data.Status) bool) []float64 {
				return l.flows(arm, band, func(reference, own data.Status) bool {
					there, here := reference&s.Status != 0, own&s.Status != 0
					return [4]bool{there && here, there && !here, !there && here, !there && !here}[part] && also(reference, own)
				})
			}
			n := of(func(_, _ data.Status) bool { return true })
			f := Flow{Arm: arm, Reference: reference, Band: band, Status: s.Status, Part: part, Borrowers: l.Ratio(n, l.paths), Share: l.Ratio(n, all)}
			for i, bit := range [2]data.Status{data.HasFailed, data.HasLeft} {
				there := l.Ratio(of(func(reference, _ data.Status) bool { return reference&bit != 0 }), n)
				here := l.Ratio(of(func(_, own data.Status) bool { return own&bit != 0 }), n)
				if i == 0 {
					f.Failed = [2]estimate.Figure{there, here}
				} else {
					f.Left = [2]estimate.Figure{there, here}
				}
			}
			out = append(out, f)
		}
	}
	return out
}

func (l *listening) spreads(arm int) (out []SpreadClass) {
	class := func(arm, spread, class int) (n, all []float64) {
		first := l.Run.AccessSpread(spread)
		var at []int
		for k := range data.Spreads[spread].Classes {
			at = append(at, first+k)
		}
		return l.entries(arm, first+class), l.entries(arm, at...)
	}
	for spread := range data.Spreads {
		for k := range data.Spreads[spread].Classes {
			n, all := class(arm, spread, k)
			rn, rall := class(l.Run.Arms[arm].Reference, spread, k)
			out = append(out, SpreadClass{Arm: arm, Spread: spread, Class: k, Count: l.Ratio(n, l.paths), Share: l.Ratio(n, all), Change: l.Difference(n, all, rn, rall)})
		}
	}
	return out
}

func (l *listening) vintage(arm, cohort int) Vintage {
	run := l.Run
	loans := l.entries(arm, run.AccessLoans(cohort))
	v := Vintage{Arm: arm, Cohort: cohort, Loans: l.Ratio(loans, l.paths)}
	last := run.Months
	if cohort > 0 {
		v.From, v.To = (cohort-1)*run.CohortMonths()+1, min(cohort*run.CohortMonths(), run.Months)
		last -= v.To
	}
	sofar := make([]float64, len(l.paths))
	for k := range last + 1 {
		for h, n := range l.entries(arm, run.AccessDefaults(cohort, k)) {
			sofar[h] += n
		}
		v.Curve = append(v.Curve, l.Ratio(sofar, loans))
	}
	return v
}

// hide hides score bands, classes and cohorts of fewer borrowers, or loans, than the least, and in flows what becomes of so
// few; it returns how many.
func (x *Access) hide(least int) (count int) {
	if x == nil || least < 1 {
		return 0
	}
	bands := small(x.Bands, least)
	for band, hidden := range bands {
		if hidden {
			x.Bands[band] = math.NaN()
			count++
		}
	}
	for i := range x.Figures {
		if f := &x.Figures[i]; bands[f.Band] {
			f.Figure, f.Change = estimate.Missing, estimate.Missing
		}
	}
	for i := range x.Flows {
		f := &x.Flows[i]
		if n := f.Borrowers.Value; n > 0 && n < float64(least) {
			f.Failed, f.Left = missingPair, missingPair
		}
		if f.Band != data.All && bands[f.Band] {
			f.Borrowers, f.Share, f.Failed, f.Left = estimate.Missing, estimate.Missing, missingPair, missingPair
		}
	}
	for from := 0; from < len(x.Spreads); {
		to := from
		var n []float64
		for ; to < len(x.Spreads) && x.Spreads[to].Arm == x.Spreads[from].Arm && x.Spreads[to].Spread == x.Spreads[from].Spread; to++ {
			n = append(n, x.Spreads[to].Count.Value)
		}
		for k, hidden := range small(n, least) {
			if s := &x.Spreads[from+k]; hidden {
				s.Count, s.Share, s.Change = estimate.Missing, estimate.Missing, estimate.Missing
				count++
			}
		}
		from = to
	}
	for i := range x.Vintages {
		if v := &x.Vintages[i]; v.Loans.Value > 0 && v.Loans.Value < float64(least) {
			v.Loans, v.Curve = estimate.Missing, nil
			count++
		}
	}
	return count
}

var missingPair = [2]estimate.Figure{estimate.Missing, estimate.Missing}

// BandName names a score band by its PDs.
func (r *Report) BandName(band int) string {
	b := r.Run.Bands[band]
	digits := 1
	if b.Highest < .1 {
		digits = 2
	}
	lowest, highest := Number(b.Lowest*100, digits), Number(b.Highest*100, digits)
	switch {
	case b.Applicants:
		return r.Say("applicants")
	case b.Highest == 0:
		return r.Say("all, without PD")
	case lowest == highest:
		return r.Say("PD %s %%", highest)
	}
	return r.Say("PD %s-%s %%", lowest, highest)
}
