package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/data/synth"
	"relend/sim/behaviour"
)

// Study is an experiment that re-creates the mechanism of a known case on an artificial portfolio, and what was
// seen in that case.
type Study struct {
	Name        string // of the file
	Title       string
	Description string // the case, what of it is modelled and what is not
	Experiment  *Experiment
	Market      *Market  // nil: none
	Reasons     []Reason // for every behaviour parameter that is set, in the order of the file
	Facts       []Fact
	Charts      []StudyChart
}

// Market is another artificial portfolio of as many borrowers and the same seed on which every arm is run again, for
// cases in which the product changed: arm A is then also there as NAME.A.
type Market struct {
	Name      string
	Synthetic Synthetic
}

// Reason says where the value of a behaviour parameter comes from; it begins with "assumption" where nobody
// measured it.
type Reason struct {
	Parameter string `json:"name"`
	Text      string `json:"reason"`
}

// Fact is something that was seen, as a condition on the results (package output/gate).
type Fact struct {
	What   string // in words
	Source string
	Mark   string // one of Marks
	Sign   string // what must hold for the direction to be right
	Size   string // what must hold for the magnitude to be right as well; "" where only the direction is known
}

// Marks say how well a fact is known.
var Marks = []string{"read", "secondary", "derived", "memory", "measured"}

// MarkMeaning explains a mark.
var MarkMeaning = map[string]string{
	"read":      "read in public material",
	"secondary": "read in a secondary source or a copy",
	"derived":   "computed from figures that were read",
	"memory":    "from memory, not confirmed",
	"measured":  "measured with an independent prototype of the model",
}

// StudyChart asks for a chart of the quotient of measures of two arms over time.
type StudyChart struct {
	Name     string // of the file
	Title    string
	Arms     []string // a line each
	Against  []string // what each is divided by
	Measures []string // a panel each
	First    int      // month in which the lines begin: the first defaults come after four
}

// LoadStudy reads the study of that name in the library, or from that path, with all files it refers to. The
// error is a *data.Problems with everything found wrong.
func LoadStudy(nameOrPath string, o Overrides) (*Study, error) {
	l := newLoader(nameOrPath)
	s := l.study(l.open(KindStudy, nameOrPath, nil), o)
	if err := l.err(); err != nil {
		return nil, err
	}
	if _, err := l.finish(s.Experiment); err != nil {
		return nil, err
	}
	return s, nil
}

// StudyNames lists the studies of the library.
func StudyNames() []string { return libraryNames(KindStudy) }

func (l *loader) study(src source, o Overrides) *Study {
	layers := l.chain(KindStudy, src)
	if len(layers) == 0 {
		return nil // reported already
	}
	s := &Study{
		Name:        l.name(l.own(layers, "name")),
		Title:       l.text(l.own(layers, "title")),
		Description: l.paragraph(l.own(layers, "description")),
	}
	n := l.own(layers, "experiment")
	if n == nil || l.r.Map(n).Node() == nil {
		return s
	}
	parts := l.chain(KindExperiment, source{root: n})
	s.Experiment = l.experiment(parts, o)
	if s.Experiment != nil {
		s.Experiment.Title = s.Title
		if s.Experiment.Description == "" {
			s.Experiment.Description = s.Description
		}
	}
	if n := present(layers[0], "market"); n != nil {
		f := l.r.Map(n)
		s.Market = &Market{Name: l.name(f.Need("name"))}
		recipe, term := f.Get("recipe"), f.Get("term_days")
		f.Close()
		switch {
		case s.Experiment == nil:
		case s.Experiment.Portfolio.Synthetic == nil:
			l.r.Errorf(n, "goes with a synthetic portfolio, and the experiment reads files")
		case recipe == nil && term == nil:
			l.r.Errorf(n, "is the experiment's own; give recipe, term_days or both")
		default:
			s.Market.Synthetic = *s.Experiment.Portfolio.Synthetic
			if recipe != nil {
				s.Market.Synthetic.Recipe = l.r.OneOf(recipe, synth.Recipes()...)
			}
			if term != nil {
				s.Market.Synthetic.TermDays = l.r.Days(term, 1, data.MaxTermDays)
			}
		}
	}
	s.Reasons = l.reasons(present(layers[0], "reasons"), parts)
	s.Facts = l.facts(l.own(layers, "facts"))
	for _, item := range l.r.List(present(layers[0], "charts")) {
		s.Charts = append(s.Charts, l.studyChart(item, s.Experiment))
	}
	return s
}

