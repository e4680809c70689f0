// Package mailer makes MIME messages of the desk's notices and hands them to
// an SMTP server.
//
// A notice is composed once and sent as those bytes, however often it takes
// (rule D4): [Composer] depends on nothing but the notice, and [Sender] never
// changes what it is given.
package mailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"
	"golang.org/x/text/unicode/norm"

	"registratura/intake"
	"registratura/templates"
)

// Composer makes the mails of one desk. It implements [intake.Composer].
type Composer struct {
	// Context is what the texts say about the desk; its Name and Address are
	// the mails' From.
	Context templates.Context
}

// Compose renders the notice's letter and wraps it up. The same notice gives
// the same bytes: the boundaries are made from the Message-ID, and the time is
// the notice's. Lines end in CRLF.
func (c *Composer) Compose(n intake.Notice) ([]byte, error) {
	text, err := templates.Render(n.Letter, c.Context)
	if err != nil {
		return nil, fmt.Errorf("composing a notice: %w", err)
	}
	if !validMessageID(n.MessageID) {
		return nil, fmt.Errorf("composing a notice: Message-ID %q is not one", n.MessageID)
	}
	if n.Date.IsZero() {
		return nil, errors.New("composing a notice: it has no date")
	}
	replyTo := n.ReplyTo
	if replyTo == "" {
		replyTo = c.Context.Address
	}
	for _, a := range []string{c.Context.Address, n.To.Address, replyTo} {
		if err := CheckAddress(a); err != nil {
			return nil, fmt.Errorf("composing a notice: %w", err)
		}
	}

	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP), mail.WithCharset(mail.CharsetUTF8))
	m.FromMailAddress(&netmail.Address{Name: headerText(c.Context.Name), Address: c.Context.Address})
	m.ToMailAddress(&netmail.Address{Name: headerText(n.To.Name), Address: n.To.Address})
	m.ReplyToMailAddress(&netmail.Address{Name: headerText(c.Context.Name), Address: replyTo})
	m.Subject(headerText(text.Subject))
	date := n.Date.UTC()
	if c.Context.Location != nil {
		date = n.Date.In(c.Context.Location)
	}
	m.SetDateWithValue(date)
	m.SetMessageIDWithValue(n.MessageID)
	if validMessageID(n.InReplyTo) {
		m.SetGenHeader(mail.HeaderInReplyTo, "<"+n.InReplyTo+">")
	}
	if refs := references(n.References); refs != "" {
		m.SetGenHeader(mail.HeaderReferences, refs)
	}
	// RFC 3834, 5. X-Auto-Response-Suppress is Exchange's own way to be told
	// that nobody wants its absence notes.
	automatic := "auto-generated"
	if n.Answers {
		automatic = "auto-replied"
	}
	m.SetGenHeader("Auto-Submitted", automatic)
	m.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")

	m.SetBodyString(mail.TypeTextPlain, text.Text)
	m.AddAlternativeString(mail.TypeTextHTML, text.HTML)
	for _, a := range n.Attachments {
		m.AttachReadSeeker("", bytes.NewReader(a.Data), attachmentHeader(a))
	}

	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("composing a notice: %w", err)
	}
	raw, err := fixBoundaries(b.Bytes(), n.MessageID)
	if err != nil {
		return nil, fmt.Errorf("composing a notice: %w", err)
	}
	return raw, nil
}

const multipartField = "\r\nContent-Type: multipart/"

// randomBoundary reads on after multipartField.
var randomBoundary = regexp.MustCompile(`^(mixed|alternative);\r\n boundary=([0-9a-f]{60})\r\n`)

