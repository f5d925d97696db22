// Package document reads the YAML files that people write for relend into a strict tree with positions, takes
// typed values out of it while it collects every problem, and writes a tree back as YAML.
//
// It is the only importer of the YAML library and uses nothing but its parser. The subset is narrow on
// purpose: one document, maps, lists and scalars; no anchors, aliases, merge keys or tags; no key twice; no
// empty values; numbers in decimal only. Quantities carry their unit (24%, 50 bp, 3 months, 30 days,
// 200000 CNY), and a bare number is never a ratio above 1.
//
//	root, problems := document.Parse("policy.yaml", source)
//	r := document.NewReader("policy.yaml")
//	m := r.Map(root)
//	title := r.Text(m.Need("title"))
//	months := 12
//	if n := m.Get("horizon"); n != nil {
//		months = r.Months(n, 1, 120)
//	}
//	m.Close() // unknown keys
//	return r.Err()
package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"relend/data"
)

// Limits of a document; larger ones are refused before they are parsed.
const (
	MaxBytes  = 1 << 20
	MaxDepth  = 32
	MaxTokens = 50_000
)

// Kind is what a node is.
type Kind uint8

const (
	Scalar Kind = iota // a word, number, quantity or text
	Map
	List
	Empty // a key with nothing after it, ~ or null
)

var kindNames = [...]string{"a single value", "a map", "a list", "empty"}

func (k Kind) String() string { return kindNames[k] }

// Node is a place in a document. Its fields are read-only for everybody but the one who made it; a node made
// by NewMap and its like has no position.
type Node struct {
	Kind   Kind
	File   string
	Line   int // 1-based, 0 for a made node
	Col    int
	Path   string // such as "arms[2].policy"; "" at the root
	Quoted bool   // a scalar in quotes or a block of text: never a number

	text  string
	keys  []*Node // of a map, scalars
	items []*Node // values of a map, or elements of a list
}

// Text returns the text of a scalar as written, without quotes; "" for other kinds.
func (n *Node) Text() string { return n.text }

// Keys returns the keys of a map in the order of the file.
func (n *Node) Keys() []string {
	keys := make([]string, len(n.keys))
	for i, k := range n.keys {
		keys[i] = k.text
	}
	return keys
}

// Get returns the value of a key of a map, or nil when n is not a map or lacks the key.
func (n *Node) Get(key string) *Node {
	if i := n.index(key); i >= 0 {
		return n.items[i]
	}
	return nil
}

func (n *Node) index(key string) int {
	return slices.IndexFunc(n.keys, func(k *Node) bool { return k.text == key })
}

// Key returns the node of a key itself, whose position is where the key stands, or nil.
func (n *Node) Key(key string) *Node {
	if i := n.index(key); i >= 0 {
		return n.keys[i]
	}
	return nil
}

// Items returns the elements of a list, or the values of a map in the order of its keys.
func (n *Node) Items() []*Node { return n.items }

// NewMap returns an empty map, to be filled with Set.
func NewMap() *Node { return &Node{Kind: Map} }

// NewList returns a list of the given nodes.
func NewList(items ...*Node) *Node { return &Node{Kind: List, items: items} }

// NewText returns a text. It is quoted when it would be read as a number otherwise.
func NewText(text string) *Node {
	return &Node{text: text, Quoted: !plain(text) || number.MatchString(text)}
}

// NewValue returns a bare value: a number, a word, true, false or a quantity such as "24%" or "3 months".
func NewValue(text string) *Node {
	return &Node{text: text, Quoted: !plain(text) && text != "true" && text != "false"}
}

// Set puts a key at the end of a map, or replaces its value in place, and returns the map.
func (n *Node) Set(key string, value *Node) *Node {
	if i := n.index(key); i >= 0 {
		n.items[i] = value
	} else {
		n.keys, n.items = append(n.keys, NewText(key)), append(n.items, value)
	}
	return n
}

// Parse reads a document; name is the file name used in messages. The problems are nil when there are none;
// otherwise the node is what could be read, or nil.
func Parse(name string, source []byte) (*Node, *data.Problems) {
	p := &reading{name: name, problems: &data.Problems{Cause: data.BadConfig}}
	root := p.document(source)
	if len(p.problems.List) == 0 {
		return root, nil
	}
	return root, p.problems
}

type reading struct {
	name     string
	problems *data.Problems
}

func (p *reading) fail(t *token.Token, path, format string, args ...any) {
	problem := data.Problem{File: p.name, Path: path, Message: fmt.Sprintf(format, args...)}
	if t != nil && t.Position != nil {
		problem.Line, problem.Col = t.Position.Line, t.Position.Column
	}
	p.problems.List = append(p.problems.List, problem)
}

