package selfcheck

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/anchor"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// scoreGain: given what a lender with new data sees of the frailty, the mean of the true hazard is what he sees; a score's
// spread gives its AUC; and a cut-off at the mean grade grants to, and loses from, those whom the normal law says.
func scoreGain(s *sheet) error {
	const sigma, gain, hazard, borrowers, paths = .8, .5, .1, 20000, 20
	p := lending()
	p.SigmaU, p.ScoreGain, p.Miss0 = sigma, gain*(1+s.Scale), hazard
	normal := distuv.UnitNormal
	// given averages over the frailty u of those with the same score w = sqrt(q) u + sqrt(1-q) n.
	given := func(w float64, f func(u float64) float64) float64 {
		return quad.Fixed(func(x float64) float64 {
			return normal.Prob(x) * f(math.Sqrt(gain)*w+math.Sqrt(1-gain)*x)
		}, -9, 9, 120, quad.Legendre{}, 0)
	}
	truth := func(u float64) float64 { return math.Exp(sigma*u - sigma*sigma/2) }

	var cells []cell
	for _, w := range []float64{-3, -2, -1, 1, 2, 3} {
		u := .7 // any other borrower with this score is seen alike
		n := (w - math.Sqrt(p.ScoreGain)*u) / math.Sqrt(1-p.ScoreGain)
		cells = append(cells, cell{fmt.Sprintf("score %g", w), given(w, truth), math.Exp(p.Seen(u, n)), 1e-9})
	}
	s.table("hazard seen against the mean of the true ones, score gain .5", cells)
	s.table("AUC of a score whose log hazard has standard deviation .742, .954, 1.19", []cell{
		{".742", .700, behaviour.AUC(.742 * (1 + s.Scale)), 6e-4}, {".954", .750, behaviour.AUC(.954 * (1 + s.Scale)), 6e-4}, {"1.19", .800, behaviour.AUC(1.19 * (1 + s.Scale)), 6e-4},
	})

	cutoff := &rule.ScoreCutoff{MaxPD: anchor.UnconditionalPD(&p, data.Monthly, math.Log(hazard))}
	r, err := s.simulate(ungraded(repaid(borrowers)), 2, paths, arm(p, cutoff))
	if err != nil {
		return err
	}
	const n = borrowers * paths
	asked, best := -math.Expm1(-p.Re[0]), sigma*math.Sqrt(gain)/2 // the score that is seen at the grade itself
	s.binomial("engine: share who ask and pass a cut-off at the grade", total(r, 0, 1, data.Granted), n, asked*normal.CDF(best))
	missed := quad.Fixed(func(w float64) float64 {
		return normal.Prob(w) * given(w, func(u float64) float64 { return -math.Expm1(-hazard * truth(u)) })
	}, -9, best, 120, quad.Legendre{}, 0)
	s.binomial("engine: share who ask, pass and miss their first payment", total(r, 0, 2, data.Misses), n, asked*missed)
	return nil
}
