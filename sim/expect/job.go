package expect

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"relend/data"
	"relend/sim/provision"
	"relend/sim/rng"
	"relend/sim/rule"
)

// Person is one borrower of a portfolio.
type Person struct {
	Borrower     // its Hazard and Shift are those of Job.Hazard
	Economy  int // index into what Job.Economy returns
	ID       uint64
	Weight   int64 // how many like borrowers he stands for
}

// Job is the expectation of a whole portfolio in several arms, on the paths of the economy that a simulation of it
// would have.
//
// On every path the law of each borrower is pushed forward. Of his states, as many are kept apart as the budget
// allows, and the light ones of the others are drawn for (see thin). Of more borrowers than the budget allows, each path
// takes a systematic sample over the portfolio in the order of delinquency and hazard, the samples of the paths lying
// between each other. Neither changes an expectation. Samples and draws are the same in every arm, and since they
// differ between paths the standard errors over paths contain what they cost, and more: they take no account of how the
// samples complement each other.
type Job struct {
	Run        data.Run // arms, months, paths, replicate, seed
	People     []Person
	Arms       []Arm
	Grade      func(arm, person int, b *Borrower) // sets PD, Hazard and Shift
	Economy    func(arm, path int) []Economy      // by Person.Economy
	Cells      []data.Cell                        // single cells that can occur
	Provisions provision.Method
	States     int // budget of an arm: states held in all months and paths together; 0 = some ten seconds of one processor
}

const (
	usualStates = 3 << 19
	fewest      = 32 // states of a borrower worth an expectation
)

// coarse are the quadratures over borrowers of one grade: what they leave out of the expectation of a counter is below
// .5 % in a year and a half (TestCoarseQuadrature).
const coarseFrailty, coarseDemand = 5, 5

// Scale is the number of counts that one borrower or one minor unit makes in the results of a job.
const Scale = 1000

// InvariantError says that an expectation broke one of its own laws: a defect of the program.
type InvariantError struct{ Message string }

func (e *InvariantError) Error() string { return "invariant broken: " + e.Message }

// share is a borrower of a sample with the number of borrowers he stands for.
type share struct {
	person int
	weight float64
}

// forecast is what one arm gives on one path: [month*NumCounters + counter] in all and by cell.
type forecast struct {
	total []float64
	cells [][]float64
}

