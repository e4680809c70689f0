package reply

import (
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
	names      map[string]bool // the words of the approver's name and titles, folded
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
	hidden  bool // some of it is not shown, or struck out
	inline  bool // some of it stands where the quote should
	tooLong bool // more than is read
	leaked  bool // some of it is a line of the answered mail: its quote was not found
	trace   []Step
}

// written takes the quote and the signature away from a body.
func (d *decider) written(body []line) written {
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
		if label, name, ok := strings.Cut(l.text, ":"); ok && strings.HasPrefix(fold(strings.TrimSpace(label)), "solicitant") {
			name, _, _ = strings.Cut(name, ",")
			d.requesters = append(d.requesters, name)
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
	var left []line
	w.lines, left = sig.body(d.withoutWrapped(cut.lines))
	for _, l := range left {
		if !l.blank() {
			step(l, "signature, footer or notice")
		}
	}
	foreign := d.foreign(cut.quote)
	if d.in.Quoted == "" && d.part == "text/plain" && len(cut.bare) <= shortQuote {
		foreign = d.cautious(cut.bare) // people also write > for an arrow
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
	w.leaked = d.leaked(w.raw)
	return w
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

// leaked reports whether a line of the answered mail, of four words or more, is
// among the newly written ones.
func (d *decider) leaked(raw []string) bool {
	if d.in.Quoted == "" {
		return false
	}
	original := letters(strings.Split(d.in.Quoted, "\n"))
	return slices.ContainsFunc(raw, func(text string) bool {
		l := letters([]string{text})
		return strings.Count(l, " ") >= 3 && containsWords(original, l)
	})
}

// shortQuote is how many lines a quote must have more than, that no attribution
// announces, to be believed.
const shortQuote = 4

// foreign lists the lines of the quote that could decide something and are not
// of the mail that was answered: somebody wrote into it.
func (d *decider) foreign(quote []line) []line {
	if d.in.Quoted == "" {
		return nil
	}
	original := letters(strings.Split(d.in.Quoted, "\n"))
	return slices.DeleteFunc(d.cautious(quote), func(l line) bool { return containsWords(original, letters([]string{l.text})) })
}

// cautious lists the lines with a word in them that decides, conditions or
// denies. Headers and attributions have none that mean it.
func (d *decider) cautious(quote []line) []line {
	var out []line
	for i, l := range quote {
		if headerKey.MatchString(string(foldKeepingLength(strings.TrimSpace(l.text)))) {
			continue
		}
		unmarked := l
		unmarked.quoted = false
		if _, n, _ := quoteStart([]line{unmarked}, 0); n > 0 {
			continue
		}
		if i+1 < len(quote) {
			next := quote[i+1]
			next.quoted = false
			if _, n, _ := quoteStart([]line{unmarked, next}, 0); n > 0 {
				continue
			}
		}
		if slices.ContainsFunc(words([]string{l.text}), func(t token) bool { return d.words["never in a signature"][t.fold] }) {
			out = append(out, l)
		}
	}
	return out
}
