package reply

import (
	"regexp"
	"slices"
	"strings"
)

// A yes is no approval if something else in the mail speaks against it that
// mail programs show beside the text: the subject, the sender's name, the words
// in place of a picture, a text that is attached.

// maxField is how many bytes of a subject or name are read.
const maxField = 2000

// speaksBeside is what stands beside the text and perhaps belongs to the answer;
// empty: nothing. asides are the words of pictures and the like in the part.
func (d *decider) speaksBeside(quote []line, asides []string, sig *signatureReader) string {
	if len(d.in.Subject) > maxField || len(d.in.Sender) > maxField {
		return "a header field that is longer than is read"
	}
	if added := d.addedToSubject(quote); added != "" {
		return "the subject: " + added
	}
	if d.says(words([]string{d.in.Sender})) {
		return "the sender's name: " + d.in.Sender
	}
	for _, text := range asides {
		if d.answers(words([]string{text})) {
			return "what stands in place of a picture or beside an element: " + text
		}
	}
	for _, text := range d.in.Attached {
		if len(text) > maxBody {
			return "an attached text that is longer than is read"
		}
		body, _ := sig.body(plainLines(text, false, false))
		if len(words(textsOf(body))) > 0 {
			return "an attached text"
		}
	}
	return ""
}

func textsOf(lines []line) []string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return texts
}

// answers reports whether there is anything in toks that an answer would say,
// besides a plain yes.
func (d *decider) answers(toks []token) bool {
	return !d.onlyApproves(toks) && d.says(toks)
}

// says is answers without regard to a yes. A name is known as the sender's own, and
// so would cover itself.
func (d *decider) says(toks []token) bool {
	for _, list := range []string{"refuse", "said to a desk", "taking back", "deferral"} {
		if d.find(list, toks, 0, len(toks)) != nil {
			return true
		}
	}
	return slices.ContainsFunc(toks, func(t token) bool { return d.words["answers"][t.fold] && !d.words["yes"][t.fold] })
}

// onlyApproves reports whether toks are a yes and courtesy, or nothing.
func (d *decider) onlyApproves(toks []token) bool {
	if d.onlyCourtesy(toks) {
		return true
	}
	_, _, ok := d.cover(toks)
	return ok
}

var (
	// subjectPrefix is what programs put before the subject of an answer, in the
	// languages that they are used in here.
	subjectPrefix = regexp.MustCompile(`(?i)^\s*(?:re|r|r[aă]sp|r[aă]spuns|fw|fwd|redir|tr|aw|antw|antwort|wg|v[aá]|t[aá]rgy|odp|sv|vs|rv|i)\s*(?:\[\d+\]|\(\d+\))?\s*:\s*`)
	// subjectTag is what servers and ticket systems put into a subject.
	subjectTag = regexp.MustCompile(`\[[^\[\]]*\]|\*{2,}[^*]+\*{2,}`)
	// noSubject is how programs show, or send, that there is none.
	noSubject = regexp.MustCompile(`(?i)^[\s(<\[]*(?:f[aă]r[aă] subiect|no subject|kein betreff|nincs t[aá]rgy)[\s)>\]]*$`)
	// ourSubject is how the subject of a question begins, after the number.
	ourSubject = regexp.MustCompile(`(?i)^\s*(?:spre aprobare(?:, cu schimb[aă]ri)?|repeta[tț]i r[aă]spunsul|aprobare necesar[aă])\s*:\s*`)
	siteWith   = regexp.MustCompile(`(?i)^\s*(?:(?:schimbarea accesului la )?site-ul comun cu|site comun cu|site-ul|site)\s+`)
)

// bareSubject is a subject without the prefixes and tags that programs put there.
// A tag that says something stays.
func (d *decider) bareSubject(subject string) string {
	subject = subjectTag.ReplaceAllStringFunc(subject, func(tag string) string {
		if d.answers(words([]string{tag})) {
			return tag
		}
		return " "
	})
	for {
		cut := subjectPrefix.ReplaceAllString(subject, "")
		switch {
		case noSubject.MatchString(cut):
			return ""
		case cut == subject:
			return strings.TrimSpace(subject)
		}
		subject = cut
	}
}

