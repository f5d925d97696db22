package table

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"

	"relend/data"
	"relend/output"
	"relend/sim/estimate"
)

// Column is one column of a tidy table; exactly one of the slices is set. NaN is a missing number.
type Column struct {
	Name    string
	Ints    []int64
	Floats  []float64
	Strings []string
}

// Table is a tidy table: one name, columns of equal length.
type Table struct {
	Name    string // file name without extension
	Columns []Column
}

// All returns the tables of a report in the order of Kinds.
func All(r *output.Report) (out []Table) {
	for _, k := range Kinds {
		out = append(out, Table{k.Name, k.build(r)})
	}
	return out
}

// CSV writes the columns with a header line. Floats take the shortest form that reads back the same; missing
// ones are empty.
func CSV(columns []Column) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // a bytes.Buffer never fails
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Name
	}
	w.Write(record)
	for row := range max(len(columns[0].Ints), len(columns[0].Floats), len(columns[0].Strings)) {
		for i, c := range columns {
			switch {
			case c.Ints != nil:
				record[i] = strconv.FormatInt(c.Ints[row], 10)
			case c.Strings != nil:
				record[i] = c.Strings[row]
			case math.IsNaN(c.Floats[row]):
				record[i] = ""
			default:
				record[i] = strconv.FormatFloat(c.Floats[row], 'g', -1, 64)
			}
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes()
}

// builder collects rows; kinds has one letter a column: s text, i integer, f float.
type builder struct {
	columns []Column
}

func newBuilder(names, kinds string) *builder {
	b := &builder{}
	for i, name := range bytes.Fields([]byte(names)) {
		c := Column{Name: string(name)}
		switch kinds[i] {
		case 'i':
			c.Ints = []int64{}
		case 'f':
			c.Floats = []float64{}
		default:
			c.Strings = []string{}
		}
		b.columns = append(b.columns, c)
	}
	return b
}

// add appends one row.
func (b *builder) add(values ...any) {
	for i, v := range values {
		c := &b.columns[i]
		switch v := v.(type) {
		case int:
			c.Ints = append(c.Ints, int64(v))
		case float64:
			c.Floats = append(c.Floats, v)
		case string:
			c.Strings = append(c.Strings, v)
		}
	}
}

// Summary is one row per arm, measure and month (1..Months): value, standard error and interval, and the
// paired difference to the arm's reference with its own. Shares are fractions, amounts whole units of currency.
func Summary(r *output.Report) []Column {
	b := newBuilder("arm title policy regulation macro reference measure unit month value std_error lo hi level "+
		"diff diff_std_error diff_lo diff_hi verdict", "ssssssssifffffffffs")
	for a, arm := range r.Run.Arms {
		reference := r.Run.Arms[arm.Reference].Name
		for m, measure := range r.Measures {
			unit, factor := unitOf(r, measure)
			for month := 1; month <= r.Run.Months; month++ {
				f, d := scaled(r.Figures[a][m][month], factor), scaled(r.Differences[a][m][month], factor)
				b.add(arm.Name, arm.Title, arm.Policy, arm.Regulation, arm.Macro, reference, measure.Name, unit, month,
					f.Value, f.SE, f.Lo, f.Hi, r.Level, d.Value, d.SE, d.Lo, d.Hi, string(d.Verdict()))
			}
		}
	}
	return b.columns
}

// Distribution is the distribution of the loss and default rates over paths at the horizon: mean, quantiles,
// value at risk and expected shortfall, each with its interval, the level the interval really has and, where
// there are too few paths for one, the number it takes.
func Distribution(r *output.Report) []Column {
	b := newBuilder("arm title macro measure statistic probability value lo hi level method needs_paths", "sssssfffffsi")
	nan := math.NaN()
	for a, arm := range r.Run.Arms {
		for _, l := range r.Losses[a] {
			b.add(arm.Name, arm.Title, arm.Macro, l.Measure, "mean", nan, l.Mean.Value, l.Mean.Lo, l.Mean.Hi, r.Level, "Student t", 0)
			tails := func(statistic, method string, tails []estimate.Tail) {
				for _, t := range tails {
					level, how := t.Level, method
					if t.Needs > 0 {
						level, how = nan, "not available"
					}
					b.add(arm.Name, arm.Title, arm.Macro, l.Measure, statistic, t.P, t.Value, t.Lo, t.Hi, level, how, t.Needs)
				}
			}
			ranks := "binomial ranks"
			if l.Sample.Weights != nil {
				ranks = "weighted exceedances"
			}
			tails("quantile", ranks, l.Quantiles)
			tails("value_at_risk", ranks, l.AtRisk)
			tails("expected_shortfall", "linearised", l.Shortfall)
		}
	}
	return b.columns
}

// Denials is one row per arm and reason: denials so far at the horizon (mean over paths) and their share of
// applications with interval.
func Denials(r *output.Report) []Column {
	b := newBuilder("arm title macro reason reason_title denials share_of_applications std_error lo hi level", "sssssffffff")
	for a, arm := range r.Run.Arms {
		for _, d := range r.Denials[a] {
			b.add(arm.Name, arm.Title, arm.Macro, d.Reason.String(), d.Reason.Title(), d.Count, d.Share.Value, d.Share.SE, d.Share.Lo, d.Share.Hi, r.Level)
		}
	}
	return b.columns
}

// Rules is one row per arm, clause and figure at the horizon: what the clause has done so far, mean over paths with interval,
// and the same as a share of the arm's applications, or, of money, of the amount asked for in them. diff is the difference of
// the share decided to that of the same clause in the arm's reference. A run that kept no ledger has no rows.
func Rules(r *output.Report) []Column {
	b := newBuilder("arm title macro number rule of law reason sentence figure unit value std_error lo hi share share_std_error share_lo share_hi diff diff_std_error diff_lo diff_hi level",
		"sssisssssssfffffffffffff")
	for _, rules := range r.Rules {
		for _, x := range rules {
			arm, law := r.Run.Arms[x.Arm], "no"
			if x.Clause.Law {
				law = "yes"
			}
			for k := range data.NumBites {
				unit, v, s, d := biteOf(r, &x.Total, data.Bite(k))
				b.add(arm.Name, arm.Title, arm.Macro, x.Number, x.Clause.Name, x.Clause.Of, law, x.Clause.Reason, x.Clause.Sentence,
					data.Bite(k).String(), unit, v.Value, v.SE, v.Lo, v.Hi, s.Value, s.SE, s.Lo, s.Hi, d.Value, d.SE, d.Lo, d.Hi, r.Level)
			}
		}
	}
	return b.columns
}

// RulesMonthly is one row per arm, clause, month and figure, flows of the month, as in Rules; number and rule name the
// clause, whose sentence is there.
func RulesMonthly(r *output.Report) []Column {
	b := newBuilder("arm number rule month figure unit value std_error lo hi share share_std_error share_lo share_hi level", "sisissfffffffff")
	for _, rules := range r.Rules {
		for _, x := range rules {
			for m := range x.Months {
				for k := range data.NumBites {
					unit, v, s, _ := biteOf(r, &x.Months[m], data.Bite(k))
					b.add(r.Run.Arms[x.Arm].Name, x.Number, x.Clause.Name, m+1, data.Bite(k).String(), unit, v.Value, v.SE, v.Lo, v.Hi, s.Value, s.SE, s.Lo, s.Hi, r.Level)
				}
			}
		}
	}
	return b.columns
}

// biteOf is one figure of a bite with its unit, its share and the difference of that.
func biteOf(r *output.Report, x *output.Bite, k data.Bite) (unit string, value, share, diff estimate.Figure) {
	unit, value, share, diff = data.Count.String(), x.Counts[k], x.Shares[k], estimate.Missing
	switch k {
	case data.Decided:
		diff = x.Change
	case data.Refused, data.Cut:
		unit, value = r.Run.Currency, scaled(value, float64(data.Unit))
	}
	return unit, value, share, diff
}

// Segments is one row per arm and group of borrowers: initial borrowers, cumulative default rate and share
// served at the horizon with intervals, balance at the snapshot and at the horizon in whole units of currency.
// The column per names the denominator of the default rate: "initial_borrower", or "active_borrower" where
// borrowers move between the classes, see output.SegmentRow.
func Segments(r *output.Report) []Column {
	b := newBuilder("arm title macro dimension class borrowers per default_rate default_rate_std_error default_rate_lo default_rate_hi "+
		"served_share served_share_std_error served_share_lo served_share_hi balance_snapshot balance_horizon level", "sssssfsfffffffffff")
	for _, s := range r.Segments {
		arm, d, f := r.Run.Arms[s.Arm], s.DefaultRate, s.Served
		per := "initial_borrower"
		if s.Moving {
			per = "active_borrower"
		}
		b.add(arm.Name, arm.Title, arm.Macro, s.Dimension, s.Class, s.Borrowers, per, d.Value, d.SE, d.Lo, d.Hi,
			f.Value, f.SE, f.Lo, f.Hi, s.BalanceStart/float64(data.Unit), s.Balance/float64(data.Unit), r.Level)
	}
	return b.columns
}

// Convergence is one row per arm and number of paths: the default rate at the horizon as the first paths of the run alone
// give it, and the paired difference to the arm's reference.
func Convergence(r *output.Report) []Column {
	b := newBuilder("arm title macro paths value std_error lo hi level diff diff_std_error diff_lo diff_hi", "sssifffffffff")
	for a, arm := range r.Run.Arms {
		for _, s := range r.Stages {
			f, d := s.Figures[a], s.Differences[a]
			b.add(arm.Name, arm.Title, arm.Macro, s.Paths, f.Value, f.SE, f.Lo, f.Hi, r.Level, d.Value, d.SE, d.Lo, d.Hi)
		}
	}
	return b.columns
}

func unitOf(r *output.Report, m data.Measure) (unit string, divisor float64) {
	if m.Unit == data.Amount {
		return r.Run.Currency, float64(data.Unit)
	}
	return m.Unit.String(), 1
}

func scaled(f estimate.Figure, divisor float64) estimate.Figure {
	return estimate.Figure{Value: f.Value / divisor, SE: f.SE / divisor, Lo: f.Lo / divisor, Hi: f.Hi / divisor}
}
