package trust

import (
	"errors"
	"fmt"
	"strings"
)

// results is an Authentication-Results field (RFC 8601, 2.2).
type results struct {
	authservID string
	methods    []methodResult
}

// methodResult is one resinfo of it.
type methodResult struct {
	method string // lower case
	result string // lower case
	props  []prop
}

// prop is one property: ptype "header", property "from", value "example.org".
// Some servers write properties without a ptype ("action=none"): it is empty then.
type prop struct{ ptype, property, value string }

// get is the value of a property that is there exactly once.
func (m methodResult) get(ptype, property string) (string, bool) {
	value, found := "", 0
	for _, p := range m.props {
		if p.ptype == ptype && p.property == property {
			value = p.value
			found++
		}
	}
	return value, found == 1
}

// the returns the only result of a method. A method that is there twice is not
// evidence, whatever it says.
func (r *results) the(method string) (methodResult, error) {
	var found []methodResult
	for _, m := range r.methods {
		if m.method == method {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return methodResult{}, errors.New("no " + method + " result")
	case 1:
		return found[0], nil
	}
	return methodResult{}, fmt.Errorf("%d %s results", len(found), method)
}

// authresParser reads the field from left to right. Quoted strings and comments
// are read as such before anything looks for a semicolon.
type authresParser struct {
	s string
	i int
}

// parseAuthres reads the value of an Authentication-Results field, unfolded. A
// field with a fault in it is not read at all.
func parseAuthres(value string) (*results, error) {
	if len(value) > maxAuthres {
		return nil, errors.New("longer than is read")
	}
	p := &authresParser{s: value}
	if err := p.space(); err != nil {
		return nil, err
	}
	id, err := p.value()
	if err != nil {
		return nil, fmt.Errorf("the authserv-id: %w", err)
	}
	if strings.Contains(id, "=") {
		return nil, errors.New("there is no authserv-id") // Exchange Online writes none
	}
	r := &results{authservID: strings.ToLower(id)}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.i < len(p.s) && p.s[p.i] != ';' {
		version, err := p.value()
		if err != nil {
			return nil, fmt.Errorf("the version: %w", err)
		}
		if version != "1" { // 2.2: any other is to be ignored
			return nil, fmt.Errorf("version %q", version)
		}
		if err := p.space(); err != nil {
			return nil, err
		}
	}
	for p.i < len(p.s) {
		if p.s[p.i] != ';' {
			return nil, fmt.Errorf("%q where a ; is due", p.s[p.i])
		}
		p.i++
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.i == len(p.s) {
			break // some servers end the field with a semicolon
		}
		m, none, err := p.resinfo()
		if err != nil {
			return nil, err
		}
		if !none {
			r.methods = append(r.methods, m)
		}
	}
	return r, nil
}

func (p *authresParser) resinfo() (m methodResult, none bool, err error) {
	if m.method, err = p.keyword(); err != nil {
		return m, false, fmt.Errorf("a method: %w", err)
	}
	if err = p.space(); err != nil {
		return m, false, err
	}
	if m.method == "none" && (p.i == len(p.s) || p.s[p.i] == ';') {
		return m, true, nil
	}
	if p.accept('/') {
		if err = p.space(); err != nil {
			return m, false, err
		}
		version, err := p.value()
		if err != nil || version != "1" {
			return m, false, fmt.Errorf("version %q of method %s", version, m.method)
		}
		if err = p.space(); err != nil {
			return m, false, err
		}
	}
	if m.result, err = p.assigned(p.keyword); err != nil {
		return m, false, fmt.Errorf("the result of %s: %w", m.method, err)
	}
	for {
		before := p.i
		if err = p.space(); err != nil {
			return m, false, err
		}
		if p.i == len(p.s) || p.s[p.i] == ';' {
			return m, false, nil
		}
		if p.i == before {
			return m, false, fmt.Errorf("%q after the result of %s", p.s[p.i], m.method)
		}
		var pr prop
		if pr.property, err = p.keyword(); err != nil {
			return m, false, fmt.Errorf("a property of %s: %w", m.method, err)
		}
		if err = p.space(); err != nil {
			return m, false, err
		}
		if p.accept('.') {
			pr.ptype = pr.property
			if err = p.space(); err != nil {
				return m, false, err
			}
			if pr.property, err = p.keyword(); err != nil {
				return m, false, fmt.Errorf("a property of %s: %w", m.method, err)
			}
			if err = p.space(); err != nil {
				return m, false, err
			}
		}
		if pr.value, err = p.assigned(p.value); err != nil {
			return m, false, fmt.Errorf("the property %s of %s: %w", pr.property, m.method, err)
		}
		m.props = append(m.props, pr)
	}
}

// assigned reads "=" and what read reads.
func (p *authresParser) assigned(read func() (string, error)) (string, error) {
	if !p.accept('=') {
		return "", errors.New("no = sign")
	}
	if err := p.space(); err != nil {
		return "", err
	}
	return read()
}

func (p *authresParser) accept(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// space skips CFWS: white space and comments, nested ones too (RFC 5322, 3.2.2).
func (p *authresParser) space() error {
	depth := 0
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case depth > 0 && c == '\\':
			p.i++
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0 || c == ' ' || c == '\t':
		default:
			return nil
		}
	}
	if depth > 0 || p.i > len(p.s) {
		return errors.New("a comment does not end")
	}
	return nil
}

