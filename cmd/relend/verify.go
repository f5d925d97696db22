package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/rundir"
	"relend/output"
	"relend/output/chart"
	"relend/output/html"
	outputtable "relend/output/table"
	"relend/scenarios"
)

// verifyOptions are the choices of `relend verify`.
type verifyOptions struct {
	files   []string
	paths   int
	workers int
}

func newVerifyCommand(env *environment) *cobra.Command {
	o := verifyOptions{paths: 8}
	c := &cobra.Command{
		Use:   "verify RUN",
		Short: "Check that a finished run is what it was, and that it can be repeated",
		Long: "Computes the hashes of every file of a run directory and of every input again, draws tables, charts and reports\n" +
			"again and compares them, looks every number of the report up in the tables, and simulates a sample of the paths\n" +
			"again and compares the counts, and what they add to the ledgers of access and of rules, to the bit. (Above 64\n" +
			"replicates a batch of the ledger of rules adds up several: of it a sample tells what rules were asked, and of\n" +
			"what they decided the least.) What differs is named; nothing is written. Inputs are looked for\n" +
			"where the run found them, beside the run directory, and among the files given with -p.\n\n" +
			"Exit code 4: something is not what it was. Exit code 6: nothing is wrong, but something could not be checked:\n" +
			"an input that is not there, or paths that another version of the program computed and this one does otherwise.",
		Example: "  relend verify runs/default-0123abcd\n  relend verify runs/2024-06 -p archive/loans.parquet --paths 64",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.paths < 0 {
				return usage("--paths: 0 or more is needed, found %d", o.paths)
			}
			if c.Flags().Changed("workers") && o.workers < 1 {
				return usage("--workers: 1 or more is needed, found %d", o.workers)
			}
			return o.run(c.Context(), env, args[0])
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&o.files, "portfolio", "p", nil, "where the portfolio's files are now; repeat for several")
	f.IntVar(&o.paths, "paths", o.paths, "paths to simulate again, spread over the run; 0 for none")
	f.IntVar(&o.workers, "workers", 0, "goroutines of the engine expect (default: one per processor)")
	return c
}

// verification collects what is found.
type verification struct {
	env      *environment
	problems data.Problems
	open     []string // what could not be checked
}

func (v *verification) says(format string, args ...any) {
	fmt.Fprintf(v.env.stdout, format+"\n", args...)
}

func (v *verification) wrong(file, format string, args ...any) {
	v.problems.List = append(v.problems.List, data.Problem{File: file, Message: fmt.Sprintf(format, args...)})
}

func (v *verification) unchecked(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	v.open = append(v.open, text)
	v.says("not checked: %s", text)
}

// uncheckedError says that nothing is wrong as far as it could be checked.
type uncheckedError struct{ what []string }

func (e *uncheckedError) Error() string {
	return fmt.Sprintf("nothing is wrong, but %s could not be checked", output.Plural(len(e.what), "thing"))
}

func (o *verifyOptions) run(ctx context.Context, env *environment, dir string) error {
	v := &verification{env: env, problems: data.Problems{Cause: data.BadData}}
	m, err := rundir.Check(dir)
	if err != nil {
		return err // nothing else can be trusted
	}
	own := "and the manifest itself hold"
	if !m.Sealed() {
		own = "hold; the manifest is of a version that did not seal it"
	}
	v.says("files: %s %s", output.Plural(len(m.Files), "file"), own)
	f, err := openFinished(dir)
	if err != nil {
		return err
	}
	inputs, err := f.inputs(o.files)
	if err != nil {
		return err
	}
	held := 0
	for _, in := range inputs {
		switch {
		case in.found != "":
			held++
		case in.changed:
			v.wrong(in.Path, "has changed since the run read it: its SHA-256 is not the one in %s", rundir.ManifestFile)
		default:
			v.unchecked("input %s is not there; -p says where a portfolio's file is now", in.Path)
		}
	}
	v.says("inputs: %s of %d hold", output.Number(float64(held), 0), len(inputs))
	options, err := chosen(f.Manifest.Drawing)
	if err != nil {
		return err
	}
	drawn, err := interruptible(ctx, func() (drawing, error) { return draw(f.results, options, 0) })
	if err != nil {
		return err
	}
	if err := v.redraw(f, &drawn); err != nil {
		return err
	}
	if err := v.numbers(f); err != nil {
		return err
	}
	if o.paths > 0 {
		if err := o.replay(ctx, v, f); err != nil {
			return err
		}
	}
	if err := v.problems.Err(); err != nil {
		return err
	}
	if len(v.open) > 0 {
		return &uncheckedError{v.open}
	}
	return nil
}

