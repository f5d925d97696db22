package sim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"relend/data"
	"relend/data/synth"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rule"
)

// book makes an artificial portfolio; borrower i does not depend on n.
func book(n int) *data.Portfolio {
	p := &data.Portfolio{Currency: "CNY", Segments: []string{"consumer", "gig", "micro"}, HasPD: true}
	for i := range n {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		key := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		b := data.Borrower{
			ID: binary.BigEndian.Uint64(key[:]), Income: data.Money(200000 + r.IntN(1500000)), Weight: 1, Segment: uint8(r.IntN(3)),
			External: uint8(r.IntN(4)), Ordinal: uint8(1 + r.IntN(8)), First: uint32(len(p.Loans)),
			PD12: .01 + .12*r.Float64(),
		}
		if r.IntN(25) == 0 {
			b.Bucket = uint8(1 + r.IntN(3))
		}
		loans := 1
		if r.IntN(10) == 0 {
			loans = 1 + r.IntN(5)
		}
		b.Open = uint16(loans)
		if b.Bucket == 0 && r.IntN(10) == 0 {
			loans, b.Open, b.Gap = 1, 0, uint8(r.IntN(20))
		}
		first := len(p.Loans)
		for range loans {
			l := data.Loan{Principal: data.Money(100000 + 100*r.IntN(20000)), APR: .14 + .1*r.Float64(), Term: int16(3 * (1 + r.IntN(8))), Ordinal: b.Ordinal}
			if r.IntN(5) == 0 {
				l.Product = data.Product(r.IntN(data.NumProducts))
			}
			l.MonthsOnBook = int16(r.IntN(int(l.Term)))
			if b.Open > 0 {
				l.Balance = max(data.Unit, data.Money(float64(l.Principal)*(1-float64(l.MonthsOnBook)/float64(l.Term))))
			}
			p.Loans = append(p.Loans, l)
		}
		slices.SortFunc(p.Loans[first:], func(a, b data.Loan) int { return int(a.MonthsOnBook) - int(b.MonthsOnBook) })
		p.Borrowers = append(p.Borrowers, b)
	}
	return p
}

// defaultPolicy are the rules of the default policy (model.md §19), with the given rules in place of those of
// the same kind.
func defaultPolicy(other ...rule.Rule) []rule.Rule {
	rules := []rule.Rule{
		&rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, &rule.TopUp{Allowed: true}, &rule.MinRepaid{Share: .3},
		&rule.ConcurrentLoans{Max: 3}, &rule.MaxOrdinal{Max: 15}, &rule.APRCap{Max: .24},
		&rule.LimitLadder{Steps: []float64{1, 1.2, 1.5, 1.8, 2.2}}, &rule.ProductCap{Amount: 200000 * data.Unit},
	}
	return append(rules, other...)
}

func arm(name string, rules ...rule.Rule) Arm {
	return Arm{Arm: data.Arm{Name: name}, Behaviour: behaviour.Default(), Policy: defaultPolicy(rules...)}
}

func settings(months, paths int) Settings {
	return Settings{Months: months, Paths: paths, Seed: 20240601, Design: factor.Antithetic}
}

