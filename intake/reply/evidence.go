package reply

import (
	"strings"
	"unicode"
)

// decisive is the stretch of the text from the first to the last line with a
// phrase of the deciding kind, for the evidence.
func (d *decider) decisive(toks []token, p *phrase) (from, to int) {
	from, to = 0, len(toks)
	found := false
	for i := range toks {
		for _, end := range d.phraseEnds(p, toks, i) {
			if !found {
				from, found = i, true
			}
			to = max(end, from)
		}
		if found {
			break
		}
	}
	// Whole lines: widen to the tokens of the same lines.
	for from > 0 && toks[from-1].line == toks[from].line {
		from--
	}
	for to < len(toks) && toks[to].line == toks[to-1].line {
		to++
	}
	return from, to
}

// onlyCourtesy reports whether toks are nothing but courtesy.
func (d *decider) onlyCourtesy(toks []token) bool {
	return d.afterCourtesy(toks) == len(toks)
}

// afterCourtesy is the place where the courtesy at the beginning ends. It only
// serves to cut evidence and reasons.
func (d *decider) afterCourtesy(toks []token) int {
	i := 0
	for i < len(toks) {
		if toks[i].kind == separator {
			i++
			continue
		}
		end, p := d.longest("courtesy", toks, i)
		if clauseStart(toks, i) {
			if signs, q := d.longest("signs", toks, i); signs > end {
				end, p = signs, q
			}
		}
		if p == nil || end < len(toks) && toks[end].kind == word && toks[end].breakBefore == 0 {
			break
		}
		i = end
	}
	return i
}

// beforeCourtesy is the place where the courtesy at the end begins, on a line of
// its own: all of toks if they are nothing else.
func (d *decider) beforeCourtesy(toks []token) int {
	for i := range toks {
		if toks[i].breakBefore > 0 && d.onlyCourtesy(toks[i:]) {
			return i
		}
	}
	return len(toks)
}

// reason is what was written from toks[from] on, without the courtesy at its end.
func reason(raw []string, toks []token, from int, d *decider) string {
	for from < len(toks) && toks[from].kind == separator {
		from++
	}
	to := len(toks)
	for i := from; i < to; i++ {
		if clauseStart(toks, i) && d.onlyCourtesy(toks[i:]) {
			to = i
			break
		}
	}
	if from >= to || d.onlyCourtesy(toks[from:to]) {
		return ""
	}
	return textOf(raw, toks, from, to)
}

// textOf is what stands in the mail from toks[from] to toks[to-1].
func textOf(raw []string, toks []token, from, to int) string {
	var b strings.Builder
	for n := toks[from].line; n <= toks[to-1].line; n++ {
		text := raw[n]
		if n == toks[to-1].line && to < len(toks) && toks[to].line == n {
			text = text[:offset(text, toks, to)]
		}
		if n == toks[from].line {
			text = text[min(offset(text, toks, from), len(text)):]
		}
		b.WriteString(text)
		b.WriteByte('\n')
	}
	return strings.TrimFunc(b.String(), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:–—-", r) })
}

// offset is where toks[i] begins in its line.
func offset(text string, toks []token, i int) int {
	first := i
	for first > 0 && toks[first-1].line == toks[i].line {
		first--
	}
	at := 0
	for k := first; k <= i; k++ {
		n := strings.Index(text[at:], toks[k].text)
		if n < 0 {
			return at
		}
		at += n
		if k < i {
			at += len(toks[k].text)
		}
	}
	return at
}
