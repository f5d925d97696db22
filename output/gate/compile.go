package gate

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// kind is what a value measures. Values of different kinds are neither compared nor added.
type kind uint8

const (
	number kind = iota // a plain number: fits every kind
	share
	amount
	count
	mean
	truth
)

func (k kind) String() string {
	return [...]string{"a number", "a share", "an amount of money", "a count", "a mean", "a condition"}[k]
}

var kindOf = map[data.MeasureUnit]kind{data.Share: share, data.Amount: amount, data.Count: count, data.Mean: mean}

// value is an interval, or for a condition the two answers it may have: 0 = false, 1 = true.
type value struct{ lo, hi float64 }

var (
	yes   = value{1, 1}
	no    = value{0, 0}
	maybe = value{0, 1}
)

func (v value) result() Result {
	switch v {
	case yes:
		return Holds
	case no:
		return Fails
	}
	return Undecided
}

// node evaluates a part of an expression.
type node func(*output.Report) value

// part is a compiled part of an expression.
type part struct {
	kind    kind
	eval    node
	literal *float64 // of a number written without % or pp
}

type compiler struct {
	arms    []data.Arm
	months  int
	text    string
	origin  []int // origin[i] is the place in text of rune i of the text that is parsed
	figures []figure
}

// failure is what is wrong with an expression and where.
type failure struct {
	at      int // rune of the parsed text
	message string
}

func (f failure) Error() string { return f.message }

var percent = regexp.MustCompile(`(\d+(?:\.\d*)?|\.\d+)\s*(%|pp\b)`)

// maxLength bounds an expression, and with it how deep the parser recurses.
const maxLength = 1000

// compile turns an expression into a condition. Errors name the column, 1-based.
func (c *compiler) compile(text string) (node, error) {
	c.text = text
	if strings.TrimSpace(text) == "" {
		return nil, errors.New(`is empty; wanted a condition such as arm("baseline").default_rate < 8%`)
	}
	if len(text) > maxLength {
		return nil, fmt.Errorf("has %d characters, at most %d are allowed: write several gates", len(text), maxLength)
	}
	tree, err := parser.Parse(c.withoutPercent())
	var syntax *file.Error
	if errors.As(err, &syntax) {
		return nil, c.located(syntax.From, syntax.Message)
	} else if err != nil {
		return nil, err
	}
	p, err := c.part(tree.Node)
	var f failure
	switch {
	case errors.As(err, &f):
		return nil, c.located(f.at, f.message)
	case err != nil:
		return nil, err
	case p.kind != truth:
		return nil, c.located(0, fmt.Sprintf("this is %s, not a condition: compare it with something (<, <=, >, >=)", p.kind))
	}
	return p.eval, nil
}

// withoutPercent writes 8% as (8 / 100.0), because % is a remainder to the parser.
func (c *compiler) withoutPercent() string {
	var out strings.Builder
	emit := func(s string, at int) {
		out.WriteString(s)
		for range []rune(s) {
			c.origin = append(c.origin, at)
		}
	}
	copyOf := func(s string, at int) {
		for i, r := range []rune(s) {
			emit(string(r), at+i)
		}
	}
	runes := func(bytes int) int { return len([]rune(c.text[:bytes])) }
	last := 0
	for _, m := range percent.FindAllStringSubmatchIndex(c.text, -1) {
		copyOf(c.text[last:m[2]], runes(last))
		emit("("+c.text[m[2]:m[3]]+" / 100.0)", runes(m[2]))
		last = m[1]
	}
	copyOf(c.text[last:], runes(last))
	return out.String()
}

func (c *compiler) located(at int, message string) error {
	column := len([]rune(c.text))
	if at < len(c.origin) {
		column = c.origin[at]
	}
	message = strings.TrimSpace(message)
	return fmt.Errorf("column %d of %q: %s", column+1, c.text, message)
}

func fail(n ast.Node, format string, args ...any) (part, error) {
	return part{}, failure{n.Location().From, fmt.Sprintf(format, args...)}
}

