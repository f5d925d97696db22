package scenarios

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"relend/data"
	"relend/data/document"
	"relend/data/synth"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/provision"
	"relend/sim/rule"
)

// Experiment is everything that a run is asked to do, checked, with every default filled in.
type Experiment struct {
	Title       string
	Description string
	Portfolio   Portfolio
	Lender      string // kind of the lender, one of rule.Lenders; "" for whom all rules bind
	Applicants  []Applicants
	Months      int // horizon
	Grid        data.Grid
	Paths       int
	Sample      int         // borrowers that each path simulates: 0 all, SampleAuto as a pilot finds
	Precision   []Precision // to reach with more paths than Paths if need be
	Seed        uint64
	Design      factor.Design
	Weighted    bool // arms that watch the whole book may run under the design importance
	Anchor      sim.Anchor
	Factors     Factors
	Engine      string // one of Engines
	Provisions  provision.Method
	Behaviour   Behaviour
	Policies    []Policy
	Regulations []Regulation
	Macros      []factor.Macro
	Entries     []Entered // arms in the order of the run
	Baseline    string    // name of an arm
	Measures    []string  // headline
	Gates       []data.Gate
	Tolerances  []data.Tolerance // against an earlier run

	warnings []string
	segments *document.Node // where the segments are listed
}

// The engines that can run an experiment.
const (
	StepEngine   = "step"   // simulates every borrower month by month (package sim)
	ExpectEngine = "expect" // computes expected values, given the economy of each path (package sim/expect)
)

// Engines lists the names of the engines, the default first.
func Engines() []string { return []string{StepEngine, ExpectEngine} }

// Portfolio says where the borrowers come from: Synthetic, or Files with what is needed to read them.
type Portfolio struct {
	Synthetic   *Synthetic // nil when there are files
	Files       []string   // files, folders or patterns, relative to the working directory
	Mapping     string     // name or path of a mapping, "" for the canonical layout
	AsOf        string     // ISO date, "" when the files say it
	Currency    string     // ISO 4217 code, "" when the files say it
	Segments    []string   // that may occur; empty: any
	MaxRejected float64    // share of rows that may be rejected
}

// Factors is what an experiment says of the systematic factors beside the behaviour parameters.
type Factors struct {
	Segments    []string    // of the portfolio, in the order of Correlation; empty without
	Correlation [][]float64 // of the innovations of the segments' own factors; nil: independent
	Start       *float64    // at the snapshot; nil: stationary
	Link        factor.Link
	at          *document.Node
}

// Synthetic is an artificial portfolio.
type Synthetic struct {
	Recipe    string // one of synth.Recipes
	Borrowers int
	Seed      uint64
	TermDays  int     // of bullet loans; 0 = loans of months
	AsOf      string  // ISO date, "" for that of the recipe
	Currency  string  // ISO 4217 code, "" for that of the recipe
	Scale     float64 // of all amounts of the recipe
}

// Spec is the law of the portfolio.
func (s *Synthetic) Spec() synth.Spec {
	spec, _ := synth.Recipe(s.Recipe)
	spec.Borrowers, spec.Seed, spec.TermDays, spec.Scale = s.Borrowers, s.Seed, s.TermDays, s.Scale
	if day, err := time.Parse(time.DateOnly, s.AsOf); err == nil {
		spec.AsOf = day
	}
	spec.Currency = orElse(s.Currency, spec.Currency)
	return spec
}

// Behaviour is a full set of behaviour parameters.
type Behaviour struct {
	Preset string
	Params behaviour.Params
	// Currency holds the currency of the money parameters that were written with one.
	Currency map[string]string
	places   map[string]*document.Node
	score    *aucs // from which the score gain follows, nil where it is set by itself
}

// Entered is one arm by the names of its parts.
type Entered struct {
	Name       string
	Title      string
	Policy     string
	Regulation string
	Macro      string
	Scope      *float64   // share of outside lenders bound by the law; nil: what the law says
	Behaviour  *Behaviour // nil: the experiment's
}

