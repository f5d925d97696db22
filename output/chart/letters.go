package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Charts are lettered in Liberation Sans, which is built in. Letters that it lacks, Chinese ones above all, come from a second
// font of the machine: the one named to UseFont, or the first of the usual places. It is looked for when such a letter is
// first needed, so that charts without one are the same on every machine.

// usual are the files in which a font with Chinese letters is looked for. A bold one beside it is used too.
var usual = []string{
	"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", // Debian, Ubuntu
	"/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",      // Arch
	"/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
	"/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", // Fedora
	"/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
	"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
	"/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
	"/System/Library/Fonts/PingFang.ttc", // macOS
	"/System/Library/Fonts/STHeiti Light.ttc",
	"/Library/Fonts/Arial Unicode.ttf",
	`C:\Windows\Fonts\msyh.ttc`,
	`C:\Windows\Fonts\simhei.ttf`,
}

// second is the font for letters that the built-in one lacks; nil where none was found.
type second struct {
	name          string // family
	hash          string // of the file, shortened
	regular, bold *opentype.Font
}

var (
	chosen *second                // by UseFont
	lent   atomic.Pointer[second] // that has drawn a letter
	found  = sync.OnceValue(func() *second {
		for _, file := range usual {
			if s, err := readFont(file); err == nil {
				return s
			}
		}
		return nil
	})
)

// UseFont makes a font file (TrueType or OpenType, or a collection of them) the one for letters that the built-in font lacks.
// It is called once, before anything is drawn.
func UseFont(file string) error {
	s, err := readFont(file)
	if err != nil {
		return fmt.Errorf("font %s: %w", file, err)
	}
	chosen = s
	return nil
}

// FontUsed names the font that has lent letters to a chart so far, with the hash of its file; "" where none was needed.
func FontUsed() string {
	if s := lent.Load(); s != nil {
		return s.name + " " + s.hash
	}
	return ""
}

// FontFound names the font for letters that the built-in one lacks; "" where there is none.
func FontFound() string {
	if s := more(); s != nil {
		return s.name
	}
	return ""
}

func more() *second {
	if chosen != nil {
		return chosen
	}
	return found()
}

// sample is what a font for Chinese must have: without it it is of no use.
const sample = "违约率冷静期账龄逾期"

func readFont(file string) (*second, error) {
	s := &second{}
	var err error
	if s.name, s.regular, err = faceOf(file); err != nil {
		return nil, err
	}
	if s.hash, err = hash(file); err != nil {
		return nil, err
	}
	s.bold = s.regular
	base := filepath.Base(file)
	if strings.Contains(base, "Regular") {
		if _, bold, err := faceOf(filepath.Join(filepath.Dir(file), strings.Replace(base, "Regular", "Bold", 1))); err == nil {
			s.bold = bold
		}
	}
	return s, nil
}

func hash(file string) (string, error) {
	raw, err := os.ReadFile(file)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6]), err
}

// faceOf reads the face of a file that has the sample's letters: of a collection the one for simplified Chinese, if it is named
// so, else the first.
func faceOf(file string) (name string, f *opentype.Font, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return "", nil, err
	}
	fonts, err := opentype.ParseCollection(raw)
	if err != nil {
		return "", nil, fmt.Errorf("is no font that can be read: %w", err)
	}
	for i := range fonts.NumFonts() {
		one, err := fonts.Font(i)
		if err != nil || !covers(one, sample) {
			continue
		}
		family, err := one.Name(nil, sfnt.NameIDFamily)
		if err != nil {
			family = filepath.Base(file)
		}
		if f == nil || strings.HasSuffix(family, " SC") && !strings.Contains(family, "Mono") {
			name, f = family, one
		}
		if strings.HasSuffix(name, " SC") {
			break
		}
	}
	if f == nil {
		return "", nil, errors.New("has no Chinese letters")
	}
	return name, f, nil
}

func covers(f *opentype.Font, letters string) bool {
	var buffer sfnt.Buffer
	for _, r := range letters {
		if g, err := f.GlyphIndex(&buffer, r); err != nil || g == 0 {
			return false
		}
	}
	return true
}

// piece is a part of a text with the face that has its letters.
type piece struct {
	text string
	face font.Face
}

// latin is a bound below which the built-in font has every letter that is used.
const latin = 0x250

// pieces cuts a text where the font has to change. A letter that no font has stays with the built-in one.
func pieces(s string, t textStyle) []piece {
	own := face(t.size, t.bold)
	if strings.IndexFunc(s, func(r rune) bool { return r >= latin }) < 0 || covers(own.Face, s) {
		return []piece{{s, own}}
	}
	extra := more()
	if extra == nil {
		return []piece{{s, own}}
	}
	lent.Store(extra)
	other := font.Face{Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(t.size)}, Face: extra.regular}
	if t.bold {
		other.Font.Weight, other.Face = stdfont.WeightBold, extra.bold
	}
	var out []piece
	for _, r := range s {
		f := own
		if text := string(r); !covers(own.Face, text) && covers(extra.regular, text) {
			f = other
		}
		if n := len(out); n > 0 && out[n-1].face == f {
			out[n-1].text += string(r)
		} else {
			out = append(out, piece{string(r), f})
		}
	}
	return out
}

// drawable reports whether there is a glyph for every letter: a missing one would vanish without a word.
func drawable(s string) bool {
	if covers(face(10, false).Face, s) && covers(face(10, true).Face, s) {
		return true
	}
	extra := more()
	if extra == nil {
		return false
	}
	for _, r := range s {
		text := string(r)
		if !(covers(face(10, false).Face, text) && covers(face(10, true).Face, text)) && !(covers(extra.regular, text) && covers(extra.bold, text)) {
			return false
		}
	}
	return true
}
