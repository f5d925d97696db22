package synth

import "relend/data"

// recipes are the markets that a tape can look like, the default first. Each is as large a set of assumptions as
// Default; a study says what it takes from its case.
var recipes = []struct {
	name string
	spec func() Spec
}{
	{"consumer", Default},
	{"payday", Payday},
	{"multiple", Multiple},
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

// Payday is a book of one-month lump-sum loans in USD: about 350 each, a fifth of a month's income, at an APR near
// 390 % (15 per 100 for two weeks), risky borrowers, some with a loan elsewhere [assumption, after the loans of
// CFPB Data Point: Payday Lending, 2014].
func Payday() Spec {
	s := Default()
	s.Currency = "USD"
	s.Segments = []Segment{{"payday", 1, 1900, 0.35, 0.14, 0.35, 0.20, 0.30, []float64{1}}}
	s.Products = [data.NumProducts]float64{data.Bullet: 1}
	s.Terms = []int{1}
	s.Idle, s.IdleMonths, s.SecondLoan = 0, 0, 0
	s.Late = [3]float64{}
	s.APRBase, s.APRPerPD, s.APRNoise, s.APRMin, s.APRMax = 3.90, 0, 0.20, 3.0, 5.0
	s.RepeatA, s.RepeatB, s.MaxOrdinal = 1, 1, 1
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 0.5, 1, 4
	return s
}

// Multiple is the default book with borrowers who owe to many lenders at once: 2.2 outside loans on average and
// a long tail, so that about a fifth have five lenders or more [assumption].
func Multiple() Spec {
	s := Default()
	s.ExternalBase, s.ExternalPerPD, s.ExternalMax = 2, 12, 9
	return s
}
