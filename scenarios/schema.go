package scenarios

import (
	"fmt"
	"strings"

	"relend/data"
	"relend/data/synth"
	"relend/sim"
	"relend/sim/behaviour"
	"relend/sim/factor"
	"relend/sim/provision"
	"relend/sim/rule"
)

// Key documents one key of a file.
type Key struct {
	Path    string // such as "portfolio.synthetic.seed"; "[]" stands for an element of a list
	Value   string // what is written there
	Default string // what holds when the key is absent; "" where it is needed or nothing holds
	Meaning string
}

// MaxBorrowers is the size of the largest synthetic portfolio. The other limits of an experiment are those of
// package sim.
const MaxBorrowers = 100_000_000

// The defaults of an experiment.
const (
	defaultBorrowers   = 20_000
	defaultSeed        = 20240601
	defaultMonths      = 36
	defaultPaths       = 256
	defaultMaxRejected = .01
)

var defaultMeasures = []string{"default_rate", "default_rate_active", "default_rate_balance", "par_30", "loss_rate",
	"approval_rate", "originations_amount", "served_share", "shocks", "net_margin_rate"}

var presets = []string{"default", "all_granted"}

// Schema lists the keys of a kind of file in the order in which they are best written. The parameters of rules
// are in sim/rule, those of behaviour in sim/behaviour.
func Schema(kind Kind) []Key { return schemas[kind] }

