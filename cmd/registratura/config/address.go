package config

import (
	"errors"
	"regexp"
	"strings"

	"registratura/intake"
)

var (
	// dot-atom of RFC 5322, 3.2.3. Quoted local parts are legal and never
	// given to people; mail programs have been attacked through them.
	localPart = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	// host name of RFC 1123, 2.1, with at least two labels
	hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// checkAddress says what keeps s, in lower case, from being one addr-spec.
func checkAddress(s string) error {
	local, domain, ok := cutLast(s, "@")
	switch {
	case s == "":
		return errors.New("is missing")
	case strings.ContainsAny(s, "<>,; \t\r\n"):
		return errors.New("is not one plain address")
	case !ok || !localPart.MatchString(local):
		return errors.New("is not an address")
	case len(local) > 64 || len(s) > 254: // RFC 5321, 4.5.3.1
		return errors.New("is too long for an address")
	}
	return checkDomain(domain)
}

func checkDomain(s string) error {
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return r > 127 }):
		return errors.New("has letters in its domain that mail does not carry")
	case !hostName.MatchString(s) || len(s) > 253:
		return errors.New("has no complete domain")
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// person reads "Name <address>" or an address alone.
func person(s string) intake.Person {
	name, rest, ok := strings.Cut(s, "<")
	if !ok {
		return intake.Person{Address: lower(s)}
	}
	address, _ := strings.CutSuffix(strings.TrimSpace(rest), ">")
	return intake.Person{Name: strings.Trim(strings.TrimSpace(name), `"`), Address: lower(address)}
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// inDomains reports whether the address is in one of the domains.
func inDomains(address string, domains []string) bool {
	_, domain, _ := cutLast(address, "@")
	for _, d := range domains {
		if domain == d {
			return true
		}
	}
	return false
}
