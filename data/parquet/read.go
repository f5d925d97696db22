package parquet

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"relend/data"
)

// BatchRows is the largest number of rows of a batch.
const BatchRows = 8192

// Batch is a run of consecutive rows. It is valid until the callback returns.
type Batch struct {
	First   int64 // 0-based row of the file
	Rows    int
	Columns []Vector // in the order asked for
}

// Vector holds the values of one column. The slice of its Kind is set and has one value a row; where a value is
// null the slice holds something arbitrary.
type Vector struct {
	Kind   Kind
	Ints   []int64 // of Int and Date
	Floats []float64
	Texts  [][]byte
	Bools  []bool
	Null   []bool // nil when the batch has no null
}

// IsNull tells whether the value of a row is null.
func (v *Vector) IsNull(row int) bool { return v.Null != nil && v.Null[row] }

// Read streams the named columns through fn, batch by batch in the order of the file; batches end at row
// groups. The next batch is decoded while fn runs. Every number of rows is checked against the footer. Read
// ends early when ctx is done, when fn fails (its error is returned as it is), or when decoding makes no
// progress for Limits.Stall; in the last case a goroutine may be left spinning, since Go cannot stop it, so the
// caller should end the process. A File is read by one caller at a time.
func (f *File) Read(ctx context.Context, names []string, fn func(*Batch) error) error {
	return f.ReadFrom(ctx, 0, names, fn)
}

// ReadFrom is Read without the row groups that end before a row, counted from 0. The batches are those of Read.
func (f *File) ReadFrom(ctx context.Context, row int64, names []string, fn func(*Batch) error) error {
	indices := make([]int, len(names))
	problems := &data.Problems{Cause: data.BadData}
	for i, name := range names {
		at := slices.IndexFunc(f.fields, func(c Field) bool { return c.Name == name })
		switch {
		case at < 0:
			problems.List = append(problems.List, data.Problem{File: f.path, Path: "column " + name, Message: "no such column"})
		case f.fields[at].Kind == Unreadable:
			problems.List = append(problems.List, data.Problem{File: f.path, Path: "column " + name,
				Message: fmt.Sprintf("the type %s is not read", f.fields[at].Type)})
		case slices.ContainsFunc(f.fields[at+1:], func(c Field) bool { return c.Name == name }):
			problems.List = append(problems.List, data.Problem{File: f.path, Path: "column " + name, Message: "two columns have this name"})
		default:
			indices[i] = at
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}

	s := &stream{f: f, from: row, names: names, indices: indices, full: make(chan *Batch), free: make(chan *Batch, 2), quit: make(chan struct{})}
	defer close(s.quit)
	for range 2 {
		s.free <- &Batch{Columns: make([]Vector, len(names))}
	}
	failed := make(chan error, 1)
	go func() {
		err := guard("damaged", s.run)
		if err == nil {
			close(s.full)
			return
		}
		failed <- s.problem("%v", err)
	}()

	stall := time.NewTimer(f.limits.Stall)
	defer stall.Stop()
	for {
		stall.Reset(f.limits.Stall)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case <-stall.C:
			return s.problem("damaged: decoding makes no progress after %s", f.limits.Stall)
		case b, more := <-s.full:
			if !more {
				return nil
			}
			if err := fn(b); err != nil {
				return err
			}
			s.free <- b
		}
	}
}

// stream decodes in its own goroutine: two batches go round between it and Read.
type stream struct {
	f          *File
	from       int64 // row
	names      []string
	indices    []int
	full, free chan *Batch
	quit       chan struct{}
	where      atomic.Value // string: row group and column at work, for the message of a failure
}

func (s *stream) problem(format string, args ...any) error {
	where, _ := s.where.Load().(string)
	return &data.Problems{Cause: data.BadData, List: []data.Problem{{File: s.f.path, Path: where, Message: fmt.Sprintf(format, args...)}}}
}

var errQuit = errors.New("reading was given up")

