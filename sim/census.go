package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"relend/data"
	"relend/sim/factor"
	"relend/sim/rule"
)

// Census is what a plan of some borrowers must know of all others, so that a portfolio that does not fit into memory is
// simulated block by block, with the counts of one that does. It reads the blocks three times: Count takes each in, Close
// settles means, bands and order, Choose collects the borrowers that the pilot of the anchoring looks at, and then plans
// of blocks are made with Settings.Census. It holds 24 bytes a borrower, and until Close 8 bytes a loan.
type Census struct {
	Intake data.Intake
	HasPD  bool

	grid     data.Grid
	names    []string // of segments, in the order of Close; before in that of appearance
	people   [][]counted
	loans    []uint64 // hashes of their ids
	twice    int64    // rows whose loan id is there twice in a block
	first    map[cellKey]firstSeen
	cells    []cellKey
	merged   merged
	outside  [data.MaxExternal + 1]int // borrowers by their loans with other lenders
	beyond   []excess                  // by model
	sums     []float64
	bands    []band
	picks    map[uint64]bool
	mean     float64
	likely   data.Borrower
	found    bool
	loan     []data.Loan // of the likely borrower
	chosen   data.Portfolio
	anchored bool
	scored   []data.ScoreBand
}

// CensusBytes bounds what a census takes for a borrower with one loan, growing lists and their garbage included: 76 were
// measured with 46 million.
const CensusBytes = 80

// counted is a borrower as the census keeps him.
type counted struct {
	id     uint64
	pd     float64
	weight uint32
}

type cellKey struct {
	segment uint8
	product data.Product
}

// firstSeen says where in the order of a plan a cell comes first.
type firstSeen struct {
	id    uint64
	place int
}

// excess counts borrowers of whom a portfolio says more than a model can take: a PD above what the chain can give, more loans
// with other lenders than a borrower can have.
type excess struct {
	risky, crowded int
	pd             float64 // the most of the last one
	outside        int     // the most
}

// NewCensus starts a census on a grid.
func NewCensus(grid data.Grid) *Census {
	return &Census{Intake: data.Intake{Findings: []data.Finding{}}, grid: grid, first: map[cellKey]firstSeen{}}
}

// Seen takes in the hash of a loan id.
func (c *Census) Seen(loan uint64) { c.loans = append(c.loans, loan) }

// Count takes in a block.
func (c *Census) Count(block *data.Portfolio) error {
	if !c.Intake.Add(&block.Intake) {
		return &data.Problems{Cause: data.BadData, List: []data.Problem{{Message: "the portfolio is too large: balances times weights above 9e16"}}}
	}
	for _, f := range block.Intake.Findings {
		if f.Code == "duplicate_loan_id" {
			c.twice += f.Count
		}
	}
	if len(block.Borrowers) == 0 {
		return nil
	}
	c.HasPD = block.HasPD
	c.align(block, true)
	p := &Plan{settings: Settings{Grid: c.grid}, segments: block.Segments}
	if err := p.load(block); err != nil {
		return err
	}
	c.merged.add(&p.merged)
	var room slots
	for _, b := range p.all() {
		c.people[b.segment] = append(c.people[b.segment], counted{b.id, b.pd, uint32(b.weight)})
		c.outside[b.outside]++
		c.meet(b, b.product, 0)
		for k, l := range p.open(b, &room) {
			c.meet(b, l.Product, k+1)
		}
	}
	return nil
}

// meet notes that a borrower may count in the cells of a product, the k-th of his.
func (c *Census) meet(b *borrower, product data.Product, k int) {
	key := cellKey{b.segment, product}
	if seen, ok := c.first[key]; !ok || b.id < seen.id {
		c.first[key] = firstSeen{b.id, k}
	}
}

// align gives a block the segments of the census; grow adds those that it has not met.
func (c *Census) align(block *data.Portfolio, grow bool) {
	place := make([]uint8, len(block.Segments))
	for i, name := range block.Segments {
		at := slices.Index(c.names, name)
		if at < 0 && grow {
			at = len(c.names)
			c.names, c.people = append(c.names, name), append(c.people, nil)
		}
		place[i] = uint8(at)
	}
	for i := range block.Borrowers {
		block.Borrowers[i].Segment = place[block.Borrowers[i].Segment]
	}
	block.Segments = c.names
}

