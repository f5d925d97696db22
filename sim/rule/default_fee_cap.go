package rule

import (
	"math"

	"relend/data"
)

// DefaultFeeCap limits the fee for a missed instalment, as an amount, as a share of the instalment, or both.
type DefaultFeeCap struct {
	noCheck
	Amount data.Money
	Share  float64
}

// mostFee and mostFeeShare are the largest values that a cap on late fees takes; they bound nothing.
const (
	mostFee      = 1e12 * data.Unit
	mostFeeShare = 10
)

func (r *DefaultFeeCap) Fields() []Field {
	return []Field{
		{Name: "amount", Unit: "money", Meaning: "highest fee for a missed instalment; where it is not given, no bound", Max: mostFee.Major(), Value: &r.Amount},
		{Name: "share", Unit: "share", Meaning: "highest fee as a share of the missed instalment; where it is not given, no bound", Max: mostFeeShare, Value: &r.Share},
	}
}

func (r *DefaultFeeCap) Apply(t *Terms) {
	if r.Amount < mostFee {
		t.Fee = min(t.Fee, r.Amount.Major())
	}
	if r.Share < mostFeeShare {
		t.FeeShare = min(t.FeeShare, r.Share)
	}
}

func (r *DefaultFeeCap) Sentence(currency string) string {
	of := percent(r.Share) + " of it"
	switch {
	case r.Amount == 0 || r.Share == 0:
		return "There is no fee for a missed instalment."
	case r.Share >= mostFeeShare:
		return "The fee for a missed instalment is at most " + amount(r.Amount, currency) + "."
	case r.Amount >= mostFee:
		return "The fee for a missed instalment is at most " + of + "."
	}
	return "The fee for a missed instalment is at most " + amount(r.Amount, currency) + " and at most " + of + "."
}

// LateFee is the fee for a missed instalment: an amount in whole currency units and a share of the instalment, as far as
// that is allowed.
func (c *Conduct) LateFee(amount, share float64, instalment data.Money) data.Money {
	due := float64(instalment)
	fee := min(amount*float64(data.Unit)+float64(share*due), c.Fee*float64(data.Unit))
	if !math.IsInf(c.FeeShare, 1) {
		fee = min(fee, float64(c.FeeShare*due))
	}
	return data.Money(math.RoundToEven(fee))
}
