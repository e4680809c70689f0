package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// header is the header of a mail or of a part, in its order. Names are in lower
// case, values unfolded and otherwise as they came: octets, not text.
type header []field

type field struct{ name, value string }

// maxFields and maxField bound a header; real mails have fewer than a hundred
// fields, and of those the longest is a list of a few hundred recipients.
const (
	maxFields = 2000
	maxField  = 256 << 10 // octets
)

// readHeader takes a header off the beginning of raw. It goes on where parsers
// usually give up: an mbox "From " line, a line without a colon, no empty line
// at the end. A part that begins with something else has no header at all.
func readHeader(raw []byte) (h header, body []byte, defects []string) {
	var value []byte // of the last field, still growing
	end := func() {
		if len(h) > 0 {
			if len(value) > maxField {
				value = value[:maxField]
				defects = append(defects, fmt.Sprintf("the header has a field longer than %d octets", maxField))
			}
			h[len(h)-1].value = string(bytes.TrimSpace(value))
		}
	}
	defer end()
	inField, odd := false, 0
	for first := true; len(raw) > 0; first = false {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return h, rest, defects
		}
		if line[0] == ' ' || line[0] == '\t' {
			if inField && len(value) < maxField {
				value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			}
			raw = rest
			continue
		}
		name, content, found := bytes.Cut(line, []byte(":"))
		name = bytes.TrimRight(name, " \t") // RFC 5322, 4.5: obsolete, and a way to hide a second From
		switch {
		case found && isFieldName(name):
			end()
			if len(h) == maxFields {
				// What was not read may well be another From; it counts as one.
				h, value = append(h, field{name: "from"}), nil
				return h, nil, append(defects, fmt.Sprintf("the header has more than %d fields", maxFields))
			}
			h = append(h, field{name: strings.ToLower(string(name))})
			value, inField = append(value[:0:0], content...), true
		case first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))):
			// An mbox separator, left there by somebody's archive.
		case len(h) == 0:
			return nil, raw, append(defects, "the header is missing")
		default:
			inField = false
			if odd++; odd == 1 {
				defects = append(defects, "the header has a line that is no field")
			}
		}
		raw = rest
	}
	return h, nil, defects
}

func isFieldName(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(name) > 0
}

// get is the value of the first field of that name, which is given in lower case.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h header) has(name string) bool {
	return slices.ContainsFunc(h, func(f field) bool { return f.name == name })
}

func (h header) all(names ...string) []string {
	var values []string
	for _, f := range h {
		if slices.Contains(names, f.name) {
			values = append(values, f.value)
		}
	}
	return values
}

// text is the value of a field as text for people.
func (h header) text(name string) string { return plain(decodeWords(h.get(name))) }

// plain is s as one line without control characters.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s))
}

// mediaType is a Content-Type or Content-Disposition value taken apart.
type mediaType struct {
	value  string // "text/plain", "attachment"; lower case
	params map[string]string
}

// maxParams bounds the parameters of one field.
const maxParams = 200

// parseMedia reads a Content-Type or Content-Disposition (RFC 2045, 5.1; RFC
// 2183). It knows the ways in which real programs get it wrong: values that
// should be quoted and are not, quotes that never close, raw eight-bit names.
// Continuations and charsets are those of RFC 2231.
func parseMedia(value string) mediaType {
	head, rest, _ := strings.Cut(value, ";")
	head, _, _ = strings.Cut(head, "(")
	m := mediaType{value: strings.ToLower(strings.TrimSpace(head)), params: map[string]string{}}
	type piece struct {
		number  int
		text    string
		escaped bool
	}
	pieces := map[string][]piece{}
	for n := 0; rest != "" && n < maxParams; n++ {
		var name, text string
		name, text, rest = nextParam(rest)
		if name == "" {
			continue
		}
		base, number, numbered := strings.Cut(strings.TrimSuffix(name, "*"), "*")
		p := piece{text: text, escaped: strings.HasSuffix(name, "*")}
		if numbered {
			i, err := strconv.Atoi(number)
			if err != nil || i < 0 {
				continue
			}
			p.number = i
		}
		if numbered || p.escaped {
			pieces[base] = append(pieces[base], p)
		} else if _, twice := m.params[base]; !twice {
			m.params[base] = text
		}
	}
	for name, list := range pieces { // these beat the plain form (RFC 6266, 4.3)
		slices.SortStableFunc(list, func(a, b piece) int { return a.number - b.number })
		var octets []byte
		charset := ""
		for i, p := range list {
			if !p.escaped {
				octets = append(octets, p.text...)
				continue
			}
			if i == 0 {
				if parts := strings.SplitN(p.text, "'", 3); len(parts) == 3 {
					charset, p.text = parts[0], parts[2]
				}
			}
			octets = append(octets, unescapePercent(p.text)...)
		}
		if charset != "" {
			m.params[name], _ = toUTF8(charset, octets)
		} else {
			m.params[name] = string(octets)
		}
	}
	return m
}

