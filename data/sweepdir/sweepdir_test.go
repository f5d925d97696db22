package sweepdir

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"relend/data"
)

func sums() []data.Sums {
	return []data.Sums{
		{Measure: "default_rate", Month: 6, Num: []float64{1, 2, 3}, Den: []float64{10, 10, 10}},
		{Measure: "default_rate", Month: 12, Num: []float64{2, 4, 6}, Den: []float64{10, 10, 10}},
		{Measure: "par_30", Month: 12, Num: []float64{.5, 0, .25}, Den: []float64{1, 2, 3}},
	}
}

const key = "abcdef0123456789abcdef0123456789"

func TestCells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "sweep")
	d, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(d.Fail(key, "the machine\n"), d.WriteSweep(&data.Sweep{Format: data.SweepFormat, Title: "x"})); err != nil {
		t.Fatal(err)
	}
	if d.Has(key) || d.Failure(key) != "the machine" {
		t.Error("a failed cell is not finished")
	}
	if err := d.WriteCell(key, sums()); err != nil {
		t.Fatal(err)
	}
	got, err := d.Cell(key)
	if err != nil || !reflect.DeepEqual(got, sums()) || !d.Has(key) || d.Failure(key) != "" {
		t.Errorf("%v, %v", got, err)
	}
	if s, err := d.Sweep(); err != nil || s.Title != "x" {
		t.Error(s, err)
	}

	// Two processes: the second is refused, and told so; readers are welcome.
	if !d.Running() {
		t.Error("nobody seems to run")
	}
	if _, err := Create(path); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "another relend, process ") {
		t.Error(err)
	}
	if _, err := Open(path); err != nil {
		t.Error(err)
	}
	left := filepath.Join(path, cellFolder, "x"+partial)
	if err := os.WriteFile(left, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	d.Close()
	again, err := Create(path)
	if err != nil || again.Running() == false {
		t.Fatal(err)
	}
	again.Close()
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed process left is still there")
	}
	if again.Running() {
		t.Error("somebody seems to run")
	}

	// Damage is found.
	file := filepath.Join(path, filepath.FromSlash(d.cell(key)))
	text, _ := os.ReadFile(file)
	for _, damaged := range [][]byte{text[:len(text)/2], nil} {
		if err := os.WriteFile(file, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cell(key); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Error(err)
		}
	}
	other := strings.Replace(key, "a", "b", 1)
	if err := os.MkdirAll(filepath.Join(path, cellFolder, "bb"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, filepath.FromSlash(d.cell(other))), text, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Cell(other); err == nil || !strings.Contains(err.Error(), "not the cell") {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is not a sweep directory") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thesis.doc"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), "is not a sweep directory") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, sweepFile), []byte(`{"format": 99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Sweep(); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Error(err)
	}
}

// full is a disk that takes a few bytes and no more.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, syscall.ENOSPC
	}
	f.room -= len(p)
	return len(p), nil
}
func (f *full) Close() error { return nil }

// TestFullDisk: a cell for which there is no room is not there, and what was there stays.
func TestFullDisk(t *testing.T) {
	d, err := Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.WriteCell(key, sums()); err != nil {
		t.Fatal(err)
	}
	d.open = func(string) (io.WriteCloser, error) { return &full{20}, nil }
	more := sums()
	more[0].Num[0] = math.Pi
	other := strings.Replace(key, "a", "b", 1)
	if err := d.WriteCell(other, more); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
	if d.Has(other) || !d.Has(key) {
		t.Error("a cell that could not be written is there, or another one is gone")
	}
	if got, err := d.Cell(key); err != nil || !reflect.DeepEqual(got, sums()) {
		t.Error(err)
	}
}
