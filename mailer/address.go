package mailer

import (
	"fmt"
	"strings"
)

// CheckAddress says why an address cannot be written to, or nil. Only plain
// addr-specs are: a dot-atom, "@" and a host name, all in ASCII (RFC 5321,
// 4.1.2). Quoted local parts, which smuggled SMTP parameters past others
// (CVE-2025-59937), address literals and internationalised addresses are not.
func CheckAddress(address string) error {
	refuse := func(why string) error { return fmt.Errorf("address %q: %s", address, why) }
	local, domain, ok := strings.Cut(address, "@")
	switch {
	case !ok:
		return refuse("there is no @ in it")
	case len(local) == 0 || len(local) > 64: // RFC 5321, 4.5.3.1.1
		return refuse("what stands before the @ is empty or too long")
	case len(domain) == 0 || len(domain) > 253:
		return refuse("what stands after the @ is empty or too long")
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.IndexFunc(atom, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }) >= 0 {
			return refuse("what stands before the @ is not plain")
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.IndexFunc(label, func(r rune) bool { return !isAlnum(r) && r != '-' }) >= 0 {
			return refuse("what stands after the @ is not a host name")
		}
	}
	return nil
}

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
