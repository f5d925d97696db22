package sim

import (
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"relend/data"
)

// row is the counters of one month.
type row = [data.NumCounters]int64

// tally counts one arm on one path: a block of rows 0..Months for each cell.
type tally struct {
	block  int // length of a cell
	counts []int64
	first  []int   // by cell: where counting has begun since it was cleared, block where it has not
	events []int64 // of the ledger of access; nil where it is not kept
}

func newTally(cells, months int) *tally {
	block := (months + 1) * int(data.NumCounters)
	return &tally{block: block, counts: make([]int64, cells*block), first: slices.Repeat([]int{block}, cells)}
}

// cell returns a cell for counting from a month on, -1 the snapshot.
func (y *tally) cell(i, month int) []int64 {
	y.first[i] = min(y.first[i], (month+1)*int(data.NumCounters))
	return y.counts[i*y.block : (i+1)*y.block : (i+1)*y.block]
}

// used reports whether a cell has been handed out for counting.
func (y *tally) used(i int) bool { return y.first[i] < y.block }

// counted is the part of a cell in which there may be counts, whole rows up to the last.
func (y *tally) counted(i int) []int64 { return y.counts[i*y.block+y.first[i] : (i+1)*y.block] }

// room is the part of the same cell of another tally, there for counting.
func (y *tally) room(o *tally, i int) []int64 {
	y.first[i] = min(y.first[i], o.first[i])
	return y.counts[i*y.block+o.first[i] : (i+1)*y.block]
}

// toDate returns the counts of all cells, flows as sums to date.
func (y *tally) toDate() []int64 {
	out := make([]int64, len(y.counts))
	for i, first := range y.first {
		var date row
		for src, dst := y.counted(i), out[i*y.block+first:]; len(src) > 0; src, dst = src[data.NumCounters:], dst[data.NumCounters:] {
			carry(&date, (*row)(src), &carried)
			copy(dst, date[:])
		}
	}
	return out
}

// clear empties a cell.
func (y *tally) clear(i int) {
	clear(y.counted(i))
	y.first[i] = y.block
}

// pour adds src to each dst, which are as long, and empties it.
func pour(dst [][]int64, src []int64) {
	for _, d := range dst {
		sum(d, src)
	}
	clear(src)
}

// sum adds src to dst, which is as long or longer. What is added is mostly 0, but to look costs more than to add.
func sum(dst, src []int64) {
	if lines := len(src) / 8; vectors && lines > 0 {
		_ = dst[8*lines-1]
		sumAVX2(&dst[0], &src[0], lines)
		dst, src = dst[8*lines:], src[8*lines:]
	}
	for i, v := range src {
		dst[i] += v
	}
}

// counters returns the row of month t of a cell, which ends at date t+1; t = -1 is that of the snapshot.
func counters(cell []int64, t int) *row {
	return (*row)(cell[(t+1)*int(data.NumCounters):])
}

// closeRows turns the entries into charged-off and exited borrowers, which last for ever, into stocks, and marks the
// balance of repeat loans, in the rows of a cell from where its counts begin.
func closeRows(rows []int64, repeat bool) {
	var off, exited int64
	for ; len(rows) > 0; rows = rows[data.NumCounters:] {
		r := (*row)(rows)
		off += r[data.BorrowersOff]
		exited += r[data.BorrowersExited]
		r[data.BorrowersOff], r[data.BorrowersExited] = off, exited
		if repeat {
			r[data.BalanceRepeat], r[data.BorrowersRepeat], r[data.DefaultsRepeat] = repeats(r)
		}
	}
}

// repeats counts a row of a cell of repeat loans once more as such: balance, borrowers with a loan not in default, defaults.
func repeats(r *row) (owed, borrowers, defaults int64) {
	return balance(r), r[data.BorrowersCurrent] + r[data.BorrowersD1] + r[data.BorrowersD2] + r[data.BorrowersD3], r[data.Defaults]
}

func balance(r *row) (sum int64) {
	for _, term := range data.BalanceTerms() {
		sum += r[term.Counter]
	}
	return sum
}

// InvariantError says that a run broke one of its own laws: a defect of the program, never of its input.
type InvariantError struct{ Message string }

func (e *InvariantError) Error() string { return "invariant broken: " + e.Message }

// flows are what moves the balance; audit finds the closing balance there.
const flows = "opening balance + disbursed + drawn - repaid - charged off"

// audit checks the exact identities of a path's totals (model.md §5, V21).
func audit(arm string, path int, totals []int64, population int64) error {
	months := len(totals)/int(data.NumCounters) - 1
	fail := func(t int, what string, left, right int64) error {
		return &InvariantError{fmt.Sprintf("arm %s, path %d, month %d: %s: %d is not %d", arm, path, t+1, what, left, right)}
	}
	opening := balance(counters(totals, -1))
	for t := -1; t < months; t++ {
		r := counters(totals, t)
		population += r[data.Arrivals]
		if sum := r[data.BorrowersCurrent] + r[data.BorrowersD1] + r[data.BorrowersD2] + r[data.BorrowersD3] + r[data.BorrowersDefault] +
			r[data.BorrowersOff] + r[data.BorrowersIdle] + r[data.BorrowersExited]; sum != population {
			return fail(t, "borrowers over all states", sum, population)
		}
		closing := opening + r[data.Disbursed] + r[data.Drawn] - r[data.PrincipalRepaid] - r[data.ChargedOff]
		if got := balance(r); got != closing {
			return fail(t, flows, closing, got)
		}
		opening = closing
		answered := r[data.Granted] + r[data.NotTakenUp]
		for reason := range data.Reason(data.NumReasons) {
			answered += r[data.Denied(reason)]
		}
		if answered != r[data.Applications] {
			return fail(t, "granted + not taken up + denied applications", answered, r[data.Applications])
		}
		stages := [3]int64{balance(r) - r[data.BalanceDefault] - r[data.BalanceStage2], r[data.BalanceStage2], r[data.BalanceDefault]}
		for i, most := range stages {
			if set := r[data.Provision(i+1)]; set > most {
				return fail(t, fmt.Sprintf("provisions of stage %d, more than its balance", i+1), set, most)
			}
		}
		for c := range data.NumCounters {
			if r[c] < 0 && c != data.Surprise {
				return fail(t, c.String(), r[c], 0)
			}
		}
	}
	return nil
}

