// Package expect computes what the simulator estimates: the exact conditional expectation of every counter for
// one borrower, given the path of the economy. There is no chance in it.
//
// Run pushes the probability of every state that a borrower can be in forward, month by month (forward equations
// of the finite chain of METHOD.md): one step multiplies the lanes, the leak, the take-up, the end of a shock,
// entry into dependence, first-payment fraud and the outside loans that a bureau shows. Frailty and the
// heterogeneity of demand are integrated by Gauss-Hermite quadrature, dependence at the snapshot by its two
// types. Money is in the state to the minor unit, so states multiply with the horizon; equal states merge, and
// details that no rule in force looks at are left out.
//
// The transitions are written from the text of the method and share no line with those of package sim, so that
// the one can be tested against the other. Shared are the decisions (sim/rule), the cash flows (sim/contract)
// and the parameters (sim/behaviour).
package expect
