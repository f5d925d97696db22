package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relend/data"
	"relend/data/rundir"
	"relend/data/sweepdir"
	"relend/output/gate"
	"relend/sim"
	"relend/sim/expect"
)

// The exit codes. Artefacts are written before a failing exit.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitConfig      = 3
	exitData        = 4
	exitGate        = 5
	exitUndecided   = 6
	exitInvariant   = 7
	exitInterrupted = 8
	exitPartial     = 9
)

// exitCodes documents them.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "done; every gate of level error holds"},
	{exitInternal, "the program or the machine failed: a defect, a full disk, an output that cannot be written"},
	{exitUsage, "the command line is wrong, asks to overwrite what exists without --force, or a sweep directory, or the parts of a run, are in use"},
	{exitConfig, "an experiment, policy, regulation, macro path, mapping or gate is wrong, or the value that a flag gives for a part of it"},
	{exitData, "a portfolio or a run directory cannot be used: missing, damaged, or its rows are wrong"},
	{exitGate, "the run is written, and a gate of level error fails; studies run --strict: a fact is not reproduced; solve: no value of the range meets the condition"},
	{exitUndecided, "the run is written, no gate fails, but one of level error needs more paths to be decided, or a precision was not reached within its limits; verify: nothing is wrong, but something could not be checked; solve: only more paths could tell"},
	{exitInvariant, "the run broke one of its own laws (a ledger that does not add up) and nothing is written; or selfcheck found a comparison that fails"},
	{exitInterrupted, "interrupted; nothing is written, and the same command starts again (a sweep keeps its finished cells and goes on; submit local keeps its finished parts, and submit resubmit goes on)"},
	{exitPartial, "a sweep, or a run in parts, ended with some of its cells or parts missing; the others are kept"},
}

func newExitCodesTopic() *cobra.Command {
	var text strings.Builder
	text.WriteString("Exit codes of relend:\n\n")
	for _, c := range exitCodes {
		fmt.Fprintf(&text, "  %d  %s\n", c.code, c.meaning)
	}
	text.WriteString("\nWarnings never change the exit code. Tables, charts, reports, verdict.json and junit.xml are written\nbefore the exit codes 5 and 6.")
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes and what they mean", Long: text.String()}
}

func newGatesTopic() *cobra.Command {
	return &cobra.Command{Use: "gates", Short: "Conditions on results, for pipelines", Long: `A gate is a condition on the results that an experiment declares. It is judged when the run is done:

  gates:
    - {name: risk, expect: 'arm("pti_50").default_rate < 8%', level: error}
    - {name: access, expect: 'diff("pti_50").served_share > -5pp', level: warn}

  arm("NAME").MEASURE   the measure of an arm at the horizon (relend schema measures)
  diff("NAME").MEASURE  its paired difference to the arm it is compared with
  ratio("NAME").MEASURE its paired quotient by that arm
  diff("NAME", "OTHER"), ratio("NAME", "OTHER")   against another arm
  arm("NAME", 12), diff("NAME", "OTHER", 12)      at the end of month 12 instead of the horizon
  .p95 .p999 .es99            quantile over paths at 95 %, 99.9 %; expected shortfall at 99 % (of arm and diff)
  .value .lo .hi .std_error   one number of the figure: arm("NAME").MEASURE.hi, arm("NAME").MEASURE.p95.value

Shares are fractions and may be written as 8%, differences of shares as 8pp; money is in whole units of the
currency. There are + - * / ( ), the comparisons < <= > >= == !=, in [LOW, HIGH] with both ends included,
and, or, not.

A figure is its 95 % interval. A comparison holds when it is true anywhere inside the intervals, fails when it
is true nowhere, and is undecided otherwise: more paths would decide it. Intervals on both sides count as
independent, so compare an arm with its reference by diff. A gate on a measure without data fails.

relend gate RUN judges a finished run again, with further conditions (--expect), and against an earlier run
(--against): the same data and configuration must give the same results to the bit, else the model changed; and
a measure of an arm fails when it moved further than its tolerance and further than chance moves it:

  tolerances: [default_rate=±10bp, 'diff:served_share=±0.5pp', originations_amount=±2%]

At the --level (99 %) chance moves no measure of any arm out of its band. Where a band is wider than its
tolerance the gate is undecided; where it is not, a move of twice the tolerance is found with more than that
probability. Runs of the same seed, design and paths are compared path by path, others as independent.

A gate of level error that fails ends the command with exit code 5, an undecided one with 6, after everything
is written; one of level warn is only shown. The verdict is on gates alone: a precision that is not reached ends
the run with 6 too, and is a check of the report and of junit.xml that fails, but verdict.json does not know it.`}
}