func (c *compiler) part(n ast.Node) (part, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return constant(float64(n.Value)), nil
	case *ast.FloatNode:
		return constant(n.Value), nil
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.CallNode:
		if f, err := c.armOf(n); err != nil {
			return part{}, err
		} else {
			return fail(n, "which measure of %q? Write %s.default_rate, for example", c.arms[f.arm].Name, f.text)
		}
	case *ast.IdentifierNode:
		if _, ok := data.MeasureByName(n.Value); ok {
			return fail(n, "a measure needs an arm: write arm(%q).%s", c.arms[0].Name, n.Value)
		}
		return fail(n, "unknown name %q; wanted arm(\"NAME\").MEASURE, diff(\"NAME\").MEASURE or a number%s", n.Value, data.DidYouMean(n.Value, callNames))
	}
	return fail(n, "this has no place in a gate; allowed are arm(), diff(), ratio(), numbers, + - * / ( ), comparisons, in [LOW, HIGH], and, or, not")
}

func constant(v float64) part {
	return part{kind: number, eval: func(*output.Report) value { return value{v, v} }, literal: &v}
}

// armOf reads arm("NAME"), diff("NAME") or ratio("NAME"), the last two perhaps with another arm, all perhaps with
// a month.
func (c *compiler) armOf(n ast.Node) (figure, error) {
	stop := func(at ast.Node, format string, args ...any) (figure, error) {
		_, err := fail(at, format, args...)
		return figure{}, err
	}
	called, ok := n.(*ast.CallNode)
	var callee string
	if ok {
		if id, plain := called.Callee.(*ast.IdentifierNode); plain {
			callee = id.Value
		}
	}
	if !slices.Contains(callNames, callee) {
		return stop(n, "wanted arm(\"NAME\"), diff(\"NAME\") or ratio(\"NAME\")%s", data.DidYouMean(callee, callNames))
	}
	f := figure{call: call(callee), arm: -1, other: -1, month: -1}
	var names, words []string
	for _, a := range c.arms {
		names = append(names, a.Name)
	}
	for i, argument := range called.Arguments {
		switch a := argument.(type) {
		case *ast.StringNode:
			at := slices.Index(names, a.Value)
			switch {
			case f.month >= 0 || i > 1 || i == 1 && f.call == armCall:
				return stop(a, "%s takes %s", callee, c.takes(f.call))
			case a.Value == "":
				return stop(a, "%s takes %s", callee, c.takes(f.call))
			case at < 0:
				return stop(a, "unknown arm %q (arms: %s)%s", a.Value, output.List(names, 12), data.DidYouMean(a.Value, names))
			case i == 0:
				f.arm = at
			default:
				f.other = at
			}
			words = append(words, strconv.Quote(a.Value))
		case *ast.IntegerNode:
			if i == 0 || f.month >= 0 {
				return stop(a, "%s takes %s", callee, c.takes(f.call))
			}
			if f.month = a.Value; f.month < 0 || f.month > c.months {
				return stop(a, "month %d is outside the run: 0 to %d", a.Value, c.months)
			}
			words = append(words, strconv.Itoa(a.Value))
		default:
			return stop(argument, "%s takes %s", callee, c.takes(f.call))
		}
	}
	if f.arm < 0 {
		return stop(n, "%s takes %s", callee, c.takes(f.call))
	}
	f.text = fmt.Sprintf("%s(%s)", callee, strings.Join(words, ", "))
	return f, nil
}

// takes says what goes between the brackets of a call.
func (c *compiler) takes(f call) string {
	if f == armCall {
		return fmt.Sprintf("the name of one arm in quotes, such as arm(%q), and perhaps a month", c.arms[0].Name)
	}
	return fmt.Sprintf("the name of one arm in quotes, such as %s(%q), perhaps that of the arm to compare with, and perhaps a month", f, c.arms[0].Name)
}

// picks are the single numbers of a figure.
var picks = map[string]func(estimate.Figure) float64{
	"value":     func(f estimate.Figure) float64 { return f.Value },
	"lo":        func(f estimate.Figure) float64 { return f.Lo },
	"hi":        func(f estimate.Figure) float64 { return f.Hi },
	"std_error": func(f estimate.Figure) float64 { return f.SE },
}

var pickNames = []string{"value", "lo", "hi", "std_error"}

// property is one name of a chain such as .default_rate.p95.hi.
type property struct {
	node ast.Node
	name string
}

// properties takes a chain of names off the call that it begins with.
func properties(n ast.Node) (base ast.Node, chain []property, err error) {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return n, nil, nil
	}
	name, ok := m.Property.(*ast.StringNode)
	if !ok {
		_, err = fail(m.Property, "wanted a name after the point")
		return nil, nil, err
	}
	base, chain, err = properties(m.Node)
	return base, append(chain, property{m.Property, name.Value}), err
}

