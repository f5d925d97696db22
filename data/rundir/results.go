package rundir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"

	"relend/data"
	"relend/data/parquet"
)

const counters = int(data.NumCounters)

// WriteResults writes the results of a run: run.json with what was run, paths.parquet with one row per arm, path
// and month (0 = snapshot) and a column per data.Counter, and cells.parquet with the sums over paths of groups
// of borrowers, one row per arm, segment, product, ordinal class, month and counter that is not all zero; a
// dimension that was summed over is written as "". ledger.parquet has what each rule did, one row per arm, batch of paths,
// month and rule that anything was counted of (data.Bite). access.parquet has who was served and what became of whom, one row
// per arm, batch of paths and entry (data.AccessEntry) that anything was counted of.
func (w *Writer) WriteResults(r *data.Results) error {
	run := r.Run
	run.Format = data.RunFormat
	raw, err := encode(run)
	if err != nil {
		return fmt.Errorf("write %s: %w", RunFile, err)
	}
	if err := w.Write(RunFile, raw); err != nil {
		return err
	}
	if err := w.Stream(PathsFile, func(out io.Writer) error { return writePaths(out, r) }); err != nil {
		return err
	}
	if err := w.Stream(CellsFile, func(out io.Writer) error { return writeCells(out, r) }); err != nil {
		return err
	}
	if err := w.Stream(LedgerFile, func(out io.Writer) error { return writeLedger(out, r) }); err != nil {
		return err
	}
	return w.Stream(AccessFile, func(out io.Writer) error { return writeAccess(out, r) })
}

// pathColumns are the columns of paths.parquet with room for n rows.
func pathColumns(n int) []parquet.Column {
	columns := []parquet.Column{
		{Name: "arm", Strings: make([]string, n)},
		{Name: "path", Ints: make([]int64, n)},
		{Name: "month", Ints: make([]int64, n)},
	}
	for c := range data.NumCounters {
		columns = append(columns, parquet.Column{Name: c.String(), Ints: make([]int64, n)})
	}
	return columns
}

// keys are the columns of paths.parquet before the counters.
const keys = 3

func writePaths(out io.Writer, r *data.Results) error {
	t, err := parquet.NewWriter(out, columnsOf(r, 0), parquet.Options{})
	if err != nil {
		return err
	}
	steps := r.Run.Months + 1
	perArm := r.Run.Paths * steps
	rows := perArm * len(r.Run.Arms)
	for from := 0; from < rows; from += pathRows {
		columns := columnsOf(r, min(pathRows, rows-from))
		for i := range columns[0].Strings {
			arm, at := (from+i)/perArm, (from+i)%perArm
			columns[0].Strings[i] = r.Run.Arms[arm].Name
			columns[1].Ints[i], columns[2].Ints[i] = int64(at/steps), int64(at%steps)
			if r.Weights != nil {
				columns[len(columns)-1].Floats[i] = r.Weights[at/steps]
			}
			for c, v := range r.Counts[arm][at*counters : (at+1)*counters] {
				columns[keys+c].Ints[i] = v
			}
		}
		if err := t.WriteGroup(columns); err != nil {
			return err
		}
	}
	return t.Close()
}

// pathRows is the size of a row group of paths.parquet: with some seventy columns larger ones take much memory,
// and smaller ones time, because the compressor starts anew with every column of every group.
const pathRows = 1 << 16

// cellTable collects the rows of cells.parquet.
type cellTable struct {
	arm, segment, product, ordinal []string
	month                          []int64
	counter                        []string
	sum                            []int64
	squares                        []float64
}

func (t *cellTable) columns() []parquet.Column {
	text := func(name string, values []string) parquet.Column {
		return parquet.Column{Name: name, Strings: append([]string{}, values...)}
	}
	return []parquet.Column{
		text("arm", t.arm), text("segment", t.segment), text("product", t.product), text("ordinal", t.ordinal),
		{Name: "month", Ints: append([]int64{}, t.month...)},
		text("counter", t.counter),
		{Name: "sum", Ints: append([]int64{}, t.sum...)},
		{Name: "squares", Floats: append([]float64{}, t.squares...)},
	}
}

