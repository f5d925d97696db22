package html

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"

	"relend/output"
)

// key names the row of tables/summary.csv at the horizon that a number of the report comes from: ARM/MEASURE, or
// ARM/MEASURE/diff for the difference in it. It is the attribute data-key of the number's cell, or of its span in a sentence
// (output.Span).
func key(r *output.Report, arm, measure int) string {
	return r.Run.Arms[arm].Name + "/" + r.Measures[measure].Name
}

var (
	keyed   = regexp.MustCompile(`<(?:td|span)[^>]* data-key="([^"]*)"[^>]*>(.*?)</(?:td|span)>`)
	tag     = regexp.MustCompile(`<[^>]*>`)
	written = regexp.MustCompile(`^([+-]?[0-9]+(?:\.([0-9]+))?) ?(?:±([0-9]+(?:\.[0-9]+)?))?$`)
)

// LookUp finds every keyed number of report.html in tables/summary.csv and returns how many there are, and in words which of
// them are not what the table has, rounded as they are shown.
func LookUp(page, summary []byte, horizon int) (found int, wrong []string) {
	rows, err := csv.NewReader(bytes.NewReader(summary)).ReadAll()
	if err != nil || len(rows) == 0 {
		return 0, []string{fmt.Sprintf("cannot be compared with tables/summary.csv: %v", err)}
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, name := range []string{"arm", "measure", "unit", "month", "value", "lo", "hi", "diff", "diff_lo", "diff_hi"} {
		if _, ok := at[name]; !ok {
			return 0, []string{"cannot be compared with tables/summary.csv, which has no column " + name}
		}
	}
	known := map[string][]string{}
	for _, row := range rows[1:] {
		if row[at["month"]] == strconv.Itoa(horizon) {
			known[row[at["arm"]]+"/"+row[at["measure"]]] = row
		}
	}
	for _, m := range keyed.FindAllSubmatch(page, -1) {
		name := html.UnescapeString(string(m[1]))
		text := strings.TrimSpace(html.UnescapeString(string(tag.ReplaceAll(m[2], nil))))
		base, part := name, ""
		for _, end := range []string{"/lo", "/hi", "/half"} {
			if rest, ok := strings.CutSuffix(base, end); ok {
				base, part = rest, end
			}
		}
		base, difference := strings.CutSuffix(base, "/diff")
		row, ok := known[base]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: tables/summary.csv has no such row in month %d", name, horizon))
			continue
		}
		prefix, value := "", "value"
		if difference {
			prefix, value = "diff_", "diff"
		}
		number := func(column string) float64 {
			v, err := strconv.ParseFloat(row[at[column]], 64)
			if err != nil {
				return math.NaN() // an empty cell
			}
			return v
		}
		found++
		shown, lo, hi := number(value), number(prefix+"lo"), number(prefix+"hi")
		switch part {
		case "/lo":
			shown = lo
		case "/hi":
			shown = hi
		case "/half":
			shown = (hi - lo) / 2
		}
		if !shows(text, row[at["unit"]], shown, lo, hi) {
			wrong = append(wrong, fmt.Sprintf("%s is %q, tables/summary.csv has %s (%s to %s)", name, text, row[at[value]], row[at[prefix+"lo"]], row[at[prefix+"hi"]]))
		}
	}
	return found, wrong
}

// shows tells whether a text is a figure as the report rounds it.
func shows(text, unit string, value, lo, hi float64) bool {
	switch text {
	case "", "–":
		return math.IsNaN(value)
	case "~":
		return lo <= 0 && hi >= 0
	case "=":
		return value == 0 && lo == 0 && hi == 0
	}
	m := written.FindStringSubmatch(strings.NewReplacer("−", "-", ",", "").Replace(text))
	if m == nil {
		return false
	}
	half := .5 * math.Pow(10, -float64(len(m[2]))) * (1 + 1e-9)
	near := func(text string, v float64) bool {
		shown, err := strconv.ParseFloat(text, 64)
		return err == nil && math.Abs(shown-v) <= half
	}
	factors := []float64{1, 1e-3, 1e-6, 1e-9} // of amounts
	if unit == "share" {
		factors = []float64{100}
	}
	for _, f := range factors {
		if near(m[1], value*f) && (m[3] == "" || near(m[3], (hi-lo)/2*f)) {
			return true
		}
	}
	return false
}
