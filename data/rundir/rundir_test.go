package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"relend/data"
	"relend/data/parquet"
)

// sample makes results with noise in every counter.
func sample() *data.Results {
	rng := rand.New(rand.NewPCG(1, 2))
	r := &data.Results{Run: data.Run{
		Format: data.RunFormat, Program: "relend test", Title: "a <b> & c", Currency: "CNY", Seed: 1<<63 + 1,
		Paths: 4, Replicate: 2, Months: 3, Baseline: 0, Segments: []string{"中小", "prime"},
		Arms:  []data.Arm{{Name: "baseline", Rules: []string{"none"}}, {Name: "strict"}},
		Bands: []data.ScoreBand{{Lowest: .01, Highest: .1 + .2, Borrowers: 1<<62 + 1}, {Applicants: true}},
		Costs: data.Costs{Funding: 0.1 + 0.2, OutsideBalance: 1<<62 + 1},
	}}
	cells := []data.Cell{{Segment: 0, Product: 2, Ordinal: 3}, {Segment: data.All, Product: 0, Ordinal: data.All}, {Segment: 1, Product: data.All, Ordinal: data.All}}
	for range r.Run.Arms {
		counts := make([]int64, r.Run.Paths*(r.Run.Months+1)*counters)
		for i := range counts {
			counts[i] = rng.Int64() - rng.Int64()
		}
		r.Counts = append(r.Counts, counts)
		var sums []data.CellSums
		for _, c := range cells {
			s := data.CellSums{Cell: c, Sum: make([]int64, 4*counters), Squares: make([]float64, 4*counters)}
			for i := range s.Sum {
				if rng.IntN(3) > 0 {
					s.Sum[i], s.Squares[i] = rng.Int64(), rng.Float64()*1e30
				}
			}
			sums = append(sums, s)
		}
		r.Cells = append(r.Cells, sums)
	}
	for a := range r.Run.Arms {
		r.Run.Arms[a].Clauses = []data.Clause{{Name: "top_up", Of: "strict", Reason: "top_up"}, {Name: "amount_min"}}[a:]
		ledger := make([]int64, r.Run.Batches()*r.Run.Months*len(r.Run.Arms[a].Clauses)*data.NumBites)
		for i := range ledger {
			ledger[i] = rng.Int64N(3) * rng.Int64()
		}
		r.Ledger = append(r.Ledger, ledger)
		access := make([]int64, r.Run.Hearings()*r.Run.AccessSize())
		for i := range access {
			access[i] = rng.Int64N(3) * rng.Int64()
		}
		r.Access = append(r.Access, access)
	}
	return r
}

// finish writes a whole run directory.
func finish(t *testing.T, dir string, force bool) *data.Results {
	t.Helper()
	w, err := Create(dir, force)
	if err != nil {
		t.Fatal(err)
	}
	r := sample()
	must(t, fill(w, r))
	must(t, w.Commit(Manifest{Program: "relend test", Drawn: "relend test", Seed: r.Run.Seed}))
	w.Abort() // as by defer: must not touch what was committed
	return r
}

func fill(w *Writer, r *data.Results) error {
	return errors.Join(w.Write(ExperimentFile, []byte("title: t\n")), w.WriteResults(r),
		w.Write("report.md", []byte("# report\n")), w.Write("tables/summary.csv", []byte("arm\n")))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entries lists everything under a directory.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if path != dir {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, rel)
		}
		return err
	}))
	return names
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "a")
	want := finish(t, dir, false)
	run, got, err := Open(dir)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("results differ:\n got %+v\nwant %+v", got.Run, want.Run)
	}
	if string(run.Experiment) != "title: t\n" || run.Manifest.Seed != want.Run.Seed || len(run.Manifest.Files) != 8 {
		t.Errorf("run: %s, %+v", run.Experiment, run.Manifest)
	}
	for _, f := range run.Manifest.Files {
		in, err := HashFile(filepath.Join(dir, f.Name))
		if err != nil || in.SHA256 != f.SHA256 || in.Bytes != f.Bytes {
			t.Errorf("%s: %+v, manifest has %+v (%v)", f.Name, in, f, err)
		}
	}
	if left := entries(t, filepath.Dir(dir)); len(left) != 12 { // the run, 2 folders, 9 files
		t.Errorf("left behind: %v", left)
	}
}

