package output

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Language is one that reports are written in. The zero value is English.
type Language uint8

const (
	English Language = iota
	Chinese          // simplified
)

var languages = [...]struct{ name, tag string }{English: {"en", "en"}, Chinese: {"zh", "zh-Hans"}}

// LanguageNames lists the names of the languages.
func LanguageNames() (names []string) {
	for _, l := range languages {
		names = append(names, l.name)
	}
	return names
}

// ParseLanguage returns the language of a name, "en" or "zh".
func ParseLanguage(name string) (Language, error) {
	for l, x := range languages {
		if x.name == name {
			return Language(l), nil
		}
	}
	return English, fmt.Errorf("unknown language %q (allowed: %s)", name, strings.Join(LanguageNames(), ", "))
}

func (l Language) String() string { return languages[l].name }

// Tag is the language's tag for HTML (BCP 47).
func (l Language) Tag() string { return languages[l].tag }

// Say writes an English text in the language, as fmt.Sprintf does where it has arguments. A text without translation, such as
// one that a user wrote, stays as it is.
func (l Language) Say(text string, args ...any) string {
	if l == Chinese {
		if other, ok := chinese[text]; ok {
			text = other
		} else if other, ok := library[text]; ok {
			text = other
		} else if other, ok := descriptions[text]; ok {
			text = other
		}
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Count writes a count with its noun: "1 arm", "2 arms".
func (l Language) Count(n int, noun string) string {
	if l == English {
		return Plural(n, noun)
	}
	return l.Say("%s "+noun, Number(float64(n), 0))
}

// List joins names with commas and a last "and", naming at most limit of them.
func (l Language) List(names []string, limit int) string {
	if l == English {
		return List(names, limit)
	}
	switch rest := len(names) - limit; {
	case len(names) == 0:
		return l.Say("none")
	case rest > 0:
		return strings.Join(names[:limit], "、") + l.Say(" and %s more", Number(float64(rest), 0))
	}
	return strings.Join(names, "、")
}

// Sentence begins with a capital and ends with a full stop.
func (l Language) Sentence(s string) string {
	if l == Chinese {
		return s + "。"
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + "."
}