// keyword reads a Keyword (RFC 5321, 4.1.2), lower case.
func (p *authresParser) keyword() (string, error) {
	start := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			break
		}
		p.i++
	}
	if p.i == start {
		return "", errors.New("no word")
	}
	return strings.ToLower(p.s[start:p.i]), nil
}

// value reads a quoted string, or what servers write without quotes: a token, an
// address, base64.
func (p *authresParser) value() (string, error) {
	if p.i < len(p.s) && p.s[p.i] == '"' {
		var b strings.Builder
		for i := p.i + 1; i < len(p.s); i++ {
			switch p.s[i] {
			case '\\':
				if i++; i < len(p.s) {
					b.WriteByte(p.s[i])
				}
			case '"':
				p.i = i + 1
				// "a b"@example.org: an address with a quoted local part.
				if p.i+1 < len(p.s) && p.s[p.i] == '@' && p.s[p.i+1] != '"' {
					domain, err := p.value()
					return `"` + b.String() + `"` + domain, err
				}
				return b.String(), nil
			default:
				b.WriteByte(p.s[i])
			}
		}
		return "", errors.New("a quoted string does not end")
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(" \t;()\"\\,<>[]", p.s[p.i]) < 0 && p.s[p.i] > ' ' && p.s[p.i] < 0x7f {
		p.i++
	}
	if p.i == start {
		return "", errors.New("no value")
	}
	return p.s[start:p.i], nil
}

// checkStamp judges the topmost Authentication-Results field, if it is our own
// server's (rule T3). Others were written by nobody knows whom. SPF never
// counts: it says nothing about From. Nor do ARC, X- and Original- fields.
func checkStamp(m *mail, address string, p Policy) (by By, why string, refuted bool) {
	if p.AuthservID == "" {
		return ByNone, "", false
	}
	values := m.all("authentication-results")
	if len(values) == 0 {
		return ByNone, "our server stamped no Authentication-Results", false
	}
	r, err := parseAuthres(values[0])
	if err != nil {
		return ByNone, "the topmost Authentication-Results is malformed: " + err.Error(), false
	}
	if r.authservID != strings.ToLower(p.AuthservID) {
		return ByNone, fmt.Sprintf("the topmost Authentication-Results is by %q, not by our server", r.authservID), false
	}
	domain := domainOf(address)
	var reasons []string
	no := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if p.AcceptDMARC {
		dmarc, err := r.the("dmarc")
		from, ok := dmarc.get("header", "from")
		switch {
		case err != nil:
			no("%v", err)
		case dmarc.result != "pass":
			no("dmarc=%s", dmarc.result)
			refuted = dmarc.result == "fail" && ok && strings.EqualFold(from, domain)
		case !ok || !strings.EqualFold(from, domain):
			no("dmarc=pass for %q, not for %s", from, domain)
		default:
			return ByDMARC, "our server: dmarc=pass header.from=" + domain, false
		}
	}
	if p.AcceptDKIM {
		dkim, err := r.the("dkim")
		signer, ok := dkim.get("header", "d")
		if !ok {
			if id, found := dkim.get("header", "i"); found {
				signer = id[strings.LastIndexByte(id, '@')+1:]
			}
		}
		switch {
		case err != nil:
			no("%v", err)
		case dkim.result != "pass":
			no("dkim=%s", dkim.result)
		case !aligned(signer, domain, p.StrictAlignment):
			no("dkim=pass for %q, not aligned with %s", signer, domain)
		default:
			return ByDKIM, "our server: dkim=pass header.d=" + strings.ToLower(signer), false
		}
	}
	if p.AcceptAuth {
		auth, err := r.the("auth")
		login, ok := auth.get("smtp", "auth")
		switch {
		case err != nil:
			no("%v", err)
		case auth.result != "pass":
			no("auth=%s", auth.result)
		case !ok || !strings.EqualFold(login, address):
			no("auth=pass for another login than %s", address)
		default:
			return ByAuth, "our server: auth=pass smtp.auth=" + address, false
		}
	}
	if len(reasons) == 0 {
		no("none of its results is accepted by the configuration")
	}
	return ByNone, "our server: " + strings.Join(reasons, ", "), refuted
}
