package trust

import "strings"

// Stamp is one Authentication-Results field, as it was found in a mail. It is
// for showing an operator what the servers write; [Check] decides.
type Stamp struct {
	AuthservID    string   // empty where the field has none
	Results       []string // "dmarc=pass header.from=primaria.ro"
	ReceivedAbove int      // how many Received fields stand above it: servers that the mail passed afterwards
	Err           error    // why it cannot be read; the rest is empty then
}

// Stamps lists the Authentication-Results fields of a mail from the top. Of
// these, only the first can count, and only under the pinned name.
func Stamps(raw []byte) ([]Stamp, error) {
	m, err := parseMail(raw)
	if err != nil {
		return nil, err
	}
	var stamps []Stamp
	received := 0
	for _, f := range m.fields {
		switch f.name {
		case "received":
			received++
		case "authentication-results":
			s := Stamp{ReceivedAbove: received}
			if r, err := parseAuthres(strings.Trim(f.value, " \t")); err != nil {
				s.Err = err
			} else {
				s.AuthservID = r.authservID
				for _, method := range r.methods {
					s.Results = append(s.Results, method.String())
				}
			}
			stamps = append(stamps, s)
		}
	}
	return stamps, nil
}

func (m methodResult) String() string {
	var b strings.Builder
	b.WriteString(m.method + "=" + m.result)
	for _, p := range m.props {
		b.WriteByte(' ')
		if p.ptype != "" {
			b.WriteString(p.ptype + ".")
		}
		b.WriteString(p.property + "=" + p.value)
	}
	return b.String()
}
