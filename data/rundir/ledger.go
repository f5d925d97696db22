package rundir

import (
	"io"
	"slices"

	"relend/data"
	"relend/data/parquet"
)

// ledgerKeys are the columns of ledger.parquet before the counts.
var ledgerKeys = []string{"batch", "month", "rule"}

func ledgerColumns() []parquet.Column {
	columns := []parquet.Column{{Name: "arm", Strings: []string{}}}
	for _, name := range ledgerKeys {
		columns = append(columns, parquet.Column{Name: name, Ints: []int64{}})
	}
	for b := range data.NumBites {
		columns = append(columns, parquet.Column{Name: data.Bite(b).String(), Ints: []int64{}})
	}
	return columns
}

// writeLedger writes a row for each arm, batch, month and rule (its place among the arm's clauses) that is not all zero.
func writeLedger(out io.Writer, r *data.Results) error {
	t, err := parquet.NewWriter(out, ledgerColumns(), parquet.Options{})
	if err != nil {
		return err
	}
	for a := range r.Ledger {
		columns := ledgerColumns()
		for batch := range r.Run.Batches() {
			for month := 1; month <= r.Run.Months; month++ {
				for clause := range r.Run.Arms[a].Clauses {
					counts := r.Bites(a, batch, data.Month(month), clause)
					if !slices.ContainsFunc(counts, func(n int64) bool { return n != 0 }) {
						continue
					}
					columns[0].Strings = append(columns[0].Strings, r.Run.Arms[a].Name)
					for i, v := range append([]int64{int64(batch), int64(month), int64(clause)}, counts...) {
						columns[1+i].Ints = append(columns[1+i].Ints, v)
					}
				}
			}
		}
		if len(columns[0].Strings) == 0 {
			continue
		}
		if err := t.WriteGroup(columns); err != nil {
			return err
		}
	}
	return t.Close()
}

// readLedger reads what rules did; a file without rows is that of a run that kept no ledger.
func readLedger(path string, r *data.Results) error {
	columns, rows, err := table(path, ledgerColumns())
	if err != nil || rows == 0 {
		return err
	}
	arms := map[string]int{}
	for a, arm := range r.Run.Arms {
		arms[arm.Name] = a
		r.Ledger = append(r.Ledger, make([]int64, r.Run.Batches()*r.Run.Months*len(arm.Clauses)*data.NumBites))
	}
	for i := range rows {
		arm, known := arms[columns["arm"].Strings[i]]
		var at [3]int64
		for k, name := range ledgerKeys {
			at[k] = columns[name].Ints[i]
		}
		if !known || at[0] < 0 || at[0] >= int64(r.Run.Batches()) || at[1] < 1 || at[1] > int64(r.Run.Months) || at[2] < 0 || at[2] >= int64(len(r.Run.Arms[arm].Clauses)) {
			return bad(path, "row %d names an arm, batch, month or rule that %s does not know", i+1, RunFile)
		}
		counts := r.Bites(arm, int(at[0]), data.Month(at[1]), int(at[2]))
		for b := range counts {
			counts[b] = columns[data.Bite(b).String()].Ints[i]
		}
	}
	return nil
}
