package scenarios

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"relend/data/document"
	"relend/sim/rule"
)

// LawNames lists the regulations of the library that have rules, sorted.
func LawNames() []string {
	return slices.DeleteFunc(libraryNames(KindRegulation), func(name string) bool { return name == noRegulation })
}

// Since is the first day on which a rule of the law holds, zero where one holds always or so many months after a snapshot.
func (r *Regulation) Since() (day time.Time) {
	for _, x := range r.Rules {
		c, ok := x.Rule.(*rule.Clause)
		if !ok || c.From.Date.IsZero() {
			return time.Time{}
		}
		if day.IsZero() || c.From.Date.Before(day) {
			day = c.From.Date
		}
	}
	return day
}

// On returns the law as it stands on a day: the rules in force, without dates. Rules that are dated in months after a
// snapshot stay as they are.
func (r *Regulation) On(day time.Time) *Regulation {
	out := *r
	out.Rules = nil
	for _, x := range r.Rules {
		if c, ok := x.Rule.(*rule.Clause); ok {
			if c.From.Date.After(day) || !c.Until.Date.IsZero() && !c.Until.Date.After(day) {
				continue
			}
			today := *c
			for _, m := range []*rule.Moment{&today.From, &today.Until} {
				if !m.Date.IsZero() {
					*m = rule.Moment{}
				}
			}
			today.Grandfather, today.Keeps = today.Grandfather && today.From.Given, today.Keeps && today.Until.Given
			if x.Rule = &today; reflect.DeepEqual(&today, &rule.Clause{Rule: c.Rule, Compliance: 1}) {
				x.Rule = c.Rule
			}
		}
		out.Rules = append(out.Rules, x)
	}
	out.first, out.Amendments = out.Rules, nil
	return &out
}

// asOf separates a reference to a law from the day after an @, as it stands on which the law is meant; the day is zero where
// there is none.
func (l *loader) asOf(reference string, n *document.Node) (name string, day time.Time) {
	name, date, dated := strings.Cut(reference, "@")
	if dated {
		var err error
		if day, err = time.Parse(time.DateOnly, date); err != nil {
			l.r.Errorf(n, "%q is not a day such as 2026-01-01", date)
		}
	}
	return name, day
}

// dated is a law as it stands on a day, under a name of its own; the law itself where there is no day.
func (r Regulation) dated(day time.Time) Regulation {
	if day.IsZero() {
		return r
	}
	out := r.On(day)
	out.Name += "_" + day.Format(time.DateOnly)
	out.Title += ", as of " + day.Format(time.DateOnly)
	return *out
}

// Amendment is a change of a law: from a day on its rules hold in place of those of their kinds.
type Amendment struct {
	From      time.Time
	Title     string
	Status    string // one of Statuses, "" for that of the law
	Reference string
	Source    string
	Rules     []Rule
	Repealed  []string // kinds that it ends without a new rule
}

// kinds are those that an amendment touches.
func (a *Amendment) kinds() []string {
	return append((&Regulation{Rules: a.Rules}).Kinds(), a.Repealed...)
}

// amendments reads the changes of a law in the order of time, whatever their order in the file.
func (l *loader) amendments(n *document.Node) (list []Amendment) {
	items := l.r.List(n)
	if n != nil && n.Kind == document.List && len(items) == 0 {
		l.r.Errorf(n, "the list is empty; give an amendment or remove the key")
	}
	var places []*document.Node
	for _, item := range items {
		f := l.r.Map(item)
		a := Amendment{From: l.r.Date(f.Need("from")), Title: l.text(f.Get("title")), Reference: l.paragraph(f.Get("reference")), Source: l.paragraph(f.Get("source"))}
		if at := f.Get("status"); at != nil {
			a.Status = l.r.OneOf(at, Statuses...)
		}
		if at := f.Need("rules"); at != nil {
			a.Rules, a.Repealed = l.changed(at, a.From)
			for i := range a.Rules {
				a.Rules[i].Status = a.Status
			}
		}
		f.Close()
		at := len(list)
		for at > 0 && a.From.Before(list[at-1].From) {
			at--
		}
		if at > 0 && a.From.Equal(list[at-1].From) && !a.From.IsZero() {
			l.r.Errorf(item, "another amendment (line %d) is of the same day; write them as one", places[at-1].Line)
		}
		list, places = slices.Insert(list, at, a), slices.Insert(places, at, item)
	}
	return list
}

// changed reads the rules of an amendment of a day.
func (l *loader) changed(n *document.Node, from time.Time) (rules []Rule, repealed []string) {
	l.since = rule.Moment{Given: true, Date: from}
	defer func() { l.since = rule.Moment{} }()
	f := l.r.Map(n)
	for _, kind := range rule.Kinds {
		at := f.Get(kind.Name)
		switch {
		case at == nil:
		case at.Kind == document.Scalar && !at.Quoted && at.Text() == "none":
			repealed = append(repealed, kind.Name)
		case named(kind.New(), "from"):
			l.r.Errorf(at, "%s has a from of its own and no dates; it cannot be amended", kind.Name)
		default:
			for _, r := range l.values(kind, at) {
				if c, ok := r.Rule.(*rule.Clause); ok && !from.IsZero() && (c.From.Date.IsZero() || c.From.Date.Before(from)) {
					l.r.Errorf(at, "a rule of the amendment begins on %v, before the amendment of %s", c.From, from.Format(time.DateOnly))
				}
				rules = append(rules, r)
			}
		}
	}
	f.Close()
	if f.Node() != nil && len(f.Node().Keys()) == 0 {
		l.r.Errorf(n, "the amendment changes no rule; name a kind with its new values, or none")
	}
	return rules, repealed
}

