package document

import "fmt"

// Difference is a place at which two documents differ.
type Difference struct {
	Path   string // such as policies[strict].rules[2].months; elements that have a name are known by it
	Before string // "" where there was nothing
	After  string // "" where there is nothing now
}

// Differ lists where two documents differ, in the order of the first and then of what only the second has.
func Differ(before, after *Node) []Difference {
	old, now := leaves(before), leaves(after)
	var out []Difference
	for _, l := range old.list {
		if v := now.at[l.path]; v != l.text {
			out = append(out, Difference{l.path, l.text, v})
		}
	}
	for _, l := range now.list {
		if _, known := old.at[l.path]; !known {
			out = append(out, Difference{Path: l.path, After: l.text})
		}
	}
	return out
}

type leaf struct{ path, text string }

type leafSet struct {
	list []leaf
	at   map[string]string
}

// leaves are the single values of a document by place.
func leaves(n *Node) leafSet {
	s := leafSet{at: map[string]string{}}
	s.collect("", n)
	return s
}

func (s *leafSet) collect(path string, n *Node) {
	switch {
	case n == nil:
	case n.Kind == Map:
		for i, key := range n.Keys() {
			s.collect(join(path, key), n.items[i])
		}
	case n.Kind == List:
		for i, item := range n.items {
			place := fmt.Sprintf("%s[%d]", path, i)
			if name := item.Get("name"); name != nil {
				if named := fmt.Sprintf("%s[%s]", path, name.Text()); !s.has(named) {
					place = named
				}
			}
			s.collect(place, item)
		}
	default:
		s.list = append(s.list, leaf{path, n.Text()})
		s.at[path] = n.Text()
	}
}

// has tells whether an element of a list has the name already.
func (s *leafSet) has(path string) bool {
	_, known := s.at[path+".name"]
	return known
}

// String is "path: before → after".
func (d Difference) String() string {
	shown := func(s string) string {
		if s == "" {
			return "nothing"
		}
		return s
	}
	return d.Path + ": " + shown(d.Before) + " → " + shown(d.After)
}

// With returns a copy of a map in which a key has another value.
func (n *Node) With(key string, value *Node) *Node {
	c := *n
	c.keys, c.items = append([]*Node{}, n.keys...), append([]*Node{}, n.items...)
	return c.Set(key, value)
}
