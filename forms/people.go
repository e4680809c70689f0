package forms

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// role is what a table's header says its column holds.
type role uint8

const (
	anything role = iota
	numberRole
	nameRole
	emailRole
	rightsRole
	readRole
	writeRole
	deleteRole
	otherRole
	sharedRole // not a column: rights stated for several people at once
)

// piece is a line of a cell that says something about a person.
type piece struct {
	text string
	cell string
	role role
}

// person is a user as read, with the cells that say so and what is wrong there.
type person struct {
	User
	cell                            string // of the whole entry: the address if there is one
	nameCell, emailCell, rightsCell string
	nameWhy, emailWhy, rightsWhy    Why
	written                         string // the address as written, where it is not usable
}

// segment is a stretch of a line between separators.
type segment struct {
	text  string
	piece piece
	glued bool // stood before an address with only a space between
}

// readPerson reads one entry of a list of users. ok is false when there is
// nobody in it.
func readPerson(pieces []piece) (p person, ok bool) {
	var names, rights []segment
	var addresses []segment
	var spaced bool
	ticks, ticked := Rights(0), false
	var shared Rights
	sharedCell, refused := "", false
	for _, pc := range pieces {
		if pc.role == anything || pc.role == rightsRole {
			after := strings.LastIndexByte(pc.text, '@') + 1
			if r, begin, used, understood := markedRights(pc.text[after:]); used {
				if ticks |= r; !understood {
					p.rightsWhy = Invalid
				}
				p.rightsCell = pc.cell
				if pc.text = pc.text[:after+begin]; filler(pc.text) {
					continue
				}
			}
		}
		switch pc.role {
		case sharedRole:
			if shared == 0 {
				shared, _ = ParseRights(strings.Split(pc.text, ","))
				sharedCell = pc.cell
			}
			continue
		case numberRole, otherRole:
			if pc.role == otherRole && strings.Contains(pc.text, "@") {
				break
			}
			continue
		case readRole, writeRole, deleteRole:
			right := Rights(1) << (pc.role - readRole)
			set, understood := tick(pc.text, right)
			if !understood {
				p.rightsWhy, p.rightsCell = Invalid, pc.cell
			}
			if set {
				ticks |= right
			}
			ticked = ticked || set
			refused = refused || !set && !filler(pc.text)
			continue
		case nameRole:
			// All of the cell is the name, commas and hyphens included.
			if !strings.Contains(pc.text, "@") {
				if t := strings.TrimSpace(stripNumber(pc.text)); letters(t) > 0 && !filler(t) {
					names = append(names, segment{text: t, piece: pc})
				}
				continue
			}
		case rightsRole:
			if !filler(pc.text) && !strings.Contains(pc.text, "@") {
				rights = append(rights, segment{text: pc.text, piece: pc})
				continue
			}
		}
		for _, s := range segments(stripNumber(pc.text)) {
			s.piece = pc
			if at := strings.IndexByte(s.text, '@'); at < 0 {
				names, rights = sortSegment(s, names, rights)
				continue
			}
			for {
				from, to := addressIn(s.text)
				if from < 0 {
					names, rights = sortSegment(s, names, rights)
					break
				}
				before, address, after := s.text[:from], s.text[from:to], s.text[to:]
				before, address = partHyphen(before, address)
				if b := dropLabels(dropTail(before)); b != "" && index([]string{"sau", "ori", "si"}, fold(b), true) < 0 {
					if namesRights(b) && !looksNamed(b) {
						rights = append(rights, segment{text: b, piece: pc})
					} else {
						names = append(names, segment{text: b, piece: pc, glued: true})
					}
				}
				addresses = append(addresses, segment{text: address, piece: pc})
				if goesOnBeyondGap(after) || strings.HasSuffix(strings.TrimSpace(before), ".") && !strings.Contains(strings.TrimSpace(before), " ") {
					spaced = true
				}
				s.text = after
				if filler(after) {
					break
				}
			}
		}
	}

	// the address
	for i, a := range addresses {
		if i > 0 && strings.EqualFold(a.text, addresses[0].text) {
			continue
		}
		switch {
		case i > 0:
			p.emailWhy = Ambiguous
		case !plausible(a.text):
			p.emailWhy = Invalid
		default:
			p.Email = a.text
		}
		p.written = strings.TrimSpace(p.written + " " + a.text)
		p.emailCell = addresses[0].piece.cell
	}
	if spaced && p.emailWhy == "" {
		p.emailWhy = Invalid
	}

	// the name: what stands apart from the address, if anything does
	titled := slices.ContainsFunc(names, func(n segment) bool { return n.piece.role == nameRole && !n.glued })
	glued, named := -1, -1
	for i, n := range names {
		switch {
		case n.glued:
			if glued < 0 {
				glued = i
			}
		case n.piece.role == emailRole && (titled || len(addresses) == 0):
		case named < 0, !titled && looksNamed(n.text) && !looksNamed(names[named].text):
			named = i // "inspector, Ana Pop": the name is the one with capitals
		}
	}
	if named >= 0 {
		p.Name, p.nameCell = names[named].text, names[named].piece.cell
	}
	for i, n := range names {
		// Two name columns, "Nume" and "Prenume".
		if i > 0 && n.piece.role == nameRole && names[0].piece.role == nameRole && n.piece.cell != p.nameCell && names[0].piece.cell == p.nameCell {
			p.Name += " " + n.text
		}
		if n.piece.role == emailRole && len(addresses) == 0 && p.emailWhy == "" {
			p.emailWhy, p.emailCell, p.written = Invalid, n.piece.cell, n.text
		}
	}
	if glued >= 0 {
		g := names[glued]
		switch {
		case p.Name != "" && looksNamed(g.text):
			if !looksNamed(p.Name) {
				p.Name, p.nameCell = g.text, g.piece.cell
			}
		case p.Name != "" && g.piece.role != nameRole && fold(g.text) != fold(p.Name):
			// "maria zamfir@spital.test" beside the name: a space within the address
			p.emailWhy, p.written = Invalid, g.text+" "+p.written
		case p.Name == "":
			p.Name, p.nameCell = g.text, g.piece.cell
			if first, last := lowerTail(g.text); last != "" {
				p.Name = first
				p.emailWhy, p.written = Invalid, last+" "+p.written
			}
		}
	}
	if len(addresses) == 0 && p.emailWhy == "" {
		// "ion.popescu.spital.ro", "ion.popescu (at) spital.ro"
		for i, n := range names {
			if i != named && addressWithoutAt(n.text) {
				p.emailWhy, p.emailCell, p.written = Invalid, n.piece.cell, n.text
				break
			}
		}
	}
	if p.emailWhy != "" {
		p.Email = ""
	}

	// the rights
	var said []string
	for _, r := range rights {
		said = append(said, r.text)
		if p.rightsCell == "" {
			p.rightsCell = r.piece.cell
		}
	}
	if len(said) > 0 {
		if r, understood := readRights(strings.Join(said, ", ")); understood {
			p.Rights |= r
		} else if saidNone := slices.IndexFunc(said, func(s string) bool { _, none := noRights(s); return !none }) < 0; !saidNone {
			p.rightsWhy = Invalid
		}
	}
	p.Rights |= ticks
	if p.Rights == 0 && p.rightsWhy == "" && len(said) == 0 && !refused && shared != 0 {
		p.Rights, p.rightsCell = shared, sharedCell
	}
	if p.rightsWhy != "" {
		p.Rights = 0
	}
	if p.Name == "" && p.emailWhy == "" && p.Email == "" {
		return person{}, false
	}
	return p, true
}

