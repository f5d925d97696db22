package rundir

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"relend/data"
)

// ErrExists is the cause of a refusal to write a run directory where something exists already.
var ErrExists = errors.New("exists already")

// Writer fills a run directory. It is for one goroutine. End it with Commit or Abort.
type Writer struct {
	// Stop, if set, is asked before each piece of a file is written; its error ends the writing.
	Stop func() error

	final, temp string
	replace     bool      // what has the final name is replaced
	keep        *Manifest // of the directory being redrawn
	files       map[string]File
	open        func(path string) (io.WriteCloser, error)
}

func openFile(path string) (io.WriteCloser, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Create starts a run directory with the given final name; missing parents are made. Where something other than
// an empty directory has that name it fails with ErrExists, unless force is set and it is a run directory
// without files of other origin: that one is replaced on Commit.
func Create(final string, force bool) (*Writer, error) {
	final, err := filepath.Abs(final)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(final); err == nil {
		final = real
	}
	w := &Writer{final: final, replace: force, files: map[string]File{}, open: openFile}
	if err := w.vacant(); err != nil {
		return nil, err
	}
	return w, w.begin()
}

// Redraw starts a new version of a finished run directory. What the run computed is kept, and so are files that
// relend did not write; tables, charts and reports are left out, to be written again.
func Redraw(dir string) (*Writer, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	final, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if final, err = filepath.EvalSymlinks(final); err != nil {
		return nil, err
	}
	w := &Writer{final: final, replace: true, keep: m, files: map[string]File{}, open: openFile}
	if err := w.begin(); err != nil {
		return nil, err
	}
	drawn := map[string]bool{ManifestFile: true}
	for _, f := range m.Files {
		if slices.Contains(computed, f.Name) {
			w.files[f.Name] = f
		} else {
			drawn[f.Name] = true
		}
	}
	err = filepath.WalkDir(final, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(final, path)
		if err != nil || drawn[filepath.ToSlash(name)] {
			return err
		}
		return link(path, filepath.Join(w.temp, name))
	})
	if err != nil {
		w.Abort()
		return nil, fmt.Errorf("redraw %s: %w", dir, cause(err))
	}
	return w, nil
}

