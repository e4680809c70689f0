package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"registratura/forms"
)

// JournalEntry says who did what on a site, and when.
type JournalEntry struct {
	At      time.Time
	Address string
	Action  string // "upload", "replace", "mkdir", "move", "delete", "restore", "purge", "download"
	Path    string
	Detail  string // bytes of what was uploaded or downloaded; where something was moved to
}

const (
	journalDays = 90
	// journalMost bounds the file: more lines than this are not for reading.
	journalMost = 20_000
)

// Journal gives the head of a department the access log of their site, as an
// attached table.
type Journal struct {
	Request *Request
	SiteURL string
	Days    int
	Entries int  // lines in the table
	Cut     bool // there are older ones than these, in the same days
}

// NoJournal says why the access log that was asked for does not come.
type NoJournal struct {
	Why JournalFault
}

// JournalFault says why.
type JournalFault string

const (
	JournalUnproven    JournalFault = "unproven"    // nothing proves who asked
	JournalUnknown     JournalFault = "unknown"     // no site is named, or none that the asker's department asked for
	JournalUnsupported JournalFault = "unsupported" // the portal keeps no such log
)

func (Journal) Name() string   { return "journal" }
func (NoJournal) Name() string { return "no_journal" }

// EventJournal: a site's access log was sent.
const EventJournal EventKind = "journal_sent"

// journal answers a head of department who asks for the access log of a site.
// It goes to the address in the directory, and only on proof of who asks: the
// log tells what people did.
func (h *hand) journal() (Settlement, error) {
	sender, ok := h.c.Message.Sender()
	if !ok {
		return h.setAside(AsideNoSender, "the From field does not name exactly one address")
	}
	head, isHead := h.Directory.Head(sender.Address)
	if !isHead || h.c.Origin.Refuted {
		return h.setAside(AsideStranger, "somebody who is no head of department, or not provenly so, asks for an access log")
	}
	if !h.c.Origin.Authentic || !h.cameFrom(head.Address) {
		return h.noJournal(head, nil, JournalUnproven)
	}
	r, err := h.requestOfJournal()
	if err != nil {
		return Settlement{}, err
	}
	// Somebody else's site is answered as none: that it exists is not for everybody.
	if r == nil || r.Kind != forms.Create || r.Plan.Site.ID == "" || !h.Directory.HeadOf(head.Address, r.Department) {
		return h.noJournal(head, nil, JournalUnknown)
	}
	entries, err := h.Portal.Journal(h.ctx, r.Plan.Site.ID, h.now.AddDate(0, 0, -journalDays))
	switch {
	case errors.Is(err, ErrNoSuchSite):
		return h.noJournal(head, r, JournalUnknown)
	case errors.Is(err, errors.ErrUnsupported):
		return h.noJournal(head, r, JournalUnsupported)
	case err != nil:
		return Settlement{}, fmt.Errorf("reading the access log of site %s: %w", r.Plan.Site.ID, err)
	}
	letter := Journal{Request: r, SiteURL: h.Portal.SiteURL(r.Plan.Site.ID), Days: journalDays}
	if len(entries) > journalMost {
		entries, letter.Cut = entries[len(entries)-journalMost:], true
	}
	letter.Entries = len(entries)
	table, err := journalTable(entries, h.Policy.Location)
	if err != nil {
		return Settlement{}, fmt.Errorf("writing the access log of site %s: %w", r.Plan.Site.ID, err)
	}
	name := fmt.Sprintf("jurnal-%s-%s.csv", r.Plan.Site.ID, h.now.In(h.Policy.Location).Format("2006-01-02"))
	if err := h.event(r, EventJournal, head.Address, fmt.Sprintf("%d entries of %d days", letter.Entries, journalDays)); err != nil {
		return Settlement{}, err
	}
	// Secret, so that the people in it do not stay in our records as well.
	err = h.send(head, letter, envelope{request: r, answers: true, bounded: true, secret: true,
		attachments: []Attachment{{Name: name, MediaType: "text/csv", Data: table}}})
	return Settlement{Fate: FateAnswered, Request: r.ID, Note: "the access log was sent"}, err
}

