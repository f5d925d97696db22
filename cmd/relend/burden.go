package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/output/table"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
)

// burdenOptions are the choices of `relend burden` beside the experiment.
type burdenOptions struct {
	experiment string
	scenarios.Overrides
	arm      string // "" = the baseline
	workers  int
	progress progressMode
	markdown bool
}

func newBurdenCommand(env *environment) *cobra.Command {
	o := burdenOptions{experiment: defaultExperiment, progress: "auto"}
	var seed uint64
	c := &cobra.Command{
		Use:   "burden [EXPERIMENT]",
		Short: "Split repeat borrowers' default difference into who they are and the debt they added",
		Long: "Repeat borrowers default at another rate than borrowers with their first loan, because others come back than do\n" +
			"not (selection), and because they owe more (burden). The command plays an arm twice with the same luck: as it is, and\n" +
			"with the miss hazard of every further loan granted in the projection at the burden of the snapshot (parameter\n" +
			"risk.added_debt at 0%). What is left of the difference in the replay is who they are, the rest is the added debt. It\n" +
			"is a quantity of the model: as much of it as the burden's coefficients (risk.b_pti, b_stack, b_ord, b_lev) say.",
		Example:           "  relend burden\n  relend burden my-experiment.yaml -p loans.parquet --arm strict --markdown",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			if c.Flags().Changed("workers") && o.workers < 1 {
				return usage("--workers: 1 or more is needed, found %d", o.workers)
			}
			if err := overridden(c, &o.Overrides, seed); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	override(c, &o.Overrides, &seed)
	f := c.Flags()
	f.StringVar(&o.arm, "arm", "", "arm that is split (default: the baseline)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
	f.Var(&o.progress, "progress", "auto, plain or off")
	f.BoolVar(&o.markdown, "markdown", false, "print Markdown")
	return c
}

func (o *burdenOptions) run(ctx context.Context, env *environment) error {
	e, err := scenarios.Load(o.experiment, o.Overrides)
	if err != nil {
		return err
	}
	if len(e.Applicants) > 0 {
		ps := &data.Problems{Cause: data.BadConfig}
		ps.Add("applicants", "of an applicant no loan is known when he is graded, so the burden of his first one cannot be told from that of later ones: split an experiment without applicants")
		return ps
	}
	portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) })
	if err != nil {
		return err
	}
	arms, settings, err := e.Arms(portfolio.Currency, portfolio.Segments)
	if err != nil {
		return err
	}
	at, err := armNamed(arms, "arm", cmp.Or(o.arm, arms[settings.Baseline].Name))
	if err != nil {
		return err
	}
	replay := arms[at]
	replay.Name += ".replay"
	replay.Behaviour.AddedDebt = 0
	pair := []sim.Arm{arms[settings.Baseline], arms[at], replay}
	for i := range pair {
		pair[i].Reference = 0
	}
	settings.Baseline = 0
	plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(portfolio, pair, settings) })
	if err != nil {
		return err
	}
	workers := cmp.Or(o.workers, runtime.GOMAXPROCS(0))
	if plan, _, err = settle(ctx, e, plan, pair, workers); err != nil {
		return err
	}
	perPath := memoryOfPath(len(pair), settings.Months)
	if err := checkMemory(env.memory(), resident(plan.Memory(workers), perPath*int64(settings.Paths)), perPath, settings.Paths); err != nil {
		return err
	}
	bar := newProgress(o.progress, env.stderr, plan.Paths(), time.Now)
	results, err := compute(ctx, e.Engine, plan, portfolio, pair, settings, workers, bar.show)
	bar.stop()
	if err != nil {
		return err
	}
	s := splitOf(estimate.New(results, attributionLevel), 1, 2, settings.Months)
	title := fmt.Sprintf("%s: repeat borrowers after %s", cmp.Or(arms[at].Title, arms[at].Name), output.Plural(settings.Months, "month"))
	notes := append([]string{fmt.Sprintf("%s, %s, seed %d; %.0f %% intervals. Rates are borrowers who reached 90 days past due so far per mean number of active borrowers with such a loan.",
		output.Plural(len(portfolio.Borrowers), "borrower"), output.Plural(e.Paths, "path"), e.Seed, 100*attributionLevel),
		"A quantity of the model, not of the data: the debt acts as risk.b_pti, b_stack, b_ord and b_lev say. Further loans that ran at the snapshot are in the grade: their burden counts as who the borrowers are."},
		results.Run.Warnings...)
	if o.markdown {
		_, err = fmt.Fprintf(env.stdout, "# %s\n\n%s\n- %s\n", table.Escape(title), s.sheet().Markdown(), table.Escape(strings.Join(notes, "\n- ")))
	} else {
		_, err = fmt.Fprintf(env.stdout, "%s\n\n%s\n%s\n", title, s.sheet().Terminal(cmp.Or(width(env.stdout), 120)), strings.Join(notes, "\n"))
	}
	return err
}