var errInterrupted = errors.New("interrupted; nothing was written")

// usageError is a mistake on the command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// gateError says that a run is written but did not pass.
type gateError struct{ verdict gate.Verdict }

func (e *gateError) Error() string {
	if e.verdict.Undecided {
		return "a gate is undecided: more paths would decide it"
	}
	return "a gate fails"
}

// selfcheckError says that the program does not compute what it should.
type selfcheckError struct{ failed, rows int }

func (e *selfcheckError) Error() string {
	return fmt.Sprintf("%d of %d comparisons fail: results of this program on this machine are not to be trusted", e.failed, e.rows)
}

// exit writes the error of a command for people and returns its exit code.
func exit(stderr io.Writer, err error) int {
	var (
		problems *data.Problems
		wrong    *usageError
		gates    *gateError
		facts    *unreproducedError
		broken   *sim.InvariantError
		unsound  *selfcheckError
		wide     *precisionError
		parts    *partsError
		wanting  *expect.InvariantError
		open     *uncheckedError
		lacking  *partialError
		kept     *keptError
		unmet    *unmetError
	)
	code, hint := exitInternal, ""
	switch {
	case err == nil:
		return exitOK
	case err == errInterrupted, errors.As(err, &kept):
		code = exitInterrupted
	case errors.As(err, &lacking):
		code = exitPartial
	case errors.Is(err, sweepdir.ErrLocked):
		code = exitUsage
	case errors.As(err, &problems):
		fmt.Fprintln(stderr, err)
		if n := len(problems.List) - len(problems.Warnings()); n > 1 {
			fmt.Fprintf(stderr, "relend: %d problems\n", n)
		}
		if problems.Cause == data.BadData {
			return exitData
		}
		return exitConfig
	case errors.As(err, &wrong):
		code = exitUsage
	case errors.Is(err, rundir.ErrExists):
		code, hint = exitUsage, "; a run directory is replaced with --force, another place is chosen with -o"
	case errors.As(err, &gates):
		code = exitGate
		if gates.verdict.Undecided {
			code = exitUndecided
		}
	case errors.As(err, &wide), errors.As(err, &open):
		code = exitUndecided
	case errors.As(err, &unmet):
		code = exitGate
		if unmet.unclear {
			code = exitUndecided
		}
	case errors.As(err, &facts):
		code = exitGate
	case errors.As(err, &parts):
		code = exitPartial
	case errors.As(err, &broken), errors.As(err, &unsound), errors.As(err, &wanting):
		code = exitInvariant
	}
	fmt.Fprintf(stderr, "relend: %v%s\n", err, hint)
	return code
}

// strict makes a command and those below it refuse what they do not know, with the nearest thing they do.
func strict(c *cobra.Command) {
	c.SetFlagErrorFunc(flagError)
	if c.HasSubCommands() && !c.Runnable() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			var names []string
			for _, sub := range c.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, sub.Name())
				}
			}
			return usage("%s has no command %q (commands: %s)%s", c.CommandPath(), args[0], strings.Join(names, ", "), data.DidYouMean(args[0], names))
		}
	} else if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usage("%s: %v; usage: %s", c.CommandPath(), err, c.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}

// flagError words the errors of the flag parser.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return usage("%s has no flag -%c (in -%s); see %s --help", c.CommandPath(), name[0], short, c.CommandPath())
		}
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return usage("%s has no flag --%s%s; see %s --help", c.CommandPath(), name, data.DidYouMean("--"+name, names), c.CommandPath())
	case errors.As(err, &value):
		wanted := map[string]string{"int": "a whole number", "uint64": "a whole number, 0 or more", "bool": "true or false"}[value.GetFlag().Value.Type()]
		if wanted != "" {
			return usage("--%s: %s is needed, found %q", value.GetFlag().Name, wanted, value.GetValue())
		}
		return usage("--%s: %v", value.GetFlag().Name, errors.Unwrap(value))
	}
	return usage("%v; see %s --help", err, c.CommandPath())
}