func (h *hand) noJournal(head Person, r *Request, why JournalFault) (Settlement, error) {
	s := Settlement{Fate: FateAnswered, Note: "no access log: " + string(why)}
	if r != nil {
		s.Request = r.ID
	}
	return s, h.send(head, NoJournal{Why: why}, envelope{answers: true, bounded: true})
}

var siteAddress = regexp.MustCompile(`/s/([a-z0-9-]{1,63})(?:/|\b)`)

// requestOfJournal finds the request whose site is meant: by the number that is
// written, by the site's address or name, by the mail of ours that is answered.
// nil: there is none.
func (h *hand) requestOfJournal() (*Request, error) {
	if number, ok := FindNumber("nr. " + h.c.Command.Number); ok {
		return h.requestNumbered(number)
	}
	for _, site := range sitesNamed(h.c.Command.URL, h.c.Command.Words) {
		r, err := h.tx.SiteRequest(site)
		if !errors.Is(err, ErrNotFound) {
			return r, err
		}
	}
	if serial, err := strconv.Atoi(h.c.Command.Number); err == nil { // of this year
		return found(h.tx.RequestByNumber(Number{Serial: serial, Date: forms.DateOf(h.now.In(h.Policy.Location))}))
	}
	for _, id := range h.c.Message.Threads() {
		notice, err := h.tx.NoticeOfMessage(id)
		if err == nil && notice.Request != 0 {
			return h.tx.Request(notice.Request)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	if number, ok := FindNumber(h.c.Message.Subject); ok {
		return h.requestNumbered(number)
	}
	return nil, nil
}

// requestNumbered finds the request with this number and date.
func (h *hand) requestNumbered(n Number) (*Request, error) {
	r, err := found(h.tx.RequestByNumber(n))
	if r != nil && r.Number != n {
		return nil, err
	}
	return r, err
}

// maxSiteGuesses bounds how many words before a site's name are passed over.
const maxSiteGuesses = 8

// sitesNamed lists the IDs that the site can have which somebody names by its
// address or, after a few words ("al site-ului"), by its name.
func sitesNamed(url, words string) []string {
	if m := siteAddress.FindStringSubmatch(url); m != nil {
		return []string{m[1]}
	}
	var sites []string
	for rest := letters(words); rest != "" && len(sites) < maxSiteGuesses; _, rest, _ = strings.Cut(rest, "-") {
		sites = append(sites, Slug(rest))
	}
	return sites
}

// found turns ErrNotFound into no request.
func found(r *Request, err error) (*Request, error) {
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return r, err
}

var journalWords = map[string]string{
	"upload": "a încărcat", "replace": "a înlocuit", "mkdir": "a creat dosarul", "move": "a mutat sau redenumit",
	"delete": "a șters (în coș)", "restore": "a pus la loc din coș", "purge": "a șters definitiv", "download": "a descărcat",
}

// journalTable is the log as a table that Excel opens in Romanian: in UTF-8
// with a mark of it, and with semicolons, because commas part decimals there.
func journalTable(entries []JournalEntry, loc *time.Location) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = ';', true
	rows := [][]string{{"Data și ora", "Cine", "Ce a făcut", "Fișierul", "Octeți sau locul nou"}}
	for _, e := range entries {
		action, ok := journalWords[e.Action]
		if !ok {
			action = e.Action
		}
		rows = append(rows, []string{e.At.In(loc).Format("02.01.2006 15:04:05"), cellText(e.Address), cellText(action), cellText(e.Path), cellText(e.Detail)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// cellText keeps a spreadsheet from taking text for a formula (rule F4), also
// where control characters or spaces stand before it, by the apostrophe that
// means text there.
func cellText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
