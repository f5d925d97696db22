package chart

import (
	"bytes"
	"regexp"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"

	"relend/output"
)

// outlines draws letters as filled outlines: the PDF back end knows 256 letters, no Chinese, no minus sign and no bold ones.
type outlines struct{ vg.Canvas }

// FillString draws s from a point of the baseline on.
func (o outlines) FillString(f font.Face, at vg.Point, s string) {
	const hinting = 0
	em := fixed.Int26_6(f.Face.UnitsPerEm())
	scale := float64(f.Font.Size) / float64(em)
	var buffer sfnt.Buffer
	var path vg.Path
	x, before := 0., sfnt.GlyphIndex(0)
	for i, r := range s {
		glyph, err := f.Face.GlyphIndex(&buffer, r)
		if err != nil {
			panic(err)
		}
		if i > 0 {
			if kern, err := f.Face.Kern(&buffer, before, glyph, em, hinting); err == nil {
				x += float64(kern)
			}
		}
		advance, err := f.Face.GlyphAdvance(&buffer, glyph, em, hinting)
		if err != nil {
			panic(err)
		}
		segments, err := f.Face.LoadGlyph(&buffer, glyph, em, nil)
		if err != nil {
			panic(err)
		}
		point := func(p fixed.Point26_6) vg.Point {
			return vg.Point{X: at.X + vg.Length((x+float64(p.X))*scale), Y: at.Y - vg.Length(float64(p.Y)*scale)}
		}
		for k, g := range segments {
			switch g.Op {
			case sfnt.SegmentOpMoveTo:
				if k > 0 {
					path.Close()
				}
				path.Move(point(g.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(g.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(g.Args[0]), point(g.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(g.Args[0]), point(g.Args[1]), point(g.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		x, before = x+float64(advance), glyph
	}
	if len(path) > 0 {
		o.Fill(path)
	}
}

// clock is the time in a PDF, which would make each one another file.
var clock = regexp.MustCompile(`\(D:[0-9]{14}\)`)

// portable draws one page as PDF.
func portable(in output.Language, w, h float64, draw func(*canvas)) ([]byte, error) {
	document := vgpdf.New(vg.Length(w), vg.Length(h))
	draw(&canvas{outlines{document}, in, w, h})
	var b bytes.Buffer
	if _, err := document.WriteTo(&b); err != nil {
		return nil, err
	}
	return clock.ReplaceAll(b.Bytes(), []byte("(D:20000101000000)")), nil // as long: the file's index of places stays true
}
