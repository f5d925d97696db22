package sim

import (
	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
)

// alpha is the two-sided false-alarm probability of each chance test. The seeds are fixed: a pass is a pass until
// a stream changes.
const alpha = 1e-6

// unlikely reports whether k successes of n lie in either tail of the exact binomial law with probability p.
func unlikely(k, n int64, p float64) bool {
	law := distuv.Binomial{N: float64(n), P: p}
	below := law.CDF(float64(k))
	above := 1.
	if k > 0 {
		above = 1 - law.CDF(float64(k-1))
	}
	return below < alpha/2 || above < alpha/2
}

// quiet are parameters under which nothing happens but missed payments and delinquency: no factor, no frailty, no
// season, no demand, no prepayment, no outside loans.
func quiet() behaviour.Params {
	p := behaviour.Default()
	p.Rho, p.SigmaU = 0, 0
	p.Season = [3]float64{1, 0, 4}
	p.Top, p.Re, p.Exit = [2]float64{}, [2]float64{}, [2]float64{}
	p.Prepay, p.OutsideBirth, p.OutsideDeath = 0, [2]float64{}, 0
	return p
}

// perpetual is a book of n like borrowers of PD 5 % on loans that outlast every horizon.
func perpetual(n int) *data.Portfolio {
	p := samePD(book(n))
	for i := range p.Borrowers {
		b := &p.Borrowers[i]
		b.PD12, b.Segment, b.Bucket, b.Open, b.Gap = .05, 0, 0, 1, 0
		p.Loans[b.First].Term, p.Loans[b.First].MonthsOnBook = 600, 0
		p.Loans[b.First].Balance = p.Loans[b.First].Principal
		p.Loans[b.First].Product = data.InterestOnly
	}
	return p
}
