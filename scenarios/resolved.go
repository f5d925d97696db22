package scenarios

import (
	"path/filepath"
	"strconv"
	"time"

	"relend/data/document"
	"relend/sim/behaviour"
)

// Resolved writes the experiment as YAML with every default explicit and every definition in place, so that
// it does not depend on the library. Loading it gives an equal experiment, and the same experiment gives the
// same bytes. Files and mappings of the portfolio appear without their folders: a run directory names no
// place on a machine.
func (e *Experiment) Resolved() []byte { return document.Marshal(e.node(filepath.Base)) }

// node is the resolved experiment with files under the names that named gives them.
func (e *Experiment) node(named func(path string) string) *document.Node {
	root := document.NewMap()
	text(root, "title", e.Title)
	text(root, "description", e.Description)
	root.Set("portfolio", e.Portfolio.node(named))
	text(root, "lender", e.Lender)
	root.Set("grid", document.NewText(e.Grid.String()))
	if len(e.Applicants) > 0 {
		var list []*document.Node
		for i := range e.Applicants {
			list = append(list, e.Applicants[i].node())
		}
		root.Set("applicants", document.NewList(list...))
	}
	root.Set("horizon", months(float64(e.Months)))
	root.Set("paths", whole(e.Paths))
	root.Set("seed", seed(e.Seed))
	root.Set("design", document.NewText(e.Design.String()))
	if e.Weighted {
		root.Set("weighted_controls", document.NewValue("true"))
	}
	if len(e.Precision) > 0 {
		var list []*document.Node
		for _, p := range e.Precision {
			list = append(list, document.NewText(p.String()))
		}
		root.Set("precision", document.NewList(list...))
	}
	root.Set("sample", document.NewText(e.sampleText()))
	root.Set("anchor", document.NewText(e.Anchor.String()))
	root.Set("factors", e.Factors.node())
	root.Set("engine", document.NewText(e.Engine))
	root.Set("provisions", document.NewMap().Set("method", document.NewText(e.Provisions.String())))
	set := document.NewMap()
	for _, d := range behaviour.Registry() {
		set.Set(d.Name, e.Behaviour.node(d))
	}
	root.Set("behaviour", document.NewMap().Set("preset", document.NewText(e.Behaviour.Preset)).Set("set", set))

	var policies, regulations, macros, arms, gates []*document.Node
	for _, p := range e.Policies {
		m := document.NewMap()
		text(m, "name", p.Name)
		text(m, "title", p.Title)
		text(m, "description", p.Description)
		text(m, "status", p.Status)
		text(m, "source", p.Source)
		policies = append(policies, m.Set("rules", rulesNode(p.Rules)))
	}
	for _, r := range e.Regulations {
		m := document.NewMap()
		text(m, "name", r.Name)
		text(m, "title", r.Title)
		text(m, "original_title", r.Original)
		text(m, "description", r.Description)
		text(m, "jurisdiction", r.Jurisdiction)
		text(m, "status", r.Status)
		text(m, "reference", r.Reference)
		text(m, "source", r.Source)
		m.Set("scope", ratio(r.Scope)).Set("rules", rulesNode(r.first))
		if len(r.Amendments) > 0 {
			m.Set("amendments", amendmentsNode(r.Amendments))
		}
		if len(r.NotModelled) > 0 {
			m.Set("not_modelled", textList(r.NotModelled))
		}
		regulations = append(regulations, m)
	}
	for _, x := range e.Macros {
		m, table := document.NewMap(), document.NewMap()
		text(m, "name", x.Name)
		text(m, "title", x.Title)
		text(m, "status", x.Status)
		text(m, "source", x.Source)
		for _, v := range macroVariables(&x) {
			if len(*v.path) > 0 {
				table.Set(v.name, numberList(*v.path))
			}
		}
		macros = append(macros, m.Set("months", table))
	}
	for _, a := range e.Entries {
		m := document.NewMap()
		text(m, "name", a.Name)
		text(m, "title", a.Title)
		text(m, "policy", a.Policy)
		text(m, "regulation", a.Regulation)
		text(m, "macro", a.Macro)
		if a.Scope != nil {
			m.Set("scope", ratio(*a.Scope))
		}
		if a.Behaviour != nil {
			set := document.NewMap()
			for _, d := range e.differences(a) {
				set.Set(d.Name, a.Behaviour.node(d))
			}
			m.Set("behaviour", document.NewMap().Set("set", set))
		}
		arms = append(arms, m)
	}
	for _, g := range e.Gates {
		m := document.NewMap()
		text(m, "name", g.Name)
		text(m, "expect", g.Expect)
		text(m, "level", g.Level)
		gates = append(gates, m)
	}
	root.Set("policies", document.NewList(policies...))
	root.Set("regulations", document.NewList(regulations...))
	root.Set("macros", document.NewList(macros...))
	root.Set("arms", document.NewMap().Set("list", document.NewList(arms...)))
	text(root, "baseline", e.Baseline)
	root.Set("measures", textList(e.Measures))
	root.Set("gates", document.NewList(gates...))
	if len(e.Tolerances) > 0 {
		var list []*document.Node
		for _, t := range e.Tolerances {
			list = append(list, document.NewText(t.String()))
		}
		root.Set("tolerances", document.NewList(list...))
	}
	return root
}

