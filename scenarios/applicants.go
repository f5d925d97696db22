package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"relend/data"
	"relend/data/document"
	"relend/sim"
)

// Applicants are a stream of people who come after the snapshot.
type Applicants struct {
	sim.Applicants
	// Currency holds the currency of the amounts that were written with one.
	Currency map[string]string
	places   map[string]*document.Node
}

// arrivalNames are the ways in which a month's number of applicants comes about.
var arrivalNames = []string{"even", "poisson"}

func (l *loader) applicants(n *document.Node) []Applicants {
	var out []Applicants
	for _, item := range l.r.List(n) {
		a := Applicants{Currency: map[string]string{}, places: map[string]*document.Node{}}
		f := l.r.Map(item)
		if m := f.Need("per_month"); m != nil {
			switch v, unit, ok := l.r.Quantity(m); {
			case !ok:
			case v <= 0 || unit != "" && unit != "%":
				l.r.Errorf(m, "a number of people above 0, or a share of the borrowers at the snapshot such as 2%%, is needed here, found %q", m.Text())
			case unit == "%":
				a.Share = v / 100
			default:
				a.Count = v
			}
		}
		if m := f.Get("arrival"); m != nil {
			a.Poisson = l.r.OneOf(m, arrivalNames...) == "poisson"
		}
		if m := f.Get("segments"); m != nil {
			a.Segments = l.r.Texts(m)
			if m.Kind == document.List && len(m.Items()) == 0 {
				l.r.Errorf(m, "the list is empty; name at least one segment")
			}
		}
		if m := f.Get("pd"); m != nil {
			before := len(l.r.Problems.List)
			if a.PD = l.r.Ratio(m, 0, data.MaxPD12); a.PD == 0 && !l.failed(before) {
				l.r.Errorf(m, "a median probability of default above 0%% is needed here")
			}
		}
		if m := f.Get("pd_spread"); m != nil {
			a.Spread = l.r.Float(m, 0, 3)
			if present(item, "pd") == nil {
				l.r.Errorf(m, "goes with pd, the median around which applicants are spread")
			}
		}
		if m := f.Get("product"); m != nil {
			if name := l.r.OneOf(m, data.ProductNames()...); name != "" {
				product, _ := data.ParseProduct(name)
				a.Product = &product
			}
		}
		if m := f.Get("term"); m != nil {
			a.Term = l.r.Months(m, 1, data.MaxTerm)
		}
		for _, x := range []struct {
			name  string
			value *data.Money
		}{{"principal", &a.Principal}, {"income", &a.Income}} {
			if m := f.Get(x.name); m != nil {
				v, currency := l.amount(m, 1, data.MaxAmount)
				*x.value = data.Money(math.RoundToEven(v * float64(data.Unit)))
				a.places[x.name] = m
				if currency != "" {
					a.Currency[x.name] = currency
				}
			}
		}
		if m := f.Get("external_loans"); m != nil {
			v := int(l.r.Int(m, 0, data.MaxExternal))
			a.Outside = &v
		}
		if m := f.Get("dependence"); m != nil {
			v := l.r.Ratio(m, 0, 1)
			a.Dependence = &v
		}
		f.Close()
		out = append(out, a)
	}
	return out
}

// node writes a stream as it is read.
func (a *Applicants) node() *document.Node {
	m := document.NewMap()
	if a.Share > 0 {
		m.Set("per_month", percent(a.Share))
	} else {
		m.Set("per_month", number(a.Count))
	}
	arrival := arrivalNames[0]
	if a.Poisson {
		arrival = arrivalNames[1]
	}
	text(m, "arrival", arrival)
	if len(a.Segments) > 0 {
		m.Set("segments", textList(a.Segments))
	}
	if a.PD > 0 {
		m.Set("pd", ratio(a.PD)).Set("pd_spread", number(a.Spread))
	}
	if a.Product != nil {
		text(m, "product", a.Product.String())
	}
	if a.Term > 0 {
		m.Set("term", months(float64(a.Term)))
	}
	if a.Principal > 0 {
		m.Set("principal", amount(a.Principal.Major(), a.Currency["principal"]))
	}
	if a.Income > 0 {
		m.Set("income", amount(a.Income.Major(), a.Currency["income"]))
	}
	if a.Outside != nil {
		m.Set("external_loans", whole(*a.Outside))
	}
	if a.Dependence != nil {
		m.Set("dependence", ratio(*a.Dependence))
	}
	return m
}

// percent writes a share in percent, so that it is read back as the same number and not as a count.
func percent(v float64) *document.Node {
	x := v * 100
	for _, near := range []float64{x, math.Nextafter(x, 0), math.Nextafter(x, math.Inf(1))} {
		if near/100 == v {
			x = near
			break
		}
	}
	return document.NewValue(shortest(x) + "%")
}

// assumption says in one line who comes.
func (a *Applicants) assumption(i int) data.Assumption {
	n := a.node()
	var parts []string
	for _, key := range n.Keys() {
		value := n.Get(key)
		if value.Kind == document.List {
			parts = append(parts, key+" "+strings.Join(a.Segments, ", "))
			continue
		}
		parts = append(parts, key+" "+value.Text())
	}
	return data.Assumption{Name: fmt.Sprintf("applicants[%d]", i), Value: strings.Join(parts, "; "),
		Reason: "who comes through the door and asks for a first loan; what is not given is that of a borrower of the snapshot drawn at random", Origin: "experiment"}
}

func streams(list []Applicants) []sim.Applicants {
	var out []sim.Applicants
	for i := range list {
		out = append(out, list[i].Applicants)
	}
	return slices.Clip(out)
}