// addedToSubject is what the subject says beyond that of the mail that was
// answered; empty: nothing that matters.
func (d *decider) addedToSubject(quote []line) string {
	subject := d.bareSubject(d.in.Subject)
	toks := words([]string{subject})
	asked := d.askedSubjects(quote)
	for _, a := range asked {
		if len(a) == 0 {
			continue
		}
		if rest, ok := without(toks, a); ok {
			if d.answers(rest) || len(a) > 3 && !d.harmless(rest) {
				return textOfTokens(rest)
			}
			return ""
		}
	}
	if d.in.Asked != "" && !d.harmless(toks) {
		return subject
	}
	title := ourSubject.ReplaceAllString(subject, "")
	if len(asked) == 0 && title != subject && containsWords(letters(textsOf(quote)), letters([]string{strings.TrimRight(siteWith.ReplaceAllString(title, ""), "….")})) {
		return "" // what the site is for stands in our letter, too
	}
	if len(asked) == 0 && title != subject && containsWords(letters(textsOf(quote)), "institutia partenera") {
		return title // and so does all of it
	}
	if d.answers(words([]string{title})) {
		return subject
	}
	return ""
}

// askedSubjects are the words of the subject that was answered, as far as it is
// known: from the desk, or from the header above the quote.
func (d *decider) askedSubjects(quote []line) [][]string {
	var asked [][]string
	if d.in.Asked != "" {
		asked = append(asked, foldedWords([]string{d.bareSubject(d.in.Asked)}))
	}
	for _, l := range quote {
		if value, ok := strings.CutPrefix(l.text, subjectLabel.FindString(l.text)); ok && value != l.text {
			asked = append(asked, foldedWords([]string{d.bareSubject(value)}))
			break
		}
	}
	return asked
}

// without is toks without the words of known, which must stand in it together;
// or nothing, where toks are a part of known: programs shorten subjects,
// even within a word.
func without(toks []token, known []string) (rest []token, ok bool) {
	var at []int
	var said []string
	for i, t := range toks {
		if t.kind == word || t.kind == numeral {
			at, said = append(at, i), append(said, t.fold)
		}
	}
	whole, part := " "+strings.Join(known, " ")+" ", " "+strings.Join(said, " ")
	if strings.Contains(whole, part+" ") || len(said) >= 3 && strings.Contains(whole, part) {
		return nil, true
	}
	for k := 0; k+len(known) <= len(said); k++ {
		if slices.Equal(said[k:k+len(known)], known) {
			return slices.Concat(toks[:at[k]], toks[at[k+len(known)-1]+1:]), true
		}
	}
	return toks, false
}

// harmless reports whether toks, in a subject, only name what the answer is about.
func (d *decider) harmless(toks []token) bool {
	if d.onlyApproves(toks) {
		return true
	}
	known := map[string]bool{}
	for _, w := range foldedWords(append(slices.Clone(d.in.Subjects), d.in.RequestNumber, d.in.Asked)) {
		known[w] = !d.words["answers"][w]
		serial, _, _ := strings.Cut(w, "/") // "42" of "42/23.11.2026"
		known[serial] = known[w]
	}
	for _, t := range toks {
		if (t.kind == word || t.kind == numeral || t.kind == question) && !known[t.fold] && !d.words["of a subject"][t.fold] && !d.words["yes"][t.fold] {
			return false
		}
	}
	return true
}

// readSubject reads the decision in the subject of a mail that says nothing
// else. Only a subject that the writer put there counts: none with a prefix, and
// none that is ours.
func readSubject(in Input, quote bool) (Reading, bool) {
	d := newDecider(in, "subject")
	subject := strings.TrimSpace(in.Subject)
	if subject == "" || len(subject) > maxField || d.bareSubject(subject) != subject || ourSubject.MatchString(subject) || in.Unread && !quote {
		return Reading{}, false
	}
	w := written{lines: []line{{n: 1, text: subject}}, raw: []string{subject}}
	w.toks = words(w.raw)
	r := d.decide(w)
	return r, r.Verdict != Unclear
}
