package sim

import (
	"testing"

	"relend/data"
	"relend/sim/behaviour"
)

// Without an effect of the burden the replay without the added debt is the same run, to the unit; with one it is not, and
// borrowers with their first loan live as before in either.
func TestReplayWithoutDebt(t *testing.T) {
	p := samePD(book(200))
	replay := func(set func(*behaviour.Params)) (as, without Arm) {
		as, without = arm("as it is"), arm("replay")
		set(&as.Behaviour)
		set(&without.Behaviour)
		without.Behaviour.AddedDebt = 0
		return as, without
	}
	as, without := replay(func(p *behaviour.Params) { p.BPTI, p.BStack, p.BLev, p.BOrd = 0, 0, 0, [4]float64{} })
	r := mustRun(t, p, settings(18, 4), 2, as, without)
	equal(t, "no effect of the burden", r, 0, r, 1)

	as, without = replay(func(p *behaviour.Params) { p.BPTI, p.BLev = 4, .8 })
	r = mustRun(t, p, settings(18, 4), 2, as, without)
	if a, b := sumOf(r, 0, data.DefaultsRepeat), sumOf(r, 1, data.DefaultsRepeat); a == b {
		t.Errorf("%d defaults of repeat loans with and without the added debt", a)
	}
	for path := range 4 {
		for m := range data.Month(19) {
			a, b := r.Row(0, path, m), r.Row(1, path, m)
			active := func(row []int64) (n int64) {
				for _, c := range []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3} {
					n += row[c]
				}
				return n - row[data.BorrowersRepeat]
			}
			if active(a) != active(b) || a[data.Defaults]-a[data.DefaultsRepeat] != b[data.Defaults]-b[data.DefaultsRepeat] {
				t.Fatalf("path %d month %d: borrowers with their first loan live otherwise in the replay", path, m)
			}
		}
	}
}

// Repeat loans are those of the cells of the second and later loans.
func TestRepeatCounters(t *testing.T) {
	r := mustRun(t, book(200), settings(12, 4), 2, arm("base"))
	months := 13
	for m := range months {
		var total, cells [2]int64
		for path := range 4 {
			row := r.Row(0, path, data.Month(m))
			total[0] += row[data.BorrowersRepeat]
			for past := range m + 1 {
				total[1] += r.Row(0, path, data.Month(past))[data.DefaultsRepeat]
			}
		}
		for _, c := range r.Cells[0] {
			if k := c.Cell; k.Segment == data.All && k.Product == data.All && k.Ordinal > 0 {
				row := c.Sum[m*int(data.NumCounters) : (m+1)*int(data.NumCounters)]
				for _, k := range []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3} {
					cells[0] += row[k]
				}
				cells[1] += row[data.Defaults]
			}
		}
		if total != cells || total[0] == 0 {
			t.Errorf("month %d: borrowers and defaults %v, in the cells %v", m, total, cells)
		}
	}
}
