package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/output"
	"relend/output/chart"
	"relend/sim/selfcheck"
)

func newDoctorCommand(env *environment) *cobra.Command {
	quick := false
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine and this program are, and whether they compute what they should",
		Long: "Prints the program and its build, the machine with its processors and memory, whether results can be written\n" +
			"here, the letters that charts can show, and the versions of the libraries, and runs the comparisons of\n" +
			"relend selfcheck (some half a minute; --quick leaves them out). Exit code 7 where one of them fails.",
		Example: "  relend doctor\n  relend doctor --quick",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			say := func(name, format string, args ...any) {
				fmt.Fprintf(env.stdout, "%-12s %s\n", name, fmt.Sprintf(format, args...))
			}
			say("program", "%s%s, build %s", program, revision(), cmp.Or(build(), "unknown"))
			say("built with", "%s for %s", runtime.Version(), platform)
			say("processors", "%d, of which %d are used", runtime.NumCPU(), runtime.GOMAXPROCS(0))
			say("memory", "%s", available(env.memory()))
			say("settings", "%s", settingsOf(os.LookupEnv))
			say("folder", "%s", writable("."))
			say("temporary", "%s", writable(os.TempDir()))
			say("font", "%s, part of the program; %s", chart.FontName, letters())
			libraries(say)
			if quick {
				say("selfcheck", "left out")
				return nil
			}
			bad, all := 0, 0
			for _, check := range selfcheck.Checks() {
				rows, err := check.Run(c.Context(), selfcheck.Departure{})
				if err != nil {
					return err
				}
				all += len(rows)
				failing := slices.DeleteFunc(rows, func(r selfcheck.Row) bool { return r.Holds })
				if bad += len(failing); len(failing) > 0 {
					writeCheck(env.stdout, check, failing)
				}
			}
			say("selfcheck", "%d comparisons, %d hold, %d fail", all, all-bad, bad)
			if bad > 0 {
				return &selfcheckError{bad, all}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "leave the comparisons out")
	return c
}

func available(bytes int64) string {
	if bytes == 0 {
		return "unknown: a run that needs more than there is cannot be refused beforehand"
	}
	return size(bytes) + " available"
}

// settingsOf names the settings of the environment that change how, but not what, the program computes.
func settingsOf(look func(string) (string, bool)) string {
	var list []string
	for _, name := range []string{"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "TMPDIR"} {
		if value, ok := look(name); ok {
			list = append(list, name+"="+value)
		}
	}
	return cmp.Or(strings.Join(list, " "), "none in the environment")
}

// writable tries to write a file in a folder.
func writable(dir string) string {
	f, err := os.CreateTemp(dir, ".relend-doctor-*")
	if err != nil {
		return fmt.Sprintf("%s cannot be written: %v", dir, err)
	}
	_, err = f.WriteString("relend")
	for _, e := range []error{f.Close(), os.Remove(f.Name())} {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Sprintf("%s cannot be written: %v", dir, err)
	}
	return dir + " can be written"
}

// letters says of which scripts charts can show titles.
func letters() string {
	var has, lacks []string
	for _, s := range []struct{ name, sample string }{{"Latin", "Aéßñ"}, {"signs", "±−Δ→…"}, {"Greek", "αΩ"}, {"Cyrillic", "Жя"}, {"Chinese", "违约率"}, {"Korean", "대출"}, {"Japanese", "ローン"}} {
		if chart.Drawable(s.sample) {
			has = append(has, s.name)
		} else {
			lacks = append(lacks, s.name)
		}
	}
	text := "has " + output.List(has, 9)
	if len(lacks) > 0 {
		text += "; titles of arms in " + output.List(lacks, 9) + " are shown by their key in charts, in full everywhere else"
	}
	return text
}

// libraries names the modules that the program was built with.
func libraries(say func(name, format string, args ...any)) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		say("libraries", "unknown")
		return
	}
	for i, m := range info.Deps {
		name := ""
		if i == 0 {
			name = "libraries"
		}
		if m.Replace != nil {
			m = m.Replace
		}
		say(name, "%s %s", m.Path, m.Version)
	}
}
