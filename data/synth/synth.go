// Package synth makes artificial loan tapes whose true parameters are known. A Spec is the recipe: every field
// is a modelling choice of ours [assumption], picked to look like a Chinese consumer lender and nothing more.
//
// Borrower i is a pure function of the seed and i: a larger tape begins with the smaller one. Amounts and
// rates are rounded coarsely, so the last digits of a machine's arithmetic do not show.
package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"relend/data"
	"relend/data/parquet"
)

// Spec is a recipe.
type Spec struct {
	Seed      uint64
	Borrowers int // 1 to MaxBorrowers
	Currency  string
	Scale     float64 // all amounts times this, before they are in Currency; 0 is 1
	AsOf      time.Time

	Segments []Segment
	Products [data.NumProducts]float64 // shares; interest-only and bullet loans take the shortest two terms
	Terms    []int                     // months, ascending
	Ungraded bool                      // the tape has no PD: all borrowers have the base hazard, at the burden they bear
	TermDays int                       // above 0: in place of these, bullet loans of so many days whose payment is PTI of a month's income

	Idle       float64    // share of borrowers whose last loan is repaid
	IdleMonths int        // longest time since that payoff; uniform
	SecondLoan float64    // share of the others with a second open loan
	Late       [3]float64 // share 1-29, 30-59 and 60-89 days late, at the mean PD; proportional to the PD

	// The ordinal is 1 plus a geometric number with a continuation probability that differs between borrowers
	// by the Kumaraswamy law with these two parameters (mean 0.65): one probability for all would make long
	// loan sequences too rare.
	RepeatA, RepeatB float64
	MaxOrdinal       int

	// The rate is APRBase + APRPerPD x PD + normal noise, drawn again until it lies between the bounds.
	APRBase, APRPerPD, APRNoise, APRMin, APRMax float64

	// Loans elsewhere are Poisson with mean ExternalBase + ExternalPerPD x PD, drawn again above ExternalMax.
	ExternalBase, ExternalPerPD float64
	ExternalMax                 int
}

// Segment is a class of borrowers. Medians and sigmas are those of lognormal laws.
type Segment struct {
	Name                      string
	Share                     float64
	IncomeMedian, IncomeSigma float64   // whole units of currency a month, drawn again below IncomeMin
	PDMedian, PDSigma         float64   // of the 12-month PD, drawn again outside PDMin to PDMax
	PTIMedian, PTISigma       float64   // instalment over income of a loan; at most PTIMax
	Terms                     []float64 // shares of Spec.Terms
}

// Revolving lines [assumption]: the least payment as a share of the balance, the share of the limit used at first and in
// the long run, and what is left of their difference after a month on time.
const (
	leastPayment = 0.05
	lineFirst    = 0.5
	lineUsed     = 0.6
	lineLeft     = 0.92
)

// Bounds of the laws above.
const (
	MaxBorrowers = 1_000_000_000
	PDMin        = 0.005
	PDMax        = 0.30
	PTIMax       = 0.5
	IncomeMin    = 500
)

// Default is the embedded portfolio: 20,000 borrowers in CNY, about 1.1 loans each.
func Default() Spec {
	return Spec{
		Seed: 1, Borrowers: 20_000, Currency: "CNY", AsOf: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC),
		Segments: []Segment{
			{"salaried", 0.5, 7000, 0.40, 0.030, 0.6, 0.13, 0.45, []float64{0.10, 0.20, 0.05, 0.50, 0.15}},
			{"gig worker", 0.3, 5000, 0.45, 0.055, 0.6, 0.15, 0.50, []float64{0.20, 0.35, 0.10, 0.30, 0.05}},
			{"micro-enterprise", 0.2, 9000, 0.60, 0.045, 0.7, 0.16, 0.50, []float64{0.05, 0.25, 0.10, 0.40, 0.20}},
		},
		Products: [data.NumProducts]float64{data.Annuity: 0.86, data.EqualPrincipal: 0.08, data.InterestOnly: 0.04, data.Bullet: 0.02},
		Terms:    []int{3, 6, 9, 12, 24},
		Idle:     0.10, IdleMonths: 12, SecondLoan: 0.12,
		Late:    [3]float64{0.025, 0.010, 0.007},
		RepeatA: 2.5, RepeatB: 1.35, MaxOrdinal: 60,
		APRBase: 0.17, APRPerPD: 0.5, APRNoise: 0.02, APRMin: 0.14, APRMax: 0.24,
		ExternalBase: 0.5, ExternalPerPD: 10, ExternalMax: 4,
	}
}

