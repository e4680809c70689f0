package mailer

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"registratura/forms"
	"registratura/intake"
	"registratura/templates"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var _ intake.Composer = (*Composer)(nil)

func sampleComposer(t testing.TB) *Composer {
	t.Helper()
	buc, err := time.LoadLocation("Europe/Bucharest")
	if err != nil {
		t.Fatal(err)
	}
	return &Composer{Context: templates.Context{
		Institution: "Primăria Municipiului Buzău", Name: "Registratura electronică",
		Address: "registratura@primariabuzau.ro", Procedure: "DE-SPDI-02", Location: buc,
	}}
}

func sampleNotice() intake.Notice {
	return intake.Notice{
		To: intake.Person{Name: "Constantin Popa", Address: "primar@primariabuzau.ro"},
		Letter: intake.Approval{Request: sampleRequest(), SiteURL: "https://extranet.primariabuzau.ro/s/scoala-11/",
			Expires: time.Date(2026, 12, 7, 8, 0, 0, 0, time.UTC),
			Approver: intake.Approver{Person: intake.Person{Name: "Constantin Popa", Address: "primar@primariabuzau.ro"},
				Title: "Primar", Salutation: "Stimate domnule primar"}},
		Date:       time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC),
		MessageID:  "n7.3fk2m9q8w1x5z0b4c6v7@primariabuzau.ro",
		InReplyTo:  "CAF+abc=1@mail.example.ro",
		References: []string{"prima@mail.example.ro", "CAF+abc=1@mail.example.ro"},
		ReplyTo:    "registratura+7f3kq9w2m5@primariabuzau.ro",
		Attachments: []intake.Attachment{{Name: "Anexa 1 – Școala nr. 11.xlsx", Data: bytes.Repeat([]byte("PK\x03\x04 foaie"), 40),
			MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}},
	}
}

func sampleRequest() *intake.Request {
	s := forms.Submission{Requester: "Elena Ionescu", Department: "Direcția Economică", Partner: "Școala Gimnazială nr. 11",
		InfoTypes: "Situații școlare", LegalBasis: "Acord de colaborare nr. 215/2026", ActivationDate: forms.Date{Year: 2026, Month: 12, Day: 15},
		PartnerUsers:  []forms.User{{Name: "Ana Popescu", Email: "ana@scoala11.ro", Rights: forms.RightRead}},
		InternalUsers: []forms.User{{Name: "Elena Ionescu", Email: "elena@primariabuzau.ro", Rights: forms.RightRead | forms.RightWrite}}}
	n := intake.Number{Serial: 42, Date: forms.Date{Year: 2026, Month: 11, Day: 23}}
	return &intake.Request{Number: n, Kind: forms.Create, From: intake.Person{Name: "Elena Ionescu", Address: "elena@primariabuzau.ro"},
		Department: "Direcția Economică", Proven: "dkim", Submission: s,
		Plan: intake.MakePlan(&forms.Reading{Submission: s, Department: "Direcția Economică"}, n, "scoala-11")}
}

func TestComposedMessageIsTheGoldenOne(t *testing.T) {
	n := sampleNotice()
	n.Letter = intake.TooLarge{Subject: "Cerere", Size: 27_400_000, Limit: 20 << 20} // the shortest text
	raw, err := sampleComposer(t).Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "too_large.eml")
	if *update {
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("the message is not %s (run with -update, then look at the difference):\n%s", file, cmp.Diff(string(want), string(raw)))
	}
}

// part is a leaf of a message as a mail program reads it.
type part struct {
	kind, name, body string
}

// read takes a composed message apart with a library that had no hand in
// making it.
func read(t *testing.T, raw []byte) (*mail.Header, []part) {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	var parts []part
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return &r.Header, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		got := part{body: string(body)}
		switch h := p.Header.(type) {
		case *mail.InlineHeader:
			got.kind, _, err = h.ContentType()
		case *mail.AttachmentHeader:
			if got.kind, _, err = h.ContentType(); err == nil {
				got.name, err = h.Filename()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, got)
	}
}

