package output

import (
	"cmp"
	"math"
	"slices"

	"relend/data"
	"relend/sim/estimate"
)

// Assumed is what an assumed parameter does to the differences between arms when it is halved and doubled.
type Assumed struct {
	Parameter data.Parameter
	Ends      [2]AssumedEnd // halved, doubled
	Swing     float64       // largest change of any arm's difference, absolute
}

// AssumedEnd is the parameter at one other value.
type AssumedEnd struct {
	Value  string // "" where it lies outside the parameter's range
	Arm    int    // whose difference moves most
	Change estimate.Figure
	Swaps  [][2]int // pairs of arms whose order by default rate turns round
}

// Influential are the assumed parameters, the most influential first: by the pairs of arms that change places, then by how far a
// difference moves. It is empty where the run made no pass over them.
func (r *Report) Influential() (out []Assumed) {
	pass := r.Run.Influence
	if pass == nil {
		return nil
	}
	t := estimate.Student(pass.Replicates, r.Level)
	at := map[string]int{}
	for _, x := range pass.Parameters {
		i, ok := at[x.Parameter]
		if !ok {
			i = len(out)
			at[x.Parameter] = i
			p := data.Parameter{Name: x.Parameter}
			if k := slices.IndexFunc(r.Run.Parameters, func(p data.Parameter) bool { return p.Name == x.Parameter }); k >= 0 {
				p = r.Run.Parameters[k]
			}
			out = append(out, Assumed{Parameter: p})
		}
		end := AssumedEnd{Value: x.Value, Swaps: x.Swaps}
		for a, s := range x.Shifts {
			if math.Abs(s.Value) >= math.Abs(end.Change.Value) {
				end.Arm, end.Change = a, estimate.Figure{Value: s.Value, SE: s.StandardError, Lo: s.Value - t*s.StandardError, Hi: s.Value + t*s.StandardError}
			}
		}
		side := 0
		if x.Factor > 1 {
			side = 1
		}
		out[i].Ends[side] = end
		out[i].Swing = math.Max(out[i].Swing, math.Abs(end.Change.Value))
	}
	slices.SortStableFunc(out, func(a, b Assumed) int {
		return cmp.Or(cmp.Compare(b.swaps(), a.swaps()), cmp.Compare(b.Swing, a.Swing))
	})
	return out
}

func (a *Assumed) swaps() int { return max(len(a.Ends[0].Swaps), len(a.Ends[1].Swaps)) }
