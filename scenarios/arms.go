package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// The names that a product leaves out of the names of its arms, and that hold where an experiment lists none.
const (
	defaultPolicy  = "default"
	noRegulation   = "none"
	baselineMacro  = "baseline"
	baselineLeader = "baseline"
)

// pool holds the policies, regulations or macro paths of an experiment.
type pool[T any] struct {
	kind   Kind
	list   []T
	listed int // so many of them the experiment lists itself rather than by extending another
	name   func(T) string
	define func(source) T
	named  func(l *loader, reference string, n *document.Node) T // defined in the library or in a file
}

func (p *pool[T]) names() []string {
	var names []string
	for _, x := range p.list {
		names = append(names, p.name(x))
	}
	return names
}

// read fills the pool from a list of names, paths and definitions; without one, with the given name.
func (p *pool[T]) read(l *loader, layers []*document.Node, otherwise string) {
	n := first(layers, p.kind.Plural())
	if n == nil {
		p.list = []T{p.define(l.open(p.kind, otherwise, nil))}
		return
	}
	items := l.r.List(n)
	if n.Kind == document.List && (len(items) == 0 || len(items) > sim.MaxArms) {
		l.r.Errorf(n, "the list has %d entries; 1 to %d are allowed", len(items), sim.MaxArms)
		return
	}
	for _, item := range items {
		var x T
		if item.Kind == document.Map {
			x = p.define(source{root: item})
		} else if reference := l.r.Text(item); reference != "" {
			x = p.named(l, reference, item)
		} else {
			continue
		}
		if name := p.name(x); name != "" && slices.Contains(p.names(), name) {
			l.r.Errorf(item, "there are two %s named %q", p.kind.Plural(), name)
		}
		p.list = append(p.list, x)
	}
	if n == first(itself(layers), p.kind.Plural()) {
		p.listed = len(p.list)
	}
}

// find returns the name at a node when the pool or the library has it; from the library it enters the pool.
// A nil node stands for the first of the pool.
func (p *pool[T]) find(l *loader, n *document.Node) string {
	names := p.names()
	if n == nil {
		if len(names) > 0 {
			return names[0]
		}
		return ""
	}
	name := l.r.Text(n)
	if p.kind == KindRegulation {
		name = strings.Replace(name, "@", "_", 1)
	}
	switch law, _, dated := strings.Cut(l.r.Text(n), "@"); {
	case name == "" || slices.Contains(names, name):
	case slices.Contains(libraryNames(p.kind), name), p.kind == KindRegulation && dated && slices.Contains(libraryNames(p.kind), law):
		p.list = append(p.list, p.named(l, l.r.Text(n), n))
	case slices.Contains(names, ""): // one of them could not be read: it may be the one that is meant
	default:
		l.r.Errorf(n, "unknown %s %q%s", p.kind, name, hint(name, slices.Concat(names, libraryNames(p.kind))))
	}
	return name
}

// several returns the names of a list in a product; without one, all of the pool.
func (p *pool[T]) several(l *loader, n *document.Node) []string {
	if n == nil {
		return p.names()
	}
	items := l.r.List(n)
	if n.Kind == document.List && (len(items) == 0 || len(items) > sim.MaxArms) {
		l.r.Errorf(n, "the list has %d entries; 1 to %d are allowed", len(items), sim.MaxArms)
		return nil
	}
	var out []string
	for _, item := range items {
		name := p.find(l, item)
		if name != "" && slices.Contains(out, name) {
			l.r.Errorf(item, "the %s %s is listed twice", p.kind, name)
		}
		out = append(out, name)
	}
	return out
}

type definitions struct {
	policies    pool[Policy]
	regulations pool[Regulation]
	macros      pool[factor.Macro]
}

