package reply

import (
	"regexp"
	"slices"
	"strings"
)

// People also write into a quote, and below it. What is marked as quoted, or
// stands below the announcement of a quote, is compared with the mail that was
// answered. Where that is not known, it is looked at for what an answer would
// say: rule R1 has it that what can't be told from a quote approves nothing.

// maxStrange is how many lines of a quote are found strange at most: one is enough
// to make a mail unclear.
const maxStrange = 20

// maxMisses is how many lines are looked for in vain in the mail that was
// answered: signatures and what only HTML has. A quote with more is another one.
const maxMisses = 200

// strange lists the lines of the quote that perhaps are newly written.
func (d *decider) strange(quote []line, sig *signatureReader) []line {
	if len(quote) == 0 {
		return nil
	}
	own, out := announcements(quote), []line(nil)
	for i, l := range quote {
		if own[i] && len(out) < maxStrange && d.answersInHeader(l.text) {
			out = append(out, l)
		}
	}
	furniture := furnitureBelow(quote, sig)
	if d.in.Quoted != "" {
		return append(out, d.notOf(d.in.Quoted, quote, own, furniture)...)
	}
	return append(out, d.answersIn(quote, own, furniture)...)
}

// announcements tells which lines of a quote are those that a mail program writes
// above what it quotes. A quote in the quote has marks before them.
func announcements(quote []line) []bool {
	own := make([]bool, len(quote))
	unmarked := slices.Clone(quote)
	for i := range unmarked {
		unmarked[i].quoted = false
	}
	for i := 0; i < len(unmarked); i++ {
		before, length, _ := quoteStart(unmarked, i)
		if own[i] = quote[i].announces; own[i] || before != "" || length == 0 {
			continue
		}
		for k := i; k < i+length; k++ {
			own[k] = true
		}
		i += length - 1
	}
	return own
}

// answersInHeader reports whether a line above a quote says more than who wrote
// what and when. A subject may say what the reply's own subject says.
func (d *decider) answersInHeader(text string) bool {
	if containsWords(letters([]string{d.in.Subject}), letters([]string{subjectLabel.ReplaceAllString(text, "")})) {
		return false
	}
	toks := words([]string{webAddress.ReplaceAllString(text, " ")})
	return slices.ContainsFunc(toks, func(t token) bool { return d.words["answers"][t.fold] && t.fold != "pana" })
}

var subjectLabel = regexp.MustCompile(`(?i)^\W*(?:subiect(?:ul)?|subject|betreff|t[aá]rgy)\s*:\W*(?:(?:re|r|fwd?|raspuns|răspuns|aw)\s*:\s*)*`)

// furnitureBelow tells which lines at the end of a quote are a signature, a footer
// or a notice: some programs put the writer's own there. The delimiter "-- " in a
// quote is that of the mail that is quoted, and marks nothing.
func furnitureBelow(quote []line, sig *signatureReader) []bool {
	const most = 200
	first := max(0, len(quote)-most)
	end := slices.Clone(quote[first:])
	for i := range end {
		end[i].region, end[i].signature = 0, false
		if end[i].text == "-- " || end[i].text == "--" {
			end[i].text = ""
		}
	}
	body, _ := sig.body(end)
	furniture := make([]bool, len(quote))
	for i := first + len(body); i < len(quote); i++ {
		furniture[i] = true
	}
	return furniture
}

