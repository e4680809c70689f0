package workbook

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner is a small XML reader: elements, attributes and character data, names
// without their prefixes, which is all that workbooks need. It is here because
// encoding/xml takes longer for a form than everything else together. It checks
// that elements are closed in order and that the document ends where its root
// does; it refuses document type declarations, and with them every entity but
// the five of the language and character references.
type scanner struct {
	data []byte
	at   int
	open [][]byte // names, with prefixes, of the elements that are open
	done bool     // the root has been closed
	one  bool     // an element has just been reported that closes itself

	name  []byte // of the element that was reported, without its prefix
	attrs []attr // of the start that was reported
	text  []byte // of the character data that was reported, raw
	cdata bool   // text needs no decoding
}

type attr struct{ name, value []byte }

type token uint8

const (
	eof token = iota
	start
	end
	chars
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// newScanner reads a part in UTF-8, or in UTF-16 with a byte order mark.
func newScanner(data []byte) *scanner {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		data = fromUTF16(data)
	}
	return &scanner{data: data}
}

func fromUTF16(data []byte) []byte {
	big := data[0] == 0xFE
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		if big {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		} else {
			units = append(units, uint16(data[i+1])<<8|uint16(data[i]))
		}
	}
	return []byte(string(utf16.Decode(units)))
}

// next reports the next start, end or character data. A self-closing element is
// reported as a start and an end.
func (s *scanner) next() (token, error) {
	if s.one {
		s.one = false
		return end, s.pop()
	}
	for {
		if s.at >= len(s.data) {
			if !s.done {
				return eof, damaged("the document ends inside an element")
			}
			return eof, nil
		}
		if s.data[s.at] != '<' {
			n := bytes.IndexByte(s.data[s.at:], '<')
			if n < 0 {
				n = len(s.data) - s.at
			}
			text := s.data[s.at : s.at+n]
			s.at += n
			if len(s.open) == 0 {
				if len(bytes.TrimSpace(bytes.Trim(text, "\x00"))) > 0 {
					return eof, damaged("text outside of the root element")
				}
				continue
			}
			s.text, s.cdata = text, false
			return chars, nil
		}
		rest := s.data[s.at:]
		switch {
		case bytes.HasPrefix(rest, []byte("<?")):
			if err := s.skip("?>"); err != nil {
				return eof, err
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			if err := s.skip("-->"); err != nil {
				return eof, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			from := s.at + len("<![CDATA[")
			if err := s.skip("]]>"); err != nil {
				return eof, err
			}
			if len(s.open) == 0 {
				return eof, damaged("text outside of the root element")
			}
			s.text, s.cdata = s.data[from:s.at-len("]]>")], true
			return chars, nil
		case bytes.HasPrefix(rest, []byte("<!")):
			return eof, damaged("a document type declaration")
		case bytes.HasPrefix(rest, []byte("</")):
			n := bytes.IndexByte(rest, '>')
			if n < 0 {
				return eof, damaged("an end tag is not closed")
			}
			name := bytes.TrimRight(rest[2:n], " \t\r\n")
			if len(s.open) == 0 || !bytes.Equal(s.open[len(s.open)-1], name) {
				return eof, damaged("</%s> closes another element", clip(name))
			}
			s.at += n + 1
			return end, s.pop()
		default:
			return start, s.startTag()
		}
	}
}

func (s *scanner) skip(until string) error {
	n := bytes.Index(s.data[s.at:], []byte(until))
	if n < 0 {
		return damaged("no %q to the end", until)
	}
	s.at += n + len(until)
	return nil
}

func (s *scanner) pop() error {
	s.name = local(s.open[len(s.open)-1])
	s.open = s.open[:len(s.open)-1]
	if len(s.open) == 0 {
		s.done = true
	}
	return nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func clip(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), 40)]), "?") }

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (s *scanner) startTag() error {
	if s.done {
		return damaged("a second root element")
	}
	d, i := s.data, s.at+1
	from := i
	for i < len(d) && !space(d[i]) && d[i] != '>' && d[i] != '/' && d[i] != '<' && d[i] != '=' {
		i++
	}
	name := d[from:i]
	if len(name) == 0 {
		return damaged("a tag without a name")
	}
	s.attrs = s.attrs[:0]
	for {
		for i < len(d) && space(d[i]) {
			i++
		}
		if i >= len(d) {
			return damaged("<%s is not closed", clip(name))
		}
		if d[i] == '>' {
			i++
			break
		}
		if d[i] == '/' {
			if i+1 >= len(d) || d[i+1] != '>' {
				return damaged("<%s is not closed", clip(name))
			}
			i += 2
			s.one = true
			break
		}
		from := i
		for i < len(d) && d[i] != '=' && !space(d[i]) && d[i] != '>' && d[i] != '/' && d[i] != '<' {
			i++
		}
		key := d[from:i]
		for i < len(d) && space(d[i]) {
			i++
		}
		if len(key) == 0 || i >= len(d) || d[i] != '=' {
			return damaged("an attribute of <%s> without a value", clip(name))
		}
		i++
		for i < len(d) && space(d[i]) {
			i++
		}
		if i >= len(d) || (d[i] != '"' && d[i] != '\'') {
			return damaged("an attribute of <%s> without quotes", clip(name))
		}
		n := bytes.IndexByte(d[i+1:], d[i])
		if n < 0 {
			return damaged("an attribute of <%s> is not closed", clip(name))
		}
		s.attrs = append(s.attrs, attr{local(key), d[i+1 : i+1+n]})
		i += n + 2
	}
	s.at = i
	if len(s.open) >= maxDepth {
		return damaged("more than %d elements inside each other", maxDepth)
	}
	s.open = append(s.open, name)
	s.name = local(name)
	return nil
}