// check refuses recipes that would not end or make nonsense.
func (s Spec) check() error {
	ps := &data.Problems{Cause: data.BadConfig}
	if s.Borrowers < 1 || s.Borrowers > MaxBorrowers {
		ps.Add("borrowers", "%d is outside the range 1 to %d", s.Borrowers, MaxBorrowers)
	}
	sumsToOne := func(path string, shares []float64) {
		sum := 0.0
		for _, v := range shares {
			sum += v
		}
		if math.Abs(sum-1) > 1e-9 {
			ps.Add(path, "the shares sum to %.6g, not 1", sum)
		}
	}
	var shares []float64
	for _, g := range s.Segments {
		shares = append(shares, g.Share)
		sumsToOne("segments "+g.Name+" terms", g.Terms)
		if len(g.Terms) != len(s.Terms) {
			ps.Add("segments "+g.Name+" terms", "%d shares for %d terms", len(g.Terms), len(s.Terms))
		}
		if g.PDMedian < PDMin || g.PDMedian > PDMax || g.PTIMedian <= 0 || g.PTIMedian > PTIMax || g.IncomeMedian < IncomeMin {
			ps.Add("segments "+g.Name, "a median lies outside its bounds")
		}
	}
	if s.TermDays < 0 || s.TermDays > data.MaxTermDays {
		ps.Add("term_days", "%d is outside the range 1 to %d, 0 for terms in months", s.TermDays, data.MaxTermDays)
	}
	sumsToOne("segments", shares)
	sumsToOne("products", s.Products[:])
	if len(s.Terms) < 1 || s.MaxOrdinal < 1 || s.ExternalMax < 0 || s.APRMin >= s.APRMax || s.APRBase > s.APRMax || s.APRBase+s.APRPerPD*PDMax < s.APRMin || s.APRNoise <= 0 {
		ps.Add("", "at least one term, an ordinal of 1 and a range of rates that the law reaches are needed")
	}
	return ps.Err()
}

// row is one loan of the tape.
type row struct {
	loan, borrower               int64
	segment                      int
	product                      data.Product
	principal, balance, income   float64
	apr, pd                      float64
	term, age, dpd, ordinal, ext int
	days                         int // since origination, of a loan with a term in days
}

// rows calls visit for every loan, borrower by borrower.
func (s Spec) rows(visit func(*row) error) error {
	if err := s.check(); err != nil {
		return err
	}
	meanPD := 0.0
	for _, g := range s.Segments {
		meanPD += g.Share * g.PDMedian * math.Exp(g.PDSigma*g.PDSigma/2)
	}
	source := rand.NewPCG(0, 0)
	d := draws{rand.New(source)}
	for i := range s.Borrowers {
		source.Seed(mix(s.Seed), mix(s.Seed^mix(uint64(i))))
		for _, r := range s.borrower(d, int64(i)+1, meanPD) {
			if s.Scale > 0 {
				r.scale(s.Scale)
			}
			if err := visit(&r); err != nil {
				return err
			}
		}
	}
	return nil
}

// scale takes amounts into another currency, in whole units.
func (r *row) scale(by float64) {
	r.income, r.principal = math.Ceil(r.income*by), math.Ceil(r.principal*by)
	r.balance = min(math.Round(r.balance*by*100)/100, r.principal)
}

