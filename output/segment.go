package output

import (
	"math"

	"relend/data"
	"relend/sim/estimate"
)

// SegmentRow is one group of borrowers under one arm at the horizon.
type SegmentRow struct {
	Arm              int
	Dimension, Class string  // "segment", "ordinal" or "product", and its value
	Borrowers        float64 // borrowers at the snapshot
	// Moving is set where borrowers move between the classes of the dimension. Rates of the class's initial
	// borrowers mean nothing then: DefaultRate is per mean number of active borrowers at the start of each
	// month, without interval, and Served is missing.
	Moving       bool
	Hidden       bool            // too few borrowers to be shown: all figures but Borrowers are missing, and so is that
	DefaultRate  estimate.Figure // cumulative, per initial borrower of the class
	Served       estimate.Figure // share of initial borrowers with a further loan
	BalanceStart float64         // at the snapshot, minor units
	Balance      float64         // at the horizon, minor units; no interval: cells keep no covariances
}

// cellReader reads the sums of one cell.
type cellReader struct {
	data.CellSums
	months int
}

func (c cellReader) sum(month int, counters ...data.Counter) (v float64) {
	for _, k := range counters {
		v += float64(c.Sum[month*int(data.NumCounters)+int(k)])
	}
	return v
}

// fixed reports whether nobody enters or leaves the cell.
func (c cellReader) fixed() bool {
	for m := range c.months + 1 {
		if now, first := c.sum(m, StateCounters[:]...), c.sum(0, StateCounters[:]...); math.Abs(now-first) > 1e-6*first { // expectations are rounded
			return false
		}
	}
	return true
}

var (
	activeStates  = []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3}
	initialStates = append([]data.Counter{data.BorrowersIdle}, activeStates...)
)

// segments reads the margins over one dimension. Rates per initial borrower have a constant denominator, so that
// the cells' sums of squares are enough for their intervals.
func segments(results *data.Results, e *estimate.Estimator) []SegmentRow {
	run := &results.Run
	paths := float64(run.Paths)
	var out []SegmentRow
	for arm, cells := range results.Cells {
		moving := map[string]bool{}
		for _, sums := range cells {
			dimension, _ := class(run, sums.Cell)
			moving[dimension] = moving[dimension] || !cellReader{sums, run.Months}.fixed()
		}
		for _, sums := range cells {
			c := cellReader{sums, run.Months}
			row := SegmentRow{Arm: arm}
			row.Dimension, row.Class = class(run, c.Cell)
			if row.Dimension == "" {
				continue
			}
			row.Borrowers = run.Whole(c.sum(0, initialStates...)) / paths
			for _, t := range data.BalanceTerms() {
				row.BalanceStart += run.Whole(c.sum(0, t.Counter)) / paths
				row.Balance += run.Whole(c.sum(run.Months, t.Counter)) / paths
			}
			if row.Moving = moving[row.Dimension]; row.Moving {
				row.DefaultRate, row.Served = c.perActive(data.Defaults), estimate.Missing
			} else {
				row.DefaultRate, row.Served = c.share(data.Defaults, e), c.share(data.FirstGrants, e)
			}
			out = append(out, row)
		}
	}
	return out
}

// small are the classes of a dimension, by number of borrowers, that are hidden: those below the least number, and, so that a
// single one is not found by taking the others from the whole, the next smallest with it. An empty class hides nothing.
func small(borrowers []float64, least int) []bool {
	hidden := make([]bool, len(borrowers))
	count, next := 0, -1
	for i, n := range borrowers {
		switch {
		case n > 0 && n < float64(least):
			hidden[i] = true
			count++
		case n > 0 && (next < 0 || n < borrowers[next]):
			next = i
		}
	}
	if count == 1 && next >= 0 {
		hidden[next] = true
	}
	return hidden
}

// hideSmall hides small classes in Segments and in Parts, arm by arm.
func (r *Report) hideSmall(least int) {
	if least < 1 {
		return
	}
	classes := r.Access.hide(least)
	type key struct {
		arm       int
		dimension string
	}
	segments, parts := map[key][]int{}, map[key][]int{}
	for i, s := range r.Segments {
		segments[key{s.Arm, s.Dimension}] = append(segments[key{s.Arm, s.Dimension}], i)
	}
	for i, c := range r.Parts {
		parts[key{c.Arm, c.Dimension}] = append(parts[key{c.Arm, c.Dimension}], i)
	}
	for _, rows := range segments {
		var n []float64
		for _, i := range rows {
			n = append(n, r.Segments[i].Borrowers)
		}
		for k, hidden := range small(n, least) {
			if s := &r.Segments[rows[k]]; hidden {
				classes++
				nan := math.NaN()
				*s = SegmentRow{Arm: s.Arm, Dimension: s.Dimension, Class: s.Class, Moving: s.Moving, Hidden: true,
					Borrowers: nan, DefaultRate: estimate.Missing, Served: estimate.Missing, BalanceStart: nan, Balance: nan}
			}
		}
	}
	for _, rows := range parts {
		var n []float64
		for _, i := range rows {
			n = append(n, r.Parts[i].Borrowers)
		}
		for k, hidden := range small(n, least) {
			if c := &r.Parts[rows[k]]; hidden {
				c.Borrowers, c.Rate = math.NaN(), estimate.Missing
				for i := range c.Parts {
					c.Parts[i], c.Shares[i] = estimate.Missing, math.NaN()
				}
			}
		}
	}
	if classes > 0 {
		r.Warnings = append(r.Warnings, r.Say("classes of fewer than %d borrowers are hidden, where one would stand alone the next smallest with it: %s in tables of classes", least, r.Count(classes, "row")))
	}
}

// perActive is a flow up to the horizon per mean number of active borrowers at the start of each month.
func (c cellReader) perActive(counter data.Counter) estimate.Figure {
	f, active := estimate.Missing, 0.0
	for m := range c.months {
		active += c.sum(m, activeStates...) / float64(c.months)
	}
	if active > 0 {
		f.Value = c.sum(c.months, counter) / active
	}
	return f
}

// class names a cell that is a margin over one dimension; "" for any other.
func class(run *data.Run, c data.Cell) (dimension, name string) {
	switch {
	case c.Segment != data.All && c.Product == data.All && c.Ordinal == data.All:
		return "segment", run.Segments[c.Segment]
	case c.Segment == data.All && c.Product == data.All && c.Ordinal != data.All:
		return "ordinal", data.OrdinalClasses[c.Ordinal]
	case c.Segment == data.All && c.Product != data.All && c.Ordinal == data.All:
		return "product", data.Product(c.Product).String()
	}
	return "", ""
}

// share is a flow up to the horizon per initial borrower of the cell. Sums of squares run over replicates, whose
// entry is the sum over their paths.
func (c cellReader) share(counter data.Counter, e *estimate.Estimator) estimate.Figure {
	borrowers, n := c.sum(0, initialStates...), float64(e.Replicates)
	if borrowers == 0 {
		return estimate.Missing
	}
	sum, squares := c.sum(c.months, counter), c.Squares[c.months*int(data.NumCounters)+int(counter)]
	if e.Replicates < 2 {
		return e.Interval(sum/borrowers, math.NaN())
	}
	variance := math.Max(squares-sum/n*sum, 0) / (n - 1)
	return e.Interval(sum/borrowers, math.Sqrt(variance/n)*n/borrowers)
}
