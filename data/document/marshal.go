package document

import (
	"fmt"
	"regexp"
	"strings"
)

// Marshal writes a tree as YAML that parses to an equal tree: block style, two spaces of indentation, keys in
// the order of the tree. The same tree gives the same bytes.
func Marshal(n *Node) []byte {
	var b strings.Builder
	write(&b, n, 0)
	return []byte(b.String())
}

func write(b *strings.Builder, n *Node, indent int) {
	pad := strings.Repeat("  ", indent)
	switch {
	case n.Kind == Map && len(n.keys) == 0:
		b.WriteString(pad + "{}\n")
	case n.Kind == List && len(n.items) == 0:
		b.WriteString(pad + "[]\n")
	case n.Kind == Map:
		for i, k := range n.keys {
			b.WriteString(pad + written(k) + ":")
			value(b, n.items[i], indent+1)
		}
	case n.Kind == List:
		for _, item := range n.items {
			b.WriteString(pad + "-")
			if item.Kind == Map && len(item.keys) > 0 {
				// The first key stands on the line of the dash.
				var inner strings.Builder
				write(&inner, item, indent+1)
				b.WriteString(" " + strings.TrimLeft(inner.String(), " "))
			} else {
				value(b, item, indent+1)
			}
		}
	default:
		b.WriteString(pad + written(n) + "\n")
	}
}

// value writes what follows a key or a dash, on the same line where it is a single value.
func value(b *strings.Builder, n *Node, indent int) {
	if len(n.items) > 0 {
		b.WriteString("\n")
		write(b, n, indent)
		return
	}
	b.WriteString(" ")
	write(b, n, 0)
}

var plainText = regexp.MustCompile(`^[A-Za-z0-9_.+-][A-Za-z0-9_./+%()-]*(?: [A-Za-z0-9_./+%()-]+)*$`)

// plain tells whether a text can stand without quotes and is read back as the same scalar.
func plain(s string) bool {
	switch strings.ToLower(s) {
	case "-", "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return plainText.MatchString(s) && !strings.HasPrefix(s, "- ") && !strings.HasPrefix(s, "---") && !strings.HasPrefix(s, "...")
}

func written(n *Node) string {
	switch {
	case n.Kind == Empty:
		return "null"
	case !n.Quoted && (plain(n.text) || n.text == "true" || n.text == "false"):
		return n.text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range n.text {
		switch {
		case c == '"' || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
