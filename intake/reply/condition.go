package reply

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ConditionKind says what a condition asks for.
type ConditionKind string

const (
	RemoveRight ConditionKind = "remove_right" // Rights are not to be given, to Names or to all
	RemoveUser  ConditionKind = "remove_user"  // Names are not to have access
	ReadOnly    ConditionKind = "read_only"    // reading only, for Names or for all
	LaterDate   ConditionKind = "later_date"   // not before Date
	UntilDate   ConditionKind = "until_date"   // until Date
	Keep        ConditionKind = "keep"         // Names have what the form asks for
	OtherKind   ConditionKind = "other"        // anything else: only its Words are known
)

// Condition is one condition of a conditional yes. All of them together are
// everything that was written beside the yes and courtesy: a plan changed by
// them, none being OtherKind, is what the writer asked for, as far as it was
// understood. It is for asking again, never for acting upon.
type Condition struct {
	Kind   ConditionKind
	Words  string    // as written
	Rights []string  // "read", "write", "delete": those that RemoveRight takes away
	Names  []string  // whom it concerns, as Input.People has them, else as written
	Sides  []string  // whom it concerns as well: everybody of the "partner" or "internal" side
	Others bool      // it concerns everybody but those
	Date   time.Time // midnight UTC of the day; zero: no day was recognised
}

// Everybody reports whether the condition names nobody, so that it concerns all.
func (c Condition) Everybody() bool { return len(c.Names)+len(c.Sides) == 0 }

var allRights = []string{"read", "write", "delete"}

// conditions takes what stands beside the yes apart, clause by clause.
func (d *decider) conditions(w written) []Condition {
	if w.inline {
		// What stands between quoted lines is about them; which, we cannot know.
		return []Condition{{Kind: OtherKind, Words: textOf(w.raw, w.toks, 0, len(w.toks))}}
	}
	// "Luni, 30 noiembrie" is one day, and "În rest, doar citire" one condition.
	w.toks = slices.Clone(w.toks)
	for i := len(w.toks) - 2; i > 0; i-- {
		_, weekday := weekdayNumbers[w.toks[i-1].fold]
		weekday = weekday && w.toks[i+1].kind == numeral
		inRest := i > 1 && w.toks[i-1].fold == "rest" && w.toks[i-2].fold == "in"
		if (weekday || inRest) && w.toks[i].fold == "," {
			w.toks = slices.Delete(w.toks, i, i+1)
		}
	}
	var out []Condition
	var rest []int // the conditions that concern those whom the others do not name
	open := false  // the last condition ends in a name, and more may follow
	for _, c := range d.clauses(w.toks) {
		from, to := c[0], c[1]
		parts := d.parts(w.toks, from, to)
		if parts == nil {
			cond, read := d.condition(w.toks[from:to])
			cond.Words = textOf(w.raw, w.toks, from, to)
			// "fără ștergere pentru Andrei Dobre, Maria Pop": the names go on.
			if strings.Trim(read, "N") == "" && open && w.toks[from-1].fold == "," {
				last := &out[len(out)-1]
				last.Names = append(last.Names, cond.Names...)
				last.Words += ", " + cond.Words
				continue
			}
			out, open = append(out, Condition{Kind: OtherKind, Words: cond.Words}), false
			continue
		}
		for _, p := range parts {
			cond, read := d.condition(w.toks[p[0]:p[1]])
			cond.Words = textOf(w.raw, w.toks, p[0], p[1])
			if strings.ContainsRune(read, restWord) {
				rest = append(rest, len(out))
			}
			out, open = append(out, cond), strings.HasSuffix(read, "N")
		}
	}
	for _, i := range rest {
		c := Condition{Kind: out[i].Kind, Words: out[i].Words, Rights: out[i].Rights, Others: true}
		for k, other := range out {
			if !slices.Contains(rest, k) && !other.Others {
				c.Names = append(c.Names, other.Names...)
				c.Sides = append(c.Sides, other.Sides...)
			}
		}
		if c.Everybody() || len(out[i].Names)+len(out[i].Sides) > 0 {
			c = Condition{Kind: OtherKind, Words: c.Words} // the rest of whom?
		}
		out[i] = c
	}
	return out
}