// member reads arm("NAME").MEASURE with, perhaps, a tail and the number to pick: arm("NAME").MEASURE.p95.hi.
func (c *compiler) member(n *ast.MemberNode) (part, error) {
	base, chain, err := properties(n)
	if err != nil {
		return part{}, err
	}
	f, err := c.armOf(base)
	if err != nil {
		return part{}, err
	}
	var ok bool
	if f.measure, ok = data.MeasureByName(chain[0].name); !ok {
		return fail(chain[0].node, "unknown measure %q%s (relend schema measures lists them)", chain[0].name, data.DidYouMean(chain[0].name, data.MeasureNames()))
	}
	rest, pick := chain[1:], ""
	if len(rest) > 0 {
		if f.tail, ok = tailOf(rest[0].name); ok {
			if f.call == ratioCall {
				return fail(rest[0].node, "ratio has no %s: take that of arm or diff", rest[0].name)
			}
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		pick = rest[0].name
		switch {
		case picks[pick] == nil:
			return fail(rest[0].node, "unknown part %q of a figure (allowed: value, lo, hi, std_error; a quantile over paths such as p95, an expected shortfall such as es99)%s", pick, data.DidYouMean(pick, pickNames))
		case f.tail.p > 0 && pick == "std_error":
			return fail(rest[0].node, "%s has no standard error (allowed: value, lo, hi)", f.tail)
		case len(rest) > 1:
			return fail(rest[1].node, "nothing may follow .%s", pick)
		}
	}
	c.figures = append(c.figures, f)
	factor := 1.0
	p := part{kind: kindOf[f.measure.Unit]}
	if f.call == ratioCall {
		p.kind = number
	} else if f.measure.Unit == data.Amount {
		factor = 1 / float64(data.Unit)
	}
	p.eval = func(r *output.Report) value {
		v, _ := f.of(r)
		if pick != "" {
			one := picks[pick](v) * factor
			return value{one, one}
		}
		return value{v.Lo * factor, v.Hi * factor}
	}
	return p, nil
}

func (c *compiler) unary(n *ast.UnaryNode) (part, error) {
	p, err := c.part(n.Node)
	if err != nil {
		return p, err
	}
	inner := p.eval
	switch n.Operator {
	case "not", "!":
		if p.kind != truth {
			return fail(n.Node, "%q wants a condition, this is %s", n.Operator, p.kind)
		}
		p.eval = func(r *output.Report) value { v := inner(r); return value{1 - v.hi, 1 - v.lo} }
	case "-":
		if p.kind == truth {
			return fail(n.Node, "%q wants a number, this is %s", n.Operator, p.kind)
		}
		if p.literal != nil {
			return constant(-*p.literal), nil
		}
		p.eval = func(r *output.Report) value { v := inner(r); return value{-v.hi, -v.lo} }
	case "+":
	default:
		return fail(n, "operator %q has no place in a gate", n.Operator)
	}
	return p, nil
}

// comparisons answer whether a comparison may be true and whether it may be false.
var comparisons = map[string]func(a, b value) value{
	"<":  less,
	">":  func(a, b value) value { return less(b, a) },
	"<=": func(a, b value) value { return negate(less(b, a)) },
	">=": func(a, b value) value { return negate(less(a, b)) },
	"==": equal,
	"!=": func(a, b value) value { return negate(equal(a, b)) },
}

func less(a, b value) value {
	switch {
	case a.hi < b.lo:
		return yes
	case a.lo >= b.hi:
		return no
	}
	return maybe // also where an end is missing
}

func equal(a, b value) value {
	switch {
	case a.hi < b.lo || b.hi < a.lo:
		return no
	case a.lo == a.hi && a == b:
		return yes
	}
	return maybe
}

func negate(v value) value { return value{1 - v.hi, 1 - v.lo} }

var arithmetic = map[string]func(a, b value) value{
	"+": func(a, b value) value { return value{a.lo + b.lo, a.hi + b.hi} },
	"-": func(a, b value) value { return value{a.lo - b.hi, a.hi - b.lo} },
	"*": func(a, b value) value { return hull(a.lo*b.lo, a.lo*b.hi, a.hi*b.lo, a.hi*b.hi) },
	"/": func(a, b value) value {
		if b.lo <= 0 && b.hi >= 0 {
			return value{math.NaN(), math.NaN()} // could be anything: undecided
		}
		return hull(a.lo/b.lo, a.lo/b.hi, a.hi/b.lo, a.hi/b.hi)
	},
}

func hull(a, b, c, d float64) value {
	return value{math.Min(math.Min(a, b), math.Min(c, d)), math.Max(math.Max(a, b), math.Max(c, d))}
}

var connectives = map[string]func(a, b value) value{
	"and": func(a, b value) value { return value{math.Min(a.lo, b.lo), math.Min(a.hi, b.hi)} },
	"or":  func(a, b value) value { return value{math.Max(a.lo, b.lo), math.Max(a.hi, b.hi)} },
}

func init() {
	connectives["&&"], connectives["||"] = connectives["and"], connectives["or"]
}

// within reads X in [LOW, HIGH] as X >= LOW and X <= HIGH.
func (c *compiler) within(n *ast.BinaryNode) (part, error) {
	band, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(band.Nodes) != 2 {
		return fail(n.Right, "wanted a band such as in [2%%, 5%%]")
	}
	var ends [2]part
	for i, operator := range []string{">=", "<="} {
		end := &ast.BinaryNode{Operator: operator, Left: n.Left, Right: band.Nodes[i]}
		end.SetLocation(n.Location())
		figures := len(c.figures)
		p, err := c.binary(end)
		if err != nil {
			return p, err
		}
		if i == 1 {
			c.figures = c.figures[:figures] // the same ones again
		}
		ends[i] = p
	}
	low, high := ends[0].eval, ends[1].eval
	return part{kind: truth, eval: func(r *output.Report) value { return connectives["and"](low(r), high(r)) }}, nil
}

func (c *compiler) binary(n *ast.BinaryNode) (part, error) {
	if n.Operator == "in" {
		return c.within(n)
	}
	a, errA := c.part(n.Left)
	if errA != nil {
		return a, errA
	}
	b, errB := c.part(n.Right)
	if errB != nil {
		return b, errB
	}
	join := func(k kind, f func(a, b value) value) (part, error) {
		left, right := a.eval, b.eval
		return part{kind: k, eval: func(r *output.Report) value { return f(left(r), right(r)) }}, nil
	}
	if f := connectives[n.Operator]; f != nil {
		if a.kind != truth {
			return fail(n.Left, "%q joins conditions, this is %s", n.Operator, a.kind)
		}
		if b.kind != truth {
			return fail(n.Right, "%q joins conditions, this is %s", n.Operator, b.kind)
		}
		return join(truth, f)
	}
	compare, compute := comparisons[n.Operator], arithmetic[n.Operator]
	if compare == nil && compute == nil {
		return fail(n, "operator %q has no place in a gate; allowed are + - * / < <= > >= == != in and or not", n.Operator)
	}
	if a.kind == truth || b.kind == truth {
		return fail(n, "%q wants numbers, not conditions; join conditions with and, or", n.Operator)
	}
	result := max(a.kind, b.kind) // number gives way
	switch n.Operator {
	case "*":
		if a.kind != number && b.kind != number {
			return fail(n, "multiplies %s with %s", a.kind, b.kind)
		}
	case "/":
		if b.kind != number && a.kind != b.kind {
			return fail(n, "divides %s by %s", a.kind, b.kind)
		}
		if b.kind != number {
			result = number
		}
		if b.literal != nil && *b.literal == 0 {
			return fail(n.Right, "divides by 0")
		}
	default:
		if a.kind != b.kind && a.kind != number && b.kind != number {
			return fail(n, "%q puts %s beside %s", n.Operator, a.kind, b.kind)
		}
		for _, side := range []struct {
			p    part
			node ast.Node
		}{{a, n.Left}, {b, n.Right}} {
			if result == share && side.p.literal != nil && math.Abs(*side.p.literal) > 1 {
				bare := strconv.FormatFloat(*side.p.literal, 'g', -1, 64)
				return fail(side.node, "a share is compared with %s, which is above 1: write %s%% for a share, %spp for a difference", bare, bare, bare)
			}
		}
	}
	if compare != nil {
		return join(truth, compare)
	}
	return join(result, compute)
}
