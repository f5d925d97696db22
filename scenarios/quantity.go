package scenarios

import (
	"math"
	"strconv"

	"relend/data"
	"relend/data/document"
	"relend/sim/behaviour"
	"relend/sim/rule"
)

// ratio writes a fraction so that it is read back as the same number: in percent where that is exact.
func ratio(v float64) *document.Node {
	percent := strconv.FormatFloat(v*100, 'g', 15, 64)
	if x, err := strconv.ParseFloat(percent, 64); err == nil && x/100 == v {
		return document.NewValue(percent + "%")
	}
	if math.Abs(v) <= 1 {
		return number(v)
	}
	if x := v * 100; x/100 == v {
		return document.NewValue(shortest(x) + "%")
	}
	return document.NewValue(shortest(v*10_000) + " bp")
}

func number(v float64) *document.Node { return document.NewValue(shortest(v)) }

func whole(v int) *document.Node { return document.NewValue(strconv.Itoa(v)) }

func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func months(v float64) *document.Node {
	if v == 1 {
		return document.NewValue("1 month")
	}
	return document.NewValue(shortest(v) + " months")
}

// amount writes whole units of currency; without a code they are in the portfolio's currency.
func amount(v float64, currency string) *document.Node {
	if currency == "" {
		return number(v)
	}
	return document.NewValue(shortest(v) + " " + currency)
}

// amount reads an amount in whole units of currency with at most two decimals, and its currency; a bare number
// is in the portfolio's currency.
func (l *loader) amount(n *document.Node, lo, hi float64) (v float64, currency string) {
	before := len(l.r.Problems.List)
	v, unit, ok := l.r.Quantity(n)
	if !ok || unit != "" && l.r.Money(n, "") == 0 && l.failed(before) {
		return 0, ""
	}
	if v < lo || v > hi {
		l.r.Errorf(n, "%s is outside the range %s to %s", n.Text(), shortest(lo), shortest(hi))
		return 0, ""
	}
	if minor := v * float64(data.Unit); math.Abs(minor-math.RoundToEven(minor)) > 1e-6*math.Max(1, minor*1e-9) {
		l.r.Errorf(n, "%s has more than two decimals", n.Text())
		return 0, ""
	}
	return v, unit
}

// field reads one parameter of a rule into the rule, and returns the currency where it is an amount with one.
func (l *loader) field(n *document.Node, f rule.Field) (currency string) {
	switch value := f.Value.(type) {
	case *float64:
		if f.Unit == "ratio" {
			*value = l.r.Float(n, f.Min, f.Max)
		} else {
			*value = l.r.Ratio(n, f.Min, f.Max)
		}
	case *string:
		*value = l.r.OneOf(n, f.Choices...)
	case *int:
		switch f.Unit {
		case "months":
			*value = l.r.Months(n, int(f.Min), int(f.Max))
		case "days":
			*value = l.r.Days(n, int(f.Min), int(f.Max))
		default:
			*value = int(l.r.Int(n, int64(f.Min), int64(f.Max)))
		}
	case *data.Money:
		v, code := l.amount(n, f.Min, f.Max)
		*value, currency = data.Money(math.RoundToEven(v*float64(data.Unit))), code
	case *bool:
		*value = l.r.Bool(n)
	case *[]float64:
		*value = l.numbers(n, f.Min, f.Max)
	default:
		panic("scenarios: field " + f.Name + " has a type that cannot be read")
	}
	return currency
}

// written is the value of a rule's parameter as a document.
func written(f rule.Field, currency string) *document.Node {
	switch value := f.Value.(type) {
	case *float64:
		if f.Unit == "ratio" {
			return number(*value)
		}
		return ratio(*value)
	case *string:
		return document.NewValue(*value)
	case *int:
		switch f.Unit {
		case "months":
			return months(float64(*value))
		case "days":
			return document.NewValue(strconv.Itoa(*value) + " days")
		}
		return whole(*value)
	case *data.Money:
		return amount(value.Major(), currency)
	case *bool:
		return document.NewValue(strconv.FormatBool(*value))
	case *[]float64:
		return numberList(*value)
	}
	panic("scenarios: field " + f.Name + " has a type that cannot be written")
}

// maxNumbers bounds a list of numbers: fifty years of months.
const maxNumbers = 600

// numbers reads a list of bare numbers.
func (l *loader) numbers(n *document.Node, lo, hi float64) []float64 {
	items := l.r.List(n)
	if len(items) > maxNumbers {
		l.r.Errorf(n, "the list has %d numbers; at most %d are read", len(items), maxNumbers)
		return nil
	}
	var out []float64
	for _, item := range items {
		out = append(out, l.r.Float(item, lo, hi))
	}
	return out
}

func numberList(values []float64) *document.Node {
	items := make([]*document.Node, len(values))
	for i, v := range values {
		items[i] = number(v)
	}
	return document.NewList(items...)
}

// parameter reads the value of a behaviour parameter by its unit, and its currency where it has one.
func (l *loader) parameter(n *document.Node, d behaviour.Parameter) (v float64, currency string) {
	switch {
	case d.Unit == "share":
		return l.r.Ratio(n, d.Min, d.Max), ""
	case d.Unit == "months" && d.Integer:
		return float64(l.r.Months(n, int(d.Min), int(d.Max))), ""
	case d.Unit == "months":
		v, unit, ok := l.r.Quantity(n)
		switch {
		case !ok:
		case unit != "month" && unit != "months":
			l.r.Errorf(n, "a time such as 4 months or 2.5 months is needed here, found %q", n.Text())
		case v < d.Min || v > d.Max:
			l.r.Errorf(n, "%s is outside the range %s to %s months", n.Text(), shortest(d.Min), shortest(d.Max))
		}
		return v, ""
	case d.Unit == "money":
		return l.amount(n, d.Min, d.Max)
	case d.Integer:
		return float64(l.r.Int(n, int64(d.Min), int64(d.Max))), ""
	}
	return l.r.Float(n, d.Min, d.Max), ""
}

// writtenParameter is a value of a behaviour parameter as a document.
func writtenParameter(d behaviour.Parameter, v float64, currency string) *document.Node {
	switch d.Unit {
	case "share":
		return ratio(v)
	case "months":
		return months(v)
	case "money":
		return amount(v, currency)
	}
	return number(v)
}
