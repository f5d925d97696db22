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
	return &out
}

// Amendment is what differs in the rules of one kind between two laws.
type Amendment struct {
	Kind           string
	Removed, Added []string // sentences
	Values         []Value  // where one rule takes the place of one
}

// Value is a parameter or condition of a rule before and after, "" where it is not there.
type Value struct{ Name, Before, After string }

// Amendments lists what differs between two laws, by kind in the order of rule.Kinds. Rules that say the same are left out.
func Amendments(before, after *Regulation) (list []Amendment) {
	for _, kind := range rule.Kinds {
		gone, come := without(before, after, kind.Name), without(after, before, kind.Name)
		if len(gone)+len(come) == 0 {
			continue
		}
		a := Amendment{Kind: kind.Name, Removed: said(gone), Added: said(come)}
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
