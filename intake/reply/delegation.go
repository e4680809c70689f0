package reply

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Candidate is somebody to whom the right to decide may be delegated.
type Candidate struct{ Name, Title, Address string }

// Delegation is what is written after "deleg": to whom, and for which days.
// Where a word stands there that fits neither, nothing is taken from it: it may
// be a condition.
type Delegation struct {
	Who   []int     // indexes of the candidates whom the words fit
	From  time.Time // midnight UTC of the first day; zero: none was named
	Until time.Time // midnight UTC of the last day; zero: none was understood
}

var addressNamed = regexp.MustCompile(`[^\s<>()",;:]+@[^\s<>()",;:]+`)

// What may stand beside the delegate and beside the days, folded.
var (
	besideDelegate = strings.Fields("domnului doamnei domnul doamna dlui dnei d-lui d-nei d-lui d-na dl dna pe lui catre in locul meu " +
		"atributiile atributia aprobarile aprobarea cererilor cererile deciziile decizia dreptul de a aproba semnatura mea mele " +
		"la din incepand incepind cu data ziua intre")
	besideDay = strings.Fields("pe la in data de ziua inclusiv")
)

// ReadDelegation reads the [Command.Words] of a [CommandDelegate] written today:
// "viceprimarului până vineri", "doamnei Elena Marin de luni până pe 5 decembrie".
func ReadDelegation(written string, candidates []Candidate, today time.Time) Delegation {
	var d Delegation
	addresses := addressNamed.FindAllString(strings.ToLower(written), -1)
	toks := slices.DeleteFunc(words(strings.Split(addressNamed.ReplaceAllString(written, " "), "\n")), func(t token) bool { return t.kind == separator })
	until := slices.IndexFunc(toks, func(t token) bool { return t.fold == "pana" || t.fold == "pina" })
	who := toks
	if until >= 0 {
		who = toks[:until]
		d.Until = oneDay(toks[until+1:], today)
	}
	if first := slices.IndexFunc(who, startsDay); first >= 0 {
		if d.From = oneDay(who[first:], today); d.From.IsZero() {
			return Delegation{} // a first day that is not understood changes the last one's meaning
		}
		who = who[:first]
	}
	for i, c := range candidates {
		if c.fits(who, addresses) {
			d.Who = append(d.Who, i)
		}
	}
	return d
}

// fits reports whether every word names the candidate, or adds nothing to it.
func (c Candidate) fits(toks []token, addresses []string) bool {
	named := len(addresses) > 0
	for _, a := range addresses {
		if strings.Trim(a, ".") != strings.ToLower(c.Address) {
			return false
		}
	}
	title := words([]string{c.Title})
	titled := map[int]bool{}
	for _, t := range toks {
		understood := slices.Contains(besideDelegate, t.fold)
		for i, w := range title {
			if inflected(t.fold, w.fold) {
				titled[i], understood = true, true
			}
		}
		for _, w := range words([]string{c.Name}) {
			if w.kind == word && inflected(t.fold, w.fold) {
				named, understood = true, true
			}
		}
		if !understood {
			return false
		}
	}
	return named || len(title) > 0 && len(titled) == len(title)
}

var nearDays = map[string]int{"azi": 0, "astazi": 0, "maine": 1, "miine": 1, "poimaine": 2, "poimiine": 2}

func startsDay(t token) bool {
	_, near := nearDays[t.fold]
	_, weekday := weekdayNumbers[t.fold]
	return t.kind == numeral || near || weekday
}

// oneDay is the day that the words name; zero if they name none, say anything
// else, or could mean two days: "vineri", written on a Friday, or "vineri, 5
// decembrie" in a year in which that is no Friday.
func oneDay(toks []token, today time.Time) time.Time {
	y, m, d := today.Date()
	today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	understood := make([]bool, len(toks))
	var day time.Time
	for i, t := range toks {
		if ahead, ok := nearDays[t.fold]; ok && day.IsZero() {
			understood[i], day = true, today.AddDate(0, 0, ahead)
		}
	}
	if day.IsZero() {
		day, _ = newDecider(Input{Today: today}, "").dateIn(toks, understood)
	}
	for i, t := range toks {
		weekday, ok := weekdayNumbers[t.fold]
		alone := i+1 >= len(toks) || toks[i+1].kind != numeral
		if ok && (weekday != day.Weekday() || alone && weekday == today.Weekday()) ||
			!understood[i] && !slices.Contains(besideDay, t.fold) {
			return time.Time{}
		}
	}
	return day
}
