package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// plan is the floor plan: which packages of the module a package may import. Package data is open to all, and
// cmd/relend may import anything.
var plan = map[string][]string{
	"data":            {},
	"data/parquet":    {},
	"data/document":   {},
	"data/mapping":    {"data/parquet", "data/document"},
	"data/synth":      {"data/parquet"},
	"data/rundir":     {"data/parquet"},
	"data/sweepdir":   {"data/parquet"},
	"sim/rng":         {},
	"sim/contract":    {},
	"sim/behaviour":   {},
	"sim/rule":        {"sim/contract"},
	"sim/factor":      {"sim/rng"},
	"sim/estimate":    {},
	"sim/anchor":      {"sim/behaviour", "sim/factor"},
	"sim/provision":   {"sim/behaviour"},
	"sim/expect":      {"sim/anchor", "sim/behaviour", "sim/contract", "sim/factor", "sim/provision", "sim/rng", "sim/rule"},
	"sim":             {"sim/anchor", "sim/behaviour", "sim/contract", "sim/factor", "sim/provision", "sim/rng", "sim/rule"},
	"sim/selfcheck":   {"sim", "sim/anchor", "sim/behaviour", "sim/contract", "sim/estimate", "sim/expect", "sim/factor", "sim/rng", "sim/rule"},
	"sim/sensitivity": {"sim/estimate", "sim/rng"},
	"scenarios":       {"data/document", "data/synth", "sim", "sim/behaviour", "sim/contract", "sim/factor", "sim/provision", "sim/rule"},
	"scenarios/sweep": {"data/document", "scenarios", "sim", "sim/sensitivity"},
	"output":          {"sim/estimate", "sim/sensitivity"},
	"output/table":    {"output", "sim/estimate"},
	"output/chart":    {"output", "sim/estimate", "sim/sensitivity"},
	"output/gate":     {"output", "output/table", "sim/estimate"},
	"output/html":     {"output", "output/chart", "output/table", "sim/estimate"},
	"cmd/relend":      nil,
}

// walls say which packages may import a library, by its path or the folder that it is in. Libraries of others
// that are not listed may be imported by nobody.
var walls = map[string][]string{
	"github.com/apache/arrow":      {"data/parquet"},
	"github.com/goccy/go-yaml":     {"data/document"},
	"gonum.org/v1/plot":            {"output/chart"},
	"golang.org/x/image":           {"output/chart"},
	"gonum.org/v1/gonum":           {"output", "sim", "sim/anchor", "sim/estimate", "sim/expect", "sim/factor", "sim/provision", "sim/selfcheck", "sim/sensitivity"},
	"github.com/jedib0t/go-pretty": {"output/table"},
	"github.com/expr-lang/expr":    {"output/gate", "scenarios/sweep"},
	"github.com/spf13/cobra":       {"cmd/relend"},
	"github.com/spf13/pflag":       {"cmd/relend"},
	"github.com/vbauerster/mpb":    {"cmd/relend"},
	"golang.org/x/sys":             {"sim", "sim/rng"},
	"golang.org/x/term":            {"cmd/relend"},
	"math/rand":                    {"sim/rng", "data/synth"},
	"crypto/rand":                  {},
	"unsafe":                       {},
}

// outside are the functions that know clock and host; only the command may ask them, for the manifest and the
// progress display.
var outside = []string{"time.Now", "time.Since", "time.Until", "os.Hostname"}

var (
	topFolders = []string{"cmd", "data", "output", "scenarios", "sim"}
	topFiles   = []string{"CHANGELOG.md", "README.md", "go.mod", "go.sum"}
	unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
)

