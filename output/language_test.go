package output

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"relend/data"
)

// said are the texts that reports say: the first argument of every call of Say and the noun of every Count in this package and
// those that render it, the texts of the template, and the titles that data and this package list.
func said(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{} // with a place
	for _, dir := range []string{".", "table", "chart", "html"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				at, prefix := 0, ""
				switch method.Sel.Name {
				case "Say":
				case "Count":
					at, prefix = 1, "%s "
				default:
					return true
				}
				if literal, ok := call.Args[min(at, len(call.Args)-1)].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					texts[prefix+text] = set.Position(literal.Pos()).String()
				}
				return true
			})
		}
	}
	pages, err := filepath.Glob("html/*.gohtml")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`say ("(?:[^"\\]|\\.)*")`).FindAllSubmatch(source, -1) {
			text, err := strconv.Unquote(string(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			texts[text] = page
		}
	}
	for _, m := range data.Measures() {
		texts[m.Title], texts[m.Definition] = "data: title", "data: definition"
	}
	for _, m := range AccessMeasures() {
		texts[m.Title], texts[m.Definition] = "access: title", "access: definition"
	}
	for _, s := range data.Spreads {
		texts[s.Title] = "data: spread"
		for _, class := range s.Classes {
			if strings.ContainsFunc(class, unicode.IsLetter) {
				texts[class] = "data: class"
			}
		}
	}
	for r := range data.Reason(data.NumReasons) {
		texts[r.Title()] = "data: reason"
	}
	for _, list := range [][]string{StateTitles[:], LossRateTitles, MarginTitles, ContributedTitles[:], RollStates[:], RollMoves[:], {"holds", "fails", "undecided", "warn", "error", "antithetic", "plain", "stratified", "lattice", "importance"},
		{Negligible, "Answer", "Portfolio", "Assumptions", "segment", "product", "loan ordinal", "Default rate", "Borrowers served", "Access against risk", "Access against loss", "default rate", "credit loss",
			"default rate (% of initial borrowers, up is worse)", "credit loss (principal charged off less recoveries, % of the balance at the snapshot, up is worse)"}} {
		for _, text := range list {
			texts[text] = "a list"
		}
	}
	return texts
}

var verb = regexp.MustCompile(`%(?:\[([0-9])\])?[-+#0]*[0-9.*]*[a-zA-Z%]`)

// verbs are the places of a format and how they are written, by the argument.
func verbs(format string) (out []string) {
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if strings.HasSuffix(m[0], "%") {
			continue
		}
		at := next
		if m[1] != "" {
			at, _ = strconv.Atoi(m[1])
		}
		out = append(out, strconv.Itoa(at)+m[0][len(m[0])-1:])
		next = at + 1
	}
	slices.Sort(out)
	return out
}

// Every text of a report has a translation, each of the same arguments and figures, and the catalogue has nothing else but
// names of the library.
func TestTranslated(t *testing.T) {
	texts := said(t)
	figure := regexp.MustCompile(`[0-9]+`)
	same := func(place, text, other string) {
		if got, want := verbs(other), verbs(text); !slices.Equal(got, want) && strings.Contains(text, "%") {
			t.Errorf("%s: %q has arguments %q, its translation %q", place, text, want, got)
		}
		bare := func(s string) []string {
			found := figure.FindAllString(verb.ReplaceAllString(s, ""), -1)
			slices.Sort(found)
			return found
		}
		if got, want := bare(other), bare(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q has figures %q, its translation %q", place, text, want, got)
		}
	}
	for text, place := range texts {
		other, ok := chinese[text]
		if !ok {
			t.Errorf("%s: no translation of %q", place, text)
			continue
		}
		same(place, text, other)
	}
	for text, other := range library {
		same("library", text, other)
	}
	for text, other := range descriptions {
		same("description", text, other)
	}
	known := map[string]bool{}
	for _, w := range recorded {
		same("recorded", w[0], w[1])
		if known[w[0]] {
			t.Errorf("%q is there twice", w[0])
		}
		known[w[0]] = true
	}
	for text := range chinese {
		if _, ok := texts[text]; !ok && library[text] == "" {
			t.Errorf("nothing says %q", text)
		}
	}
	if len(texts) < 250 {
		t.Errorf("only %d texts were found", len(texts))
	}
}
