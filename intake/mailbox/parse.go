package mailbox

import (
	"bytes"
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"registratura/intake"
)

// Limits bounds what Parse does with one mail. Zero fields mean the defaults.
type Limits struct {
	Depth int // of parts within parts; default 16
	Parts int // in the whole mail; default 1000
	Text  int // octets of plain text and as many of HTML that are kept; default 1 MiB
}

func (l Limits) orDefaults() Limits {
	return Limits{Depth: cmp.Or(l.Depth, 16), Parts: cmp.Or(l.Parts, 1000), Text: cmp.Or(l.Text, 1<<20)}
}

// Parse takes a mail apart. It never fails: a broken mail becomes a Message that
// names in Defects what could not be read. Time and memory are linear in
// len(raw), whatever the mail is made of; parts beyond the limits are left out.
//
// The text is what the mail itself says. Mails that are forwarded in it as
// attachments are searched for files, but never for text.
func Parse(raw []byte, limits Limits) *intake.Message {
	p := &parser{m: &intake.Message{Raw: raw}, limits: limits.orDefaults()}
	rest := bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	rest = bytes.TrimLeft(rest, "\r\n")
	if !bytes.Contains(rest, []byte("\n")) && bytes.Contains(rest, []byte("\r")) {
		rest = bytes.ReplaceAll(rest, []byte("\r"), []byte("\n"))
	}
	h, body, defects := readHeader(rest)
	for _, d := range defects {
		p.defect("%s", d)
	}
	p.fields(h)
	p.part(h, body, place{})
	p.m.Text, p.m.HTML = p.text.String(), p.html.String()
	p.m.Bounce = p.bounce(h)
	p.m.Automatic = p.automatic(h)
	return p.m
}

// parser is the state of taking one mail apart.
type parser struct {
	m      *intake.Message
	limits Limits

	parts      int
	text, html strings.Builder

	reports  []reportPart // the machine-readable parts of a multipart/report
	original header       // of the mail that a report is about
	calendar string       // METHOD of a text/calendar part (RFC 5546)
}

// reportPart is a part such as message/delivery-status.
type reportPart struct {
	mediaType string
	body      []byte
}

// place is where in the mail a part stands.
type place struct {
	depth       int
	within      string // as in Attachment.Within
	report      bool   // in a multipart/report
	alternative bool   // in a multipart/alternative
	digest      bool   // in a multipart/digest
}

const maxDefects = 20

func (p *parser) defect(format string, args ...any) {
	d := fmt.Sprintf(format, args...)
	if len(p.m.Defects) < maxDefects && !slices.Contains(p.m.Defects, d) {
		p.m.Defects = append(p.m.Defects, d)
	}
}

// fields reads the header of the mail itself.
func (p *parser) fields(h header) {
	m := p.m
	if ids := identifiers([]string{h.get("message-id")}); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo = identifiers(h.all("in-reply-to"))
	m.References = identifiers(h.all("references"))
	m.Subject = h.text("subject")
	if value := h.get("date"); value != "" {
		date, err := mail.ParseDate(value)
		if err != nil {
			p.defect("the Date field is unreadable")
		}
		m.Date = date
	}
	for _, value := range h.all("from") {
		m.FromFields++
		list, ok := strictAddresses(value)
		if !ok {
			p.defect("the From field is unreadable")
		}
		m.From = append(m.From, list...)
	}
	if m.FromFields != 1 {
		p.defect("there are %d From fields", m.FromFields)
	}
	for _, value := range h.all("reply-to") {
		list, ok := strictAddresses(value)
		if !ok {
			p.defect("the Reply-To field is unreadable")
		}
		m.ReplyTo = append(m.ReplyTo, list...)
	}
	for _, value := range h.all("to", "cc") {
		if len(m.To) < maxAddresses {
			m.To = append(m.To, looseAddresses(value)...)
		}
	}
	m.Delivered = deliveredTo(h)
}

