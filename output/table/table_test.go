package table

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"relend/data"
	"relend/output"
)

// report has two arms on four paths of three months; arm 1 has no applications, hence missing rates.
func report(titles ...string) *output.Report {
	r := &data.Results{Run: data.Run{Title: "Title", Currency: "CNY", Months: 3, Paths: 4, Replicate: 1}}
	for a, title := range titles {
		r.Run.Arms = append(r.Run.Arms, data.Arm{Name: "arm" + strconv.Itoa(a), Title: title, Macro: "baseline"})
		r.Counts = append(r.Counts, make([]int64, 4*4*int(data.NumCounters)))
		for p := range 4 {
			for m := range 4 {
				row := r.Row(a, p, data.Month(m))
				row[data.BorrowersCurrent], row[data.BalanceCurrent] = 1000, 123_456_789
				if m > 0 {
					row[data.Defaults] = int64(5 + p*m - a)
					row[data.Disbursed] = int64(123_456 * (p + 1))
					if a == 0 {
						row[data.Applications], row[data.Denied(data.DeniedPTI)] = 10, int64(p)
					}
				}
			}
		}
	}
	return output.Build(r, output.Options{})
}

func TestSummary(t *testing.T) {
	r := report("Base", `Quoted "one", twice`)
	columns := Summary(r)
	records, err := csv.NewReader(bytes.NewReader(CSV(columns))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 2*len(data.Measures())*3; len(records) != want {
		t.Fatalf("%d lines, want %d", len(records), want)
	}
	at := map[string]int{}
	for i, c := range columns {
		at[c.Name] = i
		if n := len(c.Ints) + len(c.Floats) + len(c.Strings); n != len(records)-1 {
			t.Errorf("column %s has %d rows", c.Name, n)
		}
	}
	for i, record := range records[1:] {
		if record[at["arm"]] == "arm1" && record[at["measure"]] == "approval_rate" && record[at["value"]] != "" {
			t.Errorf("rate without applications is %q, want an empty cell", record[at["value"]])
		}
		for _, name := range []string{"value", "diff_hi"} {
			v := columns[at[name]].Floats[i]
			if back, err := strconv.ParseFloat(record[at[name]], 64); !math.IsNaN(v) && (err != nil || back != v) {
				t.Errorf("%s %v reads back as %v (%v)", name, v, back, err)
			}
		}
		if record[at["arm"]] == "arm0" && record[at["diff"]] != "0" && record[at["diff"]] != "" {
			t.Errorf("the baseline differs from itself by %q", record[at["diff"]])
		}
		if record[at["arm"]] == "arm1" && record[at["measure"]] == "default_rate" && record[at["month"]] == "2" &&
			(record[at["verdict"]] != "lower" || record[at["title"]] != `Quoted "one", twice` || record[at["diff"]] != "-0.002") {
			t.Errorf("row %q", record)
		}
		if record[at["measure"]] == "originations_amount" && record[at["month"]] == "1" && (record[at["unit"]] != "CNY" || record[at["value"]] != "3086.4") {
			t.Errorf("amount %s %s, want 3086.4 CNY", record[at["value"]], record[at["unit"]])
		}
	}
}

func TestDistributionSaysWhatItLacks(t *testing.T) {
	records, err := csv.NewReader(bytes.NewReader(CSV(Distribution(report("Base"))))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range records {
		if r[3] == "default_rate" && r[4] == "value_at_risk" && r[5] == "0.95" {
			found = true
			if r[6] != "" || r[10] != "not available" || r[11] != "20" {
				t.Errorf("value at risk of four paths: %q", r)
			}
		}
	}
	if !found {
		t.Error("no value at risk")
	}
}

func TestTerminalFitsItsWidth(t *testing.T) {
	r := report("Base", "An arm whose title goes on and on, well past any sensible width of a column", "三个月冷静期")
	for _, width := range []int{120, 100, 80, 60} {
		out := Terminal(r, width)
		for line := range strings.Lines(out) {
			if w := text.StringWidth(strings.TrimRight(line, "\n")); w > width {
				t.Errorf("width %d: line of %d: %q", width, w, line)
			}
		}
		for _, m := range r.Headline {
			if !strings.Contains(out, strings.Fields(r.Measures[m].Title)[0]) {
				t.Errorf("width %d lacks %s", width, r.Measures[m].Title)
			}
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	out := Markdown(report("Base", "a|b <script>"))
	if strings.Contains(out, "a|b") || strings.Contains(out, "<script>") {
		t.Errorf("not escaped:\n%s", out)
	}
}
