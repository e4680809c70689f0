package reply

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// line is one line of a decoded body.
type line struct {
	n         int    // where it stands in the part, from 1; lines joined by format=flowed have the first's
	text      string // without quote marks, trimmed on the right
	quoted    bool   // marked as quoted: ">" or an HTML quotation
	signature bool   // marked as signature by the mail program
	hidden    bool   // not shown, or shown struck out
	region    int    // which stretch between quotes it stands in
	between   bool   // it stands between quoted lines
	wrapped   bool   // right below a quoted line
	announces bool   // it stands above a quote: who wrote it and when, as the mail program marks it
}

func (l line) blank() bool { return strings.TrimFunc(l.text, isBlank) == "" }

func isBlank(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(invisible, r) }

// plainLines takes a text/plain body apart. A flowed one is put together again
// (RFC 3676): a line that ends in a space goes on in the next one.
func plainLines(text string, flowed, delSp bool) []line {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\f", "\n", "\v", "\n", "\u00a0", " ").Replace(text)
	var lines []line
	var joined strings.Builder // of the lines that flow together
	depth, open := 0, false
	for i, raw := range strings.Split(text, "\n") {
		content, d := unquote(raw, flowed)
		flows := flowed && strings.HasSuffix(content, " ") && content != "-- "
		l := line{n: i + 1, text: content, quoted: d > 0}
		if open && d == depth && content != "-- " {
			joined.WriteString(content)
		} else {
			joined.Reset()
			joined.WriteString(content)
			lines = append(lines, l)
		}
		open, depth = flows, d
		if !flows {
			lines[len(lines)-1].text = joined.String()
		} else if delSp {
			s := joined.String()
			joined.Reset()
			joined.WriteString(s[:len(s)-1])
		}
	}
	if open {
		lines[len(lines)-1].text = joined.String()
	}
	for i := range lines {
		if lines[i].text != "-- " {
			lines[i].text = strings.TrimRightFunc(lines[i].text, isBlank)
		}
	}
	return withoutArmor(lines)
}

const (
	beginSigned    = "-----BEGIN PGP SIGNED MESSAGE-----"
	beginSignature = "-----BEGIN PGP SIGNATURE-----"
	endSignature   = "-----END PGP SIGNATURE-----"
)

var armorLine = regexp.MustCompile(`^(?:[A-Za-z0-9+/=]{0,76}|Version: GnuPG v[\d.]+)$`)

// withoutArmor takes out what surrounds a text that is signed in the old way of
// OpenPGP (RFC 9580, 7). A line that is none of the armor's leaves all as it is.
func withoutArmor(lines []line) []line {
	first := nextText(lines, 0)
	if first == len(lines) || lines[first].text != beginSigned {
		return lines
	}
	start := slices.IndexFunc(lines, func(l line) bool { return l.text == beginSignature })
	end := slices.IndexFunc(lines, func(l line) bool { return l.text == endSignature })
	if start < 0 || end < start || slices.ContainsFunc(lines[start+1:end], func(l line) bool { return !armorLine.MatchString(l.text) }) {
		return lines
	}
	body := lines[first+1 : start]
	for len(body) > 0 && strings.HasPrefix(body[0].text, "Hash: ") {
		body = body[1:]
	}
	out := slices.Concat(body, lines[end+1:])
	for i := range out {
		out[i].text = strings.TrimPrefix(out[i].text, "- ") // what began with a hyphen was escaped
	}
	return out
}

// unquote takes the quote marks off a line and counts them.
func unquote(s string, flowed bool) (content string, depth int) {
	rest := s
	for {
		t := rest
		if depth > 0 || !flowed {
			t = strings.TrimLeft(rest, " \t")
		}
		if !strings.HasPrefix(t, ">") {
			break
		}
		rest = t[1:]
		depth++
	}
	if flowed || depth > 0 {
		rest = strings.TrimPrefix(rest, " ") // space-stuffing, and the usual space after the mark
	}
	return rest, depth
}

// newText is what is left of a body without what it quotes.
type newText struct {
	lines    []line // the newly written ones, blank ones between them included
	quote    []line // the others
	unmarked []line // those of them that no mark shows to be quoted
	bare     []line // those of them that are marked, but not announced
	tooLong  bool   // more than maxWritten is newly written: the rest was not looked at
	how      string // how the quote was found, for the trace
}

