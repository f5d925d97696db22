package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/scenarios"
	"relend/sim/sensitivity"
)

// Dimension is one or several fields of the experiment that take the same value.
type Dimension struct {
	data.SweepDimension
	values []*document.Node // listed; none where they come from a law
	law    *sensitivity.Law
	step   float64 // whole multiples of it only; 0: any number
	levels int     // of a law in a grid
	times  bool    // the value multiplies what the base has
	at     *document.Node
}

// none takes a rule or one of its parameters out.
const none = "none"

const defaultLevels = 5

func (l *loader) dimensions(s *Study, n *document.Node, uncertain bool) {
	f := l.Map(n)
	if f.Node() == nil {
		return
	}
	for _, name := range f.Node().Keys() {
		before := len(l.Problems.List)
		d := l.dimension(s, f.Get(name), name)
		if d.Uncertain = uncertain; uncertain {
			s.Uncertain++
			d.Scenario = true
			if len(l.Problems.List) == before && d.law == nil && len(d.values) < 2 {
				l.Errorf(d.at, "what is uncertain has a distribution, a range or a list of values that are equally likely")
			}
		}
		switch key := f.Node().Key(name); {
		case !nameForm.MatchString(name):
			l.Errorf(key, "%q is not a name: a letter, then letters, digits and _, at most 40", name)
		case s.dimension(name) >= 0:
			l.Errorf(key, "the dimension %s is given under dimensions and under uncertain", name)
		}
		s.Dimensions = append(s.Dimensions, d)
	}
	if len(s.Dimensions) > MaxDimensions {
		l.Errorf(n, "%d dimensions are too many, at most %d", len(s.Dimensions), MaxDimensions)
	}
}

func (l *loader) dimension(s *Study, n *document.Node, name string) Dimension {
	d := Dimension{at: n}
	d.Name, d.Title, d.Ordered = name, name, true
	f := l.Map(n)
	path, values := f.Need("path"), f.Get("values")
	title, whole, times := f.Get("title"), f.Get("whole"), f.Get("times")
	ranged, logarithmic, law := f.Get("range"), f.Get("log_range"), f.Get("distribution")
	steps := f.Get("steps")
	f.Close()
	if f.Node() == nil {
		return d
	}
	if title != nil {
		d.Title = l.Text(title)
	}
	for _, item := range l.texts(path) {
		d.Paths = append(d.Paths, l.Text(item))
	}
	d.times = l.Bool(times)
	given := 0
	for _, n := range []*document.Node{values, ranged, logarithmic, law} {
		if n != nil {
			given++
		}
	}
	if given != 1 {
		l.Errorf(n, "give one of values, range, log_range and distribution")
		return d
	}
	d.levels = defaultLevels
	if steps != nil {
		if d.levels = int(l.Int(steps, 2, 10_000)); law == nil {
			l.Errorf(steps, "steps of a range stand inside it: {from: …, to: …, steps: …}; here they are for a distribution in a grid")
		}
	}
	before := len(l.Problems.List)
	switch {
	case values != nil:
		l.listed(&d, values)
	case ranged != nil:
		l.ranged(&d, ranged, false)
	case logarithmic != nil:
		l.ranged(&d, logarithmic, true)
	default:
		l.distribution(&d, law)
	}
	if whole != nil && l.Bool(whole) {
		d.step = 1
	}
	if d.Unit == "months" || d.Unit == "days" {
		d.step = 1
	}
	if len(l.Problems.List) == before {
		l.fits(s, &d, path)
	}
	return d
}

// listed reads a list of values. They are ordered where all are numbers of one unit, none apart.
func (l *loader) listed(d *Dimension, n *document.Node) {
	d.values = l.List(n)
	if n.Kind == document.List && len(d.values) == 0 {
		l.Errorf(n, "the list is empty; give at least one value")
	}
	for i, v := range d.values {
		text := textOf(v)
		if slices.Contains(d.Levels, text) {
			l.Errorf(v, "the value %s is listed twice", text)
		}
		d.Levels = append(d.Levels, text)
		if text == none {
			continue
		}
		_, unit, number := data.ParseQuantity(text)
		if !number || v.Kind != document.Scalar || i > 0 && d.Unit != "" && unit != d.Unit {
			d.Ordered = false
			continue
		}
		d.Unit = unit
	}
	if d.times {
		l.multiplies(d, n)
	}
}

