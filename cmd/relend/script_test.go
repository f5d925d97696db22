package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relend/data/parquet"
)

// The runs of tests are small and short: collecting garbage seldom halves what they cost and changes no result.
const seldom = 400 // percent

func TestMain(m *testing.M) {
	debug.SetGCPercent(seldom)
	testscript.Main(tidy{m}, map[string]func(){"relend": main})
}

// tidy removes what tests share when all have run.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer func() {
		for _, dir := range shared {
			_ = os.RemoveAll(dir) // it is in the place for temporary files
		}
	}()
	return t.M.Run()
}

// TestScripts runs testdata/*.txtar. Beside testscript's own commands there are:
//
//	code N relend ARGS...            run and require the exit code N
//	interrupt N relend ARGS...       the same, with an interrupt once the simulation has begun; ends within a second
//	murder N DIR relend ARGS...      start the command N times and kill it at a random moment of filling DIR
//	tape FILE [EDIT...]              write a canonical portfolio of 20 loans; see tape
//	cut FILE BYTES                   shorten a file by some bytes
//	same RUN RUN                     require two run directories to hold the same bytes, but for manifest.json
//	unpack ZIP                       unpack an archive of testdata
//	disk DIR SIZE                    mount a disk of that size at DIR, where the condition [mount] holds
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program some forty times")
	}
	testscript.Run(t, testscript.Params{
		Dir:             "testdata",
		Condition:       mountable,
		ContinueOnError: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GOGC", strconv.Itoa(seldom))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "interrupt": interrupt, "tape": tape, "cut": cut, "same": equalRuns, "unpack": unpack, "murder": murder, "disk": disk,
		},
	})
}

func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if text := ts.ReadFile("stderr"); strings.Contains(text, "goroutine ") {
		ts.Fatalf("the program broke:\n%s", text)
	}
}

// watched tells when a process has written some text.
type watched struct {
	written bytes.Buffer
	text    string
	seen    chan struct{}
}

func (w *watched) Write(p []byte) (int, error) {
	before := strings.Contains(w.written.String(), w.text)
	w.written.Write(p)
	if !before && strings.Contains(w.written.String(), w.text) {
		close(w.seen)
	}
	return len(p), nil
}

// mountable is the condition mount: whether disks in memory may be mounted.
func mountable(cond string) (bool, error) {
	if cond != "mount" {
		return false, fmt.Errorf("no condition %q", cond)
	}
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		return false, err
	}
	defer os.Remove(dir)
	if exec.Command("mount", "-t", "tmpfs", "tmpfs", dir).Run() != nil {
		return false, nil
	}
	return true, exec.Command("umount", dir).Run()
}

// disk mounts a disk in memory.
func disk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(dir, 0o777))
	ts.Check(exec.Command("mount", "-t", "tmpfs", "-o", "size="+args[1], "tmpfs", dir).Run())
	ts.Defer(func() { ts.Check(exec.Command("umount", dir).Run()) })
}

func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	c := exec.Command(programPath(ts, args[1]), args[2:]...)
	c.Dir = ts.MkAbs(".")
	out := &watched{text: "run: ", seen: make(chan struct{})}
	var complaints bytes.Buffer
	c.Stdout, c.Stderr = out, &complaints
	ts.Check(c.Start())
	select {
	case <-out.seen:
	case <-time.After(3 * time.Minute): // on a machine with much else to do
		ts.Check(c.Process.Kill())
		_ = c.Wait() // it was killed
		ts.Fatalf("the simulation did not begin\n%s", complaints.String())
	}
	time.Sleep(300 * time.Millisecond)
	sent := time.Now()
	ts.Check(c.Process.Signal(syscall.SIGINT))
	err = c.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("ended with %v, want exit code %d\n%s", err, want, complaints.String())
	}
	if took := time.Since(sent); took > time.Second {
		ts.Fatalf("ended %v after the interrupt", took)
	}
	ts.Logf("%s", complaints.String())
	if !strings.Contains(complaints.String(), "interrupted; nothing was written") {
		ts.Fatalf("says: %s", complaints.String())
	}
}

// murder starts a command again and again and kills it without warning: when it has added some files to a directory, and a random
// moment later.
func murder(ts *testscript.TestScript, _ bool, args []string) {
	times, err := strconv.Atoi(args[0])
	ts.Check(err)
	if os.Getenv("RELEND_SLOW") == "" {
		times = min(times, 3)
	}
	files := func() (n int) {
		_ = filepath.WalkDir(ts.MkAbs(args[1]), func(_ string, e fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(e.Name(), ".parquet") {
				n++
			}
			return nil
		})
		return n
	}
	random := rand.New(rand.NewPCG(20240601, 9))
	for range times {
		c := exec.Command(programPath(ts, args[2]), args[3:]...)
		c.Dir = ts.MkAbs(".")
		ts.Check(c.Start())
		enough := files() + random.IntN(6)
		for began := time.Now(); files() < enough && time.Since(began) < time.Minute; {
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	}
}

// programPath finds a command: testscript changes PATH of its own processes only.
func programPath(ts *testscript.TestScript, name string) string {
	program, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
			if _, err := os.Stat(dir + "/" + name); err == nil {
				program = dir + "/" + name
				break
			}
		}
	}
	return program
}

