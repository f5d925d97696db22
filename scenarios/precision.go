package scenarios

import (
	"math"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/sim/factor"
)

// Precision is an error bar that a run is to reach, of every arm at the horizon.
type Precision struct {
	Measure    string
	Difference bool    // of every arm to its reference, in place of the level
	Half       float64 // width of the interval on each side, in the measure's own unit: fractions, minor units, counts; 0: none given
	Share      float64 // or, where that is wider, this share of the figure itself; 0: none given
	Level      float64 // of the interval
	text       string
}

// HalfOf is the width on each side that is to be reached for a figure.
func (p Precision) HalfOf(figure float64) float64 { return max(p.Half, p.Share*math.Abs(figure)) }

// String is the contract as it is written, without blanks.
func (p Precision) String() string { return p.text }

const precisionForm = "[diff:]MEASURE=±WIDTH@LEVEL is needed, such as default_rate=±5bp@95%, default_rate=±0.5%rel or diff:default_rate=±20%rel|2bp@99%"

// ParsePrecision reads one contract; wrong says what is wrong with it, "" for nothing.
func ParsePrecision(text string) (p Precision, wrong string) {
	p.text = strings.ReplaceAll(strings.Join(strings.Fields(text), ""), "+-", "±")
	m, difference, rest, wrong := data.ParseBand(p.text, precisionForm)
	if wrong != "" {
		return p, wrong
	}
	p.Measure, p.Difference = m.Name, difference
	width, level, found := strings.Cut(rest, "@")
	p.Level = .95
	if found {
		percent, ok := strings.CutSuffix(level, "%")
		v, err := strconv.ParseFloat(percent, 64)
		if !ok || err != nil || !(v >= 50 && v <= 99.99) {
			return p, "the level " + strconv.Quote(level) + " is not one of 50% to 99.99%"
		}
		p.Level = v / 100
	} else {
		p.text += "@95%"
	}
	for width := range strings.SplitSeq(width, "|") {
		if percent, relative := strings.CutSuffix(width, "%rel"); relative {
			v, err := strconv.ParseFloat(percent, 64)
			if err != nil || !(v > 0 && v < 100) {
				return p, "the width " + strconv.Quote(width) + " is not a share of the figure above 0% and below 100%"
			}
			p.Share = max(p.Share, v/100)
			continue
		}
		half, wrong := m.ParseWidth(width)
		if wrong != "" {
			return p, wrong + "; or as a share of the figure, such as 0.5%rel; or the wider of both, such as 20%rel|2bp"
		}
		p.Half = max(p.Half, half)
	}
	return p, ""
}

// unweighted reports what does not go with the weights of the design importance: error bars to reach, which are of means,
// and samples, which widen the tails that it is for.
func (l *loader) unweighted(e *Experiment, layers []*document.Node, o Overrides) {
	if e.Design != factor.Importance {
		return
	}
	report := func(flagged bool, key, format string, args ...any) {
		if flagged {
			l.r.Problems.Add("--"+key, format, args...)
		} else {
			l.r.Errorf(first(layers, key), format, args...)
		}
	}
	if len(e.Precision) > 0 {
		report(len(o.Precision) > 0, "precision", "%v: the design importance is for tails and serves no error bar of a mean: antithetic, plain, stratified and lattice are allowed", e.Precision[0])
	}
	if e.Sample != 0 {
		report(o.Sample != "", "sample", "%s: the design importance is for quantiles over paths, which a sample widens: all is allowed", e.sampleText())
	}
}

// precisions reads the error bars to reach, those of the command line in place of the experiment's.
func (l *loader) precisions(e *Experiment, n *document.Node, o Overrides) {
	add := func(text string, report func(format string, args ...any)) {
		if p, wrong := ParsePrecision(text); wrong != "" {
			report("%q: %s", text, wrong)
		} else {
			e.Precision = append(e.Precision, p)
		}
	}
	if len(o.Precision) > 0 {
		for _, text := range o.Precision {
			add(text, func(format string, args ...any) { l.r.Problems.Add("--precision", format, args...) })
		}
		return
	}
	if n == nil {
		return
	}
	for _, text := range l.r.Texts(n) {
		if text != "" {
			add(text, func(format string, args ...any) { l.r.Errorf(n, format, args...) })
		}
	}
}
