package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/sim/selfcheck"
)

func newSelfcheckCommand(env *environment) *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "selfcheck [ID...]",
		Short: "Compare the program with closed forms, published tables and its oracle",
		Long: "Compares what this program computes on this machine with closed forms, published tables and an independent\n" +
			"computation of its expectations (the oracle), in under a minute. A comparison without chance has a tolerance;\n" +
			"one by simulation has the probability p of an error as large when all is right, and fails below the one given.\n" +
			"Seeds are fixed: the same program on the same machine gives the same figures. The ids are those of the\n" +
			"validation table in sim/METHOD.md, which also names the wrong models that each check rejects. With ids only these run.",
		Example: "  relend selfcheck\n  relend selfcheck V1 V22\n  relend selfcheck --json",
		RunE: func(c *cobra.Command, ids []string) error {
			checks, err := checksOf(ids)
			if err != nil {
				return err
			}
			report := selfcheckReport{Program: program + revision(), Holds: true}
			bad, all := 0, 0
			for _, check := range checks {
				rows, err := check.Run(c.Context(), selfcheck.Departure{})
				if err != nil {
					return err
				}
				for _, r := range rows {
					all++
					if !r.Holds {
						bad++
					}
				}
				if asJSON {
					report.add(check, rows)
				} else {
					writeCheck(env.stdout, check, rows)
				}
			}
			if asJSON {
				text, err := json.MarshalIndent(report, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintln(env.stdout, string(text))
			} else {
				fmt.Fprintf(env.stdout, "%d comparisons, %d hold, %d fail\n", all, all-bad, bad)
			}
			if bad > 0 {
				return &selfcheckError{bad, all}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// checksOf are the checks of some ids, in the order of the table; without ids all.
func checksOf(ids []string) (list []selfcheck.Check, err error) {
	var names []string
	for _, c := range selfcheck.Checks() {
		names = append(names, c.ID)
		if len(ids) == 0 || slices.Contains(ids, c.ID) {
			list = append(list, c)
		}
	}
	for _, id := range ids {
		if !slices.Contains(names, id) {
			return nil, usage("there is no check %q%s; allowed: %s", id, data.DidYouMean(id, names), output.List(names, len(names)))
		}
	}
	return list, nil
}

// selfcheckReport is the result as JSON.
type selfcheckReport struct {
	Program string            `json:"program"`
	Holds   bool              `json:"holds"`
	Checks  []selfcheckResult `json:"checks"`
}

type selfcheckResult struct {
	ID      string          `json:"id"`
	Title   string          `json:"title"`
	Source  string          `json:"source"`  // of the references
	Rejects []string        `json:"rejects"` // wrong models that the check rejects
	Rows    []selfcheck.Row `json:"rows"`
}

func (r *selfcheckReport) add(c selfcheck.Check, rows []selfcheck.Row) {
	result := selfcheckResult{ID: c.ID, Title: c.Title, Source: c.Source, Rows: rows}
	for _, w := range c.Wrong {
		result.Rejects = append(result.Rejects, w.Name)
	}
	for _, row := range rows {
		r.Holds = r.Holds && row.Holds
	}
	r.Checks = append(r.Checks, result)
}

// writeCheck prints one check as soon as it is made.
func writeCheck(w io.Writer, c selfcheck.Check, rows []selfcheck.Row) {
	fmt.Fprintf(w, "%s (%s)\n", c.Title, c.Source)
	table := tabwriter.NewWriter(w, 12, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  id\tverdict\treference\tgot\terror\tallowed\t")
	for _, r := range rows {
		verdict, allowed := "holds", fmt.Sprintf("%.3g", r.Tolerance)
		if !r.Holds {
			verdict = "FAILS"
		}
		if r.FalseAlarm > 0 {
			allowed = fmt.Sprintf("p %.2g, not < %g", r.P, r.FalseAlarm)
		}
		fmt.Fprintf(table, "  %s\t%s\t%.8g\t%.8g\t%.2g\t%s\t%s\n", r.ID, verdict, r.Reference, r.Got, r.Error, allowed, r.What)
	}
	table.Flush()
	fmt.Fprintln(w)
}
