package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"relend/data"
	"relend/output"
	"relend/output/table"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var gates = []output.GateVerdict{{Name: "no more defaults", Expression: "diff(default_rate) <= 0", Level: "error", Verdict: "fails", Found: "+2.48 pp"}}

// golden compares with testdata/name, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from the golden file (go test -update rewrites it):\n%s", name, got)
	}
}

func TestGolden(t *testing.T) {
	results := sample(policies, []string{"baseline", "adverse"}, 64, 24)
	files, warnings := Render(results, output.Options{Gates: gates})
	if len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	golden(t, "headline.txt", []byte(files.Headline))
	golden(t, "report.md", files.Bytes["report.md"])
	golden(t, "distribution.csv", firstLines(files.Bytes["tables/distribution.csv"], 20))
	golden(t, "denials.csv", firstLines(files.Bytes["tables/denials.csv"], 20))
	golden(t, "rules.csv", firstLines(files.Bytes["tables/rules.csv"], 20))
	golden(t, "rules_monthly.csv", firstLines(files.Bytes["tables/rules_monthly.csv"], 20))
	golden(t, "access.csv", firstLines(files.Bytes["tables/access.csv"], 20))
	golden(t, "flows.csv", firstLines(files.Bytes["tables/flows.csv"], 20))
	golden(t, "segments.csv", firstLines(files.Bytes["tables/segments.csv"], 20))
	golden(t, "summary.csv", firstLines(files.Bytes["tables/summary.csv"], 20))
	var hashes strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files.Bytes)) {
		fmt.Fprintf(&hashes, "%x  %s\n", sha256.Sum256(files.Bytes[name]), name)
	}
	golden(t, "sha256.txt", []byte(hashes.String()))
	again, _ := Render(results, output.Options{Gates: gates})
	for name, b := range files.Bytes {
		if !bytes.Equal(b, again.Bytes[name]) {
			t.Errorf("%s: other bytes the second time", name)
		}
	}
}

func firstLines(b []byte, n int) []byte {
	return bytes.Join(bytes.SplitAfterN(b, []byte("\n"), n+1)[:n], nil)
}

var outside = regexp.MustCompile(`(?i)(src|href|url)\s*[=(]\s*["']?\s*(https?:)?//`)

