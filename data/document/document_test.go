package document

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"relend/data"
)

func TestPositions(t *testing.T) {
	root, problems := Parse("x.yaml", []byte("title: hello world # comment\narms:\n  - name: a\n    policy: {cap: 24%}\n  - b\n"))
	if problems != nil {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		n         *Node
		line, col int
		path, txt string
	}{
		{root.Get("title"), 1, 8, "title", "hello world"},
		{root.Get("arms").Items()[0].Get("policy").Get("cap"), 4, 19, "arms[0].policy.cap", "24%"},
		{root.Get("arms").Items()[0], 3, 5, "arms[0]", ""},
		{root.Get("arms").Items()[1], 5, 5, "arms[1]", "b"},
		{root.Key("arms"), 2, 1, "", "arms"},
	} {
		if c.n.Line != c.line || c.n.Col != c.col || c.n.Path != c.path || c.n.Text() != c.txt {
			t.Errorf("want %+v, found %d:%d %q %q", c, c.n.Line, c.n.Col, c.n.Path, c.n.Text())
		}
	}
}

func TestRefused(t *testing.T) {
	for source, want := range map[string]string{
		"":                                  "x.yaml: the file is empty",
		"# nothing\n":                       "x.yaml: the file is empty",
		"a: 1\na: 2\n":                      "x.yaml:2:1: a: the key is given twice, first in line 1",
		"a: &x 1\n":                         "x.yaml:1:4: a: anchors (&), aliases (*) and merge keys (<<) are not read",
		"a: &x 1\nb: *x\n":                  "x.yaml:2:4: b: anchors (&), aliases (*)",
		"a:\n  <<: {b: 1}\n":                "x.yaml:2:3: a: anchors (&), aliases (*) and merge keys (<<)",
		"a: 1\n---\nb: 2\n":                 "x.yaml:2:1: a second document begins here; a file holds one document",
		"%YAML 1.2\n---\na: 1\n":            "x.yaml:1:1: directives (%) are not read",
		"a: !!str 1\n":                      "x.yaml:1:4: a: the tag !!str is not read",
		"a: [1\n":                           "x.yaml:1:4: cannot be read as YAML",
		"a: b: c\n":                         "x.yaml:1:4: cannot be read as YAML",
		"\ta: 1\n":                          "x.yaml:1:2: cannot be read as YAML",
		"null: 1\n":                         "x.yaml:1:1: an empty key",
		"a: \xff\n":                         "x.yaml: the file is not UTF-8 text",
		"a: \x00\n":                         "x.yaml: the file holds the control character 0x00 at byte 3",
		strings.Repeat("x", MaxBytes+1):     "x.yaml: the file has 1048577 bytes; at most 1048576 are read",
		strings.Repeat("[", 100):            "x.yaml:1:33: nested deeper than 32 levels",
		strings.Repeat("- ", 100):           "nested deeper than 32 levels",
		"a: " + strings.Repeat("{a: ", 100): "nested deeper than 32 levels",
		strings.Repeat("[\n", 1<<19):        "x.yaml:50001:1: the file has more than 50000 words and signs",
	} {
		_, problems := Parse("x.yaml", []byte(source))
		name := source[:min(len(source), 30)]
		if problems == nil || !strings.HasPrefix(problems.Error(), want) && !strings.Contains(problems.Error(), want) {
			t.Errorf("%q: want %q, found %v", name, want, problems)
		}
	}
	deep := ""
	for i := range 40 {
		deep += strings.Repeat(" ", i) + "a:\n"
	}
	if _, problems := Parse("x.yaml", []byte(deep)); problems == nil || !strings.Contains(problems.Error(), "nested deeper than 32 levels") {
		t.Errorf("deep blocks: %v", problems)
	}
	_, problems := Parse("x.yaml", []byte("a: 1\na: 2\nb: !t 1\n"))
	if problems == nil || len(problems.List) != 2 {
		t.Errorf("both problems at once, found %v", problems)
	}
}

// TestReadable: what must not be refused.
func TestReadable(t *testing.T) {
	for source, want := range map[string]string{
		"---\na: 1\n":       "1",
		"\ufeffa: 1\r\n":    "1",
		"a: 'it''s'\n":      "it's",
		"a: \"\\u00e9\"\n":  "é",
		"a: |\n  x\n  y\n":  "x\ny\n",
		"a: 中文 text\n":      "中文 text",
		"a: 1\n...\n":       "1",
		"{a: 1}\n":          "1",
		"a: 2024-06-30 # d": "2024-06-30",
	} {
		root, problems := Parse("x.yaml", []byte(source))
		if problems != nil || root.Get("a").Text() != want {
			t.Errorf("%q: want %q, found %v %v", source, want, root, problems)
		}
	}
}

