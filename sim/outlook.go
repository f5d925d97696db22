package sim

import (
	"math"
	"slices"

	"relend/data"
	"relend/sim/factor"
)

// What follows shows a plan to another engine: who is projected, how he is graded and which economies he meets.

// Subject is a borrower as a plan sees him.
type Subject struct {
	Index   int         // in the portfolio
	Economy int         // index into what Plan.Economies returns
	Loans   []data.Loan // newest first: open ones, or the last one repaid
}

// Subjects lists the borrowers in the order of the plan. Where loans were merged for want of room in a state, the
// merged one is written as a row that runs as long.
func (p *Plan) Subjects() []Subject {
	list := make([]Subject, p.residents())
	for i := range list {
		row, b := p.row(i), p.borrower(i)
		rows := p.portfolio.Loans[row.First : row.First+uint32(max(row.Open, 1))]
		if b.merged {
			rows = p.fewer(&b, rows)
		}
		list[i] = Subject{p.index(i), int(b.risk), rows}
	}
	return list
}

// fewer returns the rows of the open loans of a borrower some of whose loans were merged.
func (p *Plan) fewer(b *borrower, rows []data.Loan) []data.Loan {
	open, step := p.merges[b.first], p.settings.Grid.Step()
	var list []data.Loan
	for i := range open {
		l := &open[len(open)-1-i]
		at := slices.IndexFunc(rows, func(r data.Loan) bool { return r.Principal == l.Principal && r.Balance == l.Balance })
		if at >= 0 {
			list = append(list, rows[at])
			continue
		}
		months := int16(math.Round(float64(l.Remaining) * step))
		list = append(list, data.Loan{Principal: l.Principal, Balance: l.Balance, APR: l.Rate / step * 12, Term: max(1, months-int16(b.bucket)), Ordinal: b.ordinal})
	}
	return list
}

// Risk is how an arm's behaviour and the anchoring see a borrower.
type Risk struct {
	PD     float64 // 12-month probability of default as the lender sees it, also where the portfolio has none
	Hazard float64 // log base hazard of a missed payment per month
	Shift  float64 // added to the log miss hazard alone, by anchoring to the baseline arm
}

// Risk returns that of borrower i in an arm.
func (p *Plan) Risk(arm, i int) Risk {
	m, b := p.model(arm), p.borrower(i)
	r := Risk{PD: m.pd(&b), Hazard: m.graded(i).hazard}
	if p.portfolio.HasPD {
		r.Shift = m.Eta(p.snapshot(&b, m)) - m.eta[i]
	}
	return r
}

// Economy is how the systematic factor moves one risk on a path: a segment, or under the probit link a PD band of one.
type Economy struct {
	Factor []float64 // of the segment, by step
	Sigma  float64   // its loading on the log miss hazard
	Miss   []float64 // multipliers of the miss hazard under the probit link, without macro, by step; else nil
}

// Economies returns those of every risk on a path in an arm.
func (p *Plan) Economies(arm, path int) []Economy {
	m := p.model(arm)
	factors := p.factors(m, path)
	out := make([]Economy, len(p.risks))
	for i, segment := range m.segments {
		if segment == nil { // no borrowers
			continue
		}
		e := &out[i]
		e.Factor, e.Sigma = factors[p.risks[i].segment], segment.Sigma
		if segment.Asset > 0 {
			for _, z := range e.Factor {
				e.Miss = append(e.Miss, segment.Multipliers(&m.Params, z, 0).Miss)
			}
		}
	}
	return out
}

// factors draws the factor of every segment on a path.
func (p *Plan) factors(m *model, path int) [][]float64 {
	s, law := &p.settings, p.law(m)
	if s.Design == factor.Importance { // one direction for all arms, since a path has one weight
		main := p.law(p.model(s.Baseline))
		law.Main = &main
	}
	return factor.Draw(s.Seed, path, s.Design, law, len(p.segments), p.steps())
}

func (p *Plan) law(m *model) factor.Law {
	return factor.Law{Phi: m.Phi, Global: m.WGlobal, Correlation: p.correlated, Start: p.settings.Start}
}

// Weights returns those of the paths; nil where each counts 1.
func (p *Plan) Weights() []float64 { return p.weights(0, p.settings.Paths) }

// weights are those of the paths from, ..., to-1.
func (p *Plan) weights(from, to int) []float64 {
	s := &p.settings
	if s.Design != factor.Importance {
		return nil
	}
	law, out := p.law(p.model(s.Baseline)), make([]float64, to-from)
	for i := range out {
		out[i] = factor.Weight(s.Seed, from+i, s.Design, law, len(p.segments), p.steps())
	}
	return out
}

// Cells lists the single cells that can occur.
func (p *Plan) Cells() []data.Cell { return p.cells }

func (p *Plan) model(arm int) *model {
	for i := range p.families {
		if slices.Contains(p.families[i].arms, p.as[arm]) {
			return p.families[i].model
		}
	}
	panic("sim: no such arm")
}
