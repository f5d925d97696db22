package sweep

import (
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/scenarios"
)

// Axis is a field of an experiment between two values, and one output of one arm.
type Axis struct {
	Study    *Study
	From, To float64
	Whole    bool // whole numbers only
	dim      Dimension
}

// flags are the places of an axis on the command line.
var flags = [][2]string{{"dimensions.x.path", "--vary"}, {"dimensions.x.range.from", "--from"}, {"dimensions.x.range.to", "--to"},
	{"dimensions.x.range", "--from and --to"}, {"outputs[0]", "--where"}, {"arms[0]", "--arm"}}

// NewAxis makes the axis of a field from one value to another, written with their unit. The error is a *data.Problems.
func NewAxis(experiment, arm, field, from, to, output string, level float64, whole bool, o scenarios.Overrides) (*Axis, error) {
	base := document.NewMap().Set("base", document.NewText(experiment))
	if arm != "" {
		base.Set("arms", document.NewList(document.NewText(arm)))
	}
	values := document.NewMap().Set("from", document.NewValue(from)).Set("to", document.NewValue(to))
	dimension := document.NewMap().Set("path", document.NewText(field)).Set("range", values).Set("whole", document.NewValue(strconv.FormatBool(whole)))
	base.Set("dimensions", document.NewMap().Set("x", dimension)).Set("outputs", document.NewList(document.NewText(output))).Set("level", document.NewValue(strconv.FormatFloat(level*100, 'g', -1, 64)+"%"))
	l := &loader{Reader: document.NewReader("")}
	s := &Study{}
	if l.study(s, l.Map(base.Copy()), o); l.Err() != nil {
		for i := range l.Problems.List {
			p := &l.Problems.List[i]
			for _, flag := range flags {
				if rest, ok := strings.CutPrefix(p.Path, flag[0]); ok {
					p.Path = flag[1] + rest
				}
			}
		}
		return nil, l.Err()
	}
	d := s.Dimensions[0]
	a := &Axis{Study: s, dim: d, From: d.law.Quantile(0), To: d.law.Quantile(1), Whole: d.step > 0}
	return a, nil
}

// Unit is that of the axis.
func (a *Axis) Unit() string { return a.dim.Unit }

// Text writes a value of the axis.
func (a *Axis) Text(x float64) string { return textOf(a.write(x)) }

// write is finer than the steps of a range.
func (a *Axis) write(x float64) *document.Node {
	d := a.dim
	d.law = nil
	return d.write(x)
}

// At sets the values at which there are cells, in that order, and returns them as they are written.
func (a *Axis) At(xs []float64) (*Study, []float64) {
	s := *a.Study
	d := a.dim
	d.law, d.values, d.Levels = nil, nil, nil
	written := make([]float64, len(xs))
	for i, x := range xs {
		v := a.write(x)
		d.values, d.Levels = append(d.values, v), append(d.Levels, textOf(v))
		written[i], _, _ = data.ParseQuantity(textOf(v))
	}
	s.Dimensions, s.Design = []Dimension{d}, Design{Method: Grid}
	return &s, written
}
