package table

import (
	"encoding/json"

	"relend/data"
	"relend/output"
)

// SchemaVersion numbers the layout of the tables. It rises when a table or column is renamed, removed or changes its meaning;
// new ones do not raise it.
const SchemaVersion = 1

// Kind is a table that every run writes.
type Kind struct {
	Name  string // of the files, without extension
	About string // what a row is
	build func(*output.Report) []Column
}

// Kinds are the tables of a run, in the order of their importance.
var Kinds = []Kind{
	{"summary", "One row per arm, measure and month: the figure, and its paired difference to the arm's reference. Shares are fractions, amounts whole units of the currency.", Summary},
	{"distribution", "One row per arm, measure and statistic at the horizon: mean, quantiles, value at risk and expected shortfall over paths.", Distribution},
	{"exceedance", "One row per arm, measure and threshold: the share of paths on which the measure lies above it at the horizon, with its exact binomial interval; of paths with weights the weighted share, without an interval.", Exceedance},
	{"loss_rates", "One row per arm, year of the projection and measure: flows of these months per mean balance at their start, not annualised.", LossRates},
	{"margin", "One row per arm and line of the income statement to the horizon. The lines interest to acquisition add up to net_margin, and with provisions to net_margin_provisioned.", Margin},
	{"stages", "One row per arm, year's end and stage of expected credit loss: balance, provisions and coverage. Stage 3 is 90 and more days past due.", Stages},
	{"roll_rates", "One row per arm, state and move: where borrowers of a state stand a month later, as a share of the borrower-months that begin in it. The moves of a state add up to 1; better is not told apart from same for current, and does not exist for 90+.", RollRates},
	{"denials", "One row per arm and reason: denied applications to the horizon under the first rule that failed.", Denials},
	{"rules", "One row per arm, clause of its policy or law and figure at the horizon: what the clause has done so far, and the same as a share of the arm's applications, or, of money, of the amount asked for in them. A run that kept no ledger of rules has no rows.", Rules},
	{"rules_monthly", "One row per arm, clause, month and figure: flows of the month, as in rules, where the clause's sentence is.", RulesMonthly},
	{"access", "One row per arm, score band and figure at the horizon: who is served, refused, lost to other lenders, what it costs the borrower and earns the lender. Bands are fixed on the snapshot. Means over 16 to 31 paths (of antithetic pairs the first; all of fewer; more where replicates have more paths). Arms whose rules watch the whole book have no rows: their borrowers are not simulated band by band.", AccessTable},
	{"flows", "One row per arm, score band (0: all), status and part: borrowers who are served (or default) in the reference and in the arm, in one of them or in neither, path by path; the four parts add up to 1. Beside it what becomes of the part's borrowers. An arm without a reference under its macro path is set against itself.", Flows},
	{"borrowing", "One row per arm, spread and class: loans granted in the projection by payment to income, time since the last payoff and number of lenders, and borrowers by the length of their last loan sequence. The shares of a spread add up to 1.", Borrowing},
	{"vintages", "One row per arm, cohort of loans and month on book: the share of the cohort's loans in default so far. Cohort 0 is the open loans of the snapshot by months since; a curve ends where some loans of the cohort are not seen so long. A loan that is refinanced is repaid, and its successor belongs to the new cohort.", Vintages},
	{"segments", "One row per arm and class of borrowers: default rate and share served at the horizon.", Segments},
	{"contributions", "One row per arm, class of borrowers and part: what the class adds to the whole arm at the horizon; values and shares add up over the classes of a dimension.", Contributions},
	{"concentration", "One row per arm, dimension and part: Herfindahl-Hirschman index over the classes, 1 where one class has all.", Concentration},
	{"convergence", "One row per arm and number of paths: the default rate at the horizon as the first paths alone give it.", Convergence},
}

