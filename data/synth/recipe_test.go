package synth

import "testing"

// Every recipe makes a portfolio without findings, and each its own.
func TestRecipes(t *testing.T) {
	seen := map[string]string{}
	for _, name := range Recipes() {
		s, ok := Recipe(name)
		if !ok {
			t.Fatalf("no recipe %s", name)
		}
		s.Borrowers = 500
		p, err := Generate(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(p.Borrowers) != 500 || len(p.Intake.Findings) != 0 || p.HasPD == s.Ungraded {
			t.Errorf("%s: %+v", name, p.Intake)
		}
		balance := p.Intake.Balance.String()
		if other := seen[balance]; other != "" {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[balance] = name
	}
	if _, ok := Recipe("none"); ok || Recipes()[0] != "consumer" {
		t.Error("the recipes are not what they are called")
	}
}