// mix is the finaliser of splitmix64, so that neighbouring borrowers start far apart.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (s Spec) borrower(d draws, number int64, meanPD float64) []row {
	var shares []float64
	for _, g := range s.Segments {
		shares = append(shares, g.Share)
	}
	r := row{borrower: number, segment: d.pick(shares)}
	g := s.Segments[r.segment]
	r.income = d.within(IncomeMin, math.Inf(1), func() float64 { return 10 * math.Round(d.lognormal(g.IncomeMedian, g.IncomeSigma)/10) })
	r.pd = d.within(PDMin, PDMax, func() float64 { return math.Round(d.lognormal(g.PDMedian, g.PDSigma)*1e4) / 1e4 })
	r.ext = int(d.within(0, float64(s.ExternalMax), func() float64 { return d.poisson(s.ExternalBase + s.ExternalPerPD*r.pd) }))
	again := math.Pow(1-math.Pow(1-d.Float64(), 1/s.RepeatB), 1/s.RepeatA)
	for r.ordinal = 1; r.ordinal < s.MaxOrdinal && d.Float64() < again; {
		r.ordinal++
	}
	switch {
	case d.Float64() < s.Idle:
		s.loan(d, g, &r)
		r.loan, r.age, r.balance = number*10, r.term+d.IntN(s.IdleMonths+1), 0
		if s.TermDays > 0 {
			r.since(s.TermDays + d.IntN(30*s.IdleMonths+1))
		}
		return []row{r}
	case d.Float64() >= s.SecondLoan:
		s.loan(d, g, &r)
		s.late(d, meanPD, &r)
		r.loan = number * 10
		r.balance = r.owed()
		return []row{r}
	}
	r.ordinal = max(r.ordinal, 2)
	newer, older := r, r
	s.loan(d, g, &newer)
	s.loan(d, g, &older)
	if newer.age > older.age || newer.age == older.age && newer.days > older.days {
		newer, older = older, newer
	}
	older.ordinal--
	s.late(d, meanPD, &newer)
	older.dpd = min(newer.dpd, 30*older.age)
	if s.TermDays > 0 {
		older.dpd = max(0, min(newer.dpd, older.days-s.TermDays))
	}
	newer.loan, older.loan = number*10+1, number*10
	newer.balance, older.balance = newer.owed(), older.owed()
	return []row{older, newer}
}

// loan draws the terms of a loan and its age, uniform over its life.
func (s Spec) loan(d draws, g Segment, r *row) {
	r.product = data.Product(d.pick(s.Products[:]))
	r.term = s.Terms[d.pick(g.Terms)]
	if r.product == data.InterestOnly || r.product == data.Bullet {
		r.term = s.Terms[d.IntN(min(2, len(s.Terms)))]
	}
	r.apr = d.within(s.APRMin, s.APRMax, func() float64 {
		return math.Round((s.APRBase+s.APRPerPD*r.pd+s.APRNoise*d.NormFloat64())*200) / 200
	})
	pti := d.within(0, PTIMax, func() float64 { return d.lognormal(g.PTIMedian, g.PTISigma) })
	r.principal = 100 * math.Ceil(pti*r.income*annuity(r.apr/12, r.term)/100)
	if r.product == data.Revolving {
		r.principal = 100 * math.Ceil(pti*r.income/leastPayment/100)
	}
	if s.TermDays > 0 {
		r.product, r.principal = data.Bullet, 100*math.Ceil(pti*r.income/100)
		r.since(d.IntN(s.TermDays))
		return
	}
	r.age = d.IntN(r.term)
}

// since sets the age of a loan with a term in days.
func (r *row) since(days int) { r.days, r.age = days, int(float64(days)*12/365.25) }

// annuity is the present value of one unit a month.
func annuity(rate float64, months int) float64 {
	return (1 - math.Pow(1+rate, -float64(months))) / rate
}

// late makes a share of the loans late by 1 to 3 instalments, which they must have had time to miss.
func (s Spec) late(d draws, meanPD float64, r *row) {
	u, day := d.Float64(), d.IntN(29)
	for k, share := range s.Late {
		if share *= r.pd / meanPD; u < share {
			switch {
			case s.TermDays > 0: // it ran out so long ago
				r.dpd = 30*k + 1 + day
				r.since(s.TermDays + r.dpd)
			case r.age > k:
				r.dpd = 30*k + 1 + day
			}
			return
		} else {
			u -= share
		}
	}
}

