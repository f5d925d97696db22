package html

import (
	"fmt"
	"strings"

	"relend/output"
	"relend/output/table"
)

// markdown is the summary for a CI system: the answer first, then gates, the headline table and warnings.
func markdown(r *output.Report) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", table.Escape(cut(r.Say(r.Run.Title))))
	for _, s := range r.Answer {
		fmt.Fprintf(&b, "- %s\n", table.Escape(cut(s)))
	}
	if len(r.Gates) > 0 {
		b.WriteString("\n## " + r.Say("Gates") + "\n\n| " + strings.Join([]string{r.Say("Gate"), r.Say("Expected"), r.Say("Verdict"), r.Say("Found"), r.Say("Level")}, " | ") + " |\n| --- | --- | --- | --- | --- |\n")
		const most = 200
		for i, g := range r.Gates {
			if i == most {
				fmt.Fprintf(&b, "\n%s\n", r.Say("%d more in verdict.json.", len(r.Gates)-most))
				break
			}
			fmt.Fprintf(&b, "| %s | %s | **%s** | %s | %s |\n", table.Escape(cut(g.Name)), table.Escape(cut(g.Expression)),
				table.Escape(r.Say(g.Verdict)), table.Escape(cut(g.Found)), table.Escape(r.Say(g.Level)))
		}
	}
	b.WriteString("\n## " + r.Say("Headline") + "\n\n" + table.Markdown(r))
	if len(r.Warnings) > 0 {
		b.WriteString("\n## " + r.Say("Warnings") + "\n\n")
		const most = 30
		for i, w := range r.Warnings {
			if i == most {
				fmt.Fprintf(&b, "- %s\n", r.Say("and %d more in report.html", len(r.Warnings)-most))
				break
			}
			fmt.Fprintf(&b, "- %s\n", table.Escape(cut(w)))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", r.Say("%s, %s, seed %d. Charts, assumptions and definitions are in report.html.",
		r.Count(r.Run.Paths, "path"), r.Count(r.Run.Months, "month"), r.Run.Seed))
	return []byte(b.String())
}

// cut keeps a user's text to a readable length.
func cut(s string) string {
	const most = 400
	if letters := []rune(s); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return s
}
