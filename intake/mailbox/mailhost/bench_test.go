package mailhost_test

import (
	"bytes"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"registratura/intake/mailbox/mailhost"
)

// BenchmarkSubmit is what the embedded host costs a program that is measured
// with it: 15 KB a mail, one connection.
func BenchmarkSubmit(b *testing.B) {
	h, err := mailhost.Embedded(mailhost.Config{Hostname: "mail.primaria.test", Accounts: []mailhost.Account{{Address: "a@primaria.test", Password: "p"}}})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	c, err := smtp.Dial(h.SMTPAddr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", "a@primaria.test", "p")); err != nil {
		b.Fatal(err)
	}
	raw := append([]byte("From: a@primaria.test\r\nSubject: x\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 440)...)
	for b.Loop() {
		if err := c.SendMail("a@primaria.test", []string{"a@primaria.test"}, bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
