package sensitivity

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Limit bounds one parameter of a box.
type Limit struct {
	Lo, Hi  float64   // ±Inf where that side is open
	Without []float64 // codes that are left out, of a parameter without order
	Chance  float64   // of at least so many hits in the box by luck if this limit made no difference
}

// Set says whether the limit leaves anything out.
func (l Limit) Set() bool {
	return !math.IsInf(l.Lo, -1) || !math.IsInf(l.Hi, 1) || len(l.Without) > 0
}

func (l Limit) holds(v float64) bool {
	return v >= l.Lo && v <= l.Hi && !slices.Contains(l.Without, v)
}

// Box is a part of the parameter space where hits are frequent.
type Box struct {
	Limits   []Limit
	Points   int     // inside
	Hits     int     // inside
	Density  float64 // hits per point inside
	Coverage float64 // share of all hits that are inside
	Overall  float64 // density of the whole space
}

// Holds says whether a point lies in the box.
func (b *Box) Holds(x []float64) bool {
	for j, l := range b.Limits {
		if !l.holds(x[j]) {
			return false
		}
	}
	return true
}

func (b *Box) count(x [][]float64, hit []bool) {
	all := 0
	b.Points, b.Hits = 0, 0
	for i := range x {
		if hit[i] {
			all++
		}
		if b.Holds(x[i]) {
			b.Points++
			if hit[i] {
				b.Hits++
			}
		}
	}
	b.Density, b.Coverage, b.Overall = float64(b.Hits)/float64(b.Points), float64(b.Hits)/float64(all), float64(all)/float64(len(x))
}

// score is the harmonic mean of density and coverage.
func (b *Box) score() float64 {
	return 2 * float64(b.Hits) / (float64(b.Points) + float64(b.Hits)/b.Coverage)
}

// The patient rule induction method takes away so large a part of a box at a time, and keeps at least so many points.
const (
	peelShare  = .05
	fewestLeft = 10
)

// Peel finds the box where hits are most frequent by the patient rule induction method (J. Friedman and N. Fisher, Stat.
// Comput. 9 (1999), 123-143): again and again the slice of a side is peeled off that raises the density most for each point lost, then
// of all boxes on the way the one with the largest harmonic mean of density and coverage is taken. A limit that luck alone would
// bring with a chance above 1-level is taken back (Bryant and Lempert 2010). A column of codes without order is named
// in unordered. It returns nil without hits, with nothing but hits, or where no limit is left.
func Peel(x [][]float64, hit []bool, unordered []bool, level float64) *Box {
	hits := 0
	for _, h := range hit {
		if h {
			hits++
		}
	}
	if hits == 0 || hits == len(x) {
		return nil
	}
	box := &Box{}
	for range x[0] {
		box.Limits = append(box.Limits, Limit{Lo: math.Inf(-1), Hi: math.Inf(1)})
	}
	box.count(x, hit)
	best := box
	for {
		if box = peelOnce(box, x, hit, unordered); box == nil {
			break
		}
		if box.score() > best.score() {
			best = box
		}
	}
	best.drop(x, hit, level)
	if !slices.ContainsFunc(best.Limits, Limit.Set) {
		return nil
	}
	return best
}

// peelOnce returns the best smaller box, nil when none is denser or large enough.
func peelOnce(box *Box, x [][]float64, hit []bool, unordered []bool) (best *Box) {
	gain := 0.
	try := func(j int, limit Limit) {
		next := &Box{Limits: slices.Clone(box.Limits)}
		next.Limits[j] = limit
		next.count(x, hit)
		if next.Points < max(fewestLeft, len(x)/50) || next.Points == box.Points {
			return
		}
		if g := (next.Density - box.Density) / float64(box.Points-next.Points); g > gain {
			best, gain = next, g
		}
	}
	for j := range box.Limits {
		var inside []float64
		for i := range x {
			if box.Holds(x[i]) {
				inside = append(inside, x[i][j])
			}
		}
		slices.Sort(inside)
		levels := slices.Compact(slices.Clone(inside))
		if len(levels) < 2 {
			continue
		}
		limit := box.Limits[j]
		if unordered[j] {
			for _, v := range levels {
				out := limit
				out.Without = append(slices.Clone(limit.Without), v)
				try(j, out)
			}
			continue
		}
		few := max(1, int(peelShare*float64(len(inside))))
		lower, upper := limit, limit
		lower.Lo = inside[min(few, len(inside)-1)]
		if lower.Lo == levels[0] {
			lower.Lo = levels[1]
		}
		upper.Hi = inside[max(len(inside)-1-few, 0)]
		if upper.Hi == levels[len(levels)-1] {
			upper.Hi = levels[len(levels)-2]
		}
		try(j, lower)
		try(j, upper)
	}
	return best
}

// drop takes back limits that may be luck, the weakest first, and notes the chance of each that stays.
func (b *Box) drop(x [][]float64, hit []bool, level float64) {
	for {
		weakest, most := -1, 1-level
		for j := range b.Limits {
			l := &b.Limits[j]
			if !l.Set() {
				continue
			}
			without := &Box{Limits: slices.Clone(b.Limits)}
			without.Limits[j] = Limit{Lo: math.Inf(-1), Hi: math.Inf(1)}
			without.count(x, hit)
			l.Chance = 1
			if b.Hits > 0 && without.Density < 1 {
				l.Chance = 1 - distuv.Binomial{N: float64(b.Points), P: without.Density}.CDF(float64(b.Hits-1))
			}
			if l.Chance > most {
				weakest, most = j, l.Chance
			}
		}
		if weakest < 0 {
			return
		}
		b.Limits[weakest] = Limit{Lo: math.Inf(-1), Hi: math.Inf(1)}
		b.count(x, hit)
	}
}