func (l *loader) experiment(layers []*document.Node, o Overrides) *Experiment {
	if len(layers) == 0 {
		return nil // reported already
	}
	e := &Experiment{
		Title:       l.text(first(itself(layers), "title")),
		Description: l.paragraph(first(itself(layers), "description")),
		Months:      defaultMonths,
		Paths:       defaultPaths,
		Seed:        defaultSeed,
		Design:      factor.Antithetic,
		Anchor:      sim.Baseline,
		Engine:      StepEngine,
		Measures:    defaultMeasures,
	}
	if e.Title == "" {
		e.Title = strings.TrimSuffix(filepath.Base(layers[0].File), filepath.Ext(layers[0].File))
	}
	e.Portfolio = l.portfolio(first(layers, "portfolio"), o)
	e.segments = present(first(layers, "portfolio"), "segments")
	if n := first(layers, "lender"); n != nil {
		e.Lender = l.r.OneOf(n, rule.Lenders...)
	}
	if n := first(layers, "applicants"); n != nil {
		e.Applicants = l.applicants(n)
	}
	l.size(e, layers, o)
	if len(e.Applicants) > 0 && e.Engine == ExpectEngine {
		l.r.Errorf(first(layers, "applicants"), "the engine expect computes the borrowers of the snapshot only; with applicants use step")
	}
	if n := first(layers, "provisions"); n != nil {
		e.Provisions = l.provisions(n)
	}

	e.Factors = l.factors(first(layers, "factors"))

	var changes []change
	for _, layer := range slices.Backward(layers) {
		changes = append(changes, l.change(present(layer, "behaviour")))
	}
	e.Behaviour = combine(changes)
	l.gain(&e.Behaviour)

	d := l.definitions(layers)
	l.arms(e, d, first(layers, "arms"), changes)
	e.Policies, e.Regulations, e.Macros = d.policies.list, d.regulations.list, d.macros.list
	l.baseline(e, first(layers, "baseline"))
	if n := first(layers, "measures"); n != nil {
		e.Measures = l.measures(n)
	}
	e.Gates = l.gates(first(layers, "gates"))
	if n := first(layers, "tolerances"); n != nil {
		e.Tolerances = l.tolerances(n)
	}
	return e
}

