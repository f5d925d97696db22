package sim

import (
	"cmp"
	"context"
	"math/bits"
	"runtime"
	"sync"

	"relend/data"
)

// CheckShard reports why a shard of the run cannot be simulated apart from the others.
func (p *Plan) CheckShard(s data.Shard) error {
	ps := &data.Problems{Cause: data.BadConfig}
	if s.Part < 1 || s.Part > s.Of {
		ps.Add("shard", "%d of %d, allowed 1 to %d", s.Part, s.Of, s.Of)
	}
	if units := p.Units(s.By); s.Of > units {
		what := "borrowers"
		if s.By == data.ByPaths {
			what = "independent replicates of paths"
		}
		ps.Add("shard", "%d parts, but there are %d %s: allowed at most %d parts", s.Of, units, what, units)
	}
	if s.By == data.ByBorrowers {
		for _, f := range p.families {
			for _, h := range f.helms {
				ps.Add("shard", "arm %s has rules that watch the whole book, of which a part by borrowers sees some: divide by paths", p.arms[f.arms[h.at]].Name)
			}
		}
	}
	return ps.Err()
}

// Units is the number of pieces of work that shards are made of: replicates of paths, or borrowers.
func (p *Plan) Units(by data.Axis) int {
	if by == data.ByBorrowers {
		return p.Simulated()
	}
	return p.settings.Paths / p.settings.Design.Replicate()
}

// RunShard simulates a shard of the run, which CheckShard has found possible; all else is as in Run.
func (p *Plan) RunShard(ctx context.Context, shard data.Shard, workers int, progress func(done, total int)) (*data.Partial, error) {
	from, to := 0, p.Units(data.ByPaths)
	if shard.By == data.ByPaths {
		from, to = shard.Range(to)
	}
	return p.runReplicates(ctx, shard, from, to, workers, progress)
}

// Extend adds to the whole of a run the paths of this plan, which is the other's With more, that it lacks. The whole is
// then what this plan's own run counts, to the bit; all else is as in Run.
func (p *Plan) Extend(ctx context.Context, whole *data.Partial, workers int, progress func(done, total int)) error {
	more, err := p.runReplicates(ctx, data.Whole, whole.Paths/p.settings.Design.Replicate(), p.Units(data.ByPaths), workers, progress)
	if err != nil {
		return err
	}
	for a, as := range whole.As { // there may be more batches
		if as == a && whole.Ledger != nil {
			whole.Ledger[a] = append(whole.Ledger[a], make([]int64, len(more.Ledger[a])-len(whole.Ledger[a]))...)
		}
		if as == a && whole.Access != nil {
			whole.Access[a] = append(whole.Access[a], make([]int64, len(more.Access[a])-len(whole.Access[a]))...)
		}
	}
	sharing := whole.Run.Sharing
	whole.Run = more.Run
	whole.Run.Sharing = sharing
	Merge(whole, more)
	return nil
}

