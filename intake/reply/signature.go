package reply

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	webAddress  = regexp.MustCompile(`(?i)<?(?:https?://|www\.|mailto:)[^\s<>]*>?|<?[\w.+-]+@[\w-]+(?:\.[\w-]+)+>?|\b[\w-]+(?:\.[\w-]+)*\.(?:ro|eu|com|org|net|test)(?:/\S*)?\b`)
	phoneNumber = regexp.MustCompile(`\+?[(]?\d[\d\s./()-]{4,}\d`)
	writtenDate = regexp.MustCompile(`\b\d{1,2}[./-]\d{1,2}[./-](?:20)?\d{2}\b|\b20\d{2}-\d{2}-\d{2}\b`)
	placeholder = regexp.MustCompile(`(?i)^\[(cid:\S+|(?:image|imagine|imagen|logo|sigl[aă])\s*:?[^\]]*)\]$`)
	quotedLine  = regexp.MustCompile(`^[„“"«][^„“”"«»]*[”“"»][.!]?$`)
	ruler       = regexp.MustCompile(`^[-_=*~.•|\s–—]{3,}$`)
)

// signatureReader tells signature lines from text.
type signatureReader struct {
	*matcher
	names  map[string]bool // words of the approver's name and titles, folded
	others map[string]bool // words of other people's names, folded: never in a signature
}

// body is the newly written text without signatures, footers and notices, which
// are left. Rule R2 depends on it: a line is only left out if it is known to be
// of that kind.
func (r *signatureReader) body(lines []line) (body, left []line) {
	for len(lines) > 0 {
		end := 1
		for end < len(lines) && lines[end].region == lines[0].region {
			end++
		}
		n := r.bodyEnd(lines[:end])
		body = append(body, lines[:n]...)
		left = append(left, lines[n:end]...)
		lines = lines[end:]
	}
	return body, left
}

// bodyEnd counts the lines of one region that are not its signature.
func (r *signatureReader) bodyEnd(lines []line) int {
	// What the program or the writer marked as a signature may hold lines that
	// no list knows, like a motto.
	marked := make([]bool, len(lines))
	delimiter := slices.IndexFunc(lines, func(l line) bool { return l.text == "-- " || l.text == "--" })
	for i, l := range lines {
		marked[i] = l.signature || delimiter >= 0 && i >= delimiter
	}
	// It must begin like one: people also write below two hyphens.
	for i, l := range lines {
		if !marked[i] || l.blank() || i == delimiter || r.endsWithClosing(l.text) {
			continue
		}
		if !r.signatureLine(l.text, "", "", false) {
			clear(marked)
		}
		break
	}
	end, next := len(lines), ""
	for end > 0 {
		for end > 0 && lines[end-1].blank() {
			end--
		}
		if end == 0 {
			break
		}
		start := end - 1
		for start > 0 && !lines[start-1].blank() {
			start--
		}
		if n := r.notice(lines[start:end]); n > 0 {
			end -= n
			continue
		}
		l := lines[end-1]
		prev := ""
		for k := end - 2; k >= 0; k-- {
			if !lines[k].blank() {
				prev = lines[k].text
				break
			}
		}
		if l.hidden || !r.signatureLine(l.text, prev, next, marked[end-1]) {
			break
		}
		next = l.text
		end--
	}
	return end
}

// notice counts the lines, at the end of a paragraph, of a confidentiality
// notice or the like.
func (r *signatureReader) notice(paragraph []line) int {
	if len(paragraph) > 40 {
		return 0
	}
	for i := range paragraph {
		var texts []string
		for _, l := range paragraph[i:] {
			if l.hidden {
				return 0
			}
			texts = append(texts, l.text)
		}
		toks := words(texts)
		if len(toks) == 0 {
			continue
		}
		first := skipSeparators(toks, 0)
		for first < len(toks) && toks[first].kind == symbol { // 🌳
			first = skipSeparators(toks, first+1)
		}
		if end, _ := r.longest("disclaimer", toks, first); end == first {
			continue
		}
		spoken, subject, decided := map[string]bool{}, false, false
		for _, t := range toks {
			if r.words["disclaimer word"][t.fold] || r.words["disclaimer subject"][t.fold] {
				spoken[t.fold] = true
			}
			subject = subject || r.words["disclaimer subject"][t.fold]
			decided = decided || r.words["decision word"][t.fold] || r.others[t.fold]
		}
		if len(spoken) >= 2 && subject && !decided && r.everySentence(toks) {
			return len(paragraph) - i
		}
	}
	return 0
}

