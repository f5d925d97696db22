package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relend/data"
	"relend/data/document"
	"relend/data/rundir"
	"relend/output"
	"relend/output/gate"
)

// gateOptions are the choices of `relend gate`.
type gateOptions struct {
	expect, warn []string // expressions
	against      string   // a run directory; "": none
	tolerances   []string // in place of the run's own
	level        string
	modelChange  string
	output       string
	quiet        bool
	cause        bool
	files        []string // the portfolio of the run
	earlierFiles []string // and of the baseline run
	program      string   // that computed the baseline run
	parsed       struct {
		level      float64
		tolerances []data.Tolerance
	}
}

func newGateCommand(env *environment) *cobra.Command {
	o := gateOptions{level: "99%", modelChange: "error"}
	c := &cobra.Command{
		Use:   "gate RUN",
		Short: "Judge a finished run: its own gates, further conditions, and what moved since an earlier run",
		Long: "Judges the gates of a finished run's experiment and the conditions given here, and, with --against, what moved\n" +
			"since an earlier run. With -o it writes verdict.json, junit.xml and report.md, before a failing exit.\n\n" +
			"Against an earlier run the same data and configuration must give the same results to the bit: what differs\n" +
			"is a model change. A measure fails when it moved further than its tolerance and further than chance moves\n" +
			"it; at the --level chance moves no measure of any arm so far. Where chance alone may move it further than\n" +
			"the tolerance, the gate is undecided and says how many times the paths would decide.\n\n" +
			"--cause splits each change into what the data, the configuration and the program did, by running what lies\n" +
			"between the two runs: the data of one with the configuration of the other. It takes both portfolios; where\n" +
			"the program changed, the earlier experiment is run again by this one, and with --program, that of the\n" +
			"earlier run, the causes are swapped in every order. The parts add up to the whole.",
		Example: "  relend gate runs/tonight --expect 'arm(\"baseline\").default_rate.p95<25%'\n" +
			"  relend gate runs/tonight --against runs/last-good --tolerance 'default_rate=±20bp' -o verdict\n" +
			"  relend gate runs/tonight --against runs/last-good --cause",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c.Flags()); err != nil {
				return err
			}
			return o.run(c.Context(), env, args[0])
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.expect, "expect", nil, "condition that must hold (relend help gates); repeat for several")
	f.StringArrayVar(&o.warn, "warn", nil, "condition that is only shown; repeat for several")
	f.StringVar(&o.against, "against", "", "run directory of an earlier run to compare with")
	f.StringArrayVar(&o.tolerances, "tolerance", nil, "how far a measure of every arm may move from the earlier run, such as default_rate=±10bp or originations_amount=±2% (default: the experiment's); repeat for several")
	f.StringVar(&o.level, "level", o.level, "probability that chance alone moves no measure out of its band, 50% to 99.99%")
	f.StringVar(&o.modelChange, "model-change", o.modelChange, "error or warn: level of the gate that the same inputs give the same results")
	f.BoolVar(&o.cause, "cause", false, "split what moved by cause: data, configuration, program")
	f.StringArrayVarP(&o.files, "portfolio", "p", nil, "where the run's portfolio files are now; with --cause")
	f.StringArrayVar(&o.earlierFiles, "earlier-portfolio", nil, "where the earlier run's portfolio files are now; with --cause")
	f.StringVar(&o.program, "program", "", "the relend that computed the earlier run; with --cause")
	f.StringVarP(&o.output, "output", "o", "", "directory to write verdict.json, junit.xml and report.md to")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing")
	// Fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("model-change", cobra.FixedCompletions([]string{"error", "warn"}, cobra.ShellCompDirectiveDefault))
	return c
}

