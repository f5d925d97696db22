package main

import (
	"fmt"
	"strings"

	"relend/data"
)

// biteMeanings say what the ledger of refusals counts.
var biteMeanings = [data.NumBites]string{
	data.Asked:     "applications that the rule was asked about: it was in force, and they lay in its perimeter",
	data.WouldBind: "part of them that it would by itself have denied or cut; a cap on the price counts where it denies",
	data.Decided:   "applications that it denied as the first that did; over the rules of an arm they are all denials",
	data.Refused:   "amount asked for in the applications decided",
	data.Reduced:   "offers of less than was asked for, for which it left the least room",
	data.Cut:       "by how much less, in all",
}

// ledgerFiles describe the files in which the ledger is kept and shown: column, type, meaning.
var ledgerFiles = []struct {
	name, about string
	columns     [][3]string
}{
	{"results/ledger.parquet", "counts as integers, money in minor units, one row for each arm, batch of paths, month and rule that is not all zero", append([][3]string{
		{"arm", "text", "name of the arm"},
		{"batch", "integer", fmt.Sprintf("batch of replicates, at most %d; path p of a run in replicates of R is in batch floor(p/R) mod %[1]d", data.MostBatches)},
		{"month", "integer", "1 to the horizon; what happened in it"},
		{"rule", "integer", "place in the arm's clauses in results/run.json, from 0: the rules of the policy, of the regulation, and what is inherent in lending"},
	}, bites()...)},
	{"results/access.parquet", "the ledger of access: who is served and what becomes of whom; counts as integers, money in minor units, one row for each arm, batch with such paths and entry that is not 0; what the tables access, flows, borrowing and vintages are made of (relend schema tables)", [][3]string{
		{"arm", "text", "name of the arm"},
		{"hearing", "integer", "replicate, from 0; every rule is heard on the first 16; of two paths that mirror each other the first is counted"},
		{"figure", "text", "flow, a counter of results/paths.parquet, payment_to_income, time_to_reborrow, lenders, sequence, loans, loan_defaults or further_defaults"},
		{"of", "integer", "of flow and counters the score band from 0 (bands in results/run.json), of loans and loan_defaults the cohort (0: the book, then quarters of the projection; longer ones above ten years), else 0"},
		{"at", "integer", "of flow 16 x the status in the arm's reference + that in the arm, a sum of 1 applied, 2 served, 4 borrowed elsewhere after a denial, 8 in default; of a counter 0 the snapshot, 1 the sum of months 1 to 12, 2 that of all, 3 the last month; of spreads the class; of loan_defaults the months on book"},
		{"count", "integer", "borrowers, loans, events or money, by borrower weight"},
	}},
	{"tables/rules", "up to the horizon, one row for each arm, rule that can deny, and figure (asked, would_bind, decided, refused_amount, reduced, cut_amount); CSV and Parquet", append([][3]string{
		{"arm", "text", "name of the arm"}, {"title", "text", "its title"}, {"macro", "text", "its macro path"},
		{"number", "integer", "place of the rule, as in results/ledger.parquet"},
		{"rule", "text", "kind of rule; of what is inherent a name of its own (ways_combined, loan_slots, break_even, amount_min)"},
		{"of", "text", "policy or regulation that it is a rule of; empty for what is inherent"},
		{"law", "text", "yes for a rule of the regulation, else no"},
		{"reason", "text", "for which it denies"}, {"sentence", "text", "the rule in words"},
		{"figure", "text", "one of the columns above"},
	}, figures([3]string{"diff", "number", "share decided less that of the same rule in the arm's reference; empty where that has no such rule"},
		[3]string{"diff_std_error", "number", ""}, [3]string{"diff_lo", "number", ""}, [3]string{"diff_hi", "number", ""})...)},
	{"tables/rules_monthly", "the same by month, flows of the month; CSV and Parquet", append([][3]string{
		{"arm", "text", "name of the arm"}, {"number", "integer", "place of the rule"}, {"rule", "text", "kind of rule"},
		{"month", "integer", "1 to the horizon"}, {"figure", "text", "as above"},
	}, figures()...)},
}

func bites() (columns [][3]string) {
	for b, meaning := range biteMeanings {
		columns = append(columns, [3]string{data.Bite(b).String(), "integer", meaning})
	}
	return columns
}

// figures are the columns of a figure with its share, and those that follow.
func figures(more ...[3]string) [][3]string {
	columns := [][3]string{
		{"unit", "text", "count, or the currency"},
		{"value", "number", "mean over paths; of asked and would_bind over the paths on which every rule is heard"},
		{"std_error", "number", "of value over batches"}, {"lo", "number", "interval at the level"}, {"hi", "number", ""},
		{"share", "number", "of the arm's applications; of an amount, of the amount asked for in them"},
		{"share_std_error", "number", ""}, {"share_lo", "number", ""}, {"share_hi", "number", ""},
	}
	return append(append(columns, more...), [3]string{"level", "number", "of the intervals"})
}

// ledgerSchemaText lists the files of the ledger of refusals with their columns.
func ledgerSchemaText() string {
	var b strings.Builder
	b.WriteString("What each rule does to applications. Every application asks every rule, also after one has denied it; that is counted on the\n" +
		"paths of 16 to 31 replicates (all of fewer). What decides is counted on all paths, and adds up exactly to the denials.\n" +
		"Counts are weighted by borrower weight. Nothing is kept where paths have weights or expected values are computed.\n")
	for _, f := range ledgerFiles {
		fmt.Fprintf(&b, "\n%s: %s\n", f.name, f.about)
		rows := [][]string{{"  column", "type", "meaning"}}
		for _, c := range f.columns {
			rows = append(rows, []string{"  " + c[0], c[1], c[2]})
		}
		writeRows(&b, rows)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
