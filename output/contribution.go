package output

import (
	"math"

	"relend/data"
	"relend/sim/estimate"
)

// Contribution is what one class of borrowers adds to the whole of its arm at the horizon. Over the classes of a dimension
// every column adds up. Cells keep no covariances: where a figure is made of several counters its interval takes their errors as
// perfectly dependent, and is at least as wide as it ought to be.
type Contribution struct {
	Arm              int
	Dimension, Class string
	Borrowers        float64            // at the snapshot
	Parts            [5]estimate.Figure // of Contributed, minor units or borrowers, means over paths
	Shares           [5]float64         // of the whole
	Rate             estimate.Figure    // credit loss of the class per balance of the whole portfolio at the snapshot
}

// Contributed are the parts, by name.
var Contributed = [5]string{"balance_snapshot", "balance_horizon", "defaults", "charge_offs", "net_loss"}

// ContributedTitles names them.
var ContributedTitles = [5]string{"balance at the snapshot", "balance at the horizon", "defaults", "gross charge-offs", "net credit loss"}

// Concentration is how unevenly one of Contributed is spread over the classes of a dimension: the sum of squared shares
// (Herfindahl-Hirschman), and its inverse, the number of classes of equal size that would be as concentrated.
type Concentration struct {
	Arm       int
	Dimension string
	Part      int
	Classes   int
	Index     estimate.Figure // its interval is at least as wide as it ought to be, as that of a Contribution
	Effective float64
}

// contributions reads the margins over one dimension.
func contributions(results *data.Results, e *estimate.Estimator) (parts []Contribution, spread []Concentration) {
	run := &results.Run
	for arm, cells := range results.Cells {
		for _, dimension := range [3]string{"segment", "product", "ordinal"} {
			var rows []Contribution
			for _, sums := range cells {
				if d, class := class(run, sums.Cell); d == dimension {
					rows = append(rows, contribution(run, e, arm, d, class, cellReader{sums, run.Months}))
				}
			}
			if len(rows) == 0 {
				continue
			}
			var whole [5]float64
			for _, row := range rows {
				for i, f := range row.Parts {
					whole[i] += f.Value
				}
			}
			for k := range rows {
				for i, f := range rows[k].Parts {
					rows[k].Shares[i] = f.Value / whole[i]
				}
				loss := rows[k].Parts[4]
				rows[k].Rate = e.Interval(loss.Value/whole[0], loss.SE/whole[0])
			}
			parts = append(parts, rows...)
			for i := range whole {
				if whole[i] > 0 {
					spread = append(spread, concentration(e, rows, i))
				}
			}
		}
	}
	return parts, spread
}

func contribution(run *data.Run, e *estimate.Estimator, arm int, dimension, class string, c cellReader) Contribution {
	out := Contribution{Arm: arm, Dimension: dimension, Class: class, Borrowers: run.Whole(c.sum(0, initialStates...)) / float64(run.Paths)}
	mean := func(month int, terms ...data.Term) estimate.Figure {
		value, se := 0., 0.
		for _, t := range terms {
			value += float64(t.Factor * run.Whole(c.sum(month, t.Counter)) / float64(run.Paths))
			se += c.meanError(month, t.Counter, e) / float64(max(run.Scale, 1)) // of several counters at most this
		}
		return e.Interval(value, se)
	}
	loss := data.Term{Counter: data.ChargedOff, Factor: 1}
	out.Parts = [5]estimate.Figure{mean(0, data.BalanceTerms()...), mean(run.Months, data.BalanceTerms()...), mean(run.Months, data.Term{Counter: data.Defaults, Factor: 1}),
		mean(run.Months, loss), mean(run.Months, loss, data.Term{Counter: data.Recoveries, Factor: -1})}
	return out
}

// meanError is the standard error of the mean over paths of a counter of the cell; NaN with one replicate.
func (c cellReader) meanError(month int, counter data.Counter, e *estimate.Estimator) float64 {
	if e.Replicates < 2 {
		return math.NaN()
	}
	at, n := month*int(data.NumCounters)+int(counter), float64(e.Replicates)
	sum, squares := float64(c.Sum[at]), c.Squares[at]
	return math.Sqrt(math.Max(squares-sum/n*sum, 0)/(n-1)/n) / float64(e.PathsPerReplicate())
}

// concentration bounds the error of the index by taking the classes' errors as perfectly dependent (Cauchy-Schwarz).
func concentration(e *estimate.Estimator, rows []Contribution, part int) Concentration {
	out := Concentration{Arm: rows[0].Arm, Dimension: rows[0].Dimension, Part: part}
	index, whole := 0., 0.
	for _, row := range rows {
		if s := row.Shares[part]; s != 0 {
			out.Classes++
			index += float64(s * s)
		}
		whole += row.Parts[part].Value
	}
	se := 0.
	for _, row := range rows {
		se += math.Abs(2*(row.Shares[part]-index)/whole) * row.Parts[part].SE
	}
	out.Index, out.Effective = e.Interval(index, se), 1/index
	return out
}
