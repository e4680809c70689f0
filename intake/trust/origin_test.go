package trust

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

const (
	mayor = "primar@primaria.test"
	ours  = "mx.primaria.test"
)

var testTime = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// stamped trusts our server's stamps and nothing else.
var stamped = Policy{AuthservID: ours, AcceptDMARC: true, AcceptDKIM: true, AcceptAuth: true, Now: testTime}

const (
	pass   = "Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test\r\n"
	plain  = "From: Constantin Popa <primar@primaria.test>\r\n"
	rest   = "To: cereri@primaria.test\r\nSubject: Re: Aprobare\r\nDate: Mon, 23 Nov 2026 10:02:11 +0200\r\nMessage-ID: <1@primaria.test>\r\n"
	answer = "\r\nAprob\r\n"
)

func check(t *testing.T, raw string, p Policy) Origin {
	t.Helper()
	return Check(context.Background(), []byte(raw), p, nil)
}

func TestOrdinaryFromFieldsGiveTheirAddress(t *testing.T) {
	for value, want := range map[string]string{
		"primar@primaria.test":                                 mayor,
		"<primar@primaria.test>":                               mayor,
		"Constantin Popa <primar@primaria.test>":               mayor,
		"\"Popa, Constantin\" <primar@primaria.test>":          mayor,
		"\"Popa \\\"C\\\"\" <Primar@Primaria.TEST>":            mayor,
		"=?utf-8?q?Primar_Popa=C8=9B?= <primar@primaria.test>": mayor,
		"Dr. C. Popa <primar@primaria.test>":                   mayor,
		"\r\n Constantin Popa\r\n <primar@primaria.test>":      mayor,
		"\tprimar@primaria.test ":                              mayor,
		"\"primar@primaria.test\" <x@evil.test>":               "x@evil.test",
		"=?utf-8?q?primar=40primaria=2Etest?= <x@evil.test>":   "x@evil.test",
		"a.b+c_d-e=f@sub.primaria.test":                        "a.b+c_d-e=f@sub.primaria.test",
		"primar@xn--primria-4wa.test":                          "primar@xn--primria-4wa.test",
	} {
		got := check(t, "From:"+value+"\r\n"+rest+answer, stamped)
		if got.Address != want || got.Authentic {
			t.Errorf("From:%s: %+v, want the address %s", value, got, want)
		}
	}
}

