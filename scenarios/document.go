package scenarios

import (
	"slices"

	"relend/data/document"
	"relend/sim/factor"
)

// Document is the resolved experiment as a tree: what Resolved writes, with the files of the portfolio named by where
// they are.
func (e *Experiment) Document() *document.Node {
	return e.node(func(path string) string { return path }).Copy()
}

// FromDocument checks a tree like Document's. Problems carry the paths of the tree's nodes; file stands before those
// without one.
func FromDocument(file string, root *document.Node) (*Experiment, error) {
	l := newLoader(file)
	return l.finish(l.experiment(l.chain(KindExperiment, source{file, root}), Overrides{}))
}

// Essence writes what the experiment says of one arm: resolved, with that arm alone, without names, titles, descriptions,
// sources, measures and gates. The results of an arm follow from its essence, that of the baseline and the contents of the portfolio's
// files, which are not in it.
func (e *Experiment) Essence(arm string) []byte {
	x := *e
	x.Title, x.Description, x.Measures, x.Gates, x.Precision, x.Tolerances = "", "", nil, nil, nil, nil
	x.Policies, x.Regulations, x.Macros, x.Entries = nil, nil, nil, nil
	x.Behaviour.Preset = ""
	x.Portfolio.Files, x.Portfolio.Mapping = nil, ""
	a := e.Entries[slices.IndexFunc(e.Entries, func(a Entered) bool { return a.Name == arm })]
	const label = "arm"
	for _, p := range e.Policies {
		if p.Name == a.Policy {
			x.Policies = []Policy{{Name: label, Rules: p.Rules}}
		}
	}
	for _, r := range e.Regulations {
		if r.Name == a.Regulation {
			x.Regulations = []Regulation{{Name: label, Scope: r.Scope, first: r.Rules}}
		}
	}
	for _, m := range e.Macros {
		if m.Name == a.Macro {
			m.Name, m.Title, m.Status, m.Source = label, "", "", ""
			x.Macros = []factor.Macro{m}
		}
	}
	x.Entries = []Entered{{Name: label, Policy: label, Regulation: label, Macro: label, Scope: a.Scope, Behaviour: a.Behaviour}}
	x.Baseline = label
	return document.Marshal(x.node(func(string) string { return "" }))
}
