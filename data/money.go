package data

import (
	"fmt"
	"strconv"
)

// Money is an amount in minor units: hundredths of the portfolio's currency (fen, cents). All money in the
// engine is Money, so that sums are exact and do not depend on their order.
type Money int64

// Unit is one whole unit of currency (one yuan, one euro) in Money.
const Unit Money = 100

// Major returns the amount in whole units of currency, for display and statistics.
func (m Money) Major() float64 { return float64(m) / float64(Unit) }

// String writes the amount in whole units with two digits after the point, for example "1234.50".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%s.%02d", sign, strconv.FormatInt(int64(m/Unit), 10), int64(m%Unit))
}

// Month counts grid steps from the as-of date, which is Month 0. On the monthly grid a step is a month.
type Month int
