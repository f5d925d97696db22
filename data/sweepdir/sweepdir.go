// Package sweepdir keeps the results of a sweep: a directory with one file for each finished cell, named by the hash of what
// determines it.
//
//	sweep.json                what the sweep consists of
//	cells/ab/ab….parquet      sums of every measure over replicates, one file a cell
//	failed/ab….txt            why a cell failed
//	lock                      held by the process that adds cells
//	tables/ charts/ report.*  drawn from the above
//
// Every file appears under its name whole or not at all, so a process may be killed at any moment. Create is for the one process that
// adds cells, Open for those that read.
package sweepdir

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/parquet"
)

// The files of a sweep directory.
const (
	sweepFile  = "sweep.json"
	lockFile   = "lock"
	cellFolder = "cells"
	failFolder = "failed"
	partial    = ".partial" // ends the names of files that are being written
)

// ErrLocked is the cause of a refusal to add cells to a directory to which another process adds some.
var ErrLocked = errors.New("is in use")

// Dir is a sweep directory.
type Dir struct {
	path string
	lock *os.File
	open func(path string) (io.WriteCloser, error) // makes a new file
}

// Create opens a sweep directory to add cells, and makes it if need be. It fails with ErrLocked while another process
// does so. A directory that holds other things is refused.
func Create(path string) (*Dir, error) {
	d := &Dir{path: path, open: newFile}
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sweep directory %s: %w", path, cause(err))
	}
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == sweepFile || e.Name() == lockFile
	}
	if !ours {
		problems := &data.Problems{Cause: data.BadData}
		problems.Add("", "%s holds files and is not a sweep directory: choose another place with -o", path)
		return nil, problems
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("sweep directory %s: %w", path, cause(err))
	}
	if d.lock, err = Lock(filepath.Join(path, lockFile)); err != nil {
		if !errors.Is(err, ErrLocked) {
			return nil, fmt.Errorf("sweep directory %s cannot be locked: %w", path, cause(err))
		}
		holder := ""
		if pid, err := os.ReadFile(filepath.Join(path, lockFile)); err == nil && len(pid) > 0 {
			holder = ", process " + strings.TrimSpace(string(pid))
		}
		return nil, fmt.Errorf("sweep directory %s %w: another relend%s adds cells to it; wait for it to end, or choose another place with -o", path, ErrLocked, holder)
	}
	if err := d.lock.Truncate(0); err == nil { // who holds it is for messages only
		_, _ = d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return d, d.sweepUp()
}

// Open opens a sweep directory to read it, and to draw in it.
func Open(path string) (*Dir, error) {
	if _, err := os.Stat(filepath.Join(path, sweepFile)); err != nil {
		problems := &data.Problems{Cause: data.BadData}
		problems.Add("", "%s is not a sweep directory: it has no %s", path, sweepFile)
		return nil, problems
	}
	return &Dir{path: path, open: newFile}, nil
}

// Close releases the lock.
func (d *Dir) Close() {
	if d.lock != nil {
		_ = d.lock.Close() // unlocks
	}
}

// Running says whether a process adds cells now.
func (d *Dir) Running() bool {
	f, err := Lock(filepath.Join(d.path, lockFile))
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, ErrLocked)
}

// sweepUp removes what killed processes have left half-written.
func (d *Dir) sweepUp() error {
	return filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, partial) {
			err = os.Remove(path)
		}
		return err
	})
}

func newFile(path string) (io.WriteCloser, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

// Write writes a file under a name relative to the directory, whole or not at all.
func (d *Dir) Write(name string, content []byte) error {
	final := filepath.Join(d.path, filepath.FromSlash(name))
	if err := d.write(final, content); err != nil {
		return fmt.Errorf("cannot write %s of sweep directory %s: %w", name, d.path, cause(err))
	}
	return nil
}

func (d *Dir) write(final string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(final), 0o777); err != nil {
		return err
	}
	temp := final + "." + strconv.Itoa(os.Getpid()) + partial
	f, err := d.open(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if s, ok := f.(interface{ Sync() error }); ok && err == nil {
		err = s.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(temp, final)
	}
	if err != nil {
		_ = os.Remove(temp) // it never has the final name
	}
	return err
}

// WriteSweep writes what the sweep consists of.
func (d *Dir) WriteSweep(s *data.Sweep) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return d.Write(sweepFile, append(text, '\n'))
}

