package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"relend/data"
	"relend/sim"
	"relend/sim/rule"
)

// Package is the rules in which an arm differs from the one it is compared with, taken apart into clauses. A clause is
// all that the arm's policy, or its law, says by one kind of rule: values of one kind follow each other in time or divide
// loans between them, so they stand or fall together. A clause that is out of force leaves the other arm's rules of its
// kind, if it has some.
type Package struct {
	Clauses []Clause // in the order written, the policy's before the law's

	arm, reference sim.Arm
	rules          [2][]layered // of policy and law, in the order of rule.Kinds
}

// Clause is a part of a package.
type Clause struct {
	Name   string   // such as "apr_cap", of a law "law.apr_cap"; its scope is "law.scope"
	Title  string   // a few words
	In     []string // what holds with it, in sentences; empty where it takes rules away
	Out    []string // what holds without it
	side   int      // 0 policy, 1 law
	placed place
}

// layered is the rules of a kind in a policy or law of the two arms.
type layered struct {
	kind    string
	in, out []Rule
}

// scopeClause is the share of outside lenders bound by the law, where the two laws differ in it.
const scopeClause = "law.scope"

// Package takes arm number of the arms, as Arms returns them, apart against another one. It is an error where the arms
// differ in more than their rules or not in their rules; amounts are worded in the currency.
func (e *Experiment) Package(arms []sim.Arm, number, against int, currency string) (*Package, error) {
	one, other := e.Entries[number], e.Entries[against]
	ps := &data.Problems{Cause: data.BadConfig}
	report := func(format string, args ...any) {
		ps.Add("arm "+one.Name, format, args...)
	}
	if one.Macro != other.Macro {
		report("has the macro path %s, %s has %s: only the rules of a policy or a law can be attributed, so the two arms need one macro path", one.Macro, other.Name, other.Macro)
	}
	if e.params(one) != e.params(other) {
		report("differs from %s in how borrowers behave: only the rules of a policy or a law can be attributed", other.Name)
	}
	p := &Package{arm: arms[number], reference: arms[against]}
	find := func(a Entered) (rules [2][]Rule) {
		take := func(side int, list []Rule, status string) {
			for _, r := range list {
				if rule.Addresses(r.Rule, e.Lender) {
					r.Status = orElse(r.Status, status)
					rules[side] = append(rules[side], r)
				}
			}
		}
		for _, x := range e.Policies {
			if x.Name == a.Policy {
				take(0, x.Rules, x.Status)
			}
		}
		for _, x := range e.Regulations {
			if x.Name == a.Regulation {
				take(1, x.Rules, x.Status)
			}
		}
		return rules
	}
	in, out := find(one), find(other)
	for side := range p.rules {
		prefix := [2]string{"", "law."}[side]
		for _, kind := range rule.Kinds {
			l := layered{kind.Name, ofKind(in[side], kind.Name), ofKind(out[side], kind.Name)}
			p.rules[side] = append(p.rules[side], l)
			if reflect.DeepEqual(bare(l.in, ""), bare(l.out, "")) {
				continue
			}
			c := Clause{Name: prefix + kind.Name, Title: kind.Title, In: worded(l.in, currency), Out: worded(l.out, currency), side: side}
			if len(l.in) > 0 {
				c.placed = l.in[0].written
			}
			p.Clauses = append(p.Clauses, c)
		}
	}
	if len(in[1]) > 0 && len(out[1]) > 0 && p.arm.Scope != p.reference.Scope {
		sentence := func(scope float64) []string {
			return []string{fmt.Sprintf("The law binds %s of outside lenders as well.", ratio(scope).Text())}
		}
		p.Clauses = append(p.Clauses, Clause{Name: scopeClause, Title: "Scope", In: sentence(p.arm.Scope), Out: sentence(p.reference.Scope), side: 1, placed: place{layer: math.MaxInt}})
	}
	if len(p.Clauses) == 0 {
		report("has the same rules as %s: there is nothing to attribute", other.Name)
	}
	slices.SortStableFunc(p.Clauses, func(a, b Clause) int {
		return cmp.Or(cmp.Compare(a.side, b.side), a.placed.compare(b.placed))
	})
	return p, ps.Err()
}

// Names are the clauses' names in the order written.
func (p *Package) Names() []string {
	var names []string
	for _, c := range p.Clauses {
		names = append(names, c.Name)
	}
	return names
}

// Arm is the arm in which the clauses with these names are in force and the others are not.
func (p *Package) Arm(names []string) sim.Arm {
	within := func(name string) bool {
		return slices.Contains(names, name) || !slices.Contains(p.Names(), name)
	}
	a := p.arm
	a.Name = orElse(strings.Join(names, "+"), p.reference.Name)
	sides := [2]*[]rule.Rule{&a.Policy, &a.Law}
	for side, prefix := range [2]string{"", "law."} {
		*sides[side] = nil
		for _, l := range p.rules[side] {
			if within(prefix + l.kind) {
				*sides[side] = append(*sides[side], bare(l.in, "")...)
			} else {
				*sides[side] = append(*sides[side], bare(l.out, "")...)
			}
		}
	}
	if !within(scopeClause) || lawless(p.rules[1]) == (len(a.Law) > 0) { // what law there is, is the other arm's
		a.Scope = p.reference.Scope
	}
	return a
}

// lawless reports that the arm itself has no law: the package takes one away.
func lawless(law []layered) bool {
	return !slices.ContainsFunc(law, func(l layered) bool { return len(l.in) > 0 })
}

func ofKind(rules []Rule, kind string) (out []Rule) {
	for _, r := range rules {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// worded says rules in sentences, those that are not in force with their standing.
func worded(rules []Rule, currency string) (out []string) {
	for _, r := range rules {
		sentence := r.Rule.Sentence(currency)
		if r.Status != "" && r.Status != "in_force" && r.Status != "hypothetical" {
			sentence = strings.TrimSuffix(sentence, ".") + " (" + strings.ReplaceAll(r.Status, "_", " ") + ")."
		}
		out = append(out, sentence)
	}
	return out
}
