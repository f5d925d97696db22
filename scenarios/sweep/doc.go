// Package sweep turns a sweep file into cells, each known by the hash of what determines it.
//
// A sweep file names a base experiment, dimensions (any field of an experiment, with the values that it takes) and a design. Load
// reads and checks it, Study.Cells makes the experiments of all cells once the portfolio is known. Cells that differ only in
// policies, laws, macro paths or behaviour of single arms share a World: they are arms of one run. The format is told in README.md
// beside this file.
package sweep
