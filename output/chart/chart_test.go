package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
)

// report has the given arms on 12 paths that differ in everything a chart shows.
func report(months int, titles ...string) *output.Report {
	const paths = 12
	r := &data.Results{Run: data.Run{Currency: "CNY", Months: months, Paths: paths, Replicate: 1}}
	for a, title := range titles {
		r.Run.Arms = append(r.Run.Arms, data.Arm{Name: "arm" + string(rune('0'+a)), Title: title, Macro: "baseline"})
		r.Counts = append(r.Counts, make([]int64, paths*(months+1)*int(data.NumCounters)))
		for p := range paths {
			for m := range months + 1 {
				row := r.Row(a, p, data.Month(m))
				row[data.BorrowersCurrent], row[data.BorrowersD1], row[data.BalanceCurrent] = int64(1000-5*m), int64(5*m), 1_000_000
				if m > 0 {
					row[data.Defaults], row[data.ChargedOff] = int64(5+p+2*a), int64(1000*(p+1))
					row[data.InterestReceived] = int64(9000 - 500*a + 10*p)
					row[data.Applications], row[data.FirstGrants], row[data.Denied(data.DeniedPTI)], row[data.RequestedAmount] = 30, int64(20-2*a), int64(1+p%3), 9000
				}
			}
		}
	}
	r.Ledger = make([][]int64, len(titles))
	for a := range r.Run.Arms {
		for i := range 9 { // more rules than a panel shows
			r.Run.Arms[a].Clauses = append(r.Run.Arms[a].Clauses, data.Clause{Name: "rule", Law: i > 4, Reason: "payment_to_income"})
		}
		r.Ledger[a] = make([]int64, r.Run.Batches()*months*9*data.NumBites)
		for batch := range r.Run.Batches() {
			for m := 1; m <= months; m++ {
				for i := range 9 {
					copy(r.Bites(a, batch, data.Month(m), i), []int64{30, int64(i + batch%2), int64(i) / 2, 100, 1, 20})
				}
			}
		}
	}
	r.Run.Bands = []data.ScoreBand{{Lowest: .01, Highest: .05, Borrowers: 600}, {Lowest: .06, Highest: .06, Borrowers: 400}, {Applicants: true}}
	for a := range r.Run.Arms {
		counts := make([]int64, r.Run.Hearings()*r.Run.AccessSize())
		for i := range counts {
			counts[i] = int64(i*7%11 + a)
		}
		r.Access = append(r.Access, counts)
	}
	pass := &data.Influence{Paths: paths, Replicates: paths}
	for i, factor := range []float64{.5, 2} {
		x := data.Influential{Parameter: "risk.b_pti", Factor: factor, Value: "1", Shifts: make([]data.Shift, len(titles))}
		x.Shifts[0] = data.Shift{Value: .001 * float64(2*i-1), StandardError: .0002}
		pass.Parameters = append(pass.Parameters, x)
	}
	r.Run.Influence = pass
	r.Run.Segments = []string{"consumer", "student"}
	for a := range titles {
		r.Cells = append(r.Cells, nil)
		for segment := range r.Run.Segments { // each as large as all
			c := data.CellSums{Cell: data.Cell{Segment: segment, Product: data.All, Ordinal: data.All}, Sum: make([]int64, (months+1)*int(data.NumCounters))}
			c.Squares = make([]float64, len(c.Sum))
			for p := range paths {
				sum := make([]int64, data.NumCounters)
				for m := range months + 1 {
					for k, v := range r.Row(a, p, data.Month(m)) {
						if data.Counter(k).IsStock() {
							sum[k] = 0
						}
						sum[k] += v
						c.Sum[m*int(data.NumCounters)+k] += sum[k]
						c.Squares[m*int(data.NumCounters)+k] += float64(sum[k] * sum[k])
					}
				}
			}
			r.Cells[a] = append(r.Cells[a], c)
		}
	}
	return output.Build(r, output.Options{})
}

