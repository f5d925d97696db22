package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/output/table"
	"relend/scenarios"
	"relend/sim"
)

// explainOptions are the choices of `relend explain` beside the experiment.
type explainOptions struct {
	experiment string // name or path
	scenarios.Overrides
	borrower string   // key
	path     int      // negative: the first one on which the arms part
	arms     []string // names of two; none: those of the experiment
	markdown bool
}

func newExplainCommand(env *environment) *cobra.Command {
	o := explainOptions{experiment: defaultExperiment, path: -1}
	var seed uint64
	c := &cobra.Command{
		Use:   "explain --borrower KEY [EXPERIMENT]",
		Short: "Tell one borrower's months in two arms side by side",
		Long: "Tells what one borrower lives through in two arms of an experiment with the same random fate: his loans,\n" +
			"delinquency and payment to income at the end of every month, his applications and the rule that decided\n" +
			"each of them, and the month in which the two lives part. They are the lives that `relend run` counts:\n" +
			"what is told of all borrowers adds up to the results of the path in a run that samples none of them.\n\n" +
			"A path is named by its number in results/paths.parquet, from 0. Without --path it is the first one on\n" +
			"which the lives part. In an arm with controls of the whole book, such as a budget, every path asked for\n" +
			"simulates all borrowers.",
		Example: "  relend explain --borrower 17 quick --arms baseline,no_top_up\n" +
			"  relend explain --borrower A-1043 --path 3 my-experiment.yaml -p loans.parquet --markdown",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			switch {
			case o.borrower == "":
				return usage("--borrower: the key of a borrower is needed")
			case c.Flags().Changed("path") && o.path < 0:
				return usage("--path: 0 or more is needed, found %d", o.path)
			case len(o.arms) != 0 && len(o.arms) != 2:
				return usage("--arms: the names of two arms are needed, found %d", len(o.arms))
			}
			if err := overridden(c, &o.Overrides, seed); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	override(c, &o.Overrides, &seed)
	f := c.Flags()
	f.StringVar(&o.borrower, "borrower", "", "key of the borrower in the tape; in a synthetic portfolio a number from 1")
	f.IntVar(&o.path, "path", -1, "number of the path, from 0 (default: the first one on which the lives part)")
	f.Lookup("path").DefValue = "0" // not shown
	f.StringSliceVar(&o.arms, "arms", nil, "names of two arms (default: those of an experiment that has two)")
	f.BoolVar(&o.markdown, "markdown", false, "print Markdown")
	return c
}

func (o *explainOptions) run(ctx context.Context, env *environment) error {
	e, err := scenarios.Load(o.experiment, o.Overrides)
	if err != nil {
		return err
	}
	if o.path >= e.Paths {
		return usage("--path: the experiment has the paths 0 to %d, found %d; --paths gives it more", e.Paths-1, o.path)
	}
	portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) })
	if err != nil {
		return err
	}
	at := slices.IndexFunc(portfolio.Borrowers, func(b data.Borrower) bool { return b.ID == data.IDOf(o.borrower) })
	if at < 0 {
		return &data.Problems{Cause: data.BadData, List: []data.Problem{{Path: "borrower", Message: fmt.Sprintf(
			"none of the %s to project has the key %q; who is 90 or more days past due at the snapshot, or has no valid row, is not among them",
			output.Plural(len(portfolio.Borrowers), "borrower"), o.borrower)}}}
	}
	arms, settings, err := e.Arms(portfolio.Currency, portfolio.Segments)
	if err != nil {
		return err
	}
	chosen, err := o.choose(arms)
	if err != nil {
		return err
	}
	settings.Sample = 0 // he is followed on paths whose sample leaves him out, too
	plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(portfolio, arms, settings) })
	if err != nil {
		return err
	}

	x := explanation{key: o.borrower, borrower: &portfolio.Borrowers[at], segments: portfolio.Segments, currency: portfolio.Currency, path: o.path, paths: settings.Paths}
	for i, arm := range chosen {
		x.titles[i] = cmp.Or(arms[arm].Title, arms[arm].Name)
	}
	f := plan.Follow(x.borrower.ID)
	if x.searched = o.path < 0; x.searched {
		x.path, x.stories, _, err = f.Part(ctx, chosen[0], chosen[1])
	} else {
		for i, arm := range chosen {
			if x.stories[i], err = f.Tell(ctx, o.path, arm); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	x.parting, x.parted = sim.Parting(x.stories[0], x.stories[1], settings.Grid)
	x.grid = settings.Grid
	if o.markdown {
		_, err = fmt.Fprint(env.stdout, x.markdown())
	} else {
		_, err = fmt.Fprint(env.stdout, x.terminal(cmp.Or(width(env.stdout), 120)))
	}
	return err
}

// choose finds the two arms.
func (o *explainOptions) choose(arms []sim.Arm) (chosen [2]int, err error) {
	names := make([]string, len(arms))
	for i := range arms {
		names[i] = arms[i].Name
	}
	wanted := o.arms
	if len(wanted) == 0 {
		if wanted = names; len(names) != 2 {
			return chosen, usage("--arms: the experiment has %s, name two of them: %s", output.Plural(len(names), "arm"), output.List(names, 12))
		}
	}
	var unknown []string
	for i, name := range wanted {
		if chosen[i] = slices.Index(names, name); chosen[i] < 0 {
			unknown = append(unknown, fmt.Sprintf("the experiment has no arm %q%s", name, data.DidYouMean(name, names)))
		}
	}
	if len(unknown) > 0 {
		return chosen, usage("--arms: %s; allowed: %s", strings.Join(unknown, "; "), output.List(names, 12))
	}
	return chosen, nil
}

// explanation is a borrower's life in two arms, ready to be told.
type explanation struct {
	key         string
	borrower    *data.Borrower
	segments    []string
	currency    string
	grid        data.Grid
	titles      [2]string
	stories     [2]*sim.Story
	path, paths int
	searched    bool // the path is the first one on which the lives part
	parting     int  // month, where parted
	parted      bool
}

func (x *explanation) terminal(width int) string {
	return strings.Join(x.summary(), "\n") + "\n\n" + x.months().Terminal(width) + "\n" + x.events().Terminal(width)
}

func (x *explanation) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Borrower %s in two arms\n\n", table.Escape(x.key))
	for _, line := range x.summary() {
		fmt.Fprintf(&b, "- %s\n", table.Escape(line))
	}
	fmt.Fprintf(&b, "\n## Months\n\n%s\n## Events\n\n%s", x.months().Markdown(), x.events().Markdown())
	return b.String()
}

