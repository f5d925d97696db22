package estimate

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Sample is a measure over paths, ascending and without the missing values.
type Sample struct {
	Values  []float64
	Weights []float64 // of the values; nil: all alike
	paths   []int     // of the values; nil without weights
}

// Sample sorts a measure given by path.
func (e *Estimator) Sample(values []float64) Sample {
	if e.results.Weights == nil {
		return Sample{Values: Sorted(values)}
	}
	var s Sample
	for path, v := range values {
		if !math.IsNaN(v) {
			s.paths = append(s.paths, path)
		}
	}
	sort.SliceStable(s.paths, func(i, j int) bool { return values[s.paths[i]] < values[s.paths[j]] })
	for _, path := range s.paths {
		s.Values = append(s.Values, values[path])
		s.Weights = append(s.Weights, e.results.Weights[path])
	}
	return s
}

// Quantile is the smallest value that at least a share p of the weight does not exceed; NaN of none.
func (s Sample) Quantile(p float64) float64 {
	if s.Weights == nil {
		return Quantile(s.Values, p)
	}
	total, below := 0., 0.
	for _, w := range s.Weights {
		total += w
	}
	for i, w := range s.Weights {
		if below += w; below >= p*total-1e-9 {
			return s.Values[i]
		}
	}
	return math.NaN()
}

// Beyond is the effective number of paths above a value, (sum of weights)² over the sum of their squares, and the share
// of the weight that lies there.
func (s Sample) Beyond(value float64) (effective, share float64) {
	var all, sum, squares float64
	for i, v := range s.Values {
		w := 1.
		if s.Weights != nil {
			w = s.Weights[i]
		}
		all += w
		if v > value {
			sum += w
			squares += float64(w * w)
		}
	}
	if sum > 0 {
		effective = sum * sum / squares
	}
	return effective, sum / all
}

// weighted is the p-quantile of weighted paths. The interval runs over the values x that could be it: over
// replicates the mean of w (1{X > x} - (1-p)), 0 in expectation at the quantile, differs from 0 by no more than Student's
// t times its standard error. Few paths of large weight beyond the quantile may be missing by chance, when both the mean
// and its error come out too small: so t has one degree of freedom less than the smaller side has effective paths, and
// each end is taken with one more path on its side, of the largest weight found there. Where fewer than tailPaths effective paths lie on one side of the quantile, that error is
// not to be trusted and there is no interval.
func (e *Estimator) weighted(s Sample, p float64) Tail {
	t := Tail{P: p, Value: s.Quantile(p), Lo: math.NaN(), Hi: math.NaN()}
	above, _ := s.Beyond(t.Value)
	below, _ := s.mirrored().Beyond(-t.Value)
	few := math.Min(above, below)
	if few < tailPaths || e.Replicates < 2 {
		t.Needs = int(math.Ceil(float64(e.results.Run.Paths) * tailPaths / math.Max(math.Min(few, tailPaths-1), 1)))
		return t
	}
	size, n := e.results.Run.Paths/e.Replicates, float64(e.Replicates)
	means := make([]float64, e.Replicates)
	for i, path := range s.paths {
		means[path/size] += s.Weights[i] * p / float64(size)
	}
	var sum, squares float64
	for _, m := range means {
		sum += m
		squares += float64(m * m)
	}
	var over, under float64 // what one more path beyond the quantile adds, and one more before it
	for i, w := range s.Weights {
		if s.Values[i] > t.Value {
			over = math.Max(over, w*p/float64(size))
		} else {
			under = math.Max(under, w*(1-p)/float64(size))
		}
	}
	far := e.student(few)
	wide := func(mean, more float64) float64 {
		return far * math.Sqrt(math.Max(0, (squares+more*more)/n-mean*mean)/(n-1))
	}
	for i, path := range s.paths {
		m := &means[path/size]
		now := *m - s.Weights[i]/float64(size)
		sum += now - *m
		squares += float64(now*now) - float64(*m**m)
		*m = now
		if i+1 < len(s.Values) && s.Values[i+1] == s.Values[i] {
			continue
		}
		// for x from this value to the next
		if mean := (sum - under) / n; math.IsNaN(t.Lo) && mean <= wide(mean, under) {
			t.Lo = s.Values[i]
		}
		if mean := (sum + over) / n; mean < -wide(mean, over) {
			t.Hi = s.Values[i]
			break
		}
	}
	if math.IsNaN(t.Hi) { // even the largest value is not far enough
		t.Lo, t.Needs = math.NaN(), 2*e.results.Run.Paths
		return t
	}
	t.Level = e.Level
	return t
}

// student is the quantile of Student's t for what rests on so many effective paths.
func (e *Estimator) student(effective float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: math.Max(effective-1, 1)}.Quantile(.5 + e.Level/2)
}

// mirrored is the sample of the opposite values.
func (s Sample) mirrored() Sample {
	out := Sample{Weights: s.Weights}
	for _, v := range s.Values {
		out.Values = append(out.Values, -v)
	}
	return out
}

// weightedShortfall is the expected shortfall of weighted paths: q + sum of w (X-q)+ over (1-p) sum of w,
// linearised over replicates. Student's t is by the effective paths beyond q, and the upper end is taken with one more path
// like the one that adds most, for the reason that weighted gives.
func (e *Estimator) weightedShortfall(values []float64, p float64) Tail {
	s := e.Sample(values)
	t := e.AtRisk(s, p)
	t.Lo, t.Hi, t.Level = math.NaN(), math.NaN(), 0
	if math.IsNaN(t.Value) {
		return t
	}
	at, size := t.Value, float64(e.results.Run.Paths/e.Replicates)
	excess, weight, most := make([]float64, e.Replicates), make([]float64, e.Replicates), 0.
	for i, path := range s.paths {
		replicate, v := path/int(size), s.Weights[i]*math.Max(0, s.Values[i]-at)/(1-p)/size
		excess[replicate] += v
		most = math.Max(most, v)
		weight[replicate] += s.Weights[i] / size
	}
	r := newRatio(excess, weight)
	above, _ := s.Beyond(at)
	f := figure(at+r.value, e.Replicates, e.student(above), r.residual)
	if t.Value = f.Value; t.Needs == 0 {
		t.Lo, t.Hi, t.Level = f.Lo, f.Hi+most/(r.meanD*float64(e.Replicates)), e.Level
	}
	return t
}