var schemas = map[Kind][]Key{
	KindExperiment: {
		{"title", "text", "the file's name", "a few words above the report"},
		{"description", "text", "", "what is asked, for the reader of the report"},
		{"extends", "name or path", "", "experiment whose keys hold where this one has none"},
		{"portfolio", "map", "synthetic", "the borrowers: synthetic or files, not both"},
		{"portfolio.synthetic", "map", "", "an artificial portfolio whose true parameters are known"},
		{"portfolio.synthetic.recipe", strings.Join(synth.Recipes(), " or "), synth.Recipes()[0], "the market that it looks like"},
		{"portfolio.synthetic.borrowers", "count", fmt.Sprint(defaultBorrowers), fmt.Sprintf("number of borrowers, 1 to %d", MaxBorrowers)},
		{"portfolio.synthetic.seed", "count", fmt.Sprint(defaultSeed), "seed of the portfolio, apart from the seed of the paths"},
		{"portfolio.synthetic.term_days", "days", "", fmt.Sprintf("1 to %d days: all loans are bullet loans of that term, in place of terms in months; a whole number of steps of the grid", data.MaxTermDays)},
		{"portfolio.synthetic.as_of", "date", "2025-12-31", "snapshot date, by which dated rules go"},
		{"portfolio.synthetic.currency", "code", "the recipe's", "ISO 4217 code, with scale"},
		{"portfolio.synthetic.scale", "number", "1", "units of that currency for one of the recipe's: all amounts times this, in whole units"},
		{"portfolio.files", "list of paths", "", "Parquet files, folders or patterns such as tapes/*.parquet, relative to this file"},
		{"portfolio.mapping", "name or path", "", "how columns of another layout become the portfolio's; with files"},
		{"portfolio.as_of", "date", "", "snapshot date, such as 2024-06-30; with files"},
		{"portfolio.currency", "code", "", "ISO 4217 code, such as CNY; with files"},
		{"portfolio.segments", "list of texts", "any", "segments that may occur; others are an error"},
		{"portfolio.max_rejected", "share", "1%", "share of rows that may be rejected before the run is refused"},
		{"lender", strings.Join(rule.Lenders, " or "), "", "kind of the lender: rules for other kinds do not bind him; without it all do"},
		{"grid", strings.Join(data.GridNames(), " or "), "month", "step of time: loans pay, and chances are drawn, every month, half month or week; figures stay by month. Loans of 14 days need week"},
		{"applicants", "list of maps", "nobody", "people who come after the snapshot and ask for a first loan, each like a borrower of the snapshot drawn at random except in what is given"},
		{"applicants[].per_month", "count or share", "", "how many a month: a number, on average, or a share of the borrowers at the snapshot such as 2%"},
		{"applicants[].arrival", strings.Join(arrivalNames, " or "), "even", "the same number every month, or one drawn from the Poisson law"},
		{"applicants[].segments", "list of texts", "all", "segments of the borrowers whom they are like"},
		{"applicants[].pd", "share", "the borrower's", "median 12-month probability of default through the door"},
		{"applicants[].pd_spread", "coefficient", "0", "standard deviation of the log 12-month hazard around it, 0 to 3"},
		{"applicants[].product", strings.Join(data.ProductNames(), ", "), "the borrower's", "of the first loan"},
		{"applicants[].term", "months", "the borrower's", "of the first loan"},
		{"applicants[].principal", "money", "the borrower's", "of the first loan"},
		{"applicants[].income", "money", "the borrower's", "a month"},
		{"applicants[].external_loans", "count", "the borrower's", "loans with other lenders"},
		{"applicants[].dependence", "share", "dependence.share", "share who depend on rolling their debt"},
		{"horizon", "months", "36 months", fmt.Sprintf("length of the projection, 1 to %d months", sim.MaxMonths)},
		{"paths", "count", fmt.Sprint(defaultPaths), fmt.Sprintf("simulated paths, at least 2 independent ones, at most %d; a multiple of 2 where the design is antithetic or importance, of 16 where it is stratified or lattice", sim.MaxPaths)},
		{"precision", "list of texts", "", "error bars of every arm at the horizon that the run is to reach, such as default_rate=±5bp@95% or, of the differences, diff:default_rate=±2bp@95%; paths is then the number from which is estimated how many it takes"},
		{"sample", "all, auto or count", "all", "borrowers that each path simulates, drawn anew on every path from strata of like ones and weighted; auto: as many as a pilot finds cheapest for the same error bars"},
		{"seed", "count", fmt.Sprint(defaultSeed), "seed of all draws"},
		{"design", strings.Join(factor.DesignNames(), " or "), "antithetic", "how the factor paths are drawn; importance, for VaR and expected shortfall at 99 % and 99.9 %, draws every other one from bad times and weighs all, which goes with no precision and no sample"},
		{"weighted_controls", "true or false", "false", "whether arms with rules that watch the whole book may run under the design importance"},
		{"anchor", strings.Join(sim.AnchorNames(), " or "), "baseline", "what the PDs mean: structural, those of borrowers who take no other loan; baseline, also the default rates of 12 months of the baseline arm, by segment and PD band"},
		{"factors", "map", "", "the systematic factors of the economy, beside the parameters factor.*"},
		{"factors.link", strings.Join(factor.LinkNames(), " or "), "lognormal", "how the factor moves the misses: lognormal, their hazard by one multiplier for a segment; probit, their probability in each segment and PD band as in Vasicek's one-factor model"},
		{"factors.segments", "list of texts", "", "all segments of the portfolio, in the order of the matrix; with correlation"},
		{"factors.correlation", "list of lists", "independent", "correlation matrix of the innovations of the segments' own factors"},
		{"factors.start", "number or stationary", "stationary", fmt.Sprintf("the systematic factor at the snapshot, -%v to %v, above 0 for bad times; it returns to 0 by factor.phi", sim.MaxStart, sim.MaxStart)},
		{"engine", strings.Join(Engines(), " or "), StepEngine, "step simulates every borrower; expect computes expected values given each path's economy, of a sample of borrowers where there are many"},
		{"provisions", "map", "", "how the lender provides for losses"},
		{"provisions.method", strings.Join(provision.MethodNames(), " or "), "ecl", "expected credit losses in three stages, or fixed shares by the five classes of Chinese supervision"},
		{"behaviour", "map", "", "behaviour of borrowers and costs of lending"},
		{"behaviour.preset", strings.Join(presets, " or "), "default", "the parameters to start from"},
		{"behaviour.set", "map of parameters", "", "parameters that differ from the preset, each in its unit"},
		{"behaviour.score", "map", "", "the score gain by what it does to discrimination, in place of score.gain"},
		{"behaviour.score.auc_before", "share", "", "area under the ROC curve of today's score, 50% to 99.9%"},
		{"behaviour.score.auc_after", "share", "", "area with the new data, at most what the frailty risk.sigma_u leaves to be known"},
		{"policies", "list of names, paths or definitions", "default", "the lender's policies"},
		{"regulations", "list of names, paths or definitions", "none", "the laws; NAME@DATE is a law as it stands on a day, undated"},
		{"macros", "list of names, paths or definitions", "baseline", "the macro paths"},
		{"arms", "map", "product of all", "what is run, at most " + fmt.Sprint(sim.MaxArms) + " arms"},
		{"arms.product", "map", "", "every policy under every regulation and every macro path"},
		{"arms.product.policies", "list of names", "all in policies", "of the experiment or of the library"},
		{"arms.product.regulations", "list of names", "all in regulations", "the same"},
		{"arms.product.macros", "list of names", "all in macros", "the same"},
		{"arms.list", "list of maps", "", "single arms"},
		{"arms.list[].name", "name", "", "letters, digits, _, - and ."},
		{"arms.list[].title", "text", "from its parts", "a few words for tables and charts"},
		{"arms.list[].policy", "name", "the first in policies", "of the experiment or of the library"},
		{"arms.list[].regulation", "name", "the first in regulations", "the same"},
		{"arms.list[].macro", "name", "the first in macros", "the same"},
		{"arms.list[].scope", "share", "the law's", "share of outside lenders bound by the regulation in this arm"},
		{"arms.list[].behaviour", "map", "the experiment's", "behaviour of this arm only, written as above"},
		{"baseline", "name of an arm", "the first arm", "the arm compared with"},
		{"measures", "list of measures", fmt.Sprintf("%d usual ones", len(defaultMeasures)), "the headline table; usually " + strings.Join(defaultMeasures, ", ")},
		{"gates", "list of maps", "", "conditions on the results"},
		{"gates[].name", "text", "", "what the condition is called in the verdict"},
		{"gates[].expect", "text", "", "expression over measures that must hold"},
		{"gates[].level", "error or warn", "error", "whether a breach fails the run"},
		{"tolerances", "list of texts", "", "how far measures of every arm at the horizon may move from an earlier run (relend gate --against), such as default_rate=±10bp, diff:served_share=±0.5pp or originations_amount=±2%"},
	},
	KindPolicy: {
		{"name", "name", "", "letters, digits, _ and -"},
		{"title", "text", "the name", "a few words for tables and charts"},
		{"description", "text", "", "what it does and when it is used"},
		{"status", strings.Join(Statuses, ", "), "", "standing of the figures; unverified ones are marked wherever they are used"},
		{"source", "text", "", "where the figures come from"},
		{"extends", "name or path", "", "policy whose rules hold where this one has none of the kind"},
		{"rules", "map of rules", "", "each rule with its parameters; none removes an inherited one"},
	},
	KindRegulation: {
		{"name", "name", "", "letters, digits, _ and -"},
		{"title", "text", "the name", "a few words for tables and charts"},
		{"original_title", "text", "", "of the instrument in its own language, with an English gloss"},
		{"description", "text", "", "what it does, and how it differs from the text of the law"},
		{"jurisdiction", "code", "", "country by ISO 3166, such as CN, UK for the United Kingdom, EU, XX for one made up; a part after a dash, such as US-FL"},
		{"status", strings.Join(Statuses, ", "), "hypothetical", "standing of the law"},
		{"reference", "text", "", "instrument and article"},
		{"source", "text", "", "where the figures were read"},
		{"scope", "share", "0%", "share of outside lenders bound by it: they deny whom it denies here"},
		{"rules", "map of rules", "", "each rule with its parameters; {} for no rule"},
		{"amendments", "list of maps", "", "changes of the law, in any order"},
		{"amendments[].from", "date", "", "day from which it holds"},
		{"amendments[].title", "text", "", "a few words"},
		{"amendments[].status", strings.Join(Statuses, ", "), "that of the law", "standing of the amendment"},
		{"amendments[].reference", "text", "", "instrument and article"},
		{"amendments[].source", "text", "", "where it was read"},
		{"amendments[].rules", "map of rules", "", "rules that hold from that day in place of those of their kinds; none ends a kind"},
		{"not_modelled", "list of texts", "", "clauses of the instrument that no kind of rule can say"},
	},
	KindMacro: {
		{"name", "name", "", "letters, digits, _ and -"},
		{"title", "text", "the name", "a few words for tables and charts"},
		{"status", strings.Join(Statuses, ", "), "", "standing of the figures, as of a policy"},
		{"source", "text", "", "where the path comes from; needed unless it is flat"},
		{"months", "map", "", "one list of numbers for each variable, month by month; the last one holds on, {} for no shock"},
		{"months.unemployment", "list of numbers", "0", fmt.Sprintf("unemployment rate, standard deviations from its baseline, -%d to %d", maxShock, maxShock)},
		{"months.gdp", "list of numbers", "0", "GDP growth, the same"},
		{"months.lpr", "list of numbers", "0", "loan prime rate, the same"},
	},
	KindStudy: {
		{"name", "name", "", "letters, digits, _ and -"},
		{"title", "text", "", "a few words"},
		{"description", "text", "", "the case, and what of it is modelled"},
		{"experiment", "map", "", "the experiment, with the keys of one; its title is the study's"},
		{"market", "map", "", "another market on which every arm is run again, where the case changed the product"},
		{"market.name", "name", "", "arm A of the experiment is also there as NAME.A"},
		{"market.recipe", strings.Join(synth.Recipes(), " or "), "the experiment's", "as of portfolio.synthetic; borrowers and seed are the experiment's"},
		{"market.term_days", "days", "the experiment's", "the same"},
		{"reasons", "map of texts", "", "for every behaviour parameter that is set: where its value comes from"},
		{"facts", "list of maps", "", "what was seen in the case"},
		{"facts[].what", "text", "", "the fact in words"},
		{"facts[].source", "text", "", "where it was read"},
		{"facts[].mark", marksText(), "", "how well it is known"},
		{"facts[].sign", "text", "", "expression over measures (relend help gates) that holds when the direction is right"},
		{"facts[].size", "text", "", "expression that holds when the magnitude is right as well"},
		{"charts", "list of maps", "", "charts of the quotient of two arms over time"},
		{"charts[].name", "name", "", "of the chart's file"},
		{"charts[].title", "text", "", "above the chart"},
		{"charts[].arms", "list of maps", "", "the lines"},
		{"charts[].arms[].arm", "name of an arm", "", "the numerator"},
		{"charts[].arms[].against", "name of an arm", "", "the denominator"},
		{"charts[].measures", "list of measures", "", "a panel each"},
		{"charts[].first", "months", "1 month", "where the lines begin"},
	},
}