func (s *stream) run() error {
	first := int64(0)
	levels := make([]int16, BatchRows)
	decoders := make([]decoder, len(s.indices))
	for i, at := range s.indices {
		decoders[i] = s.f.reads[at]()
	}
	for g := range s.f.reader.NumRowGroups() {
		group := s.f.reader.RowGroup(g)
		rows := group.NumRows()
		if first+rows <= s.from {
			first += rows
			continue
		}
		chunks := make([]*chunk, len(s.indices))
		places := make([]string, len(s.indices))
		for i, name := range s.names {
			places[i] = fmt.Sprintf("row group %d, column %s", g+1, name)
		}
		place := func(i int) { s.where.Store(places[i]) }
		for i, at := range s.indices {
			place(i)
			var err error
			if chunks[i], err = s.f.chunk(group, at); err != nil {
				return err
			}
		}
		for done := int64(0); done < rows; {
			var b *Batch
			select {
			case b = <-s.free:
			case <-s.quit:
				return errQuit
			}
			n := int(min(rows-done, BatchRows))
			b.First, b.Rows = first+done, n
			for i, at := range s.indices {
				place(i)
				v := &b.Columns[i]
				v.Kind, v.Null = s.f.fields[at].Kind, nil
				if err := decoders[i](chunks[i], n, levels, v); err != nil {
					return err
				}
			}
			select {
			case s.full <- b:
			case <-s.quit:
				return errQuit
			}
			done += int64(n)
		}
		for i, c := range chunks {
			place(i)
			if c.HasNext() {
				return fmt.Errorf("it holds more values than the %d rows stated", rows)
			}
			if c.Err() != nil {
				return c.Err()
			}
		}
		first += rows
	}
	return nil
}

// decoder reads the next n values of a chunk into v. It has a buffer of its own, so a maker of decoders is what
// a column keeps.
type (
	decoder func(c *chunk, n int, levels []int16, v *Vector) error
	maker   func() decoder
)

var errEnd = errors.New("it ends early: the file is truncated or damaged")

type batchReader[T any] interface {
	file.ColumnChunkReader
	ReadBatch(int64, []T, []int16, []int16) (int64, int, error)
}

// decode makes decoders for the physical type T and a destination slice of V.
func decode[T, V any](optional bool, slot func(*Vector) *[]V, convert func(T) (V, error)) maker {
	return func() decoder { return newDecoder(optional, slot, convert) }
}

func newDecoder[T, V any](optional bool, slot func(*Vector) *[]V, convert func(T) (V, error)) decoder {
	values := make([]T, BatchRows)
	return func(c *chunk, n int, levels []int16, v *Vector) error {
		r, ok := c.ColumnChunkReader.(batchReader[T])
		if !ok {
			return fmt.Errorf("its physical type differs from the schema")
		}
		out := slot(v)
		if cap(*out) < n {
			*out = make([]V, BatchRows)
		}
		*out = (*out)[:n]
		if !optional {
			levels = nil
		}
		for done := 0; done < n; {
			if !r.HasNext() {
				if err := r.Err(); err != nil {
					return err
				}
				return errEnd
			}
			total, read, err := r.ReadBatch(int64(n-done), values, levels, nil)
			if err == nil {
				err = r.Err()
			}
			if err != nil {
				return err
			}
			if c.pages.short {
				return errEnd
			}
			if total <= 0 || int(total) > n-done || read < 0 || read > int(total) || !optional && read != int(total) {
				return fmt.Errorf("its value counts do not agree: the file is damaged")
			}
			k := 0
			for i := range int(total) {
				if optional && levels[i] == 0 {
					if v.Null == nil {
						v.Null = make([]bool, n)
					}
					v.Null[done+i] = true
					continue
				}
				if k == read {
					return fmt.Errorf("its value counts do not agree: the file is damaged")
				}
				if (*out)[done+i], err = convert(values[k]); err != nil {
					return err
				}
				k++
			}
			if k != read {
				return fmt.Errorf("its value counts do not agree: the file is damaged")
			}
			done += int(total)
		}
		return nil
	}
}

func ints(v *Vector) *[]int64     { return &v.Ints }
func floats(v *Vector) *[]float64 { return &v.Floats }
func texts(v *Vector) *[][]byte   { return &v.Texts }
func bools(v *Vector) *[]bool     { return &v.Bools }

