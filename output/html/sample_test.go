package html

import (
	"fmt"
	"math"
	"math/rand/v2"

	"relend/data"
)

// policy is a policy of the artificial run: approval of top-ups and of repeat loans, the reason it denies for,
// and the size of loans.
type policy struct {
	name, title  string
	top, repeat  float64
	reason       data.Reason
	size, growth float64
}

var policies = []policy{
	{"baseline", "Baseline", .80, .85, data.DeniedScore, 1, 1},
	{"cooling-off-3m", "Cooling-off 3 months", .80, .62, data.DeniedCoolingOff, 1, 1},
	{"no-top-up", "No top-up", .0, .85, data.DeniedTopUp, 1, 1},
	{"clean-2", "Two clean repayments", .42, .60, data.DeniedClean, 1, 1},
	{"pti-50", "Payment-to-income cap 50 %", .62, .74, data.DeniedPTI, .85, 1},
	{"apr-24", "APR cap 24 %", .77, .82, data.DeniedPrice, .99, 1},
}

// sample makes plausible results: stocks and flows of a book in aggregate, under a factor with memory that comes
// in antithetic pairs and is shared by all arms, with refusals that bring defaults forward and less lending that
// lowers them later. It is no simulator: only its figures must look like one's.
func sample(policies []policy, macros []string, paths, months int) *data.Results {
	r := &data.Results{}
	run := &r.Run
	*run = data.Run{Format: data.RunFormat, Program: "relend test", Title: "Who may borrow again?",
		Description: "Six lending policies under two macro paths on an artificial book of 20,000 borrowers.",
		Currency:    "CNY", AsOf: "2017-12-31", Seed: 42, Paths: paths, Replicate: 2, Design: "antithetic pairs", Months: months,
		Headline: []string{"default_rate", "served_share", "originations_amount", "net_margin", "leaks"},
		Segments: []string{"consumer", "micro business", "student"},
		Intake: data.Intake{Rows: 31250, Loans: 22113, Repaid: 8620, Rejected: 317, Borrowers: 20000, WeightedBorrowers: 20000,
			Balance: 16_412_345_600, ExcludedBorrowers: 141, ExcludedLoans: 200, ExcludedBalance: 98_765_400,
			Findings: []data.Finding{
				{Severity: data.Error, Code: "income_not_positive", Column: "income_monthly", Message: "income must be above 0", Count: 214,
					Examples: []data.Example{{File: "loans.parquet", Row: 17, Value: "0"}, {File: "loans.parquet", Row: 5120, Value: "-1"}}},
				{Severity: data.Error, Code: "dpd_range", Column: "days_past_due", Message: "days past due must lie in 0..720", Count: 103,
					Examples: []data.Example{{File: "loans.parquet", Row: 99, Value: "9999"}}},
				{Severity: data.Warning, Code: "segment_default", Column: "segment", Message: "segment missing, read as consumer", Count: 12},
			}},
		Sources: []data.Source{{Name: "loans.parquet", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Bytes: 812_345, Rows: 31250}},
		Parameters: []data.Parameter{
			{Name: "risk.b_pti", Value: "0.8", Default: "0.6", Unit: "log hazard per unit", Meaning: "effect of payment-to-income on the miss hazard", Source: "assumption: order of magnitude from bureau studies"},
			{Name: "factor.rho", Value: "2%", Default: "2%", Unit: "share", Meaning: "asset correlation of the default rate", Source: "assumption: between card and mortgage values of Basel"},
			{Name: "leak", Value: "0.35", Default: "0.35", Unit: "probability", Meaning: "a denied applicant finds an outside loan", Source: "Japan 2010 survey"},
		},
		Assumptions: []data.Assumption{{Name: "column pd_12m", Value: "by grade A 1.5 % to F 14 %", Reason: "the tape has grades and no PD", Origin: "mapping ppdai"}},
		Warnings:    []string{"12 rows without a segment were read as consumer"},
		Checks: []data.Check{{Name: "ledger identity", Result: "opening + disbursed - repaid - charged off = closing on all path-months", Holds: true},
			{Name: "baseline twin", Result: "differences exactly 0 in every row", Holds: true}},
		Gates:   []data.Gate{{Name: "no more defaults", Expect: "diff(default_rate) <= 0", Level: "error"}},
		Sharing: data.Sharing{BorrowerPaths: 2_560_000, Branches: 6_100_000, Steps: 80_000_000, ArmSteps: 230_000_000, Common: 90_000_000},
		ErrorParts: []data.ErrorParts{{Measure: "default_rate", StandardError: .0013, Economy: .0012, Borrowers: .0005},
			{Measure: "default_rate", Arm: 1, Difference: true, StandardError: .0005, Economy: .0003, Borrowers: .0004}},
		Costs:     data.Costs{Funding: .06, Operating: .04, Acquisition: .01, OutsideBalance: 500_000},
		Reproduce: "relend run default.yaml --seed 42 --paths 128",
	}
	for g, macro := range macros {
		for i, p := range policies {
			reference := 0
			if i > 0 {
				reference = g * len(policies)
			}
			run.Arms = append(run.Arms, data.Arm{Name: p.name + "." + macro, Title: p.title + ", " + macro, Policy: p.name,
				Regulation: "none", Macro: macro, Reference: reference, Rules: []string{p.reason.Title()}})
			r.Counts = append(r.Counts, make([]int64, paths*(months+1)*int(data.NumCounters)))
			for path := range paths {
				one(r, g*len(policies)+i, path, p, g)
			}
			r.Cells = append(r.Cells, cells(r, g*len(policies)+i))
			r.Ledger = append(r.Ledger, ledger(r, g*len(policies)+i))
		}
	}
	run.Bands = []data.ScoreBand{{Lowest: .004, Highest: .021, Borrowers: 9000}, {Lowest: .0211, Highest: .06, Borrowers: 7000}, {Lowest: .061, Highest: .4, Borrowers: 4000}}
	for a := range run.Arms {
		r.Access = append(r.Access, access(r, a, min(a%len(policies), 6)))
	}
	return r
}

