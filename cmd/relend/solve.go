package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/output/table"
	"relend/scenarios"
	"relend/scenarios/sweep"
	"relend/sim/estimate"
	"relend/sim/sensitivity"
)

// solveOptions are the choices of `relend solve`.
type solveOptions struct {
	experiment, arm, field, from, to, where, find string
	level                                         float64
	whole, json                                   bool
	workers                                       int
	scenarios.Overrides
}

func newSolveCommand(env *environment) *cobra.Command {
	o := solveOptions{experiment: defaultExperiment}
	var seed uint64
	var level string
	c := &cobra.Command{
		Use:   "solve [EXPERIMENT]",
		Short: "Find the value of a parameter at which a measure meets a target",
		Long: "Finds the smallest or largest value of a field of the experiment at which a measure of an arm meets a condition,\n" +
			"and the interval in which that value lies. All values live through the same paths, so the measure changes smoothly,\n" +
			"and values of a policy or law are simulated together. The measure should rise or fall throughout the range; where it\n" +
			"turns round, the first value found is given and the place where the condition fails again is named.\n\n" +
			"The exit code is 5 when no value of the range meets the condition, 6 when only more paths could tell.",
		Example: "  relend solve --vary policies.default.rules.cooling_off.after_payoff --from '1 month' --to '12 months' --where 'default_rate@12 < 5%'\n" +
			"  relend solve --vary regulations.none.rules.apr_cap.max --from 10% --to 36% --find largest --where 'net_margin < 0'",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: experimentNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.experiment = args[0]
			}
			for _, f := range []struct{ name, value string }{{"vary", o.field}, {"from", o.from}, {"to", o.to}, {"where", o.where}} {
				if f.value == "" {
					return usage("--%s is needed; see %s --help", f.name, c.CommandPath())
				}
			}
			if o.find != "smallest" && o.find != "largest" {
				return usage("--find: smallest or largest is needed, found %q%s", o.find, data.DidYouMean(o.find, []string{"smallest", "largest"}))
			}
			var err error
			if o.level, err = parseLevel(level); err != nil {
				return err
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
	f.StringVar(&o.field, "vary", "", "field of the experiment, such as policies.default.rules.cooling_off.after_payoff")
	f.StringVar(&o.from, "from", "", "lower end of its range, with the unit")
	f.StringVar(&o.to, "to", "", "upper end of its range")
	f.StringVar(&o.where, "where", "", "condition, such as 'default_rate@12 < 5%' or 'diff:served_share >= -10pp'")
	f.StringVar(&o.find, "find", "smallest", "smallest or largest value that meets it")
	f.StringVar(&o.arm, "arm", "", "arm of the experiment (default: its baseline)")
	f.StringVar(&level, "level", "95%", "of the interval, 50% to 99.99%")
	f.BoolVar(&o.whole, "whole", false, "whole numbers only (times in months and days always are)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
	f.BoolVar(&o.json, "json", false, "print JSON")
	_ = c.RegisterFlagCompletionFunc("find", cobra.FixedCompletions([]string{"smallest", "largest"}, cobra.ShellCompDirectiveDefault))
	return c
}

var conditionForm = regexp.MustCompile(`^\s*([^\s<>=]+)\s*(<=?|>=?)\s*(\S.*?)\s*$`)

// solution is what solve found.
type solution struct {
	Outcome string      `json:"outcome"` // found, already, nowhere or unclear
	Field   string      `json:"field"`
	Arm     string      `json:"arm"`
	Where   string      `json:"where"`
	Find    string      `json:"find"`
	Value   *float64    `json:"value"` // in fractions, months, days or whole units; null: none
	Low     *float64    `json:"low"`   // of the interval; null: it reaches the end of the range
	High    *float64    `json:"high"`
	Again   *float64    `json:"fails_again_at"` // null: nowhere
	Unit    string      `json:"unit"`
	Level   float64     `json:"level"`
	Paths   int         `json:"paths"`
	Answers []answerRow `json:"answers"`
}

type answerRow struct {
	X     float64 `json:"x"`
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// unmetError says that a condition is met nowhere in a range, or that nobody can tell.
type unmetError struct {
	text    string
	unclear bool
}

func (e *unmetError) Error() string { return e.text }

func (o *solveOptions) run(ctx context.Context, env *environment) error {
	parts := conditionForm.FindStringSubmatch(o.where)
	if parts == nil {
		return usage("--where: a condition such as 'default_rate@12 < 5%%' is needed, found %q", o.where)
	}
	axis, err := sweep.NewAxis(o.experiment, o.arm, o.field, o.from, o.to, parts[1], o.level, o.whole, o.Overrides)
	if err != nil {
		return err
	}
	out := axis.Study.Outputs[0]
	target, err := sweep.Threshold(parts[3], out)
	if err != nil {
		return usage("--where: %v", err)
	}
	m, _ := data.MeasureByName(out.Measure)
	job := &sweepJob{study: axis.Study, measures: []data.Measure{m}, workers: cmp.Or(o.workers, runtime.GOMAXPROCS(0)), available: env.memory()}
	if job.portfolio, err = interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, axis.Study.Base.Portfolio) }); err != nil {
		return err
	}
	question := sensitivity.Question{Lo: axis.From, Hi: axis.To, Whole: axis.Whole, Down: o.find == "largest", Target: target, Above: parts[2][0] == '>',
		Tolerance: (axis.To - axis.From) / 1000}
	root, err := sensitivity.Solve(question, func(xs []float64) ([]sensitivity.Answer, error) { return job.answers(ctx, axis, xs) })
	if err != nil {
		return err
	}
	s := o.solution(axis, root)
	if o.json {
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return err
		}
		if _, err = fmt.Fprintf(env.stdout, "%s\n", text); err != nil {
			return err
		}
	} else {
		o.print(env.stdout, axis, root, job.portfolio.Currency)
	}
	switch root.Outcome {
	case sensitivity.Nowhere:
		return &unmetError{fmt.Sprintf("no value from %s to %s meets %s", axis.Text(axis.From), axis.Text(axis.To), o.where), false}
	case sensitivity.Unclear:
		return &unmetError{fmt.Sprintf("no value from %s to %s meets %s by its estimate, but the intervals leave it open: more paths would tell", axis.Text(axis.From), axis.Text(axis.To), o.where), true}
	}
	return nil
}

