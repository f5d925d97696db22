package sweep

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
)

// A field path leads through the resolved experiment (relend scenarios show -r): keys joined by dots, names of the
// elements of a list of named things, [i] for one of a list without names, * for all. Keys and names may have dots themselves: the longest that
// fits is meant. What lies below the last map that is there may be missing, such as a rule that the policy has not.

// armLists are the parts of an experiment that belong to arms. A change anywhere else changes the world of all arms.
var armLists = []string{"policies", "regulations", "macros", "arms"}

// ofArm says whether a path belongs to an arm.
func ofArm(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	return slices.Contains(armLists, first)
}

// set writes a value at a path; nil takes out what is there, and a rule that is left without parameters.
func set(n *document.Node, path string, value *document.Node) error {
	return walk(n, path, func(parent *document.Node, key string) error {
		if value == nil {
			parent.Remove(key)
			return nil
		}
		parent.Put(key, value)
		return nil
	}, func(list *document.Node, i int) error {
		if value == nil {
			return fmt.Errorf("an element of a list cannot be none")
		}
		list.PutItem(i, value)
		return nil
	}, value != nil)
}

// get returns what is at a path, nil when nothing is; of several the first.
func get(n *document.Node, path string) (found *document.Node, err error) {
	take := func(v *document.Node) {
		if found == nil {
			found = v
		}
	}
	err = walk(n, path, func(parent *document.Node, key string) error { take(parent.Get(key)); return nil },
		func(list *document.Node, i int) error { take(list.Items()[i]); return nil }, false)
	return found, err
}

// walk goes to the last step of a path and calls inMap or inList there. Missing maps on the way are made, or end the walk.
func walk(n *document.Node, path string, inMap func(*document.Node, string) error, inList func(*document.Node, int) error, make bool) error {
	switch n.Kind {
	case document.Map:
		key, rest := longest(n.Keys(), path)
		if key == "" {
			if key, rest, _ = strings.Cut(path, "."); n.Path == "behaviour.set" {
				key, rest = path, "" // its keys have dots
			}
			if key == "" {
				return fmt.Errorf("a key is missing")
			}
			if n.Path == "" { // the experiment itself: a mistyped key is found here
				return fmt.Errorf("an experiment has no %q%s", key, data.DidYouMean(key, n.Keys()))
			}
		}
		if rest == "" {
			return inMap(n, key)
		}
		next := n.Get(key)
		if next == nil || next.Kind == document.Scalar {
			if !make {
				return nil
			}
			next = n.Put(key, document.NewMap())
		}
		if err := walk(next, rest, inMap, inList, make); err != nil {
			return err
		}
		if !make && strings.HasSuffix(n.Path, ".rules") && next.Kind == document.Map && len(next.Keys()) == 0 {
			n.Remove(key)
		}
		return nil
	case document.List:
		return walkList(n, path, inMap, inList, make)
	}
	return fmt.Errorf("%s is a single value and has no %q", n.Path, path)
}

func walkList(n *document.Node, path string, inMap func(*document.Node, string) error, inList func(*document.Node, int) error, make bool) error {
	items := n.Items()
	var names []string
	for _, item := range items {
		if name := item.Get("name"); name != nil {
			names = append(names, name.Text())
		}
	}
	var chosen []int
	var rest string
	if number, after, ok := strings.Cut(strings.TrimPrefix(path, "["), "]"); ok && strings.HasPrefix(path, "[") {
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(items) {
			return fmt.Errorf("%s has no [%s]; it has %d elements, counted from 0", n.Path, number, len(items))
		}
		chosen, rest = []int{i}, strings.TrimPrefix(after, ".")
	} else if path == "*" || strings.HasPrefix(path, "*.") {
		for i := range items {
			chosen = append(chosen, i)
		}
		rest = strings.TrimPrefix(path[1:], ".")
	} else {
		name, after := longest(names, path)
		if name == "" {
			word, _, _ := strings.Cut(path, ".")
			if len(names) == 0 {
				return fmt.Errorf("%s is a list without names: write %s[0] for the first", n.Path, n.Path)
			}
			return fmt.Errorf("there is no %q in %s; there is %s%s", word, n.Path, strings.Join(names, ", "), data.DidYouMean(word, names))
		}
		chosen, rest = []int{slices.Index(names, name)}, after
	}
	for _, i := range chosen {
		if rest == "" {
			if err := inList(n, i); err != nil {
				return err
			}
		} else if err := walk(items[i], rest, inMap, inList, make); err != nil {
			return err
		}
	}
	return nil
}

// longest returns the longest of the names with which a path begins, and what follows it.
func longest(names []string, path string) (name, rest string) {
	for _, n := range names {
		if len(n) <= len(name) || !strings.HasPrefix(path, n) {
			continue
		}
		switch after := path[len(n):]; {
		case after == "":
			name, rest = n, ""
		case after[0] == '.':
			name, rest = n, after[1:]
		case after[0] == '[':
			name, rest = n, after
		}
	}
	return name, rest
}