// redraw compares what is drawn from the results with what lies in the directory: the bytes where this version drew them,
// else the tables value by value.
func (v *verification) redraw(f *finished, drawn *drawing) error {
	again, err := drawn.all()
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, file := range f.Manifest.Files {
		listed[file.Name] = true
	}
	same := build() != "" && f.Manifest.Redrawn == build()
	if d := f.Manifest.Drawing; d != nil && d.Font != chart.FontUsed() {
		same = false
		v.unchecked("charts were lettered in %q, which is not the font of this machine", d.Font)
	}
	compared := 0
	for _, name := range slices.Sorted(maps.Keys(again)) {
		path := filepath.Join(f.Dir, filepath.FromSlash(name))
		if !listed[name] {
			if same {
				v.wrong(path, "is drawn from the results and not in the directory")
			}
			continue
		}
		there, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case bytes.Equal(there, again[name]):
			compared++
		case same:
			v.wrong(path, "is not what this version draws from the results")
		case strings.HasSuffix(name, ".csv"):
			if differs := tableDiffers(there, again[name]); differs != "" {
				v.unchecked("%s was drawn by another build, and this one draws other values: %s", path, differs)
			} else {
				compared++
			}
		}
	}
	if same {
		v.says("drawn: %s drawn again, the same to the byte", output.Plural(compared, "file"))
	} else {
		v.says("drawn: by another build (%s); of %d files that this one (%s) draws, %s the same bytes or values", f.Manifest.Drawn, len(again), program+revision(), has(compared))
	}
	return nil
}

