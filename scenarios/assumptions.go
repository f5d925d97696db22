package scenarios

import (
	"fmt"
	"strings"

	"relend/data"
	"relend/sim/behaviour"
	"relend/sim/provision"
)

// Parameters lists every behaviour parameter of the run with its value, default, unit, meaning and source.
// Amounts are in the given currency, the portfolio's.
func (e *Experiment) Parameters(currency string) []data.Parameter {
	defaults := behaviour.Default()
	var out []data.Parameter
	for _, d := range behaviour.Registry() {
		out = append(out, data.Parameter{Name: d.Name, Value: shown(d, &e.Behaviour.Params, currency),
			Default: shown(d, &defaults, currency), Unit: d.Unit, Meaning: d.Meaning, Source: d.Source})
	}
	return out
}

// Shown is the value of a parameter as it is written in YAML, amounts with their currency.
func Shown(d behaviour.Parameter, p *behaviour.Params, currency string) string {
	return shown(d, p, currency)
}

// shown is the value of a parameter as it is written in YAML, amounts with their currency.
func shown(d behaviour.Parameter, p *behaviour.Params, currency string) string {
	return writtenParameter(d, d.Value(p), currency).Text()
}

// Assumptions lists what somebody had to choose because no data gave it: every behaviour parameter that the
// experiment sets or that nobody measured, the macro paths, and how many outside lenders a law binds.
func (e *Experiment) Assumptions(currency string) []data.Assumption {
	defaults := behaviour.Default()
	preset := combine([]change{{preset: e.Behaviour.Preset}}).Params
	var out []data.Assumption
	for _, d := range behaviour.Registry() {
		v := d.Value(&e.Behaviour.Params)
		a := data.Assumption{Name: d.Name, Value: shown(d, &e.Behaviour.Params, currency), Reason: d.Meaning}
		switch {
		case v != d.Value(&preset):
			a.Origin = "experiment"
		case v != d.Value(&defaults):
			a.Origin = "preset " + e.Behaviour.Preset
		case strings.HasPrefix(d.Source, "assumption"):
			a.Origin, a.Reason = "behaviour default", d.Meaning+": "+d.Source
		default:
			continue
		}
		out = append(out, a)
	}
	for _, a := range e.Entries {
		for _, d := range e.differences(a) {
			out = append(out, data.Assumption{Name: d.Name + " in arm " + a.Name, Value: shown(d, &a.Behaviour.Params, currency),
				Reason: d.Meaning, Origin: "experiment"})
		}
	}
	out = append(out, data.Assumption{Name: "provisions", Value: e.Provisions.String(), Reason: provisionReasons[e.Provisions], Origin: "experiment"})
	for i := range e.Applicants {
		out = append(out, e.Applicants[i].assumption(i))
	}
	for _, m := range e.Macros {
		var peaks []string
		for _, v := range macroVariables(&m) {
			if peak := peak(*v.path); peak != 0 {
				peaks = append(peaks, fmt.Sprintf("%s %+g sd at most", v.meaning, peak))
			}
		}
		if len(peaks) > 0 {
			out = append(out, data.Assumption{Name: "macro " + m.Name, Value: strings.Join(peaks, ", "), Reason: m.Source, Origin: "experiment"})
		}
	}
	for _, r := range e.Regulations {
		if len(r.Rules) == 0 {
			continue
		}
		a := data.Assumption{Name: "regulation " + r.Name + ": scope", Value: ratio(r.Scope).Text(),
			Reason: "share of outside lenders who obey the law as well", Origin: "experiment"}
		out = append(out, a)
		law := a.Name
		for _, arm := range e.Entries {
			if arm.Regulation == r.Name && arm.Scope != nil {
				a.Name, a.Value = law+" in arm "+arm.Name, ratio(*arm.Scope).Text()
				out = append(out, a)
			}
		}
	}
	return out
}

// provisionReasons say what a method of providing for losses takes for granted.
var provisionReasons = [...]string{
	provision.ECL:       "expected losses in three stages, undiscounted, at the mean of the economy: assumption",
	provision.FiveClass: "fixed shares by the five classes of Chinese supervision, quoted from memory: assumption",
}

// peak is the value furthest from zero, the first of several.
func peak(path []float64) float64 {
	most := 0.0
	for _, v := range path {
		if v*v > most*most {
			most = v
		}
	}
	return most
}

// Warnings lists what is allowed but may not be meant. With the portfolio's currency ("" where it is not known)
// it includes amounts that were left at defaults sized for another one.
func (e *Experiment) Warnings(currency string) []string {
	out := append([]string(nil), e.warnings...)
	if currency == "" || currency == defaultCurrency {
		return out
	}
	defaults := behaviour.Default()
	for _, d := range behaviour.Registry() {
		if v := d.Value(&defaults); d.Unit == "money" && v != 0 && d.Value(&e.Behaviour.Params) == v && e.Behaviour.Currency[d.Name] == "" {
			out = append(out, fmt.Sprintf("%s is left at %s, a figure chosen for %s; set it under behaviour for a portfolio in %s",
				d.Name, shown(d, &defaults, currency), defaultCurrency, currency))
		}
	}
	return out
}

// defaultCurrency is the currency for which the default amounts of the behaviour were chosen.
const defaultCurrency = "CNY"
