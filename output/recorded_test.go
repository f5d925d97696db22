package output_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"relend/data"
	"relend/output"
	"relend/scenarios"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

var (
	word   = regexp.MustCompile(`[A-Za-z]{3,}`)
	number = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
)

// inChinese fails where a text has no Chinese one of the same numbers, or one with English words that are no names.
func inChinese(t interface{ Errorf(string, ...any) }, text string, names ...string) {
	got := output.Chinese.Recorded(text)
	numbers := func(s string) []string {
		found := number.FindAllString(s, -1)
		slices.Sort(found)
		return found
	}
	if !slices.Equal(numbers(got), numbers(text)) {
		t.Errorf("%q has other numbers than %q", got, text)
	}
	bare := got
	for _, name := range append(names, "CNY", "LPR", "GDP", "APR", "CFPB", "Data Point: Payday Lending", "logit", "prepay.gap", "take_up.k3", "late_fee.amount", "fee.amount", "relend burden") {
		bare = strings.ReplaceAll(bare, name, "")
	}
	if found := word.FindAllString(bare, -1); found != nil || got == text {
		t.Errorf("%q: %q is left of %q", got, found, text)
	}
	if output.English.Recorded(text) != text {
		t.Errorf("%q is another text in English", text)
	}
}

// anyRule draws a rule of a kind that may be so.
func anyRule(t *rapid.T, k rule.Kind) rule.Rule {
	r := k.New()
	for _, f := range r.Fields() {
		if !f.Required && rapid.Bool().Draw(t, f.Name+" by default") {
			continue
		}
		switch v := f.Value.(type) {
		case *float64:
			*v = rapid.OneOf(rapid.Float64Range(f.Min, f.Max), rapid.SampledFrom([]float64{f.Min, f.Max, min(max(.5, f.Min), f.Max)})).Draw(t, f.Name)
		case *int:
			*v = rapid.IntRange(int(f.Min), int(f.Max)).Draw(t, f.Name)
		case *data.Money:
			*v = data.Money(rapid.Int64Range(0, 1e12).Draw(t, f.Name))
		case *bool:
			*v = rapid.Bool().Draw(t, f.Name)
		case *[]float64:
			*v = rapid.SliceOfN(rapid.Float64Range(f.Min, f.Max), 1, 4).Draw(t, f.Name)
			slices.SortFunc(*v, func(a, b float64) int { return int(b - a) })
		case *string:
			*v = rapid.SampledFrom(f.Choices).Draw(t, f.Name)
		}
	}
	return r
}

// anyConditions draws conditions of a rule.
func anyConditions(t *rapid.T, r rule.Rule) rule.Rule {
	some := func(label string) bool { return rapid.Bool().Draw(t, label) }
	moment := func(label string) rule.Moment {
		m := rapid.SampledFrom([]rule.Moment{{}, {Given: true, Months: 1}, {Given: true, Months: 18}, {Given: true, Date: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}).Draw(t, label)
		return m
	}
	amounts := func(label string) rule.Range {
		return rapid.SampledFrom([]rule.Range{{}, {Over: 50_00}, {UpTo: 99_99}, {Over: 100_00, UpTo: 200_000_00}}).Draw(t, label)
	}
	durations := func(label string) rule.Span {
		list := []rule.Duration{{}, {Months: 1}, {Days: 1}, {Months: 3, Days: 2}, {Days: 45}}
		return rule.Span{Over: rapid.SampledFrom(list).Draw(t, label), UpTo: rapid.SampledFrom(list).Draw(t, label)}
	}
	names := func(label string, from []string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 3, func(s string) string { return s }).Draw(t, label)
	}
	c := &rule.Clause{Rule: r, From: moment("from"), Until: moment("until"), Grandfather: some("grandfather"), Compliance: rapid.SampledFrom([]float64{1, .5, .925}).Draw(t, "compliance"),
		Code: rapid.SampledFrom([]string{"", "5", "7 (2); 8"}).Draw(t, "code"),
		Perimeter: rule.Perimeter{Lenders: names("lenders", rule.Lenders), Others: names("others", rule.Lenders), Segments: names("segments", []string{"salaried", "X1", "y, 2"}),
			Except: names("except", []string{"salaried", "X1"}), Amount: amounts("amount"), Debt: amounts("debt"), Term: durations("term")}}
	for p := range data.Product(data.NumProducts) {
		if some("product " + p.String()) {
			c.Perimeter.Products = append(c.Perimeter.Products, p)
		}
	}
	if some("quota") {
		c.Quota = &rule.Quota{Share: .15, Window: rapid.IntRange(0, 3).Draw(t, "window")}
	}
	return c
}

