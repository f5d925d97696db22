package rundir

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"relend/data"
	"relend/data/parquet"
)

// The files of a part of a run, beside manifest and experiment. Its paths are those that it covers, from 0.
const (
	PartFile   = "part.json"
	partPaths  = "part/paths.parquet"
	partHalves = "part/halves.parquet"
	partCells  = "part/cells.parquet"
	partLedger = "part/ledger.parquet"
	partAccess = "part/access.parquet"
)

var partial = []string{ExperimentFile, PartFile, partPaths, partHalves, partCells, partLedger, partAccess}

// Part is a directory with what a shard of a run has counted.
type Part struct {
	Format     int         `json:"format"`
	Program    string      `json:"program"`
	Part       int         `json:"part"` // 1 to Of
	Of         int         `json:"of"`
	By         string      `json:"by"`
	Block      int         `json:"block_rows"` // of a portfolio that was read in blocks; 0: it was in memory
	Experiment string      `json:"experiment"` // SHA-256 of the resolved experiment
	Portfolio  string      `json:"portfolio"`  // SHA-256 of the hashes of the files that make it
	Borrowers  int         `json:"borrowers"`  // of the run, with applicants
	Subjects   int         `json:"subjects"`   // that a path of the run simulates
	First      int         `json:"first_path"`
	Paths      int         `json:"paths"`
	Halved     int         `json:"halved_paths"`
	Weighted   bool        `json:"weighted"`
	As         []int       `json:"same_as"` // by arm: the arm whose counts it has
	Cells      []data.Cell `json:"cells"`
	Slice      data.Check  `json:"slice"` // the comparison with the exact expectation, which each part makes; without a name where it could not be made, Result is why
	Run        data.Run    `json:"run"`   // as of the whole run, but for what arms shared

	Dir      string   `json:"-"`
	Manifest Manifest `json:"-"`
}

// Shard is what the part covers.
func (p *Part) Shard() data.Shard {
	return data.Shard{Part: p.Part, Of: p.Of, By: data.Axis(max(0, slices.Index(data.AxisNames(), p.By)))}
}

// WritePart writes a partial with its description, of which it fills in what the partial knows.
func (w *Writer) WritePart(p Part, y *data.Partial) error {
	p.Format, p.Part, p.Of, p.By = data.RunFormat, y.Shard.Part, y.Shard.Of, y.Shard.By.String()
	p.Subjects, p.First, p.Paths, p.Weighted, p.As, p.Cells, p.Run = y.Subjects, y.First, y.Paths, y.Weights != nil, y.As, y.Cells, y.Run
	p.Halved = len(y.Halves[0]) / ((y.Run.Months + 1) * counters)
	raw, err := encode(p)
	if err != nil {
		return fmt.Errorf("write %s: %w", PartFile, err)
	}
	if err := w.Write(PartFile, raw); err != nil {
		return err
	}
	paths, halves := p.tables()
	for i := range y.Counts {
		if y.As[i] == i {
			paths.Counts, halves.Counts = append(paths.Counts, y.Counts[i]), append(halves.Counts, y.Halves[i])
		}
	}
	paths.Weights = y.Weights
	if err := w.Stream(partPaths, func(out io.Writer) error { return writePaths(out, paths) }); err != nil {
		return err
	}
	if err := w.Stream(partHalves, func(out io.Writer) error { return writePaths(out, halves) }); err != nil {
		return err
	}
	if err := w.Stream(partCells, func(out io.Writer) error { return writePartCells(out, y) }); err != nil {
		return err
	}
	if err := w.Stream(partLedger, func(out io.Writer) error { return numbers(out, y.Ledger) }); err != nil {
		return err
	}
	return w.Stream(partAccess, func(out io.Writer) error { return numbers(out, y.Access) })
}

// ledgerNumbers are the columns of the ledgers of a part: an entry is a place in that of an arm. Zeros are left out.
var ledgerNumbers = []string{"arm", "entry", "count"}

// tables are what the counts of a part are written and read as: results of its paths, and of those that are halved, with
// the arms that are counted themselves.
func (p *Part) tables() (paths, halves *data.Results) {
	run := data.Run{Months: p.Run.Months, Paths: p.Paths, Replicate: 1}
	for i, as := range p.As {
		if as == i {
			run.Arms = append(run.Arms, p.Run.Arms[i])
		}
	}
	paths, halves = &data.Results{Run: run}, &data.Results{Run: run}
	halves.Run.Paths = p.Halved
	if p.Weighted {
		paths.Run.Effective = 1 // the table has weights
	}
	return paths, halves
}

