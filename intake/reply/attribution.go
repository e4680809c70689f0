package reply

import (
	"regexp"
	"strings"
)

const (
	weekdayNames = `(?:luni|marti|miercuri|joi|vineri|sambata|simbata|duminica|monday|tuesday|wednesday|thursday|friday|saturday|sunday|lun|mar|mie|mi|joi|vin|sam|sim|dum|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|hetfo|kedd|szerda|csutortok|pentek|szombat|vasarnap|mo|di|mi|do|fr|so|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|lunedi|martedi|mercoledi|giovedi|venerdi|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|lu|ma|jo|vi|sa|si|sb|du)`
	monthNames   = `(?:ianuarie|februarie|martie|aprilie|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie|january|february|march|april|may|june|july|september|october|november|december|ian|feb|mar|apr|mai|iun|iul|aug|sept|sep|oct|noi|nov|dec|jan|jun|jul|januar|februar|marz|juni|juli|oktober|dezember|dez|okt|szept|maj|marcius|aprilis|majus|junius|julius|augusztus|szeptember|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|novembre|decembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|enero|febrero|abril|mayo|junio|julio|octubre|noviembre|diciembre)`
)

var (
	// attributionStart finds the date with which an attribution begins, as
	// folded: "in lun., 23 nov. 2026", "la 23.11.2026", "on mon, nov 23, 2026".
	attributionStart = regexp.MustCompile(`(?:^|[\s.,;!-])((?:(?:in|la|pe|on|le|am|ekkor:|dem|el|il giorno)\s+)?(?:(?:data|ziua)\s+(?:de\s+)?)?(?:` + weekdayNames + `[.,]{0,2}\s*)?(?:,\s*)?(?:(?:la|pe|in|dem)\s+)?` +
		`(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[-/]\d{2}[-/]\d{2}|\d{4}\.\s?\d{1,2}\.\s?\d{1,2}\.|\d{4}\.\s` + monthNames + `\.?\s\d{1,2}\.|\d{1,2}\.?[\s-]+(?:de\s+)?` + monthNames + `\.?,?[\s-]+\d{4}|` + monthNames + `\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}))`)
	attributionEnd = regexp.MustCompile(`(?:[\s>)"]a?\s*(?:scris|wrote|scria|writes|ati scris|a trimis urmatorul mesaj|urmatoarele|geschrieben|irta|ecrit|scritto|escribio)|\sschrieb(?:\s.{1,200})?|\sirta\s.{1,60})\s*:\s*$`)
	// endsInAddress is an attribution without a verb, above marked lines only.
	endsInAddress    = regexp.MustCompile(`\S+@\S+\s*:\s*$`)
	clockTime        = regexp.MustCompile(`\d{1,2}:\d{2}`)
	attributionProof = regexp.MustCompile(`\d{1,2}[:.]\d{2}|@`)
	nameWrote        = regexp.MustCompile(`^["*]*\p{Lu}[^.!?;:<>]{0,80}<\S+@\S+>,?\s+(?:a scris|wrote|schrieb|írta|ezt írta)\s*:\s*$`)
	someoneWrote     = regexp.MustCompile(`^["*]*\p{Lu}[^!?;<>]{0,100}<\s?\S+@\S+>.{0,80}(?:scris|wrote|writes|schrieb|írta|geschrieben|écrit|scritto|escribió).{0,60}:\s*$`)
	dashedWrote      = regexp.MustCompile(`^-{2,}.*[\d@].*\s(?:a\s+scris|wrote|schrieb.{1,200}|(?:ezt\s+)?irta)\s*:?\s*-{2,}$`)
	groupWise        = regexp.MustCompile(`^.*\d{1,2}[:.]\d{2}.*>>>$`) // ">>> X <x@y> 23.11.2026 10:15 >>>"
	quotingWho       = regexp.MustCompile(`^(?:citez din|citez pe|citat din|citat de la|quoting|zitat von|idezem|idezet)\s.*:$`)
	// gluedQuote is how Yahoo's app puts the quote on the line of the attribution.
	gluedQuote = regexp.MustCompile(`^\s*(?:(?:in|on)\s.*\d{1,2}:\d{2}.*<[^\s<>]+@[^\s<>]+>\s+(?:a\s+scris|wrote)\s*:)\s{2,}\S`)
)

// attribution reports whether an attribution begins on lines[i], which has the
// text first: how many lines it takes, up to four, and what was written before it,
// where a program glued it to the text.
func attribution(lines []line, i int, first string) (before string, length int) {
	joined, width := first, len(string(foldKeepingLength(first)))
	for k := i; k < i+4 && k < len(lines); k++ {
		if k > i {
			if lines[k].blank() || lines[k].quoted {
				return "", 0
			}
			joined += " " + strings.TrimSpace(lines[k].text)
		}
		if len(joined) > 1000 {
			return "", 0
		}
		if !strings.HasSuffix(strings.TrimRight(joined, " \t"), ":") {
			continue
		}
		f := string(foldKeepingLength(joined))
		marked := quotedNext(lines, k+1) // then less is needed to know it
		if !attributionEnd.MatchString(f) && !(marked && endsInAddress.MatchString(f)) {
			continue
		}
		at := len(f)
		if starts := attributionStart.FindAllStringSubmatchIndex(f, -1); len(starts) > 0 {
			at = starts[len(starts)-1][2] // the last date is the attribution's: an earlier one was written
		}
		switch {
		case at < width:
			before = cutAt(first, at)
			// Glued to a text that ends in a date of its own, it must have the time.
			if before != "" && !clockTime.MatchString(f[at:]) || !marked && !attributionProof.MatchString(f[at:]) {
				return "", 0
			}
			return before, k - i + 1
		case marked && someoneWrote.MatchString(joined) && (k == i || strings.Contains(first, "<")):
			return "", k - i + 1 // the name first; the date behind, if there is one
		}
		return "", 0
	}
	return "", 0
}
