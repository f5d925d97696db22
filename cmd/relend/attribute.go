package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/data/rundir"
	"relend/output"
	"relend/output/chart"
	"relend/output/table"
	"relend/scenarios"
	"relend/sim"
	"relend/sim/estimate"
	"relend/sim/sensitivity"
)

// attributeOptions are the choices of `relend attribute` beside those of a run.
type attributeOptions struct {
	runOptions
	arm, against string
	measures     []string
	order        []string // names of clauses; none: as written
	orders       int      // sampled, 0 = all coalitions where there are few clauses
}

// Of the attribution.
const (
	attributionLevel = .95
	defaultOrders    = 32
	mostOrders       = 4096
	// coalitionsARun is how many coalitions are simulated together: as many arms as can share a borrower's history
	// (sim.Plan), so that more at once would take more memory and no less time.
	coalitionsARun = 64
)

func newAttributeCommand(env *environment) *cobra.Command {
	o := attributeOptions{runOptions: runOptions{experiment: defaultExperiment, progress: "auto"}}
	var seed uint64
	c := &cobra.Command{
		Use:   "attribute --arm NAME [EXPERIMENT]",
		Short: "Share the effect of a policy or law out to its clauses",
		Long: "Takes the rules in which an arm differs from the one it is compared with as a package of clauses, one for each kind\n" +
			"of rule, and says what each clause contributes to the difference of a measure at the horizon. Arms with every\n" +
			"combination of the clauses live on the same paths. A clause's Shapley share is the mean of what it adds over all\n" +
			fmt.Sprintf("orders in which the clauses could come into force: exact up to %d clauses, beyond from a sample of orders whose chance is\n", sensitivity.MostExact) +
			"in the interval. Shares add up to the whole to the last bit and do not depend on the order; beside them are the\n" +
			"steps of the waterfall in the order written. What is out of force leaves the other arm's rules of its kind.\n\n" +
			"The directory written holds attribution.csv, attribution.md, a waterfall chart for each measure and the experiment.",
		Example: "  relend attribute --arm strict my-experiment.yaml -p loans.parquet\n" +
			"  relend attribute --arm burden_40 --measure default_rate,served_share my-experiment.yaml -o runs/clauses",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			switch {
			case o.arm == "":
				return usage("--arm: the name of an arm is needed")
			case c.Flags().Changed("workers") && o.workers < 1:
				return usage("--workers: 1 or more is needed, found %d", o.workers)
			case c.Flags().Changed("orders") && (o.orders < 4 || o.orders > mostOrders || o.orders%2 == 1):
				return usage("--orders: an even number from 4 to %d is needed, found %d: orders come in pairs with their reverse, and one pair has no spread", mostOrders, o.orders)
			}
			if err := overridden(c, &o.Overrides, seed); err != nil {
				return err
			}
			return o.run(c.Context(), env)
		},
	}
	override(c, &o.Overrides, &seed)
	f := c.Flags()
	f.StringVar(&o.arm, "arm", "", "arm whose effect is shared out")
	f.StringVar(&o.against, "against", "", "arm it is compared with (default: as in the experiment)")
	f.StringSliceVar(&o.measures, "measure", nil, "measures, with commas between them (default: the experiment's)")
	f.StringSliceVar(&o.order, "order", nil, "clauses in the order of the waterfall (default: as written, the policy's before the law's)")
	f.IntVar(&o.orders, "orders", 0, fmt.Sprintf("orders to sample, an even number (default: all coalitions up to %d clauses, else %d orders)", sensitivity.MostExact, defaultOrders))
	f.StringVarP(&o.output, "output", "o", "", "directory to write (default runs/attribute-EXPERIMENT-HASH)")
	f.BoolVar(&o.force, "force", false, "replace an existing directory")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
	f.Var(&o.progress, "progress", "auto, plain or off")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the directory only")
	return c
}

// game is a package whose coalitions are simulated.
type game struct {
	*scenarios.Package
	names      []string // of the clauses by number: in alphabetical order, so that no figure depends on the order written
	order      []int    // of the waterfall
	orders     [][]int  // sampled; nil: all coalitions
	coalitions []sensitivity.Coalition
	measures   []data.Measure
	worths     map[sensitivity.Coalition][]estimate.Ratio // by measure
}

