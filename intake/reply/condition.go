package reply

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
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
	// "Luni, 30 noiembrie" is one day.
	w.toks = slices.Clone(w.toks)
	for i := len(w.toks) - 2; i > 0; i-- {
		if _, weekday := weekdayNumbers[w.toks[i-1].fold]; weekday && w.toks[i].fold == "," && w.toks[i+1].kind == numeral {
			w.toks = slices.Delete(w.toks, i, i+1)
		}
	}
	var out []Condition
	open := false // the last condition ends in a name, and more may follow
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
			out, open = append(out, cond), strings.HasSuffix(read, "N")
		}
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
	dateWord    = 'D'
	withoutWord = 'W'
	onlyWord    = 'O'
	untilWord   = 'U'
	fromWord    = 'F'
)

// The orders in which a condition is understood. Where the names stand decides
// whom it concerns: "ștergere doar pentru Ion" is about all the others.
var (
	removeRightOrder = regexp.MustCompile(`^(?:[NSA]+(?:WR+)+|(?:WR+)+[NSA]*)$`)
	removeUserOrder  = regexp.MustCompile(`^(?:W[NS]+)+$`)
	onlyRightsOrder  = regexp.MustCompile(`^(?:[NSA]+OR+|OR+[NSA]*)$`)
	laterDateOrder   = regexp.MustCompile(`^F+D+$`)
	untilDateOrder   = regexp.MustCompile(`^UD+$`)
)

// withoutPhrases take away what they name. "De la" and the like only count
// before a date.
var (
	withoutPhrases = [][]string{{"fara"}, {"exceptand"}, {"minus"}, {"mai", "putin"}, {"cu", "exceptia"}, {"in", "afara", "de"}, {"in", "afara"},
		{"nu", "sunt", "de", "acord"}, {"nu", "aprob"}, {"nu", "si"}, {"nu"},
		{"eliminati"}, {"scoateti"}, {"scoateti-l"}, {"scoateti-o"}, {"excludeti"}}
	fromPhrases = [][]string{{"incepand"}, {"incepind"}, {"din"}, {"dupa"}, {"cu", "data", "de"}, {"de", "la"}, {"de", "pe"}, {"pe"}, {"la"}, {"de"}}
)

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
	c.Date, _ = d.dateIn(toks, dated)
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
	markPhrases(toks, what, withoutWord, withoutPhrases)
	markPhrases(toks, what, onlyWord, [][]string{{"doar"}, {"numai"}, {"exclusiv"}, {"strict"}})
	if bytes.IndexByte(what, dateWord) >= 0 {
		markPhrases(toks, what, untilWord, [][]string{{"pana", "la"}, {"pana", "in"}, {"pana", "pe"}, {"pana"}, {"pina", "la"}, {"pina"}})
		markPhrases(toks, what, fromWord, fromPhrases)
	}
	markPhrases(toks, what, allWord, [][]string{{"toti"}, {"toate"}, {"tuturor"}, {"toata", "lumea"}, {"oricine"}})
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
	case persons > len(c.Names), groups > 0 && !strings.ContainsAny(read, "NSA"):
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

// anotherWeekday reports whether a weekday is named that is not the day's.
func (d *decider) anotherWeekday(toks []token, day time.Time) bool {
	return slices.ContainsFunc(toks, func(t token) bool {
		weekday, ok := weekdayNumbers[t.fold]
		return ok && !day.IsZero() && weekday != day.Weekday()
	})
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

var monthNumbers = map[string]time.Month{
	"ianuarie": 1, "februarie": 2, "martie": 3, "aprilie": 4, "mai": 5, "iunie": 6, "iulie": 7, "august": 8, "septembrie": 9, "octombrie": 10, "noiembrie": 11, "decembrie": 12,
	"ian": 1, "feb": 2, "mar": 3, "apr": 4, "iun": 6, "iul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "noi": 11, "nov": 11, "dec": 12,
}

var weekdayNumbers = map[string]time.Weekday{"luni": 1, "marti": 2, "miercuri": 3, "joi": 4, "vineri": 5, "sambata": 6, "simbata": 6, "duminica": 0}

// dateIn finds a day: "1 ianuarie 2027", "01.01.2027", and, from today on,
// "1 ianuarie", "01.01", "luni", "mâine". found is true also for a day that
// needs to know today, where today is not known.
func (d *decider) dateIn(toks []token, understood []bool) (day time.Time, found bool) {
	y, m, dd := d.in.Today.Date()
	today := time.Date(y, m, dd, 0, 0, 0, 0, time.UTC)
	// next is the first such day from today on.
	next := func(month time.Month, day int) time.Time {
		if d.in.Today.IsZero() {
			return time.Time{}
		}
		for year := today.Year(); year < today.Year()+8; year++ {
			if t := valid(year, month, day); !t.IsZero() && !t.Before(today) {
				return t
			}
		}
		return time.Time{}
	}
	for i, t := range toks {
		if t.kind == numeral {
			if i+1 < len(toks) && monthNumbers[toks[i+1].fold] != 0 {
				n, err := strconv.Atoi(strings.TrimSuffix(t.fold, "-a"))
				if err != nil {
					continue
				}
				understood[i], understood[i+1] = true, true
				if i+2 < len(toks) && toks[i+2].kind == numeral {
					if year, err := strconv.Atoi(toks[i+2].fold); err == nil && year > 2000 && year < 2100 {
						understood[i+2] = true
						day := valid(year, monthNumbers[toks[i+1].fold], n)
						return day, true
					}
				}
				return next(monthNumbers[toks[i+1].fold], n), true
			}
			for _, layout := range []string{"2.1.2006", "2/1/2006", "2-1-2006", "2006-01-02", "2.1.06"} {
				if day, err := time.Parse(layout, t.fold); err == nil {
					understood[i] = true
					return day, true
				}
			}
			if day, err := time.Parse("2.1", t.fold); err == nil {
				understood[i] = true
				return next(day.Month(), day.Day()), true
			}
			continue
		}
		weekday, ok := weekdayNumbers[t.fold]
		switch {
		case ok && i+1 < len(toks) && toks[i+1].kind == numeral:
			understood[i] = true // "luni, 30 noiembrie": the date says it
		case ok:
			understood[i] = true
			if d.in.Today.IsZero() {
				return time.Time{}, true
			}
			ahead := (int(weekday) - int(today.Weekday()) + 7) % 7
			if ahead == 0 {
				ahead = 7
			}
			return today.AddDate(0, 0, ahead), true
		case t.fold == "maine":
			understood[i] = true
			if d.in.Today.IsZero() {
				return time.Time{}, true
			}
			return today.AddDate(0, 0, 1), true
		}
	}
	return time.Time{}, false
}

// valid is that day, or zero where there is no such one: 31 februarie.
func valid(year int, month time.Month, day int) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || t.Month() != month {
		return time.Time{}
	}
	return t
}