// part reads one part and what is in it.
func (p *parser) part(h header, body []byte, at place) {
	if p.parts++; p.parts > p.limits.Parts {
		p.defect("the mail has more than %d parts; the rest was left out", p.limits.Parts)
		return
	}
	if at.depth > p.limits.Depth {
		p.defect("parts are nested deeper than %d; those were left out", p.limits.Depth)
		return
	}
	contentType := parseMedia(h.get("content-type"))
	if !strings.Contains(contentType.value, "/") {
		contentType.value = "text/plain" // RFC 2045, 5.2
		if at.digest {
			contentType.value = "message/rfc822" // RFC 2046, 5.1.5
		}
	}
	if strings.HasPrefix(contentType.value, "multipart/") {
		if p.multipart(contentType, body, at) {
			return
		}
		contentType.value = "text/plain"
	}
	disposition := parseMedia(h.get("content-disposition"))
	name := fileName(contentType, disposition)
	data := p.decode(h.get("content-transfer-encoding"), body)

	switch contentType.value {
	case "message/rfc822", "message/global", "message/news":
		p.message(data, at)
		return
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
		"message/global-disposition-notification", "message/feedback-report":
		if at.within == "" {
			p.reports = append(p.reports, reportPart{contentType.value, data})
		}
		return
	case "text/rfc822-headers", "message/global-headers":
		if at.within == "" && p.original == nil {
			p.original, _, _ = readHeader(data)
		}
		return
	case "text/calendar":
		if at.within == "" {
			p.calendar = calendarMethod(contentType, data)
		}
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/applefile":
		return // about another part, not a file that somebody sent
	case "application/ms-tnef", "application/vnd.ms-tnef":
		if p.tnef(data, at) {
			return
		}
	case "text/plain", "text/html":
		if p.isBody(contentType, disposition, name, at) {
			p.body(contentType, data)
			return
		}
	}
	switch lower := strings.ToLower(name); {
	case lower == "winmail.dat" && p.tnef(data, at):
		return
	case strings.HasSuffix(lower, ".eml") && looksLikeMail(data):
		p.message(data, at)
		return
	}
	if name == "" && strings.HasPrefix(contentType.value, "text/") && (at.alternative || at.within != "") {
		return // another form of the text, or the text of a forwarded mail
	}
	p.attach(intake.Attachment{
		Name: name, MediaType: contentType.value, Data: data, Within: at.within,
		Inline: disposition.value != "attachment" && h.has("content-id") && strings.HasPrefix(contentType.value, "image/"),
	})
}

func (p *parser) attach(a intake.Attachment) { p.m.Attachments = append(p.m.Attachments, a) }

// isBody reports whether a text part is the mail's own text, or a piece of it.
// Programs that name the text itself exist; hence the first one counts anyway.
func (p *parser) isBody(contentType, disposition mediaType, name string, at place) bool {
	if at.within != "" || disposition.value == "attachment" {
		return false
	}
	first := p.text.Len() == 0
	if contentType.value == "text/html" {
		first = p.html.Len() == 0
	}
	return name == "" || first && disposition.params["filename"] == "" && len(p.m.Attachments) == 0
}