// access makes a ledger of access in which stricter arms serve fewer of the worst borrowers.
func access(r *data.Results, arm, strict int) []int64 {
	run, rng := &r.Run, rand.New(rand.NewPCG(7, uint64(strict)))
	out := make([]int64, run.Hearings()*run.AccessSize())
	for h := range run.Hearings() {
		e := out[h*run.AccessSize():]
		noise := func(n int) int64 { return int64(n) + rng.Int64N(int64(n)/20+2) }
		for band, b := range run.Bands {
			const both = data.HasAsked | data.WasServed
			all, lost, failed := int(b.Borrowers), 60*strict*(band+1), 100*(band+1)
			for _, f := range []struct {
				reference, own data.Status
				n              int
			}{{both, data.HasAsked | data.HasLeft, lost / 2}, {both, data.HasAsked, lost - lost/2}, {data.HasAsked, both, lost / 5},
				{both | data.HasFailed, both, strict * failed / 10}, {both, both | data.HasFailed, strict * failed / 40}, {both | data.HasFailed, both | data.HasFailed, failed}, {both, both, all / 2}} {
				if f.n > 0 {
					e[run.AccessFlow(band, f.reference, f.own)] += noise(f.n)
				}
			}
			e[run.AccessFlow(band, 0, 0)] = noise(all / 4)
			for span := range data.Span(data.NumSpans) {
				row := e[run.AccessSpan(band, span):]
				row[data.BorrowersCurrent], row[data.BalanceCurrent], row[data.BorrowersOff] = b.Borrowers, 800_000*b.Borrowers, int64(failed)
				if span == data.YearOne || span == data.AllMonths {
					row[data.FirstApplications], row[data.FirstGrants], row[data.Defaults] = noise(all*2/3), noise(all/2-lost), noise(failed)
					row[data.Applications], row[data.Granted], row[data.Denied(data.DeniedPTI)], row[data.Denied(data.DeniedCoolingOff)] = noise(all), noise(all*2/3-lost), noise(all/5+lost), int64(lost)
					row[data.Disbursed], row[data.InterestReceived], row[data.ChargedOff], row[data.Leaks] = noise(all)*500_000, noise(all)*90_000, noise(failed)*300_000, noise(lost/2)
					row[data.BalanceCurrent] *= int64(run.Months)
				}
			}
		}
		for k, s := range data.Spreads {
			for class := range s.Classes {
				e[run.AccessSpread(k)+class] = noise(4000/(class+1) + 50*strict)
			}
		}
		for cohort := range run.Cohorts() {
			e[run.AccessLoans(cohort)] = noise(5000)
			for month := range run.Months {
				e[run.AccessDefaults(cohort, month+1)] = noise(60/(month+1) + strict)
			}
		}
	}
	return out
}

