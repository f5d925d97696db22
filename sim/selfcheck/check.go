// Package selfcheck proves the program on the machine that it runs on: closed forms, published tables and the oracle
// against the engine, each row with its reference, error and tolerance.
//
// Checks lists them; Check.Run gives the rows. Every check also knows models that are wrong by little (Check.Wrong) and
// that it must reject: Run takes a Departure from the right model, and the package's test demands that each row turns
// red under one of them. Slice compares one borrower of an ordinary run with the oracle in passing.
package selfcheck

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Check compares what the program computes with references that do not come from it.
type Check struct {
	ID     string // in the validation table of METHOD.md
	Title  string
	Source string // of the references
	Wrong  []Wrong
	run    func(*sheet) error
}

// Wrong is a model that is wrong by little.
type Wrong struct {
	Name string
	Departure
}

// Departure is a small mistake in what a check looks at. The zero value is the right model. Which of the fields mean
// something, and what, each check says in Check.Wrong.
type Departure struct {
	Scale float64 // relative: a hazard, correlation or figure is multiplied by 1+Scale
	Shift int     // an age, a month or a count is off by so many
	Swap  bool    // two things that are easily confused change places
}

// Row is one comparison.
type Row struct {
	ID        string  `json:"id"`
	What      string  `json:"what"`
	Reference float64 `json:"reference"`
	Got       float64 `json:"got"`
	Error     float64 `json:"error"`     // distance of Got from Reference
	Tolerance float64 `json:"tolerance"` // largest error allowed where no chance is in it
	// Where chance is in it: the probability of an error as large when all is right, and the one below which the row
	// fails; both 0 otherwise.
	P          float64 `json:"p"`
	FalseAlarm float64 `json:"false_alarm"`
	Holds      bool    `json:"holds"`
}

// alarm is the false-alarm probability of each comparison by chance. The seeds are fixed: on one architecture a pass
// stays a pass.
const alarm = 1e-6

// Checks lists the checks in the order of the validation table.
func Checks() []Check { return checks }

// Run makes the check's comparisons for a model that departs from the right one by d. An error means that the
// comparison itself could not be made, or that ctx was cancelled.
func (c *Check) Run(ctx context.Context, d Departure) ([]Row, error) {
	s := &sheet{Context: ctx, Departure: d, id: c.ID}
	if err := c.run(s); err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.ID, c.Title, err)
	}
	return s.rows, nil
}

// sheet collects the rows of a check.
type sheet struct {
	context.Context
	Departure
	id   string
	rows []Row
}

// exact compares figures without chance.
func (s *sheet) exact(what string, reference, got, tolerance float64) {
	e := math.Abs(got - reference)
	s.rows = append(s.rows, Row{ID: s.id, What: what, Reference: reference, Got: got, Error: e, Tolerance: tolerance, Holds: e <= tolerance})
}

// cell is one figure of a table.
type cell struct {
	at             string
	reference, got float64
	tolerance      float64
}

// table compares a table without chance and shows the cell with the largest error for its tolerance.
func (s *sheet) table(what string, cells []cell) {
	worst := cells[0]
	for _, c := range cells[1:] {
		if excess := func(c cell) float64 { return math.Abs(c.got-c.reference) / c.tolerance }; !(excess(c) <= excess(worst)) {
			worst = c
		}
	}
	s.exact(fmt.Sprintf("%s, %d figures, worst: %s", what, len(cells), worst.at), worst.reference, worst.got, worst.tolerance)
}

// chance compares figures whose distance has probability p to be as large when all is right.
func (s *sheet) chance(what string, reference, got, p float64) {
	s.rows = append(s.rows, Row{ID: s.id, What: what, Reference: reference, Got: got, Error: math.Abs(got - reference), P: p, FalseAlarm: alarm, Holds: p >= alarm})
}

// least demands that a figure is above a floor, or below it with a negative sign, by at least its sampling error at the
// false-alarm probability.
func (s *sheet) least(what string, floor, got, se, sign float64) {
	z := -distuv.UnitNormal.Quantile(alarm)
	shortfall := max(0, sign*(floor-got)+z*se)
	s.rows = append(s.rows, Row{ID: s.id, What: what, Reference: floor, Got: got, Error: shortfall, Holds: shortfall == 0})
}

// binomial compares the share k/n with a probability, exactly and on both sides.
func (s *sheet) binomial(what string, k, n int64, p float64) {
	s.chance(what, p, float64(k)/float64(n), binomialP(k, n, p))
}

// binomials compares several shares of the same n; the row shows the least likely, its p multiplied by their number
// (Bonferroni).
func (s *sheet) binomials(what string, cells []share, n int64) {
	worst, least := 0, math.Inf(1)
	for i, c := range cells {
		if p := binomialP(c.k, n, c.p); p < least {
			worst, least = i, p
		}
	}
	c := cells[worst]
	s.chance(fmt.Sprintf("%s, %d figures, worst: %s", what, len(cells), c.at), c.p, float64(c.k)/float64(n), min(1, least*float64(len(cells))))
}

// share is a count with the probability that it should have.
type share struct {
	at string
	k  int64
	p  float64
}

// normal compares an estimate with its expectation, given its standard error.
func (s *sheet) normal(what string, reference, got, se float64) {
	s.chance(what, reference, got, 2*distuv.UnitNormal.CDF(-math.Abs(got-reference)/se))
}

// law compares the empirical law of a sorted sample with a cumulative distribution function, by the largest distance
// (the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart bounds its probability for any law).
func (s *sheet) law(what string, sorted []int64, cdf func(int64) float64) {
	n, largest, reference, got := float64(len(sorted)), 0., 0., 0.
	for i, x := range sorted {
		if i+1 < len(sorted) && sorted[i+1] == x {
			continue
		}
		at := cdf(x)
		below := 0.
		for j := i; ; j-- {
			if j < 0 || sorted[j] < x {
				below = float64(j + 1)
				break
			}
		}
		if d := math.Abs(float64(i+1)/n - at); d > largest {
			largest, reference, got = d, at, float64(i+1)/n
		}
		if before := cdf(x - 1); math.Abs(below/n-before) > largest {
			largest, reference, got = math.Abs(below/n-before), before, below/n
		}
	}
	s.chance(what, reference, got, min(1, 2*math.Exp(-2*n*largest*largest)))
}

// binomialP is the two-sided probability of k or what is rarer, of n draws with probability p.
func binomialP(k, n int64, p float64) float64 {
	switch {
	case p <= 0:
		return indicator(k == 0)
	case p >= 1:
		return indicator(k == n)
	}
	law := distuv.Binomial{N: float64(n), P: p}
	below, above := law.CDF(float64(k)), 1.
	if k > 0 {
		above = 1 - law.CDF(float64(k-1))
	}
	return min(1, 2*min(below, above))
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