// owed is the principal left when all instalments were paid on time but those overdue.
func (r *row) owed() float64 {
	overdue := 0
	if r.dpd > 0 {
		overdue = 1 + r.dpd/30
	}
	left := float64(r.term - max(0, r.age-overdue))
	share := 1.0
	switch r.product {
	case data.Annuity:
		share = annuity(r.apr/12, int(left)) / annuity(r.apr/12, r.term)
	case data.EqualPrincipal:
		share = left / float64(r.term)
	case data.Revolving:
		share = lineUsed + (lineFirst-lineUsed)*math.Pow(lineLeft, float64(r.age-min(r.age, overdue)))
	}
	return math.Round(r.principal*share*100) / 100
}

// draws adds the laws needed here to a generator.
type draws struct{ *rand.Rand }

func (d draws) lognormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

func (d draws) pick(shares []float64) int {
	u := d.Float64()
	for i, share := range shares {
		if u -= share; u < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func (d draws) poisson(mean float64) float64 {
	n, p, limit := 0.0, d.Float64(), math.Exp(-mean)
	for p > limit {
		p *= d.Float64()
		n++
	}
	return n
}

// within draws until the value lies in the range.
func (d draws) within(lo, hi float64, draw func() float64) float64 {
	for {
		if v := draw(); v >= lo && v <= hi {
			return v
		}
	}
}

// field is a column of the tape: one of its functions is set.
type field struct {
	column data.ColumnID
	whole  func(*row) int64
	number func(*row) float64
	word   func(*row) string
}

func (s Spec) fields() []field {
	fields := []field{
		{column: data.LoanID, whole: func(r *row) int64 { return r.loan }},
		{column: data.BorrowerID, whole: func(r *row) int64 { return r.borrower }},
		{column: data.BalanceOpen, number: func(r *row) float64 { return r.balance }},
		{column: data.PrincipalLent, number: func(r *row) float64 { return r.principal }},
		{column: data.APR, number: func(r *row) float64 { return r.apr }},
		{column: data.TermMonths, whole: func(r *row) int64 { return int64(r.term) }},
		{column: data.MonthsOnBook, whole: func(r *row) int64 { return int64(r.age) }},
		{column: data.DaysPastDue, whole: func(r *row) int64 { return int64(r.dpd) }},
		{column: data.IncomeMonthly, number: func(r *row) float64 { return r.income }},
		{column: data.PD12, number: func(r *row) float64 { return r.pd }},
		{column: data.SegmentName, word: func(r *row) string { return s.Segments[r.segment].Name }},
		{column: data.ProductName, word: func(r *row) string { return r.product.String() }},
		{column: data.OrdinalNumber, whole: func(r *row) int64 { return int64(r.ordinal) }},
		{column: data.ExternalLoans, whole: func(r *row) int64 { return int64(r.ext) }},
	}
	if s.TermDays > 0 {
		at := slices.IndexFunc(fields, func(f field) bool { return f.column == data.TermMonths })
		fields[at] = field{column: data.TermDays, whole: func(*row) int64 { return int64(s.TermDays) }}
		fields = append(fields, field{column: data.DaysOnBook, whole: func(r *row) int64 { return int64(r.days) }})
	}
	return slices.DeleteFunc(fields, func(f field) bool { return s.Ungraded && f.column == data.PD12 })
}

// Generate makes the portfolio in memory: the same one that reading the file of WriteParquet gives.
func Generate(s Spec) (*data.Portfolio, error) {
	opts := data.BuilderOptions{Currency: s.Currency, AsOf: s.AsOf, Rows: int64(float64(s.Borrowers) * (1 + s.SecondLoan))}
	fields := s.fields()
	for _, f := range fields {
		opts.Present[f.column] = true
	}
	b := data.NewBuilder(opts)
	out := data.Row{File: b.File("synthetic")}
	err := s.rows(func(r *row) error {
		out.Number++
		for _, f := range fields {
			switch {
			case f.whole != nil: // a number, or the text of a key
				v := f.whole(r)
				out.Values[f.column] = data.Value{Number: float64(v), Text: strconv.AppendInt(nil, v, 10)}
			case f.number != nil:
				out.Values[f.column] = data.Value{Number: f.number(r)}
			default:
				out.Values[f.column] = data.Value{Text: []byte(f.word(r))}
			}
		}
		b.Add(&out)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p, err := b.Finish()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(s.Truth()))
	p.Sources = []data.Source{{Name: fmt.Sprintf("synthetic portfolio, %d borrowers, seed %d", s.Borrowers, s.Seed), SHA256: hex.EncodeToString(sum[:]), Rows: out.Number}}
	p.Assumptions = append(p.Assumptions, data.Assumption{Name: "portfolio", Value: fmt.Sprintf("synthetic, %d borrowers, seed %d", s.Borrowers, s.Seed),
		Reason: "made from a recipe to show the program; no real borrower is in it", Origin: "synthetic portfolio"})
	return p, nil
}

// WriteParquet writes the tape as a canonical Parquet file, row group by row group.
func WriteParquet(s Spec, w io.Writer) error {
	fields := s.fields()
	columns := make([]parquet.Column, len(fields))
	for i, f := range fields {
		columns[i] = parquet.Column{Name: f.column.String()}
		switch {
		case f.whole != nil:
			columns[i].Ints = []int64{}
		case f.number != nil:
			columns[i].Floats = []float64{}
		default:
			columns[i].Strings = []string{}
		}
	}
	var t *parquet.Writer
	rows := 0
	flush := func() (err error) {
		if t == nil { // the first group tells which texts repeat
			if t, err = parquet.NewWriter(w, columns, parquet.Options{}); err != nil {
				return err
			}
		}
		if rows == 0 {
			return nil
		}
		if err = t.WriteGroup(columns); err != nil {
			return err
		}
		for i, c := range columns {
			columns[i].Ints, columns[i].Floats, columns[i].Strings = c.Ints[:0], c.Floats[:0], c.Strings[:0]
		}
		rows = 0
		return nil
	}
	err := s.rows(func(r *row) error {
		for i, f := range fields {
			switch c := &columns[i]; {
			case f.whole != nil:
				c.Ints = append(c.Ints, f.whole(r))
			case f.number != nil:
				c.Floats = append(c.Floats, f.number(r))
			default:
				c.Strings = append(c.Strings, f.word(r))
			}
		}
		if rows++; rows == parquet.GroupRows {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return t.Close()
}

// Truth writes the recipe as YAML, to be stored beside the tape.
func (s Spec) Truth() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	list := func(values []float64) string {
		words := make([]string, len(values))
		for i, v := range values {
			words[i] = fmt.Sprint(v)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	var terms []float64
	for _, t := range s.Terms {
		terms = append(terms, float64(t))
	}
	line("# True parameters of a synthetic portfolio; every figure is an assumption of the recipe.")
	line("seed: %d", s.Seed)
	line("borrowers: %d", s.Borrowers)
	line("currency: %s", s.Currency)
	line("as_of: %s", s.AsOf.Format(time.DateOnly))
	line("products: %s # shares of %s", list(s.Products[:]), strings.Join(data.ProductNames(), ", "))
	if s.TermDays > 0 {
		line("term_days: %d # of bullet loans, in place of products and terms", s.TermDays)
	}
	line("terms: %s # months", list(terms))
	line("idle_share: %v", s.Idle)
	line("idle_months_max: %d", s.IdleMonths)
	line("second_loan_share: %v", s.SecondLoan)
	line("late_shares: %s # 1-29, 30-59, 60-89 days, at the mean PD", list(s.Late[:]))
	line("repeat_kumaraswamy: %s", list([]float64{s.RepeatA, s.RepeatB}))
	line("ordinal_max: %d", s.MaxOrdinal)
	line("apr: {base: %v, per_pd: %v, noise: %v, min: %v, max: %v}", s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax)
	line("external_loans: {base: %v, per_pd: %v, max: %d}", s.ExternalBase, s.ExternalPerPD, s.ExternalMax)
	line("bounds: {pd_min: %v, pd_max: %v, pti_max: %v, income_min: %v}", PDMin, PDMax, PTIMax, IncomeMin)
	line("segments:")
	for _, g := range s.Segments {
		line("  - name: %s", g.Name)
		line("    share: %v", g.Share)
		line("    income: {median: %v, sigma: %v}", g.IncomeMedian, g.IncomeSigma)
		line("    pd12: {median: %v, sigma: %v}", g.PDMedian, g.PDSigma)
		line("    pti: {median: %v, sigma: %v}", g.PTIMedian, g.PTISigma)
		line("    term_shares: %s", list(g.Terms))
	}
	return b.String()
}