// cellNumbers are the columns of the cells of a part. By paths a row is an entry of a sum over replicates with the upper
// and the lower 64 bits of the sum of squares, by borrowers it is an entry of one replicate. Entries are
// month*counters + counter; rows of zeros are left out.
func cellNumbers(by data.Axis) []string {
	if by == data.ByBorrowers {
		return []string{"arm", "replicate", "cell", "entry", "count"}
	}
	return []string{"arm", "cell", "entry", "sum", "upper", "lower"}
}

func writePartCells(out io.Writer, y *data.Partial) error {
	block := (y.Run.Months + 1) * counters
	return writeNumbers(out, cellNumbers(y.Shard.By), func(row func(...int64) error) error {
		for arm := range y.Sums {
			for cell, s := range y.Sums[arm] {
				for at, sum := range s.Sum {
					if sum == 0 && s.Upper[at] == 0 && s.Lower[at] == 0 {
						continue
					}
					if err := row(int64(arm), int64(cell), int64(at), sum, int64(s.Upper[at]), int64(s.Lower[at])); err != nil {
						return err
					}
				}
			}
		}
		for arm := range y.Replicates {
			for replicate, counts := range y.Replicates[arm] {
				for at, v := range counts {
					if v == 0 {
						continue
					}
					if err := row(int64(arm), int64(replicate), int64(at/block), int64(at%block), v); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// writeNumbers writes a table of whole numbers row by row.
func writeNumbers(out io.Writer, names []string, fill func(row func(...int64) error) error) error {
	var columns []parquet.Column
	for _, name := range names {
		columns = append(columns, parquet.Column{Name: name, Ints: []int64{}})
	}
	t, err := parquet.NewWriter(out, columns, parquet.Options{})
	if err != nil {
		return err
	}
	flush := func(least int) error {
		if len(columns[0].Ints) < least {
			return nil
		}
		err := t.WriteGroup(columns)
		for i := range columns {
			columns[i].Ints = columns[i].Ints[:0]
		}
		return err
	}
	err = fill(func(values ...int64) error {
		for i, v := range values {
			columns[i].Ints = append(columns[i].Ints, v)
		}
		return flush(parquet.GroupRows)
	})
	if err == nil {
		err = flush(1)
	}
	if err != nil {
		return err
	}
	return t.Close()
}

// OpenPart reads the description of a part after checking that its files are complete and unchanged since.
func OpenPart(dir string) (*Part, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	listed := func(name string) bool {
		return slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == name })
	}
	if !listed(PartFile) {
		return nil, bad(dir, "is not a part of a run: it has no %s", PartFile)
	}
	if err := verify(dir, m, partial); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, PartFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, bad(dir, "cannot read %s: %v", PartFile, cause(err))
	}
	p := &Part{Dir: dir, Manifest: *m}
	if err := unmarshal(path, raw, p, &p.Format); err != nil {
		return nil, err
	}
	return p, p.consistent(path)
}

// consistent checks what the reader of the counts relies on.
func (p *Part) consistent(path string) error {
	if err := consistent(path, &p.Run); err != nil {
		return err
	}
	if p.Part < 1 || p.Part > p.Of || !slices.Contains(data.AxisNames(), p.By) || p.First < 0 || p.Paths < 1 || p.First > p.Run.Paths-p.Paths ||
		p.Paths%p.Run.Replicate != 0 || p.Halved < 0 || p.Halved > p.Paths || len(p.As) != len(p.Run.Arms) || p.Subjects < 1 || len(p.Cells) == 0 {
		return bad(path, "contradicts itself: part %d of %d by %q, paths %d and %d more of %d", p.Part, p.Of, p.By, p.First, p.Paths, p.Run.Paths)
	}
	for i, as := range p.As {
		if as < 0 || as > i || p.As[as] != as {
			return bad(path, "contradicts itself: arm %d has the counts of arm %d", i, as)
		}
	}
	return nil
}

// ExperimentText is the resolved experiment of the part, YAML.
func (p *Part) ExperimentText() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(p.Dir, ExperimentFile))
	if err != nil {
		return nil, bad(p.Dir, "cannot read %s: %v", ExperimentFile, cause(err))
	}
	return text, nil
}

// Read reads what the part has counted. blank gives a sum over replicates of its cells and their margins before anything
// is counted.
func (p *Part) Read(blank func(cells []data.Cell, months int) []data.ExactSums) (*data.Partial, error) {
	y := &data.Partial{Shard: p.Shard(), Run: p.Run, As: p.As, Subjects: p.Subjects, Cells: p.Cells, First: p.First, Paths: p.Paths}
	paths, halves := p.tables()
	for name, r := range map[string]*data.Results{partPaths: paths, partHalves: halves} {
		file := filepath.Join(p.Dir, filepath.FromSlash(name))
		if err := readPaths(file, r); err != nil {
			return nil, err
		}
		if len(r.Run.Warnings) > 0 {
			return nil, bad(file, "%s", r.Run.Warnings[0])
		}
	}
	y.Weights = paths.Weights
	at := 0
	for i, as := range p.As {
		y.Counts, y.Halves = append(y.Counts, nil), append(y.Halves, nil)
		if as == i {
			y.Counts[i], y.Halves[i] = paths.Counts[at], halves.Counts[at]
			at++
		}
	}
	var err error
	if y.Ledger, err = p.readCounts(partLedger, func(arm int) int {
		return p.Run.Batches() * p.Run.Months * len(p.Run.Arms[arm].Clauses) * data.NumBites
	}); err != nil || p.Weighted {
		return y, err
	}
	if y.Access, err = p.readCounts(partAccess, func(int) int { return p.Run.Hearings() * p.Run.AccessSize() }); err != nil {
		return nil, err
	}
	for i, as := range p.As {
		switch {
		case y.Shard.By == data.ByBorrowers:
			y.Replicates = append(y.Replicates, make([][]int64, p.Paths/p.Run.Replicate))
			for r := range y.Replicates[i] {
				if as == i {
					y.Replicates[i][r] = make([]int64, len(p.Cells)*(p.Run.Months+1)*counters)
				}
			}
		case as == i:
			y.Sums = append(y.Sums, blank(p.Cells, p.Run.Months))
		default:
			y.Sums = append(y.Sums, nil)
		}
	}
	return y, p.readCells(y)
}

// arm returns an arm that has counts of its own.
func (p *Part) arm(number int64) (int, bool) {
	return int(number), number >= 0 && number < int64(len(p.As)) && p.As[number] == int(number)
}

func (p *Part) readCells(y *data.Partial) error {
	block := int64((p.Run.Months + 1) * counters)
	return p.readNumbers(partCells, cellNumbers(y.Shard.By), func(row []int64) bool {
		arm, ok := p.arm(row[0])
		switch {
		case !ok:
			return false
		case y.Shard.By == data.ByBorrowers:
			replicate, cell, entry := row[1], row[2], row[3]
			if replicate < 0 || replicate >= int64(len(y.Replicates[arm])) || cell < 0 || cell >= int64(len(p.Cells)) || entry < 0 || entry >= block {
				return false
			}
			y.Replicates[arm][replicate][cell*block+entry] = row[4]
		default:
			cell, entry := row[1], row[2]
			if cell < 0 || cell >= int64(len(y.Sums[arm])) || entry < 0 || entry >= block {
				return false
			}
			s := &y.Sums[arm][cell]
			s.Sum[entry], s.Upper[entry], s.Lower[entry] = row[3], uint64(row[4]), uint64(row[5])
		}
		return true
	})
}

// readNumbers reads a table of whole numbers row by row; take refuses a row that cannot be.
func (p *Part) readNumbers(name string, names []string, take func(row []int64) bool) error {
	path := filepath.Join(p.Dir, filepath.FromSlash(name))
	f, err := parquet.Open(path, parquet.Limits{})
	if err != nil {
		return err
	}
	defer f.Close()
	row := make([]int64, len(names))
	return f.Read(context.Background(), names, func(b *parquet.Batch) error {
		for i := range b.Columns {
			if b.Columns[i].Kind != parquet.Int || b.Columns[i].Null != nil {
				return bad(path, "column %q has another type than it should", names[i])
			}
		}
		for at := range b.Rows {
			for i := range row {
				row[i] = b.Columns[i].Ints[at]
			}
			if !take(row) {
				return bad(path, "row %d names an arm, a place or an entry that %s does not know", b.First+int64(at)+1, PartFile)
			}
		}
		return nil
	})
}

// Belongs lists in what a part is not one of the same run as another.
func (p *Part) Belongs(other *Part) (differences []string) {
	for _, c := range []struct {
		name      string
		one, here any
	}{
		{"version of the program", other.Program, p.Program},
		{"number of parts", other.Of, p.Of},
		{"division", other.By, p.By},
		{"rows of a block", other.Block, p.Block},
		{"experiment", other.Experiment, p.Experiment},
		{"portfolio", other.Portfolio, p.Portfolio},
	} {
		if c.one != c.here {
			differences = append(differences, fmt.Sprintf("%s %v, there %v", c.name, c.here, c.one))
		}
	}
	if len(differences) > 0 {
		return differences
	}
	fixed := func(p Part) string {
		p.Part, p.First, p.Paths, p.Halved, p.Run.Sharing = 0, 0, 0, 0, data.Sharing{}
		raw, _ := json.Marshal(p) // plain values
		return string(raw)
	}
	if fixed(*p) != fixed(*other) {
		differences = append(differences, "what it says of the run (anchoring, intake, checks) differs, although experiment and portfolio are the same")
	}
	return differences
}