func TestAllDrawn(t *testing.T) {
	figures, warnings := All(report(6, "Base", "Other"))
	if len(figures) != len(Kinds) || len(warnings) != 0 {
		t.Fatalf("%d figures of %d, warnings %q", len(figures), len(Kinds), warnings)
	}
	again, _ := All(report(6, "Base", "Other"))
	for i, f := range figures {
		if !bytes.Equal(f.SVG, again[i].SVG) || !bytes.Equal(f.PNG, again[i].PNG) {
			t.Errorf("%s: other bytes the second time", f.Name)
		}
		if f.Title == "" || f.Caption == "" {
			t.Errorf("%s has no title or caption", f.Name)
		}
		d := xml.NewDecoder(bytes.NewReader(f.SVG))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				for _, a := range e.Attr {
					if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
						t.Errorf("%s: %s=%q", f.Name, a.Name.Local, a.Value)
					}
				}
			}
		}
		picture, err := png.Decode(bytes.NewReader(f.PNG))
		if err != nil || picture.Bounds().Dx() != int(math.Round(pageWidth*dpi/72)) {
			t.Errorf("%s: picture %v, %v", f.Name, picture.Bounds(), err)
		}
		for x := range picture.Bounds().Dx() { // nothing may touch the edge: it would be clipped
			for _, y := range []int{0, 1, picture.Bounds().Dy() - 2, picture.Bounds().Dy() - 1} {
				if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b != 3*0xffff {
					t.Fatalf("%s: ink at the edge (%d, %d)", f.Name, x, y)
				}
			}
		}
		for y := range picture.Bounds().Dy() {
			for _, x := range []int{0, 1, picture.Bounds().Dx() - 2, picture.Bounds().Dx() - 1} {
				if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b != 3*0xffff {
					t.Fatalf("%s: ink at the edge (%d, %d)", f.Name, x, y)
				}
			}
		}
	}
}

func TestFailureIsAWarning(t *testing.T) {
	right := drawers["loss"]
	defer func() { drawers["loss"] = right }()
	drawers["loss"] = func(*book, output.Group) *page {
		return &page{height: 10, body: func(*canvas, float64, float64, float64, float64) { panic("no font") }}
	}
	figures, warnings := All(report(6, "Base", "Other"))
	if len(figures) != len(Kinds)-1 || len(warnings) != 1 || warnings[0] != "chart loss: not drawn: no font" {
		t.Errorf("%d figures, warnings %q", len(figures), warnings)
	}
}

func TestLettersTheFontLacks(t *testing.T) {
	search := found
	defer func() { found = search }()
	found = func() *second { return nil } // a machine without a font for Chinese
	if !drawable("Δ ≤ 50 % – Ärger −1") || drawable("冷静期") {
		t.Error("drawable is wrong about the font")
	}
	r := report(3, "Base", "三个月冷静期")
	figures, warnings := All(r)
	if len(warnings) != 1 {
		t.Errorf("warnings %q", warnings)
	}
	for _, f := range figures {
		if f.Kind == "compare" && (!bytes.Contains(f.SVG, []byte("arm1")) || !bytes.Contains(f.SVG, []byte("shown by their key"))) {
			t.Error("the arm's key or the note is missing")
		}
	}
	r.Language = output.Chinese
	figures, warnings = All(r)
	if len(warnings) != 2 || !strings.Contains(warnings[0], "--font") {
		t.Errorf("without a font: warnings %q", warnings)
	}
	for _, f := range figures {
		if f.Kind == "compare" && !bytes.Contains(f.SVG, []byte("Default rates over time")) {
			t.Error("without a font the chart is not in English")
		}
	}
}

