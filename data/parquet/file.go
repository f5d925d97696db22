package parquet

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"

	"relend/data"
)

// Limits guard against files that would exhaust the memory or never end. The zero value of a field means its
// default.
type Limits struct {
	ChunkBytes  int64         // uncompressed size of a column chunk and of a page; default 256 MiB
	FooterBytes int64         // default 64 MiB
	RowGroups   int           // default 100,000
	Columns     int           // default 10,000
	Stall       time.Duration // time without a batch after which decoding is given up; default 60 s
}

func (l Limits) withDefaults() Limits {
	if l.ChunkBytes == 0 {
		l.ChunkBytes = 256 << 20
	}
	if l.FooterBytes == 0 {
		l.FooterBytes = 64 << 20
	}
	if l.RowGroups == 0 {
		l.RowGroups = 100_000
	}
	if l.Columns == 0 {
		l.Columns = 10_000
	}
	if l.Stall == 0 {
		l.Stall = 60 * time.Second
	}
	return l
}

// Kind is the form in which values are handed out, whatever their physical type in the file.
type Kind uint8

const (
	Int        Kind = iota // whole numbers, decimals without digits after the point
	Float                  // floats and other decimals
	Text                   // UTF-8, enum, JSON, UUID
	Bool                   //
	Date                   // dates and timestamps, as days since 1970-01-01 (UTC)
	Unreadable             // lists, maps, structs, times of day and the like
)

var kindNames = [...]string{"whole number", "number", "text", "true/false", "date", "unreadable"}

func (k Kind) String() string { return kindNames[k] }

// Field describes a column of a file.
type Field struct {
	Name string
	Kind Kind
	Type string // the file's own type, such as "INT64" or "DECIMAL(18,2)", for messages
}

// File is an open Parquet file whose footer has been checked.
type File struct {
	path   string
	limits Limits
	os     *os.File
	bytes  int64
	reader *file.Reader
	memory memory.Allocator
	fields []Field
	reads  []maker // by column
}

// Open opens a file and checks its footer. The error names the file.
func Open(path string, limits Limits) (*File, error) {
	f := &File{path: path, limits: limits.withDefaults()}
	if err := f.open(); err != nil {
		f.Close()
		return nil, &data.Problems{Cause: data.BadData, List: []data.Problem{{File: path, Message: err.Error()}}}
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error {
	if f.os == nil {
		return nil
	}
	return f.os.Close()
}

// Columns lists the columns in the order of the file.
func (f *File) Columns() []Field { return f.fields }

// Rows returns the number of rows that the footer states; Read checks that they are there.
func (f *File) Rows() int64 { return f.reader.NumRows() }

// KeyValue returns the metadata stored in the file.
func (f *File) KeyValue() map[string]string {
	out := map[string]string{}
	kv := f.reader.MetaData().KeyValueMetadata()
	keys, values := kv.Keys(), kv.Values()
	for i := range keys {
		out[keys[i]] = values[i]
	}
	return out
}

// Source hashes the file and returns its description. It ends early when ctx is done.
func (f *File) Source(ctx context.Context) (data.Source, error) {
	h, rest := sha256.New(), io.NewSectionReader(f.os, 0, f.bytes)
	for {
		_, err := io.CopyN(h, rest, 16<<20)
		if ctx.Err() != nil {
			return data.Source{}, ctx.Err()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return data.Source{}, fmt.Errorf("%s: cannot be read: %w", f.path, bare(err))
		}
	}
	return data.Source{Name: filepath.Base(f.path), SHA256: hex.EncodeToString(h.Sum(nil)), Bytes: f.bytes, Rows: f.Rows()}, nil
}

var magic = []byte("PAR1")

func (f *File) open() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("cannot be opened: %w", bare(err))
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a regular file")
	}
	if f.os, err = os.Open(f.path); err != nil {
		return fmt.Errorf("cannot be opened: %w", bare(err))
	}
	f.bytes = info.Size()
	if err := f.checkFrame(); err != nil {
		return err
	}
	opened := make(chan error, 1)
	go func() {
		opened <- guard("the footer is damaged", func() error {
			f.memory = &allocator{memory.NewGoAllocator(), f.limits.ChunkBytes}
			whole := io.NewSectionReader(f.os, 0, f.bytes)
			if f.reader, err = file.NewParquetReader(whole, file.WithReadProps(parquet.NewReaderProperties(f.memory))); err != nil {
				return fmt.Errorf("the footer is damaged: %w", err)
			}
			return f.checkFooter()
		})
	}()
	select {
	case err := <-opened:
		return err
	case <-time.After(f.limits.Stall):
		return fmt.Errorf("the footer is damaged: reading it makes no progress after %s", f.limits.Stall)
	}
}