// parts parts a clause into stretches that are each one condition: the whole
// of it, or what stands around an "și"; nil if there is no such way.
func (d *decider) parts(toks []token, from, to int) [][2]int {
	if cond, _ := d.condition(toks[from:to]); cond.Kind != "" {
		return [][2]int{{from, to}}
	}
	for i := from + 1; i < to-1; i++ {
		if toks[i].fold != "si" && toks[i].fold != "iar" {
			continue
		}
		if cond, _ := d.condition(toks[from:i]); cond.Kind == "" {
			continue
		}
		if rest := d.parts(toks, i+1, to); rest != nil {
			return append([][2]int{{from, i}}, rest...)
		}
	}
	return nil
}

// clauses are the stretches between marks, without the yes and courtesy.
func (d *decider) clauses(toks []token) [][2]int {
	var out [][2]int
	for i := 0; i < len(toks); {
		if toks[i].kind == separator {
			i++
			continue
		}
		if clauseStart(toks, i) || len(out) == 0 {
			skipped := i
			for _, list := range []string{"approve", "weak", "courtesy", "all is well", "between conditions", "go on"} {
				end, p := d.longest(list, toks, i)
				// "de acord" goes on in "de acord cu…", courtesy in nothing.
				if p != nil && (list == "approve" || end == len(toks) || toks[end].kind == separator || toks[end].breakBefore > 0) {
					skipped = max(skipped, end)
				}
			}
			if skipped > i {
				i = skipped
				continue
			}
		}
		end := i
		for end < len(toks) && (end == i || toks[end].kind != separator && toks[end].breakBefore < 2 &&
			!(toks[end].breakBefore > 0 && d.onlyCourtesy(toks[end:]))) {
			end++
		}
		out = append(out, [2]int{i, end})
		i = end
	}
	return out
}

// What a word of a clause is, as letters, so that the order of them can be
// compared with patterns; a blank is a word that only joins the others.
const (
	unknownWord = '?'
	joinWord    = ' '
	rightWord   = 'R'
	nameWord    = 'N' // the first word of a name; the others join
	sideWord    = 'S'
	allWord     = 'A'
	restWord    = 'E' // "ceilalți"
	askedWord   = 'T' // "toate drepturile"
	dateWord    = 'D'
	withoutWord = 'W'
	onlyWord    = 'O'
	untilWord   = 'U'
	fromWord    = 'F'
)

// The orders in which a condition is understood. Where the names stand decides
// whom it concerns: "ștergere doar pentru Ion" is about all the others.
var (
	removeRightOrder = regexp.MustCompile(`^(?:[NSAE]+(?:WR+)+|(?:WR+)+[NSAE]*)$`)
	removeUserOrder  = regexp.MustCompile(`^(?:(?:W[NSE]+)+|[NSE]+W)$`)
	onlyTheseOrder   = regexp.MustCompile(`^O[NS]+$`)
	onlyRightsOrder  = regexp.MustCompile(`^(?:[NSAE]+OR+|OR+[NSAE]*|ER+)$`)
	onlyTheyOrder    = regexp.MustCompile(`^(?:R+O[NS]+|O[NS]+R+)$`) // "ștergere doar pentru Ion"
	keepOrder        = regexp.MustCompile(`^[NS]+T$`)
	laterDateOrder   = regexp.MustCompile(`^F+D+$`)
	untilDateOrder   = regexp.MustCompile(`^UD+$`)
)

