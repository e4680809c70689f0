package mailbox

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"registratura/intake"
)

// mailOf writes a test mail with the line ends of one.
func mailOf(lines ...string) []byte {
	return []byte(strings.ReplaceAll(strings.Join(lines, "\n"), "\n", "\r\n"))
}

const fromAna = "From: Ana Pop <ana.pop@primaria.test>"

func TestTheMailsOfTheCorpusAreAutomaticExactlyWhenLabelledSo(t *testing.T) {
	labels, err := os.Open("testdata/replies/labels.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	read := 0
	for lines := bufio.NewScanner(labels); lines.Scan(); read++ {
		var want struct{ File, Label string }
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join("testdata/replies", want.File))
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(raw, Limits{})
		if got := m.Automatic != ""; got != (want.Label == "auto") {
			t.Errorf("%s (%s): automatic is %q", want.File, want.Label, m.Automatic)
		}
		if len(m.Defects) > 0 {
			t.Errorf("%s: defects %q", want.File, m.Defects)
		}
		if _, ok := m.Sender(); !ok {
			t.Errorf("%s: no sender in %q", want.File, m.From)
		}
		if strings.TrimSpace(m.Text+m.HTML) == "" {
			t.Errorf("%s: no text", want.File)
		}
		if strings.Contains(m.Text+m.Subject, "\uFFFD") {
			t.Errorf("%s: the text is damaged", want.File)
		}
		// And without the fields in which machines say what they are.
		if want.Label == "auto" {
			if m := Parse(withoutMachineFields(raw), Limits{}); m.Automatic == "" {
				t.Logf("%s is not recognised without its header fields", want.File)
			}
		}
	}
	if read != 90 {
		t.Errorf("read %d mails, want 90", read)
	}
}

func withoutMachineFields(raw []byte) []byte {
	var out []string
	for line := range strings.Lines(string(raw)) {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		if name != "auto-submitted" && name != "return-path" && name != "precedence" && !strings.HasPrefix(name, "x-") {
			out = append(out, line)
		}
	}
	return []byte(strings.Join(out, ""))
}