// ledger gives an arm a rule for each reason for which it denies. A rule would have bound a fifth more than it decides.
func ledger(r *data.Results, arm int) []int64 {
	a := &r.Run.Arms[arm]
	for _, reason := range []data.Reason{data.DeniedHistory, data.DeniedScore, data.DeniedMinRepaid, data.DeniedOrdinal, data.DeniedAmount, data.DeniedCoolingOff, data.DeniedTopUp, data.DeniedClean, data.DeniedPTI, data.DeniedPrice} {
		a.Clauses = append(a.Clauses, data.Clause{Name: reason.String(), Of: a.Policy, Reason: reason.String(), Sentence: "Denies for " + reason.Title() + "."})
	}
	out := make([]int64, r.Run.Batches()*r.Run.Months*len(a.Clauses)*data.NumBites)
	for path := range r.Run.Paths {
		for m := 1; m <= r.Run.Months; m++ {
			row := r.Row(arm, path, data.Month(m))
			for i, c := range a.Clauses {
				reason, _ := data.ReasonByName(c.Reason)
				at := ((r.Run.BatchOf(path)*r.Run.Months+m-1)*len(a.Clauses) + i) * data.NumBites
				n := out[at : at+data.NumBites]
				decided := row[data.Denied(reason)]
				n[data.Decided] += decided
				n[data.Refused] += decided * 900_000
				if r.Run.Heard(path) {
					n[data.Asked] += row[data.Applications]
					n[data.WouldBind] += decided * 6 / 5
				}
			}
		}
	}
	return out
}

// one writes one path of one arm.
func one(r *data.Results, arm, path int, p policy, stress int) {
	rng := rand.New(rand.NewPCG(uint64(path/2), 99))
	sign := float64(1 - 2*(path%2))
	local := rand.New(rand.NewPCG(uint64(path), 7))
	own := rand.New(rand.NewPCG(uint64(path), uint64(1000+arm)))
	if arm%len(policies) == 0 {
		own = rand.New(rand.NewPCG(uint64(path), 1000))
	}
	cur, d1, d2, d3, idle := 15200.0, 420.0, 150.0, 90.0, 4140.0
	var def [4]float64
	var off, exit, first, firstAsked, ordinal float64
	loan, repeat := 820_000.0, .55
	outside, factor, shocked := 15_000.0, rng.NormFloat64()*sign, 0.0
	var shocks [4]float64
	for m := range r.Run.Months + 1 {
		row := r.Row(arm, path, data.Month(m))
		set := func(c data.Counter, v float64) { row[c] = int64(math.Round(v)) }
		if m > 0 {
			factor = .9*factor + .435*rng.NormFloat64()*sign
			x := 0.0
			if stress > 0 {
				x = .3 * float64(stress) * math.Exp(-math.Pow((float64(m)-14)/9, 2))
			}
			hazard := .017 * math.Exp(.36*factor-.065+x) * (1 + 7*shocked/(cur+1))
			noise := func(v float64) float64 {
				return math.Max(0, v+math.Sqrt(v)*(.8*local.NormFloat64()+.45*own.NormFloat64()))
			}
			miss := noise(cur * hazard)
			roll1, roll2, roll3 := noise(d1*.36), noise(d2*.58), noise(d3*.68)
			cure := noise(d1*.45) + noise(d2*.2) + noise(d3*.1)
			mature, prepay := cur*.075, cur*.012
			askTop, askRepeat := noise(cur*.055), noise(idle*.16)
			grantTop, grantRepeat := askTop*p.top*.92, askRepeat*p.repeat*.92
			lapse := grantTop + grantRepeat
			grantTop, grantRepeat = grantTop*.95, grantRepeat*.95
			lapse -= grantTop + grantRepeat
			denied := askTop + askRepeat - grantTop - grantRepeat - lapse
			base := askTop*.2 + askRepeat*.15
			leave := idle * .035
			leak := denied * .3
			shock := (askTop*(1-p.top) + .2*askRepeat*(1-p.repeat)) * .3
			shocked += shock - shocks[m%4]
			shocks[m%4] = shock
			newDef := roll3
			charge := def[m%4]
			def[m%4] = newDef
			cur += cure - miss - mature - prepay + grantRepeat
			d1 += miss - roll1 - d1*.45
			d2 += roll1 - roll2 - d2*.2
			d3 += roll2 - roll3 - d3*.1
			d1, d2, d3 = math.Max(d1, 0), math.Max(d2, 0), math.Max(d3, 0)
			idle += mature + prepay - grantRepeat - leave
			off += charge
			exit += leave
			asked := (askTop + askRepeat) * math.Exp(-float64(m)/14) * .8
			firstAsked += asked
			first += asked * (lapse + grantTop + grantRepeat) / (askTop + askRepeat + 1)
			outside += leak*.4 - outside*.004 + 20
			repeat = math.Min(.9, repeat+.004*(grantTop+grantRepeat)/400)
			disbursed := (grantTop*1.1 + grantRepeat) * loan * p.size
			set(data.Misses, miss)
			set(data.Entered30, roll1)
			set(data.Entered60, roll2)
			set(data.Defaults, newDef)
			set(data.Cures, cure)
			set(data.Prepayments, prepay)
			set(data.LoansRepaid, mature+prepay)
			set(data.Exits, leave)
			set(data.Applications, askTop+askRepeat)
			set(data.Granted, grantTop+grantRepeat)
			set(data.NotTakenUp, lapse)
			set(data.TopUps, grantTop)
			set(data.FirstApplications, asked)
			set(data.FirstGrants, asked*(lapse+grantTop+grantRepeat)/(askTop+askRepeat+1))
			set(data.Leaks, leak)
			set(data.ShocksStarted, shock)
			set(data.DefaultBalance, newDef*loan*.8)
			set(data.DefaultExposure, newDef*loan*.84)
			set(data.Disbursed, disbursed)
			set(data.TopUpDisbursed, grantTop*1.1*loan*p.size)
			set(data.Refinanced, grantTop*loan*.6)
			set(data.PrincipalRepaid, (mature+prepay)*loan*.9)
			set(data.ChargedOff, charge*loan*.78)
			set(data.Recoveries, off*loan*.004*math.Exp(-.1*factor))
			set(data.InterestReceived, cur*loan*.7*.22/12)
			set(data.RequestedAmount, (askTop+askRepeat)*loan)
			extra := math.Max(0, denied-base)
			for reason, share := range map[data.Reason]float64{data.DeniedScore: .45, data.DeniedHistory: .25, data.DeniedMinRepaid: .2, data.DeniedOrdinal: .07, data.DeniedAmount: .03} {
				set(data.Denied(reason), math.Min(base, denied)*share)
			}
			row[data.Denied(p.reason)] += int64(math.Round(extra))
		}
		ordinal++
		set(data.BorrowersCurrent, cur)
		set(data.BorrowersD1, d1)
		set(data.BorrowersD2, d2)
		set(data.BorrowersD3, d3)
		set(data.BorrowersDefault, def[0]+def[1]+def[2]+def[3])
		set(data.BorrowersOff, off)
		set(data.BorrowersExited, exit)
		row[data.BorrowersIdle] = 20000 - row[data.BorrowersCurrent] - row[data.BorrowersD1] - row[data.BorrowersD2] -
			row[data.BorrowersD3] - row[data.BorrowersDefault] - row[data.BorrowersOff] - row[data.BorrowersExited]
		set(data.OutsideLoans, outside)
		for b, state := range []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersDefault} {
			set(data.BalanceCurrent+data.Counter(b), float64(row[state])*loan*.75)
		}
		set(data.BalanceRepeat, float64(row[data.BorrowersCurrent])*loan*.75*repeat)
	}
}

