package gate

import (
	"fmt"
	"strings"

	"relend/data"
	"relend/output"
	"relend/output/table"
)

// Of report.md, which CI services cut, or refuse, above a size.
const (
	mostGates = 200
	mostText  = 400 // letters of a cell
)

// Markdown is the verdict for the summary of a CI system: what holds and what does not, those that do not hold first, and
// what changed since the baseline run.
func (v Verdict) Markdown(run *data.Run) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", escape(run.Title), v.Words())
	if a := v.Against; a != nil {
		fmt.Fprintf(&b, "Since the baseline run: %s.\n\n", a.Words())
		for _, c := range []struct {
			title string
			list  []string
		}{{"Data", a.Data}, {"Configuration", a.Configuration}, {"Presentation", a.Presentation}, {"Program", a.Program}, {"Control totals", a.Totals}} {
			if len(c.list) > 0 {
				fmt.Fprintf(&b, "- %s: %s\n", c.title, escape(output.List(c.list, 12)))
			}
		}
		b.WriteByte('\n')
	}
	sheet := table.Sheet{Columns: []table.SheetColumn{{Title: "Gate"}, {Title: "Expected"}, {Title: "Verdict"}, {Title: "Level"}, {Title: "Found"}}}
	for _, want := range []Result{Fails, Undecided, Holds} {
		for _, j := range v.Gates {
			if j.Result == want && len(sheet.Rows) < mostGates {
				sheet.Rows = append(sheet.Rows, []string{cut(j.Name), cut(j.Expect), string(j.Result), j.Level, cut(j.Found)})
			}
		}
	}
	if len(v.Gates) == 0 {
		b.WriteString("The run has no gates.\n")
	} else {
		b.WriteString(sheet.Markdown())
	}
	if left := len(v.Gates) - len(sheet.Rows); left > 0 {
		fmt.Fprintf(&b, "\n%s more in verdict.json.\n", output.Plural(left, "gate"))
	}
	if v.Against != nil && len(v.Against.Causes) > 0 {
		b.WriteString("\n## Causes\n\n")
		causes := table.Sheet{Columns: []table.SheetColumn{{Title: "Measure"}, {Title: "Change and its parts, ± half of the 95 % interval"}}}
		for _, c := range v.Against.Causes[:min(len(v.Against.Causes), mostGates)] {
			causes.Rows = append(causes.Rows, []string{cut(c.Name()), c.Words})
		}
		b.WriteString(causes.Markdown())
		for _, note := range v.Against.Notes {
			fmt.Fprintf(&b, "\n%s.\n", escape(note))
		}
	}
	return []byte(b.String())
}

// Words is the verdict in a few words.
func (v Verdict) Words() string {
	counts := map[Result]int{}
	for _, j := range v.Gates {
		if j.Level != "warn" {
			counts[j.Result]++
		}
	}
	switch {
	case v.Undecided:
		return "undecided"
	case !v.Passed:
		return "failed"
	case counts[Holds] == 0:
		return "passed, nothing was asked"
	}
	return "passed"
}

func escape(s string) string { return table.Escape(cut(s)) }

func cut(s string) string {
	if letters := []rune(s); len(letters) > mostText {
		return string(letters[:mostText]) + "…"
	}
	return s
}
