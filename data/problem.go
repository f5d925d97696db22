package data

import (
	"fmt"
	"strings"
)

// Severity says what a problem does: an Error stops the work, a Warning travels into the report.
type Severity uint8

const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is one thing wrong with what a user gave us, worded for that user.
type Problem struct {
	Severity Severity
	File     string // file the problem is in; empty where there is none
	Line     int    // 1-based; 0 unknown
	Col      int    // 1-based; 0 unknown
	Path     string // place inside the document or table, such as "arms[2].policy" or "column apr"
	Message  string // what is wrong, what was found, what is allowed, did you mean
}

// String writes "file:line:col: path: message", leaving out the parts that are unknown.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Col > 0 {
				fmt.Fprintf(&b, ":%d", p.Col)
			}
		}
		b.WriteString(": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Cause tells the command line which exit code a failure deserves.
type Cause uint8

const (
	BadConfig Cause = iota // an experiment, policy, mapping or parameter is wrong
	BadData                // a portfolio file or its rows are wrong
)

// Problems is an error made of all the problems found at once. Only Severity Error problems make it fail.
type Problems struct {
	Cause Cause
	List  []Problem
}

// Add appends an error without a position.
func (ps *Problems) Add(path, format string, args ...any) {
	ps.List = append(ps.List, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// Err returns the problems as an error when at least one of them is an Error, nil otherwise.
func (ps *Problems) Err() error {
	for _, p := range ps.List {
		if p.Severity == Error {
			return ps
		}
	}
	return nil
}

// Error writes one problem a line.
func (ps *Problems) Error() string {
	lines := make([]string, len(ps.List))
	for i, p := range ps.List {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Warnings returns the texts of the warnings.
func (ps *Problems) Warnings() []string {
	var out []string
	for _, p := range ps.List {
		if p.Severity == Warning {
			out = append(out, p.String())
		}
	}
	return out
}

// Nearest returns the candidate closest to word, for "did you mean", or "" when all are further away than a
// third of its letters plus one.
func Nearest(word string, candidates []string) string {
	best, least := "", len(word)/3+2
	for _, c := range candidates {
		if len(word) >= len(c)+least || len(c) >= len(word)+least {
			continue // every letter of difference in length counts
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}

// DidYouMean returns ", did you mean %q?" for the nearest candidate, or "".
func DidYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return fmt.Sprintf(", did you mean %q?", n)
	}
	return ""
}

// editDistance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of
// neighbouring letters count one each.
func editDistance(a, b string) int {
	prev2, prev, cur := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, make([]int, len(b)+1)
	}
	return prev[len(b)]
}