// tape writes 20 loans of 20 borrowers. Edits change it, in order:
//
//	COLUMN=VALUE      every row     COLUMN@ROW=VALUE  one row, from 1     -COLUMN  drop     rows=N  the first N
//
// A value is a number, null (of a column of fractions), inf, or text where the column is text.
func tape(ts *testscript.TestScript, _ bool, args []string) {
	const rows = 20
	ints := func(name string, f func(i int) int64) parquet.Column {
		c := parquet.Column{Name: name, Ints: make([]int64, rows)}
		for i := range c.Ints {
			c.Ints[i] = f(i)
		}
		return c
	}
	floats := func(name string, f func(i int) float64) parquet.Column {
		c := parquet.Column{Name: name, Floats: make([]float64, rows)}
		for i := range c.Floats {
			c.Floats[i] = f(i)
		}
		return c
	}
	texts := func(name, value string) parquet.Column {
		return parquet.Column{Name: name, Strings: slices.Repeat([]string{value}, rows)}
	}
	columns := []parquet.Column{
		ints("loan_id", func(i int) int64 { return int64(i + 1) }),
		ints("borrower_id", func(i int) int64 { return int64(100 + i) }),
		floats("balance", func(i int) float64 { return 1000 + 50*float64(i) }),
		floats("principal", func(i int) float64 { return 3000 }),
		floats("apr", func(int) float64 { return .18 }),
		ints("term_months", func(int) int64 { return 12 }),
		ints("months_on_book", func(i int) int64 { return int64(i % 9) }),
		ints("dpd", func(int) int64 { return 0 }),
		floats("income_monthly", func(int) float64 { return 5000 }),
		floats("pd12", func(i int) float64 { return .02 + .002*float64(i) }),
		texts("segment", "salaried"),
		texts("product", "annuity"),
	}
	for _, edit := range args[1:] {
		if name, ok := strings.CutPrefix(edit, "-"); ok {
			columns = slices.DeleteFunc(columns, func(c parquet.Column) bool { return c.Name == name })
			continue
		}
		place, value, ok := strings.Cut(edit, "=")
		if !ok {
			ts.Fatalf("tape: edit %q", edit)
		}
		name, row, one := strings.Cut(place, "@")
		at, err := 0, error(nil)
		if one {
			at, err = strconv.Atoi(row)
			ts.Check(err)
		}
		if name == "rows" {
			n, err := strconv.Atoi(value)
			ts.Check(err)
			for i, c := range columns {
				columns[i] = parquet.Column{Name: c.Name}
				switch {
				case c.Ints != nil:
					columns[i].Ints = c.Ints[:n]
				case c.Floats != nil:
					columns[i].Floats = c.Floats[:n]
				default:
					columns[i].Strings = c.Strings[:n]
				}
			}
			continue
		}
		i := slices.IndexFunc(columns, func(c parquet.Column) bool { return c.Name == name })
		if i < 0 {
			ts.Fatalf("tape: no column %q", name)
		}
		ts.Check(set(&columns[i], at, value))
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(errors.Join(parquet.Write(f, columns, parquet.Options{}), f.Close()))
}

// set changes a row of a column, from 1, or all with row 0; the column takes the type of the value.
func set(c *parquet.Column, row int, value string) error {
	n := len(c.Ints) + len(c.Floats) + len(c.Strings)
	rows := []int{row - 1}
	if row == 0 {
		rows = rows[:0]
		for i := range n {
			rows = append(rows, i)
		}
	}
	number, err := strconv.ParseFloat(value, 64)
	if value == "null" {
		number, err = math.NaN(), nil
	}
	switch {
	case err != nil:
		if c.Strings == nil {
			c.Strings = make([]string, n)
			for i := range n {
				if c.Ints != nil {
					c.Strings[i] = fmt.Sprint(c.Ints[i])
				} else {
					c.Strings[i] = fmt.Sprint(c.Floats[i])
				}
			}
		}
		c.Ints, c.Floats = nil, nil
	case c.Ints != nil && number != math.Trunc(number) || c.Ints != nil && math.IsInf(number, 0):
		for _, v := range c.Ints {
			c.Floats = append(c.Floats, float64(v))
		}
		c.Ints = nil
	}
	for _, i := range rows {
		switch {
		case c.Ints != nil:
			c.Ints[i] = int64(number)
		case c.Floats != nil:
			c.Floats[i] = number
		default:
			c.Strings[i] = value
		}
	}
	return nil
}

// unpack unpacks run-0.1.0.zip: the tape, the experiment and the run directory of relend 0.1.0, without its PNG charts.
func unpack(ts *testscript.TestScript, _ bool, args []string) {
	z, err := zip.OpenReader(filepath.Join(archives, args[0]))
	ts.Check(err)
	defer z.Close()
	ts.Check(os.CopyFS(ts.MkAbs("."), z))
}

// archives is where archives of testdata lie.
var archives, _ = filepath.Abs("testdata")

func cut(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()-int64(n)))
}

func equalRuns(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(sameRuns(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// sameRuns reports in which files two run directories differ, their manifests apart.
func sameRuns(one, other string) error {
	contents := func(dir string) (map[string]string, error) {
		files := map[string]string{}
		return files, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, dir)
			if err != nil || d.IsDir() || name == "/manifest.json" {
				return err
			}
			text, err := os.ReadFile(path)
			files[name] = string(text)
			return err
		})
	}
	a, err := contents(one)
	if err != nil {
		return err
	}
	b, err := contents(other)
	if err != nil {
		return err
	}
	if len(a) < 20 {
		return fmt.Errorf("%s holds %d files: it is no run", one, len(a))
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			err = errors.Join(err, fmt.Errorf("%s is not in the first run", name))
		}
	}
	for name, text := range a {
		if text != b[name] {
			err = errors.Join(err, fmt.Errorf("%s differs", name))
		}
	}
	return err
}
