// Package behaviour holds the behaviour of borrowers: the parameters with their meaning, range and source, and
// the hazards of the risk, demand and outside lanes that follow from them.
//
// Params is a plain value. Registry lists each parameter with the name under which experiments set it. The
// hazards (hazard.go) are grouped proportional hazards: a lane with total hazard L in a month fires with
// probability 1-exp(-L), its causes in proportion to their parts of L.
package behaviour
