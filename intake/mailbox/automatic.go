package mailbox

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// automatic says why the mail was not written by a person; empty where a person
// may have written it. What a machine says of itself in the header comes first;
// the words of subject and text decide only where no person would write them.
func (p *parser) automatic(h header) string {
	// RFC 3834, 5: everything but "no" is automatic.
	for _, value := range h.all("auto-submitted") {
		value, _, _ = strings.Cut(value, ";")
		value, _, _ = strings.Cut(value, "(")
		if value = strings.ToLower(plain(value)); value != "no" && value != "" {
			return "Auto-Submitted: " + value
		}
	}
	for _, r := range p.reports {
		switch r.mediaType {
		case "message/disposition-notification", "message/global-disposition-notification":
			return "a read receipt (RFC 8098)"
		case "message/feedback-report":
			return "a feedback report (RFC 5965)"
		}
		return "a delivery status notification (RFC 3464)"
	}
	if p.m.Bounce != nil {
		return "a non-delivery report"
	}
	if contentType := parseMedia(h.get("content-type")); contentType.value == "multipart/report" {
		return "a multipart/report (RFC 6522)"
	}
	if h.has("return-path") && strings.Join(strings.Fields(h.get("return-path")), "") == "<>" {
		return "an empty Return-Path" // RFC 5321, 4.5.5
	}
	for _, value := range h.all("precedence", "x-precedence") {
		switch value = strings.ToLower(plain(value)); value {
		case "bulk", "junk", "list", "auto_reply", "auto-reply":
			return "Precedence: " + value
		}
	}
	for _, f := range h {
		if reason := automaticField(f); reason != "" {
			return reason
		}
	}
	if sender, ok := p.m.Sender(); ok {
		local, _, _ := strings.Cut(sender.Address, "@")
		if machineSender.MatchString(local) {
			return "sent by " + local
		}
	}
	if p.calendar == "REPLY" || p.calendar == "COUNTER" {
		return "a calendar answer (RFC 5546)"
	}
	if m := automaticSubject.FindString(fold(p.m.Subject)); m != "" {
		return "the subject begins with " + strings.TrimSpace(m)
	}
	if m := p.automaticText(); m != "" {
		return "the text begins with " + m
	}
	return ""
}

// automaticField knows the fields that only machines set, besides those of RFC
// 3834: mailing lists (RFC 2369, RFC 2919) and the ways of various programs.
func automaticField(f field) string {
	value := strings.ToLower(plain(f.value))
	switch f.name {
	case "list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "list-archive", "mailing-list":
		return "mailing list (" + f.name + ")"
	case "x-autoreply", "x-auto-reply", "x-mail-autoreply", "x-autoresponder", "x-autorespond", "x-autoreply-from", "x-fc-machinegenerated":
		if value != "no" && value != "false" {
			return f.name + " is set"
		}
	case "x-auto-response-suppress":
		// Which automatic answers the sender does not want ([MS-OXCMAIL], 2.1.3.2).
		// Exchange's own automatic mail wants none; less may stand in mail of people.
		if value == "all" {
			return "X-Auto-Response-Suppress: all"
		}
	case "x-ms-exchange-inbox-rules-loop", "x-ms-exchange-generated-message-source", "x-ms-exchange-message-is-ndr", "x-failed-recipients":
		return f.name + " is set"
	case "x-post-messageclass":
		if strings.Contains(value, "autoresponder") {
			return "X-POST-MessageClass: autoresponder"
		}
	}
	return ""
}

var machineSender = regexp.MustCompile(`^(mailer-daemon|no-?reply|do-?not-?reply|nu-?raspunde(ti)?|auto-?reply|autoresponder)([+._-].*)?$`)

