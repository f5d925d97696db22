package sweep

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/scenarios"
	"relend/sim"
)

// Cells is a study whose cells are known by their keys.
type Cells struct {
	data.Sweep
	study    *Study
	settings []setting  // by point
	places   []place    // by cell
	worlds   []*worldOf // in the order of the cells
}

// worldOf is what all arms of one run have in common: the experiment with the dimensions that belong to no arm.
type worldOf struct {
	experiment *scenarios.Experiment
	reference  string // key of its baseline arm
}

// place says where a cell is simulated.
type place struct {
	world  int
	family string // arms of the same family travel together
}

// Inputs are what determines results beside the experiment: the contents of the portfolio's files, by name and hash.
type Inputs map[string]string

// Cells makes the experiments of all cells and their keys. Currency and segments are those of the base's portfolio. The
// error is a *data.Problems that names the first cells that cannot be.
func (s *Study) Cells(currency string, segments []string, inputs Inputs) (*Cells, error) {
	points, settings, excluded, err := s.points()
	if err != nil {
		return nil, err
	}
	c := &Cells{study: s, settings: settings}
	c.Sweep = data.Sweep{Format: data.SweepFormat, Title: s.Title, Description: s.Description, Currency: currency, Method: s.Design.Method, Size: s.Design.Size,
		Months: s.Base.Months, Paths: s.Base.Paths, Level: s.Level, Outputs: s.Outputs, Points: points, Excluded: excluded,
		Frontier: s.Frontier, Discover: s.Discover, Inputs: inputs, Warnings: s.Base.Warnings(currency)}
	for _, d := range s.Dimensions {
		c.Dimensions = append(c.Dimensions, d.SweepDimension)
	}
	for _, name := range s.Arms {
		a := s.Base.Entries[slices.IndexFunc(s.Base.Entries, func(e scenarios.Entered) bool { return e.Name == name })]
		c.Sweep.Arms = append(c.Sweep.Arms, data.SweepArm{Name: name, Title: a.Title})
	}
	ps := &data.Problems{Cause: data.BadConfig}
	b := builder{Cells: c, currency: currency, segments: segments, worlds: map[string]int{}}
	fail := func(point int, err error) {
		where := "the base"
		if point >= 0 {
			where = "the cell " + s.describe(points[point].Values)
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			ps.Add("", "%s: %s cannot be: %s", s.file, where, strings.TrimPrefix(line, s.file+": "))
		}
	}
	const mostFailures = 20
	for p := range points {
		if err := b.add(p); err != nil {
			if fail(p, err); len(ps.List) >= mostFailures {
				ps.Add("", "and perhaps more: %d of %d points were looked at", p+1, len(points))
				break
			}
		}
	}
	if err := b.add(-1); err != nil {
		fail(-1, err)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	for a := range c.Sweep.Arms {
		c.Base = append(c.Base, len(c.Sweep.Cells)-len(c.Sweep.Arms)+a)
	}
	return c, nil
}

type builder struct {
	*Cells
	currency string
	segments []string
	worlds   map[string]int // by the values that make them
}

// add makes the cells of a point; -1 is the base.
func (b *builder) add(point int) error {
	e, w, err := b.experiments(point)
	if err != nil {
		return err
	}
	arms, _, err := e.Arms(b.currency, b.segments)
	if err != nil {
		return err
	}
	world := b.Cells.worlds[w]
	for i, a := range b.Sweep.Arms {
		at := slices.IndexFunc(e.Entries, func(x scenarios.Entered) bool { return x.Name == a.Name })
		arm := &arms[at]
		b.Sweep.Cells = append(b.Sweep.Cells, data.SweepCell{Point: point, Arm: i, Key: b.key(world.experiment, e, a.Name), Reference: world.reference})
		b.places = append(b.places, place{w, fmt.Sprint(arm.Behaviour, arm.Macro.Unemployment, arm.Macro.GDP, arm.Macro.LPR)})
	}
	return nil
}

// experiments returns the experiment of a point and the index of its world.
func (b *builder) experiments(point int) (*scenarios.Experiment, int, error) {
	s := b.study
	root := s.root.Copy()
	text, err := b.apply(root, point, false)
	if err != nil {
		return nil, 0, err
	}
	w, known := b.worlds[text]
	if !known {
		e, err := scenarios.FromDocument(s.file, root)
		if err != nil {
			return nil, 0, err
		}
		if last := slices.Max(months(s.Outputs)); e.Months < last {
			return nil, 0, fmt.Errorf("the horizon of %d months ends before the output of month %d", e.Months, last)
		}
		w = len(b.Cells.worlds)
		b.worlds[text] = w
		b.Cells.worlds = append(b.Cells.worlds, &worldOf{e, b.key(e, e, e.Baseline)})
	}
	e, err := b.within(b.Cells.worlds[w].experiment, root, point)
	return e, w, err
}

// within returns the experiment of a point whose world is known; root is the base with what makes the world.
func (c *Cells) within(world *scenarios.Experiment, root *document.Node, point int) (*scenarios.Experiment, error) {
	text, err := c.apply(root, point, true)
	if err != nil || text == "" {
		return world, err
	}
	return scenarios.FromDocument(c.study.file, root)
}

// apply writes the values of a point into the base: those that belong to arms, or the others. It returns them as a text.
func (c *Cells) apply(root *document.Node, point int, own bool) (text string, err error) {
	for i := range c.study.Dimensions {
		d := &c.study.Dimensions[i]
		if point < 0 || c.settings[point].values[i] == nil {
			continue
		}
		value := c.settings[point].values[i]
		for _, path := range d.Paths {
			if ofArm(path) == own {
				text += path + "=" + textOf(value) + "\n"
				if err := d.apply(root, path, value); err != nil {
					return "", err
				}
			}
		}
	}
	return text, nil
}

// key is the hash of all that determines the results of an arm in a world: both experiments without what is cosmetic, the
// inputs, the months at which results are kept, and the version of what the program computes.
func (c *Cells) key(world, own *scenarios.Experiment, arm string) string {
	h := sha256.New()
	fmt.Fprintf(h, "results %d\nmonths %v\n", sim.ResultsVersion, months(c.Outputs))
	var names []string
	for name := range c.Inputs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %s\n", name, c.Inputs[name])
	}
	fmt.Fprintf(h, "%s\n%s", world.Essence(world.Baseline), own.Essence(arm))
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// Run is cells that are simulated together: the world's reference arm and the arms of some cells.
type Run struct {
	Experiment *scenarios.Experiment // of the world
	Reference  string                // key of its reference arm
	Keys       []string              // of the other arms
	members    []int
	of         *Cells
}

// MostArms is the number of arms of a run, its reference arm included; FamilyArms that of arms that travel together.
const (
	MostArms   = sim.MaxArms
	FamilyArms = 64
)

// wanted lists the cells of which the key is missing, each key once, by world and family, and -1-i for the reference of cell i.
func (c *Cells) wanted(missing func(key string) bool) (list []int) {
	seen := map[string]bool{}
	first := func(key string) bool {
		fresh := !seen[key] && missing(key)
		seen[key] = true
		return fresh
	}
	for i, cell := range c.Sweep.Cells {
		if first(cell.Reference) {
			list = append(list, -1-i)
		}
		if first(cell.Key) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		return cmp.Or(cmp.Compare(c.at(a).world, c.at(b).world), cmp.Compare(c.at(a).family, c.at(b).family))
	})
	return list
}