// cutQuote tells the newly written lines from the quoted ones (rule R1).
func cutQuote(lines []line) newText {
	var out newText
	firstQuote, lastQuote := -1, -1 // counted in lines
	var origin []int                // where each new line stood
	region, size := 0, 0
	written := func(i int, l line) {
		size += len(l.text) + 1
		l.region = region
		out.lines = append(out.lines, l)
		origin = append(origin, i)
	}
	how := func(s string) {
		if out.how == "" {
			out.how = s
		}
	}
	quote := func(i int) {
		if firstQuote < 0 {
			firstQuote = i
		}
		if lastQuote != i-1 {
			region++
		}
		lastQuote = i
		out.quote = append(out.quote, lines[i])
	}
	announced := false
	for i := 0; i < len(lines); i++ {
		if size > maxWritten {
			out.tooLong = true
			return out
		}
		if lines[i].quoted && groupWise.MatchString(lines[i].text) && !quotedNext(lines, i+1) {
			how("an attribution line")
			quote(i)
			out.quote[len(out.quote)-1].announces = true
			out.unmarked = lines[i+1:]
			for i++; i < len(lines); i++ {
				quote(i)
			}
			break
		}
		if lines[i].quoted {
			how("quote marks")
			if !announced {
				out.bare = append(out.bare, lines[i])
			}
			quote(i)
			continue
		}
		before, length, kind := quoteStart(lines, i)
		if length == 0 {
			written(i, lines[i])
			continue
		}
		how(kind)
		announced = true
		glued := strings.TrimSpace(before) != ""
		if glued {
			l := lines[i]
			l.text = before
			written(i, l)
		}
		for k := i; k < i+length; k++ {
			quote(k)
			l := &out.quote[len(out.quote)-1]
			l.announces = true
			if k == i && glued {
				l.text = strings.TrimPrefix(strings.TrimSpace(l.text), before)
			}
		}
		i += length
		// If the program marks the lines that it quotes, go on by the marks. If
		// not, nothing tells where the quote ends: it all counts as quoted.
		next := i
		for next < len(lines) && lines[next].blank() {
			next++
		}
		if next < len(lines) && lines[next].quoted {
			i = next - 1
			continue
		}
		out.unmarked = lines[i:]
		for ; i < len(lines); i++ {
			quote(i)
		}
	}
	out.tooLong = size > maxWritten
	for k, i := range origin {
		if i > firstQuote && i < lastQuote && firstQuote >= 0 && !out.lines[k].blank() {
			out.lines[k].between = true
			out.lines[k].wrapped = lines[i-1].quoted
		}
	}
	return out
}

var (
	dashedOriginal = regexp.MustCompile(`^[-_=*\s]{2,}(?:mesaj(?:ul)?\s+(?:original|initial|redirectionat|transmis|transmis mai departe|inaintat)|(?:original\s+)(?:message|mesage|appointment)|(?:ursprungliche|originale?)[\s-]?nachricht|originalnachricht|weitergeleitete nachricht|eredeti uzenet|tovabbitott uzenet|forwarded\s+(?:message|mesage)|redirectionat|mesaj\s+de\s+la\s.*)[-_=*\s:]{2,}$`)
	bareOriginal   = regexp.MustCompile(`^(?:original message|mesaj original|mesajul original)$`)
	begins         = regexp.MustCompile(`^(?:incepe mesajul (?:redirectionat|original)|mesaj (?:original|redirectionat)|begin forwarded (?:message|mesage)|original (?:message|mesage)|forwarded (?:message|mesage))\s*:$`)
	rule           = regexp.MustCompile(`^[_\-=]{10,}$`)
	headerKey      = regexp.MustCompile(`^[*\s|]*(de la|din partea|from|expeditor|expeditorul|von|felado|kuldo|trimis|trimisa?|trimis la|trimise|expediat|sent|gesendet|elkuldve|kuldve|data|date|datum|data trimiterii|catre|to|an|cimzett|destinatar|pentru|cc|bcc|kopie|masolat|subiect|subiectul|subject|betreff|targy|titlu|raspunde la|reply-to|importanta|importance|prioritate|atasamente|atasari|attachments|anexe)\s*:\*?`)
	gluedHeader    = regexp.MustCompile(`(?:^|\s)\*?(?:de la|din partea|from|expeditor|von|felado)\s*:.*\s\*?(?:trimis|sent|data|date|gesendet|elkuldve)\s*:.*\s\*?(?:subiect|subject|betreff|targy)\s*:`)
	gluedFrom      = regexp.MustCompile(`(?:^|\s)\*?(?:de la|din partea|from|expeditor|von|felado)\s*:`)
)

