package factor

// Macro is a deterministic path of the economy: each variable in standard deviations from its baseline, by
// month from the as-of date on. Beyond its end a path keeps its last value; an empty path is 0 throughout.
type Macro struct {
	Name         string
	Title        string
	Source       string
	Status       string // standing of the figures, "" where none is stated
	Unemployment []float64
	GDP          []float64 // growth
	LPR          []float64 // loan prime rate
}

// At returns the variables in month t (0-based).
func (m *Macro) At(t int) (unemployment, gdp, lpr float64) {
	return at(m.Unemployment, t), at(m.GDP, t), at(m.LPR, t)
}

func at(path []float64, t int) float64 {
	if len(path) == 0 {
		return 0
	}
	return path[min(t, len(path)-1)]
}