// forgedFrom are From fields of which no address may be believed, even under a
// stamp of our own server.
var forgedFrom = map[string]string{
	"no From":                         "",
	"an empty From":                   "From:\r\n",
	"a From of spaces":                "From:   \r\n",
	"a null address":                  "From: <>\r\n",
	"two From fields":                 plain + "From: x@evil.test\r\n",
	"two From fields, ours last":      "From: x@evil.test\r\n" + plain,
	"two equal From fields":           plain + plain,
	"From in another case":            plain + "FROM: x@evil.test\r\n",
	"a space before the colon":        "From : primar@primaria.test\r\n",
	"a tab before the colon":          "From\t: primar@primaria.test\r\n" + plain,
	"a From with a folded colon":      "From\r\n : primar@primaria.test\r\n",
	"a NUL in the field name":         "From\x00: primar@primaria.test\r\n" + plain,
	"a NUL in the address":            "From: primar@primaria.test\x00.evil.test\r\n",
	"a NUL before the name":           "From: \x00Popa <primar@primaria.test>\r\n",
	"two addresses":                   "From: primar@primaria.test, x@evil.test\r\n",
	"two addresses, ours last":        "From: x@evil.test, primar@primaria.test\r\n",
	"two addresses in brackets":       "From: <x@evil.test>, <primar@primaria.test>\r\n",
	"two brackets":                    "From: <x@evil.test> <primar@primaria.test>\r\n",
	"nested brackets":                 "From: <x@evil.test<primar@primaria.test>>\r\n",
	"an address as unquoted name":     "From: x@evil.test <primar@primaria.test>\r\n",
	"a trailing address":              "From: <primar@primaria.test> x@evil.test\r\n",
	"a trailing comma":                "From: primar@primaria.test,\r\n",
	"a leading comma":                 "From: ,primar@primaria.test\r\n",
	"a semicolon":                     "From: primar@primaria.test; x@evil.test\r\n",
	"a group":                         "From: Primaria: primar@primaria.test;\r\n",
	"an empty group":                  "From: Primaria:;\r\n",
	"a group after an address":        "From: primar@primaria.test, g: x@evil.test;\r\n",
	"a route":                         "From: <@evil.test:primar@primaria.test>\r\n",
	"a route of two":                  "From: <@evil.test,@primaria.test:x@evil.test>\r\n",
	"a percent route":                 "From: primar%primaria.test\r\n",
	"a comment after the address":     "From: primar@primaria.test (x@evil.test)\r\n",
	"a comment in the address":        "From: primar@primaria.test(.evil.test)\r\n",
	"a comment around an address":     "From: (<primar@primaria.test>) x@evil.test\r\n",
	"a comment before the address":    "From: (x@evil.test) primar@primaria.test\r\n",
	"a comment in the local part":     "From: primar(x)@primaria.test\r\n",
	"a nested comment":                "From: (a(b)) primar@primaria.test\r\n",
	"a comment that does not end":     "From: primar@primaria.test (\r\n",
	"an address as encoded-word":      "From: =?utf-8?b?cHJpbWFyQHByaW1hcmlhLnRlc3Q=?=\r\n",
	"an encoded-word as address":      "From: <=?utf-8?q?primar?=@primaria.test>\r\n",
	"an encoded-word before @":        "From: =?utf-8?q?primar?=@primaria.test\r\n",
	"an encoded-word as domain":       "From: primar@=?utf-8?q?primaria.test?=\r\n",
	"a quoted local part":             "From: \"primar\"@primaria.test\r\n",
	"a quoted @ in the local part":    "From: \"x@evil.test,\"@primaria.test\r\n",
	"a quoted string without end":     "From: \"Popa <primar@primaria.test>\r\n",
	"a quote hidden by a backslash":   "From: \"Popa\\\" <primar@primaria.test>\r\n",
	"a domain literal":                "From: primar@[192.0.2.1]\r\n",
	"a domain of one label":           "From: primar@test\r\n",
	"a domain with a final dot":       "From: primar@primaria.test.\r\n",
	"a domain with two dots":          "From: primar@primaria..test\r\n",
	"a domain with an underscore":     "From: primar@primaria_x.test\r\n",
	"two @":                           "From: primar@primaria.test@evil.test\r\n",
	"a space before @":                "From: primar @primaria.test\r\n",
	"a space in the domain":           "From: primar@primaria. test\r\n",
	"an address folded apart":         "From: primar\r\n @primaria.test\r\n",
	"a domain folded apart":           "From: primar@primaria\r\n .test\r\n",
	"a fold inside the brackets":      "From: <primar@primaria.test\r\n >\r\n",
	"a bare CR":                       "From: primar@primaria.test\rFrom: x@evil.test\r\n",
	"a bare LF":                       "X: a\nFrom: x@evil.test\r\n" + plain,
	"a line of spaces":                "X: a\r\n \r\n" + plain,
	"a line without a colon":          "From primar@primaria.test\r\n" + plain,
	"eight-bit text in the name":      "From: Primăria <primar@primaria.test>\r\n",
	"eight-bit text in a quoted name": "From: \"Primăria\" <primar@primaria.test>\r\n",
	"a Cyrillic a in the local part":  "From: prim\u0430r@primaria.test\r\n",
	"a Cyrillic a in the domain":      "From: primar@prim\u0430ria.test\r\n",
	"a full-width @":                  "From: primar\uff20primaria.test\r\n",
	"a right-to-left mark":            "From: \u202eprimar@primaria.test\r\n",
	"a no-break space":                "From: primar@primaria.test\u00a0<x@evil.test>\r\n",
	"a DEL":                           "From: primar@primaria.test\x7f\r\n",
	"a backspace":                     "From: x\x08primar@primaria.test\r\n",
	"a local part over 64":            "From: " + strings.Repeat("a", 65) + "@primaria.test\r\n",
	"a local part with a dot at end":  "From: primar.@primaria.test\r\n",
	"a local part with two dots":      "From: pri..mar@primaria.test\r\n",
	"a From field of 3000 bytes":      "From: " + strings.Repeat("a ", 1500) + "<primar@primaria.test>\r\n",
	"mailto":                          "From: mailto:primar@primaria.test\r\n",
	"a bracket only":                  "From: primar@primaria.test>\r\n",
	"an open bracket only":            "From: <primar@primaria.test\r\n",
	"Resent-From only":                "Resent-From: primar@primaria.test\r\n",
	"Sender only":                     "Sender: primar@primaria.test\r\n",
}

