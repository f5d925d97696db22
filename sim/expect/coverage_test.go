package expect_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/estimate"
	"relend/sim/expect"
	"relend/sim/factor"
	"relend/sim/rule"
)

// covered are the measures whose intervals are examined, at the horizon: shares of the snapshot, of a stock and of
// flows, and a level.
func covered() (list []data.Measure) {
	for _, name := range []string{"default_rate", "par_30", "loss_rate", "approval_rate", "originations"} {
		m, ok := data.MeasureByName(name)
		if !ok {
			panic(name)
		}
		list = append(list, m)
	}
	return list
}

// V25: of 200 runs with seeds of their own, the 95 % intervals of levels and of paired differences contain the
// oracle's value as often as they should, within binomial bounds at 1e-4 shared out among the comparisons, in every
// design. Without a factor the oracle's value is exact. With a factor it is a mean over paths of the economy that are
// not the runs' own, so many that its error is below a fifth of a run's (checked). The same bounds reject intervals
// that take the borrowers of one economy as independent, a value off by a tenth, a difference of zero, and, in every
// design but the plain one, the spread of replicates divided by the number of paths, with a normal quantile. Without
// RELEND_SLOW=1 the factor moves the economy and the designs are the plain one and one whose replicates are of many paths.
func TestCoverage(t *testing.T) {
	const runs, people, months, references = 200, 200, 8, 192
	measures := covered()
	arms := []expect.Arm{
		{Policy: standard()},
		{Policy: standard(&rule.TopUp{}, &rule.CoolingOff{AfterPayoff: 2, AfterOrigination: 4})},
	}
	borrower := someone(rand.New(rand.NewPCG(25, 25)), 1, 0, func() data.Product { return data.Annuity })
	borrower.PD = .15
	for _, rho := range []float64{0, .08} {
		params := lively(rand.New(rand.NewPCG(5, 5)))
		params.Rho = rho
		if rho == 0 && !slow {
			continue
		}
		values, errors := oracle(t, borrower, params, arms, measures, people, months, references)
		for _, design := range factor.DesignNames() {
			t.Run(fmt.Sprintf("rho %v, %s", rho, design), func(t *testing.T) {
				d, err := factor.ParseDesign(design)
				if err != nil {
					t.Fatal(err)
				}
				if !slow && d != factor.Plain && d != factor.Lattice {
					t.Skip("RELEND_SLOW is not set")
				}
				paths := max(16, 4*d.Replicate())
				inside := coverage{}
				var kinds []string // right ones
				sizes := map[string]float64{}
				for run := range runs {
					results := portfolioOf(t, borrower, people, params, arms, sim.Settings{Months: months, Paths: paths, Seed: uint64(1000 + run), Design: d})
					figures, differences := estimate.New(results, .95).All(measures)
					for m, measure := range measures {
						level, difference := figures[0][m][months], differences[1][m][months]
						name, value, effect := measure.Name, values[0][m], values[1][m]-values[0][m]
						inside.add(name, level.Lo, level.Hi, value)
						inside.add(name+", difference", difference.Lo, difference.Hi, effect)
						inside.add(name+" a tenth too high", level.Lo, level.Hi, value*1.1)
						inside.add(name+", no difference", difference.Lo, difference.Hi, 0)
						half := 1.96 * math.Sqrt(max(0, level.Value*(1-level.Value))/float64(people*paths))
						inside.add(name+" of independent borrowers", level.Value-half, level.Value+half, value)
						narrow := 1.96 * level.SE / math.Sqrt(float64(d.Replicate()))
						inside.add(name+" of paths for replicates", level.Value-narrow, level.Value+narrow, value)
						narrow = 1.96 * difference.SE / math.Sqrt(float64(d.Replicate()))
						inside.add(name+", difference of paths for replicates", difference.Value-narrow, difference.Value+narrow, effect)
						if run == 0 {
							kinds = append(kinds, name, name+", difference")
						}
						sizes[name] += level.SE / runs
						sizes[name+", difference"] += difference.SE / runs
					}
				}
				for _, kind := range kinds {
					if !inside.right(kind, runs, len(kinds)) {
						t.Errorf("%s: %d of %d intervals contain the oracle's value", kind, inside[kind], runs)
					}
				}
				for m, measure := range measures {
					for i, kind := range []string{measure.Name, measure.Name + ", difference"} {
						if errors[i][m] > sizes[kind]/5 {
							t.Errorf("%s: the oracle's error %v is not small beside %v", kind, errors[i][m], sizes[kind])
						}
					}
				}
				wrong := []string{"originations a tenth too high", "default_rate, no difference"}
				if rho > 0 && d == factor.Plain { // mirrored economies share much less
					wrong = append(wrong, "default_rate of independent borrowers")
				}
				if d != factor.Plain {
					wrong = append(wrong, "default_rate of paths for replicates")
				}
				if d.Replicate() > 2 { // of pairs it would be rejected by a hair
					wrong = append(wrong, "default_rate, difference of paths for replicates")
				}
				for _, kind := range wrong {
					if inside.right(kind, runs, len(kinds)) {
						t.Errorf("%s: goes unnoticed with %d of %d", kind, inside[kind], runs)
					}
				}
				t.Log(inside)
			})
		}
	}
}

