// Package data holds the tables that relend reads and writes: the portfolio that goes in, the results that
// come out, and the words both are written in (money, months, products, measures, reasons, problems).
//
// It is the ground floor: it imports the standard library only and everybody may import it. Values here are
// plain and owned by whoever made them; nothing in this package starts a goroutine or touches a file.
//
// Two layouts are deliberate. A Portfolio keeps borrowers and loans as slices of small structs, borrowers
// ordered by key hash and each one's loans side by side, because every consumer visits whole borrowers: a
// column per field would touch a dozen cache lines where this touches one or two. Results keep one row of
// integer counters per arm, path and month, because the thirty-odd measures share some sixty counters:
// counters add over workers, shards and borrowers, ratios do not.
package data
