package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"relend/sim/selfcheck"
)

var update = flag.Bool("update", false, "rewrite the generated tables of sim/METHOD.md and testdata/verdicts.golden")

const method = "../../sim/METHOD.md"

// The tables of checks and of parameters in METHOD.md are those of the code. After a change:
//
//	go test ./cmd/relend -run TestMethod -update
func TestMethod(t *testing.T) {
	text, err := os.ReadFile(method)
	if err != nil {
		t.Fatal(err)
	}
	checks := [][]string{{"id", "check of `relend selfcheck`", "reference", "wrong models rejected"}}
	for _, c := range selfcheck.Checks() {
		var wrong []string
		for _, w := range c.Wrong {
			wrong = append(wrong, w.Name)
		}
		checks = append(checks, []string{c.ID, c.Title, c.Source, strings.Join(wrong, "; ")})
	}
	want := string(text)
	for name, rows := range map[string][][]string{"checks": checks, "parameters": parameterRows()} {
		open, end := "<!-- generated: "+name+" -->\n", "<!-- end of "+name+" -->"
		before, rest, found := strings.Cut(want, open)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("METHOD.md lacks %q and %q", open, end)
		}
		want = before + open + markdown(rows) + end + after
	}
	switch {
	case want == string(text):
	case *update:
		if err := os.WriteFile(method, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the tables of METHOD.md are not those of the code: go test ./cmd/relend -run TestMethod -update")
	}
}

// markdown writes a table, the first row its head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
