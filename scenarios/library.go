package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
)

// Kind is a kind of file.
type Kind string

// The kinds of files, in the order in which they are listed.
const (
	KindExperiment Kind = "experiment"
	KindPolicy     Kind = "policy"
	KindRegulation Kind = "regulation"
	KindMacro      Kind = "macro"
	KindStudy      Kind = "study"
	KindSweep      Kind = "sweep" // known when met; package sweep reads it, and the library has none
)

// Kinds lists the kinds of files that are read here in order.
var Kinds = []Kind{KindExperiment, KindPolicy, KindRegulation, KindMacro, KindStudy}

// Plural is the kind as a heading and as the folder of the library.
func (k Kind) Plural() string {
	switch k {
	case KindPolicy:
		return "policies"
	case KindStudy:
		return "studies"
	}
	return string(k) + "s"
}

//go:embed library
var library embed.FS

// embedded marks the file names of the library in messages.
const embedded = "library:"

// Entry is one file of the library.
type Entry struct {
	Kind  Kind
	Name  string
	Title string
}

// Library lists what is embedded, by kind and name.
func Library() []Entry {
	var entries []Entry
	for _, kind := range Kinds {
		for _, name := range libraryNames(kind) {
			text, _ := Text(kind, name)
			root, _ := document.Parse(name, text)
			entries = append(entries, Entry{kind, name, root.Get("title").Text()})
		}
	}
	return entries
}

// libraryFiles lists the files of one kind by name. Laws lie in a folder for each jurisdiction; beside them lie the
// cases that show their limits.
func libraryFiles(kind Kind) map[string]string {
	files := map[string]string{}
	err := fs.WalkDir(library, "library/"+kind.Plural(), func(file string, f fs.DirEntry, err error) error {
		if err == nil && !f.IsDir() && !strings.HasSuffix(file, casesSuffix) {
			files[strings.TrimSuffix(f.Name(), ".yaml")] = file
		}
		return err
	})
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}

// casesSuffix ends the names of files of cases.
const casesSuffix = ".cases.yaml"

// libraryNames lists the names of one kind, sorted.
func libraryNames(kind Kind) []string { return slices.Sorted(maps.Keys(libraryFiles(kind))) }

// Text returns the YAML of a file of the library, or an error that suggests the nearest name.
func Text(kind Kind, name string) ([]byte, error) {
	names := libraryNames(kind)
	if !slices.Contains(names, name) {
		if near := data.DidYouMean(name, names); near != "" {
			return nil, fmt.Errorf("unknown %s %q%s", kind, name, near)
		}
		return nil, fmt.Errorf("unknown %s %q: the library has %s; a file is named by its path, such as ./%s.yaml",
			kind, name, strings.Join(names, ", "), name)
	}
	return library.ReadFile(libraryFiles(kind)[name])
}

// hint suggests the nearest name, or lists all of them when none is near.
func hint(word string, names []string) string {
	if near := data.DidYouMean(word, names); near != "" {
		return near
	}
	return " (allowed: " + strings.Join(names, ", ") + ")"
}
