package forms

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// People write the same word with ș or ş or s, in capitals or not, with a
// no-break space from a web page. Everything is compared folded: lower case, no
// diacritics, plain spaces.

// word is a word of a text: folded, with where it stood in the text.
type word struct {
	text       string
	start, end int
}

// foldRune is the folded form of one rune; 0 for one that is left out.
func foldRune(r rune) rune {
	switch {
	case r < 0x80:
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	case r == 0xAD || r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF:
		return 0 // soft hyphen, zero-width characters
	case unicode.Is(unicode.Mn, r):
		return 0
	}
	switch r {
	case 'ă', 'â', 'Ă', 'Â':
		return 'a'
	case 'î', 'Î':
		return 'i'
	case 'ș', 'ş', 'Ș', 'Ş':
		return 's'
	case 'ț', 'ţ', 'Ț', 'Ţ':
		return 't'
	}
	if unicode.IsSpace(r) {
		return ' '
	}
	if first, _ := firstRune(norm.NFD.String(string(r))); first != r {
		return unicode.ToLower(first)
	}
	return unicode.ToLower(r)
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// fold is the folded text, its white space squeezed.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		r = foldRune(r)
		switch {
		case r == 0:
		case r == ' ' || r < ' ':
			gap = b.Len() > 0
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hyphen(r rune) bool { return r == '-' || r == '\u2010' || r == '\u2011' }

// words takes a text apart into its words. A hyphen inside a word joins, so that
// "site-ului", "site-uri" and "e-mail" are one word, unless splitHyphens.
func words(s string, splitHyphens bool) []word {
	var list []word
	var b []rune
	from, last := 0, 0
	flush := func() {
		if len(b) > 0 {
			list = append(list, word{string(b), from, last})
			b = b[:0]
		}
	}
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if len(b) == 0 {
				from = i
			}
			b = append(b, foldRune(r))
			last = i + len(string(r))
		case len(b) > 0 && foldRune(r) == 0:
			last = i + len(string(r))
		case hyphen(r) && !splitHyphens && len(b) > 0 && last == i:
			next, ok := firstRune(s[i+len(string(r)):])
			if !ok || !unicode.IsLetter(next) {
				flush()
			} else {
				last = i + len(string(r))
			}
		default:
			flush()
		}
	}
	flush()
	return list
}

// tidy trims what a person wrote; white space of every kind becomes a plain
// space, lines stay lines.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.Map(func(r rune) rune {
			switch {
			case r == 0xAD || r == 0x200B || r == 0x2060 || r == 0xFEFF:
				return -1
			case unicode.IsSpace(r) || unicode.IsControl(r):
				return ' '
			}
			return r
		}, line)
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// filler reports whether there is nothing in a text but what is drawn for people
// to write on: dots, lines, spaces.
func filler(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("._…·-–—:;,|*/\\\u200b\ufeff", r)
	}) == ""
}

// trimLine cuts the dots and lines around a value that were there to write on.
func trimLine(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("._…·:=;,–—-", r)
	})
	for {
		t := strings.TrimRightFunc(s, unicode.IsSpace)
		dots := strings.TrimRight(t, "._…·")
		run := t[len(dots):]
		if len(run) < 3 && !strings.ContainsAny(run, "_…·") {
			return t
		}
		s = dots
	}
}

// alike compares two folded words and allows for typing errors: one in a word of
// five letters or more, two from nine on.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	n := min(len(a), len(b))
	switch {
	case n < 5:
		return false
	case a[0] != b[0] && a[1] != b[1] && a[0] != b[1] && a[1] != b[0]:
		return false // two letters wrong at the very beginning: another word
	case n < 9:
		return distance(a, b, 1) <= 1
	}
	return distance(a, b, 2) <= 2
}

// distance counts the letters to add, drop, change or swap with their neighbour
// (Damerau–Levenshtein, optimal string alignment), up to limit+1.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	var rows [3][64]int
	if len(b) >= len(rows[0]) {
		return limit + 1
	}
	for j := 0; j <= len(b); j++ {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		this, before, twice := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		this[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(this[j-1]+1, before[j]+1, before[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, twice[j-2]+1)
			}
			this[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
	}
	return rows[len(a)%3][len(b)]
}
