package sweep

import (
	"fmt"
	"slices"

	"relend/data"
	"relend/data/document"
	"relend/sim/sensitivity"
)

// Design says at which points of the space of parameters there are cells.
type Design struct {
	Method string
	Size   int // points, blocks or trajectories
	Levels int // of trajectories
	Seed   uint64
	points []*document.Node // of a list
	at     *document.Node
}

// The methods of a design.
const (
	Grid         = "grid"
	List         = "list"
	Hypercube    = "lhs"
	Sobol        = "sobol"
	Halton       = "halton"
	Saltelli     = "saltelli"
	Morris       = "morris"
	OneAtATime   = "oat"
	defaultSeed  = 20240601
	morrisLevels = 4
)

// Methods lists them.
func Methods() []string {
	return []string{Grid, List, Hypercube, Sobol, Halton, Saltelli, Morris, OneAtATime}
}

var filling = []string{Hypercube, Sobol, Halton}

// linked says whether the points belong together, so that none can be left out.
func (d Design) linked() bool { return d.Method == Saltelli || d.Method == Morris }

func (l *loader) design(s *Study, n *document.Node, uncertainty bool) Design {
	d := Design{Method: Grid, Seed: defaultSeed, at: n}
	methods := Methods()
	if uncertainty {
		d.Method, d.Size, methods = Hypercube, 32, append(filling, Grid)
	}
	if n == nil {
		return d
	}
	f := l.Map(n)
	if m := f.Need("method"); m != nil {
		if name := l.OneOf(m, methods...); name != "" {
			d.Method = name
		}
	}
	sized := map[string]string{Hypercube: "points", Sobol: "points", Halton: "points", Saltelli: "blocks", Morris: "trajectories"}[d.Method]
	if sized != "" {
		if m := f.Need(sized); m != nil {
			d.Size = int(l.Int(m, 2, MaxCells))
		}
		if m := f.Get("seed"); m != nil {
			d.Seed = uint64(l.Int(m, 0, 1<<62))
		}
	}
	switch d.Method {
	case Morris:
		d.Levels = morrisLevels
		if m := f.Get("levels"); m != nil {
			if d.Levels = int(l.Int(m, 2, 100)); d.Levels%2 != 0 {
				l.Errorf(m, "the number of levels is even, found %d", d.Levels)
			}
		}
	case List:
		if m := f.Need("points"); m != nil {
			if d.points = l.List(m); m.Kind == document.List && len(d.points) == 0 {
				l.Errorf(m, "the design is empty: the list has no points")
			}
		}
		l.listedPoints(s, d.points)
	}
	f.Close()
	k := len(s.Dimensions) - s.Uncertain
	if uncertainty {
		k = s.Uncertain
	}
	most := map[string]int{Sobol: sensitivity.MaxSobol, Saltelli: sensitivity.MaxSobol / 2}[d.Method]
	if most > 0 && k > most {
		l.Errorf(n, "the design %s has at most %d dimensions, found %d", d.Method, most, k)
	}
	for i := range s.Dimensions[:len(s.Dimensions)-s.Uncertain] {
		x := &s.Dimensions[i]
		if d.Method == Morris && x.law != nil && !x.law.Bounded() {
			l.Errorf(x.at, "a Morris design goes to both ends of %s: cut its distribution off with min and max", x.Name)
		}
	}
	return d
}

// listedPoints checks the points of a list: maps from dimensions to values.
func (l *loader) listedPoints(s *Study, items []*document.Node) {
	for _, item := range items {
		f := l.Map(item)
		for i := range s.Dimensions[:len(s.Dimensions)-s.Uncertain] {
			f.Get(s.Dimensions[i].Name)
		}
		f.Close()
		if f.Node() != nil && len(f.Node().Keys()) == 0 {
			l.Errorf(item, "the point sets no dimension")
		}
	}
}

// setting is one point of a design: a value by dimension, nil where the base's holds, and its place in the unit cube where the
// design needs it.
type setting struct {
	values []*document.Node
	unit   []float64
	at     *document.Node // where it is listed
}