// portfolioOf runs the engine on so many like borrowers.
func portfolioOf(t *testing.T, b expect.Borrower, people int, params behaviour.Params, arms []expect.Arm, s sim.Settings) *data.Results {
	t.Helper()
	book := &data.Portfolio{Currency: "CNY", Segments: []string{"all"}, HasPD: true}
	ids := rand.New(rand.NewPCG(s.Seed, 3))
	for range people {
		book.Borrowers = append(book.Borrowers, data.Borrower{
			ID: ids.Uint64(), Income: b.Income, PD12: b.PD, First: uint32(len(book.Loans)), Open: uint16(b.Open), Gap: b.Gap,
			Weight: 1, External: b.Outside, Bucket: b.Bucket, Ordinal: b.Ordinal,
		})
		book.Loans = append(book.Loans, b.Loans...)
	}
	var list []sim.Arm
	for i, a := range arms {
		list = append(list, sim.Arm{Arm: data.Arm{Name: fmt.Sprint("arm ", i)}, Behaviour: params, Policy: a.Policy, Law: a.Law, Scope: a.Scope})
	}
	plan, err := sim.NewPlan(book, list, s)
	if err != nil {
		t.Fatal(err)
	}
	results, err := plan.Run(context.Background(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// oracle computes the measures of every arm at the horizon and the standard errors of the levels of the first arm and
// of the differences to it, which come from the economy alone.
func oracle(t *testing.T, b expect.Borrower, params behaviour.Params, arms []expect.Arm, measures []data.Measure, people, months, paths int) (values, errors [2][]float64) {
	t.Helper()
	const scale = 1e6 // counts are integers
	segment, err := anchor.Solve(&params, data.Grid(0), b.PD)
	if err != nil {
		t.Fatal(err)
	}
	b.Hazard = segment.LogHazard(b.PD)
	if segment.Sigma == 0 {
		paths = factor.Lattice.Replicate() // all the same
	}
	results := &data.Results{Run: data.Run{Paths: paths, Replicate: factor.Lattice.Replicate(), Months: months}}
	for i, a := range arms {
		results.Run.Arms = append(results.Run.Arms, data.Arm{Name: fmt.Sprint("arm ", i)})
		a.Behaviour = params
		var counts []int64
		for path := range paths {
			e := expect.Economy{Sigma: segment.Sigma, Factor: factor.Draw(77, path, factor.Lattice, factor.Law{Phi: params.Phi, Global: params.WGlobal}, 1, months)[0]}
			x, err := expect.Run(b, a, e, months, expect.Options{Threshold: 1e-6})
			if err != nil {
				t.Fatal(err)
			}
			if x.Dropped > 2e-3 {
				t.Fatalf("%v dropped", x.Dropped)
			}
			for _, row := range x.Counters {
				for _, v := range row {
					counts = append(counts, int64(math.Round(v*scale)))
				}
			}
		}
		results.Counts = append(results.Counts, counts)
	}
	figures, differences := estimate.New(results, .95).All(measures)
	for m, measure := range measures {
		unit := 1.
		if measure.Den.Window == data.None {
			unit = float64(people) / scale
		}
		for i := range arms {
			values[i] = append(values[i], figures[i][m][months].Value*unit)
		}
		errors[0] = append(errors[0], figures[0][m][months].SE*unit)
		errors[1] = append(errors[1], differences[1][m][months].SE*unit)
	}
	if segment.Sigma == 0 {
		clear(errors[0]) // one replicate has none, and it is exact
		clear(errors[1])
	}
	return values, errors
}

// coverage counts, by kind, how many intervals contain a value.
type coverage map[string]int

func (c coverage) add(kind string, lo, hi, value float64) {
	if lo <= value && value <= hi {
		c[kind]++
	} else {
		c[kind] += 0
	}
}

// right reports whether so many of runs are likely under 95 % coverage, at the share of alpha of one of n comparisons.
func (c coverage) right(kind string, runs, n int) bool {
	law := distuv.Binomial{N: float64(runs), P: .95}
	below, above := law.CDF(float64(c[kind])), 1-law.CDF(float64(c[kind])-1)
	return 2*min(below, above) >= alpha/float64(n)
}