// size reads grid, horizon, paths, seed, design, anchor and engine.
func (l *loader) size(e *Experiment, layers []*document.Node, o Overrides) {
	if n := first(layers, "grid"); n != nil {
		if name := l.r.OneOf(n, data.GridNames()...); name != "" {
			e.Grid, _ = data.ParseGrid(name)
		}
	}
	if n := first(layers, "design"); n != nil {
		if name := l.r.OneOf(n, factor.DesignNames()...); name != "" {
			e.Design, _ = factor.ParseDesign(name)
		}
	}
	if n := first(layers, "weighted_controls"); n != nil {
		if e.Weighted = l.r.Bool(n); e.Weighted && e.Design != factor.Importance {
			l.r.Errorf(n, "only the design importance weighs paths; this one is %s", e.Design)
		}
	}
	if n := first(layers, "anchor"); n != nil {
		e.Anchor = sim.Anchor(max(0, slices.Index(sim.AnchorNames(), l.r.OneOf(n, sim.AnchorNames()...))))
	}
	switch n := first(layers, "engine"); {
	case o.Engine != "":
		e.Engine = o.Engine
		if !slices.Contains(Engines(), o.Engine) {
			l.r.Problems.Add("--engine", "unknown engine %q (allowed: %s)%s", o.Engine, strings.Join(Engines(), ", "), data.DidYouMean(o.Engine, Engines()))
		}
	case n != nil:
		if name := l.r.OneOf(n, Engines()...); name != "" {
			e.Engine = name
		}
	}
	l.sample(e, first(layers, "sample"), o)
	l.precisions(e, first(layers, "precision"), o)
	l.unweighted(e, layers, o)
	switch n := first(layers, "horizon"); {
	case o.Horizon != 0:
		e.Months = o.Horizon
		if e.Months < 1 || e.Months > sim.MaxMonths {
			l.r.Problems.Add("--horizon", "%d is outside the range 1 to %d months", e.Months, sim.MaxMonths)
		}
	case n != nil:
		e.Months = l.r.Months(n, 1, sim.MaxMonths)
	}
	switch n := first(layers, "seed"); {
	case o.Seed != nil:
		e.Seed = *o.Seed
		if e.Seed > math.MaxInt64 {
			l.r.Problems.Add("--seed", "%d is too large, at most %d", e.Seed, int64(math.MaxInt64))
		}
	case n != nil:
		e.Seed = uint64(l.r.Int(n, 0, math.MaxInt64))
	}
	n := first(layers, "paths")
	switch {
	case o.Paths != 0:
		n, e.Paths = nil, o.Paths
		if o.Paths < 1 || o.Paths > sim.MaxPaths {
			l.r.Problems.Add("--paths", "%d is outside the range 1 to %d", o.Paths, sim.MaxPaths)
			return
		}
	case n != nil:
		before := len(l.r.Problems.List)
		if e.Paths = int(l.r.Int(n, 1, sim.MaxPaths)); l.failed(before) {
			return
		}
	}
	report := func(format string, args ...any) {
		if n == nil {
			l.r.Problems.Add("--paths", format, args...)
		} else {
			l.r.Errorf(n, format, args...)
		}
	}
	switch size := e.Design.Replicate(); {
	case e.Paths%size != 0:
		report("%s paths come in groups of %d: %d is not a multiple, %d is", e.Design, size, e.Paths, e.Paths+size-e.Paths%size)
	case e.Paths < 2*size:
		report("%d is too few for error bars: the design %s needs at least %d", e.Paths, e.Design, 2*size)
	}
}

// factors reads the systematic factors (nil: stationary and independent).
func (l *loader) factors(n *document.Node) Factors {
	x, before := Factors{at: n}, len(l.r.Problems.List)
	f := l.r.Map(n)
	segments, correlation := f.Get("segments"), f.Get("correlation")
	if segments != nil {
		x.Segments = l.r.Texts(segments)
	}
	for _, row := range l.r.List(correlation) {
		var values []float64
		for _, item := range l.r.List(row) {
			values = append(values, l.r.Float(item, -1, 1))
		}
		x.Correlation = append(x.Correlation, values)
	}
	if (segments == nil) != (correlation == nil) {
		l.r.Errorf(n, "segments and correlation go together: the rows of the matrix are the segments in their order")
	} else if correlation != nil && !l.failed(before) {
		if _, err := factor.NewCorrelation(x.Correlation, len(x.Segments)); err != nil {
			l.r.Errorf(correlation, "%v", err)
		}
	}
	if m := f.Get("link"); m != nil {
		x.Link = factor.Link(max(0, slices.Index(factor.LinkNames(), l.r.OneOf(m, factor.LinkNames()...))))
	}
	if m := f.Get("start"); m != nil && m.Text() != "stationary" {
		z := l.r.Float(m, -sim.MaxStart, sim.MaxStart)
		x.Start = &z
	}
	f.Close()
	return x
}

// provisions reads how losses are provided for.
func (l *loader) provisions(n *document.Node) (m provision.Method) {
	f := l.r.Map(n)
	if name := l.r.OneOf(f.Need("method"), provision.MethodNames()...); name != "" {
		m, _ = provision.ParseMethod(name)
	}
	f.Close()
	return m
}