// reasons reads why each behaviour parameter has its value: every parameter that the experiment or an arm sets
// needs one, and no other may have one.
func (l *loader) reasons(n *document.Node, parts []*document.Node) []Reason {
	set := map[string]*document.Node{}
	note := func(behaviour *document.Node) {
		if s := present(behaviour, "set"); s != nil {
			for _, key := range s.Keys() {
				set[key] = s.Key(key)
			}
		}
	}
	for _, part := range parts {
		note(present(part, "behaviour"))
		if arms := present(part, "arms"); arms != nil && present(arms, "list") != nil {
			for _, arm := range present(arms, "list").Items() {
				note(present(arm, "behaviour"))
			}
		}
	}
	var out []Reason
	f := l.r.Map(n)
	for _, d := range behaviour.Registry() {
		m := f.Get(d.Name)
		switch at := set[d.Name]; {
		case m == nil && at != nil:
			l.r.Errorf(at, "a study says where its parameters come from: give %s under reasons", d.Name)
		case m != nil && at == nil:
			l.r.Errorf(m, "%s is not set in this study", d.Name)
		case m != nil:
			out = append(out, Reason{d.Name, l.paragraph(m)})
		}
	}
	f.Close()
	return out
}

func (l *loader) facts(n *document.Node) []Fact {
	var out []Fact
	items := l.r.List(n)
	for _, item := range items {
		f := l.r.Map(item)
		fact := Fact{
			What: l.paragraph(f.Need("what")), Source: l.paragraph(f.Need("source")),
			Sign: l.paragraph(f.Need("sign")), Size: l.paragraph(f.Get("size")),
		}
		if m := f.Need("mark"); m != nil {
			fact.Mark = l.r.OneOf(m, Marks...)
		}
		f.Close()
		out = append(out, fact)
	}
	if n != nil && n.Kind == document.List && len(items) == 0 {
		l.r.Errorf(n, "the list is empty; a study without a fact shows nothing")
	}
	return out
}

func (l *loader) studyChart(n *document.Node, e *Experiment) StudyChart {
	f := l.r.Map(n)
	c := StudyChart{Name: l.name(f.Need("name")), Title: l.text(f.Need("title")), First: 1}
	arms := f.Need("arms")
	c.Measures = l.measures(f.Need("measures"))
	if m := f.Get("first"); m != nil {
		c.First = l.r.Months(m, 1, 120)
	}
	f.Close()
	if e == nil {
		return c
	}
	var names []string
	for _, a := range e.Entries {
		names = append(names, a.Name)
	}
	for _, item := range l.r.List(arms) {
		f := l.r.Map(item)
		for _, end := range []struct {
			key string
			to  *[]string
		}{{"arm", &c.Arms}, {"against", &c.Against}} {
			m := f.Need(end.key)
			name := l.r.Text(m)
			if name != "" && !slices.Contains(names, name) {
				l.r.Errorf(m, "%q is not an arm%s", name, hint(name, names))
			}
			*end.to = append(*end.to, name)
		}
		f.Close()
	}
	return c
}

// Gates are the facts as conditions, direction before size: two for each fact that has a size.
func (s *Study) Gates() (gates []data.Gate) {
	for i, f := range s.Facts {
		gates = append(gates, data.Gate{Name: fmt.Sprintf("facts[%d].sign", i), Expect: f.Sign, Level: "warn"})
		if f.Size != "" {
			gates = append(gates, data.Gate{Name: fmt.Sprintf("facts[%d].size", i), Expect: f.Size, Level: "warn"})
		}
	}
	return gates
}

// marksText lists the marks for the schema.
func marksText() string { return strings.Join(Marks, ", ") }
