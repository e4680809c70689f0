package forms

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"registratura/forms/workbook"
)

// Months and days of the week, as their folded beginnings: "dec", "decembrie",
// "decemb." all begin with "dec".
var monthNames = []string{"ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"}

var romanMonths = []string{"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"}

var weekdayNames = []string{"duminica", "luni", "marti", "miercuri", "joi", "vineri", "sambata"}

// dateNoise is what may stand around a day without making it another.
var dateNoise = []string{"data", "de", "din", "la", "cu", "incepand", "pe", "ziua", "anul", "a", "luna", "ora", "orele", "si", "r", "incepere", "dimineata"}

// readDate reads a day as people write it. why is empty when it is one, Missing
// where nothing is written, Ambiguous where it could be two.
func readDate(c *workbook.Cell, text string, date1904 bool, today Date) (d Date, why Why) {
	if c != nil {
		switch c.Kind {
		case workbook.Date:
			return DateOf(workbook.Day(c.Value)), ""
		case workbook.Number:
			v := c.Value
			if date1904 {
				v += 1462
			}
			// A day whose cell lost its date format: between 2000 and 2100.
			if v >= 36526 && v < 73051 {
				return DateOf(workbook.Day(v)), ""
			}
		case workbook.Error, workbook.Bool:
			return Date{}, Invalid
		}
	}
	if filler(text) {
		return Date{}, Missing
	}
	return parseDay(text, today)
}

// parseDay reads a day in words or numbers: "15.12.2026", "2026-12-15", "marți,
// 15 decembrie 2026", "15.XII.2026", "15 dec. a.c.".
func parseDay(text string, today Date) (Date, Why) {
	if len(text) > 200 {
		return Date{}, Invalid
	}
	folded := fold(text)
	folded = strings.ReplaceAll(folded, "a.c.", strconv.Itoa(today.Year))
	folded = strings.ReplaceAll(folded, "anul curent", strconv.Itoa(today.Year))
	if i := strings.IndexByte(folded, 't'); i == 10 && len(folded) >= 16 && folded[13] == ':' {
		folded = folded[:i] + " " + folded[i+1:] // 2026-12-15T00:00:00
	}
	folded = dropClock(apartDigits(folded))
	if n := strings.Trim(folded, " ."); len(n) == 8 && onlyDigits(n) {
		return day(atoi(n[:4]), atoi(n[4:6]), atoi(n[6:]))
	}
	var numbers []string
	month, weekday := 0, -1
	monthAt := -1
	slashes := strings.Count(folded, "/") == 2
	for _, w := range words(folded, true) {
		switch {
		case onlyDigits(w.text):
			numbers = append(numbers, w.text)
		case strings.HasSuffix(w.text, "ora"):
			return Date{}, Invalid
		default:
			if m := index(romanMonths, w.text, true); m >= 0 && len(numbers) == 1 && month == 0 {
				month, monthAt = m+1, len(numbers)
				continue
			}
			if d := index(weekdayNames, w.text, false); d >= 0 && weekday < 0 && (len(numbers) == 0 || len(numbers) >= 3 || month > 0) {
				weekday = d
				continue
			}
			if m := index(monthNames, w.text, false); m >= 0 && month == 0 {
				month, monthAt = m+1, len(numbers)
				continue
			}
			if index(dateNoise, w.text, true) < 0 {
				if len(numbers) >= 5 || len(numbers) >= 3 && index([]string{"sau", "ori", "pana"}, w.text, true) >= 0 {
					return Date{}, Ambiguous
				}
				if index([]string{"sau", "ori", "pana"}, w.text, true) < 0 || len(numbers) == 0 {
					return Date{}, Invalid
				}
			}
		}
	}
	var d Date
	var why Why
	switch {
	case len(numbers) > 3 || month > 0 && len(numbers) > 2:
		return Date{}, Ambiguous
	case month > 0 && len(numbers) == 2 && monthAt <= 1:
		d, why = day(year(numbers[1]), month, atoi(numbers[0]))
	case month == 0 && len(numbers) == 3 && len(numbers[0]) == 4:
		d, why = day(atoi(numbers[0]), atoi(numbers[1]), atoi(numbers[2]))
	case month == 0 && len(numbers) == 3:
		d, why = day(year(numbers[2]), atoi(numbers[1]), atoi(numbers[0]))
		if why != "" && slashes && len(numbers[2]) == 4 {
			// "12/15/2026", from a program set to English: it can mean nothing else.
			d, why = day(atoi(numbers[2]), atoi(numbers[0]), atoi(numbers[1]))
		}
	default:
		return Date{}, Invalid
	}
	if why == "" && weekday >= 0 && int(d.In(time.UTC).Weekday()) != weekday {
		return Date{}, Ambiguous
	}
	return d, why
}

// apartDigits puts a space between digits and letters: "15decembrie2026".
func apartDigits(s string) string {
	var b strings.Builder
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' }
	for i := range len(s) {
		if i > 0 && (digit(s[i]) && letter(s[i-1]) || letter(s[i]) && digit(s[i-1])) {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// dropClock cuts the time of day that programs add to a day.
func dropClock(s string) string {
	for _, hour := range []string{"ora ", "orele "} {
		if i := strings.Index(s, hour); i > 0 {
			return s[:i] // after the day: "ora 8", "orele 8:00"
		}
	}
	i := strings.IndexByte(s, ':')
	if i < 1 {
		return s
	}
	from := strings.LastIndexByte(s[:i], ' ')
	if from < 0 || !onlyDigits(s[from+1:i]) || i-from > 3 {
		return s
	}
	to := i
	for to < len(s) && (s[to] >= '0' && s[to] <= '9' || s[to] == ':' || s[to] == '.') {
		to++
	}
	return s[:from] + " " + s[to:]
}

func onlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// year reads a year of four digits, or of two in this century.
func year(s string) int {
	switch len(s) {
	case 4:
		return atoi(s)
	case 2:
		return 2000 + atoi(s)
	}
	return -1
}

func day(y, m, d int) (Date, Why) {
	if y < 1900 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31 {
		return Date{}, Invalid
	}
	if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); t.Day() == d {
		return DateOf(t), ""
	}
	return Date{}, Invalid
}

// index finds a word in a list; where not exact, an abbreviation of three
// letters or more, or a typing error, will do if it can mean only one word:
// "iulie" and "iunie" are one letter apart.
func index(list []string, w string, exact bool) int {
	if i := slices.Index(list, w); i >= 0 || exact {
		return i
	}
	for _, fits := range []func(name string) bool{
		func(name string) bool { return len(w) >= 3 && strings.HasPrefix(name, w) },
		func(name string) bool { return alike(name, w) },
	} {
		found := -1
		for i, name := range list {
			if fits(name) {
				if found >= 0 {
					return -1
				}
				found = i
			}
		}
		if found >= 0 {
			return found
		}
	}
	return -1
}
