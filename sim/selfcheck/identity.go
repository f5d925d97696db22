package selfcheck

import (
	"fmt"
	"math"
	"slices"

	"relend/data"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/rng"
	"relend/sim/rule"
)

// mixed is a book of unlike borrowers: current, late and idle, of two segments, on all products.
func mixed(n int) *data.Portfolio {
	p := &data.Portfolio{Currency: "CNY", Segments: []string{"a", "b"}, HasPD: true}
	for i := range n {
		u := uniforms(uint64(i) + 1)
		b := data.Borrower{
			ID: uint64(i+1) << 20, Weight: 1, Income: data.Money(3000+9000*u()) * data.Unit, PD12: .02 + .1*u(), Segment: uint8(2 * u()),
			External: uint8(4 * u()), Ordinal: uint8(1 + 5*u()), First: uint32(len(p.Loans)), Open: 1,
		}
		l := data.Loan{Principal: data.Money(2000+20000*u()) * data.Unit, APR: .12 + .12*u(), Term: int16(3 + 15*u()), Ordinal: b.Ordinal, Product: data.Product(u() * float64(data.NumProducts))}
		l.MonthsOnBook = int16(u() * float64(l.Term))
		switch state := u(); {
		case state < .1:
			b.Open, b.Gap, l.MonthsOnBook = 0, uint8(10*u()), l.Term
		case state < .2:
			b.Bucket = uint8(1 + 3*u())
			fallthrough
		default:
			l.Balance = max(data.Unit, data.Money(float64(l.Principal)*(1-float64(l.MonthsOnBook)/float64(l.Term))))
		}
		p.Borrowers = append(p.Borrowers, b)
		p.Loans = append(p.Loans, l)
	}
	return p
}

// uniforms is a sequence of uniform numbers of its own for each number of a sequence.
func uniforms(sequence uint64) func() float64 {
	s, i := rng.Stream{Seed: 0x73656c66, Borrower: sequence}, 0
	return func() float64 {
		i++
		b := s.Block(rng.Initial, i)
		return rng.Uniform52(b[0], b[1])
	}
}

// defaultRules are those of the default policy, with others on top.
func defaultRules(other ...rule.Rule) []rule.Rule {
	return append([]rule.Rule{
		&rule.WorstDelinquency{MaxDays: 29, LookBack: 12}, &rule.TopUp{Allowed: true}, &rule.MinRepaid{Share: .3},
		&rule.ConcurrentLoans{Max: 3}, &rule.MaxOrdinal{Max: 15}, &rule.APRCap{Max: .24},
		&rule.LimitLadder{Steps: []float64{1, 1.2, 1.5, 1.8, 2.2}}, &rule.ProductCap{Amount: 200000 * data.Unit},
	}, other...)
}

// usual are arms with the default behaviour under different policies.
func usual() []sim.Arm {
	b := behaviour.Default()
	return []sim.Arm{
		arm(b, defaultRules()...), arm(b, defaultRules(&rule.TopUp{})...), arm(b, defaultRules(&rule.CoolingOff{AfterPayoff: 3})...),
		arm(b, defaultRules(&rule.PTICap{Max: .4})...), arm(b, defaultRules(&rule.APRCap{Max: .16})...),
	}
}

// different counts the entries in which two arms differ, all but some counters.
func different(a *data.Results, i int, b *data.Results, j int, but ...data.Counter) (n float64) {
	for k, v := range a.Counts[i] {
		if v != b.Counts[j][k] && !slices.Contains(but, data.Counter(k%int(data.NumCounters))) {
			n++
		}
	}
	return n
}