func TestForgedFromFieldsAreNobody(t *testing.T) {
	for name, header := range forgedFrom {
		t.Run(name, func(t *testing.T) {
			if got := check(t, pass+header+rest+answer, stamped); got.Authentic || got.Address != "" || got.By != ByNone || got.Why == "" {
				t.Errorf("%q: %+v", header, got)
			}
		})
	}
}

func TestAMailThatBeginsWithAContinuationIsNobodys(t *testing.T) {
	if got := check(t, " From: x@evil.test\r\n"+pass+plain+rest+answer, stamped); got.Address != "" || got.Authentic {
		t.Errorf("%+v", got)
	}
}

func TestAFailedDMARCRefutesTheSenderOnlyFromOurServer(t *testing.T) {
	fail := "Authentication-Results: %; dmarc=fail header.from=primaria.test\r\n"
	for _, c := range []struct {
		name, header string
		policy       Policy
		refuted      bool
	}{
		{"our server's", strings.Replace(fail, "%", ours, 1), stamped, true},
		{"another server's", strings.Replace(fail, "%", "mx.evil.test", 1), stamped, false},
		{"our server's, not trusted", strings.Replace(fail, "%", ours, 1), Policy{AcceptDMARC: true}, false},
		{"our server's, about another domain", "Authentication-Results: mx.primaria.test; dmarc=fail header.from=evil.test\r\n", stamped, false},
		{"our server's, with a login that holds", "Authentication-Results: mx.primaria.test; dmarc=fail header.from=primaria.test; auth=pass smtp.auth=primar@primaria.test\r\n", stamped, false},
		{"none", "", stamped, false},
	} {
		if got := check(t, c.header+plain+rest+answer, c.policy); got.Refuted != c.refuted || got.Refuted && got.Authentic {
			t.Errorf("%s: %+v, want refuted %v", c.name, got, c.refuted)
		}
	}
}

func TestRepeatedFieldsMakeAMailUntrustworthy(t *testing.T) {
	for _, again := range []string{"Subject: Aprob", "Content-Type: text/html", "content-type: text/html", "In-Reply-To: <x@y>", "References: <x@y>",
		"Reply-To: x@evil.test", "Date: Mon, 23 Nov 2026 10:02:11 +0200", "To: y@evil.test", "MIME-Version: 1.0", "Content-Transfer-Encoding: base64", "Message-ID: <x@y>"} {
		name, _, _ := strings.Cut(again, ":")
		raw := again + "\r\n" + pass + plain + "To: a@b.test\r\nSubject: s\r\nDate: x\r\nMessage-ID: <1@b>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n" +
			"Content-Transfer-Encoding: 8bit\r\nReply-To: a@b.test\r\nIn-Reply-To: <a@b>\r\nReferences: <a@b>\r\n" + answer
		if got := check(t, raw, stamped); got.Authentic || !strings.Contains(strings.ToLower(got.Why), strings.ToLower(name)) {
			t.Errorf("%s twice: %+v", name, got)
		}
	}
}