// Every kind of rule says itself in Chinese, whatever its parameters and conditions, in the table of arms and in that of rules.
func TestRulesInChinese(t *testing.T) {
	for _, k := range rule.Kinds {
		inChinese(t, k.Name)
		said := 0
		rapid.Check(t, func(t *rapid.T) {
			r := anyRule(t, k)
			if r.Check() != nil {
				return
			}
			said++
			inChinese(t, r.Sentence("CNY"))
			inChinese(t, "By law (self regulation): "+anyConditions(t, r).Sentence("CNY"))
		})
		if said < 10 {
			t.Errorf("%s: only %d rules", k.Name, said)
		}
	}
	for _, x := range rule.Inherent {
		inChinese(t, x.Sentence)
		inChinese(t, x.Name)
	}
}

// So does every rule of the library's policies and laws, and the library's titles are translated.
func TestLibraryInChinese(t *testing.T) {
	said := 0
	for _, x := range scenarios.Library() {
		if x.Title == "" {
			t.Errorf("%s %s has no title", x.Kind, x.Name)
		}
		if got := output.Chinese.Titled(x.Title); got == x.Title && word.MatchString(x.Title) {
			t.Errorf("%s %s: %q is not translated", x.Kind, x.Name, x.Title)
		}
		if x.Kind == scenarios.KindMacro && x.Name != "baseline" {
			e, err := scenarios.Parse("e.yaml", []byte("macros: ["+x.Name+"]\n"), scenarios.Overrides{})
			if err != nil {
				t.Fatal(err)
			}
			inChinese(t, e.Macros[0].Source)
		}
		if x.Kind == scenarios.KindExperiment {
			e, err := scenarios.Load(x.Name, scenarios.Overrides{})
			if err != nil {
				t.Fatal(err)
			}
			if output.Chinese.Say(e.Description) == e.Description {
				t.Errorf("%s: no translation of %q", x.Name, e.Description)
			}
		}
		var list string
		switch x.Kind {
		case scenarios.KindPolicy:
			list = "policies: [" + x.Name + "]"
		case scenarios.KindRegulation:
			list = "regulations: [" + x.Name + "]"
		default:
			continue
		}
		e, err := scenarios.Parse("e.yaml", []byte(list+"\n"), scenarios.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		var rules []scenarios.Rule
		for _, p := range e.Policies {
			rules = append(rules, p.Rules...)
		}
		for _, l := range e.Regulations {
			rules = append(rules, l.Rules...)
			title, _, _ := strings.Cut(l.Original, " (")
			if published := !strings.Contains(l.Original, "no text was published"); strings.HasPrefix(x.Name, "cn-") && published {
				if got, want := output.Chinese.Regulation(x.Name), x.Name+"《"+strings.NewReplacer("《", "〈", "》", "〉").Replace(title)+"》"; got != want {
					t.Errorf("%s is shown as %q, want %q", x.Name, got, want)
				}
			}
		}
		for _, r := range rules {
			var names []string
			if c, ok := r.Rule.(*rule.Clause); ok {
				names = append(slices.Concat(c.Perimeter.Segments, c.Perimeter.Except), c.Code)
			}
			inChinese(t, r.Rule.Sentence("CNY"), names...)
			said++
		}
	}
	if said < 80 {
		t.Errorf("only %d rules", said)
	}
}

// Parameters are explained in Chinese.
func TestParametersInChinese(t *testing.T) {
	for _, p := range behaviour.Registry() {
		for _, text := range []string{p.Unit, p.Meaning, p.Source, p.Meaning + ": " + p.Source} {
			inChinese(t, text)
		}
	}
}

// Parts stand where Chinese has them.
func TestWording(t *testing.T) {
	for text, want := range map[string]string{
		"A debt may be rolled over at most 3 times before it is paid off (from 2014-07-01; terms up to 12 months).":                                                                                                              "一笔债务在还清之前至多展期 3 次（自 2014-07-01 起；期限不超过 12 个月）。",
		"No single loan above 500 CNY (from 3 months after the snapshot; until 1 month and 2 days after the snapshot; code 7).":                                                                                                  "单笔贷款不得超过 500 CNY（自观察点之后 3 个月起；至观察点之后 1 个月零 2 天止；代码 7）。",
		"At most 2 loans to a borrower within any 12 months (borrowers of salaried, X1 only).":                                                                                                                                   "任意 12 个月内对同一借款人至多发放 2 笔贷款（仅约束受薪者、X1 客群）。",
		"A borrower may owe at most 200000 CNY or 33.3% of yearly income in all, as far as the bureau shows (lenders of the kind bank only).":                                                                                    "按征信所示，借款人在所有机构的负债总额不得超过 200000 CNY 或年收入的 33.3%（仅约束银行）。",
		"By law (draft): At most 4% of the first balance of new cash is lent in a month.":                                                                                                                                        "法规（征求意见稿）：每月投放的新资金不得超过初始余额的 4%。",
		"Instalments of all visible loans may take at most 50% of what counts of income, 80% of it (up to 5% of what is lent in a month may go beyond it).":                                                                      "征信可见的全部贷款的月供不得超过可计收入（收入的 80%）的 50%（软约束：每个月放贷额中至多 5% 可突破）。",
		"At least 30% of outside lenders see denials here and deny as well; loans show after at most 2 months or 5 days.":                                                                                                        "至少 30% 的其他机构可见本机构的拒绝并同样拒绝；贷款至迟在 2 个月或 5 天后显示。",
		"segment \"mine\", PD 1.00% to 2.50% (12 borrowers): no hazard from a twentieth to twenty times the structural one gives the mean PD 2.00% in the baseline arm; with the nearest the default rate of 12 months is 1.50%": "客群“mine”，违约概率 1.00% 至 2.50%（12 名借款人）：结构性风险率的二十分之一至二十倍均无法在基准方案中得到平均违约概率 2.00%；取最接近者时 12 个月违约率为 1.50%",
		"No loan at all (lenders of the kind bank or platform or private are not bound; loans of the product annuity or bullet only).":                                                                                           "不发放任何贷款（不约束银行或网络借贷平台或民间放贷人；仅限等额本息或一次还本付息贷款）。",
		"holds to the unit in all 96 months of all arms and paths":                                                                                                                                                               "在所有方案和路径的全部 96 个月中分毫不差",
		"the economy starts at a factor of -1.5: in the baseline arm the mean multiplier of the miss hazard by segment is not 1 but 0.70 to 0.72 in month 1, 0.91 in month 12 and 0.97 to 0.98 in month 24":                      "经济的起始因子为 -1.5：基准方案中，逾期风险率的平均乘数（按客群）不是 1，而是第 1 月 0.70 至 0.72、第 12 月 0.91、第 24 月 0.97 至 0.98",
		"the economy starts at a factor of 2: in the baseline arm the mean multiplier of the miss hazard by segment and PD band is not 1 but 1.44 in month 1, 1.10 in month 12 and 1.02 in month 24":                             "经济的起始因子为 2：基准方案中，逾期风险率的平均乘数（按客群和违约概率分档）不是 1，而是第 1 月 1.44、第 12 月 1.10、第 24 月 1.02",
		"arm short: no step of the grid (30 days) lies between from and until of a rule, which is never in force: No loan at all (from 2026-03-01; until 2026-03-08).":                                                           "方案 short：某条规则的起始与终止之间没有时间网格（30 天）的任何一步，该规则从不生效：不发放任何贷款（自 2026-03-01 起；至 2026-03-08 止）。",
		"3 borrowers have more than 6 loans with other lenders, the most that one can have (outside.max): they count with that many":                                                                                             "3 名借款人的外部贷款多于一人所能有的上限（outside.max）6 笔：按该上限计",
		"3 of 300 applicants (1.00%) were drawn with a PD above 99%, the highest there is: they have that one":                                                                                                                   "300 名新申请人中有 3 名（1.00%）抽得的违约概率高于上限 99%：按该上限计",
		"regulation cap: scope in arm all_bad":     "方案 all_bad 中监管规定 cap：适用范围",
		"rows left out by the mapping: no balance": "映射排除的行：no balance",
	} {
		if got := output.Chinese.Recorded(text); got != want {
			t.Errorf("%q\nbecame %q\nnot    %q", text, got, want)
		}
	}
	if got := output.Chinese.Titled("Baseline / Severe economy / mine"); got != "基准 / 严峻经济 / mine" {
		t.Errorf("title %q", got)
	}
}

// A text of another wording stays as it is, however long it is and however many ways there are to split it.
func TestOtherWording(t *testing.T) {
	for _, text := range []string{"No single loan above the moon.", "No further loan within a while of paying off the last one.", "New loans cost at most 24% a year.", "Loans to friends only (from 3 months after the snapshot).",
		"No single loan above 200000 CNY (on Sundays).", "assumption of mine", "12 months and a day", "", ".", "; ; ;", " or ", "中国的规则", "±1 of mine", "\xff\xff", strings.Repeat("1, ", 100) + "x", strings.Repeat("a, b; c and d or e: ", 60) + "f (g)."} {
		if got := output.Chinese.Recorded(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