// topKeys lists the keys at the top of a kind of file.
func topKeys(kind Kind) []string {
	var keys []string
	for _, k := range schemas[kind] {
		if !strings.ContainsAny(k.Path, ".[") {
			keys = append(keys, k.Path)
		}
	}
	return keys
}

// measureNames lists the measures that exist.
var measureNames = data.MeasureNames()

// RuleField documents one parameter of a rule, in words as they are written in YAML.
type RuleField struct {
	Name, Unit, Range, Default, Meaning string
}

// RuleFields documents the parameters of a kind of rule; Default is "needed" where there is none.
func RuleFields(kind rule.Kind) []RuleField {
	var out []RuleField
	for _, f := range kind.New().Fields() {
		standard := "needed"
		if !f.Required {
			standard = written(f, "").Text()
		}
		allowed := span(fieldBound(f, f.Min), fieldBound(f, f.Max))
		if f.Unit == "choice" {
			allowed = strings.Join(f.Choices, " or ")
		}
		out = append(out, RuleField{f.Name, f.Unit, allowed, standard, f.Meaning})
	}
	return out
}

// fieldBound writes one end of a field's range.
func fieldBound(f rule.Field, v float64) string {
	switch f.Unit {
	case "share":
		return ratio(v).Text()
	case "flag":
		return ""
	}
	return shortest(v)
}

// ParameterRange writes the range of a behaviour parameter.
func ParameterRange(d behaviour.Parameter) string {
	if d.Unit == "share" {
		return span(ratio(d.Min).Text(), ratio(d.Max).Text())
	}
	return span(shortest(d.Min), shortest(d.Max))
}

func span(lo, hi string) string {
	if lo == "" {
		return "true or false"
	}
	return lo + " to " + hi
}