// describe maps the many physical and logical types of the format to the few kinds of this package.
func describe(c *schema.Column) (Field, maker) {
	f := Field{Name: c.Name(), Type: typeName(c), Kind: Unreadable}
	if len(c.ColumnPath()) != 1 || c.MaxRepetitionLevel() > 0 || c.MaxDefinitionLevel() > 1 {
		f.Name, f.Type = c.Path(), "nested "+f.Type
		return f, nil
	}
	optional := c.MaxDefinitionLevel() == 1
	var d maker
	switch l := c.LogicalType().(type) {
	case *schema.DecimalLogicalType:
		f.Kind, d = decimal(c.PhysicalType(), optional, int(l.Scale()))
	case schema.DateLogicalType:
		f.Kind, d = Date, decode(optional, ints, func(v int32) (int64, error) { return int64(v), nil })
	case *schema.TimestampLogicalType:
		perDay := map[schema.TimeUnitType]int64{schema.TimeUnitMillis: 86_400e3, schema.TimeUnitMicros: 86_400e6, schema.TimeUnitNanos: 86_400e9}[l.TimeUnit()]
		if perDay > 0 {
			f.Kind, d = Date, decode(optional, ints, func(v int64) (int64, error) { return floorDiv(v, perDay), nil })
		}
	case *schema.IntLogicalType:
		signed := l.IsSigned()
		if c.PhysicalType() == parquet.Types.Int64 {
			f.Kind, d = Int, decode(optional, ints, func(v int64) (int64, error) {
				if !signed && v < 0 {
					return 0, fmt.Errorf("the value %d is too large", uint64(v))
				}
				return v, nil
			})
		} else {
			f.Kind, d = Int, decode(optional, ints, func(v int32) (int64, error) {
				if !signed {
					return int64(uint32(v)), nil
				}
				return int64(v), nil
			})
		}
	case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
		f.Kind, d = Text, decode(optional, texts, func(v parquet.ByteArray) ([]byte, error) { return v, nil })
	case schema.UUIDLogicalType:
		f.Kind, d = Text, decode(optional, texts, uuid)
	case schema.NoLogicalType, schema.NullLogicalType, schema.UnknownLogicalType:
		switch c.PhysicalType() {
		case parquet.Types.Int32:
			f.Kind, d = Int, decode(optional, ints, func(v int32) (int64, error) { return int64(v), nil })
		case parquet.Types.Int64:
			f.Kind, d = Int, decode(optional, ints, func(v int64) (int64, error) { return v, nil })
		case parquet.Types.Float:
			f.Kind, d = Float, decode(optional, floats, func(v float32) (float64, error) { return float64(v), nil })
		case parquet.Types.Double:
			f.Kind, d = Float, decode(optional, floats, func(v float64) (float64, error) { return v, nil })
		case parquet.Types.Boolean:
			f.Kind, d = Bool, decode(optional, bools, func(v bool) (bool, error) { return v, nil })
		case parquet.Types.ByteArray:
			f.Kind, d = Text, decode(optional, texts, func(v parquet.ByteArray) ([]byte, error) { return v, nil })
		case parquet.Types.Int96:
			f.Kind, d = Date, decode(optional, ints, int96Day)
		}
	}
	return f, d
}

func typeName(c *schema.Column) string {
	if d, ok := c.LogicalType().(*schema.DecimalLogicalType); ok {
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Precision(), d.Scale())
	}
	physical := strings.ToUpper(c.PhysicalType().String())
	if l := c.LogicalType(); l != nil && !l.IsNone() {
		name, _, _ := strings.Cut(l.String(), "(")
		return strings.ToUpper(name) + " (" + physical + ")"
	}
	return physical
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// int96Day reads the timestamps of old Spark and Impala: nanoseconds of the day, then the Julian day.
func int96Day(v parquet.Int96) (int64, error) {
	const julianEpoch, nanosPerDay = 2_440_588, 86_400e9
	return int64(binary.LittleEndian.Uint32(v[8:])) - julianEpoch + floorDiv(int64(binary.LittleEndian.Uint64(v[:8])), nanosPerDay), nil
}

func uuid(v parquet.FixedLenByteArray) ([]byte, error) {
	if len(v) != 16 {
		return nil, fmt.Errorf("a UUID of %d bytes", len(v))
	}
	h := hex.EncodeToString(v)
	return []byte(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]), nil
}