// withoutPhrases take away what they name. "De la" and the like only count
// before a date.
var (
	withoutPhrases = phrases("fara", "exceptand", "minus", "mai putin", "cu exceptia", "in afara de", "in afara", "nu sunt de acord", "nu aprob", "nu si", "nu",
		"eliminati", "scoateti", "scoateti-l", "scoateti-o", "excludeti", "stergeti-l", "stergeti-o", "retrageti", "retrageti-i", "luati", "luati-i", "ii luati", "ii retrageti")
	onlyPhrases  = phrases("doar", "numai", "exclusiv", "strict")
	allPhrases   = phrases("toti", "toate", "tuturor", "toata lumea", "oricine", "nimeni", "nimanui")
	restPhrases  = phrases("restul", "in rest", "ceilalti", "celelalte", "celorlalti")
	askedPhrases = phrases("totul", "tot", "toate drepturile", "drepturi depline", "drepturile cerute", "drepturile solicitate")
	untilPhrases = phrases("pana la", "pana in", "pana pe", "pana", "pina la", "pina")
	fromPhrases  = phrases("nu inainte de", "nu mai devreme de", "cel mai devreme", "abia din", "abia de la", "abia la", "abia pe", "abia", "incepand", "incepind", "din", "dupa", "cu data de", "de la", "de pe", "pe", "la", "de", "in")
)

// phrases are the words of each of them.
func phrases(texts ...string) [][]string {
	var list [][]string
	for _, text := range texts {
		list = append(list, strings.Fields(text))
	}
	return list
}

// condition recognises a stretch of words as one condition; Kind is empty if
// it says anything else besides. read is what its words are, one letter each
// without those that only join.
func (d *decider) condition(toks []token) (c Condition, read string) {
	what := make([]byte, len(toks))
	for i := range what {
		what[i] = unknownWord
	}
	var rights []string
	for i, t := range toks {
		for k, list := range []string{"right read", "right write", "right delete"} {
			if d.words[list][t.fold] {
				what[i] = rightWord
				if !slices.Contains(rights, allRights[k]) {
					rights = append(rights, allRights[k])
				}
			}
		}
	}
	c.Names = d.namesIn(toks, what)
	dated := make([]bool, len(toks))
	found := false
	if c.Date, found = d.dateIn(toks, dated); !found {
		c.Date = d.periodIn(toks, dated)
	}
	for i, is := range dated {
		if is && what[i] == unknownWord {
			what[i] = dateWord
		}
	}
	for i, t := range toks {
		for k, list := range []string{"side partner", "side internal"} {
			if what[i] == unknownWord && d.words[list][t.fold] {
				what[i] = sideWord
				if side := []string{"partner", "internal"}[k]; !slices.Contains(c.Sides, side) {
					c.Sides = append(c.Sides, side)
				}
			}
		}
	}
	if bytes.IndexByte(what, dateWord) >= 0 {
		markPhrases(toks, what, untilWord, untilPhrases)
		markPhrases(toks, what, fromWord, fromPhrases)
	}
	markPhrases(toks, what, withoutWord, withoutPhrases)
	markPhrases(toks, what, onlyWord, onlyPhrases)
	markPhrases(toks, what, restWord, restPhrases)
	markPhrases(toks, what, askedWord, askedPhrases)
	markPhrases(toks, what, allWord, allPhrases)
	persons, groups := 0, 0
	for i, t := range toks {
		switch {
		case what[i] != unknownWord:
		case d.words["beside"][t.fold]:
			what[i] = joinWord
		case d.words["a person"][t.fold]:
			what[i] = joinWord
			persons++
		case d.words["several persons"][t.fold]:
			what[i] = joinWord
			groups++
		}
	}
	read = strings.ReplaceAll(string(what), string(joinWord), "")
	switch {
	case strings.ContainsRune(read, unknownWord):
		return Condition{}, read
	case persons > len(c.Names), groups > 0 && !strings.ContainsAny(read, "NSAE"):
		return Condition{}, read // somebody else is meant
	case strings.Contains(read, "A") && len(c.Names) > 0:
		return Condition{}, read
	case len(toks) > 0 && slices.Contains([]string{"pentru", "pt", "ptr", "lui", "cu", "de", "la", "pe"}, toks[len(toks)-1].fold):
		return Condition{}, read // whom or what it concerns stands elsewhere
	case d.anotherWeekday(toks, c.Date):
		return Condition{}, read
	}
	switch {
	case untilDateOrder.MatchString(read):
		c.Kind = UntilDate
	case laterDateOrder.MatchString(read):
		c.Kind = LaterDate
	case keepOrder.MatchString(read):
		c.Kind = Keep
	case onlyTheseOrder.MatchString(read):
		c.Kind, c.Others = RemoveUser, true
	case onlyTheyOrder.MatchString(read) && !slices.Contains(rights, "read"):
		c.Kind, c.Rights, c.Others = RemoveRight, ordered(rights), true
	case removeRightOrder.MatchString(read):
		c.Kind, c.Rights = RemoveRight, ordered(rights)
	case removeUserOrder.MatchString(read):
		c.Kind = RemoveUser
	case onlyRightsOrder.MatchString(read) && slices.Contains(rights, "read") && len(rights) < len(allRights):
		if c.Kind = ReadOnly; len(rights) > 1 {
			c.Kind = RemoveRight
			c.Rights = slices.DeleteFunc(slices.Clone(allRights), func(r string) bool { return slices.Contains(rights, r) })
		}
	}
	return c, read
}

