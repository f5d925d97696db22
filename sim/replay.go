package sim

import (
	"context"

	"relend/data"
)

// Replay simulates some paths of the plan again, each by its number, and returns what Run counts on them: by arm and, in
// the order asked for, by path, shaped as data.Results.Counts. Draws belong to a path and not to its neighbours, so the
// counts are the same to the bit.
func (p *Plan) Replay(ctx context.Context, paths []int) ([][][]int64, error) {
	block := (p.settings.Months + 1) * int(data.NumCounters)
	counts, out := make([][]int64, len(p.arms)), make([][][]int64, len(p.arms))
	for a, as := range p.as {
		if counts[as] == nil {
			counts[as] = make([]int64, p.settings.Paths*block) // of which only the paths asked for are touched
		}
		counts[a] = counts[as]
	}
	w := newWorker(p)
	for _, path := range paths {
		if err := w.path(ctx, path, counts); err != nil {
			return nil, err
		}
		for a := range counts {
			out[a] = append(out[a], counts[a][path*block:(path+1)*block])
		}
	}
	return out, nil
}