// Close ends the counting. The error is *data.Problems where the tape is not one that can be read in blocks.
func (c *Census) Close(maxRejected float64) error {
	ps := &data.Problems{Cause: data.BadData}
	c.Intake.Judge(ps, maxRejected)
	if c.Intake.Borrowers == 0 {
		return ps
	}
	if len(c.names) > data.MaxSegments {
		ps.Add("column segment", "more than %d different segments: a segment is a class of borrowers, not a name", data.MaxSegments)
	}
	slices.Sort(c.loans)
	again := int64(0)
	for from := 0; from < len(c.loans); {
		to := from + 1
		for to < len(c.loans) && c.loans[to] == c.loans[from] {
			to++
		}
		if to-from > 1 {
			again += int64(to - from)
		}
		from = to
	}
	c.loans = nil
	if again != c.twice {
		ps.Add("column loan_id", "%d rows have loan ids that occur more than once, far apart: a tape that is read in blocks cannot have them rejected; take them out, or run without --stream", again)
	}
	c.sort()
	if c.HasPD {
		for g, people := range c.people {
			slices.SortFunc(people, func(a, b counted) int { return cmp.Or(cmp.Compare(a.pd, b.pd), cmp.Compare(a.id, b.id)) })
			c.bands = append(c.bands, c.bandsOf(g)...)
		}
		c.pick()
	}
	c.score()
	for _, people := range c.people {
		slices.SortFunc(people, func(a, b counted) int { return cmp.Compare(a.id, b.id) })
		sum := 0.
		for _, b := range people {
			sum += b.pd
		}
		c.sums = append(c.sums, sum)
	}
	if id, ok := c.average(); !ok {
		ps.Add("column borrower_id", "the rows of a borrower (key with the hash %016x) lie far apart: a tape that is read in blocks needs them side by side; sort it by borrower_id, or run without --stream", id)
	}
	if len(ps.List) > 0 {
		for _, f := range c.Intake.Findings {
			ps.List = append(ps.List, f.Problem())
		}
	}
	return ps.Err()
}

// sort puts segments in the order of their names and cells in that of a plan.
func (c *Census) sort() {
	names := slices.Sorted(slices.Values(c.names))
	place, people := make([]uint8, len(names)), make([][]counted, len(names))
	for i, name := range c.names {
		at, _ := slices.BinarySearch(names, name)
		place[i], people[at] = uint8(at), c.people[i]
	}
	first := map[cellKey]firstSeen{}
	for key, seen := range c.first {
		key.segment = place[key.segment]
		first[key] = seen
		c.cells = append(c.cells, key)
	}
	slices.SortFunc(c.cells, func(a, b cellKey) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(first[a].id, first[b].id), cmp.Compare(first[a].place, first[b].place))
	})
	c.names, c.people = names, people
}

// bandsOf divides a segment, whose borrowers are in the order of PDs, as Plan.bands does.
func (c *Census) bandsOf(segment int) (out []band) {
	people := c.people[segment]
	for _, n := range bandSizes(len(people), func(i int) float64 { return people[i].pd }) {
		b := band{AnchorBand: data.AnchorBand{Segment: segment, Lowest: people[0].pd, Highest: people[n-1].pd}, size: n}
		b.average(func(i int) (float64, int64) { return people[i].pd, int64(people[i].weight) })
		out, people = append(out, b), people[n:]
	}
	return out
}

// score finds the score bands, as Plan.score does, of borrowers who are in the order of PDs by segment.
func (c *Census) score() {
	total, at := int64(0), make([]int, len(c.people))
	for _, people := range c.people {
		for _, b := range people {
			total += int64(b.weight)
		}
	}
	if !c.HasPD {
		c.scored = []data.ScoreBand{{Borrowers: total}}
		return
	}
	c.scored = scoreBands(func(yield func(float64, int64) bool) {
		for {
			next := -1
			for g, people := range c.people {
				if at[g] < len(people) && (next < 0 || people[at[g]].pd < c.people[next][at[next]].pd) {
					next = g
				}
			}
			if next < 0 {
				return
			}
			b := &c.people[next][at[next]]
			at[next]++
			if !yield(b.pd, int64(b.weight)) {
				return
			}
		}
	}, total)
}

