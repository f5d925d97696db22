package output

import "strings"

// Descriptions of the library's experiments.
var descriptions = map[string]string{
	"One loan outstanding in the whole state, no roll-over, at most 500 dollars, a fee of 10%, on two-week loans in dollars, week by week. The 24 hours between the payoff and the next loan are shorter than a week, the finest step there is: they lie between the law without a pause and the law with one of a week.":                                             "全州范围内同时只能有一笔在贷、不得展期、金额不超过 500 美元、费率 10%；贷款为美元计价的两周期贷款，按周模拟。结清与下一笔贷款之间的 24 小时间隔短于一周这一最小步长，其效果介于无间隔与间隔一周的规定之间。",
	"Banks may lend as long as all instalments take at most 40% of income where the borrower owes more than 200, then 100 million won, tested at a higher rate from 2024 on. Most unsecured loans of the portfolio are far smaller: the rule binds through what borrowers owe elsewhere, taken here for 60 million won each. Beside it the highest rate by law, 20%.": "借款人负债总额超过 200（后改为 100）百万韩元时，银行只能在全部还款不超过收入 40% 的范围内放贷，自 2024 年起按更高的压力利率测算。组合中多数信用贷款远小于此：规则主要通过借款人在其他机构的负债起约束作用，此处假设每人 60 百万韩元。同时比较法定最高利率 20%。",
	"Two cooling-offs, clean repayments, a cap on the number of loans, two caps on the burden of instalments, caps on platforms and on exposure, a price ceiling and a ban on top-ups, each alone against the default policy. relend bench measures on it.":                                                                                                           "两种冷静期、良好还款记录要求、贷款笔数上限、两种月供收入比上限、平台数上限与余额上限、利率上限以及禁止追加贷款，各自单独与默认政策比较。relend bench 以此测速。",
	"Three policies on a small synthetic portfolio, in seconds. The error bars are wide.": "在小型合成组合上比较三种政策，数秒即可完成；误差区间较宽。",
	"What happens to defaults, losses and access if a lender pauses before a further loan, stops topping up running loans, asks for clean repayments or caps the burden of instalments, or if the law caps the price of credit: each in a calm and in an adverse economy.":                                                                                                                                                                              "放贷机构若在再次放贷前设冷静期、停止对在贷追加、要求良好还款记录或限制月供负担，或法规限制信贷价格，违约、损失与信贷可得性将如何变化：分别在平稳与不利的经济环境下考察。",
	"The revised Money Lending Business Act comes into full force in the first month: 20, 18 or 15% by amount in place of 29.2%, and debts of at most a third of yearly income over all money lenders, on a portfolio in yen whose borrowers owe several lenders. Once other lenders go on as before and the lender sees what the bureau shows; once four in five of them obey as well, an assumption, and the bureau shows all loans.":                 "修订后的《贷金业法》于首月全面施行：利率上限由 29.2% 改为按金额 20、18 或 15%，在全部贷金业者的负债合计不超过年收入三分之一；组合以日元计价，借款人同时欠多家机构。一种情形下其他机构照旧，本机构所见以征信所示为限；另一种情形下假设五分之四的其他机构同样遵守，且征信显示全部贷款。",
	"The guide on the cost of microloan companies: no new loan above 24% from the end of 2025, none above four times the loan prime rate, 12%, from the end of 2027. Beside it the same 12% from the first day; 20% on average over new business, which is what consumer-finance companies were told; and an average of 16%, made up to show what such a limit does where it binds. The lender would otherwise lend at any price that covers the risk.": "小额贷款公司综合融资成本指引：自 2025 年末起新发放贷款不得超过 24%，自 2027 年末起不得超过贷款市场报价利率的四倍，即 12%。同时比较：首日即执行 12%；新增业务平均 20%，即对消费金融公司的窗口指导；以及为展示此类限制起约束作用时的效果而设的平均 16%。若无这些限制，放贷机构会按足以覆盖风险的任何价格放贷。",
	"The experiment behind the claim that a top-up ban raises defaults first and lowers them later: everything is granted and taken up, against the same without top-ups, and against the same with outside lenders closed.":                                                                                                                                                                                                                            "检验“禁止追加贷款会使违约先升后降”这一论断的实验：申请一律批准并提款，与相同条件下不得追加比较，再与相同条件下其他机构停业比较。",
	"What a loan may cost a day (0.3% of the principal, from 2025 on 0.2% from six months on), what payments may take of income (50% in 2024, 40% in 2025, 30% from 2026 on) and how many platforms a borrower may use, each alone, on loans of one to six months in rupiah. Making a loan costs 7% of it, so that the shortest loans are the dearest.":                                                                                                 "贷款每日成本上限（本金的 0.3%，自 2025 年起六个月及以上者 0.2%）、还款占收入的上限（2024 年 50%，2025 年 40%，2026 年起 30%）以及借款人可使用的平台数，各自单独考察；贷款以印尼盾计价，期限一至六个月。每笔贷款的发放成本为其金额的 7%，因此期限最短的贷款最贵。",
	"At most 0.8% of the amount a day and 100% of it in all (2015), and at most two roll-overs (2014), on loans of one to six months in pounds. Making a loan costs 22% of it. A missed instalment costs 25 pounds without the cap, an assumption, and 15 with it.":                                                                                                                                                                                     "每日费用不超过金额的 0.8%，总费用不超过金额的 100%（2015 年），展期不超过两次（2014 年）；贷款以英镑计价，期限一至六个月。每笔贷款的发放成本为其金额的 22%。无上限时每次逾期收费 25 英镑（假设），有上限时为 15 英镑。",
	"A lender who must not lend to borrowers of three other lenders or more, and asks that all debts together take at most half of income, sees loans of others three months late. Laws let them show after two months, after one, and at once. Losses and the number of lenders that borrowers owe to, against the lag, are what the information is worth.":                                                                                            "放贷机构不得向已有三家及以上其他机构贷款的借款人放贷，并要求全部债务的还款不超过收入的一半，但看到他家贷款要迟三个月。各方案的法规使其两个月后、一个月后或即时可见。损失与借款人所欠机构数随报送时滞的变化，即为信息的价值。",
	"What a lender's own limits do to his borrowers: a stop of lending when too much is overdue, at once or by degrees, a monthly budget served by score or by lot, and a cap on leverage, each in a calm and in a severe economy. What is not lent to shrinks: a share of overdue balances can rise because of the stop that it set off.":                                                                                                              "放贷机构自身的限额对借款人的影响：逾期过多时立即或逐步停止放贷、按评分或抽签分配的每月预算，以及杠杆上限，分别在平稳与严峻的经济环境下考察。停贷会使余额缩小：逾期余额占比可能正因其触发的停贷而上升。",
	"The guardrails of microfinance lenders: at most four lenders at once, from April 2025 on three, at most 200,000 rupees, none to who is 60 days late; on a portfolio in rupees whose borrowers owe several lenders. As much of it as the bureau shows counts: once with today's bureau, once with one that shows all.":                                                                                                                              "微型金融机构的自律限制：同时至多四家机构，自 2025 年四月起为三家，合计不超过 200,000 卢比，不得向逾期 60 天者放贷；组合以卢比计价，借款人同时欠多家机构。计入的以征信所示为限：一种情形用当前征信，另一种情形征信显示全部贷款。",
}

