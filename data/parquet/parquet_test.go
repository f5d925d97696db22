package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"
	"go.uber.org/goleak"

	"relend/data"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func small(rows int) []Column {
	c := []Column{{Name: "id", Ints: []int64{}}, {Name: "x.y", Floats: []float64{}}, {Name: "word", Strings: []string{}}, {Name: "name", Strings: []string{}}}
	for i := range rows {
		c[0].Ints = append(c[0].Ints, int64(i)*7919-5)
		c[1].Floats = append(c[1].Floats, math.Sqrt(float64(i)))
		if i%10 == 3 {
			c[1].Floats[i] = math.NaN()
		}
		c[2].Strings = append(c[2].Strings, []string{"annuity", "一", ""}[i%3])
		c[3].Strings = append(c[3].Strings, fmt.Sprint("name ", i))
	}
	return c
}

func encode(t testing.TB, columns []Column) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, columns, Options{KeyValue: map[string]string{"b": "2", "a": "1"}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func save(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func sameColumns(a, b []Column) bool {
	return slices.EqualFunc(a, b, func(x, y Column) bool {
		return x.Name == y.Name && slices.Equal(x.Ints, y.Ints) && slices.Equal(x.Strings, y.Strings) &&
			slices.EqualFunc(x.Floats, y.Floats, func(a, b float64) bool { return a == b || a != a && b != b })
	})
}

func TestWriteReadTable(t *testing.T) {
	for _, rows := range []int{0, 1, 8191, 8193, GroupRows + 10} {
		columns := small(rows)
		content := encode(t, columns)
		if again := encode(t, columns); !bytes.Equal(content, again) {
			t.Errorf("%d rows: two writes differ", rows)
		}
		got, meta, err := ReadTable(save(t, content))
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
		if !sameColumns(got, columns) || meta["a"] != "1" || meta["b"] != "2" {
			t.Errorf("%d rows: read something else than written", rows)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		columns []Column
		want    string
	}{
		"lengths":  {[]Column{{Name: "a", Ints: []int64{1}}, {Name: "b", Ints: []int64{}}}, `column "b" has 0 rows, column "a" has 1`},
		"twice":    {[]Column{{Name: "a", Ints: []int64{1}}, {Name: "a", Ints: []int64{1}}}, `column name "a" is empty or given twice`},
		"no type":  {[]Column{{Name: "a"}}, `column "a" needs exactly one of Ints, Floats and Strings`},
		"two type": {[]Column{{Name: "a", Ints: []int64{}, Floats: []float64{}}}, `exactly one of`},
	} {
		if err := Write(&bytes.Buffer{}, c.columns, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, found %v", name, c.want, err)
		}
	}
}

type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	var whole bytes.Buffer
	if err := Write(&whole, small(100), Options{}); err != nil {
		t.Fatal(err)
	}
	size := whole.Len()
	for room := 0; room < size; room += 29 {
		if err := Write(&fullDisk{room}, small(100), Options{}); !errors.Is(err, errFull) {
			t.Fatalf("disk full after %d of %d bytes: %v", room, size, err)
		}
	}
}

// foreign writes columns of many types as other programs do; every column holds the values of two rows, the
// second of which is null where the column is optional.
func foreign(t *testing.T, codec compress.Compression, version parquet.DataPageVersion) string {
	t.Helper()
	opt, req := parquet.Repetitions.Optional, parquet.Repetitions.Required
	node := func(name string, r parquet.Repetition, l schema.LogicalType, p parquet.Type, size int) schema.Node {
		n, err := schema.NewPrimitiveNodeLogical(name, r, l, p, size, -1)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	day := int64(19904) // 2024-06-30
	decimal := func(v int64, size int) []byte {
		b := make([]byte, size)
		x := big.NewInt(v)
		if v < 0 {
			x.Add(x, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
		}
		return x.FillBytes(b)
	}
	var i96 parquet.Int96
	binary.LittleEndian.PutUint64(i96[:], 3600e9)
	binary.LittleEndian.PutUint32(i96[8:], uint32(day+2_440_588))
	types := parquet.Types
	columns := []struct {
		node  schema.Node
		value any
	}{
		{node("i8", opt, schema.NewIntLogicalType(8, true), types.Int32, -1), []int32{-5}},
		{node("u32", req, schema.NewIntLogicalType(32, false), types.Int32, -1), []int32{-1, 7}},
		{node("u64", opt, schema.NewIntLogicalType(64, false), types.Int64, -1), []int64{5}},
		{schema.NewInt64Node("i64", req, -1), []int64{1 << 60, -1}},
		{schema.NewFloat32Node("f32", opt, -1), []float32{0.5}},
		{schema.NewFloat64Node("f64", req, -1), []float64{0.25, math.Inf(1)}},
		{schema.NewBooleanNode("bool", opt, -1), []bool{true}},
		{node("text", opt, schema.StringLogicalType{}, types.ByteArray, -1), []parquet.ByteArray{[]byte("词")}},
		{schema.NewByteArrayNode("bytes", req, -1), []parquet.ByteArray{[]byte("a"), []byte("")}},
		{node("d9", opt, schema.NewDecimalLogicalType(9, 2), types.Int32, -1), []int32{12345}},
		{node("d18", opt, schema.NewDecimalLogicalType(18, 2), types.Int64, -1), []int64{-12345}},
		{node("d38", opt, schema.NewDecimalLogicalType(38, 2), types.FixedLenByteArray, 16), []parquet.FixedLenByteArray{decimal(-12345, 16)}},
		{node("dbytes", opt, schema.NewDecimalLogicalType(20, 3), types.ByteArray, -1), []parquet.ByteArray{decimal(1500, 9)}},
		{node("key", opt, schema.NewDecimalLogicalType(38, 0), types.FixedLenByteArray, 16), []parquet.FixedLenByteArray{decimal(1<<60, 16)}},
		{node("date", opt, schema.DateLogicalType{}, types.Int32, -1), []int32{int32(day)}},
		{node("ms", opt, schema.NewTimestampLogicalType(true, schema.TimeUnitMillis), types.Int64, -1), []int64{day*86_400e3 + 1}},
		{node("us", opt, schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), types.Int64, -1), []int64{-1}},
		{node("ns", opt, schema.NewTimestampLogicalType(true, schema.TimeUnitNanos), types.Int64, -1), []int64{day*86_400e9 + 5}},
		{schema.NewInt96Node("int96", opt, -1), []parquet.Int96{i96}},
		{node("uuid", opt, schema.UUIDLogicalType{}, types.FixedLenByteArray, 16), []parquet.FixedLenByteArray{decimal(255, 16)}},
		{node("time", opt, schema.NewTimeLogicalType(true, schema.TimeUnitMillis), types.Int32, -1), []int32{5}},
	}
	var fields schema.FieldList
	for _, c := range columns {
		fields = append(fields, c.node)
	}
	inner := schema.NewInt32Node("inner", opt, -1)
	fields = append(fields, schema.MustGroup(schema.NewGroupNode("struct", opt, schema.FieldList{inner}, -1)))
	var b bytes.Buffer
	w := file.NewParquetWriter(&b, schema.MustGroup(schema.NewGroupNode("schema", req, fields, -1)),
		file.WithWriterProps(parquet.NewWriterProperties(parquet.WithCompression(codec), parquet.WithDataPageVersion(version))))
	group := w.AppendRowGroup()
	for _, c := range columns {
		chunk, err := group.NextColumn()
		if err != nil {
			t.Fatal(err)
		}
		var levels []int16
		if c.node.RepetitionType() == opt {
			levels = []int16{1, 0}
		}
		switch w := chunk.(type) {
		case *file.Int32ColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]int32), levels, nil)
		case *file.Int64ColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]int64), levels, nil)
		case *file.Int96ColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]parquet.Int96), levels, nil)
		case *file.Float32ColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]float32), levels, nil)
		case *file.Float64ColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]float64), levels, nil)
		case *file.BooleanColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]bool), levels, nil)
		case *file.ByteArrayColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]parquet.ByteArray), levels, nil)
		case *file.FixedLenByteArrayColumnChunkWriter:
			_, err = w.WriteBatch(c.value.([]parquet.FixedLenByteArray), levels, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := chunk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	chunk, err := group.NextColumn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chunk.(*file.Int32ColumnChunkWriter).WriteBatch([]int32{1}, []int16{2, 0}, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(chunk.Close(), group.Close(), w.FlushWithFooter(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return save(t, b.Bytes())
}

func TestForeignTypes(t *testing.T) {
	want := map[string]string{
		"i8": "-5 null", "u32": "4294967295 7", "u64": "5 null", "i64": "1152921504606846976 -1", "f32": "0.5 null", "f64": "0.25 +Inf",
		"bool": "true null", "text": "词 null", "bytes": "a ", "d9": "123.45 null", "d18": "-123.45 null", "d38": "-123.45 null",
		"dbytes": "1.5 null", "key": "1152921504606846976 null", "date": "2024-06-30 null", "ms": "2024-06-30 null", "us": "1969-12-31 null",
		"ns": "2024-06-30 null", "int96": "2024-06-30 null", "uuid": "00000000-0000-0000-0000-0000000000ff null",
	}
	for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd} {
		for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			f, err := Open(foreign(t, codec, version), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var names, unreadable []string
			for _, c := range f.Columns() {
				if c.Kind == Unreadable {
					unreadable = append(unreadable, c.Name+" "+c.Type)
				} else {
					names = append(names, c.Name)
				}
			}
			if got := strings.Join(unreadable, ", "); got != "time TIME (INT32), struct.inner nested INT32" {
				t.Errorf("unreadable: %s", got)
			}
			if len(names) != len(want) {
				t.Errorf("columns: %v", names)
			}
			err = f.Read(context.Background(), names, func(b *Batch) error {
				if b.First != 0 || b.Rows != 2 {
					t.Errorf("batch of rows %d + %d", b.First, b.Rows)
				}
				for i, name := range names {
					var got []string
					for row := range b.Rows {
						v := &b.Columns[i]
						switch {
						case v.IsNull(row):
							got = append(got, "null")
						case v.Kind == Int:
							got = append(got, fmt.Sprint(v.Ints[row]))
						case v.Kind == Float:
							got = append(got, fmt.Sprint(v.Floats[row]))
						case v.Kind == Text:
							got = append(got, string(v.Texts[row]))
						case v.Kind == Bool:
							got = append(got, fmt.Sprint(v.Bools[row]))
						case v.Kind == Date:
							got = append(got, time.Unix(v.Ints[row]*86400, 0).UTC().Format(time.DateOnly))
						}
					}
					if s := strings.Join(got, " "); s != want[name] {
						t.Errorf("%v %s: want %s, found %s", codec, name, want[name], s)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatalf("%v: %v", codec, err)
			}
			err = f.Read(context.Background(), []string{"time", "nothing"}, nil)
			if err == nil || !strings.Contains(err.Error(), "column time: the type TIME (INT32) is not read") || !strings.Contains(err.Error(), "column nothing: no such column") {
				t.Errorf("unreadable and absent columns: %v", err)
			}
		}
	}
}

// read opens and reads all of a file.
func read(path string, limits Limits) error {
	f, err := Open(path, limits)
	if err != nil {
		return err
	}
	defer f.Close()
	var names []string
	for _, c := range f.Columns() {
		if c.Kind != Unreadable {
			names = append(names, c.Name)
		}
	}
	rows := int64(0)
	err = f.Read(context.Background(), names, func(b *Batch) error {
		rows += int64(b.Rows)
		return nil
	})
	if err == nil && rows != f.Rows() {
		return fmt.Errorf("%d of %d rows without an error", rows, f.Rows())
	}
	return err
}

func TestBadFiles(t *testing.T) {
	good := encode(t, small(1000))
	replace := func(old, new string) []byte {
		i := bytes.LastIndex(good, []byte(old))
		if i < 0 {
			t.Fatalf("the footer has no %x", old)
		}
		out := bytes.Clone(good)
		copy(out[i:], new)
		return out
	}
	encrypted := bytes.Clone(good)
	copy(encrypted[len(encrypted)-4:], "PARE")
	long := bytes.Clone(good)
	binary.LittleEndian.PutUint32(long[len(long)-8:], 1<<30)
	for name, c := range map[string]struct {
		content []byte
		limits  Limits
		want    string
	}{
		"empty":       {nil, Limits{}, "x.parquet: the file is empty (0 bytes)"},
		"not parquet": {[]byte("loan_id,balance\n1,2\n3,4\n"), Limits{}, `x.parquet: not a Parquet file: it begins with "loan", not "PAR1"`},
		"truncated":   {good[:len(good)/2], Limits{}, `x.parquet: the file is truncated: it begins as Parquet but does not end with "PAR1"`},
		"short":       {[]byte("PAR1PAR1"), Limits{}, "x.parquet: the file is truncated: it has only 8 bytes"},
		"encrypted":   {encrypted, Limits{}, "x.parquet: the file is encrypted"},
		"footer":      {long, Limits{}, "x.parquet: the file is truncated or damaged: it states a footer of 1073741824 bytes"},
		"cut pages":   {append(bytes.Clone(good[:4]), good[300:]...), Limits{}, "x.parquet: row group 1, column"},
		// The thrift field "codec" followed by the count of values: ZSTD to LZ4_RAW and LZ4.
		"lz4_raw":           {replace("\x15\x0c\x16", "\x15\x0e\x16"), Limits{}, "column name: its compression LZ4_RAW is not supported; rewrite the file"},
		"lz4":               {replace("\x15\x0c\x16", "\x15\x0a\x16"), Limits{}, "column name: its compression LZ4 is not supported; rewrite the file"},
		"byte stream split": {replace("\x19\x25\x00\x06", "\x19\x25\x12\x06"), Limits{}, "column name: its encoding BYTE_STREAM_SPLIT is not supported; rewrite the file"},
		"chunk limit":       {good, Limits{ChunkBytes: 100}, "row group 1, column id: it has 8"},
		"columns limit":     {good, Limits{Columns: 3}, "x.parquet: the file has 4 columns; at most 3 are read"},
		"footer limit":      {good, Limits{FooterBytes: 10}, "at most 10 are read"},
	} {
		t.Run(name, func(t *testing.T) {
			err := read(save(t, c.content), c.limits)
			var problems *data.Problems
			if !errors.As(err, &problems) || problems.Cause != data.BadData || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, found %v", c.want, err)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.parquet"), Limits{}); err == nil || !strings.Contains(err.Error(), "none.parquet: cannot be opened: no such file or directory") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(t.TempDir(), Limits{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
}

// TestCancel: reading ends when the context does or the callback fails, and leaves no goroutine (see TestMain).
func TestCancel(t *testing.T) {
	path := save(t, encode(t, small(50_000)))
	f, err := Open(path, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(context.Background())
	err = f.Read(ctx, []string{"id"}, func(*Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	failure := errors.New("enough")
	if err := f.Read(context.Background(), []string{"id"}, func(*Batch) error { return failure }); err != failure {
		t.Errorf("callback: %v", err)
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.parquet", "a.parquet", "sub/c.PARQUET", "_SUCCESS", "_x/d.parquet", ".a.parquet.crc", "readme.txt", "other/e.txt"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		patterns []string
		want     string
	}{
		{[]string{dir}, "a.parquet b.parquet sub/c.PARQUET"},
		{[]string{at("*.parquet")}, "a.parquet b.parquet"},
		{[]string{at("b.parquet"), at("?.parquet"), at("sub")}, "a.parquet b.parquet sub/c.PARQUET"},
		{[]string{at("readme.txt")}, "readme.txt"},
	} {
		got, err := Expand(c.patterns)
		for i := range got {
			got[i], _ = filepath.Rel(dir, got[i])
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%v: want %s, found %v %v", c.patterns, c.want, got, err)
		}
	}
	for pattern, want := range map[string]string{
		at("other"):     "other: the directory holds no .parquet file (1 other files)",
		at("b.parqet"):  `b.parqet: no such file or directory, did you mean "b.parquet"?`,
		at("*.csv"):     "*.csv: no file matches this pattern",
		at("[.parquet"): "not a valid glob pattern",
	} {
		if _, err := Expand([]string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, found %v", pattern, want, err)
		}
	}
	if _, err := Expand(nil); err == nil {
		t.Error("no pattern is accepted")
	}
}

// TestMutations changes one byte after the other: nothing may panic, hang or lose rows in silence.
func TestMutations(t *testing.T) {
	good := encode(t, small(60))
	path := filepath.Join(t.TempDir(), "m.parquet")
	failures := 0
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= []byte{0x01, 0x80, 0xff}[i%3]
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := read(path, Limits{Stall: 5 * time.Second}); err != nil {
			failures++
			if strings.Contains(err.Error(), "without an error") || strings.Contains(err.Error(), "no progress") {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
	if failures < len(good)/3 {
		t.Errorf("only %d of %d changes were noticed", failures, len(good))
	}
}

// FuzzRead: whatever the bytes, reading ends with rows or an error.
func FuzzRead(f *testing.F) {
	good := encode(f, small(40))
	f.Add(good)
	f.Add(good[:len(good)-20])
	f.Add([]byte("PAR1\x15\x04\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, content []byte) {
		err := read(save(t, content), Limits{Stall: 5 * time.Second, ChunkBytes: 1 << 20})
		if err != nil && (strings.Contains(err.Error(), "without an error") || strings.Contains(err.Error(), "no progress")) {
			t.Fatal(err)
		}
	})
}

// TestStall: decoding that never ends is given up, and the message says where.
func TestStall(t *testing.T) {
	f, err := Open(save(t, encode(t, small(10))), Limits{Stall: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	release := make(chan struct{})
	defer close(release)
	f.reads[1] = func() decoder {
		return func(*chunk, int, []int16, *Vector) error {
			<-release
			return nil
		}
	}
	err = f.Read(context.Background(), []string{"id", "x.y"}, func(*Batch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "x.parquet: row group 1, column x.y: damaged: decoding makes no progress after 50ms") {
		t.Errorf("found %v", err)
	}
}
