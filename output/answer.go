package output

import (
	"math"
	"strings"

	"relend/sim/estimate"
)

// answer writes the sentences that answer the question, most important first: which arm lowers the default rate
// most and what it costs, what cannot be told apart, what is beaten, what happens over time and under other
// macro paths.
func (r *Report) answer() []string {
	if len(r.Run.Arms) == 0 || r.Run.Months == 0 {
		return []string{r.Sentence(r.Say("the run projects no months: there is nothing to compare"))}
	}
	var out []string
	for i, g := range r.Groups {
		out = append(out, r.groupAnswer(g, i == 0)...)
	}
	return out
}

const nameLimit = 6 // arms named in one sentence

func (r *Report) groupAnswer(g Group, main bool) []string {
	var out []string
	best := -1
	var higher, unclear, same []string
	lost, doubtful := map[int][]string{}, map[int][]string{} // by the arm that beats them, or might
	for _, a := range g.Arms[1:] {
		d := r.DifferenceAt(a, "default_rate")
		switch d.Verdict() {
		case estimate.Below:
			if best < 0 || d.Value < r.DifferenceAt(best, "default_rate").Value {
				best = a
			}
		case estimate.Above:
			higher = append(higher, r.Title(a)+" ("+r.words(a, "default_rate", false)+")")
		case estimate.Unclear:
			unclear = append(unclear, r.Title(a))
		case estimate.Identical:
			same = append(same, r.Title(a))
		}
		if b := r.Dominated[a]; b >= 0 {
			lost[b] = append(lost[b], r.Title(a))
		}
		if b := r.Frontiers[0].Doubtful[a]; b >= 0 {
			doubtful[b] = append(doubtful[b], r.Title(a))
		}
	}
	baseline := r.Title(g.Reference)
	under := ""
	if len(r.Groups) > 1 {
		under = r.Say("under macro path %s, ", g.Macro)
	}
	level := r.Say("%s of initial borrowers reach 90 days past due within %s", r.plain(g.Reference, "default_rate"), r.Count(r.Run.Months, "month"))
	if !main {
		if other := r.Run.Arms[g.Reference].Reference; other != g.Reference {
			level += r.Say(" (%s against macro path %s)", r.words(g.Reference, "default_rate", false), r.Run.Arms[other].Macro)
		}
	}
	switch {
	case len(g.Arms) == 1:
		return append(out, r.Sentence(under+level))
	case r.Replicates < 2:
		return append(out, r.Sentence(under+level+r.Say(" with %s. One independent replicate has no error bars: no difference can be told from chance", baseline)))
	case best < 0:
		out = append(out, r.Sentence(r.Say("%sno arm lowers the default rate: with %s, %s", under, baseline, level)))
	case main:
		out = append(out, r.Sentence(r.Say("%s%s lowers the default rate most: %s of initial borrowers reach 90 days past due within %s instead of %s (%s)",
			under, r.Title(best), r.plain(best, "default_rate"), r.Count(r.Run.Months, "month"), r.plain(g.Reference, "default_rate"), r.words(best, "default_rate", true))))
		out = append(out, r.price(best))
		if s := r.gentlest(g, best); s != "" {
			out = append(out, s)
		}
	default:
		out = append(out, r.Sentence(r.Say("%s%s with %s; %s lowers it most, to %s (%s)",
			under, level, baseline, r.Title(best), r.plain(best, "default_rate"), r.words(best, "default_rate", false))))
	}
	if len(higher) > 0 {
		out = append(out, r.Sentence(r.Say("the default rate rises with %s", r.List(higher, nameLimit))))
	}
	if len(unclear) > 0 {
		out = append(out, r.Sentence(r.Say("cannot be told apart from %s in the default rate: %s", baseline, r.List(unclear, nameLimit))))
	}
	if len(same) > 0 {
		out = append(out, r.Sentence(r.Say("same defaults as %s on every path: %s", baseline, r.List(same, nameLimit))))
	}
	for _, b := range g.Arms {
		if len(lost[b]) > 0 {
			out = append(out, r.Sentence(r.Say("%s beats %s: fewer defaults and more borrowers served, or equal in one of them on every path", r.Title(b), r.List(lost[b], nameLimit))))
		}
		if len(doubtful[b]) > 0 {
			out = append(out, r.Sentence(r.Say("against %s, %s gives up defaults or access without a gain in the other that can be told", r.Title(b), r.List(doubtful[b], nameLimit))))
		}
	}
	if s := r.rebound(g); s != "" {
		out = append(out, s)
	}
	if !main { // the first group says it at length; here only what differs
		return out[:1]
	}
	return out
}

// price says what else the best arm changes.
func (r *Report) price(arm int) string {
	return r.Sentence(r.Say("beside that: borrowers served %s, re-lending volume %s, net margin %s, leaks to outside lenders %s",
		r.words(arm, "served_share", false), r.words(arm, "originations_amount", false), r.words(arm, "net_margin", false), r.words(arm, "leaks", false)))
}