func (o *attributeOptions) run(ctx context.Context, env *environment) error {
	started := time.Now()
	e, err := scenarios.Load(o.experiment, o.Overrides)
	if err != nil {
		return err
	}
	measures, err := o.measured(e)
	if err != nil {
		return err
	}
	portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) })
	if err != nil {
		return err
	}
	arms, settings, err := e.Arms(portfolio.Currency, portfolio.Segments)
	if err != nil {
		return err
	}
	arm, against, err := o.pair(arms)
	if err != nil {
		return err
	}
	g := &game{measures: measures, worths: map[sensitivity.Coalition][]estimate.Ratio{}}
	if g.Package, err = e.Package(arms, arm, against, portfolio.Currency); err != nil {
		return err
	}
	if err := o.plan(g, settings.Seed); err != nil {
		return err
	}
	inputs, err := o.inputs(e, portfolio)
	if err != nil {
		return err
	}
	if o.output == "" {
		asked := fmt.Sprintln(o.arm, arms[against].Name, o.measures, o.order, o.orders)
		o.output = filepath.Join("runs", "attribute-"+o.name()+"-"+fingerprint(append(e.Resolved(), asked...), inputs, portfolio.Sources))
	}
	w, err := rundir.Create(o.output, o.force)
	if err != nil {
		return err
	}
	defer w.Abort()
	if !o.quiet {
		fmt.Fprintf(env.stdout, "%s: %s, %s\n", arms[arm].Title, output.Plural(len(g.names), "clause"), g.method())
	}
	warnings, err := o.simulate(ctx, env, g, e, portfolio, arms[settings.Baseline], settings)
	if err != nil {
		return err
	}
	a := g.attribution(e, portfolio, arms[arm], arms[against])
	a.Method = append(a.Method, g.methods(o, e, portfolio)...)
	a.Method = append(a.Method, warnings...)

	figures, err := interruptible(ctx, func() ([]*chart.Figure, error) { return waterfalls(a) })
	if err != nil {
		return err
	}
	w.Stop = ctx.Err
	err = errors.Join(w.Write(rundir.ExperimentFile, e.Resolved()), w.Write("attribution.csv", table.CSV(table.AttributionColumns(a))),
		w.Write("attribution.md", attributionMarkdown(a, figures)))
	for _, f := range figures {
		err = errors.Join(err, w.Write("charts/"+f.Name+".svg", f.SVG), w.Write("charts/"+f.Name+".png", f.PNG))
	}
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // a machine without a name writes an empty one
	if err := w.Commit(rundir.Manifest{
		Program: program + revision(), Drawn: program + revision(), Go: runtime.Version(), Platform: platform, Host: host,
		Started: started.Format(time.RFC3339), Finished: time.Now().Format(time.RFC3339),
		Command: append([]string{"relend"}, env.arguments...), Workers: cmp.Or(o.workers, runtime.GOMAXPROCS(0)), Seed: settings.Seed, Inputs: inputs,
	}); err != nil {
		return err
	}
	if o.quiet {
		_, err = fmt.Fprintln(env.stdout, o.output)
		return err
	}
	for i := range a.Measures {
		m := &a.Measures[i]
		fmt.Fprintf(env.stdout, "\n%s\n%s\n", a.Answer(m), table.Attribution(a, m).Terminal(cmp.Or(width(env.stdout), 120)))
	}
	_, err = fmt.Fprintf(env.stdout, "%s\n\nwritten to %s\n", strings.Join(a.Method, "\n"), o.output)
	return err
}

// measured are the measures asked for.
func (o *attributeOptions) measured(e *scenarios.Experiment) (out []data.Measure, err error) {
	names := o.measures
	if len(names) == 0 {
		names = e.Measures
	}
	var unknown []string
	for i, name := range names {
		m, ok := data.MeasureByName(name)
		if !ok {
			unknown = append(unknown, fmt.Sprintf("unknown measure %q%s", name, data.DidYouMean(name, data.MeasureNames())))
		}
		if slices.Contains(names[:i], name) {
			unknown = append(unknown, fmt.Sprintf("the measure %s is named twice", name))
		}
		out = append(out, m)
	}
	if len(unknown) > 0 {
		return nil, usage("--measure: %s; relend schema measures lists them", strings.Join(unknown, "; "))
	}
	return out, nil
}