// cells splits the arm's counts over segments and ordinal classes.
func cells(r *data.Results, arm int) []data.CellSums {
	size := (r.Run.Months + 1) * int(data.NumCounters)
	split := func(cell data.Cell, share float64) data.CellSums {
		c := data.CellSums{Cell: cell, Sum: make([]int64, size), Squares: make([]float64, size)}
		for from := 0; from < r.Run.Paths; from += r.Run.Replicate {
			total := make([]float64, size)
			for path := from; path < from+r.Run.Replicate; path++ {
				so := make([]float64, data.NumCounters)
				for m := range r.Run.Months + 1 {
					for k, v := range r.Row(arm, path, data.Month(m)) {
						if data.Counter(k).IsStock() {
							so[k] = 0
						}
						so[k] += float64(v)
						if data.Counter(k) == data.BorrowersIdle { // what is left, so that borrowers add up
							so[k] = 0
							for _, c := range []data.Counter{data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersDefault, data.BorrowersOff, data.BorrowersExited} {
								so[k] -= math.Floor(float64(r.Row(arm, path, data.Month(m))[c]) * share)
							}
							total[m*int(data.NumCounters)+k] += so[k] + 20000*share
							continue
						}
						total[m*int(data.NumCounters)+k] += math.Floor(so[k] * share)
					}
				}
			}
			for i, v := range total {
				c.Sum[i] += int64(v)
				c.Squares[i] += v * v
			}
		}
		return c
	}
	var out []data.CellSums
	for i, share := range []float64{.5, .25, .25} {
		out = append(out, split(data.Cell{Segment: i, Product: data.All, Ordinal: data.All}, share))
	}
	for i, share := range []float64{.25, .25, .375, .125} {
		out = append(out, split(data.Cell{Segment: data.All, Product: data.All, Ordinal: i}, share))
	}
	return out
}

// many makes n policies between the baseline and a very strict one.
func many(n int) []policy {
	out := []policy{policies[0]}
	for i := 1; i < n; i++ {
		p := policies[1+i%5]
		x := float64(i) / float64(n)
		p.name, p.title = fmt.Sprintf("p%02d", i), fmt.Sprintf("%s, variant %d", p.title, i)
		p.top, p.repeat = math.Max(0, p.top-.3*x), math.Max(0, p.repeat-.25*x)
		out = append(out, p)
	}
	return out
}
