package forms

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a legal basis says of its own end. A date alone says nothing: most are
// those of the act itself ("Protocol nr. 1204/03.02.2026").
var (
	basisDay = `(?:(\d{1,2}) ?[./-] ?(\d{1,2}) ?[./-] ?(\d{4})|(\d{4})-(\d{2})-(\d{2})|(\d{1,2}) (` + strings.Join(monthNames, "|") + `),? (?:anul )?(\d{4}))\b`
	// toDay stands between "până" and a date: "până la data de", "pana in ziua de".
	toDay = `(?:la|in|pe|cel tarziu)? ?(?:la |in |pe )?(?:data de|data|ziua de)? ?:? ?`

	basisEnds = []*regexp.Regexp{
		regexp.MustCompile(`\bpana ` + toDay + basisDay),
		regexp.MustCompile(`\b(?:expira|inceteaza|se incheie|ia sfarsit|iese din vigoare) ` + toDay + basisDay),
		regexp.MustCompile(`\b(?:valabilitate|valabilitatea|data expirarii|expirare|termen de valabilitate|data incetarii) ?:? ?` + toDay + basisDay),
	}
	basisRange = regexp.MustCompile(`\b(?:de la |din |intre |perioada |valabil(?:a|e)? )?(?:data de )?` + basisDay + ` ?(?:-|la|si|pana la|pana in) ?(?:data de )?` + basisDay)
	basisYears = regexp.MustCompile(`\b(?:perioada|valabil|valabila|anii|pentru anii) (?:de la |din )?(20\d\d) ?- ?(20\d\d)\b`)
	// lastOfYear: "până la sfârșitul anului 2027".
	lastOfYear = regexp.MustCompile(`\bpana la (?:sfarsitul|finalul|finele|capatul) (?:anului )?(20\d\d)\b`)

	// notItsEnd are words before "până la" that make it the date of something else.
	notItsEnd = regexp.MustCompile(`(?:modific|complet|actualiz|republic|consolid|rectific|prelung|deconta|raporta|transmi)\w*[^.;]*$`)
)

// maxBasis bounds how much of a legal basis is looked at, in bytes.
const maxBasis = 4000

// BasisEnd is the last day on which a legal basis is in force by its own words
// ("valabil până la 31.12.2027", "01.01.2026 – 31.12.2026"). It reports false
// where the words name none, or several; it never guesses.
func BasisEnd(text string) (Date, bool) {
	if len(text) > maxBasis {
		return Date{}, false
	}
	folded := strings.NewReplacer("–", "-", "—", "-", "‑", "-", "−", "-").Replace(fold(text))
	var ends []Date
	found := func(d Date, ok bool) {
		if !ok {
			return
		}
		for _, e := range ends {
			if e == d {
				return
			}
		}
		ends = append(ends, d)
	}
	for _, m := range basisRange.FindAllStringSubmatchIndex(folded, -1) {
		from, ok1 := basisDate(folded, m[2:20])
		to, ok2 := basisDate(folded, m[20:38])
		found(to, ok1 && ok2 && from.Before(to))
	}
	for _, pattern := range basisEnds {
		for _, m := range pattern.FindAllStringSubmatchIndex(folded, -1) {
			if notItsEnd.MatchString(folded[:m[0]]) {
				continue
			}
			found(basisDate(folded, m[2:20]))
		}
	}
	for _, m := range basisYears.FindAllStringSubmatch(folded, -1) {
		found(Date{atoi(m[2]), time.December, 31}, m[1] < m[2])
	}
	for _, m := range lastOfYear.FindAllStringSubmatchIndex(folded, -1) {
		found(Date{atoi(folded[m[2]:m[3]]), time.December, 31}, !notItsEnd.MatchString(folded[:m[0]]))
	}
	if len(ends) != 1 {
		return Date{}, false
	}
	return ends[0], true
}

// basisDate reads the groups of basisDay, as pairs of places in text.
func basisDate(text string, groups []int) (Date, bool) {
	part := func(i int) string {
		if groups[2*i] < 0 {
			return ""
		}
		return text[groups[2*i]:groups[2*i+1]]
	}
	var d Date
	switch {
	case part(0) != "":
		d = Date{atoi(part(2)), time.Month(atoi(part(1))), atoi(part(0))}
	case part(3) != "":
		d = Date{atoi(part(3)), time.Month(atoi(part(4))), atoi(part(5))}
	default:
		year, err := strconv.Atoi(part(8))
		if err != nil {
			return Date{}, false
		}
		d = Date{year, time.Month(index(monthNames, part(7), true) + 1), atoi(part(6))}
	}
	real := DateOf(d.In(time.UTC)) == d // 31.02. is no day
	return d, real && d.Year >= 2000 && d.Year < 2100
}
