package trust

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Limits of what is read. Ordinary mails are far below them.
const (
	maxHeader  = 512 << 10 // bytes
	maxFields  = 1000
	maxFrom    = 2000 // bytes of the From field
	maxAuthres = 32 << 10
)

// field is one header field, as it stands in the mail.
type field struct {
	name  string // lower case
	value string // unfolded, trimmed
}

// mail is a mail split where every reader splits it the same way. Where readers
// differ, parseMail refuses: a mail that two programs can read differently is
// one that was checked by one and believed by the other.
type mail struct {
	raw    []byte // with CRLF line ends
	fields []field
	body   []byte
}

func parseMail(raw []byte) (*mail, error) {
	// Files kept on a Unix disk have lost their CRs; mails have not.
	if !bytes.Contains(raw, []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	}
	header, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		header = bytes.TrimSuffix(raw, []byte("\r\n"))
	}
	if len(header) > maxHeader {
		return nil, errors.New("the header is longer than is read")
	}
	m := &mail{raw: raw, body: body}
	for _, line := range strings.Split(string(header), "\r\n") {
		switch {
		case strings.ContainsAny(line, "\x00\r\n"):
			return nil, errors.New("the header has a NUL, a bare CR or a bare LF in it")
		case strings.TrimLeft(line, " \t") == "":
			return nil, errors.New("the header has a line of nothing but spaces in it")
		case line[0] == ' ' || line[0] == '\t':
			if len(m.fields) == 0 {
				return nil, errors.New("the header begins with a continuation line")
			}
			m.fields[len(m.fields)-1].value += line
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !fieldName(name) {
			return nil, fmt.Errorf("the header line after field %d is not a field", len(m.fields))
		}
		if len(m.fields) == maxFields {
			return nil, errors.New("the header has more fields than are read")
		}
		m.fields = append(m.fields, field{name: strings.ToLower(name), value: value})
	}
	return m, nil
}

// fieldName reports whether s is one (RFC 5322, 3.6.8). White space before the
// colon is obsolete, and some readers take it for part of the name.
func fieldName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 33 || s[i] > 126 {
			return false
		}
	}
	return s != ""
}

// all lists the values of the fields called name, from the top.
func (m *mail) all(name string) []string {
	var values []string
	for _, f := range m.fields {
		if f.name == name {
			values = append(values, strings.Trim(f.value, " \t"))
		}
	}
	return values
}

// single are the fields that a mail has at most one of (RFC 5322, 3.6; RFC
// 2045, 3) and that something is decided by.
var single = []string{"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}

// repeated names a field that is there more often than it may be, or is "".
func (m *mail) repeated() string {
	for _, name := range single {
		if len(m.all(strings.ToLower(name))) > 1 {
			return name
		}
	}
	return ""
}

// from is the one address of the one From field (rule T2).
func (m *mail) from() (string, error) {
	switch values := m.all("from"); len(values) {
	case 0:
		return "", errors.New("there is no From field")
	case 1:
		return plainAddress(values[0])
	default:
		return "", fmt.Errorf("there are %d From fields", len(values))
	}
}

// plainAddress reads a From field that holds exactly one address, in one of the
// two ways in which mail programs write it: addr-spec, or name <addr-spec> (RFC
// 5322, 3.4). Everything else that the RFC allows – groups, routes, comments,
// quoted local parts, domain literals – is refused, since it is only ever seen
// in attempts to show one address and mean another.
func plainAddress(value string) (string, error) {
	if len(value) > maxFrom {
		return "", errors.New("the From field is longer than is read")
	}
	for i := 0; i < len(value); i++ {
		if c := value[i]; c >= 0x80 || c < ' ' && c != '\t' || c == 0x7f {
			return "", fmt.Errorf("the From field has the byte %#02x in it", c)
		}
	}
	value = strings.Trim(value, " \t")
	spec := value
	if strings.HasSuffix(value, ">") {
		open, err := displayName(value)
		if err != nil {
			return "", err
		}
		spec = value[open+1 : len(value)-1]
	}
	local, domain, ok := strings.Cut(spec, "@")
	switch {
	case !ok || !dotAtom(local):
		return "", errors.New("the From field is not one plain address")
	case !plainDomain(domain):
		return "", errors.New("the domain in the From field is not a plain domain name")
	case len(local) > 64 || len(spec) > 254: // RFC 5321, 4.5.3.1
		return "", errors.New("the address in the From field is too long")
	case strings.Contains(spec, "=?"):
		return "", errors.New("the address in the From field is an encoded-word")
	}
	return strings.ToLower(spec), nil
}

// displayName reads what stands before the angle bracket: words, encoded-words
// and quoted strings. It returns the place of the bracket.
func displayName(value string) (open int, err error) {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '<':
			return i, nil
		case c == '"':
			end, ok := quotedString(value, i)
			if !ok {
				return 0, errors.New("a quoted string in the From field does not end")
			}
			i = end - 1
		case c == ' ' || c == '\t' || c == '.' || isAtom(c):
		default:
			return 0, fmt.Errorf("the name in the From field has %q in it", c)
		}
	}
	return 0, errors.New("the From field has > without <")
}

// quotedString returns the place after the quoted string that begins at s[i]
// (RFC 5322, 3.2.4).
func quotedString(s string, i int) (end int, ok bool) {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return 0, false
}

// isAtom reports whether c is an atext character (RFC 5322, 3.2.3).
func isAtom(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func dotAtom(s string) bool {
	for _, atom := range strings.Split(s, ".") {
		if atom == "" {
			return false
		}
		for i := 0; i < len(atom); i++ {
			if !isAtom(atom[i]) {
				return false
			}
		}
	}
	return true
}

// plainDomain reports whether s is a host name of at least two labels. IDN is
// in its ASCII form here, so that a homoglyph is another name.
func plainDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}
