package sweep

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/scenarios"
)

// Study is a checked sweep file.
type Study struct {
	Title       string
	Description string
	Base        *scenarios.Experiment
	Arms        []string // of the base
	Dimensions  []Dimension
	Uncertain   int // the last so many of Dimensions
	Design      Design
	Uncertainty Design
	Constraints []constraint
	Outputs     []data.Output
	Frontier    []int
	Discover    []data.SweepDiscovery
	Level       float64

	file string
	root *document.Node // of the base
}

// Limits of a sweep.
const (
	MaxDimensions = 40
	MaxCells      = 1_000_000
)

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)

// The keys of a sweep file.
var keys = []string{"title", "description", "base", "arms", "dimensions", "uncertain", "scenarios", "design", "uncertainty", "constraints",
	"outputs", "frontier", "discover", "level"}

// Load reads a sweep file with its base experiment, to which the choices of the command line apply. The error is a
// *data.Problems with everything found wrong.
func Load(file string, o scenarios.Overrides) (*Study, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", file)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		ps := &data.Problems{Cause: data.BadConfig}
		ps.Add("", "the sweep cannot be read: %v", err)
		return nil, ps
	}
	return Parse(file, text, o)
}

// Parse reads a sweep from text. Paths in it are relative to the folder of the file name.
func Parse(file string, text []byte, o scenarios.Overrides) (*Study, error) {
	root, problems := document.Parse(file, text)
	if problems != nil {
		return nil, problems
	}
	l := &loader{Reader: document.NewReader(file)}
	s := &Study{file: file}
	l.study(s, l.Map(root), o)
	if err := l.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

type loader struct{ *document.Reader }

func (l *loader) study(s *Study, f *document.Fields, o scenarios.Overrides) {
	nodes := map[string]*document.Node{}
	for _, key := range keys {
		nodes[key] = f.Get(key)
	}
	f.Close()
	if f.Node() == nil {
		return
	}
	if nodes["base"] == nil {
		f.Need("base")
		return
	}
	s.Title, s.Description = l.Text(nodes["title"]), strings.TrimSpace(l.Text(nodes["description"]))
	if s.Title == "" {
		s.Title = strings.TrimSuffix(filepath.Base(s.file), filepath.Ext(s.file))
	}
	reference := l.Text(nodes["base"])
	if reference == "" {
		return
	}
	if strings.ContainsAny(reference, `/\`) || strings.HasSuffix(reference, ".yaml") || strings.HasSuffix(reference, ".yml") {
		if !filepath.IsAbs(reference) {
			reference = filepath.Join(filepath.Dir(s.file), reference)
		}
		if !strings.ContainsAny(reference, `/\`) {
			reference = "." + string(filepath.Separator) + reference
		}
	}
	base, err := scenarios.Load(reference, o)
	if err != nil {
		l.adopt(nodes["base"], err)
		return
	}
	switch {
	case len(base.Precision) > 0:
		l.Errorf(nodes["base"], "the base asks for a precision: cells of a sweep share their paths, so give paths instead")
	case base.Sample == scenarios.SampleAuto:
		l.Errorf(nodes["base"], "the base says sample: auto: cells of a sweep share their sample, so give a number or all")
	}
	s.Base, s.root = base, base.Document()
	s.Arms = []string{base.Baseline}
	if n := nodes["arms"]; n != nil {
		s.Arms = l.arms(n, base)
	}
	s.Level = .95
	if n := nodes["level"]; n != nil {
		s.Level = l.Ratio(n, .5, .9999)
	}
	s.prune()
	l.dimensions(s, nodes["dimensions"], false)
	l.dimensions(s, nodes["uncertain"], true)
	if len(s.Dimensions) == 0 {
		l.Errorf(f.Node(), "there is nothing to vary: give dimensions, uncertain or both")
	}
	for _, item := range l.texts(nodes["scenarios"]) {
		if at := s.dimension(l.Text(item)); at >= 0 {
			s.Dimensions[at].Scenario = true
		} else {
			l.Errorf(item, "%q is not a dimension%s", item.Text(), data.DidYouMean(item.Text(), s.names()))
		}
	}
	s.Design = l.design(s, nodes["design"], false)
	s.Uncertainty = l.design(s, nodes["uncertainty"], true)
	if nodes["uncertainty"] != nil && s.Uncertain == 0 {
		l.Errorf(nodes["uncertainty"], "nothing is uncertain: give distributions under uncertain")
	}
	if s.Design.linked() && s.Uncertain > 0 {
		l.Errorf(nodes["design"], "the design %s has its own points for every dimension; move what is uncertain to dimensions", s.Design.Method)
	}
	for _, item := range l.texts(nodes["constraints"]) {
		l.constraint(s, item)
	}
	if len(s.Constraints) > 0 && s.Design.linked() {
		l.Errorf(nodes["constraints"], "the design %s needs every point of the space; give ranges inside the constraints, or another design", s.Design.Method)
	}
	s.Outputs = l.outputs(s, nodes["outputs"])
	l.questions(s, nodes["frontier"], nodes["discover"])
}

// adopt reports the problems of another file at a node as well.
func (l *loader) adopt(n *document.Node, err error) {
	if ps, ok := err.(*data.Problems); ok {
		l.Problems.List = append(l.Problems.List, ps.List...)
		return
	}
	l.Errorf(n, "%v", err)
}

// texts returns the nodes of a list of texts, or of a single one.
func (l *loader) texts(n *document.Node) []*document.Node {
	if n != nil && n.Kind == document.Scalar {
		return []*document.Node{n}
	}
	return l.List(n)
}

func (l *loader) arms(n *document.Node, base *scenarios.Experiment) (names []string) {
	var all []string
	for _, a := range base.Entries {
		all = append(all, a.Name)
	}
	for _, item := range l.texts(n) {
		name := l.Text(item)
		switch {
		case name == "":
		case !slices.Contains(all, name):
			l.Errorf(item, "the base has no arm %q%s", name, data.DidYouMean(name, all))
		case slices.Contains(names, name):
			l.Errorf(item, "the arm %s is listed twice", name)
		default:
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		l.Errorf(n, "name at least one arm of the base")
	}
	return names
}

// prune leaves in the base's document what the sweep can change: the arms that are wanted, the baseline, and what they
// are made of.
func (s *Study) prune() {
	used := map[string]bool{}
	wanted := func(name string) bool { return name == s.Base.Baseline || slices.Contains(s.Arms, name) }
	for _, a := range s.Base.Entries {
		if wanted(a.Name) {
			used["policies."+a.Policy], used["regulations."+a.Regulation], used["macros."+a.Macro] = true, true, true
		}
	}
	s.root.Get("arms").Get("list").Keep(func(n *document.Node) bool { return wanted(n.Get("name").Text()) })
	for _, list := range []string{"policies", "regulations", "macros"} {
		s.root.Get(list).Keep(func(n *document.Node) bool { return used[list+"."+n.Get("name").Text()] })
	}
	for _, m := range s.root.Get("macros").Items() {
		if m.Get("source") == nil { // a macro path that the sweep fills needs one
			m.Put("source", document.NewText("assumption"))
		}
	}
	s.root.Put("gates", document.NewList())
}

func (s *Study) dimension(name string) int {
	return slices.IndexFunc(s.Dimensions, func(d Dimension) bool { return d.Name == name })
}

func (s *Study) names() (names []string) {
	for _, d := range s.Dimensions {
		names = append(names, d.Name)
	}
	return names
}

// outputs reads what is to be reported; without a list, the headline measures of the base.
func (l *loader) outputs(s *Study, n *document.Node) (out []data.Output) {
	if n == nil {
		for _, m := range s.Base.Measures {
			out = append(out, data.Output{Name: m, Measure: m, Month: s.Base.Months})
		}
		return out
	}
	for _, item := range l.texts(n) {
		o, err := ParseOutput(l.Text(item), s.Base.Months)
		switch {
		case item.Text() == "":
		case err != nil:
			l.Errorf(item, "%v", err)
		case slices.Contains(out, o):
			l.Errorf(item, "%s is listed twice", o.Name)
		default:
			out = append(out, o)
		}
	}
	if n.Kind == document.List && len(n.Items()) == 0 {
		l.Errorf(n, "name at least one output, such as default_rate or diff:default_rate@12")
	}
	return out
}

// ParseOutput reads [diff:]MEASURE[@MONTH]; without a month the horizon is meant.
func ParseOutput(text string, horizon int) (data.Output, error) {
	o := data.Output{Name: text, Month: horizon}
	rest, difference := strings.CutPrefix(text, "diff:")
	o.Difference = difference
	name, month, dated := strings.Cut(rest, "@")
	o.Measure = name
	if _, ok := data.MeasureByName(name); !ok {
		return o, fmt.Errorf("unknown measure %q in %q%s", name, text, data.DidYouMean(name, data.MeasureNames()))
	}
	if dated {
		m, err := strconv.Atoi(month)
		if err != nil || m < 1 || m > horizon {
			return o, fmt.Errorf("%q is not a month from 1 to the horizon %d", month, horizon)
		}
		o.Month = m
	}
	return o, nil
}

func (l *loader) output(s *Study, n *document.Node) int {
	text := l.Text(n)
	var names []string
	for i, o := range s.Outputs {
		if o.Name == text {
			return i
		}
		names = append(names, o.Name)
	}
	if text != "" {
		l.Errorf(n, "%q is not one of the outputs%s", text, data.DidYouMean(text, names))
	}
	return -1
}

// questions reads what the report is to answer beside the usual.
func (l *loader) questions(s *Study, frontier, discover *document.Node) {
	for _, item := range l.List(frontier) {
		s.Frontier = append(s.Frontier, l.output(s, item))
	}
	if frontier != nil && len(s.Frontier) != 2 {
		l.Errorf(frontier, "a frontier has two outputs, found %d", len(s.Frontier))
	}
	for _, at := range s.Frontier {
		if at >= 0 && better(s.Outputs[at]) == data.Neither {
			l.Errorf(frontier, "neither direction of %s is better: it has no frontier", s.Outputs[at].Name)
		}
	}
	if frontier == nil {
		s.Frontier = s.usualFrontier()
	}
	for _, item := range l.List(discover) {
		f := l.Map(item)
		d := data.SweepDiscovery{Output: l.output(s, f.Need("output"))}
		above, below := f.Get("above"), f.Get("below")
		f.Close()
		n := above
		if d.Above = above != nil; !d.Above {
			n = below
		}
		if (above == nil) == (below == nil) {
			l.Errorf(item, "give above or below, one of them")
			continue
		}
		if d.Output >= 0 {
			d.Threshold = l.threshold(n, s.Outputs[d.Output])
		}
		s.Discover = append(s.Discover, d)
	}
}

// usualFrontier is the first two outputs that have a better direction and are different measures.
func (s *Study) usualFrontier() []int {
	var out []int
	for i, o := range s.Outputs {
		if better(o) != data.Neither && len(out) < 2 && (len(out) == 0 || s.Outputs[out[0]].Measure != o.Measure) {
			out = append(out, i)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func better(o data.Output) data.Better {
	m, _ := data.MeasureByName(o.Measure)
	return m.Better
}

func (l *loader) threshold(n *document.Node, o data.Output) float64 {
	v, err := Threshold(l.Text(n), o)
	if err != nil {
		l.Errorf(n, "%v", err)
	}
	return v
}

// Threshold reads a value of an output: a share as 5%, 30pp or 20 bp, money in whole units of currency, other measures as a number.
func Threshold(text string, o data.Output) (float64, error) {
	m, _ := data.MeasureByName(o.Measure)
	v, unit, ok := data.ParseQuantity(text)
	switch {
	case ok && unit == "pp":
		v, unit = v/100, "%"
	case ok && m.Unit == data.Amount:
		v *= float64(data.Unit)
	}
	switch {
	case !ok || math.IsInf(v, 0):
		return 0, fmt.Errorf("a number is needed here, found %q", text)
	case m.Unit == data.Share && unit == "" && math.Abs(v) > 1:
		return 0, fmt.Errorf("%s is a share: write %s%%", o.Measure, text)
	case m.Unit == data.Share && unit != "" && unit != "%", m.Unit != data.Share && m.Unit != data.Amount && unit != "":
		return 0, fmt.Errorf("%q does not fit %s, which is a %s", text, o.Measure, m.Unit)
	}
	return v, nil
}

// Months lists the months at which outputs are wanted, ascending.
func (s *Study) Months() []int { return months(s.Outputs) }

func months(outputs []data.Output) (out []int) {
	for _, o := range outputs {
		if !slices.Contains(out, o.Month) {
			out = append(out, o.Month)
		}
	}
	slices.Sort(out)
	return out
}
