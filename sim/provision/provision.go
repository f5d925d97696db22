// Package provision says what a lender sets aside for loans: before default by a table of shares of the balance, after
// it by what has not come back. (model.md §12; METHOD.md, Provisions.)
package provision

import (
	"fmt"
	"math"
	"slices"

	"relend/data"
	"relend/sim/behaviour"
)

// Method is a way of setting aside.
type Method uint8

const (
	// ECL sets expected losses aside: of twelve months in stage 1, of the whole life in stage 2, what is not
	// expected back in stage 3 (default). A borrower is in stage 2 from 30 days past due, and while not so late when
	// his risk has risen since the loan was granted.
	ECL Method = iota

	// FiveClass sets aside fixed shares by the five classes of Chinese bank supervision: normal, special mention (any
	// days past due), and after 90, 270 and 360 days substandard, doubtful and loss. Stage 1 holds the normal loans,
	// stage 2 those of special mention, stage 3 the rest.
	//
	// Classes by days past due: Measures for the Risk Classification of Financial Assets of Commercial Banks (2023).
	// Shares: Guidelines on Loan Loss Provisions (People's Bank of China, 2002), normal loans at the lower end of the
	// ratio of provisions to all loans that was asked for in 2018. All quoted from memory.
	FiveClass
)

// The shares of FiveClass.
const (
	normalShare  = .015
	mentionShare = .02
)

// lossShares are those of loans in default, from so many days past due on.
var lossShares = []struct {
	days  int
	share float64
}{{360, 1}, {270, .5}, {90, .25}}

var methodNames = []string{"ecl", "five_class"}

func (m Method) String() string { return methodNames[m] }

// MethodNames lists the methods by name.
func MethodNames() []string { return methodNames }

// ParseMethod returns the method of that name.
func ParseMethod(name string) (Method, error) {
	for i, n := range methodNames {
		if n == name {
			return Method(i), nil
		}
	}
	return 0, fmt.Errorf("unknown method %q (allowed: ecl, five_class)%s", name, data.DidYouMean(name, methodNames))
}

// Standing is how a borrower who is not in default stands, in the numbers of a Table: the steps that he is overdue, and
// whether his risk has risen, which is told apart below 30 days past due only.
type Standing int

// Grade is a borrower's place on the lender's rating scale, which has steps of 5 % of the hazard.
type Grade int16

const (
	gradesPerLog   = 20
	lowest, beyond = -16., 6. // log hazards at the ends of the scale
	numGrades      = int((beyond-lowest)*gradesPerLog) + 1
)

// GradeOf returns the grade of a log base hazard.
func GradeOf(logHazard float64) Grade {
	return Grade(math.Round((max(lowest, min(beyond, logHazard)) - lowest) * gradesPerLog))
}

// LogHazard is that of a grade.
func (g Grade) LogHazard() float64 { return lowest + float64(g)/gradesPerLog }

// Table holds the shares set aside of loans that are not in default, for the grades and terms that were added.
type Table struct {
	method    Method
	grid      data.Grid
	behaviour behaviour.Params
	recovered []float64 // share of all recoveries received 0, 1, 2, ... steps after default
	loss      float64   // share of the balance lost in a default
	stages    []int     // by standing
	at        [][]Row   // by term and grade, -1 where nothing was added
	shares    []float32 // [row + standing*(term+1) + remaining]
}

// Row is the place in a Table of the loans of a grade and term.
type Row int32

// NewTable returns an empty table for a behaviour, in which hazards are per month, on a grid.
func NewTable(m Method, p *behaviour.Params, grid data.Grid) *Table {
	on := p.On(grid)
	t := &Table{method: m, grid: grid, behaviour: *p, loss: 1 - p.RecoveryMean, recovered: append([]float64{0}, on.RecoveryCurve()...)}
	for overdue := range 3*grid.SubStates() + 1 {
		stage := 1
		if m == ECL && overdue > grid.SubStates() || m == FiveClass && overdue > 0 {
			stage = 2
		}
		t.stages = append(t.stages, stage)
	}
	for overdue := range grid.SubStates() + 1 { // risk has risen
		stage := 2
		if m == FiveClass {
			stage = t.stages[overdue]
		}
		t.stages = append(t.stages, stage)
	}
	return t
}

// Stand returns the standing of a borrower who is overdue by so many steps.
func (t *Table) Stand(overdue uint8, risen bool) Standing {
	if parts := t.grid.SubStates(); risen && int(overdue) <= parts {
		return Standing(3*parts + 1 + int(overdue))
	}
	return Standing(overdue)
}

// Stage of a standing, 1 or 2.
func (t *Table) Stage(s Standing) int { return t.stages[s] }

// Add makes room for a grade and term and fills it, unless they are there.
func (t *Table) Add(g Grade, term int16) {
	for len(t.at) <= int(term) {
		t.at = append(t.at, nil)
	}
	if t.at[term] == nil {
		t.at[term] = slices.Repeat([]Row{-1}, numGrades)
	}
	rows := t.at[term]
	if rows[g] >= 0 {
		return
	}
	rows[g] = Row(len(t.shares))
	var year, life [][]float64
	if t.method == ECL {
		year, life = Defaults(&t.behaviour, t.grid, g.LogHazard(), int(term))
	}
	for s, stage := range t.stages {
		overdue := s % (3*t.grid.SubStates() + 1)
		for n := range term + 1 {
			share := 0.
			switch {
			case t.method == FiveClass:
				share = [...]float64{1: normalShare, 2: mentionShare}[stage]
			case stage == 1:
				share = t.loss * year[n][overdue]
			default:
				share = t.loss * life[n][overdue]
			}
			t.shares = append(t.shares, float32(share))
		}
	}
}

// Row returns the place of a grade and term that were added.
func (t *Table) Row(g Grade, term int16) Row { return t.at[term][g] }

// Shares are what is set aside per unit of balance of a loan of the row's term, by the instalments left.
func (t *Table) Shares(r Row, term int16, s Standing) []float32 {
	from := int(r) + int(s)*int(term+1)
	return t.shares[from : from+int(term+1)]
}

// Share is that of a loan with so many instalments left.
func (t *Table) Share(r Row, term, remaining int16, s Standing) float64 {
	return float64(t.Shares(r, term, s)[remaining])
}

// Failed is what is set aside for a borrower who defaulted so many steps ago, who owes a principal and owed an
// exposure, interest included, at default.
func (t *Table) Failed(owed, exposure data.Money, since int) data.Money {
	if t.method == FiveClass {
		for _, class := range lossShares {
			if 90+t.grid.Days()*since >= class.days {
				return data.Money(math.RoundToEven(float64(owed) * class.share))
			}
		}
	}
	received := t.recovered[min(since, len(t.recovered)-1)]
	back := float64(exposure) * (1 - t.loss) * (1 - received)
	return max(0, owed-data.Money(math.RoundToEven(back)))
}