func TestSameBytes(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b"} {
		finish(t, filepath.Join(root, name), false)
	}
	for _, f := range append(computed, ManifestFile) {
		a, err := os.ReadFile(filepath.Join(root, "a", f))
		must(t, err)
		b, err := os.ReadFile(filepath.Join(root, "b", f))
		must(t, err)
		if string(a) != string(b) {
			t.Errorf("%s differs between two writings", f)
		}
	}
}

func TestExisting(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "run")
	finish(t, dir, false)
	if _, err := Create(dir, false); !errors.Is(err, ErrExists) {
		t.Errorf("existing run without force: %v", err)
	}
	finish(t, dir, true)
	if left := entries(t, root); len(left) != 12 {
		t.Errorf("after replacement: %v", left)
	}

	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o666))
	if _, err := Create(dir, true); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("run with a file of the user: %v", err)
	}

	other := filepath.Join(root, "thesis")
	must(t, os.MkdirAll(other, 0o777))
	w, err := Create(other, false) // empty: nothing is overwritten
	must(t, err)
	must(t, os.WriteFile(filepath.Join(other, "chapter.tex"), []byte("x"), 0o666))
	must(t, fill(w, sample()))
	if err := w.Commit(Manifest{}); !errors.Is(err, ErrExists) {
		t.Errorf("somebody was faster: %v", err)
	}
	for _, force := range []bool{false, true} {
		if _, err := Create(other, force); !errors.Is(err, ErrExists) {
			t.Errorf("not a run directory, force %v: %v", force, err)
		}
	}
	file := filepath.Join(root, "file")
	must(t, os.WriteFile(file, nil, 0o666))
	if _, err := Create(file, true); !errors.Is(err, ErrExists) {
		t.Errorf("a file in the way: %v", err)
	}
	if got := entries(t, other); len(got) != 1 || got[0] != "chapter.tex" {
		t.Errorf("the other directory was touched: %v", got)
	}
	for _, name := range entries(t, root) {
		if strings.Contains(name, "partial") {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	root := t.TempDir()
	w, err := Create(filepath.Join(root, "run"), false)
	must(t, err)
	must(t, fill(w, sample()))
	if got := entries(t, root); len(got) == 0 || strings.HasPrefix(got[0], "run") {
		t.Errorf("while writing: %v", got)
	}
	w.Abort()
	if got := entries(t, root); len(got) != 0 {
		t.Errorf("after abort: %v", got)
	}
}

func TestStop(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "run"), false)
	must(t, err)
	defer w.Abort()
	pieces := 0
	w.Stop = func() error {
		if pieces++; pieces > 3 {
			return errors.New("enough")
		}
		return nil
	}
	err = w.Stream("long", func(out io.Writer) error {
		for {
			if _, err := out.Write(make([]byte, 1000)); err != nil {
				return err
			}
		}
	})
	if err == nil || !strings.HasSuffix(err.Error(), "enough") || pieces != 4 {
		t.Errorf("after %d pieces: %v", pieces, err)
	}
}

// fullDisk has room for a number of bytes.
type fullDisk struct {
	io.WriteCloser
	room *int
}

func (f fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), *f.room)
	*f.room -= n
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: "/tmp/secret", Err: syscall.ENOSPC}
	}
	return f.WriteCloser.Write(p)
}

func TestFullDisk(t *testing.T) {
	full := 0
	for room := 0; full < 2; room += 9999 {
		root := t.TempDir()
		w, err := Create(filepath.Join(root, "run"), false)
		must(t, err)
		left := room
		w.open = func(path string) (io.WriteCloser, error) {
			f, err := openFile(path)
			return fullDisk{f, &left}, err
		}
		if err = fill(w, sample()); err == nil {
			err = w.Commit(Manifest{})
		} else {
			w.Abort()
		}
		if err == nil {
			full++ // enough room: the loop has passed the size of everything
			continue
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "run: no space left on device") || strings.Contains(err.Error(), "secret") {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		if got := entries(t, root); len(got) != 0 {
			t.Fatalf("room for %d bytes: left %v", room, got)
		}
	}
}

func TestUnwritable(t *testing.T) {
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "file"), nil, 0o666))
	_, err := Create(filepath.Join(root, "file", "run"), false)
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("output below a file: %v", err)
	}
}

