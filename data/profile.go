package data

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ProfileTable is a small table of text, ready to be laid out.
type ProfileTable struct {
	Title  string
	Header []string
	Rows   [][]string
}

// BucketNames are the delinquency buckets of Borrower.Bucket.
var BucketNames = [4]string{"current", "1-29 days", "30-59 days", "60-89 days"}

// Profile summarises a portfolio: control totals to compare with the books, exposure by segment, product,
// ordinal class and delinquency bucket, and quantiles. Everything but the control totals is weighted.
func Profile(p *Portfolio) []ProfileTable {
	return []ProfileTable{
		controlTotals(p),
		byBorrower(p, "by segment", p.Segments, func(w Borrower) int { return int(w.Segment) }),
		byProduct(p),
		byBorrower(p, "by ordinal of the borrower's latest loan", OrdinalClasses[:], func(w Borrower) int { return OrdinalClass(w.Ordinal) }),
		byBorrower(p, "by delinquency", BucketNames[:], func(w Borrower) int { return int(w.Bucket) }),
		quantiles(p),
	}
}

func controlTotals(p *Portfolio) ProfileTable {
	in := p.Intake
	idle, balance := 0, Money(0)
	for _, w := range p.Borrowers {
		if w.Open == 0 {
			idle++
		}
	}
	for _, l := range p.Loans {
		balance += l.Balance
	}
	t := ProfileTable{Title: "control totals", Header: []string{"what", "value"}}
	add := func(what, value string) { t.Rows = append(t.Rows, []string{what, value}) }
	count := func(what string, n int64) { add(what, strconv.FormatInt(n, 10)) }
	add("currency", p.Currency)
	if !p.AsOf.IsZero() {
		add("as of", p.AsOf.Format(time.DateOnly))
	}
	count("rows read", in.Rows)
	count("rows rejected", in.Rejected)
	count("rows without a balance", in.Repaid)
	count("open loans", in.Loans)
	add("balance", balance.String())
	count("borrowers", in.Borrowers)
	count("of them without an open loan", int64(idle))
	count("borrowers, weighted", in.WeightedBorrowers)
	add("balance, weighted", in.Balance.String())
	count("borrowers already in default, left out", in.ExcludedBorrowers)
	count("their open loans", in.ExcludedLoans)
	add("their balance, weighted", in.ExcludedBalance.String())
	return t
}

// exposure adds up a class of borrowers or loans.
type exposure struct {
	borrowers, loans int64
	balance          Money
	pd               float64
}

func byBorrower(p *Portfolio, title string, names []string, class func(Borrower) int) ProfileTable {
	sums := make([]exposure, len(names))
	for _, w := range p.Borrowers {
		s := &sums[class(w)]
		s.borrowers += int64(w.Weight)
		s.loans += int64(w.Weight) * int64(w.Open)
		s.pd += float64(w.Weight) * w.PD12
		for _, l := range p.Loans[w.First : w.First+uint32(w.Open)] {
			s.balance += l.Balance * Money(w.Weight)
		}
	}
	t := ProfileTable{Title: title, Header: []string{"class", "borrowers", "open loans", "balance", "share of balance"}}
	if p.HasPD {
		t.Header = append(t.Header, "mean PD")
	}
	for i, s := range sums {
		row := s.row(names[i], p.Intake.Balance)
		if p.HasPD {
			row = append(row, percent(s.pd, float64(s.borrowers)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (s exposure) row(name string, total Money) []string {
	return []string{name, strconv.FormatInt(s.borrowers, 10), strconv.FormatInt(s.loans, 10), s.balance.String(), percent(float64(s.balance), float64(total))}
}

// byProduct counts a borrower under every product that he has open.
func byProduct(p *Portfolio) ProfileTable {
	var sums [NumProducts]exposure
	for _, w := range p.Borrowers {
		var has [NumProducts]bool
		for _, l := range p.Loans[w.First : w.First+uint32(w.Open)] {
			s := &sums[l.Product]
			s.loans += int64(w.Weight)
			s.balance += l.Balance * Money(w.Weight)
			if !has[l.Product] {
				s.borrowers += int64(w.Weight)
				has[l.Product] = true
			}
		}
	}
	t := ProfileTable{Title: "by product", Header: []string{"class", "borrowers", "open loans", "balance", "share of balance"}}
	for i, s := range sums {
		t.Rows = append(t.Rows, s.row(productNames[i], p.Intake.Balance))
	}
	return t
}

func percent(part, whole float64) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f%%", 100*part/whole)
}

// weighted is a value that stands for some borrowers.
type weighted struct {
	value  float64
	weight int64
}

var quantileLevels = []float64{0.05, 0.25, 0.5, 0.75, 0.95}

func quantiles(p *Portfolio) ProfileTable {
	t := ProfileTable{Title: "distributions", Header: []string{"what", "min", "5%", "25%", "median", "75%", "95%", "max", "mean"}}
	add := func(what string, format func(float64) string, values []weighted) {
		if len(values) == 0 {
			return
		}
		slices.SortFunc(values, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
		total, sum := int64(0), 0.0
		for _, v := range values {
			total += v.weight
			sum += v.value * float64(v.weight)
		}
		row := []string{what, format(values[0].value)}
		at, seen := 0, values[0].weight
		for _, q := range quantileLevels {
			for float64(seen) < q*float64(total) {
				at++
				seen += values[at].weight
			}
			row = append(row, format(values[at].value))
		}
		t.Rows = append(t.Rows, append(row, format(values[len(values)-1].value), format(sum/float64(total))))
	}
	whole := func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
	tenth := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	share := func(v float64) string { return fmt.Sprintf("%.2f%%", 100*v) }
	loans := func(get func(Loan) float64) (out []weighted) {
		for _, w := range p.Borrowers {
			for _, l := range p.Loans[w.First : w.First+uint32(w.Open)] {
				out = append(out, weighted{get(l), int64(w.Weight)})
			}
		}
		return out
	}
	borrowers := func(get func(Borrower) float64) (out []weighted) {
		for _, w := range p.Borrowers {
			out = append(out, weighted{get(w), int64(w.Weight)})
		}
		return out
	}
	add("principal", whole, loans(func(l Loan) float64 { return l.Principal.Major() }))
	add("balance", whole, loans(func(l Loan) float64 { return l.Balance.Major() }))
	add("APR", share, loans(func(l Loan) float64 { return l.APR }))
	add("term, months", tenth, loans(func(l Loan) float64 { return float64(l.Term) }))
	add("months on book", tenth, loans(func(l Loan) float64 { return float64(l.MonthsOnBook) }))
	if p.HasPD {
		add("PD, 12 months", share, borrowers(func(w Borrower) float64 { return w.PD12 }))
	}
	add("monthly income", whole, borrowers(func(w Borrower) float64 { return w.Income.Major() }))
	add("open loans", tenth, borrowers(func(w Borrower) float64 { return float64(w.Open) }))
	add("loans elsewhere", tenth, borrowers(func(w Borrower) float64 { return float64(w.External) }))
	return t
}