// pair finds the arm and the one it is compared with.
func (o *attributeOptions) pair(arms []sim.Arm) (arm, against int, err error) {
	if arm, err = armNamed(arms, "arm", o.arm); err != nil {
		return 0, 0, err
	}
	against = arms[arm].Reference
	if o.against != "" {
		if against, err = armNamed(arms, "against", o.against); err != nil {
			return 0, 0, err
		}
	}
	if arm == against {
		return 0, 0, usage("--arm: %s is what arms are compared with; name another arm, or another one to compare it with (--against)", o.arm)
	}
	return arm, against, nil
}

// plan numbers the clauses and lists the coalitions to be simulated.
func (o *attributeOptions) plan(g *game, seed uint64) error {
	g.names = slices.Sorted(slices.Values(g.Package.Names()))
	written := g.Package.Names()
	if len(o.order) > 0 {
		if sorted := slices.Sorted(slices.Values(o.order)); !slices.Equal(sorted, g.names) {
			return usage("--order: each clause is needed once: %s", output.List(written, len(written)))
		}
		written = o.order
	}
	for _, name := range written {
		g.order = append(g.order, slices.Index(g.names, name))
	}
	if k := len(g.names); k > sensitivity.MostExact || o.orders > 0 {
		g.orders = sensitivity.Orders(k, cmp.Or(o.orders, defaultOrders)/2, seed)
		g.coalitions = sensitivity.Coalitions(append([][]int{g.order}, g.orders...))
		return nil
	}
	for c := range sensitivity.All(len(g.names)) + 1 {
		g.coalitions = append(g.coalitions, c)
	}
	return nil
}

// method says in a few words how shares are found.
func (g *game) method() string {
	if g.orders == nil {
		return fmt.Sprintf("all %s of them", output.Plural(len(g.coalitions), "combination"))
	}
	return fmt.Sprintf("%s sampled, %s of clauses", output.Plural(len(g.orders), "order"), output.Plural(len(g.coalitions), "combination"))
}

func (g *game) methods(o *attributeOptions, e *scenarios.Experiment, p *data.Portfolio) []string {
	out := []string{fmt.Sprintf("%s, %s, %s, seed %d; every combination of clauses on the same paths. Intervals: %.0f %%.",
		output.Plural(len(p.Borrowers), "borrower"), output.Plural(e.Paths, "path"), output.Plural(e.Months, "month"), e.Seed, 100*attributionLevel)}
	if g.orders == nil {
		out = append(out, fmt.Sprintf("Shapley shares: exact, over all %s.", output.Plural(len(g.coalitions), "combination")))
	} else {
		out = append(out, fmt.Sprintf("Shapley shares: from %s drawn in pairs with their reverse (%s); the chance of the draw is in the intervals.",
			output.Plural(len(g.orders), "order"), output.Plural(len(g.coalitions), "combination")))
	}
	if len(e.Precision) > 0 {
		out = append(out, "The experiment's precision is for its arms and was not pursued here; more paths (--paths) narrow the intervals.")
	}
	return out
}

// simulate fills in what the coalitions are worth, some dozens of them at a time. The baseline is in every run: by it
// hazards are anchored. Warnings are those of the experiment and of the first run.
func (o *attributeOptions) simulate(ctx context.Context, env *environment, g *game, e *scenarios.Experiment, p *data.Portfolio, baseline sim.Arm, settings sim.Settings) (warnings []string, err error) {
	workers := cmp.Or(o.workers, runtime.GOMAXPROCS(0))
	mode := o.progress
	if o.quiet {
		mode = "off"
	}
	before, all := 0, settings.Paths*((len(g.coalitions)+coalitionsARun-1)/coalitionsARun)
	bar := newProgress(mode, env.stderr, all, time.Now)
	defer bar.stop()
	for some := range slices.Chunk(g.coalitions, coalitionsARun) {
		var arms []sim.Arm
		for _, c := range some {
			arms = append(arms, g.Package.Arm(g.named(c)))
		}
		settings.Baseline = len(arms)
		arms = append(arms, baseline)
		for i := range arms {
			arms[i].Reference = settings.Baseline
		}
		plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(p, arms, settings) })
		if err != nil {
			return nil, err
		}
		if before == 0 {
			if plan, _, err = settle(ctx, e, plan, arms, workers); err != nil {
				return nil, err
			}
			settings.Sample = max(0, e.Sample)
		}
		perPath := memoryOfPath(len(arms), settings.Months)
		if err := checkMemory(env.memory(), resident(plan.Memory(workers), perPath*int64(settings.Paths)), perPath, settings.Paths); err != nil {
			return nil, err
		}
		show := func(done, _ int) {
			if bar.show != nil {
				bar.show(before+done, all)
			}
		}
		results, err := compute(ctx, e.Engine, plan, p, arms, settings, workers, show)
		if err != nil {
			return nil, err
		}
		if before == 0 {
			warnings = slices.Concat(intakeWarnings(p), e.Warnings(p.Currency), results.Run.Warnings)
		}
		before += settings.Paths
		estimates := estimate.New(results, attributionLevel)
		for i, c := range some {
			g.worths[c] = estimates.Ratios(i, g.measures, settings.Months)
		}
	}
	return warnings, nil
}