// body takes a piece of the mail's own text.
func (p *parser) body(contentType mediaType, data []byte) {
	charset, into := contentType.params["charset"], &p.text
	if contentType.value == "text/html" {
		into = &p.html
		if charset == "" {
			charset = htmlCharset(data)
		}
	}
	// Cut before the octets become characters, of which none takes more than four.
	text, clean := toUTF8(charset, data[:min(len(data), 4*p.limits.Text+4)])
	if !clean {
		p.defect("the text is not in the charset %q that it says", plain(charset))
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	if strings.EqualFold(contentType.params["format"], "flowed") && contentType.value == "text/plain" {
		text = unflow(text, strings.EqualFold(contentType.params["delsp"], "yes"))
	}
	if room := p.limits.Text - into.Len(); len(text) > room {
		p.defect("the text is longer than %d octets; the rest was left out", p.limits.Text)
		text = strings.ToValidUTF8(text[:max(room, 0)], "")
	}
	if s := into.String(); s != "" && text != "" {
		if !strings.HasSuffix(s, "\n") {
			into.WriteByte('\n')
		}
		into.WriteByte('\n') // another part is another paragraph
	}
	into.WriteString(text)
}

// decode undoes the transfer encoding (RFC 2045, 6).
func (p *parser) decode(encoding string, body []byte) []byte {
	encoding, _, _ = strings.Cut(strings.ToLower(encoding), "(")
	switch strings.Trim(encoding, " \t;\"'") {
	case "base64":
		data, clean := decodeBase64(body)
		if !clean {
			p.defect("a part's base64 is damaged")
		}
		return data
	case "quoted-printable":
		return decodeQuotedPrintable(body)
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none":
	default:
		p.defect("the transfer encoding %q is unknown", plain(encoding))
	}
	return body
}

// multipart reads the parts of a multipart body (RFC 2046, 5.1). It is false
// where the body has no parts.
func (p *parser) multipart(contentType mediaType, body []byte, at place) bool {
	boundary := contentType.params["boundary"]
	if boundary == "" {
		p.defect("a multipart has no boundary; it was guessed")
		boundary = guessBoundary(body)
	}
	inside := at
	inside.depth++
	inside.report = at.report || contentType.value == "multipart/report"
	inside.alternative = contentType.value == "multipart/alternative"
	inside.digest = contentType.value == "multipart/digest"
	found := false
	for part := range splitParts(body, boundary) {
		found = true
		h, partBody, _ := readHeader(part)
		p.part(h, partBody, inside)
		if p.parts > p.limits.Parts {
			break
		}
	}
	if !found {
		p.defect("a multipart has no parts")
	}
	return found
}

// splitParts goes through the parts between the delimiter lines. The last one
// may lack its closing delimiter.
func splitParts(body []byte, boundary string) func(yield func([]byte) bool) {
	delimiter := []byte("--" + boundary)
	return func(yield func([]byte) bool) {
		if boundary == "" {
			return
		}
		start := -1 // of the part being read; -1 in the preamble
		for at := 0; at < len(body); {
			end, next := len(body), len(body)
			if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
				end, next = at+i, at+i+1
			}
			after, isDelimiter := bytes.CutPrefix(body[at:end], delimiter)
			after, closing := bytes.CutPrefix(after, []byte("--"))
			if isDelimiter && len(bytes.TrimRight(after, " \t\r")) == 0 {
				if start >= 0 && !yield(cutLineEnd(body[start:at])) {
					return
				}
				if closing {
					return
				}
				start = next
			}
			at = next
		}
		if start >= 0 && start < len(body) {
			yield(body[start:])
		}
	}
}

// cutLineEnd removes the line break that belongs to the following delimiter.
func cutLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// guessBoundary takes the first line that looks like a delimiter.
func guessBoundary(body []byte) string {
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, " \t\r\n")
		if len(line) > 4 && len(line) <= 72 && bytes.HasPrefix(line, []byte("--")) && !bytes.ContainsAny(line, " \t") {
			return string(line[2:])
		}
	}
	return ""
}

// message reads a mail that is a part of this one.
func (p *parser) message(data []byte, at place) {
	h, body, _ := readHeader(bytes.TrimLeft(data, "\r\n"))
	if at.report {
		// What a report returns is our own mail, not something sent to us.
		if at.within == "" && p.original == nil {
			p.original = h
		}
		return
	}
	p.part(h, body, place{depth: at.depth + 1, within: "message/rfc822"})
}

func looksLikeMail(data []byte) bool {
	h, _, _ := readHeader(data[:min(len(data), 64<<10)])
	return h.has("from") || h.has("received") || h.has("message-id")
}

// tnef attaches the files of a winmail.dat. It is false where that is damaged
// or empty; then the file itself is all that there is.
func (p *parser) tnef(data []byte, at place) bool {
	files, err := readTNEF(data, p.limits.Parts)
	if err != nil {
		p.defect("the winmail.dat is damaged: %v", err)
	}
	for _, f := range files {
		if p.parts++; p.parts > p.limits.Parts {
			p.defect("the mail has more than %d parts; the rest was left out", p.limits.Parts)
			break
		}
		within := "winmail.dat"
		if at.within != "" {
			within = at.within // whose file it is matters more
		}
		p.attach(intake.Attachment{Name: plain(f.name), MediaType: "application/octet-stream", Data: f.data, Within: within})
	}
	return len(files) > 0
}

// calendarMethod is the METHOD of an iCalendar object (RFC 5546, 1.4), in upper case.
func calendarMethod(contentType mediaType, data []byte) string {
	if method := contentType.params["method"]; method != "" {
		return strings.ToUpper(method)
	}
	for line := range bytes.Lines(data[:min(len(data), 64<<10)]) {
		name, value, _ := strings.Cut(strings.ToUpper(string(bytes.TrimSpace(line))), ":")
		if name == "METHOD" {
			return value
		}
	}
	return ""
}