// single parses one value and returns the reader and the node.
func single(t *testing.T, text string) (*Reader, *Node) {
	t.Helper()
	root, problems := Parse("x.yaml", []byte("v: "+text+"\n"))
	if problems != nil {
		t.Fatalf("%q: %v", text, problems)
	}
	return NewReader("x.yaml"), root.Get("v")
}

func TestValues(t *testing.T) {
	kinds := map[string]func(*Reader, *Node) any{
		"int":    func(r *Reader, n *Node) any { return r.Int(n, 0, 100) },
		"float":  func(r *Reader, n *Node) any { return r.Float(n, -10, 10) },
		"bool":   func(r *Reader, n *Node) any { return r.Bool(n) },
		"ratio":  func(r *Reader, n *Node) any { return r.Ratio(n, 0, 2) },
		"months": func(r *Reader, n *Node) any { return r.Months(n, 0, 120) },
		"days":   func(r *Reader, n *Node) any { return r.Days(n, 0, 90) },
		"money":  func(r *Reader, n *Node) any { return r.Money(n, "CNY") },
		"date":   func(r *Reader, n *Node) any { return r.Date(n) },
		"word":   func(r *Reader, n *Node) any { return r.OneOf(n, "step", "event") },
		"text":   func(r *Reader, n *Node) any { return r.Text(n) },
	}
	for _, c := range []struct {
		kind, text string
		want       any
		problem    string
	}{
		{"int", "12", int64(12), ""},
		{"int", "1e2", int64(100), ""},
		{"int", "3.7", nil, "a whole number is needed here, found the fraction 3.7"},
		{"int", "0x10", nil, `a whole number in plain decimal notation is needed here, found "0x10"`},
		{"int", "010", nil, "plain decimal notation"},
		{"int", "1_000", nil, "plain decimal notation"},
		{"int", `"12"`, nil, `found a text in quotes "12"`},
		{"int", "twelve", nil, "plain decimal notation"},
		{"int", "101", nil, "101 is outside the range 0 to 100"},
		{"int", "99999999999999999999", nil, "is too large"},
		{"int", "[1]", nil, "a whole number is needed here, found a list"},
		{"float", "-2.5", -2.5, ""},
		{"float", ".inf", nil, "plain decimal notation"},
		{"float", ".nan", nil, "plain decimal notation"},
		{"float", "11", nil, "11 is outside the range -10 to 10"},
		{"bool", "true", true, ""},
		{"bool", "yes", nil, `true or false is needed here, found "yes"`},
		{"ratio", "24%", 0.24, ""},
		{"ratio", "24 %", 0.24, ""},
		{"ratio", "50 bp", 0.005, ""},
		{"ratio", "0.24", 0.24, ""},
		{"ratio", "150%", 1.5, ""},
		{"ratio", "24", nil, "the bare number 24 is above 1: write 24% or 0.24"},
		{"ratio", "24 CNY", nil, `unit "CNY" is not allowed here: a ratio such as 24%, 50 bp or 0.24 is needed`},
		{"ratio", "250%", nil, "250% is outside the range 0% to 200%"},
		{"ratio", "24%%", nil, "is needed here"},
		{"months", "3 months", 3, ""},
		{"months", "1 month", 1, ""},
		{"months", "2 years", 24, ""},
		{"months", "0", 0, ""},
		{"months", "3", nil, "3 has no unit: write 3 months"},
		{"months", "3.5 months", nil, "3.5 months is not a whole number of months"},
		{"months", "30 days", nil, `unit "days" is not allowed here: a time such as 3 months or 2 years is needed`},
		{"months", "20 years", nil, "20 years is outside the range 0 to 120 months"},
		{"days", "30 days", 30, ""},
		{"days", "2 weeks", 14, ""},
		{"money", "200000 CNY", 200000 * data.Unit, ""},
		{"money", "0.29 CNY", data.Money(29), ""},
		{"money", "0", data.Money(0), ""},
		{"money", "5000", nil, "5000 has no currency: write 5000 CNY"},
		{"money", "5000 EUR", nil, "the amount is in EUR, the portfolio in CNY; amounts are not converted"},
		{"money", "5000 yuan", nil, `unit "yuan" is not allowed here`},
		{"money", "1.005 CNY", nil, "1.005 CNY has more than two decimals"},
		{"money", "-5 CNY", nil, "is outside the range"},
		{"money", "200,000 CNY", nil, "is needed here"},
		{"date", "2024-06-30", time.Date(2024, 6, 30, 0, 0, 0, 0, time.UTC), ""},
		{"date", "2024-02-30", nil, "a date such as 2017-08-13 is needed here"},
		{"word", "step", "step", ""},
		{"word", "stepp", nil, `unknown value "stepp", did you mean "step"?`},
		{"word", "other", nil, `unknown value "other" (allowed: event, step)`},
		{"text", "yes", "yes", ""},
		{"text", `""`, nil, "a text is needed here, found an empty text"},
	} {
		r, n := single(t, c.text)
		got := kinds[c.kind](r, n)
		switch {
		case c.problem == "" && (r.Err() != nil || got != c.want):
			t.Errorf("%s %q: want %v, found %v %v", c.kind, c.text, c.want, got, r.Err())
		case c.problem != "" && (r.Err() == nil || !strings.Contains(r.Err().Error(), c.problem)):
			t.Errorf("%s %q: want %q, found %v", c.kind, c.text, c.problem, r.Err())
		case c.problem != "" && !strings.HasPrefix(r.Err().Error(), "x.yaml:1:4: v: "):
			t.Errorf("%s %q: no position in %v", c.kind, c.text, r.Err())
		}
	}
}