func (l *loader) portfolio(n *document.Node, o Overrides) Portfolio {
	p := Portfolio{MaxRejected: defaultMaxRejected}
	f := l.r.Map(n)
	synthetic, files := f.Get("synthetic"), f.Get("files")
	if files != nil {
		for i, file := range l.r.Texts(files) {
			at := files
			if files.Kind == document.List {
				at = files.Items()[i]
			}
			p.Files = append(p.Files, beside(at, file))
		}
		if files.Kind == document.List && len(files.Items()) == 0 {
			l.r.Errorf(files, "the list is empty; name at least one file")
		}
	}
	if m := f.Get("mapping"); m != nil {
		if p.Mapping = l.r.Text(m); isPath(p.Mapping) {
			p.Mapping = beside(m, p.Mapping)
		}
	}
	if m := f.Get("as_of"); m != nil {
		if day := l.r.Date(m); !day.IsZero() {
			p.AsOf = day.Format(time.DateOnly)
		}
	}
	p.Currency = l.r.Currency(f.Get("currency"))
	if m := f.Get("segments"); m != nil {
		p.Segments = l.r.Texts(m)
		for i, s := range p.Segments {
			if s != "" && slices.Index(p.Segments, s) < i {
				l.r.Errorf(m.Items()[i], "the segment %q is listed twice", s)
			}
		}
	}
	if m := f.Get("max_rejected"); m != nil {
		p.MaxRejected = l.r.Ratio(m, 0, 1)
	}
	f.Close()
	if synthetic != nil && files != nil {
		l.r.Errorf(synthetic, "synthetic and files cannot both be given")
	}
	l.override(&p, o)

	if len(p.Files) > 0 || files != nil {
		return p
	}
	for _, key := range []string{"mapping", "as_of", "currency"} {
		if m := present(n, key); m != nil {
			l.r.Errorf(m, "goes with portfolio files, and there are none")
		}
	}
	for _, c := range []struct{ flag, value string }{{"--mapping", o.Mapping}, {"--as-of", o.AsOf}, {"--currency", o.Currency}} {
		if c.value != "" {
			l.r.Problems.Add(c.flag, "goes with portfolio files, and there are none")
		}
	}
	p.Synthetic = &Synthetic{Recipe: synth.Recipes()[0], Borrowers: defaultBorrowers, Seed: defaultSeed}
	if synthetic == nil {
		l.r.Warnf(nil, "no portfolio is given: a synthetic one of %d borrowers is used", defaultBorrowers)
	}
	f = l.r.Map(synthetic)
	if m := f.Get("recipe"); m != nil {
		p.Synthetic.Recipe = l.r.OneOf(m, synth.Recipes()...)
	}
	if m := f.Get("borrowers"); m != nil {
		p.Synthetic.Borrowers = int(l.r.Int(m, 1, MaxBorrowers))
	}
	if m := f.Get("seed"); m != nil {
		p.Synthetic.Seed = uint64(l.r.Int(m, 0, math.MaxInt64))
	}
	if m := f.Get("term_days"); m != nil {
		p.Synthetic.TermDays = l.r.Days(m, 1, data.MaxTermDays)
	}
	if m := f.Get("as_of"); m != nil {
		if day := l.r.Date(m); !day.IsZero() {
			p.Synthetic.AsOf = day.Format(time.DateOnly)
		}
	}
	currency, scale := f.Get("currency"), f.Get("scale")
	p.Synthetic.Currency = l.r.Currency(currency)
	if scale != nil {
		p.Synthetic.Scale = l.r.Float(scale, 1e-6, 1e6)
	}
	if (currency == nil) != (scale == nil) {
		l.r.Errorf(synthetic, "currency and scale go together: the currency of the amounts, and how many of its units stand for one of the recipe's")
	}
	f.Close()
	return p
}

// override applies the choices of the command line.
func (l *loader) override(p *Portfolio, o Overrides) {
	if len(o.Files) > 0 {
		p.Files = slices.Clone(o.Files)
	}
	if o.Mapping != "" {
		p.Mapping = o.Mapping
	}
	if o.AsOf != "" {
		p.AsOf = o.AsOf
		if _, err := time.Parse(time.DateOnly, o.AsOf); err != nil {
			l.r.Problems.Add("--as-of", "a date such as 2017-08-13 is needed here, found %q", o.AsOf)
		}
	}
	if o.Currency != "" {
		p.Currency = o.Currency
		if len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			l.r.Problems.Add("--currency", "%q is not a currency code such as CNY", o.Currency)
		}
	}
}