// goesOnBeyondGap tells "ion@spital .test" from an address at the end of a sentence.
func goesOnBeyondGap(after string) bool {
	rest, dot := strings.CutPrefix(strings.TrimSpace(after), ".")
	next, _ := utf8.DecodeRuneInString(rest)
	return dot && (unicode.IsLetter(next) || unicode.IsDigit(next))
}

// noRights: "-", "niciunul".
func noRights(s string) (string, bool) {
	t := strings.Trim(fold(s), " .")
	return t, t == "" || t == "-" || t == "niciunul" || t == "fara" || t == "nu"
}

// sortSegment puts text without an address where it belongs.
func sortSegment(s segment, names, rights []segment) ([]segment, []segment) {
	s.text = dropLabels(s.text)
	switch {
	case s.text == "" || letters(s.text) < 2 && !namesRights(s.text):
	case s.piece.role != nameRole && namesRights(s.text):
		rights = append(rights, s)
	case letters(s.text) < 2:
	default:
		names = append(names, s)
	}
	return names, rights
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// looksNamed: two capitalised words or more, as a name has.
func looksNamed(s string) bool {
	n := 0
	for _, w := range strings.Fields(s) {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
			n++
		}
	}
	return n >= 2
}

// lowerTail parts "Maria Zamfir maria" where the last word is no name any more
// but the beginning of an address with a space in it.
func lowerTail(s string) (first, last string) {
	list := strings.Fields(s)
	n := len(list) - 1
	if n < 1 {
		return s, ""
	}
	r, _ := utf8.DecodeRuneInString(s)
	l, _ := utf8.DecodeRuneInString(list[n])
	repeats := slices.ContainsFunc(list[:n], func(w string) bool { return fold(w) == fold(list[n]) })
	if unicode.IsUpper(r) && unicode.IsLower(l) && (repeats || n >= 2) {
		return strings.Join(list[:n], " "), list[n]
	}
	return s, ""
}

// segments parts a line at what people put between a name, an address and rights.
func segments(s string) []segment {
	s = strings.ReplaceAll(s, "mailto:", " ")
	s = strings.ReplaceAll(s, "MAILTO:", " ")
	var list []segment
	from := 0
	add := func(to int) {
		if t := trimLine(s[from:to]); t != "" {
			list = append(list, segment{text: t})
		}
	}
	for i, r := range s {
		cut := strings.ContainsRune(",;|<>()[]:\t–—=→", r)
		if r == '-' {
			before := i == 0 || s[i-1] == ' '
			after := i+1 == len(s) || s[i+1] == ' '
			cut = before || after
		}
		if cut {
			add(i)
			from = i + utf8.RuneLen(r)
		}
	}
	add(len(s))
	return list
}

