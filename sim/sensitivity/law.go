package sensitivity

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"
)

// Law is the distribution of one uncertain parameter.
type Law struct {
	quantile func(p float64) float64
	from, to float64 // probabilities at which it is cut off
	ranged   bool
	ratios   bool // a logarithmic range
}

// Quantile is the value that the parameter does not exceed with probability p, 0 to 1.
func (l *Law) Quantile(p float64) float64 { return l.quantile(l.from + p*(l.to-l.from)) }

// Round rounds a value to decimal steps of a thousandth of the law's width or less, of a logarithmic range to four digits, so that it
// can be written and read.
func (l *Law) Round(v float64) float64 {
	width := l.Quantile(.95) - l.Quantile(.05)
	if l.ratios {
		width = math.Abs(v)
	}
	if width == 0 || v == 0 {
		return v
	}
	digits := 3 - int(math.Floor(math.Log10(width)))
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', max(digits, 0), 64), 64)
	if err != nil || digits < 0 {
		return v
	}
	return rounded
}

// Range says whether the law is a range, whose ends are values like others, and not a distribution.
func (l *Law) Range() bool { return l.ranged }

// Uniform is the law of a range.
func Uniform(from, to float64) *Law {
	return &Law{func(p float64) float64 { return from + p*(to-from) }, 0, 1, true, false}
}

// LogUniform is the law of a range of equal ratios, from above 0.
func LogUniform(from, to float64) *Law {
	return &Law{func(p float64) float64 { return from * math.Pow(to/from, p) }, 0, 1, true, true}
}

// Form is a kind of law and what it takes.
type Form struct {
	Name       string
	Parameters []string
}

// Laws are the distributions that a parameter may have.
var Laws = []Form{
	{"uniform", []string{"from", "to"}},
	{"normal", []string{"mean", "sd"}},
	{"lognormal", []string{"median", "spread"}}, // spread: standard deviation of the logarithm
	{"triangular", []string{"from", "mode", "to"}},
	{"beta", []string{"a", "b", "from", "to"}},
}

// NewLaw makes the law of a form, cut off at lo and hi (infinite: not), where what is left has the probability that it
// has in the whole, made to add up to 1.
func NewLaw(name string, a map[string]float64, lo, hi float64) (*Law, error) {
	var quantile, cdf func(float64) float64
	wrong := ""
	switch name {
	case "uniform":
		if !(a["from"] < a["to"]) {
			wrong = "from must lie below to"
		}
		u := distuv.Uniform{Min: a["from"], Max: a["to"]}
		quantile, cdf = u.Quantile, u.CDF
	case "normal":
		if !(a["sd"] > 0) {
			wrong = "sd must be above 0"
		}
		n := distuv.Normal{Mu: a["mean"], Sigma: a["sd"]}
		quantile, cdf = n.Quantile, n.CDF
	case "lognormal":
		if !(a["median"] > 0) || !(a["spread"] > 0) {
			wrong = "median and spread must be above 0"
		}
		n := distuv.LogNormal{Mu: math.Log(a["median"]), Sigma: a["spread"]}
		quantile, cdf = n.Quantile, n.CDF
	case "triangular":
		if !(a["from"] < a["to"]) || a["mode"] < a["from"] || a["mode"] > a["to"] {
			return nil, fmt.Errorf("from, mode and to must ascend")
		}
		t := distuv.NewTriangle(a["from"], a["to"], a["mode"], nil)
		quantile, cdf = t.Quantile, t.CDF
	case "beta":
		if !(a["from"] < a["to"]) {
			wrong = "from must lie below to"
		}
		b, width := distuv.Beta{Alpha: a["a"], Beta: a["b"]}, a["to"]-a["from"]
		quantile = func(p float64) float64 { return a["from"] + width*b.Quantile(p) }
		cdf = func(x float64) float64 { return b.CDF(math.Min(1, math.Max(0, (x-a["from"])/width))) }
	default:
		panic("sensitivity: no law " + name)
	}
	if wrong != "" {
		return nil, fmt.Errorf("%s", wrong)
	}
	l := &Law{quantile, 0, 1, false, false}
	if !math.IsInf(lo, -1) {
		l.from = cdf(lo)
	}
	if !math.IsInf(hi, 1) {
		l.to = cdf(hi)
	}
	if !(l.from < l.to) {
		return nil, fmt.Errorf("between min and max nothing of the distribution is left")
	}
	return l, nil
}

// Quantile is the p-quantile of values, by linear interpolation between them; NaN of none.
func Quantile(values []float64, p float64) float64 {
	sorted := append([]float64{}, values...)
	sort.Float64s(sorted)
	for len(sorted) > 0 && math.IsNaN(sorted[0]) {
		sorted = sorted[1:]
	}
	if len(sorted) == 0 {
		return math.NaN()
	}
	return at(sorted, p)
}

// at interpolates between sorted values.
func at(sorted []float64, p float64) float64 {
	x := p * float64(len(sorted)-1)
	i := min(int(x), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (x-float64(i))*(sorted[j]-sorted[i])
}

// Bounded says whether the parameter has a smallest and a largest value.
func (l *Law) Bounded() bool {
	return !math.IsInf(l.Quantile(0), 0) && !math.IsInf(l.Quantile(1), 0)
}