// checkFrame looks at the magic words and the length of the footer, before the library sees the file.
func (f *File) checkFrame() error {
	if f.bytes == 0 {
		return fmt.Errorf("the file is empty (0 bytes)")
	}
	head, tail := make([]byte, 4), make([]byte, 8)
	if _, err := f.os.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("cannot be read: %w", bare(err))
	}
	if bytes.Equal(head, []byte("PARE")) {
		return fmt.Errorf("the file is encrypted; encrypted Parquet is not read")
	}
	if !bytes.Equal(head, magic) {
		return fmt.Errorf("not a Parquet file: it begins with %q, not %q", head, magic)
	}
	if f.bytes < 16 {
		return fmt.Errorf("the file is truncated: it has only %d bytes", f.bytes)
	}
	if _, err := f.os.ReadAt(tail, f.bytes-8); err != nil {
		return fmt.Errorf("cannot be read: %w", bare(err))
	}
	if bytes.Equal(tail[4:], []byte("PARE")) {
		return fmt.Errorf("the file is encrypted; encrypted Parquet is not read")
	}
	if !bytes.Equal(tail[4:], magic) {
		return fmt.Errorf("the file is truncated: it begins as Parquet but does not end with %q", magic)
	}
	footer := int64(binary.LittleEndian.Uint32(tail))
	if footer > f.bytes-12 {
		return fmt.Errorf("the file is truncated or damaged: it states a footer of %d bytes in a file of %d", footer, f.bytes)
	}
	if footer > f.limits.FooterBytes {
		return fmt.Errorf("the footer has %d bytes; at most %d are read", footer, f.limits.FooterBytes)
	}
	return nil
}

// checkFooter checks every count that the decoding will rely on.
func (f *File) checkFooter() error {
	meta := f.reader.MetaData()
	columns, groups := meta.Schema.NumColumns(), f.reader.NumRowGroups()
	if columns > f.limits.Columns {
		return fmt.Errorf("the file has %d columns; at most %d are read", columns, f.limits.Columns)
	}
	if groups > f.limits.RowGroups {
		return fmt.Errorf("the file has %d row groups; at most %d are read", groups, f.limits.RowGroups)
	}
	for i := range columns {
		field, read := describe(meta.Schema.Column(i))
		f.fields, f.reads = append(f.fields, field), append(f.reads, read)
	}
	rows := int64(0)
	for g := range groups {
		group := f.reader.RowGroup(g)
		n := group.NumRows()
		if n < 0 {
			return fmt.Errorf("the footer is damaged: row group %d has %d rows", g+1, n)
		}
		rows += n
		if group.NumColumns() != columns {
			return fmt.Errorf("the footer is damaged: row group %d has %d of %d columns", g+1, group.NumColumns(), columns)
		}
	}
	if rows != meta.GetNumRows() {
		return fmt.Errorf("the footer is damaged: it states %d rows, its row groups hold %d", meta.GetNumRows(), rows)
	}
	return nil
}

// chunk is a column chunk being decoded.
type chunk struct {
	file.ColumnChunkReader
	pages *pages
}

// pages is the stream of pages of a chunk. The library's own stream hands out stale bytes at its end, so that
// a damaged chunk can make it spin, and it overlooks short reads; this one notices them.
type pages struct {
	*bufio.Reader
	short bool
}

func (p *pages) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.short = p.short || err == io.EOF && len(b) > 0
	return n, err
}

