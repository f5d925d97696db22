package table

import (
	"math"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// rows grows the columns of a tidy table row by row.
type rows struct {
	columns []Column
	at      map[string]int
}

func (b *rows) column(name string) *Column {
	if b.at == nil {
		b.at = map[string]int{}
	}
	i, known := b.at[name]
	if !known {
		i = len(b.columns)
		b.at[name] = i
		b.columns = append(b.columns, Column{Name: name})
	}
	return &b.columns[i]
}

func (b *rows) text(name, v string) {
	c := b.column(name)
	c.Strings = append(c.Strings, v)
}

func (b *rows) int(name string, v int) {
	c := b.column(name)
	c.Ints = append(c.Ints, int64(v))
}

func (b *rows) float(name string, v float64) {
	c := b.column(name)
	c.Floats = append(c.Floats, v)
}

// figure writes a figure with its error and interval, times a factor.
func (b *rows) figure(prefix string, f estimate.Figure, factor float64) {
	b.float(prefix+"value", f.Value*factor)
	b.float(prefix+"std_error", f.SE*factor)
	b.float(prefix+"lo", f.Lo*factor)
	b.float(prefix+"hi", f.Hi*factor)
}

// major is the factor that turns an output's figures into fractions, counts and whole units of currency.
func major(r *output.Sweep, o int) float64 {
	if r.Measure(o).Unit == data.Amount {
		return 1 / float64(data.Unit)
	}
	return 1
}

// SweepCells is one row per cell and output: every parameter as written and, where it is a number, as one; the
// estimate with its interval; and its paired difference to the base cell of the same arm. A cell without results has rows
// with status "missing" and no figures.
func SweepCells(r *output.Sweep) []Column {
	var b rows
	missing := map[int]bool{}
	for _, c := range r.Missing {
		missing[c] = true
	}
	base := map[int]bool{}
	for _, c := range r.Base {
		base[c] = true
	}
	for i, c := range r.Cells {
		for o, out := range r.Outputs {
			b.int("cell", i)
			b.text("key", c.Key)
			role := "cell"
			if base[i] {
				role = "base"
			}
			b.text("role", role)
			b.text("arm", r.Sweep.Arms[c.Arm].Name)
			for d, text := range r.Values(c) {
				x := r.Dimensions[d]
				b.text(x.Name, text)
				if x.Ordered {
					v, _, ok := data.ParseQuantity(text)
					if !ok {
						v = math.NaN()
					}
					b.float(x.Name+".number", v)
				}
			}
			status := "finished"
			if missing[i] {
				status = "missing"
			}
			b.text("status", status)
			b.text("output", out.Name)
			b.text("measure", out.Measure)
			b.int("month", out.Month)
			unit := r.Measure(o).Unit.String()
			if r.Measure(o).Unit == data.Amount {
				unit = r.Currency
			}
			b.text("unit", unit)
			b.figure("", r.Figures[i][o], major(r, o))
			b.figure("difference.", r.Differences[i][o], major(r, o))
			b.float("level", r.Level)
		}
	}
	return b.columns
}

// AllSweep are the tables of a sweep's report; those that its design does not offer are left out.
func AllSweep(r *output.Sweep) (tables []Table) {
	for _, t := range []Table{
		{"cells", SweepCells(r)}, {"responses", sweepResponses(r)}, {"influence", sweepInfluence(r)}, {"frontier", sweepFrontier(r)},
		{"regret", sweepRegret(r)}, {"boxes", sweepBoxes(r)}, {"uncertainty", sweepUncertainty(r)},
	} {
		if len(t.Columns) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// sweepResponses is one row per arm, output, dimension and level.
func sweepResponses(r *output.Sweep) []Column {
	var b rows
	for _, x := range r.Responses() {
		for _, l := range x.Levels {
			b.text("arm", r.Sweep.Arms[x.Arm].Name)
			b.text("output", r.Outputs[x.Output].Name)
			b.text("dimension", r.Dimensions[x.Dimension].Name)
			b.text("level", l.Text)
			b.int("cells", l.Cells)
			f := major(r, x.Output)
			b.figure("", l.Mean, f)
			b.figure("change.", l.Change, f)
			b.float("lowest", l.Low*f)
			b.float("highest", l.Top*f)
		}
	}
	return b.columns
}

// sweepInfluence is one row per arm, output and dimension: Sobol's or Morris's indices with their bands. Sobol's are raw: an
// estimate may lie outside 0..1 where its band is wide.
func sweepInfluence(r *output.Sweep) []Column {
	var b rows
	for _, x := range r.Influences() {
		for d := range r.Dimensions {
			b.text("arm", r.Sweep.Arms[x.Arm].Name)
			b.text("output", r.Outputs[x.Output].Name)
			b.text("dimension", r.Dimensions[d].Name)
			if x.Sobol != nil {
				s := x.Sobol[d]
				b.float("first", s.First.Value)
				b.float("first.lo", s.First.Lo)
				b.float("first.hi", s.First.Hi)
				b.float("total", s.Total.Value)
				b.float("total.lo", s.Total.Lo)
				b.float("total.hi", s.Total.Hi)
				b.int("blocks", x.Blocks)
				continue
			}
			m, f := x.Morris[d], major(r, x.Output)
			b.float("mu", m.Mean.Value*f)
			b.float("mu.lo", m.Mean.Lo*f)
			b.float("mu.hi", m.Mean.Hi*f)
			b.float("mu_star", m.Size.Value*f)
			b.float("mu_star.lo", m.Size.Lo*f)
			b.float("mu_star.hi", m.Size.Hi*f)
			b.float("sigma", m.Sigma*f)
		}
	}
	return b.columns
}

// sweepFrontier is one row per alternative.
func sweepFrontier(r *output.Sweep) []Column {
	var b rows
	f := r.BuildFrontier()
	if f == nil {
		return nil
	}
	front := map[int]bool{}
	for _, a := range f.Front {
		front[a] = true
	}
	for a, alternative := range f.Alternatives {
		b.text("alternative", alternative.Title)
		b.figure(r.Outputs[f.X].Name+".", f.Points[a][0], major(r, f.X))
		b.figure(r.Outputs[f.Y].Name+".", f.Points[a][1], major(r, f.Y))
		beaten := ""
		if by := f.Dominated[a]; by >= 0 {
			beaten = f.Alternatives[by].Title
		}
		b.text("dominated_by", beaten)
		on := "no"
		if front[a] {
			on = "yes"
		}
		b.text("on_frontier", on)
	}
	return b.columns
}

// sweepRegret is one row per output, alternative and world.
func sweepRegret(r *output.Sweep) []Column {
	var b rows
	for _, x := range r.Regrets() {
		for rank, row := range x.Rows {
			for w, g := range row.Regrets {
				b.text("output", r.Outputs[x.Output].Name)
				b.int("rank", rank+1)
				b.text("alternative", row.Title)
				b.text("world", x.Worlds[w])
				b.figure("", g, major(r, x.Output))
			}
		}
	}
	return b.columns
}

// sweepBoxes is one row per discovery, arm and limit.
func sweepBoxes(r *output.Sweep) []Column {
	var b rows
	for _, x := range r.Discoveries() {
		if x.Box == nil {
			continue
		}
		q := r.Discover[x.Discovery]
		for d, l := range x.Box.Limits {
			if !l.Set() {
				continue
			}
			b.text("arm", r.Sweep.Arms[x.Arm].Name)
			b.text("output", r.Outputs[q.Output].Name)
			side := "below"
			if q.Above {
				side = "above"
			}
			b.text("side", side)
			b.float("threshold", q.Threshold*major(r, q.Output))
			b.text("dimension", r.Dimensions[d].Name)
			b.text("limit", r.LimitText(output.English, d, l))
			b.float("chance", l.Chance)
			b.int("cells", x.Box.Points)
			b.int("hits", x.Box.Hits)
			b.float("density", x.Box.Density)
			b.float("coverage", x.Box.Coverage)
		}
	}
	return b.columns
}

// sweepUncertainty is one row per alternative and output: both bands.
func sweepUncertainty(r *output.Sweep) []Column {
	var b rows
	for _, u := range r.Uncertainties() {
		f := major(r, u.Output)
		b.text("alternative", u.Title)
		b.text("output", r.Outputs[u.Output].Name)
		b.int("settings", u.Settings)
		b.figure("mean.", u.Mean, f)
		b.float("half_given_parameters", u.Given*f)
		b.float("lo_over_parameters", u.Lo*f)
		b.float("hi_over_parameters", u.Hi*f)
	}
	return b.columns
}