// automaticSubject matches a folded subject from its beginning: behind a "Re:"
// it is a person's answer to an automatic mail.
var automaticSubject = regexp.MustCompile(`^(` + strings.Join([]string{
	`(re: ?)?auto(mat(ic|ed))?[ -]?(reply|response|answer)\b`,
	`raspuns automat\b`, `mesaj automat\b`, `autoraspuns\b`, `confirmare automata\b`,
	`out of (the )?office\b`, `absen(t|ta) (de|din) (la )?(birou|serviciu)\b`, `in afara biroului\b`, `mesaj de absenta\b`,
	`am primit mesajul:`,
	`undelivered mail returned to sender\b`, `delivery status notification\b`, `mail delivery (failed|failure)\b`,
	`mail delivery subsystem\b`, `returned mail:`, `undeliverable:`, `nelivrabil:`, `failure notice$`, `delivery failure\b`,
	`(not )?read: `, `(ne)?citit: `, `read:? receipt\b`, `return receipt\b`, `confirmare de citire\b`,
}, `|`) + `)`)

// automaticText looks for the words of an answering machine that sets no field.
// Only the first lines count, and only before anything quoted: the mail that is
// answered is an automatic one itself and says so. A person who is away and
// writes more than a few lines, or a word that might be a decision, is a person.
func (p *parser) automaticText() string {
	if p.m.Text == "" || len(p.m.Attachments) > 0 {
		return ""
	}
	var lines []string
	letters := 0
	for line := range strings.Lines(p.m.Text) {
		line = strings.Join(strings.Fields(fold(line)), " ")
		if line == "" {
			continue
		}
		if quoteBegins.MatchString(line) {
			break
		}
		lines = append(lines, line)
		if letters += len(line); letters > 1000 {
			return ""
		}
	}
	if len(lines) > 0 && greeting.MatchString(lines[0]) {
		lines = lines[1:]
	}
	start := strings.Join(lines[:min(len(lines), 3)], " ")
	start = thanksFirst.ReplaceAllString(start, "")
	if m := machineWords.FindString(start); m != "" {
		return m
	}
	whole := strings.Join(lines, " ")
	if m := receiptWords.FindString(start); m != "" && !decisionWords.MatchString(whole) {
		return m
	}
	if len(p.m.InReplyTo)+len(p.m.References) > 0 && !decisionWords.MatchString(whole) {
		return awayWords.FindString(start)
	}
	return ""
}

var (
	quoteBegins   = regexp.MustCompile(`^>|\b(a scris|wrote) ?:|^-{3,}|^_{5,}|^(de la|from|expeditor|trimis|sent) ?:|^(la|in data de|on) .*\d{4}`)
	greeting      = regexp.MustCompile(`^(buna|stimat|salut|hello|dear|hi)\b.{0,60}$`)
	thanksFirst   = regexp.MustCompile(`^(va )?multum(im|esc) pentru (mesaj|mesajul|e-?mail|e-?mailul)( transmis| trimis| dumneavoastra| dvs\.?)*[.!,] ?|^thank(s| you) for your (message|e-?mail)[.!,] ?`)
	machineWords  = regexp.MustCompile(`^(acesta este|aceasta este|this is)( un| o| an?)? ?(mesaj|raspuns|notificare|message|reply|response)? ?(generat[a]? )?(automat[a]?|automatic(ally)?|automated)\b|^(mesaj|raspuns) (generat )?automat\b`)
	receiptWords  = regexp.MustCompile(`^mesajul (dumneavoastra|dvs\.?) a fost (primit|receptionat|inregistrat)\b|^your (message|e-?mail) (has been|was) received\b`)
	awayWords     = regexp.MustCompile(`^(in prezent |momentan )?(sunt|ma aflu|voi fi|nu sunt) (plecat|plecata|in concediu|in vacanta|in delegatie|la birou|in birou|absent|absenta|in afara biroului)\b|^(i am|i'm|i will be) (currently )?(out of (the )?office|on (vacation|leave|holiday)|away)\b`)
	decisionWords = regexp.MustCompile(`\b((ne)?aprob|acord|resping|respins|refuz|accept|da\b|ok\b)`)
)

// fold is s in lower case and without diacritics, for comparing words.
func fold(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s)))
}
