package extranet

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func FuzzSplitPath(f *testing.F) {
	for _, s := range []string{"/", "/a/b.txt", "../x", "a//b", "ș\u0326/ț", "a\x00b", `a\b`, strings.Repeat("a/", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		names, err := splitPath(p)
		if err != nil {
			return
		}
		for _, name := range names {
			if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00\r\n") || len(name) > maxName ||
				!utf8.ValidString(name) || !norm.NFC.IsNormalString(name) {
				t.Errorf("%q has the name %q in it", p, name)
			}
		}
		again, err := splitPath(joinPath(names))
		if err != nil || joinPath(again) != joinPath(names) {
			t.Errorf("%q is read as %q, and that as %q (%v)", p, names, again, err)
		}
	})
}

func FuzzParseIf(f *testing.F) {
	for _, s := range []string{`(<urn:uuid:1> ["etag"])`, `<http://a/b> (<t> [W/"x"]) (Not <DAV:no-lock>)`, `(Not`, `<`, `()`, `([`, `(Not Not <a>)`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		lists, err := parseIf(header)
		if err != nil {
			return
		}
		for _, l := range lists {
			if len(l.conditions) == 0 {
				t.Errorf("%q has a list without conditions", header)
			}
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/s/a/", "//x", `/\x`, "https://x", "/cont", "/s/../../x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if got := localPath(p); !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("%q goes back to %q", p, got)
		}
	})
}

func FuzzCheckXML(f *testing.F) {
	for _, s := range []string{"", lockBody, `<a xmlns:b=""/>`, `<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`, "<a", strings.Repeat("<a>", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := checkXML(strings.NewReader(body)); err == nil && len(body) > maxDAVBody {
			t.Error("a body over the limit went through")
		}
	})
}