func (l *loader) multiplies(d *Dimension, n *document.Node) {
	if d.Unit != "" || !d.Ordered || slices.Contains(d.Levels, none) {
		l.Errorf(n, "with times the values are plain numbers that multiply what the base has")
	}
}

// textOf writes a value on one line.
func textOf(n *document.Node) string {
	if n.Kind == document.Scalar {
		return n.Text()
	}
	var parts []string
	for i, item := range n.Items() {
		text := textOf(item)
		if n.Kind == document.Map {
			text = n.Keys()[i] + ": " + text
		}
		parts = append(parts, text)
	}
	if n.Kind == document.Map {
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// number reads a number with the unit of its dimension, which the first one sets.
func (l *loader) number(d *Dimension, n *document.Node) float64 {
	if n == nil {
		return math.NaN()
	}
	v, unit, ok := data.ParseQuantity(l.Text(n))
	switch {
	case !ok:
		l.Errorf(n, "a number with its unit is needed here, found %q", n.Text())
	case d.Unit == "" && unit != "":
		d.Unit = unit
	case unit != d.Unit && v != 0:
		l.Errorf(n, "%s has not the unit of the other numbers, %q", n.Text(), d.Unit)
	}
	return v
}

func (l *loader) ranged(d *Dimension, n *document.Node, logarithmic bool) {
	before := len(l.Problems.List)
	f := l.Map(n)
	from, to := l.number(d, f.Need("from")), l.number(d, f.Need("to"))
	if m := f.Get("steps"); m != nil {
		d.levels = int(l.Int(m, 2, 10_000))
	}
	f.Close()
	if len(l.Problems.List) > before {
		return
	}
	switch {
	case !(from < to):
		l.Errorf(n, "from must lie below to")
	case logarithmic && from <= 0:
		l.Errorf(n, "a log range begins above 0")
	case logarithmic:
		d.law = sensitivity.LogUniform(from, to)
	default:
		d.law = sensitivity.Uniform(from, to)
	}
	if d.times {
		l.multiplies(d, n)
	}
}

// distribution reads a law: {normal: {mean: …, sd: …}}, perhaps cut off at min and max.
func (l *loader) distribution(d *Dimension, n *document.Node) {
	before := len(l.Problems.List)
	f := l.Map(n)
	if f.Node() == nil {
		return
	}
	var name string
	arguments := map[string]float64{}
	for _, form := range sensitivity.Laws {
		m := f.Get(form.Name)
		if m == nil {
			continue
		}
		if name != "" {
			l.Errorf(m, "a distribution has one law, found %s and %s", name, form.Name)
		}
		name = form.Name
		g := l.Map(m)
		for _, p := range form.Parameters {
			if p == "spread" || name == "beta" && (p == "a" || p == "b") {
				arguments[p] = l.Float(g.Need(p), 1e-6, 1e6)
			} else {
				arguments[p] = l.number(d, g.Need(p))
			}
		}
		g.Close()
	}
	lo, hi := math.Inf(-1), math.Inf(1)
	if m := f.Get("min"); m != nil {
		lo = l.number(d, m)
	}
	if m := f.Get("max"); m != nil {
		hi = l.number(d, m)
	}
	f.Close()
	if len(l.Problems.List) > before {
		return
	}
	if name == "" {
		var names []string
		for _, form := range sensitivity.Laws {
			names = append(names, form.Name)
		}
		l.Errorf(n, "which distribution? Give one of %s", strings.Join(names, ", "))
		return
	}
	law, err := sensitivity.NewLaw(name, arguments, lo, hi)
	if err != nil {
		l.Errorf(n, "%v", err)
		return
	}
	d.law = law
	if d.times {
		l.multiplies(d, n)
	}
}

// fits tries the first value, so that a path that leads nowhere is reported where it is written.
func (l *loader) fits(s *Study, d *Dimension, n *document.Node) {
	for _, path := range d.Paths {
		old, err := get(s.root, path)
		if err == nil {
			if head, _, _ := strings.Cut(path, "."); slices.Contains([]string{"title", "description", "measures", "gates", "baseline", "precision", "sample"}, head) || strings.HasSuffix(path, ".name") {
				err = fmt.Errorf("it has no influence on results, or cells could not be compared")
			}
			if path == "portfolio" || path == "portfolio.mapping" || strings.HasPrefix(path, "portfolio.files") {
				err = fmt.Errorf("the cells of a sweep share the portfolio's files; run a sweep for each, with -p, --mapping and -o")
			}
		}
		if err == nil && d.times && (old == nil || old.Kind == document.Map) {
			err = fmt.Errorf("there is no number to multiply")
		}
		if err != nil {
			l.Errorf(n, "the field %s cannot be varied: %v", path, err)
			continue
		}
		if d.Base == "" {
			if d.Base = none; old != nil {
				d.Base = textOf(old)
			}
			if d.times {
				d.Base = "1"
			}
		}
		trial := s.root.Copy()
		if err := d.apply(trial, path, d.sample(.5)); err != nil {
			l.Errorf(n, "the field %s cannot be varied: %v", path, err)
			continue
		}
		_, err = scenarios.FromDocument(s.file, trial)
		if ps, ok := err.(*data.Problems); ok {
			for _, p := range ps.List {
				l.Errorf(n, "the field %s with the value %s: %s: %s", path, textOf(d.sample(.5)), p.Path, p.Message)
			}
		}
	}
}

// sample is the value at a share u of the dimension, in (0,1) or at its ends.
func (d *Dimension) sample(u float64) *document.Node {
	if d.law == nil {
		return d.values[min(int(u*float64(len(d.values))), len(d.values)-1)]
	}
	return d.write(d.law.Quantile(u))
}

// grid is the values of a dimension in a full grid: those listed, equal steps of a range from end to end, or the middles of
// equally likely parts of a distribution.
func (d *Dimension) grid() (out []*document.Node) {
	if d.law == nil {
		return d.values
	}
	lo, hi := d.law.Quantile(0), d.law.Quantile(1)
	for i := range d.levels {
		u := float64(i) / float64(d.levels-1)
		if math.IsInf(lo, 0) || math.IsInf(hi, 0) || !d.law.Range() {
			u = (float64(i) + .5) / float64(d.levels)
		}
		v := d.sample(u)
		if !slices.ContainsFunc(out, func(o *document.Node) bool { return textOf(o) == textOf(v) }) {
			out = append(out, v)
		}
	}
	return out
}

// write writes a number with the dimension's unit: drawn ones in steps of about a thousandth of their range.
func (d *Dimension) write(v float64) *document.Node {
	switch {
	case d.step > 0:
		v = math.Round(v/d.step) * d.step
	case d.law != nil:
		v = d.law.Round(v)
	}
	number := func(v float64) string {
		text := strconv.FormatFloat(v, 'g', 6, 64)
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			text = strconv.FormatFloat(x, 'f', -1, 64)
		}
		return text
	}
	switch d.Unit {
	case "":
		return document.NewValue(number(v))
	case "%":
		return document.NewValue(number(v*100) + "%")
	case "months", "days":
		if v == 1 {
			return document.NewValue("1 " + strings.TrimSuffix(d.Unit, "s"))
		}
	}
	return document.NewValue(number(v) + " " + d.Unit)
}

// apply writes a value into an experiment.
func (d *Dimension) apply(root *document.Node, path string, value *document.Node) error {
	switch {
	case !d.times && value.Kind == document.Scalar && !value.Quoted && value.Text() == none && strings.Contains(path, ".rules."):
		return set(root, path, nil)
	case !d.times:
		return set(root, path, value)
	}
	old, err := get(root, path)
	if err != nil {
		return err
	}
	factor, _, _ := data.ParseQuantity(value.Text())
	product, err := multiplied(old, factor)
	if err != nil {
		return err
	}
	return set(root, path, product)
}

// multiplied is a number, or a list of them, times a factor.
func multiplied(n *document.Node, factor float64) (*document.Node, error) {
	if n.Kind == document.List {
		var items []*document.Node
		for _, item := range n.Items() {
			m, err := multiplied(item, factor)
			if err != nil {
				return nil, err
			}
			items = append(items, m)
		}
		return document.NewList(items...), nil
	}
	v, unit, ok := data.ParseQuantity(n.Text())
	if !ok {
		return nil, fmt.Errorf("%q is not a number and cannot be multiplied", n.Text())
	}
	d := Dimension{}
	d.Unit = unit
	if unit == "months" || unit == "days" {
		d.step = 1
	}
	return d.write(v * factor), nil
}
