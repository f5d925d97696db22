package sim

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"relend/data"
	"relend/sim/estimate"
	"relend/sim/factor"
	"relend/sim/rng"
	"relend/sim/rule"
)

// The estimate of memory covers what a borrower of a steered arm takes, and METHOD.md says it.
func TestCrowdIsCounted(t *testing.T) {
	n := unsafe.Sizeof(life{}) + unsafe.Sizeof(person{}) + unsafe.Sizeof(borrower{}) + unsafe.Sizeof(rng.Block{}) + unsafe.Sizeof(petition{})
	if n > perFollowed || n < perFollowed-100 {
		t.Errorf("a borrower takes %d bytes, the estimate is %d", n, perFollowed)
	}
	method, err := os.ReadFile("METHOD.md")
	if want := fmt.Sprintf("about %d bytes a borrower on each worker, and %d more for each family", perFollowed, perMarks); err != nil || !strings.Contains(string(method), want) {
		t.Errorf("METHOD.md does not say %q (%v)", want, err)
	}
}

// Controls that never bind leave every count as it is without them, to the unit.
func TestControlsThatNeverBind(t *testing.T) {
	p := book(100)
	plain := mustRun(t, p, settings(24, 2), 1, arm("base"))
	weekly := settings(12, 2)
	weekly.Grid = data.Weekly
	weeks := mustRun(t, p, weekly, 1, arm("base"))
	for i, rules := range [][]rule.Rule{
		{&rule.StopLending{Close: 1, Open: 1, Hold: 1}}, {&rule.SlowLending{From: .99, Until: 1}},
		{&rule.GuaranteeCap{Share: 1}}, {&rule.LeverageCap{Multiple: 1000, EquityShare: 10}}, {&rule.FundingBudget{Share: 100}},
		{&rule.FundingBudget{Amount: 1e12 * data.Unit}, &rule.FundingQueue{Rank: rule.ByLot, Fill: rule.Stop}},
		{&rule.FundingQueue{Rank: rule.ByMargin, Fill: rule.Skip}}, {&rule.AverageRateCap{Max: 10, Window: 1}},
		{&rule.LeverageCap{Multiple: 1000, EquityShare: 10, RiskWeight: 1.25, OwnShare: .3}},
	} {
		bound := arm("bound", rules...)
		bound.Behaviour.RepK = 3
		equal(t, fmt.Sprint("controls ", i), plain, 0, mustRun(t, p, settings(24, 2), 1, arm("base"), bound), 1)
		equal(t, fmt.Sprint("controls by week ", i), weeks, 0, mustRun(t, p, weekly, 1, bound), 0)
	}
}

// steeredArms are arms whose controls bind, several at once in some.
func steeredArms() []Arm {
	stop := arm("stop", &rule.StopLending{Close: .02, Open: .01, Hold: 2})
	stop.Behaviour.RepK = 1
	law := arm("law", &rule.FundingBudget{Share: .03}, &rule.SlowLending{From: 0, Until: .05})
	law.Law, law.Scope = []rule.Rule{&rule.LeverageCap{Multiple: 5, EquityShare: .2}, &rule.FundingQueue{Rank: rule.ByLot, Fill: rule.Skip}}, .5
	return []Arm{
		stop, law, arm("leverage", &rule.LeverageCap{Multiple: 4, EquityShare: .25}),
		arm("budget", &rule.FundingBudget{Share: .02}, &rule.FundingQueue{Rank: rule.ByMargin, Fill: rule.Skip}),
		arm("average", &rule.AverageRateCap{Max: .185, Window: 3}, softly(&rule.ProductCap{Amount: 12000 * data.Unit}, .5, 2), &rule.FundingBudget{Share: .04}),
		arm("amount", &rule.FundingBudget{Amount: 20000 * data.Unit}),
	}
}

// Steered arms count the same beside others and alone, on any number of workers and in any order of borrowers; a
// borrower of weight 3 counts three times.
func TestSteeredArmsAreDetermined(t *testing.T) {
	p := samePD(book(200))
	arms := append(manyArms()[:3], steeredArms()...)
	one := mustRun(t, p, settings(24, 6), 1, arms...)
	many := mustRun(t, p, settings(24, 6), 7, arms...)
	reversed := *p
	reversed.Borrowers = slices.Clone(p.Borrowers)
	slices.Reverse(reversed.Borrowers)
	back := mustRun(t, &reversed, settings(24, 6), 2, arms...)
	for i := range arms {
		equal(t, arms[i].Name+" on 7 workers", one, i, many, i)
		if !slices.Equal(one.Counts[i], back.Counts[i]) {
			t.Errorf("%s: the order of borrowers matters", arms[i].Name)
		}
		equal(t, arms[i].Name+" alone", one, i, mustRun(t, p, settings(24, 6), 1, arms[i]), 0)
	}
	for i := range reversed.Borrowers {
		reversed.Borrowers[i].Weight = 3
	}
	arms = arms[:len(arms)-1] // an amount does not grow with the book
	three := mustRun(t, &reversed, settings(24, 6), 2, arms...)
	for i := range arms {
		for k, v := range one.Counts[i] {
			if three.Counts[i][k] != 3*v {
				t.Fatalf("%s: %d, want 3 x %d", arms[i].Name, three.Counts[i][k], v)
			}
		}
	}
	for i, reason := range []data.Reason{data.DeniedStopped, data.DeniedLeverage, data.DeniedLeverage, data.DeniedBudget, data.DeniedBudget} {
		denied := int64(0)
		for m := range data.Month(25) {
			denied += one.Row(3+i, 0, m)[data.Denied(reason)]
		}
		if denied == 0 {
			t.Errorf("%s: nobody is denied for %v", steeredArms()[i].Name, reason)
		}
	}
}

