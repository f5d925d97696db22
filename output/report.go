package output

import (
	"math"
	"slices"
	"strings"

	"relend/data"
	"relend/sim/estimate"
)

// Options are the choices of a rendering that are not part of the results.
type Options struct {
	Level float64       // of every interval, in (0,1); 0 means .95
	Gates []GateVerdict // shown in the report where there are any
	Language
	MinCell int  // results of classes with fewer borrowers are hidden; 0: none
	PDF     bool // charts as PDF too
	Width   int  // columns of the terminal; 0 means 120
}

// GateVerdict is what became of one declared condition.
type GateVerdict struct {
	Name       string
	Expression string
	Level      string // "error" or "warn"
	Verdict    string // "holds", "fails" or "undecided"
	Found      string // the value found, in words
}

// Report is a finished run as the report tells it.
type Report struct {
	Language
	PDF         bool // charts as PDF too
	Run         *data.Run
	Level       float64
	Replicates  int // independent observations behind every standard error
	Gates       []GateVerdict
	Measures    []data.Measure
	Figures     [][][]estimate.Figure // [arm][measure][month], months 0..Months
	Differences [][][]estimate.Figure // to the arm's reference, same shape
	Groups      []Group
	Headline    []int    // indices into Measures
	Answer      []string // sentences that answer the question, most important first
	Keyed       []string // the same with the sources of their numbers: see Spans
	Warnings    []string
	Frontiers   []Frontier    // of FrontierAims
	Dominated   []int         // Beaten of the first one
	Losses      [][]Loss      // per arm: distribution of each of LossMeasures over paths at the horizon
	Fans        [][][]float64 // [arm][month]: FanLevels quantiles over paths of the cumulative default rate
	Denials     [][]Denial    // per arm, most frequent first
	Rules       [][]RuleBite  // per arm, in the order of its clauses; nil where the run kept no ledger
	Access      *Access       // nil where the run kept none
	Segments    []SegmentRow
	Rolls       []Roll         // per arm, state and move
	LossRates   []YearFigure   // per arm, year and measure of LossRates
	Margins     []MarginItem   // per arm and item of MarginItems
	ByStage     []StageFigure  // per arm, year's end and stage of expected credit loss
	Exceedances []Exceedance   // per arm, measure and level
	Parts       []Contribution // per arm and class
	Spread      []Concentration
	Stages      []Stage // how the default rate settled, fewest paths first

	titles    []string
	index     map[string]int
	results   *data.Results
	estimator *estimate.Estimator
}

// Group is the arms under one macro path.
type Group struct {
	Macro     string
	Arms      []int // in the order of the run, the reference first
	Reference int   // the arm the others are compared with
}

// FanLevels are the quantiles of a fan.
var FanLevels = [5]float64{.05, .25, .5, .75, .95}

// LossMeasures are the measures whose distribution over paths is reported.
var LossMeasures = [2]string{"loss_rate", "default_rate"}

// Loss is the distribution over paths of one measure at the horizon.
type Loss struct {
	Measure   string
	Sample    estimate.Sample
	Mean      estimate.Figure
	Quantiles []estimate.Tail // at FanLevels
	AtRisk    []estimate.Tail // at TailLevels
	Shortfall []estimate.Tail // at TailLevels
}

// TailLevels are the probabilities of value at risk and expected shortfall.
var TailLevels = [3]float64{.95, .99, .999}

// Denial is the count of denials for one reason so far at the horizon, mean over paths, and its share of
// applications.
type Denial struct {
	Reason data.Reason
	Count  float64
	Share  estimate.Figure
}

// Build estimates everything the report shows. It panics on results that contradict themselves, see
// estimate.New.
func Build(results *data.Results, options Options) *Report {
	run := &results.Run
	r := &Report{Language: options.Language, PDF: options.PDF, Run: run, Level: options.Level, Gates: options.Gates, Measures: data.Measures(),
		index: map[string]int{}, results: results}
	for _, w := range run.Warnings {
		r.Warnings = append(r.Warnings, r.Recorded(w))
	}
	if r.Level == 0 {
		r.Level = .95
	}
	for i, m := range r.Measures {
		r.index[m.Name] = i
	}
	e := estimate.New(results, r.Level)
	r.Replicates, r.estimator = e.Replicates, e
	data.Beside( // what rules do needs no other figure
		func() { r.Rules, r.Access = r.rules(), r.access() },
		func() { r.Figures, r.Differences = e.All(r.Measures) })
	r.group()
	r.shortTitles()
	headline := run.Headline
	if len(headline) == 0 {
		headline = []string{"default_rate", "served_share", "originations_amount", "net_margin", "leaks"}
	}
	for _, name := range headline {
		if i, ok := r.index[name]; ok {
			r.Headline = append(r.Headline, i)
		} else {
			r.Warnings = append(r.Warnings, r.Say("headline measure %q is unknown", name)+data.DidYouMean(name, data.MeasureNames()))
		}
	}
	r.distributions(e)
	r.denials()
	for _, aims := range FrontierAims {
		r.Frontiers = append(r.Frontiers, r.frontier(e, aims[0], aims[1]))
	}
	r.Dominated = r.Frontiers[0].Beaten
	r.Segments = segments(results, e)
	r.Rolls, r.LossRates, r.Margins, r.ByStage = r.rolls(e), r.lossRates(e), r.marginItems(e), r.stageFigures(e)
	r.Exceedances = r.exceedances(e)
	r.Parts, r.Spread = contributions(results, e)
	r.hideSmall(options.MinCell)
	r.converge()
	r.Keyed = r.answer()
	for _, s := range r.Keyed {
		plain := ""
		for _, span := range Spans(s) {
			plain += span.Text
		}
		r.Answer = append(r.Answer, plain)
	}
	if e.Replicates < 30 {
		r.Warnings = append(r.Warnings, r.Say("only %s: intervals are rough; 30 or more give reliable ones", r.Count(e.Replicates, "independent replicate")))
	}
	for _, c := range run.Checks {
		if !c.Holds {
			r.Warnings = append(r.Warnings, r.Say("check failed: %s: %s", r.Recorded(c.Name), r.Recorded(c.Result)))
		}
	}
	return r
}