// everySentence reports whether each sentence of a notice speaks of what notices
// speak of, and none of what a condition would: people also write below it.
func (r *signatureReader) everySentence(toks []token) bool {
	empty, speaks := true, false
	clause, clauseSpeaks := 4, true // words since the last comma; what is added to a notice is short
	for _, t := range toks {
		switch {
		case t.kind == separator && strings.Contains(".!;:", t.fold):
			if !empty && !speaks || clause < 4 && !clauseSpeaks {
				return false
			}
			empty, speaks, clause, clauseSpeaks = true, false, 4, true
		case t.kind == separator && t.fold == ",":
			clause, clauseSpeaks = 0, false
		case t.kind == question:
			return false
		case t.kind == word || t.kind == numeral:
			if r.words["never in a notice"][t.fold] {
				return false
			}
			empty = false
			clause++
			if r.words["disclaimer word"][t.fold] || r.words["disclaimer subject"][t.fold] || r.words["in a notice"][t.fold] {
				speaks, clauseSpeaks = true, true
			}
		}
	}
	return (empty || speaks) && (clause >= 4 || clauseSpeaks)
}

func skipSeparators(toks []token, i int) int {
	for i < len(toks) && (toks[i].kind == separator || toks[i].fold == "|") {
		i++
	}
	return i
}

// signatureLine reports whether a line is one of a signature. prev is the line
// before it, next the signature line after it; marked, that it stands in what is
// marked as a signature.
func (r *signatureReader) signatureLine(text, prev, next string, marked bool) bool {
	trimmed := strings.TrimSpace(text)
	if ruler.MatchString(trimmed) || trimmed == "--" {
		return true
	}
	if pictures := strings.FieldsFunc(webAddress.ReplaceAllString(trimmed, ""), func(c rune) bool { return c == ']' }); bracketed(pictures) {
		return !slices.ContainsFunc(pictures, func(p string) bool {
			p = strings.TrimLeft(p, " [")
			return !strings.HasPrefix(strings.ToLower(p), "cid:") && !r.pictureText(p)
		})
	}
	if len(text) > 300 {
		return false
	}
	bare := webAddress.ReplaceAllString(trimmed, " ")
	reach := bare != trimmed
	toks := words([]string{bare})
	if r.mobileFooter(toks) || r.footer(toks) {
		return true
	}
	for _, t := range toks {
		if t.kind == word && len(strings.FieldsFunc(t.fold, func(c rune) bool { return c < '0' || c > '9' })) > 1 {
			return false // a registration number, not a telephone's: "SC-2026-0147"
		}
	}
	if writtenDate.MatchString(bare) {
		return false // from which day on, perhaps
	}
	withoutNumbers := phoneNumber.ReplaceAllString(bare, " ")
	reach = reach || withoutNumbers != bare
	toks = words([]string{withoutNumbers})
	for _, t := range toks {
		if t.kind == question || r.words["never in a signature"][t.fold] || r.others[t.fold] {
			return false
		}
	}
	if marked && r.motto(toks, 2) {
		return true
	}
	if quotedLine.MatchString(trimmed) && r.motto(toks, 4) && prev != "" && r.signatureLine(prev, "", "", false) {
		return true
	}
	return r.contactLine(toks, reach) || r.organisationLine(toks) || r.nameLine(toks, prev, next)
}

// motto reports whether a line can be a motto: a sentence of least words or more,
// without numbers, that puts nothing off, takes nothing back and tells nobody to
// do something.
func (r *signatureReader) motto(toks []token, least int) bool {
	count := 0
	for i, t := range toks {
		switch {
		case t.fold == "." && i+1 < len(toks) || strings.Contains("…-–—", t.fold):
			return false // a second sentence
		case t.kind == numeral || strings.ContainsAny(t.fold, "0123456789:;()") || t.kind == other || imperative.MatchString(t.fold):
			return false
		case t.kind == word:
			if count == 0 && !capitalised(t.text) {
				return false
			}
			count++
		}
	}
	if end, _ := r.longest("disclaimer", toks, skipSeparators(toks, 0)); end > skipSeparators(toks, 0) {
		return false // a notice, which is looked at more closely
	}
	return count >= least && r.find("deferral", toks, 0, len(toks)) == nil && r.find("taking back", toks, 0, len(toks)) == nil
}

