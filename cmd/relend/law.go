package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim/rule"
)

func newLawCommand(env *environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "law",
		Short: "Read laws: list, show, compare and check them",
		Long: "Laws are the regulations of the library and files like them. A law is dated, says where it comes from and what of it\n" +
			"cannot be simulated; cases beside it show what each of its limits does.",
	}
	list := &cobra.Command{
		Use:     "list",
		Short:   "List the laws of the library with their standing",
		Example: "  relend law list",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return listLaws(env.stdout) },
	}
	on := ""
	show := &cobra.Command{
		Use:     "show ID",
		Short:   "Say a law in words and numbers",
		Example: "  relend law show jp-mlba\n  relend law show kr-rate --on 2019-01-01\n  relend law show my-law.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("on") {
				return showLaw(env, args[0]+"@"+on)
			}
			return showLaw(env, args[0])
		},
		ValidArgsFunction: lawNames,
	}
	show.Flags().StringVar(&on, "on", "", "as it stands on this day, such as 2026-01-01")
	var today bite
	diff := &cobra.Command{
		Use:   "diff A[@DATE] B[@DATE]",
		Short: "Compare two laws, or one on two days, in words and numbers; with -p what they do to a portfolio today",
		Long: "Says what differs in the rules of two laws, or of one law on two days. With a portfolio it also says what each rule does\n" +
			"to it today, before anybody adapts (the static bite): every borrower asks for a loan like the last one, at the rate of it,\n" +
			"in place of the running one where one runs, all debts are seen, and the rule alone decides. A law without @DATE is then\n" +
			"taken as it stands on the day of the portfolio.",
		Example: "  relend law diff kr-rate@2019-01-01 kr-rate@2022-01-01\n  relend law diff cn-2025-9 cn-2025-xd-cost@2028-01-01 -p loans.parquet",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return diffLaws(c.Context(), env, args[0], args[1], &today)
		},
		ValidArgsFunction: lawNames,
	}
	today.register(diff)
	check := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check laws and put their cases to them; report all problems at once",
		Long: "Reads each law, by file or by name, with the cases beside it (law.cases.yaml beside law.yaml), and decides each case as a\n" +
			"run would. A limit for which the cases do not show both sides is a warning.",
		Example:           "  relend law check my-law.yaml laws/*.yaml\n  relend law check jp-mlba",
		Args:              cobra.MinimumNArgs(1),
		RunE:              func(_ *cobra.Command, files []string) error { return checkLaws(env, files) },
		ValidArgsFunction: lawNames,
	}
	command.AddCommand(list, show, diff, check)
	return command
}

func lawNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenarios.LawNames(), cobra.ShellCompDirectiveDefault
}