func (r *Report) group() {
	at := map[string]int{}
	for a, arm := range r.Run.Arms {
		g, ok := at[arm.Macro]
		if !ok {
			g = len(r.Groups)
			at[arm.Macro] = g
			r.Groups = append(r.Groups, Group{Macro: arm.Macro, Reference: -1})
		}
		group := &r.Groups[g]
		group.Arms = append(group.Arms, a)
		if ref := r.Run.Arms[arm.Reference]; group.Reference < 0 && (ref.Macro == arm.Macro || arm.Reference == a) {
			group.Reference = arm.Reference
		}
	}
	for g := range r.Groups {
		group := &r.Groups[g]
		if group.Reference < 0 { // nothing to compare with under this macro path
			group.Reference = group.Arms[0]
		}
		i := slices.Index(group.Arms, group.Reference)
		group.Arms = slices.Insert(slices.Delete(group.Arms, i, i+1), 0, group.Reference)
	}
}

func (r *Report) distributions(e *estimate.Estimator) {
	for a := range r.Run.Arms {
		var losses []Loss
		for _, name := range LossMeasures {
			m := r.index[name]
			paths := e.Paths(a, r.Measures[m])
			if name == "default_rate" {
				fan := make([][]float64, len(paths))
				for t, values := range paths {
					sample := e.Sample(values)
					for _, p := range FanLevels {
						fan[t] = append(fan[t], sample.Quantile(p))
					}
				}
				r.Fans = append(r.Fans, fan)
			}
			values := paths[r.Run.Months]
			l := Loss{Measure: name, Sample: e.Sample(values), Mean: r.Figures[a][m][r.Run.Months]}
			for _, p := range FanLevels {
				l.Quantiles = append(l.Quantiles, e.Quantile(l.Sample, p))
			}
			for _, p := range TailLevels {
				l.AtRisk = append(l.AtRisk, e.AtRisk(l.Sample, p))
				l.Shortfall = append(l.Shortfall, e.Shortfall(values, p))
			}
			losses = append(losses, l)
		}
		r.Losses = append(r.Losses, losses)
	}
}

func (r *Report) denials() {
	for a := range r.Run.Arms {
		var list []Denial
		for reason := range data.Reason(data.NumReasons) {
			sum := 0. // of whole counts, exact without weights
			for path := range r.Run.Paths {
				for m := 1; m <= r.Run.Months; m++ {
					sum += r.results.Weight(path) * float64(r.results.Row(a, path, data.Month(m))[data.Denied(reason)])
				}
			}
			if sum > 0 {
				list = append(list, Denial{reason, r.Run.Whole(sum) / r.weight(), r.At(a, "denied_"+reason.String())})
			}
		}
		slices.SortStableFunc(list, func(a, b Denial) int {
			switch {
			case a.Count > b.Count:
				return -1
			case a.Count < b.Count:
				return 1
			}
			return 0
		})
		r.Denials = append(r.Denials, list)
	}
}

// weight is the sum of the paths' weights; their number without.
func (r *Report) weight() (sum float64) {
	for path := range r.Run.Paths {
		sum += r.results.Weight(path)
	}
	return sum
}

// States are the shares of borrowers at the end of each month by state, mean over paths: [month][state] for
// the states of StateCounters.
func (r *Report) States(arm int) [][]float64 {
	out := make([][]float64, r.Run.Months+1)
	for m := range out {
		sums, total := make([]float64, len(StateCounters)), 0.0
		for path := range r.Run.Paths {
			row := r.results.Row(arm, path, data.Month(m))
			for s, c := range StateCounters {
				sums[s] += r.results.Weight(path) * float64(row[c])
			}
		}
		for _, v := range sums {
			total += v
		}
		for s := range sums {
			sums[s] /= total
		}
		out[m] = sums
	}
	return out
}