func (l *loader) definitions(layers []*document.Node) *definitions {
	d := &definitions{
		pool[Policy]{KindPolicy, nil, 0, func(p Policy) string { return p.Name }, l.policy,
			func(l *loader, reference string, n *document.Node) Policy {
				return l.policy(l.open(KindPolicy, reference, n))
			}},
		pool[Regulation]{KindRegulation, nil, 0, func(r Regulation) string { return r.Name }, l.regulation,
			func(l *loader, reference string, n *document.Node) Regulation {
				name, day := l.asOf(reference, n)
				return l.regulation(l.open(KindRegulation, name, n)).dated(day)
			}},
		pool[factor.Macro]{KindMacro, nil, 0, func(m factor.Macro) string { return m.Name }, l.macro,
			func(l *loader, reference string, n *document.Node) factor.Macro {
				return l.macro(l.open(KindMacro, reference, n))
			}},
	}
	d.policies.read(l, layers, defaultPolicy)
	d.regulations.read(l, layers, noRegulation)
	d.macros.read(l, layers, baselineMacro)
	return d
}

// arms fills in the arms: the product, then the list, ordered by macro path.
func (l *loader) arms(e *Experiment, d *definitions, n *document.Node, changes []change) {
	f := l.r.Map(n)
	product, list := f.Get("product"), f.Get("list")
	f.Close()
	if n == nil || product != nil {
		l.product(e, d, product)
	}
	listed := l.r.List(list)
	if len(e.Entries)+len(listed) > sim.MaxArms {
		l.r.Errorf(n, "%d arms are too many, at most %d", len(e.Entries)+len(listed), sim.MaxArms)
		return
	}
	for _, item := range listed {
		f := l.r.Map(item)
		a := Entered{
			Policy:     d.policies.find(l, f.Get("policy")),
			Regulation: d.regulations.find(l, f.Get("regulation")),
			Macro:      d.macros.find(l, f.Get("macro")),
			Title:      l.text(f.Get("title")),
		}
		if at := f.Need("name"); at != nil {
			if a.Name = l.r.Text(at); a.Name != "" && !armNameForm.MatchString(a.Name) {
				l.r.Errorf(at, "%q is not a name: letters, digits, _, - and ., at most 64", a.Name)
			}
		}
		if m := f.Get("scope"); m != nil {
			scope := l.r.Ratio(m, 0, 1)
			if a.Scope = &scope; a.Regulation == noRegulation {
				l.r.Errorf(m, "scope says how many outside lenders obey the law, and the arm has none")
			}
		}
		if m := f.Get("behaviour"); m != nil {
			b := combine(append(slices.Clone(changes), l.armChange(m)))
			b.Preset = e.Behaviour.Preset
			l.gain(&b)
			if a.Behaviour = &b; len(e.differences(a)) == 0 {
				a.Behaviour = nil
			}
		}
		f.Close()
		a.Title = orElse(a.Title, e.distinct(d.title(a), a.Name))
		if twin := slices.IndexFunc(e.Entries, func(b Entered) bool { return b.Name == a.Name }); twin >= 0 && a.Name != "" {
			l.r.Errorf(item, "there are two arms named %q; the other one is %s", a.Name, e.Entries[twin].parts())
		}
		e.Entries = append(e.Entries, a)
	}
	if len(e.Entries) == 0 && f.Node() != nil && !slices.Contains(d.policies.names(), "") {
		l.r.Errorf(n, "there are no arms; give a product, a list or both")
	}
	order := d.macros.names()
	slices.SortStableFunc(e.Entries, func(a, b Entered) int { return slices.Index(order, a.Macro) - slices.Index(order, b.Macro) })
	l.unused(e, d)
}

// runWide are the parameters that a run states once for all arms, because margins and debt are computed from
// its counts afterwards.
var runWide = []string{"price.funding", "price.operating", "price.acquisition", "outside.balance"}

func (l *loader) armChange(n *document.Node) change {
	c := l.change(n)
	for _, s := range c.settings {
		if slices.Contains(runWide, s.parameter.Name) {
			l.r.Errorf(s.at, "%s holds for the whole run; set it under the experiment's behaviour", s.parameter.Name)
		}
	}
	return c
}

func (a Entered) parts() string {
	return fmt.Sprintf("policy %s, regulation %s, macro %s", orElse(a.Policy, "?"), orElse(a.Regulation, "?"), orElse(a.Macro, "?"))
}