// attr is an attribute of the element just started; empty if it has none.
func (s *scanner) attr(name string) string {
	for _, a := range s.attrs {
		if string(a.name) == name {
			return unescape(a.value)
		}
	}
	return ""
}

// flag is an attribute of type xsd:boolean.
func (s *scanner) flag(name string, absent bool) bool {
	switch s.attr(name) {
	case "":
		return absent
	case "1", "true", "on":
		return true
	}
	return false
}

func (s *scanner) number(name string) int {
	n, err := strconv.Atoi(s.attr(name))
	if err != nil {
		return 0
	}
	return n
}

// within calls visit for each start inside the element that was just started,
// which is read to its end.
func (s *scanner) within(visit func() error) error {
	for depth := len(s.open); ; {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case t == start:
			if err := visit(); err != nil {
				return err
			}
		case t == end && len(s.open) < depth:
			return nil
		case t == eof:
			return damaged("the document ends inside an element")
		}
	}
}

// content is the character data of the element that was just started, which is
// read to its end.
func (s *scanner) content() (string, error) {
	var b []byte
	for depth := len(s.open); ; {
		t, err := s.next()
		if err != nil {
			return "", err
		}
		switch {
		case t == chars:
			b = s.appendText(b)
		case t == end && len(s.open) < depth:
			return strings.ToValidUTF8(string(b), "\uFFFD"), nil
		}
	}
}

func (s *scanner) appendText(b []byte) []byte {
	if s.cdata {
		return append(b, s.text...)
	}
	return appendUnescaped(b, s.text)
}

func unescape(raw []byte) string {
	if bytes.IndexByte(raw, '&') < 0 {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return strings.ToValidUTF8(string(appendUnescaped(nil, raw)), "\uFFFD")
}

// appendUnescaped resolves character references; an unknown entity stays as it
// stands, since there is no declaration that could define it.
func appendUnescaped(b, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(b, raw...)
		}
		b = append(b, raw[:i]...)
		raw = raw[i:]
		n := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if n < 0 {
			b = append(b, '&')
			raw = raw[1:]
			continue
		}
		switch entity := string(raw[1:n]); entity {
		case "amp":
			b = append(b, '&')
		case "lt":
			b = append(b, '<')
		case "gt":
			b = append(b, '>')
		case "quot":
			b = append(b, '"')
		case "apos":
			b = append(b, '\'')
		default:
			r, ok := charRef(entity)
			if !ok {
				b = append(b, raw[:n+1]...)
				break
			}
			b = utf8.AppendRune(b, r)
		}
		raw = raw[n+1:]
	}
}

func charRef(entity string) (rune, bool) {
	digits, ok := strings.CutPrefix(entity, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