// statutes are the laws of the library that were written in Chinese, by name, with the titles of their texts.
var statutes = map[string]string{
	"cn-2015-judicial":     "最高人民法院关于审理民间借贷案件适用法律若干问题的规定",
	"cn-2016-p2p":          "网络借贷信息中介机构业务活动管理暂行办法",
	"cn-2017-141":          "关于规范整顿“现金贷”业务的通知",
	"cn-2017-141-detail":   "关于规范整顿“现金贷”业务的通知",
	"cn-2020-4lpr":         "最高人民法院关于修改《关于审理民间借贷案件适用法律若干问题的规定》的决定",
	"cn-2020-86":           "关于加强小额贷款公司监督管理的通知",
	"cn-2020-draft":        "网络小额贷款业务管理暂行办法（征求意见稿）",
	"cn-2020-netloan-bank": "商业银行互联网贷款管理暂行办法",
	"cn-2021-student":      "关于进一步规范大学生互联网消费贷款监督管理工作的通知",
	"cn-2024-26":           "小额贷款公司监督管理暂行办法",
	"cn-2025-9":            "关于加强商业银行互联网助贷业务管理 提升金融服务质效的通知",
	"cn-2025-xd-cost":      "小额贷款公司综合融资成本管理工作指引",
}

// Regulation names a law: in Chinese with the title of its text where that is Chinese.
func (l Language) Regulation(name string) string {
	if title := statutes[name]; l == Chinese && title != "" {
		return name + "《" + strings.NewReplacer("《", "〈", "》", "〉").Replace(title) + "》"
	}
	return name
}