// amended are the rules of a law with its amendments: what an amendment replaces ends on its day.
func (l *loader) amended(rules []Rule, list []Amendment, n *document.Node) []Rule {
	for i := range list {
		a := &list[i]
		for _, kind := range a.kinds() {
			var kept []Rule
			touched, grandfather := false, slices.ContainsFunc(a.Rules, func(r Rule) bool {
				c, ok := r.Rule.(*rule.Clause)
				return ok && r.Kind == kind && c.Grandfather
			})
			for _, r := range rules {
				if r.Kind == kind {
					c := rule.Clause{Rule: r.Rule, Compliance: 1}
					if written, ok := r.Rule.(*rule.Clause); ok {
						c = *written
					}
					day := rule.Moment{Given: true, Date: a.From}
					touched = touched || !c.Until.Given || a.From.Before(c.Until.Date)
					switch {
					case (c.From.Given && c.From.Date.IsZero()) || (c.Until.Given && c.Until.Date.IsZero()):
						l.r.Errorf(n, "%s is timed in months after the snapshot: what an amendment of %s replaces cannot be told", kind, a.From.Format(time.DateOnly))
					case c.From.Given && !c.From.Date.Before(a.From):
						continue // never came into force
					case !c.Until.Given || a.From.Before(c.Until.Date):
						c.Until, c.Keeps = day, grandfather
						r.Rule = &c
					}
				}
				kept = append(kept, r)
			}
			if !touched && slices.Contains(a.Repealed, kind) {
				l.r.Errorf(n, "the amendment of %s ends %s, which is not in force then", a.From.Format(time.DateOnly), kind)
			}
			rules = kept
		}
		rules = append(rules, a.Rules...)
	}
	order := rule.KindNames()
	slices.SortStableFunc(rules, func(a, b Rule) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return rules
}

// Versions are the states of a law one after the other, as rules without dates of their own: the first text, then the text
// after each amendment. Days are those of the amendments, zero for the first text.
func (r *Regulation) Versions() (days []time.Time, texts []Regulation) {
	text := *r
	text.Rules = r.first
	days, texts = append(days, time.Time{}), append(texts, text)
	for _, a := range r.Amendments {
		kinds := a.kinds()
		rules := slices.DeleteFunc(slices.Clone(text.Rules), func(x Rule) bool { return slices.Contains(kinds, x.Kind) })
		text.Rules = append(rules, a.Rules...)
		days, texts = append(days, a.From), append(texts, text)
	}
	return days, texts
}

// Difference is what differs in the rules of one kind between two laws.
type Difference struct {
	Kind           string
	Removed, Added []string // sentences
	Values         []Value  // where one rule takes the place of one
}

// Value is a parameter or condition of a rule before and after, "" where it is not there.
type Value struct{ Name, Before, After string }

// Differences lists what differs between two laws, by kind in the order of rule.Kinds. Rules that say the same are left out.
func Differences(before, after *Regulation) (list []Difference) {
	for _, kind := range rule.Kinds {
		gone, come := without(before, after, kind.Name), without(after, before, kind.Name)
		if len(gone)+len(come) == 0 {
			continue
		}
		a := Difference{Kind: kind.Name, Removed: said(gone), Added: said(come)}
		if len(gone) == 1 && len(come) == 1 {
			a.Values = changes(gone[0], come[0])
		}
		list = append(list, a)
	}
	return list
}

// without lists the rules of a kind in a law that do not stand in another one.
func without(law, other *Regulation, kind string) (rest []Rule) {
	for _, r := range law.Rules {
		same := func(o Rule) bool {
			return o.Kind == kind && o.Currency == r.Currency && reflect.DeepEqual(o.Rule, r.Rule)
		}
		if r.Kind == kind && !slices.ContainsFunc(other.Rules, same) {
			rest = append(rest, r)
		}
	}
	return rest
}

func said(rules []Rule) (out []string) {
	for _, r := range rules {
		out = append(out, r.Rule.Sentence(r.Currency))
	}
	return out
}

// changes lists the values in which two rules differ, as they are written in YAML.
func changes(before, after Rule) (out []Value) {
	a, b := clauseNode(before), clauseNode(after)
	names := keysOf(a)
	for _, name := range keysOf(b) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if v := (Value{name, leaf(a, name), leaf(b, name)}); v.Before != v.After {
			out = append(out, v)
		}
	}
	return out
}

// keysOf lists the paths to the values of nested maps, joined by dots.
func keysOf(n *document.Node) (paths []string) {
	for _, key := range n.Keys() {
		if child := n.Get(key); child.Kind == document.Map {
			for _, inner := range keysOf(child) {
				paths = append(paths, key+"."+inner)
			}
		} else {
			paths = append(paths, key)
		}
	}
	return paths
}

// leaf is the text of the value at a path, that of a list joined by commas.
func leaf(n *document.Node, path string) string {
	for key := range strings.SplitSeq(path, ".") {
		if n == nil || n.Kind != document.Map {
			return ""
		}
		n = n.Get(key)
	}
	switch {
	case n == nil:
		return ""
	case n.Kind == document.List:
		var texts []string
		for _, item := range n.Items() {
			texts = append(texts, item.Text())
		}
		return strings.Join(texts, ", ")
	}
	return n.Text()
}
