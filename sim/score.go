package sim

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/rng"
)

// good is what a price is quoted for.
type good struct {
	product data.Product
	tenor   int16
}

// see gives the lender's view of a person where new data tell him more than the grade (model.md §4): the PD for the
// score cut-off and the break-even price. What is wrong with the data is drawn once for the whole path, the same in
// every arm.
func (p *person) see() {
	m, b := p.model, p.borrower
	block := p.fate.Block(rng.Score, 0)
	noise := distuv.UnitNormal.Quantile(rng.Uniform52(block[0], block[1]))
	p.pd = behaviour.ShiftedPD(m.pd(b), m.Seen(p.fate.frailty, noise))
	p.graded.breakEven = m.seenPrice(b.product, b.tenor, p.pd)
}

// seenPrice is the break-even price at a PD seen.
func (m *model) seenPrice(product data.Product, tenor int16, pd float64) float64 {
	return m.curves[good{product, tenor}].at(math.Log(-math.Log1p(-pd)))
}

// seePrices tabulates the prices that a score gain needs, and says what it does to discrimination.
func (p *Plan) seePrices(m *model) {
	m.curves = map[good]*priceCurve{}
	price := func(product data.Product, tenor int16) {
		if g := (good{product, tenor}); m.curves[g] == nil {
			m.curves[g] = newPriceCurve(product, int(tenor), m.costs)
		}
	}
	sum, squares, n := 0., 0., 0.
	var room slots
	for i, b := range p.all() {
		price(b.product, b.tenor)
		for _, l := range p.open(b, &room) {
			price(l.Product, l.Term)
		}
		w, a := float64(b.weight), m.graded(i).hazard
		sum, squares, n = sum+w*a, squares+w*a*a, n+w
	}
	spread := math.Sqrt(max(0, squares/n-sum/n*sum/n))
	more := math.Hypot(spread, m.SigmaU*math.Sqrt(m.ScoreGain))
	p.warnings = append(p.warnings, fmt.Sprintf(
		"a score gain of %.4g%%: the standard deviation of the log hazard that the lender sees goes from %.3f to %.3f; for small PDs and normal log hazards that is an AUC from %.3f to %.3f and a KS from %.3f to %.3f",
		m.ScoreGain*100, spread, more, behaviour.AUC(spread), behaviour.AUC(more), behaviour.KS(spread), behaviour.KS(more)))
}
