package table

import (
	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// RollRates is the roll-rate matrix in long form: one row per arm, state at the start of a month and move.
func RollRates(r *output.Report) []Column {
	b := newBuilder("arm title macro state move rate std_error lo hi level diff diff_std_error diff_lo diff_hi", "sssssfffffffff")
	for _, x := range r.Rolls {
		arm := r.Run.Arms[x.Arm]
		b.figures(arm, []any{output.RollStates[x.State], output.RollMoves[x.Move]}, r.Level, x.Rate, x.Change)
	}
	return b.columns
}

// LossRates is one row per arm, year and measure.
func LossRates(r *output.Report) []Column {
	b := newBuilder("arm title macro from_month to_month measure rate std_error lo hi level diff diff_std_error diff_lo diff_hi", "sssiisfffffffff")
	for _, x := range r.LossRates {
		b.figures(r.Run.Arms[x.Arm], []any{x.From, x.To, x.Measure}, r.Level, x.Figure, x.Change)
	}
	return b.columns
}

// Margin is the income statement to the horizon: one row per arm and item.
func Margin(r *output.Report) []Column {
	b := newBuilder("arm title macro item amount std_error lo hi level diff diff_std_error diff_lo diff_hi rate rate_std_error rate_lo rate_hi", "ssssfffffffffffff")
	for _, x := range r.Margins {
		arm, amount, change := r.Run.Arms[x.Arm], scaled(x.Amount, float64(data.Unit)), scaled(x.Change, float64(data.Unit))
		b.add(arm.Name, arm.Title, arm.Macro, x.Item, amount.Value, amount.SE, amount.Lo, amount.Hi, r.Level,
			change.Value, change.SE, change.Lo, change.Hi, x.Rate.Value, x.Rate.SE, x.Rate.Lo, x.Rate.Hi)
	}
	return b.columns
}

// Stages is one row per arm, year's end and stage of expected credit loss.
func Stages(r *output.Report) []Column {
	b := newBuilder("arm title macro month stage balance balance_lo balance_hi share share_lo share_hi provisions provisions_lo provisions_hi coverage coverage_lo coverage_hi level",
		"sssiifffffffffffff")
	for _, x := range r.ByStage {
		arm, balance, set := r.Run.Arms[x.Arm], scaled(x.Balance, float64(data.Unit)), scaled(x.Provisions, float64(data.Unit))
		b.add(arm.Name, arm.Title, arm.Macro, x.Month, x.Stage, balance.Value, balance.Lo, balance.Hi, x.Share.Value, x.Share.Lo, x.Share.Hi,
			set.Value, set.Lo, set.Hi, x.Coverage.Value, x.Coverage.Lo, x.Coverage.Hi, r.Level)
	}
	return b.columns
}

// Exceedance is one row per arm, measure and level.
func Exceedance(r *output.Report) []Column {
	b := newBuilder("arm title macro measure threshold share_of_paths lo hi level", "ssssfffff")
	for _, x := range r.Exceedances {
		arm := r.Run.Arms[x.Arm]
		b.add(arm.Name, arm.Title, arm.Macro, x.Measure, x.Level, x.Share.Value, x.Share.Lo, x.Share.Hi, r.Level)
	}
	return b.columns
}

// Contributions is one row per arm, class of borrowers and part.
func Contributions(r *output.Report) []Column {
	b := newBuilder("arm title macro dimension class borrowers part value lo hi level share", "sssssfsfffff")
	for _, x := range r.Parts {
		arm := r.Run.Arms[x.Arm]
		for i, f := range x.Parts {
			if output.Contributed[i] != "defaults" {
				f = scaled(f, float64(data.Unit))
			}
			b.add(arm.Name, arm.Title, arm.Macro, x.Dimension, x.Class, x.Borrowers, output.Contributed[i], f.Value, f.Lo, f.Hi, r.Level, x.Shares[i])
		}
	}
	return b.columns
}

// Concentration is one row per arm, dimension and part.
func Concentration(r *output.Report) []Column {
	b := newBuilder("arm title macro dimension part classes index lo hi level effective_classes", "sssssifffff")
	for _, x := range r.Spread {
		arm := r.Run.Arms[x.Arm]
		b.add(arm.Name, arm.Title, arm.Macro, x.Dimension, output.Contributed[x.Part], x.Classes, x.Index.Value, x.Index.Lo, x.Index.Hi, r.Level, x.Effective)
	}
	return b.columns
}

// figures appends a row of an arm: its keys, a figure and a difference.
func (b *builder) figures(arm data.Arm, keys []any, level float64, f, d estimate.Figure) {
	row := append([]any{arm.Name, arm.Title, arm.Macro}, keys...)
	b.add(append(row, f.Value, f.SE, f.Lo, f.Hi, level, d.Value, d.SE, d.Lo, d.Hi)...)
}