func TestNamesAreChecked(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "run"), false)
	must(t, err)
	defer w.Abort()
	must(t, w.Write("a", nil))
	for _, name := range []string{"a", "../b", "/b", "", ManifestFile} {
		if w.Write(name, nil) == nil {
			t.Errorf("%q was written", name)
		}
	}
	r := sample()
	r.Run.Segments[0] = ""
	if err := w.WriteResults(r); err == nil || !strings.Contains(err.Error(), "without a name") {
		t.Errorf("segment without a name: %v", err)
	}
}

func TestRedraw(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "run")
	want := finish(t, dir, false)
	must(t, os.WriteFile(filepath.Join(dir, "tables", "notes.txt"), []byte("mine"), 0o666))
	before, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	must(t, err)

	redraw := func(content string) {
		w, err := Redraw(dir)
		must(t, err)
		must(t, errors.Join(w.Write("report.md", []byte(content)), w.Write("tables/summary.csv", []byte("arm\n"))))
		must(t, w.Commit(Manifest{Drawn: "relend test", Host: "elsewhere"}))
	}
	redraw("# report\n")
	if after, _ := os.ReadFile(filepath.Join(dir, ManifestFile)); string(after) != string(before) {
		t.Errorf("manifest changed by the same drawing:\n%s\n%s", before, after)
	}
	redraw("# better\n")
	if got, _ := os.ReadFile(filepath.Join(dir, "report.md")); string(got) != "# better\n" {
		t.Errorf("report: %s", got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "tables", "notes.txt")); string(got) != "mine" {
		t.Errorf("the user's file: %q", got)
	}
	_, got, err := Open(dir)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Error("results changed by redrawing")
	}
	if left := entries(t, root); len(left) != 13 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Redraw(root); err == nil || !strings.Contains(err.Error(), "is not a run directory") {
		t.Errorf("redraw of something else: %v", err)
	}
}

// rewrite changes a file of a run directory and its hash in the manifest.
func rewrite(t *testing.T, dir, name string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, change(raw), 0o666))
	in, err := HashFile(path)
	must(t, err)
	m, err := readManifest(dir)
	must(t, err)
	for i := range m.Files {
		if m.Files[i].Name == name {
			m.Files[i].SHA256 = in.SHA256
		}
	}
	raw, err = json.Marshal(m)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, ManifestFile), raw, 0o666))
}