// gentlest names the arm that lowers the default rate most for each borrower no longer served, where that is not
// the arm that lowers it most.
func (r *Report) gentlest(g Group, best int) string {
	const least = .005 // of borrowers: a ratio to less says nothing
	arm, most := -1, 0.0
	for _, a := range g.Arms[1:] {
		risk, access := r.DifferenceAt(a, "default_rate"), r.DifferenceAt(a, "served_share")
		if risk.Verdict() != estimate.Below {
			continue
		}
		if access.Verdict() != estimate.Below {
			return r.Sentence(r.Say("%s lowers it (%s) without serving distinguishably fewer borrowers", r.Title(a), r.words(a, "default_rate", false)))
		}
		if rate := risk.Value / access.Value; access.Hi <= -least && rate > most {
			arm, most = a, rate
		}
	}
	if arm < 0 || arm == best {
		return ""
	}
	risk, access := r.DifferenceAt(arm, "default_rate"), r.DifferenceAt(arm, "served_share")
	return r.Sentence(r.Say("of the arms that clearly cost access, %s lowers the default rate most for each percentage point of borrowers no longer served, by %s pp (at least %s, at most %s): %s for %s served",
		r.Title(arm), Number(most, 2), Number(max(0, risk.Hi/access.Lo), 2), Number(risk.Lo/access.Hi, 2), r.words(arm, "default_rate", false), r.words(arm, "served_share", false)))
}

// rebound names the arms whose monthly defaults first lie above the baseline's and later below: refusing a
// loan to somebody who lives on rolling over brings the default forward, and lending less lowers it later.
func (r *Report) rebound(g Group) string {
	var found []string
	for _, a := range g.Arms[1:] {
		stretches := Stretches(r.DifferenceSeries(a, "monthly_default_rate"))
		for i, s := range stretches {
			if s.Side != estimate.Above {
				continue
			}
			for _, later := range stretches[i+1:] {
				if later.Side == estimate.Below {
					found = append(found, r.Say("%s (above in months %d-%d, below in months %d-%d)", r.Title(a), s.From, s.To, later.From, later.To))
					break
				}
			}
			break
		}
	}
	if len(found) == 0 {
		return ""
	}
	return r.Sentence(r.Say("refusals bring defaults forward: monthly defaults lie first above %s, later below it, with %s", r.Title(g.Reference), r.List(found, 3)))
}

// plain writes a value at the horizon with its unit, in the digits of its group.
func (r *Report) plain(arm int, measure string) string {
	s := r.Scale(r.Index(measure))
	var figures []estimate.Figure
	for a, other := range r.Run.Arms {
		if other.Macro == r.Run.Arms[arm].Macro {
			figures = append(figures, r.At(a, measure))
		}
	}
	return strings.TrimSpace(r.keyed(arm, measure, "", s.Value(r.At(arm, measure), s.Column(figures))) + " " + s.Unit)
}

// words writes a difference at the horizon in words, with its interval where long is set.
func (r *Report) words(arm int, measure string, long bool) string {
	s := r.Scale(r.Index(measure))
	d := r.DifferenceAt(arm, measure)
	digits := s.DigitsOf(d)
	switch {
	case math.IsNaN(d.Value):
		return r.Say("not available")
	case d.Verdict() == estimate.Identical:
		return r.Say("unchanged")
	case d.Verdict() == estimate.Unclear:
		return r.Say("not distinguishably changed")
	}
	text := strings.TrimSpace(r.keyed(arm, measure, "/diff", Signed(d.Value*s.Factor, digits)) + " " + s.DiffUnit)
	switch {
	case math.IsNaN(d.SE):
		return r.Say("%s, no error bar", text)
	case long:
		return r.Say("%s, %s %s to %s", text, r.Interval(), r.keyed(arm, measure, "/diff/lo", Signed(d.Lo*s.Factor, digits)), r.keyed(arm, measure, "/diff/hi", Signed(d.Hi*s.Factor, digits)))
	}
	return text + " ±" + r.keyed(arm, measure, "/diff/half", Number(d.Half()*s.Factor, digits))
}

// Span is a piece of a sentence. Key, if not empty, names the source of the number that Text is: ARM/MEASURE of the summary at
// the horizon, with /diff for the difference, and with /lo, /hi or /half for its interval.
type Span struct{ Text, Key string }

// A number with a source is written between these in Report.Keyed; they occur in no text.
const (
	keyBegins  = "\x01"
	textBegins = "\x02"
	textEnds   = "\x03"
)

// keyed writes a number with its source.
func (r *Report) keyed(arm int, measure, part, text string) string {
	return keyBegins + r.Run.Arms[arm].Name + "/" + measure + part + textBegins + text + textEnds
}

// Spans divides a sentence of Report.Keyed.
func Spans(s string) (list []Span) {
	for s != "" {
		before, rest, found := strings.Cut(s, keyBegins)
		if before != "" {
			list = append(list, Span{Text: before})
		}
		if !found {
			break
		}
		key, rest, _ := strings.Cut(rest, textBegins)
		text, rest, _ := strings.Cut(rest, textEnds)
		list, s = append(list, Span{text, key}), rest
	}
	return list
}