func (l *loader) product(e *Experiment, d *definitions, n *document.Node) {
	f := l.r.Map(n)
	policies := d.policies.several(l, f.Get("policies"))
	regulations := d.regulations.several(l, f.Get("regulations"))
	macros := d.macros.several(l, f.Get("macros"))
	f.Close()
	if count := len(policies) * len(regulations) * len(macros); count > sim.MaxArms {
		l.r.Errorf(n, "%d policies x %d regulations x %d macro paths are %d arms, at most %d",
			len(policies), len(regulations), len(macros), count, sim.MaxArms)
		return
	}
	for _, macro := range macros {
		for _, regulation := range regulations {
			for _, policy := range policies {
				a := Entered{Policy: policy, Regulation: regulation, Macro: macro}
				a.Name = a.productName()
				a.Title = e.distinct(d.title(a), a.Name)
				// Names that are there twice or could not be read are reported where they stand.
				twin := slices.IndexFunc(e.Entries, func(b Entered) bool { return b.Name == a.Name && b.parts() != a.parts() })
				if twin >= 0 && policy != "" && regulation != "" && macro != "" {
					l.r.Errorf(n, "the product has two arms named %q (%s; %s); give one of them in arms.list under another name",
						a.Name, e.Entries[twin].parts(), a.parts())
				}
				e.Entries = append(e.Entries, a)
			}
		}
	}
}

// productName joins policy, regulation and macro path, without the policy default, the regulation none and the
// macro path baseline; where neither policy nor regulation is left it begins with "baseline".
func (a Entered) productName() string {
	var parts []string
	if a.Policy != defaultPolicy {
		parts = append(parts, a.Policy)
	}
	if a.Regulation != noRegulation {
		parts = append(parts, a.Regulation)
	}
	if len(parts) == 0 {
		parts = append(parts, baselineLeader)
	}
	if a.Macro != baselineMacro {
		parts = append(parts, a.Macro)
	}
	return strings.Join(parts, ".")
}

// title says in words what productName says in names.
func (d *definitions) title(a Entered) string {
	var parts []string
	add := func(leave bool, title string) {
		if !leave {
			parts = append(parts, title)
		}
	}
	for _, p := range d.policies.list {
		add(p.Name != a.Policy || a.Policy == defaultPolicy, p.Title)
	}
	for _, r := range d.regulations.list {
		add(r.Name != a.Regulation || a.Regulation == noRegulation, r.Title)
	}
	add(len(parts) > 0, "Baseline")
	for _, m := range d.macros.list {
		add(m.Name != a.Macro || a.Macro == baselineMacro, m.Title)
	}
	return strings.Join(parts, " / ")
}

// distinct adds the name of an arm to a title that another arm has.
func (e *Experiment) distinct(title, name string) string {
	if slices.ContainsFunc(e.Entries, func(a Entered) bool { return a.Title == title }) {
		return title + " (" + name + ")"
	}
	return title
}

// unused warns about listed definitions that no arm uses: a typing error would look the same.
func (l *loader) unused(e *Experiment, d *definitions) {
	warn := func(kind Kind, names []string, part func(Entered) string) {
		for _, name := range names {
			if name != "" && !slices.ContainsFunc(e.Entries, func(a Entered) bool { return part(a) == name }) {
				l.r.Warnf(nil, "the %s %s is used by no arm", kind, name)
			}
		}
	}
	warn(KindPolicy, d.policies.names()[:d.policies.listed], func(a Entered) string { return a.Policy })
	warn(KindRegulation, d.regulations.names()[:d.regulations.listed], func(a Entered) string { return a.Regulation })
	warn(KindMacro, d.macros.names()[:d.macros.listed], func(a Entered) string { return a.Macro })
}

func (l *loader) baseline(e *Experiment, n *document.Node) {
	if slices.ContainsFunc(e.Entries, func(a Entered) bool { return a.Policy == "" || a.Regulation == "" || a.Macro == "" }) || len(e.Entries) == 0 {
		return // reported already
	}
	e.Baseline = e.Entries[0].Name
	if n == nil {
		return
	}
	var names []string
	for _, a := range e.Entries {
		names = append(names, a.Name)
	}
	if e.Baseline = l.r.Text(n); e.Baseline != "" && !slices.Contains(names, e.Baseline) {
		l.r.Errorf(n, "the baseline %q is not an arm%s", e.Baseline, hint(e.Baseline, names))
	}
}

