package data

import (
	"strconv"
	"strings"
)

// Sweep says what a parameter study consists of: its dimensions, its cells, and what is to be told of them. It holds no
// clock, host or path of a machine.
type Sweep struct {
	Format      int               `json:"format"`
	Program     string            `json:"program"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Currency    string            `json:"currency"`
	Method      string            `json:"method"` // of the design
	Size        int               `json:"size"`   // of the design: points, blocks or trajectories; 0 where it has none
	Months      int               `json:"months"` // horizon of the base experiment
	Paths       int               `json:"paths"`
	Level       float64           `json:"level"` // of every interval
	Dimensions  []SweepDimension  `json:"dimensions"`
	Arms        []SweepArm        `json:"arms"`
	Outputs     []Output          `json:"outputs"`
	Points      []SweepPoint      `json:"points"`
	Cells       []SweepCell       `json:"cells"`    // all arms at a point, point by point; at the end the base cells
	Base        []int             `json:"base"`     // by arm: the cell in which every dimension has the base experiment's value
	Excluded    int               `json:"excluded"` // points that the constraints leave out
	Frontier    []int             `json:"frontier"` // two outputs, or none
	Discover    []SweepDiscovery  `json:"discover"`
	Inputs      map[string]string `json:"inputs"` // what else determines results: files by name and hash
	Warnings    []string          `json:"warnings"`
	Share       *SweepShare       `json:"share,omitempty"` // nil: all of it
}

// SweepFormat is the version of the sweep directory written by this program.
const SweepFormat = 1

// SweepShare says which of a sweep's cells a directory is for.
type SweepShare struct {
	Part int      `json:"part"` // 1 to Of
	Of   int      `json:"of"`
	Keys []string `json:"keys"` // of its cells
}

// Keys are those of the cells that a directory is for, references of their worlds included, each once.
func (s *Sweep) Keys() (keys []string) {
	if s.Share != nil {
		return s.Share.Keys
	}
	seen := map[string]bool{}
	for _, c := range s.Cells {
		for _, k := range []string{c.Key, c.Reference} {
			if !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// SweepDimension is one thing that differs between cells.
type SweepDimension struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Paths     []string `json:"paths"` // fields of the experiment
	Unit      string   `json:"unit"`  // "%", "months", "days", a currency, or ""
	Ordered   bool     `json:"ordered"`
	Base      string   `json:"base"`      // value of the base experiment as written there; "none" where it has none
	Uncertain bool     `json:"uncertain"` // not chosen but unknown
	Scenario  bool     `json:"scenario"`  // not chosen: the world that a choice meets
	Levels    []string `json:"levels"`    // values in order, where they were listed
}

// SweepArm is an arm of the base experiment that every point changes.
type SweepArm struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Output is a measure at a month that a sweep reports, or its difference to the reference arm of the same cell.
type Output struct {
	Name       string `json:"name"` // as written: [diff:]MEASURE[@MONTH]
	Measure    string `json:"measure"`
	Month      int    `json:"month"`
	Difference bool   `json:"difference"`
}

// SweepDiscovery asks where in the space of parameters an output lies beyond a threshold.
type SweepDiscovery struct {
	Output    int     `json:"output"`
	Above     bool    `json:"above"`
	Threshold float64 `json:"threshold"` // in the measure's own unit
}

// SweepPoint is one setting of all dimensions.
type SweepPoint struct {
	Values []string  `json:"values"`          // as written, by dimension
	Unit   []float64 `json:"unit,omitempty"`  // coordinates in the unit cube, by dimension, of designs that need them
	World  int       `json:"world,omitempty"` // setting of the uncertain dimensions and scenarios, counted from 0
}

// SweepCell is one arm at one point.
type SweepCell struct {
	Point     int    `json:"point"` // -1: the base
	Arm       int    `json:"arm"`
	Key       string `json:"key"`       // hash of all that determines the results
	Reference string `json:"reference"` // key of the reference arm in the cell's world
}

// Values are the settings of a cell's dimensions as written.
func (s *Sweep) Values(c SweepCell) []string {
	if c.Point >= 0 {
		return s.Points[c.Point].Values
	}
	var base []string
	for _, d := range s.Dimensions {
		base = append(base, d.Base)
	}
	return base
}

// Sums are numerators and denominators of a measure at a month, by independent replicate.
type Sums struct {
	Measure  string
	Month    int
	Num, Den []float64
}

// ParseQuantity reads a number with its unit: shares as fractions ("%", "bp"), times in months or days, amounts in
// whole units of their currency. It is false for words.
func ParseQuantity(text string) (value float64, unit string, ok bool) {
	at := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("+-0123456789.eE", r) })
	number := text
	if at >= 0 {
		number, unit = text[:at], strings.TrimSpace(text[at:])
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, "", false
	}
	switch unit {
	case "%":
		return value / 100, "%", true
	case "bp":
		return value / 10_000, "%", true
	case "month", "months":
		return value, "months", true
	case "year", "years":
		return value * 12, "months", true
	case "day", "days":
		return value, "days", true
	case "week", "weeks":
		return value * 7, "days", true
	}
	return value, unit, true
}