func TestOpenRefuses(t *testing.T) {
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !strings.Contains(string(b), old) {
				panic("nothing to replace: " + old)
			}
			return []byte(strings.Replace(string(b), old, new, 1))
		}
	}
	plain := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, name), change(raw), 0o666))
		}
	}
	hashed := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) { rewrite(t, dir, name, change) }
	}
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, n := range names {
				must(t, os.Remove(filepath.Join(dir, n)))
			}
		}
	}
	paths := func(change func([]parquet.Column) []parquet.Column) func(*testing.T, string) {
		return hashed(PathsFile, func([]byte) []byte {
			r := sample()
			columns := pathColumns(0)
			for a, arm := range r.Run.Arms {
				for i, v := range r.Counts[a] {
					if c := i % counters; c == 0 {
						columns[0].Strings = append(columns[0].Strings, arm.Name)
						columns[1].Ints = append(columns[1].Ints, int64(i/counters/4))
						columns[2].Ints = append(columns[2].Ints, int64(i/counters%4))
					}
					columns[keys+i%counters].Ints = append(columns[keys+i%counters].Ints, v)
				}
			}
			var b strings.Builder
			must(t, parquet.Write(&b, change(columns), parquet.Options{}))
			return []byte(b.String())
		})
	}
	whole := filepath.Join(t.TempDir(), "whole")
	finish(t, whole, false)
	for name, c := range map[string]struct {
		damage func(*testing.T, string)
		want   []string
	}{
		"no directory":    {func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) }, []string{"run: cannot open run directory: no such file"}},
		"no manifest":     {remove(ManifestFile), []string{"is not a run directory: it has no manifest.json"}},
		"not JSON":        {plain(ManifestFile, func([]byte) []byte { return []byte("{") }), []string{"is not a file of a run directory"}},
		"no format":       {plain(ManifestFile, func([]byte) []byte { return []byte("{}") }), []string{"no format number"}},
		"newer":           {plain(ManifestFile, replace(`"format": 1`, `"format": 99, "seed": "x"`)), []string{"has format 99, this program reads formats up to 1: use a newer relend"}},
		"newer run":       {hashed(RunFile, replace(`"format": 1`, `"format": 99`)), []string{"run.json: has format 99"}},
		"climbing":        {plain(ManifestFile, replace(`"report.md"`, `"../report.md"`)), []string{"not inside the run directory"}},
		"missing files":   {remove(PathsFile, RunFile), []string{"paths.parquet: is missing from the run directory", "run.json: is missing"}},
		"changed":         {plain(RunFile, replace("a <b> & c", "another")), []string{"run.json: has changed since the run was finished"}},
		"truncated":       {plain(PathsFile, func(b []byte) []byte { return b[:len(b)-1] }), []string{"paths.parquet: has changed"}},
		"unlisted":        {plain(ManifestFile, replace(ExperimentFile, "other.yaml")), []string{"experiment.yaml: is not listed in manifest.json"}},
		"not Parquet":     {hashed(CellsFile, func([]byte) []byte { return []byte("PAR0") }), []string{"cells.parquet"}},
		"more paths":      {hashed(RunFile, replace(`"paths": 4`, `"paths": 4611686018427387904`)), []string{"has 32 rows; 2 arms, 4611686018427387904 paths"}},
		"odd paths":       {hashed(RunFile, replace(`"paths": 4`, `"paths": 5`)), []string{"contradicts itself: 5 paths in replicates of 2"}},
		"twice":           {hashed(RunFile, replace(`"name": "strict"`, `"name": "baseline"`)), []string{`arm "baseline" is there twice`}},
		"unknown arm":     {hashed(RunFile, replace(`"name": "strict"`, `"name": "lax"`)), []string{`row 17 is arm "strict", path 0, month 0`}},
		"unknown segment": {hashed(RunFile, replace("中小", "other")), []string{"cells.parquet: row", "does not know"}},
		"no column":       {paths(func(c []parquet.Column) []parquet.Column { return append(c[:1:1], c[2:]...) }), []string{`paths.parquet: has no column "path"`}},
		"wrong type": {paths(func(c []parquet.Column) []parquet.Column {
			c[4] = parquet.Column{Name: c[4].Name, Strings: make([]string, 32)}
			return c
		}), []string{`column "borrowers_d1" has another type`}},
		"wrong key type": {paths(func(c []parquet.Column) []parquet.Column {
			c[1] = parquet.Column{Name: "path", Strings: make([]string, 32)}
			return c
		}), []string{`column "path" has another type`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			must(t, os.CopyFS(dir, os.DirFS(whole)))
			c.damage(t, dir)
			_, _, err := Open(dir)
			var problems *data.Problems
			if err == nil || name != "not Parquet" && (!errors.As(err, &problems) || problems.Cause != data.BadData) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}

	t.Run("other counters", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "run")
		finish(t, dir, false)
		paths(func(c []parquet.Column) []parquet.Column {
			return append(c[:len(c)-1:len(c)-1], parquet.Column{Name: "counted_later", Ints: make([]int64, 32)})
		})(t, dir)
		_, r, err := Open(dir)
		must(t, err)
		last := data.NumCounters - 1
		if len(r.Run.Warnings) != 1 || !strings.Contains(r.Run.Warnings[0], last.String()) || r.Row(0, 0, 1)[last] != 0 || r.Row(1, 2, 3)[0] != sample().Row(1, 2, 3)[0] {
			t.Errorf("warnings %v", r.Run.Warnings)
		}
	})
}