// uint128 is an exact sum of squares.
type uint128 struct{ hi, lo uint64 }

func (u *uint128) addSquare(v int64) {
	size := uint64(max(v, -v))
	hi, lo := bits.Mul64(size, size)
	var carry uint64
	u.lo, carry = bits.Add64(u.lo, lo, 0)
	u.hi += hi + carry
}

// cells accumulates one arm's cells and their margins over replicates. Sums are exact, so the order in which
// workers add is of no matter.
type cells struct {
	mu      sync.Mutex
	cells   []data.Cell
	sources [][]int // single cells that make up each
	all     int     // the margin of everything
	parts   []int   // margins that make it up, one by segment
	sum     [][]int64
	squares [][]uint128
	carried row     // of what is added; nothing where it is to date already
	margin  []int64 // scratch: counts of a margin
	total   []int64 // likewise, of everything
}

// newCells lists the single cells and the margins: each segment, product, ordinal class, and everything.
func newCells(single []data.Cell, block int) *cells {
	c := &cells{carried: carried, margin: make([]int64, block), total: make([]int64, block)}
	index := map[data.Cell]int{}
	add := func(key data.Cell, source int) int {
		at, ok := index[key]
		if !ok {
			at = len(c.cells)
			index[key] = at
			c.cells = append(c.cells, key)
			c.sources = append(c.sources, nil)
			c.sum = append(c.sum, make([]int64, block))
			c.squares = append(c.squares, make([]uint128, block))
		}
		c.sources[at] = append(c.sources[at], source)
		return at
	}
	for i, s := range single {
		add(s, i)
	}
	for i, s := range single {
		c.all = add(data.Cell{Segment: data.All, Product: data.All, Ordinal: data.All}, i)
		segment := add(data.Cell{Segment: s.Segment, Product: data.All, Ordinal: data.All}, i)
		if !slices.Contains(c.parts, segment) {
			c.parts = append(c.parts, segment)
		}
		add(data.Cell{Segment: data.All, Product: s.Product, Ordinal: data.All}, i)
		add(data.Cell{Segment: data.All, Product: data.All, Ordinal: s.Ordinal}, i)
	}
	return c
}

// add takes in one replicate: the cells of its paths, added over the paths.
func (c *cells) add(replicate *tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.total)
	from := replicate.block // where counts begin
	for i, sources := range c.sources {
		if i == c.all {
			continue
		}
		first := replicate.block
		for _, s := range sources {
			first = min(first, replicate.first[s])
		}
		from = min(from, first)
		values := c.margin[first:]
		if len(sources) == 1 {
			values = replicate.counted(sources[0])
		} else {
			clear(values)
			for _, s := range sources {
				sum(c.margin[replicate.first[s]:], replicate.counted(s))
			}
		}
		c.take(i, first, values)
		if slices.Contains(c.parts, i) {
			sum(c.total[first:], values)
		}
	}
	c.take(c.all, from, c.total[from:])
}

// take adds what a replicate has counted in a cell or margin from some place on.
func (c *cells) take(i, first int, counts []int64) {
	var date row
	to, squares := c.sum[i][first:], c.squares[i][first:]
	for ; len(counts) > 0; counts, to, squares = counts[data.NumCounters:], to[data.NumCounters:], squares[data.NumCounters:] {
		carry(&date, (*row)(counts), &c.carried)
		for k, v := range date {
			if v != 0 {
				to[k] += v
				squares[k].addSquare(v)
			}
		}
	}
}

// exact returns the sums.
func (c *cells) exact() []data.ExactSums {
	out := make([]data.ExactSums, len(c.cells))
	for i := range out {
		e := data.ExactSums{Cell: c.cells[i], Sum: c.sum[i], Upper: make([]uint64, len(c.squares[i])), Lower: make([]uint64, len(c.squares[i]))}
		for j, s := range c.squares[i] {
			e.Upper[j], e.Lower[j] = s.hi, s.lo
		}
		out[i] = e
	}
	return out
}

// carry goes on from the sums to date of a month to those of the next one, whose counts r are; those that mask marks go on.
func carry(date, r, mask *row) {
	for c := range date {
		date[c] = date[c]&mask[c] + r[c]
	}
}

// carried has all bits set for counters whose sum to date goes on from month to month, that is flows.
var carried = func() (mask row) {
	for c := range data.NumCounters {
		if !c.IsStock() {
			mask[c] = -1
		}
	}
	return mask
}()
