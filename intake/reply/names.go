package reply

import (
	"slices"
	"strings"
)

// inflected reports whether written is the word, or a case of it: "Elenei" of
// Elena, "viceprimarului" of viceprimar. Both are folded.
func inflected(written, w string) bool {
	if written == w {
		return true
	}
	if stem, ok := strings.CutSuffix(w, "a"); ok && len(w) > 2 && written == fold(stem+"ei") {
		return true // "Andreei", folded, is "andrei"
	}
	ending, ok := strings.CutPrefix(written, w)
	return ok && len(w) > 3 && slices.Contains([]string{"ul", "ului", "lui", "ei", "a", "ii", "i"}, ending)
}

// nounEndings are those that tell the forms of one noun or adjective apart.
var nounEndings = strings.Fields("a e i u ul ului l lui le lor ii ilor ele elor ei ie ia iei uri urile urilor")

// sameNoun reports whether two folded words are forms of one noun: "direcției"
// and "direcția", "spital" and "spitalul". It is for names of offices and sites,
// never for those of people.
func sameNoun(a, b string) bool {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for ; n >= 4; n-- {
		if (n == len(a) || slices.Contains(nounEndings, a[n:])) && (n == len(b) || slices.Contains(nounEndings, b[n:])) {
			return true
		}
	}
	return a == b
}

// wordsOf is {name}, {requester} or {subject}: any number, least or more, of the
// words of one of the names, in any of the forms that same knows, all of one line.
func wordsOf(names []string, toks []token, i, least int, same func(written, w string) bool) []int {
	var ends []int
	for _, name := range names {
		var parts []string
		for _, t := range words([]string{name}) {
			if t.kind != separator {
				parts = append(parts, t.fold)
			}
		}
		found := 0
		for k := i; k < len(toks) && (k == i || toks[k].breakBefore == 0); k++ {
			if toks[k].kind == separator && k > i && toks[k].fold != "," {
				continue
			}
			if !slices.ContainsFunc(parts, func(w string) bool { return same(toks[k].fold, w) }) {
				break
			}
			if found++; found >= min(least, len(parts)) {
				ends = append(ends, k+1)
			}
		}
	}
	return ends
}

// exactly is the same of wordsOf that knows one form only.
func exactly(written, w string) bool { return written == w }

// name is {name}: the approver's, in full or with initials, "C. Popa", "C.P.".
func (d *decider) name(toks []token, i int) []int {
	initial := func(written, w string) bool {
		return written == w || len(written) == 1 && written == w[:1]
	}
	return slices.DeleteFunc(wordsOf(d.in.Names, toks, i, 1, initial), func(end int) bool {
		return slices.ContainsFunc(toks[i:end], func(t token) bool { return len(t.fold) == 1 && t.kind == word && !capitalised(t.text) })
	})
}

// endsWithFullName reports whether toks[i:end] ends with more than one word of the
// approver's name: "Aprob Constantin Popa", without a mark, is signed.
func (d *decider) endsWithFullName(toks []token, i, end int) bool {
	for end > i && d.words["rank"][toks[end-1].fold] {
		end-- // "Constantin Popa primar"
	}
	for k := i; k < end-1; k++ {
		if slices.Contains(d.name(toks, k), end) && len(toks[end-1].fold) > 1 {
			return true
		}
	}
	return false
}

// anotherTitle reports whether toks name a title that is not the approver's, whose
// own is known.
func (d *decider) anotherTitle(toks []token) bool {
	known := false
	for name := range d.names {
		known = known || d.words["rank"][name]
	}
	return known && slices.ContainsFunc(toks, func(t token) bool {
		if !d.words["rank"][t.fold] {
			return false
		}
		for name := range d.names {
			if inflected(t.fold, name) || inflected(name, t.fold) {
				return false
			}
		}
		return true
	})
}

func (d *decider) requester(toks []token, i int) []int {
	if d.in.Requester == "" {
		return wordsOf(d.requesters, toks, i, 1, inflected) // as the quote names them
	}
	return wordsOf([]string{d.in.Requester}, toks, i, 1, inflected)
}

// subject is {subject}, in or out of quotation marks: words of it that tell it
// from others.
func (d *decider) subject(toks []token, i int) []int {
	start := i
	if strings.Contains("\"'“”„«»", toks[i].fold) && i+1 < len(toks) {
		start++
	}
	sig := signatureReader{matcher: d.matcher}
	subjects := d.in.Subjects
	if len(subjects) == 0 {
		subjects = d.subjects // as the quote names them
	}
	telling := func(t token) bool {
		return t.kind == word && len(t.fold) > 4 && !d.words["organisation"][t.fold] && !d.words["connector"][t.fold]
	}
	ends := slices.DeleteFunc(wordsOf(subjects, toks, start, 1, sameNoun), func(end int) bool {
		// A title may have words in it that make a condition elsewhere.
		said := letters([]string{textOfTokens(toks[start:end])})
		whole := slices.ContainsFunc(subjects, func(s string) bool { return letters([]string{s}) == said })
		spoken := slices.ContainsFunc(toks[start:end], func(t token) bool { return sig.spoken(t.fold) })
		return !whole && (spoken || !slices.ContainsFunc(toks[start:end], telling))
	})
	for _, e := range slices.Clone(ends) {
		if start > i && e < len(toks) && toks[e].kind == separator {
			ends = append(ends, e+1)
		}
	}
	return ends
}

// someone is {someone}: one or two words that look like a name and are no words
// of the grammar, up to a mark or the end of the line.
func (d *decider) someone(toks []token, i int) []int {
	var ends []int
	sig := signatureReader{matcher: d.matcher}
	for k := i; k < len(toks) && k < i+2; k++ {
		t := toks[k]
		if t.kind != word || sig.spoken(t.fold) || d.words["rank"][t.fold] || imperative.MatchString(t.fold) || k > 0 && t.breakBefore > 0 {
			break
		}
		// Without a capital only in a greeting, before anything is decided.
		last := k+1 == len(toks) || toks[k+1].kind == separator || toks[k+1].breakBefore > 0
		greeting := !slices.ContainsFunc(toks[:i], func(t token) bool { return d.words["approve"][t.fold] })
		if !capitalised(t.text) && !(last && greeting) {
			break
		}
		ends = append(ends, k+1)
	}
	return ends
}
