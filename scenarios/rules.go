package scenarios

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"relend/data/document"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Policy is what a lender chooses: the rules for further loans.
type Policy struct {
	Name        string
	Title       string
	Description string
	Status      string // one of Statuses; "" where it is simply proposed
	Source      string
	Rules       []Rule // in the order of rule.Kinds, the values of a kind in the order of time
}

// Regulation is what the law imposes on top of a policy.
type Regulation struct {
	Name         string
	Title        string
	Original     string // title of the instrument in its own language, with an English gloss
	Description  string
	Jurisdiction string
	Status       string // one of Statuses
	Reference    string // instrument and article
	Source       string // where the figure was read
	Scope        float64
	Rules        []Rule      // with all amendments
	Amendments   []Amendment // in the order of time
	first        []Rule      // the text before any amendment
	NotModelled  []string    // clauses that no kind of rule can say
}

// Rule is one rule with the currency of its amounts ("" = the portfolio's).
type Rule struct {
	Kind     string
	Rule     rule.Rule
	Currency string
	Status   string         // standing of the amendment that it is of; "": that of the law
	at       *document.Node // where the currency is written
	written  place
}

// place is where a rule is written, for the order in which rules are read.
type place struct {
	layer     int // of the documents that extend each other, the first one 0
	line, col int
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.layer, o.layer), cmp.Compare(p.line, o.line), cmp.Compare(p.col, o.col))
}

// Statuses are the standings a regulation can have.
var Statuses = []string{"in_force", "draft", "repealed", "guidance", "self_regulation", "unverified", "hypothetical"}

// unverified marks a regulation whose figures come from memory.
const unverified = "unverified"

// text reads a text in one line.
func (l *loader) text(n *document.Node) string {
	s := l.paragraph(n)
	if strings.ContainsAny(s, "\n\r") {
		l.r.Errorf(n, "a text in one line is needed here, found %d lines", strings.Count(s, "\n")+1)
	}
	return s
}

// paragraph reads a text that may have several lines.
func (l *loader) paragraph(n *document.Node) string {
	s := l.r.Text(n)
	trimmed := strings.TrimSpace(s)
	if s != "" && trimmed == "" {
		l.r.Errorf(n, "the text is blank; write one or remove the key")
	}
	return trimmed
}

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	armNameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

// name reads the name of a policy, regulation or macro path. Names of arms join them with dots.
func (l *loader) name(n *document.Node) string {
	s := l.r.Text(n)
	if s != "" && !nameForm.MatchString(s) {
		l.r.Errorf(n, "%q is not a name: letters, digits, _ and -, at most 64", s)
		return ""
	}
	return s
}

// first returns the value of a key in the first document that has it.
func first(layers []*document.Node, key string) *document.Node {
	for _, layer := range layers {
		if n := present(layer, key); n != nil {
			return n
		}
	}
	return nil
}

// itself leaves out what a document extends.
func itself(layers []*document.Node) []*document.Node { return layers[:min(1, len(layers))] }

// own returns the value of a key in the document itself, and reports its absence.
func (l *loader) own(layers []*document.Node, key string) *document.Node {
	if len(layers) == 0 || layers[0].Get(key) != nil {
		return first(itself(layers), key)
	}
	return l.r.Map(layers[0]).Need(key)
}

