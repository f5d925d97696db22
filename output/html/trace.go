package html

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var sourced = regexp.MustCompile(`<td[^>]* data-from="([^"]*)"[^>]*>(.*?)</td>`)

// Trace finds the number of every cell of report.html that names its source (data-from) in the tables, CSV by name, and returns
// how many there are, and in words which of them are not what the table has, rounded as they are shown.
func Trace(page []byte, tables map[string][]byte) (found int, wrong []string) {
	read := map[string][][]string{}
	for _, m := range sourced.FindAllSubmatch(page, -1) {
		source := html.UnescapeString(string(m[1]))
		text := strings.TrimSpace(html.UnescapeString(string(tag.ReplaceAll(m[2], nil))))
		name, rest, _ := strings.Cut(source, "?")
		query, column, _ := strings.Cut(rest, "#")
		if read[name] == nil {
			rows, err := csv.NewReader(bytes.NewReader(tables[name])).ReadAll()
			if err != nil || len(rows) == 0 {
				wrong = append(wrong, fmt.Sprintf("%s: no table %s: %v", source, name, err))
				continue
			}
			read[name] = rows
		}
		row, at := locate(read[name], query)
		if row == nil {
			wrong = append(wrong, source+": no such row, or more than one")
			continue
		}
		found++
		number := func(column string) float64 {
			i, ok := at[column]
			if !ok {
				return math.NaN()
			}
			v, err := strconv.ParseFloat(row[i], 64)
			if err != nil {
				return math.NaN() // an empty cell
			}
			return v
		}
		lo, hi := column+"_lo", column+"_hi"
		if _, own := at[lo]; !own {
			lo, hi = "lo", "hi"
		}
		unit := "share"
		if column == "amount" {
			unit = ""
		}
		if i, ok := at["unit"]; ok {
			unit = row[i]
		}
		if !shows(text, unit, number(column), number(lo), number(hi)) {
			wrong = append(wrong, fmt.Sprintf("%s is %q, the table has %v (%v to %v)", source, text, number(column), number(lo), number(hi)))
		}
	}
	return found, wrong
}

// locate finds the one row with the values of a query, and the places of the columns; nil where there is not exactly one.
func locate(rows [][]string, query string) (row []string, at map[string]int) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, nil
	}
	at = map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, candidate := range rows[1:] {
		fits := true
		for name := range values {
			i, ok := at[name]
			fits = fits && ok && candidate[i] == values.Get(name)
		}
		if fits && row != nil {
			return nil, nil
		}
		if fits {
			row = candidate
		}
	}
	return row, at
}
