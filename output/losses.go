package output

import (
	"relend/data"
	"relend/sim/estimate"
)

// YearFigure is a measure of an arm over one year of the projection, or what there is of it.
type YearFigure struct {
	Arm, From, To  int // months
	Measure        string
	Figure, Change estimate.Figure // Change: paired difference to the arm's reference
}

// LossRates are the measures of the loss-rate table: flows of a year per mean balance at the start of its months, which is how
// supervisors state loss rates.
var LossRates = []string{"default_rate_balance", "gross_charge_off_rate", "recovery_rate", "net_charge_off_rate", "impairment_rate", "net_margin_rate"}

// LossRateTitles names them.
var LossRateTitles = []string{"Principal reaching 90 days past due", "Gross charge-offs", "Later recoveries", "Net charge-offs", "Impairment charge", "Net margin"}

// Years cuts the projection into years; the last may be shorter.
func (r *Report) Years() (spans [][2]int) {
	for from := 1; from <= r.Run.Months; from += 12 {
		spans = append(spans, [2]int{from, min(from+11, r.Run.Months)})
	}
	return spans
}

// lossRates are rates of the span, not annualised.
func (r *Report) lossRates(e *estimate.Estimator) (out []YearFigure) {
	spans := r.Years()
	if spans == nil {
		return nil
	}
	measure := func(name string) data.Measure { return r.Measures[r.Index(name)] }
	impairment, recovery := measure("impairment"), measure("gross_charge_off_rate")
	impairment.Den, recovery.Num = recovery.Den, data.Sum{Window: data.ToDate, Terms: []data.Term{{Counter: data.Recoveries, Factor: 1}}}
	measures := []data.Measure{measure(LossRates[0]), measure(LossRates[1]), recovery, measure(LossRates[3]), impairment, measure(LossRates[5])}
	figures, changes := e.Spans(measures, spans)
	for a := range r.Run.Arms {
		for s, span := range spans {
			for m, name := range LossRates {
				out = append(out, YearFigure{a, span[0], span[1], name, figures[a][m][s], changes[a][m][s]})
			}
		}
	}
	return out
}

// MarginItem is one line of the income statement of an arm to the horizon: minor units, and a share of the mean balance at the
// start of the months.
type MarginItem struct {
	Arm                  int
	Item                 string
	Amount, Rate, Change estimate.Figure // Change: paired difference of Amount to the arm's reference
}

// MarginItems are the lines: the first six add up to the net margin, and with the rise of provisions to the last.
var MarginItems = []string{"interest", "recoveries", "charge_offs", "funding", "operating", "acquisition", "net_margin", "provisions", "net_margin_provisioned"}

// MarginTitles names them.
var MarginTitles = []string{"Interest received", "Recoveries after charge-off", "Charge-offs", "Funding cost", "Operating cost", "Acquisition cost",
	"Net margin", "Rise of provisions", "Net margin after provisions"}

func (r *Report) marginItems(e *estimate.Estimator) (out []MarginItem) {
	if r.Run.Months == 0 {
		return nil
	}
	flow := func(factor float64, counters ...data.Counter) data.Sum {
		s := data.Sum{Window: data.ToDate}
		for _, c := range counters {
			s.Terms = append(s.Terms, data.Term{Counter: c, Factor: factor})
		}
		return s
	}
	held := func(rate float64) data.Sum { // a yearly cost of the balance
		s := data.Sum{Window: data.MeanStart}
		for _, t := range data.BalanceTerms() {
			s.Terms = append(s.Terms, data.Term{Counter: t.Counter, Factor: -rate / 12 * float64(r.Run.Months)})
		}
		return s
	}
	costs := &r.Run.Costs
	base := r.Measures[r.Index("net_margin_rate")].Den
	var measures []data.Measure
	for _, num := range []data.Sum{flow(1, data.InterestReceived), flow(1, data.Recoveries), flow(-1, data.ChargedOff), held(costs.Funding), held(costs.Operating),
		flow(-costs.Acquisition, data.Disbursed), r.Measures[r.Index("net_margin")].Num, flow(-1, data.Provision1, data.Provision2, data.Provision3),
		r.Measures[r.Index("net_margin_provisioned")].Num} {
		measures = append(measures, data.Measure{Num: num}, data.Measure{Num: num, Den: base})
	}
	figures, changes := e.Spans(measures, [][2]int{{1, r.Run.Months}})
	for a := range r.Run.Arms {
		for i, item := range MarginItems {
			out = append(out, MarginItem{a, item, figures[a][2*i][0], figures[a][2*i+1][0], changes[a][2*i][0]})
		}
	}
	return out
}

// StageFigure is the balance, the provisions and their ratio of one stage of expected credit loss at a year's end.
type StageFigure struct {
	Arm, Month, Stage                    int
	Balance, Share, Provisions, Coverage estimate.Figure // minor units; Share of all balances; Coverage of the stage's balance
}

func (r *Report) stageFigures(e *estimate.Estimator) (out []StageFigure) {
	months := []int{0}
	for _, span := range r.Years() {
		months = append(months, span[1])
	}
	all := data.BalanceTerms()
	stock := func(terms ...data.Term) data.Sum { return data.Sum{Window: data.AtEnd, Terms: terms} }
	second, third := data.Term{Counter: data.BalanceStage2, Factor: 1}, data.Term{Counter: data.BalanceDefault, Factor: 1}
	first := []data.Term{{Counter: data.BalanceCurrent, Factor: 1}, {Counter: data.BalanceD1, Factor: 1}, {Counter: data.BalanceD2, Factor: 1},
		{Counter: data.BalanceD3, Factor: 1}, {Counter: data.BalanceStage2, Factor: -1}}
	var measures []data.Measure
	for i, balance := range []data.Sum{stock(first...), stock(second), stock(third)} {
		set := stock(data.Term{Counter: data.Provision(i + 1), Factor: 1})
		measures = append(measures, data.Measure{Num: balance}, data.Measure{Num: balance, Den: stock(all...)}, data.Measure{Num: set}, data.Measure{Num: set, Den: balance})
	}
	figures, _ := e.All(measures)
	for a := range r.Run.Arms {
		for _, m := range months {
			for i := range 3 {
				f := figures[a][4*i:]
				out = append(out, StageFigure{a, m, i + 1, f[0][m], f[1][m], f[2][m], f[3][m]})
			}
		}
	}
	return out
}

// Exceedance is the share of paths on which a measure lies above a level at the horizon.
type Exceedance struct {
	Arm     int
	Measure string
	Level   float64
	Share   estimate.Figure // exact binomial interval; none where paths have weights
}

// ExceedancePoints is the number of levels at which exceedance is stated, from the lowest to the highest path of all arms of a
// group.
const ExceedancePoints = 25

func (r *Report) exceedances(e *estimate.Estimator) (out []Exceedance) {
	for _, g := range r.Groups {
		for i, name := range LossMeasures {
			lo, hi, some := 0., 0., false
			for _, a := range g.Arms {
				if v := r.Losses[a][i].Sample.Values; len(v) > 0 {
					if !some {
						lo, hi, some = v[0], v[len(v)-1], true
					}
					lo, hi = min(lo, v[0]), max(hi, v[len(v)-1])
				}
			}
			if !some || lo == hi {
				continue
			}
			for _, a := range g.Arms {
				for k := range ExceedancePoints {
					level := lo + (hi-lo)*float64(k)/(ExceedancePoints-1)
					out = append(out, Exceedance{a, name, level, e.Exceedance(r.Losses[a][i].Sample, level)})
				}
			}
		}
	}
	return out
}
