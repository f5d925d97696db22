package parquet

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// Column is one column of a table that lies in memory. Exactly one of the slices is set (not nil, though it
// may be empty).
type Column struct {
	Name    string
	Ints    []int64   // INT64, never null
	Floats  []float64 // DOUBLE; NaN is written as null and read back as NaN
	Strings []string  // UTF-8 text, never null
}

// Options are the choices of a writer.
type Options struct {
	KeyValue map[string]string // metadata of the file, written in the order of the keys
}

// GroupRows is the largest number of rows in a row group of the files written here.
const GroupRows = 262_144

// Write writes the columns as one Parquet file: zstd, row groups of at most GroupRows. The same columns and
// options give the same bytes. It fails when the columns differ in length, when a name is empty or given
// twice, or when w fails.
func Write(w io.Writer, columns []Column, opts Options) error {
	rows := 0
	if len(columns) > 0 {
		rows = columns[0].len()
	}
	for _, c := range columns {
		if c.len() != rows {
			return fmt.Errorf("write parquet: column %q has %d rows, column %q has %d", c.Name, c.len(), columns[0].Name, rows)
		}
	}
	t, err := NewWriter(w, columns, opts)
	if err != nil {
		return err
	}
	group := make([]Column, len(columns))
	for from := 0; from < rows; from += GroupRows {
		to := min(from+GroupRows, rows)
		for i, c := range columns {
			group[i] = c.slice(from, to)
		}
		if err := t.WriteGroup(group); err != nil {
			return err
		}
	}
	return t.Close()
}

func (c Column) len() int { return len(c.Ints) + len(c.Floats) + len(c.Strings) }

func (c Column) slice(from, to int) Column {
	switch {
	case c.Ints != nil:
		c.Ints = c.Ints[from:to]
	case c.Floats != nil:
		c.Floats = c.Floats[from:to]
	default:
		c.Strings = c.Strings[from:to]
	}
	return c
}

// sameKind tells whether two columns have the same name and type.
func (c Column) sameKind(o Column) bool {
	return c.Name == o.Name && (c.Ints != nil) == (o.Ints != nil) && (c.Floats != nil) == (o.Floats != nil) &&
		(c.Strings != nil) == (o.Strings != nil)
}

// Writer writes a table group by group, for tables too large for the memory.
type Writer struct {
	out     *sink
	w       *file.Writer
	columns []Column // names and types
}

// sink remembers the first failure, because the library drops some, and hides Close from the library.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// NewWriter starts a table with the names and types of the given columns. Their values are not written, but
// text columns whose values repeat get a dictionary, so give those of the first group.
func NewWriter(w io.Writer, columns []Column, opts Options) (t *Writer, err error) {
	s := &sink{w: w}
	defer func() {
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("write parquet: %v", r)
		}
		if s.err != nil { // the library panics when the first write fails
			t, err = nil, s.err
		}
	}()
	props := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithDictionaryDefault(false),
		parquet.WithCreatedBy("relend"),
	}
	var fields schema.FieldList
	seen := map[string]bool{}
	for _, c := range columns {
		if c.Name == "" || seen[c.Name] {
			return nil, fmt.Errorf("write parquet: column name %q is empty or given twice", c.Name)
		}
		seen[c.Name] = true
		var node schema.Node
		switch {
		case c.Ints != nil && c.Floats == nil && c.Strings == nil:
			node = schema.NewInt64Node(c.Name, parquet.Repetitions.Required, -1)
		case c.Floats != nil && c.Ints == nil && c.Strings == nil:
			node = schema.NewFloat64Node(c.Name, parquet.Repetitions.Optional, -1)
		case c.Strings != nil && c.Ints == nil && c.Floats == nil:
			node, err = schema.NewPrimitiveNodeLogical(c.Name, parquet.Repetitions.Required, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
			if err != nil {
				return nil, fmt.Errorf("write parquet: column %q: %w", c.Name, err)
			}
			// A column path is split at dots by the library, so the path is given whole.
			props = append(props, parquet.WithDictionaryPath(parquet.ColumnPath{c.Name}, repeats(c.Strings)))
		default:
			return nil, fmt.Errorf("write parquet: column %q needs exactly one of Ints, Floats and Strings", c.Name)
		}
		fields = append(fields, node)
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, fmt.Errorf("write parquet: %w", err)
	}
	meta := metadata.NewKeyValueMetadata()
	for _, k := range slices.Sorted(maps.Keys(opts.KeyValue)) {
		if err := meta.Append(k, opts.KeyValue[k]); err != nil {
			return nil, fmt.Errorf("write parquet: metadata %q: %w", k, err)
		}
	}
	t = &Writer{out: s, columns: make([]Column, len(columns))}
	for i, c := range columns {
		t.columns[i] = c.slice(0, 0)
	}
	t.w = file.NewParquetWriter(s, root, file.WithWriterProps(parquet.NewWriterProperties(props...)), file.WithWriteMetadata(meta))
	return t, nil
}

// repeats tells whether a dictionary pays and surely fits one page: when a dictionary overflows, the library
// falls back to plain and the bytes of the footer depend on the order of a map.
func repeats(values []string) bool {
	const maxDistinct, maxBytes = 4096, 256 << 10
	seen, bytes := map[string]bool{}, 0
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			if bytes += len(v); len(seen) > maxDistinct || bytes > maxBytes {
				return false
			}
		}
	}
	return len(seen) <= len(values)/2
}

// WriteGroup writes one row group: columns of the names and types given to NewWriter, all of one length.
func (t *Writer) WriteGroup(columns []Column) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("write parquet: %v", r)
		}
		if t.out.err != nil {
			err = t.out.err
		}
	}()
	if !slices.EqualFunc(columns, t.columns, Column.sameKind) {
		return fmt.Errorf("write parquet: the columns of a row group differ from those of the table")
	}
	group := t.w.AppendRowGroup()
	for _, c := range columns {
		w, err := group.NextColumn()
		if err != nil {
			return fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
		switch w := w.(type) {
		case *file.Int64ColumnChunkWriter:
			_, err = w.WriteBatch(c.Ints, nil, nil)
		case *file.Float64ColumnChunkWriter:
			values, levels := make([]float64, 0, len(c.Floats)), make([]int16, len(c.Floats))
			for i, v := range c.Floats {
				if !math.IsNaN(v) {
					values, levels[i] = append(values, v), 1
				}
			}
			_, err = w.WriteBatch(values, levels, nil)
		case *file.ByteArrayColumnChunkWriter:
			values := make([]parquet.ByteArray, len(c.Strings))
			for i, v := range c.Strings {
				values[i] = parquet.ByteArray(v)
			}
			_, err = w.WriteBatch(values, nil, nil)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
	}
	if err := group.Close(); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	return nil
}

// Close writes the footer. It does not close the writer given to NewWriter.
func (t *Writer) Close() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("write parquet: %v", r)
		}
		if t.out.err != nil {
			err = t.out.err
		}
	}()
	if err := t.w.FlushWithFooter(); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	return t.w.Close()
}