// inspect returns every departure of a module from the plan.
func inspect(root fs.FS) []string {
	var found []string
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	ignored := ignorePatterns(root)
	documented := map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		top := !strings.Contains(name, "/")
		switch {
		case strings.HasPrefix(d.Name(), ".") && top && d.Name() != ".ci", slices.ContainsFunc(ignored, func(p string) bool { return matches(p, name) }):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case top && d.IsDir() && d.Name() != ".ci" && !slices.Contains(topFolders, name):
			report("%s: no other folder belongs at the top level", name)
			return fs.SkipDir
		case top && !d.IsDir() && !slices.Contains(topFiles, name):
			report("%s: no other file belongs at the top level", name)
		}
		if d.IsDir() {
			if _, err := fs.Stat(root, name+"/go.mod"); err == nil && path.Base(path.Dir(name)) == "testdata" {
				return fs.SkipDir // a module of its own, which only tests
			}
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if m := unfinished.Find(text); m != nil && !bytes.Contains(text, []byte{0}) {
			report("%s: says %s", name, m)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		if _, listed := plan[pkg]; !listed {
			report("%s: package %s is not on the floor plan", name, pkg)
			return nil
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		documented[pkg] = documented[pkg] || file.Doc.Text() != ""
		for _, i := range file.Imports {
			if why := forbidden(pkg, strings.Trim(i.Path.Value, `"`)); why != "" {
				report("%s: %s", name, why)
			}
		}
		if pkg != "cmd/relend" {
			for _, call := range outsideCalls(file) {
				report("%s: uses %s, which only the command may", name, call)
			}
		}
		return nil
	})
	if err != nil {
		report("%v", err)
	}
	for pkg := range plan {
		if has, seen := documented[pkg]; seen && !has {
			report("%s: has no package comment", pkg)
		} else if !seen {
			report("%s: is on the floor plan and does not exist", pkg)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// forbidden says why a package may not import a path, "" when it may.
func forbidden(pkg, imported string) string {
	if inside, ok := strings.CutPrefix(imported, "relend/"); ok {
		if inside == "data" || pkg == "cmd/relend" || slices.Contains(plan[pkg], inside) {
			return ""
		}
		return fmt.Sprintf("%s may not import %s", pkg, inside)
	}
	for library, rooms := range walls {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			if slices.Contains(rooms, pkg) {
				return ""
			}
			return fmt.Sprintf("%s may not import %s (only %s)", pkg, imported, strings.Join(rooms, ", "))
		}
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return fmt.Sprintf("library %s has no room on the floor plan", imported)
	}
	return ""
}

func outsideCalls(file *ast.File) (calls []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(outside, x.Name+"."+s.Sel.Name) {
				calls = append(calls, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return calls
}

// ignorePatterns reads .gitignore, as far as this module uses its language.
func ignorePatterns(root fs.FS) []string {
	text, _ := fs.ReadFile(root, ".gitignore") // none: nothing is ignored
	return strings.Fields(string(text))
}

func matches(pattern, name string) bool {
	pattern = strings.TrimSuffix(pattern, "/")
	if anchored, ok := strings.CutPrefix(pattern, "/"); ok {
		return anchored == name
	}
	ok, _ := path.Match(pattern, path.Base(name))
	return ok
}

func TestHouse(t *testing.T) {
	for _, problem := range inspect(os.DirFS("../..")) {
		t.Error(problem)
	}
}

// TestHouseIsInspected builds a house that keeps the plan and departs from it in one way at a time.
func TestHouseIsInspected(t *testing.T) {
	build := func(name, content string) fstest.MapFS {
		house := fstest.MapFS{
			"go.mod":                 {Data: []byte("module relend\n")},
			".gitignore":             {Data: []byte("/relend\n/runs/\n*.test\n")},
			"relend":                 {Data: []byte("TO" + "DO\x00")},
			"runs/a/report.md":       {Data: []byte("TO" + "DO")},
			"data/testdata/x/go.mod": {Data: []byte("module x\n")},
			"data/testdata/x/x.go":   {Data: []byte("package x\nimport _ \"example.org/x\"\n")},
			".git/config":            {Data: []byte("TO" + "DO")},
			"sim/sim_test.go":        {Data: []byte("package sim\nimport _ \"math/rand/v2\"\n")},
			"data/parquet/doc.go":    {Data: []byte("// Package parquet.\npackage parquet\nimport _ \"github.com/apache/arrow/go/v17/parquet\"\n")},
		}
		for pkg := range plan {
			base := path.Base(pkg)
			if house[pkg+"/doc.go"] == nil {
				house[pkg+"/doc.go"] = &fstest.MapFile{Data: []byte("// Package " + base + " exists.\npackage " + base + "\nimport _ \"relend/data\"\n")}
			}
		}
		house["data/doc.go"] = &fstest.MapFile{Data: []byte("// Package data.\npackage data\n")}
		if name != "" {
			house[name] = &fstest.MapFile{Data: []byte(content)}
		}
		return house
	}
	if found := inspect(build("", "")); len(found) > 0 {
		t.Errorf("a house in order: %v", found)
	}
	for _, c := range []struct{ name, content, want string }{
		{"sim/x.go", "package sim\nimport _ \"relend/output\"\n", "sim may not import output"},
		{"data/x.go", "package data\nimport _ \"relend/sim\"\n", "data may not import sim"},
		{"output/x.go", "package output\nimport _ \"relend/cmd/relend\"\n", "output may not import cmd/relend"},
		{"data/rundir/x.go", "package rundir\nimport _ \"github.com/apache/arrow/go/v17/parquet\"\n", "data/rundir may not import github.com/apache/arrow"},
		{"output/html/x.go", "package html\nimport _ \"gonum.org/v1/plot\"\n", "output/html may not import gonum.org/v1/plot"},
		{"scenarios/x.go", "package scenarios\nimport _ \"github.com/goccy/go-yaml\"\n", "scenarios may not import github.com/goccy/go-yaml"},
		{"sim/x.go", "package sim\nimport _ \"math/rand/v2\"\n", "sim may not import math/rand/v2 (only sim/rng, data/synth)"},
		{"sim/x.go", "package sim\nimport _ \"example.org/fast\"\n", "library example.org/fast has no room"},
		{"sim/x.go", "package sim\nimport \"time\"\nvar now = time.Now\n", "uses time.Now"},
		{"sim/util/x.go", "// Package util.\npackage util\n", "package sim/util is not on the floor plan"},
		{"sim/util/go.mod", "module util\nTO" + "DO", "sim/util/go.mod: says"},
		{"sim/util/x_test.go", "package util\n", "package sim/util is not on the floor plan"},
		{"sim/doc.go", "package sim\n", "sim: has no package comment"},
		{"docs/a.md", "x", "docs: no other folder"},
		{"Makefile", "x", "Makefile: no other file"},
		{"sim/METHOD.md", "TO" + "DO: write", "sim/METHOD.md: says"},
		{".ci/run", "# FIX" + "ME", ".ci/run: says"},
		{"sim/x.go", "package", "expected"},
	} {
		found := inspect(build(c.name, c.content))
		if len(found) != 1 || !strings.Contains(found[0], c.want) {
			t.Errorf("%s with %q: %q, want %q", c.name, c.content, found, c.want)
		}
	}
	house := build("", "")
	delete(house, "output/gate/doc.go")
	if found := inspect(house); len(found) != 1 || !strings.Contains(found[0], "output/gate: is on the floor plan and does not exist") {
		t.Errorf("a missing package: %q", found)
	}
}
