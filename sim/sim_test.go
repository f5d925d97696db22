package sim

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"relend/data"
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

func TestSmoke(t *testing.T) {
	r := mustRun(t, book(20000), settings(36, 16), 2, arm("base"), arm("no_top_up", &rule.TopUp{}), arm("cool", &rule.CoolingOff{AfterPayoff: 3}), arm("pti", &rule.PTICap{Max: .5}))
	for a := range r.Run.Arms {
		for _, m := range []int{0, 1, 12, 24, 36} {
			var sum row
			for p := range 16 {
				for c, v := range r.Row(a, p, data.Month(m)) {
					sum[c] += v / 16
				}
			}
			t.Log(r.Run.Arms[a].Name, m)
			for c, v := range sum {
				if v != 0 {
					t.Logf("   %s %d", data.Counter(c), v)
				}
			}
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, arms := range [][]Arm{{arm("base")}, {arm("a"), arm("b"), arm("c"), arm("d", &rule.TopUp{}), arm("e"), arm("f")}} {
		plan, err := NewPlan(book(20000), arms, settings(36, 8))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(arms[len(arms)-1].Name, func(b *testing.B) {
			for range b.N {
				if _, err := plan.Run(context.Background(), 1, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(plan.BorrowerMonths())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mbm/s")
		})
	}
	_ = math.Pi
}