// has words a number of files.
func has(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

// tableKeys are the columns that say what a row of a table is about.
var tableKeys = []string{"arm", "measure", "month", "from_month", "item", "state", "move", "stage", "number", "figure", "band", "status", "spread", "cohort", "months_on_book",
	"statistic", "reason", "segment", "dimension", "class", "part", "probability", "paths"}

// tableDiffers compares the columns that two tables share, row by row, and says where they differ first; "" nowhere.
func tableDiffers(there, again []byte) string {
	read := func(raw []byte) ([][]string, map[string]int, error) {
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil || len(rows) == 0 {
			return nil, nil, errors.Join(err, errors.New("no header"))
		}
		at := map[string]int{}
		for i, name := range rows[0] {
			at[name] = i
		}
		return rows[1:], at, nil
	}
	old, oldAt, err := read(there)
	if err != nil {
		return fmt.Sprintf("is not a table: %v", err)
	}
	now, nowAt, err := read(again)
	if err != nil {
		return fmt.Sprintf("cannot be compared: %v", err)
	}
	keys := slices.DeleteFunc(slices.Clone(tableKeys), func(name string) bool {
		_, before := oldAt[name]
		_, after := nowAt[name]
		return !before || !after
	})
	key := func(row []string, at map[string]int) string {
		var words []string
		for _, name := range keys {
			words = append(words, row[at[name]])
		}
		return strings.Join(words, " ")
	}
	rows := map[string][][]string{} // in their order where a key has several
	for _, row := range now {
		k := key(row, nowAt)
		rows[k] = append(rows[k], row)
	}
	for i, row := range old {
		k := key(row, oldAt)
		if len(rows[k]) == 0 {
			continue // of a measure that this version does not have
		}
		other := rows[k][0]
		rows[k] = rows[k][1:]
		for _, name := range slices.Sorted(maps.Keys(oldAt)) {
			if at, shared := nowAt[name]; shared && row[oldAt[name]] != other[at] {
				return fmt.Sprintf("row %d (%s): %s is %s, the results give %s", i+2, k, name, cmp.Or(row[oldAt[name]], "empty"), cmp.Or(other[at], "empty"))
			}
		}
	}
	return ""
}

// numbers looks every number of the report up in the tables.
func (v *verification) numbers(f *finished) error {
	page, err := os.ReadFile(filepath.Join(f.Dir, "report.html"))
	if err != nil {
		return err
	}
	table, err := os.ReadFile(filepath.Join(f.Dir, "tables", "summary.csv"))
	if err != nil {
		return err
	}
	tables := map[string][]byte{}
	for _, k := range outputtable.Kinds {
		if raw, err := os.ReadFile(filepath.Join(f.Dir, "tables", k.Name+".csv")); err == nil { // an older program wrote fewer
			tables[k.Name] = raw
		}
	}
	found, wrong := html.LookUp(page, table, f.results.Run.Months)
	traced, other := html.Trace(page, tables)
	found += traced
	for _, w := range append(wrong, other...) {
		v.wrong(filepath.Join(f.Dir, "report.html"), "%s", w)
	}
	if found == 0 {
		v.says("numbers: report.html is of a version that gave its numbers no keys to the tables")
	} else {
		v.says("numbers: %s of report.html looked up in the tables", output.Plural(found, "number"))
	}
	return nil
}

// replay simulates a sample of the paths again.
func (o *verifyOptions) replay(ctx context.Context, v *verification, f *finished) error {
	source, err := f.source(o.files)
	if err != nil {
		return err
	}
	if len(source.missing) > 0 {
		v.unchecked("no path is simulated again without %s", output.List(source.missing, 4))
		return nil
	}
	j, err := f.prepare(ctx, source)
	if err != nil {
		return err
	}
	run := &f.results.Run
	paths := spread(run.Paths, o.paths)
	var counts [][][]int64
	if j.experiment.Engine == scenarios.ExpectEngine { // its draws are shared out over all paths
		all, err := j.run(ctx, cmp.Or(o.workers, runtime.GOMAXPROCS(0)))
		if err != nil {
			return err
		}
		paths = spread(run.Paths, run.Paths)
		for a := range all.Counts {
			counts = append(counts, slices.Collect(slices.Chunk(all.Counts[a], len(all.Counts[a])/run.Paths)))
		}
	} else if counts, err = interruptible(ctx, func() ([][][]int64, error) { return j.plan.Replay(ctx, paths) }); err != nil {
		return err
	}
	if len(counts) != len(run.Arms) {
		v.wrong(f.Dir, "has results of %s, its experiment has %d", output.Plural(len(run.Arms), "arm"), len(counts))
		return nil
	}
	size := (run.Months + 1) * int(data.NumCounters)
	for a, arm := range run.Arms {
		for i, path := range paths {
			there := f.results.Counts[a][path*size : (path+1)*size]
			for _, c := range f.results.Lacks { // of an older program
				for at := int(c); at < size; at += int(data.NumCounters) {
					counts[a][i][at] = 0
				}
			}
			if slices.Equal(there, counts[a][i]) {
				continue
			}
			at := 0
			for there[at] == counts[a][i][at] {
				at++
			}
			what := fmt.Sprintf("path %d, arm %s, month %d: %s is %d, simulated again it is %d", path, arm.Name, at/int(data.NumCounters),
				data.Counter(at%int(data.NumCounters)), there[at], counts[a][i][at])
			if f.Manifest.Build == "" || f.Manifest.Build != build() {
				v.unchecked("the paths were computed by another build (%s), and this one (%s) computes other ones: %s", f.Manifest.Program, program+revision(), what)
			} else {
				v.wrong(filepath.Join(f.Dir, filepath.FromSlash(rundir.PathsFile)), "%s", what)
			}
			return nil
		}
	}
	v.says("paths: %d of %d simulated again in %s, the same to the bit", len(paths), run.Paths, output.Plural(len(run.Arms), "arm"))
	if j.experiment.Engine == scenarios.ExpectEngine || run.Paths != j.plan.Paths() {
		return nil // no ledger is kept
	}
	return o.ledgers(ctx, v, f, j)
}

// ledgers simulates a sample of the replicates that are heard again and compares what they add to the ledgers: all of a
// hearing of the access, and of the rules all of a batch that is one replicate. Of a batch of several, what rules were asked
// is told exactly, because the first alone is heard, and the rest must be at least what the first adds.
func (o *verifyOptions) ledgers(ctx context.Context, v *verification, f *finished, j *job) error {
	run, replicate := &f.results.Run, max(f.results.Run.Replicate, 1)
	if f.results.Ledger == nil && f.results.Access == nil {
		return nil
	}
	whole := run.Paths/replicate <= data.MostBatches
	units := spread(run.Hearings(), max(1, o.paths/replicate))
	for _, unit := range units {
		shard := data.Shard{Part: unit + 1, Of: j.plan.Units(data.ByPaths), By: data.ByPaths}
		part, err := interruptible(ctx, func() (*data.Partial, error) { return j.plan.RunShard(ctx, shard, 1, nil) })
		if err != nil {
			return err
		}
		again := &data.Results{Run: part.Run}
		for _, as := range part.As {
			if part.Ledger != nil {
				again.Ledger = append(again.Ledger, part.Ledger[as])
			}
			if part.Access != nil {
				again.Access = append(again.Access, part.Access[as])
			}
		}
		file, what := rundir.AccessFile, accessDiffers(f.results, again, unit)
		if what == "" {
			file, what = rundir.LedgerFile, rulesDiffer(f.results, again, run.BatchOf(unit*replicate), whole)
		}
		switch {
		case what == "":
		case f.Manifest.Build == "" || f.Manifest.Build != build():
			v.unchecked("the ledgers were computed by another build (%s), and this one (%s) computes other ones: %s", f.Manifest.Program, program+revision(), what)
			return nil
		default:
			v.wrong(filepath.Join(f.Dir, filepath.FromSlash(file)), "%s", what)
			return nil
		}
	}
	told := "the same to the bit"
	if !whole {
		told = "the same to the bit; what rules decided is bounded from below alone, because a batch adds up several replicates"
	}
	v.says("ledgers: of access and of rules, %d of %s that are heard simulated again, %s", len(units), output.Plural(run.Hearings(), "replicate"), told)
	return nil
}

// accessDiffers says where the ledger of access differs first in a hearing; "" nowhere.
func accessDiffers(there, again *data.Results, hearing int) string {
	if there.Access == nil && again.Access == nil {
		return ""
	}
	if there.Access == nil || again.Access == nil || there.Run.AccessSize() != again.Run.AccessSize() {
		return "the run and its experiment keep different ledgers of access"
	}
	entries := there.Run.AccessEntries()
	for a, arm := range there.Run.Arms {
		old, now := there.AccessOf(a, hearing), again.AccessOf(a, hearing)
		for i, e := range entries {
			if old[i] != now[i] && !slices.ContainsFunc(there.Lacks, func(c data.Counter) bool { return c.String() == e.Figure }) {
				return fmt.Sprintf("hearing %d, arm %s: %s of %d at %d is %d, simulated again it is %d", hearing, arm.Name, e.Figure, e.Of, e.At, old[i], now[i])
			}
		}
	}
	return ""
}

// rulesDiffer says where what rules do differs first in a batch, the whole of which was simulated again or a part; "" nowhere.
func rulesDiffer(there, again *data.Results, batch int, whole bool) string {
	if there.Ledger == nil && again.Ledger == nil {
		return ""
	}
	if there.Ledger == nil || again.Ledger == nil {
		return "the run and its experiment keep different ledgers of rules"
	}
	for a, arm := range there.Run.Arms {
		if len(arm.Clauses) != len(again.Run.Arms[a].Clauses) {
			return fmt.Sprintf("arm %s has %d rules, its experiment has %d", arm.Name, len(arm.Clauses), len(again.Run.Arms[a].Clauses))
		}
		for m := 1; m <= there.Run.Months; m++ {
			for i, clause := range arm.Clauses {
				old, now := there.Bites(a, batch, data.Month(m), i), again.Bites(a, batch, data.Month(m), i)
				for b := range data.Bite(data.NumBites) {
					exact := whole || b == data.Asked || b == data.WouldBind
					switch {
					case exact && old[b] != now[b]:
						return fmt.Sprintf("batch %d, arm %s, month %d, rule %s: %s is %d, simulated again it is %d", batch, arm.Name, m, clause.Name, b, old[b], now[b])
					case old[b] < now[b]:
						return fmt.Sprintf("batch %d, arm %s, month %d, rule %s: %s is %d, a part simulated again has %d", batch, arm.Name, m, clause.Name, b, old[b], now[b])
					}
				}
			}
		}
	}
	return ""
}

// spread picks at most n of the paths evenly, the first and the last among them.
func spread(paths, n int) (list []int) {
	n = min(n, paths)
	for i := range n {
		list = append(list, i*(paths-1)/max(n-1, 1))
	}
	return list
}
