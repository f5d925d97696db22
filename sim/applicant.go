package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/rng"
)

// Applicants are a stream of people who come through the door after the snapshot and ask for a first loan. Each is
// like a borrower of the snapshot drawn by weight, apart from what is given here; the zero value and nil give nothing.
type Applicants struct {
	Count    float64  // a month, on average; 0 where Share is given
	Share    float64  // a month, of the borrowers at the snapshot
	Poisson  bool     // the number varies from month to month
	Segments []string // of the borrowers whom they are like; empty: all
	PD       float64  // median 12-month probability of default through the door; 0: as in the snapshot
	Spread   float64  // standard deviation of the log 12-month hazard around it

	Product    *data.Product
	Term       int        // months
	Principal  data.Money // of the first loan, and the ladder's unit
	Income     data.Money // a month
	Outside    *int       // loans with other lenders
	Dependence *float64   // share who depend on rolling their debt
}

// applicant is one of them as a plan knows him.
type applicant struct {
	borrower
	step       int
	dependence float64 // negative: the parameter's
}

// maxApplicants bounds the applicants of a run.
const maxApplicants = 10_000_000

// checkApplicants reports what is wrong with the streams of applicants.
func checkApplicants(ps *data.Problems, portfolio *data.Portfolio, s *Settings) {
	expected := 0.
	for i := range s.Applicants {
		a, path := &s.Applicants[i], fmt.Sprintf("applicants[%d]", i)
		if !(a.Count >= 0 && a.Share >= 0) || (a.Count > 0) == (a.Share > 0) || math.IsInf(a.Count+a.Share, 1) {
			ps.Add(path+".per_month", "a number or a share of the borrowers at the snapshot above 0 is needed")
		}
		expected += (a.Count + a.Share*snapshotWeight(portfolio)) * float64(s.Months)
		for _, segment := range a.Segments {
			if !slices.Contains(portfolio.Segments, segment) {
				ps.Add(path+".segments", "the portfolio has no segment %q%s", segment, data.DidYouMean(segment, portfolio.Segments))
			}
		}
		if a.PD != 0 && !portfolio.HasPD {
			ps.Add(path+".pd", "the portfolio gives no probability of default: what applicants have cannot be compared with it")
		}
		for _, x := range []struct {
			name      string
			value     float64
			low, high float64
		}{
			{"pd", a.PD, 0, data.MaxPD12}, {"pd_spread", a.Spread, 0, 3}, {"term", float64(a.Term), 0, data.MaxTerm},
			{"principal", a.Principal.Major(), 0, data.MaxAmount}, {"income", a.Income.Major(), 0, data.MaxAmount},
		} {
			if !(x.value >= x.low && x.value <= x.high) {
				ps.Add(path+"."+x.name, "%v is out of range, allowed %v to %v", x.value, x.low, x.high)
			}
		}
		if a.Spread != 0 && a.PD == 0 {
			ps.Add(path+".pd_spread", "goes with pd, the median around which applicants are spread")
		}
		if a.Outside != nil && (*a.Outside < 0 || *a.Outside > data.MaxExternal) {
			ps.Add(path+".external_loans", "%d is out of range, allowed 0 to %d", *a.Outside, data.MaxExternal)
		}
		if a.Dependence != nil && !(*a.Dependence >= 0 && *a.Dependence <= 1) {
			ps.Add(path+".dependence", "%v is out of range, allowed 0 to 1", *a.Dependence)
		}
	}
	if expected > maxApplicants {
		ps.Add("applicants", "%.0f over the horizon are too many, at most %d", expected, maxApplicants)
	}
}

func snapshotWeight(p *data.Portfolio) (sum float64) {
	for i := range p.Borrowers {
		sum += float64(p.Borrowers[i].Weight)
	}
	return sum
}

// admit adds the applicants to the borrowers of the plan. Who they are depends on the seed, the stream, the step and
// their number in it, and on nothing else: more applicants a month are the same ones and others.
func (p *Plan) admit() {
	s, capped := &p.settings, 0
	for i := range s.Applicants {
		a := &s.Applicants[i]
		var like []int32 // borrowers of the snapshot
		var weights []float64
		total := 0.
		for j := range p.residents() {
			if b := p.row(j); len(a.Segments) == 0 || slices.Contains(a.Segments, p.segments[b.Segment]) {
				total += float64(b.Weight)
				like, weights = append(like, int32(j)), append(weights, total)
			}
		}
		dependence := -1.
		if a.Dependence != nil {
			dependence = *a.Dependence
		}
		rate := (a.Count + a.Share*float64(p.population)) * s.Grid.Step()
		for t := range p.steps() {
			step := rng.Stream{Seed: s.Seed, Borrower: uint64(i), Path: uint32(t)}
			n := int(math.Floor(rate*float64(t+1)+.5) - math.Floor(rate*float64(t)+.5))
			if a.Poisson {
				n = poisson(rate, rng.Uniform(step.Block(rng.Arrive, 0)[0]))
			}
			for k := range n {
				block := step.Block(rng.Arrive, k+1)
				id := uint64(block[0])<<32 | uint64(block[1])
				own := rng.Stream{Seed: s.Seed, Borrower: id}.Block(rng.Arrive, 0)
				at := sort.SearchFloat64s(weights, rng.Uniform52(own[0], own[1])*total)
				same := p.borrower(int(like[at]))
				b := a.of(&same, id, s.Grid, distuv.UnitNormal.Quantile(rng.Uniform52(own[2], own[3])))
				if b.pd > data.MaxPD12 {
					b.pd = data.MaxPD12
					capped++
				}
				p.applicants = append(p.applicants, applicant{b, t, dependence})
			}
		}
	}
	for k := range p.applicants {
		p.addCell(p.applicants[k].segment, p.applicants[k].product)
	}
	if capped > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("%d of %d applicants (%.2f%%) were drawn with a PD above %.4g%%, the highest there is: they have that one",
			capped, len(p.applicants), 100*float64(capped)/float64(len(p.applicants)), 100*data.MaxPD12))
	}
}

// of makes an applicant like a borrower of the snapshot; z is where he stands in the distribution of the PD, which may lie above
// the highest of data.
func (a *Applicants) of(like *borrower, id uint64, grid data.Grid, z float64) borrower {
	b := borrower{
		id: id, income: cmp.Or(a.Income, like.income), pd: like.pd, base: cmp.Or(a.Principal, like.base), weight: 1,
		segment: like.segment, outside: like.outside, product: like.product, tenor: like.tenor,
	}
	if a.PD != 0 {
		b.pd = behaviour.ShiftedPD(a.PD, float64(a.Spread*z))
	}
	if a.Product != nil {
		b.product = *a.Product
	}
	if a.Term != 0 {
		b.tenor = int16(grid.FromMonths(a.Term))
	}
	if a.Outside != nil {
		b.outside = uint8(*a.Outside)
	}
	return b
}

// poisson returns the quantile of the Poisson law at u.
func poisson(mean, u float64) int {
	law := distuv.Poisson{Lambda: mean}
	return sort.Search(int(mean+20*math.Sqrt(mean)+40), func(k int) bool { return law.CDF(float64(k)) >= u })
}

// arrives is the step with which a borrower's life begins.
func (b *borrower) arrives() int {
	if b.applicant == nil {
		return 0
	}
	return b.applicant.step
}

// dependence is the chance that a borrower depends on rolling his debt.
func (b *borrower) dependence(m *model) float64 {
	if b.applicant == nil || b.applicant.dependence < 0 {
		return m.DepShare
	}
	return b.applicant.dependence
}
