package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/sim/rule"
)

// Overrides are the choices of the command line, applied before anything is checked. Zero values leave the
// experiment as it is.
type Overrides struct {
	Horizon   int      // months
	Paths     int      //
	Precision []string // contracts, see Precision
	Sample    string   // all, auto or a number of borrowers
	Seed      *uint64  //
	Engine    string   // one of Engines
	Files     []string
	Mapping   string
	AsOf      string // ISO date
	Currency  string // ISO 4217 code
}

// Load reads the experiment of that name in the library, or from that path (which ends in .yaml or .yml or
// has a slash in it), with all files it refers to. The error is a *data.Problems with everything found wrong.
func Load(nameOrPath string, o Overrides) (*Experiment, error) {
	l := newLoader(nameOrPath)
	first := l.open(KindExperiment, nameOrPath, nil)
	if isSweep(first.root) {
		l.r.Errorf(first.root.Key("base"), "the file is a sweep, not an experiment: relend sweep run runs it")
		return nil, l.err()
	}
	return l.finish(l.experiment(l.chain(KindExperiment, first), o))
}

// Parse reads an experiment from text. Paths in it are relative to the folder of the file name.
func Parse(file string, text []byte, o Overrides) (*Experiment, error) {
	l := newLoader(file)
	return l.finish(l.experiment(l.chain(KindExperiment, source{filepath.Clean(file), l.parse(file, text)}), o))
}

// CheckFile reads a file of any kind and says which kind it is. A file is of the kind that knows most of its
// keys. An experiment comes back, and of a sweep the kind alone. The error is a *data.Problems with everything found wrong;
// warnings come back as texts.
func CheckFile(file string) (kind Kind, e *Experiment, warnings []string, err error) {
	l := newLoader(file)
	first := l.open(KindExperiment, asPath(file), nil)
	if isSweep(first.root) {
		return KindSweep, nil, nil, nil
	}
	switch kind = kindOf(first.root); kind {
	case KindExperiment:
		if e, err = l.finish(l.experiment(l.chain(kind, first), Overrides{})); err != nil {
			return kind, nil, nil, err
		}
		return kind, e, e.Warnings(e.Portfolio.Currency), nil
	case KindPolicy:
		l.policy(first)
	case KindRegulation:
		l.regulation(first)
	case KindMacro:
		l.macro(first)
	case KindStudy:
		l.study(first, Overrides{})
	}
	return kind, nil, l.r.Problems.Warnings(), l.err()
}

// isSweep says whether a document varies the fields of another experiment.
func isSweep(root *document.Node) bool {
	return root != nil && root.Get("base") != nil && (root.Get("dimensions") != nil || root.Get("uncertain") != nil)
}

// asPath makes sure that a file name is not taken for a name of the library.
func asPath(file string) string {
	if isPath(file) {
		return file
	}
	return "." + string(filepath.Separator) + file
}

func kindOf(root *document.Node) Kind {
	best, most := KindExperiment, -1
	for _, kind := range Kinds {
		known := 0
		if root != nil {
			for _, key := range root.Keys() {
				if slices.Contains(topKeys(kind), key) {
					known++
				}
			}
		}
		if known > most {
			best, most = kind, known
		}
	}
	return best
}

// loader reads files and collects their problems.
type loader struct {
	r      *document.Reader
	file   string         // the first one
	syntax []data.Problem // places that are not YAML as it is read here
	read   map[string]source
	since  rule.Moment // from which rules without a date of their own hold: that of the amendment being read
}

func newLoader(file string) *loader {
	if isPath(file) {
		file = filepath.Clean(file)
	}
	return &loader{r: document.NewReader(file), file: file, read: map[string]source{}}
}

// err returns all errors, by file in the order in which files were met and by line, or nil. Nothing more is said
// about a place that is not YAML, and warnings are left out: the next check will bring them.
func (l *loader) err() error {
	type place struct {
		file      string
		line, col int
	}
	broken, seen := map[place]bool{}, map[data.Problem]bool{}
	out := &data.Problems{Cause: data.BadConfig}
	for i, p := range slices.Concat(l.syntax, l.r.Problems.List) {
		at := place{p.File, p.Line, p.Col}
		if i < len(l.syntax) {
			broken[at] = true
		} else if broken[at] {
			continue
		}
		if p.Severity == data.Error && !seen[p] { // a file that is named twice is read twice
			seen[p] = true
			out.List = append(out.List, p)
		}
	}
	files := []string{l.file}
	for _, p := range out.List {
		if !slices.Contains(files, p.File) {
			files = append(files, p.File)
		}
	}
	slices.SortStableFunc(out.List, func(a, b data.Problem) int {
		return cmp.Or(slices.Index(files, a.File)-slices.Index(files, b.File), a.Line-b.Line, a.Col-b.Col)
	})
	return out.Err()
}

