package sensitivity

import (
	"cmp"
	"math"
	"slices"
)

// Answer is what a model says at one value of a parameter: an estimate with its interval.
type Answer struct{ X, Value, Lo, Hi float64 }

// Question asks for the first value of a parameter, from Lo upwards or, with Down, from Hi downwards, at which the answer lies
// below the target, or with Above above it.
type Question struct {
	Lo, Hi    float64
	Whole     bool // whole numbers only
	Down      bool
	Target    float64
	Above     bool
	Tolerance float64 // of the parameter, at most (Hi-Lo)/16; whole numbers need none
}

// Outcome says what became of a question.
type Outcome uint8

const (
	Found   Outcome = iota
	Already         // the condition holds where the search begins
	Nowhere         // it holds nowhere in the range, and the intervals agree
	Unclear         // it holds nowhere by the estimates, but somewhere by the intervals
)

// Root is the answer to a question. First and Last are the ends of the interval of X in the order of the search: the condition may
// hold from First on, and certainly does from Last on, at the level of the answers' intervals. NaN: that end is outside the range.
type Root struct {
	Outcome     Outcome
	X           float64
	First, Last float64
	Again       float64  // where the condition fails again farther on; NaN where it does not
	Answers     []Answer // all that were asked for, by X
}

// scanned points and the points asked for in each bracket and round.
const (
	scanPoints    = 9
	bracketPoints = 4
)

// Solve asks for answers, several at a time, until X and both ends of its interval are known to the tolerance. Answers must
// share their luck (common random numbers), so that they change smoothly. The interval is that of a test turned round: it holds the
// values whose own interval holds the target, so it covers the true root as often as the answers' intervals cover theirs,
// where the answer rises or falls throughout.
func Solve(q Question, ask func(x []float64) ([]Answer, error)) (Root, error) {
	s := &search{q: q, ask: ask}
	if err := s.want(s.inside(q.Lo, q.Hi, scanPoints, true)); err != nil {
		return Root{}, err
	}
	tests := [3]func(Answer) float64{ // negative where the condition holds
		func(a Answer) float64 { return s.sign() * (a.Value - q.Target) },
		func(a Answer) float64 { return s.sign() * (s.pick(a.Lo, a.Hi) - q.Target) },
		func(a Answer) float64 { return s.sign() * (s.pick(a.Hi, a.Lo) - q.Target) },
	}
	for {
		var more []float64
		for _, test := range tests {
			if i := s.first(test); i > 0 {
				a, b := s.known[i-1].X, s.known[i].X
				if math.Abs(b-a) > s.tolerance() {
					more = append(more, s.inside(min(a, b), max(a, b), bracketPoints, false)...)
				}
			}
		}
		if len(more) == 0 {
			break
		}
		if err := s.want(more); err != nil {
			return Root{}, err
		}
	}
	r := Root{X: s.place(tests[0]), First: s.place(tests[1]), Last: s.place(tests[2]), Again: math.NaN()}
	at := s.first(tests[0])
	switch {
	case at == 0:
		r.Outcome = Already
	case at < 0 && s.first(tests[1]) >= 0:
		r.Outcome = Unclear
	case at < 0:
		r.Outcome = Nowhere
	}
	if s.first(tests[1]) == 0 {
		r.First = math.NaN()
	}
	for i := max(at, 0); at >= 0 && i < len(s.known); i++ {
		if tests[2](s.known[i]) >= 0 && tests[1](s.known[i]) >= 0 { // fails for certain
			r.Again = s.known[i].X
			break
		}
	}
	r.Answers = slices.Clone(s.known)
	slices.SortFunc(r.Answers, func(a, b Answer) int { return cmp.Compare(a.X, b.X) })
	return r, nil
}

type search struct {
	q     Question
	ask   func(x []float64) ([]Answer, error)
	known []Answer // in the order of the search
}

func (s *search) sign() float64 {
	if s.q.Above {
		return -1
	}
	return 1
}

// pick returns the first for a target to fall below, the second for one to rise above.
func (s *search) pick(below, above float64) float64 {
	if s.q.Above {
		return above
	}
	return below
}

func (s *search) tolerance() float64 {
	if s.q.Whole {
		return 1
	}
	return s.q.Tolerance
}

// inside divides a range by n points, ends included or not.
func (s *search) inside(lo, hi float64, n int, ends bool) (out []float64) {
	parts := n + 1
	from, to := 1, n
	if ends {
		parts, from, to = n-1, 0, n-1
	}
	for i := from; i <= to; i++ {
		x := lo + (hi-lo)*float64(i)/float64(parts)
		if s.q.Whole {
			x = math.Round(x)
		}
		out = append(out, x)
	}
	return out
}

// want asks for what is not known yet.
func (s *search) want(xs []float64) error {
	slices.Sort(xs)
	xs = slices.DeleteFunc(slices.Compact(xs), func(x float64) bool {
		return slices.ContainsFunc(s.known, func(a Answer) bool { return a.X == x })
	})
	answers, err := s.ask(xs)
	if err != nil {
		return err
	}
	s.known = append(s.known, answers...)
	slices.SortFunc(s.known, func(a, b Answer) int {
		if s.q.Down {
			a, b = b, a
		}
		return cmp.Compare(a.X, b.X)
	})
	return nil
}

// first is the index of the first answer that passes a test, -1 if none.
func (s *search) first(test func(Answer) float64) int {
	return slices.IndexFunc(s.known, func(a Answer) bool { return test(a) < 0 })
}

// place is where a test is first passed: between two answers on the line through them, of whole numbers at the second.
func (s *search) place(test func(Answer) float64) float64 {
	i := s.first(test)
	switch {
	case i < 0:
		return math.NaN()
	case i == 0 || s.q.Whole:
		return s.known[i].X
	}
	a, b := s.known[i-1], s.known[i]
	fa, fb := test(a), test(b)
	if !(fa >= 0) {
		return b.X
	}
	return a.X + (b.X-a.X)*fa/(fa-fb)
}
