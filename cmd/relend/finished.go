package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/data/parquet"
	"relend/data/rundir"
	"relend/output"
	"relend/output/gate"
	"relend/scenarios"
	"relend/sim"
)

// finished is a run directory that was opened.
type finished struct {
	*rundir.Run
	results    *data.Results
	experiment *document.Node
}

func openFinished(dir string) (*finished, error) {
	run, results, err := rundir.Open(dir)
	if err != nil {
		return nil, err
	}
	root, problems := document.Parse(filepath.Join(dir, rundir.ExperimentFile), run.Experiment)
	if problems != nil {
		return nil, problems
	}
	return &finished{run, results, root}, nil
}

// input is a file that a run read, and where one with its content is now.
type input struct {
	rundir.Input
	portfolio bool
	found     string // "" where there is none
	changed   bool   // there is another file in its place
}

// inputs looks for the files that a run read: where they were, beside the run directory, and among the given ones.
func (f *finished) inputs(given []string) ([]input, error) {
	offered := map[string]string{} // by SHA-256
	if len(given) > 0 {
		files, err := parquet.Expand(given)
		if err != nil {
			return nil, err
		}
		for _, path := range files {
			in, err := rundir.HashFile(path)
			if err != nil {
				return nil, err
			}
			offered[in.SHA256] = path
		}
	}
	var list []input
	for _, in := range f.Manifest.Inputs {
		i := input{Input: in, found: offered[in.SHA256]}
		i.portfolio = slices.ContainsFunc(f.results.Run.Sources, func(s data.Source) bool { return s.SHA256 == in.SHA256 })
		for _, path := range []string{in.Path, filepath.Join(filepath.Dir(filepath.Clean(f.Dir)), in.Path)} {
			if i.found != "" {
				break
			}
			if is, err := rundir.HashFile(path); err == nil && is.SHA256 == in.SHA256 {
				i.found = path
			} else if err == nil {
				i.changed = true
			}
		}
		i.changed = i.changed && i.found == ""
		list = append(list, i)
	}
	return list, nil
}

// source is where the portfolio of a run comes from: files, or a recipe.
type source struct {
	files   []string
	mapping string
	node    *document.Node // what the experiment says of it
	missing []string       // files that are not there
}

// source finds the portfolio of a run.
func (f *finished) source(given []string) (source, error) {
	s := source{node: f.experiment.Get("portfolio")}
	inputs, err := f.inputs(given)
	if err != nil {
		return s, err
	}
	if m := s.node.Get("mapping"); m != nil {
		s.mapping = m.Text()
	}
	for _, in := range inputs {
		isMapping := s.mapping != "" && filepath.Base(in.Path) == s.mapping && !in.portfolio
		switch {
		case !in.portfolio && !isMapping:
		case in.found == "":
			s.missing = append(s.missing, in.Path)
		case isMapping:
			s.mapping = in.found
		default:
			s.files = append(s.files, in.found)
		}
	}
	return s, nil
}

// job is an experiment and its portfolio, ready to be simulated.
type job struct {
	experiment *scenarios.Experiment
	portfolio  *data.Portfolio
	arms       []sim.Arm
	settings   sim.Settings
	plan       *sim.Plan
}

// prepare makes the job of a finished run, or of its experiment with the portfolio of another.
func (f *finished) prepare(ctx context.Context, s source) (*job, error) {
	text := document.Marshal(f.experiment.With("portfolio", s.node))
	e, err := scenarios.Parse(filepath.Join(f.Dir, rundir.ExperimentFile), text, scenarios.Overrides{Files: s.files, Mapping: s.mapping})
	if err != nil {
		return nil, err
	}
	j := &job{experiment: e}
	if j.portfolio, err = interruptible(ctx, func() (*data.Portfolio, error) { return loadPortfolio(ctx, e.Portfolio) }); err != nil {
		return nil, err
	}
	if j.arms, j.settings, err = e.Arms(j.portfolio.Currency, j.portfolio.Segments); err != nil {
		return nil, err
	}
	j.plan, err = interruptible(ctx, func() (*sim.Plan, error) { return sim.NewPlan(j.portfolio, j.arms, j.settings) })
	return j, err
}

// run simulates the job.
func (j *job) run(ctx context.Context, workers int) (*data.Results, error) {
	return compute(ctx, j.experiment.Engine, j.plan, j.portfolio, j.arms, j.settings, workers, nil)
}

// presentation are the keys of an experiment that move no result; titles and sources are known by the end of their path.
var (
	presentation = []string{"title", "description", "measures", "gates", "tolerances"}
	wording      = []string{"title", "description", "source", "original_title", "reference", "status", "jurisdiction"}
)

// changes says what differs in the inputs of two runs.
func changes(before, after *finished) *gate.Against {
	a := &gate.Against{Data: []string{}, Configuration: []string{}, Presentation: []string{}, Program: []string{}}
	sums := func(f *finished) (names, list []string) {
		for _, s := range f.results.Run.Sources {
			list, names = append(list, s.SHA256), append(names, fmt.Sprintf("%s (%.12s)", s.Name, s.SHA256))
		}
		slices.Sort(list)
		return names, list
	}
	oldNames, old := sums(before)
	newNames, now := sums(after)
	if !slices.Equal(old, now) {
		a.Data = append(a.Data, fmt.Sprintf("%s → %s", output.List(oldNames, 4), output.List(newNames, 4)))
	}
	if x, y := before.mapping(), after.mapping(); x != y {
		a.Data = append(a.Data, fmt.Sprintf("the mapping's content: %.12s → %.12s", x, y))
	}
	for _, d := range document.Differ(before.experiment, after.experiment) {
		top := strings.FieldsFunc(d.Path, func(r rune) bool { return r == '.' || r == '[' })[0]
		last := d.Path[strings.LastIndexByte(d.Path, '.')+1:]
		text := d.String()
		switch {
		case strings.HasPrefix(d.Path, "portfolio.files"): // names; the contents are compared above
		case top == "portfolio":
			a.Data = append(a.Data, text)
		case slices.Contains(presentation, top) || slices.Contains(wording, last) || strings.Contains(last, "not_modelled["):
			a.Presentation = append(a.Presentation, text)
		default:
			a.Configuration = append(a.Configuration, text)
		}
	}
	for _, p := range [][2]string{{before.Manifest.Program, after.Manifest.Program}, {before.Manifest.Go, after.Manifest.Go}, {before.Manifest.Platform, after.Manifest.Platform}} {
		if p[0] != p[1] {
			a.Program = append(a.Program, p[0]+" → "+p[1])
		}
	}
	if b, c := before.Manifest.Build, after.Manifest.Build; b != "" && c != "" && b != c && len(a.Program) == 0 {
		a.Program = append(a.Program, fmt.Sprintf("%s: build %.8s → %.8s", after.Manifest.Program, b, c))
	}
	return a
}

// mapping is the SHA-256 of the run's mapping, "" without a file of one.
func (f *finished) mapping() string {
	if m := f.experiment.Get("portfolio").Get("mapping"); m != nil {
		for _, in := range f.Manifest.Inputs {
			if filepath.Base(in.Path) == m.Text() {
				return in.SHA256
			}
		}
	}
	return ""
}
