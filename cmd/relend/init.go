package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// start holds the files that `relend init` writes, a folder for each kind of start.
//
//go:embed start
var start embed.FS

func newInitCommand(env *environment) *cobra.Command {
	dir, force := ".", false
	write := func(kind, next string) error {
		names, err := writeStart(kind, dir, force)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s: %s\nnext: %s\n", dir, strings.Join(names, ", "), next)
		return nil
	}
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a commented experiment, policy and mapping to start from",
		Long: "Writes experiment.yaml, policy.yaml and mapping.yaml with comments. The experiment runs as it is. Existing files\n" +
			"are left alone unless --force is given. relend init nightly writes what a run every night takes.",
		Example: "  relend init -o strategy\n  relend init nightly -o ci",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return write("plain", "relend run experiment.yaml") },
	}
	nightly := &cobra.Command{
		Use:   "nightly",
		Short: "Write an experiment with gates, a script and a CI workflow for a run every night",
		Long: "Writes experiment.yaml with gates and tolerances, nightly.sh (fetch the portfolio, run, judge against the last good\n" +
			"night, publish), workflow.yml, which does the same in GitHub Actions, and README.md, which says what to do when a\n" +
			"verdict is undecided, when the model changed, and on the first night.",
		Example: "  relend init nightly -o ci",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return write("nightly", "PORTFOLIO=loans.parquet ./nightly.sh") },
	}
	c.PersistentFlags().StringVarP(&dir, "output", "o", dir, "folder to write to")
	c.PersistentFlags().BoolVar(&force, "force", false, "replace existing files")
	c.AddCommand(nightly)
	return c
}

// writeStart writes the files of a kind of start into a folder, all or, where one exists already, none.
func writeStart(kind, dir string, force bool) (names []string, err error) {
	folder := path.Join("start", kind)
	entries, err := start.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
		at := filepath.Join(dir, entry.Name())
		if _, err := os.Lstat(at); err == nil && !force {
			return nil, usage("%s exists already; --force replaces it", at)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	for _, name := range names {
		content, err := start.ReadFile(path.Join(folder, name))
		if err != nil {
			return nil, err
		}
		if err := writeArtefact(dir, name, content); err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ".sh") {
			if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}

// writeArtefact writes a file into a directory, which is made if need be.
func writeArtefact(dir, name string, content []byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("cannot write to %s: %w", dir, err)
	}
	return writeWhole(filepath.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
