// Package factor draws the economy: one global and several segment factors, each a stationary AR(1) with unit
// variance, turned into multipliers of hazards, on top of a deterministic macro path.
//
// A Design says how the factor paths of a run are drawn; Replicate is the number of paths that make one
// independent unit for standard errors.
package factor
