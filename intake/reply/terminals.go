package reply

import (
	"regexp"
	"slices"
	"strings"
)

var dotted = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.\d{4}$`)

// number is {number}: the registration number of the request, whole or without
// its date. If the caller does not know it, a number that the quote has counts.
func (d *decider) number(toks []token, i int) []int {
	t := toks[i]
	if t.kind != numeral && !(t.kind == word && strings.ContainsAny(t.fold, "0123456789")) {
		return nil
	}
	if d.in.RequestNumber == "" {
		// A registration number, not a date or a year that is in the quote too.
		registration := strings.ContainsRune(t.fold, '/') || t.kind == word
		if registration && len(t.fold) > 2 && d.quoted[t.fold] {
			ends := []int{i + 1}
			if i+2 < len(toks) && toks[i+1].fold == "din" && dotted.MatchString(toks[i+2].fold) {
				ends = append(ends, i+3) // "din 23.11.2026"
			}
			return ends
		}
		return nil
	}
	number, date, _ := strings.Cut(fold(d.in.RequestNumber), "/")
	switch {
	case t.fold == fold(d.in.RequestNumber):
		return []int{i + 1}
	case t.fold == number:
		ends := []int{i + 1}
		// "42 din 23.11.2026", "42 / 23.11.2026"
		if i+2 < len(toks) && (toks[i+1].fold == "din" || toks[i+1].fold == "/") && toks[i+2].fold == date {
			ends = append(ends, i+3)
		}
		return ends
	}
	return nil
}

// wordsOf is {name}, {requester} or {subject}: any number of the words of one
// of the names, all of one line.
func wordsOf(names []string, toks []token, i int, least int) []int {
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
			if !slices.Contains(parts, toks[k].fold) {
				break
			}
			if found++; found >= min(least, len(parts)) {
				ends = append(ends, k+1)
			}
		}
	}
	return ends
}

func (d *decider) name(toks []token, i int) []int { return wordsOf(d.in.Names, toks, i, 1) }

func (d *decider) requester(toks []token, i int) []int {
	if d.in.Requester == "" {
		return wordsOf(d.requesters, toks, i, 1) // as the quote names them
	}
	return wordsOf([]string{d.in.Requester}, toks, i, 1)
}

// subject is {subject}, in or out of quotation marks: at least two words of it.
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
	ends := slices.DeleteFunc(wordsOf(subjects, toks, start, 2), func(end int) bool {
		// A title may have words in it that make a condition elsewhere.
		said := letters([]string{textOfTokens(toks[start:end])})
		whole := slices.ContainsFunc(subjects, func(s string) bool { return letters([]string{s}) == said })
		return !whole && slices.ContainsFunc(toks[start:end], func(t token) bool { return sig.spoken(t.fold) })
	})
	for _, e := range slices.Clone(ends) {
		if start > i && e < len(toks) && toks[e].kind == separator {
			ends = append(ends, e+1)
		}
	}
	return ends
}

// today is {today}: today's date, as people write it under what they sign.
func (d *decider) today(toks []token, i int) []int {
	if d.in.Today.IsZero() || toks[i].kind != numeral || !clauseStart(toks, i) {
		return nil
	}
	for _, layout := range []string{"02.01.2006", "2.1.2006", "02/01/2006", "02-01-2006", "2006-01-02", "02.01.06"} {
		if toks[i].fold == d.in.Today.Format(layout) {
			return []int{i + 1}
		}
	}
	return nil
}

// someone is {someone}: one or two words that look like a name and are no words
// of the grammar, up to a mark or the end of the line.
func (d *decider) someone(toks []token, i int) []int {
	var ends []int
	sig := signatureReader{matcher: d.matcher}
	for k := i; k < len(toks) && k < i+2; k++ {
		if toks[k].kind != word || sig.spoken(toks[k].fold) || k > i && toks[k].breakBefore > 0 {
			break
		}
		// Without a capital only in a greeting, before anything is decided.
		last := k+1 == len(toks) || toks[k+1].kind == separator || toks[k+1].breakBefore > 0
		greeting := !slices.ContainsFunc(toks[:i], func(t token) bool { return d.words["approve"][t.fold] })
		if capitalised(toks[k].text) || last && greeting {
			ends = append(ends, k+1)
		}
	}
	return ends
}