// runReplicates simulates a shard of which by paths these replicates are.
func (p *Plan) runReplicates(ctx context.Context, shard data.Shard, from, to, workers int, progress func(done, total int)) (*data.Partial, error) {
	replicate := p.settings.Design.Replicate()
	first, last := 0, p.Simulated()
	part := shard.By == data.ByBorrowers
	if part {
		first, last = shard.Range(p.Simulated())
	}
	y := p.blank(shard, from*replicate, (to-from)*replicate, part)
	population := p.weigh(first, last)

	sums := make([]*cells, len(p.arms))
	if y.Sums != nil {
		for a, as := range p.as {
			if as == a {
				sums[a] = newCells(p.cells, p.block())
			}
		}
	}
	var mu sync.Mutex
	var paths int
	begin := func() *worker {
		w := newWorker(p)
		w.halves, w.first, w.from, w.to, w.population = y.Halves, y.First, first, last, population
		if y.Access != nil {
			w.access = newAccess(p, &y.Run)
			for _, t := range w.tallies {
				if t != nil {
					w.hear(t)
				}
			}
		}
		if y.Ledger != nil {
			w.bites = make([]*bites, len(p.arms))
			for a, as := range p.as {
				if as == a {
					w.bites[a] = newBites(&p.arms[a], p.settings.Months)
				}
			}
		}
		return w
	}
	done := func(w *worker, unit int) {
		for a, counted := range w.replicates {
			switch {
			case counted == nil || y.Sums == nil && y.Replicates == nil:
			case part:
				y.Replicates[a][unit] = counted.toDate()
			default:
				sums[a].add(counted)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if paths += replicate; progress != nil {
			progress(paths, y.Paths)
		}
	}
	end := func(w *worker) {
		mu.Lock()
		defer mu.Unlock()
		y.Run.Sharing.Add(w.sharing)
	}
	if err := p.simulate(ctx, cmp.Or(max(workers, 0), runtime.GOMAXPROCS(0)), from, to, begin, y, done, end); err != nil {
		return nil, err
	}
	if part && p.crowded() {
		y.Run.Sharing = data.Sharing{}
		y.Run.Warnings = append(y.Run.Warnings, "so many arms share histories in so many ways that what they shared depends on the order of the borrowers: the run was made in parts by borrowers, and it is not stated")
	}
	for a, c := range sums {
		if c != nil {
			y.Sums[a] = c.exact()
		}
	}
	return y, nil
}

// blank is a partial of some paths before anything is counted.
func (p *Plan) blank(shard data.Shard, first, paths int, part bool) *data.Partial {
	y := &data.Partial{Shard: shard, Run: p.Describe(), As: p.as, Subjects: p.Simulated(), Cells: p.cells, First: first, Paths: paths,
		Weights: p.weights(first, first+paths), Counts: make([][]int64, len(p.arms)), Halves: make([][]int64, len(p.arms))}
	switch {
	case p.settings.Pooled:
		y.Halves = nil
	case y.Weights != nil:
	case part:
		y.Replicates = make([][][]int64, len(p.arms))
	default:
		y.Sums = make([][]data.ExactSums, len(p.arms))
	}
	if y.Halves != nil {
		y.Ledger = make([][]int64, len(p.arms))
	}
	if p.kept() {
		y.Access = make([][]int64, len(p.arms))
	}
	for a, as := range p.as {
		if as != a {
			continue
		}
		y.Counts[a] = make([]int64, paths*p.block())
		if y.Halves != nil {
			y.Halves[a] = make([]int64, max(0, min(first+paths, halvedPaths)-first)*p.block())
			y.Ledger[a] = make([]int64, y.Run.Batches()*p.settings.Months*len(p.arms[a].Clauses)*data.NumBites)
		}
		if y.Access != nil {
			y.Access[a] = make([]int64, y.Run.Hearings()*y.Run.AccessSize())
		}
		if y.Replicates != nil {
			y.Replicates[a] = make([][]int64, p.Units(data.ByPaths))
		}
	}
	return y
}

// block is the number of counts of an arm on a path.
func (p *Plan) block() int { return (p.settings.Months + 1) * int(data.NumCounters) }

// weigh adds up the weights of subjects from, ..., to-1, applicants apart.
func (p *Plan) weigh(from, to int) (sum int64) {
	if p.sample != nil {
		for j := from; j < min(to, p.sample.residents); j++ {
			first, last := p.sample.stratum(j)
			sum += p.sample.before(last) - p.sample.before(first)
		}
		return sum
	}
	for i := from; i < min(to, p.residents()); i++ {
		sum += p.weight(i)
	}
	return sum
}

// crowded reports whether a path may meet more sets of arms than there are tallies for. Which of them are split up then
// depends on the order of the borrowers.
func (p *Plan) crowded() bool {
	sets := 0
	for i := range p.families {
		n := len(p.families[i].arms)
		sets += 1<<min(n, 20) - 1 - n // of two arms and more
	}
	return sets > p.mostShared()
}

// Merge adds a partial to another one of the same run. By paths it must be the one of the next paths.
func Merge(into, part *data.Partial) {
	into.Run.Sharing.Add(part.Run.Sharing)
	if into.Shard.By == data.ByPaths {
		into.Paths += part.Paths
		into.Weights = append(into.Weights, part.Weights...)
	}
	for a := range into.Counts {
		if into.As[a] != a {
			continue
		}
		if into.Ledger != nil {
			sum(into.Ledger[a], part.Ledger[a])
		}
		if into.Access != nil {
			sum(into.Access[a], part.Access[a])
		}
		if into.Shard.By == data.ByPaths {
			into.Counts[a] = append(into.Counts[a], part.Counts[a]...)
			if into.Halves != nil {
				into.Halves[a] = append(into.Halves[a], part.Halves[a]...)
			}
			if into.Sums != nil {
				addExact(into.Sums[a], part.Sums[a])
			}
			continue
		}
		sum(into.Counts[a], part.Counts[a])
		if into.Halves != nil {
			sum(into.Halves[a], part.Halves[a])
		}
		if into.Replicates != nil {
			for unit, counts := range part.Replicates[a] {
				sum(into.Replicates[a][unit], counts)
			}
		}
	}
}

func addExact(into, part []data.ExactSums) {
	for i := range into {
		to, from := &into[i], &part[i]
		sum(to.Sum, from.Sum)
		for j := range to.Lower {
			var carry uint64
			to.Lower[j], carry = bits.Add64(to.Lower[j], from.Lower[j], 0)
			to.Upper[j] += from.Upper[j] + carry
		}
	}
}

// Results makes the results of a run out of the partial to which all its shards were added.
func Results(y *data.Partial) *data.Results {
	r := &data.Results{Run: y.Run, Counts: shared(y.As, y.Counts), Halves: shared(y.As, y.Halves), Ledger: shared(y.As, y.Ledger), Access: shared(y.As, y.Access), Cells: make([][]data.CellSums, len(y.As))}
	for a, as := range y.As {
		switch {
		case as != a:
			r.Cells[a] = r.Cells[as]
		case y.Sums != nil:
			r.Cells[a] = rounded(y.Sums[a])
		case y.Replicates != nil:
			r.Cells[a] = rounded(overReplicates(y, a))
		}
	}
	r.Weigh(y.Weights)
	return r
}

// shared gives arms that are the same as others the counts of these.
func shared(as []int, counts [][]int64) [][]int64 {
	if counts == nil {
		return nil
	}
	out := make([][]int64, len(counts))
	for a := range out {
		out[a] = counts[as[a]]
	}
	return out
}

// BlankSums are sums of cells and of their margins before anything is counted.
func BlankSums(cells []data.Cell, months int) []data.ExactSums {
	return newCells(cells, (months+1)*int(data.NumCounters)).exact()
}

// overReplicates sums the cells of an arm and their margins up.
func overReplicates(y *data.Partial, arm int) []data.ExactSums {
	block := (y.Run.Months + 1) * int(data.NumCounters)
	sums := newCells(y.Cells, block)
	sums.carried = row{}
	t := newTally(len(y.Cells), y.Run.Months)
	clear(t.first)
	for _, counts := range y.Replicates[arm] {
		t.counts = counts
		sums.add(t)
	}
	return sums.exact()
}

// rounded returns sums with the squares as floats.
func rounded(exact []data.ExactSums) []data.CellSums {
	out := make([]data.CellSums, len(exact))
	for i, e := range exact {
		squares := make([]float64, len(e.Lower))
		for j := range squares {
			squares[j] = float64(e.Upper[j])*(1<<64) + float64(e.Lower[j])
		}
		out[i] = data.CellSums{Cell: e.Cell, Sum: e.Sum, Squares: squares}
	}
	return out
}
