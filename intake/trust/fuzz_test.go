package trust

import (
	"context"
	netmail "net/mail"
	"strings"
	"testing"
)

// FuzzAuthres holds the parser to what cannot be, whatever the field says: a
// property hidden in a quoted string or a comment never counts, since taking
// both out changes nothing.
func FuzzAuthres(f *testing.F) {
	for _, s := range stamps {
		_, value, _ := strings.Cut(s.header, ":")
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r, err := parseAuthres(value)
		if err != nil {
			return
		}
		if r.authservID == "" && !strings.Contains(value, `""`) {
			t.Errorf("%q: no authserv-id", value)
		}
		visible := strings.ToLower(outside(value))
		for _, m := range r.methods {
			if !strings.Contains(visible, m.method) || !strings.Contains(visible, m.result) || strings.ContainsAny(m.method+m.result, `;"() `) {
				t.Errorf("%q: %s=%s does not stand outside of quotes and comments", value, m.method, m.result)
			}
			for _, p := range m.props {
				if !strings.Contains(visible, p.property) || !strings.Contains(visible, p.ptype) {
					t.Errorf("%q: %s.%s does not stand outside of quotes and comments", value, p.ptype, p.property)
				}
			}
		}
	})
}

// outside is s without its quoted strings and comments, by another way of
// reading them than the parser's.
func outside(s string) string {
	var b strings.Builder
	depth, quoted, escaped := 0, false, false
	for _, c := range []byte(s) {
		switch {
		case escaped:
			escaped = false
		case c == '\\' && (quoted || depth > 0):
			escaped = true
		case quoted:
			quoted = c != '"'
		case c == '"' && depth == 0:
			quoted = true
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// FuzzFrom holds the reader of From against net/mail's: what ours takes for one
// plain address, the other takes for one address too, and the same.
func FuzzFrom(f *testing.F) {
	f.Add("primar@primaria.test")
	f.Add(`"Popa, \"C\"" <primar@primaria.test>`)
	for _, header := range forgedFrom {
		_, value, _ := strings.Cut(strings.TrimSuffix(header, "\r\n"), ":")
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		address, err := plainAddress(value)
		if err != nil {
			return
		}
		if strings.Count(address, "@") != 1 || strings.ContainsAny(address, " \t\r\n\x00<>()[]\\\",;:") || address != strings.ToLower(address) {
			t.Errorf("%q: %q is no plain address", value, address)
		}
		if !strings.HasSuffix(strings.TrimRight(strings.ToLower(value), " \t>"), address) {
			t.Errorf("%q: %q is not its end", value, address)
		}
		// net/mail decodes encoded-words and refuses unknown charsets; it also
		// wants quotes around some names. Where it reads, it must read the same.
		list, err := netmail.ParseAddressList(value)
		if err == nil && (len(list) != 1 || strings.ToLower(list[0].Address) != address) {
			t.Errorf("%q: %q here, %v in net/mail", value, address, list)
		}
	})
}

// FuzzCheck: whatever surrounds it, a mail without our server's stamp, a DKIM
// signature or an S/MIME part is nobody's.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(plain + rest + answer))
	f.Add([]byte("ARC-" + pass + plain + rest + answer))
	for _, header := range forgedFrom {
		f.Add([]byte(header + plain + rest + answer))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := Check(context.Background(), raw, Policy{AuthservID: "mx.unguessable-3f9c.test", AcceptDMARC: true, AcceptDKIM: true, AcceptAuth: true, OwnDKIM: true, Now: testTime}, zone{})
		if got.Authentic || got.By != ByNone || got.Why == "" {
			t.Errorf("%q: %+v", raw, got)
		}
	})
}
