package reply

import (
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
	Names  []string  // whom it concerns, as Input.People has them, else as written; empty: everybody
	Date   time.Time // midnight UTC of the day; zero: no day was recognised
}

var allRights = []string{"read", "write", "delete"}

// conditions takes what stands beside the yes apart, clause by clause.
func (d *decider) conditions(raw []string, toks []token) []Condition {
	var out []Condition
	for _, c := range d.clauses(toks) {
		from, to := c[0], c[1]
		cond := d.condition(toks[from:to])
		cond.Words = textOf(raw, toks, from, to)
		// "fără ștergere pentru Andrei Dobre, Maria Pop": the names go on.
		if last := len(out) - 1; cond.Kind == "" && last >= 0 && len(out[last].Names) > 0 && len(cond.Names) > 0 {
			out[last].Names = append(out[last].Names, cond.Names...)
			out[last].Words += ", " + cond.Words
			continue
		}
		if cond.Kind == "" {
			cond = Condition{Kind: OtherKind, Words: cond.Words}
		}
		out = append(out, cond)
	}
	return out
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
			for _, list := range []string{"approve", "weak", "courtesy", "sorry", "go on"} {
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

// condition recognises one clause; Kind is empty if it says something else.
func (d *decider) condition(toks []token) Condition {
	var c Condition
	var rights []string
	understood := make([]bool, len(toks))
	has := func(words ...string) bool {
		found := false
		for i, t := range toks {
			if slices.Contains(words, t.fold) {
				understood[i], found = true, true
			}
		}
		return found
	}
	phrase := func(words ...string) bool {
		for i := 0; i+len(words) <= len(toks); i++ {
			match := true
			for k, w := range words {
				match = match && toks[i+k].fold == w
			}
			if match {
				for k := range words {
					understood[i+k] = true
				}
				return true
			}
		}
		return false
	}
	for i, t := range toks {
		for k, list := range []string{"right read", "right write", "right delete"} {
			if d.words[list][t.fold] {
				understood[i] = true
				if !slices.Contains(rights, allRights[k]) {
					rights = append(rights, allRights[k])
				}
			}
		}
	}
	c.Names = d.namesIn(toks, understood)
	var dated bool
	c.Date, dated = d.dateIn(toks, understood)

	without := has("fara", "exceptand", "minus") || phrase("mai", "putin") || phrase("cu", "exceptia") || phrase("in", "afara", "de") || phrase("nu", "aprob") || phrase("nu", "si") || phrase("nu", "sunt", "de", "acord")
	only := has("doar", "numai", "exclusiv", "strict")
	until := has("pana", "pina")
	// "de la" and the like only count before a date.
	from := dated && !until && (has("din", "incepand", "incepind", "dupa") || phrase("de", "la") || phrase("de", "pe") || phrase("pe") || phrase("de") || phrase("cu", "data") || phrase("la"))

	switch {
	case dated && len(rights)+len(c.Names) == 0 && until && !without && !only:
		c.Kind = UntilDate
	case dated && len(rights)+len(c.Names) == 0 && from && !without:
		c.Kind = LaterDate
	case dated:
	case without && len(rights) > 0 && !only:
		c.Kind, c.Rights = RemoveRight, ordered(rights)
	case without && len(c.Names) > 0 && !only:
		c.Kind = RemoveUser
	case only && len(rights) == 1 && rights[0] == "read" && !without:
		c.Kind = ReadOnly
	case only && len(rights) > 0 && !without:
		c.Kind = RemoveRight
		for _, r := range allRights {
			if !slices.Contains(rights, r) {
				c.Rights = append(c.Rights, r)
			}
		}
		if len(c.Rights) == 0 {
			c.Kind = ""
		}
	}
	for i, t := range toks {
		if !understood[i] && !d.words["beside"][t.fold] {
			return Condition{}
		}
	}
	return c
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
func (d *decider) namesIn(toks []token, understood []bool) []string {
	var names []string
	for i := 0; i < len(toks); {
		best, end, ambiguous := "", i, false
		for _, person := range d.in.People {
			ends := wordsOf([]string{person}, toks, i, 1)
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
		if best == "" || ambiguous {
			i++
			continue
		}
		if !slices.Contains(names, best) {
			names = append(names, best)
		}
		for ; i < end; i++ {
			understood[i] = true
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