// meanings say what columns hold; an entry TABLE.COLUMN goes before COLUMN.
var meanings = map[string]string{
	"arm": "key of the arm", "title": "the arm in words", "macro": "macro path of the arm", "policy": "policy of the arm", "regulation": "regulation of the arm",
	"reference": "key of the arm that it is compared with", "measure": "name of the measure, see relend schema measures",
	"unit":  "share (a fraction), count, mean or the currency",
	"month": "months after the snapshot; flows count from month 1 on", "from_month": "first month of the year", "to_month": "last month of the year; the last year may be shorter",
	"value": "the figure, mean over paths", "rate": "the figure, a fraction", "std_error": "its standard error over replicates", "lo": "lower end of its interval", "hi": "upper end of its interval",
	"level": "probability of the intervals", "diff": "paired difference to the arm's reference over the same paths", "diff_std_error": "its standard error",
	"diff_lo": "lower end of its interval", "diff_hi": "upper end of its interval",
	"verdict":   "lower or higher: told from zero; ~ not told from zero; = the same on every path; empty without data",
	"statistic": "mean, quantile, value_at_risk or expected_shortfall", "probability": "of the quantile or the tail", "distribution.level": "probability that the interval really has; empty without one",
	"method":      "how the interval was made; not available where the paths are too few",
	"needs_paths": "paths that an interval takes where there are too few, else 0",
	"threshold":   "a value of the measure, a fraction", "share_of_paths": "share of the paths above it",
	"loss_rates.measure": "default_rate_balance, gross_charge_off_rate, recovery_rate, net_charge_off_rate, impairment_rate (rise of provisions plus net charge-offs) or net_margin_rate",
	"item":               "line of the income statement; costs are negative", "amount": "whole units of the currency",
	"margin.rate": "the amount per mean balance at the start of the months, a fraction, not annualised", "rate_std_error": "standard error of rate", "rate_lo": "lower end of the interval of rate", "rate_hi": "upper end of the interval of rate",
	"stage": "1, 2 or 3", "balance": "principal owed, whole units of the currency", "share": "share of the whole", "provisions": "set aside for losses, whole units of the currency", "coverage": "provisions per balance of the stage",
	"balance_lo": "lower end of the interval of balance", "balance_hi": "upper end of the interval of balance", "share_lo": "lower end of the interval of share", "share_hi": "upper end of the interval of share",
	"provisions_lo": "lower end of the interval of provisions", "provisions_hi": "upper end of the interval of provisions", "coverage_lo": "lower end of the interval of coverage", "coverage_hi": "upper end of the interval of coverage",
	"state":  "days past due at the start of a month: current, 1-29, 30-59, 60-89 or 90+ (in default, not charged off)",
	"move":   "better (cured, repaid or refinanced), same, or worse (the next state; of 90+ charged off)",
	"reason": "first rule that failed", "reason_title": "the reason in words", "denials": "denied applications, mean over paths", "share_of_applications": "the same per application",
	"dimension": "segment, product or ordinal (of the newest loan)", "class": "value of the dimension", "borrowers": "initial borrowers of the class",
	"per":          "denominator of the default rate: initial_borrower, or active_borrower where borrowers move between the classes",
	"default_rate": "borrowers who reached 90 days past due, a fraction", "default_rate_std_error": "its standard error", "default_rate_lo": "lower end of its interval", "default_rate_hi": "upper end of its interval",
	"served_share": "borrowers with a further loan, a fraction", "served_share_std_error": "its standard error", "served_share_lo": "lower end of its interval", "served_share_hi": "upper end of its interval",
	"balance_snapshot": "balance at the snapshot, whole units of the currency", "balance_horizon": "balance at the horizon, whole units of the currency",
	"part":                "balance_snapshot, balance_horizon, charge_offs, net_loss (whole units of the currency) or defaults (borrowers)",
	"contributions.value": "what the class adds, mean over paths", "contributions.lo": "lower end of its interval, which is at least as wide as it ought to be where the part is made of several counters",
	"concentration.lo": "lower end of its interval, which is at least as wide as it ought to be",
	"index":            "sum of squared shares", "classes": "classes with a share", "effective_classes": "1 / index: classes of equal size that would be as concentrated", "paths": "number of first paths",

	"band": "number of the score band from 1, lowest PD first; 0 is all", "pd_lowest": "lowest PD of the band at the snapshot; 0 for applicants and without PDs", "pd_highest": "highest PD of the band",
	"access.borrowers": "borrowers of the band at the snapshot, or applicants who have come, mean over paths", "access.figure": "what is measured: a measure of relend schema measures, applied_share, or denied_ and a group of reasons",
	"access.unit": "share (a fraction), count or the currency", "access.value": "the figure, mean over the paths on which access is counted", "definition": "numerator and denominator in words", "access.diff": "paired difference to the same band of the arm's reference",
	"flows.reference": "key of the arm that it is set against", "status": "served (at least one further loan) or default (reached 90 days past due)", "flows.part": "both, reference_only, arm_only or neither",
	"flows.borrowers": "borrowers of the part, mean over paths", "flows.share": "of the band's borrowers", "share_std_error": "standard error of share",
	"flows.default_rate": "share of the part's borrowers who default in the arm", "default_rate_reference": "the same in the reference", "default_rate_reference_lo": "lower end of its interval", "default_rate_reference_hi": "upper end of its interval",
	"leaked_share": "share of the part's borrowers who in the arm were denied and borrowed from an outside lender", "leaked_share_lo": "lower end of its interval", "leaked_share_hi": "upper end of its interval",
	"leaked_share_reference": "the same in the reference", "leaked_share_reference_lo": "lower end of its interval", "leaked_share_reference_hi": "upper end of its interval",
	"spread":          "payment_to_income (instalments of all loans over income at grant), time_to_reborrow (whole months since the last payoff), lenders (to whom the borrower owes after the grant) or sequence (loans in a row, each within a month of the payoff of the one before)",
	"borrowing.class": "of the spread", "borrowing.number": "of the class, from 1", "count": "loans, or borrowers of the spread sequence, mean over paths", "borrowing.share": "of the spread", "borrowing.diff": "paired difference of share to the arm's reference",
	"cohort": "0 the open loans of the snapshot, then loans by when they were granted", "vintages.from_month": "first month of the projection in which they were granted; 0 for cohort 0", "vintages.to_month": "last month of the cohort",
	"loans": "loans of the cohort, mean over paths", "months_on_book": "months since the month of the grant; of cohort 0 since the snapshot", "default_share": "share of the loans that reached 90 days past due, a fraction",

	"number": "place of the clause among those of the arm", "rule": "kind of the rule, see relend schema rules", "of": "policy or law that has the clause", "law": "yes or no", "sentence": "the clause in words",
	"rules.reason": "under which the clause denies", "figure": "what is counted: asked, would_bind, decided, refused_amount, reduced or cut_amount",
	"rules.unit": "count or the currency", "rules_monthly.unit": "count or the currency", "rules.diff": "share decided less that of the same clause in the arm's reference",
}