// link gives a file a second name, or copies it where the file system has no links.
func link(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := openFile(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// vacant checks that the final name may be taken.
func (w *Writer) vacant() error {
	info, err := os.Lstat(w.final)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output %s: %w", w.final, cause(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("output %s %w and is not a directory", w.final, ErrExists)
	}
	entries, err := os.ReadDir(w.final)
	if err != nil {
		return fmt.Errorf("output %s: %w", w.final, cause(err))
	}
	if len(entries) == 0 {
		return nil
	}
	if !w.replace {
		return fmt.Errorf("output %s %w", w.final, ErrExists)
	}
	m, err := readManifest(w.final)
	if err != nil {
		return fmt.Errorf("output %s %w and is not a run directory, so it is not replaced", w.final, ErrExists)
	}
	names, total, err := foreign(w.final, m)
	if err != nil {
		return fmt.Errorf("output %s: %w", w.final, cause(err))
	}
	if total > 0 && w.keep == nil {
		return fmt.Errorf("output %s %w and holds files that relend did not write (%s), so it is not replaced: move them away first",
			w.final, ErrExists, list(names, total))
	}
	return nil
}

// begin makes the temporary sibling.
func (w *Writer) begin() error {
	dir, base := filepath.Split(w.final)
	err := os.MkdirAll(dir, 0o777)
	for try := 0; err == nil && try < 1000; try++ {
		// Mkdir rather than MkdirTemp, whose directories only their owner may read.
		w.temp = filepath.Join(dir, fmt.Sprintf(".%s.%d-%d.partial", base, os.Getpid(), try))
		if err = os.Mkdir(w.temp, 0o777); err == nil {
			return nil
		}
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err == nil {
		err = fs.ErrExist
	}
	return fmt.Errorf("cannot write output %s: %w", w.final, cause(err))
}

// Final is the absolute name that the directory has after Commit.
func (w *Writer) Final() string { return w.final }

// Write adds a file; name is relative with forward slashes.
func (w *Writer) Write(name string, content []byte) error {
	return w.Stream(name, func(out io.Writer) error {
		_, err := out.Write(content)
		return err
	})
}

// Stream adds a file whose content fill writes.
func (w *Writer) Stream(name string, fill func(io.Writer) error) error {
	if _, twice := w.files[name]; twice || name == ManifestFile || !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("write %s: a run directory cannot have a second or outside file of that name", name)
	}
	path := filepath.Join(w.temp, filepath.FromSlash(name))
	sum, size, err := w.write(path, fill)
	if err != nil {
		return fmt.Errorf("cannot write %s of output %s: %w", name, w.final, cause(err))
	}
	w.files[name] = File{Name: name, SHA256: sum, Bytes: size}
	return nil
}

func (w *Writer) write(path string, fill func(io.Writer) error) (sum string, size int64, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", 0, err
	}
	f, err := w.open(path)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	count := &counter{w: io.MultiWriter(f, h), stop: w.Stop}
	b := bufio.NewWriterSize(count, 1<<16)
	if err = fill(b); err == nil {
		err = b.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return hex.EncodeToString(h.Sum(nil)), count.n, err
}

type counter struct {
	w    io.Writer
	n    int64
	stop func() error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.stop != nil {
		if err := c.stop(); err != nil {
			return 0, err
		}
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Commit writes the manifest and gives the directory its final name. Format, Files and Seal are filled in here; a
// redrawn directory keeps the manifest of its run but for Files and Drawn. After an error nothing new has the
// final name and the Writer is aborted.
func (w *Writer) Commit(m Manifest) (err error) {
	defer func() {
		if err != nil {
			w.Abort()
		}
	}()
	if w.keep != nil {
		drawn, build, how := m.Drawn, m.Redrawn, m.Drawing
		m = *w.keep
		m.Drawn, m.Redrawn, m.Drawing = drawn, build, how
	}
	m.Format, m.Files = data.RunFormat, m.Files[:0:0]
	for _, f := range w.files {
		m.Files = append(m.Files, f)
	}
	slices.SortFunc(m.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	m.Seal = unsealed
	raw, err := encode(m)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	raw = sealed(raw)
	_, _, err = w.write(filepath.Join(w.temp, ManifestFile), func(out io.Writer) error {
		_, err := out.Write(raw)
		return err
	})
	if err == nil {
		err = syncAll(w.temp)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s of output %s: %w", ManifestFile, w.final, cause(err))
	}
	if err := w.vacant(); err != nil { // somebody may have been faster
		return err
	}
	if err := w.rename(); err != nil {
		return fmt.Errorf("cannot give output %s its name: %w", w.final, cause(err))
	}
	w.temp = ""
	if parent, err := os.Open(filepath.Dir(w.final)); err == nil {
		// The run is in place and whole; only a power cut could still take its name.
		_ = parent.Sync()
		_ = parent.Close()
	}
	return nil
}

// rename moves the temporary directory to its final name, over an empty directory or, moved aside, an old run.
func (w *Writer) rename() error {
	err := os.Remove(w.final) // succeeds on an empty directory only
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return os.Rename(w.temp, w.final)
	}
	if !w.replace {
		return err
	}
	aside := w.temp + ".old"
	if err := os.Rename(w.final, aside); err != nil {
		return err
	}
	if err := os.Rename(w.temp, w.final); err != nil {
		return errors.Join(err, os.Rename(aside, w.final))
	}
	return os.RemoveAll(aside)
}

// Abort removes what was written. After Commit it does nothing.
func (w *Writer) Abort() {
	if w.temp != "" {
		// Nothing can be done about a temporary directory that cannot be removed; it never has the final name.
		_ = os.RemoveAll(w.temp)
		w.temp = ""
	}
}

// syncAll makes a directory with its files durable. It runs once all is written: syncing each file when it is
// closed would wait for the disk dozens of times.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil && !d.IsDir() { // some network file systems cannot sync directories
			return err
		}
		return nil
	})
}