func TestSecondFont(t *testing.T) {
	if FontFound() == "" {
		t.Skip("no font with Chinese letters on this machine")
	}
	r := report(3, "Base", "三个月冷静期")
	r.Language, r.PDF = output.Chinese, true
	figures, warnings := All(r)
	if len(warnings) != 0 || len(figures) == 0 {
		t.Errorf("%d figures, warnings %q", len(figures), warnings)
	}
	again, _ := All(r)
	for i, f := range figures {
		if f.Kind == "compare" && !bytes.Contains(f.SVG, []byte("三个月冷静期")) {
			t.Error("the arm's title is not drawn")
		}
		if !bytes.HasPrefix(f.PDF, []byte("%PDF-")) || !bytes.Equal(f.PDF, again[i].PDF) || !bytes.Equal(f.PNG, again[i].PNG) {
			t.Errorf("%s: no PDF, or other bytes the second time", f.Name)
		}
	}
	if missing := "𓀀"; drawable(missing) {
		t.Errorf("%s is said to be drawable", missing)
	}
	if err := UseFont("chart_test.go"); err == nil || !strings.Contains(err.Error(), "no font") {
		t.Errorf("a file that is no font: %v", err)
	}
	if err := UseFont("none.ttf"); err == nil || chosen != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestLines(t *testing.T) {
	small := textStyle{size: 9}
	for _, c := range []struct{ text, want string }{
		{"one two three", "one|two|three"}, {"违约率上升。", "违|约|率|上|升。"}, {"共 12 个月，逾期", "共|12|个|月，|逾|期"},
	} {
		var pieces []string
		for _, p := range breakable(c.text) {
			pieces = append(pieces, strings.TrimSpace(p))
		}
		if got := strings.Join(pieces, "|"); got != c.want {
			t.Errorf("%q breaks as %q, want %q", c.text, got, c.want)
		}
		if got := strings.Join(wrap(c.text, 1000, small), "|"); got != c.text {
			t.Errorf("%q wrapped in much room is %q", c.text, got)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	if figures, warnings := All(report(0, "Base")); len(figures) != 0 || len(warnings) != 0 {
		t.Errorf("no months: %d figures, %q", len(figures), warnings)
	}
	for _, months := range []int{1, 2} {
		figures, warnings := All(report(months, "Base"))
		if len(figures) == 0 || len(warnings) != 0 {
			t.Errorf("%d months: %d figures, %q", months, len(figures), warnings)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct{ at, want []float64 }{
		{[]float64{50, 10}, []float64{50, 10}},
		{[]float64{50, 50, 50}, []float64{40, 50, 60}},
		{[]float64{1, 0}, []float64{10, 0}},
		{[]float64{99, 100}, []float64{90, 100}},
		{[]float64{20, 25, 80}, []float64{17.5, 27.5, 80}},
	} {
		got := spread(c.at, 10, 0, 100)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("spread %v: %v, want %v", c.at, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n      int
		want   string
	}{
		{0, .13, 5, "0.0 % 2.5 % 5.0 % 7.5 % 10.0 % 12.5 %"}, {-.004, .011, 5, "−0.25 % 0.00 % 0.25 % 0.50 % 0.75 % 1.00 %"},
		{0, 1, 4, "0 % 20 % 40 % 60 % 80 % 100 %"}, {.5, .5, 4, "50 %"},
	} {
		if got := strings.Join(numbers(ticks(c.lo, c.hi, c.n), 100, " %", false), " "); got != c.want {
			t.Errorf("ticks of %v..%v: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
	if got := monthTicks(36, 150); len(got) != 7 || got[1] != 6 {
		t.Errorf("month ticks %v", got)
	}
}

func TestFit(t *testing.T) {
	long := "An arm whose title goes on and on and on"
	for _, room := range []float64{30, 80, 150} {
		if got := fit(long, room, labelText); width(got, labelText) > room || !strings.HasSuffix(got, "…") {
			t.Errorf("fit to %v: %q is %v wide", room, got, width(got, labelText))
		}
	}
	for _, line := range wrap(long+" Donaudampfschifffahrtsgesellschaftskapitän", 90, labelText) {
		if width(line, labelText) > 90 {
			t.Errorf("wrapped line %q is too wide", line)
		}
	}
}

// Labels of a crowded scatter must not meet each other.
func TestNamesDoNotOverlap(t *testing.T) {
	_, _, err := render(output.English, 300, 200, func(c *canvas) {
		p := panel{left: 0, bottom: 0, right: 300, top: 200}
		var taken []rect
		for i := range 200 {
			before := len(taken)
			taken = c.name(p, 150+float64(i%7), 100+float64(i%5), "label", ink, false, taken)
			for _, r := range taken[before:] {
				if slices.ContainsFunc(taken[:before], r.meets) {
					t.Fatal("two labels overlap")
				}
			}
		}
		if len(taken) < 8 || len(taken) == 200 {
			t.Errorf("%d labels of 200 placed: some must fit, not all", len(taken))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