func writeCells(out io.Writer, r *data.Results) error {
	if slices.Contains(r.Run.Segments, "") {
		return errors.New(`a segment without a name cannot be told from the sum over segments`)
	}
	t, err := parquet.NewWriter(out, (&cellTable{}).columns(), parquet.Options{})
	if err != nil {
		return err
	}
	var rows cellTable
	flush := func() error {
		if len(rows.sum) == 0 {
			return nil
		}
		err := t.WriteGroup(rows.columns())
		rows = cellTable{}
		return err
	}
	for a, arm := range r.Run.Arms {
		for _, cell := range r.Cells[a] {
			segment, product, ordinal := cellNames(&r.Run, cell.Cell)
			for i, sum := range cell.Sum {
				if sum == 0 && cell.Squares[i] == 0 {
					continue
				}
				rows.arm, rows.segment = append(rows.arm, arm.Name), append(rows.segment, segment)
				rows.product, rows.ordinal = append(rows.product, product), append(rows.ordinal, ordinal)
				rows.month = append(rows.month, int64(i/counters))
				rows.counter = append(rows.counter, data.Counter(i%counters).String())
				rows.sum, rows.squares = append(rows.sum, sum), append(rows.squares, cell.Squares[i])
				if len(rows.sum) == parquet.GroupRows {
					if err := flush(); err != nil {
						return err
					}
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return t.Close()
}

func cellNames(run *data.Run, c data.Cell) (segment, product, ordinal string) {
	if c.Segment != data.All {
		segment = run.Segments[c.Segment]
	}
	if c.Product != data.All {
		product = data.Product(c.Product).String()
	}
	if c.Ordinal != data.All {
		ordinal = data.OrdinalClasses[c.Ordinal]
	}
	return segment, product, ordinal
}

// Run is a finished run directory.
type Run struct {
	Dir        string // as given
	Manifest   Manifest
	Experiment []byte // the resolved experiment, YAML
}

// Open reads a finished run directory after checking that what the run computed is complete and unchanged since.
// Results of an older program may lack counters: these are 0 and named in a warning of the run; counters that
// this program does not know are ignored. All that is wrong with the directory is returned as data.Problems.
func Open(dir string) (*Run, *data.Results, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, nil, bad(dir, "cannot open run directory: %v", cause(err))
	} else if !info.IsDir() {
		return nil, nil, bad(dir, "is a file; a run directory is wanted")
	}
	m, err := readManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == PartFile }) {
		return nil, nil, bad(dir, "is a part of a run, not a run: relend merge makes a run of all its parts")
	}
	if err := verify(dir, m, computed); err != nil {
		return nil, nil, err
	}
	experiment, err := os.ReadFile(filepath.Join(dir, ExperimentFile))
	if err != nil {
		return nil, nil, bad(dir, "cannot read %s: %v", ExperimentFile, cause(err))
	}
	has := func(name string) bool {
		return slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == name })
	}
	r, err := readResults(dir, has)
	if err != nil {
		return nil, nil, err
	}
	return &Run{Dir: dir, Manifest: *m, Experiment: experiment}, r, nil
}

// verify compares files with the manifest.
func verify(dir string, m *Manifest, names []string) error {
	problems := &data.Problems{Cause: data.BadData}
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		add := func(format string, args ...any) {
			problems.List = append(problems.List, data.Problem{File: path, Message: fmt.Sprintf(format, args...)})
		}
		at := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })
		if at < 0 && slices.Contains(later, name) {
			continue
		}
		if at < 0 {
			add("is not listed in %s", ManifestFile)
			continue
		}
		sum, _, err := hash(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			add("is missing from the run directory")
		case err != nil:
			add("cannot read: %v", cause(err))
		case sum != m.Files[at].SHA256:
			add("has changed since the run was finished: its SHA-256 is not the one in %s", ManifestFile)
		}
	}
	return problems.Err()
}

// readResults reads the computed files that the directory has.
func readResults(dir string, has func(name string) bool) (*data.Results, error) {
	path := filepath.Join(dir, RunFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, bad(path, "cannot read: %v", cause(err))
	}
	r := new(data.Results)
	if err := unmarshal(path, raw, &r.Run, &r.Run.Format); err != nil {
		return nil, err
	}
	if err := consistent(path, &r.Run); err != nil {
		return nil, err
	}
	files := []struct {
		name, what string // what an older program did not count; "" where all did
		read       func(path string, r *data.Results) error
	}{{PathsFile, "", readPaths}, {CellsFile, "", readCells}, {LedgerFile, "what each rule does", readLedger}, {AccessFile, "who is served and what becomes of whom", readAccess}}
	failed := make([]error, len(files))
	var readers []func() // each fills its own fields of the results
	for i, file := range files {
		if file.what == "" || has(file.name) {
			readers = append(readers, func() { failed[i] = file.read(filepath.Join(dir, file.name), r) })
		}
	}
	data.Beside(readers...)
	for i, file := range files {
		if failed[i] != nil {
			return nil, failed[i]
		}
		if file.what != "" && !has(file.name) {
			r.Run.Warnings = append(r.Run.Warnings, fmt.Sprintf("the run was written by a program that did not count %s: the report lacks it", file.what))
		}
	}
	return r, nil
}

