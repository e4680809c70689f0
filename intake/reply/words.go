package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a word or a mark of the newly written text.
type token struct {
	text        string // as written
	fold        string // see fold; for marks the mark itself
	kind        tokenKind
	line        int // index into the lines the tokens were made of
	breakBefore int // 0 same line, 1 a new line, 2 a new paragraph
}

type tokenKind uint8

const (
	word      tokenKind = iota // of letters, perhaps with digits, hyphens and apostrophes in it
	numeral                    // begins with a digit
	separator                  // a mark that may stand between phrases
	question                   // ?
	symbol                     // an emoji or a smiley; may be a phrase
	other                      // anything else: never part of an approval
)

// romanianMarks are the combining marks of Romanian letters, in the ways they
// are seen in mails: breve (ă), circumflex (â, î), comma below (ș, ț), cedilla
// (ş, ţ), and the tilde and caron that old code pages put for the breve. Any
// other mark stays, so that a word struck out with U+0336 is not a word.
const romanianMarks = "\u0306\u0302\u0326\u0327\u0303\u030c"

// invisible characters take no room and say nothing; programs put them anywhere.
// Marks that turn the direction of writing are not among them: they change what
// a person reads.
const invisible = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2063\ufeff\ufe0e\ufe0f"

// fold makes words comparable: lower case, no Romanian diacritics, old and new
// ones alike, no invisible characters, doubled letters once.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var last rune
	if !ascii(s) {
		s = norm.NFD.String(s)
	}
	for _, r := range s {
		if r >= 0x80 && (strings.ContainsRune(romanianMarks, r) || strings.ContainsRune(invisible, r)) {
			continue
		}
		r = unicode.ToLower(r)
		switch r {
		case 'þ': // ț and ș in ISO-8859-1, as old programs sent them
			r = 't'
		case 'º':
			r = 's'
		case '’', '`', '´':
			r = '\''
		case '‑', '‐':
			r = '-'
		}
		if r == last && unicode.IsLetter(r) {
			continue
		}
		last = r
		b.WriteRune(r)
	}
	return b.String()
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// separators may stand between the phrases of an approval.
const separators = ".,;:!…-–—\"'“”„«»*()•·|"

// words takes the lines apart.
func words(lines []string) []token {
	var toks []token
	lastLine := -1
	for n, line := range lines {
		brk := 0
		if lastLine >= 0 {
			brk = 1
			if n > lastLine+1 {
				brk = 2
			}
		}
		count := len(toks)
		for rest := line; rest != ""; {
			t, size := nextToken(rest)
			rest = rest[size:]
			if t.fold == "" {
				continue
			}
			t.line = n
			t.breakBefore = brk
			brk = 0
			toks = append(toks, t)
		}
		if len(toks) > count {
			lastLine = n
		}
	}
	return toks
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == 'º' || strings.ContainsRune(invisible, r)
}

// nextToken reads one token from the beginning of s, which is not empty. White
// space and invisible characters give a token without a fold.
func nextToken(s string) (token, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsSpace(r) || strings.ContainsRune(invisible, r):
		return token{}, size
	case r == '?' || r == '¿' || r == '？':
		return token{text: s[:size], fold: "?", kind: question}, size
	case r == ':' && (strings.HasPrefix(s, ":)") || strings.HasPrefix(s, ":-)")):
		n := strings.IndexByte(s, ')') + 1
		return token{text: s[:n], fold: s[:n], kind: symbol}, n
	case r == '+' && strings.HasPrefix(s, "+1") && (len(s) == 2 || s[2] == ' '):
		return token{text: "+1", fold: "+1", kind: symbol}, 2
	case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' && len(s) > 1 && isLetterAt(s[1:]):
		return wordToken(s)
	case strings.ContainsRune(separators, r):
		return token{text: s[:size], fold: s[:size], kind: separator}, size
	case unicode.Is(unicode.So, r):
		// A skin tone and a variation selector belong to the picture before them.
		end := size
		for end < len(s) {
			m, n := utf8.DecodeRuneInString(s[end:])
			if m != '\ufe0f' && !(m >= 0x1F3FB && m <= 0x1F3FF) {
				break
			}
			end += n
		}
		return token{text: s[:end], fold: s[:size], kind: symbol}, end
	}
	return token{text: s[:size], fold: s[:size], kind: other}, size
}

func isLetterAt(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// abbreviations are those after which a dot ends no sentence.
var abbreviations = map[string]bool{"nr": true, "dl": true, "d-l": true, "dle": true, "d-le": true, "dna": true, "d-na": true, "dnei": true, "d-nei": true,
	"dlui": true, "d-lui": true, "dvs": true, "d-vs": true, "dv": true, "dr": true, "ing": true, "st": true, "ref": true, "prof": true, "av": true, "ec": true, "arh": true, "jr": true, "pt": true, "ptr": true}

// wordToken reads a word or a numeral. Hyphens, apostrophes, and in words with
// digits in them dots and slashes, belong to it when a letter or digit follows:
// site-ului, n-am, 42/23.11.2026.
func wordToken(s string) (token, int) {
	end := 0
	digits, atSign := false, false
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if isWordRune(r) {
			digits = digits || unicode.IsDigit(r)
			end += n
			continue
		}
		joins := strings.ContainsRune("-‑‐'’`´@", r) || digits && (r == '.' || r == '/') || r == '.' && atSign
		if end == 0 && r == '\'' {
			joins = true
		}
		if end+n >= len(s) || !joins {
			break
		}
		next, _ := utf8.DecodeRuneInString(s[end+n:])
		if !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			break
		}
		// "Aprob.Multumesc" is two words, "23.11.2026" is one.
		if r == '.' && !atSign && !unicode.IsDigit(next) {
			break
		}
		atSign = atSign || r == '@'
		end += n
	}
	t := token{text: s[:end], fold: fold(s[:end]), kind: word}
	if abbreviations[t.fold] && strings.HasPrefix(s[end:], ".") {
		end++ // its dot ends no sentence
	}
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case atSign:
		t.kind = other
	case unicode.IsDigit(first):
		t.kind = numeral
	}
	return t, end
}

// letters is the text reduced to what a person reads in it: words, folded, with
// single spaces. Two texts with the same letters say the same.
func letters(lines []string) string {
	var b strings.Builder
	for _, t := range words(lines) {
		if t.kind == separator {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.fold)
	}
	return b.String()
}
