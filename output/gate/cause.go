package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Corner is one of the runs between two nights: which of its inputs are those of the later one.
type Corner uint8

// The inputs of a run.
const (
	NewData Corner = 1 << iota
	NewConfiguration
	NewProgram
	Later = NewData | NewConfiguration | NewProgram
)

// String names the inputs.
func (c Corner) String() string {
	var names []string
	for i, name := range []string{"data", "configuration", "program"} {
		if c>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return output.List(names, 3)
}

// Causation splits the change of a measure of an arm by the inputs that changed. The parts add up to the whole.
type Causation struct {
	Measure    string `json:"measure"`
	Arm        string `json:"arm"`
	Difference bool   `json:"difference"`
	Whole      Part   `json:"whole"`
	Parts      []Part `json:"parts"`
	Words      string `json:"words"`
}

// Name is the measure and the arm in words.
func (c Causation) Name() string { return named(c.Measure, c.Arm, c.Difference) }

// Part is what one input, or several that could not be told apart, did to a figure.
type Part struct {
	Cause string   `json:"cause"`
	Value *float64 `json:"value"` // in the measure's own unit; null: no data
	Half  *float64 `json:"half"`  // of the 95 % interval
}

// Orders lists in which orders the causes can be swapped one after the other, so that every run on the way is among
// the corners.
func Orders(causes []Corner, has func(Corner) bool) (orders [][]Corner) {
	var walk func(so []Corner, at Corner)
	walk = func(so []Corner, at Corner) {
		if len(so) == len(causes) {
			orders = append(orders, slices.Clone(so))
			return
		}
		for _, c := range causes {
			if next := at | c; at&c == 0 && has(next) {
				walk(append(so, c), next)
			}
		}
	}
	walk(nil, 0)
	return orders
}

// Split splits the changes of measures by cause: the mean, over the orders in which the causes can be swapped, of what
// each does when it is swapped (Shapley, "A value for n-person games", 1953, where all orders can be). Corner 0 is the
// earlier run and the union of the causes the later one; both must be there.
func Split(corners map[Corner]*data.Results, causes []Corner, tolerances []data.Tolerance) (out []Causation) {
	estimators := map[Corner]*estimate.Estimator{}
	var all Corner
	for _, c := range causes {
		all |= c
	}
	for at, r := range corners {
		estimators[at] = estimate.New(r, .95)
	}
	orders := Orders(causes, func(at Corner) bool { return corners[at] != nil })
	month := math.MaxInt
	for _, r := range corners {
		month = min(month, r.Run.Months)
	}
	for _, t := range tolerances {
		for _, arm := range corners[0].Run.Arms {
			everywhere := true
			for _, r := range corners {
				everywhere = everywhere && armOf(&r.Run, arm.Name) >= 0
			}
			at := armOf(&corners[0].Run, arm.Name)
			if !everywhere || t.Difference && arm.Reference == at {
				continue
			}
			figure := func(factors map[Corner]float64) estimate.Sum {
				var terms []estimate.Term
				for c := Corner(0); c <= Later; c++ { // in a fixed order
					if factors[c] == 0 {
						continue
					}
					run := &corners[c].Run
					term := estimate.Term{Run: estimators[c], Arm: armOf(run, arm.Name), Reference: -1, Month: month, Factor: factors[c]}
					if t.Difference {
						term.Reference = run.Arms[term.Arm].Reference
					}
					terms = append(terms, term)
				}
				return estimate.Combine(t.Measure, terms...)
			}
			whole := figure(map[Corner]float64{all: 1, 0: -1}).Figure(.95)
			var parts []estimate.Figure
			for _, c := range causes {
				factors := map[Corner]float64{}
				for _, order := range orders {
					before := Corner(0)
					for _, o := range order {
						if o == c {
							factors[before|c] += 1 / float64(len(orders))
							factors[before] -= 1 / float64(len(orders))
						}
						before |= o
					}
				}
				parts = append(parts, figure(factors).Figure(.95))
			}
			out = append(out, causation(t, arm.Name, corners[all].Run.Currency, causes, whole, parts))
		}
	}
	return out
}

func causation(t data.Tolerance, arm, currency string, causes []Corner, whole estimate.Figure, parts []estimate.Figure) Causation {
	c := Causation{Measure: t.Measure.Name, Arm: arm, Difference: t.Difference, Whole: Part{"all", known(whole.Value), known(whole.Half())}}
	s := output.ScaleOf(t.Measure.Unit, currency, whole.Value)
	digits := s.Decimals
	for _, f := range append(slices.Clone(parts), whole) {
		if f.SE > 0 {
			digits = max(digits, s.Digits(f.SE))
		}
	}
	shown := shares(whole.Value*s.Factor, parts, s.Factor, digits)
	var words []string
	for i, p := range parts {
		c.Parts = append(c.Parts, Part{causes[i].String(), known(p.Value), known(p.Half())})
		words = append(words, fmt.Sprintf("%s %s ±%s", causes[i], output.Signed(shown[i], digits), output.Number(p.Half()*s.Factor, digits)))
	}
	c.Words = fmt.Sprintf("%s ±%s = %s", strings.TrimSpace(output.Signed(whole.Value*s.Factor, digits)+" "+s.DiffUnit), output.Number(whole.Half()*s.Factor, digits), strings.Join(words, ", "))
	return c
}

// shares rounds parts so that, as they are shown, they add up to the whole as it is shown: the largest takes the rest.
func shares(whole float64, parts []estimate.Figure, factor float64, digits int) []float64 {
	scale := math.Pow(10, float64(digits))
	rest, largest := math.Round(whole*scale), 0
	out := make([]float64, len(parts))
	for i, p := range parts {
		out[i] = math.Round(p.Value * factor * scale)
		rest -= out[i]
		if math.Abs(out[i]) > math.Abs(out[largest]) {
			largest = i
		}
	}
	out[largest] += rest
	for i := range out {
		out[i] /= scale
	}
	return out
}

// Separable joins causes until there is an order in which they can be swapped: where no run between can be had, data and
// program, and then all, are told together.
func Separable(causes []Corner, has func(Corner) bool) []Corner {
	if len(Orders(causes, has)) > 0 {
		return causes
	}
	var all Corner
	joined := []Corner{0}
	for _, c := range causes {
		all |= c
		if c == NewConfiguration {
			joined = append(joined, c)
		} else {
			joined[0] |= c
		}
	}
	if joined[0] != 0 && len(joined) < len(causes) && len(Orders(joined, has)) > 0 {
		return joined
	}
	return []Corner{all}
}
