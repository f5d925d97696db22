package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relend/data"
	"relend/output"
	"relend/output/chart"
	"relend/output/gate"
	"relend/scenarios"
	"relend/sim"
)

// studyOptions are the choices of `relend studies run`.
type studyOptions struct {
	output  string
	force   bool
	json    bool
	strict  bool
	workers int
	scenarios.Overrides
}

func newStudiesCommand(env *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "studies",
		Short: "Re-create known cases and compare with what was seen",
		Long: "A study re-creates the mechanism of a known case (a ban, a ceiling, a stop of lending) on an artificial\n" +
			"portfolio and states what was seen in the case as conditions on the results. What the model does not\n" +
			"reproduce is shown as such.",
	}
	list := &cobra.Command{
		Use:     "list",
		Short:   "List the studies",
		Example: "  relend studies list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return listScenarios(env.stdout, []string{scenarios.KindStudy.Plural()})
		},
	}
	var o studyOptions
	runs := &cobra.Command{
		Use:   "run [all | NAME...]",
		Short: "Run studies and say what is reproduced",
		Long: "Runs all studies, those of the library that are named, or those in files. For each fact the direction is\n" +
			"judged first and the magnitude second: \"reproduced\", \"direction only\", \"not reproduced\", or \"undecided\" where\n" +
			"more paths would tell. Ends with exit code 0 whatever the verdicts, with --strict only when all facts are\n" +
			"reproduced.",
		Example: "  relend studies run\n  relend studies run rollover_denial -o studies\n  relend studies run jp_third kr_rate --json",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(scenarios.StudyNames(), "all"), cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, names []string) error {
			for _, f := range []struct {
				name  string
				value int
			}{{"paths", o.Paths}, {"workers", o.workers}} {
				if c.Flags().Changed(f.name) && f.value < 1 {
					return usage("--%s: 1 or more is needed, found %d", f.name, f.value)
				}
			}
			return o.run(c.Context(), env, names)
		},
	}
	f := runs.Flags()
	f.StringVarP(&o.output, "output", "o", "", "directory for studies.json, studies.md and the charts")
	f.BoolVar(&o.force, "force", false, "replace studies.json, studies.md and charts of an earlier run in that directory")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.strict, "strict", false, fmt.Sprintf("end with exit code %d unless every fact is reproduced", exitGate))
	f.IntVar(&o.Paths, "paths", 0, "number of paths (default: each study's)")
	f.IntVar(&o.workers, "workers", 0, "goroutines that simulate; no result depends on it (default: one per processor)")
	c.AddCommand(list, runs)
	return c
}

// studyResult is what a study came to.
type studyResult struct {
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Borrowers   int64              `json:"borrowers"`
	Paths       int                `json:"paths"`
	Months      int                `json:"months"`
	Seed        uint64             `json:"seed"`
	Arms        []string           `json:"arms"`
	Parameters  []scenarios.Reason `json:"parameters"` // set for this study, and why
	Facts       []factResult       `json:"facts"`

	charts []*chart.Figure
}

// factResult is what became of a fact.
type factResult struct {
	What    string          `json:"what"`
	Source  string          `json:"source"`
	Mark    string          `json:"mark"`
	Verdict factVerdict     `json:"verdict"`
	Sign    gate.Judgement  `json:"sign"`
	Size    *gate.Judgement `json:"size,omitempty"`
}

// factVerdict says how far a fact is reproduced.
type factVerdict string

const (
	reproduced    factVerdict = "reproduced"
	directionOnly factVerdict = "direction only"
	notReproduced factVerdict = "not reproduced"
	undecided     factVerdict = "undecided"
)

func verdictOf(sign gate.Judgement, size *gate.Judgement) factVerdict {
	switch {
	case sign.Result == gate.Fails:
		return notReproduced
	case sign.Result == gate.Undecided:
		return undecided
	case size == nil || size.Result == gate.Holds:
		return reproduced
	case size.Result == gate.Fails:
		return directionOnly
	}
	return undecided
}

// unreproducedError says that --strict was asked for and a fact is not reproduced.
type unreproducedError struct{ facts, reproduced int }

func (e *unreproducedError) Error() string {
	return fmt.Sprintf("%d of %d facts are reproduced", e.reproduced, e.facts)
}

