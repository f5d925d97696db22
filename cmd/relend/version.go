package main

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"
)

// version of the program. It appears in reports, so it changes only with a release.
const version = "0.1.0"

// program names the program in run directories.
const program = "relend " + version

func newVersionCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  relend version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(env.stdout, "%s%s, %s, %s\n", program, revision(), runtime.Version(), platform)
			return err
		},
	}
}

const platform = runtime.GOOS + "/" + runtime.GOARCH

// revision is the commit that the program was built from, where the build knows it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			text = " (" + s.Value[:12] + text + ")"
		case s.Key == "vcs.modified" && s.Value == "true":
			text += " with local changes"
		}
	}
	return text
}

// build is the content hash in this program's build ID, the same wherever the same source is compiled with the same compiler
// and flags; "" where it cannot be read.
var build = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	id := noted(f)
	if id == "" {
		start, _ := io.ReadAll(io.NewSectionReader(f, 0, 64<<10)) // what is missing is not found
		if m := marked.FindSubmatch(start); m != nil {
			id = string(m[1])
		}
	}
	return id[strings.LastIndexByte(id, '/')+1:]
})

// marked is the build ID at the start of the code, where the format of the program has no notes.
var marked = regexp.MustCompile(`\xff Go build ID: "([^"\n]*)"`)

// noted is the build ID in the notes of an ELF file: three sizes of four bytes, "Go" in four, then the text.
func noted(f io.ReaderAt) string {
	program, err := elf.NewFile(f)
	if err != nil {
		return ""
	}
	section := program.Section(".note.go.buildid")
	if section == nil {
		return ""
	}
	note, err := section.Data()
	if err != nil || len(note) < 16 {
		return ""
	}
	return strings.TrimRight(string(note[16:]), "\x00")
}