// sameArm: a copy of the baseline differs from it nowhere, travelling with it, in a family of its own, or in a run of
// its own.
func sameArm(s *sheet) error {
	book, arms := mixed(400), usual()
	settings := sim.Settings{Months: 36, Paths: 8, Seed: 1, Design: factor.Antithetic}
	copied := arms[0]
	copied.Behaviour.BPTI *= 1 + s.Scale
	apart := copied
	apart.Macro.Unemployment = []float64{0} // another family: the same economy, but not the same trajectory
	together, err := s.run(book, settings, append(arms, copied, apart)...)
	if err != nil {
		return err
	}
	alone, err := s.run(book, settings, copied)
	if err != nil {
		return err
	}
	n := len(arms)
	s.exact("engine: entries that differ, copy travelling with the baseline", 0, different(together, 0, together, n), 0)
	s.exact("engine: entries that differ, copy in a family of its own", 0, different(together, 0, together, n+1), 0)
	s.exact("engine: entries that differ, copy run alone", 0, different(together, 0, alone, 0), 0)
	return nil
}

// monotone: where nobody is cured or lends again, a higher base hazard makes no borrower default later. Every path is
// one borrower.
func monotone(s *sheet) error {
	const paths, months = 8000, 24
	low := quiet()
	low.Cure, low.Miss0, low.SigmaU = [3]float64{}, .03, .6
	high := low
	high.Miss0 *= 1.3
	if s.Swap {
		low, high = high, low
	}
	r, err := s.simulate(ungraded(perpetual(1, .05)), months, paths, arm(low), arm(high))
	if err != nil {
		return err
	}
	later, sooner := 0., 0
	for path := range paths {
		when := [2]int{months + 1, months + 1}
		for a := range when {
			for m := range months + 1 {
				if r.Row(a, path, data.Month(m))[data.Defaults] > 0 {
					when[a] = m
				}
			}
		}
		if when[1] > when[0] {
			later++
		}
		if when[1] < when[0] {
			sooner++
		}
	}
	s.exact(fmt.Sprintf("engine: of %d borrowers (%d default sooner), how many default later at a hazard 30 %% higher", paths, sooner), 0, later, 0)
	return nil
}

// denials: more coverage never shows less; a denial without leak and shock leaves all else as it would be without the
// request.
func denials(s *sheet) error {
	const paths = 5000
	coverage := []float64{0, .2, .4, .6, .8, 1}
	if s.Swap {
		slices.Reverse(coverage)
	}
	book := repaid(1)
	book.Borrowers[0].External = 4
	var arms []sim.Arm
	for _, c := range coverage {
		arms = append(arms, arm(lending(), &rule.DataSharing{Coverage: c}, &rule.PlatformCap{Max: 3}))
	}
	r, err := s.simulate(ungraded(book), 1, paths, arms...)
	if err != nil {
		return err
	}
	fewer, denied := 0., data.Denied(data.DeniedPlatforms)
	for path := range paths {
		for a := range arms[1:] {
			fewer += indicator(r.Row(a, path, 1)[denied] > r.Row(a+1, path, 1)[denied])
		}
	}
	s.exact(fmt.Sprintf("engine: borrowers of %d denied at a lower coverage and not at a higher one (denied at the highest: %d)", paths, total(r, len(arms)-1, 1, denied)), 0, fewer, 0)

	asking := behaviour.Default()
	asking.Leak, asking.ShockMult, asking.ShockExit, asking.Exit = s.Scale, 1, 0, [2]float64{}
	silent := asking
	silent.Top, silent.Re = [2]float64{}, [2]float64{}
	ban := &rule.ScoreCutoff{MaxPD: 1e-9}
	if r, err = s.simulate(mixed(500), 36, 4, arm(asking, ban), arm(silent, ban)); err != nil {
		return err
	}
	s.exact(fmt.Sprintf("engine: entries that differ between %d requests denied and no requests, without leak and shock", soFar(r, 0, 36, data.Applications)), 0,
		different(r, 0, r, 1, data.Surprise /* to the last bit of hazards, which a shock has computed anew */, data.Applications, data.FirstApplications, data.RequestedAmount, data.ShocksStarted, data.ShocksRenewed, data.Denied(data.DeniedScore)), 0)
	return nil
}

