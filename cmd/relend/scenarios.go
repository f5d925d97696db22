package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output/gate"
	"relend/scenarios"
	"relend/scenarios/sweep"
)

func newScenariosCommand(env *environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "scenarios",
		Short: "List, show and check experiments, policies, regulations and macro paths",
	}
	list := &cobra.Command{
		Use:     "list [KIND...]",
		Short:   "List the library: experiments, policies, regulations, macro paths",
		Example: "  relend scenarios list\n  relend scenarios list policies regulations",
		RunE:    func(_ *cobra.Command, kinds []string) error { return listScenarios(env.stdout, kinds) },
	}
	list.ValidArgs = pluralKinds()

	resolved := false
	show := &cobra.Command{
		Use:   "show NAME",
		Short: "Print a file of the library, or an experiment with every default explicit",
		Example: "  relend scenarios show policy/default\n  relend scenarios show apr_cap_4lpr\n" +
			"  relend scenarios show -r default\n  relend scenarios show -r my-experiment.yaml",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if resolved {
				return showResolved(env.stdout, args[0])
			}
			return showScenario(env.stdout, args[0])
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, e := range scenarios.Library() {
				names = append(names, fmt.Sprintf("%s/%s\t%s", e.Kind, e.Name, e.Title))
			}
			return names, cobra.ShellCompDirectiveDefault
		},
	}
	show.Flags().BoolVarP(&resolved, "resolved", "r", false, "print an experiment, by name or path, with every default explicit")

	check := &cobra.Command{
		Use:     "check FILE...",
		Short:   "Check experiments, sweeps, policies, regulations and macro paths; report all problems at once",
		Example: "  relend scenarios check my-experiment.yaml policies/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, files []string) error { return checkScenarios(env, files) },
	}
	command.AddCommand(list, show, check)
	return command
}

func pluralKinds() []string {
	var names []string
	for _, k := range scenarios.Kinds {
		names = append(names, k.Plural())
	}
	return names
}

func listScenarios(w io.Writer, kinds []string) error {
	for _, k := range kinds {
		if !slices.Contains(pluralKinds(), k) {
			return usage("unknown kind %q (allowed: %s)%s", k, strings.Join(pluralKinds(), ", "), data.DidYouMean(k, pluralKinds()))
		}
	}
	var last scenarios.Kind
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range scenarios.Library() {
		if len(kinds) > 0 && !slices.Contains(kinds, e.Kind.Plural()) {
			continue
		}
		if e.Kind != last {
			if last != "" {
				fmt.Fprintln(table)
			}
			fmt.Fprintln(table, e.Kind.Plural())
			last = e.Kind
		}
		fmt.Fprintf(table, "  %s\t%s\n", e.Name, e.Title)
	}
	return table.Flush()
}

func showScenario(w io.Writer, name string) error {
	kind, plain, qualified := strings.Cut(name, "/")
	if !qualified {
		plain = name
	}
	var found, names []string
	var text []byte
	for _, e := range scenarios.Library() {
		full := string(e.Kind) + "/" + e.Name
		if e.Name == plain && (!qualified || kind == string(e.Kind)) {
			found = append(found, full)
			text, _ = scenarios.Text(e.Kind, e.Name)
		}
		if qualified {
			names = append(names, full)
		} else {
			names = append(names, e.Name)
		}
	}
	problems := &data.Problems{Cause: data.BadConfig}
	switch len(found) {
	case 0:
		problems.Add("", "the library has no %q%s; see: relend scenarios list", name, data.DidYouMean(name, names))
	case 1:
		_, err := w.Write(text)
		return err
	default:
		problems.Add("", "%q is the name of several; write %s", name, strings.Join(found, " or "))
	}
	return problems
}

func showResolved(w io.Writer, name string) error {
	if _, err := os.Stat(name); err != nil {
		name = strings.TrimPrefix(name, string(scenarios.KindExperiment)+"/")
	}
	e, err := scenarios.Load(name, scenarios.Overrides{})
	if err != nil {
		return err
	}
	_, err = w.Write(e.Resolved())
	return err
}

func checkScenarios(env *environment, files []string) error {
	all := &data.Problems{Cause: data.BadConfig}
	for _, file := range files {
		kind, e, warnings, err := scenarios.CheckFile(file)
		switch {
		case err != nil:
		case kind == scenarios.KindExperiment:
			err = checkGates(file, e)
		case kind == scenarios.KindSweep:
			_, err = sweep.Load(file, scenarios.Overrides{})
		}
		if problems, ok := err.(*data.Problems); ok {
			all.List = append(all.List, problems.List...)
			continue
		} else if err != nil {
			return err
		}
		for _, warning := range warnings {
			fmt.Fprintln(env.stderr, warning)
		}
		fmt.Fprintf(env.stdout, "%s: %s, no problems\n", file, kind)
	}
	return all.Err()
}

// checkGates finds what is wrong with the gates of an experiment before its portfolio is read.
func checkGates(file string, e *scenarios.Experiment) error {
	arms := make([]data.Arm, len(e.Entries))
	for i, a := range e.Entries {
		arms[i].Name = a.Name
	}
	_, err := gate.Compile(file, e.Gates, arms, e.Months)
	return err
}

// experimentSchemaText describes every key of the YAML files.
func experimentSchemaText() string {
	var b strings.Builder
	for _, kind := range scenarios.Kinds {
		fmt.Fprintf(&b, "%s\n\n", strings.ToUpper(string(kind)))
		rows := [][]string{{"key", "value", "default", "meaning"}}
		for _, k := range scenarios.Schema(kind) {
			rows = append(rows, []string{k.Path, k.Value, k.Default, k.Meaning})
		}
		writeRows(&b, rows)
	}
	b.WriteString("The rules and their parameters: relend schema rules\n" +
		"The parameters of behaviour.set: relend schema parameters\n" +
		"The measures: relend schema measures\n")
	return b.String()
}

// writeRows writes a table with aligned columns and an empty line after it.
func writeRows(w io.Writer, rows [][]string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" && i > 0 && i < len(row)-1 {
				row[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	table.Flush()
	fmt.Fprintln(w)
}
