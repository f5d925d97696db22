// Command relend simulates re-lending policies and regulatory scenarios on a loan portfolio.
//
// One file per subcommand; exit.go turns errors into messages and exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"relend/data"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// environment is what commands know of the outside.
type environment struct {
	stdout, stderr io.Writer
	arguments      []string     // the command line without the program's name
	memory         func() int64 // bytes the process may use; 0 = unknown
}

// run executes a command line and returns its exit code. The first interrupt cancels the work, a second one
// ends the process at once.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) (code int) {
	env := &environment{stdout: stdout, stderr: stderr, arguments: arguments, memory: availableMemory}
	defer func() {
		if broken := recover(); broken != nil {
			fmt.Fprintf(stderr, "relend: defect of the program, please report it with the command: %v\n%s", broken, debug.Stack())
			code = exitInternal
		}
	}()
	frugal()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()

	root := newRootCommand(env)
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if kept := (*keptError)(nil); err != nil && ctx.Err() != nil && !errors.As(err, &kept) {
		err = errInterrupted
	}
	return exit(stderr, err)
}

func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "relend",
		Short: "Simulates re-lending policies and regulatory scenarios on a loan portfolio",
		Long: "relend simulates what happens to a consumer loan portfolio when a lender, or the law, changes who may\n" +
			"borrow again. It reads a loan tape, plays policies and regulations over many random paths of the\n" +
			"economy, the same paths for all, and writes tables, charts and a report with error bars.",
		Example:       "  relend run\n  relend run my-experiment.yaml -p 'tapes/*.parquet' --mapping mapping.yaml\n  relend help exit-codes",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("relend {{.Version}}\n")
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	root.AddCommand(newInitCommand(env), newRunCommand(env), newPlanCommand(env), newBenchCommand(env), newExplainCommand(env), newAttributeCommand(env), newBurdenCommand(env),
		newReportCommand(env), newCompareCommand(env), newGateCommand(env), newVerifyCommand(env), newSweepCommand(env), newSolveCommand(env),
		newPortfolioCommand(env), newScenariosCommand(env), newLawCommand(env), newStudiesCommand(env), newSchemaCommand(env), newSelfcheckCommand(env),
		newDoctorCommand(env), newVersionCommand(env), newExitCodesTopic(), newGatesTopic())
	root.AddCommand(newMergeCommand(env), newSubmitCommand(env))
	root.SetHelpCommand(newHelpCommand(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	strict(root)
	return root
}

// newHelpCommand replaces cobra's, which takes an unknown topic for a success.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about a command or a topic",
		Example: "  relend help run\n  relend help exit-codes",
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range root.Commands() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				var names []string
				for _, c := range found.Commands() {
					names = append(names, c.Name())
				}
				return usage("no help on %q%s", strings.Join(args, " "), data.DidYouMean(rest[len(rest)-1], names))
			}
			return found.Help()
		},
	}
}