// notOf lists the lines of the quote that the mail that was answered does not
// have in that place. Programs break lines and drop pictures, addresses and
// marks, and people shorten a quote; nobody changes the order.
func (d *decider) notOf(original string, quote []line, own, furniture []bool) []line {
	whole := " " + plainWords(original) + " "
	full := letters(strings.Split(original, "\n"))
	var out []line
	misses := 0
	at := 0 // up to where the original is accounted for
	for i, l := range quote {
		if own[i] || l.blank() || len(out) >= maxStrange {
			continue
		}
		text := plainWords(l.text)
		if text == "" || placeholder.MatchString(strings.TrimSpace(l.text)) {
			continue
		}
		n := strings.Index(whole[at:], " "+text+" ")
		// A few words may stand anywhere in a mail. After what was left out, they
		// only count where nothing depends on them.
		if n > 0 && strings.Count(text, " ") < 3 && d.cautious(l.text) {
			n = -1
		}
		if n >= 0 {
			at += n + len(text) + 1
			continue
		}
		if misses++; misses > maxMisses {
			return append(out, l)
		}
		if furniture[i] || d.ours(l.text) || strings.ContainsAny(l.text, "@") && containsWords(full, letters([]string{l.text})) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// plainWords are the words of a text without addresses, in one line.
func plainWords(text string) string {
	return strings.Join(foldedWords(strings.Split(webAddress.ReplaceAllString(text, " "), "\n")), " ")
}

// cautious reports whether a line has a word that decides, conditions or denies.
func (d *decider) cautious(text string) bool {
	return slices.ContainsFunc(words([]string{text}), func(t token) bool { return d.words["never in a signature"][t.fold] })
}

// ours reports whether a line is made of what the desk's letters say, like the
// titles that only the HTML of a table has.
func (d *decider) ours(text string) bool {
	toks := words([]string{text})
	for i, known := range ofOurLetters(toks) {
		if !known && (toks[i].kind == word || toks[i].kind == numeral) {
			return false
		}
	}
	return true
}

// automaticEnd is how mails that a program wrote end.
var automaticEnd = regexp.MustCompile(`\b(?:mesaj|e-?mail)(?:ul)?\s+(?:(?:este|a fost)\s+)?(?:trimis|generat|transmis|expediat)\s+(?:in mod\s+)?automat|\bautomatically (?:generated|sent)|\bgenerated automatically`)

// answersIn lists the lines of a quote of an unknown mail that say what an answer
// would say.
func (d *decider) answersIn(quote []line, own, furniture []bool) []line {
	texts := make([]string, len(quote))
	for i, l := range quote {
		if !own[i] {
			texts[i] = l.text
		}
	}
	toks := words(texts)
	known := ofOurLetters(toks)
	our := slices.Contains(known, true)
	found := map[int]bool{}
	for from, to := 0, 0; from < len(toks); from = to {
		to = sentenceEnd(toks, from, texts)
		desk := !our && d.find("our words", toks, from, to) != nil
		short := !our && !desk && to-from <= shortSentence && !slices.ContainsFunc(toks[from:to], func(t token) bool { return t.fold == ":" })
		for i := from; i < to && !desk; i++ {
			switch {
			case known[i] || d.rightsShown(toks, i, texts):
			case (startsClause(toks, i, texts) || our && toks[i].breakBefore > 0) && d.answerBegins(toks[:to], i), (our || short) && d.words["answers"][toks[i].fold]:
				// Our letters repeat between these marks what they answer.
				if !our || !within(toks, i, "„", "”") {
					found[toks[i].line] = true
				}
			}
		}
	}
	d.belowEnd(quote, texts, own, furniture, our, found)
	if our {
		betweenParagraphs(quote, own, furniture, toks, known, found)
	}
	var out []line
	for i, l := range quote {
		if found[i] && len(out) < maxStrange {
			out = append(out, l)
		}
	}
	return out
}

// shortSentence is how many words and marks a sentence of an unknown mail may have
// to look like one that was put there.
const shortSentence = 9

var (
	formTitle   = regexp.MustCompile(`^\W*cererea nr\b`)
	headerWords = regexp.MustCompile(`^(?:to|from|date|sent|subject|subiect|data|catre|de la|trimis|cc)\b`) // some programs leave out the colon
)

// betweenParagraphs finds what stands in a letter of ours above the line that says
// where to answer, and above the form the paragraphs in which none of its passages
// stands. The salutation ends in a comma; an answer is repeated between marks.
func betweenParagraphs(quote []line, own, furniture []bool, toks []token, known []bool, found map[int]bool) {
	ours := make([]bool, len(quote))
	for i, t := range toks {
		ours[t.line] = ours[t.line] || known[i]
	}
	strange := func(l line) bool {
		return !l.blank() && !strings.ContainsAny(l.text, ":@„") && !headerWords.MatchString(string(foldKeepingLength(strings.TrimSpace(l.text))))
	}
	first := slices.Index(ours, true)
	for i := range first {
		if !own[i] && !furniture[i] && strange(quote[i]) && slices.Contains(own[:i], true) {
			found[i] = true
		}
	}
	for i := first; i < len(quote) && !formTitle.MatchString(string(foldKeepingLength(quote[i].text))); {
		end, plain := i, true
		for ; end < len(quote) && !quote[end].blank(); end++ {
			plain = plain && !own[end] && !furniture[end] && !ours[end] && strange(quote[end])
		}
		if end > i && plain && !strings.HasSuffix(strings.TrimSpace(quote[end-1].text), ",") {
			found[i] = true
		}
		i = max(end, i+1)
	}
}

// belowEnd finds what stands below the end of a quote, or on its last line.
func (d *decider) belowEnd(quote []line, texts []string, own, furniture []bool, our bool, found map[int]bool) {
	ended, paragraph, last := false, false, -1
	for i, l := range quote {
		switch {
		case own[i]:
			ended = false // a quote in the quote
		case l.blank():
			paragraph = true
		case ended && paragraph && !furniture[i]:
			found[i] = true
		case automaticEnd.MatchString(string(foldKeepingLength(l.text))):
			ended, paragraph = true, false
		}
		if !own[i] && !l.blank() && !furniture[i] {
			last = i
		}
	}
	if last < 0 || our {
		return
	}
	toks := words(texts[last : last+1])
	if d.find("our words", toks, 0, len(toks)) != nil {
		return
	}
	if d.find("said to a desk", toks, 0, len(toks)) != nil || slices.ContainsFunc(toks, func(t token) bool { return d.words["answers"][t.fold] }) {
		found[last] = true
	}
}

// answerBegins reports whether a clause of an answer begins at toks[i].
func (d *decider) answerBegins(toks []token, i int) bool {
	if _, p := d.longest("said to a desk", toks, i); p != nil {
		return true
	}
	for _, list := range []string{"refuse", "refuse alone", "approve", "taking back", "deferral"} {
		if end, p := d.longest(list, toks, i); p != nil && !d.onlyCourtesy(toks[i:end]) {
			return true
		}
	}
	return false
}

// fullLine is how long a line is, in runes, that a program may have broken.
const fullLine = 50

// newLine reports whether toks[i] begins a line that is not one only because the
// line before was full.
func newLine(toks []token, i int, texts []string) bool {
	return toks[i].breakBefore > 1 || toks[i].breakBefore == 1 && (capitalised(toks[i].text) || len([]rune(texts[toks[i-1].line])) < fullLine)
}

// sentenceEnd is where the sentence ends that begins at toks[from].
func sentenceEnd(toks []token, from int, texts []string) int {
	for i := from + 1; i < len(toks); i++ {
		if before := toks[i-1]; before.kind != word && strings.Contains(".!?…;", before.fold) || before.fold != ":" && newLine(toks, i, texts) || toks[i].breakBefore > 1 && before.fold != ":" {
			return i
		}
	}
	return len(toks)
}

// startsClause reports whether a clause may begin at toks[i].
func startsClause(toks []token, i int, texts []string) bool {
	switch {
	case toks[i].kind != word && toks[i].kind != numeral:
		return false
	case i == 0 || newLine(toks, i, texts):
		return true
	}
	before := toks[i-1]
	return before.kind != word && before.kind != numeral && before.fold != ","
}

// rightsShown reports whether toks[i] stands in what our letters say about
// somebody's rights: behind the name or the address, and up to the end of the line.
func (d *decider) rightsShown(toks []token, i int, texts []string) bool {
	from := i
	for from > 0 && toks[from-1].kind == word && toks[from].breakBefore == 0 && d.words["rights shown"][toks[from-1].fold] {
		from--
	}
	end, p := d.longest("rights shown", toks, from)
	if p == nil || i >= end {
		return false
	}
	if next := skipSeparators(toks, end); next < len(toks) && next == end && toks[end].breakBefore == 0 && toks[end].kind == word && toks[end].fold != "fiindca" {
		return false
	}
	if from == 0 {
		return false
	}
	before := toks[from-1]
	if toks[from].breakBefore == 0 {
		return before.fold == ":" || before.fold == "," || strings.Contains(before.fold, "@")
	}
	return strings.Contains(texts[before.line], "@") || before.fold == ":"
}

// within reports whether toks[i] stands between the marks, in its paragraph.
func within(toks []token, i int, opening, closing string) bool {
	for k := i; k >= 0 && i-k < maxWords; k-- {
		switch {
		case toks[k].fold == opening:
			return true
		case toks[k].fold == closing || toks[k].breakBefore > 1:
			return false
		}
	}
	return false
}