// answers simulates values of the axis, those of policies and laws together.
func (j *sweepJob) answers(ctx context.Context, axis *sweep.Axis, xs []float64) ([]sensitivity.Answer, error) {
	study, written := axis.At(xs)
	j.study = study
	var err error
	if j.cells, err = study.Cells(j.portfolio.Currency, j.portfolio.Segments, nil); err != nil {
		return nil, err
	}
	cells := map[string][]data.Sums{}
	runs := j.cells.Runs(func(string) bool { return true }, j.mostArms())
	for i := range runs {
		err := j.simulate(ctx, &runs[i], nil, func(key string, sums []data.Sums) error {
			cells[key] = sums
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	r, err := output.BuildSweep(&j.cells.Sweep, output.English, func(key string) ([]data.Sums, error) { return cells[key], nil })
	if err != nil {
		return nil, err
	}
	var out []sensitivity.Answer
	for i, c := range r.Of(0) {
		f := r.Figures[c][0]
		if math.IsNaN(f.Lo) {
			return nil, unmeasured(axis, written[i], f)
		}
		out = append(out, sensitivity.Answer{X: xs[i], Value: f.Value, Lo: f.Lo, Hi: f.Hi})
	}
	return out, nil
}

func unmeasured(axis *sweep.Axis, x float64, f estimate.Figure) error {
	ps := &data.Problems{Cause: data.BadConfig}
	why := "its denominator is empty"
	if !math.IsNaN(f.Value) {
		why = "one replicate has no interval"
	}
	ps.Add("", "%s has no value at %s: %s", axis.Study.Outputs[0].Name, axis.Text(x), why)
	return ps
}

func (o *solveOptions) solution(axis *sweep.Axis, root sensitivity.Root) solution {
	known := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	low, high := root.First, root.Last
	if o.find == "largest" {
		low, high = high, low
	}
	s := solution{Outcome: []string{"found", "already", "nowhere", "unclear"}[root.Outcome], Field: o.field, Arm: axis.Study.Arms[0], Where: o.where, Find: o.find, Value: known(root.X),
		Low: known(low), High: known(high), Again: known(root.Again), Unit: axis.Unit(), Level: o.level, Paths: axis.Study.Base.Paths, Answers: []answerRow{}}
	for _, a := range root.Answers {
		s.Answers = append(s.Answers, answerRow(a))
	}
	return s
}

// print says what was found, and shows the answers nearest to it.
func (o *solveOptions) print(out io.Writer, axis *sweep.Axis, root sensitivity.Root, currency string) {
	asked := axis.Study.Outputs[0]
	m, _ := data.MeasureByName(asked.Measure)
	largest := 0.
	for _, a := range root.Answers {
		largest = max(largest, math.Abs(a.Value))
	}
	scale := output.ScaleOf(m.Unit, currency, largest)
	unit := scale.Unit
	if asked.Difference {
		unit = scale.DiffUnit
	}
	figure := func(a sensitivity.Answer) string {
		f := estimate.Figure{Value: a.Value, SE: (a.Hi - a.Lo) / 4, Lo: a.Lo, Hi: a.Hi}
		return scale.PlusMinus(f, scale.DigitsOf(f)) + " " + unit
	}
	end := func(v float64, side string) string {
		if math.IsNaN(v) {
			return side
		}
		return axis.Text(v)
	}
	low, high := root.First, root.Last
	if o.find == "largest" {
		low, high = high, low
	}
	interval := fmt.Sprintf("%s to %s", end(low, "below "+axis.Text(axis.From)), end(high, "above "+axis.Text(axis.To)))
	switch root.Outcome {
	case sensitivity.Found:
		fmt.Fprintf(out, "%s %s with %s: %s\n%.6g %% interval: %s\n", o.find, o.field, o.where, axis.Text(root.X), 100*o.level, interval)
	case sensitivity.Already:
		fmt.Fprintf(out, "%s holds already at %s, where the search for the %s value begins; it certainly does from %s on\n", o.where, axis.Text(root.X), o.find, end(root.Last, "no value of the range"))
	}
	if !math.IsNaN(root.Again) {
		fmt.Fprintf(out, "the condition fails again at %s: the measure does not rise or fall throughout the range\n", axis.Text(root.Again))
	}
	sheet := table.Sheet{Columns: []table.SheetColumn{{Title: o.field, Figures: true}, {Title: asked.Name, Figures: true}}}
	for _, a := range shown(root) {
		sheet.Rows = append(sheet.Rows, []string{axis.Text(a.X), figure(a)})
	}
	fmt.Fprintf(out, "\n%s\n%s evaluated with %s, all through the same ones; ± half of the interval\n", sheet.Terminal(100), output.Plural(len(root.Answers), "value"), output.Plural(axis.Study.Base.Paths, "path"))
}

// shown are the ends of the range and the answers nearest to what was found, at most twelve.
func shown(root sensitivity.Root) []sensitivity.Answer {
	const most = 12
	all := root.Answers
	if len(all) <= most {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	distance := func(i int) float64 {
		best := math.Inf(1)
		for _, x := range []float64{root.X, root.First, root.Last} {
			if !math.IsNaN(x) {
				best = min(best, math.Abs(all[i].X-x))
			}
		}
		if i == 0 || i == len(all)-1 {
			return -1
		}
		return best
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(distance(a), distance(b)) })
	order = order[:most]
	slices.Sort(order)
	var out []sensitivity.Answer
	for _, i := range order {
		out = append(out, all[i])
	}
	return out
}
