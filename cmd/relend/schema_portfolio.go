package main

import (
	"strings"

	"relend/data"
)

// portfolioSchemaText lists the columns of the canonical loan tape.
func portfolioSchemaText() string {
	var b strings.Builder
	b.WriteString("A portfolio is one or more Parquet files with one row per loan and these columns. Other tapes are read\n" +
		"with --mapping. Money is in whole units of the currency, rates are fractions.\n\n")
	for i, c := range data.Schema() {
		needed := "needed"
		other, either := data.ColumnID(i).Alternative()
		switch {
		case either:
			needed = "one of " + min(data.ColumnID(i), other).String() + " and " + max(data.ColumnID(i), other).String() + " is needed"
		case c.Default != "":
			needed = "default " + c.Default
		case !c.Required:
			needed = "optional"
		}
		var facts []string
		for _, fact := range []string{string(c.Type), c.Unit, c.Range, needed} {
			if fact != "" {
				facts = append(facts, fact)
			}
		}
		b.WriteString(c.Name + "\n    " + strings.Join(facts, "; ") + "\n    " + c.Meaning + "\n")
	}
	return b.String()
}