// split is the default difference of repeat borrowers and its two parts.
type split struct {
	first, repeat, difference, selection, burden estimate.Figure
}

// splitOf splits the difference in an arm by its replay without the added debt.
func splitOf(e *estimate.Estimator, arm, replay, month int) split {
	first, _ := data.MeasureByName("default_rate_first")
	repeat, _ := data.MeasureByName("default_rate_repeat")
	as, without := e.Ratios(arm, []data.Measure{first, repeat}, month), e.Ratios(replay, []data.Measure{first, repeat}, month)
	s := split{first: as[0].Figure(e.Level), repeat: as[1].Figure(e.Level)}
	for _, r := range append(as, without...) {
		if r.Missing() {
			s.difference, s.selection, s.burden = estimate.Missing, estimate.Missing, estimate.Missing
			return s
		}
	}
	gap := func(r []estimate.Ratio, of func(estimate.Ratio) float64) float64 { return of(r[1]) - of(r[0]) }
	combined := func(one func(of func(estimate.Ratio) float64) float64) estimate.Figure {
		return estimate.Combined(one(estimate.Ratio.Value), e.Replicates, e.Level, func(i int) float64 {
			return one(func(r estimate.Ratio) float64 { return r.Residual(i) })
		})
	}
	s.difference = combined(func(of func(estimate.Ratio) float64) float64 { return gap(as, of) })
	s.selection = combined(func(of func(estimate.Ratio) float64) float64 { return gap(without, of) })
	s.burden = combined(func(of func(estimate.Ratio) float64) float64 { return gap(as, of) - gap(without, of) })
	return s
}

func (s *split) sheet() table.Sheet {
	scale := output.ScaleOf(data.Share, "", 1)
	sheet := table.Sheet{Columns: []table.SheetColumn{{Title: ""}, {Title: "%", Figures: true}, {Title: "What it is", Wrapped: true}}}
	digits := scale.Column([]estimate.Figure{s.difference, s.selection, s.burden})
	level := func(name string, f estimate.Figure, words string) {
		sheet.Rows = append(sheet.Rows, []string{name, scale.PlusMinus(f, digits), words})
	}
	part := func(name string, f estimate.Figure, words string) {
		text := output.Change(scale, f, digits)
		if f.Verdict() == estimate.Identical {
			text = "0"
		}
		sheet.Rows = append(sheet.Rows, []string{name, text + " pp", words})
	}
	level("first loans", s.first, "default rate of borrowers with their first loan")
	level("repeat loans", s.repeat, "default rate of borrowers with a second or later one")
	part("difference", s.difference, "repeat less first")
	part("who they are", s.selection, "the difference in the replay without the added debt: grades, frailty, age of their loans")
	part("added debt", s.burden, "what the debt of further loans adds; 0 where it is the same on every path")
	return sheet
}

// armNamed finds an arm.
func armNamed(arms []sim.Arm, flag, name string) (int, error) {
	var names []string
	for i := range arms {
		if arms[i].Name == name {
			return i, nil
		}
		names = append(names, arms[i].Name)
	}
	return 0, usage("--%s: the experiment has no arm %q%s; allowed: %s", flag, name, data.DidYouMean(name, names), output.List(names, 12))
}
