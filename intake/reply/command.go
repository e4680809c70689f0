package reply

import (
	"regexp"
	"slices"
	"strings"
)

// CommandName names what a person asks the desk for. The words for each stand
// in grammar.txt, in the list of its name.
type CommandName string

const (
	CommandForm     CommandName = "form"     // "formular": send me the blank forms
	CommandConfirm  CommandName = "confirm"  // "confirm": this mail is mine
	CommandYes      CommandName = "yes"      // "da": a bare yes, to a question that can be answered so
	CommandDeny     CommandName = "deny"     // "nu", "nu e a mea"
	CommandWithdraw CommandName = "withdraw" // "retrag"
	CommandStatus   CommandName = "status"   // "stadiu", "stadiul cererii nr. 42/23.11.2026"
	CommandLog      CommandName = "log"      // "jurnal"
	CommandLink     CommandName = "link"     // "link nou"
	CommandDone     CommandName = "done"     // "gata https://…"
	CommandFailed   CommandName = "failed"   // "nu se poate: …"
	CommandCorrect  CommandName = "correct"  // "corect: NUME adresa@…"
	CommandDelegate CommandName = "delegate" // "deleg viceprimarului până vineri"
	CommandResume   CommandName = "resume"   // "nu mai deleg", "am revenit"
)

// commands are the commands in the order in which they are tried. Those of
// whole lists change something by their word alone, so they are only
// understood when nothing else but courtesy is written.
var commands = []struct {
	name  CommandName
	list  string
	whole bool
	// inSubject: a new mail with the word in its subject and no other text asks for it too.
	inSubject bool
}{
	{CommandConfirm, "command confirm whole", true, false},
	{CommandDeny, "command deny whole", true, false},
	{CommandWithdraw, "command withdraw whole", true, false},
	{CommandResume, "command resume whole", true, false},
	{CommandDone, "command done", false, false}, // before the bare yes, which "gata" can also be
	{CommandFailed, "command failed", false, false},
	{CommandYes, "command yes whole", true, false},
	{CommandForm, "command form", false, true},
	{CommandStatus, "command status", false, true},
	{CommandLog, "command log", false, true},
	{CommandLink, "command link", false, true},
	{CommandCorrect, "command correct", false, false},
	{CommandDelegate, "command delegate", false, false},
}

// Command is what a mail asks the desk for.
type Command struct {
	Name   CommandName
	Number string   // the registration number that is named: "42/23.11.2026" or "42"; empty: none
	URL    string   // the first web address that is written
	URLs   []string // all of them
	Words  string   // what is written after the word: a name and an address, a reason
}

var (
	numberNamed = regexp.MustCompile(`(?i)(?:nr|numărul|numarul|cererea|cererii|solicitarea|solicitării)\.?\s*:?\s*(\d{1,7}(?:\s*/\s*\d{1,2}\.\d{1,2}\.\d{4})?)\b|\b(\d{1,7}/\d{1,2}\.\d{1,2}\.\d{4})\b`)
	urlNamed    = regexp.MustCompile(`https?://[^\s<>"']+`)
)

const maxURLs = 10

// ReadCommand finds the command in the newly written text, or, where nothing was
// written, in the subject. It reports whether there is one; a text/plain and a
// text/html part that disagree have none.
func ReadCommand(in Input) (Command, bool) {
	var found []Command
	empty := true
	for _, part := range []string{"text/plain", "text/html"} {
		d := newDecider(in, part)
		w, ok, err := d.read()
		if !ok {
			continue
		}
		if err != nil || w.hidden || w.tooLong || len(w.toks) > maxWords {
			return Command{}, false
		}
		if d.onlyCourtesy(w.toks) && !d.saysDone(w.toks) {
			continue
		}
		empty = false
		if d.in.RequestNumber == "" { // whichever is named is the one that is meant
			d.in.RequestNumber = numberIn(strings.Join(w.raw, "\n"))
		}
		c, ok := d.command(w.raw, w.toks, false)
		if !ok {
			return Command{}, false
		}
		found = append(found, c)
	}
	if empty && strings.TrimSpace(in.Subject) != "" {
		d := newDecider(in, "subject")
		raw := []string{d.withoutPrefix(in.Subject)}
		return d.command(raw, words(raw), true)
	}
	if len(found) == 0 || found[0].Name != found[len(found)-1].Name || found[0].Number != found[len(found)-1].Number {
		return Command{}, false
	}
	return found[0], true
}

var answerPrefix = regexp.MustCompile(`(?i)^(?:re|r|fw|fwd|raspuns|răspuns|redir|tr)\s*:\s*`)

func (d *decider) withoutPrefix(subject string) string {
	subject = strings.TrimSpace(subject)
	for {
		cut := answerPrefix.ReplaceAllString(subject, "")
		if cut == subject {
			return subject
		}
		subject = cut
	}
}

func (d *decider) command(raw []string, toks []token, subject bool) (Command, bool) {
	start := skipSeparators(toks, d.afterCourtesy(toks))
	starts := []int{start}
	if end, p := d.longest("weak", toks, start); p != nil {
		starts = append(starts, skipSeparators(toks, end)) // "Da, confirm"
	}
	for _, c := range commands {
		if subject && !c.inSubject {
			continue
		}
		starts := starts
		if c.name == CommandDone {
			starts = append(beginnings(toks, start), starts...)
		}
		for _, from := range starts {
			for k := range d.lists[c.list] {
				for _, end := range d.phraseEnds(&d.lists[c.list][k], toks, from) {
					if c.whole && !d.onlyCourtesy(toks[end:]) {
						continue
					}
					if end < len(toks) && toks[end].kind == question && c.whole {
						continue
					}
					return d.commandAt(c.name, raw, toks, end), true
				}
			}
		}
	}
	if !subject && asksAboutNumber(raw, toks) {
		return d.commandAt(CommandStatus, raw, toks, len(toks)), true
	}
	return Command{}, false
}

// asksAboutNumber reports whether toks hold a question about a request that is
// named by its number, in whatever words.
func asksAboutNumber(raw []string, toks []token) bool {
	asks := slices.ContainsFunc(toks, func(t token) bool { return t.kind == question })
	return asks && numberIn(strings.Join(raw, "\n")) != ""
}

// numberIn is the registration number that a text names; empty: none.
func numberIn(text string) string {
	m := numberNamed.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(m[1]+m[2], " ", "")
}

// beginnings are the places up to end where a clause begins. "Gata" can be mere
// courtesy ("gata, aprob"), so it is looked for before that is passed over.
func beginnings(toks []token, end int) []int {
	var list []int
	for i := 0; i < end && i < len(toks); i++ {
		if clauseStart(toks, i) {
			list = append(list, i)
		}
	}
	return list
}

// saysDone reports whether a clause of toks begins with a word for done.
func (d *decider) saysDone(toks []token) bool {
	for _, i := range beginnings(toks, len(toks)) {
		if end, p := d.longest("command done", toks, i); p != nil && end > i {
			return true
		}
	}
	return false
}

func (d *decider) commandAt(name CommandName, raw []string, toks []token, end int) Command {
	c := Command{Name: name}
	if end < len(toks) {
		c.Words = textOf(raw, toks, end, len(toks))
		if reason := reason(raw, toks, end, d); reason != "" {
			c.Words = reason
		}
	}
	text := strings.Join(raw, "\n")
	for _, u := range urlNamed.FindAllString(text, maxURLs) {
		c.URLs = append(c.URLs, strings.TrimRight(u, ".,;)"))
	}
	if len(c.URLs) > 0 {
		c.URL = c.URLs[0]
	}
	c.Number = numberIn(text)
	return c
}