// crew is a book of n borrowers with one loan each, every one his own segment, so that the cells of a run of one path
// tell what became of each.
func crew(n int) *data.Portfolio {
	p := book(n)
	p.Segments = nil
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		b.Segment, b.Bucket, b.Open = uint8(i), 0, min(b.Open, 1)
		p.Segments = append(p.Segments, fmt.Sprint(i))
	}
	return p
}

// teller serves the applicants of one path anew, from what each borrower asked for and had: a second opinion on who
// is served, in few lines and with other data than the engine's. Its flags are wrong models.
type teller struct {
	portfolio *data.Portfolio
	results   *data.Results
	arm       int
	seed      uint64
	margins   []float64 // posted over break-even
	budget    *rule.FundingBudget
	leverage  *rule.LeverageCap
	queue     rule.FundingQueue

	hoards    bool // what a month leaves of the budget is added to the next
	foresight bool // equity and balance are those of the end of the month
	charges   bool // an offer that is refused uses up cash
}

// wrong counts the offers that the teller would have answered otherwise than the engine.
func (x *teller) wrong() (wrong, offers int) {
	months := x.results.Run.Months
	cell := map[int]data.CellSums{}
	for _, c := range x.results.Cells[x.arm] {
		if c.Cell.Segment != data.All && c.Cell.Product == data.All {
			cell[c.Cell.Segment] = c
		}
	}
	at := func(i, month int, c data.Counter) int64 { return cell[i].Sum[month*int(data.NumCounters)+int(c)] }
	flow := func(i, month int, c data.Counter) int64 { return at(i, month, c) - at(i, month-1, c) }
	balances, _ := data.MeasureByName("balance")
	margin, _ := data.MeasureByName("net_margin")
	figures := estimate.New(x.results, .95)
	balance, earned := figures.Paths(x.arm, balances), figures.Paths(x.arm, margin)

	hoard := 0.
	for m := 1; m <= months; m++ {
		left, reason, seen := math.Inf(1), data.DeniedBudget, m-1
		if x.foresight {
			seen = m
		}
		if x.leverage != nil {
			equity := float64(x.leverage.Equity) + x.leverage.EquityShare*balance[0][0] + earned[seen][0]
			left, reason = max(0, x.leverage.Multiple*equity-balance[seen][0]), data.DeniedLeverage
		}
		if x.budget != nil {
			if b := x.budget.Share*balance[0][0] + hoard; b < left {
				left, reason = b, data.DeniedBudget
			}
		}
		type offer struct {
			i              int
			key, cash      float64
			served, refuse bool
		}
		var queue []offer
		for i, b := range x.portfolio.Borrowers {
			served, refused := flow(i, m, data.Granted) == 1, flow(i, m, data.NotTakenUp) == 1
			if !served && !refused && flow(i, m, data.Denied(data.DeniedBudget))+flow(i, m, data.Denied(data.DeniedLeverage)) == 0 {
				continue
			}
			o := offer{i: i, served: served, refuse: refused, cash: float64(flow(i, m, data.RequestedAmount))}
			if served {
				o.cash = float64(flow(i, m, data.Disbursed) - flow(i, m, data.Refinanced))
			} else {
				o.cash -= float64(at(i, m, data.BalanceCurrent)) // which would have been refinanced
			}
			switch x.queue.Rank {
			case rule.ByScore:
				o.key = b.PD12
			case rule.ByMargin:
				o.key = -x.margins[i]
			case rule.ByLot:
				o.key = rng.Uniform(rng.Stream{Seed: x.seed, Borrower: b.ID}.Block(rng.Control, m-1)[0])
			}
			queue = append(queue, o)
		}
		slices.SortFunc(queue, func(a, b offer) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(x.portfolio.Borrowers[a.i].ID, x.portfolio.Borrowers[b.i].ID))
		})
		over := false
		for _, o := range queue {
			offers++
			fits := !over && o.cash <= left+.5
			over = over || !fits && x.queue.Fill == rule.Stop
			if fits != (o.served || o.refuse) || !fits && flow(o.i, m, data.Denied(reason)) != 1 {
				wrong++
			}
			if o.served || x.charges && o.refuse {
				left -= o.cash
			}
		}
		if x.hoards {
			hoard += max(0, left)
		}
	}
	return wrong, offers
}