// markPhrases marks the first word of each phrase found among the words that
// are not known yet; its other words join.
func markPhrases(toks []token, what []byte, as byte, phrases [][]string) {
	for i := range toks {
		for _, phrase := range phrases {
			if i+len(phrase) > len(toks) {
				continue
			}
			match := true
			for k, w := range phrase {
				match = match && what[i+k] == unknownWord && toks[i+k].fold == w
			}
			if match {
				for k := range phrase {
					what[i+k] = joinWord
				}
				what[i] = as
				break
			}
		}
	}
}

func ordered(rights []string) []string {
	var out []string
	for _, r := range allRights {
		if slices.Contains(rights, r) {
			out = append(out, r)
		}
	}
	return out
}

// namesIn finds the users that are named: by any part of the name that no other
// user has, or, where the form is not known, by what looks like a name.
func (d *decider) namesIn(toks []token, what []byte) []string {
	var names []string
	after := -1 // where the last name ended
	for i := 0; i < len(toks); {
		best, end, ambiguous := "", i, false
		for _, person := range d.in.People {
			ends := wordsOf([]string{person}, toks, i, 1, inflected)
			if len(ends) == 0 {
				continue
			}
			switch e := ends[len(ends)-1]; {
			case e > end:
				best, end, ambiguous = person, e, false
			case e == end && person != best:
				ambiguous = true
			}
		}
		if len(d.in.People) == 0 {
			sig := signatureReader{matcher: d.matcher}
			for end < len(toks) && toks[end].kind == word && capitalised(toks[end].text) && !sig.spoken(toks[end].fold) && !d.words["beside"][toks[end].fold] {
				end++
			}
			if end >= i+1 {
				var parts []string
				for _, t := range toks[i:end] {
					parts = append(parts, t.text)
				}
				best = strings.Join(parts, " ")
			}
		}
		// "de" and "la" are words of some names, and say nothing by themselves.
		telling := slices.ContainsFunc(toks[i:end], func(t token) bool {
			return !d.words["beside"][t.fold] && !d.words["condition"][t.fold] && monthNumbers[t.fold] == 0
		})
		// "Elena Marin" is neither Elena Dobre nor Marin Ionescu, nor both.
		known := slices.ContainsFunc(what[i:end], func(w byte) bool { return w != unknownWord })
		if best == "" || ambiguous || !telling || i == after || known {
			i++
			continue
		}
		if !slices.Contains(names, best) {
			names = append(names, best)
		}
		what[i], after = nameWord, end
		for i++; i < end; i++ {
			what[i] = joinWord
		}
	}
	return names
}
