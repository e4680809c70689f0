package mailbox

import (
	"io"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"registratura/intake"
)

// maxAddressField bounds what is given to the address parser, in octets.
const maxAddressField = 64 << 10

// strictAddresses reads the addresses of a From or Reply-To field. Whatever is
// not plainly a list of addresses is refused as a whole (ok is false): guessing
// here is how forged senders get through (rule T2).
func strictAddresses(value string) (list []intake.Address, ok bool) {
	if len(value) > maxAddressField {
		return nil, false
	}
	value = guessUTF8([]byte(value))
	if a, ok := repeatedAddress(value); ok {
		return []intake.Address{a}, true
	}
	if hasGroup(value) {
		return nil, false
	}
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		octets, err := io.ReadAll(in)
		text, _ := toUTF8(charset, octets)
		return strings.NewReader(text), err
	}}}
	parsed, err := parser.ParseList(value)
	if err != nil {
		return nil, false
	}
	for _, p := range parsed {
		address := strings.ToLower(p.Address)
		if !plainAddress.MatchString(address) {
			return nil, false
		}
		list = append(list, intake.Address{Name: plain(p.Name), Address: address})
	}
	return list, true
}

// plainAddress is a dot-atom at a host name: no quoted local parts, no domain
// literals, nothing outside ASCII.
var plainAddress = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9-]+(\\.[a-z0-9-]+)*$")

// repeatedAddress reads `ion@spital.test <ion@spital.test>`: the quotes that the
// name would need are often missing. It is accepted if both say the same.
func repeatedAddress(value string) (intake.Address, bool) {
	name, address, found := strings.Cut(value, "<")
	name, address = strings.TrimSpace(name), strings.ToLower(address)
	if !found || !strings.HasSuffix(address, ">") {
		return intake.Address{}, false
	}
	address = strings.TrimSuffix(address, ">")
	if strings.ToLower(name) != address || !plainAddress.MatchString(address) {
		return intake.Address{}, false
	}
	return intake.Address{Name: name, Address: address}, true
}

// hasGroup reports whether value has a colon or a semicolon where a group (RFC
// 5322, 3.4) or a route would have it.
func hasGroup(value string) bool {
	quoted, comments := false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\':
			i++
		case c == '"' && comments == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comments++
		case c == ')':
			comments--
		case comments <= 0 && (c == ':' || c == ';'):
			return true
		}
	}
	return false
}

var anyAddress = regexp.MustCompile("[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*")

// maxAddresses bounds the lists of recipients.
const maxAddresses = 1000

// looseAddresses reads the addresses of a To or Cc field, in whatever state it
// is: they grant nothing.
func looseAddresses(value string) []intake.Address {
	if list, ok := strictAddresses(value); ok {
		return list[:min(len(list), maxAddresses)]
	}
	var list []intake.Address
	for _, a := range anyAddress.FindAllString(value[:min(len(value), maxAddressField)], maxAddresses) {
		list = append(list, intake.Address{Address: strings.ToLower(a)})
	}
	return list
}

// deliveredTo lists the addresses that the mail was delivered to, as the
// receiving servers noted them.
func deliveredTo(h header) []string {
	var list []string
	for _, value := range h.all("delivered-to", "x-original-to", "envelope-to") {
		for _, a := range looseAddresses(value) {
			if len(list) < maxAddresses && !slices.Contains(list, a.Address) {
				list = append(list, a.Address)
			}
		}
	}
	return list
}

var angled = regexp.MustCompile(`<\s*([^<>\s]+)\s*>`)

// maxIdentifiers bounds References, whose nearest are at the end.
const maxIdentifiers = 200

// identifiers reads the message identifiers of Message-ID, In-Reply-To and
// References fields (RFC 5322, 3.6.4), with or without their angle brackets.
func identifiers(values []string) []string {
	var ids []string
	for _, value := range values {
		for _, m := range angled.FindAllStringSubmatch(value, -1) {
			ids = append(ids, m[1])
		}
		if len(ids) == 0 && !strings.ContainsAny(value, "<>") {
			for _, word := range strings.Fields(value) {
				if strings.Contains(word, "@") {
					ids = append(ids, word)
				}
			}
		}
	}
	for i := range ids {
		ids[i] = plain(guessUTF8([]byte(ids[i])))
	}
	return ids[max(0, len(ids)-maxIdentifiers):]
}
