package document

import (
	"slices"
	"strconv"
)

// Copy returns a tree of its own without positions; the paths of its nodes say where they stand in it. What the
// original's owner changes later is not seen in it, and the other way round.
func (n *Node) Copy() *Node { return n.copyTo("") }

func (n *Node) copyTo(path string) *Node {
	c := &Node{Kind: n.Kind, Path: path, Quoted: n.Quoted, text: n.text, keys: slices.Clone(n.keys), items: make([]*Node, len(n.items))}
	for i, item := range n.items {
		at := path + "[" + strconv.Itoa(i) + "]"
		if n.Kind == Map {
			at = join(path, n.keys[i].text)
			key := *n.keys[i]
			key.File, key.Line, key.Col, key.Path = "", 0, 0, path
			c.keys[i] = &key
		}
		c.items[i] = item.copyTo(at)
	}
	return c
}

// Put sets a key to a copy of a value, and returns the copy.
func (n *Node) Put(key string, value *Node) *Node {
	c := value.copyTo(join(n.Path, key))
	n.Set(key, c)
	return c
}

// PutItem sets an element of a list to a copy of a value.
func (n *Node) PutItem(i int, value *Node) {
	n.items[i] = value.copyTo(n.Path + "[" + strconv.Itoa(i) + "]")
}

// Remove takes a key out of a map, if it is there.
func (n *Node) Remove(key string) {
	if i := n.index(key); i >= 0 {
		n.keys, n.items = slices.Delete(n.keys, i, i+1), slices.Delete(n.items, i, i+1)
	}
}

// Keep leaves those elements of a list of which keep is true, and numbers them anew.
func (n *Node) Keep(keep func(*Node) bool) {
	n.items = slices.DeleteFunc(n.items, func(item *Node) bool { return !keep(item) })
	for i := range n.items {
		n.PutItem(i, n.items[i])
	}
}