// wellFormed reads the page as XML with HTML's void elements: every tag closed, no attribute broken.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.AutoClose, d.Entity, d.Strict = []string{"meta"}, xml.HTMLEntity, false
	depth, scripts := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			if e.Name.Local == "script" {
				scripts++
			}
			if e.Name.Local == "link" || e.Name.Local == "img" || e.Name.Local == "script" && len(e.Attr) > 0 {
				t.Errorf("the page has a <%s>", e.Name.Local)
			}
			if e.Name.Local == "th" && !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "scope" }) {
				t.Error("a table header without scope")
			}
			if e.Name.Local == "svg" && !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "aria-label" && a.Value != "" }) {
				t.Error("a chart without description")
			}
		case xml.EndElement:
			depth--
		}
	}
	if depth != 0 || scripts != 1 {
		t.Errorf("%d elements are not closed, %d scripts", depth, scripts)
	}
	if m := outside.Find(page); m != nil {
		t.Errorf("the page reaches outside: %q", m)
	}
	for _, bad := range []string{"NaN", "+Inf", "ZgotmplZ", "%!"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// However many gates and arms there are, report.md stays below the megabyte that summaries of CI systems take.
func TestMarkdownSize(t *testing.T) {
	results := sample(many(50), []string{"baseline", "adverse"}, 4, 2)
	for i := range 300 {
		results.Run.Warnings = append(results.Run.Warnings, strings.Repeat("warning ", i))
	}
	text := strings.Repeat("| <b> # ", 1000)
	r := output.Build(results, output.Options{Gates: slices.Repeat([]output.GateVerdict{{Name: text, Expression: text, Level: "error", Verdict: "fails", Found: text}}, 5000)})
	md := markdown(r)
	if len(md) > 1<<20 || !bytes.Contains(md, []byte("\n4800 more in verdict.json.\n")) {
		t.Errorf("%d bytes", len(md))
	}
}

func TestPages(t *testing.T) {
	one := sample(policies[:3], []string{"baseline"}, 2, 12)
	one.Run.Paths, one.Run.Replicate = 1, 1
	for a := range one.Counts {
		one.Counts[a] = one.Counts[a][:len(one.Counts[a])/2]
	}
	hostile := sample(policies[:3], []string{"</svg><script>alert(1)</script>", `a"b`}, 4, 6)
	hostile.Run.Title = `<script>alert("title")</script> & | # *`
	hostile.Run.Arms[1].Title = `<img src=x onerror=alert(1)> "quoted" | pipe`
	hostile.Run.Warnings = []string{"<b>bold</b>", strings.Repeat("long ", 500)}
	chinese := sample(policies[:3], []string{"基准"}, 8, 6)
	chinese.Run.Arms[1].Title = "三个月冷静期"
	bare := sample(policies[:1], []string{"baseline"}, 2, 1)
	bare.Run = data.Run{Arms: bare.Run.Arms, Paths: 2, Replicate: 1, Months: 1}
	bare.Cells, bare.Ledger, bare.Access = nil, nil, nil
	for name, c := range map[string]*data.Results{
		"one path": one, "hostile": hostile, "chinese": chinese,
		"one arm": sample(policies[:1], []string{"baseline"}, 16, 6), "one month": sample(policies[:3], []string{"baseline"}, 16, 1),
		"fifty arms": sample(many(50), []string{"baseline"}, 4, 12), "bare": bare,
		"no months": sample(policies[:2], []string{"baseline"}, 4, 0),
	} {
		t.Run(name, func(t *testing.T) {
			files, _ := Render(c, output.Options{Gates: gates})
			page, md := files.Bytes["report.html"], files.Bytes["report.md"]
			wellFormed(t, page)
			if len(page) > 2<<20 || len(md) > 60_000 {
				t.Errorf("report.html has %d bytes, report.md %d", len(page), len(md))
			}
			if bytes.Contains(md, []byte("<script")) || bytes.Contains(md, []byte("<b>")) {
				t.Error("report.md lets HTML through")
			}
			for _, want := range []string{"report.html", "tables/summary.csv", "tables/distribution.csv", "tables/denials.csv", "tables/segments.csv"} {
				if len(files.Bytes[want]) == 0 {
					t.Errorf("no %s", want)
				}
			}
			for file := range files.Bytes {
				if file != filepath.ToSlash(filepath.Clean(file)) || strings.Contains(file, "..") || !regexp.MustCompile(`^[A-Za-z0-9_./-]+$`).MatchString(file) {
					t.Errorf("unsafe file name %q", file)
				}
			}
		})
	}
}

// An arm that equals the baseline must show it in every row, and the answer must say so.
func TestTwin(t *testing.T) {
	r := sample([]policy{policies[0], policies[0], policies[1]}, []string{"baseline"}, 16, 12)
	r.Run.Arms[1].Title = "Twin, baseline"
	r.Counts[1] = slices.Clone(r.Counts[0])
	files, _ := Render(r, output.Options{})
	columns := map[string]table.Column{}
	for _, c := range files.Tables[0].Columns {
		columns[c.Name] = c
	}
	rows := 0
	for i, arm := range columns["arm"].Strings {
		if arm != r.Run.Arms[1].Name || columns["verdict"].Strings[i] == "" {
			continue
		}
		rows++
		for _, name := range []string{"diff", "diff_std_error", "diff_lo", "diff_hi"} {
			if v := columns[name].Floats[i]; v != 0 {
				t.Fatalf("%s of %s in month %d is %v", name, columns["measure"].Strings[i], columns["month"].Ints[i], v)
			}
		}
	}
	if rows < 12*len(data.Measures())/2 || !strings.Contains(files.Headline, "Same defaults as Baseline on every path: Twin.") {
		t.Errorf("%d rows compared; headline:\n%s", rows, files.Headline)
	}
}