// TestAllAtOnce: unknown, missing and empty keys and bad values come together.
func TestAllAtOnce(t *testing.T) {
	root, _ := Parse("x.yaml", []byte("titel: x\nhorizon: 3.7\nseed:\nlist: 3\n"))
	r := NewReader("x.yaml")
	m := r.Map(root)
	m.Need("title")
	r.Int(m.Need("horizon"), 1, 120)
	r.Int(m.Get("seed"), 0, 9)
	r.List(m.Get("list"))
	r.Map(m.Get("nothing")).Need("inner")
	m.Close()
	want := `x.yaml:1:1: title: the key is missing
x.yaml:2:10: horizon: a whole number is needed here, found the fraction 3.7
x.yaml:3:1: seed: the value is empty; give one or remove the key
x.yaml:4:7: list: a list is needed here, found "3"
x.yaml:1:1: unknown key "titel", did you mean "title"?`
	if got := r.Err().Error(); got != want {
		t.Errorf("want\n%s\nfound\n%s", want, got)
	}
}

func TestMarshal(t *testing.T) {
	tree := NewMap().
		Set("title", NewText("a: b # c")).
		Set("version", NewText("3")).
		Set("switch", NewText("yes")).
		Set("cap", NewValue("24%")).
		Set("on", NewValue("true")).
		Set("lines", NewText("one\n\"two\"\t三")).
		Set("none", NewMap()).
		Set("list", NewList(NewValue("-5"), NewMap().Set("a", NewValue("1")).Set("b", NewList(NewText("x"))), NewList(NewValue("2")), NewList()))
	want := `title: "a: b # c"
version: "3"
switch: "yes"
cap: 24%
"on": true
lines: "one\n\"two\"\t三"
none: {}
list:
  - -5
  - a: 1
    b:
      - x
  -
    - 2
  - []
`
	text := Marshal(tree)
	if string(text) != want {
		t.Fatalf("want\n%s\nfound\n%s", want, text)
	}
	back, problems := Parse("x.yaml", text)
	if problems != nil || !same(tree, back) {
		t.Errorf("not the same after parsing: %v\n%s", problems, Marshal(back))
	}
}

func same(a, b *Node) bool {
	if a.Kind != b.Kind || a.text != b.text && a.Kind == Scalar || a.Kind == Scalar && a.Quoted != b.Quoted || len(a.items) != len(b.items) || len(a.keys) != len(b.keys) {
		return false
	}
	for i := range a.keys {
		if a.keys[i].text != b.keys[i].text {
			return false
		}
	}
	for i := range a.items {
		if !same(a.items[i], b.items[i]) {
			return false
		}
	}
	return true
}

// FuzzParse: nothing panics, and what is read can be written and read again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "a: [1, {b: c}]\n", "- x\n- - y\n", "a: |\n  b\n", "a: &x 1\nb: *x\n", "? a\n: b\n", "\"a\\n\": 'b'\n", "a: >-\n  b\n\n  c\n", "%TAG\n", "{a: 1, b}", "a:\n", "!!"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		root, problems := Parse("x.yaml", source)
		if problems != nil {
			if problems.Err() == nil {
				t.Fatal("problems without an error")
			}
			return
		}
		text := Marshal(root)
		back, problems := Parse("y.yaml", text)
		if problems != nil {
			t.Fatalf("%q was written as %q, which is refused: %v", source, text, problems)
		}
		if again := Marshal(back); !bytes.Equal(again, text) {
			t.Fatalf("%q was written as %q and then as %q", source, text, again)
		}
	})
}