// Arms returns the arms and the settings of the run, in the order of Entries. The currency is the portfolio's:
// amounts in another one are an error ("" checks none). So is a segment of the portfolio that the experiment's
// list of segments does not have. The error is a *data.Problems.
func (e *Experiment) Arms(currency string, segments []string) ([]sim.Arm, sim.Settings, error) {
	r := document.NewReader("")
	for _, s := range segments {
		if len(e.Portfolio.Segments) > 0 && !slices.Contains(e.Portfolio.Segments, s) {
			r.Errorf(e.segments, "the portfolio holds the segment %q, which is not in segments%s", s, hint(s, e.Portfolio.Segments))
		}
	}
	foreign := func(at *document.Node, written string) {
		if written != "" && currency != "" && written != currency {
			r.Errorf(at, "the amount is in %s, the portfolio in %s; amounts are not converted", written, currency)
		}
	}
	for _, d := range behaviour.Registry() {
		foreign(e.Behaviour.places[d.Name], e.Behaviour.Currency[d.Name])
	}
	for i := range e.Applicants {
		for name, at := range e.Applicants[i].places {
			foreign(at, e.Applicants[i].Currency[name])
		}
	}
	policies, laws, macros := map[string]Policy{}, map[string]Regulation{}, map[string]factor.Macro{}
	for _, p := range e.Policies {
		policies[p.Name] = p
		for _, x := range p.Rules {
			foreign(x.at, x.Currency)
		}
	}
	for _, p := range e.Regulations {
		laws[p.Name] = p
		for _, x := range p.Rules {
			foreign(x.at, x.Currency)
		}
	}
	for _, m := range e.Macros {
		macros[m.Name] = m
	}

	arms := make([]sim.Arm, len(e.Entries))
	for i, a := range e.Entries {
		policy, law := policies[a.Policy], laws[a.Regulation]
		law.Scope = e.scope(a)
		arms[i] = sim.Arm{
			Arm:       data.Arm{Name: a.Name, Title: a.Title, Policy: a.Policy, Regulation: a.Regulation, Macro: a.Macro},
			Behaviour: e.Behaviour.Params,
			Policy:    bare(policy.Rules, e.Lender),
			Law:       bare(law.Rules, e.Lender),
			Scope:     law.Scope,
			Macro:     macros[a.Macro],
		}
		arms[i].Rules = sentences(policy, law, e.Lender, currency)
		if a.Behaviour != nil {
			arms[i].Behaviour = a.Behaviour.Params
			for _, d := range e.differences(a) {
				foreign(a.Behaviour.places[d.Name], a.Behaviour.Currency[d.Name])
				arms[i].Rules = append(arms[i].Rules, fmt.Sprintf("Behaviour: %s is %s instead of %s.", d.Name,
					shown(d, &a.Behaviour.Params, currency), shown(d, &e.Behaviour.Params, currency)))
			}
		}
	}
	correlation := e.Factors.matrix(r, segments)
	if err := r.Err(); err != nil {
		return nil, sim.Settings{}, err
	}
	settings := sim.Settings{Months: e.Months, Paths: e.Paths, Seed: e.Seed, Design: e.Design, Baseline: e.baselineIndex(), Grid: e.Grid, Anchor: e.Anchor,
		Sample: max(0, e.Sample), Link: e.Factors.Link, Correlation: correlation, Start: e.Factors.Start, Provisions: e.Provisions, Applicants: streams(e.Applicants), WeightedControls: e.Weighted}
	for i := range arms {
		arms[i].Reference = e.reference(i, settings.Baseline)
	}
	return arms, settings, nil
}

// matrix returns the correlations in the order of the portfolio's segments, which must be those of the matrix.
func (x *Factors) matrix(r *document.Reader, segments []string) [][]float64 {
	if x.Correlation == nil {
		return nil
	}
	at := make([]int, len(segments))
	for i, s := range segments {
		if at[i] = slices.Index(x.Segments, s); at[i] < 0 {
			r.Errorf(x.at, "the portfolio holds the segment %q, which is not in the matrix of correlations%s", s, hint(s, x.Segments))
			return nil
		}
	}
	for _, s := range x.Segments {
		if !slices.Contains(segments, s) {
			r.Errorf(x.at, "the matrix of correlations has the segment %q, which the portfolio does not hold%s", s, hint(s, segments))
		}
	}
	out := make([][]float64, len(segments))
	for i := range out {
		for j := range segments {
			out[i] = append(out[i], x.Correlation[at[i]][at[j]])
		}
	}
	return out
}