// pick names the borrowers that the pilot looks at.
func (c *Census) pick() {
	c.picks = map[uint64]bool{}
	from, segment := 0, -1
	for i := range c.bands {
		b := &c.bands[i]
		if b.Segment != segment {
			from, segment = 0, b.Segment
		}
		n := min(b.size, workOf(len(c.bands))/pilotEach)
		for j := range n {
			c.picks[c.people[segment][from+b.place(j, n)].id] = true
		}
		from += b.size
	}
}

// totals are the sums of PDs and the numbers of borrowers by segment, for means as a model sees them.
func (c *Census) totals(m *model, sums, counts []float64) {
	for g, people := range c.people {
		counts[g], sums[g] = float64(len(people)), c.sums[g]
		if m.unscored > 0 {
			sums[g] = 0
			for range people { // it rounds
				sums[g] += m.unscored
			}
		}
	}
}

// average finds the mean PD in the order of a portfolio. It is false with an id that two borrowers have.
func (c *Census) average() (id uint64, ok bool) {
	total := 0
	for _, people := range c.people {
		total += len(people)
	}
	for _, people := range c.people {
		for _, b := range people {
			c.mean += b.pd / float64(total)
		}
	}
	at, last := make([]int, len(c.people)), uint64(0)
	for k := range total {
		next := -1
		for g, people := range c.people {
			if at[g] < len(people) && (next < 0 || people[at[g]].id < c.people[next][at[next]].id) {
				next = g
			}
		}
		b := c.people[next][at[next]]
		at[next]++
		if k > 0 && b.id == last {
			return b.id, false
		}
		last = b.id
	}
	return 0, true
}

// Choose takes from a block what the pilot and the comparison with the exact expectation look at.
func (c *Census) Choose(block *data.Portfolio) {
	c.align(block, false)
	for i := range block.Borrowers {
		b := &block.Borrowers[i]
		rows := block.Loans[b.First : b.First+uint32(max(b.Open, 1))]
		if b.Open > 0 && b.Open <= rule.MaxOwn && b.Bucket == 0 {
			d, least := math.Abs(b.PD12-c.mean), math.Abs(c.likely.PD12-c.mean)
			if !c.found || d < least || d == least && b.ID < c.likely.ID {
				c.likely, c.loan, c.found = *b, slices.Clone(rows), true
				c.likely.First = 0
			}
		}
		if c.picks[b.ID] {
			who := *b
			who.First = uint32(len(c.chosen.Loans))
			c.chosen.Borrowers, c.chosen.Loans = append(c.chosen.Borrowers, who), append(c.chosen.Loans, rows...)
		}
	}
}

// Segments are the names of the segments in force, after Close.
func (c *Census) Segments() []string { return c.names }

// Typical is a portfolio of the one borrower who is current and whose PD is nearest the mean; of nobody where none is.
func (c *Census) Typical(common *data.Portfolio) *data.Portfolio {
	p := *common
	p.Segments, p.HasPD = c.names, c.HasPD
	if c.found {
		p.Borrowers, p.Loans = []data.Borrower{c.likely}, c.loan
	}
	return &p
}

// Anchor finds the offsets of the anchoring to the baseline arm, once Choose has seen all blocks.
func (c *Census) Anchor(common *data.Portfolio, arms []Arm, s Settings) error {
	if s.Anchor == Baseline && c.HasPD {
		p := *common
		p.Segments, p.HasPD, p.Borrowers, p.Loans = c.names, true, c.chosen.Borrowers, c.chosen.Loans
		slices.SortFunc(p.Borrowers, func(a, b data.Borrower) int {
			return cmp.Or(cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.ID, b.ID))
		})
		s.Census = c
		if _, err := NewPlan(&p, arms, s); err != nil {
			return err
		}
	}
	c.anchored, c.beyond, c.picks, c.chosen = true, nil, nil, data.Portfolio{}
	return nil
}