// named are the names of the clauses in a coalition.
func (g *game) named(c sensitivity.Coalition) (names []string) {
	for i, name := range g.names {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// attribution shares the measures out.
func (g *game) attribution(e *scenarios.Experiment, p *data.Portfolio, arm, against sim.Arm) *output.Attribution {
	a := &output.Attribution{Title: e.Title, Arm: arm.Title, Reference: against.Title, Currency: p.Currency, Months: e.Months, Level: attributionLevel}
	for _, i := range g.order {
		at := slices.IndexFunc(g.Package.Clauses, func(c scenarios.Clause) bool { return c.Name == g.names[i] })
		c := &g.Package.Clauses[at]
		a.Clauses = append(a.Clauses, output.AttributedClause{Name: c.Name, Title: c.Title, With: sentencesOr(c.In), Out: sentencesOr(c.Out)})
	}
	for k, m := range g.measures {
		worth := func(c sensitivity.Coalition) estimate.Ratio { return g.worths[c][k] }
		var shares sensitivity.Attribution
		if g.orders == nil {
			shares = sensitivity.Shapley(len(g.names), worth, attributionLevel)
		} else {
			shares = sensitivity.Sampled(g.orders, worth, attributionLevel)
		}
		steps := sensitivity.Sequential(g.order, worth, attributionLevel)
		out := output.AttributedMeasure{Measure: m, Reference: worth(0).Figure(attributionLevel),
			Arm: worth(sensitivity.All(len(g.names))).Figure(attributionLevel), Whole: shares.Whole}
		for _, i := range g.order {
			out.Shares, out.Steps = append(out.Shares, shares.Parts[i]), append(out.Steps, steps.Parts[i])
		}
		a.Measures = append(a.Measures, out)
	}
	return a
}

// sentencesOr joins sentences; without one it says that there is no rule.
func sentencesOr(list []string) string {
	return cmp.Or(strings.Join(list, " "), "no such rule.")
}

func waterfalls(a *output.Attribution) (figures []*chart.Figure, err error) {
	for i := range a.Measures {
		f, err := chart.Waterfall(a, &a.Measures[i])
		if err != nil {
			return nil, err
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// attributionMarkdown is the attribution as a page.
func attributionMarkdown(a *output.Attribution, figures []*chart.Figure) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: what each clause of %q does\n\nCompared with %q.\n", table.Escape(a.Title), table.Escape(a.Arm), table.Escape(a.Reference))
	for i := range a.Measures {
		m := &a.Measures[i]
		fmt.Fprintf(&b, "\n## %s\n\n%s %s.\n\n%s\n![%s](charts/%s.png)\n", table.Escape(m.Heading(a.Currency)), table.Escape(a.Answer(m)),
			table.Escape(strings.ToUpper(m.Measure.Definition[:1])+m.Measure.Definition[1:]), table.Attribution(a, m).Markdown(), table.Escape(figures[i].Caption), figures[i].Name)
	}
	b.WriteString("\n## Method\n\nA share is the mean of what the clause adds over the orders in which the clauses could come into force (Shapley 1953); " +
		"the column \"In order\" adds them one after the other. Both add up to the whole exactly.\n\n")
	for _, line := range a.Method {
		fmt.Fprintf(&b, "- %s\n", table.Escape(line))
	}
	return []byte(b.String())
}
