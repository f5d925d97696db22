package html

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"relend/output"
	"relend/output/chart"
)

var (
	drawing = regexp.MustCompile(`(?s)<svg .*?</svg>`)
	dropped = regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`)
	label   = regexp.MustCompile(`<svg role="img" aria-label="([^"]*)"`)
	numeral = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
)

// numbers are all numbers of a page in order of size: of its text and of the descriptions of its charts.
func numbers(page []byte) []string {
	var text strings.Builder
	for _, m := range label.FindAllSubmatch(page, -1) {
		text.WriteString(html.UnescapeString(string(m[1])) + "\n")
	}
	page = dropped.ReplaceAll(drawing.ReplaceAll(page, nil), nil)
	text.WriteString(html.UnescapeString(string(tag.ReplaceAll(page, []byte(" ")))))
	found := numeral.FindAllString(text.String(), -1)
	slices.Sort(found)
	return found
}

// The Chinese report has the figures of the English one, neither more nor fewer, says nothing in English that it could say in
// Chinese, and is the same from one drawing to the next.
func TestChinese(t *testing.T) {
	results := sample(policies[:3], []string{"baseline"}, 32, 24)
	run := &results.Run
	run.Arms[1].Rules = append(run.Arms[1].Rules, "By law (draft): No single loan above 5000 CNY (until 3 months after the snapshot).")
	run.Parameters[1].Meaning, run.Parameters[1].Source = "hazard of curing from 30-59 days past due", "assumption"
	run.Checks[0].Name, run.Warnings = "granted + not taken up + denied = applications", append(run.Warnings, `arm free: a rule binds the segment "x" only, which the portfolio does not hold: nobody in it is bound`)
	run.Intake.Findings[0].Message, run.Assumptions[0].Reason = "the income must be above 0", "neither the tape nor the user names one"
	english, _ := Render(results, output.Options{Gates: gates})
	chinese, _ := Render(results, output.Options{Gates: gates, Language: output.Chinese})
	again, _ := Render(results, output.Options{Gates: gates, Language: output.Chinese})
	for name, b := range chinese.Bytes {
		if !bytes.Equal(b, again.Bytes[name]) {
			t.Errorf("%s: other bytes the second time", name)
		}
		if strings.HasPrefix(name, "tables/") && !bytes.Equal(b, english.Bytes[name]) {
			t.Errorf("%s differs between the languages", name)
		}
	}
	for _, name := range []string{"report.html", "report.md"} {
		want, got := numbers(english.Bytes[name]), numbers(chinese.Bytes[name])
		if !slices.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: %d numbers in Chinese, %d in English; they part at %q and %q", name, len(got), len(want), got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
		}
		if len(want) < 30 {
			t.Errorf("%s: only %d numbers", name, len(want))
		}
	}
	page := chinese.Bytes["report.html"]
	wellFormed(t, page)
	for _, want := range []string{`lang="zh-Hans"`, "降低违约率最多", "违约率", "如何复现", "滚动率",
		"法规（征求意见稿）：单笔贷款不得超过 5000 CNY（至观察点之后 3 个月止）。", "<td>比例</td><td>从逾期 30-59 天治愈的风险率</td><td>假设</td>", "拒绝 = 申请", "一条规则仅约束客群“x”", "收入必须大于 0", "数据和用户均未指明"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the Chinese page lacks %q", want)
		}
	}
	if drawn := bytes.Contains(chinese.Bytes["charts/compare.svg"], []byte("违约率")); drawn != (chart.FontFound() != "") {
		t.Errorf("charts in Chinese: %v, font %q", drawn, chart.FontFound())
	}
	if chart.FontFound() == "" && !bytes.Contains(page, []byte("未找到含中文字符的字体")) {
		t.Error("without a font the report does not say why its charts are in English")
	}
}

// Every number that names its source is the table's; one that is changed is found.
func TestSources(t *testing.T) {
	results := sample(policies[:3], []string{"baseline", "adverse"}, 32, 24)
	files, _ := Render(results, output.Options{})
	tables := map[string][]byte{}
	for name, b := range files.Bytes {
		if base, ok := strings.CutPrefix(name, "tables/"); ok {
			tables[strings.TrimSuffix(base, ".csv")] = b
		}
	}
	page := files.Bytes["report.html"]
	found, wrong := Trace(page, tables)
	if len(wrong) > 0 || found < 60 {
		t.Errorf("%d numbers, wrong: %q", found, wrong)
	}
	keys, wrong := LookUp(page, tables["summary"], results.Run.Months)
	if len(wrong) > 0 || keys < 300 {
		t.Errorf("%d numbers of the summary, wrong: %q", keys, wrong)
	}
	m := regexp.MustCompile(`data-from="margin[^"]*">[−0-9.,]*[0-9]`).FindIndex(page)
	broken := slices.Clone(page)
	broken[m[1]-1] = '0' + (broken[m[1]-1]-'0'+5)%10
	if _, wrong := Trace(broken, tables); len(wrong) != 1 {
		t.Errorf("a changed digit: %q", wrong)
	}
}
