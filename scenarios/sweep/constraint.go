package sweep

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"relend/data"
	"relend/data/document"
)

// constraint is a condition on the values of the dimensions that every cell must satisfy. Shares are fractions and may be written as
// 8%, times are in months or days, money in whole units; words, none among them, are texts.
type constraint struct {
	text    string
	program *vm.Program
	at      *document.Node
}

var percent = regexp.MustCompile(`(\d+(?:\.\d*)?|\.\d+)\s*%`)

const maxConstraint = 1000

func (l *loader) constraint(s *Study, n *document.Node) {
	text := l.Text(n)
	if text == "" {
		return
	}
	if len(text) > maxConstraint {
		l.Errorf(n, "the condition has %d characters, at most %d are allowed", len(text), maxConstraint)
		return
	}
	env := types.Map{}
	for i := range s.Dimensions {
		env[s.Dimensions[i].Name] = s.typeOf(i)
	}
	program, err := expr.Compile(percent.ReplaceAllString(text, "($1 / 100.0)"), expr.Env(env), expr.AsBool())
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		hint := ""
		if _, name, ok := strings.Cut(first, "unknown name "); ok {
			word, _, _ := strings.Cut(name, " ")
			hint = data.DidYouMean(word, s.names())
		}
		l.Errorf(n, "%q is not a condition on the dimensions: %s%s", text, first, hint)
		return
	}
	s.Constraints = append(s.Constraints, constraint{text, program, n})
}

// typeOf is the type of a dimension in conditions: a number where all its values are, else judged value by value.
func (s *Study) typeOf(i int) types.Type {
	d := &s.Dimensions[i]
	for _, level := range append([]string{d.Base}, d.Levels...) {
		if _, _, ok := data.ParseQuantity(level); !ok {
			return types.Any
		}
	}
	return types.Float
}

// forbidden returns the first condition that values break, "" when all hold.
func (s *Study) forbidden(values []string) (string, error) {
	if len(s.Constraints) == 0 {
		return "", nil
	}
	env := map[string]any{}
	for i, text := range values {
		if v, _, ok := data.ParseQuantity(text); ok {
			env[s.Dimensions[i].Name] = v
		} else {
			env[s.Dimensions[i].Name] = text
		}
	}
	for _, c := range s.Constraints {
		holds, err := expr.Run(c.program, env)
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			return "", s.problem(c.at, "%q cannot be judged at %s: %s", c.text, s.describe(values), first)
		}
		if holds != true {
			return c.text, nil
		}
	}
	return "", nil
}

// describe writes the values of a point.
func (s *Study) describe(values []string) string {
	var parts []string
	for i, v := range values {
		parts = append(parts, fmt.Sprintf("%s=%s", s.Dimensions[i].Name, v))
	}
	return strings.Join(parts, ", ")
}