// consistent checks what the readers of results rely on.
func consistent(path string, run *data.Run) error {
	if run.Paths < 1 || run.Months < 0 || run.Replicate < 1 || run.Paths%run.Replicate != 0 || len(run.Arms) == 0 ||
		run.Baseline < 0 || run.Baseline >= len(run.Arms) {
		return bad(path, "contradicts itself: %d paths in replicates of %d, %d months, %d arms, baseline %d",
			run.Paths, run.Replicate, run.Months, len(run.Arms), run.Baseline)
	}
	seen := map[string]bool{}
	for _, arm := range run.Arms {
		if seen[arm.Name] || arm.Reference < 0 || arm.Reference >= len(run.Arms) {
			return bad(path, "contradicts itself: arm %q is there twice or is compared with arm number %d of %d", arm.Name, arm.Reference, len(run.Arms))
		}
		seen[arm.Name] = true
	}
	return nil
}

// table reads a Parquet file and checks that it has the wanted columns, each of the wanted type.
func table(path string, wanted []parquet.Column) (map[string]parquet.Column, int, error) {
	columns, _, err := parquet.ReadTable(path)
	if err != nil {
		return nil, 0, err
	}
	byName, rows := map[string]parquet.Column{}, 0
	for _, c := range columns {
		byName[c.Name] = c
		rows = len(c.Ints) + len(c.Floats) + len(c.Strings)
	}
	for _, w := range wanted {
		c, ok := byName[w.Name]
		if !ok {
			return nil, 0, bad(path, "has no column %q", w.Name)
		}
		if (w.Ints != nil) != (c.Ints != nil) || (w.Floats != nil) != (c.Floats != nil) || (w.Strings != nil) != (c.Strings != nil) {
			return nil, 0, bad(path, "column %q has another type than it should", w.Name)
		}
	}
	return byName, rows, nil
}

func readPaths(path string, r *data.Results) error {
	wanted := pathColumns(0)
	columns, rows, err := table(path, wanted[:keys])
	if err != nil {
		return err
	}
	steps := r.Run.Months + 1
	overflow, perArm := bits.Mul64(uint64(r.Run.Paths), uint64(steps))
	over, total := bits.Mul64(perArm, uint64(len(r.Run.Arms)))
	if overflow != 0 || over != 0 || uint64(rows) != total {
		return bad(path, "has %d rows; %d arms, %d paths and months 0 to %d make another number", rows, len(r.Run.Arms), r.Run.Paths, r.Run.Months)
	}
	arms, paths, months := columns["arm"].Strings, columns["path"].Ints, columns["month"].Ints
	for i := range rows {
		at := i % int(perArm)
		if arms[i] != r.Run.Arms[i/int(perArm)].Name || paths[i] != int64(at/steps) || months[i] != int64(at%steps) {
			return bad(path, "row %d is arm %q, path %d, month %d: the rows are not in the order of arm, path and month", i+1, arms[i], paths[i], months[i])
		}
	}
	if err := readWeights(path, columns["weight"], r); err != nil {
		return err
	}
	for range r.Run.Arms {
		r.Counts = append(r.Counts, make([]int64, int(perArm)*counters))
	}
	for c, w := range wanted[keys:] {
		column, ok := columns[w.Name]
		if !ok {
			r.Run.Warnings = append(r.Run.Warnings, fmt.Sprintf("%s was written by a program that did not count %q; it is shown as 0", PathsFile, w.Name))
			r.Lacks = append(r.Lacks, data.Counter(c))
			continue
		}
		if column.Ints == nil {
			return bad(path, "column %q has another type than it should", w.Name)
		}
		for i, v := range column.Ints {
			r.Counts[i/int(perArm)][i%int(perArm)*counters+c] = v
		}
	}
	return nil
}

// weightColumn is that of the paths' weights, where they have some.
func weightColumn(n int) parquet.Column {
	return parquet.Column{Name: "weight", Floats: make([]float64, n)}
}

// columnsOf are the columns of the paths of a run.
func columnsOf(r *data.Results, n int) []parquet.Column {
	if r.Weights == nil {
		return pathColumns(n)
	}
	return append(pathColumns(n), weightColumn(n))
}

// readWeights reads the weights of the paths, which stand in every row. A run has them if it states their effective
// sample size.
func readWeights(path string, column parquet.Column, r *data.Results) error {
	switch {
	case r.Run.Effective == 0 && column.Name == "":
		return nil
	case column.Floats == nil:
		return bad(path, "has no weights of the paths (column \"weight\"), although %s states their effective sample size", RunFile)
	case r.Run.Effective == 0:
		return bad(path, "has weights of the paths (column \"weight\"), although %s states no effective sample size", RunFile)
	}
	steps := r.Run.Months + 1
	r.Weights = make([]float64, r.Run.Paths)
	for i, w := range column.Floats {
		at := i / steps % r.Run.Paths
		if i == at*steps {
			r.Weights[at] = w
		}
		if !(w >= 0 && w <= math.MaxFloat64) || w != r.Weights[at] {
			return bad(path, "row %d: weight %v is not that of path %d, a number of 0 or more", i+1, w, at)
		}
	}
	return nil
}