func (r *signatureReader) mobileFooter(toks []token) bool {
	i := skipSeparators(toks, 0)
	if i >= len(toks) || len(toks) > 24 {
		return false
	}
	end, _ := r.longest("mobile footer", toks, i)
	if end == i {
		return false
	}
	// Below or behind the device people also write what they forgot.
	for i = skipSeparators(toks, end); i < len(toks); i = skipSeparators(toks, end) {
		if end, _ = r.longest("mobile excuse", toks, i); end > i {
			continue
		}
		t := toks[i]
		model := t.kind == word && strings.ContainsAny(t.fold, "0123456789") && len(t.fold) <= 9 || t.kind == numeral && len(t.fold) <= 3
		if !model && !r.words["device"][t.fold] && !r.words["device name"][t.fold] && !r.words["device model"][t.fold] && (t.kind != other || !strings.Contains("()<>[]", t.text)) {
			return false
		}
		end = i + 1
	}
	return true
}

// footer reports whether a line is made of what programs put below a mail.
func (r *signatureReader) footer(toks []token) bool {
	phrases := 0
	for i := 0; i < len(toks); {
		if end, _ := r.longest("footer", toks, i); end > i {
			phrases, i = phrases+1, end
			continue
		}
		if toks[i].kind != separator && !strings.Contains("()<>[]|/", toks[i].fold) {
			return false
		}
		i++
	}
	return phrases > 0
}

// bracketed reports whether a line is made of what programs write in place of
// pictures: "[cid:image001.png]", "[Facebook]".
func bracketed(parts []string) bool {
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p string) bool { return !strings.HasPrefix(strings.TrimSpace(p), "[") })
}

// pictureText reports whether the words that a program writes in place of a
// picture say only what it shows: the name of a file, a logo, the organisation.
func (r *signatureReader) pictureText(text string) bool {
	for _, t := range words([]string{text}) {
		switch {
		case t.kind == separator || r.words["picture"][t.fold]:
		case r.words["never in a signature"][t.fold] || r.others[t.fold]:
			return false
		case r.words["organisation"][t.fold] || r.words["connector"][t.fold] || r.names[t.fold]:
		case strings.HasPrefix(t.fold, "image") || strings.HasPrefix(t.fold, "img"): // image001
		case r.nameWord(t):
		default:
			return false
		}
	}
	return true
}

// nameWord reports whether t can be a part of a name: it has a capital, and is
// neither a word that decides nor looks like a verb that tells somebody to do
// something ("Scoateți-l", "Ignorați").
func (r *signatureReader) nameWord(t token) bool {
	return t.kind == word && capitalised(t.text) && !strings.ContainsAny(t.fold, "0123456789") && t.fold != "site" && !r.spoken(t.fold) && !imperative.MatchString(t.fold)
}

var imperative = regexp.MustCompile(`(?:[aei]ti|-(?:l|i|o|le|va|ne|mi|s-o))$`)

func (r *signatureReader) contactLine(toks []token, reach bool) bool {
	// In capitals, only with a number or a web address.
	if !reach && !strings.ContainsFunc(textOfTokens(toks), unicode.IsLower) {
		return false
	}
	known := false // an unknown word may not come first
	for _, t := range toks {
		switch {
		case t.kind == separator || t.kind == numeral || t.kind == symbol || t.kind == other && strings.Contains("|/()<>[]•·®", t.text):
		case r.words["contact"][t.fold]:
			reach, known = reach || t.fold != "site", true // "Site: www.…", not "Site intern"
		case r.words["organisation"][t.fold]:
			known = true
		case r.words["connector"][t.fold] || known && r.nameWord(t):
		default:
			return false
		}
	}
	return reach
}