// Meaning says what a column holds; "" for one that is not documented.
func Meaning(table, column string) string {
	if m := meanings[table+"."+column]; m != "" {
		return m
	}
	return meanings[column]
}

// type of a column, as a file has it.
func (c *Column) kind() string {
	switch {
	case c.Ints != nil:
		return "integer"
	case c.Floats != nil:
		return "number"
	}
	return "text"
}

// ColumnSchema documents a column.
type ColumnSchema struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // integer, number or text
	Meaning string `json:"meaning"`
}

// Schema documents a table.
type Schema struct {
	Name    string         `json:"name"`
	About   string         `json:"about"`
	Columns []ColumnSchema `json:"columns"`
}

// Schemas documents the tables of a run, from the tables themselves.
func Schemas() (out []Schema) {
	empty := &output.Report{Run: &data.Run{}}
	for _, k := range Kinds {
		s := Schema{Name: k.Name, About: k.About}
		for _, c := range k.build(empty) {
			s.Columns = append(s.Columns, ColumnSchema{c.Name, c.kind(), Meaning(k.Name, c.Name)})
		}
		out = append(out, s)
	}
	return out
}

// SchemaJSON is tables/schema.json: the version of the layout and every table and column.
func SchemaJSON() []byte {
	raw, err := json.MarshalIndent(struct {
		Version int      `json:"version"`
		Tables  []Schema `json:"tables"`
	}{SchemaVersion, Schemas()}, "", "  ")
	if err != nil {
		panic(err) // strings and integers
	}
	return append(raw, '\n')
}
