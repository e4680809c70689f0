package reply

import (
	"regexp"
	"slices"
	"strings"
)

// Correction is what somebody writes after "corect": whose address it is, which
// one was wrong, which one is right.
type Correction struct {
	Name string // of the person; empty: not named
	Old  string // lower case; empty: not named
	New  string // lower case
}

var (
	arrow = regexp.MustCompile(`\s*(?:<?-+>+|=+>|→|➔|➜|⇒|»)\s*`)
	// addressLike takes more than an address may hold: what is wrong in it is to
	// be found, not cut off.
	addressLike = regexp.MustCompile(`[^\s<>()\[\]"',;:„”«»→]+@[^\s<>()\[\]"',;:„”«»→]+`)
	mailLink    = regexp.MustCompile(`(?i)[<\[(]?mailto:[^\s<>\[\])]*[>\])]?`)
)

// What may stand between two addresses, in folded words.
var (
	firstIsOld = []string{"→", "in", "cu", "la", "devine", "ci", "corect", "corecta este", "corect este", "este corect", "este de fapt", "e de fapt", "este", "se inlocuieste cu",
		"se schimba in", "trebuie sa fie", "adresa corecta este", "adresa noua este", "cea corecta este", "noua", "gresit corect", "gresita corecta este", "este gresita corecta este",
		"nu este corecta corecta este", "este gresita adresa corecta este", "nu este corecta adresa corecta este", "nu e buna corecta este"}
	firstIsNew = []string{"in loc de", "nu", "si nu", "inlocuieste", "in locul", "iar nu", "nu mai"}
)

// What may stand before the first of two addresses, after the name, when the
// comma after it means "but".
var refused = []string{"nu", "in loc de", "in locul"}

// besideName are words beside a name that are none of it.
var besideName = []string{"adresa", "adresei", "adrese", "mail", "email", "e-mail", "mailul", "e-mailul", "corecta", "corect", "noua", "este", "e", "a", "al", "lui", "pentru", "din",
	"de", "la", "nu", "in", "loc", "locul", "doamna", "doamnei", "domnul", "domnului", "dna", "dnei", "d-na", "d-nei", "dl", "dlui", "d-lui", "d-nul", "utilizatorul", "utilizatorului",
	"utilizatoarea", "utilizatoarei", "are", "cu", "trebuie", "sa", "fie"}

// ReadCorrection reads what is written after "corect": "Ion Pop ion@spital.ro",
// "vechi@spital.ro -> nou@spital.ro", "nou@spital.ro în loc de vechi@spital.ro",
// or a new address alone. It reports whether it is clear which address is the
// new one.
func ReadCorrection(words string) (Correction, bool) {
	words = arrow.ReplaceAllString(mailLink.ReplaceAllString(words, " "), " → ")
	var c Correction
	var places [][]int
	var addresses []string
	for _, at := range addressLike.FindAllStringIndex(words, -1) {
		address := strings.ToLower(strings.TrimRight(words[at[0]:at[1]], ".!?-="))
		if n := len(addresses); n > 0 && addresses[n-1] == address {
			places[n-1][1] = at[1] // a mail program repeated it as a link
			continue
		}
		addresses, places = append(addresses, address), append(places, at)
	}
	if len(addresses) == 0 || len(addresses) > 2 {
		return c, false
	}
	before := nameWords(words[:places[0][0]])
	c.Name = nameOf(before)
	if len(addresses) == 1 {
		c.New = addresses[0]
		return c, true
	}
	between := strings.Join(nameWords(words[places[0][1]:places[1][0]]), " ")
	opening := strings.Join(before, " ")
	notFirst := slices.ContainsFunc(refused, func(r string) bool { return opening == r || strings.HasSuffix(opening, " "+r) })
	switch {
	case between == "" && !notFirst:
		return Correction{}, false
	case between == "", slices.Contains(firstIsOld, between):
		c.Old, c.New = addresses[0], addresses[1]
	case slices.Contains(firstIsNew, between) && !notFirst:
		c.New, c.Old = addresses[0], addresses[1]
	default:
		return Correction{}, false
	}
	return c, true
}

// nameWords are the folded words of a text, without punctuation.
func nameWords(text string) []string {
	var list []string
	for _, w := range strings.Fields(text) {
		if w = fold(strings.Trim(w, `.,;:<>()[]"'„”«»-–—`)); w != "" {
			list = append(list, w)
		}
	}
	return list
}

// nameOf is what is left of the words before an address without those beside a
// name.
func nameOf(words []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return w == "→" || slices.Contains(besideName, w)
	}), " ")
}
