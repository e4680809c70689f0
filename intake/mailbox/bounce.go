package mailbox

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"registratura/intake"
)

// maxBounced and maxReport bound the recipients of one notification, and the
// octets of its text.
const (
	maxBounced = 1000
	maxReport  = 64 << 10
	// maxReferences bounds the identifiers by which a mail is looked for.
	maxReferences = 20
)

// bounce reads which of our mails did not arrive, and where: from a
// message/delivery-status part (RFC 3464), else from the ways of servers that
// send none. It is nil where the mail is not about a delivery.
func (p *parser) bounce(h header) *intake.Bounce {
	b := &intake.Bounce{}
	status := false
	for _, r := range p.reports {
		if strings.HasSuffix(r.mediaType, "delivery-status") {
			status = true
			b.Recipients = append(b.Recipients, deliveryStatus(r.body)...)
		}
	}
	if !status {
		recipients, original := p.foreignBounce(h)
		if len(recipients) == 0 {
			return nil
		}
		b.Recipients = recipients
		if p.original == nil {
			p.original = original
		}
	}
	b.Recipients = b.Recipients[:min(len(b.Recipients), maxBounced)]
	ids := identifiers([]string{p.original.get("message-id")})
	if threads := p.m.Threads(); len(ids) == 0 && len(threads) > 0 {
		ids = threads[:1] // Exchange returns no header, but sets In-Reply-To
	}
	if len(ids) > 0 {
		b.OriginalMessageID = ids[0]
	}
	// Some servers put a Message-ID of their own in place of ours.
	others := append(identifiers([]string{p.original.get("in-reply-to"), p.original.get("references")}), p.m.Threads()...)
	for _, id := range others {
		if id != b.OriginalMessageID && !slices.Contains(b.References, id) && len(b.References) < maxReferences {
			b.References = append(b.References, id)
		}
	}
	return b
}

// deliveryStatus reads the groups of a message/delivery-status part: one about
// the mail, then one for each recipient (RFC 3464, 2.1).
func deliveryStatus(body []byte) []intake.BouncedRecipient {
	var list []intake.BouncedRecipient
	for len(body) > 0 && len(list) <= maxBounced {
		var group header
		before := len(body)
		group, body, _ = readHeader(bytes.TrimLeft(body, "\r\n \t"))
		if group == nil && len(body) >= before {
			break // no fields at all
		}
		// The address that we wrote to, which a forwarding may have changed since.
		address := typedAddress(group.get("original-recipient"))
		if address == "" {
			address = typedAddress(group.get("final-recipient"))
		}
		if address == "" {
			continue
		}
		action, _, _ := strings.Cut(strings.ToLower(group.get("action")), " ")
		list = append(list, intake.BouncedRecipient{
			Address:    address,
			Action:     plain(action),
			Status:     enhancedStatus.FindString(group.get("status")),
			Diagnostic: plain(guessUTF8([]byte(afterType(group.get("diagnostic-code"))))),
		})
	}
	return list
}

var enhancedStatus = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`) // RFC 3463, 2

// typedAddress reads "rfc822; ana@spital.test".
func typedAddress(value string) string {
	return strings.ToLower(anyAddress.FindString(afterType(value)))
}

func afterType(value string) string {
	if _, after, found := strings.Cut(value, ";"); found {
		return strings.TrimSpace(after)
	}
	return strings.TrimSpace(value)
}

// foreignBounce reads the notifications of servers that do not follow RFC 3464:
// Exim names the recipients in a field, qmail and old gateways in the text.
func (p *parser) foreignBounce(h header) ([]intake.BouncedRecipient, header) {
	text := p.m.Text
	exim := h.all("x-failed-recipients")
	qmail := strings.Contains(text, "This is the qmail-send program")
	sender, _ := p.m.Sender()
	local, _, _ := strings.Cut(sender.Address, "@")
	machine := local == "mailer-daemon" || local == "postmaster" || h.has("x-ms-exchange-message-is-ndr")
	if len(exim) == 0 && !qmail && !(machine && bounceSubject.MatchString(fold(p.m.Subject))) {
		return nil, nil
	}
	var addresses []string
	for _, value := range exim {
		addresses = append(addresses, anyAddress.FindAllString(value, maxBounced)...)
	}
	about, returned := text, ""
	if loc := returnedCopy.FindStringIndex(text); loc != nil {
		about, returned = text[:loc[0]], text[loc[1]:]
	}
	about = about[:min(len(about), maxReport)]
	lower := strings.ToLower(about)
	if len(addresses) == 0 {
		// In qmail's and most others' text each recipient begins a line.
		for _, m := range recipientLine.FindAllStringSubmatch(about, maxBounced) {
			addresses = append(addresses, m[1])
		}
	}
	if len(addresses) == 0 && machine {
		addresses = anyAddress.FindAllString(about, maxBounced)
	}
	var list []intake.BouncedRecipient
	for _, a := range addresses {
		a = strings.ToLower(strings.Trim(a, "."))
		known := slices.ContainsFunc(list, func(r intake.BouncedRecipient) bool { return r.Address == a })
		if known || a == sender.Address {
			continue
		}
		diagnostic := reasonFor(about, lower, a)
		status, action := enhancedStatus.FindString(diagnostic), "failed"
		if strings.HasPrefix(status, "4") || delayedSubject.MatchString(fold(p.m.Subject)) {
			action = "delayed"
		}
		list = append(list, intake.BouncedRecipient{Address: a, Action: action, Status: status, Diagnostic: diagnostic})
	}
	original, _, _ := readHeader([]byte(strings.TrimLeft(returned, "\r\n-= ")))
	return list, original
}

var (
	bounceSubject  = regexp.MustCompile(`undeliver|nelivra|returned mail|mail delivery|delivery (status|failure|problem|has failed|delayed)|failure notice|could not be delivered|delivery of your message|nu a putut fi livrat`)
	delayedSubject = regexp.MustCompile(`delay|warning|intarzi`)
	returnedCopy   = regexp.MustCompile(`(?mi)^-+ ?(below this line is a copy of the message|this is a copy of (the|your) message.*|original message|mesaj original|the header of the original message.*|unsent message below)\.? ?-*$`)
	recipientLine  = regexp.MustCompile("(?m)^\\s*<?([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+)>?:?\\s*$")
)

// reasonFor is what the text says after an address, up to the next empty line;
// lower is the text in lower case.
func reasonFor(text, lower, address string) string {
	i := strings.Index(lower, address)
	if i < 0 || len(lower) != len(text) {
		return ""
	}
	after := text[i+len(address):]
	after = strings.TrimLeft(after[:min(len(after), 2000)], ">: \t\n")
	after, _, _ = strings.Cut(after, "\n\n")
	if runes := []rune(plain(after)); len(runes) > 500 {
		return string(runes[:500])
	}
	return strings.ToValidUTF8(plain(after), "")
}