func TestMailProgramsReadWhatWasComposed(t *testing.T) {
	n := sampleNotice()
	c := sampleComposer(t)
	raw, err := c.Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	text, err := templates.Render(n.Letter, c.Context)
	if err != nil {
		t.Fatal(err)
	}
	h, parts := read(t, raw)

	for field, want := range map[string]string{
		"Message-Id":               "<" + n.MessageID + ">",
		"In-Reply-To":              "<" + n.InReplyTo + ">",
		"References":               "<" + n.References[0] + "> <" + n.References[1] + ">",
		"Date":                     "Mon, 23 Nov 2026 10:15:00 +0200",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"Mime-Version":             "1.0",
	} {
		if got := h.Get(field); got != want {
			t.Errorf("%s is %q, not %q", field, got, want)
		}
	}
	for field, want := range map[string]string{
		"From":     c.Context.Name + " <" + c.Context.Address + ">",
		"To":       n.To.Name + " <" + n.To.Address + ">",
		"Reply-To": c.Context.Name + " <" + n.ReplyTo + ">",
	} {
		list, err := h.AddressList(field)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v, %v", field, list, err)
		} else if got := list[0].Name + " <" + list[0].Address + ">"; got != want {
			t.Errorf("%s is %q, not %q", field, got, want)
		}
	}
	if got, err := h.Subject(); err != nil || got != text.Subject {
		t.Errorf("the subject is %q, not %q (%v)", got, text.Subject, err)
	}
	lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	if parts[0].kind != "text/plain" || lf(parts[0].body) != text.Text {
		t.Errorf("the plain part is %q:\n%s", parts[0].kind, parts[0].body)
	}
	if parts[1].kind != "text/html" || lf(parts[1].body) != text.HTML {
		t.Errorf("the HTML part is %q:\n%s", parts[1].kind, parts[1].body)
	}
	a := n.Attachments[0]
	if parts[2].kind != a.MediaType || parts[2].name != a.Name || parts[2].body != string(a.Data) {
		t.Errorf("the attachment is %q named %q", parts[2].kind, parts[2].name)
	}
}

func TestSameNoticeGivesSameBytes(t *testing.T) {
	c := sampleComposer(t)
	for _, attach := range []int{0, 1, 2} {
		n := sampleNotice()
		n.Attachments = append(n.Attachments, intake.Attachment{Name: "b.txt", MediaType: "text/plain", Data: []byte("b")})[:attach]
		first, err := c.Compose(n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Compose(n)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("with %d attachments, two compositions differ", attach)
		}
		n.MessageID = "other@primariabuzau.ro"
		if other, err := c.Compose(n); err != nil || bytes.Contains(other, boundaryOf(t, first)) {
			t.Errorf("another Message-ID gives the same boundary (%v)", err)
		}
	}
}

func boundaryOf(t *testing.T, raw []byte) []byte {
	t.Helper()
	_, rest, ok := bytes.Cut(raw, []byte(`boundary="`))
	boundary, _, ok2 := bytes.Cut(rest, []byte(`"`))
	if !ok || !ok2 {
		t.Fatalf("no boundary in\n%s", raw)
	}
	return boundary
}

func TestWithoutAttachmentTheMessageIsAnAlternativeOnly(t *testing.T) {
	n := sampleNotice()
	n.Attachments, n.Answers, n.ReplyTo = nil, true, ""
	raw, err := sampleComposer(t).Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	h, parts := read(t, raw)
	if kind, _, err := h.ContentType(); err != nil || kind != "multipart/alternative" || len(parts) != 2 {
		t.Errorf("it is %q (%v) with %d parts", kind, err, len(parts))
	}
	if got := h.Get("Auto-Submitted"); got != "auto-replied" {
		t.Errorf("Auto-Submitted is %q", got)
	}
	if got, err := h.AddressList("Reply-To"); err != nil || got[0].Address != "registratura@primariabuzau.ro" {
		t.Errorf("Reply-To is %v (%v)", got, err)
	}
}

// attack is what somebody might put wherever they can type: another header
// line in every spelling, an encoded one, and a boundary of ours.
const attack = "x\r\nBcc: rau@evil.ro\nBcc: rau@evil.ro\rBcc: rau@evil.ro\u2028Bcc: rau@evil.ro\r\n\r\n--=_00 =?utf-8?q?=0D=0ABcc:_rau=40evil.ro?= \"<rau@evil.ro>\", <script>\x00\u202E"

