package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"relend/data"
)

// The files that a run computes. All others are drawn from them.
const (
	ManifestFile   = "manifest.json"
	ExperimentFile = "experiment.yaml"
	RunFile        = "results/run.json"
	PathsFile      = "results/paths.parquet"
	CellsFile      = "results/cells.parquet"
	LedgerFile     = "results/ledger.parquet"
	AccessFile     = "results/access.parquet"
)

var computed = []string{ExperimentFile, RunFile, PathsFile, CellsFile, LedgerFile, AccessFile}

// later are the computed files that older programs did not write.
var later = []string{LedgerFile, AccessFile}

// Manifest says where a run directory comes from. It is the only file of a run that knows clock, host or path.
type Manifest struct {
	Format   int      `json:"format"`                // data.RunFormat of the writer
	Program  string   `json:"program"`               // what computed the results, with its version
	Drawn    string   `json:"drawn"`                 // what drew tables, charts and reports; differs from Program after a redraw by another version
	Build    string   `json:"build,omitempty"`       // build ID of Program: the same for the same source and compiler; "" unknown
	Redrawn  string   `json:"drawn_build,omitempty"` // build ID of Drawn
	Drawing  *Drawing `json:"drawing,omitempty"`     // choices of the drawing; nil: an English report with all that there is
	Go       string   `json:"go"`                    // version of Go that built it
	Platform string   `json:"platform"`              // operating system and processor
	Host     string   `json:"host"`                  //
	Started  string   `json:"started"`               // RFC 3339
	Finished string   `json:"finished"`              // RFC 3339
	Command  []string `json:"command"`               // the command line
	Workers  int      `json:"workers"`               // goroutines that simulated; no result depends on it
	Seed     uint64   `json:"seed"`                  // the seed in force
	Inputs   []Input  `json:"inputs"`                // every file that was read
	Files    []File   `json:"files"`                 // every file of the directory but this one, by name
	Seal     string   `json:"seal"`                  // of the manifest's own bytes, see Check; "" from an older program
}

// Drawing is how tables, charts and reports were drawn.
type Drawing struct {
	Language string `json:"language"`           // of the report
	MinCell  int    `json:"min_cell,omitempty"` // classes with fewer borrowers are hidden
	PDF      bool   `json:"pdf,omitempty"`      // charts are there as PDF too
	Font     string `json:"font,omitempty"`     // family and hash of the font of letters that the built-in one lacks; "": none was needed
}

// Input is a file that a run read.
type Input struct {
	Path   string `json:"path"` // as given
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// File is a file of a run directory.
type File struct {
	Name   string `json:"name"` // relative, with forward slashes
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// HashFile describes a file that a run reads.
func HashFile(path string) (Input, error) {
	sum, n, err := hash(path)
	return Input{Path: path, SHA256: sum, Bytes: n}, err
}

func hash(path string) (sum string, bytes int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// readManifest reads the manifest of a run directory and refuses one from a newer program.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, bad(dir, "is not a run directory: it has no %s", ManifestFile)
	}
	if err != nil {
		return nil, bad(dir, "cannot read %s: %v", ManifestFile, cause(err))
	}
	m := new(Manifest)
	if err := unmarshal(path, raw, m, &m.Format); err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return nil, bad(path, "lists %q, which is not inside the run directory", f.Name)
		}
	}
	return m, nil
}

// unmarshal decodes a JSON file with a field "format" after checking that this program can know it.
func unmarshal(path string, raw []byte, into any, format *int) error {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(raw, &version); err != nil {
		return bad(path, "is not a file of a run directory: %v", err)
	}
	if version.Format > data.RunFormat {
		return bad(path, "has format %d, this program reads formats up to %d: use a newer relend", version.Format, data.RunFormat)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return bad(path, "is not a file of a run directory: %v", err)
	}
	if *format < 1 {
		return bad(path, "is not a file of a run directory: it has no format number")
	}
	return nil
}

// encode writes a value as indented JSON with its text readable ("<" stays "<").
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(value)
	return b.Bytes(), err
}

func bad(file, format string, args ...any) error {
	return &data.Problems{Cause: data.BadData, List: []data.Problem{{File: file, Message: fmt.Sprintf(format, args...)}}}
}

// cause is the reason of a failed file operation without the name of the temporary file.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// foreign returns up to three files of a run directory that its manifest does not list, and how many there are.
func foreign(dir string, m *Manifest) (names []string, total int, err error) {
	known := map[string]bool{ManifestFile: true}
	for _, f := range m.Files {
		known[f.Name] = true
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if name = filepath.ToSlash(name); err == nil && !known[name] {
			if total++; total <= 3 {
				names = append(names, name)
			}
		}
		return err
	})
	return names, total, err
}

func list(names []string, total int) string {
	s := strings.Join(names, ", ")
	if more := total - len(names); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
