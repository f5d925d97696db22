package rundir

import (
	"io"

	"relend/data"
	"relend/data/parquet"
)

// accessColumns are those of access.parquet: figure, of and at are those of a data.AccessEntry.
func accessColumns() []parquet.Column {
	return []parquet.Column{{Name: "arm", Strings: []string{}}, {Name: "hearing", Ints: []int64{}}, {Name: "figure", Strings: []string{}},
		{Name: "of", Ints: []int64{}}, {Name: "at", Ints: []int64{}}, {Name: "count", Ints: []int64{}}}
}

// writeAccess writes a row for each arm, batch with paths heard and entry that is not 0.
func writeAccess(out io.Writer, r *data.Results) error {
	t, err := parquet.NewWriter(out, accessColumns(), parquet.Options{})
	if err != nil {
		return err
	}
	entries := r.Run.AccessEntries()
	for a := range r.Access {
		c := accessColumns()
		for hearing := range r.Run.Hearings() {
			for i, n := range r.AccessOf(a, hearing) {
				if n == 0 {
					continue
				}
				e := &entries[i]
				c[0].Strings, c[2].Strings = append(c[0].Strings, r.Run.Arms[a].Name), append(c[2].Strings, e.Figure)
				for k, v := range map[int]int64{1: int64(hearing), 3: int64(e.Of), 4: int64(e.At), 5: n} {
					c[k].Ints = append(c[k].Ints, v)
				}
			}
		}
		if len(c[0].Strings) == 0 {
			continue
		}
		if err := t.WriteGroup(c); err != nil {
			return err
		}
	}
	return t.Close()
}

// readAccess reads the ledger of access; a file without rows is that of a run that kept none. Counters that this program
// does not know are left out.
func readAccess(path string, r *data.Results) error {
	c, rows, err := table(path, accessColumns())
	if err != nil || rows == 0 {
		return err
	}
	places, figures := map[data.AccessEntry]int{}, map[string]bool{}
	for i, e := range r.Run.AccessEntries() {
		places[e], figures[e.Figure] = i, true
	}
	arms := map[string]int{}
	for a, arm := range r.Run.Arms {
		arms[arm.Name] = a
		r.Access = append(r.Access, make([]int64, r.Run.Hearings()*r.Run.AccessSize()))
	}
	for i := range rows {
		figure := c["figure"].Strings[i]
		if !figures[figure] {
			continue
		}
		arm, known := arms[c["arm"].Strings[i]]
		at, placed := places[data.AccessEntry{Figure: figure, Of: int(c["of"].Ints[i]), At: int(c["at"].Ints[i])}]
		hearing := c["hearing"].Ints[i]
		if !known || !placed || hearing < 0 || hearing >= int64(r.Run.Hearings()) {
			return bad(path, "row %d names an arm, batch, band, cohort or class that %s does not know", i+1, RunFile)
		}
		r.AccessOf(arm, int(hearing))[at] = c["count"].Ints[i]
	}
	return nil
}

// numbers writes what the arms of a part count, one list an arm, without zeros: ledgerNumbers.
func numbers(out io.Writer, arms [][]int64) error {
	return writeNumbers(out, ledgerNumbers, func(row func(...int64) error) error {
		for arm, counts := range arms {
			for at, v := range counts {
				if v == 0 {
					continue
				}
				if err := row(int64(arm), int64(at), v); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// readCounts reads them into lists of a size for each arm that has counts of its own.
func (p *Part) readCounts(name string, size func(arm int) int) ([][]int64, error) {
	arms := make([][]int64, len(p.As))
	for i, as := range p.As {
		if as == i {
			arms[i] = make([]int64, size(i))
		}
	}
	return arms, p.readNumbers(name, ledgerNumbers, func(row []int64) bool {
		arm, ok := p.arm(row[0])
		if ok = ok && row[1] >= 0 && row[1] < int64(len(arms[arm])); ok {
			arms[arm][row[1]] = row[2]
		}
		return ok
	})
}
