package output

import (
	"cmp"
	"math"
	"slices"

	"relend/sim/sensitivity"
)

// Influence is what each dimension does to an output of an arm, by the indices that the design is made for.
type Influence struct {
	Arm, Output int
	Sobol       []sensitivity.Index  // by dimension; nil for other designs
	Morris      []sensitivity.Effect // by dimension; nil for other designs
	Blocks      int                  // of complete answers behind Sobol's indices
	Order       []int                // dimensions, the most influential first
}

// bootSeed makes bands the same in every drawing of a report.
const bootSeed = 20240601

// Influences are the indices of a Saltelli or a Morris design.
func (r *Sweep) Influences() []Influence { return r.influences }

func (r *Sweep) influence() (out []Influence) {
	k := len(r.Dimensions)
	for o := range r.Outputs {
		for a := range r.Sweep.Arms {
			x := Influence{Arm: a, Output: o}
			var design [][]float64
			var answers []float64
			for _, c := range r.Of(a) {
				design = append(design, r.Points[r.Cells[c].Point].Unit)
				answers = append(answers, r.Figures[c][o].Value)
			}
			var size func(d int) float64
			switch r.Method {
			case "saltelli":
				x.Sobol, x.Blocks = sensitivity.SobolIndices(answers, k, r.Level, bootSeed)
				size = func(d int) float64 { return x.Sobol[d].Total.Value }
			case "morris":
				x.Morris = sensitivity.ElementaryEffects(design, answers, r.Level, bootSeed)
				size = func(d int) float64 { return x.Morris[d].Size.Value }
			default:
				return nil
			}
			for d := range k {
				x.Order = append(x.Order, d)
			}
			slices.SortStableFunc(x.Order, func(i, j int) int { return cmp.Compare(size(j), size(i)) })
			out = append(out, x)
		}
	}
	return out
}

// Negligible is what reports write of an index whose band holds 0.
const Negligible = "not distinguishable from zero"

// Index writes an index with its band; one that cannot be told from 0 is said to be so, and its estimate, which may lie below 0 by
// chance, is not written.
func (l Language) Index(b sensitivity.Band) string {
	switch {
	case math.IsNaN(b.Value):
		return "–"
	case b.Zero():
		return l.Say("%s (below %s)", l.Say(Negligible), Number(math.Max(b.Hi, 0), 3))
	}
	return l.Say("%s (%s to %s)", Number(b.Value, 3), Number(b.Lo, 3), Number(b.Hi, 3))
}

// Found is a part of the space where an output lies beyond a threshold.
type Found struct {
	Arm       int
	Discovery int // index into Discover
	Cells     int
	Hits      int
	Box       *sensitivity.Box // nil: no part stands out
}

// Discoveries looks for the parts of the space that the sweep asks for.
func (r *Sweep) Discoveries() (out []Found) {
	for i, q := range r.Discover {
		for a := range r.Sweep.Arms {
			f := Found{Arm: a, Discovery: i}
			var x [][]float64
			var hit []bool
			unordered := make([]bool, len(r.Dimensions))
			for d := range r.Dimensions {
				unordered[d] = !r.Dimensions[d].Ordered
			}
			for _, c := range r.Of(a) {
				v := r.Figures[c][q.Output].Value
				if math.IsNaN(v) {
					continue
				}
				row := make([]float64, len(r.Dimensions))
				for d := range row {
					row[d] = math.Max(r.Place(d, r.Value(c, d)), -math.MaxFloat64) // none lies below all, and inside an open side
				}
				h := v > q.Threshold == q.Above && v != q.Threshold
				x, hit = append(x, row), append(hit, h)
				if f.Cells++; h {
					f.Hits++
				}
			}
			if f.Cells > 0 {
				f.Box = sensitivity.Peel(x, hit, unordered, r.Level)
			}
			out = append(out, f)
		}
	}
	return out
}

// LimitText writes a side of a box in a language.
func (r *Sweep) LimitText(in Language, dimension int, l sensitivity.Limit) string {
	levels := r.LevelsOf(dimension)
	name := func(v float64) string {
		for _, text := range levels {
			if math.Max(r.Place(dimension, text), -math.MaxFloat64) == v {
				return text
			}
		}
		return Number(v, 4)
	}
	switch {
	case len(l.Without) > 0:
		var names []string
		for _, v := range l.Without {
			names = append(names, name(v))
		}
		return in.Say("not %s", in.List(names, 6))
	case math.IsInf(l.Hi, 1):
		return in.Say("from %s on", name(l.Lo))
	case math.IsInf(l.Lo, -1):
		return in.Say("up to %s", name(l.Hi))
	}
	return in.Say("from %s to %s", name(l.Lo), name(l.Hi))
}
