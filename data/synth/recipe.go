package synth

import "relend/data"

// recipes are the markets that a tape can look like, the default first. Each is as large a set of assumptions as
// Default; a study says what it takes from its case.
var recipes = []struct {
	name string
	spec func() Spec
}{
	{"consumer", Default},
	{"uniform", Uniform},
	{"payday", Payday},
	{"payday_instalment", PaydayInstalment},
	{"cash_loan", CashLoan},
	{"subprime", Subprime},
	{"multiple", Multiple},
	{"credit_lines", CreditLines},
	{"high_cost", HighCost},
}

// Recipes lists the names of the recipes, the default first.
func Recipes() []string {
	var names []string
	for _, r := range recipes {
		names = append(names, r.name)
	}
	return names
}

// Recipe returns the recipe of that name.
func Recipe(name string) (Spec, bool) {
	for _, r := range recipes {
		if r.name == name {
			return r.spec(), true
		}
	}
	return Spec{}, false
}

// Uniform is a book of running 12-month annuities at 24 %, one a borrower, alike but for income, age and outside
// loans: the book of the figures that a mechanism is compared with [assumption].
func Uniform() Spec {
	s := Default()
	s.Segments = []Segment{{"borrower", 1, 7000, 0.40, 0.05, 0, 0.15, 0.45, []float64{1}}}
	s.Products = [data.NumProducts]float64{data.Annuity: 1}
	s.Terms = []int{12}
	s.Idle, s.IdleMonths, s.SecondLoan = 0, 0, 0
	s.Late = [3]float64{}
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 0.24, 0, 0.001, 0.23, 0.25
	s.RepeatA, s.RepeatB, s.MaxOrdinal = 1, 1, 1
	return s
}

// Payday is a book of one-month lump-sum loans in USD: about 350 each, a fifth of a month's income, at an APR near
// 390 % (15 per 100 for two weeks), risky borrowers, some with a loan elsewhere [assumption, after the loans of
// CFPB Data Point: Payday Lending, 2014]. There are no grades, so that the burden of a loan makes its risk.
func Payday() Spec {
	s := Default()
	s.Currency = "USD"
	s.Segments = []Segment{{"payday", 1, 1900, 0.35, 0.14, 0.35, 0.20, 0.30, []float64{1}}}
	s.Products = [data.NumProducts]float64{data.Bullet: 1}
	s.Terms, s.Ungraded = []int{1}, true
	s.Idle, s.IdleMonths, s.SecondLoan = 0, 0, 0
	s.Late = [3]float64{}
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 3.90, 0, 0.20, 3.0, 5.0
	s.RepeatA, s.RepeatB, s.MaxOrdinal = 1, 1, 1
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 0.5, 1, 4
	return s
}

// PaydayInstalment is the same borrowers and amounts as Payday, lent for six months in equal instalments at
// 129 % [the terms of Colorado after 2010; Pew].
func PaydayInstalment() Spec {
	s := Payday()
	s.Segments[0].PTIMedian = 0.04
	s.Products = [data.NumProducts]float64{data.Annuity: 1}
	s.Terms = []int{6}
	s.APRBase, s.APRNoise, s.APRMin, s.APRMax = 1.29, 0.05, 1, 1.6
	return s
}

// CashLoan is a book of small online loans of three to six months at about 36 % in CNY, to borrowers with several
// other loans [assumption, after reports on the Chinese cash-loan market of 2017].
func CashLoan() Spec {
	s := Default()
	s.Segments = []Segment{{"cash loan", 1, 4500, 0.40, 0.10, 0.5, 0.10, 0.45, []float64{0.6, 0.4}}}
	s.Products = [data.NumProducts]float64{data.Annuity: 1}
	s.Terms = []int{3, 6}
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 0.36, 0, 0.01, 0.33, 0.40
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 1, 5, 6
	return s
}

// Subprime is a book of instalment loans in USD to borrowers whose risk asks for prices around 36 % [assumption].
func Subprime() Spec {
	s := Default()
	s.Currency = "USD"
	s.Segments = []Segment{{"subprime", 1, 2800, 0.40, 0.15, 0.40, 0.10, 0.45, []float64{0.2, 0.5, 0.3}}}
	s.Products = [data.NumProducts]float64{data.Annuity: 1}
	s.Terms = []int{6, 12, 24}
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 0.35, 1, 0.05, 0.25, 0.9
	return s
}

// HighCost is a book of small graded instalment loans in USD over one to six months at 80 to 400 % a year: borrowers like those
// of Payday, whom the lender tells apart [assumption].
func HighCost() Spec {
	s := Default()
	s.Currency = "USD"
	s.Segments = []Segment{{"high cost", 1, 1900, 0.35, 0.12, 0.6, 0.15, 0.40, []float64{0.3, 0.3, 0.4}}}
	s.Products = [data.NumProducts]float64{data.Annuity: 1}
	s.Terms = []int{1, 3, 6}
	s.Idle, s.IdleMonths, s.SecondLoan = 0, 0, 0
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 1.5, 4, 0.4, 0.8, 4
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 0.5, 2, 5
	return s
}

// Multiple is the default book with borrowers who owe to many lenders at once: 2.2 outside loans on average and
// a long tail, so that about a fifth have five lenders or more [assumption].
func Multiple() Spec {
	s := Default()
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 2, 12, 9
	return s
}

// CreditLines is the default borrowers with revolving lines of one or two years instead of loans, whose least payment on
// the full limit is the share of income that a loan's instalment would be [assumption].
func CreditLines() Spec {
	s := Default()
	s.Products = [data.NumProducts]float64{data.Revolving: 1}
	s.Terms = []int{12, 24}
	for i := range s.Segments {
		s.Segments[i].Terms = []float64{0.7, 0.3}
	}
	return s
}