func mustRun(t testing.TB, p *data.Portfolio, s Settings, workers int, arms ...Arm) *data.Results {
	t.Helper()
	plan, err := NewPlan(p, arms, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(context.Background(), workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// equal fails unless two runs' arms have equal counts in every path, month and counter, and equal cells.
func equal(t *testing.T, what string, a *data.Results, i int, b *data.Results, j int) {
	t.Helper()
	if !slices.Equal(a.Counts[i], b.Counts[j]) {
		for k := range a.Counts[i] {
			if a.Counts[i][k] != b.Counts[j][k] {
				row := k / int(data.NumCounters)
				t.Fatalf("%s: path %d month %d %v: %d and %d", what, row/(a.Run.Months+1), row%(a.Run.Months+1), data.Counter(k%int(data.NumCounters)), a.Counts[i][k], b.Counts[j][k])
			}
		}
	}
	if !reflect.DeepEqual(a.Cells[i], b.Cells[j]) {
		t.Fatalf("%s: cells differ", what)
	}
}

// manyArms are policies that bite at different points, two behaviours and two macro paths.
func manyArms() []Arm {
	arms := []Arm{
		arm("base"), arm("copy"), arm("no_top_up", &rule.TopUp{}), arm("cool_3", &rule.CoolingOff{AfterPayoff: 3}),
		arm("cool_6", &rule.CoolingOff{AfterPayoff: 6, AfterOrigination: 2}), arm("pti", &rule.PTICap{Max: .4}),
		arm("clean", &rule.CleanRepayments{Min: 2}), arm("cap_16", &rule.APRCap{Max: .16}), arm("cap_20", &rule.APRCap{Max: .20}),
		arm("platforms", &rule.PlatformCap{Max: 2}), arm("exposure", &rule.ExposureCap{IncomeMultiple: .3}),
		arm("sharing", &rule.DataSharing{Coverage: 1, Share: .5}), arm("closed", &rule.OutsideLending{Max: 15}),
		arm("ordinal", &rule.MaxOrdinal{Max: 4}),
	}
	adverse := arm("adverse", &rule.TopUp{})
	adverse.Macro = factor.Macro{Name: "adverse", Unemployment: []float64{0, 1, 2, 2, 1}}
	other := arm("other")
	other.Behaviour.BPTI, other.Behaviour.Leak = 2, .1
	law := arm("law")
	law.Law, law.Scope = []rule.Rule{&rule.PTICap{Max: .3}}, .5
	stacked := arm("stack")
	stacked.Policy = []rule.Rule{&rule.TopUp{Stack: true}, &rule.ConcurrentLoans{Max: 4}}
	return append(arms, adverse, other, law, stacked)
}

// Arms that travel together count exactly what each counts alone.
func TestTogetherEqualsAlone(t *testing.T) {
	p := book(400)
	arms := manyArms()
	together := mustRun(t, p, settings(30, 4), 2, arms...)
	for i := range arms {
		alone := mustRun(t, p, settings(30, 4), 1, arms[i])
		equal(t, arms[i].Name, together, i, alone, 0)
	}
	equal(t, "an arm equal to the baseline", together, 0, together, 1)
}

// When the tallies of shared sets run out, sets are split up: the counts stay the same.
func TestSetsWithoutTally(t *testing.T) {
	p, arms := book(200), manyArms()
	whole := mustRun(t, p, settings(24, 2), 1, arms...)
	defer func(n int) { mostShared = n }(mostShared)
	mostShared = 3
	split := mustRun(t, p, settings(24, 2), 1, arms...)
	for i := range arms {
		equal(t, arms[i].Name, whole, i, split, i)
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	p, arms := book(300), manyArms()[:6]
	one := mustRun(t, p, settings(24, 14), 1, arms...)
	for _, workers := range []int{2, 7} {
		other := mustRun(t, p, settings(24, 14), workers, arms...)
		for i := range arms {
			equal(t, arms[i].Name, one, i, other, i)
		}
	}
}

// BenchmarkRun measures the engine on one worker: nominal borrower-months a second (borrowers x paths x months x
// arms, months after a default or an exit included), and bytes a borrower of portfolio and plan together. Cases:
// one arm; three equal arms, which should cost hardly more; the six policies of the default experiment; an arm that
// may stop lending; one with a budget.
func BenchmarkRun(b *testing.B) {
	six := []Arm{arm("a"), arm("b", &rule.TopUp{}), arm("c", &rule.CoolingOff{AfterPayoff: 3}), arm("d", &rule.CleanRepayments{Min: 2}),
		arm("e", &rule.PTICap{Max: .5}), arm("f", &rule.APRCap{Max: .154})}
	for _, c := range []struct {
		name string
		arms []Arm
	}{{"one", six[:1]}, {"equal", []Arm{six[0], six[0], six[0]}}, {"six", six}, {"steered", []Arm{arm("stop", &rule.StopLending{Close: .04, Open: .03, Hold: 2})}}, {"queue", []Arm{arm("budget", &rule.FundingBudget{Share: .04})}}} {
		b.Run(c.name, func(b *testing.B) {
			before := heap()
			spec := synth.Default()
			spec.Borrowers = 20000
			portfolio, err := synth.Generate(spec)
			if err != nil {
				b.Fatal(err)
			}
			plan, err := NewPlan(portfolio, c.arms, settings(36, 8))
			if err != nil {
				b.Fatal(err)
			}
			held := heap() - before
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := plan.Run(context.Background(), 1, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(plan.BorrowerMonths())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mbm/s")
			b.ReportMetric(held/float64(len(portfolio.Borrowers)), "B/borrower")
		})
	}
}

// heap returns the bytes in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// Loans with other lenders beyond outside.max are counted, once for each most, the same of a portfolio that is read in blocks.
func TestOutsideLoansBeyondTheMost(t *testing.T) {
	crowded := func(from, to int, pds bool) *data.Portfolio {
		p := book(to)
		p.HasPD = pds
		for i, outside := range map[int]uint8{3: 7, 20: 9, 35: 6, 41: data.MaxExternal} {
			if i < to {
				p.Borrowers[i].External = outside
			}
		}
		p.Borrowers = p.Borrowers[from:]
		slices.SortFunc(p.Borrowers, func(a, b data.Borrower) int {
			return cmp.Or(cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.ID, b.ID))
		})
		return p
	}
	arms := []Arm{arm("base"), arm("lent"), arm("more")}
	arms[1].Behaviour.LevMax++
	arms[2].Behaviour.OutsideMax = 8
	said := func(most, n int) string {
		return fmt.Sprintf("%d borrowers have more than %d loans with other lenders, the most that one can have (outside.max): they count with that many", n, most)
	}
	s := settings(3, 2)
	s.Anchor = Structural
	for _, pds := range []bool{true, false} {
		plan, err := NewPlan(crowded(0, 50, pds), arms, s)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{said(6, 3), said(8, 2)}; !slices.Equal(plan.warnings, want) {
			t.Errorf("want %q, found %q", want, plan.warnings)
		}
		c := NewCensus(s.Grid)
		for k := range 2 {
			if err := c.Count(crowded(25*k, 25*k+25, pds)); err != nil {
				t.Fatal(err)
			}
		}
		c.Intake.Rows, c.Intake.Borrowers = 50, 50
		if err := c.Close(0); err != nil {
			t.Fatal(err)
		}
		block := crowded(0, 25, pds)
		c.Choose(block)
		c.Choose(crowded(25, 50, pds))
		if err := c.Anchor(block, arms, s); err != nil {
			t.Fatal(err)
		}
		part, err := c.Plan(block, crowded(0, 25, pds), arms, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Warnings(part.warnings); !slices.Equal(got, plan.warnings) {
			t.Errorf("in blocks: %q, whole: %q", got, plan.warnings)
		}
	}
	plan, err := NewPlan(book(50), arms, s)
	if err != nil || len(plan.warnings) > 0 {
		t.Errorf("nobody has more: %v %q", err, plan.warnings)
	}
}
