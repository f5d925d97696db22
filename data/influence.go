package data

// Influence is a one-at-a-time pass over the assumed parameters of a run: each halved and doubled, alone, with the same draws.
type Influence struct {
	Paths      int           `json:"paths"`
	Replicates int           `json:"replicates"`       // independent observations behind every standard error
	Sample     int           `json:"sample,omitempty"` // borrowers that each path simulates; 0: all
	Parameters []Influential `json:"parameters"`
	Left       []string      `json:"left,omitempty"` // assumed parameters that were left out: 0, or outside their range when halved and when doubled
}

// Influential is one parameter at one other value.
type Influential struct {
	Parameter string  `json:"parameter"`
	Factor    float64 `json:"factor"` // .5 or 2
	Value     string  `json:"value"`  // as written in YAML
	// Shifts say, by arm, by how much its difference to its reference in the default rate at the horizon moves, a fraction.
	Shifts []Shift `json:"shifts"`
	// Swaps are pairs of arms under one macro path whose order by default rate is told, and turns round.
	Swaps [][2]int `json:"swaps,omitempty"`
}

// Shift is a change with its standard error over replicates.
type Shift struct {
	Value         float64 `json:"value"`
	StandardError float64 `json:"standard_error"`
}