// scan hands out the wanted columns of a Parquet file batch by batch, after checking that it has them, each of the wanted type.
// Only floats may be null.
func scan(path string, wanted []parquet.Column, fn func(*parquet.Batch) error) error {
	f, err := parquet.Open(path, parquet.Limits{})
	if err != nil {
		return err
	}
	defer f.Close()
	names := make([]string, len(wanted))
	for i, w := range wanted {
		names[i] = w.Name
		at := slices.IndexFunc(f.Columns(), func(c parquet.Field) bool { return c.Name == w.Name })
		if at < 0 {
			return bad(path, "has no column %q", w.Name)
		}
		kind := f.Columns()[at].Kind
		if (w.Ints != nil) != (kind == parquet.Int) || (w.Floats != nil) != (kind == parquet.Float) || (w.Strings != nil) != (kind == parquet.Text) {
			return bad(path, "column %q has another type than it should", w.Name)
		}
	}
	return f.Read(context.Background(), names, func(b *parquet.Batch) error {
		for i := range b.Columns {
			v := &b.Columns[i]
			if row := slices.Index(v.Null, true); row >= 0 && v.Kind != parquet.Float {
				return bad(path, "column %s: row %d is null", names[i], b.First+int64(row)+1)
			}
		}
		return fn(b)
	})
}

// register finds the numbers of names; the same name often comes again.
type register struct {
	numbers map[string]int
	last    []byte
	number  int
	known   bool
}

func newRegister(names []string) *register {
	r := &register{numbers: map[string]int{"": data.All}}
	for i, n := range names {
		r.numbers[n] = i
	}
	return r
}

func (r *register) find(name []byte) (number int, known bool) {
	if r.last == nil || !bytes.Equal(r.last, name) {
		r.number, r.known = r.numbers[string(name)]
		r.last = append(r.last[:0], name...)
	}
	return r.number, r.known
}

func readCells(path string, r *data.Results) error {
	var armNames, counterNames []string
	for _, arm := range r.Run.Arms {
		armNames = append(armNames, arm.Name)
	}
	for c := range data.NumCounters {
		counterNames = append(counterNames, c.String())
	}
	arms, byCounter, segments := newRegister(armNames), newRegister(counterNames), newRegister(r.Run.Segments)
	products, ordinals := newRegister(data.ProductNames()), newRegister(data.OrdinalClasses[:])

	r.Cells = make([][]data.CellSums, len(r.Run.Arms))
	size := (r.Run.Months + 1) * counters
	type key struct {
		arm int
		data.Cell
	}
	at := map[key]*data.CellSums{}
	var last key
	var sums *data.CellSums // of the last key
	return scan(path, (&cellTable{}).columns(), func(b *parquet.Batch) error {
		c := b.Columns // in the order of cellTable
		for i := range b.Rows {
			counter, known := byCounter.find(c[5].Texts[i])
			if !known {
				continue // counted by a later program
			}
			arm, ok1 := arms.find(c[0].Texts[i])
			segment, ok2 := segments.find(c[1].Texts[i])
			product, ok3 := products.find(c[2].Texts[i])
			ordinal, ok4 := ordinals.find(c[3].Texts[i])
			month := c[4].Ints[i]
			if !ok1 || !ok2 || !ok3 || !ok4 || arm < 0 || counter < 0 || month < 0 || month > int64(r.Run.Months) {
				return bad(path, "row %d names an arm, segment, product, ordinal class, counter or month that %s does not know", b.First+int64(i)+1, RunFile)
			}
			if k := (key{arm, data.Cell{Segment: segment, Product: product, Ordinal: ordinal}}); sums == nil || k != last {
				if sums = at[k]; sums == nil {
					sums = &data.CellSums{Cell: k.Cell, Sum: make([]int64, size), Squares: make([]float64, size)}
					at[k] = sums
					r.Cells[arm] = append(r.Cells[arm], *sums) // shares the slices
				}
				last = k
			}
			sums.Sum[int(month)*counters+counter], sums.Squares[int(month)*counters+counter] = c[6].Ints[i], squares(&c[7], i)
		}
		return nil
	})
}

// squares is a sum of squares; one that is no number was written as null.
func squares(v *parquet.Vector, row int) float64 {
	if v.IsNull(row) {
		return math.NaN()
	}
	return v.Floats[row]
}