// nextParam takes one parameter off s.
func nextParam(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t")
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", ""
	}
	if s[i] == ';' {
		return "", "", s[i:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		value = strings.TrimSpace(value)
		if !strings.HasPrefix(name, "name") && !strings.HasPrefix(name, "filename") {
			// What else is there is a comment; a file's name may have spaces.
			if j := strings.IndexAny(value, " \t("); j >= 0 {
				value = value[:j]
			}
		}
		return name, value, rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			_, rest, _ = strings.Cut(s[i+1:], ";")
			return name, b.String(), rest
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default: // a lone backslash stays: Windows programs send paths
			b.WriteByte(c)
		}
	}
	return name, b.String(), "" // the quote never closed
}

func unescapePercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// fileName is the name that a part's header gives to it, in any of the ways in
// which programs write one; empty where it has none.
func fileName(contentType, disposition mediaType) string {
	name := disposition.params["filename"]
	if name == "" {
		name = contentType.params["name"]
	}
	name = plain(decodeWords(name))
	// Some web mailers escape the name as in a link. Nobody types that.
	if strings.Contains(name, "%") && !strings.ContainsAny(name, " ") {
		if s, err := url.PathUnescape(name); err == nil && utf8.ValidString(s) {
			name = plain(s)
		}
	}
	return name
}

// encodedWord is RFC 2047, section 2, except that spaces inside are let pass,
// as are the words inside quotes, which is where many programs put them.
var encodedWord = regexp.MustCompile(`=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=`)

// decodeWords turns a header value into text. Words that follow each other are
// put together before their octets become characters, since programs cut
// characters in two.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return guessUTF8([]byte(s))
	}
	var out strings.Builder
	var octets []byte // of the words read so far in the same charset
	charset := ""
	flush := func() {
		if octets != nil {
			text, _ := toUTF8(charset, octets)
			out.WriteString(text)
			octets = nil
		}
	}
	at := 0
	for _, loc := range encodedWord.FindAllStringSubmatchIndex(s, -1) {
		between := s[at:loc[0]]
		word := strings.ToLower(s[loc[2]:loc[3]])
		if octets == nil || strings.TrimSpace(between) != "" {
			flush()
			out.WriteString(guessUTF8([]byte(between)))
		} else if word != charset {
			flush()
		}
		charset = word
		if text := s[loc[6]:loc[7]]; strings.EqualFold(s[loc[4]:loc[5]], "b") {
			decoded, _ := decodeBase64([]byte(text))
			octets = append(octets, decoded...)
		} else {
			octets = append(octets, decodeQuotedPrintable([]byte(strings.ReplaceAll(text, "_", "=20")))...)
		}
		if octets == nil {
			octets = []byte{}
		}
		at = loc[1]
	}
	flush()
	out.WriteString(guessUTF8([]byte(s[at:])))
	return out.String()
}

// decodeBase64 decodes whatever can be decoded. Line breaks, missing padding and
// blocks that were encoded one by one are no defect; other characters are
// skipped and reported.
func decodeBase64(in []byte) (out []byte, clean bool) {
	clean = true
	out = make([]byte, 0, base64.StdEncoding.DecodedLen(len(in))+3)
	var bits uint32
	count := 0
	flush := func() {
		if count >= 2 {
			out = append(out, byte(bits>>(6*count-8)))
		}
		if count >= 3 {
			out = append(out, byte(bits>>(6*count-16)))
		}
		bits, count = 0, 0
	}
	for _, c := range in {
		var v uint32
		switch {
		case c >= 'A' && c <= 'Z':
			v = uint32(c - 'A')
		case c >= 'a' && c <= 'z':
			v = uint32(c-'a') + 26
		case c >= '0' && c <= '9':
			v = uint32(c-'0') + 52
		case c == '+':
			v = 62
		case c == '/':
			v = 63
		case c == '=':
			flush()
			continue
		default:
			clean = clean && (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue
		}
		bits = bits<<6 | v
		if count++; count == 4 {
			out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, count = 0, 0
		}
	}
	flush()
	return out, clean
}

// decodeQuotedPrintable is RFC 2045, 6.7; what is no escape stays as it is.
func decodeQuotedPrintable(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for len(in) > 0 {
		line, rest, found := bytes.Cut(in, []byte("\n"))
		in = rest
		ending := ""
		if found {
			ending = "\n"
			if bytes.HasSuffix(line, []byte("\r")) {
				ending = "\r\n"
			}
			line = bytes.TrimRight(line, " \t\r") // padding of the transport
		}
		if found && bytes.HasSuffix(line, []byte("=")) {
			line, ending = line[:len(line)-1], ""
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) {
				if v, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8); err == nil {
					out = append(out, byte(v))
					i += 2
					continue
				}
			}
			out = append(out, line[i])
		}
		out = append(out, ending...)
	}
	return out
}
