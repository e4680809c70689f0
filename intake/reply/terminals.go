package reply

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	dotted       = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.\d{4}$`)
	registration = regexp.MustCompile(`^(\d+)/(\d{1,2}\.\d{1,2}\.\d{4})$`)
)

// number is {number}: the registration number of the request, whole or without
// its date. If the caller does not know it, a number that the quote or the
// subject has counts.
func (d *decider) number(toks []token, i int) []int {
	t := toks[i]
	if t.kind != numeral && !(t.kind == word && strings.ContainsAny(t.fold, "0123456789")) {
		return nil
	}
	known := fold(d.in.RequestNumber)
	if known == "" {
		known = d.registrationSeen()
		// Not a date or a year that is in the quote too.
		if (strings.ContainsRune(t.fold, '/') || t.kind == word) && len(t.fold) > 2 && d.quoted[t.fold] {
			ends := []int{i + 1}
			if i+2 < len(toks) && toks[i+1].fold == "din" && dotted.MatchString(toks[i+2].fold) {
				ends = append(ends, i+3) // "din 23.11.2026"
			}
			return ends
		}
		if known == "" {
			return nil
		}
	}
	number, date, _ := strings.Cut(known, "/")
	switch {
	case t.fold == known:
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

// registrationSeen is the registration number that the subject has, or else the
// quote; empty if there is none, or several.
func (d *decider) registrationSeen() string {
	seen := ""
	for _, t := range words([]string{d.in.Subject}) {
		if registration.MatchString(t.fold) {
			return t.fold
		}
	}
	for w := range d.quoted {
		if registration.MatchString(w) {
			if seen != "" {
				return ""
			}
			seen = w
		}
	}
	return seen
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
	year, month, day := d.in.Today.Date()
	if i+2 < len(toks) && toks[i].fold == strconv.Itoa(day) && monthNumbers[toks[i+1].fold] == month && toks[i+2].fold == strconv.Itoa(year) {
		return []int{i + 3} // "23 noiembrie 2026"
	}
	return nil
}
