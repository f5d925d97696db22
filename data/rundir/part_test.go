package rundir

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"relend/data"
)

// part makes a partial with noise in every count, and large squares.
func part(by data.Axis, weighted bool) *data.Partial {
	rng := rand.New(rand.NewPCG(3, 4))
	r := sample()
	y := &data.Partial{Shard: data.Shard{Part: 1, Of: 2, By: by}, Run: r.Run, As: []int{0, 0, 2}, Subjects: 9, Cells: []data.Cell{{Segment: 0, Product: 2, Ordinal: 3}, {Segment: 1}}, Paths: 2}
	y.Run.Arms = append(y.Run.Arms, data.Arm{Name: "other"})
	if by == data.ByBorrowers {
		y.Paths = 4
	}
	noise := func(n int) []int64 {
		list := make([]int64, n)
		for i := range list {
			if rng.IntN(3) > 0 {
				list[i] = rng.Int64() - rng.Int64()
			}
		}
		return list
	}
	block := 4 * counters
	y.Counts, y.Halves = make([][]int64, 3), make([][]int64, 3)
	for _, a := range []int{0, 2} {
		y.Counts[a], y.Halves[a] = noise(y.Paths*block), noise(y.Paths*block)
	}
	y.Run.Arms[0].Clauses, y.Run.Arms[2].Clauses = make([]data.Clause, 2), make([]data.Clause, 3)
	y.Ledger = [][]int64{noise(2 * 3 * 2 * data.NumBites), nil, noise(2 * 3 * 3 * data.NumBites)}
	if !weighted {
		size := y.Run.Hearings() * y.Run.AccessSize()
		y.Access = [][]int64{noise(size), nil, noise(size)}
	}
	switch {
	case weighted:
		y.Weights = []float64{.5, 1.5}
	case by == data.ByBorrowers:
		y.Replicates = make([][][]int64, 3)
		for a := range y.Replicates {
			y.Replicates[a] = make([][]int64, 2)
			if a != 1 {
				y.Replicates[a][0], y.Replicates[a][1] = noise(2*block), noise(2*block)
			}
		}
	default:
		y.Sums = [][]data.ExactSums{blank(y.Cells, 3), nil, blank(y.Cells, 3)}
		for _, a := range []int{0, 2} {
			for i := range y.Sums[a] {
				s := &y.Sums[a][i]
				copy(s.Sum, noise(block))
				s.Upper[5], s.Lower[5], s.Lower[6] = 1<<63+7, 1<<64-1, 1
			}
		}
	}
	return y
}

func blank(cells []data.Cell, months int) (list []data.ExactSums) {
	n := (months + 1) * counters
	for _, c := range cells {
		list = append(list, data.ExactSums{Cell: c, Sum: make([]int64, n), Upper: make([]uint64, n), Lower: make([]uint64, n)})
	}
	return list
}

func writePart(w *Writer, y *data.Partial) error {
	return errors.Join(w.Write(ExperimentFile, []byte("title: t\n")), w.WritePart(Part{Program: "relend test", Experiment: "e", Portfolio: "p"}, y))
}

func TestPartRoundTrip(t *testing.T) {
	for _, want := range []*data.Partial{part(data.ByPaths, false), part(data.ByBorrowers, false), part(data.ByPaths, true)} {
		dir := filepath.Join(t.TempDir(), "part")
		w, err := Create(dir, false)
		must(t, err)
		must(t, writePart(w, want))
		must(t, w.Commit(Manifest{}))
		p, err := OpenPart(dir)
		must(t, err)
		got, err := p.Read(blank)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: a part is read as another one", want.Shard)
		}
		if text, err := p.ExperimentText(); err != nil || string(text) != "title: t\n" {
			t.Errorf("experiment %q, %v", text, err)
		}
		other := *p
		if d := p.Belongs(&other); len(d) > 0 {
			t.Errorf("a part is not one of its own run: %v", d)
		}
		other.Run.Anchoring.Method = "else"
		if d := p.Belongs(&other); len(d) != 1 || !strings.Contains(d[0], "anchoring") {
			t.Errorf("another anchoring: %v", d)
		}
		other = *p
		other.Block = 5000
		if d := p.Belongs(&other); len(d) != 1 || d[0] != "rows of a block 0, there 5000" {
			t.Errorf("another way to read the portfolio: %v", d)
		}
		if _, _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a part of a run") {
			t.Errorf("opened as a run: %v", err)
		}
	}
}

// A disk that fills up at any byte leaves nothing, and the error says so.
func TestFullDiskOfAPart(t *testing.T) {
	full := false
	for room := 0; !full; room += 9999 {
		root := t.TempDir()
		w, err := Create(filepath.Join(root, "part"), false)
		must(t, err)
		left := room
		w.open = func(path string) (io.WriteCloser, error) {
			f, err := openFile(path)
			return fullDisk{f, &left}, err
		}
		if err = writePart(w, part(data.ByBorrowers, false)); err == nil {
			err = w.Commit(Manifest{})
		} else {
			w.Abort()
		}
		if full = err == nil; full {
			break
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "part: no space left on device") {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		if got := entries(t, root); len(got) != 0 {
			t.Fatalf("room for %d bytes: left %v", room, got)
		}
	}
}

func TestPartThatContradictsItself(t *testing.T) {
	for find, put := range map[string]string{
		`"of": 2`: `"of": 0`, `"by": "paths"`: `"by": "arms"`, `"first_path": 0`: `"first_path": 3`,
		`"paths": 2,`: `"paths": 1,`, `"subjects": 9`: `"subjects": 0`, `"format": 1`: `"format": 99`,
	} {
		dir := filepath.Join(t.TempDir(), "part")
		w, err := Create(dir, false)
		must(t, err)
		must(t, writePart(w, part(data.ByPaths, false)))
		raw, err := os.ReadFile(filepath.Join(w.temp, PartFile))
		must(t, err)
		changed := strings.Replace(string(raw), find, put, 1)
		if changed == string(raw) {
			t.Fatalf("%s is not in\n%s", find, raw)
		}
		must(t, os.WriteFile(filepath.Join(w.temp, PartFile), []byte(changed), 0o666))
		sum, size, err := hash(filepath.Join(w.temp, PartFile))
		must(t, err)
		w.files[PartFile] = File{Name: PartFile, SHA256: sum, Bytes: size}
		must(t, w.Commit(Manifest{}))
		if _, err := OpenPart(dir); err == nil || !strings.Contains(err.Error(), "part.json") {
			t.Errorf("%s: %v", put, err)
		}
	}
}