// order: neither workers nor the order of arms and borrowers change a count.
func order(s *sheet) error {
	book, arms := mixed(300), usual()
	settings := sim.Settings{Months: 24, Paths: 14, Seed: 1, Design: factor.Antithetic}
	plan, err := sim.NewPlan(book, arms, settings)
	if err != nil {
		return err
	}
	one, err := plan.Run(s, 1, nil)
	if err != nil {
		return err
	}
	settings.Seed += uint64(s.Shift)
	for _, workers := range []int{2, 7} {
		if plan, err = sim.NewPlan(book, arms, settings); err != nil {
			return err
		}
		many, err := plan.Run(s, workers, nil)
		if err != nil {
			return err
		}
		n := 0.
		for a := range arms {
			n += different(one, a, many, a)
		}
		s.exact(fmt.Sprintf("engine: entries that differ between 1 and %d workers", workers), 0, n, 0)
	}
	backward := *book
	backward.Borrowers = slices.Clone(book.Borrowers)
	slices.Reverse(backward.Borrowers)
	slices.Reverse(arms)
	r, err := s.run(&backward, settings, arms...)
	if err != nil {
		return err
	}
	n := 0.
	for a := range arms {
		n += different(one, a, r, len(arms)-1-a)
	}
	s.exact("engine: entries that differ with arms and borrowers in reverse", 0, n, 0)
	return nil
}

// ledger: balances, borrowers and requests add up in every month of every arm and path.
func ledger(s *sheet) error {
	const months = 36
	r, err := s.run(mixed(500), sim.Settings{Months: months, Paths: 8, Seed: 3, Design: factor.Antithetic}, usual()...)
	if err != nil {
		return err
	}
	for _, c := range []data.Counter{data.PrincipalRepaid, data.BorrowersIdle, data.Granted} {
		r.Row(1, 3, months/2)[c] += int64(s.Shift)
	}
	sum := func(row []int64, counters ...data.Counter) (n int64) {
		for _, c := range counters {
			n += row[c]
		}
		return n
	}
	balances := []data.Counter{data.BalanceCurrent, data.BalanceD1, data.BalanceD2, data.BalanceD3, data.BalanceDefault}
	people := []data.Counter{
		data.BorrowersCurrent, data.BorrowersD1, data.BorrowersD2, data.BorrowersD3, data.BorrowersIdle, data.BorrowersDefault, data.BorrowersOff, data.BorrowersExited,
	}
	judged := []data.Counter{data.Granted, data.NotTakenUp}
	for reason := range data.NumReasons {
		judged = append(judged, data.Denied(data.Reason(reason)))
	}
	var cash, heads, requests, checked float64
	for a := range r.Counts {
		for path := range r.Run.Paths {
			before := r.Row(a, path, 0)
			population := sum(before, people...)
			for m := range data.Month(months) {
				row := r.Row(a, path, m+1)
				cash += indicator(sum(before, balances...)+row[data.Disbursed]+row[data.Drawn]-row[data.PrincipalRepaid]-row[data.ChargedOff] != sum(row, balances...))
				heads += indicator(sum(row, people...) != population)
				requests += indicator(sum(row, judged...) != row[data.Applications])
				checked++
				before = row
			}
		}
	}
	s.exact(fmt.Sprintf("engine: of %g months, those in which opening balance + lent - repaid - charged off is not the closing balance", checked), 0, cash, 0)
	s.exact("engine: months in which the states do not add up to the borrowers", 0, heads, 0)
	s.exact("engine: months in which decisions do not add up to the requests", 0, requests, 0)
	return nil
}

// philox compares the generator with the known answers of its authors.
func philox(s *sheet) error {
	const ones = math.MaxUint32
	for _, c := range []struct {
		name string
		in   [6]uint32
		want rng.Block
	}{
		{"all bits 0", [6]uint32{}, rng.Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{"all bits 1", [6]uint32{ones, ones, ones, ones, ones, ones}, rng.Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{"digits of pi", [6]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0}, rng.Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		got := rng.Philox(c.in[0]+uint32(s.Shift), c.in[1], c.in[2], c.in[3], c.in[4], c.in[5])
		var cells []cell
		for i := range got {
			cells = append(cells, cell{fmt.Sprintf("word %d", i), float64(c.want[i]), float64(got[i]), .5})
		}
		s.table("Philox4x32-10, "+c.name, cells)
	}
	return nil
}