func TestNoDataMakesAHeaderOrAPart(t *testing.T) {
	r := sampleRequest()
	r.From.Name, r.Department = attack, attack
	r.Submission.Requester, r.Submission.Partner, r.Submission.InfoTypes = attack, attack, attack
	r.Plan.Site.Title = attack
	n := sampleNotice()
	n.To.Name = attack
	n.Letter = intake.Approval{Request: r, Approver: intake.Approver{Person: intake.Person{Name: attack}, Title: attack, Salutation: attack}, SiteURL: attack}
	n.InReplyTo = "a@b>\r\nBcc: <rau@evil.ro"
	n.References = []string{"ok@mail.example.ro", attack, "a b@c", "é@c", strings.Repeat("x", 2000) + "@c"}
	n.Attachments = []intake.Attachment{
		{Name: attack, MediaType: attack, Data: []byte(attack)},
		{Name: "../../etc/passwd", MediaType: "message/rfc822", Data: []byte("a")},
		{Name: strings.Repeat("țară", 200) + ".xlsx", MediaType: "text/html", Data: nil},
		{Name: " . ", MediaType: "x", Data: []byte("b")},
	}
	c := sampleComposer(t)
	c.Context.Name = attack
	raw, err := c.Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	checkForm(t, raw)
	h, parts := read(t, raw)
	allowed := map[string]bool{"Auto-Submitted": true, "Date": true, "Mime-Version": true, "Message-Id": true, "References": true, "Subject": true,
		"X-Auto-Response-Suppress": true, "From": true, "To": true, "Reply-To": true, "Content-Type": true}
	for f := h.Fields(); f.Next(); {
		if !allowed[f.Key()] {
			t.Errorf("there is a header %s: %s", f.Key(), f.Value())
		}
		delete(allowed, f.Key())
		// not even a mail program that decodes more than it should sees two lines
		if v, _ := f.Text(); strings.ContainsAny(v, "\r\n\x00\u2028\u202E") {
			t.Errorf("header %s decodes to %q", f.Key(), v)
		}
	}
	if len(allowed) > 0 {
		t.Errorf("headers are missing or twice there: %v", allowed)
	}
	for field, want := range map[string]string{"From": c.Context.Address, "To": n.To.Address, "Reply-To": n.ReplyTo} {
		if list, err := h.AddressList(field); err != nil || len(list) != 1 || list[0].Address != want {
			t.Errorf("%s is %v (%v)", field, list, err)
		}
	}
	if got := h.Get("References"); got != "<ok@mail.example.ro>" {
		t.Errorf("References is %q", got)
	}
	if len(parts) != 2+len(n.Attachments) {
		t.Fatalf("%d parts", len(parts))
	}
	for i, want := range []part{
		{"application/octet-stream", "", attack},
		{"application/octet-stream", "_.._etc_passwd", "a"},
		{"text/html", "", ""},
		{"application/octet-stream", "atasament", "b"},
	} {
		got := parts[2+i]
		if got.kind != want.kind || got.body != want.body || want.name != "" && got.name != want.name {
			t.Errorf("attachment %d is %q named %q", i, got.kind, got.name)
		}
		if strings.ContainsAny(got.name, "/\\\r\n\"<>:\x00\u202E") || len(got.name) > maxFileName {
			t.Errorf("attachment %d is named %q", i, got.name)
		}
	}
	if name := parts[4].name; !strings.HasSuffix(name, ".xlsx") {
		t.Errorf("a long name lost its end: %q", name)
	}
}

// checkForm checks what RFC 5322, 2.1.1 and RFC 5321, 2.3.8 ask of every
// line; and that all is ASCII, so that no server has to know 8BITMIME.
func checkForm(t *testing.T, raw []byte) {
	t.Helper()
	if err := checkLines(raw); err != nil {
		t.Error(err)
	}
	for i, b := range raw {
		if b > 126 || b < 32 && b != '\r' && b != '\n' && b != '\t' {
			t.Fatalf("octet %d is %#x", i, b)
		}
	}
}