func TestTheHeaderBecomesFields(t *testing.T) {
	m := Parse(mailOf(
		"Return-Path: <ana.pop@primaria.test>",
		"Delivered-To: registratura+T0ken@primaria.test",
		"X-Original-To: registratura+T0ken@primaria.test",
		"Envelope-To: alta@primaria.test",
		"From: =?utf-8?q?Ana_P=C3=B6p?= <Ana.Pop@Primaria.test>",
		"Reply-To: secretariat@primaria.test",
		"To: Registratura <registratura@primaria.test>,",
		" \"Pop, Ion\" <ion@primaria.test>",
		"Cc: x@spital.test",
		"Subject: =?utf-8?b?Q2VyZXJlIG5vdcSD?=",
		" pentru spital",
		"Date: Mon, 23 Nov 2026 09:12:45 +0200",
		"Message-ID: <m1@primaria.test>",
		"In-Reply-To: <a@x> (mesajul de ieri)",
		"References: <r1@x> <r2@x>",
		"  <a@x>",
		"Content-Type: text/plain; charset=utf-8",
		"",
		"Bună ziua"), Limits{})
	want := &intake.Message{
		Raw:        m.Raw,
		MessageID:  "m1@primaria.test",
		InReplyTo:  []string{"a@x"},
		References: []string{"r1@x", "r2@x", "a@x"},
		Subject:    "Cerere nouă pentru spital",
		Date:       time.Date(2026, 11, 23, 7, 12, 45, 0, time.UTC),
		From:       []intake.Address{{Name: "Ana Pöp", Address: "ana.pop@primaria.test"}},
		FromFields: 1,
		ReplyTo:    []intake.Address{{Address: "secretariat@primaria.test"}},
		To: []intake.Address{{Name: "Registratura", Address: "registratura@primaria.test"},
			{Name: "Pop, Ion", Address: "ion@primaria.test"}, {Address: "x@spital.test"}},
		Delivered: []string{"registratura+t0ken@primaria.test", "alta@primaria.test"},
		Text:      "Bună ziua",
	}
	m.Date = m.Date.UTC()
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestTheFromFieldIsTakenOnlyWhenItIsPlain(t *testing.T) {
	const address = "primar@primaria.test"
	for _, c := range []struct {
		why, fields string
		want        string // the sender; empty: there must be none
	}{
		{"a bare address", "From: primar@primaria.test", address},
		{"a name and an address", "From: Constantin Popa <Primar@Primaria.test>", address},
		{"a quoted name with a comma", `From: "Popa, Constantin" <primar@primaria.test>`, address},
		{"an encoded name in an unknown charset", "From: =?x-nimic?q?Popa?= <primar@primaria.test>", address},
		{"a raw eight-bit name", "From: Consta\xfein <primar@primaria.test>", address},
		{"the address repeated as an unquoted name", "From: primar@primaria.test <primar@primaria.test>", address},
		{"a comment", "From: primar@primaria.test (Constantin Popa)", address},
		{"upper-case field name", "FROM: primar@primaria.test", address},
		{"an mbox line first", "From primar@primaria.test Mon Nov 23 09:00:00 2026\r\nFrom: primar@primaria.test", address},
		{"two From fields", "From: primar@primaria.test\r\nFrom: altul@rau.test", ""},
		{"two From fields that are equal", "From: primar@primaria.test\r\nFrom: primar@primaria.test", ""},
		{"a second From field with a space before the colon", "From: primar@primaria.test\r\nFrom : altul@rau.test", ""},
		{"two addresses", "From: primar@primaria.test, altul@rau.test", ""},
		{"another address as the name", "From: primar@primaria.test <altul@rau.test>", ""},
		{"another address as a quoted name", `From: "primar@primaria.test" <altul@rau.test>`, "altul@rau.test"},
		{"a group", "From: Primarii: primar@primaria.test;", ""},
		{"a route", "From: <@rau.test:primar@primaria.test>", ""},
		{"a quoted local part", `From: "primar@primaria.test"@rau.test`, ""},
		{"a domain literal", "From: primar@[192.0.2.1]", ""},
		{"a NUL", "From: primar@primaria.test\x00@rau.test", ""},
		{"a letter that looks like another", "From: pr\u0456mar@primaria.test", ""},
		{"two addresses in angle brackets", "From: <primar@primaria.test> <altul@rau.test>", ""},
		{"more fields than are read", "From: primar@primaria.test" + strings.Repeat("\r\nX: y", maxFields) + "\r\nFrom: altul@rau.test", ""},
		{"nothing", "From:", ""},
		{"no From field", "To: primar@primaria.test", ""},
	} {
		m := Parse([]byte(c.fields+"\r\nSubject: x\r\n\r\nAprob\r\n"), Limits{})
		got, ok := m.Sender()
		if got.Address != c.want || ok != (c.want != "") {
			t.Errorf("%s: the sender is %q, want %q (%d fields, %q)", c.why, got.Address, c.want, m.FromFields, m.Defects)
		}
		if c.want == "" && len(m.Defects) == 0 {
			// A person of IT has to see why nobody was answered.
			if m.FromFields == 1 && len(m.From) == 1 {
				t.Errorf("%s: no defect is named", c.why)
			}
		}
		if strings.TrimSpace(m.Text) != "Aprob" && !strings.HasPrefix(c.why, "more fields") {
			t.Errorf("%s: the text is %q", c.why, m.Text)
		}
	}
}

func TestAttachmentNamesAreReadHoweverTheyAreWritten(t *testing.T) {
	const want = "Cerere șablon nouă.xlsx"
	b64 := base64.StdEncoding.EncodeToString([]byte(want))
	for _, c := range []struct{ why, fields, want string }{
		{"RFC 2231", "Content-Disposition: attachment; filename*=utf-8''Cerere%20%C8%99ablon%20nou%C4%83.xlsx", want},
		{"RFC 2231 in pieces", "Content-Disposition: attachment;\r\n filename*0*=utf-8''Cerere%20%C8%99a;\r\n filename*1*=blon%20nou%C4%83;\r\n filename*2=.xlsx", want},
		{"RFC 2231 in pieces out of order", "Content-Disposition: attachment; filename*1=\".xlsx\"; filename*0*=utf-8''Cerere%20%C8%99ablon%20nou%C4%83", want},
		{"RFC 2231 in windows-1250", "Content-Disposition: attachment; filename*=windows-1250''cerere%20%BAablon.xlsx", "cerere şablon.xlsx"},
		{"RFC 2231 beside a plain name", "Content-Disposition: attachment; filename=\"cerere.xlsx\"; filename*=utf-8''Cerere%20%C8%99ablon%20nou%C4%83.xlsx", want},
		{"an encoded word in quotes", "Content-Disposition: attachment; filename=\"=?utf-8?B?" + b64 + "?=\"", want},
		{"an encoded word without quotes", "Content-Disposition: attachment; filename==?utf-8?B?" + b64 + "?=", want},
		{"encoded words that cut a character in two", "Content-Disposition: attachment;\r\n filename=\"=?utf-8?q?Cerere_=C8?=\r\n =?utf-8?q?=99ablon_nou=C4=83.xlsx?=\"", want},
		{"an encoded word with spaces inside", "Content-Disposition: attachment; filename=\"=?utf-8?Q?Cerere =C8=99ablon nou=C4=83.xlsx?=\"", want},
		{"only in Content-Type", "Content-Type: application/octet-stream; name=\"=?utf-8?B?" + b64 + "?=\"", want},
		{"raw UTF-8", "Content-Disposition: attachment; filename=\"" + want + "\"", want},
		{"raw windows-1250", "Content-Disposition: attachment; filename=\"cerere \xbaablon.xlsx\"", "cerere şablon.xlsx"},
		{"no quotes around spaces", "Content-Disposition: attachment; filename=Cerere nouă.xlsx; size=12", "Cerere nouă.xlsx"},
		{"a quote that never closes", "Content-Disposition: attachment; filename=\"cerere.xlsx", "cerere.xlsx"},
		{"a semicolon in quotes", "Content-Disposition: attachment; filename=\"a;b.xlsx\"", "a;b.xlsx"},
		{"an escaped quote", `Content-Disposition: attachment; filename="a\"b.xlsx"`, `a"b.xlsx`},
		{"a path of Windows stays data", `Content-Disposition: attachment; filename="C:\Acte\cerere.xlsx"`, `C:\Acte\cerere.xlsx`},
		{"a name escaped as in a link", "Content-Disposition: attachment; filename=\"Cerere%20nou%C4%83.xlsx\"", "Cerere nouă.xlsx"},
		{"a per cent sign that is one", "Content-Disposition: attachment; filename=\"reducere 20% final.xlsx\"", "reducere 20% final.xlsx"},
		{"a NUL in the name", "Content-Disposition: attachment; filename=\"cer\x00ere.xlsx\"", "cerere.xlsx"},
		{"no name at all", "Content-Disposition: attachment", ""},
	} {
		fields := c.fields
		if !strings.Contains(fields, "Content-Type") {
			fields = "Content-Type: application/octet-stream\r\n" + fields
		}
		raw := mailOf(fromAna, "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "text", "--b", "FIELDS", "Content-Transfer-Encoding: base64", "", "aGVsbG8=", "--b--", "")
		m := Parse(bytes.Replace(raw, []byte("FIELDS"), []byte(fields), 1), Limits{})
		if len(m.Attachments) != 1 {
			t.Errorf("%s: got %d attachments", c.why, len(m.Attachments))
			continue
		}
		a := m.Attachments[0]
		if a.Name != c.want || string(a.Data) != "hello" || a.MediaType != "application/octet-stream" {
			t.Errorf("%s: got %q, %q, %q, want the name %q", c.why, a.Name, a.MediaType, a.Data, c.want)
		}
		if m.Text != "text" {
			t.Errorf("%s: the text is %q", c.why, m.Text)
		}
	}
}

func TestTextIsDecodedWhateverItsCharset(t *testing.T) {
	for _, c := range []struct{ why, contentType, encoding, body, want string }{
		{"nothing said", "", "", "Aprobă", "Aprobă"},
		{"iso-8859-2", "text/plain; charset=iso-8859-2", "quoted-printable", "Aprob=E3", "Aprobă"},
		{"windows-1250", "text/plain; charset=\"windows-1250\"", "8bit", "Aprob\xe3 \xfeara", "Aprobă ţara"},
		{"iso-8859-16", "text/plain; charset=iso-8859-16", "8bit", "\xbaapte", "șapte"},
		{"cp1250", "text/plain; charset=cp1250", "8bit", "Aprob\xe3", "Aprobă"},
		{"utf-16", "text/plain; charset=utf-16", "base64", base64.StdEncoding.EncodeToString([]byte("\xfe\xff\x00d\x00a")), "da"},
		{"an unknown charset with UTF-8 in it", "text/plain; charset=nimic", "8bit", "Aprobă", "Aprobă"},
		{"an unknown charset with something else in it", "text/plain; charset=nimic", "8bit", "Aprob\xe3", "Aprobă"},
		{"utf-8 that is none", "text/plain; charset=utf-8", "8bit", "Aprob\xe3", "Aprobă"},
		{"utf-8 with one broken octet", "text/plain; charset=utf-8", "8bit", "Aprobă \xff", "Aprobă \uFFFD"},
		{"a comment behind the charset", "text/plain; charset=utf-8 (Unicode)", "8bit", "Aprobă", "Aprobă"},
		{"an unreadable Content-Type", "text", "8bit", "da", "da"},
		{"an unknown transfer encoding", "text/plain", "x-nimic", "da", "da"},
		{"base64 without padding, in pieces", "text/plain; charset=utf-8", "BASE64", "ZG\r\nE", "da"},
		{"soft line breaks", "text/plain; charset=utf-8", "Quoted-Printable", "Apro=\r\nb=  \r\nat", "Aprobat"},
		{"escapes that are none", "text/plain; charset=utf-8", "quoted-printable", "a=ZZ b=", "a=ZZ b="},
		{"NULs", "text/plain; charset=utf-8", "8bit", "A\x00prob", "Aprob"},
	} {
		head := fromAna + "\r\n"
		if c.contentType != "" {
			head += "Content-Type: " + c.contentType + "\r\n"
		}
		if c.encoding != "" {
			head += "Content-Transfer-Encoding: " + c.encoding + "\r\n"
		}
		m := Parse([]byte(head+"\r\n"+c.body), Limits{})
		if m.Text != c.want {
			t.Errorf("%s: got %q, want %q", c.why, m.Text, c.want)
		}
	}
	m := Parse([]byte(fromAna+"\r\nContent-Type: text/html\r\n\r\n<html><meta charset=\"iso-8859-2\">Aprob\xe3"), Limits{})
	if !strings.HasSuffix(m.HTML, "Aprobă") || m.Text != "" {
		t.Errorf("HTML that names its own charset: got %q", m.HTML)
	}
}

func TestFlowedTextBecomesParagraphsAgain(t *testing.T) {
	for _, c := range []struct {
		why, in string
		delSp   bool
		want    string
	}{
		{"lines are joined", "Sunt de \nacord.\nAna\n", false, "Sunt de acord.\nAna\n"},
		{"the spaces are deleted where they are not part of the text", "foto \ngrafie\n", true, "fotografie\n"},
		{"quotes keep their depth", "da\n> unu \n> doi\n>> trei \n> patru\n", false, "da\n> unu doi\n>> trei \n> patru\n"},
		{"stuffed spaces go", " >nu e citat\n From x\n", false, ">nu e citat\nFrom x\n"},
		{"the signature stays where it is", "Aprob \n-- \nAna\n", false, "Aprob \n-- \nAna\n"},
		{"empty lines stay", "\n\nda\n\nnu\n", false, "\n\nda\n\nnu\n"},
		{"empty text stays empty", "", false, ""},
	} {
		if got := unflow(c.in, c.delSp); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
	m := Parse(mailOf(fromAna, "Content-Type: text/plain; charset=utf-8; format=Flowed", "", "Sunt de ", "acord.", ""), Limits{})
	if m.Text != "Sunt de acord.\n" {
		t.Errorf("got %q", m.Text)
	}
}

func TestBodiesAndAttachmentsAreToldApart(t *testing.T) {
	xlsx := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	part := func(fields, body string) string { return "--b\n" + fields + "\n\n" + body + "\n" }
	forwarded := "From: x@y.test\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nAprob\n--c\nContent-Type: " + xlsx + "; name=f.xlsx\n\nX\n--c--\n"
	for _, c := range []struct {
		why         string
		parts       string
		text, html  string
		attachments []string // media type, name, data, within
	}{
		{"text on both sides of a file belongs together (Apple Mail)",
			part("Content-Type: text/plain", "sus") + part("Content-Type: "+xlsx+"; name=a.xlsx\nContent-Disposition: inline; filename=a.xlsx", "X") + part("Content-Type: text/plain", "jos"),
			"sus\n\njos", "", []string{xlsx + " a.xlsx X "}},
		{"a text file is a file", part("Content-Type: text/plain", "da") + part("Content-Type: text/plain; name=n.txt\nContent-Disposition: attachment", "nu"),
			"da", "", []string{"text/plain n.txt nu "}},
		{"the first text counts even if it has a name", part("Content-Type: text/plain; name=body.txt", "da"), "da", "", nil},
		{"a forwarded mail gives its files and not its text", part("Content-Type: text/plain", "vezi") + part("Content-Type: message/rfc822", forwarded),
			"vezi", "", []string{xlsx + " f.xlsx X message/rfc822"}},
		{"a forwarded mail that is called a file", part("Content-Type: text/plain", "vezi") + part("Content-Type: application/octet-stream; name=\"FW.EML\"", forwarded),
			"vezi", "", []string{xlsx + " f.xlsx X message/rfc822"}},
		{"a forwarded mail in base64, which is not allowed", part("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte(forwarded))),
			"", "", []string{xlsx + " f.xlsx X message/rfc822"}},
		{"a part without a header", "--b\n\nda\n", "da", "", nil},
		{"a part without even the empty line", "--b\nda, asa este\n", "da, asa este", "", nil},
		{"HTML beside", part("Content-Type: text/html", "<p>da") + part("Content-Type: image/png; name=logo.png\nContent-ID: <1>", "P"),
			"", "<p>da", []string{"image/png logo.png P  inline"}},
		{"an attachment that has a Content-ID is none the less one", part("Content-Type: "+xlsx+"; name=a.xlsx\nContent-ID: <1>", "X"), "", "", []string{xlsx + " a.xlsx X "}},
		{"signatures and resource forks are no files", part("Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment", "S") +
			part("Content-Type: multipart/appledouble; boundary=c", "--c\nContent-Type: application/applefile; name=a.xlsx\n\nR\n--c\nContent-Type: "+xlsx+"; name=a.xlsx\n\nX\n--c--"),
			"", "", []string{xlsx + " a.xlsx X "}},
		{"unnamed text in another language of computers is left", part("Content-Type: multipart/alternative; boundary=c", "--c\nContent-Type: text/plain\n\nda\n--c\nContent-Type: text/x-amp-html\n\n<amp>\n--c--"),
			"da", "", nil},
	} {
		m := Parse(mailOf(fromAna, "Content-Type: multipart/mixed; boundary=b", "", c.parts+"--b--"), Limits{})
		var got []string
		for _, a := range m.Attachments {
			s := fmt.Sprintf("%s %s %s %s", a.MediaType, a.Name, strings.TrimSpace(string(a.Data)), a.Within)
			if a.Inline {
				s += " inline"
			}
			got = append(got, s)
		}
		if m.Text != c.text || m.HTML != c.html || !slices.Equal(got, c.attachments) {
			t.Errorf("%s:\n got %q, %q, %q\nwant %q, %q, %q (%q)", c.why, m.Text, m.HTML, got, c.text, c.html, c.attachments, m.Defects)
		}
	}
}

func TestABrokenMailIsStillAMessage(t *testing.T) {
	for _, c := range []struct {
		why, raw, text string
		files          int
	}{
		{"nothing", "", "", 0},
		{"only text", "Aprob", "Aprob", 0},
		{"only a header", "From: a@b.test\r\nSubject: x", "", 0},
		{"bare line feeds", "From: a@b.test\nSubject: x\n\nda\n", "da\n", 0},
		{"bare carriage returns", "From: a@b.test\rSubject: x\r\rda\r", "da\n", 0},
		{"a byte order mark", "\xEF\xBB\xBFFrom: a@b.test\r\n\r\nda", "da", 0},
		{"empty lines first", "\r\n\r\nFrom: a@b.test\r\n\r\nda", "da", 0},
		{"a line that is no field", "From: a@b.test\r\nce este asta\r\nSubject: x\r\n\r\nda", "da", 0},
		{"no boundary said", "From: a@b.test\r\nContent-Type: multipart/mixed\r\n\r\n--zz1\r\n\r\nda\r\n--zz1\r\nContent-Type: image/png\r\n\r\nP\r\n--zz1--\r\n", "da", 1},
		{"a boundary that never comes", "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\nda", "da", 0},
		{"no closing boundary", "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nda\r\n--q\r\nContent-Type: image/png\r\n\r\nP", "da", 1},
		{"a boundary with spaces after it", "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q  \r\n\r\nda\r\n--q-- \r\nrest", "da", 0},
		{"a boundary that begins another", "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\n--qq\r\nda\r\n--q--", "--qq\nda", 0},
	} {
		m := Parse([]byte(c.raw), Limits{})
		if m.Text != c.text || len(m.Attachments) != c.files {
			t.Errorf("%s: got the text %q and %d files, want %q and %d (%q)", c.why, m.Text, len(m.Attachments), c.text, c.files, m.Defects)
		}
		if string(m.Raw) != c.raw {
			t.Errorf("%s: Raw was changed", c.why)
		}
	}
}

// hostile are mails made to cost as much as possible.
func hostile() map[string][]byte {
	nested := bytes.NewBufferString(fromAna + "\r\n")
	for i := range 20_000 {
		fmt.Fprintf(nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	manyParts := bytes.NewBufferString(fromAna + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 20_000 {
		manyParts.WriteString("--b\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n")
	}
	messages := bytes.NewBufferString(fromAna + "\r\n")
	for range 20_000 {
		messages.WriteString("Content-Type: message/rfc822\r\n\r\n")
	}
	wrapped := []byte("From: a@b.test\r\n\r\n" + strings.Repeat("x", 1<<20))
	for range 20 {
		wrapped = append([]byte("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"), base64.StdEncoding.AppendEncode(nil, wrapped)...)
		if len(wrapped) > 20<<20 {
			break
		}
	}
	fill := func(head, unit string) []byte {
		return []byte(fromAna + "\r\n" + head + strings.Repeat(unit, 20<<20/len(unit)))
	}
	bounces := bytes.NewBufferString(fromAna + "\r\nSubject: failure notice\r\n\r\nThis is the qmail-send program\n")
	for i := range 100_000 {
		fmt.Fprintf(bounces, "<a%d@b.test>:\n", i)
	}
	return map[string][]byte{
		"100,000 recipients that failed":  bounces.Bytes(),
		"20,000 multiparts in each other": nested.Bytes(),
		"20,000 parts":                    manyParts.Bytes(),
		"20,000 mails in each other":      messages.Bytes(),
		"mails in base64 in each other":   wrapped,
		"20 MB of one field":              fill("Subject: ", "x"),
		"20 MB of encoded words":          fill("Subject: ", "=?utf-8?q?=C3=A9?= "),
		"20 MB of continuation lines":     fill("References: <a@b>", "\r\n <c@d>"),
		"20 MB of fields":                 fill("", "References: <c@d>\r\n"),
		"20 MB of From fields":            fill("", "From: a@b.test\r\n"),
		"20 MB of addresses":              fill("To: ", "a@b.test, "),
		"20 MB of comments in From":       fill("Sender: x\r\nFrom: ", "("),
		"20 MB of parameters":             fill("Content-Type: text/plain", "; a=b"),
		"20 MB of pieces of a name":       fill("Content-Type: text/plain", "; name*1=b"),
		"20 MB of delimiters":             fill("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n"),
		"20 MB of text":                   fill("\r\n", "Am primit mesajul dvs. > a scris:\n"),
		"20 MB of flowed text":            fill("Content-Type: text/plain; format=flowed\r\n\r\n", "> a \n"),
		"20 MB of a bounce":               fill("X-Failed-Recipients: a@b.test\r\n\r\n", "a@b.test\n"),
		"20 MB of recipients that failed": fill("Content-Type: message/delivery-status\r\n\r\n", "Final-Recipient: rfc822; a@b.test\n\n"),
		"20 MB of UTF-16":                 fill("Content-Type: text/plain; charset=utf-16\r\n\r\n", "x"),
		"20 MB of HTML":                   fill("Content-Type: text/html\r\n\r\n", "<meta "),
	}
}

func TestHostileMailsCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("20 mails of 20 MB")
	}
	for why, raw := range hostile() {
		t.Run(why, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			m := Parse(raw, Limits{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%.2f s, %d MB allocated in all, for %d MB; %d attachments, %q", took.Seconds(), allocated, len(raw)>>20, len(m.Attachments), m.Defects)
			if took > 5*time.Second {
				t.Errorf("took %v, want under 5 s", took)
			}
			if allocated > 256 { // what was ever allocated bounds what was held
				t.Errorf("allocated %d MB, want under 256", allocated)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/replies/08*.eml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(append(mailOf(fromAna, "Content-Type: application/ms-tnef", "", ""), winmail()...))
	f.Add([]byte("From x\nFrom: a@b (c) <\nContent-Type: multipart/report; boundary=\"\n\n--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole := bytes.Clone(raw)
		m := Parse(raw, Limits{Depth: 5, Parts: 50, Text: 1000})
		if !bytes.Equal(raw, whole) {
			t.Error("the mail was written to")
		}
		if len(m.Text) > 1001 || len(m.HTML) > 1001 || len(m.Attachments) > 50 {
			t.Errorf("%d octets of text, %d of HTML, %d attachments", len(m.Text), len(m.HTML), len(m.Attachments))
		}
		if a, ok := m.Sender(); ok && (!plainAddress.MatchString(a.Address) || strings.Count(strings.ToLower(string(raw)), "from") == 0) {
			t.Errorf("the sender is %q", a.Address)
		}
	})
}
