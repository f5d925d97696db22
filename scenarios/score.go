package scenarios

import (
	"math"

	"relend/data/document"
	"relend/sim/behaviour"
)

// gainParameter is the parameter that areas under the ROC curve stand for.
const gainParameter = "score.gain"

// aucs are the areas under the ROC curve before and after a score gain.
type aucs struct {
	before, after float64
	at            *document.Node
}

// aucs reads the key score (nil: nothing); set is a score gain in the same map.
func (l *loader) aucs(n, set *document.Node) *aucs {
	if n == nil {
		return nil
	}
	before := len(l.r.Problems.List)
	a := aucs{at: n}
	f := l.r.Map(n)
	for _, x := range []struct {
		key   string
		value *float64
	}{{"auc_before", &a.before}, {"auc_after", &a.after}} {
		if m := f.Need(x.key); m != nil {
			*x.value = l.r.Ratio(m, .5, .999)
		}
	}
	f.Close()
	if set != nil {
		l.r.Errorf(n, "score and %s cannot both be given", gainParameter)
	}
	if l.failed(before) {
		return nil
	}
	return &a
}

// gain sets the score gain that the last areas named mean, unless a later change sets it by itself.
func (b *Behaviour) gain(changes []change) {
	for _, c := range changes {
		for _, s := range c.settings {
			if s.parameter.Name == gainParameter {
				b.score = nil
			}
		}
		if c.score != nil {
			b.score = c.score
		}
	}
	if b.score != nil {
		b.Params.ScoreGain = b.Params.Gain(b.score.before, b.score.after)
	}
}

// gain refuses areas that no score gain has.
func (l *loader) gain(b *Behaviour) {
	if q := b.Params.ScoreGain; b.score != nil && !(q >= 0 && q <= 1) {
		l.r.Errorf(b.score.at, "an AUC from %.6g to %.6g is a target that the frailty cannot give: with risk.sigma_u %.6g the AUC after can be %.6g to %.6g",
			b.score.before, b.score.after, b.Params.SigmaU, b.score.before, math.Floor(b.Params.BestAUC(b.score.before)*1e4)/1e4)
		b.Params.ScoreGain = behaviour.Default().ScoreGain
	}
}