// at is the place of a wanted cell.
func (c *Cells) at(i int) place { return c.places[max(i, -1-i)] }

// Runs divides the cells whose results are missing into runs of at most that many arms. Cells with the same key are
// simulated once.
func (c *Cells) Runs(missing func(key string) bool, most int) (runs []Run) {
	for _, i := range c.wanted(missing) {
		w := c.worlds[c.at(i).world]
		last := len(runs) - 1
		if last < 0 || runs[last].Experiment != w.experiment || i >= 0 && len(runs[last].members)+1 >= most {
			runs = append(runs, Run{Experiment: w.experiment, Reference: w.reference, of: c})
			last++
		}
		if r := &runs[last]; i >= 0 {
			r.Keys, r.members = append(r.Keys, c.Sweep.Cells[i].Key), append(r.members, i)
		}
	}
	return runs
}

// Units are the keys that the parts of a sweep are made of: those of a family stay together, unless it has more cells than
// travel together; then they are divided evenly. They depend on nothing but the sweep.
func (c *Cells) Units() (units [][]string) {
	all := c.wanted(func(string) bool { return true })
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && c.at(all[to]) == c.at(all[from]) {
			to++
		}
		const most = FamilyArms - 1 // and the reference, which every run has
		n := (to - from + most - 1) / most
		for k := range n {
			var unit []string
			first, last := data.Shard{Part: k + 1, Of: n}.Range(to - from)
			for _, i := range all[from+first : from+last] {
				if i < 0 {
					unit = append(unit, c.Sweep.Cells[-1-i].Reference)
				} else {
					unit = append(unit, c.Sweep.Cells[i].Key)
				}
			}
			units = append(units, unit)
		}
		from = to
	}
	return units
}

// Alone is the run of one of a run's cells without the others.
func (r *Run) Alone(i int) Run {
	return Run{r.Experiment, r.Reference, r.Keys[i : i+1], r.members[i : i+1], r.of}
}

// Families is the number of groups of arms that travel together.
func (r *Run) Families() int {
	counts := map[string]int{}
	for _, i := range r.members {
		counts[r.of.places[i].family]++
	}
	families := 0
	for _, n := range counts {
		families += (n + FamilyArms - 1) / FamilyArms
	}
	return max(families, 1)
}

// Arms returns the arms of the run, the reference first, and its settings.
func (r *Run) Arms(currency string, segments []string) ([]sim.Arm, sim.Settings, error) {
	world, settings, err := r.Experiment.Arms(currency, segments)
	if err != nil {
		return nil, settings, err
	}
	arms := []sim.Arm{world[settings.Baseline]}
	arms[0].Name, arms[0].Reference, settings.Baseline = "reference", 0, 0
	settings.Pooled = r.Experiment.Engine == scenarios.StepEngine
	for _, i := range r.members {
		cell, root := r.of.Sweep.Cells[i], r.of.study.root.Copy()
		if _, err := r.of.apply(root, cell.Point, false); err != nil {
			return nil, settings, err
		}
		e, err := r.of.within(r.Experiment, root, cell.Point)
		if err != nil {
			return nil, settings, err
		}
		own, _, err := e.Arms(currency, segments)
		if err != nil {
			return nil, settings, err
		}
		at := slices.IndexFunc(e.Entries, func(x scenarios.Entered) bool { return x.Name == r.of.Sweep.Arms[cell.Arm].Name })
		arm := own[at]
		arm.Name, arm.Reference = "cell"+fmt.Sprint(i), 0
		arms = append(arms, arm)
	}
	return arms, settings, nil
}