// change is what one document changes about the behaviour.
type change struct {
	preset   string // "" where it names none
	settings []setting
	score    *aucs // nil where it gives none
}

type setting struct {
	parameter behaviour.Parameter
	value     float64
	currency  string
	at        *document.Node
}

// change reads a behaviour key (nil: no change).
func (l *loader) change(n *document.Node) change {
	var c change
	f := l.r.Map(n)
	if m := f.Get("preset"); m != nil {
		c.preset = l.r.OneOf(m, presets...)
	}
	set := l.r.Map(f.Get("set"))
	for _, d := range behaviour.Registry() {
		if m := set.Get(d.Name); m != nil {
			v, currency := l.parameter(m, d)
			if v == 0 {
				v = 0 // -0 is the same value and must look the same
			}
			c.settings = append(c.settings, setting{d, v, currency, m})
		}
	}
	set.Close()
	c.score = l.aucs(f.Get("score"), present(f.Get("set"), gainParameter))
	f.Close()
	return c
}

// combine applies changes in order: the last preset named is the start, then all settings, later ones winning.
func combine(changes []change) Behaviour {
	b := Behaviour{Preset: "default", Params: behaviour.Default(), Currency: map[string]string{}, places: map[string]*document.Node{}}
	for _, c := range changes {
		if c.preset != "" {
			b.Preset = c.preset
		}
	}
	if b.Preset == "all_granted" {
		b.Params = behaviour.AllGranted()
	}
	for _, c := range changes {
		for _, s := range c.settings {
			s.parameter.Set(&b.Params, s.value)
			delete(b.Currency, s.parameter.Name)
			if s.currency != "" {
				b.Currency[s.parameter.Name] = s.currency
			}
			b.places[s.parameter.Name] = s.at
		}
	}
	b.gain(changes)
	return b
}

func (l *loader) measures(n *document.Node) []string {
	var out []string
	items := l.r.List(n)
	for _, item := range items {
		name := l.r.Text(item)
		switch _, known := data.MeasureByName(name); {
		case name == "":
		case !known:
			l.r.Errorf(item, "unknown measure %q%s", name, data.DidYouMean(name, measureNames))
		case slices.Contains(out, name):
			l.r.Errorf(item, "the measure %s is listed twice", name)
		default:
			out = append(out, name)
		}
	}
	if n.Kind == document.List && len(items) == 0 {
		l.r.Errorf(n, "the list is empty; name at least one measure")
	}
	return out
}

func (l *loader) gates(n *document.Node) []data.Gate {
	var out []data.Gate
	for _, item := range l.r.List(n) {
		f := l.r.Map(item)
		g := data.Gate{Name: l.text(f.Need("name")), Expect: l.paragraph(f.Need("expect")), Level: "error"}
		if at := f.Get("expect"); at != nil {
			g.Line, g.Col = at.Line, at.Col
		}
		if m := f.Get("level"); m != nil {
			g.Level = l.r.OneOf(m, "error", "warn")
		}
		f.Close()
		if slices.ContainsFunc(out, func(other data.Gate) bool { return other.Name == g.Name && g.Name != "" }) {
			l.r.Errorf(item, "there are two gates named %q", g.Name)
		}
		out = append(out, g)
	}
	return out
}

func (l *loader) tolerances(n *document.Node) (out []data.Tolerance) {
	for _, text := range l.r.Texts(n) {
		if text == "" {
			continue // reported already
		}
		t, wrong := data.ParseTolerance(text)
		if wrong != "" {
			l.r.Errorf(n, "%q: %s", text, wrong)
			continue
		}
		out = append(out, t)
	}
	return out
}
