package reply

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// anotherWeekday reports whether a weekday is named that is not the day's.
func (d *decider) anotherWeekday(toks []token, day time.Time) bool {
	return slices.ContainsFunc(toks, func(t token) bool {
		weekday, ok := weekdayNumbers[t.fold]
		return ok && !day.IsZero() && weekday != day.Weekday()
	})
}

// periodIn finds a month, a year or a week that is named without a day, and is
// its first day: "din ianuarie", "de la anul", "de săptămâna viitoare". (Folded words
// have no doubled letters.)
func (d *decider) periodIn(toks []token, understood []bool) time.Time {
	if d.in.Today.IsZero() {
		return time.Time{}
	}
	year, month, day := d.in.Today.Date()
	date := func(y int, m time.Month, dd int) time.Time { return time.Date(y, m, dd, 0, 0, 0, 0, time.UTC) }
	for i, t := range toks {
		next := ""
		if i+1 < len(toks) {
			next = toks[i+1].fold
		}
		switch {
		case t.fold == "anul" && (next == "vitor" || i > 0 && toks[i-1].fold == "la"):
			understood[i] = true
			if next == "vitor" {
				understood[i+1] = true
			}
			return date(year+1, time.January, 1)
		case t.fold == "luna" && next == "vitoare":
			understood[i], understood[i+1] = true, true
			return date(year, month+1, 1)
		case t.fold == "saptamana" && next == "vitoare":
			understood[i], understood[i+1] = true, true
			today := date(year, month, day)
			return today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
		case t.kind == numeral && len(t.fold) == 4 && i > 0 && (toks[i-1].fold == "din" || toks[i-1].fold == "anul"):
			if y, err := strconv.Atoi(t.fold); err == nil && y > year && y < 2100 {
				understood[i] = true
				return date(y, time.January, 1)
			}
		case t.kind == word && len(t.fold) > 3 && monthNumbers[t.fold] != 0:
			first := date(year, monthNumbers[t.fold], 1)
			if monthNumbers[t.fold] <= month {
				first = first.AddDate(1, 0, 0)
			}
			understood[i] = true
			if y, err := strconv.Atoi(next); err == nil && y >= year && y < 2100 {
				understood[i+1] = true
				first = date(y, monthNumbers[t.fold], 1)
			}
			return first
		}
	}
	return time.Time{}
}
