package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

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
