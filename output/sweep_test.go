package output_test

import (
	"bytes"
	"fmt"
	stdhtml "html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
	"relend/output/html"
	"relend/output/table"
	"relend/sim/sensitivity"
)

// planted is a sweep whose answers are a function of the coordinates, with noise that all cells share and, where own is above 0,
// noise of each cell.
func planted(method string, design [][]float64, outputs int, own float64, f func(u []float64, output int) float64) (*data.Sweep, func(string) ([]data.Sums, error)) {
	s := &data.Sweep{Format: data.SweepFormat, Title: "Planted", Method: method, Size: len(design), Months: 12, Paths: 64, Level: .95, Currency: "CNY",
		Arms: []data.SweepArm{{Name: "baseline", Title: "Baseline"}}, Base: []int{len(design)}}
	names := []string{"default_rate", "served_share", "net_margin"}
	for o := range outputs {
		s.Outputs = append(s.Outputs, data.Output{Name: names[o], Measure: names[o], Month: 12})
	}
	for j := range design[0] {
		s.Dimensions = append(s.Dimensions, data.SweepDimension{Name: fmt.Sprintf("x%d", j+1), Title: fmt.Sprintf("x%d", j+1), Ordered: true, Base: "0.5", Paths: []string{"behaviour"}})
	}
	cells := map[string][]data.Sums{}
	add := func(key string, u []float64) {
		for o := range outputs {
			sums := data.Sums{Measure: names[o], Month: 12}
			for i := range 32 {
				wave := float64(2*(i%2) - 1)                        // its mean is 0
				mine := own * math.Sin(float64(i)*(1+1000*f(u, o))) // differs from cell to cell
				sums.Num, sums.Den = append(sums.Num, f(u, o)+.01*wave+mine), append(sums.Den, 1)
			}
			cells[key] = append(cells[key], sums)
		}
	}
	base := make([]float64, len(design[0]))
	for j := range base {
		base[j] = .5
	}
	add("base", base)
	for i, u := range design {
		p := data.SweepPoint{Unit: u}
		for _, v := range u {
			p.Values = append(p.Values, fmt.Sprint(v))
		}
		s.Points = append(s.Points, p)
		key := fmt.Sprintf("cell%d", i)
		add(key, u)
		s.Cells = append(s.Cells, data.SweepCell{Point: i, Key: key, Reference: "base"})
	}
	s.Cells = append(s.Cells, data.SweepCell{Point: -1, Key: "base", Reference: "base"})
	return s, func(key string) ([]data.Sums, error) { return cells[key], nil }
}

