package play

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"registratura/forms"
	"registratura/intake"
)

// File is something attached to a mail.
type File struct {
	Name string
	Data []byte
}

// Write has somebody write a new mail to the desk.
func (t *Town) Write(ctx context.Context, from, subject, text string, files ...File) error {
	return t.submit(ctx, from, Desk, subject, nil, text, files)
}

// Reply has somebody answer a mail of the desk, as an ordinary mail program
// does: the text on top, the mail quoted below.
func (t *Town) Reply(ctx context.Context, from string, m *intake.Message, text string, files ...File) error {
	to := Desk
	if len(m.ReplyTo) > 0 {
		to = m.ReplyTo[0].Address
	}
	var quoted strings.Builder
	fmt.Fprintf(&quoted, "%s\n\nPe %s, %s a scris:\n", text, t.Now().Format("02.01.2006 15:04"), "Registratura site-uri de colaborare")
	for line := range strings.Lines(m.Text) {
		quoted.WriteString("> " + strings.TrimRight(line, "\r\n") + "\n")
	}
	subject := m.Subject
	if !strings.HasPrefix(subject, "Re:") {
		subject = "Re: " + subject
	}
	return t.submit(ctx, from, to, subject, m, quoted.String(), files)
}

func (t *Town) submit(ctx context.Context, from, to, subject string, answered *intake.Message, text string, files []File) error {
	raw, err := compose(from, to, subject, answered, text, t.Now(), files)
	if err != nil {
		return fmt.Errorf("writing a mail from %s: %w", from, err)
	}
	return t.Host.Submit(ctx, from, []string{to}, raw)
}

// Compose makes a new mail to the desk, as a mail program would.
func Compose(from, subject, text string, now time.Time, files ...File) ([]byte, error) {
	return compose(from, Desk, subject, nil, text, now, files)
}

func compose(from, to, subject string, answered *intake.Message, text string, now time.Time, files []File) ([]byte, error) {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", "<"+from+">")
	header("To", "<"+to+">")
	header("Subject", mime.QEncoding.Encode("utf-8", subject))
	header("Date", now.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("Message-ID", fmt.Sprintf("<%d.%s>", now.UnixNano(), from))
	if answered != nil {
		header("In-Reply-To", "<"+answered.MessageID+">")
		header("References", "<"+strings.Join(append(append([]string{}, answered.References...), answered.MessageID), "> <")+">")
	}
	header("MIME-Version", "1.0")
	body := multipart.NewWriter(&b)
	header("Content-Type", fmt.Sprintf("multipart/mixed; boundary=%q", body.Boundary()))
	b.WriteString("\r\n")
	part, err := body.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return nil, err
	}
	qp := quotedprintable.NewWriter(part)
	if _, err := io.WriteString(qp, text); err != nil {
		return nil, err
	}
	if err := qp.Close(); err != nil {
		return nil, err
	}
	for _, f := range files {
		part, err := body.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {"application/octet-stream"},
			"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})},
			"Content-Transfer-Encoding": {"base64"},
		})
		if err != nil {
			return nil, err
		}
		encoded := base64.StdEncoding.EncodeToString(f.Data)
		for len(encoded) > 0 {
			n := min(76, len(encoded))
			fmt.Fprintf(part, "%s\r\n", encoded[:n])
			encoded = encoded[n:]
		}
	}
	return b.Bytes(), body.Close()
}

// Form fills Annex 1 in.
func Form(s forms.Submission) (File, error) {
	workbook, err := forms.Fill(forms.Create, s, forms.BlankOptions{
		Institution: "Primăria Municipiului Test",
		Departments: []forms.Department{{Name: "Direcția Economică"}, {Name: "Direcția Tehnică"}},
	})
	return File{"Anexa 1.xlsx", workbook}, err
}