// Begun says whether it is known what the sweep consists of.
func (d *Dir) Begun() bool {
	_, err := os.Stat(filepath.Join(d.path, sweepFile))
	return err == nil
}

// Sweep reads what the sweep consists of.
func (d *Dir) Sweep() (*data.Sweep, error) {
	problems := &data.Problems{Cause: data.BadData}
	text, err := os.ReadFile(filepath.Join(d.path, sweepFile))
	s := &data.Sweep{}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	switch {
	case err != nil:
		problems.Add("", "%s of sweep directory %s cannot be read: %v", sweepFile, d.path, cause(err))
	case s.Format != data.SweepFormat:
		problems.Add("", "sweep directory %s has format %d, this program reads %d: run the sweep again", d.path, s.Format, data.SweepFormat)
	}
	for _, key := range s.Keys() { // names of files are made of them
		if raw, err := hex.DecodeString(key); err != nil || len(raw) != 16 {
			problems.Add("", "%s of sweep directory %s is damaged: %q is not the key of a cell; run the sweep again", sweepFile, d.path, key)
			break
		}
	}
	if h := s.Share; h != nil && (h.Part < 1 || h.Part > h.Of) {
		problems.Add("", "%s of sweep directory %s is damaged: part %d of %d; run the sweep again", sweepFile, d.path, h.Part, h.Of)
	}
	return s, problems.Err()
}

func (d *Dir) cell(key string) string {
	return cellFolder + "/" + key[:2] + "/" + key + ".parquet"
}

// Has says whether a cell is finished.
func (d *Dir) Has(key string) bool {
	_, err := os.Stat(filepath.Join(d.path, filepath.FromSlash(d.cell(key))))
	return err == nil
}

// WriteCell keeps the results of a cell.
func (d *Dir) WriteCell(key string, sums []data.Sums) error {
	measure, month := parquet.Column{Name: "measure", Strings: []string{}}, parquet.Column{Name: "month", Ints: []int64{}}
	num, den := parquet.Column{Name: "numerator", Floats: []float64{}}, parquet.Column{Name: "denominator", Floats: []float64{}}
	for _, s := range sums {
		for i := range s.Num {
			measure.Strings, month.Ints = append(measure.Strings, s.Measure), append(month.Ints, int64(s.Month))
			num.Floats, den.Floats = append(num.Floats, s.Num[i]), append(den.Floats, s.Den[i])
		}
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []parquet.Column{measure, month, num, den}, parquet.Options{KeyValue: map[string]string{"cell": key}}); err != nil {
		return err
	}
	if err := d.Write(d.cell(key), b.Bytes()); err != nil {
		return err
	}
	return d.Forget(key)
}

// Cell reads the results of a finished cell.
func (d *Dir) Cell(key string) ([]data.Sums, error) {
	name := filepath.Join(d.path, filepath.FromSlash(d.cell(key)))
	columns, meta, err := parquet.ReadTable(name)
	if err == nil && (len(columns) != 4 || meta["cell"] != key) {
		err = errors.New("it is not the cell that its name says")
	}
	if err != nil {
		problems := &data.Problems{Cause: data.BadData}
		problems.Add("", "%s is damaged: %v; remove it and run the sweep again", name, err)
		return nil, problems
	}
	var sums []data.Sums
	measure, month, num, den := columns[0].Strings, columns[1].Ints, columns[2].Floats, columns[3].Floats
	for from := 0; from < len(measure); {
		to := from
		for to < len(measure) && measure[to] == measure[from] && month[to] == month[from] {
			to++
		}
		sums = append(sums, data.Sums{Measure: measure[from], Month: int(month[from]), Num: num[from:to], Den: den[from:to]})
		from = to
	}
	return sums, nil
}

// Fail notes why a cell has failed.
func (d *Dir) Fail(key, reason string) error {
	return d.Write(failFolder+"/"+key+".txt", []byte(strings.TrimSpace(reason)+"\n"))
}

// Failure returns why a cell has failed; "" when it has not.
func (d *Dir) Failure(key string) string {
	text, err := os.ReadFile(filepath.Join(d.path, failFolder, key+".txt"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Forget takes back a failure.
func (d *Dir) Forget(key string) error {
	err := os.Remove(filepath.Join(d.path, failFolder, key+".txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// cause drops the operation and the path that package os puts before an error: messages name the directory themselves.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