func (p *reading) document(source []byte) (root *Node) {
	defer func() {
		// The library panics on some malformed input; for the user that is a syntax error.
		if r := recover(); r != nil {
			p.fail(nil, "", "cannot be read as YAML: %v", r)
			root = nil
		}
	}()
	source = []byte(strings.TrimPrefix(string(source), "\ufeff"))
	switch {
	case len(source) > MaxBytes:
		p.fail(nil, "", "the file has %d bytes; at most %d are read", len(source), MaxBytes)
		return nil
	case !utf8.Valid(source):
		p.fail(nil, "", "the file is not UTF-8 text")
		return nil
	}
	if i := slices.IndexFunc(source, func(b byte) bool { return b < ' ' && b != '\n' && b != '\r' && b != '\t' }); i >= 0 {
		p.fail(nil, "", "the file holds the control character 0x%02x at byte %d: is it a text file?", source[i], i)
		return nil
	}
	tokens := lexer.Tokenize(string(source))
	if !p.nesting(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			p.fail(syntax.GetToken(), "", "cannot be read as YAML: %s", syntax.GetMessage())
		} else {
			p.fail(nil, "", "cannot be read as YAML: %v", err)
		}
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case doc.Body.Type() == ast.DirectiveType:
			p.fail(doc.Body.GetToken(), "", "directives (%%) are not read; leave this line out")
			return nil
		case body != nil:
			p.fail(doc.Start, "", "a second document begins here; a file holds one document")
			return nil
		default:
			body = doc.Body
		}
	}
	if body == nil {
		p.fail(nil, "", "the file is empty")
		return nil
	}
	return p.node(body, "", 0)
}

// nesting refuses documents nested deeper than MaxDepth before the parser recurses into them, and those with
// more than MaxTokens, whose keys the parser would compare pair by pair.
func (p *reading) nesting(tokens token.Tokens) bool {
	if len(tokens) > MaxTokens {
		p.fail(tokens[MaxTokens], "", "the file has more than %d words and signs", MaxTokens)
		return false
	}
	flow, line, entries := 0, 0, 0
	for _, t := range tokens {
		if t.Position != nil && t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		}
		if flow > MaxDepth || entries > MaxDepth {
			p.fail(t, "", "nested deeper than %d levels", MaxDepth)
			return false
		}
	}
	return true
}

func (p *reading) node(n ast.Node, path string, depth int) *Node {
	t := n.GetToken()
	out := &Node{File: p.name, Path: path}
	if t != nil && t.Position != nil {
		out.Line, out.Col = t.Position.Line, t.Position.Column
	}
	if depth > MaxDepth {
		p.fail(t, path, "nested deeper than %d levels", MaxDepth)
		return out
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		p.pairs(out, n.Values, depth)
	case *ast.MappingValueNode:
		p.pairs(out, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.Kind = List
		for i, v := range n.Values {
			if v == nil {
				p.fail(t, path, "element %d of the list is empty", i+1)
				continue
			}
			out.items = append(out.items, p.node(v, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	case *ast.NullNode:
		out.Kind = Empty
		if t.Type != token.ImplicitNullType {
			out.text = t.Value
		}
	case *ast.StringNode:
		out.text = n.Value
		out.Quoted = t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
	case *ast.LiteralNode:
		out.text, out.Quoted = n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.text = strings.TrimSpace(t.Value)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		p.fail(t, path, "anchors (&), aliases (*) and merge keys (<<) are not read; write the value out")
	case *ast.TagNode:
		p.fail(t, path, "the tag %s is not read; leave it out", t.Value)
	default:
		p.fail(t, path, "%s is not allowed here", n.Type())
	}
	return out
}

func (p *reading) pairs(out *Node, values []*ast.MappingValueNode, depth int) {
	out.Kind = Map
	seen := map[string]*Node{}
	for i, v := range values {
		t := v.Key.GetToken()
		switch v.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		case *ast.NullNode:
			p.fail(t, out.Path, "an empty key; write it in quotes if that is what you mean")
			continue
		case *ast.MergeKeyNode, *ast.AnchorNode, *ast.AliasNode:
			p.fail(t, out.Path, "anchors (&), aliases (*) and merge keys (<<) are not read; write the value out")
			continue
		default:
			p.fail(t, out.Path, "a key must be a plain word or a text in quotes")
			continue
		}
		key := p.node(v.Key, out.Path, depth+1)
		if i == 0 && t.Position != nil && t.Position.Line >= out.Line {
			if start := v.Start; start == nil || out.Line != t.Position.Line || out.Col > t.Position.Column {
				out.Line, out.Col = t.Position.Line, t.Position.Column
			}
		}
		path := join(out.Path, key.text)
		if first := seen[key.text]; first != nil {
			p.fail(t, path, "the key is given twice, first in line %d", first.Line)
			continue
		}
		seen[key.text] = key
		value := &Node{Kind: Empty, File: p.name, Line: key.Line, Col: key.Col, Path: path}
		if v.Value != nil {
			value = p.node(v.Value, path, depth+1)
		}
		if value.Kind == Empty {
			value.Line, value.Col = key.Line, key.Col
		}
		out.keys, out.items = append(out.keys, key), append(out.items, value)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