func amendmentsNode(amendments []Amendment) *document.Node {
	var list []*document.Node
	for _, a := range amendments {
		m := document.NewMap().Set("from", document.NewText(a.From.Format(time.DateOnly)))
		text(m, "title", a.Title)
		text(m, "status", a.Status)
		text(m, "reference", a.Reference)
		text(m, "source", a.Source)
		rules := rulesNode(a.Rules)
		for _, kind := range a.Repealed {
			rules.Set(kind, document.NewValue("none"))
		}
		list = append(list, m.Set("rules", rules))
	}
	return document.NewList(list...)
}

func (p Portfolio) node(named func(path string) string) *document.Node {
	m := document.NewMap()
	if p.Synthetic != nil {
		s := document.NewMap().Set("recipe", document.NewText(p.Synthetic.Recipe)).Set("borrowers", whole(p.Synthetic.Borrowers)).Set("seed", seed(p.Synthetic.Seed))
		if p.Synthetic.TermDays > 0 {
			s.Set("term_days", document.NewValue(strconv.Itoa(p.Synthetic.TermDays)+" days"))
		}
		text(s, "as_of", p.Synthetic.AsOf)
		if p.Synthetic.Currency != "" {
			s.Set("currency", document.NewText(p.Synthetic.Currency)).Set("scale", number(p.Synthetic.Scale))
		}
		m.Set("synthetic", s)
	} else {
		files := make([]string, len(p.Files))
		for i, file := range p.Files {
			files[i] = named(file)
		}
		m.Set("files", textList(files))
	}
	mapping := p.Mapping
	if isPath(mapping) {
		mapping = named(mapping)
	}
	text(m, "mapping", mapping)
	text(m, "as_of", p.AsOf)
	text(m, "currency", p.Currency)
	if len(p.Segments) > 0 {
		m.Set("segments", textList(p.Segments))
	}
	return m.Set("max_rejected", ratio(p.MaxRejected))
}

func (x Factors) node() *document.Node {
	m := document.NewMap().Set("link", document.NewText(x.Link.String()))
	if x.Correlation != nil {
		var rows []*document.Node
		for _, row := range x.Correlation {
			rows = append(rows, numberList(row))
		}
		m.Set("segments", textList(x.Segments)).Set("correlation", document.NewList(rows...))
	}
	if x.Start != nil {
		return m.Set("start", number(*x.Start))
	}
	return m.Set("start", document.NewText("stationary"))
}

func (b *Behaviour) node(d behaviour.Parameter) *document.Node {
	return writtenParameter(d, d.Value(&b.Params), b.Currency[d.Name])
}

func seed(v uint64) *document.Node { return document.NewValue(strconv.FormatUint(v, 10)) }

// text sets a key unless the text is empty, for an empty one is not read back.
func text(m *document.Node, key, value string) {
	if value != "" {
		m.Set(key, document.NewText(value))
	}
}

func textList(values []string) *document.Node {
	items := make([]*document.Node, len(values))
	for i, v := range values {
		items[i] = document.NewText(v)
	}
	return document.NewList(items...)
}
