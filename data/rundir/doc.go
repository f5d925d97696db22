// Package rundir writes, opens, hashes and verifies run directories, whole or not at all.
//
// A Writer fills a hidden sibling of the final directory; Commit writes manifest.json last and renames the
// sibling, so that whatever has the final name is complete. Open reads a finished directory back and refuses one
// that is newer than the program, damaged or changed. Redraw starts a new version of a finished directory that
// keeps what the run computed and lets everything drawn from it be written again.
//
// The counts of a run are written to results/paths.parquet as they are shared by the measures: one row per arm,
// path and month with a column per counter. A row per measure would repeat each counter several times.
// What rules do (results/ledger.parquet) is counted in batches of paths instead: there are ten times as many rules as
// arms, and the spread of up to 64 batches tells the error of a mean well enough.
// Where paths have weights (the design importance) a last column, weight, repeats that of the path.
package rundir