func (e *Experiment) baselineIndex() int {
	return slices.IndexFunc(e.Entries, func(a Entered) bool { return a.Name == e.Baseline })
}

// reference is the arm with which arm i is compared: the one like the baseline under the same macro path, or
// the baseline where there is none or it is arm i itself.
func (e *Experiment) reference(i, baseline int) int {
	b := e.Entries[baseline]
	if e.Entries[i].Macro == b.Macro {
		return baseline
	}
	like := slices.IndexFunc(e.Entries, func(c Entered) bool {
		return c.Macro == e.Entries[i].Macro && c.Policy == b.Policy && c.Regulation == b.Regulation && e.scope(c) == e.scope(b) && e.params(c) == e.params(b)
	})
	if like < 0 || like == i {
		return baseline
	}
	return like
}

// scope is the share of outside lenders bound by the law of an arm: its own, or what the law says.
func (e *Experiment) scope(a Entered) float64 {
	if a.Scope != nil {
		return *a.Scope
	}
	return e.Regulations[slices.IndexFunc(e.Regulations, func(r Regulation) bool { return r.Name == a.Regulation })].Scope
}

// params is the behaviour of an arm.
func (e *Experiment) params(a Entered) behaviour.Params {
	if a.Behaviour != nil {
		return a.Behaviour.Params
	}
	return e.Behaviour.Params
}

// differences lists the parameters in which an arm differs from the experiment.
func (e *Experiment) differences(a Entered) []behaviour.Parameter {
	var out []behaviour.Parameter
	for _, d := range behaviour.Registry() {
		if a.Behaviour != nil && (d.Value(&a.Behaviour.Params) != d.Value(&e.Behaviour.Params) || a.Behaviour.Currency[d.Name] != e.Behaviour.Currency[d.Name]) {
			out = append(out, d)
		}
	}
	return out
}

// bare are the rules that bind a kind of lender.
func bare(rules []Rule, lender string) (out []rule.Rule) {
	for _, r := range rules {
		if rule.Addresses(r.Rule, lender) {
			out = append(out, r.Rule)
		}
	}
	return out
}

// sentences are the rules that bind a kind of lender, the lender's own first; of a law that is not in force with its standing.
func sentences(policy Policy, law Regulation, lender, currency string) []string {
	out, others := []string{}, 0
	own := ""
	if policy.Status == unverified {
		own = "Unverified: "
	}
	for _, r := range bare(policy.Rules, lender) {
		out = append(out, own+r.Sentence(currency))
	}
	for _, r := range law.Rules {
		if !rule.Addresses(r.Rule, lender) {
			others++
			continue
		}
		by := "By law"
		if status := orElse(r.Status, law.Status); status != "hypothetical" && status != "in_force" {
			by += " (" + strings.ReplaceAll(status, "_", " ") + ")"
		}
		out = append(out, by+": "+r.Rule.Sentence(currency))
	}
	if others > 0 {
		out = append(out, fmt.Sprintf("By law: %d of its %d rules bind other kinds of lenders only.", others, len(law.Rules)))
	}
	if law.Status != "hypothetical" && len(law.Rules) > 0 {
		out = append(out, law.citation())
	}
	if len(law.NotModelled) > 0 {
		out = append(out, "Of the law the model leaves out: "+strings.Join(law.NotModelled, "; ")+".")
	}
	if law.Scope > 0 && len(law.Rules) > 0 {
		out = append(out, fmt.Sprintf("The law binds %s of outside lenders as well.", ratio(law.Scope).Text()))
	}
	return out
}

// citation says which law it is, how it stands and where it was read.
func (r *Regulation) citation() string {
	parts := []string{orElse(r.Original, r.Title), strings.ReplaceAll(r.Status, "_", " "), r.Reference, "read in: " + r.Source}
	return "The law: " + strings.TrimSuffix(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; "), ".") + "."
}
