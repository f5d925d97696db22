package parquet

import "github.com/apache/arrow/go/v17/parquet/compress"

// shared compresses every page with one encoder: Arrow's own codec makes an encoder, with tables of megabytes, for each page.
// The bytes are the same.
type shared struct{ compress.Codec }

func (c shared) EncodeLevel(dst, src []byte, _ int) []byte { return c.Encode(dst, src) }

func init() {
	zstd, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		panic(err) // Arrow is built without it
	}
	compress.RegisterCodec(compress.Codecs.Zstd, shared{zstd})
}
