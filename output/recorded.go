package output

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Recorded writes in the language a text that the run recorded: the sentence of a rule, the meaning of a parameter, a check, a
// warning. A text of other wording, such as one that a user wrote, stays as it is.
func (l Language) Recorded(text string) string {
	if l == Chinese {
		if other := (reading{}).phrase(text); other != "" {
			return other
		}
	}
	return l.Say(text)
}

// Titled writes an arm's title in the language: one of the library, or several that a slash joins.
func (l Language) Titled(title string) string {
	parts := strings.Split(title, " / ")
	for i, part := range parts {
		parts[i] = l.Say(part)
	}
	return strings.Join(parts, " / ")
}

// phrase is a wording that texts of a run follow, as a format: what stands between holes, the kinds of the holes, and the same in
// Chinese. The kinds are
//
//	%s  a text that itself follows a phrase or is a title of the library
//	%r  the same without its full stop
//	%d  a number or a date
//	%m  an amount of money with its currency
//	%v  any text: a name, kept unless it is a title of the library
//	%l  a list of such names, which holds no semicolon
type phrase struct {
	between []string
	holes   []string
	chinese string
}

var (
	hole   = regexp.MustCompile(`%(\[[0-9]\])?([srdmvl])`)
	figure = regexp.MustCompile(`^[-+]?[0-9](?:[-+0-9.,e]*[0-9])?$`)
	money  = regexp.MustCompile(`^[0-9.]+ [A-Z]{3}$`)
	gap    = regexp.MustCompile(`(\p{Han}) (\p{Han})`) // spaces stand beside figures and Latin letters only
)

var phrases = sync.OnceValue(func() (list []phrase) {
	for _, w := range recorded {
		p := phrase{chinese: hole.ReplaceAllString(w[1], "%${1}s")}
		for _, text := range hole.Split(w[0], -1) {
			p.between = append(p.between, strings.ReplaceAll(text, "%%", "%"))
		}
		for _, m := range hole.FindAllStringSubmatch(w[0], -1) {
			p.holes = append(p.holes, m[2])
		}
		list = append(list, p)
	}
	return list
})

// reading remembers what was read of the parts of a text: a long list could be split in very many ways.
type reading map[string]string

// phrase is a text in Chinese by the first phrase that it follows, "" for none.
func (r reading) phrase(text string) string {
	other, read := r[text]
	if read || text == "" {
		return other
	}
	r[text] = "" // no text is a part of itself
	for _, p := range phrases() {
		if !strings.HasPrefix(text, p.between[0]) || !strings.HasSuffix(text, p.between[len(p.holes)]) {
			continue
		}
		if args, ok := r.fit(p.between, p.holes, text); ok {
			r[text] = gap.ReplaceAllString(fmt.Sprintf(p.chinese, args...), "$1$2")
			return r[text]
		}
	}
	if 'A' <= text[0] && text[0] <= 'Z' { // a list that makes a sentence begins with a capital
		r[text] = r.phrase(strings.ToLower(text[:1]) + text[1:])
	}
	return r[text]
}

// fit fills holes in order from a text, each with the shortest part that lets the rest fit.
func (r reading) fit(between, holes []string, text string) (args []any, ok bool) {
	text, ok = strings.CutPrefix(text, between[0])
	switch {
	case !ok || len(holes) == 0:
		return nil, ok && text == ""
	case len(holes) == 1:
		text, ok = strings.CutSuffix(text, between[1])
		part := r.part(holes[0], text)
		return []any{part}, ok && part != ""
	}
	for end := 1; end < len(text); end++ {
		at := strings.Index(text[end:], between[1])
		if at < 0 {
			break
		}
		end += at
		if part := r.part(holes[0], text[:end]); part != "" {
			if args, ok := r.fit(between[1:], holes[1:], text[end:]); ok {
				return append([]any{part}, args...), true
			}
		}
	}
	return nil, false
}

// part is what fills a hole, "" where the text is not of its kind.
func (r reading) part(kind, text string) string {
	switch kind {
	case "s":
		if title, ok := library[text]; ok {
			return title
		}
		return r.phrase(text)
	case "r":
		return strings.TrimSuffix(r.phrase(text+"."), "。")
	case "d":
		return figure.FindString(text)
	case "m":
		return money.FindString(text)
	case "v":
		return Chinese.Say(text)
	}
	if strings.Contains(text, ";") {
		return ""
	}
	names := strings.Split(text, ", ")
	for i, name := range names {
		names[i] = Chinese.Say(name)
	}
	return strings.Join(names, "、")
}
