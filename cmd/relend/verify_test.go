package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/data/rundir"
	"relend/output/table"
)

// tiny makes a copy of the run directory of a small tape, the tape beside it, in a folder that becomes the working directory.
func tiny(t *testing.T) {
	t.Helper()
	made := tinyRun(t)
	t.Chdir(t.TempDir())
	if err := os.CopyFS(".", os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
}

var tinyRun = once(func(dir string) error {
	before, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil { // inputs are known by the names that were given
		return err
	}
	experiment := "title: Tiny\nhorizon: 3 months\npaths: 8\nseed: 11\npolicies: [default, cooling_off_3]\nmeasures: [default_rate, served_share]\n"
	if err := os.WriteFile("experiment.yaml", []byte(experiment), 0o666); err != nil {
		return err
	}
	for _, arguments := range [][]string{
		{"portfolio", "synth", "--borrowers", "60", "--seed", "3", "-o", "loans.parquet"},
		{"run", "experiment.yaml", "-p", "loans.parquet", "-o", "run", "--quiet"},
	} {
		if code, _, stderr := relend(arguments...); code != exitOK {
			return fmt.Errorf("%q: %d %s", arguments, code, stderr)
		}
	}
	return os.Chdir(before)
})

// rewrite writes a run directory again with other results or another experiment: a forgery whose hashes and seal hold.
func rewrite(t *testing.T, from, to string, change func(*data.Results), experiment func(string) string, drawn bool) {
	t.Helper()
	f, err := openFinished(from)
	if err != nil {
		t.Fatal(err)
	}
	change(f.results)
	w, err := rundir.Create(to, true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Write(rundir.ExperimentFile, []byte(experiment(string(f.Experiment)))); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteResults(f.results); err != nil {
		t.Fatal(err)
	}
	if drawn {
		d, err := draw(f.results, drawOptions{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.write(w); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(f.Manifest); err != nil {
		t.Fatal(err)
	}
}

func same(s string) string { return s }

// A byte changed in a file of a run directory, or in an input, is found, and the file is named: of tables and of charts
// one of each kind, for all of them are read alike (package rundir tries every file).
func TestVerifyFindsAnyFile(t *testing.T) {
	tiny(t)
	if code, stdout, stderr := relend("verify", "run"); code != exitOK || !strings.Contains(stdout, "paths: 8 of 8 simulated again in 2 arms") {
		t.Fatalf("a whole run: %d %s%s", code, stdout, stderr)
	}
	files, kinds := []string{"experiment.yaml", "loans.parquet"}, map[string]bool{}
	err := filepath.WalkDir("run", func(path string, d fs.DirEntry, err error) error {
		kind := path
		if at := filepath.Dir(path); at != "run" && filepath.Base(at) != "results" {
			kind = at + filepath.Ext(path)
		}
		if err == nil && !d.IsDir() && !kinds[kind] {
			kinds[kind] = true
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 14 {
		t.Fatalf("%d files: %v, %v", len(files), files, err)
	}
	for i, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := len(raw) * (i%5 + 1) / 6
		raw[at] ^= 4
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := relend("verify", "run", "--paths", "0")
		if code != exitData || !strings.Contains(stderr, path+": ") || strings.Count(stderr, "\n") != 1 && filepath.Base(path) != rundir.ManifestFile {
			t.Errorf("byte %d of %s: code %d, %s%s", at, path, code, stdout, stderr)
		}
		raw[at] ^= 4
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := relend("verify", "run", "--paths", "2"); code != exitOK {
		t.Errorf("after all is mended: %s", stderr)
	}
}

// Results that were changed together with all that is drawn from them, with hashes and seal that hold, are found by
// simulating the paths again; a table or report that is not that of the results, by drawing it again.
func TestVerifyFindsForgeries(t *testing.T) {
	tiny(t)
	rewrite(t, "run", "counts", func(r *data.Results) { r.Row(1, 7, 2)[data.Granted]++ }, same, true)
	code, _, stderr := relend("verify", "counts")
	if code != exitData || !strings.Contains(stderr, "paths.parquet: path 7, arm cooling_off_3, month 2: granted is ") {
		t.Errorf("a count: %d %s", code, stderr)
	}
	rewrite(t, "run", "access", func(r *data.Results) { r.AccessOf(1, 0)[r.Run.AccessFlow(2, data.HasAsked, data.HasAsked)]++ }, same, true)
	code, _, stderr = relend("verify", "access")
	if code != exitData || !strings.Contains(stderr, "access.parquet: hearing 0, arm cooling_off_3: flow of 2 at 17 is ") {
		t.Errorf("an entry of the ledger of access: %d %s", code, stderr)
	}
	rewrite(t, "run", "rules", func(r *data.Results) { r.Bites(1, 0, 2, 0)[data.Decided]++ }, same, true)
	code, _, stderr = relend("verify", "rules")
	if code != exitData || !strings.Contains(stderr, "ledger.parquet: batch 0, arm cooling_off_3, month 2, rule ") || !strings.Contains(stderr, ": decided is ") {
		t.Errorf("an entry of the ledger of rules: %d %s", code, stderr)
	}
	f, err := openFinished("run")
	if err != nil {
		t.Fatal(err)
	}
	d, err := draw(f.results, drawOptions{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(string) string{
		"report.html": func(s string) string {
			return strings.Replace(s, `data-key="baseline/default_rate">`, `data-key="baseline/default_rate">1`, 1)
		},
		"tables/summary.csv": func(s string) string {
			return strings.Replace(s, ",default_rate,share,3,0.", ",default_rate,share,3,0.1", 1)
		},
		"report.md": func(s string) string { return strings.Replace(s, "Tiny", "Tidy", 1) },
	} {
		w, err := rundir.Redraw("run")
		if err != nil {
			t.Fatal(err)
		}
		files, err := d.all()
		if err != nil {
			t.Fatal(err)
		}
		if forged := change(string(files[name])); forged == string(files[name]) {
			t.Fatalf("%s: nothing to forge", name)
		} else {
			files[name] = []byte(forged)
		}
		for at, content := range files {
			if err := w.Write(at, content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(rundir.Manifest{Drawn: f.Manifest.Drawn, Redrawn: f.Manifest.Redrawn}); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := relend("verify", "run", "--paths", "0")
		if code != exitData || !strings.Contains(stderr, filepath.Join("run", filepath.FromSlash(name))+": is not what this version draws from the results") {
			t.Errorf("%s: %d %s", name, code, stderr)
		}
		if name != "report.md" && !strings.Contains(stderr, "baseline/default_rate is ") {
			t.Errorf("%s: the number is not named: %s", name, stderr)
		}
	}
}

// Tables that another build drew are compared row by row, whatever columns and rows that build had besides.
func TestTableDiffers(t *testing.T) {
	tables := filepath.Join(tinyRun(t), "run", "tables")
	written := func(rows [][]string) []byte {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, kind := range table.Kinds {
		raw, err := os.ReadFile(filepath.Join(tables, kind.Name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil || len(rows) < 3 {
			t.Errorf("%s: %d rows, %v", kind.Name, len(rows), err)
			continue
		}
		less := written(slices.Delete(slices.Clone(rows), 1, 2))
		if differs := tableDiffers(raw, less); differs != "" && kind.Name != "exceedance" { // points of a curve are told by their place
			t.Errorf("%s with one row less: %s", kind.Name, differs)
		}
		last := rows[len(rows)-1]
		for i, name := range rows[0] {
			if was := last[i]; !slices.Contains(tableKeys, name) {
				last[i] += "1"
				if differs := tableDiffers(raw, written(rows)); !strings.HasPrefix(differs, fmt.Sprintf("row %d (", len(rows))) {
					t.Errorf("%s: another %s is not found: %q", kind.Name, name, differs)
				}
				last[i] = was
			}
		}
		for i := range rows {
			rows[i] = append([]string{"more"}, rows[i]...)
		}
		if differs := tableDiffers(raw, written(rows)); differs != "" {
			t.Errorf("%s with one column more: %s", kind.Name, differs)
		}
	}
}

// The same inputs with other results are a change of the model, and not one of data or configuration.
func TestModelChange(t *testing.T) {
	tiny(t)
	rewrite(t, "run", "model", func(r *data.Results) { r.Row(0, 3, 2)[data.Defaults]++ }, same, false)
	code, stdout, _ := relend("gate", "model", "--against", "run", "--tolerance", "default_rate=±50pp", "--cause", "-o", "verdict")
	for _, want := range []string{"since run: model changed\n", "gate same model (error): fails: identical inputs give identical results; found model changed: defaults of baseline ",
		"cause of default_rate of baseline: ", "= program +"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
	var verdict struct {
		Passed  bool
		Against struct {
			ModelChanged bool `json:"model_changed"`
			Identical    bool
		}
	}
	raw, err := os.ReadFile("verdict/verdict.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &verdict); err != nil || code != exitGate || verdict.Passed || !verdict.Against.ModelChanged || verdict.Against.Identical {
		t.Errorf("code %d, %v, %s", code, err, raw)
	}
	if code, stdout, _ = relend("gate", "model", "--against", "run", "--model-change", "warn"); code != exitOK || !strings.Contains(stdout, "gate same model (warn): fails") {
		t.Errorf("as a warning: %d %s", code, stdout)
	}
	// What only words the report is no configuration.
	rewrite(t, "run", "titled", func(r *data.Results) { r.Row(0, 3, 2)[data.Defaults]++ }, func(s string) string { return strings.Replace(s, "title: Tiny", "title: Other", 1) }, false)
	if _, stdout, _ := relend("gate", "titled", "--against", "run"); !strings.Contains(stdout, "since run: model changed\n  presentation: title: Tiny → Other\n") {
		t.Errorf("another title: %s", stdout)
	}
	rewrite(t, "run", "seeded", func(r *data.Results) { r.Row(0, 3, 2)[data.Defaults]++ }, func(s string) string { return strings.Replace(s, "seed: 11", "seed: 12", 1) }, false)
	if code, stdout, _ := relend("gate", "seeded", "--against", "run"); code != exitOK || !strings.Contains(stdout, "since run: configuration changed\n  configuration: seed: 11 → 12\n") {
		t.Errorf("another seed: %d %s", code, stdout)
	}
}
