// Package parquet reads and writes tables as Parquet. It is the only importer of Arrow, and uses its low-level
// column readers and writers alone: they decode in the caller's goroutine, so that a panic in a damaged file
// can be caught, and they never decode the Arrow schema that some writers hide in the footer.
//
// Foreign files are opened with Open and streamed with File.Read in batches of typed vectors. Tables of our
// own are written with Write (or Writer, group by group) and read back with ReadTable.
package parquet
