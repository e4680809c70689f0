package mailbox

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// toUTF8 turns octets into text. It never fails: where the charset is unknown
// or wrong, it is guessed, and clean is false.
func toUTF8(name string, octets []byte) (text string, clean bool) {
	name = strings.ToLower(strings.Trim(name, " \t'\""))
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown":
		return guessUTF8(octets), utf8.Valid(octets)
	}
	r, err := charset.Reader(name, bytes.NewReader(octets))
	if err != nil {
		return guessUTF8(octets), false
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		return guessUTF8(octets), false
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), true
}

// guessUTF8 reads octets of which nobody said what they are: as UTF-8 where
// they have anything of it, else as what Romanian programs used before.
func guessUTF8(octets []byte) string {
	if utf8.Valid(octets) {
		return string(octets)
	}
	for rest := octets; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r >= utf8.RuneSelf && (r != utf8.RuneError || size > 1) {
			return strings.ToValidUTF8(string(octets), "\uFFFD")
		}
		rest = rest[size:]
	}
	decoded, err := charmap.Windows1250.NewDecoder().Bytes(octets)
	if err != nil {
		return strings.ToValidUTF8(string(octets), "\uFFFD")
	}
	return string(decoded)
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_:.-]+)`)

// htmlCharset is the charset that an HTML document declares for itself.
func htmlCharset(octets []byte) string {
	if m := metaCharset.FindSubmatch(octets[:min(len(octets), 2048)]); m != nil {
		return string(m[1])
	}
	return ""
}
