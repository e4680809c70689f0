package intake_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"sync"

	"registratura/forms"
	"registratura/intake"
)

// letter is a mail as somebody writes it.
type letter struct {
	from      string   // address
	fromField []string // instead of from: whole From fields
	to        string   // empty: where the answered mail wants answers, else the desk
	subject   string
	text      string
	html      string          // the same text once more, as HTML
	answers   *intake.Message // its thread is carried on
	unquoted  bool            // the answered mail is not quoted
	headers   []string        // more of them
	files     []file
}

type file struct {
	name string
	data []byte
}

// write makes the mail. Each is another one, even with the same words.
func (o *office) write(l letter) []byte {
	o.Helper()
	var b bytes.Buffer
	header := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	for _, h := range l.headers {
		header("%s", h)
	}
	if l.fromField == nil {
		l.fromField = []string{"<" + l.from + ">"}
	}
	for _, f := range l.fromField {
		header("From: %s", f)
	}
	to, text := deskAddress, l.text
	if m := l.answers; m != nil {
		if len(m.ReplyTo) > 0 {
			to = m.ReplyTo[0].Address
		}
		header("In-Reply-To: <%s>", m.MessageID)
		header("References: <%s>", strings.Join(append(append([]string{}, m.References...), m.MessageID), "> <"))
		if l.subject == "" {
			l.subject = "Re: " + m.Subject
		}
		if !l.unquoted {
			text += "\n\nPe 23.11.2026 10:00, Registratura a scris:\n> " + strings.ReplaceAll(strings.TrimRight(m.Text, "\n"), "\n", "\n> ") + "\n"
		}
	}
	if l.to != "" {
		to = l.to
	}
	header("To: <%s>", to)
	header("Subject: %s", mime.QEncoding.Encode("utf-8", l.subject))
	header("Date: %s", o.clock.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("Message-ID: <%d.%s>", o.uid+1, "mail@people.test")
	header("MIME-Version: 1.0")
	header(`Content-Type: multipart/mixed; boundary="=_b"`)
	part := func(headers string, data []byte) {
		fmt.Fprintf(&b, "\r\n--=_b\r\n%s\r\nContent-Transfer-Encoding: base64\r\n\r\n", headers)
		for line := range lines(base64.StdEncoding.EncodeToString(data)) {
			b.WriteString(line + "\r\n")
		}
	}
	part("Content-Type: text/plain; charset=utf-8", []byte(text))
	if l.html != "" {
		part("Content-Type: text/html; charset=utf-8", []byte(l.html))
	}
	for _, f := range l.files {
		part("Content-Type: application/octet-stream\r\nContent-Disposition: "+
			mime.FormatMediaType("attachment", map[string]string{"filename": f.name}), f.data)
	}
	b.WriteString("\r\n--=_b--\r\n")
	return b.Bytes()
}

func lines(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			n := min(76, len(s))
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// answer is a reply as an ordinary mail program makes it.
func (o *office) answer(from string, m *intake.Message, text string) []byte {
	o.Helper()
	return o.write(letter{from: from, answers: m, text: text})
}

// submission is a form in order, for today.
func submission() forms.Submission {
	return forms.Submission{
		Requester: "Ion Popescu", Department: "Direcția Economică", Partner: "Spitalul Județean",
		InfoTypes: "Situații financiare lunare", ActivationDate: today, LegalBasis: "Protocol nr. 1204/03.02.2026",
		PartnerUsers: []forms.User{
			{Name: "Marin Ionescu", Email: marin},
			{Name: "Elena Dobre", Email: elena, Rights: forms.RightRead | forms.RightWrite},
		},
		InternalUsers: []forms.User{
			{Name: "Carmen Vlad", Email: carmen, Rights: forms.RightRead | forms.RightWrite | forms.RightDelete},
			{Name: "Dan Oprea", Email: dan, Rights: forms.RightRead},
		},
	}
}

// filled are the workbooks made so far: making one takes longer than reading it.
var filled sync.Map // by kind and submission, as JSON

func fill(o *office, kind forms.Kind, s forms.Submission) []byte {
	o.Helper()
	key, err := json.Marshal([]any{kind, s})
	o.must(err)
	if workbook, ok := filled.Load(string(key)); ok {
		return workbook.([]byte)
	}
	workbook, err := forms.Fill(kind, s, forms.BlankOptions{Departments: o.desk.Directory.FormDepartments()})
	o.must(err)
	filled.Store(string(key), workbook)
	return workbook
}

// annex is Annex 1, filled in.
func annex(o *office, s forms.Submission) file {
	o.Helper()
	return file{"Anexa 1.xlsx", fill(o, forms.Create, s)}
}