// Do computes all paths on the given number of workers (0 = one per processor). progress, if not nil, is called with
// the number of paths done, never from two goroutines at once. The results do not depend on workers. Their counts are
// Scale times expectations, rounded.
func (j *Job) Do(ctx context.Context, workers int, progress func(done, total int)) (*data.Results, error) {
	ps := &data.Problems{Cause: data.BadConfig}
	for i, a := range j.Arms {
		if rule.Steered(a.Policy, a.Law) {
			ps.Add("arm "+j.Run.Arms[i].Name, "its rules look at the lender's whole book, which ties the borrowers to each other: the engine expect cannot run it, the engine step can")
		}
		if slices.ContainsFunc(slices.Concat(a.Policy, a.Law), Glass) {
			ps.Add("arm "+j.Run.Arms[i].Name, "a rule changes what the bureau shows from a date on (data_sharing): the engine expect cannot run it, the engine step can")
		}
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	replicate := max(j.Run.Replicate, 1)
	units := j.Run.Paths / replicate
	sampler := j.sampler()
	all := newTotals(j)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	waiting := map[int][][]forecast{} // finished units before whose turn it is
	turn := 0
	for range min(workers, units) {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					cancel(fmt.Errorf("defect in the expectation: %v\n%s", v, debug.Stack()))
				}
			}()
			for {
				unit := int(next.Add(1)) - 1
				if unit >= units || ctx.Err() != nil {
					return
				}
				var paths [][]forecast // [path of the unit][arm]
				for path := unit * replicate; path < (unit+1)*replicate; path++ {
					arms, err := j.path(ctx, path, sampler)
					if err != nil {
						cancel(err)
						return
					}
					paths = append(paths, arms)
					mu.Lock()
					if n := int(done.Add(1)); progress != nil {
						progress(n, j.Run.Paths)
					}
					mu.Unlock()
				}
				mu.Lock()
				waiting[unit] = paths
				for ; waiting[turn] != nil; turn++ { // in order, for sums of floats depend on it
					all.add(turn*replicate, waiting[turn])
					delete(waiting, turn)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return all.results(j, sampler), nil
}

// path computes every arm on one path.
func (j *Job) path(ctx context.Context, path int, s *sampler) ([]forecast, error) {
	width := (j.Run.Months + 1) * int(data.NumCounters)
	people := s.on(path)
	arms := make([]forecast, len(j.Arms))
	for a := range j.Arms {
		f := forecast{total: make([]float64, width), cells: make([][]float64, len(j.Cells))}
		for c := range f.cells {
			f.cells[c] = make([]float64, width)
		}
		economies := j.Economy(a, path)
		for _, one := range people {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			p := &j.People[one.person]
			b := p.Borrower
			j.Grade(a, one.person, &b)
			x, err := Run(b, j.Arms[a], economies[p.Economy], j.Run.Months, Options{
				Frailty: coarseFrailty, Demand: coarseDemand, Most: s.states, Provisions: j.Provisions,
				Draws: rng.Stream{Seed: j.Run.Seed, Borrower: p.ID, Path: uint32(path)},
			})
			if err != nil {
				return nil, err
			}
			for m, row := range x.Counters {
				for c, v := range row {
					f.total[m*int(data.NumCounters)+c] += one.weight * v
				}
			}
			for i, cell := range j.Cells {
				if cell.Segment == int(b.Segment) {
					for k, v := range x.Cells[cell.Product*data.NumOrdinalClasses+cell.Ordinal] {
						f.cells[i][k] += one.weight * v
					}
				}
			}
		}
		if err := j.audit(j.Run.Arms[a].Name, path, f.total, s.population); err != nil {
			return nil, err
		}
		arms[a] = f
	}
	return arms, nil
}

// audit checks the identities that neither sampling nor thinning may break. (The ledger of balances holds where all
// states are kept, else in the mean: balances at the end of a month are those before states are drawn for.)
func (j *Job) audit(arm string, path int, totals []float64, population float64) error {
	for m := range j.Run.Months + 1 {
		row := totals[m*int(data.NumCounters) : (m+1)*int(data.NumCounters)]
		people, answered := 0., row[data.Granted]+row[data.NotTakenUp]
		for _, c := range []data.Counter{
			data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersDefault,
			data.BorrowersOff, data.BorrowersIdle, data.BorrowersExited,
		} {
			people += row[c]
		}
		for r := range data.Reason(data.NumReasons) {
			answered += row[data.Denied(r)]
		}
		for _, law := range []struct {
			name      string
			got, want float64
		}{{"borrowers over all states", people, population}, {"granted + not taken up + denied applications", answered, row[data.Applications]}} {
			if math.Abs(law.got-law.want) > 1e-9*math.Max(1, law.want) {
				return &InvariantError{fmt.Sprintf("arm %s, path %d, month %d: %s: %v is not %v", arm, path, m, law.name, law.got, law.want)}
			}
		}
	}
	return nil
}

// sampler chooses the borrowers of a path.
type sampler struct {
	everybody  []share   // nil if samples are taken
	order      []int     // people by what their fate depends on most
	until      []float64 // sum of weights up to and with each of them
	population float64
	size       int // of a sample
	states     int // kept of each borrower
	start      float64
}

func (j *Job) sampler() *sampler {
	s := &sampler{order: make([]int, len(j.People)), start: rng.Uniform(rng.Stream{Seed: j.Run.Seed}.Block(rng.Thin, 1<<20)[0])}
	perPath := max(1, cmp.Or(j.States, usualStates)/j.Run.Months/j.Run.Paths) // states
	for i := range s.order {
		s.order[i] = i
		s.population += float64(j.People[i].Weight)
	}
	s.size = max(1, perPath/fewest)
	s.states = max(perPath/min(s.size, len(j.People)), fewest)
	if s.size >= len(j.People) {
		for i := range j.People {
			s.everybody = append(s.everybody, share{i, float64(j.People[i].Weight)})
		}
		return s
	}
	risk := make([]float64, len(j.People))
	for i := range risk {
		var b Borrower
		j.Grade(0, i, &b)
		risk[i] = b.Hazard + b.Shift
	}
	slices.SortStableFunc(s.order, func(a, b int) int {
		p, q := &j.People[a], &j.People[b]
		return cmp.Or(cmp.Compare(p.Bucket, q.Bucket), cmp.Compare(min(p.Open, 1), min(q.Open, 1)),
			cmp.Compare(risk[a], risk[b]), cmp.Compare(p.ID, q.ID))
	})
	sum := 0.
	for _, i := range s.order {
		sum += float64(j.People[i].Weight)
		s.until = append(s.until, sum)
	}
	return s
}

// on returns the sample of a path: equally spaced over the weights in order, from a start that moves on by the golden
// section from path to path.
func (s *sampler) on(path int) []share {
	if s.everybody != nil {
		return s.everybody
	}
	step := s.population / float64(s.size)
	_, start := math.Modf(s.start + float64(path)*math.Phi)
	var list []share
	for k := range s.size {
		at, _ := slices.BinarySearch(s.until, (float64(k)+start)*step)
		list = append(list, share{s.order[min(at, len(s.order)-1)], step})
	}
	return list
}

// totals collects paths in order.
type totals struct {
	months int
	paths  [][][]int64 // [arm][path]
	single []data.Cell
	cells  [][]cellTotal // [arm]
}

// cellTotal is a cell or a margin: sums over replicates, and of their squares.
type cellTotal struct {
	data.Cell
	sources      []int
	sum, squares []float64
}

func newTotals(j *Job) *totals {
	t := &totals{months: j.Run.Months, single: j.Cells, paths: make([][][]int64, len(j.Arms))}
	for range j.Arms {
		t.cells = append(t.cells, margins(j.Cells, (j.Run.Months+1)*int(data.NumCounters)))
	}
	return t
}

// margins lists the single cells and their sums over all but one dimension, and over all.
func margins(single []data.Cell, width int) (list []cellTotal) {
	add := func(c data.Cell, source int) {
		i := slices.IndexFunc(list, func(t cellTotal) bool { return t.Cell == c })
		if i < 0 {
			i = len(list)
			list = append(list, cellTotal{Cell: c, sum: make([]float64, width), squares: make([]float64, width)})
		}
		list[i].sources = append(list[i].sources, source)
	}
	for i, c := range single {
		add(c, i)
	}
	for i, c := range single {
		add(data.Cell{Segment: data.All, Product: data.All, Ordinal: data.All}, i)
		add(data.Cell{Segment: c.Segment, Product: data.All, Ordinal: data.All}, i)
		add(data.Cell{Segment: data.All, Product: c.Product, Ordinal: data.All}, i)
		add(data.Cell{Segment: data.All, Product: data.All, Ordinal: c.Ordinal}, i)
	}
	return list
}

// add takes in the paths of one replicate.
func (t *totals) add(first int, paths [][]forecast) {
	for a := range t.paths {
		for _, path := range paths {
			t.paths[a] = append(t.paths[a], t.rounded(path[a].total))
			for _, c := range path[a].cells {
				t.toDate(c)
			}
		}
		for i := range t.cells[a] {
			c := &t.cells[a][i]
			for k := range c.sum {
				v := 0.
				for _, path := range paths {
					for _, source := range c.sources {
						v += path[a].cells[source][k]
					}
				}
				c.sum[k] += v
				c.squares[k] += v * v
			}
		}
	}
}

// rounded scales counters so that flows to date are right to half a count.
func (t *totals) rounded(row []float64) []int64 {
	t.toDate(row)
	out := make([]int64, len(row))
	for i, v := range row {
		out[i] = int64(math.Round(v * Scale))
	}
	for m := t.months; m > 0; m-- {
		for c := range data.NumCounters {
			if at := m*int(data.NumCounters) + int(c); !c.IsStock() {
				out[at] -= out[at-int(data.NumCounters)]
			}
		}
	}
	return out
}

// toDate turns the flows of a month into flows up to it.
func (t *totals) toDate(row []float64) {
	for m := 1; m <= t.months; m++ {
		for c := range data.NumCounters {
			if at := m*int(data.NumCounters) + int(c); !c.IsStock() {
				row[at] += row[at-int(data.NumCounters)]
			}
		}
	}
}

func (t *totals) results(j *Job, s *sampler) *data.Results {
	r := &data.Results{Run: j.Run}
	for a := range t.paths {
		r.Counts = append(r.Counts, slices.Concat(t.paths[a]...))
		var cells []data.CellSums
		for _, c := range t.cells[a] {
			sums := data.CellSums{Cell: c.Cell, Sum: make([]int64, len(c.sum)), Squares: make([]float64, len(c.sum))}
			for k := range c.sum {
				sums.Sum[k], sums.Squares[k] = int64(math.Round(c.sum[k]*Scale)), c.squares[k]*Scale*Scale
			}
			cells = append(cells, sums)
		}
		r.Cells = append(r.Cells, cells)
	}
	r.Run.Scale = Scale
	r.Run.Checks = []data.Check{
		{Name: "borrowers over all states = borrowers at the snapshot", Result: "holds on every path of every arm", Holds: true},
		{Name: "granted + not taken up + denied = applications", Result: "holds on every path of every arm", Holds: true},
	}
	who := fmt.Sprintf("all %d borrowers", len(j.People))
	if s.everybody == nil {
		who = fmt.Sprintf("a systematic sample of %d of the %d borrowers on each path (%d in all)", s.size, len(j.People), s.size*j.Run.Paths)
	}
	r.Run.Warnings = append(slices.Clone(r.Run.Warnings), fmt.Sprintf("engine expect: expected values of %s, up to %d states of each kept apart and lighter ones drawn for; "+
		"the intervals contain what this costs, and balances follow from flows in the mean only", who, s.states))
	return r
}
