package document

import (
	"slices"
	"testing"
)

func TestDiffer(t *testing.T) {
	parse := func(text string) *Node {
		n, problems := Parse("x.yaml", []byte(text))
		if problems != nil {
			t.Fatal(problems)
		}
		return n
	}
	before := parse("horizon: 12 months\npolicies:\n  - name: a\n    rules: {cap: {max: 3}}\n  - name: b\nlist: [1, 2]\n")
	after := parse("horizon: 12 months\npolicies:\n  - name: b\n  - name: a\n    rules: {cap: {max: 4}}\nlist: [1]\nseed: 7\n")
	var got []string
	for _, d := range Differ(before, after) {
		got = append(got, d.String())
	}
	want := []string{"policies[a].rules.cap.max: 3 → 4", "list[1]: 2 → nothing", "seed: nothing → 7"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if d := Differ(before, before); d != nil {
		t.Errorf("the same: %v", d)
	}
	changed := before.With("horizon", NewText("24 months"))
	if d := Differ(before, changed); len(d) != 1 || before.Get("horizon").Text() != "12 months" {
		t.Errorf("With: %v, and the first has %s", d, before.Get("horizon").Text())
	}
}