// StateCounters are the states of a borrower, worst first.
var StateCounters = [8]data.Counter{data.BorrowersOff, data.BorrowersDefault, data.BorrowersD3, data.BorrowersD2,
	data.BorrowersD1, data.BorrowersCurrent, data.BorrowersIdle, data.BorrowersExited}

// StateTitles names them.
var StateTitles = [8]string{"charged off", "90+ days past due", "60-89 days", "30-59 days", "1-29 days past due",
	"current", "no open loan", "left for good"}

// Index is the place of a measure in Measures; it panics for a name that is not a measure.
func (r *Report) Index(measure string) int {
	i, ok := r.index[measure]
	if !ok {
		panic("output: no measure " + measure)
	}
	return i
}

// Series is a measure of an arm over months 0..Months.
func (r *Report) Series(arm int, measure string) []estimate.Figure {
	return r.Figures[arm][r.Index(measure)]
}

// DifferenceSeries is its paired difference to the arm's reference.
func (r *Report) DifferenceSeries(arm int, measure string) []estimate.Figure {
	return r.Differences[arm][r.Index(measure)]
}

// At is a measure of an arm at the horizon.
func (r *Report) At(arm int, measure string) estimate.Figure {
	return r.Series(arm, measure)[r.Run.Months]
}

// DifferenceAt is its paired difference to the arm's reference at the horizon.
func (r *Report) DifferenceAt(arm int, measure string) estimate.Figure {
	return r.DifferenceSeries(arm, measure)[r.Run.Months]
}

// Pair compares a measure of two arms over months 0..Months: a - b and a / b, path by path.
func (r *Report) Pair(a, b int, measure string) (differences, quotients []estimate.Figure) {
	return r.estimator.Pair(a, b, r.Measures[r.Index(measure)])
}

// Tail is the p-quantile over paths of a measure of arm a at a month, or with shortfall the mean of the paths beyond it;
// of its difference to arm b, path by path, where b is not negative. It is missing, and needs no paths, where the measure
// has no data on any path.
func (r *Report) Tail(a, b int, measure string, month int, p float64, shortfall bool) estimate.Tail {
	m := r.Measures[r.Index(measure)]
	values := r.estimator.Paths(a, m)[month]
	if b >= 0 {
		for path, v := range r.estimator.Paths(b, m)[month] {
			values[path] -= v
		}
	}
	sample := r.estimator.Sample(values)
	switch {
	case len(sample.Values) == 0:
		return estimate.Tail{P: p, Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	case shortfall:
		return r.estimator.Shortfall(values, p)
	}
	return r.estimator.Quantile(sample, p)
}

// Scale is the scale that suits a measure over all arms at the horizon.
func (r *Report) Scale(measure int) Scale {
	largest := 0.0
	for a := range r.Run.Arms {
		if v := math.Abs(r.Figures[a][measure][r.Run.Months].Value); v > largest {
			largest = v
		}
	}
	return ScaleOf(r.Measures[measure].Unit, r.Run.Currency, largest)
}

// IsReference reports whether the arm is the one its group is compared with.
func (r *Report) IsReference(arm int) bool {
	return slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Reference == arm })
}

// Title is the arm's title without its macro path, for places that name the macro path already.
func (r *Report) Title(arm int) string { return r.Say(r.titles[arm]) }

// separators stand between a policy's and a macro path's name in titles.
var separators = []string{" / ", ", ", " (", " · ", " – ", " - "}

// shortTitles takes from each title what it shares with all of its macro path: the end that begins with a
// separator, if every title of the path has it, and it names the path or some other path's title has it not.
func (r *Report) shortTitles() {
	for _, a := range r.Run.Arms {
		title := a.Title
		if title == "" {
			title = a.Name
		}
		r.titles = append(r.titles, r.Titled(title))
	}
	full := slices.Clone(r.titles)
	for _, g := range r.Groups {
		first := full[g.Arms[0]]
		ends := func(suffix string) (inside, everywhere bool) {
			inside, everywhere = true, true
			for a, title := range full {
				has := strings.HasSuffix(title, suffix) && title != suffix
				everywhere = everywhere && has
				inside = inside && (has || !slices.Contains(g.Arms, a))
			}
			return
		}
		for at := range first {
			suffix := first[at:]
			if !slices.ContainsFunc(separators, func(s string) bool { return strings.HasPrefix(suffix, s) }) {
				continue
			}
			if inside, everywhere := ends(suffix); inside && (strings.Contains(suffix, g.Macro) || !everywhere && len(g.Arms) > 1) {
				for _, a := range g.Arms {
					r.titles[a] = strings.TrimSuffix(full[a], suffix)
				}
				break
			}
		}
	}
}

// Interval names the kind of interval, such as "95 % interval".
func (r *Report) Interval() string { return r.Say("%s interval", Percent(r.Level)) }

// Percent writes a probability: "95 %", "99.9 %".
func Percent(p float64) string { return trimNumber(p*100) + " %" }

func trimNumber(v float64) string {
	text := Number(v, 4)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
