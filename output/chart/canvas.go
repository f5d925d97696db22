package chart

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"sync"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"relend/output"
)

// Colours: four neutrals, then the Okabe-Ito palette, which colour-blind readers tell apart.
var (
	ink   = color.NRGBA{0x22, 0x2B, 0x33, 255}
	grey  = color.NRGBA{0x5B, 0x66, 0x70, 255}
	axis  = color.NRGBA{0xA9, 0xB2, 0xBA, 255}
	grid  = color.NRGBA{0xE3, 0xE6, 0xEA, 255}
	white = color.NRGBA{255, 255, 255, 255}

	blue      = color.NRGBA{0x00, 0x72, 0xB2, 255}
	vermilion = color.NRGBA{0xD5, 0x5E, 0x00, 255}
	green     = color.NRGBA{0x00, 0x9E, 0x73, 255}
	orange    = color.NRGBA{0xE6, 0x9F, 0x00, 255}
	purple    = color.NRGBA{0xCC, 0x79, 0xA7, 255}
	sky       = color.NRGBA{0x56, 0xB4, 0xE9, 255}
)

// A lineStyle tells lines apart in colour and, by its dashes, in grey.
type lineStyle struct {
	color  color.NRGBA
	dashes []vg.Length
	width  float64
}

// styles: the first is the reference arm's.
var styles = []lineStyle{
	{ink, nil, 2}, {blue, nil, 1.6}, {vermilion, []vg.Length{7, 2.5}, 1.6}, {green, []vg.Length{2.5, 2}, 1.6},
	{orange, []vg.Length{9, 2.5, 2, 2.5}, 1.6}, {purple, []vg.Length{5, 2}, 1.6}, {sky, []vg.Length{12, 3}, 1.6},
}

func faded(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(alpha * 255)
	return c
}

// fonts is parsed once; faces are safe to share.
var fonts = sync.OnceValue(func() *font.Cache { return font.NewCache(liberation.Collection()) })

func face(size float64, bold bool) font.Face {
	f := font.Font{Variant: "Sans"}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return fonts().Lookup(f, vg.Length(size))
}

// FontName is the font of all charts. It is part of the program.
const FontName = "Liberation Sans"

// Drawable reports whether charts can show every letter of a text.
func Drawable(s string) bool { return drawable(s) }

// canvas is a page in points, the origin at the bottom left.
type canvas struct {
	vg.Canvas
	output.Language
	w, h float64
}

type textStyle struct {
	size  float64
	bold  bool
	color color.NRGBA
	align float64 // share of the width left of the point: 0 left, .5 centred, 1 right
}

func width(s string, t textStyle) (sum float64) {
	for _, p := range pieces(s, t) {
		sum += float64(p.face.Width(p.text))
	}
	return sum
}

// text writes s with its baseline at y.
func (c *canvas) text(x, y float64, s string, t textStyle) {
	if s == "" {
		return
	}
	c.SetColor(t.color)
	list := pieces(s, t)
	if t.align > 0 {
		x -= t.align * width(s, t)
	}
	for _, p := range list {
		bare := strings.TrimLeft(p.text, " ") // SVG drops blanks at the ends of a text
		at := x + float64(p.face.Width(p.text[:len(p.text)-len(bare)]))
		if bare = strings.TrimRight(bare, " "); bare != "" {
			c.FillString(p.face, vg.Point{X: vg.Length(at), Y: vg.Length(y)}, bare)
		}
		x += float64(p.face.Width(p.text))
	}
}

// vertical writes s upwards, centred on y.
func (c *canvas) vertical(x, y float64, s string, t textStyle) {
	t.align = .5
	c.Push()
	c.Translate(vg.Point{X: vg.Length(x), Y: vg.Length(y)})
	c.Rotate(math.Pi / 2)
	c.text(0, 0, s, t)
	c.Pop()
}

