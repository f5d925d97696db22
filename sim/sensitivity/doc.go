// Package sensitivity holds the designs and indices of parameter studies: where to evaluate a model and what its answers
// say about its parameters.
//
// Designs are points of the unit cube, one coordinate a parameter: LatinHypercube, Sobol, Halton, SaltelliPoints and
// Trajectories. Each depends on its size and seed alone, and a larger one keeps the points of the smaller one where its
// comment says so. Indices (SobolIndices, ElementaryEffects), boxes (Peel) and roots (Solve) are computed from the
// answers and know nothing of loans.
package sensitivity