// summary says who is told of and where the lives part.
func (x *explanation) summary() []string {
	b := x.borrower
	who := fmt.Sprintf("Borrower %s: segment %s, income %s %s a month, loan %d in a row", x.key, x.segments[b.Segment],
		money(b.Income), x.currency, b.Ordinal)
	if b.PD12 > 0 {
		who += fmt.Sprintf(", PD %s %%", output.Number(100*b.PD12, 1))
	}
	if b.Weight > 1 {
		who += fmt.Sprintf("; stands for %s", output.Plural(int(b.Weight), "borrower"))
	}
	if x.stories[0].Months[0].Dependent {
		who += "; depends on rolling the debt"
	}
	where := fmt.Sprintf("Path %d, the same fate in both arms: A is %s, B is %s. Amounts are in %s.", x.path, x.titles[0], x.titles[1], x.currency)
	switch {
	case !x.parted && x.searched:
		return []string{who + ".", where, fmt.Sprintf("On none of the %s do the lives part; this is the first.", output.Plural(x.paths, "path"))}
	case !x.parted:
		return []string{who + ".", where, "On this path the lives do not part."}
	case x.parting == 0:
		return []string{who + ".", where, "The lives part at the snapshot: the arms differ in how borrowers behave."}
	}
	parts := fmt.Sprintf("The lives part in month %d.", x.parting)
	if x.searched {
		parts = fmt.Sprintf("The lives part in month %d; on no path before this one do they.", x.parting)
	}
	lines := []string{who + ".", where, parts}
	for i, s := range x.stories {
		lines = append(lines, fmt.Sprintf("  %c: %s.", 'A'+i, cmp.Or(x.happened(&s.Months[x.parting]), "nothing happens")))
	}
	return lines
}

// months shows both lives side by side: how he stands at the end of each month, from the snapshot, month 0.
func (x *explanation) months() table.Sheet {
	s := table.Sheet{Columns: []table.SheetColumn{{Title: "Month", Figures: true}}}
	for i := range x.stories {
		arm := string(rune('A'+i)) + ": "
		s.Columns = append(s.Columns, table.SheetColumn{Title: arm + "state"}, table.SheetColumn{Title: "loans", Figures: true},
			table.SheetColumn{Title: "owed, " + x.currency, Figures: true}, table.SheetColumn{Title: "burden, %", Figures: true},
			table.SheetColumn{Title: "elsewhere", Figures: true})
	}
	s.Columns = append(s.Columns, table.SheetColumn{})
	for m := range x.stories[0].Months {
		row := []string{fmt.Sprint(m)}
		for _, story := range x.stories {
			month := &story.Months[m]
			row = append(row, state(month), output.Number(float64(len(month.Loans)), 0), money(owed(month)),
				output.Number(100*month.Burden, 0), output.Number(float64(month.Outside), 0))
		}
		mark := ""
		if x.parted && m == x.parting {
			mark = "they part"
		}
		s.Rows = append(s.Rows, append(row, mark))
	}
	return s
}