// chunk checks a column chunk and opens it.
func (f *File) chunk(group *file.RowGroupReader, column int) (*chunk, error) {
	meta, err := group.MetaData().ColumnChunk(column)
	if err != nil {
		return nil, err
	}
	if err := f.checkChunk(meta, group.NumRows()); err != nil {
		return nil, err
	}
	start, length := meta.DataPageOffset(), meta.TotalCompressedSize()
	if d := meta.DictionaryPageOffset(); meta.HasDictionaryPage() && d > 0 && d < start {
		start = d
	}
	if f.reader.WriterVersion().LessThan(metadata.Parquet816FixedVersion) {
		length += 100 // old writers left the header of the dictionary page out of the size
	}
	p := &pages{Reader: bufio.NewReaderSize(io.NewSectionReader(f.os, start, min(length, f.bytes-start)), 1<<16)}
	reader, err := file.NewPageReader(p, meta.NumValues(), meta.Compression(), f.memory, nil)
	if err != nil {
		return nil, err
	}
	return &chunk{file.NewColumnReader(f.reader.MetaData().Schema.Column(column), reader, f.memory, f.reader.BufferPool()), p}, nil
}

// checkChunk checks one column chunk before it is decoded.
func (f *File) checkChunk(chunk *metadata.ColumnChunkMetaData, rows int64) error {
	switch compressed, plain := chunk.TotalCompressedSize(), chunk.TotalUncompressedSize(); {
	case chunk.NumValues() != rows:
		return fmt.Errorf("it states %d values for %d rows", chunk.NumValues(), rows)
	case chunk.FilePath() != "":
		return fmt.Errorf("its data lie in another file (%q)", chunk.FilePath())
	case chunk.CryptoMetadata() != nil:
		return fmt.Errorf("it is encrypted; encrypted Parquet is not read")
	case compressed < 0 || plain < 0 || chunk.DataPageOffset() < 0 || chunk.DictionaryPageOffset() < 0:
		return fmt.Errorf("its sizes are negative: the file is damaged")
	case compressed > f.bytes || chunk.DataPageOffset() > f.bytes || chunk.DictionaryPageOffset() > f.bytes:
		return fmt.Errorf("it states %d bytes in a file of %d: the file is truncated or damaged", compressed, f.bytes)
	case plain > f.limits.ChunkBytes:
		return fmt.Errorf("it has %d bytes unpacked; at most %d are read: write the file with smaller row groups", plain, f.limits.ChunkBytes)
	}
	const rewrite = "; rewrite the file, for instance as Parquet version 1 with zstd or snappy"
	switch codec := chunk.Compression(); codec {
	case compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd:
	default:
		return fmt.Errorf("its compression %s is not supported%s", codecName(int(codec)), rewrite)
	}
	for _, e := range chunk.Encodings() {
		switch e {
		case parquet.Encodings.Plain, parquet.Encodings.PlainDict, parquet.Encodings.RLEDict, parquet.Encodings.RLE,
			parquet.Encodings.BitPacked, parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaByteArray,
			parquet.Encodings.DeltaLengthByteArray:
		default:
			return fmt.Errorf("its encoding %s is not supported%s", e, rewrite)
		}
	}
	return nil
}

// codecName names a codec of the format's list; the library knows the first ones only.
func codecName(codec int) string {
	names := []string{"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"}
	if codec >= 0 && codec < len(names) {
		return names[codec]
	}
	return fmt.Sprintf("number %d", codec)
}

// allocator refuses pages that claim more memory than a chunk may have; the panic is caught by guard.
type allocator struct {
	memory.Allocator
	limit int64
}

type tooLarge struct{ size, limit int64 }

func (e tooLarge) Error() string {
	return fmt.Sprintf("a page claims %d bytes; at most %d are read", e.size, e.limit)
}

func (a *allocator) Allocate(size int) []byte {
	a.check(size)
	return a.Allocator.Allocate(size)
}

func (a *allocator) Reallocate(size int, b []byte) []byte {
	a.check(size)
	return a.Allocator.Reallocate(size, b)
}

func (a *allocator) check(size int) {
	if int64(size) > a.limit+1024 { // buffers are rounded up
		panic(tooLarge{int64(size), a.limit})
	}
}

// guard turns a panic of the library into an error.
func guard(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", what, r)
		}
	}()
	return f()
}