func (r *signatureReader) organisationLine(toks []token) bool {
	i := skipSeparators(toks, 0)
	if i >= len(toks) || !r.words["organisation"][toks[i].fold] {
		return false
	}
	shouted := !strings.ContainsFunc(textOfTokens(toks), unicode.IsLower)
	unknown, motto, place, where := 0, false, false, false
	for _, t := range toks[i:] {
		switch {
		case t.fold == "-" || t.fold == "–" || t.fold == "—" || t.fold == "|":
			motto = !shouted && !r.words["rank"][toks[i].fold]
		case t.kind == numeral && !where:
			return false // "Primar, anul 2027", but "Sectorul 3"
		case t.kind == separator || t.kind == numeral || t.kind == other && strings.Contains("|/()&", t.text):
		case t.kind != word || r.deferred(t.fold):
			return false
		case r.names[t.fold] || motto && !imperative.MatchString(t.fold):
		case r.words["organisation"][t.fold] || r.words["connector"][t.fold]:
			place = r.words["place"][t.fold] || place && r.words["connector"][t.fold]
			where = where || place
		case !capitalised(t.text) || imperative.MatchString(t.fold) || shouted && !place:
			return false
		default:
			unknown++
			place = place && unknown < 2
		}
	}
	return unknown <= 8
}

// deferred reports whether a word is one that puts a decision off.
func (r *signatureReader) deferred(word string) bool {
	return r.words["deferral"][word] && !r.words["beside"][word]
}

// nameLine reports whether the line is a name that somebody signs with.
func (r *signatureReader) nameLine(toks []token, prev, next string) bool {
	// "Cu stimă, Constantin Popa"
	closing := false
	i := 0
	for {
		i = skipSeparators(toks, i)
		end, _ := r.longest("closing", toks, i)
		if end == i {
			break
		}
		i, closing = end, true
	}
	known, unknown, title := 0, 0, false
	for _, t := range toks[i:] {
		switch {
		case t.kind == separator || t.fold == "|" || t.fold == "/":
		case r.names[t.fold] && !r.words["organisation"][t.fold]:
			known++
		case r.words["organisation"][t.fold]:
			title = true
		case r.words["connector"][t.fold] && !r.words["condition"][t.fold]:
		case r.nameWord(t):
			unknown++
		default:
			return false
		}
	}
	// An unknown name is one above a title. Without a title it is taken for one
	// only if the approver's is not known; in capitals, when everything looks
	// like a name, not even then.
	shouted := len(toks) > i && !strings.ContainsFunc(textOfTokens(toks[i:]), unicode.IsLower)
	titled := r.organisationLine(words([]string{next}))
	switch {
	case unknown == 0:
		return known > 0 || title
	case known > 0:
		return unknown <= 3
	case closing || r.endsWithClosing(prev):
		return unknown <= 4
	}
	return unknown >= 2 && unknown <= 4 && (titled || title && !shouted || !shouted && len(r.names) == 0)
}

func textOfTokens(toks []token) string {
	var b strings.Builder
	for _, t := range toks {
		b.WriteString(t.text)
		b.WriteByte(' ')
	}
	return b.String()
}

// endsWithClosing reports whether a line is a closing formula.
func (r *signatureReader) endsWithClosing(text string) bool {
	toks := words([]string{text})
	for i := range toks {
		end, _ := r.longest("closing", toks, i)
		if end > i && skipSeparators(toks, end) == len(toks) {
			return true
		}
	}
	return false
}

// spoken reports whether a word is one that the grammar decides by, so that it
// cannot be taken for a name.
func (r *signatureReader) spoken(word string) bool {
	for _, list := range []string{"approve", "weak", "refuse", "refuse alone", "condition", "manner", "request", "object", "go on",
		"deferral", "taking back", "right read", "right write", "right delete", "never in a signature", "sorry", "reason"} {
		if r.words[list][word] {
			return true
		}
	}
	return false
}

func capitalised(s string) bool {
	for _, r := range s {
		return unicode.IsUpper(r)
	}
	return false
}

// containsWords reports whether the words of part stand together in whole.
func containsWords(whole, part string) bool {
	return strings.Contains(" "+whole+" ", " "+part+" ")
}