// Plan makes the plan of a block.
func (c *Census) Plan(common, block *data.Portfolio, arms []Arm, s Settings) (*Plan, error) {
	c.align(block, false)
	block.Currency, block.AsOf, block.HasPD, block.Intake, block.Sources, block.Assumptions = common.Currency, common.AsOf, c.HasPD, c.Intake, common.Sources, common.Assumptions
	s.Census = c
	p, err := NewPlan(block, arms, s)
	if err != nil {
		return nil, err
	}
	offset := make([]int, len(c.people))
	for g := 1; g < len(offset); g++ {
		offset[g] = offset[g-1] + len(c.people[g-1])
	}
	p.odd = make([]bool, p.Borrowers())
	for i, b := range p.all() {
		people := c.people[b.segment]
		rank := sort.Search(len(people), func(k int) bool { return people[k].id >= b.id })
		p.odd[i] = (offset[b.segment]+rank)%2 == 1
	}
	if c.beyond == nil {
		seen := map[*model]bool{}
		for i := range p.families {
			if m := p.families[i].model; !seen[m] {
				seen[m] = true
				c.beyond = append(c.beyond, c.exceeding(p, m))
			}
		}
	}
	return p, nil
}

// exceeding counts those of all borrowers of whom the portfolio says more than a model can take.
func (c *Census) exceeding(p *Plan, m *model) excess {
	sum := excess{outside: int(m.OutsideMax)}
	for _, n := range c.outside[sum.outside+1:] {
		sum.crowded += n
	}
	if !c.HasPD {
		return sum
	}
	most := make([]float64, len(p.risks))
	for i, s := range m.segments {
		if s != nil {
			most[i] = s.Most()
		}
	}
	probit := p.settings.Link == factor.Probit
	for g, people := range c.people {
		for _, b := range people {
			risk := g
			if probit {
				risk = c.bandOf(g, b.pd)
			}
			if b.pd > most[risk] {
				sum.risky, sum.pd = sum.risky+1, most[risk]
			}
		}
	}
	return sum
}

// bandOf is the index of the band of a PD.
func (c *Census) bandOf(segment int, pd float64) int {
	return sort.Search(len(c.bands), func(k int) bool {
		return c.bands[k].Segment > segment || c.bands[k].Segment == segment && c.bands[k].Highest >= pd
	})
}

// Warnings are those of the run, once a plan of a block was made; of are its own.
func (c *Census) Warnings(of []string) []string {
	list := c.merged.warnings(nil)
	for _, e := range c.beyond {
		list = e.warnings(list)
	}
	return append(list, of...)
}

func (e *excess) warnings(list []string) []string {
	if e.risky > 0 {
		list = append(list, fmt.Sprintf("%d borrowers have a PD above %.1f%%, the most that the delinquency chain can give within 12 months: they get the hazard of that PD", e.risky, e.pd*100))
	}
	if e.crowded > 0 {
		text := fmt.Sprintf("%d borrowers have more than %d loans with other lenders, the most that one can have (outside.max): they count with that many", e.crowded, e.outside)
		if !slices.Contains(list, text) { // models may have the same most
			list = append(list, text)
		}
	}
	return list
}

// bandsWith are the bands of the census with the borrowers of a plan that lie in each.
func (c *Census) bandsWith(p *Plan) []band {
	out := slices.Clone(c.bands)
	for i, b := range p.all() {
		at := c.bandOf(int(b.segment), b.pd)
		out[at].members = append(out[at].members, uint32(i))
	}
	for i := range out {
		p.byPD(out[i].members)
	}
	return out
}

// checkCensus reports what needs all borrowers at once.
func checkCensus(ps *data.Problems, p *Plan) {
	s := &p.settings
	if len(s.Applicants) > 0 {
		ps.Add("applicants", "they are like borrowers of the whole portfolio: not with one that is read in blocks")
	}
	if s.Sample != 0 {
		ps.Add("sample", "is drawn from the whole portfolio: not from one that is read in blocks (sample: all)")
	}
	for i := range p.arms {
		if p.arms[i].Behaviour.ScoreGain > 0 {
			ps.Add("arm "+p.arms[i].Name, "a score gain is told from the spread of the whole portfolio: not with one that is read in blocks")
		}
	}
	for _, f := range p.families {
		for _, h := range f.helms {
			ps.Add("stream", "arm %s has rules that watch the whole book: not with one that is read in blocks", p.arms[f.arms[h.at]].Name)
		}
	}
}