// Who is served, in every month, is what a teller makes of the applicants' wishes: rank, fill, ties, cash of the
// month, equity from the measure of the report. Wrong tellers are found out.
func TestServingOrder(t *testing.T) {
	p := crew(40)
	budget, leverage := &rule.FundingBudget{Share: .04}, &rule.LeverageCap{Multiple: 5, EquityShare: .2}
	run := func(seed uint64, rules ...rule.Rule) (*data.Results, []float64) {
		a := Arm{Arm: data.Arm{Name: "steered"}, Behaviour: arm("").Behaviour, Policy: append(rules, &rule.APRCap{Max: .22})}
		a.Behaviour.Rho = 0 // one segment a borrower: anchoring takes its time
		a.Behaviour.Top, a.Behaviour.Re = [2]float64{.3, .3}, [2]float64{.5, .5}
		s := Settings{Months: 18, Paths: 1, Seed: seed, Design: factor.Plain}
		plan, err := NewPlan(p, []Arm{a}, s)
		if err != nil {
			t.Fatal(err)
		}
		margins := make([]float64, len(p.Borrowers))
		m := plan.families[0].model
		for i, b := range plan.all() { // ordered by segment, which is the order of the book
			margins[b.segment] = posted(m.graded(i).breakEven, m.Margin, .22) - m.graded(i).breakEven
		}
		r, err := plan.Run(context.Background(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r, margins
	}
	found := map[string]int{}
	for _, rank := range []string{rule.ByScore, rule.ByMargin, rule.ByLot} {
		for _, fill := range []string{rule.Stop, rule.Skip} {
			for seed := range uint64(3) {
				x := teller{portfolio: p, seed: seed, queue: rule.FundingQueue{Rank: rank, Fill: fill}}
				rules := []rule.Rule{&x.queue}
				if seed != 1 {
					x.budget = budget
					rules = append(rules, budget)
				}
				if seed != 2 {
					x.leverage = leverage
					rules = append(rules, leverage)
				}
				x.results, x.margins = run(seed, rules...)
				wrong, offers := x.wrong()
				if wrong > 0 || offers < 50 {
					t.Errorf("rank %s, fill %s, seed %d: %d of %d offers are answered otherwise", rank, fill, seed, wrong, offers)
				}
				for name, change := range map[string]func(*teller){
					"another rank": func(x *teller) {
						x.queue.Rank = map[string]string{rule.ByScore: rule.ByMargin, rule.ByMargin: rule.ByLot, rule.ByLot: rule.ByScore}[rank]
					},
					"the other fill":                  func(x *teller) { x.queue.Fill = map[string]string{rule.Stop: rule.Skip, rule.Skip: rule.Stop}[fill] },
					"a budget that is carried over":   func(x *teller) { x.hoards = true },
					"the equity of the month's end":   func(x *teller) { x.foresight = true },
					"refused offers that are charged": func(x *teller) { x.charges = true },
				} {
					other := x
					change(&other)
					wrong, _ := other.wrong()
					found[name] += wrong
				}
			}
		}
	}
	for name, wrong := range found {
		if wrong == 0 {
			t.Errorf("%s: goes unnoticed", name)
		}
	}
}

// On every grid new cash of a month stays within the budget and the balance within the cap, unless it was above it
// already; and the budget is used.
func TestCashStaysWithinItsLimit(t *testing.T) {
	p := book(300)
	balances, _ := data.MeasureByName("balance")
	margin, _ := data.MeasureByName("net_margin")
	for _, grid := range []data.Grid{data.Monthly, data.HalfMonthly, data.Weekly} {
		s := settings(18, 4)
		s.Grid = grid
		r := mustRun(t, p, s, 2, arm("budget", &rule.FundingBudget{Share: .03}, &rule.FundingQueue{Rank: rule.ByScore, Fill: rule.Skip}),
			arm("leverage", &rule.LeverageCap{Multiple: 4, EquityShare: .25}))
		figures := estimate.New(r, .95)
		balance, owed, earned := figures.Paths(0, balances), figures.Paths(1, balances), figures.Paths(1, margin)
		lent, budgets := 0., 0.
		for path := range s.Paths {
			for m := 1; m <= s.Months; m++ {
				row, budget := r.Row(0, path, data.Month(m)), .03*balance[0][path]
				cash := float64(row[data.Disbursed] - row[data.Refinanced])
				lent, budgets = lent+cash, budgets+budget
				if cash > budget+.5 {
					t.Errorf("grid %v, path %d, month %d: %.0f of new cash, the budget is %.0f", grid, path, m, cash, budget)
				}
				equity := .25*owed[0][path] + earned[m-1][path]
				if owed[m][path] > max(owed[m-1][path], 4*equity)+float64(4*m) { // rounding of each month's income
					t.Errorf("grid %v, path %d, month %d: balance %.0f with an equity of %.0f", grid, path, m, owed[m][path], equity)
				}
			}
		}
		if lent < .8*budgets {
			t.Errorf("grid %v: only %.0f of %.0f is lent", grid, lent, budgets)
		}
	}
}