// result is what one Authentication-Results header makes of a mail of the mayor's.
type result struct {
	name   string
	header string
	by     By
}

var stamps = []result{
	{"DMARC pass", "A: mx.primaria.test; dmarc=pass header.from=primaria.test", ByDMARC},
	{"DMARC pass with a comment", "A: mx.primaria.test; dmarc=pass (p=none dis=none) header.from=primaria.test", ByDMARC},
	{"DMARC pass in capitals", "A: MX.Primaria.Test; DMARC=Pass Header.From=Primaria.TEST", ByDMARC},
	{"DMARC pass, folded, with a version", "A: mx.primaria.test 1;\r\n\tspf=pass smtp.mailfrom=primaria.test;\r\n\tdmarc=pass header.from=primaria.test", ByDMARC},
	{"DMARC pass, quoted value and id", `A: "mx.primaria.test"; dmarc=pass header.from="primaria.test"`, ByDMARC},
	{"DMARC pass, spaces and comments wherever allowed", "A: (x) mx.primaria.test (y) 1 (z) ; (a) dmarc (b) / (c) 1 (d) = (e) pass (f) reason = ok (g) header (h) . (i) from (j) = (k) primaria.test (l)", ByDMARC},
	{"a nested comment with a semicolon", "A: mx.primaria.test; spf=fail (a (b; dkim=pass \\) ) c); dmarc=pass header.from=primaria.test", ByDMARC},
	{"a final semicolon", "A: mx.primaria.test; dmarc=pass header.from=primaria.test;", ByDMARC},
	{"Gmail's way", "A: mx.primaria.test;\r\n       dkim=pass header.i=@primaria.test header.s=20230601 header.b=Ab+/C=;\r\n       spf=pass (google.com: domain of primar@primaria.test designates 192.0.2.1 as permitted sender) smtp.mailfrom=primar@primaria.test;\r\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=primaria.test", ByDMARC},
	{"Exchange's way", "A: mx.primaria.test; spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=primaria.test; dkim=none (message not signed)\r\n header.d=none;dmarc=pass action=none\r\n header.from=primaria.test;compauth=pass reason=100", ByDMARC},
	{"aligned DKIM", "A: mx.primaria.test; dkim=pass (2048-bit key) header.d=primaria.test header.s=a header.b=\"abc\"", ByDKIM},
	{"aligned DKIM of a subdomain", "A: mx.primaria.test; dkim=pass header.d=mail.primaria.test", ByDKIM},
	{"aligned DKIM by header.i", "A: mx.primaria.test; dkim=pass header.i=@primaria.test", ByDKIM},
	{"the very address logged in", "A: mx.primaria.test; auth=pass (LOGIN) smtp.auth=primar@primaria.test smtp.mailfrom=primar@primaria.test", ByAuth},
	{"DMARC fails, the login holds", "A: mx.primaria.test; dmarc=fail header.from=primaria.test; auth=pass smtp.auth=primar@primaria.test", ByAuth},

	{"no results", "A: mx.primaria.test; none", ByNone},
	{"no results at all", "A: mx.primaria.test", ByNone},
	{"an empty field", "A:", ByNone},
	{"SPF alone", "A: mx.primaria.test; spf=pass smtp.mailfrom=primar@primaria.test", ByNone},
	{"Sender-ID and domain keys", "A: mx.primaria.test; sender-id=pass header.from=primaria.test; domainkeys=pass header.d=primaria.test", ByNone},
	{"DMARC fail", "A: mx.primaria.test; dmarc=fail header.from=primaria.test", ByNone},
	{"DMARC none", "A: mx.primaria.test; dmarc=none header.from=primaria.test", ByNone},
	{"DMARC bestguesspass", "A: mx.primaria.test; dmarc=bestguesspass header.from=primaria.test", ByNone},
	{"DMARC passing", "A: mx.primaria.test; dmarc=pass2 header.from=primaria.test", ByNone},
	{"DMARC pass for another domain", "A: mx.primaria.test; dmarc=pass header.from=evil.test", ByNone},
	{"DMARC pass for a subdomain", "A: mx.primaria.test; dmarc=pass header.from=x.primaria.test", ByNone},
	{"DMARC pass for nobody", "A: mx.primaria.test; dmarc=pass", ByNone},
	{"DMARC pass for two", "A: mx.primaria.test; dmarc=pass header.from=primaria.test header.from=evil.test", ByNone},
	{"DMARC pass for the envelope", "A: mx.primaria.test; dmarc=pass smtp.mailfrom=primaria.test", ByNone},
	{"DMARC twice", "A: mx.primaria.test; dmarc=pass header.from=primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"DMARC twice, pass first", "A: mx.primaria.test; dmarc=pass header.from=primaria.test; dmarc=fail header.from=primaria.test", ByNone},
	{"another server's", "A: mx.evil.test; dmarc=pass header.from=primaria.test", ByNone},
	{"another server's, ours in a comment", "A: (mx.primaria.test;) mx.evil.test; dmarc=pass header.from=primaria.test", ByNone},
	{"another server's, ours as the version", "A: evil.test mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"a server whose name begins like ours", "A: mx.primaria.test.evil.test; dmarc=pass header.from=primaria.test", ByNone},
	{"a server whose name ends like ours", "A: x.mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"no authserv-id", "A: dmarc=pass header.from=primaria.test", ByNone},
	{"no authserv-id, but a semicolon", "A: ; dmarc=pass header.from=primaria.test", ByNone},
	{"version 2", "A: mx.primaria.test 2; dmarc=pass header.from=primaria.test", ByNone},
	{"version 2 of the method", "A: mx.primaria.test; dmarc/2=pass header.from=primaria.test", ByNone},
	{"a pass inside a quoted string", `A: mx.primaria.test; spf=fail smtp.mailfrom="x; dmarc=pass header.from=primaria.test "@evil.test`, ByNone},
	{"a pass inside a quoted string, well formed", `A: mx.primaria.test; spf=fail smtp.mailfrom="x; dmarc=pass header.from=primaria.test"`, ByNone},
	{"a pass inside a quoted string with a quote in it", `A: mx.primaria.test; spf=fail smtp.mailfrom="x\"; dmarc=pass header.from=primaria.test"`, ByNone},
	{"a pass inside a comment", "A: mx.primaria.test; spf=fail (x; dmarc=pass header.from=primaria.test) smtp.mailfrom=evil.test", ByNone},
	{"a pass inside a nested comment", "A: mx.primaria.test; spf=fail (a (b); dmarc=pass header.from=primaria.test) smtp.mailfrom=evil.test", ByNone},
	{"a pass inside a comment with an escaped end", "A: mx.primaria.test; spf=fail (a \\); dmarc=pass header.from=primaria.test)", ByNone},
	{"a pass inside a reason", `A: mx.primaria.test; spf=fail reason="; dmarc=pass header.from=primaria.test"`, ByNone},
	{"a comment that does not end", "A: mx.primaria.test; dmarc=pass header.from=primaria.test (", ByNone},
	{"a comment that ends too often", "A: mx.primaria.test; dmarc=pass header.from=primaria.test )", ByNone},
	{"a quoted string that does not end", `A: mx.primaria.test; dmarc=pass header.from="primaria.test`, ByNone},
	{"a comma between results", "A: mx.primaria.test, spf=fail; dmarc=pass header.from=primaria.test", ByNone},
	{"a method without a result", "A: mx.primaria.test; dmarc header.from=primaria.test", ByNone},
	{"a colon for the dot", "A: mx.primaria.test; dmarc=pass header:from=primaria.test", ByNone},
	{"an address as header.from", "A: mx.primaria.test; dmarc=pass header.from=primar@primaria.test", ByNone},
	{"DKIM of another domain", "A: mx.primaria.test; dkim=pass header.d=evil.test", ByNone},
	{"DKIM of another domain, ours as identity", "A: mx.primaria.test; dkim=pass header.d=evil.test header.i=@primaria.test", ByNone},
	{"DKIM of a domain that ends like ours", "A: mx.primaria.test; dkim=pass header.d=evilprimaria.test", ByNone},
	{"DKIM of the top-level domain", "A: mx.primaria.test; dkim=pass header.d=test", ByNone},
	{"DKIM fail", "A: mx.primaria.test; dkim=fail header.d=primaria.test", ByNone},
	{"DKIM twice", "A: mx.primaria.test; dkim=pass header.d=evil.test; dkim=pass header.d=primaria.test", ByNone},
	{"DKIM pass with a quoted end", `A: mx.primaria.test; dkim=pass header.d="evil.test header.d=primaria.test"`, ByNone},
	{"another login", "A: mx.primaria.test; auth=pass smtp.auth=x@primaria.test smtp.mailfrom=primar@primaria.test", ByNone},
	{"a login without a domain", "A: mx.primaria.test; auth=pass smtp.auth=primar", ByNone},
	{"a failed login", "A: mx.primaria.test; auth=fail smtp.auth=primar@primaria.test", ByNone},
	{"no login", "A: mx.primaria.test; auth=pass smtp.mailfrom=primar@primaria.test", ByNone},
	{"two logins", "A: mx.primaria.test; auth=pass smtp.auth=x@primaria.test smtp.auth=primar@primaria.test", ByNone},
	{"ours, below another's", "A: mx.evil.test; none\r\nA: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"ours with a fail, a forged pass below", "A: mx.primaria.test; dmarc=fail header.from=primaria.test\r\nA: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"a malformed one above ours", "A: mx.primaria.test; (\r\nA: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"ARC", "ARC-Authentication-Results: i=1; mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"X-Original", "X-Original-Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"X-Authentication-Results", "X-Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"Original-Authentication-Results", "Original-Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"Received-SPF", "Received-SPF: pass (mx.primaria.test) client-ip=192.0.2.1; envelope-from=primar@primaria.test", ByNone},
	{"folded into another field", "X: a\r\n Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"a space before the colon", "Authentication-Results : mx.primaria.test; dmarc=pass header.from=primaria.test", ByNone},
	{"eight-bit id", "A: mx.prim\u0430ria.test; dmarc=pass header.from=primaria.test", ByNone},
}

func TestOnlyOurServersTopmostStampCounts(t *testing.T) {
	for _, r := range stamps {
		t.Run(r.name, func(t *testing.T) {
			header := strings.ReplaceAll("\r\n"+r.header, "\r\nA:", "\r\nAuthentication-Results:")[2:]
			got := check(t, header+"\r\n"+plain+rest+answer, stamped)
			if got.By != r.by || got.Authentic != (r.by != ByNone) || got.Why == "" {
				t.Errorf("%q: %+v, want %s", r.header, got, r.by)
			}
		})
	}
}

func TestAStampInTheBodyIsText(t *testing.T) {
	if got := check(t, plain+rest+"\r\n"+pass+"\r\nAprob", stamped); got.Authentic {
		t.Errorf("%+v", got)
	}
}

func TestAStampIsOnlyWorthWhatTheConfigurationAccepts(t *testing.T) {
	header := "Authentication-Results: mx.primaria.test; dmarc=pass header.from=primaria.test; dkim=pass header.d=mail.primaria.test; auth=pass smtp.auth=primar@primaria.test\r\n"
	for _, c := range []struct {
		name   string
		policy Policy
		want   By
	}{
		{"nothing", Policy{}, ByNone},
		{"no authserv-id", Policy{AcceptDMARC: true, AcceptDKIM: true, AcceptAuth: true}, ByNone},
		{"no method", Policy{AuthservID: ours}, ByNone},
		{"dmarc", Policy{AuthservID: ours, AcceptDMARC: true}, ByDMARC},
		{"dkim", Policy{AuthservID: ours, AcceptDKIM: true}, ByDKIM},
		{"dkim, strictly aligned", Policy{AuthservID: ours, AcceptDKIM: true, StrictAlignment: true}, ByNone},
		{"auth", Policy{AuthservID: ours, AcceptAuth: true}, ByAuth},
	} {
		if got := check(t, header+plain+rest+answer, c.policy); got.By != c.want || got.Authentic != (c.want != ByNone) {
			t.Errorf("accepting %s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestHomoglyphDomainsAreOtherDomains(t *testing.T) {
	// The stamp is genuine, for the look-alike: it vouches for the look-alike only.
	header := "Authentication-Results: mx.primaria.test; dmarc=pass header.from=xn--prmaria-q2a.test\r\nFrom: Primar <primar@xn--prmaria-q2a.test>\r\n"
	got := check(t, header+rest+answer, stamped)
	if !got.Authentic || got.Address == mayor {
		t.Errorf("%+v", got)
	}
}

func TestMailsWithoutABodyOrWithUnixLineEndsAreRead(t *testing.T) {
	for _, raw := range []string{pass + plain, pass + plain + "\r\n", strings.ReplaceAll(pass+plain+rest+answer, "\r\n", "\n")} {
		if got := check(t, raw, stamped); !got.Authentic {
			t.Errorf("%q: %+v", raw, got)
		}
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"bytes":  pass + plain + "X: " + strings.Repeat("a", maxHeader) + "\r\n",
		"fields": pass + plain + strings.Repeat("X: a\r\n", maxFields),
		"stamp":  strings.Replace(pass, ";", "; ("+strings.Repeat("(", maxAuthres)+")", 1) + plain,
	} {
		if got := check(t, raw+answer, stamped); got.Authentic {
			t.Errorf("too many %s: %+v", name, got)
		}
	}
}

func TestAlignmentIsByOrganisationOrStrict(t *testing.T) {
	for _, c := range []struct {
		domain, from    string
		relaxed, strict bool
	}{
		{"primaria.test", "primaria.test", true, true},
		{"Primaria.Test", "primaria.test", true, true},
		{"mail.primaria.test", "primaria.test", true, false},
		{"primaria.test", "mail.primaria.test", true, false},
		{"a.primaria.test", "b.primaria.test", true, false},
		{"primaria.com.ro", "buzau.com.ro", false, false},
		{"com.ro", "primaria.com.ro", false, false},
		{"ro", "primariabuzau.ro", false, false},
		{"primaria.test.evil.test", "primaria.test", false, false},
		{"", "primaria.test", false, false},
		{"primaria.test.", "primaria.test", false, false},
		{"*.primaria.test", "primaria.test", false, false},
	} {
		if got := aligned(c.domain, c.from, false); got != c.relaxed {
			t.Errorf("%q with %q: %v, want %v", c.domain, c.from, got, c.relaxed)
		}
		if got := aligned(c.domain, c.from, true); got != c.strict {
			t.Errorf("%q with %q, strict: %v, want %v", c.domain, c.from, got, c.strict)
		}
	}
}

// zone answers from a map; other names do not exist.
type zone map[string]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if txt, ok := z[name]; ok {
		return []string{txt}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// broken never answers.
type broken struct{}

func (broken) LookupTXT(context.Context, string) ([]string, error) {
	return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
}

// odd fails in a way of its own.
type odd struct{}

func (odd) LookupTXT(context.Context, string) ([]string, error) {
	return nil, errors.New("connection refused")
}

// slow answers when the question is given up.
type slow struct{}

func (slow) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