// check reads what the flags say.
func (o *gateOptions) check(flags *pflag.FlagSet) error {
	var err error
	if o.parsed.level, err = parseLevel(o.level); err != nil {
		return err
	}
	if o.modelChange != "error" && o.modelChange != "warn" {
		return usage("--model-change: error or warn is needed, found %q", o.modelChange)
	}
	if o.against == "" {
		for _, name := range []string{"tolerance", "cause", "level", "model-change"} {
			if flags.Changed(name) {
				return usage("--%s goes with --against RUN", name)
			}
		}
	}
	if !o.cause && (o.program != "" || len(o.files) > 0 || len(o.earlierFiles) > 0) {
		return usage("-p, --earlier-portfolio and --program go with --cause")
	}
	if o.program != "" {
		if _, err := exec.LookPath(o.program); err != nil {
			return usage("--program: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(o.output, rundir.ManifestFile)); o.output != "" && err == nil {
		return usage("-o: %s is a finished run, whose files stay as they are: choose another directory", o.output)
	}
	ps := &data.Problems{Cause: data.BadConfig}
	o.parsed.tolerances = parseTolerances(ps, "--tolerance", o.tolerances)
	return ps.Err()
}

func parseTolerances(ps *data.Problems, path string, texts []string) (list []data.Tolerance) {
	for _, text := range texts {
		t, wrong := data.ParseTolerance(text)
		if wrong != "" {
			ps.Add(path, "%q: %s", text, wrong)
			continue
		}
		list = append(list, t)
	}
	return list
}

// gates are the run's own and those of the command line.
func (o *gateOptions) gates(run *data.Run) ([]gate.Gate, error) {
	list := slices.Clone(run.Gates)
	for i, text := range o.expect {
		list = append(list, data.Gate{Name: fmt.Sprintf("--expect %d", i+1), Expect: text, Level: "error"})
	}
	for i, text := range o.warn {
		list = append(list, data.Gate{Name: fmt.Sprintf("--warn %d", i+1), Expect: text, Level: "warn"})
	}
	return gate.Compile("", list, run.Arms, run.Months)
}

func (o *gateOptions) run(ctx context.Context, env *environment, dir string) error {
	after, err := openFinished(dir)
	if err != nil {
		return err
	}
	run := &after.results.Run
	gates, err := o.gates(run)
	if err != nil {
		return err
	}
	verdict := gate.Judge(output.Build(after.results, output.Options{}), gates)
	if o.against != "" {
		before, err := openFinished(o.against)
		if err != nil {
			return err
		}
		if err := o.compare(ctx, before, after, &verdict); err != nil {
			return err
		}
	}
	if o.output != "" {
		for _, f := range []struct {
			name    string
			content []byte
		}{{"report.md", verdict.Markdown(run)}, {"junit.xml", verdict.JUnit(run.Title, run.Checks)}, {"verdict.json", verdict.JSON()}} {
			if err := writeArtefact(o.output, f.name, f.content); err != nil {
				return err
			}
		}
	}
	if !o.quiet {
		o.print(env, &verdict)
	}
	if verdict.Passed {
		return nil
	}
	return &gateError{verdict}
}

// compare judges what moved between two runs.
func (o *gateOptions) compare(ctx context.Context, before, after *finished, verdict *gate.Verdict) error {
	if err := comparable(before, after); err != nil {
		return err
	}
	tolerances := o.parsed.tolerances
	if len(tolerances) == 0 {
		ps := &data.Problems{Cause: data.BadData}
		tolerances = parseTolerances(ps, filepath.Join(after.Dir, "results"), after.results.Run.Tolerances)
		if err := ps.Err(); err != nil {
			return err
		}
	}
	verdict.Against = changes(before, after)
	verdict.Add(gate.Compare(before.results, after.results, verdict.Against, tolerances, o.parsed.level, o.modelChange)...)
	if !o.cause {
		return nil
	}
	if len(tolerances) == 0 {
		return usage("--cause: name the measures by --tolerance, or state tolerances in the experiment")
	}
	causes, err := o.causes(ctx, before, after, verdict.Against, tolerances)
	verdict.Against.Causes = causes
	return err
}

// comparable refuses runs that have nothing in common.
func comparable(before, after *finished) error {
	a, b := &before.results.Run, &after.results.Run
	names := func(run *data.Run) (list []string) {
		for _, arm := range run.Arms {
			list = append(list, arm.Name)
		}
		return list
	}
	ps := &data.Problems{Cause: data.BadData}
	add := func(format string, args ...any) {
		ps.List = append(ps.List, data.Problem{File: after.Dir, Message: fmt.Sprintf(format, args...)})
	}
	if !slices.ContainsFunc(names(a), func(n string) bool { return slices.Contains(names(b), n) }) {
		add("has no arm in common with %s: %s there, %s here", before.Dir, output.List(names(a), 8), output.List(names(b), 8))
	}
	if a.Currency != b.Currency {
		add("is in %s, %s is in %s: nothing can be compared", b.Currency, before.Dir, a.Currency)
	}
	return ps.Err()
}

func (o *gateOptions) print(env *environment, v *gate.Verdict) {
	if a := v.Against; a != nil {
		fmt.Fprintf(env.stdout, "since %s: %s\n", o.against, a.Words())
		for _, c := range []struct {
			name string
			list []string
		}{{"data", a.Data}, {"configuration", a.Configuration}, {"presentation", a.Presentation}, {"program", a.Program}} {
			if len(c.list) > 0 {
				fmt.Fprintf(env.stdout, "  %s: %s\n", c.name, output.List(c.list, 8))
			}
		}
	}
	for _, g := range v.Gates {
		fmt.Fprintf(env.stdout, "gate %s (%s): %s: %s; found %s\n", g.Name, g.Level, g.Result, g.Expect, g.Found)
	}
	if a := v.Against; a != nil {
		for _, note := range a.Notes {
			fmt.Fprintf(env.stdout, "note: %s\n", note)
		}
		for _, c := range a.Causes {
			fmt.Fprintf(env.stdout, "cause of %s: %s\n", c.Name(), c.Words)
		}
	}
	fmt.Fprintf(env.stdout, "verdict: %s\n", v.Words())
}

// causes runs what lies between two runs and splits the changes.
func (o *gateOptions) causes(ctx context.Context, before, after *finished, a *gate.Against, tolerances []data.Tolerance) ([]gate.Causation, error) {
	s := swap{gateOptions: o}
	for i, f := range []*finished{before, after} {
		portfolio, err := f.source([][]string{o.earlierFiles, o.files}[i])
		if err != nil {
			return nil, err
		}
		s.runs[i], s.portfolios[i] = f, portfolio
		if len(portfolio.missing) > 0 && len(a.Data) > 0 {
			flag := []string{"--earlier-portfolio", "-p"}[i]
			a.Notes = append(a.Notes, fmt.Sprintf("%s is not there with the content that %s read, so that not all causes can be told apart: %s says where it is", output.List(portfolio.missing, 4), f.Dir, flag))
		}
	}
	if len(a.Data) == 0 && len(s.portfolios[0].missing) > 0 { // the same content: either will do
		s.portfolios[0].files, s.portfolios[0].mapping, s.portfolios[0].missing = s.portfolios[1].files, s.portfolios[1].mapping, s.portfolios[1].missing
	}
	var changed []gate.Corner
	for _, c := range []struct {
		corner gate.Corner
		is     bool
	}{{gate.NewData, len(a.Data) > 0}, {gate.NewConfiguration, len(a.Configuration) > 0}, {gate.NewProgram, len(a.Program) > 0 || a.ModelChanged}} {
		if c.is {
			changed = append(changed, c.corner)
			s.all |= c.corner
		}
	}
	if len(changed) == 0 {
		return nil, nil // the same inputs, and identical results
	}
	causes := gate.Separable(changed, s.can)
	corners := map[gate.Corner]*data.Results{0: before.results, s.all: after.results}
	for _, order := range gate.Orders(causes, s.can) {
		at := gate.Corner(0)
		for _, c := range order {
			if at |= c; corners[at] != nil {
				continue
			}
			if after.Manifest.Build != build() {
				return nil, usage("--cause: %s was computed by another build (%s) than this one (%s): ask that one", after.Dir, after.Manifest.Program, program+revision())
			}
			results, err := s.corner(ctx, at)
			if err != nil {
				return nil, fmt.Errorf("--cause: %w", err)
			}
			corners[at] = results
		}
	}
	return gate.Split(corners, causes, tolerances), nil
}

// swap runs what lies between two runs.
type swap struct {
	*gateOptions
	runs       [2]*finished // the earlier one, the later one
	portfolios [2]source
	all        gate.Corner // all that changed
}

func later(at, c gate.Corner) int {
	if at&c != 0 {
		return 1
	}
	return 0
}

// old tells whether a corner wants the program of the earlier run.
func (s *swap) old(at gate.Corner) bool { return s.all&gate.NewProgram != 0 && at&gate.NewProgram == 0 }

// can tells whether a corner is known or can be run.
func (s *swap) can(at gate.Corner) bool {
	return at == 0 || at == s.all || len(s.portfolios[later(at, gate.NewData)].missing) == 0 && (s.program != "" || !s.old(at))
}

// corner runs one corner.
func (s *swap) corner(ctx context.Context, at gate.Corner) (*data.Results, error) {
	portfolio, configuration := s.portfolios[later(at, gate.NewData)], s.runs[later(at, gate.NewConfiguration)]
	if s.old(at) {
		return s.earlier(ctx, configuration, portfolio)
	}
	j, err := configuration.prepare(ctx, portfolio)
	if err != nil {
		return nil, err
	}
	return j.run(ctx, 0)
}

// earlier lets the program of the earlier run compute an experiment.
func (s *swap) earlier(ctx context.Context, f *finished, portfolio source) (*data.Results, error) {
	dir, err := os.MkdirTemp("", "relend-cause-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	experiment, out := filepath.Join(dir, "experiment.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(experiment, document.Marshal(f.experiment.With("portfolio", portfolio.node)), 0o666); err != nil {
		return nil, err
	}
	arguments := []string{"run", experiment, "-o", out, "--quiet"}
	for _, file := range portfolio.files {
		arguments = append(arguments, "-p", file)
	}
	if portfolio.mapping != "" {
		arguments = append(arguments, "--mapping", portfolio.mapping)
	}
	text, err := exec.CommandContext(ctx, s.program, arguments...).CombinedOutput()
	got, openErr := openFinished(out) // a gate of the experiment may have failed: what counts is that it is written
	if openErr != nil {
		return nil, fmt.Errorf("%s did not run the experiment: %v\n%s", s.program, errors.Join(err, openErr), text)
	}
	return got.results, nil
}