// quoteStart reports whether a quote is announced from lines[i] on: how many
// lines the announcement takes, and what was written before it on its first
// line, where a program glued it to the text.
func quoteStart(lines []line, i int) (before string, length int, how string) {
	if lines[i].blank() {
		return "", 0, ""
	}
	first := strings.TrimSpace(lines[i].text)
	if len(first) > 1000 {
		return "", 0, ""
	}
	if n := announcedByProgram(lines, i); n > 0 {
		return "", n, "what the mail program puts above it"
	}
	if !strings.ContainsAny(first[:1], "-_=*") && !slices.ContainsFunc(lines[i:min(i+4, len(lines))], func(l line) bool { return strings.Contains(l.text, ":") }) {
		return "", 0, "" // nothing is announced without a colon or a ruler
	}
	folded := foldKeepingLength(first)
	f := string(folded)
	switch {
	case dashedOriginal.MatchString(f), begins.MatchString(f):
		next := nextText(lines, i+1)
		if n := headerBlock(lines, next); n > 0 {
			return "", next - i + n, "a separator line"
		}
		return "", 1, "a separator line"
	case dashedWrote.MatchString(f):
		return "", 1, "an attribution line"
	case rule.MatchString(f):
		next := nextText(lines, i+1)
		if n := headerBlock(lines, next); n > 0 {
			return "", next - i + n, "a header block"
		}
		return "", 0, ""
	case quotingWho.MatchString(f):
		if quotedNext(lines, i+1) {
			return "", 1, "an attribution line"
		}
	case bareOriginal.MatchString(f):
		next := nextText(lines, i+1)
		if n := headerBlock(lines, next); n > 0 {
			return "", next - i + n, "a separator line"
		}
	}
	if nameWrote.MatchString(first) || gluedQuote.MatchString(f) {
		return "", 1, "an attribution line"
	}
	if n := headerBlock(lines, i); n > 0 {
		return "", n, "a header block"
	}
	if loc := gluedHeader.FindStringIndex(string(folded)); loc != nil {
		// The last "De la:" before the rest of the header: an earlier one was written.
		starts := gluedFrom.FindAllStringIndex(string(folded), -1)
		for k := len(starts) - 1; k >= 0; k-- {
			if gluedHeader.MatchString(string(folded[starts[k][0]:])) {
				return cutAt(first, starts[k][0]), 1, "a header block"
			}
		}
	}
	if before, n := attribution(lines, i, first); n > 0 {
		return before, n, "an attribution line"
	}
	return "", 0, ""
}

// announcedByProgram counts the lines from lines[i] on that the mail program
// marks as standing above a quote: an attribution, or a header of several lines.
func announcedByProgram(lines []line, i int) int {
	n, texts, last := 0, 0, ""
	for i+n < len(lines) && n < 16 && (lines[i+n].announces || n > 0 && lines[i+n].blank()) {
		if !lines[i+n].blank() {
			texts, last = texts+1, lines[i+n].text
		}
		n++
	}
	if texts < 3 && !strings.HasSuffix(strings.TrimSpace(last), ":") {
		return 0
	}
	return n
}

// nextText is the index of the first line from i on that is not blank.
func nextText(lines []line, i int) int {
	for i < len(lines) && lines[i].blank() {
		i++
	}
	return i
}

// quotedNext reports whether the first line from i on that is not blank is quoted.
func quotedNext(lines []line, i int) bool {
	next := nextText(lines, i)
	return next < len(lines) && lines[next].quoted
}

// headerBlock counts the lines of the header that Outlook and others put above
// what they quote: a sender, a subject, and a date or recipient.
func headerBlock(lines []line, i int) int {
	if i >= len(lines) || lines[i].quoted {
		return 0
	}
	var sender, subject, more bool
	end := 0
	for k, misses := i, 0; k < len(lines) && k < i+16 && misses < 6; k++ {
		if lines[k].blank() {
			if k == i || sender && subject && more {
				break
			}
			continue // some programs put blank lines between
		}
		m := headerKey.FindStringSubmatch(string(foldKeepingLength(strings.TrimSpace(lines[k].text))))
		if m == nil {
			if k == i {
				return 0
			}
			misses++ // a long value goes on
			continue
		}
		end = k + 1 - i
		switch m[1] {
		case "de la", "din partea", "from", "expeditor", "expeditorul", "von", "felado", "kuldo":
			sender = true
		case "subiect", "subiectul", "subject", "betreff", "targy", "titlu":
			subject = true
		case "trimis", "trimisa", "trimise", "trimis la", "expediat", "sent", "data", "date", "data trimiterii", "catre", "to", "destinatar", "pentru",
			"gesendet", "datum", "an", "elkuldve", "kuldve", "cimzett":
			more = true
		}
	}
	if sender && subject && more {
		return end
	}
	return 0
}

// foldKeepingLength is fold without joining doubled letters, rune for rune, so
// that a place in the result is a place in s. Patterns are written for it.
func foldKeepingLength(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < 0x80 {
			if r < ' ' {
				r = ' '
			}
			out = append(out, unicode.ToLower(r))
			continue
		}
		f := []rune(fold(string(r)))
		switch {
		case r == '\u00a0' || unicode.IsSpace(r):
			out = append(out, ' ')
		case len(f) == 0:
			out = append(out, ' ')
		default:
			out = append(out, f[0])
		}
	}
	return out
}

// cutAt is the beginning of s, up to byte at of its folded form.
func cutAt(s string, at int) string {
	runes := []rune(s)
	folded := string(foldKeepingLength(s))
	n := len([]rune(folded[:at]))
	return strings.TrimSpace(string(runes[:n]))
}
