package scenarios

import (
	"math"
	"strconv"
	"strings"

	"relend/data"
	"relend/data/document"
)

// SampleAuto asks a pilot how many borrowers each path simulates.
const SampleAuto = -1

const leastSample = 2

// sample reads how many borrowers each path simulates, the command line first.
func (l *loader) sample(e *Experiment, n *document.Node, o Overrides) {
	text, report := o.Sample, func(format string, args ...any) { l.r.Problems.Add("--sample", format, args...) }
	if text == "" {
		if n == nil {
			return
		}
		if text = n.Text(); n.Kind != document.Scalar {
			text = ""
		}
		report = func(format string, args ...any) { l.r.Errorf(n, format, args...) }
	}
	switch text {
	case "all":
		e.Sample = 0
		return
	case "auto":
		e.Sample = SampleAuto
	default:
		size, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		if err != nil || size < leastSample || size > math.MaxInt32 {
			report("all, auto or a number of borrowers of at least %d is needed, found %q%s", leastSample, text, data.DidYouMean(text, []string{"all", "auto"}))
			return
		}
		e.Sample = int(size)
	}
	if e.Engine == ExpectEngine {
		report("the engine expect computes expected values without drawing borrowers: a sample goes with the engine step")
	}
}

func (e *Experiment) sampleText() string {
	switch e.Sample {
	case 0:
		return "all"
	case SampleAuto:
		return "auto"
	}
	return strconv.Itoa(e.Sample)
}