func (l *loader) policy(s source) Policy {
	layers := l.chain(KindPolicy, s)
	p := Policy{
		Name:        l.name(l.own(layers, "name")),
		Title:       l.text(first(itself(layers), "title")),
		Description: l.paragraph(first(itself(layers), "description")),
		Source:      l.paragraph(first(layers, "source")),
	}
	p.Title = orElse(p.Title, p.Name)
	p.Status = l.verified(first(itself(layers), "status"), "policy "+p.Name)
	for i := len(layers) - 1; i >= 0; i-- {
		p.Rules = l.rules(layers[i], p.Rules)
	}
	return p
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// rules adds the rules of one document to those it inherits: a rule, or a list of its values, replaces the inherited ones
// of its kind, none removes them.
func (l *loader) rules(layer *document.Node, inherited []Rule) []Rule {
	rules := slices.Clone(inherited)
	depth := 0
	for _, r := range inherited {
		depth = max(depth, r.written.layer+1)
	}
	f := l.r.Map(l.own([]*document.Node{layer}, "rules"))
	for i, kind := range rule.Kinds {
		n := f.Get(kind.Name)
		if n == nil {
			continue
		}
		count := len(rules)
		rules = slices.DeleteFunc(rules, func(r Rule) bool { return r.Kind == kind.Name })
		if n.Kind == document.Scalar && !n.Quoted && n.Text() == "none" {
			if len(rules) == count {
				l.r.Errorf(n, "nothing to remove: no rule %s is inherited", kind.Name)
			}
			continue
		}
		before := func(r Rule) bool { return slices.Contains(rule.KindNames()[i:], r.Kind) }
		at := slices.IndexFunc(rules, before)
		if at < 0 {
			at = len(rules)
		}
		values := l.values(kind, n)
		for k := range values {
			values[k].written = place{depth, n.Line, n.Col}
		}
		rules = slices.Insert(rules, at, values...)
	}
	f.Close()
	return rules
}

// values reads the values of one kind of rule: one, or a list of them that hold one after the other or for different
// loans.
func (l *loader) values(kind rule.Kind, n *document.Node) []Rule {
	if n.Kind != document.List {
		return []Rule{l.rule(kind, n)}
	}
	items := l.r.List(n)
	if len(items) == 0 {
		l.r.Errorf(n, "the list of values is empty; give one or remove the key")
	}
	before := len(l.r.Problems.List)
	var list []Rule
	for _, item := range items {
		list = append(list, l.rule(kind, item))
	}
	if l.failed(before) {
		return list
	}
	return l.succession(kind.Name, list, items)
}

// rule reads one rule; its parameters keep their defaults where they are absent.
func (l *loader) rule(kind rule.Kind, n *document.Node) Rule {
	out := Rule{Kind: kind.Name, Rule: kind.New()}
	before := len(l.r.Problems.List)
	f := l.r.Map(n)
	for _, field := range out.Rule.Fields() {
		value := f.Get(field.Name)
		if field.Required && (f.Node() != nil && f.Node().Get(field.Name) == nil) {
			f.Need(field.Name)
		}
		if value != nil {
			l.currency(value, l.field(value, field), &out)
		}
	}
	names := fieldNames(out.Rule)
	l.clause(f, &out)
	f.Close()
	if f.Node() != nil && len(f.Node().Keys()) == 0 && !l.failed(before) {
		l.r.Errorf(n, "the rule has no parameters; give at least one (allowed: %s)", strings.Join(names, ", "))
	}
	if !l.failed(before) {
		if err := out.Rule.Check(); err != nil {
			l.r.Errorf(n, "%v", err)
		}
	}
	return out
}

func fieldNames(r rule.Rule) []string {
	var names []string
	for _, f := range r.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func (l *loader) regulation(s source) Regulation {
	layers := l.chain(KindRegulation, s)
	r := Regulation{
		Name:         l.name(l.own(layers, "name")),
		Title:        l.text(first(layers, "title")),
		Original:     l.text(first(layers, "original_title")),
		Description:  l.paragraph(first(layers, "description")),
		Jurisdiction: l.text(first(layers, "jurisdiction")),
		Status:       "hypothetical",
		Reference:    l.paragraph(first(layers, "reference")),
		Source:       l.paragraph(first(layers, "source")),
		Scope:        l.r.Ratio(first(layers, "scope"), 0, 1),
	}
	r.Title = orElse(r.Title, r.Name)
	if n := first(layers, "status"); n != nil {
		r.Status = l.verified(n, r.Name)
	}
	if n := first(layers, "not_modelled"); n != nil {
		for _, item := range l.r.List(n) {
			r.NotModelled = append(r.NotModelled, l.text(item))
		}
	}
	l.standing(&r, layers)
	for _, layer := range layers {
		r.Rules = l.rules(layer, nil)
	}
	r.first = r.Rules
	if n := first(layers, "amendments"); n != nil {
		before := len(l.r.Problems.List)
		if r.Amendments = l.amendments(n); !l.failed(before) {
			r.Rules = l.amended(r.Rules, r.Amendments, n)
		}
		for _, a := range r.Amendments {
			if a.Status == unverified {
				l.r.Warnf(n, "the figures of the amendment of %s to %s are unverified: nobody has read them where they come from", a.From.Format(time.DateOnly), r.Name)
			}
		}
	}
	return r
}

// verified reads a standing (nil: none), and warns where nobody has read the figures.
func (l *loader) verified(n *document.Node, of string) (status string) {
	if n == nil {
		return ""
	}
	if status = l.r.OneOf(n, Statuses...); status == unverified {
		l.r.Warnf(n, "the figures of %s are unverified: nobody has read them where they come from", of)
	}
	return status
}

// standing checks that a law says whose it is and where it can be read. A hypothetical one is nobody's.
func (l *loader) standing(r *Regulation, layers []*document.Node) {
	if r.Jurisdiction != "" {
		if code, part, _ := strings.Cut(r.Jurisdiction, "-"); !slices.Contains(jurisdictions, code) || part != strings.ToUpper(part) {
			near := ""
			if upper := strings.ToUpper(r.Jurisdiction); upper != r.Jurisdiction && slices.Contains(jurisdictions, strings.ToUpper(code)) {
				near = fmt.Sprintf(", did you mean %q?", upper)
			}
			l.r.Errorf(first(layers, "jurisdiction"), "unknown jurisdiction %q%s: a country's two letters by ISO 3166, such as CN, UK for the United Kingdom, EU, or XX for one made up; a part of it follows a dash, such as US-FL",
				r.Jurisdiction, near)
		}
	}
	if r.Status == "hypothetical" || r.Status == "" || len(layers) == 0 {
		return
	}
	for _, need := range []struct{ key, text string }{{"jurisdiction", r.Jurisdiction}, {"reference", r.Reference}, {"source", r.Source}} {
		if need.text == "" && layers[0].Get(need.key) == nil {
			l.r.Errorf(first(layers, "status"), "a law that is %s needs a %s; only a hypothetical one may go without", strings.ReplaceAll(r.Status, "_", " "), need.key)
		}
	}
}

// jurisdictions are the codes of countries (ISO 3166-1 alpha-2), with UK beside GB, the European Union, and XX.
var jurisdictions = strings.Fields(`
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
	CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
	GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
	KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
	MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
	SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
	UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
	UK EU XX`)

// maxShock bounds a macro variable, in standard deviations.
const maxShock = 10

func (l *loader) macro(s source) factor.Macro {
	layers := l.chain(KindMacro, s)
	m := factor.Macro{
		Name:   l.name(l.own(layers, "name")),
		Title:  l.text(first(layers, "title")),
		Source: l.paragraph(first(layers, "source")),
	}
	m.Title = orElse(m.Title, m.Name)
	m.Status = l.verified(first(layers, "status"), "macro path "+m.Name)
	f := l.r.Map(l.own(layers, "months"))
	for _, v := range macroVariables(&m) {
		*v.path = l.numbers(f.Get(v.name), -maxShock, maxShock)
	}
	f.Close()
	if f.Node() != nil && len(f.Node().Keys()) > 0 && m.Source == "" {
		l.r.Errorf(s.root, "a macro path needs a source: where it comes from, or \"assumption\" and why")
	}
	return m
}

type macroVariable struct {
	name, meaning string
	path          *[]float64
}

func macroVariables(m *factor.Macro) []macroVariable {
	return []macroVariable{
		{"unemployment", "unemployment rate", &m.Unemployment},
		{"gdp", "GDP growth", &m.GDP},
		{"lpr", "loan prime rate", &m.LPR},
	}
}