// finish returns the experiment, or all problems.
func (l *loader) finish(e *Experiment) (*Experiment, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	e.warnings = l.r.Problems.Warnings()
	if e.Portfolio.Currency != "" { // amounts in another currency need not wait for the portfolio
		if _, _, err := e.Arms(e.Portfolio.Currency, nil); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// failed says whether an error has been found since there were n problems.
func (l *loader) failed(since int) bool { return len(l.r.Problems.List) > since }

// source is a document and how it is called in messages about circles.
type source struct {
	id   string
	root *document.Node // nil when it could not be read
}

func isPath(reference string) bool {
	return strings.ContainsAny(reference, `/\`) || strings.HasSuffix(reference, ".yaml") || strings.HasSuffix(reference, ".yml")
}

// beside resolves a path written at a node against the folder of the node's file.
func beside(n *document.Node, path string) string {
	if n == nil || strings.HasPrefix(n.File, embedded) || filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(n.File), path)
}

// open reads what a reference names: a file or a name of the library. from is where it is written, nil for the
// command line. What is named twice is read once.
func (l *loader) open(kind Kind, reference string, from *document.Node) source {
	file := embedded + kind.Plural() + "/" + reference + ".yaml"
	if isPath(reference) {
		file = beside(from, reference)
	}
	if s, known := l.read[file]; known {
		return s
	}
	s := source{id: reference}
	if isPath(reference) {
		s.id = file
		text, err := readFile(file)
		if err != nil {
			l.problem(from, file, "cannot be read: %v", err)
			return s
		}
		s.root = l.parse(file, text)
	} else {
		text, err := Text(kind, reference)
		if err != nil {
			l.problem(from, "", "%v", err)
			return s
		}
		s.root = l.parse(file, text)
	}
	l.read[file] = s
	return s
}

// problem reports at a node, or where there is none at a file (may be "").
func (l *loader) problem(n *document.Node, file, format string, args ...any) {
	if n == nil {
		l.r.Problems.List = append(l.r.Problems.List, data.Problem{File: file, Message: fmt.Sprintf(format, args...)})
		return
	}
	message := fmt.Sprintf(format, args...)
	if file != "" {
		message = file + " " + message
	}
	l.r.Errorf(n, "%s", message)
}

// readFile reads a regular file, so that a pipe or a device cannot hang or fill the program.
func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	var text []byte
	if err == nil {
		var f *os.File
		if f, err = os.Open(file); err == nil {
			defer f.Close()
			text, err = io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
		}
	}
	if pathError := (*os.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return text, err
}

// parse returns the root of a document, which is a map, or nil.
func (l *loader) parse(file string, text []byte) *document.Node {
	root, problems := document.Parse(file, text)
	if problems != nil {
		l.syntax = append(l.syntax, problems.List...)
	}
	return l.r.Map(root).Node()
}

// maxExtends bounds a chain of files that extend each other: symbolic links could make it endless.
const maxExtends = 16

// chain returns a document and what it extends, the document first, and checks the keys of each.
func (l *loader) chain(kind Kind, s source) []*document.Node {
	var layers []*document.Node
	var ids []string
	for s.root != nil {
		ids = append(ids, s.id)
		f := l.r.Map(s.root)
		for _, key := range topKeys(kind) {
			f.Get(key)
		}
		f.Close()
		layers = append(layers, s.root)
		if !slices.Contains(topKeys(kind), "extends") {
			break
		}
		n := present(s.root, "extends")
		reference := l.r.Text(n)
		if reference == "" {
			break
		}
		if len(layers) == maxExtends {
			l.r.Errorf(n, "more than %d files extend each other", maxExtends)
			break
		}
		// The reference is checked before it is read, so that a circle is reported where it closes.
		id := reference
		if isPath(reference) {
			id = beside(n, reference)
		}
		if at := slices.Index(ids, id); at >= 0 {
			l.r.Errorf(n, "extends goes in a circle: %s", strings.Join(append(ids[at:], id), " -> "))
			break
		}
		s = l.open(kind, reference, n)
	}
	return layers
}

// present returns the value of a key unless it is absent or empty.
func present(n *document.Node, key string) *document.Node {
	if n == nil {
		return nil
	}
	if v := n.Get(key); v != nil && v.Kind != document.Empty {
		return v
	}
	return nil
}