func (o *studyOptions) run(ctx context.Context, env *environment, names []string) error {
	if len(names) == 0 || slices.Equal(names, []string{"all"}) {
		names = scenarios.StudyNames()
	}
	var studies []*scenarios.Study
	all := &data.Problems{Cause: data.BadConfig}
	for _, name := range names {
		s, err := scenarios.LoadStudy(name, o.Overrides)
		if problems, ok := err.(*data.Problems); ok {
			all.List = append(all.List, problems.List...)
		} else if err != nil {
			return err
		}
		studies = append(studies, s)
	}
	if err := all.Err(); err != nil {
		return err
	}
	if o.output != "" { // before the long work
		if err := os.MkdirAll(o.output, 0o755); err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(o.output, studiesFile+".json")); err == nil && !o.force {
			return usage("%s holds the results of an earlier run; --force replaces them", o.output)
		}
	}
	var results []studyResult
	for _, s := range studies {
		r, err := o.study(ctx, s)
		if err != nil {
			return fmt.Errorf("study %s: %w", s.Name, err)
		}
		if !o.json {
			r.print(env.stdout)
		}
		results = append(results, r)
	}
	facts, good := tally(results)
	if o.json {
		if _, err := env.stdout.Write(studiesJSON(results)); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(env.stdout, "%d of %s reproduced\n", good, output.Plural(facts, "fact"))
	}
	if o.output != "" {
		if err := writeStudies(o.output, results); err != nil {
			return err
		}
	}
	if o.strict && good < facts {
		return &unreproducedError{facts, good}
	}
	return nil
}

func tally(results []studyResult) (facts, good int) {
	for _, r := range results {
		for _, f := range r.Facts {
			facts++
			if f.Verdict == reproduced {
				good++
			}
		}
	}
	return facts, good
}

// study runs one study and judges its facts.
func (o *studyOptions) study(ctx context.Context, s *scenarios.Study) (studyResult, error) {
	plans, err := plansOf(ctx, s)
	if err != nil {
		return studyResult{}, err
	}
	var arms []data.Arm
	for _, p := range plans {
		arms = append(arms, p.described...)
	}
	gates, err := gate.Compile("", s.Gates(), arms, s.Experiment.Months)
	if err != nil {
		return studyResult{}, err
	}
	counts, err := o.simulate(ctx, s.Experiment.Engine, plans)
	if err != nil {
		return studyResult{}, err
	}
	report := output.Build(counts, output.Options{})
	r := studyResult{Name: s.Name, Title: s.Title, Description: s.Description, Borrowers: plans[0].portfolio.Intake.Borrowers,
		Paths: s.Experiment.Paths, Months: s.Experiment.Months, Seed: s.Experiment.Seed, Parameters: s.Reasons}
	for _, a := range arms {
		r.Arms = append(r.Arms, a.Name)
	}
	judged := gate.Judge(report, gates).Gates
	for _, f := range s.Facts {
		result := factResult{What: f.What, Source: f.Source, Mark: f.Mark, Sign: judged[0]}
		judged = judged[1:]
		if f.Size != "" {
			result.Size = &judged[0]
			judged = judged[1:]
		}
		result.Verdict = verdictOf(result.Sign, result.Size)
		r.Facts = append(r.Facts, result)
	}
	for _, c := range s.Charts {
		figure, err := quotientOf(c, arms).Draw(report)
		if err != nil {
			return r, err
		}
		r.charts = append(r.charts, figure)
	}
	return r, nil
}

// studyPlan is a study on one of its markets.
type studyPlan struct {
	*sim.Plan
	portfolio *data.Portfolio
	arms      []sim.Arm
	settings  sim.Settings
	described []data.Arm
}

// plansOf prepares a study: one plan for each market.
func plansOf(ctx context.Context, s *scenarios.Study) ([]studyPlan, error) {
	portfolios := []scenarios.Portfolio{s.Experiment.Portfolio}
	if s.Market != nil {
		portfolios = append(portfolios, scenarios.Portfolio{Synthetic: &s.Market.Synthetic})
	}
	var plans []studyPlan
	count := 0
	for market, from := range portfolios {
		portfolio, err := interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, from) })
		if err != nil {
			return nil, err
		}
		arms, settings, err := s.Experiment.Arms(portfolio.Currency, portfolio.Segments)
		if err != nil {
			return nil, err
		}
		plan, err := interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(portfolio, arms, settings) })
		if err != nil {
			return nil, err
		}
		described := describe(arms)
		for i := range described {
			if market > 0 {
				described[i].Name = s.Market.Name + "." + described[i].Name
			}
			described[i].Reference += count
		}
		count += len(arms)
		plans = append(plans, studyPlan{plan, portfolio, arms, settings, described})
	}
	return plans, nil
}

// simulate runs the plans of a study and joins their arms; their paths are the same.
func (o *studyOptions) simulate(ctx context.Context, engine string, plans []studyPlan) (*data.Results, error) {
	var joined *data.Results
	for _, p := range plans {
		r, err := compute(ctx, engine, p.Plan, p.portfolio, p.arms, p.settings,
			cmp.Or(o.workers, runtime.GOMAXPROCS(0)), func(int, int) {})
		if err != nil {
			return nil, err
		}
		r.Run.Arms = p.described
		if joined == nil {
			joined = r
			continue
		}
		if !slices.Equal(r.Weights, joined.Weights) {
			ps := &data.Problems{Cause: data.BadConfig}
			ps.Add("experiment.design", "importance gives the paths of each market weights of their own, and a path of a study has one: antithetic, plain, stratified and lattice are allowed")
			return nil, ps
		}
		joined.Run.Arms = append(joined.Run.Arms, r.Run.Arms...)
		joined.Counts = append(joined.Counts, r.Counts...)
	}
	// Markets differ in their segments, rules and score bands, and no fact is about one.
	joined.Cells, joined.Ledger, joined.Access = make([][]data.CellSums, len(joined.Run.Arms)), nil, nil
	return joined, nil
}