// fixBoundaries puts boundaries that depend on the Message-ID alone in the
// place of go-mail's random ones. (go-mail can be given a boundary, but uses it
// for both multiparts of a nested one.) They begin with "=_", which neither
// quoted-printable nor base64 can produce (RFC 2045, 6.7).
func fixBoundaries(raw []byte, messageID string) ([]byte, error) {
	// Nothing but the multiparts' own headers can look like what is searched
	// for: folded header lines begin with a space, and in the bodies no "=" is
	// followed by anything but two hexadecimal digits or a line end.
	var found [][][]byte
	for rest := raw; ; {
		i := bytes.Index(rest, []byte(multipartField))
		if i < 0 {
			break
		}
		rest = rest[i+len(multipartField):]
		if m := randomBoundary.FindSubmatch(rest); m != nil {
			found = append(found, m)
		}
	}
	if len(found) == 0 || len(found) > 2 {
		return nil, fmt.Errorf("the message has %d multiparts", len(found))
	}
	for _, m := range found {
		kind, random := string(m[1]), string(m[2])
		sum := sha256.Sum256([]byte(kind + "\n" + messageID))
		fixed := "=_" + hex.EncodeToString(sum[:16])
		raw = bytes.ReplaceAll(raw, []byte("boundary="+random), []byte(`boundary="`+fixed+`"`))
		raw = bytes.ReplaceAll(raw, []byte("--"+random), []byte("--"+fixed))
	}
	return raw, nil
}

// headerText makes one line of visible characters of s, which no mail program
// takes for an encoded word (RFC 2047, 2).
func headerText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "=?", "= ?")
}

// maxReferences is how many identifiers References holds at most: the first,
// which names the thread, and the latest ones.
const maxReferences = 20

// references joins the identifiers that are fit for a header. They come from
// other people's mails.
func references(ids []string) string {
	var fit []string
	for _, id := range ids {
		if validMessageID(id) {
			fit = append(fit, "<"+id+">")
		}
	}
	if len(fit) > maxReferences {
		fit = append(fit[:1:1], fit[len(fit)-maxReferences+1:]...)
	}
	return strings.Join(fit, " ")
}

// validMessageID reports whether id, without its angle brackets, can stand in
// a header: "@" somewhere within visible ASCII, short enough for a line. That
// is wider than RFC 5322, 3.6.4, as the identifiers of real mails are.
func validMessageID(id string) bool {
	if len(id) > 500 || strings.IndexByte(id, '@') < 1 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) < 0
}

var mediaType = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$`)

// attachmentHeader names the file twice: in ASCII for old mail programs, and
// whole (RFC 2231, 4; RFC 6266, appendix D recommends the same pair).
func attachmentHeader(a intake.Attachment) mail.FileOption {
	kind := strings.ToLower(a.MediaType)
	if !mediaType.MatchString(kind) || strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
		kind = "application/octet-stream" // base64 is not allowed for those two (RFC 2045, 6.4)
	}
	name, ascii := fileNames(a.Name)
	disposition := "attachment;\r\n filename=\"" + ascii + "\""
	if name != ascii {
		disposition += ";\r\n filename*=UTF-8''" + percentEncode(name)
	}
	return func(f *mail.File) {
		f.Header.Set(string(mail.HeaderContentType), kind+";\r\n name=\""+ascii+"\"")
		f.Header.Set(string(mail.HeaderContentDisposition), disposition)
		f.Header.Set(string(mail.HeaderContentTransferEnc), string(mail.EncodingB64))
	}
}

// maxFileName is in octets of UTF-8; percent-encoded it still fits a line.
const maxFileName = 120

// fileNames makes of a name that somebody chose one that is no path and shows
// what it is, and the same in ASCII.
func fileNames(s string) (name, ascii string) {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%`, r) {
			return '_'
		}
		return r
	}, headerText(s))
	name = strings.Trim(name, " .")
	if ext := path.Ext(name); len(name) > maxFileName && len(ext) <= 10 {
		name = strings.ToValidUTF8(name[:maxFileName-len(ext)], "") + ext
	} else if len(name) > maxFileName {
		name = strings.ToValidUTF8(name[:maxFileName], "")
	}
	if name == "" {
		name = "atasament"
	}
	ascii = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r): // the diacritics that NFD took apart
			return -1
		case r > unicode.MaxASCII:
			return '_'
		}
		return r
	}, norm.NFD.String(name))
	return name, ascii
}

// percentEncode writes s as an ext-value (RFC 5987, 3.2.1).
func percentEncode(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(plain, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}
