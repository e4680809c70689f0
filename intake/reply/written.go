package reply

import (
	"regexp"
	"slices"
	"strings"
)

// decider reads the decision in the newly written text of one part.
type decider struct {
	*matcher
	in     Input
	part   string
	quoted map[string]bool // the words of the quote, folded
	// requesters are the names that the quote has after "Solicitant:".
	requesters []string
	// subjects are what the quote names as the site and as the requester's department.
	subjects []string
	names    map[string]bool // the words of the approver's name and titles, folded
}

func newDecider(in Input, part string) *decider {
	d := &decider{in: in, part: part, quoted: map[string]bool{}, names: map[string]bool{}}
	for _, name := range in.Names {
		for _, t := range words([]string{name}) {
			if t.kind == word {
				d.names[t.fold] = true
			}
		}
	}
	d.matcher = &matcher{grammar: rules(), terminals: map[string]terminal{
		"number": d.number, "name": d.name, "requester": d.requester, "subject": d.subject, "today": d.today, "someone": d.someone,
	}}
	return d
}

// written is what a person newly wrote, without signature, footers and notices.
type written struct {
	lines   []line
	raw     []string // their texts
	toks    []token
	hidden  bool   // some of it is not shown, or struck out
	inline  bool   // some of it stands where the quote should
	tooLong bool   // more than is read
	footer  bool   // there is nothing else in the part but signature, footers and notices
	beside  string // what speaks beside it; see speaksBeside
	leaked  bool   // some of it is a line of the answered mail: its quote was not found
	trace   []Step
}

// written takes the quote and the signature away from a body. asides are the
// words of pictures and the like in it.
func (d *decider) written(body []line, asides []string) written {
	cut := cutQuote(body)
	if cut.tooLong {
		return written{tooLong: true}
	}
	w := written{}
	step := func(l line, rule string) {
		w.trace = append(w.trace, Step{Part: d.part, Line: l.n, Text: l.text, Rule: rule})
	}
	for _, l := range cut.quote {
		for _, t := range words([]string{l.text}) {
			d.quoted[t.fold] = true
		}
		label, name, ok := strings.Cut(l.text, ":")
		labelled := words([]string{label})
		named := func(list string) bool {
			end, _ := d.longest(list, labelled, 0)
			return ok && end > 0 && end == len(labelled)
		}
		switch {
		case named("label of the requester"):
			name, of, _ := strings.Cut(name, ",")
			d.requesters = append(d.requesters, name)
			if department := d.withoutRank(of); department != "" {
				d.subjects = append(d.subjects, department)
			}
		case named("label of the site"):
			d.subjects = append(d.subjects, name)
		}
	}
	if len(cut.quote) > 0 {
		step(cut.quote[0], "R1: quoted from here on, by "+cut.how)
	}
	sig := &signatureReader{matcher: d.matcher, names: d.names, others: map[string]bool{}}
	for _, t := range words(append(slices.Clone(d.in.People), d.in.Requester)) {
		if t.kind == word && !d.names[t.fold] {
			sig.others[t.fold] = true
		}
	}
	if d.in.Quoted == "" && len(d.in.People) == 0 {
		for name := range d.peopleOfQuote(cut.quote) {
			sig.others[name] = true
		}
	}
	var left []line
	w.lines, left = sig.body(d.withoutWrapped(cut.lines))
	w.lines, left = d.withoutBanner(w.lines, left)
	for _, l := range left {
		if !l.blank() {
			step(l, "signature, footer or notice")
		}
	}
	foreign := d.strange(cut.quote, sig)
	if d.in.Quoted == "" && d.part == "text/plain" && len(cut.bare) <= shortQuote {
		for _, l := range cut.bare { // people also write > for an arrow
			if d.cautious(l.text) {
				foreign = append(foreign, l)
			}
		}
	}
	for _, l := range foreign {
		step(l, "R1: stands in the quote, and is perhaps not of the mail that was answered")
		w.inline = true
	}
	for _, l := range w.lines {
		w.raw = append(w.raw, l.text)
		w.hidden = w.hidden || l.hidden && !l.blank()
		w.inline = w.inline || l.between && !l.blank()
	}
	w.toks = words(w.raw)
	w.footer = len(cut.quote) == 0 && len(w.toks) == 0 && len(left) > 0
	w.beside = d.speaksBeside(cut.quote, asides, sig)
	w.leaked = d.leaked(w.raw)
	return w
}

// withoutRank is what is left of "șef serviciu Urbanism" when the rank and the
// kind of department are taken away.
func (d *decider) withoutRank(of string) string {
	var rest []string
	for _, t := range words([]string{of}) {
		if t.kind == word && !d.words["organisation"][t.fold] {
			rest = append(rest, t.text)
		}
	}
	return strings.Join(rest, " ")
}

// peopleOfQuote are the words of the names that the answered mail has on the lines
// that say who may do what, folded.
func (d *decider) peopleOfQuote(quote []line) map[string]bool {
	names := map[string]bool{}
	for _, l := range quote {
		label, value, ok := strings.Cut(l.text, ":")
		toks := words([]string{label})
		if !ok || len(toks) == 0 || !d.words["label of people"][toks[0].fold] {
			continue
		}
		for _, t := range words([]string{value}) {
			if t.kind == word && capitalised(t.text) && !d.names[t.fold] {
				names[t.fold] = true
			}
		}
	}
	return names
}

// withoutBanner takes out the lines above the text that a mail server puts on
// top of mail from outside. Only what [banner] knows word for word is one.
func (d *decider) withoutBanner(body, left []line) (rest, taken []line) {
	for n := min(len(body), 8); n > 0; n-- {
		if body[0].region != body[n-1].region {
			continue
		}
		var texts []string
		for _, l := range body[:n] {
			texts = append(texts, l.text)
		}
		toks := words(texts)
		i, known, phrases := 0, true, 0
		for known && i < len(toks) {
			if toks[i].kind == separator || toks[i].kind == symbol || toks[i].kind == other && strings.Contains("[](){}|", toks[i].text) {
				i++
				continue
			}
			end, _ := d.longest("banner", toks, i)
			known, i = end > i, max(end, i+1)
			phrases++
		}
		if known && phrases > 0 {
			return body[n:], append(left, body[:n]...)
		}
	}
	return body, left
}

// withoutWrapped takes out what is between quote marks only because a program
// wrapped a quoted line: words that the answered mail has in that place.
func (d *decider) withoutWrapped(lines []line) []line {
	if d.in.Quoted == "" {
		return lines
	}
	original := letters(strings.Split(d.in.Quoted, "\n"))
	return slices.DeleteFunc(slices.Clone(lines), func(l line) bool {
		text := letters([]string{l.text})
		return l.between && l.wrapped && text != "" && containsWords(original, text)
	})
}

// repeated is what somebody wrote, as the desk's letters repeat it.
var repeated = regexp.MustCompile(`„[^”]*”`)

// leaked reports whether a line of the answered mail, of four words or more, is
// among the newly written ones.
func (d *decider) leaked(raw []string) bool {
	if d.in.Quoted == "" {
		return false
	}
	// What the desk repeated of their own words they may well say again.
	original := letters(strings.Split(repeated.ReplaceAllString(d.in.Quoted, " repeated "), "\n"))
	return slices.ContainsFunc(raw, func(text string) bool {
		l := letters([]string{text})
		return strings.Count(l, " ") >= 3 && containsWords(original, l)
	})
}

// shortQuote is how many lines a quote must have more than, that no attribution
// announces, to be believed.
const shortQuote = 4
