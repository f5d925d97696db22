// Package estimate turns the counts of a run's paths into figures with honest error bars: estimates, paired
// differences, quantiles and tail measures.
//
// New takes the results of a finished run; All gives every measure of every arm and month with its difference
// to the arm's reference. The independent unit is the replicate: Run.Replicate paths (an antithetic pair, say)
// are averaged first and count as one observation. A measure with a denominator is estimated as the ratio of the
// means over replicates, with the standard error of its linearisation; a difference between two arms uses the
// same replicates of both, so what the arms share cancels. Intervals use Student's t with one degree of freedom
// less than there are replicates. Paths with weights (data.Results.Weights) enter every sum with them: figures are ratios of
// weighted means, self-normalised, and quantiles are those of the weighted paths. Every sum runs in path order: the same results give the same bytes.
package estimate
