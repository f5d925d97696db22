package rule

import (
	"math"
	"testing"

	"relend/data"
	"relend/sim/contract"
)

// Fees included, caps bind at figures that can be checked by hand; fees excluded, they bind where they would without a fee. The
// fee is 3 % and 20 of 1,000: 950 are received. most is the rate that may be posted.
func TestFeesInAndOut(t *testing.T) {
	fee := contract.Fee{Share: .03, Amount: 20 * data.Unit}
	for _, c := range []struct {
		what     string
		product  data.Product
		term     int
		in       Price
		most     float64
		excluded float64
	}{
		// 950 received and 1,020 due after a month: 1020/950 - 1 a month.
		{"a month, effective", data.Annuity, 1, &EffectiveRateCap{Max: math.Pow(1020./950, 12) - 1}, .24, 12 * (1020./950 - 1)},
		{"a month, nominal", data.Annuity, 1, &loanCap{APRCap{Max: 12 * (1020./950 - 1)}}, .24, 12 * (1020./950 - 1)},
		{"a month, times the LPR", data.Annuity, 1, &IndexedRateCap{Multiple: 12, Base: 1020./950 - 1}, .24, 12 * (1020./950 - 1)},
		// 950 received and 1,100 due after a year.
		{"a year, due at the end", data.Bullet, 12, &EffectiveRateCap{Max: 1100./950 - 1}, .10, 1100./950 - 1},
		// 5 of 50 points at 9 months due at the end are the fee, 45 the interest.
		{"total cost", data.Bullet, 9, &TotalCostCap{Max: .5}, .6, 50. / 75},
		// 20 % and 4 % a month over 5 months are 40 %, less 5 % of fee 35 % in 5 months.
		{"total cost by the month", data.Bullet, 5, &TotalCostCap{Max: .2, Monthly: .04}, .84, .96},
		// .8 % a day over 365/12 days are 24.33 % of the principal in a month, less 5 %.
		{"a day, due after a month", data.Bullet, 1, &DailyRateCap{Max: .008}, 2.92 - .6, 2.92},
		// Equal parts over 3 months are owed for 2 months: 5 % are 2.5 % a month.
		{"a day, in equal parts", data.EqualPrincipal, 3, &DailyRateCap{Max: .008}, 2.92 - .3, 2.92},
	} {
		for _, fees := range []string{FeesExcluded, FeesIncluded} {
			for _, f := range c.in.Fields() {
				if f.Name == "fees" {
					*f.Value.(*string) = fees
				}
			}
			r := Rule(c.in)
			if cap, ok := r.(*loanCap); ok {
				r = &cap.APRCap
			}
			book := Compile(nil, []Rule{r}, wide(), 500*data.Unit)
			a := fine()
			a.Idle, a.Own, a.OwnBalance, a.NewestBalance, a.OwnInstalments, a.NewestInstalment = true, 0, 0, 0, 0, 0
			a.Product, a.Term, a.Asked, a.Fee, a.PerYear = c.product, c.term, 1000*data.Unit, fee, 12
			want := c.most
			if fees == FeesExcluded {
				want = c.excluded
			}
			if got := book.Cap(&a); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s, fees %s: at most %.10f, want %.10f", c.what, fees, got, want)
			}
			for _, side := range []float64{-1e-8, 1e-8} { // the lender asks for that rate and the fee, and not for less
				a.APR = want + side
				a.BreakEven = contract.AllIn(a.Product, a.Term, a.APR, .05, 12)
				if d := book.Decide(&a); d.Granted != (side < 0) {
					t.Errorf("%s, fees %s: at %.10f %+v", c.what, fees, a.APR, d)
				}
			}
		}
	}
}

// A lender whose costs are above a cap may earn the rest by a fee that the cap does not count, and one that takes all that is allowed
// as a fee may lend without interest. A fee that alone costs more than is allowed is refused.
func TestFeesMakeUpForInterest(t *testing.T) {
	a := fine()
	a.Idle, a.Product, a.Term, a.Asked, a.PerYear, a.BreakEven = true, data.Annuity, 1, 1000*data.Unit, 12, .3
	for _, c := range []struct {
		what    string
		fee     contract.Fee
		fees    string
		granted bool
	}{
		{"above the cap", contract.Fee{}, FeesExcluded, false},
		{"with 1% of fee: 1,020 for 990 are 36.4% a year", contract.Fee{Share: .01}, FeesExcluded, true},
		{"not where the fee counts", contract.Fee{Share: .01}, FeesIncluded, false},
	} {
		a.Fee = c.fee
		if d := Compile(nil, []Rule{&APRCap{Max: .24, Fees: c.fees}}, wide(), 0).Decide(&a); d.Granted != c.granted {
			t.Errorf("%s: %+v", c.what, d)
		}
	}
	a.BreakEven, a.APR = .1, .1
	cap := Compile([]Rule{&ProductCap{Amount: 500 * data.Unit}}, []Rule{&APRCap{Max: .24, Fees: FeesIncluded}}, wide(), 0)
	for fee, granted := range map[data.Money]bool{9: true, 10: false} { // of 500, which the limit leaves, 10 cost 24.5 % a year
		a.Fee = contract.Fee{Amount: fee * data.Unit}
		if d := cap.Decide(&a); d.Granted != granted || granted && math.Abs(a.AllIn(d.Amount, d.APR)-.24) > 1e-9 || !granted && !d.ByLaw {
			t.Errorf("a fee of %d on 1,000, of which 500 are allowed: %+v", fee, d)
		}
	}
}

// A refinancing has to pay for the balance and the fee.
func TestFeeOfRefinancing(t *testing.T) {
	a := fine()
	a.NewestBalance, a.Asked = 960*data.Unit, 1000*data.Unit
	book := Compile(nil, nil, wide(), 0)
	for fee, granted := range map[data.Money]bool{40: true, 41: false} {
		a.Fee, a.PerYear = contract.Fee{Amount: fee * data.Unit}, 12
		if d := book.Decide(&a); d.Granted != granted {
			t.Errorf("a fee of %d: %+v", fee, d)
		}
	}
}