func quotientOf(c scenarios.StudyChart, arms []data.Arm) chart.Quotient {
	q := chart.Quotient{Name: c.Name, Title: c.Title, Measures: c.Measures, First: c.First}
	index := func(name string) int {
		return slices.IndexFunc(arms, func(a data.Arm) bool { return a.Name == name })
	}
	for i := range c.Arms {
		q.Lines = append(q.Lines, chart.Pair{Arm: index(c.Arms[i]), Against: index(c.Against[i])})
	}
	return q
}

// conditions are the parts of a fact's verdict.
func (f *factResult) conditions() []gate.Judgement {
	if f.Size == nil {
		return []gate.Judgement{f.Sign}
	}
	return []gate.Judgement{f.Sign, *f.Size}
}

var conditionNames = []string{"direction", "magnitude"}

// print writes a study for people.
func (r *studyResult) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", r.Name, r.Title)
	for i := range r.Facts {
		f := &r.Facts[i]
		fmt.Fprintf(w, "  %-14s  %s\n", f.Verdict, f.What)
		for k, c := range f.conditions() {
			fmt.Fprintf(w, "%18s%s %s: %s\n", "", conditionNames[k], c.Result, c.Expect)
			if k == 0 || c.Found != f.Sign.Found {
				fmt.Fprintf(w, "%18s  found %s\n", "", c.Found)
			}
		}
		fmt.Fprintf(w, "%18ssource (%s): %s\n", "", f.Mark, f.Source)
	}
	fmt.Fprintln(w)
}

// studiesFile is the name of the results without extension.
const studiesFile = "studies"

func studiesJSON(results []studyResult) []byte {
	facts, good := tally(results)
	b, err := json.MarshalIndent(struct {
		Program    string        `json:"program"`
		Facts      int           `json:"facts"`
		Reproduced int           `json:"reproduced"`
		Studies    []studyResult `json:"studies"`
	}{program, facts, good, results}, "", "  ")
	if err != nil { // texts and numbers always encode
		panic(err)
	}
	return append(b, '\n')
}

// studiesMarkdown writes the results as a page.
func studiesMarkdown(results []studyResult) []byte {
	var b strings.Builder
	facts, good := tally(results)
	fmt.Fprintf(&b, "# Known cases re-created\n\n%d of %s reproduced. For each fact the direction is judged first, the magnitude second.\n",
		good, output.Plural(facts, "fact"))
	for _, r := range results {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s, %s, %s; seed %d.\n\n", r.Title, r.Description,
			output.Plural(int(r.Borrowers), "borrower"), output.Plural(r.Paths, "path"), output.Plural(r.Months, "month"), r.Seed)
		b.WriteString("| fact | verdict | found | condition | source |\n|---|---|---|---|---|\n")
		for _, f := range r.Facts {
			var found, wanted []string
			for k, c := range f.conditions() {
				if !slices.Contains(found, c.Found) {
					found = append(found, c.Found)
				}
				wanted = append(wanted, fmt.Sprintf("%s %s: `%s`", conditionNames[k], c.Result, c.Expect))
			}
			fmt.Fprintf(&b, "| %s | **%s** | %s | %s | %s (%s) |\n", cellText(f.What), f.Verdict, cellText(strings.Join(found, "; ")),
				cellText(strings.Join(wanted, "; ")), cellText(f.Source), scenarios.MarkMeaning[f.Mark])
		}
		for _, c := range r.charts {
			fmt.Fprintf(&b, "\n![%s](%s.png)\n", c.Caption, c.Name)
		}
		if len(r.Parameters) > 0 {
			b.WriteString("\nParameters set for this case:\n\n")
			for _, p := range r.Parameters {
				fmt.Fprintf(&b, "- `%s`: %s\n", p.Parameter, p.Text)
			}
		}
	}
	return []byte(b.String())
}

// cellText keeps a text inside its cell of a table.
func cellText(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

// writeStudies writes results and charts into a directory.
func writeStudies(dir string, results []studyResult) error {
	files := map[string][]byte{studiesFile + ".json": studiesJSON(results), studiesFile + ".md": studiesMarkdown(results)}
	for _, r := range results {
		for _, c := range r.charts {
			files[c.Name+".svg"], files[c.Name+".png"] = c.SVG, c.PNG
		}
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		err := writeWhole(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(files[name])
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