// points returns those of a design over some dimensions.
func (d *Design) settings(dimensions []Dimension) (out []setting, err error) {
	k := len(dimensions)
	cube := func(points [][]float64, unit bool) {
		for _, u := range points {
			x := setting{values: make([]*document.Node, k)}
			if unit {
				x.unit = u
			}
			for j := range dimensions {
				x.values[j] = dimensions[j].sample(u[j])
			}
			out = append(out, x)
		}
	}
	switch {
	case k == 0:
		return []setting{{}}, nil
	case d.Method == List:
		for _, item := range d.points {
			x := setting{values: make([]*document.Node, k), at: item}
			for j := range dimensions {
				x.values[j] = item.Get(dimensions[j].Name)
			}
			out = append(out, x)
		}
	case d.Method == Grid:
		count := 1
		for j := range dimensions {
			if count *= len(dimensions[j].grid()); count > MaxCells {
				return nil, fmt.Errorf("the grid has more than %d points", MaxCells)
			}
		}
		out = []setting{{values: make([]*document.Node, k)}}
		for j := range dimensions {
			var next []setting
			for _, x := range out {
				for _, v := range dimensions[j].grid() {
					values := slices.Clone(x.values)
					values[j] = v
					next = append(next, setting{values: values})
				}
			}
			out = next
		}
	case d.Method == OneAtATime:
		for j := range dimensions {
			for _, v := range dimensions[j].grid() {
				x := setting{values: make([]*document.Node, k)}
				x.values[j] = v
				out = append(out, x)
			}
		}
	case d.Method == Hypercube:
		cube(sensitivity.LatinHypercube(d.Size, k, d.Seed), false)
	case d.Method == Sobol:
		cube(sensitivity.Sobol(d.Size, k, d.Seed), false)
	case d.Method == Halton:
		cube(sensitivity.Halton(d.Size, k, d.Seed), false)
	case d.Method == Saltelli:
		cube(sensitivity.SaltelliPoints(d.Size, k, d.Seed), true)
	case d.Method == Morris:
		cube(sensitivity.Trajectories(d.Size, k, d.Levels, d.Seed), true)
	}
	return out, nil
}

// points crosses the design with the uncertainty and leaves out what the constraints forbid.
func (s *Study) points() (points []data.SweepPoint, settings []setting, excluded int, err error) {
	ps := &data.Problems{Cause: data.BadConfig}
	chosen := len(s.Dimensions) - s.Uncertain
	levers, err := s.Design.settings(s.Dimensions[:chosen])
	if err != nil {
		return nil, nil, 0, s.problem(s.Design.at, "%v", err)
	}
	unknown, err := s.Uncertainty.settings(s.Dimensions[chosen:])
	if err != nil {
		return nil, nil, 0, s.problem(s.Uncertainty.at, "%v", err)
	}
	if len(levers)*len(unknown)*len(s.Arms) > MaxCells {
		return nil, nil, 0, s.problem(s.Design.at, "%d points x %d uncertain settings x %d arms are too many cells, at most %d", len(levers), len(unknown), len(s.Arms), MaxCells)
	}
	worlds := map[string]int{}
	for _, a := range levers {
		for _, b := range unknown {
			x := setting{values: slices.Concat(a.values, b.values), unit: a.unit, at: a.at}
			p := data.SweepPoint{Unit: x.unit, Values: make([]string, len(x.values))}
			world := ""
			for j, v := range x.values {
				d := &s.Dimensions[j]
				if p.Values[j] = d.Base; v != nil {
					p.Values[j] = textOf(v)
				}
				if d.Scenario {
					world += p.Values[j] + "\x00"
				}
			}
			broken, err := s.forbidden(p.Values)
			if err != nil {
				return nil, nil, 0, err
			}
			if broken != "" {
				if excluded++; x.at != nil {
					f := document.NewReader(s.file)
					f.Errorf(x.at, "the point cannot be: %s does not hold", broken)
					ps.List = append(ps.List, f.Problems.List...)
				}
				continue
			}
			if _, seen := worlds[world]; !seen {
				worlds[world] = len(worlds)
			}
			p.World = worlds[world]
			points, settings = append(points, p), append(settings, x)
		}
	}
	if err := ps.Err(); err != nil {
		return nil, nil, 0, err
	}
	if len(points) == 0 {
		return nil, nil, 0, s.problem(s.Design.at, "the design is empty: the constraints leave none of its %d points", excluded)
	}
	return points, settings, excluded, nil
}

// problem is an error at a node of the sweep file.
func (s *Study) problem(n *document.Node, format string, args ...any) error {
	r := document.NewReader(s.file)
	r.Errorf(n, format, args...)
	return r.Err()
}