func TestBigGroups(t *testing.T) {
	r := sample()
	r.Run.Paths = pathRows / 4 * 2 / 3 // the second group begins inside the second arm
	for a := range r.Counts {
		r.Counts[a] = make([]int64, r.Run.Paths*4*counters)
		for i := range r.Counts[a] {
			r.Counts[a][i] = int64(i * (a + 1))
		}
	}
	path := filepath.Join(t.TempDir(), "paths.parquet")
	f, err := os.Create(path)
	must(t, err)
	must(t, writePaths(f, r))
	must(t, f.Close())
	back := &data.Results{Run: r.Run}
	must(t, readPaths(path, back))
	if !reflect.DeepEqual(back.Counts, r.Counts) {
		t.Error("counts differ over several row groups")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"files":[{"name":"results/run.json","sha256":"x"}]}`))
	f.Add([]byte(`{"format":1e400}`))
	f.Add([]byte(`[1,`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, ManifestFile), raw, 0o666))
		if _, _, err := Open(dir); err == nil {
			t.Error("a directory without results was opened")
		}
	})
}

func ExampleWriter() {
	root, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(root)
	w, err := Create(filepath.Join(root, "run"), false)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Abort() // does nothing after Commit
	if err := w.Write("report.md", []byte("# Report\n")); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Commit(Manifest{Program: "example"}))
	// Output: <nil>
}

// Weights of paths are read back to the bit, a damaged one is refused, and a run without weights has no column of them.
func TestWeights(t *testing.T) {
	r := sample()
	r.Weigh([]float64{2, .1 + .2, 1e-9, 1})
	dir := t.TempDir()
	path := filepath.Join(dir, "paths.parquet")
	write := func(r *data.Results) {
		t.Helper()
		f, err := os.Create(path)
		must(t, err)
		must(t, writePaths(f, r))
		must(t, f.Close())
	}
	read := func(effective float64) ([]float64, error) {
		got := &data.Results{Run: r.Run}
		got.Run.Effective = effective
		err := readPaths(path, got)
		return got.Weights, err
	}
	write(r)
	if got, err := read(r.Run.Effective); err != nil || !slices.Equal(got, r.Weights) {
		t.Errorf("read back %v, %v", got, err)
	}
	if _, err := read(0); err == nil || !strings.Contains(err.Error(), "states no effective sample size") {
		t.Errorf("weights that run.json knows nothing of: %v", err)
	}
	r.Weights = []float64{2, 1, -1, 1}
	write(r)
	if _, err := read(1); err == nil || !strings.Contains(err.Error(), "weight -1 is not that of path 2") {
		t.Errorf("a negative weight: %v", err)
	}
	r.Weights = nil
	write(r)
	if _, err := read(1); err == nil || !strings.Contains(err.Error(), "has no weights of the paths") {
		t.Errorf("weights missing: %v", err)
	}
	if got, err := read(0); err != nil || got != nil {
		t.Errorf("a run without weights: %v, %v", got, err)
	}
}

// The directory of a program that did not count what rules do, or who is served, opens and says so.
func TestOpensWithoutLedgers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	want := finish(t, dir, false)
	must(t, errors.Join(os.Remove(filepath.Join(dir, LedgerFile)), os.Remove(filepath.Join(dir, AccessFile))))
	m, err := readManifest(dir)
	must(t, err)
	m.Files = slices.DeleteFunc(m.Files, func(f File) bool { return f.Name == LedgerFile || f.Name == AccessFile })
	raw, err := encode(m)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, ManifestFile), raw, 0o666))
	_, r, err := Open(dir)
	must(t, err)
	if r.Ledger != nil || r.Access != nil || len(r.Run.Warnings) != 2 || !strings.Contains(r.Run.Warnings[0], "what each rule does") || !strings.Contains(r.Run.Warnings[1], "who is served") || !reflect.DeepEqual(r.Counts, want.Counts) {
		t.Errorf("ledger of %d arms, warnings %q", len(r.Ledger), r.Run.Warnings)
	}
}

// A ledger that names what the run does not know is refused.
func TestForeignLedger(t *testing.T) {
	dir := t.TempDir()
	r := sample()
	path := filepath.Join(dir, "ledger.parquet")
	write := func(r *data.Results) {
		f, err := os.Create(path)
		must(t, err)
		must(t, errors.Join(writeLedger(f, r), f.Close()))
	}
	write(r)
	back := &data.Results{Run: r.Run}
	if must(t, readLedger(path, back)); !reflect.DeepEqual(back.Ledger, r.Ledger) {
		t.Error("the ledger reads back otherwise")
	}
	for what, spoil := range map[string]func(run *data.Run){
		"arm":   func(run *data.Run) { run.Arms[0].Name = "other" },
		"batch": func(run *data.Run) { run.Paths = 2 },
		"month": func(run *data.Run) { run.Months = 2 },
		"rule":  func(run *data.Run) { run.Arms[0].Clauses = run.Arms[0].Clauses[:1] },
	} {
		spoilt := &data.Results{Run: r.Run}
		spoilt.Run.Arms = slices.Clone(r.Run.Arms)
		spoil(&spoilt.Run)
		if err := readLedger(path, spoilt); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Errorf("another %s: %v", what, err)
		}
	}
}

// An access ledger that names what the run does not know is refused, but for figures of a later program.
func TestForeignAccess(t *testing.T) {
	r := sample()
	path := filepath.Join(t.TempDir(), "access.parquet")
	f, err := os.Create(path)
	must(t, err)
	must(t, errors.Join(writeAccess(f, r), f.Close()))
	back := &data.Results{Run: r.Run}
	if must(t, readAccess(path, back)); !reflect.DeepEqual(back.Access, r.Access) {
		t.Error("the ledger reads back otherwise")
	}
	for what, spoil := range map[string]func(run *data.Run){
		"arm":     func(run *data.Run) { run.Arms[0].Name = "other" },
		"batch":   func(run *data.Run) { run.Paths = 2 },
		"horizon": func(run *data.Run) { run.Months = 2 },
		"band":    func(run *data.Run) { run.Bands = run.Bands[:1] },
	} {
		spoilt := &data.Results{Run: r.Run}
		spoilt.Run.Arms = slices.Clone(r.Run.Arms)
		spoil(&spoilt.Run)
		if err := readAccess(path, spoilt); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Errorf("another %s: %v", what, err)
		}
	}
}

// Every entry has a place of its own, which is where the run says that it is.
func TestAccessEntries(t *testing.T) {
	run := sample().Run
	for _, months := range []int{1, 3, 12, 40, 130, 600} {
		run.Months = months
		list := run.AccessEntries()
		places := map[data.AccessEntry]int{}
		for i, e := range list {
			places[e] = i
		}
		last := run.Cohorts() - 1
		for _, x := range []struct {
			at    int
			entry data.AccessEntry
		}{
			{run.AccessFlow(1, data.WasServed, data.HasFailed), data.AccessEntry{Figure: "flow", Of: 1, At: 2*data.NumStatus + 8}},
			{run.AccessSpan(1, data.Horizon) + int(data.Defaults), data.AccessEntry{Figure: "defaults", Of: 1, At: int(data.Horizon)}},
			{run.AccessSpread(data.AtSequence) + 5, data.AccessEntry{Figure: "sequence", At: 5}},
			{run.AccessLoans(last), data.AccessEntry{Figure: "loans", Of: last}},
			{run.AccessDefaults(last, months), data.AccessEntry{Figure: "loan_defaults", Of: last, At: months}},
			{run.AccessFurther(), data.AccessEntry{Figure: "further_defaults"}},
		} {
			if places[x.entry] != x.at {
				t.Errorf("%d months: %+v lies at %d, the run says %d", months, x.entry, places[x.entry], x.at)
			}
		}
		if len(places) != len(list) || len(list) != run.AccessSize() || run.CohortOf(months-1) != last || run.CohortOf(-1) != 0 || run.Cohorts() > 42 {
			t.Errorf("%d months: %d entries with %d names, %d cohorts", months, len(list), len(places), run.Cohorts())
		}
	}
}