// decimal hands out decimals without digits after the point as Int (keys are often written so), others as the
// nearest float64.
func decimal(physical parquet.Type, optional bool, scale int) (Kind, maker) {
	if scale < 0 || scale > 38 {
		return Unreadable, nil
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	float := func(unscaled int64) (float64, error) {
		if scale <= 22 && unscaled >= -1<<53 && unscaled <= 1<<53 {
			return float64(unscaled) / math.Pow10(scale), nil // both exact, so correctly rounded
		}
		v, _ := new(big.Rat).SetFrac(big.NewInt(unscaled), power).Float64()
		return v, nil
	}
	wide := func(b []byte) (int64, *big.Int) {
		x := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 { // two's complement
			x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		if x.IsInt64() {
			return x.Int64(), nil
		}
		return 0, x
	}
	wideInt := func(b []byte) (int64, error) {
		v, large := wide(b)
		if large != nil {
			return 0, fmt.Errorf("the value %s is too large", large)
		}
		return v, nil
	}
	wideFloat := func(b []byte) (float64, error) {
		v, large := wide(b)
		if large != nil {
			f, _ := new(big.Rat).SetFrac(large, power).Float64()
			return f, nil
		}
		return float(v)
	}
	switch {
	case physical == parquet.Types.Int32 && scale == 0:
		return Int, decode(optional, ints, func(v int32) (int64, error) { return int64(v), nil })
	case physical == parquet.Types.Int32:
		return Float, decode(optional, floats, func(v int32) (float64, error) { return float(int64(v)) })
	case physical == parquet.Types.Int64 && scale == 0:
		return Int, decode(optional, ints, func(v int64) (int64, error) { return v, nil })
	case physical == parquet.Types.Int64:
		return Float, decode(optional, floats, func(v int64) (float64, error) { return float(v) })
	case physical == parquet.Types.FixedLenByteArray && scale == 0:
		return Int, decode(optional, ints, func(v parquet.FixedLenByteArray) (int64, error) { return wideInt(v) })
	case physical == parquet.Types.FixedLenByteArray:
		return Float, decode(optional, floats, func(v parquet.FixedLenByteArray) (float64, error) { return wideFloat(v) })
	case physical == parquet.Types.ByteArray && scale == 0:
		return Int, decode(optional, ints, func(v parquet.ByteArray) (int64, error) { return wideInt(v) })
	case physical == parquet.Types.ByteArray:
		return Float, decode(optional, floats, func(v parquet.ByteArray) (float64, error) { return wideFloat(v) })
	}
	return Unreadable, nil
}

// ReadTable reads a table written by Write: its columns and its metadata.
func ReadTable(path string) ([]Column, map[string]string, error) {
	f, err := Open(path, Limits{})
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	rows := min(f.Rows(), GroupRows) // the footer may lie
	columns := make([]Column, len(f.fields))
	names := make([]string, len(f.fields))
	for i, c := range f.fields {
		names[i], columns[i].Name = c.Name, c.Name
		switch c.Kind {
		case Int:
			columns[i].Ints = make([]int64, 0, rows)
		case Float:
			columns[i].Floats = make([]float64, 0, rows)
		case Text:
			columns[i].Strings = make([]string, 0, rows)
		default:
			return nil, nil, fmt.Errorf("%s: column %s: the type %s is not that of a result table", path, c.Name, c.Type)
		}
	}
	words := map[string]string{} // texts repeat: keep each once
	err = f.Read(context.Background(), names, func(b *Batch) error {
		for i := range b.Columns {
			v, c := &b.Columns[i], &columns[i]
			for row := range b.Rows {
				switch {
				case v.IsNull(row) && v.Kind != Float:
					return fmt.Errorf("%s: column %s: row %d is null", path, c.Name, b.First+int64(row)+1)
				case v.IsNull(row):
					c.Floats = append(c.Floats, math.NaN())
				case v.Kind == Int:
					c.Ints = append(c.Ints, v.Ints[row])
				case v.Kind == Float:
					c.Floats = append(c.Floats, v.Floats[row])
				default:
					word, ok := words[string(v.Texts[row])]
					if !ok {
						word = string(v.Texts[row])
						if len(words) < 1<<16 {
							words[word] = word
						}
					}
					c.Strings = append(c.Strings, word)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return columns, f.KeyValue(), nil
}