func TestLinesAreShort(t *testing.T) {
	raw, err := sampleComposer(t).Compose(sampleNotice())
	if err != nil {
		t.Fatal(err)
	}
	checkForm(t, raw)
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		// a file name is one word, and so is a media type
		if len(line) > 78 && !strings.HasPrefix(line, " filename*=") && !strings.HasPrefix(line, "Content-Type: ") {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
}

func TestNoticesThatCannotBeSentAreRefused(t *testing.T) {
	for name, change := range map[string]func(*intake.Notice){
		"no Message-ID":               func(n *intake.Notice) { n.MessageID = "" },
		"a Message-ID with a line":    func(n *intake.Notice) { n.MessageID = "a@b\r\nBcc: x@y" },
		"no date":                     func(n *intake.Notice) { n.Date = time.Time{} },
		"no recipient":                func(n *intake.Notice) { n.To.Address = "" },
		"a recipient with a line":     func(n *intake.Notice) { n.To.Address = "a@b.ro\r\nBcc: x@y.ro" },
		"two recipients":              func(n *intake.Notice) { n.To.Address = "a@b.ro, c@d.ro" },
		"an answer address with name": func(n *intake.Notice) { n.ReplyTo = "X <a@b.ro>" },
	} {
		t.Run(name, func(t *testing.T) {
			n := sampleNotice()
			change(&n)
			if raw, err := sampleComposer(t).Compose(n); err == nil {
				t.Errorf("composed:\n%s", raw)
			}
		})
	}
}

func TestLongThreadsKeepTheirFirstAndLatestMails(t *testing.T) {
	var ids []string
	for i := range 100 {
		ids = append(ids, strings.Repeat("x", 60)+string(rune('a'+i%26))+strings.Repeat("y", i/26)+"@mail.example.ro")
	}
	n := sampleNotice()
	n.References = ids
	raw, err := sampleComposer(t).Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	checkForm(t, raw)
	h, _ := read(t, raw)
	got := strings.Fields(h.Get("References"))
	if len(got) != maxReferences || got[0] != "<"+ids[0]+">" || got[1] != "<"+ids[81]+">" || got[19] != "<"+ids[99]+">" {
		t.Errorf("%d references: %s", len(got), got)
	}
}

func TestOnlyPlainAddressesAreWrittenTo(t *testing.T) {
	for address, ok := range map[string]bool{
		"ana@scoala11.ro":                      true,
		"ana.popescu+site@mail.scoala-11.ro":   true,
		"o'brien_1@x.co":                       true,
		"root@localhost":                       true,
		"":                                     false,
		"ana":                                  false,
		"@x.ro":                                false,
		"ana@":                                 false,
		"ana@@x.ro":                            false,
		".ana@x.ro":                            false,
		"ana.@x.ro":                            false,
		"ana..p@x.ro":                          false,
		`"ana p"@x.ro`:                         false,
		`"ana> RCPT TO:<rau@evil.ro"@x.ro`:     false, // CVE-2025-59937
		"ana@x.ro> SIZE=1":                     false,
		"ana@x.ro\r\nRCPT TO:<rau@evil.ro>":    false,
		"ana\n@x.ro":                           false,
		"ana@x.ro ":                            false,
		"<ana@x.ro>":                           false,
		"Ana <ana@x.ro>":                       false,
		"ana@x.ro,ion@x.ro":                    false,
		"ana@[192.0.2.1]":                      false,
		"ana@-x.ro":                            false,
		"ana@x-.ro":                            false,
		"ana@x..ro":                            false,
		"ana@x.ro.":                            false,
		"ana@școală.ro":                        false,
		"șerban@x.ro":                          false,
		"@a,@b:ana@x.ro":                       false,
		strings.Repeat("a", 65) + "@x.ro":      false,
		"a@" + strings.Repeat("a", 64) + ".ro": false,
	} {
		if err := CheckAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	c, n := sampleComposer(b), sampleNotice()
	n.Attachments[0].Data = bytes.Repeat([]byte{1, 2, 3, 4}, 3000) // about a filled form
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Compose(n); err != nil {
			b.Fatal(err)
		}
	}
}