func built(t *testing.T, s *data.Sweep, read func(string) ([]data.Sums, error)) *output.Sweep {
	t.Helper()
	r, err := output.BuildSweep(s, output.English, read)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ishigami(u []float64, _ int) float64 {
	x := func(i int) float64 { return math.Pi * (2*u[i] - 1) }
	return math.Sin(x(0)) + 7*math.Pow(math.Sin(x(1)), 2) + .1*math.Pow(x(2), 4)*math.Sin(x(0))
}

// TestIshigami: Sobol's and Morris's indices come through the report's own analysis; the index that is 0 is said not to be
// distinguishable from zero, and no negative index is shown.
func TestIshigami(t *testing.T) {
	s, read := planted("saltelli", sensitivity.SaltelliPoints(512, 3, 1), 1, 0, ishigami)
	r := built(t, s, read)
	x := r.Influences()[0]
	for i, known := range [][2]float64{{.3139, .5576}, {.4424, .4424}, {0, .2437}} {
		s := x.Sobol[i]
		if math.Abs(s.First.Value-known[0]) > 1.5*(s.First.Hi-s.First.Lo)/2 || math.Abs(s.Total.Value-known[1]) > 1.5*(s.Total.Hi-s.Total.Lo)/2 {
			t.Errorf("x%d: %+v, known %v", i+1, s, known)
		}
	}
	if text := output.English.Index(x.Sobol[2].First); !strings.HasPrefix(text, output.Negligible) || strings.Contains(text, "-") {
		t.Errorf("x3 alone: %q", text)
	}
	if text := output.English.Index(sensitivity.Band{Value: -.04, Lo: -.1, Hi: .02}); text != "not distinguishable from zero (below 0.020)" {
		t.Error(text)
	}
	files, warnings := html.RenderSweep(r, nil)
	if len(warnings) > 0 || files.Bytes["charts/sobol-default_rate.svg"] == nil || !strings.Contains(string(files.Bytes["report.html"]), output.Negligible) {
		t.Errorf("%v", warnings)
	}

	s, read = planted("morris", sensitivity.Trajectories(60, 3, 4, 2), 1, 0, ishigami)
	r = built(t, s, read)
	m := r.Influences()[0]
	if m.Morris[2].Sigma < 1 || !m.Morris[2].Mean.Zero() || m.Order[2] == 1 && m.Morris[1].Size.Value > m.Morris[2].Size.Value {
		t.Errorf("%+v", m)
	}
	if files, _ = html.RenderSweep(r, nil); files.Bytes["charts/morris-default_rate.png"] == nil {
		t.Error("no Morris chart")
	}
}

// lattice is a full grid over two dimensions.
func lattice(n int) (points [][]float64) {
	for i := range n {
		for j := range n {
			points = append(points, []float64{float64(i) / float64(n-1), float64(j) / float64(n-1)})
		}
	}
	return points
}

// TestPlantedChoices: frontier, regret, responses and boxes of functions known beforehand.
func TestPlantedChoices(t *testing.T) {
	// The default rate falls with x1, the share served falls with x1 and with x2: every x2 above 0 is dominated.
	f := func(u []float64, o int) float64 {
		if o == 0 {
			return .2 - .1*u[0]
		}
		return .8 - .3*u[0] - .2*u[1]
	}
	s, read := planted("grid", lattice(5), 2, 0, f)
	s.Frontier = []int{1, 0}
	s.Discover = []data.SweepDiscovery{{Output: 0, Above: true, Threshold: .16}}
	r := built(t, s, read)
	front := r.BuildFrontier()
	if len(front.Front) != 5 {
		t.Fatalf("%d on the frontier", len(front.Front))
	}
	for a, alternative := range front.Alternatives {
		efficient := strings.HasSuffix(alternative.Title, "x2 0")
		if efficient != (front.Dominated[a] < 0) {
			t.Errorf("%s: dominated by %d", alternative.Title, front.Dominated[a])
		}
	}
	responses := r.Responses()
	if x := responses[0]; r.Dimensions[x.Dimension].Name != "x1" || math.Abs(x.Swing-.1) > 1e-12 || len(x.Levels) != 5 || math.Abs(x.Levels[0].Change.Value-.05) > 1e-12 {
		t.Errorf("%+v", x)
	}
	if x := responses[1]; math.Abs(x.Swing) > 1e-12 || x.Levels[0].Change.SE > 1e-12 {
		t.Errorf("x2 does nothing to the default rate, and all cells share their luck: %+v", x)
	}
	if h := r.HeatMaps(); len(h) != 2 || math.Abs(h[1].Values[4][0].Value-.6) > 1e-12 {
		t.Errorf("%d heat maps", len(h))
	}
	if d := r.Discoveries()[0]; d.Box == nil || d.Hits != 10 || d.Box.Limits[0].Hi != .25 || d.Box.Limits[1].Set() {
		t.Errorf("%+v", d)
	}
	// x2 as a scenario: what is lost against the best of each.
	s.Dimensions[1].Scenario = true
	for i := range s.Points {
		s.Points[i].World = i % 5
	}
	r = built(t, s, read)
	regrets := r.Regrets()
	if len(regrets) != 2 || len(regrets[1].Rows) != 5 || regrets[1].Rows[0].Title != "x1 0" || regrets[1].Rows[0].Mean != 0 {
		t.Fatalf("%+v", regrets)
	}
	if last := regrets[1].Rows[4]; last.Title != "x1 1" || math.Abs(last.Regrets[last.Largest].Value-.3) > 1e-12 || last.Regrets[0].SE > 1e-12 {
		t.Errorf("%+v", last)
	}
	// x2 as uncertain: a band over it.
	s.Dimensions[1].Uncertain = true
	u := built(t, s, read).Uncertainties()
	if len(u) != 10 || u[1].Settings != 5 || math.Abs(u[1].Mean.Value-.7) > 1e-12 || math.Abs(u[1].Hi-u[1].Lo-.19) > 1e-9 || u[1].Given < .001 || u[0].Hi-u[0].Lo > 1e-12 {
		t.Errorf("%+v", u[:2])
	}
	files, warnings := html.RenderSweep(built(t, s, read), []string{"failed (for a test): nobody"})
	if len(warnings) > 0 || !strings.Contains(string(files.Bytes["report.md"]), "failed (for a test)") {
		t.Error(warnings)
	}
	for _, name := range []string{"tables/cells.csv", "tables/regret.csv", "tables/uncertainty.csv", "charts/uncertainty-served_share.svg", "charts/frontier.svg", "charts/box-1.svg"} {
		if files.Bytes[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}

	// Differences that luck may have made dominate nobody.
	noisy, noise := planted("grid", lattice(3), 2, 5, func(u []float64, o int) float64 { return .2 + .001*u[0]*float64(1+o) })
	noisy.Frontier = []int{1, 0}
	for a, by := range built(t, noisy, noise).BuildFrontier().Dominated {
		if by >= 0 {
			t.Errorf("alternative %d is dominated within the error", a)
		}
	}
}

// TestSweepTable: every row carries all its parameters; a cell without results has rows too; one at a time is against the base.
func TestSweepTable(t *testing.T) {
	design := [][]float64{{0, .5}, {1, .5}, {.5, 0}, {.5, 1}}
	s, read := planted("oat", design, 1, 0, func(u []float64, _ int) float64 { return .1 + .05*u[0] - .01*u[1] })
	r := built(t, s, func(key string) ([]data.Sums, error) {
		if key == "cell3" {
			return nil, nil
		}
		return read(key)
	})
	columns := map[string]table.Column{}
	for _, c := range table.SweepCells(r) {
		columns[c.Name] = c
		if n := len(c.Ints) + len(c.Floats) + len(c.Strings); n != 5 {
			t.Errorf("column %s has %d rows", c.Name, n)
		}
	}
	if columns["status"].Strings[3] != "missing" || !math.IsNaN(columns["value"].Floats[3]) || columns["x2"].Strings[3] != "1" || columns["x2.number"].Floats[3] != 1 {
		t.Error("the missing cell's row")
	}
	if d := columns["difference.value"].Floats; math.Abs(d[1]-.025) > 1e-12 || d[4] != 0 || columns["role"].Strings[4] != "base" {
		t.Errorf("differences %v", d)
	}
	if x := r.Responses()[0]; r.Dimensions[x.Dimension].Name != "x1" || len(x.Levels) != 3 || math.Abs(x.Levels[2].Change.Value-.025) > 1e-12 || x.Levels[1].Change.Value != 0 {
		t.Errorf("%+v", x)
	}
	if !strings.HasPrefix(r.Answer[0], "1 of 5 cells have no results") {
		t.Error(r.Answer)
	}
}

var (
	unread = regexp.MustCompile(`(?s)<style>.*?</style>|<svg .*?</svg>|<[^>]*>`)
	named  = regexp.MustCompile(`<svg role="img" aria-label="([^"]*)"`)
)

// TestSweepInChinese: the report of a sweep in Chinese has the figures of the English one, the same tables and no English sentence.
func TestSweepInChinese(t *testing.T) {
	grid, gridRead := planted("grid", lattice(3), 2, 0, func(u []float64, o int) float64 { return .8 - .3*u[0] - .2*u[1]*float64(o) })
	grid.Frontier, grid.Outputs[1].Difference, grid.Excluded = []int{1, 0}, true, 2
	grid.Discover = []data.SweepDiscovery{{Output: 0, Above: true, Threshold: .6}, {Output: 0, Threshold: .01}, {Output: 0, Above: true, Threshold: .01}}
	grid.Dimensions[1].Scenario = true
	for i := range grid.Points {
		grid.Points[i].World = i % 3
	}
	doubt, doubtRead := planted("grid", lattice(3), 1, 0, func(u []float64, o int) float64 { return .8 - .3*u[0] - .2*u[1] })
	doubt.Dimensions[1].Uncertain = true
	saltelli, saltelliRead := planted("saltelli", sensitivity.SaltelliPoints(64, 3, 1), 1, 0, ishigami)
	morris, morrisRead := planted("morris", sensitivity.Trajectories(20, 3, 4, 2), 1, 0, ishigami)
	oat, oatRead := planted("oat", [][]float64{{0, .5}, {1, .5}, {.5, 0}, {.5, 1}}, 1, 0, func(u []float64, _ int) float64 { return .1 + .05*u[0] - .01*u[1] })
	partly := func(key string) ([]data.Sums, error) {
		if key == "cell3" {
			return nil, nil
		}
		return oatRead(key)
	}
	for _, x := range []struct {
		s    *data.Sweep
		read func(string) ([]data.Sums, error)
	}{{grid, gridRead}, {doubt, doubtRead}, {saltelli, saltelliRead}, {morris, morrisRead}, {oat, partly}} {
		x.s.Title = "A quick look"
		render := func(in output.Language) map[string][]byte {
			r, err := output.BuildSweep(x.s, in, x.read)
			if err != nil {
				t.Fatal(err)
			}
			files, _ := html.RenderSweep(r, []string{r.Failed("7", []string{"x1 1"})})
			return files.Bytes
		}
		english, chinese := render(output.English), render(output.Chinese)
		for name, b := range english {
			switch {
			case chinese[name] == nil:
				t.Errorf("%s: the Chinese report has no %s", x.s.Method, name)
			case strings.HasPrefix(name, "tables/") && !bytes.Equal(b, chinese[name]):
				t.Errorf("%s: %s differs between the languages", x.s.Method, name)
			}
		}
		text := func(page []byte) string {
			var b strings.Builder
			for _, m := range named.FindAllSubmatch(page, -1) {
				b.Write(append(m[1], '\n'))
			}
			return stdhtml.UnescapeString(b.String() + string(unread.ReplaceAll(page, []byte("\n"))))
		}
		for _, name := range []string{"report.html", "report.md"} {
			here, there := text(english[name]), text(chinese[name])
			want, got := number.FindAllString(here, -1), number.FindAllString(there, -1)
			slices.Sort(want)
			slices.Sort(got)
			if len(want) < 15 || !slices.Equal(got, want) {
				t.Errorf("%s: %s has %d numbers in English, in Chinese other %d", x.s.Method, name, len(want), len(got))
			}
			for _, line := range strings.Split(there, "\n") {
				if sentence.MatchString(line) {
					t.Errorf("%s: %s says in English %q", x.s.Method, name, line)
				}
			}
		}
	}
}

// sentence is a sequence of English words.
var sentence = regexp.MustCompile(`[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}`)