// fit shortens s with an ellipsis to at most room points.
func fit(s string, room float64, t textStyle) string {
	if width(s, t) <= room {
		return s
	}
	letters := []rune(s)
	for len(letters) > 1 && width(strings.TrimSpace(string(letters))+"…", t) > room {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimSpace(string(letters)) + "…"
}

// wrap breaks s at spaces, and between Chinese letters, into lines of at most room points.
func wrap(s string, room float64, t textStyle) []string {
	var lines []string
	line := ""
	for _, word := range breakable(s) {
		if longer := line + word; line == "" || width(strings.TrimSpace(longer), t) <= room {
			line = longer
		} else {
			lines, line = append(lines, fit(strings.TrimSpace(line), room, t)), strings.TrimLeft(word, " ")
		}
	}
	if line = strings.TrimSpace(line); line != "" {
		lines = append(lines, fit(line, room, t))
	}
	return lines
}

// breakable are the pieces between which a line may end, each with the blank before it: words, and single Chinese letters with the
// punctuation that must not begin a line.
func breakable(s string) (out []string) {
	const stays = "，。、；：！？）》”%"
	open := false // the last piece goes on
	blank := false
	for _, r := range s {
		wide := r >= 0x2E80
		switch {
		case r == ' ':
			open, blank = false, true
			continue
		case len(out) > 0 && !blank && (open && !wide || strings.ContainsRune(stays, r)):
			out[len(out)-1] += string(r)
		case blank && len(out) > 0:
			out = append(out, " "+string(r))
		default:
			out = append(out, string(r))
		}
		open, blank = !wide, false
	}
	return out
}

type point struct{ x, y float64 }

func path(points []point) vg.Path {
	var p vg.Path
	for i, at := range points {
		to := vg.Point{X: vg.Length(at.x), Y: vg.Length(at.y)}
		if i == 0 {
			p.Move(to)
		} else {
			p.Line(to)
		}
	}
	return p
}

func (c *canvas) line(s lineStyle, points ...point) {
	if len(points) < 2 {
		return
	}
	c.SetColor(s.color)
	c.SetLineWidth(vg.Length(s.width))
	c.SetLineDash(s.dashes, 0)
	c.Stroke(path(points))
}

func (c *canvas) area(fill color.NRGBA, points ...point) {
	p := path(points)
	p.Close()
	c.SetColor(fill)
	c.Fill(p)
}

func (c *canvas) box(fill color.NRGBA, x0, y0, x1, y1 float64) {
	c.area(fill, point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
}

// dot draws a filled circle with an outline.
func (c *canvas) dot(x, y, radius float64, fill, outline color.NRGBA) {
	var p vg.Path
	p.Move(vg.Point{X: vg.Length(x + radius), Y: vg.Length(y)})
	p.Arc(vg.Point{X: vg.Length(x), Y: vg.Length(y)}, vg.Length(radius), 0, 2*math.Pi)
	p.Close()
	c.SetColor(fill)
	c.Fill(p)
	c.SetColor(outline)
	c.SetLineWidth(1.4)
	c.SetLineDash(nil, 0)
	c.Stroke(p)
}

const dpi = 150

// encoder is several times as fast as the default one; files are 3 % larger.
var encoder = png.Encoder{CompressionLevel: png.BestSpeed}

// render draws one page as SVG and as PNG.
func render(in output.Language, w, h float64, draw func(*canvas)) (svg, image []byte, err error) {
	vector := vgsvg.NewWith(vgsvg.UseWH(vg.Length(w), vg.Length(h)))
	page := &canvas{vector, in, w, h}
	page.box(white, 0, 0, w, h)
	draw(page)
	var b bytes.Buffer
	if _, err := vector.WriteTo(&b); err != nil {
		return nil, nil, err
	}
	pixels := vgimg.NewWith(vgimg.UseWH(vg.Length(w), vg.Length(h)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	draw(&canvas{pixels, in, w, h})
	var p bytes.Buffer
	if err := encoder.Encode(&p, pixels.Image()); err != nil {
		return nil, nil, err
	}
	return slim(b.Bytes()), p.Bytes(), nil
}

// slim drops what every text repeats and names fonts to fall back on.
func slim(svg []byte) []byte {
	s := string(svg)
	s = s[strings.Index(s, "<svg"):]
	s = strings.NewReplacer(
		"font-variant:normal;font-weight:normal;font-style:normal;", "", "font-variant:normal;", "", "font-style:normal;", "",
		"\n\tstyle=", " style=", "\n\txmlns:xlink=\"http://www.w3.org/1999/xlink\"", "", "\n\txmlns", " xmlns",
		"font-family:Liberation Sans;", "",
	).Replace(s)
	s = strings.Replace(s, "<svg ", `<svg font-family="Liberation Sans, Arial, Helvetica, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif" `, 1)
	return []byte(s)
}