// events lists what happens in the months in which something does.
func (x *explanation) events() table.Sheet {
	s := table.Sheet{Columns: []table.SheetColumn{{Title: "Month", Figures: true}, {Title: "A: " + x.titles[0], Wrapped: true}, {Title: "B: " + x.titles[1], Wrapped: true}}}
	for m := range x.stories[0].Months {
		a, b := x.happened(&x.stories[0].Months[m]), x.happened(&x.stories[1].Months[m])
		if a != "" || b != "" {
			s.Rows = append(s.Rows, []string{fmt.Sprint(m), a, b})
		}
	}
	return s
}

// states name the stocks of which a borrower is in one at the end of a month.
var states = []struct {
	counter data.Counter
	name    string
}{
	{data.BorrowersCurrent, "on time"}, {data.BorrowersD1, "1-29 days late"}, {data.BorrowersD2, "30-59 days late"},
	{data.BorrowersD3, "60-89 days late"}, {data.BorrowersIdle, "no loan"}, {data.BorrowersDefault, "in default"},
	{data.BorrowersOff, "charged off"}, {data.BorrowersExited, "gone"},
}

func state(m *sim.Month) string {
	for _, s := range states {
		switch {
		case m.Counts[s.counter] == 0:
			continue
		case m.Shock:
			return s.name + ", shock"
		}
		return s.name
	}
	return ""
}

// money writes an amount in whole units of the portfolio's currency.
func money(m data.Money) string { return output.Number(m.Major(), 0) }

// owed is the principal owed at the end of a month, after a default too.
func owed(m *sim.Month) (sum data.Money) {
	for _, term := range data.BalanceTerms() {
		sum += data.Money(m.Counts[term.Counter])
	}
	return sum
}

// happenings are the events of a month, beside applications, in the order in which they are told. Where there is an
// amount it follows the words.
var happenings = []struct {
	counter data.Counter
	words   string
	amount  data.Counter // 0: none
}{
	{data.LendingStopped, "the lender has stopped lending", 0},
	{data.Misses, "misses a payment", 0},
	{data.Entered30, "is 30 days late", 0},
	{data.Entered60, "is 60 days late", 0},
	{data.Defaults, "defaults, owing", data.DefaultExposure},
	{data.ChargedOff, "is charged off:", data.ChargedOff},
	{data.PreChargeOffRecovery, "recovered:", data.PreChargeOffRecovery},
	{data.Recoveries, "recovered:", data.Recoveries},
	{data.Cures, "catches up", 0},
	{data.Prepayments, "repays early", 0},
	{data.LoansRepaid, "has repaid a loan", 0},
	{data.OutsideOpened, "takes a loan elsewhere", 0},
	{data.OutsideClosed, "repays a loan elsewhere", 0},
	{data.Drawn, "draws", data.Drawn},
	{data.Deleveraged, "no longer depends on rolling the debt", 0},
	{data.Exits, "leaves for good", 0},
}

// happened words what happened in a month, "" for nothing but payments.
func (x *explanation) happened(m *sim.Month) string {
	var out []string
	for _, h := range happenings {
		n := m.Counts[h.counter]
		switch {
		case n == 0:
			continue
		case h.amount != 0:
			out = append(out, h.words+" "+money(data.Money(m.Counts[h.amount])))
		case n > 1:
			out = append(out, fmt.Sprintf("%s (%d times)", h.words, n))
		default:
			out = append(out, h.words)
		}
	}
	for _, r := range m.Requests {
		out = append(out, x.request(&r))
	}
	return strings.Join(out, "; ")
}

// request words an application, the rule that decided it and what came of it.
func (x *explanation) request(r *sim.Request) string {
	d := &r.Decision
	rule := ""
	if r.Cause != nil {
		rule = " (" + strings.TrimSuffix(r.Cause.Sentence(x.currency), ".") + ")"
	}
	text := "asks for " + money(r.Asked)
	if !d.Granted {
		by := ""
		if d.ByLaw {
			by = " by law"
		}
		text += fmt.Sprintf(" and is denied%s: %s%s", by, d.Reason.Title(), rule)
		switch {
		case r.Elsewhere:
			text += "; finds the money elsewhere"
		case r.Shocked:
			text += "; finds none: a liquidity shock"
		}
		return text
	}
	offered := fmt.Sprintf("%s at %s %% a year", money(d.Amount), output.Number(100*d.APR, 1))
	if rule != "" {
		offered += rule
	}
	if !r.TakenUp {
		return text + ", is offered " + offered + " and does not take it"
	}
	text += fmt.Sprintf(" and gets %s over %s, loan %d in a row", offered, x.term(r.Term), r.Ordinal)
	if d.Refinance {
		text += ", which repays the newest one"
	}
	return text
}

// term is a number of steps in words.
func (x *explanation) term(steps int) string {
	if x.grid == data.Monthly {
		return output.Plural(steps, "month")
	}
	return fmt.Sprintf("%s days", output.Number(float64(steps*x.grid.Days()), 0))
}