// stripNumber cuts "1.", "2)", "3.....", "a)", a bullet and the like from the front.
func stripNumber(s string) string {
	s = strings.TrimLeft(s, " \t•*·▪◦●■►➢→\uf0b7\uf0a7")
	t := strings.TrimLeft(s, "–-(")
	if i := strings.IndexByte(t, ')'); i > 0 && i <= 4 && (i == 1 && letters(t[:i]) == 1 || slices.Contains(romanMonths, fold(t[:i]))) {
		return strings.TrimLeft(t[i+1:], " .)-–:/\t…_") // "a)", "iv)"
	}
	n := 0
	for n < len(t) && n < 4 && t[n] >= '0' && t[n] <= '9' {
		n++
	}
	if n == 0 || n > 3 {
		return s
	}
	rest := t[n:]
	if rest != "" && !strings.ContainsAny(rest[:1], " .)-:/\t_") && !strings.HasPrefix(rest, "–") && !strings.HasPrefix(rest, "…") {
		return s
	}
	return strings.TrimLeft(rest, " .)-–:/\t…_")
}

var labelWords = []string{"email", "emailul", "mail", "e", "adresa", "adrese", "nume", "numele", "prenume", "drepturi", "drept", "acces", "tel", "telefon", "nr", "crt", "utilizator", "de"}

// dropLabels cuts "e-mail", "adresa de email" and the like from a segment's ends.
func dropLabels(s string) string {
	s = trimLine(strings.Trim(s, " \"'„”“/"))
	list := words(s, false)
	for _, w := range list {
		if index(labelWords, w.text, true) < 0 {
			// A label in front of what it names: "e-mail ion@…" has been cut before.
			return s
		}
	}
	return ""
}

// dropTail cuts the words that lead over to the address: "Ana Pop având adresa".
func dropTail(s string) string {
	for {
		t := strings.TrimRight(s, " :")
		i := strings.LastIndexByte(t, ' ')
		if i < 0 || t[i+1:] != strings.ToLower(t[i+1:]) || index(leadWords, fold(t[i+1:]), true) < 0 {
			return s
		}
		s = t[:i]
	}
}

var leadWords = []string{"avand", "cu", "adresa", "email", "e-mail", "mail", "de"}

// partHyphen parts "Ion Pop-ion.pop@spital.ro", where no space stands before the
// address: its first word is the end of the name, and it names the person again.
func partHyphen(before, address string) (string, string) {
	last, rest, ok := strings.Cut(address, "-")
	first, _ := utf8.DecodeRuneInString(last)
	next, _ := utf8.DecodeRuneInString(rest)
	if !ok || !unicode.IsUpper(first) || !unicode.IsLower(next) || letters(last) < 3 || strings.Contains(last, "@") || letters(before) < 2 {
		return before, address
	}
	local, _, _ := strings.Cut(fold(rest), "@")
	if !strings.Contains(local, fold(last)) {
		return before, address
	}
	return before + last, rest
}

// addressWithoutAt tells what was meant to be an address: one word in small
// letters with dots inside.
func addressWithoutAt(s string) bool {
	return strings.Contains(s, ".") && !strings.ContainsAny(s, " \t") && letters(s) >= 4 && s == strings.ToLower(s) &&
		!strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

func addressRune(r rune) bool {
	return !unicode.IsSpace(r) && !strings.ContainsRune(`<>()[],;:"|/\„”“`, r)
}

// addressIn finds the stretch around the first @ that could be an address.
func addressIn(s string) (from, to int) {
	at := strings.IndexByte(s, '@')
	if at < 0 {
		return -1, -1
	}
	from, to = at, at+1
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if !addressRune(r) {
			break
		}
		from -= n
	}
	for to < len(s) {
		r, n := utf8.DecodeRuneInString(s[to:])
		if !addressRune(r) {
			break
		}
		to += n
	}
	for to > at+1 && strings.ContainsRune(".'*-_", rune(s[to-1])) {
		to--
	}
	for from < at && strings.ContainsRune("'*", rune(s[from])) {
		from++
	}
	return from, to
}

// plausible reports whether an address could be written to: an addr-spec of RFC
// 5322, 3.4.1 with a dot-atom on both sides, all ASCII (without SMTPUTF8 no other
// gets through), the domain by RFC 1035 and with a top-level domain.
func plausible(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(local) == 0 || len(local) > 64 || len(domain) > 253 {
		return false
	}
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.Trim(atom, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-=?^_`{|}~") != "" {
			return false
		}
		for i := range len(atom) {
			if c := atom[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),:;<>@[\]`, c) >= 0 {
				return false
			}
		}
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := range len(l) {
			if c := l[i] | 0x20; (c < 'a' || c > 'z') && (l[i] < '0' || l[i] > '9') && l[i] != '-' {
				return false
			}
		}
	}
	top := strings.ToLower(labels[len(labels)-1])
	return len(top) >= 2 && !onlyDigits(top) && top != "con" // ".con" is the commonest slip of all
}