func listLaws(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tjurisdiction\tstatus\tfrom\tkinds")
	for _, name := range scenarios.LawNames() {
		law, err := scenarios.LoadLaw(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", name, cmp.Or(law.Jurisdiction, "-"), law.Status, sinceOf(&law.Regulation), strings.Join(law.Kinds(), ", "))
	}
	return table.Flush()
}

// sinceOf is the first day of a law, "-" where it has none.
func sinceOf(law *scenarios.Regulation) string {
	if day := law.Since(); !day.IsZero() {
		return day.Format(time.DateOnly)
	}
	return "-"
}

// lawAt reads a law, as it stands on a day where the reference ends in @DATE, and prints its warnings.
func lawAt(env *environment, reference string) (*scenarios.Regulation, string, error) {
	name, date, dated := strings.Cut(reference, "@")
	var day time.Time
	if dated {
		var err error
		if day, err = time.Parse(time.DateOnly, date); err != nil {
			return nil, "", usage("%q is not a day such as 2026-01-01", date)
		}
	}
	law, err := scenarios.LoadLaw(name)
	if err != nil {
		return nil, "", err
	}
	for _, warning := range law.Warnings {
		fmt.Fprintln(env.stderr, warning)
	}
	if dated {
		return law.On(day), law.Name + " on " + date, nil
	}
	return &law.Regulation, law.Name, nil
}

func showLaw(env *environment, reference string) error {
	law, name, err := lawAt(env, reference)
	if err != nil {
		return err
	}
	w := env.stdout
	fmt.Fprintf(w, "%s: %s\n\n", name, law.Title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"title", law.Original}, {"jurisdiction", law.Jurisdiction}, {"status", law.Status}, {"reference", law.Reference}, {"source", law.Source},
	} {
		if row[1] != "" {
			fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if law.Description != "" {
		fmt.Fprintf(w, "\n%s\n", law.Description)
	}
	fmt.Fprintln(w, "\nRules")
	for _, r := range law.Rules {
		fmt.Fprintf(w, "  %s: %s\n", titleOf(r.Kind), r.Rule.Sentence(r.Currency))
	}
	if len(law.Rules) == 0 {
		fmt.Fprintln(w, "  None is in force.")
	}
	if len(law.Amendments) > 0 {
		fmt.Fprintln(w, "\nAmendments")
		for _, a := range law.Amendments {
			fmt.Fprintf(w, "  %s\n", strings.Join(slices.DeleteFunc([]string{a.From.Format(time.DateOnly), a.Title, strings.ReplaceAll(a.Status, "_", " "), a.Reference, a.Source}, func(s string) bool { return s == "" }), "; "))
		}
	}
	if len(law.NotModelled) > 0 {
		fmt.Fprintln(w, "\nNot modelled")
		for _, clause := range law.NotModelled {
			fmt.Fprintf(w, "  %s\n", clause)
		}
	}
	return nil
}

func titleOf(kind string) string {
	k, _ := rule.KindByName(kind)
	return k.Title
}

func diffLaws(ctx context.Context, env *environment, a, b string, today *bite) error {
	if err := today.check(); err != nil {
		return err
	}
	var p *data.Portfolio
	if len(today.files) > 0 {
		var err error
		if p, err = today.tape.load(ctx, today.files, today.maxRejected); err != nil {
			return err
		}
	} else if today.asked() {
		return usage("--lender, --fee-share, --mapping, --as-of, --currency, --segments and --max-rejected go with a portfolio (-p)")
	}
	before, nameBefore, err := lawAt(env, a)
	if err != nil {
		return err
	}
	after, nameAfter, err := lawAt(env, b)
	if err != nil {
		return err
	}
	if p != nil && p.AsOf.IsZero() && !(strings.Contains(a, "@") && strings.Contains(b, "@")) {
		return usage("the portfolio has no day on which the laws could be taken: give it with --as-of, or the laws as A@DATE and B@DATE")
	}
	w := env.stdout
	fmt.Fprintf(w, "- %s: %s (%s)\n+ %s: %s (%s)\n", nameBefore, before.Title, before.Status, nameAfter, after.Title, after.Status)
	differences := scenarios.Differences(before, after)
	for _, x := range differences {
		fmt.Fprintf(w, "\n%s\n", titleOf(x.Kind))
		for _, s := range x.Removed {
			fmt.Fprintf(w, "  - %s\n", s)
		}
		for _, s := range x.Added {
			fmt.Fprintf(w, "  + %s\n", s)
		}
		for _, v := range x.Values {
			fmt.Fprintf(w, "    %s: %s -> %s\n", v.Name, cmp.Or(v.Before, "none"), cmp.Or(v.After, "none"))
		}
	}
	if len(differences) == 0 {
		fmt.Fprintln(w, "\nNo rule differs.")
	}
	if p == nil {
		return nil
	}
	return today.print(w, p, [2]*scenarios.Regulation{before, after}, [2]string{nameBefore, nameAfter})
}

func checkLaws(env *environment, files []string) error {
	all := &data.Problems{Cause: data.BadConfig}
	var done []string
	for _, file := range files {
		if law, ok := strings.CutSuffix(file, ".cases.yaml"); ok {
			file = law + ".yaml"
		}
		if slices.Contains(done, file) { // a pattern finds a law and its cases
			continue
		}
		done = append(done, file)
		law, err := scenarios.LoadLaw(file)
		if err == nil {
			err = law.Try()
		}
		if problems, ok := err.(*data.Problems); ok {
			all.List = append(all.List, problems.List...)
			continue
		} else if err != nil {
			return err
		}
		for _, warning := range law.Warnings {
			fmt.Fprintln(env.stderr, warning)
		}
		if len(law.Cases) > 0 {
			for _, missing := range law.Untested() {
				fmt.Fprintf(env.stderr, "%s: warning: %s\n", file, missing)
			}
		}
		fmt.Fprintf(env.stdout, "%s: %s, %s, no problems\n", file, output.Plural(len(law.Rules), "rule"), output.Plural(len(law.Cases), "case"))
	}
	return all.Err()
}
