package output

import (
	"relend/data"
	"relend/sim/estimate"
)

// RollStates are the rows of a roll-rate matrix: where borrowers stand at the start of a month.
var RollStates = [5]string{"current", "1-29", "30-59", "60-89", "90+"}

// RollMoves are its columns: where they stand at the end.
var RollMoves = [3]string{"better", "same", "worse"}

// Roll is what becomes of borrowers of one state in a month, as a share of the borrower-months that begin in it. Better:
// cured, repaid or refinanced; worse: the next bucket, of 90+ charged off.
type Roll struct {
	Arm, State, Move int
	Rate, Change     estimate.Figure // Change: paired difference to the arm's reference
}

// rolls reads the matrix off the flows into each state and the change of its stock: whoever left it without getting worse got
// better. Current borrowers who repay and leave are with those who stay.
func (r *Report) rolls(e *estimate.Estimator) (out []Roll) {
	if r.Run.Months == 0 {
		return nil
	}
	stocks := [5]data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersDefault}
	enter := [6]data.Counter{1: data.Misses, data.Entered30, data.Entered60, data.Defaults, data.BorrowersOff}
	var measures []data.Measure
	var cells [][2]int // state and move of each
	add := func(state, move int, terms ...data.Term) {
		for i := range terms {
			terms[i].Factor /= float64(r.Run.Months)
		}
		cells = append(cells, [2]int{state, move})
		measures = append(measures, data.Measure{Num: data.Sum{Window: data.ToDate, Terms: terms},
			Den: data.Sum{Window: data.MeanStart, Terms: []data.Term{{Counter: stocks[state], Factor: 1}}}})
	}
	for state, stock := range stocks {
		in, rose, worse := data.Term{Counter: enter[state], Factor: 1}, data.Term{Counter: stock, Factor: -1}, data.Term{Counter: enter[state+1], Factor: 1}
		if cures := state > 0 && state < 4; cures {
			add(state, 0, in, rose, data.Term{Counter: worse.Counter, Factor: -1})
			add(state, 1, in, rose) // all who left: the complement of those who stay
		} else {
			add(state, 1, worse)
		}
		add(state, 2, worse)
	}
	figures, changes := e.Spans(measures, [][2]int{{1, r.Run.Months}})
	for a := range r.Run.Arms {
		for i, c := range cells {
			f, d := figures[a][i][0], changes[a][i][0]
			if c[1] == 1 {
				f, d = estimate.Figure{Value: 1 - f.Value, SE: f.SE, Lo: 1 - f.Hi, Hi: 1 - f.Lo}, negated(d)
			}
			out = append(out, Roll{a, c[0], c[1], f, d})
		}
	}
	return out
}

func negated(f estimate.Figure) estimate.Figure {
	return estimate.Figure{Value: 0 - f.Value, SE: f.SE, Lo: 0 - f.Hi, Hi: 0 - f.Lo}
}
