package rule

import (
	"testing"

	"pgregory.net/rapid"
	"relend/data"
)

// Books that judge together say what each of them says alone: decision and cause, for any sets of rules, in any order.
func TestBenches(t *testing.T) {
	shared, cut := 0, 0
	property := func(t *rapid.T) {
		stock := []Rule{&ProductCap{Amount: 4000 * data.Unit}} // from which the books take, so that they have rules in common, one that often cuts
		for _, k := range Kinds {
			r := arbitrary(t, k)
			seldom := 8
			_, terms := r.(TermsRule)
			if _, price := r.(Price); terms || price { // arms of other terms or prices do not sit together
				seldom = 40
			}
			if rapid.IntRange(0, seldom).Draw(t, k.Name) > 0 {
				continue
			}
			if rapid.IntRange(0, 3).Draw(t, "conditions") == 0 && !dated(r) && k.Name != "funding_queue" {
				r = conditioned(t, r)
			}
			stock = append(stock, r, arbitrary(t, k))
		}
		var books []*Book
		for range rapid.IntRange(2, 12).Draw(t, "books") {
			var policy, law []Rule
			for _, r := range rapid.Permutation(stock).Draw(t, "order") {
				switch rapid.IntRange(0, 5).Draw(t, "side") {
				case 0, 1:
					policy = append(policy, r)
				case 2:
					law = append(law, r)
				}
			}
			books = append(books, Compile(policy, law, wide(), 500*data.Unit))
		}
		a := fine()
		if rapid.Bool().Draw(t, "idle") {
			a.Idle, a.Own, a.NewestPrincipal, a.NewestBalance, a.NewestInstalment, a.OwnBalance, a.OwnInstalments = true, 0, 0, 0, 0, 0, 0
		}
		a.Asked = data.Money(rapid.IntRange(1, 9000).Draw(t, "asked")) * data.Unit
		a.Gap, a.Since, a.Outside = rapid.IntRange(0, 40).Draw(t, "gap"), rapid.IntRange(0, 40).Draw(t, "since"), rapid.IntRange(0, 6).Draw(t, "outside")
		a.Clean, a.Now, a.Term, a.NewOrdinal = rapid.IntRange(0, 6).Draw(t, "clean"), rapid.IntRange(0, 12).Draw(t, "now"), 12, rapid.IntRange(1, 9).Draw(t, "ordinal")
		asked := rapid.Uint64Range(0, 1<<len(books)-1).Draw(t, "asked books")
		seen := uint64(0)
		for _, bench := range Benches(books) {
			if bench.Books&seen != 0 {
				t.Fatal("a book sits on two benches")
			}
			seen |= bench.Books
			some := bench.Books & asked
			if some == 0 {
				continue
			}
			answered := uint64(0)
			for _, v := range bench.Judge(&a, some, nil, nil) {
				if v.Books == 0 || v.Books&answered != 0 {
					t.Fatalf("verdicts overlap or are empty: %b after %b", v.Books, answered)
				}
				answered |= v.Books
				if v.Books&(v.Books-1) != 0 {
					shared++
				}
				for i, b := range books {
					if v.Books>>i&1 == 0 {
						continue
					}
					d, cause := b.Judge(&a, nil)
					if d != v.Decision || cause != v.Cause(i) {
						t.Fatalf("book %d: alone %+v by %d, on the bench %+v by %d", i, d, cause, v.Decision, v.Cause(i))
					}
					if d.Granted && d.Amount < a.Asked {
						cut++
					}
				}
			}
			if answered != some {
				t.Fatalf("books %b were asked, %b answered", some, answered)
			}
		}
		if seen != 1<<len(books)-1 {
			t.Fatalf("books %b have a bench", seen)
		}
	}
	for range 4 { // once shows a cut of 49 times in 50
		rapid.Check(t, property)
	}
	if shared == 0 || cut == 0 {
		t.Errorf("%d shared verdicts, %d cuts", shared, cut)
	}
}
